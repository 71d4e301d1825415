//! Folding rare levels, and those that the fit did not see, into one.
//!
//! A level stays when it has at least the share and the number of rows asked for, and is among the most frequent (of
//! equally frequent levels the first in order). Missing values stay missing. The column becomes text, a category stays
//! a category.

use cairn_protocol::{steps::GroupRare, table::ColumnType};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::column,
    encode::{Seen, levels_in_words, replace},
    fitted::{ColumnLevels, FittedLevel, Learned},
    names::{count, rows_hold, some},
    operation::{Around, Change, FitRows, Operation, Stage},
};
use crate::{error::DataError, frame_types::column_type};

/// Which levels stay, given the rows of each and of all.
pub(super) fn kept(rows: &[u64], all: u64, below_percent: f64, below_count: u64, most: Option<usize>) -> Vec<bool> {
    let is_rare = |rows: u64| (rows as f64) * 100.0 < below_percent * all as f64 || rows < below_count;
    let mut kept: Vec<bool> = rows.iter().map(|rows| !is_rare(*rows)).collect();
    if let Some(most) = most {
        let mut frequent: Vec<usize> = (0..rows.len()).filter(|at| kept[*at]).collect();
        // Of equally frequent levels the first in order stay.
        frequent.sort_by_key(|&at| (std::cmp::Reverse(rows[at]), at));
        for &at in frequent.iter().skip(most) {
            kept[at] = false;
        }
    }
    kept
}

impl Operation for GroupRare {
    fn fit(&self, frame: &DataFrame, rows: FitRows<'_>, _: &Around) -> Result<(Learned, Vec<String>), DataError> {
        if self.label.is_empty() {
            return Err(DataError::refused("the level to fold into has no name", None, "Give it one, e.g. other"));
        }
        let one = |name: &String| -> Result<(ColumnLevels, Option<String>), DataError> {
            let series = column(frame, name)?;
            let seen = Seen::new(series, rows)?;
            let counts: Vec<u64> = seen.levels.iter().map(|(_, rows)| *rows).collect();
            let all = counts.iter().sum::<u64>() + seen.missing;
            let kept = kept(&counts, all, self.below_percent, self.below_count, self.max_categories);
            let taken = seen.levels.iter().zip(&kept).any(|((label, _), kept)| *kept && *label == self.label);
            let warning = taken.then(|| format!("{name}: «{}» is a level already, rare ones join it", self.label));
            let levels = seen.levels.into_iter().zip(kept);
            let levels =
                levels.map(|((value, count), kept)| FittedLevel { value, count, name: None, folded: !kept }).collect();
            let levels = ColumnLevels {
                column: name.clone(),
                levels,
                other: Some(self.label.clone()),
                null: None,
                null_count: seen.missing,
                column_type: Some(column_type(series.dtype())),
            };
            Ok((levels, warning))
        };
        let learned: Vec<(ColumnLevels, Option<String>)> =
            self.columns.par_iter().map(one).collect::<Result<_, _>>()?;
        let (columns, warnings): (Vec<ColumnLevels>, Vec<Option<String>>) = learned.into_iter().unzip();
        Ok((Learned::Levels { columns }, warnings.into_iter().flatten().collect()))
    }

    fn transform(&self, frame: &DataFrame, learned: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        let Learned::Levels { columns } = learned else {
            return Err(DataError::refused("the step did not learn the levels", None, "Run the cell again"));
        };
        let mut change = replace(&self.columns, |name| {
            let fitted = columns.iter().find(|levels| levels.column == name).ok_or_else(|| {
                let what = format!("the step did not learn the levels of {name}");
                DataError::refused(what, Some(name), "Run the cell again to fit the recipe anew")
            })?;
            let series = column(frame, name)?;
            let codes = stage.codes(series)?;
            let known: PlHashMap<&str, bool> =
                fitted.levels.iter().map(|level| (level.value.as_str(), level.folded)).collect();
            let mut unseen = vec![false; codes.levels.len()];
            let texts: Vec<&str> = codes
                .levels
                .iter()
                .zip(&mut unseen)
                .map(|(level, unseen)| match known.get(level.label.as_str()) {
                    Some(false) => level.label.as_str(),
                    Some(true) => self.label.as_str(),
                    None => {
                        *unseen = true;
                        self.label.as_str()
                    }
                })
                .collect();
            let cells: StringChunked = codes.rows.iter().map(|code| texts.get(*code as usize).copied()).collect();
            let mut made = cells.with_name(name.into()).into_series();
            if column_type(series.dtype()) == ColumnType::Category {
                let category = DataType::from_categories(Categories::global());
                made = made.cast(&category).map_err(DataError::table(format!("making categories of {name}")))?;
            }
            let rows = codes.rows.iter().filter(|code| unseen.get(**code as usize) == Some(&true)).count() as u64;
            let labels = codes.levels.iter().zip(&unseen).filter(|(_, unseen)| **unseen).map(|(level, _)| &level.label);
            let warning = (rows > 0).then(|| {
                format!(
                    "{name}: {} values the fit did not see ({}), which become «{}»",
                    rows_hold(rows),
                    some(labels),
                    self.label
                )
            });
            Ok((made.into_column(), warning))
        })?;
        change.changed_cells = 0;
        for (name, made) in &change.replaced {
            let before = super::columns::texts(column(frame, name)?)?;
            let after = super::columns::texts(made[0].as_materialized_series())?;
            change.changed_cells +=
                before.iter().zip(after.iter()).filter(|(before, after)| before != after).count() as u64;
        }
        Ok(change)
    }

    fn describe(&self, learned: &Learned) -> Vec<String> {
        let Learned::Levels { columns } = learned else { return Vec::new() };
        let line = |column: &ColumnLevels| {
            let folded: Vec<&FittedLevel> = column.levels.iter().filter(|level| level.folded).collect();
            let stay = levels_in_words(column.levels.len() - folded.len());
            let rows: u64 = folded.iter().map(|level| level.count).sum();
            let into = levels_in_words(folded.len());
            format!("{} ← {stay} stay, {into} ({} rows) become «{}»", column.column, count(rows), self.label)
        };
        columns.iter().map(line).collect()
    }
}
