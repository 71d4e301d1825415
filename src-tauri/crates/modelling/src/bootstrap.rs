//! Spread of metrics by the bootstrap over rows (Efron 1979): rows are drawn with replacement, which is the same
//! as giving each row a whole-numbered weight; a scorer sorts once and scores under any weights in one pass.
//!
//! Up to [`FULL_WORK`] row-passes a draw, [`DRAWS`] draws give the standard error and the 95 % interval between
//! percentiles. Larger tables take fewer draws, no fewer than [`FEWEST`]: the standard error is then still good to
//! about a tenth, and the interval is ± 1.96 of it, which at such sizes is what the percentiles would say.

use rayon::prelude::*;

use crate::rng;

/// Draws for the interval.
pub(crate) const DRAWS: usize = 400;
const FEWEST: usize = 50;
const FULL_WORK: usize = 50_000;
const Z95: f64 = 1.959_963_984_540_054;

/// Scores rows under weights.
pub(crate) trait Scorer: Sync {
    /// Rows judged.
    fn rows(&self) -> usize;
    /// Number of metrics.
    fn metrics(&self) -> usize;
    /// Passes over the rows that one scoring takes.
    fn passes(&self) -> usize {
        1
    }
    /// The metrics under weights, one weight a row, in the order of the rows given; NaN where undefined.
    fn score(&self, weights: &[u32], out: &mut [f64]);

    /// The metrics with every row counted once.
    fn value(&self) -> Vec<f64> {
        let mut out = vec![f64::NAN; self.metrics()];
        self.score(&vec![1; self.rows()], &mut out);
        out
    }
}

/// Standard error and 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub std_error: f64,
    pub interval: (f64, f64),
}

/// How many draws a scorer of this work is given.
pub(crate) fn draws(rows: usize, passes: usize) -> usize {
    let work = rows.saturating_mul(passes.max(1)).max(1);
    (DRAWS.saturating_mul(FULL_WORK) / work).clamp(FEWEST, DRAWS)
}

/// The metrics of every draw: outer by draw. Streams start at `first_stream`.
pub(crate) fn samples(
    rows: usize,
    draws: usize,
    seed: u64,
    first_stream: u64,
    score: impl Fn(&[u32]) -> Vec<f64> + Sync,
) -> Vec<Vec<f64>> {
    (0..draws as u64)
        .into_par_iter()
        .map_init(
            || vec![0u32; rows],
            |weights, draw| {
                rng::resample(&mut rng::stream(seed, first_stream + draw), weights);
                score(weights)
            },
        )
        .collect()
}

/// The spread of one metric over its draws around its value; none where more than half of the draws leave it
/// undefined (a part with a single case of a class).
pub(crate) fn spread(value: f64, mut drawn: Vec<f64>) -> Option<Spread> {
    let asked = drawn.len();
    drawn.retain(|x| x.is_finite());
    if !value.is_finite() || drawn.len() < 2 || drawn.len() * 2 < asked {
        return None;
    }
    let n = drawn.len() as f64;
    let mean = drawn.iter().sum::<f64>() / n;
    let std_error = (drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    let interval = if asked < DRAWS {
        (value - Z95 * std_error, value + Z95 * std_error)
    } else {
        drawn.sort_unstable_by(f64::total_cmp);
        (quantile(&drawn, 0.025), quantile(&drawn, 0.975))
    };
    Some(Spread { std_error, interval })
}

/// The spread of every metric of a scorer.
pub(crate) fn spreads(scorer: &dyn Scorer, values: &[f64], seed: u64, first_stream: u64) -> Vec<Option<Spread>> {
    let rows = scorer.rows();
    if rows < 2 {
        return vec![None; values.len()];
    }
    let draws = draws(rows, scorer.passes());
    let all = samples(rows, draws, seed, first_stream, |weights| {
        let mut out = vec![f64::NAN; scorer.metrics()];
        scorer.score(weights, &mut out);
        out
    });
    values.iter().enumerate().map(|(at, &value)| spread(value, all.iter().map(|draw| draw[at]).collect())).collect()
}

/// Quantile of sorted values by linear interpolation.
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let at = p * (sorted.len() - 1) as f64;
    let low = at.floor() as usize;
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + (at - low as f64) * (sorted[high] - sorted[low])
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Mean(Vec<f64>);

    impl Scorer for Mean {
        fn rows(&self) -> usize {
            self.0.len()
        }
        fn metrics(&self) -> usize {
            1
        }
        fn score(&self, weights: &[u32], out: &mut [f64]) {
            let total: u32 = weights.iter().sum();
            out[0] = self.0.iter().zip(weights).map(|(x, w)| x * f64::from(*w)).sum::<f64>() / f64::from(total);
        }
    }

    /// The standard error of a mean is known: deviation / √n.
    #[test]
    fn the_spread_of_a_mean_is_the_textbook_one() {
        let values: Vec<f64> = (0..1000).map(|i| f64::from(i % 100)).collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let deviation = (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
        let scorer = Mean(values);
        let spread = spreads(&scorer, &scorer.value(), 7, 0)[0].unwrap();
        let expected = deviation / n.sqrt();
        assert!((spread.std_error / expected - 1.0).abs() < 0.12, "{spread:?} {expected}");
        assert!((spread.interval.0 - (mean - 1.96 * expected)).abs() < 0.4 * expected);
        assert!((spread.interval.1 - (mean + 1.96 * expected)).abs() < 0.4 * expected);
        assert_eq!(spreads(&scorer, &scorer.value(), 7, 0)[0].unwrap(), spread, "same seed, same figures");
        assert_ne!(spreads(&scorer, &scorer.value(), 8, 0)[0].unwrap(), spread);
    }

    #[test]
    fn large_tables_take_fewer_draws() {
        assert_eq!(draws(3_000, 1), 400);
        assert_eq!(draws(50_000, 1), 400);
        assert_eq!(draws(100_000, 1), 200);
        assert_eq!(draws(10_000_000, 1), 50);
    }
}
