//! What a cell holds after it ran, as a pane or a report shows it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    ErrorInfo, FeatureImportance, Real, Task, UnfitCell,
    notebook::Goal,
    runs::{MetricSeries, Run},
    sweeps::SweepState,
    table::{ImportReport, Profile},
};

/// How a cell stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellState {
    /// It has never run.
    #[default]
    NeverRun,
    /// Its result belongs to what it is now.
    UpToDate,
    /// It, or something it reads, has changed since it ran.
    Stale,
    /// Waits for what it reads.
    Queued,
    /// It runs.
    Running,
    /// It failed; the error says why.
    Failed,
}

/// A cell as the notebook pane shows its header.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CellView {
    /// Name.
    pub name: String,
    /// How it stands.
    pub state: CellState,
    /// Why it is stale or waits, in a few words: «patients.csv changed on disk».
    #[serde(default)]
    pub why: String,
    /// The result in a few words: «20,000 × 17», «AUC 0.842 ±0.011».
    #[serde(default)]
    pub summary: String,
    /// Warnings that travel: «1 step fits on all rows».
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Seconds the last run took.
    #[serde(default)]
    pub elapsed_secs: f64,
    /// RFC 3339 UTC of the last run; empty before.
    #[serde(default)]
    pub ran_at: String,
    /// Rows of the result, where it is a table.
    #[serde(default)]
    pub rows: Option<u64>,
    /// Columns of the result, where it is a table.
    #[serde(default)]
    pub columns: Option<u64>,
    /// Columns the cell offers to the cells that read it: names and types (known for tables that ran).
    #[serde(default)]
    pub schema: Vec<(String, crate::table::ColumnType)>,
    /// The run, of a train cell.
    #[serde(default)]
    pub run_id: Option<String>,
    /// The error of a failed cell.
    #[serde(default)]
    pub error: Option<ErrorInfo>,
}

/// A cell's line in `cairn run --json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellOutcome {
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: crate::notebook::CellKind,
    /// What happened.
    pub status: OutcomeStatus,
    /// Seconds.
    pub elapsed_secs: f64,
    /// Rows of the result, where it is a table.
    pub rows: Option<u64>,
    /// Columns of the result, where it is a table.
    pub columns: Option<u64>,
    /// The run, of a train cell, or the best run of a sweep.
    pub run_id: Option<String>,
    /// The result in a few words, or the error.
    pub message: String,
    /// The error of a failed cell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorInfo>,
}

/// What happened to a cell in a run of the notebook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeStatus {
    /// It ran.
    Done,
    /// Its result was there already.
    Cached,
    /// It failed.
    Failed,
    /// Something it reads failed.
    Skipped,
}

/// What a cell holds after it ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CellResult {
    /// A table from a file.
    Data {
        /// What reading found.
        import: ImportReport,
        /// Figures of the columns.
        profile: Profile,
    },
    /// A table after steps.
    Wrangle(WrangleResult),
    /// Parts.
    Split(SplitResult),
    /// A model.
    Train(TrainResult),
    /// Many models.
    Sweep(SweepState),
    /// A report.
    Report(ReportResult),
}

/// A table after steps.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WrangleResult {
    /// What each step did and learned, in order.
    pub steps: Vec<StepOutcome>,
    /// Figures of the columns.
    pub profile: Profile,
    /// Rows of the training part; none without a split above.
    pub train_rows: Option<u64>,
}

/// What one step did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StepOutcome {
    /// The verb.
    pub title: String,
    /// Columns it added.
    pub added: Vec<String>,
    /// Columns it removed.
    pub removed: Vec<String>,
    /// Cells it changed in columns that stayed.
    pub changed_cells: u64,
    /// Rows it removed.
    pub rows_removed: u64,
    /// Rows that were added.
    #[serde(default)]
    pub rows_added: u64,
    /// Rows it learned from; none where it learns nothing.
    pub fit_rows: Option<u64>,
    /// Whether it saw more than the training part.
    pub fits_on_all: bool,
    /// What it learned, in a few words a column: «bmi ← median 28.1».
    pub learned: Vec<String>,
    /// Warnings: unseen levels, cells that became null.
    pub warnings: Vec<String>,
    /// Facts without alarm: «8,200 of 10,000 rows match».
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The first cells whose value did not fit and became null (at most 20 a column).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unfit: Vec<UnfitCell>,
    /// What was predicted of its size before it ran, where it can grow a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Prediction>,
    /// Whether it is switched off.
    #[serde(default)]
    pub skipped: bool,
}

/// The size of a table after a step, computed from counts before the step runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prediction {
    /// Rows after.
    pub rows: u64,
    /// Columns after.
    pub columns: u64,
    /// Bytes after, estimated.
    pub bytes: u64,
    /// What a person should know before it runs; empty: nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub warning: String,
    /// Whether a person should confirm it.
    #[serde(default)]
    pub confirm: bool,
}

