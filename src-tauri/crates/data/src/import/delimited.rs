//! Delimited text as a table, from the decoded bytes to the report.
//!
//! First a plan: which of several tables is read, its dialect and head, and the lines that are no rows. Then the table
//! is read and, at the same time, its records are counted by another method.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::Path;

use cairn_protocol::notebook::ImportOptions;
use cairn_protocol::table::{ImportReport, ImportedColumn, Reject};
use polars::prelude::{Column, DataFrame, DataType, IntoColumn, IntoSeries, StringChunked};

use super::count::{self, Counted};
use super::dialect::Dialect;
use super::encoding::{self, Text};
use super::kinds::{self, Group, Hints, Kinds, Target};
use super::rejects::{Rejected, Take};
use super::scan::{Island, Reason, Refused, Tally};
use super::sniff::{self, Sniffed};
use super::words::{self, Tokens};
use super::{Imported, binary, forced, sections, table};
use crate::{DataError, Progress};

/// Characters of a rejected record that are always kept …
const REJECT_TEXT: usize = 400;
/// … and bytes that all of them may take together, so that of few each is there as a whole.
const REJECTS_BYTES: usize = 1 << 20;

/// Reads delimited text.
pub(crate) fn delimited(
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
    let tokens = options.null_tokens.clone().map_or(Tokens::Usual, Tokens::Given);
    let Plan { sniffed, hints, islands, begin, footer_lines, tables, table: chosen } = plan(bytes, options, &tokens)?;
    let mut notes = sniffed.notes.clone();
    if tables.len() > 1 {
        notes.push(format!("the file holds {} tables; this is number {}", tables.len(), chosen + 1));
    }
    let names = unique_names(&sniffed, &mut notes);
    if let Some(unknown) = options.types.keys().find(|name| !names.contains(name)) {
        let known = names.clone();
        return Err(DataError::NoColumn { column: unknown.clone(), known }.into());
    }
    let text_columns = text_columns(&names, options);
    let job = table::Job {
        text: bytes,
        start: begin,
        dialect: &sniffed.dialect,
        names: &names,
        sample: &sniffed.kinds,
        stays_text: &text_columns,
        islands: &islands,
        tokens: &tokens,
        hints,
        doubts_quotes: sniffed.doubts_quotes,
        progress,
    };
    let (table, counted) =
        rayon::join(|| table::read(&job), || count::count(bytes, begin, &sniffed.dialect, names.len(), &islands));
    let table = table.map_err(|stop| match stop {
        table::Stop::NotUtf8 => Unread::NotUtf8,
        table::Stop::Cancelled => DataError::Cancelled.into(),
        table::Stop::Fault(what) => DataError::Internal { what: format!("{} ({})", what, path.display()) }.into(),
    })?;
    let tally = table.tally;
    let records_counted = records_counted(&tally, counted, &mut notes);
    let mut columns = table.columns;
    let mut details: Vec<Detail> = table
        .targets
        .iter()
        .zip(&text_columns)
        .zip(table.words.iter().zip(&table.kinds))
        .map(|((target, text), (words, kinds))| match text {
            true => Detail { target: Target::Text, read_as: String::new(), words: 0 },
            false if *target == Target::Text => Detail { target: *target, read_as: String::new(), words: 0 },
            false => Detail { target: *target, read_as: target.read_as(*kinds), words: *words },
        })
        .collect();
    for ((name, column), detail) in names.iter().zip(&mut columns).zip(&mut details) {
        if let Some(wanted) = options.types.get(name) {
            let forced = forced::force(column, *wanted, &tokens, hints)?;
            if forced.unfit > 0 {
                notes.push(format!(
                    "«{name}»: {} cells do not fit the type {} and are missing",
                    forced.unfit,
                    wanted.as_str()
                ));
            }
            *column = forced.column;
            detail.read_as = forced.read_as;
        }
    }
    for (((name, kinds), detail), column) in names.iter().zip(&table.kinds).zip(&details).zip(&columns) {
        type_notes(name, *kinds, detail, &mut notes);
        if detail.target != Target::Text && kinds & kinds::INT != 0 && holds_rounded(column) {
            notes.push(format!(
                "«{name}» holds whole numbers of more than 53 bits among fractions: as floats they are rounded; import \
                 the column as text to keep them"
            ));
        }
    }
    for (index, name) in sniffed.names.iter().enumerate().rev() {
        // A delimiter at the end of each row makes a column that nobody meant.
        let nameless = sniffed.header_rows > 0 && name.as_deref().is_none_or(|name| name.is_empty() && index == 0);
        if nameless
            && columns[index].null_count() == columns[index].len()
            && columns.len() > 1
            && !columns[index].is_empty()
            && (name.is_none() || tally.rows > 0 && sniffed.dialect.delimiter == b"|")
        {
            notes.push(format!("every row has a delimiter too many: the empty column {} was left away", index + 1));
            columns.remove(index);
            details.remove(index);
        }
    }
    if !options.text_only && tokens == Tokens::Usual {
        database_nulls(&sniffed, &mut columns, &mut details, &mut notes)?;
    }
    tally_notes(&tally, bytes, text, &sniffed, &mut notes);
    let rows = tally.rows as usize;
    let shown: Vec<ImportedColumn> = columns
        .iter()
        .zip(&details)
        .map(|(column, detail)| ImportedColumn {
            name: column.name().to_string(),
            column_type: crate::frame_types::column_type(column.dtype()),
            nulls: column.null_count() as u64,
            read_as: detail.read_as.clone(),
        })
        .collect();
    let frame = DataFrame::new(rows, columns).map_err(DataError::table("joining the columns"))?;
    let words = details.iter().fold(0, |words, detail| words | detail.words);
    let quote = match (sniffed.dialect.quote, sniffed.dialect.curly) {
        _ if !tally.quoted => String::new(),
        (_, Some((open, close))) => format!("{open}{close}"),
        (quote, None) => quote.map(|q| char::from(q).to_string()).unwrap_or_default(),
    };
    let report = ImportReport {
        format: "csv".into(),
        encoding: text.encoding.name().to_ascii_lowercase(),
        delimiter: String::from_utf8_lossy(&sniffed.dialect.delimiter).into_owned(),
        escape: match &sniffed.dialect {
            Dialect { escape: Some(escape), .. } if tally.quoted || sniffed.dialect.quote.is_none() => {
                char::from(*escape).into()
            }
            Dialect { doubled: true, curly: None, .. } => quote.clone(),
            _ => String::new(),
        },
        quote,
        line_end: line_end(bytes, &sniffed, &tally).into(),
        preamble_lines: sniffed.preamble_lines,
        header: sniffed.header_rows > 0,
        header_rows: sniffed.header_rows,
        columns: shown,
        footer_lines,
        null_tokens: tokens.met(words),
        decimal: decimal(&details),
        thousands: details.iter().find_map(|d| d.target.group()).map_or("", Group::as_str).to_owned(),
        table: if tables.len() > 1 { tables[chosen].clone() } else { String::new() },
        tables,
        rejects: rejects(&tally, bytes, text, names.len(), &sniffed.dialect),
        rejects_total: tally.refused_total,
        records_counted,
        notes,
        ..ImportReport::default()
    };
    Ok(Imported { frame, report })
}

