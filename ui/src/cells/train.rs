//! The body of a train cell: at the left the form made from the kernel's own description, at the right what came of
//! the training ([`super::train_result`]).

use cairn_protocol::{
    Algorithm, Hyperparameter, Params, Request, Response, Task,
    door::KernelsView,
    notebook::{Cell, CellBody, Edit, SweepCell, SweepMethod, TrainCell},
    sweeps::SearchParam,
};
use egui::{Align, Frame, Layout, Margin, Ui, UiBuilder, vec2};

use super::{
    card::{Card, CardUi},
    field, parameter, prefill, train_result,
};
use crate::{
    fonts,
    theme::text,
    widgets::{self, Button, glyph},
};

/// Width of the form.
const FORM: f32 = 296.0;
/// Height of a row of the form.
const ROW: f32 = 28.0;
/// Room that a column of the body may take.
const MAX_HEIGHT: f32 = 20_000.0;
/// Trials of a sweep made here.
const TRIALS: usize = 50;

/// Draws the body.
pub fn body_ui(ui: &mut Ui, card: Card<'_>, train: &TrainCell, memory: &mut CardUi) {
    let kernels_read = card.ctx.value(&Request::Kernels);
    let none = KernelsView::default();
    let kernels = match kernels_read.as_deref() {
        Some(Response::Kernels(kernels)) => kernels,
        _ => &none,
    };
    let width = ui.available_width();
    let top = ui.cursor().min;
    let form_width = if width < 640.0 { width } else { FORM };
    let beside = width >= 640.0;
    let rect = egui::Rect::from_min_size(top, vec2(form_width, MAX_HEIGHT));
    let mut left = ui.new_child(UiBuilder::new().id_salt("form").max_rect(rect).layout(Layout::top_down(Align::Min)));
    Frame::new().inner_margin(Margin::symmetric(12, 10)).show(&mut left, |ui| {
        ui.set_width(form_width - 24.0);
        form_ui(ui, card, train, kernels, memory);
    });
    let left_rect = left.min_rect();
    let results = if beside {
        egui::Rect::from_min_size(
            egui::pos2(top.x + form_width + 1.0, top.y),
            vec2(width - form_width - 1.0, MAX_HEIGHT),
        )
    } else {
        egui::Rect::from_min_size(egui::pos2(top.x, left_rect.bottom()), vec2(width, MAX_HEIGHT))
    };
    let mut right =
        ui.new_child(UiBuilder::new().id_salt("results").max_rect(results).layout(Layout::top_down(Align::Min)));
    train_result::body_ui(&mut right, card, train);
    let right_rect = right.min_rect();
    let bottom = left_rect.bottom().max(right_rect.bottom());
    if beside {
        let x = top.x + form_width;
        ui.painter().vline(x, top.y..=bottom, egui::Stroke::new(1.0, card.theme().border));
    }
    ui.advance_cursor_after_rect(egui::Rect::from_min_max(top, egui::pos2(top.x + width, bottom)));
    train_result::footer_ui(ui, card);
}

fn form_ui(ui: &mut Ui, card: Card<'_>, train: &TrainCell, kernels: &KernelsView, memory: &mut CardUi) {
    let theme = card.theme();
    ui.spacing_mut().item_spacing = vec2(8.0, 4.0);
    let algorithm = prefill::find_algorithm(kernels, &train.kernel, &train.algorithm);
    let mut changed = train.clone();
    choices_ui(ui, card, train, kernels, &mut changed);
    ui.add_space(4.0);
    widgets::hairline(ui, theme);
    match algorithm {
        Some(algorithm) => params_ui(ui, card, train, algorithm, memory, &mut changed),
        None if kernels.kernels.is_empty() => {
            widgets::loading(ui, theme, "Asking the kernels…");
        }
        None => {
            let words = format!("The kernel {} has no algorithm {}: choose another", train.kernel, train.algorithm);
            widgets::paragraph(ui, words, theme.fault.text);
        }
    }
    ui.add_space(6.0);
    widgets::hairline(ui, theme);
    ui.add_space(4.0);
    more_ui(ui, card, train, &mut changed);
    sweep_button_ui(ui, card, train, algorithm, memory);
    if changed != *train {
        card.commit(ui, CellBody::Train(changed));
    }
}

