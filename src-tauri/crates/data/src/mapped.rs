//! Arrow files of our own, mapped into memory: the cache of results is read without copying.
#![expect(unsafe_code, reason = "mapping a file into memory; see `read_ipc`")]

use std::fs::File;
use std::path::Path;

use polars::prelude::{DataFrame, IpcReader, SerReader};

use crate::DataError;

/// Reads an Arrow IPC file that [`write_ipc`](crate::write_ipc) wrote. Its columns lie in the mapped file, so the
/// file must not be written into while the table lives; replacing it by renaming another over it is fine.
///
/// # Errors
/// When the file is not there or damaged.
pub fn read_ipc(path: &Path) -> Result<DataFrame, DataError> {
    let file = File::open(path).map_err(|source| DataError::io(path, "read", source))?;
    // SAFETY: Cairn writes such files under a temporary name and renames them, never in place, so the bytes that are
    // mapped do not change or go away while they are.
    let reader = unsafe { IpcReader::new(file).memory_mapped(Some(path.to_owned())) };
    reader.finish().map_err(|error| DataError::Format {
        path: path.to_owned(),
        format: "arrow",
        message: error.to_string(),
    })
}
