//! The charts below the table: curves, a metric against a parameter, final values with their intervals.

use std::collections::BTreeMap;

use cairn_protocol::{Request, Response, runs::Run};
use egui::{Frame, Margin, Rect, Stroke, Ui, UiBuilder};

use super::columns::{larger_is_better, metric_keys, param_keys};
use crate::{
    charts::{
        Bar, BarChart, LineChart, LineSeries, Mark, ScatterChart, ScatterPoint, bar_chart, line::slot_color,
        line_chart, scatter,
    },
    ctx::Ctx,
    theme::size,
    widgets::{self, glyph},
};

/// Points of each metric of a run.
type Curves = BTreeMap<String, Vec<(f64, f64)>>;

/// What the charts show.
#[derive(Debug, Default)]
pub struct Charts {
    /// The metric of bars and points; empty: the leading one.
    pub metric: String,
    /// The metric of the curves; empty: the leading one that has curves.
    pub curve: String,
    /// The parameter of the points; empty: the first that differs.
    pub param: String,
}

/// Draws the three charts in a rectangle; the run under the pointer.
pub fn charts_ui(
    ui: &mut Ui,
    ctx: &Ctx<'_>,
    charts: &mut Charts,
    runs: &[&Run],
    eyes: &BTreeMap<String, usize>,
    lit: Option<&str>,
    rect: Rect,
) -> Option<String> {
    let shown: Vec<&Run> = runs.iter().copied().filter(|run| eyes.contains_key(&run.id)).collect();
    let metrics = metric_keys(runs.iter().copied());
    if !metrics.contains(&charts.metric) {
        charts.metric = metrics.first().cloned().unwrap_or_default();
    }
    let gap = 8.0;
    let wide = rect.width() > 700.0;
    let shares: &[f32] = if wide { &[0.44, 0.28, 0.28] } else { &[0.6, 0.4] };
    let room = rect.width() - gap * (shares.len() as f32 - 1.0);
    let mut left = rect.left();
    let mut hovered = None;
    for (index, share) in shares.iter().enumerate() {
        let width = room * share;
        let place = Rect::from_min_size(egui::pos2(left, rect.top()), egui::vec2(width, rect.height()));
        left += width + gap;
        let found = in_card(ui, ctx, place, index, |ui| match index {
            0 => curves_ui(ui, ctx, charts, &shown, eyes, lit),
            1 => param_ui(ui, ctx, charts, runs, eyes, lit),
            _ => finals_ui(ui, ctx, charts, &shown, eyes, lit, &metrics),
        });
        hovered = hovered.or(found);
    }
    hovered
}

fn in_card<R>(ui: &mut Ui, ctx: &Ctx<'_>, place: Rect, salt: usize, content: impl FnOnce(&mut Ui) -> R) -> R {
    let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt(("chart", salt)));
    Frame::new()
        .fill(ctx.theme.card)
        .stroke(Stroke::new(1.0, ctx.theme.border))
        .corner_radius(size::RADIUS)
        .inner_margin(Margin { left: 10, right: 10, top: 4, bottom: 6 })
        .show(&mut child, |ui| {
            ui.set_min_size(place.size() - egui::vec2(22.0, 12.0));
            ui.set_max_size(place.size() - egui::vec2(22.0, 12.0));
            ui.spacing_mut().item_spacing.y = 2.0;
            content(ui)
        })
        .inner
}

/// The curves of one run: metric and points, the stored ones and those that came since.
fn curves_of(ctx: &Ctx<'_>, run: &Run) -> Option<BTreeMap<String, Vec<(f64, f64)>>> {
    let request = Request::Metrics { runs: vec![run.id.clone()], keys: Vec::new(), max_points: 1000 };
    let answer = ctx.value(&request)?;
    let Response::Series(series) = answer.as_ref() else { return None };
    let mut curves: BTreeMap<String, Vec<(f64, f64)>> = series
        .iter()
        .map(|series| (series.key.clone(), series.points.iter().map(|(step, value)| (*step as f64, value.0)).collect()))
        .collect();
    for (key, points) in ctx.store.live.get(&run.id).into_iter().flatten() {
        let curve = curves.entry(key.clone()).or_default();
        let last = curve.last().map_or(f64::NEG_INFINITY, |(step, _)| *step);
        curve.extend(points.iter().map(|(step, value)| (*step as f64, *value)).filter(|(step, _)| *step > last));
    }
    Some(curves)
}

