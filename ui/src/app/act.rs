//! Carrying out what panes ask for, and taking in what the engine says.

use cairn_protocol::{
    ErrorInfo, Request, Response,
    door::{EventBody, MessageLevel, NotebookView},
    errors::ErrorKind,
    notebook::{CellKind, Edit},
    results::CellState,
    runs::RunStatus,
};

use super::App;
use crate::{
    backend::Arrival,
    ctx::{Action, Selection, Tab},
    shell::{Toast, ToastAction, tiles},
    store::Answer,
};

impl App {
    pub(super) fn act(&mut self, action: Action, egui: &egui::Context) {
        match action {
            Action::Call(request) => {
                self.store.call(request);
            }
            Action::Open(tab) => self.open_tab(tab),
            Action::Close(tab) => self.close_tab(&tab),
            Action::Select(selection) => self.selection = selection,
            Action::Run(command) => self.run_command(command, egui),
            Action::Toast { text, undo } => {
                let toast = Toast::info(text);
                self.toast(match undo {
                    Some(path) => toast.action("Undo", ToastAction::Call(Request::Undo { path })),
                    None => toast,
                });
            }
            Action::Reveal { notebook, cell } => {
                self.open_tab(Tab::Notebook(notebook.clone()));
                self.reveal(&notebook, &cell);
                self.selection = Selection::Cell { notebook, cell };
            }
            Action::Copy(text) => {
                egui.copy_text(text);
                self.toast(Toast::info("Copied"));
            }
            Action::OpenOutside(path) => {
                if !self.backend.open_outside(&path) {
                    self.toast(Toast::warning(format!("This window cannot show {path} outside")));
                }
            }
        }
    }

    /// Opens a tab, or brings it to the front.
    pub(super) fn open_tab(&mut self, tab: Tab) {
        if let Tab::Notebook(path) | Tab::Wrangle { notebook: path, .. } | Tab::Table { notebook: path, .. } = &tab {
            self.shell.notebook = Some(path.clone());
        }
        self.shell.place = self.shell.place.after(&tab);
        tiles::open(&mut self.tree, tab.clone(), self.shell.front.as_ref());
        self.shell.front = Some(tab);
    }

    /// Closes a tab; the start page takes the place of the last one.
    pub(super) fn close_tab(&mut self, tab: &Tab) {
        tiles::close(&mut self.tree, tab);
        self.panes.remove(tab);
        if self.shell.front.as_ref() == Some(tab) {
            self.shell.front = tiles::front(&self.tree, None);
        }
        if tiles::tabs(&self.tree).is_empty() {
            self.tree = tiles::new_tree(vec![Tab::Welcome]);
        }
    }

    pub(super) fn take_answer(&mut self, answer: Answer) {
        let response = match answer.result {
            Ok(response) => response,
            Err(error) => return self.failed(&answer.request, &error),
        };
        match (&answer.request, response.as_ref()) {
            (Request::OpenProject { .. } | Request::NewProject { .. }, Response::Project(view)) => {
                self.store.forget_all();
                self.project_opened(view.clone());
            }
            (Request::CloseProject, _) => {
                self.store.forget_all();
                self.project_closed();
            }
            (Request::Commit { .. }, Response::Project(view)) => {
                self.project = Some(view.clone());
                self.toast(Toast::info("Committed"));
            }
            (Request::InitGit, Response::Project(view)) => {
                self.project = Some(view.clone());
                self.toast(Toast::info("The project is a git repository now"));
            }
            (Request::AddData { .. }, Response::Notebook(view)) => self.data_added(view),
            (Request::SetAutoRun { path, .. }, _) => {
                self.store.ask_again(&Request::OpenNotebook { path: path.clone() })
            }
            (Request::NewNotebook { .. }, Response::Notebook(view)) => self.open_tab(Tab::Notebook(view.path.clone())),
            (Request::EditNotebook { path, edits }, Response::Notebook(view)) => self.edited(path, edits, view),
            (Request::Report { .. }, Response::Report(report)) => {
                let show = ToastAction::Act(Action::Open(Tab::Report(Some(report.path.clone()))));
                self.toast(Toast::info(format!("Wrote {}", report.path)).action("Show", show));
            }
            (Request::ExportTable { .. }, Response::Exported { out, rows }) => {
                let rows = crate::widgets::format::plural(*rows, "row", "rows");
                self.toast(Toast::info(format!("Wrote {out} · {rows}")));
            }
            (Request::ExportRejects { .. }, Response::Exported { out, rows }) => {
                let records = crate::widgets::format::plural(*rows, "record", "records");
                self.toast(Toast::info(format!("Wrote {out} · {records}")));
            }
            (Request::ExportCode { out: Some(out), .. }, Response::Code { .. }) => {
                self.toast(Toast::info(format!("Wrote {out}")));
            }
            (Request::Jobs, Response::Jobs(jobs)) => {
                for job in jobs {
                    self.store.jobs.entry(job.id).or_insert_with(|| job.clone());
                }
            }
            _ => {}
        }
    }

