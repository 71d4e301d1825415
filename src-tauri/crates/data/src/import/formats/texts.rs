//! Columns of text whose every value is a date or a point in time become dates, by the rules of delimited text.

use polars::prelude::{
    ChunkedArray, Column, DataType, Int32Chunked, Int32Type, Int64Chunked, IntoColumn, IntoSeries, StringChunked,
    TimeUnit,
};
use rayon::prelude::*;

use super::cells::Cell;
use crate::import::kinds::DateOrder;
use crate::import::values;

/// What the texts of a column have in common, as bits.
type Met = u16;
const ISO: Met = 1;
const DOT: Met = 1 << 1;
const EITHER: Met = 1 << 2;
const DAY_FIRST: Met = 1 << 3;
const MONTH_FIRST: Met = 1 << 4;
const TIMED: Met = 1 << 5;
const UTC: Met = 1 << 6;
const NANO: Met = 1 << 7;
/// Beyond what nanoseconds in 64 bits reach.
const FAR: Met = 1 << 8;

/// How a column of dates is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Date(DateOrder),
    Datetime { nanos: bool },
}

/// What one text is; nothing where it is no date.
fn look(text: &[u8]) -> Option<Met> {
    // A number is text here: the file had a way to say that it is one.
    if !text.first()?.is_ascii_digit() || !(6..=40).contains(&text.len()) {
        return None;
    }
    if values::date(text, DateOrder::YearMonthDay).is_some() {
        return Some(ISO);
    }
    let day_first = values::date(text, DateOrder::DayMonthYear).is_some();
    let month_first = values::date(text, DateOrder::MonthDayYear).is_some();
    match (day_first, month_first) {
        (true, _) if text.contains(&b'.') => Some(DOT),
        (false, true) if text.contains(&b'.') => None,
        (true, true) => Some(EITHER),
        (true, false) => Some(DAY_FIRST),
        (false, true) => Some(MONTH_FIRST),
        (false, false) => values::datetime(text).map(|moment| {
            (if moment.utc { UTC } else { TIMED })
                | (if moment.nanos % 1000 != 0 { NANO } else { 0 })
                | (if moment.in_nanos().is_none() { FAR } else { 0 })
        }),
    }
}

/// The reading that fits all that was met. Day and month must be told apart somewhere.
fn reading(met: Met) -> Option<Reading> {
    let within = |allowed: Met| met & !allowed == 0;
    if met == 0 {
        None
    } else if within(ISO) {
        Some(Reading::Date(DateOrder::YearMonthDay))
    } else if within(DOT) || (within(EITHER | DAY_FIRST) && met & DAY_FIRST != 0) {
        Some(Reading::Date(DateOrder::DayMonthYear))
    } else if within(EITHER | MONTH_FIRST) && met & MONTH_FIRST != 0 {
        Some(Reading::Date(DateOrder::MonthDayYear))
    } else if within(ISO | TIMED | NANO | FAR) || within(UTC | NANO | FAR) {
        let nanos = met & NANO != 0;
        (!nanos || met & (FAR | ISO) == 0).then_some(Reading::Datetime { nanos })
    } else {
        None
    }
}

/// An ISO 8601 date or point in time as a cell.
pub(crate) fn moment(text: &str) -> Option<Cell<'static>> {
    if let Some(day) = values::date(text.as_bytes(), DateOrder::YearMonthDay) {
        return Some(Cell::Date(day));
    }
    values::datetime(text.as_bytes()).map(|moment| Cell::Datetime(moment.in_micros()))
}

/// Types the columns that hold dates only.
pub(crate) fn type_dates(columns: &mut [Column], notes: &mut Vec<String>) {
    let typed: Vec<Option<(Column, bool)>> = columns
        .par_iter()
        .map(|column| match column.dtype() {
            DataType::String => column.str().ok().and_then(dates),
            _ => None,
        })
        .collect();
    for (column, typed) in columns.iter_mut().zip(typed) {
        if let Some((dates, utc)) = typed {
            if utc {
                notes.push(format!("«{}» holds times with offsets: shown in UTC", column.name()));
            }
            *column = dates;
        }
    }
}

/// The dates of a column of text, and whether they came with offsets; nothing where a value is no date.
fn dates(texts: &StringChunked) -> Option<(Column, bool)> {
    let mut met = 0;
    for text in texts.iter().flatten() {
        met |= look(text.as_bytes())?;
        if met != EITHER && reading(met).is_none() {
            return None;
        }
    }
    let name = texts.name().clone();
    match reading(met)? {
        Reading::Date(order) => {
            let days: ChunkedArray<Int32Type> =
                texts.iter().map(|text| values::date(text?.as_bytes(), order)).collect::<Int32Chunked>();
            Some((days.with_name(name).into_date().into_series().into_column(), false))
        }
        Reading::Datetime { nanos } => {
            let unit = if nanos { TimeUnit::Nanoseconds } else { TimeUnit::Microseconds };
            let ticks: Int64Chunked = texts
                .iter()
                .map(|text| {
                    let text = text?.as_bytes();
                    let moment = values::datetime(text).or_else(|| {
                        let day = values::date(text, DateOrder::YearMonthDay)?;
                        Some(values::Moment { seconds: i64::from(day) * 86_400, nanos: 0, utc: false })
                    })?;
                    if nanos { moment.in_nanos() } else { Some(moment.in_micros()) }
                })
                .collect();
            let utc = met & UTC != 0;
            Some((ticks.with_name(name).into_datetime(unit, None).into_series().into_column(), utc))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_columns_of_dates_change() {
        let mut columns: Vec<Column> = [
            ("d", ["2024-01-31", "2024-02-29"], DataType::Date),
            ("e", ["03/04/2024", "28/04/2024"], DataType::Date),
            (
                "t",
                ["2024-01-31T10:00:00Z", "2024-01-31T10:00:00+02:00"],
                DataType::Datetime(TimeUnit::Microseconds, None),
            ),
            ("n", ["20240131", "20240201"], DataType::String),
            ("x", ["2024-01-31", "soon"], DataType::String),
            ("a", ["03/04/2024", "04/03/2024"], DataType::String),
        ]
        .into_iter()
        .map(|(name, cells, _)| Column::new(name.into(), cells))
        .collect();
        let mut notes = Vec::new();
        type_dates(&mut columns, &mut notes);
        let found: Vec<bool> = columns.iter().map(|column| column.dtype() == &DataType::String).collect();
        assert_eq!(found, [false, false, false, true, true, true]);
        assert!(notes.len() == 1 && notes[0].contains("«t»"), "{notes:?}");
        assert_eq!(columns[0].dtype(), &DataType::Date);
    }
}
