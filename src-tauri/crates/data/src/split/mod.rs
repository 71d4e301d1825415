//! The parts of a table (training, validation, test and further ones), folds of it, and the proof of them.
//!
//! **The drawing.** Every row gets its place in a Fisher–Yates shuffle by ChaCha8 (key: the seed as eight
//! little-endian bytes and zeros; numbers below n by Lemire's multiplication with rejection of 64-bit words). The first
//! rows of the shuffle are the training part, the next the validation part, and so on. Stratified drawing does so
//! within each class, classes in the order of their values, with one generator. So the same seed and the same rows
//! give the same parts on any machine; nothing hangs on a library's version. Parts are drawn on stream 0 of the
//! generator, the folds of the r-th repetition on stream r, inner folds on streams after those of all repetitions.
//!
//! **The counts.** Largest remainders: each part has its share of all rows rounded down or up, and all add
//! up. Stratified, each class has in each part its share rounded down or up, and the totals are still those of the
//! whole table ([`counts`]). Groups stay whole, and come as near to the shares as their sizes let them ([`groups`]);
//! rows of one moment stay whole too ([`time`]).
//!
//! **Folds.** Test and further parts are drawn first; folds are drawn from what training and validation have together.
//! Nested, each outer fold is the test part in its turn and the inner folds are drawn from the rest, so that a share
//! of a test part has no meaning and goes to the folds.

mod certificate;
mod classes;
mod counts;
mod design;
mod draw;
mod drift;
mod duplicates;
mod groups;
mod overlap;
mod time;

use cairn_protocol::{
    notebook::SplitCell,
    results::{ClassCounts, FoldResult, SplitResult},
};

pub(crate) use self::classes::Classes;
use self::design::Design;
use crate::{
    error::DataError,
    steps::{Parts, Table},
};

/// Classes shown at most; a number with more distinct values is stratified by its tenths.
const MOST_CLASSES: usize = 50;

/// Draws the parts of a table and certifies them. With folds, the chosen fold is the validation part, and the result
/// lists all of them.
///
/// # Errors
/// Shares that do not add up, columns that are not there or do not suit the method, parts that would be empty: with
/// what to change.
pub fn split(table: &Table, cell: &SplitCell) -> Result<(Parts, SplitResult), DataError> {
    let design = Design::new(table, cell)?;
    let drawn = design.drawn(cell.fold.max(1))?;
    let of_row = of_rows(table.rows(), &drawn);
    let counts: Vec<u64> = drawn.iter().map(|members| members.len() as u64).collect();
    let shown = design.classes.as_ref().map_or_else(Vec::new, |classes| class_counts(classes, &drawn));
    let digests: Vec<String> = drawn.iter().map(|rows| digest_of(table, rows)).collect();
    let (checks, drift) = certificate::certify(&certificate::Case {
        table,
        design: &design,
        drawn: &drawn,
        parts: &of_row,
        classes: &shown,
        digests: &digests,
    })?;
    let mut folds = Vec::new();
    design.each_fold(None, &mut |_, name, drawn| {
        folds.push(fold_result(table, &design, name, drawn));
        Ok(())
    })?;
    let left_out = table.rows() as u64 - counts.iter().sum::<u64>();
    let result = SplitResult {
        counts,
        by: design.classes.as_ref().map_or_else(String::new, |classes| classes.by.clone()),
        classes: shown.into_iter().take(MOST_CLASSES).collect(),
        checks,
        seed: cell.seed,
        parts: design.names.clone(),
        method: design.words(),
        left_out,
        digest: digest_of_parts(&design.names, &digests),
        digests,
        drift,
        folds,
        fold: if cell.fold_count() > 0 { cell.fold.max(1) } else { 0 },
    };
    Ok((Parts::with_names(of_row, design.names)?, result))
}

/// The parts when a fold, counted from 1, is the validation part; without a certificate.
///
/// # Errors
/// As [`split`]; a fold that is not there.
pub fn split_fold(table: &Table, cell: &SplitCell, fold: u32) -> Result<Parts, DataError> {
    let design = Design::new(table, cell)?;
    let drawn = design.drawn(fold)?;
    Parts::with_names(of_rows(table.rows(), &drawn), design.names)
}

fn of_rows(rows: usize, drawn: &[Vec<u32>]) -> Vec<u8> {
    let mut of_row = vec![Parts::LEFT_OUT; rows];
    for (part, members) in drawn.iter().enumerate() {
        for &row in members {
            of_row[row as usize] = part as u8;
        }
    }
    of_row
}

fn class_counts(classes: &Classes, drawn: &[Vec<u32>]) -> Vec<ClassCounts> {
    let mut counts = vec![vec![0u64; drawn.len()]; classes.names.len()];
    for (part, rows) in drawn.iter().enumerate() {
        for row in rows {
            counts[classes.rows[*row as usize] as usize][part] += 1;
        }
    }
    classes.names.iter().zip(counts).map(|(class, counts)| ClassCounts { class: class.clone(), counts }).collect()
}

fn fold_result(table: &Table, design: &Design<'_>, name: String, drawn: &[Vec<u32>]) -> FoldResult {
    let classes = design.classes.as_ref().map_or_else(Vec::new, |classes| class_counts(classes, drawn));
    let counts: Vec<u64> = drawn.iter().map(|rows| rows.len() as u64).collect();
    let digests: Vec<String> = drawn.iter().map(|rows| digest_of(table, rows)).collect();
    FoldResult {
        name,
        left_out: table.rows() as u64 - counts.iter().sum::<u64>(),
        counts,
        checks: certificate::of_fold(table, design, drawn, &classes),
        classes: classes.into_iter().take(MOST_CLASSES).collect(),
        digest: digest_of_parts(&design.names, &digests),
    }
}

/// BLAKE3 of row numbers as little-endian 64-bit words: those of the table that the cell above began with.
fn digest_of(table: &Table, rows: &[u32]) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut bytes = Vec::with_capacity(8 * 8_192);
    for rows in rows.chunks(8_192) {
        bytes.clear();
        for &row in rows {
            let number = table.row_numbers.as_ref().map_or(u64::from(row), |numbers| numbers[row as usize]);
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        hasher.update(&bytes);
    }
    hasher.finalize().to_hex().to_string()
}

fn digest_of_parts(names: &[String], digests: &[String]) -> String {
    let lines: String = names.iter().zip(digests).map(|(name, digest)| format!("{name} {digest}\n")).collect();
    blake3::hash(lines.as_bytes()).to_hex().to_string()
}

#[cfg(test)]
mod parity;
#[cfg(test)]
mod tests;
