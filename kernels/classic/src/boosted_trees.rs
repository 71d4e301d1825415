//! Gradient-boosted trees by hessboost, which grows XGBoost's trees (Chen and Guestrin, KDD 2016).
//!
//! The table's rows in single precision and their bins are kept with the table, so the next trial starts
//! growing at once. The target of a regression is centred before it is narrowed to single precision; the mean
//! is added to predictions. ±∞ counts as the largest number of its sign, NaN as missing.

mod watch;

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use cairn_kernel_sdk::protocol::{FeatureImportance, Task};
use cairn_kernel_sdk::{Attributions, KernelError, Matrix, Model, Predictions, Reporter, Table, TrainJob, Trained};
use hessboost::config::TrainingParams;
use hessboost::data::DMatrix;
use hessboost::error::HessboostError;
use hessboost::metric::EvalMetric;
use hessboost::model::{BoostedModel, ImportanceType, ModelFormat};
use hessboost::objective::{Multiclass, Objective, RegLoss};
use hessboost::training::Trainer;

use crate::additive::{self, Shapes};
use crate::curve::{Watched, evenly};
use crate::declared::ADDITIVE_MODEL;
use crate::model_file::{Body, ModelFile};
use watch::Watch;

/// All rows of a table as hessboost reads them.
struct AllRows(DMatrix);

/// The watched and the training rows as views of [`AllRows`], without labels: those depend on the job.
struct Parts {
    train: DMatrix,
    watched: Option<(Vec<usize>, DMatrix)>,
    valid: Option<DMatrix>,
}

/// Trees and what has to be added to their predictions.
pub(crate) struct BoostedTrees {
    task: Task,
    features: Vec<String>,
    offset: f64,
    trees: BoostedModel,
    used: Vec<bool>,
}

/// What hessboost says, as the kernel's own error.
pub(crate) fn broke(error: HessboostError) -> KernelError {
    KernelError::broke(format!("Boosted trees: {error}"))
}

/// The nearest single-precision number; what is beyond them all is the largest.
fn narrow(value: f64) -> f32 {
    if value.is_nan() { f32::NAN } else { (value as f32).clamp(f32::MIN, f32::MAX) }
}

impl AllRows {
    fn of(table: &Table) -> Result<Self, KernelError> {
        let features = table.features();
        DMatrix::from_dense_vec(features.to_rows(narrow), features.rows(), features.width()).map(Self).map_err(broke)
    }
}

impl Parts {
    fn of(table: &Table, all: &DMatrix) -> Result<Self, KernelError> {
        let view = |rows: &[usize]| all.select_rows(rows).map_err(broke);
        let (training, validation) = (table.training(), table.validation());
        let watched = (training.len() > Watched::MOST).then(|| evenly(training, Watched::MOST));
        Ok(Self {
            train: view(training)?,
            watched: watched.map(|rows| view(&rows).map(|view| (rows, view))).transpose()?,
            valid: (!validation.is_empty()).then(|| view(validation)).transpose()?,
        })
    }
}

