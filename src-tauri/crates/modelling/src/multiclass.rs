//! Three or more classes.

use crate::{binary::EPSILON, bootstrap::Scorer};

/// Rows of one part.
pub(crate) struct Multiclass {
    classes: usize,
    /// True class by row.
    truth: Vec<u32>,
    /// Most probable class by row; of equals the first.
    predicted: Vec<u32>,
    /// Log loss by row.
    losses: Vec<f64>,
    /// For each class: rows in descending order of its probability, with a mark on the last of equal ones.
    orders: Vec<Vec<(u32, bool)>>,
}

impl Multiclass {
    /// From the true class of each row and, for each class, its probability in each row.
    pub fn new(truth: &[u32], columns: &[Vec<f64>]) -> Self {
        let rows = truth.len();
        let mut predicted = vec![0u32; rows];
        let mut losses = Vec::with_capacity(rows);
        for row in 0..rows {
            for class in 1..columns.len() {
                if columns[class][row] > columns[predicted[row] as usize][row] {
                    predicted[row] = class as u32;
                }
            }
            losses.push(-columns[truth[row] as usize][row].clamp(EPSILON, 1.0 - EPSILON).ln());
        }
        let orders = columns.iter().map(|column| ranked(column)).collect();
        Self { classes: columns.len(), truth: truth.to_vec(), predicted, losses, orders }
    }

    /// Rows by true and predicted class.
    pub fn confusion(&self) -> Vec<Vec<u64>> {
        let mut table = vec![vec![0; self.classes]; self.classes];
        for (truth, predicted) in self.truth.iter().zip(&self.predicted) {
            table[*truth as usize][*predicted as usize] += 1;
        }
        table
    }

    /// What a model that knows only the training part's class shares reaches.
    pub fn baseline(&self, priors: &[f64]) -> Vec<f64> {
        let mut shares = vec![0.0; self.classes];
        for truth in &self.truth {
            shares[*truth as usize] += 1.0 / self.truth.len() as f64;
        }
        let present = shares.iter().filter(|share| **share > 0.0).count() as f64;
        let largest = (0..self.classes).fold(0, |best, class| if priors[class] > priors[best] { class } else { best });
        let hit = shares[largest];
        let labels = present + f64::from(u8::from(hit == 0.0));
        let log = shares.iter().zip(priors).map(|(share, prior)| -share * prior.max(EPSILON).ln()).sum();
        let recalled = if hit > 0.0 { 1.0 / present } else { 0.0 };
        vec![hit, 2.0 * hit / (1.0 + hit) / labels, log, recalled, 0.5]
    }
}

fn ranked(column: &[f64]) -> Vec<(u32, bool)> {
    let mut order: Vec<u32> = (0..column.len() as u32).collect();
    order.sort_by(|&a, &b| column[b as usize].total_cmp(&column[a as usize]));
    let last =
        |rank: usize| rank + 1 == order.len() || column[order[rank] as usize] != column[order[rank + 1] as usize];
    (0..order.len()).map(|rank| (order[rank], last(rank))).collect()
}

impl Scorer for Multiclass {
    fn rows(&self) -> usize {
        self.truth.len()
    }

    fn metrics(&self) -> usize {
        5
    }

    fn passes(&self) -> usize {
        self.classes.div_ceil(2)
    }

    fn score(&self, weights: &[u32], out: &mut [f64]) {
        let classes = self.classes;
        // By class: rows of it, rows called it, rows of it called it.
        let mut counts = vec![[0.0f64; 3]; classes];
        let mut log = 0.0;
        for (row, &weight) in weights.iter().enumerate() {
            let weight = f64::from(weight);
            let (truth, predicted) = (self.truth[row] as usize, self.predicted[row] as usize);
            counts[truth][0] += weight;
            counts[predicted][1] += weight;
            if truth == predicted {
                counts[truth][2] += weight;
            }
            log += weight * self.losses[row];
        }
        let total: f64 = counts.iter().map(|count| count[0]).sum();
        let hits: f64 = counts.iter().map(|count| count[2]).sum();
        let (mut f1, mut labels, mut recall, mut present) = (0.0, 0.0, 0.0, 0.0);
        for [of, called, right] in &counts {
            if of + called > 0.0 {
                labels += 1.0;
                f1 += 2.0 * right / (of + called);
            }
            if *of > 0.0 {
                present += 1.0;
                recall += right / of;
            }
        }
        let (mut auc, mut judged) = (0.0, 0.0);
        for (class, order) in self.orders.iter().enumerate() {
            let positives = counts[class][0];
            if positives == 0.0 || positives == total {
                continue;
            }
            let (mut tp, mut tie_p, mut tie_n, mut area) = (0.0, 0.0, 0.0, 0.0);
            for &(row, last) in order {
                let weight = f64::from(weights[row as usize]);
                if self.truth[row as usize] as usize == class {
                    tie_p += weight;
                } else {
                    tie_n += weight;
                }
                if last {
                    area += tie_n * (tp + tie_p / 2.0);
                    tp += tie_p;
                    (tie_p, tie_n) = (0.0, 0.0);
                }
            }
            judged += 1.0;
            auc += area / (positives * (total - positives));
        }
        out[0] = hits / total;
        out[1] = f1 / labels;
        out[2] = log / total;
        out[3] = recall / present;
        out[4] = auc / judged;
    }
}
