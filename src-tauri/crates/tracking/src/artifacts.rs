//! Files by content: `artifacts/ab/cdef…` is the file whose BLAKE3 hash in hex is `abcdef…`.
//!
//! A file appears whole or not at all: it is written under a temporary name in its own folder, synced, renamed, and
//! the folder is synced. Two writers of the same content do not disturb each other.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use crate::{Tracker, TrackingError};

/// Begins the name of a file that is being written.
const TEMPORARY: &str = ".writing-";

/// The store of one project.
#[derive(Debug, Clone)]
pub struct ArtifactStore {
    root: PathBuf,
}

/// A file in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// BLAKE3 in hex.
    pub digest: String,
    /// Size.
    pub size_bytes: u64,
}

/// What is wrong with an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The database names it, and there is no such file.
    Missing,
    /// Its content is not what its name says.
    Corrupt,
    /// It cannot be read.
    Unreadable,
}

/// A bad or missing artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactFault {
    /// BLAKE3 in hex, as the file is called.
    pub digest: String,
    /// Where it is or should be.
    pub path: PathBuf,
    /// What is wrong.
    pub kind: FaultKind,
    /// Runs that have it, as `RUN/NAME`.
    pub used_by: Vec<String>,
}

/// What [`Tracker::verify`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Files whose content was checked.
    pub checked: usize,
    /// Their size together.
    pub size_bytes: u64,
    /// Everything that is wrong with the files.
    pub faults: Vec<ArtifactFault>,
    /// Everything SQLite finds wrong with the database.
    pub database: Vec<String>,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.faults.is_empty() && self.database.is_empty()
    }
}

impl ArtifactStore {
    /// Opens a store, creating the folder.
    ///
    /// # Errors
    /// The folder cannot be created.
    pub fn open(root: &Path) -> Result<Self, TrackingError> {
        std::fs::create_dir_all(root).map_err(at(root))?;
        Ok(Self { root: root.to_owned() })
    }

