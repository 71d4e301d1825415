//! Figures of columns of numbers: sums in fixed blocks (the same on every machine), means, deviations, quantiles.

use polars::prelude::*;

use super::{
    columns::{column, numbers},
    names::count,
    operation::FitRows,
};
use crate::{error::DataError, frame_types::column_type};

/// Rows of a block of a sum; blocks are summed on their own, which keeps rounding small and the same everywhere.
const BLOCK: usize = 1024;

/// Sum of a figure of each value.
pub(super) fn sum(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    values.chunks(BLOCK).map(|block| block.iter().map(|&value| of(value)).sum::<f64>()).sum()
}

/// Mean of values, of which there is one at least.
pub(super) fn mean(values: &[f64]) -> f64 {
    let rough = sum(values, |value| value) / values.len() as f64;
    // A second pass takes back what the first one lost.
    rough + sum(values, |value| value - rough) / values.len() as f64
}

/// Variance with n.
pub(super) fn variance(values: &[f64], mean: f64) -> f64 {
    sum(values, |value| (value - mean) * (value - mean)) / values.len() as f64
}

/// Quantile by linear interpolation (as numpy's default); reorders the values, of which there is one at least.
pub(super) fn quantile(values: &mut [f64], p: f64) -> f64 {
    let at = p * (values.len() - 1) as f64;
    let low = at.floor() as usize;
    let (_, &mut below, above) = values.select_nth_unstable_by(low, f64::total_cmp);
    if at == low as f64 {
        return below;
    }
    let next = above.iter().copied().fold(f64::INFINITY, f64::min);
    if p == 0.5 { f64::midpoint(below, next) } else { below + (at - low as f64) * (next - below) }
}

/// Quantile of values in ascending order, by linear interpolation.
pub(super) fn quantile_of_sorted(values: &[f64], p: f64) -> f64 {
    let at = p * (values.len() - 1) as f64;
    let low = at.floor() as usize;
    let below = values[low];
    values.get(low + 1).map_or(below, |next| below + (at - low as f64) * (next - below))
}

/// The smallest and the largest of values, of which there is one at least.
pub(super) fn extremes(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)))
}

/// The cells of a column of numbers, NaN for missing; `have` ends «bmi holds texts, which have no …».
pub(super) fn cells(frame: &DataFrame, name: &str, have: &str) -> Result<Vec<f64>, DataError> {
    let series = column(frame, name)?;
    let kind = column_type(series.dtype());
    if !kind.is_numeric() {
        let what = format!("{name} holds {}s, which have no {have}", kind.as_str());
        return Err(DataError::refused(what, Some(name), "Take it off the list, or set its type to a number first"));
    }
    numbers(series)
}

/// The finite values of a column in the rows of the fit; there is one at least.
pub(super) fn fitted_values(
    frame: &DataFrame,
    name: &str,
    rows: FitRows<'_>,
    have: &str,
) -> Result<Vec<f64>, DataError> {
    let mut there = rows.pick(&cells(frame, name, have)?);
    there.retain(|value| !value.is_nan());
    if let Some(value) = there.iter().find(|value| value.is_infinite()) {
        let what = format!("{name} holds {value}, which has no {have}");
        return Err(DataError::refused(what, Some(name), "Filter those rows out before"));
    }
    if there.is_empty() {
        let what = format!("{name} has no value in the {}", rows.name());
        return Err(DataError::refused(what, Some(name), "Drop the column"));
    }
    Ok(there)
}

/// The row of a message, from 1.
pub(super) fn row_number(row: usize) -> String {
    format!("row {}", count(row as u64 + 1))
}
