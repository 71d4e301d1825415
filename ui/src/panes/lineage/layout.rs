//! Where nodes stand: layers from left to right. Small graphs are laid out after Sugiyama (crate `rust-sugiyama`:
//! network simplex layers, few crossings, straight chains); large ones, for which that takes too long for a frame, by
//! the longest path and a few passes of the barycentre heuristic. Either way nodes never overlap: the last step
//! pushes apart what is too close. Parts that do not hang together stand below each other with their columns aligned.

use std::collections::{BTreeMap, HashMap};

use cairn_protocol::runs::NodeKind;
use egui::{Rect, Vec2, pos2, vec2};
use rust_sugiyama::{configure::Config, from_vertices_and_edges};

/// Height of a node.
pub const NODE_HEIGHT: f32 = 60.0;
/// Room between nodes of a column.
const GAP_Y: f32 = 20.0;
/// Room between columns.
const GAP_X: f32 = 44.0;
/// Room between parts that do not hang together.
const GAP_PARTS: f32 = 36.0;
/// Nodes up to which the careful layout is used.
const CAREFUL: usize = 400;

/// What is laid out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Item {
    /// Width of the box.
    pub width: f32,
    /// Its kind, by which columns of separate parts are aligned.
    pub kind: NodeKind,
}

/// A layout.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layout {
    /// The box of each node.
    pub boxes: Vec<Rect>,
    /// The column of each node.
    pub column_of: Vec<usize>,
    /// Left and right end of each column, with the kinds in it.
    pub columns: Vec<(f32, f32, Vec<NodeKind>)>,
    /// Size of everything.
    pub size: Vec2,
}

/// A node's layer and its wanted place across.
type Place = (usize, f32);

/// Lays out nodes. Edges are by index, each once, none to itself.
#[must_use]
pub fn layout(items: &[Item], edges: &[(usize, usize)]) -> Layout {
    if items.is_empty() {
        return Layout::default();
    }
    let parts = parts_of(items.len(), edges);
    let careful = items.len() <= CAREFUL;
    let mut placed: Vec<(Vec<usize>, HashMap<usize, Place>)> = parts
        .into_iter()
        .map(|part| {
            let own: Vec<(usize, usize)> =
                edges.iter().copied().filter(|(from, _)| part.binary_search(from).is_ok()).collect();
            let places = if careful { sugiyama(items, &part, &own) } else { quick(&part, &own) };
            (part, places)
        })
        .collect();
    // The largest part leads; the others line up with its columns.
    placed.sort_by_key(|(part, _)| std::cmp::Reverse(part.len()));
    align_columns(items, &mut placed);
    let mut out =
        Layout { boxes: vec![Rect::NOTHING; items.len()], column_of: vec![0; items.len()], ..Layout::default() };
    for (_, places) in &placed {
        for (node, (layer, _)) in places {
            out.column_of[*node] = *layer;
        }
    }
    out.columns = columns(items, &out.column_of);
    let mut top = 0.0;
    for (_, places) in &placed {
        top = stack(items, places, &mut out, top) + GAP_PARTS;
    }
    let right = out.columns.last().map_or(0.0, |(_, right, _)| *right);
    out.size = vec2(right, (top - GAP_PARTS).max(NODE_HEIGHT));
    out
}

/// The parts that hang together, each sorted.
fn parts_of(count: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut root: Vec<usize> = (0..count).collect();
    fn find(root: &mut [usize], mut at: usize) -> usize {
        while root[at] != at {
            root[at] = root[root[at]];
            at = root[at];
        }
        at
    }
    for &(from, to) in edges {
        let (a, b) = (find(&mut root, from), find(&mut root, to));
        root[a.max(b)] = a.min(b);
    }
    let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for node in 0..count {
        let at = find(&mut root, node);
        parts.entry(at).or_default().push(node);
    }
    parts.into_values().collect()
}

fn sugiyama(items: &[Item], part: &[usize], edges: &[(usize, usize)]) -> HashMap<usize, Place> {
    if part.len() == 1 || edges.is_empty() {
        return part.iter().enumerate().map(|(row, node)| (*node, (0, row as f32))).collect();
    }
    // The crate goes from top to bottom: its width is our height. It answers with places in the list of vertices.
    let own = |node: &usize| part.binary_search(node).unwrap_or(0) as u32;
    let vertices: Vec<(u32, (f64, f64))> =
        part.iter().map(|node| (own(node), (f64::from(NODE_HEIGHT), f64::from(items[*node].width)))).collect();
    let edges: Vec<(u32, u32)> = edges.iter().map(|(from, to)| (own(from), own(to))).collect();
    let config = Config { vertex_spacing: f64::from(GAP_Y), transpose: part.len() <= 150, ..Config::default() };
    let mut places = HashMap::new();
    for (nodes, _, _) in from_vertices_and_edges(&vertices, &edges, &config) {
        let mut layers: Vec<i64> = nodes.iter().map(|(_, (_, along))| (along * 4.0).round() as i64).collect();
        layers.sort_unstable();
        layers.dedup();
        for (node, (across, along)) in nodes {
            let layer = layers.binary_search(&((along * 4.0).round() as i64)).unwrap_or(0);
            places.insert(part[node], (layer, across as f32));
        }
    }
    places
}

