//! Jobs: anything that takes longer than 100 ms has a title, progress, a log and a cancel.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use cairn_protocol::{
    ErrorInfo, ErrorKind,
    door::{EventBody, JobView},
    runs::RunStatus,
};

use crate::{events::Events, now};

/// Finished jobs that are remembered.
const REMEMBERED: usize = 50;
/// Lines of log that are remembered of each.
const LOG_LINES: usize = 200;
/// Progress is said at most this often.
const SAY_EVERY: Duration = Duration::from_millis(100);

/// All jobs.
pub struct Jobs {
    next: AtomicU64,
    all: Mutex<BTreeMap<u64, Arc<Job>>>,
    events: Arc<Events>,
}

/// One job, shared by the thread that does it and by who watches.
pub struct Job {
    /// Number.
    pub id: u64,
    cancelled: AtomicBool,
    state: Mutex<State>,
    events: Arc<Events>,
}

struct State {
    view: JobView,
    started: Instant,
    said: Instant,
}

impl Jobs {
    /// None so far.
    pub fn new(events: Arc<Events>) -> Self {
        Self { next: AtomicU64::new(1), all: Mutex::default(), events }
    }

    /// Begins a job.
    pub fn begin(&self, title: impl Into<String>, cell: Option<(String, String)>) -> Arc<Job> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let view = JobView {
            id,
            title: title.into(),
            status: RunStatus::Running,
            started_at: now(),
            cell,
            ..JobView::default()
        };
        let job = Arc::new(Job {
            id,
            cancelled: AtomicBool::new(false),
            state: Mutex::new(State { view, started: Instant::now(), said: Instant::now() }),
            events: Arc::clone(&self.events),
        });
        let mut all = self.lock();
        all.insert(id, Arc::clone(&job));
        let ended: Vec<u64> = all.values().filter(|job| job.is_over()).map(|job| job.id).collect();
        for old in ended.iter().take(ended.len().saturating_sub(REMEMBERED)) {
            all.remove(old);
        }
        drop(all);
        job.say();
        job
    }

    /// All that go on or ended lately.
    pub fn views(&self) -> Vec<JobView> {
        self.lock().values().map(|job| job.view()).collect()
    }

    /// Asks a job to stop.
    ///
    /// # Errors
    /// There is no such job.
    pub fn cancel(&self, id: u64) -> Result<(), ErrorInfo> {
        let job = self.lock().get(&id).cloned();
        job.ok_or_else(|| ErrorInfo::usage(format!("there is no job {id}")))?.cancel();
        Ok(())
    }

    /// Asks every job to stop.
    pub fn cancel_all(&self) {
        for job in self.lock().values().filter(|job| !job.is_over()) {
            job.cancel();
        }
    }

    /// Whether anything goes on.
    pub fn any_running(&self) -> bool {
        self.lock().values().any(|job| !job.is_over())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Job>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Job {
    /// Asks it to stop.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// The flag that says so, for whoever looks at it himself.
    pub fn cancel_flag(&self) -> &AtomicBool {
        &self.cancelled
    }

    /// An error where it was asked to stop.
    ///
    /// # Errors
    /// It was asked to stop.
    pub fn check(&self) -> Result<(), ErrorInfo> {
        if self.is_cancelled() { Err(ErrorInfo::new(ErrorKind::Interrupted, "cancelled")) } else { Ok(()) }
    }

    /// How far it is, 0 to 1, and what it does.
    pub fn progress(&self, done: Option<f64>, detail: impl Into<String>) {
        let mut state = self.lock();
        state.view.progress = done.map(|done| done.clamp(0.0, 1.0));
        state.view.detail = detail.into();
        let due = state.said.elapsed() >= SAY_EVERY;
        if due {
            state.said = Instant::now();
        }
        drop(state);
        if due {
            self.say();
        }
    }

    /// The cell it is at.
    pub fn at_cell(&self, title: impl Into<String>, cell: (String, String)) {
        let mut state = self.lock();
        state.view.title = title.into();
        state.view.cell = Some(cell);
        drop(state);
        self.say();
    }

    /// A line for its log.
    pub fn log(&self, line: impl Into<String>) {
        let mut state = self.lock();
        state.view.log.push(line.into());
        let surplus = state.view.log.len().saturating_sub(LOG_LINES);
        state.view.log.drain(..surplus);
    }

    /// It is over.
    pub fn end(&self, result: Result<(), &ErrorInfo>) {
        let mut state = self.lock();
        state.view.status = match result {
            Ok(()) => RunStatus::Finished,
            Err(error) if error.kind == ErrorKind::Interrupted => RunStatus::Cancelled,
            Err(_) => RunStatus::Failed,
        };
        if let Err(error) = result {
            state.view.log.push(error.to_string());
            state.view.detail = error.message.clone();
        } else {
            state.view.progress = Some(1.0);
        }
        state.view.elapsed_secs = state.started.elapsed().as_secs_f64();
        drop(state);
        self.say();
    }

    /// As it stands.
    pub fn view(&self) -> JobView {
        let state = self.lock();
        let mut view = state.view.clone();
        if view.status == RunStatus::Running {
            view.elapsed_secs = state.started.elapsed().as_secs_f64();
        }
        view
    }

    fn is_over(&self) -> bool {
        self.lock().view.status != RunStatus::Running
    }

    fn say(&self) {
        self.events.say(EventBody::Job { job: self.view() });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job, or a part of one, as the data crate reports to it.
pub struct Part<'a> {
    job: &'a Job,
    from: f64,
    to: f64,
    detail: String,
}

impl<'a> Part<'a> {
    /// The part of a job's progress between two shares.
    pub fn new(job: &'a Job, from: f64, to: f64, detail: impl Into<String>) -> Self {
        Self { job, from, to, detail: detail.into() }
    }
}

impl cairn_data::Progress for Part<'_> {
    fn set(&self, done: f64) {
        self.job.progress(Some(self.from + (self.to - self.from) * done), self.detail.clone());
    }

    fn cancelled(&self) -> bool {
        self.job.is_cancelled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_can_be_cancelled_and_says_how_it_ended() {
        let events = Arc::new(Events::default());
        let heard = events.listen();
        let jobs = Jobs::new(events);
        let job = jobs.begin("Read patients.csv", None);
        assert!(job.check().is_ok() && jobs.any_running());
        jobs.cancel(job.id).unwrap();
        let error = job.check().unwrap_err();
        job.end(Err(&error));
        assert!(!jobs.any_running());
        assert_eq!(jobs.views()[0].status, RunStatus::Cancelled);
        let EventBody::Job { job: last } = heard.try_iter().last().unwrap().body else { panic!("a job event") };
        assert_eq!(last.status, RunStatus::Cancelled);
        assert!(jobs.cancel(99).is_err());
    }
}
