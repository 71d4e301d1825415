//! Gaussian naive Bayes: within a class every column is normal and independent of the others.
//!
//! As scikit-learn's `GaussianNB` a share of the largest variance of any column is added to all variances. A
//! missing value is left out of the product, in training and in prediction; so is a whole column of which some
//! class has no value at all, and one that does not vary, which says nothing.

use std::path::Path;
use std::time::Instant;

use cairn_kernel_sdk::protocol::Task;
use cairn_kernel_sdk::{KernelError, Matrix, Model, Predictions, Reporter, TrainJob, Trained};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::classes::{class_counts, class_indices};
use crate::curve::metrics_of_all;
use crate::importance::by_shuffling;
use crate::linear_model::softmax;
use crate::model_file::{Body, ModelFile};
use crate::scaling::check_finite;

/// Rows that one task scores.
const BLOCK: usize = 1024;

/// One class: its share and, for each column, mean and variance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ClassOf {
    /// 0 for a class without training rows, which is never predicted.
    pub(crate) prior: f64,
    pub(crate) means: Vec<f64>,
    pub(crate) variances: Vec<f64>,
}

/// What the file says of a model. Means and variances are of values divided by `unit`, a power of two, so that
/// no square of a value overflows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fitted {
    pub(crate) unit: f64,
    /// Columns that take part.
    pub(crate) used: Vec<bool>,
    pub(crate) classes: Vec<ClassOf>,
}

/// A trained model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NaiveBayes {
    pub(crate) task: Task,
    pub(crate) features: Vec<String>,
    pub(crate) fitted: Fitted,
}

/// Trains one model.
pub(crate) fn train(job: &TrainJob<'_>, reporter: &mut Reporter) -> Result<Trained, KernelError> {
    let started = Instant::now();
    let table = job.table;
    check_finite(table.features(), table.names(), job.algorithm)?;
    reporter.started(Some(1));
    let classes = class_indices(table, table.training());
    let balanced = job.choice("class_weight")? == "balanced";
    let smoothing = job.number("var_smoothing")?;
    let fitted = Fitted::of(table.features(), table.training(), &classes, job.classes, smoothing, balanced);
    let left_out: Vec<&str> =
        table.names().iter().zip(&fitted.used).filter(|(_, used)| !**used).map(|(name, _)| name.as_str()).collect();
    if !left_out.is_empty() {
        let names = left_out.join(", ");
        reporter.info(format!("Without effect, because constant or without a value in some class: {names}"));
    }
    reporter.check()?;
    let model = NaiveBayes { task: job.task, features: table.names().to_vec(), fitted };
    let predictions = model.predict(table.features())?;
    reporter.metrics(1, metrics_of_all(&predictions, table));
    let train_secs = started.elapsed().as_secs_f64();
    Ok(Trained {
        importance: by_shuffling(&model, job, 1000, reporter)?,
        model: Box::new(model),
        predictions: Some(predictions),
        steps: 1,
        best_step: None,
        train_secs,
    })
}

/// Mean and variance (over the count) of values, in two passes; none without values.
fn moments(values: impl Iterator<Item = f64> + Clone) -> Option<(f64, f64)> {
    let known = values.filter(|value| !value.is_nan());
    let (sum, count) = known.clone().fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    let mean = sum / count;
    (count > 0.0).then(|| (mean, known.map(|value| (value - mean).powi(2)).sum::<f64>() / count))
}

impl Fitted {
    fn of(
        features: &Matrix,
        training: &[usize],
        indices: &[u32],
        classes: usize,
        smoothing: f64,
        balanced: bool,
    ) -> Self {
        let counts = class_counts(indices, classes);
        let mut rows_of = vec![vec![]; classes];
        training.iter().zip(indices).for_each(|(&row, &class)| rows_of[class as usize].push(row));
        let largest = |column: &[f64]| {
            let known = training.iter().map(|&row| column[row].abs()).filter(|value| !value.is_nan());
            known.fold(0.0, f64::max)
        };
        let largest = features.columns().map(largest).fold(0.0, f64::max);
        let unit = if largest > 0.0 { largest.log2().floor().clamp(-1000.0, 1000.0).exp2() } else { 1.0 };
        // For each column its variance, and mean and variance in each class.
        let of_column = |at: usize| {
            let column = features.column(at);
            let of = |rows: &[usize]| moments(rows.iter().map(|&row| column[row] / unit));
            (of(training), rows_of.iter().map(|rows| of(rows)).collect::<Vec<_>>())
        };
        let columns: Vec<_> = (0..features.width()).into_par_iter().map(of_column).collect();
        let variance = |all: &Option<(f64, f64)>| all.map_or(0.0, |(_, variance)| variance);
        let added = smoothing * columns.iter().map(|(all, _)| variance(all)).fold(0.0, f64::max);
        let used = |(all, of_classes): &(Option<(f64, f64)>, Vec<Option<(f64, f64)>>)| {
            let known = of_classes.iter().zip(&counts).all(|(moments, &count)| {
                // Without smoothing a class in which a column does not vary would rule out all but one value.
                count == 0.0 || moments.is_some_and(|(_, variance)| variance + added > 0.0)
            });
            known && variance(all) > 0.0
        };
        let present = counts.iter().filter(|&&count| count > 0.0).count() as f64;
        let of_class = |class: usize| {
            let prior = if balanced { 1.0 / present } else { counts[class] / training.len() as f64 };
            let moments = columns.iter().map(|(_, of_classes)| of_classes[class].unwrap_or((0.0, 0.0)));
            let (means, variances) = moments.map(|(mean, variance)| (mean, variance + added)).unzip();
            ClassOf { prior: if counts[class] > 0.0 { prior } else { 0.0 }, means, variances }
        };
        Self { unit, used: columns.iter().map(used).collect(), classes: (0..classes).map(of_class).collect() }
    }

