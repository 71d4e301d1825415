//! `cairn steps`: every operation with its options, an example for the terminal and one for a file. All of it comes
//! from the catalogue that the window's forms come from.

use std::process::ExitCode;

use cairn_protocol::{
    ErrorInfo,
    steps::{
        Step, StepOp,
        catalogue::{self, Accepts, FieldKind, FieldSpec, GROUPS, STEPS, StepSpec},
    },
};
use serde::Serialize;
use serde_json::{Value, json};

use super::print;
use crate::output::Output;

/// The version of the document that `--json` prints.
const SCHEMA: u32 = 1;
/// Tests of conditions.
const TESTS: [&str; 17] = [
    "equal",
    "not_equal",
    "less",
    "less_or_equal",
    "greater",
    "greater_or_equal",
    "contains",
    "not_contains",
    "starts_with",
    "ends_with",
    "matches",
    "one_of",
    "not_one_of",
    "between",
    "is_null",
    "not_null",
    "is_duplicate",
];
/// Functions of aggregations.
const FUNCTIONS: [&str; 12] =
    ["count", "rows", "distinct", "sum", "mean", "median", "std", "min", "max", "first", "last", "mode"];

/// All operations, or one.
#[derive(Serialize)]
struct Document {
    schema: u32,
    groups: Vec<&'static str>,
    tests: Vec<&'static str>,
    functions: Vec<&'static str>,
    operations: Vec<Operation>,
}

/// An operation.
#[derive(Serialize)]
struct Operation {
    op: &'static str,
    title: &'static str,
    group: &'static str,
    about: &'static str,
    words: Vec<&'static str>,
    /// Whether it can learn from rows.
    fits: bool,
    /// Whether it belongs to the fitted rows and is left out when a recipe is replayed.
    only_here: bool,
    options: Vec<OptionOf>,
    example: Example,
}

/// An option of an operation.
#[derive(Serialize)]
struct OptionOf {
    key: String,
    label: String,
    #[serde(rename = "type")]
    kind: &'static str,
    /// Whether it may be absent and then is nothing, rather than a default.
    optional: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepts: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    choices: Vec<Choice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    low: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<Value>,
    default: Value,
    #[serde(skip_serializing_if = "str::is_empty")]
    help: &'static str,
    /// It counts only while another option has one of these values.
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<When>,
    /// The form of one entry, for lists of tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<Value>,
}

#[derive(Serialize)]
struct Choice {
    value: &'static str,
    title: &'static str,
}

#[derive(Serialize)]
struct When {
    key: &'static str,
    values: Vec<&'static str>,
}

/// How an operation is written.
#[derive(Serialize)]
struct Example {
    /// For a file: a table `[[step]]`.
    toml: String,
    /// For `--step`.
    step: String,
}

/// Prints operations.
///
/// # Errors
/// There is no such operation.
pub fn steps(op: Option<&str>, output: Output) -> Result<ExitCode, ErrorInfo> {
    let specs: Vec<&'static StepSpec> = match op {
        None => STEPS.iter().collect(),
        // The parser of steps knows what was likely meant.
        Some(op) => match catalogue::spec_of(op) {
            Some(spec) => vec![spec],
            None => return Err(crate::grammar::step(op).err().unwrap_or_else(super::unexpected)),
        },
    };
    let document = Document {
        schema: SCHEMA,
        groups: GROUPS.to_vec(),
        tests: TESTS.to_vec(),
        functions: FUNCTIONS.to_vec(),
        operations: specs.iter().copied().map(operation).collect::<Result<_, _>>()?,
    };
    Ok(output.result(&document, || match (op, document.operations.as_slice()) {
        (Some(_), [one]) => about(one),
        (_, all) => list(all),
    }))
}

fn operation(spec: &'static StepSpec) -> Result<Operation, ErrorInfo> {
    let broken = || ErrorInfo::internal(format!("{} does not load", spec.op));
    let default = catalogue::default_of(spec.op).ok_or_else(broken)?;
    let mut options: Vec<OptionOf> = spec.fields.iter().map(|field| option(spec, field, &default)).collect();
    for key in catalogue::options_of(spec.op) {
        if !options.iter().any(|option| option.key == key) {
            options.push(beside(spec, &key, &default));
        }
    }
    Ok(Operation {
        op: spec.op,
        title: spec.title,
        group: spec.group,
        about: spec.about,
        words: spec.words.split(' ').filter(|word| !word.is_empty()).collect(),
        fits: spec.fields.iter().any(|field| matches!(field.kind, FieldKind::Fit)),
        only_here: default.only_here(),
        options,
        example: example(spec).ok_or_else(broken)?,
    })
}

