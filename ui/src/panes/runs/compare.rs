//! Two or more runs beside each other: a tile for each group of differences, the first run as the measure.

use std::collections::BTreeMap;

use cairn_protocol::{Request, Response, runs::Run};
use egui::{Align2, Frame, Margin, Rect, ScrollArea, Sense, Stroke, Ui, pos2, vec2};

use super::columns::{larger_is_better, metric_text};
use crate::{
    charts::{ink, line::slot_color},
    ctx::Ctx,
    fonts,
    theme::{size, text},
    widgets::{self, Button, button, glyph},
};

/// Groups in their order, with their titles.
const GROUPS: [(&str, &str); 8] = [
    ("param", "Parameters"),
    ("metric", "Metrics"),
    ("recipe", "Recipe"),
    ("data", "Data"),
    ("split", "Split"),
    ("code", "Code"),
    ("kernel", "Kernel"),
    ("machine", "Machine"),
];

/// Differences of a group: name, and what each run has.
type Rows = BTreeMap<String, Vec<Option<String>>>;

/// Merges the differences of each further run to the first. `diffs` holds, for each of them, its entries; a run that
/// does not differ in something has what the first has.
#[must_use]
pub fn merged(diffs: &[Vec<cairn_protocol::runs::DiffEntry>]) -> BTreeMap<String, Rows> {
    let mut groups: BTreeMap<String, Rows> = BTreeMap::new();
    for entry in diffs.iter().flatten().filter(|entry| !entry.name.ends_with(".std_error")) {
        let rows = groups.entry(entry.group.clone()).or_default();
        rows.entry(entry.name.clone()).or_insert_with(|| vec![entry.a.clone(); diffs.len() + 1]);
    }
    for (index, entries) in diffs.iter().enumerate() {
        for entry in entries {
            if let Some(values) = groups.get_mut(&entry.group).and_then(|rows| rows.get_mut(&entry.name)) {
                values[index + 1].clone_from(&entry.b);
            }
        }
    }
    groups
}

/// Draws the comparison. True when the person goes back.
pub fn compare_ui(ui: &mut Ui, ctx: &Ctx<'_>, runs: &[&Run], slots: &BTreeMap<String, usize>) -> bool {
    let theme = ctx.theme;
    let mut back = false;
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        ui.add_space(8.0);
        back = button(ui, theme, Button::plain("All runs").glyph(glyph::ARROW_LEFT).small()).clicked();
        widgets::strong(ui, theme, format!("{} runs compared", runs.len()));
        if let Some(first) = runs.first() {
            widgets::dim(ui, theme, format!("measured against {}", first.name));
        }
    });
    ui.add_space(6.0);
    widgets::hairline(ui, theme);
    let Some((first, others)) = runs.split_first().filter(|(_, others)| !others.is_empty()) else {
        widgets::empty_state(ui, theme, glyph::SCALES, "Switch on the eyes of two runs or more to compare them", None);
        return back;
    };
    let mut diffs = Vec::new();
    for other in others {
        let request = Request::DiffRuns { a: first.id.clone(), b: other.id.clone() };
        let fetched = ctx.read(&request);
        match (fetched.value.as_deref(), fetched.error) {
            (Some(Response::Diff(diff)), _) => diffs.push(diff.entries.clone()),
            (_, Some(error)) => {
                if widgets::error_card(ui, theme, &error, true) {
                    ctx.store.retry(&request);
                }
                return back;
            }
            _ => {
                ui.add_space(12.0);
                widgets::loading(ui, theme, "Comparing");
                return back;
            }
        }
    }
    let groups = merged(&diffs);
    if groups.is_empty() {
        widgets::empty_state(ui, theme, glyph::EQUALS, "These runs do not differ in anything that is recorded", None);
        return back;
    }
    ScrollArea::both().auto_shrink([false, false]).show(ui, |ui| {
        ui.add_space(8.0);
        let known = GROUPS.iter().filter_map(|(group, title)| Some((*title, groups.get(*group)?)));
        let unknown = groups.iter().filter(|(group, _)| !GROUPS.iter().any(|(known, _)| known == group));
        for (title, rows) in known.chain(unknown.map(|(group, rows)| (group.as_str(), rows))) {
            tile_ui(ui, ctx, title, rows, runs, slots);
            ui.add_space(8.0);
        }
    });
    back
}

