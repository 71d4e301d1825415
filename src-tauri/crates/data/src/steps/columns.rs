//! Columns as plain vectors: numbers with NaN for missing, and codes into the distinct values of a column.

use cairn_protocol::table::ColumnType;
use polars::prelude::*;
use polars_arrow::{
    array::{Array, View},
    bitmap::Bitmap,
};
use rayon::prelude::*;

use crate::{error::DataError, frame_types::column_type};

/// The code of a missing cell.
pub(crate) const MISSING: u32 = u32::MAX;

/// The column of that name, in one piece.
pub(crate) fn column<'a>(frame: &'a DataFrame, name: &str) -> Result<&'a Series, DataError> {
    frame.column(name).map(Column::as_materialized_series).map_err(|_| DataError::no_column(frame, name))
}

/// The cells of a column of numbers or truth values; NaN for missing.
pub(crate) fn numbers(series: &Series) -> Result<Vec<f64>, DataError> {
    let doing = || DataError::table(format!("reading the numbers of {}", series.name()));
    let cast = series.cast(&DataType::Float64).map_err(doing())?;
    let chunked = cast.f64().map_err(doing())?;
    let mut out = Vec::with_capacity(series.len());
    for chunk in chunked.downcast_iter() {
        let start = out.len();
        out.extend_from_slice(chunk.values().as_slice());
        if let Some(validity) = chunk.validity().filter(|validity| validity.unset_bits() > 0) {
            for (value, there) in out[start..].iter_mut().zip(validity.iter()) {
                if !there {
                    *value = f64::NAN;
                }
            }
        }
    }
    Ok(out)
}

/// Whole numbers (or what a point in time is made of); none for missing.
///
/// # Errors
/// Numbers beyond 64 bits with a sign: they would pass for missing cells.
pub(crate) fn wholes(series: &Series) -> Result<Vec<Option<i64>>, DataError> {
    let doing = || DataError::table(format!("reading the whole numbers of {}", series.name()));
    let cast = series.to_physical_repr().cast(&DataType::Int64).map_err(doing())?;
    if cast.null_count() > series.null_count() {
        let what = format!("{} holds whole numbers above {}", series.name(), super::names::count(i64::MAX as u64));
        let hint = "Such numbers are mostly codes: make them text with «Set type» in a step above";
        return Err(DataError::refused(what, Some(series.name()), hint));
    }
    Ok(cast.i64().map_err(doing())?.iter().collect())
}

/// The cells of a column as text; none for missing (NaN too). Durations, lists and structs as the grid shows them.
pub(crate) fn texts(series: &Series) -> Result<StringChunked, DataError> {
    if series.dtype().is_nested() || series.dtype().is_duration() {
        let shown: StringChunked = series.iter().map(|value| crate::format::text_of(&value)).collect();
        return Ok(shown.with_name(series.name().clone()));
    }
    let doing = || DataError::table(format!("reading {} as text", series.name()));
    let cast = series.cast(&DataType::String).map_err(doing())?;
    let shown = cast.str().map_err(doing())?;
    if series.dtype().is_float() {
        let there = series.is_not_nan().map_err(doing())?;
        if !there.all() {
            let missing = StringChunked::full_null(series.name().clone(), series.len());
            return shown.zip_with(&there, &missing).map_err(doing());
        }
    }
    Ok(shown.clone())
}

/// A column of numbers; NaN becomes null.
pub(crate) fn floats(name: &str, values: Vec<f64>) -> Column {
    let validity =
        values.iter().any(|value| value.is_nan()).then(|| values.iter().map(|value| !value.is_nan()).collect());
    Float64Chunked::from_vec_validity(name.into(), values, validity).into_series().into_column()
}

/// A column of 0 and 1, null where `validity` says so.
pub(super) fn flags(name: &str, values: Vec<u8>, validity: Option<Bitmap>) -> Column {
    UInt8Chunked::from_vec_validity(name.into(), values, validity).into_series().into_column()
}

/// A column as codes into its distinct values.
#[derive(Debug)]
pub(crate) struct Codes {
    /// For each row the index of its level; [`MISSING`] for a missing cell.
    pub rows: Vec<u32>,
    /// The distinct values in their order: numbers by size, texts by code point, false before true.
    pub levels: Vec<Level>,
}

