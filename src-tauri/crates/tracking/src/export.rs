//! The lineage graph for other tools: Graphviz's DOT, and OpenLineage 2-0-2 run events as a JSON array.

use std::{collections::BTreeMap, fmt::Write};

use cairn_protocol::runs::{EdgeKind, LineageGraph, LineageNode, NodeKind, Run, RunStatus};
use serde_json::{Map, Value, json};

use crate::{ids, lineage::edge_word};

/// The graph as a DOT document, drawn from left to right.
#[must_use]
pub fn to_dot(graph: &LineageGraph) -> String {
    let mut dot = String::from("digraph lineage {\n  rankdir=LR;\n  node [fontname=\"sans-serif\", style=filled];\n");
    for node in &graph.nodes {
        let (shape, colour) = match node.kind {
            NodeKind::File => ("note", "#eeeeee"),
            NodeKind::Dataset => ("cylinder", "#dbe9f6"),
            NodeKind::Recipe => ("box", "#e8f3dc"),
            NodeKind::Split => ("parallelogram", "#e8f3dc"),
            NodeKind::Run | NodeKind::Sweep => ("ellipse", "#fdebc8"),
            NodeKind::Model => ("component", "#eadcf4"),
            NodeKind::Report => ("folder", "#eeeeee"),
        };
        let mut label = format!("{}\n{} v{}", node.name, node.kind.as_str(), node.version);
        if !node.figure.is_empty() {
            label = format!("{label}\n{}", node.figure);
        }
        let style = if node.stale || node.missing { ", style=\"filled,dashed\"" } else { "" };
        push(
            &mut dot,
            format_args!(
                "  {} [label={}, shape={shape}, fillcolor=\"{colour}\"{style}];\n",
                quoted(&node.id),
                quoted(&label)
            ),
        );
    }
    for edge in &graph.edges {
        let label = edge_word(edge.kind).replace('_', " ");
        push(&mut dot, format_args!("  {} -> {} [label={}];\n", quoted(&edge.from), quoted(&edge.to), quoted(&label)));
    }
    dot.push_str("}\n");
    dot
}

fn push(text: &mut String, part: std::fmt::Arguments<'_>) {
    text.write_fmt(part).expect("a String takes all text");
}

/// A quoted string of DOT, where only the quote and the backslash are special and a line break is `\n`.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\r', "");
    format!("\"{escaped}\"")
}

const PRODUCER: &str = concat!("urn:cairn:tracking:", env!("CARGO_PKG_VERSION"));
const SCHEMA: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";

/// The graph as OpenLineage 2-0-2 run events, a JSON array: runs and sweeps are jobs that ran; whatever else was made
/// from something (a dataset from a file, a split from a dataset) is the output of a job of its own. `runs` gives the
/// times and the outcome of the runs in the graph.
#[must_use]
pub fn to_openlineage(graph: &LineageGraph, runs: &[Run], namespace: &str) -> String {
    let export = OpenLineage {
        nodes: graph.nodes.iter().map(|node| (node.id.as_str(), node)).collect(),
        runs: runs.iter().map(|run| (run.id.as_str(), run)).collect(),
        graph,
        namespace,
    };
    let events: Vec<Value> = graph.nodes.iter().flat_map(|node| export.events(node)).collect();
    format!("{:#}\n", Value::from(events))
}

struct OpenLineage<'graph> {
    graph: &'graph LineageGraph,
    nodes: BTreeMap<&'graph str, &'graph LineageNode>,
    runs: BTreeMap<&'graph str, &'graph Run>,
    namespace: &'graph str,
}

