//! How the columns hang together: a square for each pair, blue where both rise together, orange where one falls, by
//! the measure that fits the two types. A click, or Enter on the square with the cursor, shows both columns.

use cairn_protocol::{
    Request, Response,
    quality::{AssociationPair, Associations},
    table::ColumnProfile,
};
use egui::{
    Align2, Color32, CornerRadius, Event, EventFilter, Key, Modifiers, Rect, Role, ScrollArea, Sense, Stroke,
    StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::{Seen, definitions, scope, waiting};
use crate::{
    charts::ramp::{blend, text_on},
    ctx::{Action, Selection},
    fonts,
    theme::{Theme, text},
    widgets::{self, buttons, format, glyph, type_glyph},
};

/// Room for the names at the left.
const NAMES: f32 = 112.0;
/// Room for the facts of a pair below the squares.
const FACTS: f32 = 132.0;

/// What the matrix remembers.
#[derive(Default)]
pub(super) struct Matrix {
    /// Row and column of the chosen square.
    cursor: Option<(usize, usize)>,
}

impl Matrix {
    pub(super) fn ui(&mut self, ui: &mut Ui, seen: &Seen<'_>) {
        let theme = seen.ctx.theme;
        let request = Request::Associations { table: seen.table.clone(), target: seen.report.target.clone() };
        let fetched = seen.ctx.read(&request);
        let Some(Response::Associations(found)) = fetched.value.as_deref() else {
            waiting(ui, seen.ctx, "Comparing each column with each…", "Compare columns", fetched.error, &request);
            return;
        };
        if found.columns.len() < 2 {
            let words = "There are fewer than two columns to compare";
            widgets::empty_state(ui, theme, glyph::GRAPH, words, None);
            return;
        }
        ui.allocate_ui_with_layout(
            vec2(ui.available_width(), 30.0),
            egui::Layout::right_to_left(egui::Align::Center),
            |ui| {
                ui.set_min_height(30.0);
                ui.add_space(12.0);
                definitions(ui, seen.ctx, &found.definitions);
                let words = scope(found.rows, found.rows_used, found.elapsed_secs, &found.notes);
                widgets::small(ui, theme, words).on_hover_text(found.notes.join("\n"));
                if !found.left_out.is_empty() {
                    let why: Vec<String> =
                        found.left_out.iter().map(|of| format!("{}: {}", of.column, of.why)).collect();
                    let words = format!("{} left out", format::count(found.left_out.len() as u64));
                    widgets::small(ui, theme, words).on_hover_text(why.join("\n"));
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    ui.add_space(12.0);
                    legend(ui, theme);
                });
            },
        );
        let facts = if self.cursor.is_some() { FACTS } else { 0.0 };
        let room = vec2(ui.available_width(), (ui.available_height() - facts).max(160.0));
        ui.allocate_ui(room, |ui| {
            ui.set_min_size(room);
            self.squares(ui, seen, found, room.x);
        });
        if let Some((a, b)) = self.cursor.filter(|(a, b)| a.max(b) < &found.columns.len()) {
            widgets::hairline(ui, theme);
            pair_ui(ui, seen, found, a, b);
        }
    }

    fn squares(&mut self, ui: &mut Ui, seen: &Seen<'_>, found: &Associations, width: f32) {
        let theme = seen.ctx.theme;
        let count = found.columns.len();
        let side = ((width - NAMES - 40.0) / count as f32).clamp(13.0, 34.0).floor();
        ScrollArea::both().id_salt("squares").auto_shrink([false, false]).show(ui, |ui| {
            let span = side * count as f32;
            let (area, response) = ui.allocate_exact_size(vec2(NAMES + span + 16.0, span + 96.0), Sense::click());
            let origin = pos2(area.left() + NAMES, area.top() + 80.0);
            let grid = Rect::from_min_size(origin, vec2(span, span));
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, summary(found, self.cursor)));
            if response.has_focus() {
                self.keys(ui, seen, found, &response);
            }
            let square = |row: usize, column: usize| {
                let at = origin + vec2(column as f32 * side, row as f32 * side);
                Rect::from_min_size(at, vec2(side, side))
            };
            let painter = ui.painter();
            let clip = ui.clip_rect();
            let target = found.target;
            for (index, column) in found.columns.iter().enumerate() {
                let color = if target == Some(index) { theme.accent } else { theme.text };
                let at = pos2(origin.x - 6.0, square(index, 0).center().y);
                if clip.y_range().contains(at.y) {
                    let name = buttons::elided(ui, &column.name, fonts::body(text::SMALL), NAMES - 20.0);
                    painter.galley(at - vec2(name.size().x, name.size().y / 2.0), name, color);
                }
                let name = buttons::elided(ui, &column.name, fonts::body(text::SMALL), 74.0);
                // Names above the squares stand upright, read from below.
                let half = name.size().y / 2.0;
                let at = pos2(square(0, index).center().x - half, origin.y - 4.0);
                painter.add(egui::epaint::TextShape::new(at, name, color).with_angle(-std::f32::consts::FRAC_PI_2));
            }
            for pair in &found.pairs {
                for (row, column) in [(pair.a, pair.b), (pair.b, pair.a)] {
                    let rect = square(row, column);
                    if !clip.intersects(rect) {
                        continue;
                    }
                    let fill = color_of(theme, pair);
                    painter.rect_filled(rect.shrink(0.5), CornerRadius::ZERO, fill);
                    if let Some(value) = pair.value.filter(|_| side >= 28.0) {
                        let words = short(value.0);
                        painter.text(
                            rect.center(),
                            Align2::CENTER_CENTER,
                            words,
                            fonts::body(10.0),
                            if value.0.abs() < 0.06 { theme.dim } else { text_on(fill) },
                        );
                    }
                }
            }
            for index in 0..count {
                painter.rect_filled(square(index, index).shrink(0.5), CornerRadius::ZERO, theme.border);
            }
            let at = |point: egui::Pos2| {
                grid.contains(point).then(|| {
                    let place = (point - origin) / side;
                    ((place.y as usize).min(count - 1), (place.x as usize).min(count - 1))
                })
            };
            if let Some((row, column)) = self.cursor.filter(|(row, column)| row.max(column) < &count) {
                let stroke = Stroke::new(2.0, theme.text);
                painter.rect_stroke(square(row, column), CornerRadius::ZERO, stroke, StrokeKind::Outside);
            }
            widgets::focus_ring(ui, theme, &response, grid.expand(3.0));
            let hovered = response.hover_pos().and_then(at).filter(|(row, column)| row != column);
            if let Some(place) = response.interact_pointer_pos().filter(|_| response.clicked()).and_then(at) {
                self.choose(seen, found, place);
                response.request_focus();
            }
            if let Some((row, column)) = hovered {
                let rect = square(row, column);
                ui.painter().rect_stroke(rect, CornerRadius::ZERO, Stroke::new(1.0, theme.dim), StrokeKind::Outside);
                if let Some(pair) = pair_of(found, row, column) {
                    response.on_hover_text_at_pointer(pair_words(found, pair));
                }
            }
        });
    }

    fn choose(&mut self, seen: &Seen<'_>, found: &Associations, (row, column): (usize, usize)) {
        self.cursor = Some((row, column));
        let name = found.columns[column].name.clone();
        seen.ctx.push(Action::Select(Selection::Column { table: seen.table.clone(), column: name }));
    }

    fn keys(&mut self, ui: &Ui, seen: &Seen<'_>, found: &Associations, response: &egui::Response) {
        let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, tab: false, escape: false };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let (row, column) = self.cursor.unwrap_or((0, 0));
        let last = found.columns.len() - 1;
        let mut next = None;
        for (key, to) in [
            (Key::ArrowUp, (row.saturating_sub(1), column)),
            (Key::ArrowDown, ((row + 1).min(last), column)),
            (Key::ArrowLeft, (row, column.saturating_sub(1))),
            (Key::ArrowRight, (row, (column + 1).min(last))),
        ] {
            if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
                next = Some(to);
            }
        }
        if next.is_some() {
            self.cursor = next;
        }
        let enter = ui.input(|input| {
            input
                .events
                .iter()
                .any(|event| matches!(event, Event::Key { key: Key::Enter | Key::Space, pressed: true, .. }))
        });
        if enter {
            self.choose(seen, found, self.cursor.unwrap_or((0, 0)));
        }
    }
}

