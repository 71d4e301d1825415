//! Search spaces, samplers, W&B's sweep files, and the scheduler of trials.
//!
//! A [`Sampler`] proposes the parameters of a trial and hears what came of it; it does no work itself and knows no
//! clock. [`run_trials`] drives one over a few workers. [`SweepFile`] reads the files that people have from W&B; they
//! mean here what they mean there.
//!
//! Reading order: `space` (domains: their values, quantiles, sizes), `sampler`, `scheduler`, `sweep_file` (with
//! `lines`, which finds the line of a value in a YAML text).

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod error;
mod lines;
mod parameters;
mod sampler;
mod scheduler;
mod space;
mod sweep_file;

pub use error::TuningError;
pub use sampler::{GridSampler, RandomSampler, Sampler, make_sampler};
pub use scheduler::{SweepEnd, SweepOutcome, TrialError, TrialEvent, TrialOptions, run_trials};
pub use space::{check_space, propose, quantile, space_size, trial_params};
pub use sweep_file::{FileMethod, Hyperband, SweepFile, check, plan};
