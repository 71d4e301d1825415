//! Tables as the importer, the profile and the grid show them. The field names of [`ImportReport`] and
//! [`Profile`] are those of `cairn import --json` and `cairn profile --json`.

use serde::{Deserialize, Serialize};

use crate::{Real, steps::SortKey};

/// The type of a column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ColumnType {
    Bool,
    Int,
    Float,
    Decimal,
    Date,
    Datetime,
    Time,
    Duration,
    Category,
    #[default]
    Text,
    List,
    Struct,
}

impl ColumnType {
    /// Whether values are numbers.
    #[must_use]
    pub fn is_numeric(self) -> bool {
        matches!(self, Self::Int | Self::Float | Self::Decimal)
    }

    /// Whether fields of text can be read as it.
    #[must_use]
    pub fn can_be_read(self) -> bool {
        !matches!(self, Self::Duration | Self::List | Self::Struct | Self::Decimal)
    }

    /// Name in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Float => "float",
            Self::Decimal => "decimal",
            Self::Date => "date",
            Self::Datetime => "datetime",
            Self::Time => "time",
            Self::Duration => "duration",
            Self::Category => "category",
            Self::Text => "text",
            Self::List => "list",
            Self::Struct => "struct",
        }
    }
}

/// What reading a file found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ImportReport {
    /// The file read.
    pub file: String,
    /// `csv`, `parquet`, `arrow`, `json`, `ndjson`, `excel`, `sqlite`, or `folder`.
    pub format: String,
    /// `gzip`, `zstd` or `zip` where the file was packed; empty where not.
    #[serde(default)]
    pub container: String,
    /// Names to choose from where the file holds several tables (sheets, database tables, files of an archive, tables
    /// of a text file); empty where it holds one.
    #[serde(default)]
    pub tables: Vec<String>,
    /// The one of [`ImportReport::tables`] that was read.
    #[serde(default)]
    pub table: String,
    /// Files read, where the table is a folder of them.
    #[serde(default)]
    pub files: Vec<String>,
    /// Encoding (WHATWG name, lower case); empty for binary formats.
    pub encoding: String,
    /// Field delimiter; empty for binary formats.
    pub delimiter: String,
    /// Quote character; empty where no field was quoted.
    pub quote: String,
    /// What escapes a quote inside quotes: `"` (doubled), `\`, or empty.
    pub escape: String,
    /// `\n`, `\r\n`, `\r` or `mixed`.
    pub line_end: String,
    /// Lines before the table.
    pub preamble_lines: u64,
    /// Whether the first record holds the names.
    pub header: bool,
    /// Rows of the table.
    pub rows: u64,
    /// Columns in their order.
    pub columns: Vec<ImportedColumn>,
    /// Records that hold the names: 0, 1, or more.
    #[serde(default)]
    pub header_rows: u32,
    /// Records after the table that are no rows of it (totals, sources, notes), listed among the rejects.
    #[serde(default)]
    pub footer_lines: u64,
    /// Words that stand for a missing value, beside the empty field.
    #[serde(default)]
    pub null_tokens: Vec<String>,
    /// Decimal mark of the numbers: `.` or `,`; empty where none has a fraction.
    #[serde(default)]
    pub decimal: String,
    /// Thousands mark of the numbers; empty where none has one.
    #[serde(default)]
    pub thousands: String,
    /// Records that could not be read as they stand (at most 1,000 listed; see `rejects_total`).
    pub rejects: Vec<Reject>,
    /// All records that could not be read.
    #[serde(default)]
    pub rejects_total: u64,
    /// Records counted in the file after the header; equals rows + rejected records.
    pub records_counted: u64,
    /// Size of the file.
    #[serde(default)]
    pub size_bytes: u64,
    /// BLAKE3 of the file's bytes, in hex; empty where it was not computed.
    #[serde(default)]
    pub digest: String,
    /// What a person should know: renamed headers, padded records.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Seconds from opening the file to the finished table.
    pub elapsed_secs: f64,
}

/// A column as read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedColumn {
    /// Name.
    pub name: String,
    /// Type.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Missing cells.
    pub nulls: u64,
    /// How the fields were read where that needs saying: `%d/%m/%Y`, `decimal comma`, `yes/no`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub read_as: String,
}

