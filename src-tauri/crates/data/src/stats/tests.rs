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

/// Correct significant digits: the log relative error (McCullough 1998), 15 at most.
fn digits(found: f64, certified: f64) -> f64 {
    (-((found - certified).abs() / certified.abs()).log10()).min(15.0)
}

/// F and R² that NIST certifies, groups and data. Those of Simon and Lesage have nine groups that begin at 1.4, 1.3, 1.5,
/// 1.3, … above a large constant and lie a tenth below and above it in turn.
fn analysis_of_variance(name: &str) -> ([f64; 2], Vec<u32>, Vec<f64>) {
    let text = std::fs::read_to_string(repository().join(format!("tests/fixtures/nist/{name}.dat"))).unwrap();
    let last = |mark: &str| -> f64 {
        let line = text.lines().find(|line| line.contains(mark)).unwrap();
        line.split_whitespace().last().unwrap().parse().unwrap()
    };
    let pairs = text.lines().skip(60).filter_map(|line| {
        let (group, value) = line.trim().split_once(' ')?;
        Some((group.parse::<u32>().ok()? - 1, value.trim().parse::<f64>().ok()?))
    });
    let (mut groups, mut values): (Vec<u32>, Vec<f64>) = pairs.unzip();
    if values.is_empty() {
        let line = text.lines().find(|line| line.contains("Replicates/Cell")).unwrap();
        let replicates: u32 = line.split_whitespace().next().unwrap().parse().unwrap();
        let constant: u64 = match name {
            "SmLs01" | "SmLs02" | "SmLs03" => 0,
            "SmLs04" | "SmLs05" | "SmLs06" => 1_000_000,
            _ => 1_000_000_000_000,
        };
        for group in 0..9u32 {
            let tenths = [14, 13, 15][if group == 0 { 0 } else { 1 + (group as usize + 1) % 2 }] % 10;
            let whole = constant + u64::from(constant == 0);
            for replicate in 0..replicates {
                let tenth = if replicate == 0 { tenths } else { tenths + 2 * ((replicate as usize + 1) % 2) - 1 };
                groups.push(group);
                values.push(format!("{whole}.{tenth}").parse().unwrap());
            }
        }
    }
    ([last("Between"), last("R-Squared")], groups, values)
}

/// All eleven sets. Doubles hold the data of the last six only to so many digits: 0.1 above a million has ten left, above
/// a million millions four. No arithmetic on them comes nearer, so the digits wanted are those that the exact figures of
/// the rounded data have; that ours loses none of them shows the same data without their constant, which is exact.
#[test]
#[expect(clippy::print_stdout, reason = "the digits that are reached")]
fn nist_analyses_of_variance() {
    println!("{:8} {:>6} {:>8} {:>8}", "set", "rows", "F", "R²");
    for (name, wanted) in [
        ("SiRstv", 12.0),
        ("AtmWtAg", 9.5),
        ("SmLs01", 13.0),
        ("SmLs02", 13.0),
        ("SmLs03", 12.0),
        ("SmLs04", 9.5),
        ("SmLs05", 9.5),
        ("SmLs06", 9.5),
        ("SmLs07", 4.1),
        ("SmLs08", 4.1),
        ("SmLs09", 4.1),
    ] {
        let ([f, squared], groups, values) = analysis_of_variance(name);
        let levels = *groups.iter().max().unwrap() as usize + 1;
        let found = anova(&groups, &values, levels).unwrap();
        let (of_f, of_squared) = (digits(found.f, f), digits(found.eta_squared, squared));
        println!("{name:8} {:6} {of_f:8.1} {of_squared:8.1}", values.len());
        assert!(of_f >= wanted && of_squared >= wanted, "{name}: {of_f:.2} and {of_squared:.2} digits");
        let constant = values[0].floor();
        let shifted: Vec<f64> = values.iter().map(|value| value - constant).collect();
        close(found.f, anova(&groups, &shifted, levels).unwrap().f, 1e-9);
    }
}

