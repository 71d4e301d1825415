//! Permutation importance of any model: the rise of the loss when one feature's values change places
//! (Breiman, «Random Forests», Machine Learning 45, 2001).

use std::time::{Duration, Instant};

use cairn_kernel_protocol::{FeatureImportance, Task};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::error::KernelError;
use crate::kernel::Model;
use crate::metrics::log_loss;
use crate::predictions::Predictions;
use crate::reporter::Reporter;
use crate::table::Table;

/// How often a long explanation says how far it is.
const EVERY: Duration = Duration::from_millis(200);

/// Each feature's mean rise of the loss over the shuffles and its standard error, largest first.
///
/// The loss is log-loss for classes and the mean squared error for numbers. Every shuffle has a random
/// stream of its own, so the result does not depend on which features a model uses.
pub(crate) fn permutation(
    model: &dyn Model,
    table: &Table,
    part: u8,
    repeats: usize,
    seed: u64,
    reporter: &Reporter,
) -> Result<Vec<FeatureImportance>, KernelError> {
    let rows = table.part(part);
    if rows.is_empty() {
        return Err(KernelError::refused(
            format!("Part {part} of the table has no row with a known target"),
            "Choose another part of the split",
        ));
    }
    let target: Vec<f64> = rows.iter().map(|&row| table.target()[row]).collect();
    let features = table.features().select(rows);
    let repeats = repeats.max(1);
    let steps = (features.width() * repeats) as u64;
    reporter.started(Some(steps));
    let before = loss(model.task(), &model.predict(&features)?, &target)?;
    let mut told = Instant::now();
    let mut importance = Vec::with_capacity(features.width());
    for (index, name) in table.names().iter().enumerate() {
        let mut rises = Vec::with_capacity(repeats);
        for repeat in 0..repeats {
            reporter.check()?;
            if !model.uses(index) {
                rises.push(0.0);
                continue;
            }
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(((index as u64) << 32) | repeat as u64);
            let mut shuffled = features.column(index).to_vec();
            shuffled.shuffle(&mut random);
            let predictions = model.predict(&features.with_column(index, shuffled.into()))?;
            rises.push(loss(model.task(), &predictions, &target)? - before);
            if told.elapsed() >= EVERY {
                told = Instant::now();
                reporter.metrics::<String>((index * repeats + repeat + 1) as u64, []);
            }
        }
        let (value, std_error) = mean_and_error(&rises);
        importance.push(FeatureImportance { feature: name.clone(), value, std_error });
    }
    importance.sort_by(|a, b| b.value.total_cmp(&a.value));
    Ok(importance)
}

fn loss(task: Task, predictions: &Predictions, target: &[f64]) -> Result<f64, KernelError> {
    let columns = predictions.columns();
    if task == Task::Regression {
        let squares = columns[0].iter().zip(target).map(|(predicted, actual)| (predicted - actual).powi(2));
        return Ok(squares.sum::<f64>() / target.len() as f64);
    }
    let of_true = target.iter().enumerate().map(|(row, &class)| {
        columns.get(class as usize).map(|column| column[row]).ok_or_else(|| {
            KernelError::refused(
                format!("The target has a class {class} that the model does not know"),
                "Explain the model on the data it was trained on",
            )
        })
    });
    Ok(log_loss(of_true.collect::<Result<Vec<f64>, _>>()?.into_iter()))
}

fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    if values.len() < 2 {
        return (mean, 0.0);
    }
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (count - 1.0) / count).sqrt())
}
