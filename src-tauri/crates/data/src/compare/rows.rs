//! Which rows two tables share: by key, or whole. Rows are matched by 64-bit hashes of their cells, sorted and merged.

use std::sync::atomic::{AtomicBool, Ordering};

use cairn_protocol::comparison::{CellPair, ChangedColumn, RowDifference, RowExample, RowsDiff};
use polars::prelude::{Column, DataFrame, IdxCa, PlSmallStr};
use rayon::prelude::*;

use super::cells::{align, hashes};
use crate::{DataError, Progress, format::text_of, profile::findings::mix};

/// Examples of each kind of difference.
const EXAMPLES: usize = 20;
/// Columns of a row shown that only one table has.
const SHOWN: usize = 8;

/// Rows by their hashes, ascending; of equal ones the first row first.
fn sorted(hashes: Vec<u64>) -> Vec<(u64, u32)> {
    let mut rows: Vec<(u64, u32)> = hashes.into_iter().zip(0u32..).collect();
    rows.par_sort_unstable();
    rows
}

/// Runs of equal hashes of both, in ascending order; one may be empty.
fn merged<'a>(a: &'a [(u64, u32)], b: &'a [(u64, u32)]) -> impl Iterator<Item = (&'a [(u64, u32)], &'a [(u64, u32)])> {
    let (mut i, mut j) = (0, 0);
    std::iter::from_fn(move || {
        let least = match (a.get(i), b.get(j)) {
            (Some(x), Some(y)) => x.0.min(y.0),
            (Some(x), None) => x.0,
            (None, Some(y)) => y.0,
            (None, None) => return None,
        };
        let run = |rows: &[(u64, u32)], from: usize| rows[from..].iter().take_while(|row| row.0 == least).count();
        let (m, n) = (run(a, i), run(b, j));
        (i, j) = (i + m, j + n);
        Some((&a[i - m..i], &b[j - n..j]))
    })
}

/// Hashes of whole rows, or of keys: columns count in their order.
fn row_hashes(a: &DataFrame, b: &DataFrame, names: &[String]) -> Result<(Vec<u64>, Vec<u64>), DataError> {
    let (mut of_a, mut of_b) = (vec![0u64; a.height()], vec![0u64; b.height()]);
    let pairs = columns(a, b, names)?;
    // So many columns at a time as there are threads: their hashes are all that is held at once.
    for portion in pairs.chunks(rayon::current_num_threads().max(1)) {
        let hashed: Vec<(Vec<u64>, Vec<u64>)> = portion
            .par_iter()
            .map(|(a, b)| {
                let (a, b, common) = align(a, b);
                (hashes(&a, common), hashes(&b, common))
            })
            .collect();
        for (x, y) in hashed {
            of_a.par_iter_mut().zip(x).for_each(|(sum, cell)| *sum = mix(*sum, cell));
            of_b.par_iter_mut().zip(y).for_each(|(sum, cell)| *sum = mix(*sum, cell));
        }
    }
    Ok((of_a, of_b))
}

fn columns<'a>(
    a: &'a DataFrame,
    b: &'a DataFrame,
    names: &[String],
) -> Result<Vec<(&'a Column, &'a Column)>, DataError> {
    let of = |frame: &'a DataFrame, name: &str| frame.column(name).map_err(|_| DataError::no_column(frame, name));
    names.iter().map(|name| Ok((of(a, name)?, of(b, name)?))).collect()
}

/// Whole rows over the common columns, as many times as they occur.
pub(super) fn whole(a: &DataFrame, b: &DataFrame, common: &[String]) -> Result<RowsDiff, DataError> {
    let (of_a, of_b) = row_hashes(a, b, common)?;
    let (of_a, of_b) = (sorted(of_a), sorted(of_b));
    let (mut diff, mut only_a, mut only_b) = (RowsDiff::default(), Vec::new(), Vec::new());
    for (x, y) in merged(&of_a, &of_b) {
        let both = x.len().min(y.len());
        diff.both += both as u64;
        only_a.extend(x[both..].iter().map(|row| row.1));
        only_b.extend(y[both..].iter().map(|row| row.1));
    }
    (diff.only_a, diff.only_b) = (only_a.len() as u64, only_b.len() as u64);
    let shown = &common[..common.len().min(SHOWN)];
    diff.examples.extend(alone(a, only_a, shown, true));
    diff.examples.extend(alone(b, only_b, shown, false));
    Ok(diff)
}

/// The first rows that only one table has.
fn alone(frame: &DataFrame, mut rows: Vec<u32>, shown: &[String], is_a: bool) -> Vec<RowExample> {
    rows.sort_unstable();
    rows.truncate(EXAMPLES);
    let kind = if is_a { RowDifference::OnlyA } else { RowDifference::OnlyB };
    rows.into_iter().map(|row| one_side(frame, row, shown, kind, is_a)).collect()
}

fn one_side(frame: &DataFrame, row: u32, shown: &[String], kind: RowDifference, is_a: bool) -> RowExample {
    let cells = shown.iter().map(|name| {
        let cell = text(frame, name, row);
        let (a, b) = if is_a { (cell, None) } else { (None, cell) };
        CellPair { column: name.clone(), a, b }
    });
    let row = Some(u64::from(row));
    let (row_a, row_b) = if is_a { (row, None) } else { (None, row) };
    RowExample { kind, row_a, row_b, cells: cells.collect() }
}

