//! The forms of steps as a person uses them: each drawn for every type of column, in both themes and widths, and each
//! field set by its accessible name.

use cairn_protocol::{
    steps::{
        Step,
        catalogue::{self, FieldKind, FieldSpec},
    },
    table::{ColumnProfile, ColumnType},
};
use egui::{Key, Modifiers, accesskit::Role};
use egui_kittest::{Harness, kittest::NodeT as _, kittest::Queryable as _};
use serde_json::{Value, json};

use crate::{
    cells::{
        new_step::{self, Around},
        step_forms::{self, FormContext, OtherTable},
    },
    fonts,
    theme::Theme,
    widgets::style,
};

struct Form {
    step: Step,
    schema: Vec<(String, ColumnType)>,
    tables: Vec<OtherTable>,
    theme: Theme,
    wide: bool,
    frames: u32,
}

fn schema() -> Vec<(String, ColumnType)> {
    use ColumnType::{Bool, Category, Date, Datetime, Decimal, Duration, Float, Int, List, Struct, Text, Time};
    let all = [
        ("flag", Bool),
        ("age", Int),
        ("visits", Int),
        ("bmi", Float),
        ("price", Decimal),
        ("born", Date),
        ("seen", Datetime),
        ("woken", Time),
        ("stay", Duration),
        ("band", Category),
        ("name", Text),
        ("a very long name of a column of text, too long for any form", Text),
        ("tags", List),
        ("address", Struct),
    ];
    all.map(|(name, kind)| (name.to_owned(), kind)).to_vec()
}

fn tables() -> Vec<OtherTable> {
    vec![OtherTable { name: "Regions".into(), schema: vec![("name".into(), ColumnType::Text)] }]
}

fn width(wide: bool) -> f32 {
    if wide { 316.0 } else { 236.0 }
}

impl Form {
    fn ui(&mut self, ui: &mut egui::Ui) {
        self.frames += 1;
        if self.frames == 1 {
            fonts::install(ui.ctx());
            style::apply(ui.ctx(), &self.theme);
            return;
        }
        let profile: Vec<ColumnProfile> = Vec::new();
        let form = FormContext {
            theme: &self.theme,
            schema: &self.schema,
            profile: &profile,
            train_rows: Some(14_000),
            tables: &self.tables,
            wide: self.wide,
        };
        ui.set_width(width(self.wide));
        let step = &mut self.step;
        let key = step.op.name();
        ui.push_id(key, |ui| step_forms::form_ui(ui, &form, step));
    }
}

fn open(step: Step, wide: bool, theme: Theme) -> Harness<'static, Form> {
    let form = Form { step, schema: schema(), tables: tables(), theme, wide, frames: 0 };
    let mut harness =
        Harness::builder().with_size(egui::vec2(400.0, 1600.0)).build_ui_state(|ui, form: &mut Form| form.ui(ui), form);
    harness.run_steps(3);
    harness
}

fn step(text: &str) -> Step {
    serde_json::from_str(text).unwrap()
}

fn made(op: &str, column: Option<&str>) -> Step {
    let (schema, tables) = (schema(), tables());
    let around = Around { schema: &schema, column, target: "flag", tables: &tables };
    new_step::new_step(catalogue::spec_of(op).unwrap(), &around).unwrap()
}

fn value(harness: &Harness<'_, Form>) -> Value {
    serde_json::to_value(&harness.state().step.op).unwrap()
}

fn type_over(harness: &mut Harness<'_, Form>, field: &str, text: &str) {
    harness.get_by_role_and_label(Role::TextInput, field).focus();
    harness.run_steps(2);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.run_steps(1);
    harness.get_by_role_and_label(Role::TextInput, field).type_text(text);
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    harness.run_steps(3);
}

fn press(harness: &mut Harness<'_, Form>, role: Role, label: &str) {
    harness.get_by_role_and_label(role, label).click();
    harness.run_steps(4);
}

fn choose(harness: &mut Harness<'_, Form>, label: &str, option: &str) {
    press(harness, Role::ComboBox, label);
    press(harness, Role::MenuItem, option);
}

#[test]
fn every_form_draws_for_every_type_and_stays_within_its_width() {
    for (theme, wide) in [(Theme::light(), false), (Theme::dark(), true)] {
        let mut harness = open(made("drop", None), wide, theme);
        for spec in catalogue::STEPS {
            for column in [None, Some("age"), Some("band"), Some("seen"), Some("tags"), Some("flag")] {
                let form = harness.state_mut();
                form.step = made(spec.op, column);
                form.schema = schema();
                harness.run_steps(2);
                let right = width(wide) + 8.5;
                for node in harness.root().children_recursive() {
                    let Some(label) = node.accesskit_node().label() else { continue };
                    let rect = node.rect();
                    assert!(rect.right() <= right, "{} ({column:?}): {label} ends at {}", spec.op, rect.right());
                }
                harness.state_mut().schema.clear();
                harness.run_steps(1);
            }
        }
    }
}

