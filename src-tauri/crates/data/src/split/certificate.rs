//! The certificate of a split: what can go wrong with parts, checked, each check with its figure.

use std::hash::{DefaultHasher, Hash, Hasher};

use cairn_protocol::{
    results::{Check, CheckOutcome, ClassCounts},
    table::ColumnType,
};
use polars::prelude::*;
use rayon::prelude::*;
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::{Classes, PART_NAMES};
use crate::{
    error::DataError,
    frame_types::column_type,
    steps::{
        columns::{MISSING, codes, column, numbers, texts, wholes},
        count, figure, some,
    },
};

/// Cases of the rarest class that a part should have, so that its figures mean something.
const ENOUGH: u64 = 100;
/// A test that comes out below this is worth a look; a fair drawing does so once in a thousand times.
const SUSPICIOUS: f64 = 0.001;
/// Text columns with more levels are not asked to have each in every part.
const MOST_LEVELS: usize = 50;
/// Rows of a part that the comparison of distributions looks at, evenly taken.
const MOST_COMPARED: usize = 200_000;

/// What is certified.
pub(super) struct Case<'a, Again: Fn() -> [Vec<u32>; 3]> {
    pub frame: &'a DataFrame,
    pub classes: Option<&'a Classes>,
    pub drawn: &'a [Vec<u32>; 3],
    pub parts: &'a [u8],
    pub counts: &'a [ClassCounts],
    pub fractions: [f64; 3],
    pub again: Again,
    pub seed: u64,
}

fn check(name: &str, outcome: CheckOutcome, figure: impl Into<String>) -> Check {
    Check { name: name.into(), outcome, figure: figure.into() }
}

fn warn_if(bad: bool) -> CheckOutcome {
    if bad { CheckOutcome::Warning } else { CheckOutcome::Pass }
}

/// All checks that apply.
pub(super) fn certify<Again: Fn() -> [Vec<u32>; 3]>(case: &Case<'_, Again>) -> Result<Vec<Check>, DataError> {
    let mut checks = vec![in_one_part(case.drawn, case.frame.height())];
    if let Some(classes) = case.classes {
        checks.extend(shares_agree(case.counts));
        checks.extend(too_small(case.counts, case.fractions));
        checks.extend(enough_cases(case.counts, case.fractions));
        checks.extend(order_is_no_signal(classes));
    }
    checks.push(near_duplicates(case.frame, case.classes.map(|classes| classes.by.as_str()), case.parts)?);
    let same = (case.again)() == *case.drawn;
    let outcome = if same { CheckOutcome::Pass } else { CheckOutcome::Fault };
    checks.push(check("Same seed, same rows", outcome, format!("seed {}", case.seed)));
    checks.extend(every_level(case.frame, case.parts, case.fractions)?);
    checks.extend(drawn_alike(case.frame, case.drawn)?);
    Ok(checks)
}

/// Counted from the drawn lists themselves: a row that stands in two, or in none, is a fault.
fn in_one_part(drawn: &[Vec<u32>; 3], rows: usize) -> Check {
    let mut times = vec![0u8; rows];
    for &row in drawn.iter().flatten() {
        times[row as usize] = times[row as usize].saturating_add(1);
    }
    let shared = times.iter().filter(|times| **times > 1).count() as u64;
    let lost = times.iter().filter(|times| **times == 0).count() as u64;
    let outcome = if shared + lost > 0 { CheckOutcome::Fault } else { CheckOutcome::Pass };
    let figure = if lost > 0 { format!("{} in none", count(lost)) } else { format!("{} shared", count(shared)) };
    check("No row in two parts", outcome, figure)
}

