//! Files are written whole or not at all: temporary name in the same folder, fsync, rename, fsync of the folder.

use std::{
    fs::{self, File},
    io::Write,
    path::{Component, Path, PathBuf},
};

use cairn_protocol::{ErrorInfo, ErrorKind};

/// Writes a file whole or not at all.
///
/// # Errors
/// The folder cannot be written, or the disk is full; the old file is untouched then.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), ErrorInfo> {
    write_with(path, bytes, 0o644)
}

/// Writes a file whole or not at all; on Unix only the person's own account may read it.
///
/// # Errors
/// The folder cannot be written, or the disk is full; the old file is untouched then.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), ErrorInfo> {
    write_with(path, bytes, 0o600)
}

#[cfg_attr(not(unix), expect(unused_variables, reason = "there are no such permissions"))]
fn write_with(path: &Path, bytes: &[u8], new_mode: u32) -> Result<(), ErrorInfo> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut temp = tempfile::Builder::new().prefix(".cairn-").tempfile_in(folder)?;
        temp.write_all(bytes)?;
        temp.as_file().sync_all()?;
        #[cfg(unix)]
        {
            // A temporary file is private; what it replaces need not be.
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(path).map_or(new_mode, |old| old.permissions().mode() & 0o777);
            temp.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
        }
        temp.persist(path).map_err(|error| error.error)?;
        sync_folder(folder)
    };
    write().map_err(|error| io_error("cannot write", path, &error))
}

/// Makes a rename in a folder durable.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _unused = (folder, File::open::<&Path>);
    Ok(())
}

/// An input or output error with its path and what to do.
pub fn io_error(what: &str, path: &Path, error: &std::io::Error) -> ErrorInfo {
    let hint = match error.kind() {
        std::io::ErrorKind::NotFound => "check the path; the file may have been moved or deleted",
        std::io::ErrorKind::PermissionDenied => "check the permissions of the file and its folder",
        std::io::ErrorKind::StorageFull => "free some space on the disk and try again; nothing was changed",
        _ => "",
    };
    // What cannot be read is input; what cannot be written is a job that failed.
    let kind = if matches!(what, "cannot read" | "cannot open") { ErrorKind::BadInput } else { ErrorKind::Failed };
    ErrorInfo::new(kind, format!("{what} {}: {error}", path.display())).in_file(path.display().to_string()).hint(hint)
}

/// A path of a request inside the project folder: relative, without `..`.
///
/// # Errors
/// The path leaves the project.
pub fn inside(root: &Path, relative: &str) -> Result<PathBuf, ErrorInfo> {
    let path = Path::new(relative);
    let leaves = path.components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir));
    if leaves || relative.is_empty() {
        return Err(ErrorInfo::usage(format!("{relative:?} is not a path inside the project"))
            .hint("give a path relative to the project folder"));
    }
    Ok(root.join(path))
}

/// A path of a request that may lie anywhere: absolute, or relative to the project.
pub fn anywhere(root: Option<&Path>, path: &str) -> PathBuf {
    let path = Path::new(path);
    match root {
        Some(root) if path.is_relative() && root.join(path).exists() => root.join(path),
        _ => path.to_owned(),
    }
}

/// The path relative to the root with `/` between its parts, where it lies inside.
pub fn relative_to(root: &Path, path: &Path) -> Option<String> {
    let relative = path.strip_prefix(root).ok()?;
    let parts: Vec<String> =
        relative.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    Some(parts.join("/"))
}

/// A name that is safe as a file name on every system.
pub fn safe_name(name: &str) -> String {
    let mut safe: String = name
        .chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ') { c } else { '-' })
        .collect::<String>()
        .trim_matches([' ', '.'])
        .to_owned();
    safe.truncate(safe.char_indices().nth(80).map_or(safe.len(), |(at, _)| at));
    if safe.is_empty() { "untitled".into() } else { safe }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_leave_the_project() {
        let root = Path::new("/p");
        assert_eq!(inside(root, "data/a.csv").unwrap(), Path::new("/p/data/a.csv"));
        for bad in ["../a", "/etc/passwd", "data/../../a", ""] {
            assert!(inside(root, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_file_is_replaced_whole_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write_whole(&path, b"one").unwrap();
        write_whole(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn names_lose_what_a_file_system_may_refuse() {
        assert_eq!(safe_name("a/b:c*"), "a-b-c-");
        assert_eq!(safe_name(" .. "), "untitled");
    }
}
