//! How good a split is: sums of targets that are moved from the right of a threshold to its left.
//!
//! The score of a split is what is left when the impurity of both sides, weighted, is taken from a constant:
//! higher is better, and the score of the undivided node is what it must exceed to gain. For the Gini index and
//! the squared error that is Σ s²/w over both sides; for the entropy Σ s·log₂(s/w). (Breiman, Friedman,
//! Olshen and Stone, «Classification and Regression Trees», 1984; scikit-learn's `proxy_impurity_improvement`.)

use super::bins::MISSING;

/// Codes that a histogram counts: the bins and missing.
const CODES: usize = MISSING + 1;

/// A training row in a tree: drawn `count` times.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample<T> {
    pub(super) row: u32,
    pub(super) count: u32,
    pub(super) target: T,
}

/// Sums over the samples of one node, and how they part.
pub(super) trait Scan {
    type Target: Copy + Send + Sync;

    /// Takes up a node: its sums, all on the right.
    fn start(&mut self, samples: &[Sample<Self::Target>]);
    /// Summed weight of the node.
    fn weight(&self) -> f64;
    /// Whether all its targets are equal.
    fn is_pure(&self) -> bool;
    /// The node's score when it is not divided.
    fn undivided(&self) -> f64;
    /// Everything goes back to the right.
    fn rewind(&mut self);
    /// One sample goes left.
    fn take(&mut self, sample: &Sample<Self::Target>);
    /// The score of the two sides as they are.
    fn score(&self) -> f64;
    /// Counts a sample into a bin.
    fn count(&mut self, bin: usize, sample: &Sample<Self::Target>);
    /// All of a bin goes left.
    fn take_bin(&mut self, bin: usize);
    /// Empties a bin.
    fn wipe(&mut self, bin: usize);
    /// Appends what a leaf of this node predicts.
    fn leaf(&self, values: &mut Vec<f64>);
}

/// Weights of classes; a leaf predicts their shares, for two classes that of class 1.
#[derive(Clone)]
pub(super) struct Classes {
    factors: Vec<f64>,
    entropy: bool,
    bins: Vec<u32>,
    total: Vec<f64>,
    left: Vec<f64>,
    weight: f64,
    weight_left: f64,
    /// Σ of squared class weights of the node, its left and its right.
    squares: f64,
    squares_left: f64,
    squares_right: f64,
}

impl Classes {
    /// `factors` is the weight of a row of each class.
    pub(super) fn new(factors: Vec<f64>, entropy: bool) -> Self {
        let classes = factors.len();
        Self {
            factors,
            entropy,
            bins: vec![0; CODES * classes],
            total: vec![0.0; classes],
            left: vec![0.0; classes],
            weight: 0.0,
            weight_left: 0.0,
            squares: 0.0,
            squares_left: 0.0,
            squares_right: 0.0,
        }
    }

    #[inline]
    fn shift(&mut self, class: usize, count: u32) {
        let moved = f64::from(count) * self.factors[class];
        let left = self.left[class];
        let right = self.total[class] - left;
        self.squares_left += moved * (2.0 * left + moved);
        self.squares_right -= moved * (2.0 * right - moved);
        self.left[class] = left + moved;
        self.weight_left += moved;
    }
}

/// Σ s·log₂(s/w), of which minus is the weighted entropy.
fn ordered(sums: impl Iterator<Item = f64>, weight: f64) -> f64 {
    sums.filter(|&sum| sum > 0.0).map(|sum| sum * (sum / weight).log2()).sum()
}

impl Scan for Classes {
    type Target = u32;

    fn start(&mut self, samples: &[Sample<u32>]) {
        self.total.fill(0.0);
        for sample in samples {
            self.total[sample.target as usize] += f64::from(sample.count);
        }
        self.total.iter_mut().zip(&self.factors).for_each(|(total, factor)| *total *= factor);
        self.weight = self.total.iter().sum();
        self.squares = self.total.iter().map(|total| total * total).sum();
        self.rewind();
    }

    fn weight(&self) -> f64 {
        self.weight
    }

    fn is_pure(&self) -> bool {
        self.total.iter().filter(|&&total| total > 0.0).count() < 2
    }

    fn undivided(&self) -> f64 {
        if self.entropy {
            return ordered(self.total.iter().copied(), self.weight);
        }
        self.squares / self.weight
    }

    fn rewind(&mut self) {
        self.left.fill(0.0);
        self.weight_left = 0.0;
        self.squares_left = 0.0;
        self.squares_right = self.squares;
    }

    #[inline]
    fn take(&mut self, sample: &Sample<u32>) {
        self.shift(sample.target as usize, sample.count);
    }

    #[inline]
    fn score(&self) -> f64 {
        let weight_right = self.weight - self.weight_left;
        if self.entropy {
            let right = self.total.iter().zip(&self.left).map(|(total, left)| total - left);
            return ordered(self.left.iter().copied(), self.weight_left) + ordered(right, weight_right);
        }
        self.squares_left / self.weight_left + self.squares_right / weight_right
    }

    #[inline]
    fn count(&mut self, bin: usize, sample: &Sample<u32>) {
        self.bins[bin * self.factors.len() + sample.target as usize] += sample.count;
    }

    #[inline]
    fn take_bin(&mut self, bin: usize) {
        for class in 0..self.factors.len() {
            let count = self.bins[bin * self.factors.len() + class];
            if count > 0 {
                self.shift(class, count);
            }
        }
    }

    fn wipe(&mut self, bin: usize) {
        self.bins[bin * self.factors.len()..][..self.factors.len()].fill(0);
    }

    fn leaf(&self, values: &mut Vec<f64>) {
        if let [_, positive] = self.total[..] {
            values.push(positive / self.weight);
        } else {
            values.extend(self.total.iter().map(|total| total / self.weight));
        }
    }
}

