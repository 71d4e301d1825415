//! A trained machine: decision values and the maps that make them probabilities.

use std::path::Path;

use cairn_kernel_sdk::protocol::Task;
use cairn_kernel_sdk::{Attributions, KernelError, Matrix, Model, Predictions};

use crate::calibration::Calibration;
use crate::linear_model::{Output, of_sums};
use crate::model_file::{Body, ModelFile};
use crate::scaling::check_complete;

/// One output and one map for two classes, else one of each a class.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LinearSvm {
    pub(crate) task: Task,
    pub(crate) features: Vec<String>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) calibrations: Vec<Calibration>,
    /// Means of the columns over the training rows, against which attributions are.
    pub(crate) means: Vec<f64>,
}

/// The class of the highest decision value of each row.
pub(super) fn most_likely(outputs: &[Output], rows: &Matrix) -> Vec<usize> {
    let values: Vec<Vec<f64>> = outputs.iter().map(|output| output.of(rows)).collect();
    let class = |row: usize| match &values[..] {
        [positive] => usize::from(positive[row] > 0.0),
        _ => (1..values.len()).fold(0, |best, class| if values[class][row] > values[best][row] { class } else { best }),
    };
    (0..rows.rows()).map(class).collect()
}

impl Model for LinearSvm {
    fn task(&self) -> Task {
        self.task
    }

    fn features(&self) -> &[String] {
        &self.features
    }

    fn predict(&self, rows: &Matrix) -> Result<Predictions, KernelError> {
        check_complete(rows, &self.features, crate::declared::LINEAR_SVM)?;
        let mapped = |(output, map): (&Output, &Calibration)| -> Vec<f64> {
            output.of(rows).into_iter().map(|value| map.probability(value)).collect()
        };
        let mut columns: Vec<Vec<f64>> = self.outputs.iter().zip(&self.calibrations).map(mapped).collect();
        if self.task == Task::Binary {
            return Ok(Predictions::binary(columns.swap_remove(0)));
        }
        let count = columns.len() as f64;
        for row in 0..rows.rows() {
            let sum: f64 = columns.iter().map(|column| column[row]).sum();
            // All maps can say 0; then nothing is known.
            columns.iter_mut().for_each(|column| column[row] = if sum > 0.0 { column[row] / sum } else { 1.0 / count });
        }
        Ok(Predictions::classes(columns))
    }

    fn save(&self, path: &Path) -> Result<(), KernelError> {
        let body = Body::LinearSvm {
            outputs: self.outputs.clone(),
            calibrations: self.calibrations.clone(),
            means: self.means.clone(),
        };
        ModelFile { task: self.task, features: self.features.clone(), body, payload: vec![] }.write(path)
    }

    fn uses(&self, feature: usize) -> bool {
        self.outputs.iter().any(|output| output.weights[feature] != 0.0)
    }

    /// In the scale of decision values.
    fn attributions(&self, rows: &Matrix) -> Result<Attributions, KernelError> {
        check_complete(rows, &self.features, crate::declared::LINEAR_SVM)?;
        of_sums(&self.outputs, &self.means, rows)
    }
}
