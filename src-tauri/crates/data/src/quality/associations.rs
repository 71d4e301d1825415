//! How columns of any type hang together: Pearson and Spearman for numbers, Cramér's V for levels, the correlation ratio
//! for one of each.

use std::time::Instant;

use cairn_protocol::{
    Real,
    quality::{AssociatedColumn, AssociationPair, Associations, Definition, LeftOut},
    table::ColumnType,
};
use polars::prelude::{Column, DataFrame, IdxCa, PlSmallStr};
use rayon::prelude::*;

use super::view::{Levels, MISSING, evenly, numbers_of};
use crate::{DataError, Progress, frame_types::column_type, stats, steps::count};

/// Columns compared, at most.
const COLUMNS: usize = 60;
/// Levels of a column told apart; the rest count as one.
const LEVELS: usize = 100;
/// Pairs times rows looked at, at most: about ten seconds on one core.
const WORK: usize = 1_000_000_000;

const DEFINITIONS: [(&str, &str); 4] = [
    ("pearson", "Pearson's correlation of two columns of numbers: −1 to 1, 0 where there is no linear relation"),
    (
        "spearman",
        "Spearman's rank correlation: Pearson's of the ranks, ties sharing their mean rank; 1 for any rising relation",
    ),
    (
        "cramers_v",
        "Cramér's V of two columns of levels, its bias corrected (Bergsma 2013): 0 (independent) to 1; of more than 100 \
         levels the rarest count as one",
    ),
    (
        "correlation_ratio",
        "Correlation ratio η (Pearson 1903): the square root of the share of the numbers' variance that lies between the \
         levels, 0 to 1",
    ),
];

/// A column as it is compared.
enum Side {
    Numbers { values: Vec<f64>, ranks: Option<Vec<f64>> },
    Levels(Levels),
}

/// How the columns of a table hang together, pair by pair on the rows where both are there. Up to 60 columns (the
/// target among them) and a billion cells of pairs; beyond that rows are drawn evenly, and `notes` says so.
///
/// # Errors
/// The target is no column of the table, or the work was cancelled.
pub fn associations(
    frame: &DataFrame,
    target: Option<&str>,
    progress: &dyn Progress,
) -> Result<Associations, DataError> {
    let begin = Instant::now();
    if let Some(target) = target {
        frame.column(target).map_err(|_| DataError::no_column(frame, target))?;
    }
    let mut notes = Vec::new();
    let (mut chosen, mut left_out) = (Vec::new(), Vec::new());
    for column in frame.columns() {
        match refused(column) {
            Some(why) => left_out.push(LeftOut { column: column.name().to_string(), why }),
            None => chosen.push(column.clone()),
        }
    }
    if chosen.len() > COLUMNS {
        let is_target = |column: &Column| target.is_some_and(|target| column.name() == target);
        let late = chosen[COLUMNS..].iter().position(is_target).map(|at| at + COLUMNS);
        if let Some(late) = late {
            chosen.swap(COLUMNS - 1, late);
        }
        let beyond = chosen.split_off(COLUMNS);
        notes.push(format!("{COLUMNS} of {} columns were compared", COLUMNS + beyond.len()));
        left_out.extend(
            beyond.into_iter().map(|column| LeftOut {
                column: column.name().to_string(),
                why: format!("more than {COLUMNS} columns"),
            }),
        );
    }
    let pairs: Vec<(usize, usize)> =
        (0..chosen.len()).flat_map(|a| (a + 1..chosen.len()).map(move |b| (a, b))).collect();
    let rows = frame.height();
    let used = if rows.saturating_mul(pairs.len()) > WORK { (WORK / pairs.len()).max(10_000) } else { rows };
    let taken = if used < rows {
        let index = IdxCa::from_vec(PlSmallStr::EMPTY, evenly(rows, used));
        notes.push(format!(
            "{} of {} rows, evenly taken, were compared",
            count(index.len() as u64),
            count(rows as u64)
        ));
        let doing = || DataError::table("drawing rows");
        chosen = chosen.iter().map(|column| column.take(&index)).collect::<Result<_, _>>().map_err(doing())?;
        index.len()
    } else {
        rows
    };
    let sides: Vec<Side> = chosen.par_iter().map(side).collect();
    progress.set(0.3);
    let mut found = Vec::with_capacity(pairs.len());
    // In portions, so that cancelling is heard soon.
    for portion in pairs.chunks(64) {
        if progress.cancelled() {
            return Err(DataError::Cancelled);
        }
        found.par_extend(portion.par_iter().map(|(a, b)| pair(*a, *b, &sides[*a], &sides[*b])));
        progress.set(0.3 + 0.7 * found.len() as f64 / pairs.len() as f64);
    }
    let named = |column: &Column, side: &Side| AssociatedColumn {
        name: column.name().to_string(),
        column_type: column_type(column.dtype()),
        numeric: matches!(side, Side::Numbers { .. }),
    };
    Ok(Associations {
        rows: rows as u64,
        rows_used: taken as u64,
        elapsed_secs: begin.elapsed().as_secs_f64(),
        target: target.and_then(|target| chosen.iter().position(|column| column.name() == target)),
        columns: chosen.iter().zip(&sides).map(|(column, side)| named(column, side)).collect(),
        left_out,
        pairs: found,
        definitions: DEFINITIONS
            .map(|(name, text)| Definition { name: name.to_owned(), text: text.to_owned() })
            .to_vec(),
        notes,
    })
}