/// A distinct value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Level {
    /// As text.
    pub label: String,
    /// What it is made of.
    pub value: LevelValue,
}

/// What a distinct value is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum LevelValue {
    /// Its label is all there is.
    Text,
    /// A truth value.
    Bool(bool),
    /// A whole number or a point in time.
    Whole(i64),
    /// A number.
    Real(f64),
}

impl Codes {
    /// How often each level occurs in the rows that `counted` keeps, and how many of those are missing.
    pub fn counts(&self, counted: Option<&[u8]>) -> (Vec<u64>, u64) {
        let mut counts = vec![0u64; self.levels.len()];
        let mut missing = 0;
        let mut add = |code: u32| match counts.get_mut(code as usize) {
            Some(count) => *count += 1,
            None => missing += 1,
        };
        match counted {
            None => self.rows.iter().for_each(|code| add(*code)),
            Some(parts) => self.rows.iter().zip(parts).filter(|(_, part)| **part == 0).for_each(|(code, _)| add(*code)),
        }
        (counts, missing)
    }
}

/// Codes of any column but lists and structs.
pub(crate) fn codes(series: &Series) -> Result<Codes, DataError> {
    match column_type(series.dtype()) {
        ColumnType::Bool => {
            let values = series.bool().map_err(DataError::table("reading truth values"))?;
            let keys = values.iter().map(|value| value.map(i64::from)).collect();
            Ok(by_key(keys, |key| Level { label: (key == 1).to_string(), value: LevelValue::Bool(key == 1) }))
        }
        ColumnType::Int => {
            let keys = wholes(series)?;
            Ok(by_key(keys, |key| Level { label: key.to_string(), value: LevelValue::Whole(key) }))
        }
        ColumnType::Float => {
            let keys = numbers(series)?.into_iter().map(|value| (!value.is_nan()).then(|| sortable(value))).collect();
            Ok(by_key(keys, |key| {
                let value = unsortable(key);
                Level { label: value.to_string(), value: LevelValue::Real(value) }
            }))
        }
        ColumnType::Date | ColumnType::Datetime | ColumnType::Time | ColumnType::Duration => {
            let canonical = canonical_time(series)?;
            let mut codes =
                by_key(wholes(&canonical)?, |key| Level { label: String::new(), value: LevelValue::Whole(key) });
            let keys: Vec<i64> = codes
                .levels
                .iter()
                .map(|level| if let LevelValue::Whole(key) = level.value { key } else { 0 })
                .collect();
            let shown = Series::new("levels".into(), keys)
                .cast(canonical.dtype())
                .map_err(DataError::table("spelling points in time"))?;
            for (level, text) in codes.levels.iter_mut().zip(texts(&shown)?.iter()) {
                text.unwrap_or_default().clone_into(&mut level.label);
            }
            Ok(codes)
        }
        ColumnType::Decimal => decimal_codes(series),
        ColumnType::Text | ColumnType::Category if series.dtype() != &DataType::Null => {
            let texts = texts(series)?;
            let (rows, order) = text_codes(&texts);
            let (rows, order) = in_order(rows, order);
            let levels =
                order.into_iter().map(|text| Level { label: text.to_owned(), value: LevelValue::Text }).collect();
            Ok(Codes { rows, levels })
        }
        ColumnType::Text | ColumnType::Category => Ok(Codes { rows: vec![MISSING; series.len()], levels: Vec::new() }),
        other => Err(DataError::refused(
            format!("{} holds {}s, which have no levels", series.name(), other.as_str()),
            Some(series.name()),
            "Drop the column",
        )),
    }
}

/// Codes of decimals by their exact values. A level is written without zeros at the end, so that `2.50` of one file meets
/// `2.5` of another, and `1.00` the whole number 1.
fn decimal_codes(series: &Series) -> Result<Codes, DataError> {
    let decimals = series.decimal().map_err(DataError::table("reading decimals"))?;
    let mut seen: PlHashMap<i128, u32> = PlHashMap::default();
    let mut order: Vec<i128> = Vec::new();
    let mut number = |units: i128| {
        *seen.entry(units).or_insert_with(|| {
            order.push(units);
            (order.len() - 1) as u32
        })
    };
    let rows = decimals.physical().iter().map(|units| units.map_or(MISSING, &mut number)).collect();
    let (rows, order) = in_order(rows, order);
    let scale = decimals.scale();
    let level = |units| Level { label: super::decimals::shown(units, scale), value: LevelValue::Text };
    Ok(Codes { rows, levels: order.into_iter().map(level).collect() })
}

