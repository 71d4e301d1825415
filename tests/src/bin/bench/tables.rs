//! Reading, profiling, encoding and paging of large tables, beside polars, pandas and scikit-learn.

use std::{
    fmt::Write as _,
    io::Write as _,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use cairn_data::{Around, NoProgress, Table};
use cairn_protocol::{
    ParamValue, Request, Response,
    notebook::ImportOptions,
    steps::{Condition, FitScope, OneHot, SortKey, Step, StepOp, Test},
    table::{TableQuery, TableRef},
};
use cairn_tests::{ask, engine};
use polars::prelude::{
    Column, DataFrame, Float64Chunked, Int64Chunked, IntoColumn, LazyCsvReader, LazyFileListReader, NewChunkedArray,
    PlRefPath, StringChunked, UInt8Chunked,
};

use crate::{line, median};

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

const WORDS: [&str; 6] = ["never", "former", "current", "unknown", "private", "public"];

/// How a generated file looks.
#[derive(Clone, Copy, PartialEq)]
enum Look {
    /// Nothing quoted, every record whole.
    Clean,
    /// One record in a thousand is ragged, one in a hundred holds a quoted line end.
    Dirty,
}

fn write_csv(path: &Path, rows: usize, columns: usize, look: Look) -> f64 {
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
                2 if look == Look::Dirty && row % 100 == 3 => text.push_str("\"two\nlines, \"\"quoted\"\"\""),
                2 => text.push_str(WORDS[(random % 6) as usize]),
                _ => write!(text, "{}", row as u64 * 7 + random % 7).unwrap(),
            }
        }
        if look == Look::Dirty && row % 1000 == 7 {
            text.push_str(",one,more,than,names");
        }
        text.push('\n');
        out.write_all(text.as_bytes()).unwrap();
    }
    out.flush().unwrap();
    std::fs::metadata(path).unwrap().len() as f64 / 1e6
}

/// Runs a snippet of Python that prints the seconds it measured; none without an interpreter.
fn python(code: &str) -> Option<f64> {
    let interpreter = std::env::var_os("CAIRN_PYTHON")?;
    let out = Command::new(interpreter).args(["-c", code]).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).trim().parse().ok()
}

fn shown(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "-".into(), |seconds| format!("{seconds:.3} s"))
}

fn import_secs(path: &Path, rows: u64) -> f64 {
    let started = Instant::now();
    let imported = cairn_data::import(path, &ImportOptions::default(), &NoProgress).unwrap();
    let took = started.elapsed().as_secs_f64();
    assert_eq!(imported.report.rows + imported.report.rejects_total, rows);
    took
}

/// A clean file of 1 GB beside polars and pandas, a dirty one, and the peak of memory.
pub fn import(folder: &Path) {
    let path = folder.join("wide.csv");
    let rows = 6_700_000;
    let megabytes = write_csv(&path, rows, 20, Look::Clean);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let started = Instant::now();
        let frame = LazyCsvReader::new(PlRefPath::try_from_path(&path).unwrap()).finish().unwrap().collect().unwrap();
        theirs.push(started.elapsed());
        assert_eq!(frame.height(), rows);
        drop(frame);
        ours.push(Duration::from_secs_f64(import_secs(&path, rows as u64)));
    }
    let (ours, theirs) = (median(ours).as_secs_f64(), median(theirs).as_secs_f64());
    line(
        &format!("import {rows} × 20 CSV ({megabytes:.0} MB); polars"),
        &format!("{ours:.2} s"),
        &format!("{theirs:.2} s"),
        &format!("{:.2} of 1.2 ×", ours / theirs),
    );
    let pandas = python(&format!(
        "import time, pandas\nt = time.time()\nf = pandas.read_csv({:?})\nassert len(f) == {rows}\nprint(time.time() - t)",
        path.display().to_string()
    ));
    let bound = pandas.map_or_else(String::new, |pandas| format!("{:.1} of 3 ×", pandas / ours));
    line("import: the same; pandas", &format!("{ours:.2} s"), &shown(pandas), &bound);
    let own = std::env::current_exe().unwrap();
    let peak = Command::new(own).arg("--peak").arg(&path).output().unwrap();
    let peak = String::from_utf8_lossy(&peak.stdout).into_owned();
    line("import: peak memory / frame", peak.trim(), "", "2.5 ×");
    std::fs::remove_file(&path).unwrap();
    let path = folder.join("dirty.csv");
    let megabytes = write_csv(&path, 1_000_000, 20, Look::Dirty);
    let seconds = import_secs(&path, 1_000_000);
    let rate = format!("{:.0} MB/s", megabytes / seconds);
    line(&format!("import: ragged and quoted ({megabytes:.0} MB)"), &rate, "", "150 MB/s");
    std::fs::remove_file(&path).unwrap();
}

/// Reads a file in a process of its own and prints the peak of its resident memory against the frame's size.
pub fn print_peak(path: &Path) {
    let imported = cairn_data::import(path, &ImportOptions::default(), &NoProgress).unwrap();
    let frame = imported.frame.estimated_size() as f64;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().split(' ').next()?.parse::<f64>().ok());
    match peak {
        Some(kilobytes) => println!("{:.2} ×", kilobytes * 1024.0 / frame),
        None => println!("unknown"),
    }
}