fn curves_ui(
    ui: &mut Ui,
    ctx: &Ctx<'_>,
    charts: &mut Charts,
    shown: &[&Run],
    eyes: &BTreeMap<String, usize>,
    lit: Option<&str>,
) -> Option<String> {
    let all: Vec<(&Run, Curves)> =
        shown.iter().filter_map(|run| curves_of(ctx, run).map(|curves| (*run, curves))).collect();
    let mut keys: Vec<&String> = all
        .iter()
        .flat_map(|(_, curves)| curves.iter().filter(|(_, points)| points.len() > 1).map(|(key, _)| key))
        .collect();
    keys.sort_by_key(|key| (!key.starts_with("valid."), *key));
    keys.dedup();
    if !keys.contains(&&charts.curve) {
        let like_metric = keys.iter().find(|key| ***key == charts.metric).or(keys.first());
        charts.curve = like_metric.map(|key| (*key).clone()).unwrap_or_default();
    }
    let height = ui.available_height();
    if keys.is_empty() {
        let words = if shown.is_empty() {
            "Switch on the eye of a run to see its curves"
        } else {
            "These runs have no learning curves"
        };
        if all.len() < shown.len() {
            widgets::loading(ui, ctx.theme, "Reading curves");
        } else {
            widgets::empty_state(ui, ctx.theme, glyph::CHART_LINE, words, None);
        }
        return None;
    }
    let options: Vec<(String, String)> = keys.iter().map(|key| ((*key).clone(), (*key).clone())).collect();
    ui.horizontal(|ui| {
        widgets::select(ui, ctx.theme, "Metric of the curves", &mut charts.curve, &options, 150.0);
        let count = widgets::format::plural(all.len() as u64, "run", "runs");
        widgets::small(ui, ctx.theme, count);
        let better = if larger_is_better(&charts.curve) { "higher is better" } else { "lower is better" };
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| widgets::small(ui, ctx.theme, better));
    });
    let with: Vec<(&Run, &[(f64, f64)])> = all
        .iter()
        .filter_map(|(run, curves)| curves.get(&charts.curve).map(|points| (*run, points.as_slice())))
        .collect();
    let series = with
        .iter()
        .map(|(run, points)| LineSeries { name: &run.name, color_slot: eyes[&run.id], points, dashed: false })
        .collect();
    let chart = LineChart {
        series,
        unit_x: "step",
        height: height - 28.0,
        highlight: lit.and_then(|lit| with.iter().position(|(run, _)| run.id == lit)),
        summary: format!("Curves of {} over steps for {} runs", charts.curve, with.len()),
        ..LineChart::default()
    };
    line_chart(ui, ctx.theme, chart).hovered.map(|index| with[index].0.id.clone())
}

fn param_ui(
    ui: &mut Ui,
    ctx: &Ctx<'_>,
    charts: &mut Charts,
    runs: &[&Run],
    eyes: &BTreeMap<String, usize>,
    lit: Option<&str>,
) -> Option<String> {
    let numbers = |key: &str| runs.iter().any(|run| run.params.get(key).is_some_and(|value| value.as_f64().is_some()));
    let params: Vec<(String, String)> = param_keys(runs.iter().copied())
        .into_iter()
        .filter(|(key, _)| numbers(key))
        .map(|(key, _)| (key.clone(), key))
        .collect();
    if !params.iter().any(|(key, _)| *key == charts.param) {
        // The one with the most values says the most.
        let values = |key: &str| {
            let mut bits: Vec<u64> =
                runs.iter().filter_map(|run| run.params.get(key)?.as_f64()).map(f64::to_bits).collect();
            bits.sort_unstable();
            bits.dedup();
            bits.len()
        };
        let richest = params.iter().rev().max_by_key(|(key, _)| values(key));
        charts.param = richest.map(|(key, _)| key.clone()).unwrap_or_default();
    }
    let height = ui.available_height();
    if params.is_empty() {
        widgets::empty_state(ui, ctx.theme, glyph::CHART_SCATTER, "No run has a numeric parameter yet", None);
        return None;
    }
    ui.horizontal(|ui| {
        widgets::small(ui, ctx.theme, format!("{} by", charts.metric));
        widgets::select(
            ui,
            ctx.theme,
            "Parameter",
            &mut charts.param,
            &params,
            ui.available_width().clamp(60.0, 150.0),
        );
    });
    let mut with: Vec<(&Run, f64, f64)> = runs
        .iter()
        .filter_map(|run| Some((*run, run.params.get(&charts.param)?.as_f64()?, run.metrics.get(&charts.metric)?.0)))
        .collect();
    // Runs in colour lie over the others.
    with.sort_by_key(|(run, _, _)| eyes.contains_key(&run.id));
    let positive = with.iter().map(|(_, x, _)| *x).filter(|x| *x > 0.0);
    let (low, high) = positive.fold((f64::INFINITY, 0.0_f64), |(low, high), x| (low.min(x), high.max(x)));
    let log_x = high / low >= 30.0 && with.iter().all(|(_, x, _)| *x > 0.0);
    let unit = if log_x { format!("{}, log", charts.param) } else { charts.param.clone() };
    let points = with
        .iter()
        .map(|(run, x, y)| {
            let slot = eyes.get(&run.id);
            let color = slot.map_or(ctx.theme.dim.gamma_multiply(0.7), |slot| slot_color(ctx.theme, *slot));
            let mark = if slot.is_some() { Mark::Dot } else { Mark::Ring };
            ScatterPoint { x: *x, y: *y, color, mark, name: run.name.clone() }
        })
        .collect();
    let chart = ScatterChart {
        title: "",
        unit_x: &unit,
        unit_y: "",
        points,
        log_x,
        highlight: lit.and_then(|lit| with.iter().position(|(run, _, _)| run.id == lit)),
        height: height - 28.0,
        summary: format!("{} against {} for {} runs", charts.metric, charts.param, with.len()),
        ..ScatterChart::default()
    };
    scatter(ui, ctx.theme, &chart).hovered.map(|index| with[index].0.id.clone())
}

