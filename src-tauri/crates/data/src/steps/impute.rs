//! Filling missing cells.

use cairn_protocol::{ParamValue, Real, steps::ImputeStrategy, table::ColumnType};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::{LevelValue, canonical_time, codes, column, flags, floats, numbers, texts, wholes},
    fitted::{ColumnFill, FillValue, Learned},
    names::{Names, figure},
    operation::{Change, FitRows},
};
use crate::{condition, error::DataError, frame_types::column_type};

/// The value that fills each column.
pub(super) fn fit(
    frame: &DataFrame,
    names: &[String],
    strategy: ImputeStrategy,
    value: Option<&ParamValue>,
    rows: FitRows<'_>,
) -> Result<Learned, DataError> {
    let one = |name: &String| -> Result<ColumnFill, DataError> {
        let series = column(frame, name)?;
        let column_type = column_type(series.dtype());
        let value = match strategy {
            ImputeStrategy::Constant => constant(series, column_type, value)?,
            ImputeStrategy::Mode => mode(series, column_type, rows)?,
            ImputeStrategy::Mean | ImputeStrategy::Median => centre(series, column_type, strategy, rows)?,
            _ => {
                return Err(DataError::refused(format!("{strategy:?} cannot be fitted"), Some(name), "Choose another"));
            }
        };
        let to_float = column_type == ColumnType::Int && matches!(value, FillValue::Float(_));
        Ok(ColumnFill { column: name.clone(), column_type, value, to_float })
    };
    Ok(Learned::Fills { columns: names.par_iter().map(one).collect::<Result<_, _>>()? })
}

fn nothing_to_learn(name: &str, rows: FitRows<'_>) -> DataError {
    let what = format!("{name} has no value in the {}", rows.name());
    DataError::refused(what, Some(name), "Fill it with a value of your own, or drop the column")
}

/// Mean or median. A whole median of whole numbers keeps the column whole; a mean always makes it float, so that
/// the type does not hang on the data.
fn centre(
    series: &Series,
    kind: ColumnType,
    strategy: ImputeStrategy,
    rows: FitRows<'_>,
) -> Result<FillValue, DataError> {
    let name = series.name().as_str();
    if !kind.is_numeric() {
        let what = format!("{name} holds {}s, which have no mean or median", kind.as_str());
        return Err(DataError::refused(what, Some(name), "Fill it with the most frequent value"));
    }
    let mut there = rows.pick(&numbers(series)?);
    there.retain(|value| !value.is_nan());
    if there.is_empty() {
        return Err(nothing_to_learn(name, rows));
    }
    if strategy == ImputeStrategy::Mean {
        return Ok(FillValue::Float(Real(super::scale::mean(&there))));
    }
    let median = super::scale::quantile(&mut there, 0.5);
    let whole = kind == ColumnType::Int && median.fract() == 0.0 && median.abs() < 9e15;
    Ok(if whole { FillValue::Int(median as i64) } else { FillValue::Float(Real(median)) })
}

fn mode(series: &Series, kind: ColumnType, rows: FitRows<'_>) -> Result<FillValue, DataError> {
    let codes = codes(series)?;
    let (counts, _) = codes.counts(rows.parts());
    // Of equally frequent values the smallest: levels stand in order, so the first with the largest count.
    let mut best = None;
    for (at, &count) in counts.iter().enumerate() {
        if count > best.map_or(0, |best: usize| counts[best]) {
            best = Some(at);
        }
    }
    let level = &codes.levels[best.ok_or_else(|| nothing_to_learn(series.name(), rows))?];
    Ok(match level.value {
        LevelValue::Text => FillValue::Text(level.label.clone()),
        LevelValue::Bool(yes) => FillValue::Bool(yes),
        LevelValue::Whole(whole) => FillValue::Int(whole),
        LevelValue::Real(real) if kind == ColumnType::Float => FillValue::Float(Real(real)),
        LevelValue::Real(_) => return Err(nothing_to_learn(series.name(), rows)),
    })
}

fn constant(series: &Series, kind: ColumnType, value: Option<&ParamValue>) -> Result<FillValue, DataError> {
    let name = series.name().as_str();
    let Some(value) = value else {
        let what = format!("there is no value to fill {name} with");
        return Err(DataError::refused(what, Some(name), "Give the step a value"));
    };
    let text = value.to_string();
    let fill = match kind {
        ColumnType::Bool => condition::truth(&text).map(FillValue::Bool),
        ColumnType::Int => text
            .trim()
            .parse()
            .map(FillValue::Int)
            .ok()
            .or_else(|| condition::number(&text).map(|number| FillValue::Float(Real(number)))),
        ColumnType::Float | ColumnType::Decimal => {
            condition::number(&text).map(|number| FillValue::Float(Real(number)))
        }
        ColumnType::Text | ColumnType::Category => Some(FillValue::Text(text.clone())),
        ColumnType::Date | ColumnType::Datetime | ColumnType::Time | ColumnType::Duration => {
            condition::moment(&text, canonical_time(series)?.dtype()).map(FillValue::Int)
        }
        ColumnType::List | ColumnType::Struct => None,
    };
    fill.ok_or_else(|| {
        let what = format!("{name} holds {}s, «{text}» is none", kind.as_str());
        DataError::refused(what, Some(name), "Give a value of the column's type, or set its type first")
    })
}

