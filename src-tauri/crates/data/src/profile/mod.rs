//! Figures of every column over all rows, what a person should look at, and one column in detail.
//!
//! Every figure comes from one pass that sorts or counts a column's values: distinct counts, quantiles and top values
//! are exact. Only past a stated number of cells are rows drawn (evenly), and `rows_profiled` says so.

mod detail;
mod distribution;
pub(crate) mod findings;

use std::time::Instant;

use cairn_protocol::Real;
use cairn_protocol::table::{ColumnProfile, ColumnType, Profile, Scalar, TopValue};
use polars::prelude::{AnyValue, Column, DataFrame, DataType, IdxCa, PlSmallStr, TimeUnit};
use rayon::prelude::*;

use crate::{format, frame_types::column_type};
use distribution::Shape;
pub(crate) use distribution::{FAR, Numbers, Spread, Words};

pub use detail::column_detail;

/// Cells up to which every row counts.
const EXACT_CELLS: u64 = 400_000_000;
/// Values listed as most frequent.
const TOP: usize = 20;

/// Figures of every column; on all rows up to 400 million cells.
#[must_use]
pub fn profile(frame: &DataFrame) -> Profile {
    profile_within(frame, EXACT_CELLS)
}

/// [`profile`] with another number of cells beyond which rows are drawn evenly.
#[must_use]
pub fn profile_within(frame: &DataFrame, cells: u64) -> Profile {
    let begin = Instant::now();
    let rows = frame.height() as u64;
    let drawn = drawn(frame, cells);
    let frame = drawn.as_ref().unwrap_or(frame);
    let figures: Vec<Figures> = frame.columns().par_iter().map(Figures::of).collect();
    let findings = findings::findings(frame, &figures);
    Profile {
        rows,
        rows_profiled: frame.height() as u64,
        elapsed_secs: begin.elapsed().as_secs_f64(),
        columns: figures.into_iter().map(|figures| figures.profile).collect(),
        findings,
    }
}

/// Every k-th row, where there are more cells than wanted.
fn drawn(frame: &DataFrame, cells: u64) -> Option<DataFrame> {
    let all = frame.height() as u64 * frame.width() as u64;
    if all <= cells.max(1) {
        return None;
    }
    let step = usize::try_from(all.div_ceil(cells.max(1))).ok()?;
    let index = IdxCa::from_vec(PlSmallStr::EMPTY, (0..frame.height() as u32).step_by(step).collect());
    frame.take(&index).ok()
}

/// A column's profile, with what the findings need besides.
pub(crate) struct Figures {
    pub profile: ColumnProfile,
    /// Levels with less than one percent of the rows, and their rows; for text.
    pub rare_levels: u64,
    pub rare_rows: u64,
    /// Whole numbers that are all different and have no gaps.
    pub counts_up: bool,
    /// The two counts of a column with two values, the smaller first.
    pub two: Option<[(String, u64); 2]>,
    /// Where most numbers lie, and how many lie far out.
    pub spread: Option<Spread>,
}

impl Figures {
    pub fn of(column: &Column) -> Self {
        match Numbers::of(column) {
            Some(numbers) => numeric(column, &numbers),
            None => worded(column, &Words::of(column)),
        }
    }
}

fn empty_profile(column: &Column, present: u64) -> ColumnProfile {
    ColumnProfile {
        name: column.name().to_string(),
        column_type: column_type(column.dtype()),
        nulls: column.len() as u64 - present,
        ..ColumnProfile::default()
    }
}