    /// Stores bytes.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn put_bytes(&self, bytes: &[u8]) -> Result<Stored, TrackingError> {
        let digest = blake3::hash(bytes).to_hex().to_string();
        let path = self.target(&digest);
        if !path.is_file() {
            let folder = self.folder(&path)?;
            let mut temporary = temporary_in(&folder)?;
            temporary.write_all(bytes).map_err(at(temporary.path()))?;
            commit(temporary, &path, &folder)?;
        }
        Ok(Stored { digest, size_bytes: bytes.len() as u64 })
    }

    /// Stores a copy of a file, of any size.
    ///
    /// # Errors
    /// The file cannot be read, or the store cannot be written.
    pub fn put_file(&self, source: &Path) -> Result<Stored, TrackingError> {
        let mut reader = File::open(source).map_err(at(source))?;
        // The name is known only at the end: written into the root, on the same file system, then moved.
        let mut temporary = temporary_in(&self.root)?;
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; 1 << 20];
        let mut size_bytes = 0;
        loop {
            let read = reader.read(&mut buffer).map_err(at(source))?;
            if read == 0 {
                break;
            }
            hasher.update(&buffer[..read]);
            temporary.write_all(&buffer[..read]).map_err(at(&self.root))?;
            size_bytes += read as u64;
        }
        let digest = hasher.finalize().to_hex().to_string();
        let path = self.target(&digest);
        if !path.is_file() {
            let folder = self.folder(&path)?;
            commit(temporary, &path, &folder)?;
        }
        Ok(Stored { digest, size_bytes })
    }

    /// Where an artifact lies, if it is there.
    ///
    /// # Errors
    /// It is not there.
    pub fn path(&self, digest: &str) -> Result<PathBuf, TrackingError> {
        let unknown = || TrackingError::Unknown { what: "artifact", given: digest.to_owned() };
        let well_formed = digest.len() == 64 && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !well_formed {
            return Err(unknown());
        }
        let path = self.target(digest);
        if path.is_file() { Ok(path) } else { Err(unknown()) }
    }

    /// The content of an artifact, checked against its digest.
    ///
    /// # Errors
    /// It is not there, cannot be read, or is not what its digest says.
    pub fn read(&self, digest: &str) -> Result<Vec<u8>, TrackingError> {
        let path = self.path(digest)?;
        let bytes = std::fs::read(&path).map_err(at(&path))?;
        if blake3::hash(&bytes).to_hex().as_str() == digest {
            return Ok(bytes);
        }
        let source = io::Error::new(io::ErrorKind::InvalidData, "the content is not what its BLAKE3 digest says");
        Err(TrackingError::Io { path, source })
    }

    /// Checks the content of every file of the store.
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub fn verify(&self) -> Result<VerifyReport, TrackingError> {
        let mut report = VerifyReport::default();
        for (digest, path) in self.files()? {
            let mut hasher = blake3::Hasher::new();
            let hashed = File::open(&path).and_then(|file| Ok(hasher.update_reader(file)?.count()));
            let kind = match hashed {
                Ok(size) => {
                    report.checked += 1;
                    report.size_bytes += size;
                    if hasher.finalize().to_hex().as_str() == digest {
                        continue;
                    }
                    FaultKind::Corrupt
                }
                Err(_) => FaultKind::Unreadable,
            };
            report.faults.push(ArtifactFault { digest, path, kind, used_by: Vec::new() });
        }
        Ok(report)
    }

    /// Digest and path of every file, temporary ones left out.
    fn files(&self) -> Result<BTreeMap<String, PathBuf>, TrackingError> {
        let mut files = BTreeMap::new();
        for folder in list(&self.root)? {
            let Some(start) = folder.file_name().and_then(|name| name.to_str()).filter(|name| name.len() == 2) else {
                continue;
            };
            for path in list(&folder)? {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                if !name.starts_with(TEMPORARY) {
                    files.insert(format!("{start}{name}"), path);
                }
            }
        }
        Ok(files)
    }

    fn target(&self, digest: &str) -> PathBuf {
        self.root.join(&digest[..2]).join(&digest[2..])
    }

    fn folder(&self, target: &Path) -> Result<PathBuf, TrackingError> {
        let folder = target.parent().unwrap_or(&self.root).to_owned();
        if !folder.is_dir() {
            std::fs::create_dir_all(&folder).map_err(at(&folder))?;
            sync_folder(&self.root)?;
        }
        Ok(folder)
    }
}

impl Tracker {
    /// Checks every artifact against its digest, the database against the files, and the database itself.
    ///
    /// # Errors
    /// The folder cannot be listed, or the database cannot be read at all.
    pub fn verify(&self) -> Result<VerifyReport, TrackingError> {
        let used = self.used_artifacts()?;
        let mut report = self.artifacts().verify()?;
        for fault in &mut report.faults {
            fault.used_by = used.get(&fault.digest).cloned().unwrap_or_default();
        }
        for (digest, used_by) in used {
            if self.artifacts().path(&digest).is_err() {
                let path = if digest.len() > 2 && digest.is_ascii() {
                    self.artifacts().target(&digest)
                } else {
                    self.artifacts().root.clone()
                };
                report.faults.push(ArtifactFault { digest, path, kind: FaultKind::Missing, used_by });
            }
        }
        report.database = self.read(|db| {
            let mut found = Vec::new();
            db.pragma_query(None, "integrity_check", |row| {
                found.push(row.get::<_, String>(0)?);
                Ok(())
            })?;
            found.retain(|line| line != "ok");
            db.pragma_query(None, "foreign_key_check", |row| {
                found.push(format!(
                    "a row of {} names a row of {} that is not there",
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(2)?
                ));
                Ok(())
            })?;
            Ok(found)
        })?;
        Ok(report)
    }

    /// Deletes the files that no run names, and says how many bytes that freed. Only while nothing runs: a file is
    /// stored before its run names it.
    ///
    /// # Errors
    /// A file cannot be deleted, or the database failed.
    pub fn remove_unused_artifacts(&self) -> Result<u64, TrackingError> {
        let used = self.used_artifacts()?;
        let mut freed = 0;
        for (digest, path) in self.artifacts().files()? {
            if !used.contains_key(&digest) {
                freed += std::fs::metadata(&path).map(|data| data.len()).unwrap_or_default();
                std::fs::remove_file(&path).map_err(at(&path))?;
            }
        }
        Ok(freed)
    }

