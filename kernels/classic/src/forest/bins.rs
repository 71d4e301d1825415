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

/// Columns of a table at most whose codes lie row by row: a deep node looks at several columns of rows that are
/// far apart, which are then in the same line of the cache. Rows of many columns are longer than a line.
const ROW_BY_ROW: usize = 64;

/// All columns' bins, kept with the table.
pub(super) struct Binned {
    columns: Vec<Bins>,
    /// The bin of each training row in each column.
    codes: Vec<u8>,
    row_stride: usize,
    column_stride: usize,
}

/// One column's bins.
struct Bins {
    lower: Vec<f64>,
    upper: Vec<f64>,
}

/// The codes of one column.
#[derive(Clone, Copy)]
pub(super) struct Codes<'a> {
    codes: &'a [u8],
    stride: usize,
}

impl Binned {
    pub(super) fn of(table: &Table) -> Result<Self, KernelError> {
        Ok(Self::of_rows(table.features(), table.training()))
    }

    fn of_rows(features: &Matrix, training: &[usize]) -> Self {
        let (rows, width) = (features.rows(), features.width());
        let columns: Vec<(Bins, Vec<u8>)> =
            (0..width).into_par_iter().map(|at| Bins::of(features, at, training)).collect();
        let (row_stride, column_stride) = if width <= ROW_BY_ROW { (width, 1) } else { (1, rows) };
        let mut codes = vec![0; rows * width];
        let mut bins = Vec::with_capacity(width);
        for (at, (column, of_rows)) in columns.into_iter().enumerate() {
            let cells = codes.iter_mut().skip(at * column_stride).step_by(row_stride);
            cells.zip(of_rows).for_each(|(cell, code)| *cell = code);
            bins.push(column);
        }
        Self { columns: bins, codes, row_stride, column_stride }
    }

    pub(super) fn codes(&self, column: usize) -> Codes<'_> {
        Codes { codes: &self.codes[column * self.column_stride..], stride: self.row_stride }
    }

    /// A threshold between two bins of a column, the first below the second.
    pub(super) fn between(&self, column: usize, below: usize, above: usize) -> f64 {
        let Bins { lower, upper } = &self.columns[column];
        halfway(upper[below], lower[above])
    }
}

impl Codes<'_> {
    #[inline]
    pub(super) fn of(self, row: u32) -> usize {
        usize::from(self.codes[row as usize * self.stride])
    }
}

impl Bins {
    /// The bins and the code of each row.
    fn of(features: &Matrix, at: usize, training: &[usize]) -> (Self, Vec<u8>) {
        let column = features.column(at);
        let step = training.len().div_ceil(LOOKED_AT).max(1);
        let mut values: Vec<f64> =
            training.iter().step_by(step).map(|&row| column[row]).filter(|value| !value.is_nan()).collect();
        values.sort_unstable_by(f64::total_cmp);
        let starts = starts(&values);
        let mut codes = vec![0; column.len()];
        let mut bins = Self { lower: vec![f64::INFINITY; starts.len()], upper: vec![f64::NEG_INFINITY; starts.len()] };
        for &row in training {
            let value = column[row];
            if value.is_nan() {
                codes[row] = MISSING as u8;
                continue;
            }
            // The last bin that starts at or below the value; what is below them all belongs to the first.
            let code = starts.partition_point(|&start| start <= value).saturating_sub(1);
            codes[row] = code as u8;
            bins.lower[code] = bins.lower[code].min(value);
            bins.upper[code] = bins.upper[code].max(value);
        }
        (bins, codes)
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

    /// With so many copies of the column, the last of which is looked at.
    fn bins(values: Vec<f64>, copies: usize) -> Binned {
        let rows: Vec<usize> = (0..values.len()).collect();
        let count = values.len();
        Binned::of_rows(&Matrix::new(vec![values.into(); copies], count), &rows)
    }

    #[test]
    fn few_values_keep_a_bin_each_and_thresholds_lie_half_way() {
        for copies in [1, 3, 100] {
            let bins = bins(vec![3.0, 1.0, f64::NAN, 1.0, f64::INFINITY, -2.0], copies);
            let codes = bins.codes(copies - 1);
            assert_eq!((0..6).map(|row| codes.of(row)).collect::<Vec<_>>(), [2, 1, 255, 1, 3, 0]);
            let between = |below| bins.between(copies - 1, below, below + 1);
            assert_eq!([between(0), between(1), between(2)], [-0.5, 2.0, 3.0]);
        }
    }

    #[test]
    fn many_values_are_cut_evenly_and_in_order() {
        let values: Vec<f64> = (0..10_200).map(|i| f64::from(i * 7919 % 10_200)).collect();
        let bins = bins(values.clone(), 2);
        let mut counts = [0; BINS];
        for (row, value) in values.iter().enumerate() {
            let code = bins.codes(1).of(row as u32);
            counts[code] += 1;
            assert!(code == 0 || bins.between(1, code - 1, code) < *value);
            assert!(code + 1 == BINS || *value <= bins.between(1, code, code + 1));
        }
        assert!(counts.iter().all(|&count| count == 40), "{counts:?}");
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
