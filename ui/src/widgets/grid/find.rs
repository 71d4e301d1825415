//! Finding text over all rows, and jumping to a row or a column: a line at the upper right of the grid.

use cairn_protocol::{
    Request, Response as Answer,
    table::{FoundCell, Needle, TableRef},
};
use egui::{Align, Context, CornerRadius, Id, Key, Layout, Rect, Stroke, Ui, UiBuilder, vec2};

use super::{Frame, GridSource, GridState, scroll};
use crate::{
    ctx::Ctx,
    theme::Theme,
    widgets::{format, glyph, icon_button, labels, menus, text_field, toggle_icon_button},
};

/// Width of the line.
const WIDTH: f32 = 420.0;

/// What is looked for.
#[derive(Debug, Clone, Default)]
pub(super) struct FindBar {
    is_open: bool,
    wants_focus: bool,
    text: String,
    match_case: bool,
    whole_cell: bool,
    regex: bool,
    one_column: bool,
    /// The question that is on its way, and whether it goes on from the last hit.
    asked: Option<Request>,
    /// What came of the last one.
    said: String,
    count: Option<u64>,
    counted: Option<(String, [bool; 4])>,
    /// Set by a key or a button, taken in the next frame.
    step_wanted: Option<Way>,
}

impl FindBar {
    /// Opens it, with the keyboard's focus.
    pub(super) fn open(&mut self) {
        self.is_open = true;
        self.wants_focus = true;
    }

    fn flags(&self) -> [bool; 4] {
        [self.match_case, self.whole_cell, self.regex, self.one_column]
    }
}

fn focus_id() -> Id {
    Id::unique("grid with the focus")
}

fn wish_id(grid: Id) -> Id {
    grid.with("find")
}

/// Remembers which grid has the focus, for the command «find in what has the focus».
pub(super) fn note_focus(ui: &Ui, frame: &Frame<'_>, source: &dyn GridSource) {
    if frame.focused && source.table().is_some() {
        ui.data_mut(|data| data.insert_temp(focus_id(), frame.id));
    }
}

/// Opens the line of the grid that has the focus; false where none has.
pub fn open_in_focused_grid(egui: &Context) -> bool {
    let grid = egui.data(|data| data.get_temp::<Id>(focus_id()));
    let Some(grid) = grid.filter(|grid| egui.memory(|memory| memory.focused()) == Some(*grid)) else { return false };
    egui.data_mut(|data| data.insert_temp(wish_id(grid), true));
    true
}

/// Takes the answer of the last question, and the keys.
pub(super) fn update(ui: &Ui, ctx: &Ctx<'_>, frame: &Frame<'_>, state: &mut GridState, source: &dyn GridSource) {
    if ui.data_mut(|data| data.remove_temp::<bool>(wish_id(frame.id))).unwrap_or_default() {
        state.find.open();
    }
    if let Some(request) = state.find.asked.clone() {
        let fetched = ctx.store.read(&request);
        if let Some(error) = fetched.error {
            state.find.said.clone_from(&error.message);
            state.find.asked = None;
        } else if let Some(Answer::Found { cell, count }) = fetched.value.as_deref()
            && !fetched.loading
        {
            state.find.asked = None;
            if let Some(count) = count {
                state.find.count = Some(*count);
            }
            found(frame, state, cell.as_ref());
        }
    }
    if let Some(way) = state.find.step_wanted.take() {
        ask(frame, state, source, way);
    }
}

fn found(frame: &Frame<'_>, state: &mut GridState, cell: Option<&FoundCell>) {
    let Some(cell) = cell else {
        state.find.said = "Nothing found".into();
        return;
    };
    state.put_cursor(cell.position, &cell.column);
    state.column = Some(cell.column.clone());
    state.hidden.remove(&cell.column);
    scroll::reveal_row(frame, state, cell.position);
    if let Some(place) = frame.places.iter().position(|(index, ..)| frame.columns[*index].name == cell.column) {
        scroll::reveal_column(frame, state, place);
    }
    let count = state.find.count.map_or_else(String::new, |count| format!(" · {} in all", format::count(count)));
    let round = if cell.wrapped { " · from the other end" } else { "" };
    state.find.said = format!("Row {}{count}{round}", format::count(cell.position + 1));
}

fn ask(frame: &Frame<'_>, state: &mut GridState, source: &dyn GridSource, way: Way) {
    let Some(table) = source.table() else { return };
    let text = state.find.text.trim().to_owned();
    if text.is_empty() {
        return;
    }
    if let Some(row) = jump(&text, frame, state) {
        state.find.said = row;
        return;
    }
    let cursor = state.cursor.as_ref().and_then(|(row, name)| {
        frame.columns.iter().position(|column| column.name == name).map(|column| (*row, column as u64))
    });
    let (from_position, from_column) = cursor.map_or((state.anchor, None), |(row, column)| (row, Some(column)));
    let columns = match (&state.find.one_column, &state.column) {
        (true, Some(column)) => vec![column.clone()],
        _ => Vec::new(),
    };
    let key = (text.clone(), state.find.flags());
    let count = state.find.counted.as_ref() != Some(&key);
    if count {
        state.find.count = None;
        state.find.counted = Some(key);
    }
    let needle = Needle {
        text,
        columns,
        match_case: state.find.match_case,
        whole_cell: state.find.whole_cell,
        regex: state.find.regex,
        from_position,
        from_column,
        backwards: way == Way::Back,
    };
    state.find.said = "Searching…".into();
    state.find.asked = Some(request(table, state, needle, count));
}

