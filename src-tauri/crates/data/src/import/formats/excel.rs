//! Workbooks: .xlsx, .xlsb, .xls (by `calamine`) and .ods, one sheet as a table.
//!
//! ```text
//! choose a sheet ─ look at its first rows ─ layout (preamble, header) ─ stream all cells into typed columns
//! ```
//! Values are those that the program stored: formulas count as what they last gave. Rows without a cell are passed
//! over, cells with an error (`#N/A`) are missing; both are told.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;

use cairn_protocol::notebook::ImportOptions;
use cairn_protocol::table::ImportReport;
use calamine::{
    Data, DataRef, Dimensions, ExcelDateTime, Ods, Range, Reader, SheetType, SheetVisible, Xls, Xlsb, Xlsx,
};
use polars::prelude::{Column, DataFrame, IntoColumn};

use super::cells::{self, Cell, CellColumn, Missing, Target, resolve};
use super::container::{check_archive, zip_has};
use super::names;
use super::sheet::{self, Layout, Sample};
use super::texts;
use crate::import::Imported;
use crate::{DataError, Progress};

/// Rows looked at for the layout.
const SAMPLE_ROWS: usize = 200;

/// A kind of workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Xlsx,
    Xlsb,
    Xls,
    Ods,
}

/// Tells a workbook by its content.
pub(crate) fn recognise(bytes: &[u8]) -> Option<Kind> {
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Some(Kind::Xls);
    }
    // Excel 5 and older wrote the records without a container around them.
    if matches!(bytes, [9, 8, 8, 0, 0, 5 | 6, 5, 0, ..] | [9, 4, 6, 0, 0, 0, 0x10, 0, ..]) {
        return Some(Kind::Xls);
    }
    if !bytes.starts_with(b"PK\x03\x04") {
        return None;
    }
    if zip_has(bytes, "xl/workbook.xml") {
        Some(Kind::Xlsx)
    } else if zip_has(bytes, "xl/workbook.bin") {
        Some(Kind::Xlsb)
    } else if zip_has(bytes, "content.xml") && zip_has(bytes, "META-INF/manifest.xml") {
        Some(Kind::Ods)
    } else {
        None
    }
}

type Bytes<'a> = Cursor<&'a [u8]>;