fn quick(part: &[usize], edges: &[(usize, usize)]) -> HashMap<usize, Place> {
    let mut parents: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut children: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut waiting: HashMap<usize, usize> = part.iter().map(|node| (*node, 0)).collect();
    for &(from, to) in edges {
        parents.entry(to).or_default().push(from);
        children.entry(from).or_default().push(to);
        *waiting.entry(to).or_default() += 1;
    }
    let mut layer: HashMap<usize, usize> = part.iter().map(|node| (*node, 0)).collect();
    let mut open: Vec<usize> = part.iter().copied().filter(|node| waiting[node] == 0).collect();
    // Nodes on a circle are never ready and stay in the first layer.
    while let Some(node) = open.pop() {
        for &to in children.get(&node).into_iter().flatten() {
            let least = layer[&node] + 1;
            let at = layer.entry(to).or_default();
            *at = (*at).max(least);
            let left = waiting.entry(to).or_default();
            *left = left.saturating_sub(1);
            if *left == 0 {
                open.push(to);
            }
        }
    }
    let deepest = layer.values().copied().max().unwrap_or(0);
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); deepest + 1];
    for node in part {
        rows[layer[node]].push(*node);
    }
    let mut across: HashMap<usize, f32> = HashMap::new();
    let place_row = |row: &[usize], across: &mut HashMap<usize, f32>| {
        let middle = (row.len() as f32 - 1.0) / 2.0;
        for (i, node) in row.iter().enumerate() {
            across.insert(*node, (i as f32 - middle) * (NODE_HEIGHT + GAP_Y));
        }
    };
    for row in &rows {
        place_row(row, &mut across);
    }
    for pass in 0..6 {
        let neighbours = if pass % 2 == 0 { &parents } else { &children };
        let order: Vec<usize> = if pass % 2 == 0 { (0..rows.len()).collect() } else { (0..rows.len()).rev().collect() };
        for at in order {
            let mean = |node: &usize| {
                let near = neighbours.get(node).map_or(&[][..], Vec::as_slice);
                if near.is_empty() {
                    across[node]
                } else {
                    near.iter().map(|n| across[n]).sum::<f32>() / near.len() as f32
                }
            };
            let mut row: Vec<(f32, usize)> = rows[at].iter().map(|node| (mean(node), *node)).collect();
            row.sort_by(|a, b| a.0.total_cmp(&b.0));
            rows[at] = row.into_iter().map(|(_, node)| node).collect();
            place_row(&rows[at], &mut across);
        }
    }
    part.iter().map(|node| (*node, (layer[node], across[node]))).collect()
}

/// Shifts the layers of each further part so that most of its nodes stand in a column of their kind.
fn align_columns(items: &[Item], placed: &mut [(Vec<usize>, HashMap<usize, Place>)]) {
    let Some(((_, leading), others)) = placed.split_first_mut() else { return };
    let mut kinds: HashMap<(usize, NodeKind), usize> = HashMap::new();
    for (node, (layer, _)) in leading.iter() {
        *kinds.entry((*layer, items[*node].kind)).or_default() += 1;
    }
    let columns = leading.values().map(|(layer, _)| *layer).max().unwrap_or(0) + 1;
    for (_, places) in others {
        let score = |shift: usize| {
            places.iter().filter(|(node, (layer, _))| kinds.contains_key(&(layer + shift, items[**node].kind))).count()
        };
        let best = (0..columns).max_by_key(|shift| (score(*shift), std::cmp::Reverse(*shift))).unwrap_or(0);
        for (layer, _) in places.values_mut() {
            *layer += best;
        }
    }
}

