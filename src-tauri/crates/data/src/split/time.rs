//! Parts and folds in an order: that of a time column, or that of the rows.
//!
//! **Parts.** Rows in order are cut where the shares say (largest remainder) or where a cut date says. Rows of one
//! moment stay together: a cut that would part them moves to the nearer end of the moment, so that the last training row
//! is truly earlier than the first of what follows; where all moments differ the counts are exact. **Gap.** Before
//! each later part some rows (a number of them, or those less than a duration earlier) are left out of all parts.
//! **Folds.** In time, those of scikit-learn's `TimeSeriesSplit`: of n rows the last k blocks of ⌊n / (k + 1)⌋ are validated
//! on in turn, training is all before (or a window of it), less the gap, and what comes later is left out. In the
//! order of rows, those of `KFold`: contiguous blocks; a gap leaves out rows on both sides of the block.

use std::ops::Range;

use cairn_protocol::{notebook::SplitCell, table::ColumnType};
use polars::prelude::*;

use super::counts;
use crate::{
    error::DataError,
    frame_types::column_type,
    steps::{
        columns::{numbers, wholes},
        count,
    },
};

/// What is left out before a later part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Gap {
    Rows(usize),
    /// In the units of the time column.
    Ticks(i64),
}

/// Rows in an order.
pub(super) struct Line {
    /// Rows of the table, first to last.
    pub rows: Vec<u32>,
    /// The moment of each of them, never falling; empty in the order of rows, where all differ.
    pub moments: Vec<i64>,
}

/// The moments of a time column.
pub(super) struct Times {
    /// By row; none for missing.
    pub keys: Vec<Option<i64>>,
    unit: Unit,
}

/// What a whole number of the column stands for.
#[derive(Clone, Copy)]
enum Unit {
    /// So many in a second.
    Ticks(i64),
    Days,
    Whole,
    Real,
}

impl Times {
    /// From a column of dates, times or numbers.
    pub fn new(series: &Series) -> Result<Self, DataError> {
        let name = series.name().as_str();
        let kind = column_type(series.dtype());
        let unit = match series.dtype() {
            DataType::Datetime(unit, _) | DataType::Duration(unit) => Unit::Ticks(match unit {
                TimeUnit::Nanoseconds => 1_000_000_000,
                TimeUnit::Microseconds => 1_000_000,
                TimeUnit::Milliseconds => 1_000,
            }),
            DataType::Time => Unit::Ticks(1_000_000_000),
            DataType::Date => Unit::Days,
            _ if kind == ColumnType::Int => Unit::Whole,
            _ if kind.is_numeric() => Unit::Real,
            _ => {
                let what = format!("{name} holds {}s, which have no order in time", kind.as_str());
                return Err(DataError::refused(what, Some(name), "Set its type to a date or a number above the split"));
            }
        };
        let keys = match unit {
            Unit::Real => {
                let real = |value: f64| (!value.is_nan()).then(|| sortable(value));
                numbers(series)?.into_iter().map(real).collect()
            }
            _ => wholes(series)?,
        };
        Ok(Self { keys, unit })
    }

    /// The moment a cut names.
    fn cut(&self, text: &str, column: &str) -> Result<i64, DataError> {
        let text = text.trim();
        let moment = match self.unit {
            Unit::Whole => text.parse::<f64>().ok().filter(|value| value.is_finite()).map(|value| value.ceil() as i64),
            Unit::Real => text.parse::<f64>().ok().filter(|value| value.is_finite()).map(sortable),
            Unit::Days => seconds(text)
                .map(|(secs, nanos)| secs.div_euclid(86_400) + i64::from(secs.rem_euclid(86_400) > 0 || nanos > 0)),
            Unit::Ticks(per_second) => seconds(text).and_then(|(secs, nanos)| {
                let part = i64::from(nanos) / (1_000_000_000 / per_second);
                secs.checked_mul(per_second)?.checked_add(part)
            }),
        };
        moment.ok_or_else(|| {
            let what = format!("{text:?} is no point in time of {column}");
            let hint = "Write a date as 2024-03-01 or 2024-03-01T12:00, or a number where the column holds numbers";
            DataError::refused(what, Some(column), hint)
        })
    }

    /// The rows of a pool in the order of their moments; rows without one are returned apart.
    pub fn line(&self, pool: &[u32]) -> (Line, usize) {
        let mut rows: Vec<(i64, u32)> =
            pool.iter().filter_map(|row| self.keys[*row as usize].map(|key| (key, *row))).collect();
        let missing = pool.len() - rows.len();
        rows.sort_unstable();
        let (moments, rows) = rows.into_iter().unzip();
        (Line { rows, moments }, missing)
    }
}

