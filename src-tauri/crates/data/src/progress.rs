//! How a long piece of work tells how far it is, and learns that nobody wants it any more.

use std::{
    fmt,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use crate::error::DataError;

/// Told about progress, asked about cancelling; called from several threads.
pub trait Progress: Sync {
    /// The share done, from 0 to 1.
    fn set(&self, done: f64);
    /// Whether to stop.
    fn cancelled(&self) -> bool;
}

/// Tells nobody and is never cancelled.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn set(&self, _done: f64) {}

    fn cancelled(&self) -> bool {
        false
    }
}

/// The stretch of a progress that one piece of work goes through. Pieces of many items ask it at each of them, from any
/// thread ([`Self::each`]), so that a person who cancels waits for one item and not for all.
#[derive(Clone, Copy)]
pub(crate) struct Watch<'a> {
    progress: &'a dyn Progress,
    from: f64,
    to: f64,
}

impl fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Watch({}..{})", self.from, self.to)
    }
}

impl<'a> Watch<'a> {
    /// The whole of a progress.
    pub fn new(progress: &'a dyn Progress) -> Self {
        Self { progress, from: 0.0, to: 1.0 }
    }

    /// A stretch of this one, in shares of it.
    #[must_use]
    pub fn part(self, from: f64, to: f64) -> Self {
        let at = |share: f64| self.from + (self.to - self.from) * share;
        Self { progress: self.progress, from: at(from), to: at(to) }
    }

    /// Goes on, unless nobody wants the work any more.
    ///
    /// # Errors
    /// It was cancelled.
    pub fn check(self) -> Result<(), DataError> {
        if self.progress.cancelled() { Err(DataError::Cancelled) } else { Ok(()) }
    }

    /// Says how much is done, and goes on as [`Self::check`] does.
    pub fn set(self, done: f64) -> Result<(), DataError> {
        self.check()?;
        self.progress.set(self.from + (self.to - self.from) * done);
        Ok(())
    }

    /// For work on so many items, which may be done by several threads.
    pub fn each(self, items: usize) -> Each<'a> {
        Each { watch: self, items, done: AtomicUsize::new(0) }
    }
}

impl Watch<'static> {
    /// Of work that nobody watches.
    pub fn none() -> Self {
        Self::new(&NoProgress)
    }
}

/// Counts items that are done.
pub(crate) struct Each<'a> {
    watch: Watch<'a>,
    items: usize,
    done: AtomicUsize,
}

impl Each<'_> {
    /// One more item is done.
    pub fn next(&self) -> Result<(), DataError> {
        self.more(1)
    }

    /// So many more items are done; progress is said at each hundredth of them.
    pub fn more(&self, items: usize) -> Result<(), DataError> {
        let before = self.done.fetch_add(items, Relaxed);
        let part = |done: usize| (done * 100).checked_div(self.items).unwrap_or(100);
        if part(before + items) > part(before) {
            self.watch.set((before + items) as f64 / self.items.max(1) as f64)
        } else {
            self.watch.check()
        }
    }
}
