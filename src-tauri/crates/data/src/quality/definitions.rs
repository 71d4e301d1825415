//! What each kind of finding means: the words that stand beside its figures.

use super::{of_columns, power, spelling};
use crate::personal;

/// The definition of a kind of finding; empty for a kind that is not known.
pub(crate) fn of(kind: &str) -> &'static str {
    match kind {
        "missing" => "Cells without a value: null, or NaN among numbers. High from 40 % of the rows, medium from 5 %.",
        "rows_missing" => "Rows in which more than half of the cells have no value.",
        "constant" => "The column holds one value, or none.",
        "near_constant" => of_columns::NEAR_CONSTANT,
        "unknown" => "A level that is a word for a missing value, such as «unknown», «n/a» or «?».",
        "identifier" => {
            "Every row has a value of its own, and the column is text, counts up without a gap, or is named like an identifier."
        }
        "rare_level" => "Levels with less than 1 % of the rows, in a column of at most one level per five rows.",
        "long_tail" => "Skewness from 2, with the 95th percentile above the median.",
        "imbalance" => "Of two values one has less than 10 % of the rows.",
        "duplicates" => "Rows that equal an earlier row in every column.",
        "skewed" => of_columns::SKEWED,
        "outliers" => of_columns::OUTLIERS,
        "high_cardinality" => of_columns::HIGH_CARDINALITY,
        "blank_text" => "Cells that hold an empty text or nothing but white space: they are not counted as missing.",
        "padded_text" => "Cells with white space before or after the text: «a» and «a » are two levels.",
        "spelling" => spelling::DEFINITION,
        "personal" => personal::DEFINITION,
        "odd_rows" => super::odd::DEFINITION,
        "leakage" => power::LEAKAGE,
        "no_signal" => "No column alone predicts the target with a skill of at least 0.01; see «skill».",
        "target_missing" => "Rows whose target is missing teach nothing and cannot be scored.",
        "target_imbalance" => {
            "The rarest class has less than 10 % of the rows, or less than a tenth of its even share."
        }
        "target_rare_class" => "Classes with fewer than 10 rows are missing from some folds or parts.",
        _ => "",
    }
}