fn columns(items: &[Item], column_of: &[usize]) -> Vec<(f32, f32, Vec<NodeKind>)> {
    let count = column_of.iter().copied().max().unwrap_or(0) + 1;
    let mut widths = vec![0.0_f32; count];
    let mut kinds: Vec<Vec<NodeKind>> = vec![Vec::new(); count];
    for (item, column) in items.iter().zip(column_of) {
        widths[*column] = widths[*column].max(item.width);
        if !kinds[*column].contains(&item.kind) {
            kinds[*column].push(item.kind);
        }
    }
    let mut left = 0.0;
    widths
        .into_iter()
        .zip(kinds)
        .map(|(width, mut kinds)| {
            kinds.sort_unstable();
            let column = (left, left + width, kinds);
            left += width + GAP_X;
            column
        })
        .collect()
}

/// Puts one part below `top`, pushing apart what is too close; where it ends.
fn stack(items: &[Item], places: &HashMap<usize, Place>, out: &mut Layout, top: f32) -> f32 {
    let mut rows: BTreeMap<usize, Vec<(f32, usize)>> = BTreeMap::new();
    for (node, (layer, across)) in places {
        rows.entry(*layer).or_default().push((*across, *node));
    }
    let mut y_of: Vec<(usize, f32)> = Vec::new();
    for row in rows.values_mut() {
        row.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut least = f32::NEG_INFINITY;
        for (across, node) in row.iter() {
            let y = across.max(least);
            y_of.push((*node, y));
            least = y + NODE_HEIGHT + GAP_Y;
        }
    }
    let first = y_of.iter().map(|(_, y)| *y).fold(f32::INFINITY, f32::min);
    let mut end = top;
    for (node, y) in y_of {
        let column = out.column_of[node];
        let (left, _, _) = out.columns[column];
        let y = (top + y - first).round();
        out.boxes[node] = Rect::from_min_size(pos2(left, y), vec2(items[node].width, NODE_HEIGHT));
        end = end.max(y + NODE_HEIGHT);
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(count: usize, edges: &[(usize, usize)]) -> Layout {
        let items: Vec<Item> = (0..count)
            .map(|i| Item { width: 104.0 + (i % 5) as f32 * 10.0, kind: super::super::view::KINDS[i % 8] })
            .collect();
        let layout = layout(&items, edges);
        for (i, a) in layout.boxes.iter().enumerate() {
            assert!(a.is_finite() && a.height() == NODE_HEIGHT, "node {i}: {a:?}");
            for (j, b) in layout.boxes.iter().enumerate().skip(i + 1) {
                assert!(!a.expand(4.0).intersects(b.expand(4.0)), "{i} {a:?} and {j} {b:?}");
            }
        }
        layout
    }

    /// A small random generator: the same numbers each time.
    fn random(seed: u64) -> impl FnMut(usize) -> usize {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        move |below| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below as u64) as usize
        }
    }

    #[test]
    fn sixty_nodes_stand_apart_and_edges_go_to_the_right() {
        for seed in 1..20 {
            let mut next = random(seed);
            let mut edges: Vec<(usize, usize)> = Vec::new();
            for to in 1..60 {
                for _ in 0..1 + next(2) {
                    let edge = (next(to), to);
                    if !edges.contains(&edge) {
                        edges.push(edge);
                    }
                }
            }
            let layout = check(60, &edges);
            for (from, to) in edges {
                assert!(layout.boxes[from].right() < layout.boxes[to].left(), "seed {seed}: {from} → {to}");
            }
        }
    }

    #[test]
    fn parts_circles_stars_and_many_nodes_are_laid_out() {
        check(1, &[]);
        check(7, &[]);
        check(3, &[(0, 1), (1, 2), (2, 0)]);
        check(8, &[(0, 1), (1, 2), (4, 5), (5, 6)]);
        let star: Vec<(usize, usize)> = (1..120).map(|to| (0, to)).collect();
        check(120, &star);
        let mut next = random(5);
        let many: Vec<(usize, usize)> = (1..900).map(|to| (next(to), to)).collect();
        let layout = check(900, &many);
        for (from, to) in many {
            assert!(layout.column_of[from] < layout.column_of[to]);
        }
    }

    #[test]
    fn a_stale_copy_lines_up_with_the_columns_of_the_living() {
        let kinds =
            [NodeKind::File, NodeKind::Dataset, NodeKind::Split, NodeKind::Run, NodeKind::Dataset, NodeKind::Split];
        let items: Vec<Item> = kinds.into_iter().map(|kind| Item { width: 120.0, kind }).collect();
        let layout = layout(&items, &[(0, 1), (1, 2), (2, 3), (4, 5)]);
        assert_eq!(layout.column_of, [0, 1, 2, 3, 1, 2]);
        assert!(layout.boxes[4].top() > layout.boxes[1].bottom());
    }
}
