//! Fields of forms that keep what is typed to themselves until it is committed (Enter, or leaving the field), so
//! that an answer of the engine never overwrites a field that is being edited. Escape takes the typing back.

use cairn_protocol::table::ColumnType;
use egui::{Id, Response, Ui};

use crate::{theme::Theme, widgets};

/// What came of a frame of a committing field.
#[derive(Debug)]
pub struct Typed {
    /// The field.
    pub response: Response,
    /// What stands in it.
    pub text: String,
    /// Set once, when the person leaves the field or presses Enter and the text differs.
    pub committed: Option<String>,
}

/// Runs a text widget over a buffer that outlives frames while the field has the focus.
pub fn typed(ui: &mut Ui, id: Id, current: &str, add: impl FnOnce(&mut Ui, &mut String) -> Response) -> Typed {
    let buffer = ui.data(|data| data.get_temp::<String>(id));
    let mut text = buffer.unwrap_or_else(|| current.to_owned());
    let response = add(ui, &mut text);
    let escaped = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Escape));
    let left = response.lost_focus() || (response.changed() && !response.has_focus());
    let committed = (left && !escaped && text != current).then(|| text.clone());
    if left || !response.has_focus() {
        ui.data_mut(|data| data.remove::<String>(id));
        if escaped {
            text = current.to_owned();
        }
    } else {
        ui.data_mut(|data| data.insert_temp(id, text.clone()));
    }
    Typed { response, text, committed }
}

/// A field of text; gives the new text when it is committed.
pub fn text(ui: &mut Ui, theme: &Theme, name: &str, current: &str, hint: &str, width: f32) -> Option<String> {
    let id = ui.make_persistent_id(("typed", name));
    typed(ui, id, current, |ui, text| widgets::text_field(ui, theme, name, text, hint, width)).committed
}

/// The same for code.
pub fn mono(ui: &mut Ui, theme: &Theme, name: &str, current: &str, hint: &str, width: f32) -> Option<String> {
    let id = ui.make_persistent_id(("typed", name));
    typed(ui, id, current, |ui, text| widgets::mono_field(ui, theme, name, text, hint, width)).committed
}

/// A checked field: `check` gives the value or why the text cannot be taken. What cannot be taken stays in the
/// field with its reason below, and nothing is committed.
pub fn checked<T>(
    ui: &mut Ui,
    theme: &Theme,
    name: &str,
    current: &str,
    width: f32,
    check: impl Fn(&str) -> Result<T, String>,
) -> Option<T> {
    let id = ui.make_persistent_id(("checked", name));
    let refused_id = id.with("refused");
    let refused = ui.data(|data| data.get_temp::<(String, String)>(refused_id)).filter(|(_, of)| of == current);
    let shown = refused.as_ref().map_or(current, |(text, _)| text.as_str());
    let typed = typed(ui, id, shown, |ui, text| {
        let words = text.starts_with(|letter: char| letter.is_alphabetic() || letter == '{');
        if words {
            widgets::mono_field(ui, theme, name, text, "", width)
        } else {
            widgets::figure_field(ui, theme, name, text, width)
        }
    });
    let why = check(typed.text.trim()).err();
    if let (Some(why), true) = (&why, typed.text != current) {
        mark_refused(ui, theme, &typed.response, why);
    }
    let text = typed.committed?;
    match check(text.trim()) {
        Ok(value) => {
            ui.data_mut(|data| data.remove::<(String, String)>(refused_id));
            Some(value).filter(|_| text.trim() != current)
        }
        Err(_) => {
            ui.data_mut(|data| data.insert_temp(refused_id, (text, current.to_owned())));
            None
        }
    }
}

fn mark_refused(ui: &mut Ui, theme: &Theme, response: &Response, why: &str) {
    let stroke = egui::Stroke::new(1.5, theme.fault.mark);
    ui.painter().rect_stroke(response.rect, crate::theme::size::RADIUS - 1, stroke, egui::StrokeKind::Inside);
    let area = egui::Rect::from_min_size(
        egui::pos2(response.rect.left(), response.rect.bottom()),
        egui::vec2(response.rect.width(), 0.0),
    );
    egui::Popup::from_response(response)
        .id(response.id.with("why"))
        .anchor(egui::PopupAnchor::ParentRect(area))
        .kind(egui::PopupKind::Tooltip)
        .open(true)
        .width(240.0)
        .show(|ui| {
            let line = widgets::paragraph(ui, why, theme.fault.text);
            line.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, why));
        });
}

/// A field of a number within limits.
pub fn number(
    ui: &mut Ui,
    theme: &Theme,
    name: &str,
    current: f64,
    limits: std::ops::RangeInclusive<f64>,
    width: f32,
) -> Option<f64> {
    checked(ui, theme, name, &plain(current), width, |text| parse_number(text, &limits))
}

