//! Attributions of trained models: with the base they sum to what the model says, whatever made the model.
#![expect(clippy::unwrap_used, reason = "tests")]

mod host;

use cairn_kernel_classic::Classic;
use cairn_kernel_sdk::protocol::{Task, ToKernel};
use cairn_kernel_sdk::{Attributions, Kernel as _, Matrix, Predictions};
use host::{Kernel, counted, predictions};

/// Rows that are explained.
const SHOWN: [usize; 4] = [0, 3, 100, 599];

/// The features of `host::counted`'s shown rows.
fn shown_rows(with_gaps: bool) -> Matrix {
    let value = |i: usize, j: usize| {
        if with_gaps && j == 2 && i.is_multiple_of(11) {
            return f64::NAN;
        }
        ((i * 7919 + j * 104_729 + i * j * 31) % 1009) as f64 / 1009.0
    };
    Matrix::new((0..6).map(|j| SHOWN.map(|i| value(i, j)).to_vec().into()).collect(), SHOWN.len())
}

/// How attributions of a model are scaled.
enum Scale {
    Prediction,
    LogOdds,
    Decision,
}

/// The first output of a row.
fn sum_of(found: &Attributions, row: usize) -> f64 {
    found.base[0] + found.values[0][row * 6..][..6].iter().sum::<f64>()
}

fn check(name: &str, task: Task, scale: &Scale, found: &Attributions, predictions: &Predictions) {
    let (columns, width) = (predictions.columns(), 6);
    let said = |row: usize| -> Vec<f64> {
        (0..found.base.len())
            .map(|output| found.base[output] + found.values[output][row * width..][..width].iter().sum::<f64>())
            .collect()
    };
    for row in 0..SHOWN.len() {
        let said = said(row);
        let expected: Vec<f64> = match (task, scale) {
            (Task::Regression, _) => vec![columns[0][row]],
            (Task::Binary, Scale::Prediction) => vec![columns[1][row]],
            (Task::Binary, _) => vec![(columns[1][row] / columns[0][row]).ln()],
            (Task::Multiclass, Scale::Prediction) => columns.iter().map(|column| column[row]).collect(),
            // Log-odds of many classes are known up to a number that is the same for all of them.
            (Task::Multiclass, _) => {
                columns.iter().map(|column| (column[row] / columns[0][row]).ln() + said[0]).collect()
            }
        };
        if matches!(scale, Scale::Decision) {
            // A decision value is not a probability, but two classes' rises with it.
            let other = (row + 1) % SHOWN.len();
            let rises = said[0] < sum_of(found, other) && task == Task::Binary;
            assert!(!rises || columns[1][row] <= columns[1][other], "{name}, row {row}");
            continue;
        }
        for (said, expected) in said.iter().zip(&expected) {
            assert!((said - expected).abs() < 2e-5 * expected.abs().max(1.0), "{name}, row {row}: {said} {expected}");
        }
    }
}

#[test]
fn attributions_sum_to_predictions_and_find_what_matters() {
    let (mut kernel, hello) = Kernel::greeted();
    let mut without = vec![];
    for algorithm in &hello.algorithms {
        for &task in &algorithm.tasks {
            let data = counted(task, algorithm.takes_missing);
            let name = algorithm.name.as_str();
            let short =
                ["trees", "rounds"].into_iter().find(|param| algorithm.params.iter().any(|of| of.name == *param));
            let params: Vec<(&str, f64)> = short.map(|param| (param, 30.0)).into_iter().collect();
            kernel.ask(ToKernel::Train(data.train("r", name, task, &params))).finished();
            let model = Classic::default().load(&data.path("r.model")).unwrap();
            let rows = shown_rows(algorithm.takes_missing);
            let predicted = model.predict(&rows).unwrap();
            let stored = predictions(&data.path("r.arrow"));
            for (column, (_, stored)) in predicted.columns().iter().zip(&stored) {
                assert_eq!(*column, SHOWN.map(|row| stored[row]), "{name}");
            }
            let found = match model.attributions(&rows) {
                Ok(found) => found,
                Err(error) => {
                    assert!(error.to_string().contains("no exact attributions") && !error.hint().is_empty());
                    without.push(format!("{name} {task:?}"));
                    continue;
                }
            };
            let outputs = if task == Task::Multiclass { 3 } else { 1 };
            assert_eq!((found.base.len(), found.values.len()), (outputs, outputs), "{name}");
            let scale = match name {
                "boosted_trees" | "additive_model" | "logistic_regression" => Scale::LogOdds,
                "linear_svm" => Scale::Decision,
                _ => Scale::Prediction,
            };
            check(name, task, &scale, &found, &predicted);
            if name != "baseline" {
                let size = |at: usize| found.values[0].iter().skip(at).step_by(6).map(|value| value.abs()).sum::<f64>();
                assert!((1..6).all(|at| size(at) < 1.5 * size(0)), "{name} for {task:?}: {:?}", found.values[0]);
            }
        }
    }
    assert_eq!(
        without,
        [
            "nearest_neighbours Binary",
            "nearest_neighbours Multiclass",
            "nearest_neighbours Regression",
            "naive_bayes Binary",
            "naive_bayes Multiclass"
        ]
    );
}

