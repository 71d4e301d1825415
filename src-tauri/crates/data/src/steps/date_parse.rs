//! Reading text as dates, times, or both.
//!
//! Formats are those of `strftime`, tried in order. Without one they are detected over all rows: the format that reads
//! most cells first, then whatever reads cells that are left. Day and month are never read in both orders in one
//! column: which comes first is what the cells with a number above 12 show; where none does, the day, with a warning;
//! where they contradict each other, the order that reads more cells, and the others are unfit.
//!
//! What a format means says [`super::date_format`]. A time with an offset becomes the time in UTC. Blank text is missing,
//! not unfit.

use std::collections::BTreeMap;

use cairn_protocol::{
    steps::{DateKind, ParseDate, StepOp, Unfit},
    table::ColumnType,
};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::{column, texts},
    date_format::Format,
    dates::DAY,
    fitted::Learned,
    names::count,
    operation::{Around, Change, FitRows, Operation, Stage},
    recipe::not_what_it_learns,
    text_cells::{blocks, cells_of, shown},
};
use crate::{error::DataError, frame_types::column_type};

#[rustfmt::skip]
const DATES: &[&str] = &[
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%d %B %Y", "%d-%B-%Y", "%d. %B %Y", "%B %d, %Y", "%B %d %Y", "%a, %d %B %Y", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y",
    "%d-%m-%y", "%m-%d-%y", "%d-%B-%y", "%Y %B %d", "%B %Y", "%Y-%m",
];
/// What stands between a date and a time.
const BETWEEN: [&str; 3] = [" ", "T", ", "];
const TIMES: &[&str] = &["%H:%M:%S", "%H:%M", "%H:%M:%S%.f", "%I:%M %p", "%I:%M:%S %p", "%H:%M:%S%z", "%H:%M:%S%.f%z"];
const TIMES_ALONE: &[&str] = &["%H:%M:%S", "%H:%M", "%H:%M:%S%.f", "%I:%M %p", "%I:%M:%S %p", "%Hh%M"];
/// Unfit cells that a message names.
const LISTED: usize = 20;
/// The formats that are tried where none is given.
fn candidates(kind: DateKind) -> Vec<String> {
    let dates = || DATES.iter().map(|date| (*date).to_owned());
    match kind {
        DateKind::Date => dates().collect(),
        DateKind::Time => TIMES_ALONE.iter().map(|time| (*time).to_owned()).collect(),
        DateKind::Datetime => {
            let full = DATES.iter().take_while(|date| **date != "%B %Y");
            let timed = full.flat_map(|date| {
                BETWEEN.iter().flat_map(move |between| TIMES.iter().map(move |time| format!("{date}{between}{time}")))
            });
            timed.chain(dates()).collect()
        }
    }
}