/// Trains one model.
pub(crate) fn train(job: &TrainJob<'_>, reporter: &mut Reporter) -> Result<Trained, KernelError> {
    let started = Instant::now();
    let table = job.table;
    let all = table.derived_of_features().get(|| AllRows::of(table))?;
    reporter.check()?;
    let parts = table.derived().get(|| Parts::of(table, &all.0))?;
    reporter.check()?;
    let (target, training) = (table.target(), table.training());
    let offset = match job.task {
        Task::Regression => training.iter().map(|&row| target[row]).sum::<f64>() / training.len() as f64,
        Task::Binary | Task::Multiclass => 0.0,
    };
    // A copy of a view shares its rows and its bins.
    let labelled = |view: &DMatrix, rows: &[usize]| {
        let labels: Vec<f32> = rows.iter().map(|&row| narrow(target[row] - offset)).collect();
        view.clone().with_labels(&labels).map_err(broke)
    };
    let train = labelled(&parts.train, training)?;
    let watched = parts.watched.as_ref().map(|(rows, view)| labelled(view, rows)).transpose()?;
    let valid = parts.valid.as_ref().map(|view| labelled(view, table.validation())).transpose()?;

    let rounds = job.count(if job.algorithm == ADDITIVE_MODEL { "rounds" } else { "trees" })?;
    let patience = NonZeroUsize::new(job.count("early_stopping")?).filter(|_| valid.is_some());
    say_what_has_no_effect(job, &parts, reporter)?;
    reporter.started(Some(rounds as u64));

    let watch = Watch::new(job.task, rounds);
    let additive = job.algorithm == ADDITIVE_MODEL;
    let params = params(job, additive)?;
    let mut done = 0;
    let mut trainer = Trainer::new(&params, &train, rounds);
    trainer = trainer.eval(watched.as_ref().unwrap_or(&train), watch::TRAIN);
    if let Some(valid) = &valid {
        trainer = trainer.eval(valid, watch::VALID);
    }
    if let Some(metric) = watch.metric() {
        trainer = trainer.custom_metric(metric);
    }
    if let Some(patience) = patience {
        trainer = trainer.early_stopping_rounds(patience);
    }
    let hook = |round: hessboost::training::RoundEval<'_>| {
        done = round.iteration() + 1;
        watch.after_round(&round, reporter);
        if reporter.cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let mut trees = trainer.on_round(hook).train().map_err(broke)?.model;
    reporter.check()?;

    let steps = if additive { done } else { trees.num_boost_rounds() };
    let mut best = trees.best_iteration();
    if additive {
        // An additive model counts trees, and keeps those of its best round by itself.
        let pairs = trees.ebm().map_or(0, |ebm| ebm.terms.len()).saturating_sub(table.names().len());
        let kept = trees.num_boost_rounds();
        best = best.map(|_| additive::rounds_of(kept, table.names().len(), pairs, rounds).saturating_sub(1));
    } else if let Some(best) = best.filter(|best| best + 1 < steps) {
        trees = trees.slice(..=best, 1).map_err(broke)?;
    }
    let model = BoostedTrees::new(job.task, table.names().to_vec(), offset, trees);
    let predictions = model.trees.predict(&all.0, ..).map_err(broke)?;
    Ok(Trained {
        predictions: Some(model.predictions(predictions.as_slice())),
        importance: model.importance(),
        model: Box::new(model),
        steps: steps as u64,
        best_step: best.map(|best| best as u64 + 1),
        train_secs: started.elapsed().as_secs_f64(),
    })
}

fn params(job: &TrainJob<'_>, additive: bool) -> Result<TrainingParams, KernelError> {
    let positive_weight = if additive { additive::positive_weight(job)? } else { job.number("positive_weight")? };
    let (objective, metrics) = match job.task {
        Task::Binary => {
            (Objective::BinaryLogistic(RegLoss::new(positive_weight).map_err(broke)?), vec![EvalMetric::Error])
        }
        Task::Multiclass => (
            Objective::Softprob(Multiclass::new(job.classes).map_err(broke)?),
            vec![EvalMetric::MError, EvalMetric::MLogLoss],
        ),
        Task::Regression => (Objective::SquaredError(RegLoss::default()), vec![EvalMetric::Rmse]),
    };
    let builder = TrainingParams::builder()
        .objective(objective)
        .seed(job.seed)
        .eta(job.number("learning_rate")?)
        .min_child_weight(job.number("min_child_weight")?)
        .subsample(job.number("subsample")?)
        .lambda(job.number("l2")?)
        .max_bin(job.count("max_bins")?);
    let builder = if additive {
        additive::settings(builder, job)?
    } else {
        builder
            .max_depth(job.count("max_depth")?)
            .gamma(job.number("min_split_gain")?)
            .colsample_bytree(job.number("colsample")?)
            .alpha(job.number("l1")?)
    };
    metrics.into_iter().fold(builder, |builder, metric| builder.eval_metric(metric)).build().map_err(broke)
}

fn say_what_has_no_effect(job: &TrainJob<'_>, parts: &Parts, reporter: &Reporter) -> Result<(), KernelError> {
    let weighs = job.algorithm != ADDITIVE_MODEL && job.number("positive_weight")? != 1.0;
    if job.task != Task::Binary && weighs {
        reporter.warning("The weight of class 1 is for two classes only and has no effect here");
    }
    if parts.valid.is_none() && job.count("early_stopping")? > 0 {
        reporter.info("Without validation rows every tree is grown and kept: early stopping has nothing to watch");
    }
    if parts.watched.is_some() {
        let all = parts.train.n_rows();
        let some = Watched::MOST;
        reporter.info(format!("The training curve is of {some} of the {all} training rows, evenly spread"));
    }
    Ok(())
}