/// Sets a field as a person would; gives what the file must hold then.
fn edit(harness: &mut Harness<'_, Form>, field: &FieldSpec) -> Option<Value> {
    let before = value(harness);
    let now = before.get(field.key).cloned().unwrap_or_default();
    let label = field.label;
    let number =
        |low: f64, high: f64| [0.25, 3.0, 9.0].into_iter().find(|n| (low..=high).contains(n) && now != json!(n));
    Some(match field.kind {
        FieldKind::Text { .. } | FieldKind::OptionalText { .. } => {
            type_over(harness, label, "x{value}");
            json!("x{value}")
        }
        FieldKind::Number { low, high } | FieldKind::OptionalNumber { low, high } => {
            let number = number(low, high)?;
            type_over(harness, label, &number.to_string());
            json!(number)
        }
        FieldKind::Whole { low, high } | FieldKind::OptionalWhole { low, high } => {
            let number = [9, 3].into_iter().find(|n| (low..=high).contains(n) && now != json!(n))?;
            type_over(harness, label, &number.to_string());
            json!(number)
        }
        FieldKind::Switch => {
            press(harness, Role::CheckBox, label);
            json!(!now.as_bool().unwrap_or_default())
        }
        FieldKind::Choice(options) => {
            let now = now.as_str().unwrap_or(options[0].0).to_owned();
            let (value, title) = options.iter().find(|(value, _)| *value != now)?;
            if harness.query_by_role_and_label(Role::ComboBox, label).is_some() {
                choose(harness, label, title);
            } else {
                // Two choices may offer the same word: the one right below the label is meant.
                let top = harness.get_by_label(label).rect().top();
                let below = harness.query_all_by_role_and_label(Role::RadioButton, title);
                let near =
                    |a: &egui_kittest::Node<'_>, b: &egui_kittest::Node<'_>| a.rect().top().total_cmp(&b.rect().top());
                below.filter(|node| node.rect().top() > top).min_by(near).unwrap().click();
                harness.run_steps(4);
            }
            json!(value)
        }
        FieldKind::Columns(takes) => {
            let had: Vec<String> = serde_json::from_value(now).unwrap_or_default();
            let fits = |(name, kind): &&(String, ColumnType)| step_forms::accepts(takes, *kind) && !had.contains(name);
            // A mean is of numbers, whatever else can be filled.
            let mean = before["op"] == "impute" && label == "Columns";
            let wanted = |of: &&(String, ColumnType)| fits(of) && (!mean || of.1.is_numeric());
            let (name, _) = schema().iter().find(|of| of.0.len() < 10 && wanted(of))?.clone();
            press(harness, Role::Button, &format!("{label}: add"));
            press(harness, Role::MenuItem, &name);
            harness.key_press(Key::Escape);
            harness.run_steps(3);
            json!(had.into_iter().chain([name]).collect::<Vec<_>>())
        }
        FieldKind::Column(takes) | FieldKind::OptionalColumn(takes) => {
            let now = now.as_str().unwrap_or_default().to_owned();
            let fits = |(name, kind): &&(String, ColumnType)| step_forms::accepts(takes, *kind) && *name != now;
            let (name, _) = schema().iter().find(|of| of.0.len() < 10 && fits(of))?.clone();
            choose(harness, label, &name);
            json!(name)
        }
        FieldKind::Choices(options) => {
            let mut had: Vec<String> = serde_json::from_value(now).unwrap_or_default();
            let (value, title) = options.iter().rev().find(|(value, _)| !had.iter().any(|of| of == value))?;
            press(harness, Role::Button, &format!("{label}: {title}"));
            had.push((*value).to_owned());
            json!(had)
        }
        FieldKind::Texts => {
            type_over(harness, &format!("{label}: add"), "low");
            json!(["low"])
        }
        FieldKind::Numbers => {
            let mut had: Vec<Value> = serde_json::from_value(now).unwrap_or_default();
            type_over(harness, &format!("{label}: add"), "12");
            had.push(if had.first().is_some_and(Value::is_i64) { json!(12) } else { json!(12.0) });
            if field.key == "offsets" { json!([1, 12]) } else { json!(had) }
        }
        FieldKind::Fit => {
            press(harness, Role::RadioButton, "All rows");
            assert!(harness.query_by_label_contains("Sees validation and test rows").is_some());
            json!("all")
        }
        FieldKind::Cells => {
            let chosen = now.as_array().is_some_and(|had| !had.is_empty());
            press(harness, Role::Button, &format!("{label}: Regions"));
            if chosen { json!([]) } else { json!(["Regions"]) }
        }
        FieldKind::Cell => {
            if now == json!("Regions") {
                return None;
            }
            choose(harness, label, "Regions");
            json!("Regions")
        }
        FieldKind::Expression | FieldKind::Sql => {
            harness.get_by_role_and_label(Role::MultilineTextInput, label).focus();
            harness.run_steps(2);
            harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
            harness.run_steps(1);
            harness.get_by_role_and_label(Role::MultilineTextInput, label).type_text("age * 2");
            harness.run_steps(2);
            json!("age * 2")
        }
        _ => return None,
    })
}

