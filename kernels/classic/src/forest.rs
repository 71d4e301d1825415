//! Random forests (Breiman, Machine Learning 45, 2001) and extra trees (Geurts, Ernst and Wehenkel, Machine
//! Learning 63, 2006): many deep trees, each made different by chance, averaged.
//!
//! hessboost grows forests too, but all trees of one in a single step that cannot be watched or stopped, without
//! rows drawn with replacement, and its leaves hold steps of a gradient, not shares of classes. So the trees are
//! our own and follow scikit-learn's: rows drawn with replacement, columns drawn at every node, the mean of the
//! trees' probabilities. Every tree has a random stream of its own and sums are taken in the order of trees, so
//! the number of threads changes nothing.

mod bins;
mod grow;
mod model;
mod scan;
mod shap;
mod tree;

use std::time::Instant;

use cairn_kernel_sdk::protocol::Task;
use cairn_kernel_sdk::{KernelError, Reporter, Table, TrainJob, Trained};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::classes::{ClassWeight, class_counts, class_indices};
use crate::curve::{Curve, Watched};
use crate::importance::named;
use bins::Binned;
use grow::{Grower, Grown, Limits, NOWHERE};
use scan::{Classes, Numbers, Sample, Scan};

pub(crate) use model::Forest;

/// Rows that one task sums up.
const BLOCK: usize = 1024;
/// Set in [`Grown::leaf_of`] of a training row that the tree did not learn from.
const OUT_OF_BAG: u32 = 1 << 31;

/// All rows, row by row.
struct AllRows(Vec<f64>);

/// How rows are drawn for a tree.
struct Draw {
    with_replacement: bool,
    rows: usize,
}

/// Summed predictions of the trees so far.
struct Sums {
    outputs: usize,
    trees: usize,
    /// Of every row of the table.
    all: Vec<f64>,
    /// Of the trees that have not seen the row, and how many those are.
    unseen: Vec<f64>,
    unseen_trees: Vec<u32>,
}

/// Trains one model.
pub(crate) fn train(job: &TrainJob<'_>, extra: bool, reporter: &mut Reporter) -> Result<Trained, KernelError> {
    let table = job.table;
    let entropy = job.choice("criterion")? == "entropy";
    if job.task == Task::Regression {
        let training = table.training();
        let offset = training.iter().map(|&row| table.target()[row]).sum::<f64>() / training.len() as f64;
        let target = |row: usize| table.target()[row] - offset;
        return grow_all::<Numbers>(job, extra, 1, target, |_| Numbers::new(offset), reporter);
    }
    let weighting = job.choice("class_weight")?.to_owned();
    let of_all = ClassWeight::parse(if weighting == "none" { "none" } else { "balanced" });
    let classes = class_indices(table, table.training());
    let factors = of_all.factors(&class_counts(&classes, job.classes));
    let scan = |samples: &[Sample<u32>]| {
        if weighting != "balanced_subsample" {
            return Classes::new(factors.clone(), entropy);
        }
        let mut counts = vec![0.0; job.classes];
        samples.iter().for_each(|sample| counts[sample.target as usize] += f64::from(sample.count));
        Classes::new(ClassWeight::Balanced.factors(&counts), entropy)
    };
    let outputs = if job.task == Task::Binary { 1 } else { job.classes };
    grow_all::<Classes>(job, extra, outputs, |row| table.target()[row] as u32, scan, reporter)
}

