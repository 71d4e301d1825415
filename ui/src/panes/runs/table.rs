//! The table of runs: only rows in view are drawn, so that 10,000 runs scroll like ten.

use std::collections::BTreeMap;

use cairn_protocol::runs::{Run, RunStatus};
use egui::{
    Align2, Color32, CornerRadius, CursorIcon, EventFilter, Id, Key, Modifiers, Painter, Rect, Role, ScrollArea, Sense,
    Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::{
    columns::{Column, Shown, tag_text},
    pages::{PAGE, Pages},
};
use crate::{
    charts::{ink, line::slot_color},
    ctx::{Ctx, Selection},
    fonts,
    theme::{Theme, size, text},
    widgets::glyph,
};

/// Height of the heading.
const HEAD: f32 = 26.0;
/// Room for the eye and the state before the first column.
const LEAD: f32 = 56.0;

/// What the person did in the table.
#[derive(Debug, Default)]
pub struct TableOutput {
    /// The run under the pointer.
    pub hovered: Option<String>,
    /// The new sort key.
    pub sort: Option<String>,
    /// The run whose eye was pressed.
    pub eye: Option<String>,
    /// The run that was chosen.
    pub chosen: Option<String>,
    /// The run that was chosen twice.
    pub opened: Option<String>,
    /// First and last row in view, from 1.
    pub in_view: (usize, usize),
    /// Pages that rows in view need.
    pub pages: Vec<usize>,
}

/// What the table shows.
pub struct Table<'a> {
    /// The runs.
    pub pages: &'a Pages,
    /// The columns.
    pub columns: &'a [Shown],
    /// Slots of runs whose eye is on.
    pub eyes: &'a BTreeMap<String, usize>,
    /// A run to light up, because its curve is hovered.
    pub lit: Option<&'a str>,
}

/// Draws the table in a rectangle.
pub fn table_ui(ui: &mut Ui, ctx: &Ctx<'_>, table: &Table<'_>, rect: Rect) -> TableOutput {
    let mut out = TableOutput::default();
    let total = table.pages.total() as usize;
    let width = (LEAD + table.columns.iter().map(|shown| shown.width).sum::<f32>() + 8.0).max(rect.width());
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(rect).id_salt("runs table"));
    child.set_clip_rect(rect.intersect(ui.clip_rect()));
    ScrollArea::both().auto_shrink([false, false]).id_salt("runs").show_viewport(&mut child, |ui, viewport| {
        ui.set_min_size(vec2(width, HEAD + total as f32 * size::GRID_ROW));
        let origin = ui.max_rect().min;
        let first = (viewport.min.y / size::GRID_ROW).max(0.0) as usize;
        let last = (((viewport.max.y - HEAD) / size::GRID_ROW).ceil().max(0.0) as usize).min(total);
        out.in_view = (first + 1, last);
        out.pages = (first / PAGE..=last.saturating_sub(1) / PAGE).collect();
        let top = origin.y + viewport.min.y;
        let below_head = Rect::from_min_max(pos2(rect.left(), top + HEAD), rect.max);
        let painter = ui.painter().with_clip_rect(below_head.intersect(ui.clip_rect()));
        for row in first..last {
            let y = origin.y + HEAD + row as f32 * size::GRID_ROW;
            let place = Rect::from_min_size(pos2(origin.x, y), vec2(width, size::GRID_ROW));
            match table.pages.run(row) {
                Some(run) => row_ui(ui, ctx, table, &painter, run, row, place, below_head, &mut out),
                None => {
                    let at = pos2(place.left() + LEAD, place.center().y);
                    painter.text(at, Align2::LEFT_CENTER, "…", ink::body(), ctx.theme.dim);
                }
            }
        }
        head_ui(ui, ctx, table, pos2(origin.x, top), width, &mut out);
    });
    out
}

