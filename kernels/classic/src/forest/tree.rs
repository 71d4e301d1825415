//! One decision tree as flat arrays: what prediction, attribution and the model file read.
//!
//! Nodes lie in the order in which a walk to the left first meets them: the left child follows its parent, so
//! only the right one is named. A row goes left where its value is at most the threshold.

/// Mark of a leaf in place of a column.
const LEAF: u32 = u32::MAX;
/// Set where missing values go left.
const MISSING_LEFT: u32 = 1 << 31;

/// A question or a leaf.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Node {
    threshold: f64,
    /// The column asked about, with [`MISSING_LEFT`] in it; [`LEAF`].
    asks: u32,
    /// The right child; of a leaf, its index among the leaves.
    next: u32,
}

/// What a node is, unpacked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Leaf { index: usize },
    Question { column: usize, threshold: f64, missing_left: bool, right: usize },
}

/// A tree whose leaves hold `outputs` values each.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
    /// Weight of the training rows that came through each node.
    covers: Vec<f32>,
    values: Vec<f64>,
}

impl Node {
    pub(crate) fn kind(self) -> Kind {
        if self.asks == LEAF {
            return Kind::Leaf { index: self.next as usize };
        }
        Kind::Question {
            column: (self.asks & !MISSING_LEFT) as usize,
            threshold: self.threshold,
            missing_left: self.asks & MISSING_LEFT != 0,
            right: self.next as usize,
        }
    }
}

impl Tree {
    /// Number of nodes.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub(crate) fn cover(&self, node: usize) -> f64 {
        f64::from(self.covers[node])
    }

    /// The values of a leaf.
    pub(crate) fn values(&self, leaf: usize, outputs: usize) -> &[f64] {
        &self.values[leaf * outputs..][..outputs]
    }

    /// Adds a leaf, whose values `write` appends, and returns its index among the leaves.
    pub(super) fn push_leaf(&mut self, cover: f64, outputs: usize, write: impl FnOnce(&mut Vec<f64>)) -> u32 {
        let index = (self.values.len() / outputs) as u32;
        write(&mut self.values);
        self.nodes.push(Node { threshold: 0.0, asks: LEAF, next: index });
        self.covers.push(cover as f32);
        index
    }

    /// Adds a question whose right child [`Tree::join_right`] names later.
    pub(super) fn push_question(&mut self, column: usize, threshold: f64, missing_left: bool, cover: f64) {
        let asks = column as u32 | if missing_left { MISSING_LEFT } else { 0 };
        self.nodes.push(Node { threshold, asks, next: 0 });
        self.covers.push(cover as f32);
    }

    /// Makes the next node to come the right child of this one.
    pub(super) fn join_right(&mut self, parent: usize) {
        self.nodes[parent].next = self.nodes.len() as u32;
    }

    /// The leaf of a row.
    #[inline]
    pub(crate) fn leaf(&self, row: &[f64]) -> u32 {
        let mut at = 0;
        loop {
            let node = self.nodes[at];
            if node.asks == LEAF {
                return node.next;
            }
            let value = row[(node.asks & !MISSING_LEFT) as usize];
            let left = value <= node.threshold || (value.is_nan() && node.asks & MISSING_LEFT != 0);
            at = if left { at + 1 } else { node.next as usize };
        }
    }

    /// Appends the tree's bytes, all little-endian.
    pub(super) fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend((self.nodes.len() as u32).to_le_bytes());
        bytes.extend((self.values.len() as u32).to_le_bytes());
        for node in &self.nodes {
            bytes.extend(node.threshold.to_le_bytes());
            bytes.extend(node.asks.to_le_bytes());
            bytes.extend(node.next.to_le_bytes());
        }
        self.covers.iter().for_each(|cover| bytes.extend(cover.to_le_bytes()));
        self.values.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
    }

    /// Reads one tree and moves `bytes` behind it; none where that is no tree every walk through which ends.
    pub(super) fn decode(bytes: &mut &[u8], width: usize, outputs: usize) -> Option<Self> {
        let (nodes, values) = (u32::from_le_bytes(take(bytes)?) as usize, u32::from_le_bytes(take(bytes)?) as usize);
        // Twenty bytes a node and eight a value: a length that promises more than there is must not allocate.
        if nodes.checked_mul(20)?.checked_add(values.checked_mul(8)?)? > bytes.len() {
            return None;
        }
        let mut tree = Self::default();
        for _ in 0..nodes {
            let threshold = f64::from_le_bytes(take(bytes)?);
            let (asks, next) = (u32::from_le_bytes(take(bytes)?), u32::from_le_bytes(take(bytes)?));
            tree.nodes.push(Node { threshold, asks, next });
        }
        for _ in 0..nodes {
            tree.covers.push(f32::from_le_bytes(take(bytes)?));
        }
        for _ in 0..values {
            tree.values.push(f64::from_le_bytes(take(bytes)?));
        }
        tree.is_sound(width, outputs).then_some(tree)
    }

    /// Children lie behind their parents and within the tree, columns and leaves are there.
    fn is_sound(&self, width: usize, outputs: usize) -> bool {
        let leaves = self.values.len() / outputs.max(1);
        !self.nodes.is_empty()
            && self.nodes.iter().enumerate().all(|(at, node)| match node.kind() {
                Kind::Leaf { index } => index < leaves,
                Kind::Question { column, right, .. } => column < width && right > at + 1 && right < self.nodes.len(),
            })
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One question about column 1 with two leaves of two values.
    fn stump(missing_left: bool) -> Tree {
        let mut tree = Tree::default();
        tree.push_question(1, 0.5, missing_left, 5.0);
        tree.push_leaf(3.0, 2, |values| values.extend([0.25, 0.75]));
        tree.join_right(0);
        tree.push_leaf(2.0, 2, |values| values.extend([1.0, 0.0]));
        tree
    }

    #[test]
    fn rows_go_where_the_question_sends_them() {
        for missing_left in [false, true] {
            let tree = stump(missing_left);
            assert_eq!([tree.leaf(&[9.0, 0.5]), tree.leaf(&[0.0, 0.6])], [0, 1]);
            assert_eq!(tree.leaf(&[0.0, f64::NAN]), u32::from(!missing_left));
            assert_eq!([tree.leaf(&[0.0, f64::NEG_INFINITY]), tree.leaf(&[0.0, f64::INFINITY])], [0, 1]);
            assert_eq!(tree.values(1, 2), [1.0, 0.0]);
        }
    }

    #[test]
    fn bytes_give_the_same_tree_and_broken_ones_none() {
        let (tree, mut bytes) = (stump(true), vec![]);
        tree.encode(&mut bytes);
        tree.encode(&mut bytes);
        let mut rest = &bytes[..];
        assert_eq!(Tree::decode(&mut rest, 2, 2), Some(tree.clone()));
        assert_eq!(Tree::decode(&mut rest, 2, 2), Some(tree));
        assert!(rest.is_empty());
        assert_eq!(Tree::decode(&mut &bytes[..], 1, 2), None, "column 1 of one column");
        for length in 0..bytes.len() / 2 {
            assert_eq!(Tree::decode(&mut &bytes[..length], 2, 2), None, "{length} bytes");
        }
        // The root's right child is itself: a walk would never end.
        bytes[8 + 12..8 + 16].fill(0);
        assert_eq!(Tree::decode(&mut &bytes[..], 2, 2), None);
    }
}
