//! The `*.cairn` file: TOML with a stable order of keys, no results inside. A file that cannot be read is never
//! written over.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use cairn_protocol::{
    ErrorInfo,
    notebook::{CellBody, Edit, Notebook},
    steps::StepOp,
};

use super::{graph, source};
use crate::files::{io_error, write_whole};

/// Reads a notebook.
///
/// # Errors
/// The file is gone, is no TOML, is of a later version, or holds an unknown kind of cell, two cells of one name or a
/// cycle: with line or cell.
pub fn load(path: &Path, shown: &str) -> Result<Notebook, ErrorInfo> {
    let text = std::fs::read_to_string(path).map_err(|error| io_error("cannot read", path, &error))?;
    parse(&text, shown)
}

/// Reads a notebook from text; `shown` is the file's name in errors.
///
/// # Errors
/// As [`load`].
pub fn parse(text: &str, shown: &str) -> Result<Notebook, ErrorInfo> {
    let notebook = source::read(text, shown)?;
    check(&notebook).map_err(|error| error.in_file(shown))?;
    Ok(notebook)
}

/// Names are unique, the graph has no cycle. What a cell reads need not exist: that cell then says so.
///
/// # Errors
/// Two cells of one name, or a cycle.
pub fn check(notebook: &Notebook) -> Result<(), ErrorInfo> {
    let mut seen = BTreeSet::new();
    for cell in &notebook.cells {
        if !seen.insert(&cell.name) {
            return Err(ErrorInfo::bad_input(format!("two cells are called {:?}", cell.name))
                .in_cell(&cell.name)
                .hint("rename one of them"));
        }
    }
    graph::order(notebook).map(|_| ())
}

/// The text of a notebook.
///
/// # Errors
/// A fault of our own.
pub fn print(notebook: &Notebook) -> Result<String, ErrorInfo> {
    toml::to_string_pretty(notebook)
        .map_err(|error| ErrorInfo::internal(format!("the notebook cannot be printed: {error}")))
}

/// Writes a notebook whole.
///
/// # Errors
/// The folder cannot be written.
pub fn save(path: &Path, notebook: &Notebook) -> Result<String, ErrorInfo> {
    let text = print(notebook)?;
    write_whole(path, text.as_bytes())?;
    Ok(text)
}

/// Carries out an edit.
///
/// # Errors
/// An unknown cell, a taken name, another kind, or a cycle; the notebook is unchanged then.
pub fn apply(notebook: &Notebook, edits: &[Edit]) -> Result<Notebook, ErrorInfo> {
    let mut changed = notebook.clone();
    for edit in edits {
        apply_one(&mut changed, edit)?;
    }
    check(&changed)?;
    Ok(changed)
}

fn apply_one(notebook: &mut Notebook, edit: &Edit) -> Result<(), ErrorInfo> {
    let index_of = |notebook: &Notebook, name: &str| {
        notebook
            .cells
            .iter()
            .position(|cell| cell.name == name)
            .ok_or_else(|| ErrorInfo::usage(format!("there is no cell {name:?}")).in_cell(name))
    };
    match edit {
        Edit::SetTitle { title } => notebook.title.clone_from(title),
        Edit::AddCell { after, cell } => {
            let at = match after {
                Some(name) => index_of(notebook, name)? + 1,
                None => 0,
            };
            let mut cell = cell.clone();
            cell.name = free_name(notebook, cell.name.trim());
            notebook.cells.insert(at, cell);
        }
        Edit::RemoveCell { name } => {
            let index = index_of(notebook, name)?;
            notebook.cells.remove(index);
        }
        Edit::MoveCell { name, to } => {
            let index = index_of(notebook, name)?;
            let cell = notebook.cells.remove(index);
            notebook.cells.insert((*to).min(notebook.cells.len()), cell);
        }
        Edit::RenameCell { name, to } => {
            let to = to.trim();
            let index = index_of(notebook, name)?;
            if to.is_empty() {
                return Err(ErrorInfo::usage("a cell needs a name").in_cell(name));
            }
            if to != name && notebook.cells.iter().any(|cell| cell.name == to) {
                return Err(ErrorInfo::usage(format!("another cell is called {to:?}"))
                    .in_cell(name)
                    .hint("choose another name"));
            }
            notebook.cells[index].name = to.to_owned();
            for cell in &mut notebook.cells {
                for input in cell.body.inputs_mut() {
                    if input == name {
                        to.clone_into(input);
                    }
                }
                if let CellBody::Wrangle(wrangle) = &mut cell.body {
                    for step in &mut wrangle.steps {
                        if let StepOp::Sql(sql) = &mut step.op {
                            sql.query = renamed_in_query(&sql.query, name, to);
                        }
                    }
                }
            }
        }
        Edit::SetBody { name, body } => {
            let index = index_of(notebook, name)?;
            if notebook.cells[index].body.kind() != body.kind() {
                return Err(ErrorInfo::usage("a cell cannot change its kind").in_cell(name).hint("add a new cell"));
            }
            notebook.cells[index].body = body.clone();
        }
    }
    Ok(())
}

