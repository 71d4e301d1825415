//! Columns as linear models like them: complete, centred, of unit deviation.
//!
//! A column that does not vary among the training rows is left out and gets the coefficient 0. Means and
//! deviations are of the training rows alone.

use cairn_kernel_sdk::{KernelError, Matrix, TrainJob};
use serde::{Deserialize, Serialize};

/// Mean and deviation of each column that varies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scaling {
    /// Indices of the columns that vary.
    pub(crate) columns: Vec<usize>,
    means: Vec<f64>,
    deviations: Vec<f64>,
}

/// The training rows, standardised, row by row.
pub(crate) struct StandardRows(pub(crate) Vec<f64>);

impl Scaling {
    /// Learned from some rows of a complete matrix, in two passes.
    pub(crate) fn of(matrix: &Matrix, rows: &[usize]) -> Self {
        let mut scaling = Self { columns: vec![], means: vec![], deviations: vec![] };
        let count = rows.len() as f64;
        for (index, column) in matrix.columns().enumerate() {
            let mut mean = rows.iter().map(|&row| column[row]).sum::<f64>() / count;
            if !mean.is_finite() {
                mean = rows.iter().map(|&row| column[row] / count).sum();
            }
            let off =
                |unit: f64| rows.iter().map(move |&row| ((column[row] - mean) / unit).powi(2)).sum::<f64>() / count;
            let mut deviation = off(1.0).sqrt();
            if !(1e-140..1e140).contains(&deviation) {
                // The squares of such numbers are not numbers; those of their shares of the largest are.
                let largest = rows.iter().map(|&row| (column[row] - mean).abs()).fold(0.0, f64::max);
                deviation = if largest > 0.0 { largest * off(largest).sqrt() } else { 0.0 };
            }
            // Below this the differences are rounding errors of the mean, as of a constant 0.1.
            if deviation > 1e-13 * mean.abs() && deviation > 0.0 {
                scaling.columns.push(index);
                scaling.means.push(mean);
                scaling.deviations.push(deviation);
            }
        }
        scaling
    }

    /// Number of columns that vary.
    pub(crate) fn width(&self) -> usize {
        self.columns.len()
    }

    /// One varying column of these rows, standardised.
    pub(crate) fn column(&self, matrix: &Matrix, at: usize, rows: &[usize]) -> impl Iterator<Item = f64> {
        let (column, mean, deviation) = (matrix.column(self.columns[at]), self.means[at], self.deviations[at]);
        rows.iter().map(move |&row| (column[row] - mean) / deviation)
    }

    /// These rows, standardised, row by row.
    pub(crate) fn rows(&self, matrix: &Matrix, rows: &[usize]) -> Vec<f64> {
        let width = self.width();
        let mut out = vec![0.0; rows.len() * width];
        for at in 0..width {
            for (cell, value) in out.iter_mut().skip(at).step_by(width).zip(self.column(matrix, at, rows)) {
                *cell = value;
            }
        }
        out
    }

    /// Coefficients of standardised columns as coefficients of the raw ones: one for each of `all` columns,
    /// and what has to be added to the intercept.
    pub(crate) fn fold_back(&self, coefficients: impl Iterator<Item = f64>, all: usize) -> (Vec<f64>, f64) {
        let mut weights = vec![0.0; all];
        let mut shift = 0.0;
        for (at, coefficient) in coefficients.enumerate() {
            let weight = coefficient / self.deviations[at];
            weights[self.columns[at]] = weight;
            shift -= weight * self.means[at];
        }
        (weights, shift)
    }

    /// Whether a file's content holds together, for a table of so many columns.
    pub(crate) fn fits(&self, all: usize) -> bool {
        let width = self.columns.len();
        self.means.len() == width && self.deviations.len() == width && self.columns.iter().all(|&at| at < all)
    }

    /// The mean of each of `all` columns; 0 for those that do not vary, which no model uses.
    pub(crate) fn means_of(&self, all: usize) -> Vec<f64> {
        let mut means = vec![0.0; all];
        self.columns.iter().zip(&self.means).for_each(|(&column, &mean)| means[column] = mean);
        means
    }
}

