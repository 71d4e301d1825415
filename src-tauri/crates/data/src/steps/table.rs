//! A table with what a notebook knows of its rows: their part, and where they stood in the cell's input.

use std::sync::Arc;

use polars::prelude::*;

use crate::error::DataError;

/// The part of each row: 0 training, 1 validation, 2 test, above them further parts by name; [`Parts::LEFT_OUT`] for
/// a row in no part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    of_row: Arc<[u8]>,
    names: Arc<[String]>,
}

impl Parts {
    /// A row that is in no part: in the gap of a chronological split, say. Nothing is fitted or judged on it.
    pub const LEFT_OUT: u8 = u8::MAX;
    /// Names of the first three parts, which every split has.
    pub const FIRST: [&'static str; 3] = ["train", "valid", "test"];

    /// From one number a row; numbers above 2 are refused.
    pub fn new(parts: Vec<u8>) -> Result<Self, DataError> {
        match parts.iter().position(|part| *part > 2) {
            Some(row) => Err(DataError::Internal { what: format!("row {row} has part {}, not 0, 1 or 2", parts[row]) }),
            None => Ok(Self { of_row: parts.into(), names: Self::FIRST.map(str::to_owned).into() }),
        }
    }

    /// From one number a row and the names of all parts, the first of them train, valid and test; a row may be
    /// [`Parts::LEFT_OUT`], other numbers without a name are refused.
    pub fn with_names(parts: Vec<u8>, names: Vec<String>) -> Result<Self, DataError> {
        if names.len() < 3 || names.len() > usize::from(Self::LEFT_OUT) || names[..3] != Self::FIRST {
            return Err(DataError::Internal { what: format!("parts are named {names:?}") });
        }
        match parts.iter().position(|part| *part != Self::LEFT_OUT && usize::from(*part) >= names.len()) {
            Some(row) => {
                Err(DataError::Internal { what: format!("row {row} has part {}, which has no name", parts[row]) })
            }
            None => Ok(Self { of_row: parts.into(), names: names.into() }),
        }
    }

    /// One number a row.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.of_row
    }

    /// Names of the parts by number; the first three are those of [`Parts::FIRST`].
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Rows of the training, validation and test part.
    #[must_use]
    pub fn counts(&self) -> [u64; 3] {
        let mut counts = [0; 3];
        for part in self.of_row.iter() {
            if let Some(count) = counts.get_mut(usize::from(*part)) {
                *count += 1;
            }
        }
        counts
    }

    /// Rows of every part, in the order of the names.
    #[must_use]
    pub fn all_counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.names.len()];
        for part in self.of_row.iter() {
            if let Some(count) = counts.get_mut(usize::from(*part)) {
                *count += 1;
            }
        }
        counts
    }

    /// Rows in no part.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.of_row.iter().filter(|part| **part == Self::LEFT_OUT).count() as u64
    }

    /// The number of the part of that name.
    #[must_use]
    pub fn of_name(&self, name: &str) -> Option<u8> {
        self.names.iter().position(|known| known == name).map(|part| part as u8)
    }

    fn filter(&self, keep: &[bool]) -> Self {
        self.with(self.of_row.iter().zip(keep).filter(|(_, keep)| **keep).map(|(part, _)| *part).collect())
    }

    /// The parts of other rows, under the same names.
    fn with(&self, of_row: Arc<[u8]>) -> Self {
        Self { of_row, names: Arc::clone(&self.names) }
    }
}

/// The number of a row that a step made.
pub const NO_ROW: u64 = u64::MAX;

/// A frame, the parts of its rows where it was split, and the numbers its rows had before any were removed.
#[derive(Debug, Clone)]
pub struct Table {
    /// The columns.
    pub frame: DataFrame,
    /// The part of each row; none above a split.
    pub parts: Option<Parts>,
    /// For each row its index in the table the cell began with, [`NO_ROW`] for a row that a step made; none while the
    /// rows are those of the beginning.
    pub row_numbers: Option<Arc<[u64]>>,
}

impl Table {
    /// A table without parts.
    #[must_use]
    pub fn new(frame: DataFrame) -> Self {
        Self { frame, parts: None, row_numbers: None }
    }

    /// A table with parts, one for each row.
    pub fn with_parts(frame: DataFrame, parts: Option<Parts>) -> Result<Self, DataError> {
        if let Some(parts) = &parts
            && parts.of_row.len() != frame.height()
        {
            let what = format!("{} parts for {} rows", parts.of_row.len(), frame.height());
            return Err(DataError::Internal { what });
        }
        Ok(Self { frame, parts, row_numbers: None })
    }

    /// Rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.frame.height()
    }

    /// Rows of the training part; none without parts.
    #[must_use]
    pub fn train_rows(&self) -> Option<u64> {
        self.parts.as_ref().map(|parts| parts.counts()[0])
    }

    /// The rows where `keep` holds, with their parts and numbers.
    pub(crate) fn filter(&self, keep: &[bool]) -> Result<Self, DataError> {
        let mask: BooleanChunked = keep.iter().copied().collect();
        let frame = self.frame.filter(&mask).map_err(DataError::table("filtering rows"))?;
        let numbers: Arc<[u64]> = match &self.row_numbers {
            Some(numbers) => numbers.iter().zip(keep).filter(|(_, keep)| **keep).map(|(row, _)| *row).collect(),
            None => (0u64..).zip(keep).filter(|(_, keep)| **keep).map(|(row, _)| row).collect(),
        };
        Ok(Self { frame, parts: self.parts.as_ref().map(|parts| parts.filter(keep)), row_numbers: Some(numbers) })
    }

    /// The rows by index, in that order, with their parts and numbers.
    pub(crate) fn picked(&self, rows: &[IdxSize]) -> Result<Self, DataError> {
        let index = IdxCa::from_slice("".into(), rows);
        let frame = self.frame.take(&index).map_err(DataError::table("picking rows"))?;
        Ok(Self {
            frame,
            parts: self
                .parts
                .as_ref()
                .map(|parts| parts.with(rows.iter().map(|row| parts.of_row[*row as usize]).collect())),
            row_numbers: Some(rows.iter().map(|row| self.number(*row as usize)).collect()),
        })
    }

    /// Another frame in its place: each row comes from a row of this one (`IdxSize::MAX`: from none).
    pub(crate) fn remade(
        &self,
        frame: DataFrame,
        from: Option<&[IdxSize]>,
        part: Option<u8>,
        step: &str,
    ) -> Result<Self, DataError> {
        let source = |row: usize| from.map(|from| from[row]).filter(|row| *row != IdxSize::MAX).map(|row| row as usize);
        let parts = match &self.parts {
            None => None,
            Some(parts) => {
                let of = |row: usize| source(row).map(|row| parts.of_row[row]).or(part);
                let of_row: Option<Arc<[u8]>> = (0..frame.height()).map(of).collect();
                let refuse = || {
                    let what = format!("«{step}» makes rows that belong to no part of the split");
                    DataError::refused(what, None, "Put the step above the split")
                };
                Some(parts.with(of_row.ok_or_else(refuse)?))
            }
        };
        let numbers = (0..frame.height()).map(|row| source(row).map_or(NO_ROW, |row| self.number(row))).collect();
        Ok(Self { frame, parts, row_numbers: Some(numbers) })
    }

    /// The number of a row.
    fn number(&self, row: usize) -> u64 {
        self.row_numbers.as_ref().map_or(row as u64, |numbers| numbers[row])
    }
}