/// Sums of numbers less their mean over all training rows; a leaf predicts the mean of its rows.
#[derive(Clone)]
pub(super) struct Numbers {
    offset: f64,
    bins: Vec<(f64, f64)>,
    sum: f64,
    weight: f64,
    equal: bool,
    sum_left: f64,
    weight_left: f64,
}

impl Numbers {
    /// `offset` is what was taken from every target.
    pub(super) fn new(offset: f64) -> Self {
        Self {
            offset,
            bins: vec![(0.0, 0.0); CODES],
            sum: 0.0,
            weight: 0.0,
            equal: true,
            sum_left: 0.0,
            weight_left: 0.0,
        }
    }
}

impl Scan for Numbers {
    type Target = f64;

    fn start(&mut self, samples: &[Sample<f64>]) {
        (self.sum, self.weight) = (0.0, 0.0);
        for sample in samples {
            self.sum += f64::from(sample.count) * sample.target;
            self.weight += f64::from(sample.count);
        }
        self.equal = samples.windows(2).all(|pair| pair[0].target == pair[1].target);
        self.rewind();
    }

    fn weight(&self) -> f64 {
        self.weight
    }

    fn is_pure(&self) -> bool {
        self.equal
    }

    fn undivided(&self) -> f64 {
        self.sum * self.sum / self.weight
    }

    fn rewind(&mut self) {
        (self.sum_left, self.weight_left) = (0.0, 0.0);
    }

    #[inline]
    fn take(&mut self, sample: &Sample<f64>) {
        self.sum_left += f64::from(sample.count) * sample.target;
        self.weight_left += f64::from(sample.count);
    }

    #[inline]
    fn score(&self) -> f64 {
        let (sum_right, weight_right) = (self.sum - self.sum_left, self.weight - self.weight_left);
        self.sum_left * self.sum_left / self.weight_left + sum_right * sum_right / weight_right
    }

    #[inline]
    fn count(&mut self, bin: usize, sample: &Sample<f64>) {
        let (sum, weight) = &mut self.bins[bin];
        *sum += f64::from(sample.count) * sample.target;
        *weight += f64::from(sample.count);
    }

    #[inline]
    fn take_bin(&mut self, bin: usize) {
        let (sum, weight) = self.bins[bin];
        self.sum_left += sum;
        self.weight_left += weight;
    }

    fn wipe(&mut self, bin: usize) {
        self.bins[bin] = (0.0, 0.0);
    }

    fn leaf(&self, values: &mut Vec<f64>) {
        values.push(self.sum / self.weight + self.offset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Vec<Sample<u32>> {
        (0..12).map(|row| Sample { row, count: 1 + row % 2, target: row * row % 3 }).collect()
    }

    /// The weighted impurity of both sides, by its definition.
    fn by_definition(side: &[Sample<u32>], factors: [f64; 3], entropy: bool) -> f64 {
        let mut sums = [0.0; 3];
        side.iter().for_each(|s| sums[s.target as usize] += f64::from(s.count) * factors[s.target as usize]);
        let weight: f64 = sums.iter().sum();
        let shares = sums.map(|sum| sum / weight);
        if entropy {
            return weight * shares.iter().map(|&p| if p > 0.0 { -p * p.log2() } else { 0.0 }).sum::<f64>();
        }
        weight * (1.0 - shares.iter().map(|p| p * p).sum::<f64>())
    }

    #[test]
    fn gains_of_classes_are_the_falls_of_the_impurity() {
        let (samples, factors) = (samples(), [1.0, 2.5, 0.5]);
        for entropy in [false, true] {
            let mut scan = Classes::new(factors.to_vec(), entropy);
            scan.start(&samples);
            for at in 1..samples.len() {
                scan.take(&samples[at - 1]);
                let sides =
                    by_definition(&samples[..at], factors, entropy) + by_definition(&samples[at..], factors, entropy);
                let gain = by_definition(&samples, factors, entropy) - sides;
                assert!((scan.score() - scan.undivided() - gain).abs() < 1e-10, "{entropy} {at}");
            }
        }
    }

    #[test]
    fn a_bin_moves_what_its_samples_would() {
        let samples = samples();
        let mut single = Classes::new(vec![1.0; 3], false);
        let mut binned = single.clone();
        single.start(&samples);
        binned.start(&samples);
        for sample in &samples[..5] {
            single.take(sample);
            binned.count(7, sample);
        }
        binned.take_bin(7);
        assert!((single.score() - binned.score()).abs() < 1e-12);
        binned.wipe(7);
        binned.rewind();
        binned.take_bin(7);
        assert_eq!(binned.weight_left, 0.0);
    }

    #[test]
    fn gains_of_numbers_are_the_falls_of_the_squared_error() {
        let samples: Vec<Sample<f64>> =
            (0..9).map(|row| Sample { row, count: 1, target: f64::from(row * row % 7) - 2.0 }).collect();
        let error = |side: &[Sample<f64>]| {
            let mean = side.iter().map(|s| s.target).sum::<f64>() / side.len() as f64;
            side.iter().map(|s| (s.target - mean).powi(2)).sum::<f64>()
        };
        let mut scan = Numbers::new(100.0);
        scan.start(&samples);
        let mut leaf = vec![];
        scan.leaf(&mut leaf);
        assert!((leaf[0] - (100.0 + samples.iter().map(|s| s.target).sum::<f64>() / 9.0)).abs() < 1e-12);
        for at in 1..samples.len() {
            scan.take(&samples[at - 1]);
            let gain = error(&samples) - error(&samples[..at]) - error(&samples[at..]);
            assert!((scan.score() - scan.undivided() - gain).abs() < 1e-10);
        }
    }
}
