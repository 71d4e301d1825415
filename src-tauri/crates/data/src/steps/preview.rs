//! What a step (or a whole cell) would change, as a window of a table: added and removed columns, changed cells.
//!
//! Rows are those of the table after, aligned with the table before by their row numbers. A removed column stands
//! before the columns that replace it.

use std::collections::HashSet;

use cairn_protocol::table::{ColumnChange, PageColumn, TablePage};
use polars::prelude::*;

use super::table::Table;
use crate::{error::DataError, format::text_of, frame_types::column_type};

/// What of the comparison is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preview {
    /// First row of the window, in the table after.
    pub first_row: usize,
    /// Rows of the window.
    pub rows: usize,
    /// First column of the window, in the order of the comparison.
    pub first_column: usize,
    /// Columns of the window.
    pub columns: usize,
    /// Whether columns that differ stand first.
    pub changed_first: bool,
}

/// Characters of a cell at most.
const CELL: usize = 300;

/// Compares two tables that began with the same rows.
pub fn preview(before: &Table, after: &Table, window: Preview) -> Result<TablePage, DataError> {
    let total = after.rows();
    let first = window.first_row.min(total);
    let rows = first..first.saturating_add(window.rows).min(total);
    let aligned = align(before, after)?;
    let number = |row: usize| after.row_numbers.as_ref().map_or(row as u64, |numbers| numbers[row]);
    let mut compared: Vec<Compared<'_>> = merge(&before.frame, &after.frame)
        .into_iter()
        .map(|(before, after)| Compared { change: change(before, after, aligned.as_deref()), before, after })
        .collect();
    if window.changed_first {
        compared.sort_by_key(|column| column.change == ColumnChange::Same);
    }
    let columns = compared
        .into_iter()
        .skip(window.first_column)
        .take(window.columns)
        .map(|column| column.page(rows.clone(), aligned.as_deref()))
        .collect();
    Ok(TablePage {
        rows_total: total as u64,
        first_row: first as u64,
        row_numbers: rows.map(number).collect(),
        columns,
    })
}

struct Compared<'a> {
    before: Option<&'a Column>,
    after: Option<&'a Column>,
    change: ColumnChange,
}

impl Compared<'_> {
    fn page(&self, rows: std::ops::Range<usize>, aligned: Option<&[IdxSize]>) -> PageColumn {
        let before_row = |row: usize| aligned.map_or(row, |aligned| aligned[row] as usize);
        let text = |column: &Column, row: usize| column.get(row).ok().and_then(|value| cell(&value));
        let before = |row: usize| self.before.and_then(|column| text(column, before_row(row)));
        let after = |row: usize| self.after.and_then(|column| text(column, row));
        let shown = self.after.or(self.before);
        let cells: Vec<Option<String>> =
            if self.after.is_some() { rows.clone().map(after).collect() } else { rows.clone().map(before).collect() };
        let changed = if self.change == ColumnChange::Changed {
            rows.zip(&cells).map(|(row, cell)| before(row) != *cell).collect()
        } else {
            Vec::new()
        };
        PageColumn {
            name: shown.map(|column| column.name().to_string()).unwrap_or_default(),
            column_type: shown.map_or(cairn_protocol::table::ColumnType::Text, |column| column_type(column.dtype())),
            cells,
            change: self.change,
            changed,
        }
    }
}

/// A cell as the grid shows it.
fn cell(value: &AnyValue<'_>) -> Option<String> {
    let text = text_of(value)?;
    Some(if text.len() > CELL { text.chars().take(CELL).collect() } else { text })
}

/// For each row after its row before; none where they are the same.
fn align(before: &Table, after: &Table) -> Result<Option<Vec<IdxSize>>, DataError> {
    let same = match (&before.row_numbers, &after.row_numbers) {
        (None, None) => true,
        (Some(a), Some(b)) => a == b,
        _ => false,
    };
    if same && before.rows() == after.rows() {
        return Ok(None);
    }
    let fault = || DataError::Internal { what: "a row of the table after is not in the table before".into() };
    let mut at = 0usize;
    let mut rows = Vec::with_capacity(after.rows());
    for row in 0..after.rows() {
        let wanted = after.row_numbers.as_ref().map_or(row as u64, |numbers| numbers[row]);
        match &before.row_numbers {
            None => at = usize::try_from(wanted).map_err(|_| fault())?,
            Some(numbers) => {
                while at < numbers.len() && numbers[at] < wanted {
                    at += 1;
                }
                if numbers.get(at) != Some(&wanted) {
                    return Err(fault());
                }
            }
        }
        if at >= before.rows() {
            return Err(fault());
        }
        rows.push(at as IdxSize);
    }
    Ok(Some(rows))
}

/// Pairs of a column before and after, in the order in which they are shown.
fn merge<'a>(before: &'a DataFrame, after: &'a DataFrame) -> Vec<(Option<&'a Column>, Option<&'a Column>)> {
    let stays: HashSet<&str> = after
        .get_column_names()
        .into_iter()
        .map(PlSmallStr::as_str)
        .filter(|name| before.get_column_index(name).is_some())
        .collect();
    let old = before.columns();
    let mut merged = Vec::with_capacity(old.len() + after.width());
    let mut next = 0;
    // Whether the removed columns that wait have already been followed by what replaces them.
    let mut replacing = false;
    for column in after.columns() {
        let name = column.name().as_str();
        if stays.contains(name) {
            let place = before.get_column_index(name).unwrap_or(0);
            while next < old.len() && next <= place {
                if !stays.contains(old[next].name().as_str()) {
                    merged.push((Some(&old[next]), None));
                }
                next += 1;
            }
            replacing = false;
            merged.push((old.get(place), Some(column)));
        } else {
            while let Some(removed) = old.get(next).filter(|column| !stays.contains(column.name().as_str())) {
                if replacing && !name.starts_with(removed.name().as_str()) {
                    break;
                }
                merged.push((Some(removed), None));
                next += 1;
                replacing = true;
                if name.starts_with(removed.name().as_str()) {
                    break;
                }
            }
            merged.push((None, Some(column)));
        }
    }
    merged.extend(
        old[next..].iter().filter(|column| !stays.contains(column.name().as_str())).map(|column| (Some(column), None)),
    );
    merged
}

fn change(before: Option<&Column>, after: Option<&Column>, aligned: Option<&[IdxSize]>) -> ColumnChange {
    let (before, after) = match (before, after) {
        (Some(before), Some(after)) => (before.as_materialized_series(), after.as_materialized_series()),
        (None, _) => return ColumnChange::Added,
        (_, None) => return ColumnChange::Removed,
    };
    if before.dtype() != after.dtype() {
        return ColumnChange::Changed;
    }
    let same = match aligned {
        // A column that no step touched is the very same.
        None => {
            std::ptr::addr_eq(std::sync::Arc::as_ptr(&before.0), std::sync::Arc::as_ptr(&after.0))
                || before.equals_missing(after)
        }
        Some(rows) => before.take_slice(rows).is_ok_and(|before| before.equals_missing(after)),
    };
    if same { ColumnChange::Same } else { ColumnChange::Changed }
}
