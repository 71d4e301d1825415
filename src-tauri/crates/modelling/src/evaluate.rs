//! How good a model is on each part of its table: the entrance of this crate.
//!
//! The threshold of a two-class model is the one with the largest F1 on the validation part (on the training part
//! where there is none); it is chosen once and used on every part, so that the test part stays unseen. Baselines
//! are those of a model that knows only the training part's class shares or mean.

use cairn_protocol::{
    Real, Task,
    results::{Evaluation, MetricValue, PartEvaluation},
};

use crate::{
    binary::Binary,
    bootstrap::{self, Scorer},
    error::ModellingError,
    metrics,
    multiclass::Multiclass,
    regression::Regression,
};

const PARTS: [&str; 3] = ["train", "valid", "test"];
/// Points of the picture of residuals at most.
const RESIDUALS: usize = 2_000;

/// Judges predictions on every part that has rows.
///
/// `targets` holds the class index (`0.0, 1.0, …`) or the number, `predictions` one column of probabilities for
/// each class (also for two), or one column of numbers, and `parts` 0 (train), 1 (valid) or 2 (test) for each row.
pub fn evaluate(
    task: Task,
    classes: &[String],
    targets: &[f64],
    predictions: &[Vec<f64>],
    parts: &[u8],
    seed: u64,
) -> Result<Evaluation, ModellingError> {
    evaluate_parts(task, classes, targets, predictions, parts, &PARTS, seed)
}

/// As [`evaluate`], for parts with names: the first three are training, validation and test part, and rows of a part
/// without a name are left out.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_parts<S: AsRef<str>>(
    task: Task,
    classes: &[String],
    targets: &[f64],
    predictions: &[Vec<f64>],
    parts: &[u8],
    names: &[S],
    seed: u64,
) -> Result<Evaluation, ModellingError> {
    check(task, classes.len(), targets, predictions)?;
    if parts.len() != targets.len() {
        return Err(ModellingError::Length { what: "the part".into(), expected: targets.len(), found: parts.len() });
    }
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); names.len().max(PARTS.len())];
    for (row, part) in parts.iter().enumerate() {
        if let Some(rows) = rows.get_mut(usize::from(*part)) {
            rows.push(row);
        }
    }
    if rows.iter().all(Vec::is_empty) {
        return Err(ModellingError::NoRows);
    }
    let knowledge = Knowledge::of(task, classes.len(), targets, &rows[0]);
    let threshold = (task == Task::Binary).then(|| {
        let judged = if !rows[1].is_empty() {
            &rows[1]
        } else if !rows[0].is_empty() {
            &rows[0]
        } else {
            &rows[2]
        };
        let (truth, score) = binary_rows(targets, &predictions[1], judged);
        Binary::new(&truth, &score, 0.5).best_f1_threshold()
    });
    let mut result = Evaluation { task: Some(task), classes: classes.to_vec(), parts: Vec::new() };
    for (part, rows) in rows.iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
        let mut judged = judge(task, targets, predictions, rows, threshold, &knowledge, (seed, (part as u64) << 32));
        judged.part = names.get(part).map_or(PARTS[part.min(2)], AsRef::as_ref).into();
        result.parts.push(judged);
    }
    Ok(result)
}

