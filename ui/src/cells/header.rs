//! The header of a card: fold, kind, name, state, what it reads, what came out, run and more. Everything stays on one
//! line of 32; the middle gives way first when room is short.

use cairn_protocol::{
    Request,
    notebook::{CellBody, CellKind, Edit},
    results::CellState,
};
use egui::{
    Align, Align2, CursorIcon, Key, Layout, Rect, Response, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::{
    card::{Card, CardUi, kind_glyph},
    prefill,
};
use crate::{
    command::Command,
    ctx::{Action, Tab},
    fonts,
    theme::size,
    widgets::{self, ChipTone, format, glyph},
};

/// What a person did in a header.
#[derive(Debug, Default)]
pub struct HeaderOutput {
    /// Selected the cell.
    pub select: bool,
    /// Wants to change the name.
    pub rename: bool,
    /// Gave a new name.
    pub renamed: Option<String>,
    /// Ended changing the name.
    pub rename_ended: bool,
    /// Dragging by the header; the pointer's height.
    pub dragged: Option<f32>,
    /// Let go after dragging.
    pub dropped: bool,
}

/// Draws the header; `renaming` holds the name while it is edited.
pub fn header_ui(ui: &mut Ui, card: Card<'_>, memory: &mut CardUi, renaming: Option<&mut String>) -> HeaderOutput {
    let theme = card.theme();
    let mut output = HeaderOutput::default();
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::CARD_HEADER), Sense::hover());
    let grip = ui.interact(rect, ui.scope_id().with("header"), Sense::click_and_drag());
    grip.widget_info(|| WidgetInfo::selected(Role::ListItem, true, card.is_selected(), card.name()));
    if grip.clicked() || grip.gained_focus() {
        output.select = true;
    }
    if grip.dragged() {
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
        output.dragged = grip.interact_pointer_pos().map(|at| at.y);
    }
    output.dropped = grip.drag_stopped();
    widgets::focus_ring(ui, theme, &grip, rect.shrink(2.0));
    if grip.has_focus() {
        let (rename, fold, open) = ui.input_mut(|input| {
            (
                input.consume_key(egui::Modifiers::NONE, Key::Enter)
                    || input.consume_key(egui::Modifiers::NONE, Key::F2),
                input.consume_key(egui::Modifiers::NONE, Key::ArrowLeft),
                input.consume_key(egui::Modifiers::NONE, Key::ArrowRight),
            )
        });
        output.rename |= rename;
        memory.folded = (memory.folded || fold) && !open;
    }

    let inner = rect.shrink2(vec2(6.0, 0.0));
    let right_room = Rect::from_min_max(pos2(inner.left() + (inner.width() * 0.42).min(420.0), inner.top()), inner.max);
    let mut right = ui
        .new_child(UiBuilder::new().id_salt("right").max_rect(right_room).layout(Layout::right_to_left(Align::Center)));
    right.spacing_mut().item_spacing.x = 8.0;
    right_ui(&mut right, card, &mut output);
    let used = right.min_rect().width();

    let left_room = inner.with_max_x((inner.right() - used - 12.0).max(inner.left() + 60.0));
    let mut left =
        ui.new_child(UiBuilder::new().id_salt("left").max_rect(left_room).layout(Layout::left_to_right(Align::Center)));
    left.spacing_mut().item_spacing.x = 8.0;
    left.shrink_clip_rect(left_room.expand2(vec2(4.0, 2.0)));
    left_ui(&mut left, card, memory, renaming, &mut output);
    grip.context_menu(|ui| menu_items(ui, card, &mut output));
    super::export::dialog_ui(ui, card);
    output
}

