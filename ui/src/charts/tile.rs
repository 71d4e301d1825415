//! A metric in a small card: name, value, spread, change.

use egui::{Align2, CornerRadius, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::ink;
use crate::{
    theme::{Theme, size, text},
    widgets::glyph,
};

/// A metric with what is known of it, already as text.
#[derive(Debug, Clone, Default)]
pub struct MetricTile<'a> {
    /// «AUC».
    pub title: &'a str,
    /// «0.867».
    pub value: String,
    /// «±0.013», «0.816 – 0.887», «base 0.1956»; beside the value where there is room, else below.
    pub spread: String,
    /// Change against another model.
    pub change: Option<Change>,
    /// A warning that the figure carries; shown as a triangle, in full on hover.
    pub warning: Option<&'a str>,
    /// Width; 0: what is there.
    pub width: f32,
}

/// A change of a metric.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    /// «+0.006», with its sign.
    pub text: String,
    /// Whether it is for the better.
    pub better: bool,
}

/// Height of a tile.
pub const HEIGHT: f32 = 64.0;

/// Draws a tile.
pub fn metric_tile(ui: &mut Ui, theme: &Theme, tile: MetricTile<'_>) -> Response {
    let width = if tile.width > 0.0 { tile.width } else { ui.available_width() };
    let (rect, response) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::hover());
    let mut name = format!("{} {}", tile.title, tile.value);
    for part in
        [tile.spread.as_str(), tile.change.as_ref().map_or("", |change| &change.text), tile.warning.unwrap_or_default()]
    {
        if !part.is_empty() {
            name.push_str(", ");
            name.push_str(part);
        }
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
    let painter = ui.painter_at(rect);
    painter.rect(
        rect,
        CornerRadius::same(size::RADIUS),
        theme.card,
        Stroke::new(1.0, theme.border),
        StrokeKind::Inside,
    );
    let inner = rect.shrink2(vec2(10.0, 9.0));
    let mut right = inner.right();
    if let Some(change) = &tile.change {
        let (mark, color) = if change.better { ("▲", theme.good.text) } else { ("▼", theme.warning.text) };
        let text = format!("{mark} {}", change.text);
        right = painter.text(pos2(right, inner.top()), Align2::RIGHT_TOP, text, ink::small(), color).left() - 6.0;
    }
    let title = ink::write(
        &painter,
        inner.left_top(),
        Align2::LEFT_TOP,
        tile.title,
        ink::small(),
        theme.dim,
        right - inner.left() - if tile.warning.is_some() { 16.0 } else { 0.0 },
    );
    if tile.warning.is_some() {
        let at = pos2(title.right() + 4.0, title.center().y);
        painter.text(at, Align2::LEFT_CENTER, glyph::WARNING, ink::icon(12.0), theme.warning.text);
    }
    let value = painter.layout_no_wrap(tile.value.clone(), ink::strong(text::LARGE), theme.text);
    let spread = ink::width_of(&painter, &tile.spread, ink::small());
    let beside = value.size().x + 8.0 + spread <= inner.width();
    let size = value.size();
    // Beside the value where there is room, else on a line of its own.
    let top =
        if beside || tile.spread.is_empty() { inner.bottom() + 1.0 - size.y } else { inner.center().y - size.y / 2.0 };
    ink::write(
        &painter,
        pos2(inner.left(), top),
        Align2::LEFT_TOP,
        &tile.value,
        ink::strong(text::LARGE),
        theme.text,
        inner.width(),
    );
    if beside {
        let at = pos2(inner.left() + size.x + 8.0, top + size.y - 3.0);
        ink::write(&painter, at, Align2::LEFT_BOTTOM, &tile.spread, ink::small(), theme.dim, inner.width());
    } else {
        let at = pos2(inner.left(), inner.bottom() + 3.0);
        ink::write(&painter, at, Align2::LEFT_BOTTOM, &tile.spread, ink::small(), theme.dim, inner.width());
    }
    match tile.warning {
        Some(warning) => response.on_hover_text(warning),
        None => response,
    }
}
