//! Kernels by name, and their processes: lent to a job, warm afterwards for the next.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use cairn_kernel_protocol::KernelHello;
use cairn_protocol::{
    Algorithm, ErrorInfo, ErrorKind,
    door::{EventBody, KernelView, KernelsView},
};

use super::{
    find::{self, Approvals, Found},
    process::KernelProcess,
};
use crate::events::Events;

/// Idle processes kept of each kernel.
const MAX_IDLE: usize = 16;

/// All kernels.
pub struct Kernels {
    events: Arc<Events>,
    approvals: Approvals,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    folders: Vec<PathBuf>,
    found: BTreeMap<String, Found>,
    idle: BTreeMap<String, Vec<KernelProcess>>,
    lent: BTreeMap<String, usize>,
    /// What a kernel said of itself, by its seal or path.
    hellos: BTreeMap<String, Result<KernelHello, ErrorInfo>>,
}

/// A process that is lent to a job; it goes back warm unless it broke.
pub struct Lease<'a> {
    kernels: &'a Kernels,
    name: String,
    process: Option<KernelProcess>,
    broken: bool,
}

impl Kernels {
    /// Those beside Cairn and in the folders; approvals lie in the person's own folder.
    pub fn new(events: Arc<Events>, folders: Vec<PathBuf>, home: Option<&std::path::Path>) -> Self {
        let found = find::find(&folders);
        let state = State { folders, found, ..State::default() };
        Self { events, approvals: Approvals::in_folder(home), state: Mutex::new(state) }
    }

    /// The folders looked into.
    pub fn folders(&self) -> Vec<PathBuf> {
        self.lock().folders.clone()
    }

    /// Looks again; says so when something changed.
    pub fn look_again(&self) {
        let mut state = self.lock();
        let found = find::find(&state.folders);
        if found == state.found {
            return;
        }
        // A process of a kernel that changed must not serve the new one.
        let changed: Vec<String> = state
            .found
            .iter()
            .filter(|(name, old)| found.get(*name) != Some(old))
            .map(|(name, _)| name.clone())
            .collect();
        let mut gone = Vec::new();
        for name in changed {
            gone.extend(state.idle.remove(&name));
        }
        state.found = found;
        drop(state);
        drop(gone);
        self.events.say(EventBody::Kernels);
    }

    /// Every kernel with what it can do; starts those that have not said yet and may run.
    pub fn view(&self) -> KernelsView {
        let found: Vec<Found> = self.lock().found.values().cloned().collect();
        let kernels = found.iter().map(|kernel| self.view_of(kernel)).collect();
        KernelsView { kernels }
    }

    fn view_of(&self, kernel: &Found) -> KernelView {
        let name = &kernel.manifest.name;
        let mut view = KernelView {
            name: name.clone(),
            version: kernel.manifest.version.clone(),
            path: kernel.path.display().to_string(),
            ..KernelView::default()
        };
        if let Err(error) = &kernel.command {
            view.status = format!("broken: {error}");
            return view;
        }
        if !self.approvals.allows(kernel) {
            view.status = "needs approval".into();
            return view;
        }
        match self.hello(name) {
            Ok(hello) => {
                view.version = hello.version;
                view.devices = hello.devices;
                view.algorithms = hello.algorithms;
                let state = self.lock();
                let idle = state.idle.get(name).map_or(0, Vec::len);
                let lent = state.lent.get(name).copied().unwrap_or_default();
                view.processes = idle + lent;
                view.status = match (idle, lent) {
                    (0, 0) => "ready".into(),
                    (idle, 0) => format!("warm ×{idle}"),
                    (0, lent) => format!("busy {lent}"),
                    (idle, lent) => format!("busy {lent}, warm {idle}"),
                };
            }
            Err(error) => view.status = format!("broken: {}", error.message),
        }
        view
    }

    /// What a kernel says of itself; asked once for as long as its files stay the same.
    ///
    /// # Errors
    /// There is no such kernel, it may not run, or it does not greet.
    pub fn hello(&self, name: &str) -> Result<KernelHello, ErrorInfo> {
        let kernel = self.need(name)?;
        let key = format!("{}#{}", kernel.path.display(), kernel.seal);
        if let Some(known) = self.lock().hellos.get(&key) {
            return known.clone();
        }
        let said = self.lend(name).map(|lease| lease.hello().clone());
        self.lock().hellos.insert(key, said.clone());
        said
    }

    /// The version in a kernel's manifest; empty where there is none.
    pub fn version(&self, name: &str) -> String {
        self.lock().found.get(name).map(|kernel| kernel.manifest.version.clone()).unwrap_or_default()
    }

