//! One cell in full, and another value for it. A double click or F2 opens a small panel over the cell with its whole
//! text; where cells can be changed, what is typed there becomes the new value with Ctrl+Enter or the button.

use cairn_protocol::{
    ParamValue, Request, Response as Answer,
    steps::CellEdit,
    table::{ColumnChange, ColumnType},
};
use egui::{Align, Frame as Panel, Id, Key, Layout, Modifiers, ScrollArea, TextEdit, Ui};

use super::{
    Frame, GridOutput, GridSource, GridState,
    cells::{Blocks, Cell},
};
use crate::{
    ctx::Ctx,
    fonts,
    theme::text,
    widgets::{self, Button, button, inputs, labels, menus},
};

/// Characters of a cell that a page carries.
const PAGE_CHARACTERS: usize = 300;

/// The panel over a cell.
#[derive(Debug, Clone, Default)]
pub(super) struct Editor {
    /// Row in the view and column; none: closed.
    at: Option<(u64, String)>,
    /// What stands in the field; none until the whole text of the cell is there.
    text: Option<String>,
    before: Option<String>,
    wants_focus: bool,
}

impl Editor {
    /// Opens the panel over a cell.
    pub(super) fn open(&mut self, row: u64, column: &str) {
        *self = Self { at: Some((row, column.to_owned())), text: None, before: None, wants_focus: true };
    }

    /// Whether it is open.
    pub(super) fn is_open(&self) -> bool {
        self.at.is_some()
    }
}

/// Draws the panel where it is open.
pub(super) fn draw(
    ui: &mut Ui,
    ctx: &Ctx<'_>,
    frame: &Frame<'_>,
    state: &mut GridState,
    blocks: &Blocks,
    source: &dyn GridSource,
    output: &mut GridOutput,
) {
    let Some((row, name)) = state.edit.at.clone() else { return };
    let Some((index, left, width)) =
        frame.places.iter().copied().find(|(index, ..)| frame.columns[*index].name == name)
    else {
        state.edit = Editor::default();
        return;
    };
    let kind = frame.columns[index].column_type;
    if state.edit.text.is_none() {
        let whole = whole_text(ctx, state, blocks, source, row, index, &name);
        state.edit.text.clone_from(&whole);
        state.edit.before = whole;
    }
    // What is gone, what a step made, and what the page cut cannot be changed.
    let cut = source.table().is_none() && state.edit.text.as_deref().is_some_and(is_cut);
    let removed = frame.columns[index].change == ColumnChange::Removed;
    let can_edit = source.can_edit() && blocks.row_number(row).is_some() && !cut && !removed;
    let top = frame.body.top() + (row as f64 - state.anchor as f64) as f32 * frame.row_height - state.offset;
    let x = frame
        .screen_x(left, state.scroll_x)
        .clamp(frame.body.left(), (frame.body.right() - 300.0).max(frame.body.left()));
    let y = top.clamp(frame.body.top(), (frame.body.bottom() - 60.0).max(frame.body.top()));
    let theme = ctx.theme;
    let area = egui::Area::new(Id::unique(("cell in full", frame.id)))
        .order(egui::Order::Foreground)
        .fixed_pos(egui::pos2(x, y))
        .constrain(true)
        .show(ui.ctx(), |ui| {
            Panel::new()
                .fill(theme.card)
                .stroke(egui::Stroke::new(1.5, theme.accent))
                .corner_radius(6)
                .shadow(menus::floating_frame(theme).shadow)
                .inner_margin(8)
                .show(ui, |ui| {
                    ui.set_width(width.clamp(260.0, 420.0));
                    labels::small(
                        ui,
                        theme,
                        format!("Row {} · {name} · {}", widgets::format::count(row + 1), kind.as_str()),
                    );
                    let Some(text) = &mut state.edit.text else {
                        widgets::loading(ui, theme, "Reading the cell…");
                        return Done::No;
                    };
                    let lines = text.lines().count().clamp(1, 12);
                    let field = ScrollArea::vertical()
                        .max_height(220.0)
                        .show(ui, |ui| {
                            let edit = TextEdit::multiline(text)
                                .font(fonts::mono(text::MONO))
                                .desired_width(f32::INFINITY)
                                .desired_rows(lines)
                                .interactive(can_edit)
                                .hint_text("missing");
                            let response = ui.add(edit);
                            let label = format!("Row {}, {name}", row + 1);
                            response.widget_info(|| {
                                egui::WidgetInfo::labeled(egui::Role::MultilineTextInput, can_edit, &label)
                            });
                            response
                        })
                        .inner;
                    if std::mem::take(&mut state.edit.wants_focus) {
                        field.request_focus();
                    }
                    ui.add_space(6.0);
                    let commit = ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Enter));
                    let mut done = if commit && can_edit { Done::Set } else { Done::No };
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        ui.spacing_mut().item_spacing.x = 8.0;
                        if can_edit && button(ui, theme, Button::primary("Set").small()).clicked() {
                            done = Done::Set;
                        }
                        if can_edit && button(ui, theme, Button::quiet("Make missing").small()).clicked() {
                            done = Done::Clear;
                        }
                        if button(ui, theme, Button::quiet("Close").small()).clicked() {
                            done = Done::Close;
                        }
                    });
                    done
                })
                .inner
        });
    let escape = ui.input(|input| input.key_pressed(Key::Escape));
    let outside = ui.input(|input| input.pointer.any_pressed())
        && ui.input(|input| input.pointer.interact_pos()).is_some_and(|at| !area.response.rect.contains(at))
        && !state.edit.wants_focus;
    let done = area.inner;
    if matches!(done, Done::Set | Done::Clear)
        && let Some(number) = blocks.row_number(row)
    {
        let text = state.edit.text.clone().unwrap_or_default();
        let value = if done == Done::Clear { None } else { typed(&text, kind) };
        let changed = done == Done::Clear || state.edit.before.as_deref() != Some(text.as_str());
        if changed {
            output.edited = Some(CellEdit { row: number - 1, column: name, value });
        }
    }
    if done != Done::No || escape || outside {
        state.edit = Editor::default();
        ui.memory_mut(|memory| memory.request_focus(frame.id));
    }
}

