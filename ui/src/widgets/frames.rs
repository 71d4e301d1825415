//! Frames and states of a pane: cards, lines, «nothing here yet», errors, progress, small pictures of a column.

use cairn_protocol::{ErrorInfo, errors::ErrorKind, table::Histogram};
use egui::{
    Align, Color32, CornerRadius, Frame, InnerResponse, Layout, Margin, Painter, Rect, Response, Role, Sense, Stroke,
    StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::{Button, button, glyph, icon, labels};
use crate::{
    fonts,
    theme::{Theme, size, text},
};

/// A card; the border takes the accent while it is selected.
pub fn card<R>(ui: &mut Ui, theme: &Theme, selected: bool, content: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
    let color = if selected { theme.accent } else { theme.border };
    Frame::new()
        .fill(theme.card)
        .stroke(Stroke::new(1.0, color))
        .corner_radius(CornerRadius::same(size::RADIUS))
        .show(ui, content)
}

/// A line over the whole width.
pub fn hairline(ui: &mut Ui, theme: &Theme) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter().rect_filled(rect, CornerRadius::ZERO, theme.border);
}

/// A line over the whole height of a row.
pub fn vertical_hairline(ui: &mut Ui, theme: &Theme, height: f32) {
    let (rect, _) = ui.allocate_exact_size(vec2(1.0, height), Sense::hover());
    ui.painter().rect_filled(rect, CornerRadius::ZERO, theme.border);
}

/// What stands where there is nothing yet: a glyph, a sentence, and a button that does the next thing.
/// True when that was pressed.
pub fn empty_state(ui: &mut Ui, theme: &Theme, glyph: &str, sentence: &str, action: Option<&str>) -> bool {
    let mut pressed = false;
    let room = ui.available_height();
    ui.vertical_centered(|ui| {
        ui.add_space(if room.is_finite() { ((room - 110.0) * 0.4).clamp(16.0, 260.0) } else { 24.0 });
        icon(ui, theme, glyph, theme.dim.gamma_multiply(0.7), 32.0);
        ui.add_space(8.0);
        labels::paragraph(ui, sentence, theme.dim);
        if let Some(action) = action {
            ui.add_space(12.0);
            pressed = button(ui, theme, Button::primary(action)).clicked();
        }
        ui.add_space(16.0);
    });
    pressed
}

/// An error in the place where its result would stand: what, where, what to do next. True when «Try again» was
/// pressed.
pub fn error_card(ui: &mut Ui, theme: &Theme, error: &ErrorInfo, can_retry: bool) -> bool {
    let tone = if error.kind == ErrorKind::Interrupted { theme.warning } else { theme.fault };
    let mut pressed = false;
    Frame::new()
        .fill(tone.tint)
        .corner_radius(CornerRadius::same(size::RADIUS))
        .inner_margin(Margin::symmetric(12, 10))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = 8.0;
                icon(ui, theme, glyph::WARNING, tone.text, 16.0);
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 4.0;
                    labels::paragraph(ui, error.to_string(), tone.text);
                    if !error.hint.is_empty() {
                        labels::paragraph(ui, error.hint.as_str(), theme.text);
                    }
                    if can_retry {
                        ui.add_space(2.0);
                        let again = Button::plain("Try again").glyph(glyph::ARROW_CLOCKWISE);
                        pressed = button(ui, theme, again).clicked();
                    }
                });
            });
        });
    pressed
}

/// A turning arc. It asks for no frames of its own beyond ten a second.
pub fn spinner(ui: &mut Ui, theme: &Theme, diameter: f32) {
    let (rect, response) = ui.allocate_exact_size(vec2(diameter, diameter), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, "Working"));
    paint_arc(ui.painter(), rect, theme, ui.input(|input| input.time));
    ui.ctx().request_repaint_after_secs(0.1);
}

fn paint_arc(painter: &Painter, rect: Rect, theme: &Theme, time: f64) {
    let radius = rect.width() / 2.0 - 1.5;
    let start = (time * 5.0) as f32;
    painter.circle_stroke(rect.center(), radius, Stroke::new(1.5, theme.border));
    let points = (0..=14)
        .map(|step| {
            let angle = start + step as f32 * 0.12;
            rect.center() + radius * vec2(angle.cos(), angle.sin())
        })
        .collect();
    painter.line(points, Stroke::new(1.5, theme.accent));
}

/// «Reading…» while nothing is there to show.
pub fn loading(ui: &mut Ui, theme: &Theme, words: &str) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        spinner(ui, theme, 14.0);
        labels::dim(ui, theme, words);
    });
}

