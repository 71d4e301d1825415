//! A folder of files with one schema as one table.
//!
//! All data files of the folder and of the folders in it are read, sorted by name; hidden ones are passed over. A
//! first column says which file a row comes from; folders named `key=value` give a column each. Every file must
//! have the same columns, in whatever order; where only a type differs, the wider one is taken.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use cairn_protocol::notebook::ImportOptions;
use cairn_protocol::table::{ImportReport, ImportedColumn};
use polars::prelude::{Column, DataFrame, DataType, IntoColumn, NewChunkedArray, StringChunked, TimeUnit};
use rayon::prelude::*;

use super::cells::{Cell, CellColumn, Missing, Target};
use super::{data_rank, names, texts};
use crate::format::text_of;
use crate::import::{Imported, REJECTS_LISTED, import};
use crate::{DataError, Progress};

/// Folders inside folders that are looked into, beside those named `key=value`.
const DEPTH: usize = 1;
/// … and with those.
const MOST_DEPTH: usize = 8;
/// Files at most.
const MOST_FILES: usize = 100_000;

/// A file of the folder.
struct Part {
    path: PathBuf,
    /// Relative, with `/`.
    name: String,
    keys: Vec<(String, String)>,
}

/// The data files of a folder, sorted by name.
fn parts(folder: &Path) -> Result<Vec<Part>, DataError> {
    let mut found: Vec<(usize, Part)> = Vec::new();
    walk(folder, folder, 0, 0, &mut found)?;
    let best = found.iter().map(|(rank, _)| *rank).min().unwrap_or(0);
    let mut parts: Vec<Part> = found.into_iter().filter(|(rank, _)| *rank == best).map(|(_, part)| part).collect();
    if parts.is_empty() {
        let what = format!("{} holds no data file", folder.display());
        return Err(DataError::refused(what, None, "Name a folder with tables in it (.csv, .parquet, .json, …)"));
    }
    parts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(parts)
}

fn walk(
    root: &Path,
    folder: &Path,
    plain: usize,
    depth: usize,
    found: &mut Vec<(usize, Part)>,
) -> Result<(), DataError> {
    let io = |source| DataError::io(folder, "read", source);
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(['.', '_']) {
            continue;
        }
        let path = entry.path();
        if path.is_dir() {
            let plain = plain + usize::from(!name.contains('='));
            // A link may lead back up: the depth bounds that.
            if plain <= DEPTH && depth < MOST_DEPTH {
                walk(root, &path, plain, depth + 1, found)?;
            }
            continue;
        }
        if found.len() == MOST_FILES {
            let what = format!("{} holds more than {MOST_FILES} files", root.display());
            return Err(DataError::refused(what, None, "Name a folder further down"));
        }
        let relative = path.strip_prefix(root).unwrap_or(&path);
        let pieces: Vec<String> =
            relative.components().map(|piece| piece.as_os_str().to_string_lossy().into_owned()).collect();
        let keys = pieces[..pieces.len().saturating_sub(1)]
            .iter()
            .filter_map(|piece| piece.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        found.push((data_rank(&name), Part { name: pieces.join("/"), path, keys }));
    }
    Ok(())
}

/// Whether a folder can be a table: it holds a data file, and the first one can be read.
pub(crate) fn peek(folder: &Path) -> Result<(), DataError> {
    match parts(folder)?.first() {
        Some(part) => crate::import::peek(&part.path),
        None => Ok(()),
    }
}

/// BLAKE3 over the names and digests of the files.
fn digest(pairs: impl Iterator<Item = (String, String)>) -> String {
    let mut hasher = blake3::Hasher::new();
    for (name, digest) in pairs {
        hasher.update(name.as_bytes()).update(b"\0").update(digest.as_bytes()).update(b"\n");
    }
    hasher.finalize().to_hex().to_string()
}

/// The data files of a folder that is read as one table: names relative to it (with `/`) and paths, sorted by name.
///
/// # Errors
/// When the folder cannot be read or holds no data file.
pub fn folder_files(folder: &Path) -> Result<Vec<(String, PathBuf)>, DataError> {
    Ok(parts(folder)?.into_iter().map(|part| (part.name, part.path)).collect())
}

