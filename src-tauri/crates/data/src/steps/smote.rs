//! New rows between neighbours of a small class: SMOTE and SMOTE-NC (Chawla et al. 2002), as imbalanced-learn.
//!
//! A new row lies at a random place on the line from a row of its class to one of its k nearest rows of that class.
//! SMOTE takes numbers only. SMOTE-NC takes categories too: two rows that differ in one are apart by the median of the
//! standard deviations (n) of the class's numbers, and a new row has the most frequent category of the k nearest (of equals
//! the first in order; imbalanced-learn draws one). A missing category is a category. Whole numbers are rounded and
//! stay whole. Missing numbers are refused.

use cairn_protocol::steps::{Balance, BalanceMethod};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    balance::Classes,
    chance::{below, generator, share},
    columns::{MISSING, codes, numbers},
    names::count,
    neighbours::{check_cost, nearest},
    numeric::{mean, quantile, row_number, variance},
};
use crate::{error::DataError, frame_types::column_type, progress::Watch};

/// A column that is not the target.
enum Feature {
    /// Numbers; whether they are whole.
    Number(Vec<f64>, bool),
    /// Codes, and for each code (the last one for missing) a row that holds it.
    Category(Vec<u32>, Vec<IdxSize>),
}

/// The table with new rows at its end, how many they are, and what a person should know.
pub(super) fn raised(
    step: &Balance,
    frame: &DataFrame,
    classes: &Classes,
    wanted: &[(usize, usize)],
    watch: Watch<'_>,
) -> Result<(DataFrame, usize, Vec<String>), DataError> {
    if step.neighbours == 0 {
        return Err(DataError::refused("0 neighbours give no new row", None, "Give 1 neighbour at least"));
    }
    let mut features: Vec<(PlSmallStr, Feature)> = Vec::new();
    for series in frame.columns().iter().filter(|column| column.name() != step.target.as_str()) {
        features.push((series.name().clone(), feature(step, series.as_materialized_series(), classes, wanted)?));
    }
    if !features.iter().any(|(_, feature)| matches!(feature, Feature::Number(..))) {
        let what = "there is no column of numbers between whose rows new ones could lie";
        return Err(DataError::refused(what, None, "Draw small classes again instead"));
    }
    let mut rng = generator(step.seed);
    let mut warnings = Vec::new();
    let mut made = 0;
    let mut new_numbers: Vec<Vec<f64>> = vec![Vec::new(); features.len()];
    let mut new_rows: Vec<Vec<IdxSize>> = vec![Vec::new(); features.len()];
    let mut new_target: Vec<IdxSize> = Vec::new();
    let done = |classes: usize| classes as f64 / wanted.len().max(1) as f64;
    for (at, &(class, more)) in wanted.iter().enumerate() {
        let watch = watch.part(done(at), done(at + 1));
        let rows = &classes.rows[class];
        if rows.len() < 2 {
            let what = format!("«{}» has one training row, and a new row lies between two", classes.names[class]);
            return Err(DataError::refused(
                what,
                Some(&step.target),
                "Draw small classes again instead, or drop the class",
            ));
        }
        let k = (step.neighbours as usize).min(rows.len() - 1);
        if k < step.neighbours as usize {
            let (name, rows) = (&classes.names[class], count(rows.len() as u64));
            warnings.push(format!("«{name}» has {rows} rows, so {k} neighbours are looked at"));
        }
        check_cost(rows.len(), rows.len(), features.len())?;
        let near = neighbours(&features, rows, k, watch)?;
        let drawn: Vec<(usize, usize, f64)> = (0..more)
            .map(|_| (below(&mut rng, rows.len() as u64) as usize, below(&mut rng, k as u64) as usize, share(&mut rng)))
            .collect();
        for (at, (_, feature)) in features.iter().enumerate() {
            match feature {
                Feature::Number(values, whole) => new_numbers[at].extend(drawn.iter().map(|&(base, to, step)| {
                    let (from, to) = (values[rows[base] as usize], values[rows[near[base][to] as usize] as usize]);
                    let between = from + step * (to - from);
                    if *whole { between.round() } else { between }
                })),
                Feature::Category(codes, holders) => new_rows[at].extend(drawn.iter().map(|&(base, ..)| {
                    let mut there: Vec<u32> = near[base].iter().map(|at| codes[rows[*at as usize] as usize]).collect();
                    holders[most_frequent(&mut there) as usize]
                })),
            }
        }
        new_target.extend(std::iter::repeat_n(rows[0], more));
        made += more;
    }
    let mut columns = Vec::with_capacity(frame.width());
    let mut at = 0;
    for column in frame.columns() {
        let rows = if column.name() == step.target.as_str() {
            Some(&new_target)
        } else {
            at += 1;
            matches!(features[at - 1].1, Feature::Category(..)).then(|| &new_rows[at - 1])
        };
        let doing = || DataError::table(format!("adding rows to {}", column.name()));
        let mut series = column.as_materialized_series().clone();
        let new = match rows {
            Some(rows) => series.take(&IdxCa::from_slice("".into(), rows)).map_err(doing())?,
            None => {
                let values = Float64Chunked::from_slice(column.name().clone(), &new_numbers[at - 1]).into_series();
                values.cast(series.dtype()).map_err(doing())?
            }
        };
        series.append(&new).map_err(doing())?;
        columns.push(series.rechunk().into_column());
    }
    let frame = DataFrame::new(frame.height() + made, columns).map_err(DataError::table("adding rows"))?;
    Ok((frame, made, warnings))
}

