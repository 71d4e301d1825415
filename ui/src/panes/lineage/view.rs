//! Which part of the graph is shown: around a node, so far away, of these kinds, sweeps folded into one node.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use cairn_protocol::runs::{LineageGraph, LineageNode, NodeKind};

/// All kinds in the order of the pipeline.
pub const KINDS: [NodeKind; 8] = [
    NodeKind::File,
    NodeKind::Dataset,
    NodeKind::Recipe,
    NodeKind::Split,
    NodeKind::Run,
    NodeKind::Sweep,
    NodeKind::Model,
    NodeKind::Report,
];

/// Which way from the focus.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// What it comes from.
    Upstream,
    /// What came of it.
    Downstream,
    /// Both.
    #[default]
    Both,
}

/// What is to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Choice {
    /// The node in the middle; none: everything.
    pub focus: Option<String>,
    /// Which way from it.
    pub direction: Direction,
    /// Steps from it at most; 0: all.
    pub depth: usize,
    /// Kinds left out.
    pub hidden: BTreeSet<NodeKind>,
    /// Whether trials stand within their sweep.
    pub collapse: bool,
    /// Whether stale nodes are shown.
    pub stale: bool,
}

impl Default for Choice {
    fn default() -> Self {
        Self { focus: None, direction: Direction::Both, depth: 0, hidden: BTreeSet::new(), collapse: true, stale: true }
    }
}

/// A part of the graph by index.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// The nodes.
    pub nodes: Vec<LineageNode>,
    /// Trials folded into each node.
    pub trials: Vec<usize>,
    /// Edges by index, each once, none to itself.
    pub edges: Vec<(usize, usize)>,
}

impl Shown {
    /// The index of a node.
    #[must_use]
    pub fn index_of(&self, id: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.id == id || node.digest == id && node.kind == NodeKind::Run)
    }

    /// The nodes that an edge goes to.
    pub fn children(&self, of: usize) -> impl Iterator<Item = usize> + '_ {
        self.edges.iter().filter(move |(from, _)| *from == of).map(|(_, to)| *to)
    }

    /// The nodes that an edge comes from.
    pub fn parents(&self, of: usize) -> impl Iterator<Item = usize> + '_ {
        self.edges.iter().filter(move |(_, to)| *to == of).map(|(from, _)| *from)
    }

    /// A node with everything it comes from and everything that came of it.
    #[must_use]
    pub fn path_through(&self, of: usize) -> HashSet<usize> {
        let mut path = reach(self.nodes.len(), &self.edges, of, false, usize::MAX);
        path.extend(reach(self.nodes.len(), &self.edges, of, true, usize::MAX));
        path
    }
}

/// The part of a graph that a choice shows.
#[must_use]
pub fn shown(graph: &LineageGraph, choice: &Choice) -> Shown {
    let index: HashMap<&str, usize> = graph.nodes.iter().enumerate().map(|(i, node)| (node.id.as_str(), i)).collect();
    let edges: Vec<(usize, usize)> = graph
        .edges
        .iter()
        .filter_map(|edge| Some((*index.get(edge.from.as_str())?, *index.get(edge.to.as_str())?)))
        .collect();
    let focus = choice.focus.as_deref().and_then(|id| {
        index.get(id).copied().or_else(|| graph.nodes.iter().position(|node| node.digest == id || node.name == id))
    });
    // Where each node went: itself, or the sweep that it is folded into.
    let mut stands_for: Vec<usize> = (0..graph.nodes.len()).collect();
    let mut trials = vec![0; graph.nodes.len()];
    if choice.collapse {
        fold_sweeps(graph, &edges, focus, &mut stands_for, &mut trials);
    }
    let folded: BTreeSet<(usize, usize)> =
        edges.iter().map(|(from, to)| (stands_for[*from], stands_for[*to])).filter(|(from, to)| from != to).collect();
    // Folding may close a circle (split → trial → sweep); the way back out of the sweep is what counts.
    let edges: Vec<(usize, usize)> =
        folded.iter().copied().filter(|(from, to)| !folded.contains(&(*to, *from)) || from < to).collect();
    let mut kept: Vec<bool> = (0..graph.nodes.len()).map(|i| stands_for[i] == i).collect();
    if let Some(focus) = focus.map(|at| stands_for[at]) {
        let depth = if choice.depth == 0 { usize::MAX } else { choice.depth };
        let mut near = HashSet::from([focus]);
        if choice.direction != Direction::Downstream {
            near.extend(reach(graph.nodes.len(), &edges, focus, false, depth));
        }
        if choice.direction != Direction::Upstream {
            near.extend(reach(graph.nodes.len(), &edges, focus, true, depth));
        }
        for (i, keep) in kept.iter_mut().enumerate() {
            *keep &= near.contains(&i);
        }
    }
    let hidden = |node: &LineageNode| choice.hidden.contains(&node.kind) || (node.stale && !choice.stale);
    let edges = bridge(graph, &edges, |i| hidden(&graph.nodes[i]));
    for (i, node) in graph.nodes.iter().enumerate() {
        kept[i] &= !hidden(node);
    }
    let mut new_index = vec![None; graph.nodes.len()];
    let mut out = Shown::default();
    for (i, node) in graph.nodes.iter().enumerate() {
        if kept[i] {
            new_index[i] = Some(out.nodes.len());
            out.nodes.push(node.clone());
            out.trials.push(trials[i]);
        }
    }
    out.edges = edges.iter().filter_map(|(from, to)| Some((new_index[*from]?, new_index[*to]?))).collect();
    out
}

