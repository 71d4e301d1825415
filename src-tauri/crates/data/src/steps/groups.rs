//! Rows that are equal in some columns: what groups, joins, duplicates and pivots rest on.
//!
//! Each row gets the number of its group, groups numbered in the order of their first row, so that nothing depends on
//! a hash function. Missing cells are equal to each other; NaN is missing. Time and memory are linear in the rows.

use cairn_protocol::table::ColumnType;
use polars::prelude::*;
use rayon::prelude::*;

use super::columns::{canonical_time, floats, numbers, texts, wholes};
use crate::{error::DataError, frame_types::column_type, progress::Watch};

/// The group of a row that belongs to none.
pub(crate) const NO_GROUP: u32 = u32::MAX;

/// Rows in groups.
#[derive(Debug)]
pub(crate) struct RowGroups {
    /// For each row the number of its group.
    pub ids: Vec<u32>,
    /// For each group its first row, ascending.
    pub first: Vec<IdxSize>,
}

impl RowGroups {
    /// Groups.
    pub fn len(&self) -> usize {
        self.first.len()
    }

    /// Rows of each group.
    pub fn sizes(&self) -> Vec<u32> {
        sizes(&self.ids, self.len())
    }
}

/// Rows of each of `groups` groups.
pub(super) fn sizes(ids: &[u32], groups: usize) -> Vec<u32> {
    let mut sizes = vec![0u32; groups];
    for id in ids {
        if let Some(size) = sizes.get_mut(*id as usize) {
            *size += 1;
        }
    }
    sizes
}

/// The rows of each group, in the table's order.
pub(super) struct Buckets {
    starts: Vec<usize>,
    rows: Vec<IdxSize>,
}

impl Buckets {
    /// Of the numbers of `groups` groups; rows of [`NO_GROUP`] stand in none.
    pub fn new(ids: &[u32], groups: usize) -> Self {
        let mut starts = Vec::with_capacity(groups + 1);
        let mut sum = 0usize;
        for size in sizes(ids, groups) {
            starts.push(sum);
            sum += size as usize;
        }
        starts.push(sum);
        let mut next = starts.clone();
        let mut rows = vec![0; sum];
        for (row, id) in (0..).zip(ids) {
            if let Some(at) = next.get_mut(*id as usize) {
                rows[*at] = row;
                *at += 1;
            }
        }
        Self { starts, rows }
    }

    /// Groups.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The rows of a group; none of [`NO_GROUP`].
    pub fn of(&self, group: usize) -> &[IdxSize] {
        match (self.starts.get(group), self.starts.get(group + 1)) {
            (Some(from), Some(to)) => &self.rows[*from..*to],
            _ => &[],
        }
    }
}

/// A column in which what is missing is null: NaN too. Categories are texts, points in time have one unit.
pub(super) fn key(series: &Series) -> Result<Series, DataError> {
    match column_type(series.dtype()) {
        ColumnType::Float => {
            Ok(floats(series.name(), numbers(series)?.into_iter().map(|x| x + 0.0).collect())
                .take_materialized_series())
        }
        ColumnType::Category => {
            series.cast(&DataType::String).map_err(DataError::table(format!("reading {} as text", series.name())))
        }
        ColumnType::Datetime | ColumnType::Duration => canonical_time(series),
        _ => Ok(series.clone()),
    }
}

/// The cells of a column, ready to be hashed and compared.
enum Cells {
    /// What fits into 64 bits; the bits of missing cells mean nothing.
    Fixed { bits: Vec<u64>, missing: Option<Vec<bool>> },
    /// Decimals.
    Wide(Vec<Option<i128>>),
    /// Text, in one piece.
    Text(StringChunked),
}

impl Cells {
    fn of(series: &Series) -> Result<Self, DataError> {
        let fixed = |cells: Vec<Option<u64>>| {
            let missing = (series.null_count() > 0).then(|| cells.iter().map(Option::is_none).collect());
            Self::Fixed { bits: cells.into_iter().map(Option::unwrap_or_default).collect(), missing }
        };
        Ok(match column_type(series.dtype()) {
            ColumnType::Float => {
                let values = numbers(series)?;
                let missing = values.iter().any(|x| x.is_nan()).then(|| values.iter().map(|x| x.is_nan()).collect());
                // The two zeros are one.
                Self::Fixed { bits: values.into_iter().map(|x| (x + 0.0).to_bits()).collect(), missing }
            }
            ColumnType::Decimal => {
                let decimals = series.decimal().map_err(DataError::table("reading decimals"))?;
                Self::Wide(decimals.physical().iter().collect())
            }
            ColumnType::Int if series.dtype() == &DataType::UInt64 => {
                fixed(series.u64().map_err(DataError::table("reading whole numbers"))?.iter().collect())
            }
            ColumnType::List | ColumnType::Struct => {
                let name = PlSmallStr::from_static("cells");
                let frame = series.clone().with_name(name.clone()).into_frame();
                let grouped = frame.group_by_stable([name]).map_err(DataError::table("comparing lists"))?;
                let mut bits = vec![0u64; series.len()];
                for (at, group) in (0u64..).zip(grouped.get_groups().iter()) {
                    match group {
                        GroupsIndicator::Idx((_, rows)) => rows.iter().for_each(|row| bits[*row as usize] = at),
                        GroupsIndicator::Slice([from, many]) => bits[from as usize..(from + many) as usize].fill(at),
                    }
                }
                Self::Fixed { bits, missing: None }
            }
            ColumnType::Text | ColumnType::Category if series.dtype().is_null() => {
                Self::Fixed { bits: vec![0; series.len()], missing: None }
            }
            ColumnType::Text | ColumnType::Category => Self::Text(texts(series)?.rechunk().into_owned()),
            _ => fixed(wholes(&canonical_time(series)?)?.into_iter().map(|x| x.map(|x| x as u64)).collect()),
        })
    }