enum Book<'a> {
    Xlsx(Box<Xlsx<Bytes<'a>>>),
    Xlsb(Box<Xlsb<Bytes<'a>>>),
    /// These two are read whole; the range is the sheet last asked for.
    Xls(Box<Xls<Bytes<'a>>>, Option<(String, Range<Data>)>),
    Ods(Box<Ods<Bytes<'a>>>, Option<(String, Range<Data>)>),
}

/// What a callback says of a cell: whether to go on.
type Visit<'v> = &'v mut dyn FnMut(u32, u32, Value<'_>, u32) -> Result<bool, DataError>;

/// A cell, or the error that stands in it.
#[derive(Debug, Clone, Copy)]
enum Value<'a> {
    Cell(Cell<'a>),
    Error,
}

struct Fault<'a>(&'a Path);

impl Fault<'_> {
    fn of(&self, error: impl std::fmt::Display) -> DataError {
        let message = error.to_string();
        if message.to_lowercase().contains("password") {
            return protected(self.0);
        }
        DataError::Format { path: self.0.to_owned(), format: "a workbook", message }
    }
}

fn protected(path: &Path) -> DataError {
    DataError::refused(
        format!("{} is protected by a password", path.display()),
        None,
        "Open it with the password, save a copy without one, and read that",
    )
}

impl<'a> Book<'a> {
    fn open(path: &Path, kind: Kind, bytes: &'a [u8]) -> Result<Self, DataError> {
        let fault = Fault(path);
        let reader = Cursor::new(bytes);
        Ok(match kind {
            Kind::Xlsx => Self::Xlsx(Box::new(Xlsx::new(reader).map_err(|error| fault.of(error))?)),
            Kind::Xlsb => Self::Xlsb(Box::new(Xlsb::new(reader).map_err(|error| fault.of(error))?)),
            Kind::Ods => Self::Ods(Box::new(Ods::new(reader).map_err(|error| fault.of(error))?), None),
            Kind::Xls => {
                let encrypted: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
                if memchr::memmem::find(bytes, &encrypted).is_some() {
                    return Err(protected(path));
                }
                Self::Xls(Box::new(Xls::new(reader).map_err(|error| fault.of(error))?), None)
            }
        })
    }

    fn sheets(&self) -> Vec<calamine::Sheet> {
        let all = match self {
            Self::Xlsx(book) => book.sheets_metadata(),
            Self::Xlsb(book) => book.sheets_metadata(),
            Self::Xls(book, _) => book.sheets_metadata(),
            Self::Ods(book, _) => book.sheets_metadata(),
        };
        all.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet).cloned().collect()
    }

    fn merged(&mut self, sheet: &str) -> Vec<Dimensions> {
        match self {
            Self::Xlsx(book) => book.merge_cells_by_sheet_name(sheet).unwrap_or_default(),
            Self::Xls(book, _) => book.merge_cells_by_sheet_name(sheet).unwrap_or_default(),
            Self::Xlsb(_) | Self::Ods(..) => Vec::new(),
        }
    }

    /// Shows all cells with content, row by row.
    fn visit(&mut self, path: &Path, sheet: &str, visit: Visit<'_>) -> Result<(), DataError> {
        let fault = Fault(path);
        let mut scratch = String::new();
        match self {
            Self::Xlsx(book) => {
                let mut cells = book.worksheet_cells_reader(sheet).map_err(|error| fault.of(error))?;
                let last = cells.dimensions().end.0;
                while let Some(cell) = cells.next_cell().map_err(|error| fault.of(error))? {
                    let (row, column) = cell.get_position();
                    if let Some(value) = value_of_ref(cell.get_value(), &mut scratch)
                        && !visit(row, column, value, last)?
                    {
                        break;
                    }
                }
            }
            Self::Xlsb(book) => {
                let mut cells = book.worksheet_cells_reader(sheet).map_err(|error| fault.of(error))?;
                let last = cells.dimensions().end.0;
                while let Some(cell) = cells.next_cell().map_err(|error| fault.of(error))? {
                    let (row, column) = cell.get_position();
                    if let Some(value) = value_of_ref(cell.get_value(), &mut scratch)
                        && !visit(row, column, value, last)?
                    {
                        break;
                    }
                }
            }
            Self::Xls(book, kept) => {
                if kept.as_ref().is_none_or(|(name, _)| name != sheet) {
                    let range = book.worksheet_range(sheet).map_err(|error| fault.of(error))?;
                    *kept = Some((sheet.to_owned(), range));
                }
                visit_range(kept.as_ref(), visit, &mut scratch)?;
            }
            Self::Ods(book, kept) => {
                if kept.as_ref().is_none_or(|(name, _)| name != sheet) {
                    let range = book.worksheet_range(sheet).map_err(|error| fault.of(error))?;
                    *kept = Some((sheet.to_owned(), range));
                }
                visit_range(kept.as_ref(), visit, &mut scratch)?;
            }
        }
        Ok(())
    }
}

fn visit_range(kept: Option<&(String, Range<Data>)>, visit: Visit<'_>, scratch: &mut String) -> Result<(), DataError> {
    let Some((_, range)) = kept else { return Ok(()) };
    let (top, left) = range.start().unwrap_or_default();
    let last = range.end().unwrap_or_default().0;
    for (row, column, data) in range.used_cells() {
        let Some(value) = value_of(data, scratch) else { continue };
        if !visit(top + row as u32, left + column as u32, value, last)? {
            break;
        }
    }
    Ok(())
}

fn value_of_ref<'a>(data: &'a DataRef<'_>, scratch: &'a mut String) -> Option<Value<'a>> {
    match data {
        DataRef::Int(value) => Some(Value::Cell(Cell::Int(*value))),
        DataRef::Float(value) => number(*value),
        DataRef::String(text) => words(text),
        DataRef::SharedString(text) => words(text),
        DataRef::Bool(value) => Some(Value::Cell(Cell::Bool(*value))),
        DataRef::DateTime(moment) => moment_of(moment),
        DataRef::DateTimeIso(text) => iso(text, scratch),
        DataRef::DurationIso(text) => iso_duration(text),
        DataRef::Error(_) => Some(Value::Error),
        DataRef::Empty => None,
    }
}