fn grow_all<S: Scan>(
    job: &TrainJob<'_>,
    extra: bool,
    outputs: usize,
    target: impl Fn(usize) -> S::Target + Sync,
    scan: impl Fn(&[Sample<S::Target>]) -> S + Sync,
    reporter: &Reporter,
) -> Result<Trained, KernelError> {
    let started = Instant::now();
    let table = job.table;
    let (trees, limits, draw) = (job.count("trees")?, limits(job)?, draw(job)?);
    reporter.started(Some(trees as u64));
    let bins = if extra { None } else { Some(table.derived().get(|| Binned::of(table))?) };
    let rows = table.derived_of_features().get(|| Ok(AllRows(table.features().to_rows(|value| value))))?;
    reporter.check()?;
    let grow = |index: usize| -> Option<Grown> {
        let mut random = ChaCha8Rng::seed_from_u64(job.seed);
        random.set_stream(index as u64);
        let samples = draw.samples(table, &target, &mut random);
        let scan = scan(&samples);
        let grower = Grower::new(table.features(), bins.as_deref(), &limits, scan, samples, random);
        let mut grown = grower.grow(outputs, || reporter.cancelled())?;
        find_leaves(&mut grown, table, &rows.0);
        Some(grown)
    };
    let mut forest = Forest::new(job, outputs);
    let mut sums = Sums::new(table.rows(), outputs, draw.leaves_some_out(table.training().len()));
    let mut curve = Curve::new(trees);
    let watched = Watched::of(table);
    let mut importance = vec![0.0; table.names().len()];
    let batch = (2 * job.threads).max(4);
    while forest.trees() < trees {
        let next = forest.trees()..(forest.trees() + batch).min(trees);
        let grown: Vec<Option<Grown>> = next.into_par_iter().map(&grow).collect();
        let grown: Vec<Grown> = grown.into_iter().collect::<Option<_>>().ok_or(KernelError::Cancelled)?;
        sums.add(&grown);
        reporter.check()?;
        for grown in grown {
            // As in scikit-learn every tree counts alike, also one that found more to gain.
            let total: f64 = grown.importance.iter().sum();
            let share = |gain: f64| if total > 0.0 { gain / total / trees as f64 } else { 0.0 };
            importance.iter_mut().zip(&grown.importance).for_each(|(sum, &gain)| *sum += share(gain));
            forest.push(grown.tree);
        }
        let done = forest.trees();
        if curve.due(done) {
            let mut values = watched.metrics(table, |rows| sums.predictions(job.task, rows));
            values.extend(sums.out_of_bag(job.task, table, if done == trees { usize::MAX } else { Watched::MOST }));
            reporter.metrics(done as u64, values);
        }
    }
    let predictions = sums.predictions(job.task, &(0..table.rows()).collect::<Vec<_>>());
    Ok(Trained {
        importance: named(table.names(), importance),
        model: Box::new(forest),
        predictions: Some(predictions),
        steps: trees as u64,
        best_step: None,
        train_secs: started.elapsed().as_secs_f64(),
    })
}

fn limits(job: &TrainJob<'_>) -> Result<Limits, KernelError> {
    let width = job.table.names().len();
    let root = |power: f64| ((width as f64).powf(power) as usize).max(1);
    let columns = match job.choice("max_features")? {
        "auto" if job.task == Task::Regression => width,
        "auto" | "sqrt" => root(0.5),
        "log2" => ((width as f64).log2() as usize).max(1),
        "third" => (width / 3).max(1),
        "half" => (width / 2).max(1),
        _ => width,
    };
    Ok(Limits {
        max_depth: Some(job.count("max_depth")?).filter(|&depth| depth > 0).unwrap_or(usize::MAX),
        min_split: job.count("min_samples_split")?,
        min_leaf: job.count("min_samples_leaf")?,
        min_decrease: job.number("min_impurity_decrease")?,
        columns,
    })
}

fn draw(job: &TrainJob<'_>) -> Result<Draw, KernelError> {
    let (with_replacement, rows) = (job.number("bootstrap")? > 0.0, job.table.training().len());
    let share = if with_replacement { job.number("max_samples")? } else { 1.0 };
    Ok(Draw { with_replacement, rows: ((rows as f64 * share).round() as usize).max(1) })
}

impl Draw {
    fn leaves_some_out(&self, training: usize) -> bool {
        self.with_replacement && training > 1
    }

