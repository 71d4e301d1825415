//! How well each column alone predicts the target, out of fold, and which columns hold the answer.

use cairn_protocol::{
    Real,
    quality::PredictivePower,
    table::{ColumnProfile, ColumnType},
};
use polars::prelude::Column;

use super::view::{Levels, MISSING, numbers_of};
use crate::stats;

/// Folds of the cross-validation.
const FOLDS: u64 = 5;
/// Bins of a column of numbers, at most.
const BINS: usize = 16;
/// Levels told apart; rarer ones count as one.
const LEVELS: usize = 50;
/// Classes of a target, at most.
pub(super) const CLASSES: usize = 100;
/// Rows of the prior that a bin's class shares are shrunk towards.
const PRIOR_ROWS: f64 = 2.0;
/// A metric from which a column most likely holds the answer.
const LEAK: f64 = 0.99;

/// What `skill` is.
pub(super) const SKILL: &str = "Skill of a model of this one column on rows it did not see (5 folds by row number), 0 to 1. Two or \
     more classes: 1 − log loss of the model / log loss of the class shares, the cross-validated uncertainty coefficient \
     (Theil 1970); the model is the class shares within each of 16 quantile bins or 50 levels, shrunk by two rows towards \
     the shares over all. Numbers: R² out of fold of a line fitted within each bin, or of level means. A missing value is \
     a bin of its own.";
/// What `leaks` is.
pub(super) const LEAKAGE: &str = "A column that alone predicts the target almost perfectly (AUC, accuracy or R² of at least 0.99 out of \
     fold, accuracy with a skill of at least 0.9), or that is the target under other names, most likely was not known when \
     the target was.";

/// The column to predict.
pub(super) enum Target {
    /// Classes, most frequent first.
    Classes(Levels),
    /// Numbers; NaN where missing.
    Numbers(Vec<f64>),
}

impl Target {
    /// Classes for texts, truth values and whole numbers of at most 20 values, and for whatever has two values; numbers
    /// otherwise. None where there is nothing to predict: fewer than two values, or more than [`CLASSES`] classes.
    pub fn of(column: &Column, profile: &ColumnProfile) -> Option<Self> {
        let classes = match profile.column_type {
            ColumnType::Int => profile.distinct <= 20,
            ColumnType::Float | ColumnType::Decimal => profile.distinct <= 2,
            ColumnType::Bool | ColumnType::Text | ColumnType::Category => true,
            _ => false,
        };
        if profile.distinct < 2 || (classes && profile.distinct > CLASSES as u64) {
            return None;
        }
        if classes { Some(Self::Classes(Levels::of(column))) } else { numbers_of(column).map(Self::Numbers) }
    }
}

/// A column cut into bins; the last is that of missing values.
struct Binned {
    bin: Vec<u32>,
    bins: usize,
    numbers: Option<Vec<f64>>,
    levels: Option<Levels>,
}

impl Binned {
    fn of(column: &Column) -> Self {
        let Some(numbers) = numbers_of(column) else {
            let levels = Levels::of(column);
            let most = (LEVELS - 1) as u32;
            let bins = levels.names.len().min(LEVELS);
            let place = |code: &u32| if *code == MISSING { bins as u32 } else { (*code).min(most) };
            return Self {
                bin: levels.codes.iter().map(place).collect(),
                bins: bins + 1,
                numbers: None,
                levels: Some(levels),
            };
        };
        let mut sorted: Vec<f64> = numbers.iter().copied().filter(|value| !value.is_nan()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let wanted = (sorted.len() / 50).clamp(2, BINS);
        let mut cuts: Vec<f64> =
            (1..wanted).filter_map(|cut| sorted.get(cut * sorted.len() / wanted).copied()).collect();
        cuts.dedup();
        let bins = cuts.len() + 1;
        let place = |value: &f64| {
            if value.is_nan() { bins as u32 } else { cuts.partition_point(|cut| cut <= value) as u32 }
        };
        Self { bin: numbers.iter().map(place).collect(), bins: bins + 1, numbers: Some(numbers), levels: None }
    }
}

/// The fold of a row: the top bits of its mixed number (the finaliser of SplitMix64), so that neither blocks nor periods
/// of rows fall into one fold.
fn fold(row: usize) -> usize {
    let mixed = (row as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) % FOLDS) as usize
}

/// What is known of one column and the target.
pub(super) struct Power {
    pub power: PredictivePower,
    /// Whether each level stands for one class and each class for one level.
    pub relabels: bool,
}

/// Predictive power of `column`; none where there are too few rows (20 with a target).
pub(super) fn power(column: &Column, target: &Target) -> Option<Power> {
    let binned = Binned::of(column);
    let mut power = match target {
        Target::Classes(classes) => of_classes(&binned, classes)?,
        Target::Numbers(values) => of_numbers(&binned, values)?,
    };
    power.power.column = column.name().to_string();
    Some(power)
}

