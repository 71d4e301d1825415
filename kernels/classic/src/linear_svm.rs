//! Linear support vector machines, one class against the rest, on standardised columns; their decision values made
//! probabilities by values of rows that were held out.
//!
//! Minimised is, for each class with y = ±1, `‖w‖²/2 + C·Σ max(0, 1 − y·w'x)` or with the square of the maximum,
//! where x ends in a 1 whose weight is the intercept, penalised like the others: scikit-learn's `LinearSVC` behind
//! a `StandardScaler`. The squared hinge is smooth, so L-BFGS minimises it for all classes at once; the plain
//! one goes the way of liblinear, coordinate by coordinate of the dual problem (Hsieh and others, «A Dual
//! Coordinate Descent Method for Large-scale Linear SVM», ICML 2008, algorithm 3, with shrinking).

mod dual;
mod model;

use std::ops::ControlFlow;
use std::time::Instant;

use cairn_kernel_sdk::protocol::Task;
use cairn_kernel_sdk::{KernelError, Model, Reporter, TrainJob, Trained, metrics};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::calibration::Calibration;
use crate::classes::{ClassWeight, class_counts, class_indices};
use crate::curve::{Curve, Watched, metrics_of_all};
use crate::lbfgs::{dot, minimise};
use crate::linear_model::{Output, importance};
use crate::scaling::{self, StandardRows};
use dual::Dual;

pub(crate) use model::LinearSvm;

/// Rows summed by one task.
const BLOCK: usize = 2048;

/// Standardised rows, the class of each, and what is wished.
struct Problem<'a> {
    rows: &'a [f64],
    width: usize,
    classes: Vec<u32>,
    /// 1 for two classes, else one for each.
    outputs: usize,
    /// C, and C times the weight of each class.
    cost: f64,
    costs: Vec<f64>,
    squared: bool,
    tolerance: f64,
    max_steps: usize,
    seed: u64,
}

/// Weights and intercept of each output, one after the other.
struct Solution {
    point: Vec<f64>,
    steps: usize,
    converged: bool,
}

/// Trains one model.
pub(crate) fn train(job: &TrainJob<'_>, reporter: &mut Reporter) -> Result<Trained, KernelError> {
    let started = Instant::now();
    let table = job.table;
    let scaling = scaling::of_job(job)?;
    let rows = table.derived().get(|| Ok(StandardRows(scaling.rows(table.features(), table.training()))))?;
    let classes = class_indices(table, table.training());
    let factors = ClassWeight::parse(job.choice("class_weight")?).factors(&class_counts(&classes, job.classes));
    let cost = job.number("cost")?;
    let problem = Problem {
        rows: &rows.0,
        width: scaling.width(),
        outputs: if job.task == Task::Binary { 1 } else { job.classes },
        cost,
        costs: factors.iter().map(|factor| cost * factor).collect(),
        classes,
        squared: job.choice("loss")? == "squared_hinge",
        tolerance: job.number("tolerance")?,
        max_steps: job.count("max_iterations")?,
        seed: job.seed,
    };
    reporter.started(Some(problem.max_steps as u64));
    let all = table.names().len();
    let fold_back = |point: &[f64]| -> Vec<Output> {
        let output = |output: &[f64]| {
            let (weights, shift) = scaling.fold_back(output[..problem.width].iter().copied(), all);
            Output { intercept: output[problem.width] + shift, weights }
        };
        point.chunks_exact(problem.stride()).map(output).collect()
    };
    let mut curve = Curve::new(problem.max_steps);
    let watched = Watched::of(table);
    let each_step = |step: usize, point: &[f64], value: f64| {
        if reporter.cancelled() {
            return ControlFlow::Break(());
        }
        if curve.due(step) {
            let outputs = fold_back(point);
            let mut values = vec![("train.objective".to_owned(), value)];
            for (part, rows) in watched.parts() {
                let features = table.features().select(rows);
                let hits = model::most_likely(&outputs, &features).into_iter().zip(rows);
                let right = hits.map(|(class, &row)| class == table.target()[row] as usize);
                values.push((format!("{part}.accuracy"), metrics::accuracy(right)));
            }
            reporter.metrics(step as u64, values);
        }
        ControlFlow::Continue(())
    };
    let solution = problem.solve(each_step);
    reporter.check()?;
    if !solution.converged {
        reporter.warning(format!(
            "Not converged after {} iterations: the coefficients are not final. More iterations, a larger tolerance or \
             a lower cost help",
            solution.steps
        ));
    }
    let calibrations = problem.calibrate(job.choice("calibration")?, job.count("calibration_folds")?, reporter)?;
    let model = LinearSvm {
        task: job.task,
        features: table.names().to_vec(),
        outputs: fold_back(&solution.point),
        calibrations,
        means: scaling.means_of(all),
    };
    let predictions = model.predict(table.features())?;
    reporter.metrics(solution.steps as u64, metrics_of_all(&predictions, table));
    let coefficients: Vec<Vec<f64>> =
        solution.point.chunks_exact(problem.stride()).map(|output| output[..problem.width].to_vec()).collect();
    Ok(Trained {
        importance: importance(table.names(), &scaling, &coefficients),
        model: Box::new(model),
        predictions: Some(predictions),
        steps: solution.steps as u64,
        best_step: None,
        train_secs: started.elapsed().as_secs_f64(),
    })
}

