//! Two models on the same rows. The same draws judge both, so that what makes a row hard for either cancels and
//! only the difference spreads.

use cairn_protocol::{Task, notebook::Goal};

use crate::{
    binary::Binary,
    bootstrap::{self, Scorer},
    error::ModellingError,
    evaluate, metrics,
    multiclass::Multiclass,
    regression::Regression,
};

/// A model to compare: its predictions for the rows, as [`crate::evaluate()`] takes them.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// One column for each class, or one of numbers.
    pub predictions: &'a [Vec<f64>],
    /// Threshold of the second class, for two classes; none: 0.5.
    pub threshold: Option<f64>,
}

/// The difference between two models on the same rows.
#[derive(Debug, Clone, PartialEq)]
pub struct PairedDifference {
    /// The metric.
    pub metric: String,
    /// Which way it is better.
    pub goal: Goal,
    /// First model minus second.
    pub difference: f64,
    /// Standard error of the difference (bootstrap over rows).
    pub std_error: f64,
    /// 95 % interval of the difference.
    pub interval: (f64, f64),
}

impl PairedDifference {
    /// Whether 0 lies outside the interval.
    #[must_use]
    pub fn is_distinguishable(&self) -> bool {
        self.interval.0 > 0.0 || self.interval.1 < 0.0
    }

    /// Whether the first model is the better one, or as good.
    #[must_use]
    pub fn first_leads(&self) -> bool {
        if self.goal == Goal::Maximize { self.difference >= 0.0 } else { self.difference <= 0.0 }
    }

    /// «trees lead network by 0.003 (−0.012 to 0.018), not distinguishable»: who leads stands first, and the
    /// interval is that of the lead.
    #[must_use]
    pub fn sentence(&self, first: &str, second: &str) -> String {
        let (leader, other) = if self.first_leads() { (first, second) } else { (second, first) };
        let (low, high) = self.interval;
        let (low, high) = if self.difference >= 0.0 { (low, high) } else { (-high, -low) };
        let places = places(self.std_error);
        format!(
            "{leader} leads {other} by {} ({} to {}){}",
            number(self.difference.abs(), places),
            number(low, places),
            number(high, places),
            if self.is_distinguishable() { "" } else { ", not distinguishable" }
        )
    }
}

/// Decimal places that show two digits of the standard error, between 0 and 6.
fn places(std_error: f64) -> usize {
    if std_error > 0.0 { (1.0 - std_error.log10().floor()).clamp(0.0, 6.0) as usize } else { 3 }
}

fn number(value: f64, places: usize) -> String {
    let text = format!("{:.places$}", value.abs());
    if value < 0.0 && text.chars().any(|digit| digit.is_ascii_digit() && digit != '0') {
        format!("−{text}")
    } else {
        text
    }
}

/// The difference of a metric between two models on the same rows (give those of one part only).
///
/// `classes` is the number of classes, 0 for regression.
pub fn paired_difference(
    task: Task,
    classes: usize,
    metric: &str,
    targets: &[f64],
    (first, second): (Candidate<'_>, Candidate<'_>),
    seed: u64,
) -> Result<PairedDifference, ModellingError> {
    let all = metrics::of_task(task);
    let at = all
        .iter()
        .position(|known| known.name == metric)
        .ok_or_else(|| ModellingError::Metric { name: metric.into(), known: metrics::metric_names(task) })?;
    if targets.is_empty() {
        return Err(ModellingError::NoRows);
    }
    let scorer = |candidate: Candidate<'_>| -> Result<Box<dyn Scorer>, ModellingError> {
        evaluate::check(task, classes, targets, candidate.predictions)?;
        Ok(match task {
            Task::Binary => {
                let rows: Vec<usize> = (0..targets.len()).collect();
                let (truth, score) = evaluate::binary_rows(targets, &candidate.predictions[1], &rows);
                Box::new(Binary::new(&truth, &score, candidate.threshold.unwrap_or(0.5)))
            }
            Task::Multiclass => {
                let truth: Vec<u32> = targets.iter().map(|class| *class as u32).collect();
                Box::new(Multiclass::new(&truth, candidate.predictions))
            }
            Task::Regression => Box::new(Regression::new(targets, &candidate.predictions[0])),
        })
    };
    let (a, b) = (scorer(first)?, scorer(second)?);
    let difference = a.value()[at] - b.value()[at];
    let draws = bootstrap::draws(targets.len(), a.passes() * 2);
    let drawn = bootstrap::samples(targets.len(), draws, seed, 1 << 40, |weights| {
        let mut out = [vec![f64::NAN; a.metrics()], vec![f64::NAN; a.metrics()]];
        a.score(weights, &mut out[0]);
        b.score(weights, &mut out[1]);
        vec![out[0][at] - out[1][at]]
    });
    let spread = bootstrap::spread(difference, drawn.into_iter().map(|draw| draw[0]).collect());
    let (std_error, interval) =
        spread.map_or((f64::NAN, (f64::NEG_INFINITY, f64::INFINITY)), |spread| (spread.std_error, spread.interval));
    Ok(PairedDifference { metric: metric.into(), goal: all[at].goal, difference, std_error, interval })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leader_stands_first_whatever_the_direction() {
        let auc = PairedDifference {
            metric: "auc".into(),
            goal: Goal::Maximize,
            difference: 0.003,
            std_error: 0.0076,
            interval: (-0.012, 0.018),
        };
        assert_eq!(
            auc.sentence("trees", "network"),
            "trees leads network by 0.0030 (−0.0120 to 0.0180), not distinguishable"
        );
        let loss = PairedDifference {
            metric: "log_loss".into(),
            goal: Goal::Minimize,
            difference: 0.02,
            std_error: 0.005,
            interval: (0.01, 0.03),
        };
        assert!(loss.is_distinguishable() && !loss.first_leads());
        assert_eq!(loss.sentence("a", "b"), "b leads a by 0.0200 (0.0100 to 0.0300)");
        let behind = PairedDifference { difference: -0.003, interval: (-0.018, 0.012), ..auc };
        assert_eq!(behind.sentence("a", "b"), "b leads a by 0.0030 (−0.0120 to 0.0180), not distinguishable");
    }

    #[test]
    fn pairing_removes_what_both_models_share() {
        let rows = 2_000usize;
        let targets: Vec<f64> = (0..rows).map(|i| ((i * 7919) % 1000) as f64).collect();
        let noise = |i: usize| ((i * 104_729) % 997) as f64 - 498.0;
        let first: Vec<Vec<f64>> = vec![(0..rows).map(|i| targets[i] + noise(i)).collect()];
        let second: Vec<Vec<f64>> = vec![(0..rows).map(|i| targets[i] + noise(i) * 1.01).collect()];
        let pair =
            (Candidate { predictions: &first, threshold: None }, Candidate { predictions: &second, threshold: None });
        let found = paired_difference(Task::Regression, 0, "rmse", &targets, pair, 1).unwrap();
        assert!(found.is_distinguishable() && found.first_leads(), "{found:?}");
        assert!(found.std_error < 0.1, "the unpaired standard error is about 3: {found:?}");
        let error = paired_difference(Task::Regression, 0, "auc", &targets, pair, 1).unwrap_err();
        assert!(error.hint().contains("rmse"));
    }
}
