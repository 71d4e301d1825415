//! Target encoding as scikit-learn's `TargetEncoder`: each level becomes the mean of the target within it, shrunk
//! towards the mean of all fitted rows.
//!
//! With m rows of smoothing a level of n rows becomes (Σy + m · mean) / (n + m); without, λ · mean of the level +
//! (1 − λ) · mean, λ = s² n / (s² n + v), s² the variance of the target and v that within the level (Micci-Barreca 2001,
//! empirical Bayes). A missing value is a level of its own when the fit saw one; unseen levels become the mean.
//!
//! Rows of the fit do not get these values but those fitted on the other folds, so that a row never sees its own
//! target. Folds are our own: fitted rows are shuffled by the seed, with two classes sorted by class, and dealt in turn.
//! Rows without target are not learned from.

use cairn_protocol::{Real, steps::TargetEncode};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    chance::{generator, shuffle},
    columns::{MISSING, codes, column, floats, numbers},
    encode::{Coded, Seen, levels_in_words, lines},
    fitted::{ColumnCodes, Learned, LevelCode},
    names::figure,
    numeric::{mean, variance},
    operation::{Around, Change, FitRows, Operation, Stage},
};
use crate::{error::DataError, frame_types::column_type};

impl Operation for TargetEncode {
    fn fit(&self, frame: &DataFrame, rows: FitRows<'_>, _: &Around) -> Result<(Learned, Vec<String>), DataError> {
        let target = Target::new(frame, &self.target)?;
        if self.columns.contains(&self.target) {
            let what = format!("{} is the target and cannot be encoded by itself", self.target);
            return Err(DataError::refused(what, Some(&self.target), "Take it off the list of columns"));
        }
        if self.folds < 2 {
            return Err(DataError::refused("cross-fitting needs 2 folds at least", None, "Give 2 folds or more"));
        }
        if self.smoothing.is_some_and(|rows| !(rows >= 0.0 && rows.is_finite())) {
            return Err(DataError::refused("the smoothing is below 0", None, "Give a number of rows, or none"));
        }
        let fitted: Vec<usize> =
            (0..frame.height()).filter(|row| rows.has(*row) && !target.values[*row].is_nan()).collect();
        if fitted.len() < 2 {
            let what = format!("{} has fewer than 2 values in the {}", self.target, rows.name());
            return Err(DataError::refused(what, Some(&self.target), "Choose a target that has values"));
        }
        let each = rows.watch.each(self.columns.len());
        let one = |name: &String| -> Result<ColumnCodes, DataError> {
            each.next()?;
            let series = column(frame, name)?;
            let codes = rows.codes(series)?;
            let figures = figures(self.smoothing, &codes.rows, codes.levels.len(), &target.values, &fitted);
            let coded = codes.levels.iter().zip(&figures.levels);
            let levels = coded.filter_map(|(level, code)| Some((level, (*code)?)));
            let levels =
                levels.map(|(level, code)| LevelCode { value: level.label.clone(), code: Real(code) }).collect();
            let null = Some(Real(figures.null.unwrap_or(figures.mean)));
            let unseen = Some(Real(figures.mean));
            Ok(ColumnCodes { levels, null, unseen, ..Seen { levels: Vec::new(), missing: 0 }.codes(series) })
        };
        let columns: Vec<ColumnCodes> = self.columns.par_iter().map(one).collect::<Result<_, _>>()?;
        let mut warnings = Vec::new();
        if let Some((zero, one)) = &target.classes {
            warnings.push(format!("{}: «{one}» counts as 1, «{zero}» as 0", self.target));
        }
        Ok((Learned::Codes { columns }, warnings))
    }

    fn transform(&self, frame: &DataFrame, learned: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        let cross = match stage.fit_rows {
            Some(rows) => Some(CrossFit::new(self, frame, rows)?),
            None => None,
        };
        let each = stage.watch.each(self.columns.len());
        super::encode::replace(&self.columns, |name| {
            each.next()?;
            let coded = Coded::new(frame, name, learned, stage)?;
            let warning = coded.warning(name, "the overall mean");
            let mut cells: Vec<f64> = coded.values().map(|value| value.unwrap_or(f64::NAN)).collect();
            if let Some(cross) = &cross {
                cross.encode(self, coded.rows(), &mut cells);
            }
            Ok((floats(name, cells), warning))
        })
    }

    fn describe(&self, learned: &Learned) -> Vec<String> {
        lines(learned, |codes| {
            let all = || codes.levels.iter().map(|level| level.code.0);
            let (low, high) =
                all().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
            let mean = codes.unseen.map_or(f64::NAN, |mean| mean.0);
            let levels = levels_in_words(codes.levels.len());
            format!("{} ← {levels}, {} to {}, overall {}", codes.column, figure(low), figure(high), figure(mean))
        })
    }
}

/// The target as numbers, NaN for missing.
struct Target {
    values: Vec<f64>,
    /// The classes that count as 0 and 1, where it is no number.
    classes: Option<(String, String)>,
}

