//! The choices that steps offer: small enums and structs, named as the field names them. In files they stand in
//! snake case; the first variant is the default.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::{DropLevel, FitScope, ImputeStrategy, NullLevel, Renaming, ScaleMethod, Unfit, UnseenLevel, is_default};
use crate::{ParamValue, table::ColumnType};

/// An enum of names: snake case in files, the first name the default.
macro_rules! names {
    ($(#[doc = $about:literal])+ $name:ident { $(#[doc = $first_about:literal])+ $first:ident, $($(#[doc = $rest_about:literal])+ $rest:ident,)* }) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $(#[doc = $first_about])+
            #[default]
            $first,
            $($(#[doc = $rest_about])+ $rest,)*
        }
    };
}

/// A step with its options; every option may be absent in a file.
macro_rules! options {
    ($(#[doc = $about:literal])+ $name:ident { $($(#[$about_field:meta])+ $field:ident: $kind:ty $(= $default:expr)?,)* }) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $($(#[$about_field])+ pub $field: $kind,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: options!(@ $($default)?),)* }
            }
        }
    };
    (@) => { Default::default() };
    (@ $default:expr) => { $default };
}

options! {
    /// Keeps only the named columns, in the order given.
    Keep {
        /// Names.
        columns: Vec<String>,
    }
}

names! {
    /// Where columns are moved to.
    MoveTo {
        /// To the left end.
        First,
        /// To the right end.
        Last,
        /// Before the anchor.
        Before,
        /// After the anchor.
        After,
    }
}

options! {
    /// Moves columns; among themselves they stand in the order given.
    Move {
        /// Names.
        columns: Vec<String>,
        /// Where to.
        to: MoveTo,
        /// The column of `Before` and `After`.
        #[serde(skip_serializing_if = "Option::is_none")]
        anchor: Option<String>,
    }
}

options! {
    /// Copies a column; the copy stands behind it.
    Duplicate {
        /// Name.
        column: String,
        /// Name of the copy.
        name: String,
    }
}

names! {
    /// How names of columns are cleaned.
    NameStyle {
        /// `Blood Pressure (mmHg)` → `blood_pressure_mmhg`.
        SnakeCase,
        /// Lower case.
        Lower,
        /// Upper case.
        Upper,
        /// Spaces at the ends go, inner runs of spaces become one.
        Trim,
    }
}

options! {
    /// Gives all columns names of one style; equal results get a number.
    CleanNames {
        /// How.
        style: NameStyle,
    }
}

/// A column to sort by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SortKey {
    /// Name.
    pub column: String,
    /// Whether the largest stands first.
    #[serde(default)]
    pub descending: bool,
}

options! {
    /// Sorts rows, stably; text by code point.
    Sort {
        /// Columns, the first decides first.
        by: Vec<SortKey>,
        /// Whether missing values stand first rather than last.
        nulls_first: bool,
    }
}

names! {
    /// Which rows a sample takes.
    SampleMethod {
        /// The first rows.
        First,
        /// The last rows.
        Last,
        /// Rows drawn without return.
        Random,
        /// Rows drawn within each class, shares kept by largest remainder.
        Stratified,
        /// Every n-th row.
        EveryNth,
    }
}

options! {
    /// Keeps a sample of the rows, in the table's order. Not replayed on new rows.
    Sample {
        /// Which.
        method: SampleMethod,
        /// How many rows; for `EveryNth` the n. Absent: by `percent`.
        #[serde(skip_serializing_if = "Option::is_none")]
        rows: Option<u64>,
        /// How many in percent of the rows.
        #[serde(skip_serializing_if = "Option::is_none")]
        percent: Option<f64>,
        /// The column of `Stratified`.
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// Seed of the drawing.
        seed: u64,
    }
}

options! {
    /// Shuffles rows. Not replayed on new rows.
    Shuffle {
        /// Seed.
        seed: u64,
    }
}

names! {
    /// Which of equal rows stays.
    KeepRow {
        /// The first.
        First,
        /// The last.
        Last,
        /// None of them.
        None,
        /// The one with the smallest value of `by`; of equals the first.
        Min,
        /// The one with the largest value of `by`; of equals the first.
        Max,
    }
}

options! {
    /// Removes rows that are equal to others.
    Deduplicate {
        /// Columns that must be equal; empty: all.
        columns: Vec<String>,
        /// Which of them stays.
        keep: KeepRow,
        /// The column of `Min` and `Max`.
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    }
}

