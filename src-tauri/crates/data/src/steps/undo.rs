//! Undoing a recipe: from the columns that a fitted recipe made back to those it was given.
//!
//! Steps are undone from the last to the first, on the columns that the table has: what a step did to others is passed
//! over, so that one can undo a recipe on a few columns (predictions alone). A step stands to its inverse in one of
//! three ways:
//!
//! | | steps |
//! |---|---|
//! | undone | one-hot, ordinal, binary and frequency encoding, every scaling, principal components, renaming, moving, copies, and filled cells that an indicator marks |
//! | passed over, with a note | what took away rows, columns or single values: those that are left stand as they are |
//! | refused | what made of several values one, or another table |

use std::collections::BTreeMap;

use cairn_protocol::{
    Real,
    steps::{DropAxis, FrequencyEncode, Impute, OneHot, Ordinal, OutlierAction, Pca, StepOp},
    table::ColumnType,
};
use polars::prelude::*;

use super::{
    columns::{column, floats, numbers},
    fitted::{ColumnCodes, ColumnLevels, ColumnScale, Component, FittedRecipe, Learned},
    names::{count, some},
    numeric::row_number,
    recipe::Applied,
    scale::unscaled,
};
use crate::error::DataError;

/// Undoes a recipe on a table of the columns that it made; rows stay as they are.
///
/// The frame of the answer has the columns of before as far as they can be had again; its warnings say what could not
/// be had again and cells of which nothing is known.
///
/// # Errors
/// A step whose columns are in the table and that has no inverse, and columns of another type than the step made; with
/// the number of the step.
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
        (StepOp::Ordinal(Ordinal { columns: named, .. }), Learned::Codes { columns })
        | (StepOp::FrequencyEncode(FrequencyEncode { columns: named, .. }), Learned::Codes { columns }) => {
            let mut frame = frame.clone();
            let codes = columns.iter().filter(|codes| named.contains(&codes.column) && is_there(&codes.column));
            for codes in codes {
                let made = levels_of(&numbers(column(&frame, &codes.column)?)?, op, codes, notes)?;
                put(&mut frame, made)?;
            }
            Ok(frame)
        }
        (StepOp::BinaryEncode(step), Learned::Codes { columns }) => {
            let mut frame = frame.clone();
            for codes in columns.iter().filter(|codes| step.columns.contains(&codes.column)) {
                frame = of_digits(&frame, op, codes, notes)?;
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
        (StepOp::Pca(step), Learned::Components { columns, components }) => {
            of_components(frame, step, columns, components, notes)
        }
        (StepOp::Impute(step), _) => emptied(frame, step, notes),
        (StepOp::Rename { names }, _) => {
            let back: BTreeMap<&str, &str> = names.iter().map(|pair| (pair.to.as_str(), pair.from.as_str())).collect();
            let columns = frame.columns().iter().map(|column| match back.get(column.name().as_str()) {
                Some(old) => column.clone().with_name((*old).into()),
                None => column.clone(),
            });
            DataFrame::new(frame.height(), columns.collect()).map_err(DataError::table("renaming columns back"))
        }
        (StepOp::Duplicate(step), _) => Ok(frame.drop_many([step.name.as_str()])),
        (StepOp::Move(_), _) => Ok(frame.clone()),
        (op, _) => {
            if let Some(note) = passed_over(op) {
                notes.push(format!("«{}»: {note}", op.title()));
                return Ok(frame.clone());
            }
            let touched = frame.get_column_names().into_iter().find(|name| made_of(op, name));
            if touched.is_none() && !remakes(op) {
                return Ok(frame.clone());
            }
            Err(no_inverse(op, touched.map(PlSmallStr::as_str), None))
        }
    }
}

/// What is to be said of a step that only took something away or added columns; none of other steps.
fn passed_over(op: &StepOp) -> Option<&'static str> {
    const ROWS: &str = "rows that it took away, added or moved stay as they are";
    const COLUMNS: &str = "columns that it removed cannot be had again";
    const ADDED: &str = "the columns that it added stay";
    match op {
        StepOp::Filter { .. }
        | StepOp::Sort(_)
        | StepOp::Sample(_)
        | StepOp::Shuffle(_)
        | StepOp::Deduplicate(_)
        | StepOp::Balance(_) => Some(ROWS),
        StepOp::DropMissing(step) => Some(if step.axis == DropAxis::Rows { ROWS } else { COLUMNS }),
        StepOp::Drop { .. } | StepOp::Keep(_) => Some(COLUMNS),
        StepOp::EditCells(_) => Some("cells that were edited stay so"),
        StepOp::Outliers(step) => Some(match step.action {
            OutlierAction::Clip | OutlierAction::Null => "values that it clipped or removed stay so",
            OutlierAction::Remove => ROWS,
            OutlierAction::Flag => ADDED,
        }),
        StepOp::GroupRare(_) => Some("levels that were folded into one stay so"),
        StepOp::Cast { .. } => Some("columns keep the type that it gave them"),
        StepOp::TextMeasures(_) | StepOp::DateDifference(_) | StepOp::Lag(_) | StepOp::Rolling(_) => Some(ADDED),
        StepOp::Bin(step) => step.keep_source.then_some(ADDED),
        StepOp::SplitText(step) => step.keep_source.then_some(ADDED),
        StepOp::ExtractText(step) => step.keep_source.then_some(ADDED),
        StepOp::TextVectors(step) => step.keep_source.then_some(ADDED),
        StepOp::DateParts(step) => step.keep_source.then_some(ADDED),
        StepOp::DateCyclic(step) => step.keep_source.then_some(ADDED),
        StepOp::FlattenJson(step) => step.keep_source.then_some(ADDED),
        StepOp::OneHotInverse(step) => step.keep_source.then_some(ADDED),
        StepOp::SplitFlags { keep_source, .. } => keep_source.then_some(ADDED),
        _ => None,
    }
}

