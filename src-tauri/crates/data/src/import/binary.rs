//! Parquet and Arrow files, and the recognition of what is no table at all.

use std::io::Cursor;
use std::path::Path;

use polars::prelude::{DataFrame, IpcReader, ParquetReader, SerReader};

use crate::DataError;

/// What a file's first bytes say it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Delimited,
    Parquet,
    Arrow,
}

/// Beginnings of files that are no tables, or packed ones.
const OTHERS: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x1f\x8b", "gzip-compressed data"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed data"),
    (b"BZh", "bzip2-compressed data"),
    (b"\xfd7zXZ", "xz-compressed data"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x7fELF", "a program"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"ORC", "an ORC file"),
    (b"Obj\x01", "an Avro file"),
];

/// Tells the format by content.
pub(crate) fn recognise(path: &Path, bytes: &[u8]) -> Result<Format, DataError> {
    if bytes.starts_with(b"PAR1") {
        return Ok(Format::Parquet);
    }
    if bytes.starts_with(b"ARROW1") {
        return Ok(Format::Arrow);
    }
    let not_a_table = |found: &str, byte_offset: usize| DataError::NotATable {
        path: path.to_owned(),
        found: found.to_owned(),
        byte_offset: byte_offset as u64,
    };
    for (magic, name) in OTHERS {
        // Three letters alone might begin a text.
        if bytes.starts_with(magic) && (magic.len() > 3 || bytes[..bytes.len().min(512)].iter().any(is_control)) {
            return Err(not_a_table(name, 0));
        }
    }
    Ok(Format::Delimited)
}

/// Fails when decoded text is full of control characters: then it was no text.
pub(crate) fn check_is_text(path: &Path, text: &[u8], file_offset: impl Fn(usize) -> u64) -> Result<(), DataError> {
    let sample = &text[..text.len().min(64 << 10)];
    let controls = sample.iter().filter(|byte| is_control(byte)).count();
    let first = sample.iter().position(is_control);
    // A stray one is damage that can be lived with; one in a hundred is another kind of file.
    match first {
        Some(at) if controls * 100 > sample.len() => {
            let found = if sample[at] == 0 {
                "a NUL byte".into()
            } else {
                format!("the control character 0x{:02x}", sample[at])
            };
            Err(DataError::NotATable { path: path.to_owned(), found, byte_offset: file_offset(at) })
        }
        _ => Ok(()),
    }
}

/// Control characters that text does not have; the separators 0x1c to 0x1f are used as delimiters.
fn is_control(byte: &u8) -> bool {
    matches!(byte, 0..=8 | 14..=26) && *byte != 1
}

/// Reads a Parquet file.
pub(crate) fn parquet(path: &Path, bytes: &[u8]) -> Result<DataFrame, DataError> {
    ParquetReader::new(Cursor::new(bytes)).finish().map_err(|error| DataError::Format {
        path: path.to_owned(),
        format: "parquet",
        message: error.to_string(),
    })
}

/// Reads an Arrow IPC file.
pub(crate) fn arrow(path: &Path, bytes: &[u8]) -> Result<DataFrame, DataError> {
    IpcReader::new(Cursor::new(bytes)).finish().map_err(|error| DataError::Format {
        path: path.to_owned(),
        format: "arrow",
        message: error.to_string(),
    })
}
