//! Two tables, or two parts of a split, side by side: schema, rows, drift.

use serde::{Deserialize, Serialize};

use crate::{
    Real,
    notebook::ImportOptions,
    quality::Definition,
    table::{ColumnType, Finding, TableRef},
};

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "side", rename_all = "snake_case")]
pub enum CompareSide {
    /// A table of the project, or a part of it.
    Table {
        /// The table.
        table: TableRef,
        /// Name of a part of its split (`train`, `valid`, `test`); none: all rows.
        #[serde(default)]
        part: Option<String>,
    },
    /// A file anywhere.
    Path {
        /// Path (absolute or relative to the project).
        path: String,
        /// How to read it.
        #[serde(default)]
        options: ImportOptions,
    },
}

/// How table `b` differs from table `a`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Comparison {
    /// The first table.
    pub a: ComparedTable,
    /// The second table.
    pub b: ComparedTable,
    /// Seconds it took.
    pub elapsed_secs: f64,
    /// Columns added, removed, changed in type.
    pub schema: SchemaDiff,
    /// Rows, by key or whole.
    pub rows: RowsDiff,
    /// Distribution of each column in both, in the order of `a`.
    pub drift: Vec<ColumnDrift>,
    /// What a person should look at, most severe first.
    pub findings: Vec<Finding>,
    /// What the measures mean.
    pub definitions: Vec<Definition>,
}

/// One of the tables compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ComparedTable {
    /// What a person calls it: a path, a cell, a cell and a part.
    pub name: String,
    /// Rows.
    pub rows: u64,
    /// Columns.
    pub columns: u64,
}

/// How the columns differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SchemaDiff {
    /// Columns only the second has.
    pub added: Vec<TypedName>,
    /// Columns only the first has.
    pub removed: Vec<TypedName>,
    /// Columns of both whose types differ.
    pub retyped: Vec<Retyped>,
    /// Whether the common columns stand in another order.
    pub reordered: bool,
}

/// A column by name and type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedName {
    /// Name.
    pub name: String,
    /// Type.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
}

/// A column whose type differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retyped {
    /// Name.
    pub name: String,
    /// Type in the first table.
    pub a: ColumnType,
    /// Type in the second table.
    pub b: ColumnType,
}

/// How the rows differ.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RowsDiff {
    /// The key columns; empty: whole rows (over the common columns) were compared, as many times as they occur.
    pub keys: Vec<String>,
    /// Rows only the first has.
    pub only_a: u64,
    /// Rows only the second has.
    pub only_b: u64,
    /// Rows of both: with keys, keys found once in each.
    pub both: u64,
    /// Of those, rows in which some common column differs; always 0 without keys.
    pub changed: u64,
    /// Rows of the first whose key occurs there more than once, or whose key occurs more than once in the second;
    /// they are paired with nothing.
    pub duplicate_keys_a: u64,
    /// The same of the second.
    pub duplicate_keys_b: u64,
    /// Changed cells by column, in the order of the first table; columns without any left out.
    pub changed_cells: Vec<ChangedColumn>,
    /// Some rows of each kind, in the order of the tables.
    pub examples: Vec<RowExample>,
}

/// A column with cells that differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedColumn {
    /// Name.
    pub column: String,
    /// Cells that differ.
    pub cells: u64,
}

/// Why a row stands among the examples.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowDifference {
    /// Its key is in both tables and a cell differs.
    #[default]
    Changed,
    /// Only the first table has it.
    OnlyA,
    /// Only the second table has it.
    OnlyB,
    /// Its key occurs more than once.
    DuplicateKey,
}

/// A row that differs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RowExample {
    /// Why it is here.
    pub kind: RowDifference,
    /// Index of the row in the first table, from 0.
    pub row_a: Option<u64>,
    /// Index of the row in the second table.
    pub row_b: Option<u64>,
    /// Its cells: the key first; of a changed row only the cells that differ besides.
    pub cells: Vec<CellPair>,
}

/// A cell of both tables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CellPair {
    /// Name of the column.
    pub column: String,
    /// Text in the first table; none where missing or where the row is only in the second.
    pub a: Option<String>,
    /// Text in the second table.
    pub b: Option<String>,
}

/// How far the distribution of a column moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftLevel {
    /// Population stability index below 0.1.
    #[default]
    None,
    /// From 0.1 to 0.25.
    Moderate,
    /// Above 0.25.
    Large,
}

/// The distribution of one column in both tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnDrift {
    /// Name.
    pub column: String,
    /// Type in the first table.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// How far it moved, by the population stability index.
    pub level: DriftLevel,
    /// Population stability index over `bins`; none where a table has no value.
    pub psi: Option<Real>,
    /// Largest distance between the two empirical distributions (Kolmogorov–Smirnov), for numbers and points in time.
    pub ks: Option<Real>,
    /// The asymptotic two-sided p-value of `ks`.
    pub ks_p: Option<Real>,
    /// Share of missing cells in the first table.
    pub missing_a: Real,
    /// Share of missing cells in the second table.
    pub missing_b: Real,
    /// Mean in the first table, for numbers.
    pub mean_a: Option<Real>,
    /// Mean in the second table.
    pub mean_b: Option<Real>,
    /// Levels of the second that the first does not have (levels only).
    pub new_levels: u64,
    /// Levels of the first that the second does not have.
    pub lost_levels: u64,
    /// The bins compared, with the share of each table's present cells.
    pub bins: Vec<DriftBin>,
}

/// A bin of a [`ColumnDrift`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DriftBin {
    /// The level, or `from – to`; the lower edge belongs to the bin.
    pub label: String,
    /// Share in the first table.
    pub a: Real,
    /// Share in the second table.
    pub b: Real,
}
