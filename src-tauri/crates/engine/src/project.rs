//! A project is a folder. The notebooks and small files in it are the person's; `.cairn/` beside them is Cairn's.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use cairn_protocol::{
    ErrorInfo,
    door::{EntryKind, NotebookView, ProjectView, RecentProject, TreeEntry},
    results::{CellState, CellView},
};
use cairn_tracking::Tracker;

use crate::{
    cache::{Cache, read_json, write_json},
    files::{self, io_error, relative_to},
    git,
    journal::Journal,
    kernels::Kernels,
    keys::{self, Digests, Key},
    lock::ProjectLock,
    notebook::session::Session,
    samples,
};

/// Files shown in the tree at most.
const MAX_ENTRIES: usize = 5_000;
/// Recent projects remembered.
const MAX_RECENT: usize = 12;

/// How a project is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To change it: nobody else may.
    Exclusive,
    /// To look at it, beside a window that changes it.
    Look,
}

/// An open project.
pub struct Project {
    /// The folder, absolute.
    pub root: PathBuf,
    /// Results of cells.
    pub cache: Cache,
    /// Hashes of files.
    pub digests: Digests,
    /// Runs and lineage.
    pub tracker: Tracker,
    /// One notebook runs at a time.
    pub running: Mutex<()>,
    journal: Option<Journal>,
    sessions: Mutex<BTreeMap<String, Arc<Mutex<Session>>>>,
    /// Orders of table views that were asked for lately.
    pub orders: Mutex<Vec<(String, Arc<Vec<u32>>)>>,
    _lock: Option<ProjectLock>,
}

