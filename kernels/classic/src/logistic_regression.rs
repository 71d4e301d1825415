//! Logistic regression for two or more classes with L1 and L2 penalties, on standardised columns.
//!
//! Minimised is, over the coefficients w and the unpenalised intercepts,
//! `(Σ −ln p(true class) + l1 · Σ |w| + l2/2 · Σ w²) / rows`: behind a `StandardScaler` scikit-learn's with
//! `C = 1/(l1 + l2)` and `l1_ratio = l1/(l1 + l2)`. An L1 penalty is minimised in orthants, see `orthant`.
//! The solver is our own, not linfa's: a run must be stoppable, show its curve and know whether it has
//! converged, and linfa 0.8 offers none of these and subtracts one maximum for all rows before it
//! exponentiates, which loses the rows far below it. Sums are taken in blocks of rows in a fixed order, so the
//! number of threads does not change a bit of the result.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use cairn_kernel_sdk::protocol::Task;
use cairn_kernel_sdk::{KernelError, Model, Reporter, TrainJob, Trained, metrics};
use rayon::prelude::*;

use crate::classes::{ClassWeight, class_counts, class_indices};
use crate::lbfgs::{dot, minimise};
use crate::linear_model::{LinearModel, Output, importance, sigmoid, softmax};
use crate::orthant;
use crate::scaling::{self, Scaling, StandardRows};

/// Rows summed by one task.
const BLOCK: usize = 2048;
/// A run of more iterations reports about this many of them.
const REPORTS: usize = 100;

/// Standardised rows with their classes; `outputs` is 1 for two classes.
struct Problem<'a> {
    rows: &'a [f64],
    width: usize,
    classes: Vec<u32>,
    outputs: usize,
    l2: f64,
    /// How much a row of each class counts.
    factors: Vec<f64>,
}

impl Problem<'_> {
    /// Parameters of one output: its coefficients and its intercept.
    fn stride(&self) -> usize {
        self.width + 1
    }

    /// The mean penalised loss at `point`, whose gradient is written.
    fn value(&self, point: &[f64], gradient: &mut [f64]) -> f64 {
        let blocks: Vec<(f64, Vec<f64>)> = (0..self.classes.len().div_ceil(BLOCK))
            .into_par_iter()
            .map(|block| self.block(point, block * BLOCK..((block + 1) * BLOCK).min(self.classes.len())))
            .collect();
        gradient.fill(0.0);
        let mut value = 0.0;
        for (loss, slopes) in blocks {
            value += loss;
            gradient.iter_mut().zip(slopes).for_each(|(sum, slope)| *sum += slope);
        }
        let count = self.classes.len() as f64;
        for (weights, slopes) in point.chunks_exact(self.stride()).zip(gradient.chunks_exact_mut(self.stride())) {
            for (weight, slope) in weights.iter().zip(slopes).take(self.width) {
                value += 0.5 * self.l2 * weight * weight;
                *slope += self.l2 * weight;
            }
        }
        gradient.iter_mut().for_each(|slope| *slope /= count);
        value / count
    }

    /// Summed loss and gradient of some rows.
    fn block(&self, point: &[f64], range: std::ops::Range<usize>) -> (f64, Vec<f64>) {
        let (width, stride) = (self.width, self.stride());
        let mut gradient = vec![0.0; point.len()];
        let mut scores = vec![0.0; self.outputs];
        let mut loss = 0.0;
        for index in range {
            let row = &self.rows[index * width..(index + 1) * width];
            let class = self.classes[index] as usize;
            for (score, weights) in scores.iter_mut().zip(point.chunks_exact(stride)) {
                *score = dot(row, &weights[..width]) + weights[width];
            }
            if let [score] = scores[..] {
                loss += self.factors[class] * (softplus(score) - if class == 1 { score } else { 0.0 });
                scores[0] = self.factors[class] * (sigmoid(score) - class as f64);
            } else {
                let of_true = scores[class];
                loss += self.factors[class] * (softmax(&mut scores) - of_true);
                scores[class] -= 1.0;
                scores.iter_mut().for_each(|error| *error *= self.factors[class]);
            }
            for (error, slopes) in scores.iter().zip(gradient.chunks_exact_mut(stride)) {
                slopes[..width].iter_mut().zip(row).for_each(|(slope, value)| *slope += error * value);
                slopes[width] += error;
            }
        }
        (loss, gradient)
    }
}

/// ln(1 + e^z) without overflow.
fn softplus(z: f64) -> f64 {
    z.max(0.0) + (-z.abs()).exp().ln_1p()
}

