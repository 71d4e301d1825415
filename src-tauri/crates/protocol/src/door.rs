//! The door: requests, responses, events. Paths are relative to the project and use `/`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Algorithm, Device, ErrorInfo, Params, Real, Task,
    batch::{SplitFile, SplitRequest, WrangleRequest, WrangledFile},
    comparison::{CompareSide, Comparison},
    notebook::{Edit, ImportOptions, Notebook},
    quality::{Associations, Examination, QualityReport},
    results::{CellOutcome, CellResult, CellView, StepOutcome},
    runs::{LineageGraph, MetricSeries, Run, RunsDiff, RunsPage, RunsQuery},
    steps::Step,
    sweeps::{SweepCheck, SweepState, Trial},
    table::{ColumnProfile, FoundCell, ImportReport, Needle, Profile, TablePage, TableQuery, TableRef},
};

/// What a front end asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "requests are made one at a time and never kept in numbers")]
pub enum Request {
    /// Version, open project, samples, recent projects. Answer: `Welcome`.
    Welcome,
    /// Opens a project folder. Answer: `Project`.
    OpenProject {
        /// Path of the folder (absolute, or relative to the engine's own folder).
        path: String,
    },
    /// Makes a project folder, with a sample's files where one is named, and opens it. Answer: `Project`.
    NewProject {
        /// Path of the folder; must not exist or be empty. Empty: a fresh folder in the person's data folder.
        path: String,
        /// Name of a sample.
        sample: Option<String>,
    },
    /// Closes the project; running jobs are cancelled. Answer: `Done`.
    CloseProject,
    /// The open project: files, git, kernels. Answer: `Project`.
    Project,

    /// Reads a file and says what it found; keeps nothing. Answer: `Imported`.
    Import {
        /// Path of the file (absolute or relative to the project).
        path: String,
        /// How.
        options: ImportOptions,
        /// Write the table here: `.csv`, `.tsv`, `.ndjson` (each also `.gz`, `.zst`), `.parquet`, `.arrow` (absolute,
        /// or relative to the project).
        out: Option<String>,
        /// Rows of the table to send along; 0: none.
        preview_rows: usize,
    },
    /// Writes every record that reading a file rejects, in full: line, byte offset, reason, text. Reports list the first
    /// ones only. Answer: `Exported`.
    ExportRejects {
        /// Path of the file (absolute or relative to the project).
        path: String,
        /// How it is read.
        options: ImportOptions,
        /// Where to (absolute, or relative to the project): `.csv`, `.tsv`.
        out: String,
        /// Whether text that a spreadsheet would run as a formula gets an apostrophe.
        #[serde(default)]
        guard_formulas: bool,
    },
    /// Figures of every column of a file. Answer: `Profiled`.
    Profile {
        /// Path of the file (absolute or relative to the project).
        path: String,
        /// How to read it.
        options: ImportOptions,
    },
    /// Profile, quality and associations of a file, read once. Answer: `Examined`.
    Examine {
        /// Path of the file (absolute or relative to the project).
        path: String,
        /// How to read it.
        options: ImportOptions,
        /// The column to predict.
        #[serde(default)]
        target: Option<String>,
    },
    /// How two tables, two parts of a split or two files differ. Answer: `Compared`.
    Compare {
        /// The first.
        a: CompareSide,
        /// The second.
        b: CompareSide,
        /// Columns that name a row; empty: whole rows are compared.
        #[serde(default)]
        keys: Vec<String>,
    },
    /// Copies a file into the project's `data/` unless it is in the project already, and adds a data cell
    /// to a notebook. Answer: `Notebook`.
    AddData {
        /// Path of the file (absolute or relative to the project).
        path: String,
        /// Path of the notebook; none: the first one, or a new one.
        notebook: Option<String>,
    },

