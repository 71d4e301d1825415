//! Runs trials on a few threads. Each worker keeps its index for life, so that the caller can keep a warm process for
//! it. Questions to the sampler go one at a time and answers reach it in the order of completion. A trial that fails or
//! panics is a failed trial; the sweep goes on, unless failures say that nothing works.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use cairn_protocol::{Params, notebook::Goal};

use crate::Sampler;

/// So many failures within [`FIRST`] end a sweep.
const EARLY_FAILURES: usize = 3;
const FIRST: Duration = Duration::from_secs(60);
/// So many failures end a sweep at any time, while they outnumber what succeeded.
const FAILURES: usize = 5;

/// How a sweep is run.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialOptions {
    /// Trials at once; at least 1.
    pub parallel: usize,
    /// Trials at most, those before `first` not counted; none: until the sampler has no more.
    pub max_trials: Option<usize>,
    /// The number of the first trial: 0, or where a sweep is resumed. The sampler begins there too.
    pub first: usize,
    /// The sweep ends when a trial is as good as this.
    pub target: Option<(Goal, f64)>,
    /// Whether to give up when failures say that nothing works.
    pub give_up: bool,
}

impl Default for TrialOptions {
    fn default() -> Self {
        Self { parallel: 1, max_trials: None, first: 0, target: None, give_up: true }
    }
}

/// How a trial ended without a value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TrialError {
    /// It ended badly: why.
    #[error("{0}")]
    Failed(String),
    /// It was stopped because the sweep was cancelled; not a failure.
    #[error("cancelled")]
    Cancelled,
    /// It was stopped early as unpromising, at this value; not a failure.
    #[error("stopped early at {0}")]
    Pruned(f64),
}

/// What happens while trials run, in order: a trial's start comes before its end, and numbers start in their order.
#[derive(Debug, Clone, PartialEq)]
pub enum TrialEvent {
    /// A worker begins with a trial.
    Started {
        /// Number of the trial.
        number: usize,
        /// Index of the worker, from 0.
        worker: usize,
        /// What the sampler proposed.
        params: Params,
        /// Seconds since the sweep began.
        offset_secs: f64,
    },
    /// A trial has ended.
    Ended {
        /// Number of the trial.
        number: usize,
        /// Index of the worker, from 0.
        worker: usize,
        /// What the sampler proposed.
        params: Params,
        /// Seconds from the start of the sweep to the start of the trial.
        offset_secs: f64,
        /// Seconds it took.
        duration_secs: f64,
        /// The objective, or why there is none.
        outcome: Result<f64, TrialError>,
    },
}

/// Why a sweep ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SweepEnd {
    /// All trials are done.
    Done,
    /// A trial reached the target.
    TargetReached,
    /// The person cancelled it.
    Cancelled,
    /// Too many trials failed: a sentence for people.
    GaveUp(String),
}

/// How a sweep ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepOutcome {
    /// Why.
    pub end: SweepEnd,
    /// Trials with a value, those stopped early counted in.
    pub completed: usize,
    /// Trials that failed.
    pub failed: usize,
}

/// Runs trials until the sampler, the limit, the target, the failures or `cancel` end it; those under way are waited
/// for (the caller's `trial` watches `cancel` itself to end sooner). `trial` gets the worker's index, the number and
/// the parameters; `on_event` is called one event at a time.
///
/// It gives up as W&B's agent does: on 3 failures in the first minute, or on 5 failures at any time, as long as at
/// least as many trials failed as succeeded. (There the first clause counts failures alone; here a trial may take a
/// second, and three bad corners of a large space are no reason to drop the rest.)
pub fn run_trials(
    sampler: &mut dyn Sampler,
    options: &TrialOptions,
    trial: impl Fn(usize, usize, &Params) -> Result<f64, TrialError> + Sync,
    on_event: impl FnMut(TrialEvent) + Send,
    cancel: &AtomicBool,
) -> SweepOutcome {
    let sweep = Sweep {
        shared: Mutex::new(Shared { sampler, on_event, asked: 0, completed: 0, failed: 0, end: None }),
        options,
        began: Instant::now(),
        cancel,
    };
    std::thread::scope(|scope| {
        for worker in 1..options.parallel.max(1) {
            let (sweep, trial) = (&sweep, &trial);
            let work = move || sweep.work(worker, trial);
            // The calling thread works too: where no further thread can be had, the sweep is slower and no worse.
            if std::thread::Builder::new().name(format!("trial worker {worker}")).spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        sweep.work(0, &trial);
    });
    let shared = sweep.shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    SweepOutcome { end: shared.end.unwrap_or(SweepEnd::Done), completed: shared.completed, failed: shared.failed }
}

struct Sweep<'a, E> {
    shared: Mutex<Shared<'a, E>>,
    options: &'a TrialOptions,
    began: Instant,
    cancel: &'a AtomicBool,
}

