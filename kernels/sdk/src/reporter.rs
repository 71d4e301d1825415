//! What a running algorithm says to the host, and how it learns that it should stop.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cairn_kernel_protocol::{FromKernel, LogLevel};

/// Where answers go: one JSON document a line, each line written and flushed as one.
#[derive(Clone)]
pub(crate) struct Output {
    to: Arc<Mutex<Box<dyn Write + Send>>>,
    closed: Arc<AtomicBool>,
}

impl Output {
    pub(crate) fn new(to: impl Write + Send + 'static) -> Self {
        Self { to: Arc::new(Mutex::new(Box::new(to))), closed: Arc::default() }
    }

    /// Whether the host has stopped listening.
    pub(crate) fn closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    pub(crate) fn send(&self, message: &FromKernel) {
        let written = serde_json::to_vec(message).map_err(std::io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            let mut to = self.to.lock().unwrap_or_else(PoisonError::into_inner);
            to.write_all(&line).and_then(|()| to.flush())
        });
        if written.is_err() {
            self.closed.store(true, Ordering::Relaxed);
        }
    }
}

/// The voice of one run. Every message carries its id.
pub struct Reporter {
    run: String,
    output: Output,
    cancel: Arc<AtomicBool>,
}

impl Reporter {
    pub(crate) fn new(run: &str, output: Output, cancel: Arc<AtomicBool>) -> Self {
        Self { run: run.to_owned(), output, cancel }
    }

    /// Whether the run should stop: the host wishes it, or is gone.
    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed) || self.output.closed()
    }

    /// [`crate::KernelError::Cancelled`] once the run should stop, for use with `?`.
    ///
    /// # Errors
    /// When the run should stop.
    pub fn check(&self) -> Result<(), crate::KernelError> {
        if self.cancelled() { Err(crate::KernelError::Cancelled) } else { Ok(()) }
    }

    /// The work begins and takes at most so many steps, where that can be said.
    pub fn started(&self, steps: Option<u64>) {
        self.output.send(&FromKernel::Started { run: self.run.clone(), steps });
    }

    /// Values after a step; those that are not finite are left out. Without values it tells progress only.
    pub fn metrics<N: Into<String>>(&self, step: u64, values: impl IntoIterator<Item = (N, f64)>) {
        let finite = values.into_iter().filter(|(_, value)| value.is_finite());
        let values: BTreeMap<String, f64> = finite.map(|(name, value)| (name.into(), value)).collect();
        self.output.send(&FromKernel::Metrics { run: self.run.clone(), step, values });
    }

    /// A line for the run's log.
    pub fn info(&self, text: impl Into<String>) {
        self.log(LogLevel::Info, text.into());
    }

    /// A line for the run's log that somebody should look at.
    pub fn warning(&self, text: impl Into<String>) {
        self.log(LogLevel::Warning, text.into());
    }

    fn log(&self, level: LogLevel, text: String) {
        self.output.send(&FromKernel::Log { run: self.run.clone(), level, text });
    }
}