fn free_name(notebook: &Notebook, wanted: &str) -> String {
    let wanted = if wanted.is_empty() { "Cell" } else { wanted };
    let taken = |name: &str| notebook.cells.iter().any(|cell| cell.name == name);
    if !taken(wanted) {
        return wanted.to_owned();
    }
    (2..).map(|number| format!("{wanted} {number}")).find(|name| !taken(name)).expect("some number is free")
}

/// Carries out `--set CELL.PARAM=VALUE` on a copy: the parameter may lie in the cell itself or in its `params`.
///
/// # Errors
/// An unknown cell or parameter, or a value that does not fit.
pub fn set_params(notebook: &Notebook, set: &[(String, String)]) -> Result<Notebook, ErrorInfo> {
    let mut changed = notebook.clone();
    for (path, text) in set {
        let (name, param) = notebook
            .cells
            .iter()
            .filter_map(|cell| Some((cell.name.as_str(), path.strip_prefix(&cell.name)?.strip_prefix('.')?)))
            .max_by_key(|(name, _)| name.len())
            .ok_or_else(|| {
                let names: Vec<&str> = notebook.cells.iter().map(|cell| cell.name.as_str()).collect();
                ErrorInfo::usage(format!("{path} does not begin with the name of a cell and a dot"))
                    .hint(format!("cells are {}", names.join(", ")))
            })?;
        let cell = changed.cells.iter_mut().find(|cell| cell.name == name).expect("found above");
        cell.body = set_one(&cell.body, name, param, text)?;
    }
    check(&changed)?;
    Ok(changed)
}

fn set_one(body: &CellBody, name: &str, param: &str, text: &str) -> Result<CellBody, ErrorInfo> {
    let bad = |error: &dyn std::fmt::Display| {
        ErrorInfo::usage(format!("{name}.{param} cannot be {text:?}: {error}")).in_cell(name)
    };
    let mut value = toml::Value::try_from(body).map_err(|error| bad(&error))?;
    let table = value.as_table_mut().expect("a cell is a table");
    // As TOML where it is (numbers, true, lists), as text otherwise.
    let parsed = toml::from_str::<BTreeMap<String, toml::Value>>(&format!("v = {text}"))
        .ok()
        .and_then(|mut one| one.remove("v"))
        .unwrap_or_else(|| toml::Value::String(text.to_owned()));
    let takes_params = matches!(body, CellBody::Train(_) | CellBody::Sweep(_));
    let mut of_cell = table.clone();
    of_cell.insert(param.to_owned(), parsed.clone());
    if let Ok(changed) = toml::Value::Table(of_cell).try_into::<CellBody>() {
        return Ok(changed);
    }
    if !takes_params {
        return Err(bad(&"the cell has no such parameter, or the value does not fit"));
    }
    let params = table.entry("params").or_insert_with(|| toml::Value::Table(toml::Table::new()));
    params.as_table_mut().expect("params is a table").insert(param.to_owned(), parsed);
    value.try_into().map_err(|error: toml::de::Error| bad(&error.message()))
}

