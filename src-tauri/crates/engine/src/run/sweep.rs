//! Sweeps: many trials on warm kernel processes, each worker with one of its own, all on the same mapped table.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::Mutex,
    time::Instant,
};

use cairn_kernel_protocol::FromKernel;
use cairn_protocol::{
    Algorithm, ErrorInfo, ErrorKind, Params, Real,
    door::EventBody,
    notebook::{Cell, Objective, SweepCell, SweepMethod},
    results::{CellResult, CellView},
    runs::{EdgeKind, NodeKind, RunStatus},
    sweeps::{SearchParam, SweepState, Trial, TrialState},
};
use cairn_tracking::{CodeState, NewSweep};
use cairn_tuning::{GridSampler, RandomSampler, Sampler, SweepEnd, TrialError, TrialEvent, TrialOptions};

use super::{
    Made, Run, machine,
    train::{
        Lesson, Place, Prepared, TRAIN_SECS, Trained, Trainer, begin_run, end_badly, keep_code, place_of, prepare,
        record_trained, say_run,
    },
};
use crate::{
    engine::Inner,
    jobs::Job,
    lineage::{self, Node},
    project::{Project, locked},
};

/// Trials of a random sweep where none are given.
const DEFAULT_TRIALS: usize = 20;

/// Everything that a sweep is.
pub struct Plan<'a> {
    /// Name for people.
    pub name: String,
    /// How trials are chosen.
    pub method: SweepMethod,
    /// Trials at most.
    pub trials: Option<usize>,
    /// Trials at once.
    pub parallel: usize,
    /// What is optimised.
    pub objective: Objective,
    /// Seed of sampler and training.
    pub seed: u64,
    /// Hyperparameters held fixed.
    pub fixed: Params,
    /// The search space.
    pub space: Vec<SearchParam>,
    /// Name of the kernel.
    pub kernel: &'a str,
    /// The algorithm.
    pub algorithm: &'a Algorithm,
    /// Notebook and cell; none for sweeps of files.
    pub cell: Option<(String, String)>,
    /// A sweep to go on with: its finished trials stay, and the rest is drawn as it would have been.
    pub resume: Option<SweepState>,
}

/// Runs a sweep cell.
pub fn sweep(run: &Run<'_>, cell: &Cell, sweep: &SweepCell) -> Result<Made, ErrorInfo> {
    let table = run.table(&sweep.input)?;
    if sweep.target.is_empty() {
        return Err(ErrorInfo::usage("no target is chosen").hint("choose the column to predict"));
    }
    let prepared = prepare(
        run.project,
        &Lesson {
            table: &table,
            table_key: &run.key(&sweep.input)?.whole,
            target: &sweep.target,
            ignore: &sweep.ignore,
            task: None,
            encode_text: false,
        },
    )?;
    let algorithm = run.engine.kernels.algorithm(&sweep.kernel, &sweep.algorithm)?;
    let plan = Plan {
        name: cell.name.clone(),
        method: sweep.method,
        trials: sweep.trials,
        parallel: sweep.parallel.max(1),
        objective: sweep.objective.clone(),
        seed: sweep.seed,
        fixed: sweep.params.clone(),
        space: sweep.space.clone(),
        kernel: &sweep.kernel,
        algorithm: &algorithm,
        cell: Some((run.path.to_owned(), cell.name.clone())),
        resume: None,
    };
    let mut place = place_of(run, cell);
    place.warnings.extend(prepared.warnings.iter().cloned());
    let code = keep_code(run.project, &run.code)?;
    let input = lineage::of_cell(run, &sweep.input)?;
    let state = run_sweep(run.engine, run.project, &plan, &prepared, &place, &code, &input, run.job)?;
    let view = view_of(&state, place.warnings);
    Ok(Made { result: CellResult::Sweep(state), view })
}

fn view_of(state: &SweepState, warnings: Vec<String>) -> CellView {
    let done = state.trials.iter().filter(|trial| trial.state == TrialState::Complete).count();
    let best = state.best.as_ref();
    let summary = match best {
        Some(best) => format!("{} {} · best of {done}", state.objective.name, lineage::figure(best.value.0)),
        None => format!("{done} trials"),
    };
    CellView { summary, warnings, run_id: best.map(|best| best.run_id.clone()), ..CellView::default() }
}

