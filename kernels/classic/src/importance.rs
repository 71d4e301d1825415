//! What each feature gave, under its name; by shuffling, for models that do not know it themselves.

use cairn_kernel_sdk::protocol::{FeatureImportance, Task};
use cairn_kernel_sdk::{KernelError, Matrix, Model, Predictions, Reporter, TrainJob, metrics};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::curve::evenly;

/// Shuffles of each feature.
pub(crate) const SHUFFLES: usize = 3;

/// Values under the names of their columns.
pub(crate) fn named(names: &[String], values: Vec<f64>) -> Vec<FeatureImportance> {
    let named = names.iter().zip(values);
    named.map(|(name, value)| FeatureImportance { feature: name.clone(), value, std_error: 0.0 }).collect()
}

/// The rise of the loss when a feature's values change places, over at most `most` validation rows, or over training
/// rows where there are no others: a first answer of small cost. The host asks for a thorough one with `Explain`.
pub(crate) fn by_shuffling(
    model: &dyn Model,
    job: &TrainJob<'_>,
    most: usize,
    reporter: &Reporter,
) -> Result<Vec<FeatureImportance>, KernelError> {
    let table = job.table;
    let part = if table.validation().is_empty() { table.training() } else { table.validation() };
    // A class that training did not know has no column among the predictions.
    let known: Vec<usize> = part
        .iter()
        .copied()
        .filter(|&row| job.task == Task::Regression || table.target()[row] < job.classes as f64)
        .collect();
    let rows = evenly(&known, most);
    if rows.is_empty() {
        return Ok(vec![]);
    }
    let (features, target) = (table.features().select(&rows), rows.iter().map(|&row| table.target()[row]).collect());
    let judge = Judge { model, task: job.task, target };
    let before = judge.loss(&features)?;
    let mut found = Vec::with_capacity(features.width());
    for (index, name) in table.names().iter().enumerate() {
        let mut rises = vec![];
        for shuffle in 0..SHUFFLES {
            reporter.check()?;
            if !model.uses(index) {
                rises.push(0.0);
                continue;
            }
            let mut random = ChaCha8Rng::seed_from_u64(job.seed);
            random.set_stream(((index as u64) << 32) | shuffle as u64);
            let mut shuffled = features.column(index).to_vec();
            shuffled.shuffle(&mut random);
            rises.push(judge.loss(&features.with_column(index, shuffled.into()))? - before);
        }
        let count = rises.len() as f64;
        let value = rises.iter().sum::<f64>() / count;
        let squares: f64 = rises.iter().map(|rise| (rise - value).powi(2)).sum();
        let std_error = (squares / (count - 1.0) / count).sqrt();
        found.push(FeatureImportance { feature: name.clone(), value, std_error });
    }
    Ok(found)
}

struct Judge<'a> {
    model: &'a dyn Model,
    task: Task,
    target: Vec<f64>,
}

impl Judge<'_> {
    fn loss(&self, features: &Matrix) -> Result<f64, KernelError> {
        let predictions: Predictions = self.model.predict(features)?;
        let (columns, rows) = (predictions.columns(), self.target.iter().enumerate());
        if self.task == Task::Regression {
            return Ok(metrics::rmse(rows.map(|(row, &actual)| (columns[0][row], actual))).powi(2));
        }
        Ok(metrics::log_loss(rows.map(|(row, &class)| columns[class as usize][row])))
    }
}
