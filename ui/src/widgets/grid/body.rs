//! Rows.

use cairn_protocol::table::{ColumnChange, ColumnType};
use egui::{
    Align2, Color32, CornerRadius, FontId, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2,
    text::{LayoutJob, TextFormat},
};

use super::{
    Frame, GridOutput, GridState,
    cells::{Blocks, Cell, decimals},
    shades,
};
use crate::{
    fonts,
    theme::{Theme, size, text},
    widgets::format,
};

/// Numbers of the first and the last row that can be seen, from 1; both 0 in an empty table.
pub(super) fn visible_rows(frame: &Frame<'_>, state: &GridState) -> (u64, u64) {
    if frame.total == 0 {
        return (0, 0);
    }
    let end = state.anchor as f64 + f64::from(state.offset / frame.row_height) + frame.rows_in_view();
    // A row of which less than a third can be seen does not count.
    let last = ((end - 0.3).ceil() as u64).clamp(state.anchor + 1, frame.total);
    (state.anchor + 1, last)
}

pub(super) fn draw(
    ui: &mut Ui,
    theme: &Theme,
    frame: &Frame<'_>,
    state: &mut GridState,
    blocks: &Blocks,
    response: &Response,
    output: &mut GridOutput,
) {
    pick(ui, frame, state, response, output);
    let clip = ui.painter().with_clip_rect(frame.body.intersect(ui.clip_rect()));
    let outer = ui.clip_rect();
    let painter_of = |left: f32| ui.painter().with_clip_rect(frame.clip_of(left, frame.body).intersect(outer));
    let seen = frame.seen(state.scroll_x);
    let seen = seen.as_slice();
    let range = selected_places(frame, state);
    for (index, left, width) in seen {
        let cells = painter_of(*left);
        let column = &frame.columns[*index];
        let x = frame.screen_x(*left, state.scroll_x);
        let area = Rect::from_min_max(pos2(x, frame.body.top()), pos2(x + width, frame.body.bottom()));
        if let Some((_, tint)) = shades(theme, column.change) {
            cells.rect_filled(area, CornerRadius::ZERO, tint);
        } else if state.column.as_deref() == Some(column.name) {
            cells.rect_filled(area, CornerRadius::ZERO, theme.selection);
        }
    }
    let selected = state.selected_rows().filter(|(first, last)| first != last);
    let rows = (frame.rows_in_view() + 1.0).ceil() as u64 + 1;
    let mono = fonts::mono(text::MONO);
    // Numbers with fractions stand by their point, among those that can be seen.
    let points: Vec<usize> = seen
        .iter()
        .map(|(index, ..)| {
            let column = &frame.columns[*index];
            if !matches!(column.column_type, ColumnType::Float | ColumnType::Decimal) {
                return 0;
            }
            let shown = state.anchor..(state.anchor + rows).min(frame.total);
            let decimals = shown.filter_map(|row| match blocks.cell(row, *index, column.name) {
                Cell::Value { text, .. } => decimals(text),
                _ => None,
            });
            decimals.max().unwrap_or_default()
        })
        .collect();
    let mut cut_under_pointer = None;
    let pointer = response.hover_pos();
    for step in 0..rows {
        let row = state.anchor + step;
        let top = frame.body.top() + step as f32 * frame.row_height - state.offset;
        if row >= frame.total || top >= frame.body.bottom() {
            break;
        }
        let line = Rect::from_min_max(pos2(frame.body.left(), top), pos2(frame.body.right(), top + frame.row_height));
        let in_rows = selected.is_some_and(|(first, last)| (first..=last).contains(&row));
        if in_rows && range.is_none() {
            clip.rect_filled(line, CornerRadius::ZERO, theme.selection.gamma_multiply(0.7));
        }
        for ((index, left, width), point) in seen.iter().zip(&points) {
            let cells = painter_of(*left);
            let column = &frame.columns[*index];
            let x = frame.screen_x(*left, state.scroll_x);
            let area = Rect::from_min_max(pos2(x, top), pos2(x + width, top + frame.row_height));
            let in_range = range.is_some_and(|(from, to)| *left >= from && *left <= to)
                && state.selected_rows().is_some_and(|(first, last)| (first..=last).contains(&row));
            if in_range {
                cells.rect_filled(area, CornerRadius::ZERO, theme.selection.gamma_multiply(0.8));
            }
            let cell = blocks.cell(row, *index, column.name);
            let look = Look {
                numeric: column.column_type.is_numeric(),
                change: column.change,
                lines: state.lines,
                point: *point,
            };
            let cut = draw_cell(&cells, theme, area, cell, look, &mono);
            if cut
                && pointer.is_some_and(|at| area.contains(at))
                && let Cell::Value { text, .. } = cell
            {
                cut_under_pointer = Some(text.to_owned());
            }
            if state.cursor.as_ref().is_some_and(|(at, name)| *at == row && name == column.name) {
                let color = if frame.focused { theme.accent } else { theme.accent.gamma_multiply(0.6) };
                cells.rect_stroke(area, CornerRadius::ZERO, Stroke::new(1.5, color), StrokeKind::Inside);
            }
        }
        clip.hline(line.x_range(), line.bottom() - 0.5, Stroke::new(1.0, theme.grid_line));
        let gutter = Rect::from_min_max(line.min, pos2(line.left() + frame.gutter, line.bottom()));
        clip.rect_filled(gutter, CornerRadius::ZERO, theme.panel);
        let at = pos2(gutter.right() - 8.0, first_line(gutter));
        if blocks.is_made(row) {
            clip.text(at, Align2::RIGHT_CENTER, "+", fonts::mono(text::SMALL), theme.good.text);
        } else {
            let number = blocks.row_number(row).unwrap_or(row + 1);
            clip.text(at, Align2::RIGHT_CENTER, number, fonts::mono(text::SMALL), theme.dim);
        }
        describe_row(ui, frame, seen, blocks, row, line.intersect(frame.body));
    }
    for (_, left, width) in seen {
        let x = frame.screen_x(*left, state.scroll_x) + width - 0.5;
        let cells = painter_of(*left);
        let bottom = (frame.body.top() + (frame.total - state.anchor.min(frame.total)) as f32 * frame.row_height
            - state.offset)
            .min(frame.body.bottom());
        cells.vline(x, frame.body.top()..=bottom, Stroke::new(1.0, theme.grid_line));
    }
    let x = frame.body.left() + frame.gutter - 0.5;
    clip.vline(x, frame.body.y_range(), Stroke::new(1.0, theme.border));
    if frame.frozen_width > 0.0 {
        clip.vline(x + frame.frozen_width, frame.body.y_range(), Stroke::new(2.0, theme.border));
    }
    if let Some(text) = cut_under_pointer {
        response.clone().on_hover_text_at_pointer(text);
    }
}

