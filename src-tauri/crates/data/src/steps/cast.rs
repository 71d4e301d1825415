//! Changing types. A cell that has a value and whose value the new type cannot hold is *unfit*: the step fails and
//! names the first, or it becomes null and is counted. Blank text is a missing value, not an unfit one.

use std::collections::BTreeMap;

use cairn_protocol::{UnfitCell, steps::Unfit, table::ColumnType};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::{column, numbers, texts},
    decimals,
    fitted::Learned,
    names::count,
    operation::Change,
};
use crate::{error::DataError, frame_types::column_type};

const DATE_FORMATS: [&str; 9] =
    ["%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y%m%d", "%d %b %Y", "%b %d, %Y"];
const DATETIME_FORMATS: [&str; 12] = [
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.fZ",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%Y/%m/%d %H:%M:%S",
];
const TIME_FORMATS: [&str; 2] = ["%H:%M:%S%.f", "%H:%M"];

/// How the texts of each column spell dates and times: the format that reads most of them, of equals the first.
pub(super) fn fit(frame: &DataFrame, names: &[String], to: ColumnType) -> Result<Learned, DataError> {
    let formats: &[&str] = match to {
        ColumnType::Date => &DATE_FORMATS,
        ColumnType::Datetime => &DATETIME_FORMATS,
        ColumnType::Time => &TIME_FORMATS,
        ColumnType::Decimal => return decimals::fit(frame, names),
        _ => return Ok(Learned::Nothing),
    };
    let mut found = BTreeMap::new();
    for name in names {
        let series = column(frame, name)?;
        if !is_texts(series) {
            continue;
        }
        let cells = trimmed(series)?;
        let there = cells.len() - cells.null_count();
        let mut best: Option<(usize, &str)> = None;
        for format in formats {
            let read = parse(&cells, to, format).map_or(0, |parsed| parsed.len() - parsed.null_count());
            if best.is_none_or(|(most, _)| read > most) {
                best = Some((read, format));
            }
            if read == there {
                break;
            }
        }
        if let Some((_, format)) = best {
            found.insert(name.clone(), format.to_owned());
        }
    }
    Ok(if found.is_empty() { Learned::Nothing } else { Learned::Formats { formats: found } })
}

/// Casts the columns.
pub(super) fn transform(
    frame: &DataFrame,
    names: &[String],
    to: ColumnType,
    unfit: Unfit,
    learned: &Learned,
) -> Result<Change, DataError> {
    let format = |name: &str| match learned {
        Learned::Formats { formats } => formats.get(name).map(String::as_str),
        _ => None,
    };
    let casts: Vec<Result<Cast, DataError>> =
        names.par_iter().map(|name| cast(column(frame, name)?, to, format(name))).collect();
    let mut change = Change::default();
    for (name, cast) in names.iter().zip(casts) {
        let cast = cast?;
        if let Some(first) = cast.first_unfit.first() {
            let value = &first.value;
            if unfit == Unfit::Error {
                let what = format!(
                    "row {}: «{value}» of {name} cannot become {}{}",
                    count(first.row + 1),
                    article(to),
                    if cast.unfit > 1 {
                        format!(", nor can {} other cells", count(cast.unfit - 1))
                    } else {
                        String::new()
                    }
                );
                let hint = "Let unfit values become null, or filter those rows out before".to_owned();
                return Err(DataError::Unfit { what, column: name.clone(), hint, cells: cast.first_unfit });
            }
            change.warnings.push(format!("{name}: {} became null, the first «{value}»", cells(cast.unfit)));
            change.unfit.extend(cast.first_unfit);
        }
        change.warnings.extend(cast.note);
        change.changed_cells += cast.changed;
        change.replaced.push((name.clone(), vec![cast.series.into_column()]));
    }
    Ok(change)
}

fn cells(many: u64) -> String {
    if many == 1 { "1 cell".into() } else { format!("{} cells", count(many)) }
}

fn article(to: ColumnType) -> &'static str {
    match to {
        ColumnType::Bool => "a truth value",
        ColumnType::Int => "a whole number",
        ColumnType::Float | ColumnType::Decimal => "a number",
        ColumnType::Date => "a date",
        ColumnType::Datetime => "a date with time",
        ColumnType::Time => "a time",
        ColumnType::Duration => "a duration",
        ColumnType::Category => "a category",
        ColumnType::Text => "text",
        ColumnType::List => "a list",
        ColumnType::Struct => "a struct",
    }
}