    fn failed(&mut self, request: &Request, error: &ErrorInfo) {
        if matches!(request, Request::NewProject { .. } | Request::OpenProject { .. }) {
            self.waiting_files.clear();
        }
        if error.kind == ErrorKind::Interrupted {
            self.toast(Toast::info(error.message.clone()));
        } else {
            self.toast(Toast::error(error));
        }
    }

    /// Shows the cell of a file that was added, and reads it.
    fn data_added(&mut self, view: &NotebookView) {
        self.open_tab(Tab::Notebook(view.path.clone()));
        let added = view.notebook.cells.iter().rev().find(|cell| cell.body.kind() == CellKind::Data);
        let Some(cell) = added.map(|cell| cell.name.clone()) else { return };
        let waits = view.cells.iter().any(|state| state.name == cell && state.state == CellState::NeverRun);
        if waits && !view.auto_run {
            let path = view.path.clone();
            self.store.call(Request::RunCells { path, cells: vec![cell.clone()], force: false });
        }
        self.reveal(&view.path, &cell);
        self.fresh = Some((view.path.clone(), cell.clone()));
        self.selection = Selection::Cell { notebook: view.path.clone(), cell };
    }

    /// Follows an edit with the selection, and offers to take a removal back.
    fn edited(&mut self, path: &str, edits: &[Edit], view: &NotebookView) {
        for edit in edits {
            match edit {
                Edit::RemoveCell { name } => {
                    let undo = ToastAction::Call(Request::Undo { path: path.to_owned() });
                    self.toast(Toast::info(format!("Deleted {name}")).action("Undo", undo));
                    self.close_tab(&Tab::Wrangle { notebook: path.to_owned(), cell: name.clone() });
                    self.close_tab(&Tab::Table { notebook: path.to_owned(), cell: name.clone() });
                }
                Edit::RenameCell { name, to } => {
                    if self.selection == (Selection::Cell { notebook: path.to_owned(), cell: name.clone() }) {
                        self.selection = Selection::Cell { notebook: path.to_owned(), cell: to.clone() };
                    }
                    let (notebook, to) = (path.to_owned(), to.clone());
                    for (old, new) in [
                        (
                            Tab::Wrangle { notebook: notebook.clone(), cell: name.clone() },
                            Tab::Wrangle { notebook: notebook.clone(), cell: to.clone() },
                        ),
                        (
                            Tab::Table { notebook: notebook.clone(), cell: name.clone() },
                            Tab::Table { notebook: notebook.clone(), cell: to.clone() },
                        ),
                    ] {
                        if tiles::tabs(&self.tree).contains(&old) {
                            self.close_tab(&old);
                            self.open_tab(new);
                        }
                    }
                }
                Edit::AddCell { after, .. } => {
                    let at = after
                        .as_ref()
                        .and_then(|after| view.notebook.cells.iter().position(|cell| cell.name == *after))
                        .map_or(0, |at| at + 1);
                    if let Some(cell) = view.notebook.cells.get(at).map(|cell| cell.name.clone()) {
                        self.reveal(path, &cell);
                        self.selection = Selection::Cell { notebook: path.to_owned(), cell };
                    }
                }
                _ => {}
            }
        }
    }

    pub(super) fn take_arrival(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Event(event) => match event.body {
                EventBody::Message { level, text, error } => self.toast(match (level, error) {
                    (_, Some(error)) => Toast::error(&error),
                    (MessageLevel::Info, None) => Toast::info(text),
                    (_, None) => Toast::warning(text),
                }),
                EventBody::Job { job } if job.status == RunStatus::Finished && job.elapsed_secs > 10.0 => {
                    let toast = Toast::info(format!("{} is done", job.title));
                    self.toast(match job.cell {
                        Some((notebook, cell)) => {
                            toast.action("Show", ToastAction::Act(Action::Reveal { notebook, cell }))
                        }
                        None => toast,
                    });
                }
                _ => {}
            },
            Arrival::Files(paths) => self.take_files(paths),
            Arrival::Folder(path) => {
                self.store.call(Request::OpenProject { path });
            }
            Arrival::Hovering(on) => self.shell.hovering = on,
            Arrival::Answer { .. } | Arrival::Lost(_) | Arrival::Back => {}
        }
    }
}
