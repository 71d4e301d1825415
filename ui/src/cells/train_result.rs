//! What came of a training: how far it is, metrics with their spread, curves, confusion or residuals, importance.

use cairn_protocol::{
    Real, Request, Response,
    notebook::{Goal, TrainCell},
    results::{CellResult, CellState, MetricValue, PartEvaluation, TrainResult},
    runs::{MetricSeries, Run, RunsQuery},
};
use egui::{Align, Frame, Layout, Margin, Ui, vec2};

use super::{
    card::{Card, result_of},
    curves::{self, Curve},
    strips,
};
use crate::{
    charts::{self, Change, Mark, MetricTile, ScatterChart, ScatterPoint, dots_with_intervals, scatter},
    theme::{Theme, size},
    widgets::{self, format, glyph},
};

/// Draws the results at the right of the form.
pub fn body_ui(ui: &mut Ui, card: Card<'_>, _train: &TrainCell) {
    let response = card.result();
    let result = match result_of(response.as_ref()) {
        Some(CellResult::Train(result)) => Some(result),
        _ => None,
    };
    let running = card.state().state == CellState::Running;
    if running {
        strips::running(ui, card);
        widgets::hairline(ui, card.theme());
    }
    Frame::new().inner_margin(Margin::symmetric(12, 10)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing = vec2(12.0, 12.0);
        let live = card.state().run_id.as_ref().and_then(|run| card.ctx.store.live.get(run)).filter(|_| running);
        match (result, live) {
            (_, Some(live)) => {
                let series = live.iter().map(|(key, points)| {
                    let points: Curve = points.iter().map(|(step, value)| (*step as f64, *value)).collect();
                    (key.clone(), points)
                });
                curves::curves_ui(ui, card, series.collect(), None, planned_steps(card));
                if let Some(result) = result {
                    ui.add_enabled_ui(false, |ui| tiles_ui(ui, card, result));
                }
            }
            (Some(result), None) => result_ui(ui, card, result),
            (None, None) => nothing_yet(ui, card),
        }
    });
}

fn nothing_yet(ui: &mut Ui, card: Card<'_>) {
    let theme = card.theme();
    if let Some(error) = card.result_error() {
        if widgets::error_card(ui, theme, &error, true) {
            card.ctx.store.retry(&card.result_request());
        }
    } else if card.is_busy() {
        widgets::loading(ui, theme, "Waiting for the first figures…");
    } else if card.state().ran_at.is_empty() {
        ui.allocate_ui(vec2(ui.available_width(), 220.0), |ui| {
            if widgets::empty_state(ui, theme, glyph::CHART_LINE, "No model yet", Some("Train")) {
                card.run();
            }
        });
    } else {
        widgets::loading(ui, theme, "Reading the run…");
    }
}

/// The number of steps a running training plans, as its job says: «tree 212 of 300».
fn planned_steps(card: Card<'_>) -> Option<f64> {
    let detail = &card.job()?.detail;
    let after = detail.rsplit(" of ").next()?;
    let digits: String = after.chars().take_while(|letter| letter.is_ascii_digit() || *letter == ',').collect();
    digits.replace(',', "").parse().ok()
}

fn result_ui(ui: &mut Ui, card: Card<'_>, result: &TrainResult) {
    tiles_ui(ui, card, result);
    let series = result.curves.iter().map(|curve: &MetricSeries| {
        let points: Curve = curve.points.iter().map(|(step, Real(value))| (*step as f64, *value)).collect();
        (curve.key.clone(), points)
    });
    let series: Vec<_> = series.filter(|(_, points)| points.len() > 1).collect();
    if !series.is_empty() {
        curves::curves_ui(ui, card, series, result.steps.1, None);
        widgets::hairline(ui, card.theme());
    }
    let width = ui.available_width();
    let part = shown_part(ui, card, result);
    if width > 600.0 {
        let left = (width * 0.44).min(400.0);
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 24.0;
            ui.allocate_ui(vec2(left, 10.0), |ui| {
                ui.vertical(|ui| {
                    ui.set_width(left);
                    picture_ui(ui, card, result, part, left);
                });
            });
            ui.vertical(|ui| importance_ui(ui, card.theme(), result));
        });
    } else {
        picture_ui(ui, card, result, part, width);
        importance_ui(ui, card.theme(), result);
    }
}

