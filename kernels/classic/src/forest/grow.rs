//! Grows one tree as scikit-learn's forests do: columns drawn anew at every node, children until a limit.
//!
//! A random forest looks for the best threshold of each drawn column: in nodes of more than [`SORTED`] samples
//! between the bins of a histogram, below that between all values, sorted. Extra trees draw one threshold for
//! each drawn column. Missing values are tried on both sides (extra trees toss a coin); where a node has none,
//! they will follow the larger child.

use cairn_kernel_sdk::Matrix;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::bins::{Binned, MISSING, halfway};
use super::scan::{Sample, Scan};
use super::tree::Tree;

/// Samples of a node that is searched by sorting at most.
const SORTED: usize = 40;
/// A tree of no more samples is sorted throughout: there, few bins would make all trees ask the same questions.
const SMALL: usize = 2000;

/// What limits and guides growth.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    pub(super) max_depth: usize,
    pub(super) min_split: usize,
    pub(super) min_leaf: usize,
    pub(super) min_decrease: f64,
    /// Columns looked at in each node.
    pub(super) columns: usize,
}

/// A grown tree.
pub(super) struct Grown {
    pub(super) tree: Tree,
    /// The leaf of each row of the table; [`NOWHERE`] for rows that the tree did not learn from.
    pub(super) leaf_of: Vec<u32>,
    /// Each column's summed decrease of impurity.
    pub(super) importance: Vec<f64>,
}

/// Of rows that a tree did not learn from.
pub(super) const NOWHERE: u32 = u32::MAX;

/// The best split found so far.
#[derive(Debug, Clone, Copy)]
struct Split {
    column: usize,
    threshold: f64,
    /// Where missing values go; none where the node has none in this column.
    missing_left: Option<bool>,
    score: f64,
    /// The last bin on the left and the first on the right that the node has, where it was found between bins.
    bins: Option<(u8, u8)>,
}

/// A node that is still to be made.
struct Open {
    start: usize,
    end: usize,
    depth: usize,
    /// The question whose right child it is.
    right_of: Option<usize>,
}

/// Everything that growing one tree needs.
pub(super) struct Grower<'a, S: Scan> {
    features: &'a Matrix,
    /// None for extra trees.
    bins: Option<&'a Binned>,
    limits: &'a Limits,
    scan: S,
    samples: Vec<Sample<S::Target>>,
    spare: Vec<Sample<S::Target>>,
    columns: Vec<usize>,
    random: ChaCha8Rng,
    /// Values of a node's samples with their place in the node.
    values: Vec<(f64, u32)>,
    rows_in: Vec<u32>,
    /// Values of a node's samples for a threshold at random.
    drawn_values: Vec<f64>,
    /// Samples of a node that is sorted at most.
    sorted: usize,
}

impl<'a, S: Scan> Grower<'a, S> {
    pub(super) fn new(
        features: &'a Matrix,
        bins: Option<&'a Binned>,
        limits: &'a Limits,
        scan: S,
        samples: Vec<Sample<S::Target>>,
        random: ChaCha8Rng,
    ) -> Self {
        let columns = (0..features.width()).collect();
        let (spare, values, rows_in, drawn_values) = (samples.clone(), vec![], vec![0; MISSING + 1], vec![]);
        let sorted = if samples.len() <= SMALL { usize::MAX } else { SORTED };
        Self { features, bins, limits, scan, samples, spare, columns, random, values, rows_in, drawn_values, sorted }
    }

    /// The tree; none where `cancelled` says so.
    pub(super) fn grow(mut self, outputs: usize, cancelled: impl Fn() -> bool) -> Option<Grown> {
        let mut grown = Grown {
            tree: Tree::default(),
            leaf_of: vec![NOWHERE; self.features.rows()],
            importance: vec![0.0; self.features.width()],
        };
        let mut open = vec![Open { start: 0, end: self.samples.len(), depth: 0, right_of: None }];
        let mut all = 0.0;
        while let Some(Open { start, end, depth, right_of }) = open.pop() {
            if cancelled() {
                return None;
            }
            if let Some(parent) = right_of {
                grown.tree.join_right(parent);
            }
            self.scan.start(&self.samples[start..end]);
            let weight = self.scan.weight();
            if depth == 0 {
                all = weight;
            }
            let found = if self.may_split(end - start, depth) { self.search(start, end) } else { None };
            let undivided = self.scan.undivided();
            let split =
                found.filter(|split| (split.score - undivided) / all + f64::EPSILON >= self.limits.min_decrease);
            let Some(split) = split else {
                let leaf = grown.tree.push_leaf(weight, outputs, |values| self.scan.leaf(values));
                self.samples[start..end].iter().for_each(|sample| grown.leaf_of[sample.row as usize] = leaf);
                continue;
            };
            let (middle, split) = self.part(start, end, split);
            let missing_left = split.missing_left.unwrap_or(middle - start > end - middle);
            grown.importance[split.column] += (split.score - undivided).max(0.0) / all;
            let question = grown.tree.len();
            grown.tree.push_question(split.column, split.threshold, missing_left, weight);
            open.push(Open { start: middle, end, depth: depth + 1, right_of: Some(question) });
            open.push(Open { start, end: middle, depth: depth + 1, right_of: None });
        }
        Some(grown)
    }