impl OpenLineage<'_> {
    fn events(&self, node: &LineageNode) -> Vec<Value> {
        let inputs = self.graph.edges.iter().filter(|edge| edge.to == node.id);
        let inputs: Vec<Value> = inputs.filter_map(|edge| self.dataset(&edge.from)).collect();
        if !matches!(node.kind, NodeKind::Run | NodeKind::Sweep) {
            let made_by_run = self.graph.edges.iter().any(|edge| edge.to == node.id && self.is_job(&edge.from));
            if inputs.is_empty() || made_by_run {
                return Vec::new();
            }
            let outputs = self.dataset(&node.id).into_iter().collect();
            let mut facets = Map::new();
            if let Some(steps) = node.details.get("steps") {
                facets.insert(
                    "documentation".into(),
                    facet("1-1-0/DocumentationJobFacet", json!({"description": steps})),
                );
            }
            let job = self.job(node, facets);
            return vec![event("COMPLETE", &node.created_at, run_uuid(node), json!({}), &job, inputs, outputs)];
        }
        let made = self.graph.edges.iter().filter(|edge| edge.from == node.id && edge.kind != EdgeKind::Used);
        let outputs: Vec<Value> = made.filter_map(|edge| self.dataset(&edge.to)).collect();
        let (uuid, job) = (run_uuid(node), self.job(node, Map::new()));
        let Some(run) = self.runs.get(node.digest.as_str()) else {
            return vec![event("COMPLETE", &node.created_at, uuid, json!({}), &job, inputs, outputs)];
        };
        let mut events =
            vec![event("START", &run.started_at, uuid.clone(), run_facets(run), &job, inputs.clone(), Vec::new())];
        let outcome = match run.status {
            RunStatus::Finished => "COMPLETE",
            RunStatus::Failed => "FAIL",
            RunStatus::Cancelled | RunStatus::Interrupted => "ABORT",
            RunStatus::Queued | RunStatus::Running => return events,
        };
        let time = run.ended_at.as_deref().unwrap_or(&run.started_at);
        events.push(event(outcome, time, uuid, run_facets(run), &job, inputs, outputs));
        events
    }

    fn is_job(&self, id: &str) -> bool {
        self.nodes.get(id).is_some_and(|node| matches!(node.kind, NodeKind::Run | NodeKind::Sweep))
    }

    /// A node as a dataset; runs and sweeps are none.
    fn dataset(&self, id: &str) -> Option<Value> {
        let node = self.nodes.get(id).filter(|_| !self.is_job(id))?;
        let version = facet("1-0-1/DatasetVersionDatasetFacet", json!({"datasetVersion": node.digest}));
        let kind = facet("1-0-0/DatasetTypeDatasetFacet", json!({"datasetType": node.kind.as_str().to_uppercase()}));
        Some(json!({
            "namespace": self.namespace,
            "name": format!("{}/{}", node.kind.as_str(), node.name),
            "facets": {"version": version, "datasetType": kind},
        }))
    }

    fn job(&self, node: &LineageNode, mut facets: Map<String, Value>) -> Value {
        let job_type =
            json!({"processingType": "BATCH", "integration": "CAIRN", "jobType": node.kind.as_str().to_uppercase()});
        facets.insert("jobType".into(), facet("2-0-3/JobTypeJobFacet", job_type));
        json!({
            "namespace": self.namespace,
            "name": format!("{}/{}", node.kind.as_str(), node.name),
            "facets": facets,
        })
    }
}

fn event(
    kind: &str,
    time: &str,
    run: String,
    facets: Value,
    job: &Value,
    inputs: Vec<Value>,
    outputs: Vec<Value>,
) -> Value {
    json!({
        "eventType": kind,
        "eventTime": time,
        "run": {"runId": run, "facets": facets},
        "job": job,
        "inputs": inputs,
        "outputs": outputs,
        "producer": PRODUCER,
        "schemaURL": SCHEMA,
    })
}

fn facet(schema: &str, mut body: Value) -> Value {
    let name = schema.rsplit('/').next().unwrap_or(schema);
    body["_producer"] = PRODUCER.into();
    body["_schemaURL"] = format!("https://openlineage.io/spec/facets/{schema}.json#/$defs/{name}").into();
    body
}

fn run_facets(run: &Run) -> Value {
    let mut facets = Map::new();
    let engine = json!({"version": run.kernel, "name": "cairn"});
    facets.insert("processing_engine".into(), facet("1-1-1/ProcessingEngineRunFacet", engine));
    if !run.reason.is_empty() {
        let error = json!({"message": run.reason, "programmingLanguage": "RUST"});
        facets.insert("errorMessage".into(), facet("1-0-1/ErrorMessageRunFacet", error));
    }
    // A facet of our own, as the specification allows, prefixed with our name.
    let own = json!({
        "params": run.params, "metrics": run.metrics, "commit": run.commit, "dirty": run.dirty,
        "_producer": PRODUCER, "_schemaURL": "urn:cairn:facet:run:1",
    });
    facets.insert("cairn_run".into(), own);
    Value::from(facets)
}

