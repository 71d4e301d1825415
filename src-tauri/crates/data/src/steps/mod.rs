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

mod cast;
pub(crate) mod columns;
mod date_parse;
mod dates;
mod fitted;
mod flags;
mod impute;
mod names;
mod one_hot;
mod operation;
mod preview;
mod privacy;
mod recipe;
mod resample;
mod scale;
mod series;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod text_cells;
mod text_split;
mod text_vectors;
#[cfg(test)]
mod texts_tests;

pub use fitted::{ColumnFill, ColumnLevels, ColumnScale, FillValue, FittedLevel, FittedRecipe, FittedStep, Learned};
pub(crate) use names::{count, figure, some};
pub use operation::Around;
pub use preview::{Preview, preview};
pub use privacy::{PersonalData, PersonalKind, new_salt, personal_data};
pub use recipe::{Applied, RecipeRun, apply, run_recipe};
pub use table::{NO_ROW, Parts, Table};
pub use text_vectors::{FittedWord, Vocabulary};
