//! The quality of a table: what is odd about it, each finding with what it means and the step that would answer it,
//! its columns in one overview, how they hang together, and the rows unlike the others. Everything rests on all rows.
//!
//! [`findings`] draws the list, [`overview`] the columns, [`matrix`] the associations, [`odd`] the rows; [`apply`]
//! says where a suggested step goes.

pub mod apply;
pub mod findings;
pub mod matrix;
pub mod odd;
pub mod overview;

#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, rc::Rc};

use cairn_protocol::{
    ErrorInfo, Request, Response,
    door::{EntryKind, NotebookView},
    quality::{Definition, QualityReport},
    table::{Profile, TableRef},
};
use egui::{Align, Frame, Layout, Margin, Rect, Ui, UiBuilder, pos2, vec2};

use self::apply::Place;
use crate::{
    ctx::Ctx,
    panes::column,
    widgets::{self, Button, button, format, glyph},
};

/// From this width on the findings stand beside the rest.
const WIDE: f32 = 860.0;

/// What the report remembers.
#[derive(Default)]
pub struct QualityPane {
    /// The column to predict, where the person chose; empty: none.
    target: Option<String>,
    part: usize,
    /// The part shown where room is short: the findings are one of them then.
    narrow_part: usize,
    place: String,
    open: BTreeSet<usize>,
    shown_findings: usize,
    overview: overview::Overview,
    matrix: matrix::Matrix,
}

/// What the report asks of the pane around it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QualityOutput {
    /// A row of the table to be shown.
    pub show_row: Option<u64>,
}

/// What the parts of the report see.
struct Seen<'a> {
    ctx: &'a Ctx<'a>,
    table: &'a TableRef,
    profile: Option<&'a Profile>,
    report: &'a QualityReport,
    notebook: Option<&'a NotebookView>,
    places: &'a [Place],
    place: Option<&'a Place>,
}

impl QualityPane {
    /// Draws the report of a table.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>, table: &TableRef) -> QualityOutput {
        let theme = ctx.theme;
        let profile_answer = ctx.value(&Request::TableProfile { table: table.clone() });
        let profile = match profile_answer.as_deref() {
            Some(Response::Profiled(profile)) => Some(profile),
            _ => None,
        };
        let target = match &self.target {
            Some(target) => Some(target.clone()).filter(|target| !target.is_empty()),
            None => column::target_of(ctx, table),
        };
        let has = |name: &String| profile.is_none_or(|profile| profile.columns.iter().any(|of| of.name == *name));
        let target = target.filter(has);
        let request = Request::Quality { table: table.clone(), target: target.clone() };
        let fetched = ctx.read(&request);
        let notebook = notebook_of(ctx, table);
        let places = notebook.as_ref().map(|view| apply::places(view, table)).unwrap_or_default();
        let place = places.iter().find(|place| place.title() == self.place).or(places.first()).cloned();
        let report = match fetched.value.as_deref() {
            Some(Response::Quality(report)) => Some(report.as_ref()),
            _ => None,
        };
        self.bar(ui, ctx, profile, report, target.as_deref(), &places, place.as_ref());
        widgets::hairline(ui, theme);
        let mut output = QualityOutput::default();
        let Some(report) = report else {
            waiting(ui, ctx, "Looking at all rows…", "Look at the quality of the data", fetched.error, &request);
            return output;
        };
        if fetched.loading || fetched.error.is_some() {
            waiting(ui, ctx, "Looking again…", "Look at the quality of the data", fetched.error, &request);
        }
        let seen =
            Seen { ctx, table, profile, report, notebook: notebook.as_ref(), places: &places, place: place.as_ref() };
        let room = ui.available_rect_before_wrap();
        if room.width() >= WIDE {
            let left = (room.width() * 0.44).clamp(380.0, 620.0);
            let split = room.left() + left;
            let area = Rect::from_min_max(room.min, pos2(split, room.bottom()));
            within(ui, "findings", area, |ui| {
                widgets::frames::row_of_two(
                    ui,
                    36.0,
                    |ui| {
                        ui.add_space(12.0);
                        let count = report.findings.len() as u64;
                        widgets::title(ui, theme, format::plural(count, "finding", "findings"));
                    },
                    |_| {},
                );
                widgets::hairline(ui, theme);
                self.findings_ui(ui, &seen);
            });
            ui.painter().vline(split, room.y_range(), egui::Stroke::new(1.0, theme.border));
            let area = Rect::from_min_max(pos2(split + 1.0, room.top()), room.max);
            within(ui, "rest", area, |ui| {
                parts_bar(ui, &seen, &mut self.part, &["Columns", "Associations", "Odd rows"]);
                self.part_ui(ui, &seen, self.part, &mut output);
            });
        } else {
            within(ui, "all", room, |ui| {
                let findings = format!("Findings {}", report.findings.len());
                let titles = [findings.as_str(), "Columns", "Associations", "Odd rows"];
                parts_bar(ui, &seen, &mut self.narrow_part, &titles);
                match self.narrow_part.checked_sub(1) {
                    None => self.findings_ui(ui, &seen),
                    Some(part) => self.part_ui(ui, &seen, part, &mut output),
                }
            });
        }
        ui.advance_cursor_after_rect(room);
        output
    }

    #[expect(clippy::too_many_arguments, reason = "one bar, called from one place")]
    fn bar(
        &mut self,
        ui: &mut Ui,
        ctx: &Ctx<'_>,
        profile: Option<&Profile>,
        report: Option<&QualityReport>,
        target: Option<&str>,
        places: &[Place],
        place: Option<&Place>,
    ) {
        let theme = ctx.theme;
        ui.allocate_ui_with_layout(vec2(ui.available_width(), 36.0), Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_height(36.0);
            ui.spacing_mut().item_spacing.x = 8.0;
            ui.add_space(12.0);
            widgets::dim(ui, theme, "Column to predict");
            let columns = profile.map_or(&[][..], |profile| &profile.columns);
            let mut options = vec![(String::new(), "None".to_owned())];
            options.extend(columns.iter().map(|column| (column.name.clone(), column.name.clone())));
            let mut chosen = target.unwrap_or_default().to_owned();
            if widgets::select(ui, theme, "Column to predict", &mut chosen, &options, 150.0) {
                self.target = Some(chosen);
                self.open.clear();
            }
            if let Some(place) = place {
                widgets::dim(ui, theme, "Steps go to");
                let options: Vec<_> = places.iter().map(|place| (place.title(), place.title())).collect();
                let mut chosen = place.title();
                if widgets::select(ui, theme, "Steps go to", &mut chosen, &options, 170.0) {
                    self.place = chosen;
                }
            }
            if let Some(report) = report {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.add_space(12.0);
                    definitions(ui, ctx, &report.definitions);
                    widgets::small(ui, theme, scope(report.rows, report.rows, report.elapsed_secs, &report.notes))
                        .on_hover_text(report.notes.join("\n"));
                });
            }
        });
    }

    fn part_ui(&mut self, ui: &mut Ui, seen: &Seen<'_>, part: usize, output: &mut QualityOutput) {
        match part {
            0 => self.overview.ui(ui, seen),
            1 => self.matrix.ui(ui, seen),
            _ => output.show_row = odd::rows_ui(ui, seen),
        }
    }

    fn findings_ui(&mut self, ui: &mut Ui, seen: &Seen<'_>) {
        findings::list_ui(ui, seen, &mut self.open, &mut self.shown_findings);
    }
}

