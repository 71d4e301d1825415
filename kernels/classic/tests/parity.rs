//! The same models as the libraries people know, on data made by counting (`host::counted`).
//!
//! The figures are of xgboost 3.2.0 (tree_method hist, one thread) and scikit-learn 1.9.1 (StandardScaler
//! fitted on the training rows, LogisticRegression tol 1e-12, Ridge solver svd), rows 0, 3, 11, 100 and 599. With
//! more bins than values the thresholds are all there are; with fewer, xgboost's releases differ in them. Those of
//! `parity/golden.json` are written by `parity/golden.py`, which says how.
#![expect(clippy::unwrap_used, reason = "tests")]

mod host;

use std::collections::BTreeMap;
use std::path::Path;

use cairn_kernel_sdk::protocol::{Params, Task, ToKernel, Train};
use host::{Kernel, counted, counted_in_steps, predictions};
use serde::Deserialize;

const ROWS: [usize; 5] = [0, 3, 11, 100, 599];

/// Trains, and compares the last class's (or the only) column of the shown rows.
fn check(algorithm: &str, task: Task, params: &[(&str, f64)], wanted: [f64; 5], within: f64) {
    let data = counted(task, algorithm == "boosted_trees");
    let (mut kernel, _) = Kernel::greeted();
    kernel.ask(ToKernel::Train(data.train("r", algorithm, task, params))).finished();
    let columns = predictions(&data.path("r.arrow"));
    let found = ROWS.map(|row| columns.last().unwrap().1[row]);
    let close = found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() <= within);
    assert!(close, "{algorithm} for {task:?}: {found:?} and not {wanted:?}");
}

#[test]
fn boosted_trees_are_those_of_xgboost() {
    let params = [
        ("trees", 30.0),
        ("learning_rate", 0.1),
        ("max_depth", 4.0),
        ("min_child_weight", 2.0),
        ("l2", 1.5),
        ("l1", 0.1),
        ("min_split_gain", 0.05),
        ("max_bins", 1024.0),
        ("early_stopping", 0.0),
    ];
    let binary = [0.0470957085, 0.3594048619, 0.2751505971, 0.9250706434, 0.1594296545];
    check("boosted_trees", Task::Binary, &params, binary, 1e-5);
    let multi = [0.0234823972, 0.0463236980, 0.1170892119, 0.5208057761, 0.0493068732];
    check("boosted_trees", Task::Multiclass, &params, multi, 1e-5);
    let numbers = [-4.7992339134, 6.8176841736, 8.5755138397, 12.9704980850, 4.5012831688];
    check("boosted_trees", Task::Regression, &params, numbers, 1e-4);
}

#[test]
fn logistic_regression_is_that_of_scikit_learn() {
    let params = [("l2", 0.7), ("tolerance", 1e-9)];
    let binary =
        [0.0005371006672104143, 0.2268029277259859, 0.31733994522976533, 0.9188416918209127, 0.10978991854830995];
    check("logistic_regression", Task::Binary, &params, binary, 1e-6);
    let multi =
        [4.185505625794286e-07, 0.009439106897731494, 0.03985450550969279, 0.3556278414535252, 0.0037375424612826886];
    check("logistic_regression", Task::Multiclass, &params, multi, 1e-6);
}

#[test]
fn least_squares_and_ridge_are_those_of_scikit_learn() {
    let plain = [-5.206294244992797, 6.082953155762355, 7.383214790220977, 12.820350403051988, 5.168924236360788];
    check("linear_regression", Task::Regression, &[("l2", 0.0)], plain, 1e-9);
    let ridge = [-4.471300269121455, 6.156807495009636, 7.3970275517544986, 12.591831523309462, 5.31185720224723];
    check("linear_regression", Task::Regression, &[("l2", 25.0)], ridge, 1e-9);
}

/// What `golden.py` writes.
#[derive(Deserialize)]
struct Golden {
    shown: Vec<usize>,
    cases: Vec<Case>,
    forests: Vec<ForestCase>,
}

