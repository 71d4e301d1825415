//! Carrying out commands of the registry.

use cairn_protocol::{
    Request,
    door::{EntryKind, NotebookView},
    notebook::{CellKind, Edit},
    results::CellState,
    table::TableRef,
};

use super::{App, ThemeChoice};
use crate::{
    backend::Choose,
    cells::prefill,
    command::Command,
    ctx::{Selection, Tab},
    panes::data::TableView,
    shell::{Place, Toast, palette::Palette, tiles},
};

impl App {
    pub(super) fn run_command(&mut self, command: Command, egui: &egui::Context) {
        if crate::cells::takes_command(egui, &self.store, &self.selection, command) {
            return;
        }
        match command {
            Command::Palette => self.shell.palette = Some(Palette::everything()),
            Command::OpenByName => self.shell.palette = Some(Palette::names()),
            Command::Help => self.shell.help_open = !self.shell.help_open,
            Command::ToggleSidePanel => self.shell.side_open = !self.shell.side_open,
            Command::ToggleInspector => self.shell.inspector_open = !self.shell.inspector_open,
            Command::ToggleJobs => self.shell.jobs_open = !self.shell.jobs_open,
            Command::NextRegion => self.shell.next_region(egui, true),
            Command::PreviousRegion => self.shell.next_region(egui, false),
            Command::ThemeLight => self.theme_choice = ThemeChoice::Light,
            Command::ThemeDark => self.theme_choice = ThemeChoice::Dark,
            Command::ThemeSystem => self.theme_choice = ThemeChoice::System,
            Command::Find | Command::FilterTable => self.find(egui),
            Command::DataQuality => self.show_table(TableView::Quality),
            Command::CompareTables => self.show_table(TableView::Compare),
            Command::RowsOfOneLine => self.set_grid_lines(egui, 1),
            Command::RowsOfTwoLines => self.set_grid_lines(egui, 2),
            Command::RowsOfFourLines => self.set_grid_lines(egui, 4),
            Command::CloseTab => {
                if let Some(tab) = tiles::front(&self.tree, self.shell.front.as_ref()) {
                    self.close_tab(&tab);
                }
            }
            Command::NextTab => self.cycle(true),
            Command::PreviousTab => self.cycle(false),
            Command::SplitRight => tiles::split(&mut self.tree, self.shell.front.as_ref(), true),
            Command::SplitDown => tiles::split(&mut self.tree, self.shell.front.as_ref(), false),
            Command::ShowNotebook
            | Command::ShowData
            | Command::ShowRuns
            | Command::ShowLineage
            | Command::ShowSweeps
            | Command::ShowModels
            | Command::ShowReports
            | Command::ShowKernels
            | Command::ShowSettings
            | Command::ShowWelcome => self.go_to(command),
            Command::OpenProject
            | Command::NewProject
            | Command::CloseProject
            | Command::AddData
            | Command::NewNotebook
            | Command::Commit
            | Command::InitGit => self.project_command(command),
            Command::CancelJobs => {
                let running: Vec<u64> =
                    self.store.jobs.values().filter(|job| crate::shell::is_running(job)).map(|job| job.id).collect();
                for job in running {
                    self.store.call(Request::CancelJob { job });
                }
            }
            Command::RunCell
            | Command::RunCellAndNext
            | Command::RunAllStale
            | Command::RunCellAgain
            | Command::Undo
            | Command::Redo
            | Command::ToggleAutoRun
            | Command::MoveUp
            | Command::MoveDown
            | Command::DeleteCell
            | Command::Maximise
            | Command::AddWrangle
            | Command::AddSplit
            | Command::AddTrain
            | Command::AddSweep
            | Command::AddReport
            | Command::AddNote => self.notebook_command(command),
        }
    }

    /// Chooses how many lines of text the cells of all grids show.
    fn set_grid_lines(&mut self, egui: &egui::Context, lines: u8) {
        self.grid_lines = lines;
        crate::widgets::grid::set_lines(egui, lines);
    }

    fn cycle(&mut self, forward: bool) {
        if let Some(tab) = tiles::cycle(&mut self.tree, self.shell.front.as_ref(), forward) {
            self.open_tab(tab);
        }
    }