/// Carries out a sweep and records all of it.
///
/// # Errors
/// The space or a parameter does not fit, no trial ended well, or the person cancelled.
#[expect(clippy::too_many_arguments, reason = "everything a sweep stands on, each of another owner")]
pub fn run_sweep(
    engine: &Inner,
    project: &Project,
    plan: &Plan<'_>,
    prepared: &Prepared,
    place: &Place,
    code: &CodeState,
    input: &Node,
    job: &Job,
) -> Result<SweepState, ErrorInfo> {
    check_plan(plan)?;
    let first = plan.resume.as_ref().map_or(0, first_open);
    let mut sampler: Box<dyn Sampler> = match plan.method {
        SweepMethod::Grid => Box::new(GridSampler::new(&plan.space)?.starting_at(first)),
        SweepMethod::Random => Box::new(RandomSampler::new(&plan.space, plan.seed)?.starting_at(first)),
    };
    let size = cairn_tuning::space_size(&plan.space);
    let planned = match (plan.method, plan.trials) {
        (SweepMethod::Grid, limit) => {
            size.map_or(usize::MAX, |size| usize::try_from(size).unwrap_or(usize::MAX)).min(limit.unwrap_or(usize::MAX))
        }
        (SweepMethod::Random, limit) => limit.unwrap_or(DEFAULT_TRIALS),
    };
    let id = match &plan.resume {
        Some(earlier) => {
            project.tracker.update_sweep(&earlier.id, RunStatus::Running)?;
            earlier.id.clone()
        }
        None => project.tracker.create_sweep(&NewSweep {
            name: plan.name.clone(),
            method: plan.method,
            objective: plan.objective.clone(),
            planned,
            parallel: plan.parallel,
            space: plan.space.clone(),
        })?,
    };
    let sweep_node = Node::new(NodeKind::Sweep, &id, &plan.name).figure(format!("{planned} trials"));
    lineage::record(&project.tracker, &sweep_node, &[(input, EdgeKind::Used)])?;
    let threads = (machine::threads() / plan.parallel).max(1);
    let shared = Shared {
        trainer: Trainer {
            engine,
            project,
            prepared,
            kernel: plan.kernel,
            algorithm: plan.algorithm,
            seed: plan.seed,
            threads,
        },
        plan,
        place,
        code,
        machine: machine::machine(),
        sweep: &id,
        planned,
        started: Instant::now(),
        folder: project.dot_cairn().join("runs").join(&id),
        job,
        state: Mutex::default(),
        leases: (0..plan.parallel).map(|_| Mutex::new(None)).collect(),
    };
    let ended = cairn_tuning::run_trials(
        sampler.as_mut(),
        &TrialOptions {
            parallel: plan.parallel,
            max_trials: Some(planned.saturating_sub(first)),
            first,
            ..TrialOptions::default()
        },
        |worker, number, params| shared.trial(worker, number, params),
        |event| shared.heard(&event),
        job.cancel_flag(),
    );
    let finished = shared.finish(input, &sweep_node);
    std::fs::remove_dir_all(&shared.folder).unwrap_or_default();
    let status = match (&ended.end, job.check(), &finished) {
        (_, Err(_), _) => RunStatus::Cancelled,
        (SweepEnd::GaveUp(_), ..) | (.., Err(_)) => RunStatus::Failed,
        _ => RunStatus::Finished,
    };
    project.tracker.update_sweep(&id, status)?;
    job.check()?;
    finished?;
    if let SweepEnd::GaveUp(why) = ended.end {
        return Err(
            ErrorInfo::failed(why).hint("the first failure is the one to mend; every trial's run holds its own")
        );
    }
    let state = project.tracker.sweep(&id)?;
    if state.best.is_none() {
        let why = state.trials.iter().find(|trial| !trial.reason.is_empty()).map(|trial| trial.reason.clone());
        return Err(ErrorInfo::failed(format!("no trial ended well: {}", why.unwrap_or_default()))
            .hint("the first failure is the one to mend; every trial's run holds its own"));
    }
    Ok(state)
}

/// The first trial that a resumed sweep must run: the first that was under way when it stopped, or the next.
fn first_open(sweep: &SweepState) -> usize {
    let next = sweep.trials.iter().map(|trial| trial.number + 1).max().unwrap_or(0);
    let running = sweep.trials.iter().filter(|trial| trial.state == TrialState::Running);
    running.map(|trial| trial.number).min().unwrap_or(next)
}

