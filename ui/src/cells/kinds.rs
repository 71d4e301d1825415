//! The list of kinds that a «+» opens: what fits at that place first, then the rest.

use cairn_protocol::{
    Request, Response,
    door::{EntryKind, NotebookView},
    notebook::{CellKind, Edit},
};
use egui::{Response as Drawn, Ui};

use super::{card::kind_glyph, prefill};
use crate::{
    command::Command,
    ctx::{Action, Ctx},
    widgets::{self, glyph},
};

/// The menu of a «+» after a cell (none: at the top).
pub fn kinds_menu(ctx: &Ctx, view: &NotebookView, opener: &Drawn, after: Option<&str>) {
    let theme = ctx.theme;
    widgets::menu_popup(theme, opener, 300.0, |ui| {
        let kind = after.and_then(|name| prefill::index_of(view, name)).map(|at| view.notebook.cells[at].body.kind());
        let (kinds, fits) = prefill::offers(kind);
        for (index, kind) in kinds.into_iter().enumerate() {
            if index == 0 && fits > 0 {
                widgets::menu_heading(ui, theme, "Fits here");
            }
            if index == fits && fits > 0 {
                widgets::menu_separator(ui, theme);
            }
            if kind == CellKind::Data {
                data_items(ui, ctx, view, after);
                continue;
            }
            let title = prefill::kind_title(kind);
            if widgets::menu_item(ui, theme, Some(kind_glyph(kind)), title, prefill::kind_about(kind), true).clicked() {
                add(ctx, view, after, kind, "");
            }
        }
    });
}

/// A row for each data file of the project, at most eight, and one for a file from elsewhere.
fn data_items(ui: &mut Ui, ctx: &Ctx, view: &NotebookView, after: Option<&str>) {
    let theme = ctx.theme;
    let project = ctx.value(&Request::Project);
    let files: Vec<&str> = match project.as_deref() {
        Some(Response::Project(project)) => {
            let data = project.entries.iter().filter(|entry| entry.kind == EntryKind::Data);
            data.map(|entry| entry.path.as_str()).take(8).collect()
        }
        _ => Vec::new(),
    };
    for file in files {
        let name = file.rsplit('/').next().unwrap_or(file);
        let words = format!("Data from {name}");
        if widgets::menu_item(ui, theme, Some(glyph::TABLE), &words, "", true).on_hover_text(file).clicked() {
            add(ctx, view, after, CellKind::Data, file);
        }
    }
    if widgets::menu_item(ui, theme, Some(glyph::FOLDER_OPEN), "Data from a file…", "", true).clicked() {
        ctx.push(Action::Run(Command::AddData));
    }
}

/// Adds a prefilled cell of a kind after a cell.
pub fn add(ctx: &Ctx, view: &NotebookView, after: Option<&str>, kind: CellKind, file: &str) {
    let cell = prefill::new_cell(ctx.store, view, after, kind, file);
    ctx.edit(&view.path, vec![Edit::AddCell { after: after.map(str::to_owned), cell }]);
}