impl Problem<'_> {
    /// Parameters of one output: its weights and its intercept.
    fn stride(&self) -> usize {
        self.width + 1
    }

    fn row(&self, at: usize) -> &[f64] {
        &self.rows[at * self.width..][..self.width]
    }

    /// 1 for a row of the output's class, else −1.
    fn sign(&self, at: usize, output: usize) -> f64 {
        let class = if self.outputs == 1 { 1 } else { output };
        if self.classes[at] as usize == class { 1.0 } else { -1.0 }
    }

    /// How much a row counts. As in liblinear, of more than two classes only the output's own is weighted.
    fn cost(&self, at: usize, output: usize) -> f64 {
        let class = self.classes[at] as usize;
        if self.outputs == 1 || class == output { self.costs[class] } else { self.cost }
    }

    /// Calls `each_step` with the steps done, the point and its value, both until now.
    fn solve(&self, each_step: impl FnMut(usize, &[f64], f64) -> ControlFlow<()>) -> Solution {
        if self.squared { self.solve_primal(each_step) } else { self.solve_dual(each_step) }
    }

    fn solve_primal(&self, each_step: impl FnMut(usize, &[f64], f64) -> ControlFlow<()>) -> Solution {
        let mut point = vec![0.0; self.stride() * self.outputs];
        let function = |point: &[f64], gradient: &mut [f64]| self.value(point, gradient);
        // Where the search starts all rows pull; the tolerance is a share of that.
        let mut gradient = point.clone();
        self.value(&point, &mut gradient);
        let pull = gradient.iter().fold(0.0f64, |most, slope| most.max(slope.abs()));
        let outcome = minimise(&mut point, self.tolerance * pull, self.max_steps, function, each_step);
        Solution { point, steps: outcome.steps, converged: outcome.converged }
    }

    fn solve_dual(&self, mut each_step: impl FnMut(usize, &[f64], f64) -> ControlFlow<()>) -> Solution {
        let mut duals: Vec<Dual> = (0..self.outputs).map(|output| Dual::new(self, output)).collect();
        let joined = |duals: &[Dual]| duals.iter().flat_map(|dual| dual.point().iter().copied()).collect::<Vec<f64>>();
        let mut steps = 0;
        while steps < self.max_steps && duals.iter().any(|dual| !dual.converged()) {
            duals.par_iter_mut().filter(|dual| !dual.converged()).for_each(|dual| dual.epoch(self));
            steps += 1;
            let point = joined(&duals);
            let value: f64 = duals.iter().map(Dual::value).sum();
            if each_step(steps, &point, value).is_break() {
                break;
            }
        }
        let converged = duals.iter().all(Dual::converged);
        Solution { point: joined(&duals), steps, converged }
    }

    /// The summed value of all outputs for the squared hinge, whose gradient is written.
    fn value(&self, point: &[f64], gradient: &mut [f64]) -> f64 {
        let count = self.classes.len();
        let blocks: Vec<(f64, Vec<f64>)> = (0..count.div_ceil(BLOCK))
            .into_par_iter()
            .map(|block| self.block(point, block * BLOCK..((block + 1) * BLOCK).min(count)))
            .collect();
        gradient.copy_from_slice(point);
        let mut value = 0.5 * dot(point, point);
        for (loss, slopes) in blocks {
            value += loss;
            gradient.iter_mut().zip(slopes).for_each(|(sum, slope)| *sum += slope);
        }
        value
    }

    fn block(&self, point: &[f64], range: std::ops::Range<usize>) -> (f64, Vec<f64>) {
        let mut gradient = vec![0.0; point.len()];
        let mut loss = 0.0;
        for at in range {
            let row = self.row(at);
            let outputs = point.chunks_exact(self.stride()).zip(gradient.chunks_exact_mut(self.stride()));
            for (output, (weights, slopes)) in outputs.enumerate() {
                let (sign, cost) = (self.sign(at, output), self.cost(at, output));
                let short = 1.0 - sign * (dot(row, &weights[..self.width]) + weights[self.width]);
                if short > 0.0 {
                    loss += cost * short * short;
                    let pull = -2.0 * cost * sign * short;
                    slopes[..self.width].iter_mut().zip(row).for_each(|(slope, value)| *slope += pull * value);
                    slopes[self.width] += pull;
                }
            }
        }
        (loss, gradient)
    }

    /// Maps to probabilities, learned from the decision values of rows that the solution did not see: the problem
    /// is solved once more for each of some folds, with every class spread over all of them.
    fn calibrate(&self, kind: &str, folds: usize, reporter: &Reporter) -> Result<Vec<Calibration>, KernelError> {
        let fold_of = self.folds(folds);
        let values: Vec<Option<Vec<(usize, Vec<f64>)>>> =
            (0..folds as u32).into_par_iter().map(|fold| self.held_out(&fold_of, fold, reporter)).collect();
        let values: Vec<_> = values.into_iter().collect::<Option<_>>().ok_or(KernelError::Cancelled)?;
        let mut of_rows = vec![vec![0.0; self.outputs]; self.classes.len()];
        values.into_iter().flatten().for_each(|(at, values)| of_rows[at] = values);
        let of_output = |output: usize| {
            let values: Vec<f64> = of_rows.iter().map(|values| values[output]).collect();
            let positive: Vec<bool> = (0..values.len()).map(|at| self.sign(at, output) > 0.0).collect();
            let isotonic = kind == "isotonic";
            if isotonic { Calibration::isotonic(&values, &positive) } else { Calibration::platt(&values, &positive) }
        };
        Ok((0..self.outputs).into_par_iter().map(of_output).collect())
    }

    /// The fold of each row: of shuffled rows, each class dealt out in turn.
    fn folds(&self, folds: usize) -> Vec<u32> {
        let mut order: Vec<usize> = (0..self.classes.len()).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(self.seed));
        order.sort_by_key(|&at| self.classes[at]);
        let mut fold_of = vec![0; order.len()];
        order.into_iter().enumerate().for_each(|(turn, at)| fold_of[at] = (turn % folds) as u32);
        fold_of
    }

    /// Decision values of one fold's rows by a solution of the others; none where the run should stop.
    fn held_out(&self, fold_of: &[u32], fold: u32, reporter: &Reporter) -> Option<Vec<(usize, Vec<f64>)>> {
        let (held, learned): (Vec<usize>, Vec<usize>) = (0..self.classes.len()).partition(|&at| fold_of[at] == fold);
        let rows: Vec<f64> = learned.iter().flat_map(|&at| self.row(at).iter().copied()).collect();
        let classes = learned.iter().map(|&at| self.classes[at]).collect();
        let part = Problem { rows: &rows, classes, costs: self.costs.clone(), ..*self };
        let stop = |_: usize, _: &[f64], _: f64| {
            if reporter.cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let solution = part.solve(stop);
        let value = |at: usize, output: &[f64]| dot(self.row(at), &output[..self.width]) + output[self.width];
        let values = |at: usize| solution.point.chunks_exact(self.stride()).map(|output| value(at, output)).collect();
        (!reporter.cancelled()).then(|| held.into_iter().map(|at| (at, values(at))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(rows: &[f64], squared: bool, outputs: usize) -> Problem<'_> {
        Problem {
            rows,
            width: 3,
            classes: (0..rows.len() as u32 / 3).map(|i| (i * i / 3) % outputs.max(2) as u32).collect(),
            outputs,
            cost: 0.9,
            costs: vec![0.7, 1.3, 0.2],
            squared,
            tolerance: 1e-9,
            max_steps: 100_000,
            seed: 3,
        }
    }

    fn rows() -> Vec<f64> {
        (0..90 * 3u32).map(|i| f64::from(i * 7919 % 1009) / 300.0 - 1.7).collect()
    }

    #[test]
    fn the_gradient_is_the_slope_of_the_value() {
        let rows = rows();
        for outputs in [1, 3] {
            let problem = problem(&rows, true, outputs);
            let point: Vec<f64> = (0..4 * outputs).map(|i| i as f64 * 0.3 - 1.0).collect();
            let (mut gradient, mut unused) = (vec![0.0; point.len()], vec![0.0; point.len()]);
            problem.value(&point, &mut gradient);
            for (at, found) in gradient.iter().enumerate() {
                let mut moved = |by: f64| {
                    let mut moved = point.clone();
                    moved[at] += by;
                    problem.value(&moved, &mut unused)
                };
                let slope = (moved(1e-6) - moved(-1e-6)) / 2e-6;
                assert!((slope - found).abs() < 1e-4 * slope.abs().max(1.0), "{at}: {slope} {found}");
            }
        }
    }

    /// The value of the plain hinge at the dual's answer cannot be lowered in any direction by much.
    #[test]
    fn the_dual_answer_is_a_minimum_of_the_hinge() {
        let rows = rows();
        let problem = problem(&rows, false, 1);
        let solution = problem.solve(|_, _, _| ControlFlow::Continue(()));
        assert!(solution.converged);
        let value = |point: &[f64]| {
            let short = |at: usize| {
                let decision = dot(problem.row(at), &point[..3]) + point[3];
                problem.cost(at, 0) * (1.0 - problem.sign(at, 0) * decision).max(0.0)
            };
            0.5 * dot(point, point) + (0..90).map(short).sum::<f64>()
        };
        let reached = value(&solution.point);
        for step in [1e-3, 1e-2, 0.3] {
            for direction in 0..81u32 {
                let along = |at: u32| f64::from(direction / 3u32.pow(at) % 3) - 1.0;
                let moved: Vec<f64> =
                    solution.point.iter().enumerate().map(|(at, w)| w + step * along(at as u32)).collect();
                assert!(value(&moved) >= reached - 1e-7, "{direction} {step}");
            }
        }
        let by_dual = -problem_value_of_dual(&problem);
        assert!((by_dual - reached).abs() < 1e-5 * reached, "no gap: {by_dual} {reached}");
    }

    fn problem_value_of_dual(problem: &Problem<'_>) -> f64 {
        let mut dual = Dual::new(problem, 0);
        while !dual.converged() {
            dual.epoch(problem);
        }
        dual.value()
    }

    #[test]
    fn every_class_is_spread_over_all_folds() {
        let rows = rows();
        let problem = problem(&rows, true, 3);
        let folds = problem.folds(5);
        for class in 0..3 {
            let of_class = |fold| (0..90).filter(|&at| problem.classes[at] == class && folds[at] == fold).count();
            let counts: Vec<usize> = (0..5).map(of_class).collect();
            assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1, "{counts:?}");
        }
    }
}
