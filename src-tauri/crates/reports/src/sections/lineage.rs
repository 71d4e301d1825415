//! Where everything comes from, left to right: a node stands one column after the last of what it comes from; within a
//! column nodes stand near the middle of their neighbours, so that few edges cross.

use std::collections::BTreeMap;

use cairn_protocol::{
    results::ReportContent,
    runs::{LineageGraph, NodeKind},
};

use super::{Section, picture};
use crate::{
    ReportError,
    canvas::{self, ACCENT, Anchor, BORDER, CARD, Canvas, DIM, FAULT, Ink, TEXT, Type, WARNING, slot},
    text::{label, plural, short_digest},
};

const NODE: (f64, f64) = (150.0, 64.0);
const GAP: (f64, f64) = (46.0, 14.0);
/// Nodes drawn in one column; the rest is counted.
const IN_COLUMN: usize = 8;
/// Passes that bring nodes nearer to their neighbours.
const PASSES: usize = 8;

pub fn draw(content: &ReportContent) -> Result<Option<Section>, ReportError> {
    let graph = &content.lineage;
    if graph.nodes.is_empty() {
        return Ok(None);
    }
    let columns = layers(graph);
    let note = plural(graph.nodes.len() as u64, "node", "nodes");
    let stale = graph.nodes.iter().filter(|node| node.stale).count() as u64;
    let note = if stale > 0 { format!("{note}, {stale} stale") } else { note };
    let first: Vec<&str> = columns[0].iter().take(2).map(|&node| graph.nodes[node].name.as_str()).collect();
    let last: Vec<&str> = columns
        .last()
        .iter()
        .flat_map(|column| column.iter().take(2))
        .map(|&node| graph.nodes[node].name.as_str())
        .collect();
    let summary = format!(
        "From {} to {} in {}",
        first.join(" and "),
        last.join(" and "),
        plural(columns.len() as u64, "step", "steps")
    );
    // On paper a long chain gets a page on its side.
    let class = if columns.len() > 5 { "scroll diagram wide" } else { "scroll diagram" };
    let body = format!("<div class=\"{class}\">{}</div>", picture(&summary, &diagram(graph, &columns)?));
    Ok(Some(Section { id: "lineage", title: "Lineage", note, body }))
}

