//! SQLite databases: one table or view as a table. Opened read-only and immutable, so nothing is ever written beside
//! the file; changes that wait in a write-ahead log are read from a copy.
//!
//! SQLite keeps any value in any column, so a type follows from the declared one and from all values: a column with
//! mixed values is text.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cairn_protocol::notebook::ImportOptions;
use cairn_protocol::table::ImportReport;
use polars::prelude::{BooleanChunked, Column, DataFrame, DataType, IntoColumn, NewChunkedArray};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::cells::{Cell, CellColumn, Missing, Target, resolve};
use super::{names, texts};
use crate::import::Imported;
use crate::{DataError, Progress};

/// Bytes of a binary value that are kept, as hexadecimal digits.
const BLOB_BYTES: usize = 4096;

/// Whether these are the first bytes of a database.
pub(crate) fn recognise(bytes: &[u8]) -> bool {
    bytes.starts_with(b"SQLite format 3\0")
}

/// Where the database is.
pub(crate) enum Source<'a> {
    /// The file itself.
    File,
    /// These bytes, unpacked from it.
    Bytes(&'a [u8]),
}

struct Opened {
    connection: Connection,
    /// Keeps a copy as long as it is read.
    _copy: Option<TempDir>,
    notes: Vec<String>,
}

fn fault(path: &Path) -> impl Fn(rusqlite::Error) -> DataError + '_ {
    move |error| DataError::Format { path: path.to_owned(), format: "sqlite", message: error.to_string() }
}

fn open(path: &Path, source: &Source<'_>) -> Result<Opened, DataError> {
    let io = |error| DataError::io(path, "read", error);
    let log = with_suffix(path, "-wal");
    let waiting = match source {
        Source::File => std::fs::metadata(&log).map_or(0, |about| about.len()),
        Source::Bytes(_) => 0,
    };
    let mut notes = Vec::new();
    let (file, copy, immutable) = match source {
        Source::File if waiting == 0 => (path.to_owned(), None, true),
        Source::File => {
            let folder = tempfile::tempdir().map_err(io)?;
            let file = folder.path().join("copy.db");
            std::fs::copy(path, &file).map_err(io)?;
            std::fs::copy(&log, with_suffix(&file, "-wal")).map_err(io)?;
            notes.push(format!("{waiting} bytes of changes in its write-ahead log were read too"));
            (file, Some(folder), false)
        }
        Source::Bytes(bytes) => {
            let folder = tempfile::tempdir().map_err(io)?;
            let file = folder.path().join("unpacked.db");
            std::fs::write(&file, bytes).map_err(io)?;
            (file, Some(folder), true)
        }
    };
    let file = if file.is_absolute() { file } else { std::env::current_dir().map_err(io)?.join(file) };
    let name = format!("file:{}?mode=ro{}", escaped(&file), if immutable { "&immutable=1" } else { "" });
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(name, flags).map_err(fault(path))?;
    // The schema of a stranger's file may name functions: none with side effects is run for it.
    connection.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA query_only = ON").map_err(fault(path))?;
    Ok(Opened { connection, _copy: copy, notes })
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// A path as a part of a URI.
fn escaped(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    let mut out = String::with_capacity(text.len() + 1);
    if !text.starts_with('/') {
        out.push('/');
    }
    for character in text.chars() {
        match character {
            '%' | '?' | '#' => out.push_str(&format!("%{:02x}", u32::from(character))),
            other => out.push(other),
        }
    }
    out
}

/// A name as SQL says it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Reads a table or a view.
pub(crate) fn read(
    path: &Path,
    source: &Source<'_>,
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<Imported, DataError> {
    let Opened { connection, _copy, mut notes } = open(path, source)?;
    let fault = fault(path);
    let tables: Vec<String> = connection
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
             ORDER BY type = 'view', rowid",
        )
        .and_then(|mut query| query.query_map([], |row| row.get(0))?.collect())
        .map_err(&fault)?;
    if tables.is_empty() {
        let what = format!("{} holds no table", path.display());
        return Err(DataError::refused(what, None, "Choose a database that holds one"));
    }
    let chosen = match &options.table {
        Some(wanted) => names::choose(&tables, wanted)?,
        None => 0,
    };
    let table = tables[chosen].clone();
    if options.table.is_none() && tables.len() > 1 {
        notes.push(format!("the database holds {} tables: «{table}» was read, another can be chosen", tables.len()));
    }
    let reading = Reading { path, connection: &connection, table: &table, options, progress };
    let frame = reading.table(&mut notes)?;
    let report = ImportReport {
        format: "sqlite".into(),
        tables: if tables.len() > 1 { tables } else { Vec::new() },
        table: table.clone(),
        header: true,
        records_counted: frame.height() as u64,
        notes,
        ..ImportReport::default()
    };
    Ok(Imported { frame, report })
}

struct Reading<'a> {
    path: &'a Path,
    connection: &'a Connection,
    table: &'a str,
    options: &'a ImportOptions,
    progress: &'a dyn Progress,
}