/// Seconds and nanoseconds since 1970-01-01 in UTC.
fn seconds(text: &str) -> Option<(i64, i32)> {
    let stamp = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    })?;
    let (mut secs, mut nanos) = (stamp.as_second(), stamp.subsec_nanosecond());
    if nanos < 0 {
        secs -= 1;
        nanos += 1_000_000_000;
    }
    Some((secs, nanos))
}

/// The bits of a number as a whole number of the same order.
fn sortable(value: f64) -> i64 {
    let bits = (value + 0.0).to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

/// Reads a gap: `100` rows, or `7d`, `36h`, `30min`, `15s`, `2w` of a time column.
pub(super) fn gap(text: Option<&str>, times: Option<&Times>) -> Result<Option<Gap>, DataError> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic() || letter == ' ');
    let unit = text[digits.len()..].trim();
    let refused = |hint: &str| Err(DataError::refused(format!("{text:?} is no gap"), None, hint));
    const HINT: &str = "Write a number of rows (100) or a duration (7d, 36h, 30min, 15s, 2w)";
    let Ok(number) = digits.trim().parse::<f64>() else { return refused(HINT) };
    if !(0.0..=1e12).contains(&number) {
        return refused(HINT);
    }
    let seconds = match unit {
        "" | "rows" | "row" if number.fract() == 0.0 => return Ok(Some(Gap::Rows(number as usize))),
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        "w" => 604_800.0,
        _ => return refused(HINT),
    } * number;
    match times.map(|times| times.unit) {
        Some(Unit::Ticks(per_second)) => Ok(Some(Gap::Ticks((seconds * per_second as f64).ceil() as i64))),
        Some(Unit::Days) => Ok(Some(Gap::Ticks((seconds / 86_400.0).ceil() as i64))),
        _ => refused("A duration needs a column of dates; write a number of rows"),
    }
}

impl Line {
    /// A line of rows as they stand.
    pub fn of_rows(pool: &[u32]) -> Self {
        Self { rows: pool.to_vec(), moments: Vec::new() }
    }

    /// The nearest place that does not part rows of one moment; of equally near ones the earlier.
    fn border(&self, at: usize) -> usize {
        if self.moments.is_empty() || at == 0 || at >= self.rows.len() || self.moments[at - 1] != self.moments[at] {
            return at;
        }
        let moment = self.moments[at];
        let first = self.moments.partition_point(|other| *other < moment);
        let end = self.moments.partition_point(|other| *other <= moment);
        if at - first <= end - at { first } else { end }
    }

    /// Where the training rows before a place end, the gap left away.
    fn before(&self, start: usize, gap: Option<Gap>) -> usize {
        match gap {
            None => start,
            Some(Gap::Rows(rows)) => start.saturating_sub(rows),
            Some(Gap::Ticks(ticks)) if start < self.rows.len() => {
                let first = self.moments[start];
                self.moments[..start].partition_point(|moment| first.saturating_sub(*moment) >= ticks)
            }
            Some(Gap::Ticks(_)) => start,
        }
    }

    /// The parts of shares: rows ascending.
    pub fn parts(&self, shares: &[f64], gap: Option<Gap>) -> Vec<Vec<u32>> {
        let mut end = 0;
        let ends: Vec<usize> = counts::totals(self.rows.len(), shares)
            .into_iter()
            .map(|rows| {
                end += rows;
                self.border(end)
            })
            .collect();
        self.cut_at(&ends, gap)
    }

    /// The parts between cuts, one for each share above 0.
    pub fn parts_of_cuts(
        &self,
        cell: &SplitCell,
        times: &Times,
        shares: &[f64],
        gap: Option<Gap>,
    ) -> Result<Vec<Vec<u32>>, DataError> {
        let column = cell.time.as_deref().unwrap_or_default();
        let used = shares.iter().filter(|share| **share > 0.0).count();
        if cell.cuts.len() + 1 != used {
            let what = format!(
                "{} for {used} parts",
                if cell.cuts.len() == 1 { "1 cut".into() } else { format!("{} cuts", cell.cuts.len()) }
            );
            let hint = "Give one cut less than there are parts with a share above 0: where each after the first begins";
            return Err(DataError::refused(what, Some(column), hint));
        }
        let mut places = Vec::with_capacity(used);
        let mut before = i64::MIN;
        for cut in &cell.cuts {
            let moment = times.cut(cut, column)?;
            if moment <= before {
                let what = format!("the cut {cut} is not later than the one before it");
                return Err(DataError::refused(what, Some(column), "Give the cuts from early to late"));
            }
            before = moment;
            places.push(self.moments.partition_point(|other| *other < moment));
        }
        places.push(self.rows.len());
        let mut places = places.into_iter();
        let mut end = 0;
        let ends: Vec<usize> = shares
            .iter()
            .map(|share| {
                if *share > 0.0 {
                    end = places.next().unwrap_or(end);
                }
                end
            })
            .collect();
        Ok(self.cut_at(&ends, gap))
    }

