//! JSON documents and JSON lines as tables.
//!
//! | shape | table |
//! |---|---|
//! | `{…}` on each line, or one after the other | a row each |
//! | `[{…}, …]` | a row each, columns by name |
//! | `[[…], …]` | a row each, the first one the names where it looks like them |
//! | `{"a": […], "b": […]}` | a column each |
//! | `{"data": [{…}, …], …}` | that array; what stands beside it is told in the notes |
//! | pandas' `split`, `columns`, `index` | as pandas reads them |
//! | `{…}` alone | one row |
//!
//! Objects and arrays inside a record become JSON text, for the steps that take them apart.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use cairn_protocol::notebook::ImportOptions;
use cairn_protocol::table::{ImportReport, Reject};
use polars::prelude::{Column, DataFrame, IntoColumn, Series};
use rayon::prelude::*;
use serde::de::IgnoredAny;

use super::REJECT_TEXT;
use super::cells::{Cell, CellColumn, Missing, Target, resolve};
use super::json_records::{self, Job, Records, Refusals, Spans, Unit, cell_of, without_odd_numbers};
use super::json_scan::{self, Span, entries, skip_space, value_end};
use super::names::{self, looks_like_names};
use super::texts;
use crate::import::Imported;
use crate::import::encoding::{self, Text};
use crate::import::rejects::{Rejected, Take};
use crate::{DataError, Progress};

/// Bytes looked at to tell JSON.
const HEAD: usize = 64 << 10;

/// Whether a file holds JSON, told by its beginning; the name only counts where the beginning is damaged.
pub(crate) fn recognise(path: &Path, bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(HEAD)];
    let Ok(decoded) = encoding::decode(head, None) else { return false };
    let text = decoded.bytes.trim_ascii_start();
    if !matches!(text.first(), Some(b'{' | b'[')) {
        return false;
    }
    let inside = text[1..].trim_ascii_start().first();
    let begins = match text[0] {
        b'{' => matches!(inside, None | Some(b'"' | b'}')),
        _ => matches!(inside, None | Some(b'"' | b'{' | b'[' | b']' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n' | b'N')),
    };
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    let first = values.next();
    let named = named_json(path);
    match first {
        Some(Ok(_)) => {
            let rest = text.get(values.byte_offset()..).unwrap_or_default();
            let next = rest.iter().find(|byte| !matches!(byte, b' ' | b'\t'));
            matches!(next, None | Some(b'\n' | b'\r' | b'{' | b'['))
        }
        Some(Err(error)) if error.is_eof() => begins,
        Some(Err(error)) => {
            let far = error.line() > 1 || error.column() > 200;
            let odd = String::from_utf8_lossy(text);
            let likely = far || odd.contains("NaN") || odd.contains("Infinity");
            begins && (named || (likely && inside != Some(&b'N')))
        }
        None => false,
    }
}

fn named_json(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    name.split('.').any(|part| matches!(part, "json" | "ndjson" | "jsonl" | "geojson"))
}

/// Reads JSON.
pub(crate) fn read(
    path: &Path,
    bytes: &[u8],
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<Imported, DataError> {
    let decoded = decoded(bytes, options)?;
    let text = text_of(path, &decoded)?;
    let missing = match &options.null_tokens {
        Some(words) => Missing::Named(words),
        None => Missing::Usual,
    };
    Reader { path, text, decoded: &decoded, options, missing, refusals: None, progress }.read()
}

/// Hands on every record that [`read`] refuses, in order and in full.
pub(crate) fn rejected(
    path: &Path,
    bytes: &[u8],
    options: &ImportOptions,
    progress: &dyn Progress,
    take: &mut Take<'_>,
) -> Result<(), DataError> {
    let decoded = decoded(bytes, options)?;
    let text = text_of(path, &decoded)?;
    // Everything as text: types need no second reading, which would refuse the same records again.
    let options = ImportOptions { text_only: true, types: BTreeMap::new(), ..options.clone() };
    let missing = Missing::Usual;
    let mut failed = None;
    let (mut line, mut counted) = (1, 0);
    let refuse = |span: Span, reason: &str| {
        line += line_number(&text.as_bytes()[counted..], span.0 - counted) - 1;
        counted = span.0;
        let (byte_offset, text) = (decoded.file_offset(span.0), Cow::Borrowed(&text[span.0..span.1]));
        if failed.is_none() {
            failed = take(Rejected { line, byte_offset, reason: reason.into(), text }).err();
        }
    };
    let refuse = Mutex::new(refuse);
    let hand_on = |span: Span, reason: &str| {
        let mut refuse = refuse.lock().unwrap_or_else(PoisonError::into_inner);
        (*refuse)(span, reason);
    };
    let reader =
        Reader { path, text, decoded: &decoded, options: &options, missing, refusals: Some(&hand_on), progress };
    let read = reader.read()?;
    if let Some(error) = failed {
        return Err(error);
    }
    // What stands behind the document, or is cut short by the end of the file.
    for Reject { line, byte_offset, reason, text } in read.report.rejects {
        take(Rejected { line, byte_offset, reason: reason.into(), text: text.into() })?;
    }
    Ok(())
}

fn decoded<'a>(bytes: &'a [u8], options: &ImportOptions) -> Result<Text<'a>, DataError> {
    let decoded = encoding::decode(bytes, options.encoding.as_deref())?;
    let readable = std::str::from_utf8(&decoded.bytes).is_ok();
    Ok(if readable { decoded } else { encoding::decode_detected(bytes) })
}