    /// A notebook with the state of its cells. Answer: `Notebook`.
    OpenNotebook {
        /// Path.
        path: String,
    },
    /// Makes an empty notebook. Answer: `Notebook`.
    NewNotebook {
        /// Path; a taken name is refused.
        path: String,
        /// Title.
        title: String,
    },
    /// Changes a notebook; saved before the answer. Answer: `Notebook`.
    EditNotebook {
        /// Path.
        path: String,
        /// The changes, as one undo point.
        edits: Vec<Edit>,
    },
    /// Takes the last change back. Answer: `Notebook`.
    Undo {
        /// Path.
        path: String,
    },
    /// Does the last change taken back again. Answer: `Notebook`.
    Redo {
        /// Path.
        path: String,
    },
    /// Runs cells and what they read, where stale. Answers at once: `Started`, then events.
    RunCells {
        /// Path.
        path: String,
        /// Names; empty: every stale cell.
        cells: Vec<String>,
        /// Run the named cells even when they are up to date.
        force: bool,
    },
    /// Runs cells and waits. Answer: `Outcomes`.
    RunCellsAndWait {
        /// Path.
        path: String,
        /// Names; empty: every stale cell.
        cells: Vec<String>,
        /// `CELL.PARAM` and value: changes for this run only (`--set`); the file stays.
        set: Vec<(String, String)>,
    },
    /// Whether cells run by themselves when they become stale. Answer: `Done`.
    SetAutoRun {
        /// Path.
        path: String,
        /// On or off.
        on: bool,
    },
    /// What a cell holds. Answer: `CellResult`.
    CellResult {
        /// Path.
        path: String,
        /// Name.
        cell: String,
    },
    /// What a wrangle cell would hold with these steps: the table before and after step `upto`. Answer: `Preview`.
    PreviewSteps {
        /// Path.
        path: String,
        /// Name of the wrangle cell.
        cell: String,
        /// The steps as they are being edited.
        steps: Vec<Step>,
        /// Number of the step looked at, from 1; 0: the input.
        upto: usize,
        /// Whether to compare with the cell's input rather than the step before.
        against_input: bool,
        /// First row of the window.
        first_row: u64,
        /// Rows of the window.
        rows: u64,
    },

    /// Replays a fitted recipe on a file and writes the result; runs what is stale before. Answer: `Applied`.
    ApplyRecipe {
        /// Path of a notebook, or of a portable recipe (`.json`).
        recipe: String,
        /// Name of the cell; none: the notebook's last wrangle cell.
        cell: Option<String>,
        /// The file to read (absolute, or relative to the project).
        input: String,
        /// How to read it; what is absent is taken from the notebook's data cell.
        options: ImportOptions,
        /// The file to write (absolute, or relative to the project): `.csv`, `.parquet`, `.arrow`.
        out: String,
        /// Whether the recipe is undone rather than replayed: the file holds what it made, and what it was made of is
        /// written.
        #[serde(default)]
        inverse: bool,
    },

    /// Runs steps on a file without a notebook, writes the result and the fitted recipe. Answer: `Wrangled`.
    WrangleFile(Box<WrangleRequest>),
    /// Splits a file, writes the parts and the certificate. Answer: `SplitFile`.
    SplitFile(Box<SplitRequest>),