/// A query in which a table goes by another name; the new one stands in double quotes unless it is a plain word.
fn renamed_in_query(query: &str, from: &str, to: &str) -> String {
    let plain = |name: &str| {
        name.chars().all(|letter| letter == '_' || letter.is_alphanumeric())
            && name.chars().next().is_some_and(|letter| !letter.is_numeric())
    };
    let new = if plain(to) { to.to_owned() } else { format!("\"{}\"", to.replace('"', "\"\"")) };
    let quoted = format!("\"{}\"", from.replace('"', "\"\""));
    let mut out = query.replace(&quoted, &new);
    if !plain(from) {
        return out;
    }
    let word = |letter: Option<char>| letter.is_some_and(|letter| letter == '_' || letter.is_alphanumeric());
    let mut at = 0;
    while let Some(found) = out[at..].find(from).map(|found| found + at) {
        let end = found + from.len();
        let inside = word(out[..found].chars().next_back()) || word(out[end..].chars().next());
        // An odd number of quotes before it: it is part of a text or a quoted name.
        let in_text = out[..found].matches('\'').count() % 2 == 1 || out[..found].matches('"').count() % 2 == 1;
        if inside || in_text {
            at = end;
        } else {
            out.replace_range(found..end, &new);
            at = found + new.len();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"schema = 1
title = "Small"

[[cell]]
name = "Patients"
kind = "data"
file = "data/patients.csv"

[[cell]]
name = "Split"
kind = "split"
input = "Patients"
method = "stratified"
by = "stroke"
train = 0.7
valid = 0.15
test = 0.15
seed = 42

[[cell]]
name = "Encode"
kind = "wrangle"
input = "Split"

[[cell.step]]
op = "one_hot"
columns = ["smoking"]

[[cell]]
name = "Trees"
kind = "train"
input = "Encode"
target = "stroke"
algorithm = "boosted_trees"

[cell.params]
rounds = 50
"#;

    #[test]
    fn a_notebook_survives_being_read_and_printed() {
        let notebook = parse(SMALL, "small.cairn").unwrap();
        let text = print(&notebook).unwrap();
        assert_eq!(parse(&text, "again").unwrap(), notebook);
        assert_eq!(print(&parse(&text, "again").unwrap()).unwrap(), text);
        assert!(text.contains("[[cell.step]]"), "{text}");
    }

    #[track_caller]
    fn refused(text: &str, message: &str, line: Option<u64>, cell: Option<&str>) {
        let error = parse(text, "n.cairn").unwrap_err();
        assert!(error.message.contains(message), "{error:?}");
        assert_eq!((error.place.line, error.place.cell.as_deref()), (line, cell), "{error:?}");
        assert_eq!(error.kind.exit_code(), 3);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_or_cell() {
        refused("schema = 1\ntitle = ", "not a notebook", Some(2), None);
        refused("title = \"x\"\n", "schema", None, None);
        refused("schema = 9\ntitle = \"x\"\n", "version 9", None, None);
        refused(&SMALL.replace("\"wrangle\"", "\"magic\""), "«magic»", Some(22), Some("Encode"));
        refused(&SMALL.replace("\"Split\"\nkind", "\"Patients\"\nkind"), "two cells", None, Some("Patients"));
        refused(&SMALL.replace("seed = 42", "sead = 42"), "«sead»", Some(18), Some("Split"));
        refused(&SMALL.replace("input = \"Patients\"", "input = \"Encode\""), "circle", None, Some("Split"));
    }

    #[test]
    fn renaming_follows_into_what_reads_the_cell() {
        let notebook = parse(SMALL, "n").unwrap();
        let rename = Edit::RenameCell { name: "Split".into(), to: "Parts".into() };
        let renamed = apply(&notebook, &[rename]).unwrap();
        assert_eq!(renamed.cells[2].body.inputs(), ["Parts"]);
        let taken = Edit::RenameCell { name: "Split".into(), to: "Trees".into() };
        assert!(apply(&notebook, &[taken]).is_err());
    }

    #[test]
    fn a_query_follows_a_renamed_cell() {
        let renamed = |query| renamed_in_query(query, "Labs", "Lab values");
        assert_eq!(
            renamed("select Labs.x from Labs where y = 'Labs'"),
            "select \"Lab values\".x from \"Lab values\" where y = 'Labs'"
        );
        assert_eq!(renamed("select LabsOld from \"Labs\""), "select LabsOld from \"Lab values\"");
        assert_eq!(renamed_in_query("select * from \"Lab values\"", "Lab values", "Labs"), "select * from Labs");
    }

    #[test]
    fn set_reaches_parameters_of_the_cell_and_of_the_algorithm() {
        let notebook = parse(SMALL, "n").unwrap();
        let set = |path: &str, value: &str| set_params(&notebook, &[(path.into(), value.into())]);
        let CellBody::Split(split) = &set("Split.seed", "7").unwrap().cells[1].body else { panic!("split") };
        assert_eq!(split.seed, 7);
        let CellBody::Train(train) = &set("Trees.learning_rate", "0.3").unwrap().cells[3].body else { panic!("train") };
        assert_eq!(train.params["learning_rate"].to_string(), "0.3");
        assert_eq!(train.params["rounds"].to_string(), "50");
        assert!(set("Split.sead", "7").is_err() && set("Nobody.seed", "7").is_err());
    }
}