fn pair(ui: &mut Ui, left: impl FnOnce(&mut Ui, f32), right: impl FnOnce(&mut Ui, f32)) {
    let each = (ui.available_width() - 8.0) / 2.0;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        ui.allocate_ui(vec2(each, 40.0), |ui| {
            ui.vertical(|ui| {
                ui.set_width(each);
                left(ui, each);
            });
        });
        ui.vertical(|ui| right(ui, each));
    });
}

/// Kernel, device, algorithm, target.
fn choices_ui(ui: &mut Ui, card: Card<'_>, train: &TrainCell, kernels: &KernelsView, changed: &mut TrainCell) {
    let theme = card.theme();
    let kernel = kernels.kernels.iter().find(|kernel| kernel.name == train.kernel);
    let names: Vec<String> = kernels.kernels.iter().map(|kernel| kernel.name.clone()).collect();
    pair(
        ui,
        |ui, width| {
            widgets::field_label(ui, theme, "Kernel");
            if let Some(name) = field::name_choice(ui, theme, "Kernel", &train.kernel, &names, width) {
                let algorithms = kernels.kernels.iter().find(|of| of.name == name).map(|of| &of.algorithms);
                let keeps = algorithms.is_some_and(|all| all.iter().any(|of| of.name == train.algorithm));
                if let (false, Some(first)) = (keeps, algorithms.and_then(|all| all.first())) {
                    changed.algorithm.clone_from(&first.name);
                    changed.params.clear();
                }
                changed.kernel = name;
            }
        },
        |ui, _| {
            widgets::field_label(ui, theme, "Device");
            let device = kernel.and_then(|kernel| kernel.devices.first()).map_or("–", |device| device.name.as_str());
            ui.add_space(4.0);
            widgets::dim(ui, theme, device).on_hover_text("The kernel chooses the device");
        },
    );
    let empty = Vec::new();
    let algorithms = kernel.map_or(&empty, |kernel| &kernel.algorithms);
    let schema = prefill::schema_of(card.view, &train.input);
    pair(
        ui,
        |ui, width| {
            widgets::field_label(ui, theme, "Algorithm");
            let options: Vec<(&str, &str)> =
                algorithms.iter().map(|of| (of.name.as_str(), of.title.as_str())).collect();
            let mut chosen = train.algorithm.clone();
            if widgets::select(ui, theme, "Algorithm", &mut chosen, &options, width) && chosen != train.algorithm {
                let known = prefill::find_algorithm(kernels, &train.kernel, &chosen);
                // Values of parameters that both know stay, where the new one allows them.
                changed.params.retain(|name, value| {
                    known.is_some_and(|of| {
                        of.params.iter().any(|param| param.name == *name && param.check(value).is_ok())
                    })
                });
                changed.algorithm = chosen;
            }
        },
        |ui, width| {
            widgets::field_label(ui, theme, "Target");
            if let Some(target) = field::column(ui, theme, "Target", &train.target, &schema, width) {
                changed.target = target;
            }
        },
    );
}

fn params_ui(
    ui: &mut Ui,
    card: Card<'_>,
    train: &TrainCell,
    algorithm: &Algorithm,
    memory: &mut CardUi,
    changed: &mut TrainCell,
) {
    let theme = card.theme();
    let ranges = !memory.ranges.is_empty();
    widgets::frames::row_of_two(
        ui,
        22.0,
        |ui| {
            widgets::small_strong(ui, theme, "Parameters");
        },
        |ui| {
            widgets::small(ui, theme, if ranges { "low, now, high   sweep" } else { "sweep" });
        },
    );
    ui.spacing_mut().item_spacing.y = 0.0;
    for param in &algorithm.params {
        ui.push_id(&param.name, |ui| param_row(ui, card, train, param, memory, changed));
    }
    memory.ranges.retain(|name, _| algorithm.params.iter().any(|param| param.name == *name));
}

