//! Tables as Arrow IPC in memory, for documents that carry small ones.

use polars::prelude::{DataFrame, IpcReader, IpcWriter, SerReader, SerWriter};

use crate::DataError;

/// A table as the bytes of an Arrow IPC file.
///
/// # Errors
/// A column cannot be written.
pub fn to_ipc(frame: &DataFrame) -> Result<Vec<u8>, DataError> {
    let mut bytes = Vec::new();
    IpcWriter::new(&mut bytes).finish(&mut frame.clone()).map_err(DataError::table("writing a table"))?;
    Ok(bytes)
}

/// A table from the bytes of an Arrow IPC file.
///
/// # Errors
/// The bytes are damaged.
pub fn from_ipc(bytes: &[u8]) -> Result<DataFrame, DataError> {
    IpcReader::new(std::io::Cursor::new(bytes)).finish().map_err(DataError::table("reading a table"))
}
