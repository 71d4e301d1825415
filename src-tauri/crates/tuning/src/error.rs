//! What can go wrong, and what to do next.

use cairn_protocol::{ErrorInfo, sweeps::Violation};

/// An error of a search space or a sweep file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TuningError {
    /// One dimension cannot be searched as it stands.
    #[error("parameter {name}: {message}")]
    Param {
        /// Name of the parameter.
        name: String,
        /// What is wrong.
        message: String,
    },
    /// Two dimensions have one name.
    #[error("parameter {name} appears twice in the search space")]
    Twice {
        /// The name.
        name: String,
    },
    /// A dimension with endlessly many values in a grid.
    #[error("parameter {name} cannot be part of a grid: {message}")]
    NotDiscrete {
        /// Name of the parameter.
        name: String,
        /// Why.
        message: String,
    },
    /// The grid has more points than anybody could want listed.
    #[error("the grid has {points} points")]
    GridTooLarge {
        /// How many.
        points: u128,
    },
    /// A sweep file with faults; never empty.
    #[error("the sweep file is not valid: {}", summary(violations))]
    Invalid {
        /// All of them.
        violations: Vec<Violation>,
    },
    /// A valid sweep file that Cairn cannot run.
    #[error("method {method} cannot be run here yet")]
    Unsupported {
        /// `bayes` or `custom`.
        method: String,
        /// The line of the method.
        line: u64,
    },
}

fn summary(violations: &[Violation]) -> String {
    let shown = violations.iter().take(3).map(|violation| match violation.path.as_str() {
        "" => violation.message.clone(),
        path => format!("{path}: {}", violation.message),
    });
    let mut text = shown.collect::<Vec<_>>().join("; ");
    if violations.len() > 3 {
        text = format!("{text}; and {} more", violations.len() - 3);
    }
    text
}

impl TuningError {
    /// What to do next; empty where nothing helps.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Param { .. } | Self::Twice { .. } => "correct the search space".into(),
            Self::NotDiscrete { .. } => "give it a step or a list of values, or use the random method".into(),
            Self::GridTooLarge { .. } => "ask for fewer with --count, or use the random method".into(),
            Self::Invalid { .. } => "`cairn sweep --check` lists every fault with its line".into(),
            Self::Unsupported { .. } => "set `method: random` or `method: grid`".into(),
        }
    }
}

impl From<TuningError> for ErrorInfo {
    fn from(error: TuningError) -> Self {
        let info = Self::bad_input(error.to_string()).hint(error.hint());
        match error {
            TuningError::Invalid { violations } => match violations.first() {
                Some(first) if first.line > 0 => info.at_line(first.line),
                _ => info,
            },
            TuningError::Unsupported { line, .. } if line > 0 => info.at_line(line),
            _ => info,
        }
    }
}
