//! Sweeps and their trials.

use cairn_protocol::{
    Params, Real,
    notebook::{Objective, SweepMethod},
    runs::RunStatus,
    sweeps::{BestTrial, SearchParam, SweepState, Trial, TrialState},
};
use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Tracker, TrackingError, new_id,
    runs::{parse_status, real},
    time::{now_ms, rfc3339, seconds},
    tracker::resolve,
};

/// What is known of a sweep when it begins.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSweep {
    /// Name for people: that of the cell or file.
    pub name: String,
    /// How trials are chosen.
    pub method: SweepMethod,
    /// What is optimised.
    pub objective: Objective,
    /// Trials planned.
    pub planned: usize,
    /// Trials at once.
    pub parallel: usize,
    /// The search space.
    pub space: Vec<SearchParam>,
}

impl Tracker {
    /// Records a new sweep, running, and returns its id.
    ///
    /// # Errors
    /// The database failed.
    pub fn create_sweep(&self, new: &NewSweep) -> Result<String, TrackingError> {
        let id = new_id();
        let (method, objective) = (word(&new.method)?, serde_json::to_string(&new.objective)?);
        let space = serde_json::to_string(&new.space)?;
        self.write(|tx| {
            tx.prepare_cached(
                "INSERT INTO sweeps (id, name, status, method, objective, planned, parallel, space, started_at)
                 VALUES (?1, ?2, 'running', ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute((
                &id,
                &new.name,
                &method,
                &objective,
                count(new.planned),
                count(new.parallel),
                &space,
                now_ms(),
            ))?;
            Ok(())
        })?;
        Ok(id)
    }

    /// Sets how a sweep stands; with a status other than queued and running it ends now. Running again after an end
    /// resumes it.
    ///
    /// # Errors
    /// Unknown sweep, or the database failed.
    pub fn update_sweep(&self, id: &str, status: RunStatus) -> Result<(), TrackingError> {
        let ended = !matches!(status, RunStatus::Queued | RunStatus::Running);
        self.write(|tx| {
            let changed = tx
                .prepare_cached("UPDATE sweeps SET status = ?2, ended_at = ?3 WHERE id = ?1")?
                .execute((id, status.as_str(), ended.then(now_ms)))?;
            if changed == 0 {
                return Err(TrackingError::Unknown { what: "sweep", given: id.to_owned() });
            }
            Ok(())
        })
    }

    /// Records a trial, or what became of it.
    ///
    /// # Errors
    /// Unknown sweep, or the database failed.
    pub fn put_trial(&self, sweep: &str, trial: &Trial) -> Result<(), TrackingError> {
        let (state, params) = (word(&trial.state)?, serde_json::to_string(&trial.params)?);
        self.write_soon(|tx| {
            let sweep = sweep_number(tx, sweep)?;
            tx.prepare_cached(
                "INSERT OR REPLACE INTO trials VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?
            .execute((
                sweep,
                count(trial.number),
                (!trial.run_id.is_empty()).then_some(&trial.run_id),
                &state,
                trial.value.is_some(),
                trial.value.map(|value| value.0),
                &params,
                &trial.started_at,
                trial.duration_secs,
                trial.offset_secs,
                count(trial.worker),
                &trial.reason,
            ))?;
            Ok(())
        })
    }

    /// A sweep with its trials, from its id, a unique beginning of it, or its name (the newest that has it).
    ///
    /// # Errors
    /// Nothing or several go by it, or the database failed.
    pub fn sweep(&self, given: &str) -> Result<SweepState, TrackingError> {
        self.read(|db| {
            let id = resolve(db, "sweeps", "sweep", given)?;
            let number = sweep_number(db, &id)?;
            let mut state = read_sweep(db, number)?;
            state.trials = read_trials(db, number)?;
            state.best = best(&state.objective, &state.trials);
            Ok(state)
        })
    }

    /// All sweeps, newest first, without their trials (but with the best).
    ///
    /// # Errors
    /// The database failed.
    pub fn sweeps(&self) -> Result<Vec<SweepState>, TrackingError> {
        self.read(|db| {
            let mut statement = db.prepare_cached("SELECT no FROM sweeps ORDER BY id DESC")?;
            let numbers = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
            let with_best = |number| {
                let mut state = read_sweep(db, number)?;
                state.best = best(&state.objective, &read_trials(db, number)?);
                Ok(state)
            };
            numbers.into_iter().map(with_best).collect()
        })
    }
}

fn sweep_number(db: &Connection, id: &str) -> Result<i64, TrackingError> {
    db.prepare_cached("SELECT no FROM sweeps WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?
        .ok_or_else(|| TrackingError::Unknown { what: "sweep", given: id.to_owned() })
}

fn read_sweep(db: &Connection, number: i64) -> Result<SweepState, TrackingError> {
    db.prepare_cached(
        "SELECT id, name, status, method, objective, planned, parallel, space, started_at, ended_at
         FROM sweeps WHERE no = ?1",
    )?
    .query_row([number], |row| {
        let started = row.get(8)?;
        let method: String = row.get(3)?;
        Ok((|| {
            Ok(SweepState {
                id: row.get(0)?,
                name: row.get(1)?,
                status: parse_status(&row.get::<_, String>(2)?),
                method: from_word::<SweepMethod>(&method)?,
                objective: serde_json::from_str(&row.get::<_, String>(4)?)?,
                planned: size(row, 5)?,
                parallel: size(row, 6)?,
                space: serde_json::from_str(&row.get::<_, String>(7)?)?,
                best: None,
                trials: Vec::new(),
                started_at: rfc3339(started),
                duration_secs: seconds(started, row.get(9)?),
            })
        })())
    })?
}

fn read_trials(db: &Connection, sweep: i64) -> Result<Vec<Trial>, TrackingError> {
    let mut statement = db.prepare_cached(
        "SELECT number, coalesce(run, ''), state, has_value, value, params, started_at, duration_secs, offset_secs,
                worker, reason
         FROM trials WHERE sweep = ?1 ORDER BY number",
    )?;
    let mut rows = statement.query([sweep])?;
    let mut trials = Vec::new();
    while let Some(row) = rows.next()? {
        trials.push(Trial {
            number: size(row, 0)?,
            run_id: row.get(1)?,
            state: from_word::<TrialState>(&row.get::<_, String>(2)?)?,
            value: if row.get(3)? { Some(real(row, 4)?) } else { None },
            params: serde_json::from_str::<Params>(&row.get::<_, String>(5)?)?,
            started_at: row.get(6)?,
            duration_secs: row.get(7)?,
            offset_secs: row.get(8)?,
            worker: size(row, 9)?,
            reason: row.get(10)?,
        });
    }
    Ok(trials)
}

/// The best complete trial; of equal ones the first. NaN is never the best.
fn best(objective: &Objective, trials: &[Trial]) -> Option<BestTrial> {
    let complete = trials.iter().filter(|trial| trial.state == TrialState::Complete);
    let valued = complete.filter_map(|trial| Some((trial, trial.value?))).filter(|(_, Real(value))| !value.is_nan());
    let (trial, value) =
        valued.reduce(|best, next| if objective.goal.better(next.1.0, best.1.0) { next } else { best })?;
    Some(BestTrial { number: trial.number, run_id: trial.run_id.clone(), value, params: trial.params.clone() })
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn size(row: &Row<'_>, column: usize) -> rusqlite::Result<usize> {
    Ok(usize::try_from(row.get::<_, i64>(column)?).unwrap_or_default())
}

/// The name of a variant, as serde writes it.
fn word(variant: &impl Serialize) -> Result<String, TrackingError> {
    Ok(serde_json::to_value(variant)?.as_str().unwrap_or_default().to_owned())
}

fn from_word<T: DeserializeOwned>(name: &str) -> Result<T, TrackingError> {
    Ok(serde_json::from_value(serde_json::Value::from(name))?)
}
