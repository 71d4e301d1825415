//! Recipes as code.

use cairn_protocol::{ErrorInfo, door::CodeTarget};

use crate::engine::Inner;

/// The code of a wrangle cell's recipe and what it cannot express; written to `out` where one is given.
///
/// # Errors
/// There is no such cell, or no writer of that language.
pub(crate) fn export(
    engine: &Inner,
    path: &str,
    cell: &str,
    to: CodeTarget,
    _out: Option<&str>,
) -> Result<(String, Vec<String>), ErrorInfo> {
    engine.project()?;
    let language = match to {
        CodeTarget::Polars | CodeTarget::Pandas => "Python",
        CodeTarget::Sql => "SQL",
        CodeTarget::Recipe => "a recipe file",
    };
    Err(ErrorInfo::usage(format!("this engine cannot write {language}"))
        .in_file(path)
        .in_cell(cell)
        .hint("use a version of Cairn that exports recipes"))
}
