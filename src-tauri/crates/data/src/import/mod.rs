//! Reading a file or a folder as a table: delimited text here, all other formats in [`formats`]; told by content.
//!
//! ```text
//! map ─ recognise ─ decode ─ sniff ─ read (scan → columns, in stretches) ─ check the count ─ report
//! ```
//! Contract: no record is lost. Every record after the header is a row of the table or stands among the rejects
//! with its line, byte offset and reason; `records_counted` is counted while scanning and must equal their sum.
//! Types rest on all rows. The file is never changed.

mod binary;
mod columns;
mod dialect;
mod encoding;
pub(crate) mod formats;
pub(crate) mod kinds;
mod map;
mod masks;
mod scan;
mod sniff;
mod table;
pub(crate) mod values;

use std::collections::HashSet;
use std::path::Path;
use std::time::Instant;

use cairn_protocol::notebook::ImportOptions;
use cairn_protocol::table::{ImportReport, ImportedColumn, Reject};
use polars::prelude::{Column, DataFrame};

use crate::{DataError, Progress, frame_types::column_type};
use encoding::Text;
use scan::{Reason, Tally};
use sniff::Sniffed;

/// Rejected records listed with their text.
pub(crate) const REJECTS_LISTED: usize = 1000;
/// Characters of a rejected record that are kept.
const REJECT_TEXT: usize = 400;

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
    imported.report.columns = imported.frame.columns().iter().map(imported_column).collect();
    let accounted = imported.report.rows + imported.report.rejects_total;
    if imported.report.records_counted != accounted {
        return Err(DataError::Internal {
            what: format!(
                "{} records were counted in {} and {accounted} accounted for",
                imported.report.records_counted,
                path.display()
            ),
        });
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

fn imported_column(column: &Column) -> ImportedColumn {
    ImportedColumn {
        name: column.name().to_string(),
        column_type: column_type(column.dtype()),
        nulls: column.null_count() as u64,
        read_as: String::new(),
    }
}

fn delimited(
    path: &Path,
    file: &[u8],
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<Imported, DataError> {
    let text = encoding::decode(file, options.encoding.as_deref())?;
    match table_of(path, &text, options, progress) {
        Err(Unread::NotUtf8) => {
            let text = encoding::decode_detected(file);
            table_of(path, &text, options, progress).map_err(|unread| unread.into_error(path))
        }
        other => other.map_err(|unread| unread.into_error(path)),
    }
}

/// Why a text was not read.
enum Unread {
    NotUtf8,
    Error(DataError),
}

impl From<DataError> for Unread {
    fn from(error: DataError) -> Self {
        Self::Error(error)
    }
}

impl Unread {
    fn into_error(self, path: &Path) -> DataError {
        match self {
            Self::Error(error) => error,
            Self::NotUtf8 => DataError::Internal { what: format!("the text of {} did not decode", path.display()) },
        }
    }
}

fn table_of(
    path: &Path,
    text: &Text<'_>,
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<Imported, Unread> {
    let bytes = without_blank_end(&text.bytes);
    binary::check_is_text(path, bytes, |offset| text.file_offset(offset))?;
    if bytes.is_empty() {
        return Err(DataError::Empty { path: path.to_owned() }.into());
    }
    let sniffed = sniff::sniff(bytes, options)?;
    let mut notes = sniffed.notes.clone();
    let names = unique_names(&sniffed, &mut notes);
    let job = table::Job {
        text: bytes,
        start: sniffed.start.min(bytes.len()),
        dialect: &sniffed.dialect,
        names: &names,
        sample: &sniffed.kinds,
        text_only: options.text_only,
        progress,
    };
    let table = table::read(&job).map_err(|stop| match stop {
        table::Stop::NotUtf8 => Unread::NotUtf8,
        table::Stop::Cancelled => DataError::Cancelled.into(),
        table::Stop::Fault(what) => DataError::Internal { what: format!("{} ({})", what, path.display()) }.into(),
    })?;
    let mut columns = table.columns;
    for (index, name) in sniffed.names.iter().enumerate().rev() {
        // A delimiter at the end of each row makes a column that nobody meant.
        if sniffed.header && name.is_none() && columns[index].null_count() == columns[index].len() && columns.len() > 1
        {
            notes.push(format!("every row ends with a delimiter: the empty column {} was left away", index + 1));
            columns.remove(index);
        }
    }
    for (name, kinds) in names.iter().zip(&table.kinds) {
        let dates = kinds::DATE_EITHER;
        if !options.text_only && *kinds & dates != 0 && *kinds & !(dates | kinds::WORD_FOR_MISSING) == 0 {
            notes.push(format!("«{name}» holds dates whose day and month cannot be told apart: kept as text"));
        }
        if *kinds & kinds::TIMED_UTC != 0 && matches!(kinds::resolve(*kinds), kinds::Target::Datetime { .. }) {
            notes.push(format!("«{name}» holds times with offsets: shown in UTC"));
        }
    }
    let tally = table.tally;
    tally_notes(&tally, bytes, text, &mut notes);
    let rows = tally.rows as usize;
    let frame = DataFrame::new(rows, columns).map_err(DataError::table("joining the columns"))?;
    let report = ImportReport {
        format: "csv".into(),
        encoding: text.encoding.name().to_ascii_lowercase(),
        delimiter: String::from_utf8_lossy(&sniffed.dialect.delimiter).into_owned(),
        quote: if tally.quoted {
            sniffed.dialect.quote.map(|q| char::from(q).to_string()).unwrap_or_default()
        } else {
            String::new()
        },
        escape: match (tally.quoted, sniffed.dialect.backslash, sniffed.dialect.quote) {
            (true, true, _) => "\\".into(),
            (true, false, Some(quote)) => char::from(quote).to_string(),
            _ => String::new(),
        },
        line_end: line_end(bytes, &sniffed, &tally).into(),
        preamble_lines: sniffed.preamble_lines,
        header: sniffed.header,
        rejects: rejects(&tally, bytes, text, names.len()),
        rejects_total: tally.refused_total,
        records_counted: tally.records,
        notes,
        ..ImportReport::default()
    };
    Ok(Imported { frame, report })
}

/// A text without the blank lines at its end, which are no records; the last line keeps its end.
fn without_blank_end(text: &[u8]) -> &[u8] {
    let content = text.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
    let end = match &text[content..] {
        [b'\r', b'\n', ..] => content + 2,
        [_, ..] => content + 1,
        [] => content,
    };
    &text[..if content == 0 { 0 } else { end }]
}

/// Names for all columns: those of the header where they are there and unique, else made-up ones.
fn unique_names(sniffed: &Sniffed, notes: &mut Vec<String>) -> Vec<String> {
    let mut taken: HashSet<String> = HashSet::new();
    let wanted: HashSet<&str> = sniffed.names.iter().flatten().map(String::as_str).collect();
    let mut renamed = Vec::new();
    let names = sniffed
        .names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let base = match name.as_deref() {
                None | Some("") => format!("column_{}", index + 1),
                Some(name) => name.to_owned(),
            };
            let mut name = base.clone();
            let mut number = 2;
            while taken.contains(&name) || (name != base && wanted.contains(name.as_str())) {
                name = format!("{base}_{number}");
                number += 1;
            }
            if name != base {
                renamed.push(format!("«{base}» → «{name}»"));
            }
            taken.insert(name.clone());
            name
        })
        .collect();
    if !renamed.is_empty() {
        renamed.truncate(10);
        notes.push(format!("columns of the same name were renamed: {}", renamed.join(", ")));
    }
    let nameless = sniffed.names.iter().filter(|name| name.as_deref() == Some("")).count();
    if sniffed.header && nameless > 0 {
        notes.push(format!("{nameless} columns without a name were named by their number"));
    }
    names
}

fn line_end(bytes: &[u8], sniffed: &Sniffed, tally: &Tally) -> &'static str {
    if sniffed.dialect.lone_cr {
        return if bytes.contains(&b'\n') { "mixed" } else { "\r" };
    }
    let first = memchr::memchr(b'\n', bytes);
    let header_crlf = first.is_some_and(|at| at > 0 && bytes[at - 1] == b'\r');
    // The last line may have no end.
    let ended = tally.rows - u64::from(!bytes.ends_with(b"\n") && tally.rows > 0);
    match (tally.crlf, header_crlf) {
        (0, false) => "\n",
        (0, true) if tally.rows == 0 || ended == 0 => "\r\n",
        (crlf, true) if crlf >= ended => "\r\n",
        _ => "mixed",
    }
}