fn value_of<'a>(data: &'a Data, scratch: &'a mut String) -> Option<Value<'a>> {
    match data {
        Data::Int(value) => Some(Value::Cell(Cell::Int(*value))),
        Data::Float(value) => number(*value),
        Data::String(text) => words(text),
        Data::Bool(value) => Some(Value::Cell(Cell::Bool(*value))),
        Data::DateTime(moment) => moment_of(moment),
        Data::DateTimeIso(text) => iso(text, scratch),
        Data::DurationIso(text) => iso_duration(text),
        Data::Error(_) => Some(Value::Error),
        Data::Empty => None,
    }
}

/// Workbooks know floats only: a whole one is a whole number as long as floats tell them apart.
fn number(value: f64) -> Option<Value<'static>> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if !value.is_finite() {
        return Some(Value::Error);
    }
    let whole = value.fract() == 0.0 && value.abs() < EXACT;
    Some(Value::Cell(if whole { Cell::Int(value as i64) } else { Cell::Float(value, None) }))
}

fn words(text: &str) -> Option<Value<'_>> {
    (!text.trim().is_empty()).then_some(Value::Cell(Cell::Text(text)))
}

/// A serial date: a day where it has no time, a time where it has no day.
fn moment_of(moment: &ExcelDateTime) -> Option<Value<'static>> {
    const DAY_MICROS: f64 = 86_400_000_000.0;
    let serial = moment.as_f64();
    if !serial.is_finite() {
        return Some(Value::Error);
    }
    if moment.is_duration() {
        // To the millisecond, which is what a workbook keeps.
        let micros = (serial * 86_400_000.0).round() * 1000.0;
        let fits = micros.abs() < i64::MAX as f64 && serial.abs() * DAY_MICROS < i64::MAX as f64;
        return Some(if fits { Value::Cell(Cell::Duration(micros as i64)) } else { Value::Error });
    }
    if serial < 0.0 {
        return number(serial);
    }
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let millis = ((i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second)) * 1000 + i64::from(milli);
    if serial < 1.0 && serial > 0.0 {
        return Some(Value::Cell(Cell::Time(millis * 1_000_000)));
    }
    let days = civil_days(i64::from(year), i64::from(month), i64::from(day));
    Some(Value::Cell(if millis == 0 {
        Cell::Date(days as i32)
    } else {
        Cell::Datetime(days * 86_400_000_000 + millis * 1000)
    }))
}

/// Days since 1970-01-01 (days from civil, Hinnant 2013); Excel's 1900-02-29, which never was, is the day after.
pub(crate) fn civil_days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn iso<'a>(text: &'a str, scratch: &'a mut String) -> Option<Value<'a>> {
    if text.is_empty() {
        return None;
    }
    Some(Value::Cell(match texts::moment(text) {
        Some(cell) => cell,
        None => {
            text.clone_into(scratch);
            Cell::Text(scratch)
        }
    }))
}

/// `PT12H30M15.5S`: a time where it is shorter than a day, else a duration.
fn iso_duration(text: &str) -> Option<Value<'_>> {
    let Some(rest) = text.strip_prefix("PT") else { return words(text) };
    let (mut micros, mut number) = (0.0f64, String::new());
    for character in rest.chars() {
        let unit = match character {
            'H' => 3600.0,
            'M' => 60.0,
            'S' => 1.0,
            _ => {
                number.push(if character == ',' { '.' } else { character });
                continue;
            }
        };
        let Ok(value) = number.parse::<f64>() else { return words(text) };
        micros += value * unit * 1e6;
        number.clear();
    }
    if !number.is_empty() || !(0.0..9e18).contains(&micros) {
        return words(text);
    }
    let micros = micros.round() as i64;
    Some(Value::Cell(if micros < 86_400_000_000 { Cell::Time(micros * 1000) } else { Cell::Duration(micros) }))
}

