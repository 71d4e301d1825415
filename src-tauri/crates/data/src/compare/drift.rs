//! How far the distribution of a column moved from one table to the other.

use std::collections::BTreeMap;

use cairn_protocol::{
    Real,
    comparison::{ColumnDrift, DriftBin, DriftLevel},
};
use polars::prelude::Column;
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::cells::{Common, align};
use crate::{
    format,
    frame_types::column_type,
    quality::view::{Levels, missing_cells, numbers_of},
    stats,
    steps::figure,
};

/// Quantile bins of numbers.
const BINS: usize = 10;
/// Levels compared one by one; the rest count as one.
const LEVELS: usize = 50;

/// What the stability index is.
pub(super) const PSI: &str = "Population stability index Σ (b − a) ln(b / a) over bins: ten quantile bins of the first table for numbers and \
     points in time, the 50 most frequent levels of the first and all others for levels; missing cells are left out, an \
     empty bin counts as 0.0001. Below 0.1 no drift, to 0.25 moderate, above large (Siddiqi 2006), but none where chance \
     alone exceeds the value in 1 of 100 samples of this size (Yurdakul 2018).";
/// What the distance is.
pub(super) const KS: &str = "Kolmogorov–Smirnov: the largest distance between the two empirical distributions, 0 to 1, with its asymptotic \
     two-sided p-value.";

/// The distribution of a column in both tables.
pub(super) fn drift(a: &Column, b: &Column) -> ColumnDrift {
    let name = a.name().to_string();
    let kind = column_type(a.dtype());
    let (a, b, common) = align(a, b);
    let mut drift = ColumnDrift {
        column: name,
        column_type: kind,
        level: DriftLevel::None,
        psi: None,
        ks: None,
        ks_p: None,
        missing_a: Real(missing(&a)),
        missing_b: Real(missing(&b)),
        mean_a: None,
        mean_b: None,
        new_levels: 0,
        lost_levels: 0,
        bins: Vec::new(),
    };
    match common {
        Common::Number | Common::Time => of_numbers(&mut drift, &a, &b, common == Common::Time),
        Common::Level => of_levels(&mut drift, &a, &b),
        Common::Look => {}
    }
    drift
}

fn missing(column: &Column) -> f64 {
    let absent = missing_cells(column).into_iter().filter(|absent| *absent).count();
    absent as f64 / column.len().max(1) as f64
}

fn of_numbers(drift: &mut ColumnDrift, a: &Column, b: &Column, time: bool) {
    let sorted = |column: &Column| {
        let mut there: Vec<f64> =
            numbers_of(column).unwrap_or_default().into_iter().filter(|value| !value.is_nan()).collect();
        there.sort_unstable_by(f64::total_cmp);
        there
    };
    let (x, y) = (sorted(a), sorted(b));
    if x.is_empty() || y.is_empty() {
        return;
    }
    let mut cuts: Vec<f64> = (1..BINS).map(|cut| x[cut * x.len() / BINS]).collect();
    cuts.dedup();
    let counted = |values: &[f64]| {
        let mut before = 0;
        let mut counts: Vec<u64> = Vec::with_capacity(cuts.len() + 1);
        for cut in &cuts {
            let below = values.partition_point(|value| value < cut);
            counts.push((below - before) as u64);
            before = below;
        }
        counts.push((values.len() - before) as u64);
        counts
    };
    let edge = |value: f64| if time { spell(a, value) } else { figure(value) };
    let labels: Vec<String> = (0..=cuts.len())
        .map(|bin| match (bin.checked_sub(1).and_then(|at| cuts.get(at)), cuts.get(bin)) {
            (None, Some(to)) => format!("below {}", edge(*to)),
            (Some(from), Some(to)) => format!("{} – {}", edge(*from), edge(*to)),
            (Some(from), None) => format!("{} and above", edge(*from)),
            (None, None) => "all".into(),
        })
        .collect();
    fill(drift, labels, &counted(&x), &counted(&y));
    if let Some((distance, p)) = stats::kolmogorov_smirnov(&x, &y) {
        (drift.ks, drift.ks_p) = (Some(Real(distance)), Some(Real(p)));
    }
    if !time {
        (drift.mean_a, drift.mean_b) = (Some(Real(stats::mean_std(&x).0)), Some(Real(stats::mean_std(&y).0)));
    }
}

/// A tick of a column of points in time as the grid shows it.
fn spell(column: &Column, tick: f64) -> String {
    use polars::prelude::{AnyValue, DataType};
    let tick = tick as i64;
    let value = match column.dtype() {
        DataType::Date => return format::date(tick),
        DataType::Datetime(unit, _) => return format::datetime(tick, *unit),
        DataType::Duration(unit) => AnyValue::Duration(tick, *unit),
        _ => AnyValue::Time(tick),
    };
    format::text_of(&value).unwrap_or_default()
}

fn of_levels(drift: &mut ColumnDrift, a: &Column, b: &Column) {
    let (x, y) = (Levels::of(a), Levels::of(b));
    let of_y: BTreeMap<&str, u64> = y.names.iter().map(String::as_str).zip(y.counts.iter().copied()).collect();
    let shared = x.names.iter().filter(|name| of_y.contains_key(name.as_str())).count() as u64;
    (drift.new_levels, drift.lost_levels) = (y.names.len() as u64 - shared, x.names.len() as u64 - shared);
    let present: u64 = x.counts.iter().sum();
    if x.names.len() as u64 * 2 > present.max(20) {
        // Texts that name rows have no shares to compare.
        return;
    }
    let (mut labels, mut in_a, mut in_b) = (Vec::new(), Vec::new(), Vec::new());
    for (name, count) in x.names.iter().zip(&x.counts).take(LEVELS) {
        labels.push(name.clone());
        in_a.push(*count);
        in_b.push(of_y.get(name.as_str()).copied().unwrap_or(0));
    }
    let rest = |counts: &[u64], listed: &[u64]| counts.iter().sum::<u64>() - listed.iter().sum::<u64>();
    let (other_a, other_b) = (rest(&x.counts, &in_a), rest(&y.counts, &in_b));
    if other_a + other_b > 0 {
        labels.push("all others".into());
        in_a.push(other_a);
        in_b.push(other_b);
    }
    fill(drift, labels, &in_a, &in_b);
}

fn fill(drift: &mut ColumnDrift, labels: Vec<String>, a: &[u64], b: &[u64]) {
    let (n, m) = (a.iter().sum::<u64>() as f64, b.iter().sum::<u64>() as f64);
    let Some(psi) = stats::psi(a, b) else { return };
    let used = a.iter().zip(b).filter(|(a, b)| **a + **b > 0).count();
    let by_chance = match ChiSquared::new((used.max(2) - 1) as f64) {
        Ok(chi) => chi.inverse_cdf(0.99) * (1.0 / n + 1.0 / m),
        Err(_) => 0.0,
    };
    drift.psi = Some(Real(psi));
    drift.level = match psi {
        psi if psi < 0.1 || psi <= by_chance => DriftLevel::None,
        psi if psi <= 0.25 => DriftLevel::Moderate,
        _ => DriftLevel::Large,
    };
    let bins = labels.into_iter().zip(a.iter().zip(b));
    drift.bins =
        bins.map(|(label, (a, b))| DriftBin { label, a: Real(*a as f64 / n), b: Real(*b as f64 / m) }).collect();
}