/// Fills the missing cells, and marks them in a column of their own where that was asked for.
pub(super) fn transform(frame: &DataFrame, fills: &[ColumnFill], indicator: bool) -> Result<Change, DataError> {
    let filled: Vec<Result<(Column, Vec<bool>), DataError>> =
        fills.par_iter().map(|fill| one(column(frame, &fill.column)?, fill)).collect();
    let mut names = Names::new(frame.get_column_names().into_iter().map(PlSmallStr::as_str));
    let mut change = Change::default();
    for (fill, filled) in fills.iter().zip(filled) {
        let (column, missing) = filled?;
        change.changed_cells += missing.iter().filter(|missing| **missing).count() as u64;
        let mut columns = vec![column];
        if indicator {
            let name = names.take(&format!("{}_missing", fill.column));
            columns.push(flags(&name, missing.into_iter().map(u8::from).collect(), None));
        }
        change.replaced.push((fill.column.clone(), columns));
    }
    change.warnings = names.warnings;
    Ok(change)
}

fn one(series: &Series, fill: &ColumnFill) -> Result<(Column, Vec<bool>), DataError> {
    let name = fill.column.as_str();
    let kind = column_type(series.dtype());
    let other = || {
        let what =
            format!("{name} holds {}s here, the step learned from {}s", kind.as_str(), fill.column_type.as_str());
        DataError::refused(what, Some(name), "Give the file the types the recipe was fitted on")
    };
    let nulls = || series.is_null().iter().map(|null| null == Some(true)).collect::<Vec<bool>>();
    let doing = || DataError::table(format!("filling {name}"));
    // A file without a single value in a column may have given it another type.
    let all_missing = series.null_count() == series.len();
    let done = match &fill.value {
        FillValue::Float(Real(value)) if kind.is_numeric() || all_missing => {
            let mut cells = if all_missing { vec![f64::NAN; series.len()] } else { numbers(series)? };
            let missing = cells.iter().map(|cell| cell.is_nan()).collect();
            for cell in cells.iter_mut().filter(|cell| cell.is_nan()) {
                *cell = *value;
            }
            return Ok((floats(name, cells), missing));
        }
        FillValue::Int(value) if kind == ColumnType::Float && fill.column_type == ColumnType::Int => {
            // Whole numbers with gaps come back from some files as floats.
            let cells = numbers(series)?;
            let missing = cells.iter().map(|cell| cell.is_nan()).collect();
            let cells = cells.into_iter().map(|cell| if cell.is_nan() { *value as f64 } else { cell }).collect();
            return Ok((floats(name, cells), missing));
        }
        FillValue::Int(value) if kind == fill.column_type || all_missing => {
            let canonical = canonical_time(series)?;
            let cells: Int64Chunked = if all_missing {
                std::iter::repeat_n(Some(*value), series.len()).collect()
            } else {
                wholes(&canonical)?.into_iter().map(|cell| cell.or(Some(*value))).collect()
            };
            let whole = cells.into_series();
            match canonical.dtype() {
                // The narrow type where the value fits it, 64 bits otherwise.
                dtype if dtype.is_integer() => whole.strict_cast(dtype).unwrap_or(whole),
                DataType::Date => {
                    whole.cast(&DataType::Int32).and_then(|days| days.cast(&DataType::Date)).map_err(doing())?
                }
                dtype if dtype.is_temporal() => whole.cast(dtype).map_err(doing())?,
                _ => whole,
            }
        }
        FillValue::Bool(value) if kind == ColumnType::Bool => {
            let cells = series.bool().map_err(doing())?;
            cells.iter().map(|cell| cell.or(Some(*value))).collect::<BooleanChunked>().into_series()
        }
        FillValue::Text(value) if matches!(kind, ColumnType::Text | ColumnType::Category) => {
            let filled: StringChunked = texts(series)?.iter().map(|cell| cell.or(Some(value))).collect();
            match kind {
                ColumnType::Category => {
                    filled.into_series().cast(&DataType::from_categories(Categories::global())).map_err(doing())?
                }
                _ => filled.into_series(),
            }
        }
        FillValue::Bool(value) if all_missing => {
            std::iter::repeat_n(Some(*value), series.len()).collect::<BooleanChunked>().into_series()
        }
        FillValue::Text(value) if all_missing => {
            std::iter::repeat_n(Some(value.as_str()), series.len()).collect::<StringChunked>().into_series()
        }
        _ => return Err(other()),
    };
    Ok((done.with_name(name.into()).into_column(), nulls()))
}

/// «bmi ← median 28.1».
pub(super) fn learned(fills: &[ColumnFill], strategy: ImputeStrategy) -> Vec<String> {
    let how = match strategy {
        ImputeStrategy::Mean => "mean ",
        ImputeStrategy::Median => "median ",
        ImputeStrategy::Mode => "most frequent ",
        _ => "",
    };
    let shown = |fill: &ColumnFill| match (&fill.value, fill.column_type) {
        (FillValue::Bool(yes), _) => yes.to_string(),
        (FillValue::Int(whole), ColumnType::Int | ColumnType::Float | ColumnType::Decimal) => figure(*whole as f64),
        (FillValue::Int(whole), kind) => moment(*whole, kind),
        (FillValue::Float(real), _) => figure(real.0),
        (FillValue::Text(text), _) => format!("«{text}»"),
    };
    fills.iter().map(|fill| format!("{} ← {how}{}", fill.column, shown(fill))).collect()
}

fn moment(whole: i64, kind: ColumnType) -> String {
    let one = Series::new("value".into(), [whole]);
    let typed = match kind {
        ColumnType::Date => one.cast(&DataType::Int32).and_then(|days| days.cast(&DataType::Date)),
        ColumnType::Time => one.cast(&DataType::Time),
        ColumnType::Duration => one.cast(&DataType::Duration(TimeUnit::Microseconds)),
        _ => one.cast(&DataType::Datetime(TimeUnit::Microseconds, None)),
    };
    typed.ok().and_then(|series| series.str_value(0).ok().map(|text| text.into_owned())).unwrap_or_default()
}
