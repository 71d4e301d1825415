//! A wrangle cell over the whole tile: steps and suggestions at the left, the preview in the middle with what it is
//! compared with, the form at the right.

use cairn_protocol::{Request, Response, notebook::CellBody};
use egui::{Align, Frame, Layout, Margin, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};

use crate::{
    cells::{
        card::{Card, kind_glyph},
        draft::{self, Compare, WrangleDraft},
        export, prefill,
        preview::Preview,
        strips, suggestions, wrangle,
    },
    ctx::{Action, Ctx, Tab},
    theme::size,
    widgets::{self, Button, ChipTone, format, glyph, grid::GridState},
};

/// Width of the steps.
const STEPS: f32 = 256.0;
/// Width of the form.
const FORM: f32 = 336.0;

/// The pane of a maximised wrangle cell.
pub struct WranglePane {
    notebook: String,
    cell: String,
    preview: Preview,
    grid: GridState,
    changed_first: bool,
}

impl WranglePane {
    /// The pane of a cell.
    #[must_use]
    pub fn new(notebook: impl Into<String>, cell: impl Into<String>) -> Self {
        let mut grid = GridState::default();
        grid.takes_wheel = true;
        grid.without_footer = true;
        Self { notebook: notebook.into(), cell: cell.into(), preview: Preview::default(), grid, changed_first: true }
    }

    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>) {
        let theme = ctx.theme;
        let request = Request::OpenNotebook { path: self.notebook.clone() };
        let fetched = ctx.read(&request);
        let Some(Response::Notebook(view)) = fetched.value.as_deref() else {
            Frame::new().inner_margin(Margin::same(16)).show(ui, |ui| match &fetched.error {
                Some(error) => {
                    if widgets::error_card(ui, theme, error, true) {
                        ctx.store.retry(&request);
                    }
                }
                None => widgets::loading(ui, theme, "Opening the notebook…"),
            });
            return;
        };
        let Some(index) = prefill::index_of(view, &self.cell) else {
            let words = format!("There is no cell {} in this notebook any more", self.cell);
            widgets::empty_state(ui, theme, glyph::WRENCH, &words, None);
            return;
        };
        let body = draft::shown(ui.ctx(), ctx, view, index);
        let card = Card { ctx, view, index, body: &body };
        let CellBody::Wrangle(cell) = &body else {
            widgets::empty_state(ui, theme, glyph::WRENCH, "This is not a wrangle cell", None);
            return;
        };
        let mut draft = WrangleDraft::load(ui.ctx(), &self.notebook, &self.cell, &cell.steps);
        self.preview.update(ui, ctx, &self.notebook, &self.cell, &mut draft);
        if !card.is_selected() && ui.input(|input| input.pointer.primary_pressed()) && ui.ui_contains_pointer() {
            ctx.push(Action::Select(card.selection()));
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        head_ui(ui, card);
        widgets::hairline(ui, theme);
        strips::strip_ui(ui, card);
        self.parts_ui(ui, card, &mut draft);
        export::dialog_ui(ui, card);
        draft.save(ui.ctx(), &self.notebook, &self.cell);
    }

    fn parts_ui(&mut self, ui: &mut Ui, card: Card<'_>, draft: &mut WrangleDraft) {
        let theme = card.theme();
        let rect = ui.available_rect_before_wrap();
        let form_width = FORM.min(rect.width() * 0.36);
        let steps_rect = rect.with_max_x(rect.left() + STEPS.min(rect.width() * 0.3));
        let form_rect = rect.with_min_x(rect.right() - form_width);
        let middle =
            Rect::from_min_max(pos2(steps_rect.right() + 1.0, rect.top()), pos2(form_rect.left() - 1.0, rect.bottom()));
        let line = egui::Stroke::new(1.0, theme.border);
        ui.painter().rect_filled(rect, 0, theme.card);
        ui.painter().vline(steps_rect.right() + 0.5, rect.y_range(), line);
        ui.painter().vline(form_rect.left() - 0.5, rect.y_range(), line);
        let mut left = ui.new_child(UiBuilder::new().id_salt("steps").max_rect(steps_rect));
        left.shrink_clip_rect(steps_rect);
        ScrollArea::vertical().id_salt("steps").auto_shrink([false, false]).show(&mut left, |ui| {
            steps_head_ui(ui, card, draft);
            wrangle::steps_ui(ui, card, draft, &self.preview);
            ui.add_space(8.0);
            suggestions::suggestions_ui(ui, card, draft, usize::MAX);
        });
        let mut centre = ui.new_child(UiBuilder::new().id_salt("table").max_rect(middle));
        centre.shrink_clip_rect(middle);
        self.table_ui(&mut centre, card, draft, middle);
        let mut right = ui.new_child(UiBuilder::new().id_salt("form").max_rect(form_rect));
        right.shrink_clip_rect(form_rect);
        wrangle::form_panel_ui(&mut right, card, draft, &self.preview, true);
        ui.advance_cursor_after_rect(rect);
    }

    fn table_ui(&mut self, ui: &mut Ui, card: Card<'_>, draft: &mut WrangleDraft, rect: Rect) {
        let theme = card.theme();
        let bar = rect.with_max_y(rect.top() + 32.0);
        let layout = Layout::left_to_right(Align::Center);
        let shrunk = bar.shrink2(vec2(10.0, 0.0));
        let mut row = ui.new_child(UiBuilder::new().id_salt("compare").max_rect(shrunk).layout(layout));
        row.spacing_mut().item_spacing.x = 10.0;
        if bar.width() >= 500.0 {
            widgets::dim(&mut row, theme, "Compare with");
        }
        let all = [Compare::PreviousStep, Compare::CardInput, Compare::Off];
        let mut index = all.iter().position(|of| *of == draft.compare).unwrap_or_default();
        if widgets::segmented(&mut row, theme, "Compare with", &mut index, &["Previous step", "Card input", "Off"]) {
            draft.compare = all[index];
        }
        let words = if bar.width() < 500.0 { "Changed first" } else { "Changed columns first" };
        widgets::switch(&mut row, theme, words, &mut self.changed_first);
        ui.painter().hline(bar.x_range(), bar.bottom() - 0.5, egui::Stroke::new(1.0, theme.border));
        let foot = rect.with_min_y(rect.bottom() - size::CARD_FOOTER - 1.0);
        let table = Rect::from_min_max(bar.left_bottom(), foot.right_top());
        let mut grid = ui.new_child(UiBuilder::new().id_salt("grid").max_rect(table));
        grid.shrink_clip_rect(table);
        wrangle::preview_ui(&mut grid, card, draft, &self.preview, &mut self.grid, self.changed_first);
        let mut footer = ui.new_child(UiBuilder::new().id_salt("foot").max_rect(foot));
        footer.spacing_mut().item_spacing.y = 0.0;
        wrangle::footer_ui(&mut footer, card, draft, &self.preview);
    }
}

