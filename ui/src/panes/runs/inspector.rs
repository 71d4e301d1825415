//! All about one run: metrics with their intervals, parameters, what it comes from, warnings, why it failed, tags.

use cairn_protocol::{
    Algorithm, Request, Response,
    notebook::{CellBody, Edit, TrainCell},
    results::{PartEvaluation, TrainResult},
    runs::{NodeKind, Run, RunStatus},
};
use egui::{Align, Layout, ScrollArea, Ui};

use super::columns::{param_text, tag_text};
use crate::{
    charts::{MetricTile, metric_tile},
    ctx::{Action, Ctx, Selection, Tab},
    fonts,
    theme::text,
    widgets::{self, Button, ChipTone, button, format, glyph},
};

/// Draws the inspector of a run.
pub fn inspector(ui: &mut Ui, ctx: &Ctx<'_>, id: &str) {
    let request = Request::Run { id: id.to_owned() };
    let fetched = ctx.read(&request);
    let Some(answer) = fetched.value else {
        match fetched.error {
            Some(error) => {
                if widgets::error_card(ui, ctx.theme, &error, true) {
                    ctx.store.retry(&request);
                }
            }
            None => widgets::loading(ui, ctx.theme, "Reading the run"),
        }
        return;
    };
    let Response::Trained(result) = answer.as_ref() else { return };
    let run = &result.run;
    head_ui(ui, ctx, run);
    if matches!(run.status, RunStatus::Failed | RunStatus::Interrupted | RunStatus::Cancelled) && !run.reason.is_empty()
    {
        section(ui, ctx, "Why it ended");
        ScrollArea::both().id_salt("reason").max_height(180.0).auto_shrink([false, true]).show(ui, |ui| {
            let words = egui::RichText::new(&run.reason).font(fonts::mono(text::SMALL)).color(ctx.theme.fault.text);
            ui.add(egui::Label::new(words).extend());
        });
    }
    metrics_ui(ui, ctx, result);
    params_ui(ui, ctx, run);
    sources_ui(ui, ctx, run);
    checks_ui(ui, ctx, result);
    tags_ui(ui, ctx, run);
}

/// A hairline and a strong line.
pub fn section(ui: &mut Ui, ctx: &Ctx<'_>, title: &str) {
    ui.add_space(8.0);
    widgets::hairline(ui, ctx.theme);
    ui.add_space(6.0);
    widgets::strong(ui, ctx.theme, title);
    ui.add_space(2.0);
}

/// A name at the left, a value at the right.
pub fn fact(ui: &mut Ui, ctx: &Ctx<'_>, name: &str, value: &str) {
    ui.horizontal(|ui| {
        widgets::dim(ui, ctx.theme, name);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            widgets::text(ui, ctx.theme, value).on_hover_text(value);
        });
    });
}

fn head_ui(ui: &mut Ui, ctx: &Ctx<'_>, run: &Run) {
    let theme = ctx.theme;
    let (mark, tone, words) = match run.status {
        RunStatus::Queued => (glyph::CLOCK, ChipTone::Neutral, "waits"),
        RunStatus::Running => (glyph::SPINNER, ChipTone::Accent, "running"),
        RunStatus::Finished => (glyph::CHECK_CIRCLE, ChipTone::Good, "done"),
        RunStatus::Failed => (glyph::X_CIRCLE, ChipTone::Fault, "failed"),
        RunStatus::Cancelled => (glyph::STOP, ChipTone::Neutral, "stopped"),
        RunStatus::Interrupted => (glyph::WARNING, ChipTone::Warning, "interrupted"),
    };
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            widgets::chip(ui, theme, tone, Some(mark), words);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| widgets::heading(ui, theme, &run.name));
        });
    });
    let title = algorithm_of(ctx, run).map_or_else(|| run.algorithm.replace('_', " "), |algorithm| algorithm.title);
    let line = [title, format::secs(run.duration_secs), format::ago(&run.started_at, ctx.now_secs)];
    let line: Vec<String> = line.into_iter().filter(|part| !part.is_empty()).collect();
    widgets::dim(ui, theme, line.join(" · ")).on_hover_text(&run.started_at);
    ui.add_space(6.0);
    ui.horizontal_wrapped(|ui| {
        let has_cell = !run.cell.is_empty() && run.experiment.ends_with(".cairn");
        let again = Button::primary("Train again").glyph(glyph::PLAY).enabled(has_cell);
        if button(ui, theme, again).on_disabled_hover_text("It was not trained by a cell of a notebook").clicked() {
            train_again(ctx, run);
        }
        if button(ui, theme, Button::plain("Show lineage").glyph(glyph::SPLIT)).clicked() {
            ctx.push(Action::Select(Selection::Node(format!("run:{}", run.id))));
            ctx.push(Action::Open(Tab::Lineage(Some(format!("run:{}", run.id)))));
        }
    });
}

