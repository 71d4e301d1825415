//! Running cells: what is stale, in the order of what reads what; and the jobs behind each kind of cell.

mod direct;
mod folds;
mod machine;
mod report;
mod sweep;
mod sweep_file;
mod table;
mod train;

pub use direct::train_file;
pub use machine::memory_bytes;
pub use report::{content_of_run, result_of_run, write_report};
pub use sweep_file::sweep_file;

use std::{sync::Arc, time::Instant};

use cairn_protocol::{
    ErrorInfo, ErrorKind,
    door::EventBody,
    notebook::{Cell, CellBody, CellKind, Notebook},
    results::{CellOutcome, CellResult, CellState, CellView, OutcomeStatus},
};

use crate::{
    engine::Inner,
    jobs::Job,
    keys::Key,
    notebook::{graph, session::Session},
    project::{Project, locked},
};

/// Everything a running cell needs.
pub struct Run<'a> {
    /// The engine.
    pub engine: &'a Inner,
    /// The project.
    pub project: &'a Project,
    /// Path of the notebook.
    pub path: &'a str,
    /// The notebook as it was when the run began.
    pub notebook: &'a Notebook,
    /// The job, for progress and cancel.
    pub job: &'a Job,
    /// Keys of all cells, as far as they can be told.
    pub keys: std::collections::BTreeMap<String, Result<Key, ErrorInfo>>,
    /// Code state, read once for all cells of the run.
    pub code: crate::git::CodeState,
}

/// What a cell made.
pub struct Made {
    /// Its result.
    pub result: CellResult,
    /// What its card shows (name, state and time are filled in by the caller).
    pub view: CellView,
}

impl Run<'_> {
    /// The key of a cell.
    ///
    /// # Errors
    /// It cannot be told: a file or an input is missing.
    pub fn key(&self, cell: &str) -> Result<&Key, ErrorInfo> {
        match self.keys.get(cell) {
            Some(Ok(key)) => Ok(key),
            Some(Err(error)) => Err(error.clone()),
            None => Err(ErrorInfo::usage(format!("there is no cell {cell:?}"))),
        }
    }

    /// The table of a cell that ran.
    ///
    /// # Errors
    /// The cell holds no table.
    pub fn table(&self, cell: &str) -> Result<Arc<cairn_data::Table>, ErrorInfo> {
        let key = self.key(cell)?;
        self.project.cache.table(&key.whole).ok_or_else(|| {
            ErrorInfo::bad_input(format!("{cell:?} holds no table")).hint("choose a data, split or wrangle cell")
        })
    }

    fn make(&self, cell: &Cell) -> Result<Made, ErrorInfo> {
        match &cell.body {
            CellBody::Data(data) => table::data(self, cell, data),
            CellBody::Wrangle(wrangle) => table::wrangle(self, cell, wrangle),
            CellBody::Split(split) => table::split(self, cell, split),
            CellBody::Train(train) => train::train(self, cell, train),
            CellBody::Sweep(sweep) => sweep::sweep(self, cell, sweep),
            CellBody::Report(report) => report::report(self, cell, report),
            CellBody::Note(_) => Err(ErrorInfo::internal("a note does not run")),
        }
        .map_err(|error| if error.place.cell.is_none() { error.in_cell(&cell.name) } else { error })
    }
}

/// What to run.
pub struct Wanted<'a> {
    /// Names of cells; empty: every cell that is not up to date.
    pub cells: &'a [String],
    /// Run the named cells even when they are up to date.
    pub force: bool,
}

/// Runs cells of a notebook. With a session, the cells' states are shown as they change.
///
/// # Errors
/// A name that is not in the notebook, or a circle; what goes wrong in a cell stands in its outcome.
pub fn run_cells(
    engine: &Inner,
    project: &Project,
    path: &str,
    notebook: &Notebook,
    session: Option<&Arc<std::sync::Mutex<Session>>>,
    wanted: &Wanted<'_>,
    job: &Job,
) -> Result<Vec<CellOutcome>, ErrorInfo> {
    for name in wanted.cells {
        graph::need(notebook, name)?;
    }
    let _one_at_a_time = locked(&project.running);
    job.check()?;
    let chosen = if wanted.cells.is_empty() {
        notebook.cells.iter().map(|cell| cell.name.clone()).collect()
    } else {
        graph::with_ancestors(notebook, wanted.cells)
    };
    let order: Vec<&Cell> = graph::order(notebook)?
        .into_iter()
        .map(|at| &notebook.cells[at])
        .filter(|cell| chosen.contains(&cell.name) && cell.body.kind() != CellKind::Note)
        .collect();
    let run = Run {
        engine,
        project,
        path,
        notebook,
        job,
        keys: project.keys(notebook, &engine.kernels),
        code: crate::git::code_state(&project.root),
    };
    let shown = Shown { engine, project, path, session };
    let must = |cell: &Cell| {
        let forced = wanted.force && (wanted.cells.is_empty() || wanted.cells.contains(&cell.name));
        forced || run.key(&cell.name).ok().is_none_or(|key| project.cache.view(&key.whole).is_none())
    };
    for cell in order.iter().filter(|cell| must(cell)) {
        shown.set(&cell.name, Some(CellState::Queued));
    }
    let mut outcomes: Vec<CellOutcome> = Vec::new();
    let mut not_run: std::collections::HashSet<&str> = std::collections::HashSet::new();
    let mut interrupted = None;
    for cell in &order {
        let failed_input = cell.body.inputs().into_iter().find(|input| not_run.contains(input));
        let outcome = if let Some(input) = failed_input {
            skipped(cell, format!("{input} did not run"))
        } else if interrupted.is_some() {
            skipped(cell, "cancelled".into())
        } else {
            run_one(&run, cell, must(cell), &shown, session)
        };
        shown.set(&cell.name, None);
        if outcome.error.as_ref().is_some_and(|error| error.kind == ErrorKind::Interrupted) {
            interrupted.clone_from(&outcome.error);
        }
        if matches!(outcome.status, OutcomeStatus::Failed | OutcomeStatus::Skipped) {
            not_run.insert(&cell.name);
        }
        outcomes.push(outcome);
    }
    if let Some(session) = session {
        locked(session).remember();
    }
    match interrupted {
        Some(error) if session.is_some() => Err(error),
        _ => Ok(outcomes),
    }
}

