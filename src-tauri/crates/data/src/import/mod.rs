//! Reading a file or a folder as a table: delimited text here, all other formats in [`formats`]; told by content.
//!
//! ```text
//! map ─ recognise ─ decode ─ sniff ─ read (scan → columns, in stretches) ─ check the count ─ report
//! ```
//! Contract: no record is lost. Every record after the header is a row of the table or stands among the rejects
//! with its line, byte offset and reason; `records_counted` is counted without the reader ([`count`]) and a difference
//! from their sum is the first of the notes.
//! Types rest on all rows. The file is never changed.

mod binary;
mod columns;
mod count;
mod dates;
mod delimited;
mod delimiters;
mod dialect;
mod encoding;
mod forced;
pub(crate) mod formats;
mod header;
pub(crate) mod kinds;
mod map;
mod masks;
mod mend;
mod rejects;
mod scan;
mod sections;
mod sniff;
mod table;
pub(crate) mod values;
mod words;

use std::path::Path;
use std::time::Instant;

use cairn_protocol::notebook::ImportOptions;
use cairn_protocol::table::{ImportReport, ImportedColumn};
use polars::prelude::DataFrame;

use crate::{DataError, Progress, frame_types::column_type};
use delimited::delimited;
pub use rejects::export_rejects;

/// Rejected records listed with their text.
pub(crate) const REJECTS_LISTED: usize = 1000;

/// A table and how it was read.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The table.
    pub frame: DataFrame,
    /// What reading found.
    pub report: ImportReport,
}

/// Reads a file, or a folder of files with the same columns.
///
/// # Errors
/// When the file is not there, is empty, is no table, or an option cannot be used; when it was cancelled.
pub fn import(path: &Path, options: &ImportOptions, progress: &dyn Progress) -> Result<Imported, DataError> {
    if path.is_dir() {
        return formats::folder::read(path, options, progress);
    }
    let begin = Instant::now();
    let file = map::open(path)?;
    let (read, digest) = rayon::join(|| formats::read(path, &file, options, progress), || digest(&file));
    let mut imported = read?;
    imported.report.file = path.display().to_string();
    imported.report.size_bytes = file.len() as u64;
    imported.report.digest = digest;
    imported.report.rows = imported.frame.height() as u64;
    imported.report.columns = columns(&imported);
    let accounted = imported.report.rows + imported.report.rejects_total;
    if imported.report.records_counted != accounted {
        let counted = imported.report.records_counted;
        imported.report.notes.insert(0, format!("{counted} records were counted and {accounted} are accounted for"));
    }
    progress.set(1.0);
    imported.report.elapsed_secs = begin.elapsed().as_secs_f64();
    Ok(imported)
}

/// Whether a file or a folder can be a table at all, told from its beginning: for a quick answer before a long
/// import.
///
/// # Errors
/// When it is not there, is empty, or no table.
pub fn peek(path: &Path) -> Result<(), DataError> {
    if path.is_dir() {
        return formats::folder::peek(path);
    }
    formats::peek(path, &map::open(path)?)
}

fn digest(bytes: &[u8]) -> String {
    blake3::Hasher::new().update_rayon(bytes).finalize().to_hex().to_string()
}

/// The columns of a table; how their fields were read is known already.
fn columns(imported: &Imported) -> Vec<ImportedColumn> {
    let read_as = |index: usize| imported.report.columns.get(index).map_or("", |column| &column.read_as).to_owned();
    let columns = imported.frame.columns().iter().enumerate();
    columns
        .map(|(index, column)| ImportedColumn {
            name: column.name().to_string(),
            column_type: column_type(column.dtype()),
            nulls: column.null_count() as u64,
            read_as: read_as(index),
        })
        .collect()
}

#[cfg(test)]
mod option_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod wild_tests;
