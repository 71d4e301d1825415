//! What rows are told apart by: classes for their shares, groups that stay whole.

use cairn_protocol::{notebook::SplitCell, table::ColumnType};
use polars::prelude::*;

use super::MOST_CLASSES;
use crate::{
    error::DataError,
    frame_types::column_type,
    steps::{
        columns::{MISSING, codes, column, numbers, wholes},
        figure,
    },
};

/// Bins of a number that is stratified by, where nobody said how many.
const BINS: usize = 10;
/// Classes of a stratified split at most.
const MOST_STRATA: usize = 100_000;

/// The class of each row.
#[derive(Debug)]
pub(crate) struct Classes {
    /// Name of the column, or of the columns.
    pub by: String,
    /// Index of the class by row.
    pub rows: Vec<u32>,
    /// Names in the order of their values; a class of missing values stands last as `null`.
    pub names: Vec<String>,
}

/// The classes of a cell: those of `by`, together with those of `also_by` where it has any.
pub(super) fn of_cell(frame: &DataFrame, cell: &SplitCell) -> Result<Option<Classes>, DataError> {
    let Some(by) = cell.by.as_deref() else { return Ok(None) };
    let mut classes = of_column(column(frame, by)?, cell.bins)?;
    for other in &cell.also_by {
        classes = together(classes, of_column(column(frame, other)?, cell.bins)?);
    }
    if classes.names.len() > MOST_STRATA {
        let what = format!("{} has {} classes", classes.by, classes.names.len());
        return Err(DataError::refused(what, Some(by), "Choose a column with fewer values, or bins for a number"));
    }
    Ok(Some(classes))
}

/// The class of each row: its value, or, for a number with many values, its bin.
pub(super) fn of_column(series: &Series, bins: Option<u32>) -> Result<Classes, DataError> {
    let by = series.name().to_string();
    let codes = codes(series)?;
    let numeric = matches!(column_type(series.dtype()), ColumnType::Int | ColumnType::Float | ColumnType::Decimal);
    let most = bins.map_or(MOST_CLASSES, |bins| bins as usize);
    let (mut rows, mut names) = if numeric && codes.levels.len() > most {
        quantile_bins(&numbers(series)?, bins.map_or(BINS, |bins| bins.max(1) as usize))
    } else {
        (codes.rows, codes.levels.into_iter().map(|level| level.label).collect::<Vec<_>>())
    };
    if rows.contains(&MISSING) {
        let null = names.len() as u32;
        names.push("null".into());
        for class in rows.iter_mut().filter(|class| **class == MISSING) {
            *class = null;
        }
    }
    Ok(Classes { by, rows, names })
}

/// Bins of equally many values by rank; equal values share one.
fn quantile_bins(values: &[f64], bins: usize) -> (Vec<u32>, Vec<String>) {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut upper: Vec<f64> =
        (1..=bins).map(|bin| sorted[(bin * sorted.len()).div_ceil(bins).saturating_sub(1)]).collect();
    upper.dedup();
    let rows = values
        .iter()
        .map(|value| if value.is_nan() { MISSING } else { upper.partition_point(|edge| edge < value) as u32 })
        .collect();
    let mut low = sorted[0];
    let mut names = Vec::with_capacity(upper.len());
    for &edge in &upper {
        names.push(format!("{} to {}", figure(low), figure(edge)));
        low = edge;
    }
    (rows, names)
}

/// The pairs of two classes that occur, in the order of the first and then of the second.
fn together(a: Classes, b: Classes) -> Classes {
    let width = b.names.len() as u64;
    let keys: Vec<u64> = a.rows.iter().zip(&b.rows).map(|(a, b)| u64::from(*a) * width + u64::from(*b)).collect();
    let mut present = keys.clone();
    present.sort_unstable();
    present.dedup();
    let number: PlHashMap<u64, u32> = present.iter().copied().zip(0u32..).collect();
    let name = |key: &u64| format!("{} · {}", a.names[(key / width) as usize], b.names[(key % width) as usize]);
    Classes {
        by: format!("{} · {}", a.by, b.by),
        rows: keys.iter().map(|key| number[key]).collect(),
        names: present.iter().map(name).collect(),
    }
}