/// Rows of a stretch that is numbered on its own.
const STRETCH: usize = 1 << 16;

/// A text as a key: up to twelve bytes are the whole of what a view holds of it, so that they need no second look.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum TextKey<'a> {
    Short(u128),
    Long(&'a str),
}

/// Texts as codes in the order of their appearance, and the texts. Stretches are numbered at once, each on its own;
/// their few distinct values are then numbered together.
fn text_codes(texts: &StringChunked) -> (Vec<u32>, Vec<&str>) {
    let mut rows = Vec::with_capacity(texts.len());
    let mut seen: PlHashMap<&str, u32> = PlHashMap::default();
    let mut order: Vec<&str> = Vec::new();
    for chunk in texts.downcast_iter() {
        let views = chunk.views().as_slice();
        let missing = chunk.validity().filter(|validity| validity.unset_bits() > 0);
        let starts: Vec<usize> = (0..views.len()).step_by(STRETCH).collect();
        let stretches: Vec<(Vec<u32>, Vec<&str>)> = starts
            .into_par_iter()
            .map(|start| {
                let mut known: PlHashMap<TextKey<'_>, u32> = PlHashMap::default();
                let mut first: Vec<&str> = Vec::new();
                let codes = (start..(start + STRETCH).min(views.len()))
                    .map(|row| {
                        if missing.is_some_and(|validity| !validity.get_bit(row)) {
                            return MISSING;
                        }
                        let view = views[row];
                        let short = view.length <= View::MAX_INLINE_SIZE;
                        let key = if short { TextKey::Short(view.as_u128()) } else { TextKey::Long(chunk.value(row)) };
                        *known.entry(key).or_insert_with(|| {
                            first.push(chunk.value(row));
                            (first.len() - 1) as u32
                        })
                    })
                    .collect();
                (codes, first)
            })
            .collect();
        for (codes, first) in stretches {
            let whole: Vec<u32> = first
                .into_iter()
                .map(|text| {
                    *seen.entry(text).or_insert_with(|| {
                        order.push(text);
                        (order.len() - 1) as u32
                    })
                })
                .collect();
            rows.extend(codes.into_iter().map(|code| whole.get(code as usize).copied().unwrap_or(MISSING)));
        }
    }
    (rows, order)
}

/// Datetimes and durations in microseconds, so that what was learned does not depend on a file's unit.
pub(crate) fn canonical_time(series: &Series) -> Result<Series, DataError> {
    let to = match series.dtype() {
        DataType::Datetime(_, zone) => DataType::Datetime(TimeUnit::Microseconds, zone.clone()),
        DataType::Duration(_) => DataType::Duration(TimeUnit::Microseconds),
        _ => return Ok(series.clone()),
    };
    series.cast(&to).map_err(DataError::table(format!("reading {} in microseconds", series.name())))
}

fn by_key(keys: Vec<Option<i64>>, level: impl Fn(i64) -> Level) -> Codes {
    let mut seen: PlHashMap<i64, u32> = PlHashMap::default();
    let mut order: Vec<i64> = Vec::new();
    let rows: Vec<u32> = keys
        .into_iter()
        .map(|key| match key {
            None => MISSING,
            Some(key) => *seen.entry(key).or_insert_with(|| {
                order.push(key);
                (order.len() - 1) as u32
            }),
        })
        .collect();
    let (rows, order) = in_order(rows, order);
    Codes { rows, levels: order.into_iter().map(level).collect() }
}

/// Codes in order of appearance made codes in order of value.
fn in_order<K: Ord + Copy>(mut rows: Vec<u32>, seen: Vec<K>) -> (Vec<u32>, Vec<K>) {
    let mut order: Vec<u32> = (0..seen.len() as u32).collect();
    order.sort_unstable_by_key(|&code| seen[code as usize]);
    let mut rank = vec![0u32; seen.len()];
    for (at, &code) in order.iter().enumerate() {
        rank[code as usize] = at as u32;
    }
    for code in &mut rows {
        if let Some(rank) = rank.get(*code as usize) {
            *code = *rank;
        }
    }
    (rows, order.into_iter().map(|code| seen[code as usize]).collect())
}