/// An option of the file form that has no field of its own in the form.
fn beside(spec: &'static StepSpec, key: &str, default: &StepOp) -> OptionOf {
    let combines = (spec.op, key) == ("filter", "combine");
    OptionOf {
        key: key.to_owned(),
        label: key.replace('_', " "),
        kind: if combines { "choice" } else { "text" },
        optional: false,
        accepts: None,
        choices: if combines {
            vec![Choice { value: "all", title: "All must hold" }, Choice { value: "any", title: "One is enough" }]
        } else {
            Vec::new()
        },
        low: None,
        high: None,
        default: default_value(spec.op, key, default, &[]),
        help: if combines { "How the conditions are joined" } else { "" },
        when: None,
        item: None,
    }
}

fn option(spec: &'static StepSpec, field: &'static FieldSpec, default: &StepOp) -> OptionOf {
    let kind = field.kind;
    let choices = match kind {
        FieldKind::Choice(options) | FieldKind::Choices(options) => {
            options.iter().map(|&(value, title)| Choice { value, title }).collect()
        }
        FieldKind::Fit => {
            vec![Choice { value: "train", title: "The training part" }, Choice { value: "all", title: "All rows" }]
        }
        _ => Vec::new(),
    };
    let (low, high) = match kind {
        FieldKind::Number { low, high } | FieldKind::OptionalNumber { low, high } => {
            (Some(low.into()), Some(high.into()))
        }
        FieldKind::Whole { low, high } | FieldKind::OptionalWhole { low, high } => {
            (Some(low.into()), Some(high.into()))
        }
        _ => (None, None),
    };
    let (name, optional) = type_of(kind);
    let tries: Vec<Value> = choices.first().map(|choice| Value::from(choice.value)).into_iter().collect();
    OptionOf {
        key: field.key.to_owned(),
        label: field.label.to_owned(),
        kind: name,
        optional,
        accepts: accepts_of(kind),
        choices,
        low,
        high,
        default: if optional { Value::Null } else { default_value(spec.op, field.key, default, &tries) },
        help: field.help,
        when: field.when.split_once('=').map(|(key, values)| When { key, values: values.split('|').collect() }),
        item: item_of(kind),
    }
}

/// The name of what an option takes, and whether it may be nothing.
fn type_of(kind: FieldKind) -> (&'static str, bool) {
    match kind {
        FieldKind::Columns(_) => ("columns", false),
        FieldKind::Column(_) => ("column", false),
        FieldKind::OptionalColumn(_) => ("column", true),
        FieldKind::Choice(_) | FieldKind::Fit => ("choice", false),
        FieldKind::Choices(_) => ("choices", false),
        FieldKind::Text { .. } => ("text", false),
        FieldKind::OptionalText { .. } => ("text", true),
        FieldKind::Texts => ("texts", false),
        FieldKind::Number { .. } => ("number", false),
        FieldKind::OptionalNumber { .. } => ("number", true),
        FieldKind::Numbers => ("numbers", false),
        FieldKind::Whole { .. } => ("integer", false),
        FieldKind::OptionalWhole { .. } => ("integer", true),
        FieldKind::Switch => ("boolean", false),
        FieldKind::Value => ("value", true),
        FieldKind::Renamings => ("renamings", false),
        FieldKind::Pairs => ("pairs", false),
        FieldKind::Conditions => ("conditions", false),
        FieldKind::SortKeys => ("sort_keys", false),
        FieldKind::Aggregations => ("aggregations", false),
        FieldKind::JoinKeys => ("join_keys", false),
        FieldKind::Cell => ("table", false),
        FieldKind::Cells => ("tables", false),
        FieldKind::Expression => ("expression", false),
        FieldKind::Sql => ("sql", false),
        FieldKind::CellEdits => ("cell_edits", false),
    }
}

