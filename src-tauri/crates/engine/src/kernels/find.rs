//! Which kernels there are: the ones beside Cairn's own executable, which need no approval, and manifests that a person
//! put into a watched folder, which run only after approval of path and hash.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use cairn_protocol::{ErrorInfo, Manifest};

use crate::files::{io_error, write_whole};

/// Where a kernel came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It came with Cairn.
    BuiltIn,
    /// Somebody put its manifest into a watched folder.
    Outside,
}

/// A kernel that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its manifest.
    pub manifest: Manifest,
    /// Path of the manifest (or of the executable of a built-in one).
    pub path: PathBuf,
    /// Absolute path of the program and its arguments; or why it cannot run.
    pub command: Result<(PathBuf, Vec<String>), ErrorInfo>,
    /// Where it came from.
    pub origin: Origin,
    /// What an approval is of: path and BLAKE3 of manifest and program.
    pub seal: String,
}

/// Folders in which Cairn's own programs lie: that of the executable, and the one above a test's.
fn own_folders() -> Vec<PathBuf> {
    let Some(folder) = std::env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_owned)) else {
        return Vec::new();
    };
    let above = folder.parent().map(Path::to_owned);
    let in_deps = folder.ends_with("deps") || folder.ends_with("examples");
    if in_deps { above.into_iter().chain([folder]).collect() } else { vec![folder] }
}

fn program_in(folders: &[PathBuf], program: &str) -> Option<PathBuf> {
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    folders.iter().map(|folder| folder.join(&name)).find(|path| path.is_file())
}

/// All kernels by name; a kernel of Cairn's own wins over an outside one of its name.
pub fn find(outside: &[PathBuf]) -> BTreeMap<String, Found> {
    let mut found = BTreeMap::new();
    for folder in outside {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let manifest = if path.is_dir() { path.join("kernel.toml") } else { path };
            if manifest.extension().is_some_and(|extension| extension == "toml") && manifest.is_file() {
                let kernel = read(&manifest);
                found.insert(kernel.manifest.name.clone(), kernel);
            }
        }
    }
    let own = own_folders();
    if let Some(program) = program_in(&own, "cairn-kernel-classic") {
        let manifest = Manifest {
            schema: 1,
            name: "classic".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            command: vec!["cairn-kernel-classic".into()],
            description: "Boosted trees and linear models on the CPU".into(),
        };
        found.insert(
            manifest.name.clone(),
            Found {
                manifest,
                path: program.clone(),
                command: Ok((program, Vec::new())),
                origin: Origin::BuiltIn,
                seal: String::new(),
            },
        );
    }
    found
}

/// Reads one manifest.
pub fn read(path: &Path) -> Found {
    let name = path
        .file_stem()
        .filter(|stem| *stem != "kernel")
        .or_else(|| path.parent().and_then(Path::file_name))
        .map_or_else(|| "kernel".to_owned(), |name| name.to_string_lossy().into_owned());
    let unread = Manifest { schema: 1, name, version: String::new(), command: Vec::new(), description: String::new() };
    let broken = |error: ErrorInfo| Found {
        manifest: unread.clone(),
        path: path.to_owned(),
        command: Err(error),
        origin: Origin::Outside,
        seal: String::new(),
    };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return broken(io_error("cannot read", path, &error)),
    };
    let manifest: Manifest = match toml::from_str(&text) {
        Ok(manifest) => manifest,
        Err(error) => {
            return broken(
                ErrorInfo::bad_input(format!("the manifest cannot be read: {}", error.message()))
                    .in_file(path.display().to_string())
                    .hint("it needs schema, name, version and command"),
            );
        }
    };
    let command = resolve(&manifest, path);
    let seal = command.as_ref().map(|(program, _)| seal(path, &text, program)).unwrap_or_default();
    Found { manifest, path: path.to_owned(), command, origin: Origin::Outside, seal }
}

/// Beside the manifest, beside Cairn, on `PATH`.
fn resolve(manifest: &Manifest, path: &Path) -> Result<(PathBuf, Vec<String>), ErrorInfo> {
    let bad =
        |message: String, hint: &str| ErrorInfo::bad_input(message).in_file(path.display().to_string()).hint(hint);
    let Some((program, arguments)) = manifest.command.split_first() else {
        return Err(bad("the manifest names no command".into(), "command = [\"program\", \"argument\"]"));
    };
    let beside = path.parent().unwrap_or(Path::new("."));
    let named = Path::new(program);
    let program_path = if named.is_absolute() {
        Some(named.to_owned())
    } else if program.contains(['/', '\\']) {
        Some(beside.join(named))
    } else {
        let mut folders = vec![beside.to_owned()];
        folders.extend(own_folders());
        folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        program_in(&folders, program)
    };
    match program_path.filter(|path| path.is_file()) {
        Some(path) => Ok((path, arguments.to_vec())),
        None => Err(bad(
            format!("the program {program} was not found"),
            "put it beside the manifest, or give its full path in the manifest",
        )),
    }
}

fn seal(manifest: &Path, text: &str, program: &Path) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(manifest.display().to_string().as_bytes());
    hasher.update(&[0]);
    hasher.update(text.as_bytes());
    hasher.update(&[0]);
    hasher.update(program.display().to_string().as_bytes());
    if let Ok(bytes) = std::fs::read(program) {
        hasher.update(&bytes);
    }
    hasher.finalize().to_hex().to_string()
}

/// Approvals of outside kernels: a small file in the person's own folder, one seal a line.
pub struct Approvals {
    path: Option<PathBuf>,
}

impl Approvals {
    /// Those in a person's own folder.
    pub fn in_folder(home: Option<&Path>) -> Self {
        Self { path: home.map(|home| home.join("approved-kernels")) }
    }

    /// Whether a kernel may run.
    pub fn allows(&self, kernel: &Found) -> bool {
        kernel.origin == Origin::BuiltIn
            || self
                .path
                .as_ref()
                .and_then(|path| std::fs::read_to_string(path).ok())
                .is_some_and(|text| text.lines().any(|line| line.split(' ').next() == Some(&kernel.seal)))
    }

    /// Lets a kernel run as it is now.
    ///
    /// # Errors
    /// The person's folder cannot be written.
    pub fn approve(&self, kernel: &Found) -> Result<(), ErrorInfo> {
        let path = self.path.as_ref().ok_or_else(|| ErrorInfo::failed("there is no folder for approvals"))?;
        let mut text = std::fs::read_to_string(path).unwrap_or_default();
        text.push_str(&format!("{} {}\n", kernel.seal, kernel.path.display()));
        write_whole(path, text.as_bytes())
    }
}