    /// The rows one tree learns from, ascending, each with how often it was drawn.
    fn samples<T>(&self, table: &Table, target: impl Fn(usize) -> T, random: &mut ChaCha8Rng) -> Vec<Sample<T>> {
        let training = table.training();
        let mut counts = vec![u32::from(!self.with_replacement); training.len()];
        if self.with_replacement {
            for _ in 0..self.rows {
                counts[random.random_range(0..training.len() as u32) as usize] += 1;
            }
        }
        let drawn = training.iter().zip(counts).filter(|(_, count)| *count > 0);
        drawn.map(|(&row, count)| Sample { row: row as u32, count, target: target(row) }).collect()
    }
}

/// The leaves of the rows that the tree did not learn from; those of training rows are marked.
fn find_leaves(grown: &mut Grown, table: &Table, rows: &[f64]) {
    let (width, tree) = (table.names().len(), &grown.tree);
    let mut is_training = vec![false; table.rows()];
    table.training().iter().for_each(|&row| is_training[row] = true);
    let unseen = grown.leaf_of.iter_mut().zip(rows.chunks_exact(width)).zip(is_training);
    for ((leaf, row), training) in unseen {
        if *leaf == NOWHERE {
            *leaf = tree.leaf(row) | if training { OUT_OF_BAG } else { 0 };
        }
    }
}

impl Sums {
    fn new(rows: usize, outputs: usize, some_unseen: bool) -> Self {
        let unseen = if some_unseen { rows } else { 0 };
        Self {
            outputs,
            trees: 0,
            all: vec![0.0; rows * outputs],
            unseen: vec![0.0; unseen * outputs],
            unseen_trees: vec![0; unseen],
        }
    }

    /// Adds trees in their order to every row.
    fn add(&mut self, grown: &[Grown]) {
        let outputs = self.outputs;
        self.trees += grown.len();
        let rows = |block: usize| block * BLOCK..;
        self.all.par_chunks_mut(BLOCK * outputs).enumerate().for_each(|(block, sums)| {
            for grown in grown {
                for (sums, leaf) in sums.chunks_exact_mut(outputs).zip(&grown.leaf_of[rows(block)]) {
                    let values = grown.tree.values((leaf & !OUT_OF_BAG) as usize, outputs);
                    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
                }
            }
        });
        let counts = self.unseen_trees.par_chunks_mut(BLOCK);
        self.unseen.par_chunks_mut(BLOCK * outputs).zip(counts).enumerate().for_each(|(block, (sums, counts))| {
            for grown in grown {
                let rows = sums.chunks_exact_mut(outputs).zip(counts.iter_mut()).zip(&grown.leaf_of[rows(block)]);
                for ((sums, count), leaf) in rows.filter(|(_, leaf)| *leaf & OUT_OF_BAG != 0) {
                    let values = grown.tree.values((leaf & !OUT_OF_BAG) as usize, outputs);
                    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
                    *count += 1;
                }
            }
        });
    }

    /// The mean of the trees so far for these rows.
    fn predictions(&self, task: Task, rows: &[usize]) -> cairn_kernel_sdk::Predictions {
        let column = |output: usize| rows.iter().map(|&row| self.all[row * self.outputs + output]).collect();
        model::mean_of_trees(task, (0..self.outputs).map(column).collect(), |_| self.trees as f64)
    }

    /// Metrics of training rows by the trees that have not seen them; of no more than `most` rows.
    fn out_of_bag(&self, task: Task, table: &Table, most: usize) -> Vec<(String, f64)> {
        if self.unseen.is_empty() {
            return vec![];
        }
        let judged: Vec<usize> = table.training().iter().copied().filter(|&row| self.unseen_trees[row] > 0).collect();
        let judged = crate::curve::evenly(&judged, most);
        let column = |output: usize| judged.iter().map(|&row| self.unseen[row * self.outputs + output]).collect();
        let trees = |at: usize| f64::from(self.unseen_trees[judged[at]]);
        let predictions = model::mean_of_trees(task, (0..self.outputs).map(column).collect(), trees);
        crate::curve::metrics_of("oob", &predictions, table, &judged)
    }
}
