//! The embedded default kernel: boosted trees and linear models on the CPU.
//!
//! Reads messages on standard input and answers on standard output; see `cairn-kernel-protocol`. The same
//! table, hyperparameters and seed give the same predictions, bit for bit, whatever the number of threads.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod boosted_trees;
mod declared;
mod kernel;
mod lbfgs;
mod linear_model;
mod linear_regression;
mod logistic_regression;
mod model_file;
mod scaling;

fn main() -> std::process::ExitCode {
    cairn_kernel_sdk::run(kernel::Classic::default())
}