fn head_ui(ui: &Ui, ctx: &Ctx<'_>, table: &Table<'_>, at: egui::Pos2, width: f32, out: &mut TableOutput) {
    let theme = ctx.theme;
    let strip = Rect::from_min_size(at, vec2(width, HEAD));
    ui.painter().rect_filled(strip, CornerRadius::ZERO, theme.background);
    ui.painter().hline(
        strip.x_range(),
        ui.painter().round_to_pixel_center(strip.bottom()),
        Stroke::new(1.0, theme.border),
    );
    ui.painter().text(
        pos2(at.x + 16.0, strip.center().y),
        Align2::CENTER_CENTER,
        glyph::EYE,
        ink::icon(14.0),
        theme.dim,
    );
    let (key, down) = match table.pages.sort.strip_prefix('-') {
        Some(key) => (key, true),
        None => (table.pages.sort.as_str(), false),
    };
    let mut x = at.x + LEAD;
    for shown in table.columns {
        let cell = Rect::from_min_size(pos2(x, at.y), vec2(shown.width, HEAD));
        x += shown.width;
        let sort_key = shown.column.sort_key();
        let sorted = sort_key.as_deref() == Some(key);
        let response = ui.interact(cell, ui.scope_id().with(("head", &shown.column)), Sense::click());
        let name = match (sorted, down) {
            (true, true) => format!("{}, sorted downwards", shown.column.title()),
            (true, false) => format!("{}, sorted upwards", shown.column.title()),
            _ => format!("Sort by {}", shown.column.title()),
        };
        response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, sort_key.is_some(), &name));
        if response.hovered() || response.has_focus() {
            ui.painter().rect_filled(cell, CornerRadius::ZERO, theme.hover);
        }
        let inner = cell.shrink2(vec2(8.0, 0.0));
        let font = if sorted { ink::strong(text::SMALL) } else { ink::small() };
        let color = if sorted { theme.text } else { theme.dim };
        let mark = if down { glyph::ARROW_DOWN } else { glyph::ARROW_UP };
        let room = inner.width() - if sorted { 14.0 } else { 0.0 };
        let y = cell.center().y;
        if shown.column.is_number() {
            let title = ink::write(
                ui.painter(),
                pos2(inner.right(), y),
                Align2::RIGHT_CENTER,
                shown.column.title(),
                font,
                color,
                room,
            );
            if sorted {
                ui.painter().text(
                    pos2(title.left() - 4.0, y),
                    Align2::RIGHT_CENTER,
                    mark,
                    ink::icon(11.0),
                    theme.accent,
                );
            }
        } else {
            let title = ink::write(
                ui.painter(),
                pos2(inner.left(), y),
                Align2::LEFT_CENTER,
                shown.column.title(),
                font,
                color,
                room,
            );
            if sorted {
                ui.painter().text(
                    pos2(title.right() + 4.0, y),
                    Align2::LEFT_CENTER,
                    mark,
                    ink::icon(11.0),
                    theme.accent,
                );
            }
        }
        if let Some(sort_key) = sort_key
            && response.on_hover_cursor(CursorIcon::PointingHand).clicked()
        {
            let descends = if sorted { !down } else { shown.column.descends_first() };
            out.sort = Some(if descends { format!("-{sort_key}") } else { sort_key });
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "one row with everything around it")]
fn row_ui(
    ui: &Ui,
    ctx: &Ctx<'_>,
    table: &Table<'_>,
    painter: &Painter,
    run: &Run,
    row: usize,
    place: Rect,
    visible: Rect,
    out: &mut TableOutput,
) {
    let theme = ctx.theme;
    let id = ui.scope_id().with(("run", row));
    let reach = place.intersect(visible);
    let response = ui.interact(reach, id, Sense::click());
    let metric = table.columns.iter().find(|shown| matches!(shown.column, Column::Metric(_)));
    let figure = metric.map_or_else(String::new, |shown| {
        format!(", {} {}", shown.column.title(), shown.column.text(run, ctx.now_secs))
    });
    response.widget_info(|| {
        let selected = *ctx.selection == Selection::Run(run.id.clone());
        WidgetInfo::selected(Role::Row, true, selected, format!("Run {}, {}{figure}", run.name, run.status.as_str()))
    });
    let selected = matches!(ctx.selection, Selection::Run(id) if *id == run.id);
    let hovered = response.hovered() || table.lit == Some(&run.id);
    if response.hovered() {
        out.hovered = Some(run.id.clone());
    }
    if selected || hovered {
        let fill = if selected { theme.selection } else { theme.hover };
        painter.rect_filled(place, CornerRadius::ZERO, fill);
        if selected {
            painter.rect_filled(
                Rect::from_min_size(place.min, vec2(2.0, place.height())),
                CornerRadius::ZERO,
                theme.accent,
            );
        }
    }
    painter.hline(
        place.x_range(),
        painter.round_to_pixel_center(place.bottom() - 0.5),
        Stroke::new(1.0, theme.grid_line),
    );
    if response.has_focus() {
        painter.rect_stroke(
            place.shrink(1.0),
            CornerRadius::same(2),
            Stroke::new(1.5, theme.accent),
            StrokeKind::Inside,
        );
        row_keys(ui, ctx, table, row, id, place, out);
    }
    if response.double_clicked() {
        out.opened = Some(run.id.clone());
    } else if response.clicked() {
        response.request_focus();
        out.chosen = Some(run.id.clone());
    }
    eye_ui(ui, theme, table, painter, run, row, place, visible, out);
    let (mark, color) = status_glyph(theme, run.status);
    painter.text(pos2(place.left() + 42.0, place.center().y), Align2::CENTER_CENTER, mark, ink::icon(14.0), color);
    let mut x = place.left() + LEAD;
    for shown in table.columns {
        let cell = Rect::from_min_size(pos2(x, place.top()), vec2(shown.width, place.height()));
        x += shown.width;
        if cell.right() < visible.left() || cell.left() > visible.right() {
            continue;
        }
        cell_ui(painter, ctx, table, run, shown, cell);
    }
}

