//! What is run on a file, in order: steps and splits, from the command and from a file of steps, a portable recipe or a
//! notebook.

use std::path::Path;

use cairn_data::Around;
use cairn_protocol::{
    ErrorInfo,
    batch::WrangleRequest,
    notebook::{CellBody, SplitCell},
    reading::Node,
    steps::{Step, catalogue},
};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    files::{self, io_error},
    notebook::{document, graph},
    recipe,
};

/// Something that is done to a table.
pub enum Stage {
    /// Rows are drawn into parts.
    Split(Box<SplitCell>),
    /// Steps run.
    Steps(Vec<Step>),
}

/// All steps, in order.
pub fn steps(stages: &[Stage]) -> impl Iterator<Item = &Step> {
    stages.iter().flat_map(|stage| match stage {
        Stage::Steps(steps) => steps.as_slice(),
        Stage::Split(_) => &[],
    })
}

/// What a request asks for: the stages of its recipe, its own split in place of theirs (or before all), its own steps
/// behind them. Tables that a portable recipe carries are added to those around.
///
/// # Errors
/// The recipe cannot be read; nothing is asked for.
pub fn of(root: Option<&Path>, asked: &WrangleRequest, around: &mut Around) -> Result<Vec<Stage>, ErrorInfo> {
    let mut stages = match &asked.recipe {
        Some(path) => read(&files::anywhere(root, path), asked.cell.as_deref(), around)?,
        None => Vec::new(),
    };
    if let Some(split) = &asked.split {
        let own = || Stage::Split(Box::new(split.clone()));
        match stages.iter().position(|stage| matches!(stage, Stage::Split(_))) {
            Some(first) => {
                stages.retain(|stage| matches!(stage, Stage::Steps(_)));
                stages.insert(first.min(stages.len()), own());
            }
            None => stages.insert(0, own()),
        }
    }
    if !asked.steps.is_empty() {
        // One run of steps keeps what an error knows of the steps above it.
        match stages.last_mut() {
            Some(Stage::Steps(steps)) => steps.extend(asked.steps.iter().cloned()),
            _ => stages.push(Stage::Steps(asked.steps.clone())),
        }
    }
    if steps(&stages).next().is_none() {
        return Err(ErrorInfo::usage("there is no step to run")
            .hint("name steps with --step or --recipe; cairn steps lists them"));
    }
    Ok(stages)
}

/// The stages of a file.
fn read(path: &Path, cell: Option<&str>, around: &mut Around) -> Result<Vec<Stage>, ErrorInfo> {
    let shown = path.display().to_string();
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    if ending != "cairn" && cell.is_some() {
        return Err(ErrorInfo::usage(format!("{shown} is no notebook and has no cells"))
            .in_file(&shown)
            .hint("leave --cell away, or name a notebook"));
    }
    let text = || std::fs::read_to_string(path).map_err(|error| io_error("cannot read", path, &error));
    match ending.as_str() {
        "cairn" => of_notebook(path, &shown, cell),
        "toml" => of_toml(&text()?, &shown),
        "json" => {
            let text = text()?;
            if let Some((steps, tables)) = recipe::steps_of_portable(&text, path)? {
                around.tables.extend(tables);
                return Ok(vec![Stage::Steps(steps)]);
            }
            let value: Value = serde_json::from_str(&text).map_err(|error| {
                ErrorInfo::bad_input(format!("{shown} is no JSON: {error}"))
                    .in_file(&shown)
                    .at_line(error.line() as u64)
            })?;
            let (steps, split) = match value {
                Value::Array(steps) => (steps, None),
                Value::Object(mut fields) => {
                    let steps = fields.remove("steps").or_else(|| fields.remove("step"));
                    (steps.and_then(|steps| steps.as_array().cloned()).unwrap_or_default(), fields.remove("split"))
                }
                _ => (Vec::new(), None),
            };
            stages(steps, split, &shown)
        }
        _ => Err(ErrorInfo::usage(format!("{shown} is no recipe by its name")).in_file(&shown).hint(
            "name a list of steps (.toml, .json), a recipe of cairn code --to recipe (.json) or a notebook (.cairn)",
        )),
    }
}

