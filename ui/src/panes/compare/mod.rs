//! Two tables side by side, or two parts of a split: which columns and rows differ, and how far each column moved.
//! The comparison runs when it is asked for; [`rows`] draws what differs in the rows, [`drift`] the distributions.

pub mod drift;
pub mod rows;

#[cfg(test)]
mod tests;

use cairn_protocol::{
    Request, Response,
    comparison::{CompareSide, Comparison},
    door::EntryKind,
    results::CellResult,
    table::{ColumnType, Profile, TableRef},
};
use egui::{Align, Frame, Layout, Margin, Ui, vec2};

use crate::{
    cells::{prefill, split::part_title},
    ctx::Ctx,
    panes::quality::{definitions, findings::severity_mark, scope, waiting},
    widgets::{self, Button, ChipTone, button, columns_picker, format, glyph},
};

/// What the comparison remembers.
#[derive(Default)]
pub struct ComparePane {
    /// The first table, as the list names it; empty: the pane's own.
    a: String,
    b: String,
    keys: Vec<String>,
    /// What was asked for last.
    asked: Option<Request>,
    part: usize,
    drift: drift::Drift,
}

/// A table that can be compared.
#[derive(Debug, Clone, PartialEq)]
struct Choice {
    /// Names it in the list's memory.
    key: String,
    title: String,
    table: TableRef,
    part: Option<String>,
}

impl Choice {
    fn new(table: TableRef, part: Option<String>) -> Self {
        let name = match &table {
            TableRef::Cell { cell, .. } => cell.clone(),
            TableRef::File { path } => path.rsplit('/').next().unwrap_or(path).to_owned(),
        };
        let title = match &part {
            Some(part) => format!("{name} · {}", part_title(part).to_lowercase()),
            None => name,
        };
        let key = serde_json::to_string(&(&table, &part)).unwrap_or_default();
        Self { key, title, table, part }
    }

    fn side(&self) -> CompareSide {
        CompareSide::Table { table: self.table.clone(), part: self.part.clone() }
    }
}

impl ComparePane {
    /// Draws the comparison; `table` is the pane's own and stands first.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>, table: &TableRef) {
        let theme = ctx.theme;
        let choices = choices(ctx, table);
        let own = Choice::new(table.clone(), None);
        let a = choices.iter().find(|choice| choice.key == self.a).unwrap_or(&own).clone();
        let b = choices.iter().find(|choice| choice.key == self.b).cloned();
        self.bar(ui, ctx, &choices, &a, b.as_ref());
        widgets::hairline(ui, theme);
        let Some(request) = self.asked.clone() else {
            let words = match choices.len() {
                0 | 1 => "Add another table to the project to compare it with this one",
                _ => "Choose a second table, and key columns where rows have them",
            };
            widgets::empty_state(ui, theme, glyph::GIT_DIFF, words, None);
            return;
        };
        let fetched = ctx.read(&request);
        let Some(Response::Compared(found)) = fetched.value.as_deref() else {
            waiting(ui, ctx, "Comparing all rows…", "Compare tables", fetched.error, &request);
            return;
        };
        if fetched.loading || fetched.error.is_some() {
            waiting(ui, ctx, "Comparing again…", "Compare tables", fetched.error, &request);
        }
        self.found_ui(ui, ctx, found);
    }

    fn bar(&mut self, ui: &mut Ui, ctx: &Ctx<'_>, choices: &[Choice], a: &Choice, b: Option<&Choice>) {
        let theme = ctx.theme;
        let options: Vec<_> = choices.iter().map(|choice| (choice.key.clone(), choice.title.clone())).collect();
        Frame::new().inner_margin(Margin::symmetric(12, 6)).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 6.0;
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 8.0;
                let width = ((ui.available_width() - 300.0) / 3.0).clamp(110.0, 220.0);
                let mut chosen = a.key.clone();
                if widgets::select(ui, theme, "First table", &mut chosen, &options, width) {
                    self.a = chosen;
                }
                widgets::dim(ui, theme, "with");
                let mut second = b.map(|b| b.key.clone()).unwrap_or_default();
                let mut others = vec![(String::new(), "Choose a table".to_owned())];
                others.extend(options.iter().filter(|(key, _)| *key != a.key).cloned());
                if widgets::select(ui, theme, "Second table", &mut second, &others, width) {
                    self.b = second;
                }
                let swap = widgets::icon_button(ui, theme, glyph::ARROWS_DOWN_UP, "Swap the tables");
                if swap.clicked()
                    && let Some(b) = b
                {
                    self.a = b.key.clone();
                    self.b = a.key.clone();
                }
                let request = b.map(|b| Request::Compare { a: a.side(), b: b.side(), keys: self.keys.clone() });
                let fresh = request.is_some() && request != self.asked;
                let words = if self.asked.is_some() && !fresh { "Compare again" } else { "Compare" };
                if button(ui, theme, Button::primary(words).enabled(request.is_some())).clicked() {
                    if let Some(same) = request.as_ref().filter(|_| !fresh) {
                        ctx.store.ask_again(same);
                    }
                    self.asked = request;
                }
            });
            let columns = shared_columns(ctx, a, b);
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 8.0;
                widgets::dim(ui, theme, "Rows are the same by").on_hover_text("Without keys whole rows are compared");
                columns_picker(ui, theme, "Key columns", &mut self.keys, &columns);
            });
        });
    }

    fn found_ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>, found: &Comparison) {
        let theme = ctx.theme;
        Frame::new().inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
            ui.set_width(ui.available_width());
            rows::counts_ui(ui, theme, found);
        });
        widgets::hairline(ui, theme);
        let drifted = found.drift.iter().filter(|of| of.level != Default::default()).count();
        let schema = &found.schema;
        let columns = schema.added.len() + schema.removed.len() + schema.retyped.len();
        let titles = [
            if drifted > 0 { format!("Drift {drifted}") } else { "Drift".into() },
            format!("Rows {}", format::count(found.rows.only_a + found.rows.only_b + found.rows.changed)),
            if columns > 0 { format!("Columns {columns}") } else { "Columns".into() },
            format!("Findings {}", found.findings.len()),
        ];
        ui.allocate_ui_with_layout(vec2(ui.available_width(), 36.0), Layout::right_to_left(Align::Center), |ui| {
            ui.set_min_height(36.0);
            ui.add_space(12.0);
            definitions(ui, ctx, &found.definitions);
            let rows = found.a.rows + found.b.rows;
            widgets::small(ui, theme, scope(rows, rows, found.elapsed_secs, &[]));
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add_space(12.0);
                let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
                widgets::segmented(ui, theme, "Part of the comparison", &mut self.part, &titles);
            });
        });
        widgets::hairline(ui, theme);
        match self.part {
            0 => self.drift.ui(ui, theme, found),
            1 => rows::examples_ui(ui, theme, found),
            2 => schema_ui(ui, ctx, found),
            _ => findings_ui(ui, ctx, found),
        }
    }
}