/// Every parameter exists, the objective is a metric that can be known.
fn check_plan(plan: &Plan<'_>) -> Result<(), ErrorInfo> {
    if plan.space.is_empty() {
        return Err(ErrorInfo::usage("the search space is empty").hint("give at least one hyperparameter a range"));
    }
    for param in &plan.space {
        if !plan.algorithm.params.iter().any(|known| known.name == param.name) {
            let known: Vec<&str> = plan.algorithm.params.iter().map(|known| known.name.as_str()).collect();
            return Err(ErrorInfo::usage(format!("{} has no hyperparameter {:?}", plan.algorithm.name, param.name))
                .hint(format!("it has {}", known.join(", "))));
        }
    }
    plan.algorithm.resolve(&plan.fixed).map(drop).map_err(ErrorInfo::usage)
}

/// What the workers share.
struct Shared<'a> {
    trainer: Trainer<'a>,
    plan: &'a Plan<'a>,
    place: &'a Place,
    code: &'a CodeState,
    machine: BTreeMap<String, String>,
    sweep: &'a str,
    planned: usize,
    started: Instant,
    folder: PathBuf,
    job: &'a Job,
    state: Mutex<State>,
    /// One kernel process a worker, kept over its trials.
    leases: Vec<Mutex<Option<crate::kernels::Lease<'a>>>>,
}

#[derive(Default)]
struct State {
    trials: HashMap<usize, Trial>,
    ended: usize,
    /// The best so far: its objective, its run, and what its training left on disk.
    best: Option<(f64, String, Trained)>,
}

