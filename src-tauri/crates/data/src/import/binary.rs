//! Parquet and Arrow files, and the recognition of what is no table at all.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::Path;

use polars::prelude::{Column, DataFrame, IntoColumn, IpcReader, ParquetReader, PolarsError, SerReader, Series};
use polars_arrow::array::ArrayRef;
use polars_arrow::io::ipc::read::{StreamReader, StreamState, read_stream_metadata};

use super::formats::Format;
use crate::{DataError, Progress};

/// Beginnings of files that are no tables, or packed ones.
const OTHERS: &[(&[u8], &str)] = &[
    (b"BZh", "bzip2-compressed data"),
    (b"\xfd7zXZ", "xz-compressed data"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x7fELF", "a program"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"ORC", "an ORC file"),
    (b"Obj\x01", "an Avro file"),
    (b"FEA1", "a Feather file of the first version"),
];

/// Tells Parquet and Arrow by content; what is known to be no table is an error.
pub(crate) fn recognise(path: &Path, bytes: &[u8]) -> Result<Option<Format>, DataError> {
    if bytes.starts_with(b"PAR1") {
        return Ok(Some(Format::Parquet));
    }
    if bytes.starts_with(b"ARROW1") {
        return Ok(Some(Format::Arrow));
    }
    // The mark that a message follows, then its length: a stream begins with its schema.
    if let [0xff, 0xff, 0xff, 0xff, a, b, c, d, ..] = bytes
        && (8..1 << 24).contains(&u32::from_le_bytes([*a, *b, *c, *d]))
    {
        return Ok(Some(Format::ArrowStream));
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
    if bytes.get(257..262) == Some(b"ustar") {
        return Err(not_a_table("a tar archive", 257));
    }
    Ok(None)
}

/// Fails when decoded text is a page of markup, or full of control characters: then it was no text.
pub(crate) fn check_is_text(path: &Path, text: &[u8], file_offset: impl Fn(usize) -> u64) -> Result<(), DataError> {
    let sample = &text[..text.len().min(64 << 10)];
    let markup = sample.trim_ascii_start();
    let begins = |mark: &str| markup.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark.as_bytes()));
    // What a download leaves when it was answered with a page.
    for (mark, found) in [("<!doctype html", "an HTML page"), ("<html", "an HTML page"), ("<?xml ", "an XML document")]
    {
        if begins(mark) {
            let byte_offset = file_offset(sample.len() - markup.len());
            return Err(DataError::NotATable { path: path.to_owned(), found: found.into(), byte_offset });
        }
    }
    let controls = sample.iter().filter(|byte| is_control(byte)).count();
    let first = sample.iter().position(is_control);
    let kinds = (0..32u8).filter(|byte| is_control(byte) && sample.contains(byte)).count();
    // Stray ones are damage that can be lived with, and a run of NUL bytes is what a crash leaves of a file; several kinds
    // of them, or every third byte, is no text.
    match first {
        Some(at) if (kinds > 3 && controls * 100 > sample.len()) || controls * 3 > sample.len() => {
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

/// Bytes of a Parquet file's values that are read between two looks at whether to go on.
const PARQUET_TURN: usize = 64 << 20;

/// Reads a Parquet file.
pub(crate) fn parquet(path: &Path, bytes: &[u8], progress: &dyn Progress) -> Result<DataFrame, DataError> {
    parquet_in_turns(path, bytes, progress, PARQUET_TURN)
}

/// The same, in turns of as many row groups as hold `turn` bytes.
pub(crate) fn parquet_in_turns(
    path: &Path,
    bytes: &[u8],
    progress: &dyn Progress,
    turn: usize,
) -> Result<DataFrame, DataError> {
    let fault = |error: PolarsError| damaged(path, "parquet", &error);
    let mut reader = ParquetReader::new(Cursor::new(bytes));
    let metadata = reader.get_metadata().map_err(fault)?.clone();
    let names = metadata.schema_descr.fields().iter().map(|field| field.name());
    check_names(path, "parquet", names)?;
    let mut groups = metadata.row_groups.iter().map(|group| (group.num_rows(), group.total_byte_size())).peekable();
    let (mut table, mut from): (Option<DataFrame>, usize) = (None, 0);
    let all = metadata.num_rows.max(1);
    loop {
        if progress.cancelled() {
            return Err(DataError::Cancelled);
        }
        let (mut rows, mut size) = (0, 0);
        while size < turn
            && let Some((more, bytes)) = groups.next()
        {
            (rows, size) = (rows + more, size + bytes.max(1));
        }
        let mut reader = ParquetReader::new(Cursor::new(bytes)).with_slice(Some((from, rows)));
        reader.set_metadata(metadata.clone());
        let part = reader.finish().map_err(fault)?;
        match &mut table {
            Some(table) => {
                table.vstack_mut_owned(part).map_err(fault)?;
            }
            None => table = Some(part),
        }
        from += rows;
        progress.set(from as f64 / all as f64);
        if groups.peek().is_none() {
            break;
        }
    }
    table.ok_or_else(|| DataError::Internal { what: format!("{} has no row group", path.display()) })
}

fn damaged(path: &Path, format: &'static str, error: &PolarsError) -> DataError {
    DataError::Format { path: path.to_owned(), format, message: error.to_string() }
}

/// Fails where a file of columns has none, or two of one name, which no step could tell apart.
fn check_names<'a>(path: &Path, format: &'static str, names: impl Iterator<Item = &'a str>) -> Result<(), DataError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            let message = format!("two columns are called «{name}»; write it again with names of their own");
            return Err(DataError::Format { path: path.to_owned(), format, message });
        }
    }
    match seen.is_empty() {
        true => {
            let message = "it has no columns".into();
            Err(DataError::Format { path: path.to_owned(), format, message })
        }
        false => Ok(()),
    }
}

