//! What a new cell starts with. The list of kinds puts first what fits after the cell above, and a new cell
//! comes filled in as far as the notebook tells: what it reads, the column to predict, a usable recipe of parts.
//! Nothing here draws; the guesses are the reader's to change.

use std::rc::Rc;

use cairn_protocol::{
    Algorithm, HyperparameterKind, ParamValue, Response, Task,
    door::{KernelsView, NotebookView},
    notebook::{
        Cell, CellBody, CellKind, DataCell, Goal, NoteCell, Objective, ReportCell, SplitCell, SplitMethod, SweepCell,
        SweepMethod, TrainCell, WrangleCell,
    },
    results::CellResult,
    sweeps::{Domain, SearchParam},
    table::{ColumnType, Profile},
};

use crate::store::Store;

/// Every kind, in the order of the list where nothing speaks for another.
pub const KINDS: [CellKind; 7] = [
    CellKind::Data,
    CellKind::Split,
    CellKind::Wrangle,
    CellKind::Train,
    CellKind::Sweep,
    CellKind::Report,
    CellKind::Note,
];

/// Name of a kind for people.
#[must_use]
pub fn kind_title(kind: CellKind) -> &'static str {
    match kind {
        CellKind::Data => "Data",
        CellKind::Wrangle => "Wrangle",
        CellKind::Split => "Split",
        CellKind::Train => "Train",
        CellKind::Sweep => "Sweep",
        CellKind::Report => "Report",
        CellKind::Note => "Note",
    }
}

/// One line about a kind.
#[must_use]
pub fn kind_about(kind: CellKind) -> &'static str {
    match kind {
        CellKind::Data => "A table from a file",
        CellKind::Wrangle => "Clean and encode, step by step",
        CellKind::Split => "Training, validation and test part",
        CellKind::Train => "One model",
        CellKind::Sweep => "Many trials over a search space",
        CellKind::Report => "A page that someone else can trust",
        CellKind::Note => "Text in Markdown",
    }
}

/// The kinds in the order of how well they fit after a cell, and how many of them fit best.
#[must_use]
pub fn offers(after: Option<CellKind>) -> (Vec<CellKind>, usize) {
    use CellKind::{Data, Note, Report, Split, Sweep, Train, Wrangle};
    let first: &[CellKind] = match after {
        None => &[Data, Note],
        Some(Data) => &[Split, Wrangle],
        Some(Split) => &[Wrangle, Train],
        Some(Wrangle) => &[Train, Sweep],
        Some(Train) => &[Report, Sweep, Train],
        Some(Sweep) => &[Report, Train],
        Some(Report | Note) => &[],
    };
    let mut all = first.to_vec();
    all.extend(KINDS.into_iter().filter(|kind| !first.contains(kind)));
    (all, first.len())
}

/// Index of a cell by name.
#[must_use]
pub fn index_of(view: &NotebookView, name: &str) -> Option<usize> {
    view.notebook.cells.iter().position(|cell| cell.name == name)
}

/// Whether a cell of this kind holds a table that others can read.
#[must_use]
pub fn is_table(kind: CellKind) -> bool {
    matches!(kind, CellKind::Data | CellKind::Wrangle | CellKind::Split)
}

/// Names of the cells that a cell of a kind can read: tables for most, models for a report.
#[must_use]
pub fn readable(view: &NotebookView, kind: CellKind, but: &str) -> Vec<String> {
    let fits = |of: CellKind| match kind {
        CellKind::Report => matches!(of, CellKind::Train | CellKind::Sweep),
        CellKind::Data | CellKind::Note => false,
        _ => is_table(of),
    };
    let cells = view.notebook.cells.iter();
    cells.filter(|cell| cell.name != but && fits(cell.body.kind())).map(|cell| cell.name.clone()).collect()
}

