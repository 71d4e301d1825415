//! The form of a step: every option of each of the operations. It changes the draft at once; the preview follows when
//! the person pauses.

use cairn_protocol::{
    ParamValue,
    steps::{
        Combine, Condition, DropLevel, FitScope, ImputeStrategy, NullLevel, Renaming, ScaleMethod, Step, StepOp, Test,
        Unfit, UnseenLevel,
    },
    table::ColumnType,
};
use egui::{Ui, vec2};

use super::field;
use crate::{
    theme::Theme,
    widgets::{self, Button, format, glyph},
};

/// What a form knows of the table.
pub struct FormContext<'a> {
    /// The theme.
    pub theme: &'a Theme,
    /// Columns that the step reads.
    pub schema: &'a [(String, ColumnType)],
    /// Rows of the training part; none without a split above.
    pub train_rows: Option<u64>,
    /// Whether there is room for more than two options side by side.
    pub wide: bool,
}

type Schema = [(String, ColumnType)];

/// Draws the form of a step.
pub fn form_ui(ui: &mut Ui, form: &FormContext<'_>, step: &mut Step) {
    ui.spacing_mut().item_spacing = vec2(8.0, 4.0);
    let theme = form.theme;
    match &mut step.op {
        StepOp::Drop { columns } => columns_field(ui, form, "Columns", columns, |_| true),
        StepOp::Rename { names } => rename_ui(ui, form, names),
        StepOp::Cast { columns, to, unfit } => {
            columns_field(ui, form, "Columns", columns, |_| true);
            pair(
                ui,
                |ui, width| {
                    widgets::field_label(ui, theme, "New type");
                    set(to, field::choice(ui, theme, "New type", *to, &TYPES, width));
                },
                |ui, width| {
                    widgets::field_label(ui, theme, "What does not fit");
                    let options = [(Unfit::Error, "Is an error"), (Unfit::Null, "Becomes null")];
                    set(unfit, field::choice(ui, theme, "What does not fit", *unfit, &options, width));
                },
            );
        }
        StepOp::Filter { conditions, combine } => filter_ui(ui, form, conditions, combine),
        StepOp::Impute(cairn_protocol::steps::Impute { columns, strategy, value, indicator, fit, .. }) => {
            impute_ui(ui, form, columns, strategy, value, indicator, fit);
        }
        StepOp::Scale(cairn_protocol::steps::Scale { columns, method, fit, .. }) => {
            columns_field(ui, form, "Columns", columns, ColumnType::is_numeric);
            widgets::field_label(ui, theme, "Method");
            let options =
                [(ScaleMethod::Standard, "Standard"), (ScaleMethod::MinMax, "0 to 1"), (ScaleMethod::Robust, "Robust")];
            set(method, field::segments(ui, theme, "Method", *method, &options));
            let about = match method {
                ScaleMethod::Standard => "(x − mean) / standard deviation",
                ScaleMethod::MinMax => "(x − min) / (max − min)",
                ScaleMethod::Robust => "(x − median) / (75th − 25th percentile)",
            };
            widgets::small(ui, theme, about);
            fit_field(ui, form, fit);
        }
        StepOp::OneHot(cairn_protocol::steps::OneHot { .. }) => one_hot_ui(ui, form, &mut step.op),
        StepOp::SplitFlags { column, separator, rare_below_percent, keep_source, fit } => {
            widgets::field_label(ui, theme, "Column");
            let texts = of_types(form.schema, |kind| !kind.is_numeric());
            let width = ui.available_width();
            set(column, field::column(ui, theme, "Column", column, &texts, width));
            pair(
                ui,
                |ui, width| {
                    widgets::field_label(ui, theme, "Separator");
                    set(separator, field::mono(ui, theme, "Separator", separator, ";", width));
                },
                |ui, width| {
                    widgets::field_label(ui, theme, "Rare below, %");
                    let limits = 0.0..=100.0;
                    let name = "Rare below, percent of rows";
                    set(rare_below_percent, field::number(ui, theme, name, *rare_below_percent, limits, width));
                },
            );
            fit_field(ui, form, fit);
            set(keep_source, field::on_off(ui, theme, "Keep source column", *keep_source));
        }
    }
}

fn set<T>(place: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *place = new;
    }
}

const TYPES: [(ColumnType, &str); 8] = [
    (ColumnType::Bool, "Yes or no"),
    (ColumnType::Int, "Whole number"),
    (ColumnType::Float, "Number"),
    (ColumnType::Date, "Date"),
    (ColumnType::Datetime, "Date and time"),
    (ColumnType::Time, "Time"),
    (ColumnType::Category, "Category"),
    (ColumnType::Text, "Text"),
];

