//! «Export…» of a wrangle cell: its recipe as code that runs without Cairn, or as a file that replays it, to copy or
//! to save in the project.

use cairn_protocol::{Request, Response, door::CodeTarget};
use egui::{
    Align, CornerRadius, Frame, Id, Key, Layout, Margin, Modal, RichText, ScrollArea, Stroke, TextEdit, Ui, vec2,
};

use super::{card::Card, draft::WrangleDraft};
use crate::{
    ctx::Action,
    fonts,
    theme::{size, text},
    widgets::{self, Button, glyph},
};

const TARGETS: [(CodeTarget, &str, &str); 4] = [
    (CodeTarget::Polars, "Python, polars", "py"),
    (CodeTarget::Pandas, "Python, pandas + scikit-learn", "py"),
    (CodeTarget::Sql, "SQL", "sql"),
    (CodeTarget::Recipe, "Recipe file", "json"),
];
/// Height of the code.
const ROOM: f32 = 340.0;

#[derive(Debug, Clone, Default)]
struct Dialog {
    to: usize,
    /// The path that is asked for, while it is.
    saving: Option<String>,
    /// The pass that drew it last: card and maximised pane share one dialog.
    pass: u64,
}

fn id(card: Card<'_>) -> Id {
    Id::unique(("export", card.path(), card.name()))
}

/// Opens the dialog of a cell.
pub fn open(egui: &egui::Context, card: Card<'_>) {
    egui.data_mut(|data| data.insert_temp(id(card), Dialog::default()));
}

/// Draws the dialog of a cell while it is open.
pub fn dialog_ui(ui: &Ui, card: Card<'_>) {
    let Some(mut dialog) = ui.data(|data| data.get_temp::<Dialog>(id(card))) else { return };
    let pass = ui.ctx().cumulative_pass_nr();
    if dialog.pass == pass {
        return;
    }
    dialog.pass = pass;
    let theme = card.theme();
    let (to, _, ending) = TARGETS[dialog.to.min(TARGETS.len() - 1)];
    let request = |out| Request::ExportCode { path: card.path().to_owned(), cell: card.name().to_owned(), to, out };
    let fetched = card.ctx.read(&request(None));
    let mut open = true;
    let width = (ui.ctx().content_rect().width() - 80.0).clamp(420.0, 760.0);
    let frame = widgets::menus::floating_frame(theme).inner_margin(Margin::same(16));
    let modal = Modal::new(id(card).with("window")).frame(frame).show(ui.ctx(), |ui| {
        ui.set_width(width);
        ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
        widgets::heading(ui, theme, format!("Export {}", card.name()));
        let titles = TARGETS.map(|(_, title, _)| title);
        if widgets::segmented_wide(ui, theme, "Export as", &mut dialog.to, &titles, width) {
            dialog.saving = None;
        }
        if WrangleDraft::is_editing(ui.ctx(), card.path(), card.name()) {
            widgets::small(ui, theme, "The steps as they were applied last: the changes under way are not among them");
        }
        let code = match fetched.value.as_deref() {
            Some(Response::Code { code, notes }) => Some((code, notes)),
            _ => None,
        };
        ui.allocate_ui(vec2(width, ROOM), |ui| {
            ui.set_min_size(vec2(width, ROOM));
            match (&code, &fetched.error) {
                (Some((code, _)), _) => code_ui(ui, card, code),
                (None, Some(error)) => {
                    if widgets::error_card(ui, theme, error, true) {
                        card.ctx.store.retry(&request(None));
                    }
                }
                (None, None) => widgets::loading(ui, theme, "Writing the code…"),
            }
        });
        if let Some((_, notes)) = &code {
            notes_ui(ui, card, notes);
        }
        let (mut save, mut cancel) = (false, false);
        if let Some(path) = &mut dialog.saving {
            widgets::field_label(ui, theme, "Where to, in the project or as an absolute path");
            let field = widgets::mono_field(ui, theme, "File to write", path, "", width);
            save = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let ready = code.is_some();
            match &dialog.saving {
                Some(path) => {
                    let enabled = ready && !path.trim().is_empty();
                    save |= widgets::button(ui, theme, Button::primary("Save").enabled(enabled)).clicked();
                    cancel = widgets::button(ui, theme, Button::plain("Back")).clicked();
                }
                None => {
                    let copy = Button::primary("Copy").glyph(glyph::COPY).enabled(ready);
                    if widgets::button(ui, theme, copy).clicked()
                        && let Some((code, _)) = &code
                    {
                        card.ctx.push(Action::Copy((*code).clone()));
                    }
                    let button = Button::plain("Save as…").glyph(glyph::DOWNLOAD).enabled(ready);
                    if widgets::button(ui, theme, button).clicked() {
                        dialog.saving = Some(format!("exports/{}.{ending}", file_name(card.name())));
                    }
                    open &= !widgets::button(ui, theme, Button::plain("Close")).clicked();
                }
            }
        });
        if save && let Some(path) = dialog.saving.take() {
            card.ctx.call(request(Some(path.trim().to_owned())));
        } else if cancel {
            dialog.saving = None;
        }
    });
    if open && !modal.should_close() {
        ui.data_mut(|data| data.insert_temp(id(card), dialog));
    } else {
        ui.data_mut(|data| data.remove::<Dialog>(id(card)));
    }
}

fn code_ui(ui: &mut Ui, card: Card<'_>, code: &str) {
    let theme = card.theme();
    Frame::new()
        .fill(theme.panel)
        .stroke(Stroke::new(1.0, theme.border))
        .corner_radius(CornerRadius::same(size::RADIUS))
        .inner_margin(Margin::same(10))
        .show(ui, |ui| {
            ScrollArea::both().id_salt("code").auto_shrink([false, false]).max_height(ROOM - 22.0).show(ui, |ui| {
                let mut shown = code;
                let output = TextEdit::multiline(&mut shown)
                    .font(fonts::mono(text::MONO))
                    .text_color(theme.text)
                    .frame(Frame::NONE)
                    .margin(Margin::ZERO)
                    .desired_width(f32::INFINITY)
                    .show(ui);
                output.response.response.accessible_name("Code");
            });
        });
}

fn notes_ui(ui: &mut Ui, card: Card<'_>, notes: &[String]) {
    let theme = card.theme();
    ScrollArea::vertical().id_salt("notes").max_height(96.0).show(ui, |ui| {
        for note in notes {
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                widgets::icon(ui, theme, glyph::INFO, theme.dim, 14.0);
                let words = RichText::new(note).font(fonts::body(text::BODY)).color(theme.text);
                ui.add(egui::Label::new(words).wrap().selectable(false));
            });
        }
    });
}

/// A name for a file: letters, digits and underscores.
fn file_name(cell: &str) -> String {
    let plain = |letter: char| if letter.is_alphanumeric() { letter.to_ascii_lowercase() } else { '_' };
    let name: String = cell.chars().map(plain).collect();
    let name = name.trim_matches('_').to_owned();
    if name.is_empty() { "recipe".into() } else { name }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_file_is_named_after_its_cell() {
        assert_eq!(super::file_name("Encode, again!"), "encode__again");
        assert_eq!(super::file_name("…"), "recipe");
    }
}
