//! The list of jobs: name, progress, time, what it does just now, cancel, log.

use cairn_protocol::{Request, door::JobView, runs::RunStatus};
use egui::{Align2, Area, Id, Key, Order, ScrollArea, Ui, vec2};

use super::{Shell, is_running};
use crate::{
    ctx::Ctx,
    fonts,
    theme::{size, text},
    widgets::{self, Button, ChipTone, button, chip, format, glyph, icon_button, labels, menus},
};

pub(super) fn draw(ui: &Ui, ctx: &Ctx<'_>, shell: &mut Shell) {
    if !shell.jobs_open {
        return;
    }
    let theme = ctx.theme;
    let area = Area::new(Id::unique("jobs"))
        .order(Order::Foreground)
        .anchor(Align2::LEFT_BOTTOM, vec2(8.0, -size::STATUS_BAR - 6.0))
        .show(ui.ctx(), |ui| {
            menus::floating_frame(theme).show(ui, |ui| {
                ui.set_width(420.0);
                ui.horizontal(|ui| {
                    ui.add_space(8.0);
                    labels::title(ui, theme, "Jobs");
                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                        if icon_button(ui, theme, glyph::X, "Close jobs").clicked() {
                            shell.jobs_open = false;
                        }
                    });
                });
                if ctx.store.jobs.is_empty() {
                    widgets::empty_state(
                        ui,
                        theme,
                        glyph::LIST_CHECKS,
                        "Nothing has run since the window opened",
                        None,
                    );
                }
                ScrollArea::vertical().max_height(420.0).show(ui, |ui| {
                    let mut jobs: Vec<&JobView> = ctx.store.jobs.values().collect();
                    jobs.sort_by_key(|job| (!is_running(job), std::cmp::Reverse(job.id)));
                    for job in jobs.into_iter().take(40) {
                        widgets::hairline(ui, theme);
                        one(ui, ctx, shell, job);
                    }
                });
            });
        });
    let outside = ui.input(|input| {
        input.pointer.any_pressed()
            && input.pointer.interact_pos().is_some_and(|at| {
                !area.response.rect.contains(at) && at.y < input.content_rect().bottom() - size::STATUS_BAR
            })
    });
    if outside || ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Escape)) {
        shell.jobs_open = false;
    }
}

fn one(ui: &mut Ui, ctx: &Ctx<'_>, shell: &mut Shell, job: &JobView) {
    let theme = ctx.theme;
    let running = is_running(job);
    ui.push_id(job.id, |ui| {
        egui::Frame::new().inner_margin(egui::Margin::symmetric(8, 6)).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                ui.set_height(size::CONTROL);
                labels::strong(ui, theme, job.title.as_str());
                match job.status {
                    RunStatus::Finished => chip(ui, theme, ChipTone::Good, Some(glyph::CHECK_CIRCLE), "done"),
                    RunStatus::Failed => chip(ui, theme, ChipTone::Fault, Some(glyph::X_CIRCLE), "failed"),
                    RunStatus::Cancelled => chip(ui, theme, ChipTone::Neutral, None, "stopped"),
                    RunStatus::Interrupted => chip(ui, theme, ChipTone::Warning, None, "interrupted"),
                    RunStatus::Queued => chip(ui, theme, ChipTone::Neutral, None, "queued"),
                    RunStatus::Running => chip(ui, theme, ChipTone::Accent, Some(glyph::SPINNER), "running"),
                };
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    if running {
                        let stop = Button::plain("Cancel").small().name(format!("Cancel {}", job.title));
                        if button(ui, theme, stop).clicked() {
                            ctx.call(Request::CancelJob { job: job.id });
                        }
                    }
                    if !job.log.is_empty() {
                        let open = shell.logs.contains(&job.id);
                        let log = Button::quiet("Log").small().selected(open).name(format!("Log of {}", job.title));
                        if button(ui, theme, log).clicked() && !shell.logs.remove(&job.id) {
                            shell.logs.insert(job.id);
                        }
                    }
                    labels::small(ui, theme, format::secs(job.elapsed_secs));
                });
            });
            if running {
                ui.horizontal(|ui| {
                    widgets::progress_bar(ui, theme, job.progress, 200.0);
                    if let Some(progress) = job.progress {
                        labels::small(ui, theme, format!("{:.0} %", progress * 100.0));
                        if progress > 0.02 && job.elapsed_secs > 1.0 {
                            let left = job.elapsed_secs * (1.0 - progress) / progress;
                            labels::small(ui, theme, format!("about {} left", format::secs(left)));
                        }
                    }
                });
            }
            if !job.detail.is_empty() {
                labels::small(ui, theme, job.detail.as_str());
            }
            if shell.logs.contains(&job.id) {
                let log = egui::RichText::new(job.log.join("\n")).font(fonts::mono(text::SMALL)).color(theme.dim);
                ui.add(egui::Label::new(log).wrap().selectable(true));
            }
        });
    });
}
