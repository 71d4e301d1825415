//! Numbers as the share of fitted values below them, as scikit-learn's `QuantileTransformer` without subsampling.

use cairn_protocol::steps::QuantileShape;
use statrs::distribution::{ContinuousCDF, Normal};

use super::numeric::quantile_of_sorted;

/// Quantiles at most.
const MOST: usize = 1000;
/// Shares nearer to 0 or 1 are taken for the end (scikit-learn's `BOUNDS_THRESHOLD`).
const END: f64 = 1e-7;

/// Quantiles of values at equal steps of the share, 1,000 or as many as there are values.
pub(super) fn quantiles(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let count = values.len().min(MOST);
    let mut quantiles: Vec<f64> = (0..count).map(|at| quantile_of_sorted(&values, reference(at, count))).collect();
    // Rounding must not turn neighbours round.
    for at in 1..count {
        quantiles[at] = quantiles[at].max(quantiles[at - 1]);
    }
    quantiles
}

fn reference(at: usize, count: usize) -> f64 {
    if count < 2 { 0.0 } else { at as f64 / (count - 1) as f64 }
}

fn normal() -> Normal {
    Normal::standard()
}

/// The share of a value, in the shape; NaN for NaN.
pub(super) fn rank(quantiles: &[f64], shape: QuantileShape, value: f64) -> f64 {
    let (Some(&first), Some(&last)) = (quantiles.first(), quantiles.last()) else { return f64::NAN };
    if value.is_nan() {
        return value;
    }
    let (is_low, is_high) = match shape {
        QuantileShape::Uniform => (value <= first, value >= last),
        QuantileShape::Normal => (value - END < first, value + END > last),
    };
    let share = if is_low {
        0.0
    } else if is_high {
        1.0
    } else {
        // Of repeated quantiles the middle: the mean of the interpolations from below and from above.
        0.5 * (from_below(quantiles, value) + from_above(quantiles, value))
    };
    match shape {
        QuantileShape::Uniform => share,
        QuantileShape::Normal => {
            let end = END - f64::EPSILON;
            if share < end {
                normal().inverse_cdf(end)
            } else if share > 1.0 - end {
                normal().inverse_cdf(1.0 - end)
            } else {
                normal().inverse_cdf(share)
            }
        }
    }
}

fn from_below(quantiles: &[f64], value: f64) -> f64 {
    let count = quantiles.len();
    let above = quantiles.partition_point(|quantile| *quantile <= value);
    if above == 0 || above == count {
        return reference(above.saturating_sub(1), count);
    }
    between(quantiles, above - 1, value)
}

fn from_above(quantiles: &[f64], value: f64) -> f64 {
    let count = quantiles.len();
    let at = quantiles.partition_point(|quantile| *quantile < value);
    if at == 0 || at == count {
        return reference(at.min(count - 1), count);
    }
    between(quantiles, at - 1, value)
}

fn between(quantiles: &[f64], low: usize, value: f64) -> f64 {
    let (a, b) = (reference(low, quantiles.len()), reference(low + 1, quantiles.len()));
    a + (b - a) / (quantiles[low + 1] - quantiles[low]) * (value - quantiles[low])
}

/// The value of a share: the inverse of [`rank`].
pub(super) fn value(quantiles: &[f64], shape: QuantileShape, rank: f64) -> f64 {
    let (Some(&first), Some(&last)) = (quantiles.first(), quantiles.last()) else { return f64::NAN };
    if rank.is_nan() {
        return rank;
    }
    let (share, end) = match shape {
        QuantileShape::Uniform => (rank, 0.0),
        QuantileShape::Normal => (normal().cdf(rank), END),
    };
    if share - end <= 0.0 {
        first
    } else if share + end >= 1.0 {
        last
    } else {
        quantile_of_sorted(quantiles, share)
    }
}