/// The bits of a number as a whole number of the same order; the two zeros are one.
fn sortable(value: f64) -> i64 {
    let bits = (value + 0.0).to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

fn unsortable(key: i64) -> f64 {
    f64::from_bits((key ^ (((key >> 63) as u64) >> 1) as i64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_stand_in_the_order_of_their_values() {
        let check = |series: Series, labels: &[&str], rows: &[u32]| {
            let codes = codes(&series).unwrap();
            let found: Vec<&str> = codes.levels.iter().map(|level| level.label.as_str()).collect();
            assert_eq!(found, labels);
            assert_eq!(codes.rows, rows);
        };
        check(Series::new("t".into(), [Some("b"), None, Some("a"), Some("b")]), &["a", "b"], &[1, MISSING, 0, 1]);
        check(Series::new("i".into(), [10i64, 9, -3, 10]), &["-3", "9", "10"], &[2, 1, 0, 2]);
        check(Series::new("b".into(), [true, false]), &["false", "true"], &[1, 0]);
        check(
            Series::new("f".into(), [0.0, -0.0, -2.5, f64::NAN, 1e3]),
            &["-2.5", "0", "1000"],
            &[1, 1, 0, MISSING, 2],
        );
        let days = Series::new("d".into(), [1i32, 0]).cast(&DataType::Date).unwrap();
        check(days, &["1970-01-01", "1970-01-02"], &[1, 0]);
        let category =
            Series::new("c".into(), ["z", "a"]).cast(&DataType::from_categories(Categories::global())).unwrap();
        check(category, &["a", "z"], &[1, 0]);
        check(Series::new_null("n".into(), 2), &[], &[MISSING, MISSING]);
        let units =
            Int128Chunked::new("d".into(), [Some(250i128), None, Some(-5), Some(250), Some(10i128.pow(37)), Some(0)]);
        let decimals = units.into_decimal(38, 2).unwrap().into_series();
        let large = format!("1{}", "0".repeat(35));
        check(decimals, &["-0.05", "0", "2.5", &large], &[2, MISSING, 0, 2, 3, 1]);
    }

    #[test]
    fn a_number_that_is_none_has_no_text() {
        let found = texts(&Series::new("x".into(), [Some(1.5), Some(f64::NAN), None])).unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), [Some("1.5"), None, None]);
    }

    #[test]
    fn durations_have_levels_and_texts() {
        let spans = Series::new("d".into(), [Some(90_000_000i64), None, Some(1_000_000)])
            .cast(&DataType::Duration(TimeUnit::Microseconds))
            .unwrap();
        let found = codes(&spans).unwrap();
        let labels: Vec<&str> = found.levels.iter().map(|level| level.label.as_str()).collect();
        assert_eq!((labels, found.rows), (vec!["1s", "1m 30s"], vec![1, MISSING, 0]));
        assert_eq!(texts(&spans).unwrap().get(0), Some("1m 30s"));
    }

    #[test]
    fn numbers_beyond_64_bits_with_a_sign_are_refused_and_not_missing() {
        let fits = Series::new("n".into(), [Some(i64::MAX as u64), None]);
        assert_eq!(wholes(&fits).unwrap(), [Some(i64::MAX), None]);
        let wide = Series::new("n".into(), [Some(i64::MAX as u64 + 1), None]);
        for error in [wholes(&wide).err(), codes(&wide).err()] {
            let error = error.expect("refused");
            assert_eq!(error.to_string(), "n holds whole numbers above 9,223,372,036,854,775,807");
            assert!(error.hint().contains("Set type"));
        }
    }

    #[test]
    fn missing_numbers_are_nan_and_go_back_to_null() {
        let values = numbers(&Series::new("x".into(), [Some(1i64), None, Some(3)])).unwrap();
        assert!(values[1].is_nan());
        let back = floats("x", values);
        assert_eq!(back.null_count(), 1);
        assert_eq!(back.f64().unwrap().get(2), Some(3.0));
    }
}