fn pair_of(found: &Associations, row: usize, column: usize) -> Option<&AssociationPair> {
    let (a, b) = (row.min(column), row.max(column));
    found.pairs.iter().find(|pair| pair.a == a && pair.b == b)
}

/// Blue for what rises together, orange for what runs against, as strong as the association.
fn color_of(theme: &Theme, pair: &AssociationPair) -> Color32 {
    let Some(value) = pair.value.filter(|value| value.0.is_finite()) else { return theme.panel };
    let toward = if value.0 < 0.0 { theme.series[1] } else { theme.series[0] };
    blend(theme.grid_line, toward, value.0.abs() as f32)
}

fn short(value: f64) -> String {
    let words = format!("{:.2}", value.abs());
    let words = words.strip_prefix('0').unwrap_or(&words).to_owned();
    if value <= -0.005 { format!("−{words}") } else { words }
}

fn measure_word(measure: &str) -> &str {
    match measure {
        "pearson" => "Pearson",
        "cramers_v" => "Cramér’s V",
        "correlation_ratio" => "Correlation ratio",
        other => other,
    }
}

fn pair_words(found: &Associations, pair: &AssociationPair) -> String {
    let name = |index: usize| found.columns.get(index).map_or("", |column| column.name.as_str());
    let value = pair
        .value
        .map_or_else(|| "not defined: a column does not vary".into(), |value| format::significant(value.0, 3));
    let mut words = format!("{} × {}: {} {value}", name(pair.a), name(pair.b), measure_word(&pair.measure));
    if let Some(spearman) = pair.spearman {
        words.push_str(&format!(", Spearman {}", format::significant(spearman.0, 3)));
    }
    words.push_str(&format!(", on {} rows", format::count(pair.rows)));
    words
}

