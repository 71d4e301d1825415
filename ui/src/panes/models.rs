//! The models pane: what training made, the best first.

use cairn_protocol::{
    Request, Response,
    runs::{Run, RunStatus, RunsQuery},
};
use egui::{Align, Layout, ScrollArea, Ui};

use super::runs::columns::{larger_is_better, metric_keys, metric_text, param_keys};
use crate::{
    ctx::{Action, Ctx, Selection, Tab},
    theme::size,
    widgets::{self, Button, ChipTone, button, format, glyph},
};

/// Height of a model's card.
const CARD: f32 = 62.0;

/// The pane's state.
#[derive(Debug, Default)]
pub struct ModelsPane {
    /// The metric that orders; empty: the leading one.
    metric: String,
}

impl ModelsPane {
    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>) {
        let theme = ctx.theme;
        let request =
            Request::Runs(RunsQuery { filter: "status = 'finished'".into(), limit: 2000, ..RunsQuery::default() });
        let fetched = ctx.read(&request);
        let Some(answer) = fetched.value else {
            ui.add_space(12.0);
            match fetched.error {
                Some(error) => {
                    if widgets::error_card(ui, theme, &error, true) {
                        ctx.store.retry(&request);
                    }
                }
                None => widgets::loading(ui, theme, "Reading models"),
            }
            return;
        };
        let Response::Runs(page) = answer.as_ref() else { return };
        let mut models: Vec<&Run> =
            page.runs.iter().filter(|run| run.status == RunStatus::Finished && !run.model.is_empty()).collect();
        if models.is_empty() {
            let words = "No model yet: train one in a notebook, and it appears here";
            widgets::empty_state(ui, theme, glyph::CUBE, words, None);
            return;
        }
        let metrics = metric_keys(models.iter().copied());
        if !metrics.contains(&self.metric) {
            self.metric = metrics.first().cloned().unwrap_or_default();
        }
        order(&mut models, &self.metric);
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            ui.add_space(12.0);
            widgets::strong(ui, theme, format::plural(models.len() as u64, "model", "models"));
            widgets::dim(ui, theme, "ordered by");
            let options: Vec<(String, String)> = metrics.iter().map(|key| (key.clone(), key.clone())).collect();
            widgets::select(ui, theme, "Metric that orders the models", &mut self.metric, &options, 160.0);
        });
        ui.add_space(8.0);
        let params: Vec<String> = param_keys(models.iter().copied())
            .into_iter()
            .filter(|(_, same)| !same)
            .map(|(key, _)| key)
            .take(4)
            .collect();
        ui.spacing_mut().item_spacing.y = 8.0;
        ScrollArea::vertical().auto_shrink([false, false]).show_rows(ui, CARD, models.len(), |ui, rows| {
            for rank in rows {
                model_ui(ui, ctx, models[rank], rank, &self.metric, &params);
            }
        });
    }
}

/// Best first; models without the metric come last.
fn order(models: &mut [&Run], metric: &str) {
    let sign = if larger_is_better(metric) { -1.0 } else { 1.0 };
    let key = |run: &Run| {
        run.metrics.get(metric).map(|value| value.0 * sign).filter(|value| value.is_finite()).unwrap_or(f64::INFINITY)
    };
    models.sort_by(|a, b| key(a).total_cmp(&key(b)).then(b.id.cmp(&a.id)));
}

fn model_ui(ui: &mut Ui, ctx: &Ctx<'_>, run: &Run, rank: usize, metric: &str, params: &[String]) {
    let theme = ctx.theme;
    ui.horizontal(|ui| {
        ui.add_space(12.0);
        let selected = *ctx.selection == Selection::Run(run.id.clone());
        ui.vertical(|ui| {
            let width = (ui.available_width() - 12.0).min(900.0);
            ui.set_width(width);
            widgets::card(ui, theme, selected, |ui| {
                egui::Frame::new().inner_margin(egui::Margin::symmetric(12, 6)).show(ui, |ui| {
                    ui.set_width(width - 26.0);
                    ui.spacing_mut().item_spacing.y = 2.0;
                    ui.horizontal(|ui| {
                        ui.set_height(size::CONTROL);
                        widgets::icon(
                            ui,
                            theme,
                            if rank == 0 { glyph::TROPHY } else { glyph::CUBE },
                            theme.accent,
                            16.0,
                        );
                        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                            let show =
                                Button::plain("Show lineage").name(format!("Show the lineage of {}", run.name)).small();
                            if button(ui, theme, show).clicked() {
                                ctx.push(Action::Select(Selection::Node(run.model.clone())));
                                ctx.push(Action::Open(Tab::Lineage(Some(run.model.clone()))));
                            }
                            let value =
                                run.metrics.get(metric).map_or_else(|| "–".into(), |value| metric_text(value.0));
                            if let Some(error) = run.metrics.get(&format!("{metric}.std_error")) {
                                widgets::dim(ui, theme, format!("±{}", format::significant(error.0, 2)));
                            }
                            widgets::title(ui, theme, value);
                            widgets::dim(ui, theme, metric);
                            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                                if widgets::link(ui, theme, &run.name).clicked() {
                                    ctx.push(Action::Select(Selection::Run(run.id.clone())));
                                }
                                if let Some(warning) = run.warnings.first() {
                                    widgets::chip(ui, theme, ChipTone::Warning, Some(glyph::WARNING), warning);
                                }
                            });
                        });
                    });
                    let mut parts = vec![run.algorithm.replace('_', " "), format::ago(&run.started_at, ctx.now_secs)];
                    parts.extend(params.iter().filter_map(|key| {
                        run.params.get(key).map(|value| format!("{key} {}", super::runs::columns::param_text(value)))
                    }));
                    parts.retain(|part| !part.is_empty());
                    widgets::small(ui, theme, parts.join(" · "));
                });
            });
        });
    });
}

#[cfg(test)]
mod tests {
    use super::{super::runs::columns::tests::run, *};

    #[test]
    fn the_best_comes_first_and_what_has_no_value_last() {
        let (low, high, none) = (run(1, 0.7), run(2, 0.9), run(3, f64::NAN));
        let mut models = vec![&low, &none, &high];
        order(&mut models, "valid.auc");
        let ids: Vec<&str> = models.iter().map(|run| run.id.as_str()).collect();
        assert_eq!(ids, ["R002", "R001", "R003"]);
    }
}
