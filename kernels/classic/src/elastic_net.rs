//! Lasso (Tibshirani 1996) and elastic net (Zou and Hastie 2005) by coordinate descent on standardised columns.
//!
//! Minimised is, over the coefficients w of standardised columns Z and with y centred,
//! `‖y − Zw‖²/2n + α·ρ·‖w‖₁ + α·(1 − ρ)·‖w‖²/2`: scikit-learn's `ElasticNet(alpha, l1_ratio)` behind a
//! `StandardScaler`. linfa's own cannot be stopped or watched. With few columns the sweeps work on the columns'
//! correlations, so that a sweep costs nothing that grows with the rows (Friedman, Hastie and Tibshirani 2010,
//! «covariance updates»); with many, on the residuals. Converged is what has a duality gap below the tolerance's
//! share of the target's variance, as scikit-learn has it.

use std::time::Instant;

use cairn_kernel_sdk::protocol::Task;
use cairn_kernel_sdk::{KernelError, Model, Reporter, TrainJob, Trained};
use rayon::prelude::*;

use crate::curve::{Curve, metrics_of_all};
use crate::lbfgs::dot;
use crate::linear_model::{LinearModel, Output, importance};
use crate::scaling::{self, Scaling};

/// Columns whose correlations are worked out at most: 2000 take 32 MB.
const CORRELATED: usize = 2000;

/// Standardised columns, one after the other, kept with the table.
struct Columns(Vec<Vec<f64>>);

/// The columns' correlations, kept with the table.
struct Correlations(Vec<Vec<f64>>);

/// How strong the penalties are.
#[derive(Debug, Clone, Copy)]
struct Penalty {
    l1: f64,
    l2: f64,
}

/// Coefficients on their way, and how each column goes with what they do not explain yet.
struct Descent<'a> {
    columns: &'a [Vec<f64>],
    correlations: Option<&'a [Vec<f64>]>,
    penalty: Penalty,
    coefficients: Vec<f64>,
    /// Z'(y − Zw)/n, kept up to date with correlations.
    slopes: Vec<f64>,
    /// y − Zw, kept up to date without them.
    residuals: Vec<f64>,
    /// Z'y/n and y'y/n.
    of_target: Vec<f64>,
    variance: f64,
}

/// Trains one model.
pub(crate) fn train(job: &TrainJob<'_>, reporter: &mut Reporter) -> Result<Trained, KernelError> {
    let started = Instant::now();
    let table = job.table;
    let ratio = if job.algorithm == crate::declared::LASSO { 1.0 } else { job.number("l1_ratio")? };
    let alpha = job.number("alpha")?;
    let (max_sweeps, tolerance) = (job.count("max_iterations")?, job.number("tolerance")?);
    let scaling = scaling::of_job(job)?;
    reporter.started(Some(max_sweeps as u64));
    let columns = table.derived().get(|| {
        let column = |at| scaling.column(table.features(), at, table.training()).collect();
        Ok(Columns((0..scaling.width()).into_par_iter().map(column).collect()))
    })?;
    reporter.check()?;
    let correlations = if columns.0.len() <= CORRELATED {
        let of = |at: usize| -> Option<Vec<f64>> {
            let with = |other: &Vec<f64>| dot(&columns.0[at], other) / other.len() as f64;
            (!reporter.cancelled()).then(|| columns.0.iter().map(with).collect())
        };
        let all = || (0..columns.0.len()).into_par_iter().map(of).collect::<Option<_>>().ok_or(KernelError::Cancelled);
        Some(table.derived().get(|| all().map(Correlations))?)
    } else {
        None
    };
    let target: Vec<f64> = table.training().iter().map(|&row| table.target()[row]).collect();
    let mean = target.iter().sum::<f64>() / target.len() as f64;
    let centred = target.iter().map(|value| value - mean).collect();
    let penalty = Penalty { l1: alpha * ratio, l2: alpha * (1.0 - ratio) };
    let mut descent = Descent::new(&columns.0, correlations.as_ref().map(|kept| &kept.0[..]), centred, penalty);
    let mut curve = Curve::new(max_sweeps);
    let mut sweeps = 0;
    let mut converged = false;
    while !converged && sweeps < max_sweeps {
        descent.sweep(|| reporter.cancelled());
        reporter.check()?;
        sweeps += 1;
        let gap = descent.gap();
        converged = gap <= tolerance * descent.variance;
        if curve.due(sweeps) && !converged && sweeps < max_sweeps {
            let predictions = model(job, &scaling, &descent.coefficients, mean).predict(table.features())?;
            reporter.metrics(sweeps as u64, metrics_of_all(&predictions, table));
        }
    }
    if !converged {
        let gap = descent.gap() / descent.variance.max(f64::MIN_POSITIVE);
        reporter.warning(format!(
            "Not converged after {sweeps} sweeps (duality gap {gap:.1e} of the variance): the coefficients are not \
             final. More iterations, a larger tolerance or a stronger penalty help"
        ));
    }
    let kept = descent.coefficients.iter().filter(|&&value| value != 0.0).count();
    reporter.info(format!("{kept} of {} columns have a coefficient other than 0", table.names().len()));
    let model = model(job, &scaling, &descent.coefficients, mean);
    let predictions = model.predict(table.features())?;
    reporter.metrics(sweeps as u64, metrics_of_all(&predictions, table));
    Ok(Trained {
        importance: importance(table.names(), &scaling, &[descent.coefficients]),
        model: Box::new(model),
        predictions: Some(predictions),
        steps: sweeps as u64,
        best_step: None,
        train_secs: started.elapsed().as_secs_f64(),
    })
}

