//! Two classes: one sort by score, then every metric under any weights in one pass.

use cairn_protocol::{Real, results::CalibrationBin};

use crate::{bootstrap::Scorer, curves};

/// Clip of a probability in the log loss: the machine epsilon, as scikit-learn's.
pub(crate) const EPSILON: f64 = f64::EPSILON;

/// Groups of the calibration curve and of the calibration error.
const GROUPS: usize = 10;

/// Rows of one part in descending order of their score.
pub(crate) struct Binary {
    /// Row by rank.
    order: Vec<u32>,
    /// Whether the row of a rank is of the second class.
    positive: Vec<bool>,
    /// Score by rank.
    score: Vec<f64>,
    /// Whether a rank is the last of equal scores.
    last_of_tie: Vec<bool>,
    /// Log loss and squared error by rank.
    losses: Vec<(f64, f64)>,
    /// Ranks before this one are predicted to be of the second class.
    cut: usize,
    /// One past the last rank of each calibration group; equal scores share a group.
    group_ends: Vec<usize>,
}

impl Binary {
    /// From the truth (whether of the second class) and the probability of the second class.
    pub fn new(truth: &[bool], score: &[f64], threshold: f64) -> Self {
        let mut order: Vec<u32> = (0..truth.len() as u32).collect();
        order.sort_by(|&a, &b| score[b as usize].total_cmp(&score[a as usize]));
        let positive: Vec<bool> = order.iter().map(|&row| truth[row as usize]).collect();
        let ranked: Vec<f64> = order.iter().map(|&row| score[row as usize]).collect();
        let last_of_tie: Vec<bool> =
            (0..ranked.len()).map(|rank| rank + 1 == ranked.len() || ranked[rank] != ranked[rank + 1]).collect();
        let losses = positive.iter().zip(&ranked).map(|(&yes, &p)| (log_loss(yes, p), brier(yes, p))).collect();
        let cut = ranked.partition_point(|&p| p >= threshold);
        let group_ends = group_ends(&last_of_tie);
        Self { order, positive, score: ranked, last_of_tie, losses, cut, group_ends }
    }

    /// The threshold with the largest F1, midway between two neighbouring scores, and of equals the highest.
    pub fn best_f1_threshold(&self) -> f64 {
        let positives = self.positive.iter().filter(|yes| **yes).count() as f64;
        let (mut tp, mut best, mut threshold) = (0.0, -1.0, 0.5);
        for rank in 0..self.score.len() {
            tp += f64::from(u8::from(self.positive[rank]));
            if !self.last_of_tie[rank] {
                continue;
            }
            let f1 = 2.0 * tp / ((rank + 1) as f64 + positives);
            if f1 > best {
                best = f1;
                let here = self.score[rank];
                let middle = self.score.get(rank + 1).map_or(here, |next| f64::midpoint(here, *next));
                threshold = if self.score.get(rank + 1).is_some_and(|next| middle <= *next) { here } else { middle };
            }
        }
        if positives == 0.0 { 0.5 } else { threshold }
    }

    /// Rows by true and predicted class at the threshold.
    pub fn confusion(&self) -> Vec<Vec<u64>> {
        let mut table = vec![vec![0; 2]; 2];
        for (rank, &yes) in self.positive.iter().enumerate() {
            table[usize::from(yes)][usize::from(rank < self.cut)] += 1;
        }
        table
    }

    /// ROC and precision-recall curve.
    pub fn curves(&self) -> curves::Curves {
        curves::curves(&self.positive, &self.last_of_tie)
    }

    /// Groups of equally many rows by predicted probability, lowest first.
    pub fn calibration(&self) -> Vec<CalibrationBin> {
        let mut bins = Vec::with_capacity(self.group_ends.len());
        let mut start = 0;
        for &end in &self.group_ends {
            let count = end - start;
            let hits = self.positive[start..end].iter().filter(|yes| **yes).count();
            let predicted = self.score[start..end].iter().sum::<f64>() / count as f64;
            let (low, high) = curves::wilson(hits as f64, count as f64);
            bins.push(CalibrationBin {
                predicted: Real(predicted),
                observed: Real(hits as f64 / count as f64),
                count: count as u64,
                interval: (Real(low), Real(high)),
            });
            start = end;
        }
        bins.reverse();
        bins
    }

    /// What a model that knows only the training part's share of the second class reaches. F1, precision and
    /// recall are those of calling every row positive, which is where tuning the threshold leads it.
    pub fn baseline(&self, prior: f64) -> Vec<f64> {
        let share = self.positive.iter().filter(|yes| **yes).count() as f64 / self.positive.len() as f64;
        vec![
            0.5,
            share,
            share * log_loss(true, prior) + (1.0 - share) * log_loss(false, prior),
            share * brier(true, prior) + (1.0 - share) * brier(false, prior),
            if prior >= 0.5 { share } else { 1.0 - share },
            2.0 * share / (1.0 + share),
            0.5,
            (prior - share).abs(),
            share,
            1.0,
        ]
    }
}

fn log_loss(yes: bool, p: f64) -> f64 {
    let p = p.clamp(EPSILON, 1.0 - EPSILON);
    if yes { -p.ln() } else { -(-p).ln_1p() }
}

fn brier(yes: bool, p: f64) -> f64 {
    (p - f64::from(u8::from(yes))).powi(2)
}

