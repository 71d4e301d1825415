//! Where things lie: the checkout, cargo's target folder, and the cache for tools that outlive both.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The folders every verb works with, all absolute.
#[derive(Debug, Clone)]
pub struct Places {
    /// The root of the checkout.
    pub root: PathBuf,
    /// Tools and the WebAssembly build; shared by all checkouts of one user.
    pub cache: PathBuf,
    /// Cargo's target folder of everything but the WebAssembly module.
    pub target: PathBuf,
}

impl Places {
    /// Reads CARGO_MANIFEST_DIR, CARGO_TARGET_DIR and CAIRN_CACHE; falls back to the customs of each system.
    pub fn find() -> Result<Self> {
        let manifest =
            env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root =
            manifest.ancestors().nth(2).context("xtask lies two folders below the root of the checkout")?.to_path_buf();
        let here = env::current_dir()?;
        let target = folder("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| here.join(dir));
        let cache = folder("CAIRN_CACHE").map(|dir| here.join(dir)).or_else(user_cache);
        Ok(Self { cache: cache.unwrap_or_else(|| root.join(".cache")), root, target })
    }

    /// A program of ours as `cargo build` leaves it.
    pub fn program(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// The same cargo that runs this, at the root of the checkout, without what `cargo run` puts into the environment.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(|n| n.starts_with("CARGO_PKG_") || n.starts_with("CARGO_MANIFEST_")) {
                command.env_remove(name);
            }
        }
        command
    }
}

/// The cache folder of this user on this system.
fn user_cache() -> Option<PathBuf> {
    let base = folder("XDG_CACHE_HOME").or_else(|| folder("LOCALAPPDATA")).or_else(|| {
        folder("HOME").map(|home| home.join(if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" }))
    });
    base.map(|base| base.join("cairn-build"))
}

/// The folder for a user's documents of ours: the sample project goes there.
pub fn user_data() -> Option<PathBuf> {
    let base = folder("XDG_DATA_HOME").or_else(|| folder("APPDATA")).or_else(|| {
        let below = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".local/share" };
        folder("HOME").map(|home| home.join(below))
    });
    base.map(|base| base.join("cairn"))
}

/// An environment variable that names a folder; an empty one counts as unset.
fn folder(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The program's full path, looked for as a shell would.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let name = format!("{program}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(&name)).find(|path| path.is_file())
}

/// All files below a folder, sorted, so that two walks of equal trees agree. A folder that is not there is empty.
pub fn files_below(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        if !folder.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&folder).with_context(|| format!("could not list {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}
