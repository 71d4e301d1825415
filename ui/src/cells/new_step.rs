//! What a new step starts with: the column that is selected, and what the table tells besides. A new step is meant to
//! show something at once; everything in it is the person's to change.

use cairn_protocol::{
    steps::{
        Step, StepOp,
        catalogue::{self, Accepts, FieldKind, StepSpec},
    },
    table::ColumnType,
};
use serde_json::{Value, json};

use super::step_forms::{OtherTable, accepts};

/// What a new step can lean on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Around<'a> {
    /// Columns of the table that the step would read.
    pub schema: &'a [(String, ColumnType)],
    /// The column that is selected.
    pub column: Option<&'a str>,
    /// The column that is predicted in the end; empty where nobody knows.
    pub target: &'a str,
    /// Other cells with tables.
    pub tables: &'a [OtherTable],
}

/// The same, with everything its own.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Columns of the table that the step would read.
    pub schema: Vec<(String, ColumnType)>,
    /// The column that is selected.
    pub column: Option<String>,
    /// The column that is predicted in the end.
    pub target: String,
    /// Other cells with tables.
    pub tables: Vec<OtherTable>,
}

impl Known {
    /// What a new step can lean on.
    #[must_use]
    pub fn around(&self) -> Around<'_> {
        Around { schema: &self.schema, column: self.column.as_deref(), target: &self.target, tables: &self.tables }
    }
}

impl Around<'_> {
    /// Name and type of the selected column.
    #[must_use]
    pub fn selected(&self) -> Option<(&str, ColumnType)> {
        let wanted = self.column?;
        self.schema.iter().find(|(name, _)| name == wanted).map(|(name, kind)| (name.as_str(), *kind))
    }

    fn first(&self, takes: Accepts) -> Option<&str> {
        self.schema.iter().find(|(_, kind)| accepts(takes, *kind)).map(|(name, _)| name.as_str())
    }

    /// The selected column where it fits, the first that fits otherwise.
    fn one(&self, takes: Accepts) -> &str {
        let selected = self.selected().filter(|(_, kind)| accepts(takes, *kind)).map(|(name, _)| name);
        selected.or_else(|| self.first(takes)).unwrap_or_default()
    }
}

/// The operations that come first for a column of a type.
#[must_use]
pub fn offers(kind: ColumnType) -> &'static [&'static str] {
    match kind {
        ColumnType::Text => {
            &["text", "replace_values", "replace_text", "split_text", "extract_text", "parse_date", "one_hot", "impute"]
        }
        ColumnType::Category => {
            &["one_hot", "ordinal", "target_encode", "group_rare", "replace_values", "text", "impute", "filter"]
        }
        ColumnType::Int | ColumnType::Float | ColumnType::Decimal => {
            &["impute", "scale", "bin", "outliers", "formula", "filter", "cast", "rolling"]
        }
        ColumnType::Bool => &["impute", "filter", "cast", "group_by"],
        ColumnType::Date | ColumnType::Datetime => {
            &["date_parts", "date_cyclic", "date_difference", "sort", "resample", "fill_gaps", "time_zone"]
        }
        ColumnType::Time | ColumnType::Duration => &["date_parts", "date_cyclic", "sort"],
        ColumnType::List => &["explode"],
        ColumnType::Struct => &["flatten_json"],
    }
}

/// A new step of an operation.
#[must_use]
pub fn new_step(spec: &StepSpec, around: &Around<'_>) -> Option<Step> {
    let mut step = json!({ "op": spec.op });
    // The main field takes the selected column.
    let main = spec.fields.iter().find_map(|field| match field.kind {
        FieldKind::Columns(takes) if matches!(field.key, "columns" | "by" | "index") => Some((field.key, takes, true)),
        FieldKind::Column(takes) => Some((field.key, takes, false)),
        _ => None,
    });
    if let Some((key, takes, several)) = main {
        let fits = around.selected().filter(|(_, kind)| accepts(takes, *kind)).map(|(name, _)| name);
        if several {
            step[key] = json!(fits.into_iter().collect::<Vec<_>>());
        } else {
            step[key] = json!(around.one(takes));
        }
    }
    special(spec.op, around, &mut step);
    let op = serde_json::from_value::<StepOp>(step).ok().or_else(|| catalogue::default_of(spec.op))?;
    Some(Step { op, enabled: true })
}