    /// A window of a table. Answer: `Page`.
    Page {
        /// The table.
        table: TableRef,
        /// Order and conditions.
        query: TableQuery,
        /// First row of the window.
        first_row: u64,
        /// Rows of the window.
        rows: u64,
        /// First column of the window.
        first_column: u64,
        /// Columns of the window.
        columns: u64,
    },
    /// The next cell of a table that holds a text, in the order of a view. Answer: `Found`.
    Find {
        /// The table.
        table: TableRef,
        /// Order and conditions of the view.
        query: TableQuery,
        /// What is looked for.
        needle: Needle,
        /// Whether all cells that hold it are counted too.
        count: bool,
    },
    /// A window of a table as tab-separated text, cells in full. Answer: `Text`.
    CopyCells {
        /// The table.
        table: TableRef,
        /// Order and conditions of the view.
        query: TableQuery,
        /// First row of the window.
        first_row: u64,
        /// Rows of the window.
        rows: u64,
        /// Names of the columns, in the order in which they are copied.
        columns: Vec<String>,
        /// Whether the names stand above.
        header: bool,
    },
    /// Writes a table, or a view of it, to a file. Answer: `Exported`.
    ExportTable {
        /// The table.
        table: TableRef,
        /// Order, conditions and part: what is written, and in which order.
        #[serde(default)]
        query: TableQuery,
        /// Where to (absolute, or relative to the project); the ending says the format: `.csv`, `.tsv`, `.ndjson` (each
        /// also `.gz`, `.zst`), `.parquet`, `.arrow`.
        out: String,
        /// Whether text that a spreadsheet would run as a formula gets an apostrophe (text formats only).
        #[serde(default)]
        guard_formulas: bool,
    },
    /// Figures of every column of a table. Answer: `Profiled`.
    TableProfile {
        /// The table.
        table: TableRef,
    },
    /// The data-quality report of a table, on all rows. Answer: `Quality`.
    Quality {
        /// The table.
        table: TableRef,
        /// The column to predict: adds leakage, imbalance and the predictive power of each column.
        #[serde(default)]
        target: Option<String>,
    },
    /// How the columns of a table hang together. Answer: `Associations`.
    Associations {
        /// The table.
        table: TableRef,
        /// The column to predict; kept among the columns compared when there are too many.
        #[serde(default)]
        target: Option<String>,
    },
    /// Figures of one column, against a target where one is known. Answer: `Column`.
    Column {
        /// The table.
        table: TableRef,
        /// Name.
        column: String,
        /// A two-class column: its share within each value is given.
        target: Option<String>,
    },

    /// Kernels found. Answer: `Kernels`.
    Kernels,
    /// Runs a kernel through the protocol once and says what it keeps of it. Answer: `KernelChecked`.
    CheckKernel {
        /// Path of its manifest.
        path: String,
    },
    /// Lets an outside kernel run as its manifest and program are now. Answer: `Kernels`.
    ApproveKernel {
        /// Its name.
        name: String,
    },
    /// Splits, trains, evaluates, records; waits. Answer: `Trained`.
    Train(TrainRequest),
    /// Runs a sweep file, or checks it, or plans it; waits. Answer: `Sweep`, `SweepCheck` or `SweepPlan`.
    SweepFile(SweepFileRequest),

    /// Runs of the tracker. Answer: `Runs`.
    Runs(RunsQuery),
    /// One run with everything that is known. Answer: `Trained`.
    Run {
        /// Id, or a unique beginning of it, or a name.
        id: String,
    },
    /// Histories of metrics. Answer: `Series`.
    Metrics {
        /// Ids of runs.
        runs: Vec<String>,
        /// Names of metrics; empty: all.
        keys: Vec<String>,
        /// At most so many points each; extremes are kept. 0: all.
        max_points: usize,
    },
    /// How two runs differ. Answer: `Diff`.
    DiffRuns {
        /// The first.
        a: String,
        /// The second.
        b: String,
    },
    /// Sets a tag of a run; an empty value removes it. Answer: `Done`.
    TagRun {
        /// The run.
        id: String,
        /// Name.
        key: String,
        /// Value.
        value: String,
    },
    /// Ancestry and descendants of a node, or all of the project. Answer: `Lineage`.
    Lineage {
        /// A node, run, model, dataset or report (id or unique beginning); none: everything.
        id: Option<String>,
    },
    /// All sweeps, newest first, without their trials. Answer: `Sweeps`.
    Sweeps,
    /// One sweep with its trials. Answer: `Sweep`.
    Sweep {
        /// Id.
        id: String,
    },
    /// Writes a report of a notebook, a report cell (`NOTEBOOK#CELL`) or a run. Answer: `Report`.
    Report {
        /// Path of a notebook, `NOTEBOOK#CELL`, or id of a run.
        of: String,
        /// Where to (absolute, or relative to the project); `.html`. None: `reports/NAME.html`.
        out: Option<String>,
    },
    /// The text of a file of the project's `reports/`. Answer: `Text`.
    ReadReport {
        /// Path.
        path: String,
    },

