//! A table over a tile: a file as it is, or what a cell holds. Its grid, the report on its quality, and how it differs
//! from another table.

use cairn_protocol::{
    Request,
    table::{Severity, TableRef},
};
use egui::{Align, Layout, Ui, vec2};

use super::{
    compare::{ComparePane, parts_of},
    export_table::ExportDialog,
    quality::QualityPane,
};
use crate::{
    cells::{behind, split::part_title},
    ctx::{Action, Ctx, Selection},
    widgets::{
        self, Button, ChipTone, button, chip_button, format, glyph,
        grid::{GridSource, GridState, TableSource, grid_ui},
        icon, labels,
    },
};

/// What the pane shows of its table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TableView {
    /// Its rows.
    #[default]
    Grid,
    /// What is odd about it.
    Quality,
    /// How it differs from another.
    Compare,
}

/// The views in the order of the switch.
const VIEWS: [(TableView, &str); 3] =
    [(TableView::Grid, "Grid"), (TableView::Quality, "Quality"), (TableView::Compare, "Compare")];

/// The pane's state.
pub struct DataPane {
    table: TableRef,
    grid: GridState,
    view: TableView,
    quality: QualityPane,
    compare: ComparePane,
    export: Option<ExportDialog>,
}

impl DataPane {
    /// The pane of a table.
    #[must_use]
    pub fn new(table: TableRef) -> Self {
        Self {
            table,
            grid: GridState::over_a_tile(),
            view: TableView::Grid,
            quality: QualityPane::default(),
            compare: ComparePane::default(),
            export: None,
        }
    }

    /// Shows another side of the table.
    pub fn show(&mut self, view: TableView) {
        self.view = view;
    }

