//! Conditions joined by all, any and not, to any depth. Each condition stands on two or three short lines; a group is
//! drawn behind a line at its left.

use cairn_protocol::{
    ParamValue,
    steps::{Combine, Condition, Rule, RuleGroup, Test, catalogue::Accepts},
    table::ColumnType,
};
use egui::{Stroke, Ui};

use super::{
    FormContext,
    fields::{accepts, column_choice, value_ui},
    tables,
};
use crate::{
    cells::{field, parameter::value_text},
    widgets::{self, Button, glyph},
};

const TESTS: [(Test, &str); 17] = [
    (Test::Equal, "="),
    (Test::NotEqual, "≠"),
    (Test::Less, "<"),
    (Test::LessOrEqual, "≤"),
    (Test::Greater, ">"),
    (Test::GreaterOrEqual, "≥"),
    (Test::Between, "is between"),
    (Test::OneOf, "is one of"),
    (Test::NotOneOf, "is none of"),
    (Test::Contains, "contains"),
    (Test::NotContains, "lacks"),
    (Test::StartsWith, "begins with"),
    (Test::EndsWith, "ends with"),
    (Test::Matches, "matches"),
    (Test::IsNull, "is missing"),
    (Test::NotNull, "is there"),
    (Test::IsDuplicate, "is a duplicate"),
];

/// How deep groups are indented; deeper ones stay where they are.
const DEEPEST: usize = 6;

/// Whether a comparison makes sense for a type.
fn fits(test: Test, kind: Option<ColumnType>) -> bool {
    let text = kind.is_none_or(|kind| accepts(Accepts::Text, kind));
    match test {
        Test::Contains | Test::NotContains | Test::StartsWith | Test::EndsWith | Test::Matches => text,
        Test::Less | Test::LessOrEqual | Test::Greater | Test::GreaterOrEqual | Test::Between => {
            !matches!(kind, Some(ColumnType::Bool | ColumnType::List | ColumnType::Struct))
        }
        _ => true,
    }
}

fn compares_columns(test: Test) -> bool {
    use Test::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    matches!(test, Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual)
}

/// Draws the conditions of a filter; true when they changed.
pub(super) fn conditions_ui(ui: &mut Ui, form: &FormContext<'_>, rules: &mut Vec<Rule>, combine: &mut Combine) -> bool {
    widgets::field_label(ui, form.theme, "Conditions");
    let options = [(Combine::All, "All must hold"), (Combine::Any, "One is enough")];
    let mut changed = false;
    if rules.len() > 1
        && let Some(new) = field::segments(ui, form.theme, "Conditions joined by", *combine, &options)
    {
        *combine = new;
        changed = true;
    }
    changed | rules_ui(ui, form, rules, "", 0)
}

/// The rules of a group. `path` is the number of the group, «2.» for the second; empty for the outermost.
fn rules_ui(ui: &mut Ui, form: &FormContext<'_>, rules: &mut Vec<Rule>, path: &str, depth: usize) -> bool {
    let theme = form.theme;
    let mut changed = false;
    let mut removed = None;
    for (index, rule) in rules.iter_mut().enumerate() {
        let number = format!("{path}{}", index + 1);
        ui.push_id(index, |ui| {
            let remove = match rule {
                Rule::Test(condition) => condition_ui(ui, form, condition, &number, &mut changed),
                Rule::Group(group) => group_ui(ui, form, group, &number, depth, &mut changed),
            };
            if remove {
                removed = Some(index);
            }
            ui.add_space(4.0);
        });
    }
    if let Some(index) = removed {
        rules.remove(index);
        changed = true;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        let place = if path.is_empty() { String::new() } else { format!(" to group {}", path.trim_end_matches('.')) };
        let name = format!("Add condition{place}");
        if widgets::button(ui, theme, Button::quiet("Condition").small().glyph(glyph::PLUS).name(name)).clicked() {
            rules.push(fresh(form).into());
            changed = true;
        }
        let name = format!("Add group{place}");
        if widgets::button(ui, theme, Button::quiet("Group").small().glyph(glyph::PLUS).name(name)).clicked() {
            rules.push(Rule::Group(RuleGroup { rules: vec![fresh(form).into()], ..RuleGroup::default() }));
            changed = true;
        }
    });
    changed
}

fn fresh(form: &FormContext<'_>) -> Condition {
    let column = form.schema.first().map(|(name, _)| name.clone()).unwrap_or_default();
    Condition { column, test: Test::NotNull, ..Condition::default() }
}

