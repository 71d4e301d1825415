//! Curves over a common axis: learning curves, ROC, metrics of runs.

use egui::{Align2, Color32, CornerRadius, Pos2, Rect, Response, Shape, Stroke, Ui, pos2};

use super::{
    ink,
    plot::{Frame, Plot, ReadOut},
    reduce::polylines,
    scale::{Scale, plain},
};
use crate::theme::Theme;

/// A chart of curves.
#[derive(Debug, Clone, Default)]
pub struct LineChart<'a> {
    /// Title.
    pub title: &'a str,
    /// Dim text after the title.
    pub subtitle: &'a str,
    /// Unit of the horizontal axis: «trees», «false alarm rate».
    pub unit_x: &'a str,
    /// Unit of the vertical axis; empty where the title says it.
    pub unit_y: &'a str,
    /// «lower is better»; at the upper right.
    pub better: &'a str,
    /// The curves.
    pub series: Vec<LineSeries<'a>>,
    /// Dashed marks at horizontal values: «best 174».
    pub markers: Vec<Marker>,
    /// Height of the whole chart.
    pub height: f32,
    /// Whether the horizontal axis is logarithmic.
    pub log_x: bool,
    /// Whether the vertical axis is logarithmic.
    pub log_y: bool,
    /// One sentence: the accessible name; empty: made of title and last values.
    pub summary: String,
    /// The horizontal end that is planned, e.g. trees of a training that goes on; beyond the curves it is shaded.
    pub planned_x: Option<f64>,
    /// Limits of both axes, where they are given: x low, x high, y low, y high.
    pub limits: Option<[f64; 4]>,
    /// A dashed line from the lower left to the upper right (ROC, calibration).
    pub diagonal: bool,
    /// The curve that stands out, e.g. because its row is hovered.
    pub highlight: Option<usize>,
    /// Whether names stand at the ends of the curves (up to four).
    pub end_labels: bool,
    /// Whether names stand in a legend at the lower right.
    pub legend: bool,
}

/// A curve.
#[derive(Debug, Clone, Default)]
pub struct LineSeries<'a> {
    /// Name.
    pub name: &'a str,
    /// Slot of the theme's series colours (taken modulo their number).
    pub color_slot: usize,
    /// Points in drawing order; one that is not finite leaves a gap.
    pub points: &'a [(f64, f64)],
    /// Whether the curve is dashed.
    pub dashed: bool,
}

/// A dashed mark at a horizontal value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Marker {
    /// Where.
    pub x: f64,
    /// What it says.
    pub label: String,
}

/// What happened in a chart.
pub struct ChartOutput {
    /// Of the whole chart.
    pub response: Response,
    /// The curve or point under the pointer.
    pub hovered: Option<usize>,
}

/// The colour of a slot.
#[must_use]
pub fn slot_color(theme: &Theme, slot: usize) -> Color32 {
    theme.series[slot % theme.series.len()]
}

/// Draws curves at full width.
pub fn line_chart(ui: &mut Ui, theme: &Theme, chart: LineChart<'_>) -> ChartOutput {
    let (x, y) = scales(&chart);
    let labels = chart.end_labels && chart.series.len() <= 4;
    let right = if labels { end_label_room(ui, &chart, &x) } else { 0.0 };
    let frame = Frame {
        title: chart.title,
        subtitle: chart.subtitle,
        note: chart.better,
        unit_x: chart.unit_x,
        unit_y: chart.unit_y,
        right,
        ..Frame::default()
    };
    let height = if chart.height > 0.0 { chart.height } else { 180.0 };
    let plot = Plot::new(ui, theme, &frame, x, y, height, &summary_of(&chart));
    draw_planned(&plot, theme, &chart);
    if chart.diagonal {
        let ends = [plot.at(x.low, y.low), plot.at(x.high, y.high)];
        plot.painter.extend(Shape::dashed_line(&ends, Stroke::new(1.0, theme.border), 4.0, 4.0));
    }
    let hovered = plot.pointer().and_then(|pointer| nearest_curve(&plot, &chart, pointer));
    let leading = hovered.or(chart.highlight.filter(|at| *at < chart.series.len()));
    draw_markers(&plot, theme, &chart);
    draw_curves(&plot, theme, &chart, leading, labels);
    if chart.legend {
        draw_legend(&plot, theme, &chart);
    }
    if let Some(pointer) = plot.pointer() {
        draw_read_out(&plot, theme, &chart, pointer, leading);
    }
    ChartOutput { response: plot.response, hovered }
}

fn scales(chart: &LineChart<'_>) -> (Scale, Scale) {
    if let Some([x_low, x_high, y_low, y_high]) = chart.limits {
        return (Scale::new(x_low, x_high, chart.log_x), Scale::new(y_low, y_high, chart.log_y));
    }
    let points = || chart.series.iter().flat_map(|series| series.points.iter()).filter(|at| at.1.is_finite());
    let x = Scale::fit(points().map(|at| at.0).chain(chart.planned_x), chart.log_x, 0.0);
    let y = Scale::fit(points().map(|at| at.1), chart.log_y, 0.04);
    (x, y.rounded(4))
}

