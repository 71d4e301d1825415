//! A notebook as its `*.cairn` file holds it: cells that name what they read. No results inside.

use serde::{Deserialize, Serialize};

use crate::{Params, Task, steps::Step, sweeps::SearchParam, table::ColumnType};

/// The version of the notebook document.
pub const NOTEBOOK_SCHEMA: u32 = 1;

/// A notebook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notebook {
    /// [`NOTEBOOK_SCHEMA`].
    pub schema: u32,
    /// Title for people.
    pub title: String,
    /// The cells, in the order of the page.
    #[serde(default, rename = "cell", skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<Cell>,
}

/// A cell: a name, which is its identity in the notebook, and what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Unique in the notebook; others read the cell by it.
    pub name: String,
    /// What it is.
    #[serde(flatten)]
    pub body: CellBody,
}

/// What a cell is; `kind` in the file is the name in snake case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CellBody {
    /// A table from a file.
    Data(DataCell),
    /// Steps on a table.
    Wrangle(WrangleCell),
    /// Training, validation and test part.
    Split(SplitCell),
    /// One model.
    Train(TrainCell),
    /// Many trials over a search space.
    Sweep(SweepCell),
    /// A report.
    Report(ReportCell),
    /// Text.
    Note(NoteCell),
}

/// The kind of a cell without its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the same names as in CellBody")]
pub enum CellKind {
    Data,
    Wrangle,
    Split,
    Train,
    Sweep,
    Report,
    Note,
}

/// A table from a file. What is absent is detected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataCell {
    /// Path relative to the project.
    pub file: String,
    /// How to read it.
    #[serde(default, skip_serializing_if = "ImportOptions::is_default")]
    pub options: ImportOptions,
}

/// How to read a file; what is absent is detected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportOptions {
    /// Field delimiter; `\t` for a tab.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// Name of an encoding, e.g. `utf-8`, `windows-1252`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Whether the first record holds the names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// Whether every field stays text as it stood in the file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub text_only: bool,
    /// Quote character; empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// What escapes a quote inside quotes: the quote itself (doubled), `\`, or empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escape: Option<String>,
    /// Lines before the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip_lines: Option<u64>,
    /// Records that together hold the names (2: two header rows, joined with a space).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_rows: Option<u32>,
    /// Words that stand for a missing value, beside the empty field; an empty list: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub null_tokens: Option<Vec<String>>,
    /// Decimal mark: `.` or `,`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal: Option<String>,
    /// Thousands mark: `,`, `.`, a space, `'`, or empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thousands: Option<String>,
    /// Whether `03/04/2024` is the third of April.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_first: Option<bool>,
    /// Which table of a file with several: the name of a sheet, of a database table, of a file in an archive, or the
    /// number (from 1) of a table among several in one text file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Types that the person chose, by column; what does not fit becomes null and is counted in the notes.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub types: std::collections::BTreeMap<String, ColumnType>,
}

impl ImportOptions {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Steps on a table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrangleCell {
    /// Name of the cell read.
    pub input: String,
    /// The recipe.
    #[serde(default, rename = "step", skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
}

/// Parts of a table: training, validation and test part, further ones by name, and folds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitCell {
    /// Name of the cell read.
    pub input: String,
    /// How rows are drawn.
    #[serde(default)]
    pub method: SplitMethod,
    /// The column whose shares are kept (stratified) or shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Share of the training part; all shares add to 1.
    #[serde(default = "share_train")]
    pub train: f64,
    /// Share of the validation part.
    #[serde(default = "share_other")]
    pub valid: f64,
    /// Share of the test part.
    #[serde(default = "share_other")]
    pub test: f64,
    /// Seed of the drawing.
    #[serde(default)]
    pub seed: u64,
    /// Further columns whose shares are kept together with those of `by`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_by: Vec<String>,
    /// Quantile bins of a number that is stratified by; absent: 10 where it has more than 50 distinct values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bins: Option<u32>,
    /// The column whose values stay together in one part (by group).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The column that orders the rows (chronological).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Chronological: where each part after the first begins, instead of shares: `2024-03-01`, `2024-03-01T12:00`, or a
    /// number. One less than there are parts with a share.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cuts: Vec<String>,
    /// Left out before each later part: rows (`100`) or, chronological, a duration (`7d`; s, min, h, d, w).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<String>,
    /// The column that says the part of each row (method column).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Whether rows are shuffled before they are dealt out; without, they are dealt as they stand.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub shuffle: bool,
    /// Folds of cross-validation; 0: none. `train` and `valid` are then made of the folds in turn.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub folds: u32,
    /// How often the folds are drawn anew; 0 and 1: once.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repeats: u32,
    /// Folds within each fold (nested): the outer one is then the test part; 0: none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub inner: u32,
    /// Which fold is the validation part now, from 1; 0: the first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fold: u32,
    /// Chronological folds: rows of the training part at most, a window that slides; absent: it grows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<u64>,
    /// Parts beside training, validation and test; no model is trained or chosen on them.
    #[serde(default, rename = "part", skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<NamedPart>,
    /// Method column: the part of each value. A value that is not named here and is no part's name is left out.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub values: std::collections::BTreeMap<String, String>,
}