/// The model of coefficients of standardised columns, on raw ones.
fn model(job: &TrainJob<'_>, scaling: &Scaling, coefficients: &[f64], mean: f64) -> LinearModel {
    let all = job.table.names().len();
    let (weights, shift) = scaling.fold_back(coefficients.iter().copied(), all);
    LinearModel {
        algorithm: job.algorithm.to_owned(),
        task: Task::Regression,
        features: job.table.names().to_vec(),
        outputs: vec![Output { intercept: mean + shift, weights }],
        means: scaling.means_of(all),
    }
}

impl<'a> Descent<'a> {
    fn new(columns: &'a [Vec<f64>], correlations: Option<&'a [Vec<f64>]>, target: Vec<f64>, penalty: Penalty) -> Self {
        let count = target.len() as f64;
        let of_target: Vec<f64> = columns.par_iter().map(|column| dot(column, &target) / count).collect();
        Self {
            columns,
            correlations,
            penalty,
            coefficients: vec![0.0; columns.len()],
            slopes: of_target.clone(),
            variance: dot(&target, &target) / count,
            residuals: target,
            of_target,
        }
    }

    /// Moves every coefficient to its best value given the others.
    fn sweep(&mut self, cancelled: impl Fn() -> bool) {
        let count = self.residuals.len() as f64;
        for at in 0..self.columns.len() {
            if cancelled() {
                return;
            }
            let before = self.coefficients[at];
            let (own, slope) = match self.correlations {
                Some(correlations) => (correlations[at][at], self.slopes[at]),
                None => (1.0, dot(&self.columns[at], &self.residuals) / count),
            };
            let pull = slope + own * before;
            let shrunk = pull.signum() * (pull.abs() - self.penalty.l1).max(0.0);
            let after = shrunk / (own + self.penalty.l2);
            let step = after - before;
            if step == 0.0 {
                continue;
            }
            self.coefficients[at] = after;
            match self.correlations {
                Some(correlations) => {
                    self.slopes.iter_mut().zip(&correlations[at]).for_each(|(slope, with)| *slope -= step * with);
                }
                None => {
                    let cells = self.residuals.iter_mut().zip(&self.columns[at]);
                    cells.for_each(|(residual, value)| *residual -= step * value);
                }
            }
        }
    }