/// Whether a step makes a table of other rows and columns.
fn remakes(op: &StepOp) -> bool {
    matches!(
        op,
        StepOp::Sql(_)
            | StepOp::Join(_)
            | StepOp::Concat(_)
            | StepOp::GroupBy(_)
            | StepOp::Pivot(_)
            | StepOp::Unpivot(_)
            | StepOp::Transpose(_)
            | StepOp::Explode(_)
            | StepOp::Resample(_)
            | StepOp::FillGaps(_)
            | StepOp::CleanNames(_)
    )
}

/// Whether a column is one that the step changed, or of those it made of one (`NAME_…`).
fn made_of(op: &StepOp, name: &str) -> bool {
    let of = |source: &str| name.strip_prefix(source).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    match op {
        StepOp::Formula(step) => step.name == name,
        StepOp::OneHotInverse(step) => step.name == name,
        StepOp::SplitText(step) => of(&step.column) || step.names.iter().any(|made| made == name),
        StepOp::ExtractText(step) => of(&step.column) || step.names.iter().any(|made| made == name),
        StepOp::TargetEncode(step) => step.columns.iter().any(|source| source == name),
        op => op.columns().into_iter().any(of),
    }
}

fn no_inverse(op: &StepOp, column: Option<&str>, why: Option<&str>) -> DataError {
    let what = match (column, why) {
        (Some(column), Some(why)) => format!("«{}» ({}) has no inverse for {column}: {why}", op.title(), op.name()),
        (Some(column), None) => format!("«{}» ({}), which made {column}, has no inverse", op.title(), op.name()),
        (None, _) => format!("«{}» ({}) has no inverse: it makes another table", op.title(), op.name()),
    };
    let hint = match column {
        Some(_) => "Leave the column out of the file, or undo the recipe of a cell before this step",
        None => "Undo the recipe of a cell before this step: split the wrangle cell in two",
    };
    DataError::refused(what, column, hint)
}

/// Cells that an indicator marks as filled become missing again, and the indicator goes.
fn emptied(frame: &DataFrame, step: &Impute, notes: &mut Vec<String>) -> Result<DataFrame, DataError> {
    let mut frame = frame.clone();
    let mut stay = Vec::new();
    for name in step.columns.iter().filter(|name| frame.get_column_index(name).is_some()).collect::<Vec<_>>() {
        let indicator = format!("{name}_missing");
        if !step.indicator || frame.get_column_index(&indicator).is_none() {
            stay.push(name.as_str());
            continue;
        }
        let series = column(&frame, name)?;
        let there: BooleanChunked =
            numbers(column(&frame, &indicator)?)?.into_iter().map(|mark| Some(mark != 1.0)).collect();
        let gaps = Series::full_null(series.name().clone(), series.len(), series.dtype());
        let cells = series.zip_with(&there, &gaps).map_err(DataError::table(format!("emptying cells of {name}")))?;
        put(&mut frame, cells.into_column())?;
        frame = frame.drop_many([indicator]);
    }
    if !stay.is_empty() {
        notes.push(format!(
            "«{}»: cells of {} that were filled stay so",
            StepOp::Impute(step.clone()).title(),
            some(stay)
        ));
    }
    Ok(frame)
}

