//! The messages, one JSON document a line, in both directions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::schema::{Algorithm, Device, Params, Task};

/// From the host to a kernel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum ToKernel {
    /// The first message.
    Hello(Hello),
    /// Train one model.
    Train(Train),
    /// Score a table with a stored model.
    Predict(Predict),
    /// Permutation importance of a stored model on one part of a table.
    Explain(Explain),
    /// Stop the run with this id as soon as possible; a kernel answers with `Cancelled`.
    Cancel {
        /// The run.
        run: String,
    },
    /// Finish and exit with status 0.
    Shutdown,
}

/// The host introduces itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`crate::PROTOCOL_VERSION`] of the host.
    pub protocol: u32,
    /// Name and version of the host.
    pub host: String,
}

/// A table on disk that both sides map: one Arrow IPC file (not a stream, not compressed).
///
/// Feature columns are `Float64` with NaN for missing. The target is `Float64`: the class index
/// `0.0, 1.0, …` for classification. The part column is `UInt8`: 0 training, 1 validation, 2 test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainingTable {
    /// Path of the file.
    pub path: String,
    /// Names of the feature columns, in the order the model sees them.
    pub features: Vec<String>,
    /// Name of the target column; none where a table is only scored.
    pub target: Option<String>,
    /// Name of the part column; none: every row is training.
    pub part: Option<String>,
}

/// Train one model on the rows of part 0, watch part 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Train {
    /// The run's id; every answer repeats it.
    pub run: String,
    /// Name of an [`Algorithm`] of the kernel.
    pub algorithm: String,
    /// What is predicted.
    pub task: Task,
    /// Number of classes; 0 for regression.
    pub classes: usize,
    /// Every hyperparameter with its value.
    pub params: Params,
    /// The data.
    pub table: TrainingTable,
    /// Id of a [`Device`].
    pub device: String,
    /// Threads the kernel may use.
    pub threads: usize,
    /// Seed of everything random.
    pub seed: u64,
    /// Where the kernel writes the model.
    pub model: String,
    /// Where the kernel writes its predictions for every row of the table, all parts, in their order: an
    /// Arrow IPC file with `Float64` columns `p0, p1, …` (one for each class, also for two) or, for
    /// regression, `prediction`.
    pub predictions: String,
}

/// Score a table with a stored model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predict {
    /// Id of this request; every answer repeats it.
    pub run: String,
    /// Path of the model.
    pub model: String,
    /// The table.
    pub table: TrainingTable,
    /// Where the predictions go, as in [`Train::predictions`].
    pub predictions: String,
}

/// Permutation importance: the rise of the loss (log-loss, or mean squared error) on one part when a
/// feature's values are shuffled (Breiman 2001), over `repeats` shuffles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explain {
    /// Id of this request; every answer repeats it.
    pub run: String,
    /// Path of the model.
    pub model: String,
    /// The table.
    pub table: TrainingTable,
    /// The part judged: 0, 1 or 2.
    pub part: u8,
    /// Shuffles of each feature.
    pub repeats: usize,
    /// Seed of the shuffles.
    pub seed: u64,
}

/// From a kernel to the host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum FromKernel {
    /// The answer to the host's hello.
    Hello(KernelHello),
    /// Training has begun.
    Started {
        /// The run.
        run: String,
        /// Steps (trees, epochs) the run will take at most; none where it cannot be said.
        steps: Option<u64>,
    },
    /// Values after a step, by name: `train.log_loss`, `valid.auc`.
    Metrics {
        /// The run.
        run: String,
        /// Steps done.
        step: u64,
        /// The values; all finite or left out.
        values: BTreeMap<String, f64>,
    },
    /// A line for the run's log.
    Log {
        /// The run.
        run: String,
        /// How serious.
        level: LogLevel,
        /// One line.
        text: String,
    },
    /// Training, predicting or explaining has ended well.
    Finished(Finished),
    /// It has ended badly; the kernel lives and takes the next message.
    Failed {
        /// The run.
        run: String,
        /// What was wrong, in a sentence.
        message: String,
        /// What to do next; may be empty.
        #[serde(default)]
        hint: String,
    },
    /// It was stopped on the host's wish.
    Cancelled {
        /// The run.
        run: String,
    },
}

/// The kernel introduces itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KernelHello {
    /// [`crate::PROTOCOL_VERSION`] of the kernel.
    pub protocol: u32,
    /// Name, as in the manifest.
    pub name: String,
    /// Version.
    pub version: String,
    /// Devices it found.
    pub devices: Vec<Device>,
    /// What it can train.
    pub algorithms: Vec<Algorithm>,
}

/// How serious a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// For information.
    Info,
    /// Something to look at.
    Warning,
}

/// How a run, a scoring or an explanation ended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Finished {
    /// The run.
    pub run: String,
    /// Steps done (trees, epochs).
    #[serde(default)]
    pub steps: u64,
    /// The step whose model was kept, where training stopped early.
    #[serde(default)]
    pub best_step: Option<u64>,
    /// Seconds spent in the algorithm itself, without reading and writing tables.
    #[serde(default)]
    pub train_secs: f64,
    /// What each feature gave, largest first; empty where the algorithm cannot say.
    #[serde(default)]
    pub importance: Vec<FeatureImportance>,
}

/// What one feature gave to a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureImportance {
    /// Name of the column.
    pub feature: String,
    /// Share of the gain, absolute standardised coefficient, or rise of the loss when shuffled.
    pub value: f64,
    /// Standard error of the value; 0 where it was not estimated.
    #[serde(default)]
    pub std_error: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_single_lines_tagged_by_op_and_event() {
        let hello = ToKernel::Hello(Hello { protocol: 1, host: "cairn 0.1.0".into() });
        assert_eq!(serde_json::to_string(&hello).unwrap(), r#"{"op":"hello","protocol":1,"host":"cairn 0.1.0"}"#);
        let line = r#"{"event":"metrics","run":"r1","step":3,"values":{"valid.auc":0.5}}"#;
        let FromKernel::Metrics { step, values, .. } = serde_json::from_str(line).unwrap() else { panic!("metrics") };
        assert_eq!((step, values["valid.auc"]), (3, 0.5));
    }
}
