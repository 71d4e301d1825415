//! Keys and commands, from the registry.

use egui::{Id, Modal, ScrollArea, Ui, vec2};

use super::Shell;
use crate::{
    command::{COMMANDS, Section},
    ctx::Ctx,
    widgets::{frames, glyph, icon_button, labels, menus},
};

pub(super) fn draw(ui: &Ui, ctx: &Ctx<'_>, shell: &mut Shell) {
    if !shell.help_open {
        return;
    }
    let theme = ctx.theme;
    let width = (ui.ctx().content_rect().width() - 80.0).min(860.0);
    let modal =
        Modal::new(Id::unique("help")).frame(menus::floating_frame(theme).inner_margin(16)).show(ui.ctx(), |ui| {
            ui.set_width(width);
            ui.horizontal(|ui| {
                labels::heading(ui, theme, "Keys and commands");
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    if icon_button(ui, theme, glyph::X, "Close help").clicked() {
                        shell.help_open = false;
                    }
                });
            });
            ui.add_space(8.0);
            ScrollArea::vertical().auto_shrink([false, true]).max_height(ui.ctx().content_rect().height() * 0.7).show(
                ui,
                |ui| {
                    ui.set_width(width - 16.0);
                    ui.spacing_mut().item_spacing.x = 28.0;
                    ui.columns(2, |columns| {
                        for (index, section) in Section::ALL.into_iter().enumerate() {
                            let ui = &mut columns[usize::from(index % 2 == 1 || index == 4)];
                            ui.spacing_mut().item_spacing = vec2(8.0, 3.0);
                            labels::strong(ui, theme, section.title());
                            ui.add_space(2.0);
                            for row in COMMANDS.iter().filter(|row| row.section == section) {
                                ui.horizontal(|ui| {
                                    ui.set_height(20.0);
                                    labels::dim(ui, theme, row.title);
                                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                                        if let Some(keys) = row.keys.first() {
                                            frames::key_cap(ui, theme, &ui.ctx().format_shortcut(keys));
                                        }
                                    });
                                });
                            }
                            ui.add_space(12.0);
                        }
                    });
                },
            );
        });
    if modal.should_close() {
        shell.help_open = false;
    }
}
