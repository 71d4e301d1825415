//! Answers without looking at any column: what every other model has to beat.

use std::path::Path;
use std::time::Instant;

use cairn_kernel_sdk::protocol::Task;
use cairn_kernel_sdk::{Attributions, KernelError, Matrix, Model, Predictions, Reporter, TrainJob, Trained};

use crate::classes::{class_counts, class_indices};
use crate::curve::metrics_of_all;
use crate::importance::named;
use crate::model_file::{Body, ModelFile};

/// The same answer for every row: a number, or a probability for each class.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Baseline {
    pub(crate) task: Task,
    pub(crate) features: Vec<String>,
    pub(crate) answer: Vec<f64>,
}

/// Trains one model.
pub(crate) fn train(job: &TrainJob<'_>, reporter: &mut Reporter) -> Result<Trained, KernelError> {
    let started = Instant::now();
    let table = job.table;
    reporter.started(Some(1));
    let answer = if job.task == Task::Regression {
        let numbers = table.training().iter().map(|&row| table.target()[row]).collect();
        vec![of_numbers(numbers, job.choice("numbers")?, job.number("quantile")?)]
    } else {
        let counts = class_counts(&class_indices(table, table.training()), job.classes);
        of_classes(&counts, job.choice("classes")?)
    };
    let model = Baseline { task: job.task, features: table.names().to_vec(), answer };
    let predictions = model.predict(table.features())?;
    reporter.metrics(1, metrics_of_all(&predictions, table));
    Ok(Trained {
        importance: named(table.names(), vec![0.0; table.names().len()]),
        model: Box::new(model),
        predictions: Some(predictions),
        steps: 1,
        best_step: None,
        train_secs: started.elapsed().as_secs_f64(),
    })
}

fn of_classes(counts: &[f64], strategy: &str) -> Vec<f64> {
    let rows: f64 = counts.iter().sum();
    match strategy {
        "most_frequent" => {
            // The first of equally frequent classes, as in scikit-learn.
            let most = counts.iter().copied().fold(0.0, f64::max);
            let first = counts.iter().position(|&count| count == most);
            (0..counts.len()).map(|class| f64::from(u8::from(Some(class) == first))).collect()
        }
        "uniform" => vec![1.0 / counts.len() as f64; counts.len()],
        _ => counts.iter().map(|count| count / rows).collect(),
    }
}

fn of_numbers(mut numbers: Vec<f64>, strategy: &str, quantile: f64) -> f64 {
    let share = match strategy {
        "median" => 0.5,
        "quantile" => quantile,
        _ => return numbers.iter().sum::<f64>() / numbers.len() as f64,
    };
    numbers.sort_unstable_by(f64::total_cmp);
    // Between the two values around the place, as NumPy's «linear».
    let place = share * (numbers.len() - 1) as f64;
    let (below, above) = (numbers[place.floor() as usize], numbers[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

impl Model for Baseline {
    fn task(&self) -> Task {
        self.task
    }

    fn features(&self) -> &[String] {
        &self.features
    }

    fn predict(&self, rows: &Matrix) -> Result<Predictions, KernelError> {
        let column = |&value: &f64| vec![value; rows.rows()];
        Ok(match self.task {
            Task::Regression => Predictions::numbers(column(&self.answer[0])),
            Task::Binary | Task::Multiclass => Predictions::classes(self.answer.iter().map(column).collect()),
        })
    }

    fn save(&self, path: &Path) -> Result<(), KernelError> {
        let body = Body::Baseline { answer: self.answer.clone() };
        ModelFile { task: self.task, features: self.features.clone(), body, payload: vec![] }.write(path)
    }

    fn uses(&self, _feature: usize) -> bool {
        false
    }

    fn attributions(&self, rows: &Matrix) -> Result<Attributions, KernelError> {
        let base = if self.task == Task::Binary { vec![self.answer[1]] } else { self.answer.clone() };
        let values = vec![vec![0.0; rows.rows() * rows.width()]; base.len()];
        Ok(Attributions { base, values })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_those_worked_by_hand() {
        assert_eq!(of_classes(&[2.0, 0.0, 6.0], "prior"), [0.25, 0.0, 0.75]);
        assert_eq!(of_classes(&[3.0, 0.0, 3.0], "most_frequent"), [1.0, 0.0, 0.0]);
        assert_eq!(of_classes(&[2.0, 6.0], "uniform"), [0.5, 0.5]);
        let numbers = || vec![9.0, 1.0, 2.0, 4.0];
        assert_eq!(of_numbers(numbers(), "mean", 0.1), 4.0);
        assert_eq!(of_numbers(numbers(), "median", 0.1), 3.0);
        assert_eq!([0.0, 0.1, 1.0].map(|q| of_numbers(numbers(), "quantile", q)), [1.0, 1.3, 9.0]);
        assert_eq!(of_numbers(vec![5.0], "quantile", 0.3), 5.0);
    }
}
