//! Times a recipe of six steps, its replay, a split with its certificate and the training table on 1 M × 20.

use std::time::Instant;

use cairn_data::{Around, NoProgress, Table, apply, run_recipe, split, training_table};
use cairn_protocol::{
    notebook::{SplitCell, SplitMethod},
    steps::Step,
};
use polars::prelude::*;

const RECIPE: &str = r#"[
    {"op":"cast","columns":["t0"],"to":"category"},
    {"op":"impute","columns":["x0","x1","x2","x3","x4"],"strategy":"median"},
    {"op":"impute","columns":["t1"],"strategy":"mode"},
    {"op":"scale","columns":["x0","x1","x2","x3","x4","x5","x6","x7"],"method":"standard"},
    {"op":"one_hot","columns":["t0","t1","t2"]},
    {"op":"filter","conditions":[{"column":"x0","test":"less","value":3.0}]}
]"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rows = std::env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse::<usize>())?;
    let mut state = 1u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let mut columns = Vec::new();
    for at in 0..12 {
        let cells: Vec<Option<f64>> =
            (0..rows).map(|_| next()).map(|x| (x % 20 != 0).then_some(x as f64 / 1e8)).collect();
        columns.push(Series::new(format!("x{at}").into(), cells).into_column());
    }
    for at in 0..4 {
        let cells: Vec<i64> = (0..rows).map(|_| (next() % 90) as i64).collect();
        columns.push(Series::new(format!("i{at}").into(), cells).into_column());
    }
    for at in 0..3 {
        let cells: Vec<Option<String>> =
            (0..rows).map(|_| next() % 12).map(|x| (x != 0).then(|| format!("level {x}"))).collect();
        columns.push(Series::new(format!("t{at}").into(), cells).into_column());
    }
    let cells: Vec<i64> = (0..rows).map(|_| i64::from(next() % 16 == 0)).collect();
    columns.push(Series::new("y".into(), cells).into_column());
    let table = Table::new(DataFrame::new(rows, columns)?);

    let timed = |what: &str, start: Instant| eprintln!("{what:<16} {:>8.3} s", start.elapsed().as_secs_f64());
    let cell = SplitCell {
        input: "t".into(),
        method: SplitMethod::Stratified,
        by: Some("y".into()),
        train: 0.7,
        valid: 0.15,
        test: 0.15,
        seed: 1,
        ..SplitCell::default()
    };
    let start = Instant::now();
    let (parts, _) = split(&table, &cell)?;
    timed("split", start);
    let table = Table::with_parts(table.frame, Some(parts))?;
    let steps: Vec<Step> = serde_json::from_str(RECIPE)?;
    let start = Instant::now();
    let mut made = run_recipe(&table, &[], &Around::default(), &NoProgress)?;
    for step in &steps {
        let start = Instant::now();
        made = run_recipe(&made.table, std::slice::from_ref(step), &Around::default(), &NoProgress)?;
        timed(step.op.title(), start);
    }
    timed("recipe", start);
    let fitted = run_recipe(&table, &steps, &Around::default(), &NoProgress)?.fitted;
    let start = Instant::now();
    apply(&fitted, &table.frame, &[], &Around::default())?;
    timed("replay", start);
    let start = Instant::now();
    let training = training_table(&made.table, "y", &[], None, false)?;
    timed("training table", start);
    let start = Instant::now();
    training.write_ipc(&std::env::temp_dir().join("cairn_recipe_bench.arrow"))?;
    timed("write", start);
    Ok(())
}
