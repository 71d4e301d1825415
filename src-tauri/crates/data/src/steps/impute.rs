//! Filling missing cells: with a value that was learned (of the column, or of the row's group), along the rows
//! ([`super::impute_along`]), or from the nearest rows ([`super::impute_nearest`]).
//!
//! With groups a row gets the value of its own group; a group without a value, or one that the fit did not see, gets
//! the value of the whole column.

use cairn_protocol::{
    ParamValue, Real,
    steps::{Impute, ImputeStrategy},
    table::ColumnType,
};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::{LevelValue, MISSING, canonical_time, codes, column, flags, floats, numbers, texts, wholes},
    fitted::{ColumnFill, FillValue, GroupFill, Learned},
    grouping::{Groups, groups},
    impute_along, impute_nearest,
    names::{Names, count, figure},
    numeric::{mean, quantile},
    operation::{Around, Change, FitRows, Operation, Stage},
};
use crate::{condition, error::DataError, frame_types::column_type};

impl Operation for Impute {
    fn fit(&self, frame: &DataFrame, rows: FitRows<'_>, _: &Around) -> Result<(Learned, Vec<String>), DataError> {
        let learned = match self.strategy {
            ImputeStrategy::Forward | ImputeStrategy::Backward | ImputeStrategy::Linear => Learned::Nothing,
            ImputeStrategy::Knn => impute_nearest::fit(self, frame, rows)?,
            _ => {
                let by = if self.by.is_empty() || self.strategy == ImputeStrategy::Constant {
                    None
                } else {
                    Some(groups(frame, &self.by)?)
                };
                let columns = self.columns.par_iter().map(|name| learn(self, frame, name, by.as_ref(), rows));
                Learned::Fills { columns: columns.collect::<Result<_, _>>()? }
            }
        };
        Ok((learned, Vec::new()))
    }

    fn transform(&self, frame: &DataFrame, learned: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        let (filled, mut warnings) = match self.strategy {
            ImputeStrategy::Forward | ImputeStrategy::Backward | ImputeStrategy::Linear => {
                impute_along::fill(self, frame, stage.parts)?
            }
            ImputeStrategy::Knn => (impute_nearest::fill(self, frame, learned, stage.watch)?, Vec::new()),
            _ => (fill(self, frame, learned)?, Vec::new()),
        };
        let mut names = Names::new(frame.get_column_names().into_iter().map(PlSmallStr::as_str));
        let mut change = Change::default();
        for (name, Filled { column, missing }) in self.columns.iter().zip(filled) {
            let left = column.as_materialized_series().null_count() as u64;
            if left > 0 && self.strategy != ImputeStrategy::Constant {
                warnings.push(format!("{name}: {} cells stay missing, nothing there to fill them with", count(left)));
            }
            change.changed_cells += (missing.iter().filter(|missing| **missing).count() as u64).saturating_sub(left);
            let mut columns = vec![column];
            if self.indicator {
                let name = names.take(&format!("{name}_missing"));
                columns.push(flags(&name, missing.into_iter().map(u8::from).collect(), None));
            }
            change.replaced.push((name.clone(), columns));
        }
        change.warnings = names.warnings;
        change.warnings.extend(warnings);
        Ok(change)
    }

    fn describe(&self, learned: &Learned) -> Vec<String> {
        match learned {
            Learned::Fills { columns } => columns.iter().map(|fill| line(fill, self.strategy)).collect(),
            Learned::Donors { columns } => impute_nearest::lines(self, columns),
            _ => Vec::new(),
        }
    }
}

/// A column without missing cells, and where they were.
pub(super) struct Filled {
    pub column: Column,
    pub missing: Vec<bool>,
}

