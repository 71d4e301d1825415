//! Times the kernel's algorithms on made tables and writes the tables for `bench.py`, which times scikit-learn's.
//!
//! ```text
//! cargo run -p cairn-kernel-classic --example classic_bench -- /tmp/bench [forest|knn|lasso|svm]
//! V/bin/python kernels/classic/examples/bench.py /tmp/bench
//! ```
//!
//! A time is that of training and of scoring all rows, the median of three warm runs on two threads.
#![expect(clippy::print_stdout, reason = "a program for people")]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use arrow_array::{ArrayRef, Float64Array, RecordBatch, UInt8Array};
use arrow_ipc::writer::FileWriter;
use cairn_kernel_sdk::protocol::{
    FromKernel, Hello, PROTOCOL_VERSION, ParamValue, Params, Task, ToKernel, Train, TrainingTable,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A table that was made, and its file.
struct Made {
    table: TrainingTable,
    folder: PathBuf,
    name: String,
}

/// One algorithm on one table.
struct Bench {
    kind: &'static str,
    algorithm: &'static str,
    rows: usize,
    columns: usize,
    task: Task,
    params: &'static [(&'static str, &'static str)],
}

const BENCHES: &[Bench] = &[
    Bench { kind: "forest", algorithm: "random_forest", rows: 20_000, columns: 40, task: Task::Binary, params: &[] },
    Bench { kind: "forest", algorithm: "random_forest", rows: 200_000, columns: 20, task: Task::Binary, params: &[] },
    Bench { kind: "forest", algorithm: "extra_trees", rows: 200_000, columns: 20, task: Task::Binary, params: &[] },
    Bench {
        kind: "forest",
        algorithm: "random_forest",
        rows: 20_000,
        columns: 40,
        task: Task::Regression,
        params: &[],
    },
    Bench { kind: "knn", algorithm: "nearest_neighbours", rows: 20_000, columns: 20, task: Task::Binary, params: &[] },
    Bench {
        kind: "lasso",
        algorithm: "lasso",
        rows: 200_000,
        columns: 100,
        task: Task::Regression,
        params: &[("alpha", "0.01")],
    },
    Bench { kind: "svm", algorithm: "linear_svm", rows: 200_000, columns: 20, task: Task::Binary, params: &[] },
    Bench {
        kind: "svm",
        algorithm: "linear_svm",
        rows: 20_000,
        columns: 40,
        task: Task::Binary,
        params: &[("loss", "hinge"), ("cost", "0.1")],
    },
];

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let folder = PathBuf::from(words.next().context("name a folder for the tables")?);
    let wanted = words.next();
    std::fs::create_dir_all(&folder)?;
    println!("algorithm            task            rows cols   seconds  validation");
    for bench in BENCHES.iter().filter(|bench| wanted.as_deref().is_none_or(|wanted| wanted == bench.kind)) {
        let made = make(&folder, bench.rows, bench.columns, bench.task)?;
        let mut times = vec![];
        let mut shown = String::new();
        for _ in 0..3 {
            let (seconds, metrics) = train(&made, bench)?;
            times.push(seconds);
            shown = metrics;
        }
        times.sort_unstable_by(f64::total_cmp);
        let (task, rows, columns) = (format!("{:?}", bench.task), bench.rows, bench.columns);
        println!("{:<20} {task:<11} {rows:>8} {columns:>4} {:>9.3}  {shown}", bench.algorithm, times[1]);
    }
    Ok(())
}

