//! Exact Shapley values of trees: what each feature adds to a prediction, against the mean over the training rows.
//!
//! Lundberg, Erion and Lee, «Consistent Individualized Feature Attribution for Tree Ensembles», 2018, algorithm 2.
//! A feature that is not in the coalition is averaged out by sending a row down both sides in the shares in
//! which the training rows went. One walk through a tree keeps, for every number of known features on the way,
//! the share of orderings that come by, instead of trying all coalitions: polynomial, and exact.

use cairn_kernel_sdk::{Attributions, Matrix};
use rayon::prelude::*;

use super::tree::{Kind, Tree};

/// A question on the way from the root, of one feature.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// None for the root, which asks nothing.
    feature: Option<usize>,
    /// Share of the rows that come by when the feature is not known.
    unknown: f64,
    /// 1 where the row comes by when it is known, else 0.
    known: f64,
    /// Share of the orderings of as many known features as this step's place in the path.
    weight: f64,
}

/// Attributions of the mean of some trees.
pub(super) fn of_mean(trees: &[Tree], outputs: usize, rows: &Matrix) -> Attributions {
    let (width, count) = (rows.width(), trees.len() as f64);
    let flat = rows.to_rows(|value| value);
    let mut of_rows = vec![0.0; rows.rows() * width * outputs];
    of_rows.par_chunks_mut(width * outputs).zip(flat.par_chunks(width)).for_each(|(sums, row)| {
        for tree in trees {
            Walk { tree, outputs, row, sums: &mut *sums }.descend(0, vec![], 1.0, 1.0, None);
        }
        sums.iter_mut().for_each(|sum| *sum /= count);
    });
    let mut base = vec![0.0; outputs];
    for tree in trees {
        let root = tree.cover(0);
        for (at, node) in tree.nodes().iter().enumerate() {
            if let Kind::Leaf { index } = node.kind() {
                let share = tree.cover(at) / root / count;
                base.iter_mut().zip(tree.values(index, outputs)).for_each(|(sum, value)| *sum += share * value);
            }
        }
    }
    let of_output = |output| of_rows.iter().skip(output).step_by(outputs).copied().collect();
    Attributions { base, values: (0..outputs).map(of_output).collect() }
}

/// One row on its way through one tree; `sums` is `[feature][output]`.
struct Walk<'a> {
    tree: &'a Tree,
    outputs: usize,
    row: &'a [f64],
    sums: &'a mut [f64],
}

impl Walk<'_> {
    fn descend(&mut self, at: usize, mut path: Vec<Step>, unknown: f64, known: f64, feature: Option<usize>) {
        extend(&mut path, unknown, known, feature);
        match self.tree.nodes()[at].kind() {
            Kind::Leaf { index } => {
                let values = self.tree.values(index, self.outputs);
                for place in 1..path.len() {
                    let Step { feature, unknown, known, .. } = path[place];
                    let Some(feature) = feature else { continue };
                    let share = weight_without(&path, place) * (known - unknown);
                    let sums = &mut self.sums[feature * self.outputs..];
                    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += share * value);
                }
            }
            Kind::Question { column, threshold, missing_left, right } => {
                let value = self.row[column];
                let goes_left = value <= threshold || (value.is_nan() && missing_left);
                // A feature that was asked about before is one step of the path, not two.
                let (mut before_unknown, mut before_known) = (1.0, 1.0);
                if let Some(place) = path.iter().position(|step| step.feature == Some(column)) {
                    (before_unknown, before_known) = (path[place].unknown, path[place].known);
                    unwind(&mut path, place);
                }
                let cover = self.tree.cover(at);
                for (child, taken) in [(at + 1, goes_left), (right, !goes_left)] {
                    let unknown = before_unknown * self.tree.cover(child) / cover;
                    let known = if taken { before_known } else { 0.0 };
                    self.descend(child, path.clone(), unknown, known, Some(column));
                }
            }
        }
    }
}

fn extend(path: &mut Vec<Step>, unknown: f64, known: f64, feature: Option<usize>) {
    let before = path.len();
    path.push(Step { feature, unknown, known, weight: if before == 0 { 1.0 } else { 0.0 } });
    let all = (before + 1) as f64;
    for place in (0..before).rev() {
        path[place + 1].weight += known * path[place].weight * (place + 1) as f64 / all;
        path[place].weight *= unknown * (before - place) as f64 / all;
    }
}

