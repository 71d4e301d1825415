//! What a step (or a whole cell) would change, as a window of a table: added and removed columns, changed cells.
//!
//! Rows are those of the table after, each aligned with the row of the table before that it comes from: told by the run
//! ([`preview_of`]), or by their row numbers ([`preview`]). A row that comes from none is marked as added, and its
//! cells are not compared. A removed column stands before the columns that replace it, and its cells follow their rows.

use std::collections::HashSet;

use cairn_protocol::table::{ColumnChange, PageColumn, TablePage};
use polars::prelude::*;

use super::table::{NO_ROW, Table};
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

/// The row of none.
const NONE: IdxSize = IdxSize::MAX;

/// Compares two tables that began with the same rows, aligned by their row numbers. Where a number stands several times
/// (rows picked twice), its n-th row is compared with the n-th before, or with the last.
pub fn preview(before: &Table, after: &Table, window: Preview) -> Result<TablePage, DataError> {
    let from = align(before, after);
    preview_of(before, after, from.as_deref(), window)
}

/// Compares two tables: `from` holds for each row of the table after its row before, `IdxSize::MAX` for none
/// ([`super::RecipeRun::rows_from`] of a run on the table before); none: the rows are the same.
///
/// # Errors
/// Rows that are not there: the tables do not belong together.
pub fn preview_of(
    before: &Table,
    after: &Table,
    from: Option<&[IdxSize]>,
    window: Preview,
) -> Result<TablePage, DataError> {
    let fits = match from {
        None => before.rows() == after.rows(),
        Some(from) => {
            let there = |row: &IdxSize| *row == NONE || (*row as usize) < before.rows();
            from.len() == after.rows() && from.iter().all(there)
        }
    };
    if !fits {
        return Err(DataError::Internal { what: "the tables of a preview do not belong together".into() });
    }
    let total = after.rows();
    let first = window.first_row.min(total);
    let rows = first..first.saturating_add(window.rows).min(total);
    let number = |row: usize| after.row_numbers.as_ref().map_or(row as u64, |numbers| numbers[row]);
    let mut compared: Vec<Compared<'_>> = merge(&before.frame, &after.frame)
        .into_iter()
        .map(|(before, after)| Compared { change: change(before, after, from), before, after })
        .collect();
    if window.changed_first {
        compared.sort_by_key(|column| column.change == ColumnChange::Same);
    }
    let columns = compared
        .into_iter()
        .skip(window.first_column)
        .take(window.columns)
        .map(|column| column.page(rows.clone(), from))
        .collect();
    Ok(TablePage {
        rows_total: total as u64,
        first_row: first as u64,
        row_numbers: rows.clone().map(number).collect(),
        added_rows: match from {
            Some(from) if from[rows.clone()].contains(&NONE) => rows.map(|row| from[row] == NONE).collect(),
            _ => Vec::new(),
        },
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
        let is_added = |row: usize| aligned.is_some_and(|aligned| aligned[row] == NONE);
        let text = |column: &Column, row: usize| column.get(row).ok().and_then(|value| cell(&value));
        let before = |row: usize| self.before.and_then(|column| text(column, before_row(row)));
        let after = |row: usize| self.after.and_then(|column| text(column, row));
        let shown = self.after.or(self.before);
        let cells: Vec<Option<String>> =
            if self.after.is_some() { rows.clone().map(after).collect() } else { rows.clone().map(before).collect() };
        let changed = if self.change == ColumnChange::Changed {
            rows.zip(&cells).map(|(row, cell)| !is_added(row) && before(row) != *cell).collect()
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
fn align(before: &Table, after: &Table) -> Option<Vec<IdxSize>> {
    let same = match (&before.row_numbers, &after.row_numbers) {
        (None, None) => true,
        (Some(a), Some(b)) => a == b,
        _ => false,
    };
    if same && before.rows() == after.rows() {
        return None;
    }
    let number = |row: usize| after.row_numbers.as_ref().map_or(row as u64, |numbers| numbers[row]);
    let Some(numbers) = &before.row_numbers else {
        let place = |row| IdxSize::try_from(number(row)).ok().filter(|place| (*place as usize) < before.rows());
        return Some((0..after.rows()).map(|row| place(row).unwrap_or(NONE)).collect());
    };
    // Where a number stands first, and for each row the next with its number.
    let mut places: PlHashMap<u64, IdxSize> = PlHashMap::with_capacity(numbers.len());
    let mut next = vec![NONE; numbers.len()];
    for (place, number) in numbers.iter().enumerate().rev().filter(|(_, number)| **number != NO_ROW) {
        if let Some(later) = places.insert(*number, place as IdxSize) {
            next[place] = later;
        }
    }
    let rows = (0..after.rows()).map(|row| match places.get_mut(&number(row)) {
        Some(place) => {
            let found = *place;
            if next[found as usize] != NONE {
                *place = next[found as usize];
            }
            found
        }
        None => NONE,
    });
    Some(rows.collect())
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
        Some(rows) => same_rows(before, after, rows),
    };
    if same { ColumnChange::Same } else { ColumnChange::Changed }
}

/// Whether the rows that come from a row before hold what stood there.
fn same_rows(before: &Series, after: &Series, rows: &[IdxSize]) -> bool {
    if !rows.contains(&NONE) {
        return before.take_slice(rows).is_ok_and(|before| before.equals_missing(after));
    }
    let kept: Vec<(IdxSize, IdxSize)> =
        (0..).zip(rows).filter(|(_, from)| **from != NONE).map(|(row, from)| (row, *from)).collect();
    let (now, from): (Vec<IdxSize>, Vec<IdxSize>) = kept.into_iter().unzip();
    match (before.take_slice(&from), after.take_slice(&now)) {
        (Ok(before), Ok(after)) => before.equals_missing(&after),
        _ => false,
    }
}
