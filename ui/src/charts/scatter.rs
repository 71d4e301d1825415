//! Points: a metric against a parameter, predicted against true values.

use egui::{Color32, Painter, Pos2, Rect, Response, Shape, Stroke, Ui, pos2, vec2};

use super::{
    line::ChartOutput,
    plot::{Frame, Plot, ReadOut},
    scale::{Scale, plain},
};
use crate::theme::Theme;

/// A chart of points.
#[derive(Debug, Clone, Default)]
pub struct ScatterChart<'a> {
    /// Title; empty: no head.
    pub title: &'a str,
    /// Dim text after the title.
    pub subtitle: &'a str,
    /// Unit of the horizontal axis.
    pub unit_x: &'a str,
    /// Unit of the vertical axis.
    pub unit_y: &'a str,
    /// The points, drawn in order.
    pub points: Vec<ScatterPoint>,
    /// Whether the horizontal axis is logarithmic.
    pub log_x: bool,
    /// Whether the vertical axis is logarithmic.
    pub log_y: bool,
    /// Range of the horizontal axis, where it is given.
    pub range_x: Option<(f64, f64)>,
    /// Range of the vertical axis, where it is given.
    pub range_y: Option<(f64, f64)>,
    /// Shaded range of horizontal values.
    pub band_x: Option<(f64, f64)>,
    /// Dashed lines at vertical values.
    pub lines_y: Vec<f64>,
    /// Dashed line where both are equal.
    pub diagonal: bool,
    /// A smooth curve to be drawn dim behind the points.
    pub trend: Vec<(f64, f64)>,
    /// The point that stands out.
    pub highlight: Option<usize>,
    /// Height of the whole chart.
    pub height: f32,
    /// One sentence: the accessible name; empty: made of title and count.
    pub summary: String,
    /// Names in place of horizontal ticks; the horizontal values are then shares of the axis.
    pub names_x: &'a [String],
}

/// A point.
#[derive(Debug, Clone)]
pub struct ScatterPoint {
    /// Horizontal value.
    pub x: f64,
    /// Vertical value.
    pub y: f64,
    /// Colour.
    pub color: Color32,
    /// Shape.
    pub mark: Mark,
    /// Name in the read-out.
    pub name: String,
}

/// The shape of a point.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mark {
    /// A filled dot.
    #[default]
    Dot,
    /// A ring.
    Ring,
    /// A cross: stopped early.
    Cross,
    /// A triangle: failed.
    Triangle,
    /// A dot within a ring: the best.
    Best,
}

/// Draws points at full width.
pub fn scatter(ui: &mut Ui, theme: &Theme, chart: &ScatterChart<'_>) -> ChartOutput {
    let plot = frame(ui, theme, chart, None);
    draw(plot, theme, chart)
}

/// Draws points in a given rectangle.
pub fn scatter_in(ui: &Ui, theme: &Theme, chart: &ScatterChart<'_>, rect: Rect, response: Response) -> ChartOutput {
    let (x, y) = scales(chart);
    let plot = Plot::within(ui, theme, &frame_of(chart), x, y, rect, response, &summary_of(chart));
    draw(plot, theme, chart)
}

fn frame(ui: &mut Ui, theme: &Theme, chart: &ScatterChart<'_>, height: Option<f32>) -> Plot {
    let (x, y) = scales(chart);
    Plot::new(ui, theme, &frame_of(chart), x, y, height.unwrap_or(chart.height.max(80.0)), &summary_of(chart))
}

fn frame_of<'a>(chart: &ScatterChart<'a>) -> Frame<'a> {
    Frame {
        title: chart.title,
        subtitle: chart.subtitle,
        unit_x: chart.unit_x,
        unit_y: chart.unit_y,
        names_x: chart.names_x,
        ..Frame::default()
    }
}

fn summary_of(chart: &ScatterChart<'_>) -> String {
    if chart.summary.is_empty() {
        format!("{}, {} points", chart.title, chart.points.len())
    } else {
        chart.summary.clone()
    }
}

fn scales(chart: &ScatterChart<'_>) -> (Scale, Scale) {
    let shown = || chart.points.iter().filter(|point| point.x.is_finite() && point.y.is_finite());
    let x = match chart.range_x {
        Some((low, high)) => Scale::new(low, high, chart.log_x),
        None => Scale::fit(shown().map(|point| point.x), chart.log_x, 0.06),
    };
    let y = match chart.range_y {
        Some((low, high)) => Scale::new(low, high, chart.log_y),
        None => Scale::fit(shown().map(|point| point.y), chart.log_y, 0.04).rounded(4),
    };
    if chart.diagonal {
        let both = Scale::new(x.low.min(y.low), x.high.max(y.high), false);
        return (both, both);
    }
    (x, y)
}

