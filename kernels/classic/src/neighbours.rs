//! k nearest neighbours (Fix and Hodges 1951) by Euclidean distance over standardised columns, exact.
//!
//! Distances of blocks of rows come from one matrix product, |q|² + |x|² − 2·q·x, which rounds; so every training
//! row within the rounding error of the k-th is kept and measured again by differences. Equally distant rows
//! are taken in the order of the table. The model is the training rows themselves.

use std::path::Path;
use std::time::Instant;

use cairn_kernel_sdk::protocol::Task;
use cairn_kernel_sdk::{KernelError, Matrix, Model, Predictions, Reporter, TrainJob, Trained};
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::curve::metrics_of_all;
use crate::importance::{SHUFFLES, by_shuffling};
use crate::lbfgs::dot;
use crate::model_file::{Body, ModelFile};
use crate::scaling::{self, Scaling, StandardRows, check_complete};

/// Rows that are asked about in one product.
const ASKED: usize = 64;
/// Training rows in one product; with the rows asked about its result stays in the second-level cache.
const KNOWN: usize = 512;
/// Rows answered between two looks at the wish to stop.
const ROUND: usize = 2048;

/// How neighbours are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Weighting {
    /// All alike.
    Uniform,
    /// By the inverse of the distance; where some are at distance 0, only those.
    Distance,
}

/// What the first line of the file says of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shape {
    pub(crate) neighbours: usize,
    pub(crate) weighting: Weighting,
    /// 0 for numbers.
    pub(crate) classes: usize,
    pub(crate) rows: usize,
    pub(crate) scaling: Scaling,
}

/// The training rows, standardised, and what they were.
#[derive(Debug, Clone)]
pub(crate) struct Neighbours {
    task: Task,
    features: Vec<String>,
    shape: Shape,
    rows: Vec<f64>,
    squares: Vec<f64>,
    targets: Vec<f64>,
}

/// Trains one model.
pub(crate) fn train(job: &TrainJob<'_>, reporter: &mut Reporter) -> Result<Trained, KernelError> {
    let started = Instant::now();
    let table = job.table;
    let scaling = scaling::of_job(job)?;
    let rows = table.derived().get(|| Ok(StandardRows(scaling.rows(table.features(), table.training()))))?;
    let known = table.training().len();
    let wished = job.count("neighbours")?;
    if wished > known {
        reporter.warning(format!("There are {known} training rows: all of them are every row's neighbours"));
    }
    let weighting = if job.choice("weights")? == "distance" { Weighting::Distance } else { Weighting::Uniform };
    let shape = Shape {
        neighbours: wished.min(known),
        weighting,
        classes: job.classes,
        rows: known,
        scaling: (*scaling).clone(),
    };
    let targets = table.training().iter().map(|&row| table.target()[row]).collect();
    let model = Neighbours::new(job.task, table.names().to_vec(), shape, rows.0.clone(), targets);
    let rounds = table.rows().div_ceil(ROUND);
    reporter.started(Some(rounds as u64));
    let mut told = Instant::now();
    let after_round = |round: usize| {
        if told.elapsed().as_millis() >= 200 {
            told = Instant::now();
            reporter.metrics::<String>(round as u64, []);
        }
    };
    let predictions = model.answer(table.features(), &|| reporter.cancelled(), after_round)?;
    reporter.metrics(rounds as u64, metrics_of_all(&predictions, table));
    let train_secs = started.elapsed().as_secs_f64();
    // Every shuffled row is one more search: together about as many as the table has rows.
    let judged = (table.rows() / (SHUFFLES * table.names().len())).clamp(100, 1000);
    Ok(Trained {
        importance: by_shuffling(&model, job, judged, reporter)?,
        model: Box::new(model),
        predictions: Some(predictions),
        steps: rounds as u64,
        best_step: None,
        train_secs,
    })
}

