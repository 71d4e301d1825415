//! What a file is, told by its content, and the reader for it.
//!
//! ```text
//! recognise ─┬─ packed (gzip, zstd, zip) ─ unpack ─ recognise again, at most three times
//!            ├─ workbook · SQLite · Parquet · Arrow ─ typed values
//!            ├─ JSON, JSON lines ─ records ─ typed cells
//!            └─ anything else that is text ─ delimited
//! ```
//! Formats with values of their own become columns through [`cells`]: types rest on all rows, as in delimited text.

pub(crate) mod cells;
pub(crate) mod container;
mod excel;
pub(crate) mod folder;
mod json;
mod json_records;
mod json_scan;
mod names;
mod sheet;
mod sqlite;
mod texts;

use std::panic::AssertUnwindSafe;
use std::path::Path;

use cairn_protocol::notebook::ImportOptions;
use cairn_protocol::steps::{Step, StepOp, Unfit};
use cairn_protocol::table::{ImportReport, Reject};
use polars::prelude::DataFrame;

use super::binary;
use super::rejects::{Rejected, Take};
use super::{Imported, REJECTS_LISTED, delimited};
use crate::{DataError, Progress};
use container::{Packing, Unpacked};

/// Characters of a rejected record that are kept.
pub(crate) const REJECT_TEXT: usize = 400;
/// Containers inside containers.
const MOST_PACKED: usize = 3;

/// Endings of files that hold tables.
const DATA_ENDINGS: &[&str] = &[
    "csv", "tsv", "tab", "psv", "parquet", "arrow", "arrows", "ipc", "feather", "json", "ndjson", "jsonl", "xlsx",
    "xlsm", "xlsb", "xls", "ods", "sqlite", "sqlite3", "db",
];
/// Endings of packed files.
const PACKED_ENDINGS: &[&str] = &["gz", "zst", "zip"];

/// How much a name looks like that of a table: 0 by its ending, 1 for other text or a container, 2 not at all.
pub(crate) fn data_rank(name: &str) -> usize {
    let lower = name.to_ascii_lowercase();
    let mut parts = lower.rsplit('.');
    let last = parts.next().unwrap_or_default();
    let (ending, packed) =
        if PACKED_ENDINGS.contains(&last) { (parts.next().unwrap_or_default(), true) } else { (last, false) };
    match ending {
        _ if !lower.contains('.') => 2,
        ending if DATA_ENDINGS.contains(&ending) => 0,
        "txt" => 1,
        "tar" => 2,
        _ if packed => 1,
        _ => 2,
    }
}

/// Whether a name ends like that of a table by itself.
pub(crate) fn is_data_name(name: &str) -> bool {
    data_rank(name) == 0
}

/// Whether a file's name says that it holds a table: delimited text, JSON, Parquet, Arrow, a workbook, a database, or
/// one of these packed (`.gz`, `.zst`, `.zip`). Names only suggest; [`crate::import`] looks at the content.
#[must_use]
pub fn is_data_file(name: &str) -> bool {
    data_rank(name) < 2
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Delimited,
    Json,
    Parquet,
    Arrow,
    ArrowStream,
    Workbook(excel::Kind),
    Sqlite,
    Packed(Packing),
}

/// Tells by content.
pub(crate) fn recognise(path: &Path, bytes: &[u8]) -> Result<Format, DataError> {
    if let Some(kind) = excel::recognise(bytes) {
        return Ok(Format::Workbook(kind));
    }
    if let Some(packing) = container::recognise(bytes) {
        return Ok(Format::Packed(packing));
    }
    if sqlite::recognise(bytes) {
        return Ok(Format::Sqlite);
    }
    if let Some(format) = binary::recognise(path, bytes)? {
        return Ok(format);
    }
    Ok(if json::recognise(path, bytes) { Format::Json } else { Format::Delimited })
}

/// Whether a file can be a table, told from its beginning.
pub(crate) fn peek(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
    const LOOKED_AT: usize = 1 << 16;
    let head = &bytes[..bytes.len().min(LOOKED_AT)];
    let mut format = recognise(path, bytes)?;
    let mut unpacked = Vec::new();
    if let Format::Packed(packing) = format {
        unpacked = container::unpack(path, packing, bytes, None, Some(LOOKED_AT), &crate::NoProgress)?.bytes;
        // A zip file cannot be told from its beginning alone: that must do.
        format = match container::recognise(&unpacked) {
            Some(packing) => Format::Packed(packing),
            None => recognise(path, &unpacked)?,
        };
    }
    if format != Format::Delimited {
        return Ok(());
    }
    let head = if unpacked.is_empty() { head } else { &unpacked };
    let text = super::encoding::decode(head, None)?;
    binary::check_is_text(path, &text.bytes, |offset| text.file_offset(offset))
}

