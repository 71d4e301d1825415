//! The lineage graph: what was made from what. Nodes go by their content, so that making the same thing again finds
//! the same node; the version of a node counts the contents that went by its kind and name.

use std::collections::BTreeMap;

use cairn_protocol::runs::{EdgeKind, LineageEdge, LineageGraph, LineageNode, NodeKind};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::{Tracker, TrackingError, time};

/// The id of a node: its kind and the first 16 hex digits of its digest. Runs and sweeps, whose digest is their id,
/// have it whole.
#[must_use]
pub fn node_id(kind: NodeKind, digest: &str) -> String {
    let length = if matches!(kind, NodeKind::Run | NodeKind::Sweep) { digest.len() } else { 16 };
    format!("{}:{}", kind.as_str(), digest.get(..length).unwrap_or(digest))
}

/// The node id of a run.
#[must_use]
pub fn run_node_id(run: &str) -> String {
    node_id(NodeKind::Run, run)
}

/// The node `?1` with its ancestors and its descendants; a set, so that a cycle ends.
const AROUND: &str = "WITH RECURSIVE
    up (id) AS (SELECT ?1 UNION SELECT e.source FROM edges e JOIN up ON e.target = up.id),
    down (id) AS (SELECT ?1 UNION SELECT e.target FROM edges e JOIN down ON e.source = down.id),
    around (id) AS (SELECT id FROM up UNION SELECT id FROM down)";

const NODE: &str = "SELECT id, kind, name, version, digest, stale, missing, figure, created_at, details FROM nodes";

impl Tracker {
    /// Records a node. Its version is computed: content that already went by this kind and name keeps its number, and
    /// other content gets the next. An empty `id` is made with [`node_id`], an empty `created_at` is now. A node that is
    /// there already keeps its time; the rest is taken from the new one. Returns the node as it stands now.
    ///
    /// # Errors
    /// The database failed.
    pub fn put_node(&self, node: &LineageNode) -> Result<LineageNode, TrackingError> {
        let mut node = node.clone();
        if node.id.is_empty() {
            node.id = node_id(node.kind, &node.digest);
        }
        if node.created_at.is_empty() {
            node.created_at = time::rfc3339(time::now_ms());
        }
        let details = serde_json::to_string(&node.details)?;
        let kind = node.kind.as_str();
        self.write(|tx| {
            tx.prepare_cached(
                "INSERT OR IGNORE INTO versions VALUES (?1, ?2,
                     (SELECT coalesce(max(version), 0) + 1 FROM versions WHERE kind = ?1 AND name = ?2), ?3)",
            )?
            .execute((kind, &node.name, &node.digest))?;
            node.version = tx
                .prepare_cached("SELECT version FROM versions WHERE kind = ?1 AND name = ?2 AND digest = ?3")?
                .query_row((kind, &node.name, &node.digest), |row| row.get(0))?;
            node.created_at = tx
                .prepare_cached(
                    "INSERT INTO nodes VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                     ON CONFLICT (id) DO UPDATE SET name = excluded.name, version = excluded.version,
                         stale = excluded.stale, missing = excluded.missing, figure = excluded.figure,
                         details = excluded.details
                     RETURNING created_at",
                )?
                .query_row(
                    (
                        &node.id,
                        kind,
                        &node.name,
                        node.version,
                        &node.digest,
                        node.stale,
                        node.missing,
                        &node.figure,
                        &node.created_at,
                        &details,
                    ),
                    |row| row.get(0),
                )?;
            Ok(node)
        })
    }

    /// Records that `to` comes of `from`; recording it again changes nothing.
    ///
    /// # Errors
    /// One of the nodes is unknown, or the database failed.
    pub fn put_edge(&self, from: &str, to: &str, kind: EdgeKind) -> Result<(), TrackingError> {
        self.write(|tx| {
            for id in [from, to] {
                if !tx.prepare_cached("SELECT 1 FROM nodes WHERE id = ?1")?.exists([id])? {
                    return Err(TrackingError::Unknown { what: "lineage node", given: id.to_owned() });
                }
            }
            tx.prepare_cached("INSERT OR IGNORE INTO edges VALUES (?1, ?2, ?3)")?.execute((
                from,
                to,
                edge_word(kind),
            ))?;
            Ok(())
        })
    }

    /// A node from its full id; none where it was never recorded.
    ///
    /// # Errors
    /// The database failed.
    pub fn node(&self, id: &str) -> Result<Option<LineageNode>, TrackingError> {
        self.read(|db| {
            let found = db.prepare_cached(&format!("{NODE} WHERE id = ?1"))?.query_row([id], node).optional()?;
            Ok(found)
        })
    }

    /// A node with its ancestors and descendants, or everything. It goes by its id, the id of a run or sweep, a unique
    /// beginning of these, or a name (its newest version).
    ///
    /// # Errors
    /// Nothing or several go by it, or the database failed.
    pub fn graph(&self, given: Option<&str>) -> Result<LineageGraph, TrackingError> {
        self.read(|db| match given {
            Some(given) => around(db, &resolve_node(db, given)?),
            None => Ok(LineageGraph {
                nodes: nodes(db, &format!("{NODE} ORDER BY created_at, id"), [])?,
                edges: edges(db, "SELECT source, target, kind FROM edges", [])?,
            }),
        })
    }

    /// Sets whether something that the nodes come from has changed since; unknown ids are passed over.
    ///
    /// # Errors
    /// The database failed.
    pub fn set_stale(&self, ids: &[String], stale: bool) -> Result<(), TrackingError> {
        self.write(|tx| {
            let mut statement = tx.prepare_cached("UPDATE nodes SET stale = ?2 WHERE id = ?1")?;
            ids.iter().try_for_each(|id| Ok(statement.execute((id, stale)).map(|_| ())?))
        })
    }

    /// Marks everything that comes of a node as stale (not the node itself), and returns the ids that were not.
    ///
    /// # Errors
    /// The database failed.
    pub fn set_descendants_stale(&self, id: &str) -> Result<Vec<String>, TrackingError> {
        self.write(|tx| {
            let mut statement = tx.prepare_cached(
                "WITH RECURSIVE down (id) AS
                     (SELECT ?1 UNION SELECT e.target FROM edges e JOIN down ON e.source = down.id)
                 UPDATE nodes SET stale = 1 WHERE stale = 0 AND id <> ?1 AND id IN (SELECT id FROM down)
                 RETURNING id",
            )?;
            let ids = statement.query_map([id], |row| row.get(0))?.collect::<Result<_, _>>()?;
            Ok(ids)
        })
    }

    /// Sets whether a node's file is gone.
    ///
    /// # Errors
    /// The database failed.
    pub fn set_missing(&self, id: &str, missing: bool) -> Result<(), TrackingError> {
        self.write(|tx| {
            tx.prepare_cached("UPDATE nodes SET missing = ?2 WHERE id = ?1")?.execute((id, missing))?;
            Ok(())
        })
    }
}

