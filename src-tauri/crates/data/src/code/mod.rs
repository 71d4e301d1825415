//! Recipes as code that runs without Cairn: Python on polars, Python on pandas and scikit-learn, and SQL.
//!
//! A script replays what the recipe learned, unchanged: means, levels and bounds stand in it as literals. It holds only
//! the functions that its steps need; they come from `polars.py`, `pandas.py` and `shared.py` (plain Python over lists
//! of cells) beside this file, which stay readable Python of their own (`# ---- def NAME ----` begins a function).
//!
//! ```text
//! FittedRecipe ─▶ calls (one a step: function, arguments) ─▶ library functions they need ─▶ one file
//! ```
//!
//! What cannot be said in a language is said in the notes and in the script, at its place, as an error that names the
//! step: a script never leaves a step out in silence.

mod formula;
mod literal;
mod plain;
mod python;
mod sql;
mod sql_steps;
mod sql_tables;

use cairn_protocol::table::{ColumnType, ImportReport};

use crate::{DataError, steps::FittedRecipe};

/// A language that recipes leave in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Python on polars.
    Polars,
    /// Python on pandas and scikit-learn.
    Pandas,
    /// One query, for PostgreSQL and DuckDB.
    Sql,
}

/// Where a recipe comes from, for the head of a script and for reading the file.
#[derive(Debug, Clone)]
pub struct Origin<'a> {
    /// `stroke.cairn#Encode`.
    pub title: &'a str,
    /// How the notebook's file was read, and the columns it has.
    pub report: &'a ImportReport,
    /// Columns of the tables of other cells that the steps read.
    pub tables: &'a [(String, Vec<(String, ColumnType)>)],
}

/// A script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The text of the file.
    pub code: String,
    /// What a person should know: steps that cannot be said, packages that are needed.
    pub notes: Vec<String>,
}

/// The recipe as code.
///
/// # Errors
/// A step holds what no literal can say.
pub fn code(language: Language, recipe: &FittedRecipe, origin: &Origin<'_>) -> Result<Script, DataError> {
    match language {
        Language::Polars => python::script(&python::POLARS, recipe, origin),
        Language::Pandas => python::script(&python::PANDAS, recipe, origin),
        Language::Sql => sql::script(recipe, origin),
    }
}
