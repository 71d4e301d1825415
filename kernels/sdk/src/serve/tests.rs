//! The loop over pipes, with a kernel that misbehaves as its first feature is called.

use super::*;
use std::io::{PipeWriter, pipe};

use arrow_array::{ArrayRef, Float64Array, RecordBatch};
use arrow_ipc::writer::FileWriter;
use cairn_kernel_protocol::{Algorithm, Device, Hello, Task};

use crate::kernel::Trained;
use crate::matrix::Matrix;
use crate::predictions::Predictions;

/// Predicts the first feature times a factor; trains as its feature is called.
struct Tiny;

struct Times(Vec<String>);

impl Kernel for Tiny {
    fn hello(&self) -> KernelHello {
        let algorithm = Algorithm {
            name: "times".into(),
            title: "Times".into(),
            help: String::new(),
            tasks: vec![Task::Regression],
            takes_missing: true,
            params: vec![],
        };
        KernelHello {
            protocol: PROTOCOL_VERSION,
            name: "tiny".into(),
            version: "1".into(),
            devices: vec![Device { id: "cpu".into(), name: "CPU".into(), memory_bytes: None }],
            algorithms: vec![algorithm],
        }
    }

    fn train(&mut self, job: &TrainJob<'_>, reporter: &mut Reporter) -> Result<Trained, KernelError> {
        let names = job.table.names().to_vec();
        match names[0].as_str() {
            "panics" => panic!("out of cheese"),
            "waits" => loop {
                reporter.metrics(1, [("train.rmse", 1.0), ("valid.rmse", f64::NAN)]);
                std::thread::sleep(std::time::Duration::from_millis(5));
                reporter.check()?;
            },
            _ => {}
        }
        Ok(Trained {
            model: Box::new(Times(names)),
            predictions: None,
            steps: 1,
            best_step: None,
            train_secs: 0.0,
            importance: vec![],
        })
    }

    fn load(&self, path: &Path) -> Result<Box<dyn Model>, KernelError> {
        let text = std::fs::read_to_string(path).unwrap();
        Ok(Box::new(Times(text.lines().map(str::to_owned).collect())))
    }
}

impl Model for Times {
    fn task(&self) -> Task {
        Task::Regression
    }
    fn features(&self) -> &[String] {
        &self.0
    }
    fn predict(&self, rows: &Matrix) -> Result<Predictions, KernelError> {
        Ok(Predictions::numbers(rows.column(0).iter().map(|value| 2.0 * value).collect()))
    }
    fn save(&self, path: &Path) -> Result<(), KernelError> {
        std::fs::write(path, self.0.join("\n")).map_err(|error| KernelError::broke(error.to_string()))
    }
}

struct Host {
    to: Option<PipeWriter>,
    answers: std::io::Lines<BufReader<std::io::PipeReader>>,
    ended: std::thread::JoinHandle<Result<(), ServeError>>,
}

impl Host {
    fn start() -> Self {
        let ((input, to), (from, output)) = (pipe().unwrap(), pipe().unwrap());
        let ended = std::thread::spawn(move || serve(Tiny, BufReader::new(input), output));
        Self { to: Some(to), answers: BufReader::new(from).lines(), ended }
    }

    fn say(&mut self, message: &ToKernel) {
        let line = serde_json::to_string(message).unwrap();
        writeln!(self.to.as_mut().unwrap(), "{line}").unwrap();
    }

    fn hear(&mut self) -> FromKernel {
        serde_json::from_str(&self.answers.next().unwrap().unwrap()).unwrap()
    }

    fn greeted() -> Self {
        let mut host = Self::start();
        host.say(&ToKernel::Hello(Hello { protocol: PROTOCOL_VERSION, host: "test".into() }));
        assert!(matches!(host.hear(), FromKernel::Hello(_)));
        host
    }

    fn end(mut self) -> Result<(), ServeError> {
        drop(self.to.take());
        self.ended.join().unwrap()
    }
}

fn table(folder: &Path, feature: &str) -> TrainingTable {
    let path = folder.join("t.arrow");
    let numbers = |times: f64| Arc::new(Float64Array::from_iter_values((0..9).map(|i| times * f64::from(i))));
    let columns = ["a", "panics", "waits", "idle"].map(|name| (name, numbers(1.0) as ArrayRef));
    let target = ("y", numbers(2.0) as ArrayRef);
    let batch = RecordBatch::try_from_iter(columns.into_iter().chain([target])).unwrap();
    if !path.exists() {
        let mut writer = FileWriter::try_new(std::fs::File::create(&path).unwrap(), &batch.schema()).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
    }
    let features = vec![feature.to_owned(), "idle".to_owned()];
    TrainingTable { path: path.display().to_string(), features, target: Some("y".into()), part: None }
}