/// Reads an Arrow IPC file.
pub(crate) fn arrow(path: &Path, bytes: &[u8]) -> Result<DataFrame, DataError> {
    let fault = |error: PolarsError| damaged(path, "arrow", &error);
    let schema = IpcReader::new(Cursor::new(bytes)).schema().map_err(fault)?;
    check_names(path, "arrow", schema.iter_values().map(|field| field.name.as_str()))?;
    IpcReader::new(Cursor::new(bytes)).finish().map_err(fault)
}

/// Reads an Arrow IPC stream, with or without its end mark.
pub(crate) fn arrow_stream(path: &Path, bytes: &[u8]) -> Result<DataFrame, DataError> {
    let fault = |error: PolarsError| damaged(path, "arrow", &error);
    let mut source = Cursor::new(bytes);
    let metadata = read_stream_metadata(&mut source).map_err(fault)?;
    let fields: Vec<_> = metadata.schema.iter_values().cloned().collect();
    let mut columns: Vec<Vec<ArrayRef>> = fields.iter().map(|_| Vec::new()).collect();
    let mut rows = 0;
    for state in StreamReader::new(&mut source, metadata, None) {
        match state.map_err(fault)? {
            StreamState::Some(batch) => {
                rows += batch.len();
                for (column, array) in columns.iter_mut().zip(batch.into_arrays()) {
                    column.push(array);
                }
            }
            // The bytes end without the mark of the end, which the format allows.
            StreamState::Waiting => break,
        }
    }
    let columns = fields
        .iter()
        .zip(columns)
        .map(|(field, arrays)| match arrays.is_empty() {
            true => {
                let empty = polars_arrow::array::new_empty_array(field.dtype.clone());
                Series::try_from((field, vec![empty])).map(IntoColumn::into_column)
            }
            false => Series::try_from((field, arrays)).map(IntoColumn::into_column),
        })
        .collect::<Result<Vec<Column>, _>>()
        .map_err(fault)?;
    DataFrame::new(rows, columns).map_err(fault)
}
