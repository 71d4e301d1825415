//! Wrangling steps as a notebook holds them. A step that learns something says on what: its [`FitScope`].

use serde::{Deserialize, Serialize};

use crate::{ParamValue, table::ColumnType};

/// One step of a recipe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What it does.
    #[serde(flatten)]
    pub op: StepOp,
    /// A step that is switched off is kept and skipped.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_yes(value: &bool) -> bool {
    *value
}

/// The rows a step learns from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FitScope {
    /// The training part only.
    #[default]
    Train,
    /// All rows: leaks validation and test into training, and warns on every metric that leans on it.
    All,
}

/// What a step does. `op` in the file is the name in snake case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum StepOp {
    /// Removes columns.
    Drop {
        /// Names.
        columns: Vec<String>,
    },
    /// Renames columns.
    Rename {
        /// Old and new names.
        names: Vec<Renaming>,
    },
    /// Changes the type of columns.
    Cast {
        /// Names.
        columns: Vec<String>,
        /// The new type.
        to: ColumnType,
        /// What becomes of a value that does not fit.
        #[serde(default)]
        unfit: Unfit,
    },
    /// Keeps the rows that meet conditions.
    Filter {
        /// The conditions.
        conditions: Vec<Condition>,
        /// Whether all of them or any of them must hold.
        #[serde(default)]
        combine: Combine,
    },
    /// Fills missing values with what was learned.
    Impute {
        /// Names.
        columns: Vec<String>,
        /// The value to fill with.
        strategy: ImputeStrategy,
        /// The value of [`ImputeStrategy::Constant`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<ParamValue>,
        /// Whether a column `NAME_missing` (0 or 1) is added for each.
        #[serde(default, skip_serializing_if = "is_false")]
        indicator: bool,
        /// The rows it learns from.
        #[serde(default)]
        fit: FitScope,
    },
    /// Brings numbers to a common scale.
    Scale {
        /// Names.
        columns: Vec<String>,
        /// How.
        method: ScaleMethod,
        /// The rows it learns from.
        #[serde(default)]
        fit: FitScope,
    },
    /// One 0/1 column for each level of a column.
    OneHot {
        /// Names.
        columns: Vec<String>,
        /// Which level gets no column.
        #[serde(default)]
        drop: DropLevel,
        /// What becomes of missing values.
        #[serde(default)]
        nulls: NullLevel,
        /// What becomes of levels that the fit did not see.
        #[serde(default)]
        unseen: UnseenLevel,
        /// Levels with a smaller share (in percent of the fitted rows) fold into `other`; 0: none.
        #[serde(default, skip_serializing_if = "is_zero")]
        rare_below_percent: f64,
        /// At most so many levels, the most frequent; the rest fold into `other`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_categories: Option<usize>,
        /// Pattern of the new names.
        #[serde(default = "name_pattern", skip_serializing_if = "is_name_pattern")]
        name_pattern: String,
        /// Whether the source column stays.
        #[serde(default, skip_serializing_if = "is_false")]
        keep_source: bool,
        /// The rows it learns from.
        #[serde(default)]
        fit: FitScope,
    },
    /// One 0/1 column for each value of a column that holds several values in a cell (multi-label).
    SplitFlags {
        /// Name.
        column: String,
        /// What stands between two values.
        separator: String,
        /// Values with a smaller share (in percent of the fitted rows) get no column; 0: all do.
        #[serde(default, skip_serializing_if = "is_zero")]
        rare_below_percent: f64,
        /// Whether the source column stays.
        #[serde(default, skip_serializing_if = "is_false")]
        keep_source: bool,
        /// The rows it learns from.
        #[serde(default)]
        fit: FitScope,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_false(value: &bool) -> bool {
    !*value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

fn name_pattern() -> String {
    "{column}_{value}".into()
}

fn is_name_pattern(pattern: &String) -> bool {
    *pattern == name_pattern()
}

/// An old and a new name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renaming {
    /// The old name.
    pub from: String,
    /// The new name.
    pub to: String,
}

/// What becomes of a value that cannot be cast.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unfit {
    /// The step fails and names the first such value.
    #[default]
    Error,
    /// It becomes null; the number of such cells is reported.
    Null,
}