/// Unfit cells of a column that are listed.
const MOST_LISTED: usize = 20;

struct Cast {
    series: Series,
    /// Cells whose value is another than before, those that became null among them.
    changed: u64,
    unfit: u64,
    /// The first [`MOST_LISTED`] of them.
    first_unfit: Vec<UnfitCell>,
    note: Option<String>,
}

fn is_texts(series: &Series) -> bool {
    matches!(column_type(series.dtype()), ColumnType::Text | ColumnType::Category)
}

/// Text without spaces around it; none for blank.
fn trimmed(series: &Series) -> Result<StringChunked, DataError> {
    let cells = texts(series)?;
    if cells.iter().flatten().all(|text| !text.is_empty() && text.len() == text.trim().len()) {
        return Ok(cells);
    }
    Ok(cells.iter().map(|text| text.map(str::trim).filter(|text| !text.is_empty())).collect())
}

fn cast(series: &Series, to: ColumnType, format: Option<&str>) -> Result<Cast, DataError> {
    let from = column_type(series.dtype());
    let name = series.name().clone();
    let impossible = || {
        let hint = match (from, to) {
            (ColumnType::List | ColumnType::Struct, _) => "Drop the column",
            _ => "Set it to text first",
        };
        let what = format!("{name} holds {}s, which cannot become {}s", from.as_str(), to.as_str());
        DataError::refused(what, Some(&name), hint)
    };
    if from == to {
        return Ok(Cast { series: series.clone(), changed: 0, unfit: 0, first_unfit: Vec::new(), note: None });
    }
    let library =
        |dtype: &DataType| series.cast(dtype).map_err(DataError::table(format!("setting the type of {name}")));
    let mut note = None;
    let texts_of = matches!(from, ColumnType::Text | ColumnType::Category);
    let done = match to {
        ColumnType::Int if texts_of => {
            trimmed(series)?.iter().map(|text| text.and_then(whole)).collect::<Int64Chunked>().into_series()
        }
        ColumnType::Int if from == ColumnType::Float => {
            numbers(series)?.into_iter().map(whole_of).collect::<Int64Chunked>().into_series()
        }
        ColumnType::Int if from == ColumnType::Bool => library(&DataType::Int64)?,
        ColumnType::Float if texts_of => {
            trimmed(series)?.iter().map(|text| text.and_then(real)).collect::<Float64Chunked>().into_series()
        }
        ColumnType::Float if matches!(from, ColumnType::Int | ColumnType::Bool) => library(&DataType::Float64)?,
        ColumnType::Decimal if texts_of || from.is_numeric() => {
            let scale = format.and_then(decimals::scale_of).unwrap_or(0);
            let cells = if texts_of { trimmed(series)? } else { texts(series)? };
            decimals::read(&cells, scale, &name)?
        }
        // Texts of decimals have no rounding on the way to a whole number.
        ColumnType::Int if from == ColumnType::Decimal => {
            texts(series)?.iter().map(|text| text.and_then(whole)).collect::<Int64Chunked>().into_series()
        }
        ColumnType::Float if from == ColumnType::Decimal => library(&DataType::Float64)?,
        ColumnType::Bool if texts_of => {
            trimmed(series)?.iter().map(|text| text.and_then(truth)).collect::<BooleanChunked>().into_series()
        }
        ColumnType::Bool if from.is_numeric() => {
            let truth = |value: f64| if value == 1.0 { Some(true) } else { (value == 0.0).then_some(false) };
            numbers(series)?.into_iter().map(truth).collect::<BooleanChunked>().into_series()
        }
        ColumnType::Text if !matches!(from, ColumnType::List | ColumnType::Struct) => texts(series)?.into_series(),
        ColumnType::Category if !matches!(from, ColumnType::List | ColumnType::Struct) => {
            let as_text = texts(series)?.into_series();
            as_text
                .cast(&DataType::from_categories(Categories::global()))
                .map_err(DataError::table(format!("setting the type of {name}")))?
        }
        ColumnType::Date if from == ColumnType::Datetime => library(&DataType::Date)?,
        ColumnType::Time if from == ColumnType::Datetime => library(&DataType::Time)?,
        ColumnType::Datetime if from == ColumnType::Date => library(&DataType::Datetime(TimeUnit::Microseconds, None))?,
        ColumnType::Date | ColumnType::Datetime | ColumnType::Time if texts_of => {
            let cells = trimmed(series)?;
            let parsed = match format {
                Some(format) => {
                    note = ambiguous(&cells, to, format, &name);
                    parse(&cells, to, format)
                }
                None => None,
            };
            parsed.ok_or_else(impossible)?
        }
        _ => return Err(impossible()),
    };
    let done = done.with_name(name.clone());
    let before = if texts_of { trimmed(series)?.into_series() } else { series.clone() };
    let (unfit, first_unfit) = unfit_cells(&before, &done, series)?;
    Ok(Cast { changed: changed(series, &done)?, series: done, unfit, first_unfit, note })
}

