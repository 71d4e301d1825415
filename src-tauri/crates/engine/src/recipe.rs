//! Recipes outside the run that fitted them: what steps may look at, and the replay of fitted recipes on new files.
//!
//! A portable recipe is one JSON document: the fitted steps of every wrangle cell from the data to the cell named, the
//! columns they expect, and the other tables that joins and queries look into.

use std::{collections::BTreeMap, path::Path};

use cairn_data::{Around, FittedRecipe, Table};
use cairn_protocol::{
    ErrorInfo, ErrorKind,
    door::AppliedRecipe,
    notebook::{Cell, CellBody, ImportOptions, Notebook},
    reading::Node,
    results::CellResult,
    steps::{Step, catalogue},
    table::{ColumnType, ImportReport, ImportedColumn},
};
use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};

use crate::{
    engine::Inner,
    files,
    jobs::{Job, Part},
    notebook::graph,
    project::{Project, locked},
};

/// The version of the portable document.
const PORTABLE_SCHEMA: u32 = 1;
/// Bytes of other tables that a portable recipe carries at most.
const TABLES_LIMIT: usize = 32 << 20;

/// A recipe that stands by itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Portable {
    /// [`PORTABLE_SCHEMA`].
    schema: u32,
    /// The version of Cairn that wrote it.
    cairn: String,
    /// Notebook and cell it comes from.
    from: String,
    /// Columns of the table that it starts from.
    columns: Vec<(String, ColumnType)>,
    /// Columns that need not be there: targets.
    optional: Vec<String>,
    /// The steps and what they learned.
    recipe: FittedRecipe,
    /// Other tables by name: Arrow IPC in hexadecimal digits.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tables: BTreeMap<String, String>,
}

/// What steps may look at beside their table: the tables of the other cells they name.
///
/// # Errors
/// Such a cell has no table.
pub fn around(
    project: &Project,
    steps: &[Step],
    table_of: impl Fn(&str) -> Result<std::sync::Arc<Table>, ErrorInfo>,
) -> Result<Around, ErrorInfo> {
    let mut around = project.around_steps()?;
    for name in steps.iter().filter(|step| step.enabled).flat_map(|step| step.op.other_cells()) {
        if !around.tables.contains_key(name) {
            around.tables.insert(name.to_owned(), table_of(name)?.frame.clone());
        }
    }
    Ok(around)
}

/// A fitted recipe with what it needs.
struct Fitted {
    recipe: FittedRecipe,
    around: Around,
    columns: Vec<(String, ColumnType)>,
    options: ImportOptions,
    optional: Vec<String>,
    from: String,
    /// How the notebook's file was read; none for a portable recipe.
    report: Option<ImportReport>,
}

/// A fitted recipe with what code around it has to know.
pub struct Source {
    /// The recipe.
    pub recipe: FittedRecipe,
    /// How the notebook's file was read.
    pub report: ImportReport,
    /// Columns of the tables of other cells.
    pub tables: Vec<(String, Vec<(String, ColumnType)>)>,
}

/// The recipe of a cell, which must be up to date, and what it was fitted on.
///
/// # Errors
/// The cell has not run.
pub fn source(engine: &Inner, project: &Project, path: &str, cell: &str) -> Result<Source, ErrorInfo> {
    let fitted = of_cell(engine, project, path, cell)?;
    let tables = fitted.around.tables.iter();
    let tables = tables.map(|(name, frame)| (name.clone(), cairn_data::schema(frame))).collect();
    let report = fitted.report.unwrap_or_else(|| ImportReport {
        columns: fitted
            .columns
            .into_iter()
            .map(|(name, column_type)| ImportedColumn { name, column_type, nulls: 0, read_as: String::new() })
            .collect(),
        header: true,
        ..ImportReport::default()
    });
    Ok(Source { recipe: fitted.recipe, report, tables })
}

