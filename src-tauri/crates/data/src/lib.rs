//! Reading files, profiling, wrangling steps with fit scope, splits, export.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod code;
mod compare;
pub mod condition;
mod error;
mod export;
mod find;
mod format;
mod frame_types;
mod import;
mod mapped;
mod ndjson;
mod page;
mod personal;
mod portable;
mod profile;
mod progress;
mod quality;
#[cfg(test)]
mod round_trip_tests;
pub mod split;
pub mod stats;
pub mod steps;
pub mod training_table;

pub use code::{Language, Origin, Script, code};
pub use compare::{compare, part_of};
pub use error::DataError;
pub use export::{ExportOptions, can_export, export, export_with};
pub use find::{copy_cells, count_found, find};
pub use frame_types::{column_type, schema};
pub use import::formats::folder::{folder_digest, folder_files};
pub use import::formats::is_data_file;
pub use import::{Imported, export_rejects, import, peek};
pub use mapped::read_ipc;
pub use page::{order, page, take_rows};
pub use personal::{PersonalData, PersonalKind, personal_data};
pub use portable::{from_ipc, to_ipc};
pub use profile::{column_detail, profile, profile_within};
pub use progress::{NoProgress, Progress};
pub use quality::{associations, quality};
pub use split::{split, split_fold};
pub use steps::{
    Around, FittedRecipe, FittedStep, Parts, Preview as PreviewWindow, Table, apply, apply_watched, followed, invert,
    new_salt, predict, preview, preview_of, run_recipe, run_recipe_tolerant,
};
pub use training_table::{TrainingFrame, read_predictions, scoring_frame, task_of, training_table, write_ipc};
