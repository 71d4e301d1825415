//! The body of a sweep cell: the space as a table, method, budget, objective; below, how far it is and what it found.

use cairn_protocol::{
    Request, Response,
    door::KernelsView,
    notebook::{CellBody, Goal, Objective, SweepCell, SweepMethod},
    results::CellResult,
    sweeps::{SweepState, TrialState},
};
use egui::{Frame, Margin, Ui, vec2};

use super::{
    card::{Card, result_of},
    field, parameter, prefill, space, strips,
};
use crate::{
    charts::{self, Mark, MetricTile, ScatterPoint, StepHistory},
    ctx::{Action, Selection, Tab},
    widgets::{self, Button, format, glyph},
};

/// Metrics that can be optimised, with the way that is better.
const METRICS: [(&str, Goal); 9] = [
    ("valid.auc", Goal::Maximize),
    ("valid.log_loss", Goal::Minimize),
    ("valid.accuracy", Goal::Maximize),
    ("valid.f1", Goal::Maximize),
    ("valid.pr_auc", Goal::Maximize),
    ("valid.brier", Goal::Minimize),
    ("valid.rmse", Goal::Minimize),
    ("valid.mae", Goal::Minimize),
    ("valid.r2", Goal::Maximize),
];

/// Draws the body.
pub fn body_ui(ui: &mut Ui, card: Card<'_>, sweep: &SweepCell) {
    let kernels_read = card.ctx.value(&Request::Kernels);
    let none = KernelsView::default();
    let kernels = match kernels_read.as_deref() {
        Some(Response::Kernels(kernels)) => kernels,
        _ => &none,
    };
    let theme = card.theme();
    let mut changed = sweep.clone();
    if card.is_busy() {
        strips::running(ui, card);
        widgets::hairline(ui, theme);
    }
    Frame::new().inner_margin(Margin::symmetric(12, 10)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing = vec2(12.0, 8.0);
        form_ui(ui, card, sweep, kernels, &mut changed);
        widgets::hairline(ui, theme);
        let algorithm = prefill::find_algorithm(kernels, &sweep.kernel, &sweep.algorithm);
        let space = ui.vertical(|ui| space::space_ui(ui, theme, &sweep.space, algorithm)).inner;
        if let Some(space) = space {
            changed.params.retain(|name, _| space.iter().all(|searched| searched.name != *name));
            changed.space = space;
        }
        held_ui(ui, card, sweep);
        widgets::hairline(ui, theme);
        result_ui(ui, card, sweep);
    });
    if changed != *sweep {
        card.commit(ui, CellBody::Sweep(changed));
    }
}

fn labelled(ui: &mut Ui, card: Card<'_>, title: &str, width: f32, content: impl FnOnce(&mut Ui)) {
    ui.allocate_ui(vec2(width, 42.0), |ui| {
        ui.vertical(|ui| {
            ui.set_width(width);
            ui.spacing_mut().item_spacing.y = 3.0;
            widgets::field_label(ui, card.theme(), title);
            content(ui);
        });
    });
}

