//! Curves of a two-class model, thinned to what a picture can show, and the Wilson interval of a share.

use cairn_protocol::Real;

/// Points of a curve at most.
const POINTS: usize = 400;
const Z95: f64 = 1.959_963_984_540_054;

/// ROC (false and true positive rate) and precision-recall curve (recall and precision).
pub(crate) struct Curves {
    pub roc: Vec<(Real, Real)>,
    pub precision_recall: Vec<(Real, Real)>,
}

/// The curves of rows in descending order of their score; both empty where one class is absent.
pub(crate) fn curves(positive: &[bool], last_of_tie: &[bool]) -> Curves {
    let positives = positive.iter().filter(|yes| **yes).count() as f64;
    let negatives = positive.len() as f64 - positives;
    if positives == 0.0 || negatives == 0.0 {
        return Curves { roc: Vec::new(), precision_recall: Vec::new() };
    }
    let (mut tp, mut fp) = (0.0, 0.0);
    let mut roc = vec![(0.0, 0.0)];
    // Recall 0 has precision 1, by the convention of scikit-learn's curve.
    let mut precision_recall = vec![(0.0, 1.0)];
    for (yes, last) in positive.iter().zip(last_of_tie) {
        if *yes {
            tp += 1.0
        } else {
            fp += 1.0
        }
        if *last {
            roc.push((fp / negatives, tp / positives));
            precision_recall.push((tp / positives, tp / (tp + fp)));
        }
    }
    Curves { roc: thin(&corners(&roc)), precision_recall: thin(&precision_recall) }
}

/// Without the points in the middle of a straight line.
fn corners(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::with_capacity(points.len());
    for &point in points {
        if let [.., a, b] = kept[..] {
            let straight = (b.0 - a.0) * (point.1 - b.1) - (b.1 - a.1) * (point.0 - b.0);
            if straight == 0.0 {
                kept.pop();
            }
        }
        kept.push(point);
    }
    kept
}

/// At most [`POINTS`] points, at even steps along the curve's way; first and last stay.
fn thin(points: &[(f64, f64)]) -> Vec<(Real, Real)> {
    let real = |point: (f64, f64)| (Real(point.0), Real(point.1));
    if points.len() <= POINTS {
        return points.iter().copied().map(real).collect();
    }
    let step = |pair: &[(f64, f64)]| (pair[1].0 - pair[0].0).abs() + (pair[1].1 - pair[0].1).abs();
    let way: f64 = points.windows(2).map(step).sum();
    let stride = way / (POINTS - 2) as f64;
    let mut kept = vec![real(points[0])];
    let (mut walked, mut next) = (0.0, stride);
    for pair in points.windows(2) {
        walked += step(pair);
        if walked >= next && kept.len() < POINTS - 1 {
            kept.push(real(pair[1]));
            next = (walked / stride).floor().mul_add(stride, stride);
        }
    }
    let last = real(points[points.len() - 1]);
    if kept.last() != Some(&last) {
        kept.push(last);
    }
    kept
}

/// The 95 % interval of a share (Wilson 1927).
#[must_use]
pub fn wilson(hits: f64, count: f64) -> (f64, f64) {
    if count <= 0.0 {
        return (0.0, 1.0);
    }
    let share = hits / count;
    let z2 = Z95 * Z95;
    let centre = (share + z2 / (2.0 * count)) / (1.0 + z2 / count);
    let half = Z95 / (1.0 + z2 / count) * (share * (1.0 - share) / count + z2 / (4.0 * count * count)).sqrt();
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_curve_is_thinned_and_keeps_its_area() {
        let positive: Vec<bool> = (0..20_000u64).map(|i| (i * 7919) % 20_000 > i).collect();
        let ties = vec![true; positive.len()];
        let curve = curves(&positive, &ties);
        assert!(curve.roc.len() <= POINTS && curve.roc.len() > 200, "{}", curve.roc.len());
        assert!(curve.precision_recall.len() <= POINTS);
        assert_eq!(curve.roc.first(), Some(&(Real(0.0), Real(0.0))));
        assert_eq!(curve.roc.last(), Some(&(Real(1.0), Real(1.0))));
        let area: f64 = curve.roc.windows(2).map(|p| (p[1].0.0 - p[0].0.0) * f64::midpoint(p[0].1.0, p[1].1.0)).sum();
        let score: Vec<f64> = (0..positive.len()).map(|i| -(i as f64)).collect();
        let exact = crate::bootstrap::Scorer::value(&crate::binary::Binary::new(&positive, &score, 0.5))[0];
        assert!((area - exact).abs() < 1e-3, "{area} {exact}");
    }

    /// Newcombe 1998, table I: 81 of 263 and 15 of 148.
    #[test]
    fn wilson_interval_as_published() {
        let (low, high) = wilson(81.0, 263.0);
        assert!((low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5, "{low} {high}");
        let (low, high) = wilson(15.0, 148.0);
        assert!((low - 0.0624).abs() < 5e-5 && (high - 0.1605).abs() < 5e-5, "{low} {high}");
    }
}
