//! Everything the window knows of the engine. Panes *read* by naming a request; the store fetches it once, keeps the
//! answer, and fetches again when an event says that it is out of date. The old value stays on screen meanwhile.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    rc::Rc,
};

use cairn_protocol::{
    ErrorInfo, Event, Request, Response,
    comparison::CompareSide,
    door::{EventBody, JobView, NotebookView},
    table::TableRef,
};

use crate::backend::{Arrival, Backend, CallId};

/// What is known about the answer to a request.
#[derive(Debug, Clone, Default)]
pub struct Fetched {
    /// The newest answer.
    pub value: Option<Rc<Response>>,
    /// Why there is no newer one.
    pub error: Option<Rc<ErrorInfo>>,
    /// Whether a newer one is on its way.
    pub loading: bool,
}

/// What an answer depends on; events invalidate by it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Topic {
    Project,
    Notebook(String),
    Cell(String, String),
    Runs,
    Sweeps,
    Kernels,
    Lineage,
    Nothing,
}

#[derive(Debug)]
struct Entry {
    request: Request,
    fetched: Fetched,
    topic: Topic,
    /// Out of date: fetched again at the next read.
    old: bool,
    /// Something changed while an answer was on its way.
    changed_meanwhile: bool,
    last_used: u64,
}

/// A finished call that was made with [`Store::call`].
#[derive(Debug, Clone)]
pub struct Answer {
    /// The number that [`Store::call`] gave.
    pub call: CallId,
    /// The request.
    pub request: Request,
    /// Its answer.
    pub result: Result<Rc<Response>, ErrorInfo>,
}

#[derive(Debug, Default)]
struct Inner {
    next_call: CallId,
    /// Requests to be sent, in order.
    outbox: Vec<(CallId, Request)>,
    /// Cached reads by the request's JSON.
    entries: HashMap<String, Entry>,
    /// Reads on their way.
    reading: HashMap<CallId, String>,
    /// Calls on their way.
    calling: HashMap<CallId, Request>,
    frame: u64,
}

/// Points of one metric: step and value.
pub type Points = Vec<(u64, f64)>;

/// Everything the window knows of the engine.
#[derive(Debug, Default)]
pub struct Store {
    inner: RefCell<Inner>,
    /// Jobs by id, the newest state of each.
    pub jobs: BTreeMap<u64, JobView>,
    /// Curves of runs that go on: run → metric → points.
    pub live: HashMap<String, BTreeMap<String, Points>>,
    /// Why the engine cannot be reached.
    pub lost: Option<String>,
    last_seq: Option<u64>,
}

/// Cached reads kept; the least recently used go first.
const MAX_ENTRIES: usize = 1_500;

impl Store {
    /// What is known about the answer to a read. Asks for it where needed; call it in every frame that shows it.
    pub fn read(&self, request: &Request) -> Fetched {
        let key = serde_json::to_string(request).expect("requests are plain data");
        let mut guard = self.inner.borrow_mut();
        let inner = &mut *guard;
        let frame = inner.frame;
        let entry = inner.entries.entry(key.clone()).or_insert_with(|| Entry {
            request: request.clone(),
            fetched: Fetched::default(),
            topic: topic_of(request),
            old: true,
            changed_meanwhile: false,
            last_used: frame,
        });
        entry.last_used = frame;
        if entry.old && !entry.fetched.loading {
            entry.old = false;
            entry.fetched.loading = true;
            inner.next_call += 1;
            let call = inner.next_call;
            inner.reading.insert(call, key);
            inner.outbox.push((call, request.clone()));
        }
        entry.fetched.clone()
    }

    /// What is known about the answer to a read, without asking for a newer one.
    pub fn known(&self, request: &Request) -> Fetched {
        let key = serde_json::to_string(request).expect("requests are plain data");
        let mut inner = self.inner.borrow_mut();
        let frame = inner.frame;
        inner.entries.get_mut(&key).map_or_else(Fetched::default, |entry| {
            entry.last_used = frame;
            entry.fetched.clone()
        })
    }

    /// The open notebook, where it is known.
    pub fn notebook(&self, path: &str) -> Option<NotebookView> {
        match self.read(&Request::OpenNotebook { path: path.to_owned() }).value.as_deref() {
            Some(Response::Notebook(view)) => Some(view.clone()),
            _ => None,
        }
    }

