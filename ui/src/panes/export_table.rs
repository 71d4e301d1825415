//! Writing a table to a file: where, in which format, whether only what the grid shows, and whether a spreadsheet must
//! not run what looks like a formula.

use cairn_protocol::{
    Request,
    table::{TableQuery, TableRef},
};
use egui::{Align, Id, Key, Layout, Margin, Modal, Ui, vec2};

use crate::{
    ctx::Ctx,
    widgets::{self, Button, glyph},
};

/// Endings and what they are called.
const FORMATS: [(&str, &str); 6] = [
    ("csv", "CSV"),
    ("csv.gz", "CSV, packed (gzip)"),
    ("tsv", "Tab-separated"),
    ("parquet", "Parquet"),
    ("arrow", "Arrow"),
    ("ndjson", "JSON lines"),
];

/// The dialog while it is open.
pub struct ExportDialog {
    out: String,
    format: String,
    as_shown: bool,
    guard: bool,
}

impl ExportDialog {
    /// Opens for a table of that name; what the grid shows is proposed where it is not the whole table.
    #[must_use]
    pub fn new(name: &str, query: &TableQuery) -> Self {
        let stem = name.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or("table");
        let plain = |letter: char| if letter.is_alphanumeric() || letter == '-' { letter } else { '_' };
        let stem: String = stem.chars().map(plain).collect();
        Self {
            out: format!("exports/{stem}.csv"),
            format: "csv".into(),
            as_shown: *query != TableQuery::default(),
            guard: true,
        }
    }

    /// Draws the dialog; false when it closes.
    pub fn ui(&mut self, ui: &Ui, ctx: &Ctx<'_>, table: &TableRef, query: &TableQuery) -> bool {
        const WIDTH: f32 = 420.0;
        let theme = ctx.theme;
        let mut open = true;
        let frame = widgets::menus::floating_frame(theme).inner_margin(Margin::same(16));
        let modal = Modal::new(Id::unique("export table")).frame(frame).show(ui.ctx(), |ui| {
            ui.set_width(WIDTH);
            ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
            widgets::heading(ui, theme, "Export the table");
            widgets::field_label(ui, theme, "Format");
            let before = self.format.clone();
            if widgets::select(ui, theme, "Format", &mut self.format, &FORMATS, WIDTH) {
                let stem = self.out.strip_suffix(&format!(".{before}")).unwrap_or(&self.out).to_owned();
                self.out = format!("{stem}.{}", self.format);
            }
            widgets::field_label(ui, theme, "Where to, in the project or as an absolute path");
            let field = widgets::mono_field(ui, theme, "File to write", &mut self.out, "", WIDTH);
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if *query != TableQuery::default() {
                widgets::checkbox(ui, theme, "Only the rows shown, in their order", &mut self.as_shown);
            }
            let text = self.out.contains(".csv") || self.out.contains(".tsv");
            if text {
                widgets::checkbox(ui, theme, "Keep spreadsheets from running formulas", &mut self.guard)
                    .on_hover_text("Puts an apostrophe before text that begins with =, +, - or @");
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let enabled = !self.out.trim().is_empty();
                let write = Button::primary("Export").glyph(glyph::EXPORT).enabled(enabled);
                if widgets::button(ui, theme, write).clicked() || (entered && enabled) {
                    ctx.call(Request::ExportTable {
                        table: table.clone(),
                        query: if self.as_shown { query.clone() } else { TableQuery::default() },
                        out: self.out.trim().to_owned(),
                        guard_formulas: self.guard && text,
                    });
                    open = false;
                }
                if widgets::button(ui, theme, Button::plain("Cancel")).clicked() {
                    open = false;
                }
            });
        });
        open && !modal.should_close()
    }
}
