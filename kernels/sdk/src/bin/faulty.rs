//! A kernel that misbehaves on request, for tests of hosts. Its first argument, or the variable
//! `CAIRN_FAULTY`, says how; without one it behaves, training for ever in steps of 10 ms until it is cancelled.
//!
//! ```text
//! exit-at-hello   says why on standard error and exits with 3 before it answers
//! garbage         answers the hello with a line that is not JSON
//! version         answers with another protocol version
//! hang            does not answer the hello for ten minutes
//! crash           aborts after three metrics
//! vanish          exits with 0 after three metrics, without an answer
//! deaf            never answers a cancel
//! late-garbage    writes a line that is not JSON after three metrics, then goes on
//! fail            answers a train with Failed
//! ```

use std::io::{BufRead, Write};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::Duration;

use cairn_kernel_protocol::{
    Algorithm, Device, FromKernel, Hyperparameter, HyperparameterKind, KernelHello, PROTOCOL_VERSION, ParamValue, Task,
    ToKernel,
};

fn main() -> std::io::Result<()> {
    let fault = std::env::args().nth(1).or_else(|| std::env::var("CAIRN_FAULTY").ok()).unwrap_or_default();
    let (queue, incoming) = channel();
    std::thread::spawn(move || {
        let lines = std::io::stdin().lock().lines().map_while(Result::ok);
        let messages = lines.filter_map(|line| serde_json::from_str::<ToKernel>(&line).ok());
        for message in messages {
            if queue.send(message).is_err() {
                break;
            }
        }
    });
    while let Ok(message) = incoming.recv() {
        match message {
            ToKernel::Hello(_) => greet(&fault)?,
            ToKernel::Train(train) => work(&fault, &train.run, &incoming)?,
            ToKernel::Predict(predict) => say(&failed(predict.run))?,
            ToKernel::Explain(explain) => say(&failed(explain.run))?,
            ToKernel::Cancel { .. } => {}
            ToKernel::Shutdown => break,
        }
    }
    Ok(())
}

fn say(message: &FromKernel) -> std::io::Result<()> {
    say_line(&serde_json::to_string(message)?)
}

fn say_line(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

fn failed(run: String) -> FromKernel {
    FromKernel::Failed { run, message: "The faulty kernel fails on request".into(), hint: "Expect it".into() }
}

fn greet(fault: &str) -> std::io::Result<()> {
    match fault {
        "exit-at-hello" => {
            eprintln!("libfaulty.so.3: cannot open shared object file");
            std::process::exit(3);
        }
        "garbage" => return say_line("Welcome to the faulty kernel!"),
        "hang" => std::thread::sleep(Duration::from_secs(600)),
        _ => {}
    }
    let steps = Hyperparameter {
        name: "steps".into(),
        title: "Steps".into(),
        kind: HyperparameterKind::Int { low: 1, high: 1_000_000, log: true, search: None },
        default: ParamValue::Int(1_000_000),
        help: "Steps before it gives up".into(),
        unit: "steps".into(),
    };
    let algorithm = Algorithm {
        name: "faulty".into(),
        title: "Faulty".into(),
        help: "Never gives a model".into(),
        tasks: vec![Task::Binary, Task::Multiclass, Task::Regression],
        takes_missing: true,
        params: vec![steps],
    };
    say(&FromKernel::Hello(KernelHello {
        protocol: if fault == "version" { PROTOCOL_VERSION + 1 } else { PROTOCOL_VERSION },
        name: "faulty".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        devices: vec![Device { id: "cpu".into(), name: "CPU".into(), memory_bytes: None }],
        algorithms: vec![algorithm],
    }))
}

fn work(fault: &str, run: &str, incoming: &Receiver<ToKernel>) -> std::io::Result<()> {
    let run = run.to_owned();
    if fault == "fail" {
        return say(&failed(run));
    }
    say(&FromKernel::Started { run: run.clone(), steps: Some(1_000_000) })?;
    for step in 1..=1_000_000u32 {
        let values = [("train.rmse".to_owned(), 1.0 / f64::from(step))].into();
        say(&FromKernel::Metrics { run: run.clone(), step: step.into(), values })?;
        std::thread::sleep(Duration::from_millis(10));
        match fault {
            "crash" if step == 3 => std::process::abort(),
            "vanish" if step == 3 => std::process::exit(0),
            "late-garbage" if step == 3 => say_line("\u{1b}[31mwarning: something printed to stdout")?,
            _ => {}
        }
        match incoming.try_recv() {
            Ok(ToKernel::Cancel { run: wished }) if wished == run && fault != "deaf" => {
                return say(&FromKernel::Cancelled { run });
            }
            Ok(ToKernel::Shutdown) | Err(TryRecvError::Disconnected) if fault != "deaf" => std::process::exit(0),
            _ => {}
        }
    }
    say(&failed(run))
}
