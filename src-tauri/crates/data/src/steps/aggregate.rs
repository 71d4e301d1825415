//! One value from the values of a group. Missing cells (null, NaN) count only as rows; a group without a value has no
//! mean, sum or mode. Sums run in the table's order within a group, so that they do not depend on threads.

use cairn_protocol::{steps::Aggregate, table::ColumnType};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::{MISSING, codes, floats, numbers, wholes},
    groups::{Buckets, any_missing, key},
};
use crate::{error::DataError, frame_types::column_type};

/// The name of a function in names of columns.
pub(super) fn word(function: Aggregate) -> &'static str {
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

/// One value for each group of a column; without a column only rows are counted.
pub(super) fn aggregate(
    series: Option<&Series>,
    function: Aggregate,
    groups: &Buckets,
    name: &str,
) -> Result<Column, DataError> {
    let whole = |of: &(dyn Fn(&[IdxSize]) -> u64 + Sync)| {
        let values: Vec<i64> = (0..groups.len()).into_par_iter().map(|group| of(groups.of(group)) as i64).collect();
        Ok(Column::new(name.into(), values))
    };
    if function == Aggregate::Rows {
        return whole(&|rows| rows.len() as u64);
    }
    let Some(series) = series else {
        let what = format!("no column says what {} is made of", word(function));
        return Err(DataError::refused(what, None, "Name a column"));
    };
    match function {
        Aggregate::Rows => whole(&|rows| rows.len() as u64),
        Aggregate::Count => {
            let missing = any_missing(&[series])?;
            whole(&|rows| rows.iter().filter(|row| !missing[**row as usize]).count() as u64)
        }
        Aggregate::Sum => sum(series, groups, name),
        Aggregate::Mean | Aggregate::Median | Aggregate::Std => {
            needs_numbers(series, function)?;
            let values = numbers(series)?;
            let one = |group: usize| {
                let there: Vec<f64> =
                    groups.of(group).iter().map(|row| values[*row as usize]).filter(|value| !value.is_nan()).collect();
                figure(there, function)
            };
            Ok(floats(name, (0..groups.len()).into_par_iter().map(one).collect()))
        }
        Aggregate::First | Aggregate::Last => {
            let end = |group: usize| {
                let rows = groups.of(group);
                if function == Aggregate::First { rows.first() } else { rows.last() }.copied()
            };
            picked(series, (0..groups.len()).map(end).collect(), name)
        }
        Aggregate::Distinct | Aggregate::Min | Aggregate::Max | Aggregate::Mode => {
            let ranks = ranks(series)?;
            let there = |group: usize| {
                groups.of(group).iter().map(|row| (ranks[*row as usize], *row)).filter(|(rank, _)| *rank != MISSING)
            };
            if function == Aggregate::Distinct {
                let values: Vec<i64> = (0..groups.len())
                    .into_par_iter()
                    .map(|group| {
                        let mut seen: Vec<u32> = there(group).map(|(rank, _)| rank).collect();
                        seen.sort_unstable();
                        seen.dedup();
                        seen.len() as i64
                    })
                    .collect();
                return Ok(Column::new(name.into(), values));
            }
            let one = |group: usize| match function {
                Aggregate::Min => there(group).min().map(|(_, row)| row),
                Aggregate::Max => there(group).max_by_key(|(rank, row)| (*rank, std::cmp::Reverse(*row))).map(|x| x.1),
                _ => most_frequent(there(group).collect()),
            };
            picked(series, (0..groups.len()).into_par_iter().map(one).collect(), name)
        }
    }
}

fn needs_numbers(series: &Series, function: Aggregate) -> Result<(), DataError> {
    let kind = column_type(series.dtype());
    if kind.is_numeric() || kind == ColumnType::Bool {
        return Ok(());
    }
    let what = format!("{} holds {}s, which have no {}", series.name(), kind.as_str(), word(function));
    Err(DataError::refused(what, Some(series.name()), "Choose count, distinct, min, max, first, last or mode"))
}

/// NaN where there is none. The standard deviation is that of n − 1, in two passes.
fn figure(mut values: Vec<f64>, function: Aggregate) -> f64 {
    let many = values.len();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    match function {
        _ if many == 0 => f64::NAN,
        Aggregate::Median => {
            values.sort_unstable_by(f64::total_cmp);
            let upper = values[many / 2];
            if many % 2 == 1 { upper } else { f64::midpoint(values[many / 2 - 1], upper) }
        }
        Aggregate::Std if many == 1 => f64::NAN,
        Aggregate::Std => {
            let centre = mean(&values);
            let squares: f64 = values.iter().map(|value| (value - centre) * (value - centre)).sum();
            (squares / (many - 1) as f64).sqrt()
        }
        _ => mean(&values),
    }
}

fn sum(series: &Series, groups: &Buckets, name: &str) -> Result<Column, DataError> {
    needs_numbers(series, Aggregate::Sum)?;
    let too_large = || {
        let what = format!("a sum of {} is larger than a whole number can be", series.name());
        DataError::refused(what, Some(series.name()), "Set the column to float before")
    };
    if let Ok(decimals) = series.decimal() {
        let values: Vec<Option<i128>> = decimals.physical().iter().collect();
        let sums = exact_sums(groups, |row| values[row]);
        let sums: Int128Chunked =
            sums.into_iter().map(|sum| sum.map_err(|()| too_large())).collect::<Result<_, _>>()?;
        let made = sums.into_decimal(38, decimals.scale()).map_err(|_| too_large())?;
        return Ok(made.into_series().with_name(name.into()).into_column());
    }
    if column_type(series.dtype()) == ColumnType::Float {
        let values = numbers(series)?;
        let one = |group: usize| {
            let mut any = false;
            let there = groups.of(group).iter().map(|row| values[*row as usize]).filter(|value| !value.is_nan());
            let sum = there.inspect(|_| any = true).sum::<f64>();
            if any { sum } else { f64::NAN }
        };
        return Ok(floats(name, (0..groups.len()).into_par_iter().map(one).collect()));
    }
    let values = wholes(series)?;
    let sums: Int64Chunked = exact_sums(groups, |row| values[row].map(i128::from))
        .into_iter()
        .map(|sum| match sum {
            Ok(Some(sum)) => i64::try_from(sum).map(Some).map_err(|_| too_large()),
            Ok(None) => Ok(None),
            Err(()) => Err(too_large()),
        })
        .collect::<Result<_, _>>()?;
    Ok(sums.with_name(name.into()).into_series().into_column())
}

