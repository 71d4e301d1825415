//! Every column in a line: missing, distinct, outliers, skewness, and how well it predicts alone.

use std::collections::HashMap;

use cairn_protocol::{
    quality::PredictivePower,
    table::{ColumnProfile, Finding},
};
use egui::{Align2, Color32, CursorIcon, Rect, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::Seen;
use crate::{
    ctx::{Action, Selection},
    fonts,
    theme::text,
    widgets::{self, buttons, format, glyph, type_glyph},
};

const ROW: f32 = 24.0;
const HEADS: [&str; 6] = ["Column", "Missing", "Distinct", "Outliers", "Skew", "Predicts"];

/// What the overview remembers: by which head it is ordered, and whether from the largest.
#[derive(Default)]
pub(super) struct Overview {
    order: Option<(usize, bool)>,
}

struct Line<'a> {
    profile: &'a ColumnProfile,
    missing: f64,
    outliers: f64,
    power: Option<&'a PredictivePower>,
}

impl Overview {
    pub(super) fn ui(&mut self, ui: &mut Ui, seen: &Seen<'_>) {
        let theme = seen.ctx.theme;
        let Some(profile) = seen.profile else {
            egui::Frame::new().inner_margin(12).show(ui, |ui| widgets::loading(ui, theme, "Reading the columns…"));
            return;
        };
        let powers: HashMap<&str, &PredictivePower> =
            seen.report.predictive_power.iter().map(|power| (power.column.as_str(), power)).collect();
        let outliers: HashMap<&str, f64> = seen
            .report
            .findings
            .iter()
            .filter(|finding| finding.kind == "outliers")
            .map(|finding| (finding.column.as_str(), outliers_of(finding)))
            .collect();
        let mut lines: Vec<Line<'_>> = profile
            .columns
            .iter()
            .map(|column| Line {
                profile: column,
                missing: column.nulls as f64 / profile.rows.max(1) as f64,
                outliers: outliers.get(column.name.as_str()).copied().unwrap_or_default(),
                power: powers.get(column.name.as_str()).copied(),
            })
            .collect();
        if let Some((head, descending)) = self.order {
            lines.sort_by(|a, b| {
                let by =
                    if head == 0 { a.profile.name.cmp(&b.profile.name) } else { key(a, head).total_cmp(&key(b, head)) };
                if descending { by.reverse() } else { by }
            });
        }
        let places = places(ui.available_width());
        self.heads(ui, seen, &places);
        widgets::hairline(ui, theme);
        ScrollArea::vertical().id_salt("columns").auto_shrink([false, false]).show_rows(
            ui,
            ROW,
            lines.len(),
            |ui, range| {
                for line in &lines[range] {
                    line_ui(ui, seen, line, &places);
                }
            },
        );
    }

    fn heads(&mut self, ui: &mut Ui, seen: &Seen<'_>, places: &[(f32, f32)]) {
        let theme = seen.ctx.theme;
        let (area, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
        for (head, title) in HEADS.iter().enumerate() {
            let (left, right) = places[head];
            let rect = Rect::from_x_y_ranges(area.left() + left..=area.left() + right, area.y_range());
            let response = ui.interact(rect, ui.scope_id().with(("head", head)), Sense::click());
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Order by {title}")));
            let on = self.order.filter(|(of, _)| *of == head);
            let arrow = match on {
                Some((_, true)) => " ↓",
                Some((_, false)) => " ↑",
                None => "",
            };
            let color = if on.is_some() || response.hovered() { theme.text } else { theme.dim };
            let (at, align) = if (1..5).contains(&head) {
                (rect.right(), Align2::RIGHT_CENTER)
            } else {
                (rect.left(), Align2::LEFT_CENTER)
            };
            let words = format!("{title}{arrow}");
            ui.painter().text(pos2(at, rect.center().y), align, words, fonts::body(text::SMALL), color);
            widgets::focus_ring(ui, theme, &response, rect.shrink(1.0));
            if response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
                self.order = match on {
                    None => Some((head, head > 0)),
                    Some((_, descending)) if descending == (head > 0) => Some((head, !descending)),
                    Some(_) => None,
                };
            }
        }
    }
}

/// Values far from the others, as the finding counts them.
fn outliers_of(finding: &Finding) -> f64 {
    let figure = |name: &str| finding.figures.get(name).map_or(0.0, |value| value.0);
    figure("below") + figure("above")
}

fn key(line: &Line<'_>, head: usize) -> f64 {
    match head {
        1 => line.missing,
        2 => line.profile.distinct as f64,
        3 => line.outliers,
        4 => line.profile.skew.map_or(f64::NEG_INFINITY, |skew| skew.0.abs()),
        _ => line.power.map_or(-1.0, |power| power.skill.0),
    }
}

/// Left and right edge of each column of the overview.
fn places(width: f32) -> [(f32, f32); 6] {
    let from = |share: f32| 12.0 + (width - 24.0) * share;
    [
        (12.0, from(0.30)),
        (from(0.31), from(0.45)),
        (from(0.46), from(0.57)),
        (from(0.58), from(0.68)),
        (from(0.69), from(0.77)),
        (from(0.80), width - 12.0),
    ]
}