/// Trains one model.
pub(crate) fn train(job: &TrainJob<'_>, reporter: &mut Reporter) -> Result<Trained, KernelError> {
    let started = Instant::now();
    let table = job.table;
    let max_steps = job.count("max_iterations")?;
    let scaling = scaling::of_job(job)?;
    let rows = table.derived().get(|| Ok(StandardRows(scaling.rows(table.features(), table.training()))))?;
    let outputs = if job.task == Task::Binary { 1 } else { job.classes };
    let classes = class_indices(table, table.training());
    let problem = Problem {
        rows: &rows.0,
        width: scaling.width(),
        factors: ClassWeight::parse(job.choice("class_weight")?).factors(&class_counts(&classes, job.classes)),
        classes,
        outputs,
        l2: job.number("l2")?,
    };
    reporter.started(Some(max_steps as u64));
    let mut point = vec![0.0; problem.stride() * outputs];
    start_at_shares(&problem, &mut point);

    let every = max_steps.div_ceil(REPORTS);
    let mut told = Instant::now();
    let mut failure = None;
    let tolerance = job.number("tolerance")?;
    let function = |point: &[f64], gradient: &mut [f64]| problem.value(point, gradient);
    let each_step = |step: usize, point: &[f64], _| {
        if reporter.cancelled() {
            return ControlFlow::Break(());
        }
        if step.is_multiple_of(every) || told.elapsed() > Duration::from_millis(500) {
            told = Instant::now();
            match report(&model(job, &scaling, point, &problem), job, reporter, step) {
                Ok(()) => {}
                Err(error) => {
                    failure = Some(error);
                    return ControlFlow::Break(());
                }
            }
        }
        ControlFlow::Continue(())
    };
    let l1 = job.number("l1")?;
    let outcome = if l1 > 0.0 {
        let mut weights = vec![l1 / table.training().len() as f64; point.len()];
        weights.chunks_exact_mut(problem.stride()).for_each(|output| output[problem.width] = 0.0);
        orthant::minimise(&mut point, &weights, tolerance, max_steps, function, each_step)
    } else {
        minimise(&mut point, tolerance, max_steps, function, each_step)
    };
    reporter.check()?;
    if let Some(error) = failure {
        return Err(error);
    }
    if !outcome.converged {
        reporter.warning(format!(
            "Not converged after {} iterations (gradient {:.1e}): the coefficients are not final. More iterations, \
             a larger tolerance or a stronger penalty help",
            outcome.steps, outcome.gradient
        ));
    }
    let model = model(job, &scaling, &point, &problem);
    let predictions = model.predict(table.features())?;
    let train_secs = started.elapsed().as_secs_f64();
    let mut values = metrics::of_rows("train", &predictions, table.target(), table.training());
    values.extend(metrics::of_rows("valid", &predictions, table.target(), table.validation()));
    reporter.metrics(outcome.steps as u64, values);
    let coefficients: Vec<Vec<f64>> =
        point.chunks_exact(problem.stride()).map(|output| output[..problem.width].to_vec()).collect();
    Ok(Trained {
        importance: importance(table.names(), &scaling, &coefficients),
        model: Box::new(model),
        predictions: Some(predictions),
        steps: outcome.steps as u64,
        best_step: None,
        train_secs,
    })
}

/// Intercepts that predict each class's share among the training rows: where the solver starts.
fn start_at_shares(problem: &Problem<'_>, point: &mut [f64]) {
    let mut counts = vec![0.0; problem.outputs.max(2)];
    problem.classes.iter().for_each(|&class| counts[class as usize] += problem.factors[class as usize]);
    // Half a row more for each class keeps the logarithm of an absent class finite.
    let logarithms: Vec<f64> = counts.iter().map(|count: &f64| (count + 0.5).ln()).collect();
    let mean = logarithms.iter().sum::<f64>() / logarithms.len() as f64;
    for (output, parameters) in point.chunks_exact_mut(problem.stride()).enumerate() {
        parameters[problem.width] =
            if problem.outputs == 1 { logarithms[1] - logarithms[0] } else { logarithms[output] - mean };
    }
}

/// The model at a point, on raw columns.
fn model(job: &TrainJob<'_>, scaling: &Scaling, point: &[f64], problem: &Problem<'_>) -> LinearModel {
    let all = job.table.names().len();
    let outputs = point.chunks_exact(problem.stride()).map(|output| {
        let (weights, shift) = scaling.fold_back(output[..problem.width].iter().copied(), all);
        Output { intercept: output[problem.width] + shift, weights }
    });
    LinearModel {
        algorithm: job.algorithm.to_owned(),
        task: job.task,
        features: job.table.names().to_vec(),
        outputs: outputs.collect(),
        means: scaling.means_of(all),
    }
}

/// The curve's next point, of both watched parts.
fn report(model: &LinearModel, job: &TrainJob<'_>, reporter: &Reporter, step: usize) -> Result<(), KernelError> {
    let table = job.table;
    let predictions = model.predict(table.features())?;
    let mut values = metrics::of_rows("train", &predictions, table.target(), table.training());
    values.extend(metrics::of_rows("valid", &predictions, table.target(), table.validation()));
    reporter.metrics(step as u64, values);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_is_the_slope_of_the_value() {
        let rows: Vec<f64> = (0..5000 * 3).map(|i| f64::from(i * 7919 % 1009) / 500.0 - 1.0).collect();
        for outputs in [1, 4] {
            let classes = (0..5000u32).map(|i| i * 31 % outputs.max(2)).collect();
            let problem = Problem {
                rows: &rows,
                width: 3,
                classes,
                outputs: outputs as usize,
                l2: 3.0,
                factors: vec![0.5, 2.0, 1.0, 1.5],
            };
            let point: Vec<f64> = (0..4 * outputs).map(|i| f64::from(i) * 0.3 - 1.0).collect();
            let mut gradient = vec![0.0; point.len()];
            let mut unused = gradient.clone();
            problem.value(&point, &mut gradient);
            for (at, found) in gradient.iter().enumerate() {
                let mut moved = |by: f64| {
                    let mut moved = point.clone();
                    moved[at] += by;
                    problem.value(&moved, &mut unused)
                };
                let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!((slope - found).abs() < 1e-7, "{outputs} outputs, {at}: {slope} {found}");
            }
        }
    }
}