fn text_of<'a>(path: &Path, decoded: &'a Text<'_>) -> Result<&'a str, DataError> {
    std::str::from_utf8(&decoded.bytes)
        .map_err(|_| DataError::Internal { what: format!("the text of {} did not decode", path.display()) })
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    decoded: &'a Text<'a>,
    options: &'a ImportOptions,
    missing: Missing<'a>,
    refusals: Option<&'a Refusals<'a>>,
    progress: &'a dyn Progress,
}

/// A table in the making.
#[derive(Default)]
struct Found {
    columns: Vec<Column>,
    rows: usize,
    header: bool,
    lines: bool,
    tables: Vec<String>,
    table: String,
    rejects: Vec<Reject>,
    rejects_total: u64,
    nested: Vec<String>,
    notes: Vec<String>,
}

impl Reader<'_> {
    fn read(&self) -> Result<Imported, DataError> {
        let text = self.text.as_bytes();
        let at = skip_space(text, 0);
        if at == text.len() {
            return Err(DataError::Empty { path: self.path.to_owned() });
        }
        let mut found = if self.is_lines() {
            let unit = if text[at] == b'[' { Unit::Array } else { Unit::Object };
            Found { lines: true, ..self.records(Spans::Lines, unit)? }
        } else if text[at] == b'[' {
            self.array(at)?
        } else {
            let end = value_end(text, at).unwrap_or(text.len());
            if skip_space(text, end) < text.len() { self.one_after_the_other(at)? } else { self.object(at)? }
        };
        if found.columns.is_empty() {
            return Err(DataError::refused(
                format!("{} holds no records", self.path.display()),
                None,
                "A table needs an array of objects, arrays of values by name, or an object on each line",
            ));
        }
        let names: Vec<String> = found.columns.iter().map(|column| column.name().to_string()).collect();
        for (column, name) in found.columns.iter_mut().zip(names::unique(&names, &mut found.notes)) {
            if column.name().as_str() != name {
                column.rename(name.as_str().into());
            }
        }
        if !self.options.text_only {
            texts::type_dates(&mut found.columns, &mut found.notes);
        }
        if !found.nested.is_empty() {
            found.notes.push(format!(
                "objects and arrays are kept as JSON text in {}: flatten or explode them in a step",
                names::listed(&found.nested)
            ));
        }
        if found.rejects_total > found.rejects.len() as u64 {
            found.notes.push(format!(
                "of {} rejected records the first {} are listed",
                found.rejects_total,
                found.rejects.len()
            ));
        }
        if self.decoded.replaced > 0 {
            found.notes.push(format!(
                "{} byte sequences mean nothing in {} and were replaced by «\u{fffd}»",
                self.decoded.replaced,
                self.decoded.encoding.name().to_ascii_lowercase()
            ));
        }
        let frame = DataFrame::new(found.rows, found.columns).map_err(DataError::table("joining the columns"))?;
        let report = ImportReport {
            format: if found.lines { "ndjson" } else { "json" }.into(),
            encoding: self.decoded.encoding.name().to_ascii_lowercase(),
            tables: found.tables,
            table: found.table,
            header: found.header,
            header_rows: u32::from(found.header),
            records_counted: found.rows as u64 + found.rejects_total,
            rejects: found.rejects,
            rejects_total: found.rejects_total,
            notes: found.notes,
            ..ImportReport::default()
        };
        Ok(Imported { frame, report })
    }

    /// Whether each line is a value of its own.
    fn is_lines(&self) -> bool {
        let mut lines = self.text.lines().map(str::trim).filter(|line| !line.is_empty());
        let complete = |line: &str| {
            line.starts_with(['{', '['])
                && (serde_json::from_str::<IgnoredAny>(line).is_ok()
                    || without_odd_numbers(line).is_some_and(|line| serde_json::from_str::<IgnoredAny>(&line).is_ok()))
        };
        let Some(first) = lines.next() else { return false };
        if complete(first) {
            // A single object on a single line is a document, unless the name says otherwise.
            return lines.next().is_some() || (first.starts_with('{') && self.named_lines());
        }
        // A damaged first line: the others tell.
        let next: Vec<&str> = lines.take(4).collect();
        let whole = next.iter().filter(|line| line.starts_with('{') && complete(line)).count();
        first.starts_with('{') && !first.ends_with(['[', '{', ',']) && whole >= 2 || (self.named_lines() && whole >= 1)
    }

    fn named_lines(&self) -> bool {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        name.split('.').any(|part| matches!(part, "ndjson" | "jsonl"))
    }

    /// Values without anything between them.
    fn one_after_the_other(&self, mut at: usize) -> Result<Found, DataError> {
        let text = self.text.as_bytes();
        let mut spans: Vec<Span> = Vec::new();
        while at < text.len() {
            let end = value_end(text, at).unwrap_or(text.len());
            spans.push((at, end));
            at = skip_space(text, end);
            if text.get(at) == Some(&b',') {
                at = skip_space(text, at + 1);
            }
        }
        let found = self.records(Spans::List(&spans), Unit::Object)?;
        Ok(Found { lines: true, ..found })
    }

    /// The array that opens at `open`.
    fn array(&self, open: usize) -> Result<Found, DataError> {
        let text = self.text.as_bytes();
        let elements = json_scan::elements(text, open, self.progress)?;
        let objects = elements.spans.iter().filter(|(at, _)| text[*at] == b'{').count();
        let arrays = elements.spans.iter().filter(|(at, _)| text[*at] == b'[').count();
        let unit = match elements.cut.map(|at| text[at]) {
            _ if objects > 0 && objects >= arrays => Unit::Object,
            _ if arrays > 0 => Unit::Array,
            Some(b'{') if elements.spans.is_empty() => Unit::Object,
            _ => Unit::Value,
        };
        let mut found = if unit == Unit::Array {
            self.rows(&elements.spans, None)?
        } else {
            self.records(Spans::List(&elements.spans), unit)?
        };
        if elements.end.is_none() {
            found.notes.insert(0, "the file ends before the JSON does: the table is not complete".into());
            let cut = elements.cut.unwrap_or(text.len());
            if cut < text.len() {
                found.reject(self.reject(1, 0, (cut, text.len()), "cut short by the end of the file"));
                // Its line is counted from the beginning.
                if let Some(last) = found.rejects.last_mut() {
                    last.line = line_number(text, cut);
                }
            }
        } else if let Some(end) = elements.end
            && open == skip_space(text, 0)
            && skip_space(text, end) < text.len()
        {
            let at = skip_space(text, end);
            let mut reject = self.reject(1, 0, (at, text.len()), "follows the end of the JSON document");
            reject.line = line_number(text, at);
            found.reject(reject);
        }
        Ok(found)
    }

    /// Arrays as rows. `names` are known where pandas' `split` says them.
    fn rows(&self, spans: &[Span], names: Option<Vec<String>>) -> Result<Found, DataError> {
        let text = self.text;
        let mut scratch = String::new();
        let mut parts = |span: &Span| -> Vec<Option<String>> {
            let inner = json_scan::elements(text.as_bytes(), span.0, &crate::NoProgress).unwrap_or_default();
            let cell = |span: &Span| match cell_of(&text[span.0..span.1], &mut scratch) {
                Cell::Text(text) => Some(text.to_owned()),
                _ => None,
            };
            inner.spans.iter().map(cell).collect()
        };
        let mut found_header = false;
        let names = match (names, spans.first().map(&mut parts)) {
            (Some(names), _) => names,
            (None, Some(first)) => {
                let next: Vec<Vec<Option<String>>> = spans.iter().skip(1).take(100).map(&mut parts).collect();
                found_header = match self.options.header {
                    Some(header) => header,
                    None => looks_like_names(&first, &next),
                };
                if found_header {
                    first.into_iter().enumerate().map(|(at, name)| names::named(name.as_deref(), at)).collect()
                } else {
                    Vec::new()
                }
            }
            (None, None) => Vec::new(),
        };
        let names = names::unique(&names, &mut Vec::new());
        let job = self.job(Spans::List(&spans[usize::from(found_header)..]), Unit::Array, &names);
        let mut found = self.found(json_records::read(&job)?);
        found.header = found_header || !names.is_empty();
        Ok(found)
    }

    fn job<'j>(&'j self, spans: Spans<'j>, unit: Unit, names: &'j [String]) -> Job<'j> {
        Job {
            text: self.text,
            spans,
            unit,
            names,
            missing: self.missing,
            text_only: self.options.text_only,
            refusals: self.refusals,
            progress: self.progress,
        }
    }

    fn records(&self, spans: Spans<'_>, unit: Unit) -> Result<Found, DataError> {
        let found = self.found(json_records::read(&self.job(spans, unit, &[]))?);
        Ok(Found { header: unit == Unit::Object, ..found })
    }

    fn found(&self, records: Records) -> Found {
        let mut found = Found {
            columns: records.columns.into_iter().map(IntoColumn::into_column).collect(),
            rows: records.rows,
            rejects_total: records.refused_total,
            nested: records.nested,
            ..Found::default()
        };
        let (mut line, mut counted) = (1, 0);
        for refused in &records.refused {
            let reject = self.reject(line, counted, refused.span, &refused.reason);
            (line, counted) = (reject.line, refused.span.0);
            found.rejects.push(reject);
        }
        if records.doubled > 0 {
            found.notes.push(format!("{} records name a key twice: the last one counts", records.doubled));
        }
        if records.short > 0 {
            found.notes.push(format!("{} short rows were filled up with missing values", records.short));
        }
        found.notes.extend(names::words_note(&records.words));
        found
    }

    /// A refused record; `line` is the number of the line at `counted`.
    fn reject(&self, line: u64, counted: usize, span: Span, reason: &str) -> Reject {
        let text = self.text.as_bytes();
        let shown = &text[span.0..span.1.min(span.0 + 4 * REJECT_TEXT)];
        Reject {
            line: line + line_number(&text[counted..], span.0 - counted) - 1,
            byte_offset: self.decoded.file_offset(span.0),
            reason: reason.to_owned(),
            text: String::from_utf8_lossy(shown).chars().take(REJECT_TEXT).collect(),
        }
    }

    /// The object that opens at `open` and is the whole document.
    fn object(&self, open: usize) -> Result<Found, DataError> {
        let text = self.text.as_bytes();
        let inside = entries(text, open);
        let first = |span: &Span| text[span.0];
        let element = |span: &Span| text.get(skip_space(text, span.0 + 1)).copied();
        let get = |name: &str| inside.entries.iter().find(|(key, _)| key == name).map(|(_, span)| *span);
        if let (Some(names), Some(data)) = (get("columns"), get("data"))
            && first(&names) == b'['
            && first(&data) == b'['
            && matches!(element(&data), Some(b'[' | b']'))
        {
            return self.split(names, data, get("index"));
        }
        let all = |byte: u8| !inside.entries.is_empty() && inside.entries.iter().all(|(_, span)| first(span) == byte);
        let tables: Vec<&(String, Span)> = inside
            .entries
            .iter()
            .filter(|(_, span)| first(span) == b'[' && matches!(element(span), Some(b'{' | b'[')))
            .collect();
        if all(b'[') && tables.is_empty() {
            return self.by_column(&inside.entries);
        }
        if !tables.is_empty() {
            return self.wrapped(&inside.entries, &tables);
        }
        if all(b'{') {
            return self.by_label(&inside.entries);
        }
        if !inside.closed {
            let mut found = self.records(Spans::List(&[(open, text.len())]), Unit::Object)?;
            found.notes.insert(0, "the file ends before the JSON does: the table is not complete".into());
            return Ok(found);
        }
        self.records(Spans::List(&[(open, value_end(text, open).unwrap_or(text.len()))]), Unit::Object)
    }

    /// One array of records inside an object.
    fn wrapped(&self, all: &[(String, Span)], tables: &[&(String, Span)]) -> Result<Found, DataError> {
        let names: Vec<String> = tables.iter().map(|(name, _)| name.clone()).collect();
        let chosen = match &self.options.table {
            Some(wanted) if names.len() > 1 || names.contains(wanted) => names::choose(&names, wanted)?,
            _ => 0,
        };
        let (name, span) = tables[chosen];
        let mut found = self.array(span.0)?;
        let beside: Vec<String> = all
            .iter()
            .filter(|(other, span)| other != name && !tables.iter().any(|(_, table)| table == span))
            .take(5)
            .map(|(key, span)| {
                let value = &self.text[span.0..span.1];
                let mut short: String = value.chars().take(60).collect();
                if short.len() < value.len() {
                    short.push('…');
                }
                format!("{key} = {short}")
            })
            .collect();
        found.notes.push(format!("the records stand under «{name}»"));
        if !beside.is_empty() {
            found.notes.push(format!("beside them: {}", beside.join(", ")));
        }
        if names.len() > 1 {
            found.table.clone_from(name);
            found.tables = names;
        }
        Ok(found)
    }

    /// `{"a": […], "b": […]}`.
    fn by_column(&self, all: &[(String, Span)]) -> Result<Found, DataError> {
        let columns = all
            .iter()
            .map(|(name, span)| {
                let elements = json_scan::elements(self.text.as_bytes(), span.0, self.progress)?;
                Ok((name.clone(), elements.spans.into_iter().map(Some).collect(), elements.end.is_none()))
            })
            .collect::<Result<Vec<(String, Vec<Option<Span>>, bool)>, DataError>>()?;
        let rows = columns.iter().map(|(_, spans, _)| spans.len()).max().unwrap_or(0);
        let mut notes = Vec::new();
        if columns.iter().any(|(.., cut)| *cut) {
            notes.push("the file ends before the JSON does: the table is not complete".into());
        }
        let short: Vec<String> =
            columns.iter().filter(|(_, spans, _)| spans.len() < rows).map(|(name, ..)| name.clone()).collect();
        if !short.is_empty() {
            notes.push(format!("shorter columns were filled up with missing values: {}", names::listed(&short)));
        }
        let columns = columns.into_iter().map(|(name, spans, _)| (name, spans)).collect::<Vec<_>>();
        let mut found = self.columns(&columns, rows)?;
        found.notes.splice(0..0, notes);
        Ok(found)
    }

    /// Columns of values that are known by their spans.
    fn columns(&self, columns: &[(String, Vec<Option<Span>>)], rows: usize) -> Result<Found, DataError> {
        let built: Vec<(Series, bool, u64)> = columns
            .par_iter()
            .map(|(name, spans)| {
                let mut scratch = String::new();
                let mut fill = |mut column: CellColumn| {
                    for (row, span) in spans.iter().enumerate() {
                        if let Some((from, to)) = span {
                            column.push(row, cell_of(&self.text[*from..*to], &mut scratch), self.missing);
                        }
                    }
                    column
                };
                if self.progress.cancelled() {
                    return Err(DataError::Cancelled);
                }
                let first = fill(CellColumn::new());
                let nested = super::cells::holds_nested(first.kinds);
                let target = match resolve(first.kinds) {
                    Target::Nothing => Target::Text,
                    _ if self.options.text_only => Target::Text,
                    target => target,
                };
                let words = if target == Target::Text { 0 } else { first.words };
                let column = if first.settles_for(target) { first } else { fill(CellColumn::pinned(target)) };
                let fault = || DataError::Internal { what: format!("«{name}» did not settle") };
                Ok((column.finish(name, target, rows).ok_or_else(fault)?, nested, words))
            })
            .collect::<Result<_, DataError>>()?;
        let words: Vec<(String, u64)> = columns
            .iter()
            .zip(&built)
            .filter(|(_, (_, _, words))| *words > 0)
            .map(|((name, _), (_, _, words))| (name.clone(), *words))
            .collect();
        Ok(Found {
            nested: columns
                .iter()
                .zip(&built)
                .filter(|(_, built)| built.1)
                .map(|(column, _)| column.0.clone())
                .collect(),
            columns: built.into_iter().map(|(series, ..)| series.into_column()).collect(),
            rows,
            header: true,
            notes: names::words_note(&words),
            ..Found::default()
        })
    }

    /// pandas' `split`: names, rows and perhaps labels apart.
    fn split(&self, names: Span, data: Span, index: Option<Span>) -> Result<Found, DataError> {
        let text = self.text.as_bytes();
        let names = json_scan::elements(text, names.0, self.progress)?.spans;
        let names: Vec<String> = names.iter().map(|(from, to)| self.label(&self.text[*from..*to])).collect();
        let rows = json_scan::elements(text, data.0, self.progress)?;
        let names = names::unique(&names, &mut Vec::new());
        let job = self.job(Spans::List(&rows.spans), Unit::Array, &names);
        let records = json_records::read(&job)?;
        let refused = records.refused_ordinals.clone();
        let mut found = self.found(records);
        found.header = true;
        found.notes.push("the shape is «split»: names, labels and rows apart".into());
        if rows.end.is_none() {
            found.notes.insert(0, "the file ends before the JSON does: the table is not complete".into());
        }
        if let Some(index) = index.filter(|span| text[span.0] == b'[') {
            let labels = json_scan::elements(text, index.0, self.progress)?.spans;
            let labels = labels.iter().map(|(from, to)| self.label(&self.text[*from..*to])).collect();
            found.label(labels, &refused);
        }
        Ok(found)
    }

    /// Objects by label: pandas' `columns` (a column each) or `index` (a row each).
    fn by_label(&self, all: &[(String, Span)]) -> Result<Found, DataError> {
        let text = self.text.as_bytes();
        let inner: Vec<Vec<(String, Span)>> = all.iter().map(|(_, span)| entries(text, span.0).entries).collect();
        if self.is_by_column(all, &inner) {
            let mut labels: Vec<String> = Vec::new();
            let mut rows: HashMap<&str, usize> = HashMap::new();
            let mut columns: Vec<(String, Vec<Option<Span>>)> = Vec::new();
            for ((name, _), cells) in all.iter().zip(&inner) {
                let mut spans = vec![None; labels.len()];
                for (label, span) in cells {
                    let row = *rows.entry(label).or_insert_with(|| {
                        labels.push(label.clone());
                        labels.len() - 1
                    });
                    if row >= spans.len() {
                        spans.resize(row + 1, None);
                    }
                    spans[row] = Some(*span);
                }
                columns.push((name.clone(), spans));
            }
            let mut found = self.columns(&columns, labels.len())?;
            found.notes.push("the shape is «columns»: each key is a column, its labels are rows".into());
            found.label(labels, &[]);
            return Ok(found);
        }
        let spans: Vec<Span> = all.iter().map(|(_, span)| *span).collect();
        let records = json_records::read(&self.job(Spans::List(&spans), Unit::Object, &[]))?;
        let refused = records.refused_ordinals.clone();
        let mut found = self.found(records);
        found.header = true;
        found.notes.push("the shape is «index»: each key is the label of a row".into());
        found.label(all.iter().map(|(label, _)| label.clone()).collect(), &refused);
        Ok(found)
    }

    /// Whether objects by label are columns. Labels that count rows tell; else the side on which values are of one
    /// type; else the side with fewer keys.
    fn is_by_column(&self, all: &[(String, Span)], inner: &[Vec<(String, Span)>]) -> bool {
        let whole = |label: &str| label.parse::<u64>().is_ok();
        let rows_count = inner.iter().flatten().all(|(label, _)| whole(label)) && inner.iter().any(|i| !i.is_empty());
        let outer_counts = all.iter().all(|(label, _)| whole(label));
        if rows_count != outer_counts {
            return rows_count;
        }
        let text = self.text.as_bytes();
        let kind = |span: &Span| match text[span.0] {
            b'-' | b'0'..=b'9' => b'0',
            b't' | b'f' => b't',
            other => other,
        };
        let one_type = |cells: &[(String, Span)]| {
            let mut kinds = cells.iter().map(|(_, span)| kind(span)).filter(|kind| *kind != b'n');
            let first = kinds.next();
            kinds.all(|kind| Some(kind) == first)
        };
        let nested = inner.iter().flatten().any(|(_, span)| matches!(text[span.0], b'{' | b'['));
        let columns = inner.iter().all(|cells| one_type(cells));
        let mut by_key: HashMap<&str, u8> = HashMap::new();
        let rows = inner
            .iter()
            .flatten()
            .filter(|(_, span)| kind(span) != b'n')
            .all(|(key, span)| *by_key.entry(key).or_insert_with(|| kind(span)) == kind(span));
        match (columns, rows) {
            _ if nested => false,
            (true, false) => true,
            (false, true) => false,
            _ => all.len() <= inner.iter().map(Vec::len).max().unwrap_or(0),
        }
    }

    fn label(&self, raw: &str) -> String {
        let mut scratch = String::new();
        super::cells::as_text(cell_of(raw, &mut scratch))
    }
}