fn line_ui(ui: &mut Ui, seen: &Seen<'_>, line: &Line<'_>, places: &[(f32, f32)]) {
    let theme = seen.ctx.theme;
    let column = line.profile;
    let (area, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let missing = match column.nulls {
        0 => "0".to_owned(),
        some => format!("{} · {}", format::count(some), format::percent(line.missing)),
    };
    let skew = column.skew.map(|skew| format::significant(skew.0, 3));
    let power = line.power.map(|power| format::percent(power.skill.0));
    response.widget_info(|| {
        let mut name = format!(
            "{}, {}: {missing} missing, {} distinct, {} outliers",
            column.name,
            column.column_type.as_str(),
            format::count(column.distinct),
            format::count(line.outliers as u64)
        );
        if let Some(power) = &power {
            name.push_str(&format!(", predicts {power}"));
        }
        WidgetInfo::labeled(Role::Button, true, name)
    });
    let selected = matches!(seen.ctx.selection, crate::ctx::Selection::Column { table, column: name }
        if table == seen.table && *name == column.name);
    if selected || response.hovered() {
        ui.painter().rect_filled(area, 0.0, if selected { theme.selection } else { theme.hover });
    }
    let middle = area.center().y;
    let painter = ui.painter();
    let mark = pos2(area.left() + 18.0, middle);
    painter.text(mark, Align2::CENTER_CENTER, type_glyph(column.column_type), fonts::icons(12.0), theme.dim);
    let name = buttons::elided(ui, &column.name, fonts::body(text::BODY), places[0].1 - 28.0);
    painter.galley(pos2(area.left() + 28.0, middle - name.size().y / 2.0), name, theme.text);
    let cell = |head: usize, words: String, color: Color32| {
        let at = pos2(area.left() + places[head].1, middle);
        painter.text(at, Align2::RIGHT_CENTER, words, fonts::body(text::BODY), color);
    };
    let quiet = |zero: bool, warning: bool| match (zero, warning) {
        (true, _) => theme.dim,
        (_, true) => theme.warning.text,
        _ => theme.text,
    };
    cell(1, missing, quiet(column.nulls == 0, column.nulls > 0));
    cell(2, format::count(column.distinct), quiet(false, column.distinct < 2));
    if column.column_type.is_numeric() {
        cell(3, format::count(line.outliers as u64), quiet(line.outliers == 0.0, false));
    }
    if let Some(skew) = skew {
        cell(4, skew, theme.text);
    }
    let mut hint = String::new();
    if let Some(power) = line.power {
        power_ui(ui, seen, area, places[5], power);
        hint = power_words(power);
    } else if seen.report.target.as_deref() == Some(column.name.as_str()) {
        let at = pos2(area.left() + places[5].0, middle);
        painter.text(at, Align2::LEFT_CENTER, "to predict", fonts::body(text::SMALL), theme.dim);
    }
    ui.painter().hline(area.x_range(), area.bottom() - 0.5, Stroke::new(1.0, theme.grid_line));
    widgets::focus_ring(ui, theme, &response, area.shrink(2.0));
    let response = response.on_hover_cursor(CursorIcon::PointingHand);
    let response = if hint.is_empty() { response } else { response.on_hover_text(hint) };
    if response.clicked() {
        let name = column.name.clone();
        seen.ctx.push(Action::Select(Selection::Column { table: seen.table.clone(), column: name }));
    }
}

fn power_ui(ui: &Ui, seen: &Seen<'_>, area: Rect, (left, right): (f32, f32), power: &PredictivePower) {
    let theme = seen.ctx.theme;
    let painter = ui.painter();
    // Two decimals: the width of the figure is always the same.
    let words = format!("{:.2}", power.skill.0);
    let color = if power.leaks { theme.fault.text } else { theme.dim };
    painter.text(
        pos2(area.left() + right, area.center().y),
        Align2::RIGHT_CENTER,
        words,
        fonts::body(text::SMALL),
        color,
    );
    let track = Rect::from_min_max(
        pos2(area.left() + left, area.center().y - 3.0),
        pos2(area.left() + right - 36.0, area.center().y + 3.0),
    );
    if track.width() < 8.0 {
        return;
    }
    painter.rect_filled(track, 2.0, theme.grid_line);
    let share = power.skill.0.clamp(0.0, 1.0) as f32;
    let fill = if power.leaks { theme.fault.mark } else { theme.accent };
    painter.rect_filled(track.with_max_x(track.left() + (track.width() * share).max(1.5)), 2.0, fill);
    if power.leaks {
        let at = pos2(area.left() + left - 9.0, area.center().y);
        painter.text(at, Align2::CENTER_CENTER, glyph::WARNING, fonts::icons(13.0), theme.fault.mark);
    }
}

/// The power of a column in a sentence.
#[must_use]
pub fn power_words(power: &PredictivePower) -> String {
    let metric = match power.metric.as_str() {
        "auc" => "AUC",
        "accuracy" => "accuracy",
        _ => "R²",
    };
    let mut words = format!(
        "Alone it reaches {metric} {} (knowing nothing: {}) on {} rows that its model did not see",
        format::significant(power.value.0, 3),
        format::significant(power.baseline.0, 3),
        format::count(power.rows)
    );
    if power.leaks {
        words.push_str("; it most likely holds the answer: leave it out of the model");
    }
    words
}
