//! An isolation forest (Liu, Ting and Zhou 2008): rows that random cuts set apart quickly are unlike the others.
//!
//! 100 trees, each grown on 256 rows drawn without replacement, cut at a random place of a random column until a row
//! stands alone or the tree is 8 deep. The score is 2^(−E(depth) / c(256)), as in the paper. Everything random comes
//! from one ChaCha8 stream, drawn tree by tree: the same table gives the same scores on any machine.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use rayon::prelude::*;

use crate::Progress;

const TREES: usize = 100;
const SAMPLE: usize = 256;
const DEPTH: usize = 8;
const SEED: u64 = 0x0063_6169_726e;

/// Rows that go through one tree after the other together, so that the tree stays in the nearest cache.
const BLOCK: usize = 2048;

/// A node: a cut, with its children next to each other, or a leaf.
#[derive(Clone, Copy)]
struct Node {
    /// The column cut; [`LEAF`] for a leaf.
    feature: u32,
    /// The left child; the right one stands behind it.
    left: u32,
    /// Where it is cut; of a leaf the depth that it stands for.
    at: f64,
}

const LEAF: u32 = u32::MAX;

impl Node {
    fn leaf(depth: f64) -> Self {
        Self { feature: LEAF, left: 0, at: depth }
    }
}

/// The score of each row; `features` holds one vector of finite numbers a column, all equally long. What is left when
/// the work is cancelled keeps the score 0.
pub(super) fn scores(features: &[Vec<f64>], progress: &dyn Progress) -> Vec<f64> {
    let rows = features.first().map_or(0, Vec::len);
    let mut scores = vec![0.0; rows];
    if rows < 2 {
        return scores;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let sample = SAMPLE.min(rows);
    let trees: Vec<Vec<Node>> = (0..TREES)
        .map(|_| {
            let mut drawn = draw(rows, sample, &mut rng);
            let mut nodes = vec![Node::leaf(0.0)];
            grow(features, &mut drawn, 0, 0, &mut nodes, &mut rng);
            nodes
        })
        .collect();
    let usual = usual_depth(sample as f64);
    scores.par_chunks_mut(BLOCK).enumerate().for_each(|(block, depths)| {
        if progress.cancelled() {
            return;
        }
        for tree in &trees {
            for (at, depth) in depths.iter_mut().enumerate() {
                *depth += depth_of(tree, features, block * BLOCK + at);
            }
        }
        depths.iter_mut().for_each(|depth| *depth = (-*depth / TREES as f64 / usual).exp2());
    });
    scores
}

fn depth_of(tree: &[Node], features: &[Vec<f64>], row: usize) -> f64 {
    let mut node = tree[0];
    while node.feature != LEAF {
        node = tree[node.left as usize + usize::from(features[node.feature as usize][row] >= node.at)];
    }
    node.at
}

/// `wanted` different rows (Floyd's algorithm), in ascending order.
fn draw(rows: usize, wanted: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    let mut chosen = std::collections::BTreeSet::new();
    for last in rows - wanted..rows {
        let row = ((u128::from(rng.next_u64()) * (last as u128 + 1)) >> 64) as usize;
        if !chosen.insert(row) {
            chosen.insert(last);
        }
    }
    chosen.into_iter().collect()
}

/// Average depth of an unsuccessful search in a binary tree of n: c(n) of the paper.
fn usual_depth(n: f64) -> f64 {
    if n <= 1.0 {
        return 0.0;
    }
    if n <= 2.0 {
        return 1.0;
    }
    2.0 * ((n - 1.0).ln() + 0.577_215_664_901_532_9) - 2.0 * (n - 1.0) / n
}

fn grow(
    features: &[Vec<f64>],
    rows: &mut [usize],
    node: usize,
    depth: usize,
    nodes: &mut Vec<Node>,
    rng: &mut ChaCha8Rng,
) {
    let leaf = Node::leaf(depth as f64 + usual_depth(rows.len() as f64));
    if depth == DEPTH || rows.len() < 2 {
        nodes[node] = leaf;
        return;
    }
    // Columns that do not vary here cannot cut; the next one round is taken instead.
    let first = ((u128::from(rng.next_u64()) * features.len() as u128) >> 64) as usize;
    let place = (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
    let varies = (0..features.len()).map(|step| (first + step) % features.len()).find_map(|feature| {
        let (least, most) = rows.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), row| {
            (least.min(features[feature][*row]), most.max(features[feature][*row]))
        });
        (most > least).then_some((feature, least, most))
    });
    let Some((feature, least, most)) = varies else {
        nodes[node] = leaf;
        return;
    };
    let at = least + (most - least) * place;
    let at = if at > least { at } else { most };
    rows.sort_unstable_by(|a, b| features[feature][*a].total_cmp(&features[feature][*b]).then(a.cmp(b)));
    let middle = rows.partition_point(|row| features[feature][*row] < at);
    let left = nodes.len();
    nodes.extend([Node::leaf(0.0); 2]);
    nodes[node] = Node { feature: feature as u32, left: left as u32, at };
    let (below, above) = rows.split_at_mut(middle);
    grow(features, below, left, depth + 1, nodes, rng);
    grow(features, above, left + 1, depth + 1, nodes, rng);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NoProgress;

    #[test]
    fn the_row_far_out_has_the_highest_score() {
        let spiral = |row: usize, turn: f64| (row as f64 * turn).sin();
        let mut features: Vec<Vec<f64>> =
            [1.1, 2.3, 3.7].iter().map(|turn| (0..2000).map(|row| spiral(row, *turn)).collect()).collect();
        features[0][1234] = 9.0;
        features[1][1234] = -7.0;
        let scores = scores(&features, &NoProgress);
        let first = (0..2000).max_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap();
        assert_eq!(first, 1234);
        let second = (0..2000).filter(|row| *row != 1234).map(|row| scores[row]).fold(0.0, f64::max);
        assert!(scores[1234] > second + 0.01 && scores[0] < 0.55, "{} {second} {}", scores[1234], scores[0]);
        assert_eq!(scores, super::scores(&features, &NoProgress));
        assert_eq!(super::scores(&[vec![1.0; 5]], &NoProgress).len(), 5);
    }
}