/// Ends of about equally large groups that never part equal scores.
fn group_ends(last_of_tie: &[bool]) -> Vec<usize> {
    let rows = last_of_tie.len();
    let groups = GROUPS.min(rows);
    let mut ends = Vec::with_capacity(groups);
    for group in 1..=groups {
        let mut end = (group * rows).div_ceil(groups);
        while end < rows && !last_of_tie[end - 1] {
            end += 1;
        }
        if ends.last().is_none_or(|&before| end > before) {
            ends.push(end);
        }
    }
    ends
}

impl Scorer for Binary {
    fn rows(&self) -> usize {
        self.order.len()
    }

    fn metrics(&self) -> usize {
        10
    }

    fn score(&self, weights: &[u32], out: &mut [f64]) {
        // Counts stay whole in f64 far beyond any table's size.
        let (mut tp, mut fp, mut tie_p, mut tie_n) = (0.0, 0.0, 0.0, 0.0);
        let (mut area, mut precision_area, mut log, mut square) = (0.0, 0.0, 0.0, 0.0);
        let (mut cut_tp, mut cut_fp) = (0.0, 0.0);
        let (mut group, mut group_w, mut group_p, mut group_y, mut miscalibration) = (0, 0.0, 0.0, 0.0, 0.0);
        for rank in 0..self.order.len() {
            let weight = f64::from(weights[self.order[rank] as usize]);
            let yes = if self.positive[rank] { weight } else { 0.0 };
            tie_p += yes;
            tie_n += weight - yes;
            log += weight * self.losses[rank].0;
            square += weight * self.losses[rank].1;
            group_w += weight;
            group_p += weight * self.score[rank];
            group_y += yes;
            if self.last_of_tie[rank] {
                // A negative is beaten by all positives before it and by half of those it ties with.
                area += tie_n * (tp + tie_p / 2.0);
                tp += tie_p;
                fp += tie_n;
                if tie_p > 0.0 {
                    precision_area += tie_p * tp / (tp + fp);
                }
                (tie_p, tie_n) = (0.0, 0.0);
            }
            if rank + 1 == self.cut {
                // The cut never parts equal scores, so the tie has just been closed.
                (cut_tp, cut_fp) = (tp, fp);
            }
            if rank + 1 == self.group_ends[group] {
                miscalibration += (group_p - group_y).abs();
                (group_w, group_p, group_y) = (0.0, 0.0, 0.0);
                group = (group + 1).min(self.group_ends.len() - 1);
            }
        }
        debug_assert!(group_w == 0.0);
        let total = tp + fp;
        let ratio = |a: f64, b: f64| if b > 0.0 { a / b } else { 0.0 };
        let undefined = |a: f64, b: f64| if b > 0.0 { a / b } else { f64::NAN };
        let (missed, rejected) = (tp - cut_tp, fp - cut_fp);
        out[0] = undefined(area, tp * fp);
        out[1] = undefined(precision_area, tp);
        out[2] = undefined(log, total);
        out[3] = undefined(square, total);
        out[4] = undefined(cut_tp + rejected, total);
        out[5] = ratio(2.0 * cut_tp, 2.0 * cut_tp + cut_fp + missed);
        out[6] = f64::midpoint(undefined(cut_tp, tp), undefined(rejected, fp));
        out[7] = undefined(miscalibration, total);
        out[8] = ratio(cut_tp, cut_tp + cut_fp);
        out[9] = ratio(cut_tp, tp);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The area under the curve is the share of pairs in the right order, ties counting half.
        #[test]
        fn auc_is_the_share_of_pairs_in_order(rows in prop::collection::vec((any::<bool>(), 0u8..12, 0u32..4), 2..60)) {
            let truth: Vec<bool> = rows.iter().map(|row| row.0).collect();
            let score: Vec<f64> = rows.iter().map(|row| f64::from(row.1) / 11.0).collect();
            let weights: Vec<u32> = rows.iter().map(|row| row.2).collect();
            let (mut won, mut pairs) = (0.0, 0.0);
            for i in 0..rows.len() {
                for j in 0..rows.len() {
                    if truth[i] && !truth[j] {
                        let weight = f64::from(weights[i] * weights[j]);
                        pairs += weight;
                        won += weight * if score[i] > score[j] { 1.0 } else if score[i] == score[j] { 0.5 } else { 0.0 };
                    }
                }
            }
            let mut out = [0.0; 10];
            Binary::new(&truth, &score, 0.5).score(&weights, &mut out);
            if pairs == 0.0 {
                prop_assert!(out[0].is_nan());
            } else {
                prop_assert!((out[0] - won / pairs).abs() < 1e-12);
            }
        }

        /// No other threshold has a larger F1.
        #[test]
        fn the_threshold_is_the_best(rows in prop::collection::vec((any::<bool>(), 0u8..30), 2..60)) {
            let truth: Vec<bool> = rows.iter().map(|row| row.0).collect();
            let score: Vec<f64> = rows.iter().map(|row| f64::from(row.1) / 29.0).collect();
            prop_assume!(truth.iter().any(|yes| *yes));
            let best = Binary::new(&truth, &score, 0.5).best_f1_threshold();
            let f1 = |threshold: f64| Binary::new(&truth, &score, threshold).value()[5];
            for candidate in &score {
                prop_assert!(f1(*candidate) <= f1(best) + 1e-12);
            }
        }
    }
}
