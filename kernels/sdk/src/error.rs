//! What can go wrong in a kernel, said so that a person can act on it.

use std::io;
use std::path::PathBuf;

/// Why a run, a scoring or an explanation did not end well.
#[derive(Debug, thiserror::Error)]
pub enum KernelError {
    /// The host wished it; answered with `Cancelled`, not with `Failed`.
    #[error("stopped on the host's wish")]
    Cancelled,
    /// The request cannot be met with this data or these settings.
    #[error("{message}")]
    Refused {
        /// What is wrong, in a sentence.
        message: String,
        /// What to do about it.
        hint: String,
    },
    /// A file could not be read or written.
    #[error("cannot {doing} {}: {source}", path.display())]
    File {
        /// What was tried: «read», «write».
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is there but is not what it should be.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The algorithm broke down.
    #[error("{message}")]
    Broke {
        /// What it said.
        message: String,
    },
}

impl KernelError {
    /// A request that cannot be met, with what to do about it.
    pub fn refused(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Refused { message: message.into(), hint: hint.into() }
    }

    /// An algorithm that broke down.
    pub fn broke(message: impl Into<String>) -> Self {
        Self::Broke { message: message.into() }
    }

    /// What to do next; empty where there is nothing to say.
    #[must_use]
    pub fn hint(&self) -> &str {
        match self {
            Self::Cancelled | Self::Broke { .. } => "",
            Self::Refused { hint, .. } => hint,
            Self::File { doing: "write", .. } => "Check that the folder exists, is writable and has space",
            Self::File { .. } => "Check that the file exists and can be read",
            Self::Malformed { .. } => "Run the step that writes this file again",
        }
    }
}
