//! The status bar: jobs, kernels, memory at the left; saving and automatic running at the right.

use cairn_protocol::{Request, Response};
use egui::{CursorIcon, Rect, Role, Sense, Ui, WidgetInfo, pos2};

use super::{Shell, View, is_running, tiles};
use crate::{
    command::Command,
    ctx::{Action, Ctx, Selection},
    theme::text,
    widgets::{self, format, glyph, icon, labels},
};

pub(super) fn draw(ui: &mut Ui, ctx: &Ctx<'_>, shell: &mut Shell, view: &View<'_>) {
    let bar = ui.max_rect().shrink2(egui::vec2(12.0, 0.0));
    let left = Rect::from_min_max(bar.min, pos2(bar.left() + bar.width() * 0.6, bar.bottom()));
    let mut row = tiles::row(ui, left, false);
    row.spacing_mut().item_spacing.x = 5.0;
    jobs(&mut row, ctx, shell);
    kernels(&mut row, ctx);
    if let Some(welcome) = view.welcome.filter(|welcome| welcome.memory_bytes > 0) {
        row.add_space(10.0);
        labels::small(&mut row, ctx.theme, format::bytes(welcome.memory_bytes)).on_hover_text("Memory of the engine");
    }
    let right = Rect::from_min_max(pos2(left.right() + 8.0, bar.top()), bar.max);
    let mut row = tiles::row(ui, right, true);
    row.spacing_mut().item_spacing.x = 16.0;
    right_side(&mut row, ctx, shell, view);
}

fn jobs(ui: &mut Ui, ctx: &Ctx<'_>, shell: &mut Shell) {
    let theme = ctx.theme;
    let running: Vec<_> = ctx.store.jobs.values().filter(|job| is_running(job)).collect();
    let start = ui.cursor().min;
    let words = match running.as_slice() {
        [] => "No jobs".to_owned(),
        [job] => job.title.clone(),
        several => format!("{} jobs", several.len()),
    };
    match running.first() {
        None => {
            icon(ui, theme, glyph::CHECK, theme.dim, 13.0);
            labels::small(ui, theme, words.as_str());
        }
        Some(job) => {
            widgets::spinner(ui, theme, 12.0);
            let line = egui::RichText::new(words.as_str()).font(crate::fonts::body(text::SMALL)).color(theme.text);
            ui.add(egui::Label::new(line).truncate().selectable(false));
            widgets::progress_bar(ui, theme, job.progress, 64.0);
            if let Some(progress) = job.progress {
                labels::small(ui, theme, format!("{:.0} %", progress * 100.0));
            }
        }
    }
    let area = Rect::from_min_max(pos2(start.x, ui.max_rect().top()), pos2(ui.cursor().min.x, ui.max_rect().bottom()));
    let response = ui.interact(area, ui.scope_id().with("jobs"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Jobs: {words}")));
    widgets::focus_ring(ui, theme, &response, area.shrink(2.0));
    if response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
        shell.jobs_open = !shell.jobs_open;
    }
}

fn kernels(ui: &mut Ui, ctx: &Ctx<'_>) {
    let theme = ctx.theme;
    let Some(answer) = ctx.value(&Request::Kernels) else { return };
    let Response::Kernels(view) = answer.as_ref() else { return };
    for kernel in view.kernels.iter().take(3) {
        ui.add_space(10.0);
        let gpu = kernel.devices.iter().any(|device| device.name.contains("cuda"));
        icon(ui, theme, if gpu { glyph::GPU } else { glyph::CPU }, theme.dim, 13.0);
        let status = if kernel.status.starts_with("broken") { "broken" } else { kernel.status.as_str() };
        labels::small(ui, theme, format!("{} {status}", kernel.name)).on_hover_text(&kernel.status);
    }
}

fn right_side(ui: &mut Ui, ctx: &Ctx<'_>, shell: &Shell, view: &View<'_>) {
    let theme = ctx.theme;
    if view.project.is_none() {
        if view.settled {
            labels::small(ui, theme, "No project open");
        }
        return;
    }
    if let Some(notebook) = view.notebook {
        let words = if notebook.auto_run { "Auto-run on" } else { "Auto-run off" };
        let response = labels::small(ui, theme, words).interact(Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::Switch, true, notebook.auto_run, "Run cells automatically"));
        widgets::focus_ring(ui, theme, &response, response.rect);
        if response
            .on_hover_cursor(CursorIcon::PointingHand)
            .on_hover_text("Run cells when they become stale")
            .clicked()
        {
            ctx.push(Action::Run(Command::ToggleAutoRun));
        }
    }
    let words = match ctx.selection {
        Selection::Nothing => String::new(),
        Selection::Cell { cell, .. } => cell.clone(),
        Selection::Column { column, .. } => column.clone(),
        Selection::Run(_) => "1 run selected".into(),
        Selection::Trial { number, .. } => format!("Trial {number}"),
        Selection::Node(_) => "1 node selected".into(),
    };
    if !words.is_empty() {
        labels::small(ui, theme, words);
    }
    if let Some(notebook) = view.notebook.filter(|notebook| !notebook.saved_at.is_empty()) {
        let time = format::time_of_day(&notebook.saved_at, shell.utc_offset_minutes);
        labels::small(ui, theme, format!("Saved {time}"));
    }
}
