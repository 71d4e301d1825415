//! An error as a person, a script and a pane see it: what was wrong, where, and what to do next.

use serde::{Deserialize, Serialize};

/// What kind of failure; decides the exit code of `cairn` and the shade of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The job ran and failed (exit 1).
    Failed,
    /// Wrong usage: an unknown name, a parameter out of range (exit 2).
    Usage,
    /// A file, notebook or sweep file that cannot be used as it is (exit 3).
    BadInput,
    /// Something else holds the project (exit 4).
    Held,
    /// Interrupted or cancelled by the person (exit 130).
    Interrupted,
    /// A fault of Cairn's own (exit 1).
    Internal,
}

impl ErrorKind {
    /// The exit code of the command line.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed | Self::Internal => 1,
            Self::Usage => 2,
            Self::BadInput => 3,
            Self::Held => 4,
            Self::Interrupted => 130,
        }
    }
}

/// Where something was wrong; what does not apply is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Path of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line in the file, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Name of a column of a table, or the column in the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Name of a cell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<String>,
    /// Number of a step in its cell, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<usize>,
}

impl Place {
    fn is_nowhere(&self) -> bool {
        *self == Self::default()
    }
}

/// An error with everything that is needed to show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorInfo {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// What was wrong, in a sentence without a full stop.
    pub message: String,
    /// Where.
    #[serde(default, rename = "where", skip_serializing_if = "Place::is_nowhere")]
    pub place: Place,
    /// What to do next; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
    /// The first cells that it is about, where it is about cells (at most 20 a column).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<UnfitCell>,
}

/// A cell whose value does not fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnfitCell {
    /// Index of its row in the table that the step reads, from 0.
    pub row: u64,
    /// Name of its column.
    pub column: String,
    /// The value as text, at most 60 characters.
    pub value: String,
}

impl ErrorInfo {
    /// An error of a kind with a message.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), place: Place::default(), hint: String::new(), cells: Vec::new() }
    }

    /// Bad input.
    pub fn bad_input(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::BadInput, message)
    }

    /// Wrong usage.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// A job that failed.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Failed, message)
    }

    /// A fault of our own.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Adds the file.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.place.file = Some(file.into());
        self
    }

    /// Adds the line, from 1.
    #[must_use]
    pub fn at_line(mut self, line: u64) -> Self {
        self.place.line = Some(line);
        self
    }

    /// Adds the column.
    #[must_use]
    pub fn in_column(mut self, column: impl Into<String>) -> Self {
        self.place.column = Some(column.into());
        self
    }

    /// Adds the cell.
    #[must_use]
    pub fn in_cell(mut self, cell: impl Into<String>) -> Self {
        self.place.cell = Some(cell.into());
        self
    }

    /// Adds the step, from 1.
    #[must_use]
    pub fn at_step(mut self, step: usize) -> Self {
        self.place.step = Some(step);
        self
    }
}

impl std::fmt::Display for ErrorInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        let mut places = Vec::new();
        let Place { file, line, column, cell, step } = &self.place;
        if let Some(file) = file {
            places.push(file.clone());
        }
        if let Some(line) = line {
            places.push(format!("line {line}"));
        }
        if let Some(column) = column {
            places.push(format!("column {column}"));
        }
        if let Some(cell) = cell {
            places.push(format!("cell {cell}"));
        }
        if let Some(step) = step {
            places.push(format!("step {step}"));
        }
        if !places.is_empty() {
            write!(f, " ({})", places.join(", "))?;
        }
        Ok(())
    }
}

impl std::error::Error for ErrorInfo {}
