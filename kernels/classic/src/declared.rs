//! What the kernel declares: flat tables of algorithms and hyperparameters. Forms, search spaces, help and checks
//! of the host come from them.

mod linear;
mod simple;
mod trees;

use cairn_kernel_sdk::protocol::{Algorithm, Hyperparameter, HyperparameterKind, ParamValue, Task};

pub(crate) const BOOSTED_TREES: &str = "boosted_trees";
pub(crate) const RANDOM_FOREST: &str = "random_forest";
pub(crate) const EXTRA_TREES: &str = "extra_trees";
pub(crate) const LOGISTIC_REGRESSION: &str = "logistic_regression";
pub(crate) const LASSO: &str = "lasso";
pub(crate) const ELASTIC_NET: &str = "elastic_net";
pub(crate) const NEIGHBOURS: &str = "nearest_neighbours";
pub(crate) const NAIVE_BAYES: &str = "naive_bayes";
pub(crate) const LINEAR_SVM: &str = "linear_svm";
pub(crate) const ADDITIVE_MODEL: &str = "additive_model";
pub(crate) const BASELINE: &str = "baseline";
pub(crate) const LINEAR_REGRESSION: &str = "linear_regression";

/// Classes of either number.
const CLASSES: &[Task] = &[Task::Binary, Task::Multiclass];
/// Every task there is.
const ALL: &[Task] = &[Task::Binary, Task::Multiclass, Task::Regression];

/// Every algorithm of the kernel, in the order in which a person is shown them.
pub(crate) fn algorithms() -> Vec<Algorithm> {
    vec![
        trees::boosted_trees(),
        trees::random_forest(),
        trees::extra_trees(),
        trees::additive_model(),
        linear::logistic_regression(),
        linear::linear_regression(),
        linear::lasso(),
        linear::elastic_net(),
        linear::linear_svm(),
        simple::nearest_neighbours(),
        simple::naive_bayes(),
        simple::baseline(),
    ]
}

/// An algorithm that refuses missing values.
fn algorithm(name: &str, title: &str, help: &str, tasks: &[Task], params: Vec<Hyperparameter>) -> Algorithm {
    let (name, title, help) = (name.to_owned(), title.to_owned(), help.to_owned());
    Algorithm { name, title, help, tasks: tasks.to_vec(), takes_missing: false, params }
}

/// The choice of class weights, for algorithms of classes.
fn class_weight() -> Hyperparameter {
    choice("class_weight", "Class weights", &["none", "balanced"])
        .help("Balanced lets every class count alike, however few rows it has; without effect on numbers")
}

/// The range a search starts with, and whether it is uniform in the logarithm.
struct Search {
    low: f64,
    high: f64,
    log: bool,
}

fn log(low: f64, high: f64) -> Search {
    Search { low, high, log: true }
}

fn even(low: f64, high: f64) -> Search {
    Search { low, high, log: false }
}

fn float(name: &str, title: &str, default: f64, low: f64, high: f64, search: Search) -> Hyperparameter {
    let kind = HyperparameterKind::Float { low, high, log: search.log, search: Some((search.low, search.high)) };
    hyperparameter(name, title, kind, ParamValue::Float(default))
}

fn int(name: &str, title: &str, default: i64, low: i64, high: i64, search: Search) -> Hyperparameter {
    let range = Some((search.low as i64, search.high as i64));
    let kind = HyperparameterKind::Int { low, high, log: search.log, search: range };
    hyperparameter(name, title, kind, ParamValue::Int(default))
}

/// One of a few names; the first is the default.
fn choice(name: &str, title: &str, choices: &[&str]) -> Hyperparameter {
    let names = choices.iter().map(|&choice| choice.to_owned()).collect();
    hyperparameter(name, title, HyperparameterKind::Categorical { choices: names }, ParamValue::Text(choices[0].into()))
}

fn switch(name: &str, title: &str, default: bool) -> Hyperparameter {
    hyperparameter(name, title, HyperparameterKind::Bool, ParamValue::Bool(default))
}

fn hyperparameter(name: &str, title: &str, kind: HyperparameterKind, default: ParamValue) -> Hyperparameter {
    Hyperparameter { name: name.into(), title: title.into(), kind, default, help: String::new(), unit: String::new() }
}

/// The rest of a hyperparameter, said behind it.
trait Described {
    fn help(self, text: &str) -> Self;
    fn unit(self, text: &str) -> Self;
}

impl Described for Hyperparameter {
    fn help(mut self, text: &str) -> Self {
        self.help = text.to_owned();
        self
    }

    fn unit(mut self, text: &str) -> Self {
        self.unit = text.to_owned();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_algorithms_are_unlike_each_other() {
        let mut names: Vec<String> = algorithms().into_iter().map(|algorithm| algorithm.name).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn defaults_and_search_ranges_lie_within_what_is_allowed() {
        for algorithm in algorithms() {
            assert!(algorithm.resolve(&Default::default()).is_ok(), "{}", algorithm.name);
            for param in algorithm.params {
                let name = format!("{} of {}", param.name, algorithm.name);
                assert!(!param.help.is_empty(), "{name} has no help");
                let (ends, log) = match param.kind {
                    HyperparameterKind::Float { search: Some((a, b)), log, .. } => ([a, b], log),
                    HyperparameterKind::Int { search: Some((a, b)), log, .. } => ([a as f64, b as f64], log),
                    HyperparameterKind::Categorical { .. } | HyperparameterKind::Bool => continue,
                    _ => panic!("{name} has no search range"),
                };
                assert!(ends[0] < ends[1] && (ends[0] > 0.0 || !log), "{name}");
                assert!(ends.iter().all(|&end| param.check(&ParamValue::Float(end)).is_ok()), "{name}");
            }
        }
    }
}