    /// Sends a request that changes something, or whose answer is wanted once. The answer comes out of
    /// [`Store::take_in`].
    pub fn call(&self, request: Request) -> CallId {
        let mut inner = self.inner.borrow_mut();
        inner.next_call += 1;
        let call = inner.next_call;
        inner.calling.insert(call, request.clone());
        inner.outbox.push((call, request));
        call
    }

    /// Whether a call that fulfils the condition is on its way.
    pub fn is_calling(&self, wanted: impl Fn(&Request) -> bool) -> bool {
        self.inner.borrow().calling.values().any(wanted)
    }

    /// Forgets every answer, e.g. when another project was opened.
    pub fn forget_all(&mut self) {
        for entry in self.inner.borrow_mut().entries.values_mut() {
            entry.fetched.value = None;
            entry.fetched.error = None;
            entry.old = true;
            entry.changed_meanwhile = entry.fetched.loading;
        }
        self.live.clear();
    }

    /// Asks again for an answer that was an error (a «Try again» button).
    pub fn retry(&self, request: &Request) {
        let key = serde_json::to_string(request).expect("requests are plain data");
        if let Some(entry) = self.inner.borrow_mut().entries.get_mut(&key) {
            entry.old = true;
            entry.fetched.error = None;
        }
    }

    /// Asks again for an answer that may be out of date; the old one stays until then.
    pub fn ask_again(&self, request: &Request) {
        let key = serde_json::to_string(request).expect("requests are plain data");
        if let Some(entry) = self.inner.borrow_mut().entries.get_mut(&key) {
            entry.changed_meanwhile = entry.fetched.loading;
            entry.old = !entry.fetched.loading;
        }
    }

    /// Exchanges everything with the backend: once before each frame. Returns finished calls and what the app
    /// itself must look at (events, dropped files).
    pub fn exchange(&mut self, backend: &mut dyn Backend) -> (Vec<Answer>, Vec<Arrival>) {
        let mut answers = Vec::new();
        let mut rest = Vec::new();
        for arrival in backend.poll() {
            match arrival {
                Arrival::Answer { call, result } => answers.extend(self.take_in(call, result)),
                Arrival::Event(event) => {
                    self.take_event(&event);
                    rest.push(Arrival::Event(event));
                }
                Arrival::Lost(why) => self.lost = Some(why),
                Arrival::Back => {
                    self.lost = None;
                    self.age(|_| true);
                }
                other => rest.push(other),
            }
        }
        let outbox = {
            let mut inner = self.inner.borrow_mut();
            inner.frame += 1;
            inner.evict();
            std::mem::take(&mut inner.outbox)
        };
        for (call, request) in &outbox {
            backend.send(*call, request);
        }
        (answers, rest)
    }

    fn take_in(&mut self, call: CallId, result: Result<Box<Response>, ErrorInfo>) -> Option<Answer> {
        let mut guard = self.inner.borrow_mut();
        let inner = &mut *guard;
        if let Some(key) = inner.reading.remove(&call) {
            let entry = inner.entries.get_mut(&key)?;
            entry.fetched.loading = false;
            if std::mem::take(&mut entry.changed_meanwhile) {
                entry.old = true;
            }
            match result {
                Ok(response) => {
                    entry.fetched.value = Some(Rc::from(response));
                    entry.fetched.error = None;
                }
                Err(error) => entry.fetched.error = Some(Rc::new(error)),
            }
            return None;
        }
        let request = inner.calling.remove(&call)?;
        let result = result.map(Rc::<Response>::from);
        if let Ok(response) = &result
            && let Response::Notebook(view) = response.as_ref()
        {
            // Every change of a notebook answers with the whole of it: show it at once.
            let read = Request::OpenNotebook { path: view.path.clone() };
            let key = serde_json::to_string(&read).expect("requests are plain data");
            let frame = inner.frame;
            let entry = inner.entries.entry(key).or_insert_with(|| Entry {
                topic: topic_of(&read),
                request: read,
                fetched: Fetched::default(),
                old: false,
                changed_meanwhile: false,
                last_used: frame,
            });
            entry.fetched.value = Some(Rc::clone(response));
            entry.fetched.error = None;
        }
        drop(guard);
        if matches!(request, Request::TagRun { .. }) {
            self.age(|topic| *topic == Topic::Runs);
        }
        Some(Answer { call, request, result })
    }