/// «Steps 7», with undo and redo of the recipe under way.
fn steps_head_ui(ui: &mut Ui, card: Card<'_>, draft: &mut WrangleDraft) {
    let theme = card.theme();
    let (mut undo, mut redo) = (false, false);
    let count = draft.steps.len().to_string();
    Frame::new().inner_margin(Margin { left: 12, right: 4, top: 0, bottom: 0 }).show(ui, |ui| {
        widgets::frames::row_of_two(
            ui,
            32.0,
            |ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                widgets::strong(ui, theme, "Steps");
                widgets::dim(ui, theme, count);
            },
            |ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                let mut button = |mark, name: &str, enabled| {
                    let draw = |ui: &mut Ui| widgets::icon_button(ui, theme, mark, name).clicked();
                    ui.add_enabled_ui(enabled, draw).inner
                };
                redo = button(glyph::REDO, "Make the change again", draft.can_redo());
                undo = button(glyph::UNDO, "Take the last change back", draft.can_undo());
            },
        );
    });
    widgets::hairline(ui, theme);
    if undo {
        draft.undo();
    }
    if redo {
        draft.redo();
    }
}

/// Name, state, what is read and who reads it, result, run.
fn head_ui(ui: &mut Ui, card: Card<'_>) {
    let theme = card.theme();
    let state = card.state();
    Frame::new().fill(theme.panel).inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        widgets::frames::row_of_two(
            ui,
            36.0,
            |ui| {
                ui.spacing_mut().item_spacing.x = 8.0;
                widgets::icon(ui, theme, glyph::WRENCH, theme.accent, 16.0);
                widgets::title(ui, theme, card.name());
                if card.is_editing(ui) {
                    widgets::chip(ui, theme, ChipTone::Accent, Some(glyph::PENCIL), "editing");
                } else {
                    widgets::state_chip(ui, theme, state.state, card.running_secs(), &state.why);
                }
                for input in card.body.inputs() {
                    widgets::icon(ui, theme, glyph::ARROW_LEFT, theme.dim, 13.0);
                    chip_to(ui, card, input);
                }
                let readers: Vec<&str> = card
                    .view
                    .notebook
                    .cells
                    .iter()
                    .filter(|cell| cell.body.inputs().contains(&card.name()))
                    .map(|cell| cell.name.as_str())
                    .collect();
                if !readers.is_empty() {
                    widgets::small(ui, theme, "read by");
                    for reader in readers {
                        chip_to(ui, card, reader);
                    }
                }
            },
            |ui| {
                ui.spacing_mut().item_spacing.x = 8.0;
                if widgets::icon_button(ui, theme, glyph::COMPRESS, "Back to the notebook").clicked() {
                    let (notebook, cell) = (card.path().to_owned(), card.name().to_owned());
                    card.ctx.push(Action::Close(Tab::Wrangle { notebook, cell }));
                    card.reveal(card.name());
                }
                let (mark, verb) = if card.is_busy() { (glyph::STOP, "Stop") } else { (glyph::PLAY, "Run") };
                if widgets::icon_button(ui, theme, mark, &format!("{verb} {}", card.name())).clicked() {
                    if card.is_busy() { card.stop() } else { card.run() }
                }
                let button = Button::plain("Export…").glyph(glyph::EXPORT).name(format!("Export {}", card.name()));
                if widgets::button(ui, theme, button).clicked() {
                    export::open(ui.ctx(), card);
                }
                if !state.ran_at.is_empty() {
                    widgets::small(ui, theme, format::secs(state.elapsed_secs));
                }
                widgets::text(ui, theme, state.summary.as_str());
                if let Some(warning) = state.warnings.first() {
                    widgets::chip(ui, theme, ChipTone::Warning, Some(glyph::WARNING), warning)
                        .on_hover_text(state.warnings.join("\n"));
                }
            },
        );
    });
}

fn chip_to(ui: &mut Ui, card: Card<'_>, name: &str) {
    let index = prefill::index_of(card.view, name);
    let mark = index.map_or(glyph::WARNING, |at| kind_glyph(card.view.notebook.cells[at].body.kind()));
    let tone = if index.is_some() { ChipTone::Neutral } else { ChipTone::Fault };
    if widgets::chip_button(ui, card.theme(), tone, Some(mark), name).clicked() && index.is_some() {
        card.reveal(name);
    }
}
