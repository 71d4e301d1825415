//! Levels as numbers: ordinal and frequency encoding, and what target and binary encoding share with them.
//!
//! What is learned is a number for each level, by the level's text; the same lookup serves the rows of the fit and new
//! ones. Levels are matched by their text, so that a file that gives `1` as a float meets the level of an int.

use std::sync::Arc;

use cairn_protocol::{
    Real,
    steps::{FrequencyEncode, FrequencyUnit, Ordinal, UnseenCode},
    table::ColumnType,
};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::{Codes, MISSING, column, floats},
    fitted::{ColumnCodes, Learned, LevelCode},
    names::{count, figure, rows_hold, some},
    numeric::row_number,
    operation::{Around, Change, FitRows, Operation, Stage},
};
use crate::{error::DataError, frame_types::column_type};

/// Scikit-learn's `OrdinalEncoder`, missing values staying missing: levels named by the person come first, in their
/// order and whether or not the fit saw them; the others follow in the order of their values.
impl Operation for Ordinal {
    fn fit(&self, frame: &DataFrame, rows: FitRows<'_>, _: &Around) -> Result<(Learned, Vec<String>), DataError> {
        if let Some(twice) = self.order.iter().enumerate().find(|(at, level)| self.order[..*at].contains(level)) {
            let what = format!("the level «{}» stands twice in the order", twice.1);
            return Err(DataError::refused(what, None, "Name each level once"));
        }
        let one = |name: &String| -> Result<ColumnCodes, DataError> {
            let series = column(frame, name)?;
            let seen = Seen::new(series, rows)?;
            // Levels of decimals stand without zeros at the end; a person may write them with.
            let as_level = |text: &String| match column_type(series.dtype()) {
                ColumnType::Decimal => super::decimals::plain(text).unwrap_or_else(|| text.clone()),
                _ => text.clone(),
            };
            let order: Vec<String> = self.order.iter().map(as_level).collect();
            let others = seen.levels.iter().map(|(label, _)| label).filter(|label| !order.contains(*label));
            let levels = order.iter().chain(others).enumerate();
            let levels = levels.map(|(at, value)| LevelCode { value: value.clone(), code: Real(at as f64) });
            let unseen = (self.unseen == UnseenCode::MinusOne).then_some(Real(-1.0));
            Ok(ColumnCodes { levels: levels.collect(), unseen, ..seen.codes(series) })
        };
        let columns: Vec<ColumnCodes> = self.columns.par_iter().map(one).collect::<Result<_, _>>()?;
        Ok((Learned::Codes { columns }, Vec::new()))
    }

    fn transform(&self, frame: &DataFrame, learned: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        let refuse = self.unseen == UnseenCode::Error;
        replace(&self.columns, |name| {
            let coded = Coded::new(frame, name, learned, stage)?;
            if refuse && let Some(row) = coded.first_unseen() {
                let what = format!("{}: the fit did not see «{}» of {name}", row_number(row), coded.label(row));
                let hint = "Let unseen levels become missing or −1, or name the level in the order";
                return Err(DataError::refused(what, Some(name), hint));
            }
            let cells: Int64Chunked = coded.values().map(|value| value.map(|value| value as i64)).collect();
            let becomes = if self.unseen == UnseenCode::MinusOne { "−1" } else { "missing" };
            Ok((cells.with_name(name.into()).into_series().into_column(), coded.warning(name, becomes)))
        })
    }

    fn describe(&self, learned: &Learned) -> Vec<String> {
        lines(learned, |codes| {
            let shown = codes.levels.iter().map(|level| format!("{} = {}", level.value, level.code.0));
            format!("{} ← {}", codes.column, some(shown))
        })
    }
}

/// Missing values count as a level of their own (as `CountEncoder` of category_encoders); unseen levels become 0.
impl Operation for FrequencyEncode {
    fn fit(&self, frame: &DataFrame, rows: FitRows<'_>, _: &Around) -> Result<(Learned, Vec<String>), DataError> {
        let one = |name: &String| -> Result<ColumnCodes, DataError> {
            let series = column(frame, name)?;
            let seen = Seen::new(series, rows)?;
            let total = seen.levels.iter().map(|(_, rows)| rows).sum::<u64>() + seen.missing;
            let unit = |rows: u64| match self.unit {
                FrequencyUnit::Count => rows as f64,
                FrequencyUnit::Share => rows as f64 / total.max(1) as f64,
            };
            let levels =
                seen.levels.iter().map(|(value, rows)| LevelCode { value: value.clone(), code: Real(unit(*rows)) });
            let (null, unseen) = (Some(Real(unit(seen.missing))), Some(Real(0.0)));
            Ok(ColumnCodes { levels: levels.collect(), null, unseen, ..seen.codes(series) })
        };
        let columns: Vec<ColumnCodes> = self.columns.par_iter().map(one).collect::<Result<_, _>>()?;
        Ok((Learned::Codes { columns }, Vec::new()))
    }

    fn transform(&self, frame: &DataFrame, learned: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        replace(&self.columns, |name| {
            let coded = Coded::new(frame, name, learned, stage)?;
            let warning = coded.warning(name, "0");
            let made = match self.unit {
                FrequencyUnit::Count => {
                    let cells: Int64Chunked = coded.values().map(|value| value.map(|value| value as i64)).collect();
                    cells.with_name(name.into()).into_series().into_column()
                }
                FrequencyUnit::Share => coded.floats(name),
            };
            Ok((made, warning))
        })
    }

