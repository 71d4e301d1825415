//! Times the operations on rows and tables: `cargo run -p cairn-data --example rows_bench [ROWS]` (1,000,000 unless told).
//! The table has a key of many values, one of few, a number, and text; each line is the best of three runs.

use std::time::Instant;

use cairn_data::{Around, NoProgress, Table, run_recipe};
use cairn_protocol::steps::Step;
use polars::prelude::*;
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rows: u64 = std::env::args().nth(1).map_or(Ok(1_000_000), |rows| rows.parse())?;
    // SplitMix64 (Steele, Lea, Flood 2014): the same table everywhere.
    let mut state = 1u64;
    let mut next = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    let many: Vec<i64> = (0..rows).map(|_| (next() % (rows / 2).max(1)) as i64).collect();
    let few: Vec<i64> = (0..rows).map(|_| (next() % 1000) as i64).collect();
    let real: Vec<f64> = (0..rows).map(|_| (next() >> 11) as f64 / (1u64 << 53) as f64).collect();
    let text: Vec<String> = (0..rows).map(|_| format!("name {}", next() % 50_000)).collect();
    let frame = df!("many" => many, "few" => few, "real" => real, "text" => text)?;
    let other = df!(
        "many" => (0..(rows / 2).max(1) as i64).collect::<Vec<_>>(),
        "value" => (0..(rows / 2).max(1) as i64).map(|key| key as f64 * 0.5).collect::<Vec<_>>(),
    )?;
    let mut around = Around::default();
    around.tables.insert("other".into(), other);
    let table = Table::new(frame);
    let steps = [
        ("deduplicate, all columns", json!({"op": "deduplicate"})),
        ("deduplicate, 1 whole number", json!({"op": "deduplicate", "columns": ["many"]})),
        ("deduplicate, text and number", json!({"op": "deduplicate", "columns": ["text", "few"]})),
        ("sort, 1 number", json!({"op": "sort", "by": [{"column": "real"}]})),
        (
            "sort, text and number",
            json!({"op": "sort", "by": [{"column": "text"}, {"column": "many", "descending": true}]}),
        ),
        ("shuffle", json!({"op": "shuffle"})),
        ("left join, 1 whole number", json!({"op": "join", "with": "other", "on": [{"left": "many"}]})),
        (
            "group by 1,000: mean, sum, median, distinct",
            json!({"op": "group_by", "by": ["few"], "aggregations": [
            {"column": "real", "function": "mean"}, {"column": "many", "function": "sum"},
            {"column": "real", "function": "median"}, {"column": "text", "function": "distinct"}]}),
        ),
        (
            "group by text of 50,000: mean",
            json!({"op": "group_by", "by": ["text"], "aggregations": [
            {"column": "real", "function": "mean"}]}),
        ),
        (
            "filter, 2 conditions",
            json!({"op": "filter", "conditions": [
            {"column": "real", "test": "greater", "value": 0.5}, {"column": "text", "test": "ends_with", "value": "7"}]}),
        ),
        ("formula", json!({"op": "formula", "name": "f", "expression": "real * 2 + few / 3"})),
        ("drop missing rows", json!({"op": "drop_missing"})),
    ];
    for (name, step) in steps {
        let step: Vec<Step> = vec![serde_json::from_value(step)?];
        let mut best = f64::INFINITY;
        let mut made = 0;
        for _ in 0..3 {
            let started = Instant::now();
            made = run_recipe(&table, &step, &around, &NoProgress)?.table.rows();
            best = best.min(started.elapsed().as_secs_f64());
        }
        eprintln!("{name:<46} {best:>7.3} s  {made:>9} rows");
    }
    Ok(())
}
