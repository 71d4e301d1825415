//! Groups and pivots: one row for each group, and values that become columns.

use cairn_protocol::{
    results::Prediction,
    steps::{Aggregate, GroupBy, Pivot},
};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    aggregate::{aggregate, picked, word},
    columns::{MISSING, codes, column},
    fitted::Learned,
    groups::{Buckets, RowGroups, group_rows, group_rows_watched},
    names::{Names, count, rows_hold, some},
    operation::{Around, Change, FitRows, Operation, Rows, Stage},
    predict::{bytes_of, guard},
};
use crate::error::DataError;

/// The rows that stand for groups below a split: their first, where all rows of a group are of one part.
fn representatives(groups: &RowGroups, parts: Option<&[u8]>) -> Option<Vec<IdxSize>> {
    let parts = parts?;
    let mut from = groups.first.clone();
    for (row, id) in groups.ids.iter().enumerate() {
        let first = &mut from[*id as usize];
        if *first != IdxSize::MAX && parts[*first as usize] != parts[row] {
            *first = IdxSize::MAX;
        }
    }
    Some(from)
}

impl Operation for GroupBy {
    fn transform(&self, frame: &DataFrame, _learned: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        if self.by.is_empty() && self.aggregations.is_empty() {
            let what = "neither groups nor figures are named";
            return Err(DataError::refused(what, None, "Name the columns that make a group, and what to compute"));
        }
        let keys = self.by.iter().map(|name| column(frame, name)).collect::<Result<Vec<_>, _>>()?;
        let groups = group_rows_watched(&keys, frame.height(), stage.watch.part(0.0, 0.5))?;
        let buckets = Buckets::new(&groups.ids, groups.len());
        let mut names = Names::new(self.by.iter().map(String::as_str));
        let plans: Vec<(Option<&Series>, Aggregate, String)> = self
            .aggregations
            .iter()
            .map(|one| {
                let series = match one.column.as_str() {
                    "" => None,
                    name => Some(column(frame, name)?),
                };
                let wanted = match (one.name.as_str(), one.column.as_str()) {
                    ("", "") => word(one.function).to_owned(),
                    ("", column) => format!("{column}_{}", word(one.function)),
                    (name, _) => name.to_owned(),
                };
                Ok((series, one.function, names.take(&wanted)))
            })
            .collect::<Result<_, DataError>>()?;
        let mut columns = keys
            .iter()
            .map(|key| picked(key, groups.first.iter().map(|row| Some(*row)).collect(), key.name()))
            .collect::<Result<Vec<_>, _>>()?;
        let made_of = stage.watch.part(0.5, 1.0).each(plans.len());
        let made: Vec<Result<Column, DataError>> = plans
            .par_iter()
            .map(|(series, function, name)| {
                made_of.next()?;
                aggregate(*series, *function, &buckets, name)
            })
            .collect();
        for one in made {
            columns.push(one?);
        }
        let frame = DataFrame::new(groups.len(), columns).map_err(DataError::table("putting the groups together"))?;
        let from = representatives(&groups, stage.parts);
        Ok(Change {
            rows: Rows::New { frame, from, part: None },
            warnings: names.warnings,
            notes: vec![format!("{} groups", count(groups.len() as u64))],
            ..Change::default()
        })
    }
}

/// The label of missing values among the new columns.
const NULL_LABEL: &str = "null";

/// The size of a pivot, from counts.
pub(super) fn predict_pivot(frame: &DataFrame, step: &Pivot) -> Result<Prediction, DataError> {
    let keys = step.index.iter().map(|name| column(frame, name)).collect::<Result<Vec<_>, _>>()?;
    let rows = group_rows(&keys, frame.height())?.len() as u64;
    let wide = group_rows(&[column(frame, &step.on)?], frame.height())?.len() as u64;
    Ok(size(frame, step, rows, wide))
}

fn size(frame: &DataFrame, step: &Pivot, rows: u64, wide: u64) -> Prediction {
    let height = frame.height().max(1) as u64;
    let cell = bytes_of(frame, [step.values.as_str()]).div_ceil(height).max(8);
    let kept = bytes_of(frame, step.index.iter().map(String::as_str)).div_ceil(height);
    let columns = step.index.len() as u64 + wide;
    let bytes = rows.saturating_mul(wide.saturating_mul(cell) + kept);
    Prediction { rows, columns, bytes, ..Prediction::default() }
}