/// Parts and the proof of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SplitResult {
    /// Rows of each part: training, validation, test, and further ones in the order of `parts`.
    pub counts: Vec<u64>,
    /// The column whose shares are shown; empty without one.
    pub by: String,
    /// For each class: its name and its rows in the parts; at most 50 classes.
    pub classes: Vec<ClassCounts>,
    /// The certificate.
    pub checks: Vec<Check>,
    /// Seed.
    pub seed: u64,
    /// Names of the parts; empty in results of before: `train`, `valid`, `test`.
    #[serde(default)]
    pub parts: Vec<String>,
    /// How rows were drawn, in words: «stratified by stroke».
    #[serde(default)]
    pub method: String,
    /// Rows in no part: of a gap, without a time, or with a value that names no part.
    #[serde(default)]
    pub left_out: u64,
    /// BLAKE3 of the row numbers of each part (ascending, as little-endian 64-bit words), in hex.
    #[serde(default)]
    pub digests: Vec<String>,
    /// BLAKE3 of the names and digests of all parts, in hex; empty in results of before.
    #[serde(default)]
    pub digest: String,
    /// How the columns of other parts differ from the training part, largest PSI first; at most 50.
    #[serde(default)]
    pub drift: Vec<ColumnDrift>,
    /// All folds, in the order of their numbers; empty without.
    #[serde(default)]
    pub folds: Vec<FoldResult>,
    /// Which of them is the validation part, from 1; 0 without folds.
    #[serde(default)]
    pub fold: u32,
}

impl SplitResult {
    /// The name of a part.
    #[must_use]
    pub fn part_name(&self, part: usize) -> &str {
        const FIRST: [&str; 3] = ["train", "valid", "test"];
        self.parts.get(part).map(String::as_str).or(FIRST.get(part).copied()).unwrap_or("part")
    }

    /// The worst outcome of the certificate.
    #[must_use]
    pub fn worst(&self) -> Option<&Check> {
        let severity = |outcome| match outcome {
            CheckOutcome::Pass => 0,
            CheckOutcome::Warning => 1,
            CheckOutcome::Fault => 2,
        };
        self.checks.iter().rev().max_by_key(|check| severity(check.outcome))
    }
}

/// A class and its rows in each part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassCounts {
    /// The class as text.
    pub class: String,
    /// Rows in each part.
    pub counts: Vec<u64>,
}

/// How a column of one part differs from the training part.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ColumnDrift {
    /// The column.
    pub column: String,
    /// The part that differs most.
    pub part: String,
    /// Population stability index: over the tenths of the training part, or over levels.
    pub psi: Real,
    /// Kolmogorov–Smirnov distance; none for categories.
    pub ks: Option<Real>,
    /// Its p-value.
    pub p: Option<Real>,
}

/// One fold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FoldResult {
    /// «2 of 5», «repeat 1, 2 of 5», «outer 1 of 3, inner 2 of 4».
    pub name: String,
    /// Rows of each part when this fold is the validation part.
    pub counts: Vec<u64>,
    /// Rows in no part.
    pub left_out: u64,
    /// The classes in the parts of this fold; at most 50.
    pub classes: Vec<ClassCounts>,
    /// Checks of this fold: one part a row, class shares, whole groups, order of time.
    pub checks: Vec<Check>,
    /// BLAKE3 as of the whole split.
    pub digest: String,
}

/// One check with its figure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// What is checked: «No row in two parts».
    pub name: String,
    /// How it came out.
    pub outcome: CheckOutcome,
    /// The figure: «0 shared».
    pub figure: String,
    /// What was looked at and what it means.
    #[serde(default)]
    pub sentence: String,
}

/// How a check came out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum CheckOutcome {
    #[default]
    Pass,
    Warning,
    Fault,
}

/// A model and how good it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainResult {
    /// The run.
    pub run: Run,
    /// Figures on each part, and pictures of the best.
    pub evaluation: Evaluation,
    /// Learning curves.
    pub curves: Vec<MetricSeries>,
    /// Shuffled on the validation part (or the training part without one); largest first.
    pub importance: Vec<FeatureImportance>,
    /// Steps the training took and the step kept.
    pub steps: (u64, Option<u64>),
    /// The same training on every fold of the split; none without folds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cross_validation: Option<CrossValidation>,
}

/// One training a fold, each with the recipe fitted anew on its training part.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CrossValidation {
    /// Names of the folds, in their order.
    pub folds: Vec<String>,
    /// What was measured on the validation part of each fold, and, nested, on the test part.
    pub metrics: Vec<FoldMetric>,
}

