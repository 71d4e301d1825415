//! Horizontal bars from a base, with whiskers: final metrics of runs, shares of variance.

use egui::{Align2, Color32, CornerRadius, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::{
    ink,
    line::ChartOutput,
    plot::HEAD,
    scale::{Scale, fixed, plain},
};
use crate::theme::{Theme, text};

/// A chart of bars.
#[derive(Debug, Clone, Default)]
pub struct BarChart<'a> {
    /// Title; empty: no head.
    pub title: &'a str,
    /// Dim text at the upper right.
    pub note: &'a str,
    /// What the axis counts, and from where.
    pub unit: &'a str,
    /// The bars, from the top.
    pub bars: Vec<Bar>,
    /// Where bars begin: 0, or the value of a model without knowledge.
    pub base: f64,
    /// Where the axis ends, where it is given.
    pub end: Option<f64>,
    /// The bar that stands out.
    pub highlight: Option<usize>,
    /// Height of the whole chart.
    pub height: f32,
    /// Names over the bars rather than beside them.
    pub names_above: bool,
    /// Decimals of the figures; none: as few as say them.
    pub decimals: Option<usize>,
}

/// A bar.
#[derive(Debug, Clone)]
pub struct Bar {
    /// Name.
    pub name: String,
    /// Value.
    pub value: f64,
    /// Whiskers.
    pub interval: Option<(f64, f64)>,
    /// Colour.
    pub color: Color32,
}

/// Draws bars at full width.
pub fn bar_chart(ui: &mut Ui, theme: &Theme, chart: &BarChart<'_>) -> ChartOutput {
    let width = ui.available_width().max(80.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, chart.height), Sense::click());
    let first = chart.bars.first().map_or_else(String::new, |bar| format!(": {} {}", bar.name, plain(bar.value)));
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Image, true, format!("{}, {} bars{first}", chart.title, chart.bars.len()))
    });
    let painter = ui.painter_at(rect);
    let head = if chart.title.is_empty() { 4.0 } else { HEAD };
    if !chart.title.is_empty() {
        let y = rect.top() + HEAD / 2.0;
        let at = ink::write(
            &painter,
            pos2(rect.left(), y),
            Align2::LEFT_CENTER,
            chart.title,
            ink::strong(text::BODY),
            theme.text,
            width * 0.6,
        );
        let room = rect.right() - at.right() - 8.0;
        ink::write(&painter, pos2(rect.right(), y), Align2::RIGHT_CENTER, chart.note, ink::small(), theme.dim, room);
    }
    let label = if chart.names_above {
        0.0
    } else {
        let names = chart.bars.iter().map(|bar| ink::width_of(&painter, &bar.name, ink::small()));
        names.fold(24.0, f32::max).min(width * 0.36) + 8.0
    };
    let figures = 44.0;
    let area = Rect::from_min_max(
        pos2(rect.left() + label + 4.0, rect.top() + head),
        pos2(rect.right() - figures, rect.bottom() - 38.0),
    );
    let scale = scale_of(chart);
    let x_of = |value: f64| area.left() + (scale.unit(value).clamp(0.0, 1.0) as f32) * area.width();
    let mut before = f32::NEG_INFINITY;
    for tick in scale.ticks(((area.width() / 48.0) as usize).clamp(2, 6)) {
        let x = painter.round_to_pixel_center(x_of(tick.value));
        painter.vline(x, area.y_range(), Stroke::new(1.0, theme.grid_line));
        let half = ink::width_of(&painter, &tick.label, ink::small()) / 2.0;
        if x - half > before + 6.0 {
            let at = pos2(x.max(rect.left() + half), area.bottom() + 5.0);
            painter.text(at, Align2::CENTER_TOP, &tick.label, ink::small(), theme.dim);
            before = x + half;
        }
    }
    ink::write(
        &painter,
        pos2(rect.right(), rect.bottom() - 2.0),
        Align2::RIGHT_BOTTOM,
        chart.unit,
        ink::small(),
        theme.dim,
        width,
    );
    let row = (area.height() / chart.bars.len().max(1) as f32).min(30.0);
    let mut hovered = None;
    for (index, bar) in chart.bars.iter().enumerate() {
        let top = area.top() + index as f32 * row;
        let band = Rect::from_min_max(pos2(rect.left(), top), pos2(rect.right(), top + row));
        if response.hover_pos().is_some_and(|at| band.contains(at)) {
            hovered = Some(index);
        }
        let leads = hovered == Some(index) || chart.highlight == Some(index);
        let font = if leads { ink::strong(text::SMALL) } else { ink::small() };
        let color = if leads { theme.text } else { theme.dim };
        let (y, thick) = if chart.names_above && row >= 22.0 {
            ink::write(
                &painter,
                pos2(area.left(), top + 1.0),
                Align2::LEFT_TOP,
                &bar.name,
                font.clone(),
                color,
                area.width(),
            );
            (top + row - 6.0, 8.0)
        } else {
            if !chart.names_above {
                ink::write(
                    &painter,
                    pos2(area.left() - 8.0, top + row / 2.0),
                    Align2::RIGHT_CENTER,
                    &bar.name,
                    font.clone(),
                    color,
                    label - 8.0,
                );
            }
            (top + row / 2.0, (row * 0.45).clamp(2.0, 10.0))
        };
        if bar.value.is_finite() {
            let (from, to) = (x_of(chart.base.max(scale.low)), x_of(bar.value));
            let fill = if leads { bar.color } else { bar.color.gamma_multiply(0.75) };
            let (from, to) = (from.min(to), from.max(to));
            painter.rect_filled(
                Rect::from_min_max(pos2(from, y - thick / 2.0), pos2(to, y + thick / 2.0)),
                CornerRadius::same(1),
                fill,
            );
            if let Some((low, high)) = bar.interval.filter(|(low, high)| low.is_finite() && high.is_finite()) {
                let stroke = Stroke::new(1.0, theme.text);
                let y = painter.round_to_pixel_center(y);
                painter.hline(x_of(low)..=x_of(high), y, stroke);
                for end in [low, high] {
                    painter.vline(painter.round_to_pixel_center(x_of(end)), y - 3.0..=y + 3.0, stroke);
                }
            }
        }
        let figure = match chart.decimals {
            Some(decimals) if bar.value.is_finite() => fixed(bar.value, decimals),
            _ => plain(bar.value),
        };
        let value_y = if chart.names_above && row >= 22.0 { top + 7.0 } else { y };
        ink::write(&painter, pos2(rect.right(), value_y), Align2::RIGHT_CENTER, &figure, font, color, figures);
    }
    ChartOutput { response, hovered }
}

fn scale_of(chart: &BarChart<'_>) -> Scale {
    let ends = chart.bars.iter().flat_map(|bar| match bar.interval {
        Some((low, high)) => [bar.value, low, high],
        None => [bar.value; 3],
    });
    let fitted = Scale::fit(ends.chain([chart.base]).chain(chart.end), false, 0.0);
    match chart.end {
        Some(end) => Scale::new(fitted.low, end.max(fitted.high), false),
        None => fitted.rounded(4),
    }
}
