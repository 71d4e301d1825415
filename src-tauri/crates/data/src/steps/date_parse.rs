//! Reading text as dates, times, or both.
//!
//! Formats are those of `strftime`, tried in order. Without one they are detected over all rows: the format that reads
//! most cells first, then whatever reads cells that are left. Day and month are never read in both orders in one
//! column: which comes first is what the cells with a number above 12 show; where none does, the day, with a warning;
//! where they contradict each other, the order that reads more cells, and the others are unfit.
//!
//! Two-digit years 00–68 are 2000–2068, 69–99 are 1969–1999 (POSIX). Names of months and days are English, short or
//! long, in any case. A time with an offset becomes the time in UTC. Blank text is missing, not unfit.

use std::collections::BTreeMap;

use cairn_protocol::{
    steps::{DateKind, ParseDate, StepOp, Unfit},
    table::ColumnType,
};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::{column, texts},
    dates::{DAY, days_of, month_length},
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
#[rustfmt::skip]
const MONTHS: [&str; 12] = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
];
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// A piece of a format.
#[derive(Debug, Clone, PartialEq)]
enum Item {
    Year,
    ShortYear,
    Month,
    MonthName,
    Day,
    DayName,
    DayOfYear,
    Hour,
    Hour12,
    Minute,
    Second,
    Half,
    /// Digits of a second; with the point before them, which may be absent together with them.
    Fraction(bool),
    Offset,
    Epoch,
    Space,
    Literal(char),
}

/// A format, taken apart once.
#[derive(Debug, Clone)]
struct Format(Vec<Item>);

impl Format {
    fn new(format: &str) -> Result<Self, String> {
        let mut items = Vec::new();
        let mut signs = format.chars().peekable();
        while let Some(one) = signs.next() {
            if one.is_whitespace() {
                if items.last() != Some(&Item::Space) {
                    items.push(Item::Space);
                }
                continue;
            }
            if one != '%' {
                items.push(Item::Literal(one));
                continue;
            }
            let mut letter = signs.next().ok_or("it ends with %")?;
            if matches!(letter, '-' | '_' | '0') {
                letter = signs.next().ok_or("it ends within a field")?;
            }
            match letter {
                'Y' => items.push(Item::Year),
                'y' => items.push(Item::ShortYear),
                'm' => items.push(Item::Month),
                'b' | 'B' | 'h' => items.push(Item::MonthName),
                'd' | 'e' => items.push(Item::Day),
                'a' | 'A' => items.push(Item::DayName),
                'j' => items.push(Item::DayOfYear),
                'H' | 'k' => items.push(Item::Hour),
                'I' | 'l' => items.push(Item::Hour12),
                'M' => items.push(Item::Minute),
                'S' => items.push(Item::Second),
                'p' | 'P' => items.push(Item::Half),
                'z' => items.push(Item::Offset),
                's' => items.push(Item::Epoch),
                'f' => items.push(Item::Fraction(false)),
                '.' => match (signs.next(), signs.peek()) {
                    (Some('f'), _) => items.push(Item::Fraction(true)),
                    (Some('3' | '6' | '9'), Some('f')) => {
                        signs.next();
                        items.push(Item::Fraction(true));
                    }
                    _ => return Err("after %. stands f".into()),
                },
                'F' => items.extend(Self::new("%Y-%m-%d")?.0),
                'T' => items.extend(Self::new("%H:%M:%S")?.0),
                'R' => items.extend(Self::new("%H:%M")?.0),
                'D' => items.extend(Self::new("%m/%d/%y")?.0),
                '%' => items.push(Item::Literal('%')),
                'n' | 't' => items.push(Item::Space),
                other => return Err(format!("%{other} is not known")),
            }
        }
        Ok(Self(items))
    }

    fn has(&self, items: &[Item]) -> bool {
        items.iter().any(|item| self.0.contains(item))
    }

    /// Whether it says enough for a kind.
    fn is_for(&self, kind: DateKind) -> bool {
        let year = self.has(&[Item::Year, Item::ShortYear]);
        let day = year && (self.has(&[Item::DayOfYear]) || self.has(&[Item::Month, Item::MonthName]));
        match kind {
            DateKind::Time => self.has(&[Item::Hour, Item::Hour12]),
            DateKind::Date | DateKind::Datetime => day || self.has(&[Item::Epoch]),
        }
    }

    /// The point in time that a text spells, in microseconds (of the day, for times); none where it does not fit.
    fn read(&self, text: &str, kind: DateKind) -> Option<i64> {
        self.follow(text, kind, true)
    }

    /// Whether texts of this shape (digits in the same places) may fit, whatever the digits are.
    fn may_read(&self, text: &str, kind: DateKind) -> bool {
        self.follow(text, kind, false).is_some()
    }

