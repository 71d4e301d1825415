//! Wrangled and split files as lines for people.

use cairn_protocol::{
    batch::{SplitFile, WrangledFile},
    results::{CheckOutcome, SplitResult, StepOutcome},
    table::{ColumnChange, PageColumn, TablePage},
};

use super::{figure, plain, rows, table};

/// Characters of a cell of a preview at most.
const CELL: usize = 24;
/// Characters of a line of a preview, where the terminal does not say how many it has.
const WIDTH: usize = 120;
/// Names of columns listed at most.
const NAMES: usize = 6;

fn many(count: u64, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

fn names(all: &[String]) -> String {
    let shown: Vec<String> = all.iter().take(NAMES).map(|name| plain(name)).collect();
    let more = all.len().saturating_sub(NAMES);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

/// Bytes as people say them.
fn size(bytes: u64) -> String {
    let mebibytes = bytes as f64 / f64::from(1u32 << 20);
    match mebibytes {
        large if large >= 1024.0 => format!("{:.1} GiB", large / 1024.0),
        middle if middle >= 1.0 => format!("{middle:.0} MiB"),
        _ => format!("{:.0} KiB", (mebibytes * 1024.0).ceil()),
    }
}

/// Steps that ran on a file.
pub fn wrangled(file: &str, done: &WrangledFile, colour: bool) -> String {
    let mut text = format!("{}: {} rows × {} columns", plain(file), done.rows_read, done.columns_read);
    if done.rejects_total > 0 {
        text.push_str(&format!(", {} rejected", done.rejects_total));
    }
    text.push('\n');
    if let Some(split) = &done.split {
        text.push_str(&format!("split {}: {}\n", plain(&split.method), parts(split)));
    }
    for (number, step) in (1..).zip(&done.steps) {
        text.push_str(&format!("{number} {}\n", step_line(step)));
        for line in step_details(step) {
            text.push_str(&format!("    {}\n", plain(&line)));
        }
    }
    text.push_str(&format!("{} rows × {} columns ({:.2} s)\n", done.rows, done.columns.len(), done.elapsed_secs));
    if let Some(page) = &done.preview {
        text.push_str(&format!("\n{}\n", preview(page, colour, line_width())));
    }
    for warning in &done.warnings {
        text.push_str(&format!("warning: {}\n", plain(warning)));
    }
    for path in done.out.iter().chain(&done.recipe) {
        text.push_str(&format!("wrote {path}\n"));
    }
    text
}

/// What a step did, in a line.
fn step_line(step: &StepOutcome) -> String {
    if step.skipped {
        return format!("{}: switched off", step.title);
    }
    let mut did = Vec::new();
    if !step.added.is_empty() {
        did.push(format!("+{} ({})", many(step.added.len() as u64, "column", "columns"), names(&step.added)));
    }
    if !step.removed.is_empty() {
        did.push(format!("−{} ({})", many(step.removed.len() as u64, "column", "columns"), names(&step.removed)));
    }
    if step.rows_removed > 0 {
        did.push(format!("−{}", many(step.rows_removed, "row", "rows")));
    }
    if step.rows_added > 0 {
        did.push(format!("+{}", many(step.rows_added, "row", "rows")));
    }
    if step.changed_cells > 0 {
        did.push(format!("{} changed", many(step.changed_cells, "cell", "cells")));
    }
    if !step.unfit.is_empty() {
        did.push(format!("{} did not fit and became empty", many(step.unfit.len() as u64, "cell", "cells or more")));
    }
    if did.is_empty() {
        did.push("no change".into());
    }
    if let Some(rows) = step.fit_rows {
        did.push(format!("learned from {}{}", if step.fits_on_all { "all " } else { "" }, many(rows, "row", "rows")));
    }
    if let Some(predicted) = &step.prediction {
        did.push(format!(
            "predicted {} × {}, {}",
            many(predicted.rows, "row", "rows"),
            many(predicted.columns, "column", "columns"),
            size(predicted.bytes)
        ));
    }
    format!("{}: {}", step.title, did.join(" · "))
}

/// What a step learned, and what is to be said of it.
fn step_details(step: &StepOutcome) -> Vec<String> {
    let mut lines: Vec<String> = step.learned.iter().take(NAMES).cloned().collect();
    let more = step.learned.len().saturating_sub(NAMES);
    if more > 0 {
        lines.push(format!("and {more} more; --json lists them"));
    }
    lines.extend(step.notes.iter().map(|note| format!("note: {note}")));
    for cell in step.unfit.iter().take(3) {
        lines.push(format!("did not fit: row {} of {}: «{}»", cell.row + 1, cell.column, cell.value));
    }
    lines.extend(step.warnings.iter().map(|warning| format!("warning: {warning}")));
    let predicted = step.prediction.iter().map(|predicted| &predicted.warning).filter(|warning| !warning.is_empty());
    lines.extend(predicted.map(|warning| format!("warning: {warning}")));
    lines
}

/// The rows of the parts: `train 700, valid 150, test 150`.
fn parts(split: &SplitResult) -> String {
    let counts = split.counts.iter().enumerate().filter(|(_, rows)| **rows > 0);
    let mut shown: Vec<String> = counts.map(|(part, rows)| format!("{} {rows}", split.part_name(part))).collect();
    if split.left_out > 0 {
        shown.push(format!("in no part {}", split.left_out));
    }
    shown.join(", ")
}

/// The columns of the terminal.
fn line_width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    said.filter(|width| *width >= 40).unwrap_or(WIDTH)
}

/// The table around a step: `+name` is new, `-name` is gone, `~name` changed, with a `*` behind each cell that did.
fn preview(page: &TablePage, colour: bool, width: usize) -> String {
    let numbers: Vec<String> = page
        .row_numbers
        .iter()
        .enumerate()
        .map(|(at, number)| match page.added_rows.get(at) {
            Some(true) => "+".to_owned(),
            _ if *number == u64::MAX => "+".to_owned(),
            _ => (number + 1).to_string(),
        })
        .collect();
    let mut blocks = vec![block("", "row", &numbers, None)];
    let mut used = blocks[0].width + 2;
    let mut shown = 0;
    for column in &page.columns {
        let made = column_block(column, colour);
        if shown > 0 && used + made.width > width {
            break;
        }
        used += made.width + 2;
        shown += 1;
        blocks.push(made);
    }
    let mut text = String::new();
    for line in 0..=numbers.len() {
        let cells: Vec<String> = blocks.iter().map(|block| block.line(line)).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    let mut below = format!("{} of {} rows", numbers.len(), page.rows_total);
    if shown < page.columns.len() {
        below.push_str(&format!(", {shown} of {} columns, those that differ first", page.columns.len()));
    }
    text.push_str(&format!("{below}; + new  - gone  ~ changed, * the cells"));
    text
}

/// A column of a preview.
struct Block {
    lines: Vec<String>,
    width: usize,
    /// Colour of the terminal and its end.
    colour: Option<&'static str>,
}

impl Block {
    fn line(&self, at: usize) -> String {
        let cell = self.lines.get(at).map(String::as_str).unwrap_or_default();
        let padded = format!("{cell:<width$}", width = self.width);
        match self.colour {
            Some(colour) if at == 0 || cell.ends_with('*') || colour != YELLOW => format!("{colour}{padded}\u{1b}[0m"),
            _ => padded,
        }
    }
}

const GREEN: &str = "\u{1b}[32m";
const RED: &str = "\u{1b}[31m";
const YELLOW: &str = "\u{1b}[33m";

fn block(sign: &str, name: &str, cells: &[String], colour: Option<&'static str>) -> Block {
    let lines: Vec<String> = std::iter::once(format!("{sign}{}", cut(name))).chain(cells.iter().cloned()).collect();
    let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    Block { lines, width, colour }
}

fn cut(text: &str) -> String {
    let text = plain(text);
    if text.chars().count() <= CELL { text } else { text.chars().take(CELL - 1).chain(['…']).collect() }
}

fn column_block(column: &PageColumn, colour: bool) -> Block {
    let (sign, shade) = match column.change {
        ColumnChange::Same => ("", None),
        ColumnChange::Added => ("+", Some(GREEN)),
        ColumnChange::Removed => ("-", Some(RED)),
        ColumnChange::Changed => ("~", Some(YELLOW)),
    };
    let cells: Vec<String> = column
        .cells
        .iter()
        .enumerate()
        .map(|(row, cell)| {
            let text = cell.as_deref().map_or_else(|| "·".to_owned(), cut);
            if column.changed.get(row) == Some(&true) { format!("{text}*") } else { text }
        })
        .collect();
    block(sign, &column.name, &cells, shade.filter(|_| colour))
}

/// A split with its certificate.
pub fn split(file: &str, done: &SplitFile) -> String {
    let result = &done.certificate.result;
    let mut text = format!("{}: {} rows, {}, seed {}", plain(file), done.rows, plain(&result.method), result.seed);
    if done.rejects_total > 0 {
        text.push_str(&format!(", {} rejected", done.rejects_total));
    }
    text.push_str(&format!(" ({:.2} s)\n", done.elapsed_secs));
    let total = done.rows.max(1) as f64;
    let share = |rows: u64| format!("{:.1} %", rows as f64 / total * 100.0);
    if result.folds.is_empty() {
        let of = |part: usize, rows: u64| vec![result.part_name(part).to_owned(), rows.to_string(), share(rows)];
        let mut lines: Vec<Vec<String>> = (0..).zip(&result.counts).map(|(part, rows)| of(part, *rows)).collect();
        if result.left_out > 0 {
            lines.push(vec!["in no part".into(), result.left_out.to_string(), share(result.left_out)]);
        }
        text.push_str(&table(&["part", "rows", "share"], &lines));
    } else {
        let lines: Vec<Vec<String>> = result
            .folds
            .iter()
            .map(|fold| {
                let counts = fold.counts.iter().map(ToString::to_string);
                std::iter::once(fold.name.clone()).chain(counts).chain([fold.left_out.to_string()]).collect()
            })
            .collect();
        let head: Vec<&str> = std::iter::once("fold")
            .chain((0..result.counts.len()).map(|part| result.part_name(part)))
            .chain(["in no part"])
            .collect();
        text.push_str(&table(&head, &lines));
    }
    if !result.classes.is_empty() {
        text.push_str(&classes(result));
    }
    text.push('\n');
    text.push_str(&checks(done));
    for path in done.out.iter().chain(&done.certificate_file) {
        text.push_str(&format!("wrote {path}\n"));
    }
    text
}

/// The share of each class within each part.
fn classes(result: &SplitResult) -> String {
    let within = |part: usize, rows: u64| match result.counts.get(part) {
        Some(all) if *all > 0 => format!("{} %", figure((rows as f64 / *all as f64 * 1e4).round() / 1e2)),
        _ => String::new(),
    };
    let lines: Vec<Vec<String>> = result
        .classes
        .iter()
        .map(|class| {
            let shares = class.counts.iter().enumerate().map(|(part, rows)| within(part, *rows));
            std::iter::once(class.class.clone()).chain(shares).collect()
        })
        .collect();
    let head: Vec<&str> = std::iter::once(result.by.as_str())
        .chain((0..result.counts.len()).map(|part| result.part_name(part)))
        .collect();
    format!("\n{}", table(&head, &lines))
}

/// The checks, the worst ones last, where the eye ends.
fn checks(done: &SplitFile) -> String {
    let result = &done.certificate.result;
    let of_folds = result.folds.iter().flat_map(|fold| {
        let bad = fold.checks.iter().filter(|check| check.outcome != CheckOutcome::Pass);
        bad.map(|check| (check, format!("{}: {}", fold.name, check.name)))
    });
    let mut all: Vec<_> = result.checks.iter().map(|check| (check, check.name.clone())).chain(of_folds).collect();
    let rank = |outcome: CheckOutcome| match outcome {
        CheckOutcome::Pass => 0,
        CheckOutcome::Warning => 1,
        CheckOutcome::Fault => 2,
    };
    all.sort_by_key(|(check, _)| rank(check.outcome));
    let line = |(check, name): &(&cairn_protocol::results::Check, String)| {
        let word = match check.outcome {
            CheckOutcome::Pass => "ok",
            CheckOutcome::Warning => "warning",
            CheckOutcome::Fault => "FAULT",
        };
        vec![word.to_owned(), name.clone(), check.figure.clone()]
    };
    let mut text = rows(&all.iter().map(line).collect::<Vec<_>>());
    text.push_str(&format!("rows by hash {}\n", result.digest));
    for check in done.faults() {
        text.push_str(&format!(
            "fault: {}: {}. {}\n",
            plain(&check.name),
            plain(&check.figure),
            plain(&check.sentence)
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_marks_what_differs_and_keeps_to_the_line() {
        let column = |name: &str, cells: &[Option<&str>], change, changed: &[bool]| PageColumn {
            name: name.into(),
            column_type: Default::default(),
            cells: cells.iter().map(|cell| cell.map(str::to_owned)).collect(),
            change,
            changed: changed.to_vec(),
        };
        let page = TablePage {
            rows_total: 9,
            first_row: 0,
            row_numbers: vec![0, u64::MAX],
            added_rows: vec![false, true],
            columns: vec![
                column("a", &[Some("1"), None], ColumnChange::Changed, &[true, false]),
                column("b\n", &[Some("x"), Some("y")], ColumnChange::Added, &[]),
                column("c", &[Some("a text that is far too long to be shown"), None], ColumnChange::Same, &[]),
            ],
        };
        assert_eq!(
            preview(&page, false, 24),
            "row  ~a  +b␊\n1    1*  x\n+    ·   y\n2 of 9 rows, 2 of 3 columns, those that differ first; + new  - gone  ~ changed, * the cells"
        );
        let wide = preview(&page, true, 200);
        assert!(wide.contains("a text that is far too …") && wide.contains("\u{1b}[32m+b␊\u{1b}[0m"), "{wide:?}");
    }
}