/// A guard that survives a panic of another holder: the state is a document that is replaced whole.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Project {
    /// Opens a project folder.
    ///
    /// # Errors
    /// It is no folder, somebody else holds it, or its database cannot be read.
    pub fn open(path: &Path, access: Access) -> Result<Self, ErrorInfo> {
        let root = path.canonicalize().map_err(|error| io_error("cannot open", path, &error))?;
        if !root.is_dir() {
            return Err(ErrorInfo::bad_input(format!("{} is no folder", root.display()))
                .in_file(root.display().to_string())
                .hint("open the folder that holds the notebook"));
        }
        let dot = root.join(".cairn");
        if access == Access::Look && !dot.is_dir() {
            return Err(no_project(&root));
        }
        std::fs::create_dir_all(dot.join("state")).map_err(|error| io_error("cannot make", &dot, &error))?;
        let lock = match access {
            Access::Exclusive => Some(ProjectLock::take(&dot)?),
            Access::Look => None,
        };
        let tracker = Tracker::open(&dot)?;
        if access == Access::Exclusive {
            tracker.mark_interrupted()?;
        }
        let journal = match access {
            Access::Exclusive => Some(Journal::open(&dot)?),
            Access::Look => None,
        };
        Ok(Self {
            cache: Cache::new(dot.join("cache")),
            digests: Digests::default(),
            tracker,
            running: Mutex::new(()),
            journal,
            sessions: Mutex::default(),
            orders: Mutex::default(),
            _lock: lock,
            root,
        })
    }

    /// Makes a project folder, with a sample where one is named.
    ///
    /// # Errors
    /// The folder holds something already, or cannot be written.
    pub fn create(path: &Path, sample: Option<&str>) -> Result<(), ErrorInfo> {
        if let Some(sample) = sample {
            samples::check(sample)?;
        }
        let occupied = std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some());
        if occupied || path.is_file() {
            return Err(ErrorInfo::usage(format!("{} is not empty", path.display()))
                .in_file(path.display().to_string())
                .hint("choose a new folder, or open this one as a project"));
        }
        std::fs::create_dir_all(path.join(".cairn")).map_err(|error| io_error("cannot make", path, &error))?;
        match sample {
            Some(sample) => samples::copy(sample, path)?,
            None => {
                std::fs::create_dir_all(path.join("data")).map_err(|error| io_error("cannot make", path, &error))?;
            }
        }
        files::write_whole(&path.join(".gitignore"), b"/.cairn/\n")
    }

    /// The project folder that a path lies in: the nearest one with `.cairn/`.
    pub fn around(path: &Path) -> Option<PathBuf> {
        path.ancestors().find(|folder| folder.join(".cairn").is_dir()).map(Path::to_owned)
    }

    /// Name of the folder.
    pub fn name(&self) -> String {
        self.root.file_name().map_or_else(|| "project".into(), |name| name.to_string_lossy().into_owned())
    }

    /// What steps may look at in every cell of the project: its salt.
    ///
    /// # Errors
    /// The salt cannot be read or written.
    pub fn around_steps(&self) -> Result<cairn_data::Around, ErrorInfo> {
        Ok(cairn_data::Around { salt: self.salt()?, ..cairn_data::Around::default() })
    }

    /// `.cairn/`.
    pub fn dot_cairn(&self) -> PathBuf {
        self.root.join(".cairn")
    }

    /// The salt of the project's keyed hashes, `.cairn/salt`: made once, by whoever holds the project. Empty where the
    /// project is only looked at and has none yet.
    ///
    /// # Errors
    /// The file cannot be read or written, or holds no salt.
    pub fn salt(&self) -> Result<String, ErrorInfo> {
        let path = self.dot_cairn().join("salt");
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let salt = text.trim();
                if salt.len() == 64 && salt.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    return Ok(salt.to_owned());
                }
                Err(ErrorInfo::bad_input(format!("{} holds no salt of 64 hex digits", path.display()))
                    .in_file(path.display().to_string())
                    .hint("restore it from a backup, or delete it: hashes made so far will not be met again then"))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                if self.journal.is_none() {
                    return Ok(String::new());
                }
                let salt = cairn_data::new_salt();
                files::write_private(&path, format!("{salt}\n").as_bytes())?;
                Ok(salt)
            }
            Err(error) => Err(io_error("cannot read", &path, &error)),
        }
    }

    /// Writes a command down before it is carried out.
    ///
    /// # Errors
    /// The project was opened only to look at it, or the disk is full.
    pub fn write_down(&self, request: &cairn_protocol::Request) -> Result<(), ErrorInfo> {
        match &self.journal {
            Some(journal) => journal.write(request),
            None => Err(ErrorInfo::internal("the project is open only to look at it")),
        }
    }

    /// An open notebook; opened where it was not.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn session(&self, path: &str) -> Result<Arc<Mutex<Session>>, ErrorInfo> {
        let mut sessions = locked(&self.sessions);
        if let Some(session) = sessions.get(path) {
            return Ok(Arc::clone(session));
        }
        let file = files::inside(&self.root, path)?;
        let session = Arc::new(Mutex::new(Session::open(path, file, &self.dot_cairn())?));
        sessions.insert(path.to_owned(), Arc::clone(&session));
        Ok(session)
    }

    /// All open notebooks.
    pub fn sessions(&self) -> Vec<Arc<Mutex<Session>>> {
        locked(&self.sessions).values().cloned().collect()
    }

    /// The keys of a notebook's cells.
    pub fn keys(
        &self,
        notebook: &cairn_protocol::notebook::Notebook,
        kernels: &Kernels,
    ) -> BTreeMap<String, Result<Key, ErrorInfo>> {
        keys::keys(notebook, &self.root, &self.digests, kernels)
    }

    /// An open notebook as a pane shows it.
    pub fn view_notebook(&self, session: &Session, kernels: &Kernels) -> NotebookView {
        session.view(&self.keys(&session.notebook, kernels), &self.cache)
    }

    /// One cell as a pane shows it.
    pub fn view_cell(&self, session: &Session, name: &str, kernels: &Kernels) -> Option<CellView> {
        let key = keys::key(&session.notebook, name, &self.root, &self.digests, kernels);
        let cell = crate::notebook::graph::find(&session.notebook, name)?;
        Some(session.cell_view(name, &cell.body, key.as_ref(), &self.cache))
    }

    /// The project as its tree shows it.
    pub fn view(&self, kernels: &Kernels) -> ProjectView {
        let git = git::view(&self.root);
        let (git, letters) = git.map_or((None, BTreeMap::new()), |(view, letters)| (Some(view), letters));
        let mut entries = Vec::new();
        self.list(&self.root, &letters, &mut entries);
        let sessions = self.sessions();
        for session in sessions {
            let session = locked(&session);
            let view = self.view_notebook(&session, kernels);
            let stale = view.cells.iter().any(|cell| cell.state == CellState::Stale);
            if let Some(entry) = entries.iter_mut().find(|entry| entry.path == session.path) {
                entry.stale = stale;
            }
        }
        ProjectView { name: self.name(), path: self.root.display().to_string(), entries, git }
    }

    fn list(&self, folder: &Path, letters: &BTreeMap<String, String>, entries: &mut Vec<TreeEntry>) {
        let Ok(read) = std::fs::read_dir(folder) else { return };
        let mut paths: Vec<(bool, PathBuf)> = read
            .flatten()
            .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
            .map(|entry| (entry.file_type().is_ok_and(|kind| kind.is_dir()), entry.path()))
            .collect();
        paths.sort_by(|a, b| (!a.0, &a.1).cmp(&(!b.0, &b.1)));
        for (is_folder, path) in paths {
            if entries.len() >= MAX_ENTRIES {
                return;
            }
            let Some(relative) = relative_to(&self.root, &path) else { continue };
            let kind = if is_folder { EntryKind::Folder } else { kind_of(&relative) };
            let size_bytes = if is_folder { 0 } else { std::fs::metadata(&path).map_or(0, |about| about.len()) };
            let git = letters.get(&relative).cloned().unwrap_or_default();
            entries.push(TreeEntry { path: relative, kind, size_bytes, git, stale: false });
            if is_folder {
                self.list(&path, letters, entries);
            }
        }
    }

    /// Paths of the notebooks in the project.
    pub fn notebooks(&self) -> Vec<String> {
        let mut entries = Vec::new();
        self.list(&self.root, &BTreeMap::new(), &mut entries);
        entries.into_iter().filter(|entry| entry.kind == EntryKind::Notebook).map(|entry| entry.path).collect()
    }
}

