//! Notebooks: the document on disk, the graph of its cells, and an open notebook with its undo stack.

pub mod document;
pub mod graph;
pub mod session;
mod source;