/// A record that could not be read as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// Line in the file, from 1.
    pub line: u64,
    /// Byte offset of the record in the file.
    pub byte_offset: u64,
    /// What was wrong.
    pub reason: String,
    /// The record; where the rejected ones are long and many, its first 400 characters.
    pub text: String,
}

/// Figures of every column of a table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Rows of the table.
    pub rows: u64,
    /// Rows the figures rest on; equal to `rows` unless a budget was exceeded.
    pub rows_profiled: u64,
    /// Seconds it took.
    pub elapsed_secs: f64,
    /// Columns in their order.
    pub columns: Vec<ColumnProfile>,
    /// What a person should look at, most severe first.
    pub findings: Vec<Finding>,
}

/// Figures of one column; numeric figures are absent for text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ColumnProfile {
    /// Name.
    pub name: String,
    /// Type.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Missing cells.
    pub nulls: u64,
    /// Distinct values, missing ones not counted.
    pub distinct: u64,
    /// Smallest value as text (for text: in code point order).
    pub min: Option<Scalar>,
    /// Largest value.
    pub max: Option<Scalar>,
    /// Mean.
    pub mean: Option<Real>,
    /// Standard deviation with n − 1.
    pub std: Option<Real>,
    /// Skewness (Fisher–Pearson, biased, as `scipy.stats.skew`).
    pub skew: Option<Real>,
    /// Excess kurtosis (biased, as `scipy.stats.kurtosis`).
    pub kurtosis: Option<Real>,
    /// Quantiles by probability: `0.05`, `0.25`, `0.5`, `0.75`, `0.95` (linear interpolation).
    pub quantiles: Option<std::collections::BTreeMap<String, Real>>,
    /// Histogram of the numbers, or of the points in time.
    pub histogram: Option<Histogram>,
    /// Most frequent values, at most 20, most frequent first.
    pub top: Vec<TopValue>,
    /// Lengths and blanks of a column of text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextFigures>,
}

/// Lengths and blanks of the texts of a column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TextFigures {
    /// Characters (Unicode scalar values) of the shortest text.
    pub shortest: u64,
    /// Mean number of characters.
    pub mean_length: Real,
    /// Characters of the longest text.
    pub longest: u64,
    /// Cells that hold a text without a character; they are not missing.
    pub empty: u64,
    /// Cells that hold nothing but white space, the empty ones not counted.
    pub blank: u64,
    /// Cells with white space before or after other characters.
    pub padded: u64,
}

/// A single value in a profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Scalar {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

impl std::fmt::Display for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(yes) => write!(f, "{yes}"),
            Self::Int(whole) => write!(f, "{whole}"),
            Self::Float(real) => write!(f, "{real}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Counts between edges.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// n + 1 edges, ascending; a bin holds its lower edge, the last bin also its upper. Dates in days and points in time
    /// in the column's ticks since 1970-01-01, times of day and durations in ticks.
    pub edges: Vec<Real>,
    /// n counts.
    pub counts: Vec<u64>,
    /// For dates, points in time, times of day and durations the edges as text, as a filter takes them; else empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edges_text: Vec<String>,
}

/// A value and how often it occurs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopValue {
    /// The value as text.
    pub value: String,
    /// Rows that hold it.
    pub count: u64,
}

/// Something about a table that a person should look at.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// How serious.
    pub severity: Severity,
    /// The column; empty for the whole table.
    pub column: String,
    /// `missing`, `constant`, `rare_level`, `long_tail`, `identifier`, `duplicates`, `imbalance`, …
    pub kind: String,
    /// A sentence with figures.
    pub message: String,
    /// The step that would answer it.
    pub suggested_step: Option<crate::steps::Step>,
    /// What a finding of this kind means, with its threshold and source.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub definition: String,
    /// The figures of the message by name: `rows`, `share`, `skew`, …
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub figures: std::collections::BTreeMap<String, Real>,
    /// Some of what was found: values, spellings, columns; never a value that is likely personal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
}

/// How serious a finding is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Severity {
    High,
    Medium,
    #[default]
    Low,
}

