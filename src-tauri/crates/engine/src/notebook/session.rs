//! An open notebook: the document, its undo stack, and how its cells stand.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::{Duration, Instant},
};

use cairn_protocol::{
    ErrorInfo,
    door::NotebookView,
    notebook::{CellBody, Edit, Notebook},
    results::{CellState, CellView},
};
use serde::{Deserialize, Serialize};

use super::document;
use crate::{
    cache::{Cache, read_json, write_json},
    keys::Key,
    now,
};

/// Between two writings of what is remembered, while cells run.
const BETWEEN_WRITES: Duration = Duration::from_secs(1);

/// Undo points kept.
const MAX_UNDO: usize = 500;

/// An open notebook.
pub struct Session {
    /// Path in the project.
    pub path: String,
    /// The document as it stands.
    pub notebook: Notebook,
    /// Whether cells run by themselves.
    pub auto_run: bool,
    file: PathBuf,
    memory_file: PathBuf,
    undo: Vec<Notebook>,
    redo: Vec<Notebook>,
    revision: u64,
    saved_text: String,
    saved_at: String,
    memory: Memory,
    /// Whether a part of it is not on the disk yet, and when that was last so.
    unwritten: bool,
    written: Instant,
    /// Cells that wait or run.
    busy: BTreeMap<String, CellState>,
    /// Cells that failed, with the key they failed under.
    failed: BTreeMap<String, (String, ErrorInfo)>,
    /// Data files that changed under a cell.
    changed_files: BTreeSet<String>,
}

/// What is remembered of a notebook between sessions; may be lost without harm.
#[derive(Default, Serialize, Deserialize)]
struct Memory {
    #[serde(default)]
    last: BTreeMap<String, LastRun>,
    #[serde(default)]
    auto_run: bool,
}

#[derive(Clone, Serialize, Deserialize)]
struct LastRun {
    key: String,
    own: String,
    elapsed_secs: f64,
    ran_at: String,
}

impl Session {
    /// Opens a notebook.
    ///
    /// # Errors
    /// As [`document::load`].
    pub fn open(path: &str, file: PathBuf, dot_cairn: &std::path::Path) -> Result<Self, ErrorInfo> {
        let notebook = document::load(&file, path)?;
        let saved_text = std::fs::read_to_string(&file).unwrap_or_default();
        let name = blake3::hash(path.as_bytes()).to_hex();
        let memory_file = dot_cairn.join("state").join(format!("{}.json", &name[..16]));
        let memory: Memory = read_json(&memory_file).unwrap_or_default();
        let saved_at = std::fs::metadata(&file)
            .and_then(|about| about.modified())
            .ok()
            .and_then(|time| jiff::Timestamp::try_from(time).ok())
            .map(crate::rfc3339)
            .unwrap_or_default();
        Ok(Self {
            path: path.to_owned(),
            notebook,
            auto_run: memory.auto_run,
            file,
            memory_file,
            undo: Vec::new(),
            redo: Vec::new(),
            revision: 1,
            saved_text,
            saved_at,
            memory,
            unwritten: false,
            written: Instant::now(),
            busy: BTreeMap::new(),
            failed: BTreeMap::new(),
            changed_files: BTreeSet::new(),
        })
    }

    /// Changes the notebook and saves it; on an error nothing changes.
    ///
    /// # Errors
    /// As [`document::apply`], or the file cannot be written.
    pub fn edit(&mut self, edits: &[Edit]) -> Result<(), ErrorInfo> {
        let changed = document::apply(&self.notebook, edits)?;
        for edit in edits {
            if let Edit::RenameCell { name, to } = edit
                && let Some(last) = self.memory.last.remove(name)
            {
                self.memory.last.insert(to.trim().to_owned(), last);
            }
        }
        self.replace(changed)
    }

    fn replace(&mut self, changed: Notebook) -> Result<(), ErrorInfo> {
        if changed == self.notebook {
            return Ok(());
        }
        self.write(&changed)?;
        self.undo.push(std::mem::replace(&mut self.notebook, changed));
        if self.undo.len() > MAX_UNDO {
            self.undo.remove(0);
        }
        self.redo.clear();
        self.revision += 1;
        Ok(())
    }

