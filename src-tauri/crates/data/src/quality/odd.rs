//! Rows unlike the others: an isolation forest ranks them, robust distances say which cells are to blame.

use cairn_protocol::{
    Real,
    quality::{OddCell, OddRow},
    table::{ColumnType, Finding, Severity},
};
use polars::prelude::{DataFrame, IdxCa, PlSmallStr};
use rayon::prelude::*;

use super::{
    finding, forest,
    view::{Levels, MISSING, evenly, numbers_of},
};
use crate::{
    Progress,
    format::text_of,
    profile::Figures,
    steps::{count, figure},
};

/// Rows scored, at most.
const ROWS: usize = 1_000_000;
/// Columns looked at, at most.
const COLUMNS: usize = 200;
/// Rows listed.
const LISTED: usize = 20;
/// Score from which a row is called odd; the paper calls scores close to 1 anomalies and takes 0.6 for its contours.
const ODD: f64 = 0.65;
/// Levels told apart; the share of the rarest counts for the rest.
const LEVELS: usize = 1_000;

/// What the score and the distances are.
pub(super) const DEFINITION: &str = "Score of an isolation forest (Liu, Ting and Zhou 2008: 100 trees of 256 rows, fixed seed), 0 to 1; ordinary rows lie \
     near or below 0.5, rows from 0.65 on are called odd. Numbers enter as they are, a missing one as the median; levels as \
     −log₂ of their share. A cell's distance is its robust standard deviations from the median, or −log₂ of its level's \
     share.";

/// A column as the forest sees it.
struct Seen {
    at: usize,
    values: Vec<f64>,
    /// Median and robust standard deviation of numbers; the counts of the levels otherwise.
    usual: Usual,
}

enum Usual {
    Number { median: f64, robust_std: f64 },
    Level { codes: Vec<u32>, counts: Vec<u64>, present: u64 },
}

/// The oddest rows, a finding where some are odd, and a note where rows or columns were bounded.
pub(super) fn odd_rows(
    frame: &DataFrame,
    figures: &[Figures],
    target: Option<&str>,
    progress: &dyn Progress,
) -> (Vec<OddRow>, Option<Finding>, Option<String>) {
    let nothing = (Vec::new(), None, None);
    if frame.height() < 50 {
        return nothing;
    }
    let rows = evenly(frame.height(), ROWS);
    let bounded = rows.len() < frame.height();
    let drawn = if bounded { frame.take(&IdxCa::from_vec(PlSmallStr::EMPTY, rows.clone())).ok() } else { None };
    let looked_at = drawn.as_ref().unwrap_or(frame);
    let usable: Vec<usize> = (0..frame.width())
        .filter(|at| {
            let profile = &figures[*at].profile;
            let describes = match profile.column_type {
                ColumnType::List | ColumnType::Struct => false,
                ColumnType::Text | ColumnType::Category => profile.distinct * 2 <= frame.height() as u64,
                _ => !figures[*at].counts_up,
            };
            describes && profile.distinct > 1 && target.is_none_or(|target| profile.name != target)
        })
        .take(COLUMNS)
        .collect();
    let seen: Vec<Seen> = usable.par_iter().map(|at| see(looked_at, *at)).collect();
    if seen.is_empty() {
        return nothing;
    }
    let features: Vec<Vec<f64>> = seen.iter().map(|seen| seen.values.clone()).collect();
    let scores = forest::scores(&features, progress);
    let mut order: Vec<usize> = (0..scores.len()).collect();
    let listed = LISTED.min(order.len());
    let first = |a: &usize, b: &usize| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b));
    order.select_nth_unstable_by(listed - 1, first);
    order.truncate(listed);
    order.sort_unstable_by(first);
    let odd = scores.iter().filter(|score| **score >= ODD).count() as u64;
    let listed: Vec<OddRow> = order
        .into_iter()
        .filter(|row| scores[*row] > 0.5)
        .map(|row| OddRow {
            row: u64::from(rows[row]),
            score: Real(scores[row]),
            because: because(looked_at, &seen, row),
        })
        .collect();
    let finding = (odd > 0).then(|| {
        let first = listed.first().map(|row| {
            let columns: Vec<&str> = row.because.iter().map(|cell| cell.column.as_str()).collect();
            format!(", row {} first ({})", count(row.row + 1), columns.join(", "))
        });
        let message = format!(
            "{} of {} rows are unlike the others{}",
            count(odd),
            count(scores.len() as u64),
            first.unwrap_or_default()
        );
        finding("", Severity::Low, "odd_rows", message)
    });
    let note = bounded.then(|| {
        format!(
            "{} of {} rows, evenly taken, were scored for oddness",
            count(rows.len() as u64),
            count(frame.height() as u64)
        )
    });
    (listed, finding, note)
}