/// Which table a grid shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum TableRef {
    /// The result of a cell (data, wrangle, split).
    Cell {
        /// Path of the notebook in the project.
        notebook: String,
        /// Name of the cell.
        cell: String,
    },
    /// A file of the project, read as it is.
    File {
        /// Path relative to the project.
        path: String,
    },
}

/// What a grid asks of a table: an order and conditions, then a window of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TableQuery {
    /// Columns to sort by, the first decides first; none: the table's own order. Missing values stand last, equal rows
    /// as in the table.
    #[serde(default, deserialize_with = "sort_keys")]
    pub sort: Vec<SortKey>,
    /// Rows shown meet all of these.
    #[serde(default)]
    pub conditions: Vec<crate::steps::Condition>,
    /// Only rows of the part of that name; none: all rows, also those in no part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
}

/// Sort keys, also as they were written when there was one at most: `null`, or a name and whether descending.
fn sort_keys<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<SortKey>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Keys(Vec<SortKey>),
        One(Option<(String, bool)>),
    }
    Ok(match Written::deserialize(from)? {
        Written::Keys(keys) => keys,
        Written::One(one) => one.into_iter().map(|(column, descending)| SortKey { column, descending }).collect(),
    })
}

/// What is looked for in a grid, and from where.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Needle {
    /// The text.
    pub text: String,
    /// Columns searched; empty: all.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Whether `A` and `a` differ.
    #[serde(default)]
    pub match_case: bool,
    /// Whether the whole cell must match rather than a part.
    #[serde(default)]
    pub whole_cell: bool,
    /// Whether the text is a regular expression.
    #[serde(default)]
    pub regex: bool,
    /// Position of the row, within the view's order, that the search starts from.
    #[serde(default)]
    pub from_position: u64,
    /// Index of the column after (or before) which it starts in that row; none: the row counts as a whole.
    #[serde(default)]
    pub from_column: Option<u64>,
    /// Whether it goes towards the beginning.
    #[serde(default)]
    pub backwards: bool,
}

/// A cell that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundCell {
    /// Position of the row within the view's order.
    pub position: u64,
    /// Index of the row in the table.
    pub row: u64,
    /// Name of the column.
    pub column: String,
    /// Index of the column in the table.
    pub column_index: u64,
    /// Whether the search went round the end of the table.
    pub wrapped: bool,
}

/// A window of a table. Cells are text as the grid shows them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TablePage {
    /// Rows that meet the query.
    pub rows_total: u64,
    /// Index of the first row of the window within the query's order.
    pub first_row: u64,
    /// Index in the table of each row of the window; in a preview in the table that the cell reads, and `u64::MAX` for a
    /// row that a step made.
    pub row_numbers: Vec<u64>,
    /// In a preview: whether each row of the window stands in no row of the table compared with; empty: none does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added_rows: Vec<bool>,
    /// The columns of the window.
    pub columns: Vec<PageColumn>,
}

/// One column of a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageColumn {
    /// Name.
    pub name: String,
    /// Type.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// One text a row; null is none. At most 300 characters each.
    pub cells: Vec<Option<String>>,
    /// How this column relates to the table compared with.
    #[serde(default)]
    pub change: ColumnChange,
    /// With [`ColumnChange::Changed`]: which cells of the window differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<bool>,
}

/// How a column of a preview relates to the table before the step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnChange {
    /// The same.
    #[default]
    Same,
    /// New.
    Added,
    /// Gone; shown struck through.
    Removed,
    /// Some cells or the type differ.
    Changed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_of_one_key_still_loads() {
        let sort = |text: &str| {
            let query: TableQuery = serde_json::from_str(text).unwrap();
            query.sort.into_iter().map(|key| (key.column, key.descending)).collect::<Vec<_>>()
        };
        assert_eq!(sort(r#"{"sort": ["age", true]}"#), [("age".to_owned(), true)]);
        assert_eq!(sort(r#"{"sort": null}"#), []);
        assert_eq!(sort("{}"), []);
        let query = TableQuery {
            sort: vec![
                SortKey { column: "sex".into(), descending: false },
                SortKey { column: "age".into(), descending: true },
            ],
            ..TableQuery::default()
        };
        assert_eq!(serde_json::from_str::<TableQuery>(&serde_json::to_string(&query).unwrap()).unwrap(), query);
    }
}
