//! Whole groups dealt out greedily: by their sizes, or by the classes of their rows.
//!
//! **By size.** The largest group first, each to the part that lacks most of its share (for folds: to the lightest),
//! as scikit-learn's `GroupKFold` does. **By classes.** The group whose class counts spread most first, each to the
//! part after which the shares of the classes differ least between parts, of nearly equal ones to the emptier:
//! `StratifiedGroupKFold`. Parts of unequal shares count by their shares, so that equal ones give just its sums.
//!
//! With a seed both orders are kept to powers of two only, and groups of one power stand in a drawn order: large
//! groups still come first, where they can be evened out, and another seed gives other parts.

use super::draw::Dealer;

/// The groups of some rows.
pub(super) struct Groups {
    /// Group by row of the table, those of the pool alone numbered from 0; `u32::MAX` elsewhere.
    of_row: Vec<u32>,
    sizes: Vec<usize>,
}

impl Groups {
    /// From codes by row, which keep their order.
    pub fn new(pool: &[u32], codes: &[u32]) -> Self {
        let most = pool.iter().map(|row| codes[*row as usize]).max().map_or(0, |code| code as usize + 1);
        let mut number = vec![u32::MAX; most];
        for row in pool {
            number[codes[*row as usize] as usize] = 0;
        }
        let mut groups = 0;
        for slot in number.iter_mut().filter(|slot| **slot == 0) {
            *slot = groups;
            groups += 1;
        }
        let mut of_row = vec![u32::MAX; codes.len()];
        let mut sizes = vec![0; groups as usize];
        for row in pool {
            let group = number[codes[*row as usize] as usize];
            of_row[*row as usize] = group;
            sizes[group as usize] += 1;
        }
        Self { of_row, sizes }
    }

    /// Gives each row to the part of its group.
    pub fn hand_out(&self, pool: &[u32], part_of_group: &[usize], parts: &mut [Vec<u32>]) {
        for row in pool {
            parts[part_of_group[self.of_row[*row as usize] as usize]].push(*row);
        }
    }

    /// The part of each group, by sizes.
    pub fn by_size(&self, shares: &[f64], dealer: &mut Dealer) -> Vec<usize> {
        let mut order: Vec<u32> = (0..self.sizes.len() as u32).collect();
        if dealer.shuffles() {
            dealer.shuffle(&mut order);
            order.sort_by_key(|&group| std::cmp::Reverse(self.sizes[group as usize].checked_ilog2()));
        } else {
            order.sort_by_key(|&group| self.sizes[group as usize]);
            order.reverse();
        }
        let rows: usize = self.sizes.iter().sum();
        let mut lacks: Vec<f64> = shares.iter().map(|share| share * rows as f64).collect();
        let mut part_of = vec![0; self.sizes.len()];
        for group in order {
            let mut best = 0;
            for part in (0..shares.len()).filter(|&part| shares[part] > 0.0) {
                // A hair of rounding must not decide between equal folds.
                if shares[best] <= 0.0 || lacks[part] > lacks[best] + 1e-6 {
                    best = part;
                }
            }
            lacks[best] -= self.sizes[group as usize] as f64;
            part_of[group as usize] = best;
        }
        part_of
    }

    /// The part of each group, by the classes of its rows.
    pub fn by_classes(&self, pool: &[u32], classes: &[u32], shares: &[f64], dealer: &mut Dealer) -> Vec<usize> {
        let width = pool.iter().map(|row| classes[*row as usize]).max().map_or(1, |class| class as usize + 1);
        let mut of_group = vec![0f64; self.sizes.len() * width];
        let mut of_class = vec![0f64; width];
        for row in pool {
            let class = classes[*row as usize] as usize;
            of_group[self.of_row[*row as usize] as usize * width + class] += 1.0;
            of_class[class] += 1.0;
        }
        let spreads: Vec<f64> = of_group.chunks_exact(width).map(spread).collect();
        let mut order: Vec<u32> = (0..self.sizes.len() as u32).collect();
        if dealer.shuffles() {
            dealer.shuffle(&mut order);
            let power = |spread: f64| if spread > 0.0 { spread.log2().floor() as i32 } else { i32::MIN };
            order.sort_by_key(|&group| std::cmp::Reverse(power(spreads[group as usize])));
        } else {
            order.sort_by(|&a, &b| spreads[b as usize].total_cmp(&spreads[a as usize]));
        }
        let used: Vec<usize> = (0..shares.len()).filter(|&part| shares[part] > 0.0).collect();
        // The weight of a part against that of one among equals; exactly 1 where all are equal.
        let weights: Vec<f64> = used.iter().map(|&part| weight(shares[part], used.len())).collect();
        let mut filled = vec![0f64; used.len() * width];
        let mut part_of = vec![0; self.sizes.len()];
        let mut balance = Balance { width, of_class, weights, spreads: vec![0.0; width] };
        for group in order {
            let counts = &of_group[group as usize * width..][..width];
            let best = balance.best(&mut filled, counts);
            for (filled, count) in filled[best * width..][..width].iter_mut().zip(counts) {
                *filled += count;
            }
            part_of[group as usize] = used[best];
        }
        part_of
    }
}