/// Reads a sheet.
pub(crate) fn read(
    path: &Path,
    kind: Kind,
    bytes: &[u8],
    options: &ImportOptions,
    progress: &dyn Progress,
) -> Result<Imported, DataError> {
    if kind != Kind::Xls {
        check_archive(path, bytes)?;
    }
    let mut book = Book::open(path, kind, bytes)?;
    let sheets = book.sheets();
    let all: Vec<String> = sheets.iter().map(|sheet| sheet.name.clone()).collect();
    let mut notes = Vec::new();
    let (chosen, sample) = choose(path, &mut book, &sheets, &all, options, &mut notes)?;
    let name = all[chosen].clone();
    let merged = book.merged(&name);
    let layout = sheet::layout(&sample, &merged, options);
    if layout.merged_below > 0 {
        notes
            .push(format!("{} merged ranges below the header: only their first cell has a value", layout.merged_below));
    }
    if !layout.preamble.is_empty() {
        notes.push(format!("before the table stands: {}", layout.preamble.join(" · ")));
    }
    let reading = Reading { path, sheet: &name, layout: &layout, options, progress };
    let (frame, more) = reading.table(&mut book)?;
    notes.extend(more);
    let hidden: Vec<String> =
        sheets.iter().filter(|sheet| sheet.visible != SheetVisible::Visible).map(|sheet| sheet.name.clone()).collect();
    if !hidden.is_empty() {
        notes.push(format!("hidden sheets: {}", names::listed(&hidden)));
    }
    let report = ImportReport {
        format: "excel".into(),
        tables: if all.len() > 1 { all } else { Vec::new() },
        table: name,
        preamble_lines: layout.preamble_rows,
        header: layout.header_rows > 0,
        header_rows: layout.header_rows,
        records_counted: frame.height() as u64,
        notes,
        ..ImportReport::default()
    };
    Ok(Imported { frame, report })
}

/// The sheet asked for, else the first visible one with cells; and its first rows.
fn choose(
    path: &Path,
    book: &mut Book<'_>,
    sheets: &[calamine::Sheet],
    all: &[String],
    options: &ImportOptions,
    notes: &mut Vec<String>,
) -> Result<(usize, Vec<Sample>), DataError> {
    let nothing = |what: String| DataError::refused(what, None, "Choose another sheet, or fill this one");
    if let Some(wanted) = &options.table {
        let chosen = names::choose(all, wanted)?;
        let rows = sample(path, book, &all[chosen])?;
        if rows.is_empty() {
            return Err(nothing(format!("the sheet «{}» of {} has no cells", all[chosen], path.display())));
        }
        return Ok((chosen, rows));
    }
    let visible = |at: &usize| sheets[*at].visible == SheetVisible::Visible;
    let order = (0..all.len()).filter(visible).chain((0..all.len()).filter(|at| !visible(at)));
    for (turn, at) in order.enumerate() {
        let rows = sample(path, book, &all[at])?;
        if !rows.is_empty() {
            if turn > 0 {
                notes.push(format!("the sheets before «{}» have no cells", all[at]));
            }
            return Ok((at, rows));
        }
    }
    Err(nothing(format!("{} has no sheet with cells", path.display())))
}

/// The first rows with content.
fn sample(path: &Path, book: &mut Book<'_>, sheet: &str) -> Result<Vec<Sample>, DataError> {
    let mut rows: Vec<Sample> = Vec::new();
    book.visit(path, sheet, &mut |row, column, value, _| {
        if rows.last().is_none_or(|last| last.row != row) {
            if rows.len() == SAMPLE_ROWS {
                return Ok(false);
            }
            rows.push(Sample { row, cells: BTreeMap::new() });
        }
        if let Some(last) = rows.last_mut() {
            let (is_text, shown) = match value {
                Value::Cell(cell) => (matches!(cell, Cell::Text(_)), cells::as_text(cell)),
                Value::Error => (false, String::new()),
            };
            last.cells.insert(column, sheet::SampleCell { is_text, shown });
        }
        Ok(true)
    })?;
    Ok(rows)
}

struct Reading<'a> {
    path: &'a Path,
    sheet: &'a str,
    layout: &'a Layout,
    options: &'a ImportOptions,
    progress: &'a dyn Progress,
}

/// What one pass over the cells gives.
#[derive(Default)]
struct Pass {
    columns: BTreeMap<u32, CellColumn>,
    rows: usize,
    blank: u64,
    errors: BTreeMap<u32, u64>,
}

