//! How many lines of text a cell shows: one choice for all grids, kept with the window. All rows of a grid have the same
//! height, so that a row is still found by its number alone.

use egui::{Context, Id, Ui};

use super::GridState;

/// The choices.
pub const LINES: [u8; 3] = [1, 2, 4];

fn key() -> Id {
    Id::unique("lines of text in the cells of grids")
}

/// Lines of text that cells show.
#[must_use]
pub fn lines(egui: &Context) -> u8 {
    egui.data(|data| data.get_temp(key())).unwrap_or(1)
}

/// Chooses how many lines of text cells show.
pub fn set_lines(egui: &Context, lines: u8) {
    egui.data_mut(|data| data.insert_temp(key(), lines));
}

/// Takes the choice over; the first row that can be seen stays.
pub(super) fn follow(ui: &Ui, state: &mut GridState) {
    let wanted = lines(ui.ctx());
    if state.lines != wanted {
        state.lines = wanted;
        state.offset = 0.0;
    }
}