    fn follow(&self, text: &str, kind: DateKind, strict: bool) -> Option<i64> {
        let mut rest = text.as_bytes();
        let (mut year, mut month, mut day, mut of_year) = (1970, 1, 1, None);
        let (mut hour, mut minute, mut second, mut micros) = (0, 0, 0, 0);
        let (mut twelve, mut afternoon, mut offset, mut epoch) = (false, None, 0, None);
        for item in &self.0 {
            match item {
                Item::Year => {
                    let (sign, digits) = match rest {
                        [b'-', digits @ ..] => (-1, digits),
                        digits => (1, digits),
                    };
                    rest = digits;
                    year = sign * number(&mut rest, 4, 4)?;
                }
                Item::ShortYear => {
                    let two = number(&mut rest, 2, 2)?;
                    year = if two <= 68 { 2000 + two } else { 1900 + two };
                }
                Item::Month => month = number(&mut rest, 1, 2)?,
                Item::MonthName => month = name(&mut rest, &MONTHS)?,
                Item::Day => day = number(&mut rest, 1, 2)?,
                Item::DayName => {
                    name(&mut rest, &DAYS)?;
                }
                Item::DayOfYear => of_year = Some(number(&mut rest, 1, 3)?),
                Item::Hour => hour = number(&mut rest, 1, 2)?,
                Item::Hour12 => {
                    (hour, twelve) = (number(&mut rest, 1, 2)?, true);
                    if strict && !(1..=12).contains(&hour) {
                        return None;
                    }
                }
                Item::Minute => minute = number(&mut rest, 2, 2)?,
                Item::Second => second = number(&mut rest, 2, 2)?,
                Item::Half => {
                    afternoon = Some(match rest.split_at_checked(2)? {
                        (half, after) if half.eq_ignore_ascii_case(b"am") => {
                            rest = after;
                            false
                        }
                        (half, after) if half.eq_ignore_ascii_case(b"pm") => {
                            rest = after;
                            true
                        }
                        _ => return None,
                    });
                }
                Item::Fraction(pointed) => {
                    if *pointed {
                        let [b'.' | b',', after @ ..] = rest else { continue };
                        rest = after;
                    }
                    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count().min(9);
                    if digits == 0 {
                        return None;
                    }
                    let nanos = rest[..digits].iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
                    micros = nanos * 10i64.pow(9 - digits as u32) / 1_000;
                    rest = &rest[digits..];
                }
                Item::Offset => offset = zone(&mut rest, strict)?,
                Item::Epoch => {
                    let negative = rest.first() == Some(&b'-');
                    rest = rest.strip_prefix(b"-").unwrap_or(rest);
                    let seconds = number(&mut rest, 1, 12)?;
                    epoch = Some(if negative { -seconds } else { seconds });
                }
                Item::Space => {
                    let spaces = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
                    if spaces == 0 {
                        return None;
                    }
                    rest = &rest[spaces..];
                }
                Item::Literal(one) => {
                    let mut buffer = [0; 4];
                    rest = rest.strip_prefix(one.encode_utf8(&mut buffer).as_bytes())?;
                }
            }
        }
        if !rest.is_empty() {
            return None;
        }
        if !strict {
            return Some(0);
        }
        if let Some(seconds) = epoch {
            return Some(whole_days(seconds * 1_000_000, kind));
        }
        if twelve {
            hour = hour % 12 + if afternoon == Some(true) { 12 } else { 0 };
        }
        if hour > 23 || minute > 59 || second > 59 || !(1..=12).contains(&month) {
            return None;
        }
        let clock = (hour * 3_600 + minute * 60 + second) * 1_000_000 + micros;
        if kind == DateKind::Time {
            return Some((clock - offset * 1_000_000).rem_euclid(DAY));
        }
        let days = match of_year {
            Some(at) if (1..=days_of(year + 1, 1, 1) - days_of(year, 1, 1)).contains(&at) => {
                days_of(year, 1, 1) + at - 1
            }
            None if (1..=month_length(year, month)).contains(&day) => days_of(year, month, day),
            _ => return None,
        };
        Some(whole_days(days * DAY + clock - if kind == DateKind::Date { 0 } else { offset * 1_000_000 }, kind))
    }

    /// -1 where the month stands before the day in figures, 1 where it stands behind, 0 otherwise.
    fn day_order(&self) -> i8 {
        let at = |item: &Item| self.0.iter().position(|one| one == item);
        match (at(&Item::Day), at(&Item::Month), at(&Item::Year).or_else(|| at(&Item::ShortYear))) {
            (Some(day), Some(month), Some(year)) if year > day.min(month) => {
                if month < day {
                    -1
                } else {
                    1
                }
            }
            _ => 0,
        }
    }
}

fn whole_days(micros: i64, kind: DateKind) -> i64 {
    if kind == DateKind::Date { micros.div_euclid(DAY) * DAY } else { micros }
}

/// A number of at least and at most so many digits.
fn number(rest: &mut &[u8], least: usize, most: usize) -> Option<i64> {
    let digits = rest.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    if digits < least {
        return None;
    }
    let value = rest[..digits].iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    *rest = &rest[digits..];
    Some(value)
}

/// The number, from 1, of a name or its first three letters (with a point behind them, perhaps; `sept` too).
fn name(rest: &mut &[u8], names: &[&str]) -> Option<i64> {
    let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    if letters < 3 {
        return None;
    }
    let word = &rest[..letters];
    let fits = |name: &&str| {
        let short = letters == 3
            || (letters == 4
                && (name.len() == 9 && name.starts_with("sept")
                    || name.starts_with("tues")
                    || name.starts_with("thur")));
        (letters == name.len() || short) && name.as_bytes()[..letters].eq_ignore_ascii_case(word)
    };
    let at = names.iter().position(|name| name.len() >= letters && fits(name))?;
    *rest = &rest[letters..];
    if letters < 5 {
        *rest = rest.strip_prefix(b".").unwrap_or(rest);
    }
    Some(at as i64 + 1)
}

/// Seconds east of UTC: `Z`, `+02`, `+0200`, `+02:00`.
fn zone(rest: &mut &[u8], strict: bool) -> Option<i64> {
    if let [b'Z' | b'z', after @ ..] = rest {
        *rest = after;
        return Some(0);
    }
    let (sign, after) = rest.split_first()?;
    let sign = match sign {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    *rest = after;
    let hours = number(rest, 2, 2)?;
    *rest = rest.strip_prefix(b":").unwrap_or(rest);
    let minutes = if rest.first().is_some_and(u8::is_ascii_digit) { number(rest, 2, 2)? } else { 0 };
    (!strict || (hours < 24 && minutes < 60)).then_some(sign * (hours * 3_600 + minutes * 60))
}

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