fn part_id(card: Card<'_>) -> egui::Id {
    egui::Id::unique(("shown part", card.path(), card.name()))
}

/// The part whose figures show: the one chosen, else validation, else what there is.
fn shown_part<'r>(ui: &Ui, card: Card<'_>, result: &'r TrainResult) -> Option<&'r PartEvaluation> {
    let parts = &result.evaluation.parts;
    let chosen = ui.data(|data| data.get_temp::<String>(part_id(card)));
    let by_name = |name: &str| parts.iter().find(|part| part.part == name);
    chosen.and_then(|name| by_name(&name)).or_else(|| by_name("valid")).or_else(|| parts.last())
}

/// Name of a part for people.
#[must_use]
pub fn part_title(part: &str) -> &str {
    match part {
        "train" => "Training",
        "valid" => "Validation",
        "test" => "Test",
        other => other,
    }
}

fn tiles_ui(ui: &mut Ui, card: Card<'_>, result: &TrainResult) {
    let theme = card.theme();
    let Some(part) = shown_part(ui, card, result) else { return };
    let parts = &result.evaluation.parts;
    if parts.len() > 1 {
        let titles: Vec<&str> = parts.iter().map(|part| part_title(&part.part)).collect();
        let mut index = parts.iter().position(|of| of.part == part.part).unwrap_or_default();
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            if widgets::segmented(ui, theme, "Figures of", &mut index, &titles) {
                let name = parts[index].part.clone();
                ui.data_mut(|data| data.insert_temp(part_id(card), name));
            }
            let rows = format!("{} rows", format::count(part.rows));
            widgets::small(ui, theme, rows);
        });
    }
    let warning = result.run.warnings.join("\n");
    let warning = Some(warning.as_str()).filter(|words| !words.is_empty());
    let before = run_before(card, result);
    let room = ui.available_width();
    let gap = 8.0;
    let most = ((room + gap) / (138.0 + gap)).floor().max(1.0) as usize;
    let metrics: Vec<&MetricValue> = part.metrics.iter().take(most.min(6)).collect();
    let each = ((room - gap * (metrics.len() as f32 - 1.0)) / metrics.len().max(1) as f32).floor();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = gap;
        for metric in metrics {
            let tile = MetricTile {
                title: &metric.title,
                value: value_text(metric),
                spread: spread_text(metric),
                warning,
                change: before.as_ref().and_then(|before| change_of(metric, &part.part, before)),
                width: each,
            };
            charts::metric_tile(ui, theme, tile).on_hover_ui(|ui| {
                ui.set_max_width(260.0);
                metric_hint(ui, theme, metric);
            });
        }
    });
}

/// The finished run of the same cell before this one.
fn run_before(card: Card<'_>, result: &TrainResult) -> Option<Run> {
    let quoted = card.name().replace('\'', "");
    let filter = format!("cell = '{quoted}' and status = 'finished'");
    let request = Request::Runs(RunsQuery { filter, sort: String::new(), limit: 40, offset: 0 });
    let answer = card.ctx.value(&request)?;
    let Response::Runs(page) = answer.as_ref() else { return None };
    let earlier = page.runs.iter().filter(|run| {
        run.id != result.run.id
            && run.experiment == result.run.experiment
            && run.sweep.is_empty()
            && run.started_at < result.run.started_at
    });
    earlier.max_by(|a, b| a.started_at.cmp(&b.started_at)).cloned()
}

/// How a metric differs from an earlier run; nothing where it does not.
fn change_of(metric: &MetricValue, part: &str, before: &Run) -> Option<Change> {
    let Real(old) = *before.metrics.get(&format!("{part}.{}", metric.name))?;
    let change = metric.value.0 - old;
    let decimals = metric.std_error.map_or(4, |Real(error)| if error > 0.0 { decimals_of(error) } else { 4 });
    let text = format!("{change:+.decimals$}").replace('-', "−");
    let nothing = !text.contains(|letter: char| ('1'..='9').contains(&letter));
    (change.is_finite() && !nothing).then(|| Change { text, better: metric.goal.better(metric.value.0, old) })
}