/// Reads a file's bytes as what they are.
pub(crate) fn read(
    path: &Path,
    bytes: &[u8],
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<Imported, DataError> {
    read_at(path, bytes, options, progress, 0)
}

fn read_at(
    path: &Path,
    bytes: &[u8],
    options: &ImportOptions,
    progress: &dyn Progress,
    depth: usize,
) -> Result<Imported, DataError> {
    let (name, frame) = match recognise(path, bytes)? {
        Format::Delimited => return delimited(path, bytes, options, progress),
        Format::Json => return as_chosen(json::read(path, bytes, options, progress)?, options),
        Format::Workbook(kind) => {
            let read = guarded(path, "a workbook", || excel::read(path, kind, bytes, options, progress))?;
            return as_chosen(read, options);
        }
        Format::Sqlite => {
            let source = if depth == 0 { sqlite::Source::File } else { sqlite::Source::Bytes(bytes) };
            return as_chosen(sqlite::read(path, &source, options, progress)?, options);
        }
        Format::Packed(packing) if depth < MOST_PACKED => {
            return packed(path, packing, bytes, options, progress, depth);
        }
        Format::Packed(_) => {
            let what = format!("{} is packed more than {MOST_PACKED} times", path.display());
            return Err(DataError::refused(what, None, "Unpack it, and read the file inside"));
        }
        Format::Parquet => ("parquet", guarded(path, "parquet", || binary::parquet(path, bytes, progress))?),
        Format::Arrow => ("arrow", guarded(path, "arrow", || binary::arrow(path, bytes))?),
        Format::ArrowStream => ("arrow", guarded(path, "arrow", || binary::arrow_stream(path, bytes))?),
    };
    as_chosen(typed(name, frame), options)
}

/// Hands on every record of a file that reading it rejects.
pub(crate) fn rejected(
    path: &Path,
    bytes: &[u8],
    options: &ImportOptions,
    progress: &dyn Progress,
    depth: usize,
    take: &mut Take<'_>,
) -> Result<(), DataError> {
    match recognise(path, bytes)? {
        Format::Delimited => delimited::rejected(path, bytes, options, progress, take),
        Format::Json => json::rejected(path, bytes, options, progress, take),
        Format::Packed(packing) if depth < MOST_PACKED => {
            let unpacking = Share { all: progress, from: 0.0, to: 0.4 };
            let unpacked = container::unpack(path, packing, bytes, options.table.as_deref(), None, &unpacking)?;
            let inner = if unpacked.name.is_empty() { path.to_owned() } else { path.join(&unpacked.name) };
            let options = ImportOptions { table: unpacked.table.clone(), ..options.clone() };
            let (whole, cut) = whole_records(&inner, &unpacked)?;
            let reading = Share { all: progress, from: 0.4, to: 1.0 };
            rejected(&inner, whole, &options, &reading, depth + 1, take)?;
            let Some(Reject { line, byte_offset, reason, .. }) = cut else { return Ok(()) };
            let text = String::from_utf8_lossy(&unpacked.bytes[whole.len()..]);
            take(Rejected { line, byte_offset, reason: reason.into(), text })
        }
        // Readers of the other formats refuse a file, not a record.
        _ => Ok(()),
    }
}

/// Gives columns the types that the person chose; what does not fit becomes missing and is told.
fn as_chosen(mut imported: Imported, options: &ImportOptions) -> Result<Imported, DataError> {
    if options.types.is_empty() {
        return Ok(imported);
    }
    let cast = |(column, to): (&String, &_)| Step {
        op: StepOp::Cast { columns: vec![column.clone()], to: *to, unfit: Unfit::Null },
        enabled: true,
    };
    let steps: Vec<Step> = options.types.iter().map(cast).collect();
    let table = crate::Table::new(imported.frame);
    let run =
        crate::run_recipe(&table, &steps, &crate::Around::default(), &crate::NoProgress).map_err(
            |error| match error {
                DataError::InStep { source, .. } => *source,
                other => other,
            },
        )?;
    imported.frame = run.table.frame;
    imported.report.notes.extend(run.outcomes.into_iter().flat_map(|outcome| outcome.warnings));
    Ok(imported)
}

fn typed(format: &str, frame: DataFrame) -> Imported {
    let report = ImportReport {
        format: format.into(),
        header: true,
        records_counted: frame.height() as u64,
        ..ImportReport::default()
    };
    Imported { frame, report }
}

/// Runs a reader that is not ours: where it panics on a damaged file, or on a type that it lacks,
/// that is an error like any other.
fn guarded<T>(path: &Path, format: &'static str, read: impl FnOnce() -> Result<T, DataError>) -> Result<T, DataError> {
    std::panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        Err(DataError::Format {
            path: path.to_owned(),
            format,
            message: format!(
                "it is damaged, or holds what the reader does not know ({})",
                said.unwrap_or("its reader gave up")
            ),
        })
    })
}