/// The left edges of the first and the last selected column, where several are.
fn selected_places(frame: &Frame<'_>, state: &GridState) -> Option<(f32, f32)> {
    let place = |name: &str| frame.places.iter().position(|(index, ..)| frame.columns[*index].name == name);
    let (_, cursor) = state.cursor.as_ref()?;
    let (a, b) = (place(cursor)?, place(state.range_column.as_ref().filter(|end| *end != cursor)?)?);
    Some((frame.places[a.min(b)].1, frame.places[a.max(b)].1))
}

/// Clicks and drags over cells.
fn pick(ui: &Ui, frame: &Frame<'_>, state: &mut GridState, response: &Response, output: &mut GridOutput) {
    let Some(pointer) = response.interact_pointer_pos() else { return };
    let cell = cell_at(frame, state, pointer);
    if response.drag_started() || response.clicked() {
        response.request_focus();
        let Some((row, column)) = cell else { return };
        if ui.input(|input| input.modifiers.shift) && state.cursor.is_some() {
            state.range_end = Some(row);
            state.range_column = Some(column);
            return;
        }
        state.put_cursor(row, &column);
        state.picked_in_body = true;
        if response.double_clicked() {
            state.edit.open(row, &column);
        }
        if response.clicked() {
            if state.column.as_deref() != Some(&column) {
                state.column = Some(column.clone());
                output.clicked_column = Some(column.clone());
            }
            output.clicked_cell = Some((row, column));
        }
    } else if response.dragged()
        && let Some((row, column)) = cell
        && state.cursor.as_ref().is_some_and(|(at, name)| {
            *at != row || *name != column || state.range_end.is_some() || state.range_column.is_some()
        })
    {
        state.range_end = Some(row);
        state.range_column = Some(column);
    }
}

fn cell_at(frame: &Frame<'_>, state: &GridState, pointer: egui::Pos2) -> Option<(u64, String)> {
    let points = f64::from(pointer.y - frame.body.top() + state.offset);
    let row = state.anchor + (points / f64::from(frame.row_height)).max(0.0) as u64;
    let (index, ..) = frame.places.get(frame.place_at(pointer.x, state.scroll_x)?)?;
    (row < frame.total).then(|| (row, frame.columns[*index].name.to_owned()))
}

