//! A notebook: a column of cards with a «+» between them. What is stale stands in the bar over the pane.
//!
//! Only cards in view cost anything: a card scrolled out of sight keeps its header, and of its body the height.

use std::collections::HashMap;

use cairn_protocol::{
    Request, Response,
    door::NotebookView,
    notebook::{CellBody, CellKind, Edit},
};
use egui::{
    Align, Align2, CursorIcon, Frame, Key, Layout, Margin, Modifiers, Rect, Role, ScrollArea, Sense, Stroke, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};

use crate::{
    cells::{
        card::{Card, CardUi, kind_glyph},
        data, draft, header, kinds, note, prefill, report, split, strips, sweep, train, wrangle,
    },
    command::Command,
    ctx::{Action, Ctx, Selection},
    fonts,
    theme::size,
    widgets::{self, Button, glyph},
};

/// Points between two cards.
const GAP: f32 = 8.0;
/// Cards are drawn this far beyond what can be seen.
const MARGIN: f32 = 160.0;

/// Frames for which a revealed card is followed.
const REVEAL_FRAMES: u8 = 20;

/// The pane of a notebook.
pub struct NotebookPane {
    path: String,
    cards: HashMap<String, CardUi>,
    /// The cell whose name is edited, and the name so far.
    renaming: Option<(String, String)>,
    /// The cell to scroll to, and for how many frames more: cards above it may yet take their height.
    reveal: Option<(String, u8)>,
    /// A cell that is dragged, and the place it would take.
    dragging: Option<(String, usize)>,
}

