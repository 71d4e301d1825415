//! The tracker: one connection that writes, a few that read.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use crate::{ArtifactStore, TrackingError, schema, time::now_ms};

/// Idle reading connections that are kept.
const READERS_KEPT: usize = 4;

/// Runs, metrics, artifacts and lineage of one project.
#[derive(Debug)]
pub struct Tracker {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    /// Numbers of metric names, all of them committed.
    keys: Mutex<HashMap<String, i64>>,
    artifacts: ArtifactStore,
}

impl Tracker {
    /// Opens `tracking.db` and `artifacts/` in a project's `.cairn` folder, creating what is missing.
    ///
    /// # Errors
    /// The folder cannot be written, the file is no tracking database, or a later Cairn wrote it.
    pub fn open(dir: &Path) -> Result<Self, TrackingError> {
        std::fs::create_dir_all(dir).map_err(|source| TrackingError::Io { path: dir.to_owned(), source })?;
        let path = dir.join("tracking.db");
        let writer = schema::open_writer(&path)?;
        Ok(Self {
            writer: Mutex::new(writer),
            readers: Mutex::default(),
            keys: Mutex::default(),
            artifacts: ArtifactStore::open(&dir.join("artifacts"))?,
            path,
        })
    }

    /// The content-addressed files of the project.
    #[must_use]
    pub fn artifacts(&self) -> &ArtifactStore {
        &self.artifacts
    }

    /// Marks runs, trials and sweeps that a dead process left queued or running as interrupted (a trial as
    /// failed), and says how many runs. Only the holder of the project's lock may call it, before it starts anything.
    ///
    /// # Errors
    /// The database failed.
    pub fn mark_interrupted(&self) -> Result<usize, TrackingError> {
        self.write(|tx| {
            let now = now_ms();
            let reason = "Cairn ended while it ran";
            let runs = tx.execute(
                "UPDATE runs SET status = 'interrupted', ended_at = ?1,
                        reason = CASE reason WHEN '' THEN ?2 ELSE reason END
                 WHERE status IN ('queued', 'running')",
                (now, reason),
            )?;
            tx.execute("UPDATE trials SET state = 'failed', reason = ?1 WHERE state = 'running'", [reason])?;
            tx.execute(
                "UPDATE sweeps SET status = 'interrupted', ended_at = ?1 WHERE status IN ('queued', 'running')",
                [now],
            )?;
            Ok(runs)
        })
    }

    pub(crate) fn writer(&self) -> MutexGuard<'_, Connection> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One transaction that writes; nothing of it stays when it fails.
    pub(crate) fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, TrackingError>,
    ) -> Result<T, TrackingError> {
        let mut connection = self.writer();
        // A write that failed half-way through [`Tracker::write_soon`] must not leave this one without its sync.
        connection.pragma_update(None, "synchronous", "FULL")?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = work(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }

    /// One transaction that survives the end of this process however it comes, but is on the disk for certain only with
    /// the next [`Tracker::write`]: for what a run leaves on its way, whose end is written with the disk's word. A sync
    /// takes milliseconds, and a trial of a sweep would wait for five of them.
    pub(crate) fn write_soon<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, TrackingError>,
    ) -> Result<T, TrackingError> {
        let mut connection = self.writer();
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        let transact = |connection: &mut Connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        let result = transact(&mut connection);
        connection.pragma_update(None, "synchronous", "FULL")?;
        result
    }

    /// Reads one consistent state, on a connection of its own.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, TrackingError>,
    ) -> Result<T, TrackingError> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = idle.map_or_else(|| schema::open_reader(&self.path), Ok)?;
        let transaction = connection.unchecked_transaction()?;
        let value = work(&transaction)?;
        transaction.finish()?;
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < READERS_KEPT {
            readers.push(connection);
        }
        Ok(value)
    }

    /// The number of a metric's name, made where it is new. Outside of transactions, so that what the memory
    /// holds is always committed.
    pub(crate) fn key_number(&self, connection: &Connection, name: &str) -> Result<i64, TrackingError> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = keys.get(name) {
            return Ok(*number);
        }
        connection.prepare_cached("INSERT OR IGNORE INTO metric_keys (name) VALUES (?1)")?.execute([name])?;
        let number = connection
            .prepare_cached("SELECT no FROM metric_keys WHERE name = ?1")?
            .query_row([name], |row| row.get(0))?;
        keys.insert(name.to_owned(), number);
        Ok(number)
    }
}

/// The number of a run from its full id.
pub(crate) fn run_number(connection: &Connection, id: &str) -> Result<i64, TrackingError> {
    connection
        .prepare_cached("SELECT no FROM runs WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?
        .ok_or_else(|| TrackingError::Unknown { what: "run", given: id.to_owned() })
}

/// An id from itself, a unique beginning of it (in any case), or a name (the newest that has it).
pub(crate) fn resolve(
    connection: &Connection,
    table: &'static str,
    what: &'static str,
    given: &str,
) -> Result<String, TrackingError> {
    let unknown = || TrackingError::Unknown { what, given: given.to_owned() };
    if given.is_empty() {
        return Err(unknown());
    }
    // `table` is one of our own words.
    let exact = format!("SELECT id FROM {table} WHERE id = ?1 OR name = ?1 ORDER BY id <> ?1, id DESC LIMIT 1");
    if let Some(id) = connection.prepare_cached(&exact)?.query_row([given], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    let start = given.to_ascii_uppercase();
    let prefix =
        format!("SELECT id FROM {table} WHERE id >= ?1 AND substr(id, 1, length(?1)) = ?1 ORDER BY id LIMIT 5");
    let mut statement = connection.prepare_cached(&prefix)?;
    let mut candidates = statement.query_map([start], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    match candidates.len() {
        0 => Err(unknown()),
        1 => Ok(candidates.remove(0)),
        _ => Err(TrackingError::Ambiguous { what, given: given.to_owned(), candidates }),
    }
}