/// A group behind its line; true when it is to be removed.
fn group_ui(
    ui: &mut Ui,
    form: &FormContext<'_>,
    group: &mut RuleGroup,
    number: &str,
    depth: usize,
    changed: &mut bool,
) -> bool {
    let theme = form.theme;
    let indent = if depth < DEEPEST { 9.0 } else { 0.0 };
    let mut remove = false;
    let top = ui.cursor().top();
    let left = ui.cursor().left();
    let inner = ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.add_space(indent);
        ui.vertical(|ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing = egui::vec2(4.0, 4.0);
            ui.horizontal(|ui| {
                let not =
                    Button::plain("not").small().selected(group.negate).name(format!("Turn group {number} round"));
                if widgets::button(ui, theme, not).clicked() {
                    group.negate = !group.negate;
                    *changed = true;
                }
                let mut index = usize::from(group.combine == Combine::Any);
                let name = format!("Group {number} joined by");
                if widgets::segmented(ui, theme, &name, &mut index, &["All of", "Any of"]) {
                    group.combine = if index == 1 { Combine::Any } else { Combine::All };
                    *changed = true;
                }
                let room = ui.available_width() - 24.0;
                ui.add_space(room.max(0.0) - 4.0);
                remove = widgets::icon_button(ui, theme, glyph::X, &format!("Remove group {number}")).clicked();
            });
            *changed |= rules_ui(ui, form, &mut group.rules, &format!("{number}."), depth + 1);
        });
    });
    let color = if group.negate { theme.fault.mark } else { theme.border };
    let line = egui::Rangef::new(top, inner.response.rect.bottom());
    ui.painter().vline(left + 2.0, line, Stroke::new(2.0, color));
    remove
}

/// A condition; true when it is to be removed.
fn condition_ui(
    ui: &mut Ui,
    form: &FormContext<'_>,
    condition: &mut Condition,
    number: &str,
    changed: &mut bool,
) -> bool {
    let theme = form.theme;
    let mut remove = false;
    let width = ui.available_width();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let name = format!("Column of condition {number}");
        if let Some(column) = column_choice(ui, form, &name, &condition.column, Accepts::Any, false, width - 28.0) {
            let before = form.type_of(&condition.column);
            condition.column = column;
            let kind = form.type_of(&condition.column);
            if !fits(condition.test, kind) {
                condition.test = Test::Equal;
            }
            if before != kind {
                condition.value = None;
            }
            *changed = true;
        }
        remove = widgets::icon_button(ui, theme, glyph::X, &format!("Remove condition {number}")).clicked();
    });
    let kind = form.type_of(&condition.column);
    let alone = matches!(condition.test, Test::IsNull | Test::NotNull | Test::IsDuplicate);
    let several = matches!(condition.test, Test::OneOf | Test::NotOneOf);
    let between = condition.test == Test::Between;
    let offered: Vec<(Test, &str)> =
        TESTS.iter().filter(|(test, _)| fits(*test, kind) || *test == condition.test).copied().collect();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let column = compares_columns(condition.test);
        let room = width - 28.0;
        let first = if alone || several || between { room } else { (room * 0.42).floor() };
        let name = format!("Comparison of condition {number}");
        if let Some(test) = field::choice(ui, theme, &name, condition.test, &offered, first) {
            retest(condition, test);
            *changed = true;
        }
        if alone || several || between {
            return;
        }
        let second = room - first - 4.0;
        if let Some(other) = condition.other.clone() {
            let name = format!("Other column of condition {number}");
            if let Some(column) = column_choice(ui, form, &name, &other, Accepts::Any, false, second) {
                condition.other = Some(column);
                *changed = true;
            }
        } else {
            let name = format!("Value of condition {number}");
            if let Some(value) = value_ui(ui, form, &name, condition.value.as_ref(), kind, condition.test, second) {
                condition.value = Some(value);
                *changed = true;
            }
        }
        if column {
            let on = condition.other.is_some();
            let name = format!("Compare condition {number} with a column");
            if widgets::toggle_icon_button(ui, theme, glyph::COLUMNS, &name, on).clicked() {
                condition.other = if on { None } else { other_column(form, &condition.column) };
                condition.value = None;
                *changed = true;
            }
        }
    });
    if several {
        let mut values = parts(condition.value.as_ref());
        if tables::values_ui(ui, form, &format!("Values of condition {number}"), &mut values) {
            condition.value = (!values.is_empty()).then(|| ParamValue::Text(values.join("|")));
            *changed = true;
        }
    }
    if between {
        let ends = parts(condition.value.as_ref());
        let mut ends = [ends.first().cloned().unwrap_or_default(), ends.get(1).cloned().unwrap_or_default()];
        let mut edited = false;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let each = ((width - 28.0 - 4.0) / 2.0).floor();
            for (index, end) in ["Lower end", "Upper end"].iter().enumerate() {
                let name = format!("{end} of condition {number}");
                if let Some(text) = field::mono(ui, theme, &name, &ends[index], end, each) {
                    ends[index] = text.trim().to_owned();
                    edited = true;
                }
            }
        });
        if edited {
            condition.value = Some(ParamValue::Text(ends.join("|")));
            *changed = true;
        }
    }
    remove
}

fn other_column(form: &FormContext<'_>, column: &str) -> Option<String> {
    let kind = form.type_of(column);
    let others = || form.schema.iter().filter(|(name, _)| name != column);
    let like = others().find(|(_, of)| Some(*of) == kind).or_else(|| others().next());
    like.map(|(name, _)| name.clone())
}

fn parts(value: Option<&ParamValue>) -> Vec<String> {
    let text = value.map(value_text).unwrap_or_default();
    if text.is_empty() { Vec::new() } else { text.split('|').map(str::to_owned).collect() }
}

/// Takes another comparison; what it cannot use goes.
fn retest(condition: &mut Condition, test: Test) {
    condition.test = test;
    if matches!(test, Test::IsNull | Test::NotNull | Test::IsDuplicate) {
        condition.value = None;
    }
    if !compares_columns(test) {
        condition.other = None;
    }
}
