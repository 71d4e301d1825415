//! The charts of a sweep in their rows: history and parallel coordinates; the objective against each parameter;
//! importance, the two most important together, and the workers.

use cairn_protocol::sweeps::{SweepState, TrialState};
use egui::{Color32, Frame, Margin, Rect, Sense, Stroke, Ui, UiBuilder, vec2};

use super::{
    insight::{importance, ranking, trend},
    marks::mark_of,
    parallel::{Parallel, parallel_ui},
    timeline::timeline_ui,
    trials::{AxisKind, Brushes, Prepared},
};
use crate::{
    charts::{
        Bar, BarChart, ChartOutput, ScatterChart, ScatterPoint, StepHistory, bar_chart, ink, scatter, step_history,
        viridis,
    },
    ctx::{Action, Ctx, Selection},
    theme::{Theme, size, text},
    widgets,
};

/// What is drawn.
pub struct Board<'a> {
    /// The sweep.
    pub sweep: &'a SweepState,
    /// Prepared for drawing.
    pub prepared: &'a Prepared,
    /// Which trials the brushes let through.
    pub selected: &'a [bool],
    /// The trial that stands out, by index.
    pub lit: Option<usize>,
}

impl Board<'_> {
    fn color(&self, theme: &Theme, index: usize) -> Color32 {
        let state = self.sweep.trials[index].state;
        let color = match state {
            TrialState::Failed => theme.fault.mark,
            TrialState::Running => theme.accent,
            TrialState::Pruned => theme.dim,
            TrialState::Complete => viridis(theme, self.prepared.shades[index]),
        };
        if self.selected[index] { color } else { color.gamma_multiply(0.25) }
    }

    fn point(&self, theme: &Theme, index: usize, x: f64, best: Option<usize>) -> ScatterPoint {
        let trial = &self.sweep.trials[index];
        ScatterPoint {
            x,
            y: trial.value.map_or(f64::NAN, |value| value.0),
            color: self.color(theme, index),
            mark: mark_of(trial.state, best == Some(index)),
            name: format!("Trial {}", trial.number),
        }
    }
}

/// Draws the board; the trial under the pointer.
pub fn board_ui(
    ui: &mut Ui,
    ctx: &Ctx<'_>,
    board: &Board<'_>,
    brushes: &mut Brushes,
    order: &mut Vec<String>,
) -> Option<usize> {
    let best = ranking(board.sweep).first().copied();
    // The objective's brush is a line in every chart that has the objective upwards.
    let limits: Vec<f64> = brushes
        .get(&board.sweep.objective.name)
        .and_then(|(low, high)| {
            let (_, axis) = board.prepared.axis(&board.sweep.objective.name)?;
            let AxisKind::Numbers(scale) = &axis.kind else { return None };
            Some(
                [*low, *high]
                    .into_iter()
                    .filter(|place| *place > 0.001 && *place < 0.999)
                    .map(|place| scale.value(place))
                    .collect(),
            )
        })
        .unwrap_or_default();
    let room = ui.available_rect_before_wrap();
    let wide = room.width() > 820.0;
    let gap = 8.0;
    let mut under = None;
    let mut note = |found: Option<usize>| under = under.or(found);
    ui.spacing_mut().item_spacing.y = gap;
    let top = (room.height() * 0.36).clamp(260.0, 340.0);
    let first: &[f32] = if wide { &[0.3, 0.7] } else { &[1.0] };
    row(ui, ctx, top, first, |ui, at| match at {
        0 => note(history_ui(ui, ctx, board, best, &limits)),
        _ => note(parallel_of(ui, ctx, board, best, brushes, order)),
    });
    if !wide {
        row(ui, ctx, top, &[1.0], |ui, _| note(parallel_of(ui, ctx, board, best, brushes, order)));
    }
    let params: Vec<usize> =
        board.prepared.axes.iter().enumerate().filter(|(_, axis)| !axis.objective).map(|(at, _)| at).collect();
    let per_row = ((room.width() / 190.0) as usize).clamp(1, 6);
    for chunk in params.chunks(per_row) {
        let shares = vec![1.0 / chunk.len().max(per_row.min(params.len())) as f32; chunk.len()];
        row(ui, ctx, 176.0, &shares, |ui, at| note(multiple_ui(ui, ctx, board, chunk[at], best, &limits, brushes)));
    }
    let last: &[f32] = if wide { &[0.3, 0.32, 0.38] } else { &[0.5, 0.5] };
    row(ui, ctx, 236.0, last, |ui, at| match at {
        0 => importance_ui(ui, ctx, board),
        1 if wide => note(pair_ui(ui, ctx, board, best)),
        _ => note(timeline_of(ui, ctx, board)),
    });
    if !wide {
        row(ui, ctx, 236.0, &[1.0], |ui, _| note(pair_ui(ui, ctx, board, best)));
    }
    ui.add_space(4.0);
    if let Some(index) = under.filter(|_| ui.input(|input| input.pointer.primary_clicked())) {
        let number = board.sweep.trials[index].number;
        ctx.push(Action::Select(Selection::Trial { sweep: board.sweep.id.clone(), number }));
    }
    under
}