/// Takes a step out of the path as if it had never been there.
fn unwind(path: &mut Vec<Step>, place: usize) {
    let last = path.len() - 1;
    let (unknown, known) = (path[place].unknown, path[place].known);
    let all = (last + 1) as f64;
    let mut next = path[last].weight;
    for at in (0..last).rev() {
        if known == 0.0 {
            path[at].weight *= all / (unknown * (last - at) as f64);
        } else {
            let weight = path[at].weight;
            path[at].weight = next * all / ((at + 1) as f64 * known);
            next = weight - path[at].weight * unknown * (last - at) as f64 / all;
        }
    }
    for at in place..last {
        let Step { feature, unknown, known, .. } = path[at + 1];
        path[at] = Step { feature, unknown, known, ..path[at] };
    }
    path.pop();
}

/// The summed weight of the path without one step.
fn weight_without(path: &[Step], place: usize) -> f64 {
    let last = path.len() - 1;
    let (unknown, known) = (path[place].unknown, path[place].known);
    let all = (last + 1) as f64;
    let (mut next, mut sum) = (path[last].weight, 0.0);
    for at in (0..last).rev() {
        if known == 0.0 {
            sum += path[at].weight * all / (unknown * (last - at) as f64);
        } else {
            let weight = next * all / ((at + 1) as f64 * known);
            sum += weight;
            next = path[at].weight - weight * unknown * (last - at) as f64 / all;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks about column 0, then 1 or 2, then 0 again; unequal covers; two outputs.
    fn tree() -> Tree {
        let mut tree = Tree::default();
        let leaf = |tree: &mut Tree, cover: f64, value: f64| {
            tree.push_leaf(cover, 2, |values| values.extend([value, value * value]));
        };
        tree.push_question(0, 0.0, false, 20.0);
        tree.push_question(1, 0.5, true, 13.0);
        tree.push_question(0, -1.0, false, 9.0);
        leaf(&mut tree, 4.0, 1.0);
        tree.join_right(2);
        leaf(&mut tree, 5.0, -2.0);
        tree.join_right(1);
        leaf(&mut tree, 4.0, 7.0);
        tree.join_right(0);
        tree.push_question(2, 3.0, false, 7.0);
        leaf(&mut tree, 6.0, 0.5);
        tree.join_right(6);
        leaf(&mut tree, 1.0, 4.0);
        tree
    }

    /// The mean prediction when only the features of a coalition are known (Lundberg's algorithm 1).
    fn expected(tree: &Tree, row: &[f64], known: u32, at: usize, output: usize) -> f64 {
        match tree.nodes()[at].kind() {
            Kind::Leaf { index } => tree.values(index, 2)[output],
            Kind::Question { column, threshold, missing_left, right } => {
                let value = row[column];
                if known & (1 << column) != 0 {
                    let left = value <= threshold || (value.is_nan() && missing_left);
                    return expected(tree, row, known, if left { at + 1 } else { right }, output);
                }
                let share = tree.cover(at + 1) / tree.cover(at);
                share * expected(tree, row, known, at + 1, output)
                    + (1.0 - share) * expected(tree, row, known, right, output)
            }
        }
    }

    #[test]
    fn values_are_those_of_all_coalitions() {
        let tree = tree();
        let columns = [vec![-2.0, -0.5, 3.0, f64::NAN], vec![0.5, f64::NAN, 0.0, 1.0], vec![9.0, 3.0, 3.5, 1.0]];
        let matrix = Matrix::new(columns.iter().cloned().chain([vec![1.0; 4]]).map(Into::into).collect(), 4);
        let found = of_mean(&[tree.clone(), tree.clone()], 2, &matrix);
        let factorial = |n: u32| (1..=n).map(f64::from).product::<f64>();
        for output in 0..2 {
            for at in 0..4 {
                let row: Vec<f64> = matrix.columns().map(|column| column[at]).collect();
                for feature in 0..4u32 {
                    let mut wanted = 0.0;
                    for known in (0..16u32).filter(|known| known & (1 << feature) == 0) {
                        let size = known.count_ones();
                        let share = factorial(size) * factorial(3 - size) / factorial(4);
                        let with = expected(&tree, &row, known | (1 << feature), 0, output);
                        wanted += share * (with - expected(&tree, &row, known, 0, output));
                    }
                    let value = found.values[output][at * 4 + feature as usize];
                    assert!((value - wanted).abs() < 1e-12, "output {output}, row {at}, feature {feature}");
                }
                let all: f64 = found.values[output][at * 4..][..4].iter().sum();
                let predicted = tree.values(tree.leaf(&row) as usize, 2)[output];
                assert!((found.base[output] + all - predicted).abs() < 1e-12);
            }
        }
    }
}
