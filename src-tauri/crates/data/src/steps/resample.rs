//! Tables in even steps of time: one row for each stretch ([`Resample`]), or rows added where a point is missing
//! ([`FillGaps`]).
//!
//! Stretches are counted from 1970-01-01 00:00, weeks from Monday, months from January of year 0, so that they do not
//! depend on the rows at hand: `3mo` is a quarter, `2h` begins on even hours. A stretch is named by its begin, which
//! belongs to it; its end does not.
//!
//! Stretches without a row inside the range of a group stand there too (as pandas' `resample`): counts and sums are 0,
//! everything else is missing. Rows without a time are left out, with a warning.

use cairn_protocol::{
    steps::{Aggregate, Aggregation, FillGaps, GapFill, Resample},
    table::ColumnType,
};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::{MISSING, codes, column, floats, numbers, wholes},
    dates::{DAY, civil_of, days_of, moments, month_length},
    fitted::Learned,
    names::{count, rows_hold},
    operation::{Change, Operation, Rows, Stage},
    series::{Arranged, groups},
};
use crate::{error::DataError, frame_types::column_type};

/// Rows that a step may make.
const MOST_ROWS: i64 = 100_000_000;
/// Monday 1970-01-05.
const MONDAY: i64 = 4 * DAY;

/// The length of a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Every {
    /// Microseconds, and from where they are counted.
    Micros { step: i64, from: i64 },
    /// Calendar months.
    Months(i64),
}

impl Every {
    fn new(text: &str, column: &str) -> Result<Self, DataError> {
        let refuse = || {
            let what = format!("«{text}» is no length of time");
            DataError::refused(what, Some(column), "Write it as 15m, 1h, 1d, 1w, 1mo, 1q or 1y")
        };
        let trimmed = text.trim();
        let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
        let many: i64 = if digits == 0 { 1 } else { trimmed[..digits].parse().map_err(|_| refuse())? };
        let unit = match trimmed[digits..].trim() {
            "s" => 1_000_000,
            "m" | "min" => 60_000_000,
            "h" => 3_600_000_000,
            "d" => DAY,
            "w" => 7 * DAY,
            months @ ("mo" | "q" | "y") => {
                let each = match months {
                    "mo" => 1,
                    "q" => 3,
                    _ => 12,
                };
                return (1..=12_000).contains(&many).then_some(Self::Months(many * each)).ok_or_else(refuse);
            }
            _ => return Err(refuse()),
        };
        let step = many.checked_mul(unit).filter(|step| *step > 0).ok_or_else(refuse)?;
        Ok(Self::Micros { step, from: if unit == 7 * DAY { MONDAY } else { 0 } })
    }

    fn whole_days(self) -> bool {
        match self {
            Self::Micros { step, .. } => step % DAY == 0,
            Self::Months(_) => true,
        }
    }

    /// The number of the stretch that a point lies in.
    fn number(self, micros: i64) -> i64 {
        match self {
            Self::Micros { step, from } => micros.saturating_sub(from).div_euclid(step),
            Self::Months(months) => {
                let (year, month, _) = civil_of(micros.div_euclid(DAY));
                (year * 12 + month - 1).div_euclid(months)
            }
        }
    }

    /// Where a stretch begins.
    fn begin(self, number: i64) -> i64 {
        match self {
            Self::Micros { step, from } => number.saturating_mul(step).saturating_add(from),
            Self::Months(months) => {
                let month = number * months;
                days_of(month.div_euclid(12), month.rem_euclid(12) + 1, 1) * DAY
            }
        }
    }

    /// The point so many steps behind another; the day of the month is that of the first, or the month's last.
    fn later(self, micros: i64, steps: i64) -> Option<i64> {
        match self {
            Self::Micros { step, .. } => micros.checked_add(step.checked_mul(steps)?),
            Self::Months(months) => {
                let (year, month, day) = civil_of(micros.div_euclid(DAY));
                let at = (year * 12 + month - 1).checked_add(months.checked_mul(steps)?)?;
                let (year, month) = (at.div_euclid(12), at.rem_euclid(12) + 1);
                let days = days_of(year, month, day.min(month_length(year, month)));
                days.checked_mul(DAY)?.checked_add(micros.rem_euclid(DAY))
            }
        }
    }
}

