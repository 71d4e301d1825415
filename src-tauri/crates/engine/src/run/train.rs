//! Training one model: the table goes to the kernel as a file, metrics stream back, predictions are judged here, and the
//! run with all of it goes to the tracker.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use cairn_kernel_protocol::{Explain, Finished, FromKernel, ToKernel, TrainingTable};
use cairn_protocol::{
    Algorithm, ErrorInfo, ErrorKind, FeatureImportance, ParamValue, Params, Real, Task,
    door::EventBody,
    notebook::{Cell, CellKind, TrainCell},
    results::{CellResult, CellView, Evaluation, TrainResult},
    runs::{EdgeKind, NodeKind},
};
use cairn_tracking::{CodeState, NewRun, RunUpdate};

use super::{
    Made, Run,
    folds::{self, Folds},
    machine,
};
use crate::{
    engine::Inner,
    jobs::Job,
    kernels::{Answer, Lease},
    lineage::{self, Node},
    notebook::graph,
    project::Project,
};

/// Shuffles of each feature for permutation importance.
const IMPORTANCE_REPEATS: usize = 8;
/// Features beyond which permutation importance would take longer than the training.
const IMPORTANCE_MAX_FEATURES: usize = 400;
/// Points of a learning curve kept in a result.
const CURVE_POINTS: usize = 400;

/// Seconds that the kernel spent in the algorithm itself, as a metric of the run.
pub const TRAIN_SECS: &str = "kernel.train_secs";

/// What to learn from which table.
pub struct Lesson<'a> {
    /// The table, with its parts.
    pub table: &'a cairn_data::Table,
    /// Key of the table, for the file that the kernel maps.
    pub table_key: &'a str,
    /// Column to predict.
    pub target: &'a str,
    /// Columns that are no features.
    pub ignore: &'a [String],
    /// What is predicted, where it was said.
    pub task: Option<Task>,
    /// Whether text columns are encoded on the way (`cairn train FILE`).
    pub encode_text: bool,
}

/// A table as a kernel maps it, and what is needed to judge predictions on it.
pub struct Prepared {
    /// The file.
    pub path: PathBuf,
    /// Names of the features.
    pub features: Vec<String>,
    /// What is predicted.
    pub task: Task,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// The target of each row.
    pub targets: Vec<f64>,
    /// The part of each row.
    pub parts: Vec<u8>,
    /// Names of the parts.
    pub part_names: Vec<String>,
    /// What a person should know.
    pub warnings: Vec<String>,
    target: String,
    part: String,
}

impl Prepared {
    /// The table as messages to a kernel name it.
    pub fn table(&self) -> TrainingTable {
        TrainingTable {
            path: self.path.display().to_string(),
            features: self.features.clone(),
            target: Some(self.target.clone()),
            part: Some(self.part.clone()),
        }
    }
}

/// Makes the file that a kernel maps.
///
/// # Errors
/// A target with one class or gaps, features that are no numbers, no parts: with column and what to do.
pub fn prepare(project: &Project, task: &Lesson<'_>) -> Result<Prepared, ErrorInfo> {
    let what = serde_json::to_string(&(task.table_key, task.target, task.ignore, task.task, task.encode_text))
        .map_err(|error| ErrorInfo::internal(error.to_string()))?;
    let key = blake3::hash(what.as_bytes()).to_hex().to_string();
    let made = cairn_data::training_table(task.table, task.target, task.ignore, task.task, task.encode_text)?;
    let path = project.cache.folder(&key).join("training.arrow");
    if !path.is_file() {
        std::fs::create_dir_all(project.cache.folder(&key))
            .map_err(|error| crate::files::io_error("cannot make", &path, &error))?;
        made.write_ipc(&path)?;
    }
    let (targets, parts) = (made.targets()?, made.parts()?);
    let mut warnings = made.warnings;
    warnings.extend(made.dropped.iter().map(|(column, reason)| format!("{column} is no feature: {reason}")));
    Ok(Prepared {
        path,
        features: made.features,
        task: made.task,
        classes: made.classes,
        targets,
        parts,
        part_names: made.part_names,
        warnings,
        target: made.target,
        part: made.part,
    })
}

