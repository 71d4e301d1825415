//! Text that is only read. One line each, cut with an ellipsis where room is short; [`paragraph`] wraps.

use egui::{Color32, FontId, Label, Response, RichText, Sense, Ui};

use crate::{
    fonts,
    theme::{Theme, text as size},
};

fn line(ui: &mut Ui, text: impl Into<String>, font: FontId, color: Color32) -> Response {
    ui.add(Label::new(RichText::new(text).font(font).color(color)).truncate().selectable(false))
}

/// A line of text.
pub fn text(ui: &mut Ui, theme: &Theme, text: impl Into<String>) -> Response {
    line(ui, text, fonts::body(size::BODY), theme.text)
}

/// A less important line.
pub fn dim(ui: &mut Ui, theme: &Theme, text: impl Into<String>) -> Response {
    line(ui, text, fonts::body(size::BODY), theme.dim)
}

/// A line of weight 600.
pub fn strong(ui: &mut Ui, theme: &Theme, text: impl Into<String>) -> Response {
    line(ui, text, fonts::strong(size::BODY), theme.text)
}

/// Name of a card or panel.
pub fn title(ui: &mut Ui, theme: &Theme, text: impl Into<String>) -> Response {
    line(ui, text, fonts::strong(size::TITLE), theme.text)
}

/// A heading.
pub fn heading(ui: &mut Ui, theme: &Theme, text: impl Into<String>) -> Response {
    line(ui, text, fonts::strong(size::HEADING), theme.text)
}

/// A small dim line: figures beside a name, footers.
pub fn small(ui: &mut Ui, theme: &Theme, text: impl Into<String>) -> Response {
    line(ui, text, fonts::body(size::SMALL), theme.dim)
}

/// A small line of weight 600: head of a group of facts.
pub fn small_strong(ui: &mut Ui, theme: &Theme, text: impl Into<String>) -> Response {
    line(ui, text, fonts::strong(size::SMALL), theme.text)
}

/// A line of code or a cell's value.
pub fn mono(ui: &mut Ui, theme: &Theme, text: impl Into<String>) -> Response {
    line(ui, text, fonts::mono(size::MONO), theme.text)
}

/// Name of a field above it.
pub fn field_label(ui: &mut Ui, theme: &Theme, text: impl Into<String>) -> Response {
    line(ui, text, fonts::body(size::SMALL), theme.dim)
}

/// Text that wraps.
pub fn paragraph(ui: &mut Ui, text: impl Into<String>, color: Color32) -> Response {
    ui.add(Label::new(RichText::new(text).font(fonts::body(size::BODY)).color(color)).wrap().selectable(false))
}

/// A glyph, for the eye only: what it means stands beside it in words.
pub fn icon(ui: &mut Ui, _theme: &Theme, glyph: &str, color: Color32, size: f32) -> Response {
    let (rect, response) = ui.allocate_exact_size(egui::Vec2::splat(size), Sense::hover());
    ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, glyph, fonts::icons(size), color);
    response
}