/// Cells, their parts, and files that can be compared; the pane's own table first.
fn choices(ctx: &Ctx<'_>, own: &TableRef) -> Vec<Choice> {
    let mut choices = Vec::new();
    let mut add = |table: &TableRef| {
        if choices.iter().all(|known: &Choice| known.table != *table) {
            choices.push(Choice::new(table.clone(), None));
            for part in parts_of(ctx, table) {
                choices.push(Choice::new(table.clone(), Some(part)));
            }
        }
    };
    add(own);
    let project = ctx.value(&Request::Project);
    let entries = match project.as_deref() {
        Some(Response::Project(project)) => project.entries.as_slice(),
        _ => &[],
    };
    let own_notebook = match own {
        TableRef::Cell { notebook, .. } => Some(notebook.clone()),
        TableRef::File { .. } => entries.iter().find(|of| of.kind == EntryKind::Notebook).map(|of| of.path.clone()),
    };
    if let Some(view) = own_notebook.and_then(|path| ctx.store.notebook(&path)) {
        for (cell, state) in view.notebook.cells.iter().zip(&view.cells) {
            if prefill::is_table(cell.body.kind()) && !state.ran_at.is_empty() {
                add(&TableRef::Cell { notebook: view.path.clone(), cell: cell.name.clone() });
            }
        }
    }
    for entry in entries.iter().filter(|entry| entry.kind == EntryKind::Data) {
        add(&TableRef::File { path: entry.path.clone() });
    }
    choices
}