/// The formats that read the cells, and a warning where day and month cannot be told apart.
fn detect(cells: &StringChunked, kind: DateKind) -> Result<(Vec<String>, Option<String>), DataError> {
    let names = candidates(kind);
    let formats: Vec<Format> = names.iter().filter_map(|name| Format::new(name).ok()).collect();
    debug_assert_eq!(names.len(), formats.len());
    // For each set of formats that read the same cells, how many cells those are.
    let seen: Vec<BTreeMap<Vec<u16>, u64>> = blocks(cells.len())
        .into_par_iter()
        .map(|(start, length)| {
            let block = cells.slice(start as i64, length);
            let mut seen: BTreeMap<Vec<u16>, u64> = BTreeMap::new();
            let mut shapes: PlHashMap<String, Vec<u16>> = PlHashMap::default();
            let (mut shape, mut fits) = (String::new(), Vec::new());
            for text in block.iter().flatten() {
                let text = text.trim();
                if text.is_empty() {
                    continue;
                }
                shape.clear();
                shape.extend(text.chars().map(|one| if one.is_ascii_digit() { '0' } else { one }));
                if !shapes.contains_key(&shape) {
                    // Free text has as many shapes as cells; those kept are few.
                    if shapes.len() > 4_096 {
                        shapes.clear();
                    }
                    let may = (0u16..).zip(&formats).filter(|(_, one)| one.may_read(&shape, kind));
                    shapes.insert(shape.clone(), may.map(|(at, _)| at).collect());
                }
                fits.clear();
                let may = shapes.get(&shape).into_iter().flatten();
                fits.extend(may.copied().filter(|at| formats[*at as usize].read(text, kind).is_some()));
                match seen.get_mut(fits.as_slice()) {
                    Some(many) => *many += 1,
                    None => {
                        seen.insert(fits.clone(), 1);
                    }
                }
            }
            seen
        })
        .collect();
    let mut left: BTreeMap<Vec<u16>, u64> = BTreeMap::new();
    for (fits, many) in seen.into_iter().flatten() {
        *left.entry(fits).or_default() += many;
    }
    let (mut chosen, mut order, mut warning) = (Vec::new(), 0, None);
    loop {
        let reads = |at: u16, sets: &BTreeMap<Vec<u16>, u64>| {
            sets.iter().filter(|(fits, _)| fits.contains(&at)).map(|(_, many)| many).sum::<u64>()
        };
        let allowed = |at: u16| order == 0 || formats[at as usize].day_order() * order >= 0;
        let best = (0..formats.len() as u16)
            .filter(|at| allowed(*at))
            .map(|at| (reads(at, &left), std::cmp::Reverse(at)))
            .max()
            .filter(|(many, _)| *many > 0);
        let Some((many, std::cmp::Reverse(at))) = best else { break };
        let this = formats[at as usize].day_order();
        if order == 0 && this != 0 {
            order = this;
            let twin = (0..formats.len() as u16)
                .find(|other| swapped(&names[at as usize]).is_some_and(|swapped| swapped == names[*other as usize]));
            if twin.is_some_and(|twin| {
                reads(twin, &left) == many && left.iter().all(|(fits, _)| fits.contains(&at) == fits.contains(&twin))
            }) {
                warning = Some(format!(
                    "{}: day and month cannot be told apart, read as day before month; give a format to change it",
                    cells.name()
                ));
            }
        }
        chosen.push(names[at as usize].clone());
        left.retain(|fits, _| !fits.contains(&at));
    }
    Ok((chosen, warning))
}

/// The format with day and month in each other's place.
fn swapped(format: &str) -> Option<String> {
    let (day, month) = (format.find("%d")?, format.find("%m")?);
    let mut made = format.as_bytes().to_vec();
    made.swap(day + 1, month + 1);
    String::from_utf8(made).ok()
}

impl Operation for ParseDate {
    fn fit(&self, frame: &DataFrame, _: FitRows<'_>, _: &Around) -> Result<(Learned, Vec<String>), DataError> {
        let (mut formats, mut warnings) = (BTreeMap::new(), Vec::new());
        for name in &self.columns {
            let series = column(frame, name)?;
            if !is_read(series) {
                continue;
            }
            if !self.format.trim().is_empty() {
                formats.insert(name.clone(), self.format.clone());
                continue;
            }
            let (found, warning) = detect(&texts(series)?, self.kind)?;
            warnings.extend(warning);
            formats.insert(name.clone(), found.join("|"));
        }
        Ok((if formats.is_empty() { Learned::Nothing } else { Learned::Formats { formats } }, warnings))
    }

    fn transform(&self, frame: &DataFrame, learned: &Learned, _: &Stage<'_>) -> Result<Change, DataError> {
        let mut change = Change::default();
        for name in &self.columns {
            let series = column(frame, name)?;
            let made = if is_read(series) {
                let formats = match learned {
                    Learned::Formats { formats } => formats.get(name),
                    _ => None,
                };
                let Some(formats) = formats else {
                    return Err(not_what_it_learns(&StepOp::ParseDate(self.clone())));
                };
                let (made, read) = parsed(self, series, formats, &mut change.warnings)?;
                change.changed_cells += read;
                made
            } else {
                cast(series, self.kind)?
            };
            change.replaced.push((name.clone(), vec![made.with_name(name.as_str().into()).into_column()]));
        }
        Ok(change)
    }

    fn describe(&self, learned: &Learned) -> Vec<String> {
        let Learned::Formats { formats } = learned else { return Vec::new() };
        let line = |(column, format): (&String, &String)| match format.as_str() {
            "" => format!("{column} ← nothing that can be read"),
            format => format!("{column} ← read as {}", format.replace('|', ", then ")),
        };
        formats.iter().map(line).collect()
    }
}

/// Text and whole numbers (`20241231`) are read; dates are only cast.
fn is_read(series: &Series) -> bool {
    matches!(column_type(series.dtype()), ColumnType::Text | ColumnType::Category | ColumnType::Int)
}

fn dtype(kind: DateKind) -> DataType {
    match kind {
        DateKind::Date => DataType::Date,
        DateKind::Datetime => DataType::Datetime(TimeUnit::Microseconds, None),
        DateKind::Time => DataType::Time,
    }
}