impl Target {
    fn new(frame: &DataFrame, name: &str) -> Result<Self, DataError> {
        if name.is_empty() {
            return Err(DataError::refused("no target is chosen", None, "Choose the column to predict"));
        }
        let series = column(frame, name)?;
        if column_type(series.dtype()).is_numeric() {
            let values = numbers(series)?;
            if let Some(value) = values.iter().find(|value| value.is_infinite()) {
                let what = format!("{name} holds {value}, which has no mean");
                return Err(DataError::refused(what, Some(name), "Filter those rows out before"));
            }
            return Ok(Self { values, classes: None });
        }
        let codes = codes(series)?;
        let [zero, one] = codes.levels.as_slice() else {
            let found = levels_in_words(codes.levels.len());
            let what = format!("{name} has {found}; target encoding takes a number, or a column with two classes");
            return Err(DataError::refused(what, Some(name), "Make a 0/1 column of the class of interest first"));
        };
        let values = codes.rows.iter().map(|code| if *code == MISSING { f64::NAN } else { f64::from(*code) }).collect();
        Ok(Self { values, classes: Some((zero.label.clone(), one.label.clone())) })
    }
}

/// What levels become.
struct Figures {
    mean: f64,
    /// For each level; none where no fitted row holds it.
    levels: Vec<Option<f64>>,
    null: Option<f64>,
}

/// The figures of the levels over some rows; `codes` and `target` hold one cell for each row of the table.
fn figures(smoothing: Option<f64>, codes: &[u32], levels: usize, target: &[f64], rows: &[usize]) -> Figures {
    let fitted: Vec<f64> = rows.iter().map(|row| target[*row]).collect();
    let mean = mean(&fitted);
    // The last place is that of missing values.
    let place = |row: usize| (codes[row] as usize).min(levels);
    let mut sums = vec![(0.0f64, 0u64); levels + 1];
    for &row in rows {
        let (sum, count) = &mut sums[place(row)];
        *sum += target[row];
        *count += 1;
    }
    let encoded: Vec<Option<f64>> = match smoothing {
        Some(smoothing) => sums
            .iter()
            .map(|&(sum, count)| (count > 0).then(|| (smoothing * mean + sum) / (smoothing + count as f64)))
            .collect(),
        None => {
            let spread = variance(&fitted, mean);
            let means: Vec<f64> = sums.iter().map(|&(sum, count)| sum / count as f64).collect();
            let mut within = vec![0.0f64; levels + 1];
            for &row in rows {
                within[place(row)] += (target[row] - means[place(row)]).powi(2);
            }
            let all = sums.iter().zip(&means).zip(&within);
            all.map(|((&(_, count), level), within)| {
                let n = count as f64;
                let weight = spread * n / (spread * n + within / n);
                let shrunk = if weight.is_nan() { mean } else { weight * level + (1.0 - weight) * mean };
                (count > 0).then_some(shrunk)
            })
            .collect()
        }
    };
    let null = encoded.last().copied().flatten();
    Figures { mean, levels: encoded.into_iter().take(levels).collect(), null }
}

/// The folds of the fitted rows.
struct CrossFit {
    target: Vec<f64>,
    folds: Vec<Vec<usize>>,
}

impl CrossFit {
    fn new(step: &TargetEncode, frame: &DataFrame, rows: FitRows<'_>) -> Result<Self, DataError> {
        let Target { values, classes } = Target::new(frame, &step.target)?;
        let mut fitted: Vec<usize> =
            (0..frame.height()).filter(|row| rows.has(*row) && !values[*row].is_nan()).collect();
        shuffle(&mut fitted, &mut generator(step.seed));
        if classes.is_some() {
            fitted.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
        }
        let count = (step.folds as usize).clamp(2, fitted.len().max(2));
        let mut folds = vec![Vec::with_capacity(fitted.len() / count + 1); count];
        for (at, row) in fitted.into_iter().enumerate() {
            folds[at % count].push(row);
        }
        Ok(Self { target: values, folds })
    }

    /// Gives the rows of each fold what the other folds say.
    fn encode(&self, step: &TargetEncode, codes: &[u32], cells: &mut [f64]) {
        let levels = codes.iter().filter(|code| **code != MISSING).max().map_or(0, |code| *code as usize + 1);
        for (at, fold) in self.folds.iter().enumerate() {
            let mut others: Vec<usize> = self
                .folds
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != at)
                .flat_map(|(_, rows)| rows.iter().copied())
                .collect();
            if others.is_empty() {
                continue;
            }
            others.sort_unstable();
            let figures = figures(step.smoothing, codes, levels, &self.target, &others);
            for &row in fold {
                let own = if codes[row] == MISSING { figures.null } else { figures.levels[codes[row] as usize] };
                cells[row] = own.unwrap_or(figures.mean);
            }
        }
    }
}
