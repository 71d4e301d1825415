//! Small questions: the message of a commit, and a path where the host has no dialog of its own.

use cairn_protocol::Request;
use egui::{Id, Key, Modal, Ui};

use super::{Shell, View};
use crate::{
    ctx::Ctx,
    widgets::{Button, button, field_label, labels, menus, text_field},
};

/// What a path is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum PathFor {
    Project,
    Data,
}

/// A question that is open.
#[derive(Debug)]
pub(super) struct Ask {
    what: What,
    text: String,
    opened: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Path(PathFor),
    Message,
}

impl Shell {
    /// Asks for a path that the engine can read.
    pub fn ask_for_path(&mut self, what: PathFor) {
        self.ask = Some(Ask { what: What::Path(what), text: String::new(), opened: false });
    }

    /// Asks for the message of a commit.
    pub fn ask_for_message(&mut self) {
        self.ask = Some(Ask { what: What::Message, text: String::new(), opened: false });
    }
}

pub(super) fn draw(ui: &Ui, ctx: &Ctx<'_>, shell: &mut Shell, view: &View<'_>) {
    let Some(mut ask) = shell.ask.take() else { return };
    let theme = ctx.theme;
    let (title, label, verb, hint) = match ask.what {
        What::Path(PathFor::Project) => {
            ("Open a project", "Folder on the engine's machine", "Open", "/home/me/project")
        }
        What::Path(PathFor::Data) => ("Add a data file", "File on the engine's machine", "Add", "/data/patients.csv"),
        What::Message => ("Commit to git", "What changed", "Commit", "Fill missing values with the median"),
    };
    let mut done = false;
    let mut send = false;
    let modal =
        Modal::new(Id::unique("ask")).frame(menus::floating_frame(theme).inner_margin(16)).show(ui.ctx(), |ui| {
            ui.set_width(400.0);
            labels::heading(ui, theme, title);
            ui.add_space(8.0);
            field_label(ui, theme, label);
            let field = text_field(ui, theme, label, &mut ask.text, hint, 400.0);
            if !ask.opened {
                ask.opened = true;
                field.request_focus();
            }
            send |= field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if let (What::Message, Some(git)) = (ask.what, view.project.and_then(|project| project.git.as_ref())) {
                ui.add_space(4.0);
                labels::small(
                    ui,
                    theme,
                    crate::widgets::format::plural(git.changes as u64, "file changed", "files changed"),
                );
            }
            ui.add_space(12.0);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let ready = !ask.text.trim().is_empty();
                send |= button(ui, theme, Button::primary(verb).enabled(ready)).clicked();
                done |= button(ui, theme, Button::plain("Cancel")).clicked();
            });
        });
    if send && !ask.text.trim().is_empty() {
        let text = ask.text.trim().to_owned();
        ctx.call(match ask.what {
            What::Path(PathFor::Project) => Request::OpenProject { path: text },
            What::Path(PathFor::Data) => Request::AddData { path: text, notebook: shell.notebook.clone() },
            What::Message => Request::Commit { message: text },
        });
        done = true;
    }
    if !done && !modal.should_close() {
        shell.ask = Some(ask);
    }
}
