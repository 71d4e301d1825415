//! Recipes: wrangling steps that remember what they saw.
//!
//! [`run_recipe`] fits each step on the training rows of the table as the steps before it left it, and transforms
//! all rows. What was learned goes into a [`FittedRecipe`], and the very function that transformed the rows here
//! replays it on other tables ([`apply`]): output and replay cannot differ.
//!
//! ```text
//! Table ─▶ fit(step 1, training rows) ─▶ Learned ─▶ transform(all rows) ─▶ fit(step 2, …) ─▶ … ─▶ Table
//!                                          │                                  │
//!                                          └──────────▶ FittedRecipe ◀────────┘ ─▶ apply(new frame)
//! ```
//!
//! A cell is missing when it is null or, in a column of numbers, NaN.
//!
//! Steps that can grow a table are predicted from counts and refused beyond a budget ([`predict`]). A recipe that
//! breaks says at which step and, where a step above took the column away, which ([`run_recipe_tolerant`]).

mod aggregate;
mod arrange;
mod balance;
mod bin;
mod bin_tree;
mod binary;
#[cfg(test)]
mod cancel_tests;
mod cast;
mod chance;
pub(crate) mod columns;
pub(crate) mod date_format;
mod date_parse;
mod dates;
mod decimals;
mod encode;
mod explode;
mod fitted;
#[cfg(test)]
mod fitted_tests;
mod flags;
mod group;
mod grouping;
pub(crate) mod groups;
mod hashing;
mod impute;
mod impute_along;
mod impute_nearest;
mod inverse;
mod join;
mod json;
mod names;
mod neighbours;
mod numeric;
mod one_hot;
mod operation;
mod outliers;
#[cfg(test)]
mod parity;
mod pca;
mod power;
mod predict;
mod preview;
mod privacy;
mod ranks;
mod rare;
mod recipe;
mod resample;
mod reshape;
#[cfg(test)]
mod row_properties;
#[cfg(test)]
mod row_tests;
mod rows;
mod scale;
mod series;
mod smote;
mod sql;
mod sql_decimals;
mod stack;
mod table;
mod target;
#[cfg(test)]
mod tests;
mod text;
mod text_cells;
mod text_split;
mod text_vectors;
#[cfg(test)]
mod texts_tests;
mod undo;

pub(crate) use bin::labels as bin_labels;
pub use fitted::{
    ColumnBins, ColumnBounds, ColumnCodes, ColumnDonors, ColumnFill, ColumnLevels, ColumnScale, Component, FillValue,
    FittedField, FittedLevel, FittedRecipe, FittedStep, GroupFill, Learned, LevelCode,
};
pub(crate) use names::{count, figure, some};
pub use operation::Around;
pub use predict::{MANY_COLUMNS, MOST_BYTES, MOST_TIMES, predict};
pub use preview::{Preview, preview, preview_of};
pub use privacy::new_salt;
pub use recipe::{
    Applied, Broken, RecipeRun, TolerantRun, apply, apply_watched, followed, run_recipe, run_recipe_tolerant,
};
pub(crate) use rows::{needs_order, sorted_rows};
pub(crate) use sql::order_is_open;
pub use table::{NO_ROW, Parts, Table};
pub use text_vectors::{FittedWord, Vocabulary};
pub use undo::invert;
