//! Learning curves: which steps are reported, and the rows they are judged on.

use std::time::{Duration, Instant};

use cairn_kernel_sdk::{Predictions, Table, metrics};

/// A run of more steps reports about this many of them.
const REPORTS: usize = 100;
/// But never lets the reader wait longer than this.
const PATIENCE: Duration = Duration::from_millis(500);

/// Decides which steps are reported.
pub(crate) struct Curve {
    steps: usize,
    last: usize,
    told: Instant,
}

impl Curve {
    /// For a run of at most so many steps.
    pub(crate) fn new(steps: usize) -> Self {
        Self { steps, last: 0, told: Instant::now() }
    }

    /// Whether the step that has just been done is to be reported. The last one that may come is.
    pub(crate) fn due(&mut self, step: usize) -> bool {
        let due = step == 1
            || step >= self.steps
            || step - self.last >= self.steps.div_ceil(REPORTS)
            || self.told.elapsed() >= PATIENCE;
        if due {
            (self.last, self.told) = (step, Instant::now());
        }
        due
    }
}

/// Rows a curve is drawn of: some training rows and all validation rows.
pub(crate) struct Watched {
    training: Vec<usize>,
    validation: Vec<usize>,
}

impl Watched {
    /// Training rows at most; scoring more would take a good part of the time.
    pub(crate) const MOST: usize = 50_000;

    pub(crate) fn of(table: &Table) -> Self {
        Self { training: evenly(table.training(), Self::MOST), validation: table.validation().to_vec() }
    }

    /// Both parts with their names; the second only where it has rows.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&'static str, &[usize])> {
        let parts = [("train", &self.training[..]), ("valid", &self.validation[..])];
        parts.into_iter().filter(|(_, rows)| !rows.is_empty())
    }

    /// Metrics of both parts; `predict` gives the predictions of rows of the table.
    pub(crate) fn metrics(&self, table: &Table, predict: impl Fn(&[usize]) -> Predictions) -> Vec<(String, f64)> {
        self.parts().flat_map(|(part, rows)| metrics_of(part, &predict(rows), table, rows)).collect()
    }
}

/// Metrics of predictions for just these rows of a table.
pub(crate) fn metrics_of(part: &str, predictions: &Predictions, table: &Table, rows: &[usize]) -> Vec<(String, f64)> {
    let target: Vec<f64> = rows.iter().map(|&row| table.target()[row]).collect();
    let all: Vec<usize> = (0..rows.len()).collect();
    metrics::of_rows(part, predictions, &target, &all)
}

/// Metrics of training and validation rows of predictions for every row of a table.
pub(crate) fn metrics_of_all(predictions: &Predictions, table: &Table) -> Vec<(String, f64)> {
    let mut values = metrics::of_rows("train", predictions, table.target(), table.training());
    values.extend(metrics::of_rows("valid", predictions, table.target(), table.validation()));
    values
}

/// At most `count` of these rows, evenly spread.
pub(crate) fn evenly(rows: &[usize], count: usize) -> Vec<usize> {
    if rows.len() <= count {
        return rows.to_vec();
    }
    (0..count).map(|at| rows[(at as u128 * rows.len() as u128 / count as u128) as usize]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_runs_report_about_a_hundred_steps_and_the_last() {
        for (steps, each) in [(7, 1), (1000, 1), (1000, 4), (1003, 8)] {
            let mut curve = Curve::new(steps);
            let ends: Vec<usize> = (1..=steps.div_ceil(each)).map(|batch| (batch * each).min(steps)).collect();
            let told: Vec<usize> = ends.into_iter().filter(|&step| curve.due(step)).collect();
            assert_eq!(*told.last().unwrap(), steps);
            assert!(told.len() >= steps.min(50) && told.len() <= 102, "{steps} {each}: {}", told.len());
        }
    }

    #[test]
    fn rows_are_spread_evenly() {
        let rows: Vec<usize> = (100..110).collect();
        assert_eq!(evenly(&rows, 4), [100, 102, 105, 107]);
        assert_eq!(evenly(&rows, 10), rows);
    }
}