impl Default for SplitCell {
    fn default() -> Self {
        Self {
            input: String::new(),
            method: SplitMethod::Random,
            by: None,
            train: share_train(),
            valid: share_other(),
            test: share_other(),
            seed: 0,
            also_by: Vec::new(),
            bins: None,
            group: None,
            time: None,
            cuts: Vec::new(),
            gap: None,
            column: None,
            shuffle: true,
            folds: 0,
            repeats: 0,
            inner: 0,
            fold: 0,
            window: None,
            more: Vec::new(),
            values: std::collections::BTreeMap::new(),
        }
    }
}

impl SplitCell {
    /// How many ways of training and validating there are: folds × repeats × inner folds; 0 without folds.
    #[must_use]
    pub fn fold_count(&self) -> u32 {
        if self.folds < 2 { 0 } else { self.folds * self.repeats.max(1) * self.inner.max(1) }
    }

    /// Names and shares of all parts in their order.
    #[must_use]
    pub fn shares(&self) -> Vec<(String, f64)> {
        let first = [("train", self.train), ("valid", self.valid), ("test", self.test)];
        let first = first.into_iter().map(|(name, share)| (name.to_owned(), share));
        first.chain(self.more.iter().map(|part| (part.name.clone(), part.share))).collect()
    }
}

fn share_train() -> f64 {
    0.7
}

fn share_other() -> f64 {
    0.15
}

fn yes() -> bool {
    true
}

fn is_true(value: &bool) -> bool {
    *value
}

fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// A part beside training, validation and test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedPart {
    /// Letters, digits, `_` and `-`: `calibration`.
    pub name: String,
    /// Its share of the rows.
    pub share: f64,
}

/// How rows are drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitMethod {
    /// All rows alike.
    #[default]
    Random,
    /// Within each class, so that every part has the same shares.
    Stratified,
    /// Whole groups.
    Group,
    /// Whole groups, chosen so that the parts have the shares of the classes as nearly as they can.
    StratifiedGroup,
    /// By a column of times: the earliest rows train.
    Chronological,
    /// As the rows stand.
    Ordered,
    /// As a column says.
    Column,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainCell {
    /// Name of the cell read.
    pub input: String,
    /// The column to predict.
    pub target: String,
    /// What is predicted; absent: told from the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
    /// Name of a kernel.
    #[serde(default = "default_kernel")]
    pub kernel: String,
    /// Name of an algorithm of the kernel.
    pub algorithm: String,
    /// Columns that are no features.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// Seed of everything random in training.
    #[serde(default)]
    pub seed: u64,
    /// Hyperparameters that differ from their defaults.
    #[serde(default, skip_serializing_if = "Params::is_empty")]
    pub params: Params,
}

fn default_kernel() -> String {
    "classic".into()
}

/// Many trials over a search space.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepCell {
    /// Name of the cell read.
    pub input: String,
    /// The column to predict.
    pub target: String,
    /// Name of a kernel.
    #[serde(default = "default_kernel")]
    pub kernel: String,
    /// Name of an algorithm of the kernel.
    pub algorithm: String,
    /// Columns that are no features.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// How trials are chosen.
    #[serde(default)]
    pub method: SweepMethod,
    /// Trials at most; absent with a grid: all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trials: Option<usize>,
    /// Trials at once.
    #[serde(default = "one")]
    pub parallel: usize,
    /// What is optimised.
    pub objective: Objective,
    /// Seed of sampler and training.
    #[serde(default)]
    pub seed: u64,
    /// Hyperparameters held fixed that differ from their defaults.
    #[serde(default, skip_serializing_if = "Params::is_empty")]
    pub params: Params,
    /// The search space.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub space: Vec<SearchParam>,
}

fn one() -> usize {
    1
}

/// How trials are chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SweepMethod {
    /// Every combination, the last parameter fastest.
    Grid,
    /// Independent draws.
    #[default]
    Random,
}

/// What a sweep optimises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// Name of a metric: `valid.auc`.
    pub name: String,
    /// Which way is better.
    pub goal: Goal,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// Smaller is better.
    #[default]
    Minimize,
    /// Larger is better.
    Maximize,
}