fn skipped(cell: &Cell, message: String) -> CellOutcome {
    CellOutcome {
        name: cell.name.clone(),
        kind: cell.body.kind(),
        status: OutcomeStatus::Skipped,
        elapsed_secs: 0.0,
        rows: None,
        columns: None,
        run_id: None,
        message,
        error: None,
    }
}

fn run_one(
    run: &Run<'_>,
    cell: &Cell,
    must: bool,
    shown: &Shown<'_>,
    session: Option<&Arc<std::sync::Mutex<Session>>>,
) -> CellOutcome {
    let started = Instant::now();
    let outcome = |status: OutcomeStatus, view: &CellView, message: String, error: Option<ErrorInfo>| CellOutcome {
        name: cell.name.clone(),
        kind: cell.body.kind(),
        status,
        elapsed_secs: started.elapsed().as_secs_f64(),
        rows: view.rows,
        columns: view.columns,
        run_id: view.run_id.clone(),
        message,
        error,
    };
    let key = match run.key(&cell.name) {
        Ok(key) => key,
        Err(error) => return outcome(OutcomeStatus::Failed, &CellView::default(), error.to_string(), Some(error)),
    };
    if !must && let Some(view) = run.project.cache.view(&key.whole) {
        if let Some(session) = session {
            locked(session).ran(&cell.name, key, view.elapsed_secs);
        }
        return outcome(OutcomeStatus::Cached, &view, view.summary.clone(), None);
    }
    run.job.at_cell(format!("Run {}", cell.name), (run.path.to_owned(), cell.name.clone()));
    run.job.progress(None, "");
    shown.set(&cell.name, Some(CellState::Running));
    let made = run.job.check().and_then(|()| {
        // A panic in a library ends the cell, never the window.
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run.make(cell))).unwrap_or_else(|panic| {
            let what = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
                .unwrap_or_default();
            Err(ErrorInfo::internal(format!("a fault inside Cairn: {what}")).in_cell(&cell.name))
        })
    });
    let elapsed_secs = started.elapsed().as_secs_f64();
    let stored = made.and_then(|made| {
        let view = CellView { elapsed_secs, ran_at: crate::now(), ..made.view };
        run.project.cache.put(&key.whole, made.result, view.clone())?;
        Ok(view)
    });
    match stored {
        Ok(view) => {
            if let Some(session) = session {
                locked(session).ran(&cell.name, key, elapsed_secs);
            }
            run.job.log(format!("{}: {}", cell.name, view.summary));
            outcome(OutcomeStatus::Done, &view, view.summary.clone(), None)
        }
        Err(error) => {
            if let Some(session) = session
                && error.kind != ErrorKind::Interrupted
            {
                locked(session).fail(&cell.name, Some(key), error.clone());
            }
            run.job.log(error.to_string());
            outcome(OutcomeStatus::Failed, &CellView::default(), error.to_string(), Some(error))
        }
    }
}

/// Where the states of cells are shown.
struct Shown<'a> {
    engine: &'a Inner,
    project: &'a Project,
    path: &'a str,
    session: Option<&'a Arc<std::sync::Mutex<Session>>>,
}

impl Shown<'_> {
    fn set(&self, cell: &str, state: Option<CellState>) {
        let Some(session) = self.session else { return };
        let mut session = locked(session);
        session.set_busy(cell, state);
        if let Some(view) = self.project.view_cell(&session, cell, &self.engine.kernels) {
            drop(session);
            self.engine.events.say(EventBody::Cell { notebook: self.path.to_owned(), cell: view });
        }
    }
}