/// The times of a column, which must be dates.
fn times(frame: &DataFrame, name: &str, every: Every) -> Result<(Vec<Option<i64>>, ColumnType), DataError> {
    let (times, kind) = moments(column(frame, name)?, false)?;
    if kind == ColumnType::Time {
        let what = format!("{name} holds times of day, not dates");
        return Err(DataError::refused(what, Some(name), "Choose a column of dates"));
    }
    if kind == ColumnType::Date && !every.whole_days() {
        let what = format!("{name} holds dates without a time");
        return Err(DataError::refused(what, Some(name), "Choose steps of whole days, such as 1d"));
    }
    Ok((times, kind))
}

/// A column of points in time.
fn time_column(name: &str, micros: Vec<Option<i64>>, kind: ColumnType) -> Result<Series, DataError> {
    let made = if kind == ColumnType::Date {
        let days = micros.into_iter().map(|time| time.map(|time| time.div_euclid(DAY) as i32));
        Int32Chunked::from_iter_options(name.into(), days).into_series().cast(&DataType::Date)
    } else {
        let dtype = DataType::Datetime(TimeUnit::Microseconds, None);
        Int64Chunked::from_iter_options(name.into(), micros.into_iter()).into_series().cast(&dtype)
    };
    made.map_err(DataError::table("writing times"))
}

fn taken(series: &Series, rows: &[Option<IdxSize>]) -> Result<Series, DataError> {
    let index: IdxCa = rows.iter().copied().collect();
    series.take(&index).map_err(DataError::table(format!("picking values of {}", series.name())))
}

fn too_many(rows: i64, column: &str) -> Result<(), DataError> {
    if (0..=MOST_ROWS).contains(&rows) {
        return Ok(());
    }
    let what = format!("{column} spans {} steps, too many rows", count(rows.unsigned_abs()));
    Err(DataError::refused(what, Some(column), "Choose longer steps, or look for wrong dates"))
}

fn no_time(change: &mut Change, name: &str, times: &[Option<i64>], what: &str) {
    let missing = times.iter().filter(|time| time.is_none()).count() as u64;
    if missing > 0 {
        change.warnings.push(format!("{} no {name}, {what}", rows_hold(missing)));
    }
}

impl Operation for Resample {
    fn transform(&self, frame: &DataFrame, _: &Learned, _: &Stage<'_>) -> Result<Change, DataError> {
        if self.aggregations.is_empty() {
            let what = "there is nothing to compute of each stretch";
            return Err(DataError::refused(what, Some(&self.column), "Add a figure, such as the mean of a column"));
        }
        let every = Every::new(&self.every, &self.column)?;
        let (times, kind) = times(frame, &self.column, every)?;
        let (of_row, many) = groups(frame, &self.by)?;
        // For each group its first and last stretch.
        let mut ranges: Vec<Option<(i64, i64)>> = vec![None; many];
        let numbers: Vec<Option<i64>> = times.par_iter().map(|time| time.map(|time| every.number(time))).collect();
        let mut first_row = vec![0 as IdxSize; many];
        for (row, (group, number)) in of_row.iter().zip(&numbers).enumerate() {
            let Some(number) = *number else { continue };
            let range = &mut ranges[*group as usize];
            if range.is_none() {
                first_row[*group as usize] = row as IdxSize;
            }
            let (low, high) = range.unwrap_or((number, number));
            *range = Some((low.min(number), high.max(number)));
        }
        let mut bases = vec![0i64; many];
        let mut total = 0i64;
        for (base, range) in bases.iter_mut().zip(&ranges) {
            *base = total;
            total = total.saturating_add(range.map_or(0, |(low, high)| high.saturating_sub(low).saturating_add(1)));
        }
        too_many(total, &self.column)?;
        let rows: Vec<u32> = (0u32..).zip(&times).filter(|(_, time)| time.is_some()).map(|(row, _)| row).collect();
        let slot = |row: &u32| {
            let row = *row as usize;
            let group = of_row[row] as usize;
            let low = ranges[group].map_or(0, |(low, _)| low);
            (bases[group] + numbers[row].unwrap_or(low) - low) as u32
        };
        let slots: Vec<u32> = rows.iter().map(slot).collect();
        let keys: Vec<i64> = rows.iter().map(|row| times[*row as usize].unwrap_or(i64::MAX)).collect();
        let mut arranged = Arranged::of(&slots, total as usize, Some(&keys));
        for at in &mut arranged.rows {
            *at = rows[*at as usize];
        }
        let mut columns: Vec<Column> = Vec::new();
        let lengths = || ranges.iter().map(|range| range.map_or(0, |(low, high)| (high - low + 1) as usize));
        let group_rows: Vec<Option<IdxSize>> =
            first_row.iter().zip(lengths()).flat_map(|(row, length)| std::iter::repeat_n(Some(*row), length)).collect();
        for name in &self.by {
            columns.push(taken(column(frame, name)?, &group_rows)?.into_column());
        }
        let begins = ranges.iter().flatten().flat_map(|(low, high)| (*low..=*high).map(|at| Some(every.begin(at))));
        columns.push(time_column(&self.column, begins.collect(), kind)?.into_column());
        let made: Vec<Result<Column, DataError>> =
            self.aggregations.par_iter().map(|one| aggregate(frame, one, &arranged)).collect();
        for made in made {
            columns.push(made?);
        }
        let mut seen = std::collections::HashSet::new();
        if let Some(twice) = columns.iter().find(|column| !seen.insert(column.name().clone())) {
            let what = format!("the step makes two columns «{}»", twice.name());
            return Err(DataError::refused(what, Some(twice.name()), "Give the figures names of their own"));
        }
        let frame = DataFrame::new(total as usize, columns).map_err(DataError::table("putting stretches together"))?;
        let mut change = Change { rows: Rows::New { frame, from: None, part: None }, ..Change::default() };
        no_time(&mut change, &self.column, &times, "left out");
        Ok(change)
    }
}

