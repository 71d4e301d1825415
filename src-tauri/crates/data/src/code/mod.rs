//! Recipes as code that runs without Cairn: Python on polars, Python on pandas and scikit-learn, and SQL.
//!
//! A script replays what the recipe learned, unchanged: means, levels and bounds stand in it as literals. It holds only
//! the functions that its steps need; they come from `polars.py` and `pandas.py` beside this file, which stay readable
//! Python of their own (`# ---- def NAME ----` begins a function, and a function may name others it needs).
//!
//! ```text
//! FittedRecipe ─▶ calls (one a step: function, arguments) ─▶ library functions they need ─▶ one file
//! ```
//!
//! What cannot be said in a language is said in the notes and in the script, at its place, as an error that names the
//! step: a script never leaves a step out in silence.

mod literal;
mod python;
mod sql;

use cairn_protocol::{notebook::ImportOptions, table::ColumnType};

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
    /// «stroke.cairn · Encode».
    pub title: &'a str,
    /// The file that the notebook reads.
    pub file: &'a str,
    /// How it is read.
    pub options: &'a ImportOptions,
    /// Field delimiter that was found.
    pub delimiter: &'a str,
    /// Encoding that was found.
    pub encoding: &'a str,
    /// Columns of the file's table.
    pub columns: &'a [(String, ColumnType)],
    /// How dates and times stand in the file, by column, where it was found.
    pub formats: &'a [(String, String)],
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