    /// The recipe of a wrangle cell as code that runs without Cairn, or as a file that `cairn apply` replays. With
    /// `out` it is written there too (absolute, or relative to the project). Answer: `Code`.
    ExportCode {
        /// Path of the notebook.
        path: String,
        /// Name of the cell.
        cell: String,
        /// The language.
        to: CodeTarget,
        /// Where to.
        #[serde(default)]
        out: Option<String>,
    },

    /// Jobs that run or ended lately. Answer: `Jobs`.
    Jobs,
    /// Stops a job. Answer: `Done`.
    CancelJob {
        /// Its id.
        job: u64,
    },
    /// Commits everything that changed in the project. Answer: `Project`.
    Commit {
        /// The message.
        message: String,
    },
    /// Makes the project a git repository. Answer: `Project`.
    InitGit,
}

/// What a recipe is exported as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeTarget {
    /// Python with polars.
    #[default]
    Polars,
    /// Python with pandas and scikit-learn.
    Pandas,
    /// SQL, where it can be said.
    Sql,
    /// A file that `cairn apply` replays.
    Recipe,
}

/// `cairn train`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainRequest {
    /// Path of the file.
    pub path: String,
    /// The column to predict.
    pub target: String,
    /// Name of a kernel; none: `classic`.
    #[serde(default)]
    pub kernel: Option<String>,
    /// Name of an algorithm; none: boosted trees.
    #[serde(default)]
    pub algorithm: Option<String>,
    /// Hyperparameters that differ from their defaults.
    #[serde(default)]
    pub params: Params,
    /// What is predicted; none: told from the target.
    #[serde(default)]
    pub task: Option<Task>,
    /// The metric shown first.
    #[serde(default)]
    pub metric: Option<String>,
    /// Seed of split and training.
    #[serde(default)]
    pub seed: u64,
}

/// `cairn sweep`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SweepFileRequest {
    /// Path of the sweep file.
    pub path: String,
    /// What to do with it.
    pub mode: SweepFileMode,
    /// The data file, to run it.
    #[serde(default)]
    pub data: Option<String>,
    /// The column to predict, to run it.
    #[serde(default)]
    pub target: Option<String>,
    /// Trials at once.
    #[serde(default)]
    pub jobs: Option<usize>,
    /// Trials at most, or to plan.
    #[serde(default)]
    pub count: Option<usize>,
    /// Seed of the sampler.
    #[serde(default)]
    pub seed: Option<u64>,
    /// A sweep to go on with.
    #[serde(default)]
    pub resume: Option<String>,
}

/// What to do with a sweep file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum SweepFileMode {
    #[default]
    Run,
    Check,
    Plan,
}

/// What the engine answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "response", content = "value", rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is named by the request that it answers")]
pub enum Response {
    Done,
    Welcome(Welcome),
    Project(ProjectView),
    Imported {
        report: ImportReport,
        preview: Option<TablePage>,
        out: Option<String>,
    },
    Profiled(Profile),
    Examined(Box<Examination>),
    Compared(Box<Comparison>),
    Quality(Box<QualityReport>),
    Associations(Box<Associations>),
    Notebook(NotebookView),
    Started {
        job: u64,
    },
    Outcomes {
        notebook: String,
        cells: Vec<CellOutcome>,
    },
    CellResult(Box<CellResult>),
    Preview(StepPreview),
    Applied(AppliedRecipe),
    Wrangled(Box<WrangledFile>),
    SplitFile(Box<SplitFile>),
    Page(TablePage),
    Exported {
        out: String,
        rows: u64,
    },
    Found {
        cell: Option<FoundCell>,
        count: Option<u64>,
    },
    Column(ColumnDetail),
    Kernels(KernelsView),
    KernelChecked {
        valid: bool,
        checks: Vec<crate::results::Check>,
    },
    Trained(Box<crate::results::TrainResult>),
    Sweep(SweepState),
    Sweeps(Vec<SweepState>),
    SweepCheck(SweepCheck),
    SweepPlan {
        trials: Vec<Params>,
    },
    Runs(RunsPage),
    Series(Vec<MetricSeries>),
    Diff(RunsDiff),
    Lineage(LineageGraph),
    Report(crate::results::ReportResult),
    Text(String),
    /// `code` is complete; `notes` say what it cannot express and how it differs.
    Code {
        code: String,
        notes: Vec<String>,
    },
    Jobs(Vec<JobView>),
}