fn left_ui(ui: &mut Ui, card: Card<'_>, memory: &mut CardUi, renaming: Option<&mut String>, output: &mut HeaderOutput) {
    let theme = card.theme();
    let caret = if memory.folded { glyph::CARET_RIGHT } else { glyph::CARET_DOWN };
    let verb = if memory.folded { "Unfold" } else { "Fold" };
    if tiny_button(ui, card, caret, &format!("{verb} {}", card.name()), 13.0).clicked() {
        memory.folded = !memory.folded;
    }
    widgets::icon(ui, theme, kind_glyph(card.body.kind()), theme.accent, 16.0);
    match renaming {
        Some(name) => {
            let field = widgets::text_field(ui, theme, "Name of the cell", name, "Name", 180.0);
            if !field.has_focus() && !field.lost_focus() {
                field.request_focus();
            }
            if field.lost_focus() {
                output.rename_ended = true;
                let escaped = ui.input(|input| input.key_pressed(Key::Escape));
                let new = name.trim();
                if !escaped && !new.is_empty() && new != card.name() {
                    output.renamed = Some(new.to_owned());
                }
            }
        }
        None => {
            let title =
                egui::RichText::new(card.name()).font(fonts::strong(crate::theme::text::TITLE)).color(theme.text);
            let label = egui::Label::new(title).truncate().selectable(false).sense(Sense::click());
            let name = ui.add(label).on_hover_text("Double click or F2 to rename");
            output.select |= name.clicked();
            output.rename |= name.double_clicked();
        }
    }
    state_ui(ui, card);
    inputs_ui(ui, card);
}

fn state_ui(ui: &mut Ui, card: Card<'_>) {
    let theme = card.theme();
    let state = card.state();
    if card.body.kind() == CellKind::Note {
        return;
    }
    if card.is_editing(ui) {
        widgets::chip(ui, theme, ChipTone::Accent, Some(glyph::PENCIL), "editing")
            .on_hover_text("Changes of the recipe are not applied yet");
        return;
    }
    let elapsed = if state.state == CellState::Running { card.running_secs() } else { state.elapsed_secs };
    if state.state == CellState::Running {
        ui.ctx().request_repaint_after_secs(0.5);
    }
    widgets::state_chip(ui, theme, state.state, elapsed, &state.why);
}

/// Chips of what the cell reads: a click shows that cell, the caret changes what is read.
fn inputs_ui(ui: &mut Ui, card: Card<'_>) {
    let theme = card.theme();
    if let CellBody::Data(data) = card.body {
        arrow(ui, card);
        let file = data.file.rsplit('/').next().unwrap_or(&data.file);
        let chip = widgets::chip_button(ui, theme, ChipTone::Neutral, Some(glyph::FILE_CSV), file);
        if chip.on_hover_text(format!("Open {}", data.file)).clicked() {
            card.ctx.push(Action::Open(Tab::Data(data.file.clone())));
        }
        return;
    }
    let inputs: Vec<String> = card.body.inputs().into_iter().map(str::to_owned).collect();
    let readable = prefill::readable(card.view, card.body.kind(), card.name());
    if inputs.is_empty() && readable.is_empty() {
        return;
    }
    arrow(ui, card);
    for (slot, input) in inputs.iter().enumerate() {
        ui.spacing_mut().item_spacing.x = 2.0;
        let found = prefill::index_of(card.view, input);
        let (tone, mark) = match found {
            Some(index) => (ChipTone::Neutral, kind_glyph(card.view.notebook.cells[index].body.kind())),
            None => (ChipTone::Fault, glyph::WARNING),
        };
        let shown = if input.is_empty() { "no input" } else { input.as_str() };
        let chip = widgets::chip_button(ui, theme, tone, Some(mark), shown);
        let chip = chip.on_hover_text(if found.is_some() {
            format!("Show {input}")
        } else {
            "There is no such cell: choose another".to_owned()
        });
        if chip.clicked() && found.is_some() {
            card.reveal(input);
        }
        let opener =
            tiny_button(ui, card, glyph::CARET_DOWN, &format!("Change input {input} of {}", card.name()), 10.0);
        input_menu(ui, card, &opener, slot, input, &readable);
        ui.add_space(4.0);
    }
    ui.spacing_mut().item_spacing.x = 8.0;
    if card.body.kind() == CellKind::Report {
        let left: Vec<_> = readable.iter().filter(|name| !inputs.contains(name)).cloned().collect();
        if !left.is_empty() {
            let opener = tiny_button(ui, card, glyph::PLUS, &format!("Add an input to {}", card.name()), 12.0);
            widgets::menu_popup(theme, &opener, 180.0, |ui| {
                for name in &left {
                    if widgets::menu_item(ui, theme, None, name, "", true).clicked()
                        && let CellBody::Report(report) = card.body
                    {
                        let mut report = report.clone();
                        report.inputs.push(name.clone());
                        card.commit(ui, CellBody::Report(report));
                    }
                }
            });
        }
    }
}