    /// How far the value can be above the minimum: the difference to a value of the dual problem, over n.
    fn gap(&mut self) -> f64 {
        let count = self.residuals.len() as f64;
        let Penalty { l1, l2 } = self.penalty;
        let of_target = dot(&self.coefficients, &self.of_target);
        let (squares, along) = if self.correlations.is_some() {
            let explained = of_target + dot(&self.coefficients, &self.slopes);
            ((self.variance - explained).max(0.0), self.variance - of_target)
        } else {
            let residuals = &self.residuals;
            self.columns
                .par_iter()
                .zip(&mut self.slopes)
                .for_each(|(column, slope)| *slope = dot(column, residuals) / count);
            // y'R = R'R + (Zw)'R
            let squares = dot(residuals, residuals) / count;
            (squares, squares + dot(&self.coefficients, &self.slopes))
        };
        let dual = self.slopes.iter().zip(&self.coefficients).map(|(slope, at)| (slope - l2 * at).abs());
        let dual = dual.fold(0.0, f64::max);
        let scale = if dual > l1 { l1 / dual } else { 1.0 };
        let absolute: f64 = self.coefficients.iter().map(|at| at.abs()).sum();
        let squared = dot(&self.coefficients, &self.coefficients);
        0.5 * squares * (1.0 + scale * scale) + l1 * absolute - scale * along
            + 0.5 * l2 * (1.0 + scale * scale) * squared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> (Vec<Vec<f64>>, Vec<f64>) {
        let rows = 60usize;
        let standard = |values: Vec<f64>| {
            let mean = values.iter().sum::<f64>() / rows as f64;
            let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / rows as f64).sqrt();
            values.iter().map(|v| (v - mean) / deviation).collect::<Vec<f64>>()
        };
        let columns: Vec<Vec<f64>> = (0..8)
            .map(|j| standard((0..rows).map(|i| ((i * (j + 3) * 37 + j * i * i) % 101) as f64).collect()))
            .collect();
        let target = (0..rows).map(|i| 3.0 * columns[0][i] - columns[5][i] + 0.3 * ((i * 7 % 11) as f64 - 5.0));
        let target: Vec<f64> = target.collect();
        let mean = target.iter().sum::<f64>() / rows as f64;
        (columns, target.iter().map(|value| value - mean).collect())
    }

    fn solve(correlated: bool, penalty: Penalty) -> Vec<f64> {
        let (columns, target) = columns();
        let count = target.len() as f64;
        let correlations: Vec<Vec<f64>> =
            columns.iter().map(|a| columns.iter().map(|b| dot(a, b) / count).collect()).collect();
        let mut descent = Descent::new(&columns, correlated.then_some(&correlations), target, penalty);
        for _ in 0..2000 {
            descent.sweep(|| false);
        }
        assert!(descent.gap().abs() < 1e-12 * descent.variance, "{}", descent.gap());
        descent.coefficients
    }

    #[test]
    fn both_ways_reach_the_point_where_no_slope_exceeds_its_penalty() {
        let penalty = Penalty { l1: 0.3, l2: 0.2 };
        let found = solve(true, penalty);
        assert!(found.iter().zip(solve(false, penalty)).all(|(a, b)| (a - b).abs() < 1e-10));
        let (columns, target) = columns();
        let mut zeros = 0;
        for (at, column) in columns.iter().enumerate() {
            let residual = |i: usize| target[i] - columns.iter().zip(&found).map(|(c, w)| c[i] * w).sum::<f64>();
            let slope = (0..target.len()).map(|i| column[i] * residual(i)).sum::<f64>() / target.len() as f64;
            if found[at] == 0.0 {
                zeros += 1;
                assert!(slope.abs() <= 0.3 + 1e-9);
            } else {
                assert!((slope - 0.2 * found[at] - 0.3 * found[at].signum()).abs() < 1e-9);
            }
        }
        assert!(zeros > 0 && zeros < columns.len());
    }
}