/// Everything that one training needs besides its hyperparameters.
pub struct Trainer<'a> {
    /// The engine.
    pub engine: &'a Inner,
    /// The project.
    pub project: &'a Project,
    /// The table.
    pub prepared: &'a Prepared,
    /// Name of the kernel.
    pub kernel: &'a str,
    /// The algorithm.
    pub algorithm: &'a Algorithm,
    /// Seed of everything random.
    pub seed: u64,
    /// Threads of one training.
    pub threads: usize,
}

/// What a training left.
pub struct Trained {
    /// What the kernel said at the end.
    pub finished: Finished,
    /// The model.
    pub model: PathBuf,
    /// The predictions, one column for each class.
    pub predictions: PathBuf,
}

impl Trainer<'_> {
    /// Trains once; the process is the caller's, so that it stays warm over many trainings.
    ///
    /// # Errors
    /// The kernel failed, broke or was cancelled.
    pub fn train(
        &self,
        lease: &mut Lease<'_>,
        run: &str,
        params: Params,
        folder: &Path,
        cancelled: &dyn Fn() -> bool,
        on_message: &mut dyn FnMut(&FromKernel),
    ) -> Result<Trained, ErrorInfo> {
        let model = folder.join("model");
        let predictions = folder.join("predictions.arrow");
        let classes = if self.prepared.task == Task::Regression { 0 } else { self.prepared.classes.len() };
        let device = lease.hello().devices.first().map_or_else(|| "cpu".into(), |device| device.id.clone());
        let message = ToKernel::Train(cairn_kernel_protocol::Train {
            run: run.to_owned(),
            algorithm: self.algorithm.name.clone(),
            task: self.prepared.task,
            classes,
            params,
            table: self.prepared.table(),
            device,
            threads: self.threads,
            seed: self.seed,
            model: model.display().to_string(),
            predictions: predictions.display().to_string(),
        });
        match lease.request(run, &message, cancelled, on_message)? {
            Answer::Finished(finished) => Ok(Trained { finished: *finished, model, predictions }),
            Answer::Cancelled => Err(ErrorInfo::new(ErrorKind::Interrupted, "cancelled")),
            Answer::Failed(error) => Err(error),
        }
    }

    /// Reads and judges predictions.
    ///
    /// # Errors
    /// The kernel wrote something that does not fit the table.
    pub fn judge(&self, trained: &Trained) -> Result<Evaluation, ErrorInfo> {
        let predictions = cairn_data::read_predictions(&trained.predictions)?;
        let Prepared { task, classes, targets, parts, part_names, .. } = self.prepared;
        Ok(cairn_modelling::evaluate_parts(*task, classes, targets, &predictions, parts, part_names, self.seed)?)
    }

    /// Permutation importance on the validation part; what the kernel says of the features itself where it cannot.
    pub fn explain(
        &self,
        lease: &mut Lease<'_>,
        trained: &Trained,
        cancelled: &dyn Fn() -> bool,
    ) -> Vec<FeatureImportance> {
        if self.prepared.features.len() > IMPORTANCE_MAX_FEATURES {
            return trained.finished.importance.clone();
        }
        let part = u8::from(self.prepared.parts.contains(&1));
        let message = ToKernel::Explain(Explain {
            run: "explain".into(),
            model: trained.model.display().to_string(),
            table: self.prepared.table(),
            part,
            repeats: IMPORTANCE_REPEATS,
            seed: self.seed,
        });
        match lease.request("explain", &message, cancelled, &mut |_| {}) {
            Ok(Answer::Finished(finished)) if !finished.importance.is_empty() => finished.importance,
            // A kernel that cannot explain still trained a model: show what it said of the features itself.
            _ => trained.finished.importance.clone(),
        }
    }
}

/// Metrics of an evaluation by the names of runs: `valid.auc`, and `valid.auc.std_error`.
pub fn metrics_of(evaluation: &Evaluation) -> BTreeMap<String, f64> {
    let mut metrics = BTreeMap::new();
    for part in &evaluation.parts {
        for metric in &part.metrics {
            let name = format!("{}.{}", part.part, metric.name);
            if let Some(Real(error)) = metric.std_error {
                metrics.insert(format!("{name}.std_error"), error);
            }
            metrics.insert(name, metric.value.0);
        }
    }
    metrics
}

