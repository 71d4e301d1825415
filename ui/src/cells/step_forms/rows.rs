//! A table that grows by rows: each row is drawn by its owner, has a button that takes it away, and, where the order
//! matters, a grip that moves it by drag or Alt with an arrow.

use egui::{Align2, CursorIcon, Key, Modifiers, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::FormContext;
use crate::{
    fonts,
    theme::size,
    widgets::{self, Button, glyph},
};

/// How a table of rows behaves.
pub(super) struct Rows<'a> {
    /// What one row is: «sort key».
    pub one: &'a str,
    /// Words of the button that adds one.
    pub add: &'a str,
    /// Whether the order matters.
    pub ordered: bool,
}

const GRIP: f32 = 14.0;

/// Draws the rows and the button that adds one. `row` gets the width, the number from 1 and the item, and says whether it
/// changed it. True when anything changed.
pub(super) fn rows_ui<T>(
    ui: &mut Ui,
    form: &FormContext<'_>,
    rows: &Rows<'_>,
    items: &mut Vec<T>,
    mut row: impl FnMut(&mut Ui, f32, usize, &mut T) -> bool,
    fresh: impl FnOnce(&[T]) -> T,
) -> bool {
    let theme = form.theme;
    let mut changed = false;
    let mut removed = None;
    let mut moved = None;
    let grip = if rows.ordered { GRIP } else { 0.0 };
    let width = ui.available_width() - size::CONTROL - 2.0 - grip;
    let count = items.len();
    let mut places: Vec<Rect> = Vec::new();
    let mut dropped = None;
    for (index, item) in items.iter_mut().enumerate() {
        let number = index + 1;
        let place = ui.push_id(index, |ui| {
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                if rows.ordered {
                    let (rect, response) = ui.allocate_exact_size(vec2(GRIP, size::CONTROL), Sense::click_and_drag());
                    let name = format!("Move {} {number}", rows.one);
                    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &name));
                    let at = pos2(rect.left() + 5.0, rect.center().y);
                    let color = if response.hovered() { theme.text } else { theme.dim };
                    ui.painter().text(at, Align2::CENTER_CENTER, glyph::DOTS_SIX, fonts::icons(12.0), color);
                    widgets::focus_ring(ui, theme, &response, rect.shrink2(vec2(1.0, 4.0)));
                    if response.has_focus() {
                        let alt = |key| ui.input_mut(|input| input.consume_key(Modifiers::ALT, key));
                        if alt(Key::ArrowUp) && index > 0 {
                            moved = Some((index, index - 1));
                        }
                        if alt(Key::ArrowDown) && index + 1 < count {
                            moved = Some((index, index + 1));
                        }
                    }
                    if response.dragged() {
                        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
                    }
                    if response.drag_stopped() {
                        dropped = response.interact_pointer_pos().map(|at| (index, at.y));
                    }
                    response.on_hover_cursor(CursorIcon::Grab).on_hover_text("Drag, or Alt with an arrow, to move");
                }
                ui.vertical(|ui| {
                    ui.set_width(width);
                    ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
                    changed |= row(ui, width, number, item);
                });
                ui.add_space(2.0);
                let name = format!("Remove {} {number}", rows.one);
                if widgets::icon_button(ui, theme, glyph::X, &name).clicked() {
                    removed = Some(index);
                }
            })
            .response
            .rect
        });
        places.push(place.inner);
    }
    if let Some((from, y)) = dropped {
        let to = places.iter().position(|place| y < place.bottom()).unwrap_or(count.saturating_sub(1));
        moved = (to != from).then_some((from, to));
    }
    if let Some((from, to)) = moved {
        let item = items.remove(from);
        items.insert(to, item);
        changed = true;
    }
    if let Some(index) = removed {
        items.remove(index);
        changed = true;
    }
    if widgets::button(ui, theme, Button::quiet(rows.add).small().glyph(glyph::PLUS)).clicked() {
        items.push(fresh(items));
        changed = true;
    }
    changed
}

/// Two controls of equal width beside each other.
pub(super) fn halves(ui: &mut Ui, width: f32, content: impl FnOnce(&mut Ui, f32)) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        content(ui, ((width - 4.0) / 2.0).floor().max(32.0));
    });
}