/// Runs the cell again; of a trial, adds a train cell with its parameters below the sweep.
pub fn train_again(ctx: &Ctx<'_>, run: &Run) {
    if run.sweep.is_empty() {
        let cells = vec![run.cell.clone()];
        ctx.call(Request::RunCells { path: run.experiment.clone(), cells, force: true });
        ctx.push(Action::Toast { text: format!("Trains «{}» again", run.cell), undo: None });
        return;
    }
    let Some(view) = ctx.store.notebook(&run.experiment) else { return };
    let known = view.notebook.cells.iter().find(|cell| cell.name == run.cell);
    let Some(CellBody::Sweep(sweep)) = known.map(|cell| &cell.body) else {
        let text = format!("«{}» is no longer a sweep of {}", run.cell, run.experiment);
        ctx.push(Action::Toast { text, undo: None });
        return;
    };
    let mut params = sweep.params.clone();
    for param in &sweep.space {
        if let Some(value) = run.params.get(&param.name) {
            params.insert(param.name.clone(), value.clone());
        }
    }
    let taken = |name: &str| view.notebook.cells.iter().any(|cell| cell.name == name);
    let base = run.name.replace('/', " ");
    let name = (1..)
        .map(|i| if i == 1 { base.clone() } else { format!("{base} {i}") })
        .find(|name| !taken(name))
        .unwrap_or(base);
    let body = CellBody::Train(TrainCell {
        input: sweep.input.clone(),
        target: sweep.target.clone(),
        task: None,
        kernel: sweep.kernel.clone(),
        algorithm: sweep.algorithm.clone(),
        ignore: sweep.ignore.clone(),
        seed: sweep.seed,
        params,
    });
    let cell = cairn_protocol::notebook::Cell { name: name.clone(), body };
    ctx.edit(&run.experiment, vec![Edit::AddCell { after: Some(run.cell.clone()), cell }]);
    ctx.push(Action::Reveal { notebook: run.experiment.clone(), cell: name.clone() });
    ctx.push(Action::Toast {
        text: format!("Added «{name}» with these parameters"),
        undo: Some(run.experiment.clone()),
    });
}

/// The algorithm of a run, where its kernel is found.
fn algorithm_of(ctx: &Ctx<'_>, run: &Run) -> Option<Algorithm> {
    let answer = ctx.value(&Request::Kernels)?;
    let Response::Kernels(view) = answer.as_ref() else { return None };
    let kernel = run.kernel.split(' ').next().unwrap_or_default();
    let kernel = view.kernels.iter().find(|known| known.name == kernel)?;
    kernel.algorithms.iter().find(|known| known.name == run.algorithm).cloned()
}

fn leading_part(result: &TrainResult) -> Option<&PartEvaluation> {
    let parts = &result.evaluation.parts;
    ["valid", "test", "train"].iter().find_map(|name| parts.iter().find(|part| part.part == *name)).or(parts.first())
}

/// «Validation» for `valid`.
#[must_use]
pub fn part_title(part: &str) -> &str {
    match part {
        "valid" => "Validation",
        "test" => "Test",
        "train" => "Training",
        other => other,
    }
}