fn exact_sums(groups: &Buckets, value: impl Fn(usize) -> Option<i128> + Sync) -> Vec<Result<Option<i128>, ()>> {
    let one = |group: usize| {
        let mut sum: Option<i128> = None;
        for value in groups.of(group).iter().filter_map(|row| value(*row as usize)) {
            sum = Some(sum.unwrap_or(0).checked_add(value).ok_or(())?);
        }
        Ok(sum)
    };
    (0..groups.len()).into_par_iter().map(one).collect()
}

/// The row of the most frequent rank, of equals the smallest rank.
fn most_frequent(mut there: Vec<(u32, IdxSize)>) -> Option<IdxSize> {
    there.sort_unstable();
    let runs = there.chunk_by(|a, b| a.0 == b.0);
    let best = runs.min_by_key(|run| (std::cmp::Reverse(run.len()), run[0].0))?;
    Some(best[0].1)
}

/// For each row the rank of its value among the distinct ones; [`MISSING`] for a missing cell.
pub(super) fn ranks(series: &Series) -> Result<Vec<u32>, DataError> {
    if !series.dtype().is_decimal() {
        return Ok(codes(series)?.rows);
    }
    let series = key(series)?;
    let order = series.arg_sort(SortOptions::default().with_nulls_last(true).with_maintain_order(true));
    let order: Vec<IdxSize> = order.iter().flatten().collect();
    let decimals = series.decimal().map_err(DataError::table("reading decimals"))?.physical().clone();
    let values: Vec<Option<i128>> = decimals.iter().collect();
    let mut ranks = vec![MISSING; series.len()];
    let mut rank = 0;
    let mut before = None;
    for row in order {
        let Some(value) = values[row as usize] else { continue };
        if before.is_some_and(|before| before != value) {
            rank += 1;
        }
        before = Some(value);
        ranks[row as usize] = rank;
    }
    Ok(ranks)
}

/// Cells by row; null where there is none.
pub(super) fn picked(series: &Series, rows: Vec<Option<IdxSize>>, name: &str) -> Result<Column, DataError> {
    let index: IdxCa = rows.into_iter().collect();
    let taken = series.take(&index).map_err(DataError::table(format!("picking cells of {}", series.name())))?;
    Ok(taken.with_name(name.into()).into_column())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_of_a_group() {
        let x = Series::new("x".into(), [Some(3i64), Some(1), None, Some(3), Some(7), None]);
        let f = x.cast(&DataType::Float64).unwrap();
        let decimal = x.cast(&DataType::Decimal(10, 2)).unwrap();
        let groups = Buckets::new(&[0, 0, 0, 0, 1, 2], 4);
        let check = |series: &Series, function, expected: [Option<f64>; 4]| {
            let made = aggregate(Some(series), function, &groups, "y").unwrap();
            let made = made.cast(&DataType::Float64).unwrap();
            let found: Vec<Option<f64>> = made.f64().unwrap().iter().collect();
            assert_eq!(found, expected, "{function:?} of {}", series.dtype());
        };
        use Aggregate::{Count, Distinct, First, Last, Max, Mean, Median, Min, Mode, Rows, Std, Sum};
        for series in [&x, &f, &decimal] {
            check(series, Count, [Some(3.0), Some(1.0), Some(0.0), Some(0.0)]);
            check(series, Rows, [Some(4.0), Some(1.0), Some(1.0), Some(0.0)]);
            check(series, Distinct, [Some(2.0), Some(1.0), Some(0.0), Some(0.0)]);
            check(series, Sum, [Some(7.0), Some(7.0), None, None]);
            check(series, Mean, [Some(7.0 / 3.0), Some(7.0), None, None]);
            check(series, Median, [Some(3.0), Some(7.0), None, None]);
            check(series, Std, [Some((4.0f64 / 3.0).sqrt()), None, None, None]);
            check(series, Min, [Some(1.0), Some(7.0), None, None]);
            check(series, Max, [Some(3.0), Some(7.0), None, None]);
            check(series, First, [Some(3.0), Some(7.0), None, None]);
            check(series, Last, [Some(3.0), Some(7.0), None, None]);
            check(series, Mode, [Some(3.0), Some(7.0), None, None]);
        }
        let large = Series::new("x".into(), [i64::MAX, 1]);
        let error = aggregate(Some(&large), Sum, &Buckets::new(&[0, 0], 1), "y").unwrap_err();
        assert!(error.to_string().contains("larger than a whole number"));
        let text = Series::new("t".into(), ["b", "a"]);
        assert!(aggregate(Some(&text), Mean, &Buckets::new(&[0, 0], 1), "y").is_err());
        let least = aggregate(Some(&text), Min, &Buckets::new(&[0, 0], 1), "y").unwrap();
        assert_eq!(least.str().unwrap().get(0), Some("a"));
    }
}
