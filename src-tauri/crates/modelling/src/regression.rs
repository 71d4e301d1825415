//! Numbers.

use crate::bootstrap::Scorer;

/// Rows of one part.
pub(crate) struct Regression {
    truth: Vec<f64>,
    errors: Vec<f64>,
    /// Rows in ascending order of their absolute error.
    order: Vec<u32>,
    /// A value near the truth's mean: sums of squares are taken around it, so that they do not cancel.
    centre: f64,
}

impl Regression {
    /// From true and predicted values.
    pub fn new(truth: &[f64], predicted: &[f64]) -> Self {
        let errors: Vec<f64> = predicted.iter().zip(truth).map(|(p, y)| p - y).collect();
        let mut order: Vec<u32> = (0..truth.len() as u32).collect();
        order.sort_by(|&a, &b| errors[a as usize].abs().total_cmp(&errors[b as usize].abs()));
        let centre = truth.iter().sum::<f64>() / truth.len() as f64;
        Self { truth: truth.to_vec(), errors, order, centre }
    }

    /// What a model that always says the training part's mean reaches.
    pub fn baseline(&self, mean: f64) -> Vec<f64> {
        Self::new(&self.truth, &vec![mean; self.truth.len()]).value()
    }
}

impl Scorer for Regression {
    fn rows(&self) -> usize {
        self.truth.len()
    }

    fn metrics(&self) -> usize {
        4
    }

    fn score(&self, weights: &[u32], out: &mut [f64]) {
        let (mut total, mut count, mut square, mut absolute) = (0.0, 0u64, 0.0, 0.0);
        let (mut sum, mut spread) = (0.0, 0.0);
        for (row, &weight) in weights.iter().enumerate() {
            count += u64::from(weight);
            let weight = f64::from(weight);
            let error = self.errors[row];
            let away = self.truth[row] - self.centre;
            total += weight;
            square += weight * error * error;
            absolute += weight * error.abs();
            sum += weight * away;
            spread += weight * away * away;
        }
        let around_mean = spread - sum * sum / total;
        // The middle value, or the mean of the middle two.
        let (mut seen, mut median) = (0u64, [f64::NAN; 2]);
        let middle = [count.saturating_sub(1) / 2, count / 2];
        for &row in &self.order {
            let next = seen + u64::from(weights[row as usize]);
            for (value, rank) in median.iter_mut().zip(middle) {
                if rank >= seen && rank < next {
                    *value = self.errors[row as usize].abs();
                }
            }
            seen = next;
            if seen > middle[1] {
                break;
            }
        }
        out[0] = (square / total).sqrt();
        out[1] = absolute / total;
        out[2] = if around_mean > 0.0 { 1.0 - square / around_mean } else { f64::NAN };
        out[3] = f64::midpoint(median[0], median[1]);
    }
}
