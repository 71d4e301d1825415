//! How many rows of each class go to each part.
//!
//! Each cell of the table classes × parts is `share × rows of the class` rounded down or up, rows add up to the
//! classes and columns to the parts (controlled rounding). Such a rounding always exists: what is left after
//! rounding down is a flow of ones from classes to parts, and a flow with whole bounds has a whole solution. It is
//! found by giving each class its largest remainders and then passing ones along the cheapest way between parts
//! (shortest augmenting paths) until the totals fit.

/// Rows of each part by largest remainder; of equal remainders the earlier part gains.
pub(super) fn totals(rows: usize, fractions: &[f64]) -> Vec<usize> {
    let exact: Vec<f64> = fractions.iter().map(|share| share * rows as f64).collect();
    let mut counts: Vec<usize> = exact.iter().copied().map(floor).collect();
    let mut order: Vec<usize> = (0..fractions.len()).collect();
    order.sort_by(|&a, &b| remainder(exact[b]).total_cmp(&remainder(exact[a])).then(a.cmp(&b)));
    order.retain(|&part| fractions[part] > 0.0);
    let left = rows.saturating_sub(counts.iter().sum());
    for part in order.into_iter().cycle().take(left) {
        counts[part] += 1;
    }
    counts
}

/// Down to a whole number; what is whole but for rounding stays.
fn floor(exact: f64) -> usize {
    let near = exact.round();
    if (exact - near).abs() < 1e-6 { near as usize } else { exact.floor() as usize }
}

fn remainder(exact: f64) -> f64 {
    (exact - floor(exact) as f64).max(0.0)
}

/// Rows of each class in each part.
pub(super) fn stratified(class_rows: &[usize], fractions: &[f64]) -> Vec<Vec<usize>> {
    let wanted = totals(class_rows.iter().sum(), fractions);
    let mut counts: Vec<Vec<usize>> = class_rows.iter().map(|&rows| totals(rows, fractions)).collect();
    let exact: Vec<Vec<f64>> =
        class_rows.iter().map(|&rows| fractions.iter().map(|share| share * rows as f64).collect()).collect();
    let mut sums = vec![0usize; fractions.len()];
    for count in &counts {
        for (sum, count) in sums.iter_mut().zip(count) {
            *sum += count;
        }
    }
    loop {
        let Some(over) = (0..sums.len()).find(|&part| sums[part] > wanted[part]) else { return counts };
        let Some(under) = (0..sums.len()).find(|&part| sums[part] < wanted[part]) else { return counts };
        match cheapest_path(&counts, &exact, over, under) {
            Some(path) => {
                for (from, to, class) in path {
                    counts[class][from] -= 1;
                    counts[class][to] += 1;
                }
            }
            None => {
                // Only rounding of shares near whole numbers could lead here: give up the bound, not the totals.
                let Some(class) = (0..counts.len()).find(|&class| counts[class][over] > 0) else { return counts };
                counts[class][over] -= 1;
                counts[class][under] += 1;
            }
        }
        sums[over] -= 1;
        sums[under] += 1;
    }
}

/// The cheapest way to pass one row from a part that has too many to one that has too few, straight or by way of
/// others (Bellman and Ford; of equal cost the way with fewer steps): from, to and the class of each step.
fn cheapest_path(
    counts: &[Vec<usize>],
    exact: &[Vec<f64>],
    over: usize,
    under: usize,
) -> Option<Vec<(usize, usize, usize)>> {
    let parts = exact.first()?.len();
    let mut steps: Vec<(usize, usize, f64, usize)> = Vec::new();
    for from in 0..parts {
        for to in (0..parts).filter(|&to| to != from) {
            if let Some((cost, class)) = cheapest(counts, exact, from, to) {
                steps.push((from, to, cost, class));
            }
        }
    }
    let mut best: Vec<Option<f64>> = vec![None; parts];
    let mut came: Vec<Option<(usize, usize)>> = vec![None; parts];
    best[over] = Some(0.0);
    for _ in 1..parts {
        let before = best.clone();
        for &(from, to, cost, class) in &steps {
            if let Some(so_far) = before[from]
                && to != over
                && best[to].is_none_or(|known| so_far + cost < known)
            {
                best[to] = Some(so_far + cost);
                came[to] = Some((from, class));
            }
        }
    }
    let mut path = Vec::new();
    let mut at = under;
    while at != over {
        let (from, class) = came[at]?;
        path.push((from, at, class));
        if path.len() > parts {
            return None;
        }
        at = from;
    }
    path.reverse();
    Some(path)
}

/// The class that can give up its rounding up in `from` for one in `to` at the least cost in remainders.
fn cheapest(counts: &[Vec<usize>], exact: &[Vec<f64>], from: usize, to: usize) -> Option<(f64, usize)> {
    let mut best: Option<(f64, usize)> = None;
    for (class, (count, exact)) in counts.iter().zip(exact).enumerate() {
        let was_up = count[from] > floor(exact[from]);
        let can_rise = count[to] == floor(exact[to]) && remainder(exact[to]) > 0.0;
        let cost = remainder(exact[from]) - remainder(exact[to]);
        if was_up && can_rise && best.is_none_or(|(least, _)| cost < least) {
            best = Some((cost, class));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shares_that_come_out_even_do() {
        assert_eq!(totals(20_000, &[0.7, 0.15, 0.15]), [14_000, 3_000, 3_000]);
        assert_eq!(totals(10, &[0.8, 0.1, 0.1]), [8, 1, 1]);
        assert_eq!(totals(1, &[0.7, 0.15, 0.15]), [1, 0, 0]);
        assert_eq!(totals(7, &[0.5, 0.0, 0.5]), [4, 0, 3]);
        assert_eq!(totals(11, &[0.25; 4]), [3, 3, 3, 2]);
        assert_eq!(stratified(&[18_775, 1_225], &[0.7, 0.15, 0.15]), [[13_143, 2_816, 2_816], [857, 184, 184]]);
    }

    proptest! {
        #[test]
        fn classes_and_parts_add_up_and_every_cell_is_rounded(
            class_rows in prop::collection::vec(0usize..200, 1..40),
            first in 1u32..100,
            others in prop::collection::vec(0u32..100, 1..6),
        ) {
            let weights: Vec<f64> = std::iter::once(first).chain(others).map(f64::from).collect();
            let sum: f64 = weights.iter().sum();
            let fractions: Vec<f64> = weights.iter().map(|weight| weight / sum).collect();
            let counts = stratified(&class_rows, &fractions);
            let wanted = totals(class_rows.iter().sum(), &fractions);
            let mut sums = vec![0; fractions.len()];
            for (count, &rows) in counts.iter().zip(&class_rows) {
                prop_assert_eq!(count.iter().sum::<usize>(), rows);
                for (part, sum) in sums.iter_mut().enumerate() {
                    *sum += count[part];
                    prop_assert!((count[part] as f64 - fractions[part] * rows as f64).abs() < 1.0 + 1e-6);
                }
            }
            prop_assert_eq!(sums, wanted);
        }
    }
}
