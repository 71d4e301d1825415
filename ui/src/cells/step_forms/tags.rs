//! Short values in a row: tags that are added, taken away and moved, and options that are switched on and off.

use egui::{Key, Response, Role, Sense, Ui, WidgetInfo, vec2};

use super::FormContext;
use crate::{
    fonts,
    theme::{Theme, text},
    widgets::{self, Button, ChipTone},
};

/// A list of texts. A click on a tag takes it away, a drag or Alt with an arrow moves it; Enter adds what is typed.
/// `check` gives the value as it is kept, or why it cannot be taken. True when the list changed.
pub(super) fn tags_ui(
    ui: &mut Ui,
    form: &FormContext<'_>,
    name: &str,
    items: &mut Vec<String>,
    hint: &str,
    check: impl Fn(&str) -> Result<String, String>,
) -> bool {
    let theme = form.theme;
    let mut changed = false;
    if !items.is_empty() {
        let tags: Vec<Response> = ui
            .horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(4.0, 3.0);
                let tag = |item: &String| {
                    widgets::chips::chip_handle(ui, theme, ChipTone::Accent, None, format!("{item}  ×"))
                        .on_hover_text(format!("Remove {item}; drag, or Alt with an arrow, to move"))
                };
                items.iter().map(tag).collect()
            })
            .inner;
        if let Some((from, to)) = widgets::chips::reordered(ui, theme, &tags) {
            let item = items.remove(from);
            items.insert(to, item);
            changed = true;
        } else if let Some(index) = tags.iter().position(Response::clicked) {
            items.remove(index);
            changed = true;
        }
    }
    let id = ui.make_persistent_id(("tags", name));
    let mut buffer: String = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    let width = ui.available_width();
    let field = widgets::mono_field(ui, theme, &format!("{name}: add"), &mut buffer, hint, width);
    let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let left = field.lost_focus() && !ui.input(|input| input.key_pressed(Key::Escape));
    let mut why = None;
    if (entered || left) && !buffer.trim().is_empty() {
        match check(buffer.trim()) {
            Ok(item) => {
                if !items.contains(&item) {
                    items.push(item);
                    changed = true;
                }
                buffer.clear();
                if entered {
                    field.request_focus();
                }
            }
            Err(reason) => why = Some(reason),
        }
    } else if !buffer.trim().is_empty() && !field.has_focus() {
        why = check(buffer.trim()).err();
    }
    if let Some(why) = why {
        widgets::paragraph(ui, why, theme.fault.text);
    }
    ui.data_mut(|data| data.insert_temp(id, buffer));
    changed
}

/// Options of which several can be on; they are kept in the order of the options. True when one was switched.
pub(super) fn toggles_ui(
    ui: &mut Ui,
    form: &FormContext<'_>,
    name: &str,
    options: &[(&str, &str)],
    chosen: &mut Vec<String>,
) -> bool {
    let mut switched = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        for (value, title) in options {
            let on = chosen.iter().any(|of| of == value);
            let button = Button::plain(*title).small().selected(on).name(format!("{name}: {title}"));
            if widgets::button(ui, form.theme, button).clicked() {
                switched = Some((*value, on));
            }
        }
    });
    let Some((value, on)) = switched else { return false };
    if on {
        chosen.retain(|of| of != value);
    } else {
        let wanted: Vec<String> = std::mem::take(chosen);
        let known = options.iter().map(|(of, _)| *of);
        chosen.extend(known.filter(|of| *of == value || wanted.iter().any(|had| had == of)).map(str::to_owned));
    }
    true
}

/// A word in the accent colour of the size of a label.
pub(super) fn small_link(ui: &mut Ui, theme: &Theme, words: &str, name: &str) -> Response {
    let galley = ui.painter().layout_no_wrap(words.to_owned(), fonts::body(text::SMALL), theme.accent);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 4.0, 16.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Link, ui.is_enabled(), name));
    let at = egui::pos2(rect.left() + 2.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, theme.accent);
    if response.hovered() {
        ui.painter().hline(rect.x_range().shrink(2.0), rect.bottom() - 1.0, egui::Stroke::new(1.0, theme.accent));
    }
    widgets::focus_ring(ui, theme, &response, rect);
    response.on_hover_cursor(egui::CursorIcon::PointingHand)
}
