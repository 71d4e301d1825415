//! Rows of several tables one below the other.

use cairn_protocol::steps::{Concat, ConcatColumns};
use polars::prelude::*;

use super::{
    columns::column,
    fitted::Learned,
    names::{count, some},
    operation::{Change, Operation, Rows, Stage},
    reshape::{stacked, together},
};
use crate::error::DataError;

/// What the rows of the steps' own table come from, in the column of sources.
const OWN: &str = "input";

impl Operation for Concat {
    fn transform(&self, frame: &DataFrame, _learned: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        if self.with.is_empty() {
            let what = "no other table is named";
            return Err(DataError::refused(what, None, "Choose the cells whose rows are added"));
        }
        let mut tables = vec![(OWN, frame)];
        for name in &self.with {
            tables.push((name, stage.around.table(name)?));
        }
        let mut warnings = Vec::new();
        let names = names_of(self.columns, &tables, &mut warnings)?;
        let rows: usize = tables.iter().map(|(_, table)| table.height()).sum();
        if rows >= IdxSize::MAX as usize {
            let what = format!("the tables have {} rows together", count(rows as u64));
            return Err(DataError::refused(what, None, "Filter rows before"));
        }
        let mut columns = Vec::with_capacity(names.len() + 1);
        for name in &names {
            let absent: Vec<Option<Series>> = tables
                .iter()
                .map(|(_, table)| {
                    let there = table.get_column_index(name).is_some();
                    (!there).then(|| Series::new_null(name.as_str().into(), table.height()))
                })
                .collect();
            let pieces = tables
                .iter()
                .zip(&absent)
                .map(|((_, table), absent)| absent.as_ref().map_or_else(|| column(table, name), Ok))
                .collect::<Result<Vec<&Series>, DataError>>()?;
            let (whole, warning) = stacked(&pieces, name)?;
            warnings.extend(warning);
            columns.push(whole.into_column());
        }
        if let Some(source) = self.source.as_ref().filter(|source| !source.is_empty()) {
            let cells: StringChunked =
                tables.iter().flat_map(|(name, table)| std::iter::repeat_n(Some(*name), table.height())).collect();
            columns.push(cells.with_name(source.as_str().into()).into_series().into_column());
        }
        let mut from: Vec<IdxSize> = (0..frame.height() as IdxSize).collect();
        from.resize(rows, IdxSize::MAX);
        let notes = tables.iter().map(|(name, table)| format!("{name}: {} rows", count(table.height() as u64)));
        let notes = notes.collect();
        let frame = together(rows, columns)?;
        Ok(Change { rows: Rows::New { frame, from: Some(from), part: None }, warnings, notes, ..Change::default() })
    }
}

/// The columns of the result, those of the first table first.
fn names_of(
    which: ConcatColumns,
    tables: &[(&str, &DataFrame)],
    warnings: &mut Vec<String>,
) -> Result<Vec<String>, DataError> {
    let mut union: Vec<String> = Vec::new();
    let mut seen = PlHashSet::new();
    for (_, table) in tables {
        for name in table.get_column_names() {
            if seen.insert(name.as_str()) {
                union.push(name.to_string());
            }
        }
    }
    let in_all = |name: &String| tables.iter().all(|(_, table)| table.get_column_index(name).is_some());
    let partial: Vec<&String> = union.iter().filter(|name| !in_all(name)).collect();
    if partial.is_empty() {
        return Ok(union);
    }
    match which {
        ConcatColumns::Union => {
            warnings.push(format!("Not in every table, missing elsewhere: {}", some(partial)));
            Ok(union)
        }
        ConcatColumns::Common => {
            warnings.push(format!("Not in every table, left out: {}", some(partial)));
            let common: Vec<String> = union.iter().filter(|name| in_all(name)).cloned().collect();
            if common.is_empty() {
                let what = "the tables have no column in common";
                return Err(DataError::refused(what, None, "Rename columns before, or take those of any table"));
            }
            Ok(common)
        }
        ConcatColumns::Same => {
            let lacking = |name: &String| {
                let of = tables.iter().find(|(_, table)| table.get_column_index(name).is_none());
                of.map_or_else(String::new, |(table, _)| format!("{name} is not in «{table}»"))
            };
            let what = format!("the tables do not have the same columns: {}", some(partial.into_iter().map(lacking)));
            let hint = "Rename or drop columns before, or take the columns of any table";
            Err(DataError::refused(what, None, hint))
        }
    }
}
