//! The steps beside scikit-learn, pandas, scipy and category_encoders: `tests/parity/steps.py` wrote what they make of
//! small tables, and the steps must make the same of them.

use std::collections::BTreeMap;

use cairn_protocol::steps::Step;
use polars::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use super::*;
use crate::progress::NoProgress;

const GOLDEN: &str = include_str!("../../../../../tests/parity/steps.json");

type Cells = serde_json::Map<String, Value>;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    table: Cells,
    step: Step,
    expected: Option<Cells>,
    tolerance: f64,
    new: Option<Cells>,
    new_expected: Option<Cells>,
    /// The columns in their order, where that matters.
    columns: Option<Vec<String>>,
    edges: Option<BTreeMap<String, Vec<f64>>>,
    bounds: Option<BTreeMap<String, [f64; 2]>>,
    /// The last column, whatever it is called.
    lag: Option<Vec<Option<f64>>>,
    /// Rows of each class of `y`.
    counts: Option<BTreeMap<String, usize>>,
}

fn frame(cells: &Cells) -> DataFrame {
    let column = |(name, cells): (&String, &Value)| {
        let cells = cells.as_array().unwrap();
        let name = PlSmallStr::from(name.as_str());
        let series = if cells.iter().any(Value::is_string) {
            Series::new(name, cells.iter().map(Value::as_str).collect::<Vec<_>>())
        } else if cells.iter().any(Value::is_boolean) {
            Series::new(name, cells.iter().map(Value::as_bool).collect::<Vec<_>>())
        } else if cells.iter().all(|cell| cell.is_i64() || cell.is_null()) && cells.iter().any(Value::is_i64) {
            Series::new(name, cells.iter().map(Value::as_i64).collect::<Vec<_>>())
        } else {
            Series::new(name, cells.iter().map(Value::as_f64).collect::<Vec<_>>())
        };
        series.into_column()
    };
    let columns: Vec<Column> = cells.iter().map(column).collect();
    DataFrame::new(columns.first().map_or(0, Column::len), columns).unwrap()
}

/// The first difference, if there is one.
fn difference(found: &DataFrame, expected: &Cells, tolerance: f64, order: Option<&[String]>) -> Option<String> {
    let names: Vec<&str> = found.get_column_names().into_iter().map(PlSmallStr::as_str).collect();
    if let Some(wanted) = order.filter(|wanted| names != *wanted) {
        return Some(format!("columns {names:?}, not {wanted:?}"));
    }
    for (name, cells) in expected {
        let Ok(column) = found.column(name) else { return Some(format!("there is no column {name}: {names:?}")) };
        let cells = cells.as_array().unwrap();
        if cells.len() != column.len() {
            return Some(format!("{name} has {} rows, not {}", column.len(), cells.len()));
        }
        if cells.iter().any(Value::is_string) {
            let texts = columns::texts(column.as_materialized_series()).unwrap();
            if let Some(row) = texts.iter().zip(cells).position(|(found, cell)| found != cell.as_str()) {
                return Some(format!("{name}[{row}] is {:?}, not {}", texts.get(row), cells[row]));
            }
            continue;
        }
        let values = columns::numbers(column.as_materialized_series()).unwrap();
        for (row, (found, cell)) in values.iter().zip(cells).enumerate() {
            let wanted = cell.as_f64().or(cell.as_bool().map(|yes| f64::from(u8::from(yes)))).unwrap_or(f64::NAN);
            let near = (found - wanted).abs() <= tolerance * wanted.abs().max(1e-3) || found == &wanted;
            if !(near || found.is_nan() && wanted.is_nan()) {
                return Some(format!("{name}[{row}] is {found}, not {wanted}"));
            }
        }
    }
    None
}

#[test]
fn steps_make_what_the_field_s_tools_make() {
    let golden: Golden = serde_json::from_str(GOLDEN).unwrap();
    assert!(golden.cases.len() >= 93, "the golden file is whole");
    let mut wrong = Vec::new();
    for case in golden.cases {
        let name = &case.name;
        let around = Around::default();
        let made = run_recipe(&Table::new(frame(&case.table)), std::slice::from_ref(&case.step), &around, &NoProgress);
        let made = match made {
            Ok(made) => made,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        if let Some(expected) = &case.expected {
            wrong.extend(
                difference(&made.table.frame, expected, case.tolerance, case.columns.as_deref())
                    .map(|text| format!("{name}: {text}")),
            );
        }
        // What was learned goes through its file form.
        let fitted: FittedRecipe = serde_json::from_str(&serde_json::to_string(&made.fitted).unwrap()).unwrap();
        if let (Some(new), Some(expected)) = (&case.new, &case.new_expected) {
            let optional = vec!["y".to_owned()];
            match apply(&fitted, &frame(new), &optional, &around) {
                Ok(applied) => wrong.extend(
                    difference(&applied.frame, expected, case.tolerance, case.columns.as_deref())
                        .map(|text| format!("{name}, new rows: {text}")),
                ),
                Err(error) => wrong.push(format!("{name}, new rows: {error}")),
            }
        }
        let close = |a: f64, b: f64| (a - b).abs() <= case.tolerance * b.abs().max(1e-3);
        if let Some(edges) = &case.edges {
            let Learned::Bins { columns } = &fitted.steps[0].learned else { panic!("{name} learns bins") };
            let found: Vec<f64> = columns[0].edges.iter().map(|edge| edge.0).collect();
            let wanted = &edges[&columns[0].column];
            if found.len() != wanted.len() || !found.iter().zip(wanted).all(|(a, b)| close(*a, *b)) {
                wrong.push(format!("{name}: edges {found:?}, not {wanted:?}"));
            }
        }
        if let Some(wanted) = &case.lag {
            let last = made.table.frame.columns().last().unwrap().as_materialized_series();
            let expected = [(last.name().to_string(), serde_json::to_value(wanted).unwrap())];
            let expected: Cells = expected.into_iter().collect();
            wrong.extend(
                difference(&made.table.frame, &expected, case.tolerance, None).map(|text| format!("{name}: {text}")),
            );
        }
        for (class, wanted) in case.counts.iter().flatten() {
            let texts = columns::texts(columns::column(&made.table.frame, "y").unwrap()).unwrap();
            let found = texts.iter().filter(|text| *text == Some(class)).count();
            if found != *wanted {
                wrong.push(format!("{name}: {found} rows of {class}, not {wanted}"));
            }
        }
        if let Some(bounds) = &case.bounds {
            let Learned::Bounds { columns } = &fitted.steps[0].learned else { panic!("{name} learns bounds") };
            let [low, high] = bounds[&columns[0].column];
            let (found_low, found_high) = (columns[0].low.unwrap().0, columns[0].high.unwrap().0);
            if !close(found_low, low) || !close(found_high, high) {
                wrong.push(format!("{name}: {found_low} to {found_high}, not {low} to {high}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