#[test]
fn every_field_is_set_by_its_name_and_stands_in_the_step() {
    let mut harness = open(made("drop", None), true, Theme::light());
    let mut set = 0;
    for spec in catalogue::STEPS {
        for field in spec.fields {
            // A step that shows the field: one of the values that it waits for.
            let mut step = serde_json::to_value(catalogue::default_of(spec.op).unwrap()).unwrap();
            if let Some((key, values)) = field.when.split_once('=') {
                step[key] = json!(values.split('|').next().unwrap());
            }
            let op = serde_json::from_value(step).unwrap();
            harness.state_mut().step = Step { op, enabled: true };
            harness.run_steps(2);
            let Some(wanted) = edit(&mut harness, field) else { continue };
            let after = value(&harness);
            let kept = after.get(field.key).cloned().unwrap_or_default();
            let same = kept == wanted || kept.as_f64().is_some() && kept.as_f64() == wanted.as_f64();
            let default = matches!(wanted, Value::Bool(false)) && kept.is_null();
            assert!(same || default, "{}.{}: {kept} rather than {wanted}", spec.op, field.key);
            set += 1;
        }
    }
    assert!(set > 190, "{set} fields were set");
}

#[test]
fn what_is_out_of_range_is_said_and_not_taken() {
    let mut harness = open(made("bin", Some("age")), false, Theme::light());
    let before = value(&harness);
    type_over(&mut harness, "Bins", "1");
    assert_eq!(value(&harness), before);
    assert!(harness.query_by_label_contains("A whole number from 2 to 1000 is needed").is_some());
}

