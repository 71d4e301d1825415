//! Fields and switches. All are 24 high and take the theme's border; the accent's while they have the focus.

use egui::{
    Align, Align2, Color32, CornerRadius, CursorIcon, FontId, Frame, Id, Key, Margin, Rect, Response, Role, Sense,
    Stroke, StrokeKind, TextEdit, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::{buttons, glyph, menus};
use crate::{
    fonts,
    theme::{Theme, size, text},
};

fn field_frame(theme: &Theme, focused: bool, enabled: bool) -> Frame {
    let stroke = if focused { Stroke::new(1.5, theme.accent) } else { Stroke::new(1.0, theme.border) };
    Frame::new()
        .fill(if enabled { theme.card } else { theme.panel })
        .stroke(stroke)
        .corner_radius(CornerRadius::same(size::RADIUS - 1))
}

/// A line of text: the editor inside a frame of fixed size, so that focus moves nothing.
#[expect(clippy::too_many_arguments, reason = "one place for all fields")]
fn line_edit(
    ui: &mut Ui,
    theme: &Theme,
    id: Option<Id>,
    name: &str,
    value: &mut String,
    hint: &str,
    width: f32,
    font: FontId,
    right: bool,
) -> Response {
    let width = if width.is_finite() { width } else { ui.available_width() };
    let (rect, _) = ui.allocate_exact_size(vec2(width.max(24.0), size::CONTROL), Sense::hover());
    let id = id.unwrap_or_else(|| ui.next_auto_id());
    let focused = ui.memory(|memory| memory.has_focus(id));
    let enabled = ui.is_enabled();
    let frame = field_frame(theme, focused, enabled);
    ui.painter().rect(rect, frame.corner_radius, frame.fill, frame.stroke, StrokeKind::Inside);
    let inner = rect.shrink2(vec2(7.0, 2.0));
    let mut child = ui.new_child(UiBuilder::new().max_rect(inner).layout(egui::Layout::left_to_right(Align::Center)));
    child.shrink_clip_rect(rect.shrink(1.0));
    // The style's least height would push the text below the middle.
    child.spacing_mut().interact_size.y = 0.0;
    let editor = TextEdit::singleline(value)
        .id(id)
        .font(font)
        .text_color(theme.text)
        .frame(Frame::NONE)
        .margin(Margin::ZERO)
        .hint_text(egui::RichText::new(hint).color(theme.dim))
        .desired_width(inner.width())
        .min_size(inner.size())
        .align(if right { Align2::RIGHT_CENTER } else { Align2::LEFT_CENTER });
    let output = editor.show(&mut child);
    output.response.response.accessible_name(name)
}

/// A line of text with an accessible name.
pub fn text_field(ui: &mut Ui, theme: &Theme, name: &str, value: &mut String, hint: &str, width: f32) -> Response {
    line_edit(ui, theme, None, name, value, hint, width, fonts::body(text::BODY), false)
}

/// The same in the mono face, for names, patterns and paths.
pub fn mono_field(ui: &mut Ui, theme: &Theme, name: &str, value: &mut String, hint: &str, width: f32) -> Response {
    line_edit(ui, theme, None, name, value, hint, width, fonts::mono(text::MONO), false)
}

/// The same at the right edge, for figures that are kept as text.
pub fn figure_field(ui: &mut Ui, theme: &Theme, name: &str, value: &mut String, width: f32) -> Response {
    line_edit(ui, theme, None, name, value, "", width, fonts::mono(text::MONO), true)
}

/// Several lines of text.
pub fn text_area(ui: &mut Ui, theme: &Theme, name: &str, value: &mut String, hint: &str, rows: usize) -> Response {
    let id = ui.next_auto_id();
    let focused = ui.memory(|memory| memory.has_focus(id));
    let width = ui.available_width();
    field_frame(theme, focused, ui.is_enabled())
        .inner_margin(Margin::symmetric(7, 5))
        .show(ui, |ui| {
            let editor = TextEdit::multiline(value)
                .id(id)
                .font(fonts::body(text::BODY))
                .text_color(theme.text)
                .frame(Frame::NONE)
                .margin(Margin::ZERO)
                .hint_text(egui::RichText::new(hint).color(theme.dim))
                .desired_width(width - 16.0)
                .desired_rows(rows);
            editor.show(ui).response.response.accessible_name(name)
        })
        .inner
}

/// The number a text means; a decimal comma is taken for a point, a grouping comma is ignored.
#[must_use]
pub fn parse_number(words: &str) -> Option<f64> {
    let plain: String = words.trim().replace('−', "-").replace([' ', '\u{a0}', '_'], "");
    let parsed = plain.parse::<f64>().ok().or_else(|| {
        let commas = plain.matches(',').count();
        let grouped = plain.split(',').skip(1).all(|group| group.split('.').next().is_some_and(|g| g.len() == 3));
        match commas {
            0 => None,
            _ if grouped => plain.replace(',', "").parse().ok(),
            1 if !plain.contains('.') => plain.replace(',', ".").parse().ok(),
            _ => None,
        }
    });
    parsed.filter(|value| value.is_finite())
}

/// A number as text that gives the same number back.
fn plain_number(value: f64) -> String {
    if value != 0.0 && !(1e-5..1e15).contains(&value.abs()) { format!("{value:e}") } else { format!("{value}") }
}

/// A number. Takes any text while it is edited; what is no number is marked, and left alone at the end. `changed`
/// fires once, on Enter, on leaving, and for ↑ and ↓ (one unit of the last digit).
pub fn number_field(ui: &mut Ui, theme: &Theme, name: &str, value: &mut f64, width: f32) -> Response {
    let id = ui.next_auto_id();
    let key = id.with("editing");
    let kept: Option<String> = ui.data(|data| data.get_temp(key));
    let mut words = kept.clone().unwrap_or_else(|| plain_number(*value));
    let stepped = ui.memory(|memory| memory.has_focus(id)).then(|| {
        ui.input_mut(|input| {
            let up = input.consume_key(egui::Modifiers::NONE, Key::ArrowUp);
            let down = input.consume_key(egui::Modifiers::NONE, Key::ArrowDown);
            f64::from(i8::from(up)) - f64::from(i8::from(down))
        })
    });
    let mut changed = false;
    if let Some(direction) = stepped.filter(|direction| *direction != 0.0)
        && let Some(now) = parse_number(&words)
    {
        let decimals = words.split_once('.').map_or(0, |(_, after)| after.len());
        words = format!("{:.decimals$}", now + direction * 10_f64.powi(-(decimals as i32)));
        if let Some(next) = parse_number(&words) {
            *value = next;
            changed = true;
        }
    }
    let before = ui.painter().clip_rect();
    let mut response = line_edit(ui, theme, Some(id), name, &mut words, "", width, fonts::mono(text::MONO), true);
    let parsed = parse_number(&words);
    if parsed.is_none() && response.has_focus() {
        let frame = response.rect.expand2(vec2(7.0, 2.0)).intersect(before);
        let stroke = Stroke::new(1.5, theme.fault.mark);
        ui.painter().rect_stroke(frame, CornerRadius::same(size::RADIUS - 1), stroke, StrokeKind::Inside);
    }
    // A value set by an assistive technology arrives without the focus.
    let set_from_outside = response.changed() && !response.has_focus();
    response.flags.remove(egui::response::Flags::CHANGED);
    if response.lost_focus() || set_from_outside {
        if let Some(parsed) = parsed
            && parsed != *value
            && !ui.input(|input| input.key_pressed(Key::Escape))
        {
            *value = parsed;
            changed = true;
        }
        ui.data_mut(|data| data.remove::<String>(key));
    } else if response.has_focus() {
        ui.data_mut(|data| data.insert_temp(key, words));
    } else if kept.is_some() {
        ui.data_mut(|data| data.remove::<String>(key));
    }
    if changed {
        response.mark_changed();
    }
    response
}

/// One of a few, side by side, as wide as its words. True when another was chosen.
pub fn segmented(ui: &mut Ui, theme: &Theme, name: &str, chosen: &mut usize, options: &[&str]) -> bool {
    segments(ui, theme, name, chosen, options, None)
}

/// The same over a given width.
pub fn segmented_wide(
    ui: &mut Ui,
    theme: &Theme,
    name: &str,
    chosen: &mut usize,
    options: &[&str],
    width: f32,
) -> bool {
    segments(ui, theme, name, chosen, options, Some(width))
}

fn segments(ui: &mut Ui, theme: &Theme, name: &str, chosen: &mut usize, options: &[&str], width: Option<f32>) -> bool {
    let font = |on: bool| if on { fonts::strong(text::BODY) } else { fonts::body(text::BODY) };
    let natural: Vec<f32> = options
        .iter()
        .map(|option| {
            // The wider face for all, so that choosing moves nothing.
            let galley = ui.painter().layout_no_wrap((*option).to_owned(), font(true), Color32::PLACEHOLDER);
            galley.size().x + 18.0
        })
        .collect();
    let total: f32 = natural.iter().sum();
    let target = width.unwrap_or(total).min(ui.available_width().max(40.0));
    let (rect, _) = ui.allocate_exact_size(vec2(target, size::CONTROL), Sense::hover());
    let group = ui.next_auto_id().with(name);
    let radius = size::RADIUS - 1;
    ui.painter().rect(rect, CornerRadius::same(radius), theme.card, Stroke::new(1.0, theme.border), StrokeKind::Inside);
    let mut changed = false;
    let mut left = rect.left();
    for (index, option) in options.iter().enumerate() {
        let right = if index + 1 == options.len() { rect.right() } else { left + natural[index] * target / total };
        let part = Rect::from_min_max(pos2(left, rect.top()), pos2(right, rect.bottom()));
        let response = ui.interact(part, group.with(index), Sense::click());
        let on = index == *chosen;
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), on, option));
        if ui.is_rect_visible(part) {
            let corner = |first: bool, last: bool| CornerRadius {
                nw: if first { radius } else { 0 },
                sw: if first { radius } else { 0 },
                ne: if last { radius } else { 0 },
                se: if last { radius } else { 0 },
            };
            let corners = corner(index == 0, index + 1 == options.len());
            let painter = ui.painter();
            if on {
                painter.rect_filled(part.shrink(1.0), corners, theme.selection);
            } else if response.hovered() {
                painter.rect_filled(part.shrink(1.0), corners, theme.hover);
            }
            if index > 0 {
                painter.vline(part.left(), part.y_range(), Stroke::new(1.0, theme.border));
            }
            let color = if on { theme.accent } else { theme.dim };
            let galley = buttons::elided(ui, option, font(on), part.width() - 8.0);
            painter.galley(part.center() - galley.size() / 2.0, galley, color);
            buttons::focus_ring(ui, theme, &response, part.shrink(2.0));
        }
        if response.on_hover_cursor(CursorIcon::PointingHand).clicked() && !on {
            *chosen = index;
            changed = true;
        }
        left = right;
    }
    changed
}

