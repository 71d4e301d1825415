//! Where the step that a finding suggests goes: to the wrangle cell that reads the table, or to a new one that the
//! models behind the table then read. Always one undo point.

use cairn_protocol::{
    door::NotebookView,
    notebook::{Cell, CellBody, DataCell, Edit, WrangleCell},
    steps::Step,
    table::TableRef,
};

use crate::cells::{prefill, suggestions};

/// A place for steps.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// At the end of a wrangle cell's recipe.
    Append(String),
    /// In a new wrangle cell that reads this cell.
    New(String),
    /// In a new wrangle cell behind a new data cell that reads this file.
    NewData(String),
}

impl Place {
    /// What a person calls it.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::Append(cell) => cell.clone(),
            Self::New(input) => format!("New wrangle cell after {input}"),
            Self::NewData(_) => "New data and wrangle cell".into(),
        }
    }
}

/// The places for steps on a table, the one that fits best first: wrangle cells that read it (also through a split),
/// the table's own cell where it is one, then a new cell. None where the notebook has no such table.
#[must_use]
pub fn places(view: &NotebookView, table: &TableRef) -> Vec<Place> {
    let cells = &view.notebook.cells;
    let of_file = |path: &str| {
        cells.iter().find(|cell| matches!(&cell.body, CellBody::Data(data) if data.file == path)).map(|cell| &cell.name)
    };
    let name = match table {
        TableRef::Cell { notebook, cell } if *notebook == view.path => cell,
        TableRef::Cell { .. } => return Vec::new(),
        TableRef::File { path } => match of_file(path) {
            Some(name) => name,
            None => return vec![Place::NewData(path.clone())],
        },
    };
    let Some(index) = prefill::index_of(view, name) else { return Vec::new() };
    let splits: Vec<&str> = cells
        .iter()
        .filter(|cell| matches!(&cell.body, CellBody::Split(split) if split.input == *name))
        .map(|cell| cell.name.as_str())
        .collect();
    let reads = |input: &str| input == name || splits.contains(&input);
    let mut places = Vec::new();
    if matches!(cells[index].body, CellBody::Wrangle(_)) {
        places.push(Place::Append(name.clone()));
    }
    places.extend(cells.iter().filter_map(|cell| match &cell.body {
        CellBody::Wrangle(wrangle) if reads(&wrangle.input) => Some(Place::Append(cell.name.clone())),
        _ => None,
    }));
    places.push(Place::New(splits.first().map_or_else(|| name.clone(), |split| (*split).to_owned())));
    places
}

/// The changes that put a step there, as one undo point.
#[must_use]
pub fn edits(view: &NotebookView, place: &Place, step: &Step) -> Vec<Edit> {
    let cells = &view.notebook.cells;
    let new = |name: &str, input: &str| Cell {
        name: name.to_owned(),
        body: CellBody::Wrangle(WrangleCell { input: input.to_owned(), steps: vec![step.clone()] }),
    };
    match place {
        Place::Append(name) => match prefill::index_of(view, name).map(|index| &cells[index].body) {
            Some(CellBody::Wrangle(wrangle)) => {
                let mut wrangle = wrangle.clone();
                wrangle.steps.push(step.clone());
                vec![Edit::SetBody { name: name.clone(), body: CellBody::Wrangle(wrangle) }]
            }
            _ => Vec::new(),
        },
        Place::New(input) => {
            let name = free(cells, "Clean");
            let mut edits = vec![Edit::AddCell { after: Some(input.clone()), cell: new(&name, input) }];
            // Models that read the table as it was read the cleaned one from now on.
            for reader in cells {
                let mut body = reader.body.clone();
                let reads =
                    matches!(&body, CellBody::Train(_) | CellBody::Sweep(_)) && body.inputs() == [input.as_str()];
                if reads {
                    body.inputs_mut().into_iter().for_each(|of| of.clone_from(&name));
                    edits.push(Edit::SetBody { name: reader.name.clone(), body });
                }
            }
            edits
        }
        Place::NewData(path) => {
            let file = path.rsplit('/').next().unwrap_or(path);
            let data = free(cells, file.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or("Data"));
            let body = CellBody::Data(DataCell { file: path.clone(), ..DataCell::default() });
            let after = cells.last().map(|cell| cell.name.clone());
            vec![
                Edit::AddCell { after, cell: Cell { name: data.clone(), body } },
                Edit::AddCell { after: Some(data.clone()), cell: new(&free(cells, "Clean"), &data) },
            ]
        }
    }
}