fn feature(
    step: &Balance,
    series: &Series,
    classes: &Classes,
    wanted: &[(usize, usize)],
) -> Result<Feature, DataError> {
    let name = series.name().as_str();
    let kind = column_type(series.dtype());
    if kind.is_numeric() {
        let values = numbers(series)?;
        let gap =
            wanted.iter().flat_map(|(class, _)| &classes.rows[*class]).find(|row| !values[**row as usize].is_finite());
        if let Some(&row) = gap {
            let value = values[row as usize];
            let found = if value.is_nan() { "missing".to_owned() } else { value.to_string() };
            let what = format!("{}: {name} is {found}, and new rows lie between numbers", row_number(row as usize));
            return Err(DataError::refused(what, Some(name), "Fill missing values in a step before"));
        }
        return Ok(Feature::Number(values, series.dtype().is_integer()));
    }
    if step.method == BalanceMethod::Smote {
        let what = format!("{name} holds {}s, and SMOTE takes numbers only", kind.as_str());
        return Err(DataError::refused(what, Some(name), "Choose SMOTE-NC, or encode the column in a step before"));
    }
    let codes = codes(series)?;
    let levels = codes.levels.len() as u32;
    let rows: Vec<u32> = codes.rows.into_iter().map(|code| if code == MISSING { levels } else { code }).collect();
    let mut holders = vec![0; levels as usize + 1];
    for (row, &code) in rows.iter().enumerate().rev() {
        holders[code as usize] = row as IdxSize;
    }
    Ok(Feature::Category(rows, holders))
}

/// For each row of a class its k nearest others, as indices into the class, the nearest first.
fn neighbours(
    features: &[(PlSmallStr, Feature)],
    rows: &[IdxSize],
    k: usize,
    watch: Watch<'_>,
) -> Result<Vec<Vec<u32>>, DataError> {
    let mut values: Vec<Vec<f64>> = Vec::new();
    let mut categories: Vec<Vec<u32>> = Vec::new();
    for (_, feature) in features {
        match feature {
            Feature::Number(all, _) => values.push(rows.iter().map(|row| all[*row as usize]).collect()),
            Feature::Category(all, _) => categories.push(rows.iter().map(|row| all[*row as usize]).collect()),
        }
    }
    let mut deviations: Vec<f64> = values.iter().map(|values| variance(values, mean(values)).sqrt()).collect();
    let apart = quantile(&mut deviations, 0.5).powi(2);
    let each = watch.each(rows.len());
    (0..rows.len())
        .into_par_iter()
        .map_init(
            || (vec![0.0f64; rows.len()], Vec::new()),
            |(distances, chosen), own| {
                each.next()?;
                distances.fill(0.0);
                for values in &values {
                    let x = values[own];
                    distances.iter_mut().zip(values).for_each(|(out, value)| *out += (x - value) * (x - value));
                }
                for codes in &categories {
                    let x = codes[own];
                    distances
                        .iter_mut()
                        .zip(codes)
                        .for_each(|(out, code)| *out += if *code == x { 0.0 } else { apart });
                }
                nearest(distances, k, |row| row != own, chosen);
                Ok(chosen.iter().map(|(_, row)| *row).collect())
            },
        )
        .collect()
}

/// The most frequent code, of equals the smallest.
fn most_frequent(codes: &mut [u32]) -> u32 {
    codes.sort_unstable();
    let mut best = (0, 0);
    for run in codes.chunk_by(|a, b| a == b) {
        if run.len() > best.0 {
            best = (run.len(), run[0]);
        }
    }
    best.1
}
