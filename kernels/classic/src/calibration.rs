//! From decision values to probabilities.

use serde::{Deserialize, Serialize};

use crate::linear_model::sigmoid;

/// A non-decreasing map from a decision value to the probability of the class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Calibration {
    /// 1 / (1 + exp(−slope·value − intercept)): Platt 1999.
    Platt { slope: f64, intercept: f64 },
    /// Linear between these points, constant outside: Zadrozny and Elkan 2002.
    Isotonic { values: Vec<f64>, probabilities: Vec<f64> },
}

impl Calibration {
    /// Platt's: the sigmoid of the largest likelihood, by Newton steps that are shortened until they help (Lin, Lin
    /// and Weng, «A Note on Platt's Probabilistic Outputs», Machine Learning 68, 2007). Its targets are a
    /// little off 0 and 1, so that separated values do not make the slope infinite.
    pub(crate) fn platt(values: &[f64], positive: &[bool]) -> Self {
        let positives = positive.iter().filter(|&&yes| yes).count() as f64;
        let negatives = positive.len() as f64 - positives;
        let target = |yes: bool| if yes { (positives + 1.0) / (positives + 2.0) } else { 1.0 / (negatives + 2.0) };
        // Values of very large numbers would overflow in squares.
        let unit = values.iter().fold(0.0f64, |most, value| most.max(value.abs()));
        let unit = if unit > 0.0 { unit } else { 1.0 };
        let loss = |slope: f64, intercept: f64| -> f64 {
            let of = |(&value, &yes): (&f64, &bool)| {
                let z = slope * value / unit + intercept;
                z.max(0.0) + (-z.abs()).exp().ln_1p() - target(yes) * z
            };
            values.iter().zip(positive).map(of).sum()
        };
        let (mut slope, mut intercept) = (0.0, ((positives + 1.0) / (negatives + 1.0)).ln());
        let mut reached = loss(slope, intercept);
        for _ in 0..100 {
            let (mut g1, mut g2, mut h11, mut h12, mut h22) = (0.0, 0.0, 1e-12, 0.0, 1e-12);
            for (&value, &yes) in values.iter().zip(positive) {
                let value = value / unit;
                let p = sigmoid(slope * value + intercept);
                let (error, curve) = (p - target(yes), p * (1.0 - p));
                g1 += error * value;
                g2 += error;
                h11 += curve * value * value;
                h12 += curve * value;
                h22 += curve;
            }
            if g1.abs().max(g2.abs()) < 1e-9 {
                break;
            }
            let determinant = h11 * h22 - h12 * h12;
            let (d1, d2) = ((h12 * g2 - h22 * g1) / determinant, (h12 * g1 - h11 * g2) / determinant);
            let along = g1 * d1 + g2 * d2;
            let mut length = 1.0;
            let better = loop {
                let after = loss(slope + length * d1, intercept + length * d2);
                if after <= reached + 1e-4 * length * along {
                    break Some(after);
                }
                length *= 0.5;
                if length < 1e-10 {
                    break None;
                }
            };
            let Some(after) = better else { break };
            (slope, intercept, reached) = (slope + length * d1, intercept + length * d2, after);
        }
        Self::Platt { slope: slope / unit, intercept }
    }

    /// The non-decreasing map of least squared error, by pooling adjacent violators (Ayer and others 1955).
    pub(crate) fn isotonic(values: &[f64], positive: &[bool]) -> Self {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
        // Pools of neighbours: first and last value, summed positives, rows.
        let mut pools: Vec<(f64, f64, f64, f64)> = vec![];
        for tie in order.chunk_by(|&a, &b| values[a] == values[b]) {
            let value = values[tie[0]];
            let yes = tie.iter().filter(|&&at| positive[at]).count() as f64;
            pools.push((value, value, yes, tie.len() as f64));
            while let [.., before, last] = &mut pools[..] {
                if before.2 * last.3 < last.2 * before.3 {
                    break;
                }
                *before = (before.0, last.1, before.2 + last.2, before.3 + last.3);
                pools.pop();
            }
        }
        let (mut ends, mut probabilities) = (vec![], vec![]);
        for (first, last, yes, rows) in pools {
            ends.push(first);
            probabilities.push(yes / rows);
            if last > first {
                ends.push(last);
                probabilities.push(yes / rows);
            }
        }
        Self::Isotonic { values: ends, probabilities }
    }

    /// The probability of a decision value.
    pub(crate) fn probability(&self, value: f64) -> f64 {
        match self {
            Self::Platt { slope, intercept } => sigmoid(slope * value + intercept),
            Self::Isotonic { values, probabilities } => {
                let above = values.partition_point(|&end| end <= value);
                if above == 0 {
                    return probabilities[0];
                }
                if above == values.len() {
                    return probabilities[above - 1];
                }
                let share = (value - values[above - 1]) / (values[above] - values[above - 1]);
                probabilities[above - 1] + share * (probabilities[above] - probabilities[above - 1])
            }
        }
    }

    /// Whether a file's content holds together.
    pub(crate) fn fits(&self) -> bool {
        match self {
            Self::Platt { slope, intercept } => slope.is_finite() && intercept.is_finite(),
            Self::Isotonic { values, probabilities } => {
                !values.is_empty() && values.len() == probabilities.len() && values.is_sorted()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platts_sigmoid_has_no_slope_left_at_any_scale() {
        for scale in [1e-200, 1.0, 1e200] {
            let values: Vec<f64> = (0..40).map(|i| scale * (f64::from(i * 7 % 40) - 20.0) / 5.0).collect();
            let positive: Vec<bool> = (0..40).map(|i| values[i] > scale * (((i * 3) % 5) as f64 - 2.0)).collect();
            let Calibration::Platt { slope, intercept } = Calibration::platt(&values, &positive) else { panic!() };
            let count = positive.iter().filter(|&&yes| yes).count() as f64;
            let target = |yes| if yes { (count + 1.0) / (count + 2.0) } else { 1.0 / (42.0 - count) };
            let errors: Vec<f64> =
                (0..40).map(|i| sigmoid(slope * values[i] + intercept) - target(positive[i])).collect();
            assert!(errors.iter().sum::<f64>().abs() < 1e-8, "{scale}");
            assert!(errors.iter().zip(&values).map(|(e, v)| e * v / scale).sum::<f64>().abs() < 1e-7, "{scale}");
            assert!(slope > 0.0);
        }
    }

    #[test]
    fn the_isotonic_map_pools_what_falls() {
        let values = [1.0, 2.0, 3.0, 4.0, 4.0, 6.0];
        let map = Calibration::isotonic(&values, &[false, true, false, true, false, true]);
        let wanted =
            Calibration::Isotonic { values: vec![1.0, 2.0, 4.0, 6.0], probabilities: vec![0.0, 0.5, 0.5, 1.0] };
        assert_eq!(map, wanted);
        let found = [0.0, 1.5, 3.3, 5.0, 9.0].map(|value| map.probability(value));
        assert_eq!(found, [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert_eq!(Calibration::isotonic(&[1.0; 4], &[true, false, true, true]).probability(-3.0), 0.75);
    }
}