/// The first answer to a window.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    /// Version of Cairn.
    pub version: String,
    /// The open project.
    pub project: Option<ProjectView>,
    /// Built-in samples.
    pub samples: Vec<SampleInfo>,
    /// Projects opened before, newest first.
    pub recent: Vec<RecentProject>,
    /// Bytes the engine process holds in memory.
    pub memory_bytes: u64,
}

/// A built-in sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleInfo {
    /// Name for `--sample`.
    pub name: String,
    /// Title.
    pub title: String,
    /// «20,000 patients × 13 columns».
    pub shape: String,
    /// «two classes».
    pub task: String,
    /// «6 cells, runs in about 20 s».
    pub about: String,
}

/// A project opened before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentProject {
    /// Name of the folder.
    pub name: String,
    /// Path.
    pub path: String,
    /// RFC 3339 UTC of the last opening.
    pub opened_at: String,
}

/// An open project.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ProjectView {
    /// Name of the folder.
    pub name: String,
    /// Absolute path.
    pub path: String,
    /// Files, depth first, folders before files.
    pub entries: Vec<TreeEntry>,
    /// The repository; none where the project is in none.
    pub git: Option<GitView>,
}

/// A file or folder of a project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeEntry {
    /// Path.
    pub path: String,
    /// What it is to Cairn.
    pub kind: EntryKind,
    /// Size of a file.
    pub size_bytes: u64,
    /// Letter of git's status: `M`, `A`, `D`, `?`; empty when clean.
    pub git: String,
    /// Whether a notebook has stale cells.
    pub stale: bool,
}

/// What a file is to Cairn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum EntryKind {
    #[default]
    File,
    Folder,
    Data,
    Notebook,
    Report,
}

/// The repository of a project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitView {
    /// Branch; empty when detached.
    pub branch: String,
    /// Commit in hex; empty before the first.
    pub commit: String,
    /// Files changed since.
    pub changes: usize,
}

/// An open notebook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NotebookView {
    /// Path.
    pub path: String,
    /// Rises with every change.
    pub revision: u64,
    /// The notebook.
    pub notebook: Notebook,
    /// The state of each cell, in the notebook's order.
    pub cells: Vec<CellView>,
    /// Whether there is something to undo.
    pub can_undo: bool,
    /// Whether there is something to redo.
    pub can_redo: bool,
    /// Whether cells run by themselves.
    pub auto_run: bool,
    /// RFC 3339 UTC of the last save.
    pub saved_at: String,
    /// Seconds that running all stale cells is expected to take; none before they ran once.
    pub stale_secs: Option<f64>,
}

/// What a step would do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StepPreview {
    /// The window: columns of before and after, with their changes.
    pub page: TablePage,
    /// What the step looked at does.
    pub outcome: StepOutcome,
    /// What each step up to it does.
    pub steps: Vec<StepOutcome>,
    /// Columns before and after.
    pub columns: (u64, u64),
    /// Figures of the columns in the window, for its header.
    pub profile: Profile,
    /// Columns of the table that the step reads.
    pub schema: Vec<(String, crate::table::ColumnType)>,
    /// Rows of the training part; none without a split above.
    pub train_rows: Option<u64>,
    /// Seconds it took.
    pub elapsed_secs: f64,
}