/// The source columns from their components, in the place of the first of them.
fn of_components(
    frame: &DataFrame,
    step: &Pca,
    columns: &[ColumnScale],
    components: &[Component],
    notes: &mut Vec<String>,
) -> Result<DataFrame, DataError> {
    let made: Vec<&str> = components.iter().map(|component| component.name.as_str()).collect();
    if !made.iter().any(|name| frame.get_column_index(name).is_some()) {
        return Ok(frame.clone());
    }
    if step.keep_source && columns.iter().all(|source| frame.get_column_index(&source.column).is_some()) {
        return Ok(frame.drop_many(made));
    }
    let scores = made.iter().map(|name| numbers(column(frame, name)?)).collect::<Result<Vec<_>, _>>()?;
    let source = |(at, source): (usize, &ColumnScale)| {
        let mut cells = vec![0.0; frame.height()];
        for (scores, component) in scores.iter().zip(components) {
            let weight = component.weights.get(at).map_or(0.0, |weight| weight.0);
            cells.iter_mut().zip(scores).for_each(|(cell, score)| *cell += score * weight);
        }
        cells.iter_mut().for_each(|cell| *cell = *cell * source.width.0 + source.centre.0);
        floats(&source.column, cells)
    };
    let mut sources: Vec<Column> = columns.iter().enumerate().map(source).collect();
    if components.len() < columns.len() {
        let share: f64 = components.iter().map(|component| component.share.0).sum();
        notes.push(format!(
            "«{}»: {} of {} components hold {:.1} % of the variance, so numbers are near those of before",
            StepOp::Pca(step.clone()).title(),
            components.len(),
            columns.len(),
            share * 100.0
        ));
    }
    let mut back = Vec::with_capacity(frame.width() + sources.len());
    for old in frame.columns() {
        if Some(old.name().as_str()) == made.first().copied() {
            back.append(&mut sources);
        } else if !made.contains(&old.name().as_str()) && !columns.iter().any(|one| one.column == old.name().as_str()) {
            back.push(old.clone());
        }
    }
    DataFrame::new(frame.height(), back).map_err(DataError::table("putting the source columns back"))
}

/// One column of levels from the binary digits of their numbers, in the place of the highest digit.
fn of_digits(
    frame: &DataFrame,
    op: &StepOp,
    codes: &ColumnCodes,
    notes: &mut Vec<String>,
) -> Result<DataFrame, DataError> {
    let made: Vec<String> = (0..super::binary::digits(codes)).map(|at| format!("{}_{at}", codes.column)).collect();
    if !made.iter().any(|name| frame.get_column_index(name).is_some()) {
        return Ok(frame.clone());
    }
    let mut values = vec![0.0; frame.height()];
    for name in &made {
        let digits = numbers(column(frame, name)?)?;
        values.iter_mut().zip(digits).for_each(|(value, digit)| *value = *value * 2.0 + digit);
    }
    let mut level = Some(levels_of(&values, op, codes, notes)?);
    let mut back = Vec::with_capacity(frame.width());
    for old in frame.columns() {
        if made.iter().any(|name| name == old.name().as_str()) {
            back.extend(level.take());
        } else {
            back.push(old.clone());
        }
    }
    DataFrame::new(frame.height(), back).map_err(DataError::table(format!("putting {} back", codes.column)))
}

fn put(frame: &mut DataFrame, column: Column) -> Result<(), DataError> {
    frame.with_column(column).map(|_| ()).map_err(DataError::table("putting a column back"))
}

/// Levels from their numbers.
fn levels_of(values: &[f64], op: &StepOp, codes: &ColumnCodes, notes: &mut Vec<String>) -> Result<Column, DataError> {
    let name = codes.column.as_str();
    let mut known: PlHashMap<u64, Option<&str>> = PlHashMap::default();
    // The number of missing values; a level that no row of the fit holds has it too, and is none.
    if let Some(null) = codes.null.filter(|null| !(null.0 == 0.0 && matches!(op, StepOp::FrequencyEncode(_)))) {
        known.insert(bits(null), None);
    }
    for level in &codes.levels {
        if known.insert(bits(level.code), Some(level.value.as_str())).is_some() {
            let why = format!("several levels have the number {}", level.code);
            return Err(no_inverse(op, Some(name), Some(&why)));
        }
    }
    let texts: Vec<Option<&str>> =
        values.iter().map(|value| known.get(&bits(Real(*value))).copied().flatten()).collect();
    let is_lost = |value: &&f64| !value.is_nan() && !known.contains_key(&bits(Real(**value)));
    let lost = values.iter().filter(is_lost).count() as u64;
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
        ColumnType::Float => series.strict_cast(&DataType::Float64).map_err(doing())?,
        ColumnType::Decimal => super::decimals::of_texts(series.str().map_err(doing())?, name)?,
        ColumnType::Category => series.cast(&DataType::from_categories(Categories::global())).map_err(doing())?,
        // What no longer reads as a point in time (a zone in the text, another spelling) stays text.
        ColumnType::Date => series.strict_cast(&DataType::Date).unwrap_or(series),
        ColumnType::Datetime => series.strict_cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap_or(series),
        ColumnType::Time => series.strict_cast(&DataType::Time).unwrap_or(series),
        _ => series,
    };
    Ok(made.into_column())
}