impl Operation for Pivot {
    /// The values that become columns, so that new rows get the same ones.
    fn fit(
        &self,
        frame: &DataFrame,
        _rows: FitRows<'_>,
        _around: &Around,
    ) -> Result<(Learned, Vec<String>), DataError> {
        let codes = codes(column(frame, &self.on)?)?;
        let mut names: Vec<String> = codes.levels.into_iter().map(|level| level.label).collect();
        if codes.rows.contains(&MISSING) {
            names.push(NULL_LABEL.to_owned());
        }
        Ok((Learned::Columns { names }, Vec::new()))
    }

    fn transform(&self, frame: &DataFrame, learned: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        let Learned::Columns { names: labels } = learned else {
            return Err(DataError::Internal { what: "a pivot without its columns".into() });
        };
        let keys = self.index.iter().map(|name| column(frame, name)).collect::<Result<Vec<_>, _>>()?;
        let groups = group_rows_watched(&keys, frame.height(), stage.watch.part(0.0, 0.5))?;
        let (tall, wide) = (groups.len(), labels.len());
        let mut prediction = size(frame, self, tall as u64, wide as u64);
        guard(&mut prediction, frame, "Pivot")?;
        if (tall as u64).saturating_mul(wide as u64) >= u64::from(u32::MAX) {
            let what = format!("the pivot would have {} rows and {} columns", count(tall as u64), count(wide as u64));
            return Err(DataError::refused(what, Some(&self.on), "Group rare values of the column before"));
        }
        stage.watch.set(0.5)?;
        let values = column(frame, &self.values)?;
        let codes = codes(column(frame, &self.on)?)?;
        let known: PlHashMap<&str, u32> = (0u32..).zip(labels).map(|(at, label)| (label.as_str(), at)).collect();
        let places: Vec<Option<u32>> =
            codes.levels.iter().map(|level| known.get(level.label.as_str()).copied()).collect();
        // Missing values have the last column, also beside a value that is called «null».
        let null_place = labels.iter().rposition(|label| label == NULL_LABEL).map(|at| at as u32);
        let mut left_out = 0u64;
        let cells: Vec<u32> = codes
            .rows
            .iter()
            .zip(&groups.ids)
            .map(|(code, group)| {
                let place = if *code == MISSING { null_place } else { places[*code as usize] };
                place.map_or_else(
                    || {
                        left_out += 1;
                        super::groups::NO_GROUP
                    },
                    |place| place * tall as u32 + group,
                )
            })
            .collect();
        stage.watch.set(0.7)?;
        let buckets = Buckets::new(&cells, tall * wide);
        let filled = aggregate(Some(values), self.function, &buckets, &self.values)?;
        let repeated = match self.function {
            Aggregate::First | Aggregate::Last => {
                (0..buckets.len()).filter(|cell| buckets.of(*cell).len() > 1).count() as u64
            }
            _ => 0,
        };
        let mut columns = keys
            .iter()
            .map(|key| picked(key, groups.first.iter().map(|row| Some(*row)).collect(), key.name()))
            .collect::<Result<Vec<_>, _>>()?;
        let mut names = Names::new(self.index.iter().map(String::as_str));
        for (at, label) in labels.iter().enumerate() {
            let name = names.take(if label.is_empty() { "empty" } else { label });
            columns.push(filled.slice((at * tall) as i64, tall).with_name(name.into()));
        }
        let mut warnings = names.warnings;
        if repeated > 0 {
            let which = word(self.function);
            warnings.push(format!("{} cells have several values, the {which} stands", count(repeated)));
        }
        if left_out > 0 {
            let unseen = codes.levels.iter().zip(&places).filter(|(_, place)| place.is_none());
            let unseen = some(unseen.map(|(level, _)| level.label.as_str()));
            warnings.push(format!("{} values that had no column before ({unseen}), left out", rows_hold(left_out)));
        }
        let frame = DataFrame::new(tall, columns).map_err(DataError::table("putting the pivot together"))?;
        let from = representatives(&groups, stage.parts);
        let rows = Rows::New { frame, from, part: None };
        Ok(Change { rows, warnings, prediction: Some(prediction), ..Change::default() })
    }

    fn describe(&self, learned: &Learned) -> Vec<String> {
        match learned {
            Learned::Columns { names } => {
                vec![format!("{} → {} columns: {}", self.on, count(names.len() as u64), some(names))]
            }
            _ => Vec::new(),
        }
    }
}