impl Neighbours {
    fn new(task: Task, features: Vec<String>, shape: Shape, rows: Vec<f64>, targets: Vec<f64>) -> Self {
        let width = shape.scaling.width();
        let squares = (0..shape.rows).map(|row| &rows[row * width..][..width]).map(|row| dot(row, row)).collect();
        Self { task, features, shape, rows, squares, targets }
    }

    /// Reads what [`Model::save`] wrote behind the first line.
    pub(crate) fn decode(
        path: &Path,
        task: Task,
        features: Vec<String>,
        shape: Shape,
        payload: &[u8],
    ) -> Result<Self, KernelError> {
        let malformed = |reason: &str| KernelError::Malformed { path: path.to_owned(), reason: reason.to_owned() };
        let (numbers, rest) = payload.as_chunks::<8>();
        let mut numbers: Vec<f64> = numbers.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect();
        let width = shape.scaling.width();
        let cells = shape.rows.checked_mul(width).and_then(|cells| cells.checked_add(shape.rows));
        if Some(numbers.len()) != cells || !rest.is_empty() || !shape.scaling.fits(features.len()) {
            return Err(malformed("its training rows are cut off or damaged"));
        }
        let targets = numbers.split_off(shape.rows * width);
        let known = |&target: &f64| shape.classes == 0 || (target >= 0.0 && target < shape.classes as f64);
        let classes = if task == Task::Regression { shape.classes == 0 } else { shape.classes > 1 };
        if !classes || !(1..=shape.rows).contains(&shape.neighbours) || !targets.iter().all(known) {
            return Err(malformed("its neighbours do not fit its task"));
        }
        Ok(Self::new(task, features, shape, numbers, targets))
    }

    /// Predictions for each row, in rounds between which it can be stopped.
    fn answer(
        &self,
        rows: &Matrix,
        cancelled: &(dyn Fn() -> bool + Sync),
        mut after_round: impl FnMut(usize),
    ) -> Result<Predictions, KernelError> {
        let outputs = self.shape.classes.max(1);
        let width = self.shape.scaling.width();
        let mut answers = vec![0.0; rows.rows() * outputs];
        for (round, answers) in answers.chunks_mut(ROUND * outputs).enumerate() {
            let indices: Vec<usize> = (round * ROUND..round * ROUND + answers.len() / outputs).collect();
            let asked = self.shape.scaling.rows(rows, &indices);
            answers.par_chunks_mut(ASKED * outputs).enumerate().for_each(|(block, answers)| {
                let count = answers.len() / outputs;
                let asked = &asked[block * ASKED * width..][..count * width];
                let nearest = self.nearest(asked, count, cancelled);
                for (answer, nearest) in answers.chunks_exact_mut(outputs).zip(nearest) {
                    self.weigh(&nearest, answer);
                }
            });
            if cancelled() {
                return Err(KernelError::Cancelled);
            }
            after_round(round + 1);
        }
        let column = |output: usize| answers.iter().skip(output).step_by(outputs).copied().collect();
        Ok(match self.task {
            Task::Regression => Predictions::numbers(answers),
            Task::Binary | Task::Multiclass => Predictions::classes((0..outputs).map(column).collect()),
        })
    }

    /// For each row asked about its nearest training rows with their squared distances, nearest first.
    fn nearest(&self, asked: &[f64], count: usize, cancelled: &dyn Fn() -> bool) -> Vec<Vec<(f64, u32)>> {
        let width = self.shape.scaling.width();
        let own: Vec<f64> = (0..count).map(|at| &asked[at * width..][..width]).map(|row| dot(row, row)).collect();
        let longest = self.squares.iter().copied().fold(0.0, f64::max);
        let mut found: Vec<Nearest> =
            own.iter().map(|square| Nearest::new(self.shape.neighbours, rounding(width, square + longest))).collect();
        let mut products = vec![0.0; count * KNOWN];
        for start in (0..self.shape.rows).step_by(KNOWN) {
            if cancelled() {
                return vec![];
            }
            let known = KNOWN.min(self.shape.rows - start);
            let products = &mut products[..count * known];
            multiply(asked, &self.rows[start * width..][..known * width], width, products);
            let squares = &self.squares[start..][..known];
            for ((found, products), own) in found.iter_mut().zip(products.chunks_exact_mut(known)).zip(&own) {
                products.iter_mut().zip(squares).for_each(|(product, square)| *product += square + own);
                found.look_at(products, start);
            }
        }
        let exactly = |at: usize, known: u32| {
            let (a, b) = (&asked[at * width..][..width], &self.rows[known as usize * width..][..width]);
            a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>()
        };
        found.into_iter().enumerate().map(|(at, found)| found.settle(|known| exactly(at, known))).collect()
    }

