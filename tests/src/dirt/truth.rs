//! An import held against the truth.

use std::collections::BTreeSet;

use cairn_data::{Imported, page};
use cairn_protocol::table::ColumnType;

use super::{Document, Fate, Kind, Truth};

/// What an import is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Every record is a row or a reject of the right line, and there are no others.
    pub accounted: bool,
    /// Records without damage are rows with the right values and names, and what is no row is none.
    pub right: bool,
    /// What is wrong first.
    pub why: String,
}

/// Judges an import.
#[must_use]
pub fn judge(document: &Document, truths: &[Truth], imported: &Imported) -> Verdict {
    let mut verdict = Verdict { accounted: true, right: true, why: String::new() };
    let report = &imported.report;
    if report.records_counted != report.rows + report.rejects_total {
        verdict.lost(format!("{} counted, {} + {}", report.records_counted, report.rows, report.rejects_total));
    }
    let shown = page(&imported.frame, None, 0, u64::MAX, 0, u64::MAX).columns;
    let mut rejected: BTreeSet<u64> = report.rejects.iter().map(|reject| reject.line).collect();
    let mut row = 0;
    for truth in truths {
        let is_reject = rejected.remove(&truth.line);
        let is_row = !is_reject && row < imported.frame.height();
        match &truth.fate {
            _ if !is_reject && !is_row => verdict.lost(format!("line {} is nowhere", truth.line)),
            Fate::Row(_) if is_reject => verdict.wrong(format!("line {} was rejected", truth.line)),
            Fate::Row(values) => {
                for (column, expected) in values.iter().enumerate() {
                    let found = shown.get(column).and_then(|column| column.cells.get(row).cloned().flatten());
                    if !same(expected, found.as_deref().unwrap_or_default()) {
                        verdict.wrong(format!("line {}, column {column}: {expected:?} is {found:?}", truth.line));
                    }
                }
            }
            Fate::Reject if is_row => verdict.wrong(format!("line {} is no row", truth.line)),
            Fate::Either | Fate::Reject => {}
        }
        row += usize::from(is_row);
    }
    if row != imported.frame.height() || !rejected.is_empty() {
        let rows = imported.frame.height();
        verdict.lost(format!("{row} of {rows} rows and all but the rejects of lines {rejected:?} are in the file"));
    }
    if shown.len() != document.names.len() {
        verdict.wrong(format!("{} columns instead of {}", shown.len(), document.names.len()));
    }
    for (column, kind) in report.columns.iter().zip(&document.kinds) {
        let fits = match kind {
            Kind::Int => column.column_type == ColumnType::Int,
            Kind::Float => column.column_type == ColumnType::Float,
            Kind::Text | Kind::Code => column.column_type == ColumnType::Text,
            Kind::Bool => column.column_type == ColumnType::Bool,
            Kind::Date => matches!(column.column_type, ColumnType::Date | ColumnType::Datetime | ColumnType::Time),
        };
        if !fits {
            verdict.wrong(format!("{kind:?} is {:?} in «{}»", column.column_type, column.name));
        }
    }
    for (column, name) in shown.iter().zip(&document.names) {
        if let Some(name) = name
            && *name != column.name
        {
            verdict.wrong(format!("a column is called {:?} instead of {name:?}", column.name));
        }
    }
    verdict
}

impl Verdict {
    fn lost(&mut self, why: String) {
        self.accounted = false;
        self.wrong(why);
    }

    fn wrong(&mut self, why: String) {
        self.right = false;
        if self.why.is_empty() {
            self.why = why;
        }
    }
}

/// Whether a value is shown as it must: the same text, or the same number where the text is no code.
fn same(expected: &str, found: &str) -> bool {
    let code = expected.len() > 15 || (expected.starts_with('0') && !expected.starts_with("0.") && expected != "0");
    expected == found || (!code && matches!((expected.parse::<f64>(), found.parse::<f64>()), (Ok(a), Ok(b)) if a == b))
}