/// The 128 bits of a run's id, or of the hash of a node's id, as a UUID.
fn run_uuid(node: &LineageNode) -> String {
    let hashed = || {
        let hash = blake3::hash(node.id.as_bytes());
        let bytes: [u8; 16] = std::array::from_fn(|index| hash.as_bytes()[index]);
        // Version 8 (custom) and the variant of RFC 9562.
        u128::from_be_bytes(bytes) & !(0xF << 76) & !(0x3 << 62) | 0x8 << 76 | 0x2 << 62
    };
    let hex = format!("{:032x}", ids::decode(&node.digest).unwrap_or_else(hashed));
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use cairn_protocol::runs::LineageEdge;

    use super::*;

    fn graph() -> (LineageGraph, Run) {
        let node = |kind, digest: &str, name: &str| LineageNode {
            id: crate::node_id(kind, digest),
            kind,
            name: name.into(),
            version: 1,
            digest: digest.into(),
            stale: false,
            missing: false,
            figure: String::new(),
            created_at: "2026-11-20T10:00:00Z".into(),
            details: BTreeMap::new(),
        };
        let run = Run {
            id: crate::new_id(),
            name: "Trees/1".into(),
            status: RunStatus::Failed,
            reason: "out of memory".into(),
            started_at: "2026-11-20T10:00:00Z".into(),
            ended_at: Some("2026-11-20T10:00:05Z".into()),
            ..Run::default()
        };
        let nodes = vec![
            node(NodeKind::File, &"a".repeat(64), "data \"raw\"\\x.csv"),
            node(NodeKind::Dataset, &"b".repeat(64), "data"),
            node(NodeKind::Run, &run.id, "Trees/1"),
            node(NodeKind::Model, &"c".repeat(64), "Trees"),
        ];
        let edge =
            |from: usize, to: usize, kind| LineageEdge { from: nodes[from].id.clone(), to: nodes[to].id.clone(), kind };
        let edges = vec![edge(0, 1, EdgeKind::DerivedFrom), edge(1, 2, EdgeKind::Used), edge(2, 3, EdgeKind::Produced)];
        (LineageGraph { nodes, edges }, run)
    }

    #[test]
    fn dot_is_escaped_and_has_every_node_and_edge() {
        let (graph, _) = graph();
        let dot = to_dot(&graph);
        assert!(dot.contains(r#"label="data \"raw\"\\x.csv\nfile v1""#), "{dot}");
        assert_eq!(dot.matches(" -> ").count(), 3);
        assert_eq!(dot.matches("shape=").count(), 4);
    }

    #[test]
    fn openlineage_has_a_job_for_each_making_and_the_outcome_of_the_run() {
        let (graph, run) = graph();
        let text = to_openlineage(&graph, &[run], "cairn://project");
        let events: Vec<Value> = serde_json::from_str(&text).unwrap();
        let kinds: Vec<&str> = events.iter().map(|event| event["eventType"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["COMPLETE", "START", "FAIL"]);
        assert_eq!(events[0]["inputs"][0]["name"], "file/data \"raw\"\\x.csv");
        assert_eq!(events[0]["outputs"][0]["name"], "dataset/data");
        let failed = &events[2];
        assert_eq!(failed["run"]["facets"]["errorMessage"]["message"], "out of memory");
        assert_eq!(failed["inputs"][0]["name"], "dataset/data");
        assert_eq!(failed["outputs"][0]["name"], "model/Trees");
        assert_eq!(failed["eventTime"], "2026-11-20T10:00:05Z");
        for event in &events {
            let uuid = event["run"]["runId"].as_str().unwrap();
            assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
            assert!(event["schemaURL"].as_str().unwrap().contains("/spec/2-0-2/"));
        }
        assert_eq!(events[1]["run"]["runId"], events[2]["run"]["runId"]);
    }
}