fn end_label_room(ui: &Ui, chart: &LineChart<'_>, x: &Scale) -> f32 {
    let ends = chart.series.iter().filter_map(last_finite).map(|(at, _)| x.unit(at));
    let furthest = ends.fold(0.0, f64::max);
    let widest = chart
        .series
        .iter()
        .filter_map(|series| last_finite(series).map(|(_, value)| end_label(series, value)))
        .map(|label| ink::width_of(ui.painter(), &label, ink::small()))
        .fold(0.0, f32::max);
    let missing = widest + 14.0 - (1.0 - furthest) as f32 * (ui.available_width() - 56.0);
    missing.clamp(0.0, ui.available_width() * 0.35)
}

fn end_label(series: &LineSeries<'_>, value: f64) -> String {
    format!("{} {}", series.name, plain(value))
}

fn last_finite(series: &LineSeries<'_>) -> Option<(f64, f64)> {
    series.points.iter().rev().find(|(x, y)| x.is_finite() && y.is_finite()).copied()
}

fn summary_of(chart: &LineChart<'_>) -> String {
    if !chart.summary.is_empty() {
        return chart.summary.clone();
    }
    let ends: Vec<String> = chart
        .series
        .iter()
        .take(6)
        .filter_map(|series| last_finite(series).map(|(_, value)| end_label(series, value)))
        .collect();
    if ends.is_empty() {
        format!("{}: no points yet", chart.title)
    } else {
        format!("{}: {}", chart.title, ends.join(", "))
    }
}

/// The part that is still to come.
fn draw_planned(plot: &Plot, theme: &Theme, chart: &LineChart<'_>) {
    let last = chart.series.iter().filter_map(last_finite).map(|(x, _)| x).fold(f64::NEG_INFINITY, f64::max);
    if let Some(planned) = chart.planned_x
        && last.is_finite()
        && planned > last
    {
        let rect = Rect::from_min_max(pos2(plot.x_at(last), plot.area.top()), plot.area.max);
        plot.painter.rect_filled(rect, CornerRadius::ZERO, theme.panel);
    }
}

fn draw_markers(plot: &Plot, theme: &Theme, chart: &LineChart<'_>) {
    for marker in &chart.markers {
        let x = plot.x_at(marker.x);
        if !plot.area.x_range().contains(x) {
            continue;
        }
        plot.dashed_at_x(marker.x, theme.dim);
        let to_the_left = x > plot.area.center().x;
        let (anchor, at) = if to_the_left {
            (Align2::RIGHT_TOP, pos2(x - 4.0, plot.area.top()))
        } else {
            (Align2::LEFT_TOP, pos2(x + 4.0, plot.area.top()))
        };
        ink::write(&plot.painter, at, anchor, &marker.label, ink::small(), theme.dim, plot.area.width() / 2.0);
    }
}

fn draw_curves(plot: &Plot, theme: &Theme, chart: &LineChart<'_>, leading: Option<usize>, labels: bool) {
    let inside = plot.inside();
    let mut ends: Vec<(Pos2, String, Color32)> = Vec::new();
    // The leading curve is drawn last, over the others.
    let mut order: Vec<usize> = (0..chart.series.len()).collect();
    if let Some(leading) = leading {
        order.sort_by_key(|index| *index == leading);
    }
    for index in order {
        let series = &chart.series[index];
        let (width, strength) = match leading {
            Some(leading) if leading == index => (2.5, 1.0),
            Some(_) => (1.5, 0.66),
            None => (1.5, 1.0),
        };
        let color = slot_color(theme, series.color_slot).gamma_multiply(strength);
        let place = |(x, y): (f64, f64)| (plot.x_at(x), plot.y_at(y));
        for line in polylines(series.points, place, inside.pixels_per_point()) {
            if line.len() == 1 {
                inside.circle_filled(line[0], 2.0, color);
                continue;
            }
            if line.len() <= 16 {
                // So few points are each worth seeing.
                for at in &line {
                    inside.circle_filled(*at, 2.5, color);
                }
            }
            if series.dashed {
                inside.extend(Shape::dashed_line(&line, Stroke::new(width, color), 5.0, 3.0));
            } else {
                inside.line(line, Stroke::new(width, color));
            }
        }
        if let Some((x, y)) = last_finite(series) {
            let at = plot.at(x, y);
            if at.x.is_finite() && at.y.is_finite() {
                if !chart.diagonal {
                    inside.circle_filled(at, 3.0, color);
                }
                ends.push((at, end_label(series, y), theme.text));
            }
        }
    }
    if labels {
        draw_end_labels(plot, ends);
    }
}

