//! Recipes outside their notebook: `cairn apply` and `cairn code`.

use std::{path::Path, process::ExitCode};

use cairn_engine::Access;
use cairn_protocol::{
    ErrorInfo, Request, Response,
    door::{AppliedRecipe, CodeTarget},
};

use serde::Serialize;

use super::{ask, in_project, options, unexpected};
use crate::{
    args::{CodeTo, How},
    output::Output,
    project::{self, file},
};

/// What `cairn apply` was given.
pub struct Apply<'a> {
    /// The notebook, or the portable recipe.
    pub recipe: &'a Path,
    /// Name of the cell.
    pub cell: Option<&'a str>,
    /// The file read.
    pub input: &'a Path,
    /// The file written.
    pub out: &'a Path,
    /// Whether the recipe is undone.
    pub inverse: bool,
    /// How to read it.
    pub how: &'a How,
}

/// Replays a fitted recipe on a new file.
///
/// # Errors
/// What was wrong, where, and what to do next.
pub fn apply(given: Option<&Path>, asked: &Apply<'_>, output: Output) -> Result<ExitCode, ErrorInfo> {
    if !asked.recipe.is_file() && given.is_none() {
        return Err(ErrorInfo::bad_input(format!("there is no notebook or recipe {}", asked.recipe.display()))
            .in_file(asked.recipe.display().to_string())
            .hint("check the path"));
    }
    let portable = asked.recipe.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let (engine, recipe) = if portable {
        (project::open(given, None, Access::Look).unwrap_or_else(|_| project::bare()), file(asked.recipe))
    } else {
        let engine = project::open(given, Some(asked.recipe), Access::Exclusive)?;
        let recipe = in_project(&engine, asked.recipe)?;
        (engine, recipe)
    };
    let request = Request::ApplyRecipe {
        recipe,
        cell: asked.cell.map(str::to_owned),
        input: file(asked.input),
        options: options(asked.how)?,
        out: file(asked.out),
        inverse: asked.inverse,
    };
    let Response::Applied(applied) = ask(&engine, request, output)? else { return Err(unexpected()) };
    Ok(output.result(&applied, || lines(&applied)))
}

fn lines(applied: &AppliedRecipe) -> String {
    let mut out = format!("{} steps · {} rows read", applied.steps, applied.rows_read);
    if applied.rejects_total > 0 {
        out.push_str(&format!(" · {} rejected", applied.rejects_total));
    }
    out.push_str(&format!("\n{} rows × {} columns", applied.rows, applied.columns.len()));
    for path in &applied.out {
        out.push_str(&format!("\nwrote {path}"));
    }
    for warning in &applied.warnings {
        out.push_str(&format!("\nwarning: {}", crate::output::visible(warning)));
    }
    out
}

/// What `cairn code` answers with `--json`.
#[derive(Debug, Serialize)]
struct Written<'a> {
    code: &'a str,
    notes: &'a [String],
    out: Option<String>,
}

/// Writes a recipe as code: to the file, or to standard output; notes go to standard error.
///
/// # Errors
/// What was wrong, where, and what to do next.
pub fn code(
    given: Option<&Path>,
    notebook: &Path,
    cell: Option<&str>,
    to: CodeTo,
    out: Option<&Path>,
    output: Output,
) -> Result<ExitCode, ErrorInfo> {
    if !notebook.is_file() && given.is_none() {
        return Err(ErrorInfo::bad_input(format!("there is no notebook {}", notebook.display()))
            .in_file(notebook.display().to_string())
            .hint("check the path"));
    }
    let engine = project::open(given, Some(notebook), Access::Exclusive)?;
    let to = match to {
        CodeTo::Polars => CodeTarget::Polars,
        CodeTo::Pandas => CodeTarget::Pandas,
        CodeTo::Sql => CodeTarget::Sql,
        CodeTo::Recipe => CodeTarget::Recipe,
    };
    let out = out.map(file);
    let request = Request::ExportCode {
        path: in_project(&engine, notebook)?,
        cell: cell.unwrap_or_default().to_owned(),
        to,
        out: out.clone(),
    };
    let Response::Code { code, notes } = ask(&engine, request, output)? else { return Err(unexpected()) };
    for note in &notes {
        output.say(&format!("note: {note}"));
    }
    let written = Written { code: &code, notes: &notes, out: out.clone() };
    Ok(output.result(&written, || out.map_or_else(|| code.clone(), |out| format!("wrote {out}"))))
}
