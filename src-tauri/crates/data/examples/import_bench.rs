//! Our importer beside polars' own CSV reader and, where `python3` has it, pandas: the same file, the same machine, the
//! median of five runs each.
//!
//! `cargo run --example import_bench [ROWS]` makes tables of 20 columns (whole numbers, floats, text) in a temporary
//! folder: clean, with all text quoted (commas, doubled quotes and line ends inside), and dirty (one record in fifty
//! ragged, with a stray or an unclosed quote). `import_bench FILE` reads a file; `import_bench ROWS memory` only imports
//! the clean table, and says how much memory that took at most.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use cairn_data::{NoProgress, import, profile};
use cairn_protocol::notebook::ImportOptions;
use polars::prelude::{LazyCsvReader, LazyFileListReader, PlRefPath};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Clean,
    Quoted,
    Dirty,
}

fn make(path: &Path, rows: usize, look: Look) -> Outcome<()> {
    const WORDS: [&str; 8] = ["north", "south", "east", "west", "a longer piece of text", "x", "café", "two words"];
    const QUOTED: [&str; 4] = ["\"one, two\"", "\"say \"\"hi\"\" to them\"", "\"two\nlines\"", "\"plain\""];
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
                2 if look == Look::Quoted => line.push_str(QUOTED[random as usize % 4]),
                2 => line.push_str(WORDS[random as usize % 8]),
                3 => write!(line, "{}", random % 7)?,
                _ => write!(line, "{:.2}", random as f64 / 1e7 - 100.0)?,
            }
        }
        if look == Look::Dirty {
            match row % 150 {
                10 => line.push_str(",surplus"),
                60 => line.truncate(line.rfind(',').unwrap_or(0)),
                110 => line = line.replacen(",north,", ",\"north,", 1),
                140 => line = line.replacen("south", "5\" pipe", 1),
                _ => {}
            }
        }
        line.push('\n');
        file.write_all(line.as_bytes())?;
    }
    file.flush()?;
    Ok(())
}

/// Seconds that pandas takes for a file; nothing where it is not there or refuses.
fn pandas(path: &Path) -> Option<f64> {
    const CODE: &str = "import sys, time, pandas\nt = time.perf_counter()\npandas.read_csv(sys.argv[1])\n\
        print(time.perf_counter() - t)";
    let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let times = (0..3).map(|_| {
        let output = std::process::Command::new(&python).arg("-c").arg(CODE).arg(path).output().ok()?;
        String::from_utf8_lossy(&output.stdout).trim().parse().ok()
    });
    times.collect::<Option<Vec<f64>>>().map(median)
}

fn compare(what: &str, path: &Path) -> Outcome<()> {
    let mut out = std::io::stdout();
    let megabytes = std::fs::metadata(path)?.len() as f64 / 1e6;
    let (mut ours, mut theirs, mut profiles) = (Vec::new(), Vec::new(), Vec::new());
    let mut refused = None;
    for round in 0..5 {
        let begin = Instant::now();
        let read = import(path, &ImportOptions::default(), &NoProgress)?;
        ours.push(begin.elapsed().as_secs_f64());
        let begin = Instant::now();
        match LazyCsvReader::new(PlRefPath::new(path.to_string_lossy())).finish().and_then(|lazy| lazy.collect()) {
            Ok(peer) if peer.shape() != read.frame.shape() => refused = Some(format!("it found {:?}", peer.shape())),
            Ok(_) => theirs.push(begin.elapsed().as_secs_f64()),
            Err(error) => refused = Some(error.to_string().chars().take(90).collect()),
        }
        profiles.push(profile(&read.frame).elapsed_secs);
        if round == 0 {
            let (rows, columns) = read.frame.shape();
            let threads = rayon::current_num_threads();
            writeln!(out, "{what}: {rows} rows × {columns} columns, {megabytes:.0} MB, {threads} threads")?;
            writeln!(out, "  rejected: {}; notes: {:?}", read.report.rejects_total, read.report.notes)?;
        }
    }
    let ours = median(ours);
    writeln!(out, "  import, BLAKE3 and report: {ours:.3} s ({:.0} MB/s)", megabytes / ours)?;
    match refused {
        None => {
            let theirs = median(theirs);
            writeln!(out, "  polars scan_csv().collect(): {theirs:.3} s; ours / theirs = {:.2}", ours / theirs)?;
        }
        Some(why) => writeln!(out, "  polars scan_csv().collect() differs: {why}")?,
    }
    match pandas(path) {
        Some(theirs) => writeln!(out, "  pandas read_csv: {theirs:.3} s; ours / theirs = {:.2}", ours / theirs)?,
        None => writeln!(out, "  pandas read_csv: not there, or it refuses the file")?,
    }
    writeln!(out, "  profile of all rows: {:.3} s", median(profiles))?;
    Ok(())
}

/// The most memory this process held, in bytes; nothing on systems that do not say.
fn peak_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kilobytes| kilobytes * 1024.0)
}

/// What of the peak is the mapped file: pages that the system takes back when it needs them.
fn memory(path: &Path) -> Outcome<()> {
    let mut out = std::io::stdout();
    let before = peak_bytes().unwrap_or(0.0);
    let read = import(path, &ImportOptions::default(), &NoProgress)?;
    let frame = read.frame.estimated_size() as f64;
    let file = std::fs::metadata(path)?.len() as f64;
    let peak = peak_bytes().unwrap_or(0.0) - before;
    writeln!(
        out,
        "frame {:.0} MB, file {:.0} MB; peak with the mapped file {:.0} MB = {:.2} × the frame, without it {:.2} ×",
        frame / 1e6,
        file / 1e6,
        peak / 1e6,
        peak / frame,
        (peak - file) / frame
    )?;
    Ok(())
}

fn main() -> Outcome<()> {
    let wanted = std::env::args().nth(1).unwrap_or_else(|| "1000000".into());
    let Ok(rows) = wanted.parse() else { return compare(&wanted, Path::new(&wanted)) };
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("bench.csv");
    if std::env::args().nth(2).as_deref() == Some("memory") {
        make(&path, rows, Look::Clean)?;
        return memory(&path);
    }
    for (what, look) in [("clean", Look::Clean), ("quoted", Look::Quoted), ("dirty", Look::Dirty)] {
        make(&path, rows, look)?;
        compare(what, &path)?;
    }
    Ok(())
}