/// The columns a cell offers, taken from what it reads where it has not run yet.
#[must_use]
pub fn schema_of(view: &NotebookView, name: &str) -> Vec<(String, ColumnType)> {
    let mut name = name.to_owned();
    for _ in 0..view.notebook.cells.len() {
        let Some(index) = index_of(view, &name) else { break };
        if let Some(state) = view.cells.get(index)
            && !state.schema.is_empty()
        {
            return state.schema.clone();
        }
        match view.notebook.cells[index].body.inputs().first() {
            Some(input) => name = (*input).to_owned(),
            None => break,
        }
    }
    Vec::new()
}

/// The data cell that a cell comes from in the end.
#[must_use]
pub fn source_of(view: &NotebookView, name: &str) -> Option<String> {
    let mut name = name.to_owned();
    for _ in 0..=view.notebook.cells.len() {
        let cell = &view.notebook.cells[index_of(view, &name)?];
        if cell.body.kind() == CellKind::Data {
            return Some(name);
        }
        name = (*cell.body.inputs().first()?).to_owned();
    }
    None
}

/// The result of the data cell that a cell comes from, where it is known; [`profile_in`] finds its figures.
#[must_use]
pub fn source_result(store: &Store, view: &NotebookView, name: &str) -> Option<Rc<Response>> {
    let source = source_of(view, name)?;
    store.read(&cairn_protocol::Request::CellResult { path: view.path.clone(), cell: source }).value
}

/// The figures of the columns in the result of a data cell.
#[must_use]
pub fn profile_in(answer: &Response) -> Option<&Profile> {
    match answer {
        Response::CellResult(result) => match result.as_ref() {
            CellResult::Data { profile, .. } => Some(profile),
            _ => None,
        },
        _ => None,
    }
}

/// How many distinct values a column of the data has that a cell comes from.
#[must_use]
pub fn distinct_of(store: &Store, view: &NotebookView, cell: &str, column: &str) -> Option<u64> {
    let answer = source_result(store, view, cell)?;
    profile_in(&answer)?.columns.iter().find(|of| of.name == column).map(|of| of.distinct)
}

/// What predicting a column would be, as far as its type and number of values tell.
#[must_use]
pub fn task_of(column_type: Option<ColumnType>, distinct: Option<u64>) -> Task {
    match (column_type, distinct) {
        (_, Some(2)) | (Some(ColumnType::Bool), _) => Task::Binary,
        (Some(ColumnType::Text | ColumnType::Category), _) => Task::Multiclass,
        (Some(ColumnType::Int), Some(few)) if few <= 20 => Task::Multiclass,
        (Some(kind), _) if kind.is_numeric() => Task::Regression,
        _ => Task::Binary,
    }
}

/// The metric that a sweep optimises first.
#[must_use]
pub fn objective_of(task: Task) -> Objective {
    let (name, goal) = match task {
        Task::Binary => ("valid.auc", Goal::Maximize),
        Task::Multiclass => ("valid.log_loss", Goal::Minimize),
        Task::Regression => ("valid.rmse", Goal::Minimize),
    };
    Objective { name: name.into(), goal }
}

/// The column that looks like what one predicts: what another cell predicts already, then by name, then the last.
#[must_use]
pub fn guess_target(view: &NotebookView, schema: &[(String, ColumnType)]) -> String {
    let has = |name: &str| schema.is_empty() || schema.iter().any(|(column, _)| column == name);
    let known = view.notebook.cells.iter().rev().find_map(|cell| match &cell.body {
        CellBody::Train(train) => Some(train.target.as_str()),
        CellBody::Sweep(sweep) => Some(sweep.target.as_str()),
        CellBody::Split(split) => split.by.as_deref(),
        _ => None,
    });
    if let Some(target) = known.filter(|target| !target.is_empty() && has(target)) {
        return target.to_owned();
    }
    const NAMES: [&str; 10] =
        ["target", "label", "class", "outcome", "y", "churn", "churned", "default", "survived", "price"];
    let by_name = NAMES.iter().find_map(|wanted| {
        let mut columns = schema.iter();
        columns.find(|(column, _)| column.eq_ignore_ascii_case(wanted)).map(|(column, _)| column.clone())
    });
    by_name.or_else(|| schema.last().map(|(column, _)| column.clone())).unwrap_or_default()
}

