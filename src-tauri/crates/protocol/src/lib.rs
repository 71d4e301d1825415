//! What a front end and the engine say to each other: plain serde types that also build for WebAssembly.
//!
//! The door is one function, `call(Request) -> Result<Response, ErrorInfo>`, and one stream of [`Event`]s. The
//! window in Tauri, the browser, the command line and the tests all use it, so that whatever a person can
//! click a script can do. This crate knows no file, no table library and no window.
//!
//! Reading order: [`door`] (requests, responses, events), [`notebook`] (cells, as the `*.cairn` file holds
//! them), [`steps`] (wrangling), [`table`] (what the grid and the importer show), [`quality`] and [`comparison`]
//! (what is odd about a table, and how two differ), [`batch`] (files without a notebook), [`runs`] (tracker and lineage),
//! [`sweeps`], [`errors`], [`reading`] (documents read so that no key is passed over).

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod batch;
pub mod comparison;
pub mod door;
pub mod errors;
pub mod notebook;
pub mod quality;
pub mod reading;
pub mod real;
pub mod results;
pub mod runs;
pub mod steps;
pub mod sweeps;
pub mod table;

pub use cairn_kernel_protocol::{
    Algorithm, Device, FeatureImportance, Hyperparameter, HyperparameterKind, Manifest, ParamValue, Params, Task,
};
pub use door::{Event, Request, Response};
pub use errors::{ErrorInfo, ErrorKind, Place, UnfitCell};
pub use real::Real;
