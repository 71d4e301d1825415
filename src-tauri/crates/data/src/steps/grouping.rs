//! Rows by the values of columns, and rows in the order of a column.

use polars::prelude::*;
use rayon::prelude::*;

use super::columns::{MISSING, codes, column};
use crate::error::DataError;

/// Rows by the combinations of the values of columns; a missing value is a value of its own.
pub(super) struct Groups {
    /// For each row the number of its group; groups stand in the order of their first rows.
    pub rows: Vec<u32>,
    /// For each group the value of each column as text, none for missing.
    pub keys: Vec<Vec<Option<String>>>,
}

/// Groups by columns; without columns one group of all rows.
pub(super) fn groups(frame: &DataFrame, by: &[String]) -> Result<Groups, DataError> {
    let mut rows = vec![0u32; frame.height()];
    let mut keys: Vec<Vec<Option<String>>> = vec![Vec::new()];
    for name in by {
        let codes = codes(column(frame, name)?)?;
        let (finer, pairs) = refined(&rows, &codes.rows);
        keys = pairs
            .into_iter()
            .map(|(group, code)| {
                let mut key = keys[group as usize].clone();
                key.push((code != MISSING).then(|| codes.levels[code as usize].label.clone()));
                key
            })
            .collect();
        rows = finer;
    }
    Ok(Groups { rows, keys })
}

/// Groups split by codes: the new group of each row, and the old group and code of each new one.
pub(super) fn refined(groups: &[u32], codes: &[u32]) -> (Vec<u32>, Vec<(u32, u32)>) {
    let mut seen: PlHashMap<(u32, u32), u32> = PlHashMap::default();
    let mut pairs = Vec::new();
    let rows = groups
        .iter()
        .zip(codes)
        .map(|(&group, &code)| {
            *seen.entry((group, code)).or_insert_with(|| {
                pairs.push((group, code));
                (pairs.len() - 1) as u32
            })
        })
        .collect();
    (rows, pairs)
}

/// Rows by group, within a group in the order of a column (missing values last), equal ones as they stand.
pub(super) fn in_order(frame: &DataFrame, groups: &[u32], order: Option<&str>) -> Result<Vec<IdxSize>, DataError> {
    let ranks = match order {
        Some(name) => codes(column(frame, name)?)?.rows,
        None => vec![0; frame.height()],
    };
    let mut rows: Vec<IdxSize> = (0..frame.height() as IdxSize).collect();
    rows.par_sort_by_key(|&row| (groups[row as usize], ranks[row as usize]));
    Ok(rows)
}
