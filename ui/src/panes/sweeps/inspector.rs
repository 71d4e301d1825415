//! One trial: what it reached, where it stands within the searched ranges, the runners-up, where to look next.

use cairn_protocol::{
    Request, Response,
    notebook::Goal,
    runs::RunStatus,
    sweeps::{SweepState, TrialState},
};
use egui::{Align, Layout, Sense, Stroke, Ui, pos2, vec2};

use super::{
    insight::{advice, importance, ranking},
    trials::Prepared,
};
use crate::{
    charts::viridis,
    ctx::{Action, Ctx, Selection, Tab},
    fonts,
    panes::runs::{
        columns::{metric_text, param_text},
        inspector as run_inspector,
    },
    theme::text,
    widgets::{self, Button, button, format, glyph},
};

/// Draws the inspector of a trial.
pub fn inspector(ui: &mut Ui, ctx: &Ctx<'_>, sweep: &str, number: usize) {
    let request = Request::Sweep { id: sweep.to_owned() };
    let fetched = super::throttled(ui, ctx, &request);
    let Some(answer) = fetched.value else {
        match fetched.error {
            Some(error) => {
                if widgets::error_card(ui, ctx.theme, &error, true) {
                    ctx.store.retry(&request);
                }
            }
            None => widgets::loading(ui, ctx.theme, "Reading the sweep"),
        }
        return;
    };
    let Response::Sweep(sweep) = answer.as_ref() else { return };
    let Some(index) = sweep.trials.iter().position(|trial| trial.number == number) else {
        widgets::dim(ui, ctx.theme, "This trial has not begun");
        return;
    };
    let prepared = Prepared::new(sweep);
    let order = ranking(sweep);
    head_ui(ui, ctx, sweep, &prepared, index, order.first() == Some(&index));
    params_ui(ui, ctx, sweep, &prepared, index);
    runners_ui(ui, ctx, sweep, &prepared, &order, index);
    run_inspector::section(ui, ctx, "Where to look next");
    for line in advice(sweep, &prepared, &importance(&prepared)) {
        ui.horizontal_top(|ui| {
            widgets::icon(ui, ctx.theme, glyph::COMPASS, ctx.theme.accent, 14.0);
            widgets::paragraph(ui, line, ctx.theme.text);
        });
        ui.add_space(4.0);
    }
}

fn head_ui(ui: &mut Ui, ctx: &Ctx<'_>, sweep: &SweepState, prepared: &Prepared, index: usize, best: bool) {
    let theme = ctx.theme;
    let trial = &sweep.trials[index];
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(12.0, 16.0), Sense::hover());
        ui.painter().circle_filled(rect.center(), 4.5, viridis(theme, prepared.shades[index]));
        widgets::heading(ui, theme, format!("Trial {}", trial.number));
        if best {
            widgets::chip(ui, theme, widgets::ChipTone::Good, Some(glyph::TROPHY), "best");
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            widgets::small(ui, theme, format::secs(trial.duration_secs))
        });
    });
    ui.horizontal(|ui| {
        let value = match (trial.value, trial.state) {
            (Some(value), _) => metric_text(value.0),
            (None, TrialState::Running) => "running".into(),
            (None, _) => "–".into(),
        };
        let large = egui::RichText::new(value).font(fonts::strong(text::LARGE)).color(theme.text);
        ui.add(egui::Label::new(large).selectable(false));
        widgets::dim(ui, theme, &sweep.objective.name);
    });
    if !trial.reason.is_empty() {
        widgets::paragraph(ui, trial.reason.clone(), theme.fault.text);
    }
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        let answer =
            (!trial.run_id.is_empty()).then(|| ctx.value(&Request::Run { id: trial.run_id.clone() })).flatten();
        let run = match answer.as_deref() {
            Some(Response::Trained(result)) => Some(&result.run),
            _ => None,
        };
        let known = run.filter(|run| run.status == RunStatus::Finished && !run.cell.is_empty());
        if let Some(run) = known {
            // The notebook is read ahead, so that the press finds it.
            ctx.store.notebook(&run.experiment);
        }
        let again = Button::primary("Train again").glyph(glyph::PLAY).enabled(known.is_some());
        let again = button(ui, theme, again).on_hover_text("Adds a train cell with these parameters below the sweep");
        if again.on_disabled_hover_text("The sweep's cell is not known").clicked()
            && let Some(run) = known
        {
            run_inspector::train_again(ctx, run);
        }
        if button(ui, theme, Button::plain("Show run").enabled(!trial.run_id.is_empty())).clicked() {
            ctx.push(Action::Select(Selection::Run(trial.run_id.clone())));
            ctx.push(Action::Open(Tab::Runs));
        }
    });
}

