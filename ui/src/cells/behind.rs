//! Steps put behind a table that a person looks at: at the end of its own recipe where it is a wrangle cell's, else in
//! a wrangle cell behind it, which what read the table reads from then on. The file and the cell stay as they are.

use cairn_protocol::{
    notebook::{Cell, CellBody, Edit, Notebook, WrangleCell},
    steps::{CellEdit, EditCells, Step, StepOp},
};

/// The changes to a notebook that make steps of a view of a cell's table, as one undo point.
#[must_use]
pub fn kept(notebook: &Notebook, table: &str, steps: Vec<Step>) -> Vec<Edit> {
    match notebook.cells.iter().find(|cell| cell.name == table).map(|cell| &cell.body) {
        Some(CellBody::Wrangle(wrangle)) => {
            let mut wrangle = wrangle.clone();
            wrangle.steps.extend(steps);
            vec![Edit::SetBody { name: table.to_owned(), body: CellBody::Wrangle(wrangle) }]
        }
        _ => between(notebook, table, "view", steps),
    }
}

/// The changes to a notebook that record an edit of a cell of a data cell's table: the file stays as it is, a wrangle
/// cell behind it holds the edits, and what read the data reads that cell.
#[must_use]
pub fn recorded(notebook: &Notebook, data: &str, edit: CellEdit) -> Vec<Edit> {
    let edits_of = |cell: &Cell| match &cell.body {
        CellBody::Wrangle(wrangle) if wrangle.input == data => match wrangle.steps.as_slice() {
            [Step { op: StepOp::EditCells(edits), enabled: true }] => Some(edits.clone()),
            _ => None,
        },
        _ => None,
    };
    if let Some((cell, mut edits)) = notebook.cells.iter().find_map(|cell| Some((cell, edits_of(cell)?))) {
        extend(&mut edits, edit);
        let step = Step { op: StepOp::EditCells(edits), enabled: true };
        let body = CellBody::Wrangle(WrangleCell { input: data.to_owned(), steps: vec![step] });
        return vec![Edit::SetBody { name: cell.name.clone(), body }];
    }
    let step = Step { op: StepOp::EditCells(EditCells { edits: vec![edit] }), enabled: true };
    between(notebook, data, "edits", vec![step])
}

/// Adds an edit to others; of two of the same cell the later one counts.
pub fn extend(edits: &mut EditCells, edit: CellEdit) {
    edits.edits.retain(|known| known.row != edit.row || known.column != edit.column);
    edits.edits.push(edit);
}

/// A wrangle cell between a table and what reads it.
fn between(notebook: &Notebook, input: &str, what: &str, steps: Vec<Step>) -> Vec<Edit> {
    let taken = |name: &str| notebook.cells.iter().any(|cell| cell.name == name);
    let base = format!("{input} {what}");
    let name = std::iter::once(base.clone())
        .chain((2..).map(|number| format!("{base} {number}")))
        .find(|name| !taken(name))
        .expect("whole numbers outnumber cells");
    let body = CellBody::Wrangle(WrangleCell { input: input.to_owned(), steps });
    let mut changes = vec![Edit::AddCell { after: Some(input.to_owned()), cell: Cell { name: name.clone(), body } }];
    for reader in &notebook.cells {
        let mut body = reader.body.clone();
        let mut reads = false;
        for of in body.inputs_mut() {
            if of == input {
                of.clone_from(&name);
                reads = true;
            }
        }
        if reads {
            changes.push(Edit::SetBody { name: reader.name.clone(), body });
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use cairn_protocol::notebook::DataCell;

    use super::*;

    fn notebook() -> Notebook {
        let data = Cell { name: "Patients".into(), body: CellBody::Data(DataCell::default()) };
        let reader = Cell {
            name: "Clean".into(),
            body: CellBody::Wrangle(WrangleCell { input: "Patients".into(), steps: Vec::new() }),
        };
        Notebook { schema: 1, title: String::new(), cells: vec![data, reader] }
    }

    #[test]
    fn edits_are_recorded_in_a_cell_of_their_own() {
        let mut notebook = notebook();
        let edit = |row, value: &str| CellEdit {
            row,
            column: "age".into(),
            value: Some(cairn_protocol::ParamValue::Text(value.into())),
        };
        let changes = recorded(&notebook, "Patients", edit(3, "a"));
        let [Edit::AddCell { after, cell }, Edit::SetBody { name, body }] = changes.as_slice() else {
            panic!("{changes:?}")
        };
        assert_eq!(
            (after.as_deref(), cell.name.as_str(), name.as_str()),
            (Some("Patients"), "Patients edits", "Clean")
        );
        assert_eq!(body.inputs(), ["Patients edits"]);
        notebook.cells.insert(1, cell.clone());
        // The same cell again: the later value counts, and no second cell is made.
        let changes = recorded(&notebook, "Patients", edit(3, "b"));
        let [Edit::SetBody { body: CellBody::Wrangle(wrangle), .. }] = changes.as_slice() else {
            panic!("{changes:?}")
        };
        let StepOp::EditCells(edits) = &wrangle.steps[0].op else { panic!("{wrangle:?}") };
        assert_eq!(edits.edits, [edit(3, "b")]);
    }

    #[test]
    fn a_view_becomes_steps_behind_the_table_or_of_its_recipe() {
        let notebook = notebook();
        let step = || Step { op: StepOp::Drop { columns: vec!["id".into()] }, enabled: true };
        let changes = kept(&notebook, "Patients", vec![step()]);
        let [Edit::AddCell { cell, .. }, Edit::SetBody { name, body }] = changes.as_slice() else {
            panic!("{changes:?}")
        };
        assert_eq!(
            (cell.name.as_str(), name.as_str(), body.inputs()),
            ("Patients view", "Clean", vec!["Patients view"])
        );
        let changes = kept(&notebook, "Clean", vec![step()]);
        let [Edit::SetBody { name, body: CellBody::Wrangle(wrangle) }] = changes.as_slice() else {
            panic!("{changes:?}")
        };
        assert_eq!((name.as_str(), wrangle.steps.len()), ("Clean", 1));
    }
}