fn accepts_of(kind: FieldKind) -> Option<&'static str> {
    let (FieldKind::Columns(accepts) | FieldKind::Column(accepts) | FieldKind::OptionalColumn(accepts)) = kind else {
        return None;
    };
    Some(match accepts {
        Accepts::Any => "any",
        Accepts::Numbers => "numbers",
        Accepts::Text => "text",
        Accepts::Levels => "levels",
        Accepts::Times => "times",
    })
}

/// What one entry of a list of tables holds.
fn item_of(kind: FieldKind) -> Option<Value> {
    Some(match kind {
        FieldKind::Renamings => json!({ "from": "column", "to": "text" }),
        FieldKind::Pairs => json!({ "from": "text", "to": "text" }),
        FieldKind::Conditions => json!({
            "one_of": [
                { "column": "column", "test": "one of tests", "value": "value", "other": "column" },
                { "combine": "all|any", "negate": "boolean", "rules": "conditions" },
            ]
        }),
        FieldKind::SortKeys => json!({ "column": "column", "descending": "boolean" }),
        FieldKind::Aggregations => json!({ "column": "column", "function": "one of functions", "name": "text" }),
        FieldKind::JoinKeys => json!({ "left": "column", "right": "column of the other table" }),
        FieldKind::CellEdits => json!({ "row": "integer", "column": "column", "value": "value" }),
        _ => return None,
    })
}

/// The default of an option. One that is not written while it stands at its default is found by trying.
fn default_value(op: &str, key: &str, default: &StepOp, tries: &[Value]) -> Value {
    let written = serde_json::to_value(default).ok();
    if let Some(value) = written.as_ref().and_then(|step| step.get(key)) {
        return value.clone();
    }
    let usual =
        [json!(false), json!(true), json!([]), json!(""), json!(0), json!(1), json!(5), json!("{column}_{value}")];
    let is_default = |value: &&Value| {
        serde_json::from_value::<StepOp>(json!({ "op": op, key: value })).is_ok_and(|made| made == *default)
    };
    tries.iter().chain(&usual).find(is_default).cloned().unwrap_or(Value::Null)
}

/// What stands in an example for an option that must be given.
fn sample(spec: &StepSpec, field: &FieldSpec) -> Option<Value> {
    Some(match (spec.op, field.key, field.kind) {
        ("unpivot", "columns", _) => json!(["height", "weight"]),
        ("one_hot_inverse", "columns", _) => json!(["city_Paris", "city_Rome"]),
        ("one_hot_inverse", "prefix", _) => json!("city_"),
        ("text_measures" | "date_parts" | "date_cyclic", "parts" | "measures", FieldKind::Choices(options)) => {
            options.iter().take(2).map(|(value, _)| Value::from(*value)).collect()
        }
        ("split_flags", "separator", _) => json!(";"),
        ("explode", "separator", _) => json!(";"),
        ("split_text", "separator", _) => json!(" "),
        ("extract_text", "pattern", _) => json!("([0-9]+)"),
        ("replace_text", "find", _) => json!("Mr "),
        ("time_zone", "to", _) => json!("Europe/Berlin"),
        ("resample" | "fill_gaps", "every", _) => json!("1d"),
        ("fill_gaps" | "resample", "by", _) | ("impute" | "lag" | "rolling", "by", _) => return None,
        ("deduplicate" | "drop_missing", "columns", _) => return None,
        ("lag", "offsets", _) => json!([1]),
        ("formula", "name", _) => json!("ratio"),
        ("date_difference", "name", _) => json!("days_since"),
        ("date_difference", "until", _) => json!("2026-01-01"),
        ("pivot", "on", _) => json!("year"),
        ("pivot" | "unpivot", "index", _) => json!(["country"]),
        ("pivot", "values", _) => json!("sales"),
        ("target_encode" | "balance", "target", _) => json!("stroke"),
        ("anonymise", "columns", _) => json!(["name"]),
        ("join" | "concat", "with", FieldKind::Cell) => json!("towns"),
        ("join" | "concat", "with", _) => json!(["towns"]),
        (_, _, FieldKind::Columns(Accepts::Numbers)) => json!(["age", "bmi"]),
        (_, _, FieldKind::Columns(Accepts::Times)) => json!(["day"]),
        (_, _, FieldKind::Columns(Accepts::Text | Accepts::Levels)) => json!(["city"]),
        (_, _, FieldKind::Columns(Accepts::Any)) => json!(["city"]),
        (_, _, FieldKind::Column(Accepts::Numbers)) => json!("age"),
        (_, _, FieldKind::Column(Accepts::Times)) => json!("day"),
        (_, _, FieldKind::Column(_)) => json!("city"),
        (_, _, FieldKind::Renamings) => json!([{ "from": "bmi", "to": "body_mass_index" }]),
        (_, _, FieldKind::Pairs) => json!([{ "from": "NYC", "to": "New York" }]),
        (_, _, FieldKind::Conditions) => json!([{ "column": "age", "test": "greater_or_equal", "value": 18 }]),
        (_, _, FieldKind::SortKeys) => json!([{ "column": "age", "descending": true }]),
        (_, _, FieldKind::Aggregations) => json!([{ "column": "bmi", "function": "mean" }]),
        (_, _, FieldKind::JoinKeys) => json!([{ "left": "city", "right": "town" }]),
        (_, _, FieldKind::Expression) => json!("bmi / age"),
        (_, _, FieldKind::Sql) => json!("select city, avg(bmi) as bmi from input group by city order by city"),
        (_, _, FieldKind::CellEdits) => json!([{ "row": 0, "column": "age", "value": 50 }]),
        _ => return None,
    })
}

