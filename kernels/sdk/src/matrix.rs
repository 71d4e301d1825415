//! Features as columns of numbers, usually straight from the mapped file.

use arrow_buffer::ScalarBuffer;

/// One column, NaN where a value is missing. Cloning shares the memory.
pub type Column = ScalarBuffer<f64>;

/// Rows turned over at once: 256 rows of a few dozen columns stay in the first-level cache.
const BLOCK_ROWS: usize = 256;

/// Feature columns of equal length, in the order the model sees them. Cloning shares the memory.
#[derive(Debug, Clone, Default)]
pub struct Matrix {
    columns: Vec<Column>,
    rows: usize,
}

impl Matrix {
    /// Takes columns of equal length; `rows` is given because there may be none of them.
    ///
    /// # Panics
    /// If a column has another length than `rows`.
    #[must_use]
    pub fn new(columns: Vec<Column>, rows: usize) -> Self {
        assert!(columns.iter().all(|column| column.len() == rows), "columns of one matrix are equally long");
        Self { columns, rows }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// One column.
    #[must_use]
    pub fn column(&self, index: usize) -> &[f64] {
        &self.columns[index]
    }

    /// The columns in order.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.columns.iter().map(|column| &column[..])
    }

    /// These rows, in this order, copied.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let pick = |column: &Column| rows.iter().map(|&row| column[row]).collect::<Vec<f64>>().into();
        Self { columns: self.columns.iter().map(pick).collect(), rows: rows.len() }
    }

    /// The same matrix with one column replaced; the others are shared.
    #[must_use]
    pub fn with_column(&self, index: usize, column: Column) -> Self {
        assert_eq!(column.len(), self.rows, "columns of one matrix are equally long");
        let mut changed = self.clone();
        changed.columns[index] = column;
        changed
    }

    /// The values row by row, each passed through `cast`.
    pub fn to_rows<T: Copy + Default>(&self, cast: impl Fn(f64) -> T) -> Vec<T> {
        let width = self.width();
        let mut out = vec![T::default(); self.rows * width];
        for start in (0..self.rows).step_by(BLOCK_ROWS) {
            let end = (start + BLOCK_ROWS).min(self.rows);
            let block = &mut out[start * width..end * width];
            for (index, column) in self.columns.iter().enumerate() {
                for (cell, &value) in block.iter_mut().skip(index).step_by(width).zip(&column[start..end]) {
                    *cell = cast(value);
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_columns_hold_the_same_values_across_blocks() {
        let rows = 2 * BLOCK_ROWS + 3;
        let columns: Vec<Column> =
            (0..3).map(|column| (0..rows).map(|row| (row * 10 + column) as f64).collect::<Vec<_>>().into()).collect();
        let matrix = Matrix::new(columns, rows);
        let flat = matrix.to_rows(|value| value);
        assert!((0..rows * 3).all(|at| flat[at] == (at / 3 * 10 + at % 3) as f64));
        let picked = matrix.select(&[rows - 1, 0]);
        assert_eq!(picked.column(2), [((rows - 1) * 10 + 2) as f64, 2.0]);
        let changed = picked.with_column(0, vec![7.0, 8.0].into());
        assert_eq!((changed.column(0), changed.column(1)), (&[7.0, 8.0][..], picked.column(1)));
    }
}