fn learn(
    step: &Impute,
    frame: &DataFrame,
    name: &str,
    by: Option<&Groups>,
    rows: FitRows<'_>,
) -> Result<ColumnFill, DataError> {
    let series = column(frame, name)?;
    let column_type = column_type(series.dtype());
    let mut value = match step.strategy {
        ImputeStrategy::Constant => constant(series, column_type, step.value.as_ref())?,
        ImputeStrategy::Mode => mode(series, column_type, rows)?,
        _ => centre(series, column_type, step.strategy, rows)?,
    };
    let mut groups = match by {
        None => Vec::new(),
        Some(by) if step.strategy == ImputeStrategy::Mode => group_modes(series, column_type, by, rows)?,
        Some(by) => group_centres(series, step.strategy, by, rows)?,
    };
    // The order of rows of other parts must not show.
    groups.sort_by(|a, b| a.group.cmp(&b.group));
    // A column stays whole only where all its values are.
    let whole = |value: &FillValue| matches!(value, FillValue::Int(_));
    if step.strategy == ImputeStrategy::Median && !(whole(&value) && groups.iter().all(|group| whole(&group.value))) {
        value = as_float(value);
        for group in &mut groups {
            group.value = as_float(std::mem::replace(&mut group.value, FillValue::Bool(false)));
        }
    }
    let to_float = column_type == ColumnType::Int && matches!(value, FillValue::Float(_));
    Ok(ColumnFill { column: name.to_owned(), column_type, value, to_float, groups })
}

fn as_float(value: FillValue) -> FillValue {
    match value {
        FillValue::Int(whole) => FillValue::Float(Real(whole as f64)),
        other => other,
    }
}

/// Mean or median of each group that has a value in the rows of the fit.
fn group_centres(
    series: &Series,
    strategy: ImputeStrategy,
    by: &Groups,
    rows: FitRows<'_>,
) -> Result<Vec<GroupFill>, DataError> {
    let mut members: Vec<Vec<f64>> = vec![Vec::new(); by.keys.len()];
    for (row, value) in numbers(series)?.into_iter().enumerate() {
        if rows.has(row) && !value.is_nan() {
            members[by.rows[row] as usize].push(value);
        }
    }
    let whole = column_type(series.dtype()) == ColumnType::Int;
    let fills = by.keys.iter().zip(members).filter(|(_, members)| !members.is_empty()).map(|(key, mut members)| {
        let value = if strategy == ImputeStrategy::Mean {
            FillValue::Float(Real(mean(&members)))
        } else {
            median_value(quantile(&mut members, 0.5), whole)
        };
        GroupFill { group: key.clone(), value }
    });
    Ok(fills.collect())
}

fn median_value(median: f64, whole: bool) -> FillValue {
    if whole && median.fract() == 0.0 && median.abs() < 9e15 {
        FillValue::Int(median as i64)
    } else {
        FillValue::Float(Real(median))
    }
}

/// The most frequent value of each group that has one in the rows of the fit; of equals the smallest.
fn group_modes(series: &Series, kind: ColumnType, by: &Groups, rows: FitRows<'_>) -> Result<Vec<GroupFill>, DataError> {
    let codes = codes(series)?;
    let mut counts: Vec<PlHashMap<u32, u64>> = vec![PlHashMap::default(); by.keys.len()];
    for (row, &code) in codes.rows.iter().enumerate() {
        if rows.has(row) && code != MISSING {
            *counts[by.rows[row] as usize].entry(code).or_default() += 1;
        }
    }
    let mut fills = Vec::new();
    for (key, counts) in by.keys.iter().zip(counts) {
        // Levels stand in order, so the smallest code is the smallest value.
        if let Some((code, _)) = counts.into_iter().max_by_key(|&(code, count)| (count, std::cmp::Reverse(code)))
            && let Some(value) = level_value(&codes.levels[code as usize], kind)
        {
            fills.push(GroupFill { group: key.clone(), value });
        }
    }
    Ok(fills)
}

