//! Learning curves: one chart a metric, with the parts of the table as its curves.

use std::collections::BTreeMap;

use cairn_protocol::notebook::Goal;
use egui::{Ui, vec2};

use super::{
    card::Card,
    train_result::{better, part_title},
};
use crate::{
    charts::{self, LineChart, LineSeries, Marker},
    widgets::format,
};

/// Points of a curve.
pub type Curve = Vec<(f64, f64)>;

/// Name of a metric for people, from its key without the part.
fn metric_title(key: &str) -> String {
    match key {
        "auc" => "AUC".into(),
        "pr_auc" => "PR-AUC".into(),
        "rmse" => "RMSE".into(),
        "mae" => "MAE".into(),
        "r2" => "R²".into(),
        "mse" => "MSE".into(),
        "f1" => "F1".into(),
        other => {
            let words = other.replace('_', " ");
            let mut letters = words.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
        }
    }
}

fn goal_of_key(key: &str) -> Goal {
    let higher = ["auc", "pr_auc", "accuracy", "balanced_accuracy", "f1", "r2", "precision", "recall", "mcc"];
    if higher.contains(&key) { Goal::Maximize } else { Goal::Minimize }
}

/// Curves by metric: for each, the parts in the order training, validation, test.
#[must_use]
pub fn group_curves(series: Vec<(String, Curve)>) -> Vec<(String, Vec<(String, Curve)>)> {
    let mut groups: BTreeMap<String, Vec<(String, Curve)>> = BTreeMap::new();
    for (key, points) in series {
        let (part, metric) = key.split_once('.').unwrap_or(("", &key));
        groups.entry(metric.to_owned()).or_default().push((part.to_owned(), points));
    }
    let order = |part: &str| ["train", "valid", "test"].iter().position(|known| *known == part).unwrap_or(3);
    let mut groups: Vec<_> = groups.into_iter().collect();
    for (_, curves) in &mut groups {
        curves.sort_by_key(|(part, _)| order(part));
    }
    // What is judged on validation too comes first; losses before the rest.
    groups.sort_by_key(|(metric, curves)| {
        let judged = curves.iter().any(|(part, _)| part == "valid");
        let rank = ["log_loss", "rmse", "mse", "auc", "r2", "accuracy"].iter().position(|known| known == metric);
        (!judged, rank.unwrap_or(99), goal_of_key(metric) == Goal::Maximize)
    });
    groups
}

/// Draws the curves of up to two metrics.
pub fn curves_ui(ui: &mut Ui, card: Card<'_>, series: Vec<(String, Curve)>, best: Option<u64>, planned: Option<f64>) {
    let theme = card.theme();
    let groups = group_curves(series);
    let width = ui.available_width();
    let beside = if width > 560.0 { 2 } else { 1 };
    let shown = groups.len().min(2);
    let each = if shown > 1 && beside > 1 { (width - 24.0) / 2.0 } else { width };
    let draw = |ui: &mut Ui, metric: &str, curves: &[(String, Curve)]| {
        let title = metric_title(metric);
        let names: Vec<&str> =
            curves.iter().map(|(part, _)| if part == "valid" { "valid." } else { part.as_str() }).collect();
        let series = curves.iter().zip(&names).map(|((part, points), name)| LineSeries {
            name,
            color_slot: match part.as_str() {
                "valid" => 4,
                "test" => 3,
                _ => 0,
            },
            points,
            dashed: false,
        });
        let markers = best.map(|at| Marker { x: at as f64, label: format!("best {at}") });
        let last = curves.iter().filter_map(|(part, points)| Some((part, points.last()?.1)));
        let words: Vec<String> =
            last.map(|(part, value)| format!("{} {}", part_title(part), format::figure(value))).collect();
        let chart = LineChart {
            title: &title,
            better: better(goal_of_key(metric)),
            unit_x: "steps",
            series: series.collect(),
            markers: markers.into_iter().collect(),
            height: 190.0,
            summary: format!("{title} while training: {}", words.join(", ")),
            planned_x: planned,
            end_labels: true,
            ..LineChart::default()
        };
        charts::line_chart(ui, theme, chart);
    };
    if shown > 1 && beside > 1 {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 24.0;
            for (metric, curves) in groups.iter().take(2) {
                ui.allocate_ui(vec2(each, 190.0), |ui| {
                    ui.vertical(|ui| {
                        ui.set_width(each);
                        draw(ui, metric, curves);
                    });
                });
            }
        });
    } else {
        for (metric, curves) in groups.iter().take(2) {
            draw(ui, metric, curves);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_of_a_metric_stand_in_one_chart() {
        let keys = ["valid.auc", "train.log_loss", "train.auc", "valid.log_loss", "train.grad_norm"];
        let groups = group_curves(keys.iter().map(|key| ((*key).to_owned(), vec![(0.0, 1.0)])).collect());
        let names: Vec<_> = groups.iter().map(|(metric, curves)| (metric.as_str(), curves.len())).collect();
        assert_eq!(names, [("log_loss", 2), ("auc", 2), ("grad_norm", 1)]);
        assert_eq!(groups[0].1[0].0, "train");
    }
}
