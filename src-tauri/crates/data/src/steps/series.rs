//! Rows that look at their neighbours: lags and rolling windows.
//!
//! Rows are arranged by group, then by the column that gives the order (missing ones last, equal ones in the table's
//! order); what is computed goes back to the rows where they stand. No row looks into another group. Parts of a split
//! are no border: a value of the test part that looks back on training rows is what a time series has at that moment.

use cairn_protocol::{
    steps::{Aggregate, Lag, LagOutput, Rolling},
    table::ColumnType,
};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::{canonical_time, codes, column, floats, numbers, wholes},
    fitted::Learned,
    operation::{Change, Operation, Stage},
};
use crate::{error::DataError, frame_types::column_type};

/// For each row the number of its group, in the order of the groups' first rows, and how many groups there are. A
/// missing value is a value like others.
pub(super) fn groups(frame: &DataFrame, by: &[String]) -> Result<(Vec<u32>, usize), DataError> {
    let mut rows = vec![0u32; frame.height()];
    let mut many = usize::from(frame.height() > 0);
    for name in by {
        let codes = codes(column(frame, name)?)?;
        let mut seen: PlHashMap<(u32, u32), u32> = PlHashMap::default();
        for (group, code) in rows.iter_mut().zip(&codes.rows) {
            let next = seen.len() as u32;
            *group = *seen.entry((*group, *code)).or_insert(next);
        }
        many = seen.len();
    }
    Ok((rows, many))
}

/// A whole number for each row that sorts as the values do; missing ones last.
fn sort_keys(series: &Series) -> Result<Vec<i64>, DataError> {
    let kind = column_type(series.dtype());
    Ok(match kind {
        ColumnType::Float => {
            let key = |value: f64| {
                let bits = (value + 0.0).to_bits() as i64;
                if value.is_nan() { i64::MAX } else { bits ^ (((bits >> 63) as u64) >> 1) as i64 }
            };
            numbers(series)?.into_iter().map(key).collect()
        }
        ColumnType::Text | ColumnType::Category | ColumnType::Decimal | ColumnType::List | ColumnType::Struct => {
            codes(series)?.rows.into_iter().map(i64::from).collect()
        }
        _ => wholes(series)?.into_iter().map(|value| value.unwrap_or(i64::MAX)).collect(),
    })
}

/// Rows by group, then in order.
pub(super) struct Arranged {
    /// Rows of the table.
    pub rows: Vec<u32>,
    /// Where each group begins and ends in them.
    pub bounds: Vec<(usize, usize)>,
}

impl Arranged {
    /// By columns, then a column of order.
    pub fn new(frame: &DataFrame, by: &[String], order: Option<&str>) -> Result<Self, DataError> {
        let (of_row, many) = groups(frame, by)?;
        let keys = order.filter(|name| !name.is_empty()).map(|name| sort_keys(column(frame, name)?)).transpose()?;
        Ok(Self::of(&of_row, many, keys.as_deref()))
    }

    /// By the numbers of groups (or of other slots), then by keys.
    pub fn of(of_row: &[u32], many: usize, keys: Option<&[i64]>) -> Self {
        let mut starts = vec![0usize; many + 1];
        for slot in of_row {
            starts[*slot as usize + 1] += 1;
        }
        for at in 0..many {
            starts[at + 1] += starts[at];
        }
        let bounds: Vec<(usize, usize)> = starts.windows(2).map(|pair| (pair[0], pair[1])).collect();
        let mut rows = vec![0u32; of_row.len()];
        for (row, slot) in (0u32..).zip(of_row) {
            rows[starts[*slot as usize]] = row;
            starts[*slot as usize] += 1;
        }
        if let Some(keys) = keys {
            let key = |row: &u32| keys[*row as usize];
            let mut rest = rows.as_mut_slice();
            let mut slots = Vec::with_capacity(bounds.len());
            for (start, end) in &bounds {
                let (slot, after) = std::mem::take(&mut rest).split_at_mut(end - start);
                slots.push(slot);
                rest = after;
            }
            slots
                .into_par_iter()
                .filter(|slot| !slot.is_sorted_by_key(key))
                .for_each(|slot| if slot.len() > 1 << 16 { slot.par_sort_by_key(key) } else { slot.sort_by_key(key) });
        }
        Self { rows, bounds }
    }

    /// Values in this arrangement computed group by group, and back in the rows' own places.
    fn each_group(&self, values: &[f64], make: impl Fn(&[f64]) -> Vec<f64> + Sync) -> Vec<f64> {
        let made: Vec<Vec<f64>> = self
            .bounds
            .par_iter()
            .map(|(start, end)| {
                let group: Vec<f64> = self.rows[*start..*end].iter().map(|row| values[*row as usize]).collect();
                make(&group)
            })
            .collect();
        let mut out = vec![f64::NAN; values.len()];
        for (row, value) in self.rows.iter().zip(made.iter().flatten()) {
            out[*row as usize] = *value;
        }
        out
    }
}

