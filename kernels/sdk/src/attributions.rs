//! What each feature adds to each single prediction.

/// Shapley values of some rows: for every output, the base and what each feature adds to it sum to the output.
///
/// Outputs are those of the model: the number, the value for class 1 where there are two classes, else one a
/// class. Their scale is the model's: log-odds where it sums log-odds, otherwise probabilities.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Attributions {
    /// Each output where no feature is known: its mean over the training rows.
    pub base: Vec<f64>,
    /// For each output one value a row and feature, row by row.
    pub values: Vec<Vec<f64>>,
}
