//! What the kernel declares: one flat table of algorithms and hyperparameters. Forms, search spaces, help and
//! checks of the host come from it.

use cairn_kernel_sdk::protocol::{Algorithm, Hyperparameter, HyperparameterKind, ParamValue, Task};

pub(crate) const BOOSTED_TREES: &str = "boosted_trees";
pub(crate) const LOGISTIC_REGRESSION: &str = "logistic_regression";
pub(crate) const LINEAR_REGRESSION: &str = "linear_regression";

/// Every algorithm of the kernel.
pub(crate) fn algorithms() -> Vec<Algorithm> {
    vec![
        Algorithm {
            name: BOOSTED_TREES.into(),
            title: "Boosted trees".into(),
            help: "Gradient boosting of decision trees: strong on most tables, needs no scaling, takes missing values"
                .into(),
            tasks: vec![Task::Binary, Task::Multiclass, Task::Regression],
            takes_missing: true,
            params: boosted_trees(),
        },
        Algorithm {
            name: LOGISTIC_REGRESSION.into(),
            title: "Logistic regression".into(),
            help: "Linear log-odds of each class: fast, steady, one coefficient for each column".into(),
            tasks: vec![Task::Binary, Task::Multiclass],
            takes_missing: false,
            params: vec![
                float("l2", "L2 penalty", 1.0, 0.0, 1e6, log(1e-3, 1e3)).help(
                    "Half the weight of the squared coefficients, over standardised columns, against the summed loss",
                ),
                int("max_iterations", "Iterations at most", 500, 1, 100_000, log(100.0, 2000.0))
                    .help("The solver stops here even where it has not converged; the log says so")
                    .unit("iterations"),
                float("tolerance", "Tolerance", 1e-6, 1e-12, 1e-1, log(1e-7, 1e-4))
                    .help("Converged when no component of the mean loss's gradient is larger than this"),
            ],
        },
        Algorithm {
            name: LINEAR_REGRESSION.into(),
            title: "Linear regression".into(),
            help: "Least squares: a weighted sum of the columns; with an L2 penalty, ridge regression".into(),
            tasks: vec![Task::Regression],
            takes_missing: false,
            params: vec![float("l2", "L2 penalty", 0.0, 0.0, 1e9, log(1e-3, 1e3)).help(
                "Weight of the squared coefficients, over standardised columns, against the summed squared error",
            )],
        },
    ]
}

fn boosted_trees() -> Vec<Hyperparameter> {
    vec![
        int("trees", "Trees", 300, 1, 100_000, log(50.0, 2000.0))
            .help("Rounds of boosting at most: one tree each, for more than two classes one a class")
            .unit("trees"),
        float("learning_rate", "Learning rate", 0.1, 1e-4, 1.0, log(0.01, 0.3))
            .help("How much of each tree is added; smaller needs more trees and often generalises better"),
        int("max_depth", "Depth at most", 6, 1, 20, even(3.0, 10.0))
            .help("Questions on the way to a leaf; deeper trees find finer interactions and overfit sooner")
            .unit("levels"),
        float("min_child_weight", "Least weight of a leaf", 1.0, 0.0, 1e6, log(0.5, 64.0))
            .help("A split needs this much curvature of the loss on both sides; for numbers it is a count of rows"),
        float("min_split_gain", "Least gain of a split", 0.0, 0.0, 1e6, even(0.0, 5.0))
            .help("A split that lowers the loss by less is not made"),
        float("subsample", "Share of rows a tree", 1.0, 0.05, 1.0, even(0.5, 1.0))
            .help("Each tree learns from this share of the training rows, drawn anew"),
        float("colsample", "Share of columns a tree", 1.0, 0.05, 1.0, even(0.4, 1.0))
            .help("Each tree may ask about this share of the columns, drawn anew"),
        float("l2", "L2 penalty", 1.0, 0.0, 1e6, log(1e-2, 100.0)).help("Draws leaf values towards zero"),
        float("l1", "L1 penalty", 0.0, 0.0, 1e6, log(1e-3, 10.0)).help("Sets small leaf values to zero"),
        float("positive_weight", "Weight of class 1", 1.0, 1e-3, 1e4, log(0.5, 20.0))
            .help("How much a row of class 1 counts against one of class 0; for two classes only"),
        int("max_bins", "Bins a column", 256, 16, 4096, log(64.0, 512.0))
            .help("Thresholds tried for a column; fewer are faster, more are finer")
            .unit("bins"),
        int("early_stopping", "Early stopping", 50, 0, 10_000, even(20.0, 100.0))
            .help("Stop after so many rounds without a better validation loss and keep the best; 0 never stops")
            .unit("rounds"),
    ]
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
    fn defaults_and_search_ranges_lie_within_what_is_allowed() {
        for algorithm in algorithms() {
            assert!(algorithm.resolve(&Default::default()).is_ok(), "{}", algorithm.name);
            for param in algorithm.params {
                let name = format!("{} of {}", param.name, algorithm.name);
                assert!(!param.help.is_empty(), "{name} has no help");
                let (ends, log) = match param.kind {
                    HyperparameterKind::Float { search: Some((a, b)), log, .. } => ([a, b], log),
                    HyperparameterKind::Int { search: Some((a, b)), log, .. } => ([a as f64, b as f64], log),
                    _ => panic!("{name} has no search range"),
                };
                assert!(ends[0] < ends[1] && (ends[0] > 0.0 || !log), "{name}");
                assert!(ends.iter().all(|&end| param.check(&ParamValue::Float(end)).is_ok()), "{name}");
            }
        }
    }
}