/// A metric's value to the digits that its standard error leaves.
#[must_use]
pub fn value_text(metric: &MetricValue) -> String {
    match metric.std_error {
        Some(Real(error)) if error > 0.0 && error.is_finite() && metric.value.0.is_finite() => {
            format!("{:.*}", decimals_of(error), metric.value.0)
        }
        _ => format::figure(metric.value.0),
    }
}

/// Decimals that show a standard error with two digits.
fn decimals_of(error: f64) -> usize {
    (1 - error.log10().floor() as i32).clamp(0, 9) as usize
}

/// The spread of a metric in a few characters.
#[must_use]
pub fn spread_text(metric: &MetricValue) -> String {
    match (metric.std_error, metric.baseline) {
        (Some(Real(error)), _) if error > 0.0 && error.is_finite() => format!("±{error:.*}", decimals_of(error)),
        (_, Some(Real(base))) => format!("base {}", format::figure(base)),
        _ => String::new(),
    }
}

fn metric_hint(ui: &mut Ui, theme: &Theme, metric: &MetricValue) {
    widgets::strong(ui, theme, metric.title.as_str());
    if let Some((low, high)) = metric.interval {
        let range = format!("95 % interval {} – {}", format::figure(low.0), format::figure(high.0));
        widgets::text(ui, theme, range);
    }
    if let Some(base) = metric.baseline {
        widgets::text(ui, theme, format!("A model without knowledge reaches {}", format::figure(base.0)));
    }
    widgets::dim(ui, theme, better(metric.goal));
}

/// Which way is better, in words.
#[must_use]
pub fn better(goal: Goal) -> &'static str {
    match goal {
        Goal::Minimize => "lower is better",
        Goal::Maximize => "higher is better",
    }
}

/// Confusion matrix, or true against predicted values.
fn picture_ui(ui: &mut Ui, card: Card<'_>, result: &TrainResult, part: Option<&PartEvaluation>, width: f32) {
    let theme = card.theme();
    let Some(part) = part else { return };
    let of_part = part_title(&part.part).to_lowercase();
    if !part.confusion.is_empty() {
        widgets::frames::row_of_two(
            ui,
            24.0,
            |ui| {
                widgets::strong(ui, theme, format!("Confusion, {of_part}"));
            },
            |ui| {
                if let Some(Real(threshold)) = part.threshold {
                    widgets::small(ui, theme, format!("threshold {}", format::significant(threshold, 2)));
                }
            },
        );
        charts::confusion(ui, theme, &result.evaluation.classes, &part.confusion, width.min(400.0));
        let facts = part.metrics.iter().filter(|metric| ["precision", "recall", "f1"].contains(&metric.name.as_str()));
        let facts: Vec<String> = facts.map(|metric| format!("{} {:.2}", metric.title, metric.value.0)).collect();
        if !facts.is_empty() {
            widgets::small(ui, theme, facts.join(" · "));
        }
    } else if !part.residuals.is_empty() {
        let points = part.residuals.iter().map(|(Real(truth), Real(predicted))| ScatterPoint {
            x: *truth,
            y: *predicted,
            color: theme.series[0].gamma_multiply(0.55),
            mark: Mark::Dot,
            name: String::new(),
        });
        let chart = ScatterChart {
            title: "Predicted against true",
            subtitle: &of_part,
            unit_x: "true",
            unit_y: "predicted",
            points: points.collect(),
            diagonal: true,
            height: 240.0,
            ..ScatterChart::default()
        };
        scatter(ui, theme, &chart);
    }
}