/// Each name once, in order.
fn once(names: &[String]) -> Vec<&String> {
    let mut out: Vec<&String> = Vec::with_capacity(names.len());
    for name in names {
        if !out.contains(&name) {
            out.push(name);
        }
    }
    out
}

fn look_back_note(stage: &Stage<'_>) -> Option<String> {
    stage.parts.map(|_| "Rows look back across the parts of the split, as in a time series".to_owned())
}

/// A column of numbers or truth values.
fn figures(series: &Series) -> Result<Vec<f64>, DataError> {
    let kind = column_type(series.dtype());
    if !kind.is_numeric() && !matches!(kind, ColumnType::Bool | ColumnType::Decimal) {
        let what = format!("{} holds {}s, not numbers", series.name(), kind.as_str());
        return Err(DataError::refused(what, Some(series.name()), "Choose a column of numbers"));
    }
    numbers(series)
}

impl Operation for Lag {
    /// Whole numbers keep being whole in differences (missing where 64 bits do not hold them); differences of dates
    /// are durations. A change in percent of 0 is missing.
    fn transform(&self, frame: &DataFrame, _: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        if self.offsets.is_empty() || self.offsets.contains(&0) {
            let what = "an offset of 0 rows is the row itself";
            return Err(DataError::refused(
                what,
                None,
                "Give 1 for the row before, 7 for the seventh before, −1 for the next",
            ));
        }
        let arranged = Arranged::new(frame, &self.by, self.order.as_deref())?;
        let mut offsets = Vec::new();
        for offset in &self.offsets {
            if !offsets.contains(offset) {
                offsets.push(*offset);
            }
        }
        // For each offset and row the row it looks at.
        let sources: Vec<Vec<Option<IdxSize>>> = offsets
            .par_iter()
            .map(|offset| {
                let mut out = vec![None; frame.height()];
                for (start, end) in &arranged.bounds {
                    for at in *start..*end {
                        let from = i64::try_from(at).ok().and_then(|at| at.checked_sub(*offset));
                        let from = from
                            .and_then(|from| usize::try_from(from).ok())
                            .filter(|from| (start..end).contains(&from));
                        out[arranged.rows[at] as usize] = from.map(|from| arranged.rows[from] as IdxSize);
                    }
                }
                out
            })
            .collect();
        let mut change = Change::default();
        for name in once(&self.columns) {
            let series = column(frame, name)?;
            let made: Vec<Result<Column, DataError>> = offsets
                .par_iter()
                .zip(&sources)
                .map(|(offset, from)| {
                    let what = match (self.output, *offset > 0) {
                        (LagOutput::Value, true) => "lag",
                        (LagOutput::Value, false) => "lead",
                        (LagOutput::Difference, true) => "diff",
                        (LagOutput::Difference, false) => "diff_lead",
                        (LagOutput::ChangePercent, true) => "change",
                        (LagOutput::ChangePercent, false) => "change_lead",
                    };
                    lagged(series, from, self.output, &format!("{name}_{what}{}", offset.unsigned_abs()))
                })
                .collect();
            let mut columns = vec![series.clone().into_column()];
            for column in made {
                columns.push(column?);
            }
            change.replaced.push((name.clone(), columns));
        }
        if offsets.iter().any(|offset| *offset < 0) {
            change.warnings.push("Rows look ahead: what is there later is not known when a model predicts".into());
        }
        if offsets.iter().any(|offset| *offset > 0) {
            change.warnings.extend(look_back_note(stage));
        }
        Ok(change)
    }
}

fn lagged(series: &Series, from: &[Option<IdxSize>], output: LagOutput, name: &str) -> Result<Column, DataError> {
    let kind = column_type(series.dtype());
    let of = |from: Option<IdxSize>| from.map(|from| from as usize);
    if output == LagOutput::Value {
        let index: IdxCa = from.iter().copied().collect();
        let made = series.take(&index).map_err(DataError::table(format!("looking back in {}", series.name())))?;
        return Ok(made.with_name(name.into()).into_column());
    }
    let times = matches!(kind, ColumnType::Date | ColumnType::Datetime | ColumnType::Duration | ColumnType::Time);
    if output == LagOutput::Difference && (kind == ColumnType::Int || times) {
        let per_unit = match kind {
            ColumnType::Date => super::dates::DAY,
            _ => 1,
        };
        let values = wholes(&canonical_time(series)?)?;
        let nanos = if kind == ColumnType::Time { 1_000 } else { 1 };
        let cells = values.iter().zip(from).map(|(now, from)| {
            let before = of(*from).and_then(|from| values[from])?;
            now.as_ref()?.checked_sub(before)?.checked_mul(per_unit).map(|far| far / nanos)
        });
        let cells = Int64Chunked::from_iter_options(name.into(), cells).into_series();
        if !times {
            return Ok(cells.into_column());
        }
        let dtype = DataType::Duration(TimeUnit::Microseconds);
        return Ok(cells.cast(&dtype).map_err(DataError::table("subtracting times"))?.into_column());
    }
    let values = figures(series)?;
    let cells = values.iter().zip(from).map(|(now, from)| {
        let before = of(*from).map_or(f64::NAN, |from| values[from]);
        match output {
            LagOutput::ChangePercent if before == 0.0 => f64::NAN,
            LagOutput::ChangePercent => (now - before) / before.abs() * 100.0,
            _ => now - before,
        }
    });
    Ok(floats(name, cells.collect()))
}

