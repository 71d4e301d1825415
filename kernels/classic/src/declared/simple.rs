//! Neighbours, Bayes and the baseline.

use cairn_kernel_sdk::protocol::Algorithm;

use super::{
    ALL, BASELINE, CLASSES, Described, NAIVE_BAYES, NEIGHBOURS, algorithm, choice, class_weight, even, float, int, log,
};

pub(super) fn nearest_neighbours() -> Algorithm {
    let help = "The mean or the vote of the most alike training rows, by distance over standardised columns; exact, \
                so its time grows with rows times training rows";
    let params = vec![
        int("neighbours", "Neighbours", 5, 1, 100_000, log(1.0, 100.0))
            .help("Training rows that are asked; more are smoother")
            .unit("rows"),
        choice("weights", "Weights", &["uniform", "distance"])
            .help("Whether each neighbour counts alike or by the inverse of its distance"),
    ];
    algorithm(NEIGHBOURS, "Nearest neighbours", help, ALL, params)
}

pub(super) fn naive_bayes() -> Algorithm {
    let help = "Normal columns, independent within each class: instant, needs few rows, leaves missing values out; its \
                probabilities are often too sure";
    let params = vec![
        float("var_smoothing", "Smoothing", 1e-9, 0.0, 1.0, log(1e-12, 1e-1))
            .help("The share of the largest variance of any column that is added to every variance"),
        class_weight(),
    ];
    Algorithm { takes_missing: true, ..algorithm(NAIVE_BAYES, "Naive Bayes", help, CLASSES, params) }
}

pub(super) fn baseline() -> Algorithm {
    let help = "The same answer for every row, without a look at any column: what a model has to beat";
    let params = vec![
        choice("classes", "Answer for classes", &["prior", "most_frequent", "uniform"])
            .help("Each class's share, certainty of the most frequent one, or the same for all"),
        choice("numbers", "Answer for numbers", &["mean", "median", "quantile"])
            .help("The mean is best by squared error, the median by absolute error, a quantile by pinball loss"),
        float("quantile", "Quantile", 0.5, 0.0, 1.0, even(0.05, 0.95))
            .help("The share of training rows below the answer; for the quantile only"),
    ];
    Algorithm { takes_missing: true, ..algorithm(BASELINE, "Baseline", help, ALL, params) }
}
