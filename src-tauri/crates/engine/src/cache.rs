//! Results of cells under the hash of what they were made from. The folder may be deleted at any time; tables that were
//! used lately are also in memory, up to a budget.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use cairn_data::{Parts, Table};
use cairn_protocol::{
    ErrorInfo,
    results::{CellResult, CellView},
};

use crate::files::write_whole;

/// Share of the machine's memory that tables may take in memory.
const BUDGET_SHARE: u64 = 4;

/// The cache of a project.
pub struct Cache {
    folder: PathBuf,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    tables: HashMap<String, (Arc<Table>, u64, u64)>,
    results: HashMap<String, (Arc<CellResult>, u64)>,
    views: HashMap<String, Option<Arc<CellView>>>,
    clock: u64,
    budget_bytes: u64,
}

impl Cache {
    /// The cache in a folder that may be empty or absent.
    pub fn new(folder: PathBuf) -> Self {
        let memory = Memory { budget_bytes: crate::run::memory_bytes() / BUDGET_SHARE, ..Memory::default() };
        Self { folder, memory: Mutex::new(memory) }
    }

    /// Where things under a key lie.
    pub fn folder(&self, key: &str) -> PathBuf {
        self.folder.join(&key[..2]).join(key)
    }

    /// What is known of a result, where there is one.
    pub fn view(&self, key: &str) -> Option<Arc<CellView>> {
        if let Some(known) = self.lock().views.get(key) {
            return known.clone();
        }
        let view = read_json::<CellView>(&self.folder(key).join("view.json")).map(Arc::new);
        self.lock().views.insert(key.to_owned(), view.clone());
        view
    }

    /// The result itself.
    pub fn result(&self, key: &str) -> Option<Arc<CellResult>> {
        let mut memory = self.lock();
        memory.clock += 1;
        let clock = memory.clock;
        if let Some((result, used)) = memory.results.get_mut(key) {
            *used = clock;
            return Some(Arc::clone(result));
        }
        drop(memory);
        let result = Arc::new(read_json::<CellResult>(&self.folder(key).join("result.json"))?);
        self.keep_result(key, Arc::clone(&result));
        Some(result)
    }

    fn keep_result(&self, key: &str, result: Arc<CellResult>) {
        let mut memory = self.lock();
        let clock = memory.clock;
        memory.results.insert(key.to_owned(), (result, clock));
        if memory.results.len() > 64
            && let Some(oldest) = memory.results.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| key.clone())
        {
            memory.results.remove(&oldest);
        }
    }

    /// The table of a result, from memory or mapped from disk.
    pub fn table(&self, key: &str) -> Option<Arc<Table>> {
        let mut memory = self.lock();
        memory.clock += 1;
        let clock = memory.clock;
        if let Some((table, _, used)) = memory.tables.get_mut(key) {
            *used = clock;
            return Some(Arc::clone(table));
        }
        drop(memory);
        let folder = self.folder(key);
        let frame = cairn_data::read_ipc(&folder.join("table.arrow")).ok()?;
        let parts = match std::fs::read(folder.join("parts.bin")) {
            // An empty file says that there are none; no file, that the result is not whole.
            Ok(bytes) if bytes.is_empty() => None,
            Ok(bytes) => Some(match read_json::<Vec<String>>(&folder.join("parts.json")) {
                Some(names) => Parts::with_names(bytes, names).ok()?,
                // A table of before there were names.
                None => Parts::new(bytes).ok()?,
            }),
            Err(_) => return None,
        };
        let table = Arc::new(Table::with_parts(frame, parts).ok()?);
        self.keep_table(key, Arc::clone(&table));
        Some(table)
    }

    fn keep_table(&self, key: &str, table: Arc<Table>) {
        let bytes = table.frame.estimated_size() as u64;
        let mut memory = self.lock();
        let clock = memory.clock;
        memory.tables.insert(key.to_owned(), (table, bytes, clock));
        while memory.tables.len() > 1
            && memory.tables.values().map(|(_, bytes, _)| bytes).sum::<u64>() > memory.budget_bytes
        {
            let oldest = memory.tables.iter().min_by_key(|(_, (_, _, used))| *used).map(|(key, _)| key.clone());
            match oldest {
                Some(oldest) if oldest != key => memory.tables.remove(&oldest),
                _ => break,
            };
        }
    }

    /// Stores a table under a key.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn put_table(&self, key: &str, table: Arc<Table>) -> Result<(), ErrorInfo> {
        let folder = self.folder(key);
        std::fs::create_dir_all(&folder).map_err(|error| crate::files::io_error("cannot make", &folder, &error))?;
        let parts = table.parts.as_ref().map_or(&[][..], Parts::as_slice);
        if let Some(parts) = &table.parts {
            write_json(&folder.join("parts.json"), &parts.names())?;
        }
        write_whole(&folder.join("parts.bin"), parts)?;
        cairn_data::write_ipc(&table.frame, &folder.join("table.arrow"))?;
        self.keep_table(key, table);
        Ok(())
    }

    /// Stores a result and what its card shows; last, since a view says that the result is whole.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn put(&self, key: &str, result: CellResult, view: CellView) -> Result<Arc<CellResult>, ErrorInfo> {
        let folder = self.folder(key);
        write_json(&folder.join("result.json"), &result)?;
        write_json(&folder.join("view.json"), &view)?;
        let result = Arc::new(result);
        self.keep_result(key, Arc::clone(&result));
        self.lock().views.insert(key.to_owned(), Some(Arc::new(view)));
        Ok(result)
    }

    /// Forgets what is in memory and can be read again.
    pub fn rest(&self) {
        let mut memory = self.lock();
        memory.tables.clear();
        memory.results.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A JSON document, where it is there and whole.
pub fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Writes a JSON document whole.
///
/// # Errors
/// The folder cannot be written.
pub fn write_json<T: serde::Serialize>(path: &Path, value: &T) -> Result<(), ErrorInfo> {
    let bytes = serde_json::to_vec(value)
        .map_err(|error| ErrorInfo::internal(format!("{} cannot be written: {error}", path.display())))?;
    write_whole(path, &bytes)
}