/// Folds the runs of a sweep into it, and their models that nothing uses; the only model of a sweep stays.
fn fold_sweeps(
    graph: &LineageGraph,
    edges: &[(usize, usize)],
    focus: Option<usize>,
    stands_for: &mut [usize],
    trials: &mut [usize],
) {
    let kind = |i: usize| graph.nodes[i].kind;
    for &(from, to) in edges {
        let (sweep, run) = match (kind(from), kind(to)) {
            (NodeKind::Sweep, NodeKind::Run) => (from, to),
            (NodeKind::Run, NodeKind::Sweep) => (to, from),
            _ => continue,
        };
        if stands_for[run] == run && focus != Some(run) {
            stands_for[run] = sweep;
            trials[sweep] += 1;
        }
    }
    let used: HashSet<usize> = edges.iter().map(|(from, _)| *from).collect();
    let of_trials: Vec<(usize, usize)> =
        edges.iter().copied().filter(|(from, to)| kind(*to) == NodeKind::Model && stands_for[*from] != *from).collect();
    for &(from, to) in &of_trials {
        let sweep = stands_for[from];
        let alone = of_trials.iter().filter(|(other, _)| stands_for[*other] == sweep).count() == 1;
        if !alone && !used.contains(&to) && focus != Some(to) {
            stands_for[to] = sweep;
        }
    }
}

/// Edges with the hidden nodes taken out: what came before one leads to what came after.
fn bridge(graph: &LineageGraph, edges: &[(usize, usize)], hidden: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
    let mut children: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (from, to) in edges {
        children.entry(*from).or_default().push(*to);
    }
    let mut out = BTreeSet::new();
    for from in (0..graph.nodes.len()).filter(|i| !hidden(*i)) {
        let mut seen = HashSet::new();
        let mut open: Vec<usize> = children.get(&from).cloned().unwrap_or_default();
        while let Some(to) = open.pop() {
            if !seen.insert(to) {
                continue;
            }
            if hidden(to) {
                open.extend(children.get(&to).into_iter().flatten());
            } else if to != from {
                out.insert((from, to));
            }
        }
    }
    out.into_iter().collect()
}

/// The nodes within so many steps of one, itself among them, along the edges or against them.
fn reach(count: usize, edges: &[(usize, usize)], from: usize, forward: bool, depth: usize) -> HashSet<usize> {
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); count];
    for &(a, b) in edges {
        if forward { next[a].push(b) } else { next[b].push(a) }
    }
    let mut seen = HashSet::from([from]);
    let mut open = VecDeque::from([(from, 0)]);
    while let Some((at, steps)) = open.pop_front() {
        if steps == depth {
            continue;
        }
        for &to in &next[at] {
            if seen.insert(to) {
                open.push_back((to, steps + 1));
            }
        }
    }
    seen
}

/// The graph as a DOT document, as it is shown.
#[must_use]
pub fn to_dot(shown: &Shown) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"));
    let mut dot = String::from("digraph lineage {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n");
    for node in &shown.nodes {
        let label = format!("{}\n{} v{} {}", node.name, node.kind.as_str(), node.version, node.figure);
        let style = if node.stale || node.missing { ", style=dashed" } else { "" };
        dot.push_str(&format!("  {} [label={}{style}];\n", quoted(&node.id), quoted(label.trim_end())));
    }
    for (from, to) in &shown.edges {
        dot.push_str(&format!("  {} -> {};\n", quoted(&shown.nodes[*from].id), quoted(&shown.nodes[*to].id)));
    }
    dot.push_str("}\n");
    dot
}