fn unfit_cells(before: &Series, after: &Series, shown: &Series) -> Result<(u64, Vec<UnfitCell>), DataError> {
    // NaN is missing already.
    let had = match column_type(before.dtype()) {
        ColumnType::Float => numbers(before)?.into_iter().filter(|value| !value.is_nan()).count(),
        _ => before.len() - before.null_count(),
    };
    let has = after.len() - after.null_count();
    if had <= has {
        return Ok((0, Vec::new()));
    }
    let nan = |row: usize| before.get(row).is_ok_and(|value| matches!(value, AnyValue::Float64(x) if x.is_nan()));
    let (was, is) = (before.is_not_null(), after.is_null());
    let lost = was.iter().zip(is.iter()).enumerate().filter(|(_, (was, is))| *was == Some(true) && *is == Some(true));
    let cell = |row: usize| UnfitCell {
        row: row as u64,
        column: shown.name().to_string(),
        value: shown.str_value(row).map_or_else(|_| String::new(), |text| cut(&text)),
    };
    let first = lost.map(|(row, _)| row).filter(|row| !nan(*row)).take(MOST_LISTED).map(cell).collect();
    Ok(((had - has) as u64, first))
}

fn cut(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_owned() } else { text.chars().take(59).chain(['…']).collect() }
}

/// Cells whose value, spelt as text, is another than before. Whole numbers that became floats keep their value.
pub(super) fn changed(before: &Series, after: &Series) -> Result<u64, DataError> {
    let (from, to) = (column_type(before.dtype()), column_type(after.dtype()));
    if from.is_numeric() && to.is_numeric() {
        let pairs = numbers(before)?.into_iter().zip(numbers(after)?);
        return Ok(pairs.filter(|(a, b)| a != b && !(a.is_nan() && b.is_nan())).count() as u64);
    }
    let (a, b) = (texts(before)?, texts(after)?);
    let same = |a: &str, b: &str| {
        // «5» that became 5.0 is the same number.
        a == b
            || (to == ColumnType::Float && b.strip_suffix(".0") == Some(a))
            || (to == ColumnType::Decimal && decimals::same(a, b))
    };
    Ok(a.iter()
        .zip(b.iter())
        .filter(|pair| match pair {
            (Some(a), Some(b)) => !same(a, b),
            (None, None) => false,
            _ => true,
        })
        .count() as u64)
}

fn whole(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| real(text).and_then(whole_of))
}

fn whole_of(value: f64) -> Option<i64> {
    (value.fract() == 0.0 && (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value))
        .then_some(value as i64)
}

fn real(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| !value.is_nan())
}

fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" => Some(true),
        "false" | "f" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

/// The texts read by a format; null where they do not fit it.
fn parse(cells: &StringChunked, to: ColumnType, format: &str) -> Option<Series> {
    match to {
        ColumnType::Date => cells.as_date(Some(format), true).ok().map(IntoSeries::into_series),
        ColumnType::Time => cells.as_time(Some(format), true).ok().map(IntoSeries::into_series),
        ColumnType::Datetime => {
            let ambiguous: StringChunked = std::iter::once(Some("raise")).collect();
            let unit = TimeUnit::Microseconds;
            cells.as_datetime(Some(format), unit, true, false, None, &ambiguous).ok().map(IntoSeries::into_series)
        }
        _ => None,
    }
}

/// A note where day and month could change places in every cell.
fn ambiguous(cells: &StringChunked, to: ColumnType, format: &str, name: &str) -> Option<String> {
    if !format.starts_with("%d/%m") {
        return None;
    }
    let swapped = format.replacen("%d/%m", "%m/%d", 1);
    let (a, b) = (parse(cells, to, format)?, parse(cells, to, &swapped)?);
    (a.null_count() == b.null_count() && a.len() > a.null_count())
        .then(|| format!("{name}: day and month cannot be told apart, read as day/month"))
}
