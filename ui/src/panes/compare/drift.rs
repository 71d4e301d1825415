//! How far each column moved between two tables: population stability index, Kolmogorov–Smirnov with its p-value,
//! missing cells, means, and both distributions over each other.

use cairn_protocol::comparison::{ColumnDrift, Comparison, DriftLevel};
use egui::{
    Align2, Color32, CornerRadius, CursorIcon, Painter, Rect, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2,
    vec2,
};

use crate::{
    fonts,
    theme::{Theme, text},
    widgets::{self, buttons, format, glyph, type_glyph},
};

const ROW: f32 = 34.0;
/// Height of the pictures of the chosen column.
const PICTURE: f32 = 148.0;
const HEADS: [(&str, &str); 6] = [
    ("Column", "Order by the table's own order, or by name"),
    (
        "PSI",
        "Population stability index: Σ (b − a) · ln(b / a) over the bins; below 0.1 stable, 0.1 to 0.25 moderate, above large",
    ),
    ("KS", "Kolmogorov–Smirnov: largest distance between the two distributions, with the two-sided p-value"),
    ("Missing", "Share of missing cells in the first and in the second table"),
    ("Mean", "Mean in the first and in the second table"),
    ("Distribution", "Both distributions over the same bins: the first filled, the second as a line"),
];

/// What the table of drifts remembers.
#[derive(Default)]
pub(super) struct Drift {
    /// The column that is shown large.
    chosen: Option<String>,
    /// Whether the columns that moved most come first.
    by_column: bool,
}

/// Glyph, word and colour of a level.
fn level_mark(theme: &Theme, level: DriftLevel) -> (&'static str, &'static str, Color32, Color32) {
    match level {
        DriftLevel::None => (glyph::CHECK_CIRCLE, "stable", theme.good.mark, theme.good.text),
        DriftLevel::Moderate => (glyph::WARNING, "moderate", theme.warning.mark, theme.warning.text),
        DriftLevel::Large => (glyph::X_CIRCLE, "large", theme.fault.mark, theme.fault.text),
    }
}

impl Drift {
    pub(super) fn ui(&mut self, ui: &mut Ui, theme: &Theme, found: &Comparison) {
        if found.drift.is_empty() {
            widgets::empty_state(ui, theme, glyph::COLUMNS, "The two tables have no column in common", None);
            return;
        }
        let mut order: Vec<&ColumnDrift> = found.drift.iter().collect();
        if !self.by_column {
            let psi = |of: &ColumnDrift| of.psi.map_or(-1.0, |psi| psi.0);
            order.sort_by(|a, b| psi(b).total_cmp(&psi(a)));
        }
        let places = places(ui.available_width());
        self.heads(ui, theme, &places);
        widgets::hairline(ui, theme);
        let chosen = self.chosen.as_ref().and_then(|name| found.drift.iter().find(|of| of.column == *name));
        let below = if chosen.is_some() { PICTURE + 34.0 } else { 0.0 };
        let height = (ui.available_height() - below).max(120.0);
        ui.allocate_ui(vec2(ui.available_width(), height), |ui| {
            ui.set_min_height(height);
            ScrollArea::vertical().id_salt("drift").auto_shrink([false, false]).show_rows(
                ui,
                ROW,
                order.len(),
                |ui, range| {
                    for of in &order[range] {
                        self.line_ui(ui, theme, of, &places);
                    }
                },
            );
        });
        if let Some(of) = chosen {
            widgets::hairline(ui, theme);
            large_ui(ui, theme, of, found);
        }
    }