/// The metrics alone, by the names of runs (`valid.auc`), without spread and pictures: what a trial of a sweep is judged
/// by, in a few milliseconds. Equal to those of [`evaluate`].
///
/// # Errors
/// As [`evaluate`].
pub fn quick(
    task: Task,
    classes: &[String],
    targets: &[f64],
    predictions: &[Vec<f64>],
    parts: &[u8],
) -> Result<std::collections::BTreeMap<String, f64>, ModellingError> {
    check(task, classes.len(), targets, predictions)?;
    if parts.len() != targets.len() {
        return Err(ModellingError::Length { what: "the part".into(), expected: targets.len(), found: parts.len() });
    }
    let rows: [Vec<usize>; 3] =
        [0u8, 1, 2].map(|part| (0..parts.len()).filter(|&row| parts[row] == part).collect::<Vec<_>>());
    let threshold = (task == Task::Binary).then(|| {
        let judged = rows[1..2].iter().chain(&rows[0..1]).chain(&rows[2..3]).find(|rows| !rows.is_empty());
        let (truth, score) = binary_rows(targets, &predictions[1], judged.map_or(&[][..], Vec::as_slice));
        Binary::new(&truth, &score, 0.5).best_f1_threshold()
    });
    let mut metrics = std::collections::BTreeMap::new();
    for (part, rows) in rows.iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
        let values = match task {
            Task::Binary => {
                let (truth, score) = binary_rows(targets, &predictions[1], rows);
                Binary::new(&truth, &score, threshold.unwrap_or(0.5)).value()
            }
            Task::Multiclass => {
                let truth: Vec<u32> = rows.iter().map(|&row| targets[row] as u32).collect();
                let columns: Vec<Vec<f64>> = predictions.iter().map(|column| pick(column, rows)).collect();
                Multiclass::new(&truth, &columns).value()
            }
            Task::Regression => Regression::new(&pick(targets, rows), &pick(&predictions[0], rows)).value(),
        };
        for (metric, value) in metrics::of_task(task).iter().zip(values) {
            metrics.insert(format!("{}.{}", PARTS[part], metric.name), value);
        }
    }
    Ok(metrics)
}

/// What a model without knowledge of the features can know from the training part.
struct Knowledge {
    /// Class shares, or the mean alone; empty without a training part.
    prior: Vec<f64>,
}

impl Knowledge {
    fn of(task: Task, classes: usize, targets: &[f64], train: &[usize]) -> Self {
        if train.is_empty() {
            return Self { prior: Vec::new() };
        }
        let share = 1.0 / train.len() as f64;
        if task == Task::Regression {
            return Self { prior: vec![train.iter().map(|&row| targets[row]).sum::<f64>() * share] };
        }
        let mut counts = vec![0u64; classes];
        for &row in train {
            counts[targets[row] as usize] += 1;
        }
        Self { prior: counts.into_iter().map(|count| count as f64 * share).collect() }
    }
}

fn judge(
    task: Task,
    targets: &[f64],
    predictions: &[Vec<f64>],
    rows: &[usize],
    threshold: Option<f64>,
    knowledge: &Knowledge,
    (seed, stream): (u64, u64),
) -> PartEvaluation {
    let mut part = PartEvaluation { rows: rows.len() as u64, ..PartEvaluation::default() };
    let prior = &knowledge.prior;
    let known = !prior.is_empty();
    let (scorer, baseline): (Box<dyn Scorer>, Vec<f64>) = match task {
        Task::Binary => {
            let (truth, score) = binary_rows(targets, &predictions[1], rows);
            let binary = Binary::new(&truth, &score, threshold.unwrap_or(0.5));
            let curves = binary.curves();
            part.confusion = binary.confusion();
            part.threshold = threshold.map(Real);
            part.roc = curves.roc;
            part.precision_recall = curves.precision_recall;
            part.calibration = binary.calibration();
            let baseline = if known { binary.baseline(prior[1]) } else { Vec::new() };
            (Box::new(binary), baseline)
        }
        Task::Multiclass => {
            let truth: Vec<u32> = rows.iter().map(|&row| targets[row] as u32).collect();
            let columns: Vec<Vec<f64>> = predictions.iter().map(|column| pick(column, rows)).collect();
            let multiclass = Multiclass::new(&truth, &columns);
            part.confusion = multiclass.confusion();
            let baseline = if known { multiclass.baseline(prior) } else { Vec::new() };
            (Box::new(multiclass), baseline)
        }
        Task::Regression => {
            let (truth, predicted) = (pick(targets, rows), pick(&predictions[0], rows));
            let shown = rows.len().min(RESIDUALS);
            part.residuals = (0..shown)
                .map(|point| point * rows.len() / shown)
                .map(|row| (Real(truth[row]), Real(predicted[row])))
                .collect();
            let regression = Regression::new(&truth, &predicted);
            let baseline = if known { regression.baseline(prior[0]) } else { Vec::new() };
            (Box::new(regression), baseline)
        }
    };
    let values = scorer.value();
    let spreads = bootstrap::spreads(scorer.as_ref(), &values, seed, stream);
    part.metrics = metrics::of_task(task)
        .iter()
        .enumerate()
        .map(|(at, metric)| MetricValue {
            name: metric.name.into(),
            title: metric.title.into(),
            value: Real(values[at]),
            std_error: spreads[at].map(|spread| Real(spread.std_error)),
            interval: spreads[at].map(|spread| (Real(spread.interval.0), Real(spread.interval.1))),
            baseline: baseline.get(at).copied().map(Real),
            goal: metric.goal,
        })
        .collect();
    part
}

