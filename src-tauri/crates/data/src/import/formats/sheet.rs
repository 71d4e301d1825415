//! The layout of a sheet: what stands above the table, which rows hold the names, where the data begin.

use std::collections::BTreeMap;

use cairn_protocol::notebook::ImportOptions;
use calamine::Dimensions;

use super::names::looks_like_names;

/// A row with content, from the beginning of a sheet.
#[derive(Debug)]
pub(crate) struct Sample {
    /// Row of the sheet, from 0.
    pub row: u32,
    pub cells: BTreeMap<u32, SampleCell>,
}

/// A cell of it.
#[derive(Debug)]
pub(crate) struct SampleCell {
    pub is_text: bool,
    pub shown: String,
}

/// Where what is.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Layout {
    /// Rows of the sheet above the names (or the data).
    pub preamble_rows: u64,
    /// What stands there.
    pub preamble: Vec<String>,
    pub header_rows: u32,
    /// Names by column of the sheet.
    pub header: BTreeMap<u32, String>,
    /// The first row of data.
    pub data_from: u32,
    /// Merged ranges that reach into the data.
    pub merged_below: usize,
}

/// Finds the layout. The table begins at the first row that is about as wide as the rows below; a first row of
/// names is told as in delimited text; merged cells over a second row of names make it two.
pub(crate) fn layout(rows: &[Sample], merged: &[Dimensions], options: &ImportOptions) -> Layout {
    let start = match options.skip_lines {
        Some(skipped) => rows.iter().position(|row| u64::from(row.row) >= skipped).unwrap_or(rows.len()),
        None => first_wide(rows),
    };
    let mut layout = Layout::default();
    for row in &rows[..start] {
        let texts: Vec<&str> = row.cells.values().map(|cell| cell.shown.trim()).filter(|t| !t.is_empty()).collect();
        layout.preamble.push(texts.join(" ").chars().take(120).collect());
    }
    layout.preamble.truncate(10);
    let Some(first) = rows.get(start) else {
        layout.data_from = rows.last().map_or(0, |row| row.row + 1);
        layout.preamble_rows = u64::from(layout.data_from);
        return layout;
    };
    layout.preamble_rows = u64::from(first.row);
    let has_header =
        options.header.unwrap_or_else(|| options.header_rows.is_some_and(|many| many > 0) || names_in(rows, start));
    let in_second = |region: &Dimensions| region.start.0 == first.row && region.end.0 == first.row;
    let spans_names = merged.iter().any(|region| in_second(region) && region.end.1 > region.start.1);
    let second_is_text = rows
        .get(start + 1)
        .is_some_and(|next| next.row == first.row + 1 && next.cells.values().all(|cell| cell.is_text));
    layout.header_rows = match options.header_rows {
        _ if options.header == Some(false) => 0,
        Some(many) => many,
        None if !has_header => 0,
        None if spans_names && second_is_text => 2,
        None => 1,
    };
    layout.data_from = first.row + layout.header_rows;
    layout.merged_below = merged.iter().filter(|region| region.end.0 >= layout.data_from).count();
    let header: Vec<&Sample> = rows[start..].iter().filter(|row| row.row < layout.data_from).collect();
    layout.header = joined(&header, merged, layout.data_from);
    layout
}

/// The first row that holds at least half of what most rows hold.
fn first_wide(rows: &[Sample]) -> usize {
    let mut widths: Vec<usize> = rows.iter().map(|row| row.cells.len()).collect();
    widths.sort_unstable();
    let usual = widths.get(widths.len() / 2).copied().unwrap_or(0);
    let enough = usual.div_ceil(2).max(usual.min(2));
    rows.iter().position(|row| row.cells.len() >= enough).unwrap_or(0)
}

