//! JSON (or structs) opened into columns. The fit learns which fields there are and their types, so that new rows get
//! the same columns; a field that the fit did not see is left out and counted.

use cairn_protocol::{steps::FlattenJson, table::ColumnType};
use polars::prelude::*;
use rayon::prelude::*;
use serde_json::Value;

use super::{
    columns::{column, texts},
    fitted::{FittedField, Learned},
    names::{Names, count, rows_hold, some},
    operation::{Around, Change, FitRows, Operation, Stage},
    predict::{guard, of_learned},
};
use crate::{error::DataError, frame_types::column_type};

/// The kind of a value of JSON; none of null.
pub(super) fn kind_of(value: &Value) -> Option<ColumnType> {
    match value {
        Value::Null => None,
        Value::Bool(_) => Some(ColumnType::Bool),
        Value::Number(number) if number.is_i64() => Some(ColumnType::Int),
        Value::Number(_) => Some(ColumnType::Float),
        _ => Some(ColumnType::Text),
    }
}

/// The kind that holds both.
pub(super) fn wider_kind(a: Option<ColumnType>, b: Option<ColumnType>) -> Option<ColumnType> {
    use ColumnType::{Float, Int, Text};
    match (a, b) {
        (None, other) | (other, None) => other,
        (Some(a), Some(b)) if a == b => Some(a),
        (Some(Int | Float), Some(Int | Float)) => Some(Float),
        _ => Some(Text),
    }
}

/// A value as text: strings as they are, all else as JSON; none of null.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Values as a column of a kind, and how many of them it could not hold.
pub(super) fn typed<'a>(
    values: impl Iterator<Item = Option<&'a Value>>,
    kind: ColumnType,
    name: &str,
) -> (Series, u64) {
    let mut unfit = 0u64;
    let mut note = |value: Option<&Value>, fits: bool| {
        unfit += u64::from(!fits && value.is_some_and(|value| !value.is_null()));
    };
    let series = match kind {
        ColumnType::Bool => values
            .map(|value| {
                let read = value.and_then(Value::as_bool);
                note(value, read.is_some());
                read
            })
            .collect::<BooleanChunked>()
            .into_series(),
        ColumnType::Int => values
            .map(|value| {
                let read = value.and_then(Value::as_i64);
                note(value, read.is_some());
                read
            })
            .collect::<Int64Chunked>()
            .into_series(),
        ColumnType::Float => values
            .map(|value| {
                let read = value.and_then(Value::as_f64);
                note(value, read.is_some());
                read
            })
            .collect::<Float64Chunked>()
            .into_series(),
        _ => values.map(|value| value.and_then(text_of)).collect::<StringChunked>().into_series(),
    };
    (series.with_name(name.into()), unfit)
}

/// The cells of a column read as JSON, rows in parallel; none where there is no cell or it is no JSON.
pub(super) fn read(series: &Series) -> Result<Vec<Option<Value>>, DataError> {
    let cells = texts(series)?.rechunk().into_owned();
    let cells: Vec<Option<&str>> = cells.iter().collect();
    Ok(cells.into_par_iter().map(|cell| cell.and_then(|text| serde_json::from_str(text).ok())).collect())
}

/// The fields of an object to a depth, paths in their order.
fn fields<'a>(value: &'a Value, depth: u32, path: &mut Vec<&'a str>, found: &mut dyn FnMut(&[&'a str], &'a Value)) {
    let Value::Object(object) = value else { return };
    for (name, value) in object {
        path.push(name);
        match value {
            Value::Object(inner) if depth > 1 && !inner.is_empty() => fields(value, depth - 1, path, found),
            _ => found(path, value),
        }
        path.pop();
    }
}

fn at<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, name| value.get(name))
}

/// The fields of a struct to a depth, as columns.
fn opened(series: &Series, depth: u32, path: &[String], found: &mut Vec<(Vec<String>, Series)>) {
    let Ok(cells) = series.struct_() else { return };
    // A missing struct has missing fields.
    let nulls = (series.null_count() > 0).then(|| series.is_not_null());
    for field in cells.fields_as_series() {
        let field = match &nulls {
            Some(there) => field
                .zip_with(there, &Series::full_null(field.name().clone(), field.len(), field.dtype()))
                .unwrap_or(field),
            None => field,
        };
        let mut path = path.to_vec();
        path.push(field.name().to_string());
        if depth > 1 && matches!(field.dtype(), DataType::Struct(_)) {
            opened(&field, depth - 1, &path, found);
        } else {
            found.push((path, field));
        }
    }
}

fn is_struct(series: &Series) -> bool {
    matches!(series.dtype(), DataType::Struct(_))
}

fn check(series: &Series) -> Result<(), DataError> {
    let kind = column_type(series.dtype());
    if is_struct(series) || matches!(kind, ColumnType::Text | ColumnType::Category) {
        return Ok(());
    }
    let what = format!("{} holds {}s, not JSON", series.name(), kind.as_str());
    Err(DataError::refused(what, Some(series.name()), "Choose a column of JSON text or of structs"))
}