fn pick(values: &[f64], rows: &[usize]) -> Vec<f64> {
    rows.iter().map(|&row| values[row]).collect()
}

pub(crate) fn binary_rows(targets: &[f64], score: &[f64], rows: &[usize]) -> (Vec<bool>, Vec<f64>) {
    (rows.iter().map(|&row| targets[row] == 1.0).collect(), pick(score, rows))
}

/// That targets and predictions are what the task says, row by row.
pub(crate) fn check(
    task: Task,
    classes: usize,
    targets: &[f64],
    predictions: &[Vec<f64>],
) -> Result<(), ModellingError> {
    let expected = match task {
        Task::Binary => 2,
        Task::Multiclass => classes,
        Task::Regression => 1,
    };
    if predictions.len() != expected || expected == 0 {
        return Err(ModellingError::Columns { expected, found: predictions.len() });
    }
    for column in predictions {
        if column.len() != targets.len() {
            let what = "the prediction".into();
            return Err(ModellingError::Length { what, expected: targets.len(), found: column.len() });
        }
    }
    let fault = |row: usize, what: &str, value: f64| ModellingError::Value { row: row + 1, what: what.into(), value };
    let fits = |value: f64| match task {
        Task::Regression => value.is_finite(),
        _ => value >= 0.0 && value.fract() == 0.0 && value < expected as f64,
    };
    if let Some(row) = targets.iter().position(|value| !fits(*value)) {
        return Err(fault(row, "the target", targets[row]));
    }
    let sound = |value: f64| match task {
        Task::Regression => value.is_finite(),
        // A kernel in single precision may leave [0, 1] by a rounding.
        _ => (-1e-6..=1.0 + 1e-6).contains(&value),
    };
    for column in predictions {
        if let Some(row) = column.iter().position(|value| !sound(*value)) {
            return Err(fault(row, "the prediction", column[row]));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_with_names_are_judged_and_rows_in_none_are_not() {
        let targets: Vec<f64> = (0..60).map(f64::from).collect();
        let predictions = [targets.iter().map(|value| value + 1.0).collect::<Vec<f64>>()];
        let parts: Vec<u8> = (0..60).map(|row| [0, 0, 1, 2, 3, u8::MAX][row % 6]).collect();
        let names = ["train", "valid", "test", "calibration"];
        let found = evaluate_parts(Task::Regression, &[], &targets, &predictions, &parts, &names, 1).unwrap();
        let rows: Vec<(&str, u64)> = found.parts.iter().map(|part| (part.part.as_str(), part.rows)).collect();
        assert_eq!(rows, [("train", 20), ("valid", 10), ("test", 10), ("calibration", 10)]);
        // The first three are what they are without a fourth.
        let three = evaluate(Task::Regression, &[], &targets, &predictions, &parts, 1).unwrap();
        assert_eq!(three.parts, found.parts[..3]);
    }

    #[test]
    fn the_quick_figures_are_those_of_the_full_evaluation() {
        let rows = 90;
        let targets: Vec<f64> = (0..rows).map(|row| f64::from(row % 3 == 0)).collect();
        let score: Vec<f64> = (0..rows).map(|row| f64::from((row * 37) % 90) / 90.0).collect();
        let predictions = [score.iter().map(|score| 1.0 - score).collect(), score];
        let parts: Vec<u8> = (0..rows).map(|row| (row % 5).min(2) as u8).collect();
        let classes = ["no".to_owned(), "yes".to_owned()];
        let full = evaluate(Task::Binary, &classes, &targets, &predictions, &parts, 1).unwrap();
        let quick = quick(Task::Binary, &classes, &targets, &predictions, &parts).unwrap();
        for part in &full.parts {
            for metric in &part.metrics {
                assert_eq!(quick[&format!("{}.{}", part.part, metric.name)].to_bits(), metric.value.0.to_bits());
            }
        }
        assert_eq!(quick.len(), full.parts.iter().map(|part| part.metrics.len()).sum::<usize>());
    }
}