fn param_row(
    ui: &mut Ui,
    card: Card<'_>,
    train: &TrainCell,
    param: &Hyperparameter,
    memory: &mut CardUi,
    changed: &mut TrainCell,
) {
    let theme = card.theme();
    let given = train.params.get(&param.name);
    let now = given.unwrap_or(&param.default);
    let searched = memory.ranges.contains_key(&param.name);
    let differs = given.is_some_and(|value| *value != param.default);
    let mut set = |value: cairn_protocol::ParamValue| {
        if value == param.default {
            changed.params.remove(&param.name);
        } else {
            changed.params.insert(param.name.clone(), value);
        }
    };
    ui.allocate_ui_with_layout(vec2(ui.available_width(), ROW), Layout::right_to_left(Align::Center), |ui| {
        ui.set_min_height(ROW);
        ui.spacing_mut().item_spacing.x = 4.0;
        let verb = if searched { "Hold" } else { "Search over" };
        let toggle =
            widgets::toggle_icon_button(ui, theme, glyph::SLIDERS, &format!("{verb} {}", param.title), searched);
        if toggle.clicked() {
            if searched {
                memory.ranges.remove(&param.name);
            } else {
                memory.ranges.insert(param.name.clone(), parameter::start_range(param, now));
            }
        }
        match memory.ranges.get(&param.name).cloned() {
            Some(domain) => match parameter::range_ui(ui, theme, param, now, &domain, parameter::VALUE_WIDTH) {
                Some(parameter::RangeChange::Domain(domain)) => {
                    memory.ranges.insert(param.name.clone(), domain);
                }
                Some(parameter::RangeChange::Now(value)) => set(value),
                None => {}
            },
            None => {
                let value = ui.allocate_ui_with_layout(
                    vec2(parameter::VALUE_WIDTH, ROW),
                    Layout::left_to_right(Align::Center),
                    |ui| {
                        ui.set_width(parameter::VALUE_WIDTH);
                        parameter::value_ui(ui, theme, param, now, parameter::VALUE_WIDTH)
                    },
                );
                if let Some(value) = value.inner {
                    set(value);
                }
            }
        }
        if differs {
            let words = format!("Reset {} to {}", param.title, parameter::value_text(&param.default));
            if small_reset(ui, card, &words).clicked() {
                set(param.default.clone());
            }
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| label_ui(ui, card, param, differs || searched));
    });
}

fn label_ui(ui: &mut Ui, card: Card<'_>, param: &Hyperparameter, bold: bool) {
    let theme = card.theme();
    let font = if bold { fonts::strong(text::BODY) } else { fonts::body(text::BODY) };
    let tag = parameter::is_log(param);
    let room = ui.available_width() - if tag { 30.0 } else { 0.0 };
    ui.scope(|ui| {
        ui.set_max_width(room.max(24.0));
        let label = egui::RichText::new(&param.title).font(font).color(theme.text);
        let label = ui.add(egui::Label::new(label).truncate().selectable(false));
        label.on_hover_ui(|ui| {
            ui.set_max_width(280.0);
            widgets::strong(ui, theme, param.title.as_str());
            if !param.help.is_empty() {
                widgets::paragraph(ui, param.help.as_str(), theme.text);
            }
            let default = parameter::value_text(&param.default);
            widgets::paragraph(ui, format!("Takes {}. Default {default}", parameter::range_text(param)), theme.dim);
        });
    });
    if tag {
        let (rect, _) = ui.allocate_exact_size(vec2(24.0, 16.0), egui::Sense::hover());
        let stroke = egui::Stroke::new(1.0, theme.border);
        ui.painter().rect_stroke(rect, 3, stroke, egui::StrokeKind::Inside);
        ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, "log", fonts::body(10.0), theme.dim);
    }
}

