//! What can go wrong, and what to do next.

use std::path::PathBuf;

use cairn_protocol::{ErrorInfo, ErrorKind, runs::RunStatus};
use rusqlite::ErrorCode;

/// An error of the tracker.
#[derive(Debug, thiserror::Error)]
pub enum TrackingError {
    /// SQLite refused.
    #[error("the tracking database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// The file is no tracking database, or is damaged.
    #[error("{path} is not a usable tracking database: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// A later Cairn wrote the database.
    #[error("{path} has schema version {found}; this Cairn knows versions up to {known}")]
    FutureVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Nothing goes by this id, beginning of an id, or name.
    #[error("no {what} «{given}»")]
    Unknown {
        /// `run`, `sweep`, `lineage node`, `artifact`.
        what: &'static str,
        /// What was asked for.
        given: String,
    },
    /// Several go by this beginning of an id.
    #[error("«{given}» is the beginning of several ids of a {what}: {}", candidates.join(", "))]
    Ambiguous {
        /// `run`, `sweep`, `lineage node`.
        what: &'static str,
        /// What was asked for.
        given: String,
        /// The first few that fit.
        candidates: Vec<String>,
    },
    /// The run has ended, so that it cannot start or end again.
    #[error("run {run} is {}, it cannot become {}", status.as_str(), wanted.as_str())]
    WrongStatus {
        /// The run.
        run: String,
        /// How it stands.
        status: RunStatus,
        /// How it should stand.
        wanted: RunStatus,
    },
    /// A filter or sort key that cannot be understood.
    #[error("{message}, at character {position} of «{text}»")]
    Filter {
        /// The whole filter or sort key.
        text: String,
        /// From 1.
        position: usize,
        /// What was expected.
        message: String,
    },
    /// A stored document that cannot be read.
    #[error("a stored document cannot be read: {0}")]
    Document(#[from] serde_json::Error),
}

impl TrackingError {
    /// What to do next; empty where nothing helps.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Database(error) if is_busy(error) => {
                "another process writes to this project; close it or wait until it is done".into()
            }
            Self::Database(_) | Self::Document(_) => "`cairn verify` checks the database against its files".into(),
            Self::Damaged { .. } => {
                "move the file away to go on without the recorded runs, or restore it from a backup".into()
            }
            Self::FutureVersion { .. } => "update Cairn; the database was left as it is".into(),
            Self::Io { .. } => "check that the folder exists, can be written and has space left".into(),
            Self::Unknown { what: "run", .. } => "`cairn runs` lists the runs".into(),
            Self::Unknown { what: "sweep", .. } => "`cairn runs --where \"sweep != ''\"` lists the trials".into(),
            Self::Unknown { .. } => "`cairn lineage` without an id shows everything".into(),
            Self::Ambiguous { .. } => "give more characters of the id".into(),
            Self::WrongStatus { .. } => "start a new run".into(),
            Self::Filter { .. } => {
                "for example: metrics.valid.auc > 0.8 and params.max_depth = 3 and status = 'finished'".into()
            }
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

impl From<TrackingError> for ErrorInfo {
    fn from(error: TrackingError) -> Self {
        let kind = match &error {
            TrackingError::Database(cause) if is_busy(cause) => ErrorKind::Held,
            TrackingError::Database(_) | TrackingError::Document(_) | TrackingError::WrongStatus { .. } => {
                ErrorKind::Internal
            }
            TrackingError::Damaged { .. } | TrackingError::FutureVersion { .. } => ErrorKind::BadInput,
            TrackingError::Io { .. } => ErrorKind::Failed,
            TrackingError::Unknown { .. } | TrackingError::Ambiguous { .. } | TrackingError::Filter { .. } => {
                ErrorKind::Usage
            }
        };
        let mut info = ErrorInfo::new(kind, error.to_string()).hint(error.hint());
        if let TrackingError::Damaged { path, .. }
        | TrackingError::FutureVersion { path, .. }
        | TrackingError::Io { path, .. } = &error
        {
            info = info.in_file(path.display().to_string());
        }
        info
    }
}
