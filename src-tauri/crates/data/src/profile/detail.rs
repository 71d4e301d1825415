//! One column, against a target of two classes where one is known.

use std::collections::HashMap;

use cairn_protocol::Real;
use cairn_protocol::door::{ColumnDetail, TargetShare};
use polars::prelude::{Column, DataFrame};

use super::distribution::Numbers;
use super::{Figures, TOP};
use crate::{
    DataError, format,
    quality::view::{Levels, numbers_of},
};

/// Groups of a column with many different numbers.
const GROUPS: usize = 5;

/// Figures of one column; with a target of two classes also the share of its second class (in order of value) within
/// each of the top values — within fifths of the rows for a column of many numbers — and among missing values.
///
/// # Errors
/// When a column is not there.
pub fn column_detail(frame: &DataFrame, column: &str, target: Option<&str>) -> Result<ColumnDetail, DataError> {
    let find = |name: &str| frame.column(name).map_err(|_| DataError::no_column(frame, name));
    let values = find(column)?;
    let figures = Figures::of(values);
    let classes = match target.filter(|target| *target != column) {
        Some(target) => second_class(find(target)?),
        None => None,
    };
    let mut detail =
        ColumnDetail { profile: figures.profile, rows: frame.height() as u64, by_target: Vec::new(), overall: None };
    if let Some(classes) = classes {
        let (known, second) = classes.iter().flatten().fold((0, 0), |(n, k), yes| (n + 1, k + u64::from(*yes)));
        detail.overall = (known > 0).then(|| Real(second as f64 / known as f64));
        detail.by_target = shares(values, &detail, &classes);
    }
    Ok(detail)
}

/// For each row whether it is of the target's second class; none when the target has not two classes.
fn second_class(target: &Column) -> Option<Vec<Option<bool>>> {
    let figures = Figures::of(target);
    figures.two.as_ref()?;
    let second = figures.profile.max.as_ref()?.to_string();
    let levels = Levels::of(target);
    let yes: Vec<bool> = levels.names.iter().map(|name| same_value(name, &second)).collect();
    Some(levels.codes.iter().map(|code| yes.get(*code as usize).copied()).collect())
}

/// `1.0` as a scalar and `1` in a cell are one value.
fn same_value(cell: &str, scalar: &str) -> bool {
    cell == scalar || cell.parse::<f64>().ok().zip(scalar.parse::<f64>().ok()).is_some_and(|(a, b)| a == b)
}

fn shares(values: &Column, detail: &ColumnDetail, classes: &[Option<bool>]) -> Vec<TargetShare> {
    let (names, group_of): (Vec<String>, Vec<Option<usize>>) =
        if detail.profile.column_type.is_numeric() && detail.profile.distinct > TOP as u64 {
            fifths(values)
        } else {
            top_groups(values, detail)
        };
    // The last group holds the missing values.
    let mut counts = vec![(0u64, 0u64, 0u64); names.len() + 1];
    for (row, class) in classes.iter().enumerate() {
        let group = match group_of[row] {
            Some(group) if group < names.len() => group,
            Some(_) => continue,
            None => names.len(),
        };
        let (rows, known, second) = &mut counts[group];
        *rows += 1;
        if let Some(yes) = class {
            *known += 1;
            *second += u64::from(*yes);
        }
    }
    let names = names.into_iter().map(Some).chain([None]);
    let listed = names.zip(counts).filter(|(_, (rows, known, _))| *rows > 0 && *known > 0);
    listed
        .map(|(value, (count, known, second))| TargetShare {
            value,
            count,
            share: Real(second as f64 / known as f64),
            interval: wilson(second, known),
        })
        .collect()
}

fn top_groups(values: &Column, detail: &ColumnDetail) -> (Vec<String>, Vec<Option<usize>>) {
    let names: Vec<String> = detail.profile.top.iter().map(|top| top.value.clone()).collect();
    let index: HashMap<&str, usize> = names.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    let levels = Levels::of(values);
    let group: Vec<usize> =
        levels.names.iter().map(|name| index.get(name.as_str()).copied().unwrap_or(usize::MAX)).collect();
    let groups = levels.codes.iter().map(|code| group.get(*code as usize).copied()).collect();
    (names, groups)
}

/// Groups of about a fifth of the rows each, cut at quantiles.
fn fifths(values: &Column) -> (Vec<String>, Vec<Option<usize>>) {
    let Some(numbers) = Numbers::of(values) else { return (Vec::new(), vec![None; values.len()]) };
    let probabilities: Vec<f64> = (0..=GROUPS).map(|cut| cut as f64 / GROUPS as f64).collect();
    let mut cuts = numbers.quantile(&probabilities);
    cuts.dedup();
    let names =
        cuts.windows(2).map(|pair| format!("{} – {}", format::float(pair[0]), format::float(pair[1]))).collect();
    let inner = &cuts[1..cuts.len().max(2) - 1];
    let group = |value: &f64| (!value.is_nan()).then(|| inner.partition_point(|cut| *cut <= *value));
    let groups = numbers_of(values).unwrap_or_default().iter().map(group).collect();
    (names, groups)
}

/// The 95 % interval of a share (Wilson 1927).
pub(crate) fn wilson(successes: u64, trials: u64) -> (Real, Real) {
    const Z: f64 = 1.959_963_984_540_054;
    let n = trials as f64;
    let p = successes as f64 / n;
    let centre = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    (Real((centre - half).max(0.0)), Real((centre + half).min(1.0)))
}