/// Arrow keys, pages, ends; space shows or hides the run.
fn row_keys(ui: &Ui, ctx: &Ctx<'_>, table: &Table<'_>, row: usize, id: Id, place: Rect, out: &mut TableOutput) {
    let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    let total = table.pages.total() as usize;
    let page = ((out.in_view.1.saturating_sub(out.in_view.0)).max(2) - 1).max(1);
    // The key is taken: the row that gets the focus is drawn later in the same frame.
    let to = ui.input_mut(|input| {
        let steps: [(Key, isize); 6] = [
            (Key::ArrowDown, 1),
            (Key::ArrowUp, -1),
            (Key::PageDown, page as isize),
            (Key::PageUp, -(page as isize)),
            (Key::Home, isize::MIN / 2),
            (Key::End, isize::MAX / 2),
        ];
        steps.into_iter().find(|(key, _)| input.consume_key(Modifiers::NONE, *key)).map(|(_, step)| step)
    });
    if ui.input(|input| input.key_pressed(Key::E))
        && let Some(run) = table.pages.run(row)
    {
        out.eye = Some(run.id.clone());
    }
    let Some(step) = to else { return };
    let to = (row as isize).saturating_add(step).clamp(0, total as isize - 1) as usize;
    ui.memory_mut(|memory| memory.request_focus(ui.scope_id().with(("run", to))));
    let moved = (to as f32 - row as f32) * size::GRID_ROW;
    // The heading covers the top of the view.
    let target = place.translate(vec2(0.0, moved));
    let target = Rect::from_min_max(target.min - vec2(0.0, HEAD), target.max);
    ui.scroll_to_rect(
        Rect::from_min_max(
            pos2(ui.clip_rect().left(), target.top()),
            pos2(ui.clip_rect().left() + 1.0, target.bottom()),
        ),
        None,
    );
    if let Some(run) = table.pages.run(to) {
        ctx.push(crate::ctx::Action::Select(Selection::Run(run.id.clone())));
    }
    ui.request_repaint();
}