names! {
    /// What is dropped when too much is missing.
    DropAxis {
        /// Rows.
        Rows,
        /// Columns (learned on the rows of the fit).
        Columns,
    }
}

options! {
    /// Drops rows or columns with too many missing values.
    DropMissing {
        /// Columns looked at; empty: all.
        columns: Vec<String>,
        /// What is dropped.
        axis: DropAxis,
        /// Dropped when more than this share (in percent) is missing; 0: when any is.
        above_percent: f64,
        /// The rows it learns from (columns only).
        fit: FitScope,
    }
}

/// A new value for one cell.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellEdit {
    /// Index of the row in the table that the cell reads, from 0.
    pub row: u64,
    /// Name of the column.
    pub column: String,
    /// The value; none: missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<ParamValue>,
}

options! {
    /// Changes single cells by hand. Not replayed on new rows.
    EditCells {
        /// The changes.
        edits: Vec<CellEdit>,
    }
}

options! {
    /// Computes a column with a scalar expression of SQL (`price * 1.19`, `case when … end`).
    Formula {
        /// Name of the column; an existing one is replaced.
        name: String,
        /// The expression.
        expression: String,
    }
}

options! {
    /// A query in polars' SQL. The table of the steps above is `input`; other cells go by their names.
    Sql {
        /// The query.
        query: String,
        /// Names of the other cells that it reads.
        tables: Vec<String>,
    }
}

names! {
    /// Which rows a join keeps.
    JoinKind {
        /// All of the left table, with what matches.
        Left,
        /// Rows that match.
        Inner,
        /// All of the right table, with what matches.
        Right,
        /// All of both.
        Full,
        /// Rows of the left table that match, without columns of the right.
        Semi,
        /// Rows of the left table that do not match.
        Anti,
        /// Every row with every row.
        Cross,
    }
}

names! {
    /// What a join expects of its keys; otherwise the step fails with the counts.
    JoinExpect {
        /// Anything.
        Any,
        /// A row matches at most one row of the right table.
        ManyToOne,
        /// A row of the right table matches at most one of the left.
        OneToMany,
        /// Both.
        OneToOne,
    }
}

/// A pair of columns that must be equal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinKey {
    /// In the table of the steps.
    pub left: String,
    /// In the other table; empty: the same name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub right: String,
}

options! {
    /// Joins another cell's table.
    Join {
        /// Name of the cell.
        with: String,
        /// Which rows stay.
        how: JoinKind,
        /// Pairs of columns that must be equal; missing values match nothing.
        on: Vec<JoinKey>,
        /// Added to names of the other table that are taken.
        suffix: String = "_right".into(),
        /// What is expected of the keys.
        expect: JoinExpect,
    }
}

names! {
    /// Which columns a concatenation has.
    ConcatColumns {
        /// Those of any table; absent ones are missing.
        Union,
        /// Those of all tables.
        Common,
        /// All tables must have the same.
        Same,
    }
}

options! {
    /// Puts the rows of other cells' tables below.
    Concat {
        /// Names of the cells.
        with: Vec<String>,
        /// Which columns stay.
        columns: ConcatColumns,
        /// Name of a column that says which cell a row came from; none: no such column.
        #[serde(skip_serializing_if = "Option::is_none")]
        source: Option<String>,
    }
}

names! {
    /// One value from many.
    Aggregate {
        /// Values that are there.
        Count,
        /// Rows.
        Rows,
        /// Distinct values that are there.
        Distinct,
        /// Sum.
        Sum,
        /// Mean.
        Mean,
        /// Median.
        Median,
        /// Standard deviation (n − 1).
        Std,
        /// Smallest.
        Min,
        /// Largest.
        Max,
        /// First in the table's order.
        First,
        /// Last in the table's order.
        Last,
        /// Most frequent; of equals the smallest.
        Mode,
    }
}

/// A column of an aggregation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aggregation {
    /// Name of the column read; for `Rows` it may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub column: String,
    /// What is made of it.
    #[serde(default)]
    pub function: Aggregate,
    /// Name of the new column; empty: `COLUMN_FUNCTION`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
}

options! {
    /// One row for each group, groups in the order of their first row.
    GroupBy {
        /// Columns that make a group.
        by: Vec<String>,
        /// What is computed of each.
        aggregations: Vec<Aggregation>,
    }
}

