//! Finding text in a table as the grid shows it, in the order of a view, and copying a window of it.
//!
//! Rows are searched in blocks on all threads; of several hits the first in the direction of the search counts. Every
//! row is searched, not only what is on screen.

use cairn_protocol::table::{FoundCell, Needle};
use polars::prelude::*;
use rayon::prelude::*;
use regex::{Regex, RegexBuilder};

use crate::{DataError, Progress, format::text_of};

/// Rows of a block.
const BLOCK: usize = 1 << 15;
/// Bytes that a copy holds at most.
const COPY_LIMIT: usize = 64 << 20;

/// What is compared in a column.
enum Cells<'a> {
    Text(&'a StringChunked),
    Other(&'a Series),
}

impl Cells<'_> {
    fn matches(&self, row: usize, pattern: &Regex) -> bool {
        match self {
            Self::Text(texts) => texts.get(row).is_some_and(|text| pattern.is_match(text)),
            Self::Other(series) => {
                series.get(row).ok().and_then(|value| text_of(&value)).is_some_and(|text| pattern.is_match(&text))
            }
        }
    }
}

fn pattern(needle: &Needle) -> Result<Regex, DataError> {
    let text = if needle.regex { needle.text.clone() } else { regex::escape(&needle.text) };
    let text = if needle.whole_cell { format!("^(?:{text})$") } else { text };
    RegexBuilder::new(&text).case_insensitive(!needle.match_case).build().map_err(|error| {
        let what = format!("«{}» is no regular expression: {error}", needle.text);
        DataError::refused(what, None, "Escape special characters with \\, or search for plain text")
    })
}

/// Whether the text of a number, a date or a truth value can hold what is looked for.
fn may_hold(dtype: &DataType, needle: &Needle) -> bool {
    if needle.regex {
        return true;
    }
    let all = |fits: fn(char) -> bool| needle.text.chars().all(fits);
    match dtype {
        dtype if dtype.is_integer() => all(|letter| letter.is_ascii_digit() || letter == '-'),
        dtype if dtype.is_primitive_numeric() => all(|letter| letter.is_ascii_digit() || "-.eEinfINF".contains(letter)),
        DataType::Date | DataType::Datetime(..) | DataType::Time => {
            all(|letter| letter.is_ascii_digit() || "-: .".contains(letter))
        }
        _ => true,
    }
}

/// The columns that are searched: index and cells.
fn searched<'a>(frame: &'a DataFrame, needle: &Needle) -> Result<Vec<(usize, Cells<'a>)>, DataError> {
    if let Some(name) = needle.columns.iter().find(|name| frame.get_column_index(name).is_none()) {
        return Err(DataError::no_column(frame, name));
    }
    let wanted = |name: &str| needle.columns.is_empty() || needle.columns.iter().any(|column| column == name);
    Ok(frame
        .columns()
        .iter()
        .enumerate()
        .filter(|(_, column)| wanted(column.name()) && may_hold(column.dtype(), needle))
        .map(|(at, column)| {
            let series = column.as_materialized_series();
            (at, series.str().map_or(Cells::Other(series), Cells::Text))
        })
        .collect())
}