/// Names of the parts of a cell's table, where a split stands at it or above it and has run.
#[must_use]
pub fn parts_of(ctx: &Ctx<'_>, table: &TableRef) -> Vec<String> {
    let TableRef::Cell { notebook, cell } = table else { return Vec::new() };
    let Some(view) = ctx.store.notebook(notebook) else { return Vec::new() };
    let mut name = cell.clone();
    for _ in 0..view.notebook.cells.len() {
        let Some(index) = prefill::index_of(&view, &name) else { return Vec::new() };
        match &view.notebook.cells[index].body {
            cairn_protocol::notebook::CellBody::Split(_) => {
                if view.cells.get(index).is_none_or(|state| state.ran_at.is_empty()) {
                    return Vec::new();
                }
                let request = Request::CellResult { path: notebook.clone(), cell: name };
                let answer = ctx.value(&request);
                let Some(Response::CellResult(result)) = answer.as_deref() else { return Vec::new() };
                let CellResult::Split(split) = result.as_ref() else { return Vec::new() };
                let has_rows = |part: &usize| split.counts[*part] > 0;
                return (0..split.counts.len()).filter(has_rows).map(|part| split.part_name(part).to_owned()).collect();
            }
            cairn_protocol::notebook::CellBody::Wrangle(wrangle) => name.clone_from(&wrangle.input),
            _ => return Vec::new(),
        }
    }
    Vec::new()
}

/// Columns that both tables have, or those of the first.
fn shared_columns(ctx: &Ctx<'_>, a: &Choice, b: Option<&Choice>) -> Vec<(String, ColumnType)> {
    let columns = |choice: &Choice| -> Vec<(String, ColumnType)> {
        let answer = ctx.value(&Request::TableProfile { table: choice.table.clone() });
        let of = |profile: &Profile| {
            profile.columns.iter().map(|column| (column.name.clone(), column.column_type)).collect()
        };
        match answer.as_deref() {
            Some(Response::Profiled(profile)) => of(profile),
            _ => Vec::new(),
        }
    };
    let mut shared = columns(a);
    if let Some(b) = b {
        let others = columns(b);
        if !others.is_empty() {
            shared.retain(|(name, _)| others.iter().any(|(other, _)| other == name));
        }
    }
    shared
}

fn schema_ui(ui: &mut Ui, ctx: &Ctx<'_>, found: &Comparison) {
    let theme = ctx.theme;
    let schema = &found.schema;
    if schema.added.is_empty() && schema.removed.is_empty() && schema.retyped.is_empty() {
        let words = if schema.reordered {
            "Both tables have the same columns, in another order"
        } else {
            "Both tables have the same columns, of the same types, in the same order"
        };
        widgets::empty_state(ui, theme, glyph::CHECK_CIRCLE, words, None);
        return;
    }
    egui::ScrollArea::vertical().id_salt("schema").auto_shrink([false, false]).show(ui, |ui| {
        Frame::new().inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 4.0;
            let line = |ui: &mut Ui, tone: ChipTone, mark: &str, word: &str, name: &str, types: String| {
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = 8.0;
                    widgets::chip(ui, theme, tone, Some(mark), word);
                    widgets::text(ui, theme, name);
                    widgets::dim(ui, theme, types);
                });
            };
            for of in &schema.added {
                let types = of.column_type.as_str().to_owned();
                line(ui, ChipTone::Good, glyph::PLUS, "only in the second", &of.name, types);
            }
            for of in &schema.removed {
                let types = of.column_type.as_str().to_owned();
                line(ui, ChipTone::Fault, glyph::MINUS, "only in the first", &of.name, types);
            }
            for of in &schema.retyped {
                let types = format!("{} → {}", of.a.as_str(), of.b.as_str());
                line(ui, ChipTone::Warning, glyph::WARNING, "another type", &of.name, types);
            }
            if schema.reordered {
                widgets::dim(ui, theme, "The common columns stand in another order");
            }
        });
    });
}

fn findings_ui(ui: &mut Ui, ctx: &Ctx<'_>, found: &Comparison) {
    let theme = ctx.theme;
    if found.findings.is_empty() {
        widgets::empty_state(ui, theme, glyph::CHECK_CIRCLE, "Nothing about these two needs a look", None);
        return;
    }
    egui::ScrollArea::vertical().id_salt("compared").auto_shrink([false, false]).show(ui, |ui| {
        for finding in &found.findings {
            Frame::new().inner_margin(Margin::symmetric(12, 6)).show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.horizontal_top(|ui| {
                    ui.spacing_mut().item_spacing.x = 8.0;
                    let (mark, color) = severity_mark(theme, finding.severity);
                    widgets::icon(ui, theme, mark, color, 16.0);
                    ui.vertical(|ui| {
                        if !finding.column.is_empty() {
                            widgets::strong(ui, theme, finding.column.as_str());
                        }
                        widgets::paragraph(ui, format::sentence(&finding.message), theme.text)
                            .on_hover_text(finding.definition.as_str());
                    });
                });
            });
            widgets::hairline(ui, theme);
        }
    });
}