    /// The answer of some neighbours: the mean of numbers, or the share of each class.
    fn weigh(&self, nearest: &[(f64, u32)], answer: &mut [f64]) {
        let zero = nearest.first().is_some_and(|(square, _)| *square == 0.0);
        let weight = |square: f64| match self.shape.weighting {
            Weighting::Uniform => 1.0,
            Weighting::Distance if zero => f64::from(u8::from(square == 0.0)),
            Weighting::Distance => 1.0 / square.sqrt(),
        };
        let mut sum = 0.0;
        for &(square, known) in nearest {
            let (weight, target) = (weight(square), self.targets[known as usize]);
            sum += weight;
            match self.task {
                Task::Regression => answer[0] += weight * target,
                Task::Binary | Task::Multiclass => answer[target as usize] += weight,
            }
        }
        answer.iter_mut().for_each(|value| *value /= sum);
    }
}

/// −2·asked·knownᵀ, row by row.
fn multiply(asked: &[f64], known: &[f64], width: usize, products: &mut [f64]) {
    // Without a column that varies all rows are at the same place.
    products.fill(0.0);
    if width == 0 {
        return;
    }
    let (rows, columns) = (asked.len() / width, known.len() / width);
    let asked = ArrayView2::from_shape((rows, width), asked);
    let known = ArrayView2::from_shape((columns, width), known);
    let products = ArrayViewMut2::from_shape((rows, columns), products);
    if let (Ok(asked), Ok(known), Ok(mut products)) = (asked, known, products) {
        general_mat_mul(-2.0, &asked, &known.t(), 0.0, &mut products);
    }
}

/// How far a squared distance by products can be from the true one: Higham, «Accuracy and Stability of Numerical
/// Algorithms», 2002, (3.5), three sums of `width` products, doubled.
fn rounding(width: usize, squares: f64) -> f64 {
    4.0 * (width + 8) as f64 * f64::EPSILON * squares
}

/// Candidates for the nearest rows of one row.
struct Nearest {
    wanted: usize,
    rounding: f64,
    /// No row further away than this can be among the nearest.
    limit: f64,
    kept: Vec<(f64, u32)>,
    room: usize,
}

impl Nearest {
    fn new(wanted: usize, rounding: f64) -> Self {
        let room = 2 * wanted + 32;
        Self { wanted, rounding, limit: f64::INFINITY, kept: Vec::with_capacity(room), room }
    }

    fn look_at(&mut self, distances: &[f64], start: usize) {
        for (group, distances) in distances.chunks(16).enumerate() {
            let least = distances.iter().fold(f64::INFINITY, |least, &value| if value < least { value } else { least });
            if least > self.limit {
                continue;
            }
            for (at, &distance) in distances.iter().enumerate() {
                if distance <= self.limit {
                    self.kept.push((distance, (start + group * 16 + at) as u32));
                }
            }
            if self.kept.len() >= self.room {
                self.tidy();
            }
        }
    }

    fn tidy(&mut self) {
        if self.kept.len() > self.wanted {
            let (_, last, _) = self.kept.select_nth_unstable_by(self.wanted - 1, |a, b| a.0.total_cmp(&b.0));
            self.limit = last.0 + 2.0 * self.rounding;
            let limit = self.limit;
            self.kept.retain(|(distance, _)| *distance <= limit);
        }
        // Many rows at the same distance must not make this a job for every row.
        self.room = (2 * self.kept.len()).max(2 * self.wanted + 32);
    }