/// The next cell that holds what is looked for, after (or before) a cell, going round at the end of the table. The
/// order is that of a view: `order[position]` is a row (none: the table's own order).
///
/// # Errors
/// A column that is not there, a broken expression, or the search was cancelled.
pub fn find(
    frame: &DataFrame,
    order: Option<&[u32]>,
    needle: &Needle,
    progress: &dyn Progress,
) -> Result<Option<FoundCell>, DataError> {
    let rows = order.map_or(frame.height(), <[u32]>::len);
    if needle.text.is_empty() || rows == 0 {
        return Ok(None);
    }
    let pattern = pattern(needle)?;
    let columns = searched(frame, needle)?;
    let row_of = |position: usize| order.map_or(position, |order| order[position] as usize);
    let name = |at: usize| frame.columns()[at].name().to_string();
    let hit = |position: usize, at: usize, wrapped: bool| FoundCell {
        position: position as u64,
        row: row_of(position) as u64,
        column: name(at),
        column_index: at as u64,
        wrapped,
    };
    // The row of the start is searched last as a whole too, for what lies on its other side.
    let start = usize::try_from(needle.from_position).unwrap_or(usize::MAX).min(rows - 1);
    let edge = needle.from_column.map(|column| column as usize);
    let in_row = |position: usize, fits: &dyn Fn(usize) -> bool| {
        let row = row_of(position);
        let mut found =
            columns.iter().filter(|(at, cells)| fits(*at) && cells.matches(row, &pattern)).map(|(at, _)| *at);
        if needle.backwards { found.next_back() } else { found.next() }
    };
    let any: &dyn Fn(usize) -> bool = &|_| true;
    let beyond = |at: usize| match edge {
        None => true,
        Some(edge) if needle.backwards => at < edge,
        Some(edge) => at > edge,
    };
    if let Some(at) = in_row(start, &beyond) {
        return Ok(Some(hit(start, at, false)));
    }
    let ahead: Vec<usize> = if needle.backwards { (0..start).rev().collect() } else { (start + 1..rows).collect() };
    let behind: Vec<usize> = if needle.backwards { (start + 1..rows).rev().collect() } else { (0..start).collect() };
    for (positions, wrapped) in [(ahead, false), (behind, true)] {
        let done = std::sync::atomic::AtomicUsize::new(0);
        let first = positions
            .par_chunks(BLOCK)
            .map(|block| {
                if progress.cancelled() {
                    return None;
                }
                let one = |&position: &usize| {
                    let row = row_of(position);
                    let found = columns.iter().any(|(_, cells)| cells.matches(row, &pattern));
                    found.then_some(position)
                };
                let found = block.iter().find_map(one);
                let before = done.fetch_add(block.len(), std::sync::atomic::Ordering::Relaxed);
                progress.set((before + block.len()) as f64 / rows as f64);
                found
            })
            .find_first(Option::is_some)
            .flatten();
        if progress.cancelled() {
            return Err(DataError::Cancelled);
        }
        if let Some(position) = first {
            let at = {
                let row = row_of(position);
                let mut found = columns.iter().filter(|(_, cells)| cells.matches(row, &pattern)).map(|(at, _)| *at);
                if needle.backwards { found.next_back() } else { found.next() }
            };
            return Ok(at.map(|at| hit(position, at, wrapped)));
        }
    }
    Ok(in_row(start, any).map(|at| hit(start, at, true)))
}

/// Cells that hold what is looked for, over the rows of a view.
///
/// # Errors
/// As [`find`].
pub fn count_found(
    frame: &DataFrame,
    order: Option<&[u32]>,
    needle: &Needle,
    progress: &dyn Progress,
) -> Result<u64, DataError> {
    if needle.text.is_empty() {
        return Ok(0);
    }
    let pattern = pattern(needle)?;
    let columns = searched(frame, needle)?;
    let rows = order.map_or(frame.height(), <[u32]>::len);
    let starts: Vec<usize> = (0..rows).step_by(BLOCK).collect();
    let count = starts
        .par_iter()
        .map(|&start| {
            if progress.cancelled() {
                return 0;
            }
            let block = start..(start + BLOCK).min(rows);
            let of_row = |position: usize| {
                let row = order.map_or(position, |order| order[position] as usize);
                columns.iter().filter(|(_, cells)| cells.matches(row, &pattern)).count() as u64
            };
            block.map(of_row).sum::<u64>()
        })
        .sum();
    if progress.cancelled() { Err(DataError::Cancelled) } else { Ok(count) }
}