fn small_reset(ui: &mut Ui, card: Card<'_>, name: &str) -> egui::Response {
    let theme = card.theme();
    let (rect, response) = ui.allocate_exact_size(vec2(16.0, 20.0), egui::Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, ui.is_enabled(), name));
    let color = if response.hovered() { theme.text } else { theme.dim };
    ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, glyph::UNDO, fonts::icons(12.0), color);
    widgets::focus_ring(ui, theme, &response, rect);
    response.on_hover_text(name)
}

/// What is predicted, seed, columns that are no features.
fn more_ui(ui: &mut Ui, card: Card<'_>, train: &TrainCell, changed: &mut TrainCell) {
    let theme = card.theme();
    ui.spacing_mut().item_spacing.y = 4.0;
    let tasks = [
        (None, "By the target"),
        (Some(Task::Binary), "Two classes"),
        (Some(Task::Multiclass), "Several classes"),
        (Some(Task::Regression), "A number"),
    ];
    pair(
        ui,
        |ui, width| {
            widgets::field_label(ui, theme, "Predicts");
            if let Some(task) = field::choice(ui, theme, "Predicts", train.task, &tasks, width) {
                changed.task = task;
            }
        },
        |ui, width| {
            widgets::field_label(ui, theme, "Seed");
            if let Some(seed) = field::whole(ui, theme, "Seed", train.seed, 0..=u64::from(u32::MAX), width) {
                changed.seed = seed;
            }
        },
    );
    widgets::field_label(ui, theme, "Columns left out");
    let schema = prefill::schema_of(card.view, &train.input);
    let mut ignore = train.ignore.clone();
    let others: Vec<_> = schema.into_iter().filter(|(name, _)| *name != train.target).collect();
    if widgets::columns_picker(ui, theme, "Columns left out", &mut ignore, &others) {
        changed.ignore = ignore;
    }
}

fn sweep_button_ui(ui: &mut Ui, card: Card<'_>, train: &TrainCell, algorithm: Option<&Algorithm>, memory: &mut CardUi) {
    let theme = card.theme();
    let ranges = memory.ranges.len();
    if ranges == 0 {
        return;
    }
    ui.add_space(4.0);
    widgets::frames::row_of_two(
        ui,
        32.0,
        |ui| {
            widgets::small(ui, theme, widgets::format::plural(ranges as u64, "range set", "ranges set"));
        },
        |ui| {
            let words = format!("Sweep, {TRIALS} trials…");
            if widgets::button(ui, theme, Button::plain(words).glyph(glyph::SLIDERS)).clicked()
                && let Some(algorithm) = algorithm
            {
                let space: Vec<SearchParam> = algorithm
                    .params
                    .iter()
                    .filter_map(|param| {
                        let domain = memory.ranges.get(&param.name)?.clone();
                        Some(SearchParam { name: param.name.clone(), domain })
                    })
                    .collect();
                let cell = sweep_of(card, train, space);
                card.ctx.edit(card.path(), vec![Edit::AddCell { after: Some(card.name().to_owned()), cell }]);
                memory.ranges.clear();
            }
        },
    );
}

/// The sweep that a train cell's ranges make.
fn sweep_of(card: Card<'_>, train: &TrainCell, space: Vec<SearchParam>) -> Cell {
    let schema = prefill::schema_of(card.view, &train.input);
    let column_type = schema.iter().find(|(name, _)| *name == train.target).map(|(_, of)| *of);
    let distinct = prefill::distinct_of(card.ctx.store, card.view, &train.input, &train.target);
    let task = train.task.unwrap_or_else(|| prefill::task_of(column_type, distinct));
    let held = |name: &String| space.iter().all(|searched| searched.name != *name);
    let params: Params =
        train.params.iter().filter(|(name, _)| held(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
    let body = CellBody::Sweep(SweepCell {
        input: train.input.clone(),
        target: train.target.clone(),
        kernel: train.kernel.clone(),
        algorithm: train.algorithm.clone(),
        ignore: train.ignore.clone(),
        method: SweepMethod::Random,
        trials: Some(TRIALS),
        parallel: 1,
        objective: prefill::objective_of(task),
        seed: train.seed,
        params,
        space,
    });
    Cell { name: format!("{} sweep", card.name()), body }
}
