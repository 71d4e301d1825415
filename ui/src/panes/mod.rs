//! What stands in a tab. Each pane keeps its own state in a struct and draws with `ui(&mut self, ui, ctx)`.

pub mod column;
pub mod compare;
pub mod data;
pub mod export_table;
pub mod kernels;
pub mod lineage;
pub mod models;
pub mod notebook;
mod pane;
pub mod quality;
pub mod reports;
pub mod runs;
#[cfg(test)]
pub(crate) mod scripted;
pub mod settings;
pub mod sweeps;
pub mod welcome;
pub mod wrangle;

pub use pane::{Pane, inspector};