/// How far something is; without a fraction, that it goes on.
pub fn progress_bar(ui: &mut Ui, theme: &Theme, fraction: Option<f64>, width: f32) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(width, 6.0), Sense::hover());
    response.widget_info(|| WidgetInfo {
        value: fraction,
        ..WidgetInfo::labeled(Role::ProgressIndicator, true, "Progress")
    });
    let painter = ui.painter();
    let radius = CornerRadius::same(3);
    painter.rect_filled(rect, radius, theme.border);
    match fraction {
        Some(fraction) => {
            let done = rect.width() * fraction.clamp(0.0, 1.0) as f32;
            if done > 0.5 {
                painter.rect_filled(rect.with_max_x(rect.left() + done.max(3.0)), radius, theme.accent);
            }
        }
        None => {
            let phase = (ui.input(|input| input.time) * 0.6).fract() as f32;
            let left = rect.left() + phase * rect.width() * 0.7;
            let part = Rect::from_min_max(pos2(left, rect.top()), pos2(left + rect.width() * 0.3, rect.bottom()));
            painter.rect_filled(part, radius, theme.accent);
            ui.ctx().request_repaint_after_secs(0.1);
        }
    }
    response
}

/// A bar of parts that add to a whole: shares of a column's most frequent values, parts of a split. The first part
/// is the strongest.
pub fn share_bar(painter: &Painter, rect: Rect, theme: &Theme, color: Color32, shares: &[f64]) {
    painter.rect_filled(rect, CornerRadius::ZERO, theme.grid_line);
    let mut x = rect.left();
    for (index, share) in shares.iter().enumerate() {
        let width = rect.width() * share.clamp(0.0, 1.0) as f32;
        let right = (x + width).min(rect.right());
        if right - x > 0.5 {
            let strength = [1.0, 0.62, 0.45, 0.34, 0.27, 0.22][index.min(5)];
            let gap = if right < rect.right() - 0.5 { 1.0 } else { 0.0 };
            let part = Rect::from_min_max(pos2(x, rect.top()), pos2((right - gap).max(x + 0.5), rect.bottom()));
            painter.rect_filled(part, CornerRadius::ZERO, color.gamma_multiply(strength));
        }
        x = right;
    }
}

/// A histogram without axes: bins of equal height scale over `rect`, one bar a pixel pair at most.
pub fn mini_histogram(painter: &Painter, rect: Rect, histogram: &Histogram, color: Color32) {
    let bins = histogram.counts.len();
    if bins == 0 || rect.width() < 4.0 {
        return;
    }
    let room = ((rect.width() / 3.0) as usize).clamp(1, bins);
    let mut bars = vec![0_u64; room];
    for (index, count) in histogram.counts.iter().enumerate() {
        bars[index * room / bins] += count;
    }
    let highest = bars.iter().copied().max().unwrap_or_default().max(1);
    let step = rect.width() / room as f32;
    for (index, count) in bars.iter().enumerate() {
        if *count == 0 {
            continue;
        }
        let height = (rect.height() * (*count as f64 / highest as f64) as f32).max(1.0);
        let left = rect.left() + index as f32 * step;
        let bar =
            Rect::from_min_max(pos2(left, rect.bottom() - height), pos2(left + (step - 1.0).max(1.0), rect.bottom()));
        painter.rect_filled(bar, CornerRadius::ZERO, color);
    }
}

/// The mark: three stones.
pub fn mark(painter: &Painter, rect: Rect, theme: &Theme) {
    let unit = rect.height() / 33.0;
    let stones = if theme.dark {
        [theme.accent, Color32::from_gray(0xB0), Color32::from_gray(0x80)]
    } else {
        [theme.accent, Color32::from_rgb(0x58, 0x58, 0x56), Color32::from_rgb(0x8E, 0x8D, 0x8A)]
    };
    for ((x, y, width, height, radius), color) in
        [(10.0, 0.0, 12.0, 8.0, 3.5), (5.0, 11.0, 20.0, 9.0, 4.5), (0.0, 23.0, 32.0, 10.0, 5.0)].into_iter().zip(stones)
    {
        let stone = Rect::from_min_size(rect.min + vec2(x, y) * unit, vec2(width, height) * unit);
        painter.rect_filled(stone, CornerRadius::same((radius * unit) as u8), color);
    }
}

/// A key's cap, as help shows it.
pub fn key_cap(ui: &mut Ui, theme: &Theme, words: &str) -> Response {
    let galley = ui.painter().layout_no_wrap(words.to_owned(), fonts::body(text::SMALL), theme.dim);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 10.0, 18.0), Sense::hover());
    ui.painter().rect(
        rect,
        CornerRadius::same(size::CHIP_RADIUS),
        theme.panel,
        Stroke::new(1.0, theme.border),
        StrokeKind::Inside,
    );
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, theme.dim);
    response
}

/// A row of two: `left` from the left edge, `right` from the right edge, both on the middle line of `height`.
pub fn row_of_two(ui: &mut Ui, height: f32, left: impl FnOnce(&mut Ui), right: impl FnOnce(&mut Ui)) {
    ui.allocate_ui_with_layout(vec2(ui.available_width(), height), Layout::right_to_left(Align::Center), |ui| {
        ui.set_min_height(height);
        right(ui);
        ui.with_layout(Layout::left_to_right(Align::Center), left);
    });
}
