//! Cross-validation: the same training on every fold of the split above, with the recipe between split and training
//! fitted anew on each fold's training part, so that nothing of a fold's validation part is known to its model.
//!
//! The run keeps the model of the fold that the split cell has chosen; the others are trained, judged and thrown away.
//! Per fold the run's metric `cv.valid.auc` has a point (its step is the number of the fold), and its value is the
//! mean; `cv.valid.auc.sd` is the standard deviation over folds. Of a nested split the test parts are the outer folds,
//! and `cv.test.auc` is there too.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use cairn_data::Table;
use cairn_protocol::{
    ErrorInfo, Params, Real,
    notebook::{Cell, CellBody, SplitCell, TrainCell},
    results::{CrossValidation, FoldMetric},
};

use super::{
    Run,
    train::{Lesson, Prepared, Trainer, prepare},
};
use crate::{
    jobs::{Job, Part},
    kernels::Lease,
    lineage,
    notebook::graph,
    project::Project,
};

/// The folds that a training has above it.
pub struct Folds<'a> {
    run: &'a Run<'a>,
    train: &'a TrainCell,
    split: &'a SplitCell,
    /// What the split cell reads.
    table: Arc<Table>,
    /// Wrangle cells between split and training, in order.
    recipes: Vec<&'a Cell>,
    key: String,
}

impl<'a> Folds<'a> {
    /// The folds above a train cell; none where its split has none, or where it hangs from no split.
    ///
    /// # Errors
    /// A cell in between is not there or did not run.
    pub fn above(run: &'a Run<'a>, cell: &Cell, train: &'a TrainCell) -> Result<Option<Self>, ErrorInfo> {
        let mut recipes = Vec::new();
        let mut at = graph::need(run.notebook, &train.input)?;
        let split = loop {
            match &at.body {
                CellBody::Split(split) => break split,
                CellBody::Wrangle(wrangle) if recipes.len() < run.notebook.cells.len() => {
                    recipes.push(at);
                    at = graph::need(run.notebook, &wrangle.input)?;
                }
                _ => return Ok(None),
            }
        };
        if split.fold_count() == 0 {
            return Ok(None);
        }
        recipes.reverse();
        let key = run.key(&cell.name)?.whole.clone();
        Ok(Some(Self { run, train, split, table: run.table(&split.input)?, recipes, key }))
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        self.split.fold_count()
    }

    /// The table that a kernel trains on when a fold is the validation part.
    fn prepared(&self, fold: u32, job: &Job) -> Result<Prepared, ErrorInfo> {
        let parts = cairn_data::split_fold(&self.table, self.split, fold)?;
        let mut table = Table::with_parts(self.table.frame.clone(), Some(parts))?;
        for cell in &self.recipes {
            let CellBody::Wrangle(wrangle) = &cell.body else { continue };
            let done = f64::from(fold) / f64::from(self.count() + 1);
            let progress = Part::new(job, done, done, format!("fold {fold}, {}", cell.name));
            let around = crate::recipe::around(self.run.project, &wrangle.steps, |name| self.run.table(name))
                .map_err(|error| error.in_cell(&cell.name))?;
            table = cairn_data::run_recipe(&table, &wrangle.steps, &around, &progress)
                .map_err(|error| ErrorInfo::from(error).in_cell(&cell.name))?
                .table;
        }
        prepare(
            self.run.project,
            &Lesson {
                table: &table,
                table_key: &format!("{} fold {fold}", self.key),
                target: &self.train.target,
                ignore: &self.train.ignore,
                task: self.train.task,
                encode_text: false,
            },
        )
    }

    /// Trains on every fold and records what came of it.
    ///
    /// # Errors
    /// A fold cannot be drawn or trained on, or the job was cancelled.
    pub fn train_each(
        &self,
        trainer: &Trainer<'_>,
        lease: &mut Lease<'_>,
        run: &str,
        params: &Params,
        folder: &Path,
        job: &Job,
    ) -> Result<CrossValidation, ErrorInfo> {
        let names = self.names();
        let nested = self.split.inner > 0;
        let mut values: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        let mut log = trainer.project.tracker.metric_log(run);
        for (fold, name) in (1u32..).zip(&names) {
            job.check()?;
            job.progress(Some(f64::from(fold) / f64::from(self.count() + 1)), format!("fold {name}"));
            let metrics = self.train_one(trainer, lease, run, params, folder, (fold, job))?;
            let mut points = BTreeMap::new();
            for (metric, value) in metrics {
                if metric.starts_with("valid.") || (nested && metric.starts_with("test.")) {
                    points.insert(format!("cv.{metric}"), value);
                    values.entry(metric).or_default().push(value);
                }
            }
            log.push(u64::from(fold), &points)?;
        }
        log.flush()?;
        drop(log);
        let metrics: Vec<FoldMetric> = values.into_iter().map(|(name, values)| over_folds(name, &values)).collect();
        let mut final_values = BTreeMap::new();
        for metric in &metrics {
            final_values.insert(format!("cv.{}", metric.name), metric.mean.0);
            final_values.insert(format!("cv.{}.sd", metric.name), metric.sd.0);
        }
        trainer.project.tracker.set_final_metrics(run, &final_values)?;
        Ok(CrossValidation { folds: names, metrics })
    }