/// A row of cards with these shares of the width.
fn row(ui: &mut Ui, ctx: &Ctx<'_>, height: f32, shares: &[f32], mut content: impl FnMut(&mut Ui, usize)) {
    let gap = 8.0;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    if !ui.is_rect_visible(rect) {
        return;
    }
    let inner = rect.shrink2(vec2(8.0, 0.0));
    let room = inner.width() - gap * (shares.len() as f32 - 1.0);
    let mut left = inner.left();
    for (at, share) in shares.iter().enumerate() {
        let place = Rect::from_min_size(egui::pos2(left, inner.top()), vec2(room * share, height));
        left += room * share + gap;
        let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt(("sweep card", at)));
        Frame::new()
            .fill(ctx.theme.card)
            .stroke(Stroke::new(1.0, ctx.theme.border))
            .corner_radius(size::RADIUS)
            .inner_margin(Margin { left: 10, right: 10, top: 2, bottom: 6 })
            .show(&mut child, |ui| {
                ui.set_min_size(place.size() - vec2(22.0, 10.0));
                ui.set_max_size(place.size() - vec2(22.0, 10.0));
                content(ui, at);
            });
    }
}

fn history_ui(ui: &mut Ui, ctx: &Ctx<'_>, board: &Board<'_>, best: Option<usize>, limits: &[f64]) -> Option<usize> {
    let sweep = board.sweep;
    let trials = (0..sweep.trials.len())
        .map(|index| board.point(ctx.theme, index, sweep.trials[index].number as f64, best))
        .collect();
    let chart = StepHistory {
        title: "History",
        objective: &sweep.objective.name,
        larger_is_better: sweep.objective.goal == cairn_protocol::notebook::Goal::Maximize,
        trials,
        planned: sweep.planned,
        lines_y: limits.to_vec(),
        range_y: Some(board.prepared.range),
        highlight: board.lit,
        height: ui.available_height(),
    };
    step_history(ui, ctx.theme, &chart).hovered
}

fn parallel_of(
    ui: &mut Ui,
    ctx: &Ctx<'_>,
    board: &Board<'_>,
    best: Option<usize>,
    brushes: &mut Brushes,
    order: &mut Vec<String>,
) -> Option<usize> {
    ui.horizontal(|ui| {
        ui.set_min_height(26.0);
        widgets::strong(ui, ctx.theme, "Parallel coordinates");
        widgets::small(ui, ctx.theme, "drag on an axis to brush, drag a name to reorder");
    });
    let chart =
        Parallel { sweep: board.sweep, prepared: board.prepared, selected: board.selected, best, lit: board.lit };
    let height = ui.available_height();
    parallel_ui(ui, ctx.theme, &chart, brushes, order, height)
}

fn multiple_ui(
    ui: &mut Ui,
    ctx: &Ctx<'_>,
    board: &Board<'_>,
    at: usize,
    best: Option<usize>,
    limits: &[f64],
    brushes: &Brushes,
) -> Option<usize> {
    let axis = &board.prepared.axes[at];
    // Names stand at the middle of their share of the axis; numbers at their value.
    let value_of = |place: f64| match &axis.kind {
        AxisKind::Numbers(scale) => scale.value(place),
        AxisKind::Names(_) => place,
    };
    let with: Vec<(usize, f64)> =
        board.prepared.places.iter().enumerate().filter_map(|(index, places)| Some((index, places[at]?))).collect();
    let mut points: Vec<ScatterPoint> =
        with.iter().map(|(index, place)| board.point(ctx.theme, *index, value_of(*place), best)).collect();
    let mut order: Vec<usize> = (0..points.len()).collect();
    // The best lies over all.
    order.sort_by_key(|i| (Some(with[*i].0) == best, board.selected[with[*i].0]));
    points = order.iter().map(|i| points[*i].clone()).collect();
    let known: Vec<(f64, f64)> =
        with.iter().filter_map(|(index, place)| Some((*place, board.prepared.values[*index]?))).collect();
    let numeric = matches!(axis.kind, AxisKind::Numbers(_));
    let trend = if numeric {
        trend(&known, 40).into_iter().map(|(place, y)| (value_of(place), y)).collect()
    } else {
        Vec::new()
    };
    let range_x = match &axis.kind {
        AxisKind::Numbers(scale) => (scale.low, scale.high),
        AxisKind::Names(_) => (0.0, 1.0),
    };
    let names_x: &[String] = match &axis.kind {
        AxisKind::Names(names) => names,
        AxisKind::Numbers(_) => &[],
    };
    let chart = ScatterChart {
        title: &axis.name,
        subtitle: if axis.is_log() { "log" } else { "" },
        names_x,
        points,
        log_x: axis.is_log(),
        range_x: Some(range_x),
        range_y: Some(board.prepared.range),
        band_x: brushes.get(&axis.name).map(|(low, high)| (value_of(*low), value_of(*high))),
        lines_y: limits.to_vec(),
        trend,
        highlight: board.lit.and_then(|lit| order.iter().position(|i| with[*i].0 == lit)),
        height: ui.available_height(),
        summary: format!("{} against {}, {} trials", board.sweep.objective.name, axis.name, with.len()),
        ..ScatterChart::default()
    };
    let ChartOutput { hovered, .. } = scatter(ui, ctx.theme, &chart);
    hovered.map(|point| with[order[point]].0)
}