fn function_name(function: Aggregate) -> &'static str {
    match function {
        Aggregate::Count => "count",
        Aggregate::Rows => "rows",
        Aggregate::Distinct => "distinct",
        Aggregate::Sum => "sum",
        Aggregate::Mean => "mean",
        Aggregate::Median => "median",
        Aggregate::Std => "std",
        Aggregate::Min => "min",
        Aggregate::Max => "max",
        Aggregate::First => "first",
        Aggregate::Last => "last",
        Aggregate::Mode => "mode",
    }
}

/// A figure of each slot; first and last are those in time that are there.
fn aggregate(frame: &DataFrame, one: &Aggregation, slots: &Arranged) -> Result<Column, DataError> {
    let function = one.function;
    let name = match (one.name.as_str(), one.column.as_str()) {
        ("", "") => function_name(function).to_owned(),
        ("", column) => format!("{column}_{}", function_name(function)),
        (name, _) => name.to_owned(),
    };
    let each = |start: usize, end: usize| slots.rows[start..end].iter().map(|row| *row as usize);
    if function == Aggregate::Rows {
        let rows: Vec<i64> = slots.bounds.iter().map(|(start, end)| (end - start) as i64).collect();
        return Ok(Int64Chunked::from_vec(name.into(), rows).into_series().into_column());
    }
    let series = column(frame, &one.column)?;
    let kind = column_type(series.dtype());
    match function {
        Aggregate::Sum | Aggregate::Mean | Aggregate::Median | Aggregate::Std => {
            if !kind.is_numeric() && !matches!(kind, ColumnType::Bool | ColumnType::Decimal) {
                let figure = function_name(function);
                let what = format!("{} holds {}s, which have no {figure}", one.column, kind.as_str());
                return Err(DataError::refused(
                    what,
                    Some(&one.column),
                    "Choose a column of numbers, or another figure",
                ));
            }
            if function == Aggregate::Sum && matches!(kind, ColumnType::Int | ColumnType::Bool) {
                let values = wholes(series)?;
                let sums: Result<Vec<i64>, _> = slots
                    .bounds
                    .par_iter()
                    .map(|(start, end)| {
                        i64::try_from(each(*start, *end).filter_map(|row| values[row]).map(i128::from).sum::<i128>())
                    })
                    .collect();
                let sums = sums.map_err(|_| {
                    let what = format!("a sum of {} is beyond 64 bits", one.column);
                    DataError::refused(what, Some(&one.column), "Set the column to float first")
                })?;
                return Ok(Int64Chunked::from_vec(name.into(), sums).into_series().into_column());
            }
            let values = numbers(series)?;
            let figures = slots.bounds.par_iter().map(|(start, end)| {
                let held: Vec<f64> =
                    each(*start, *end).map(|row| values[row]).filter(|value| !value.is_nan()).collect();
                figure(held, function)
            });
            Ok(floats(&name, figures.collect()))
        }
        Aggregate::First | Aggregate::Last => {
            let there = series.is_not_null();
            let there: Vec<bool> = there.iter().map(|there| there == Some(true)).collect();
            let rows = slots.bounds.par_iter().map(|(start, end)| {
                let mut held = each(*start, *end).filter(|row| there[*row]);
                let row = if function == Aggregate::First { held.next() } else { held.next_back() };
                row.map(|row| row as IdxSize)
            });
            Ok(taken(series, &rows.collect::<Vec<_>>())?.with_name(name.into()).into_column())
        }
        _ => {
            let codes = codes(series)?;
            let held = |start: usize, end: usize| {
                let mut held: Vec<(u32, IdxSize)> = each(start, end)
                    .map(|row| (codes.rows[row], row as IdxSize))
                    .filter(|(code, _)| *code != MISSING)
                    .collect();
                held.sort_unstable();
                held
            };
            if matches!(function, Aggregate::Count | Aggregate::Distinct) {
                let figures = slots.bounds.par_iter().map(|(start, end)| {
                    let mut held = held(*start, *end);
                    if function == Aggregate::Distinct {
                        held.dedup_by_key(|(code, _)| *code);
                    }
                    held.len() as i64
                });
                return Ok(Int64Chunked::from_vec(name.into(), figures.collect()).into_series().into_column());
            }
            let rows = slots.bounds.par_iter().map(|(start, end)| {
                let held = held(*start, *end);
                match function {
                    Aggregate::Min => held.first().map(|(_, row)| *row),
                    Aggregate::Max => held.last().map(|(_, row)| *row),
                    _ => {
                        let mut most: Option<(usize, IdxSize)> = None;
                        for run in held.chunk_by(|a, b| a.0 == b.0) {
                            if most.is_none_or(|(length, _)| run.len() > length) {
                                most = run.first().map(|(_, row)| (run.len(), *row));
                            }
                        }
                        most.map(|(_, row)| row)
                    }
                }
            });
            Ok(taken(series, &rows.collect::<Vec<_>>())?.with_name(name.into()).into_column())
        }
    }
}

