//! Boosted trees, the additive model made of them, and forests.

use cairn_kernel_sdk::protocol::{Algorithm, Hyperparameter, Task};

use super::{
    ADDITIVE_MODEL, ALL, BOOSTED_TREES, Described, EXTRA_TREES, RANDOM_FOREST, algorithm, choice, class_weight, even,
    float, int, log, switch,
};

pub(super) fn boosted_trees() -> Algorithm {
    let help = "Gradient boosting of decision trees: strong on most tables, needs no scaling, takes missing values";
    let params = vec![
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
    ];
    Algorithm { takes_missing: true, ..algorithm(BOOSTED_TREES, "Boosted trees", help, ALL, params) }
}

pub(super) fn random_forest() -> Algorithm {
    let help = "Many deep trees on rows drawn with replacement, averaged: hard to overfit, little to tune, takes \
                missing values, judges itself by the rows each tree has not seen";
    Algorithm { takes_missing: true, ..algorithm(RANDOM_FOREST, "Random forest", help, ALL, forest(true)) }
}

pub(super) fn extra_trees() -> Algorithm {
    let help = "Many deep trees that ask at random thresholds, averaged: smoother than a random forest and faster to \
                grow, takes missing values";
    Algorithm { takes_missing: true, ..algorithm(EXTRA_TREES, "Extra trees", help, ALL, forest(false)) }
}

/// Names, defaults and meanings are scikit-learn's; the choice «auto» is its default for either kind of target.
fn forest(bootstrap: bool) -> Vec<Hyperparameter> {
    vec![
        int("trees", "Trees", 100, 1, 100_000, log(50.0, 1000.0))
            .help("More never overfit, they steady the mean and cost time and memory")
            .unit("trees"),
        choice("max_features", "Columns a split", &["auto", "sqrt", "log2", "third", "half", "all"]).help(
            "Columns drawn for each split; fewer make trees more unlike. Auto: the square root of all for classes, \
             all for numbers",
        ),
        int("max_depth", "Depth at most", 0, 0, 1000, even(4.0, 32.0))
            .help("Questions on the way to a leaf; 0 sets no limit")
            .unit("levels"),
        int("min_samples_leaf", "Rows of a leaf at least", 1, 1, 1_000_000, log(1.0, 64.0))
            .help("Larger leaves smooth the predictions and make the model smaller")
            .unit("rows"),
        int("min_samples_split", "Rows to split at least", 2, 2, 1_000_000, log(2.0, 128.0))
            .help("A node of fewer rows becomes a leaf")
            .unit("rows"),
        float("min_impurity_decrease", "Least gain of a split", 0.0, 0.0, 1e12, even(0.0, 0.01))
            .help("A split that lowers the impurity, weighted by its share of the rows, by less is not made"),
        choice("criterion", "Impurity", &["gini", "entropy"])
            .help("How mixed a node of classes is; for numbers it is always the squared error"),
        switch("bootstrap", "Draw rows", bootstrap)
            .help("Each tree learns from rows drawn with replacement instead of from all; the others judge it"),
        float("max_samples", "Share of rows a tree", 1.0, 0.001, 1.0, even(0.3, 1.0))
            .help("How many rows are drawn for a tree, against all training rows; only where rows are drawn"),
        choice("class_weight", "Class weights", &["none", "balanced", "balanced_subsample"]).help(
            "Balanced lets every class count alike, however few rows it has; balanced_subsample among the rows drawn \
             for a tree. Without effect on numbers",
        ),
    ]
}

pub(super) fn additive_model() -> Algorithm {
    let help = "One curve for each column, added up: nearly as strong as boosted trees on many tables, and every curve \
                can be read and drawn; takes missing values";
    let params = vec![
        int("rounds", "Rounds", 2000, 1, 100_000, log(200.0, 10_000.0))
            .help("Rounds at most, in each of which every column's curve is bent once; as many again for the pairs")
            .unit("rounds"),
        float("learning_rate", "Learning rate", 0.05, 1e-4, 1.0, log(0.005, 0.2))
            .help("How far a curve is bent in a round; smaller needs more rounds and gives smoother curves"),
        int("interactions", "Pairs of columns", 0, 0, 1000, even(0.0, 20.0))
            .help("Pairs that get a surface of their own, chosen by how much the curves leave unexplained")
            .unit("pairs"),
        int("max_leaves", "Steps a bend", 3, 2, 32, even(2.0, 8.0))
            .help("Leaves of the small tree that bends a curve in a round")
            .unit("leaves"),
        float("min_child_weight", "Least weight of a leaf", 2.0, 0.0, 1e6, log(0.5, 64.0))
            .help("A step needs this much curvature of the loss on both sides; for numbers it is a count of rows"),
        float("subsample", "Share of rows a bend", 1.0, 0.05, 1.0, even(0.5, 1.0))
            .help("Each bend learns from this share of the training rows, drawn anew"),
        float("l2", "L2 penalty", 1.0, 0.0, 1e6, log(1e-2, 100.0)).help("Draws the bends towards zero"),
        int("max_bins", "Bins a column", 256, 16, 4096, log(64.0, 512.0))
            .help("Places at which a curve can have a step; fewer are faster, more are finer")
            .unit("bins"),
        class_weight(),
        int("early_stopping", "Early stopping", 50, 0, 10_000, even(20.0, 100.0))
            .help("Stop after so many rounds without a better validation loss and keep the best; 0 never stops")
            .unit("rounds"),
    ];
    let tasks = [Task::Binary, Task::Regression];
    Algorithm { takes_missing: true, ..algorithm(ADDITIVE_MODEL, "Additive model", help, &tasks, params) }
}
