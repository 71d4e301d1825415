//! Splitting a column that holds several values in a cell into one 0/1 column for each value.
//!
//! Values are trimmed, empty ones do not count, and a value that stands twice in a cell counts once. A missing cell
//! holds no value: 0 in every column.

use cairn_protocol::table::ColumnType;
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::{column, flags},
    fitted::{ColumnLevels, FittedLevel, Learned},
    names::{Names, rows_hold, some},
    one_hot,
    operation::{Change, FitRows, Stage},
};
use crate::{error::DataError, frame_types::column_type};

/// The choices of the step.
pub(super) struct Choices<'a> {
    pub column: &'a str,
    pub separator: &'a str,
    pub rare_below_percent: f64,
    pub keep_source: bool,
}

fn values<'a>(cell: &'a str, separator: &str) -> Vec<&'a str> {
    let mut values: Vec<&str> = cell.split(separator).map(str::trim).filter(|value| !value.is_empty()).collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// The values that the fitted rows hold.
pub(super) fn fit(
    frame: &DataFrame,
    choices: &Choices<'_>,
    rows: FitRows<'_>,
) -> Result<(Learned, Vec<String>), DataError> {
    let series = column(frame, choices.column)?;
    let kind = column_type(series.dtype());
    if !matches!(kind, ColumnType::Text | ColumnType::Category) {
        let what = format!("{} holds {}s, not texts to split", choices.column, kind.as_str());
        return Err(DataError::refused(what, Some(choices.column), "Choose a text column"));
    }
    if choices.separator.is_empty() {
        let what = "the separator is empty";
        return Err(DataError::refused(what, Some(choices.column), "Say what stands between two values, e.g. ;"));
    }
    let codes = rows.codes(series)?;
    let (counts, null_count) = codes.counts(rows.parts());
    let fitted = counts.iter().sum::<u64>() + null_count;
    let mut seen: std::collections::BTreeMap<&str, u64> = std::collections::BTreeMap::new();
    for (cell, count) in codes.levels.iter().zip(counts).filter(|(_, count)| *count > 0) {
        for value in values(&cell.label, choices.separator) {
            *seen.entry(value).or_default() += count;
        }
    }
    let is_rare = |count: u64| (count as f64) * 100.0 < choices.rare_below_percent * fitted as f64;
    one_hot::check_width(seen.values().filter(|count| !is_rare(**count)).count(), frame.height(), choices.column)?;
    let stays = |name: &&str| choices.keep_source || *name != choices.column;
    let mut names = Names::new(frame.get_column_names().into_iter().map(PlSmallStr::as_str).filter(stays));
    let levels = seen
        .into_iter()
        .map(|(value, count)| FittedLevel {
            value: value.to_owned(),
            count,
            name: (!is_rare(count)).then(|| names.take(&format!("{}_{value}", choices.column))),
            folded: false,
        })
        .collect();
    let column = choices.column.to_owned();
    let levels = ColumnLevels { column, levels, other: None, null: None, null_count, column_type: Some(kind) };
    Ok((Learned::Levels { columns: vec![levels] }, names.warnings))
}

/// Makes the columns of the values that were learned.
pub(super) fn transform(
    frame: &DataFrame,
    fitted: &ColumnLevels,
    choices: &Choices<'_>,
    stage: &Stage<'_>,
) -> Result<Change, DataError> {
    let series = column(frame, choices.column)?;
    let codes = stage.codes(series)?;
    let known: PlHashMap<&str, usize> =
        fitted.levels.iter().enumerate().map(|(at, level)| (level.value.as_str(), at)).collect();
    // For each level the distinct cells that hold it.
    let mut holders: Vec<Vec<u8>> = vec![vec![0; codes.levels.len()]; fitted.levels.len()];
    let mut unseen: PlHashMap<&str, ()> = PlHashMap::default();
    let mut has_unseen = vec![false; codes.levels.len()];
    for (code, cell) in codes.levels.iter().enumerate() {
        for value in values(&cell.label, choices.separator) {
            if let Some(&level) = known.get(value) {
                holders[level][code] = 1;
            } else {
                unseen.insert(value, ());
                has_unseen[code] = true;
            }
        }
    }
    let mut change = Change::default();
    if !unseen.is_empty() {
        let rows = codes.rows.iter().filter(|code| has_unseen.get(**code as usize) == Some(&true)).count();
        let mut values: Vec<&str> = unseen.into_keys().collect();
        values.sort_unstable();
        change.warnings.push(format!(
            "{}: {} values the fit did not see ({}), left out",
            choices.column,
            rows_hold(rows as u64),
            some(values)
        ));
    }
    let named: Vec<(usize, &String)> =
        fitted.levels.iter().enumerate().filter_map(|(at, level)| Some((at, level.name.as_ref()?))).collect();
    let mut made: Vec<Column> = named
        .par_iter()
        .map(|&(level, name)| {
            let holders = &holders[level];
            let cells = codes.rows.iter().map(|code| holders.get(*code as usize).copied().unwrap_or(0)).collect();
            flags(name, cells, None)
        })
        .collect();
    if choices.keep_source {
        made.insert(0, series.clone().into_column());
    }
    change.replaced.push((choices.column.to_owned(), made));
    Ok(change)
}