/// Sum, mean, median or standard deviation (n − 1; by two passes) of values that are there.
fn figure(mut held: Vec<f64>, function: Aggregate) -> f64 {
    let many = held.len() as f64;
    let sum: f64 = held.iter().sum();
    match function {
        Aggregate::Sum => sum,
        _ if held.is_empty() => f64::NAN,
        Aggregate::Mean => sum / many,
        Aggregate::Median => {
            held.sort_unstable_by(f64::total_cmp);
            let middle = held.len() / 2;
            if held.len() % 2 == 1 { held[middle] } else { f64::midpoint(held[middle - 1], held[middle]) }
        }
        _ if held.len() < 2 => f64::NAN,
        _ => {
            let mean = sum / many;
            (held.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (many - 1.0)).sqrt()
        }
    }
}

impl Operation for FillGaps {
    /// Points are counted from the first one of each group; rows between two points stay. The result stands in the
    /// order of groups, then of time; rows without a time stand at the end of their group. In added rows the columns
    /// of the groups hold the group, the others what `fill` says: forward is the last value that was there, a line
    /// runs by the clock (whole numbers become floats), 0 and lines are for numbers only. Values that were missing
    /// before stay missing.
    fn transform(&self, frame: &DataFrame, _: &Learned, _: &Stage<'_>) -> Result<Change, DataError> {
        let every = Every::new(&self.every, &self.column)?;
        let (times, kind) = times(frame, &self.column, every)?;
        let keys: Vec<i64> = times.iter().map(|time| time.unwrap_or(i64::MAX)).collect();
        let (of_row, many) = groups(frame, &self.by)?;
        let arranged = Arranged::of(&of_row, many, Some(&keys));
        let plan = plan(&arranged, &times, every, &self.column)?;
        let added = plan.iter().filter(|point| point.row.is_none()).count();
        let mut columns = Vec::with_capacity(frame.width());
        let made: Vec<Result<Column, DataError>> = frame
            .columns()
            .par_iter()
            .map(|series| {
                let series = series.as_materialized_series();
                let name = series.name().as_str();
                if name == self.column {
                    return Ok(time_column(name, plan.iter().map(|point| point.time).collect(), kind)?.into_column());
                }
                if self.by.iter().any(|by| by == name) {
                    let rows: Vec<Option<IdxSize>> =
                        plan.iter().map(|point| Some(point.row.unwrap_or(point.group))).collect();
                    return Ok(taken(series, &rows)?.into_column());
                }
                filled(series, &plan, self.fill)
            })
            .collect();
        for column in made {
            columns.push(column?);
        }
        let from = plan.iter().map(|point| point.row.unwrap_or(IdxSize::MAX)).collect();
        let frame = DataFrame::new(plan.len(), columns).map_err(DataError::table("putting rows together"))?;
        let rows = Rows::New { frame, from: Some(from), part: None };
        let mut change = Change { rows, ..Change::default() };
        no_time(&mut change, &self.column, &times, "they stand at the end");
        if added == 0 {
            change.warnings.push("No point in time was missing".into());
        }
        Ok(change)
    }
}

