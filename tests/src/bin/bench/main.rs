//! The figures that Cairn promises, measured and printed beside the peer's in the same run.
//!
//! `cargo xtask bench` builds and runs it; `bench import onehot profile grid sweep memory` chooses. Peers of Python's
//! run in the interpreter that `CAIRN_PYTHON` names (`cargo xtask bench` makes one with pandas and scikit-learn);
//! without it their column stays empty.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and a failure ends it")]

mod tables;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use cairn_protocol::{
    Request, Response,
    notebook::{Cell, CellBody, Edit},
};
use cairn_tests::{ask, command, sample};

fn main() {
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    if let [peak, file] = chosen.as_slice()
        && peak == "--peak"
    {
        return tables::print_peak(Path::new(file));
    }
    let wants = |name: &str| chosen.is_empty() || chosen.iter().any(|given| given == name);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!("{} {}, {threads} threads\n", std::env::consts::OS, std::env::consts::ARCH);
    println!("{:<44} {:>12} {:>12} {:>14}", "what", "Cairn", "peer", "bound");
    let temp = tempfile::tempdir().unwrap();
    if wants("import") {
        tables::import(temp.path());
    }
    if wants("profile") {
        tables::profile(temp.path());
    }
    if wants("onehot") {
        tables::one_hot(temp.path());
    }
    if wants("grid") {
        tables::grid(temp.path());
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
