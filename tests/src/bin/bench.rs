//! The figures that Cairn promises, measured and printed beside the peer's in the same run.
//!
//! `cargo xtask bench` builds and runs it; `bench import grid sweep memory` chooses.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and a failure ends it")]

use std::{
    fmt::Write as _,
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use cairn_protocol::{
    Request, Response,
    notebook::{Cell, CellBody, Edit, ImportOptions},
    table::{TableQuery, TableRef},
};
use cairn_tests::{ask, command, engine, sample};
use polars::prelude::{LazyCsvReader, LazyFileListReader, PlRefPath};

fn main() {
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    let wants = |name: &str| chosen.is_empty() || chosen.iter().any(|given| given == name);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!("{} {}, {threads} threads\n", std::env::consts::OS, std::env::consts::ARCH);
    println!("{:<44} {:>12} {:>12} {:>14}", "what", "Cairn", "peer", "bound");
    let temp = tempfile::tempdir().unwrap();
    if wants("import") {
        import(temp.path());
    }
    if wants("grid") {
        grid(temp.path());
    }
    if wants("sweep") {
        sweep(temp.path());
    }
    if wants("memory") {
        memory(temp.path());
    }
}

fn line(what: &str, ours: &str, peer: &str, bound: &str) {
    println!("{what:<44} {ours:>12} {peer:>12} {bound:>14}");
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// A small generator of numbers that is the same everywhere (SplitMix64, Steele et al. 2014).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

fn write_csv(path: &Path, rows: usize, columns: usize) {
    const WORDS: [&str; 6] = ["never", "former", "current", "unknown", "private", "public"];
    let mut out = std::io::BufWriter::with_capacity(1 << 20, std::fs::File::create(path).unwrap());
    let names: Vec<String> = (0..columns).map(|column| format!("c{column}")).collect();
    writeln!(out, "{}", names.join(",")).unwrap();
    let mut numbers = Numbers(1);
    let mut text = String::new();
    for row in 0..rows {
        text.clear();
        for column in 0..columns {
            if column > 0 {
                text.push(',');
            }
            let random = numbers.next();
            match column % 4 {
                0 => write!(text, "{}", random % 100_000).unwrap(),
                1 => write!(text, "{:.4}", (random % 10_000_000) as f64 / 1e4).unwrap(),
                2 => text.push_str(WORDS[(random % 6) as usize]),
                _ => write!(text, "{}", row as u64 * 7 + random % 7).unwrap(),
            }
        }
        text.push('\n');
        out.write_all(text.as_bytes()).unwrap();
    }
    out.flush().unwrap();
}

fn import(folder: &Path) {
    let path = folder.join("wide.csv");
    write_csv(&path, 1_000_000, 20);
    let megabytes = std::fs::metadata(&path).unwrap().len() as f64 / 1e6;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let started = Instant::now();
        let frame = LazyCsvReader::new(PlRefPath::try_from_path(&path).unwrap()).finish().unwrap().collect().unwrap();
        theirs.push(started.elapsed());
        assert_eq!(frame.height(), 1_000_000);
        let started = Instant::now();
        let imported = cairn_data::import(&path, &ImportOptions::default(), &cairn_data::NoProgress).unwrap();
        ours.push(started.elapsed());
        assert_eq!((imported.report.rows, imported.report.columns.len()), (1_000_000, 20));
    }
    let (ours, theirs) = (median(ours).as_secs_f64(), median(theirs).as_secs_f64());
    line(
        &format!("import 1,000,000 × 20 CSV ({megabytes:.0} MB)"),
        &format!("{ours:.3} s"),
        &format!("{theirs:.3} s"),
        &format!("{:.2} of 1.5 ×", ours / theirs),
    );
}

fn grid(folder: &Path) {
    let rows = 10_000_000;
    let mut numbers = Numbers(2);
    let columns: Vec<polars::prelude::Column> = (0..30)
        .map(|column| {
            let name = format!("c{column}").into();
            let values: Vec<i64> = (0..rows).map(|_| (numbers.next() % 1_000_000) as i64).collect();
            use polars::prelude::IntoColumn;
            if column % 2 == 0 {
                polars::prelude::Int64Chunked::from_vec(name, values).into_column()
            } else {
                let reals = values.into_iter().map(|value| value as f64 / 1e3).collect();
                polars::prelude::Float64Chunked::from_vec(name, reals).into_column()
            }
        })
        .collect();
    let frame = polars::prelude::DataFrame::new(rows, columns).unwrap();
    let engine = engine(folder);
    let root = folder.join("grid");
    ask(&engine, Request::NewProject { path: root.display().to_string(), sample: None });
    cairn_data::export(&frame, &root.join("data/big.arrow")).unwrap();
    drop(frame);
    let page = |first_row: u64| Request::Page {
        table: TableRef::File { path: "data/big.arrow".into() },
        query: TableQuery::default(),
        first_row,
        rows: 100,
        first_column: 0,
        columns: 30,
    };
    ask(&engine, page(0));
    let mut times = Vec::new();
    for _ in 0..2_000 {
        let request = page(numbers.next() % (rows as u64 - 100));
        let started = Instant::now();
        let Response::Page(page) = ask(&engine, request) else { unreachable!("a page") };
        let bytes = serde_json::to_vec(&page).unwrap();
        times.push(started.elapsed());
        assert!(page.row_numbers.len() == 100 && !bytes.is_empty());
    }
    times.sort();
    let at = |share: f64| format!("{:.2} ms", times[(times.len() as f64 * share) as usize].as_secs_f64() * 1e3);
    line("grid: 100 × 30 window of 10,000,000 rows, p50", &at(0.5), "", "");
    line("grid: the same, p99, with its JSON", &at(0.99), "", "5 ms");
}

fn sweep(folder: &Path) {
    let engine = sample(folder, "stroke");
    let path = "stroke.cairn".to_owned();
    let Response::Notebook(view) = ask(&engine, Request::OpenNotebook { path: path.clone() }) else {
        unreachable!("a notebook")
    };
    let mut body = view.notebook.cells.iter().find(|cell| cell.name == "Search").unwrap().body.clone();
    if let CellBody::Sweep(sweep) = &mut body {
        sweep.trials = Some(60);
        sweep.parallel = 1;
        sweep.params.insert("trees".into(), cairn_protocol::ParamValue::Int(30));
    }
    let cell = Cell { name: "Bench".into(), body };
    ask(
        &engine,
        Request::EditNotebook { path: path.clone(), edits: vec![Edit::AddCell { after: Some("Encode".into()), cell }] },
    );
    let run = |cells: &[&str]| {
        let cells = cells.iter().map(|name| (*name).to_owned()).collect();
        ask(&engine, Request::RunCellsAndWait { path: path.clone(), cells, set: Vec::new() });
    };
    run(&["Encode"]);
    run(&["Bench"]);
    let Response::CellResult(result) = ask(&engine, Request::CellResult { path, cell: "Bench".into() }) else {
        unreachable!("a result")
    };
    let cairn_protocol::results::CellResult::Sweep(state) = *result else { unreachable!("a sweep") };
    let mut overheads: Vec<f64> = Vec::new();
    for trial in &state.trials[1..] {
        let Response::Trained(trained) = ask(&engine, Request::Run { id: trial.run_id.clone() }) else {
            unreachable!("a run")
        };
        let own = trained.run.metrics["kernel.train_secs"].0;
        overheads.push((trial.duration_secs - own) * 1e3);
    }
    overheads.sort_by(f64::total_cmp);
    let at = |share: f64| format!("{:.1} ms", overheads[(overheads.len() as f64 * share) as usize]);
    line("sweep: overhead a trial, 20,000 × 45, median", &at(0.5), "", "20 ms");
    line("sweep: the same, p90", &at(0.9), "", "");
}

fn memory(folder: &Path) {
    let made = cairn_tests::cairn(folder, &["new", "idle", "--sample", "stroke"]);
    assert_eq!(made.code, 0, "{made:?}");
    let started = Instant::now();
    let mut server = command(folder, &["serve", "--project", "idle", "--listen", "127.0.0.1:0", "--json"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line_of_url = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(server.stdout.take().unwrap()), &mut line_of_url).unwrap();
    let ready = started.elapsed();
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap_or_default();
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.trim().split(' ').next()?.parse::<f64>().ok())
        .map_or("unknown".to_owned(), |kilobytes| format!("{:.0} MB", kilobytes / 1e3));
    server.kill().unwrap();
    server.wait().unwrap();
    line("engine: idle with the stroke project open", &resident, "", "150 MB");
    line("engine: from start to serving", &format!("{:.0} ms", ready.as_secs_f64() * 1e3), "", "");
}