fn form_ui(ui: &mut Ui, card: Card<'_>, sweep: &SweepCell, kernels: &KernelsView, changed: &mut SweepCell) {
    let theme = card.theme();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
        labelled(ui, card, "Algorithm", 150.0, |ui| {
            let all: Vec<(String, String)> = kernels
                .kernels
                .iter()
                .flat_map(|kernel| {
                    let one = kernels.kernels.len() == 1;
                    kernel.algorithms.iter().map(move |of| {
                        let title = if one { of.title.clone() } else { format!("{} · {}", of.title, kernel.name) };
                        (format!("{}/{}", kernel.name, of.name), title)
                    })
                })
                .collect();
            let mut chosen = format!("{}/{}", sweep.kernel, sweep.algorithm);
            if widgets::select(ui, theme, "Algorithm", &mut chosen, &all, 150.0)
                && let Some((kernel, algorithm)) = chosen.split_once('/')
            {
                changed.kernel = kernel.to_owned();
                changed.algorithm = algorithm.to_owned();
                changed.params.clear();
                changed.space =
                    prefill::find_algorithm(kernels, kernel, algorithm).map(prefill::default_space).unwrap_or_default();
            }
        });
        labelled(ui, card, "Target", 112.0, |ui| {
            let schema = prefill::schema_of(card.view, &sweep.input);
            if let Some(target) = field::column(ui, theme, "Target", &sweep.target, &schema, 112.0) {
                changed.target = target;
            }
        });
        labelled(ui, card, "Objective", 200.0, |ui| {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                let names: Vec<String> = METRICS.iter().map(|(name, _)| (*name).to_owned()).collect();
                if let Some(name) = field::name_choice(ui, theme, "Objective", &sweep.objective.name, &names, 108.0) {
                    let goal = METRICS
                        .iter()
                        .find(|(known, _)| *known == name)
                        .map_or(sweep.objective.goal, |(_, goal)| *goal);
                    changed.objective = Objective { name, goal };
                }
                let goals = [(Goal::Maximize, "Largest"), (Goal::Minimize, "Smallest")];
                if let Some(goal) = field::choice(ui, theme, "Better is", sweep.objective.goal, &goals, 86.0) {
                    changed.objective.goal = goal;
                }
            });
        });
        labelled(ui, card, "Method", 88.0, |ui| {
            let methods = [(SweepMethod::Random, "Random"), (SweepMethod::Grid, "Grid")];
            if let Some(method) = field::choice(ui, theme, "Method", sweep.method, &methods, 88.0) {
                changed.method = method;
                if method == SweepMethod::Random && changed.trials.is_none() {
                    changed.trials = Some(30);
                }
            }
        });
        labelled(ui, card, "Trials", 64.0, |ui| {
            let grid = sweep.method == SweepMethod::Grid;
            let current = sweep.trials.map(|trials| trials.to_string()).unwrap_or_default();
            let given = field::checked(ui, theme, "Trials", &current, 64.0, |text| match text.parse::<usize>() {
                Ok(trials) if (1..=100_000).contains(&trials) => Ok(Some(trials)),
                _ if text.is_empty() && grid => Ok(None),
                _ => Err("A whole number from 1 to 100000 is needed".to_owned()),
            });
            if let Some(trials) = given {
                changed.trials = trials;
            }
        });
        labelled(ui, card, "At once", 56.0, |ui| {
            if let Some(parallel) = field::whole(ui, theme, "Trials at once", sweep.parallel as u64, 1..=64, 56.0) {
                changed.parallel = parallel as usize;
            }
        });
        labelled(ui, card, "Seed", 64.0, |ui| {
            if let Some(seed) = field::whole(ui, theme, "Seed", sweep.seed, 0..=u64::from(u32::MAX), 64.0) {
                changed.seed = seed;
            }
        });
    });
    if sweep.method == SweepMethod::Grid {
        match space::grid_size(&sweep.space) {
            Some(size) => {
                let words = format!("The grid has {}", format::plural(size, "combination", "combinations"));
                widgets::small(ui, theme, words);
            }
            None => {
                let words = "A grid needs a step for every number, or choices: draw at random, or list values";
                widgets::paragraph(ui, words, theme.warning.text);
            }
        }
    }
}

/// What is held fixed, in a line.
fn held_ui(ui: &mut Ui, card: Card<'_>, sweep: &SweepCell) {
    if !sweep.params.is_empty() {
        let held: Vec<String> =
            sweep.params.iter().map(|(name, value)| format!("{name} {}", parameter::value_text(value))).collect();
        widgets::small(ui, card.theme(), format!("Held: {}", held.join(" · ")));
    }
}

/// The sweep's state: the newest that is known, also while it runs.
fn result_ui(ui: &mut Ui, card: Card<'_>, sweep: &SweepCell) {
    let theme = card.theme();
    let response = card.result();
    let finished = match result_of(response.as_ref()) {
        Some(CellResult::Sweep(state)) => Some(state.clone()),
        _ => None,
    };
    let state = if card.is_busy() { newest(card).or(finished) } else { finished };
    let Some(state) = state else {
        if let Some(error) = card.result_error() {
            if widgets::error_card(ui, theme, &error, true) {
                card.ctx.store.retry(&card.result_request());
            }
        } else if card.is_busy() {
            widgets::loading(ui, theme, "Waiting for the first trial…");
        } else {
            ui.horizontal(|ui| {
                let trials = sweep.trials.map_or("all".to_owned(), |trials| format::count(trials as u64));
                let words = format!("Sweep, {trials} trials");
                if widgets::button(ui, theme, Button::primary(words).enabled(!sweep.space.is_empty())).clicked() {
                    card.run();
                }
                if sweep.space.is_empty() {
                    widgets::dim(ui, theme, "Add a parameter to search over");
                }
            });
        }
        return;
    };
    found_ui(ui, card, &state);
}