fn params_ui(ui: &mut Ui, ctx: &Ctx<'_>, sweep: &SweepState, prepared: &Prepared, index: usize) {
    let theme = ctx.theme;
    run_inspector::section(ui, ctx, "Parameters");
    for (at, axis) in prepared.axes.iter().enumerate().filter(|(_, axis)| !axis.objective) {
        let Some(value) = sweep.trials[index].params.get(&axis.name) else { continue };
        ui.allocate_ui_with_layout(vec2(ui.available_width(), 20.0), Layout::right_to_left(Align::Center), |ui| {
            let (rect, response) = ui.allocate_exact_size(vec2(56.0, 14.0), Sense::hover());
            let painter = ui.painter();
            painter.hline(
                rect.x_range(),
                painter.round_to_pixel_center(rect.center().y),
                Stroke::new(1.0, theme.border),
            );
            if let Some(place) = prepared.places[index][at] {
                let x = rect.left() + 3.0 + place.clamp(0.0, 1.0) as f32 * (rect.width() - 6.0);
                painter.circle_filled(pos2(x, rect.center().y), 3.5, viridis(theme, prepared.shades[index]));
            }
            response.on_hover_text(axis.range_text());
            widgets::text(ui, theme, param_text(value));
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| widgets::dim(ui, theme, &axis.name));
        });
    }
    widgets::small(ui, theme, "Dot: place within the searched range");
}

fn runners_ui(ui: &mut Ui, ctx: &Ctx<'_>, sweep: &SweepState, prepared: &Prepared, order: &[usize], index: usize) {
    let theme = ctx.theme;
    let Some(best) = order.first().and_then(|best| sweep.trials[*best].value) else { return };
    run_inspector::section(ui, ctx, "Best trials");
    for at in order.iter().copied().take(6) {
        let trial = &sweep.trials[at];
        let Some(value) = trial.value else { continue };
        ui.allocate_ui_with_layout(vec2(ui.available_width(), 20.0), Layout::right_to_left(Align::Center), |ui| {
            let gap = value.0 - best.0;
            let words = if gap == 0.0 {
                "best".to_owned()
            } else {
                let sign = if sweep.objective.goal == Goal::Maximize { "−" } else { "+" };
                format!(
                    "{sign}{}",
                    if gap.abs() < 10.0 { format!("{:.4}", gap.abs()) } else { format::figure(gap.abs()) }
                )
            };
            ui.add_sized(vec2(52.0, 16.0), |ui: &mut Ui| {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| widgets::small(ui, theme, words)).inner
            });
            widgets::text(ui, theme, metric_text(value.0));
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let (rect, _) = ui.allocate_exact_size(vec2(10.0, 16.0), Sense::hover());
                ui.painter().circle_filled(rect.center(), 3.5, viridis(theme, prepared.shades[at]));
                let name = format!("Trial {}", trial.number);
                if at == index {
                    widgets::strong(ui, theme, name);
                } else if widgets::link(ui, theme, name).clicked() {
                    ctx.push(Action::Select(Selection::Trial { sweep: sweep.id.clone(), number: trial.number }));
                }
            });
        });
    }
}