#[derive(Deserialize)]
struct Case {
    algorithm: String,
    task: Task,
    params: Params,
    within: f64,
    /// Whether the values of features are rounded down to hundredths.
    coarse: bool,
    /// Predictions of the shown rows; empty where they are not compared.
    columns: Vec<Vec<f64>>,
    #[serde(default)]
    weights: Vec<Vec<f64>>,
    #[serde(default)]
    intercepts: Vec<f64>,
}

/// Mean and deviation of the losses of scikit-learn's forests over twenty seeds, by part.
#[derive(Deserialize)]
struct ForestCase {
    algorithm: String,
    task: Task,
    params: Params,
    scores: BTreeMap<String, (f64, f64)>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("parity/golden.json")).unwrap()
}

/// Weights and intercepts from the first line of a model's file.
fn coefficients(path: &Path) -> (Vec<Vec<f64>>, Vec<f64>) {
    let bytes = std::fs::read(path).unwrap();
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap();
    let head: serde_json::Value = serde_json::from_slice(line).unwrap();
    let outputs = head["model"]["outputs"].as_array().unwrap();
    let numbers = |value: &serde_json::Value| {
        value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect::<Vec<f64>>()
    };
    let weights = outputs.iter().map(|output| numbers(&output["weights"])).collect();
    (weights, outputs.iter().map(|output| output["intercept"].as_f64().unwrap()).collect())
}

fn off(found: &[f64], wanted: &[f64]) -> f64 {
    assert_eq!(found.len(), wanted.len());
    found.iter().zip(wanted).map(|(found, wanted)| (found - wanted).abs()).fold(0.0, f64::max)
}

#[test]
fn models_are_those_of_scikit_learn() {
    let golden = golden();
    let (mut kernel, _) = Kernel::greeted();
    let mut wrong = vec![];
    for (index, case) in golden.cases.into_iter().enumerate() {
        let Case { algorithm, task, params, within, coarse, columns, weights, intercepts } = case;
        let data = counted_in_steps(task, false, coarse.then_some(100.0));
        let shown = format!("{index} {algorithm} for {task:?} with {params:?}");
        kernel.ask(ToKernel::Train(data.train_with("r", &algorithm, task, params))).finished();
        let found = predictions(&data.path("r.arrow"));
        for (wanted, (_, found)) in columns.iter().zip(&found) {
            let found: Vec<f64> = golden.shown.iter().map(|&row| found[row]).collect();
            if off(&found, wanted) > within {
                wrong.push(format!("{shown}: predicts {found:?} and not {wanted:?}"));
            }
        }
        assert!(columns.is_empty() || columns.len() == found.len(), "{shown}");
        if !weights.is_empty() {
            let (found, at_zero) = coefficients(&data.path("r.model"));
            let most = weights.iter().zip(&found).map(|(wanted, found)| off(found, wanted)).fold(0.0, f64::max);
            if most > within || off(&at_zero, &intercepts) > within || found.len() != weights.len() {
                wrong.push(format!("{shown}: {found:?} {at_zero:?} and not {weights:?} {intercepts:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Five seeds of ours against twenty of scikit-learn's: within four standard errors of the difference.
#[test]
fn forests_are_as_good_as_those_of_scikit_learn() {
    let (mut kernel, _) = Kernel::greeted();
    for ForestCase { algorithm, task, params, scores } in golden().forests {
        let data = counted(task, false);
        let watched = if task == Task::Regression { "rmse" } else { "log_loss" };
        let mut losses: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for seed in 0..5 {
            let wish = Train { seed, ..data.train_with("r", &algorithm, task, params.clone()) };
            let heard = kernel.ask(ToKernel::Train(wish));
            for part in scores.keys() {
                let curve = heard.curve(&format!("{part}.{watched}"));
                losses.entry(part.clone()).or_default().push(*curve.last().unwrap());
            }
        }
        for (part, (mean, deviation)) in scores {
            let found = losses[&part].iter().sum::<f64>() / 5.0;
            let error = deviation * (1.0f64 / 5.0 + 1.0 / 20.0).sqrt();
            let shown = format!("{algorithm} for {task:?}, {part}: {found:.5}, scikit-learn {mean:.5} ± {error:.5}");
            eprintln!("{shown}");
            assert!((found - mean).abs() < 4.0 * error, "{shown}, {:?}", losses[&part]);
        }
    }
}
