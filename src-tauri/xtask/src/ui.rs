//! Builds `ui` to WebAssembly, into ui/dist: the files that the window, `cairn serve` and any browser load.
//!
//! The module is built into a target folder of its own, since another compiler may build it (see setup). A finished build is
//! kept in the cache under a hash of all it was made from, so that an unchanged user interface costs nothing, in this
//! checkout or the next, and files in ui/dist are touched only when their content changes.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::place::{Places, files_below};
use crate::setup::{WasmToolchain, installed_wasm_toolchain, wasm_bindgen_path};
use crate::step::{announce, output, run};

/// What the module is made from. ui/web holds the page around it.
const SOURCES: &[&str] = &[
    "ui/Cargo.toml",
    "ui/src",
    "ui/web",
    "src-tauri/crates/protocol",
    "kernels/protocol",
    "assets/fonts",
    "assets/icons",
    "Cargo.lock",
    "src-tauri/xtask/src/ui.rs",
];

/// The oldest wasm-opt whose result is trusted.
const OLDEST_WASM_OPT: u32 = 120;

/// WebAssembly features that the compiler uses by default and wasm-opt must be told of.
const WASM_FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// How many finished builds are kept.
const KEPT: usize = 4;

/// Makes ui/dist what the sources say; setup for the web must have run.
pub fn build(places: &Places) -> Result<()> {
    let kept = places.cache.join("ui").join(key(places)?);
    if !kept.is_dir() {
        compile(places, &kept)?;
        forget_old(&places.cache.join("ui"), &kept)?;
    }
    let changed = mirror(&kept, &places.root.join("ui/dist"))?;
    if changed > 0 {
        let size: u64 = files_below(&kept)?.iter().filter_map(|file| file.metadata().ok()).map(|m| m.len()).sum();
        #[expect(clippy::cast_precision_loss, reason = "a size to read")]
        let megabytes = size as f64 / 1e6;
        eprintln!("  ui/dist: {changed} files written, {megabytes:.1} MB in all");
    }
    Ok(())
}

/// A hash of names and contents of all sources, the profile they are built with included.
fn key(places: &Places) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for file in sources(places)? {
        let name = file.strip_prefix(&places.root).unwrap_or(&file);
        hasher.write(name.to_string_lossy().as_bytes());
        hasher.write(&fs::read(&file).with_context(|| format!("could not read {}", file.display()))?);
    }
    // Of the workspace only the profiles and versions matter; they are a small file, so all of it counts.
    hasher.write(&fs::read(places.root.join("Cargo.toml"))?);
    Ok(format!("{:016x}", hasher.finish()))
}

fn sources(places: &Places) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for source in SOURCES {
        let path = places.root.join(source);
        if path.is_dir() { files.extend(files_below(&path)?) } else { files.push(path) }
    }
    Ok(files)
}

/// The target folder is shared by all checkouts, and cargo, which compares times and not contents, takes them for one.
/// So when another one was built last, what cargo remembers of our own crates is forgotten.
fn claim(places: &Places, target: &Path) -> Result<()> {
    let note = target.join("last-checkout");
    let here = places.root.to_string_lossy();
    if fs::read_to_string(&note).is_ok_and(|last| last == here) {
        return Ok(());
    }
    let remembered = target.join("wasm32-unknown-unknown/release/.fingerprint");
    for entry in fs::read_dir(&remembered).into_iter().flatten().filter_map(Result::ok) {
        if entry.file_name().to_string_lossy().starts_with("cairn-") {
            fs::remove_dir_all(entry.path())?;
        }
    }
    fs::create_dir_all(target)?;
    fs::write(&note, here.as_bytes()).with_context(|| format!("could not write {}", note.display()))
}

/// Builds the module and writes the finished folder under its final name only when all of it is there.
fn compile(places: &Places, kept: &Path) -> Result<()> {
    announce("Building the user interface to WebAssembly", "five minutes the first time, then one");
    let toolchain = installed_wasm_toolchain(places).context("no compiler for WebAssembly\nhint: cargo xtask setup")?;
    let target = places.cache.join("wasm-target");
    claim(places, &target)?;
    run(&mut cargo_build(places, &toolchain, &target))?;

    let module = target.join("wasm32-unknown-unknown/release/cairn_ui.wasm");
    let fresh = kept.with_extension(format!("new-{}", std::process::id()));
    fs::create_dir_all(&fresh)?;
    let mut bindgen = Command::new(wasm_bindgen_path(places)?);
    run(bindgen.args(["--target", "web", "--no-typescript", "--out-dir"]).arg(&fresh).arg(&module))?;
    shrink(&fresh.join("cairn_ui_bg.wasm"))?;

    let web = places.root.join("ui/web");
    for file in files_below(&web)? {
        let to = fresh.join(file.strip_prefix(&web)?);
        fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
        fs::copy(&file, &to).with_context(|| format!("could not copy {}", file.display()))?;
    }
    if kept.is_dir() {
        fs::remove_dir_all(&fresh)?;
    } else {
        fs::rename(&fresh, kept)?;
    }
    Ok(())
}

