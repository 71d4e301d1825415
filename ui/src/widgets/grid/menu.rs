//! The menu of a column.

use cairn_protocol::{
    ParamValue,
    steps::{Condition, Test},
};
use egui::{Key, Popup, PopupCloseBehavior, Response, SetOpenCommand, Ui};

use super::{Frame, GridColumn, GridOutput, GridState, LINES, add_condition, arrange, header, lines, set_sort, sort};
use crate::{
    command::Command,
    ctx::{Action, Ctx},
    widgets::{glyph, inputs, labels, menu_heading, menu_item, menu_separator, menus, segmented, text_field},
};

#[expect(clippy::too_many_arguments, reason = "one menu, called from one place")]
pub(super) fn column_menu(
    ui: &Ui,
    ctx: &Ctx<'_>,
    frame: &Frame<'_>,
    state: &mut GridState,
    column: &GridColumn<'_>,
    head: &Response,
    by_key: bool,
    can_query: bool,
    output: &mut GridOutput,
) {
    let opens = head.secondary_clicked() || by_key;
    if opens {
        state.filter_text.clear();
    }
    let theme = ctx.theme;
    let name = column.name;
    Popup::from_response(head)
        .id(head.id.with("menu"))
        .open_memory(opens.then_some(SetOpenCommand::Bool(true)))
        .width(220.0)
        .frame(menus::floating_frame(theme))
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .accessible_name(format!("{name}: menu"))
        .show(|ui| {
            ui.set_width(220.0);
            ui.spacing_mut().item_spacing.y = 0.0;
            menu_heading(ui, theme, &format!("{name} · {}", column.column_type.as_str()));
            let item = |ui: &mut Ui, glyph: &str, words: &str| {
                let clicked = menu_item(ui, theme, Some(glyph), words, "", true).clicked();
                if clicked {
                    ui.close();
                }
                clicked
            };
            if can_query {
                for (words, mark, descending) in [
                    ("Sort ascending", glyph::SORT_ASCENDING, false),
                    ("Sort descending", glyph::SORT_DESCENDING, true),
                ] {
                    if item(ui, mark, words) {
                        set_sort(state, output, sort::then(&[], name, descending));
                    }
                }
                // Beside another key a column can come next, or leave.
                let others = state.query.sort.iter().any(|key| key.column != name);
                let rank = sort::rank(&state.query.sort, name);
                for (words, mark, descending) in [
                    ("Then sort by this, ascending", glyph::SORT_ASCENDING, false),
                    ("Then sort by this, descending", glyph::SORT_DESCENDING, true),
                ] {
                    if others && rank.is_none_or(|(_, now)| now != descending) && item(ui, mark, words) {
                        let keys = sort::then(&state.query.sort, name, descending);
                        set_sort(state, output, keys);
                    }
                }
                if others && rank.is_some() && item(ui, glyph::MINUS, "Do not sort by this") {
                    let keys = state.query.sort.iter().filter(|key| key.column != name).cloned().collect();
                    set_sort(state, output, keys);
                }
                if !state.query.sort.is_empty() && item(ui, glyph::X, "Table's own order") {
                    set_sort(state, output, Vec::new());
                }
                menu_separator(ui, theme);
                let hint = if column.column_type.is_numeric() { "Filter: > 50" } else { "Filter: contains…" };
                let field = text_field(ui, theme, "Filter", &mut state.filter_text, hint, 212.0);
                if opens {
                    field.request_focus();
                }
                let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                if entered && let Some(condition) = parse(column, &state.filter_text) {
                    add_condition(state, output, condition);
                    ui.close();
                }
                ui.add_space(4.0);
                for (words, test) in [("Only missing", Test::IsNull), ("Without missing", Test::NotNull)] {
                    if item(ui, glyph::FUNNEL, words) {
                        add_condition(
                            state,
                            output,
                            Condition { column: name.to_owned(), test, ..Condition::default() },
                        );
                    }
                }
                if !state.query.conditions.is_empty() && item(ui, glyph::X, "Show all rows") {
                    state.query.conditions.clear();
                    state.show_row(0);
                }
                menu_separator(ui, theme);
            }
            let frozen = state.frozen.contains(name);
            if item(ui, glyph::COLUMNS, if frozen { "Unfreeze column" } else { "Freeze column" }) {
                if frozen {
                    state.frozen.remove(name);
                } else {
                    state.frozen.insert(name.to_owned());
                }
            }
            for (words, mark, right) in
                [("Move left", glyph::ARROW_LEFT, false), ("Move right", glyph::ARROW_RIGHT, true)]
            {
                if item(ui, mark, words) {
                    arrange::shift(state, &frame.columns, name, right);
                }
            }
            if !state.order.is_empty() && item(ui, glyph::UNDO, "Table's own columns") {
                state.order.clear();
                state.frozen.clear();
            }
            if item(ui, glyph::EYE_SLASH, "Hide column") {
                state.hidden.insert(name.to_owned());
            }
            if !state.hidden.is_empty() && item(ui, glyph::EYE, "Show all columns") {
                state.hidden.clear();
            }
            if item(ui, glyph::COLUMNS, "Fit width") {
                header::fit(state, name);
            }
            lines_ui(ui, ctx);
            if item(ui, glyph::COPY, "Copy name") {
                ctx.push(Action::Copy(name.to_owned()));
            }
        });
    if !Popup::is_id_open(ui.ctx(), head.id.with("menu")) && by_key {
        head.request_focus();
    }
}