/// The recipe from the data to a cell, as it was fitted; the cells must be up to date.
fn of_cell(engine: &Inner, project: &Project, path: &str, name: &str) -> Result<Fitted, ErrorInfo> {
    let session = project.session(path)?;
    let notebook = locked(&session).notebook.clone();
    let keys = project.keys(&notebook, &engine.kernels);
    let key_of = |cell: &Cell| -> Result<String, ErrorInfo> {
        let not_run = || ErrorInfo::usage(format!("{:?} has not run yet", cell.name)).in_cell(&cell.name);
        let key = keys.get(&cell.name).ok_or_else(not_run)?.as_ref().map_err(Clone::clone)?;
        Ok(key.whole.clone())
    };
    let table_of = |name: &str| {
        let key = key_of(graph::need(&notebook, name)?)?;
        let none = || ErrorInfo::usage(format!("{name:?} holds no table yet")).in_cell(name).hint("run the cell first");
        project.cache.table(&key).ok_or_else(none)
    };
    let mut recipes = Vec::new();
    let mut around = project.around_steps()?;
    let mut cell = graph::need(&notebook, name)?;
    loop {
        match &cell.body {
            CellBody::Wrangle(wrangle) => {
                let file = project.cache.folder(&key_of(cell)?).join("fitted.json");
                let stored = || {
                    ErrorInfo::usage(format!("what {:?} learned is not stored", cell.name))
                        .in_cell(&cell.name)
                        .hint("run the cell again")
                };
                recipes.push(crate::cache::read_json::<FittedRecipe>(&file).ok_or_else(stored)?);
                around.tables.extend(self::around(project, &wrangle.steps, table_of)?.tables);
            }
            CellBody::Split(_) => {}
            CellBody::Data(data) => {
                recipes.reverse();
                let table = table_of(&cell.name)?;
                let report = match project.cache.result(&key_of(cell)?).as_deref() {
                    Some(CellResult::Data { import, .. }) => Some(import.clone()),
                    _ => None,
                };
                return Ok(Fitted {
                    recipe: FittedRecipe::chain(recipes),
                    around,
                    columns: cairn_data::schema(&table.frame),
                    options: data.options.clone(),
                    optional: targets(&notebook),
                    from: format!("{path}#{name}"),
                    report,
                });
            }
            _ => {
                return Err(ErrorInfo::usage(format!("{name:?} is no wrangle cell"))
                    .in_cell(name)
                    .hint("name a wrangle cell of the notebook"));
            }
        }
        let input = cell.body.inputs().first().map(|input| (*input).to_owned()).unwrap_or_default();
        cell = graph::need(&notebook, &input)?;
    }
}

/// Columns that a train or sweep cell predicts.
fn targets(notebook: &Notebook) -> Vec<String> {
    let of = |cell: &Cell| match &cell.body {
        CellBody::Train(train) => Some(train.target.clone()),
        CellBody::Sweep(sweep) => Some(sweep.target.clone()),
        _ => None,
    };
    notebook.cells.iter().filter_map(of).filter(|target| !target.is_empty()).collect()
}

/// The last wrangle cell of a notebook.
fn last_wrangle(notebook: &Notebook, path: &str) -> Result<String, ErrorInfo> {
    let last = notebook.cells.iter().rfind(|cell| matches!(cell.body, CellBody::Wrangle(_)));
    last.map(|cell| cell.name.clone()).ok_or_else(|| {
        ErrorInfo::usage("the notebook has no wrangle cell").in_file(path).hint("add one, or name another notebook")
    })
}

/// The cell of a request: the one named, or the notebook's last wrangle cell.
///
/// # Errors
/// There is none.
pub fn cell_of(project: &Project, path: &str, cell: Option<&str>) -> Result<String, ErrorInfo> {
    let session = project.session(path)?;
    let session = locked(&session);
    match cell {
        Some(cell) => Ok(graph::need(&session.notebook, cell)?.name.clone()),
        None => last_wrangle(&session.notebook, path),
    }
}

/// The portable document of a cell's recipe.
///
/// # Errors
/// The cell has not run, or its other tables are too large to be carried.
pub fn portable(engine: &Inner, project: &Project, path: &str, cell: &str) -> Result<String, ErrorInfo> {
    let Fitted { recipe, around, columns, optional, from, .. } = of_cell(engine, project, path, cell)?;
    document(from, columns, optional, recipe, &around).map_err(|error| {
        let error = error.in_cell(cell);
        if error.kind == ErrorKind::BadInput {
            error.hint("replay the notebook itself: cairn apply NOTEBOOK --cell NAME")
        } else {
            error
        }
    })
}

