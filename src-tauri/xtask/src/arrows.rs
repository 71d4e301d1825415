//! Which crate of ours may know which: the arrows of ARCHITECTURE.md, as a table.
//!
//! shell, server, cli → engine → the domain crates → protocol types. No domain crate knows another; `ui` and the kernels never
//! link the engine. A member of the workspace without a row is an error, so that a new crate finds its place here first.

use serde_json::Value;

/// A row: the crate, which crates of ours it may depend on, which crates of others it must not.
struct Row {
    name: &'static str,
    may: &'static [&'static str],
    never: &'static [&'static str],
}

/// May depend on any crate of ours: tests that cross crates.
const ANY: &[&str] = &["*"];
const DOMAIN: &[&str] = &["cairn-protocol"];
/// A domain crate has no window, no server and no runtime.
const NO_FACE: &[&str] = &["tauri", "egui", "eframe", "axum", "tokio", "clap"];
/// What `ui` may not know to stay a page in a web view.
const NO_HOST: &[&str] =
    &["tauri", "polars", "git2", "tokio", "winit", "notify", "rusqlite", "rayon", "tempfile", "memmap2", "libc"];
const NO_APP: &[&str] = &["tauri", "egui", "eframe", "polars", "git2", "rusqlite", "axum", "tokio"];
/// The protocols are types alone.
const TYPES_ONLY: &[&str] =
    &["tauri", "egui", "polars", "git2", "rusqlite", "axum", "tokio", "tempfile", "memmap2", "rayon", "libc", "ureq"];

const ROWS: &[Row] = &[
    Row { name: "cairn-kernel-protocol", may: &[], never: TYPES_ONLY },
    Row { name: "cairn-kernel-sdk", may: &["cairn-kernel-protocol"], never: NO_APP },
    Row { name: "cairn-kernel-classic", may: &["cairn-kernel-protocol", "cairn-kernel-sdk"], never: NO_APP },
    Row { name: "cairn-kernel-torch", may: &["cairn-kernel-protocol", "cairn-kernel-sdk"], never: NO_APP },
    Row { name: "cairn-protocol", may: &["cairn-kernel-protocol"], never: TYPES_ONLY },
    Row { name: "cairn-ui", may: &["cairn-protocol"], never: NO_HOST },
    Row { name: "cairn-data", may: DOMAIN, never: NO_FACE },
    Row { name: "cairn-tracking", may: DOMAIN, never: NO_FACE },
    Row { name: "cairn-tuning", may: DOMAIN, never: NO_FACE },
    Row { name: "cairn-modelling", may: DOMAIN, never: NO_FACE },
    Row { name: "cairn-reports", may: DOMAIN, never: NO_FACE },
    Row {
        name: "cairn-engine",
        may: &[
            "cairn-protocol",
            "cairn-kernel-protocol",
            "cairn-data",
            "cairn-tracking",
            "cairn-tuning",
            "cairn-modelling",
            "cairn-reports",
        ],
        never: NO_FACE,
    },
    Row {
        name: "cairn-server",
        may: &["cairn-protocol", "cairn-engine"],
        never: &["tauri", "egui", "polars", "rusqlite"],
    },
    Row {
        name: "cairn-cli",
        may: &["cairn-protocol", "cairn-engine", "cairn-server"],
        never: &["tauri", "egui", "eframe", "polars", "rusqlite"],
    },
    Row {
        name: "cairn-desktop",
        may: &["cairn-protocol", "cairn-engine"],
        never: &["egui", "polars", "rusqlite", "axum"],
    },
    Row { name: "cairn-tests", may: ANY, never: &[] },
    Row { name: "xtask", may: &[], never: NO_APP },
];

/// Every broken rule in what `cargo metadata --no-deps` says, in words.
pub fn faults(metadata: &Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().map_or(&[][..], Vec::as_slice);
    let ours: Vec<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let mut faults = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(row) = ROWS.iter().find(|row| row.name == name) else {
            faults.push(format!("{name} has no row in src-tauri/xtask/src/arrows.rs: say there what it may depend on"));
            continue;
        };
        for dependency in package["dependencies"].as_array().map_or(&[][..], Vec::as_slice) {
            let on = dependency["name"].as_str().unwrap_or_default();
            if ours.contains(&on) && row.may != ANY && !row.may.contains(&on) {
                faults.push(format!("{name} depends on {on}: this arrow is not allowed"));
            }
            // Tests may use what they like of other people's crates.
            if dependency["kind"].as_str() != Some("dev") && row.never.contains(&on) {
                faults.push(format!("{name} depends on {on}, which it must do without"));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(package: &str, on: &str, kind: Option<&str>) -> Vec<String> {
        let others: Vec<Value> = ROWS
            .iter()
            .filter(|row| row.name != package)
            .map(|row| json!({"name": row.name, "dependencies": []}))
            .collect();
        let mut packages = vec![json!({"name": package, "dependencies": [{"name": on, "kind": kind}]})];
        packages.extend(others);
        faults(&json!({ "packages": packages }))
    }

    #[test]
    fn arrows_point_one_way() {
        assert_eq!(check("cairn-engine", "cairn-data", None), [""; 0]);
        assert_eq!(check("cairn-tests", "cairn-engine", None), [""; 0]);
        assert_eq!(check("cairn-data", "cairn-engine", None).len(), 1);
        assert_eq!(check("cairn-data", "cairn-tracking", None).len(), 1);
        assert_eq!(check("cairn-data", "cairn-tracking", Some("dev")).len(), 1);
        assert_eq!(check("cairn-ui", "cairn-engine", None).len(), 1);
        assert_eq!(check("cairn-kernel-classic", "cairn-engine", None).len(), 1);
        assert_eq!(check("cairn-ui", "tauri", None).len(), 1);
        assert_eq!(check("cairn-ui", "tempfile", Some("dev")), [""; 0]);
        assert_eq!(check("cairn-new", "serde", None).len(), 1);
    }
}
