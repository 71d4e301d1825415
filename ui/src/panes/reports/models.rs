//! The sections of a report about its models: leaderboard, curves, importance.

use cairn_protocol::results::{ReportContent, TrainResult};
use egui::{Stroke, Ui, pos2};

use super::{
    preview::judged,
    sections::{heading, row_ui},
};
use crate::{
    charts::{
        LineChart, LineSeries, Mark, ScatterChart, ScatterPoint, confusion, dots_with_intervals, line::slot_color,
        line_chart, scatter,
    },
    ctx::Ctx,
    widgets::format,
};

/// The models in their order, with intervals on a common axis.
pub fn leaderboard_ui(ui: &mut Ui, ctx: &Ctx<'_>, content: &ReportContent) {
    if content.models.is_empty() {
        return;
    }
    let theme = ctx.theme;
    let title = content.metric.as_ref().map_or("metric", |(name, _)| name);
    heading(ui, ctx, "Leaderboard", &format!("ordered by validation {title}"));
    let of = |model: &TrainResult, part: &str| {
        let part = model.evaluation.parts.iter().find(|known| known.part == part)?;
        let metric = part.metrics.iter().find(|metric| metric.name == *title).or(part.metrics.first())?;
        Some((metric.value.0, metric.interval.map(|(low, high)| (low.0, high.0))))
    };
    let judged_in = |model: &TrainResult| of(model, "test").or_else(|| of(model, "valid"));
    let ends = content.models.iter().filter_map(judged_in).flat_map(|(value, interval)| {
        let (low, high) = interval.unwrap_or((value, value));
        [low, high]
    });
    let scale = crate::charts::Scale::fit(ends, false, 0.08);
    row_ui(
        ui,
        ctx,
        &[
            (0.0, 0.06, "", false, false),
            (0.06, 0.44, "Model", false, false),
            (0.44, 0.56, "Valid", true, false),
            (0.56, 0.68, "Test", true, false),
            (0.72, 1.0, "95 % interval", false, false),
        ],
    );
    for (index, model) in content.models.iter().enumerate().take(20) {
        let figure =
            |part: &str| of(model, part).map_or_else(|| "–".to_owned(), |(value, _)| format::significant(value, 3));
        let (number, valid, test) = ((index + 1).to_string(), figure("valid"), figure("test"));
        let rect = row_ui(
            ui,
            ctx,
            &[
                (0.0, 0.06, &number, false, false),
                (0.09, 0.44, &model.run.name, false, true),
                (0.44, 0.56, &valid, true, false),
                (0.56, 0.68, &test, true, true),
            ],
        );
        let painter = ui.painter();
        let color = slot_color(theme, index);
        painter.circle_filled(pos2(rect.left() + 0.07 * rect.width(), rect.center().y), 3.5, color);
        let Some((value, interval)) = judged_in(model) else { continue };
        let x = |value: f64| rect.left() + (0.72 + 0.28 * scale.unit(value).clamp(0.0, 1.0) as f32) * rect.width();
        let y = painter.round_to_pixel_center(rect.center().y);
        if let Some((low, high)) = interval {
            painter.hline(x(low)..=x(high), y, Stroke::new(1.5, color));
            for end in [low, high] {
                painter.vline(x(end), y - 4.0..=y + 4.0, Stroke::new(1.5, color));
            }
        }
        painter.circle_filled(pos2(x(value), y), 3.5, color);
    }
}

fn pairs(points: &[(cairn_protocol::Real, cairn_protocol::Real)]) -> Vec<(f64, f64)> {
    points.iter().map(|(x, y)| (x.0, y.0)).collect()
}

/// ROC, calibration, confusion or residuals.
pub fn curves_ui(ui: &mut Ui, ctx: &Ctx<'_>, content: &ReportContent) {
    let theme = ctx.theme;
    let Some(best) = content.models.first() else { return };
    let Some(part) = judged(best) else { return };
    let rocs: Vec<(String, Vec<(f64, f64)>)> = content
        .models
        .iter()
        .take(4)
        .filter_map(|model| Some((model.run.name.clone(), pairs(&judged(model)?.roc))))
        .filter(|(_, points)| points.len() > 1)
        .collect();
    if !rocs.is_empty() {
        heading(ui, ctx, "ROC", &part.part);
        let series = rocs
            .iter()
            .enumerate()
            .map(|(slot, (name, points))| LineSeries { name, color_slot: slot, points, dashed: false })
            .collect();
        let chart = LineChart {
            unit_x: "false alarm rate",
            unit_y: "share found",
            series,
            limits: Some([0.0, 1.0, 0.0, 1.0]),
            diagonal: true,
            legend: true,
            height: 230.0,
            summary: format!("ROC curves of {} models", rocs.len()),
            ..LineChart::default()
        };
        line_chart(ui, theme, chart);
    }
    if !part.calibration.is_empty() {
        heading(ui, ctx, "Calibration", &format!("{}, {} groups", part.part, part.calibration.len()));
        let points: Vec<(f64, f64)> = part.calibration.iter().map(|bin| (bin.predicted.0, bin.observed.0)).collect();
        let end = points.iter().flat_map(|(x, y)| [*x, *y]).filter(|value| value.is_finite()).fold(0.05, f64::max);
        let series = vec![LineSeries { name: &best.run.name, color_slot: 0, points: &points, dashed: false }];
        let chart = LineChart {
            unit_x: "predicted",
            unit_y: "observed",
            series,
            limits: Some([0.0, end, 0.0, end]),
            diagonal: true,
            height: 210.0,
            summary: "Calibration: observed share against predicted probability".into(),
            ..LineChart::default()
        };
        line_chart(ui, theme, chart);
    }
    if !part.confusion.is_empty() {
        let threshold = part.threshold.map_or_else(String::new, |at| format!("threshold {}", format::figure(at.0)));
        heading(ui, ctx, "Confusion", &format!("{} {threshold}", part.part));
        let width = ui.available_width().min(420.0);
        confusion(ui, theme, &best.evaluation.classes, &part.confusion, width);
    }
    if !part.residuals.is_empty() {
        heading(ui, ctx, "Predicted and true", &part.part);
        let color = slot_color(theme, 0).gamma_multiply(0.6);
        let points = pairs(&part.residuals)
            .into_iter()
            .map(|(x, y)| ScatterPoint { x, y, color, mark: Mark::Dot, name: String::new() })
            .collect();
        let chart = ScatterChart {
            unit_x: "true",
            unit_y: "predicted",
            points,
            diagonal: true,
            height: 240.0,
            ..ScatterChart::default()
        };
        scatter(ui, theme, &chart);
    }
}

/// What the best model leans on.
pub fn importance_ui(ui: &mut Ui, ctx: &Ctx<'_>, content: &ReportContent) {
    let Some(best) = content.models.first().filter(|best| !best.importance.is_empty()) else { return };
    heading(ui, ctx, "Importance", "rise of the loss when a column is shuffled, ± its standard error");
    let rows: Vec<(String, f64, f64)> = best
        .importance
        .iter()
        .take(12)
        .map(|feature| (feature.feature.clone(), feature.value, feature.std_error))
        .collect();
    let (largest, least) = (rows.first().map_or(0.0, |row| row.1), rows.last().map_or(0.0, |row| row.1));
    dots_with_intervals(ui, ctx.theme, &rows, least <= 0.0 || largest / least > 30.0, "", "");
}