fn text(frame: &DataFrame, name: &str, row: u32) -> Option<String> {
    frame.column(name).ok()?.get(row as usize).ok().and_then(|value| text_of(&value))
}

/// Rows by key: paired where the key occurs once in each table, then compared cell by cell.
pub(super) fn by_key(
    a: &DataFrame,
    b: &DataFrame,
    keys: &[String],
    common: &[String],
    progress: &dyn Progress,
) -> Result<RowsDiff, DataError> {
    let (of_a, of_b) = row_hashes(a, b, keys)?;
    let (of_a, of_b) = (sorted(of_a), sorted(of_b));
    progress.set(0.3);
    let mut diff = RowsDiff { keys: keys.to_vec(), ..RowsDiff::default() };
    let (mut only_a, mut only_b, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
    let (mut twice_a, mut twice_b) = (Vec::new(), Vec::new());
    for (x, y) in merged(&of_a, &of_b) {
        match (x, y) {
            ([x], [y]) => pairs.push((x.1, y.1)),
            ([x], []) => only_a.push(x.1),
            ([], [y]) => only_b.push(y.1),
            (x, y) => {
                twice_a.extend(x.iter().map(|row| row.1));
                twice_b.extend(y.iter().map(|row| row.1));
            }
        }
    }
    pairs.par_sort_unstable();
    diff.both = pairs.len() as u64;
    (diff.only_a, diff.only_b) = (only_a.len() as u64, only_b.len() as u64);
    (diff.duplicate_keys_a, diff.duplicate_keys_b) = (twice_a.len() as u64, twice_b.len() as u64);
    let values: Vec<String> = common.iter().filter(|name| !keys.contains(name)).cloned().collect();
    let changed: Vec<AtomicBool> = pairs.iter().map(|_| AtomicBool::new(false)).collect();
    let counts: Vec<u64> = columns(a, b, &values)?
        .par_iter()
        .map(|(a, b)| {
            if progress.cancelled() {
                return 0;
            }
            let (a, b, common) = align(a, b);
            let (a, b) = (hashes(&a, common), hashes(&b, common));
            let differs = |(pair, changed): (&(u32, u32), &AtomicBool)| {
                let differs = a[pair.0 as usize] != b[pair.1 as usize];
                if differs {
                    changed.store(true, Ordering::Relaxed);
                }
                u64::from(differs)
            };
            pairs.iter().zip(&changed).map(differs).sum()
        })
        .collect();
    if progress.cancelled() {
        return Err(DataError::Cancelled);
    }
    let changed: Vec<(u32, u32)> = pairs
        .iter()
        .zip(&changed)
        .filter(|(_, changed)| changed.load(Ordering::Relaxed))
        .map(|(pair, _)| *pair)
        .collect();
    diff.changed = changed.len() as u64;
    let counted = values.iter().zip(counts).filter(|(_, cells)| *cells > 0);
    diff.changed_cells = counted.map(|(column, cells)| ChangedColumn { column: column.clone(), cells }).collect();
    diff.examples = changes(a, b, keys, &diff.changed_cells, &changed[..changed.len().min(EXAMPLES)])?;
    let shown: Vec<String> = keys.iter().chain(values.iter().take(SHOWN.saturating_sub(keys.len()))).cloned().collect();
    diff.examples.extend(alone(a, only_a, &shown, true));
    diff.examples.extend(alone(b, only_b, &shown, false));
    for (frame, mut rows, is_a) in [(a, twice_a, true), (b, twice_b, false)] {
        rows.sort_unstable();
        rows.truncate(EXAMPLES);
        diff.examples.extend(rows.into_iter().map(|row| one_side(frame, row, keys, RowDifference::DuplicateKey, is_a)));
    }
    Ok(diff)
}

/// Pairs of rows with their key and the cells that differ.
fn changes(
    a: &DataFrame,
    b: &DataFrame,
    keys: &[String],
    changed: &[ChangedColumn],
    pairs: &[(u32, u32)],
) -> Result<Vec<RowExample>, DataError> {
    let taken = |frame: &DataFrame, rows: Vec<u32>| {
        frame.take(&IdxCa::from_vec(PlSmallStr::EMPTY, rows)).map_err(DataError::table("reading rows that differ"))
    };
    let names: Vec<String> = changed.iter().map(|column| column.column.clone()).collect();
    let some_a = taken(a, pairs.iter().map(|pair| pair.0).collect())?;
    let some_b = taken(b, pairs.iter().map(|pair| pair.1).collect())?;
    let mut differing: Vec<Vec<bool>> = Vec::with_capacity(names.len());
    for (x, y) in columns(&some_a, &some_b, &names)? {
        let (x, y, common) = align(x, y);
        differing.push(hashes(&x, common).into_iter().zip(hashes(&y, common)).map(|(x, y)| x != y).collect());
    }
    let cell = |name: &String, row: usize| CellPair {
        column: name.clone(),
        a: text(&some_a, name, row as u32),
        b: text(&some_b, name, row as u32),
    };
    let example = |(row, (row_a, row_b)): (usize, &(u32, u32))| {
        let differing = names.iter().zip(&differing).filter(|(_, differs)| differs[row]).map(|(name, _)| name);
        RowExample {
            kind: RowDifference::Changed,
            row_a: Some(u64::from(*row_a)),
            row_b: Some(u64::from(*row_b)),
            cells: keys.iter().chain(differing).map(|name| cell(name, row)).collect(),
        }
    };
    Ok(pairs.iter().enumerate().map(example).collect())
}