/// Hands on every record that [`delimited`] refuses, in order and in full.
pub(crate) fn rejected(
    path: &Path,
    file: &[u8],
    options: &ImportOptions,
    progress: &dyn Progress,
    take: &mut Take<'_>,
) -> Result<(), DataError> {
    let mut text = encoding::decode(file, options.encoding.as_deref())?;
    let tokens = options.null_tokens.clone().map_or(Tokens::Usual, Tokens::Given);
    let bytes = without_blank_end(&text.bytes);
    binary::check_is_text(path, bytes, |offset| text.file_offset(offset))?;
    if bytes.is_empty() {
        return Err(DataError::Empty { path: path.to_owned() });
    }
    let mut plan = plan(bytes, options, &tokens)?;
    if std::str::from_utf8(&bytes[plan.begin..]).is_err() {
        text = encoding::decode_detected(file);
        plan = self::plan(without_blank_end(&text.bytes), options, &tokens)?;
    }
    let bytes = without_blank_end(&text.bytes);
    let names = unique_names(&plan.sniffed, &mut Vec::new());
    let text_columns = text_columns(&names, options);
    let job = table::Job {
        text: bytes,
        start: plan.begin,
        dialect: &plan.sniffed.dialect,
        names: &names,
        sample: &plan.sniffed.kinds,
        stays_text: &text_columns,
        islands: &plan.islands,
        tokens: &tokens,
        hints: plan.hints,
        doubts_quotes: plan.sniffed.doubts_quotes,
        progress,
    };
    let (mut line, mut counted_to) = (1, 0);
    let mut failed = None;
    let scanned = job.refusals(&mut |refused| {
        line += line_number(&bytes[counted_to..], refused.start - counted_to, &plan.sniffed.dialect) - 1;
        counted_to = refused.start;
        let end = refused.end.max(refused.start);
        let reject = Rejected {
            line,
            byte_offset: text.file_offset(refused.start),
            reason: reason(&refused, names.len()).into(),
            text: String::from_utf8_lossy(&bytes[refused.start..end]),
        };
        if failed.is_none() {
            failed = take(reject).err();
        }
    });
    match (failed, scanned) {
        (Some(error), _) => Err(error),
        (None, Err(_)) => Err(DataError::Cancelled),
        (None, Ok(())) => Ok(()),
    }
}

