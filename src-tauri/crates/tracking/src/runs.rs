//! Runs: creating, starting, ending, marking and reading them.

use std::collections::BTreeMap;

use cairn_protocol::{
    ParamValue, Params, Real,
    runs::{Run, RunStatus},
};
use rusqlite::{
    Connection, OptionalExtension, Row, Transaction,
    types::{Value, ValueRef},
};

use crate::{
    Stored, Tracker, TrackingError, new_id,
    time::{now_ms, rfc3339, seconds},
    tracker::{resolve, run_number},
};

/// The state of the project's code when a run was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeState {
    /// Commit in hex; empty outside a repository.
    pub commit: String,
    /// Whether there were uncommitted changes.
    pub dirty: bool,
    /// Digest of the artifact that holds the uncommitted changes as a diff; empty: none.
    pub diff: String,
}

/// What is known of a run when it is made.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewRun {
    /// Name for people.
    pub name: String,
    /// Groups runs: the notebook.
    pub experiment: String,
    /// The cell that makes it; empty: none.
    pub cell: String,
    /// Id of the sweep it is a trial of (which exists already); empty: none.
    pub sweep: String,
    /// Name of the algorithm.
    pub algorithm: String,
    /// Every hyperparameter with its value, and `target`, `algorithm`.
    pub params: Params,
    /// Marks.
    pub tags: BTreeMap<String, String>,
    /// Code it runs from.
    pub code: CodeState,
    /// Lineage id of the dataset.
    pub dataset: String,
    /// Lineage id of the split.
    pub split: String,
    /// Name and version of the kernel.
    pub kernel: String,
    /// The machine: `os`, `cpu`, `threads`, `memory_bytes`, `host`.
    pub machine: BTreeMap<String, String>,
    /// Warnings that every metric of the run carries.
    pub warnings: Vec<String>,
}

/// What is learned about a run later; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunUpdate {
    /// Name for people.
    pub name: Option<String>,
    /// Lineage id of the dataset.
    pub dataset: Option<String>,
    /// Lineage id of the split.
    pub split: Option<String>,
    /// Name and version of the kernel.
    pub kernel: Option<String>,
    /// Lineage id of the model.
    pub model: Option<String>,
    /// The machine.
    pub machine: Option<BTreeMap<String, String>>,
    /// Warnings that every metric of the run carries.
    pub warnings: Option<Vec<String>>,
    /// Hyperparameters that are added or replaced.
    pub params: Option<Params>,
}

/// A file of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Name within the run: `model`, `predictions`.
    pub name: String,
    /// BLAKE3 in hex.
    pub digest: String,
    /// Size.
    pub size_bytes: u64,
    /// What it is: `model`, `table`, `diff`, `log`.
    pub kind: String,
    /// RFC 3339 UTC.
    pub created_at: String,
}

impl Tracker {
    /// Records a new run, queued, and returns its id.
    ///
    /// # Errors
    /// The sweep is unknown, or the database failed.
    pub fn create_run(&self, new: &NewRun) -> Result<String, TrackingError> {
        let id = new_id();
        self.write_soon(|tx| insert(tx, &id, new))?;
        Ok(id)
    }

    /// The run is on a worker now.
    ///
    /// # Errors
    /// Unknown run, or one that is not queued.
    pub fn start_run(&self, id: &str) -> Result<(), TrackingError> {
        self.change_status(id, RunStatus::Running, "")
    }

    /// The run ended well.
    ///
    /// # Errors
    /// Unknown run, or one that has ended already.
    pub fn finish_run(&self, id: &str) -> Result<(), TrackingError> {
        self.change_status(id, RunStatus::Finished, "")
    }

    /// The run ended badly; the reason ends with the tail of the kernel's standard error.
    ///
    /// # Errors
    /// Unknown run, or one that has ended already.
    pub fn fail_run(&self, id: &str, reason: &str) -> Result<(), TrackingError> {
        self.change_status(id, RunStatus::Failed, reason)
    }

    /// The run was stopped by the person.
    ///
    /// # Errors
    /// Unknown run, or one that has ended already.
    pub fn cancel_run(&self, id: &str, reason: &str) -> Result<(), TrackingError> {
        self.change_status(id, RunStatus::Cancelled, reason)
    }

