//! A file of data, as it is.

use cairn_protocol::{
    Request,
    table::{Severity, TableRef},
};
use egui::{Align, Layout, Ui, vec2};

use crate::{
    ctx::{Action, Ctx, Selection},
    widgets::{
        self, Button, ChipTone, button, chip, format, glyph,
        grid::{GridSource, GridState, TableSource, grid_ui},
        icon, labels,
    },
};

/// The pane's state.
pub struct DataPane {
    path: String,
    grid: GridState,
}

impl DataPane {
    /// The pane of a file.
    #[must_use]
    pub fn new(path: String) -> Self {
        Self { path, grid: GridState::over_a_tile() }
    }

    /// Opens the line that finds text.
    pub fn find(&mut self) {
        self.grid.open_find();
    }

    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>) {
        let theme = ctx.theme;
        let table = TableRef::File { path: self.path.clone() };
        let source = TableSource::new(ctx.store, table.clone(), self.grid.query.clone());
        ui.spacing_mut().item_spacing.y = 0.0;
        let name = self.path.rsplit('/').next().unwrap_or(&self.path).to_owned();
        ui.allocate_ui_with_layout(vec2(ui.available_width(), 40.0), Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_height(40.0);
            ui.spacing_mut().item_spacing.x = 8.0;
            ui.add_space(12.0);
            icon(ui, theme, glyph::TABLE, theme.accent, 16.0);
            labels::title(ui, theme, name.as_str());
            if let Some(profile) = source.profile() {
                let columns = profile.columns.len() as u64;
                let words =
                    format!("{} rows · {}", format::count(profile.rows), format::plural(columns, "column", "columns"));
                labels::dim(ui, theme, words);
                let serious = profile.findings.iter().filter(|finding| finding.severity == Severity::High).count();
                if serious > 0 {
                    let words = format::plural(serious as u64, "serious finding", "serious findings");
                    let lines: Vec<&str> =
                        profile.findings.iter().take(8).map(|found| found.message.as_str()).collect();
                    chip(ui, theme, ChipTone::Warning, Some(glyph::WARNING), words).on_hover_text(lines.join("\n"));
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.add_space(12.0);
                if button(ui, theme, Button::primary("Add to notebook").glyph(glyph::PLUS)).clicked() {
                    ctx.call(Request::AddData { path: self.path.clone(), notebook: None });
                }
            });
        });
        widgets::hairline(ui, theme);
        if let Some(error) = source.error().filter(|_| source.columns().is_empty()) {
            egui::Frame::new().inner_margin(16).show(ui, |ui| {
                if widgets::error_card(ui, theme, error, true) {
                    source.retry();
                }
            });
            return;
        }
        if source.columns().is_empty() {
            egui::Frame::new().inner_margin(16).show(ui, |ui| widgets::loading(ui, theme, &format!("Reading {name}…")));
            return;
        }
        let output = grid_ui(ui, ctx, &mut self.grid, &source);
        if let Some(column) = output.clicked_column {
            ctx.push(Action::Select(Selection::Column { table, column }));
        }
    }
}
