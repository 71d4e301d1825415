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
mod cast;
pub(crate) mod columns;
mod decimals;
mod explode;
mod fitted;
mod flags;
mod group;
pub(crate) mod groups;
mod impute;
mod inverse;
mod join;
mod json;
mod names;
mod one_hot;
mod operation;
mod predict;
mod preview;
mod recipe;
mod reshape;
#[cfg(test)]
mod row_properties;
#[cfg(test)]
mod row_tests;
mod rows;
mod scale;
mod sql;
mod stack;
mod table;
#[cfg(test)]
mod tests;

pub use fitted::{
    ColumnFill, ColumnLevels, ColumnScale, FillValue, FittedField, FittedLevel, FittedRecipe, FittedStep, Learned,
};
pub(crate) use names::{count, figure, some};
pub use operation::Around;
pub use predict::{MANY_COLUMNS, MOST_BYTES, MOST_TIMES, predict};
pub use preview::{Preview, preview, preview_of};
pub use recipe::{Applied, Broken, RecipeRun, TolerantRun, apply, followed, run_recipe, run_recipe_tolerant};
pub use table::{NO_ROW, Parts, Table};