/// Why a column cannot be compared.
fn refused(column: &Column) -> Option<String> {
    match column_type(column.dtype()) {
        ColumnType::List | ColumnType::Struct => Some("lists and structs have neither an order nor levels".into()),
        _ if column.null_count() == column.len() => Some("has no values".into()),
        ColumnType::Text | ColumnType::Category => {
            let distinct = column.n_unique().unwrap_or(0);
            (distinct > 20 && distinct * 10 > column.len() * 9)
                .then(|| "is different in nearly every row: it names rows rather than describing them".into())
        }
        _ => None,
    }
}

fn side(column: &Column) -> Side {
    match numbers_of(column) {
        Some(values) => {
            let ranks = values.iter().all(|value| !value.is_nan()).then(|| stats::ranks(&values));
            Side::Numbers { values, ranks }
        }
        None => Side::Levels(Levels::of(column).at_most(LEVELS)),
    }
}

fn pair(a: usize, b: usize, first: &Side, second: &Side) -> AssociationPair {
    let (measure, value, spearman, rows) = match (first, second) {
        (Side::Numbers { values: x, ranks: x_ranks }, Side::Numbers { values: y, ranks: y_ranks }) => {
            if let (Some(x_ranks), Some(y_ranks)) = (x_ranks, y_ranks) {
                ("pearson", stats::pearson(x, y), stats::pearson(x_ranks, y_ranks), x.len())
            } else {
                let (x, y): (Vec<f64>, Vec<f64>) = x.iter().zip(y).filter(|(x, y)| !x.is_nan() && !y.is_nan()).unzip();
                ("pearson", stats::pearson(&x, &y), stats::spearman(&x, &y), x.len())
            }
        }
        (Side::Levels(levels), Side::Numbers { values, .. }) | (Side::Numbers { values, .. }, Side::Levels(levels)) => {
            let (groups, there): (Vec<u32>, Vec<f64>) = levels
                .codes
                .iter()
                .zip(values)
                .filter(|(code, value)| **code != MISSING && !value.is_nan())
                .map(|(code, value)| (*code, *value))
                .unzip();
            let found = stats::anova(&groups, &there, levels.names.len());
            ("correlation_ratio", found.map(|found| found.eta_squared.clamp(0.0, 1.0).sqrt()), None, there.len())
        }
        (Side::Levels(x), Side::Levels(y)) => {
            let there = || x.codes.iter().zip(&y.codes).filter(|(x, y)| **x != MISSING && **y != MISSING);
            let pairs = there().map(|(x, y)| (*x, *y));
            let table = stats::Contingency::of(pairs, x.names.len(), y.names.len());
            ("cramers_v", table.cramers_v(), None, there().count())
        }
    };
    AssociationPair {
        a,
        b,
        measure: measure.into(),
        value: value.map(Real),
        spearman: spearman.map(Real),
        rows: rows as u64,
    }
}
