//! Columns of text whose every value is a date or a point in time become dates, by the rules of delimited text.

use polars::prelude::{
    ChunkedArray, Column, DataType, Int32Chunked, Int32Type, Int64Chunked, IntoColumn, IntoSeries, StringChunked,
    TimeUnit,
};
use rayon::prelude::*;

use super::cells::Cell;
use crate::import::columns::moment as moment_in;
use crate::import::kinds::{self, DateOrder, Hints, Kinds, Target, classify, is_settled_text, resolve};
use crate::import::values;

/// What one text is; nothing where it is no date: a number is text here, since the file had a way to say that it is one.
fn look(text: &[u8]) -> Option<Kinds> {
    let kinds = classify(text);
    (kinds != 0 && kinds & !kinds::DATES == 0).then_some(kinds)
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

/// The dates of a column of text, and whether they came with offsets; nothing where a value is no date, or where day and
/// month cannot be told apart.
fn dates(texts: &StringChunked) -> Option<(Column, bool)> {
    let mut met = 0;
    for text in texts.iter().flatten() {
        met |= look(text.as_bytes())?;
        if is_settled_text(met) {
            return None;
        }
    }
    let name = texts.name().clone();
    let bytes = || texts.iter().map(|text| Some(text?.as_bytes().trim_ascii()));
    match resolve(met, Hints::default()) {
        Target::Date(order) => {
            let days: ChunkedArray<Int32Type> =
                bytes().map(|text| values::date(text?, order)).collect::<Int32Chunked>();
            Some((days.with_name(name).into_date().into_series().into_column(), false))
        }
        Target::Datetime { nanos, order } => {
            let unit = if nanos { TimeUnit::Nanoseconds } else { TimeUnit::Microseconds };
            let ticks: Int64Chunked = bytes().map(|text| moment_in(text?, nanos, order)).collect();
            let utc = met & kinds::TIMED_UTC != 0;
            Some((ticks.with_name(name).into_datetime(unit, None).into_series().into_column(), utc))
        }
        _ => None,
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
