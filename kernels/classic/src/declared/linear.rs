//! Weighted sums of columns.

use cairn_kernel_sdk::protocol::{Algorithm, Hyperparameter, Task};

use super::{
    CLASSES, Described, ELASTIC_NET, LASSO, LINEAR_REGRESSION, LINEAR_SVM, LOGISTIC_REGRESSION, algorithm, choice,
    class_weight, even, float, int, log,
};

pub(super) fn logistic_regression() -> Algorithm {
    let help = "Linear log-odds of each class: fast, steady, one coefficient for each column";
    let params = vec![
        float("l1", "L1 penalty", 0.0, 0.0, 1e6, log(1e-2, 100.0)).help(
            "Weight of the absolute coefficients, over standardised columns, against the summed loss; leaves columns out",
        ),
        float("l2", "L2 penalty", 1.0, 0.0, 1e6, log(1e-3, 1e3))
            .help("Half the weight of the squared coefficients, over standardised columns, against the summed loss"),
        class_weight(),
        int("max_iterations", "Iterations at most", 500, 1, 100_000, log(100.0, 2000.0))
            .help("The solver stops here even where it has not converged; the log says so")
            .unit("iterations"),
        float("tolerance", "Tolerance", 1e-6, 1e-12, 1e-1, log(1e-7, 1e-4))
            .help("Converged when no component of the mean loss's gradient is larger than this"),
    ];
    algorithm(LOGISTIC_REGRESSION, "Logistic regression", help, CLASSES, params)
}

pub(super) fn linear_regression() -> Algorithm {
    let help = "Least squares: a weighted sum of the columns; with an L2 penalty, ridge regression";
    let params = vec![
        float("l2", "L2 penalty", 0.0, 0.0, 1e9, log(1e-3, 1e3))
            .help("Weight of the squared coefficients, over standardised columns, against the summed squared error"),
    ];
    algorithm(LINEAR_REGRESSION, "Linear regression", help, &[Task::Regression], params)
}

pub(super) fn lasso() -> Algorithm {
    let help = "Least squares that leaves columns out: the sum of absolute coefficients is penalised";
    algorithm(LASSO, "Lasso", help, &[Task::Regression], penalised(false))
}

pub(super) fn elastic_net() -> Algorithm {
    let help = "Least squares with a mix of the lasso's penalty and the ridge's: leaves columns out, keeps groups of \
                like columns together";
    algorithm(ELASTIC_NET, "Elastic net", help, &[Task::Regression], penalised(true))
}

/// Names, defaults and meanings are scikit-learn's.
fn penalised(mixed: bool) -> Vec<Hyperparameter> {
    let mut params = vec![float("alpha", "Penalty", 1.0, 1e-12, 1e9, log(1e-4, 10.0)).help(
        "Weight of the penalty on the coefficients of standardised columns, against half the mean squared error; \
         in units of the target",
    )];
    if mixed {
        let ratio = float("l1_ratio", "Share of L1", 0.5, 0.0, 1.0, even(0.05, 1.0));
        params.push(ratio.help("1 is the lasso, which leaves columns out; 0 is ridge regression, which only shrinks"));
    }
    params.extend([
        int("max_iterations", "Sweeps at most", 1000, 1, 1_000_000, log(100.0, 10_000.0))
            .help("The solver stops here even where it has not converged; the log says so")
            .unit("sweeps"),
        float("tolerance", "Tolerance", 1e-4, 1e-14, 1.0, log(1e-6, 1e-3))
            .help("Converged when the duality gap is no larger than this share of the target's variance"),
    ]);
    params
}

pub(super) fn linear_svm() -> Algorithm {
    let help = "The widest margin between a class and the rest: linear, unmoved by rows that are clearly right; \
                probabilities are learned from rows held out";
    let params = vec![
        float("cost", "Cost", 1.0, 1e-9, 1e9, log(1e-3, 100.0)).help(
            "Weight of the summed loss against half the squared coefficients of standardised columns; scikit-learn's C",
        ),
        choice("loss", "Loss", &["squared_hinge", "hinge"]).help(
            "How a row on the wrong side of its margin counts: by the square of the distance, or by the distance",
        ),
        class_weight(),
        choice("calibration", "Probabilities", &["platt", "isotonic"])
            .help("A sigmoid of the decision value, or any rising map of it, which needs more rows (about a thousand)"),
        int("calibration_folds", "Folds for probabilities", 5, 2, 20, even(3.0, 10.0))
            .help("The machine is trained again without each fold, to learn from decision values it has not fitted")
            .unit("folds"),
        int("max_iterations", "Iterations at most", 1000, 1, 1_000_000, log(100.0, 10_000.0))
            .help("The solver stops here even where it has not converged; the log says so")
            .unit("iterations"),
        float("tolerance", "Tolerance", 1e-4, 1e-12, 1.0, log(1e-6, 1e-2)).help(
            "Converged when no slope exceeds this: of the dual problem for the hinge, against the first slope for its \
             square",
        ),
    ];
    algorithm(LINEAR_SVM, "Linear SVM", help, CLASSES, params)
}
