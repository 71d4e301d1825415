//! Metrics: their history, and the value a run is judged by.
//!
//! A transaction that is synced to disk takes milliseconds on a common disk, a point in it about a microsecond. So
//! points come in batches; [`MetricLog`] makes them from what a kernel streams.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use cairn_protocol::{Real, runs::MetricSeries};
use rusqlite::{Connection, TransactionBehavior};

use crate::{
    Tracker, TrackingError, reduce,
    runs::real,
    time::now_ms,
    tracker::{resolve, run_number},
};

/// One value of one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricPoint {
    /// Name: `valid.auc`.
    pub key: String,
    /// Steps done.
    pub step: u64,
    /// The value; NaN and infinities are kept.
    pub value: f64,
}

impl Tracker {
    /// Records the values after one step, as one transaction. Many steps are faster through
    /// [`Tracker::log_points`] or a [`MetricLog`].
    ///
    /// # Errors
    /// Unknown run, or the database failed.
    pub fn log_metrics(&self, run: &str, step: u64, values: &BTreeMap<String, f64>) -> Result<(), TrackingError> {
        let points: Vec<MetricPoint> =
            values.iter().map(|(key, value)| MetricPoint { key: key.clone(), step, value: *value }).collect();
        self.log_points(run, &points)
    }

    /// Records many points of a run as one transaction. A second value for a step replaces the first.
    ///
    /// # Errors
    /// Unknown run, or the database failed.
    pub fn log_points(&self, run: &str, points: &[MetricPoint]) -> Result<(), TrackingError> {
        if points.is_empty() {
            return Ok(());
        }
        let mut connection = self.writer();
        let number = run_number(&connection, run)?;
        let mut keyed = Vec::with_capacity(points.len());
        // The last point at the highest step of each metric is the one that the run shows.
        let mut newest: BTreeMap<i64, (i64, f64)> = BTreeMap::new();
        let mut last: Option<(&str, i64)> = None;
        for point in points {
            let key = match last {
                Some((name, key)) if name == point.key => key,
                _ => self.key_number(&connection, &point.key)?,
            };
            last = Some((&point.key, key));
            let step = i64::try_from(point.step).unwrap_or(i64::MAX);
            keyed.push((key, step, point.value));
            let entry = newest.entry(key).or_insert((step, point.value));
            if step >= entry.0 {
                *entry = (step, point.value);
            }
        }
        let now = now_ms();
        // On the disk for certain with the end of the run; see `Tracker::write_soon`.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut insert = transaction.prepare_cached("INSERT OR REPLACE INTO points VALUES (?1, ?2, ?3, ?4, ?5)")?;
            for (key, step, value) in keyed {
                insert.execute((number, key, step, value, now))?;
            }
            let mut update = transaction.prepare_cached(
                "INSERT INTO latest VALUES (?1, ?2, ?3, ?4, 0) ON CONFLICT (run, key) DO UPDATE
                 SET step = excluded.step, value = excluded.value
                 WHERE latest.final = 0 AND excluded.step >= latest.step",
            )?;
            for (key, (step, value)) in newest {
                update.execute((number, key, step, value))?;
            }
        }
        transaction.commit()?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        Ok(())
    }

    /// Sets the values a run is judged by, whatever is logged afterwards.
    ///
    /// # Errors
    /// Unknown run, or the database failed.
    pub fn set_final_metrics(&self, run: &str, values: &BTreeMap<String, f64>) -> Result<(), TrackingError> {
        let mut connection = self.writer();
        let number = run_number(&connection, run)?;
        let keyed = values
            .iter()
            .map(|(name, value)| Ok((self.key_number(&connection, name)?, *value)))
            .collect::<Result<Vec<(i64, f64)>, TrackingError>>()?;
        // On the disk for certain with the end of the run; see `Tracker::write_soon`.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO latest VALUES (?1, ?2, 0, ?3, 1)
                 ON CONFLICT (run, key) DO UPDATE SET value = excluded.value, final = 1",
            )?;
            for (key, value) in keyed {
                insert.execute((number, key, value))?;
            }
        }
        transaction.commit()?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        Ok(())
    }

    /// Collects the points of a run into batches.
    #[must_use]
    pub fn metric_log(&self, run: &str) -> MetricLog<'_> {
        MetricLog { tracker: self, run: run.to_owned(), points: Vec::new(), flushed: Instant::now() }
    }

    /// Histories of metrics (`keys` empty: all that the runs have), each with at most `max_points` points, extremes
    /// kept (0: all). Runs go by id, unique beginning or name. A metric without history does not appear.
    ///
    /// # Errors
    /// Unknown run, or the database failed.
    pub fn series(
        &self,
        runs: &[String],
        keys: &[String],
        max_points: usize,
    ) -> Result<Vec<MetricSeries>, TrackingError> {
        self.read(|db| {
            let mut all = Vec::new();
            for given in runs {
                let id = resolve(db, "runs", "run", given)?;
                let number = run_number(db, &id)?;
                let present = keys_with_history(db, number)?;
                let wanted = present.into_iter().filter(|(_, name)| keys.is_empty() || keys.contains(name));
                for (key, name) in wanted {
                    let points = history(db, number, key)?;
                    let points = if max_points == 0 { points } else { reduce(&points, max_points) };
                    all.push(MetricSeries { run_id: id.clone(), key: name, points });
                }
            }
            Ok(all)
        })
    }
}