impl Shared<'_> {
    /// One trial on one worker.
    fn trial(&self, worker: usize, number: usize, sampled: &Params) -> Result<f64, TrialError> {
        let began = Instant::now();
        let mut trial = Trial {
            number,
            run_id: String::new(),
            state: TrialState::Running,
            value: None,
            params: sampled.clone(),
            started_at: crate::now(),
            duration_secs: 0.0,
            offset_secs: self.started.elapsed().as_secs_f64(),
            worker,
            reason: String::new(),
        };
        let result = self.trained(worker, number, sampled, &mut trial);
        trial.duration_secs = began.elapsed().as_secs_f64();
        let (state, value, reason) = match &result {
            Ok(value) => (TrialState::Complete, Some(Real(*value)), String::new()),
            Err(error) => (TrialState::Failed, None, error.to_string()),
        };
        (trial.state, trial.value, trial.reason) = (state, value, reason);
        self.keep(&trial);
        result.map_err(|error| {
            if error.kind == ErrorKind::Interrupted {
                TrialError::Cancelled
            } else {
                TrialError::Failed(error.to_string())
            }
        })
    }

    fn trained(&self, worker: usize, number: usize, sampled: &Params, trial: &mut Trial) -> Result<f64, ErrorInfo> {
        let Trainer { engine, project, algorithm, kernel, .. } = &self.trainer;
        let mut given = self.plan.fixed.clone();
        given.extend(sampled.iter().map(|(name, value)| (name.clone(), value.clone())));
        let params = algorithm.resolve(&given).map_err(ErrorInfo::usage)?;
        let mut lease = locked(&self.leases[worker]);
        let lease = match lease.as_mut() {
            Some(lease) if !lease.is_broken() => lease,
            _ => lease.insert(engine.kernels.lend(kernel)?),
        };
        let place = Place {
            name: format!("{}/{number}", self.plan.name),
            experiment: self.place.experiment.clone(),
            cell: self.place.cell.clone(),
            sweep: self.sweep.to_owned(),
            dataset: self.place.dataset.clone(),
            split: self.place.split.clone(),
            warnings: self.place.warnings.clone(),
        };
        let said = format!("{} {}", lease.hello().name, lease.hello().version);
        let run = begin_run(&self.trainer, &place, &params, self.code, &self.machine, said)?;
        trial.run_id.clone_from(&run);
        self.keep(trial);
        let result = self.train_one(lease, &run, number, params);
        match &result {
            Ok(_) => project.tracker.finish_run(&run)?,
            Err(error) => end_badly(project, &run, error),
        }
        say_run(engine, project, &run);
        result
    }

    fn train_one(
        &self,
        lease: &mut crate::kernels::Lease<'_>,
        run: &str,
        number: usize,
        params: Params,
    ) -> Result<f64, ErrorInfo> {
        let project = self.trainer.project;
        let folder = self.folder.join(number.to_string());
        std::fs::create_dir_all(&folder).map_err(|error| crate::files::io_error("cannot make", &folder, &error))?;
        let mut log = project.tracker.metric_log(run);
        let mut lost = None;
        let trained = self.trainer.train(lease, run, params, &folder, &|| self.job.is_cancelled(), &mut |message| {
            if let FromKernel::Metrics { step, values, .. } = message {
                lost = lost.take().or(log.push(*step, values).err());
            }
        });
        log.flush()?;
        drop(log);
        if let Some(error) = lost {
            return Err(error.into());
        }
        let trained = trained?;
        let Prepared { task, classes, targets, parts, .. } = self.trainer.prepared;
        let predictions = cairn_data::read_predictions(&trained.predictions)?;
        let mut metrics = cairn_modelling::quick(*task, classes, targets, &predictions, parts)?;
        metrics.insert(TRAIN_SECS.into(), trained.finished.train_secs);
        project.tracker.set_final_metrics(run, &metrics)?;
        let objective = &self.plan.objective;
        let value = *metrics.get(&objective.name).ok_or_else(|| {
            let names: Vec<&str> = metrics.keys().map(String::as_str).collect();
            ErrorInfo::usage(format!("there is no metric {:?}", objective.name))
                .hint(format!("metrics are {}", names.join(", ")))
        })?;
        if value.is_nan() {
            return Err(ErrorInfo::failed(format!("{} is not a number", objective.name)));
        }
        let mut state = locked(&self.state);
        // A resumed sweep keeps its earlier best, whose model is stored already, unless this trial beats it.
        let earlier = self.plan.resume.as_ref().and_then(|sweep| sweep.best.as_ref()).map(|best| best.value.0);
        let better = state.best.as_ref().is_none_or(|(best, ..)| objective.goal.better(value, *best))
            && earlier.is_none_or(|earlier| objective.goal.better(value, earlier));
        let old = if better {
            state.best.replace((value, run.to_owned(), trained))
        } else {
            Some((value, String::new(), trained))
        };
        drop(state);
        // Only the best trial's model is kept; every other can be trained again from its run.
        if let Some((.., loser)) = old
            && let Some(folder) = loser.model.parent()
        {
            std::fs::remove_dir_all(folder).unwrap_or_default();
        }
        Ok(value)
    }

    /// Writes a trial down and says so.
    fn keep(&self, trial: &Trial) {
        if let Err(error) = self.trainer.project.tracker.put_trial(self.sweep, trial) {
            self.job.log(ErrorInfo::from(error).to_string());
        }
        locked(&self.state).trials.insert(trial.number, trial.clone());
        self.trainer.engine.events.say(EventBody::Trial {
            sweep: self.sweep.to_owned(),
            cell: self.plan.cell.clone(),
            trial: trial.clone(),
        });
    }

    fn heard(&self, event: &TrialEvent) {
        let TrialEvent::Ended { number, outcome, .. } = event else { return };
        let mut state = locked(&self.state);
        state.ended += 1;
        let (ended, best) = (state.ended, state.best.as_ref().map(|(value, ..)| *value));
        drop(state);
        let best = best.map(|best| format!(", best {}", lineage::figure(best))).unwrap_or_default();
        self.job.progress(
            Some(0.98 * ended as f64 / self.planned.max(1) as f64),
            format!("{ended} of {} trials{best}", lineage::count(self.planned as u64)),
        );
        if let Err(error) = outcome {
            self.job.log(format!("trial {number}: {error}"));
        }
    }

    /// Judges the best trial in full, as a train cell would, and draws the sweep into the lineage graph.
    fn finish(&self, input: &Node, sweep: &Node) -> Result<(), ErrorInfo> {
        let mut leases: Vec<_> = self.leases.iter().filter_map(|lease| locked(lease).take()).collect();
        let Some((_, run, trained)) = locked(&self.state).best.take() else { return Ok(()) };
        let project = self.trainer.project;
        let evaluation = self.trainer.judge(&trained)?;
        self.job.progress(Some(0.99), "shuffling features of the best");
        let importance = match leases.iter_mut().find(|lease| !lease.is_broken()) {
            Some(lease) => self.trainer.explain(lease, &trained, &|| self.job.is_cancelled()),
            None => Vec::new(),
        };
        drop(leases);
        record_trained(&self.trainer, &run, &trained, &evaluation, &[input, sweep])?;
        let result = cairn_protocol::results::TrainResult {
            run: project.tracker.run(&run)?,
            evaluation,
            curves: project.tracker.series(std::slice::from_ref(&run), &[], 400)?,
            importance,
            steps: (trained.finished.steps, trained.finished.best_step),
            cross_validation: None,
        };
        let bytes = serde_json::to_vec(&result).map_err(|error| ErrorInfo::internal(error.to_string()))?;
        let stored = project.tracker.artifacts().put_bytes(&bytes)?;
        project.tracker.add_artifact(&run, "result.json", "result", &stored)?;
        say_run(self.trainer.engine, project, &run);
        Ok(())
    }
}
