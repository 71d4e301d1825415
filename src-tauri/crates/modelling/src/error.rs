//! What can be wrong with predictions: they come from another process, so nothing about them is taken on trust.

use cairn_protocol::{ErrorInfo, ErrorKind};

/// An error of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModellingError {
    /// Two columns that must be equally long are not.
    #[error("{what} has {found} values for {expected} rows")]
    Length {
        /// What is too long or too short.
        what: String,
        /// Rows of the table.
        expected: usize,
        /// Values it has.
        found: usize,
    },
    /// The number of prediction columns does not fit the task.
    #[error("the model gave {found} columns of predictions where {expected} belong")]
    Columns {
        /// Columns for the task.
        expected: usize,
        /// Columns given.
        found: usize,
    },
    /// A target or prediction that is no number of its kind.
    #[error("row {row}: {what} is {value}")]
    Value {
        /// Row in the table, from 1.
        row: usize,
        /// `the target`, `the prediction`.
        what: String,
        /// The value.
        value: f64,
    },
    /// No row to judge.
    #[error("there is no row to judge the model on")]
    NoRows,
    /// A metric that the task does not have.
    #[error("there is no metric «{name}» for this task")]
    Metric {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<&'static str>,
    },
}

impl ModellingError {
    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Length { .. } | Self::Columns { .. } => {
                "Kernel and table do not fit together: run `cairn kernels check`, then train again".into()
            }
            Self::Value { .. } => "Training may have diverged: lower the learning rate, or scale the features".into(),
            Self::NoRows => "Give each part of the split a share above 0".into(),
            Self::Metric { known, .. } => format!("The metrics are {}", known.join(", ")),
        }
    }
}

impl From<ModellingError> for ErrorInfo {
    fn from(error: ModellingError) -> Self {
        let kind = match error {
            ModellingError::Metric { .. } => ErrorKind::Usage,
            ModellingError::NoRows => ErrorKind::BadInput,
            _ => ErrorKind::Failed,
        };
        Self::new(kind, error.to_string()).hint(error.hint())
    }
}
