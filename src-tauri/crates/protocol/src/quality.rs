//! What is odd about a table, and how its columns hang together: the data-quality report and the associations. Every
//! figure comes with the words that define it, every finding with the step that would answer it where there is one.

use serde::{Deserialize, Serialize};

use crate::{
    Real,
    table::{ColumnType, Finding, Profile},
};

/// The data-quality report of a table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct QualityReport {
    /// Rows of the table.
    pub rows: u64,
    /// Columns of the table.
    pub columns: u64,
    /// The column to predict, where one was named.
    pub target: Option<String>,
    /// Seconds it took.
    pub elapsed_secs: f64,
    /// What a person should look at, most severe first; each with its definition and, where a step answers it, the step.
    pub findings: Vec<Finding>,
    /// How well each column alone predicts the target, best first; empty without a target.
    pub predictive_power: Vec<PredictivePower>,
    /// The rows most unlike the others, oddest first.
    pub odd_rows: Vec<OddRow>,
    /// What the measures above mean.
    pub definitions: Vec<Definition>,
    /// What was bounded, and how: empty when everything rests on all rows and columns.
    pub notes: Vec<String>,
}

/// The meaning of a measure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// Name of the measure as the report uses it.
    pub name: String,
    /// What it is, with its source.
    pub text: String,
}

/// How well one column alone predicts the target, measured on rows the one-column model did not see.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PredictivePower {
    /// Name of the column.
    pub column: String,
    /// Skill from 0 (no better than knowing nothing) to 1 (perfect).
    pub skill: Real,
    /// `auc` (two classes), `accuracy` (more classes) or `r2` (numbers).
    pub metric: String,
    /// Value of that metric.
    pub value: Real,
    /// Value that knowing nothing has.
    pub baseline: Real,
    /// Rows it rests on: those where the target is there.
    pub rows: u64,
    /// Whether the column predicts so well that it most likely holds the answer.
    pub leaks: bool,
}

/// A row unlike the others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OddRow {
    /// Index of the row in the table, from 0.
    pub row: u64,
    /// Score of the isolation forest, 0 to 1; ordinary rows lie near or below 0.5.
    pub score: Real,
    /// The cells that make it odd, the oddest first, at most three.
    pub because: Vec<OddCell>,
}

/// A cell that makes a row odd.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OddCell {
    /// Name of the column.
    pub column: String,
    /// The value; none where it is missing.
    pub value: Option<String>,
    /// What is usual there: `median 48`, `one of 3 in 20,000 rows`.
    pub usual: String,
    /// Robust standard deviations from the median for numbers; for levels −log₂ of the level's share.
    pub distance: Real,
}

/// How the columns of a table hang together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Associations {
    /// Rows of the table.
    pub rows: u64,
    /// Rows the figures rest on; equal to `rows` unless a budget was exceeded (see `notes`).
    pub rows_used: u64,
    /// Seconds it took.
    pub elapsed_secs: f64,
    /// The columns compared, in the table's order; pairs name them by index.
    pub columns: Vec<AssociatedColumn>,
    /// Columns left out, and why.
    pub left_out: Vec<LeftOut>,
    /// Every pair with `a < b`, in the order of `a`, then `b`.
    pub pairs: Vec<AssociationPair>,
    /// The column to predict as an index into `columns`, where one was named and compared.
    pub target: Option<usize>,
    /// What the measures mean.
    pub definitions: Vec<Definition>,
    /// What was bounded, and how.
    pub notes: Vec<String>,
}

/// A column of [`Associations`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssociatedColumn {
    /// Name.
    pub name: String,
    /// Type.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Whether it was compared as numbers; as levels where not.
    pub numeric: bool,
}

/// A column that was not compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Name.
    pub column: String,
    /// Why.
    pub why: String,
}

/// How two columns hang together, on the rows where both are there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AssociationPair {
    /// Index of the first column.
    pub a: usize,
    /// Index of the second column.
    pub b: usize,
    /// `pearson` (two columns of numbers), `cramers_v` (two of levels) or `correlation_ratio` (one of each).
    pub measure: String,
    /// Value of the measure: −1 to 1 for `pearson`, 0 to 1 for the others; none where a column does not vary.
    pub value: Option<Real>,
    /// Spearman's rank correlation, for two columns of numbers.
    pub spearman: Option<Real>,
    /// Rows where both are there.
    pub rows: u64,
}

/// Everything that is known of a file: its profile, its quality and its associations.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Examination {
    /// Figures of every column.
    #[serde(flatten)]
    pub profile: Profile,
    /// The data-quality report.
    pub quality: QualityReport,
    /// How the columns hang together.
    pub associations: Associations,
}
