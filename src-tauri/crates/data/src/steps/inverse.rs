//! One-hot encoding undone: the 0/1 columns become one column of their names, less a beginning that all have.

use cairn_protocol::steps::OneHotInverse;
use polars::prelude::*;

use super::{
    columns::{column, numbers},
    fitted::Learned,
    names::{count, rows_hold},
    operation::{Change, Operation, Stage},
};
use crate::error::DataError;

/// A row whose columns are all 0.
const NO_LEVEL: u32 = u32::MAX;
/// A row whose columns are missing.
const NOTHING: u32 = u32::MAX - 1;

impl Operation for OneHotInverse {
    fn transform(&self, frame: &DataFrame, _learned: &Learned, _stage: &Stage<'_>) -> Result<Change, DataError> {
        let Some(first) = self.columns.first() else {
            return Err(DataError::refused("no 0/1 column is named", None, "Name the columns of the encoding"));
        };
        if self.name.is_empty() {
            return Err(DataError::refused("the new column has no name", None, "Give it a name"));
        }
        let mut levels = vec![NO_LEVEL; frame.height()];
        let mut missing = vec![0u32; frame.height()];
        let mut several = 0u64;
        for (at, name) in (0u32..).zip(&self.columns) {
            for (row, value) in numbers(column(frame, name)?)?.into_iter().enumerate() {
                if value.is_nan() {
                    missing[row] += 1;
                } else if value == 1.0 {
                    if levels[row] == NO_LEVEL {
                        levels[row] = at;
                    } else {
                        several += 1;
                    }
                } else if value != 0.0 {
                    let what = format!("row {}: {name} is {value}, neither 0 nor 1", count(row as u64 + 1));
                    return Err(DataError::refused(what, Some(name), "Name only columns of 0 and 1"));
                }
            }
        }
        for (level, missing) in levels.iter_mut().zip(missing) {
            if *level == NO_LEVEL && missing as usize == self.columns.len() {
                *level = NOTHING;
            }
        }
        let labels: Vec<&str> =
            self.columns.iter().map(|name| name.strip_prefix(&self.prefix).unwrap_or(name)).collect();
        let cells: StringChunked = levels
            .iter()
            .map(|level| match *level {
                NO_LEVEL => self.when_none.as_deref(),
                NOTHING => None,
                level => labels.get(level as usize).copied(),
            })
            .collect();
        let made = cells.with_name(self.name.as_str().into()).into_series().into_column();
        let mut change = Change::default();
        if several > 0 {
            change.warnings.push(format!("{} more than one 1, the first column counts", rows_hold(several)));
        }
        if self.keep_source {
            change.added.push(made);
            return Ok(change);
        }
        change.replaced = self.columns.iter().skip(1).map(|name| (name.clone(), Vec::new())).collect();
        change.replaced.push((first.clone(), vec![made]));
        Ok(change)
    }
}
