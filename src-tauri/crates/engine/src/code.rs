//! Recipes as code: what a wrangle cell learned, written by `cairn_data::code` or as a portable recipe.

use cairn_data::{Language, Origin};
use cairn_protocol::{ErrorInfo, Response, door::CodeTarget};

use crate::{engine::Inner, files, recipe};

/// The code of a wrangle cell's recipe and what it cannot express; written to `out` where one is given. Without a name
/// the cell is the notebook's last wrangle cell. What is stale runs first.
///
/// # Errors
/// There is no such cell, it fails, or the file cannot be written.
pub(crate) fn export(
    engine: &Inner,
    path: &str,
    cell: &str,
    to: CodeTarget,
    out: Option<&str>,
) -> Result<(String, Vec<String>), ErrorInfo> {
    let project = engine.project()?;
    let cell = recipe::cell_of(&project, path, Some(cell).filter(|cell| !cell.is_empty()))?;
    // What the recipe learned must be that of the notebook as it stands.
    if let Response::Outcomes { cells, .. } = engine.run_and_wait(path, std::slice::from_ref(&cell), &[])?
        && let Some(error) = cells.into_iter().find_map(|outcome| outcome.error)
    {
        return Err(error);
    }
    let language = match to {
        CodeTarget::Polars => Some(Language::Polars),
        CodeTarget::Pandas => Some(Language::Pandas),
        CodeTarget::Sql => Some(Language::Sql),
        CodeTarget::Recipe => None,
    };
    let (code, notes) = match language {
        None => (recipe::portable(engine, &project, path, &cell)?, Vec::new()),
        Some(language) => {
            let source = recipe::source(engine, &project, path, &cell)?;
            let title = format!("{path}#{cell}");
            let origin = Origin { title: &title, report: &source.report, tables: &source.tables };
            let script = cairn_data::code(language, &source.recipe, &origin)?;
            (script.code, script.notes)
        }
    };
    if let Some(out) = out {
        files::write_whole(&project.root.join(out), code.as_bytes())?;
    }
    Ok((code, notes))
}