    /// The nearest by their exact distances.
    fn settle(mut self, exactly: impl Fn(u32) -> f64) -> Vec<(f64, u32)> {
        self.tidy();
        let mut kept: Vec<(f64, u32)> = self.kept.iter().map(|&(_, known)| (exactly(known), known)).collect();
        kept.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        kept.truncate(self.wanted);
        kept
    }
}

impl Model for Neighbours {
    fn task(&self) -> Task {
        self.task
    }

    fn features(&self) -> &[String] {
        &self.features
    }

    fn predict(&self, rows: &Matrix) -> Result<Predictions, KernelError> {
        check_complete(rows, &self.features, crate::declared::NEIGHBOURS)?;
        self.answer(rows, &|| false, |_| {})
    }

    fn save(&self, path: &Path) -> Result<(), KernelError> {
        let numbers = self.rows.iter().chain(&self.targets);
        let payload = numbers.flat_map(|number| number.to_le_bytes()).collect();
        let body = Body::Neighbours(self.shape.clone());
        ModelFile { task: self.task, features: self.features.clone(), body, payload }.write(path)
    }

    fn uses(&self, feature: usize) -> bool {
        self.shape.scaling.columns.contains(&feature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(columns: Vec<Vec<f64>>, neighbours: usize) -> (Neighbours, Matrix) {
        let rows = columns[0].len();
        let matrix = Matrix::new(columns.into_iter().map(Into::into).collect(), rows);
        let indices: Vec<usize> = (0..rows).collect();
        let scaling = Scaling::of(&matrix, &indices);
        let flat = scaling.rows(&matrix, &indices);
        let targets = (0..rows).map(|i| (i % 3) as f64).collect();
        let shape = Shape { neighbours, weighting: Weighting::Distance, classes: 3, rows, scaling };
        let names = (0..matrix.width()).map(|at| format!("x{at}")).collect();
        (Neighbours::new(Task::Multiclass, names, shape, flat, targets), matrix)
    }

    /// With many rows at one place, values far from 0 and more rows than a block.
    #[test]
    fn the_nearest_are_those_of_a_full_sort() {
        let value = |i: usize, j: usize| 1e6 + ((i * 7919 * (j + 5) + i / 23 * (j * j + 1)) % 23) as f64;
        let columns = (0..4).map(|j| (0..1500).map(|i| value(i, j)).collect()).collect();
        let (model, matrix) = model(columns, 7);
        let asked = model.shape.scaling.rows(&matrix, &(0..100).collect::<Vec<_>>());
        let found: Vec<Vec<(f64, u32)>> =
            asked.chunks(ASKED * 4).flat_map(|block| model.nearest(block, block.len() / 4, &|| false)).collect();
        for (row, found) in found.iter().enumerate() {
            let square = |known: usize| -> f64 {
                (0..4).map(|j| (asked[row * 4 + j] - model.rows[known * 4 + j]).powi(2)).sum()
            };
            let mut all: Vec<(f64, u32)> = (0..1500).map(|known| (square(known), known as u32)).collect();
            all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            assert_eq!(found, &all[..7], "row {row}");
        }
    }

    #[test]
    fn a_twin_decides_alone_and_constant_columns_leave_all_alike() {
        let (with_twins, matrix) = model(vec![vec![1.0, 2.0, 4.0, 8.0]], 2);
        let predictions = with_twins.predict(&matrix).unwrap();
        assert_eq!((0..4).map(|row| predictions.class(row)).collect::<Vec<_>>(), [0, 1, 2, 0]);
        assert_eq!(predictions.columns()[1][1], 1.0);
        let (constant, matrix) = model(vec![vec![5.0; 6]], 6);
        let shares = constant.predict(&matrix).unwrap();
        assert!(shares.columns().iter().flatten().all(|share| (share - 1.0 / 3.0).abs() < 1e-15));
    }
}
