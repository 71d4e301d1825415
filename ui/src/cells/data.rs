//! The body of a data cell: how the file was read, in a line, then the table.

use cairn_protocol::{
    notebook::DataCell,
    results::CellResult,
    table::{ImportReport, TableRef},
};
use egui::{Align, Frame, Layout, Margin, Rect, Ui, UiBuilder, vec2};

use super::{
    behind,
    card::{Card, CardUi, result_of},
    export_rejects::ExportRejects,
    import_dialog::{ImportDialog, is_doubtful},
};
use crate::{
    ctx::{Action, Selection},
    theme::size,
    widgets::{
        self, Button, ChipTone, format, glyph,
        grid::{TableSource, grid_ui},
    },
};

/// Height of the line about the import.
const LINE: f32 = 30.0;
/// Rows that the grid shows in a card.
const ROWS: f32 = 7.0;

/// What the card of a data cell remembers.
#[derive(Default)]
pub struct DataUi {
    /// The open dialog.
    pub dialog: Option<ImportDialog>,
    /// The dialog that writes the rejects.
    export: Option<ExportRejects>,
}

/// Draws the body.
pub fn body_ui(ui: &mut Ui, card: Card<'_>, data: &DataCell, memory: &mut CardUi) {
    let theme = card.theme();
    let response = card.result();
    let import = match result_of(response.as_ref()) {
        Some(CellResult::Data { import, .. }) => Some(import),
        _ => None,
    };
    open_for_doubts(ui, card, data, import, memory);
    summary_ui(ui, card, data, import, memory);
    let height = size::GRID_HEADER + ROWS * size::GRID_ROW + size::CARD_FOOTER + 8.0;
    if import.is_some() {
        widgets::hairline(ui, theme);
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), egui::Sense::hover());
        let mut inner = ui.new_child(UiBuilder::new().id_salt("table").max_rect(rect));
        grid_part(&mut inner, card, memory, rect);
    } else if let Some(error) = card.result_error() {
        padded(ui, |ui| {
            if widgets::error_card(ui, theme, &error, true) {
                card.ctx.store.retry(&card.result_request());
            }
        });
    } else if card.is_busy() {
        padded(ui, |ui| widgets::loading(ui, theme, "Reading the file…"));
    } else if card.state().ran_at.is_empty() && card.state().error.is_none() {
        padded(ui, |ui| {
            if widgets::button(ui, theme, Button::primary("Read the file").glyph(glyph::PLAY)).clicked() {
                card.run();
            }
        });
    }
    if let Some(dialog) = &mut memory.data.export
        && !dialog.ui(ui, card.ctx)
    {
        memory.data.export = None;
    }
    if let Some(dialog) = &mut memory.data.dialog
        && !dialog.ui(ui, card, data)
    {
        memory.data.dialog = None;
    }
}

/// Remembers that a data cell was just added, so that its card can ask about what is doubtful.
pub fn note_fresh(egui: &egui::Context, cell: (String, String)) {
    egui.data_mut(|data| data.insert_temp(fresh_id(), cell));
}

fn fresh_id() -> egui::Id {
    egui::Id::unique("data cell added last")
}

/// Opens the dialog by itself, once, for a file that was just added and could not be read without doubts.
fn open_for_doubts(ui: &Ui, card: Card<'_>, data: &DataCell, import: Option<&ImportReport>, memory: &mut CardUi) {
    let Some(import) = import else { return };
    let fresh: Option<(String, String)> = ui.data(|data| data.get_temp(fresh_id()));
    if fresh.is_none_or(|(path, cell)| path != card.path() || cell != card.name()) {
        return;
    }
    ui.data_mut(|data| data.remove::<(String, String)>(fresh_id()));
    if is_doubtful(import) {
        memory.data.dialog = Some(ImportDialog::new(&data.options, import.rejects_total > 0));
    }
}

fn padded(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    Frame::new().inner_margin(Margin::symmetric(12, 8)).show(ui, content);
}

