//! Who holds a project: one process writes, others may only look. The lock is the system's own, so that it goes with
//! the process however it ends.

use std::{
    fs::{File, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
};

use cairn_protocol::{ErrorInfo, ErrorKind};

use crate::files::io_error;

/// Held as long as it lives.
pub struct ProjectLock {
    _file: File,
}

impl ProjectLock {
    /// Takes the lock of a project.
    ///
    /// # Errors
    /// Another process holds it ([`ErrorKind::Held`], with its number), or the folder cannot be written.
    pub fn take(dot_cairn: &Path) -> Result<Self, ErrorInfo> {
        let path = dot_cairn.join("lock");
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| io_error("cannot open", &path, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let known = file.read_to_string(&mut holder).is_ok() && !holder.trim().is_empty();
                let holder = if known { format!("process {}", holder.trim()) } else { "another process".into() };
                return Err(ErrorInfo::new(
                    ErrorKind::Held,
                    format!("{holder} holds this project ({})", dot_cairn.parent().unwrap_or(dot_cairn).display()),
                )
                .hint("use the window that is open, or close it first"));
            }
            Err(TryLockError::Error(error)) => return Err(io_error("cannot lock", &path, &error)),
        }
        let note = || -> std::io::Result<()> {
            file.set_len(0)?;
            file.rewind()?;
            write!(file, "{}", std::process::id())
        };
        let mut note = note;
        note().map_err(|error| io_error("cannot write", &path, &error))?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_refused_until_the_first_lets_go() {
        let folder = tempfile::tempdir().unwrap();
        let first = ProjectLock::take(folder.path()).unwrap();
        let error = ProjectLock::take(folder.path()).err().unwrap();
        assert_eq!(error.kind, ErrorKind::Held);
        assert!(error.message.contains(&std::process::id().to_string()));
        drop(first);
        assert!(ProjectLock::take(folder.path()).is_ok());
    }
}