/// «AUC 0.864 ±0.013» of the validation part, or the one there is.
pub fn headline(evaluation: &Evaluation) -> String {
    let part = evaluation.parts.iter().find(|part| part.part == "valid").or(evaluation.parts.last());
    let Some(metric) = part.and_then(|part| part.metrics.first()) else { return String::new() };
    let spread = metric.std_error.map(|Real(error)| format!(" ±{}", lineage::spread(error))).unwrap_or_default();
    format!("{} {}{spread}", metric.title, lineage::figure(metric.value.0))
}

/// Where a run stands in the project.
#[derive(Default)]
pub struct Place {
    /// Name of the run.
    pub name: String,
    /// The notebook; empty outside one.
    pub experiment: String,
    /// The cell; empty outside one.
    pub cell: String,
    /// The sweep; empty outside one.
    pub sweep: String,
    /// Lineage id of the dataset.
    pub dataset: String,
    /// Lineage id of the split.
    pub split: String,
    /// Warnings that every metric carries.
    pub warnings: Vec<String>,
}

/// A new run in the tracker, with all that is known before it begins.
///
/// # Errors
/// The tracker cannot be written.
pub fn begin_run(
    trainer: &Trainer<'_>,
    place: &Place,
    params: &Params,
    code: &CodeState,
    machine: &BTreeMap<String, String>,
    kernel: String,
) -> Result<String, ErrorInfo> {
    let mut params = params.clone();
    params.insert("target".into(), ParamValue::Text(trainer.prepared.target.clone()));
    params.insert("algorithm".into(), ParamValue::Text(trainer.algorithm.name.clone()));
    params.insert("seed".into(), ParamValue::Int(trainer.seed.cast_signed()));
    let id = trainer.project.tracker.create_run(&NewRun {
        name: place.name.clone(),
        experiment: place.experiment.clone(),
        cell: place.cell.clone(),
        sweep: place.sweep.clone(),
        algorithm: trainer.algorithm.name.clone(),
        params,
        tags: BTreeMap::new(),
        code: code.clone(),
        dataset: place.dataset.clone(),
        split: place.split.clone(),
        kernel,
        machine: machine.clone(),
        warnings: place.warnings.clone(),
    })?;
    trainer.project.tracker.start_run(&id)?;
    Ok(id)
}

/// Stores the diff of the code and says what a run records of it.
///
/// # Errors
/// The artifact cannot be written.
pub fn keep_code(project: &Project, code: &crate::git::CodeState) -> Result<CodeState, ErrorInfo> {
    let diff = if code.diff.is_empty() {
        String::new()
    } else {
        project.tracker.artifacts().put_bytes(code.diff.as_bytes())?.digest
    };
    Ok(CodeState { commit: code.commit.clone(), dirty: code.dirty, diff })
}

/// Ends a run in the tracker as its error says.
pub fn end_badly(project: &Project, run: &str, error: &ErrorInfo) {
    let reason = if error.hint.is_empty() { error.to_string() } else { format!("{error}\nhint: {}", error.hint) };
    let ended = match error.kind {
        ErrorKind::Interrupted => project.tracker.cancel_run(run, &reason),
        _ => project.tracker.fail_run(run, &reason),
    };
    if let Err(error) = ended {
        eprintln!("cairn: the end of run {run} is not recorded: {error}");
    }
}

/// Says that a run changed.
pub fn say_run(engine: &Inner, project: &Project, run: &str) {
    if let Ok(run) = project.tracker.run(run) {
        engine.events.say(EventBody::Run { run: Box::new(run) });
    }
}

