//! The embedded default kernel: trees, forests and linear models on the CPU.
//!
//! Reads messages on standard input and answers on standard output; see `cairn-kernel-protocol`. The same
//! table, hyperparameters and seed give the same predictions, bit for bit, whatever the number of threads.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod additive;
mod baseline;
mod boosted_trees;
mod calibration;
mod classes;
mod curve;
mod declared;
mod elastic_net;
mod forest;
mod importance;
mod kernel;
mod lbfgs;
mod linear_model;
mod linear_regression;
mod linear_svm;
mod logistic_regression;
mod model_file;
mod naive_bayes;
mod neighbours;
mod orthant;
mod scaling;

pub use kernel::Classic;