/// A recipe that was replayed on a file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AppliedRecipe {
    /// Files written.
    pub out: Vec<String>,
    /// Rows written.
    pub rows: u64,
    /// Columns written.
    pub columns: Vec<(String, crate::table::ColumnType)>,
    /// Rows of the file.
    pub rows_read: u64,
    /// Records of the file that were rejected.
    pub rejects_total: u64,
    /// Steps replayed.
    pub steps: u64,
    /// Unseen levels, cells that became null, columns that were not there.
    pub warnings: Vec<String>,
}

/// One column of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnDetail {
    /// Figures.
    pub profile: ColumnProfile,
    /// Rows of the table.
    pub rows: u64,
    /// For each of the top values: rows, share of the target's second class, its 95 % Wilson interval.
    pub by_target: Vec<TargetShare>,
    /// Share of the target's second class over all rows.
    pub overall: Option<Real>,
}

/// The target within one value of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetShare {
    /// The value; none for missing.
    pub value: Option<String>,
    /// Rows.
    pub count: u64,
    /// Share of the second class.
    pub share: Real,
    /// 95 % Wilson interval.
    pub interval: (Real, Real),
}

/// Kernels found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct KernelsView {
    /// In the order of their names.
    pub kernels: Vec<KernelView>,
}

/// A kernel.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct KernelView {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Path of the manifest or of the executable.
    pub path: String,
    /// `ready`, `warm ×2`, `busy`, `needs approval`, `broken: …`.
    pub status: String,
    /// Devices.
    pub devices: Vec<Device>,
    /// Algorithms.
    pub algorithms: Vec<Algorithm>,
    /// Processes that are alive.
    #[serde(default)]
    pub processes: usize,
}

/// A job.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct JobView {
    /// Id.
    pub id: u64,
    /// What it does: «Train Boosted trees».
    pub title: String,
    /// How it stands.
    pub status: crate::runs::RunStatus,
    /// Done so far, 0 to 1; none where it cannot be said.
    pub progress: Option<f64>,
    /// What it does just now: «tree 212 of 300».
    pub detail: String,
    /// RFC 3339 UTC.
    pub started_at: String,
    /// Seconds since the start, or until the end.
    pub elapsed_secs: f64,
    /// Notebook and cell it belongs to.
    pub cell: Option<(String, String)>,
    /// Last lines of its log.
    #[serde(default)]
    pub log: Vec<String>,
}

/// What the engine says by itself. `seq` rises by one with each, so that a front end notices a gap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Number.
    pub seq: u64,
    /// What happened.
    pub body: EventBody,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventBody {
    /// A job began, went on or ended.
    Job {
        /// The job.
        job: JobView,
    },
    /// A cell's state changed.
    Cell {
        /// Path of the notebook.
        notebook: String,
        /// The cell.
        cell: CellView,
    },
    /// A notebook changed (by whom, `why` says); fetch it again when its revision is not known.
    Notebook {
        /// Path.
        path: String,
        /// Revision.
        revision: u64,
        /// «edited», «undone», «changed on disk».
        why: String,
    },
    /// The project's files, or its repository, changed.
    Project {
        /// Paths.
        paths: Vec<String>,
    },
    /// A run began, changed or ended.
    Run {
        /// The run.
        run: Box<Run>,
    },
    /// New points of a run's metrics.
    Metrics {
        /// The run.
        run: String,
        /// Step.
        step: u64,
        /// Values.
        values: BTreeMap<String, Real>,
    },
    /// A trial of a sweep began or ended.
    Trial {
        /// The sweep.
        sweep: String,
        /// The cell's notebook and name; empty for sweeps of files.
        cell: Option<(String, String)>,
        /// The trial.
        trial: Trial,
    },
    /// Kernels were found or lost, or changed their state.
    Kernels,
    /// Something to tell the person: a toast.
    Message {
        /// `info`, `warning` or `error`.
        level: MessageLevel,
        /// One line.
        text: String,
        /// More, e.g. an error with its hint.
        error: Option<ErrorInfo>,
    },
}

/// How serious a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum MessageLevel {
    Info,
    Warning,
    Error,
}