/// The state of the sweep that the cell runs now, by its id in the list of sweeps.
fn newest(card: Card<'_>) -> Option<SweepState> {
    let sweeps = card.ctx.value(&Request::Sweeps)?;
    let Response::Sweeps(sweeps) = sweeps.as_ref() else { return None };
    let id = &sweeps.iter().find(|sweep| sweep.name == card.name())?.id;
    match card.ctx.value(&Request::Sweep { id: id.clone() })?.as_ref() {
        Response::Sweep(state) => Some(state.clone()),
        _ => None,
    }
}

fn found_ui(ui: &mut Ui, card: Card<'_>, state: &SweepState) {
    let theme = card.theme();
    let done = state.trials.iter().filter(|trial| trial.state != TrialState::Running).count() as u64;
    let count = |of: TrialState| state.trials.iter().filter(|trial| trial.state == of).count() as u64;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 16.0;
        ui.allocate_ui(vec2(240.0, 200.0), |ui| {
            ui.vertical(|ui| {
                ui.set_width(240.0);
                ui.spacing_mut().item_spacing.y = 6.0;
                if let Some(best) = &state.best {
                    let title = format!("Best {}", state.objective.name);
                    let value = format::figure(best.value.0);
                    let tile = MetricTile {
                        title: &title,
                        value,
                        spread: format!("trial {}", best.number),
                        width: 240.0,
                        ..MetricTile::default()
                    };
                    charts::metric_tile(ui, theme, tile);
                    for (name, value) in best.params.iter().take(6) {
                        widgets::frames::row_of_two(
                            ui,
                            18.0,
                            |ui| {
                                widgets::dim(ui, theme, name.as_str());
                            },
                            |ui| {
                                let shown =
                                    value.as_f64().filter(|_| !matches!(value, cairn_protocol::ParamValue::Bool(_)));
                                let words = shown.map_or_else(|| value.to_string(), format::figure);
                                widgets::mono(ui, theme, words);
                            },
                        );
                    }
                }
                let mut facts = vec![format!("{done} of {} trials", format::count(state.planned as u64))];
                if count(TrialState::Pruned) > 0 {
                    facts.push(format!("{} stopped early", count(TrialState::Pruned)));
                }
                if count(TrialState::Failed) > 0 {
                    facts.push(format!("{} failed", count(TrialState::Failed)));
                }
                facts.push(format::secs(state.duration_secs));
                widgets::small(ui, theme, facts.join(" · "));
                let open = Button::plain("Open in Sweeps").glyph(glyph::ARROW_SQUARE_OUT);
                if widgets::button(ui, theme, open).clicked() {
                    card.ctx.push(Action::Open(Tab::Sweep(Some(state.id.clone()))));
                }
            });
        });
        ui.vertical(|ui| history_ui(ui, card, state));
    });
}

fn history_ui(ui: &mut Ui, card: Card<'_>, state: &SweepState) {
    let theme = card.theme();
    let best = state.best.as_ref().map(|best| best.number);
    let trials: Vec<ScatterPoint> = state
        .trials
        .iter()
        .filter(|trial| trial.state != TrialState::Running)
        .map(|trial| {
            let mark = match trial.state {
                TrialState::Pruned => Mark::Cross,
                TrialState::Failed => Mark::Triangle,
                _ if Some(trial.number) == best => Mark::Best,
                _ => Mark::Dot,
            };
            let color = match mark {
                Mark::Best => theme.accent,
                Mark::Cross | Mark::Triangle => theme.dim.gamma_multiply(0.6),
                _ => theme.series[0].gamma_multiply(0.75),
            };
            ScatterPoint {
                x: trial.number as f64,
                y: trial.value.map_or(f64::NAN, |value| value.0),
                color,
                mark,
                name: format!("Trial {}", trial.number),
            }
        })
        .collect();
    let numbers: Vec<usize> =
        state.trials.iter().filter(|trial| trial.state != TrialState::Running).map(|trial| trial.number).collect();
    let chart = StepHistory {
        title: "History",
        objective: &state.objective.name,
        larger_is_better: state.objective.goal == Goal::Maximize,
        trials,
        planned: state.planned,
        height: 220.0,
        ..StepHistory::default()
    };
    let output = charts::step_history(ui, theme, &chart);
    if let Some(number) = output.hovered.and_then(|index| numbers.get(index))
        && output.response.clicked()
    {
        card.ctx.push(Action::Select(Selection::Trial { sweep: state.id.clone(), number: *number }));
    }
}