    fn cut_at(&self, ends: &[usize], gap: Option<Gap>) -> Vec<Vec<u32>> {
        let mut keep = vec![true; if gap.is_some() { self.rows.len() } else { 0 }];
        let mut last = ends.last().copied().unwrap_or(0);
        if gap.is_some() {
            for pair in ends.windows(2).filter(|pair| pair[0] < pair[1]) {
                keep[self.before(pair[0], gap)..pair[0]].fill(false);
            }
        }
        last = last.min(self.rows.len());
        let mut start = 0;
        ends.iter()
            .map(|end| {
                let range = start..(*end).min(last).max(start);
                start = range.end;
                let kept = range.filter(|at| keep.get(*at).copied().unwrap_or(true));
                ascending(kept.map(|at| self.rows[at]).collect())
            })
            .collect()
    }

    /// Training and validation rows of each fold in time.
    pub fn time_folds(&self, folds: usize, gap: Option<Gap>, window: Option<usize>) -> Vec<(Vec<u32>, Vec<u32>)> {
        let rows = self.rows.len();
        let block = rows / (folds + 1);
        (0..folds)
            .map(|fold| {
                let start = self.border(rows - (folds - fold) * block);
                let end = if fold + 1 == folds { rows } else { self.border(rows - (folds - fold - 1) * block) };
                let last = self.before(start, gap);
                let first = window.map_or(0, |window| last.saturating_sub(window));
                (self.take(first..last), self.take(start..end.max(start)))
            })
            .collect()
    }

    /// Training and validation rows of each fold in the order of rows.
    pub fn block_folds(&self, folds: usize, gap: Option<Gap>) -> Vec<(Vec<u32>, Vec<u32>)> {
        let away = if let Some(Gap::Rows(rows)) = gap { rows } else { 0 };
        let mut start = 0;
        counts::totals(self.rows.len(), &vec![1.0 / folds as f64; folds])
            .into_iter()
            .map(|block| {
                let end = start + block;
                let mut train = self.take(0..start.saturating_sub(away));
                train.extend(self.take((end + away).min(self.rows.len())..self.rows.len()));
                let valid = self.take(start..end);
                start = end;
                (ascending(train), valid)
            })
            .collect()
    }

    fn take(&self, range: Range<usize>) -> Vec<u32> {
        ascending(self.rows[range].to_vec())
    }
}

fn ascending(mut rows: Vec<u32>) -> Vec<u32> {
    rows.sort_unstable();
    rows
}

/// «12 rows have no moment in day».
pub(super) fn missing_words(rows: usize, column: &str) -> String {
    format!("{} {} no moment in {column}", count(rows as u64), if rows == 1 { "row has" } else { "rows have" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_and_gaps_are_read_in_the_units_of_the_column() {
        let days = Times::new(&Series::new("d".into(), [0i32]).cast(&DataType::Date).unwrap()).unwrap();
        assert_eq!(days.cut("1970-01-11", "d").unwrap(), 10);
        assert_eq!(days.cut("1970-01-11T06:00", "d").unwrap(), 11, "a day begins at midnight");
        assert_eq!(gap(Some("36h"), Some(&days)).unwrap(), Some(Gap::Ticks(2)));
        let micros = DataType::Datetime(TimeUnit::Microseconds, None);
        let times = Times::new(&Series::new("t".into(), [0i64]).cast(&micros).unwrap()).unwrap();
        assert_eq!(times.cut("1969-12-31T23:59:59.5", "t").unwrap(), -500_000);
        assert_eq!(times.cut("1970-01-01T01:00+01:00", "t").unwrap(), 0);
        assert_eq!(gap(Some("30 min"), Some(&times)).unwrap(), Some(Gap::Ticks(1_800_000_000)));
        assert_eq!(gap(Some("100"), None).unwrap(), Some(Gap::Rows(100)));
        assert!(times.cut("soon", "t").unwrap_err().hint().contains("2024-03-01"));
        assert!(gap(Some("7d"), None).unwrap_err().hint().contains("column of dates"));
        assert!(gap(Some("7 years"), Some(&times)).is_err());
        assert!(Times::new(&Series::new("s".into(), ["a"])).is_err());
    }
}
