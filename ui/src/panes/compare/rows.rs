//! How the rows of two tables differ: counts, columns with changed cells, and some rows of each kind with the changed
//! cells tinted.

use cairn_protocol::comparison::{CellPair, Comparison, RowDifference, RowExample};
use egui::{Align2, CornerRadius, Frame, Margin, Rect, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::{
    fonts,
    theme::{Theme, Tone, text},
    widgets::{self, ChipTone, buttons, format, glyph},
};

/// The counts in a line of tiles.
pub(super) fn counts_ui(ui: &mut Ui, theme: &Theme, found: &Comparison) {
    let rows = &found.rows;
    let mut tiles = vec![
        (format!("Only in {}", found.a.name), rows.only_a, (rows.only_a > 0).then_some(theme.fault)),
        (format!("Only in {}", found.b.name), rows.only_b, (rows.only_b > 0).then_some(theme.good)),
        ("In both".to_owned(), rows.both, None),
    ];
    if !rows.keys.is_empty() {
        tiles.push(("Of these changed".to_owned(), rows.changed, (rows.changed > 0).then_some(theme.changed)));
        let twice = rows.duplicate_keys_a + rows.duplicate_keys_b;
        if twice > 0 {
            tiles.push(("Key occurs twice".to_owned(), twice, Some(theme.warning)));
        }
    }
    let width = ((ui.available_width() - 8.0 * (tiles.len() as f32 - 1.0)) / tiles.len() as f32).min(220.0);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        for (title, count, tone) in tiles {
            tile(ui, theme, width, &title, count, tone);
        }
    });
}

fn tile(ui: &mut Ui, theme: &Theme, width: f32, title: &str, count: u64, tone: Option<Tone>) {
    let (rect, response) = ui.allocate_exact_size(vec2(width, 50.0), Sense::hover());
    let words = format::count(count);
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, format!("{title}: {words} rows")));
    let (fill, color) = tone.map_or((theme.card, theme.text), |tone| (tone.tint, tone.text));
    let painter = ui.painter();
    let border = egui::Stroke::new(1.0, theme.border);
    painter.rect(rect, CornerRadius::same(crate::theme::size::RADIUS), fill, border, egui::StrokeKind::Inside);
    let name = buttons::elided(ui, title, fonts::body(text::SMALL), width - 20.0);
    painter.galley(rect.min + vec2(10.0, 7.0), name, theme.dim);
    let at = pos2(rect.left() + 10.0, rect.bottom() - 16.0);
    painter.text(at, Align2::LEFT_CENTER, words, fonts::strong(text::HEADING), color);
    response.on_hover_text(format!("{title}: {} rows", format::count(count)));
}

/// Columns with changed cells, then rows of each kind.
pub(super) fn examples_ui(ui: &mut Ui, theme: &Theme, found: &Comparison) {
    let rows = &found.rows;
    if rows.only_a + rows.only_b + rows.changed + rows.duplicate_keys_a + rows.duplicate_keys_b == 0 {
        widgets::empty_state(ui, theme, glyph::CHECK_CIRCLE, "Both tables hold the same rows", None);
        return;
    }
    ScrollArea::vertical().id_salt("rows").auto_shrink([false, false]).show(ui, |ui| {
        if !rows.changed_cells.is_empty() {
            Frame::new().inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
                widgets::small_strong(ui, theme, "Changed cells by column");
                ui.horizontal_wrapped(|ui| {
                    for of in &rows.changed_cells {
                        let words = format!("{} {}", of.column, format::count(of.cells));
                        widgets::chip(ui, theme, ChipTone::Neutral, None, words);
                    }
                });
            });
            widgets::hairline(ui, theme);
        }
        for (kind, title, mark, tone) in [
            (RowDifference::Changed, "Changed".to_owned(), glyph::PENCIL, theme.changed),
            (RowDifference::OnlyA, format!("Only in {}", found.a.name), glyph::MINUS, theme.fault),
            (RowDifference::OnlyB, format!("Only in {}", found.b.name), glyph::PLUS, theme.good),
            (RowDifference::DuplicateKey, "Key occurs more than once".to_owned(), glyph::COPY, theme.warning),
        ] {
            let examples: Vec<&RowExample> = rows.examples.iter().filter(|of| of.kind == kind).collect();
            if examples.is_empty() {
                continue;
            }
            Frame::new().fill(theme.panel).inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = 6.0;
                    widgets::icon(ui, theme, mark, tone.mark, 14.0);
                    widgets::small_strong(ui, theme, format!("{title}, for example"));
                });
            });
            for example in examples {
                example_ui(ui, theme, example, &rows.keys, tone);
                widgets::hairline(ui, theme);
            }
        }
    });
}

fn example_ui(ui: &mut Ui, theme: &Theme, example: &RowExample, keys: &[String], tone: Tone) {
    Frame::new().inner_margin(Margin::symmetric(12, 5)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
        ui.horizontal_wrapped(|ui| {
            let number = |row: Option<u64>| row.map(|row| format::count(row + 1));
            let place = match (number(example.row_a), number(example.row_b)) {
                (Some(a), Some(b)) if a != b => format!("row {a} → {b}"),
                (Some(row), _) | (None, Some(row)) => format!("row {row}"),
                (None, None) => String::new(),
            };
            widgets::small(ui, theme, place);
            for cell in &example.cells {
                cell_ui(ui, theme, cell, keys.contains(&cell.column), example.kind, tone);
            }
        });
    });
}

fn cell_ui(ui: &mut Ui, theme: &Theme, cell: &CellPair, is_key: bool, kind: RowDifference, tone: Tone) {
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "null".into());
    let changed = kind == RowDifference::Changed && !is_key;
    let words = match kind {
        _ if changed => format!("{} {} → {}", cell.column, shown(&cell.a), shown(&cell.b)),
        RowDifference::OnlyB => format!("{} {}", cell.column, shown(&cell.b)),
        _ => format!("{} {}", cell.column, shown(if cell.a.is_some() { &cell.a } else { &cell.b })),
    };
    let galley = buttons::elided(ui, &words, fonts::mono(text::MONO), 360.0);
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(10.0, 4.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, &words));
    let (fill, color) = if changed { (tone.tint, tone.text) } else { (theme.panel, theme.text) };
    let area = Rect::from_min_size(rect.min, rect.size());
    ui.painter().rect_filled(area, CornerRadius::same(3), fill);
    ui.painter().galley(rect.min + vec2(5.0, 2.0), galley, color);
    response.on_hover_text(words);
}