/// How many lines of text cells show, in this grid and all others.
fn lines_ui(ui: &mut Ui, ctx: &Ctx<'_>) {
    let theme = ctx.theme;
    menu_separator(ui, theme);
    ui.horizontal(|ui| {
        ui.set_min_height(26.0);
        ui.add_space(8.0);
        ui.spacing_mut().item_spacing.x = 8.0;
        labels::text(ui, theme, "Lines in a cell");
        let mut chosen = LINES.iter().position(|of| *of == lines(ui.ctx())).unwrap_or_default();
        if segmented(ui, theme, "Lines in a cell", &mut chosen, &["1", "2", "4"]) {
            ctx.push(Action::Run([Command::RowsOfOneLine, Command::RowsOfTwoLines, Command::RowsOfFourLines][chosen]));
            ui.close();
        }
    });
    menu_separator(ui, theme);
}

/// A condition as people write it: `> 50`, `!= a`, `smok`.
fn parse(column: &GridColumn<'_>, words: &str) -> Option<Condition> {
    let words = words.trim();
    let operators: [(&str, Test); 8] = [
        (">=", Test::GreaterOrEqual),
        ("<=", Test::LessOrEqual),
        ("!=", Test::NotEqual),
        ("≥", Test::GreaterOrEqual),
        ("≤", Test::LessOrEqual),
        (">", Test::Greater),
        ("<", Test::Less),
        ("=", Test::Equal),
    ];
    let found = operators.iter().find_map(|(sign, test)| words.strip_prefix(sign).map(|rest| (*test, rest.trim())));
    let (test, rest) =
        found.unwrap_or((if column.column_type.is_numeric() { Test::Equal } else { Test::Contains }, words));
    if rest.is_empty() {
        return None;
    }
    let value = if column.column_type.is_numeric() {
        ParamValue::Float(inputs::parse_number(rest)?)
    } else {
        ParamValue::Text(rest.to_owned())
    };
    Some(Condition { column: column.name.to_owned(), test, value: Some(value), other: None })
}

#[cfg(test)]
mod tests {
    use cairn_protocol::table::ColumnType;

    use super::*;

    #[test]
    fn conditions_are_read_as_written() {
        let number = GridColumn::new("age", ColumnType::Int);
        let words = GridColumn::new("smoking", ColumnType::Text);
        let read = |column: &GridColumn<'_>, text: &str| parse(column, text).map(|found| (found.test, found.value));
        assert_eq!(read(&number, "> 50"), Some((Test::Greater, Some(ParamValue::Float(50.0)))));
        assert_eq!(read(&number, ">=1,000"), Some((Test::GreaterOrEqual, Some(ParamValue::Float(1000.0)))));
        assert_eq!(read(&number, "7"), Some((Test::Equal, Some(ParamValue::Float(7.0)))));
        assert_eq!(read(&number, "many"), None);
        assert_eq!(read(&words, "never"), Some((Test::Contains, Some(ParamValue::Text("never".into())))));
        assert_eq!(read(&words, "!= never"), Some((Test::NotEqual, Some(ParamValue::Text("never".into())))));
        assert_eq!(read(&words, "="), None);
    }
}