fn of_classes(binned: &Binned, target: &Levels) -> Option<Power> {
    let classes = target.names.len();
    let rows: u64 = target.counts.iter().sum();
    if rows < 20 {
        return None;
    }
    // Counts by fold, bin and class.
    let folds = FOLDS as usize;
    let mut counts = vec![0u32; folds * binned.bins * classes];
    let at = |fold: usize, bin: u32, class: u32| (fold * binned.bins + bin as usize) * classes + class as usize;
    for (row, (bin, class)) in binned.bin.iter().zip(&target.codes).enumerate() {
        if *class != MISSING {
            counts[at(fold(row), *bin, *class)] += 1;
        }
    }
    let size = binned.bins * classes;
    let all: Vec<f64> = (0..size).map(|cell| (0..folds).map(|f| f64::from(counts[f * size + cell])).sum()).collect();
    let (mut loss, mut blind_loss, mut right, mut best_blind) = (0.0, 0.0, 0.0, 0.0);
    // With two classes: the probability of the rarer one in each bin of each fold, and the held-out rows of each class.
    let mut scored: Vec<(f64, [f64; 2])> = Vec::new();
    let positive = 1usize;
    for f in 0..folds {
        let seen: Vec<f64> =
            all.iter().zip(&counts[f * size..(f + 1) * size]).map(|(all, held)| all - f64::from(*held)).collect();
        let of_class: Vec<f64> =
            (0..classes).map(|class| seen.iter().skip(class).step_by(classes).sum::<f64>() + 1.0).collect();
        let known: f64 = of_class.iter().sum();
        let prior: Vec<f64> = of_class.iter().map(|count| count / known).collect();
        let usual = (0..classes).rev().max_by(|a, b| prior[*a].total_cmp(&prior[*b])).unwrap_or(0);
        for bin in 0..binned.bins {
            let held = &counts[f * size + bin * classes..f * size + (bin + 1) * classes];
            if held.iter().all(|count| *count == 0) {
                continue;
            }
            let seen = &seen[bin * classes..(bin + 1) * classes];
            let in_bin: f64 = seen.iter().sum();
            let share = |class: usize| (seen[class] + PRIOR_ROWS * prior[class]) / (in_bin + PRIOR_ROWS);
            let likely = (0..classes).rev().max_by(|a, b| share(*a).total_cmp(&share(*b))).unwrap_or(0);
            for (class, count) in held.iter().enumerate() {
                let count = f64::from(*count);
                loss -= count * share(class).ln();
                blind_loss -= count * prior[class].ln();
                right += if class == likely { count } else { 0.0 };
                best_blind += if class == usual { count } else { 0.0 };
            }
            if classes == 2 {
                let held = [f64::from(held[1 - positive]), f64::from(held[positive])];
                scored.push((share(positive), held));
            }
        }
    }
    let n = rows as f64;
    let skill = if blind_loss > 0.0 { (1.0 - loss / blind_loss).clamp(0.0, 1.0) } else { 0.0 };
    let relabels = binned.levels.as_ref().is_some_and(|levels| relabels(levels, target))
        || (binned.numbers.is_some() && classes <= BINS && one_to_one(binned, target));
    let (metric, value, baseline) = if classes == 2 {
        let raw = binned.numbers.as_ref().and_then(|numbers| raw_auc(numbers, target, positive as u32));
        let area = weighted_auc(&mut scored).max(raw.unwrap_or(0.0));
        ("auc", area, 0.5)
    } else {
        ("accuracy", right / n, best_blind / n)
    };
    let leaks = relabels || (value >= LEAK && (classes == 2 || skill >= 0.9));
    Some(Power {
        power: PredictivePower {
            column: String::new(),
            skill: Real(skill),
            metric: metric.into(),
            value: Real(value),
            baseline: Real(baseline),
            rows,
            leaks,
        },
        relabels,
    })
}

/// Area under the ROC curve of scores with so many negatives and positives each.
fn weighted_auc(scored: &mut [(f64, [f64; 2])]) -> f64 {
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut pairs) = (0.0, 0.0);
    let (mut no, mut yes) = (0.0, 0.0);
    for tied in scored.chunk_by(|a, b| a.0 == b.0) {
        let (n, y) = tied.iter().fold((0.0, 0.0), |(n, y), (_, held)| (n + held[0], y + held[1]));
        pairs += y * (below + n / 2.0);
        below += n;
        no += n;
        yes += y;
    }
    if no > 0.0 && yes > 0.0 { pairs / no / yes } else { 0.5 }
}

/// The area that the numbers themselves have as scores, in the better direction, where at least half are there.
fn raw_auc(numbers: &[f64], target: &Levels, positive: u32) -> Option<f64> {
    let (mut scores, mut yes) = (Vec::new(), Vec::new());
    for (number, class) in numbers.iter().zip(&target.codes) {
        if *class != MISSING && !number.is_nan() {
            scores.push(*number);
            yes.push(*class == positive);
        }
    }
    if (scores.len() as u64) * 2 < target.counts.iter().sum() {
        return None;
    }
    stats::auc(&scores, &yes).map(|area| area.max(1.0 - area))
}

/// Whether the levels are the classes under other names, wherever both are there.
fn relabels(levels: &Levels, target: &Levels) -> bool {
    levels.names.len() == target.names.len() && bijective(&levels.codes, &target.codes, target.names.len())
}