/// What a stretch of values is summed up to: stretches next to each other join, and nothing is ever subtracted, so no
/// digits cancel however long the column is.
trait Stretch: Copy {
    /// Of no value.
    const EMPTY: Self;
    /// Of one; NaN counts as none.
    fn one(value: f64) -> Self;
    /// Of two stretches.
    fn join(self, other: Self) -> Self;
    /// Values in it.
    fn values(self) -> u32;
}

/// Count, sum, mean and squared deviations (Chan, Golub, LeVeque 1979). The mean is kept as its distance from the first
/// value, so that a large offset that all values share costs no digits.
#[derive(Clone, Copy)]
struct Moments {
    values: u32,
    sum: f64,
    first: f64,
    apart: f64,
    squares: f64,
}

impl Moments {
    fn mean(self) -> f64 {
        self.first + self.apart
    }
}

impl Stretch for Moments {
    const EMPTY: Self = Self { values: 0, sum: 0.0, first: f64::NAN, apart: 0.0, squares: 0.0 };

    fn one(value: f64) -> Self {
        if value.is_nan() {
            Self::EMPTY
        } else {
            Self { values: 1, sum: value, first: value, apart: 0.0, squares: 0.0 }
        }
    }

    fn join(self, other: Self) -> Self {
        if self.values == 0 || other.values == 0 {
            return if self.values == 0 { other } else { self };
        }
        let (a, b) = (f64::from(self.values), f64::from(other.values));
        let apart = (other.first - self.first) + (other.apart - self.apart);
        Self {
            values: self.values + other.values,
            sum: self.sum + other.sum,
            first: self.first,
            apart: self.apart + apart * (b / (a + b)),
            squares: self.squares + other.squares + apart * apart * (a * b / (a + b)),
        }
    }

    fn values(self) -> u32 {
        self.values
    }
}

/// Count, smallest and largest.
#[derive(Clone, Copy)]
struct Ends {
    values: u32,
    min: f64,
    max: f64,
}

impl Stretch for Ends {
    const EMPTY: Self = Self { values: 0, min: f64::INFINITY, max: f64::NEG_INFINITY };

    fn one(value: f64) -> Self {
        if value.is_nan() { Self::EMPTY } else { Self { values: 1, min: value, max: value } }
    }

    fn join(self, other: Self) -> Self {
        Self { values: self.values + other.values, min: self.min.min(other.min), max: self.max.max(other.max) }
    }

    fn values(self) -> u32 {
        self.values
    }
}

/// Window by window in O(n) (van Herk 1992; Gil, Werman 1993): values stand in blocks as long as the window, so a
/// window is the end of one block and the begin of the next.
fn windows<S: Stretch>(values: &[f64], window: usize, back: usize, least: u32, show: impl Fn(S) -> f64) -> Vec<f64> {
    let window = window.min(values.len()).max(1);
    let mut begins = vec![S::EMPTY; values.len()];
    let mut ends = vec![S::EMPTY; values.len()];
    for start in (0..values.len()).step_by(window) {
        let stop = (start + window).min(values.len());
        let mut sum = S::EMPTY;
        for at in start..stop {
            sum = sum.join(S::one(values[at]));
            begins[at] = sum;
        }
        sum = S::EMPTY;
        for at in (start..stop).rev() {
            sum = S::one(values[at]).join(sum);
            ends[at] = sum;
        }
    }
    (0..values.len())
        .map(|at| {
            let Some(last) = at.checked_sub(back) else { return if least == 0 { show(S::EMPTY) } else { f64::NAN } };
            let all = match (last + 1).checked_sub(window) {
                Some(first) if first % window != 0 => ends[first].join(begins[last]),
                _ => begins[last],
            };
            if all.values() < least { f64::NAN } else { show(all) }
        })
        .collect()
}