/// A row of the table without gaps.
struct Point {
    time: Option<i64>,
    /// The row it comes from; none: it was added.
    row: Option<IdxSize>,
    /// A row of its group.
    group: IdxSize,
    /// Number of the group.
    number: usize,
}

fn plan(arranged: &Arranged, times: &[Option<i64>], every: Every, column: &str) -> Result<Vec<Point>, DataError> {
    let mut plan: Vec<Point> = Vec::with_capacity(times.len());
    for (number, (start, end)) in arranged.bounds.iter().enumerate() {
        let rows = &arranged.rows[*start..*end];
        let Some(group) = rows.first().copied() else { continue };
        let (mut origin, mut step) = (None, 0);
        for row in rows {
            let time = times[*row as usize];
            if let Some(time) = time {
                let first = *origin.get_or_insert(time);
                while let Some(point) = every.later(first, step).filter(|point| *point <= time) {
                    if point < time {
                        // A point of the grid that rows stand on is theirs.
                        let there = plan.last().is_some_and(|last| last.number == number && last.time == Some(point));
                        if !there {
                            plan.push(Point { time: Some(point), row: None, group, number });
                            too_many(plan.len() as i64, column)?;
                        }
                    }
                    step += 1;
                }
            }
            plan.push(Point { time, row: Some(*row), group, number });
        }
    }
    Ok(plan)
}

fn filled(series: &Series, plan: &[Point], fill: GapFill) -> Result<Column, DataError> {
    let kind = column_type(series.dtype());
    let numeric = kind.is_numeric();
    let own: Vec<Option<IdxSize>> = plan.iter().map(|point| point.row).collect();
    match fill {
        GapFill::Forward => {
            let there: Vec<bool> = series.is_not_null().iter().map(|there| there == Some(true)).collect();
            let mut last: (usize, Option<IdxSize>) = (usize::MAX, None);
            let rows: Vec<Option<IdxSize>> = plan
                .iter()
                .map(|point| {
                    if last.0 != point.number {
                        last = (point.number, None);
                    }
                    if let Some(row) = point.row.filter(|row| there[*row as usize]) {
                        last.1 = Some(row);
                    }
                    point.row.or(last.1)
                })
                .collect();
            Ok(taken(series, &rows)?.into_column())
        }
        GapFill::Linear if numeric => {
            let values = numbers(series)?;
            let known: Vec<f64> =
                plan.iter().map(|point| point.row.map_or(f64::NAN, |row| values[row as usize])).collect();
            let mut out = known.clone();
            let usable = |at: &usize| !known[*at].is_nan() && plan[*at].time.is_some();
            let known_at: Vec<usize> = (0..plan.len()).filter(usable).collect();
            for pair in known_at.windows(2) {
                let (a, b) = (pair[0], pair[1]);
                let (Some(from), Some(to)) = (plan[a].time, plan[b].time) else { continue };
                if plan[a].number != plan[b].number || to <= from {
                    continue;
                }
                for at in a + 1..b {
                    if let (None, Some(time)) = (plan[at].row, plan[at].time) {
                        let share = (time - from) as f64 / (to - from) as f64;
                        out[at] = known[a] + (known[b] - known[a]) * share;
                    }
                }
            }
            Ok(floats(series.name(), out))
        }
        GapFill::Zero if numeric => {
            let made = taken(series, &own)?;
            let added: BooleanChunked = plan.iter().map(|point| point.row.is_none()).collect();
            let zero = Series::new(series.name().clone(), [0i64])
                .cast(series.dtype())
                .and_then(|zero| zero.new_from_index(0, plan.len()).zip_with(&added, &made));
            Ok(zero.map_err(DataError::table("filling with 0"))?.with_name(series.name().clone()).into_column())
        }
        _ => Ok(taken(series, &own)?.into_column()),
    }
}