/// Texts of a database's own export (MySQL's `SELECT … INTO OUTFILE`, PostgreSQL's `COPY`): `\N` alone is a missing value,
/// whatever the column, and where it stands among tabs, `\t`, `\n` and `\\` are what they stand for.
fn database_nulls(
    sniffed: &Sniffed,
    columns: &mut [Column],
    details: &mut [Detail],
    notes: &mut Vec<String>,
) -> Result<(), DataError> {
    if !sniffed.holds_database_nulls {
        return Ok(());
    }
    let escapes = sniffed.dialect.delimiter == b"\t" && sniffed.dialect.escape.is_none();
    let (mut missing, mut decoded) = (0u64, 0u64);
    for (column, detail) in columns.iter_mut().zip(details) {
        if detail.target != Target::Text || column.dtype() != &DataType::String {
            continue;
        }
        let texts = column.str().map_err(DataError::table("reading a column of text"))?;
        let values: StringChunked = texts
            .iter()
            .map(|text| match text? {
                "\\N" => {
                    missing += 1;
                    detail.words |= 1 << Tokens::Usual.find(b"\\N")?;
                    None
                }
                text if escapes && text.contains('\\') => {
                    let plain = words::unescaped(text);
                    decoded += u64::from(plain != text);
                    Some(plain)
                }
                text => Some(Cow::Borrowed(text)),
            })
            .collect();
        *column = values.with_name(column.name().clone()).into_series().into_column();
    }
    if missing > 0 {
        notes.push(format!("{missing} fields «\\N» in columns of text are missing values"));
    }
    if decoded > 0 {
        notes.push(format!("in {decoded} fields `\\t`, `\\n` and `\\\\` were taken for what they stand for"));
    }
    Ok(())
}

/// What is known of a column besides its values.
struct Detail {
    target: Target,
    read_as: String,
    words: u64,
}

/// How a text will be read.
struct Plan {
    sniffed: Sniffed,
    hints: Hints,
    islands: Vec<Island>,
    /// Where the first record begins that is counted.
    begin: usize,
    footer_lines: u64,
    tables: Vec<String>,
    /// The number of the table that is read, from 0.
    table: usize,
}

fn plan(text: &[u8], options: &ImportOptions, tokens: &Tokens) -> Result<Plan, DataError> {
    let told = told_delimiter(text).filter(|_| options.skip_lines.is_none() && options.table.is_none());
    let told = told.map(|delimiter| ImportOptions {
        delimiter: options.delimiter.clone().or(Some(delimiter)),
        skip_lines: Some(1),
        ..options.clone()
    });
    let options = told.as_ref().unwrap_or(options);
    let sections = if options.skip_lines.is_some() && options.table.is_none() {
        Vec::new()
    } else {
        sections::tables(text, options)?
    };
    let chosen = sections::chosen(&sections, options.table.as_deref())?;
    let (from, to) = sections.get(chosen).map_or((0, text.len()), |section| (section.start, section.end));
    let mut sniffed = sniff::sniff(&text[from..to], options, tokens)?;
    sniffed.head += from;
    sniffed.start = (sniffed.start + from).min(to);
    let hints = hints(&sniffed.dialect, options)?;
    let own = &text[..to];
    let mut islands = sections::headers_again(own, &sniffed);
    islands.extend(sections::nuls(own, sniffed.start, &sniffed.dialect));
    let mut footer_lines = 0;
    if let Some(footer) = sections::footer(own, &sniffed, hints) {
        let own_end = without_blank_end(own).len().max(footer);
        footer_lines = text[footer..own_end]
            .split(|byte| matches!(byte, b'\n' | b'\r'))
            .filter(|line| !line.trim_ascii().is_empty())
            .count() as u64;
        islands.push(Island { start: footer, end: to, reason: Some(Reason::Footer) });
    }
    let mut begin = sniffed.start;
    for (number, section) in sections.iter().enumerate() {
        if number != chosen {
            let reason = Some(Reason::OtherTable(number as u32 + 1));
            islands.push(Island { start: section.start, end: section.end, reason });
        }
    }
    if chosen > 0 {
        islands.push(Island { start: from, end: sniffed.start, reason: None });
        begin = sections[0].start;
        sniffed.preamble_lines = sniff::lines(&text[..begin], &sniffed.dialect);
    } else {
        sniffed.preamble_lines += sniff::lines(&text[..from], &sniffed.dialect);
    }
    let islands = sections::in_order(islands);
    if !islands.is_empty() {
        let mut kinds = sniff::kinds_without(own, &sniffed, tokens, &islands);
        kinds.truncate(sniffed.names.len());
        sniffed.kinds = kinds;
    }
    let tables = sections.into_iter().map(|section| section.name).collect();
    Ok(Plan { sniffed, hints, islands, begin, footer_lines, tables, table: chosen })
}