fn draw(plot: Plot, theme: &Theme, chart: &ScatterChart<'_>) -> ChartOutput {
    let inside = plot.inside();
    if let Some((low, high)) = chart.band_x {
        let rect = Rect::from_min_max(pos2(plot.x_at(low), plot.area.top()), pos2(plot.x_at(high), plot.area.bottom()));
        inside.rect_filled(rect.intersect(plot.area), 0.0, theme.accent.gamma_multiply(0.18));
    }
    for value in &chart.lines_y {
        plot.dashed_at_y(*value, theme.accent);
    }
    if chart.diagonal {
        let ends = [plot.at(plot.x.low, plot.y.low), plot.at(plot.x.high, plot.y.high)];
        inside.extend(Shape::dashed_line(&ends, Stroke::new(1.0, theme.dim), 4.0, 4.0));
    }
    if chart.trend.len() > 1 {
        let line: Vec<Pos2> = chart
            .trend
            .iter()
            .map(|(x, y)| plot.at(*x, *y))
            .filter(|at| at.x.is_finite() && at.y.is_finite())
            .collect();
        inside.line(line, Stroke::new(1.5, theme.dim.gamma_multiply(0.7)));
    }
    let mut nearest: Option<(f32, usize)> = None;
    for (index, point) in chart.points.iter().enumerate() {
        let at = plot.at(point.x, point.y);
        if !at.x.is_finite() || !at.y.is_finite() {
            continue;
        }
        if let Some(pointer) = plot.pointer() {
            let distance = at.distance(pointer);
            if distance < 14.0 && nearest.is_none_or(|(least, _)| distance < least) {
                nearest = Some((distance, index));
            }
        }
        draw_mark(&inside, at, point.mark, point.color, theme);
    }
    let hovered = nearest.map(|(_, index)| index);
    for index in [chart.highlight, hovered].into_iter().flatten() {
        if let Some(point) = chart.points.get(index) {
            let at = plot.at(point.x, point.y);
            if at.x.is_finite() && at.y.is_finite() {
                inside.circle_filled(at, 4.5, point.color);
                inside.circle_stroke(at, 6.5, Stroke::new(1.5, theme.text));
            }
        }
    }
    if let (Some(index), Some(pointer)) = (hovered, plot.pointer()) {
        let point = &chart.points[index];
        let mut lines = Vec::new();
        if !point.name.is_empty() {
            lines.push(ReadOut::new(point.name.clone(), "").dot(point.color).strong());
        }
        let unit = |unit: &str, or: &str| if unit.is_empty() { or.to_owned() } else { unit.to_owned() };
        let named = (point.x * chart.names_x.len() as f64) as usize;
        let x = chart.names_x.get(named).map_or_else(|| plain(point.x), Clone::clone);
        lines.push(ReadOut::new(unit(chart.unit_x, if chart.title.is_empty() { "x" } else { chart.title }), x));
        lines.push(ReadOut::new(unit(chart.unit_y, "value"), plain(point.y)));
        plot.read_out(theme, pointer, &lines);
    }
    ChartOutput { response: plot.response, hovered }
}

/// Draws one mark.
pub fn draw_mark(painter: &Painter, at: Pos2, mark: Mark, color: Color32, theme: &Theme) {
    match mark {
        Mark::Dot => {
            painter.circle_filled(at, 3.0, color);
        }
        Mark::Ring => {
            painter.circle_stroke(at, 3.0, Stroke::new(1.5, color));
        }
        Mark::Cross => {
            let arm = vec2(2.5, 2.5);
            let other = vec2(2.5, -2.5);
            painter.line_segment([at - arm, at + arm], Stroke::new(1.0, color));
            painter.line_segment([at - other, at + other], Stroke::new(1.0, color));
        }
        Mark::Triangle => {
            let corners = vec![at + vec2(0.0, -4.0), at + vec2(4.0, 3.0), at + vec2(-4.0, 3.0)];
            painter.add(Shape::convex_polygon(corners, color, Stroke::NONE));
        }
        Mark::Best => {
            painter.circle_filled(at, 7.5, theme.card);
            painter.circle_stroke(at, 6.5, Stroke::new(1.5, theme.text));
            painter.circle_filled(at, 4.0, color);
        }
    }
}