/// The job's scaling, kept for the next trial on the table; refuses missing and infinite values first.
pub(crate) fn of_job(job: &TrainJob<'_>) -> Result<std::sync::Arc<Scaling>, KernelError> {
    let table = job.table;
    table.derived().get(|| {
        check_complete(table.features(), table.names(), job.algorithm)?;
        Ok(Scaling::of(table.features(), table.training()))
    })
}

/// Refuses a matrix with missing or infinite values and names where they are.
pub(crate) fn check_complete(matrix: &Matrix, names: &[String], algorithm: &str) -> Result<(), KernelError> {
    let wrong = |value: f64| !value.is_finite();
    let Some((where_, first)) = find(matrix, names, wrong, "missing or infinite value") else { return Ok(()) };
    Err(KernelError::refused(
        format!("{algorithm} needs complete columns: {first} in {} rows{where_}", matrix.rows()),
        "Add an impute step for these columns, leave them out, or train boosted_trees or a forest, which take \
         missing values",
    ))
}

/// Refuses a matrix with infinite values; missing ones may be.
pub(crate) fn check_finite(matrix: &Matrix, names: &[String], algorithm: &str) -> Result<(), KernelError> {
    let Some((where_, first)) = find(matrix, names, f64::is_infinite, "infinite value") else { return Ok(()) };
    Err(KernelError::refused(
        format!("{algorithm} needs finite values: {first} in {} rows{where_}", matrix.rows()),
        "Clip these columns in a step, leave them out, or train boosted_trees or a forest, which take infinite values",
    ))
}

/// The other columns with such values, and the first with their number; none where there are none.
fn find(matrix: &Matrix, names: &[String], wrong: impl Fn(f64) -> bool, kind: &str) -> Option<(String, String)> {
    let gaps: Vec<(&str, usize)> = matrix
        .columns()
        .zip(names)
        .map(|(column, name)| (name.as_str(), column.iter().filter(|&&value| wrong(value)).count()))
        .filter(|(_, count)| *count > 0)
        .collect();
    let (name, count) = gaps.first()?;
    let others: Vec<&str> = gaps.iter().skip(1).map(|(name, _)| *name).collect();
    let more = match others.len() {
        0 => String::new(),
        1..=8 => format!("; so have {}", others.join(", ")),
        count => format!("; so have {count} other columns, among them {}", others[..8].join(", ")),
    };
    let plural = if *count == 1 { "" } else { "s" };
    Some((more, format!("{name} has {count} {kind}{plural}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_centred_and_folding_back_undoes_it() {
        let raw = [vec![1e6 + 1.0, 1e6 + 2.0, 1e6 + 6.0], vec![0.1; 3], vec![-3.0, 0.0, 5.0]];
        let matrix = Matrix::new(raw.iter().cloned().map(Into::into).collect(), 3);
        let scaling = Scaling::of(&matrix, &[0, 1, 2]);
        assert_eq!(scaling.columns, [0, 2]);
        let rows = scaling.rows(&matrix, &[0, 1, 2]);
        for at in 0..2 {
            let column: Vec<f64> = rows.iter().skip(at).step_by(2).copied().collect();
            assert!(column.iter().sum::<f64>().abs() < 1e-9);
            assert!((column.iter().map(|v| v * v).sum::<f64>() / 3.0 - 1.0).abs() < 1e-9);
        }
        let (weights, shift) = scaling.fold_back([2.0, -0.5].into_iter(), 3);
        assert_eq!(weights[1], 0.0);
        for row in 0..3 {
            let standard = 2.0 * rows[row * 2] - 0.5 * rows[row * 2 + 1];
            let folded = weights[0] * raw[0][row] + weights[2] * raw[2][row] + shift;
            assert!((standard - folded).abs() < 1e-9);
        }
    }

    #[test]
    fn a_gap_is_named_with_its_column_and_count() {
        let matrix = Matrix::new(vec![vec![1.0, 2.0].into(), vec![f64::NAN, 1.0].into()], 2);
        let error = check_complete(&matrix, &["a".into(), "age".into()], "linear_regression").unwrap_err();
        assert!(error.to_string().contains("age has 1 missing or infinite value in 2 rows"), "{error}");
        assert!(error.hint().contains("impute"));
    }
}