/// A step with what must be given.
fn example(spec: &'static StepSpec) -> Option<Example> {
    let mut fields = serde_json::Map::from_iter([("op".to_owned(), Value::from(spec.op))]);
    let mut words = vec![spec.op.to_owned()];
    for field in spec.fields.iter().filter(|field| field.when.is_empty()) {
        if let Some(value) = sample(spec, field) {
            words.push(format!("{}={}", field.key, word(field.kind, &value)));
            fields.insert(field.key.to_owned(), value);
        }
    }
    let step: Step = serde_json::from_value(Value::Object(fields.clone())).ok()?;
    // With all its options, so that one sees what may be changed.
    let toml = toml::to_string(&step).ok()?;
    Some(Example { toml: format!("[[step]]\n{}", toml.replace("[[", "[[step.").trim_end()), step: words.join(" ") })
}

/// A value as `--step` takes it: bare where that says the same.
fn word(kind: FieldKind, value: &Value) -> String {
    let quoted = |text: &str| format!("'{text}'");
    let is_bare = |text: &str| {
        let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | '/' | ':' | ';');
        !text.is_empty() && text.chars().all(plain)
    };
    let one = |value: &Value| match value {
        Value::String(text) => quoted(text),
        other => other.to_string(),
    };
    let get = |item: &Value, key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let table = |item: &Value| {
        let fields = item.as_object().into_iter().flatten().map(|(key, value)| format!("{key}={}", one(value)));
        format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
    };
    let each = |one: &dyn Fn(&Value) -> String, sep: &str| {
        value.as_array().into_iter().flatten().map(one).collect::<Vec<_>>().join(sep)
    };
    match (kind, value) {
        (FieldKind::Renamings | FieldKind::Pairs, _) => {
            format!(
                "{{{}}}",
                each(&|item| format!("{}={}", quoted(&get(item, "from")), quoted(&get(item, "to"))), ", ")
            )
        }
        (FieldKind::SortKeys, _) => {
            each(&|item| format!("{}{}", if item["descending"] == true { "-" } else { "" }, get(item, "column")), ",")
        }
        (FieldKind::Aggregations, _) => {
            each(&|item| format!("{}({})", get(item, "function"), get(item, "column")), ",")
        }
        (FieldKind::JoinKeys, _) => each(&|item| format!("{}={}", get(item, "left"), get(item, "right")), ","),
        (FieldKind::Conditions | FieldKind::CellEdits, _) => format!("[{}]", each(&table, ", ")),
        (_, Value::Array(items)) if items.iter().all(|item| item.as_str().is_none_or(is_bare)) => {
            each(&|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned), ",")
        }
        (_, Value::Array(_)) => format!("[{}]", each(&one, ", ")),
        (_, Value::String(text)) if is_bare(text) => text.clone(),
        (_, other) => one(other),
    }
}