    fn go_to(&mut self, command: Command) {
        if self.project.is_none()
            && !matches!(command, Command::ShowKernels | Command::ShowSettings | Command::ShowWelcome)
        {
            self.toast(Toast::info("Open a project first"));
            return;
        }
        let tab = match command {
            Command::ShowNotebook => {
                self.shell.place = Place::Notebook;
                match self.shell.notebook.clone() {
                    Some(path) => Tab::Notebook(path),
                    None => return self.project_command(Command::NewNotebook),
                }
            }
            Command::ShowData => {
                self.shell.place = Place::Data;
                self.shell.side_open = true;
                let first = self.project.as_ref().and_then(|project| {
                    project.entries.iter().find(|entry| entry.kind == EntryKind::Data).map(|entry| entry.path.clone())
                });
                let open = tiles::tabs(&self.tree).into_iter().find(|tab| matches!(tab, Tab::Data(_)));
                match open.or(first.map(Tab::Data)) {
                    Some(tab) => tab,
                    None => return,
                }
            }
            Command::ShowRuns => Tab::Runs,
            Command::ShowLineage => Tab::Lineage(None),
            Command::ShowSweeps => Tab::Sweep(None),
            Command::ShowModels => Tab::Models,
            Command::ShowReports => Tab::Report(None),
            Command::ShowKernels => Tab::Kernels,
            Command::ShowSettings => Tab::Settings,
            _ => Tab::Welcome,
        };
        self.open_tab(tab);
    }

    /// Opens the table that is selected, in front, or first in the project, at one of its sides.
    fn show_table(&mut self, view: TableView) {
        let of_cell = |notebook: &str, cell: &str| Tab::Table { notebook: notebook.into(), cell: cell.into() };
        let is_table = |notebook: &str, cell: &str| {
            self.store.notebook(notebook).is_some_and(|view| {
                view.notebook.cells.iter().any(|of| of.name == cell && prefill::is_table(of.body.kind()))
            })
        };
        let selected = match &self.selection {
            Selection::Cell { notebook, cell } if is_table(notebook, cell) => Some(of_cell(notebook, cell)),
            Selection::Column { table: TableRef::Cell { notebook, cell }, .. } => Some(of_cell(notebook, cell)),
            Selection::Column { table: TableRef::File { path }, .. } => Some(Tab::Data(path.clone())),
            _ => None,
        };
        let front = match tiles::front(&self.tree, self.shell.front.as_ref()) {
            Some(tab @ (Tab::Data(_) | Tab::Table { .. })) => Some(tab),
            Some(Tab::Wrangle { notebook, cell }) => Some(of_cell(&notebook, &cell)),
            _ => None,
        };
        let in_notebook = || {
            let path = self.shell.notebook.clone()?;
            let view = self.store.notebook(&path)?;
            let cell = view.notebook.cells.iter().find(|cell| prefill::is_table(cell.body.kind()))?;
            Some(of_cell(&path, &cell.name))
        };
        let in_project = || {
            let entries = &self.project.as_ref()?.entries;
            entries.iter().find(|entry| entry.kind == EntryKind::Data).map(|entry| Tab::Data(entry.path.clone()))
        };
        // What is in front counts before a selection that may lie in another tab.
        let Some(tab) = front.or(selected).or_else(in_notebook).or_else(in_project) else {
            self.toast(Toast::info("Add a data file first"));
            return;
        };
        self.panes.entry(tab.clone()).or_insert_with(|| crate::panes::Pane::new(&tab)).show(view);
        self.open_tab(tab);
    }

    fn project_command(&mut self, command: Command) {
        match command {
            Command::OpenProject => {
                if !self.backend.choose(Choose::Folder) {
                    self.shell.ask_for_path(crate::shell::PathFor::Project);
                }
                return;
            }
            Command::NewProject => {
                self.store.call(Request::NewProject { path: String::new(), sample: None });
                return;
            }
            Command::AddData => {
                if !self.backend.choose(Choose::DataFile) {
                    self.shell.ask_for_path(crate::shell::PathFor::Data);
                }
                return;
            }
            _ => {}
        }
        let Some(project) = &self.project else {
            self.toast(Toast::info("Open a project first"));
            return;
        };
        match command {
            Command::CloseProject => {
                self.store.call(Request::CloseProject);
            }
            Command::NewNotebook => {
                let taken = |path: &str| project.entries.iter().any(|entry| entry.path == path);
                let path = (1..)
                    .map(|n| if n == 1 { "notebook.cairn".to_owned() } else { format!("notebook-{n}.cairn") })
                    .find(|path| !taken(path))
                    .unwrap_or_default();
                self.store.call(Request::NewNotebook { path, title: "Untitled".into() });
            }
            Command::InitGit => {
                self.store.call(Request::InitGit);
            }
            Command::Commit => match &project.git {
                None => {
                    let offer = crate::shell::ToastAction::Call(Request::InitGit);
                    self.toast(Toast::info("The project is in no git repository").action("Make one", offer));
                }
                Some(git) if git.changes == 0 => self.toast(Toast::info("Nothing has changed since the last commit")),
                Some(_) => self.shell.ask_for_message(),
            },
            _ => {}
        }
    }

    /// The notebook that commands go to, and the selected cell's index in it.
    fn current(&self) -> Option<(NotebookView, Option<usize>)> {
        let path = match &self.selection {
            Selection::Cell { notebook, .. } => notebook.clone(),
            _ => self.shell.notebook.clone()?,
        };
        let view = self.store.notebook(&path)?;
        let at = match &self.selection {
            Selection::Cell { notebook, cell } if *notebook == path => {
                view.notebook.cells.iter().position(|other| other.name == *cell)
            }
            _ => None,
        };
        Some((view, at))
    }