/// Pearson's χ² test of class against part.
fn shares_agree(counts: &[ClassCounts]) -> Option<Check> {
    let counts: Vec<[f64; 3]> = counts.iter().map(|class| class.counts.map(|count| count as f64)).collect();
    let of_part = [0, 1, 2].map(|part| counts.iter().map(|class| class[part]).sum::<f64>());
    let total: f64 = of_part.iter().sum();
    let parts = of_part.iter().filter(|sum| **sum > 0.0).count();
    let classes = counts.iter().filter(|class| class.iter().sum::<f64>() > 0.0).count();
    if parts < 2 || classes < 2 {
        return None;
    }
    let mut statistic = 0.0;
    for class in &counts {
        let rows: f64 = class.iter().sum();
        for part in 0..3 {
            let expected = rows * of_part[part] / total;
            if expected > 0.0 {
                statistic += (class[part] - expected).powi(2) / expected;
            }
        }
    }
    let p = ChiSquared::new(((parts - 1) * (classes - 1)) as f64).ok()?.sf(statistic);
    Some(check("Class shares agree", warn_if(p < SUSPICIOUS), format!("χ² {}", p_value(p))))
}

fn p_value(p: f64) -> String {
    if p < 0.001 {
        "p < 0.001".into()
    } else if p < 0.1 {
        format!("p = {p:.3}")
    } else {
        format!("p = {p:.2}")
    }
}

/// Classes with fewer rows than there are parts; absent where there is none.
fn too_small(counts: &[ClassCounts], fractions: [f64; 3]) -> Option<Check> {
    let parts = fractions.iter().filter(|share| **share > 0.0).count() as u64;
    let small: Vec<&str> = counts
        .iter()
        .filter(|class| class.counts.iter().sum::<u64>() < parts)
        .map(|class| class.class.as_str())
        .collect();
    (!small.is_empty()).then(|| {
        let figure = format!("{} of {} ({})", small.len(), counts.len(), some(&small));
        check("Classes with fewer rows than parts", CheckOutcome::Warning, figure)
    })
}

fn enough_cases(counts: &[ClassCounts], fractions: [f64; 3]) -> Option<Check> {
    let fewest = (0..3)
        .filter(|&part| fractions[part] > 0.0)
        .flat_map(|part| counts.iter().map(move |class| class.counts[part]))
        .min()?;
    let (outcome, sign) = if fewest >= ENOUGH { (CheckOutcome::Pass, "≥") } else { (CheckOutcome::Warning, "<") };
    Some(check("Enough cases in each part", outcome, format!("{} {sign} {ENOUGH}", count(fewest))))
}

/// Whether rows of one class stand earlier in the table than others (Kruskal and Wallis 1952 on row numbers, which
/// for two classes is the test of Mann and Whitney): then time or a sort order may tell the class.
fn order_is_no_signal(classes: &Classes) -> Option<Check> {
    let mut sums = vec![(0.0f64, 0.0f64); classes.names.len()];
    for (row, class) in classes.rows.iter().enumerate() {
        let (rows, ranks) = &mut sums[*class as usize];
        *rows += 1.0;
        *ranks += row as f64 + 1.0;
    }
    let total = classes.rows.len() as f64;
    sums.retain(|(rows, _)| *rows > 0.0);
    if sums.len() < 2 || total < 3.0 {
        return None;
    }
    let middle = (total + 1.0) / 2.0;
    let spread: f64 = sums.iter().map(|(rows, ranks)| rows * (ranks / rows - middle).powi(2)).sum();
    let statistic = 12.0 / (total * (total + 1.0)) * spread;
    let p = ChiSquared::new((sums.len() - 1) as f64).ok()?.sf(statistic);
    Some(check("Order of rows is no signal", warn_if(p < SUSPICIOUS), p_value(p)))
}

