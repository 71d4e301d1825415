//! Undoing a recipe: from the columns that a fitted recipe made back to those it was given.
//!
//! Steps are undone from the last to the first. One-hot and ordinal encoding, scaling of every method and renaming can be undone; a step that lost something (rows, columns, which of several
//! values a cell had) cannot, and is named in a warning. Columns that are not there are passed over, so that one can
//! undo a recipe on a few columns.

use std::collections::BTreeMap;

use cairn_protocol::{
    Real,
    steps::{OneHot, StepOp},
    table::ColumnType,
};
use polars::prelude::*;

use super::{
    columns::{column, floats, numbers},
    fitted::{ColumnCodes, ColumnLevels, FittedRecipe, Learned},
    names::{count, some},
    numeric::row_number,
    recipe::Applied,
    scale::unscaled,
};
use crate::error::DataError;

/// Undoes a recipe on a table of the columns that it made; rows stay as they are.
///
/// The frame of the answer has the columns of before as far as they can be had again; its warnings name the steps that
/// cannot be undone and cells of which nothing is known.
///
/// # Errors
/// Where a column has another type than the step made, with the number of the step.
pub fn invert(fitted: &FittedRecipe, frame: &DataFrame) -> Result<Applied, DataError> {
    let mut frame = frame.clone();
    let mut warnings = Vec::new();
    for step in fitted.steps.iter().rev().filter(|step| step.step.enabled) {
        let mut notes = Vec::new();
        frame = undone(&frame, &step.step.op, &step.learned, &mut notes).map_err(|error| error.in_step(step.number))?;
        warnings.extend(notes.into_iter().map(|note| format!("Step {}: {note}", step.number)));
    }
    Ok(Applied { frame, row_numbers: None, warnings })
}

fn undone(frame: &DataFrame, op: &StepOp, learned: &Learned, notes: &mut Vec<String>) -> Result<DataFrame, DataError> {
    let is_there = |name: &str| frame.get_column_index(name).is_some();
    match (op, learned) {
        (StepOp::Scale(step), learned) => {
            let mut frame = frame.clone();
            for name in step.columns.iter().filter(|name| is_there(name)) {
                let mut cells = numbers(column(&frame, name)?)?;
                unscaled(step, name, learned, &mut cells)?;
                put(&mut frame, floats(name, cells))?;
            }
            Ok(frame)
        }
        (StepOp::Ordinal(step), Learned::Codes { columns }) => {
            let mut frame = frame.clone();
            let codes = columns.iter().filter(|codes| step.columns.contains(&codes.column) && is_there(&codes.column));
            for codes in codes {
                let made = levels_of(column(&frame, &codes.column)?, codes, notes)?;
                put(&mut frame, made)?;
            }
            Ok(frame)
        }
        (StepOp::OneHot(step), Learned::Levels { columns }) => {
            let mut frame = frame.clone();
            for levels in columns {
                frame = joined(&frame, step, levels, notes)?;
            }
            Ok(frame)
        }
        (StepOp::Rename { names }, _) => {
            let back: BTreeMap<&str, &str> = names.iter().map(|pair| (pair.to.as_str(), pair.from.as_str())).collect();
            let columns = frame.columns().iter().map(|column| match back.get(column.name().as_str()) {
                Some(old) => column.clone().with_name((*old).into()),
                None => column.clone(),
            });
            DataFrame::new(frame.height(), columns.collect()).map_err(DataError::table("renaming columns back"))
        }
        (StepOp::Move(_), _) => Ok(frame.clone()),
        (op, _) => {
            notes.push(format!("«{}» cannot be undone", op.title()));
            Ok(frame.clone())
        }
    }
}

fn put(frame: &mut DataFrame, column: Column) -> Result<(), DataError> {
    frame.with_column(column).map(|_| ()).map_err(DataError::table("putting a column back"))
}

/// Levels from their numbers.
fn levels_of(series: &Series, codes: &ColumnCodes, notes: &mut Vec<String>) -> Result<Column, DataError> {
    let name = codes.column.as_str();
    let values = numbers(series)?;
    let known: PlHashMap<u64, &str> =
        codes.levels.iter().map(|level| (bits(level.code), level.value.as_str())).collect();
    let texts: Vec<Option<&str>> = values.iter().map(|value| known.get(&bits(Real(*value))).copied()).collect();
    let lost = values.iter().zip(&texts).filter(|(value, text)| !value.is_nan() && text.is_none()).count() as u64;
    if lost > 0 {
        notes.push(format!("{name}: {} cells hold no number of a level, they become missing", count(lost)));
    }
    typed(name, &texts, codes.column_type)
}