    fn hash(&self, row: usize, before: u64) -> u64 {
        match self {
            Self::Fixed { missing: Some(missing), .. } if missing[row] => mix(before, MISSING_HASH),
            Self::Fixed { bits, .. } => mix(before, bits[row]),
            Self::Wide(cells) => {
                cells[row].map_or(mix(before, MISSING_HASH), |x| mix(mix(before, x as u64), (x >> 64) as u64))
            }
            Self::Text(cells) => cells.get(row).map_or(mix(before, MISSING_HASH), |text| {
                let (eights, rest) = text.as_bytes().as_chunks::<8>();
                let hash = eights.iter().fold(before, |hash, eight| mix(hash, u64::from_le_bytes(*eight)));
                let mut last = [0u8; 8];
                last[..rest.len()].copy_from_slice(rest);
                mix(mix(hash, u64::from_le_bytes(last)), text.len() as u64)
            }),
        }
    }

    fn equal(&self, a: usize, b: usize) -> bool {
        match self {
            Self::Fixed { missing: Some(missing), .. } if missing[a] || missing[b] => missing[a] == missing[b],
            Self::Fixed { bits, .. } => bits[a] == bits[b],
            Self::Wide(cells) => cells[a] == cells[b],
            Self::Text(cells) => cells.get(a) == cells.get(b),
        }
    }
}

/// What a missing cell hashes as.
const MISSING_HASH: u64 = 0x6d69_7373_696e_6721;

/// A folded multiplication, as in wyhash (Wang Yi, 2019).
fn mix(hash: u64, value: u64) -> u64 {
    let product = u128::from(hash ^ value ^ 0xa076_1d64_78bd_642f) * u128::from(0xe703_7ed1_a0b4_28db_u64);
    (product as u64) ^ ((product >> 64) as u64) ^ value.rotate_left(32)
}

/// Rows hashed in one piece of work.
const HASHED_AT_ONCE: usize = 1 << 14;

/// [`group_rows_watched`], of work that nobody watches.
pub(crate) fn group_rows(columns: &[&Series], rows: usize) -> Result<RowGroups, DataError> {
    group_rows_watched(columns, rows, Watch::none())
}

