//! Scrolling: an integer row and less than a row of points, so that nothing is lost to rounding in long tables.

use egui::{CornerRadius, CursorIcon, Rect, Sense, Ui, pos2, vec2};

use super::{Frame, GridState};
use crate::theme::Theme;

/// Takes the wheel where the grid may.
pub(super) fn wheel(ui: &mut Ui, frame: &Frame<'_>, state: &mut GridState) {
    if !ui.rect_contains_pointer(frame.rect) {
        return;
    }
    let delta = ui.input(|input| input.smooth_scroll_delta());
    let room_x = (frame.content_width - (frame.body.width() - frame.gutter)).max(0.0);
    if delta.x != 0.0 && room_x > 0.0 {
        state.scroll_x = (state.scroll_x - delta.x).clamp(0.0, room_x);
        ui.input_mut(|input| input.smooth_scroll_delta.x = 0.0);
    }
    let may = state.takes_wheel || frame.focused;
    if delta.y != 0.0 && may && frame.total as f64 > frame.rows_in_view() {
        by_points(state, -delta.y);
        ui.input_mut(|input| input.smooth_scroll_delta.y = 0.0);
    }
}

/// Moves by points, down for positive ones.
pub(super) fn by_points(state: &mut GridState, points: f32) {
    let points = f64::from(state.offset + points);
    let row = state.row_height();
    let rows = (points / f64::from(row)).floor();
    state.offset = (points - rows * f64::from(row)) as f32;
    state.anchor = if rows < 0.0 {
        let up = -rows as u64;
        if up > state.anchor {
            state.offset = 0.0;
        }
        state.anchor.saturating_sub(up)
    } else {
        state.anchor.saturating_add(rows as u64)
    };
}

/// Keeps the last row at the lower edge.
pub(super) fn clamp(frame: &Frame<'_>, state: &mut GridState) {
    let highest = (frame.total as f64 - frame.rows_in_view()).max(0.0);
    if state.anchor as f64 + f64::from(state.offset / frame.row_height) > highest {
        state.anchor = highest.floor() as u64;
        state.offset = (highest.fract() * f64::from(frame.row_height)) as f32;
    }
    let room_x = (frame.content_width - (frame.body.width() - frame.gutter)).max(0.0);
    state.scroll_x = state.scroll_x.clamp(0.0, room_x);
}

/// Draws and moves the bars; they lie over the cells.
pub(super) fn bars(ui: &mut Ui, theme: &Theme, frame: &Frame<'_>, state: &mut GridState) {
    let highest = (frame.total as f64 - frame.rows_in_view()).max(0.0);
    let near = ui.rect_contains_pointer(frame.rect);
    if highest > 0.0 {
        let track = Rect::from_min_max(pos2(frame.body.right() - 10.0, frame.body.top()), frame.body.max);
        let share = (frame.rows_in_view() / frame.total as f64) as f32;
        let length = (track.height() * share).max(24.0).min(track.height());
        let at = (state.anchor as f64 + f64::from(state.offset / frame.row_height)) / highest;
        let top = track.top() + (track.height() - length) * at.clamp(0.0, 1.0) as f32;
        let response = ui.interact(track, frame.id.with("vertical"), Sense::drag());
        if let Some(pointer) = response.interact_pointer_pos() {
            let way = (track.height() - length).max(1.0);
            let wanted = f64::from(((pointer.y - track.top() - length / 2.0) / way).clamp(0.0, 1.0)) * highest;
            state.anchor = wanted.floor() as u64;
            state.offset = (wanted.fract() * f64::from(frame.row_height)) as f32;
        }
        let handle = Rect::from_min_size(pos2(track.left() + 3.0, top), vec2(5.0, length));
        paint(ui, theme, handle, response.hovered() || response.dragged(), near);
        response.on_hover_cursor(CursorIcon::Default);
    }
    let room = frame.body.width() - frame.gutter;
    let room_x = frame.content_width - room;
    if room_x > 0.5 {
        let track = Rect::from_min_max(
            pos2(frame.body.left() + frame.gutter, frame.body.bottom() - 9.0),
            pos2(frame.body.right() - 10.0, frame.body.bottom()),
        );
        let length = (track.width() * room / frame.content_width).max(24.0).min(track.width());
        let way = (track.width() - length).max(1.0);
        let left = track.left() + way * (state.scroll_x / room_x).clamp(0.0, 1.0);
        let response = ui.interact(track, frame.id.with("horizontal"), Sense::drag());
        if let Some(pointer) = response.interact_pointer_pos() {
            state.scroll_x = ((pointer.x - track.left() - length / 2.0) / way).clamp(0.0, 1.0) * room_x;
        }
        let handle = Rect::from_min_size(pos2(left, track.top() + 3.0), vec2(length, 5.0));
        paint(ui, theme, handle, response.hovered() || response.dragged(), near);
    }
}

fn paint(ui: &Ui, theme: &Theme, handle: Rect, active: bool, near: bool) {
    let strength = if active {
        0.8
    } else if near {
        0.5
    } else {
        0.28
    };
    ui.painter().rect_filled(handle, CornerRadius::same(3), theme.dim.gamma_multiply(strength));
}

/// Scrolls as little as needed for a row to be seen whole.
pub(super) fn reveal_row(frame: &Frame<'_>, state: &mut GridState, row: u64) {
    let whole = frame.rows_in_view().floor().max(1.0) as u64;
    if row < state.anchor || (row == state.anchor && state.offset > 0.0) {
        state.show_row(row);
    } else if row >= state.anchor + whole {
        state.anchor = (row + 1).saturating_sub(whole);
        state.offset = 0.0;
        let rest = frame.body.height() - whole as f32 * frame.row_height;
        if rest > 0.0 && state.anchor > 0 {
            by_points(state, -rest);
        }
    }
}

/// Scrolls as little as needed for a column to be seen whole.
pub(super) fn reveal_column(frame: &Frame<'_>, state: &mut GridState, place: usize) {
    let Some((_, left, width)) = frame.places.get(place) else { return };
    let room = frame.body.width() - frame.gutter;
    if *left < frame.frozen_width {
        return;
    }
    if *left < state.scroll_x + frame.frozen_width {
        state.scroll_x = *left - frame.frozen_width;
    } else if left + width > state.scroll_x + room {
        state.scroll_x = (left + width - room).min(*left - frame.frozen_width);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_never_add_up_to_an_error() {
        for lines in [1, 2, 4] {
            let mut state = GridState { lines, ..GridState::default() };
            state.show_row(9_999_000);
            for _ in 0..10_000 {
                by_points(&mut state, 3.0);
            }
            let points = (state.anchor - 9_999_000) as f32 * state.row_height() + state.offset;
            assert!((points - 30_000.0).abs() < 0.01, "{points}");
            for _ in 0..10_000 {
                by_points(&mut state, -3.0);
            }
            assert_eq!((state.anchor, state.offset), (9_999_000, 0.0));
            by_points(&mut state, -1e9);
            assert_eq!((state.anchor, state.offset), (0, 0.0));
        }
    }
}
