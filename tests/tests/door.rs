//! The samples and the notebook through the door, as the window uses it.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::time::{Duration, Instant};

use cairn_engine::{Engine, Options};
use cairn_protocol::{
    ErrorKind, Request, Response,
    door::{EventBody, NotebookView},
    notebook::{Cell, CellBody, Edit, SplitCell, WrangleCell},
    results::{CellResult, CellState, OutcomeStatus},
    runs::RunStatus,
    steps::{FitScope, ScaleMethod, SortKey, Step, StepOp},
    table::{ColumnChange, TableQuery, TableRef},
};
use cairn_tests::{ask, engine, options, program, sample};

fn notebook(response: Response) -> NotebookView {
    match response {
        Response::Notebook(view) => view,
        other => panic!("a notebook, not {other:?}"),
    }
}

fn wait_for(heard: &cairn_engine::EventReceiver, what: &str, mut seen: impl FnMut(&EventBody) -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let event = heard.recv_timeout(left).unwrap_or_else(|_| panic!("{what} did not happen"));
        if seen(&event.body) {
            return;
        }
    }
}

fn state(engine: &Engine, path: &str, cell: &str) -> CellState {
    let view = notebook(ask(engine, Request::OpenNotebook { path: path.into() }));
    view.cells.iter().find(|view| view.name == cell).unwrap().state
}

#[test]
fn a_run_streams_states_metrics_and_ends_in_a_result() {
    let temp = tempfile::tempdir().unwrap();
    let engine = sample(temp.path(), "stroke");
    let heard = engine.listen();
    let path = "stroke.cairn".to_owned();
    let cells = vec!["Boosted trees".to_owned()];
    let Response::Started { job } = ask(&engine, Request::RunCells { path: path.clone(), cells, force: false }) else {
        panic!("started")
    };
    let (mut metrics, mut running) = (0, false);
    wait_for(&heard, "the end of the job", |event| {
        match event {
            EventBody::Metrics { .. } => metrics += 1,
            EventBody::Cell { cell, .. } => running |= cell.state == CellState::Running,
            EventBody::Job { job: seen } if seen.id == job && seen.status != RunStatus::Running => {
                assert_eq!(seen.status, RunStatus::Finished, "{seen:?}");
                return true;
            }
            _ => {}
        }
        false
    });
    assert!(metrics > 10 && running, "{metrics} metrics");
    let Response::CellResult(result) =
        ask(&engine, Request::CellResult { path: path.clone(), cell: "Boosted trees".into() })
    else {
        panic!("a result")
    };
    let CellResult::Train(train) = *result else { panic!("a training") };
    let valid = train.evaluation.parts.iter().find(|part| part.part == "valid").unwrap();
    assert!(valid.metrics[0].value.0 > 0.82 && valid.metrics[0].interval.is_some());
    assert!(!train.importance.is_empty() && !train.curves.is_empty());
    assert_eq!(train.importance[0].feature, "age", "age carries most of the signal");

    // A change upstream spreads down the graph at once, and undo takes it back without running anything.
    let CellBody::Split(split) =
        notebook(ask(&engine, Request::OpenNotebook { path: path.clone() })).notebook.cells[2].body.clone()
    else {
        panic!("the split")
    };
    let edit = Edit::SetBody { name: "Split".into(), body: CellBody::Split(SplitCell { seed: 1, ..split }) };
    ask(&engine, Request::EditNotebook { path: path.clone(), edits: vec![edit] });
    assert_eq!(state(&engine, &path, "Boosted trees"), CellState::Stale);
    assert_eq!(state(&engine, &path, "Patients"), CellState::UpToDate);
    ask(&engine, Request::Undo { path: path.clone() });
    assert_eq!(state(&engine, &path, "Boosted trees"), CellState::UpToDate);
    ask(&engine, Request::Redo { path: path.clone() });
    assert_eq!(state(&engine, &path, "Boosted trees"), CellState::Stale);
}