#[expect(clippy::too_many_arguments, reason = "a part of a row")]
fn eye_ui(
    ui: &Ui,
    theme: &Theme,
    table: &Table<'_>,
    painter: &Painter,
    run: &Run,
    row: usize,
    place: Rect,
    visible: Rect,
    out: &mut TableOutput,
) {
    let on = table.eyes.contains_key(&run.id);
    let rect = Rect::from_min_size(place.min, vec2(30.0, place.height())).intersect(visible);
    let response = ui.interact(rect, ui.scope_id().with(("eye", row)), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, on, format!("Show {} in the charts", run.name)));
    let color = if on || response.hovered() { theme.text } else { theme.dim.gamma_multiply(0.7) };
    let mark = if on { glyph::EYE } else { glyph::EYE_SLASH };
    painter.text(pos2(place.left() + 16.0, place.center().y), Align2::CENTER_CENTER, mark, ink::icon(14.0), color);
    if response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
        out.eye = Some(run.id.clone());
    }
}

fn cell_ui(painter: &Painter, ctx: &Ctx<'_>, table: &Table<'_>, run: &Run, shown: &Shown, cell: Rect) {
    let theme = ctx.theme;
    let inner = cell.shrink2(vec2(8.0, 0.0));
    let faint = shown.same || matches!(run.status, RunStatus::Cancelled | RunStatus::Interrupted);
    let color = if faint { theme.dim } else { theme.text };
    let y = cell.center().y;
    match &shown.column {
        Column::Name => {
            let at = pos2(inner.left() + 4.0, y);
            match table.eyes.get(&run.id) {
                Some(slot) => painter.circle_filled(at, 4.0, slot_color(theme, *slot)),
                None => painter.circle_stroke(at, 3.0, Stroke::new(1.0, theme.dim)),
            };
            ink::write(
                painter,
                pos2(inner.left() + 14.0, y),
                Align2::LEFT_CENTER,
                &run.name,
                ink::body(),
                color,
                inner.width() - 14.0,
            );
        }
        Column::Tags => {
            let mut x = inner.left();
            for (key, value) in &run.tags {
                let words = tag_text(key, value);
                let width = ink::width_of(painter, &words, ink::small()) + 12.0;
                if x + width > inner.right() {
                    painter.text(pos2(x, y), Align2::LEFT_CENTER, "…", ink::small(), theme.dim);
                    break;
                }
                let chip = Rect::from_min_size(pos2(x, y - 8.0), vec2(width, 16.0));
                painter.rect_filled(
                    chip,
                    CornerRadius::same(size::CHIP_RADIUS),
                    if theme.dark { theme.border } else { theme.hover },
                );
                painter.text(chip.center(), Align2::CENTER_CENTER, words, ink::small(), color);
                x += width + 4.0;
            }
        }
        column => {
            let words = column.text(run, ctx.now_secs);
            let running = run.status == RunStatus::Running && matches!(column, Column::Metric(_) | Column::Duration);
            let color = if words == "–" {
                theme.dim
            } else if running {
                theme.accent
            } else {
                color
            };
            let font = if *column == Column::Commit { fonts::mono(text::SMALL) } else { ink::body() };
            let (anchor, at) = if column.is_number() {
                (Align2::RIGHT_CENTER, pos2(inner.right(), y))
            } else {
                (Align2::LEFT_CENTER, pos2(inner.left(), y))
            };
            ink::write(painter, at, anchor, &words, font, color, inner.width());
        }
    }
}

/// Glyph and colour of a run's state.
#[must_use]
pub fn status_glyph(theme: &Theme, status: RunStatus) -> (&'static str, Color32) {
    match status {
        RunStatus::Queued => (glyph::CLOCK, theme.dim),
        RunStatus::Running => (glyph::SPINNER, theme.accent),
        RunStatus::Finished => (glyph::CHECK_CIRCLE, theme.good.text),
        RunStatus::Failed => (glyph::X_CIRCLE, theme.fault.text),
        RunStatus::Cancelled => (glyph::STOP, theme.dim),
        RunStatus::Interrupted => (glyph::WARNING, theme.warning.text),
    }
}
