//! Search spaces and the state of a sweep. Field names of [`SweepState`] are those of `cairn sweep --json`.

use serde::{Deserialize, Serialize};

use crate::{
    ParamValue, Params, Real,
    notebook::{Objective, SweepMethod},
};

/// One dimension of a search space.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchParam {
    /// Name of the hyperparameter; nested names joined by dots.
    pub name: String,
    /// Which values it takes.
    #[serde(flatten)]
    pub domain: Domain,
}

/// The values of one dimension.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Domain {
    /// Real numbers in `low..=high`, uniform, or uniform in the logarithm.
    Float {
        /// Lowest.
        low: f64,
        /// Highest.
        high: f64,
        /// Uniform in the logarithm.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        log: bool,
        /// Values are `low + k · step`; needed in a grid.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<f64>,
    },
    /// Whole numbers in `low..=high`.
    Int {
        /// Lowest.
        low: i64,
        /// Highest.
        high: i64,
        /// Uniform in the logarithm.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        log: bool,
    },
    /// One of a few values, equally likely unless `probabilities` says otherwise.
    Choice {
        /// The values.
        choices: Vec<ParamValue>,
        /// One for each value, adding to 1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        probabilities: Option<Vec<f64>>,
    },
    /// A distribution of W&B's sweep files, by its name there, with its own parameters.
    Distribution {
        /// `q_uniform`, `normal`, `beta`, …
        distribution: String,
        /// Its parameters: `mu`, `sigma`, `min`, `max`, `q`, `a`, `b`.
        args: std::collections::BTreeMap<String, f64>,
    },
}

/// A sweep and its trials so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepState {
    /// Id.
    pub id: String,
    /// Name for people (that of the cell or file).
    #[serde(default)]
    pub name: String,
    /// `running`, `finished`, `failed`, `cancelled`, `interrupted`.
    pub status: crate::runs::RunStatus,
    /// How trials are chosen.
    pub method: SweepMethod,
    /// What is optimised.
    pub objective: Objective,
    /// Trials planned.
    #[serde(default)]
    pub planned: usize,
    /// Trials at once.
    #[serde(default)]
    pub parallel: usize,
    /// The search space.
    #[serde(default)]
    pub space: Vec<SearchParam>,
    /// The best trial.
    pub best: Option<BestTrial>,
    /// All trials in the order of their numbers.
    pub trials: Vec<Trial>,
    /// RFC 3339 UTC.
    #[serde(default)]
    pub started_at: String,
    /// Seconds since the start, or until the end.
    #[serde(default)]
    pub duration_secs: f64,
}

/// The best trial of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BestTrial {
    /// Its number.
    #[serde(default)]
    pub number: usize,
    /// Its run.
    pub run_id: String,
    /// Its objective.
    pub value: Real,
    /// Its parameters.
    pub params: Params,
}

/// One trial of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// From 0.
    pub number: usize,
    /// Its run; empty while it waits.
    pub run_id: String,
    /// How it stands.
    pub state: TrialState,
    /// The objective; none until it is known.
    pub value: Option<Real>,
    /// Its parameters in the search space.
    pub params: Params,
    /// RFC 3339 UTC.
    pub started_at: String,
    /// Seconds.
    pub duration_secs: f64,
    /// Seconds from the start of the sweep to the start of the trial.
    #[serde(default)]
    pub offset_secs: f64,
    /// The worker that ran it, from 0.
    #[serde(default)]
    pub worker: usize,
    /// Why it failed; empty otherwise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// How a trial stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrialState {
    /// Done, with a value.
    Complete,
    /// Stopped early as unpromising.
    Pruned,
    /// Ended badly.
    Failed,
    /// On a worker.
    Running,
}

/// What checking a sweep file found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepCheck {
    /// Whether it can run.
    pub valid: bool,
    /// What is wrong.
    pub violations: Vec<Violation>,
    /// What runs here and means something else, or nothing, elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Violation>,
}

/// One fault of a sweep file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// Path in the document: `parameters.lr.min`.
    pub path: String,
    /// Line in the file, from 1; 0 where it is not known.
    pub line: u64,
    /// What is wrong and what is allowed.
    pub message: String,
}