/// A level as a value that fills.
pub(super) fn level_value(level: &super::columns::Level, kind: ColumnType) -> Option<FillValue> {
    match level.value {
        LevelValue::Text => Some(FillValue::Text(level.label.clone())),
        LevelValue::Bool(yes) => Some(FillValue::Bool(yes)),
        LevelValue::Whole(whole) => Some(FillValue::Int(whole)),
        LevelValue::Real(real) if kind == ColumnType::Float => Some(FillValue::Float(Real(real))),
        LevelValue::Real(_) => None,
    }
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
        return Ok(FillValue::Float(Real(mean(&there))));
    }
    Ok(median_value(quantile(&mut there, 0.5), kind == ColumnType::Int))
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
    level_value(level, kind).ok_or_else(|| nothing_to_learn(series.name(), rows))
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

/// Fills with the values that were learned.
fn fill(step: &Impute, frame: &DataFrame, learned: &Learned) -> Result<Vec<Filled>, DataError> {
    let Learned::Fills { columns: fills } = learned else {
        return Err(DataError::refused("the step did not learn what to fill with", None, "Run the cell again"));
    };
    let by = if fills.iter().any(|fill| !fill.groups.is_empty()) { Some(groups(frame, &step.by)?) } else { None };
    let one = |name: &String| {
        let fill = fills.iter().find(|fill| fill.column == *name).ok_or_else(|| {
            let what = format!("the step did not learn what to fill {name} with");
            DataError::refused(what, Some(name), "Run the cell again to fit the recipe anew")
        })?;
        let values = RowValues::new(fill, by.as_ref());
        filled(column(frame, name)?, fill, &values)
    };
    step.columns.par_iter().map(one).collect()
}

/// The value that fills a row.
struct RowValues<'a> {
    whole: &'a FillValue,
    /// The group of each row, and the value of each group.
    groups: Option<(&'a [u32], Vec<&'a FillValue>)>,
}

impl<'a> RowValues<'a> {
    fn new(fill: &'a ColumnFill, by: Option<&'a Groups>) -> Self {
        let groups = by.filter(|_| !fill.groups.is_empty()).map(|by| {
            let known: PlHashMap<&[Option<String>], &FillValue> =
                fill.groups.iter().map(|group| (group.group.as_slice(), &group.value)).collect();
            let of = |key: &Vec<Option<String>>| known.get(key.as_slice()).copied().unwrap_or(&fill.value);
            (by.rows.as_slice(), by.keys.iter().map(of).collect())
        });
        Self { whole: &fill.value, groups }
    }

    fn at(&self, row: usize) -> &'a FillValue {
        self.groups.as_ref().map_or(self.whole, |(rows, values)| values[rows[row] as usize])
    }

    fn float(&self, row: usize) -> f64 {
        match self.at(row) {
            FillValue::Float(value) => value.0,
            FillValue::Int(value) => *value as f64,
            _ => f64::NAN,
        }
    }

    fn int(&self, row: usize) -> Option<i64> {
        if let FillValue::Int(value) = self.at(row) { Some(*value) } else { None }
    }

    fn bool(&self, row: usize) -> Option<bool> {
        if let FillValue::Bool(value) = self.at(row) { Some(*value) } else { None }
    }

    fn text(&self, row: usize) -> Option<&'a str> {
        if let FillValue::Text(value) = self.at(row) { Some(value) } else { None }
    }
}