/// Trains one model with everything around it: the run, live metrics, evaluation, importance, model and lineage; with
/// `folds`, also once for each fold of the split.
///
/// # Errors
/// The kernel failed, broke or was cancelled: the run says so in the tracker.
pub fn train_and_record(
    trainer: &Trainer<'_>,
    place: &Place,
    given: &Params,
    code: &CodeState,
    inputs: &[&Node],
    job: &Job,
    folds: Option<&Folds<'_>>,
) -> Result<TrainResult, ErrorInfo> {
    let Trainer { engine, project, .. } = trainer;
    let params = trainer.algorithm.resolve(given).map_err(ErrorInfo::usage)?;
    let mut lease = engine.kernels.lend(trainer.kernel)?;
    let kernel = format!("{} {}", lease.hello().name, lease.hello().version);
    let run = begin_run(trainer, place, &params, code, &machine::machine(), kernel)?;
    say_run(engine, project, &run);
    let folder = project.dot_cairn().join("runs").join(&run);
    let result = std::fs::create_dir_all(&folder)
        .map_err(|error| crate::files::io_error("cannot make", &folder, &error))
        .and_then(|()| train_run(trainer, &mut lease, &run, params, &folder, inputs, job, folds));
    // The artifacts hold what matters of it.
    std::fs::remove_dir_all(&folder).unwrap_or_default();
    match result {
        Ok(result) => {
            say_run(engine, project, &run);
            Ok(result)
        }
        Err(error) => {
            end_badly(project, &run, &error);
            say_run(engine, project, &run);
            Err(error)
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "they have nothing in common but this one training")]
fn train_run(
    trainer: &Trainer<'_>,
    lease: &mut Lease<'_>,
    run: &str,
    params: Params,
    folder: &Path,
    inputs: &[&Node],
    job: &Job,
    folds: Option<&Folds<'_>>,
) -> Result<TrainResult, ErrorInfo> {
    let Trainer { engine, project, .. } = trainer;
    // With folds, the training of the chosen one is a part of the way.
    let whole = 1.0 / folds.map_or(1.0, |folds| f64::from(folds.count()) + 1.0);
    let fold_params = params.clone();
    let mut log = project.tracker.metric_log(run);
    let mut steps = None;
    let mut lost = None;
    let trained = trainer.train(lease, run, params, folder, &|| job.is_cancelled(), &mut |message| match message {
        FromKernel::Started { steps: planned, .. } => steps = *planned,
        FromKernel::Metrics { step, values, .. } => {
            lost = lost.take().or(log.push(*step, values).err());
            let values = values.iter().map(|(key, value)| (key.clone(), Real(*value))).collect();
            engine.events.say(EventBody::Metrics { run: run.to_owned(), step: *step, values });
            let detail = match steps {
                Some(steps) => format!("step {step} of {steps}"),
                None => format!("step {step}"),
            };
            job.progress(steps.map(|steps| whole * 0.9 * *step as f64 / steps.max(1) as f64), detail);
        }
        FromKernel::Log { text, .. } => job.log(text.clone()),
        _ => {}
    });
    log.flush()?;
    drop(log);
    if let Some(error) = lost {
        return Err(error.into());
    }
    let trained = trained?;
    job.progress(Some(whole * 0.92), "judging the model");
    let evaluation = trainer.judge(&trained)?;
    job.check()?;
    job.progress(Some(whole * 0.95), "shuffling features");
    let importance = trainer.explain(lease, &trained, &|| job.is_cancelled());
    job.check()?;
    let cross_validation =
        folds.map(|folds| folds.train_each(trainer, lease, run, &fold_params, folder, job)).transpose()?;
    record_trained(trainer, run, &trained, &evaluation, inputs)?;
    project.tracker.finish_run(run)?;
    let result = TrainResult {
        run: project.tracker.run(run)?,
        evaluation,
        curves: project.tracker.series(&[run.to_owned()], &[], CURVE_POINTS)?,
        importance,
        steps: (trained.finished.steps, trained.finished.best_step),
        cross_validation,
    };
    let bytes = serde_json::to_vec(&result).map_err(|error| ErrorInfo::internal(error.to_string()))?;
    let stored = project.tracker.artifacts().put_bytes(&bytes)?;
    project.tracker.add_artifact(run, "result.json", "result", &stored)?;
    Ok(result)
}

/// Stores the model and the final metrics, and draws run and model into the lineage graph.
///
/// # Errors
/// The tracker cannot be written.
pub fn record_trained(
    trainer: &Trainer<'_>,
    run: &str,
    trained: &Trained,
    evaluation: &Evaluation,
    inputs: &[&Node],
) -> Result<(), ErrorInfo> {
    let project = trainer.project;
    let model = project.tracker.artifacts().put_file(&trained.model)?;
    project.tracker.add_artifact(run, "model", "model", &model)?;
    let predictions = project.tracker.artifacts().put_file(&trained.predictions)?;
    project.tracker.add_artifact(run, "predictions.arrow", "predictions", &predictions)?;
    let mut metrics = metrics_of(evaluation);
    metrics.insert(TRAIN_SECS.into(), trained.finished.train_secs);
    project.tracker.set_final_metrics(run, &metrics)?;
    let known = project.tracker.run(run)?;
    let run_node = Node::new(NodeKind::Run, run, &known.name)
        .figure(headline(evaluation))
        .detail("algorithm", &known.algorithm)
        .detail("kernel", &known.kernel);
    let from: Vec<(&Node, EdgeKind)> = inputs.iter().map(|node| (*node, EdgeKind::Used)).collect();
    lineage::record(&project.tracker, &run_node, &from)?;
    let model_node = Node::new(NodeKind::Model, &model.digest, &known.name)
        .figure(headline(evaluation))
        .detail("size_bytes", &model.size_bytes.to_string());
    lineage::record(&project.tracker, &model_node, &[(&run_node, EdgeKind::Produced)])?;
    project.tracker.update_run(run, &RunUpdate { model: Some(model_node.id().to_owned()), ..RunUpdate::default() })?;
    Ok(())
}

/// Lineage ids of the dataset and the split that a cell comes from, and the warnings that travel to its metrics.
pub fn place_of(run: &Run<'_>, cell: &Cell) -> Place {
    let mut place =
        Place { name: cell.name.clone(), experiment: run.path.to_owned(), cell: cell.name.clone(), ..Place::default() };
    for ancestor in graph::ancestors(run.notebook, &cell.name) {
        let id = lineage::of_cell(run, &ancestor.name).map(|node| node.id().to_owned()).unwrap_or_default();
        match ancestor.body.kind() {
            CellKind::Data if place.dataset.is_empty() => place.dataset = id,
            CellKind::Split if place.split.is_empty() => place.split = id,
            _ => {}
        }
        if ancestor.body.kind() == CellKind::Wrangle
            && let Ok(key) = run.key(&ancestor.name)
            && let Some(view) = run.project.cache.view(&key.whole)
        {
            place.warnings.extend(view.warnings.iter().map(|warning| format!("{}: {warning}", ancestor.name)));
        }
    }
    place
}

/// Runs a train cell.
pub fn train(run: &Run<'_>, cell: &Cell, train: &TrainCell) -> Result<Made, ErrorInfo> {
    let table = run.table(&train.input)?;
    if train.target.is_empty() {
        return Err(ErrorInfo::usage("no target is chosen").hint("choose the column to predict"));
    }
    run.job.progress(Some(0.01), "preparing the table");
    let prepared = prepare(
        run.project,
        &Lesson {
            table: &table,
            table_key: &run.key(&train.input)?.whole,
            target: &train.target,
            ignore: &train.ignore,
            task: train.task,
            encode_text: false,
        },
    )?;
    let algorithm = run.engine.kernels.algorithm(&train.kernel, &train.algorithm)?;
    let trainer = Trainer {
        engine: run.engine,
        project: run.project,
        prepared: &prepared,
        kernel: &train.kernel,
        algorithm: &algorithm,
        seed: train.seed,
        threads: machine::threads(),
    };
    let mut place = place_of(run, cell);
    place.warnings.extend(prepared.warnings.iter().cloned());
    let code = keep_code(run.project, &run.code)?;
    let input = lineage::of_cell(run, &train.input)?;
    let folds = Folds::above(run, cell, train)?;
    let result = train_and_record(&trainer, &place, &train.params, &code, &[&input], run.job, folds.as_ref())?;
    let mut summary = headline(&result.evaluation);
    if let Some(words) = result.cross_validation.as_ref().and_then(folds::words) {
        summary.push_str(&format!(" · {words}"));
    }
    let view =
        CellView { summary, warnings: place.warnings, run_id: Some(result.run.id.clone()), ..CellView::default() };
    Ok(Made { result: CellResult::Train(result), view })
}
