//! A grown forest: it predicts, explains itself exactly and goes into a file.

use std::path::Path;

use cairn_kernel_sdk::protocol::Task;
use cairn_kernel_sdk::{Attributions, KernelError, Matrix, Model, Predictions, TrainJob};
use rayon::prelude::*;

use super::shap;
use super::tree::{Kind, Tree};
use crate::model_file::{Body, ModelFile};

/// Rows that go through the trees together: a row's values and the upper levels of a tree stay in the cache.
const BLOCK: usize = 256;

/// Trees whose predictions are averaged: one value a leaf for a number or two classes, else one a class.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Forest {
    algorithm: String,
    task: Task,
    features: Vec<String>,
    outputs: usize,
    trees: Vec<Tree>,
    used: Vec<bool>,
}

/// The mean of summed predictions, `sums[output][row]`.
pub(super) fn mean_of_trees(task: Task, mut sums: Vec<Vec<f64>>, trees: impl Fn(usize) -> f64) -> Predictions {
    for column in &mut sums {
        column.iter_mut().enumerate().for_each(|(row, sum)| *sum /= trees(row));
    }
    match task {
        Task::Regression => Predictions::numbers(sums.swap_remove(0)),
        Task::Binary => Predictions::binary(sums.swap_remove(0)),
        Task::Multiclass => Predictions::classes(sums),
    }
}

impl Forest {
    pub(super) fn new(job: &TrainJob<'_>, outputs: usize) -> Self {
        let features = job.table.names().to_vec();
        let (algorithm, used) = (job.algorithm.to_owned(), vec![false; features.len()]);
        Self { algorithm, task: job.task, features, outputs, trees: vec![], used }
    }

    pub(super) fn trees(&self) -> usize {
        self.trees.len()
    }

    pub(super) fn push(&mut self, tree: Tree) {
        for node in tree.nodes() {
            if let Kind::Question { column, .. } = node.kind() {
                self.used[column] = true;
            }
        }
        self.trees.push(tree);
    }

    /// Reads what [`Model::save`] wrote behind the first line.
    pub(crate) fn decode(
        path: &Path,
        (task, features): (Task, Vec<String>),
        (algorithm, trees, outputs): (String, usize, usize),
        mut payload: &[u8],
    ) -> Result<Self, KernelError> {
        let malformed = |reason: String| KernelError::Malformed { path: path.to_owned(), reason };
        let used = vec![false; features.len()];
        let mut forest = Self { algorithm, task, features, outputs, trees: vec![], used };
        let right = if task == Task::Multiclass { outputs > 2 } else { outputs == 1 };
        if !right || trees == 0 {
            return Err(malformed(format!("{trees} trees with {outputs} outputs for {task:?}")));
        }
        for index in 0..trees {
            let tree = Tree::decode(&mut payload, forest.features.len(), outputs);
            forest.push(tree.ok_or_else(|| malformed(format!("tree {index} of {trees} is cut off or damaged")))?);
        }
        if !payload.is_empty() {
            return Err(malformed(format!("{} bytes behind the last tree", payload.len())));
        }
        Ok(forest)
    }
}

impl Model for Forest {
    fn task(&self) -> Task {
        self.task
    }

    fn features(&self) -> &[String] {
        &self.features
    }

    fn predict(&self, rows: &Matrix) -> Result<Predictions, KernelError> {
        let (width, outputs) = (rows.width(), self.outputs);
        let mut sums = vec![0.0; rows.rows() * outputs];
        sums.par_chunks_mut(BLOCK * outputs).enumerate().for_each(|(block, sums)| {
            let count = sums.len() / outputs;
            let mut values = vec![0.0; count * width];
            for (at, column) in rows.columns().enumerate() {
                let cells = values.iter_mut().skip(at).step_by(width);
                cells.zip(&column[block * BLOCK..]).for_each(|(cell, value)| *cell = *value);
            }
            for tree in &self.trees {
                for (sums, row) in sums.chunks_exact_mut(outputs).zip(values.chunks_exact(width)) {
                    let leaf = tree.values(tree.leaf(row) as usize, outputs);
                    sums.iter_mut().zip(leaf).for_each(|(sum, value)| *sum += value);
                }
            }
        });
        let column = |output: usize| sums.iter().skip(output).step_by(outputs).copied().collect();
        Ok(mean_of_trees(self.task, (0..outputs).map(column).collect(), |_| self.trees.len() as f64))
    }

    fn save(&self, path: &Path) -> Result<(), KernelError> {
        let mut payload = vec![];
        self.trees.iter().for_each(|tree| tree.encode(&mut payload));
        let body = Body::Forest { algorithm: self.algorithm.clone(), trees: self.trees.len(), outputs: self.outputs };
        ModelFile { task: self.task, features: self.features.clone(), body, payload }.write(path)
    }

    fn uses(&self, feature: usize) -> bool {
        self.used[feature]
    }

    /// In the scale of the predictions: probabilities, or the number itself.
    fn attributions(&self, rows: &Matrix) -> Result<Attributions, KernelError> {
        Ok(shap::of_mean(&self.trees, self.outputs, rows))
    }
}