/// The digest of a folder, as in its import report: BLAKE3 over the names of its data files and `of` each, which is
/// BLAKE3 of the file's bytes in hex.
///
/// # Errors
/// As [`folder_files`], and those of `of`.
pub fn folder_digest<E: From<DataError>>(
    folder: &Path,
    mut of: impl FnMut(&Path) -> Result<String, E>,
) -> Result<String, E> {
    let mut pairs = Vec::new();
    for (name, path) in folder_files(folder)? {
        pairs.push((name, of(&path)?));
    }
    Ok(digest(pairs.into_iter()))
}

/// The progress of one file among many.
struct Share<'a> {
    all: &'a dyn Progress,
    /// Thousandths done of all files together.
    done: &'a AtomicU64,
    own: AtomicU64,
    files: u64,
}

impl Progress for Share<'_> {
    fn set(&self, done: f64) {
        let now = (done.clamp(0.0, 1.0) * 1000.0) as u64;
        let before = self.own.fetch_max(now, Ordering::Relaxed);
        let all = self.done.fetch_add(now.saturating_sub(before), Ordering::Relaxed) + now.saturating_sub(before);
        self.all.set((all as f64 / (1000.0 * self.files as f64)).min(0.99));
    }

    fn cancelled(&self) -> bool {
        self.all.cancelled()
    }
}

/// Reads a folder.
pub(crate) fn read(folder: &Path, options: &ImportOptions, progress: &dyn Progress) -> Result<Imported, DataError> {
    let begin = Instant::now();
    let parts = parts(folder)?;
    let done = AtomicU64::new(0);
    let read = |part: &Part, options: &ImportOptions| {
        let share = Share { all: progress, done: &done, own: AtomicU64::new(0), files: parts.len() as u64 };
        import(&part.path, options, &share)
    };
    let imported: Vec<Result<Imported, DataError>> = parts.par_iter().map(|part| read(part, options)).collect();
    let mut imported = imported.into_iter().collect::<Result<Vec<Imported>, DataError>>()?;
    same_columns(&parts, &imported)?;
    let mut notes = Vec::new();
    widen(&parts, &mut imported, options, &read, &mut notes)?;
    let frame = joined(&parts, &imported, options, &mut notes)?;
    progress.set(1.0);
    // How a column was read is told where it was read alike in all files.
    let mut read_as: BTreeMap<String, String> = BTreeMap::new();
    for column in imported.iter().flat_map(|imported| &imported.report.columns) {
        let told = read_as.entry(column.name.clone()).or_insert_with(|| column.read_as.clone());
        if *told != column.read_as {
            told.clear();
        }
    }
    let mut report = report(folder, &parts, imported, notes);
    report.rows = frame.height() as u64;
    report.columns = frame
        .columns()
        .iter()
        .map(|column| ImportedColumn {
            name: column.name().to_string(),
            column_type: crate::column_type(column.dtype()),
            nulls: column.null_count() as u64,
            read_as: read_as.get(column.name().as_str()).cloned().unwrap_or_default(),
        })
        .collect();
    report.elapsed_secs = begin.elapsed().as_secs_f64();
    Ok(Imported { frame, report })
}

fn same_columns(parts: &[Part], imported: &[Imported]) -> Result<(), DataError> {
    let names = |imported: &Imported| -> BTreeSet<String> {
        imported.frame.get_column_names().into_iter().map(ToString::to_string).collect()
    };
    let keys = |part: &Part| part.keys.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
    let hint = "Give all files the same columns, or move files of another kind out of the folder";
    let Some((first, first_part)) = imported.first().zip(parts.first()) else { return Ok(()) };
    let wanted = names(first);
    for (part, imported) in parts.iter().zip(imported).skip(1) {
        let found = names(imported);
        if found != wanted {
            let missing: Vec<String> = wanted.difference(&found).cloned().collect();
            let more: Vec<String> = found.difference(&wanted).cloned().collect();
            let mut what = format!("{} and {} have not the same columns:", first_part.name, part.name);
            if !missing.is_empty() {
                what.push_str(&format!(" the second lacks {}", names::listed(&missing)));
            }
            if !more.is_empty() {
                let comma = if missing.is_empty() { " only the second" } else { ", and it alone" };
                what.push_str(&format!("{comma} has {}", names::listed(&more)));
            }
            return Err(DataError::refused(what, missing.first().or(more.first()).map(String::as_str), hint));
        }
        if keys(part) != keys(first_part) {
            let what = format!("{} and {} lie in folders of other keys", first_part.name, part.name);
            return Err(DataError::refused(what, None, hint));
        }
    }
    Ok(())
}