fn train(folder: &Path, run: &str, feature: &str) -> ToKernel {
    ToKernel::Train(Train {
        run: run.into(),
        algorithm: "times".into(),
        task: Task::Regression,
        classes: 0,
        params: Default::default(),
        table: table(folder, feature),
        device: "cpu".into(),
        threads: 1,
        seed: 0,
        model: folder.join("m").display().to_string(),
        predictions: folder.join("p.arrow").display().to_string(),
    })
}

#[test]
fn another_version_is_told_ours_and_left() {
    let mut host = Host::start();
    host.say(&ToKernel::Hello(Hello { protocol: 99, host: "test".into() }));
    assert!(matches!(host.hear(), FromKernel::Hello(hello) if hello.protocol == PROTOCOL_VERSION));
    assert_eq!(host.end(), Err(ServeError::Version { host: 99, kernel: PROTOCOL_VERSION }));
    let mut host = Host::start();
    host.say(&ToKernel::Cancel { run: "r".into() });
    host.say(&ToKernel::Predict(Predict {
        run: "r".into(),
        model: String::new(),
        table: table(tempfile::tempdir().unwrap().path(), "a"),
        predictions: String::new(),
    }));
    assert!(matches!(host.end(), Err(ServeError::NoHello(_))));
}

#[test]
fn a_panicking_and_a_refused_run_leave_the_kernel_alive() {
    let folder = tempfile::tempdir().unwrap();
    let mut host = Host::greeted();
    host.say(&train(folder.path(), "r1", "panics"));
    assert!(
        matches!(host.hear(), FromKernel::Failed { run, message, .. } if run == "r1" && message.contains("cheese"))
    );
    host.say(&train(folder.path(), "r2", "missing"));
    assert!(matches!(host.hear(), FromKernel::Failed { run, .. } if run == "r2"));
    writeln!(host.to.as_mut().unwrap(), r#"{{"op":"dance","run":"r3"}}"#).unwrap();
    assert!(matches!(host.hear(), FromKernel::Failed { run, .. } if run == "r3"));
    host.say(&train(folder.path(), "r4", "a"));
    assert!(matches!(host.hear(), FromKernel::Finished(finished) if finished.run == "r4"));
    assert!(folder.path().join("p.arrow").exists() && folder.path().join("m").exists());
    host.say(&ToKernel::Explain(Explain {
        run: "e".into(),
        model: folder.path().join("m").display().to_string(),
        table: table(folder.path(), "a"),
        part: 0,
        repeats: 5,
        seed: 1,
    }));
    assert!(matches!(host.hear(), FromKernel::Started { steps: Some(10), .. }));
    let FromKernel::Finished(finished) = host.hear() else { panic!("finished") };
    let named: Vec<&str> = finished.importance.iter().map(|importance| importance.feature.as_str()).collect();
    assert_eq!(named, ["a", "idle"]);
    assert!(finished.importance[0].value > 1.0 && finished.importance[0].std_error > 0.0);
    assert_eq!((finished.importance[1].value, finished.importance[1].std_error), (0.0, 0.0));
    assert_eq!(host.end(), Ok(()));
}

#[test]
fn cancel_reaches_a_running_and_a_waiting_run_and_the_end_of_input_stops_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let mut host = Host::greeted();
    host.say(&train(folder.path(), "first", "waits"));
    host.say(&train(folder.path(), "second", "waits"));
    host.say(&train(folder.path(), "third", "waits"));
    let FromKernel::Metrics { run, values, .. } = host.hear() else { panic!("metrics") };
    assert_eq!((run.as_str(), values.len()), ("first", 1));
    host.say(&ToKernel::Cancel { run: "second".into() });
    host.say(&ToKernel::Cancel { run: "first".into() });
    let mut cancelled = vec![];
    while cancelled.len() < 2 {
        if let FromKernel::Cancelled { run } = host.hear() {
            cancelled.push(run);
        }
    }
    assert_eq!(cancelled, ["first", "second"]);
    assert!(matches!(host.hear(), FromKernel::Metrics { run, .. } if run == "third"));
    assert_eq!(host.end(), Ok(()));
    assert!(!folder.path().join("m").exists());
}
