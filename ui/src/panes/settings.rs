//! Settings: the theme, and facts about this Cairn.

use egui::{Frame, Margin, Ui, vec2};

use crate::{
    app::ThemeChoice,
    command::Command,
    ctx::{Action, Ctx},
    shell::View,
    widgets::{self, Button, button, field_label, format, labels, segmented},
};

/// Draws the pane.
pub fn draw(ui: &mut Ui, ctx: &Ctx<'_>, view: &View<'_>, choice: ThemeChoice) {
    let theme = ctx.theme;
    Frame::new().inner_margin(Margin::same(16)).show(ui, |ui| {
        ui.set_max_width(560.0);
        ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
        labels::heading(ui, theme, "Settings");
        ui.add_space(8.0);
        field_label(ui, theme, "Theme");
        let mut chosen = match choice {
            ThemeChoice::Light => 0,
            ThemeChoice::Dark => 1,
            ThemeChoice::System => 2,
        };
        if segmented(ui, theme, "Theme", &mut chosen, &["Light", "Dark", "System"]) {
            ctx.push(Action::Run([Command::ThemeLight, Command::ThemeDark, Command::ThemeSystem][chosen]));
        }
        if let Some(notebook) = view.notebook {
            ui.add_space(8.0);
            field_label(ui, theme, format!("Notebook {}", notebook.notebook.title));
            let mut on = notebook.auto_run;
            if widgets::switch(ui, theme, "Run cells when they become stale", &mut on).changed() {
                ctx.push(Action::Run(Command::ToggleAutoRun));
            }
        }
        ui.add_space(12.0);
        widgets::hairline(ui, theme);
        ui.add_space(6.0);
        if let Some(welcome) = view.welcome {
            labels::dim(ui, theme, format!("Cairn {}", welcome.version));
            labels::dim(ui, theme, format!("{} in memory", format::bytes(welcome.memory_bytes)));
        }
        if let Some(project) = view.project {
            labels::dim(ui, theme, project.path.as_str());
        }
        ui.add_space(6.0);
        if button(ui, theme, Button::plain("Keys and commands")).clicked() {
            ctx.push(Action::Run(Command::Help));
        }
    });
}