/// The nearest cell at or above a place for which a condition holds; the last one anywhere otherwise.
fn nearest(view: &NotebookView, upto: usize, fits: impl Fn(CellKind) -> bool) -> String {
    let cells = &view.notebook.cells;
    let above = cells[..upto.min(cells.len())].iter().rev().find(|cell| fits(cell.body.kind()));
    let found = above.or_else(|| cells.iter().rev().find(|cell| fits(cell.body.kind())));
    found.map(|cell| cell.name.clone()).unwrap_or_default()
}

/// A kernel's algorithm that fits a task: the classic kernel's first, else the first of all.
#[must_use]
pub fn first_algorithm(kernels: &KernelsView, task: Task) -> Option<(&str, &Algorithm)> {
    let mut found = kernels.kernels.iter().flat_map(|kernel| {
        kernel.algorithms.iter().filter(|of| of.tasks.contains(&task)).map(move |of| (kernel.name.as_str(), of))
    });
    let first = found.next();
    if first.is_some_and(|(kernel, _)| kernel == "classic") {
        return first;
    }
    found.find(|(kernel, _)| *kernel == "classic").or(first)
}

/// The range that a search starts with; none for a value that no search changes by itself.
#[must_use]
pub fn default_domain(kind: &HyperparameterKind) -> Domain {
    match kind {
        HyperparameterKind::Float { low, high, log, search } => {
            let (low, high) = search.unwrap_or((*low, *high));
            Domain::Float { low, high, log: *log && low > 0.0, step: None }
        }
        HyperparameterKind::Int { low, high, log, search } => {
            let (low, high) = search.unwrap_or((*low, *high));
            Domain::Int { low, high, log: *log && low > 0 }
        }
        HyperparameterKind::Categorical { choices } => {
            Domain::Choice { choices: choices.iter().cloned().map(ParamValue::Text).collect(), probabilities: None }
        }
        HyperparameterKind::Bool => {
            Domain::Choice { choices: vec![ParamValue::Bool(false), ParamValue::Bool(true)], probabilities: None }
        }
    }
}

/// The space a sweep starts with: the hyperparameters that declare a search range, at most five.
#[must_use]
pub fn default_space(algorithm: &Algorithm) -> Vec<SearchParam> {
    let searched = |kind: &HyperparameterKind| {
        matches!(
            kind,
            HyperparameterKind::Float { search: Some(_), .. } | HyperparameterKind::Int { search: Some(_), .. }
        )
    };
    let mut chosen: Vec<_> = algorithm.params.iter().filter(|param| searched(&param.kind)).take(5).collect();
    if chosen.is_empty() {
        chosen = algorithm.params.iter().filter(|param| param.name != "seed").take(2).collect();
    }
    let entry = |param: &&cairn_protocol::Hyperparameter| SearchParam {
        name: param.name.clone(),
        domain: default_domain(&param.kind),
    };
    chosen.iter().map(entry).collect()
}

