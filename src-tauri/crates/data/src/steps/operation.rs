//! What a kind of step is to the recipe: it learns from rows ([`Operation::fit`]), changes a table with what it
//! learned ([`Operation::transform`]) and says what that was ([`Operation::describe`]).
//!
//! The same `transform` runs when the recipe is fitted and when it is replayed on new rows; [`Stage`] says which, for
//! the few steps to which it matters (cross-fitted encoders give training rows what the other folds say).

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use cairn_protocol::{UnfitCell, results::Prediction};
use polars::prelude::*;

use super::{
    columns::{Codes, codes},
    fitted::Learned,
};
use crate::{error::DataError, progress::Watch};

/// What steps may look at beside their own table.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// Tables of other cells by name, for joins, concatenation and queries.
    pub tables: BTreeMap<String, DataFrame>,
    /// The project's salt, for keyed hashes; empty outside projects.
    pub salt: String,
}

impl Around {
    /// The table of another cell.
    pub(super) fn table(&self, name: &str) -> Result<&DataFrame, DataError> {
        self.tables.get(name).ok_or_else(|| {
            let what = match name {
                "" => "no other table is chosen".to_owned(),
                name => format!("there is no table «{name}»"),
            };
            let known: Vec<&str> = self.tables.keys().map(String::as_str).collect();
            let hint = match known.as_slice() {
                [] => "Choose a data, wrangle or split cell of this notebook".to_owned(),
                known => format!("Choose one of {}", known.join(", ")),
            };
            DataError::refused(what, None, hint)
        })
    }
}

/// The rows a step learns from.
#[derive(Debug, Clone, Copy)]
pub(super) struct FitRows<'a> {
    parts: Option<&'a [u8]>,
    memo: Option<&'a CodesMemo>,
    /// Told how far the learning is.
    pub watch: Watch<'a>,
}

/// The codes of columns that a step's fit needed and its change of the same table needs again.
#[derive(Debug, Default)]
pub(super) struct CodesMemo(Mutex<BTreeMap<String, Arc<Codes>>>);

impl<'a> FitRows<'a> {
    /// Those of part 0; all where there are no parts.
    pub fn of(parts: Option<&'a [u8]>, watch: Watch<'a>) -> Self {
        Self { parts, memo: None, watch }
    }

    /// The same rows; codes of the table's columns are kept for as long as the memo lives.
    pub fn remembering(self, memo: &'a CodesMemo) -> Self {
        Self { memo: Some(memo), ..self }
    }

    /// The codes of a column of the table that is fitted on, all rows of it.
    ///
    /// # Errors
    /// As [`codes`].
    pub fn codes(self, series: &Series) -> Result<Arc<Codes>, DataError> {
        let Some(CodesMemo(memo)) = self.memo else { return codes(series).map(Arc::new) };
        let known = || memo.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(codes) = known().get(series.name().as_str()) {
            return Ok(Arc::clone(codes));
        }
        let found = Arc::new(codes(series)?);
        known().insert(series.name().to_string(), Arc::clone(&found));
        Ok(found)
    }

    /// The parts, where only those of part 0 count.
    pub fn parts(self) -> Option<&'a [u8]> {
        self.parts
    }

    /// Whether the step learns from a row.
    pub fn has(self, row: usize) -> bool {
        self.parts.is_none_or(|parts| parts[row] == 0)
    }

    /// The values of those rows.
    pub fn pick(self, values: &[f64]) -> Vec<f64> {
        match self.parts {
            None => values.to_vec(),
            Some(parts) => values.iter().zip(parts).filter(|(_, part)| **part == 0).map(|(value, _)| *value).collect(),
        }
    }

    /// As a message calls them.
    pub fn name(self) -> &'static str {
        if self.parts.is_some() { "training rows" } else { "table" }
    }
}

/// Where a step changes a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stage<'a> {
    /// The part of each row; none above a split and on new rows.
    pub parts: Option<&'a [u8]>,
    /// The rows it was fitted on just now; none when it is replayed on new rows.
    pub fit_rows: Option<FitRows<'a>>,
    /// The number of each row in the table that the cell reads, [`super::NO_ROW`] for one that a step made; none while
    /// the rows are those of that table.
    pub row_numbers: Option<&'a [u64]>,
    /// What it may look at.
    pub around: &'a Around,
    /// Told how far the change is.
    pub watch: Watch<'a>,
}

impl Stage<'_> {
    /// The codes of a column of the table that is changed; those of the fit where it has just made them.
    ///
    /// # Errors
    /// As [`codes`].
    pub fn codes(&self, series: &Series) -> Result<Arc<Codes>, DataError> {
        self.fit_rows.map_or_else(|| codes(series).map(Arc::new), |rows| rows.codes(series))
    }
}

/// What becomes of the rows.
#[derive(Debug, Default)]
pub(super) enum Rows {
    /// They stay as they are.
    #[default]
    Same,
    /// Those that are marked stay.
    Keep(Vec<bool>),
    /// Rows by index, in a new order, perhaps some of them twice; applied after the columns.
    Pick(Vec<IdxSize>),
    /// Another table altogether; nothing else of the change counts then.
    New {
        /// The table.
        frame: DataFrame,
        /// For each of its rows the row it comes from, `IdxSize::MAX` for none; none: no row comes from one.
        from: Option<Vec<IdxSize>>,
        /// The part of rows that come from none; none: not allowed below a split.
        part: Option<u8>,
    },
}

/// What a step does to a table.
#[derive(Default)]
pub(super) struct Change {
    /// Columns and what stands in their place.
    pub replaced: Vec<(String, Vec<Column>)>,
    /// New columns at the right end.
    pub added: Vec<Column>,
    /// The columns that stay, in their order; none: all as they stand.
    pub order: Option<Vec<String>>,
    /// What becomes of the rows.
    pub rows: Rows,
    /// Cells whose value differs in columns that stay.
    pub changed_cells: u64,
    /// What a person should know.
    pub warnings: Vec<String>,
    /// Facts without alarm.
    pub notes: Vec<String>,
    /// The first cells that did not fit and became null.
    pub unfit: Vec<UnfitCell>,
    /// What was predicted of the size, of steps that can grow a table.
    pub prediction: Option<Prediction>,
}

/// A kind of step.
pub(super) trait Operation {
    /// What it learns from the rows, and what a person should know of it.
    fn fit(
        &self,
        _frame: &DataFrame,
        _rows: FitRows<'_>,
        _around: &Around,
    ) -> Result<(Learned, Vec<String>), DataError> {
        Ok((Learned::Nothing, Vec::new()))
    }

    /// What it does to a table with what it learned.
    fn transform(&self, frame: &DataFrame, learned: &Learned, stage: &Stage<'_>) -> Result<Change, DataError>;

    /// What it learned, one line a column.
    fn describe(&self, _learned: &Learned) -> Vec<String> {
        Vec::new()
    }
}