    /// An algorithm of a kernel.
    ///
    /// # Errors
    /// As [`Kernels::hello`], or it has no such algorithm.
    pub fn algorithm(&self, kernel: &str, algorithm: &str) -> Result<Algorithm, ErrorInfo> {
        let hello = self.hello(kernel)?;
        let known: Vec<String> = hello.algorithms.iter().map(|algorithm| algorithm.name.clone()).collect();
        hello.algorithms.into_iter().find(|known| known.name == algorithm).ok_or_else(|| {
            ErrorInfo::usage(format!("the kernel {kernel} has no algorithm {algorithm:?}"))
                .hint(format!("it has {}", known.join(", ")))
        })
    }

    /// Lets an outside kernel run as its files are now.
    ///
    /// # Errors
    /// There is no such kernel, or the approval cannot be written.
    pub fn approve(&self, name: &str) -> Result<(), ErrorInfo> {
        let kernel = self.lock().found.get(name).cloned().ok_or_else(|| self.unknown(name))?;
        self.approvals.approve(&kernel)?;
        self.events.say(EventBody::Kernels);
        Ok(())
    }

    /// A warm process where there is one, a new one otherwise.
    ///
    /// # Errors
    /// There is no such kernel, it may not run, or it does not greet.
    pub fn lend(&self, name: &str) -> Result<Lease<'_>, ErrorInfo> {
        let kernel = self.need(name)?;
        let warm = loop {
            let candidate = self.lock().idle.get_mut(name).and_then(Vec::pop);
            match candidate {
                Some(mut process) => {
                    if process.is_alive() {
                        break Some(process);
                    }
                }
                None => break None,
            }
        };
        let process = match warm {
            Some(process) => process,
            None => {
                let (program, arguments) = kernel.command?;
                KernelProcess::start(name, &program, &arguments)?
            }
        };
        *self.lock().lent.entry(name.to_owned()).or_default() += 1;
        self.events.say(EventBody::Kernels);
        Ok(Lease { kernels: self, name: name.to_owned(), process: Some(process), broken: false })
    }

    /// Ends all idle processes.
    pub fn rest(&self) {
        let idle = std::mem::take(&mut self.lock().idle);
        drop(idle);
    }

    fn need(&self, name: &str) -> Result<Found, ErrorInfo> {
        let kernel = self.lock().found.get(name).cloned().ok_or_else(|| self.unknown(name))?;
        if !self.approvals.allows(&kernel) {
            return Err(ErrorInfo::new(ErrorKind::Usage, format!("the kernel {name} is not approved yet"))
                .in_file(kernel.path.display().to_string())
                .hint("look at its manifest and program, then approve it in the Kernels pane"));
        }
        Ok(kernel)
    }

    fn unknown(&self, name: &str) -> ErrorInfo {
        let known: Vec<String> = self.lock().found.keys().cloned().collect();
        ErrorInfo::usage(format!("there is no kernel {name:?}")).hint(if known.is_empty() {
            "none was found; build cairn-kernel-classic beside this program".into()
        } else {
            format!("kernels are {}", known.join(", "))
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease<'_> {
    /// What the kernel said of itself.
    pub fn hello(&self) -> &KernelHello {
        &self.process.as_ref().expect("there until dropped").hello
    }

    /// Whether the process broke: take another.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// As [`KernelProcess::request`]; a process that broke does not go back.
    ///
    /// # Errors
    /// The process broke.
    pub fn request(
        &mut self,
        run: &str,
        message: &cairn_kernel_protocol::ToKernel,
        cancelled: &dyn Fn() -> bool,
        on_message: &mut dyn FnMut(&cairn_kernel_protocol::FromKernel),
    ) -> Result<super::Answer, ErrorInfo> {
        let process = self.process.as_mut().expect("there until dropped");
        let answer = process.request(run, message, cancelled, on_message);
        self.broken |= answer.is_err();
        answer
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let process = self.process.take().filter(|_| !self.broken);
        let mut state = self.kernels.lock();
        if let Some(lent) = state.lent.get_mut(&self.name) {
            *lent = lent.saturating_sub(1);
        }
        let mut surplus = None;
        if let Some(process) = process {
            let idle = state.idle.entry(self.name.clone()).or_default();
            if idle.len() < MAX_IDLE { idle.push(process) } else { surplus = Some(process) }
        }
        drop(state);
        drop(surplus);
        self.kernels.events.say(EventBody::Kernels);
    }
}
