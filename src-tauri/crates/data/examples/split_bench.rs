//! Times splits with their certificates: `cargo run --example split_bench -- 1000000`.

use std::time::Instant;

use cairn_data::{Table, split};
use cairn_protocol::notebook::{SplitCell, SplitMethod};
use polars::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rows = std::env::args().nth(1).map_or(Ok(1_000_000), |rows| rows.parse::<i64>())?;
    let all = 0..rows;
    let mixed =
        |row: i64, salt: i64| (row.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(salt) >> 20).rem_euclid(1 << 24);
    let levels = ["never", "former", "current", "unknown"];
    let frame = df!(
        "id" => all.clone().collect::<Vec<_>>(),
        "stroke" => all.clone().map(|row| i64::from(mixed(row, 1) % 16 == 0)).collect::<Vec<_>>(),
        "glucose" => all.clone().map(|row| mixed(row, 2) as f64 / 1e5).collect::<Vec<_>>(),
        "bmi" => all.clone().map(|row| mixed(row, 3) as f64 / 4e5).collect::<Vec<_>>(),
        "age" => all.clone().map(|row| mixed(row, 4) % 90).collect::<Vec<_>>(),
        "smoking" => all.clone().map(|row| levels[(mixed(row, 5) % 4) as usize]).collect::<Vec<_>>(),
        "patient" => all.clone().map(|row| mixed(row, 6) % (rows / 4).max(1)).collect::<Vec<_>>(),
        "day" => all.map(|row| mixed(row, 7)).collect::<Vec<_>>(),
    )?;
    let table = Table::new(frame);
    let stratified = SplitCell { method: SplitMethod::Stratified, by: Some("stroke".into()), ..SplitCell::default() };
    let by_group = SplitCell { group: Some("patient".into()), ..stratified.clone() };
    let cases = [
        ("stratified", stratified.clone()),
        ("stratified, 5 folds", SplitCell { folds: 5, ..stratified.clone() }),
        ("group", SplitCell { method: SplitMethod::Group, ..by_group.clone() }),
        ("stratified group", SplitCell { method: SplitMethod::StratifiedGroup, ..by_group }),
        ("chronological", SplitCell { method: SplitMethod::Chronological, time: Some("day".into()), ..stratified }),
    ];
    for (name, cell) in cases {
        for _ in 0..2 {
            let start = Instant::now();
            let (_, result) = split(&table, &cell)?;
            let secs = start.elapsed().as_secs_f64();
            eprintln!("{name:<20} {secs:>7.3} s  {:?}, {} checks", result.counts, result.checks.len());
        }
    }
    Ok(())
}