fn numeric(column: &Column, numbers: &Numbers) -> Figures {
    let mut profile = empty_profile(column, numbers.count());
    let dtype = column.dtype();
    let text = |key: i64| match dtype {
        DataType::Date => format::date(key),
        DataType::Datetime(unit, _) => format::datetime(key, *unit),
        DataType::Time => format::text_of(&AnyValue::Time(key)).unwrap_or_default(),
        DataType::Duration(unit) => format::text_of(&AnyValue::Duration(key, *unit)).unwrap_or_default(),
        _ => numbers.text(key),
    };
    profile.distinct = numbers.distinct();
    let ends = if dtype.is_temporal() {
        let first_and_last = numbers.runs.first().zip(numbers.runs.last());
        first_and_last.map(|(first, last)| (Scalar::Text(text(first.0)), Scalar::Text(text(last.0))))
    } else {
        numbers.ends()
    };
    (profile.min, profile.max) = ends.unzip();
    let top = most_frequent(numbers.runs.iter().map(|(key, count)| (*key, *count)));
    profile.top = top.into_iter().map(|(key, count)| TopValue { value: text(key), count }).collect();
    let mut spread = None;
    if dtype.is_temporal() {
        let per_second = match dtype {
            DataType::Date => 0,
            DataType::Datetime(TimeUnit::Milliseconds, _) | DataType::Duration(TimeUnit::Milliseconds) => 1_000,
            DataType::Datetime(TimeUnit::Microseconds, _) | DataType::Duration(TimeUnit::Microseconds) => 1_000_000,
            _ => 1_000_000_000,
        };
        profile.histogram = numbers.time_histogram(per_second, text);
    } else if numbers.count() > 0 {
        let Shape { mean, std, skew, kurtosis } = numbers.shape();
        profile.mean = Some(Real(mean));
        profile.std = std.map(Real);
        profile.skew = skew.map(Real);
        profile.kurtosis = kurtosis.map(Real);
        profile.quantiles = Some(numbers.quantiles());
        profile.histogram = numbers.histogram();
        spread = numbers.spread();
    }
    let counts_up = match (dtype.is_integer() && numbers.is_whole(), numbers.runs.first(), numbers.runs.last()) {
        (true, Some((first, _)), Some((last, _))) => {
            let all_different = numbers.runs.len() as u64 == numbers.count();
            all_different && last.checked_sub(*first) == Some(numbers.runs.len() as i64 - 1)
        }
        _ => false,
    };
    let two = match numbers.runs.as_slice() {
        [(a, m), (b, n)] if !dtype.is_temporal() => Some(smaller_first((text(*a), *m), (text(*b), *n))),
        _ => None,
    };
    Figures { profile, rare_levels: 0, rare_rows: 0, counts_up, two, spread }
}

fn worded(column: &Column, words: &Words<'_>) -> Figures {
    let mut profile = empty_profile(column, words.present);
    profile.distinct = words.counts.len() as u64;
    if matches!(profile.column_type, ColumnType::Text | ColumnType::Category) {
        profile.text = Some(words.figures());
    }
    let scalar = |text: &str| match column.dtype() {
        DataType::Boolean => Scalar::Bool(text == "true"),
        _ => Scalar::Text(text.to_owned()),
    };
    profile.min = words.counts.iter().map(|(text, _)| text).min().map(|text| scalar(text));
    profile.max = words.counts.iter().map(|(text, _)| text).max().map(|text| scalar(text));
    let top = most_frequent(words.counts.iter().map(|(text, count)| (&**text, *count)));
    profile.top = top.into_iter().map(|(text, count)| TopValue { value: text.to_owned(), count }).collect();
    let rare = |count: u64| count * 100 < column.len() as u64;
    let rare_counts = || words.counts.iter().map(|(_, count)| *count).filter(|count| rare(*count));
    let two = match words.counts.as_slice() {
        [(a, m), (b, n)] => Some(smaller_first((a.to_string(), *m), (b.to_string(), *n))),
        _ => None,
    };
    Figures {
        profile,
        rare_levels: rare_counts().count() as u64,
        rare_rows: rare_counts().sum(),
        counts_up: false,
        two,
        spread: None,
    }
}

fn smaller_first(a: (String, u64), b: (String, u64)) -> [(String, u64); 2] {
    if b.1 < a.1 { [b, a] } else { [a, b] }
}

/// The most frequent values, most frequent first, of equals the smallest.
fn most_frequent<T: Ord + Copy>(counts: impl Iterator<Item = (T, u64)>) -> Vec<(T, u64)> {
    let mut top: Vec<(T, u64)> = Vec::with_capacity(TOP + 1);
    for (value, count) in counts {
        let place = |(other, times): &(T, u64)| (*times, std::cmp::Reverse(*other)) > (count, std::cmp::Reverse(value));
        if top.len() < TOP || !top.last().is_some_and(place) {
            let at = top.partition_point(place);
            top.insert(at, (value, count));
            top.truncate(TOP);
        }
    }
    top
}

#[cfg(test)]
mod tests;