#[derive(Default)]
struct Pass {
    names: Vec<String>,
    columns: Vec<CellColumn>,
    rows: usize,
    blobs: Vec<u64>,
    cut: u64,
    odd_text: u64,
}

impl Reading<'_> {
    fn pass(&self, targets: Option<&[Target]>) -> Result<Pass, DataError> {
        let fault = fault(self.path);
        let missing = match &self.options.null_tokens {
            Some(words) => Missing::Named(words),
            None => Missing::Usual,
        };
        let about = self
            .connection
            .query_row(&format!("SELECT max(rowid) FROM {}", quoted(self.table)), [], |row| {
                row.get::<_, Option<i64>>(0)
            })
            .ok()
            .flatten()
            .unwrap_or(0);
        let mut query = self.connection.prepare(&format!("SELECT * FROM {}", quoted(self.table))).map_err(&fault)?;
        let names: Vec<String> = query.column_names().map(str::to_owned).collect();
        let columns = match targets {
            Some(targets) => targets.iter().map(|target| CellColumn::pinned(*target)).collect(),
            None if self.options.text_only => names.iter().map(|_| CellColumn::pinned(Target::Text)).collect(),
            None => names.iter().map(|_| CellColumn::new()).collect(),
        };
        let mut pass = Pass { blobs: vec![0; names.len()], names, columns, ..Pass::default() };
        let mut rows = query.query([]).map_err(&fault)?;
        let mut hex = String::new();
        while let Some(row) = rows.next().map_err(&fault)? {
            if pass.rows.is_multiple_of(4096) {
                if self.progress.cancelled() {
                    return Err(DataError::Cancelled);
                }
                self.progress.set((pass.rows as f64 / (about.max(1) as f64)).min(0.99));
            }
            for (index, column) in pass.columns.iter_mut().enumerate() {
                match row.get_ref(index).map_err(&fault)? {
                    ValueRef::Null => {}
                    ValueRef::Integer(value) => column.push(pass.rows, Cell::Int(value), missing),
                    ValueRef::Real(value) => column.push(pass.rows, Cell::Float(value, None), missing),
                    ValueRef::Text(bytes) => {
                        let text = String::from_utf8_lossy(bytes);
                        pass.odd_text += u64::from(matches!(text, std::borrow::Cow::Owned(_)));
                        column.push(pass.rows, Cell::Text(&text), missing);
                    }
                    ValueRef::Blob(bytes) => {
                        pass.blobs[index] += 1;
                        pass.cut += u64::from(bytes.len() > BLOB_BYTES);
                        hex.clear();
                        for byte in &bytes[..bytes.len().min(BLOB_BYTES)] {
                            for nibble in [byte >> 4, byte & 15] {
                                hex.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
                            }
                        }
                        if bytes.len() > BLOB_BYTES {
                            hex.push_str(&format!("… ({} bytes)", bytes.len()));
                        }
                        column.push(pass.rows, Cell::Text(&hex), missing);
                    }
                }
            }
            pass.rows += 1;
        }
        Ok(pass)
    }

    fn table(&self, notes: &mut Vec<String>) -> Result<DataFrame, DataError> {
        let mut pass = self.pass(None)?;
        let targets: Vec<Target> = pass
            .columns
            .iter()
            .map(|column| match resolve(column.kinds) {
                _ if self.options.text_only => Target::Text,
                Target::Nothing => Target::Text,
                target => target,
            })
            .collect();
        if pass.columns.iter().zip(&targets).any(|(column, target)| !column.settles_for(*target)) {
            let words: Vec<u64> = pass.columns.iter().map(|column| column.words).collect();
            pass = self.pass(Some(&targets))?;
            for (column, words) in pass.columns.iter_mut().zip(words) {
                column.words = words;
            }
        }
        let declared = self.declared();
        let unique = names::unique(&pass.names, notes);
        let words: Vec<(String, u64)> = unique
            .iter()
            .zip(pass.columns.iter().zip(&targets))
            .filter(|(_, (column, target))| column.words > 0 && **target != Target::Text)
            .map(|(name, (column, _))| (name.clone(), column.words))
            .collect();
        notes.extend(names::words_note(&words));
        let mut columns: Vec<Column> = Vec::with_capacity(unique.len());
        let (mut dates_as_numbers, mut mixed) = (Vec::new(), Vec::new());
        for (index, (column, name)) in pass.columns.into_iter().zip(&unique).enumerate() {
            let fault = || DataError::Internal { what: format!("«{name}» did not settle") };
            let says = declared.get(&pass.names[index]).map_or("", String::as_str).to_ascii_uppercase();
            if says.starts_with("INT") && targets[index] == Target::Text && !self.options.text_only && column.kinds != 0
            {
                mixed.push(name.clone());
            }
            let mut column = column.finish(name, targets[index], pass.rows).ok_or_else(fault)?.into_column();
            if column.dtype() == &DataType::Int64 && says.contains("BOOL") {
                column = as_bool(&column).unwrap_or(column);
            }
            if (says.contains("DATE") || says.contains("TIME")) && column.dtype().is_primitive_numeric() {
                dates_as_numbers.push(name.clone());
            }
            columns.push(column);
        }
        if !mixed.is_empty() {
            notes.push(format!("text among numbers: {} is kept as text", names::listed(&mixed)));
        }
        if !dates_as_numbers.is_empty() {
            let which = names::listed(&dates_as_numbers);
            notes.push(format!("{which}: declared as dates, kept as the numbers they are (seconds since 1970?)"));
        }
        let binary: Vec<String> =
            unique.iter().zip(&pass.blobs).filter(|(_, many)| **many > 0).map(|(name, _)| name.clone()).collect();
        if !binary.is_empty() {
            let cut = if pass.cut > 0 {
                format!("; {} longer than {BLOB_BYTES} bytes are cut", pass.cut)
            } else {
                String::new()
            };
            notes.push(format!("binary values are shown as hexadecimal digits: {}{cut}", names::listed(&binary)));
        }
        if pass.odd_text > 0 {
            notes.push(format!("{} texts are no UTF-8: what means nothing became «\u{fffd}»", pass.odd_text));
        }
        if !self.options.text_only {
            texts::type_dates(&mut columns, notes);
        }
        DataFrame::new(pass.rows, columns).map_err(DataError::table("joining the columns"))
    }

    /// Declared types by column.
    fn declared(&self) -> BTreeMap<String, String> {
        self.connection
            .prepare("SELECT name, type FROM pragma_table_xinfo(?1)")
            .and_then(|mut query| query.query_map([self.table], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
            .unwrap_or_default()
    }
}

/// Zeros and ones as truth values.
fn as_bool(column: &Column) -> Option<Column> {
    let numbers = column.i64().ok()?;
    if !numbers.iter().flatten().all(|value| value == 0 || value == 1) {
        return None;
    }
    let values = numbers.iter().map(|value| value.map(|value| value == 1));
    Some(BooleanChunked::from_iter_options(column.name().clone(), values).into_column())
}