/// A new cell of a kind for the place after a cell. A data cell needs its file.
#[must_use]
pub fn new_cell(store: &Store, view: &NotebookView, after: Option<&str>, kind: CellKind, file: &str) -> Cell {
    let upto = after.and_then(|name| index_of(view, name)).map_or(0, |index| index + 1);
    let kernels = match store.read(&cairn_protocol::Request::Kernels).value.as_deref() {
        Some(Response::Kernels(kernels)) => kernels.clone(),
        _ => KernelsView::default(),
    };
    let input = match kind {
        CellKind::Split => nearest(view, upto, |of| matches!(of, CellKind::Data | CellKind::Wrangle)),
        CellKind::Wrangle | CellKind::Train | CellKind::Sweep => nearest(view, upto, is_table),
        _ => String::new(),
    };
    let schema = schema_of(view, &input);
    let target = guess_target(view, &schema);
    let distinct = || distinct_of(store, view, &input, &target);
    let column_type = schema.iter().find(|(column, _)| *column == target).map(|(_, of)| *of);
    let body = match kind {
        CellKind::Data => CellBody::Data(DataCell { file: file.to_owned(), ..DataCell::default() }),
        CellKind::Wrangle => CellBody::Wrangle(WrangleCell { input, steps: Vec::new() }),
        CellKind::Split => {
            let classes = task_of(column_type, distinct()) != Task::Regression && !target.is_empty();
            CellBody::Split(SplitCell {
                input,
                method: if classes { SplitMethod::Stratified } else { SplitMethod::Random },
                by: classes.then(|| target.clone()),
                train: 0.7,
                valid: 0.15,
                test: 0.15,
                ..SplitCell::default()
            })
        }
        CellKind::Train => {
            let found = first_algorithm(&kernels, task_of(column_type, distinct()));
            let (kernel, algorithm) =
                found.map_or(("classic", "boosted_trees"), |(kernel, of)| (kernel, of.name.as_str()));
            CellBody::Train(TrainCell {
                input,
                target: target.clone(),
                task: None,
                kernel: kernel.into(),
                algorithm: algorithm.into(),
                ignore: Vec::new(),
                seed: 0,
                params: cairn_protocol::Params::new(),
            })
        }
        CellKind::Sweep => {
            let task = task_of(column_type, distinct());
            new_sweep(view, upto, input, &target, task, &kernels)
        }
        CellKind::Report => {
            let models = |cells: &[Cell]| -> Vec<String> {
                let of = |cell: &&Cell| matches!(cell.body.kind(), CellKind::Train | CellKind::Sweep);
                cells.iter().filter(of).map(|cell| cell.name.clone()).collect()
            };
            let above = models(&view.notebook.cells[..upto]);
            let inputs = if above.is_empty() { models(&view.notebook.cells) } else { above };
            CellBody::Report(ReportCell { inputs, ..ReportCell::default() })
        }
        CellKind::Note => CellBody::Note(NoteCell { text: String::new() }),
    };
    Cell { name: new_name(&body, &kernels), body }
}

fn new_sweep(
    view: &NotebookView,
    upto: usize,
    input: String,
    target: &str,
    task: Task,
    kernels: &KernelsView,
) -> CellBody {
    // A model above lends its algorithm and what was set by hand.
    let cells = &view.notebook.cells;
    let above = cells[..upto.min(cells.len())].iter().rev().find_map(|cell| match &cell.body {
        CellBody::Train(train) if train.target == target => Some(train),
        _ => None,
    });
    let found = first_algorithm(kernels, task);
    let (kernel, algorithm) = match above {
        Some(train) => (train.kernel.clone(), train.algorithm.clone()),
        None => found.map_or_else(
            || ("classic".to_owned(), "boosted_trees".to_owned()),
            |(kernel, of)| (kernel.to_owned(), of.name.clone()),
        ),
    };
    let space = find_algorithm(kernels, &kernel, &algorithm).map(default_space).unwrap_or_default();
    let mut params = above.map(|train| train.params.clone()).unwrap_or_default();
    params.retain(|name, _| space.iter().all(|searched| searched.name != *name));
    CellBody::Sweep(SweepCell {
        input: above.map_or(input, |train| train.input.clone()),
        target: target.to_owned(),
        kernel,
        algorithm,
        ignore: above.map(|train| train.ignore.clone()).unwrap_or_default(),
        method: SweepMethod::Random,
        trials: Some(30),
        parallel: 1,
        objective: objective_of(task),
        seed: 0,
        params,
        space,
    })
}

/// An algorithm by the names of its kernel and its own.
#[must_use]
pub fn find_algorithm<'a>(kernels: &'a KernelsView, kernel: &str, algorithm: &str) -> Option<&'a Algorithm> {
    let kernel = kernels.kernels.iter().find(|of| of.name == kernel)?;
    kernel.algorithms.iter().find(|of| of.name == algorithm)
}

