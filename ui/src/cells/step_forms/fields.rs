//! One control for each kind of field. A field reads and writes one key of the step in its file form.

use cairn_protocol::{
    ParamValue,
    steps::{
        FitScope, Test,
        catalogue::{Accepts, FieldKind, FieldSpec},
    },
    table::ColumnType,
};
use egui::Ui;
use serde_json::Value;

use super::{
    FormContext, code, conditions, tables, tags, typed_value,
    values::{get, get_text, get_typed, op_of, set},
};
use crate::{
    cells::{field as typed, parameter::value_text},
    fonts,
    theme::text,
    widgets::{self, Button, format, glyph},
};

type Options = &'static [(&'static str, &'static str)];

/// Whether a column can stand in a field.
#[must_use]
pub(in crate::cells) fn accepts(accepts: Accepts, kind: ColumnType) -> bool {
    use ColumnType::{Category, Date, Datetime, Float, List, Struct, Text, Time};
    match accepts {
        Accepts::Any => true,
        Accepts::Numbers => kind.is_numeric(),
        Accepts::Text => matches!(kind, Text | Category),
        Accepts::Levels => !matches!(kind, Float | List | Struct),
        Accepts::Times => matches!(kind, Date | Datetime | Time),
    }
}

/// What a field takes in a step: means and medians are of numbers alone.
fn wanted(step: &Value, field: &FieldSpec, takes: Accepts) -> Accepts {
    let strategy = step.get("strategy").and_then(Value::as_str).unwrap_or("mean");
    let numbers = op_of(step) == "impute" && field.key == "columns" && matches!(strategy, "mean" | "median");
    if numbers { Accepts::Numbers } else { takes }
}

fn width_of(ui: &Ui, words: &str, strong: bool) -> f32 {
    let font = if strong { fonts::strong(text::BODY) } else { fonts::body(text::BODY) };
    ui.painter().layout_no_wrap(words.to_owned(), font, egui::Color32::PLACEHOLDER).size().x
}

/// Whether a choice is shown side by side rather than as a list.
fn is_segmented(ui: &Ui, form: &FormContext<'_>, options: Options, width: f32) -> bool {
    let most = if form.wide { 4 } else { 3 };
    options.len() <= most && options.iter().map(|(_, title)| width_of(ui, title, true) + 18.0).sum::<f32>() <= width
}

/// Whether half of the form's width is enough for a field.
pub(super) fn fits_half(ui: &Ui, form: &FormContext<'_>, field: &FieldSpec, half: f32) -> bool {
    let short = match field.kind {
        FieldKind::Number { .. }
        | FieldKind::OptionalNumber { .. }
        | FieldKind::Whole { .. }
        | FieldKind::OptionalWhole { .. }
        | FieldKind::Column(_)
        | FieldKind::OptionalColumn(_) => true,
        FieldKind::Text { .. } | FieldKind::OptionalText { .. } => field.key != "pattern",
        FieldKind::Choice(options) => {
            !is_segmented(ui, form, options, half * 2.0 + 8.0)
                && options.iter().all(|(_, title)| width_of(ui, title, false) + 36.0 <= half)
        }
        _ => false,
    };
    short && width_of(ui, field.label, false) * 11.0 / 12.0 <= half && width_of(ui, field.help, false) <= half * 1.8
}