    fn write(&mut self, notebook: &Notebook) -> Result<(), ErrorInfo> {
        self.saved_text = document::save(&self.file, notebook)?;
        self.saved_at = now();
        Ok(())
    }

    /// Takes the last change back.
    ///
    /// # Errors
    /// There is none, or the file cannot be written.
    pub fn undo(&mut self) -> Result<(), ErrorInfo> {
        let earlier = self.undo.last().cloned().ok_or_else(|| ErrorInfo::usage("there is nothing to undo"))?;
        self.write(&earlier)?;
        self.undo.pop();
        self.redo.push(std::mem::replace(&mut self.notebook, earlier));
        self.revision += 1;
        Ok(())
    }

    /// Does the last change taken back again.
    ///
    /// # Errors
    /// There is none, or the file cannot be written.
    pub fn redo(&mut self) -> Result<(), ErrorInfo> {
        let later = self.redo.last().cloned().ok_or_else(|| ErrorInfo::usage("there is nothing to redo"))?;
        self.write(&later)?;
        self.redo.pop();
        self.undo.push(std::mem::replace(&mut self.notebook, later));
        self.revision += 1;
        Ok(())
    }

    /// Looks whether somebody else changed the file; takes the change as an undo point.
    ///
    /// # Errors
    /// The file is not a notebook any more: the open one stays as it was.
    pub fn look_at_disk(&mut self) -> Result<bool, ErrorInfo> {
        let Ok(text) = std::fs::read_to_string(&self.file) else {
            return Err(ErrorInfo::bad_input(format!("{} is gone from the disk", self.path))
                .in_file(&self.path)
                .hint("it is written again with the next change; undo works as before"));
        };
        if text == self.saved_text {
            return Ok(false);
        }
        let notebook = document::parse(&text, &self.path)?;
        self.saved_text = text;
        self.saved_at = now();
        if notebook == self.notebook {
            return Ok(false);
        }
        self.undo.push(std::mem::replace(&mut self.notebook, notebook));
        self.redo.clear();
        self.revision += 1;
        Ok(true)
    }

    /// Switches running by itself.
    ///
    /// # Errors
    /// The state cannot be written.
    pub fn set_auto_run(&mut self, on: bool) -> Result<(), ErrorInfo> {
        self.auto_run = on;
        self.memory.auto_run = on;
        self.revision += 1;
        write_json(&self.memory_file, &self.memory)
    }

    /// Data files that changed on disk, relative to the project: cells that read them say so.
    pub fn note_changed_files(&mut self, paths: &[String]) -> bool {
        let mut any = false;
        for cell in &self.notebook.cells {
            if let CellBody::Data(data) = &cell.body
                && paths.iter().any(|path| is_part_of(path, &data.file))
            {
                self.changed_files.insert(data.file.clone());
                any = true;
            }
        }
        any
    }

    /// A cell waits, runs, or (none) is through.
    pub fn set_busy(&mut self, cell: &str, state: Option<CellState>) {
        match state {
            Some(state) => self.busy.insert(cell.to_owned(), state),
            None => self.busy.remove(cell),
        };
    }

    /// Whether a cell waits or runs.
    pub fn is_busy(&self) -> bool {
        !self.busy.is_empty()
    }

    /// A cell ran well.
    pub fn ran(&mut self, cell: &str, key: &Key, elapsed_secs: f64) {
        self.failed.remove(cell);
        let last = LastRun { key: key.whole.clone(), own: key.own.clone(), elapsed_secs, ran_at: now() };
        self.memory.last.insert(cell.to_owned(), last);
        if let Some(CellBody::Data(data)) = super::graph::find(&self.notebook, cell).map(|cell| &cell.body) {
            self.changed_files.remove(&data.file);
        }
        // What is lost here is only how long a cell took and when: many quick cells share one writing.
        self.unwritten = true;
        if self.written.elapsed() >= BETWEEN_WRITES {
            self.remember();
        }
    }