/// Normal columns, a third of which matter: in a sum, in products and in steps, under noise. Every fifth row
/// validates. The same numbers go into a file that NumPy reads.
fn make(folder: &Path, rows: usize, width: usize, task: Task) -> Result<Made> {
    let name = format!("{}_{rows}_{width}", if task == Task::Regression { "numbers" } else { "classes" });
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut normal = move || {
        let (u, v): (f64, f64) = (random.random(), random.random());
        (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    };
    let columns: Vec<Vec<f64>> = (0..width).map(|_| (0..rows).map(|_| normal()).collect()).collect();
    let matter = (width / 3).max(3);
    let signal = |row: usize| {
        let x = |at: usize| columns[at][row];
        let sum: f64 = (0..matter).map(|at| x(at) / (at + 1) as f64).sum();
        sum + x(0) * x(1) + if x(2) > 0.3 { 1.0 } else { 0.0 }
    };
    let target: Vec<f64> = (0..rows)
        .map(|row| {
            let value = signal(row) + normal();
            if task == Task::Regression { value } else { f64::from(value > 0.3) }
        })
        .collect();
    let mut raw = std::io::BufWriter::new(std::fs::File::create(folder.join(format!("{name}.f64")))?);
    for column in columns.iter().chain([&target]) {
        for value in column {
            raw.write_all(&value.to_le_bytes())?;
        }
    }
    raw.flush()?;
    let path = folder.join(format!("{name}.arrow"));
    let features: Vec<String> = (0..width).map(|at| format!("x{at}")).collect();
    let named = features.iter().cloned().zip(columns);
    let column = |values: Vec<f64>| Arc::new(Float64Array::from(values)) as ArrayRef;
    let part: UInt8Array = (0..rows).map(|row| Some(u8::from(row % 5 == 0))).collect();
    let rest = [("y".to_owned(), column(target)), ("part".to_owned(), Arc::new(part) as ArrayRef)];
    let batch = RecordBatch::try_from_iter(named.map(|(name, values)| (name, column(values))).chain(rest))?;
    let mut writer = FileWriter::try_new_buffered(std::fs::File::create(&path)?, &batch.schema())?;
    writer.write(&batch)?;
    writer.finish()?;
    let path = path.display().to_string();
    let table = TrainingTable { path, features, target: Some("y".into()), part: Some("part".into()) };
    Ok(Made { table, folder: folder.to_owned(), name })
}

/// Seconds and the last validation metrics of one run, by a kernel in this process behind pipes.
fn train(made: &Made, bench: &Bench) -> Result<(f64, String)> {
    let (input, mut to_kernel) = std::io::pipe()?;
    let (from_kernel, output) = std::io::pipe()?;
    let kernel = std::thread::spawn(move || {
        cairn_kernel_sdk::serve(cairn_kernel_classic::Classic::default(), BufReader::new(input), output)
    });
    let value = |text: &str| text.parse().map_or_else(|_| ParamValue::Text(text.into()), ParamValue::Float);
    let params: Params = bench.params.iter().map(|&(name, text)| (name.to_owned(), value(text))).collect();
    let out = |end: &str| made.folder.join(format!("{}.{end}", made.name)).display().to_string();
    let wish = Train {
        run: "r".into(),
        algorithm: bench.algorithm.into(),
        task: bench.task,
        classes: if bench.task == Task::Regression { 0 } else { 2 },
        params,
        table: made.table.clone(),
        device: "cpu".into(),
        threads: 2,
        seed: 1,
        model: out("model"),
        predictions: out("predictions"),
    };
    let hello = ToKernel::Hello(Hello { protocol: PROTOCOL_VERSION, host: "bench".into() });
    for message in [hello, ToKernel::Train(wish)] {
        writeln!(to_kernel, "{}", serde_json::to_string(&message)?)?;
    }
    let mut shown = String::new();
    for line in BufReader::new(from_kernel).lines() {
        match serde_json::from_str(&line?)? {
            FromKernel::Metrics { values, .. } => {
                let last = values.iter().filter(|(name, _)| !name.starts_with("train"));
                let last: Vec<String> = last.map(|(name, value)| format!("{name} {value:.4}")).collect();
                shown = if last.is_empty() { shown } else { last.join(", ") };
            }
            FromKernel::Finished(finished) => {
                drop(to_kernel);
                kernel.join().map_err(|_| anyhow::anyhow!("the kernel broke down"))??;
                return Ok((finished.train_secs, shown));
            }
            FromKernel::Failed { message, .. } => bail!("{message}"),
            _ => {}
        }
    }
    bail!("the kernel went away")
}