/// Whether the recipe at that place answers the step already.
#[must_use]
pub fn is_answered(view: &NotebookView, place: &Place, step: &Step) -> bool {
    let Place::Append(name) = place else { return false };
    let body = prefill::index_of(view, name).map(|index| &view.notebook.cells[index].body);
    matches!(body, Some(CellBody::Wrangle(wrangle))
        if wrangle.steps.iter().any(|of| of.enabled && suggestions::answers(&of.op, &step.op)))
}

fn free(cells: &[Cell], base: &str) -> String {
    let taken = |name: &str| cells.iter().any(|cell| cell.name == name);
    std::iter::once(base.to_owned())
        .chain((2..).map(|number| format!("{base} {number}")))
        .find(|name| !taken(name))
        .expect("whole numbers outnumber cells")
}

#[cfg(test)]
mod tests {
    use cairn_protocol::{
        notebook::{Notebook, SplitCell},
        steps::StepOp,
    };

    use super::*;

    fn view(cells: Vec<(&str, CellBody)>) -> NotebookView {
        let cells = cells.into_iter().map(|(name, body)| Cell { name: name.into(), body }).collect();
        NotebookView {
            path: "a.cairn".into(),
            revision: 1,
            notebook: Notebook { schema: 1, title: String::new(), cells },
            cells: Vec::new(),
            can_undo: false,
            can_redo: false,
            auto_run: false,
            saved_at: String::new(),
            stale_secs: None,
        }
    }

    fn step() -> Step {
        Step { op: StepOp::Drop { columns: vec!["id".into()] }, enabled: true }
    }

    fn data() -> CellBody {
        CellBody::Data(DataCell { file: "data/p.csv".into(), ..DataCell::default() })
    }

    #[test]
    fn a_step_goes_to_the_recipe_behind_the_split() {
        let split = CellBody::Split(SplitCell { input: "P".into(), ..SplitCell::default() });
        let wrangle = CellBody::Wrangle(WrangleCell { input: "S".into(), steps: Vec::new() });
        let view = view(vec![("P", data()), ("S", split), ("Encode", wrangle)]);
        let table = TableRef::File { path: "data/p.csv".into() };
        let places = places(&view, &table);
        assert_eq!(places, [Place::Append("Encode".into()), Place::New("S".into())]);
        let [Edit::SetBody { name, body: CellBody::Wrangle(body) }] = &edits(&view, &places[0], &step())[..] else {
            panic!("one change")
        };
        assert_eq!((name.as_str(), body.steps.len()), ("Encode", 1));
    }

    #[test]
    fn a_new_recipe_stands_before_the_models() {
        let train = r#"{"kind":"train","input":"P","target":"stroke","algorithm":"boosted_trees"}"#;
        let train: CellBody = serde_json::from_str(train).unwrap();
        let view = view(vec![("P", data()), ("Clean", train)]);
        let table = TableRef::Cell { notebook: "a.cairn".into(), cell: "P".into() };
        let [Edit::AddCell { cell, .. }, Edit::SetBody { name, body }] =
            &edits(&view, &places(&view, &table)[0], &step())[..]
        else {
            panic!("two changes")
        };
        assert_eq!((cell.name.as_str(), name.as_str(), body.inputs()), ("Clean 2", "Clean", vec!["Clean 2"]));
    }
}
