//! The blocks of cells that can be seen in a frame.

use std::{collections::HashMap, rc::Rc};

use cairn_protocol::{Response as Answer, table::TablePage};

use super::{BLOCK_COLUMNS, BLOCK_ROWS, Frame, GridSource, GridState, page_of};

/// Rows of a selection whose figures are shown and that can be copied.
pub(super) const MAX_SELECTED: u64 = 10_000;

/// A number with more digits than one reads, rounded to five decimals or to four digits; the whole of it shows on
/// hover and is what gets copied. None for a number that is short as it is.
pub(super) fn rounded(text: &str) -> Option<String> {
    if text.len() <= 9 || !text.contains(['.', 'e']) {
        return None;
    }
    let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
    let magnitude = value.abs();
    Some(if magnitude != 0.0 && !(1e-3..1e9).contains(&magnitude) {
        format!("{value:.3e}")
    } else {
        let before = if magnitude >= 1.0 { magnitude.log10().floor() as usize } else { 0 };
        format!("{value:.*}", 5_usize.saturating_sub(before).max(1))
    })
}

/// Digits behind the point of a number as it is shown; none of what has an exponent or is no number.
pub(super) fn decimals(text: &str) -> Option<usize> {
    let text = rounded(text).unwrap_or_else(|| text.to_owned());
    if text.contains('e') || !text.ends_with(|last: char| last.is_ascii_digit()) {
        return None;
    }
    Some(text.split_once('.').map_or(0, |(_, behind)| behind.len()))
}

/// One cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    /// On its way.
    Unknown,
    /// Missing in the table.
    Null { changed: bool },
    /// A value.
    Value { text: &'a str, changed: bool },
}

/// The blocks, by their first row and first column.
pub(super) struct Blocks {
    blocks: HashMap<(u64, usize), Rc<Answer>>,
}

impl Blocks {
    /// Asks for every block that can be seen.
    pub(super) fn read(frame: &Frame<'_>, state: &GridState, source: &dyn GridSource) -> Self {
        let mut blocks = HashMap::new();
        if frame.total == 0 || frame.columns.is_empty() {
            return Self { blocks };
        }
        let last_row = (state.anchor + frame.rows_in_view().ceil() as u64).min(frame.total - 1);
        let mut starts: Vec<usize> =
            frame.seen(state.scroll_x).iter().map(|(index, ..)| *index / BLOCK_COLUMNS * BLOCK_COLUMNS).collect();
        starts.sort_unstable();
        starts.dedup();
        for row in state.anchor / BLOCK_ROWS..=last_row / BLOCK_ROWS {
            for first_column in &starts {
                let end = first_column + BLOCK_COLUMNS;
                if let Some(answer) = source.page(row * BLOCK_ROWS, BLOCK_ROWS, *first_column..end) {
                    blocks.insert((row, *first_column), answer);
                }
            }
        }
        // The selection too, as long as it is no larger than what its figures and the clipboard take.
        if let (Some((first, last)), Some((_, name))) = (state.selected_rows(), &state.cursor)
            && last - first < MAX_SELECTED
            && let Some(index) = frame.columns.iter().position(|column| column.name == name)
        {
            let first_column = index / BLOCK_COLUMNS * BLOCK_COLUMNS;
            for row in first / BLOCK_ROWS..=last.min(frame.total - 1) / BLOCK_ROWS {
                if let std::collections::hash_map::Entry::Vacant(entry) = blocks.entry((row, first_column))
                    && let Some(answer) =
                        source.page(row * BLOCK_ROWS, BLOCK_ROWS, first_column..first_column + BLOCK_COLUMNS)
                {
                    entry.insert(answer);
                }
            }
        }
        Self { blocks }
    }

    fn page(&self, row: u64, column: usize) -> Option<&TablePage> {
        self.blocks.get(&(row / BLOCK_ROWS, column / BLOCK_COLUMNS * BLOCK_COLUMNS)).and_then(|answer| page_of(answer))
    }

    /// A cell, by row in the query's order, index and name of the column.
    pub(super) fn cell(&self, row: u64, index: usize, name: &str) -> Cell<'_> {
        let Some(page) = self.page(row, index) else { return Cell::Unknown };
        let Some(at) = row.checked_sub(page.first_row).map(|at| at as usize) else { return Cell::Unknown };
        let likely = [index % BLOCK_COLUMNS, index];
        let column = likely
            .iter()
            .filter_map(|at| page.columns.get(*at))
            .find(|column| column.name == name)
            .or_else(|| page.columns.iter().find(|column| column.name == name));
        let Some(column) = column else { return Cell::Unknown };
        let changed = column.changed.get(at).copied().unwrap_or_default();
        match column.cells.get(at) {
            None => Cell::Unknown,
            Some(None) => Cell::Null { changed },
            Some(Some(text)) => Cell::Value { text, changed },
        }
    }

    /// The row's number in the table, from 1; none while it is on its way, and for a row that a step made.
    pub(super) fn row_number(&self, row: u64) -> Option<u64> {
        let page = self
            .blocks
            .iter()
            .find(|((block, _), _)| *block == row / BLOCK_ROWS)
            .and_then(|(_, answer)| page_of(answer))?;
        let at = row.checked_sub(page.first_row)? as usize;
        page.row_numbers.get(at)?.checked_add(1)
    }

    /// Whether a step made the row: it stands in no table that is read.
    pub(super) fn is_made(&self, row: u64) -> bool {
        let page = self.blocks.iter().find(|((block, _), _)| *block == row / BLOCK_ROWS);
        let page = page.and_then(|(_, answer)| page_of(answer));
        page.zip(row.checked_sub(page.map_or(0, |page| page.first_row)))
            .is_some_and(|(page, at)| page.row_numbers.get(at as usize) == Some(&u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::{decimals, rounded};

    #[test]
    fn numbers_stand_by_their_point() {
        let found = ["27", "36.6", "0.023021240933568127", "1.2e-7", "NaN"].map(decimals);
        assert_eq!(found, [Some(0), Some(1), Some(5), None, None]);
    }

    #[test]
    fn long_numbers_are_rounded_and_short_ones_left() {
        for (text, shown) in [
            ("0.023021240933568127", Some("0.02302")),
            ("-1.366451970052165", Some("-1.36645")),
            ("121.73249999", Some("121.732")),
            ("0.00001234567", Some("1.235e-5")),
            ("90.3", None),
            ("1234567890123", None),
        ] {
            assert_eq!(rounded(text).as_deref(), shown, "{text}");
        }
    }
}