fn cargo_build(places: &Places, toolchain: &WasmToolchain, target: &Path) -> Command {
    let mut cargo = places.cargo();
    if let WasmToolchain::Debian { linker } = toolchain {
        cargo = Command::new("/usr/bin/cargo");
        cargo.current_dir(&places.root).env("RUSTC", "/usr/bin/rustc");
        // Building the standard library from source is an unstable wish, which this asks a stable compiler for.
        cargo.env("RUSTC_BOOTSTRAP", "1").args(["-Zbuild-std=std,panic_abort", "--config"]);
        cargo.arg(format!("target.wasm32-unknown-unknown.linker=\"{linker}\""));
        // What rustup's cargo left in the environment is meant for its own compiler.
        for name in ["LD_LIBRARY_PATH", "RUSTUP_TOOLCHAIN", "CARGO"] {
            cargo.env_remove(name);
        }
    }
    for name in ["RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "CARGO_BUILD_TARGET"] {
        cargo.env_remove(name);
    }
    cargo.args(["build", "--release", "--package", "cairn-ui", "--lib", "--target", "wasm32-unknown-unknown"]);
    cargo.env("CARGO_TARGET_DIR", target);
    cargo
}

/// Shrinks the module by a fifteenth where a good wasm-opt (binaryen) is installed. It is not asked for: the gain is small, and
/// old ones break the module (108 of Debian 12 mixes up the two tables that wasm-bindgen exports).
fn shrink(module: &Path) -> Result<()> {
    let version = output(Command::new("wasm-opt").arg("--version")).as_deref().and_then(wasm_opt_version);
    if version.is_none_or(|version| version < OLDEST_WASM_OPT) {
        return Ok(());
    }
    let small = module.with_extension("small");
    run(Command::new("wasm-opt").arg("-O2").args(WASM_FEATURES).arg(module).arg("-o").arg(&small))?;
    fs::rename(&small, module)?;
    Ok(())
}

/// `wasm-opt version 120 (version_120)` → 120.
fn wasm_opt_version(text: &str) -> Option<u32> {
    text.split_whitespace().find_map(|word| word.parse().ok())
}

/// Makes `to` equal to `from` and returns how many files had to be written or removed.
fn mirror(from: &Path, to: &Path) -> Result<usize> {
    let inside = |root: &Path| -> Result<BTreeSet<PathBuf>> {
        files_below(root)?.iter().map(|file| Ok(file.strip_prefix(root)?.to_path_buf())).collect()
    };
    let (wanted, present) = (inside(from)?, inside(to)?);
    if wanted.is_empty() {
        bail!("{} is empty\nhint: remove it and try again", from.display());
    }
    let mut changed = 0;
    for name in &wanted {
        let content = fs::read(from.join(name))?;
        let path = to.join(name);
        if fs::read(&path).is_ok_and(|old| old == content) {
            continue;
        }
        fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        fs::write(&path, content).with_context(|| format!("could not write {}", path.display()))?;
        changed += 1;
    }
    for name in present.difference(&wanted) {
        fs::remove_file(to.join(name))?;
        changed += 1;
    }
    Ok(changed)
}

/// Keeps the newest few finished builds, the one just made among them.
fn forget_old(folder: &Path, newest: &Path) -> Result<()> {
    let mut builds: Vec<_> = fs::read_dir(folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path != newest)
        .filter_map(|path| Some((path.metadata().ok()?.modified().ok()?, path)))
        .collect();
    builds.sort();
    let surplus = builds.len().saturating_sub(KEPT - 1);
    for (_, path) in builds.into_iter().take(surplus) {
        fs::remove_dir_all(path).ok();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_wasm_opt_are_read() {
        assert_eq!(wasm_opt_version("wasm-opt version 108\n"), Some(108));
        assert_eq!(wasm_opt_version("wasm-opt version 120 (version_120)"), Some(120));
        assert_eq!(wasm_opt_version(""), None);
    }

    #[test]
    fn mirroring_writes_only_what_differs() {
        let dir = std::env::temp_dir().join(format!("xtask-mirror-{}", std::process::id()));
        let (from, to) = (dir.join("from"), dir.join("to"));
        fs::create_dir_all(from.join("deep")).expect("a temporary folder");
        fs::write(from.join("a"), "1").expect("a file");
        fs::write(from.join("deep/b"), "2").expect("a file");
        assert_eq!(mirror(&from, &to).ok(), Some(2));
        assert_eq!(mirror(&from, &to).ok(), Some(0));
        fs::write(to.join("stray"), "3").expect("a file");
        fs::write(from.join("a"), "4").expect("a file");
        assert_eq!(mirror(&from, &to).ok(), Some(2));
        assert_eq!(fs::read_to_string(to.join("a")).ok().as_deref(), Some("4"));
        assert!(!to.join("stray").exists());
        assert!(mirror(&dir.join("nothing"), &to).is_err());
        fs::remove_dir_all(&dir).expect("the folder goes");
    }
}
