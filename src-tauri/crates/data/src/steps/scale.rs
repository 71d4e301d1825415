//! Bringing numbers to a common scale. Missing cells stay missing and are not learned from.

use cairn_protocol::{Real, steps::ScaleMethod};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::{column, floats, numbers},
    fitted::{ColumnScale, Learned},
    names::figure,
    operation::{Change, FitRows},
};
use crate::{error::DataError, frame_types::column_type};

/// Centre and width of each column.
pub(super) fn fit(
    frame: &DataFrame,
    names: &[String],
    method: ScaleMethod,
    rows: FitRows<'_>,
) -> Result<Learned, DataError> {
    let one = |name: &String| -> Result<ColumnScale, DataError> {
        let mut there = rows.pick(&cells(frame, name)?);
        there.retain(|value| !value.is_nan());
        if let Some(value) = there.iter().find(|value| value.is_infinite()) {
            let what = format!("{name} holds {value}, which cannot be scaled");
            return Err(DataError::refused(what, Some(name), "Filter those rows out before"));
        }
        if there.is_empty() {
            let what = format!("{name} has no value in the {}", rows.name());
            return Err(DataError::refused(what, Some(name), "Drop the column"));
        }
        let (centre, width) = match method {
            ScaleMethod::Standard => {
                let mean = mean(&there);
                (mean, deviation(&there, mean))
            }
            ScaleMethod::MinMax => {
                let (low, high) = there
                    .iter()
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)));
                (low, high - low)
            }
            ScaleMethod::Robust => {
                let median = quantile(&mut there, 0.5);
                (median, quantile(&mut there, 0.75) - quantile(&mut there, 0.25))
            }
            _ => {
                let what = format!("{method:?} cannot be fitted");
                return Err(DataError::refused(what, Some(name), "Choose another method"));
            }
        };
        // A constant column becomes 0, as in scikit-learn.
        let width = if width > 0.0 { width } else { 1.0 };
        Ok(ColumnScale { column: name.clone(), centre: Real(centre), width: Real(width) })
    };
    Ok(Learned::Scales { columns: names.par_iter().map(one).collect::<Result<_, _>>()? })
}

fn cells(frame: &DataFrame, name: &str) -> Result<Vec<f64>, DataError> {
    let series = column(frame, name)?;
    let kind = column_type(series.dtype());
    if !kind.is_numeric() {
        let what = format!("{name} holds {}s, which have no scale", kind.as_str());
        return Err(DataError::refused(what, Some(name), "Take it off the list, or set its type to a number first"));
    }
    numbers(series)
}

/// Scales the columns.
pub(super) fn transform(frame: &DataFrame, scales: &[ColumnScale]) -> Result<Change, DataError> {
    let one = |scale: &ColumnScale| -> Result<(Column, u64), DataError> {
        let mut cells = cells(frame, &scale.column)?;
        let (centre, width) = (scale.centre.0, scale.width.0);
        let mut changed = 0;
        for cell in &mut cells {
            let scaled = (*cell - centre) / width;
            changed += u64::from(scaled != *cell && !cell.is_nan());
            *cell = scaled;
        }
        Ok((floats(&scale.column, cells), changed))
    };
    let scaled: Vec<Result<(Column, u64), DataError>> = scales.par_iter().map(one).collect();
    let mut change = Change::default();
    for (scale, scaled) in scales.iter().zip(scaled) {
        let (column, changed) = scaled?;
        change.changed_cells += changed;
        change.replaced.push((scale.column.clone(), vec![column]));
    }
    Ok(change)
}

/// «age ← mean 43.2, deviation 22.6».
pub(super) fn learned(scales: &[ColumnScale], method: ScaleMethod) -> Vec<String> {
    let (centre, width) = match method {
        ScaleMethod::Standard => ("mean", "deviation"),
        ScaleMethod::MinMax => ("lowest", "range"),
        ScaleMethod::Robust => ("median", "middle half"),
        _ => ("", ""),
    };
    let line = |scale: &ColumnScale| {
        format!("{} ← {centre} {}, {width} {}", scale.column, figure(scale.centre.0), figure(scale.width.0))
    };
    scales.iter().map(line).collect()
}

/// Rows of a block of a sum; blocks are summed on their own, which keeps rounding small and the same everywhere.
const BLOCK: usize = 1024;

/// Mean of values, of which there is one at least.
pub(super) fn mean(values: &[f64]) -> f64 {
    let rough = sum(values, |value| value) / values.len() as f64;
    // A second pass takes back what the first one lost.
    rough + sum(values, |value| value - rough) / values.len() as f64
}

/// Standard deviation with n.
fn deviation(values: &[f64], mean: f64) -> f64 {
    (sum(values, |value| (value - mean) * (value - mean)) / values.len() as f64).sqrt()
}

fn sum(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    values.chunks(BLOCK).map(|block| block.iter().map(|&value| of(value)).sum::<f64>()).sum()
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
