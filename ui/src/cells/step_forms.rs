//! The form of a step, made from the catalogue of operations: one control for each kind of field, in the order of the
//! catalogue, two short ones side by side. A form edits the step as it stands in a file and turns it back into a
//! [`StepOp`] after each change, so that what the form shows is what the notebook holds. It changes the draft at once;
//! the preview follows when the person pauses.
//!
//! [`fields`] dispatches on the kind, [`tags`] holds lists of short values, [`rows`] tables that grow by rows,
//! [`conditions`] nested conditions, [`code`] the editors with completion.

mod code;
mod conditions;
mod fields;
mod functions;
mod rows;
mod tables;
mod tags;
mod values;

pub(in crate::cells) use fields::accepts;

use cairn_protocol::{
    ParamValue,
    steps::{
        Step, StepOp, Test,
        catalogue::{self, FieldSpec},
    },
    table::{ColumnProfile, ColumnType},
};
use egui::{Ui, vec2};

use crate::{theme::Theme, widgets};

/// What a form knows of the table.
pub struct FormContext<'a> {
    /// The theme.
    pub theme: &'a Theme,
    /// Columns that the step reads.
    pub schema: &'a [(String, ColumnType)],
    /// Figures of columns, where they are known.
    pub profile: &'a [ColumnProfile],
    /// Rows of the training part; none without a split above.
    pub train_rows: Option<u64>,
    /// Other cells with tables above this one.
    pub tables: &'a [OtherTable],
    /// Whether there is room for more than two options side by side.
    pub wide: bool,
}

/// Another cell's table.
#[derive(Debug, Clone, PartialEq)]
pub struct OtherTable {
    /// Name of the cell.
    pub name: String,
    /// Its columns, as far as they are known.
    pub schema: Vec<(String, ColumnType)>,
}

impl FormContext<'_> {
    /// The type of a column that the step reads.
    fn type_of(&self, column: &str) -> Option<ColumnType> {
        self.schema.iter().find(|(name, _)| name == column).map(|(_, kind)| *kind)
    }
}

/// Draws the form of a step.
pub fn form_ui(ui: &mut Ui, form: &FormContext<'_>, step: &mut Step) {
    ui.spacing_mut().item_spacing = vec2(8.0, 4.0);
    let Some(spec) = catalogue::spec_of(step.op.name()) else { return };
    let Ok(before) = serde_json::to_value(&step.op) else { return };
    let mut value = before.clone();
    let shown: Vec<&FieldSpec> = spec.fields.iter().filter(|field| field.is_shown(&before)).collect();
    let half = ((ui.available_width() - 8.0) / 2.0).floor();
    let mut at = 0;
    while at < shown.len() {
        let pair = shown
            .get(at + 1)
            .filter(|next| fields::fits_half(ui, form, shown[at], half) && fields::fits_half(ui, form, next, half));
        if let Some(next) = pair {
            ui.horizontal_top(|ui| {
                for field in [shown[at], *next] {
                    ui.vertical(|ui| {
                        ui.set_width(half);
                        fields::field_ui(ui, form, field, &mut value);
                    });
                }
            });
            at += 2;
        } else {
            fields::field_ui(ui, form, shown[at], &mut value);
            at += 1;
        }
    }
    if spec.fields.is_empty() {
        widgets::small(ui, form.theme, "There is nothing to set");
    }
    let refused = ui.make_persistent_id("refused");
    if value != before {
        match serde_json::from_value::<StepOp>(value) {
            Ok(op) => {
                step.op = op;
                ui.data_mut(|data| data.remove::<String>(refused));
            }
            Err(error) => {
                ui.data_mut(|data| data.insert_temp(refused, error.to_string()));
            }
        }
    }
    if let Some(why) = ui.data(|data| data.get_temp::<String>(refused)) {
        widgets::paragraph(ui, format!("This value cannot be taken: {why}"), form.theme.fault.text);
    }
}

/// A typed value for a column: a number where the column holds numbers, yes or no where it holds those.
#[must_use]
pub fn typed_value(text: &str, kind: Option<ColumnType>, test: Test) -> ParamValue {
    let plain = text.trim();
    let as_text = matches!(
        test,
        Test::OneOf
            | Test::NotOneOf
            | Test::Between
            | Test::Contains
            | Test::NotContains
            | Test::StartsWith
            | Test::EndsWith
            | Test::Matches
    );
    if as_text {
        return ParamValue::Text(text.to_owned());
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