impl NotebookPane {
    /// The pane of the notebook at a path.
    #[must_use]
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), cards: HashMap::new(), renaming: None, reveal: None, dragging: None }
    }

    /// Scrolls to a cell in the next frame, and unfolds it.
    pub fn reveal(&mut self, cell: &str) {
        self.reveal = Some((cell.to_owned(), REVEAL_FRAMES));
        if let Some(card) = self.cards.get_mut(cell) {
            card.folded = false;
        }
    }

    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>) {
        let theme = ctx.theme;
        let request = Request::OpenNotebook { path: self.path.clone() };
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
        ui.spacing_mut().item_spacing.y = 0.0;
        self.keys(ui, ctx, view);
        if view.notebook.cells.is_empty() {
            empty_ui(ui, ctx, view);
            return;
        }
        self.cards.retain(|name, _| view.notebook.cells.iter().any(|cell| cell.name == *name));
        let padding = size::NOTEBOOK_PADDING;
        ScrollArea::vertical().id_salt("cards").auto_shrink([false, false]).show(ui, |ui| {
            Frame::new().inner_margin(Margin::same(padding as i8)).show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.spacing_mut().item_spacing.y = 0.0;
                self.cards_ui(ui, ctx, view);
            });
        });
    }

    fn cards_ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>, view: &NotebookView) {
        let mut gaps = Vec::with_capacity(view.notebook.cells.len() + 1);
        let mut middles = Vec::with_capacity(view.notebook.cells.len());
        for (index, cell) in view.notebook.cells.iter().enumerate() {
            gaps.push(ui.cursor().top() - GAP / 2.0);
            let top = ui.cursor().top();
            ui.push_id(&cell.name, |ui| self.card_ui(ui, ctx, view, index));
            middles.push((top + ui.cursor().top()) / 2.0);
            ui.add_space(GAP);
        }
        gaps.push(ui.cursor().top() - GAP / 2.0);
        // The gaps last, so that they lie over the edges of the cards.
        let range = ui.max_rect().x_range();
        for (slot, y) in gaps.iter().enumerate() {
            let after = slot.checked_sub(1).map(|index| view.notebook.cells[index].name.as_str());
            gap_ui(ui, ctx, view, after, *y, range);
        }
        add_row_ui(ui, ctx, view);
        self.drag_ui(ui, ctx, view, &gaps, &middles, range);
    }

    /// One card.
    fn card_ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>, view: &NotebookView, index: usize) {
        let Some(state) = view.cells.get(index) else { return };
        let name = view.notebook.cells[index].name.clone();
        let body = draft::shown(ui.ctx(), ctx, view, index);
        let card = Card { ctx, view, index, body: &body };
        let memory = self.cards.entry(name.clone()).or_default();
        let renaming = self.renaming.as_mut().filter(|(cell, _)| *cell == name).map(|(_, text)| text);
        let top = ui.cursor().top();
        let output = widgets::card(ui, ctx.theme, card.is_selected(), |ui| {
            ui.set_width(ui.available_width());
            let output = header::header_ui(ui, card, memory, renaming);
            if memory.folded {
                return output;
            }
            let room = ui.clip_rect().expand(MARGIN);
            let body_top = ui.cursor().top();
            let expected = memory.body_height.unwrap_or_else(|| estimate(&body));
            let seen = body_top < room.bottom() && body_top + expected > room.top();
            // What is being typed in stays drawn, wherever it is scrolled to.
            if seen || card.is_selected() {
                widgets::hairline(ui, ctx.theme);
                strips::strip_ui(ui, card);
                body_ui(ui, card, memory);
                memory.body_height = Some(ui.cursor().top() - body_top);
            } else {
                ui.add_space(expected);
            }
            output
        });
        let rect = Rect::from_min_max(pos2(ui.max_rect().left(), top), pos2(ui.max_rect().right(), ui.cursor().top()));
        self.follow_reveal(ui, &name, rect);
        let output = output.inner;
        if (output.select || pressed_in(ui, rect)) && !card.is_selected() {
            ctx.push(Action::Select(card.selection()));
        }
        if output.rename && self.renaming.is_none() {
            self.renaming = Some((name.clone(), name.clone()));
        }
        if let Some(to) = output.renamed {
            ctx.edit(&self.path, vec![Edit::RenameCell { name: name.clone(), to: to.clone() }]);
            if let Some(memory) = self.cards.remove(&name) {
                self.cards.insert(to, memory);
            }
        }
        if output.rename_ended {
            self.renaming = None;
        }
        if let Some(y) = output.dragged {
            self.dragging = Some((name, 0));
            ui.data_mut(|data| data.insert_temp(egui::Id::unique("dragged cell at"), y));
        } else if output.dropped
            && let Some((name, to)) = self.dragging.take()
            && to != index
        {
            ctx.edit(&self.path, vec![Edit::MoveCell { name, to }]);
        }
        debug_assert_eq!(state.name, view.notebook.cells[index].name, "states stand in the order of the cells");
    }

    /// Scrolls to the cell that is to be revealed, until it stays in view; the person's own scrolling ends it.
    fn follow_reveal(&mut self, ui: &Ui, name: &str, rect: Rect) {
        let Some((cell, frames)) = &mut self.reveal else { return };
        if cell != name {
            return;
        }
        let room = ui.clip_rect();
        let head = rect.with_max_y((rect.top() + room.height() * 0.75).min(rect.bottom()));
        let in_view = head.top() >= room.top() && head.bottom() <= room.bottom().max(head.top() + 1.0);
        if !in_view {
            ui.scroll_to_rect_animation(head, None, egui::style::ScrollAnimation::none());
        }
        *frames -= 1;
        if *frames == 0 || ui.input(|input| input.smooth_scroll_delta().y != 0.0) {
            self.reveal = None;
        } else {
            ui.ctx().request_repaint();
        }
    }

    /// Where a dragged cell would go.
    fn drag_ui(
        &mut self,
        ui: &Ui,
        ctx: &Ctx<'_>,
        view: &NotebookView,
        gaps: &[f32],
        middles: &[f32],
        range: egui::Rangef,
    ) {
        let Some((name, to)) = &mut self.dragging else { return };
        if !ui.input(|input| input.pointer.any_down() || input.pointer.any_released()) {
            self.dragging = None;
            return;
        }
        let at = ui.data(|data| data.get_temp::<f32>(egui::Id::unique("dragged cell at"))).unwrap_or_default();
        let slot = middles.iter().filter(|middle| **middle < at).count();
        let from = prefill::index_of(view, name).unwrap_or_default();
        *to = if slot > from { slot - 1 } else { slot };
        if let Some(y) = gaps.get(slot) {
            ui.painter().hline(range, *y, Stroke::new(2.0, ctx.theme.accent));
        }
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
    }

    /// Keys that mean the selected cell, where nothing else takes them. The registry's own come as commands.
    fn keys(&mut self, ui: &Ui, ctx: &Ctx<'_>, view: &NotebookView) {
        let Selection::Cell { notebook, cell } = ctx.selection else { return };
        let quiet = ui.memory(|memory| memory.focused().is_none()) && !egui::Popup::is_any_open(ui.ctx());
        if *notebook != self.path || !quiet || self.renaming.is_some() {
            return;
        }
        let Some(index) = prefill::index_of(view, cell) else { return };
        let (rename, delete, up, down) = ui.input_mut(|input| {
            let rename = input.consume_key(Modifiers::NONE, Key::Enter) || input.consume_key(Modifiers::NONE, Key::F2);
            let delete = input.consume_key(Modifiers::NONE, Key::Delete);
            (
                rename,
                delete,
                input.consume_key(Modifiers::NONE, Key::ArrowUp),
                input.consume_key(Modifiers::NONE, Key::ArrowDown),
            )
        });
        if rename {
            self.renaming = Some((cell.clone(), cell.clone()));
        }
        if delete {
            ctx.edit(&self.path, vec![Edit::RemoveCell { name: cell.clone() }]);
        }
        let next = match (up, down) {
            (true, _) => index.checked_sub(1),
            (_, true) => Some(index + 1).filter(|next| *next < view.notebook.cells.len()),
            _ => None,
        };
        if let Some(next) = next {
            let cell = view.notebook.cells[next].name.clone();
            self.reveal = Some((cell.clone(), REVEAL_FRAMES));
            ctx.push(Action::Select(Selection::Cell { notebook: self.path.clone(), cell }));
        }
    }
}

