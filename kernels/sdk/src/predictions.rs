//! Predictions in memory and as the file the host reads.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch};
use arrow_buffer::ScalarBuffer;
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema};

use crate::error::KernelError;
use crate::warm::write_whole;

/// One value a row for regression, one probability a row and class for classification.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    columns: Vec<Vec<f64>>,
    classes: bool,
}

impl Predictions {
    /// Predicted numbers.
    #[must_use]
    pub fn numbers(values: Vec<f64>) -> Self {
        Self { columns: vec![values], classes: false }
    }

    /// Two classes, from the probability of class 1.
    #[must_use]
    pub fn binary(positive: Vec<f64>) -> Self {
        Self { columns: vec![positive.iter().map(|p| 1.0 - p).collect(), positive], classes: true }
    }

    /// Probabilities, one column a class.
    #[must_use]
    pub fn classes(columns: Vec<Vec<f64>>) -> Self {
        Self { columns, classes: true }
    }

    /// Whether these are probabilities of classes.
    #[must_use]
    pub fn are_classes(&self) -> bool {
        self.classes
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    /// One column a class, or the only one.
    #[must_use]
    pub fn columns(&self) -> &[Vec<f64>] {
        &self.columns
    }

    /// The class with the highest probability in a row; the lower index wins a tie.
    #[must_use]
    pub fn class(&self, row: usize) -> usize {
        let mut best = 0;
        for class in 1..self.columns.len() {
            if self.columns[class][row] > self.columns[best][row] {
                best = class;
            }
        }
        best
    }

    /// Writes the Arrow IPC file the protocol describes: columns `p0, p1, …` or `prediction`.
    pub(crate) fn write(self, path: &Path) -> Result<(), KernelError> {
        let name = |index| if self.classes { format!("p{index}") } else { "prediction".to_owned() };
        let fields: Vec<Field> =
            (0..self.columns.len()).map(|index| Field::new(name(index), DataType::Float64, false)).collect();
        let schema = Arc::new(Schema::new(fields));
        let arrays: Vec<ArrayRef> = self
            .columns
            .into_iter()
            .map(|column| Arc::new(Float64Array::new(ScalarBuffer::from(column), None)) as ArrayRef)
            .collect();
        let malformed = |error: ArrowError| KernelError::Malformed { path: path.to_owned(), reason: error.to_string() };
        let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(malformed)?;
        write_whole(path, |file| {
            let file =
                std::fs::OpenOptions::new().write(true).open(file).map_err(ArrowError::from).map_err(malformed)?;
            let mut writer = FileWriter::try_new_buffered(file, &schema).map_err(malformed)?;
            writer.write(&batch).and_then(|()| writer.finish()).map_err(malformed)
        })
    }
}