    /// Writes what is remembered of the cells that ran, where that is not done yet.
    pub fn remember(&mut self) {
        if !std::mem::take(&mut self.unwritten) {
            return;
        }
        if let Err(error) = write_json(&self.memory_file, &self.memory) {
            tracing_note(&error);
        }
        self.written = Instant::now();
    }

    /// A cell failed.
    pub fn fail(&mut self, cell: &str, key: Option<&Key>, error: ErrorInfo) {
        self.failed.insert(cell.to_owned(), (key.map(|key| key.whole.clone()).unwrap_or_default(), error));
    }

    /// The key of the last result of a cell.
    pub fn last_key(&self, cell: &str) -> Option<&str> {
        self.memory.last.get(cell).map(|last| last.key.as_str())
    }

    /// The notebook as a pane shows it.
    pub fn view(&self, keys: &BTreeMap<String, Result<Key, ErrorInfo>>, cache: &Cache) -> NotebookView {
        let mut cells: Vec<CellView> = Vec::with_capacity(self.notebook.cells.len());
        let mut stale_secs = Some(0.0);
        for cell in &self.notebook.cells {
            let key = keys.get(&cell.name);
            let view = self.cell_view(&cell.name, &cell.body, key, cache);
            if matches!(view.state, CellState::Stale | CellState::NeverRun | CellState::Failed) {
                let took = self.memory.last.get(&cell.name).map(|last| last.elapsed_secs);
                stale_secs = stale_secs.zip(took).map(|(sum, secs)| sum + secs);
            }
            cells.push(view);
        }
        NotebookView {
            path: self.path.clone(),
            revision: self.revision,
            notebook: self.notebook.clone(),
            cells,
            can_undo: !self.undo.is_empty(),
            can_redo: !self.redo.is_empty(),
            auto_run: self.auto_run,
            saved_at: self.saved_at.clone(),
            stale_secs,
        }
    }

    /// One cell as a pane shows it.
    pub fn cell_view(
        &self,
        name: &str,
        body: &CellBody,
        key: Option<&Result<Key, ErrorInfo>>,
        cache: &Cache,
    ) -> CellView {
        let named = |view: CellView| CellView { name: name.to_owned(), ..view };
        if let CellBody::Note(_) = body {
            return named(CellView { state: CellState::UpToDate, ..CellView::default() });
        }
        let last = self.memory.last.get(name);
        let known = |key: &str| cache.view(key).map(|view| (*view).clone());
        // What a cell that must run again shows meanwhile: the figures of its last result.
        let before = last.and_then(|last| known(&last.key)).unwrap_or_default();
        if let Some(state) = self.busy.get(name) {
            return named(CellView { state: *state, why: String::new(), ..before });
        }
        let key = match key {
            Some(Ok(key)) => key,
            Some(Err(error)) => {
                let state = CellState::Failed;
                return named(CellView { state, error: Some(error.clone()), ..before });
            }
            None => return named(CellView { state: CellState::NeverRun, ..before }),
        };
        if let Some((under, error)) = self.failed.get(name)
            && *under == key.whole
        {
            return named(CellView { state: CellState::Failed, error: Some(error.clone()), ..before });
        }
        if let Some(view) = known(&key.whole) {
            return named(CellView { state: CellState::UpToDate, ..view });
        }
        let Some(last) = last else {
            return named(CellView { state: CellState::NeverRun, ..CellView::default() });
        };
        let why = match body {
            CellBody::Data(data) if self.changed_files.contains(&data.file) => {
                format!("{} changed on disk", data.file.rsplit('/').next().unwrap_or(&data.file))
            }
            _ if last.key == key.whole => "its stored result is gone".to_owned(),
            _ if last.own != key.own => "changed here".to_owned(),
            _ => match body.inputs().as_slice() {
                [input] => format!("{input} changed"),
                _ => "what it reads changed".to_owned(),
            },
        };
        named(CellView { state: CellState::Stale, why, ..before })
    }
}

/// Says on standard error what a person need not act on.
fn tracing_note(error: &ErrorInfo) {
    eprintln!("cairn: {error}");
}
/// Whether a path is a data file, lies in a folder of them, or is the log that a database writes beside itself.
fn is_part_of(path: &str, data: &str) -> bool {
    path.strip_prefix(data).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest == "-wal")
}
