//! Menus: rows in a floating frame, opened by a button or a right click.

use egui::{
    Align2, CornerRadius, CursorIcon, Frame, InnerResponse, Margin, Popup, PopupCloseBehavior, Response, Role, Sense,
    Stroke, Ui, WidgetInfo, vec2,
};

use super::{buttons, labels};
use crate::{
    fonts,
    theme::{Theme, size, text},
};

/// The frame of everything that floats.
pub fn floating_frame(theme: &Theme) -> Frame {
    Frame::new()
        .fill(theme.card)
        .stroke(Stroke::new(1.0, theme.border))
        .corner_radius(CornerRadius::same(size::RADIUS))
        .inner_margin(Margin::same(4))
        .shadow(egui::Shadow {
            offset: [0, 4],
            blur: 16,
            spread: 0,
            color: egui::Color32::from_black_alpha(if theme.dark { 110 } else { 34 }),
        })
}

/// A menu that `opener` opens and closes by a click; a click in it or elsewhere, or Esc, closes it.
pub fn menu_popup<R>(
    theme: &Theme,
    opener: &Response,
    width: f32,
    content: impl FnOnce(&mut Ui) -> R,
) -> Option<InnerResponse<R>> {
    Popup::menu(opener)
        .width(width)
        .gap(2.0)
        .frame(floating_frame(theme))
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .show(|ui| {
            ui.set_min_width(width);
            ui.spacing_mut().item_spacing.y = 0.0;
            content(ui)
        })
}

/// A row of a menu; `after` stands dim at the right, e.g. a shortcut.
pub fn menu_item(ui: &mut Ui, theme: &Theme, glyph: Option<&str>, words: &str, after: &str, enabled: bool) -> Response {
    let draw = |ui: &mut Ui| {
        let body = fonts::body(text::BODY);
        let lead = if glyph.is_some() { 22.0 } else { 0.0 };
        let tail = ui.painter().layout_no_wrap(after.to_owned(), fonts::body(text::SMALL), theme.dim);
        let room = ui.available_width().max(60.0);
        let tail_room = if after.is_empty() { 0.0 } else { tail.size().x + 12.0 };
        let galley = buttons::elided(ui, words, body, room - lead - tail_room - 16.0);
        let width = room.max(galley.size().x + lead + tail_room + 16.0);
        let (rect, response) = ui.allocate_exact_size(vec2(width, 26.0), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::MenuItem, ui.is_enabled(), words));
        if ui.is_rect_visible(rect) {
            let painter = ui.painter();
            if response.hovered() || response.has_focus() {
                painter.rect_filled(rect, CornerRadius::same(size::CHIP_RADIUS), theme.hover);
            }
            if let Some(glyph) = glyph {
                let at = egui::pos2(rect.left() + 15.0, rect.center().y);
                painter.text(at, Align2::CENTER_CENTER, glyph, fonts::icons(14.0), theme.dim);
            }
            let middle = rect.center().y;
            let at = egui::pos2(rect.left() + 8.0 + lead, middle - galley.size().y / 2.0);
            painter.galley(at, galley, theme.text);
            if !after.is_empty() {
                let at = egui::pos2(rect.right() - 8.0 - tail.size().x, middle - tail.size().y / 2.0);
                painter.galley(at, tail, theme.dim);
            }
            buttons::focus_ring(ui, theme, &response, rect.shrink(2.0));
        }
        response.on_hover_cursor(CursorIcon::PointingHand)
    };
    if enabled { draw(ui) } else { ui.add_enabled_ui(false, draw).inner }
}

/// A small head over rows of a menu.
pub fn menu_heading(ui: &mut Ui, theme: &Theme, words: &str) {
    ui.horizontal(|ui| {
        ui.add_space(8.0);
        ui.set_min_height(22.0);
        labels::small(ui, theme, words);
    });
}

/// A line between rows of a menu.
pub fn menu_separator(ui: &mut Ui, theme: &Theme) {
    ui.add_space(4.0);
    super::hairline(ui, theme);
    ui.add_space(4.0);
}