fn importance_ui(ui: &mut Ui, ctx: &Ctx<'_>, board: &Board<'_>) {
    let importance = importance(board.prepared);
    if importance.shares.is_empty() {
        let words = format!("Importance needs 6 trials with a value; there are {}", importance.trials);
        widgets::empty_state(ui, ctx.theme, widgets::glyph::CHART_BAR, &words, None);
        return;
    }
    let unit = format!("share of variance, one-way bins, n = {}", importance.trials);
    let bars = importance
        .shares
        .iter()
        .map(|(name, share)| Bar {
            name: name.clone(),
            value: (share * 1000.0).round() / 1000.0,
            interval: None,
            color: ctx.theme.accent,
        })
        .collect();
    let chart =
        BarChart { title: "Importance", unit: &unit, bars, height: ui.available_height(), ..BarChart::default() };
    bar_chart(ui, ctx.theme, &chart).response.on_hover_text(
        "Each parameter alone, adjusted for the number of bins; what parameters do together is not in it",
    );
}

fn pair_ui(ui: &mut Ui, ctx: &Ctx<'_>, board: &Board<'_>, best: Option<usize>) -> Option<usize> {
    let importance = importance(board.prepared);
    let numeric =
        |name: &String| board.prepared.axis(name).is_some_and(|(_, axis)| matches!(axis.kind, AxisKind::Numbers(_)));
    let mut names = importance.shares.iter().map(|(name, _)| name).filter(|name| numeric(name));
    let (Some(across), Some(up)) = (names.next(), names.next()) else {
        widgets::empty_state(
            ui,
            ctx.theme,
            widgets::glyph::CHART_SCATTER,
            "Two numeric parameters are needed for this chart",
            None,
        );
        return None;
    };
    let (Some((x_at, x_axis)), Some((y_at, y_axis))) = (board.prepared.axis(across), board.prepared.axis(up)) else {
        return None;
    };
    let (AxisKind::Numbers(x), AxisKind::Numbers(y)) = (&x_axis.kind, &y_axis.kind) else { return None };
    let mut with: Vec<(usize, f64, f64)> = (0..board.sweep.trials.len())
        .filter_map(|index| {
            Some((index, x.value(board.prepared.places[index][x_at]?), y.value(board.prepared.places[index][y_at]?)))
        })
        .collect();
    with.sort_by(|a, b| {
        let rank = |index: usize| (Some(index) == best, board.prepared.shades[index]);
        rank(a.0).partial_cmp(&rank(b.0)).unwrap_or(std::cmp::Ordering::Equal)
    });
    let points = with
        .iter()
        .map(|(index, px, py)| ScatterPoint { y: *py, ..board.point(ctx.theme, *index, *px, best) })
        .collect();
    let log = |is: bool| if is { ", log" } else { "" };
    let unit_x = format!("{across}{}", log(x.log));
    let unit_y = format!("{up}{}", log(y.log));
    let chart = ScatterChart {
        title: "The two most important",
        subtitle: &board.sweep.objective.name,
        unit_x: &unit_x,
        unit_y: &unit_y,
        points,
        log_x: x.log,
        log_y: y.log,
        range_x: Some((x.low, x.high)),
        range_y: Some((y.low, y.high)),
        highlight: board.lit.and_then(|lit| with.iter().position(|(index, _, _)| *index == lit)),
        height: ui.available_height(),
        summary: format!("{up} against {across}, coloured by {}", board.sweep.objective.name),
        ..ScatterChart::default()
    };
    scatter(ui, ctx.theme, &chart).hovered.map(|point| with[point].0)
}

fn timeline_of(ui: &mut Ui, ctx: &Ctx<'_>, board: &Board<'_>) -> Option<usize> {
    let timed = board.sweep.trials.iter().any(|trial| trial.duration_secs > 0.0);
    if !timed {
        let font = ink::strong(text::BODY);
        ui.label(egui::RichText::new("Workers").font(font).color(ctx.theme.text));
        widgets::dim(ui, ctx.theme, "No trial has ended yet");
        return None;
    }
    let height = ui.available_height();
    timeline_ui(ui, ctx.theme, board.sweep, board.prepared, board.selected, board.lit, height)
}
