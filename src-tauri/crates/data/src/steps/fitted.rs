//! What the steps of a recipe learned, as it is stored with a run.

use std::collections::BTreeMap;

use cairn_protocol::{Real, steps::Step, table::ColumnType};
use serde::{Deserialize, Serialize};

/// The version of the document.
pub(crate) const RECIPE_SCHEMA: u32 = 1;

/// A recipe with what each step learned; replayed unchanged on new data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedRecipe {
    /// The version of this document; 1.
    pub schema: u32,
    /// The steps in order, those switched off among them.
    pub steps: Vec<FittedStep>,
}

impl FittedRecipe {
    /// Recipes one after the other, as cells follow each other in a notebook.
    #[must_use]
    pub fn chain(recipes: impl IntoIterator<Item = Self>) -> Self {
        Self { schema: RECIPE_SCHEMA, steps: recipes.into_iter().flat_map(|recipe| recipe.steps).collect() }
    }

    /// Numbers of the steps that learned from more than the training part.
    #[must_use]
    pub fn steps_fit_on_all(&self) -> Vec<usize> {
        self.steps.iter().filter(|step| step.fits_on_all).map(|step| step.number).collect()
    }
}

/// A step and what it learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedStep {
    /// Number in its cell, from 1.
    pub number: usize,
    /// The step.
    pub step: Step,
    /// Whether it learned from more than the training part.
    #[serde(default)]
    pub fits_on_all: bool,
    /// Rows it learned from; none where it learns nothing.
    #[serde(default)]
    pub fit_rows: Option<u64>,
    /// What it learned.
    pub learned: Learned,
}

/// What a step learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Learned {
    /// Nothing.
    Nothing,
    /// How the texts of a column spell dates and times, by column.
    Formats {
        /// Format in the notation of `strftime`.
        formats: BTreeMap<String, String>,
    },
    /// What to fill with.
    Fills {
        /// One for each column.
        columns: Vec<ColumnFill>,
    },
    /// Centre and width.
    Scales {
        /// One for each column.
        columns: Vec<ColumnScale>,
    },
    /// Levels and the columns made of them (one-hot and flags).
    Levels {
        /// One for each column.
        columns: Vec<ColumnLevels>,
    },
    /// Numbers that levels become (ordinal, target, frequency and binary encoding).
    Codes {
        /// One for each column.
        columns: Vec<ColumnCodes>,
    },
    /// The fitted rows, in which neighbours are looked for.
    Donors {
        /// One for each column, all of one length.
        columns: Vec<ColumnDonors>,
    },
    /// What lies within a lower and an upper bound.
    Bounds {
        /// One for each column.
        columns: Vec<ColumnBounds>,
    },
    /// Where numbers are cut.
    Bins {
        /// One for each column.
        columns: Vec<ColumnBins>,
    },
    /// Principal components.
    Components {
        /// The source columns, in the order of the weights.
        columns: Vec<ColumnScale>,
        /// The components, the widest first.
        components: Vec<Component>,
    },
    /// Names of columns: those that go (drop missing), the values that become columns (pivot).
    Columns {
        /// The names, in their order.
        names: Vec<String>,
    },
    /// Fields that become columns (flatten), and the type of values (explode).
    Fields {
        /// One for each new column, in their order.
        fields: Vec<FittedField>,
    },
    /// Into how many parts text is split, by column.
    Parts {
        /// Number of columns.
        parts: BTreeMap<String, u32>,
    },
    /// Words that became columns.
    Words {
        /// One for each column.
        columns: Vec<super::text_vectors::Vocabulary>,
    },
}

/// A field of objects that becomes a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedField {
    /// Names of the fields within each other that lead to it; empty: the value itself.
    #[serde(default)]
    pub path: Vec<String>,
    /// Name of its column.
    pub name: String,
    /// Type of the column.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
}

/// What fills the missing cells of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnFill {
    /// Name.
    pub column: String,
    /// Type the column had.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// The value.
    pub value: FillValue,
    /// Whether the column becomes `Float64` (a mean of whole numbers).
    #[serde(default)]
    pub to_float: bool,
    /// Values of single groups; a group that is not here gets `value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupFill>,
}

/// What fills the missing cells of a column within a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupFill {
    /// The group: the value of each grouping column as text, none for missing.
    pub group: Vec<Option<String>>,
    /// The value; of the same kind as the one of the whole column.
    pub value: FillValue,
}

/// A value that fills.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FillValue {
    /// A truth value.
    Bool(bool),
    /// A whole number; for points in time: days (date), microseconds (datetime, duration), nanoseconds (time).
    Int(i64),
    /// A number.
    Float(Real),
    /// A text or category.
    Text(String),
}

/// (x − centre) / width.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnScale {
    /// Name.
    pub column: String,
    /// Mean, minimum or median.
    pub centre: Real,
    /// Standard deviation, range, interquartile range or largest absolute value; 1 where that is 0.
    pub width: Real,
    /// The exponent of a power transformation that is done before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power: Option<Real>,
    /// Quantiles at equal steps from the smallest to the largest value, where values become their rank.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantiles: Vec<Real>,
}

/// The numbers that the levels of a column become.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnCodes {
    /// Name.
    pub column: String,
    /// Type the column had.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// The levels the fit saw.
    pub levels: Vec<LevelCode>,
    /// What a missing value becomes; none: it stays missing.
    #[serde(default)]
    pub null: Option<Real>,
    /// What a level becomes that the fit did not see; none: missing.
    #[serde(default)]
    pub unseen: Option<Real>,
}

/// The number that a level becomes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelCode {
    /// The value as text.
    pub value: String,
    /// The number.
    pub code: Real,
}

/// A column of the rows that neighbours are looked for in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnDonors {
    /// Name.
    pub column: String,
    /// Type the column had.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// The values, or indices into `levels`; none for missing.
    pub cells: Vec<Option<Real>>,
    /// The levels of a column that holds no numbers, in the order of their values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<FillValue>,
}

/// What lies within.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnBounds {
    /// Name.
    pub column: String,
    /// The lower bound; none: there is none.
    #[serde(default)]
    pub low: Option<Real>,
    /// The upper bound; none: there is none.
    #[serde(default)]
    pub high: Option<Real>,
}

/// Where a column is cut.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnBins {
    /// Name.
    pub column: String,
    /// Edges, ascending, the outer ones among them; two at least.
    pub edges: Vec<Real>,
}

/// A principal component.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Name of its column.
    pub name: String,
    /// One for each source column; the squares sum to 1, the largest is positive.
    pub weights: Vec<Real>,
    /// Variance along it, with n − 1.
    pub variance: Real,
    /// Its share of the variance of all columns, 0 to 1.
    pub share: Real,
}

/// The levels of a column and the columns made of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnLevels {
    /// Name of the source column.
    pub column: String,
    /// Every level the fit saw, in the order of their values.
    pub levels: Vec<FittedLevel>,
    /// Name of the column for folded (and perhaps unseen) levels.
    #[serde(default)]
    pub other: Option<String>,
    /// Name of the column for missing values.
    #[serde(default)]
    pub null: Option<String>,
    /// Rows of the fit with a missing value.
    #[serde(default)]
    pub null_count: u64,
    /// Type the column had, so that the encoding can be undone.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub column_type: Option<ColumnType>,
}

/// A level that the fit saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedLevel {
    /// The value as text.
    pub value: String,
    /// Rows of the fit that hold it.
    pub count: u64,
    /// Name of its column; none for the level that was dropped and for folded ones.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether it folds into `other`.
    #[serde(default)]
    pub folded: bool,
}