/// A window of a table as tab-separated text, whole cells, missing ones empty: what a spreadsheet pastes. Fields that
/// hold a tab, a quote or a line end stand in double quotes.
///
/// # Errors
/// A column that is not there, or a window too large for a clipboard.
pub fn copy_cells(
    frame: &DataFrame,
    order: Option<&[u32]>,
    rows: std::ops::Range<u64>,
    columns: &[String],
    header: bool,
) -> Result<String, DataError> {
    let total = order.map_or(frame.height(), <[u32]>::len) as u64;
    let chosen = columns
        .iter()
        .map(|name| frame.column(name).map_err(|_| DataError::no_column(frame, name)))
        .collect::<Result<Vec<&Column>, _>>()?;
    let mut out = String::new();
    let quoted = |out: &mut String, text: &str| {
        if text.contains(['\t', '"', '\n', '\r']) {
            out.push('"');
            out.push_str(&text.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(text);
        }
    };
    if header {
        for (at, column) in chosen.iter().enumerate() {
            if at > 0 {
                out.push('\t');
            }
            quoted(&mut out, column.name());
        }
        out.push('\n');
    }
    for position in rows.start.min(total)..rows.end.min(total) {
        let row = order.map_or(position as usize, |order| order[position as usize] as usize);
        for (at, column) in chosen.iter().enumerate() {
            if at > 0 {
                out.push('\t');
            }
            if let Some(text) = column.get(row).ok().and_then(|value| text_of(&value)) {
                quoted(&mut out, &text);
            }
        }
        out.push('\n');
        if out.len() > COPY_LIMIT {
            let what = "the selection is larger than 64 MB";
            return Err(DataError::refused(what, None, "Copy fewer rows, or export the table to a file"));
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NoProgress;

    fn frame() -> DataFrame {
        df!(
            "n" => [Some(12i64), None, Some(512), Some(7)],
            "x" => [0.5, 12.25, f64::NAN, 3.0],
            "t" => ["Ann 12", "b\tc", "ÄRGER", "ann"],
        )
        .unwrap()
    }

    fn next(needle: &Needle, order: Option<&[u32]>) -> Option<(u64, String, bool)> {
        find(&frame(), order, needle, &NoProgress).unwrap().map(|hit| (hit.position, hit.column, hit.wrapped))
    }

    #[test]
    fn searching_goes_from_cell_to_cell_and_round() {
        let at = |position, column| Needle {
            text: "12".into(),
            from_position: position,
            from_column: column,
            ..Needle::default()
        };
        assert_eq!(next(&at(0, None), None), Some((0, "n".into(), false)));
        assert_eq!(next(&at(0, Some(0)), None), Some((0, "t".into(), false)));
        assert_eq!(next(&at(0, Some(2)), None), Some((1, "x".into(), false)));
        assert_eq!(next(&at(1, Some(1)), None), Some((2, "n".into(), false)));
        assert_eq!(next(&at(2, Some(0)), None), Some((0, "n".into(), true)));
        let back = Needle { backwards: true, ..at(0, Some(0)) };
        assert_eq!(next(&back, None), Some((2, "n".into(), true)));
        assert_eq!(next(&at(0, None), Some(&[3, 2])), Some((1, "n".into(), false)));
        assert_eq!(count_found(&frame(), None, &at(0, None), &NoProgress).unwrap(), 4);
    }

    #[test]
    fn case_whole_cells_and_expressions() {
        let needle = |text: &str| Needle { text: text.into(), ..Needle::default() };
        let count = |needle: &Needle| count_found(&frame(), None, needle, &NoProgress).unwrap();
        assert_eq!(count(&needle("ärger")), 1);
        assert_eq!(count(&needle("ann")), 2);
        assert_eq!(count(&Needle { match_case: true, ..needle("ann") }), 1);
        assert_eq!(count(&Needle { whole_cell: true, ..needle("ann") }), 1);
        assert_eq!(count(&Needle { regex: true, ..needle("^[0-9.]+$") }), 6);
        assert_eq!(count(&Needle { columns: vec!["n".into()], ..needle("12") }), 2);
        assert!(find(&frame(), None, &Needle { regex: true, ..needle("(") }, &NoProgress).is_err());
        assert_eq!(count(&needle("(")), 0);
    }

    #[test]
    fn a_copy_is_what_a_spreadsheet_pastes() {
        let names = ["t".to_owned(), "n".to_owned()];
        let text = copy_cells(&frame(), Some(&[1, 0]), 0..9, &names, true).unwrap();
        assert_eq!(text, "t\tn\n\"b\tc\"\t\nAnn 12\t12\n");
    }
}
