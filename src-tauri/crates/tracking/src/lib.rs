//! Runs, metrics, artifacts and lineage of a project: `tracking.db` (SQLite) and the folder `artifacts/` beside it.
//!
//! What a method of [`Tracker`] has acknowledged survives the death of the process and of the machine: every
//! method that changes something is one transaction, synced to disk before it returns. A tracker is shared between
//! threads by reference; readers have connections of their own and never wait for the writer.
//!
//! Two processes may read one project; only the holder of the project's lock may write and may call
//! [`Tracker::mark_interrupted`].
//!
//! Reading order: [`Tracker`], `runs`, `metrics` (and `reduce`), `filter` and `query`, `sweeps`, `lineage` (and
//! `export`), `artifacts`, `schema`.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod artifacts;
mod diff;
mod error;
mod export;
mod filter;
mod ids;
mod lineage;
mod metrics;
mod query;
mod reduce;
mod runs;
mod schema;
mod sweeps;
mod time;
mod tracker;

pub use artifacts::{ArtifactFault, ArtifactStore, FaultKind, Stored, VerifyReport};
pub use error::TrackingError;
pub use export::{to_dot, to_openlineage};
pub use ids::new_id;
pub use lineage::{node_id, run_node_id};
pub use metrics::{MetricLog, MetricPoint};
pub use reduce::reduce;
pub use runs::{Artifact, CodeState, NewRun, RunUpdate};
pub use sweeps::NewSweep;
pub use tracker::Tracker;