impl Goal {
    /// Whether `a` is better than `b`; NaN is never better.
    #[must_use]
    pub fn better(self, a: f64, b: f64) -> bool {
        match self {
            Self::Minimize => a < b || (b.is_nan() && !a.is_nan()),
            Self::Maximize => a > b || (b.is_nan() && !a.is_nan()),
        }
    }
}

/// A report over the cells it reads and all that they come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportCell {
    /// Names of train and sweep cells.
    #[serde(default)]
    pub inputs: Vec<String>,
    /// Title of the page; absent: that of the notebook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A paragraph (Markdown) under the title.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// Sections in their order; empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<ReportSection>,
}

/// A section of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportSection {
    /// The table, column by column.
    Data,
    /// The steps and what they learned.
    Recipe,
    /// Parts, shares and checks.
    Split,
    /// The models in order.
    Leaderboard,
    /// Learning curves, ROC, calibration, confusion or residuals.
    Curves,
    /// What the best model leans on.
    Importance,
    /// The search.
    Sweep,
    /// Where everything comes from.
    Lineage,
    /// How to repeat it.
    Repeat,
}

impl ReportSection {
    /// All sections in their usual order.
    pub const ALL: [Self; 9] = [
        Self::Data,
        Self::Recipe,
        Self::Split,
        Self::Leaderboard,
        Self::Curves,
        Self::Importance,
        Self::Sweep,
        Self::Lineage,
        Self::Repeat,
    ];
}

/// Text in Markdown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteCell {
    /// The text.
    pub text: String,
}

impl CellBody {
    /// The kind.
    #[must_use]
    pub fn kind(&self) -> CellKind {
        match self {
            Self::Data(_) => CellKind::Data,
            Self::Wrangle(_) => CellKind::Wrangle,
            Self::Split(_) => CellKind::Split,
            Self::Train(_) => CellKind::Train,
            Self::Sweep(_) => CellKind::Sweep,
            Self::Report(_) => CellKind::Report,
            Self::Note(_) => CellKind::Note,
        }
    }

    /// Names of the cells read, in order: the input first, then the other tables of a recipe's steps (a name may
    /// stand there twice).
    #[must_use]
    pub fn inputs(&self) -> Vec<&str> {
        match self {
            Self::Data(_) | Self::Note(_) => Vec::new(),
            Self::Wrangle(cell) => {
                let others = cell.steps.iter().flat_map(|step| step.op.other_cells());
                std::iter::once(cell.input.as_str()).chain(others).collect()
            }
            Self::Split(cell) => vec![&cell.input],
            Self::Train(cell) => vec![&cell.input],
            Self::Sweep(cell) => vec![&cell.input],
            Self::Report(cell) => cell.inputs.iter().map(String::as_str).collect(),
        }
    }

    /// Names of the cells read, to be changed.
    pub fn inputs_mut(&mut self) -> Vec<&mut String> {
        match self {
            Self::Data(_) | Self::Note(_) => Vec::new(),
            Self::Wrangle(cell) => {
                let others = cell.steps.iter_mut().flat_map(|step| step.op.other_cells_mut());
                std::iter::once(&mut cell.input).chain(others).collect()
            }
            Self::Split(cell) => vec![&mut cell.input],
            Self::Train(cell) => vec![&mut cell.input],
            Self::Sweep(cell) => vec![&mut cell.input],
            Self::Report(cell) => cell.inputs.iter_mut().collect(),
        }
    }
}

impl CellKind {
    /// Name in files and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Wrangle => "wrangle",
            Self::Split => "split",
            Self::Train => "train",
            Self::Sweep => "sweep",
            Self::Report => "report",
            Self::Note => "note",
        }
    }
}

/// A change to a notebook. Each request with edits is one undo point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "edit", rename_all = "snake_case")]
pub enum Edit {
    /// Changes the title.
    SetTitle {
        /// The new title.
        title: String,
    },
    /// Adds a cell.
    AddCell {
        /// After this cell; none: at the top.
        after: Option<String>,
        /// The cell; a taken name gets a number.
        cell: Cell,
    },
    /// Removes a cell; cells that read it stay and say what they miss.
    RemoveCell {
        /// Its name.
        name: String,
    },
    /// Moves a cell to an index (after removal).
    MoveCell {
        /// Its name.
        name: String,
        /// The new index.
        to: usize,
    },
    /// Renames a cell everywhere.
    RenameCell {
        /// The old name.
        name: String,
        /// The new name.
        to: String,
    },
    /// Replaces what a cell is.
    SetBody {
        /// Its name.
        name: String,
        /// The new content, of the same kind.
        body: CellBody,
    },
}
