//! The sweeps pane: the list of sweeps, and one sweep with charts that a common brush links.
//!
//! [`trials`] computes what is drawn, [`parallel`] and [`timeline`] draw what no common chart does, [`board`] puts the
//! charts together, [`inspector`] tells about one trial.

pub mod board;
pub mod insight;
pub mod inspector;
pub mod marks;
pub mod parallel;
pub mod timeline;
pub mod trials;

#[cfg(test)]
mod tests;

use std::rc::Rc;

use cairn_protocol::{
    Request, Response,
    notebook::{Goal, SweepMethod},
    runs::RunStatus,
    sweeps::SweepState,
};
use egui::{Align, Id, Layout, ScrollArea, Ui};
pub use inspector::inspector;

use self::{
    insight::{counts, ranking},
    trials::{Brushes, Prepared},
};
use crate::{
    ctx::{Action, Ctx, Selection, Tab},
    store::Fetched,
    widgets::{self, Button, ChipTone, button, format, glyph},
};

/// Seconds between two fetches of a sweep that goes on.
const BETWEEN: f64 = 0.35;

/// The pane's state.
#[derive(Default)]
pub struct SweepsPane {
    id: Option<String>,
    brushes: Brushes,
    order: Vec<String>,
    /// The trial under the pointer in the last frame, by index.
    lit: Option<usize>,
    kept: Option<Kept>,
    /// The trial that was selected because it was the best.
    followed: Option<usize>,
}

/// A sweep with what was prepared from it.
struct Kept {
    answer: Rc<Response>,
    prepared: Rc<Prepared>,
}

/// Reads a sweep, but no more than three times a second: each trial makes the stored one old.
pub fn throttled(ui: &Ui, ctx: &Ctx<'_>, request: &Request) -> Fetched {
    let id = Id::unique(("last read", format!("{request:?}")));
    let now = ui.input(|input| input.time);
    let waited = now - ui.data(|data| data.get_temp::<f64>(id)).unwrap_or(f64::NEG_INFINITY);
    let known = ctx.store.known(request);
    if known.value.is_some() && known.error.is_none() && (0.0..BETWEEN).contains(&waited) {
        ui.request_repaint_after_secs((BETWEEN - waited) as f32 + 0.01);
        return known;
    }
    ui.data_mut(|data| data.insert_temp(id, now));
    ctx.read(request)
}

impl SweepsPane {
    /// A pane with a sweep, or with the list.
    #[must_use]
    pub fn new(id: Option<String>) -> Self {
        Self { id, ..Self::default() }
    }

