//! Runs, their metrics, and the lineage of everything. Field names are those of `cairn runs --json` and `cairn lineage --json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Params, Real};

/// How a run stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Waits for a worker.
    #[default]
    Queued,
    /// On a worker.
    Running,
    /// Ended well.
    Finished,
    /// Ended badly; `reason` says why.
    Failed,
    /// Stopped by the person.
    Cancelled,
    /// Cairn ended while it ran.
    Interrupted,
}

impl RunStatus {
    /// Name in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }
}

/// One training of one model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Id: sorts by time of creation.
    pub id: String,
    /// Name for people: `Boosted trees/3`.
    pub name: String,
    /// Groups runs: the notebook.
    pub experiment: String,
    /// The cell that made it; empty for `cairn train`.
    #[serde(default)]
    pub cell: String,
    /// The sweep it is a trial of; empty otherwise.
    #[serde(default)]
    pub sweep: String,
    /// How it stands.
    pub status: RunStatus,
    /// RFC 3339 UTC.
    pub started_at: String,
    /// RFC 3339 UTC; none while it runs.
    pub ended_at: Option<String>,
    /// Seconds.
    pub duration_secs: f64,
    /// Every hyperparameter with its value, and `target`, `algorithm`.
    pub params: Params,
    /// Last or final value of each metric: `valid.auc`; with `.std_error` after a name its standard error.
    pub metrics: BTreeMap<String, Real>,
    /// The person's and Cairn's marks.
    pub tags: BTreeMap<String, String>,
    /// Commit of the project, in hex; empty outside a repository.
    pub commit: String,
    /// Whether the project had uncommitted changes.
    pub dirty: bool,
    /// Lineage id of the dataset.
    pub dataset: String,
    /// Lineage id of the split.
    pub split: String,
    /// Name and version of the kernel: `classic 0.1.0`.
    pub kernel: String,
    /// Lineage id of the model; empty until there is one.
    pub model: String,
    /// Why it failed or was stopped; ends with the tail of the kernel's standard error.
    pub reason: String,
    /// The machine: `{"os","cpu","threads","memory_bytes","host"}`.
    #[serde(default)]
    pub machine: BTreeMap<String, String>,
    /// Warnings that every metric of the run carries, e.g. of a step that fits on all rows.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Name of the algorithm.
    #[serde(default)]
    pub algorithm: String,
}

/// Some runs of many.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RunsPage {
    /// The runs.
    pub runs: Vec<Run>,
    /// How many there are.
    pub total: u64,
}

/// A question to the tracker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunsQuery {
    /// A filter: `metrics.valid.auc > 0.8 and params.max_depth = 3 and status = 'finished'`; empty: all.
    #[serde(default)]
    pub filter: String,
    /// `metrics.valid.auc`, `started_at`, …; a leading `-` for descending; empty: newest first.
    #[serde(default)]
    pub sort: String,
    /// At most so many; 0: all.
    #[serde(default)]
    pub limit: usize,
    /// After so many.
    #[serde(default)]
    pub offset: usize,
}

/// The history of one metric of one run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MetricSeries {
    /// The run.
    pub run_id: String,
    /// The metric.
    pub key: String,
    /// Step and value, by step.
    pub points: Vec<(u64, Real)>,
}

/// How two runs differ; equal entries are left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RunsDiff {
    /// Id of the first.
    pub a: String,
    /// Id of the second.
    pub b: String,
    /// One entry a difference.
    pub entries: Vec<DiffEntry>,
}

/// One difference of two runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DiffEntry {
    /// `param`, `metric`, `code`, `data`, `split`, `recipe`, `kernel`, `machine`.
    pub group: String,
    /// Name within the group.
    pub name: String,
    /// In the first run; none where it is absent.
    pub a: Option<String>,
    /// In the second.
    pub b: Option<String>,
}

/// What a node of the lineage graph is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// A file on disk.
    File,
    /// A table as imported.
    Dataset,
    /// Steps with what they learned.
    Recipe,
    /// Parts.
    Split,
    /// One training.
    Run,
    /// Many trainings.
    Sweep,
    /// What training made.
    Model,
    /// A report.
    Report,
}

impl NodeKind {
    /// Name in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Dataset => "dataset",
            Self::Recipe => "recipe",
            Self::Split => "split",
            Self::Run => "run",
            Self::Sweep => "sweep",
            Self::Model => "model",
            Self::Report => "report",
        }
    }
}

/// How two nodes hang together; `to` comes of `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeKind {
    /// `to` read `from`.
    Used,
    /// `from` made `to`.
    Produced,
    /// `to` was derived from `from`.
    DerivedFrom,
    /// `from` was promoted to `to`.
    PromotedTo,
}

/// The lineage graph, or the part of it around a node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LineageGraph {
    /// Nodes; every edge's ends are among them.
    pub nodes: Vec<LineageNode>,
    /// Edges.
    pub edges: Vec<LineageEdge>,
}

/// A node of the lineage graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LineageNode {
    /// `KIND:…`, unique.
    pub id: String,
    /// What it is.
    pub kind: NodeKind,
    /// Name for people.
    pub name: String,
    /// Counts contents that went by this name, from 1.
    pub version: u32,
    /// BLAKE3 in hex of what it is; of a run its id.
    pub digest: String,
    /// Whether something it comes from has changed since.
    pub stale: bool,
    /// Whether its file is gone.
    #[serde(default)]
    pub missing: bool,
    /// One key figure: «20,000 × 17», «AUC 0.853».
    #[serde(default)]
    pub figure: String,
    /// RFC 3339 UTC.
    #[serde(default)]
    pub created_at: String,
    /// More, by name: steps of a recipe, seed of a split.
    #[serde(default)]
    pub details: BTreeMap<String, String>,
}

/// An edge of the lineage graph.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LineageEdge {
    /// Id of the earlier node.
    pub from: String,
    /// Id of the later node.
    pub to: String,
    /// How they hang together.
    pub kind: EdgeKind,
}