fn cast(series: &Series, kind: DateKind) -> Result<Series, DataError> {
    let name = series.name();
    let from = column_type(series.dtype());
    let fits = match kind {
        DateKind::Date | DateKind::Datetime => matches!(from, ColumnType::Date | ColumnType::Datetime),
        DateKind::Time => matches!(from, ColumnType::Time | ColumnType::Datetime),
    };
    if !fits {
        let what = format!("{name} holds {}s, not text to read", from.as_str());
        return Err(DataError::refused(what, Some(name), "Choose a text column"));
    }
    if from == ColumnType::Datetime && kind == DateKind::Datetime {
        return Ok(series.clone());
    }
    series.cast(&dtype(kind)).map_err(DataError::table(format!("reading {name}")))
}

/// The cells read, and how many there are with a value.
fn parsed(
    step: &ParseDate,
    series: &Series,
    formats: &str,
    warnings: &mut Vec<String>,
) -> Result<(Series, u64), DataError> {
    let name = series.name();
    let kind = step.kind;
    let mut readers = Vec::new();
    for format in formats.split('|').map(str::trim).filter(|format| !format.is_empty()) {
        let hint = "Use the letters of strftime, such as %d.%m.%Y %H:%M";
        let reader = Format::new(format).map_err(|why| {
            DataError::refused(format!("the format «{format}» cannot be used: {why}"), Some(name), hint)
        })?;
        if !reader.is_for(kind) {
            let what = format!("the format «{format}» says too little for {}", noun(kind));
            let hint = match kind {
                DateKind::Time => "A time needs an hour (%H)",
                _ => "A date needs a year and a month (%Y and %m)",
            };
            return Err(DataError::refused(what, Some(name), hint));
        }
        readers.push(reader);
    }
    let cells = texts(series)?;
    type Block = (Vec<Option<i64>>, u64, Vec<(usize, String)>, u64);
    let made: Vec<Block> = blocks(cells.len())
        .into_par_iter()
        .map(|(start, length)| {
            let block = cells.slice(start as i64, length);
            let (mut out, mut there) = (Vec::with_capacity(length), 0);
            let (mut failed, mut failures) = (Vec::new(), 0);
            for (row, text) in block.iter().enumerate() {
                let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
                    there += u64::from(text.is_some());
                    out.push(None);
                    continue;
                };
                there += 1;
                let read = readers.iter().find_map(|reader| reader.read(text, kind));
                if read.is_none() {
                    failures += 1;
                    if failed.len() < LISTED {
                        failed.push((start + row, shown(text)));
                    }
                }
                out.push(read);
            }
            (out, there, failed, failures)
        })
        .collect();
    let failures: u64 = made.iter().map(|block| block.3).sum();
    if failures > 0 {
        let first: Vec<String> = made
            .iter()
            .flat_map(|block| &block.2)
            .take(LISTED)
            .map(|(row, text)| format!("row {} «{text}»", count(*row as u64 + 1)))
            .collect();
        let more = if failures as usize > first.len() { ", …" } else { "" };
        let list = format!("{}{more}", first.join(", "));
        if step.unfit == Unfit::Error {
            let what = format!("{} of {name} cannot be read as {}: {list}", cells_of(failures), noun(kind));
            let hint = "Give the format, let unfit values become null, or filter those rows out before";
            return Err(DataError::refused(what, Some(name), hint));
        }
        warnings.push(format!("{name}: {} became null: {list}", cells_of(failures)));
    }
    let there = made.iter().map(|block| block.1).sum();
    let values = made.into_iter().flat_map(|block| block.0);
    let name = name.clone();
    let series = match kind {
        DateKind::Date => {
            let days = values.map(|micros| micros.map(|micros| (micros / DAY) as i32));
            Int32Chunked::from_iter_options(name, days).into_series()
        }
        DateKind::Datetime => Int64Chunked::from_iter_options(name, values).into_series(),
        DateKind::Time => {
            let nanos = values.map(|micros| micros.map(|micros| micros * 1_000));
            Int64Chunked::from_iter_options(name, nanos).into_series()
        }
    };
    Ok((series.cast(&dtype(kind)).map_err(DataError::table("reading dates"))?, there))
}

fn noun(kind: DateKind) -> &'static str {
    match kind {
        DateKind::Date => "a date",
        DateKind::Datetime => "a date with time",
        DateKind::Time => "a time",
    }
}
