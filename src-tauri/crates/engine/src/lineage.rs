//! What comes of what: the nodes and edges that running cells leave in the tracker, and how figures in them read.

use std::collections::BTreeMap;

use cairn_protocol::{
    ErrorInfo,
    notebook::{Cell, CellKind},
    results::CellView,
    runs::{EdgeKind, LineageNode, NodeKind},
};
use cairn_tracking::{Tracker, node_id};

use crate::{keys::Key, notebook::graph, run::Run};

/// A node on its way into the tracker.
#[derive(Debug, Clone)]
pub struct Node(LineageNode);

impl Node {
    /// A node of a kind, told apart by its digest.
    pub fn new(kind: NodeKind, digest: &str, name: &str) -> Self {
        Self(LineageNode {
            id: node_id(kind, digest),
            kind,
            name: name.to_owned(),
            version: 0,
            digest: digest.to_owned(),
            stale: false,
            missing: false,
            figure: String::new(),
            created_at: String::new(),
            details: BTreeMap::new(),
        })
    }

    /// Adds the key figure.
    #[must_use]
    pub fn figure(mut self, figure: impl Into<String>) -> Self {
        self.0.figure = figure.into();
        self
    }

    /// Adds a detail.
    #[must_use]
    pub fn detail(mut self, name: &str, value: &str) -> Self {
        self.0.details.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.0.id
    }
}

/// The node of a cell's result.
pub fn cell_node(kind: NodeKind, key: &Key, cell: &Cell, view: &CellView) -> Node {
    let figure = match (view.rows, view.columns) {
        (Some(rows), Some(columns)) => format!("{} × {columns}", count(rows)),
        _ => view.summary.clone(),
    };
    Node::new(kind, &key.whole, &cell.name).figure(figure)
}

/// The node that the result of a cell stands as.
///
/// # Errors
/// The cell is not there, or its key cannot be told.
pub fn of_cell(run: &Run<'_>, name: &str) -> Result<Node, ErrorInfo> {
    let cell = graph::need(run.notebook, name)?;
    let kind = match cell.body.kind() {
        CellKind::Wrangle => NodeKind::Recipe,
        CellKind::Split => NodeKind::Split,
        CellKind::Train => NodeKind::Run,
        CellKind::Sweep => NodeKind::Sweep,
        CellKind::Report => NodeKind::Report,
        CellKind::Data | CellKind::Note => NodeKind::Dataset,
    };
    Ok(Node::new(kind, &run.key(name)?.whole, name))
}

/// Writes a node and its edges from earlier ones.
///
/// # Errors
/// The tracker cannot be written.
pub fn record(tracker: &Tracker, node: &Node, from: &[(&Node, EdgeKind)]) -> Result<(), ErrorInfo> {
    tracker.put_node(&node.0)?;
    for (earlier, kind) in from {
        tracker.put_edge(earlier.id(), node.id(), *kind)?;
    }
    Ok(())
}

/// «20,000 × 12».
pub fn shape(rows: usize, columns: usize) -> String {
    format!("{} × {columns}", count(rows as u64))
}

/// «20,000».
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// «1.3 MB».
pub fn bytes(number: u64) -> String {
    let mut value = number as f64;
    for unit in ["B", "KB", "MB", "GB"] {
        if value < 1000.0 {
            return if unit == "B" || value >= 100.0 {
                format!("{value:.0} {unit}")
            } else {
                format!("{value:.1} {unit}")
            };
        }
        value /= 1000.0;
    }
    format!("{value:.1} TB")
}

/// Four significant digits at most: «0.8642», «1,234».
pub fn figure(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "not a number".into() } else { value.to_string() };
    }
    let magnitude = value.abs();
    if magnitude >= 1000.0 {
        let sign = if value < 0.0 { "−" } else { "" };
        return format!("{sign}{}", count(magnitude.round() as u64));
    }
    let decimals = match magnitude {
        m if m >= 100.0 => 1,
        m if m >= 10.0 => 2,
        m if m >= 1.0 => 3,
        m if m >= 0.01 || m == 0.0 => 3,
        m => (3.0 - m.log10().floor()).min(12.0) as usize,
    };
    format!("{value:.decimals$}").replace('-', "−")
}

/// A standard error with two significant digits: «0.013».
pub fn spread(value: f64) -> String {
    if !value.is_finite() || value <= 0.0 {
        return figure(value);
    }
    let decimals = (1.0 - value.log10().floor()).clamp(0.0, 12.0) as usize;
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_people_write_them() {
        assert_eq!([count(0), count(999), count(20_000), count(1_234_567)], ["0", "999", "20,000", "1,234,567"]);
        assert_eq!([bytes(12), bytes(1_300_000), bytes(412_000)], ["12 B", "1.3 MB", "412 KB"]);
        assert_eq!(
            [figure(0.8642), figure(-0.012), figure(12345.6), figure(0.0)],
            ["0.864", "−0.012", "12,346", "0.000"]
        );
        assert_eq!([spread(0.013_4), spread(0.009_991), spread(123.4)], ["0.013", "0.0100", "123"]);
    }
}
