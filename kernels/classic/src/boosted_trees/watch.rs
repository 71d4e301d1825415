//! What is reported of each round, and how often.
//!
//! hessboost scores the watched rows after every round, because early stopping needs it. For two classes the
//! metric is our own: one pass gives the log-loss, which early stopping watches, and, on rounds that are
//! reported, the area under the curve, which takes a sort.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cairn_kernel_sdk::protocol::Task;
use cairn_kernel_sdk::{Reporter, metrics};
use hessboost::metric::{CustomMetric, Metric};
use hessboost::training::RoundEval;

/// Name of the training rows in metrics.
pub(super) const TRAIN: &str = "train";
/// Name of the validation rows in metrics.
pub(super) const VALID: &str = "valid";

/// A run of more rounds reports about this many of them.
const REPORTS: usize = 100;
/// But never lets the reader wait longer than this.
const PATIENCE: Duration = Duration::from_millis(500);

/// Decides which rounds are reported and renames their scores.
pub(super) struct Watch {
    task: Task,
    rounds: usize,
    every: usize,
    areas: Arc<Areas>,
    clock: Mutex<Clock>,
}

/// When something was last reported, and when the last round ended.
struct Clock {
    told: Instant,
    round: Instant,
}

/// Areas under the curve of the round being scored, in the order of the watched sets.
#[derive(Default)]
struct Areas {
    wanted: AtomicBool,
    found: Mutex<Vec<Option<f64>>>,
}

impl Watch {
    pub(super) fn new(task: Task, rounds: usize) -> Self {
        let areas = Arc::new(Areas::default());
        let every = rounds.div_ceil(REPORTS);
        areas.wanted.store(true, Ordering::Relaxed);
        let now = Instant::now();
        Self { task, rounds, every, areas, clock: Mutex::new(Clock { told: now, round: now }) }
    }

    /// The metric that early stopping watches, where it is not one of hessboost's.
    pub(super) fn metric(&self) -> Option<Box<dyn Metric>> {
        if self.task != Task::Binary {
            return None;
        }
        let areas = Arc::clone(&self.areas);
        Some(Box::new(CustomMetric::new("log-loss", false, move |scores, labels, _| {
            if areas.wanted.load(Ordering::Relaxed) {
                let scored = scores.iter().zip(labels).map(|(&score, &label)| (score, label > 0.5));
                let area = metrics::auc_of_probabilities(scored);
                areas.found.lock().unwrap_or_else(PoisonError::into_inner).push(area);
            }
            metrics::log_loss(scores.iter().zip(labels).map(|(&score, &label)| {
                let score = f64::from(score);
                if label > 0.5 { score } else { 1.0 - score }
            }))
        })))
    }

    /// Reports the round where its turn has come.
    pub(super) fn after_round(&self, round: &RoundEval<'_>, reporter: &Reporter) {
        let step = round.iteration() + 1;
        let areas = std::mem::take(&mut *self.areas.found.lock().unwrap_or_else(PoisonError::into_inner));
        let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        let round_took = clock.round.elapsed();
        clock.round = Instant::now();
        let due = |step: usize| step.is_multiple_of(self.every) || step == self.rounds || step == 1;
        if due(step) || clock.told.elapsed() >= PATIENCE {
            clock.told = clock.round;
            let scores = round.scores().map(|(part, metric, value)| match metric {
                "error" | "merror" => (format!("{part}.accuracy"), 1.0 - value),
                "rmse" => (format!("{part}.rmse"), value),
                _ => (format!("{part}.log_loss"), value),
            });
            let areas = [TRAIN, VALID].into_iter().zip(areas);
            let areas = areas.filter_map(|(part, area)| Some((format!("{part}.auc"), area?)));
            reporter.metrics(step as u64, scores.chain(areas));
        }
        // A round that will be reported by the clock alone needs its areas as well.
        let next = due(step + 1) || clock.told.elapsed() + round_took >= PATIENCE;
        self.areas.wanted.store(next, Ordering::Relaxed);
    }
}