fn see(frame: &DataFrame, at: usize) -> Seen {
    let column = &frame.columns()[at];
    if let Some(mut values) = numbers_of(column) {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let quantile =
            |share: f64| sorted.get((share * (sorted.len().max(1) - 1) as f64) as usize).copied().unwrap_or(0.0);
        let median = quantile(0.5);
        let mut far: Vec<f64> = sorted.iter().map(|value| (value - median).abs()).collect();
        far.sort_unstable_by(f64::total_cmp);
        let mad = far.get(far.len() / 2).copied().unwrap_or(0.0) * 1.482_602_218_505_602;
        // Where most values are one, the middle 90 % of a normal distribution; where they are too, the whole spread.
        let middle = (quantile(0.95) - quantile(0.05)) / 3.289_707_253_902_945;
        let whole = sorted.last().zip(sorted.first()).map_or(0.0, |(most, least)| (most - least) / 10.0);
        let robust_std = [mad, middle, whole].into_iter().find(|std| *std > 0.0 && std.is_finite()).unwrap_or(1.0);
        values.iter_mut().filter(|value| value.is_nan()).for_each(|value| *value = median);
        return Seen { at, values, usual: Usual::Number { median, robust_std } };
    }
    let levels = Levels::of(column).at_most(LEVELS);
    let present: u64 = levels.counts.iter().sum();
    let surprise: Vec<f64> =
        levels.counts.iter().map(|count| -(*count as f64 / present.max(1) as f64).log2()).collect();
    let usual = surprise.first().copied().unwrap_or(0.0);
    let values = levels.codes.iter().map(|code| surprise.get(*code as usize).copied().unwrap_or(usual)).collect();
    Seen { at, values, usual: Usual::Level { codes: levels.codes, counts: levels.counts, present } }
}

/// The three cells of a row that are furthest from what is usual.
fn because(frame: &DataFrame, seen: &[Seen], row: usize) -> Vec<OddCell> {
    let mut cells: Vec<OddCell> = seen
        .iter()
        .map(|seen| {
            let column = &frame.columns()[seen.at];
            let (distance, usual) = match &seen.usual {
                Usual::Number { median, robust_std } => {
                    let usual = if column.dtype().is_temporal() {
                        String::new()
                    } else {
                        format!("median {}", figure(*median))
                    };
                    ((seen.values[row] - median).abs() / robust_std, usual)
                }
                Usual::Level { codes, counts, present } if codes[row] != MISSING => {
                    let rows = counts[codes[row] as usize];
                    (seen.values[row], format!("one of {} in {} rows", count(rows), count(*present)))
                }
                Usual::Level { .. } => (0.0, String::new()),
            };
            OddCell {
                column: column.name().to_string(),
                value: column.get(row).ok().and_then(|value| text_of(&value)),
                usual,
                distance: Real(distance),
            }
        })
        .filter(|cell| cell.distance.0 > 2.0)
        .collect();
    cells.sort_by(|a, b| b.distance.0.total_cmp(&a.distance.0));
    cells.truncate(3);
    cells
}