/// A part of the whole progress.
struct Share<'a> {
    all: &'a dyn Progress,
    from: f64,
    to: f64,
}

impl Progress for Share<'_> {
    fn set(&self, done: f64) {
        self.all.set(self.from + done.clamp(0.0, 1.0) * (self.to - self.from));
    }

    fn cancelled(&self) -> bool {
        self.all.cancelled()
    }
}

fn packed(
    path: &Path,
    packing: Packing,
    bytes: &[u8],
    options: &ImportOptions,
    progress: &dyn Progress,
    depth: usize,
) -> Result<Imported, DataError> {
    let unpacking = Share { all: progress, from: 0.0, to: 0.4 };
    let unpacked = container::unpack(path, packing, bytes, options.table.as_deref(), None, &unpacking)?;
    let inner = if unpacked.name.is_empty() { path.to_owned() } else { path.join(&unpacked.name) };
    if unpacked.bytes.is_empty() {
        return Err(DataError::Empty { path: inner });
    }
    let options = ImportOptions { table: unpacked.table.clone(), ..options.clone() };
    let reading = Share { all: progress, from: 0.4, to: 1.0 };
    let (whole, cut) = whole_records(&inner, &unpacked)?;
    let mut imported = read_at(&inner, whole, &options, &reading, depth + 1)?;
    let report = &mut imported.report;
    report.container = packing.as_str().into();
    if !unpacked.names.is_empty() {
        // Tables inside the file that was chosen stand behind its name.
        let nested = std::mem::take(&mut report.tables);
        let own = std::mem::take(&mut report.table);
        report.table.clone_from(&unpacked.name);
        report.tables.clone_from(&unpacked.names);
        if nested.len() > 1 {
            report.tables.extend(nested.iter().map(|table| format!("{}/{table}", unpacked.name)));
            report.table = format!("{}/{own}", unpacked.name);
        }
    }
    let mut notes = unpacked.notes;
    if let Some(damage) = unpacked.damage {
        notes.insert(0, damage);
    }
    if let Some(reject) = cut {
        report.records_counted += 1;
        report.rejects_total += 1;
        if report.rejects.len() < REJECTS_LISTED {
            report.rejects.push(reject);
        }
    }
    if !report.rejects.is_empty() {
        notes.push("lines and byte offsets of rejected records are those of the unpacked file".into());
    }
    notes.append(&mut report.notes);
    report.notes = notes;
    Ok(imported)
}

/// The records of a damaged stream that are whole: a line that its end cuts is refused, since it would read as
/// another value than the one written.
fn whole_records<'a>(path: &Path, unpacked: &'a Unpacked) -> Result<(&'a [u8], Option<Reject>), DataError> {
    let bytes = unpacked.bytes.as_slice();
    let marked = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    if unpacked.damage.is_none() || marked || recognise(path, bytes)? != Format::Delimited {
        return Ok((bytes, None));
    }
    let Some(last) = memchr::memrchr(b'\n', bytes).filter(|last| last + 1 < bytes.len()) else {
        return Ok((bytes, None));
    };
    let (whole, rest) = bytes.split_at(last + 1);
    let reject = Reject {
        line: memchr::memchr_iter(b'\n', whole).count() as u64 + 1,
        byte_offset: whole.len() as u64,
        reason: "cut short: the packed data end here".into(),
        text: String::from_utf8_lossy(&rest[..rest.len().min(4 * REJECT_TEXT)]).chars().take(REJECT_TEXT).collect(),
    };
    Ok((whole, Some(reject)))
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod type_tests;