impl Operation for FlattenJson {
    fn fit(&self, frame: &DataFrame, rows: FitRows<'_>, _around: &Around) -> Result<(Learned, Vec<String>), DataError> {
        let series = column(frame, &self.column)?;
        check(series)?;
        let mut order: Vec<(Vec<String>, Option<ColumnType>)> = Vec::new();
        if is_struct(series) {
            let mut found = Vec::new();
            opened(series, self.depth.max(1), &[], &mut found);
            order.extend(found.into_iter().map(|(path, field)| (path, Some(column_type(field.dtype())))));
        } else {
            let values = read(series)?;
            let mut known: PlHashMap<Vec<String>, usize> = PlHashMap::default();
            for (row, value) in values.iter().enumerate() {
                let Some(value) = value.as_ref().filter(|_| rows.has(row)) else { continue };
                fields(value, self.depth.max(1), &mut Vec::new(), &mut |path, value| {
                    let path: Vec<String> = path.iter().map(|name| (*name).to_owned()).collect();
                    let at = *known.entry(path).or_insert_with_key(|path| {
                        order.push((path.clone(), None));
                        order.len() - 1
                    });
                    order[at].1 = wider_kind(order[at].1, kind_of(value));
                });
            }
        }
        if order.is_empty() {
            let what = format!("no cell of {} in the {} is a JSON object with fields", self.column, rows.name());
            return Err(DataError::refused(what, Some(&self.column), "Choose a column of JSON objects"));
        }
        super::one_hot::check_width(order.len(), frame.height(), &self.column)?;
        let stays = |name: &&str| self.keep_source || *name != self.column;
        let mut names = Names::new(frame.get_column_names().into_iter().map(PlSmallStr::as_str).filter(stays));
        let fields = order
            .into_iter()
            .map(|(path, kind)| FittedField {
                name: names.take(&format!("{}_{}", self.column, path.join("_"))),
                path,
                column_type: kind.unwrap_or(ColumnType::Text),
            })
            .collect();
        Ok((Learned::Fields { fields }, names.warnings))
    }

    fn transform(&self, frame: &DataFrame, learned: &Learned, _stage: &Stage<'_>) -> Result<Change, DataError> {
        let Learned::Fields { fields: fitted } = learned else {
            return Err(DataError::Internal { what: "a flattening without its fields".into() });
        };
        let series = column(frame, &self.column)?;
        check(series)?;
        let op = cairn_protocol::steps::StepOp::FlattenJson(self.clone());
        let mut prediction = of_learned(frame, &op, learned).unwrap_or_default();
        guard(&mut prediction, frame, "Flatten JSON")?;
        let mut change = Change { prediction: Some(prediction), ..Change::default() };
        let mut made: Vec<Column> = Vec::with_capacity(fitted.len() + 1);
        if self.keep_source {
            made.push(series.clone().into_column());
        }
        if is_struct(series) {
            let mut found = Vec::new();
            opened(series, self.depth.max(1), &[], &mut found);
            for field in fitted {
                let there = found.iter().find(|(path, _)| *path == field.path).map(|(_, series)| series.clone());
                let cells = there.unwrap_or_else(|| Series::new_null(field.name.as_str().into(), frame.height()));
                made.push(cells.with_name(field.name.as_str().into()).into_column());
            }
        } else {
            let values = read(series)?;
            let no_object = |value: &Option<Value>| !value.as_ref().is_some_and(Value::is_object);
            let lost = values.iter().filter(|value| no_object(value)).count() - series.null_count();
            if lost > 0 {
                change.warnings.push(format!("{}: {} no JSON object, no field", self.column, rows_hold(lost as u64)));
            }
            let typed: Vec<(Series, u64)> = fitted
                .par_iter()
                .map(|field| {
                    let cells = values.iter().map(|value| value.as_ref().and_then(|value| at(value, &field.path)));
                    typed(cells, field.column_type, &field.name)
                })
                .collect();
            for (series, unfit) in typed {
                if unfit > 0 {
                    let kind = column_type(series.dtype()).as_str();
                    let cells = count(unfit);
                    change.warnings.push(format!("{}: {cells} values are no {kind}, missing now", series.name()));
                }
                made.push(series.into_column());
            }
            let unseen = unseen_fields(self.depth, &values, fitted);
            if !unseen.is_empty() {
                change.warnings.push(format!(
                    "{}: fields the fit did not see, left out: {}",
                    self.column,
                    some(unseen)
                ));
            }
        }
        change.replaced.push((self.column.clone(), made));
        Ok(change)
    }

    fn describe(&self, learned: &Learned) -> Vec<String> {
        let Learned::Fields { fields } = learned else { return Vec::new() };
        let names = some(fields.iter().map(|field| format!("{} ({})", field.name, field.column_type.as_str())));
        vec![format!("{} → {} columns: {names}", self.column, count(fields.len() as u64))]
    }
}

/// Fields that the fit did not see, in their order, at most ten.
fn unseen_fields(depth: u32, values: &[Option<Value>], fitted: &[FittedField]) -> Vec<String> {
    let known: PlHashSet<Vec<&str>> =
        fitted.iter().map(|field| field.path.iter().map(String::as_str).collect()).collect();
    let mut unseen: std::collections::BTreeSet<String> = std::collections::BTreeSet::new();
    for value in values.iter().flatten() {
        fields(value, depth.max(1), &mut Vec::new(), &mut |path, _| {
            // An object where the fit saw only its fields is no field of its own.
            let opened = known.iter().any(|known| known.len() > path.len() && known.starts_with(path));
            if !opened && !known.contains(path) && unseen.len() < 10 {
                unseen.insert(path.join("."));
            }
        });
    }
    unseen.into_iter().collect()
}
