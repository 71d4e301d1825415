//! Conformance of a kernel, for its author: the kernel is started and taken once through the protocol, on a small table.

use std::{path::Path, time::Instant};

use cairn_kernel_protocol::{FromKernel, PROTOCOL_VERSION, ToKernel, Train, TrainingTable};
use cairn_protocol::{
    Algorithm, ErrorInfo, Params, Task,
    results::{Check, CheckOutcome},
};
use polars::prelude::{DataFrame, Float64Chunked, IntoColumn, UInt8Chunked};

use super::{
    find::read,
    process::{Answer, KernelProcess},
};
use crate::{files::io_error, jobs::Job};

/// Rows of the table.
const ROWS: usize = 240;

/// Checks the kernel of a manifest. Whoever asks for it wants the program to run: no approval is needed.
///
/// # Errors
/// The manifest cannot be read, or the table cannot be written; what the kernel does wrong stands in the checks.
pub fn check(manifest: &Path, job: &Job) -> Result<Vec<Check>, ErrorInfo> {
    if !manifest.is_file() {
        let gone = std::io::Error::from(std::io::ErrorKind::NotFound);
        return Err(io_error("cannot read", manifest, &gone));
    }
    let kernel = read(manifest);
    let (program, arguments) = kernel.command?;
    let mut checks = vec![judged("The manifest can be read", true, &kernel.manifest.name)];
    let started = Instant::now();
    let mut process = match KernelProcess::start(&kernel.manifest.name, &program, &arguments) {
        Ok(process) => process,
        Err(error) => {
            checks.push(judged("It greets", false, &error.to_string()));
            return Ok(checks);
        }
    };
    let took = started.elapsed().as_secs_f64() * 1e3;
    checks.push(judged("It greets", true, &format!("protocol {PROTOCOL_VERSION}, {took:.0} ms")));
    let hello = process.hello.clone();
    let named = format!("{} {}", hello.name, hello.version);
    checks.push(judged("Its name is the manifest's", hello.name == kernel.manifest.name, &named));
    let devices: Vec<&str> = hello.devices.iter().map(|device| device.id.as_str()).collect();
    checks.push(judged("It has a device", !devices.is_empty(), &devices.join(", ")));
    let algorithms: Vec<&str> = hello.algorithms.iter().map(|algorithm| algorithm.name.as_str()).collect();
    checks.push(judged("It has an algorithm", !algorithms.is_empty(), &algorithms.join(", ")));
    let folder =
        tempfile::tempdir().map_err(|error| io_error("cannot make a folder in", &std::env::temp_dir(), &error))?;
    for algorithm in &hello.algorithms {
        job.check()?;
        let name = format!("{}: defaults lie within their ranges", algorithm.name);
        let defaults = match algorithm.resolve(&Params::new()) {
            Ok(defaults) => defaults,
            Err(why) => {
                checks.push(judged(&name, false, &why));
                continue;
            }
        };
        checks.push(judged(&name, true, &format!("{} hyperparameters", defaults.len())));
        for task in &algorithm.tasks {
            let (check, alive) = train(&mut process, algorithm, *task, &defaults, folder.path(), job)?;
            checks.push(check);
            if !alive {
                return Ok(checks);
            }
        }
    }
    let (check, alive) = refuses(&mut process, folder.path(), job)?;
    checks.push(check);
    if alive {
        checks.push(judged("It stays warm", process.is_alive(), ""));
    }
    Ok(checks)
}

fn judged(name: &str, sound: bool, figure: &str) -> Check {
    let outcome = if sound { CheckOutcome::Pass } else { CheckOutcome::Fault };
    Check { name: name.to_owned(), outcome, figure: figure.to_owned(), ..Check::default() }
}

