//! The text of a notebook read so that an error names its line, cell and step, and the word that is not known.
//!
//! What a cell or a step may hold is what serde reads into its struct ([`cairn_protocol::reading`]): nothing in a file
//! is passed over in silence.

use cairn_protocol::{
    ErrorInfo,
    notebook::{Cell, CellBody, NOTEBOOK_SCHEMA, Notebook},
    reading::{Misread, Node},
    steps::{Step, catalogue},
};
use serde::Deserialize;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// Kinds of cells, for the message about an unknown one.
const KINDS: &str = "data, wrangle, split, train, sweep, report, note";

/// The text and what errors call it.
struct Source<'a> {
    text: &'a str,
    shown: &'a str,
}

/// Reads a notebook; names and references are not checked yet.
///
/// # Errors
/// As [`super::document::load`], but for names and cycles.
pub(super) fn read(text: &str, shown: &str) -> Result<Notebook, ErrorInfo> {
    let source = Source { text, shown };
    let document = DeTable::parse(text).map_err(|error| {
        let info = source
            .bad(format!("this is not a notebook: {}", error.message()))
            .hint("mend the line in a text editor, or take an earlier version from git; the file was not changed");
        match error.span() {
            Some(span) => info.at_line(source.line_of(span.start)),
            None => info,
        }
    })?;
    let table = document.get_ref();
    let schema = match table.get("schema").map(|value| node(value.get_ref())) {
        Some(Node::Int(schema)) => Some(schema),
        _ => None,
    };
    if schema != Some(i64::from(NOTEBOOK_SCHEMA)) {
        return Err(match schema {
            Some(later) if later > i64::from(NOTEBOOK_SCHEMA) => source
                .bad(format!("the notebook is of version {later}; this Cairn reads version {NOTEBOOK_SCHEMA}"))
                .hint("open it with a newer Cairn"),
            _ => source.bad("the notebook has no line `schema = 1`".into()).hint("is this a notebook of Cairn?"),
        });
    }
    let cells = table.get("cell").map(Spanned::get_ref);
    // An array of no cells, or what is no array at all, is read (and refused) with the rest.
    let listed = cells.and_then(DeValue::as_array).filter(|cells| !cells.is_empty());
    let rest = Node::Map(pairs(table, |key| key != "cell" || listed.is_none()));
    let mut notebook = Notebook::deserialize(rest).map_err(|misread| {
        let what = match &misread {
            Misread::UnknownKey { key, .. } => format!("a notebook has no key «{key}»"),
            other => format!("the notebook cannot be read: {other}"),
        };
        let info = source.bad(what).hint(misread.hint());
        let key = misread.word().and_then(|word| table.keys().find(|key| key.get_ref() == word));
        key.map_or(info.clone(), |key| info.at_line(source.line_of(key.span().start)))
    })?;
    for (index, cell) in listed.into_iter().flat_map(|cells| cells.iter()).enumerate() {
        notebook.cells.push(source.cell(index, cell)?);
    }
    Ok(notebook)
}

impl Source<'_> {
    fn bad(&self, what: String) -> ErrorInfo {
        ErrorInfo::bad_input(what).in_file(self.shown)
    }

    fn line_of(&self, offset: usize) -> u64 {
        1 + self.text.as_bytes()[..offset.min(self.text.len())].iter().filter(|byte| **byte == b'\n').count() as u64
    }

    /// The line of a word within a value, or that of the value.
    fn line(&self, within: &Spanned<DeValue<'_>>, word: Option<&str>) -> u64 {
        self.line_of(word.and_then(|word| place_of(within, word)).unwrap_or_else(|| within.span().start))
    }

    fn cell(&self, index: usize, cell: &Spanned<DeValue<'_>>) -> Result<Cell, ErrorInfo> {
        let text_of = |key: &str| cell.get_ref().get(key).and_then(|value| value.get_ref().as_str());
        let (name, kind) = (text_of("name"), text_of("kind").unwrap_or_default());
        let place = |info: ErrorInfo, word: Option<&str>| {
            let called = name.map_or_else(|| format!("number {}", index + 1), str::to_owned);
            info.in_file(self.shown).in_cell(called).at_line(self.line(cell, word))
        };
        if !KINDS.split(", ").any(|known| known == kind) {
            let info = ErrorInfo::bad_input(match kind {
                "" => "the cell has no kind".to_owned(),
                kind => format!("there is no kind of cell «{kind}»"),
            });
            return Err(place(info.hint(format!("kinds are {KINDS}")), Some(kind).filter(|kind| !kind.is_empty())));
        }
        if name.is_none_or(|name| name.trim().is_empty()) {
            return Err(
                place(ErrorInfo::bad_input("a cell has no name"), None).hint("give each cell a name of its own")
            );
        }
        let steps = cell.get_ref().get("step").and_then(|steps| steps.get_ref().as_array());
        let steps = steps.filter(|steps| kind == "wrangle" && !steps.is_empty());
        let keys = cell.get_ref().as_table().map(|table| pairs(table, |key| key != "step" || steps.is_none()));
        let mut read = Cell::deserialize(Node::Map(keys.unwrap_or_default())).map_err(|misread| {
            let what = match &misread {
                Misread::UnknownKey { key, .. } => format!("a {kind} cell has no key «{key}»"),
                other => format!("the cell cannot be read: {other}"),
            };
            place(ErrorInfo::bad_input(what).hint(misread.hint()), misread.word())
        })?;
        if let (CellBody::Wrangle(wrangle), Some(steps)) = (&mut read.body, steps) {
            for (at, step) in steps.iter().enumerate() {
                let read: Result<Step, _> = catalogue::read_step(&node(step.get_ref()));
                wrangle.steps.push(read.map_err(|unreadable| {
                    let line = self.line(step, unreadable.word.as_deref());
                    place(unreadable.info, None).at_line(line).at_step(at + 1)
                })?);
            }
        }
        Ok(read)
    }
}

