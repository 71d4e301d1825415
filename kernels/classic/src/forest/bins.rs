//! Columns cut into at most 255 bins of about equally many training rows, for the search in large nodes.
//!
//! A column of no more distinct values than that keeps each in a bin of its own. Every bin knows the smallest
//! and the largest training value in it, so that a threshold lies halfway between two values that occur, as it
//! does where values are sorted.

use cairn_kernel_sdk::{KernelError, Matrix, Table};
use rayon::prelude::*;

/// Bins of a column at most; the code above is of missing values.
const BINS: usize = 255;
/// The code of a missing value.
pub(super) const MISSING: usize = BINS;
/// Values looked at to place the bins.
const LOOKED_AT: usize = 100_000;

/// One column's bins.
pub(super) struct Bins {
    /// The bin of each row of the table; of training rows only.
    pub(super) codes: Vec<u8>,
    lower: Vec<f64>,
    upper: Vec<f64>,
}

/// All columns' bins, kept with the table.
pub(super) struct Binned(pub(super) Vec<Bins>);

impl Binned {
    pub(super) fn of(table: &Table) -> Result<Self, KernelError> {
        let (features, training) = (table.features(), table.training());
        Ok(Self((0..features.width()).into_par_iter().map(|at| Bins::of(features, at, training)).collect()))
    }
}

impl Bins {
    fn of(features: &Matrix, at: usize, training: &[usize]) -> Self {
        let column = features.column(at);
        let step = training.len().div_ceil(LOOKED_AT).max(1);
        let mut values: Vec<f64> =
            training.iter().step_by(step).map(|&row| column[row]).filter(|value| !value.is_nan()).collect();
        values.sort_unstable_by(f64::total_cmp);
        let starts = starts(&values);
        let mut bins = Self {
            codes: vec![0; column.len()],
            lower: vec![f64::INFINITY; starts.len()],
            upper: vec![f64::NEG_INFINITY; starts.len()],
        };
        for &row in training {
            let value = column[row];
            if value.is_nan() {
                bins.codes[row] = MISSING as u8;
                continue;
            }
            // The last bin that starts at or below the value; what is below them all belongs to the first.
            let code = starts.partition_point(|&start| start <= value).saturating_sub(1);
            bins.codes[row] = code as u8;
            bins.lower[code] = bins.lower[code].min(value);
            bins.upper[code] = bins.upper[code].max(value);
        }
        bins
    }

    /// A threshold between two bins, the first below the second.
    pub(super) fn between(&self, below: usize, above: usize) -> f64 {
        halfway(self.upper[below], self.lower[above])
    }
}

/// The smallest value of each bin, ascending; at least one.
fn starts(sorted: &[f64]) -> Vec<f64> {
    let mut distinct = sorted.to_vec();
    distinct.dedup();
    if distinct.len() <= BINS {
        if distinct.is_empty() {
            distinct.push(0.0);
        }
        return distinct;
    }
    let mut starts: Vec<f64> = (0..BINS).map(|bin| sorted[bin * sorted.len() / BINS]).collect();
    starts.dedup();
    starts
}

/// A number that separates two, the first below the second: half way, where rounding leaves it below the second.
pub(super) fn halfway(below: f64, above: f64) -> f64 {
    let middle = below / 2.0 + above / 2.0;
    if middle.is_finite() && middle >= below && middle < above { middle } else { below }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bins(values: Vec<f64>) -> Bins {
        let rows: Vec<usize> = (0..values.len()).collect();
        let count = values.len();
        Bins::of(&Matrix::new(vec![values.into()], count), 0, &rows)
    }

    #[test]
    fn few_values_keep_a_bin_each_and_thresholds_lie_half_way() {
        let bins = bins(vec![3.0, 1.0, f64::NAN, 1.0, f64::INFINITY, -2.0]);
        assert_eq!(bins.codes, [2, 1, 255, 1, 3, 0]);
        assert_eq!([bins.between(0, 1), bins.between(1, 2), bins.between(2, 3)], [-0.5, 2.0, 3.0]);
    }

    #[test]
    fn many_values_are_cut_evenly_and_in_order() {
        let values: Vec<f64> = (0..10_200).map(|i| f64::from(i * 7919 % 10_200)).collect();
        let bins = bins(values.clone());
        let mut counts = [0; BINS];
        bins.codes.iter().for_each(|&code| counts[usize::from(code)] += 1);
        assert!(counts.iter().all(|&count| count == 40), "{counts:?}");
        for (value, &code) in values.iter().zip(&bins.codes) {
            let code = usize::from(code);
            assert!(code == 0 || bins.between(code - 1, code) < *value);
            assert!(code + 1 == BINS || *value <= bins.between(code, code + 1));
        }
    }

    #[test]
    fn a_threshold_separates_even_neighbouring_and_huge_numbers() {
        let above = f64::from_bits(1f64.to_bits() + 1);
        assert_eq!(halfway(1.0, above), 1.0);
        assert_eq!(halfway(f64::NEG_INFINITY, 1.0), f64::NEG_INFINITY);
        let huge = halfway(1e308, 1.7e308);
        assert!(huge > 1e308 && huge < 1.7e308);
        assert_eq!(halfway(5e-324, 1e-323), 5e-324);
    }
}