    /// Brushes an axis from one place to another, 0 to 1.
    pub fn set_brush(&mut self, axis: &str, low: f64, high: f64) {
        self.brushes.insert(axis.to_owned(), (low.min(high), low.max(high)));
    }

    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>) {
        match self.id.clone() {
            Some(id) => self.sweep_ui(ui, ctx, &id),
            None => list_ui(ui, ctx),
        }
    }

    fn sweep_ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>, id: &str) {
        let request = Request::Sweep { id: id.to_owned() };
        let fetched = throttled(ui, ctx, &request);
        let Some(answer) = fetched.value else {
            ui.add_space(12.0);
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
        let prepared = self.prepared(sweep, &answer);
        self.follow_best(ctx, sweep);
        let selected = prepared.selected(&self.brushes);
        self.header_ui(ui, ctx, sweep, &prepared, &selected);
        if sweep.trials.is_empty() {
            let words = "No trial has begun yet";
            widgets::empty_state(ui, ctx.theme, glyph::TARGET, words, None);
            return;
        }
        let lit = ScrollArea::vertical()
            .auto_shrink([false, false])
            .show(ui, |ui| {
                let board = board::Board { sweep, prepared: &prepared, selected: &selected, lit: self.lit };
                board::board_ui(ui, ctx, &board, &mut self.brushes, &mut self.order)
            })
            .inner;
        if lit != self.lit {
            self.lit = lit;
            ui.request_repaint();
        }
    }

    fn prepared(&mut self, sweep: &SweepState, answer: &Rc<Response>) -> Rc<Prepared> {
        if let Some(kept) = self.kept.as_ref().filter(|kept| Rc::ptr_eq(&kept.answer, answer)) {
            return Rc::clone(&kept.prepared);
        }
        let prepared = Rc::new(Prepared::new(sweep));
        self.kept = Some(Kept { answer: Rc::clone(answer), prepared: Rc::clone(&prepared) });
        prepared
    }

    /// Selects the best trial, and the next best one after it, until the person selects something else.
    fn follow_best(&mut self, ctx: &Ctx<'_>, sweep: &SweepState) {
        let Some(best) = ranking(sweep).first().map(|index| sweep.trials[*index].number) else { return };
        if self.followed == Some(best) {
            return;
        }
        let of_before = |number| Selection::Trial { sweep: sweep.id.clone(), number };
        let untouched = match self.followed {
            None => !matches!(ctx.selection, Selection::Trial { sweep: id, .. } if *id == sweep.id),
            Some(before) => *ctx.selection == of_before(before),
        };
        if untouched {
            ctx.push(Action::Select(of_before(best)));
        }
        self.followed = Some(best);
    }

    fn header_ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>, sweep: &SweepState, prepared: &Prepared, selected: &[bool]) {
        let theme = ctx.theme;
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            ui.add_space(12.0);
            if widgets::icon_button(ui, theme, glyph::ARROW_LEFT, "All sweeps").clicked() {
                ctx.push(Action::Open(Tab::Sweep(None)));
            }
            widgets::heading(ui, theme, if sweep.name.is_empty() { &sweep.id } else { &sweep.name });
            status_chip(ui, ctx, sweep);
            let method = match sweep.method {
                SweepMethod::Grid => "Grid",
                SweepMethod::Random => "Random",
            };
            let goal = match sweep.objective.goal {
                Goal::Minimize => "minimise",
                Goal::Maximize => "maximise",
            };
            widgets::dim(ui, theme, format!("{method} · {goal} {}", sweep.objective.name));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.add_space(12.0);
                stop_ui(ui, ctx, sweep);
                progress_ui(ui, ctx, sweep);
            });
        });
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            ui.add_space(12.0);
            widgets::icon(ui, theme, glyph::TARGET, theme.accent, 14.0);
            widgets::dim(ui, theme, "Brush");
            if self.brushes.is_empty() {
                widgets::small(ui, theme, "none: drag along an axis");
            }
            let mut cleared = None;
            for (name, (low, high)) in &self.brushes {
                let Some((_, axis)) = prepared.axis(name) else { continue };
                let words = format!("{name} {} – {}", axis.text_at(*low), axis.text_at(*high));
                let chip = widgets::chip_button(ui, theme, ChipTone::Accent, Some(glyph::X), words);
                if chip.on_hover_text("Clear this brush").clicked() {
                    cleared = Some(name.clone());
                }
            }
            if let Some(name) = cleared {
                self.brushes.remove(&name);
            }
            if !self.brushes.is_empty() {
                widgets::text(ui, theme, through_text(prepared, selected, &sweep.objective.name));
                if widgets::link(ui, theme, "Clear").clicked() {
                    self.brushes.clear();
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.add_space(12.0);
                marks::legend_ui(ui, theme, counts(&sweep.trials));
            });
        });
        ui.add_space(6.0);
    }
}

/// «14 of 37 trials, mean valid.auc 0.8502».
#[must_use]
pub fn through_text(prepared: &Prepared, selected: &[bool], objective: &str) -> String {
    let through = selected.iter().filter(|yes| **yes).count();
    let values: Vec<f64> =
        selected.iter().zip(&prepared.values).filter(|(yes, _)| **yes).filter_map(|(_, value)| *value).collect();
    let mut words = format!("{through} of {} trials", selected.len());
    if !values.is_empty() {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        words.push_str(&format!(", mean {objective} {}", format::figure(mean)));
    }
    words
}

fn status_chip(ui: &mut Ui, ctx: &Ctx<'_>, sweep: &SweepState) {
    let lasts = running_secs(ctx, sweep);
    let (tone, mark, words) = match sweep.status {
        RunStatus::Queued => (ChipTone::Neutral, glyph::CLOCK, "waits".to_owned()),
        RunStatus::Running => (ChipTone::Accent, glyph::SPINNER, format!("running {}", format::clock(lasts))),
        RunStatus::Finished => {
            (ChipTone::Good, glyph::CHECK_CIRCLE, format!("done in {}", format::secs(sweep.duration_secs)))
        }
        RunStatus::Failed => (ChipTone::Fault, glyph::X_CIRCLE, "failed".to_owned()),
        RunStatus::Cancelled => (ChipTone::Neutral, glyph::STOP, "stopped".to_owned()),
        RunStatus::Interrupted => (ChipTone::Warning, glyph::WARNING, "interrupted".to_owned()),
    };
    if sweep.status == RunStatus::Running {
        ui.request_repaint_after_secs(0.5);
    }
    widgets::chip(ui, ctx.theme, tone, Some(mark), words);
}