#[cfg(test)]
pub(crate) mod tests {
    use cairn_protocol::runs::{EdgeKind, LineageEdge};

    use super::*;

    pub fn node(id: &str, kind: NodeKind) -> LineageNode {
        LineageNode {
            id: id.into(),
            kind,
            name: id.split(':').next_back().unwrap_or(id).into(),
            version: 1,
            digest: id.split(':').next_back().unwrap_or(id).into(),
            stale: false,
            missing: false,
            figure: String::new(),
            created_at: String::new(),
            details: BTreeMap::new(),
        }
    }

    pub fn edge(from: &str, to: &str) -> LineageEdge {
        LineageEdge { from: from.into(), to: to.into(), kind: EdgeKind::Used }
    }

    /// file → dataset → split → sweep with trials, each with a model; the first model goes into a report.
    pub fn with_sweep(trials: usize) -> LineageGraph {
        let mut graph = LineageGraph {
            nodes: vec![
                node("file:a", NodeKind::File),
                node("dataset:a", NodeKind::Dataset),
                node("split:a", NodeKind::Split),
                node("sweep:s", NodeKind::Sweep),
                node("report:r", NodeKind::Report),
            ],
            edges: vec![edge("file:a", "dataset:a"), edge("dataset:a", "split:a"), edge("split:a", "sweep:s")],
        };
        for i in 0..trials {
            let (run, model) = (format!("run:{i}"), format!("model:{i}"));
            graph.nodes.push(node(&run, NodeKind::Run));
            graph.nodes.push(node(&model, NodeKind::Model));
            graph.edges.push(edge("split:a", &run));
            graph.edges.push(edge("sweep:s", &run));
            graph.edges.push(edge(&run, &model));
        }
        graph.edges.push(edge("model:0", "report:r"));
        graph
    }

    fn ids(shown: &Shown) -> Vec<&str> {
        shown.nodes.iter().map(|node| node.id.as_str()).collect()
    }

    #[test]
    fn a_sweep_folds_its_trials_but_keeps_the_model_in_use() {
        let shown = shown(&with_sweep(37), &Choice::default());
        assert_eq!(ids(&shown), ["file:a", "dataset:a", "split:a", "sweep:s", "report:r", "model:0"]);
        assert_eq!(shown.trials[3], 37);
        assert!(shown.edges.contains(&(3, 5)) && shown.edges.contains(&(5, 4)), "{:?}", shown.edges);
        let all = super::shown(&with_sweep(37), &Choice { collapse: false, ..Choice::default() });
        assert_eq!(all.nodes.len(), 5 + 2 * 37);
    }

    #[test]
    fn direction_depth_and_kinds_narrow_what_is_shown() {
        let graph = with_sweep(2);
        let around = |direction, depth| {
            let choice = Choice { focus: Some("split:a".into()), direction, depth, ..Choice::default() };
            let shown = shown(&graph, &choice);
            ids(&shown).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(around(Direction::Upstream, 0), ["file:a", "dataset:a", "split:a"]);
        assert_eq!(around(Direction::Upstream, 1), ["dataset:a", "split:a"]);
        assert_eq!(around(Direction::Downstream, 1), ["split:a", "sweep:s"]);
        let choice = Choice { hidden: BTreeSet::from([NodeKind::Dataset]), ..Choice::default() };
        let without = shown(&graph, &choice);
        let (file, split) = (without.index_of("file:a").unwrap(), without.index_of("split:a").unwrap());
        assert!(without.edges.contains(&(file, split)), "a hidden node is bridged");
    }

    #[test]
    fn the_path_through_a_node_leaves_its_siblings_out() {
        let graph = with_sweep(3);
        let shown = shown(&graph, &Choice { collapse: false, ..Choice::default() });
        let path = shown.path_through(shown.index_of("run:1").unwrap());
        let names: BTreeSet<&str> = path.iter().map(|i| shown.nodes[*i].id.as_str()).collect();
        assert_eq!(names, BTreeSet::from(["file:a", "dataset:a", "split:a", "sweep:s", "run:1", "model:1"]));
    }

    #[test]
    fn dot_quotes_what_needs_it() {
        let graph = LineageGraph { nodes: vec![node("file:a\"b", NodeKind::File)], edges: vec![] };
        assert!(to_dot(&shown(&graph, &Choice::default())).contains("\"file:a\\\"b\" [label=\"a\\\"b\\nfile v1\"]"));
    }
}