/// Whether the pointer was pressed in a card, by whatever part of it.
fn pressed_in(ui: &Ui, rect: Rect) -> bool {
    let seen = rect.intersect(ui.clip_rect());
    ui.input(|input| input.pointer.primary_pressed())
        && !egui::Popup::is_any_open(ui.ctx())
        && ui.rect_contains_pointer(seen)
}

/// About how high a body is before it was drawn.
fn estimate(body: &CellBody) -> f32 {
    match body.kind() {
        CellKind::Data => 290.0,
        CellKind::Wrangle => 338.0,
        CellKind::Split => 230.0,
        CellKind::Train => 560.0,
        CellKind::Sweep => 460.0,
        CellKind::Report => 420.0,
        CellKind::Note => 80.0,
    }
}

/// The body of a card by its kind.
fn body_ui(ui: &mut Ui, card: Card<'_>, memory: &mut CardUi) {
    match card.body {
        CellBody::Data(cell) => data::body_ui(ui, card, cell, memory),
        CellBody::Wrangle(cell) => wrangle::body_ui(ui, card, cell, memory),
        CellBody::Split(cell) => split::body_ui(ui, card, cell),
        CellBody::Train(cell) => train::body_ui(ui, card, cell, memory),
        CellBody::Sweep(cell) => sweep::body_ui(ui, card, cell),
        CellBody::Report(cell) => report::body_ui(ui, card, cell, memory),
        CellBody::Note(cell) => note::body_ui(ui, card, cell, memory),
    }
}

