//! One text column becomes several: split at a separator, or by the groups of a regular expression.

use std::collections::BTreeMap;

use cairn_protocol::steps::{ExtractText, SplitInto, SplitText};
use polars::prelude::*;
use rayon::prelude::*;
use regex::Regex;

use super::{
    columns::column,
    fitted::Learned,
    names::{count, rows_hold},
    one_hot::check_width,
    operation::{Around, Change, FitRows, Operation, Stage},
    recipe::not_what_it_learns,
    text_cells::{blocks, expression, joined, text_cells},
};
use crate::error::DataError;

/// What stands between two parts.
enum Separator<'a> {
    Literal(&'a str),
    Expression(Regex),
}

impl Separator<'_> {
    /// The parts of a text, in place of what `out` holds.
    fn parts<'t>(&self, text: &'t str, most: usize, out: &mut Vec<Option<&'t str>>) {
        out.clear();
        match self {
            Self::Literal(separator) => out.extend(text.splitn(most, *separator).map(Some)),
            Self::Expression(separator) => out.extend(separator.splitn(text, most).map(Some)),
        }
    }
}

fn separator(step: &SplitText) -> Result<Separator<'_>, DataError> {
    if step.separator.is_empty() {
        let hint = "Say what stands between two parts, e.g. ,";
        return Err(DataError::refused("the separator is empty", Some(&step.column), hint));
    }
    if step.regex {
        return Ok(Separator::Expression(expression(&step.separator, false, &step.column)?));
    }
    Ok(Separator::Literal(&step.separator))
}

/// Parts at most that a cell is cut into.
fn most(step: &SplitText) -> Result<usize, DataError> {
    match step.limit {
        Some(0) => Err(DataError::refused("no part is asked for", Some(&step.column), "Set 1 part or more")),
        Some(limit) => Ok(limit as usize),
        None => Ok(usize::MAX),
    }
}

impl Operation for SplitText {
    fn fit(&self, frame: &DataFrame, rows: FitRows<'_>, _: &Around) -> Result<(Learned, Vec<String>), DataError> {
        let separator = separator(self)?;
        let parts = match (self.into, self.limit, self.names.len()) {
            (SplitInto::List, ..) => return Ok((Learned::Nothing, Vec::new())),
            (_, Some(_), _) => most(self)?,
            (_, None, 0) => {
                let cells = text_cells(frame, &self.column)?;
                let has = |(start, length): (usize, usize)| {
                    let block = cells.slice(start as i64, length);
                    let (mut parts, mut most) = (Vec::new(), 0);
                    for (_, text) in block.iter().enumerate().filter(|(row, _)| rows.has(start + row)) {
                        if let Some(text) = text {
                            separator.parts(text, usize::MAX, &mut parts);
                            most = most.max(parts.len());
                        }
                    }
                    most
                };
                blocks(cells.len()).into_par_iter().map(has).max().unwrap_or(0).max(1)
            }
            (_, None, named) => named,
        };
        check_width(parts, frame.height(), &self.column)?;
        let parts = BTreeMap::from([(self.column.clone(), parts as u32)]);
        Ok((Learned::Parts { parts }, Vec::new()))
    }

    /// Cells with fewer parts have missing values at the end; parts beyond what was learned are left out and counted.
    fn transform(&self, frame: &DataFrame, learned: &Learned, _: &Stage<'_>) -> Result<Change, DataError> {
        let series = column(frame, &self.column)?;
        let cells = text_cells(frame, &self.column)?;
        let separator = separator(self)?;
        let most = most(self)?;
        let mut change = Change::default();
        let mut made = Vec::new();
        if self.keep_source {
            made.push(series.clone().into_column());
        }
        if self.into == SplitInto::List {
            let name = if self.keep_source { format!("{}_parts", self.column) } else { self.column.clone() };
            let mut builder = ListStringChunkedBuilder::new(name.as_str().into(), cells.len(), cells.len() * 2);
            let mut parts = Vec::new();
            for text in cells.iter() {
                match text {
                    Some(text) => {
                        separator.parts(text, most, &mut parts);
                        builder.append_values_iter(parts.iter().copied().flatten());
                    }
                    None => builder.append_null(),
                }
            }
            made.push(builder.finish().into_series().into_column());
            if !self.keep_source {
                change.changed_cells = (cells.len() - cells.null_count()) as u64;
            }
        } else {
            let Learned::Parts { parts } = learned else {
                return Err(not_what_it_learns(&cairn_protocol::steps::StepOp::SplitText(self.clone())));
            };
            let width = parts.get(&self.column).map_or(1, |parts| *parts as usize);
            let names = new_names(&self.column, &self.names, width, |_| None);
            let (columns, longer) = spread(&cells, &names, |text, out| {
                separator.parts(text, most, out);
                out.len() > width
            })?;
            if longer > 0 {
                let parts = if width == 1 { "1 part".to_owned() } else { format!("{} parts", count(width as u64)) };
                change.warnings.push(format!(
                    "{}: {} more than {parts}, the further ones are left out",
                    self.column,
                    rows_hold(longer)
                ));
            }
            made.extend(columns);
        }
        change.replaced.push((self.column.clone(), made));
        Ok(change)
    }

