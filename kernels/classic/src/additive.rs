//! A generalised additive model: the sum of one curve for each column, and of surfaces of a few pairs where wished
//! (Lou, Caruana and Gehrke, KDD 2012; Nori and others, «InterpretML», 2019), by hessboost's cyclic boosting of
//! trees that ask about one column each.
//!
//! Training, prediction and file are those of the boosted trees, of which this is a kind; here is what differs:
//! the settings, and the curves that the file's first line shows.

use cairn_kernel_sdk::protocol::Task;
use cairn_kernel_sdk::{KernelError, TrainJob};
use hessboost::config::{BoosterKind, Ebm, GrowPolicy, TrainingParamsBuilder};
use hessboost::ebm::{TermAxis, shape_functions};
use hessboost::model::BoostedModel;
use serde::{Deserialize, Serialize};

use crate::boosted_trees::broke;
use crate::classes::{class_counts, class_indices};

/// What one column, or a pair of columns, adds to the log-odds or to the number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shape {
    /// One column or two.
    pub(crate) columns: Vec<String>,
    /// For each column the ends of its intervals: below the first, between two, from the last on.
    pub(crate) edges: Vec<Vec<f64>>,
    /// One value an interval of the column and one where it is missing; for a pair, row by row of the first.
    pub(crate) values: Vec<f64>,
}

/// The curves of a model, and what it says of a row where they are all 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shapes {
    pub(crate) intercept: f64,
    pub(crate) terms: Vec<Shape>,
}

impl Shapes {
    /// Read off the trees; `offset` is what their predictions lack.
    pub(crate) fn of(trees: &BoostedModel, names: &[String], offset: f64) -> Result<Self, KernelError> {
        let shapes = shape_functions(trees).map_err(broke)?;
        let edges = |axis: &TermAxis| match axis {
            TermAxis::Numeric { edges, .. } => edges.iter().map(|&edge| f64::from(edge)).collect(),
            TermAxis::Categorical { categories, .. } => categories.iter().map(|&code| f64::from(code)).collect(),
            // Another kind of axis would have no edges to show.
            _ => vec![],
        };
        let terms = shapes.terms.iter().map(|term| Shape {
            columns: term.features().iter().map(|&at| names[at as usize].clone()).collect(),
            edges: term.axes().iter().map(edges).collect(),
            values: term.values().to_vec(),
        });
        Ok(Self { intercept: shapes.intercept + offset, terms: terms.collect() })
    }
}

/// How much a row of class 1 counts against one of class 0.
pub(crate) fn positive_weight(job: &TrainJob<'_>) -> Result<f64, KernelError> {
    if job.task != Task::Binary || job.choice("class_weight")? == "none" {
        return Ok(1.0);
    }
    let counts = class_counts(&class_indices(job.table, job.table.training()), 2);
    Ok(counts[0] / counts[1])
}

/// The settings of the trees.
pub(crate) fn settings(
    builder: TrainingParamsBuilder,
    job: &TrainJob<'_>,
) -> Result<TrainingParamsBuilder, KernelError> {
    let width = job.table.names().len();
    let pairs = width * (width - 1) / 2;
    let ebm = Ebm::builder().interactions(job.count("interactions")?.min(pairs)).build().map_err(broke)?;
    Ok(builder
        .booster(BoosterKind::Ebm(ebm))
        .grow_policy(GrowPolicy::LossGuide)
        .unlimited_depth()
        .max_leaves(job.count("max_leaves")?))
}

/// The round after which the kept trees were there: one tree a column, then one a pair.
pub(crate) fn rounds_of(kept: usize, width: usize, pairs: usize, rounds: usize) -> usize {
    let of_columns = width * rounds;
    if kept <= of_columns || pairs == 0 { kept.div_ceil(width) } else { rounds + (kept - of_columns).div_ceil(pairs) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_counted_from_trees() {
        assert_eq!([rounds_of(5, 5, 0, 10), rounds_of(50, 5, 3, 10), rounds_of(56, 5, 3, 10)], [1, 10, 12]);
    }
}
