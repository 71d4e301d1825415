//! A model that is a weighted sum of the raw columns, for each output.

use std::path::Path;

use cairn_kernel_sdk::protocol::{FeatureImportance, Task};
use cairn_kernel_sdk::{Attributions, KernelError, Matrix, Model, Predictions};
use serde::{Deserialize, Serialize};

use crate::importance::named;
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
    /// Means of the columns over the training rows, against which attributions are; empty in old files.
    pub(crate) means: Vec<f64>,
}

impl Output {
    /// The sum for each row.
    pub(crate) fn of(&self, rows: &Matrix) -> Vec<f64> {
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
        let body = Body::Linear {
            algorithm: self.algorithm.clone(),
            outputs: self.outputs.clone(),
            means: self.means.clone(),
        };
        ModelFile { task: self.task, features: self.features.clone(), body, payload: vec![] }.write(path)
    }

    fn uses(&self, feature: usize) -> bool {
        self.outputs.iter().any(|output| output.weights[feature] != 0.0)
    }

    /// In the scale of the sums: the number, or log-odds.
    fn attributions(&self, rows: &Matrix) -> Result<Attributions, KernelError> {
        check_complete(rows, &self.features, &self.algorithm)?;
        of_sums(&self.outputs, &self.means, rows)
    }
}

/// Exact Shapley values of weighted sums of independent columns: each weight times the distance to the mean
/// (Štrumbelj and Kononenko 2014).
pub(crate) fn of_sums(outputs: &[Output], means: &[f64], rows: &Matrix) -> Result<Attributions, KernelError> {
    if means.len() != rows.width() {
        return Err(KernelError::refused("This model's file does not hold the means of its columns", "Train it again"));
    }
    let width = rows.width();
    let of_output = |output: &Output| {
        let mut values = vec![0.0; rows.rows() * width];
        for (at, ((column, weight), mean)) in rows.columns().zip(&output.weights).zip(means).enumerate() {
            if *weight != 0.0 {
                let cells = values.iter_mut().skip(at).step_by(width).zip(column);
                cells.for_each(|(cell, value)| *cell = weight * (value - mean));
            }
        }
        values
    };
    let at_means = |output: &Output| {
        let sums = output.weights.iter().zip(means).filter(|(weight, _)| **weight != 0.0);
        output.intercept + sums.map(|(weight, mean)| weight * mean).sum::<f64>()
    };
    Ok(Attributions { base: outputs.iter().map(at_means).collect(), values: outputs.iter().map(of_output).collect() })
}

/// Absolute standardised coefficients, over several outputs their mean; `coefficients` is `[output][column]`.
pub(crate) fn importance(names: &[String], scaling: &Scaling, coefficients: &[Vec<f64>]) -> Vec<FeatureImportance> {
    let mut values = vec![0.0; names.len()];
    for (at, &column) in scaling.columns.iter().enumerate() {
        values[column] = coefficients.iter().map(|output| output[at].abs()).sum::<f64>() / coefficients.len() as f64;
    }
    named(names, values)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// With a column's mean in place of what is not known, each coalition's prediction is a sum of its own.
    #[test]
    fn attributions_are_the_shapley_values_of_all_coalitions() {
        let outputs = [Output { intercept: 1.5, weights: vec![2.0, -3.0, 0.0] }];
        let (means, row) = ([1.0, 4.0, 9.0], [3.0, 3.5, 7.0]);
        let matrix = Matrix::new(row.iter().map(|&value| vec![value].into()).collect(), 1);
        let found = of_sums(&outputs, &means, &matrix).unwrap();
        let predict = |known: u32| {
            let value = |at: usize| if known & (1 << at) != 0 { row[at] } else { means[at] };
            outputs[0].intercept + (0..3).map(|at| outputs[0].weights[at] * value(at)).sum::<f64>()
        };
        let shares = [1.0 / 3.0, 1.0 / 6.0, 1.0 / 3.0];
        for feature in 0..3 {
            let without = (0..8u32).filter(|known| known & (1 << feature) == 0);
            let wanted: f64 = without
                .map(|known| shares[known.count_ones() as usize] * (predict(known | (1 << feature)) - predict(known)))
                .sum();
            assert!((found.values[0][feature] - wanted).abs() < 1e-12);
        }
        assert_eq!(found.base, [predict(0)]);
        assert!(of_sums(&outputs, &[], &matrix).is_err());
    }
}
