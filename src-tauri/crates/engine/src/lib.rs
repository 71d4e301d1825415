//! The engine: projects, notebooks, the graph of cells, jobs, the kernel host, git and file watching, behind one door.
//!
//! [`Engine::call`] answers every [`Request`](cairn_protocol::Request); [`Engine::listen`] hears what happens meanwhile.
//! It is the only crate that sees all domain crates: it fetches a table from `data`, hands it to a kernel, gives the
//! predictions to `modelling`, and what comes of it to `tracking` and `reports`. None of those knows another.
//!
//! Reading order: [`engine`] (the door), [`project`], [`notebook`], [`keys`] (why a cell is up to date), [`run`] (what
//! each kind of cell does), [`kernels`], [`lineage`], [`watch`].

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod batch;
mod cache;
mod code;
mod engine;
mod events;
mod files;
mod git;
mod jobs;
mod journal;
mod kernels;
mod keys;
mod lineage;
mod lock;
mod notebook;
mod project;
mod recipe;
mod run;
mod samples;
mod tables;
mod watch;

pub use engine::{Engine, EventReceiver, Options};
pub use project::{Access, Project};

pub use cairn_tracking::{to_dot as lineage_dot, to_openlineage as lineage_openlineage};

/// This moment, RFC 3339 UTC.
fn now() -> String {
    rfc3339(jiff::Timestamp::now())
}

/// A moment, RFC 3339 UTC with milliseconds.
fn rfc3339(at: jiff::Timestamp) -> String {
    format!("{at:.3}")
}