/// The portable document of a fitted recipe and the tables it looks into.
///
/// # Errors
/// The other tables are too large to be carried.
pub fn document(
    from: String,
    columns: Vec<(String, ColumnType)>,
    optional: Vec<String>,
    recipe: FittedRecipe,
    around: &Around,
) -> Result<String, ErrorInfo> {
    let mut tables = BTreeMap::new();
    let mut total = 0;
    for (name, frame) in &around.tables {
        let bytes = cairn_data::to_ipc(frame)?;
        total += bytes.len();
        if total > TABLES_LIMIT {
            return Err(ErrorInfo::bad_input(format!("the table {name:?} is too large to go into a recipe file"))
                .hint("a recipe file carries other tables of 32 MiB in all"));
        }
        tables.insert(name.clone(), hex(&bytes));
    }
    let cairn = env!("CARGO_PKG_VERSION").into();
    let document = Portable { schema: PORTABLE_SCHEMA, cairn, from, columns, optional, recipe, tables };
    serde_json::to_string_pretty(&document)
        .map_err(|error| ErrorInfo::internal(format!("a recipe cannot be written: {error}")))
}

/// The steps of a portable recipe without what they learned, and the tables that it carries; none where the text is
/// another document.
///
/// # Errors
/// As of reading such a file.
pub fn steps_of_portable(
    text: &str,
    path: &Path,
) -> Result<Option<(Vec<Step>, BTreeMap<String, DataFrame>)>, ErrorInfo> {
    let value: serde_json::Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(_) => return Ok(None),
    };
    if value.get("recipe").is_none() {
        return Ok(None);
    }
    let fitted = read_portable(None, text, path)?;
    let steps = fitted.recipe.steps.into_iter().map(|step| step.step).collect();
    Ok(Some((steps, fitted.around.tables)))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        write!(out, "{byte:02x}").expect("a string takes what is written");
        out
    })
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (digits.len().is_multiple_of(2)).then(|| (0..digits.len()).step_by(2).map(pair).collect())?
}

/// The document of a portable recipe; what in it is not known is named with the cell and step it belongs to.
fn parsed(text: &str, shown: &str) -> Result<Portable, ErrorInfo> {
    const HINT: &str = "write one with: cairn code NOTEBOOK --cell NAME --to recipe";
    let no_recipe = |why: &dyn std::fmt::Display| {
        ErrorInfo::bad_input(format!("{shown} is no recipe: {why}")).in_file(shown).hint(HINT)
    };
    let document: Node = serde_json::from_str(text).map_err(|error| no_recipe(&error).at_line(error.line() as u64))?;
    // The version first: a newer document may hold anything.
    if let Some(Node::Int(schema)) = document.get("schema")
        && *schema > i64::from(PORTABLE_SCHEMA)
    {
        let by = document.get("cairn").and_then(Node::as_str).unwrap_or("of which it says nothing");
        return Err(ErrorInfo::bad_input(format!("{shown} was written by a newer Cairn ({by})"))
            .in_file(shown)
            .hint("update Cairn"));
    }
    let from = document.get("from").and_then(Node::as_str).and_then(|from| from.split_once('#'));
    let in_cell = |info: ErrorInfo| match from {
        Some((_, cell)) => info.in_file(shown).in_cell(cell),
        None => info.in_file(shown),
    };
    let steps = document.get("recipe").and_then(|recipe| recipe.get("steps")).and_then(Node::as_list);
    for (at, fitted) in steps.into_iter().flatten().enumerate() {
        let number = match fitted.get("number") {
            Some(Node::Int(number)) => usize::try_from(*number).unwrap_or(at + 1),
            _ => at + 1,
        };
        let step = fitted.get("step").unwrap_or(&Node::Null);
        catalogue::read_step(step).map_err(|unreadable| in_cell(unreadable.info).at_step(number))?;
        fitted.read::<cairn_data::FittedStep>().map_err(|misread| {
            let what = format!("what the step learned cannot be read: {misread}");
            in_cell(ErrorInfo::bad_input(what).hint(misread.hint())).at_step(number)
        })?;
    }
    Portable::deserialize(document).map_err(|misread| {
        let info = no_recipe(&misread);
        if misread.word().is_some() { info.hint(misread.hint()) } else { info }
    })
}

/// Reads a portable recipe.
fn of_file(project: Option<&Project>, path: &Path) -> Result<Fitted, ErrorInfo> {
    let text = std::fs::read_to_string(path).map_err(|error| files::io_error("cannot read", path, &error))?;
    read_portable(project, &text, path)
}

