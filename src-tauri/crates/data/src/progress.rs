//! How a long piece of work tells how far it is, and learns that nobody wants it any more.

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
