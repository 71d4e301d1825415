//! How the columns of the other parts differ from the training part.
//!
//! **Population stability index** Σ (p − q) ln(p / q) of the shares p of a part and q of the training part in the same
//! bins: for numbers and times the tenths of the training part (equal values share one) and one bin for missing cells,
//! for texts and truth values the levels, at most 50, the rarer of more together. Every bin counts half a row more, so
//! that none is empty. Below 0.1 a column counts as stable, from 0.25 as shifted (Siddiqi 2006); since small parts
//! differ by chance, a figure counts only where chance alone would rarely reach it: PSI · nm / (n + m) is χ² with one
//! degree of freedom less than bins (Yurdakul 2018).
//!
//! **Kolmogorov and Smirnov**: the largest distance of the two empirical distributions, missing cells left out, with the
//! limiting p-value Q((√e + 0.12 + 0.11 / √e) D), e = nm / (n + m) (Stephens 1970).

use cairn_protocol::{Real, results::ColumnDrift, table::ColumnType};
use polars::prelude::*;
use rayon::prelude::*;
use statrs::distribution::{ChiSquared, ContinuousCDF};

use crate::{
    error::DataError,
    frame_types::column_type,
    steps::columns::{MISSING, codes, numbers, wholes},
};

/// Bins of a number.
const BINS: usize = 10;
/// Levels of a text that are told apart.
pub(super) const MOST_LEVELS: usize = 50;

/// What one column looks like in the parts.
pub(super) struct Look {
    pub name: String,
    /// The drift of the part that differs most, and the probability that chance alone reaches its index.
    pub drift: Option<(ColumnDrift, f64)>,
    /// The smallest p-value of Kolmogorov and Smirnov with its distance and part.
    pub least_p: Option<(f64, f64, usize)>,
    /// Comparisons made.
    pub comparisons: usize,
    /// Levels of a text with few of them, and those that are not in every part.
    pub levels: Option<(u64, Vec<String>)>,
}

/// Looks at all columns but those named.
pub(super) fn looks(
    frame: &DataFrame,
    drawn: &[Vec<u32>],
    names: &[String],
    skip: &[&str],
) -> Result<Vec<Look>, DataError> {
    frame
        .columns()
        .par_iter()
        .filter(|column| !skip.contains(&column.name().as_str()))
        .map(|column| look(column.as_materialized_series(), drawn, names))
        .collect()
}

fn look(series: &Series, drawn: &[Vec<u32>], names: &[String]) -> Result<Look, DataError> {
    let kind = column_type(series.dtype());
    let mut look = Look { name: series.name().to_string(), drift: None, least_p: None, comparisons: 0, levels: None };
    match kind {
        ColumnType::List | ColumnType::Struct => {}
        ColumnType::Text | ColumnType::Category | ColumnType::Bool => of_levels(series, drawn, names, &mut look)?,
        ColumnType::Int | ColumnType::Float | ColumnType::Decimal => {
            of_numbers(&numbers(series)?, drawn, names, &mut look)
        }
        _ => {
            let values: Vec<f64> =
                wholes(series)?.into_iter().map(|cell| cell.map_or(f64::NAN, |cell| cell as f64)).collect();
            of_numbers(&values, drawn, names, &mut look);
        }
    }
    Ok(look)
}