options! {
    /// Values of a column become columns.
    Pivot {
        /// Columns that stay, one row for each combination.
        index: Vec<String>,
        /// The column whose values become columns, in the order of the values.
        on: String,
        /// The column that fills them.
        values: String,
        /// What is made of several values.
        function: Aggregate = Aggregate::First,
    }
}

options! {
    /// Columns become rows.
    Unpivot {
        /// Columns that stay.
        index: Vec<String>,
        /// Columns that become rows; empty: all others.
        columns: Vec<String>,
        /// Name of the column of names.
        variable_name: String = "variable".into(),
        /// Name of the column of values.
        value_name: String = "value".into(),
    }
}

options! {
    /// Rows become columns.
    Transpose {
        /// The column whose values are the new names; none: `row_1`, `row_2`, ….
        #[serde(skip_serializing_if = "Option::is_none")]
        header: Option<String>,
        /// Name of the column of the old names.
        name: String = "column".into(),
    }
}

options! {
    /// One row for each value of a list, of a JSON array, or of a text with separators.
    Explode {
        /// Name.
        column: String,
        /// What stands between two values; empty: a list or a JSON array.
        separator: String,
    }
}

options! {
    /// Fields of JSON objects (or of a struct) become columns.
    FlattenJson {
        /// Name.
        column: String,
        /// Levels of objects within objects that are opened; deeper ones stay JSON.
        depth: u32 = 1,
        /// Whether the source column stays.
        keep_source: bool,
        /// The rows it learns the fields from.
        fit: FitScope,
    }
}

options! {
    /// Fills missing values.
    Impute {
        /// Names.
        columns: Vec<String>,
        /// The value to fill with.
        strategy: ImputeStrategy,
        /// The value of [`ImputeStrategy::Constant`].
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<ParamValue>,
        /// Columns whose combinations are filled on their own (mean, median, most frequent, forward, backward, linear).
        #[serde(skip_serializing_if = "Vec::is_empty")]
        by: Vec<String>,
        /// The column that gives the order of `forward`, `backward` and `linear`; none: the table's own.
        #[serde(skip_serializing_if = "Option::is_none")]
        order: Option<String>,
        /// Neighbours of `knn`.
        #[serde(skip_serializing_if = "is_five")]
        neighbours: u32 = 5,
        /// Whether a column `NAME_missing` (0 or 1) is added for each.
        #[serde(skip_serializing_if = "is_default")]
        indicator: bool,
        /// The rows it learns from.
        fit: FitScope,
    }
}

options! {
    /// Brings numbers to a common scale.
    Scale {
        /// Names.
        columns: Vec<String>,
        /// How.
        method: ScaleMethod,
        /// Lower end of `min_max`.
        #[serde(skip_serializing_if = "is_default")]
        low: f64,
        /// Upper end of `min_max`.
        #[serde(skip_serializing_if = "is_one")]
        high: f64 = 1.0,
        /// The shape of `quantile`.
        #[serde(skip_serializing_if = "is_default")]
        shape: QuantileShape,
        /// The rows it learns from.
        fit: FitScope,
    }
}

