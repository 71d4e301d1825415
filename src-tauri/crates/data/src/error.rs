//! What can go wrong with a table: every error says what failed, where, and what to do next.

use std::path::PathBuf;

use cairn_protocol::{ErrorInfo, ErrorKind};

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The file is not there (any more).
    #[error("{} is not there", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The path names a folder.
    #[error("{} is a folder, not a file", path.display())]
    Folder {
        /// The path.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("{} could not be {doing}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// `read`, `written`.
        doing: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file has no content.
    #[error("{} is empty", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file is not a table in a format that can be read.
    #[error("{} is not a table that can be read: {found} at byte {byte_offset}", path.display())]
    NotATable {
        /// The file.
        path: PathBuf,
        /// What was found: «a ZIP archive», «a NUL byte».
        found: String,
        /// Where.
        byte_offset: u64,
    },
    /// A Parquet or Arrow file is damaged, or uses what cannot be read.
    #[error("{} could not be read as {format}: {message}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// `parquet`, `arrow`.
        format: &'static str,
        /// What the reader said.
        message: String,
    },
    /// An option that cannot be used.
    #[error("{option} «{value}» cannot be used: {why}")]
    Option {
        /// Its name.
        option: &'static str,
        /// Its value.
        value: String,
        /// Why.
        why: String,
    },
    /// A column that the table does not have.
    #[error("there is no column «{column}»")]
    NoColumn {
        /// The name asked for.
        column: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// The file ending names no format that can be written.
    #[error("{} has no ending that says a format", path.display())]
    ExportFormat {
        /// The file.
        path: PathBuf,
    },
    /// The file ending names nothing that rejected records are written as.
    #[error("{} has no ending that rejected records are written with", path.display())]
    RejectsFormat {
        /// The file.
        path: PathBuf,
    },
    /// A step, a split or a training table that cannot be made of this table.
    #[error("{what}")]
    Refused {
        /// What was wrong, with the first row and value where there is one.
        what: String,
        /// The column.
        column: Option<String>,
        /// What to do next.
        hint: String,
    },
    /// Cells that a step cannot read.
    #[error("{what}")]
    Unfit {
        /// What was wrong, with the first row and value.
        what: String,
        /// The column.
        column: String,
        /// What to do next.
        hint: String,
        /// The first such cells.
        cells: Vec<cairn_protocol::UnfitCell>,
    },
    /// An error of one step of a recipe.
    #[error("{source}")]
    InStep {
        /// Number of the step, from 1.
        step: usize,
        /// The error.
        source: Box<DataError>,
    },
    /// The person cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The table library refused.
    #[error("{doing}: {source}")]
    Table {
        /// What was being done.
        doing: String,
        /// What it said.
        source: polars::error::PolarsError,
    },
    /// A fault of our own.
    #[error("{what}")]
    Internal {
        /// What did not hold.
        what: String,
    },
}

impl DataError {
    /// An error of reading or writing a file; a file that is not there has its own kind.
    pub fn io(path: &std::path::Path, doing: &'static str, source: std::io::Error) -> Self {
        if source.kind() == std::io::ErrorKind::NotFound && doing == "read" {
            Self::Missing { path: path.to_owned() }
        } else {
            Self::Io { path: path.to_owned(), doing, source }
        }
    }

    /// An error of the table library while doing something.
    pub fn table(doing: impl Into<String>) -> impl FnOnce(polars::error::PolarsError) -> Self {
        let doing = doing.into();
        move |source| Self::Table { doing, source }
    }

    /// A column that is not there; the hint names those most alike.
    pub fn no_column(frame: &polars::prelude::DataFrame, column: &str) -> Self {
        if column.is_empty() {
            return Self::refused("no column is chosen", None, "Choose a column of the table");
        }
        let known = frame.get_column_names().into_iter().map(ToString::to_string).collect();
        Self::NoColumn { column: column.to_owned(), known }
    }

    /// Something that cannot be done with a column (or, without one, with the table), and what to do instead.
    pub fn refused(what: impl Into<String>, column: Option<&str>, hint: impl Into<String>) -> Self {
        Self::Refused { what: what.into(), column: column.map(str::to_owned), hint: hint.into() }
    }

    /// The same error with the step it came from.
    #[must_use]
    pub fn in_step(self, step: usize) -> Self {
        match self {
            Self::Cancelled | Self::InStep { .. } => self,
            other => Self::InStep { step, source: Box::new(other) },
        }
    }

