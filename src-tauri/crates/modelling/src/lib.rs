//! Evaluation of predictions: metrics with intervals, curves, confusion, calibration, and paired comparison.
//!
//! Everything here is a pure function of targets, predictions, parts and a seed: the same input gives the same
//! figures on any machine and with any number of threads. Reading order: [`evaluate`] (the entrance),
//! [`compare`] (two models on the same rows), [`metrics`] (names, titles, which way is better), then the
//! scorers, one for each task.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod binary;
mod bootstrap;
pub mod compare;
pub mod curves;
mod error;
pub mod evaluate;
pub mod metrics;
mod multiclass;
mod regression;
mod rng;

pub use compare::{Candidate, PairedDifference, paired_difference};
pub use error::ModellingError;
pub use evaluate::{evaluate, evaluate_parts, quick};
pub use metrics::{metric_goal, metric_names, metric_title, primary_metric};