fn bits(value: Real) -> u64 {
    (value.0 + 0.0).to_bits()
}

/// One column from its 0/1 columns, in the place of the first of them.
fn joined(
    frame: &DataFrame,
    step: &OneHot,
    levels: &ColumnLevels,
    notes: &mut Vec<String>,
) -> Result<DataFrame, DataError> {
    let name = levels.column.as_str();
    let mut made: Vec<(&str, Option<&str>)> =
        levels.levels.iter().filter_map(|level| Some((level.name.as_deref()?, Some(level.value.as_str())))).collect();
    let folded = || levels.levels.iter().filter(|level| level.folded).map(|level| level.value.as_str());
    // A single folded level is known after all.
    let of_other = match folded().collect::<Vec<_>>().as_slice() {
        [only] => Some(*only),
        _ => {
            Some("other").filter(|_| matches!(levels.column_type, None | Some(ColumnType::Text | ColumnType::Category)))
        }
    };
    if let Some(other) = &levels.other {
        made.push((other, of_other));
    }
    if let Some(null) = &levels.null {
        made.push((null, None));
    }
    let there: Vec<(&str, Option<&str>)> =
        made.into_iter().filter(|(column, _)| frame.get_column_index(column).is_some()).collect();
    let Some(&(first, _)) = there.first() else { return Ok(frame.clone()) };
    // A row of zeros is the level without a column.
    let dropped = levels.levels.iter().find(|level| level.name.is_none() && !level.folded);
    let mut texts: Vec<Option<&str>> = vec![dropped.map(|level| level.value.as_str()); frame.height()];
    let mut seen = vec![false; frame.height()];
    for (column_name, value) in &there {
        for (row, cell) in numbers(column(frame, column_name)?)?.into_iter().enumerate() {
            if cell.is_nan() {
                texts[row] = None;
            } else if cell != 0.0 {
                if seen[row] {
                    let what = format!("{}: two columns of {name} are 1", row_number(row));
                    return Err(DataError::refused(what, Some(column_name), "Give 0/1 columns with one 1 in a row"));
                }
                seen[row] = true;
                texts[row] = *value;
            }
        }
    }
    if folded().count() > 1 {
        notes.push(format!("{name}: which level was folded into other is not known ({})", some(folded())));
    }
    if frame.get_column_index(name).is_some() && step.keep_source {
        let names: Vec<&str> = there.iter().map(|(column, _)| *column).collect();
        return Ok(frame.drop_many(names));
    }
    let column = typed(name, &texts, levels.column_type.unwrap_or(ColumnType::Text))?;
    let mut columns = Vec::with_capacity(frame.width());
    for old in frame.columns() {
        if old.name() == first {
            columns.push(column.clone());
        } else if !there.iter().any(|(made, _)| old.name() == *made) {
            columns.push(old.clone());
        }
    }
    DataFrame::new(frame.height(), columns).map_err(DataError::table(format!("putting {name} back")))
}

/// Texts of levels as the type that the column had.
fn typed(name: &str, texts: &[Option<&str>], kind: ColumnType) -> Result<Column, DataError> {
    let doing = || DataError::table(format!("putting {name} back as {}", kind.as_str()));
    let series = texts.iter().copied().collect::<StringChunked>().with_name(name.into()).into_series();
    let made = match kind {
        ColumnType::Bool => {
            let cells: BooleanChunked = texts.iter().map(|text| text.map(|text| text == "true")).collect();
            cells.with_name(name.into()).into_series()
        }
        ColumnType::Int => series.strict_cast(&DataType::Int64).map_err(doing())?,
        ColumnType::Float | ColumnType::Decimal => series.strict_cast(&DataType::Float64).map_err(doing())?,
        ColumnType::Category => series.cast(&DataType::from_categories(Categories::global())).map_err(doing())?,
        // What no longer reads as a point in time (a zone in the text, another spelling) stays text.
        ColumnType::Date => series.strict_cast(&DataType::Date).unwrap_or(series),
        ColumnType::Datetime => series.strict_cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap_or(series),
        ColumnType::Time => series.strict_cast(&DataType::Time).unwrap_or(series),
        _ => series,
    };
    Ok(made.into_column())
}
