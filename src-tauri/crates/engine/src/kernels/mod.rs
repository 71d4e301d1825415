//! The kernel host: finds manifests, starts processes, keeps them warm, and survives whatever they do.

mod conformance;
mod find;
mod pool;
mod process;

pub use conformance::check;
pub use pool::{Kernels, Lease};
pub use process::Answer;