    fn heads(&mut self, ui: &mut Ui, theme: &Theme, places: &[(f32, f32)]) {
        let (area, _) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
        for (head, (title, about)) in HEADS.iter().enumerate() {
            let (left, right) = places[head];
            let rect = Rect::from_x_y_ranges(area.left() + left..=area.left() + right, area.y_range());
            let orders = head < 2;
            let sense = if orders { Sense::click() } else { Sense::hover() };
            let response = ui.interact(rect, ui.scope_id().with(("head", head)), sense);
            let role = if orders { Role::Button } else { Role::Label };
            let name = if orders { format!("Order by {title}") } else { (*title).to_owned() };
            response.widget_info(|| WidgetInfo::labeled(role, true, &name));
            let on = orders && self.by_column == (head == 0);
            let words = match (on, head) {
                (true, 0) => format!("{title} ↑"),
                (true, _) => format!("{title} ↓"),
                _ => (*title).to_owned(),
            };
            let color = if on { theme.text } else { theme.dim };
            let at = pos2(rect.left(), rect.center().y);
            ui.painter().text(at, Align2::LEFT_CENTER, words, fonts::body(text::SMALL), color);
            widgets::focus_ring(ui, theme, &response, rect.shrink(1.0));
            if response.on_hover_text(*about).clicked() {
                self.by_column = head == 0;
            }
        }
    }

    fn line_ui(&mut self, ui: &mut Ui, theme: &Theme, of: &ColumnDrift, places: &[(f32, f32)]) {
        let (area, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
        let (mark, word, mark_color, color) = level_mark(theme, of.level);
        let psi = of.psi.map_or_else(|| "–".into(), |psi| format!("{:.3}", psi.0));
        let ks = of.ks.map_or_else(String::new, |ks| {
            let p = of.ks_p.map_or_else(String::new, |p| format!(" · p {}", p_words(p.0)));
            format!("{}{p}", format::significant(ks.0, 3))
        });
        let missing = format!("{} → {}", format::percent(of.missing_a.0), format::percent(of.missing_b.0));
        let means = match (of.mean_a, of.mean_b) {
            (Some(a), Some(b)) => format!("{} → {}", format::significant(a.0, 4), format::significant(b.0, 4)),
            _ if of.new_levels + of.lost_levels > 0 => {
                format!("{} new, {} lost", format::count(of.new_levels), format::count(of.lost_levels))
            }
            _ => String::new(),
        };
        let selected = self.chosen.as_deref() == Some(of.column.as_str());
        response.widget_info(|| {
            let name = format!("{}: {word} drift, PSI {psi}, KS {ks}, missing {missing}", of.column);
            WidgetInfo::selected(Role::Button, true, selected, name)
        });
        if selected || response.hovered() {
            let fill = if selected { theme.selection } else { theme.hover };
            ui.painter().rect_filled(area, CornerRadius::ZERO, fill);
        }
        let painter = ui.painter();
        let middle = area.center().y;
        let x = |head: usize| area.left() + places[head].0;
        let room = |head: usize| places[head].1 - places[head].0;
        let at = pos2(x(0) + 6.0, middle);
        painter.text(at, Align2::CENTER_CENTER, type_glyph(of.column_type), fonts::icons(12.0), theme.dim);
        let cell = |head: usize, shift: f32, words: &str, color: Color32| {
            let galley = buttons::elided(ui, words, fonts::body(text::BODY), room(head) - shift);
            painter.galley(pos2(x(head) + shift, middle - galley.size().y / 2.0), galley, color);
        };
        cell(0, 16.0, &of.column, theme.text);
        painter.text(pos2(x(1) + 7.0, middle), Align2::CENTER_CENTER, mark, fonts::icons(14.0), mark_color);
        cell(1, 18.0, &format!("{psi} {word}"), color);
        cell(2, 0.0, &ks, theme.text);
        cell(3, 0.0, &missing, if of.missing_a == of.missing_b { theme.dim } else { theme.text });
        cell(4, 0.0, &means, theme.text);
        let picture =
            Rect::from_min_max(pos2(x(5), area.top() + 4.0), pos2(area.left() + places[5].1, area.bottom() - 4.0));
        both(painter, theme, picture, of);
        painter.hline(area.x_range(), area.bottom() - 0.5, Stroke::new(1.0, theme.grid_line));
        widgets::focus_ring(ui, theme, &response, area.shrink(2.0));
        if response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
            self.chosen = (!selected).then(|| of.column.clone());
        }
    }
}