fn of_levels(series: &Series, drawn: &[Vec<u32>], names: &[String], look: &mut Look) -> Result<(), DataError> {
    let codes = codes(series)?;
    let levels = codes.levels.len();
    if levels == 0 {
        return Ok(());
    }
    let is_text = column_type(series.dtype()) != ColumnType::Bool;
    // The levels and, after them, the missing cells.
    let count = |rows: &[u32]| {
        let mut counts = vec![0u64; levels + 1];
        for row in rows {
            let code = codes.rows[*row as usize];
            counts[if code == MISSING { levels } else { code as usize }] += 1;
        }
        counts
    };
    let counts: Vec<Vec<u64>> = drawn.iter().map(|rows| count(rows)).collect();
    if is_text && levels <= MOST_LEVELS {
        let everywhere =
            |level: usize| counts.iter().zip(drawn).all(|(counts, rows)| rows.is_empty() || counts[level] > 0);
        let absent = (0..levels).filter(|level| !everywhere(*level));
        let words = absent.map(|level| format!("{} = {}", look.name, codes.levels[level].label)).collect();
        look.levels = Some((levels as u64, words));
    }
    if levels > drawn[0].len() / 2 {
        return Ok(());
    }
    // The most frequent of the training part apart, the rest together.
    let mut order: Vec<usize> = (0..=levels).collect();
    order.sort_by_key(|level| std::cmp::Reverse(counts[0][*level]));
    let binned = |counts: &[u64]| -> Vec<u64> {
        let mut bins: Vec<u64> = order.iter().take(MOST_LEVELS).map(|level| counts[*level]).collect();
        if order.len() > MOST_LEVELS {
            bins.push(order[MOST_LEVELS..].iter().map(|level| counts[*level]).sum());
        }
        bins
    };
    let train = binned(&counts[0]);
    for part in (1..drawn.len()).filter(|part| !drawn[*part].is_empty()) {
        compare(look, &train, &binned(&counts[part]), &names[part], None);
    }
    Ok(())
}

fn of_numbers(values: &[f64], drawn: &[Vec<u32>], names: &[String], look: &mut Look) {
    let sorted: Vec<Vec<i64>> = drawn
        .iter()
        .map(|rows| {
            let cells = rows.iter().map(|row| values[*row as usize]).filter(|value| !value.is_nan());
            let mut keys: Vec<i64> = cells.map(sortable).collect();
            keys.sort_unstable();
            keys
        })
        .collect();
    let train = &sorted[0];
    if train.is_empty() {
        return;
    }
    let mut edges: Vec<i64> = (1..BINS).map(|bin| train[(bin * train.len()).div_ceil(BINS) - 1]).collect();
    edges.dedup();
    let binned = |part: usize| {
        let mut bins = Vec::with_capacity(BINS + 1);
        let mut below = 0;
        for edge in &edges {
            let upto = sorted[part].partition_point(|key| key <= edge);
            bins.push((upto - below) as u64);
            below = upto;
        }
        bins.push((sorted[part].len() - below) as u64);
        bins.push((drawn[part].len() - sorted[part].len()) as u64);
        bins
    };
    let of_train = binned(0);
    for part in (1..drawn.len()).filter(|part| !drawn[*part].is_empty()) {
        let test = (!sorted[part].is_empty()).then(|| {
            let distance = ks_distance(train, &sorted[part]);
            (distance, ks_p(distance, train.len(), sorted[part].len()))
        });
        if let Some((distance, p)) = test
            && look.least_p.is_none_or(|(least, far, _)| p < least || (p == least && distance > far))
        {
            look.least_p = Some((p, distance, part));
        }
        compare(look, &of_train, &binned(part), &names[part], test);
    }
}

fn compare(look: &mut Look, train: &[u64], other: &[u64], name: &str, test: Option<(f64, f64)>) {
    look.comparisons += 1;
    let Some((psi, chance)) = stability(train, other) else { return };
    if look.drift.as_ref().is_some_and(|(worst, _)| worst.psi.0 >= psi) {
        return;
    }
    let six = |value: f64| Real((value * 1e6).round() / 1e6);
    let drift = ColumnDrift {
        column: look.name.clone(),
        part: name.to_owned(),
        psi: six(psi),
        ks: test.map(|(distance, _)| six(distance)),
        p: test.map(|(_, p)| six(p)),
    };
    look.drift = Some((drift, chance));
}

