//! How two runs differ: parameters, metrics, code, data, split, recipe, kernel, machine.

use std::collections::{BTreeMap, BTreeSet};

use cairn_protocol::runs::{DiffEntry, LineageNode, NodeKind, Run, RunsDiff};
use rusqlite::Connection;

use crate::{
    Tracker, TrackingError,
    lineage::ancestors,
    run_node_id,
    runs::read_run,
    tracker::{resolve, run_number},
};

impl Tracker {
    /// How two runs differ, each by id, unique beginning or name; what is equal is left out.
    ///
    /// # Errors
    /// Nothing or several go by one of them, or the database failed.
    pub fn diff(&self, a: &str, b: &str) -> Result<RunsDiff, TrackingError> {
        self.read(|db| {
            let (a, b) = (Side::read(db, a)?, Side::read(db, b)?);
            let mut diff = Diff { entries: Vec::new() };
            diff.maps("param", &texts(&a.run.params), &texts(&b.run.params));
            diff.maps("metric", &texts(&a.run.metrics), &texts(&b.run.metrics));
            diff.maps("code", &a.code(), &b.code());
            diff.nodes("data", &[NodeKind::File, NodeKind::Dataset], &a, &b);
            diff.nodes("split", &[NodeKind::Split], &a, &b);
            diff.nodes("recipe", &[NodeKind::Recipe], &a, &b);
            diff.plain_ids(&a, &b);
            diff.value("kernel", "kernel", some(&a.run.kernel), some(&b.run.kernel));
            diff.value("kernel", "algorithm", some(&a.run.algorithm), some(&b.run.algorithm));
            diff.maps("machine", &a.run.machine, &b.run.machine);
            Ok(RunsDiff { a: a.run.id, b: b.run.id, entries: diff.entries })
        })
    }
}

struct Side {
    run: Run,
    ancestors: Vec<LineageNode>,
}

impl Side {
    fn read(db: &Connection, given: &str) -> Result<Self, TrackingError> {
        let id = resolve(db, "runs", "run", given)?;
        Ok(Self { run: read_run(db, run_number(db, &id)?)?, ancestors: ancestors(db, &run_node_id(&id))? })
    }

    fn code(&self) -> BTreeMap<String, String> {
        let uncommitted = if self.run.dirty { "yes" } else { "no" };
        [("commit", self.run.commit.as_str()), ("uncommitted changes", uncommitted)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// The ancestors of some kinds by name; several versions of one name stand side by side.
    fn by_name(&self, kinds: &[NodeKind]) -> BTreeMap<&str, Vec<&LineageNode>> {
        let mut named: BTreeMap<&str, Vec<&LineageNode>> = BTreeMap::new();
        for node in self.ancestors.iter().filter(|node| kinds.contains(&node.kind)) {
            named.entry(&node.name).or_default().push(node);
        }
        named
    }
}

struct Diff {
    entries: Vec<DiffEntry>,
}

impl Diff {
    fn value(&mut self, group: &str, name: &str, a: Option<String>, b: Option<String>) {
        if a != b {
            self.entries.push(DiffEntry { group: group.to_owned(), name: name.to_owned(), a, b });
        }
    }

    fn maps(&mut self, group: &str, a: &BTreeMap<String, String>, b: &BTreeMap<String, String>) {
        for name in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
            self.value(group, name, a.get(name).cloned(), b.get(name).cloned());
        }
    }

    /// Nodes of the lineage: where both runs have one of a name, what its details say, else its version.
    fn nodes(&mut self, group: &str, kinds: &[NodeKind], a: &Side, b: &Side) {
        let (a, b) = (a.by_name(kinds), b.by_name(kinds));
        for name in a.keys().chain(b.keys()).copied().collect::<BTreeSet<_>>() {
            let (left, right) = (a.get(name), b.get(name));
            let digests = |nodes: Option<&Vec<&LineageNode>>| -> BTreeSet<String> {
                nodes.into_iter().flatten().map(|node| node.digest.clone()).collect()
            };
            if digests(left) == digests(right) {
                continue;
            }
            self.value(group, name, left.map(|nodes| versions(nodes)), right.map(|nodes| versions(nodes)));
            if let (Some([left]), Some([right])) = (left.map(Vec::as_slice), right.map(Vec::as_slice)) {
                let details = |node: &LineageNode| -> BTreeMap<String, String> {
                    node.details.iter().map(|(key, value)| (format!("{name}: {key}"), value.clone())).collect()
                };
                self.maps(group, &details(left), &details(right));
            }
        }
    }

    /// The ids that the runs carry, where their lineage was not recorded.
    fn plain_ids(&mut self, a: &Side, b: &Side) {
        for (group, left, right) in [("data", &a.run.dataset, &b.run.dataset), ("split", &a.run.split, &b.run.split)] {
            if !self.entries.iter().any(|entry| entry.group == group) {
                self.value(group, group, some(left), some(right));
            }
        }
    }
}

fn versions(nodes: &[&LineageNode]) -> String {
    let one = |node: &&LineageNode| {
        let short = node.digest.get(..12).unwrap_or(&node.digest);
        if node.figure.is_empty() {
            format!("v{} ({short})", node.version)
        } else {
            format!("v{} ({}, {short})", node.version, node.figure)
        }
    };
    nodes.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn texts<T: std::fmt::Display>(map: &BTreeMap<String, T>) -> BTreeMap<String, String> {
    map.iter().map(|(name, value)| (name.clone(), value.to_string())).collect()
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