    fn take_event(&mut self, event: &Event) {
        let gap = self.last_seq.is_some_and(|last| event.seq != last + 1);
        self.last_seq = Some(event.seq);
        if gap {
            self.age(|_| true);
        }
        match &event.body {
            EventBody::Job { job } => {
                self.jobs.insert(job.id, job.clone());
            }
            EventBody::Cell { notebook, cell } => {
                self.patch_notebook(notebook, |view| {
                    if let Some(old) = view.cells.iter_mut().find(|old| old.name == cell.name) {
                        *old = cell.clone();
                    }
                });
                let (path, name) = (notebook.clone(), cell.name.clone());
                self.age(|topic| *topic == Topic::Cell(path.clone(), name.clone()));
            }
            EventBody::Notebook { path, revision, .. } => {
                let mut known = false;
                self.patch_notebook(path, |view| known = view.revision >= *revision);
                if !known {
                    self.age(|topic| matches!(topic, Topic::Notebook(of) if of == path));
                }
                self.age(|topic| *topic == Topic::Project);
            }
            EventBody::Project { .. } => self.age(|topic| *topic == Topic::Project),
            EventBody::Run { run } => {
                if run.ended_at.is_some() {
                    self.live.remove(&run.id);
                }
                self.age(|topic| matches!(topic, Topic::Runs | Topic::Lineage));
            }
            EventBody::Metrics { run, step, values } => {
                let curves = self.live.entry(run.clone()).or_default();
                for (key, value) in values {
                    curves.entry(key.clone()).or_default().push((*step, value.0));
                }
            }
            EventBody::Trial { .. } => self.age(|topic| matches!(topic, Topic::Sweeps | Topic::Runs | Topic::Lineage)),
            EventBody::Kernels => self.age(|topic| *topic == Topic::Kernels),
            EventBody::Message { .. } => {}
        }
    }

    /// Changes a known notebook in place.
    fn patch_notebook(&self, path: &str, change: impl FnOnce(&mut NotebookView)) {
        let mut inner = self.inner.borrow_mut();
        for entry in inner.entries.values_mut() {
            let Request::OpenNotebook { path: of } = &entry.request else { continue };
            if of == path
                && let Some(shared) = &mut entry.fetched.value
                && let Response::Notebook(view) = Rc::make_mut(shared)
            {
                change(view);
                return;
            }
        }
    }

    fn age(&self, wanted: impl Fn(&Topic) -> bool) {
        for entry in self.inner.borrow_mut().entries.values_mut() {
            if wanted(&entry.topic) {
                entry.changed_meanwhile = entry.fetched.loading;
                entry.old = !entry.fetched.loading;
            }
        }
    }
}

impl Inner {
    fn evict(&mut self) {
        if self.entries.len() <= MAX_ENTRIES {
            return;
        }
        let mut ages: Vec<u64> = self.entries.values().map(|entry| entry.last_used).collect();
        ages.sort_unstable();
        let limit = ages[ages.len() - MAX_ENTRIES / 2];
        self.entries.retain(|_, entry| entry.last_used >= limit || entry.fetched.loading);
    }
}

fn topic_of(request: &Request) -> Topic {
    let of_table = |table: &TableRef| match table {
        TableRef::Cell { notebook, cell } => Topic::Cell(notebook.clone(), cell.clone()),
        TableRef::File { .. } => Topic::Project,
    };
    match request {
        Request::Welcome | Request::Project | Request::ReadReport { .. } => Topic::Project,
        Request::OpenNotebook { path } => Topic::Notebook(path.clone()),
        Request::CellResult { path, cell }
        | Request::PreviewSteps { path, cell, .. }
        | Request::ExportCode { path, cell, .. } => Topic::Cell(path.clone(), cell.clone()),
        Request::Page { table, .. }
        | Request::TableProfile { table }
        | Request::Column { table, .. }
        | Request::Find { table, .. }
        | Request::CopyCells { table, .. }
        | Request::Quality { table, .. }
        | Request::Associations { table, .. } => of_table(table),
        Request::Compare { a, .. } => match a {
            CompareSide::Table { table, .. } => of_table(table),
            CompareSide::Path { .. } => Topic::Project,
        },
        Request::Runs(_) | Request::Run { .. } | Request::Metrics { .. } | Request::DiffRuns { .. } => Topic::Runs,
        Request::Sweeps | Request::Sweep { .. } => Topic::Sweeps,
        Request::Kernels => Topic::Kernels,
        Request::Lineage { .. } => Topic::Lineage,
        _ => Topic::Nothing,
    }
}