/// The narrower of two types that holds the values of both.
fn wider(a: &DataType, b: &DataType) -> DataType {
    use DataType::{Date, Datetime, Float64, String};
    match (a, b) {
        (a, b) if a == b => a.clone(),
        (Date, Datetime(unit, None)) | (Datetime(unit, None), Date) => Datetime(*unit, None),
        (Datetime(_, zone), Datetime(_, other)) if zone == other => Datetime(TimeUnit::Nanoseconds, zone.clone()),
        (a, b) if a.is_integer() && b.is_integer() => polars::prelude::DataType::Int64,
        (a, b) if a.is_primitive_numeric() && b.is_primitive_numeric() => Float64,
        _ => String,
    }
}

/// Brings the columns of all files to one type each.
fn widen(
    parts: &[Part],
    imported: &mut [Imported],
    options: &ImportOptions,
    read: &(dyn Fn(&Part, &ImportOptions) -> Result<Imported, DataError> + Sync),
    notes: &mut Vec<String>,
) -> Result<(), DataError> {
    let Some(first) = imported.first() else { return Ok(()) };
    let all: Vec<String> = first.frame.get_column_names().into_iter().map(ToString::to_string).collect();
    // Files whose text is needed as it stands, with the columns.
    let mut again: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for name in &all {
        let column = |imported: &Imported| imported.frame.column(name).cloned();
        let columns: Vec<Column> =
            imported.iter().map(column).collect::<Result<_, _>>().map_err(DataError::table("joining files"))?;
        let filled = columns.iter().filter(|column| column.null_count() < column.len());
        let mut types = filled.map(Column::dtype);
        let target = match types.next() {
            None => columns[0].dtype().clone(),
            Some(first) => types.fold(first.clone(), |wide, next| wider(&wide, next)),
        };
        let differing: BTreeSet<&str> = columns
            .iter()
            .filter(|column| column.null_count() < column.len() && column.dtype() != &target)
            .map(|column| crate::column_type(column.dtype()).as_str())
            .collect();
        if !differing.is_empty() {
            let found: Vec<&str> = differing.into_iter().collect();
            let wide = crate::column_type(&target).as_str();
            notes.push(format!("«{name}» is {} in some files and read as {wide} in all", found.join(", ")));
        }
        for (index, column) in columns.iter().enumerate() {
            if column.dtype() == &target {
                continue;
            }
            let empty = column.null_count() == column.len();
            if target == DataType::String && !empty && !column.dtype().is_integer() {
                again.entry(index).or_default().push(name.clone());
                continue;
            }
            let cast = if empty {
                Column::full_null(name.as_str().into(), column.len(), &target)
            } else {
                column.cast(&target).map_err(DataError::table(format!("«{name}» of {}", parts[index].name)))?
            };
            imported[index].frame.with_column(cast).map_err(DataError::table("joining files"))?;
        }
    }
    let as_text = ImportOptions { text_only: true, ..options.clone() };
    for (index, columns) in again {
        let text = read(&parts[index], &as_text)?;
        for name in columns {
            let kept = text.frame.column(&name).map_err(DataError::table("joining files"))?;
            let kept = if kept.dtype() == &DataType::String && kept.len() == imported[index].frame.height() {
                kept.clone()
            } else {
                // Formats that know types have no text as it stood.
                let own = imported[index].frame.column(&name).map_err(DataError::table("joining files"))?;
                let texts = (0..own.len()).map(|row| own.get(row).ok().and_then(|value| text_of(&value)));
                StringChunked::from_iter_options(name.as_str().into(), texts).into_column()
            };
            imported[index].frame.with_column(kept).map_err(DataError::table("joining files"))?;
        }
    }
    Ok(())
}