fn read_portable(project: Option<&Project>, text: &str, path: &Path) -> Result<Fitted, ErrorInfo> {
    let shown = path.display().to_string();
    let portable = parsed(text, &shown)?;
    let mut around = match project {
        Some(project) => project.around_steps()?,
        None => Around::default(),
    };
    for (name, digits) in &portable.tables {
        let broken = || ErrorInfo::bad_input(format!("the table {name:?} of {shown} is broken")).in_file(&shown);
        let bytes = unhex(digits).ok_or_else(broken)?;
        around.tables.insert(name.clone(), cairn_data::from_ipc(&bytes)?);
    }
    Ok(Fitted {
        recipe: portable.recipe,
        around,
        columns: portable.columns,
        options: ImportOptions::default(),
        optional: portable.optional,
        from: shown,
        report: None,
    })
}

/// What a replay is asked for.
#[derive(Clone, Copy)]
pub struct Replay<'a> {
    /// Path of a notebook, or of a portable recipe (`.json`).
    pub recipe: &'a str,
    /// Name of the cell.
    pub cell: Option<&'a str>,
    /// The file to read.
    pub input: &'a str,
    /// How to read it, beside what the data cell says.
    pub options: &'a ImportOptions,
    /// The file to write.
    pub out: &'a str,
    /// Whether the recipe is undone rather than replayed: the file holds what it made.
    pub inverse: bool,
}

/// Replays a fitted recipe on a file and writes the result. The cells of a notebook must be up to date.
///
/// # Errors
/// The file cannot be read, a step does not fit it, or the result cannot be written.
pub fn replay(
    engine: &Inner,
    project: Option<&Project>,
    asked: &Replay<'_>,
    job: &Job,
) -> Result<AppliedRecipe, ErrorInfo> {
    let root = project.map(|project| project.root.as_path());
    let fitted = if is_file(asked.recipe) {
        of_file(project, &files::anywhere(root, asked.recipe))?
    } else {
        let project =
            project.ok_or_else(|| ErrorInfo::usage("no project is open").hint("name a project with --project"))?;
        let cell = cell_of(project, asked.recipe, asked.cell)?;
        of_cell(engine, project, asked.recipe, &cell)?
    };
    let file = files::anywhere(root, asked.input);
    let target = root.map_or_else(|| std::path::PathBuf::from(asked.out), |root| root.join(asked.out));
    cairn_data::can_export(&target)?;
    let options = if asked.inverse {
        // The file holds the columns that the recipe made: nothing is known of how they were written.
        asked.options.clone()
    } else if *asked.options == ImportOptions::default() {
        let mut options = fitted.options.clone();
        // Types are those that the recipe was fitted on: a file of few rows may look like others.
        if is_delimited(&file) {
            options.types.extend(fitted.columns.iter().filter(|(_, kind)| kind.can_be_read()).cloned());
        }
        options
    } else {
        asked.options.clone()
    };
    let imported = cairn_data::import(&file, &options, &Part::new(job, 0.0, 0.5, format!("reading {}", asked.input)))?;
    let applied = if asked.inverse {
        job.progress(Some(0.5), "undoing steps");
        cairn_data::invert(&fitted.recipe, &imported.frame)?
    } else {
        let part = Part::new(job, 0.5, 0.8, "replaying steps");
        cairn_data::apply_watched(&fitted.recipe, &imported.frame, &fitted.optional, &fitted.around, &part)?
    };
    let (frame, warnings) = (applied.frame, applied.warnings);
    job.check()?;
    job.progress(Some(0.8), "writing");
    cairn_data::export(&frame, &target)?;
    Ok(AppliedRecipe {
        out: vec![target.display().to_string()],
        rows: frame.height() as u64,
        columns: cairn_data::schema(&frame),
        rows_read: imported.frame.height() as u64,
        rejects_total: imported.report.rejects_total,
        steps: fitted.recipe.steps.iter().filter(|step| step.step.enabled).count() as u64,
        warnings,
    })
}

/// Whether the types of a file's columns are told from its text.
fn is_delimited(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    [".csv", ".tsv", ".txt", ".psv"].iter().any(|ending| name.contains(ending))
}

/// Whether a path names a portable recipe rather than a notebook.
pub fn is_file(path: &str) -> bool {
    path.to_ascii_lowercase().ends_with(".json")
}
