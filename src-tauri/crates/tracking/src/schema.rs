//! Connections and migrations. `PRAGMA user_version` counts the migrations a file has seen; each is one transaction.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::TrackingError;

/// The migrations in order; the version of a database is how many of them it has.
const MIGRATIONS: &[&str] = &[include_str!("schema/001.sql")];

const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The connection that writes: creates and migrates the file.
pub(crate) fn open_writer(path: &Path) -> Result<Connection, TrackingError> {
    let opened = Connection::open(path).map_err(TrackingError::from).and_then(|mut connection| {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // Before anything is changed: a database of a later version stays as it is.
        check_version(&connection, path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // WAL alone would lose the last transactions when the power fails.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.set_prepared_statement_cache_capacity(128);
        migrate(&mut connection, path)?;
        Ok(connection)
    });
    opened.map_err(|error| damaged(error, path))
}

/// A connection that only reads; the file exists and is migrated.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, TrackingError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

fn version(connection: &Connection) -> Result<i64, TrackingError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn check_version(connection: &Connection, path: &Path) -> Result<i64, TrackingError> {
    let (found, known) = (version(connection)?, MIGRATIONS.len() as i64);
    if (0..=known).contains(&found) {
        return Ok(found);
    }
    Err(TrackingError::FutureVersion { path: path.to_owned(), found, known })
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), TrackingError> {
    loop {
        // Two processes may open a new project at once: the version is read again within the write lock.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = check_version(&transaction, path)?;
        let Some(next) = usize::try_from(done).ok().and_then(|done| MIGRATIONS.get(done)) else { return Ok(()) };
        transaction.execute_batch(next)?;
        transaction.pragma_update(None, "user_version", done + 1)?;
        transaction.commit()?;
    }
}

fn damaged(error: TrackingError, path: &Path) -> TrackingError {
    match error {
        TrackingError::Database(cause)
            if matches!(
                cause.sqlite_error_code(),
                Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::CannotOpen)
            ) =>
        {
            TrackingError::Damaged { path: path.to_owned(), reason: cause.to_string() }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_future_version_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tracking.db");
        let connection = open_writer(&path).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        drop(connection);
        let error = open_writer(&path).unwrap_err();
        assert!(matches!(error, TrackingError::FutureVersion { found: 99, .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains("schema version 99") && error.hint().contains("update Cairn"), "{text}");
        let raw = Connection::open(&path).unwrap();
        assert_eq!(version(&raw).unwrap(), 99);
    }

    #[test]
    fn a_file_that_is_no_database_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tracking.db");
        std::fs::write(&path, "not a database, but long enough to look like a header of one: ".repeat(40)).unwrap();
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(open_writer(&path).unwrap_err(), TrackingError::Damaged { .. }));
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_database_of_every_earlier_version_loads() {
        for done in 0..=MIGRATIONS.len() {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("tracking.db");
            let raw = Connection::open(&path).unwrap();
            for migration in &MIGRATIONS[..done] {
                raw.execute_batch(migration).unwrap();
            }
            raw.pragma_update(None, "user_version", done as i64).unwrap();
            drop(raw);
            let connection = open_writer(&path).unwrap();
            assert_eq!(version(&connection).unwrap(), MIGRATIONS.len() as i64);
            let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
            let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
            assert_eq!((mode.as_str(), synchronous), ("wal", 2));
        }
    }
}