/// Draws a field with its label and its help.
pub(super) fn field_ui(ui: &mut Ui, form: &FormContext<'_>, field: &FieldSpec, step: &mut Value) {
    let theme = form.theme;
    let width = ui.available_width();
    let name = field.label;
    match field.kind {
        FieldKind::Switch => {
            if let Some(on) = typed::on_off(ui, theme, name, get(step, field).as_bool().unwrap_or_default()) {
                set(step, field.key, on);
            }
        }
        FieldKind::Columns(takes) => columns_ui(ui, form, field, wanted(step, field, takes), step),
        FieldKind::Fit => fit_ui(ui, form, field, step),
        FieldKind::Texts => {
            label(ui, form, name);
            let mut items: Vec<String> = get_typed(step, field);
            let levels = if field.key == "order" { levels_of(form, step) } else { Vec::new() };
            if tags::tags_ui(ui, form, name, &mut items, "Add…", |text| Ok(text.to_owned())) {
                set(step, field.key, items);
            } else if items.is_empty() && !levels.is_empty() {
                let words =
                    format!("Start with {} from the data", format::plural(levels.len() as u64, "level", "levels"));
                if widgets::button(ui, theme, Button::quiet(words).small().glyph(glyph::PLUS)).clicked() {
                    set(step, field.key, levels);
                }
            }
        }
        FieldKind::Numbers => {
            label(ui, form, name);
            let whole = field.key == "offsets";
            let numbers: Vec<f64> = get_typed(step, field);
            let mut items: Vec<String> = numbers.iter().map(|number| typed::plain(*number)).collect();
            let changed =
                tags::tags_ui(ui, form, name, &mut items, "Add a number…", |text| match text.parse::<f64>() {
                    Ok(number) if number.is_finite() && (!whole || number.fract() == 0.0) => Ok(typed::plain(number)),
                    _ if whole => Err("A whole number is needed".into()),
                    _ => Err("A number is needed".into()),
                });
            if changed {
                let value = |text: &String| {
                    let whole = text.parse::<i64>().map(Value::from);
                    whole.unwrap_or_else(|_| text.parse::<f64>().map(Value::from).unwrap_or_default())
                };
                set(step, field.key, items.iter().map(value).collect::<Vec<_>>());
            }
        }
        FieldKind::Choices(options) => {
            label(ui, form, name);
            let mut chosen: Vec<String> = get_typed(step, field);
            if tags::toggles_ui(ui, form, name, options, &mut chosen) {
                set(step, field.key, chosen);
            }
        }
        FieldKind::Cells => {
            label(ui, form, name);
            let mut chosen: Vec<String> = get_typed(step, field);
            if tables::cells_ui(ui, form, name, &mut chosen) {
                set(step, field.key, chosen);
            }
        }
        FieldKind::Conditions => {
            let mut rules = get_typed(step, field);
            let combine = step.get("combine").cloned();
            let mut combine = combine.and_then(|of| serde_json::from_value(of).ok()).unwrap_or_default();
            if conditions::conditions_ui(ui, form, &mut rules, &mut combine) {
                set(step, field.key, rules);
                set(step, "combine", combine);
            }
        }
        FieldKind::Renamings | FieldKind::Pairs => {
            label(ui, form, name);
            let mut pairs = get_typed(step, field);
            if tables::pairs_ui(ui, form, field.kind == FieldKind::Renamings, &mut pairs) {
                set(step, field.key, pairs);
            }
        }
        FieldKind::SortKeys => {
            label(ui, form, name);
            let mut keys = get_typed(step, field);
            if tables::sort_keys_ui(ui, form, &mut keys) {
                set(step, field.key, keys);
            }
        }
        FieldKind::Aggregations => {
            label(ui, form, name);
            let mut aggregations = get_typed(step, field);
            if tables::aggregations_ui(ui, form, &mut aggregations) {
                set(step, field.key, aggregations);
            }
        }
        FieldKind::JoinKeys => {
            label(ui, form, name);
            let mut keys = get_typed(step, field);
            let with = step.get("with").and_then(Value::as_str).unwrap_or_default().to_owned();
            if tables::join_keys_ui(ui, form, &with, &mut keys) {
                set(step, field.key, keys);
            }
        }
        FieldKind::CellEdits => {
            label(ui, form, name);
            let mut edits = get_typed(step, field);
            if tables::cell_edits_ui(ui, form, &mut edits) {
                set(step, field.key, edits);
            }
        }
        FieldKind::Expression | FieldKind::Sql => {
            label(ui, form, name);
            let mut query = get_text(step, field);
            if code::editor_ui(ui, form, name, field.kind == FieldKind::Sql, &mut query) {
                set(step, field.key, query);
            }
        }
        _ => {
            label(ui, form, name);
            simple_ui(ui, form, field, step, width);
        }
    }
    help_ui(ui, form, field, step);
}

fn label(ui: &mut Ui, form: &FormContext<'_>, name: &str) {
    widgets::field_label(ui, form.theme, name);
}

fn help_ui(ui: &mut Ui, form: &FormContext<'_>, field: &FieldSpec, step: &Value) {
    let mut words = field.help.to_owned();
    let blank = matches!(field.kind, FieldKind::Text { .. })
        .then(|| get_text(step, field))
        .filter(|text| !text.is_empty() && text.trim().is_empty());
    if let Some(text) = blank {
        words = match text.as_str() {
            "\t" => "A tab".into(),
            spaces => format::plural(spaces.chars().count() as u64, "space", "spaces"),
        };
    }
    if !words.is_empty() {
        let words = egui::RichText::new(words).font(fonts::body(text::SMALL)).color(form.theme.dim);
        ui.add(egui::Label::new(words).wrap().selectable(false));
    }
    ui.add_space(2.0);
}