fn p_words(p: f64) -> String {
    if p < 1e-4 { "< 0.0001".into() } else { format::significant(p, 2) }
}

/// Left and right edge of each column of the table.
fn places(width: f32) -> [(f32, f32); 6] {
    let from = |share: f32| 12.0 + (width - 24.0) * share;
    [
        (from(0.0), from(0.20)),
        (from(0.21), from(0.35)),
        (from(0.36), from(0.50)),
        (from(0.51), from(0.65)),
        (from(0.66), from(0.82)),
        (from(0.83), from(1.0)),
    ]
}

/// Both distributions over the same bins: the first filled, the second as a line.
fn both(painter: &Painter, theme: &Theme, rect: Rect, of: &ColumnDrift) {
    let bins = of.bins.len();
    if bins == 0 || rect.width() < 8.0 {
        return;
    }
    let highest = of.bins.iter().map(|bin| bin.a.0.max(bin.b.0)).fold(0.0, f64::max).max(1e-12);
    let step = rect.width() / bins as f32;
    let mut line = Vec::with_capacity(bins * 2);
    for (index, bin) in of.bins.iter().enumerate() {
        let left = rect.left() + index as f32 * step;
        let y = |share: f64| rect.bottom() - rect.height() * (share / highest) as f32;
        let bar = Rect::from_min_max(pos2(left, y(bin.a.0)), pos2(left + (step - 1.0).max(1.0), rect.bottom()));
        painter.rect_filled(bar, CornerRadius::ZERO, theme.series[0].gamma_multiply(0.55));
        line.push(pos2(left, y(bin.b.0)));
        line.push(pos2(left + step, y(bin.b.0)));
    }
    painter.line(line, Stroke::new(1.5, theme.series[1]));
}

/// The chosen column large, with its bins named.
fn large_ui(ui: &mut Ui, theme: &Theme, of: &ColumnDrift, found: &Comparison) {
    egui::Frame::new().inner_margin(egui::Margin::symmetric(12, 8)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            widgets::strong(ui, theme, of.column.as_str());
            for (name, color) in [(&found.a.name, theme.series[0]), (&found.b.name, theme.series[1])] {
                let (dot, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::hover());
                ui.painter().rect_filled(dot, CornerRadius::same(2), color);
                widgets::small(ui, theme, name.as_str());
            }
        });
        ui.add_space(4.0);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), PICTURE - 40.0), Sense::hover());
        let peak = of.bins.iter().max_by(|a, b| (a.a.0 - a.b.0).abs().total_cmp(&(b.a.0 - b.b.0).abs()));
        let summary = peak.map_or_else(String::new, |bin| {
            format!("; most apart at {}: {} and {}", bin.label, format::percent(bin.a.0), format::percent(bin.b.0))
        });
        response.widget_info(|| {
            WidgetInfo::labeled(Role::Image, true, format!("Distribution of {} in both tables{summary}", of.column))
        });
        let plot = rect.with_max_y(rect.bottom() - 18.0);
        both(ui.painter(), theme, plot, of);
        let step = plot.width() / of.bins.len().max(1) as f32;
        for (index, bin) in of.bins.iter().enumerate() {
            if step >= 44.0 || index % ((44.0 / step.max(1.0)).ceil() as usize) == 0 {
                let room = if step >= 44.0 { step - 4.0 } else { 44.0 };
                let words = buttons::elided(ui, &bin.label, fonts::body(text::SMALL), room);
                ui.painter().galley(pos2(plot.left() + index as f32 * step, plot.bottom() + 3.0), words, theme.dim);
            }
        }
        if let Some(at) = response.hover_pos() {
            let index = ((at.x - plot.left()) / step.max(1.0)) as usize;
            if let Some(bin) = of.bins.get(index) {
                let (a, b) = (format::percent(bin.a.0), format::percent(bin.b.0));
                response.on_hover_text_at_pointer(format!("{}: {a} → {b}", bin.label));
            }
        }
    });
}
