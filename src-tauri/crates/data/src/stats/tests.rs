use std::path::PathBuf;

use cairn_protocol::Real;
use polars::prelude::*;
use serde_json::Value;

use super::*;

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

#[track_caller]
fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance * expected.abs(), "{found} is not {expected} to {tolerance:e}");
}

/// Mean, standard deviation and lag-1 autocorrelation that NIST certifies, and the data.
fn univariate(name: &str) -> ([f64; 3], Vec<f64>) {
    let text = std::fs::read_to_string(repository().join(format!("tests/fixtures/nist/{name}.dat"))).unwrap();
    let (head, data) = text.split_once("Data: Y\n").unwrap();
    let certified = |mark: &str| {
        let line = head.lines().find(|line| line.contains(mark)).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    let values = data.split_whitespace().map(|word| word.parse().unwrap()).collect();
    ([certified("ybar:"), certified(" s:"), certified("r(1):")], values)
}

/// The values of NumAcc2 to NumAcc4: the middle once, then below and above it 500 times in turn.
fn in_turn(middle: f64, below: f64, above: f64) -> Vec<f64> {
    let mut values = vec![middle];
    values.extend((0..500).flat_map(|_| [below, above]));
    values
}

#[test]
fn nist_univariate_sets() {
    let mut sets: Vec<([f64; 3], Vec<f64>, f64)> =
        ["Lew", "Lottery", "Mavro", "Michelso"].map(univariate).into_iter().map(|(c, v)| (c, v, 1e-9)).collect();
    sets.push(([10_000_002.0, 1.0, -0.5], vec![10_000_001.0, 10_000_003.0, 10_000_002.0], 1e-12));
    sets.push(([1.2, 0.1, -0.999], in_turn(1.2, 1.1, 1.3), 1e-9));
    // Binary floats hold the last digit of these only so well: no arithmetic on them comes nearer.
    sets.push(([1_000_000.2, 0.1, -0.999], in_turn(1_000_000.2, 1_000_000.1, 1_000_000.3), 2e-9));
    sets.push(([10_000_000.2, 0.1, -0.999], in_turn(10_000_000.2, 10_000_000.1, 10_000_000.3), 3e-8));
    for ([mean, std, lag], values, tolerance) in sets {
        let found = mean_std(&values);
        close(found.0, mean, 1e-12);
        close(found.1, std, tolerance);
        close(autocorrelation(&values), lag, tolerance.max(1e-9));
        let profiled = crate::profile(&df!("y" => values).unwrap()).columns.remove(0);
        close(profiled.mean.unwrap().0, mean, 1e-12);
        close(profiled.std.unwrap().0, std, tolerance);
    }
}

#[test]
fn nist_numacc_is_exact_in_a_column_of_decimals() {
    for (middle, mean) in [(10_000_002i128, 1_000_000.2), (100_000_002, 10_000_000.2)] {
        let units: Vec<i128> = in_turn(0.0, -1.0, 1.0).iter().map(|far| middle + *far as i128).collect();
        let decimals = Int128Chunked::from_vec("y".into(), units).into_decimal_unchecked(20, 1).into_series();
        let frame = DataFrame::new(decimals.len(), vec![decimals.into_column()]).unwrap();
        let profiled = crate::profile(&frame).columns.remove(0);
        assert_eq!(profiled.mean, Some(Real(mean)));
        close(profiled.std.unwrap().0, 0.1, 1e-14);
    }
}

#[test]
fn nist_analyses_of_variance() {
    // With seven constant leading digits (SmLs04) binary floats hold the differences to about nine digits.
    for (name, tolerance) in [("SiRstv", 1e-9), ("SmLs01", 1e-9), ("AtmWtAg", 1e-9), ("SmLs04", 1e-8)] {
        let text = std::fs::read_to_string(repository().join(format!("tests/fixtures/nist/{name}.dat"))).unwrap();
        let between = text.lines().find(|line| line.starts_with("Between")).unwrap();
        let f: f64 = between.split_whitespace().last().unwrap().parse().unwrap();
        let squared = text.lines().find(|line| line.contains("R-Squared")).unwrap();
        let squared: f64 = squared.split_whitespace().last().unwrap().parse().unwrap();
        let (mut groups, mut values) = (Vec::new(), Vec::new());
        for line in text.lines().skip(60) {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let [group, value] = words.as_slice()
                && let Ok(group) = group.parse::<u32>()
            {
                groups.push(group - 1);
                values.push(value.parse().unwrap());
            }
        }
        let levels = *groups.iter().max().unwrap() as usize + 1;
        let found = anova(&groups, &values, levels).unwrap();
        close(found.f, f, tolerance);
        close(found.eta_squared, squared, tolerance);
    }
}

/// Figures of `tests/parity/profile.py`, which makes the same data by the same recipe of whole numbers.
#[test]
fn figures_are_those_of_scipy_pandas_and_scikit_learn() {
    let text = std::fs::read_to_string(repository().join("tests/parity/profile.json")).unwrap();
    let golden: Value = serde_json::from_str(&text).unwrap();
    let figure = |name: &str| golden["figures"][name].as_f64().unwrap_or_else(|| panic!("{name}"));
    let rows = golden["rows"].as_u64().unwrap();
    let drawn = |salt: u64, below: u64| -> Vec<u64> {
        (0..rows).map(|row| (row * 2_654_435_761 + salt * 40_503 + row * row * 7) % 1_000_003 % below).collect()
    };
    let x: Vec<f64> = drawn(1, 997).iter().map(|n| (*n as f64 / 100.0).powi(3)).collect();
    let y: Vec<f64> = drawn(2, 31).iter().zip(&x).map(|(n, x)| *n as f64 * 20.0 + x).collect();
    let g: Vec<u32> = drawn(3, 5).iter().map(|n| *n as u32).collect();
    let h: Vec<u32> = drawn(4, 3).iter().zip(&g).map(|(n, g)| if *n == 0 { *n as u32 } else { g % 3 }).collect();
    let profiled = crate::profile(&df!("x" => &x).unwrap()).columns.remove(0);
    close(profiled.mean.unwrap().0, figure("mean"), 1e-12);
    close(profiled.std.unwrap().0, figure("std"), 1e-12);
    close(profiled.skew.unwrap().0, figure("skew"), 1e-11);
    close(profiled.kurtosis.unwrap().0, figure("kurtosis"), 1e-11);
    for (name, value) in profiled.quantiles.unwrap() {
        close(value.0, figure(&format!("quantile_{name}")), 1e-12);
    }
    close(pearson(&x, &y).unwrap(), figure("pearson"), 1e-11);
    close(spearman(&x, &y).unwrap(), figure("spearman"), 1e-11);
    let table = Contingency::of(g.iter().copied().zip(h.iter().copied()), 5, 3);
    close(table.cramers_v().unwrap(), figure("cramers_v_corrected"), 1e-10);
    close(table.mutual_information(), figure("mutual_information"), 1e-10);
    let found = anova(&g, &y, 5).unwrap();
    close(found.f, figure("anova_f"), 1e-9);
    close(found.p, figure("anova_p"), 1e-7);
    let positive: Vec<bool> = h.iter().map(|level| *level == 1).collect();
    close(auc(&y, &positive).unwrap(), figure("auc"), 1e-11);
    let sorted = |values: &[f64]| {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted
    };
    let (distance, p) = kolmogorov_smirnov(&sorted(&x), &sorted(&y)).unwrap();
    close(distance, figure("ks"), 1e-12);
    close(p, figure("ks_p"), 1e-8);
    let (near, p) = kolmogorov_smirnov(&sorted(&x[..500]), &sorted(&x[500..])).unwrap();
    close(near, figure("ks_near"), 1e-12);
    close(p, figure("ks_near_p"), 1e-10);
    close(psi(&[10, 20, 70, 0], &[20, 20, 50, 10]).unwrap(), figure("psi"), 1e-12);
    close(profiled_spread(&x), figure("mad_std"), 1e-12);
}

fn profiled_spread(values: &[f64]) -> f64 {
    let frame = df!("x" => values).unwrap();
    crate::profile::Numbers::of(&frame.columns()[0]).unwrap().spread().unwrap().robust_std
}

#[test]
fn what_does_not_vary_has_no_figure() {
    assert_eq!(pearson(&[1.0, 1.0], &[1.0, 2.0]), None);
    assert_eq!(anova(&[0, 0], &[1.0, 2.0], 1), None);
    assert_eq!(anova(&[0, 1], &[2.0, 2.0], 2), None);
    assert_eq!(Contingency::of([(0, 0), (0, 1)].into_iter(), 1, 2).cramers_v(), None);
    assert_eq!(auc(&[1.0, 2.0], &[true, true]), None);
    assert_eq!(psi(&[], &[]), None);
    assert_eq!(kolmogorov_smirnov(&[], &[1.0]), None);
    assert_eq!(kolmogorov_smirnov(&[1.0], &[1.0]), Some((0.0, 1.0)));
}