    /// What to do next; empty where nothing helps.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Refused { hint, .. } | Self::Unfit { hint, .. } => hint.clone(),
            Self::InStep { source, .. } => source.hint(),
            Self::Missing { .. } => "Check the path; the file may have been moved or renamed".into(),
            Self::Folder { .. } => "Name a file in it".into(),
            Self::Io { doing, .. } => match *doing {
                "read" => "Check that the file may be read and that no other program holds it".into(),
                _ => "Check that the folder may be written to and that the disk has space".into(),
            },
            Self::Empty { .. } => "The file has no bytes; export it again".into(),
            Self::NotATable { .. } => {
                "Cairn reads CSV and other delimited text, JSON, Parquet, Arrow IPC, Excel and OpenDocument sheets and \
                 SQLite, plain or as .gz, .zst or .zip; export it as one of these"
                    .into()
            }
            Self::Format { .. } => "The file may be cut short; copy or export it again".into(),
            Self::Option { .. } => "Leave the option away: what is absent is detected".into(),
            Self::NoColumn { column, known } => {
                let close = closest(column, known);
                let shown: Vec<String> = known.iter().take(10).map(|name| format!("«{name}»")).collect();
                match (close.is_empty(), known.len()) {
                    (false, _) => format!("Did you mean {close}?"),
                    (true, 0) => String::new(),
                    (true, 1..=10) => format!("The columns are {}", shown.join(", ")),
                    (true, count) => format!("The first of the {count} columns are {}", shown.join(", ")),
                }
            }
            Self::ExportFormat { .. } => {
                "End the name with .csv, .tsv, .ndjson (also with .gz or .zst behind it), .parquet or .arrow".into()
            }
            Self::RejectsFormat { .. } => "End the name with .csv or .tsv".into(),
            Self::Cancelled | Self::Table { .. } => String::new(),
            Self::Internal { .. } => {
                "This is a fault in Cairn; please report it with the file, if it may be shared".into()
            }
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::InStep { source, .. } => source.kind(),
            Self::Option { .. } | Self::ExportFormat { .. } | Self::RejectsFormat { .. } => ErrorKind::Usage,
            Self::Cancelled => ErrorKind::Interrupted,
            Self::Table { .. } => ErrorKind::Failed,
            Self::Io { doing, .. } if *doing != "read" => ErrorKind::Failed,
            Self::Internal { .. } => ErrorKind::Internal,
            _ => ErrorKind::BadInput,
        }
    }
}

/// The known names most like the one asked for, at most three, for a hint.
fn closest(asked: &str, known: &[String]) -> String {
    let near = cairn_protocol::reading::closest(asked, known.iter().map(String::as_str));
    near.into_iter().map(|name| format!("«{name}»")).collect::<Vec<_>>().join(", ")
}

impl From<DataError> for ErrorInfo {
    fn from(error: DataError) -> Self {
        if let DataError::InStep { step, source } = error {
            return Self::from(*source).at_step(step);
        }
        let mut info = Self::new(error.kind(), error.to_string()).hint(error.hint());
        match &error {
            DataError::Missing { path }
            | DataError::Folder { path }
            | DataError::Io { path, .. }
            | DataError::Empty { path }
            | DataError::NotATable { path, .. }
            | DataError::Format { path, .. }
            | DataError::ExportFormat { path }
            | DataError::RejectsFormat { path } => info = info.in_file(path.display().to_string()),
            DataError::NoColumn { column, .. } | DataError::Refused { column: Some(column), .. } => {
                info = info.in_column(column.clone());
            }
            DataError::Unfit { column, cells, .. } => {
                info = info.in_column(column.clone());
                info.cells.clone_from(cells);
            }
            _ => {}
        }
        info
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_column_is_recognised() {
        let known = ["age", "bmi", "smoker"].map(String::from).to_vec();
        let error = DataError::NoColumn { column: "smokre".into(), known };
        assert_eq!(error.hint(), "Did you mean «smoker»?");
        let hint = |known: Vec<String>| DataError::NoColumn { column: "nothing like it".into(), known }.hint();
        assert_eq!(hint(vec!["id".into(), "v".into()]), "The columns are «id», «v»");
        let many = (0..300).map(|number| format!("c{number}")).collect();
        assert!(hint(many).starts_with("The first of the 300 columns are «c0», "));
        let info = ErrorInfo::from(error);
        assert_eq!(info.kind, ErrorKind::BadInput);
        assert_eq!(info.place.column.as_deref(), Some("smokre"));
    }
}