fn weight(share: f64, parts: usize) -> f64 {
    let weight = share * parts as f64;
    if (weight - 1.0).abs() < 1e-9 { 1.0 } else { weight }
}

struct Balance {
    width: usize,
    of_class: Vec<f64>,
    weights: Vec<f64>,
    spreads: Vec<f64>,
}

impl Balance {
    /// The part after which shares differ least.
    fn best(&mut self, filled: &mut [f64], counts: &[f64]) -> usize {
        let (mut best, mut least, mut fewest) = (0, f64::INFINITY, f64::INFINITY);
        for part in 0..self.weights.len() {
            let range = part * self.width..(part + 1) * self.width;
            for (filled, count) in filled[range.clone()].iter_mut().zip(counts) {
                *filled += count;
            }
            let value = self.value(filled);
            for (filled, count) in filled[range.clone()].iter_mut().zip(counts) {
                *filled -= count;
            }
            let rows = filled[range].iter().sum::<f64>() / self.weights[part];
            let near = (value - least).abs() <= 1e-8 + 1e-5 * least.abs();
            if value < least || (near && rows < fewest) {
                (best, least, fewest) = (part, value, rows);
            }
        }
        best
    }

    /// The mean over classes of the standard deviation over parts of the class's share in the part.
    fn value(&mut self, filled: &[f64]) -> f64 {
        let parts = self.weights.len() as f64;
        for class in 0..self.width {
            let rows = if self.of_class[class] > 0.0 { self.of_class[class] } else { 1.0 };
            let share = |part: usize| filled[part * self.width + class] / rows / self.weights[part];
            let mut sum = 0.0;
            for (part, weight) in self.weights.iter().enumerate() {
                sum += weight * share(part);
            }
            let mean = sum / parts;
            let mut squares = 0.0;
            for (part, weight) in self.weights.iter().enumerate() {
                let off = share(part) - mean;
                squares += weight * (off * off);
            }
            self.spreads[class] = (squares / parts).sqrt();
        }
        pairwise(&self.spreads) / self.width as f64
    }
}

/// Standard deviation of a group's class counts, summed in NumPy's order so that ties fall as there.
fn spread(counts: &[f64]) -> f64 {
    let mean = pairwise(counts) / counts.len() as f64;
    let squares: Vec<f64> = counts.iter().map(|count| (count - mean) * (count - mean)).collect();
    (pairwise(&squares) / counts.len() as f64).sqrt()
}

/// NumPy's pairwise sum: eight running sums up to 128 numbers, halves above.
fn pairwise(values: &[f64]) -> f64 {
    if values.len() < 8 {
        return values.iter().sum();
    }
    if values.len() > 128 {
        let half = values.len() / 2;
        let (left, right) = values.split_at(half - half % 8);
        return pairwise(left) + pairwise(right);
    }
    let mut sums = [0.0; 8];
    sums.copy_from_slice(&values[..8]);
    let whole = values.len() - values.len() % 8;
    for eight in values[8..whole].chunks_exact(8) {
        for (sum, value) in sums.iter_mut().zip(eight) {
            *sum += value;
        }
    }
    let [a, b, c, d, e, f, g, h] = sums;
    let mut sum = ((a + b) + (c + d)) + ((e + f) + (g + h));
    for value in &values[whole..] {
        sum += value;
    }
    sum
}
