//! The message loop: one line in, any number of lines out, one run at a time.
//!
//! A thread of its own reads standard input, so that a `Cancel` is seen while a run trains: it sets the flag
//! of the run it names, whether that run is under way or still waits in the queue. The end of the input, like
//! `Shutdown`, sets the flags of all runs and ends the loop behind them.

use std::any::Any;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use cairn_kernel_protocol::{
    Explain, Finished, FromKernel, KernelHello, PROTOCOL_VERSION, Predict, ToKernel, Train, TrainingTable,
};

use crate::error::KernelError;
use crate::importance::permutation;
use crate::kernel::{Kernel, Model, TrainJob};
use crate::reporter::{Output, Reporter};
use crate::warm::{Warm, write_whole};

/// Why the loop ended before its host wished.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ServeError {
    /// The host speaks another version of the protocol.
    #[error("the host speaks version {host} of the kernel protocol, this kernel version {kernel}")]
    Version {
        /// The host's version.
        host: u32,
        /// This kernel's version.
        kernel: u32,
    },
    /// The first message was not a hello.
    #[error("the first message must be a hello: {0}")]
    NoHello(String),
}

/// Serves standard input and output until the host closes them or says `Shutdown`: the whole `main` of a kernel.
pub fn run(kernel: impl Kernel) -> ExitCode {
    match serve(kernel, BufReader::new(std::io::stdin()), std::io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Serves any pair of streams; [`run`] for the standard ones.
///
/// # Errors
/// If there is no handshake. What goes wrong in a run is answered, not returned.
pub fn serve(
    kernel: impl Kernel,
    input: impl BufRead + Send + 'static,
    output: impl Write + Send + 'static,
) -> Result<(), ServeError> {
    let runs = Arc::new(Runs::default());
    let (queue, incoming) = channel();
    let reader_runs = Arc::clone(&runs);
    // Not joined: it may sit in a read that never returns, and ends with the process.
    std::thread::spawn(move || read_messages(input, &queue, &reader_runs));
    let hello = kernel.hello();
    let mut server = Server { kernel, hello, output: Output::new(output), warm: Warm::default(), runs };
    server.greet(&incoming)?;
    while let Ok(message) = incoming.recv() {
        match message {
            Ok(ToKernel::Shutdown) => break,
            Ok(message) => server.answer(message),
            Err(Garbled { run: Some(run), reason }) => server.output.send(&FromKernel::Failed {
                run,
                message: format!("The message could not be understood: {reason}"),
                hint: "Host and kernel may be of different versions".into(),
            }),
            Err(Garbled { run: None, reason }) => eprintln!("a message could not be understood: {reason}"),
        }
        if server.output.closed() {
            break;
        }
    }
    Ok(())
}

/// A message, or a line that is none.
type Incoming = Result<ToKernel, Garbled>;

struct Garbled {
    run: Option<String>,
    reason: String,
}

fn read_messages(input: impl BufRead, queue: &Sender<Incoming>, runs: &Runs) {
    for line in input.lines() {
        let Ok(line) = line else { break };
        if line.trim().is_empty() {
            continue;
        }
        let incoming = match serde_json::from_str::<ToKernel>(&line) {
            Ok(ToKernel::Cancel { run }) => {
                runs.cancel(&run);
                continue;
            }
            Ok(ToKernel::Shutdown) => break,
            Ok(message) => {
                if let Some(run) = run_of(&message) {
                    runs.enter(run);
                }
                Ok(message)
            }
            Err(error) => {
                let value = serde_json::from_str::<serde_json::Value>(&line).unwrap_or_default();
                let run = value.get("run").and_then(|run| run.as_str()).map(str::to_owned);
                Err(Garbled { run, reason: error.to_string() })
            }
        };
        if queue.send(incoming).is_err() {
            return;
        }
    }
    runs.cancel_all();
    // The loop may have ended already; then nobody is left to tell.
    drop(queue.send(Ok(ToKernel::Shutdown)));
}

fn run_of(message: &ToKernel) -> Option<&str> {
    match message {
        ToKernel::Train(Train { run, .. })
        | ToKernel::Predict(Predict { run, .. })
        | ToKernel::Explain(Explain { run, .. }) => Some(run),
        ToKernel::Hello(_) | ToKernel::Cancel { .. } | ToKernel::Shutdown => None,
    }
}

/// The cancel flags of the runs that were asked for and not yet answered.
#[derive(Default)]
struct Runs {
    flags: Mutex<HashMap<String, Arc<AtomicBool>>>,
}

impl Runs {
    fn with<T>(&self, act: impl FnOnce(&mut HashMap<String, Arc<AtomicBool>>) -> T) -> T {
        act(&mut self.flags.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn enter(&self, run: &str) {
        self.with(|flags| flags.insert(run.to_owned(), Arc::default()));
    }

    fn flag(&self, run: &str) -> Arc<AtomicBool> {
        self.with(|flags| flags.get(run).cloned().unwrap_or_default())
    }

    fn leave(&self, run: &str) {
        self.with(|flags| flags.remove(run));
    }

    fn cancel(&self, run: &str) {
        self.with(|flags| flags.get(run).into_iter().for_each(|flag| flag.store(true, Ordering::Relaxed)));
    }

    fn cancel_all(&self) {
        self.with(|flags| flags.values().for_each(|flag| flag.store(true, Ordering::Relaxed)));
    }
}

struct Server<K> {
    kernel: K,
    hello: KernelHello,
    output: Output,
    warm: Warm,
    runs: Arc<Runs>,
}

impl<K: Kernel> Server<K> {
    fn greet(&self, incoming: &Receiver<Incoming>) -> Result<(), ServeError> {
        let host = match incoming.recv() {
            Ok(Ok(ToKernel::Hello(host))) => host,
            Ok(Ok(ToKernel::Shutdown)) | Err(_) => return Ok(()),
            Ok(Ok(other)) => return Err(ServeError::NoHello(format!("{other:?}"))),
            Ok(Err(Garbled { reason, .. })) => return Err(ServeError::NoHello(reason)),
        };
        self.output.send(&FromKernel::Hello(self.hello.clone()));
        if host.protocol != PROTOCOL_VERSION {
            return Err(ServeError::Version { host: host.protocol, kernel: PROTOCOL_VERSION });
        }
        Ok(())
    }

    fn answer(&mut self, message: ToKernel) {
        let Some(run) = run_of(&message).map(str::to_owned) else { return };
        let cancel = self.runs.flag(&run);
        let mut reporter = Reporter::new(&run, self.output.clone(), cancel);
        // A panic ends the run, not the process: what it may leave half done is in caches that hold whole values only.
        let result = catch_unwind(AssertUnwindSafe(|| {
            reporter.check()?;
            match &message {
                ToKernel::Train(train) => self.train(train, &mut reporter),
                ToKernel::Predict(predict) => self.predict(predict),
                ToKernel::Explain(explain) => self.explain(explain, &reporter),
                ToKernel::Hello(_) | ToKernel::Cancel { .. } | ToKernel::Shutdown => Ok(Finished::default()),
            }
        }));
        self.runs.leave(&run);
        let answer = match result {
            Ok(Ok(finished)) => FromKernel::Finished(Finished { run, ..finished }),
            Ok(Err(_)) if reporter.cancelled() => FromKernel::Cancelled { run },
            Ok(Err(error)) => FromKernel::Failed { run, message: error.to_string(), hint: error.hint().to_owned() },
            Err(panic) => FromKernel::Failed {
                run,
                message: format!("The kernel broke down: {}", panic_text(panic.as_ref())),
                hint: "Please report this; the kernel goes on with the next run".into(),
            },
        };
        self.output.send(&answer);
    }

    fn train(&mut self, train: &Train, reporter: &mut Reporter) -> Result<Finished, KernelError> {
        let params = self.check(train)?;
        let table = self.warm.table(&train.table)?;
        table.check_trainable(train.task, train.classes)?;
        let job = TrainJob {
            algorithm: &train.algorithm,
            task: train.task,
            classes: train.classes,
            params,
            table: &table,
            device: &train.device,
            threads: train.threads.max(1),
            seed: train.seed,
        };
        let trained = self.kernel.train(&job, reporter)?;
        reporter.check()?;
        let scoring = Instant::now();
        let (predictions, scoring_secs) = match trained.predictions {
            Some(predictions) => (predictions, 0.0),
            None => (trained.model.predict(table.features())?, scoring.elapsed().as_secs_f64()),
        };
        predictions.write(Path::new(&train.predictions))?;
        let path = Path::new(&train.model);
        write_whole(path, |file| trained.model.save(file))?;
        self.warm.keep(path, trained.model);
        let mut importance = trained.importance;
        importance.sort_by(|a, b| b.value.total_cmp(&a.value));
        Ok(Finished {
            run: String::new(),
            steps: trained.steps,
            best_step: trained.best_step,
            train_secs: trained.train_secs + scoring_secs,
            importance,
        })
    }

    /// Checks names and ranges against what the kernel declares; every hyperparameter with its value.
    fn check(&self, train: &Train) -> Result<cairn_kernel_protocol::Params, KernelError> {
        let names = |names: Vec<&str>| format!("It has {}", names.join(", "));
        let algorithms = &self.hello.algorithms;
        let algorithm = algorithms.iter().find(|algorithm| algorithm.name == train.algorithm).ok_or_else(|| {
            KernelError::refused(
                format!("The kernel {} has no algorithm {}", self.hello.name, train.algorithm),
                names(algorithms.iter().map(|algorithm| algorithm.name.as_str()).collect()),
            )
        })?;
        if !algorithm.tasks.contains(&train.task) {
            return Err(KernelError::refused(
                format!("{} cannot be trained for {:?}", algorithm.title, train.task),
                format!("It can be for {:?}; choose another algorithm or target", algorithm.tasks),
            ));
        }
        let devices = &self.hello.devices;
        if devices.iter().all(|device| device.id != train.device) {
            return Err(KernelError::refused(
                format!("The kernel {} has no device {}", self.hello.name, train.device),
                names(devices.iter().map(|device| device.id.as_str()).collect()),
            ));
        }
        algorithm.resolve(&train.params).map_err(|message| KernelError::refused(message, ""))
    }

    /// The model, and the table with exactly the model's features in its order.
    fn model_and_table(
        &mut self,
        model: &str,
        table: &TrainingTable,
    ) -> Result<(Arc<dyn Model>, Arc<crate::table::Table>), KernelError> {
        let model = self.warm.model(&self.kernel, Path::new(model))?;
        let table = self.warm.table(&TrainingTable { features: model.features().to_vec(), ..table.clone() })?;
        Ok((model, table))
    }

    fn predict(&mut self, predict: &Predict) -> Result<Finished, KernelError> {
        let bare = TrainingTable { target: None, part: None, ..predict.table.clone() };
        let (model, table) = self.model_and_table(&predict.model, &bare)?;
        let scoring = Instant::now();
        let predictions = model.predict(table.features())?;
        let train_secs = scoring.elapsed().as_secs_f64();
        predictions.write(Path::new(&predict.predictions))?;
        Ok(Finished { train_secs, ..Finished::default() })
    }

    fn explain(&mut self, explain: &Explain, reporter: &Reporter) -> Result<Finished, KernelError> {
        if explain.table.target.is_none() {
            return Err(KernelError::refused("No target column is named", "Importance needs the true values"));
        }
        let (model, table) = self.model_and_table(&explain.model, &explain.table)?;
        let started = Instant::now();
        let importance = permutation(&*model, &table, explain.part, explain.repeats, explain.seed, reporter)?;
        Ok(Finished { train_secs: started.elapsed().as_secs_f64(), importance, ..Finished::default() })
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests;
