//! Which columns hold numbers, truth values or text for certain, as far as the steps let it be told without the table.
//!
//! A formula in pandas is only written over such columns: dates, durations and lists compare and add in ways of their
//! own there, and polars computes those formulas instead.

use std::collections::BTreeSet;

use cairn_protocol::{
    steps::StepOp,
    table::{ColumnType, ImportReport},
};

/// What is known of the columns.
pub(super) struct Plain {
    /// Columns that hold something else, or may.
    others: BTreeSet<String>,
    /// Whether a step made columns of any type.
    lost: bool,
}

impl Plain {
    /// Of the file that a recipe starts from.
    pub fn of(report: &ImportReport) -> Self {
        let is_other = |kind: ColumnType| {
            !matches!(
                kind,
                ColumnType::Bool | ColumnType::Int | ColumnType::Float | ColumnType::Category | ColumnType::Text
            )
        };
        let others = report.columns.iter().filter(|column| is_other(column.column_type));
        Self { others: others.map(|column| column.name.clone()).collect(), lost: false }
    }

    /// Whether all of these columns are plain.
    pub fn all(&self, columns: &[&str]) -> bool {
        !self.lost && columns.iter().all(|name| !self.others.contains(*name))
    }

    /// A column was computed from plain ones, as a plain one.
    pub fn computed(&mut self, name: &str) {
        self.others.remove(name);
    }

    /// After a step.
    pub fn follow(&mut self, op: &StepOp) {
        match op {
            StepOp::Rename { names } => {
                let moved: Vec<String> =
                    names.iter().filter(|pair| self.others.contains(&pair.from)).map(|pair| pair.to.clone()).collect();
                for pair in names {
                    self.others.remove(&pair.from);
                }
                self.others.extend(moved);
            }
            StepOp::Duplicate(step) => {
                if self.others.contains(&step.column) {
                    let copy = if step.name.is_empty() { format!("{}_copy", step.column) } else { step.name.clone() };
                    self.others.insert(copy);
                }
            }
            StepOp::Formula(step) => {
                self.others.insert(step.name.clone());
            }
            StepOp::Cast { columns, to, .. } => {
                for name in columns {
                    if matches!(to, ColumnType::Bool | ColumnType::Int | ColumnType::Float | ColumnType::Text) {
                        self.others.remove(name);
                    } else {
                        self.others.insert(name.clone());
                    }
                }
            }
            StepOp::ParseDate(step) => self.others.extend(step.columns.iter().cloned()),
            StepOp::Drop { .. }
            | StepOp::Keep(_)
            | StepOp::Move(_)
            | StepOp::Filter { .. }
            | StepOp::Sort(_)
            | StepOp::Sample(_)
            | StepOp::Shuffle(_)
            | StepOp::Deduplicate(_)
            | StepOp::DropMissing(_)
            | StepOp::EditCells(_)
            | StepOp::Impute(_)
            | StepOp::Scale(_)
            | StepOp::OneHot(_)
            | StepOp::SplitFlags { .. }
            | StepOp::Ordinal(_)
            | StepOp::TargetEncode(_)
            | StepOp::FrequencyEncode(_)
            | StepOp::HashEncode(_)
            | StepOp::BinaryEncode(_)
            | StepOp::Bin(_)
            | StepOp::Outliers(_)
            | StepOp::GroupRare(_)
            | StepOp::Text(_)
            | StepOp::ExtractText(_)
            | StepOp::ReplaceText(_)
            | StepOp::ReplaceValues(_)
            | StepOp::TextMeasures(_)
            | StepOp::TextVectors(_)
            | StepOp::DateParts(_)
            | StepOp::DateCyclic(_)
            | StepOp::Pca(_) => {}
            _ => self.lost = true,
        }
    }
}