    /// Digests that the database names, with the runs that have them.
    fn used_artifacts(&self) -> Result<BTreeMap<String, Vec<String>>, TrackingError> {
        self.read(|db| {
            let mut used: BTreeMap<String, Vec<String>> = BTreeMap::new();
            let mut statement = db.prepare_cached(
                "SELECT a.digest, r.id || '/' || a.name FROM artifacts a JOIN runs r ON r.no = a.run
                 UNION ALL
                 SELECT c.diff, r.id || '/diff' FROM runs r JOIN code_states c ON c.no = r.code WHERE c.diff <> ''",
            )?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                used.entry(row.get(0)?).or_default().push(row.get(1)?);
            }
            Ok(used)
        })
    }
}

fn temporary_in(folder: &Path) -> Result<tempfile::NamedTempFile, TrackingError> {
    tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder).map_err(at(folder))
}

fn commit(temporary: tempfile::NamedTempFile, path: &Path, folder: &Path) -> Result<(), TrackingError> {
    temporary.as_file().sync_all().map_err(at(path))?;
    temporary.persist(path).map_err(|error| TrackingError::Io { path: path.to_owned(), source: error.error })?;
    sync_folder(folder)
}

/// Makes names in a folder durable; Windows does so by itself and cannot open folders.
fn sync_folder(folder: &Path) -> Result<(), TrackingError> {
    if cfg!(unix) {
        File::open(folder).and_then(|file| file.sync_all()).map_err(at(folder))?;
    }
    Ok(())
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, TrackingError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(folder).map_err(at(folder))?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(at(folder))).collect()
}

fn at(path: &Path) -> impl Fn(io::Error) -> TrackingError + use<> {
    let path = path.to_owned();
    move |source| TrackingError::Io { path: path.clone(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_content_is_one_file_and_damage_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let tracker = Tracker::open(dir.path()).unwrap();
        let store = tracker.artifacts();
        let from_bytes = store.put_bytes(b"a model").unwrap();
        let source = dir.path().join("model.bin");
        std::fs::write(&source, b"a model").unwrap();
        assert_eq!(store.put_file(&source).unwrap(), from_bytes);
        let path = store.path(&from_bytes.digest).unwrap();
        assert!(path.ends_with(format!("{}/{}", &from_bytes.digest[..2], &from_bytes.digest[2..])));
        assert_eq!(store.files().unwrap().len(), 1);
        assert_eq!(list(&store.root).unwrap().len(), 1, "a temporary file stayed");

        let run = tracker.create_run(&crate::NewRun { name: "one".into(), ..Default::default() }).unwrap();
        tracker.add_artifact(&run, "model", "model", &from_bytes).unwrap();
        assert!(tracker.verify().unwrap().is_clean());
        std::fs::write(&path, b"A model").unwrap();
        let report = tracker.verify().unwrap();
        assert_eq!((report.faults[0].kind, report.faults[0].used_by.len()), (FaultKind::Corrupt, 1));
        assert!(store.read(&from_bytes.digest).is_err());
        std::fs::remove_file(&path).unwrap();
        assert_eq!(tracker.verify().unwrap().faults[0].kind, FaultKind::Missing);
        assert!(store.path("../../etc/passwd").is_err());
    }

    #[test]
    fn what_no_run_names_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let tracker = Tracker::open(dir.path()).unwrap();
        let kept = tracker.artifacts().put_bytes(b"kept").unwrap();
        tracker.artifacts().put_bytes(b"unused").unwrap();
        let run = tracker.create_run(&crate::NewRun::default()).unwrap();
        tracker.add_artifact(&run, "log", "log", &kept).unwrap();
        assert_eq!(tracker.remove_unused_artifacts().unwrap(), 6);
        assert!(tracker.artifacts().path(&kept.digest).is_ok());
        tracker.delete_run(&run).unwrap();
        assert_eq!(tracker.remove_unused_artifacts().unwrap(), 4);
    }
}