impl Reading<'_> {
    fn pass(&self, book: &mut Book<'_>, targets: Option<&BTreeMap<u32, Target>>) -> Result<Pass, DataError> {
        let missing = match &self.options.null_tokens {
            Some(words) => Missing::Named(words),
            None => Missing::Usual,
        };
        let fresh = |column: u32| match targets {
            Some(targets) => CellColumn::pinned(targets.get(&column).copied().unwrap_or(Target::Text)),
            None if self.options.text_only => CellColumn::pinned(Target::Text),
            None => CellColumn::new(),
        };
        let mut pass = Pass::default();
        for column in self.layout.header.keys() {
            pass.columns.insert(*column, fresh(*column));
        }
        let mut at: Option<u32> = None;
        book.visit(self.path, self.sheet, &mut |row, column, value, last| {
            if row < self.layout.data_from {
                return Ok(true);
            }
            if at != Some(row) {
                if pass.rows % 1024 == 0 {
                    if self.progress.cancelled() {
                        return Err(DataError::Cancelled);
                    }
                    self.progress.set((f64::from(row) / f64::from(last.max(1))).min(0.99));
                }
                let expected = at.map_or(self.layout.data_from, |at| at + 1);
                if row < expected {
                    return Err(Fault(self.path).of(format!("row {} comes after row {expected}", row + 1)));
                }
                pass.blank += u64::from(row - expected);
                pass.rows += 1;
                at = Some(row);
            }
            let cells = pass.columns.entry(column).or_insert_with(|| fresh(column));
            match value {
                Value::Cell(cell) => cells.push(pass.rows - 1, cell, missing),
                Value::Error => *pass.errors.entry(column).or_default() += 1,
            }
            Ok(true)
        })?;
        Ok(pass)
    }

    fn table(&self, book: &mut Book<'_>) -> Result<(DataFrame, Vec<String>), DataError> {
        let mut pass = self.pass(book, None)?;
        let target = |column: &CellColumn| match resolve(column.kinds) {
            _ if self.options.text_only => Target::Text,
            Target::Nothing => Target::Text,
            target => target,
        };
        let targets: BTreeMap<u32, Target> = pass.columns.iter().map(|(at, column)| (*at, target(column))).collect();
        if pass.columns.iter().any(|(at, column)| !column.settles_for(targets[at])) {
            let words: Vec<(u32, u64)> = pass.columns.iter().map(|(at, column)| (*at, column.words)).collect();
            pass = self.pass(book, Some(&targets))?;
            for (at, words) in words {
                if let Some(column) = pass.columns.get_mut(&at) {
                    column.words = words;
                }
            }
        }
        let mut notes = Vec::new();
        let wanted: Vec<String> = pass
            .columns
            .keys()
            .enumerate()
            .map(|(number, at)| names::named(self.layout.header.get(at).map(String::as_str), number))
            .collect();
        let unique = names::unique(&wanted, &mut notes);
        let of = |at: &u32| pass.columns.keys().position(|column| column == at).map_or("", |number| &unique[number]);
        let errors: Vec<String> =
            pass.errors.iter().map(|(at, many)| format!("«{}» ({many})", of(at))).take(10).collect();
        if !errors.is_empty() {
            notes.push(format!("cells that hold an error like #N/A count as missing: {}", errors.join(", ")));
        }
        if pass.blank > 0 {
            notes.push(format!("{} empty rows were passed over", pass.blank));
        }
        let words: Vec<(String, u64)> = pass
            .columns
            .iter()
            .filter(|(at, column)| column.words > 0 && targets[at] != Target::Text)
            .map(|(at, column)| (of(at).to_owned(), column.words))
            .collect();
        notes.extend(names::words_note(&words));
        let mut columns: Vec<Column> = Vec::with_capacity(unique.len());
        for ((at, column), name) in pass.columns.into_iter().zip(&unique) {
            let fault = || DataError::Internal { what: format!("«{name}» did not settle") };
            columns.push(column.finish(name, targets[&at], pass.rows).ok_or_else(fault)?.into_column());
        }
        if !self.options.text_only {
            texts::type_dates(&mut columns, &mut notes);
        }
        let frame = DataFrame::new(pass.rows, columns).map_err(DataError::table("joining the columns"))?;
        Ok((frame, notes))
    }
}
