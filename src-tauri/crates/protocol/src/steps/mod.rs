//! Wrangling steps as a notebook holds them. A step that learns something says on what: its [`FitScope`].
//!
//! [`StepOp`] is the closed list of operations, [`options`] their choices, [`catalogue`] what a person sees of each:
//! title, group, fields of its form. The catalogue is the one source of forms, search and help.

pub mod catalogue;
mod options;

pub use options::*;

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
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum StepOp {
    /// Removes columns.
    Drop {
        /// Names.
        #[serde(default)]
        columns: Vec<String>,
    },
    /// Renames columns.
    Rename {
        /// Old and new names.
        #[serde(default)]
        names: Vec<Renaming>,
    },
    /// Changes the type of columns.
    Cast {
        /// Names.
        #[serde(default)]
        columns: Vec<String>,
        /// The new type.
        #[serde(default = "text_type")]
        to: ColumnType,
        /// What becomes of a value that does not fit.
        #[serde(default)]
        unfit: Unfit,
    },
    /// Keeps or deletes the rows that meet conditions.
    Filter {
        /// The conditions, joined to any depth.
        #[serde(default)]
        conditions: Vec<Rule>,
        /// Whether all of them or any of them must hold.
        #[serde(default)]
        combine: Combine,
        /// What becomes of the rows that meet them.
        #[serde(default, skip_serializing_if = "is_default")]
        action: FilterAction,
    },
    /// Fills missing values with what was learned.
    Impute(Impute),
    /// Brings numbers to a common scale.
    Scale(Scale),
    /// One 0/1 column for each level of a column.
    OneHot(OneHot),
    /// One 0/1 column for each value of a column that holds several values in a cell (multi-label).
    SplitFlags {
        /// Name.
        #[serde(default)]
        column: String,
        /// What stands between two values.
        #[serde(default)]
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
    /// Keeps only the named columns, in the order given.
    Keep(Keep),
    /// Moves columns; among themselves they stand in the order given.
    Move(Move),
    /// Copies a column; the copy stands behind it.
    Duplicate(Duplicate),
    /// Gives all columns names of one style; equal results get a number.
    CleanNames(CleanNames),
    /// Sorts rows, stably; text by code point.
    Sort(Sort),
    /// Keeps a sample of the rows, in the table's order. Not replayed on new rows.
    Sample(Sample),
    /// Shuffles rows. Not replayed on new rows.
    Shuffle(Shuffle),
    /// Removes rows that are equal to others.
    Deduplicate(Deduplicate),
    /// Drops rows or columns with too many missing values.
    DropMissing(DropMissing),
    /// Changes single cells by hand. Not replayed on new rows.
    EditCells(EditCells),
    /// Computes a column with a scalar expression of SQL (`price * 1.19`, `case when … end`).
    Formula(Formula),
    /// A query in polars' SQL. The table of the steps above is `input`; other cells go by their names.
    Sql(Sql),
    /// Joins another cell's table.
    Join(Join),
    /// Puts the rows of other cells' tables below.
    Concat(Concat),
    /// One row for each group, groups in the order of their first row.
    GroupBy(GroupBy),
    /// Values of a column become columns.
    Pivot(Pivot),
    /// Columns become rows.
    Unpivot(Unpivot),
    /// Rows become columns.
    Transpose(Transpose),
    /// One row for each value of a list, of a JSON array, or of a text with separators.
    Explode(Explode),
    /// Fields of JSON objects (or of a struct) become columns.
    FlattenJson(FlattenJson),
    /// Makes a category of 0/1 columns again: the inverse of one-hot.
    OneHotInverse(OneHotInverse),
    /// Levels become whole numbers from 0.
    Ordinal(Ordinal),
    /// Levels become the mean of the target within them, shrunk towards the overall mean; training rows get values …
    TargetEncode(TargetEncode),
    /// Levels become how often they occur; unseen ones 0.
    FrequencyEncode(FrequencyEncode),
    /// Levels are hashed into a fixed number of columns.
    HashEncode(HashEncode),
    /// Levels become the binary digits of their number.
    BinaryEncode(BinaryEncode),
    /// Cuts numbers into bins `[a, b)`, the last one closed; what lies outside falls into the first or last.
    Bin(Bin),
    /// Treats values that lie far from the others.
    Outliers(Outliers),
    /// Folds rare levels (and those that the fit did not see) into one.
    GroupRare(GroupRare),
    /// Changes text.
    Text(Text),
    /// Splits text at a separator.
    SplitText(SplitText),
    /// Groups of a regular expression become columns.
    ExtractText(ExtractText),
    /// Replaces within text.
    ReplaceText(ReplaceText),
    /// Replaces whole values.
    ReplaceValues(ReplaceValues),
    /// Figures of text become columns `NAME_length`, `NAME_digits`, ….
    TextMeasures(TextMeasures),
    /// Words become columns.
    TextVectors(TextVectors),
    /// Reads text as dates or times.
    ParseDate(ParseDate),
    /// Parts of dates become columns `NAME_year`, ….
    DateParts(DateParts),
    /// Parts of dates become `NAME_month_sin` and `NAME_month_cos`: sine and cosine of 2π · part / period.
    DateCyclic(DateCyclic),
    /// Time from one column to another, or to a fixed point.
    DateDifference(DateDifference),
    /// Moves times from one zone to another; the result is the local time there.
    TimeZone(TimeZone),
    /// Values of earlier rows become columns `NAME_lag1`, ….
    Lag(Lag),
    /// Figures over a window of rows become columns `NAME_mean7`, ….
    Rolling(Rolling),
    /// One row for each stretch of time (and group).
    Resample(Resample),
    /// Adds rows for the points in time that are missing.
    FillGaps(FillGaps),
    /// Balances the classes of the training part; other rows stay as they are. Not replayed on new rows.
    Balance(Balance),
    /// Principal components become columns `pc1`, `pc2`, ….
    Pca(Pca),
    /// Makes values anonymous.
    Anonymise(Anonymise),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_false(value: &bool) -> bool {
    !*value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn text_type() -> ColumnType {
    ColumnType::Text
}

/// An old and a new name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Name of the column.
    pub column: String,
    /// The comparison.
    pub test: Test,
    /// The value compared with; none for null tests. For `one_of`, `not_one_of`: values between `|`; for `between`:
    /// lower and upper end between `|`, both included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<ParamValue>,
    /// A column compared with instead of a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
}

/// A comparison; a missing value meets none but `IsNull` and `NotEqual`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// =
    #[default]
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
    /// The text does not contain the value.
    NotContains,
    /// The text begins with the value.
    StartsWith,
    /// The text ends with the value.
    EndsWith,
    /// A regular expression matches somewhere in the text.
    Matches,
    /// The value is none of several.
    NotOneOf,
    /// The value lies between two, both included.
    Between,
    /// The same row stands earlier or later in the table (the column alone is compared).
    IsDuplicate,
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImputeStrategy {
    /// Mean of the fitted rows (numbers).
    #[default]
    Mean,
    /// Median of the fitted rows (numbers); the mean of the middle two.
    Median,
    /// Most frequent value of the fitted rows; of equals the smallest.
    Mode,
    /// A value of the person's.
    Constant,
    /// The value before, in the order (and group).
    Forward,
    /// The value behind, in the order (and group).
    Backward,
    /// On the line between the neighbours (numbers and times).
    Linear,
    /// Mean (numbers) or most frequent value of the nearest fitted rows, by the distance over the other numbers of
    /// `columns` that are there (as scikit-learn's `KNNImputer`, `nan_euclidean`).
    Knn,
}

/// How numbers are scaled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScaleMethod {
    /// (x − mean) / standard deviation (n, as scikit-learn's `StandardScaler`).
    #[default]
    Standard,
    /// (x − min) / (max − min), mapped to `low` … `high`.
    MinMax,
    /// (x − median) / (75th − 25th percentile).
    Robust,
    /// x / the largest absolute value.
    MaxAbs,
    /// The share of fitted values below (as scikit-learn's `QuantileTransformer`), mapped to `shape`.
    Quantile,
    /// Yeo–Johnson's power transformation, the exponent by maximum likelihood, then standardised.
    YeoJohnson,
    /// Box–Cox's power transformation (positive values), the exponent by maximum likelihood, then standardised.
    BoxCox,
    /// ln x.
    Log,
    /// ln(1 + x).
    Log1p,
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
    /// The last in order has none.
    Last,
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
            Self::Impute(step) => match step.strategy {
                ImputeStrategy::Mean => "Fill with mean",
                ImputeStrategy::Median => "Fill with median",
                ImputeStrategy::Mode => "Fill with most frequent",
                ImputeStrategy::Constant => "Fill with a value",
                ImputeStrategy::Forward => "Fill forward",
                ImputeStrategy::Backward => "Fill backward",
                ImputeStrategy::Linear => "Fill on the line",
                ImputeStrategy::Knn => "Fill from neighbours",
            },
            Self::Scale(_) => "Scale",
            Self::OneHot(_) => "One-hot encode",
            Self::SplitFlags { .. } => "Split into flags",
            Self::Keep(_) => "Keep columns",
            Self::Move(_) => "Move columns",
            Self::Duplicate(_) => "Duplicate column",
            Self::CleanNames(_) => "Clean names",
            Self::Sort(_) => "Sort rows",
            Self::Sample(_) => "Sample rows",
            Self::Shuffle(_) => "Shuffle rows",
            Self::Deduplicate(_) => "Remove duplicates",
            Self::DropMissing(_) => "Drop missing",
            Self::EditCells(_) => "Edit cells",
            Self::Formula(_) => "Formula column",
            Self::Sql(_) => "SQL query",
            Self::Join(_) => "Join",
            Self::Concat(_) => "Add rows of other tables",
            Self::GroupBy(_) => "Group and aggregate",
            Self::Pivot(_) => "Pivot",
            Self::Unpivot(_) => "Unpivot",
            Self::Transpose(_) => "Transpose",
            Self::Explode(_) => "Explode",
            Self::FlattenJson(_) => "Flatten JSON",
            Self::OneHotInverse(_) => "Undo one-hot",
            Self::Ordinal(_) => "Ordinal encode",
            Self::TargetEncode(_) => "Target encode",
            Self::FrequencyEncode(_) => "Frequency encode",
            Self::HashEncode(_) => "Hash encode",
            Self::BinaryEncode(_) => "Binary encode",
            Self::Bin(_) => "Bin",
            Self::Outliers(_) => "Treat outliers",
            Self::GroupRare(_) => "Group rare levels",
            Self::Text(_) => "Change text",
            Self::SplitText(_) => "Split text",
            Self::ExtractText(_) => "Extract from text",
            Self::ReplaceText(_) => "Replace in text",
            Self::ReplaceValues(_) => "Replace values",
            Self::TextMeasures(_) => "Measure text",
            Self::TextVectors(_) => "Words to columns",
            Self::ParseDate(_) => "Parse dates",
            Self::DateParts(_) => "Parts of dates",
            Self::DateCyclic(_) => "Cyclic dates",
            Self::DateDifference(_) => "Time between dates",
            Self::TimeZone(_) => "Change time zone",
            Self::Lag(_) => "Lag",
            Self::Rolling(_) => "Rolling window",
            Self::Resample(_) => "Resample",
            Self::FillGaps(_) => "Fill gaps in time",
            Self::Balance(_) => "Balance classes",
            Self::Pca(_) => "Principal components",
            Self::Anonymise(_) => "Anonymise",
        }
    }

    /// The columns it names and reads; those of an expression or a query are not among them.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        fn all(names: &[String]) -> Vec<&str> {
            names.iter().map(String::as_str).collect()
        }
        fn with<'a>(names: &'a [String], more: impl IntoIterator<Item = &'a String>) -> Vec<&'a str> {
            names.iter().chain(more).map(String::as_str).collect()
        }
        match self {
            Self::Drop { columns } | Self::Cast { columns, .. } => all(columns),
            Self::Scale(step) => all(&step.columns),
            Self::OneHot(step) => all(&step.columns),
            Self::Impute(step) => with(&step.columns, step.by.iter().chain(&step.order)),
            Self::Rename { names } => names.iter().map(|pair| pair.from.as_str()).collect(),
            Self::Filter { conditions, .. } => conditions.iter().flat_map(Rule::columns).collect(),
            Self::SplitFlags { column, .. } => vec![column],
            Self::Keep(step) => all(&step.columns),
            Self::Move(step) => with(&step.columns, &step.anchor),
            Self::Duplicate(step) => vec![&step.column],
            Self::CleanNames(_) | Self::Shuffle(_) | Self::Formula(_) | Self::Sql(_) | Self::Concat(_) => Vec::new(),
            Self::Sort(step) => step.by.iter().map(|key| key.column.as_str()).collect(),
            Self::Sample(step) => step.by.iter().map(String::as_str).collect(),
            Self::Deduplicate(step) => with(&step.columns, &step.by),
            Self::DropMissing(step) => all(&step.columns),
            Self::EditCells(step) => step.edits.iter().map(|edit| edit.column.as_str()).collect(),
            Self::Join(step) => step.on.iter().map(|key| key.left.as_str()).collect(),
            Self::GroupBy(step) => with(&step.by, step.aggregations.iter().map(|one| &one.column)),
            Self::Pivot(step) => with(&step.index, [&step.on, &step.values]),
            Self::Unpivot(step) => with(&step.index, &step.columns),
            Self::Transpose(step) => step.header.iter().map(String::as_str).collect(),
            Self::Explode(step) => vec![&step.column],
            Self::FlattenJson(step) => vec![&step.column],
            Self::OneHotInverse(step) => all(&step.columns),
            Self::Ordinal(step) => all(&step.columns),
            Self::TargetEncode(step) => with(&step.columns, Some(&step.target).filter(|target| !target.is_empty())),
            Self::FrequencyEncode(step) => all(&step.columns),
            Self::HashEncode(step) => all(&step.columns),
            Self::BinaryEncode(step) => all(&step.columns),
            Self::Bin(step) => with(&step.columns, &step.target),
            Self::Outliers(step) => all(&step.columns),
            Self::GroupRare(step) => all(&step.columns),
            Self::Text(step) => all(&step.columns),
            Self::SplitText(step) => vec![&step.column],
            Self::ExtractText(step) => vec![&step.column],
            Self::ReplaceText(step) => all(&step.columns),
            Self::ReplaceValues(step) => all(&step.columns),
            Self::TextMeasures(step) => all(&step.columns),
            Self::TextVectors(step) => vec![&step.column],
            Self::ParseDate(step) => all(&step.columns),
            Self::DateParts(step) => all(&step.columns),
            Self::DateCyclic(step) => all(&step.columns),
            Self::DateDifference(step) => std::iter::once(&step.from).chain(&step.to).map(String::as_str).collect(),
            Self::TimeZone(step) => all(&step.columns),
            Self::Lag(step) => with(&step.columns, step.by.iter().chain(&step.order)),
            Self::Rolling(step) => with(&step.columns, step.by.iter().chain(&step.order)),
            Self::Resample(step) => {
                let aggregated = step.aggregations.iter().map(|one| &one.column);
                with(&step.by, std::iter::once(&step.column).chain(aggregated))
            }
            Self::FillGaps(step) => with(&step.by, [&step.column]),
            Self::Balance(step) => vec![&step.target],
            Self::Pca(step) => all(&step.columns),
            Self::Anonymise(step) => all(&step.columns),
        }
    }

    /// The rows it learns from; none where it learns nothing.
    #[must_use]
    pub fn fit(&self) -> Option<FitScope> {
        match self {
            Self::Impute(step) => match step.strategy {
                ImputeStrategy::Constant
                | ImputeStrategy::Forward
                | ImputeStrategy::Backward
                | ImputeStrategy::Linear => None,
                ImputeStrategy::Mean | ImputeStrategy::Median | ImputeStrategy::Mode | ImputeStrategy::Knn => {
                    Some(step.fit)
                }
            },
            Self::Scale(step) => (!matches!(step.method, ScaleMethod::Log | ScaleMethod::Log1p)).then_some(step.fit),
            Self::OneHot(step) => Some(step.fit),
            Self::SplitFlags { fit, .. } => Some(*fit),
            Self::DropMissing(step) => (step.axis == DropAxis::Columns).then_some(step.fit),
            Self::FlattenJson(step) => Some(step.fit),
            Self::Ordinal(step) => Some(step.fit),
            Self::TargetEncode(step) => Some(step.fit),
            Self::FrequencyEncode(step) => Some(step.fit),
            Self::BinaryEncode(step) => Some(step.fit),
            Self::Bin(step) => (step.method != BinMethod::Edges).then_some(step.fit),
            Self::Outliers(step) => (step.method != OutlierMethod::Bounds).then_some(step.fit),
            Self::GroupRare(step) => Some(step.fit),
            Self::SplitText(step) => {
                (step.into == SplitInto::Columns && step.limit.is_none() && step.names.is_empty()).then_some(step.fit)
            }
            Self::TextVectors(step) => Some(step.fit),
            Self::Pca(step) => Some(step.fit),
            _ => None,
        }
    }

    /// Sets the rows it learns from; steps that learn nothing stay as they are.
    pub fn set_fit(&mut self, scope: FitScope) {
        match self {
            Self::SplitFlags { fit, .. } => *fit = scope,
            Self::Impute(step) => step.fit = scope,
            Self::Scale(step) => step.fit = scope,
            Self::OneHot(step) => step.fit = scope,
            Self::DropMissing(step) => step.fit = scope,
            Self::FlattenJson(step) => step.fit = scope,
            Self::Ordinal(step) => step.fit = scope,
            Self::TargetEncode(step) => step.fit = scope,
            Self::FrequencyEncode(step) => step.fit = scope,
            Self::BinaryEncode(step) => step.fit = scope,
            Self::Bin(step) => step.fit = scope,
            Self::Outliers(step) => step.fit = scope,
            Self::GroupRare(step) => step.fit = scope,
            Self::SplitText(step) => step.fit = scope,
            Self::TextVectors(step) => step.fit = scope,
            Self::Pca(step) => step.fit = scope,
            _ => {}
        }
    }

    /// Names of the cells it reads beside the input of its own cell.
    #[must_use]
    pub fn other_cells(&self) -> Vec<&str> {
        match self {
            Self::Join(step) if !step.with.is_empty() => vec![&step.with],
            Self::Concat(step) => step.with.iter().map(String::as_str).collect(),
            Self::Sql(step) => step.tables.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// The same, to be changed.
    pub fn other_cells_mut(&mut self) -> Vec<&mut String> {
        match self {
            Self::Join(step) if !step.with.is_empty() => vec![&mut step.with],
            Self::Concat(step) => step.with.iter_mut().collect(),
            Self::Sql(step) => step.tables.iter_mut().collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the step belongs to these rows alone and is left out when the recipe is replayed on new rows: samples,
    /// shuffles, balancing, edits of single cells.
    #[must_use]
    pub fn only_here(&self) -> bool {
        matches!(self, Self::Sample(_) | Self::Shuffle(_) | Self::Balance(_) | Self::EditCells(_))
    }

    /// Whether a column may be named several times.
    #[must_use]
    pub fn may_repeat_columns(&self) -> bool {
        matches!(
            self,
            Self::Filter { .. }
                | Self::Sort(_)
                | Self::EditCells(_)
                | Self::GroupBy(_)
                | Self::Resample(_)
                | Self::Lag(_)
                | Self::Rolling(_)
                | Self::Deduplicate(_)
                | Self::Impute(_)
                | Self::DateDifference(_)
        )
    }

    /// Takes columns off the list it works on; whether it can do without them.
    pub fn leave_out(&mut self, gone: &[String]) -> bool {
        let columns = match self {
            Self::Keep(step) => &mut step.columns,
            Self::Move(step) => &mut step.columns,
            Self::Ordinal(step) => &mut step.columns,
            Self::FrequencyEncode(step) => &mut step.columns,
            Self::HashEncode(step) => &mut step.columns,
            Self::BinaryEncode(step) => &mut step.columns,
            Self::Bin(step) => {
                step.target = step.target.take().filter(|target| !gone.contains(target));
                &mut step.columns
            }
            Self::Outliers(step) => &mut step.columns,
            Self::GroupRare(step) => &mut step.columns,
            Self::Text(step) => &mut step.columns,
            Self::ReplaceText(step) => &mut step.columns,
            Self::ReplaceValues(step) => &mut step.columns,
            Self::TextMeasures(step) => &mut step.columns,
            Self::ParseDate(step) => &mut step.columns,
            Self::DateParts(step) => &mut step.columns,
            Self::DateCyclic(step) => &mut step.columns,
            Self::TimeZone(step) => &mut step.columns,
            Self::Anonymise(step) => &mut step.columns,
            // The target of these is needed only to learn.
            Self::TargetEncode(step) => {
                if gone.contains(&step.target) {
                    step.target.clear();
                }
                &mut step.columns
            }
            _ => return false,
        };
        columns.retain(|name| !gone.contains(name));
        !columns.is_empty()
    }

    /// Its name in files: `one_hot`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        catalogue::name_of(self)
    }
}