/// All operations, by group.
fn list(operations: &[Operation]) -> String {
    let mut text = String::new();
    for group in GROUPS {
        let rows: Vec<Vec<String>> = operations
            .iter()
            .filter(|operation| operation.group == group)
            .map(|operation| vec![format!("  {}", operation.op), operation.title.into(), operation.about.into()])
            .collect();
        text.push_str(&format!("{group}\n{}", print::rows(&rows)));
    }
    text.push_str(&format!("{} operations; cairn steps OP shows the options of one and an example", operations.len()));
    text
}

/// One operation.
fn about(operation: &Operation) -> String {
    let mut text = format!("{} · {} · {}\n{}\n", operation.op, operation.title, operation.group, operation.about);
    if operation.only_here {
        text.push_str("Belongs to the rows at hand: left out when a recipe is replayed on others\n");
    }
    let rows: Vec<Vec<String>> = operation
        .options
        .iter()
        .map(|option| {
            let kind = match option.accepts {
                Some("any") | None => option.kind.to_owned(),
                Some(accepts) => format!("{} ({accepts})", option.kind),
            };
            let choices: Vec<&str> = option.choices.iter().map(|choice| choice.value).collect();
            let mut about: Vec<String> = vec![choices.join(" | ")];
            about.push(match (&option.low, &option.high) {
                (Some(low), Some(high)) => range(low, high),
                _ => String::new(),
            });
            about.push(if option.help.is_empty() { option.label.clone() } else { option.help.to_owned() });
            if let Some(when) = &option.when {
                about.push(format!("with {}={}", when.key, when.values.join("|")));
            }
            about.retain(|part| !part.is_empty());
            let default = match &option.default {
                Value::Null => String::new(),
                Value::String(text) if text.is_empty() => "''".into(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            vec![option.key.clone(), kind, default, about.join(" · ")]
        })
        .collect();
    text.push_str(&format!("\n{}", print::table(&["option", "takes", "default", ""], &rows)));
    text.push_str(&format!(
        "\nIn a file (--recipe steps.toml, or a wrangle cell as [[cell.step]])\n{}\n",
        operation.example.toml
    ));
    let shell = if operation.example.step.contains('\'') {
        format!("\"{}\"", operation.example.step)
    } else {
        format!("'{}'", operation.example.step)
    };
    text.push_str(&format!("\nIn a terminal\ncairn wrangle patients.csv --step {shell} --out clean.csv\n"));
    text
}

/// Limits that are more than those of the type.
fn range(low: &Value, high: &Value) -> String {
    let wide = |value: &Value| value.as_f64().is_none_or(|value| value.abs() >= 1e9);
    match (wide(low), wide(high)) {
        (true, true) => String::new(),
        (false, true) => format!("from {low}"),
        (true, false) => format!("up to {high}"),
        (false, false) => format!("{low} to {high}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_says_the_same_in_both_ways() {
        for spec in STEPS {
            let operation = operation(spec).unwrap();
            let example = &operation.example;
            let table: toml::Table =
                toml::from_str(&example.toml).unwrap_or_else(|error| panic!("{error}\n{}", example.toml));
            let in_file: Step = table["step"][0].clone().try_into().unwrap();
            let typed = crate::grammar::step(&example.step).unwrap_or_else(|error| panic!("{}: {error}", example.step));
            assert_eq!(in_file, typed, "{}", example.step);
            assert!(!example.step.contains('"'), "{}", example.step);
        }
    }

    #[test]
    fn defaults_are_those_of_the_operation() {
        for spec in STEPS {
            let default = catalogue::default_of(spec.op).unwrap();
            for option in operation(spec).unwrap().options {
                if option.optional {
                    continue;
                }
                let written = json!({ "op": spec.op, &option.key: option.default });
                let made: StepOp = serde_json::from_value(written.clone())
                    .unwrap_or_else(|error| panic!("{}.{} has no default: {error}", spec.op, option.key));
                assert_eq!(made, default, "{written}");
            }
        }
    }

    #[test]
    fn tests_and_functions_load() {
        for test in TESTS {
            let text = format!("filter conditions=[{{column='a', test='{test}'}}]");
            crate::grammar::step(&text).unwrap_or_else(|error| panic!("{error}"));
        }
        for function in FUNCTIONS {
            crate::grammar::step(&format!("group_by aggregations={function}(a)"))
                .unwrap_or_else(|error| panic!("{error}"));
        }
    }
}
