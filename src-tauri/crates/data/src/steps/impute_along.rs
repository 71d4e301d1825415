//! Filling along the rows: with the value before, the value behind, or on the line between both.
//!
//! Rows are taken in the order of a column (missing values of it last, equal ones as they stand) or as they stand,
//! within their group. On a split table a row looks at rows of its own part only, so that nothing flows from
//! validation or test into training or back. The line takes neighbouring rows as equally far apart (as pandas'
//! `interpolate(method="linear", limit_area="inside")`); before the first and behind the last value cells stay missing.
//! Whole numbers become floats on the line, points in time are rounded to their unit.

use cairn_protocol::{
    steps::{Impute, ImputeStrategy},
    table::ColumnType,
};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::{column, floats, numbers, wholes},
    grouping::{groups, in_order, refined},
    impute::{Filled, whole_series},
};
use crate::{error::DataError, frame_types::column_type};

/// Fills the columns of the step; what a person should know of it.
pub(super) fn fill(
    step: &Impute,
    frame: &DataFrame,
    parts: Option<&[u8]>,
) -> Result<(Vec<Filled>, Vec<String>), DataError> {
    let mut rows = groups(frame, &step.by)?.rows;
    let mut warnings = Vec::new();
    if let Some(parts) = parts {
        let codes: Vec<u32> = parts.iter().map(|part| u32::from(*part)).collect();
        rows = refined(&rows, &codes).0;
        warnings.push("A row is filled from rows of its own part only".into());
    }
    let order = in_order(frame, &rows, step.order.as_deref())?;
    let walk = Walk { groups: &rows, order: &order };
    let one = |name: &String| {
        let series = column(frame, name)?;
        match step.strategy {
            ImputeStrategy::Linear => walk.line(series),
            strategy => walk.carry(series, strategy == ImputeStrategy::Backward),
        }
    };
    let filled: Vec<Filled> = step.columns.par_iter().map(one).collect::<Result<_, _>>()?;
    Ok((filled, warnings))
}

/// Where cells are null or NaN.
pub(super) fn missing(series: &Series) -> Result<Vec<bool>, DataError> {
    if column_type(series.dtype()) == ColumnType::Float {
        return Ok(numbers(series)?.into_iter().map(f64::is_nan).collect());
    }
    Ok(series.is_null().iter().map(|null| null == Some(true)).collect())
}

/// Rows in their order.
struct Walk<'a> {
    groups: &'a [u32],
    order: &'a [IdxSize],
}

impl Walk<'_> {
    /// Each missing cell gets the last value before it, or the first one behind it.
    fn carry(&self, series: &Series, backward: bool) -> Result<Filled, DataError> {
        let missing = missing(series)?;
        let mut source: Vec<Option<IdxSize>> = vec![None; series.len()];
        let mut last: Option<(u32, IdxSize)> = None;
        let mut visit = |row: IdxSize| {
            let at = row as usize;
            if !missing[at] {
                last = Some((self.groups[at], row));
            }
            source[at] = last.filter(|(group, _)| *group == self.groups[at]).map(|(_, row)| row);
        };
        if backward {
            self.order.iter().rev().for_each(|row| visit(*row));
        } else {
            self.order.iter().for_each(|row| visit(*row));
        }
        let index: IdxCa = source.into_iter().collect();
        let filled = series.take(&index).map_err(DataError::table(format!("filling {}", series.name())))?;
        Ok(Filled { column: filled.into_column(), missing })
    }

    /// Each missing cell between two values gets what lies on the line between them.
    fn line(&self, series: &Series) -> Result<Filled, DataError> {
        let name = series.name().as_str();
        let kind = column_type(series.dtype());
        let missing = missing(series)?;
        if kind.is_numeric() {
            let mut cells = numbers(series)?;
            self.between(&missing, |low, high, share, row| {
                cells[row] = cells[low] + (cells[high] - cells[low]) * share;
            });
            return Ok(Filled { column: floats(name, cells), missing });
        }
        if !series.dtype().is_temporal() {
            let what = format!("{name} holds {}s, between which there is no line", kind.as_str());
            return Err(DataError::refused(what, Some(name), "Fill it with the value before"));
        }
        let mut cells = wholes(series)?;
        self.between(&missing, |low, high, share, row| {
            if let (Some(low), Some(high)) = (cells[low], cells[high]) {
                cells[row] = Some(low + ((high - low) as f64 * share).round() as i64);
            }
        });
        let whole = cells.into_iter().collect::<Int64Chunked>().into_series();
        let filled = whole_series(&whole, series.dtype()).map_err(DataError::table(format!("filling {name}")))?;
        Ok(Filled { column: filled.with_name(name.into()).into_column(), missing })
    }

    /// For each missing cell between two values their rows, the share of the way, and its row.
    fn between(&self, missing: &[bool], mut set: impl FnMut(usize, usize, f64, usize)) {
        let mut last: Option<usize> = None;
        for (at, &row) in self.order.iter().enumerate() {
            let row = row as usize;
            let before = last.map(|last| (last, self.order[last] as usize));
            if missing[row] {
                continue;
            }
            if let Some((start, low)) = before
                && self.groups[low] == self.groups[row]
            {
                let steps = (at - start) as f64;
                for step in start + 1..at {
                    set(low, row, (step - start) as f64 / steps, self.order[step] as usize);
                }
            }
            last = Some(at);
        }
    }
}
