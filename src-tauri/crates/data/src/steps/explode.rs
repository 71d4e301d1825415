//! One row for each value of a cell that holds several. A missing or empty cell keeps its row, with a missing value.

use cairn_protocol::{results::Prediction, steps::Explode, table::ColumnType};
use polars::prelude::*;
use rayon::prelude::*;
use serde_json::Value;

use super::{
    columns::{column, texts},
    fitted::{FittedField, Learned},
    json::{kind_of, read, typed, wider_kind},
    names::{count, rows_hold},
    operation::{Around, Change, FitRows, Operation, Rows, Stage},
    predict::guard,
    reshape::together,
};
use crate::{error::DataError, frame_types::column_type};

/// Values of one cell.
enum Cells {
    /// Of a list.
    List(Vec<u32>),
    /// Of JSON arrays; what is no array is one value.
    Json(Vec<Option<Value>>),
    /// Of text with separators.
    Text(StringChunked),
}

impl Cells {
    fn of(frame: &DataFrame, step: &Explode) -> Result<Self, DataError> {
        let series = column(frame, &step.column)?;
        let kind = column_type(series.dtype());
        match kind {
            ColumnType::List => {
                let lists = series.list().map_err(DataError::table("reading lists"))?;
                let lengths = lists.lst_lengths();
                Ok(Self::List(lengths.iter().map(|length| length.unwrap_or(0).max(1)).collect()))
            }
            ColumnType::Text | ColumnType::Category if step.separator.is_empty() => Ok(Self::Json(read_any(series)?)),
            ColumnType::Text | ColumnType::Category => Ok(Self::Text(texts(series)?)),
            _ => {
                let what = format!("{} holds {}s, which hold one value a cell", step.column, kind.as_str());
                Err(DataError::refused(what, Some(&step.column), "Choose a column of lists or text"))
            }
        }
    }

    /// Rows that each cell becomes.
    fn lengths(&self, separator: &str) -> Vec<u32> {
        match self {
            Self::List(lengths) => lengths.clone(),
            Self::Json(values) => values.iter().map(|value| items(value.as_ref()).len().max(1) as u32).collect(),
            Self::Text(cells) => {
                cells.iter().map(|cell| cell.map_or(1, |cell| parts(cell, separator).count().max(1) as u32)).collect()
            }
        }
    }
}

/// Parts of a text, trimmed; empty ones do not count.
fn parts<'a>(cell: &'a str, separator: &'a str) -> impl Iterator<Item = &'a str> {
    cell.split(separator).map(str::trim).filter(|part| !part.is_empty())
}

/// The cells as JSON; text that is no JSON is a text.
fn read_any(series: &Series) -> Result<Vec<Option<Value>>, DataError> {
    let mut values = read(series)?;
    let cells = texts(series)?;
    for (value, cell) in values.iter_mut().zip(cells.iter()) {
        if let (None, Some(cell)) = (&value, cell) {
            *value = Some(Value::String(cell.to_owned()));
        }
    }
    Ok(values)
}

fn items(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(items)) => items,
        Some(value) => std::slice::from_ref(value),
        None => &[],
    }
}

fn size(frame: &DataFrame, lengths: &[u32]) -> Prediction {
    let rows: u64 = lengths.iter().map(|length| u64::from(*length)).sum();
    let row = (frame.estimated_size() as u64).div_ceil(frame.height().max(1) as u64);
    Prediction { rows, columns: frame.width() as u64, bytes: rows.saturating_mul(row), ..Prediction::default() }
}

/// The size after the step, from counts.
pub(super) fn predict(frame: &DataFrame, step: &Explode) -> Result<Prediction, DataError> {
    Ok(size(frame, &Cells::of(frame, step)?.lengths(&step.separator)))
}

impl Operation for Explode {
    /// The type of the values of JSON arrays, so that new rows get the same.
    fn fit(
        &self,
        frame: &DataFrame,
        _rows: FitRows<'_>,
        _around: &Around,
    ) -> Result<(Learned, Vec<String>), DataError> {
        let Cells::Json(values) = Cells::of(frame, self)? else { return Ok((Learned::Nothing, Vec::new())) };
        if !values.iter().flatten().any(Value::is_array) && values.iter().any(Option::is_some) {
            let what = format!("no cell of {} is a list or a JSON array", self.column);
            return Err(DataError::refused(what, Some(&self.column), "Say what stands between two values, e.g. ;"));
        }
        let kind = values.iter().flat_map(|value| items(value.as_ref())).map(kind_of).fold(None, wider_kind);
        let column_type = kind.unwrap_or(ColumnType::Text);
        let field = FittedField { path: Vec::new(), name: self.column.clone(), column_type };
        Ok((Learned::Fields { fields: vec![field] }, Vec::new()))
    }

    fn transform(&self, frame: &DataFrame, learned: &Learned, _stage: &Stage<'_>) -> Result<Change, DataError> {
        let source = column(frame, &self.column)?;
        let cells = Cells::of(frame, self)?;
        let lengths = cells.lengths(&self.separator);
        let mut prediction = size(frame, &lengths);
        guard(&mut prediction, frame, "Explode")?;
        let rows = prediction.rows;
        if rows >= u64::from(IdxSize::MAX) {
            let what = format!("{} would become {} rows", self.column, count(rows));
            return Err(DataError::refused(what, Some(&self.column), "Filter rows before"));
        }
        let mut change = Change { prediction: Some(prediction), ..Change::default() };
        let values = match &cells {
            Cells::List(_) => source
                .explode(ExplodeOptions { empty_as_null: true, keep_nulls: true })
                .map_err(DataError::table(format!("opening the lists of {}", self.column)))?,
            Cells::Json(values) => {
                let kind = match learned {
                    Learned::Fields { fields } => fields.first().map_or(ColumnType::Text, |field| field.column_type),
                    _ => ColumnType::Text,
                };
                let each = values.iter().flat_map(|value| {
                    let items = items(value.as_ref());
                    items.iter().map(Some).chain(items.is_empty().then_some(None))
                });
                let (series, unfit) = typed(each, kind, &self.column);
                if unfit > 0 {
                    let what = format!("values that are no {}, missing now", kind.as_str());
                    change.warnings.push(format!("{}: {} {what}", self.column, rows_hold(unfit)));
                }
                series
            }
            Cells::Text(texts) => {
                let mut made: Vec<Option<&str>> = Vec::with_capacity(rows as usize);
                for cell in texts.iter() {
                    let before = made.len();
                    made.extend(cell.into_iter().flat_map(|cell| parts(cell, &self.separator)).map(Some));
                    if made.len() == before {
                        made.push(None);
                    }
                }
                made.into_iter().collect::<StringChunked>().into_series()
            }
        };
        let from: Vec<IdxSize> =
            (0..).zip(&lengths).flat_map(|(row, many)| std::iter::repeat_n(row, *many as usize)).collect();
        if values.len() != from.len() {
            let what = format!("{} values for {} rows of {}", values.len(), from.len(), self.column);
            return Err(DataError::Internal { what });
        }
        let index = IdxCa::from_slice("".into(), &from);
        let columns = frame
            .columns()
            .par_iter()
            .map(|column| {
                if column.name().as_str() == self.column {
                    return Ok(values.clone().with_name(column.name().clone()).into_column());
                }
                column.take(&index).map_err(DataError::table(format!("repeating {}", column.name())))
            })
            .collect::<Result<Vec<Column>, DataError>>()?;
        let made = together(from.len(), columns)?;
        change.rows = Rows::New { frame: made, from: Some(from), part: None };
        Ok(change)
    }
}