/// Groups of rows that are equal in all of the columns; without columns all rows are one group.
///
/// Rows are hashed in parallel, then numbered in their order with an open-addressed table; rows of equal hash are compared
/// cell by cell, so that no collision joins two groups.
pub(crate) fn group_rows_watched(columns: &[&Series], rows: usize, watch: Watch<'_>) -> Result<RowGroups, DataError> {
    if rows == 0 {
        return Ok(RowGroups { ids: Vec::new(), first: Vec::new() });
    }
    if columns.is_empty() {
        return Ok(RowGroups { ids: vec![0; rows], first: vec![0] });
    }
    let read = watch.part(0.0, 0.3).each(columns.len());
    let cells = columns
        .par_iter()
        .map(|series| {
            read.next()?;
            Cells::of(series)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut hashes = vec![0u64; rows];
    let hashed = watch.part(0.3, 0.6).each(rows);
    hashes.par_chunks_mut(HASHED_AT_ONCE).enumerate().try_for_each(|(at, hashes)| {
        for cells in &cells {
            for (row, hash) in (at * HASHED_AT_ONCE..).zip(hashes.iter_mut()) {
                *hash = cells.hash(row, *hash);
            }
        }
        hashed.more(hashes.len())
    })?;
    let places = (rows * 2).next_power_of_two();
    let mut table = vec![NO_GROUP; places];
    let mut first: Vec<IdxSize> = Vec::new();
    let mut ids = vec![0u32; rows];
    let numbered = watch.part(0.6, 1.0).each(rows);
    for (row, hash) in hashes.iter().enumerate() {
        if row % HASHED_AT_ONCE == HASHED_AT_ONCE - 1 {
            numbered.more(HASHED_AT_ONCE)?;
        }
        let mut place = (*hash >> 7) as usize & (places - 1);
        ids[row] = loop {
            let group = table[place];
            if group == NO_GROUP {
                let new = first.len() as u32;
                table[place] = new;
                first.push(row as IdxSize);
                break new;
            }
            let other = first[group as usize] as usize;
            if hashes[other] == *hash && cells.iter().all(|cells| cells.equal(row, other)) {
                break group;
            }
            place = (place + 1) & (places - 1);
        };
    }
    Ok(RowGroups { ids, first })
}

/// For each row whether a cell of the columns is missing.
pub(super) fn any_missing(columns: &[&Series]) -> Result<Vec<bool>, DataError> {
    let mut missing = vec![false; columns.first().map_or(0, |series| series.len())];
    for series in columns {
        if series.dtype().is_float() {
            for (missing, value) in missing.iter_mut().zip(numbers(series)?) {
                *missing |= value.is_nan();
            }
        } else if series.null_count() > 0 {
            for (missing, null) in missing.iter_mut().zip(series.is_null().iter()) {
                *missing |= null == Some(true);
            }
        }
    }
    Ok(missing)
}

/// The type that holds the values of both: whole numbers and floats become floats, days and points in time points in
/// time; text where nothing else holds both.
pub(super) fn wider(a: &DataType, b: &DataType) -> DataType {
    use DataType::{Date, Datetime, Float64, Int64, Null, String};
    if a == b {
        return a.clone();
    }
    if let DataType::Decimal(_, first) = a
        && let DataType::Decimal(_, second) = b
    {
        return DataType::Decimal(38, *first.max(second));
    }
    match (a, b) {
        (Null, other) | (other, Null) => other.clone(),
        (a, b) if a.is_integer() && b.is_integer() => Int64,
        (a, b) if a.is_primitive_numeric() && b.is_primitive_numeric() => Float64,
        (a, b) if (a.is_decimal() || b.is_decimal()) && a.is_numeric() && b.is_numeric() => match (a, b) {
            (DataType::Decimal(_, scale), other) | (other, DataType::Decimal(_, scale)) if other.is_integer() => {
                DataType::Decimal(38, *scale)
            }
            _ => Float64,
        },
        (Date, Datetime(..)) | (Datetime(..), Date) => Datetime(TimeUnit::Microseconds, None),
        (Datetime(_, one), Datetime(_, two)) if one == two => Datetime(TimeUnit::Microseconds, one.clone()),
        (DataType::Duration(_), DataType::Duration(_)) => DataType::Duration(TimeUnit::Microseconds),
        _ => String,
    }
}

/// Casts to the wider type of two; a value that it cannot hold is an error.
pub(super) fn cast_to(series: &Series, dtype: &DataType) -> Result<Series, DataError> {
    if series.dtype() == dtype {
        return Ok(series.clone());
    }
    if dtype == &DataType::String {
        return Ok(texts(series)?.into_series());
    }
    series.strict_cast(dtype).map_err(DataError::table(format!("giving {} a wider type", series.name())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_stand_in_the_order_of_their_first_row() {
        let x = Series::new("x".into(), [2.0, f64::NAN, 1.0, 2.0, -0.0, 0.0]);
        let y = Series::new("y".into(), [Some("a"), None, Some("a"), Some("a"), None, None]);
        let z = Series::new("x".into(), [Some(2.0), None, Some(1.0), Some(3.0), None, Some(f64::NAN)]);
        let check = |columns: &[&Series], ids: &[u32], first: &[IdxSize]| {
            let groups = group_rows(columns, 6).unwrap();
            assert_eq!((groups.ids.as_slice(), groups.first.as_slice()), (ids, first));
        };
        check(&[&x], &[0, 1, 2, 0, 3, 3], &[0, 1, 2, 4]);
        check(&[&y], &[0, 1, 0, 0, 1, 1], &[0, 1]);
        check(&[&x, &y], &[0, 1, 2, 0, 3, 3], &[0, 1, 2, 4]);
        check(&[&z], &[0, 1, 2, 3, 1, 1], &[0, 1, 2, 3]);
        check(&[], &[0; 6], &[0]);
        let decimal = z.cast(&DataType::Decimal(10, 1)).unwrap_or_else(|_| z.clone());
        check(&[&decimal], &[0, 1, 2, 3, 1, 1], &[0, 1, 2, 3]);
        let large = Series::new("u".into(), [u64::MAX, 0, u64::MAX, 1, u64::MAX - 1, 0]);
        check(&[&large], &[0, 1, 0, 2, 3, 1], &[0, 1, 3, 4]);
        let list = Series::new("l".into(), [0i64, 1, 0, 2, 1, 1])
            .reshape_list(&[ReshapeDimension::new_dimension(6), ReshapeDimension::new_dimension(1)]);
        check(&[&list.unwrap()], &[0, 1, 0, 2, 1, 1], &[0, 1, 3]);
        let buckets = Buckets::new(&[1, 0, NO_GROUP, 1], 3);
        assert_eq!((buckets.of(0), buckets.of(1), buckets.of(2)), (&[1][..], &[0, 3][..], &[][..]));
        assert!(buckets.of(NO_GROUP as usize).is_empty());
    }
}
