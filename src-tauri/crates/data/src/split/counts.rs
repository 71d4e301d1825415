//! How many rows of each class go to each part.
//!
//! Each cell of the table classes × parts is `share × rows of the class` rounded down or up, rows add up to the
//! classes and columns to the parts (controlled rounding). Such a rounding always exists: what is left after
//! rounding down is a flow of ones from classes to parts, and a flow with whole bounds has a whole solution. It is
//! found by giving each class its largest remainders and then passing ones along between parts until the totals fit.

/// Rows of each part by largest remainder; of equal remainders the earlier part gains.
pub(super) fn totals(rows: usize, fractions: [f64; 3]) -> [usize; 3] {
    let exact = fractions.map(|share| share * rows as f64);
    let mut counts = exact.map(floor);
    let mut order = [0usize, 1, 2];
    order.sort_by(|&a, &b| remainder(exact[b]).total_cmp(&remainder(exact[a])).then(a.cmp(&b)));
    let left = rows.saturating_sub(counts.iter().sum());
    for part in order.into_iter().cycle().filter(|&part| fractions[part] > 0.0).take(left) {
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
pub(super) fn stratified(class_rows: &[usize], fractions: [f64; 3]) -> Vec<[usize; 3]> {
    let wanted = totals(class_rows.iter().sum(), fractions);
    let mut counts: Vec<[usize; 3]> = class_rows.iter().map(|&rows| totals(rows, fractions)).collect();
    let exact: Vec<[f64; 3]> = class_rows.iter().map(|&rows| fractions.map(|share| share * rows as f64)).collect();
    loop {
        let mut sums = [0usize; 3];
        for count in &counts {
            for (sum, count) in sums.iter_mut().zip(count) {
                *sum += count;
            }
        }
        let Some(over) = (0..3).find(|&part| sums[part] > wanted[part]) else { return counts };
        let Some(under) = (0..3).find(|&part| sums[part] < wanted[part]) else { return counts };
        let between = 3 - over - under;
        // The cheapest way to pass one row from a part that has too many to one that has too few, straight or by
        // way of the third.
        let straight = cheapest(&counts, &exact, over, under);
        let round = cheapest(&counts, &exact, over, between).zip(cheapest(&counts, &exact, between, under));
        match (straight, round) {
            (Some(one), Some((first, second))) if one.0 > first.0 + second.0 && first.1 != second.1 => {
                pass(&mut counts, first.1, over, between);
                pass(&mut counts, second.1, between, under);
            }
            (Some((_, class)), _) => pass(&mut counts, class, over, under),
            (None, Some((first, second))) => {
                pass(&mut counts, first.1, over, between);
                pass(&mut counts, second.1, between, under);
            }
            (None, None) => {
                // Only rounding of shares near whole numbers could lead here: give up the bound, not the totals.
                let Some(class) = (0..counts.len()).find(|&class| counts[class][over] > 0) else { return counts };
                pass(&mut counts, class, over, under);
            }
        }
    }
}

fn pass(counts: &mut [[usize; 3]], class: usize, from: usize, to: usize) {
    counts[class][from] -= 1;
    counts[class][to] += 1;
}

/// The class that can give up its rounding up in `from` for one in `to` at the least cost in remainders.
fn cheapest(counts: &[[usize; 3]], exact: &[[f64; 3]], from: usize, to: usize) -> Option<(f64, usize)> {
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
        assert_eq!(totals(20_000, [0.7, 0.15, 0.15]), [14_000, 3_000, 3_000]);
        assert_eq!(totals(10, [0.8, 0.1, 0.1]), [8, 1, 1]);
        assert_eq!(totals(1, [0.7, 0.15, 0.15]), [1, 0, 0]);
        assert_eq!(totals(7, [0.5, 0.0, 0.5]), [4, 0, 3]);
        assert_eq!(stratified(&[18_775, 1_225], [0.7, 0.15, 0.15]), [[13_143, 2_816, 2_816], [857, 184, 184]]);
    }

    proptest! {
        #[test]
        fn classes_and_parts_add_up_and_every_cell_is_rounded(
            class_rows in prop::collection::vec(0usize..200, 1..40),
            weights in (1u32..100, 0u32..100, 0u32..100),
        ) {
            let sum = f64::from(weights.0 + weights.1 + weights.2);
            let fractions = [weights.0, weights.1, weights.2].map(|weight| f64::from(weight) / sum);
            let counts = stratified(&class_rows, fractions);
            let wanted = totals(class_rows.iter().sum(), fractions);
            let mut sums = [0; 3];
            for (count, &rows) in counts.iter().zip(&class_rows) {
                prop_assert_eq!(count.iter().sum::<usize>(), rows);
                for part in 0..3 {
                    sums[part] += count[part];
                    prop_assert!((count[part] as f64 - fractions[part] * rows as f64).abs() < 1.0 + 1e-6);
                }
            }
            prop_assert_eq!(sums, wanted);
        }
    }
}