/// One of several from a list; the options are value and title. True when another was chosen.
pub fn select<V: AsRef<str>, T: AsRef<str>>(
    ui: &mut Ui,
    theme: &Theme,
    name: &str,
    value: &mut String,
    options: &[(V, T)],
    width: f32,
) -> bool {
    let width = if width.is_finite() { width } else { ui.available_width() };
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::CONTROL), Sense::click());
    let title = options
        .iter()
        .find(|(option, _)| option.as_ref() == value)
        .map_or(value.as_str(), |(_, title)| title.as_ref())
        .to_owned();
    response.widget_info(|| WidgetInfo {
        current_text_value: Some(title.clone()),
        ..WidgetInfo::labeled(Role::ComboBox, ui.is_enabled(), name)
    });
    if ui.is_rect_visible(rect) {
        let frame = field_frame(theme, false, ui.is_enabled());
        let fill = if response.hovered() { theme.hover } else { frame.fill };
        ui.painter().rect(rect, frame.corner_radius, fill, frame.stroke, StrokeKind::Inside);
        let galley = buttons::elided(ui, &title, fonts::body(text::BODY), width - 32.0);
        let at = pos2(rect.left() + 8.0, rect.center().y - galley.size().y / 2.0);
        ui.painter().galley(at, galley, theme.text);
        let caret = pos2(rect.right() - 13.0, rect.center().y);
        ui.painter().text(caret, Align2::CENTER_CENTER, glyph::CARET_DOWN, fonts::icons(11.0), theme.dim);
        buttons::focus_ring(ui, theme, &response, rect);
    }
    let response = response.on_hover_cursor(CursorIcon::PointingHand);
    let mut changed = false;
    // The list is as wide as its longest title, within reason: what one chooses from is not cut.
    let title_width = |title: &str| {
        ui.painter().layout_no_wrap(title.to_owned(), fonts::body(text::BODY), theme.text).size().x + 40.0
    };
    let widest = match options.len() {
        few if few <= 60 && (response.clicked() || ui.ctx().any_popup_open()) => {
            options.iter().map(|(_, title)| title_width(title.as_ref())).fold(0.0, f32::max)
        }
        _ => 0.0,
    };
    let list_width = (width.max(120.0) - 10.0).max(widest.min(320.0));
    menus::menu_popup(theme, &response, list_width, |ui| {
        egui::ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (option, title) in options {
                let on = option.as_ref() == value;
                let mark = if on { glyph::CHECK } else { " " };
                if menus::menu_item(ui, theme, Some(mark), title.as_ref(), "", true).clicked() {
                    // A press by assistive technology is no click that would close the list.
                    ui.close();
                    if !on {
                        option.as_ref().clone_into(value);
                        changed = true;
                    }
                }
            }
        });
    });
    changed
}

