//! What a kernel implements.

use std::path::Path;

use cairn_kernel_protocol::{FeatureImportance, KernelHello, ParamValue, Params, Task};

use crate::attributions::Attributions;
use crate::error::KernelError;
use crate::matrix::Matrix;
use crate::predictions::Predictions;
use crate::reporter::Reporter;
use crate::table::Table;

/// A kernel: something that trains models and reads them back.
pub trait Kernel {
    /// Name, version, devices and algorithms. Asked once a process.
    fn hello(&self) -> KernelHello;

    /// Trains one model on the training rows of the job's table.
    ///
    /// The job has been checked: the algorithm, task and device are declared ones, every hyperparameter is
    /// there and in range, there is a feature and a training row, and the training rows' targets are finite
    /// numbers or class indices of at least two classes. Look at [`Reporter::cancelled`] several times a
    /// second and return [`KernelError::Cancelled`] once it is set.
    ///
    /// # Errors
    /// Whatever keeps the model from being trained; the host shows message and hint.
    fn train(&mut self, job: &TrainJob<'_>, reporter: &mut Reporter) -> Result<Trained, KernelError>;

    /// Reads a model that [`Model::save`] wrote.
    ///
    /// # Errors
    /// If the file cannot be read or is not a model of this kernel.
    fn load(&self, path: &Path) -> Result<Box<dyn Model>, KernelError>;
}

/// A trained model.
pub trait Model: Send + Sync {
    /// What it predicts.
    fn task(&self) -> Task;

    /// Names of the columns it was trained on, in its order.
    fn features(&self) -> &[String];

    /// Predictions for each row; the columns are those of [`Model::features`], in that order.
    ///
    /// # Errors
    /// If the rows hold values the model cannot take.
    fn predict(&self, rows: &Matrix) -> Result<Predictions, KernelError>;

    /// Writes the model to this path, which names an empty file; it is renamed when the whole of it is there.
    ///
    /// # Errors
    /// If it cannot be written.
    fn save(&self, path: &Path) -> Result<(), KernelError>;

    /// Whether a feature can change a prediction at all. Permutation importance skips those that cannot.
    fn uses(&self, _feature: usize) -> bool {
        true
    }

    /// Exact Shapley values of each row's features; the columns are those of [`Model::features`].
    ///
    /// # Errors
    /// If the model has no exact ones, as most have not, or the rows hold values it cannot take.
    fn attributions(&self, _rows: &Matrix) -> Result<Attributions, KernelError> {
        Err(KernelError::refused(
            "This model has no exact attributions",
            "Ask for its permutation importance, or train a tree or linear model",
        ))
    }
}

/// One checked wish to train.
#[derive(Debug)]
pub struct TrainJob<'a> {
    /// Name of the algorithm.
    pub algorithm: &'a str,
    /// What is predicted.
    pub task: Task,
    /// Number of classes; 0 for regression.
    pub classes: usize,
    /// Every hyperparameter of the algorithm, in range.
    pub params: Params,
    /// The data.
    pub table: &'a Table,
    /// Id of the device.
    pub device: &'a str,
    /// Threads to use, at least 1.
    pub threads: usize,
    /// Seed of everything random.
    pub seed: u64,
}

impl TrainJob<'_> {
    /// A hyperparameter as a number (true is 1).
    ///
    /// # Errors
    /// If the algorithm declares no such number: a mistake in the kernel.
    pub fn number(&self, name: &str) -> Result<f64, KernelError> {
        self.params.get(name).and_then(ParamValue::as_f64).ok_or_else(|| undeclared(self.algorithm, name))
    }

    /// A hyperparameter as a count.
    ///
    /// # Errors
    /// If the algorithm declares no such whole number: a mistake in the kernel.
    pub fn count(&self, name: &str) -> Result<usize, KernelError> {
        let whole = self.params.get(name).and_then(ParamValue::as_i64);
        whole.and_then(|whole| usize::try_from(whole).ok()).ok_or_else(|| undeclared(self.algorithm, name))
    }

    /// A hyperparameter as one of its choices.
    ///
    /// # Errors
    /// If the algorithm declares no such choice: a mistake in the kernel.
    pub fn choice(&self, name: &str) -> Result<&str, KernelError> {
        self.params.get(name).and_then(ParamValue::as_str).ok_or_else(|| undeclared(self.algorithm, name))
    }
}

fn undeclared(algorithm: &str, name: &str) -> KernelError {
    KernelError::broke(format!("{algorithm} asked for its hyperparameter {name}, which it does not declare"))
}

/// What training gave.
pub struct Trained {
    /// The model.
    pub model: Box<dyn Model>,
    /// Predictions for every row of the table, where training has them at hand; otherwise the model is asked.
    pub predictions: Option<Predictions>,
    /// Steps done (trees, iterations).
    pub steps: u64,
    /// The step whose model was kept, where training could stop early.
    pub best_step: Option<u64>,
    /// Seconds spent in the algorithm: training and scoring, without reading and writing files.
    pub train_secs: f64,
    /// What each feature gave, in any order.
    pub importance: Vec<FeatureImportance>,
}
