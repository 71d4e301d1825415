//! The key of a cell: a hash of what it is and of the keys of what it reads. The same key means the same result, on
//! this machine and elsewhere; names of cells do not enter.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use cairn_protocol::{
    ErrorInfo,
    notebook::{Cell, CellBody, Notebook},
};

use crate::{files, kernels::Kernels, notebook::graph};

/// Rises when a cell of the same content would give another result.
const STEP_VERSION: u32 = 1;

/// Hashes of files, by path, time and length.
#[derive(Default)]
pub struct Digests {
    known: Mutex<HashMap<PathBuf, (SystemTime, u64, String)>>,
}

impl Digests {
    /// BLAKE3 of a file's bytes, in hex; of a folder, over those of its data files.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn of(&self, path: &Path) -> Result<String, ErrorInfo> {
        if path.is_dir() {
            return cairn_data::folder_digest(path, |file| self.of_file(file));
        }
        self.of_file(path)
    }

    fn of_file(&self, path: &Path) -> Result<String, ErrorInfo> {
        let fail = |error: std::io::Error| files::io_error("cannot read", path, &error);
        let about = std::fs::metadata(path).map_err(fail)?;
        let time = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, length, digest)) = known.get(path)
            && (*at, *length) == (time, about.len())
        {
            return Ok(digest.clone());
        }
        let mut hasher = blake3::Hasher::new();
        let file = std::fs::File::open(path).map_err(fail)?;
        hasher.update_reader(file).map_err(fail)?;
        let digest = hasher.finalize().to_hex().to_string();
        known.insert(path.to_owned(), (time, about.len(), digest.clone()));
        Ok(digest)
    }
}

/// The key of a cell, with that of its own content alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Of the cell and everything it comes from; 64 hex digits.
    pub whole: String,
    /// Of the cell alone.
    pub own: String,
}

/// The keys of all cells; an error where one cannot be told (a file or an input is missing).
pub fn keys(
    notebook: &Notebook,
    root: &Path,
    digests: &Digests,
    kernels: &Kernels,
) -> BTreeMap<String, Result<Key, ErrorInfo>> {
    let mut keys: BTreeMap<String, Result<Key, ErrorInfo>> = BTreeMap::new();
    let Ok(order) = graph::order(notebook) else { return keys };
    for at in order {
        let cell = &notebook.cells[at];
        let key = key_of(cell, notebook, root, digests, kernels, &keys);
        keys.insert(cell.name.clone(), key);
    }
    keys
}

/// The key of one cell: as [`keys`], without looking at what it does not come from. Nothing where the cell is not there
/// or reads itself.
pub fn key(
    notebook: &Notebook,
    name: &str,
    root: &Path,
    digests: &Digests,
    kernels: &Kernels,
) -> Option<Result<Key, ErrorInfo>> {
    let cell = graph::find(notebook, name)?;
    let cells = graph::ancestors(notebook, name).into_iter().chain([cell]).cloned().collect();
    let lineage = Notebook { schema: notebook.schema, title: notebook.title.clone(), cells };
    keys(&lineage, root, digests, kernels).remove(name)
}

fn key_of(
    cell: &Cell,
    notebook: &Notebook,
    root: &Path,
    digests: &Digests,
    kernels: &Kernels,
    known: &BTreeMap<String, Result<Key, ErrorInfo>>,
) -> Result<Key, ErrorInfo> {
    let mut body = cell.body.clone();
    for input in body.inputs_mut() {
        input.clear();
    }
    let mut content = serde_json::to_string(&body)
        .map_err(|error| ErrorInfo::internal(format!("a cell cannot be hashed: {error}")).in_cell(&cell.name))?;
    match &cell.body {
        CellBody::Data(data) => {
            let path = files::inside(root, &data.file).map_err(|error| error.in_cell(&cell.name))?;
            content.push_str(&digests.of(&path).map_err(|mut error| {
                error.place.file = Some(data.file.clone());
                error.in_cell(&cell.name).hint("put the file back, or choose another file for this cell")
            })?);
        }
        CellBody::Train(train) => content.push_str(&kernels.version(&train.kernel)),
        CellBody::Sweep(sweep) => content.push_str(&kernels.version(&sweep.kernel)),
        CellBody::Report(_) => content.push_str(&notebook.title),
        _ => {}
    }
    let own = blake3::hash(format!("{STEP_VERSION}\0{content}").as_bytes()).to_hex().to_string();
    let mut hasher = blake3::Hasher::new();
    hasher.update(own.as_bytes());
    for input in cell.body.inputs() {
        match known.get(input) {
            Some(Ok(key)) => hasher.update(key.whole.as_bytes()),
            Some(Err(_)) => {
                return Err(ErrorInfo::bad_input(format!("{input:?} cannot run"))
                    .in_cell(&cell.name)
                    .hint("mend that cell first"));
            }
            None => return Err(missing_input(cell, input)),
        };
    }
    Ok(Key { whole: hasher.finalize().to_hex().to_string(), own })
}

fn missing_input(cell: &Cell, input: &str) -> ErrorInfo {
    let message = if input.is_empty() {
        "the cell reads nothing yet".to_owned()
    } else {
        format!("the cell reads {input:?}, which is not in the notebook")
    };
    ErrorInfo::bad_input(message).in_cell(&cell.name).hint("choose what it reads in its header")
}