#[test]
fn a_job_can_be_cancelled_and_the_run_says_so() {
    let temp = tempfile::tempdir().unwrap();
    let engine = sample(temp.path(), "stroke");
    let path = "stroke.cairn".to_owned();
    let body = CellBody::Train(cairn_protocol::notebook::TrainCell {
        input: "Encode".into(),
        target: "stroke".into(),
        task: None,
        kernel: "classic".into(),
        algorithm: "boosted_trees".into(),
        ignore: Vec::new(),
        seed: 1,
        params: [
            ("trees".to_owned(), cairn_protocol::ParamValue::Int(5000)),
            ("early_stopping".to_owned(), cairn_protocol::ParamValue::Int(0)),
        ]
        .into(),
    });
    let cell = Cell { name: "Long".into(), body };
    ask(
        &engine,
        Request::EditNotebook { path: path.clone(), edits: vec![Edit::AddCell { after: Some("Encode".into()), cell }] },
    );
    let heard = engine.listen();
    let Response::Started { job } = ask(&engine, Request::RunCells { path, cells: vec!["Long".into()], force: false })
    else {
        panic!("started")
    };
    wait_for(&heard, "a metric", |event| matches!(event, EventBody::Metrics { .. }));
    let asked = Instant::now();
    ask(&engine, Request::CancelJob { job });
    wait_for(
        &heard,
        "the end",
        |event| matches!(event, EventBody::Job { job: seen } if seen.id == job && seen.status == RunStatus::Cancelled),
    );
    assert!(asked.elapsed() < Duration::from_secs(5), "a cancel takes effect soon");
    let Response::Runs(page) = ask(&engine, Request::Runs(Default::default())) else { panic!("runs") };
    assert_eq!(page.runs[0].status, RunStatus::Cancelled);
}

#[test]
fn a_fitted_step_refuses_to_learn_without_a_split_and_warns_when_told_to() {
    let temp = tempfile::tempdir().unwrap();
    let engine = sample(temp.path(), "digits");
    let path = "digits.cairn".to_owned();
    let scale = |fit| Step {
        op: StepOp::Scale(cairn_protocol::steps::Scale {
            columns: vec!["p0_2".into()],
            method: ScaleMethod::Standard,
            fit,
            ..Default::default()
        }),
        enabled: true,
    };
    let add = |name: &str, fit| {
        let body = CellBody::Wrangle(WrangleCell { input: "Digits".into(), steps: vec![scale(fit)] });
        Edit::AddCell { after: Some("Digits".into()), cell: Cell { name: name.into(), body } }
    };
    let edits = vec![add("Refused", FitScope::Train), add("Told", FitScope::All)];
    ask(&engine, Request::EditNotebook { path: path.clone(), edits });
    let run = |cell: &str| {
        let request = Request::RunCellsAndWait { path: path.clone(), cells: vec![cell.into()], set: Vec::new() };
        let Response::Outcomes { cells, .. } = ask(&engine, request) else { panic!("outcomes") };
        cells.into_iter().find(|outcome| outcome.name == cell).unwrap()
    };
    let refused = run("Refused");
    assert_eq!(refused.status, OutcomeStatus::Failed);
    let error = refused.error.unwrap();
    assert_eq!((error.kind, error.place.step), (ErrorKind::BadInput, Some(1)), "{error:?}");
    assert!(error.hint.contains("split"), "{error:?}");
    assert_eq!(run("Told").status, OutcomeStatus::Done);
    let view = notebook(ask(&engine, Request::OpenNotebook { path }));
    let told = view.cells.iter().find(|cell| cell.name == "Told").unwrap();
    assert_eq!(told.warnings, ["1 step fits on all rows"]);
}

#[test]
fn pages_follow_order_and_conditions() {
    let temp = tempfile::tempdir().unwrap();
    let engine = sample(temp.path(), "stroke");
    let table = TableRef::File { path: "data/patients.csv".into() };
    let page = |query: TableQuery| {
        let request = Request::Page { table: table.clone(), query, first_row: 0, rows: 3, first_column: 0, columns: 2 };
        let Response::Page(page) = ask(&engine, request) else { panic!("a page") };
        page
    };
    let plain = page(TableQuery::default());
    assert_eq!((plain.rows_total, plain.row_numbers, plain.columns.len()), (20_000, vec![0, 1, 2], 2));
    let key = |column: &str, descending| SortKey { column: column.into(), descending };
    let sorted = page(TableQuery { sort: vec![key("age", true)], ..TableQuery::default() });
    assert_eq!(sorted.columns[0].cells[0].as_deref(), Some("94"));
    let sorted = page(TableQuery { sort: vec![key("sex", false), key("age", true)], ..TableQuery::default() });
    assert_eq!(sorted.columns[1].cells[0].as_deref(), Some("F"));
    let ages: Vec<u32> = sorted.columns[0].cells.iter().flatten().map(|age| age.parse().unwrap()).collect();
    assert!(ages[0] > 85 && ages.is_sorted_by(|a, b| a >= b), "{ages:?}");
    let condition = cairn_protocol::steps::Condition {
        column: "sex".into(),
        test: cairn_protocol::steps::Test::Equal,
        value: Some(cairn_protocol::ParamValue::Text("F".into())),
        other: None,
    };
    let women = page(TableQuery { conditions: vec![condition], ..TableQuery::default() });
    assert!(women.rows_total > 5_000 && women.rows_total < 15_000);
    assert_eq!(women.columns[1].cells, vec![Some("F".to_owned()); 3]);
}