fn names<'a>(around: &Around<'a>, fits: impl Fn(ColumnType) -> bool) -> Vec<&'a str> {
    let wanted = |(name, kind): &&(String, ColumnType)| fits(*kind) && name != around.target;
    around.schema.iter().filter(wanted).map(|(name, _)| name.as_str()).collect()
}

fn special(op: &str, around: &Around<'_>, step: &mut Value) {
    let selected = around.selected();
    let column = selected.map(|(name, _)| name);
    let kind = selected.map(|(_, kind)| kind);
    let numeric = kind.is_some_and(ColumnType::is_numeric);
    let time = || around.first(Accepts::Times);
    match op {
        "rename" => {
            step["names"] = json!(column.map(|name| json!({"from": name, "to": name})).into_iter().collect::<Vec<_>>())
        }
        "duplicate" => step["name"] = json!(format!("{}_copy", around.one(Accepts::Any))),
        "cast" => {
            let to = match kind {
                Some(ColumnType::Text | ColumnType::Bool) => "category",
                Some(ColumnType::Int) => "float",
                Some(ColumnType::Float | ColumnType::Decimal) => "int",
                Some(ColumnType::Datetime) => "date",
                _ => "text",
            };
            step["to"] = json!(to);
        }
        "filter" => {
            if let Some(name) = column.or_else(|| around.first(Accepts::Any)) {
                step["conditions"] = json!([{"column": name, "test": "not_null"}]);
            }
        }
        "sort" => {
            if let Some(name) = column.or_else(|| around.first(Accepts::Any)) {
                step["by"] = json!([{"column": name}]);
            }
        }
        "sample" => {
            step["method"] = json!("random");
            step["rows"] = json!(1000);
        }
        "impute" => {
            let strategy = match kind {
                Some(kind) if accepts(Accepts::Times, kind) => "forward",
                Some(kind) if !kind.is_numeric() => "mode",
                _ => "median",
            };
            step["strategy"] = json!(strategy);
        }
        "one_hot_inverse" => {
            let prefix = column.filter(|_| numeric).and_then(|name| name.rfind('_').map(|at| &name[..=at]));
            if let Some(prefix) = prefix {
                let like = names(around, ColumnType::is_numeric).into_iter().filter(|name| name.starts_with(prefix));
                step["columns"] = json!(like.collect::<Vec<_>>());
                step["prefix"] = json!(prefix);
                step["name"] = json!(prefix.trim_end_matches('_'));
            }
        }
        "target_encode" | "balance" => step["target"] = json!(around.target),
        "split_flags" => step["separator"] = json!(";"),
        "pca" if !numeric => step["columns"] = json!(names(around, ColumnType::is_numeric)),
        "formula" => {
            step["name"] = json!("new_column");
            step["expression"] =
                json!(column.or_else(|| around.first(Accepts::Numbers)).map(quoted).unwrap_or_default());
        }
        "sql" => step["query"] = json!("select *\nfrom input"),
        "extract_text" => step["pattern"] = json!("(\\d+)"),
        "date_difference" => {
            let from = around.one(Accepts::Times);
            let other = names(around, |kind| accepts(Accepts::Times, kind)).into_iter().find(|name| *name != from);
            match other {
                Some(to) => step["to"] = json!(to),
                None => step["until"] = json!("2025-01-01"),
            }
        }
        "lag" | "rolling" => {
            if let Some(order) = time().filter(|order| Some(*order) != column) {
                step["order"] = json!(order);
            }
        }
        "resample" => {
            let number = column.filter(|_| numeric).or_else(|| around.first(Accepts::Numbers));
            step["aggregations"] = match number {
                Some(name) => json!([{"column": name, "function": "mean"}]),
                None => json!([{"function": "rows", "name": "rows"}]),
            };
        }
        "group_by" => {
            let by = selected.filter(|(_, kind)| accepts(Accepts::Levels, *kind)).map(|(name, _)| name);
            let by = by.or_else(|| around.first(Accepts::Text)).or_else(|| around.first(Accepts::Levels));
            step["by"] = json!(by.into_iter().collect::<Vec<_>>());
            step["aggregations"] = json!([{"function": "rows", "name": "rows"}]);
        }
        "pivot" => {
            let on = selected.filter(|(_, kind)| accepts(Accepts::Levels, *kind)).map(|(name, _)| name);
            let on = on.or_else(|| around.first(Accepts::Text)).unwrap_or_default();
            let index = around.schema.iter().map(|(name, _)| name.as_str()).find(|name| *name != on);
            let values =
                names(around, ColumnType::is_numeric).into_iter().find(|name| *name != on && Some(*name) != index);
            step["on"] = json!(on);
            step["index"] = json!(index.into_iter().collect::<Vec<_>>());
            step["values"] = json!(values.unwrap_or(on));
            step["function"] = json!(if values.is_some() { "mean" } else { "count" });
        }
        "join" => {
            if let Some(table) = around.tables.last() {
                let shared = around.schema.iter().find(|(name, _)| table.schema.iter().any(|(of, _)| of == name));
                step["with"] = json!(table.name);
                step["on"] = json!(shared.map(|(name, _)| json!({"left": name})).into_iter().collect::<Vec<_>>());
            }
        }
        "concat" => step["with"] = json!(around.tables.last().map(|table| &table.name).into_iter().collect::<Vec<_>>()),
        "anonymise" => {
            let method = match kind {
                Some(ColumnType::Date | ColumnType::Datetime) => "year",
                Some(kind) if kind.is_numeric() => "range",
                _ => "hash",
            };
            step["method"] = json!(method);
        }
        _ => {}
    }
}