    fn describe(&self, learned: &Learned) -> Vec<String> {
        match learned {
            Learned::Parts { parts } => {
                parts.iter().map(|(column, parts)| format!("{column} → {} columns", count(u64::from(*parts)))).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Names of new columns: those a person gave, then those of the groups, then `NAME_1`, ….
fn new_names(source: &str, given: &[String], width: usize, group: impl Fn(usize) -> Option<String>) -> Vec<String> {
    (0..width)
        .map(|at| {
            let given = given.get(at).filter(|name| !name.is_empty()).cloned();
            given.or_else(|| group(at)).unwrap_or_else(|| format!("{source}_{}", at + 1))
        })
        .collect()
}

/// Columns of texts made of the cells of one: `cut` gives the parts of a cell and whether the cell counts.
fn spread<F>(cells: &StringChunked, names: &[String], cut: F) -> Result<(Vec<Column>, u64), DataError>
where
    F: for<'a> Fn(&'a str, &mut Vec<Option<&'a str>>) -> bool + Sync,
{
    let made: Vec<(Vec<StringChunked>, u64)> = blocks(cells.len())
        .into_par_iter()
        .map(|(start, length)| {
            let block = cells.slice(start as i64, length);
            let mut builders: Vec<StringChunkedBuilder> =
                names.iter().map(|name| StringChunkedBuilder::new(name.as_str().into(), length)).collect();
            let (mut counted, mut parts) = (0, Vec::new());
            for text in block.iter() {
                parts.clear();
                if let Some(text) = text {
                    counted += u64::from(cut(text, &mut parts));
                }
                for (at, builder) in builders.iter_mut().enumerate() {
                    builder.append_option(parts.get(at).copied().flatten());
                }
            }
            (builders.into_iter().map(StringChunkedBuilder::finish).collect(), counted)
        })
        .collect();
    let counted = made.iter().map(|(_, counted)| counted).sum();
    let columns = names.iter().enumerate().map(|(at, name)| {
        let blocks = made.iter().map(|(block, _)| block[at].clone());
        Ok(joined(&name.as_str().into(), blocks)?.into_series().into_column())
    });
    Ok((columns.collect::<Result<_, DataError>>()?, counted))
}

impl Operation for ExtractText {
    /// The groups of the first match; missing where nothing matches or the group took no part.
    fn transform(&self, frame: &DataFrame, _: &Learned, _: &Stage<'_>) -> Result<Change, DataError> {
        let series = column(frame, &self.column)?;
        let cells = text_cells(frame, &self.column)?;
        let pattern = expression(&self.pattern, false, &self.column)?;
        let width = pattern.captures_len() - 1;
        if width == 0 {
            let what = format!("«{}» has no group", self.pattern);
            let hint = "Put ( ) around what becomes a column, e.g. (\\d+)";
            return Err(DataError::refused(what, Some(&self.column), hint));
        }
        check_width(width, frame.height(), &self.column)?;
        let groups: Vec<Option<&str>> = pattern.capture_names().skip(1).collect();
        let names = new_names(&self.column, &self.names, width, |at| groups[at].map(str::to_owned));
        let (columns, unmatched) = spread(&cells, &names, |text, out| match pattern.captures(text) {
            Some(found) => {
                out.extend((1..=width).map(|group| found.get(group).map(|part| part.as_str())));
                false
            }
            None => true,
        })?;
        let mut change = Change::default();
        if unmatched > 0 {
            change.warnings.push(format!("{}: {} nothing that matches", self.column, rows_hold(unmatched)));
        }
        let source = self.keep_source.then(|| series.clone().into_column());
        change.replaced.push((self.column.clone(), source.into_iter().chain(columns).collect()));
        Ok(change)
    }
}