fn running_secs(ctx: &Ctx<'_>, sweep: &SweepState) -> f64 {
    let begun = format::unix_secs(&sweep.started_at).unwrap_or(ctx.now_secs);
    (ctx.now_secs - begun).max(sweep.duration_secs)
}

fn progress_ui(ui: &mut Ui, ctx: &Ctx<'_>, sweep: &SweepState) {
    let [done, pruned, failed, _] = counts(&sweep.trials);
    let ended = done + pruned + failed;
    let planned = sweep.planned.max(sweep.trials.len());
    if sweep.status == RunStatus::Running && planned > 0 {
        let share = ended as f64 / planned as f64;
        if ended > 2 {
            let left = running_secs(ctx, sweep) / ended as f64 * (planned - ended) as f64;
            widgets::dim(ui, ctx.theme, format!("about {} left", format::clock(left)));
        }
        widgets::progress_bar(ui, ctx.theme, Some(share), 96.0);
    }
    widgets::text(ui, ctx.theme, format!("{ended} of {planned} trials"));
}

/// «Stop» while a job of the sweep's runs.
fn stop_ui(ui: &mut Ui, ctx: &Ctx<'_>, sweep: &SweepState) {
    if sweep.status != RunStatus::Running {
        return;
    }
    let of_sweep = |job: &&cairn_protocol::door::JobView| {
        job.status == RunStatus::Running
            && (job.cell.as_ref().is_some_and(|(_, cell)| *cell == sweep.name)
                || (!sweep.name.is_empty() && job.title.contains(&sweep.name)))
    };
    let job = ctx.store.jobs.values().filter(of_sweep).max_by_key(|job| job.id).map(|job| job.id);
    let stop = button(ui, ctx.theme, Button::plain("Stop").glyph(glyph::STOP).enabled(job.is_some()).small());
    if stop.on_hover_text("Stops after the trials that run; what is done stays").clicked()
        && let Some(job) = job
    {
        ctx.call(Request::CancelJob { job });
    }
}

fn list_ui(ui: &mut Ui, ctx: &Ctx<'_>) {
    let fetched = throttled(ui, ctx, &Request::Sweeps);
    let Some(answer) = fetched.value else {
        ui.add_space(12.0);
        match fetched.error {
            Some(error) => {
                if widgets::error_card(ui, ctx.theme, &error, true) {
                    ctx.store.retry(&Request::Sweeps);
                }
            }
            None => widgets::loading(ui, ctx.theme, "Reading sweeps"),
        }
        return;
    };
    let Response::Sweeps(sweeps) = answer.as_ref() else { return };
    if sweeps.is_empty() {
        let words = "No sweep yet: turn a value of a train cell into a range, or add a sweep cell";
        widgets::empty_state(ui, ctx.theme, glyph::TARGET, words, None);
        return;
    }
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.add_space(12.0);
        for sweep in sweeps {
            let card = ui.horizontal(|ui| {
                ui.add_space(12.0);
                ui.vertical(|ui| {
                    ui.set_width((ui.available_width() - 12.0).min(760.0));
                    sweep_card(ui, ctx, sweep);
                });
            });
            drop(card);
            ui.add_space(8.0);
        }
    });
}

fn sweep_card(ui: &mut Ui, ctx: &Ctx<'_>, sweep: &SweepState) {
    let theme = ctx.theme;
    widgets::card(ui, theme, false, |ui| {
        egui::Frame::new().inner_margin(egui::Margin::symmetric(12, 8)).show(ui, |ui| {
            ui.horizontal(|ui| {
                widgets::icon(ui, theme, glyph::TARGET, theme.accent, 16.0);
                let name = if sweep.name.is_empty() { &sweep.id } else { &sweep.name };
                widgets::title(ui, theme, name);
                status_chip(ui, ctx, sweep);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let open = Button::plain("Open").name(format!("Open the sweep {name}")).small();
                    if button(ui, theme, open).clicked() {
                        ctx.push(Action::Open(Tab::Sweep(Some(sweep.id.clone()))));
                    }
                    if let Some(best) = &sweep.best {
                        widgets::strong(ui, theme, format::figure(best.value.0));
                        widgets::dim(ui, theme, format!("best {}", sweep.objective.name));
                    }
                });
            });
            let space: Vec<&str> = sweep.space.iter().map(|param| param.name.as_str()).collect();
            let when = format::ago(&sweep.started_at, ctx.now_secs);
            widgets::small(ui, theme, format!("{} · {} planned · {when}", space.join(", "), sweep.planned));
        });
    });
}