/// The group of each row; a row without a value is a group of its own.
pub(super) struct GroupCodes {
    /// Name of the column.
    pub by: String,
    /// Group by row.
    pub rows: Vec<u32>,
    /// How many there are.
    pub count: usize,
    /// Rows without a value.
    pub missing: u64,
}

pub(super) fn groups(series: &Series) -> Result<GroupCodes, DataError> {
    let (mut rows, mut count) = plain_codes(series)?;
    let mut missing = 0;
    for group in rows.iter_mut().filter(|group| **group == MISSING) {
        *group = count as u32;
        count += 1;
        missing += 1;
    }
    Ok(GroupCodes { by: series.name().to_string(), rows, count, missing })
}

/// Codes in the order of values, and how many there are: as [`codes`], without spelling whole numbers, of which there
/// may be as many as rows.
pub(super) fn plain_codes(series: &Series) -> Result<(Vec<u32>, usize), DataError> {
    if column_type(series.dtype()) != ColumnType::Int {
        let codes = codes(series)?;
        return Ok((codes.rows, codes.levels.len()));
    }
    let cells = wholes(series)?;
    let mut number: PlHashMap<i64, u32> = PlHashMap::default();
    let mut seen: Vec<i64> = Vec::new();
    let mut rows: Vec<u32> = cells
        .into_iter()
        .map(|cell| match cell {
            None => MISSING,
            Some(value) => *number.entry(value).or_insert_with(|| {
                seen.push(value);
                (seen.len() - 1) as u32
            }),
        })
        .collect();
    drop(number);
    let mut order: Vec<u32> = (0..seen.len() as u32).collect();
    order.sort_unstable_by_key(|code| seen[*code as usize]);
    let mut rank = vec![0u32; seen.len()];
    for (at, code) in (0u32..).zip(&order) {
        rank[*code as usize] = at;
    }
    for code in rows.iter_mut().filter(|code| **code != MISSING) {
        *code = rank[*code as usize];
    }
    Ok((rows, seen.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_two_columns_are_the_pairs_that_occur() {
        let frame = df!("a" => ["x", "y", "x"], "b" => [Some(2i64), None, Some(1)]).unwrap();
        let cell = SplitCell { by: Some("a".into()), also_by: vec!["b".into()], ..SplitCell::default() };
        let classes = of_cell(&frame, &cell).unwrap().unwrap();
        assert_eq!(classes.names, ["x · 1", "x · 2", "y · null"]);
        assert_eq!(classes.rows, [1, 2, 0]);
        assert_eq!(classes.by, "a · b");
    }

    #[test]
    fn plain_codes_are_those_with_names() {
        for series in [
            Series::new("i".into(), [Some(10i64), None, Some(-3), Some(9), Some(10)]),
            Series::new("t".into(), [Some("b"), None, Some("a"), Some("b")]),
        ] {
            let named = codes(&series).unwrap();
            assert_eq!(plain_codes(&series).unwrap(), (named.rows, named.levels.len()));
        }
    }

    #[test]
    fn a_number_is_binned_where_bins_are_set_or_values_are_many() {
        let few = Series::new("n".into(), (0..40i64).collect::<Vec<_>>());
        assert_eq!(of_column(&few, None).unwrap().names.len(), 40);
        assert_eq!(of_column(&few, Some(4)).unwrap().names, ["0 to 9", "9 to 19", "19 to 29", "29 to 39"]);
        let many = Series::new("n".into(), (0..60i64).collect::<Vec<_>>());
        assert_eq!(of_column(&many, None).unwrap().names.len(), 10);
    }
}