#[test]
fn a_preview_shows_what_a_step_would_do() {
    let temp = tempfile::tempdir().unwrap();
    let engine = sample(temp.path(), "stroke");
    let path = "stroke.cairn".to_owned();
    ask(&engine, Request::RunCellsAndWait { path: path.clone(), cells: vec!["Split".into()], set: Vec::new() });
    let view = notebook(ask(&engine, Request::OpenNotebook { path: path.clone() }));
    let CellBody::Wrangle(wrangle) = view.notebook.cells[3].body.clone() else { panic!("the recipe") };
    let steps: Vec<Step> = wrangle
        .steps
        .into_iter()
        .filter(|step| matches!(&step.op, StepOp::OneHot(cairn_protocol::steps::OneHot { columns, .. }) if columns[0] == "smoking"))
        .collect();
    let request = Request::PreviewSteps {
        path,
        cell: "Encode".into(),
        steps,
        upto: 1,
        against_input: false,
        first_row: 0,
        rows: 20,
    };
    let Response::Preview(preview) = ask(&engine, request) else { panic!("a preview") };
    assert_eq!(preview.train_rows, Some(14_000));
    assert_eq!(preview.outcome.fit_rows, Some(14_000));
    assert!(
        preview.outcome.added.len() > 6 && preview.outcome.removed == ["smoking", "income_band"],
        "{:?}",
        preview.outcome
    );
    let change =
        |name: &str| preview.page.columns.iter().find(|column| column.name == name).map(|column| column.change);
    assert_eq!(change("smoking"), Some(ColumnChange::Removed));
    assert_eq!(change("smoking_never"), Some(ColumnChange::Added));
}

#[test]
fn a_dropped_file_becomes_a_cell_that_runs() {
    let temp = tempfile::tempdir().unwrap();
    let outside = temp.path().join("sales.csv");
    std::fs::write(&outside, "day,amount\n2026-01-01,3\n2026-01-02,4\n").unwrap();
    let engine = engine(temp.path());
    let root = temp.path().join("p");
    ask(&engine, Request::NewProject { path: root.display().to_string(), sample: None });
    let heard = engine.listen();
    let view = notebook(ask(&engine, Request::AddData { path: outside.display().to_string(), notebook: None }));
    assert_eq!(view.notebook.cells[0].name, "Sales");
    wait_for(
        &heard,
        "the import",
        |event| matches!(event, EventBody::Cell { cell, .. } if cell.name == "Sales" && cell.state == CellState::UpToDate),
    );
    assert!(root.join("data/sales.csv").is_file() && outside.is_file(), "copied, not moved");
    let empty = temp.path().join("empty.csv");
    std::fs::write(&empty, "").unwrap();
    let refused = engine.call(Request::AddData { path: empty.display().to_string(), notebook: None }).unwrap_err();
    assert_eq!(refused.kind, ErrorKind::BadInput);
    let view = notebook(ask(&engine, Request::OpenNotebook { path: view.path }));
    assert_eq!(view.notebook.cells.len(), 1, "no cell is made of what cannot be read");
}

