//! The body of a note: Markdown, rendered until it is clicked.

use cairn_protocol::notebook::{CellBody, NoteCell};
use egui::{Frame, Key, Margin, Modifiers, Role, Sense, Ui, WidgetInfo};

use super::card::{Card, CardUi};
use crate::widgets;

/// Draws the text, or the editor over it.
pub fn body_ui(ui: &mut Ui, card: Card<'_>, note: &NoteCell, memory: &mut CardUi) {
    Frame::new().inner_margin(Margin::symmetric(16, 10)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        if memory.note.is_some() {
            editor(ui, card, note, memory);
        } else {
            rendered(ui, card, note, memory);
        }
    });
}

fn rendered(ui: &mut Ui, card: Card<'_>, note: &NoteCell, memory: &mut CardUi) {
    let theme = card.theme();
    let before = ui.cursor().min;
    if note.text.trim().is_empty() {
        widgets::dim(ui, theme, "Click to write a note in Markdown");
    } else {
        egui_commonmark::CommonMarkViewer::new().default_width(Some(720)).show(ui, &mut memory.markdown, &note.text);
    }
    let rect = egui::Rect::from_min_max(before, egui::pos2(ui.max_rect().right(), ui.cursor().min.y));
    let response = ui.interact(rect, ui.scope_id().with("edit note"), Sense::click());
    let name = format!("Edit the text of {}", card.name());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    widgets::focus_ring(ui, theme, &response, rect.expand(4.0));
    if response.on_hover_cursor(egui::CursorIcon::Text).clicked() {
        memory.note = Some(note.text.clone());
    }
}

fn editor(ui: &mut Ui, card: Card<'_>, note: &NoteCell, memory: &mut CardUi) {
    let theme = card.theme();
    let Some(text) = &mut memory.note else { return };
    let done = ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Enter));
    let first = ui.data_mut(|data| {
        let flag = ui_id(card);
        let first = data.get_temp::<bool>(flag).is_none();
        data.insert_temp(flag, true);
        first
    });
    let rows = text.lines().count().clamp(4, 24);
    let name = format!("Text of {}", card.name());
    let field = widgets::text_area(ui, theme, &name, text, "Markdown", rows);
    if first {
        field.request_focus();
    }
    if done || (field.lost_focus() && !first) {
        let escaped = ui.input(|input| input.key_pressed(Key::Escape));
        let text = memory.note.take().unwrap_or_default();
        ui.data_mut(|data| data.remove::<bool>(ui_id(card)));
        if !escaped && text != note.text {
            card.commit(ui, CellBody::Note(NoteCell { text }));
        }
    }
}

fn ui_id(card: Card<'_>) -> egui::Id {
    egui::Id::unique(("note editor", card.path(), card.name()))
}
