//! The nearest of many rows, all of them looked at: for filling from neighbours and for new rows of small classes.
//!
//! The distance is scikit-learn's `nan_euclidean`: over the columns that both rows have, times all columns / those.
//! Of equally near rows the earlier one counts as nearer.

use crate::error::DataError;

/// Comparisons of two cells that one step may make: about a minute on two cores.
const MOST_COMPARISONS: u64 = 200_000_000_000;
/// Rows that are compared at a time, so that their columns stay in the cache.
const BLOCK: usize = 2048;

/// Refuses what would take too long, before it is begun.
pub(super) fn check_cost(seekers: usize, rows: usize, columns: usize) -> Result<(), DataError> {
    let cost = (seekers as u64).saturating_mul(rows as u64).saturating_mul(columns.max(1) as u64);
    if cost <= MOST_COMPARISONS {
        return Ok(());
    }
    let what = format!(
        "{} rows would each be compared with {} rows in {columns} columns, which takes too long",
        super::count(seekers as u64),
        super::count(rows as u64)
    );
    Err(DataError::refused(what, None, "Take a sample before, name fewer columns, or choose another method"))
}

/// The rows that are looked through, by column.
pub(super) struct Field {
    rows: usize,
    columns: Vec<FieldColumn>,
}

struct FieldColumn {
    /// Values, 0 for missing.
    values: Vec<f64>,
    /// 1 where there is a value; none where all are there.
    there: Option<Vec<f64>>,
}

impl Field {
    /// From columns of one length, NaN for missing.
    pub fn new(rows: usize, columns: impl IntoIterator<Item = Vec<f64>>) -> Self {
        let column = |values: Vec<f64>| {
            let some_missing = values.iter().any(|value| value.is_nan());
            let there = some_missing.then(|| values.iter().map(|value| f64::from(u8::from(!value.is_nan()))).collect());
            let values = values.into_iter().map(|value| if value.is_nan() { 0.0 } else { value }).collect();
            FieldColumn { values, there }
        };
        Self { rows, columns: columns.into_iter().map(column).collect() }
    }

    /// Squared distances from a point (NaN for missing) to each row; NaN where the two share no column.
    pub fn distances(&self, point: &[f64], out: &mut Vec<f64>) {
        out.clear();
        out.resize(self.rows, 0.0);
        let mut shared = [0.0f64; BLOCK];
        let all = self.columns.len() as f64;
        for (block, out) in out.chunks_mut(BLOCK).enumerate() {
            let start = block * BLOCK;
            let shared = &mut shared[..out.len()];
            shared.fill(0.0);
            let mut everywhere = 0.0;
            for (column, &x) in self.columns.iter().zip(point).filter(|(_, x)| !x.is_nan()) {
                let values = &column.values[start..start + out.len()];
                if let Some(there) = &column.there {
                    let there = &there[start..start + out.len()];
                    for (((out, shared), value), there) in out.iter_mut().zip(&mut *shared).zip(values).zip(there) {
                        let apart = x - value;
                        *out += there * apart * apart;
                        *shared += there;
                    }
                } else {
                    everywhere += 1.0;
                    for (out, value) in out.iter_mut().zip(values) {
                        let apart = x - value;
                        *out += apart * apart;
                    }
                }
            }
            for (out, shared) in out.iter_mut().zip(shared) {
                // 0 / 0 is NaN: nothing is known of how near the row is.
                *out *= all / (*shared + everywhere);
                if *shared + everywhere == 0.0 {
                    *out = f64::NAN;
                }
            }
        }
    }
}

/// The nearest of the rows that may be taken, at most `count`, the nearest first.
pub(super) fn nearest(distances: &[f64], count: usize, may: impl Fn(usize) -> bool, out: &mut Vec<(f64, u32)>) {
    out.clear();
    let mut worst = f64::INFINITY;
    for (row, &distance) in distances.iter().enumerate() {
        if (out.len() == count && distance >= worst) || distance.is_nan() || !may(row) {
            continue;
        }
        let at = out.partition_point(|(other, _)| *other <= distance);
        out.insert(at, (distance, row as u32));
        out.truncate(count);
        worst = out.last().map_or(f64::INFINITY, |last| last.0);
    }
}