fn of_types(schema: &Schema, fits: impl Fn(ColumnType) -> bool) -> Vec<(String, ColumnType)> {
    schema.iter().filter(|(_, kind)| fits(*kind)).cloned().collect()
}

fn pair(ui: &mut Ui, left: impl FnOnce(&mut Ui, f32), right: impl FnOnce(&mut Ui, f32)) {
    let each = (ui.available_width() - 8.0) / 2.0;
    ui.horizontal_top(|ui| {
        ui.allocate_ui(vec2(each, 40.0), |ui| {
            ui.vertical(|ui| {
                ui.set_width(each);
                left(ui, each);
            });
        });
        ui.vertical(|ui| {
            ui.set_width(each);
            right(ui, each);
        });
    });
}

fn columns_field(
    ui: &mut Ui,
    form: &FormContext<'_>,
    name: &str,
    columns: &mut Vec<String>,
    fits: impl Fn(ColumnType) -> bool,
) {
    let offered = of_types(form.schema, &fits);
    widgets::frames::row_of_two(
        ui,
        16.0,
        |ui| {
            widgets::field_label(ui, form.theme, name);
        },
        |ui| {
            if !offered.is_empty() {
                widgets::small(ui, form.theme, format!("{} of {}", columns.len(), offered.len()));
            }
        },
    );
    widgets::columns_picker(ui, form.theme, name, columns, &offered);
}

fn fit_field(ui: &mut Ui, form: &FormContext<'_>, fit: &mut FitScope) {
    let theme = form.theme;
    widgets::frames::row_of_two(
        ui,
        16.0,
        |ui| {
            widgets::field_label(ui, theme, "Fit on");
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
    set(fit, field::segments(ui, theme, "Fit on", *fit, &options));
    if *fit == FitScope::All && form.train_rows.is_some() {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            widgets::icon(ui, theme, glyph::WARNING, theme.warning.mark, 14.0);
            let words = "Sees validation and test rows: every metric that leans on it will say so";
            widgets::paragraph(ui, words, theme.warning.text);
        });
    }
}

fn rename_ui(ui: &mut Ui, form: &FormContext<'_>, names: &mut Vec<Renaming>) {
    let theme = form.theme;
    widgets::field_label(ui, theme, "Old and new name");
    let mut removed = None;
    for (index, renaming) in names.iter_mut().enumerate() {
        ui.push_id(index, |ui| {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                let each = (ui.available_width() - 24.0 - 8.0) / 2.0;
                let number = index + 1;
                let name = format!("Old name {number}");
                let new = field::column(ui, theme, &name, &renaming.from, form.schema, each);
                set(&mut renaming.from, new);
                let name = format!("New name {number}");
                let new = field::mono(ui, theme, &name, &renaming.to, "New name", each);
                set(&mut renaming.to, new);
                if widgets::icon_button(ui, theme, glyph::X, &format!("Remove renaming {number}")).clicked() {
                    removed = Some(index);
                }
            });
        });
    }
    if let Some(index) = removed {
        names.remove(index);
    }
    if widgets::button(ui, theme, Button::quiet("Add a column").glyph(glyph::PLUS)).clicked() {
        names.push(Renaming::default());
    }
}

const TESTS: [(Test, &str); 10] = [
    (Test::Equal, "="),
    (Test::NotEqual, "≠"),
    (Test::Less, "<"),
    (Test::LessOrEqual, "≤"),
    (Test::Greater, ">"),
    (Test::GreaterOrEqual, "≥"),
    (Test::Contains, "contains"),
    (Test::OneOf, "is one of"),
    (Test::IsNull, "is missing"),
    (Test::NotNull, "is there"),
];

