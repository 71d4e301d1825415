//! What can go wrong while a report is drawn.

use cairn_protocol::ErrorInfo;

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A picture could not be drawn.
    #[error("the picture of {picture} could not be drawn: {reason}")]
    Picture {
        /// What it would have shown.
        picture: &'static str,
        /// What the drawing library said.
        reason: String,
    },
}

impl ReportError {
    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Picture { .. } => {
                "leave out the section that holds this picture, and report the fault with the notebook"
            }
        }
    }
}

impl From<ReportError> for ErrorInfo {
    fn from(error: ReportError) -> Self {
        let hint = error.hint();
        ErrorInfo::internal(error.to_string()).hint(hint)
    }
}