/// Fields of one line.
fn simple_ui(ui: &mut Ui, form: &FormContext<'_>, field: &FieldSpec, step: &mut Value, width: f32) {
    let theme = form.theme;
    let name = field.label;
    match field.kind {
        FieldKind::Choice(options) => {
            let now = get_text(step, field);
            let chosen = if is_segmented(ui, form, options, width) {
                typed::segments(ui, theme, name, now.as_str(), options).map(str::to_owned)
            } else {
                let mut chosen = now;
                widgets::select(ui, theme, name, &mut chosen, options, width).then_some(chosen)
            };
            if let Some(chosen) = chosen {
                set(step, field.key, chosen);
            }
        }
        FieldKind::Column(takes) => {
            let now = get_text(step, field);
            if let Some(column) = column_choice(ui, form, name, &now, takes, false, width) {
                set(step, field.key, column);
            }
        }
        FieldKind::OptionalColumn(takes) => {
            let now = get_text(step, field);
            if let Some(column) = column_choice(ui, form, name, &now, takes, true, width) {
                set(step, field.key, Some(column).filter(|column| !column.is_empty()));
            }
        }
        FieldKind::Text { hint } | FieldKind::OptionalText { hint } => {
            let tabs = field.key == "separator";
            let mut now = get_text(step, field);
            if tabs {
                now = now.replace('\t', "\\t");
            }
            if let Some(mut text) = typed::mono(ui, theme, name, &now, hint, width) {
                if tabs {
                    text = text.replace("\\t", "\t");
                }
                let optional = matches!(field.kind, FieldKind::OptionalText { .. });
                set(step, field.key, Some(text).filter(|text| !optional || !text.is_empty()));
            }
        }
        FieldKind::Number { low, high } => {
            let now = get(step, field).as_f64().unwrap_or_default();
            if let Some(number) = typed::number(ui, theme, name, now, low..=high, width) {
                set(step, field.key, number);
            }
        }
        FieldKind::OptionalNumber { low, high } => {
            let now = get(step, field).as_f64().map(typed::plain).unwrap_or_default();
            let number = typed::checked(ui, theme, name, &now, width, |text| match text {
                "" => Ok(None),
                text => match widgets::inputs::parse_number(text) {
                    Some(number) if (low..=high).contains(&number) => Ok(Some(number)),
                    _ if high >= 1e300 => Err("A number is needed, or nothing".to_owned()),
                    _ => Err(format!(
                        "A number from {} to {} is needed, or nothing",
                        typed::plain(low),
                        typed::plain(high)
                    )),
                },
            });
            if let Some(number) = number {
                set(step, field.key, number);
            }
        }
        FieldKind::Whole { low, high } => {
            let now = get(step, field).as_i64().unwrap_or_default().to_string();
            let check = |text: &str| whole(text, low, high).ok_or_else(|| needs_whole(low, high));
            if let Some(number) = typed::checked(ui, theme, name, &now, width, check) {
                set(step, field.key, number);
            }
        }
        FieldKind::OptionalWhole { low, high } => {
            let now = get(step, field).as_i64().map(|number| number.to_string()).unwrap_or_default();
            let check = |text: &str| match text {
                "" => Ok(None),
                text => whole(text, low, high).map(Some).ok_or_else(|| needs_whole(low, high) + ", or nothing"),
            };
            if let Some(number) = typed::checked(ui, theme, name, &now, width, check) {
                set(step, field.key, number);
            }
        }
        FieldKind::Value => {
            let columns: Vec<String> =
                serde_json::from_value(step.get("columns").cloned().unwrap_or_default()).unwrap_or_default();
            let kind = columns.first().and_then(|column| form.type_of(column));
            let now: Option<ParamValue> = serde_json::from_value(get(step, field)).ok().flatten();
            if let Some(value) = value_ui(ui, form, name, now.as_ref(), kind, Test::Equal, width) {
                set(step, field.key, value);
            }
        }
        FieldKind::Cell => {
            let now = get_text(step, field);
            if let Some(cell) = tables::cell_choice(ui, form, name, &now, width) {
                set(step, field.key, cell);
            }
        }
        _ => {}
    }
}

fn whole(text: &str, low: i64, high: i64) -> Option<i64> {
    text.replace([',', ' ', '\u{a0}'], "").parse::<i64>().ok().filter(|number| (low..=high).contains(number))
}

fn needs_whole(low: i64, high: i64) -> String {
    if high >= i64::from(u32::MAX) {
        format!("A whole number from {low} is needed")
    } else {
        format!("A whole number from {low} to {high} is needed")
    }
}

/// A value of a column's type.
pub(super) fn value_ui(
    ui: &mut Ui,
    form: &FormContext<'_>,
    name: &str,
    now: Option<&ParamValue>,
    kind: Option<ColumnType>,
    test: Test,
    width: f32,
) -> Option<ParamValue> {
    let theme = form.theme;
    if kind == Some(ColumnType::Bool) && matches!(test, Test::Equal | Test::NotEqual) {
        let mut chosen = now.map(value_text).unwrap_or_default();
        let mut options = vec![("true", "Yes"), ("false", "No")];
        if chosen.is_empty() {
            options.insert(0, ("", "Choose…"));
        }
        let changed = widgets::select(ui, theme, name, &mut chosen, &options, width);
        return (changed && !chosen.is_empty()).then(|| ParamValue::Bool(chosen == "true"));
    }
    let hint = match kind {
        _ if test == Test::Matches => "^A\\d+$",
        Some(ColumnType::Date) => "2024-12-31",
        Some(ColumnType::Datetime) => "2024-12-31 08:00",
        Some(ColumnType::Time) => "08:00",
        Some(kind) if kind.is_numeric() => "0",
        _ => "Value",
    };
    let current = now.map(value_text).unwrap_or_default();
    typed::mono(ui, theme, name, &current, hint, width).map(|text| typed_value(&text, kind, test))
}