    fn describe(&self, learned: &Learned) -> Vec<String> {
        lines(learned, |codes| {
            let mut frequent: Vec<&LevelCode> = codes.levels.iter().collect();
            frequent.sort_by(|a, b| b.code.0.total_cmp(&a.code.0));
            let shown = frequent.into_iter().map(|level| format!("{} = {}", level.value, figure(level.code.0)));
            format!("{} ← {}", codes.column, some(shown))
        })
    }
}

/// A line a column.
pub(super) fn lines(learned: &Learned, line: impl Fn(&ColumnCodes) -> String) -> Vec<String> {
    let Learned::Codes { columns } = learned else { return Vec::new() };
    columns.iter().map(line).collect()
}

/// Columns in whose place another stands, made in parallel, with warnings in the order of the columns.
pub(super) fn replace(
    names: &[String],
    make: impl Fn(&str) -> Result<(Column, Option<String>), DataError> + Sync,
) -> Result<Change, DataError> {
    let made: Vec<Result<(Column, Option<String>), DataError>> = names.par_iter().map(|name| make(name)).collect();
    let mut change = Change::default();
    for (name, made) in names.iter().zip(made) {
        let (column, warning) = made?;
        change.warnings.extend(warning);
        change.changed_cells += (column.len() - column.null_count()) as u64;
        change.replaced.push((name.clone(), vec![column]));
    }
    Ok(change)
}

/// The levels that the rows of the fit hold, in the order of their values.
pub(super) struct Seen {
    /// Level and rows.
    pub levels: Vec<(String, u64)>,
    /// Rows with a missing value.
    pub missing: u64,
}

impl Seen {
    pub fn new(series: &Series, rows: FitRows<'_>) -> Result<Self, DataError> {
        let codes = rows.codes(series)?;
        let (counts, missing) = codes.counts(rows.parts());
        let levels = codes.levels.iter().zip(counts).filter(|(_, rows)| *rows > 0);
        Ok(Self { levels: levels.map(|(level, rows)| (level.label.clone(), rows)).collect(), missing })
    }

    /// What is learned of a column, still without levels.
    pub fn codes(&self, series: &Series) -> ColumnCodes {
        ColumnCodes {
            column: series.name().to_string(),
            column_type: column_type(series.dtype()),
            levels: Vec::new(),
            null: None,
            unseen: None,
        }
    }
}

/// A column with the number of each of its levels.
pub(super) struct Coded {
    codes: Arc<Codes>,
    /// For each level its number, and whether the fit saw it.
    numbers: Vec<(Option<f64>, bool)>,
    null: Option<f64>,
}

impl Coded {
    pub fn new(frame: &DataFrame, name: &str, learned: &Learned, stage: &Stage<'_>) -> Result<Self, DataError> {
        let fitted = match learned {
            Learned::Codes { columns } => columns.iter().find(|codes| codes.column == name),
            _ => None,
        };
        let fitted = fitted.ok_or_else(|| {
            let what = format!("the step did not learn the levels of {name}");
            DataError::refused(what, Some(name), "Run the cell again to fit the recipe anew")
        })?;
        let codes = stage.codes(column(frame, name)?)?;
        let known: PlHashMap<&str, f64> =
            fitted.levels.iter().map(|level| (level.value.as_str(), level.code.0)).collect();
        let unseen = fitted.unseen.map(|code| code.0);
        let number = |label: &str| known.get(label).map_or((unseen, false), |code| (Some(*code), true));
        let numbers = codes.levels.iter().map(|level| number(&level.label)).collect();
        Ok(Self { codes, numbers, null: fitted.null.map(|code| code.0) })
    }

    /// The code of the level of each row; [`MISSING`] for a missing value.
    pub fn rows(&self) -> &[u32] {
        &self.codes.rows
    }

    /// The number of each row.
    pub fn values(&self) -> impl Iterator<Item = Option<f64>> {
        self.codes.rows.iter().map(|code| self.numbers.get(*code as usize).map_or(self.null, |(number, _)| *number))
    }

    /// The numbers as a column.
    pub fn floats(&self, name: &str) -> Column {
        floats(name, self.values().map(|value| value.unwrap_or(f64::NAN)).collect())
    }

    fn first_unseen(&self) -> Option<usize> {
        self.codes.rows.iter().position(|code| self.numbers.get(*code as usize).is_some_and(|(_, seen)| !seen))
    }

    fn label(&self, row: usize) -> &str {
        let code = self.codes.rows[row];
        if code == MISSING { "" } else { &self.codes.levels[code as usize].label }
    }

    /// What a person should know of levels that the fit did not see.
    pub fn warning(&self, name: &str, becomes: &str) -> Option<String> {
        let unseen: Vec<&str> = self
            .codes
            .levels
            .iter()
            .zip(&self.numbers)
            .filter(|(_, (_, seen))| !seen)
            .map(|(level, _)| level.label.as_str())
            .collect();
        if unseen.is_empty() {
            return None;
        }
        let is_unseen = |code: &&u32| self.numbers.get(**code as usize).is_some_and(|(_, seen)| !seen);
        let rows = self.codes.rows.iter().filter(is_unseen).count() as u64;
        Some(format!(
            "{name}: {} values the fit did not see ({}), which become {becomes}",
            rows_hold(rows),
            some(unseen)
        ))
    }
}

/// «3 levels», «1 level».
pub(super) fn levels_in_words(levels: usize) -> String {
    if levels == 1 { "1 level".into() } else { format!("{} levels", count(levels as u64)) }
}
