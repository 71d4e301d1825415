//! Work on files without a notebook: steps run on a table, and a table split into parts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    notebook::{ImportOptions, SplitCell},
    results::{SplitResult, StepOutcome},
    steps::Step,
    table::{ColumnType, TablePage},
};

/// `cairn wrangle`: steps on a file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WrangleRequest {
    /// Path of the file (absolute, or relative to the project).
    pub path: String,
    /// How to read it.
    #[serde(default)]
    pub options: ImportOptions,
    /// Where the first steps come from: a list of steps (`.toml`, `.json`), a portable recipe (`.json`) or a notebook
    /// (`.cairn`). What it learned is not used: the steps are fitted on this file.
    #[serde(default)]
    pub recipe: Option<String>,
    /// The wrangle cell of a notebook; none: the last one.
    #[serde(default)]
    pub cell: Option<String>,
    /// Steps behind those of `recipe`.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// How rows are drawn before the first step (or where the recipe has its split), so that steps fit on the training
    /// part. None: that of the recipe; without any, steps fit on all rows, and the answer warns.
    #[serde(default)]
    pub split: Option<SplitCell>,
    /// Files of other tables by the name that joins, concatenations and queries give them.
    #[serde(default)]
    pub tables: BTreeMap<String, String>,
    /// The file to write: `.csv`, `.tsv`, `.ndjson` (each also `.gz`, `.zst`), `.parquet`, `.arrow`. With `{part}` in
    /// its name one file a part of the split. None: nothing is written.
    #[serde(default)]
    pub out: Option<String>,
    /// Name of a column that is added behind all others and names the part of each row.
    #[serde(default)]
    pub part_column: Option<String>,
    /// Whether text that a spreadsheet would run as a formula gets an apostrophe (text formats only).
    #[serde(default)]
    pub guard_formulas: bool,
    /// Where the fitted recipe goes, for `cairn apply`.
    #[serde(default)]
    pub save_recipe: Option<String>,
    /// Rows of the comparison before and after the last step; 0: none.
    #[serde(default)]
    pub preview_rows: u64,
}

/// Steps that ran on a file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WrangledFile {
    /// Files written.
    pub out: Vec<String>,
    /// The recipe written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<String>,
    /// Rows after the last step.
    pub rows: u64,
    /// Columns after the last step.
    pub columns: Vec<(String, ColumnType)>,
    /// Rows of the file.
    pub rows_read: u64,
    /// Columns of the file.
    pub columns_read: u64,
    /// Records of the file that were rejected.
    pub rejects_total: u64,
    /// What each step did, in order.
    pub steps: Vec<StepOutcome>,
    /// The parts, where there is a split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<SplitResult>,
    /// What holds for the whole: steps that fit on all rows for want of a split.
    pub warnings: Vec<String>,
    /// The table around the last step, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<TablePage>,
    /// Seconds it took, reading and writing included.
    pub elapsed_secs: f64,
}

/// `cairn split`: the parts of a file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SplitRequest {
    /// Path of the file (absolute, or relative to the project).
    pub path: String,
    /// How to read it.
    #[serde(default)]
    pub options: ImportOptions,
    /// How rows are drawn; its input has no meaning here.
    pub split: SplitCell,
    /// The folder for one file a part (folds: a folder each), or, with `column`, the file. None: nothing is written.
    #[serde(default)]
    pub out: Option<String>,
    /// The ending of the files in the folder: `parquet`, `csv`, …; none: `csv`.
    #[serde(default)]
    pub format: Option<String>,
    /// Name of a column that holds the part of each row; with folds, the number of the fold that validates on it.
    #[serde(default)]
    pub column: Option<String>,
    /// Where the certificate goes; none: beside what is written.
    #[serde(default)]
    pub certificate: Option<String>,
    /// Whether text that a spreadsheet would run as a formula gets an apostrophe (text formats only).
    #[serde(default)]
    pub guard_formulas: bool,
}

/// A file that was split.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SplitFile {
    /// Tables written.
    pub out: Vec<String>,
    /// Where the certificate was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_file: Option<String>,
    /// Rows of the file.
    pub rows: u64,
    /// Records of the file that were rejected.
    pub rejects_total: u64,
    /// The proof.
    pub certificate: Certificate,
    /// Seconds it took, reading and writing included.
    pub elapsed_secs: f64,
}

impl SplitFile {
    /// Checks that came out as a fault, those of folds among them.
    pub fn faults(&self) -> impl Iterator<Item = &crate::results::Check> {
        let result = &self.certificate.result;
        let all = result.checks.iter().chain(result.folds.iter().flat_map(|fold| &fold.checks));
        all.filter(|check| check.outcome == crate::results::CheckOutcome::Fault)
    }
}

/// The version of [`Certificate`].
pub const CERTIFICATE_SCHEMA: u32 = 1;

/// The proof of a split as a file of its own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// [`CERTIFICATE_SCHEMA`].
    pub schema: u32,
    /// The version of Cairn that wrote it.
    pub cairn: String,
    /// Name of the file that was split.
    pub file: String,
    /// BLAKE3 of the file's bytes, in hex; empty where it was not computed.
    #[serde(default)]
    pub file_digest: String,
    /// What was asked for.
    pub split: SplitCell,
    /// Sizes, class shares, checks, drift and hashes.
    #[serde(flatten)]
    pub result: SplitResult,
}