/// The delimiter that a first line `sep=;` names, as Excel writes and reads it; the line is no part of the table.
fn told_delimiter(text: &[u8]) -> Option<String> {
    let line = text.split(|byte| matches!(byte, b'\n' | b'\r')).next()?;
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    let (mark, delimiter) = line.split_at_checked(4)?;
    match delimiter {
        [byte] if mark.eq_ignore_ascii_case(b"sep=") && (byte.is_ascii_punctuation() || b" \t".contains(byte)) => {
            Some(char::from(*byte).to_string()).filter(|delimiter| delimiter != "\"")
        }
        _ => None,
    }
}

/// What the person said about numbers and dates, and what the delimiter says.
fn hints(dialect: &Dialect, options: &ImportOptions) -> Result<Hints, DataError> {
    let decimal_comma = match options.decimal.as_deref() {
        None | Some("") => None,
        Some(",") => Some(true),
        Some(".") => Some(false),
        Some(other) => {
            return Err(DataError::Option {
                option: "decimal",
                value: other.to_owned(),
                why: "it must be a point or a comma".into(),
            });
        }
    };
    let thousands = match options.thousands.as_deref() {
        None => None,
        Some("") => Some(None),
        Some(mark) => {
            let group = Group::ALL.into_iter().find(|group| group.length_at(mark.as_bytes()) == Some(mark.len()));
            if group.is_none() {
                return Err(DataError::Option {
                    option: "thousands",
                    value: mark.to_owned(),
                    why: "it must be a comma, a point, a space, an apostrophe, or nothing".into(),
                });
            }
            Some(group)
        }
    };
    let comma_separates = dialect.delimiter.contains(&b',');
    Ok(Hints { decimal_comma, thousands, day_first: options.day_first, comma_separates, ..Hints::default() })
}

/// How many records there are, counted without the reader.
fn records_counted(tally: &Tally, counted: Counted, notes: &mut Vec<String>) -> u64 {
    let accounted = tally.rows + tally.refused_total;
    if counted.by_quotes == Some(accounted) {
        return accounted;
    }
    // Lines are exact whatever the quotes: what the reader took for lines inside of fields and for blank ones must be
    // the rest of them.
    let by_lines = (counted.lines + tally.records).saturating_sub(tally.lines);
    if let Some(by_quotes) = counted.by_quotes {
        notes.push(format!(
            "quotes do not pair up everywhere: by pairs of quotes alone there are {by_quotes} records, line by line \
             {by_lines}"
        ));
    }
    by_lines
}

fn type_notes(name: &str, kinds: Kinds, detail: &Detail, notes: &mut Vec<String>) {
    let has = |wanted: Kinds| kinds & wanted != 0;
    match detail.target {
        Target::Text if has(kinds::TEXT) => {}
        Target::Text if has(kinds::DATE_EITHER) && !has(!(kinds::DATES | kinds::WORD_FOR_MISSING)) => {
            let why = if has(kinds::DATE_DMY) && has(kinds::DATE_MDY) {
                "are written in two orders"
            } else {
                "cannot be told apart"
            };
            notes.push(format!("«{name}» holds dates whose day and month {why}: kept as text"));
        }
        Target::Text if has(kinds::SHORT) && !has(!(kinds::DATES | kinds::WORD_FOR_MISSING)) => {
            notes.push(format!(
                "«{name}» holds dates with years of two digits whose parts cannot be told apart: kept as text"
            ));
        }
        Target::Text if has(kinds::BIG) => {
            notes.push(format!(
                "«{name}» holds whole numbers of more than 64 bits: kept as text, so that none is rounded"
            ));
        }
        Target::Text if has(kinds::COMMA) && !has(!(kinds::NUMBERS | kinds::WORD_FOR_MISSING)) => {
            notes.push(format!("«{name}» holds numbers whose marks can be read in two ways: kept as text"));
        }
        Target::Datetime { .. } if has(kinds::TIMED_UTC) => {
            notes.push(format!("«{name}» holds times with offsets: shown in UTC"));
        }
        _ => {}
    }
}

