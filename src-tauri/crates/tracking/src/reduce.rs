//! Fewer points that draw the same: the range of steps is cut into equal buckets, and each keeps its lowest and its
//! highest value. The first and the last point stay, so that a curve begins and ends where it did.

use cairn_protocol::Real;

/// Reduces points ordered by step to at most `max_points` (at least 4, so that both ends and both extremes fit).
/// A bucket of nothing but NaN keeps one of them; otherwise NaN gives way to numbers.
#[must_use]
pub fn reduce(points: &[(u64, Real)], max_points: usize) -> Vec<(u64, Real)> {
    let max_points = max_points.max(4);
    let ([first, middle @ .., last], true) = (points, points.len() > max_points) else { return points.to_vec() };
    let buckets = u128::try_from((max_points - 2) / 2).unwrap_or(1);
    let span = u128::from(last.0 - first.0) + 1;
    let bucket_of = |step: u64| u128::from(step - first.0) * buckets / span;
    let mut reduced = Vec::with_capacity(max_points);
    reduced.push(*first);
    for bucket in middle.chunk_by(|a, b| bucket_of(a.0) == bucket_of(b.0)) {
        let numbers = || bucket.iter().enumerate().filter(|(_, point)| !point.1.0.is_nan());
        let lowest = numbers().min_by(|a, b| a.1.1.0.total_cmp(&b.1.1.0)).map_or(0, |(index, _)| index);
        let highest = numbers().max_by(|a, b| a.1.1.0.total_cmp(&b.1.1.0)).map_or(0, |(index, _)| index);
        let (earlier, later) = (lowest.min(highest), lowest.max(highest));
        reduced.push(bucket[earlier]);
        if later != earlier {
            reduced.push(bucket[later]);
        }
    }
    reduced.push(*last);
    reduced
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn extremes(points: &[(u64, Real)]) -> (f64, f64) {
        let numbers = || points.iter().map(|point| point.1.0);
        (numbers().fold(f64::INFINITY, f64::min), numbers().fold(f64::NEG_INFINITY, f64::max))
    }

    proptest! {
        #[test]
        fn extremes_ends_and_order_stay(
            steps in prop::collection::btree_set(0_u64..100_000, 1..600),
            seed in prop::collection::vec(prop_oneof![9 => -1e6..1e6_f64, 1 => Just(f64::NAN)], 600),
            max_points in 0_usize..80,
        ) {
            let points: Vec<(u64, Real)> = steps.into_iter().zip(seed.into_iter().map(Real)).collect();
            let reduced = reduce(&points, max_points);
            prop_assert!(reduced.len() <= max_points.max(4));
            prop_assert_eq!(extremes(&reduced), extremes(&points));
            prop_assert!(reduced.windows(2).all(|pair| pair[0].0 < pair[1].0));
            prop_assert_eq!(reduced[0].0, points[0].0);
            prop_assert_eq!(reduced[reduced.len() - 1].0, points[points.len() - 1].0);
            for (step, value) in &reduced {
                let original = points.iter().find(|point| point.0 == *step).unwrap().1.0;
                prop_assert_eq!(value.0.to_bits(), original.to_bits());
            }
        }
    }

    #[test]
    fn a_single_spike_among_a_million_points_stays() {
        let mut points: Vec<(u64, Real)> = (0..1_000_000).map(|step| (step, Real(0.5))).collect();
        points[777_777].1 = Real(9.0);
        let reduced = reduce(&points, 500);
        assert!(reduced.len() <= 500 && reduced.contains(&(777_777, Real(9.0))));
    }
}