    /// Whether a file's content holds together.
    pub(crate) fn fits(&self, width: usize) -> bool {
        let whole = |class: &ClassOf| class.means.len() == width && class.variances.len() == width;
        self.unit > 0.0 && self.used.len() == width && self.classes.len() > 1 && self.classes.iter().all(whole)
    }
}

impl Model for NaiveBayes {
    fn task(&self) -> Task {
        self.task
    }

    fn features(&self) -> &[String] {
        &self.features
    }

    fn predict(&self, rows: &Matrix) -> Result<Predictions, KernelError> {
        check_finite(rows, &self.features, crate::declared::NAIVE_BAYES)?;
        let Fitted { unit, used, classes } = &self.fitted;
        let mut scores = vec![0.0; rows.rows() * classes.len()];
        scores.par_chunks_mut(BLOCK * classes.len()).enumerate().for_each(|(block, scores)| {
            for (class, of) in classes.iter().enumerate() {
                scores.iter_mut().skip(class).step_by(classes.len()).for_each(|score| *score = of.prior.ln());
                for (at, column) in rows.columns().enumerate().filter(|(at, _)| used[*at]) {
                    let (mean, variance) = (of.means[at], of.variances[at]);
                    let constant = (std::f64::consts::TAU * variance).ln();
                    let cells = scores.iter_mut().skip(class).step_by(classes.len());
                    for (score, value) in cells.zip(&column[block * BLOCK..]).filter(|(_, value)| !value.is_nan()) {
                        *score -= 0.5 * (constant + (value / unit - mean).powi(2) / variance);
                    }
                }
            }
            scores.chunks_exact_mut(classes.len()).for_each(|scores| {
                softmax(scores);
            });
        });
        let column = |class: usize| scores.iter().skip(class).step_by(classes.len()).copied().collect();
        Ok(Predictions::classes((0..classes.len()).map(column).collect()))
    }

    fn save(&self, path: &Path) -> Result<(), KernelError> {
        let body = Body::NaiveBayes(self.fitted.clone());
        ModelFile { task: self.task, features: self.features.clone(), body, payload: vec![] }.write(path)
    }

    fn uses(&self, feature: usize) -> bool {
        self.fitted.used[feature]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(columns: Vec<Vec<f64>>, classes: &[u32]) -> (NaiveBayes, Matrix) {
        let rows = classes.len();
        let features = (0..columns.len()).map(|at| format!("x{at}")).collect();
        let matrix = Matrix::new(columns.into_iter().map(Into::into).collect(), rows);
        let all: Vec<usize> = (0..rows).collect();
        let fitted = Fitted::of(&matrix, &all, classes, 3, 1e-9, false);
        (NaiveBayes { task: Task::Multiclass, features, fitted }, matrix)
    }

    #[test]
    fn a_missing_value_leaves_the_product_as_if_its_column_were_not_there() {
        let classes = [0, 1, 0, 1, 0, 1];
        let first = vec![1.0, 3.0, 2.0, 5.0, 1.5, 4.0];
        let second = vec![0.5, 0.1, 0.7, 0.2, 0.4, 0.35];
        let (both, _) = fit(vec![first.clone(), second], &classes);
        let (one, matrix) = fit(vec![first], &classes);
        let gaps = Matrix::new(vec![matrix.column(0).to_vec().into(), vec![f64::NAN; 6].into()], 6);
        let (with_gaps, without) = (both.predict(&gaps).unwrap(), one.predict(&matrix).unwrap());
        for (a, b) in with_gaps.columns().iter().zip(without.columns()) {
            assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6), "{a:?} {b:?}");
        }
        assert_eq!(without.columns()[2], [0.0; 6], "a class that was never there");
    }

    #[test]
    fn huge_and_constant_columns_leave_probabilities() {
        let classes = [0, 1, 0, 1, 0, 1];
        let huge = vec![1e300, -1e300, 1.1e300, -1.2e300, 0.9e300, -1e300];
        let (model, matrix) = fit(vec![huge, vec![7.0; 6], vec![f64::NAN; 6]], &classes);
        assert_eq!(model.fitted.used, [true, false, false]);
        let predictions = model.predict(&matrix).unwrap();
        assert!((0..6).all(|row| predictions.class(row) == row % 2));
    }
}
