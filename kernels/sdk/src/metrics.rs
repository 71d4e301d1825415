//! Metrics to report while training. The host judges finished models itself; these draw the curves.
//!
//! Names in messages are `train.` or `valid.` with `log_loss`, `auc`, `accuracy` or `rmse` behind it.

use crate::predictions::Predictions;

/// Probabilities are kept this far from 0 and 1 before a logarithm is taken, as scikit-learn did with doubles.
const SMALLEST: f64 = 1e-15;

/// Mean negative logarithm of the probability given to the class that was right; NaN without rows.
pub fn log_loss(of_true_class: impl Iterator<Item = f64>) -> f64 {
    mean(of_true_class.map(|p| -p.clamp(SMALLEST, 1.0 - SMALLEST).ln()))
}

/// Share of hits; NaN without rows.
pub fn accuracy(hits: impl Iterator<Item = bool>) -> f64 {
    mean(hits.map(|hit| f64::from(u8::from(hit))))
}

/// Root of the mean squared difference; NaN without rows.
pub fn rmse(pairs: impl Iterator<Item = (f64, f64)>) -> f64 {
    mean(pairs.map(|(predicted, actual)| (predicted - actual).powi(2))).sqrt()
}

/// Area under the receiver operating characteristic: how often a positive row has the higher score, ties
/// counting half (Mann and Whitney 1947). None where one of the classes is absent or a score is NaN.
pub fn auc(scored: impl Iterator<Item = (f64, bool)>) -> Option<f64> {
    let mut scored: Vec<(f64, bool)> = scored.collect();
    if scored.iter().any(|(score, _)| score.is_nan()) {
        return None;
    }
    scored.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    area(scored.chunk_by(|a, b| a.0 == b.0).map(|tie| {
        let positives = tie.iter().filter(|(_, positive)| *positive).count();
        (positives, tie.len() - positives)
    }))
}

/// [`auc`] of probabilities in single precision: sorts one integer a row, which is several times as fast.
pub fn auc_of_probabilities(scored: impl Iterator<Item = (f32, bool)>) -> Option<f64> {
    // Non-negative floats are ordered as their bits are; the class rides in the lowest bit.
    let mut keys: Vec<u64> =
        scored.map(|(score, positive)| (u64::from(score.max(0.0).to_bits()) << 1) | u64::from(positive)).collect();
    keys.sort_unstable();
    area(keys.chunk_by(|a, b| (a >> 1) == (b >> 1)).map(|tie| {
        let positives = tie.iter().filter(|key| *key & 1 == 1).count();
        (positives, tie.len() - positives)
    }))
}

/// From positives and negatives of each distinct score, ascending.
fn area(ties: impl Iterator<Item = (usize, usize)>) -> Option<f64> {
    let (mut below, mut positives, mut wins) = (0.0, 0.0, 0.0);
    for (here_positive, here_negative) in ties {
        let (p, n) = (here_positive as f64, here_negative as f64);
        wins += p * (below + 0.5 * n);
        below += n;
        positives += p;
    }
    (positives > 0.0 && below > 0.0).then(|| wins / (positives * below))
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}

/// Every metric of some rows of a table's predictions, named `part.metric`.
#[must_use]
pub fn of_rows(part: &str, predictions: &Predictions, target: &[f64], rows: &[usize]) -> Vec<(String, f64)> {
    if rows.is_empty() {
        return Vec::new();
    }
    let columns = predictions.columns();
    if !predictions.are_classes() {
        return vec![(format!("{part}.rmse"), rmse(rows.iter().map(|&row| (columns[0][row], target[row]))))];
    }
    let class = |row: usize| target[row] as usize;
    let mut values = vec![
        (format!("{part}.log_loss"), log_loss(rows.iter().map(|&row| columns[class(row)][row]))),
        (format!("{part}.accuracy"), accuracy(rows.iter().map(|&row| predictions.class(row) == class(row)))),
    ];
    if let [_, positive] = columns
        && let Some(area) = auc(rows.iter().map(|&row| (positive[row], target[row] == 1.0)))
    {
        values.push((format!("{part}.auc"), area));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pair, counted one by one.
    fn auc_by_definition(scored: &[(f64, bool)]) -> f64 {
        let of = |wanted: bool| scored.iter().filter(move |row| row.1 == wanted).map(|row| row.0);
        let pairs = of(true).flat_map(|p| of(false).map(move |n| if p > n { 1.0 } else { 0.5 * f64::from(p == n) }));
        mean(pairs)
    }

    #[test]
    fn both_areas_agree_with_the_definition_with_ties() {
        let scored: Vec<(f64, bool)> =
            (0..500u32).map(|i| (f64::from(i * 7919 % 37) / 64.0, i * 31 % 5 < 2 || i % 37 > 30)).collect();
        let wanted = auc_by_definition(&scored);
        assert!((auc(scored.iter().copied()).unwrap() - wanted).abs() < 1e-12);
        let single = auc_of_probabilities(scored.iter().map(|&(score, positive)| (score as f32, positive))).unwrap();
        assert!((single - wanted).abs() < 1e-12);
        assert_eq!(auc([(0.5, true), (0.7, true)].into_iter()), None);
    }

    #[test]
    fn values_of_a_small_table_are_those_worked_by_hand() {
        let predictions = Predictions::binary(vec![0.9, 0.2, 0.4, 0.5]);
        let values = of_rows("valid", &predictions, &[1.0, 0.0, 1.0, 0.0], &[0, 1, 2]);
        let by_hand = -(0.9f64.ln() + 0.8f64.ln() + 0.4f64.ln()) / 3.0;
        assert!((values[0].1 - by_hand).abs() < 1e-12 && values[0].0 == "valid.log_loss");
        assert_eq!(values[1], ("valid.accuracy".to_owned(), 2.0 / 3.0));
        assert_eq!(values[2], ("valid.auc".to_owned(), 1.0));
        let numbers = of_rows("train", &Predictions::numbers(vec![1.0, 5.0]), &[4.0, 1.0], &[0, 1]);
        assert_eq!(numbers, [("train.rmse".to_owned(), 12.5f64.sqrt())]);
        assert!(log_loss([0.0].into_iter()).is_finite());
    }
}