struct Shared<'a, E> {
    sampler: &'a mut dyn Sampler,
    on_event: E,
    asked: usize,
    completed: usize,
    failed: usize,
    end: Option<SweepEnd>,
}

impl<'a, E: FnMut(TrialEvent) + Send> Sweep<'a, E> {
    fn work(&self, worker: usize, trial: &(impl Fn(usize, usize, &Params) -> Result<f64, TrialError> + Sync)) {
        while let Some((number, params)) = self.next(worker) {
            let started = Instant::now();
            let outcome = catch_unwind(AssertUnwindSafe(|| trial(worker, number, &params)))
                .unwrap_or_else(|panic| Err(TrialError::Failed(panic_text(panic.as_ref()))));
            self.end(worker, number, params, started, outcome);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared<'a, E>> {
        // A panic of `on_event` poisons the lock on its way to the caller; the counts are sound.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self, worker: usize) -> Option<(usize, Params)> {
        let mut shared = self.lock();
        if shared.end.is_none() && self.cancel.load(Ordering::Relaxed) {
            shared.end = Some(SweepEnd::Cancelled);
        }
        if shared.end.is_some() || self.options.max_trials.is_some_and(|most| shared.asked >= most) {
            return None;
        }
        let params = shared.sampler.ask()?;
        let number = self.options.first + shared.asked;
        shared.asked += 1;
        let offset_secs = self.began.elapsed().as_secs_f64();
        (shared.on_event)(TrialEvent::Started { number, worker, params: params.clone(), offset_secs });
        Some((number, params))
    }

    fn end(&self, worker: usize, number: usize, params: Params, started: Instant, outcome: Result<f64, TrialError>) {
        let duration_secs = started.elapsed().as_secs_f64();
        let offset_secs = (started - self.began).as_secs_f64();
        let mut shared = self.lock();
        match &outcome {
            Ok(value) | Err(TrialError::Pruned(value)) => {
                shared.completed += 1;
                shared.sampler.tell(number, *value);
            }
            Err(TrialError::Failed(_)) => {
                shared.failed += 1;
                shared.sampler.tell(number, f64::NAN);
            }
            Err(TrialError::Cancelled) => {}
        }
        let ending = self.ending(&shared, &outcome);
        shared.end = shared.end.take().or(ending);
        (shared.on_event)(TrialEvent::Ended { number, worker, params, offset_secs, duration_secs, outcome });
    }

    fn ending(&self, shared: &Shared<'a, E>, outcome: &Result<f64, TrialError>) -> Option<SweepEnd> {
        match outcome {
            Ok(value) => {
                let (goal, target) = self.options.target?;
                (*value == target || goal.better(*value, target)).then_some(SweepEnd::TargetReached)
            }
            Err(TrialError::Failed(reason)) if self.options.give_up => {
                let failed = shared.failed;
                let early = failed >= EARLY_FAILURES && self.began.elapsed() < FIRST;
                let nothing_works = (early || failed >= FAILURES) && failed >= shared.completed;
                nothing_works.then(|| {
                    let completed = shared.completed;
                    SweepEnd::GaveUp(format!("{failed} trials failed and {completed} succeeded; the last: {reason}"))
                })
            }
            Err(_) => None,
        }
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the trial panicked: {}", text.unwrap_or("without a message"))
}

#[cfg(test)]
mod tests {
    use std::sync::{Barrier, atomic::AtomicUsize};

    use cairn_protocol::{
        ParamValue,
        sweeps::{Domain, SearchParam},
    };

    use super::*;
    use crate::GridSampler;

    fn grid(points: i64) -> GridSampler {
        let domain = Domain::Int { low: 0, high: points - 1, log: false };
        GridSampler::new(&[SearchParam { name: "x".into(), domain }]).unwrap()
    }

    fn run(
        points: i64,
        options: &TrialOptions,
        trial: impl Fn(usize, usize, &Params) -> Result<f64, TrialError> + Sync,
    ) -> (SweepOutcome, Vec<TrialEvent>) {
        let mut events = Vec::new();
        let outcome =
            run_trials(&mut grid(points), options, trial, |event| events.push(event), &AtomicBool::new(false));
        (outcome, events)
    }

    fn failed() -> Result<f64, TrialError> {
        Err(TrialError::Failed("no memory".into()))
    }

    #[test]
    fn trials_really_run_at_once_and_numbers_follow_the_sampler() {
        let together = Barrier::new(4);
        let options = TrialOptions { parallel: 4, ..TrialOptions::default() };
        let (outcome, events) = run(40, &options, |worker, number, params| {
            assert_eq!(params["x"], ParamValue::Int(number as i64));
            assert!(worker < 4);
            // Passes only when four trials are under way.
            together.wait();
            Ok(number as f64)
        });
        assert_eq!(outcome, SweepOutcome { end: SweepEnd::Done, completed: 40, failed: 0 });
        let started: Vec<usize> = events
            .iter()
            .filter_map(|event| match event {
                TrialEvent::Started { number, .. } => Some(*number),
                TrialEvent::Ended { .. } => None,
            })
            .collect();
        assert_eq!(started, (0..40).collect::<Vec<_>>());
        assert_eq!(events.len(), 80);
    }

    #[test]
    fn a_failure_or_a_panic_does_not_end_the_sweep() {
        let (outcome, events) = run(20, &TrialOptions::default(), |_, number, _| match number {
            3 => panic!("index out of bounds"),
            7 | 11 => failed(),
            _ => Ok(1.0),
        });
        assert_eq!(outcome, SweepOutcome { end: SweepEnd::Done, completed: 17, failed: 3 });
        let panicked = events.iter().any(|event| {
            matches!(event, TrialEvent::Ended { number: 3, outcome: Err(TrialError::Failed(reason)), .. }
                if reason.contains("index out of bounds"))
        });
        assert!(panicked, "{events:?}");
    }

    #[test]
    fn it_gives_up_when_nothing_works() {
        let (outcome, _) = run(20, &TrialOptions::default(), |_, _, _| failed());
        assert_eq!(outcome.failed, 3);
        assert!(matches!(outcome.end, SweepEnd::GaveUp(reason) if reason.contains("no memory")));
        let stubborn = TrialOptions { give_up: false, ..TrialOptions::default() };
        assert_eq!(run(20, &stubborn, |_, _, _| failed()).0.failed, 20);
    }

    #[test]
    fn limits_targets_and_numbers_of_a_resumed_sweep_hold() {
        let options = TrialOptions { max_trials: Some(5), first: 10, ..TrialOptions::default() };
        let (outcome, events) = run(20, &options, |_, _, _| Ok(0.0));
        assert_eq!(outcome.completed, 5);
        assert!(matches!(events[0], TrialEvent::Started { number: 10, .. }));
        let target = TrialOptions { target: Some((Goal::Maximize, 6.0)), ..TrialOptions::default() };
        let (outcome, _) = run(20, &target, |_, number, _| Ok(number as f64));
        assert_eq!((outcome.end, outcome.completed), (SweepEnd::TargetReached, 7));
    }

    #[test]
    fn cancelling_starts_nothing_more() {
        let (cancel, ran) = (AtomicBool::new(false), AtomicUsize::new(0));
        let options = TrialOptions { parallel: 2, ..TrialOptions::default() };
        let trial = |_: usize, number: usize, _: &Params| {
            ran.fetch_add(1, Ordering::Relaxed);
            if number == 4 {
                cancel.store(true, Ordering::Relaxed);
                return Err(TrialError::Cancelled);
            }
            Ok(0.0)
        };
        let outcome = run_trials(&mut grid(1000), &options, trial, |_| {}, &cancel);
        assert_eq!((outcome.end, outcome.failed), (SweepEnd::Cancelled, 0));
        assert!(ran.into_inner() < 1000);
    }
}