    fn may_split(&self, rows: usize, depth: usize) -> bool {
        depth < self.limits.max_depth
            && rows >= self.limits.min_split
            && rows >= 2 * self.limits.min_leaf
            && !self.scan.is_pure()
    }

    /// The best split of drawn columns. As in scikit-learn columns that are constant in the node count as drawn,
    /// but drawing goes on until one is not.
    fn search(&mut self, start: usize, end: usize) -> Option<Split> {
        let mut best = None;
        let mut some_vary = false;
        for drawn in 0..self.columns.len() {
            if drawn >= self.limits.columns && some_vary {
                break;
            }
            let other = self.random.random_range(drawn as u32..self.columns.len() as u32) as usize;
            self.columns.swap(drawn, other);
            let column = self.columns[drawn];
            some_vary |= match self.bins {
                None => self.one_at_random(column, start, end, &mut best),
                Some(bins) if end - start > self.sorted => {
                    let samples = &self.samples[start..end];
                    let mut counted = Counted { scan: &mut self.scan, rows_in: &mut self.rows_in, samples };
                    counted.best(column, bins, self.limits.min_leaf, &mut best)
                }
                Some(_) => self.best_of_sorted(column, start, end, &mut best),
            };
        }
        best
    }

    /// Collects the values that are there; how many are missing.
    fn gather(&mut self, column: usize, start: usize, end: usize) -> usize {
        let values = self.features.column(column);
        self.values.clear();
        for (at, sample) in self.samples[start..end].iter().enumerate() {
            let value = values[sample.row as usize];
            if !value.is_nan() {
                self.values.push((value, at as u32));
            }
        }
        end - start - self.values.len()
    }

    /// Moves the samples whose value is missing to the left.
    fn take_missing(&mut self, column: usize, start: usize, end: usize) {
        let values = self.features.column(column);
        for sample in &self.samples[start..end] {
            if values[sample.row as usize].is_nan() {
                self.scan.take(sample);
            }
        }
    }

    /// Tries every threshold between values that occur; whether the column varies.
    fn best_of_sorted(&mut self, column: usize, start: usize, end: usize, best: &mut Option<Split>) -> bool {
        let missing = self.gather(column, start, end);
        let (rows, min_leaf) = (end - start, self.limits.min_leaf);
        self.values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let (Some(first), Some(last)) = (self.values.first(), self.values.last()) else { return false };
        if first.0 == last.0 && missing == 0 {
            return false;
        }
        for missing_left in [false, true] {
            if missing_left && missing == 0 {
                break;
            }
            self.scan.rewind();
            let mut left = 0;
            if missing_left {
                self.take_missing(column, start, end);
                left = missing;
            }
            for at in 0..self.values.len() {
                let (value, sample) = self.values[at];
                self.scan.take(&self.samples[start + sample as usize]);
                left += 1;
                let next = self.values.get(at + 1).map(|next| next.0);
                if next == Some(value) || left < min_leaf || rows - left < min_leaf {
                    continue;
                }
                let threshold = next.map_or(f64::INFINITY, |next| halfway(value, next));
                let missing_left = (missing > 0).then_some(missing_left);
                keep(best, Split { column, threshold, missing_left, score: self.scan.score(), bins: None });
            }
        }
        true
    }

    /// Tries one threshold drawn evenly between the smallest and the largest value; whether the column varies.
    fn one_at_random(&mut self, column: usize, start: usize, end: usize, best: &mut Option<Split>) -> bool {
        let column_values = self.features.column(column);
        let (samples, rows) = (&self.samples[start..end], end - start);
        let (mut lowest, mut highest, mut missing) = (f64::INFINITY, f64::NEG_INFINITY, 0);
        self.drawn_values.clear();
        self.drawn_values.extend(samples.iter().map(|sample| {
            let value = column_values[sample.row as usize];
            // A missing value is neither below nor above anything.
            lowest = if value < lowest { value } else { lowest };
            highest = if value > highest { value } else { highest };
            missing += usize::from(value.is_nan());
            value
        }));
        if missing == rows || (lowest == highest && missing == 0) {
            return false;
        }
        let (threshold, missing_left) = if lowest == highest {
            (f64::INFINITY, Some(false))
        } else {
            let missing_left = if missing > 0 { Some(self.random.random_range(0..2u32) == 0) } else { None };
            let share: f64 = self.random.random();
            let drawn = lowest + share * (highest - lowest);
            // An infinite range has no even draw; then the threshold parts the infinite values off.
            (if drawn >= lowest && drawn < highest { drawn } else { halfway(lowest, highest) }, missing_left)
        };
        // Counted into two bins without a jump that cannot be foreseen.
        let takes_missing = missing_left == Some(true);
        let mut left = 0;
        for (sample, &value) in samples.iter().zip(&self.drawn_values) {
            let goes_left = (value <= threshold) | (takes_missing & value.is_nan());
            self.scan.count(usize::from(goes_left), sample);
            left += usize::from(goes_left);
        }
        self.scan.rewind();
        self.scan.take_bin(1);
        self.scan.wipe(0);
        self.scan.wipe(1);
        if left >= self.limits.min_leaf.max(1) && rows - left >= self.limits.min_leaf.max(1) {
            keep(best, Split { column, threshold, missing_left, score: self.scan.score(), bins: None });
        }
        true
    }