/// Population stability index of counts in the same bins, and the probability that chance alone reaches it; none for
/// less than two bins that hold rows.
fn stability(train: &[u64], other: &[u64]) -> Option<(f64, f64)> {
    let bins: Vec<(f64, f64)> = train
        .iter()
        .zip(other)
        .filter(|(a, b)| **a + **b > 0)
        .map(|(a, b)| (*a as f64 + 0.5, *b as f64 + 0.5))
        .collect();
    if bins.len() < 2 {
        return None;
    }
    let (n, m) = bins.iter().fold((0.0, 0.0), |(n, m), (a, b)| (n + a, m + b));
    let psi: f64 = bins.iter().map(|(a, b)| (b / m - a / n) * ((b / m) / (a / n)).ln()).sum();
    let chance = ChiSquared::new(bins.len() as f64 - 1.0).map_or(0.0, |chi| chi.sf(psi * n * m / (n + m)));
    Some((psi, chance))
}

/// The bits of a number as a whole number of the same order; the two zeros are one.
fn sortable(value: f64) -> i64 {
    let bits = (value + 0.0).to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

/// Largest distance between two empirical distributions, each sorted.
fn ks_distance(a: &[i64], b: &[i64]) -> f64 {
    let (mut i, mut j, mut largest) = (0, 0, 0.0f64);
    while i < a.len() && j < b.len() {
        let value = a[i].min(b[j]);
        while i < a.len() && a[i] <= value {
            i += 1;
        }
        while j < b.len() && b[j] <= value {
            j += 1;
        }
        largest = largest.max((i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    largest
}

/// The probability that two samples of one distribution are that far apart.
fn ks_p(distance: f64, n: usize, m: usize) -> f64 {
    let root = (n as f64 * m as f64 / (n as f64 + m as f64)).sqrt();
    let scaled = (root + 0.12 + 0.11 / root) * distance;
    if scaled < 0.2 {
        return 1.0;
    }
    let mut sum = 0.0;
    for term in 1..=100 {
        let term = f64::from(term);
        let value = (-2.0 * term * term * scaled * scaled).exp();
        sum += if term % 2.0 == 1.0 { value } else { -value };
        if value < 1e-17 {
            break;
        }
    }
    (2.0 * sum).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(values: &[f64]) -> Vec<i64> {
        values.iter().copied().map(sortable).collect()
    }

    /// scipy 1.17.1: `ks_2samp([1,2,3,4],[3,4,5,6,7]).statistic` is 0.6, with ties `ks_2samp([0,0,1],[0,1,1])` 1/3.
    #[test]
    fn distance_of_distributions() {
        let distance = |a: &[f64], b: &[f64]| ks_distance(&keys(a), &keys(b));
        assert!((distance(&[1., 2., 3., 4.], &[3., 4., 5., 6., 7.]) - 0.6).abs() < 1e-12);
        assert!((distance(&[0., 0., 1.], &[0., 1., 1.]) - 1.0 / 3.0).abs() < 1e-12);
    }

    /// scipy 1.17.1: `kstwobign.sf(1.2)` is 0.1122…, `kstwobign.sf(2)` 0.000670….
    #[test]
    fn probability_of_a_distance() {
        for (scaled, wanted) in [(1.2, 0.112_249_66), (2.0, 0.000_670_925_23)] {
            let (n, m) = (2_000_000usize, 2_000_000usize);
            let p = ks_p(scaled / (1_000.0 + 0.12 + 0.000_11), n, m);
            assert!((p - wanted).abs() < 1e-8, "{p}");
        }
        assert_eq!(ks_p(0.0, 10, 10), 1.0);
    }

    #[test]
    fn stability_by_hand() {
        // Shares 0.5 / 0.5 against 0.75 / 0.25, of so many rows that half a row does not matter.
        let (psi, chance) = stability(&[500_000_000, 500_000_000], &[750_000_000, 250_000_000]).unwrap();
        let wanted = 0.25 * 1.5f64.ln() - 0.25 * 0.5f64.ln();
        assert!((psi - wanted).abs() < 1e-8, "{psi} {wanted}");
        assert!(chance < 1e-12);
        let (psi, chance) = stability(&[10, 10, 10], &[3, 4, 2]).unwrap();
        assert!(psi > 0.0 && chance > 0.5, "ten rows prove nothing: {psi} {chance}");
    }
}