/// A name as an expression takes it.
fn quoted(name: &str) -> String {
    let plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && !name.starts_with(|letter: char| letter.is_ascii_digit());
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Vec<(String, ColumnType)> {
        [
            ("id", ColumnType::Int),
            ("age", ColumnType::Int),
            ("bmi", ColumnType::Float),
            ("sex", ColumnType::Text),
            ("seen", ColumnType::Date),
            ("born", ColumnType::Date),
            ("stroke", ColumnType::Int),
        ]
        .map(|(name, kind)| (name.to_owned(), kind))
        .to_vec()
    }

    fn made(op: &str, column: Option<&str>) -> StepOp {
        let schema = schema();
        let tables = [OtherTable { name: "Regions".into(), schema: vec![("sex".into(), ColumnType::Text)] }];
        let around = Around { schema: &schema, column, target: "stroke", tables: &tables };
        new_step(catalogue::spec_of(op).unwrap(), &around).unwrap().op
    }

    #[test]
    fn every_operation_starts_with_the_selected_column_where_it_fits() {
        for spec in catalogue::STEPS {
            for column in [None, Some("age"), Some("sex"), Some("seen"), Some("gone")] {
                let op = made(spec.op, column);
                assert_eq!(op.name(), spec.op);
            }
        }
        assert_eq!(made("scale", Some("age")).columns(), ["age"]);
        assert!(made("scale", Some("sex")).columns().is_empty(), "text cannot be scaled");
        assert_eq!(made("split_text", Some("age")).columns(), ["sex"]);
        assert_eq!(made("impute", Some("sex")).title(), "Fill with most frequent");
        assert_eq!(made("date_difference", Some("born")).columns(), ["born", "seen"]);
        assert_eq!(made("pca", None).columns(), ["id", "age", "bmi"]);
        assert_eq!(made("join", None).other_cells(), ["Regions"]);
        assert_eq!(made("join", None).columns(), ["sex"]);
        assert_eq!(made("target_encode", Some("sex")).columns(), ["sex", "stroke"]);
    }

    #[test]
    fn what_comes_first_is_listed_and_takes_the_column() {
        use ColumnType::{Bool, Category, Date, Datetime, Decimal, Duration, Float, Int, List, Struct, Text, Time};
        for kind in [Bool, Int, Float, Decimal, Date, Datetime, Time, Duration, Category, Text, List, Struct] {
            assert!(!offers(kind).is_empty());
            for op in offers(kind) {
                assert!(catalogue::spec_of(op).is_some(), "{op}");
            }
        }
    }
}