fn request(table: TableRef, state: &GridState, needle: Needle, count: bool) -> Request {
    Request::Find { table, query: state.query.clone(), needle, count }
}

/// `:1200` goes to a row, `:age` to a column.
fn jump(text: &str, frame: &Frame<'_>, state: &mut GridState) -> Option<String> {
    let wanted = text.strip_prefix(':')?.trim();
    if let Ok(row) = wanted.replace([',', ' '], "").parse::<u64>() {
        let row = row.clamp(1, frame.total.max(1)) - 1;
        let column = state.cursor.as_ref().map(|(_, name)| name.clone());
        let column =
            column.or_else(|| frame.places.first().map(|(index, ..)| frame.columns[*index].name.to_owned()))?;
        state.put_cursor(row, &column);
        state.show_row(row);
        return Some(format!("Row {}", format::count(row + 1)));
    }
    let lower = wanted.to_lowercase();
    let matches = |exact: bool| {
        frame.places.iter().position(|(index, ..)| {
            let name = frame.columns[*index].name.to_lowercase();
            if exact { name == lower } else { name.contains(&lower) }
        })
    };
    let Some(place) = matches(true).or_else(|| matches(false)) else {
        return Some(format!("No column «{wanted}»"));
    };
    let name = frame.columns[frame.places[place].0].name.to_owned();
    let row = state.cursor.as_ref().map_or(state.anchor, |(row, _)| *row);
    state.put_cursor(row, &name);
    state.column = Some(name.clone());
    scroll::reveal_column(frame, state, place);
    Some(format!("Column {name}"))
}

/// Which way a search goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// To the next cell.
    On,
    /// To the one before.
    Back,
}

/// Draws the line where it is open.
pub(super) fn draw(ui: &mut Ui, theme: &Theme, frame: &Frame<'_>, state: &mut GridState) {
    if !state.find.is_open {
        return;
    }
    let width = WIDTH.min(frame.rect.width() - 24.0);
    let rect = Rect::from_min_size(
        egui::pos2(frame.rect.right() - width - 14.0, frame.header.bottom() + 6.0),
        vec2(width, 34.0),
    );
    let shadow = menus::floating_frame(theme).shadow;
    ui.painter().add(shadow.as_shape(rect, CornerRadius::same(6)));
    ui.painter().rect(
        rect,
        CornerRadius::same(6),
        theme.card,
        Stroke::new(1.0, theme.border),
        egui::StrokeKind::Inside,
    );
    // What lies under the line must not take its clicks.
    ui.interact(rect, frame.id.with("find line"), egui::Sense::click_and_drag());
    let mut line = ui.new_child(
        UiBuilder::new()
            .id_salt("find")
            .max_rect(rect.shrink2(vec2(6.0, 4.0)))
            .layout(Layout::right_to_left(Align::Center)),
    );
    let ui = &mut line;
    ui.spacing_mut().item_spacing.x = 2.0;
    if icon_button(ui, theme, glyph::X, "Close the search").clicked() {
        close(ui, frame, state);
    }
    if icon_button(ui, theme, glyph::ARROW_DOWN, "Next cell").clicked() {
        state.find.step_wanted = Some(Way::On);
    }
    if icon_button(ui, theme, glyph::ARROW_UP, "Cell before").clicked() {
        state.find.step_wanted = Some(Way::Back);
    }
    let find = &mut state.find;
    let flags = [
        (glyph::COLUMNS, "In the selected column only", &mut find.one_column),
        (glyph::CODE, "Regular expression", &mut find.regex),
        (glyph::TARGET, "Whole cells", &mut find.whole_cell),
        (glyph::TEXT_AA, "Match case", &mut find.match_case),
    ];
    for (mark, name, flag) in flags {
        if toggle_icon_button(ui, theme, mark, name, *flag).on_hover_text(name).clicked() {
            *flag = !*flag;
        }
    }
    let said = state.find.said.clone();
    if !said.is_empty() && width > 380.0 {
        labels::small(ui, theme, said);
    }
    let room = ui.available_width().max(80.0);
    let hint = "Find, or :row, or :column";
    let field = text_field(ui, theme, "Find in the table", &mut state.find.text, hint, room);
    if std::mem::take(&mut state.find.wants_focus) {
        field.request_focus();
    }
    if field.changed() {
        state.find.said.clear();
    }
    let (enter, shift, escape) =
        ui.input(|input| (input.key_pressed(Key::Enter), input.modifiers.shift, input.key_pressed(Key::Escape)));
    if field.lost_focus() && enter {
        state.find.step_wanted = Some(if shift { Way::Back } else { Way::On });
        field.request_focus();
    } else if escape && (field.lost_focus() || field.has_focus()) {
        close(ui, frame, state);
    }
}

fn close(ui: &Ui, frame: &Frame<'_>, state: &mut GridState) {
    state.find.is_open = false;
    state.find.said.clear();
    ui.memory_mut(|memory| memory.request_focus(frame.id));
}