fn message(algorithm: &str, task: Task, params: Params, folder: &Path) -> Result<Train, ErrorInfo> {
    let classes = match task {
        Task::Binary => 2_u8,
        Task::Multiclass => 3,
        Task::Regression => 0,
    };
    let spread = |step: usize| -> Vec<f64> { (0..ROWS).map(|row| (row * step % ROWS) as f64 / ROWS as f64).collect() };
    let x = spread(37);
    let target = |x: &f64| if classes == 0 { 3.0 * x + 1.0 } else { (x * f64::from(classes)).floor() };
    let y: Vec<f64> = x.iter().map(target).collect();
    let parts: Vec<u8> = (0..ROWS).map(|row| [0, 0, 0, 1, 2][row % 5]).collect();
    let columns = vec![
        Float64Chunked::from_vec("x".into(), x).into_column(),
        Float64Chunked::from_vec("z".into(), spread(91)).into_column(),
        Float64Chunked::from_vec("y".into(), y).into_column(),
        UInt8Chunked::from_vec("part".into(), parts).into_column(),
    ];
    let frame = DataFrame::new(ROWS, columns).map_err(|error| ErrorInfo::internal(error.to_string()))?;
    let table = folder.join(format!("{task:?}.arrow"));
    cairn_data::write_ipc(&frame, &table)?;
    Ok(Train {
        run: "check".into(),
        algorithm: algorithm.to_owned(),
        task,
        classes: usize::from(classes),
        params,
        table: TrainingTable {
            path: table.display().to_string(),
            features: vec!["x".into(), "z".into()],
            target: Some("y".into()),
            part: Some("part".into()),
        },
        device: "cpu".into(),
        threads: 1,
        seed: 1,
        model: folder.join("model").display().to_string(),
        predictions: folder.join("predictions.arrow").display().to_string(),
    })
}

/// One training; whether the process can be used further.
fn train(
    process: &mut KernelProcess,
    algorithm: &Algorithm,
    task: Task,
    params: &Params,
    folder: &Path,
    job: &Job,
) -> Result<(Check, bool), ErrorInfo> {
    let name = format!("{}: trains for {}", algorithm.name, format!("{task:?}").to_lowercase());
    let mut request = message(&algorithm.name, task, params.clone(), folder)?;
    if let Some(device) = process.hello.devices.first() {
        request.device.clone_from(&device.id);
    }
    let (wanted, predictions) = (request.classes.max(1), request.predictions.clone());
    let mut metrics = 0;
    let answer = process.request("check", &ToKernel::Train(request), &|| job.is_cancelled(), &mut |said| {
        metrics += usize::from(matches!(said, FromKernel::Metrics { .. }));
    });
    let secs = match answer {
        Ok(Answer::Finished(finished)) => finished.train_secs,
        Ok(Answer::Cancelled) => return Ok((judged(&name, false, "cancelled"), true)),
        Ok(Answer::Failed(error)) => return Ok((judged(&name, false, &error.to_string()), true)),
        Err(error) => return Ok((judged(&name, false, &error.to_string()), false)),
    };
    let check = match cairn_data::read_predictions(Path::new(&predictions)) {
        Ok(columns) if columns.len() == wanted && columns.iter().all(|column| column.len() == ROWS) => {
            judged(&name, true, &format!("{metrics} reports of metrics, {:.1} ms", secs * 1e3))
        }
        Ok(columns) => {
            let rows = columns.first().map_or(0, Vec::len);
            judged(&name, false, &format!("predictions are {rows} × {}, not {ROWS} × {wanted}", columns.len()))
        }
        Err(error) => judged(&name, false, &format!("its predictions cannot be read: {error}")),
    };
    Ok((check, true))
}

/// What it does not know is answered with «failed», and ends nothing.
fn refuses(process: &mut KernelProcess, folder: &Path, job: &Job) -> Result<(Check, bool), ErrorInfo> {
    const NAME: &str = "It refuses an algorithm it does not have";
    let request = message("no such algorithm", Task::Binary, Params::new(), folder)?;
    Ok(match process.request("check", &ToKernel::Train(request), &|| job.is_cancelled(), &mut |_| {}) {
        Ok(Answer::Failed(error)) => (judged(NAME, true, &error.message), true),
        Ok(_) => (judged(NAME, false, "it trained"), true),
        Err(error) => (judged(NAME, false, &error.to_string()), false),
    })
}
