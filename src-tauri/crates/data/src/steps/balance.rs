//! Balancing the classes of the training part. Rows of the other parts, and rows without a class, stay as they are.
//!
//! With p the ratio in percent: small classes are raised to p % of the largest (drawn again with return, or SMOTE's new
//! rows); large classes are cut to where the smallest is p % of them. Both counts are rounded down, as in
//! imbalanced-learn. New rows stand at the end and belong to the training part. Weights are n / (classes · rows of the
//! class), 1 for rows that stay as they are.

use cairn_protocol::steps::{Balance, BalanceMethod};
use polars::prelude::*;

use super::{
    chance::{below, generator, shuffle},
    columns::{MISSING, codes, column, floats},
    fitted::Learned,
    names::{Names, count},
    operation::{Change, Operation, Rows, Stage},
    smote,
};
use crate::error::DataError;

impl Operation for Balance {
    fn transform(&self, frame: &DataFrame, _: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        if self.target.is_empty() {
            return Err(DataError::refused("no column of classes is chosen", None, "Choose the column to predict"));
        }
        if !(self.ratio_percent > 0.0 && self.ratio_percent <= 100.0) {
            let what = format!("{} % is no ratio of a small class to the largest", self.ratio_percent);
            return Err(DataError::refused(what, None, "Give a number above 0, up to 100"));
        }
        let classes = Classes::new(frame, &self.target, stage.parts)?;
        let ratio = self.ratio_percent / 100.0;
        match self.method {
            BalanceMethod::Weights => Ok(self::weights(frame, &classes, &self.weight_name)),
            BalanceMethod::Over => {
                let mut rng = generator(self.seed);
                let mut picked: Vec<IdxSize> = (0..frame.height() as IdxSize).collect();
                for (class, more) in classes.wanted(ratio) {
                    let rows = &classes.rows[class];
                    picked.extend((0..more).map(|_| rows[below(&mut rng, rows.len() as u64) as usize]));
                }
                Ok(Change { rows: Rows::Pick(picked), warnings: classes.line(), ..Change::default() })
            }
            BalanceMethod::Under => {
                let mut rng = generator(self.seed);
                let most = (classes.smallest() as f64 / ratio) as usize;
                let mut keep = vec![true; frame.height()];
                for rows in &classes.rows {
                    let mut rows = rows.clone();
                    shuffle(&mut rows, &mut rng);
                    rows.iter().skip(most).for_each(|row| keep[*row as usize] = false);
                }
                Ok(Change { rows: Rows::Keep(keep), warnings: classes.line(), ..Change::default() })
            }
            BalanceMethod::Smote | BalanceMethod::SmoteNc => {
                let (frame, made, mut warnings) =
                    smote::raised(self, frame, &classes, &classes.wanted(ratio), stage.watch)?;
                let old = frame.height() - made;
                let from = (0..old as IdxSize).chain(std::iter::repeat_n(IdxSize::MAX, made)).collect();
                warnings.splice(0..0, classes.line());
                Ok(Change { rows: Rows::New { frame, from: Some(from), part: Some(0) }, warnings, ..Change::default() })
            }
        }
    }
}

/// The training rows of each class.
pub(super) struct Classes {
    /// Names, in the order of the values.
    pub names: Vec<String>,
    /// For each class its rows, ascending; one at least.
    pub rows: Vec<Vec<IdxSize>>,
}

impl Classes {
    fn new(frame: &DataFrame, target: &str, parts: Option<&[u8]>) -> Result<Self, DataError> {
        let codes = codes(column(frame, target)?)?;
        let mut rows: Vec<Vec<IdxSize>> = vec![Vec::new(); codes.levels.len()];
        for (row, &code) in codes.rows.iter().enumerate() {
            if code != MISSING && parts.is_none_or(|parts| parts[row] == 0) {
                rows[code as usize].push(row as IdxSize);
            }
        }
        let there = codes.levels.into_iter().map(|level| level.label).zip(rows).filter(|(_, rows)| !rows.is_empty());
        let (names, rows): (Vec<String>, Vec<Vec<IdxSize>>) = there.unzip();
        let trained: usize = rows.iter().map(Vec::len).sum();
        if names.len() < 2 || (names.len() > 50 && names.len() * 2 > trained) {
            let what = match names.len() {
                0 => format!("{target} has no class in the rows to balance"),
                1 => format!("{target} has one class only, «{}»", names[0]),
                many => format!("{target} has {} classes in {} rows", count(many as u64), count(trained as u64)),
            };
            return Err(DataError::refused(what, Some(target), "Choose a column with few classes"));
        }
        Ok(Self { names, rows })
    }

    fn largest(&self) -> usize {
        self.rows.iter().map(Vec::len).max().unwrap_or(0)
    }

    fn smallest(&self) -> usize {
        self.rows.iter().map(Vec::len).min().unwrap_or(0)
    }

    /// Classes that are raised, and by how many rows.
    fn wanted(&self, ratio: f64) -> Vec<(usize, usize)> {
        let goal = (self.largest() as f64 * ratio) as usize;
        let more = |(class, rows): (usize, &Vec<IdxSize>)| (class, goal.saturating_sub(rows.len()));
        self.rows.iter().enumerate().map(more).filter(|(_, more)| *more > 0).collect()
    }

    /// «Rows of each class before: no 900, yes 100».
    fn line(&self) -> Vec<String> {
        let shown =
            self.names.iter().zip(&self.rows).map(|(name, rows)| format!("{name} {}", count(rows.len() as u64)));
        vec![format!("Training rows before: {}", super::some(shown))]
    }
}

fn weights(frame: &DataFrame, classes: &Classes, name: &str) -> Change {
    let all: usize = classes.rows.iter().map(Vec::len).sum();
    let mut weights = vec![1.0; frame.height()];
    for rows in &classes.rows {
        let weight = all as f64 / (classes.rows.len() * rows.len()) as f64;
        rows.iter().for_each(|row| weights[*row as usize] = weight);
    }
    let mut names = Names::new(frame.get_column_names().into_iter().map(PlSmallStr::as_str));
    let name = names.take(if name.is_empty() { "weight" } else { name });
    Change { added: vec![floats(&name, weights)], warnings: names.warnings, ..Change::default() }
}