fn filled(series: &Series, fill: &ColumnFill, values: &RowValues<'_>) -> Result<Filled, DataError> {
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
        FillValue::Text(_) if kind == ColumnType::Decimal => {
            let missing = nulls();
            let made = super::decimals::filled(series, |row| values.text(row)).ok_or_else(other)?;
            return Ok(Filled { column: made.into_column(), missing });
        }
        // Whole numbers with gaps come back from some files as floats.
        FillValue::Float(_) | FillValue::Int(_)
            if kind == ColumnType::Float && fill.column_type.is_numeric()
                || matches!(fill.value, FillValue::Float(_)) && (kind.is_numeric() || all_missing) =>
        {
            let mut cells = if all_missing { vec![f64::NAN; series.len()] } else { numbers(series)? };
            let missing = cells.iter().map(|cell| cell.is_nan()).collect();
            for (row, cell) in cells.iter_mut().enumerate().filter(|(_, cell)| cell.is_nan()) {
                *cell = values.float(row);
            }
            return Ok(Filled { column: floats(name, cells), missing });
        }
        FillValue::Int(_) if kind == fill.column_type || all_missing => {
            let canonical = canonical_time(series)?;
            let cells: Int64Chunked = if all_missing {
                (0..series.len()).map(|row| values.int(row)).collect()
            } else {
                wholes(&canonical)?
                    .into_iter()
                    .enumerate()
                    .map(|(row, cell)| cell.or_else(|| values.int(row)))
                    .collect()
            };
            whole_series(&cells.into_series(), canonical.dtype()).map_err(doing())?
        }
        FillValue::Bool(_) if kind == ColumnType::Bool && !all_missing => {
            let cells = series.bool().map_err(doing())?;
            let cells = cells.iter().enumerate().map(|(row, cell)| cell.or_else(|| values.bool(row)));
            cells.collect::<BooleanChunked>().into_series()
        }
        FillValue::Text(_) if matches!(kind, ColumnType::Text | ColumnType::Category) => {
            let texts = texts(series)?;
            let filled: StringChunked =
                texts.iter().enumerate().map(|(row, cell)| cell.or_else(|| values.text(row))).collect();
            match kind {
                ColumnType::Category => {
                    filled.into_series().cast(&DataType::from_categories(Categories::global())).map_err(doing())?
                }
                _ => filled.into_series(),
            }
        }
        FillValue::Bool(_) if all_missing => {
            (0..series.len()).map(|row| values.bool(row)).collect::<BooleanChunked>().into_series()
        }
        FillValue::Text(_) if all_missing => {
            (0..series.len()).map(|row| values.text(row)).collect::<StringChunked>().into_series()
        }
        _ => return Err(other()),
    };
    Ok(Filled { column: done.with_name(name.into()).into_column(), missing: nulls() })
}

/// Whole numbers as the type they are made for: the narrow one where they fit it, 64 bits otherwise.
pub(super) fn whole_series(whole: &Series, dtype: &DataType) -> PolarsResult<Series> {
    match dtype {
        dtype if dtype.is_integer() => Ok(whole.strict_cast(dtype).unwrap_or_else(|_| whole.clone())),
        DataType::Date => whole.cast(&DataType::Int32).and_then(|days| days.cast(&DataType::Date)),
        dtype if dtype.is_temporal() => whole.cast(dtype),
        _ => Ok(whole.clone()),
    }
}

/// «bmi ← median 28.1», «bmi ← median by group (3 groups, otherwise 28.1)».
fn line(fill: &ColumnFill, strategy: ImputeStrategy) -> String {
    let how = match strategy {
        ImputeStrategy::Mean => "mean ",
        ImputeStrategy::Median => "median ",
        ImputeStrategy::Mode => "most frequent ",
        _ => "",
    };
    let shown = shown(&fill.value, fill.column_type);
    match fill.groups.len() {
        0 => format!("{} ← {how}{shown}", fill.column),
        1 => format!("{} ← {how}by group (1 group, otherwise {shown})", fill.column),
        some => format!("{} ← {how}by group ({} groups, otherwise {shown})", fill.column, count(some as u64)),
    }
}

fn shown(value: &FillValue, kind: ColumnType) -> String {
    match (value, kind) {
        (FillValue::Bool(yes), _) => yes.to_string(),
        (FillValue::Int(whole), ColumnType::Int | ColumnType::Float | ColumnType::Decimal) => figure(*whole as f64),
        (FillValue::Int(whole), kind) => moment(*whole, kind),
        (FillValue::Float(real), _) => figure(real.0),
        (FillValue::Text(text), _) => format!("«{text}»"),
    }
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