/// A condition on one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// Name of the column.
    pub column: String,
    /// The comparison.
    pub test: Test,
    /// The value compared with; none for null tests. For `one_of`: values between `|`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<ParamValue>,
}

/// A comparison; a missing value meets none but `IsNull` and `NotEqual`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// =
    Equal,
    /// ≠
    NotEqual,
    /// <
    Less,
    /// ≤
    LessOrEqual,
    /// >
    Greater,
    /// ≥
    GreaterOrEqual,
    /// The text contains the value.
    Contains,
    /// The value is one of several.
    OneOf,
    /// The value is missing.
    IsNull,
    /// The value is there.
    NotNull,
}

/// How conditions are combined.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Combine {
    /// All must hold.
    #[default]
    All,
    /// One is enough.
    Any,
}

/// What a missing value is filled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImputeStrategy {
    /// Mean of the fitted rows (numbers).
    Mean,
    /// Median of the fitted rows (numbers); the mean of the middle two.
    Median,
    /// Most frequent value of the fitted rows; of equals the smallest.
    Mode,
    /// A value of the person's.
    Constant,
}

/// How numbers are scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScaleMethod {
    /// (x − mean) / standard deviation (n, as scikit-learn's `StandardScaler`).
    Standard,
    /// (x − min) / (max − min).
    MinMax,
    /// (x − median) / (75th − 25th percentile).
    Robust,
}

/// Which level of a one-hot encoding gets no column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropLevel {
    /// Every level has one.
    #[default]
    None,
    /// The first in order has none.
    First,
    /// The most frequent has none.
    MostFrequent,
    /// The first has none when there are just two.
    IfTwo,
}

/// What becomes of missing values in a one-hot encoding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NullLevel {
    /// A column of their own (as scikit-learn).
    #[default]
    OwnColumn,
    /// Zero in every column (as pandas).
    AllZeros,
    /// Null in every column.
    Null,
    /// The step fails.
    Error,
}

/// What becomes of levels that the fit did not see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnseenLevel {
    /// They fall into the column `other` (which is there even when the fit saw no rare level).
    Other,
    /// Zero in every column.
    #[default]
    AllZeros,
    /// The step fails.
    Error,
}

impl StepOp {
    /// The verb a person reads.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self {
            Self::Drop { .. } => "Drop columns",
            Self::Rename { .. } => "Rename columns",
            Self::Cast { .. } => "Set type",
            Self::Filter { .. } => "Filter rows",
            Self::Impute { strategy, .. } => match strategy {
                ImputeStrategy::Mean => "Fill with mean",
                ImputeStrategy::Median => "Fill with median",
                ImputeStrategy::Mode => "Fill with most frequent",
                ImputeStrategy::Constant => "Fill with a value",
            },
            Self::Scale { .. } => "Scale",
            Self::OneHot { .. } => "One-hot encode",
            Self::SplitFlags { .. } => "Split into flags",
        }
    }

    /// The columns it reads.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::Drop { columns }
            | Self::Cast { columns, .. }
            | Self::Impute { columns, .. }
            | Self::Scale { columns, .. }
            | Self::OneHot { columns, .. } => columns.iter().map(String::as_str).collect(),
            Self::Rename { names } => names.iter().map(|pair| pair.from.as_str()).collect(),
            Self::Filter { conditions, .. } => conditions.iter().map(|test| test.column.as_str()).collect(),
            Self::SplitFlags { column, .. } => vec![column],
        }
    }

    /// The rows it learns from; none where it learns nothing.
    #[must_use]
    pub fn fit(&self) -> Option<FitScope> {
        match self {
            Self::Impute { strategy: ImputeStrategy::Constant, .. }
            | Self::Drop { .. }
            | Self::Rename { .. }
            | Self::Cast { .. }
            | Self::Filter { .. } => None,
            Self::Impute { fit, .. }
            | Self::Scale { fit, .. }
            | Self::OneHot { fit, .. }
            | Self::SplitFlags { fit, .. } => Some(*fit),
        }
    }
}