fn names_in(rows: &[Sample], start: usize) -> bool {
    let first: Vec<Option<String>> =
        rows[start].cells.values().map(|cell| cell.is_text.then(|| cell.shown.clone())).collect();
    let columns: Vec<u32> = rows[start].cells.keys().copied().collect();
    let below = |row: &Sample| -> Vec<Option<String>> {
        let cell = |column: &u32| match row.cells.get(column) {
            Some(cell) => cell.is_text.then(|| cell.shown.clone()),
            None => Some(String::new()),
        };
        columns.iter().map(cell).collect()
    };
    let next: Vec<Vec<Option<String>>> = rows[start + 1..].iter().take(100).map(below).collect();
    looks_like_names(&first, &next)
}

/// The names of all header rows, joined from top to bottom. A merged name counts for all its columns.
fn joined(header: &[&Sample], merged: &[Dimensions], data_from: u32) -> BTreeMap<u32, String> {
    let mut names: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let widest = header.iter().flat_map(|row| row.cells.keys()).max().copied().unwrap_or(0);
    for (level, row) in header.iter().enumerate() {
        let last = level + 1 == header.len();
        let mut before: Option<String> = None;
        for column in 0..=widest {
            let region = merged.iter().find(|region| region.contains(row.row, column));
            let own = row.cells.get(&column).map(|cell| cell.shown.trim().to_owned()).filter(|text| !text.is_empty());
            let text = match (own, region) {
                (Some(text), _) => Some(text),
                // The same name from the first cell of the range; one that comes from above is there already.
                (None, Some(region)) if region.start.0 == row.row && region.end.0 < data_from => {
                    row.cells.get(&region.start.1).map(|cell| cell.shown.trim().to_owned())
                }
                // Without knowledge of merged cells, an upper row's gap continues the name before it.
                (None, None) if merged.is_empty() && !last => before.clone(),
                _ => None,
            };
            before.clone_from(&text);
            if let Some(text) = text {
                names.entry(column).or_default().push(text);
            }
        }
    }
    names
        .into_iter()
        .map(|(column, mut parts)| {
            parts.dedup();
            (column, parts.join(" "))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows by line, cells by `|`; digits are numbers.
    fn rows(text: &str) -> Vec<Sample> {
        let cell = |shown: &str| SampleCell { is_text: shown.parse::<f64>().is_err(), shown: shown.into() };
        text.lines()
            .enumerate()
            .map(|(row, line)| Sample {
                row: row as u32,
                cells: line
                    .split('|')
                    .enumerate()
                    .filter(|(_, cell)| !cell.trim().is_empty())
                    .map(|(column, text)| (column as u32, cell(text.trim())))
                    .collect(),
            })
            .filter(|row: &Sample| !row.cells.is_empty())
            .collect()
    }

    fn names(layout: &Layout) -> Vec<(u32, &str)> {
        layout.header.iter().map(|(column, name)| (*column, name.as_str())).collect()
    }

    #[test]
    fn a_title_is_no_header() {
        let options = ImportOptions::default();
        let found = layout(&rows("Sales 2024\n\n |id|name\n |1|a\n |2|b"), &[], &options);
        assert_eq!((found.preamble_rows, found.header_rows, found.data_from), (2, 1, 3));
        assert_eq!(found.preamble, ["Sales 2024"]);
        assert_eq!(names(&found), [(1, "id"), (2, "name")]);
        let bare = layout(&rows("1|2\n3|4"), &[], &options);
        assert_eq!((bare.header_rows, bare.data_from), (0, 0));
        let skipped = layout(&rows("x|y\nid|name\n1|a"), &[], &ImportOptions { skip_lines: Some(1), ..options });
        assert_eq!((skipped.preamble_rows, names(&skipped)), (1, vec![(0, "id"), (1, "name")]));
    }

    #[test]
    fn merged_names_join_with_those_below() {
        let rows = rows("region|sales||costs\n |q1|q2|q1\nnorth|1|2|3");
        let merged = [Dimensions::new((0, 1), (0, 2)), Dimensions::new((0, 0), (1, 0))];
        let found = layout(&rows, &merged, &ImportOptions::default());
        assert_eq!((found.header_rows, found.data_from), (2, 2));
        assert_eq!(names(&found), [(0, "region"), (1, "sales q1"), (2, "sales q2"), (3, "costs q1")]);
    }
}