fn tally_notes(tally: &Tally, bytes: &[u8], text: &Text<'_>, notes: &mut Vec<String>) {
    if let Some(first) = tally.first_padded {
        notes.push(format!(
            "{} short records were filled up with missing values (the first in line {})",
            tally.padded,
            line_number(bytes, first)
        ));
    }
    if tally.trimmed > 0 {
        notes.push(format!("{} records have empty fields beyond the last column, left away", tally.trimmed));
    }
    if tally.blank > 0 {
        notes.push(format!("{} blank lines were passed over", tally.blank));
    }
    if text.replaced > 0 {
        notes.push(format!(
            "{} byte sequences mean nothing in {} and were replaced by «\u{fffd}»",
            text.replaced,
            text.encoding.name().to_ascii_lowercase()
        ));
    }
    if tally.refused_total > tally.refused.len() as u64 {
        notes.push(format!("of {} rejected records the first {} are listed", tally.refused_total, tally.refused.len()));
    }
}

/// The number of the line that holds an offset, from 1.
fn line_number(bytes: &[u8], offset: usize) -> u64 {
    let before = &bytes[..offset];
    let feeds = memchr::memchr_iter(b'\n', before).count();
    let returns = memchr::memchr_iter(b'\r', before).filter(|at| bytes.get(at + 1) != Some(&b'\n')).count();
    (feeds + returns + 1) as u64
}

fn rejects(tally: &Tally, bytes: &[u8], text: &Text<'_>, width: usize) -> Vec<Reject> {
    let (mut line, mut counted_to) = (1, 0);
    tally
        .refused
        .iter()
        .map(|refused| {
            line += line_number(&bytes[counted_to..], refused.start - counted_to) - 1;
            counted_to = refused.start;
            let record = &bytes[refused.start..refused.end.clamp(refused.start, refused.start + 4 * REJECT_TEXT)];
            Reject {
                line,
                byte_offset: text.file_offset(refused.start),
                reason: match refused.reason {
                    Reason::Unclosed => "a quote is opened and not closed".into(),
                    Reason::TooMany(fields) => format!("{fields} fields instead of {width}"),
                    Reason::TooFew(1) => format!("1 field instead of {width}"),
                    Reason::TooFew(fields) => format!("{fields} fields instead of {width}"),
                },
                text: String::from_utf8_lossy(record).chars().take(REJECT_TEXT).collect(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