/// Medians of windows in O(n log n): how often each rank stands in the window, as a tree of partial sums (Fenwick 1994).
fn medians(values: &[f64], window: usize, back: usize, least: u32) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.dedup();
    let mut tree = vec![0u32; sorted.len() + 1];
    let ranks: Vec<usize> = values
        .iter()
        .map(|value| if value.is_nan() { 0 } else { sorted.partition_point(|one| one.total_cmp(value).is_lt()) + 1 })
        .collect();
    let change = |tree: &mut [u32], rank: usize, more: bool| {
        let mut at = rank;
        while at > 0 && at < tree.len() {
            tree[at] = if more { tree[at] + 1 } else { tree[at] - 1 };
            at += at & at.wrapping_neg();
        }
    };
    let find = |tree: &[u32], mut wanted: u32| {
        let mut at = 0;
        let mut step = tree.len().next_power_of_two();
        while step > 0 {
            if at + step < tree.len() && tree[at + step] < wanted {
                at += step;
                wanted -= tree[at];
            }
            step /= 2;
        }
        sorted[at]
    };
    let mut held = 0u32;
    (0..values.len())
        .map(|at| {
            if let Some(last) = at.checked_sub(back) {
                if ranks[last] > 0 {
                    change(&mut tree, ranks[last], true);
                    held += 1;
                }
                if let Some(gone) = last.checked_sub(window).filter(|gone| ranks[*gone] > 0) {
                    change(&mut tree, ranks[gone], false);
                    held -= 1;
                }
            }
            if held == 0 || held < least {
                return f64::NAN;
            }
            let low = find(&tree, held.div_ceil(2));
            if held % 2 == 1 { low } else { f64::midpoint(low, find(&tree, held / 2 + 1)) }
        })
        .collect()
}

fn function_name(function: Aggregate) -> Option<&'static str> {
    Some(match function {
        Aggregate::Mean => "mean",
        Aggregate::Sum => "sum",
        Aggregate::Min => "min",
        Aggregate::Max => "max",
        Aggregate::Std => "std",
        Aggregate::Median => "median",
        Aggregate::Count => "count",
        _ => return None,
    })
}

impl Operation for Rolling {
    /// A window counts rows, those with missing values among them (as pandas' `rolling`); a count is never missing
    /// unless `min_rows` asks for values.
    fn transform(&self, frame: &DataFrame, _: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        let Some(what) = function_name(self.function) else {
            let hint = "Choose mean, sum, min, max, std, median or count";
            return Err(DataError::refused("that figure is not computed over windows", None, hint));
        };
        if self.window == 0 || self.min_rows > self.window {
            let what = format!("a window of {} rows cannot hold {} values", self.window, self.min_rows.max(1));
            return Err(DataError::refused(what, None, "Make the window longer, or ask for fewer values"));
        }
        let least = match (self.min_rows, self.function) {
            (0, Aggregate::Count) => 0,
            (0, _) => self.window,
            (least, _) => least,
        };
        let (window, back) = (self.window as usize, usize::from(self.exclude_current));
        let arranged = Arranged::new(frame, &self.by, self.order.as_deref())?;
        let roll = |group: &[f64]| match self.function {
            Aggregate::Mean => windows(group, window, back, least, Moments::mean),
            Aggregate::Sum => windows(group, window, back, least, |all: Moments| all.sum),
            Aggregate::Std => windows(group, window, back, least, |all: Moments| {
                if all.values < 2 { f64::NAN } else { (all.squares / f64::from(all.values - 1)).sqrt() }
            }),
            Aggregate::Min => windows(group, window, back, least, |all: Ends| all.min),
            Aggregate::Max => windows(group, window, back, least, |all: Ends| all.max),
            Aggregate::Median => medians(group, window, back, least),
            _ => windows(group, window, back, least, |all: Ends| f64::from(all.values)),
        };
        let made: Vec<Result<(String, Vec<Column>), DataError>> = once(&self.columns)
            .into_par_iter()
            .map(|name| {
                let series = column(frame, name)?;
                // Any value can be counted.
                let values = match (self.function, column_type(series.dtype())) {
                    (Aggregate::Count, kind) if !kind.is_numeric() => series
                        .is_not_null()
                        .iter()
                        .map(|there| if there == Some(true) { 1.0 } else { f64::NAN })
                        .collect(),
                    _ => figures(series)?,
                };
                let mut made = floats(&format!("{name}_{what}{}", self.window), arranged.each_group(&values, roll));
                if self.function == Aggregate::Count {
                    made = made.cast(&DataType::Int64).map_err(DataError::table("counting over windows"))?;
                }
                Ok((name.clone(), vec![series.clone().into_column(), made]))
            })
            .collect();
        let mut change = Change::default();
        for columns in made {
            change.replaced.push(columns?);
        }
        change.warnings.extend(look_back_note(stage));
        Ok(change)
    }
}
