//! Our importer beside polars' own CSV reader: the same file, the same process, the median of five runs each.
//!
//! `cargo run --example import_bench [ROWS]` makes a table of 20 columns (whole numbers, floats, text) in a
//! temporary folder.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;

use cairn_data::{NoProgress, import, profile};
use cairn_protocol::notebook::ImportOptions;
use polars::prelude::{LazyCsvReader, LazyFileListReader, PlRefPath};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn make(path: &std::path::Path, rows: usize) -> Outcome<u64> {
    const WORDS: [&str; 8] = ["north", "south", "east", "west", "a longer piece of text", "x", "café", "two words"];
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    let names: Vec<String> = (0..20).map(|column| format!("c{column}")).collect();
    writeln!(file, "{}", names.join(","))?;
    let mut state = 42u64;
    let mut line = String::new();
    for row in 0..rows {
        line.clear();
        for column in 0..20 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let random = state >> 33;
            if column > 0 {
                line.push(',');
            }
            match column % 5 {
                0 => write!(line, "{}", if column == 0 { row as u64 } else { random % 100_000 })?,
                1 => write!(line, "{:.4}", random as f64 / 1e5)?,
                2 => line.push_str(WORDS[random as usize % 8]),
                3 => write!(line, "{}", random % 7)?,
                _ => write!(line, "{:.2}", random as f64 / 1e7 - 100.0)?,
            }
        }
        line.push('\n');
        file.write_all(line.as_bytes())?;
    }
    file.flush()?;
    Ok(std::fs::metadata(path)?.len())
}

fn main() -> Outcome<()> {
    let wanted = std::env::args().nth(1).unwrap_or_else(|| "1000000".into());
    let folder = tempfile::tempdir()?;
    let mut out = std::io::stdout();
    let path = match wanted.parse() {
        Ok(rows) => {
            let path = folder.path().join("bench.csv");
            make(&path, rows)?;
            path
        }
        Err(_) => wanted.into(),
    };
    let megabytes = std::fs::metadata(&path)?.len() as f64 / 1e6;
    let (mut ours, mut theirs, mut profiles) = (Vec::new(), Vec::new(), Vec::new());
    let mut refused = None;
    for round in 0..5 {
        let begin = Instant::now();
        let read = import(&path, &ImportOptions::default(), &NoProgress)?;
        ours.push(begin.elapsed().as_secs_f64());
        let begin = Instant::now();
        match LazyCsvReader::new(PlRefPath::new(path.to_string_lossy())).finish().and_then(|lazy| lazy.collect()) {
            Ok(peer) if peer.shape() != read.frame.shape() => refused = Some(format!("it found {:?}", peer.shape())),
            Ok(_) => theirs.push(begin.elapsed().as_secs_f64()),
            Err(error) => refused = Some(error.to_string()),
        }
        profiles.push(profile(&read.frame).elapsed_secs);
        if round == 0 {
            let (rows, columns) = read.frame.shape();
            let threads = rayon::current_num_threads();
            writeln!(out, "{rows} rows × {columns} columns, {megabytes:.0} MB, {threads} threads")?;
            writeln!(out, "rejected: {}; notes: {:?}", read.report.rejects_total, read.report.notes)?;
        }
    }
    let ours = median(ours);
    writeln!(out, "import, BLAKE3 and report: {ours:.3} s ({:.0} MB/s)", megabytes / ours)?;
    match refused {
        None => {
            let theirs = median(theirs);
            writeln!(out, "polars scan_csv().collect(): {theirs:.3} s; ours / theirs = {:.2}", ours / theirs)?;
        }
        Some(why) => writeln!(out, "polars scan_csv().collect() differs: {why}")?,
    }
    writeln!(out, "profile of all rows: {:.3} s", median(profiles))?;
    Ok(())
}