/// The strongest association in a sentence, and the pair with the cursor.
fn summary(found: &Associations, cursor: Option<(usize, usize)>) -> String {
    let strength = |pair: &&AssociationPair| pair.value.map_or(-1.0, |value| value.0.abs());
    let strongest = found.pairs.iter().max_by(|a, b| strength(a).total_cmp(&strength(b)));
    let mut words = format!("Associations of {} columns", found.columns.len());
    if let Some(pair) = strongest {
        words.push_str(&format!("; strongest {}", pair_words(found, pair)));
    }
    if let Some(pair) = cursor.and_then(|(row, column)| pair_of(found, row, column)) {
        words.push_str(&format!("; at {}", pair_words(found, pair)));
    }
    words
}

fn legend(ui: &mut Ui, theme: &Theme) {
    ui.spacing_mut().item_spacing.x = 6.0;
    widgets::small(ui, theme, "−1");
    let (rect, _) = ui.allocate_exact_size(vec2(84.0, 8.0), Sense::hover());
    for step in 0..28 {
        let value = f64::from(step) / 13.5 - 1.0;
        let toward = if value < 0.0 { theme.series[1] } else { theme.series[0] };
        let left = rect.left() + step as f32 * 3.0;
        let part = Rect::from_min_max(pos2(left, rect.top()), pos2(left + 3.0, rect.bottom()));
        ui.painter().rect_filled(part, CornerRadius::ZERO, blend(theme.grid_line, toward, value.abs() as f32));
    }
    widgets::small(ui, theme, "1");
}

/// The facts of two columns side by side, with how they hang together.
fn pair_ui(ui: &mut Ui, seen: &Seen<'_>, found: &Associations, a: usize, b: usize) {
    let theme = seen.ctx.theme;
    egui::Frame::new().inner_margin(egui::Margin::symmetric(12, 8)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        if let Some(pair) = pair_of(found, a, b) {
            widgets::text(ui, theme, pair_words(found, pair));
        }
        let half = ui.available_width() / 2.0 - 8.0;
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 16.0;
            let sides = if a == b { vec![a] } else { vec![a, b] };
            for index in sides {
                let name = &found.columns[index].name;
                let profile = seen.profile.and_then(|profile| profile.columns.iter().find(|of| of.name == *name));
                ui.vertical(|ui| {
                    ui.set_width(half);
                    ui.horizontal(|ui| {
                        ui.spacing_mut().item_spacing.x = 6.0;
                        widgets::icon(ui, theme, type_glyph(found.columns[index].column_type), theme.dim, 13.0);
                        widgets::strong(ui, theme, name.as_str());
                    });
                    if let Some(profile) = profile {
                        facts_ui(ui, theme, profile);
                    }
                });
            }
        });
    });
}

fn facts_ui(ui: &mut Ui, theme: &Theme, profile: &ColumnProfile) {
    let mut parts = vec![format!("{} distinct", format::count(profile.distinct))];
    if profile.nulls > 0 {
        parts.push(format!("{} missing", format::count(profile.nulls)));
    }
    if let (Some(mean), Some(std)) = (profile.mean, profile.std) {
        parts.push(format!("mean {}", format::figure(mean.0)));
        parts.push(format!("std {}", format::figure(std.0)));
    }
    widgets::small(ui, theme, parts.join(" · "));
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width().min(220.0), 40.0), Sense::hover());
    if let Some(histogram) = &profile.histogram {
        widgets::mini_histogram(ui.painter(), rect, histogram, theme.accent);
    } else if let Some(top) = profile.top.first() {
        let present: u64 = profile.top.iter().map(|top| top.count).sum();
        let shares: Vec<f64> = profile.top.iter().take(6).map(|top| top.count as f64 / present.max(1) as f64).collect();
        let bar = Rect::from_min_size(rect.min, vec2(rect.width(), 8.0));
        widgets::share_bar(ui.painter(), bar, theme, theme.accent, &shares);
        let words = buttons::elided(ui, &top.value, fonts::body(text::SMALL), rect.width());
        ui.painter().galley(rect.min + vec2(0.0, 12.0), words, theme.dim);
    }
}