/// The generated data are those of the files that hold them.
#[test]
fn nist_patterns_are_the_data() {
    for (name, rows) in [("SmLs02", 1809), ("SmLs09", 18_009)] {
        let (_, groups, values) = analysis_of_variance(name);
        assert_eq!((groups.len(), values.len()), (rows, rows));
    }
    for (made, kept) in [("SmLs02", "SmLs01"), ("SmLs05", "SmLs04")] {
        let (_, groups, values) = analysis_of_variance(made);
        let (_, few, expected) = analysis_of_variance(kept);
        for group in 0..9 {
            let of = |groups: &[u32], values: &[f64]| -> Vec<f64> {
                groups.iter().zip(values).filter(|(one, _)| **one == group).map(|(_, value)| *value).take(21).collect()
            };
            assert_eq!(of(&groups, &values), of(&few, &expected), "{made}, group {group}");
        }
    }
}

/// Digits of π, the 3 first: 16 arctan 1/5 − 4 arctan 1/239 (Machin 1706).
fn digits_of_pi(count: usize) -> Vec<f64> {
    const BASE: u64 = 1_000_000_000;
    let divide = |number: &mut [u64], by: u64| {
        number.iter_mut().fold(0, |rest, limb| {
            let here = rest * BASE + *limb;
            *limb = here / by;
            here % by
        });
    };
    let mut sum = vec![0i64; count / 9 + 4];
    for (times, of, sign) in [(16, 5, 1i64), (4, 239, -1)] {
        let mut power = vec![0u64; sum.len()];
        power[0] = times;
        divide(&mut power, of);
        let (mut odd, mut sign) = (1, sign);
        while power.iter().any(|limb| *limb > 0) {
            let mut term = power.clone();
            divide(&mut term, odd);
            sum.iter_mut().zip(term).for_each(|(sum, term)| *sum += sign * term as i64);
            divide(&mut power, of * of);
            (odd, sign) = (odd + 2, -sign);
        }
    }
    let mut carry = 0;
    for limb in sum.iter_mut().rev() {
        let value = *limb + carry;
        (*limb, carry) = (value.rem_euclid(BASE as i64), value.div_euclid(BASE as i64));
    }
    let behind: String = sum[1..].iter().map(|limb| format!("{limb:09}")).collect();
    format!("{}{behind}", sum[0]).bytes().take(count).map(|digit| f64::from(digit - b'0')).collect()
}

/// What NIST's PiDigits is meant to be; the figures are exact ones, from whole numbers.
#[test]
#[expect(clippy::print_stdout, reason = "the digits that are reached")]
fn digits_of_pi_have_their_exact_figures() {
    let values = digits_of_pi(5000);
    assert_eq!(values[..12], [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0, 5.0, 8.0]);
    // The Feynman point: six nines from the 762nd decimal on.
    assert_eq!(values[762..768], [9.0; 6]);
    let n = values.len() as i128;
    let whole: Vec<i128> = values.iter().map(|value| *value as i128).collect();
    let sum: i128 = whole.iter().sum();
    assert_eq!(sum, 22_679);
    // n times each deviation is a whole number.
    let far: Vec<i128> = whole.iter().map(|value| n * value - sum).collect();
    let squares: i128 = far.iter().map(|far| far * far).sum();
    let products: i128 = far.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let (mean, std) = mean_std(&values);
    let expected_std = (squares as f64 / (n * n * (n - 1)) as f64).sqrt();
    let lag = products as f64 / squares as f64;
    let found = [digits(mean, 4.5358), digits(std, expected_std), digits(autocorrelation(&values), lag)];
    println!(
        "digits of π: mean {:.1}, standard deviation {:.1}, lag-1 autocorrelation {:.1} digits",
        found[0], found[1], found[2]
    );
    assert!(found[0] >= 14.0 && found[1] >= 14.0 && found[2] >= 12.0, "{found:?}");
    close(expected_std, 2.867_675_552_187_611_4, 1e-14);
    close(lag, -0.003_802_097_632_115_140_6, 1e-12);
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
