//! Least squares, with an L2 penalty where one is wished or needed.
//!
//! linfa solves the centred, standardised system by a QR decomposition. The penalty is one more row for each
//! column, √λ on its diagonal, which is ridge regression exactly (Hastie, Tibshirani, Friedman, «The Elements
//! of Statistical Learning», exercise 3.12). Where columns depend on each other, as all columns of a one-hot
//! encoding do, plain least squares has no single answer; then a tiny penalty picks the smallest, and the log
//! names the columns.

use std::time::Instant;

use cairn_kernel_sdk::protocol::Task;
use cairn_kernel_sdk::{KernelError, Model, Reporter, TrainJob, Trained, metrics};
use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_linear::LinearRegression;
use ndarray::{Array1, Array2, ShapeBuilder};
use rayon::prelude::*;

use crate::lbfgs::dot;
use crate::linear_model::{LinearModel, Output, importance};
use crate::scaling::{self, Scaling};

/// The penalty for a row that picks one of the equally good answers.
const TINY: f64 = 1e-9;
/// A column of which no more than this share of the variance is its own depends on the columns before it.
const OWN_SHARE: f64 = 1e-9;

/// Names of the columns that are weighted sums of columns before them, found without a target.
struct Dependent(Vec<String>);

/// Trains one model.
pub(crate) fn train(job: &TrainJob<'_>, reporter: &mut Reporter) -> Result<Trained, KernelError> {
    let started = Instant::now();
    let (table, l2) = (job.table, job.number("l2")?);
    let scaling = scaling::of_job(job)?;
    reporter.started(Some(1));
    let target: Vec<f64> = table.training().iter().map(|&row| table.target()[row]).collect();
    let mean = target.iter().sum::<f64>() / target.len() as f64;
    let centred: Vec<f64> = target.iter().map(|value| value - mean).collect();
    let mut penalty = l2;
    if l2 == 0.0 {
        let dependent = table.derived().get(|| Ok(Dependent::of(job, &scaling)))?;
        if !dependent.0.is_empty() {
            penalty = TINY * target.len() as f64;
            reporter.info(dependent.say(penalty));
        }
    }
    reporter.check()?;
    let coefficients = solve(job, &scaling, &centred, penalty)
        .ok_or_else(|| KernelError::broke("The least-squares system could not be solved"))?;
    reporter.check()?;
    let (weights, shift) = scaling.fold_back(coefficients.iter().copied(), table.names().len());
    let model = LinearModel {
        algorithm: job.algorithm.to_owned(),
        task: Task::Regression,
        features: table.names().to_vec(),
        outputs: vec![Output { intercept: mean + shift, weights }],
        means: scaling.means_of(table.names().len()),
    };
    let predictions = model.predict(table.features())?;
    let train_secs = started.elapsed().as_secs_f64();
    let mut values = metrics::of_rows("train", &predictions, table.target(), table.training());
    values.extend(metrics::of_rows("valid", &predictions, table.target(), table.validation()));
    reporter.metrics(1, values);
    Ok(Trained {
        importance: importance(table.names(), &scaling, &[coefficients]),
        model: Box::new(model),
        predictions: Some(predictions),
        steps: 1,
        best_step: None,
        train_secs,
    })
}

impl Dependent {
    /// Cholesky's decomposition of the correlation matrix: what is left of a column's diagonal is the share of
    /// its variance that the columns before it do not explain.
    fn of(job: &TrainJob<'_>, scaling: &Scaling) -> Self {
        let (matrix, rows, width) = (job.table.features(), job.table.training(), scaling.width());
        let columns: Vec<Vec<f64>> =
            (0..width).into_par_iter().map(|at| scaling.column(matrix, at, rows).collect()).collect();
        let count = rows.len() as f64;
        let mut lower: Vec<Vec<f64>> = (0..width)
            .into_par_iter()
            .map(|at| columns[..=at].iter().map(|other| dot(&columns[at], other) / count).collect())
            .collect();
        let mut dependent = vec![];
        for at in 0..width {
            let (above, rest) = lower.split_at_mut(at);
            let row = &mut rest[0];
            for (column, before) in above.iter().enumerate() {
                let pivot = before[column];
                let left = row[column] - dot(&row[..column], &before[..column]);
                row[column] = if pivot > 0.0 { left / pivot } else { 0.0 };
            }
            let own = row[at] - dot(&row[..at], &row[..at]);
            if own > OWN_SHARE {
                row[at] = own.sqrt();
            } else {
                row[at] = 0.0;
                dependent.push(job.table.names()[scaling.columns[at]].clone());
            }
        }
        Self(dependent)
    }

    fn say(&self, penalty: f64) -> String {
        let shown = self.0.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = if self.0.len() > 5 { format!(" and {} more", self.0.len() - 5) } else { String::new() };
        let (verb, kind) = if self.0.len() == 1 { ("is", "a weighted sum") } else { ("are", "weighted sums") };
        format!(
            "{shown}{more} {verb} {kind} of other columns (as the last column of a one-hot encoding is): \
             an L2 penalty of {penalty:.1e} picks the smallest of equally good coefficients"
        )
    }
}

/// Coefficients of the standardised columns; none where the system has no single solution.
fn solve(job: &TrainJob<'_>, scaling: &Scaling, centred: &[f64], l2: f64) -> Option<Vec<f64>> {
    let (rows, width) = (centred.len(), scaling.width());
    if width == 0 {
        return Some(vec![]);
    }
    let height = rows + if l2 > 0.0 { width } else { 0 };
    if height < width {
        return None;
    }
    let mut values = Vec::with_capacity(height * width);
    for at in 0..width {
        values.extend(scaling.column(job.table.features(), at, job.table.training()));
        values.extend((rows..height).map(|row| if row - rows == at { l2.sqrt() } else { 0.0 }));
    }
    let records = Array2::from_shape_vec((height, width).f(), values).ok()?;
    let targets: Array1<f64> = centred.iter().copied().chain(std::iter::repeat_n(0.0, height - rows)).collect();
    let fitted = LinearRegression::new().with_intercept(false).fit(&DatasetBase::new(records, targets)).ok()?;
    let coefficients = fitted.params().to_vec();
    coefficients.iter().all(|value| value.is_finite()).then_some(coefficients)
}