/// Rows of the validation and test part whose features stand in an earlier part too. Numbers count as equal when
/// four significant digits are, texts when they differ in case and outer spaces alone; identifiers (whole numbers or
/// texts that are different in every row) do not count.
fn near_duplicates(frame: &DataFrame, by: Option<&str>, parts: &[u8]) -> Result<Check, DataError> {
    let hashes: Vec<Result<Option<Vec<u64>>, DataError>> = frame
        .columns()
        .par_iter()
        .filter(|column| Some(column.name().as_str()) != by)
        .map(|column| near(column.as_materialized_series()))
        .collect();
    let mut rows = vec![0u64; frame.height()];
    let mut columns = 0;
    for hash in hashes {
        if let Some(hash) = hash? {
            columns += 1;
            for (row, hash) in rows.iter_mut().zip(hash) {
                *row = mix(row.rotate_left(23) ^ hash);
            }
        }
    }
    let name = "Near-duplicate rows across parts";
    if columns == 0 {
        return Ok(check(name, CheckOutcome::Pass, "no features to compare"));
    }
    let mut first_part: PlHashMap<u64, u8> = PlHashMap::default();
    for (row, part) in rows.iter().zip(parts) {
        let first = first_part.entry(*row).or_insert(*part);
        *first = (*first).min(*part);
    }
    let shared = rows.iter().zip(parts).filter(|(row, part)| first_part.get(*row).is_some_and(|first| first < *part));
    let shared = shared.count() as u64;
    Ok(check(name, warn_if(shared > 0), if shared == 1 { "1 row".into() } else { format!("{} rows", count(shared)) }))
}

/// A number for each cell that near-equal cells share; none for an identifier or a column of lists.
fn near(series: &Series) -> Result<Option<Vec<u64>>, DataError> {
    let hashes: Vec<u64> = match column_type(series.dtype()) {
        ColumnType::Float | ColumnType::Decimal => {
            return Ok(Some(numbers(series)?.into_iter().map(|value| mix(four_digits(value))).collect()));
        }
        ColumnType::Text | ColumnType::Category => texts(series)?
            .iter()
            .map(|text| {
                let mut hasher = DefaultHasher::new();
                text.map(|text| text.trim().to_lowercase()).hash(&mut hasher);
                hasher.finish()
            })
            .collect(),
        ColumnType::List | ColumnType::Struct => return Ok(None),
        ColumnType::Bool => {
            let cells = series.bool().map_err(DataError::table("reading truth values"))?;
            return Ok(Some(cells.iter().map(|cell| mix(cell.map_or(2, u64::from))).collect()));
        }
        _ => wholes(series)?.into_iter().map(|cell| cell.map_or(1, |cell| mix(cell as u64 ^ 0x5bd1_e995))).collect(),
    };
    // Few distinct values show early; only a column without a repeat among its first rows is counted in full.
    let all_differ = |cells: &[u64]| {
        let mut seen: PlHashSet<u64> = PlHashSet::default();
        cells.iter().all(|cell| seen.insert(*cell))
    };
    let is_identifier = hashes.len() > 20 && all_differ(&hashes[..hashes.len().min(1_000)]) && all_differ(&hashes);
    Ok((!is_identifier).then_some(hashes))
}

