//! What the parts of a card share: the cell with its state, and the card's own memory between frames.

use std::{collections::BTreeMap, rc::Rc};

use cairn_protocol::{
    ErrorInfo, Request, Response,
    door::{JobView, NotebookView},
    notebook::{CellBody, CellKind},
    results::{CellResult, CellState, CellView},
    runs::RunStatus,
    sweeps::Domain,
};
use egui::Ui;

use super::{data::DataUi, draft};
use crate::{
    ctx::{Action, Ctx, Selection},
    theme::Theme,
    widgets::{format, glyph, grid::GridState},
};

/// A cell as its card sees it.
#[derive(Clone, Copy)]
pub struct Card<'a> {
    /// The context of the frame.
    pub ctx: &'a Ctx<'a>,
    /// The notebook.
    pub view: &'a NotebookView,
    /// Index of the cell.
    pub index: usize,
    /// Its content, the person's last change included.
    pub body: &'a CellBody,
}

/// What a card remembers between frames.
#[derive(Default)]
pub struct CardUi {
    /// Whether only the header shows.
    pub folded: bool,
    /// Height of the body when it was last drawn.
    pub body_height: Option<f32>,
    /// Scroll position and widths of its grid.
    pub grid: GridState,
    /// Of a data cell.
    pub data: DataUi,
    /// Ranges set in the form of a train cell, for the sweep that may come of it.
    pub ranges: BTreeMap<String, Domain>,
    /// The text of a note while it is edited.
    pub note: Option<String>,
    /// Rendered Markdown.
    pub markdown: egui_commonmark::CommonMarkCache,
    /// The preview of a recipe.
    pub preview: super::preview::Preview,
}

impl<'a> Card<'a> {
    /// Name of the cell.
    #[must_use]
    pub fn name(&self) -> &'a str {
        &self.view.notebook.cells[self.index].name
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> &'a CellView {
        &self.view.cells[self.index]
    }

    /// The theme.
    #[must_use]
    pub fn theme(&self) -> &'a Theme {
        self.ctx.theme
    }

    /// Path of the notebook.
    #[must_use]
    pub fn path(&self) -> &'a str {
        &self.view.path
    }

    /// The cell as a selection.
    #[must_use]
    pub fn selection(&self) -> Selection {
        Selection::Cell { notebook: self.path().to_owned(), cell: self.name().to_owned() }
    }

    /// Whether it is selected.
    #[must_use]
    pub fn is_selected(&self) -> bool {
        matches!(self.ctx.selection, Selection::Cell { notebook, cell } if notebook == self.path() && cell == self.name())
    }

    /// Whether its recipe is being edited.
    #[must_use]
    pub fn is_editing(&self, ui: &Ui) -> bool {
        self.body.kind() == CellKind::Wrangle && draft::WrangleDraft::is_editing(ui.ctx(), self.path(), self.name())
    }

    /// What the cell held after it last ran.
    #[must_use]
    pub fn result(&self) -> Option<Rc<Response>> {
        if self.state().ran_at.is_empty() {
            return None;
        }
        self.ctx.value(&self.result_request())
    }

    /// Why the result cannot be had, where the cell should hold one.
    #[must_use]
    pub fn result_error(&self) -> Option<Rc<ErrorInfo>> {
        let fetched = self.ctx.read(&self.result_request());
        if self.state().state == CellState::UpToDate && fetched.value.is_none() { fetched.error } else { None }
    }

    /// The read behind [`Card::result`].
    #[must_use]
    pub fn result_request(&self) -> Request {
        Request::CellResult { path: self.path().to_owned(), cell: self.name().to_owned() }
    }

    /// Sends a new content, as one undo point.
    pub fn commit(&self, ui: &Ui, body: CellBody) {
        draft::commit(ui.ctx(), self.ctx, self.path(), self.name(), body);
    }

    /// Runs the cell and what it reads.
    pub fn run(&self) {
        let cells = vec![self.name().to_owned()];
        // A cell that is up to date runs again when it is asked for by name.
        let force = self.state().state == CellState::UpToDate;
        self.ctx.call(Request::RunCells { path: self.path().to_owned(), cells, force });
    }

    /// The job that runs the cell now.
    #[must_use]
    pub fn job(&self) -> Option<&'a JobView> {
        let of_cell = |job: &&JobView| {
            matches!(job.status, RunStatus::Running | RunStatus::Queued)
                && job.cell.as_ref().is_some_and(|(notebook, cell)| notebook == self.path() && cell == self.name())
        };
        self.ctx.store.jobs.values().rev().find(of_cell)
    }

    /// Whether it runs or waits to run.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self.state().state, CellState::Running | CellState::Queued)
    }

    /// Seconds since it began to run.
    #[must_use]
    pub fn running_secs(&self) -> f64 {
        self.job().map_or(0.0, |job| match format::unix_secs(&job.started_at) {
            Some(start) => (self.ctx.now_secs - start).max(job.elapsed_secs),
            None => job.elapsed_secs,
        })
    }

    /// Stops it.
    pub fn stop(&self) {
        if let Some(job) = self.job() {
            self.ctx.call(Request::CancelJob { job: job.id });
        }
    }

    /// Shows another cell of the notebook.
    pub fn reveal(&self, cell: &str) {
        self.ctx.push(Action::Reveal { notebook: self.path().to_owned(), cell: cell.to_owned() });
    }
}

/// The part of a cell's result that belongs to its kind, or nothing.
#[must_use]
pub fn result_of(response: Option<&Rc<Response>>) -> Option<&CellResult> {
    match response.map(Rc::as_ref) {
        Some(Response::CellResult(result)) => Some(result),
        _ => None,
    }
}

/// The glyph of a kind.
#[must_use]
pub fn kind_glyph(kind: CellKind) -> &'static str {
    match kind {
        CellKind::Data => glyph::TABLE,
        CellKind::Wrangle => glyph::WRENCH,
        CellKind::Split => glyph::SPLIT,
        CellKind::Train => glyph::CHART_LINE,
        CellKind::Sweep => glyph::SLIDERS,
        CellKind::Report => glyph::FILE_TEXT,
        CellKind::Note => glyph::NOTE,
    }
}