/// Where a word stands as a key or a text, the first in the order of the file.
fn place_of(value: &Spanned<DeValue<'_>>, word: &str) -> Option<usize> {
    match value.get_ref() {
        DeValue::String(text) => (text == word).then(|| value.span().start),
        DeValue::Array(values) => values.iter().filter_map(|value| place_of(value, word)).min(),
        DeValue::Table(table) => table
            .iter()
            .filter_map(
                |(key, value)| {
                    if key.get_ref() == word { Some(key.span().start) } else { place_of(value, word) }
                },
            )
            .min(),
        _ => None,
    }
}

fn pairs(table: &DeTable<'_>, keep: impl Fn(&str) -> bool) -> Vec<(String, Node)> {
    let kept = table.iter().filter(|(key, _)| keep(key.get_ref()));
    kept.map(|(key, value)| (key.get_ref().to_string(), node(value.get_ref()))).collect()
}

/// A value of TOML; a date or time is the text that it is written as.
fn node(value: &DeValue<'_>) -> Node {
    match value {
        DeValue::String(text) => Node::Text(text.to_string()),
        DeValue::Integer(whole) => match i64::from_str_radix(whole.as_str(), whole.radix()) {
            Ok(value) => Node::Int(value),
            Err(_) => u64::from_str_radix(whole.as_str(), whole.radix())
                .map_or_else(|_| Node::Text(whole.to_string()), Node::Large),
        },
        DeValue::Float(number) => number.as_str().parse().map_or_else(|_| Node::Text(number.to_string()), Node::Float),
        DeValue::Boolean(yes) => Node::Bool(*yes),
        DeValue::Datetime(time) => Node::Text(time.to_string()),
        DeValue::Array(values) => Node::List(values.iter().map(|value| node(value.get_ref())).collect()),
        DeValue::Table(table) => Node::Map(pairs(table, |_| true)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECIPE: &str = r#"schema = 1
title = "Steps"

[[cell]]
name = "Clean"
kind = "wrangle"
input = "Data"

[[cell.step]]
op = "drop"
columns = ["x"]

[[cell.step]]
op = "filter"
conditions = [
    { column = "day", test = "less", value = 2024-02-29 },
    { column = "age", test = "greater", value = 0x10 },
]

[[cell]]
name = "Note"
kind = "note"
text = "[[cell]]"
"#;

    #[track_caller]
    fn refused(old: &str, new: &str, message: &str, line: u64, step: Option<usize>, hint: &str) {
        assert!(RECIPE.contains(old));
        let error = read(&RECIPE.replacen(old, new, 1), "steps.cairn").unwrap_err();
        assert!(error.message.contains(message), "{error:?}");
        assert!(error.hint.contains(hint), "{error:?}");
        assert_eq!((error.place.line, error.place.step), (Some(line), step), "{error:?}");
        assert_eq!(error.place.file.as_deref(), Some("steps.cairn"));
        assert_eq!(error.kind.exit_code(), 3);
    }

    #[test]
    fn a_notebook_is_read_with_its_dates_and_numbers() {
        let notebook = read(RECIPE, "steps.cairn").unwrap();
        let shown = toml::to_string(&notebook).unwrap();
        assert!(shown.contains("value = \"2024-02-29\"") && shown.contains("value = 16"), "{shown}");
        assert_eq!(read(&shown, "again").unwrap(), notebook);
        assert_eq!(read("schema = 1\ntitle = \"\"\ncell = []", "none").unwrap().cells, []);
    }

    #[test]
    fn a_word_that_is_not_known_is_named_with_its_line_and_step() {
        let clean = "did you mean «columns»? known keys are columns";
        refused(
            "columns = [\"x\"]",
            "colums = [\"x\"]",
            "«Drop columns» (drop) has no option «colums»",
            11,
            Some(1),
            clean,
        );
        refused(
            "column = \"age\"",
            "colum = \"age\"",
            "(filter) has no option «colum»",
            17,
            Some(2),
            "did you mean «column»?",
        );
        refused("\"less\"", "\"lesser\"", "there is no «lesser»", 16, Some(2), "did you mean «less»?");
        refused("op = \"drop\"", "op = \"dropp\"", "there is no operation «dropp»", 10, Some(1), "did you mean «drop»");
        refused("columns = [\"x\"]", "columns = \"x\"", "invalid type", 9, Some(1), "");
        refused("op = \"drop\"", "enabeld = true", "has no key «op»", 9, Some(1), "op = ");
        refused(
            "op = \"drop\"",
            "op = \"drop\"\nenabeld = false",
            "no option «enabeld»",
            11,
            Some(1),
            "known keys are columns",
        );
    }

    #[test]
    fn a_key_of_a_cell_or_notebook_that_is_not_known_is_named() {
        refused(
            "input = \"Data\"",
            "input = \"Data\"\ninptu = 1",
            "a wrangle cell has no key «inptu»",
            8,
            None,
            "did you mean «input»?",
        );
        refused("text = ", "txet = ", "a note cell has no key «txet»", 23, None, "did you mean «text»?");
        refused("kind = \"note\"", "knid = \"note\"", "the cell has no kind", 20, None, "kinds are data");
        refused("title = ", "tilte = ", "a notebook has no key «tilte»", 2, None, "did you mean «title»?");
        refused(
            "title = \"Steps\"",
            "title = \"Steps\"\nfuture = 1",
            "no key «future»",
            3,
            None,
            "a newer Cairn may know more",
        );
    }
}
