//! What the host and a kernel process say to each other: plain serde types, no input or output.
//!
//! A kernel is an executable. The host starts it with the command of its [`Manifest`], writes one
//! [`ToKernel`] message a line (JSON) to its standard input and reads one [`FromKernel`] message a line
//! from its standard output. Tables do not travel in messages: both sides map the same Arrow IPC file
//! (see [`TrainingTable`]). Standard error is free text; the host keeps its tail for the error it shows.
//!
//! ```text
//! host                                kernel
//!  │ Hello {protocol, host}             │
//!  │ ─────────────────────────────────▶ │
//!  │        Hello {protocol, name, …}   │   algorithms with their hyperparameters: the host makes
//!  │ ◀───────────────────────────────── │   the form and the search space from them
//!  │ Train {run, algorithm, table, …}   │
//!  │ ─────────────────────────────────▶ │
//!  │   Started · Metrics … · Finished   │   one run at a time; the process and the mapped table
//!  │ ◀───────────────────────────────── │   stay warm for the next
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod messages;
mod schema;

pub use messages::{
    Explain, FeatureImportance, Finished, FromKernel, Hello, KernelHello, LogLevel, Predict, ToKernel, Train,
    TrainingTable,
};
pub use schema::{Algorithm, Device, Hyperparameter, HyperparameterKind, Manifest, ParamValue, Params, Task};

/// The version of this protocol. A kernel answers a host of another major number with its own and ends.
pub const PROTOCOL_VERSION: u32 = 1;
