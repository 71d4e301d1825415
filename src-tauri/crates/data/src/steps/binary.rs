//! Levels as the binary digits of their number, in the layout of category_encoders' `BinaryEncoder`.
//!
//! Levels are numbered from 1 in the order in which the rows of the fit show them; a missing value has the last number
//! where the fit saw one. n levels take ⌈log₂(n + 1)⌉ columns `NAME_0`, `NAME_1`, …, the highest digit first.
//! Unseen levels (and missing values where the fit saw none) are 0 in every column.

use cairn_protocol::{Real, steps::BinaryEncode};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::{MISSING, column, flags},
    encode::{Coded, Seen, levels_in_words, lines},
    fitted::{ColumnCodes, Learned, LevelCode},
    names::Names,
    operation::{Around, Change, FitRows, Operation, Stage},
};
use crate::error::DataError;

impl Operation for BinaryEncode {
    fn fit(&self, frame: &DataFrame, rows: FitRows<'_>, _: &Around) -> Result<(Learned, Vec<String>), DataError> {
        let one = |name: &String| -> Result<ColumnCodes, DataError> {
            let series = column(frame, name)?;
            let codes = rows.codes(series)?;
            let mut numbers = vec![0u64; codes.levels.len()];
            let (mut missing, mut next) = (false, 1u64);
            let mut levels = Vec::new();
            for (_, &code) in codes.rows.iter().enumerate().filter(|(row, _)| rows.has(*row)) {
                if code == MISSING {
                    missing = true;
                } else if numbers[code as usize] == 0 {
                    numbers[code as usize] = next;
                    let value = codes.levels[code as usize].label.clone();
                    levels.push(LevelCode { value, code: Real(next as f64) });
                    next += 1;
                }
            }
            let null = missing.then_some(Real(next as f64));
            let seen = Seen { levels: Vec::new(), missing: 0 };
            Ok(ColumnCodes { levels, null, unseen: Some(Real(0.0)), ..seen.codes(series) })
        };
        let columns: Vec<ColumnCodes> = self.columns.par_iter().map(one).collect::<Result<_, _>>()?;
        Ok((Learned::Codes { columns }, Vec::new()))
    }

    fn transform(&self, frame: &DataFrame, learned: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        let stays = |name: &&str| !self.columns.iter().any(|source| source == name);
        let mut names = Names::new(frame.get_column_names().into_iter().map(PlSmallStr::as_str).filter(stays));
        let mut change = Change::default();
        let Learned::Codes { columns } = learned else {
            return Err(DataError::refused("the step did not learn the levels", None, "Run the cell again"));
        };
        for name in &self.columns {
            let coded = Coded::new(frame, name, learned, stage)?;
            let digits = columns.iter().find(|codes| codes.column == *name).map_or(0, digits);
            let numbers: Vec<u64> = coded.values().map(|value| value.unwrap_or(0.0) as u64).collect();
            let columns: Vec<String> = (0..digits).map(|at| names.take(&format!("{name}_{at}"))).collect();
            let made = columns.par_iter().enumerate().map(|(at, column)| {
                let shift = digits - 1 - at as u32;
                flags(column, numbers.iter().map(|number| ((number >> shift) & 1) as u8).collect(), None)
            });
            change.replaced.push((name.clone(), made.collect()));
            change.warnings.extend(coded.warning(name, "0 in every column"));
        }
        change.warnings.extend(names.warnings);
        Ok(change)
    }

    fn describe(&self, learned: &Learned) -> Vec<String> {
        lines(learned, |codes| {
            let levels = codes.levels.len() + usize::from(codes.null.is_some());
            format!("{} → {} in {} columns", codes.column, levels_in_words(levels), digits(codes))
        })
    }
}

/// Binary digits of the largest number.
pub(super) fn digits(codes: &ColumnCodes) -> u32 {
    let levels = codes.levels.len() as u64 + u64::from(codes.null.is_some());
    u64::BITS - levels.leading_zeros()
}