fn filter_ui(ui: &mut Ui, form: &FormContext<'_>, conditions: &mut Vec<Condition>, combine: &mut Combine) {
    let theme = form.theme;
    widgets::field_label(ui, theme, "Keep rows that meet");
    let options = [(Combine::All, "All of these"), (Combine::Any, "Any of these")];
    set(combine, field::segments(ui, theme, "Keep rows that meet", *combine, &options));
    ui.add_space(2.0);
    let mut removed = None;
    for (index, condition) in conditions.iter_mut().enumerate() {
        ui.push_id(index, |ui| {
            let number = index + 1;
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                let width = ui.available_width() - 28.0;
                let name = format!("Column of condition {number}");
                let new = field::column(ui, theme, &name, &condition.column, form.schema, width);
                set(&mut condition.column, new);
                if widgets::icon_button(ui, theme, glyph::X, &format!("Remove condition {number}")).clicked() {
                    removed = Some(index);
                }
            });
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                let each = ((ui.available_width() - 28.0 - 4.0) / 2.0).max(40.0);
                let name = format!("Comparison of condition {number}");
                let new = field::choice(ui, theme, &name, condition.test, &TESTS, each);
                set(&mut condition.test, new);
                if matches!(condition.test, Test::IsNull | Test::NotNull) {
                    condition.value = None;
                } else {
                    let kind = form.schema.iter().find(|(name, _)| *name == condition.column).map(|(_, kind)| *kind);
                    let current = condition.value.as_ref().map(super::parameter::value_text).unwrap_or_default();
                    let hint = if condition.test == Test::OneOf { "a|b|c" } else { "Value" };
                    let name = format!("Value of condition {number}");
                    if let Some(text) = field::mono(ui, theme, &name, &current, hint, each) {
                        condition.value = Some(typed_value(&text, kind, condition.test));
                    }
                }
            });
            ui.add_space(4.0);
        });
    }
    if let Some(index) = removed {
        conditions.remove(index);
    }
    if widgets::button(ui, theme, Button::quiet("Add a condition").glyph(glyph::PLUS)).clicked() {
        let column = form.schema.first().map(|(name, _)| name.clone()).unwrap_or_default();
        conditions.push(Condition { column, test: Test::Equal, value: None });
    }
}

/// A typed value for a column: a number where the column holds numbers, yes or no where it holds those.
#[must_use]
pub fn typed_value(text: &str, kind: Option<ColumnType>, test: Test) -> ParamValue {
    let plain = text.trim();
    if matches!(test, Test::OneOf | Test::Contains) {
        return ParamValue::Text(plain.to_owned());
    }
    match kind {
        Some(ColumnType::Bool) => match plain.to_lowercase().as_str() {
            "true" | "yes" | "1" => ParamValue::Bool(true),
            "false" | "no" | "0" => ParamValue::Bool(false),
            _ => ParamValue::Text(plain.to_owned()),
        },
        Some(kind) if kind.is_numeric() => plain
            .parse::<i64>()
            .map(ParamValue::Int)
            .or_else(|_| plain.parse::<f64>().map(ParamValue::Float))
            .unwrap_or_else(|_| ParamValue::Text(plain.to_owned())),
        _ => ParamValue::Text(plain.to_owned()),
    }
}

fn impute_ui(
    ui: &mut Ui,
    form: &FormContext<'_>,
    columns: &mut Vec<String>,
    strategy: &mut ImputeStrategy,
    value: &mut Option<ParamValue>,
    indicator: &mut bool,
    fit: &mut FitScope,
) {
    let theme = form.theme;
    let numbers = matches!(strategy, ImputeStrategy::Mean | ImputeStrategy::Median);
    columns_field(ui, form, "Columns", columns, |kind| !numbers || kind.is_numeric());
    widgets::field_label(ui, theme, "Fill with");
    let options = [
        (ImputeStrategy::Mean, "Mean"),
        (ImputeStrategy::Median, "Median"),
        (ImputeStrategy::Mode, "Most frequent"),
        (ImputeStrategy::Constant, "A value"),
    ];
    let width = ui.available_width();
    set(strategy, field::choice(ui, theme, "Fill with", *strategy, &options, width));
    if *strategy == ImputeStrategy::Constant {
        let kind = columns.first().and_then(|first| form.schema.iter().find(|(name, _)| name == first));
        let current = value.as_ref().map(super::parameter::value_text).unwrap_or_default();
        widgets::field_label(ui, theme, "Value");
        if let Some(text) = field::mono(ui, theme, "Value", &current, "0", width) {
            *value = Some(typed_value(&text, kind.map(|(_, kind)| *kind), Test::Equal));
        }
    } else {
        *value = None;
        fit_field(ui, form, fit);
    }
    set(indicator, field::on_off(ui, theme, "Add a column that marks what was missing", *indicator));
}