impl Found {
    fn reject(&mut self, reject: Reject) {
        self.rejects.push(reject);
        self.rejects_total += 1;
    }

    /// Puts labels of rows before the columns, unless they only count the rows.
    fn label(&mut self, labels: Vec<String>, refused: &[usize]) {
        let counts = labels.iter().enumerate().all(|(row, label)| label.parse() == Ok(row));
        if counts {
            return;
        }
        let mut column = CellColumn::new();
        let mut refused = refused.iter().copied().peekable();
        let kept: Vec<&String> = labels
            .iter()
            .enumerate()
            .filter(|(ordinal, _)| refused.next_if_eq(ordinal).is_none())
            .map(|(_, label)| label)
            .collect();
        let whole = kept.iter().all(|label| label.parse::<i64>().is_ok_and(|value| value.to_string() == **label));
        for (row, label) in kept.into_iter().take(self.rows).enumerate() {
            let cell = match label.parse() {
                Ok(value) if whole => Cell::Int(value),
                _ => Cell::Text(label),
            };
            column.push(row, cell, Missing::Named(&[]));
        }
        let target = if whole { Target::Int } else { Target::Text };
        if let Some(series) = column.finish("index", target, self.rows) {
            self.columns.insert(0, series.into_column());
        }
    }
}

/// The number of the line that holds an offset, from 1.
fn line_number(text: &[u8], offset: usize) -> u64 {
    memchr::memchr_iter(b'\n', &text[..offset.min(text.len())]).count() as u64 + 1
}