fn input_menu(ui: &Ui, card: Card<'_>, opener: &Response, slot: usize, input: &str, readable: &[String]) {
    let theme = card.theme();
    let egui = ui.ctx().clone();
    widgets::menu_popup(theme, opener, 180.0, |ui| {
        widgets::menu_heading(ui, theme, "Reads");
        for name in readable {
            let index = prefill::index_of(card.view, name);
            let mark = index.map(|index| kind_glyph(card.view.notebook.cells[index].body.kind()));
            let after = if name == input { "now" } else { "" };
            if widgets::menu_item(ui, theme, mark, name, after, name != input).clicked() {
                let mut body = card.body.clone();
                if let Some(place) = body.inputs_mut().into_iter().nth(slot) {
                    place.clone_from(name);
                }
                super::draft::commit(&egui, card.ctx, card.path(), card.name(), body);
            }
        }
        if let CellBody::Report(report) = card.body {
            widgets::menu_separator(ui, theme);
            if widgets::menu_item(ui, theme, Some(glyph::X), "Leave out", "", true).clicked() {
                let mut report = report.clone();
                report.inputs.remove(slot);
                super::draft::commit(&egui, card.ctx, card.path(), card.name(), CellBody::Report(report));
            }
        }
    });
}

fn arrow(ui: &mut Ui, card: Card<'_>) {
    widgets::icon(ui, card.theme(), glyph::ARROW_LEFT, card.theme().dim, 13.0);
}

/// A borderless button of a card's header.
fn tiny_button(ui: &mut Ui, card: Card<'_>, mark: &str, name: &str, points: f32) -> Response {
    let theme = card.theme();
    let (rect, response) = ui.allocate_exact_size(vec2(points + 5.0, size::CHIP), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), name));
    let color = if response.hovered() { theme.text } else { theme.dim };
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, mark, fonts::icons(points), color);
    widgets::focus_ring(ui, theme, &response, rect);
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(name)
}

/// From the right: more, run or stop, time, result, warnings.
fn right_ui(ui: &mut Ui, card: Card<'_>, output: &mut HeaderOutput) {
    let theme = card.theme();
    let state = card.state();
    ui.spacing_mut().item_spacing.x = 2.0;
    let more = widgets::icon_button(ui, theme, glyph::DOTS, &format!("More for {}", card.name()));
    widgets::menu_popup(theme, &more, 200.0, |ui| menu_items(ui, card, output));
    if card.body.kind() == CellKind::Note {
        return;
    }
    let (rect, run) = ui.allocate_exact_size(vec2(size::CONTROL, size::CONTROL), Sense::click());
    let (mark, verb) = if card.is_busy() { (glyph::STOP, "Stop") } else { (glyph::PLAY, "Run") };
    let name = format!("{verb} {}", card.name());
    run.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &name));
    if run.hovered() {
        ui.painter().rect_filled(rect, size::CHIP_RADIUS, theme.hover);
    }
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, mark, fonts::icons_fill(15.0), theme.accent);
    widgets::focus_ring(ui, theme, &run, rect);
    let keys = if card.is_busy() { "" } else { " (Ctrl+Enter)" };
    if run.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(format!("{name}{keys}")).clicked() {
        if card.is_busy() { card.stop() } else { card.run() }
    }
    ui.spacing_mut().item_spacing.x = 8.0;
    if prefill::is_table(card.body.kind()) {
        let expand = widgets::icon_button(ui, theme, glyph::EXPAND, &format!("Maximise {}", card.name()));
        if expand.clicked() {
            let (notebook, cell) = (card.path().to_owned(), card.name().to_owned());
            card.ctx.push(Action::Open(match card.body.kind() {
                CellKind::Wrangle => Tab::Wrangle { notebook, cell },
                _ => Tab::Table { notebook, cell },
            }));
        }
    }
    if !state.ran_at.is_empty() && !card.is_busy() {
        let ago = format::ago(&state.ran_at, card.ctx.now_secs);
        let time = match state.state {
            CellState::Stale if !ago.is_empty() => format!("{} · {ago}", format::secs(state.elapsed_secs)),
            _ => format::secs(state.elapsed_secs),
        };
        widgets::small(ui, theme, time).on_hover_text(format!("Ran {ago} ({})", state.ran_at));
    }
    if !state.summary.is_empty() {
        let color = if state.state == CellState::UpToDate { theme.text } else { theme.dim };
        let text = egui::RichText::new(&state.summary).font(fonts::body(crate::theme::text::BODY)).color(color);
        ui.add(egui::Label::new(text).truncate().selectable(false)).on_hover_text(&state.summary);
    }
    if let Some(first) = state.warnings.first() {
        let words = match state.warnings.len() {
            1 => first.clone(),
            many => format!("{first}, {} more", many - 1),
        };
        let text = egui::RichText::new(words).font(fonts::body(crate::theme::text::BODY)).color(theme.warning.text);
        ui.add(egui::Label::new(text).truncate().selectable(false)).on_hover_text(state.warnings.join("\n"));
        widgets::icon(ui, theme, glyph::WARNING, theme.warning.mark, 14.0);
    }
}