/// Jumps from key to key in the primary key instead of walking every point.
fn keys_with_history(db: &Connection, run: i64) -> Result<Vec<(i64, String)>, TrackingError> {
    let mut statement = db.prepare_cached(
        "WITH RECURSIVE present (key) AS (
             SELECT min(key) FROM points WHERE run = ?1
             UNION ALL
             SELECT (SELECT min(p.key) FROM points p WHERE p.run = ?1 AND p.key > present.key)
             FROM present WHERE present.key IS NOT NULL
         )
         SELECT k.no, k.name FROM present JOIN metric_keys k ON k.no = present.key ORDER BY k.name",
    )?;
    let rows = statement.query_map([run], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn history(db: &Connection, run: i64, key: i64) -> Result<Vec<(u64, Real)>, TrackingError> {
    let mut statement =
        db.prepare_cached("SELECT step, value FROM points WHERE run = ?1 AND key = ?2 ORDER BY step")?;
    let rows = statement
        .query_map((run, key), |row| Ok((u64::try_from(row.get::<_, i64>(0)?).unwrap_or_default(), real(row, 1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Points of one run on their way to disk. What [`MetricLog::push`] took is acknowledged once [`MetricLog::flush`]
/// (or a push that returned `true`) has returned; dropping it flushes too, but cannot report an error.
#[derive(Debug)]
pub struct MetricLog<'tracker> {
    tracker: &'tracker Tracker,
    run: String,
    points: Vec<MetricPoint>,
    flushed: Instant,
}

impl MetricLog<'_> {
    const MOST_POINTS: usize = 4096;
    const LONGEST_WAIT: Duration = Duration::from_millis(200);

    /// Takes the values after a step; writes when enough has gathered or the last write is 0.2 s ago, and says
    /// whether it did.
    ///
    /// # Errors
    /// Unknown run, or the database failed; the points are kept for another attempt.
    pub fn push(&mut self, step: u64, values: &BTreeMap<String, f64>) -> Result<bool, TrackingError> {
        self.points.extend(values.iter().map(|(key, value)| MetricPoint { key: key.clone(), step, value: *value }));
        if self.points.len() < Self::MOST_POINTS && self.flushed.elapsed() < Self::LONGEST_WAIT {
            return Ok(false);
        }
        self.flush()?;
        Ok(true)
    }

    /// Writes what is waiting.
    ///
    /// # Errors
    /// Unknown run, or the database failed; the points are kept for another attempt.
    pub fn flush(&mut self) -> Result<(), TrackingError> {
        self.tracker.log_points(&self.run, &self.points)?;
        self.points.clear();
        self.flushed = Instant::now();
        Ok(())
    }
}

impl Drop for MetricLog<'_> {
    fn drop(&mut self) {
        // The run is being torn down; whoever cares for the outcome calls `flush`.
        self.flush().ok();
    }
}
