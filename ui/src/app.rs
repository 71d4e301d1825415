//! The owner of everything: what is known of the engine, what is open and selected, and how it is laid out. It draws
//! the shell, lends panes a [`Ctx`], and carries out what they ask for.
//!
//! A host calls [`App::logic`] and then [`App::ui`] for each frame, and keeps [`App::persist`] between sittings.

mod act;
mod commands;
mod persist;
mod project;

use std::collections::HashMap;

use cairn_protocol::{
    Request, Response,
    door::{ProjectView, Welcome},
};
use egui_tiles::Tree;

use crate::{
    backend::{Arrival, Backend},
    command,
    ctx::{Action, Ctx, Selection, Tab},
    fonts,
    panes::Pane,
    shell::{self, Shell, Toast, View},
    store::{Answer, Store},
    theme::Theme,
    widgets::style,
};
pub use persist::ThemeChoice;

/// The window.
pub struct App {
    store: Store,
    backend: Box<dyn Backend>,
    theme: Theme,
    theme_choice: ThemeChoice,
    /// Lines of text in the cells of grids.
    grid_lines: u8,
    /// The theme that egui was told of.
    styled: Option<bool>,
    fonts_installed: bool,
    selection: Selection,
    tree: Tree<Tab>,
    panes: HashMap<Tab, Pane>,
    project: Option<ProjectView>,
    /// Whether the first answer was there, so that «no project» is known.
    settled: bool,
    /// Files that wait for a project to be open.
    waiting_files: Vec<String>,
    /// Layout of the last sitting, for the project it belongs to.
    kept_layout: Option<(String, Tree<Tab>)>,
    shell: Shell,
    /// The data cell added last, until its card has looked at what reading found.
    fresh: Option<(String, String)>,
    inbox: (Vec<Answer>, Vec<Arrival>),
    /// Seconds since the Unix epoch at egui's time zero; set by the host.
    epoch_secs: f64,
    now_secs: f64,
}

impl App {
    /// The window over an engine.
    #[must_use]
    pub fn new(backend: Box<dyn Backend>) -> Self {
        Self {
            store: Store::default(),
            backend,
            theme: Theme::light(),
            theme_choice: ThemeChoice::System,
            grid_lines: 1,
            styled: None,
            fonts_installed: false,
            selection: Selection::Nothing,
            tree: shell::tiles::new_tree(vec![Tab::Welcome]),
            panes: HashMap::new(),
            project: None,
            settled: false,
            waiting_files: Vec::new(),
            kept_layout: None,
            shell: Shell::default(),
            fresh: None,
            inbox: Default::default(),
            epoch_secs: 0.0,
            now_secs: 0.0,
        }
    }

    /// Says when egui's clock began, and how far the person's clock is from UTC.
    pub fn set_clock(&mut self, epoch_secs: f64, utc_offset_minutes: i32) {
        self.epoch_secs = epoch_secs;
        self.shell.utc_offset_minutes = utc_offset_minutes;
    }

    /// What is selected.
    #[must_use]
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Everything known of the engine.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The open tabs.
    #[must_use]
    pub fn tabs(&self) -> Vec<Tab> {
        shell::tiles::tabs(&self.tree)
    }

    /// Takes in what has arrived. Nothing is drawn.
    pub fn logic(&mut self, egui: &egui::Context) {
        self.now_secs = self.epoch_secs + egui.input(|input| input.time);
        let (mut answers, mut arrivals) = std::mem::take(&mut self.inbox);
        let (more_answers, more_arrivals) = self.store.exchange(self.backend.as_mut());
        answers.extend(more_answers);
        arrivals.extend(more_arrivals);
        for answer in answers {
            self.take_answer(answer);
        }
        for arrival in arrivals {
            self.take_arrival(arrival);
        }
        if let Some(fresh) = self.fresh.take() {
            crate::cells::data::note_fresh(egui, fresh);
        }
        self.follow_project();
        self.dress(egui);
    }

    /// Draws the window.
    pub fn ui(&mut self, ui: &mut egui::Ui) {
        if !self.fonts_installed {
            // Fonts are there from the next frame on: this one draws nothing that needs them.
            self.fonts_installed = true;
            fonts::install(ui.ctx());
            ui.ctx().request_repaint();
            return;
        }
        for command in command::take_pressed(ui.ctx()) {
            self.run_command(command, ui.ctx());
        }
        let actions = self.draw(ui);
        let acted = !actions.is_empty();
        for action in actions {
            self.act(action, ui.ctx());
        }
        let (answers, arrivals) = self.store.exchange(self.backend.as_mut());
        let arrived = !answers.is_empty() || !arrivals.is_empty();
        self.inbox.0.extend(answers);
        self.inbox.1.extend(arrivals);
        if acted || arrived {
            ui.ctx().request_repaint();
        }
        if self.store.jobs.values().any(shell::is_running) {
            ui.ctx().request_repaint_after_secs(0.5);
        }
    }

    fn draw(&mut self, ui: &mut egui::Ui) -> Vec<Action> {
        let Self { store, theme, selection, tree, panes, project, shell, now_secs, settled, theme_choice, .. } = self;
        let name = project.as_ref().map_or("", |project| project.name.as_str());
        let ctx = Ctx::new(store, theme, selection, name, *now_secs);
        let welcome = ctx.value(&Request::Welcome);
        let welcome = welcome.as_deref().and_then(|answer| match answer {
            Response::Welcome(welcome) => Some(welcome),
            _ => None,
        });
        let notebook = shell.notebook.as_ref().filter(|_| project.is_some()).and_then(|path| store.notebook(path));
        let view = View { project: project.as_ref(), welcome, notebook: notebook.as_ref(), settled: *settled };
        shell::draw(ui, &ctx, shell, &view, tree, panes, *theme_choice);
        ctx.take_actions()
    }

    /// Tells egui of the theme, where it changed.
    fn dress(&mut self, egui: &egui::Context) {
        let dark = match self.theme_choice {
            ThemeChoice::Light => false,
            ThemeChoice::Dark => true,
            ThemeChoice::System => egui.system_theme() == Some(egui::Theme::Dark),
        };
        if self.styled != Some(dark) {
            self.styled = Some(dark);
            self.theme = if dark { Theme::dark() } else { Theme::light() };
            style::apply(egui, &self.theme);
            crate::widgets::grid::set_lines(egui, self.grid_lines);
        }
    }

    fn welcome(&self) -> Option<Welcome> {
        match self.store.read(&Request::Welcome).value.as_deref() {
            Some(Response::Welcome(welcome)) => Some(welcome.clone()),
            _ => None,
        }
    }

    fn toast(&mut self, toast: Toast) {
        self.shell.toasts.push(toast, self.now_secs);
    }
}
