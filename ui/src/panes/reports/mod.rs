//! The reports pane: the project's reports, and a preview of one. A report is a page for a browser; where its cell's
//! result is at hand, the same content is drawn here.

pub mod models;
pub mod preview;
pub mod sections;

use std::rc::Rc;

use cairn_protocol::{
    Request, Response,
    door::{EntryKind, ProjectView, TreeEntry},
    notebook::CellBody,
    results::{CellResult, ReportResult},
};
use egui::{Align, Layout, ScrollArea, Ui};

use crate::{
    ctx::{Action, Ctx, Tab},
    widgets::{self, Button, button, format, glyph},
};

/// The pane's state.
#[derive(Default)]
pub struct ReportsPane {
    path: Option<String>,
}

/// A report cell with its result.
struct Found {
    notebook: String,
    cell: String,
    answer: Rc<Response>,
}

impl Found {
    fn report(&self) -> Option<&ReportResult> {
        match self.answer.as_ref() {
            Response::CellResult(result) => match result.as_ref() {
                CellResult::Report(report) => Some(report),
                _ => None,
            },
            _ => None,
        }
    }
}

impl ReportsPane {
    /// A pane with a report by its path, or with the list.
    #[must_use]
    pub fn new(path: Option<String>) -> Self {
        Self { path }
    }

    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>) {
        let fetched = ctx.read(&Request::Project);
        let Some(answer) = fetched.value else {
            ui.add_space(12.0);
            match fetched.error {
                Some(error) => {
                    if widgets::error_card(ui, ctx.theme, &error, true) {
                        ctx.store.retry(&Request::Project);
                    }
                }
                None => widgets::loading(ui, ctx.theme, "Reading the project"),
            }
            return;
        };
        let Response::Project(project) = answer.as_ref() else { return };
        let found = reports_of(ctx, project);
        match &self.path {
            Some(path) => report_ui(ui, ctx, project, &found, path),
            None => list_ui(ui, ctx, project, &found),
        }
    }
}

/// The report cells of all notebooks that have a result.
fn reports_of(ctx: &Ctx<'_>, project: &ProjectView) -> Vec<Found> {
    let mut found = Vec::new();
    for entry in project.entries.iter().filter(|entry| entry.kind == EntryKind::Notebook) {
        let Some(view) = ctx.store.notebook(&entry.path) else { continue };
        for (cell, state) in view.notebook.cells.iter().zip(&view.cells) {
            if !matches!(cell.body, CellBody::Report(_)) || state.ran_at.is_empty() {
                continue;
            }
            let request = Request::CellResult { path: entry.path.clone(), cell: cell.name.clone() };
            if let Some(answer) = ctx.value(&request) {
                found.push(Found { notebook: entry.path.clone(), cell: cell.name.clone(), answer });
            }
        }
    }
    found
}

fn list_ui(ui: &mut Ui, ctx: &Ctx<'_>, project: &ProjectView, found: &[Found]) {
    let theme = ctx.theme;
    let files: Vec<&TreeEntry> = project.entries.iter().filter(|entry| entry.kind == EntryKind::Report).collect();
    if files.is_empty() && found.is_empty() {
        let words = "No report yet: add a report cell below a model and run it";
        widgets::empty_state(ui, theme, glyph::FILE_TEXT, words, None);
        return;
    }
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.add_space(12.0);
        let known = |path: &str| found.iter().find(|found| found.report().is_some_and(|report| report.path == path));
        for file in files {
            let result = known(&file.path);
            row_ui(ui, ctx, &file.path, file.size_bytes, result.and_then(Found::report), result);
        }
    });
}

fn row_ui(ui: &mut Ui, ctx: &Ctx<'_>, path: &str, size: u64, report: Option<&ReportResult>, found: Option<&Found>) {
    let theme = ctx.theme;
    ui.horizontal(|ui| {
        ui.add_space(12.0);
        ui.vertical(|ui| {
            ui.set_width((ui.available_width() - 12.0).min(760.0));
            widgets::card(ui, theme, false, |ui| {
                egui::Frame::new().inner_margin(egui::Margin::symmetric(12, 8)).show(ui, |ui| {
                    ui.horizontal(|ui| {
                        widgets::icon(ui, theme, glyph::FILE_TEXT, theme.accent, 18.0);
                        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                            let browser =
                                Button::plain("Open in browser").name(format!("Open {path} in the browser")).small();
                            if button(ui, theme, browser).clicked() {
                                ctx.push(Action::OpenOutside(path.to_owned()));
                            }
                            let show =
                                Button::primary("Show").name(format!("Show {path}")).enabled(report.is_some()).small();
                            let show = button(ui, theme, show);
                            if show
                                .on_disabled_hover_text("Its cell has changed since: run the cell to see it here")
                                .clicked()
                            {
                                ctx.push(Action::Open(Tab::Report(Some(path.to_owned()))));
                            }
                            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                                let name = path.rsplit('/').next().unwrap_or(path);
                                widgets::title(ui, theme, report.map_or(name, |report| &report.title));
                            });
                        });
                    });
                    let made =
                        report.map(|report| format!(" · made {}", format::ago(&report.content.made_at, ctx.now_secs)));
                    let from = found.map(|found| format!(" · {} in {}", found.cell, found.notebook));
                    let words = format!(
                        "{path} · {}{}{}",
                        format::bytes(size),
                        made.unwrap_or_default(),
                        from.unwrap_or_default()
                    );
                    widgets::small(ui, theme, words);
                });
            });
        });
    });
    ui.add_space(8.0);
}

fn report_ui(ui: &mut Ui, ctx: &Ctx<'_>, project: &ProjectView, found: &[Found], path: &str) {
    let theme = ctx.theme;
    let here = found.iter().find(|found| {
        found.report().is_some_and(|report| report.path == path || report.title == path || report.id == path)
    });
    let file = here.and_then(Found::report).map_or(path, |report| &report.path).to_owned();
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        ui.add_space(8.0);
        if widgets::icon_button(ui, theme, glyph::ARROW_LEFT, "All reports").clicked() {
            ctx.push(Action::Open(Tab::Report(None)));
        }
        widgets::strong(ui, theme, &file);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(8.0);
            if button(ui, theme, Button::plain("Open in browser").glyph(glyph::GLOBE).small()).clicked() {
                ctx.push(Action::OpenOutside(file.clone()));
            }
            if let Some(here) = here
                && button(ui, theme, Button::quiet("Show the cell").small()).clicked()
            {
                ctx.push(Action::Reveal { notebook: here.notebook.clone(), cell: here.cell.clone() });
            }
        });
    });
    ui.add_space(6.0);
    widgets::hairline(ui, theme);
    match here.and_then(Found::report) {
        Some(report) => {
            ScrollArea::vertical()
                .auto_shrink([false, false])
                .show(ui, |ui| preview::preview_ui(ui, ctx, &report.content));
        }
        None => {
            let there = project.entries.iter().any(|entry| entry.path == path);
            let words = if there {
                "This report's cell has changed since, so it is shown as it was written: in the browser"
            } else {
                "This report is not in the project any more"
            };
            if widgets::empty_state(ui, theme, glyph::FILE_TEXT, words, there.then_some("Open in browser")) {
                ctx.push(Action::OpenOutside(path.to_owned()));
            }
        }
    }
}