/// A row as assistive technologies and tests read it.
fn describe_row(ui: &Ui, frame: &Frame<'_>, seen: &[(usize, f32, f32)], blocks: &Blocks, row: u64, line: Rect) {
    let response = ui.interact(line, frame.id.with(("row", row)), Sense::hover());
    response.widget_info(|| {
        let cells: Vec<String> = seen
            .iter()
            .take(12)
            .map(|(index, ..)| match blocks.cell(row, *index, frame.columns[*index].name) {
                Cell::Unknown => "…".to_owned(),
                Cell::Null { .. } => "null".to_owned(),
                Cell::Value { text, .. } => text.to_owned(),
            })
            .collect();
        WidgetInfo::labeled(Role::Row, true, format!("Row {}: {}", format::count(row + 1), cells.join(", ")))
    });
}

/// The middle of the first line of text in a row.
fn first_line(row: Rect) -> f32 {
    row.top() + (size::GRID_ROW / 2.0).min(row.height() / 2.0)
}

/// What a cell's look depends on, besides its value.
#[derive(Debug, Clone, Copy)]
struct Look {
    numeric: bool,
    change: ColumnChange,
    /// Lines of text it shows.
    lines: u8,
    /// Most digits behind the point in its column.
    point: usize,
}

/// Draws a cell; true when its text was cut.
fn draw_cell(painter: &egui::Painter, theme: &Theme, area: Rect, cell: Cell<'_>, look: Look, font: &FontId) -> bool {
    let Look { numeric, change, lines, point } = look;
    const PADDING: f32 = 7.0;
    /// Advance of JetBrains Mono at 12 points: 0.6 em.
    const ADVANCE: f32 = 7.2;
    let (words, null, changed) = match cell {
        Cell::Unknown => {
            let width = (area.width() - 2.0 * PADDING).max(0.0) * 0.6;
            let at = pos2(area.left() + PADDING, first_line(area) - 4.0);
            let bar = Rect::from_min_size(at, egui::vec2(width.min(60.0), 8.0));
            painter.rect_filled(bar, CornerRadius::same(3), theme.grid_line);
            return false;
        }
        Cell::Null { changed } => ("null", true, changed),
        Cell::Value { text, changed } => (text, false, changed),
    };
    let rounded = if numeric { super::cells::rounded(words) } else { None };
    let whole = rounded.is_none();
    let words = rounded.as_deref().unwrap_or(words);
    if changed {
        painter.rect_filled(area.shrink2(egui::vec2(0.0, 0.5)), CornerRadius::ZERO, theme.changed.tint);
    }
    let quiet = change == ColumnChange::Added && words == "0";
    let color = match change {
        ColumnChange::Removed => theme.fault.text.gamma_multiply(0.85),
        ColumnChange::Added if null || quiet => theme.dim,
        ColumnChange::Added => theme.good.text,
        _ if changed => theme.changed.text,
        _ if null => theme.dim,
        _ => theme.text,
    };
    let strike = if change == ColumnChange::Removed { Stroke::new(1.0, theme.dim) } else { Stroke::NONE };
    let bold = change == ColumnChange::Added && words == "1";
    let room = ((area.width() - 2.0 * PADDING) / ADVANCE).max(1.0) as usize;
    let wraps = lines > 1 && !numeric && (words.len() > room || words.contains('\n'));
    let one_line = words.contains(['\n', '\r', '\t']);
    let long = words.len() > room && words.chars().count() > room;
    let shown = if wraps {
        words.replace('\r', "")
    } else if long || one_line {
        let mut shown: String = words
            .chars()
            .take(if long { room.saturating_sub(1) } else { room })
            .map(|character| match character {
                '\n' | '\r' => '⏎',
                '\t' => '→',
                other => other,
            })
            .collect();
        if long {
            shown.push('…');
        }
        shown
    } else {
        words.to_owned()
    };
    let format = TextFormat {
        font_id: if bold { fonts::mono_strong(text::MONO) } else { font.clone() },
        color,
        italics: null,
        strikethrough: strike,
        ..TextFormat::default()
    };
    let mut job = LayoutJob::single_section(shown, format);
    job.break_on_newline = wraps;
    if wraps {
        job.wrap.max_width = area.width() - 2.0 * PADDING;
        job.wrap.max_rows = usize::from(lines);
    }
    let galley = painter.layout_job(job);
    let first = galley.rows.first().map_or(galley.size().y, |row| row.height());
    let cut = if wraps { galley.elided } else { long };
    let y = first_line(area) - first / 2.0;
    let behind = if numeric && point > 0 { decimals(words).unwrap_or(point) } else { point };
    let missing = if behind == 0 && point > 0 { point + 1 } else { point - behind.min(point) };
    let shift = if null { 0.0 } else { missing as f32 * ADVANCE };
    let x = if numeric { area.right() - PADDING - galley.size().x - shift } else { area.left() + PADDING };
    painter.galley(pos2(x.max(area.left() + 2.0), y), galley, Color32::PLACEHOLDER);
    cut || !whole
}