/// Nodes by column, each column in its order from the top.
fn layers(graph: &LineageGraph) -> Vec<Vec<usize>> {
    let place: BTreeMap<&str, usize> =
        graph.nodes.iter().enumerate().map(|(index, node)| (node.id.as_str(), index)).collect();
    let edges: Vec<(usize, usize)> = graph
        .edges
        .iter()
        .filter_map(|edge| Some((*place.get(edge.from.as_str())?, *place.get(edge.to.as_str())?)))
        .filter(|(from, to)| from != to)
        .collect();
    let many = graph.nodes.len();
    let mut column = vec![0usize; many];
    // The longest way from a source; a cycle cannot make it longer than there are nodes.
    for _ in 0..many {
        let mut moved = false;
        for &(from, to) in &edges {
            if column[to] <= column[from] && column[from] + 1 < many {
                column[to] = column[from] + 1;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    let mut used: Vec<usize> = column.clone();
    used.sort_unstable();
    used.dedup();
    let mut columns: Vec<Vec<usize>> =
        used.iter().map(|&at| (0..many).filter(|&node| column[node] == at).collect()).collect();
    let mut height = vec![0.0f64; many];
    for pass in 0..PASSES {
        for nodes in &mut columns {
            let middle = |node: usize| {
                let near: Vec<f64> = edges
                    .iter()
                    .filter_map(|&(from, to)| match pass % 2 {
                        0 if to == node => Some(height[from]),
                        1 if from == node => Some(height[to]),
                        _ => None,
                    })
                    .collect();
                if near.is_empty() { height[node] } else { near.iter().sum::<f64>() / near.len() as f64 }
            };
            let wanted: BTreeMap<usize, f64> = nodes.iter().map(|&node| (node, middle(node))).collect();
            nodes.sort_by(|a, b| wanted[a].total_cmp(&wanted[b]).then(a.cmp(b)));
            let centre = (nodes.len() as f64 - 1.0) / 2.0;
            for (row, &node) in nodes.iter().enumerate() {
                height[node] = row as f64 - centre;
            }
        }
    }
    columns
}

fn colour(kind: NodeKind) -> Ink {
    match kind {
        NodeKind::File | NodeKind::Dataset => ACCENT,
        NodeKind::Recipe => slot(2),
        NodeKind::Split => slot(3),
        NodeKind::Run => slot(0),
        NodeKind::Sweep => slot(1),
        NodeKind::Model => slot(4),
        NodeKind::Report => slot(5),
    }
}

fn diagram(graph: &LineageGraph, columns: &[Vec<usize>]) -> Result<String, ReportError> {
    let tallest = columns.iter().map(|nodes| nodes.len().min(IN_COLUMN)).max().unwrap_or(1) as f64;
    let more = if columns.iter().any(|nodes| nodes.len() > IN_COLUMN) { 18.0 } else { 0.0 };
    let height = tallest * (NODE.1 + GAP.1) - GAP.1 + 4.0 + more;
    // Few columns spread over the page, many keep their distance and the page shrinks them.
    let many = columns.len() as f64;
    let gap = ((1376.0 - many * NODE.0) / (many - 1.0).max(1.0)).clamp(GAP.0, 100.0);
    let width = many * (NODE.0 + gap) - gap + 4.0;
    let mut corner: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for (at, nodes) in columns.iter().enumerate() {
        let shown = nodes.len().min(IN_COLUMN);
        let top = 2.0 + (height - 4.0 - more - (shown as f64 * (NODE.1 + GAP.1) - GAP.1)) / 2.0;
        for (row, &node) in nodes.iter().take(IN_COLUMN).enumerate() {
            let x = 2.0 + at as f64 * (NODE.0 + gap);
            corner.insert(graph.nodes[node].id.as_str(), (x, top + row as f64 * (NODE.1 + GAP.1)));
        }
    }
    canvas::svg("the lineage", (width, height), |canvas| {
        for edge in &graph.edges {
            if let (Some(&from), Some(&to)) = (corner.get(edge.from.as_str()), corner.get(edge.to.as_str())) {
                link(canvas, (from.0 + NODE.0, from.1 + NODE.1 / 2.0), (to.0, to.1 + NODE.1 / 2.0));
            }
        }
        for node in &graph.nodes {
            let Some(&(x, y)) = corner.get(node.id.as_str()) else { continue };
            let ink = colour(node.kind);
            let edge = if node.missing {
                FAULT
            } else if node.stale {
                WARNING
            } else {
                BORDER
            };
            canvas.bar((x, y), NODE, edge);
            canvas.bar((x + 1.0, y + 1.0), (NODE.0 - 2.0, NODE.1 - 2.0), CARD);
            canvas.bar((x, y), (4.0, NODE.1), ink);
            let state = match (node.missing, node.stale) {
                (true, _) => " · missing",
                (_, true) => " · stale",
                _ => "",
            };
            let state_ink = if node.missing {
                FAULT
            } else if node.stale {
                WARNING
            } else {
                DIM
            };
            let kind = format!("{}{state}", node.kind.as_str());
            canvas.text(kind, (x + 12.0, y + 11.0), Type::new(state_ink, 10.0, Anchor::Start));
            if node.version > 0 {
                canvas.text(
                    format!("v{}", node.version),
                    (x + NODE.0 - 8.0, y + 11.0),
                    Type::new(DIM, 10.0, Anchor::End),
                );
            }
            canvas.text(label(&node.name, 18), (x + 12.0, y + 25.0), Type::new(TEXT, 12.0, Anchor::Start).strong());
            canvas.text(label(&node.figure, 24), (x + 12.0, y + 40.0), Type::new(DIM, 11.0, Anchor::Start));
            canvas.text(
                label(&short_digest(&node.digest), 20),
                (x + 12.0, y + 54.0),
                Type::new(DIM, 10.0, Anchor::Start).mono(),
            );
        }
        for (at, nodes) in columns.iter().enumerate().filter(|(_, nodes)| nodes.len() > IN_COLUMN) {
            let x = 2.0 + at as f64 * (NODE.0 + gap) + NODE.0 / 2.0;
            canvas.text(
                format!("and {} more", nodes.len() - IN_COLUMN),
                (x, height - 8.0),
                Type::new(DIM, 11.0, Anchor::Middle),
            );
        }
    })
}

/// A curve that leaves and arrives level, with an arrow head.
fn link(canvas: &mut Canvas<'_>, from: (f64, f64), to: (f64, f64)) {
    let end = (to.0 - 5.0, to.1);
    let reach = ((end.0 - from.0) / 2.0).abs().max(20.0);
    let (a, b) = ((from.0 + reach, from.1), (end.0 - reach, end.1));
    let points = (0..=24).map(|step| {
        let t = f64::from(step) / 24.0;
        let u = 1.0 - t;
        let mix =
            |p: f64, q: f64, r: f64, s: f64| u * u * u * p + 3.0 * u * u * t * q + 3.0 * u * t * t * r + t * t * t * s;
        (mix(from.0, a.0, b.0, end.0), mix(from.1, a.1, b.1, end.1))
    });
    canvas.line(points, BORDER.width(1.25));
    canvas.polygon(&[to, (to.0 - 6.0, to.1 - 3.5), (to.0 - 6.0, to.1 + 3.5)], BORDER);
}

#[cfg(test)]
mod tests {
    use cairn_protocol::runs::{EdgeKind, LineageEdge, LineageNode};

    use super::*;

    fn graph(nodes: &[&str], edges: &[(&str, &str)]) -> LineageGraph {
        let node = |id: &&str| LineageNode {
            id: (*id).into(),
            kind: NodeKind::File,
            name: (*id).into(),
            version: 1,
            digest: String::new(),
            stale: false,
            missing: false,
            figure: String::new(),
            created_at: String::new(),
            details: BTreeMap::new(),
        };
        let edge =
            |(from, to): &(&str, &str)| LineageEdge { from: (*from).into(), to: (*to).into(), kind: EdgeKind::Used };
        LineageGraph { nodes: nodes.iter().map(node).collect(), edges: edges.iter().map(edge).collect() }
    }

    #[test]
    fn columns_follow_the_longest_way_and_avoid_crossings() {
        let all = graph(&["a", "b", "c", "d", "e"], &[("a", "b"), ("b", "c"), ("a", "c"), ("b", "d"), ("d", "e")]);
        assert_eq!(layers(&all), [vec![0], vec![1], vec![2, 3], vec![4]]);
        let crossed = graph(&["a", "b", "x", "y"], &[("a", "y"), ("b", "x")]);
        assert_eq!(layers(&crossed), [vec![0, 1], vec![3, 2]]);
    }

    #[test]
    fn a_cycle_and_an_unknown_end_do_not_hang() {
        let odd = graph(&["a", "b"], &[("a", "b"), ("b", "a"), ("a", "nowhere"), ("a", "a")]);
        assert_eq!(layers(&odd).iter().map(Vec::len).sum::<usize>(), 2);
    }
}
