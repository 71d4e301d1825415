//! Values with their standard errors, a row each, as dots with whiskers: importances and comparisons.

use egui::{Align2, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::{
    ink,
    plot::HEAD,
    scale::{Scale, plain},
};
use crate::theme::{Theme, text};

/// Height of a row.
const ROW: f32 = 22.0;

/// Draws a row for each name, value and standard error (0: none). On a logarithmic axis values that are not
/// positive stand at its left end as open rings, and are said in figures.
pub fn dots_with_intervals(
    ui: &mut Ui,
    theme: &Theme,
    rows: &[(String, f64, f64)],
    log: bool,
    title: &str,
    note: &str,
) -> Response {
    let head = if title.is_empty() { 4.0 } else { HEAD };
    let height = head + rows.len() as f32 * ROW + 24.0;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width().max(120.0), height), Sense::hover());
    let leading =
        rows.first().map_or_else(String::new, |(name, value, _)| format!(": {name} leads with {}", plain(*value)));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{title}{leading}")));
    let painter = ui.painter_at(rect);
    if !title.is_empty() {
        let y = rect.top() + HEAD / 2.0;
        let at = ink::write(
            &painter,
            pos2(rect.left(), y),
            Align2::LEFT_CENTER,
            title,
            ink::strong(text::BODY),
            theme.text,
            rect.width() * 0.5,
        );
        let room = rect.right() - at.right() - 12.0;
        ink::write(&painter, pos2(rect.right(), y), Align2::RIGHT_CENTER, note, ink::small(), theme.dim, room);
    }
    let label = rows
        .iter()
        .map(|(name, _, _)| ink::width_of(&painter, name, ink::small()))
        .fold(0.0, f32::max)
        .clamp(40.0, rect.width() * 0.36);
    let area = Rect::from_min_max(
        pos2(rect.left() + label + 10.0, rect.top() + head),
        pos2(rect.right() - 56.0, rect.bottom() - 24.0),
    );
    let scale = scale_of(rows, log);
    let x_of = |value: f64| area.left() + (scale.unit(value).clamp(0.0, 1.0) as f32) * area.width();
    let mut before = f32::NEG_INFINITY;
    for tick in scale.ticks(((area.width() / 60.0) as usize).clamp(2, 6)) {
        let x = painter.round_to_pixel_center(x_of(tick.value));
        painter.vline(x, area.y_range(), Stroke::new(1.0, theme.grid_line));
        let half = ink::width_of(&painter, &tick.label, ink::small()) / 2.0;
        if x - half > before + 6.0 {
            painter.text(pos2(x, area.bottom() + 5.0), Align2::CENTER_TOP, &tick.label, ink::small(), theme.dim);
            before = x + half;
        }
    }
    for (index, (name, value, error)) in rows.iter().enumerate() {
        let y = area.top() + (index as f32 + 0.5) * ROW;
        ink::write(&painter, pos2(area.left() - 10.0, y), Align2::RIGHT_CENTER, name, ink::small(), theme.text, label);
        if !value.is_finite() {
            continue;
        }
        let x = x_of(*value);
        let x = if scale.log && *value <= 0.0 { area.left() } else { x };
        let mut right = x;
        if *error > 0.0 && !(scale.log && *value <= 0.0) {
            let low = if scale.log { (value - error).max(scale.low) } else { value - error };
            right = x_of(value + error);
            painter.hline(
                x_of(low)..=right,
                painter.round_to_pixel_center(y),
                Stroke::new(1.5, theme.accent.gamma_multiply(0.6)),
            );
        }
        if scale.log && *value <= 0.0 {
            painter.circle_stroke(pos2(x, y), 3.5, Stroke::new(1.5, theme.accent));
        } else {
            painter.circle_filled(pos2(x, y), 4.0, theme.accent);
        }
        painter.text(pos2(right + 8.0, y), Align2::LEFT_CENTER, plain(*value), ink::small(), theme.dim);
    }
    response
}

fn scale_of(rows: &[(String, f64, f64)], log: bool) -> Scale {
    if log && rows.iter().any(|(_, value, _)| *value > 0.0) {
        let positive = rows.iter().map(|(_, value, _)| *value).filter(|value| *value > 0.0);
        // What is a ten-thousandth of the largest is nothing to tell apart.
        let largest = positive.clone().fold(0.0, f64::max);
        let scale = Scale::fit(positive.map(|value| value.max(largest * 1e-4)), true, 0.0);
        return Scale::new(scale.low * 0.8, scale.high * 1.25, true);
    }
    let ends = rows.iter().flat_map(|(_, value, error)| [value - error, value + error]).chain([0.0]);
    Scale::fit(ends, false, 0.0).rounded(4)
}
