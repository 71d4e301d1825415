//! What changes on disk while the window is open: data files, notebooks, and kernel manifests that come and go.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::Duration,
};

use cairn_protocol::door::{EventBody, MessageLevel};
use crossbeam_channel::{Receiver, RecvTimeoutError, unbounded};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use crate::{
    engine::Inner,
    files::relative_to,
    project::{Project, locked},
};

/// Changes within this time are looked at together: an editor saves in several steps.
const SETTLE: Duration = Duration::from_millis(250);

/// Watches as long as it lives.
pub struct Watch {
    _watcher: RecommendedWatcher,
}

impl Watch {
    /// Begins to watch a project and the kernel folders.
    ///
    /// # Errors
    /// The system has no watches left.
    pub fn start(engine: &Arc<Inner>, project: &Arc<Project>) -> notify::Result<Self> {
        let (sender, changes) = unbounded();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if let Ok(event) = event
                && !event.kind.is_access()
            {
                for path in event.paths {
                    // Nobody listens any more once the project is closed.
                    sender.send(path).unwrap_or_default();
                }
            }
        })?;
        watcher.watch(&project.root, RecursiveMode::Recursive)?;
        for folder in engine.kernels.folders() {
            if std::fs::create_dir_all(&folder).is_ok() {
                watcher.watch(&folder, RecursiveMode::Recursive)?;
            }
        }
        let (engine, project) = (Arc::downgrade(engine), Arc::downgrade(project));
        std::thread::Builder::new()
            .name("watch".into())
            .spawn(move || look(&changes, &engine, &project))
            .map_err(|error| notify::Error::generic(&error.to_string()))?;
        Ok(Self { _watcher: watcher })
    }
}

fn look(changes: &Receiver<PathBuf>, engine: &Weak<Inner>, project: &Weak<Project>) {
    while let Ok(first) = changes.recv() {
        let mut paths = BTreeSet::from([first]);
        loop {
            match changes.recv_timeout(SETTLE) {
                Ok(path) => paths.insert(path),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            };
        }
        let (Some(engine), Some(project)) = (engine.upgrade(), project.upgrade()) else { return };
        let in_kernels = |path: &Path| engine.kernels.folders().iter().any(|folder| path.starts_with(folder));
        if paths.iter().any(|path| in_kernels(path)) {
            engine.kernels.look_again();
        }
        let relative: Vec<String> = paths
            .iter()
            .filter_map(|path| relative_to(&project.root, path))
            .filter(|path| !path.is_empty() && !path.split('/').any(|part| part.starts_with('.')))
            .collect();
        if !relative.is_empty() {
            take_in(&engine, &project, &relative);
        }
    }
}

/// Tells open notebooks what changed, and the window.
fn take_in(engine: &Arc<Inner>, project: &Project, paths: &[String]) {
    for session in project.sessions() {
        let mut session = locked(&session);
        let mut why = None;
        if paths.contains(&session.path) {
            match session.look_at_disk() {
                Ok(true) => why = Some("changed on disk"),
                Ok(false) => {}
                Err(error) => engine.events.message(
                    MessageLevel::Error,
                    format!("{} changed on disk and cannot be read; the open notebook stays as it was", session.path),
                    Some(error),
                ),
            }
        }
        let data_changed = session.note_changed_files(paths);
        if why.is_none() && !data_changed {
            continue;
        }
        let view = project.view_notebook(&session, &engine.kernels);
        drop(session);
        for cell in &view.cells {
            engine.events.say(EventBody::Cell { notebook: view.path.clone(), cell: cell.clone() });
        }
        engine.say_notebook(&view, why.unwrap_or("data changed on disk"));
        engine.run_by_itself(engine, &view);
    }
    engine.events.say(EventBody::Project { paths: paths.to_vec() });
}