/// All rows, with the file's name before them and the keys of its folders behind.
fn joined(
    parts: &[Part],
    imported: &[Imported],
    options: &ImportOptions,
    notes: &mut Vec<String>,
) -> Result<DataFrame, DataError> {
    let Some(first) = imported.first() else { return Ok(DataFrame::empty()) };
    let all: Vec<String> = first.frame.get_column_names().into_iter().map(ToString::to_string).collect();
    let rows: usize = imported.iter().map(|imported| imported.frame.height()).sum();
    let spread = |values: &mut dyn Iterator<Item = &str>| {
        let mut column = CellColumn::pinned(Target::Text);
        let mut row = 0;
        for (value, imported) in values.zip(imported) {
            for _ in 0..imported.frame.height() {
                column.push(row, Cell::Text(value), Missing::Named(&[]));
                row += 1;
            }
        }
        column
    };
    let fault = |what: &str| DataError::Internal { what: format!("the column of {what} did not settle") };
    let mut source = "source_file".to_owned();
    while all.contains(&source) {
        source.push('_');
    }
    let names_of_files = spread(&mut parts.iter().map(|part| part.name.as_str()));
    let mut columns: Vec<Column> =
        vec![names_of_files.finish(&source, Target::Text, rows).ok_or_else(|| fault("file names"))?.into_column()];
    for name in &all {
        let mut whole: Option<Column> = None;
        for imported in imported {
            let part = imported.frame.column(name).map_err(DataError::table("joining files"))?;
            match &mut whole {
                None => whole = Some(part.clone()),
                Some(whole) => {
                    whole.append(part).map_err(DataError::table(format!("joining «{name}»")))?;
                }
            }
        }
        columns.extend(whole);
    }
    for (at, (key, _)) in parts.first().map_or(&[][..], |part| part.keys.as_slice()).iter().enumerate() {
        if all.contains(key) {
            notes.push(format!("the files have a column «{key}»: it counts, not the name of the folder"));
            continue;
        }
        let values: Vec<&str> = parts.iter().map(|part| part.keys[at].1.as_str()).collect();
        let missing = |value: &&str| *value == "__HIVE_DEFAULT_PARTITION__";
        let whole = values
            .iter()
            .filter(|value| !missing(value))
            .all(|value| value.parse::<i64>().is_ok_and(|number| number.to_string() == **value));
        let target = if whole && !options.text_only { Target::Int } else { Target::Text };
        let mut column = CellColumn::pinned(target);
        let mut row = 0;
        for (value, imported) in values.iter().zip(imported) {
            let cell = match value.parse() {
                _ if missing(value) => Cell::Null,
                Ok(number) if target == Target::Int => Cell::Int(number),
                _ => Cell::Text(value),
            };
            for _ in 0..imported.frame.height() {
                column.push(row, cell, Missing::Named(&[]));
                row += 1;
            }
        }
        let mut keyed = [column.finish(key, target, rows).ok_or_else(|| fault("folder names"))?.into_column()];
        if !options.text_only {
            texts::type_dates(&mut keyed, notes);
        }
        columns.extend(keyed);
    }
    DataFrame::new(rows, columns).map_err(DataError::table("joining files"))
}

fn report(folder: &Path, parts: &[Part], imported: Vec<Imported>, mut notes: Vec<String>) -> ImportReport {
    let mut report = ImportReport {
        file: folder.display().to_string(),
        format: "folder".into(),
        files: parts.iter().map(|part| part.name.clone()).collect(),
        digest: digest(parts.iter().zip(&imported).map(|(part, read)| (part.name.clone(), read.report.digest.clone()))),
        ..ImportReport::default()
    };
    let mut said: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    for (at, (part, Imported { report: one, .. })) in parts.iter().zip(imported).enumerate() {
        let same = |all: &mut String, own: &str| {
            if at == 0 {
                own.clone_into(all);
            } else if all != own {
                all.clear();
            }
        };
        same(&mut report.container, &one.container);
        same(&mut report.encoding, &one.encoding);
        same(&mut report.delimiter, &one.delimiter);
        same(&mut report.quote, &one.quote);
        same(&mut report.escape, &one.escape);
        same(&mut report.line_end, &one.line_end);
        report.header = one.header && (at == 0 || report.header);
        report.size_bytes += one.size_bytes;
        report.records_counted += one.records_counted;
        report.rejects_total += one.rejects_total;
        let room = REJECTS_LISTED.saturating_sub(report.rejects.len());
        report.rejects.extend(one.rejects.into_iter().take(room).map(|mut reject| {
            reject.reason = format!("{}: {}", part.name, reject.reason);
            reject
        }));
        for note in one.notes {
            let files = said.entry(note.clone()).or_default();
            if files.is_empty() {
                order.push(note);
            }
            files.push(&part.name);
        }
    }
    notes.extend(order.into_iter().take(40).map(|note| match said[&note].as_slice() {
        [one] => format!("{one}: {note}"),
        [one, rest @ ..] => format!("{one} and {} more: {note}", rest.len()),
        [] => note,
    }));
    report.notes = notes;
    report
}
