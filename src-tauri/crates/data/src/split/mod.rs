//! Training, validation and test part, drawn with a seed, and the proof of them.
//!
//! **The drawing.** Every row gets its place in a Fisher–Yates shuffle by ChaCha8 (key: the seed as eight
//! little-endian bytes and zeros; stream 0; numbers below n by Lemire's multiplication with rejection of 64-bit
//! words). The first rows of the shuffle are the training part, the next the validation part, the rest the test
//! part. Stratified drawing does so within each class, classes in the order of their values, with one generator. So
//! the same seed and the same rows give the same parts on any machine; nothing hangs on a library's version.
//!
//! **The counts.** Largest remainders: each part has its share of all rows rounded down or up, and the three add
//! up. Stratified, each class has in each part its share rounded down or up, and the totals are still those of the
//! whole table ([`counts`]).

mod certificate;
mod counts;
mod draw;

use cairn_protocol::{
    notebook::{SplitCell, SplitMethod},
    results::{ClassCounts, SplitResult},
    table::ColumnType,
};
use polars::prelude::*;

use crate::{
    error::DataError,
    frame_types::column_type,
    steps::{
        Parts, Table,
        columns::{MISSING, codes, column, numbers},
        figure,
    },
};

/// Names of the parts.
pub(crate) const PART_NAMES: [&str; 3] = ["train", "valid", "test"];
/// Classes shown at most; a number with more distinct values is stratified by its tenths.
const MOST_CLASSES: usize = 50;
/// Groups a number is stratified by.
const TENTHS: usize = 10;

/// The class of each row.
pub(crate) struct Classes {
    /// Name of the column.
    pub by: String,
    /// Index of the class by row.
    pub rows: Vec<u32>,
    /// Names in the order of their values; a class of missing values stands last as `null`.
    pub names: Vec<String>,
}

/// Draws the parts of a table and certifies them.
pub fn split(table: &Table, cell: &SplitCell) -> Result<(Parts, SplitResult), DataError> {
    let fractions = fractions(cell)?;
    let rows = table.rows();
    if rows == 0 {
        let what = "the table has no rows to split";
        return Err(DataError::refused(what, None, "Look at the filters above"));
    }
    let classes = cell.by.as_deref().map(|by| classes(column(&table.frame, by)?)).transpose()?;
    let stratified = cell.method == SplitMethod::Stratified;
    if stratified && classes.is_none() {
        let what = "a stratified split needs a column";
        return Err(DataError::refused(what, None, "Choose the column whose shares every part should have"));
    }
    let strata = classes.as_ref().filter(|_| stratified);
    let drawn = draw::draw(rows, fractions, strata, cell.seed);
    let mut of_row = vec![u8::MAX; rows];
    for (part, members) in drawn.iter().enumerate() {
        for &row in members {
            of_row[row as usize] = part as u8;
        }
    }
    let counts = drawn.each_ref().map(|members| members.len() as u64);
    if counts[0] == 0 {
        let what = format!("the training part would be empty: {rows} rows are too few");
        return Err(DataError::refused(what, None, "Give the training part a larger share"));
    }
    let shown = classes.as_ref().map_or_else(Vec::new, |classes| class_counts(classes, &of_row));
    let checks = certificate::certify(&certificate::Case {
        frame: &table.frame,
        classes: classes.as_ref(),
        drawn: &drawn,
        parts: &of_row,
        counts: &shown,
        fractions,
        again: || draw::draw(rows, fractions, strata, cell.seed),
        seed: cell.seed,
    })?;
    let result = SplitResult {
        counts,
        by: cell.by.clone().unwrap_or_default(),
        classes: shown.into_iter().take(MOST_CLASSES).collect(),
        checks,
        seed: cell.seed,
    };
    Ok((Parts::new(of_row)?, result))
}

fn fractions(cell: &SplitCell) -> Result<[f64; 3], DataError> {
    let fractions = [cell.train, cell.valid, cell.test];
    for (name, share) in PART_NAMES.iter().zip(fractions) {
        if !(share >= 0.0 && share.is_finite()) {
            let what = format!("the share of the part {name} is {share}");
            return Err(DataError::refused(what, None, "Shares lie between 0 and 1"));
        }
    }
    if cell.train == 0.0 {
        return Err(DataError::refused("the training part has no share", None, "Give it a share above 0"));
    }
    let sum: f64 = fractions.iter().sum();
    if (sum - 1.0).abs() > 1e-9 {
        let what = format!("the shares {} + {} + {} add up to {}", cell.train, cell.valid, cell.test, figure(sum));
        return Err(DataError::refused(what, None, "They must add up to 1, as 0.7 + 0.15 + 0.15 do"));
    }
    Ok(fractions)
}

/// The class of each row: its value, or, for a number with many values, its tenth.
fn classes(series: &Series) -> Result<Classes, DataError> {
    let by = series.name().to_string();
    let codes = codes(series)?;
    let numeric = matches!(column_type(series.dtype()), ColumnType::Int | ColumnType::Float | ColumnType::Decimal);
    let (mut rows, mut names) = if numeric && codes.levels.len() > MOST_CLASSES {
        tenths(&numbers(series)?)
    } else {
        (codes.rows, codes.levels.into_iter().map(|level| level.label).collect::<Vec<_>>())
    };
    if rows.contains(&MISSING) {
        let null = names.len() as u32;
        names.push("null".into());
        for class in rows.iter_mut().filter(|class| **class == MISSING) {
            *class = null;
        }
    }
    Ok(Classes { by, rows, names })
}

/// Tenths of a number by rank; equal values share one.
fn tenths(values: &[f64]) -> (Vec<u32>, Vec<String>) {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut upper: Vec<f64> =
        (1..=TENTHS).map(|tenth| sorted[(tenth * sorted.len()).div_ceil(TENTHS).saturating_sub(1)]).collect();
    upper.dedup();
    let rows = values
        .iter()
        .map(|value| if value.is_nan() { MISSING } else { upper.partition_point(|edge| edge < value) as u32 })
        .collect();
    let mut low = sorted[0];
    let mut names = Vec::with_capacity(upper.len());
    for &edge in &upper {
        names.push(format!("{} to {}", figure(low), figure(edge)));
        low = edge;
    }
    (rows, names)
}

fn class_counts(classes: &Classes, parts: &[u8]) -> Vec<ClassCounts> {
    let mut counts = vec![[0u64; 3]; classes.names.len()];
    for (class, part) in classes.rows.iter().zip(parts) {
        counts[*class as usize][usize::from(*part)] += 1;
    }
    classes.names.iter().zip(counts).map(|(class, counts)| ClassCounts { class: class.clone(), counts }).collect()
}

#[cfg(test)]
mod tests;