    fn train_one(
        &self,
        trainer: &Trainer<'_>,
        lease: &mut Lease<'_>,
        run: &str,
        params: &Params,
        folder: &Path,
        (fold, job): (u32, &Job),
    ) -> Result<BTreeMap<String, f64>, ErrorInfo> {
        let prepared = self.prepared(fold, job)?;
        let trainer = Trainer { prepared: &prepared, ..*trainer };
        let folder = folder.join(format!("fold-{fold}"));
        std::fs::create_dir_all(&folder).map_err(|error| crate::files::io_error("cannot make", &folder, &error))?;
        let judged = trainer.train(lease, run, params.clone(), &folder, &|| job.is_cancelled(), &mut |_| {}).and_then(
            |trained| {
                let predictions = cairn_data::read_predictions(&trained.predictions)?;
                let Prepared { task, classes, targets, parts, .. } = &prepared;
                Ok(cairn_modelling::quick(*task, classes, targets, &predictions, parts)?)
            },
        );
        // Neither model nor table of a fold is wanted again.
        std::fs::remove_dir_all(&folder).unwrap_or_default();
        forget(trainer.project, &prepared);
        judged
    }

    /// Names of the folds as the split cell's result has them.
    fn names(&self) -> Vec<String> {
        let (folds, repeats, inner) = (self.split.folds, self.split.repeats.max(1), self.split.inner.max(1));
        (0..self.count())
            .map(|at| {
                let again = if repeats > 1 { format!("repeat {}, ", at / (folds * inner) + 1) } else { String::new() };
                let fold = at / inner % folds + 1;
                if self.split.inner > 0 {
                    format!("{again}outer {fold} of {folds}, inner {} of {inner}", at % inner + 1)
                } else {
                    format!("{again}{fold} of {folds}")
                }
            })
            .collect()
    }
}

/// Removes the file that a kernel mapped.
fn forget(project: &Project, prepared: &Prepared) {
    if prepared.path.starts_with(project.dot_cairn()) {
        std::fs::remove_file(&prepared.path).unwrap_or_default();
        if let Some(folder) = prepared.path.parent() {
            std::fs::remove_dir(folder).unwrap_or_default();
        }
    }
}

fn over_folds(name: String, values: &[f64]) -> FoldMetric {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let sd = if values.len() > 1 { (squares / (count - 1.0)).sqrt() } else { f64::NAN };
    FoldMetric { name, values: values.iter().copied().map(Real).collect(), mean: Real(mean), sd: Real(sd) }
}

/// «5 folds: auc 0.861 ± 0.012».
pub fn words(found: &CrossValidation) -> Option<String> {
    const LEADING: [&str; 4] = ["auc", "log_loss", "rmse", "accuracy"];
    let of = |name: &str| found.metrics.iter().find(|metric| metric.name == format!("valid.{name}"));
    let metric = LEADING.into_iter().find_map(of).or(found.metrics.first())?;
    let name = metric.name.rsplit('.').next().unwrap_or_default();
    let (mean, sd) = (lineage::figure(metric.mean.0), lineage::spread(metric.sd.0));
    Some(format!("{} folds: {name} {mean} ± {sd}", found.folds.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_spread_over_folds() {
        let metric = over_folds("valid.auc".into(), &[0.8, 0.9, 0.7]);
        assert!((metric.mean.0 - 0.8).abs() < 1e-12 && (metric.sd.0 - 0.1).abs() < 1e-12);
        assert!(over_folds("valid.auc".into(), &[0.8]).sd.0.is_nan(), "one value has no spread");
        let found = CrossValidation { folds: vec!["1 of 3".into(); 3], metrics: vec![metric] };
        assert_eq!(words(&found).unwrap(), "3 folds: auc 0.800 ± 0.10");
    }
}