/// The same of a column of few numbers.
fn one_to_one(binned: &Binned, target: &Levels) -> bool {
    let Some(numbers) = &binned.numbers else { return false };
    let mut distinct: Vec<f64> = Vec::new();
    let mut codes = Vec::with_capacity(numbers.len());
    for number in numbers {
        if number.is_nan() {
            codes.push(MISSING);
            continue;
        }
        match distinct.iter().position(|known| known == number) {
            Some(at) => codes.push(at as u32),
            None if distinct.len() < target.names.len() => {
                distinct.push(*number);
                codes.push(distinct.len() as u32 - 1);
            }
            None => return false,
        }
    }
    distinct.len() == target.names.len() && bijective(&codes, &target.codes, distinct.len())
}

fn bijective(a: &[u32], b: &[u32], levels: usize) -> bool {
    let (mut to, mut from) = (vec![MISSING; levels], vec![MISSING; levels]);
    let (mut both, mut one) = (0u64, 0u64);
    for (a, b) in a.iter().zip(b) {
        if *a == MISSING || *b == MISSING {
            one += u64::from(*a != *b);
            continue;
        }
        both += 1;
        let (to, from) = (&mut to[*a as usize], &mut from[*b as usize]);
        if (*to != MISSING && *to != *b) || (*from != MISSING && *from != *a) {
            return false;
        }
        (*to, *from) = (*b, *a);
    }
    both > one && both >= 20
}

fn of_numbers(binned: &Binned, target: &[f64]) -> Option<Power> {
    let (mut ys, mut rows) = (0.0, 0u64);
    for value in target.iter().filter(|value| !value.is_nan()) {
        ys += value;
        rows += 1;
    }
    if rows < 20 {
        return None;
    }
    let mean = ys / rows as f64;
    let folds = FOLDS as usize;
    // The middle of the numbers, so that the sums of squares keep their digits.
    let shift = binned.numbers.as_ref().map_or(0.0, |numbers| {
        let there: Vec<f64> = numbers.iter().copied().filter(|number| !number.is_nan()).collect();
        if there.is_empty() { 0.0 } else { stats::mean_std(&there).0 }
    });
    let x = |row: usize| match &binned.numbers {
        Some(numbers) if !numbers[row].is_nan() => numbers[row] - shift,
        _ => 0.0,
    };
    let mut sums = vec![Sums::default(); folds * binned.bins];
    for (row, (bin, y)) in binned.bin.iter().zip(target).enumerate() {
        if !y.is_nan() {
            sums[fold(row) * binned.bins + *bin as usize].add(x(row), y - mean);
        }
    }
    let (mut of_fold, mut lines) = (vec![0.0; folds], vec![(0.0, 0.0); folds * binned.bins]);
    for f in 0..folds {
        let mut whole = Sums::default();
        for bin in 0..binned.bins {
            let mut seen = Sums::default();
            (0..folds).filter(|other| *other != f).for_each(|other| seen.join(&sums[other * binned.bins + bin]));
            whole.join(&seen);
            lines[f * binned.bins + bin] = seen.line();
        }
        of_fold[f] = whole.y / whole.n.max(1.0);
    }
    let (mut error, mut blind) = (0.0, 0.0);
    for (row, (bin, y)) in binned.bin.iter().zip(target).enumerate() {
        if y.is_nan() {
            continue;
        }
        let f = fold(row);
        let (level, slope) = lines[f * binned.bins + *bin as usize];
        let level = if level.is_nan() { of_fold[f] } else { level };
        let far = y - mean - level - slope * x(row);
        error += far * far;
        let far = y - mean - of_fold[f];
        blind += far * far;
    }
    let r2 = if blind > 0.0 { 1.0 - error / blind } else { 0.0 };
    Some(Power {
        power: PredictivePower {
            column: String::new(),
            skill: Real(r2.clamp(0.0, 1.0)),
            metric: "r2".into(),
            value: Real(r2),
            baseline: Real(0.0),
            rows,
            leaks: r2 >= LEAK,
        },
        relabels: false,
    })
}

/// Sums from which a line is fitted.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    n: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
}

impl Sums {
    fn add(&mut self, x: f64, y: f64) {
        self.n += 1.0;
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.xy += x * y;
    }

    fn join(&mut self, other: &Self) {
        self.n += other.n;
        self.x += other.x;
        self.y += other.y;
        self.xx += other.xx;
        self.xy += other.xy;
    }

    /// Level at 0 and slope of the least-squares line; a level alone where there are fewer than ten rows or x does not
    /// vary; NaN without a row.
    fn line(&self) -> (f64, f64) {
        if self.n == 0.0 {
            return (f64::NAN, 0.0);
        }
        let (x, y) = (self.x / self.n, self.y / self.n);
        let (spread, shared) = (self.xx - self.n * x * x, self.xy - self.n * x * y);
        if self.n < 10.0 || spread <= 1e-12 * self.xx {
            return (y, 0.0);
        }
        let slope = shared / spread;
        (y - slope * x, slope)
    }
}
