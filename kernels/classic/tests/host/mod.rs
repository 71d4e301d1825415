//! A host for tests: starts the built kernel, talks to it over its pipes, writes and reads its tables.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{ArrayRef, Float64Array, RecordBatch, UInt8Array};
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::FileWriter;
use cairn_kernel_sdk::protocol::{
    Finished, FromKernel, Hello, KernelHello, PROTOCOL_VERSION, ParamValue, Params, Task, ToKernel, Train,
    TrainingTable,
};

/// The longest any answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Kernel {
    child: Child,
    to: Option<ChildStdin>,
    from: Receiver<String>,
}

/// What a run said until it ended.
pub struct Heard {
    pub metrics: Vec<(u64, BTreeMap<String, f64>)>,
    pub log: Vec<String>,
    pub end: FromKernel,
}

impl Heard {
    pub fn finished(self) -> Finished {
        let FromKernel::Finished(finished) = self.end else { panic!("not finished but {:?}", self.end) };
        finished
    }

    pub fn failed(self) -> (String, String) {
        let FromKernel::Failed { message, hint, .. } = self.end else { panic!("not failed but {:?}", self.end) };
        (message, hint)
    }

    pub fn curve(&self, name: &str) -> Vec<f64> {
        self.metrics.iter().filter_map(|(_, values)| values.get(name).copied()).collect()
    }
}

impl Kernel {
    pub fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cairn-kernel-classic"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (lines, from) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| lines.send(line)));
        Self { to: child.stdin.take(), child, from }
    }

    pub fn greeted() -> (Self, KernelHello) {
        let mut kernel = Self::start();
        let hello = kernel.greet(PROTOCOL_VERSION);
        (kernel, hello)
    }

    pub fn greet(&mut self, protocol: u32) -> KernelHello {
        self.say(&ToKernel::Hello(Hello { protocol, host: "test".into() }));
        let FromKernel::Hello(hello) = self.hear() else { panic!("no hello") };
        hello
    }

    pub fn say(&mut self, message: &ToKernel) {
        let line = serde_json::to_string(message).unwrap();
        writeln!(self.to.as_mut().unwrap(), "{line}").unwrap();
    }

    pub fn hear(&mut self) -> FromKernel {
        let line = self.from.recv_timeout(PATIENCE).expect("an answer in time");
        serde_json::from_str(&line).unwrap()
    }

    /// Hears until the run has ended.
    pub fn hear_all(&mut self) -> Heard {
        let mut heard = (vec![], vec![]);
        loop {
            match self.hear() {
                FromKernel::Metrics { step, values, .. } => heard.0.push((step, values)),
                FromKernel::Log { text, .. } => heard.1.push(text),
                FromKernel::Started { .. } | FromKernel::Hello(_) => {}
                end => return Heard { metrics: heard.0, log: heard.1, end },
            }
        }
    }

    pub fn ask(&mut self, message: ToKernel) -> Heard {
        self.say(&message);
        self.hear_all()
    }

    /// Closes its input; its status and standard error.
    pub fn end(mut self) -> (ExitStatus, String) {
        drop(self.to.take());
        let mut text = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        (self.child.wait().unwrap(), text)
    }
}

/// A table on disk and what a run on it asks.
pub struct Data {
    pub folder: tempfile::TempDir,
    pub table: TrainingTable,
    pub parts: Vec<u8>,
    pub target: Vec<f64>,
}

impl Data {
    pub fn new(features: Vec<(String, Vec<f64>)>, target: Vec<f64>, parts: Vec<u8>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.arrow");
        let names = features.iter().map(|(name, _)| name.clone()).collect();
        let column = |values: Vec<f64>| Arc::new(Float64Array::from(values)) as ArrayRef;
        let columns = features.into_iter().map(|(name, values)| (name, column(values)));
        let rest = [
            ("y".to_owned(), column(target.clone())),
            ("part".to_owned(), Arc::new(UInt8Array::from(parts.clone())) as ArrayRef),
        ];
        let batch = RecordBatch::try_from_iter(columns.chain(rest)).unwrap();
        let mut writer = FileWriter::try_new_buffered(File::create(&path).unwrap(), &batch.schema()).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        let path = path.display().to_string();
        let table = TrainingTable { path, features: names, target: Some("y".into()), part: Some("part".into()) };
        Self { folder, table, parts, target }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A wish to train that writes `run.model` and `run.arrow`.
    pub fn train(&self, run: &str, algorithm: &str, task: Task, params: &[(&str, f64)]) -> Train {
        let params: Params = params.iter().map(|&(name, value)| (name.to_owned(), ParamValue::Float(value))).collect();
        self.train_with(run, algorithm, task, params)
    }

    /// The same with values of any type.
    pub fn train_with(&self, run: &str, algorithm: &str, task: Task, params: Params) -> Train {
        Train {
            run: run.into(),
            algorithm: algorithm.into(),
            task,
            classes: match task {
                Task::Binary => 2,
                Task::Multiclass => 3,
                Task::Regression => 0,
            },
            params,
            table: self.table.clone(),
            device: "cpu".into(),
            threads: 2,
            seed: 7,
            model: self.path(&format!("{run}.model")).display().to_string(),
            predictions: self.path(&format!("{run}.arrow")).display().to_string(),
        }
    }
}

/// Names and values of the columns of a file of predictions.
pub fn predictions(path: &Path) -> Vec<(String, Vec<f64>)> {
    let mut reader = FileReader::try_new(File::open(path).unwrap(), None).unwrap();
    let names: Vec<String> = reader.schema().fields().iter().map(|field| field.name().clone()).collect();
    let batch = reader.next().unwrap().unwrap();
    assert!(reader.next().is_none());
    let values = batch.columns().iter().map(|column| column.as_primitive::<Float64Type>().values().to_vec());
    names.into_iter().zip(values).collect()
}

/// 600 rows of six columns made by counting, three targets that depend on them; every fourth row validates.
pub fn counted(target: Task, with_gaps: bool) -> Data {
    counted_in_steps(target, with_gaps, None)
}

/// The same with feature values rounded down to so many steps.
pub fn counted_in_steps(target: Task, with_gaps: bool, steps: Option<f64>) -> Data {
    let rows = 0..600usize;
    let value = |i: usize, j: usize| ((i * 7919 + j * 104_729 + i * j * 31) % 1009) as f64 / 1009.0;
    let gap = |i: usize, j: usize| with_gaps && j == 2 && i.is_multiple_of(11);
    let shown = |i: usize, j: usize| steps.map_or(value(i, j), |steps| (value(i, j) * steps).floor() / steps);
    let column = |j: usize| rows.clone().map(|i| if gap(i, j) { f64::NAN } else { shown(i, j) }).collect();
    let features = (0..6).map(|j| (format!("x{j}"), column(j))).collect();
    let target = rows.clone().map(|i| {
        let x = |j| value(i, j);
        let signal = 2.0 * x(0) - x(1) + 1.5 * x(2) * x(3) - 0.5 * (x(4) - 0.5).abs();
        let noise = ((i * 6007) % 613) as f64 / 613.0;
        match target {
            Task::Binary => f64::from(signal + noise > 1.3),
            Task::Multiclass => ((signal + noise - 0.2) * 1.2).floor().clamp(0.0, 2.0),
            Task::Regression => 10.0 * signal + noise,
        }
    });
    Data::new(features, target.collect(), rows.clone().map(|i| u8::from(i % 4 == 3)).collect())
}