fn one_hot_ui(ui: &mut Ui, form: &FormContext<'_>, op: &mut StepOp) {
    let StepOp::OneHot(cairn_protocol::steps::OneHot {
        columns,
        drop,
        nulls,
        unseen,
        rare_below_percent,
        max_categories,
        name_pattern,
        keep_source,
        fit,
        ..
    }) = op
    else {
        return;
    };
    let theme = form.theme;
    columns_field(ui, form, "Columns", columns, |kind| kind != ColumnType::Float);
    let drops = [
        (DropLevel::None, "None"),
        (DropLevel::First, "First"),
        (DropLevel::MostFrequent, "Most frequent"),
        (DropLevel::IfTwo, "If two"),
    ];
    let null_options = [
        (NullLevel::OwnColumn, "Own column"),
        (NullLevel::AllZeros, "All zeros"),
        (NullLevel::Null, "Null"),
        (NullLevel::Error, "Error"),
    ];
    let unseen_options =
        [(UnseenLevel::Other, "Into other"), (UnseenLevel::AllZeros, "All zeros"), (UnseenLevel::Error, "Error")];
    let rare = |ui: &mut Ui, width: f32, rare_below_percent: &mut f64| {
        widgets::field_label(ui, theme, "Rare below, %");
        let name = "Rare below, percent of rows";
        set(rare_below_percent, field::number(ui, theme, name, *rare_below_percent, 0.0..=100.0, width));
    };
    if form.wide {
        widgets::field_label(ui, theme, "Drop a level");
        set(drop, field::segments(ui, theme, "Drop a level", *drop, &drops));
        widgets::field_label(ui, theme, "Nulls become");
        set(nulls, field::segments(ui, theme, "Nulls become", *nulls, &null_options));
        widgets::field_label(ui, theme, "Unseen values become");
        set(unseen, field::segments(ui, theme, "Unseen values become", *unseen, &unseen_options));
    } else {
        pair(
            ui,
            |ui, width| {
                widgets::field_label(ui, theme, "Drop a level");
                set(drop, field::choice(ui, theme, "Drop a level", *drop, &drops, width));
            },
            |ui, width| {
                widgets::field_label(ui, theme, "Nulls become");
                set(nulls, field::choice(ui, theme, "Nulls become", *nulls, &null_options, width));
            },
        );
        pair(
            ui,
            |ui, width| {
                widgets::field_label(ui, theme, "Unseen values");
                set(unseen, field::choice(ui, theme, "Unseen values become", *unseen, &unseen_options, width));
            },
            |ui, width| rare(ui, width, rare_below_percent),
        );
        fit_field(ui, form, fit);
        pair(
            ui,
            |ui, width| most_field(ui, theme, max_categories, width),
            |ui, width| {
                pattern_field(ui, theme, name_pattern, width);
            },
        );
        set(keep_source, field::on_off(ui, theme, "Keep source column", *keep_source));
        return;
    }
    pair(ui, |ui, width| rare(ui, width, rare_below_percent), |ui, width| most_field(ui, theme, max_categories, width));
    fit_field(ui, form, fit);
    let width = ui.available_width();
    pattern_field(ui, theme, name_pattern, width);
    set(keep_source, field::on_off(ui, theme, "Keep source column", *keep_source));
}

fn most_field(ui: &mut Ui, theme: &Theme, most: &mut Option<usize>, width: f32) {
    widgets::field_label(ui, theme, "Categories at most");
    let current = most.map(|most| most.to_string()).unwrap_or_default();
    let given = field::checked(ui, theme, "Categories at most", &current, width, |text| match text {
        "" => Ok(None),
        text => match text.parse::<usize>() {
            Ok(most) if (1..=100_000).contains(&most) => Ok(Some(most)),
            _ => Err("A whole number from 1 is needed, or nothing".to_owned()),
        },
    });
    set(most, given);
}

fn pattern_field(ui: &mut Ui, theme: &Theme, pattern: &mut String, width: f32) {
    widgets::field_label(ui, theme, "Name pattern");
    let given = field::checked(ui, theme, "Name pattern", pattern, width, |text| {
        if text.contains("{value}") { Ok(text.to_owned()) } else { Err("The pattern needs {value}".to_owned()) }
    });
    set(pattern, given);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_value_takes_the_type_of_its_column() {
        let value = |text, kind| typed_value(text, Some(kind), Test::Equal);
        assert_eq!(value("3", ColumnType::Int), ParamValue::Int(3));
        assert_eq!(value("3.5", ColumnType::Float), ParamValue::Float(3.5));
        assert_eq!(value("02210", ColumnType::Text), ParamValue::Text("02210".into()));
        assert_eq!(value("yes", ColumnType::Bool), ParamValue::Bool(true));
        assert_eq!(typed_value("1|2", Some(ColumnType::Int), Test::OneOf), ParamValue::Text("1|2".into()));
    }
}