    /// Orders the node's samples left before right, each side in the order of rows; where the right begins. The
    /// threshold between bins moves half way between the node's own values around it.
    fn part(&mut self, start: usize, end: usize, mut split: Split) -> (usize, Split) {
        let values = self.features.column(split.column);
        let missing_left = split.missing_left == Some(true);
        let Some(((low, high), binned)) = split.bins.zip(self.bins) else {
            let middle = self.part_by(start, end, |sample| {
                let value = values[sample.row as usize];
                value <= split.threshold || (missing_left && value.is_nan())
            });
            return (middle, split);
        };
        // Codes are near at hand; values are looked at only where they decide the threshold.
        let (codes, low, high) = (binned.codes(split.column), usize::from(low), usize::from(high));
        let (mut below, mut above) = (f64::NEG_INFINITY, f64::INFINITY);
        let middle = self.part_by(start, end, |sample| {
            let code = codes.of(sample.row);
            if code == low {
                below = below.max(values[sample.row as usize]);
            } else if code == high {
                above = above.min(values[sample.row as usize]);
            }
            code <= low || (missing_left && code == MISSING)
        });
        split.threshold = halfway(below, above);
        (middle, split)
    }

    fn part_by(&mut self, start: usize, end: usize, mut goes_left: impl FnMut(&Sample<S::Target>) -> bool) -> usize {
        let (mut middle, mut right) = (start, 0);
        for at in start..end {
            let sample = self.samples[at];
            let left = goes_left(&sample);
            // Written to both sides, of which one moves on: a jump that cannot be foreseen would cost more.
            self.samples[middle] = sample;
            self.spare[right] = sample;
            middle += usize::from(left);
            right += usize::from(!left);
        }
        self.samples[middle..end].copy_from_slice(&self.spare[..right]);
        middle
    }
}

/// A node's samples counted into bins.
struct Counted<'a, S: Scan> {
    scan: &'a mut S,
    rows_in: &'a mut [u32],
    samples: &'a [Sample<S::Target>],
}

impl<S: Scan> Counted<'_, S> {
    /// Tries every threshold between bins that occur; whether more than one does.
    fn best(&mut self, column: usize, bins: &Binned, min_leaf: usize, best: &mut Option<Split>) -> bool {
        // One bit a code, so that a node of few samples looks at few bins.
        let mut occupied = [0u64; 4];
        let of_rows = bins.codes(column);
        for sample in self.samples {
            let code = of_rows.of(sample.row);
            self.scan.count(code, sample);
            self.rows_in[code] += 1;
            occupied[code >> 6] |= 1 << (code & 63);
        }
        let missing = self.rows_in[MISSING] as usize;
        let mut codes = [0u8; MISSING];
        let mut count = 0;
        for (word, mut bits) in occupied.into_iter().enumerate() {
            while bits != 0 {
                let code = word * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                if code != MISSING {
                    codes[count] = code as u8;
                    count += 1;
                }
            }
        }
        let codes = &codes[..count];
        let varies = count > 1 || (count == 1 && missing > 0);
        if varies {
            self.try_all(column, bins, codes, min_leaf, false, best);
            if missing > 0 {
                self.try_all(column, bins, codes, min_leaf, true, best);
            }
        }
        for code in codes.iter().map(|&code| usize::from(code)).chain((missing > 0).then_some(MISSING)) {
            self.scan.wipe(code);
            self.rows_in[code] = 0;
        }
        varies
    }

    fn try_all(
        &mut self,
        column: usize,
        bins: &Binned,
        codes: &[u8],
        min_leaf: usize,
        missing_left: bool,
        best: &mut Option<Split>,
    ) {
        let missing = self.rows_in[MISSING] as usize;
        self.scan.rewind();
        let mut left = 0;
        if missing_left {
            self.scan.take_bin(MISSING);
            left = missing;
        }
        for (at, &code) in codes.iter().enumerate() {
            let code = usize::from(code);
            self.scan.take_bin(code);
            left += self.rows_in[code] as usize;
            let right = self.samples.len() - left;
            if left < min_leaf || right < min_leaf {
                continue;
            }
            let score = self.scan.score();
            if best.is_none_or(|best| score > best.score) {
                let next = codes.get(at + 1).copied();
                let threshold = next.map_or(f64::INFINITY, |next| bins.between(column, code, usize::from(next)));
                let missing_left = (missing > 0).then_some(missing_left);
                let bins = next.map(|next| (code as u8, next));
                keep(best, Split { column, threshold, missing_left, score, bins });
            }
        }
    }
}

/// Keeps the better of two; the first of equal ones.
fn keep(best: &mut Option<Split>, split: Split) {
    if split.score.is_finite() && best.is_none_or(|best| split.score > best.score) {
        *best = Some(split);
    }
}
