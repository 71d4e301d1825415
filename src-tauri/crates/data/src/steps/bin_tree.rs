//! Edges where a decision tree of one column would cut, as scikit-learn's
//! `DecisionTreeRegressor(max_leaf_nodes=bins)` (numbers) and `DecisionTreeClassifier(max_leaf_nodes=bins)` (classes, Gini).
//!
//! The tree grows best first: of all leaves the one is cut whose best cut lowers the impurity of all rows most. A cut
//! lies in the middle between two neighbouring values; of equally good cuts the lowest is taken. scikit-learn
//! stores values in 32 bits, this does not: its thresholds differ in the eighth digit.

use cairn_protocol::table::ColumnType;
use polars::prelude::*;

use super::columns::{MISSING, codes, column, numbers};
use crate::{error::DataError, frame_types::column_type};

/// Classes at most; the search keeps a count of each.
const MOST_CLASSES: usize = 1000;

/// What is to be told apart.
pub(super) enum Target {
    /// Numbers, NaN for missing.
    Numbers(Vec<f64>),
    /// Classes, [`MISSING`] for missing, and how many there are.
    Classes(Vec<u32>, usize),
}

impl Target {
    pub fn new(frame: &DataFrame, name: &str) -> Result<Self, DataError> {
        let series = column(frame, name)?;
        match column_type(series.dtype()) {
            ColumnType::Int | ColumnType::Float | ColumnType::Decimal => {
                let values = numbers(series)?;
                if let Some(value) = values.iter().find(|value| value.is_infinite()) {
                    let what = format!("{name} holds {value}, which has no mean");
                    return Err(DataError::refused(what, Some(name), "Filter those rows out before"));
                }
                Ok(Self::Numbers(values))
            }
            _ => {
                let codes = codes(series)?;
                if codes.levels.len() > MOST_CLASSES {
                    let what = format!("{name} has {} classes, more than {MOST_CLASSES}", codes.levels.len());
                    return Err(DataError::refused(what, Some(name), "Choose a target with few classes, or a number"));
                }
                Ok(Self::Classes(codes.rows, codes.levels.len()))
            }
        }
    }

    fn is_missing(&self, row: usize) -> bool {
        match self {
            Self::Numbers(values) => values[row].is_nan(),
            Self::Classes(codes, _) => codes[row] == MISSING,
        }
    }

    fn mass(&self) -> Mass {
        match self {
            Self::Numbers(_) => Mass { rows: 0.0, sum: 0.0, classes: Vec::new() },
            Self::Classes(_, classes) => Mass { rows: 0.0, sum: 0.0, classes: vec![0.0; *classes] },
        }
    }
}

/// The rows of a side of a cut: what its impurity hangs on.
#[derive(Clone)]
struct Mass {
    rows: f64,
    sum: f64,
    classes: Vec<f64>,
}

impl Mass {
    fn add(&mut self, target: &Target, mean: f64, row: usize, sign: f64) {
        self.rows += sign;
        match target {
            Target::Numbers(values) => self.sum += sign * (values[row] - mean),
            Target::Classes(codes, _) => self.classes[codes[row] as usize] += sign,
        }
    }

    /// What is the larger the purer the rows are: (Σy)² / n, or Σ n_c² / n.
    fn purity(&self) -> f64 {
        if self.rows == 0.0 {
            return 0.0;
        }
        let squares =
            if self.classes.is_empty() { self.sum * self.sum } else { self.classes.iter().map(|n| n * n).sum() };
        squares / self.rows
    }
}

/// A leaf: rows in order of value, and its best cut.
struct Leaf {
    from: usize,
    to: usize,
    /// What the cut gains, and the first row behind it.
    cut: Option<(f64, usize)>,
}

/// Thresholds, ascending: at most one fewer than there may be bins. Rows without value or target are left out.
pub(super) fn thresholds(values: &[f64], target: &Target, rows: &[usize], bins: usize) -> Vec<f64> {
    let mut order: Vec<usize> =
        rows.iter().copied().filter(|row| !values[*row].is_nan() && !target.is_missing(*row)).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    if order.is_empty() {
        return Vec::new();
    }
    let mean = match target {
        // Sums of squares lose less around the mean.
        Target::Numbers(all) => order.iter().map(|row| all[*row]).sum::<f64>() / order.len() as f64,
        Target::Classes(..) => 0.0,
    };
    let best = |from: usize, to: usize| Leaf { from, to, cut: best_cut(values, target, mean, &order[from..to], from) };
    let mut leaves = vec![best(0, order.len())];
    let mut cuts = Vec::new();
    while leaves.len() < bins {
        let gain = |leaf: &Leaf| leaf.cut.map_or(f64::NEG_INFINITY, |(gain, _)| gain);
        let Some(at) = (0..leaves.len()).reduce(|a, b| if gain(&leaves[b]) > gain(&leaves[a]) { b } else { a }) else {
            break;
        };
        let Some((_, middle)) = leaves[at].cut else { break };
        cuts.push(f64::midpoint(values[order[middle - 1]], values[order[middle]]));
        let Leaf { from, to, .. } = leaves[at];
        leaves[at] = best(from, middle);
        leaves.push(best(middle, to));
    }
    cuts.sort_unstable_by(f64::total_cmp);
    cuts
}

fn best_cut(values: &[f64], target: &Target, mean: f64, rows: &[usize], from: usize) -> Option<(f64, usize)> {
    let (mut left, mut right) = (target.mass(), target.mass());
    rows.iter().for_each(|row| right.add(target, mean, *row, 1.0));
    let whole = right.purity();
    let mut best: Option<(f64, usize)> = None;
    for (at, pair) in rows.windows(2).enumerate() {
        left.add(target, mean, pair[0], 1.0);
        right.add(target, mean, pair[0], -1.0);
        // scikit-learn takes values this near for one.
        if values[pair[1]] <= values[pair[0]] + 1e-7 {
            continue;
        }
        let gain = left.purity() + right.purity() - whole;
        // A pure leaf gains nothing but rounding.
        if gain > 1e-12 * (whole.abs() + 1.0) && best.is_none_or(|(most, _)| gain > most) {
            best = Some((gain, from + at + 1));
        }
    }
    best
}