/// On or off at once, with its name at the right.
pub fn switch(ui: &mut Ui, theme: &Theme, name: &str, on: &mut bool) -> Response {
    let galley = buttons::elided(ui, name, fonts::body(text::BODY), (ui.available_width() - 34.0).max(20.0));
    let lead = if name.is_empty() { 26.0 } else { 34.0 };
    let (rect, mut response) = ui.allocate_exact_size(vec2(galley.size().x + lead, size::CONTROL), Sense::click());
    if response.clicked() {
        *on = !*on;
        response.mark_changed();
    }
    response.widget_info(|| WidgetInfo::selected(Role::Switch, ui.is_enabled(), *on, name));
    if ui.is_rect_visible(rect) {
        let track = Rect::from_center_size(pos2(rect.left() + 13.0, rect.center().y), vec2(26.0, 14.0));
        let painter = ui.painter();
        let fill = if *on { theme.accent } else { theme.dim.gamma_multiply(0.6) };
        painter.rect_filled(track, CornerRadius::same(7), fill);
        let x = if *on { track.right() - 7.0 } else { track.left() + 7.0 };
        painter.circle_filled(
            pos2(x, track.center().y),
            5.0,
            if theme.dark && *on { theme.on_accent } else { Color32::WHITE },
        );
        painter.galley(pos2(rect.left() + 34.0, rect.center().y - galley.size().y / 2.0), galley, theme.text);
        buttons::focus_ring(ui, theme, &response, rect);
    }
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// A box to tick, with its name at the right.
pub fn checkbox(ui: &mut Ui, theme: &Theme, name: &str, on: &mut bool) -> Response {
    let galley = buttons::elided(ui, name, fonts::body(text::BODY), (ui.available_width() - 22.0).max(20.0));
    let lead = if name.is_empty() { 14.0 } else { 22.0 };
    let (rect, mut response) = ui.allocate_exact_size(vec2(galley.size().x + lead, size::CHIP), Sense::click());
    if response.clicked() {
        *on = !*on;
        response.mark_changed();
    }
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, ui.is_enabled(), *on, name));
    if ui.is_rect_visible(rect) {
        let tick = Rect::from_center_size(pos2(rect.left() + 7.0, rect.center().y), vec2(14.0, 14.0));
        let painter = ui.painter();
        let (fill, stroke) = if *on {
            (theme.accent, Stroke::NONE)
        } else {
            (theme.card, Stroke::new(1.0, if response.hovered() { theme.dim } else { theme.border }))
        };
        painter.rect(tick, CornerRadius::same(3), fill, stroke, StrokeKind::Inside);
        if *on {
            painter.text(tick.center(), Align2::CENTER_CENTER, glyph::CHECK, fonts::icons(11.0), theme.on_accent);
        }
        painter.galley(pos2(rect.left() + 22.0, rect.center().y - galley.size().y / 2.0), galley, theme.text);
        buttons::focus_ring(ui, theme, &response, rect);
    }
    response.on_hover_cursor(CursorIcon::PointingHand)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_as_people_write_them() {
        for (words, value) in [
            ("0.05", Some(0.05)),
            (" 1,5 ", Some(1.5)),
            ("1,234,567.5", Some(1_234_567.5)),
            ("20,000", Some(20_000.0)),
            ("1e-3", Some(0.001)),
            ("−2", Some(-2.0)),
            ("many", None),
            ("", None),
            ("NaN", None),
        ] {
            assert_eq!(parse_number(words), value, "{words}");
        }
        for value in [0.1, 1e-9, 123_456_789.0, -0.25] {
            assert_eq!(parse_number(&plain_number(value)), Some(value));
        }
    }
}