/// The curves in the first line of the file, added up, are the model.
#[test]
fn curves_of_an_additive_model_add_up_to_it() {
    let (mut kernel, _) = Kernel::greeted();
    let data = counted(Task::Regression, true);
    let params = [("rounds", 60.0), ("interactions", 2.0)];
    kernel.ask(ToKernel::Train(data.train("r", "additive_model", Task::Regression, &params))).finished();
    let bytes = std::fs::read(data.path("r.model")).unwrap();
    let head: serde_json::Value = serde_json::from_slice(bytes.split(|&byte| byte == b'\n').next().unwrap()).unwrap();
    let shapes = &head["model"]["shapes"];
    let terms = shapes["terms"].as_array().unwrap();
    assert_eq!(terms.len(), 8);
    let rows = shown_rows(true);
    let predicted = Classic::default().load(&data.path("r.model")).unwrap().predict(&rows).unwrap();
    for row in 0..SHOWN.len() {
        let mut sum = shapes["intercept"].as_f64().unwrap();
        for term in terms {
            let mut cell = 0;
            for (column, edges) in term["columns"].as_array().unwrap().iter().zip(term["edges"].as_array().unwrap()) {
                let at: usize = column.as_str().unwrap()[1..].parse().unwrap();
                // Thresholds are of single precision, as the values that the trees compared with them.
                let value = rows.column(at)[row] as f32;
                let edges: Vec<f32> =
                    edges.as_array().unwrap().iter().map(|edge| edge.as_f64().unwrap() as f32).collect();
                let own =
                    if value.is_nan() { edges.len() + 1 } else { edges.iter().filter(|&&edge| edge <= value).count() };
                cell = cell * (edges.len() + 2) + own;
            }
            sum += term["values"][cell].as_f64().unwrap();
        }
        assert!((sum - predicted.columns()[0][row]).abs() < 1e-4, "row {row}: {sum} {}", predicted.columns()[0][row]);
    }
}

/// Files of linear models from before there were attributions hold no means of the columns.
#[test]
fn an_old_file_of_a_linear_model_predicts_and_says_why_it_explains_nothing() {
    let (mut kernel, _) = Kernel::greeted();
    let data = counted(Task::Regression, false);
    kernel.ask(ToKernel::Train(data.train("r", "linear_regression", Task::Regression, &[]))).finished();
    let path = data.path("r.model");
    let mut head: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert!(head["model"].as_object_mut().unwrap().remove("means").is_some());
    let old = data.path("old.model");
    std::fs::write(&old, serde_json::to_vec(&head).unwrap()).unwrap();
    let rows = shown_rows(false);
    let (new, old) = (Classic::default().load(&path).unwrap(), Classic::default().load(&old).unwrap());
    assert_eq!(new.predict(&rows).unwrap(), old.predict(&rows).unwrap());
    let error = old.attributions(&rows).unwrap_err();
    assert!(error.to_string().contains("means of its columns") && error.hint() == "Train it again", "{error}");
}
