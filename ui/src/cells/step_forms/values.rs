//! Reading and writing the keys of a step in its file form.

use cairn_protocol::steps::catalogue::{FieldKind, FieldSpec};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// What a field holds where the file says nothing.
fn unwritten(op: &str, field: &FieldSpec) -> Value {
    match (op, field.key) {
        ("impute", "neighbours") => Value::from(5),
        ("scale", "high") => Value::from(1.0),
        ("one_hot", "name_pattern") => Value::from("{column}_{value}"),
        _ => match field.kind {
            FieldKind::Choice(options) => options.first().map(|(value, _)| Value::from(*value)).unwrap_or_default(),
            FieldKind::Number { .. } | FieldKind::Whole { .. } => Value::from(0),
            FieldKind::Switch => Value::Bool(false),
            FieldKind::Text { .. }
            | FieldKind::Column(_)
            | FieldKind::Cell
            | FieldKind::Expression
            | FieldKind::Sql => Value::from(""),
            FieldKind::Fit => Value::from("train"),
            FieldKind::OptionalColumn(_)
            | FieldKind::OptionalText { .. }
            | FieldKind::OptionalNumber { .. }
            | FieldKind::OptionalWhole { .. }
            | FieldKind::Value => Value::Null,
            _ => Value::Array(Vec::new()),
        },
    }
}

/// The operation of a step.
pub(super) fn op_of(step: &Value) -> &str {
    step.get("op").and_then(Value::as_str).unwrap_or_default()
}

/// What a field holds.
pub(super) fn get(step: &Value, field: &FieldSpec) -> Value {
    step.get(field.key).cloned().unwrap_or_else(|| unwritten(op_of(step), field))
}

/// What a field of text holds.
pub(super) fn get_text(step: &Value, field: &FieldSpec) -> String {
    get(step, field).as_str().unwrap_or_default().to_owned()
}

/// What a field holds, as a type of its own; its default where it holds something else.
pub(super) fn get_typed<T: DeserializeOwned + Default>(step: &Value, field: &FieldSpec) -> T {
    serde_json::from_value(get(step, field)).unwrap_or_default()
}

/// Writes a field; a null takes it out of the file.
pub(super) fn set(step: &mut Value, key: &str, value: impl Serialize) {
    let value = serde_json::to_value(value).unwrap_or_default();
    let map: Option<&mut Map<String, Value>> = step.as_object_mut();
    if let Some(map) = map {
        if value.is_null() {
            map.remove(key);
        } else {
            map.insert(key.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cairn_protocol::steps::{StepOp, catalogue};

    #[test]
    fn what_a_file_leaves_out_is_shown_as_it_is() {
        for spec in catalogue::STEPS {
            let default = catalogue::default_of(spec.op).unwrap();
            let written = serde_json::to_value(&default).unwrap();
            for field in spec.fields {
                let shown = get(&written, field);
                let mut again = written.clone();
                set(&mut again, field.key, &shown);
                let again: StepOp = serde_json::from_value(again).unwrap();
                assert_eq!(again, default, "{}.{} is shown as {shown}", spec.op, field.key);
            }
        }
    }
}