/// A field of a whole number within limits.
pub fn whole(
    ui: &mut Ui,
    theme: &Theme,
    name: &str,
    current: u64,
    limits: std::ops::RangeInclusive<u64>,
    width: f32,
) -> Option<u64> {
    checked(ui, theme, name, &current.to_string(), width, |text| match text.replace([',', ' '], "").parse::<u64>() {
        Ok(value) if limits.contains(&value) => Ok(value),
        _ => Err(format!("A whole number from {} to {} is needed", limits.start(), limits.end())),
    })
}

/// A number as one types it: no thousands separators, no rounding.
#[must_use]
pub fn plain(value: f64) -> String {
    if value != 0.0 && !(1e-4..1e15).contains(&value.abs()) { format!("{value:e}") } else { value.to_string() }
}

fn parse_number(text: &str, limits: &std::ops::RangeInclusive<f64>) -> Result<f64, String> {
    match text.replace(',', "").parse::<f64>() {
        Ok(value) if limits.contains(&value) => Ok(value),
        _ if *limits.end() >= 1e300 => Err(format!("A number from {} is needed", plain(*limits.start()))),
        _ => Err(format!("A number from {} to {} is needed", plain(*limits.start()), plain(*limits.end()))),
    }
}

/// One of several values; gives the new one.
pub fn choice<T: Copy + PartialEq>(
    ui: &mut Ui,
    theme: &Theme,
    name: &str,
    current: T,
    options: &[(T, &str)],
    width: f32,
) -> Option<T> {
    let index = options.iter().position(|(value, _)| *value == current).unwrap_or_default();
    let keys: Vec<String> = (0..options.len()).map(|index| index.to_string()).collect();
    let named: Vec<(&str, &str)> = keys.iter().zip(options).map(|(key, (_, title))| (key.as_str(), *title)).collect();
    let mut chosen = index.to_string();
    if widgets::select(ui, theme, name, &mut chosen, &named, width) {
        let chosen: usize = chosen.parse().unwrap_or(index);
        return options.get(chosen).map(|(value, _)| *value).filter(|value| *value != current);
    }
    None
}

/// One of several names; gives the new one. A name that is no longer offered stays visible.
pub fn name_choice(
    ui: &mut Ui,
    theme: &Theme,
    name: &str,
    current: &str,
    options: &[String],
    width: f32,
) -> Option<String> {
    let mut named: Vec<(&str, &str)> = options.iter().map(|option| (option.as_str(), option.as_str())).collect();
    if !options.iter().any(|option| option == current) {
        named.insert(0, (current, if current.is_empty() { "Choose…" } else { current }));
    }
    let mut chosen = current.to_owned();
    let changed = widgets::select(ui, theme, name, &mut chosen, &named, width);
    (changed && chosen != current).then_some(chosen)
}

/// A column of a table; gives the new one.
pub fn column(
    ui: &mut Ui,
    theme: &Theme,
    name: &str,
    current: &str,
    schema: &[(String, ColumnType)],
    width: f32,
) -> Option<String> {
    let names: Vec<String> = schema.iter().map(|(column, _)| column.clone()).collect();
    name_choice(ui, theme, name, current, &names, width)
}

/// One of a few, side by side; gives the new one.
pub fn segments<T: Copy + PartialEq>(
    ui: &mut Ui,
    theme: &Theme,
    name: &str,
    current: T,
    options: &[(T, &str)],
) -> Option<T> {
    let titles: Vec<&str> = options.iter().map(|(_, title)| *title).collect();
    let before = options.iter().position(|(value, _)| *value == current).unwrap_or_default();
    let mut index = before;
    widgets::segmented_wide(ui, theme, name, &mut index, &titles, ui.available_width());
    (index != before).then(|| options[index].0)
}

/// On or off, with its name beside it; gives the new state.
pub fn on_off(ui: &mut Ui, theme: &Theme, name: &str, current: bool) -> Option<bool> {
    let mut on = current;
    widgets::checkbox(ui, theme, name, &mut on);
    (on != current).then_some(on)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_one_types_them() {
        for (value, text) in [(0.1, "0.1"), (20.0, "20"), (0.0, "0"), (1e-5, "1e-5"), (-3.5, "-3.5")] {
            assert_eq!(plain(value), text);
            assert_eq!(text.parse::<f64>().unwrap(), value);
        }
        assert!(parse_number("2", &(0.0..=1.0)).unwrap_err().contains("from 0 to 1"));
        assert_eq!(parse_number("1,000", &(0.0..=f64::MAX)), Ok(1000.0));
    }
}
