//! The rules of the house that no compiler knows: arrows between crates, what `ui` may touch, stray paths, large files.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::arrows;
use crate::place::Places;
use crate::step::output;

/// Files above this need a reason, and a line in LARGE.
const LARGE_BYTES: u64 = 1_000_000;
/// The large files the repository means to have.
const LARGE: &[&str] = &["assets/samples/stroke/data/patients.csv"];

/// What may not stand in `ui`: it runs in a web view, where none of these exist.
const NOT_IN_UI: &[&str] = &[
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "tauri::",
    "winit::",
];

/// What is a mistake in any text file of ours, written so that this file does not hold it.
const NOWHERE: &[(&[&str], &str)] = &[
    (&["<<<<", "<<< "], "a conflict that was not resolved"),
    (&[">>>>", ">>> "], "a conflict that was not resolved"),
    (&["FIX", "ME"], "unfinished work: do it, or leave it out"),
    (&["TO", "DO:"], "unfinished work: do it, or leave it out"),
    (&["BEGIN ", "PRIVATE KEY"], "a secret"),
];

/// Fails with a list of all that is wrong.
pub fn check(places: &Places) -> Result<()> {
    let mut metadata = places.cargo();
    metadata.args(["metadata", "--no-deps", "--format-version", "1"]);
    let text = output(&mut metadata).context("cargo metadata failed\nhint: run it by hand to see why")?;
    let mut faults = arrows::faults(&serde_json::from_str(&text).context("cargo metadata did not write JSON")?);

    let files = tracked_files(&places.root)?;
    let stray = stray_paths(places);
    for name in &files {
        faults.extend(faults_of_file(&places.root, name, &stray)?);
    }
    if faults.is_empty() {
        eprintln!("  {} files, every arrow points one way", files.len());
        return Ok(());
    }
    bail!("{} rules broken:\n  {}", faults.len(), faults.join("\n  "))
}

/// What git knows or would add; names relative to the root, with forward slashes.
fn tracked_files(root: &Path) -> Result<Vec<String>> {
    let mut git = Command::new("git");
    git.current_dir(root).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let list = output(&mut git).context("git ls-files failed\nhint: run this in a checkout, with git installed")?;
    Ok(list.split('\0').filter(|name| !name.is_empty() && root.join(name).is_file()).map(str::to_owned).collect())
}

/// Folders of the machine at hand, which no committed file may name.
fn stray_paths(places: &Places) -> Vec<String> {
    let home = std::env::var("HOME").ok().map(|home| format!("{}/", home.trim_end_matches('/')));
    [Some(places.root.display().to_string()), home].into_iter().flatten().filter(|path| path.len() > 4).collect()
}

fn faults_of_file(root: &Path, name: &str, stray: &[String]) -> Result<Vec<String>> {
    let path = root.join(name);
    let size = path.metadata()?.len();
    let mut faults = Vec::new();
    if size > LARGE_BYTES && !LARGE.contains(&name) {
        faults.push(format!(
            "{name}: {size} bytes, more than {LARGE_BYTES}: shrink it, or list it in check.rs with a reason"
        ));
    }
    let Ok(text) = String::from_utf8(fs::read(&path).with_context(|| format!("could not read {name}"))?) else {
        return Ok(faults);
    };
    for (at, line) in text.lines().enumerate() {
        let mut add = |what: &str| faults.push(format!("{name}:{}: {what}", at + 1));
        for path in stray.iter().filter(|path| line.contains(path.as_str())) {
            add(&format!("names {path}, a folder of this machine"));
        }
        for (parts, why) in NOWHERE.iter().filter(|(parts, _)| line.contains(&parts.concat())) {
            add(&format!("`{}`: {why}", parts.concat()));
        }
        if name.starts_with("ui/src/") && name.ends_with(".rs") {
            for word in NOT_IN_UI.iter().filter(|word| line.contains(**word)) {
                add(&format!("`{word}` does not exist in a web view"));
            }
        }
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_stray_paths_and_what_ui_must_not_use() {
        let dir = std::env::temp_dir().join(format!("xtask-check-{}", std::process::id()));
        fs::create_dir_all(dir.join("ui/src")).expect("a temporary folder");
        fs::write(dir.join("ui/src/a.rs"), "use std::fs;\n// see /home/ada/notes\nlet fine = 1;\n").expect("a file");
        fs::write(dir.join("b.txt"), "use std::fs;\n").expect("a file");
        let stray = ["/home/ada/".to_owned()];
        let found = faults_of_file(&dir, "ui/src/a.rs", &stray).expect("readable");
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("ui/src/a.rs:1:") && found[1].starts_with("ui/src/a.rs:2:"), "{found:?}");
        assert!(faults_of_file(&dir, "b.txt", &stray).expect("readable").is_empty());
        fs::remove_dir_all(&dir).expect("the folder goes");
    }
}