fn finals_ui(
    ui: &mut Ui,
    ctx: &Ctx<'_>,
    charts: &mut Charts,
    shown: &[&Run],
    eyes: &BTreeMap<String, usize>,
    lit: Option<&str>,
    metrics: &[String],
) -> Option<String> {
    let height = ui.available_height();
    if metrics.is_empty() {
        widgets::empty_state(ui, ctx.theme, glyph::CHART_BAR, "No run has a metric yet", None);
        return None;
    }
    let options: Vec<(String, String)> = metrics.iter().map(|key| (key.clone(), key.clone())).collect();
    ui.horizontal(|ui| {
        widgets::small(ui, ctx.theme, "Final");
        widgets::select(
            ui,
            ctx.theme,
            "Final metric",
            &mut charts.metric,
            &options,
            ui.available_width().clamp(60.0, 150.0),
        );
    });
    let mut with: Vec<(&Run, f64)> =
        shown.iter().filter_map(|run| Some((*run, run.metrics.get(&charts.metric)?.0))).collect();
    let larger = larger_is_better(&charts.metric);
    with.sort_by(|a, b| if larger { b.1.total_cmp(&a.1) } else { a.1.total_cmp(&b.1) });
    let rows = ((height - 28.0 - 44.0) / 24.0).max(1.0) as usize;
    let mut any_interval = false;
    let bars: Vec<Bar> = with
        .iter()
        .take(rows)
        .map(|(run, value)| {
            let error = run.metrics.get(&format!("{}.std_error", charts.metric)).map(|error| error.0);
            any_interval |= error.is_some();
            Bar {
                name: run.name.clone(),
                value: *value,
                interval: error.map(|error| (value - 1.96 * error, value + 1.96 * error)),
                color: slot_color(ctx.theme, eyes[&run.id]),
            }
        })
        .collect();
    let auc = charts.metric.ends_with("auc") && !charts.metric.ends_with("pr_auc");
    let unit = match (auc, any_interval) {
        (true, true) => "0.5 = chance, 95 % interval",
        (true, false) => "0.5 = chance",
        (false, true) => "95 % interval",
        (false, false) => "",
    };
    let base = if auc && bars.iter().all(|bar| bar.value >= 0.5) { 0.5 } else { 0.0 };
    let chart = BarChart {
        title: "",
        unit,
        base,
        highlight: lit.and_then(|lit| with.iter().position(|(run, _)| run.id == lit)),
        height: height - 28.0,
        names_above: true,
        decimals: Some(4).filter(|_| bars.iter().all(|bar| bar.value.abs() < 10.0)),
        bars,
        ..BarChart::default()
    };
    bar_chart(ui, ctx.theme, &chart).hovered.map(|index| with[index].0.id.clone())
}
