//! Windows of a table for the grid, and the order in which a query sees the rows.

use cairn_protocol::steps::Combine;
use cairn_protocol::table::{ColumnChange, PageColumn, TablePage, TableQuery};
use polars::prelude::{Column, DataFrame, IdxCa, NewChunkedArray};

use crate::{
    DataError, condition,
    format::text_of,
    frame_types::column_type,
    steps::{needs_order, sorted_rows},
};

/// Characters of a cell that a page carries.
const CELL_CHARACTERS: usize = 300;

/// A window of a table: `rows` rows from `first_row` in the order `row_index` (none: the table's own),
/// `columns` columns from `first_column`. What lies outside the table is left away.
#[must_use]
pub fn page(
    frame: &DataFrame,
    row_index: Option<&[u32]>,
    first_row: u64,
    rows: u64,
    first_column: u64,
    columns: u64,
) -> TablePage {
    let total = row_index.map_or(frame.height(), <[u32]>::len);
    let from = usize::try_from(first_row).unwrap_or(usize::MAX).min(total);
    let to = from.saturating_add(usize::try_from(rows).unwrap_or(usize::MAX)).min(total);
    let numbers: Vec<usize> = (from..to).map(|row| row_index.map_or(row, |index| index[row] as usize)).collect();
    let skip = usize::try_from(first_column).unwrap_or(usize::MAX);
    let take = usize::try_from(columns).unwrap_or(usize::MAX);
    TablePage {
        rows_total: total as u64,
        first_row: from as u64,
        row_numbers: numbers.iter().map(|row| *row as u64).collect(),
        added_rows: Vec::new(),
        columns: frame.columns().iter().skip(skip).take(take).map(|column| page_column(column, &numbers)).collect(),
    }
}

/// The rows of a table by index, in that order.
///
/// # Errors
/// A row is not there.
pub fn take_rows(frame: &DataFrame, rows: &[u32]) -> Result<DataFrame, DataError> {
    let index = IdxCa::from_slice("".into(), rows);
    frame.take(&index).map_err(DataError::table("picking rows"))
}

fn page_column(column: &Column, rows: &[usize]) -> PageColumn {
    let cell = |row: &usize| column.get(*row).ok().and_then(|value| text_of(&value)).map(shortened);
    PageColumn {
        name: column.name().to_string(),
        column_type: column_type(column.dtype()),
        cells: rows.iter().map(cell).collect(),
        change: ColumnChange::Same,
        changed: Vec::new(),
    }
}

/// At most [`CELL_CHARACTERS`] characters, the last of them an ellipsis where some were left away.
fn shortened(text: String) -> String {
    if text.len() <= CELL_CHARACTERS || text.chars().nth(CELL_CHARACTERS).is_none() {
        return text;
    }
    text.chars().take(CELL_CHARACTERS - 1).chain(['…']).collect()
}

/// The rows that meet a query's conditions, in its order: missing values last, equal ones as they stand.
///
/// # Errors
/// When the query names a column that is not there, or a condition does not suit its column.
pub fn order(frame: &DataFrame, query: &TableQuery) -> Result<Vec<u32>, DataError> {
    let mask = match query.conditions.as_slice() {
        [] => None,
        conditions => Some(condition::row_mask(frame, conditions, Combine::All)?),
    };
    let meets = |row: &u32| mask.as_ref().is_none_or(|mask| mask[*row as usize]);
    if query.sort.is_empty() {
        return Ok((0..frame.height() as u32).filter(meets).collect());
    }
    let columns = query
        .sort
        .iter()
        .map(|key| frame.column(&key.column).map_err(|_| DataError::no_column(frame, &key.column)))
        .collect::<Result<Vec<_>, _>>()?;
    // Rows that are not shown need not be sorted.
    let rows: Option<Vec<u32>> = mask.is_some().then(|| (0..frame.height() as u32).filter(meets).collect());
    let taken = rows.as_ref().map(|rows| IdxCa::from_slice("".into(), rows));
    let series = columns
        .iter()
        .map(|column| match &taken {
            Some(taken) => column.take(taken).map(|column| column.take_materialized_series()),
            None => Ok(column.as_materialized_series().clone()),
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(DataError::table("picking rows"))?;
    for series in &series {
        needs_order(series, "sorted")?;
    }
    let descending: Vec<bool> = query.sort.iter().map(|key| key.descending).collect();
    let mut order = sorted_rows(&series.iter().collect::<Vec<_>>(), &descending, false)?;
    if let Some(rows) = rows {
        order.iter_mut().for_each(|row| *row = rows[*row as usize]);
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cairn_protocol::{
        ParamValue,
        steps::{Condition, SortKey, Test},
    };
    use polars::prelude::*;

    fn frame() -> DataFrame {
        df!("n" => [Some(3i64), None, Some(1), Some(3)], "x" => [0.1, 2.0, f64::NAN, -1e-9], "t" => ["b", "a", "", "é"])
            .unwrap()
    }

    #[test]
    fn a_page_is_a_window_of_texts() {
        let page = page(&frame(), None, 1, 10, 0, 2);
        assert_eq!((page.rows_total, page.first_row, page.row_numbers), (4, 1, vec![1, 2, 3]));
        assert_eq!(page.columns.len(), 2);
        assert_eq!(page.columns[0].cells, [None, Some("1".into()), Some("3".into())]);
        assert_eq!(page.columns[1].cells, [Some("2".into()), None, Some("-1e-9".into())]);
        let long = df!("t" => ["é".repeat(400)]).unwrap();
        let cell = super::page(&long, None, 0, 1, 0, 1).columns.remove(0).cells.remove(0).unwrap();
        assert_eq!(cell.chars().count(), 300);
        assert!(super::page(&long, None, 9, u64::MAX, 0, u64::MAX).row_numbers.is_empty());
    }

    #[test]
    fn order_sorts_stably_with_nulls_last_and_filters() {
        let key = |(name, descending): &(&str, bool)| SortKey { column: (*name).into(), descending: *descending };
        let query = |sort: &[(&str, bool)], conditions| TableQuery {
            sort: sort.iter().map(key).collect(),
            conditions,
            part: None,
        };
        let frame = frame();
        assert_eq!(order(&frame, &query(&[("n", false)], vec![])).unwrap(), [2, 0, 3, 1]);
        assert_eq!(order(&frame, &query(&[("n", true)], vec![])).unwrap(), [0, 3, 2, 1]);
        // Further keys decide among equals, each in its direction; a NaN is a missing value.
        assert_eq!(order(&frame, &query(&[("n", false), ("x", false)], vec![])).unwrap(), [2, 3, 0, 1]);
        assert_eq!(order(&frame, &query(&[("n", true), ("t", true)], vec![])).unwrap(), [3, 0, 2, 1]);
        assert_eq!(order(&frame, &query(&[("x", false)], vec![])).unwrap(), [3, 0, 1, 2]);
        let at_least_two = vec![Condition {
            column: "n".into(),
            test: Test::GreaterOrEqual,
            value: Some(ParamValue::Int(2)),
            other: None,
        }];
        assert_eq!(order(&frame, &query(&[("t", true)], at_least_two.clone())).unwrap(), [3, 0]);
        assert_eq!(order(&frame, &query(&[("n", true), ("x", false)], at_least_two.clone())).unwrap(), [3, 0]);
        assert_eq!(order(&frame, &query(&[], at_least_two)).unwrap(), [0, 3]);
        assert!(order(&frame, &query(&[("n", false), ("m", true)], vec![])).is_err());
    }
}