    fn change_status(&self, id: &str, wanted: RunStatus, reason: &str) -> Result<(), TrackingError> {
        let change = |tx: &Transaction<'_>| {
            let status = tx
                .prepare_cached("SELECT status FROM runs WHERE id = ?1")?
                .query_row([id], |row| row.get::<_, String>(0))
                .optional()?
                .ok_or_else(|| TrackingError::Unknown { what: "run", given: id.to_owned() })?;
            let status = parse_status(&status);
            let allowed = match wanted {
                RunStatus::Running => status == RunStatus::Queued,
                _ => matches!(status, RunStatus::Queued | RunStatus::Running),
            };
            if !allowed {
                return Err(TrackingError::WrongStatus { run: id.to_owned(), status, wanted });
            }
            let now = now_ms();
            if wanted == RunStatus::Running {
                tx.prepare_cached("UPDATE runs SET status = 'running', started_at = ?2 WHERE id = ?1")?
                    .execute((id, now))?;
            } else {
                tx.prepare_cached("UPDATE runs SET status = ?2, ended_at = ?3, reason = ?4 WHERE id = ?1")?
                    .execute((id, wanted.as_str(), now, reason))?;
            }
            Ok(())
        };
        if wanted == RunStatus::Running { self.write_soon(change) } else { self.write(change) }
    }

    /// Adds what was learned about a run.
    ///
    /// # Errors
    /// Unknown run, or the database failed.
    pub fn update_run(&self, id: &str, update: &RunUpdate) -> Result<(), TrackingError> {
        let machine = update.machine.as_ref().map(serde_json::to_string).transpose()?;
        let warnings = update.warnings.as_ref().map(serde_json::to_string).transpose()?;
        self.write(|tx| {
            let run = run_number(tx, id)?;
            tx.prepare_cached(
                "UPDATE runs SET name = coalesce(?2, name), dataset = coalesce(?3, dataset),
                        split = coalesce(?4, split), kernel = coalesce(?5, kernel), model = coalesce(?6, model),
                        machine = coalesce(?7, machine), warnings = coalesce(?8, warnings)
                 WHERE no = ?1",
            )?
            .execute((
                run,
                &update.name,
                &update.dataset,
                &update.split,
                &update.kernel,
                &update.model,
                machine,
                warnings,
            ))?;
            update.params.iter().try_for_each(|params| put_params(tx, run, params))
        })
    }

    /// Sets a tag of a run; an empty value removes it.
    ///
    /// # Errors
    /// Unknown run, or the database failed.
    pub fn set_tag(&self, id: &str, key: &str, value: &str) -> Result<(), TrackingError> {
        self.write(|tx| put_tag(tx, run_number(tx, id)?, key, value))
    }

    /// Records a stored file as one of a run; a file of the same name is replaced.
    ///
    /// # Errors
    /// Unknown run, or the database failed.
    pub fn add_artifact(&self, id: &str, name: &str, kind: &str, stored: &Stored) -> Result<(), TrackingError> {
        self.write(|tx| {
            tx.prepare_cached("INSERT OR REPLACE INTO artifacts VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute((
                run_number(tx, id)?,
                name,
                &stored.digest,
                i64::try_from(stored.size_bytes).unwrap_or(i64::MAX),
                kind,
                now_ms(),
            ))?;
            Ok(())
        })
    }

    /// The files of a run, by name.
    ///
    /// # Errors
    /// Unknown run, or the database failed.
    pub fn artifacts_of(&self, id: &str) -> Result<Vec<Artifact>, TrackingError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT name, digest, size_bytes, kind, created_at FROM artifacts WHERE run = ?1 ORDER BY name",
            )?;
            let rows = statement.query_map([run_number(db, id)?], |row| {
                Ok(Artifact {
                    name: row.get(0)?,
                    digest: row.get(1)?,
                    size_bytes: u64::try_from(row.get::<_, i64>(2)?).unwrap_or_default(),
                    kind: row.get(3)?,
                    created_at: rfc3339(row.get(4)?),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The state of the code a run was made from.
    ///
    /// # Errors
    /// Unknown run, or the database failed.
    pub fn code_state(&self, id: &str) -> Result<CodeState, TrackingError> {
        self.read(|db| {
            let run = run_number(db, id)?;
            let mut statement = db.prepare_cached(
                "SELECT c.commit_id, c.dirty, c.diff FROM code_states c JOIN runs r ON r.code = c.no WHERE r.no = ?1",
            )?;
            Ok(statement
                .query_row([run], |row| Ok(CodeState { commit: row.get(0)?, dirty: row.get(1)?, diff: row.get(2)? }))?)
        })
    }

    /// A run from its id, a unique beginning of it, or its name (the newest that has it).
    ///
    /// # Errors
    /// Nothing or several go by it, or the database failed.
    pub fn run(&self, given: &str) -> Result<Run, TrackingError> {
        self.read(|db| {
            let id = resolve(db, "runs", "run", given)?;
            read_run(db, run_number(db, &id)?)
        })
    }

    /// Deletes a run with its parameters, metrics and tags; its files go with the next
    /// [`Tracker::remove_unused_artifacts`].
    ///
    /// # Errors
    /// Unknown run, or the database failed.
    pub fn delete_run(&self, id: &str) -> Result<(), TrackingError> {
        self.write(|tx| {
            tx.execute("DELETE FROM nodes WHERE id = ?1", [crate::run_node_id(id)])?;
            tx.execute("DELETE FROM runs WHERE no = ?1", [run_number(tx, id)?])?;
            Ok(())
        })
    }
}

fn insert(tx: &Transaction<'_>, id: &str, new: &NewRun) -> Result<(), TrackingError> {
    let now = now_ms();
    tx.prepare_cached("INSERT OR IGNORE INTO experiments (name, created_at) VALUES (?1, ?2)")?
        .execute((&new.experiment, now))?;
    let CodeState { commit, dirty, diff } = &new.code;
    tx.prepare_cached("INSERT OR IGNORE INTO code_states (commit_id, dirty, diff) VALUES (?1, ?2, ?3)")?
        .execute((commit, dirty, diff))?;
    let sweep = (!new.sweep.is_empty()).then_some(new.sweep.as_str());
    if let Some(sweep) = sweep {
        let known = tx.prepare_cached("SELECT 1 FROM sweeps WHERE id = ?1")?.exists([sweep])?;
        if !known {
            return Err(TrackingError::Unknown { what: "sweep", given: sweep.to_owned() });
        }
    }
    tx.prepare_cached(
        "INSERT INTO runs (id, name, experiment, cell, sweep, status, created_at, code, dataset, split, kernel,
                           algorithm, model, reason, machine, warnings)
         VALUES (?1, ?2, (SELECT no FROM experiments WHERE name = ?3), ?4, ?5, 'queued', ?6,
                 (SELECT no FROM code_states WHERE commit_id = ?7 AND dirty = ?8 AND diff = ?9),
                 ?10, ?11, ?12, ?13, '', '', ?14, ?15)",
    )?
    .execute(rusqlite::params![
        id,
        new.name,
        new.experiment,
        new.cell,
        sweep,
        now,
        commit,
        dirty,
        diff,
        new.dataset,
        new.split,
        new.kernel,
        new.algorithm,
        serde_json::to_string(&new.machine)?,
        serde_json::to_string(&new.warnings)?,
    ])?;
    let run = tx.last_insert_rowid();
    put_params(tx, run, &new.params)?;
    new.tags.iter().try_for_each(|(key, value)| put_tag(tx, run, key, value))
}

fn put_params(tx: &Transaction<'_>, run: i64, params: &Params) -> Result<(), TrackingError> {
    let mut statement = tx.prepare_cached("INSERT OR REPLACE INTO params VALUES (?1, ?2, ?3, ?4)")?;
    for (key, value) in params {
        let (kind, value) = match value {
            ParamValue::Bool(yes) => ("bool", Value::Integer((*yes).into())),
            ParamValue::Int(whole) => ("int", Value::Integer(*whole)),
            ParamValue::Float(real) => ("float", Value::Real(*real)),
            ParamValue::Text(text) => ("text", Value::Text(text.clone())),
        };
        statement.execute((run, key, kind, value))?;
    }
    Ok(())
}

fn put_tag(tx: &Transaction<'_>, run: i64, key: &str, value: &str) -> Result<(), TrackingError> {
    if value.is_empty() {
        tx.prepare_cached("DELETE FROM tags WHERE run = ?1 AND key = ?2")?.execute((run, key))?;
    } else {
        tx.prepare_cached("INSERT OR REPLACE INTO tags VALUES (?1, ?2, ?3)")?.execute((run, key, value))?;
    }
    Ok(())
}

/// A status from its name in the database.
pub(crate) fn parse_status(name: &str) -> RunStatus {
    use RunStatus::{Cancelled, Failed, Finished, Interrupted, Queued, Running};
    [Queued, Running, Finished, Failed, Cancelled]
        .into_iter()
        .find(|status| status.as_str() == name)
        .unwrap_or(Interrupted)
}

/// A run with everything that `cairn runs` shows.
pub(crate) fn read_run(db: &Connection, number: i64) -> Result<Run, TrackingError> {
    let mut run = db
        .prepare_cached(
            "SELECT r.id, r.name, e.name, r.cell, coalesce(r.sweep, ''), r.status,
                    coalesce(r.started_at, r.created_at), r.ended_at, c.commit_id, c.dirty, r.dataset, r.split,
                    r.kernel, r.model, r.reason, r.machine, r.warnings, r.algorithm, r.started_at
             FROM runs r JOIN experiments e ON e.no = r.experiment JOIN code_states c ON c.no = r.code
             WHERE r.no = ?1",
        )?
        .query_row([number], head)?;
    let mut params = db.prepare_cached("SELECT key, kind, value FROM params WHERE run = ?1")?;
    let mut rows = params.query([number])?;
    while let Some(row) = rows.next()? {
        let kind: String = row.get(1)?;
        run.params.insert(row.get(0)?, param_value(&kind, row.get_ref(2)?));
    }
    let mut metrics =
        db.prepare_cached("SELECT k.name, l.value FROM latest l JOIN metric_keys k ON k.no = l.key WHERE l.run = ?1")?;
    let mut rows = metrics.query([number])?;
    while let Some(row) = rows.next()? {
        run.metrics.insert(row.get(0)?, real(row, 1)?);
    }
    let mut tags = db.prepare_cached("SELECT key, value FROM tags WHERE run = ?1")?;
    let mut rows = tags.query([number])?;
    while let Some(row) = rows.next()? {
        run.tags.insert(row.get(0)?, row.get(1)?);
    }
    Ok(run)
}

fn head(row: &Row<'_>) -> rusqlite::Result<Run> {
    let status = parse_status(&row.get::<_, String>(5)?);
    let (since, ended): (i64, Option<i64>) = (row.get(6)?, row.get(7)?);
    let started: Option<i64> = row.get(18)?;
    Ok(Run {
        id: row.get(0)?,
        name: row.get(1)?,
        experiment: row.get(2)?,
        cell: row.get(3)?,
        sweep: row.get(4)?,
        status,
        started_at: rfc3339(since),
        ended_at: ended.map(rfc3339),
        duration_secs: started.map_or(0.0, |started| seconds(started, ended)),
        params: Params::new(),
        metrics: BTreeMap::new(),
        tags: BTreeMap::new(),
        commit: row.get(8)?,
        dirty: row.get(9)?,
        dataset: row.get(10)?,
        split: row.get(11)?,
        kernel: row.get(12)?,
        model: row.get(13)?,
        reason: row.get(14)?,
        machine: serde_json::from_str(&row.get::<_, String>(15)?).unwrap_or_default(),
        warnings: serde_json::from_str(&row.get::<_, String>(16)?).unwrap_or_default(),
        algorithm: row.get(17)?,
    })
}

fn param_value(kind: &str, value: ValueRef<'_>) -> ParamValue {
    match value {
        ValueRef::Integer(number) if kind == "bool" => ParamValue::Bool(number != 0),
        ValueRef::Integer(number) => ParamValue::Int(number),
        ValueRef::Real(number) => ParamValue::Float(number),
        ValueRef::Null => ParamValue::Float(f64::NAN),
        ValueRef::Text(text) | ValueRef::Blob(text) => ParamValue::Text(String::from_utf8_lossy(text).into_owned()),
    }
}

/// A real number of a row; NULL is NaN.
pub(crate) fn real(row: &Row<'_>, column: usize) -> rusqlite::Result<Real> {
    Ok(Real(row.get::<_, Option<f64>>(column)?.unwrap_or(f64::NAN)))
}
