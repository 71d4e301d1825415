//! Opening and leaving a project, and files that come in.

use cairn_protocol::{
    Request, Response,
    door::{EntryKind, ProjectView},
};

use super::App;
use crate::{
    ctx::{Selection, Tab},
    shell::{Toast, tiles},
};

impl App {
    /// Takes over what the engine says of its project.
    pub(super) fn follow_project(&mut self) {
        let Some(welcome) = self.welcome() else { return };
        self.settled = true;
        match welcome.project {
            Some(project) if self.project.as_ref().is_none_or(|open| open.path != project.path) => {
                self.project_opened(project);
            }
            None if self.project.is_some() => self.project_closed(),
            _ => {}
        }
        if self.project.is_some()
            && let Some(Response::Project(view)) = self.store.read(&Request::Project).value.as_deref()
            && self.project.as_ref().is_some_and(|open| open.path == view.path && open != view)
        {
            self.project = Some(view.clone());
        }
        let gone = |tab: &Tab| match tab {
            Tab::Notebook(path)
            | Tab::Wrangle { notebook: path, .. }
            | Tab::Table { notebook: path, .. }
            | Tab::Data(path) => self
                .project
                .as_ref()
                .is_some_and(|project| !project.entries.is_empty() && project.entries.iter().all(|e| e.path != *path)),
            _ => false,
        };
        let lost: Vec<Tab> = tiles::tabs(&self.tree).into_iter().filter(|tab| gone(tab)).collect();
        for tab in lost {
            // A notebook just made may not be in the tree yet: the engine still knows it.
            let known = matches!(&tab, Tab::Notebook(path) if self.store.notebook(path).is_some());
            if !known {
                self.close_tab(&tab);
            }
        }
    }

    /// Shows a project that was opened.
    pub(super) fn project_opened(&mut self, project: ProjectView) {
        self.selection = Selection::Nothing;
        self.panes.clear();
        self.shell.leave_project();
        let first =
            |kind: EntryKind| project.entries.iter().find(|entry| entry.kind == kind).map(|entry| entry.path.clone());
        self.shell.notebook = first(EntryKind::Notebook);
        let tab = first(EntryKind::Notebook)
            .map(Tab::Notebook)
            .or_else(|| first(EntryKind::Data).map(Tab::Data))
            .unwrap_or(Tab::Welcome);
        self.tree = match self.kept_layout.take_if(|(path, _)| *path == project.path) {
            Some((_, layout)) if !tiles::tabs(&layout).is_empty() => layout,
            _ => tiles::new_tree(vec![tab]),
        };
        self.project = Some(project);
        self.add_waiting_files();
    }

    /// Goes back to the start page.
    pub(super) fn project_closed(&mut self) {
        self.project = None;
        self.selection = Selection::Nothing;
        self.panes.clear();
        self.shell.leave_project();
        self.shell.notebook = None;
        self.tree = tiles::new_tree(vec![Tab::Welcome]);
    }

    /// Takes files that were dropped or chosen: data into the project, or a folder as the project.
    pub(super) fn take_files(&mut self, paths: Vec<String>) {
        self.shell.hovering = false;
        let is_folder = |path: &str| {
            let name = path.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default();
            !name.contains('.')
        };
        if let [only] = paths.as_slice()
            && is_folder(only)
        {
            self.store.call(Request::OpenProject { path: only.clone() });
            return;
        }
        self.waiting_files.extend(paths.into_iter().filter(|path| !is_folder(path)));
        if self.waiting_files.is_empty() {
            return;
        }
        if self.project.is_some() {
            self.add_waiting_files();
        } else if !self.store.is_calling(|request| matches!(request, Request::NewProject { .. })) {
            self.store.call(Request::NewProject { path: String::new(), sample: None });
        }
    }

    fn add_waiting_files(&mut self) {
        for path in std::mem::take(&mut self.waiting_files) {
            let name = path.rsplit(['/', '\\']).next().unwrap_or(&path).to_owned();
            self.toast(Toast::info(format!("Reading {name}")));
            self.store.call(Request::AddData { path, notebook: self.shell.notebook.clone() });
        }
    }
}
