//! Each command that changes something, as it was given: one JSON line a command, on disk before it is carried out.

use std::{
    fs::File,
    io::Write,
    path::Path,
    sync::{Mutex, PoisonError},
};

use cairn_protocol::{ErrorInfo, Request};
use serde::Serialize;

use crate::{files::io_error, now};

/// The journal of a project; a new file each day.
pub struct Journal {
    file: Mutex<File>,
}

#[derive(Serialize)]
struct Line<'a> {
    at: String,
    request: &'a Request,
}

impl Journal {
    /// Opens today's file.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn open(dot_cairn: &Path) -> Result<Self, ErrorInfo> {
        let folder = dot_cairn.join("journal");
        std::fs::create_dir_all(&folder).map_err(|error| io_error("cannot make", &folder, &error))?;
        let path = folder.join(format!("{}.jsonl", &now()[..10]));
        let file = File::options()
            .append(true)
            .create(true)
            .open(&path)
            .map_err(|error| io_error("cannot open", &path, &error))?;
        Ok(Self { file: Mutex::new(file) })
    }

    /// Writes a command down.
    ///
    /// # Errors
    /// The disk is full.
    pub fn write(&self, request: &Request) -> Result<(), ErrorInfo> {
        let line = serde_json::to_string(&Line { at: now(), request })
            .map_err(|error| ErrorInfo::internal(format!("a request cannot be written down: {error}")))?;
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(file, "{line}")
            .and_then(|()| file.sync_data())
            .map_err(|error| ErrorInfo::internal(format!("the journal cannot be written: {error}")))
    }
}
