//! Times fitted steps: one-hot of 1 M rows × 3 columns × 50 levels, scaling of 1 M × 20, filling from neighbours of
//! 20,000 × 10. With the path of a Python that has scikit-learn, the same in scikit-learn in the same run.
//!
//!     cargo run --release -p cairn-data --example steps_bench [PYTHON]

use std::{process::Command, time::Instant};

use cairn_data::{Around, NoProgress, Table, run_recipe};
use cairn_protocol::steps::Step;
use polars::prelude::*;

/// Makes the same kinds of tables, and prints a line for each figure.
const PEER: &str = r#"
import time, numpy as np, pandas as pd
from sklearn.preprocessing import OneHotEncoder, StandardScaler, PowerTransformer, QuantileTransformer, TargetEncoder
from sklearn.impute import KNNImputer
rng = np.random.default_rng(1)
def timed(name, run):
    best = min(one(run) for _ in range(2))
    print(f"{name:<28} {best:>8.3f} s  scikit-learn", flush=True)
def one(run):
    start = time.perf_counter(); run(); return time.perf_counter() - start
levels = np.array([f"level {at}" for at in range(50)], dtype=object)
text = pd.DataFrame({f"c{at}": levels[rng.integers(0, 50, 1_000_000)] for at in range(3)})
timed("one-hot 1 M x 3 x 50", lambda: OneHotEncoder(sparse_output=False, dtype=np.uint8).fit_transform(text))
y = rng.normal(0, 1, 1_000_000)
timed("target encode 1 M x 3", lambda: TargetEncoder().fit_transform(text, y))
x = rng.normal(0, 1, (1_000_000, 20))
timed("scale standard 1 M x 20", lambda: StandardScaler().fit_transform(x))
timed("scale quantile 1 M x 20", lambda: QuantileTransformer(subsample=None).fit_transform(x))
timed("scale yeo-johnson 1 M x 2", lambda: PowerTransformer().fit_transform(x[:, :2]))
holes = x[:20_000, :10].copy(); holes[rng.random(holes.shape) < 0.05] = np.nan
timed("knn 20 k x 10", lambda: KNNImputer().fit_transform(holes))
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut state = 1u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let rows = 1_000_000usize;
    let mut text = Vec::new();
    for at in 0..3 {
        let cells: Vec<String> = (0..rows).map(|_| format!("level {}", next() % 50)).collect();
        text.push(Column::new(format!("c{at}").into(), cells));
    }
    let mut numbers = Vec::new();
    for at in 0..20 {
        let cells: Vec<f64> =
            (0..rows).map(|_| (0..4).map(|_| next() as f64 / (1u64 << 31) as f64 - 0.5).sum()).collect();
        numbers.push(Column::new(format!("x{at}").into(), cells));
    }
    text.push(numbers[0].clone().with_name("y".into()));
    let holes: Vec<Column> = numbers[..10]
        .iter()
        .map(|column| {
            let cells: Vec<Option<f64>> = column
                .head(Some(20_000))
                .as_materialized_series()
                .f64()
                .map(|cells| cells.iter().map(|cell| cell.filter(|_| next() % 20 != 0)).collect())
                .unwrap_or_default();
            Column::new(column.name().clone(), cells)
        })
        .collect();
    let names = |prefix: &str, count: usize| {
        let names: Vec<String> = (0..count).map(|at| format!("\"{prefix}{at}\"")).collect();
        format!("[{}]", names.join(","))
    };
    let timed = |name: &str, frame: &DataFrame, step: String| -> Result<(), Box<dyn std::error::Error>> {
        let steps: Vec<Step> = serde_json::from_str(&format!("[{step}]"))?;
        let table = Table::new(frame.clone());
        let mut best = f64::INFINITY;
        for _ in 0..3 {
            let start = Instant::now();
            run_recipe(&table, &steps, &Around::default(), &NoProgress)?;
            best = best.min(start.elapsed().as_secs_f64());
        }
        eprintln!("{name:<28} {best:>8.3} s  cairn");
        Ok(())
    };
    let text = DataFrame::new(rows, text)?;
    let numbers = DataFrame::new(rows, numbers)?;
    let holes = DataFrame::new(20_000, holes)?;
    let scale = |method: &str, count: usize| {
        format!(r#"{{"op":"scale","columns":{},"method":"{method}","fit":"all"}}"#, names("x", count))
    };
    let of_text = |op: &str| format!(r#"{{"op":"{op}","columns":{},"target":"y","fit":"all"}}"#, names("c", 3));
    timed("one-hot 1 M x 3 x 50", &text, of_text("one_hot"))?;
    timed("target encode 1 M x 3", &text, of_text("target_encode"))?;
    timed("scale standard 1 M x 20", &numbers, scale("standard", 20))?;
    timed("scale quantile 1 M x 20", &numbers, scale("quantile", 20))?;
    timed("scale yeo-johnson 1 M x 2", &numbers, scale("yeo_johnson", 2))?;
    let knn = format!(r#"{{"op":"impute","columns":{},"strategy":"knn","fit":"all"}}"#, names("x", 10));
    timed("knn 20 k x 10", &holes, knn)?;
    if let Some(python) = std::env::args().nth(1) {
        Command::new(python).args(["-c", PEER]).status()?;
    }
    Ok(())
}