    /// Opens the line that finds text.
    pub fn find(&mut self) {
        self.view = TableView::Grid;
        self.grid.open_find();
    }

    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>) {
        let theme = ctx.theme;
        let table = self.table.clone();
        let of_cell = matches!(table, TableRef::Cell { .. });
        let source = TableSource::new(ctx.store, table.clone(), self.grid.query.clone()).keepable(of_cell);
        ui.spacing_mut().item_spacing.y = 0.0;
        let name = name_of(&table).to_owned();
        self.head_ui(ui, ctx, &name, &source);
        widgets::hairline(ui, theme);
        if let Some(dialog) = &mut self.export
            && !dialog.ui(ui, ctx, &table, &self.grid.query)
        {
            self.export = None;
        }
        if let Some(error) = source.error().filter(|_| source.columns().is_empty()) {
            egui::Frame::new().inner_margin(16).show(ui, |ui| {
                if widgets::error_card(ui, theme, error, true) {
                    source.retry();
                }
                if let TableRef::Cell { notebook, cell } = &table {
                    ui.add_space(8.0);
                    if button(ui, theme, Button::primary("Run the cell").glyph(glyph::PLAY)).clicked() {
                        let (path, cells) = (notebook.clone(), vec![cell.clone()]);
                        ctx.call(Request::RunCells { path, cells, force: false });
                    }
                }
            });
            return;
        }
        if source.columns().is_empty() {
            egui::Frame::new().inner_margin(16).show(ui, |ui| widgets::loading(ui, theme, &format!("Reading {name}…")));
            return;
        }
        match self.view {
            TableView::Grid => {
                let output = grid_ui(ui, ctx, &mut self.grid, &source);
                if let (Some(steps), TableRef::Cell { notebook, cell }) = (output.steps, &table)
                    && let Some(view) = ctx.store.notebook(notebook)
                {
                    ctx.edit(notebook, behind::kept(&view.notebook, cell, steps));
                    let text = format!("The view of {cell} is a step now");
                    ctx.push(Action::Toast { text, undo: Some(notebook.clone()) });
                    self.grid.show_whole_table();
                }
                if let Some(column) = output.clicked_column {
                    ctx.push(Action::Select(Selection::Column { table, column }));
                }
            }
            TableView::Quality => {
                let output = self.quality.ui(ui, ctx, &table);
                if let Some(row) = output.show_row {
                    self.view = TableView::Grid;
                    self.grid.query = Default::default();
                    self.grid.show_row(row);
                    self.grid.cursor = source.columns().first().map(|column| (row, column.name.to_owned()));
                }
            }
            TableView::Compare => self.compare.ui(ui, ctx, &table),
        }
    }

    fn head_ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>, name: &str, source: &TableSource<'_>) {
        let theme = ctx.theme;
        ui.allocate_ui_with_layout(vec2(ui.available_width(), 40.0), Layout::right_to_left(Align::Center), |ui| {
            ui.set_min_height(40.0);
            ui.spacing_mut().item_spacing.x = 8.0;
            ui.add_space(12.0);
            match &self.table {
                TableRef::File { path } => {
                    if button(ui, theme, Button::primary("Add to notebook").glyph(glyph::PLUS)).clicked() {
                        ctx.call(Request::AddData { path: path.clone(), notebook: None });
                    }
                }
                TableRef::Cell { notebook, cell } => {
                    let show = Button::quiet("Show in notebook").glyph(glyph::NOTEBOOK);
                    if button(ui, theme, show).clicked() {
                        ctx.push(Action::Reveal { notebook: notebook.clone(), cell: cell.clone() });
                    }
                }
            }
            let ready = !source.columns().is_empty();
            if button(ui, theme, Button::plain("Export…").glyph(glyph::EXPORT).enabled(ready)).clicked() {
                self.export = Some(ExportDialog::new(name, &self.grid.query));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 8.0;
                ui.add_space(12.0);
                icon(ui, theme, glyph::TABLE, theme.accent, 16.0);
                let mut view = VIEWS.iter().position(|(view, _)| *view == self.view).unwrap_or_default();
                // The name gives way to the switch where room is short.
                let room = (ui.available_width() - 200.0).clamp(40.0, 260.0);
                ui.scope(|ui| {
                    ui.set_max_width(room);
                    labels::title(ui, theme, name).on_hover_text(name);
                });
                if widgets::segmented(ui, theme, "Shown", &mut view, &VIEWS.map(|(_, title)| title)) {
                    self.view = VIEWS[view].0;
                }
                if self.view == TableView::Grid {
                    self.part_ui(ui, ctx);
                }
                let Some(profile) = source.profile() else { return };
                let columns = profile.columns.len() as u64;
                let serious = profile.findings.iter().filter(|finding| finding.severity == Severity::High).count();
                if serious > 0 && self.view == TableView::Grid {
                    let words = format::plural(serious as u64, "serious finding", "serious findings");
                    let lines: Vec<&str> =
                        profile.findings.iter().take(8).map(|found| found.message.as_str()).collect();
                    let chip = chip_button(ui, theme, ChipTone::Warning, Some(glyph::WARNING), words);
                    if chip.on_hover_text(lines.join("\n")).clicked() {
                        self.view = TableView::Quality;
                    }
                }
                let words =
                    format!("{} rows · {}", format::count(profile.rows), format::plural(columns, "column", "columns"));
                if ui.available_width() > 150.0 {
                    labels::dim(ui, theme, words);
                }
            });
        });
    }

    /// Which part of a split the grid shows.
    fn part_ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>) {
        let parts = parts_of(ctx, &self.table);
        if parts.is_empty() {
            self.grid.query.part = None;
            return;
        }
        let mut options = vec![(String::new(), "All rows".to_owned())];
        options.extend(parts.iter().map(|part| (part.clone(), part_title(part))));
        let mut chosen = self.grid.query.part.clone().unwrap_or_default();
        if widgets::select(ui, ctx.theme, "Rows shown", &mut chosen, &options, 120.0) {
            self.grid.query.part = Some(chosen).filter(|part| !part.is_empty());
            self.grid.show_row(0);
        }
    }
}

fn name_of(table: &TableRef) -> &str {
    match table {
        TableRef::Cell { cell, .. } => cell,
        TableRef::File { path } => path.rsplit('/').next().unwrap_or(path),
    }
}

#[cfg(test)]
mod tests;