/// What the panel was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    No,
    Close,
    Set,
    Clear,
}

/// The text of a cell in full: as a page has it, or asked for where the page cut it.
fn whole_text(
    ctx: &Ctx<'_>,
    state: &GridState,
    blocks: &Blocks,
    source: &dyn GridSource,
    row: u64,
    index: usize,
    name: &str,
) -> Option<String> {
    match blocks.cell(row, index, name) {
        Cell::Unknown => None,
        Cell::Null { .. } => Some(String::new()),
        Cell::Value { text, .. } if !is_cut(text) => Some(text.to_owned()),
        Cell::Value { text, .. } => {
            let Some(table) = source.table() else { return Some(text.to_owned()) };
            let request = Request::CopyCells {
                table,
                query: state.query.clone(),
                first_row: row,
                rows: 1,
                columns: vec![name.to_owned()],
                header: false,
            };
            match ctx.store.read(&request).value.as_deref() {
                Some(Answer::Text(text)) => Some(unquoted(text)),
                _ => None,
            }
        }
    }
}

/// Whether a page left away the end of a text.
fn is_cut(text: &str) -> bool {
    text.ends_with('…') && text.chars().nth(PAGE_CHARACTERS - 1).is_some()
}

/// A field of tab-separated text.
fn unquoted(text: &str) -> String {
    let line = text.strip_suffix('\n').unwrap_or(text);
    match line.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => line.to_owned(),
    }
}

/// What was typed as a value of the column; none: missing.
fn typed(text: &str, kind: ColumnType) -> Option<ParamValue> {
    let plain = text.trim();
    if plain.is_empty() && kind != ColumnType::Text {
        return None;
    }
    Some(match kind {
        ColumnType::Int => plain.parse().map_or_else(|_| ParamValue::Text(plain.to_owned()), ParamValue::Int),
        ColumnType::Float | ColumnType::Decimal => {
            inputs::parse_number(plain).map_or_else(|| ParamValue::Text(plain.to_owned()), ParamValue::Float)
        }
        ColumnType::Bool => match plain.to_lowercase().as_str() {
            "true" | "yes" | "1" => ParamValue::Bool(true),
            "false" | "no" | "0" => ParamValue::Bool(false),
            _ => ParamValue::Text(plain.to_owned()),
        },
        ColumnType::Text => ParamValue::Text(text.to_owned()),
        _ => ParamValue::Text(plain.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_becomes_a_value_of_the_column() {
        assert_eq!(typed(" 12 ", ColumnType::Int), Some(ParamValue::Int(12)));
        assert_eq!(typed("1,200.5", ColumnType::Float), Some(ParamValue::Float(1200.5)));
        assert_eq!(typed("yes", ColumnType::Bool), Some(ParamValue::Bool(true)));
        assert_eq!(typed("", ColumnType::Int), None);
        assert_eq!(typed("02210 ", ColumnType::Text), Some(ParamValue::Text("02210 ".into())));
        assert_eq!(unquoted("\"a\"\"b\nc\"\n"), "a\"b\nc");
        assert_eq!(unquoted("plain\n"), "plain");
    }
}