/// The switch between the parts of the report.
fn parts_bar(ui: &mut Ui, seen: &Seen<'_>, part: &mut usize, titles: &[&str]) {
    let theme = seen.ctx.theme;
    ui.allocate_ui_with_layout(vec2(ui.available_width(), 36.0), Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_height(36.0);
        ui.add_space(12.0);
        widgets::segmented(ui, theme, "Part of the report", part, titles);
    });
    widgets::hairline(ui, theme);
}

/// On how much a report rests: «exact, all 3,000,000 rows, 0.4 s».
#[must_use]
pub fn scope(rows: u64, used: u64, elapsed_secs: f64, notes: &[String]) -> String {
    let time = format::secs(elapsed_secs);
    let exact = if notes.is_empty() { "exact, " } else { "" };
    if used == rows {
        format!("{exact}all {} rows, {time}", format::count(rows))
    } else {
        format!("{} of {} rows, {time}", format::count(used), format::count(rows))
    }
}

/// What the measures mean, on hover and for a screen reader.
pub fn definitions(ui: &mut Ui, ctx: &Ctx<'_>, definitions: &[Definition]) {
    if definitions.is_empty() {
        return;
    }
    let opener = widgets::icon_button(ui, ctx.theme, glyph::QUESTION, "What the measures mean");
    egui::Popup::menu(&opener)
        .width(380.0)
        .frame(widgets::menus::floating_frame(ctx.theme).inner_margin(Margin::same(12)))
        .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| {
            ui.set_width(380.0);
            egui::ScrollArea::vertical().max_height(420.0).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 4.0;
                for definition in definitions {
                    widgets::strong(ui, ctx.theme, definition.name.replace('_', " "));
                    widgets::paragraph(ui, definition.text.as_str(), ctx.theme.dim);
                    ui.add_space(6.0);
                }
            });
        });
}

/// What stands where an answer is on its way or did not come: the job with its progress and «Cancel», or the error.
pub fn waiting(ui: &mut Ui, ctx: &Ctx<'_>, words: &str, job: &str, error: Option<Rc<ErrorInfo>>, request: &Request) {
    let theme = ctx.theme;
    Frame::new().inner_margin(Margin::symmetric(16, 12)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        if let Some(error) = error {
            if widgets::error_card(ui, theme, &error, true) {
                ctx.store.retry(request);
            }
            return;
        }
        let running = ctx.store.jobs.values().rev().find(|of| of.title == job && crate::shell::is_running(of));
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            widgets::loading(
                ui,
                theme,
                running.map_or(words, |of| if of.detail.is_empty() { words } else { &of.detail }),
            );
            if let Some(job) = running {
                widgets::progress_bar(ui, theme, job.progress, 160.0);
                if button(ui, theme, Button::plain("Cancel").small()).clicked() {
                    ctx.call(Request::CancelJob { job: job.id });
                }
            }
        });
    });
}

/// The notebook that steps on a table go to: its own, or the first of the project.
fn notebook_of(ctx: &Ctx<'_>, table: &TableRef) -> Option<NotebookView> {
    if let TableRef::Cell { notebook, .. } = table {
        return ctx.store.notebook(notebook);
    }
    let answer = ctx.value(&Request::Project)?;
    let Response::Project(project) = answer.as_ref() else { return None };
    let first = project.entries.iter().find(|entry| entry.kind == EntryKind::Notebook)?;
    ctx.store.notebook(&first.path)
}

/// Draws into a part of the pane.
pub(super) fn within<R>(ui: &mut Ui, name: &str, area: Rect, content: impl FnOnce(&mut Ui) -> R) -> R {
    let mut child = ui.new_child(UiBuilder::new().id_salt(name).max_rect(area));
    child.shrink_clip_rect(area);
    child.spacing_mut().item_spacing.y = 0.0;
    content(&mut child)
}
