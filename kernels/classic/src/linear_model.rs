//! A model that is a weighted sum of the raw columns, for each output.

use std::path::Path;

use cairn_kernel_sdk::protocol::{FeatureImportance, Task};
use cairn_kernel_sdk::{KernelError, Matrix, Model, Predictions};
use serde::{Deserialize, Serialize};

use crate::model_file::{Body, ModelFile};
use crate::scaling::{Scaling, check_complete};

/// One weighted sum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) intercept: f64,
    pub(crate) weights: Vec<f64>,
}

/// A linear or logistic regression: one output for a number or two classes, else one a class.
#[derive(Debug, Clone)]
pub(crate) struct LinearModel {
    pub(crate) algorithm: String,
    pub(crate) task: Task,
    pub(crate) features: Vec<String>,
    pub(crate) outputs: Vec<Output>,
}

impl Output {
    fn of(&self, rows: &Matrix) -> Vec<f64> {
        let mut sums = vec![self.intercept; rows.rows()];
        for (column, &weight) in rows.columns().zip(&self.weights) {
            if weight != 0.0 {
                sums.iter_mut().zip(column).for_each(|(sum, value)| *sum += weight * value);
            }
        }
        sums
    }
}

impl Model for LinearModel {
    fn task(&self) -> Task {
        self.task
    }

    fn features(&self) -> &[String] {
        &self.features
    }

    fn predict(&self, rows: &Matrix) -> Result<Predictions, KernelError> {
        check_complete(rows, &self.features, &self.algorithm)?;
        let mut sums: Vec<Vec<f64>> = self.outputs.iter().map(|output| output.of(rows)).collect();
        Ok(match self.task {
            Task::Regression => Predictions::numbers(sums.swap_remove(0)),
            Task::Binary => Predictions::binary(sums.swap_remove(0).into_iter().map(sigmoid).collect()),
            Task::Multiclass => {
                let mut scores = vec![0.0; sums.len()];
                for row in 0..rows.rows() {
                    scores.iter_mut().zip(&sums).for_each(|(score, sums)| *score = sums[row]);
                    softmax(&mut scores);
                    sums.iter_mut().zip(&scores).for_each(|(sums, score)| sums[row] = *score);
                }
                Predictions::classes(sums)
            }
        })
    }

    fn save(&self, path: &Path) -> Result<(), KernelError> {
        let body = Body::Linear { algorithm: self.algorithm.clone(), outputs: self.outputs.clone() };
        ModelFile { task: self.task, features: self.features.clone(), body, payload: vec![] }.write(path)
    }

    fn uses(&self, feature: usize) -> bool {
        self.outputs.iter().any(|output| output.weights[feature] != 0.0)
    }
}

/// Absolute standardised coefficients, over several outputs their mean; `coefficients` is `[output][column]`.
pub(crate) fn importance(names: &[String], scaling: &Scaling, coefficients: &[Vec<f64>]) -> Vec<FeatureImportance> {
    let mut values = vec![0.0; names.len()];
    for (at, &column) in scaling.columns.iter().enumerate() {
        values[column] = coefficients.iter().map(|output| output[at].abs()).sum::<f64>() / coefficients.len() as f64;
    }
    let named = names.iter().zip(values);
    named.map(|(name, value)| FeatureImportance { feature: name.clone(), value, std_error: 0.0 }).collect()
}

/// The logistic function, without overflow at either end.
pub(crate) fn sigmoid(z: f64) -> f64 {
    let small = (-z.abs()).exp();
    if z >= 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) }
}

/// Scores to probabilities in place; returns the logarithm of the sum of the scores' exponentials.
pub(crate) fn softmax(scores: &mut [f64]) -> f64 {
    let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - highest).exp();
        sum += *score;
    }
    scores.iter_mut().for_each(|score| *score /= sum);
    highest + sum.ln()
}