    fn notebook_command(&mut self, command: Command) {
        let Some((view, at)) = self.current() else {
            self.toast(Toast::info("Open a notebook first"));
            return;
        };
        let path = view.path.clone();
        let name = at.map(|at| view.notebook.cells[at].name.clone());
        let kind = match command {
            Command::AddWrangle => Some(CellKind::Wrangle),
            Command::AddSplit => Some(CellKind::Split),
            Command::AddTrain => Some(CellKind::Train),
            Command::AddSweep => Some(CellKind::Sweep),
            Command::AddReport => Some(CellKind::Report),
            Command::AddNote => Some(CellKind::Note),
            _ => None,
        };
        if let Some(kind) = kind {
            let after = name.or_else(|| view.notebook.cells.last().map(|cell| cell.name.clone()));
            let cell = self.new_cell(kind, &view, after.as_deref());
            self.edit(&path, Edit::AddCell { after, cell });
            return;
        }
        match command {
            Command::Undo if view.can_undo => {
                self.store.call(Request::Undo { path });
            }
            Command::Redo if view.can_redo => {
                self.store.call(Request::Redo { path });
            }
            Command::Undo => self.toast(Toast::info("Nothing to undo")),
            Command::Redo => self.toast(Toast::info("Nothing to redo")),
            Command::RunAllStale => {
                let stale = view
                    .cells
                    .iter()
                    .any(|cell| matches!(cell.state, CellState::Stale | CellState::NeverRun | CellState::Failed));
                if stale {
                    self.store.call(Request::RunCells { path, cells: Vec::new(), force: false });
                } else {
                    self.toast(Toast::info("Every cell is up to date"));
                }
            }
            Command::ToggleAutoRun => {
                self.store.call(Request::SetAutoRun { path, on: !view.auto_run });
            }
            _ => match (at, name) {
                (Some(at), Some(name)) => self.cell_command(command, &view, at, name),
                _ => self.toast(Toast::info("Select a cell first")),
            },
        }
    }

    fn cell_command(&mut self, command: Command, view: &NotebookView, at: usize, name: String) {
        let path = view.path.clone();
        match command {
            Command::RunCell | Command::RunCellAndNext | Command::RunCellAgain => {
                let force = command == Command::RunCellAgain;
                self.store.call(Request::RunCells { path: path.clone(), cells: vec![name], force });
                if command == Command::RunCellAndNext
                    && let Some(next) = view.notebook.cells.get(at + 1).map(|cell| cell.name.clone())
                {
                    self.reveal(&path, &next);
                    self.selection = Selection::Cell { notebook: path, cell: next };
                }
            }
            Command::MoveUp if at > 0 => self.edit(&path, Edit::MoveCell { name, to: at - 1 }),
            Command::MoveDown if at + 1 < view.notebook.cells.len() => {
                self.edit(&path, Edit::MoveCell { name, to: at + 1 });
            }
            Command::DeleteCell => {
                self.selection = Selection::Nothing;
                self.edit(&path, Edit::RemoveCell { name });
            }
            Command::Maximise if view.notebook.cells[at].body.kind() == CellKind::Wrangle => {
                self.open_tab(Tab::Wrangle { notebook: path, cell: name });
            }
            Command::Maximise if prefill::is_table(view.notebook.cells[at].body.kind()) => {
                self.open_tab(Tab::Table { notebook: path, cell: name });
            }
            Command::Maximise => self.toast(Toast::info("Cells that hold a table open over the whole tile")),
            _ => {}
        }
    }

    fn edit(&mut self, path: &str, edit: Edit) {
        self.store.call(Request::EditNotebook { path: path.to_owned(), edits: vec![edit] });
    }

    fn new_cell(&self, kind: CellKind, view: &NotebookView, after: Option<&str>) -> cairn_protocol::notebook::Cell {
        prefill::new_cell(&self.store, view, after, kind, "")
    }

    /// Scrolls a cell into view, where its notebook is open.
    pub(super) fn reveal(&mut self, notebook: &str, cell: &str) {
        let tab = Tab::Notebook(notebook.to_owned());
        self.panes.entry(tab.clone()).or_insert_with(|| crate::panes::Pane::new(&tab)).reveal(cell);
    }

    /// Puts the cursor into the search field of the front pane.
    fn find(&mut self, egui: &egui::Context) {
        if crate::widgets::grid::open_in_focused_grid(egui) {
            return;
        }
        if let Some(tab) = tiles::front(&self.tree, self.shell.front.as_ref()) {
            let pane = self.panes.entry(tab.clone()).or_insert_with(|| crate::panes::Pane::new(&tab));
            if !pane.find() {
                self.shell.palette = Some(Palette::names());
            }
        }
    }
}