fn grid_part(ui: &mut Ui, card: Card<'_>, memory: &mut CardUi, rect: Rect) {
    ui.shrink_clip_rect(rect);
    let table = TableRef::Cell { notebook: card.path().to_owned(), cell: card.name().to_owned() };
    let source =
        TableSource::new(card.ctx.store, table.clone(), memory.grid.query.clone()).editable(true).keepable(true);
    if let Some(error) = source.error() {
        padded(ui, |ui| {
            if widgets::error_card(ui, card.theme(), error, true) {
                source.retry();
            }
        });
        return;
    }
    let output = grid_ui(ui, card.ctx, &mut memory.grid, &source);
    if let Some(column) = output.clicked_column {
        card.ctx.push(Action::Select(Selection::Column { table, column }));
    }
    if let Some(edit) = output.edited {
        let words = format!("Row {}, {} · recorded as a step", format::count(edit.row + 1), edit.column);
        card.ctx.edit(card.path(), behind::recorded(&card.view.notebook, card.name(), edit));
        card.ctx.push(Action::Toast { text: words, undo: Some(card.path().to_owned()) });
    }
    if let Some(steps) = output.steps {
        card.ctx.edit(card.path(), behind::kept(&card.view.notebook, card.name(), steps));
        memory.grid.show_whole_table();
    }
}

/// A delimiter in words.
#[must_use]
pub fn delimiter_word(delimiter: &str) -> String {
    match delimiter {
        "," => "comma".into(),
        ";" => "semicolon".into(),
        "\t" | "\\t" => "tab".into(),
        "|" => "bar".into(),
        " " => "space".into(),
        other => format!("«{other}»"),
    }
}

/// How a file was read, in a few words each.
#[must_use]
pub fn import_words(import: &ImportReport) -> Vec<String> {
    let mut words = Vec::new();
    if import.format == "csv" {
        if !import.encoding.is_empty() {
            words.push(import.encoding.to_uppercase());
        }
        if !import.delimiter.is_empty() {
            words.push(delimiter_word(&import.delimiter));
        }
        words.push(if import.header { "header" } else { "no header" }.to_owned());
    } else {
        words.push(import.format.clone());
    }
    words.push(format::plural(import.rows, "row", "rows"));
    words.push(format::plural(import.columns.len() as u64, "column", "columns"));
    words
}

fn summary_ui(ui: &mut Ui, card: Card<'_>, data: &DataCell, import: Option<&ImportReport>, memory: &mut CardUi) {
    let theme = card.theme();
    Frame::new().inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        ui.allocate_ui_with_layout(vec2(ui.available_width(), LINE), Layout::right_to_left(Align::Center), |ui| {
            ui.set_min_height(LINE);
            ui.spacing_mut().item_spacing.x = 8.0;
            if let Some(import) = import {
                let size = format::bytes(import.size_bytes);
                widgets::small(ui, theme, format!("{size}, read in {}", format::secs(import.elapsed_secs)));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 8.0;
                match import {
                    Some(import) => {
                        let words = import_words(import).join(" · ");
                        let notes = import.notes.join("\n");
                        let line = widgets::dim(ui, theme, words);
                        if !notes.is_empty() {
                            line.on_hover_text(notes);
                        }
                        if import.rejects_total > 0 {
                            let words = format!("{} rejected", format::count(import.rejects_total));
                            let chip = widgets::chip_button(ui, theme, ChipTone::Warning, Some(glyph::WARNING), words);
                            if chip.on_hover_text("Show what could not be read").clicked() {
                                memory.data.dialog = Some(ImportDialog::new(&data.options, true));
                            }
                            if widgets::icon_button(ui, theme, glyph::EXPORT, "Export rejects…").clicked() {
                                let export = ExportRejects::new(&data.file, &data.options, import.rejects_total);
                                memory.data.export = Some(export);
                            }
                        }
                    }
                    None => {
                        widgets::dim(ui, theme, data.file.as_str());
                    }
                }
                if widgets::link(ui, theme, "Change…").on_hover_text("How the file is read").clicked() {
                    memory.data.dialog = Some(ImportDialog::new(&data.options, false));
                }
            });
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_is_said_in_a_line() {
        let import = ImportReport {
            format: "csv".into(),
            encoding: "utf-8".into(),
            delimiter: "\t".into(),
            header: true,
            rows: 20_000,
            ..ImportReport::default()
        };
        assert_eq!(import_words(&import).join(" · "), "UTF-8 · tab · header · 20,000 rows · 0 columns");
    }
}