/// Names at the ends of the curves, pushed apart where they would overlap.
fn draw_end_labels(plot: &Plot, mut ends: Vec<(Pos2, String, Color32)>) {
    const ROW: f32 = 14.0;
    ends.sort_by(|a, b| a.0.y.total_cmp(&b.0.y));
    let mut lowest = plot.area.top() - ROW;
    let below: Vec<f32> = ends
        .iter()
        .map(|(at, _, _)| {
            lowest = (lowest + ROW).max(at.y);
            lowest
        })
        .collect();
    let overflow = (lowest - plot.area.bottom()).max(0.0);
    for ((at, label, color), y) in ends.into_iter().zip(below) {
        let room = plot.outer.right() - at.x - 8.0;
        let at = pos2(at.x + 8.0, y - overflow);
        ink::write(&plot.painter, at, Align2::LEFT_CENTER, &label, ink::small(), color, room);
    }
}

fn draw_legend(plot: &Plot, theme: &Theme, chart: &LineChart<'_>) {
    const ROW: f32 = 16.0;
    let widest =
        chart.series.iter().map(|series| ink::width_of(&plot.painter, series.name, ink::small())).fold(0.0, f32::max);
    let width = widest.min(plot.area.width() * 0.5);
    for (row, series) in chart.series.iter().enumerate() {
        let y = plot.area.bottom() - 8.0 - (chart.series.len() - row) as f32 * ROW + ROW / 2.0;
        let left = plot.area.right() - width - 6.0;
        plot.painter.hline(left - 20.0..=left - 6.0, y, Stroke::new(2.0, slot_color(theme, series.color_slot)));
        ink::write(&plot.painter, pos2(left, y), Align2::LEFT_CENTER, series.name, ink::small(), theme.text, width);
    }
}

/// The point of a curve nearest to a horizontal place; found by halves where the points are in order.
fn nearest_point(plot: &Plot, series: &LineSeries<'_>, pointer: Pos2) -> Option<(f64, f64)> {
    let wanted = plot.x.value(f64::from((pointer.x - plot.area.left()) / plot.area.width()));
    let at = series.points.partition_point(|(x, _)| *x < wanted);
    let from = at.saturating_sub(8);
    let until = (at + 8).min(series.points.len());
    series.points[from..until]
        .iter()
        .filter(|(x, y)| x.is_finite() && y.is_finite())
        .min_by(|a, b| (plot.x_at(a.0) - pointer.x).abs().total_cmp(&(plot.x_at(b.0) - pointer.x).abs()))
        .copied()
}

fn nearest_curve(plot: &Plot, chart: &LineChart<'_>, pointer: Pos2) -> Option<usize> {
    let mut best: Option<(f32, usize)> = None;
    for (index, series) in chart.series.iter().enumerate() {
        let Some((x, y)) = nearest_point(plot, series, pointer) else { continue };
        let distance = plot.at(x, y).distance(pointer);
        if distance < 16.0 && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, index));
        }
    }
    best.map(|(_, index)| index)
}

fn draw_read_out(plot: &Plot, theme: &Theme, chart: &LineChart<'_>, pointer: Pos2, leading: Option<usize>) {
    let mut rows: Vec<(usize, (f64, f64))> = chart
        .series
        .iter()
        .enumerate()
        .filter_map(|(index, series)| nearest_point(plot, series, pointer).map(|point| (index, point)))
        .collect();
    let Some(&(_, (x, _))) = rows
        .iter()
        .min_by(|a, b| (plot.x_at(a.1.0) - pointer.x).abs().total_cmp(&(plot.x_at(b.1.0) - pointer.x).abs()))
    else {
        return;
    };
    plot.dashed_at_x(x, theme.dim);
    rows.sort_by(|a, b| b.1.1.total_cmp(&a.1.1));
    if let Some(leading) = leading {
        rows.sort_by_key(|(index, _)| *index != leading);
    }
    let unit = chart.unit_x.split(',').next().unwrap_or_default();
    let mut lines = vec![ReadOut::new(format!("{unit} {}", plain(x)).trim().to_owned(), "")];
    let room = ((plot.outer.height() / 16.0) as usize).saturating_sub(3).clamp(1, 10);
    for (index, (x, y)) in rows.iter().take(room) {
        let series = &chart.series[*index];
        let color = slot_color(theme, series.color_slot);
        plot.inside().circle_filled(plot.at(*x, *y), 3.0, color);
        let line = ReadOut::new(series.name, plain(*y)).dot(color);
        lines.push(if leading == Some(*index) { line.strong() } else { line });
    }
    if rows.len() > room {
        lines.push(ReadOut::new(format!("and {} more", rows.len() - room), ""));
    }
    plot.read_out(theme, pointer, &lines);
}