#[test]
fn what_changes_on_disk_is_seen() {
    let temp = tempfile::tempdir().unwrap();
    let kernels = temp.path().join("kernels");
    std::fs::create_dir(&kernels).unwrap();
    let engine = Engine::new(Options { kernel_folders: vec![kernels.clone()], ..options(temp.path()) });
    let root = temp.path().join("digits");
    ask(&engine, Request::NewProject { path: root.display().to_string(), sample: Some("digits".into()) });
    let path = "digits.cairn".to_owned();
    ask(&engine, Request::RunCellsAndWait { path: path.clone(), cells: vec!["Digits".into()], set: Vec::new() });
    let heard = engine.listen();

    let file = root.join("data/digits.csv");
    let mut text = std::fs::read_to_string(&file).unwrap();
    let last = text.lines().last().unwrap().to_owned();
    text.push_str(&format!("{last}\n"));
    std::fs::write(&file, text).unwrap();
    wait_for(
        &heard,
        "a stale mark",
        |event| matches!(event, EventBody::Cell { cell, .. } if cell.name == "Digits" && cell.state == CellState::Stale && cell.why == "digits.csv changed on disk"),
    );

    let notebook_file = root.join(&path);
    let text = std::fs::read_to_string(&notebook_file).unwrap().replace("Handwritten digits", "Digits by hand");
    std::fs::write(&notebook_file, text).unwrap();
    wait_for(
        &heard,
        "the notebook",
        |event| matches!(event, EventBody::Notebook { why, .. } if why == "changed on disk"),
    );
    let view = notebook(ask(&engine, Request::OpenNotebook { path: path.clone() }));
    assert!(view.notebook.title == "Digits by hand" && view.can_undo);

    std::fs::write(&notebook_file, "broken = ").unwrap();
    wait_for(&heard, "an error", |event| matches!(event, EventBody::Message { error: Some(_), .. }));
    let view = notebook(ask(&engine, Request::OpenNotebook { path }));
    assert_eq!(view.notebook.title, "Digits by hand", "the open notebook stays as it was");

    std::fs::write(
        kernels.join("mine.toml"),
        "schema = 1\nname = \"mine\"\nversion = \"1\"\ncommand = [\"cairn-kernel-classic\"]\n",
    )
    .unwrap();
    wait_for(&heard, "the kernel", |event| matches!(event, EventBody::Kernels));
    let Response::Kernels(view) = ask(&engine, Request::Kernels) else { panic!("kernels") };
    let mine = view.kernels.iter().find(|kernel| kernel.name == "mine").expect("found without a restart");
    assert_eq!(mine.status, "needs approval", "nothing of outside runs unasked");
}

/// A kernel that misbehaves in one way each; the engine and the project survive all of them.
#[track_caller]
fn faulty(how: &str, words: &[&str]) {
    let temp = tempfile::tempdir().unwrap();
    let kernels = temp.path().join("kernels");
    std::fs::create_dir(&kernels).unwrap();
    let command = format!("[{:?}, {how:?}]", program("cairn-kernel-faulty").display().to_string());
    std::fs::write(
        kernels.join("faulty.toml"),
        format!("schema = 1\nname = \"faulty\"\nversion = \"1\"\ncommand = {command}\n"),
    )
    .unwrap();
    let engine = Engine::new(Options { watch: false, kernel_folders: vec![kernels], ..options(temp.path()) });
    let path = temp.path().join("digits").display().to_string();
    ask(&engine, Request::NewProject { path, sample: Some("digits".into()) });
    let run = |set: &[(&str, &str)]| {
        let set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let request = Request::RunCellsAndWait { path: "digits.cairn".into(), cells: vec!["Logistic".into()], set };
        let Response::Outcomes { cells, .. } = ask(&engine, request) else { panic!("outcomes") };
        cells.into_iter().find(|cell| cell.name == "Logistic").unwrap()
    };
    let with_faulty = [("Logistic.kernel", "faulty"), ("Logistic.algorithm", ALGORITHM), ("Logistic.params", "{}")];
    let unapproved = run(&with_faulty).error.unwrap();
    assert!(unapproved.message.contains("not approved"), "{unapproved:?}");
    ask(&engine, Request::ApproveKernel { name: "faulty".into() });
    let failed = run(&with_faulty);
    assert_eq!(failed.status, OutcomeStatus::Failed);
    let error = failed.error.unwrap();
    for word in words {
        assert!(error.message.contains(word), "{word:?} is missing in {error:?}");
    }
    assert_eq!(run(&[]).status, OutcomeStatus::Done, "the next run with a sound kernel is fine");
}

/// What the misbehaving kernel says it can train.
const ALGORITHM: &str = "faulty";

#[test]
fn a_kernel_that_exits_at_the_handshake() {
    faulty("exit-at-hello", &["ended before its greeting", "last words"]);
}

#[test]
fn a_kernel_that_says_garbage() {
    faulty("garbage", &["instead of hello"]);
}

#[test]
fn a_kernel_of_another_protocol() {
    faulty("version", &["speaks protocol"]);
}

#[test]
fn a_kernel_that_crashes_in_the_middle() {
    faulty("crash", &["ended in the middle of the run", "signal"]);
}

#[test]
fn a_kernel_that_vanishes_without_an_answer() {
    faulty("vanish", &["ended in the middle of the run"]);
}

#[test]
fn a_kernel_that_says_it_failed() {
    faulty("fail", &[]);
}