/// The number rounded to four significant digits, as bits; all missing values are one.
fn four_digits(value: f64) -> u64 {
    if value.is_nan() {
        return u64::MAX;
    }
    if value == 0.0 || value.is_infinite() {
        return (value + 0.0).to_bits();
    }
    let unit = 10f64.powi(value.abs().log10().floor() as i32 - 3);
    let rounded = (value / unit).round();
    // The rounded digits and the magnitude, both whole: free of the rounding of the product.
    (rounded as i64 as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ unit.to_bits()
}

/// The finaliser of SplitMix64.
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Levels of texts and categories that stand in every part.
fn every_level(frame: &DataFrame, parts: &[u8], fractions: [f64; 3]) -> Result<Option<Check>, DataError> {
    let wanted = (0..3).filter(|&part| fractions[part] > 0.0).fold(0u8, |bits, part| bits | 1 << part);
    let (mut levels, mut everywhere, mut absent) = (0u64, 0u64, Vec::new());
    for name in frame.get_column_names() {
        let series = column(frame, name)?;
        if !matches!(column_type(series.dtype()), ColumnType::Text | ColumnType::Category) {
            continue;
        }
        let codes = codes(series)?;
        if codes.levels.is_empty() || codes.levels.len() > MOST_LEVELS {
            continue;
        }
        let mut seen = vec![0u8; codes.levels.len()];
        for (code, part) in codes.rows.iter().zip(parts).filter(|(code, _)| **code != MISSING) {
            seen[*code as usize] |= 1 << part;
        }
        for (level, seen) in codes.levels.iter().zip(seen) {
            levels += 1;
            if seen & wanted == wanted {
                everywhere += 1;
            } else {
                absent.push(format!("{name} = {}", level.label));
            }
        }
    }
    Ok((levels > 0).then(|| {
        let mut figure = format!("{} of {}", count(everywhere), count(levels));
        if !absent.is_empty() {
            figure.push_str(&format!(" (not {})", some(absent.iter().take(2))));
        }
        check("Every level in every part", warn_if(!absent.is_empty()), figure)
    }))
}

/// The largest Kolmogorov–Smirnov distance between the training part and the test part (the validation part where
/// there is no test part) over the columns of numbers.
fn drawn_alike(frame: &DataFrame, drawn: &[Vec<u32>; 3]) -> Result<Option<Check>, DataError> {
    let Some(other) = [2, 1].into_iter().find(|&part| !drawn[part].is_empty()) else { return Ok(None) };
    let some_of = |rows: &[u32]| -> Vec<u32> {
        let stride = rows.len().div_ceil(MOST_COMPARED).max(1);
        rows.iter().copied().step_by(stride).collect()
    };
    let (train, test) = (some_of(&drawn[0]), some_of(&drawn[other]));
    // Distance, the same scaled by the numbers of rows, and the column.
    type Distance = Option<(f64, f64, String)>;
    let distances: Vec<Result<Distance, DataError>> = frame
        .columns()
        .par_iter()
        .filter(|column| column_type(column.dtype()).is_numeric())
        .map(|column| {
            let values = numbers(column.as_materialized_series())?;
            let sorted = |rows: &[u32]| -> Vec<f64> {
                let mut there: Vec<f64> =
                    rows.iter().map(|&row| values[row as usize]).filter(|value| !value.is_nan()).collect();
                there.sort_unstable_by(f64::total_cmp);
                there
            };
            let (a, b) = (sorted(&train), sorted(&test));
            if a.is_empty() || b.is_empty() {
                return Ok(None);
            }
            let distance = ks_distance(&a, &b);
            let (n, m) = (a.len() as f64, b.len() as f64);
            Ok(Some((distance, distance * (n * m / (n + m)).sqrt(), column.name().to_string())))
        })
        .collect();
    let mut largest: Distance = None;
    let mut columns = 0.0;
    for distance in distances {
        if let Some(distance) = distance? {
            columns += 1.0;
            if largest.as_ref().is_none_or(|before| distance.0 > before.0) {
                largest = Some(distance);
            }
        }
    }
    Ok(largest.map(|(distance, scaled, name)| {
        // The asymptotic bound that a fair drawing passes once in a thousand times in any of the columns.
        let bound = (-(SUSPICIOUS / columns / 2.0).ln() / 2.0).sqrt();
        let figure = format!("largest KS {} ({name})", figure((distance * 1000.0).round() / 1000.0));
        check(&format!("Columns drawn alike, train and {}", PART_NAMES[other]), warn_if(scaled > bound), figure)
    }))
}

/// Largest distance between two empirical distributions.
fn ks_distance(a: &[f64], b: &[f64]) -> f64 {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// scipy 1.17.1: `ks_2samp([1,2,3,4],[3,4,5,6,7]).statistic` is 0.6, with ties `ks_2samp([0,0,1],[0,1,1])` 1/3.
    #[test]
    fn distance_of_distributions() {
        assert!((ks_distance(&[1., 2., 3., 4.], &[3., 4., 5., 6., 7.]) - 0.6).abs() < 1e-12);
        assert!((ks_distance(&[0., 0., 1.], &[0., 1., 1.]) - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn numbers_are_near_when_four_digits_agree() {
        let near = |a: f64, b: f64| four_digits(a) == four_digits(b);
        assert!(near(28.101, 28.1) && near(-0.001_234_1, -0.001_234) && near(0.0, -0.0));
        assert!(!near(28.11, 28.1) && !near(1.0, 10.0) && !near(-2.0, 2.0) && !near(1.0, f64::NAN));
    }
}