impl BoostedTrees {
    fn new(task: Task, features: Vec<String>, offset: f64, trees: BoostedModel) -> Self {
        let mut used = vec![false; features.len()];
        trees.feature_importance(ImportanceType::Weight).keys().for_each(|&feature| used[feature] = true);
        Self { task, features, offset, trees, used }
    }

    /// Reads what [`Model::save`] wrote behind the first line.
    pub(crate) fn decode(
        path: &Path,
        task: Task,
        features: Vec<String>,
        offset: f64,
        payload: &[u8],
    ) -> Result<Self, KernelError> {
        let malformed = |reason: String| KernelError::Malformed { path: path.to_owned(), reason };
        let trees = BoostedModel::decode(payload, ModelFormat::Binary).map_err(|error| malformed(error.to_string()))?;
        if trees.n_features() != features.len() {
            return Err(malformed(format!("{} columns named, {} in the trees", features.len(), trees.n_features())));
        }
        Ok(Self::new(task, features, offset, trees))
    }

    /// Predictions from hessboost's, which are row by row.
    fn predictions(&self, values: &[f32]) -> Predictions {
        match self.task {
            Task::Regression => Predictions::numbers(values.iter().map(|&v| f64::from(v) + self.offset).collect()),
            Task::Binary => Predictions::binary(values.iter().map(|&v| f64::from(v)).collect()),
            Task::Multiclass => {
                let classes = self.trees.prediction_width();
                let column = |class| values.iter().skip(class).step_by(classes).map(|&v| f64::from(v)).collect();
                Predictions::classes((0..classes).map(column).collect())
            }
        }
    }

    /// Each used feature's share of the gain of all splits.
    fn importance(&self) -> Vec<FeatureImportance> {
        let gains = self.trees.feature_importance(ImportanceType::TotalGain);
        let total: f64 = gains.values().sum();
        let shares = gains.into_iter().map(|(feature, gain)| FeatureImportance {
            feature: self.features[feature].clone(),
            value: if total > 0.0 { gain / total } else { 0.0 },
            std_error: 0.0,
        });
        shares.collect()
    }
}

impl Model for BoostedTrees {
    fn task(&self) -> Task {
        self.task
    }

    fn features(&self) -> &[String] {
        &self.features
    }

    fn predict(&self, rows: &Matrix) -> Result<Predictions, KernelError> {
        let values = self.trees.predict_rows(&rows.to_rows(narrow), ..).map_err(broke)?;
        Ok(self.predictions(values.as_slice()))
    }

    fn save(&self, path: &Path) -> Result<(), KernelError> {
        let payload = self.trees.encode(ModelFormat::Binary).map_err(broke)?;
        let body = if self.trees.ebm().is_some() {
            Body::Additive { offset: self.offset, shapes: Shapes::of(&self.trees, &self.features, self.offset)? }
        } else {
            Body::BoostedTrees { offset: self.offset }
        };
        ModelFile { task: self.task, features: self.features.clone(), body, payload }.write(path)
    }

    fn uses(&self, feature: usize) -> bool {
        self.used[feature]
    }

    /// hessboost's own, exact for its trees in single precision; in the scale of the trees' sum: the number, or
    /// log-odds.
    fn attributions(&self, rows: &Matrix) -> Result<Attributions, KernelError> {
        let matrix = DMatrix::from_dense_vec(rows.to_rows(narrow), rows.rows(), rows.width()).map_err(broke)?;
        let found = self.trees.predict_contribs(&matrix, ..).map_err(broke)?;
        let (outputs, width) = (found.n_outputs(), rows.width());
        let of = |row: usize, output: usize| found.get(row, output).unwrap_or_default();
        let values = |output: usize| -> Vec<f64> {
            let of_row = |row: usize| of(row, output).iter().take(width).map(|&value| f64::from(value));
            (0..rows.rows()).flat_map(of_row).collect()
        };
        // Behind the features stands what the trees say when nothing is known, the same for every row.
        let base = |output: usize| of(0, output).get(width).map_or(0.0, |&value| f64::from(value)) + self.offset;
        Ok(Attributions { base: (0..outputs).map(base).collect(), values: (0..outputs).map(values).collect() })
    }
}