fn metrics_ui(ui: &mut Ui, ctx: &Ctx<'_>, result: &TrainResult) {
    let theme = ctx.theme;
    ui.add_space(10.0);
    let width = (ui.available_width() - 8.0) / 2.0;
    let warning = result.run.warnings.first().map(String::as_str);
    let tiles: Vec<(String, String, String)> = match leading_part(result) {
        Some(part) => part
            .metrics
            .iter()
            .map(|metric| {
                let spread = match (metric.interval, metric.baseline) {
                    (Some((low, high)), _) => {
                        format!("{} – {}", format::significant(low.0, 3), format::significant(high.0, 3))
                    }
                    (None, Some(base)) => format!("base {}", format::significant(base.0, 3)),
                    (None, None) => String::new(),
                };
                (metric.title.clone(), format::significant(metric.value.0, 3), spread)
            })
            .collect(),
        None => super::columns::metric_keys([&result.run])
            .into_iter()
            .map(|key| (key.clone(), format::significant(result.run.metrics[&key].0, 3), String::new()))
            .collect(),
    };
    for pair in tiles.chunks(2).take(4) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            for (title, value, spread) in pair {
                let tile =
                    MetricTile { title, value: value.clone(), spread: spread.clone(), warning, width, change: None };
                metric_tile(ui, theme, tile);
            }
        });
        ui.add_space(4.0);
    }
    if let Some(part) = leading_part(result) {
        widgets::small(
            ui,
            theme,
            format!("{}, {} rows, 95 % interval", part_title(&part.part), format::count(part.rows)),
        );
    }
}

fn params_ui(ui: &mut Ui, ctx: &Ctx<'_>, run: &Run) {
    let theme = ctx.theme;
    if run.params.is_empty() {
        return;
    }
    ui.add_space(8.0);
    widgets::hairline(ui, theme);
    ui.add_space(6.0);
    let algorithm = algorithm_of(ctx, run);
    let column = 56.0;
    let row = |ui: &mut Ui,
               name: &mut dyn FnMut(&mut Ui),
               value: &mut dyn FnMut(&mut Ui),
               default: &mut dyn FnMut(&mut Ui)| {
        ui.allocate_ui_with_layout(
            egui::vec2(ui.available_width(), 20.0),
            Layout::right_to_left(Align::Center),
            |ui| {
                ui.allocate_ui_with_layout(egui::vec2(column, 18.0), Layout::right_to_left(Align::Center), |ui| {
                    ui.set_min_width(column);
                    default(ui);
                });
                ui.allocate_ui_with_layout(
                    egui::vec2(column + 14.0, 18.0),
                    Layout::right_to_left(Align::Center),
                    |ui| {
                        ui.set_min_width(column + 14.0);
                        value(ui);
                    },
                );
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| name(ui));
            },
        );
    };
    row(
        ui,
        &mut |ui| {
            widgets::strong(ui, theme, "Parameters");
        },
        &mut |ui| {
            widgets::small(ui, theme, "value");
        },
        &mut |ui| {
            widgets::small(ui, theme, "default");
        },
    );
    for (key, value) in &run.params {
        if matches!(key.as_str(), "algorithm" | "target") {
            continue;
        }
        let known = algorithm.as_ref().and_then(|algorithm| algorithm.params.iter().find(|param| param.name == *key));
        let usual = known.map(|param| param_text(&param.default));
        let words = param_text(value);
        let same = usual.as_deref() == Some(words.as_str());
        row(
            ui,
            &mut |ui| {
                let name = widgets::dim(ui, theme, key);
                if let Some(known) = known {
                    name.on_hover_text(format!("{}. {}", known.title, known.help));
                }
            },
            &mut |ui| {
                if same {
                    widgets::dim(ui, theme, &words)
                } else {
                    widgets::text(ui, theme, &words)
                };
            },
            &mut |ui| {
                widgets::dim(ui, theme, usual.as_deref().unwrap_or("–"));
            },
        );
    }
}

/// How the split was drawn, the hash of its rows and the worst of its checks.
fn split_ui(ui: &mut Ui, ctx: &Ctx<'_>, details: &std::collections::BTreeMap<String, String>) {
    let of = |name: &str| details.get(name).map(String::as_str).filter(|value| !value.is_empty());
    if let Some(method) = of("method") {
        fact(ui, ctx, "Drawn", method);
    }
    if let Some(hash) = of("hash") {
        fact(ui, ctx, "Rows, BLAKE3", hash.get(..12).unwrap_or(hash));
    }
    if let Some(worst) = of("certificate") {
        fact(ui, ctx, "Certificate", worst);
    }
}