fn menu_items(ui: &mut Ui, card: Card<'_>, output: &mut HeaderOutput) {
    let theme = card.theme();
    let (path, name) = (card.path(), card.name());
    let cells = &card.view.notebook.cells;
    let item = |ui: &mut Ui, mark: &str, words: &str, keys: &str, enabled: bool| {
        widgets::menu_item(ui, theme, Some(mark), words, keys, enabled).clicked()
    };
    if card.body.kind() != CellKind::Note {
        if item(ui, glyph::PLAY, "Run", "Ctrl+Enter", !card.is_busy()) {
            card.run();
        }
        if item(ui, glyph::LIGHTNING, "Run and all above", "", !card.is_busy()) {
            let names = cells[..=card.index].iter().filter(|cell| cell.body.kind() != CellKind::Note);
            let cells = names.map(|cell| cell.name.clone()).collect();
            card.ctx.call(Request::RunCells { path: path.to_owned(), cells, force: true });
        }
        widgets::menu_separator(ui, theme);
    }
    if prefill::is_table(card.body.kind()) {
        for (mark, words, command) in [
            (glyph::LIST_CHECKS, "Data quality", Command::DataQuality),
            (glyph::GIT_DIFF, "Compare tables", Command::CompareTables),
        ] {
            let keys = crate::command::keys_text(ui.ctx(), command);
            if item(ui, mark, words, &keys, true) {
                card.ctx.push(Action::Select(card.selection()));
                card.ctx.push(Action::Run(command));
            }
        }
        widgets::menu_separator(ui, theme);
    }
    if item(ui, glyph::ARROW_UP, "Move up", "Alt+↑", card.index > 0) {
        card.ctx.edit(path, vec![Edit::MoveCell { name: name.to_owned(), to: card.index - 1 }]);
    }
    if item(ui, glyph::ARROW_DOWN, "Move down", "Alt+↓", card.index + 1 < cells.len()) {
        card.ctx.edit(path, vec![Edit::MoveCell { name: name.to_owned(), to: card.index + 1 }]);
    }
    if item(ui, glyph::COPY, "Duplicate", "", true) {
        duplicate(card);
    }
    if item(ui, glyph::PENCIL, "Rename…", "F2", true) {
        output.rename = true;
    }
    if card.body.kind() == CellKind::Wrangle && item(ui, glyph::EXPORT, "Export…", "", true) {
        super::export::open(ui.ctx(), card);
    }
    widgets::menu_separator(ui, theme);
    if item(ui, glyph::TRASH, "Delete", "Del", true) {
        delete(card);
    }
}

/// Adds a copy of the cell after it.
pub fn duplicate(card: Card<'_>) {
    let copy = cairn_protocol::notebook::Cell { name: format!("{} copy", card.name()), body: card.body.clone() };
    card.ctx.edit(card.path(), vec![Edit::AddCell { after: Some(card.name().to_owned()), cell: copy }]);
}

/// Removes the cell. The app offers to take that back once the engine has answered.
pub fn delete(card: Card<'_>) {
    card.ctx.edit(card.path(), vec![Edit::RemoveCell { name: card.name().to_owned() }]);
}
