//! Writing what could not be read of a file to a file of its own: all of it, also what reports do not list.

use cairn_protocol::{Request, notebook::ImportOptions};
use egui::{Align, Id, Key, Layout, Margin, Modal, Ui, vec2};

use crate::{
    ctx::Ctx,
    widgets::{self, Button, format, glyph},
};

/// The dialog while it is open.
pub struct ExportRejects {
    file: String,
    options: ImportOptions,
    records: u64,
    out: String,
    guard: bool,
}

impl ExportRejects {
    /// Opens for a file read in a way that rejects so many records.
    #[must_use]
    pub fn new(file: &str, options: &ImportOptions, records: u64) -> Self {
        let name = file.rsplit('/').next().unwrap_or(file);
        let stem = name.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or("table");
        Self {
            file: file.to_owned(),
            options: options.clone(),
            records,
            out: format!("exports/{stem}-rejects.csv"),
            guard: true,
        }
    }

    /// Draws the dialog; false when it closes.
    pub fn ui(&mut self, ui: &Ui, ctx: &Ctx<'_>) -> bool {
        const WIDTH: f32 = 420.0;
        let theme = ctx.theme;
        let mut open = true;
        let frame = widgets::menus::floating_frame(theme).inner_margin(Margin::same(16));
        let modal = Modal::new(Id::unique("export rejects")).frame(frame).show(ui.ctx(), |ui| {
            ui.set_width(WIDTH);
            ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
            widgets::heading(ui, theme, "Export rejects");
            let records = format::plural(self.records, "record", "records");
            widgets::paragraph(
                ui,
                format!(
                    "{records} of {} that could not be read, in full, with line, byte offset and reason",
                    self.file
                ),
                theme.dim,
            );
            widgets::field_label(ui, theme, "Where to, in the project or as an absolute path (.csv or .tsv)");
            let field = widgets::mono_field(ui, theme, "File to write", &mut self.out, "", WIDTH);
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            widgets::checkbox(ui, theme, "Keep spreadsheets from running formulas", &mut self.guard)
                .on_hover_text("Puts an apostrophe before text that begins with =, +, - or @");
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let out = self.out.trim();
                let ending = [".csv", ".tsv", ".txt"].iter().any(|ending| out.ends_with(ending));
                let write = Button::primary("Export").glyph(glyph::EXPORT).enabled(ending);
                if widgets::button(ui, theme, write).clicked() || (entered && ending) {
                    ctx.call(Request::ExportRejects {
                        path: self.file.clone(),
                        options: self.options.clone(),
                        out: out.to_owned(),
                        guard_formulas: self.guard,
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