options! {
    /// One 0/1 column for each level of a column.
    OneHot {
        /// Names.
        columns: Vec<String>,
        /// Whose encoding is repeated; anything but `none` overrides `drop`, `nulls`, `unseen` and the names.
        #[serde(skip_serializing_if = "is_default")]
        parity: OneHotParity,
        /// Which level gets no column.
        drop: DropLevel,
        /// What becomes of missing values.
        nulls: NullLevel,
        /// What becomes of levels that the fit did not see.
        unseen: UnseenLevel,
        /// Levels with a smaller share (in percent of the fitted rows) fold into `other`; 0: none.
        #[serde(skip_serializing_if = "is_default")]
        rare_below_percent: f64,
        /// Levels with fewer fitted rows fold into `other`; 0: none.
        #[serde(skip_serializing_if = "is_default")]
        rare_below_count: u64,
        /// At most so many levels, the most frequent; the rest fold into `other`.
        #[serde(skip_serializing_if = "Option::is_none")]
        max_categories: Option<usize>,
        /// Pattern of the new names.
        #[serde(skip_serializing_if = "is_name_pattern")]
        name_pattern: String = "{column}_{value}".into(),
        /// Whether the source column stays.
        #[serde(skip_serializing_if = "is_default")]
        keep_source: bool,
        /// The rows it learns from.
        fit: FitScope,
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_five(value: &u32) -> bool {
    *value == 5
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_one(value: &f64) -> bool {
    *value == 1.0
}

fn is_name_pattern(pattern: &str) -> bool {
    pattern == "{column}_{value}"
}

options! {
    /// Makes a category of 0/1 columns again: the inverse of one-hot.
    OneHotInverse {
        /// The 0/1 columns.
        columns: Vec<String>,
        /// Name of the new column.
        name: String,
        /// What the values are without: the beginning of the columns' names.
        prefix: String,
        /// The value where no column is 1; none: missing.
        #[serde(skip_serializing_if = "Option::is_none")]
        when_none: Option<String>,
        /// Whether the 0/1 columns stay.
        keep_source: bool,
    }
}

names! {
    /// What a level becomes that the fit did not see.
    UnseenCode {
        /// Missing.
        Null,
        /// −1.
        MinusOne,
        /// The step fails.
        Error,
    }
}

options! {
    /// Levels become whole numbers from 0.
    Ordinal {
        /// Names.
        columns: Vec<String>,
        /// The levels in their order; levels that are not named follow in the order of their values. Empty: by value.
        order: Vec<String>,
        /// What unseen levels become.
        unseen: UnseenCode,
        /// The rows it learns from.
        fit: FitScope,
    }
}

options! {
    /// Levels become the mean of the target within them, shrunk towards the overall mean; training rows get values
    /// fitted on the other folds (cross-fitting).
    TargetEncode {
        /// Names.
        columns: Vec<String>,
        /// The target: a number, or a column with two classes (the second counts as 1).
        target: String,
        /// Rows of the overall mean that are mixed into each level; none: from the variances (empirical Bayes).
        #[serde(skip_serializing_if = "Option::is_none")]
        smoothing: Option<f64>,
        /// Folds of the cross-fitting.
        folds: u32 = 5,
        /// Seed of the folds.
        seed: u64,
        /// The rows it learns from.
        fit: FitScope,
    }
}

names! {
    /// What a frequency encoding gives.
    FrequencyUnit {
        /// Share of the fitted rows, 0 to 1.
        Share,
        /// Rows.
        Count,
    }
}

options! {
    /// Levels become how often they occur; unseen ones 0.
    FrequencyEncode {
        /// Names.
        columns: Vec<String>,
        /// The unit.
        unit: FrequencyUnit,
        /// The rows it learns from.
        fit: FitScope,
    }
}

options! {
    /// Levels are hashed into a fixed number of columns.
    HashEncode {
        /// Names.
        columns: Vec<String>,
        /// Columns made of each.
        buckets: u32 = 16,
        /// Whether a second bit of the hash gives the sign, so that collisions cancel.
        signed: bool,
    }
}

options! {
    /// Levels become the binary digits of their number.
    BinaryEncode {
        /// Names.
        columns: Vec<String>,
        /// The rows it learns from.
        fit: FitScope,
    }
}

names! {
    /// How a number is cut.
    BinMethod {
        /// Bins of one width.
        Width,
        /// Bins with equally many rows.
        Quantile,
        /// Edges given.
        Edges,
        /// Edges where a decision tree on the target would cut.
        Supervised,
    }
}

names! {
    /// What stands in the new column.
    BinLabel {
        /// `[18, 40)`.
        Interval,
        /// The bin's number from 0.
        Number,
        /// Mean of its edges.
        Midpoint,
    }
}

options! {
    /// Cuts numbers into bins `[a, b)`, the last one closed; what lies outside falls into the first or last.
    Bin {
        /// Names.
        columns: Vec<String>,
        /// How.
        method: BinMethod,
        /// Bins, at most.
        bins: u32 = 5,
        /// Inner and outer edges of `Edges`, ascending.
        edges: Vec<f64>,
        /// The target of `Supervised`.
        #[serde(skip_serializing_if = "Option::is_none")]
        target: Option<String>,
        /// What stands in the column.
        label: BinLabel,
        /// Whether the source column stays (the bins are then `NAME_bin`).
        keep_source: bool,
        /// The rows it learns from.
        fit: FitScope,
    }
}

names! {
    /// What counts as an outlier.
    OutlierMethod {
        /// Beyond mean ± factor · standard deviation.
        Std,
        /// Beyond median ± factor · 1.4826 · median absolute deviation.
        Robust,
        /// Beyond the quartiles ± factor · interquartile range.
        Iqr,
        /// Beyond the quantiles `low` and `high`.
        Quantile,
        /// Beyond the bounds `low` and `high`.
        Bounds,
    }
}

names! {
    /// What becomes of an outlier.
    OutlierAction {
        /// It becomes the bound.
        Clip,
        /// Its row is removed.
        Remove,
        /// It becomes missing.
        Null,
        /// A column `NAME_outlier` marks it with 1.
        Flag,
    }
}

options! {
    /// Treats values that lie far from the others.
    Outliers {
        /// Names.
        columns: Vec<String>,
        /// What counts as one.
        method: OutlierMethod,
        /// The factor of `Std` (usually 3), `Robust` (3) and `Iqr` (1.5).
        factor: f64 = 3.0,
        /// Lower quantile (0 to 1) or bound; none: no lower one.
        #[serde(skip_serializing_if = "Option::is_none")]
        low: Option<f64>,
        /// Upper quantile (0 to 1) or bound; none: no upper one.
        #[serde(skip_serializing_if = "Option::is_none")]
        high: Option<f64>,
        /// What becomes of it.
        action: OutlierAction,
        /// The rows it learns from.
        fit: FitScope,
    }
}

options! {
    /// Folds rare levels (and those that the fit did not see) into one.
    GroupRare {
        /// Names.
        columns: Vec<String>,
        /// Levels with a smaller share, in percent of the fitted rows.
        below_percent: f64 = 1.0,
        /// Levels with fewer rows.
        below_count: u64,
        /// At most so many levels stay, the most frequent.
        #[serde(skip_serializing_if = "Option::is_none")]
        max_categories: Option<usize>,
        /// The level they fold into.
        label: String = "other".into(),
        /// The rows it learns from.
        fit: FitScope,
    }
}

names! {
    /// A change of text.
    TextAction {
        /// Spaces at the ends go.
        Trim,
        /// Runs of spaces become one, those at the ends go.
        Collapse,
        /// Lower case.
        Lower,
        /// UPPER CASE.
        Upper,
        /// Title Case.
        Title,
        /// Sentence case.
        Sentence,
        /// `é` → `e` (Unicode NFKD without marks).
        StripAccents,
        /// Unicode NFC.
        Normalise,
        /// Punctuation goes.
        RemovePunctuation,
        /// Digits go.
        RemoveDigits,
        /// Filled at the start to a width.
        PadStart,
        /// Filled at the end to a width.
        PadEnd,
        /// The first so many characters.
        Left,
        /// The last so many characters.
        Right,
        /// Empty text becomes missing.
        EmptyToNull,
    }
}

options! {
    /// Changes text.
    Text {
        /// Names.
        columns: Vec<String>,
        /// How.
        action: TextAction,
        /// Characters of `PadStart`, `PadEnd`, `Left`, `Right`.
        width: u32 = 10,
        /// The character that pads.
        fill: String = "0".into(),
    }
}

names! {
    /// What a split text becomes.
    SplitInto {
        /// Columns `NAME_1`, `NAME_2`, ….
        Columns,
        /// A list.
        List,
    }
}

options! {
    /// Splits text at a separator.
    SplitText {
        /// Name.
        column: String,
        /// What stands between two parts.
        separator: String = ",".into(),
        /// Whether the separator is a regular expression.
        regex: bool,
        /// What becomes of the parts.
        into: SplitInto,
        /// Parts at most, the last takes the rest; none: as many as the rows of the fit have.
        #[serde(skip_serializing_if = "Option::is_none")]
        limit: Option<u32>,
        /// Names of the new columns; missing ones are `NAME_1`, ….
        names: Vec<String>,
        /// Whether the source column stays.
        keep_source: bool,
        /// The rows it learns the number of parts from.
        fit: FitScope,
    }
}

options! {
    /// Groups of a regular expression become columns.
    ExtractText {
        /// Name.
        column: String,
        /// The expression, with at least one group.
        pattern: String,
        /// Names of the new columns; missing ones are the groups' names or `NAME_1`, ….
        names: Vec<String>,
        /// Whether the source column stays.
        keep_source: bool = true,
    }
}

options! {
    /// Replaces within text.
    ReplaceText {
        /// Names.
        columns: Vec<String>,
        /// What is replaced.
        find: String,
        /// What stands in its place; with `regex` groups are `$1` or `${name}`.
        replace: String,
        /// Whether `find` is a regular expression.
        regex: bool,
        /// Whether case does not matter.
        ignore_case: bool,
    }
}

options! {
    /// Replaces whole values.
    ReplaceValues {
        /// Names.
        columns: Vec<String>,
        /// Old and new values; an empty new value: missing.
        pairs: Vec<Renaming>,
    }
}

names! {
    /// A figure of a text.
    TextMeasure {
        /// Characters.
        Length,
        /// Words.
        Words,
        /// Share of letters.
        Letters,
        /// Share of digits.
        Digits,
        /// Share of capitals.
        Capitals,
        /// Share of spaces.
        Spaces,
        /// Share of punctuation.
        Punctuation,
    }
}

options! {
    /// Figures of text become columns `NAME_length`, `NAME_digits`, ….
    TextMeasures {
        /// Names.
        columns: Vec<String>,
        /// Which.
        measures: Vec<TextMeasure> = vec![TextMeasure::Length],
    }
}

names! {
    /// What a text vector holds.
    VectorKind {
        /// Counts of words.
        Count,
        /// Counts times log((1 + n) / (1 + rows with the word)) + 1, each row of length 1 (as scikit-learn).
        Tfidf,
        /// 1 where the word occurs.
        Binary,
    }
}

options! {
    /// Words become columns.
    TextVectors {
        /// Name.
        column: String,
        /// What they hold.
        kind: VectorKind,
        /// Columns at most: the most frequent words, of equals the first in order.
        max_features: u32 = 100,
        /// Words that occur in fewer rows are left out.
        min_rows: u32 = 2,
        /// Longest run of words that counts as one (1: single words).
        ngrams: u32 = 1,
        /// Whether the source column stays.
        keep_source: bool,
        /// The rows it learns from.
        fit: FitScope,
    }
}

names! {
    /// What text is read as.
    DateKind {
        /// A date.
        Date,
        /// A date and time.
        Datetime,
        /// A time of day.
        Time,
    }
}

options! {
    /// Reads text as dates or times.
    ParseDate {
        /// Names.
        columns: Vec<String>,
        /// What it is.
        kind: DateKind,
        /// Format in the notation of `strftime`; several between `|` are tried in order; empty: detected.
        format: String,
        /// What becomes of what cannot be read.
        unfit: Unfit,
    }
}

names! {
    /// A part of a date or time.
    DatePart {
        /// Year.
        Year,
        /// 1 to 4.
        Quarter,
        /// 1 to 12.
        Month,
        /// ISO week, 1 to 53.
        Week,
        /// Day of the month.
        Day,
        /// 1 (Monday) to 7.
        Weekday,
        /// Day of the year.
        DayOfYear,
        /// 0 to 23.
        Hour,
        /// 0 to 59.
        Minute,
        /// 0 to 59.
        Second,
        /// 1 on Saturday and Sunday.
        Weekend,
        /// 1 on the first day of a month.
        MonthStart,
        /// 1 on the last day of a month.
        MonthEnd,
        /// Seconds since 1970.
        Epoch,
    }
}

options! {
    /// Parts of dates become columns `NAME_year`, ….
    DateParts {
        /// Names.
        columns: Vec<String>,
        /// Which.
        parts: Vec<DatePart> = vec![DatePart::Year, DatePart::Month, DatePart::Weekday],
        /// Whether the source column stays.
        keep_source: bool,
    }
}

options! {
    /// Parts of dates become `NAME_month_sin` and `NAME_month_cos`: sine and cosine of 2π · part / period.
    DateCyclic {
        /// Names.
        columns: Vec<String>,
        /// Which: month (12), weekday (7), day of year (365.25), day (days of the month), hour (24), minute, second (60).
        parts: Vec<DatePart> = vec![DatePart::Month],
        /// Whether the source column stays.
        keep_source: bool,
    }
}

names! {
    /// A unit of time.
    TimeUnit {
        /// Days.
        Days,
        /// Hours.
        Hours,
        /// Minutes.
        Minutes,
        /// Seconds.
        Seconds,
        /// Weeks.
        Weeks,
        /// Whole calendar months.
        Months,
        /// Whole calendar years (an age).
        Years,
    }
}

options! {
    /// Time from one column to another, or to a fixed point.
    DateDifference {
        /// The column with the begin.
        from: String,
        /// The column with the end; none: `until`.
        #[serde(skip_serializing_if = "Option::is_none")]
        to: Option<String>,
        /// A fixed end, ISO 8601.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<String>,
        /// The unit.
        unit: TimeUnit,
        /// Name of the new column.
        name: String = "difference".into(),
    }
}

options! {
    /// Moves times from one zone to another; the result is the local time there.
    TimeZone {
        /// Names.
        columns: Vec<String>,
        /// Zone of the times as they stand (IANA name).
        from: String = "UTC".into(),
        /// The new zone (IANA name).
        to: String = "UTC".into(),
    }
}

names! {
    /// What is made of a value and an earlier one.
    LagOutput {
        /// The earlier value.
        Value,
        /// The value minus the earlier one.
        Difference,
        /// The change in percent of the earlier one.
        ChangePercent,
    }
}

options! {
    /// Values of earlier rows become columns `NAME_lag1`, ….
    Lag {
        /// Names.
        columns: Vec<String>,
        /// Rows back; negative: ahead.
        offsets: Vec<i64> = vec![1],
        /// What is made of it.
        output: LagOutput,
        /// The column that gives the order; none: the table's own.
        #[serde(skip_serializing_if = "Option::is_none")]
        order: Option<String>,
        /// Rows look back within their group only.
        by: Vec<String>,
    }
}

options! {
    /// Figures over a window of rows become columns `NAME_mean7`, ….
    Rolling {
        /// Names.
        columns: Vec<String>,
        /// Rows of the window, the row itself the last of them.
        window: u32 = 7,
        /// Values that must be there; otherwise missing. 0: the whole window.
        min_rows: u32,
        /// Which: mean, sum, min, max, std, median, count.
        function: Aggregate = Aggregate::Mean,
        /// Whether the row itself is left out (no peek at the present).
        exclude_current: bool,
        /// The column that gives the order; none: the table's own.
        #[serde(skip_serializing_if = "Option::is_none")]
        order: Option<String>,
        /// Windows stay within a group.
        by: Vec<String>,
    }
}

options! {
    /// One row for each stretch of time (and group).
    Resample {
        /// The column of time.
        column: String,
        /// Length of a stretch: `15m`, `1h`, `1d`, `1w`, `1mo`, `1q`, `1y`.
        every: String = "1d".into(),
        /// What is computed of each.
        aggregations: Vec<Aggregation>,
        /// Groups that are resampled on their own.
        by: Vec<String>,
    }
}

names! {
    /// What stands in rows that were added.
    GapFill {
        /// Missing.
        Null,
        /// The value before.
        Forward,
        /// On the line between the neighbours (numbers).
        Linear,
        /// 0 (numbers).
        Zero,
    }
}

options! {
    /// Adds rows for the points in time that are missing.
    FillGaps {
        /// The column of time.
        column: String,
        /// The distance of two rows: `1d`, `1h`, ….
        every: String = "1d".into(),
        /// What stands in the new rows.
        fill: GapFill,
        /// Groups that are filled on their own.
        by: Vec<String>,
    }
}

names! {
    /// How classes are balanced.
    BalanceMethod {
        /// A column of weights n / (classes · rows of the class).
        Weights,
        /// Rows of small classes are drawn again.
        Over,
        /// Rows of large classes are left out.
        Under,
        /// New rows between neighbours of a small class (SMOTE; numbers only).
        Smote,
        /// The same for numbers and categories (SMOTE-NC).
        SmoteNc,
    }
}

options! {
    /// Balances the classes of the training part; other rows stay as they are. Not replayed on new rows.
    Balance {
        /// The column of classes.
        target: String,
        /// How.
        method: BalanceMethod,
        /// Rows of the small classes in percent of the largest (100: equal).
        ratio_percent: f64 = 100.0,
        /// Neighbours of SMOTE.
        neighbours: u32 = 5,
        /// Name of the column of `Weights`.
        weight_name: String = "weight".into(),
        /// Seed.
        seed: u64,
    }
}

options! {
    /// Principal components become columns `pc1`, `pc2`, ….
    Pca {
        /// Names (numbers without missing values).
        columns: Vec<String>,
        /// Components; none: as many as reach `variance_percent`.
        #[serde(skip_serializing_if = "Option::is_none")]
        components: Option<u32>,
        /// Share of the variance to reach, in percent.
        variance_percent: f64 = 95.0,
        /// Whether columns are brought to unit variance first.
        standardise: bool = true,
        /// Whether the source columns stay.
        keep_source: bool,
        /// The rows it learns from.
        fit: FitScope,
    }
}

names! {
    /// How values are made anonymous.
    AnonymiseMethod {
        /// A keyed hash (BLAKE3 with the project's salt), 16 hex digits: equal values stay equal.
        Hash,
        /// All but the last characters become `•`.
        Mask,
        /// The column is dropped.
        Drop,
        /// A date becomes its year.
        Year,
        /// A number becomes the range it lies in: `40 to 50`.
        Range,
    }
}

options! {
    /// Makes values anonymous.
    Anonymise {
        /// Names.
        columns: Vec<String>,
        /// How.
        method: AnonymiseMethod,
        /// Characters that `Mask` leaves.
        show: u32,
        /// Width of the ranges of `Range`.
        width: f64 = 10.0,
    }
}

names! {
    /// Whose one-hot encoding is repeated; it decides order, missing and unseen levels, and names.
    OneHotParity {
        /// Nobody's: the options of the step.
        None,
        /// scikit-learn `OneHotEncoder(handle_unknown="ignore")`: missing values get a column `NAME_nan`.
        ScikitLearn,
        /// pandas `get_dummies`: missing values are 0 in every column.
        Pandas,
        /// Spark `StringIndexer` + `OneHotEncoder`: levels by falling frequency, the last has no column, missing is an error.
        Spark,
    }
}

names! {
    /// The shape that quantiles are mapped to.
    QuantileShape {
        /// 0 to 1.
        Uniform,
        /// Standard normal.
        Normal,
    }
}

/// A condition, or conditions joined.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Rule {
    /// Conditions joined.
    Group(RuleGroup),
    /// One.
    Test(super::Condition),
}

/// The keys of both, so that a misspelt one is told from a missing one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleKeys {
    column: Option<String>,
    test: Option<super::Test>,
    value: Option<ParamValue>,
    other: Option<String>,
    combine: Option<super::Combine>,
    negate: Option<bool>,
    rules: Option<Vec<Rule>>,
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let keys = RuleKeys::deserialize(deserializer)?;
        if let Some(rules) = keys.rules {
            if keys.column.is_some() || keys.test.is_some() || keys.value.is_some() || keys.other.is_some() {
                return Err(D::Error::custom("a group of conditions has rules, and no column, test, value or other"));
            }
            let (combine, negate) = (keys.combine.unwrap_or_default(), keys.negate.unwrap_or_default());
            return Ok(Self::Group(RuleGroup { combine, negate, rules }));
        }
        if keys.combine.is_some() || keys.negate.is_some() {
            return Err(D::Error::missing_field("rules"));
        }
        let column = keys.column.ok_or_else(|| D::Error::missing_field("column"))?;
        let test = keys.test.ok_or_else(|| D::Error::missing_field("test"))?;
        Ok(Self::Test(super::Condition { column, test, value: keys.value, other: keys.other }))
    }
}

impl From<super::Condition> for Rule {
    fn from(condition: super::Condition) -> Self {
        Self::Test(condition)
    }
}

impl Rule {
    /// Names of the columns it reads.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::Group(group) => group.rules.iter().flat_map(Self::columns).collect(),
            Self::Test(test) => std::iter::once(test.column.as_str()).chain(test.other.as_deref()).collect(),
        }
    }
}

/// Conditions joined, to any depth.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleGroup {
    /// Whether all or any must hold.
    #[serde(default)]
    pub combine: super::Combine,
    /// Whether the whole is turned round.
    #[serde(default)]
    pub negate: bool,
    /// The conditions.
    pub rules: Vec<Rule>,
}

names! {
    /// What a filter does with the rows that meet its conditions.
    FilterAction {
        /// They stay, the others go.
        Keep,
        /// They go.
        Delete,
    }
}

/// A type that text columns can be cast to, for forms.
pub const CAST_TARGETS: [ColumnType; 9] = [
    ColumnType::Bool,
    ColumnType::Int,
    ColumnType::Float,
    ColumnType::Decimal,
    ColumnType::Date,
    ColumnType::Datetime,
    ColumnType::Time,
    ColumnType::Category,
    ColumnType::Text,
];
