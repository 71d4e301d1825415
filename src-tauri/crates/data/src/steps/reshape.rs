//! Columns that become rows, and rows that become columns.

use cairn_protocol::steps::{Transpose, Unpivot};
use polars::prelude::*;

use super::{
    columns::column,
    fitted::Learned,
    groups::{cast_to, wider},
    names::{Names, count},
    operation::{Change, Operation, Rows, Stage},
    predict::{bytes_of, guard},
};
use crate::{error::DataError, frame_types::column_type};
use cairn_protocol::results::Prediction;

/// Series one below the other, of the type that holds them all, and a warning where that is text made of other things.
pub(super) fn stacked(columns: &[&Series], name: &str) -> Result<(Series, Option<String>), DataError> {
    let dtype = columns.iter().fold(DataType::Null, |widest, series| wider(&widest, series.dtype()));
    let mut all = Series::new_empty(name.into(), &dtype);
    for series in columns {
        let cast = cast_to(series, &dtype)?.with_name(name.into());
        all.append(&cast).map_err(DataError::table(format!("putting {} below others", series.name())))?;
    }
    let mut kinds: Vec<&str> = columns.iter().map(|series| column_type(series.dtype()).as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mixed = dtype == DataType::String && kinds.iter().any(|kind| !matches!(*kind, "text" | "category"));
    let warning = mixed.then(|| format!("{name}: {} became text", kinds.join(", ")));
    Ok((all, warning))
}

/// The columns that become rows.
fn melted<'a>(frame: &'a DataFrame, step: &Unpivot) -> Result<Vec<&'a Series>, DataError> {
    let melted: Vec<&Series> = if step.columns.is_empty() {
        let columns = frame.columns().iter().map(Column::as_materialized_series);
        columns.filter(|series| !step.index.iter().any(|name| name == series.name().as_str())).collect()
    } else {
        step.columns.iter().map(|name| column(frame, name)).collect::<Result<_, _>>()?
    };
    if melted.is_empty() {
        let what = "no column is left to become rows";
        return Err(DataError::refused(what, None, "Name fewer columns that stay"));
    }
    Ok(melted)
}

fn size(frame: &DataFrame, step: &Unpivot, melted: &[&Series]) -> Prediction {
    let (rows, many) = (frame.height() as u64, melted.len() as u64);
    let values: u64 = melted.iter().map(|series| series.estimated_size() as u64).sum();
    let names: u64 = melted.iter().map(|series| 16 + series.name().len() as u64).sum();
    let kept = bytes_of(frame, step.index.iter().map(String::as_str));
    let bytes = values.saturating_add(kept.saturating_mul(many)).saturating_add(names.saturating_mul(rows));
    Prediction { rows: rows.saturating_mul(many), columns: step.index.len() as u64 + 2, bytes, ..Prediction::default() }
}

/// The size of an unpivoted table.
pub(super) fn predict_unpivot(frame: &DataFrame, step: &Unpivot) -> Result<Prediction, DataError> {
    Ok(size(frame, step, &melted(frame, step)?))
}

impl Operation for Unpivot {
    fn transform(&self, frame: &DataFrame, _learned: &Learned, _stage: &Stage<'_>) -> Result<Change, DataError> {
        let melted = melted(frame, self)?;
        let (rows, many) = (frame.height(), melted.len());
        let mut prediction = size(frame, self, &melted);
        guard(&mut prediction, frame, "Unpivot")?;
        let (value, warning) = stacked(&melted, &self.value_name)?;
        let from: Vec<IdxSize> = (0..many).flat_map(|_| 0..rows as IdxSize).collect();
        let index = IdxCa::from_slice("".into(), &from);
        let mut columns = Vec::with_capacity(self.index.len() + 2);
        for name in &self.index {
            let taken = column(frame, name)?.take(&index).map_err(DataError::table(format!("repeating {name}")))?;
            columns.push(taken.into_column());
        }
        let names: StringChunked =
            melted.iter().flat_map(|series| std::iter::repeat_n(Some(series.name().as_str()), rows)).collect();
        columns.push(names.with_name(self.variable_name.as_str().into()).into_series().into_column());
        columns.push(value.into_column());
        let frame = together(rows * many, columns)?;
        Ok(Change {
            rows: Rows::New { frame, from: Some(from), part: None },
            warnings: warning.into_iter().collect(),
            prediction: Some(prediction),
            ..Change::default()
        })
    }
}

/// A frame of columns; two of one name are refused.
pub(super) fn together(rows: usize, columns: Vec<Column>) -> Result<DataFrame, DataError> {
    let mut seen = PlHashSet::new();
    if let Some(twice) = columns.iter().find(|column| !seen.insert(column.name().clone())) {
        let what = format!("the step makes a second column «{}»", twice.name());
        return Err(DataError::refused(what, Some(twice.name()), "Choose another name for the new column"));
    }
    DataFrame::new(rows, columns).map_err(DataError::table("putting the columns together"))
}

/// Rows that a transposition takes at most: each becomes a column.
const MOST_ROWS: usize = 10_000;

impl Operation for Transpose {
    fn transform(&self, frame: &DataFrame, _learned: &Learned, _stage: &Stage<'_>) -> Result<Change, DataError> {
        let rows = frame.height();
        if rows > MOST_ROWS {
            let what =
                format!("{} rows would become columns, more than {}", count(rows as u64), count(MOST_ROWS as u64));
            return Err(DataError::refused(what, None, "Filter, sample or group rows before"));
        }
        let header = self.header.as_ref().filter(|name| !name.is_empty());
        let body: Vec<&Series> = frame
            .columns()
            .iter()
            .map(Column::as_materialized_series)
            .filter(|series| header.is_none_or(|name| name != series.name().as_str()))
            .collect();
        let (all, warning) = stacked(&body, "values")?;
        let mut names = Names::new([self.name.as_str()]);
        let wanted: Vec<String> = match header {
            Some(name) => {
                let labels = column(frame, name)?;
                let label = |row| labels.get(row).ok().and_then(|value| crate::format::text_of(&value));
                (0..rows).map(|row| label(row).filter(|text| !text.is_empty()).unwrap_or("null".into())).collect()
            }
            None => (1..=rows).map(|row| format!("row_{row}")).collect(),
        };
        let old: StringChunked = body.iter().map(|series| Some(series.name().as_str())).collect();
        let mut columns = vec![old.with_name(self.name.as_str().into()).into_series().into_column()];
        for (row, name) in wanted.iter().enumerate() {
            let cells: Vec<IdxSize> = (0..body.len()).map(|column| (column * rows + row) as IdxSize).collect();
            let taken = all.take(&IdxCa::from_vec("".into(), cells)).map_err(DataError::table("turning the table"))?;
            columns.push(taken.with_name(names.take(name).into()).into_column());
        }
        let mut warnings = names.warnings;
        warnings.truncate(5);
        warnings.extend(warning.map(|_| "Columns of several types became text".to_owned()));
        let frame = together(body.len(), columns)?;
        Ok(Change { rows: Rows::New { frame, from: None, part: None }, warnings, ..Change::default() })
    }
}