/// Columns that a field takes; what is chosen and there is never left out.
pub(super) fn offered(form: &FormContext<'_>, takes: Accepts, chosen: &[String]) -> Vec<(String, ColumnType)> {
    let fits = |(name, kind): &&(String, ColumnType)| accepts(takes, *kind) || chosen.contains(name);
    form.schema.iter().filter(fits).cloned().collect()
}

/// One column of those that a field takes; an empty name for none.
pub(super) fn column_choice(
    ui: &mut Ui,
    form: &FormContext<'_>,
    name: &str,
    now: &str,
    takes: Accepts,
    optional: bool,
    width: f32,
) -> Option<String> {
    let offered = offered(form, takes, &[now.to_owned()]);
    let mut options: Vec<(&str, &str)> = offered.iter().map(|(column, _)| (column.as_str(), column.as_str())).collect();
    if optional {
        options.insert(0, ("", "None"));
    } else if now.is_empty() {
        options.insert(0, ("", "Choose…"));
    }
    if !options.iter().any(|(column, _)| *column == now) {
        options.insert(0, (now, now));
    }
    let mut chosen = now.to_owned();
    let changed = widgets::select(ui, form.theme, name, &mut chosen, &options, width);
    (changed && chosen != now).then_some(chosen)
}

fn columns_ui(ui: &mut Ui, form: &FormContext<'_>, field: &FieldSpec, takes: Accepts, step: &mut Value) {
    let theme = form.theme;
    let name = field.label;
    let mut columns: Vec<String> = get_typed(step, field);
    let offered = offered(form, takes, &columns);
    let left = offered.iter().filter(|(column, _)| !columns.contains(column)).count();
    let mut all = false;
    widgets::frames::row_of_two(
        ui,
        16.0,
        |ui| {
            widgets::field_label(ui, theme, name);
        },
        |ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            if left > 0 && field.key == "columns" {
                all = tags::small_link(ui, theme, "All", &format!("{name}: take all")).clicked();
            }
            if !offered.is_empty() {
                widgets::small(ui, theme, format!("{} of {}", columns.len(), offered.len()));
            }
        },
    );
    let mut changed = widgets::columns_picker(ui, theme, name, &mut columns, &offered);
    if all {
        let more: Vec<String> =
            offered.into_iter().map(|(column, _)| column).filter(|column| !columns.contains(column)).collect();
        columns.extend(more);
        changed = true;
    }
    if changed {
        set(step, field.key, columns);
    }
}

/// The levels of the first column of a step, most frequent first, where they are known.
fn levels_of(form: &FormContext<'_>, step: &Value) -> Vec<String> {
    let columns: Vec<String> =
        step.get("columns").cloned().and_then(|columns| serde_json::from_value(columns).ok()).unwrap_or_default();
    let Some(first) = columns.first() else { return Vec::new() };
    let profile = form.profile.iter().find(|profile| profile.name == *first);
    profile.map(|profile| profile.top.iter().map(|top| top.value.clone()).collect()).unwrap_or_default()
}

fn fit_ui(ui: &mut Ui, form: &FormContext<'_>, field: &FieldSpec, step: &mut Value) {
    let theme = form.theme;
    let fit: FitScope = get_typed(step, field);
    widgets::frames::row_of_two(
        ui,
        16.0,
        |ui| {
            widgets::field_label(ui, theme, field.label);
        },
        |ui| {
            if form.train_rows.is_none() {
                widgets::small(ui, theme, "no parts known yet");
            }
        },
    );
    let training =
        form.train_rows.map_or("Training part".to_owned(), |rows| format!("Training {}", format::count(rows)));
    let options = [(FitScope::Train, training.as_str()), (FitScope::All, "All rows")];
    if let Some(fit) = typed::segments(ui, theme, field.label, fit, &options) {
        set(step, field.key, fit);
    }
    if fit == FitScope::All && form.train_rows.is_some() {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            widgets::icon(ui, theme, glyph::WARNING, theme.warning.mark, 14.0);
            let words = "Sees validation and test rows: every metric that leans on it will say so";
            widgets::paragraph(ui, words, theme.warning.text);
        });
    }
}
