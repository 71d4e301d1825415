//! The history of a search: every trial by its number, and the best so far as a staircase.

use egui::{Align2, CornerRadius, Pos2, Rect, Stroke, Ui, pos2};

use super::{
    ink,
    line::ChartOutput,
    plot::{Frame, Plot, ReadOut},
    scale::{Scale, plain},
    scatter::{Mark, ScatterPoint, draw_mark},
};
use crate::theme::{Theme, text};

/// A history.
#[derive(Debug, Clone, Default)]
pub struct StepHistory<'a> {
    /// Title.
    pub title: &'a str,
    /// Name of the objective.
    pub objective: &'a str,
    /// Whether larger values are better.
    pub larger_is_better: bool,
    /// Trials: `x` is the number, `y` the objective (not finite: drawn at the lower edge).
    pub trials: Vec<ScatterPoint>,
    /// Trials planned.
    pub planned: usize,
    /// Dashed lines at objective values.
    pub lines_y: Vec<f64>,
    /// Range of the objective, where it is given.
    pub range_y: Option<(f64, f64)>,
    /// Index of the trial that stands out.
    pub highlight: Option<usize>,
    /// Height of the whole chart.
    pub height: f32,
}

impl StepHistory<'_> {
    /// The staircase: number and value of each trial that was the best so far.
    #[must_use]
    pub fn best_so_far(&self) -> Vec<(f64, f64)> {
        let mut best: Vec<(f64, f64)> = Vec::new();
        for trial in &self.trials {
            // Points that are stopped early or failed do not count, whatever they reached.
            let counts = matches!(trial.mark, Mark::Dot | Mark::Best) && trial.y.is_finite();
            let better = best
                .last()
                .is_none_or(|(_, value)| if self.larger_is_better { trial.y > *value } else { trial.y < *value });
            if counts && better {
                best.push((trial.x, trial.y));
            }
        }
        best
    }
}

/// Draws a history at full width.
pub fn step_history(ui: &mut Ui, theme: &Theme, chart: &StepHistory<'_>) -> ChartOutput {
    let first = chart.trials.iter().map(|trial| trial.x).fold(f64::INFINITY, f64::min);
    let first = if first.is_finite() { first } else { 0.0 };
    let last = chart.trials.iter().map(|trial| trial.x).fold(first, f64::max);
    let planned = first + chart.planned as f64 - 1.0;
    let x = Scale::new(first - 0.5, planned.max(last) + 0.5, false);
    let y = match chart.range_y {
        Some((low, high)) => Scale::new(low, high, false),
        None => Scale::fit(chart.trials.iter().map(|trial| trial.y), false, 0.05).rounded(4),
    };
    let best = chart.best_so_far();
    let summary = best.last().map_or_else(
        || format!("{}: no finished trial yet", chart.title),
        |(number, value)| {
            format!("Best {} {} at trial {number} of {}", chart.objective, plain(*value), chart.trials.len())
        },
    );
    let frame = Frame { title: chart.title, subtitle: "best so far", unit_x: "trial", ..Frame::default() };
    let plot = Plot::new(ui, theme, &frame, x, y, chart.height, &summary);
    if planned > last {
        let rect = Rect::from_min_max(pos2(plot.x_at(last + 0.5), plot.area.top()), plot.area.max);
        plot.painter.rect_filled(rect, CornerRadius::ZERO, theme.panel);
        let left = planned - last;
        let at = plot.area.right_bottom() - egui::vec2(6.0, 4.0);
        ink::write(
            &plot.painter,
            at,
            Align2::RIGHT_BOTTOM,
            &format!("{left} to go"),
            ink::small(),
            theme.dim,
            rect.width() - 8.0,
        );
    }
    for value in &chart.lines_y {
        plot.dashed_at_y(*value, theme.accent);
    }
    draw_staircase(&plot, theme, &best, last);
    let inside = plot.inside();
    let mut nearest: Option<(f32, usize)> = None;
    for (index, trial) in chart.trials.iter().enumerate() {
        let at = place(&plot, trial);
        draw_mark(&inside, at, trial.mark, trial.color, theme);
        if let Some(pointer) = plot.pointer() {
            let distance = at.distance(pointer);
            if distance < 14.0 && nearest.is_none_or(|(least, _)| distance < least) {
                nearest = Some((distance, index));
            }
        }
    }
    let hovered = nearest.map(|(_, index)| index);
    for index in [chart.highlight, hovered].into_iter().flatten() {
        if let Some(trial) = chart.trials.get(index) {
            inside.circle_stroke(place(&plot, trial), 6.5, Stroke::new(1.5, theme.text));
        }
    }
    if let (Some(index), Some(pointer)) = (hovered, plot.pointer()) {
        let trial = &chart.trials[index];
        let lines = [
            ReadOut::new(trial.name.clone(), "").dot(trial.color).strong(),
            ReadOut::new(chart.objective, plain(trial.y)),
        ];
        plot.read_out(theme, pointer, &lines);
    }
    ChartOutput { response: plot.response, hovered }
}

fn place(plot: &Plot, trial: &ScatterPoint) -> Pos2 {
    let y = if trial.y.is_finite() {
        plot.y_at(trial.y).clamp(plot.area.top(), plot.area.bottom())
    } else {
        plot.area.bottom() - 4.0
    };
    pos2(plot.x_at(trial.x), y)
}

fn draw_staircase(plot: &Plot, theme: &Theme, best: &[(f64, f64)], last: f64) {
    let Some(&(number, value)) = best.last() else { return };
    let mut line = Vec::new();
    for pair in best.windows(2) {
        line.push(plot.at(pair[0].0, pair[0].1));
        line.push(plot.at(pair[1].0, pair[0].1));
    }
    line.push(plot.at(number, value));
    line.push(plot.at(last.max(number), value));
    plot.inside().line(line, Stroke::new(2.0, theme.accent));
    plot.dashed_at_y(value, theme.accent.gamma_multiply(0.6));
    let y = plot.y_at(value);
    let painter = &plot.painter;
    let below = y - 30.0 < plot.area.top();
    let (first, anchor, step) =
        if below { (y + 3.0, Align2::RIGHT_TOP, 14.0) } else { (y - 16.0, Align2::RIGHT_BOTTOM, 13.0) };
    // The label keeps clear of the points: only where the staircase leaves room at the right.
    if plot.area.right() - plot.x_at(last) > 56.0 {
        painter.text(pos2(plot.area.right() - 4.0, first), anchor, plain(value), ink::strong(text::BODY), theme.text);
        painter.text(
            pos2(plot.area.right() - 4.0, first + step),
            anchor,
            format!("trial {number}"),
            ink::small(),
            theme.dim,
        );
    }
}