/// A list of steps as in a notebook: `[[step]]`, and `[split]` where rows are drawn before them.
fn of_toml(text: &str, shown: &str) -> Result<Vec<Stage>, ErrorInfo> {
    let table: toml::Table = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count());
        ErrorInfo::bad_input(format!("{shown} is no TOML: {}", error.message())).in_file(shown).at_line(line as u64)
    })?;
    if let Some(other) = table.keys().find(|key| !matches!(key.as_str(), "step" | "split" | "schema")) {
        return Err(ErrorInfo::bad_input(format!("a list of steps has no {other:?}"))
            .in_file(shown)
            .hint("it holds [[step]] tables, and perhaps one [split]"));
    }
    let json = |value: &toml::Value| {
        serde_json::to_value(value).map_err(|error| ErrorInfo::internal(format!("a step cannot be read: {error}")))
    };
    let steps = match table.get("step") {
        Some(toml::Value::Array(steps)) => steps.iter().map(json).collect::<Result<_, _>>()?,
        _ => Vec::new(),
    };
    stages(steps, table.get("split").map(json).transpose()?, shown)
}

/// Steps in their file form, and a split before them.
fn stages(steps: Vec<Value>, split: Option<Value>, shown: &str) -> Result<Vec<Stage>, ErrorInfo> {
    if steps.is_empty() {
        return Err(ErrorInfo::bad_input(format!("{shown} holds no steps"))
            .in_file(shown)
            .hint("write each step as a table [[step]] with a line op = \"…\"; cairn steps OP shows one"));
    }
    let mut made = Vec::new();
    if let Some(mut split) = split {
        if let Some(fields) = split.as_object_mut() {
            fields.entry("input").or_insert_with(|| Value::from(""));
        }
        let cell: SplitCell = serde_json::from_value(split)
            .map_err(|error| ErrorInfo::bad_input(format!("the split cannot be read: {error}")).in_file(shown))?;
        made.push(Stage::Split(Box::new(cell)));
    }
    let steps = (1..).zip(steps).map(|(number, step)| one(step).map_err(|error| error.in_file(shown).at_step(number)));
    made.push(Stage::Steps(steps.collect::<Result<_, _>>()?));
    Ok(made)
}

/// A step of its file form; a word in it that is not known is an error.
fn one(step: Value) -> Result<Step, ErrorInfo> {
    let node = Node::deserialize(step).map_err(|error| {
        ErrorInfo::bad_input(format!("a step cannot be read: {error}")).hint("cairn steps lists them")
    })?;
    catalogue::read_step(&node).map_err(|unreadable| unreadable.info)
}

/// The steps and splits of a notebook, from its data to a cell.
fn of_notebook(path: &Path, shown: &str, name: Option<&str>) -> Result<Vec<Stage>, ErrorInfo> {
    let notebook = document::load(path, shown)?;
    let mut cell = match name {
        Some(name) => graph::need(&notebook, name).map_err(|error| error.in_file(shown))?,
        None => {
            let last = notebook.cells.iter().rfind(|cell| matches!(cell.body, CellBody::Wrangle(_)));
            last.ok_or_else(|| ErrorInfo::bad_input("the notebook has no wrangle cell").in_file(shown))?
        }
    };
    let mut stages = Vec::new();
    loop {
        match &cell.body {
            CellBody::Wrangle(wrangle) => stages.push(Stage::Steps(wrangle.steps.clone())),
            CellBody::Split(split) => stages.push(Stage::Split(Box::new(split.clone()))),
            CellBody::Data(_) => break,
            _ => {
                return Err(ErrorInfo::usage(format!("{:?} is no wrangle cell", cell.name))
                    .in_file(shown)
                    .in_cell(&cell.name)
                    .hint("name a wrangle cell of the notebook"));
            }
        }
        let input = cell.body.inputs().first().map(|input| (*input).to_owned()).unwrap_or_default();
        cell = graph::need(&notebook, &input).map_err(|error| error.in_file(shown))?;
    }
    stages.reverse();
    Ok(stages)
}