fn around(db: &Connection, id: &str) -> Result<LineageGraph, TrackingError> {
    Ok(LineageGraph {
        nodes: nodes(db, &format!("{AROUND} {NODE} WHERE id IN around ORDER BY created_at, id"), [id])?,
        edges: edges(
            db,
            &format!("{AROUND} SELECT source, target, kind FROM edges WHERE source IN around AND target IN around"),
            [id],
        )?,
    })
}

/// The nodes that a node comes of, itself left out.
pub(crate) fn ancestors(db: &Connection, id: &str) -> Result<Vec<LineageNode>, TrackingError> {
    nodes(db, &format!("{AROUND} {NODE} WHERE id IN up AND id <> ?1 ORDER BY created_at, id"), [id])
}

fn nodes(db: &Connection, sql: &str, params: impl rusqlite::Params) -> Result<Vec<LineageNode>, TrackingError> {
    Ok(db.prepare_cached(sql)?.query_map(params, node)?.collect::<Result<_, _>>()?)
}

fn edges(db: &Connection, sql: &str, params: impl rusqlite::Params) -> Result<Vec<LineageEdge>, TrackingError> {
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params, |row| {
        Ok(LineageEdge { from: row.get(0)?, to: row.get(1)?, kind: edge_kind(&row.get::<_, String>(2)?) })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn node(row: &Row<'_>) -> rusqlite::Result<LineageNode> {
    Ok(LineageNode {
        id: row.get(0)?,
        kind: node_kind(&row.get::<_, String>(1)?),
        name: row.get(2)?,
        version: row.get(3)?,
        digest: row.get(4)?,
        stale: row.get(5)?,
        missing: row.get(6)?,
        figure: row.get(7)?,
        created_at: row.get(8)?,
        details: serde_json::from_str::<BTreeMap<String, String>>(&row.get::<_, String>(9)?).unwrap_or_default(),
    })
}

fn resolve_node(db: &Connection, given: &str) -> Result<String, TrackingError> {
    let unknown = || TrackingError::Unknown { what: "lineage node", given: given.to_owned() };
    if given.is_empty() {
        return Err(unknown());
    }
    let exact = db
        .prepare_cached(
            "SELECT id FROM nodes WHERE id = ?1 OR id = 'run:' || ?1 OR id = 'sweep:' || ?1 OR name = ?1
             ORDER BY name = ?1 AND id <> ?1, version DESC, created_at DESC LIMIT 1",
        )?
        .query_row([given], |row| row.get(0))
        .optional()?;
    if let Some(id) = exact {
        return Ok(id);
    }
    let mut statement = db.prepare_cached(
        "SELECT id FROM nodes
         WHERE substr(id, 1, length(?1)) = ?1 COLLATE NOCASE
            OR substr(id, instr(id, ':') + 1, length(?1)) = ?1 COLLATE NOCASE
         ORDER BY id LIMIT 5",
    )?;
    let mut candidates = statement.query_map([given], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    match candidates.len() {
        0 => Err(unknown()),
        1 => Ok(candidates.remove(0)),
        _ => Err(TrackingError::Ambiguous { what: "lineage node", given: given.to_owned(), candidates }),
    }
}

fn node_kind(name: &str) -> NodeKind {
    use NodeKind::{Dataset, File, Model, Recipe, Report, Run, Split, Sweep};
    let kinds = [File, Dataset, Recipe, Split, Run, Sweep, Model, Report];
    kinds.into_iter().find(|kind| kind.as_str() == name).unwrap_or(File)
}

/// The name of a kind of edge, in JSON and in the database.
pub(crate) fn edge_word(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Used => "used",
        EdgeKind::Produced => "produced",
        EdgeKind::DerivedFrom => "derived_from",
        EdgeKind::PromotedTo => "promoted_to",
    }
}

fn edge_kind(name: &str) -> EdgeKind {
    use EdgeKind::{DerivedFrom, Produced, PromotedTo, Used};
    [Used, Produced, PromotedTo].into_iter().find(|kind| edge_word(*kind) == name).unwrap_or(DerivedFrom)
}
