//! Counts in bins.

use egui::{CornerRadius, Rect, Response, Ui, pos2};

use super::{
    plot::{Frame, Plot, ReadOut},
    scale::{Scale, fixed, plain},
};
use crate::theme::Theme;

/// Counts in bins of equal width.
#[derive(Debug, Clone, Default)]
pub struct HistogramChart<'a> {
    /// Title.
    pub title: &'a str,
    /// Unit of the values.
    pub unit: &'a str,
    /// Lower end of the first bin.
    pub low: f64,
    /// Upper end of the last bin.
    pub high: f64,
    /// Rows in each bin.
    pub counts: &'a [u64],
    /// Height of the whole chart.
    pub height: f32,
}

/// Draws a histogram at full width.
pub fn histogram(ui: &mut Ui, theme: &Theme, chart: &HistogramChart<'_>) -> Response {
    let most = chart.counts.iter().copied().max().unwrap_or(0);
    let all: u64 = chart.counts.iter().sum();
    let x = Scale::new(chart.low, chart.high, false);
    let y = Scale::new(0.0, most.max(1) as f64, false).rounded(3);
    let frame = Frame { title: chart.title, unit_x: chart.unit, unit_y: "rows", ..Frame::default() };
    let summary =
        format!("{}: {} values from {} to {}", chart.title, fixed(all as f64, 0), plain(chart.low), plain(chart.high));
    let plot = Plot::new(ui, theme, &frame, x, y, chart.height, &summary);
    let bins = chart.counts.len().max(1) as f64;
    let mut under = None;
    for (index, &count) in chart.counts.iter().enumerate() {
        let ends = [index as f64, index as f64 + 1.0].map(|at| x.value(at / bins));
        let (left, right) = (plot.x_at(ends[0]), plot.x_at(ends[1]));
        let gap = if right - left > 4.0 { 1.0 } else { 0.0 };
        let rect = Rect::from_min_max(pos2(left, plot.y_at(count as f64)), pos2(right - gap, plot.area.bottom()));
        let here = plot.pointer().is_some_and(|at| at.x >= left && at.x < right);
        let color = if here { theme.accent } else { theme.accent.gamma_multiply(0.7) };
        plot.painter.rect_filled(rect, CornerRadius::ZERO, color);
        if here {
            under = Some((ends, count));
        }
    }
    if let (Some((ends, count)), Some(pointer)) = (under, plot.pointer()) {
        let range = format!("{} – {}", plain(ends[0]), plain(ends[1]));
        plot.read_out(theme, pointer, &[ReadOut::new(range, fixed(count as f64, 0))]);
    }
    plot.response
}
