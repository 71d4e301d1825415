//! Cells of a notebook: the card's header, and a body for each kind. A body draws what the engine holds
//! (`CellResult`) and a form over the cell's content; a form commits field by field, each as one undo point.
//!
//! Reading order: [`card`] (what a body gets to see), [`header`], [`strips`], then a module a kind. [`draft`] holds
//! what is being changed, [`field`] the fields that commit, [`prefill`] what a new cell starts with.

pub mod behind;
pub mod card;
pub mod curves;
pub mod data;
pub mod draft;
pub mod export;
mod export_rejects;
pub mod field;
pub mod header;
pub mod import_dialog;
mod import_fields;
mod import_rejects;
pub mod inspector;
pub mod keys;
pub mod kinds;
pub mod new_step;
pub mod note;
pub mod parameter;
pub mod prefill;
pub mod preview;
pub mod report;
pub mod space;
pub mod split;
pub mod step_forms;
pub mod step_list;
pub mod step_menu;
pub mod strips;
pub mod suggestions;
pub mod sweep;
pub mod train;
pub mod train_result;
pub mod wrangle;

#[cfg(test)]
mod tests;

pub use inspector::inspector;
pub use keys::takes_command;
