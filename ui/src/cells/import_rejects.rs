//! What could not be read of a file: line, byte, reason and text of each record, to be copied or written to a file;
//! and what a person should know of how the rest was read.

use cairn_protocol::table::{ImportReport, Reject};
use egui::{Layout, ScrollArea, Ui, vec2};

use super::card::Card;
use crate::{
    ctx::Action,
    fonts,
    theme::text,
    widgets::{self, Button, format, glyph},
};

/// The rejects as tab-separated text, with names above.
#[must_use]
pub(super) fn as_text(rejects: &[Reject]) -> String {
    let plain = |text: &str| text.replace(['\t', '\n', '\r'], " ");
    let mut out = String::from("line\tbyte_offset\treason\ttext\n");
    for reject in rejects {
        let (reason, text) = (plain(&reject.reason), plain(&reject.text));
        out.push_str(&format!("{}\t{}\t{reason}\t{text}\n", reject.line, reject.byte_offset));
    }
    out
}

/// The rows that could not be read. True when they are to be exported.
pub(super) fn rejects_ui(ui: &mut Ui, card: Card<'_>, report: &ImportReport) -> bool {
    const ROW: f32 = 24.0;
    let theme = card.theme();
    if report.rejects.is_empty() {
        widgets::empty_state(ui, theme, glyph::CHECK_CIRCLE, "Every record could be read", None);
        return false;
    }
    let mut export = false;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let listed = report.rejects.len() as u64;
        let words = if report.rejects_total > listed {
            format!("{} of {} are listed", format::count(listed), format::count(report.rejects_total))
        } else {
            format::plural(report.rejects_total, "record could not be read", "records could not be read")
        };
        widgets::text(ui, theme, words);
        let all = report.rejects_total == listed;
        let copy = Button::plain(if all { "Copy all" } else { "Copy those listed" }).glyph(glyph::COPY).small();
        if widgets::button(ui, theme, copy).clicked() {
            card.ctx.push(Action::Copy(as_text(&report.rejects)));
        }
        let write = Button::plain("Export rejects…").glyph(glyph::EXPORT).small();
        export = widgets::button(ui, theme, write).on_hover_text("All of them, to a file").clicked();
    });
    let widths = [64.0, 84.0, 210.0];
    let cells = |ui: &mut Ui, reject: Option<&Reject>| {
        ui.horizontal(|ui| {
            ui.set_min_height(ROW);
            ui.spacing_mut().item_spacing.x = 12.0;
            let words = match reject {
                Some(reject) => [
                    format::count(reject.line),
                    format::count(reject.byte_offset),
                    reject.reason.clone(),
                    reject.text.clone(),
                ],
                None => ["Line", "Byte", "Reason", "Record"].map(str::to_owned),
            };
            for (index, word) in words.into_iter().enumerate() {
                let width = widths.get(index).copied().unwrap_or_else(|| ui.available_width().max(80.0));
                // Numbers stand at the right, as in the grid.
                let layout = match index {
                    0 | 1 => Layout::right_to_left(egui::Align::Center),
                    _ => Layout::left_to_right(egui::Align::Center),
                };
                ui.allocate_ui_with_layout(vec2(width, ROW), layout, |ui| {
                    ui.set_min_width(width);
                    let font = match (reject.is_some(), index) {
                        (false, _) => fonts::body(text::SMALL),
                        (_, 2) => fonts::body(text::BODY),
                        _ => fonts::mono(text::MONO),
                    };
                    let color = match (reject.is_some(), index) {
                        (false, _) | (_, 3) => theme.dim,
                        _ => theme.text,
                    };
                    let rich = egui::RichText::new(word.as_str()).font(font).color(color);
                    ui.add(egui::Label::new(rich).truncate().selectable(false)).on_hover_text(word);
                });
            }
        });
    };
    ui.spacing_mut().item_spacing.y = 0.0;
    cells(ui, None);
    widgets::hairline(ui, theme);
    ScrollArea::vertical().id_salt("rejects").auto_shrink([false, false]).show_rows(
        ui,
        ROW,
        report.rejects.len(),
        |ui, rows| {
            for reject in &report.rejects[rows] {
                cells(ui, Some(reject));
            }
        },
    );
    export
}

/// What a person should know.
pub(super) fn notes_ui(ui: &mut Ui, card: Card<'_>, report: &ImportReport) {
    let theme = card.theme();
    if report.notes.is_empty() {
        widgets::empty_state(ui, theme, glyph::CHECK_CIRCLE, "Nothing about the file needs a word", None);
        return;
    }
    ScrollArea::vertical().id_salt("notes").auto_shrink([false, false]).show(ui, |ui| {
        for note in &report.notes {
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = 8.0;
                widgets::icon(ui, theme, glyph::INFO, theme.dim, 15.0);
                widgets::paragraph(ui, note.as_str(), theme.text);
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_are_copied_as_a_table() {
        let reject = Reject { line: 3, byte_offset: 40, reason: "2 fields, not 3".into(), text: "a\tb".into() };
        assert_eq!(as_text(&[reject]), "line\tbyte_offset\treason\ttext\n3\t40\t2 fields, not 3\ta b\n");
    }
}