/// «Undo» and «Redo», from the right, for the bar over the pane.
pub fn history_ui(ui: &mut Ui, ctx: &Ctx<'_>, view: &NotebookView) {
    let theme = ctx.theme;
    ui.spacing_mut().item_spacing.x = 2.0;
    ui.add_enabled_ui(view.can_redo, |ui| {
        if widgets::icon_button(ui, theme, glyph::REDO, "Redo").clicked() {
            ctx.call(Request::Redo { path: view.path.clone() });
        }
    });
    ui.add_enabled_ui(view.can_undo, |ui| {
        if widgets::icon_button(ui, theme, glyph::UNDO, "Undo").clicked() {
            ctx.call(Request::Undo { path: view.path.clone() });
        }
    });
}

fn empty_ui(ui: &mut Ui, ctx: &Ctx<'_>, view: &NotebookView) {
    let theme = ctx.theme;
    let words = "Drop a CSV, Excel, JSON, SQLite or Parquet file here to begin";
    if widgets::empty_state(ui, theme, glyph::NOTEBOOK, words, Some("Add data…")) {
        ctx.push(Action::Run(Command::AddData));
    }
    ui.vertical_centered(|ui| {
        let opener = widgets::button(ui, theme, Button::quiet("Add a cell").glyph(glyph::PLUS));
        kinds::kinds_menu(ctx, view, &opener, None);
    });
}

/// The thin «+» between two cards: there when the pointer or the focus is.
fn gap_ui(ui: &mut Ui, ctx: &Ctx<'_>, view: &NotebookView, after: Option<&str>, y: f32, range: egui::Rangef) {
    let theme = ctx.theme;
    let rect = Rect::from_x_y_ranges(range, egui::Rangef::new(y - GAP / 2.0, y + GAP / 2.0));
    if !ui.is_rect_visible(rect) {
        return;
    }
    let response = ui.interact(rect, ui.scope_id().with(("gap", after)), Sense::click());
    let name = match after {
        Some(after) => format!("Add a cell after {after}"),
        None => "Add a cell at the top".to_owned(),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    let open = egui::Popup::is_id_open(ui.ctx(), egui::Popup::default_response_id(&response));
    if response.hovered() || response.has_focus() || open {
        let painter = ui.painter();
        painter.hline(range.shrink(4.0), y, Stroke::new(1.0, theme.accent.gamma_multiply(0.6)));
        let middle = pos2(rect.center().x, y);
        painter.circle(middle, 9.0, theme.card, Stroke::new(1.0, theme.accent));
        painter.text(middle, Align2::CENTER_CENTER, glyph::PLUS, fonts::icons(12.0), theme.accent);
    }
    let mark = Rect::from_center_size(pos2(rect.center().x, y), vec2(18.0, 18.0));
    let opener = response.on_hover_cursor(CursorIcon::PointingHand).with_new_rect(mark);
    kinds::kinds_menu(ctx, view, &opener, after);
}

/// Under the last card: what fits next, and the list of everything.
fn add_row_ui(ui: &mut Ui, ctx: &Ctx<'_>, view: &NotebookView) {
    let theme = ctx.theme;
    let last = view.notebook.cells.last();
    let (kinds, fits) = prefill::offers(last.map(|cell| cell.body.kind()));
    let after = last.map(|cell| cell.name.as_str());
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 32.0), Sense::hover());
    let layout = Layout::left_to_right(Align::Center);
    let mut row = ui.new_child(UiBuilder::new().id_salt("add row").max_rect(rect).layout(layout));
    row.spacing_mut().item_spacing.x = 8.0;
    let opener = widgets::button(&mut row, theme, Button::quiet("Add a cell").glyph(glyph::PLUS));
    kinds::kinds_menu(ctx, view, &opener, after);
    for kind in kinds.into_iter().take(fits).filter(|kind| *kind != CellKind::Data) {
        let title = prefill::kind_title(kind);
        let button = Button::plain(title).glyph(kind_glyph(kind)).name(format!("Add {title}"));
        if widgets::button(&mut row, theme, button).clicked() {
            kinds::add(ctx, view, after, kind, "");
        }
    }
}
