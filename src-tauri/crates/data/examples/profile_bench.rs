//! Times the profile, the quality report, the associations and a comparison on 3 M × 5, and counts and sorts of the same
//! columns by polars alone.

use std::time::Instant;

use cairn_data::{NoProgress, associations, compare, profile, quality};
use polars::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rows = std::env::args().nth(1).map_or(Ok(3_000_000), |text| text.parse::<usize>())?;
    let frame = table(rows, 1)?;
    let timed = |what: &str, start: Instant| eprintln!("{what:<16} {:>8.3} s", start.elapsed().as_secs_f64());
    for _ in 0..3 {
        let start = Instant::now();
        let figures = profile(&frame);
        timed("profile", start);
        assert_eq!(figures.rows_profiled, rows as u64);
    }
    let start = Instant::now();
    let parts = frame
        .clone()
        .lazy()
        .select([
            all().as_expr().n_unique().name().suffix("_distinct"),
            all().as_expr().null_count().name().suffix("_nulls"),
        ])
        .collect()?;
    let numbers = ["amount", "weight", "count"];
    for name in numbers {
        frame.column(name)?.sort(SortOptions::default())?;
    }
    timed("polars' parts", start);
    assert_eq!(parts.height(), 1);
    for column in frame.columns() {
        let one = DataFrame::new(rows, vec![column.clone()])?;
        let start = Instant::now();
        assert_eq!(profile(&one).columns.len(), 1);
        timed(&format!("  {}", column.name()), start);
    }
    let start = Instant::now();
    quality(&frame, None, &NoProgress)?;
    timed("quality", start);
    let start = Instant::now();
    quality(&frame, Some("group"), &NoProgress)?;
    timed("with a target", start);
    let start = Instant::now();
    associations(&frame, None, &NoProgress)?;
    timed("associations", start);
    let other = table(rows, 2)?;
    let start = Instant::now();
    compare(&frame, &other, &["id".into()], &NoProgress)?;
    timed("compare by key", start);
    let start = Instant::now();
    compare(&frame, &other, &[], &NoProgress)?;
    timed("compare whole", start);
    Ok(())
}

fn table(rows: usize, seed: u64) -> PolarsResult<DataFrame> {
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let amount: Vec<f64> = (0..rows).map(|_| next() as f64 / 1e7).collect();
    let weight: Vec<Option<f64>> =
        (0..rows).map(|_| next()).map(|x| (x % 20 != 0).then_some((x % 50_000) as f64 / 100.0)).collect();
    let count: Vec<i64> = (0..rows).map(|_| (next() % 1_000_000) as i64).collect();
    let group: Vec<String> = (0..rows).map(|_| format!("group {}", next() % 50)).collect();
    let id: Vec<i64> = (0..rows as i64).collect();
    df!("id" => id, "amount" => amount, "weight" => weight, "count" => count, "group" => group)
}
