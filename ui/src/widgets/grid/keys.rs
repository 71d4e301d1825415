//! The keyboard in a grid that has the focus.

use cairn_protocol::{Request, Response as Answer, table::TableRef};
use egui::{Event, EventFilter, Key, Modifiers, Ui};

use super::{
    Frame, GridOutput, GridSource, GridState,
    cells::{Blocks, Cell, MAX_SELECTED},
    scroll,
};
use crate::{
    ctx::{Action, Ctx},
    widgets::format,
};

/// Moves the cursor, opens the menu, copies.
pub(super) fn handle(
    ui: &Ui,
    ctx: &Ctx<'_>,
    frame: &Frame<'_>,
    state: &mut GridState,
    source: &dyn GridSource,
    output: &mut GridOutput,
) {
    finish_copy(ui, ctx, state);
    if !frame.focused || frame.total == 0 || frame.places.is_empty() || state.edit.is_open() {
        return;
    }
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, tab: false, escape: false };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(frame.id, filter));
    let cursor = state.cursor.clone();
    let row = cursor.as_ref().map_or(state.anchor, |(row, _)| (*row).min(frame.total - 1));
    let place = cursor
        .as_ref()
        .and_then(|(_, name)| frame.places.iter().position(|(index, ..)| frame.columns[*index].name == name))
        .unwrap_or(0);
    let page = (frame.rows_in_view().floor() as u64).saturating_sub(1).max(1);
    let last = frame.total - 1;
    let last_place = frame.places.len() - 1;
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    let moves: [(Modifiers, Key, u64, usize); 10] = [
        (Modifiers::COMMAND, Key::Home, 0, 0),
        (Modifiers::COMMAND, Key::End, last, last_place),
        (Modifiers::COMMAND, Key::ArrowDown, last, place),
        (Modifiers::COMMAND, Key::ArrowUp, 0, place),
        (Modifiers::NONE, Key::ArrowLeft, row, place.saturating_sub(1)),
        (Modifiers::NONE, Key::ArrowRight, row, (place + 1).min(last_place)),
        (Modifiers::NONE, Key::PageUp, row.saturating_sub(page), place),
        (Modifiers::NONE, Key::PageDown, row.saturating_add(page).min(last), place),
        (Modifiers::NONE, Key::Home, row, 0),
        (Modifiers::NONE, Key::End, row, last_place),
    ];
    let vertical = [(Key::ArrowUp, row.saturating_sub(1)), (Key::ArrowDown, row.saturating_add(1).min(last))];
    let mut target = None;
    for (key, right) in [(Key::ArrowLeft, false), (Key::ArrowRight, true)] {
        if pressed(Modifiers::SHIFT, key) {
            let here = frame.columns[frame.places[place].0].name.to_owned();
            let end = state.range_column.clone().unwrap_or_else(|| here.clone());
            let at = frame.places.iter().position(|(index, ..)| frame.columns[*index].name == end).unwrap_or(place);
            let to = if right { (at + 1).min(last_place) } else { at.saturating_sub(1) };
            state.cursor.get_or_insert((row, here));
            state.range_column = Some(frame.columns[frame.places[to].0].name.to_owned());
            state.range_end.get_or_insert(row);
            scroll::reveal_column(frame, state, to);
        }
    }
    for (key, to) in vertical {
        let end = state.range_end.unwrap_or(row);
        if pressed(Modifiers::SHIFT, key) {
            let to = if key == Key::ArrowUp { end.saturating_sub(1) } else { end.saturating_add(1).min(last) };
            state.cursor.get_or_insert_with(|| (row, frame.columns[frame.places[place].0].name.to_owned()));
            state.range_end = Some(to);
            scroll::reveal_row(frame, state, to);
        } else if pressed(Modifiers::NONE, key) {
            target = Some((if cursor.is_some() { to } else { row }, place));
        }
    }
    for (modifiers, key, to_row, to_place) in moves {
        if pressed(modifiers, key) {
            target = Some((to_row, to_place));
        }
    }
    if let Some((to_row, to_place)) = target {
        let name = frame.columns[frame.places[to_place].0].name.to_owned();
        state.put_cursor(to_row, &name);
        scroll::reveal_row(frame, state, to_row);
        scroll::reveal_column(frame, state, to_place);
        if state.column.as_deref() != Some(&name) {
            state.column = Some(name.clone());
            output.clicked_column = Some(name);
        }
    }
    if pressed(Modifiers::SHIFT, Key::F10) {
        state.menu_for = Some(frame.columns[frame.places[place].0].name.to_owned());
    }
    if pressed(Modifiers::NONE, Key::F2) || pressed(Modifiers::NONE, Key::Enter) {
        let name = frame.columns[frame.places[place].0].name.to_owned();
        state.put_cursor(row, &name);
        state.edit.open(row, &name);
    }
    if ui.input(|input| input.events.iter().any(|event| matches!(event, Event::Copy))) {
        match source.table() {
            Some(table) => state.copying = copy_request(frame, state, table),
            None => {
                if let Some(words) = copied(frame, state, source) {
                    ui.ctx().copy_text(words);
                }
            }
        }
    }
}

/// What copying the selection asks for: all its cells in full, with the names above where it is more than one column.
fn copy_request(frame: &Frame<'_>, state: &GridState, table: TableRef) -> Option<Request> {
    let (first, last) = state.selected_rows()?;
    let (_, cursor) = state.cursor.as_ref()?;
    let place = |name: &str| frame.places.iter().position(|(index, ..)| frame.columns[*index].name == name);
    let a = place(cursor)?;
    let b = state.range_column.as_deref().and_then(place).unwrap_or(a);
    let columns: Vec<String> =
        frame.places[a.min(b)..=a.max(b)].iter().map(|(index, ..)| frame.columns[*index].name.to_owned()).collect();
    Some(Request::CopyCells {
        table,
        query: state.query.clone(),
        first_row: first,
        rows: last - first + 1,
        header: columns.len() > 1 || last > first,
        columns,
    })
}

/// Puts copied cells on the clipboard when they are there.
fn finish_copy(ui: &Ui, ctx: &Ctx<'_>, state: &mut GridState) {
    let Some(request) = &state.copying else { return };
    let fetched = ctx.store.read(request);
    if let Some(error) = fetched.error {
        ctx.push(Action::Toast { text: error.message.clone(), undo: None });
        state.copying = None;
    } else if let Some(Answer::Text(text)) = fetched.value.as_deref() {
        ui.ctx().copy_text(text.strip_suffix('\n').unwrap_or(text).to_owned());
        let rows = text.lines().count() as u64;
        if rows > 1 {
            ctx.push(Action::Toast { text: format!("{} lines copied", format::count(rows)), undo: None });
        }
        state.copying = None;
    }
}

/// The selected cells of the cursor's column, one a line; none while some of them are on their way.
fn copied(frame: &Frame<'_>, state: &GridState, source: &dyn GridSource) -> Option<String> {
    let (first, last) = state.selected_rows()?;
    let (_, name) = state.cursor.as_ref()?;
    let index = frame.columns.iter().position(|column| column.name == name)?;
    if last - first >= MAX_SELECTED {
        return None;
    }
    let blocks = Blocks::read(frame, state, source);
    let lines: Option<Vec<&str>> = (first..=last)
        .map(|row| match blocks.cell(row, index, name) {
            Cell::Unknown => None,
            Cell::Null { .. } => Some(""),
            Cell::Value { text, .. } => Some(text),
        })
        .collect();
    Some(lines?.join("\n"))
}