#[test]
fn conditions_are_nested_and_compared_with_values_and_columns() {
    let mut harness = open(step(r#"{"op":"filter"}"#), false, Theme::dark());
    press(&mut harness, Role::Button, "Add condition");
    choose(&mut harness, "Column of condition 1", "age");
    choose(&mut harness, "Comparison of condition 1", "≥");
    type_over(&mut harness, "Value of condition 1", "65");
    press(&mut harness, Role::Button, "Add group");
    press(&mut harness, Role::RadioButton, "One is enough");
    press(&mut harness, Role::Button, "Turn group 2 round");
    press(&mut harness, Role::RadioButton, "Any of");
    choose(&mut harness, "Column of condition 2.1", "bmi");
    choose(&mut harness, "Comparison of condition 2.1", "<");
    press(&mut harness, Role::Button, "Compare condition 2.1 with a column");
    choose(&mut harness, "Other column of condition 2.1", "visits");
    press(&mut harness, Role::Button, "Add group to group 2");
    choose(&mut harness, "Column of condition 2.2.1", "name");
    choose(&mut harness, "Comparison of condition 2.2.1", "is one of");
    type_over(&mut harness, "Values of condition 2.2.1: add", "Ada");
    type_over(&mut harness, "Values of condition 2.2.1: add", "Bob");
    press(&mut harness, Role::Button, "Add condition to group 2.2");
    choose(&mut harness, "Column of condition 2.2.2", "born");
    choose(&mut harness, "Comparison of condition 2.2.2", "is between");
    type_over(&mut harness, "Lower end of condition 2.2.2", "1950-01-01");
    type_over(&mut harness, "Upper end of condition 2.2.2", "1960-01-01");
    let wanted = json!({"op": "filter", "combine": "any", "conditions": [
        {"column": "age", "test": "greater_or_equal", "value": 65},
        {"combine": "any", "negate": true, "rules": [
            {"column": "bmi", "test": "less", "other": "visits"},
            {"combine": "all", "negate": false, "rules": [
                {"column": "name", "test": "one_of", "value": "Ada|Bob"},
                {"column": "born", "test": "between", "value": "1950-01-01|1960-01-01"}]}]}]});
    assert_eq!(value(&harness), wanted);
    press(&mut harness, Role::Button, "Remove condition 2.1");
    press(&mut harness, Role::Button, "Remove group 2");
    assert_eq!(value(&harness)["conditions"].as_array().unwrap().len(), 1);
}

#[test]
fn a_query_is_completed_by_keyboard() {
    let mut harness = open(step(r#"{"op":"sql"}"#), false, Theme::light());
    let query = |harness: &Harness<'_, Form>| value(harness)["query"].as_str().unwrap().to_owned();
    let write = |harness: &mut Harness<'_, Form>, text: &str| {
        harness.get_by_role_and_label(Role::MultilineTextInput, "Query").type_text(text);
        harness.run_steps(3);
    };
    harness.get_by_role_and_label(Role::MultilineTextInput, "Query").focus();
    harness.run_steps(2);
    write(&mut harness, "sel");
    harness.key_press(Key::Tab);
    harness.run_steps(3);
    assert_eq!(query(&harness), "select");
    assert!(harness.get_by_role_and_label(Role::MultilineTextInput, "Query").is_focused());
    write(&mut harness, " vi");
    assert!(harness.query_by_label_contains("visits").is_some());
    harness.key_press(Key::Enter);
    harness.run_steps(3);
    assert_eq!(query(&harness), "select visits");
    write(&mut harness, ", a");
    harness.key_press(Key::ArrowDown);
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    harness.run_steps(3);
    assert_ne!(query(&harness), "select visits, age", "the second of the list was taken");
    write(&mut harness, " from re");
    harness.key_press(Key::Escape);
    harness.run_steps(3);
    harness.key_press(Key::Enter);
    harness.run_steps(3);
    assert!(
        query(&harness).ends_with(" from re\n"),
        "Esc closes the list, Enter gives a line then: {}",
        query(&harness)
    );
    harness.key_press_modifiers(Modifiers::CTRL, Key::Space);
    harness.run_steps(3);
    assert!(
        harness.query_by_label_contains("the table of the steps above").is_some()
            || harness.query_by_label_contains("flag").is_some()
    );
}

#[test]
fn tables_of_rows_grow_shrink_and_move_by_keyboard() {
    let mut harness = open(step(r#"{"op":"sort"}"#), false, Theme::light());
    for _ in 0..2 {
        press(&mut harness, Role::Button, "Add a column");
    }
    press(&mut harness, Role::Button, "Sort key 2: smallest first");
    harness.get_by_role_and_label(Role::Button, "Move sort key 2").focus();
    harness.run_steps(2);
    harness.key_press_modifiers(Modifiers::ALT, Key::ArrowUp);
    harness.run_steps(3);
    assert_eq!(
        value(&harness)["by"],
        json!([{"column": "age", "descending": true}, {"column": "flag", "descending": false}])
    );
    press(&mut harness, Role::Button, "Remove sort key 2");
    assert_eq!(value(&harness)["by"].as_array().unwrap().len(), 1);

    let mut harness =
        open(step(r#"{"op":"ordinal","columns":["band"],"order":["low","mid","high"]}"#), true, Theme::light());
    harness.get_by_role_and_label(Role::Button, "high  ×").focus();
    harness.run_steps(2);
    harness.key_press_modifiers(Modifiers::ALT, Key::ArrowLeft);
    harness.run_steps(3);
    assert_eq!(value(&harness)["order"], json!(["low", "high", "mid"]));

    let mut harness = open(step(r#"{"op":"group_by","by":["band"]}"#), false, Theme::light());
    press(&mut harness, Role::Button, "Add a figure");
    choose(&mut harness, "Function 1", "Largest");
    choose(&mut harness, "Column of figure 1", "bmi");
    type_over(&mut harness, "Name of figure 1", "widest");
    assert_eq!(value(&harness)["aggregations"], json!([{"column": "bmi", "function": "max", "name": "widest"}]));

    let mut harness = open(step(r#"{"op":"join","with":"Regions"}"#), false, Theme::light());
    press(&mut harness, Role::Button, "Add a key");
    assert_eq!(value(&harness)["on"], json!([{"left": "name"}]), "a column that both have");

    let mut harness = open(step(r#"{"op":"edit_cells"}"#), false, Theme::light());
    press(&mut harness, Role::Button, "Add a cell");
    type_over(&mut harness, "Row of edit 1", "5");
    choose(&mut harness, "Column of edit 1", "age");
    press(&mut harness, Role::Button, "Edit 1 makes null");
    type_over(&mut harness, "Value of edit 1", "41");
    assert_eq!(value(&harness)["edits"], json!([{"row": 4, "column": "age", "value": 41}]));
}

#[test]
fn renamings_are_pasted() {
    let mut harness = open(step(r#"{"op":"rename"}"#), false, Theme::light());
    press(&mut harness, Role::Button, "Paste lines…");
    harness.get_by_label("Lines to paste").focus();
    harness.run_steps(2);
    harness.get_by_label("Lines to paste").type_text("age → years\nbmi -> index");
    harness.run_steps(3);
    press(&mut harness, Role::Button, "Take lines");
    let wanted = json!([{"from": "age", "to": "years"}, {"from": "bmi", "to": "index"}]);
    assert_eq!(value(&harness)["names"], wanted);
    assert!(harness.query_by_label("Lines to paste").is_none());
}
