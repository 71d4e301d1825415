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

mod balance;
mod bin;
mod bin_tree;
mod binary;
mod cast;
mod chance;
pub(crate) mod columns;
mod encode;
mod fitted;
#[cfg(test)]
mod fitted_tests;
mod flags;
mod grouping;
mod hashing;
mod impute;
mod impute_along;
mod impute_nearest;
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
mod preview;
mod ranks;
mod rare;
mod recipe;
mod scale;
mod smote;
mod table;
mod target;
#[cfg(test)]
mod tests;
mod undo;

pub use fitted::{
    ColumnBins, ColumnBounds, ColumnCodes, ColumnDonors, ColumnFill, ColumnLevels, ColumnScale, Component, FillValue,
    FittedLevel, FittedRecipe, FittedStep, GroupFill, Learned, LevelCode,
};
pub(crate) use names::{count, figure, some};
pub use operation::Around;
pub use preview::{Preview, preview};
pub use recipe::{Applied, RecipeRun, apply, run_recipe};
pub use table::{NO_ROW, Parts, Table};
pub use undo::invert;