fn new_name(body: &CellBody, kernels: &KernelsView) -> String {
    match body {
        CellBody::Data(data) => {
            let file = data.file.rsplit(['/', '\\']).next().unwrap_or_default();
            let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
            if stem.is_empty() { "Data".into() } else { capitalised(stem) }
        }
        CellBody::Train(train) => find_algorithm(kernels, &train.kernel, &train.algorithm)
            .map_or_else(|| capitalised(&train.algorithm.replace('_', " ")), |of| of.title.clone()),
        other => kind_title(other.kind()).to_owned(),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cairn_protocol::{notebook::Notebook, results::CellView};

    fn notebook(cells: Vec<(&str, CellBody)>, schema: &[(&str, ColumnType)]) -> NotebookView {
        let schema: Vec<_> = schema.iter().map(|(name, of)| ((*name).to_owned(), *of)).collect();
        let state = |(index, (name, _)): (usize, &(&str, CellBody))| CellView {
            name: (*name).into(),
            schema: if index == 0 { schema.clone() } else { Vec::new() },
            ..CellView::default()
        };
        NotebookView {
            path: "a.cairn".into(),
            revision: 1,
            cells: cells.iter().enumerate().map(state).collect(),
            notebook: Notebook {
                schema: 1,
                title: "A".into(),
                cells: cells.into_iter().map(|(name, body)| Cell { name: name.into(), body }).collect(),
            },
            can_undo: false,
            can_redo: false,
            auto_run: false,
            saved_at: String::new(),
            stale_secs: None,
        }
    }

    fn patients() -> NotebookView {
        let data = CellBody::Data(DataCell { file: "patients.csv".into(), ..DataCell::default() });
        let encode = CellBody::Wrangle(WrangleCell { input: "Patients".into(), steps: Vec::new() });
        let columns = [("age", ColumnType::Int), ("outcome", ColumnType::Bool), ("region", ColumnType::Text)];
        notebook(vec![("Patients", data), ("Encode", encode)], &columns)
    }

    fn make(view: &NotebookView, after: Option<&str>, kind: CellKind) -> Cell {
        new_cell(&Store::default(), view, after, kind, "data/my file.csv")
    }

    #[test]
    fn what_fits_comes_first_and_nothing_is_lost() {
        let (kinds, fits) = offers(Some(CellKind::Data));
        assert_eq!(kinds[..fits], [CellKind::Split, CellKind::Wrangle]);
        assert_eq!(kinds.len(), KINDS.len());
        assert_eq!(offers(Some(CellKind::Train)).0[0], CellKind::Report);
    }

    #[test]
    fn a_model_reads_the_nearest_table_and_predicts_the_likely_column() {
        let CellBody::Train(train) = make(&patients(), Some("Encode"), CellKind::Train).body else { panic!() };
        assert_eq!((train.input.as_str(), train.target.as_str()), ("Encode", "outcome"));
        let above = make(&patients(), Some("Patients"), CellKind::Wrangle);
        assert_eq!(above.body.inputs(), ["Patients"]);
    }

    #[test]
    fn a_split_of_classes_keeps_their_shares() {
        let CellBody::Split(split) = make(&patients(), Some("Patients"), CellKind::Split).body else { panic!() };
        assert_eq!((split.method, split.by.as_deref()), (SplitMethod::Stratified, Some("outcome")));
        assert!((split.train + split.valid + split.test - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_target_that_the_table_lacks_is_not_taken_over() {
        let view = patients();
        let schema = [("x".to_owned(), ColumnType::Float), ("z".to_owned(), ColumnType::Float)];
        assert_eq!(guess_target(&view, &schema), "z");
    }

    #[test]
    fn a_data_cell_is_named_after_its_file() {
        assert_eq!(make(&patients(), None, CellKind::Data).name, "My file");
    }
}