/// All figures of a table of three million rows.
pub fn profile(folder: &Path) {
    let path = folder.join("long.csv");
    write_csv(&path, 3_000_000, 5, Look::Clean);
    let imported = cairn_data::import(&path, &ImportOptions::default(), &NoProgress).unwrap();
    let times = (0..3).map(|_| {
        let started = Instant::now();
        let profile = cairn_data::profile(&imported.frame);
        assert_eq!((profile.rows_profiled, profile.columns.len()), (3_000_000, 5));
        started.elapsed()
    });
    let took = median(times.collect());
    line("profile: 3,000,000 × 5, all rows", &format!("{:.2} s", took.as_secs_f64()), "", "1 s");
}

/// One-hot encoding of three columns of fifty levels, beside scikit-learn's dense output.
pub fn one_hot(folder: &Path) {
    let rows = 1_000_000;
    let mut numbers = Numbers(3);
    let columns: Vec<Column> = (0..3)
        .map(|column| {
            let cells = (0..rows).map(|_| format!("level {:02}", numbers.next() % 50));
            StringChunked::from_iter_values(format!("c{column}").into(), cells).into_column()
        })
        .collect();
    let frame = DataFrame::new(rows, columns).unwrap();
    let path = folder.join("levels.parquet");
    cairn_data::export(&frame, &path).unwrap();
    let op = StepOp::OneHot(OneHot {
        columns: vec!["c0".into(), "c1".into(), "c2".into()],
        fit: FitScope::All,
        ..OneHot::default()
    });
    let steps = [Step { op, enabled: true }];
    let table = Table::new(frame);
    let times = (0..3).map(|_| {
        let started = Instant::now();
        let run = cairn_data::run_recipe(&table, &steps, &Around::default(), &NoProgress).unwrap();
        assert_eq!(run.table.frame.width(), 150);
        started.elapsed()
    });
    let ours = median(times.collect()).as_secs_f64();
    let theirs = python(&format!(
        "import time, pandas\nfrom sklearn.preprocessing import OneHotEncoder\nf = pandas.read_csv({:?}, dtype=str)\nt = time.time()\nx = OneHotEncoder(sparse_output=False).fit_transform(f)\nassert x.shape == ({rows}, 150)\nprint(time.time() - t)",
        {
            let csv = folder.join("levels.csv");
            cairn_data::export(&table.frame, &csv).unwrap();
            csv.display().to_string()
        }
    ));
    let bound = theirs.map_or_else(String::new, |theirs| format!("{:.1} of 5 ×", theirs / ours));
    line("one-hot: 1,000,000 × 3 × 50 levels; scikit-learn", &format!("{ours:.3} s"), &shown(theirs), &bound);
}

/// Windows of ten million rows and two hundred columns through the door: as they stand, sorted, filtered.
pub fn grid(folder: &Path) {
    let rows = 10_000_000;
    let mut numbers = Numbers(2);
    let columns: Vec<Column> = (0..200)
        .map(|column| {
            let name = format!("c{column}").into();
            if column >= 30 {
                let values = (0..rows).map(|row| (row % 251) as u8 ^ column as u8).collect();
                return UInt8Chunked::from_vec(name, values).into_column();
            }
            let values: Vec<i64> = (0..rows).map(|_| (numbers.next() % 1_000_000) as i64).collect();
            if column % 2 == 0 {
                Int64Chunked::from_vec(name, values).into_column()
            } else {
                let reals = values.into_iter().map(|value| value as f64 / 1e3).collect();
                Float64Chunked::from_vec(name, reals).into_column()
            }
        })
        .collect();
    let frame = DataFrame::new(rows, columns).unwrap();
    let engine = engine(folder);
    let root = folder.join("grid");
    ask(&engine, Request::NewProject { path: root.display().to_string(), sample: None });
    cairn_data::export(&frame, &root.join("data/big.arrow")).unwrap();
    drop(frame);
    let half = Condition { column: "c2".into(), test: Test::Less, value: Some(ParamValue::Int(500_000)), other: None };
    let key = |column: &str, descending| SortKey { column: column.into(), descending };
    let views = [
        ("as it stands", TableQuery::default()),
        ("sorted", TableQuery { sort: vec![key("c1", true)], ..TableQuery::default() }),
        // c40 has 256 values at most: the second key has much to say.
        ("sorted by two", TableQuery { sort: vec![key("c40", false), key("c1", true)], ..TableQuery::default() }),
        (
            "sorted and filtered",
            TableQuery { sort: vec![key("c1", false)], conditions: vec![half], ..TableQuery::default() },
        ),
    ];
    for (name, query) in views {
        let page = |first_row: u64| Request::Page {
            table: TableRef::File { path: "data/big.arrow".into() },
            query: query.clone(),
            first_row,
            rows: 100,
            first_column: 0,
            columns: 30,
        };
        let started = Instant::now();
        let Response::Page(first) = ask(&engine, page(0)) else { unreachable!("a page") };
        let ordering = started.elapsed();
        let mut times = Vec::new();
        for _ in 0..2_000 {
            let request = page(numbers.next() % (first.rows_total - 100));
            let started = Instant::now();
            let Response::Page(page) = ask(&engine, request) else { unreachable!("a page") };
            let bytes = serde_json::to_vec(&page).unwrap();
            times.push(started.elapsed());
            assert!(page.row_numbers.len() == 100 && !bytes.is_empty());
        }
        times.sort();
        let at = |share: f64| format!("{:.2} ms", times[(times.len() as f64 * share) as usize].as_secs_f64() * 1e3);
        line(&format!("grid: 100 × 30 of 10,000,000 × 200 {name}, p50"), &at(0.5), "", "");
        line("grid: the same, p99, with its JSON", &at(0.99), "", "5 ms");
        line("grid: the first window of it", &format!("{:.2} s", ordering.as_secs_f64()), "", "");
    }
}