/// Whether a column of floats holds a value at which not every whole number is a float.
fn holds_rounded(column: &Column) -> bool {
    let rounded = |value: f64| value.is_finite() && value.abs() >= (1u64 << 53) as f64;
    column.f64().is_ok_and(|values| values.iter().flatten().any(rounded))
}

/// The decimal mark of most columns with fractions.
fn decimal(details: &[Detail]) -> String {
    let commas: Vec<bool> = details.iter().filter_map(|detail| detail.target.decimal_comma()).collect();
    let with_comma = commas.iter().filter(|comma| **comma).count();
    match commas.len() {
        0 => "",
        all if with_comma * 2 > all => ",",
        _ => ".",
    }
    .into()
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
    if sniffed.header_rows > 0 && nameless > 0 {
        notes.push(format!("{nameless} columns without a name were named by their number"));
    }
    names
}

fn line_end(bytes: &[u8], sniffed: &Sniffed, tally: &Tally) -> &'static str {
    if sniffed.dialect.feed_return {
        return "\n\r";
    }
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

fn tally_notes(tally: &Tally, bytes: &[u8], text: &Text<'_>, sniffed: &Sniffed, notes: &mut Vec<String>) {
    if let Some((first, delimiter)) = tally.first_otherwise {
        notes.push(format!(
            "{} records are written with «{}» instead of «{}» (the first in line {})",
            tally.otherwise,
            char::from(delimiter).escape_default(),
            String::from_utf8_lossy(&sniffed.dialect.delimiter).escape_default(),
            line_number(bytes, first, &sniffed.dialect)
        ));
    }
    if let Some(first) = tally.first_mended {
        notes.push(format!(
            "{} records hold a quote where none may stand; it is kept in its field (the first in line {})",
            tally.mended,
            line_number(bytes, first, &sniffed.dialect)
        ));
    }
    if let Some(first) = tally.first_padded {
        notes.push(format!(
            "{} short records were filled up with missing values (the first in line {})",
            tally.padded,
            line_number(bytes, first, &sniffed.dialect)
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
fn line_number(bytes: &[u8], offset: usize, dialect: &Dialect) -> u64 {
    sniff::lines(&bytes[..offset], dialect) + 1
}

/// Which columns keep their fields as they stand: all, or those whose type is given.
fn text_columns(names: &[String], options: &ImportOptions) -> Vec<bool> {
    names.iter().map(|name| options.text_only || options.types.contains_key(name)).collect()
}

/// Why a record was refused, in words.
fn reason(refused: &Refused, width: usize) -> String {
    match refused.reason {
        Reason::Unclosed => "a quote is opened and not closed".into(),
        Reason::Stray => "a quote stands where none may".into(),
        Reason::Nul => "NUL bytes in the record".into(),
        Reason::HeaderAgain => "the names of the columns once more".into(),
        Reason::Footer => "behind the table: a total, a source or a note".into(),
        Reason::OtherTable(number) => format!("belongs to table {number} of the file"),
        Reason::TooMany(fields) => format!("{fields} fields instead of {width}"),
        Reason::TooFew(1) => format!("1 field instead of {width}"),
        Reason::TooFew(fields) => format!("{fields} fields instead of {width}"),
    }
}

fn rejects(tally: &Tally, bytes: &[u8], text: &Text<'_>, width: usize, dialect: &Dialect) -> Vec<Reject> {
    let (mut line, mut counted_to, mut left) = (1, 0, REJECTS_BYTES);
    tally
        .refused
        .iter()
        .map(|refused| {
            line += line_number(&bytes[counted_to..], refused.start - counted_to, dialect) - 1;
            counted_to = refused.start;
            let record = &bytes[refused.start..refused.end.max(refused.start)];
            let most = left.min(record.len());
            left -= most;
            let said = String::from_utf8_lossy(&record[..most.max(record.len().min(4 * REJECT_TEXT))]);
            Reject {
                line,
                byte_offset: text.file_offset(refused.start),
                reason: reason(refused, width),
                text: if most == record.len() { said.into_owned() } else { said.chars().take(REJECT_TEXT).collect() },
            }
        })
        .collect()
}