fn sources_ui(ui: &mut Ui, ctx: &Ctx<'_>, run: &Run) {
    section(ui, ctx, "Comes from");
    let answer = ctx.value(&Request::Lineage { id: Some(run.id.clone()) });
    if let Some(Response::Lineage(graph)) = answer.as_deref() {
        let upstream = crate::panes::lineage::view::Choice {
            focus: Some(format!("run:{}", run.id)),
            direction: crate::panes::lineage::view::Direction::Upstream,
            ..Default::default()
        };
        let shown = crate::panes::lineage::view::shown(graph, &upstream);
        for (kind, title) in [
            (NodeKind::Dataset, "Data"),
            (NodeKind::Recipe, "Recipe"),
            (NodeKind::Split, "Split"),
            (NodeKind::Sweep, "Sweep"),
        ] {
            for node in shown.nodes.iter().filter(|node| node.kind == kind) {
                ui.horizontal(|ui| {
                    widgets::dim(ui, ctx.theme, title);
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        if node.version > 1 {
                            widgets::dim(ui, ctx.theme, format!("v{}", node.version));
                        }
                        if widgets::link(ui, ctx.theme, &node.name).on_hover_text(&node.figure).clicked() {
                            ctx.push(Action::Open(Tab::Lineage(Some(node.id.clone()))));
                            ctx.push(Action::Select(Selection::Node(node.id.clone())));
                        }
                    });
                });
                if kind == NodeKind::Split {
                    split_ui(ui, ctx, &node.details);
                }
            }
        }
    }
    let short: String = run.commit.chars().take(10).collect();
    let code = match (short.is_empty(), run.dirty) {
        (true, _) => "no repository".to_owned(),
        (false, true) => format!("{short} with changes"),
        (false, false) => short,
    };
    fact(ui, ctx, "Code", &code);
    fact(ui, ctx, "Kernel", &run.kernel);
    if let Some(threads) = run.machine.get("threads") {
        fact(ui, ctx, "Machine", &format!("{}, {threads} threads", run.machine.get("os").map_or("", String::as_str)));
    }
    fact(ui, ctx, "Run", &run.id);
}

fn checks_ui(ui: &mut Ui, ctx: &Ctx<'_>, result: &TrainResult) {
    let theme = ctx.theme;
    section(ui, ctx, "Checks");
    let mut lines: Vec<(bool, String)> = result.run.warnings.iter().map(|warning| (false, warning.clone())).collect();
    if lines.is_empty() {
        lines.push((true, "No warning travels with these figures".into()));
    }
    let leading = |part: &str| {
        let part = result.evaluation.parts.iter().find(|known| known.part == part)?;
        part.metrics.first().map(|metric| (metric.title.clone(), metric.value.0))
    };
    if let (Some((title, train)), Some((_, valid))) = (leading("train"), leading("valid").or(leading("test"))) {
        let gap = (train - valid).abs();
        lines.push((
            true,
            format!("{title} {} in training: gap of {}", format::significant(train, 3), format::significant(gap, 2)),
        ));
    }
    for (good, words) in lines {
        ui.horizontal_top(|ui| {
            let (mark, color) =
                if good { (glyph::CHECK_CIRCLE, theme.good.text) } else { (glyph::WARNING, theme.warning.text) };
            widgets::icon(ui, theme, mark, color, 14.0);
            widgets::paragraph(ui, words, theme.text);
        });
    }
}

fn tags_ui(ui: &mut Ui, ctx: &Ctx<'_>, run: &Run) {
    let theme = ctx.theme;
    section(ui, ctx, "Tags");
    ui.horizontal_wrapped(|ui| {
        for (key, value) in &run.tags {
            let chip = widgets::chip_button(ui, theme, ChipTone::Neutral, Some(glyph::X), tag_text(key, value));
            if chip.on_hover_text(format!("Remove the tag {key}")).clicked() {
                ctx.call(Request::TagRun { id: run.id.clone(), key: key.clone(), value: String::new() });
            }
        }
    });
    let id = ui.make_persistent_id(("new tag", &run.id));
    let mut words: String = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    let width = ui.available_width();
    let field = widgets::text_field(ui, theme, "New tag", &mut words, "Add a tag: name, or name: value", width);
    if field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter)) && !words.trim().is_empty() {
        let (key, value) = words.split_once([':', '=']).unwrap_or((&words, "true"));
        ctx.call(Request::TagRun { id: run.id.clone(), key: key.trim().to_owned(), value: value.trim().to_owned() });
        words.clear();
    }
    ui.data_mut(|data| data.insert_temp(id, words));
}