fn tile_ui(ui: &mut Ui, ctx: &Ctx<'_>, title: &str, rows: &Rows, runs: &[&Run], slots: &BTreeMap<String, usize>) {
    let theme = ctx.theme;
    Frame::new()
        .fill(theme.card)
        .stroke(Stroke::new(1.0, theme.border))
        .corner_radius(size::RADIUS)
        .inner_margin(Margin::symmetric(12, 8))
        .outer_margin(Margin::symmetric(8, 0))
        .show(ui, |ui| {
            let name_width = 190.0;
            let column = ((ui.available_width() - name_width) / runs.len() as f32).clamp(130.0, 240.0);
            let width = name_width + column * runs.len() as f32;
            let height = 26.0 + rows.len() as f32 * size::GRID_ROW;
            let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
            let summary =
                format!("{title}: {}", widgets::format::plural(rows.len() as u64, "difference", "differences"));
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Table, true, &summary));
            let painter = ui.painter_at(rect);
            let y = rect.top() + 12.0;
            painter.text(pos2(rect.left(), y), Align2::LEFT_CENTER, title, ink::strong(text::BODY), theme.text);
            for (index, run) in runs.iter().enumerate() {
                let right = rect.left() + name_width + column * (index + 1) as f32 - 8.0;
                let name = ink::write(
                    &painter,
                    pos2(right, y),
                    Align2::RIGHT_CENTER,
                    &run.name,
                    ink::strong(text::SMALL),
                    theme.text,
                    column - 24.0,
                );
                if let Some(slot) = slots.get(&run.id) {
                    painter.circle_filled(pos2(name.left() - 8.0, y), 4.0, slot_color(theme, *slot));
                }
            }
            painter.hline(
                rect.x_range(),
                painter.round_to_pixel_center(rect.top() + 25.0),
                Stroke::new(1.0, theme.border),
            );
            let mut sorted: Vec<_> = rows.iter().collect();
            // What models are chosen by comes first, then what they are judged by.
            sorted.sort_by_key(|(name, _)| match name.split('.').next() {
                Some("valid") => 0,
                Some("test") => 1,
                Some("train") => 2,
                _ => 3,
            });
            for (row, (name, values)) in sorted.into_iter().enumerate() {
                let top = rect.top() + 26.0 + row as f32 * size::GRID_ROW;
                let y = top + size::GRID_ROW / 2.0;
                ink::write(
                    &painter,
                    pos2(rect.left(), y),
                    Align2::LEFT_CENTER,
                    name,
                    ink::body(),
                    theme.dim,
                    name_width - 8.0,
                );
                let number = if title == "Metrics" { metric_text } else { widgets::format::figure };
                let best = if title == "Metrics" { best_of(name, values) } else { None };
                for (index, value) in values.iter().enumerate() {
                    let left = rect.left() + name_width + column * index as f32;
                    let cell = Rect::from_min_size(pos2(left, top), vec2(column, size::GRID_ROW));
                    if index > 0 && *value != values[0] {
                        painter.rect_filled(cell.shrink(1.0), 3.0, theme.changed.tint);
                    }
                    let words = value.as_deref().unwrap_or("–");
                    let short = words.parse::<f64>().map_or_else(|_| words.to_owned(), number);
                    let color = if index > 0 && *value != values[0] { theme.changed.text } else { theme.text };
                    let font =
                        if best == Some(index) { fonts::mono_strong(text::MONO) } else { fonts::mono(text::MONO) };
                    ink::write(
                        &painter,
                        pos2(cell.right() - 8.0, y),
                        Align2::RIGHT_CENTER,
                        &short,
                        font,
                        color,
                        column - 14.0,
                    );
                }
                painter.hline(
                    rect.x_range(),
                    painter.round_to_pixel_center(top + size::GRID_ROW),
                    Stroke::new(1.0, theme.grid_line),
                );
            }
        });
}

/// Which of some values of a metric is the best.
fn best_of(metric: &str, values: &[Option<String>]) -> Option<usize> {
    if metric.ends_with(".std_error") {
        return None;
    }
    let numbers = values
        .iter()
        .map(|value| value.as_ref().and_then(|value| value.parse::<f64>().ok()).filter(|value| value.is_finite()));
    let sign = if larger_is_better(metric) { 1.0 } else { -1.0 };
    let known = numbers.enumerate().filter_map(|(index, value)| Some((index, value? * sign)));
    known.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use cairn_protocol::runs::DiffEntry;

    use super::*;

    fn entry(group: &str, name: &str, a: &str, b: &str) -> DiffEntry {
        DiffEntry { group: group.into(), name: name.into(), a: Some(a.into()), b: Some(b.into()) }
    }

    #[test]
    fn who_does_not_differ_has_what_the_first_has() {
        let diffs = vec![
            vec![entry("metric", "valid.auc", "0.8", "0.9"), entry("param", "depth", "3", "5")],
            vec![entry("metric", "valid.auc", "0.8", "0.7")],
        ];
        let groups = merged(&diffs);
        let some = |values: [&str; 3]| values.map(|value| Some(value.to_owned())).to_vec();
        assert_eq!(groups["metric"]["valid.auc"], some(["0.8", "0.9", "0.7"]));
        assert_eq!(groups["param"]["depth"], some(["3", "5", "3"]));
        assert_eq!(best_of("valid.auc", &groups["metric"]["valid.auc"]), Some(1));
        assert_eq!(best_of("valid.log_loss", &groups["metric"]["valid.auc"]), Some(2));
    }
}
