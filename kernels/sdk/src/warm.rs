//! What stays in memory between messages, and files that appear whole or not at all.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use cairn_kernel_protocol::TrainingTable;

use crate::error::KernelError;
use crate::kernel::{Kernel, Model};
use crate::table::{Table, TableFile};

/// A file as it was at one time: another date, length or (where there are such) inode is another file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    path: PathBuf,
    modified: Option<SystemTime>,
    bytes: u64,
    inode: u64,
}

impl Stamp {
    pub(crate) fn of(path: &Path) -> Result<Self, KernelError> {
        let file = |source| KernelError::File { doing: "read", path: path.to_owned(), source };
        let metadata = path.metadata().map_err(file)?;
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Ok(Self { path: path.to_owned(), modified: metadata.modified().ok(), bytes: metadata.len(), inode })
    }
}

/// Tables kept at most: folds of a cross-validation and a few to spare.
const TABLES: usize = 8;
/// Bytes of features in all kept tables together; the latest is kept whatever its size.
const TABLE_BYTES: usize = 2 << 30;

/// The mapped tables and the last model, latest first.
#[derive(Default)]
pub(crate) struct Warm {
    files: Vec<(Stamp, Arc<TableFile>)>,
    tables: Vec<(Stamp, Arc<Table>)>,
    model: Option<(Stamp, Arc<dyn Model>)>,
}

impl Warm {
    /// The table, mapped now or kept from before.
    pub(crate) fn table(&mut self, wanted: &TrainingTable) -> Result<Arc<Table>, KernelError> {
        let stamp = Stamp::of(Path::new(&wanted.path))?;
        let gone = |kept: &Stamp| kept.path == stamp.path && *kept != stamp;
        self.files.retain(|(kept, _)| !gone(kept));
        self.tables.retain(|(kept, _)| !gone(kept));
        if let Some(at) = self.tables.iter().position(|(kept, table)| *kept == stamp && table.is(wanted)) {
            self.tables[..=at].rotate_right(1);
            return Ok(Arc::clone(&self.tables[0].1));
        }
        let file = match self.files.iter().find(|(kept, _)| *kept == stamp) {
            Some((_, file)) => Arc::clone(file),
            None => {
                let file = Arc::new(TableFile::open(&stamp.path)?);
                self.files.push((stamp.clone(), Arc::clone(&file)));
                file
            }
        };
        let table = Arc::new(file.table(wanted)?);
        self.tables.insert(0, (stamp, Arc::clone(&table)));
        self.make_room();
        Ok(table)
    }

    fn make_room(&mut self) {
        let mut bytes = 0;
        let mut count = 0;
        self.tables.retain(|(_, table)| {
            bytes += table.size_bytes();
            count += 1;
            count == 1 || (count <= TABLES && bytes <= TABLE_BYTES)
        });
        let tables = &self.tables;
        self.files.retain(|(stamp, _)| tables.iter().any(|(used, _)| used == stamp));
    }

    /// The model, read now or kept from before.
    pub(crate) fn model(&mut self, kernel: &dyn Kernel, path: &Path) -> Result<Arc<dyn Model>, KernelError> {
        let stamp = Stamp::of(path)?;
        if let Some((kept, model)) = &self.model
            && *kept == stamp
        {
            return Ok(Arc::clone(model));
        }
        let model: Arc<dyn Model> = kernel.load(path)?.into();
        self.model = Some((stamp, Arc::clone(&model)));
        Ok(model)
    }

    /// Keeps the model just written to this path.
    pub(crate) fn keep(&mut self, path: &Path, model: Box<dyn Model>) {
        self.model = Stamp::of(path).ok().map(|stamp| (stamp, model.into()));
    }
}

/// Lets `write` fill an empty file beside `path` and renames it to `path` when it has succeeded, so that a
/// reader sees the whole of it or nothing.
///
/// # Errors
/// What `write` returned, or what the system said to creating and renaming.
pub fn write_whole(path: &Path, write: impl FnOnce(&Path) -> Result<(), KernelError>) -> Result<(), KernelError> {
    let failed = |source| KernelError::File { doing: "write", path: path.to_owned(), source };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As for any other new file: the user's mask decides, not the private mode of temporary files.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let file = builder.prefix(".cairn-").suffix(".part").tempfile_in(folder).map_err(failed)?;
    write(file.path())?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