/// A metric over folds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FoldMetric {
    /// Name in runs: `valid.auc`; the run has its mean as `cv.valid.auc` and its spread as `cv.valid.auc.sd`.
    pub name: String,
    /// The value on each fold.
    pub values: Vec<Real>,
    /// Their mean.
    pub mean: Real,
    /// Their standard deviation (n − 1).
    pub sd: Real,
}

/// How good a model is on the parts of its table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// What is predicted.
    pub task: Option<Task>,
    /// Names of the classes by index; empty for regression.
    pub classes: Vec<String>,
    /// `train`, `valid`, `test` where the part has rows.
    pub parts: Vec<PartEvaluation>,
}

/// How good a model is on one part.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PartEvaluation {
    /// `train`, `valid`, `test`.
    pub part: String,
    /// Rows.
    pub rows: u64,
    /// Metrics, the leading one first.
    pub metrics: Vec<MetricValue>,
    /// Rows by true class (outer) and predicted class (inner), at `threshold`.
    #[serde(default)]
    pub confusion: Vec<Vec<u64>>,
    /// The threshold of the second class, for two classes.
    #[serde(default)]
    pub threshold: Option<Real>,
    /// False and true positive rate, for two classes; at most 400 points.
    #[serde(default)]
    pub roc: Vec<(Real, Real)>,
    /// Recall and precision, for two classes; at most 400 points.
    #[serde(default)]
    pub precision_recall: Vec<(Real, Real)>,
    /// Groups of predicted probability, for two classes.
    #[serde(default)]
    pub calibration: Vec<CalibrationBin>,
    /// True and predicted value, for regression; at most 2,000 points, evenly drawn.
    #[serde(default)]
    pub residuals: Vec<(Real, Real)>,
}

/// One group of a calibration curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// Mean predicted probability.
    pub predicted: Real,
    /// Share of the second class.
    pub observed: Real,
    /// Rows.
    pub count: u64,
    /// 95 % Wilson interval of the share.
    pub interval: (Real, Real),
}

/// A metric with what is known about its spread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricValue {
    /// Name in runs without its part: `auc`.
    pub name: String,
    /// Name for people: «AUC».
    pub title: String,
    /// The value.
    pub value: Real,
    /// Standard error (bootstrap over rows); none where it was not estimated.
    pub std_error: Option<Real>,
    /// 95 % interval (bootstrap percentiles).
    pub interval: Option<(Real, Real)>,
    /// The value a model without knowledge reaches.
    pub baseline: Option<Real>,
    /// Which way is better.
    pub goal: Goal,
}

/// A report that was written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ReportResult {
    /// Lineage id.
    pub id: String,
    /// Path of the HTML file, relative to the project.
    pub path: String,
    /// Title.
    pub title: String,
    /// Size of the file.
    pub size_bytes: u64,
    /// BLAKE3 of its bytes.
    pub digest: String,
    /// The parts of the report as data, so that the pane can show them without a browser.
    pub content: ReportContent,
}

/// Everything a report shows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ReportContent {
    /// Title.
    pub title: String,
    /// A paragraph in Markdown by the author; may be empty.
    pub summary: String,
    /// Sentences made of the results: what the best model reaches, against what.
    pub headline: Vec<String>,
    /// Name of the project.
    pub project: String,
    /// RFC 3339 UTC.
    pub made_at: String,
    /// Sections in their order.
    pub sections: Vec<crate::notebook::ReportSection>,
    /// The datasets: name, import, profile.
    pub datasets: Vec<ReportDataset>,
    /// The recipes: cell and its steps.
    pub recipes: Vec<ReportRecipe>,
    /// The splits: cell and result.
    pub splits: Vec<(String, SplitResult)>,
    /// The models, best first.
    pub models: Vec<TrainResult>,
    /// Metric (without part) that orders them, and which way is better.
    pub metric: Option<(String, Goal)>,
    /// The sweeps.
    pub sweeps: Vec<SweepState>,
    /// What everything comes from.
    pub lineage: crate::runs::LineageGraph,
    /// Commands that repeat it, in order.
    pub repeat: Vec<String>,
    /// Facts for repeating: data digest, commit, machine, versions.
    pub facts: BTreeMap<String, String>,
    /// Warnings the figures carry.
    pub warnings: Vec<String>,
}

/// A dataset in a report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ReportDataset {
    /// Name of the cell.
    pub name: String,
    /// What reading found.
    pub import: ImportReport,
    /// Figures of the columns.
    pub profile: Profile,
    /// The column predicted; empty without one.
    pub target: String,
}

/// A recipe in a report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ReportRecipe {
    /// Name of the cell.
    pub name: String,
    /// Its steps: columns in mono, and what they did.
    pub steps: Vec<(String, StepOutcome)>,
    /// Rows and columns after it.
    pub shape: (u64, u64),
}