fn no_project(root: &Path) -> ErrorInfo {
    ErrorInfo::usage(format!("{} is no Cairn project", root.display()))
        .in_file(root.display().to_string())
        .hint("make one with cairn new, or name one with --project")
}

/// What a file is to Cairn, by its name.
pub fn kind_of(path: &str) -> EntryKind {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default();
    match extension.as_str() {
        "cairn" => EntryKind::Notebook,
        "html" if path.starts_with("reports/") => EntryKind::Report,
        _ if cairn_data::is_data_file(path.rsplit('/').next().unwrap_or(path)) => EntryKind::Data,
        _ => EntryKind::File,
    }
}

/// Projects opened before, kept in the person's own folder.
pub struct Recents {
    file: Option<PathBuf>,
}

impl Recents {
    /// Those in a person's own folder.
    pub fn new(home: Option<&Path>) -> Self {
        Self { file: home.map(|home| home.join("recent.json")) }
    }

    /// Newest first; those whose folder is gone are left out.
    pub fn list(&self) -> Vec<RecentProject> {
        let known: Vec<RecentProject> = self.file.as_ref().and_then(|file| read_json(file)).unwrap_or_default();
        known.into_iter().filter(|project| Path::new(&project.path).is_dir()).collect()
    }

    /// Remembers an opening.
    pub fn remember(&self, project: &Project) {
        let Some(file) = &self.file else { return };
        let path = project.root.display().to_string();
        let mut known = self.list();
        known.retain(|recent| recent.path != path);
        known.insert(0, RecentProject { name: project.name(), path, opened_at: crate::now() });
        known.truncate(MAX_RECENT);
        if let Err(error) = write_json(file, &known) {
            eprintln!("cairn: recent projects are not remembered: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_has_one_salt_that_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        let salt_of = |path: &Path, access| Project::open(path, access).unwrap().salt();
        for path in [&one, &other] {
            Project::create(path, None).unwrap();
        }
        assert_eq!(salt_of(&one, Access::Look).unwrap(), "", "looking makes none");
        let salt = salt_of(&one, Access::Exclusive).unwrap();
        assert!(salt.len() == 64 && salt.bytes().all(|byte| byte.is_ascii_hexdigit()), "{salt}");
        assert_eq!(salt_of(&one, Access::Exclusive).unwrap(), salt);
        assert_eq!(salt_of(&one, Access::Look).unwrap(), salt);
        assert_ne!(salt_of(&other, Access::Exclusive).unwrap(), salt);
        std::fs::write(one.join(".cairn/salt"), "half of i").unwrap();
        assert!(salt_of(&one, Access::Exclusive).is_err(), "a broken salt is never replaced in silence");
    }
}
