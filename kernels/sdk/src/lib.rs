//! What a kernel author writes against: message loop, tables, cancellation, permutation importance.
//!
//! A kernel implements [`Kernel`] (say hello, train, load) and [`Model`] (predict, save) and hands itself to
//! [`run`]. Everything between a message and the algorithm is done here, the same for every kernel: the
//! handshake and its version check, reading the next message while a run trains so that it can be stopped,
//! checking names, ranges and labels before an algorithm sees them, tables that stay mapped and warm between
//! trials, predictions written whole or not at all, and permutation importance over any model.
//!
//! ```text
//!  stdin ─▶ reader thread ──▶ queue ──▶ main thread: table, checks, Kernel::train, files ─▶ stdout
//!                  └── cancel flag of the run ───────────▶ Reporter::cancelled
//! ```
//!
//! The contract with the host: a failing or panicking run answers `Failed` and the process takes the next
//! message; the end of standard input stops the run and the process.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod attributions;
mod error;
mod importance;
mod kernel;
mod map;
mod matrix;
pub mod metrics;
mod predictions;
mod reporter;
mod serve;
mod table;
mod warm;

pub use attributions::Attributions;
pub use cairn_kernel_protocol as protocol;
pub use error::KernelError;
pub use kernel::{Kernel, Model, TrainJob, Trained};
pub use matrix::{Column, Matrix};
pub use predictions::Predictions;
pub use reporter::Reporter;
pub use serve::{ServeError, run, serve};
pub use table::{Derived, Table};
pub use warm::write_whole;