fn importance_ui(ui: &mut Ui, theme: &Theme, result: &TrainResult) {
    const SHOWN: usize = 8;
    if result.importance.is_empty() {
        return;
    }
    let rows: Vec<(String, f64, f64)> = result
        .importance
        .iter()
        .take(SHOWN)
        .map(|feature| (feature.feature.clone(), feature.value, feature.std_error))
        .collect();
    let spans = |rows: &[(String, f64, f64)]| {
        let positive = rows.iter().map(|(_, value, _)| *value).filter(|value| *value > 0.0);
        let (low, high) = positive.fold((f64::MAX, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        high > low * 30.0
    };
    let log = spans(&rows);
    // The kernel's sdk measures the loss it can measure for every model: see `Explain` of the kernel protocol.
    let loss = match result.evaluation.task {
        Some(cairn_protocol::Task::Regression) => "squared error",
        _ => "log loss",
    };
    let mut note = format!("rise of the {loss} when shuffled, ±1 SE");
    if log {
        note.push_str(", log scale");
    }
    dots_with_intervals(ui, theme, &rows, log, "Importance", &note);
    if result.importance.len() > SHOWN {
        let more = result.importance.len() - SHOWN;
        widgets::small(ui, theme, format!("{} with less", format::plural(more as u64, "column", "columns")));
    }
}

/// The footer: run, rows, warnings.
pub fn footer_ui(ui: &mut Ui, card: Card<'_>) {
    let theme = card.theme();
    let response = card.result();
    let Some(CellResult::Train(result)) = result_of(response.as_ref()) else { return };
    Frame::new()
        .fill(theme.panel)
        .inner_margin(Margin::symmetric(12, 0))
        .corner_radius(egui::CornerRadius { sw: size::RADIUS, se: size::RADIUS, ..egui::CornerRadius::ZERO })
        .show(ui, |ui| {
            let height = size::CARD_FOOTER;
            ui.allocate_ui_with_layout(
                vec2(ui.available_width(), height),
                Layout::left_to_right(Align::Center),
                |ui| {
                    ui.set_min_size(vec2(ui.available_width(), height));
                    ui.spacing_mut().item_spacing.x = 8.0;
                    let rows = |name: &str| {
                        let part = result.evaluation.parts.iter().find(|part| part.part == name)?;
                        Some(format::count(part.rows))
                    };
                    let mut facts = Vec::new();
                    if !result.importance.is_empty() {
                        facts.push(format::plural(result.importance.len() as u64, "input", "inputs"));
                    }
                    match (rows("train"), rows("valid")) {
                        (Some(train), Some(valid)) => facts.push(format!("fits on {train} rows, judged on {valid}")),
                        (Some(train), None) => facts.push(format!("fits on {train} rows")),
                        _ => {}
                    }
                    if !result.run.kernel.is_empty() {
                        facts.push(result.run.kernel.clone());
                    }
                    let name = if result.run.name.is_empty() { &result.run.id } else { &result.run.name };
                    if widgets::link(ui, theme, format!("Run {name}")).on_hover_text(&result.run.id).clicked() {
                        card.ctx.push(crate::ctx::Action::Select(crate::ctx::Selection::Run(result.run.id.clone())));
                        card.ctx.push(crate::ctx::Action::Open(crate::ctx::Tab::Runs));
                    }
                    widgets::small(ui, theme, facts.join(" · "));
                    if let Some(before) = run_before(card, result) {
                        let words = format!("▲ better ▼ worse than {}", before.name);
                        widgets::small(ui, theme, words);
                    }
                    if let Some(first) = result.run.warnings.first() {
                        widgets::icon(ui, theme, glyph::WARNING, theme.warning.mark, 14.0);
                        let words = egui::RichText::new(first).size(11.0).color(theme.warning.text);
                        ui.add(egui::Label::new(words).truncate().selectable(false))
                            .on_hover_text(result.run.warnings.join("\n"));
                    }
                },
            );
        });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_shows_the_digits_its_error_leaves() {
        let metric = |value, error| MetricValue {
            name: String::new(),
            title: String::new(),
            value: Real(value),
            std_error: Some(Real(error)),
            interval: None,
            baseline: None,
            goal: Goal::Maximize,
        };
        assert_eq!(value_text(&metric(0.861_34, 0.013)), "0.861");
        assert_eq!(spread_text(&metric(0.861_34, 0.01)), "±0.010");
        assert_eq!(value_text(&metric(1284.31, 14.2)), "1284");
        assert_eq!(value_text(&metric(0.5, 0.0)), "0.5");
    }
}
