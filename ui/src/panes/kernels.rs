//! Kernels: what is found, where it runs, what it can train.

use cairn_protocol::{Request, Response, door::KernelView};
use egui::{Frame, Margin, ScrollArea, Ui, vec2};

use crate::{
    ctx::Ctx,
    widgets::{self, ChipTone, chip, format, glyph, icon, labels},
};

/// Draws the pane.
pub fn draw(ui: &mut Ui, ctx: &Ctx<'_>) {
    let theme = ctx.theme;
    let fetched = ctx.read(&Request::Kernels);
    Frame::new().inner_margin(Margin::same(12)).show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
        labels::heading(ui, theme, "Kernels");
        labels::paragraph(
            ui,
            "A kernel is a program of its own that trains models; a crash in it ends a run, never the window.",
            theme.dim,
        );
        let Some(Response::Kernels(view)) = fetched.value.as_deref() else {
            match &fetched.error {
                Some(error) => {
                    if widgets::error_card(ui, theme, error, true) {
                        ctx.store.retry(&Request::Kernels);
                    }
                }
                None => widgets::loading(ui, theme, "Looking for kernels…"),
            }
            return;
        };
        if view.kernels.is_empty() {
            let words = "No kernel was found: build the classic kernel beside the program, or put a manifest into the kernels folder";
            widgets::empty_state(ui, theme, glyph::CPU, words, None);
            return;
        }
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            for kernel in &view.kernels {
                card(ui, ctx, kernel);
            }
        });
    });
}

fn card(ui: &mut Ui, ctx: &Ctx<'_>, kernel: &KernelView) {
    let theme = ctx.theme;
    widgets::card(ui, theme, false, |ui| {
        Frame::new().inner_margin(Margin::symmetric(12, 10)).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
            ui.horizontal(|ui| {
                icon(ui, theme, glyph::CPU, theme.accent, 18.0);
                labels::title(ui, theme, kernel.name.as_str());
                labels::dim(ui, theme, kernel.version.as_str());
                let (tone, mark) = match kernel.status.as_str() {
                    status if status.starts_with("broken") => (ChipTone::Fault, glyph::X_CIRCLE),
                    status if status.contains("approval") => (ChipTone::Warning, glyph::WARNING),
                    status if status.contains("busy") => (ChipTone::Accent, glyph::SPINNER),
                    _ => (ChipTone::Good, glyph::CHECK_CIRCLE),
                };
                chip(ui, theme, tone, Some(mark), &kernel.status);
                if kernel.processes > 0 {
                    labels::small(ui, theme, format::plural(kernel.processes as u64, "process", "processes"));
                }
            });
            ui.horizontal_wrapped(|ui| {
                for device in &kernel.devices {
                    let words = match device.memory_bytes {
                        Some(bytes) => format!("{}, {}", device.name, format::bytes(bytes)),
                        None => device.name.clone(),
                    };
                    chip(ui, theme, ChipTone::Neutral, Some(glyph::CPU), words);
                }
            });
            widgets::hairline(ui, theme);
            for algorithm in &kernel.algorithms {
                ui.horizontal(|ui| {
                    labels::text(ui, theme, algorithm.title.as_str());
                    labels::small(ui, theme, format::plural(algorithm.params.len() as u64, "parameter", "parameters"));
                });
            }
            let path =
                egui::RichText::new(&kernel.path).font(crate::fonts::mono(crate::theme::text::SMALL)).color(theme.dim);
            ui.add(egui::Label::new(path).truncate());
        });
    });
}
