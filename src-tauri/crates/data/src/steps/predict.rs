//! The width guard: what a step would make of a table is computed from counts before it is made.
//!
//! A step is refused when the table would take more than [`MOST_BYTES`] *and* more than [`MOST_TIMES`] the bytes it
//! takes now: a large table may stay large, a small one may become large, but a small one may not fill the memory by
//! mistake. A person is asked to confirm from a quarter of that on, and from [`MANY_COLUMNS`] columns.

use cairn_protocol::{results::Prediction, steps::StepOp};
use polars::prelude::*;

use super::{
    fitted::Learned,
    group, join,
    names::count,
    operation::{Around, FitRows},
    recipe::fit,
    table::{Parts, Table},
};
use crate::{error::DataError, progress::Watch};

/// Bytes that a table may take whatever it came from: 2 GiB.
pub const MOST_BYTES: u64 = 2 << 30;
/// How many times the bytes of its input a table may take beyond [`MOST_BYTES`].
pub const MOST_TIMES: u64 = 4;
/// Columns from which a person is asked.
pub const MANY_COLUMNS: u64 = 1_000;

/// Bytes as a person reads them.
fn size(bytes: u64) -> String {
    let mebibytes = bytes as f64 / f64::from(1u32 << 20);
    if mebibytes >= 1024.0 { format!("{:.1} GiB", mebibytes / 1024.0) } else { format!("{mebibytes:.0} MiB") }
}

/// Bytes that columns take.
pub(super) fn bytes_of<'a>(frame: &DataFrame, names: impl IntoIterator<Item = &'a str>) -> u64 {
    let column = |name| frame.column(name).map_or(0, |column| column.as_materialized_series().estimated_size() as u64);
    names.into_iter().map(column).sum()
}

/// Says what is to be said of a prediction, and refuses what is beyond the budget.
pub(super) fn guard(prediction: &mut Prediction, frame: &DataFrame, title: &str) -> Result<(), DataError> {
    let before = frame.estimated_size() as u64;
    let Prediction { rows, columns, bytes, .. } = *prediction;
    let figures = format!("{} rows × {} columns, {}", count(rows), count(columns), size(bytes));
    if bytes > MOST_BYTES && bytes > before.saturating_mul(MOST_TIMES) {
        let what = format!("«{title}» would make {figures}, of {} now", size(before));
        let hint = "Filter or group rows before, fold rare levels, or name fewer columns";
        return Err(DataError::refused(what, None, hint));
    }
    let grows = bytes > MOST_BYTES / 4 && bytes > before.saturating_mul(MOST_TIMES);
    let widens = columns > MANY_COLUMNS && columns > 2 * frame.width() as u64;
    if grows || widens {
        prediction.confirm = true;
        if prediction.warning.is_empty() {
            prediction.warning = format!("The table will have {figures}");
        }
    }
    Ok(())
}

/// The size of a table after a step, computed from counts without making it; of a step that does not grow a table the
/// size it has now. Refuses nothing for its size: [`Prediction::confirm`] and the warning say what to do.
///
/// # Errors
/// A column or table that is not there, or levels that cannot be counted.
pub fn predict(table: &Table, op: &StepOp, around: &Around) -> Result<Prediction, DataError> {
    let frame = &table.frame;
    let mut prediction = match op {
        StepOp::Join(step) => join::predict(frame, step, around)?,
        StepOp::Pivot(step) => group::predict_pivot(frame, step)?,
        StepOp::Explode(step) => super::explode::predict(frame, step)?,
        StepOp::Unpivot(step) => super::reshape::predict_unpivot(frame, step)?,
        StepOp::OneHot(_) | StepOp::SplitFlags { .. } | StepOp::FlattenJson(_) => {
            let parts = table.parts.as_ref().map(Parts::as_slice);
            let parts = parts.filter(|_| op.fit() != Some(cairn_protocol::steps::FitScope::All));
            let (learned, _) = fit(frame, op, FitRows::of(parts, Watch::none()), around)?;
            of_learned(frame, op, &learned).unwrap_or_else(|| same(frame))
        }
        StepOp::TextVectors(step) => {
            let mut after = same(frame);
            after.columns += u64::from(step.max_features);
            after.bytes += u64::from(step.max_features) * 8 * after.rows;
            after
        }
        _ => same(frame),
    };
    if let Err(error) = guard(&mut prediction, frame, op.title()) {
        prediction.confirm = true;
        prediction.warning = error.to_string();
    }
    Ok(prediction)
}

fn same(frame: &DataFrame) -> Prediction {
    Prediction {
        rows: frame.height() as u64,
        columns: frame.width() as u64,
        bytes: frame.estimated_size() as u64,
        ..Prediction::default()
    }
}

/// The size after a step that learned which columns it makes; none of other steps.
pub(super) fn of_learned(frame: &DataFrame, op: &StepOp, learned: &Learned) -> Option<Prediction> {
    let mut after = same(frame);
    let (wide, cell, sources, stay): (u64, u64, Vec<&str>, bool) = match (op, learned) {
        (StepOp::OneHot(step), Learned::Levels { columns }) => {
            (columns.iter().map(width).sum(), 1, step.columns.iter().map(String::as_str).collect(), step.keep_source)
        }
        (StepOp::SplitFlags { column, keep_source, .. }, Learned::Levels { columns }) => {
            (columns.iter().map(width).sum(), 1, vec![column.as_str()], *keep_source)
        }
        (StepOp::FlattenJson(step), Learned::Fields { fields }) => {
            (fields.len() as u64, 8, vec![step.column.as_str()], step.keep_source)
        }
        _ => return None,
    };
    if !stay {
        after.columns = after.columns.saturating_sub(sources.len() as u64);
        after.bytes = after.bytes.saturating_sub(bytes_of(frame, sources));
    }
    after.columns += wide;
    after.bytes += wide.saturating_mul(cell).saturating_mul(after.rows);
    Some(after)
}

fn width(levels: &super::ColumnLevels) -> u64 {
    levels.levels.iter().filter(|level| level.name.is_some()).count() as u64
        + u64::from(levels.other.is_some())
        + u64::from(levels.null.is_some())
}
