//! Levels hashed into a fixed number of columns: no list of levels is learned, new levels need no care.
//!
//! The hash is MurmurHash3 (x86, 32 bits, seed 0) of the level's text in UTF-8, as in scikit-learn's
//! `FeatureHasher(input_type="string")`: the column is |hash| modulo the number of columns, and with signs the value is
//! −1 where the hash is negative. The text of a level is that of the grid: `7`, `true`, `2024-01-31`. A missing value
//! is 0 in every column. Columns are `NAME_hash_0`, `NAME_hash_1`, ….

use cairn_protocol::steps::HashEncode;
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::{codes, column},
    fitted::Learned,
    names::Names,
    one_hot::check_width,
    operation::{Change, Operation, Stage},
};
use crate::error::DataError;

impl Operation for HashEncode {
    fn transform(&self, frame: &DataFrame, _: &Learned, _: &Stage<'_>) -> Result<Change, DataError> {
        if self.buckets == 0 {
            return Err(DataError::refused("0 columns hold nothing", None, "Give 1 column at least"));
        }
        let buckets = self.buckets as usize;
        check_width(buckets.saturating_mul(self.columns.len()), frame.height(), &self.columns.join(", "))?;
        let stays = |name: &&str| !self.columns.iter().any(|source| source == name);
        let mut names = Names::new(frame.get_column_names().into_iter().map(PlSmallStr::as_str).filter(stays));
        let mut change = Change::default();
        for name in &self.columns {
            let codes = codes(column(frame, name)?)?;
            let places: Vec<(u32, i8)> =
                codes.levels.iter().map(|level| place(&level.label, self.buckets, self.signed)).collect();
            let columns: Vec<String> = (0..buckets).map(|at| names.take(&format!("{name}_hash_{at}"))).collect();
            let made: Vec<Column> = columns
                .par_iter()
                .enumerate()
                .map(|(at, column)| {
                    let of_level: Vec<i8> =
                        places.iter().map(|&(place, sign)| if place as usize == at { sign } else { 0 }).collect();
                    let cell = |code: &u32| of_level.get(*code as usize).copied().unwrap_or(0);
                    if self.signed {
                        let cells: Vec<i8> = codes.rows.iter().map(cell).collect();
                        Int8Chunked::from_vec(column.as_str().into(), cells).into_series().into_column()
                    } else {
                        super::columns::flags(column, codes.rows.iter().map(|code| cell(code) as u8).collect(), None)
                    }
                })
                .collect();
            change.replaced.push((name.clone(), made));
        }
        change.warnings = names.warnings;
        Ok(change)
    }
}

/// The column of a level and its sign.
fn place(level: &str, buckets: u32, signed: bool) -> (u32, i8) {
    let hash = murmur3(level.as_bytes()) as i32;
    (hash.unsigned_abs() % buckets, if signed && hash < 0 { -1 } else { 1 })
}

/// MurmurHash3_x86_32 with seed 0 (Appleby 2011, public domain).
fn murmur3(bytes: &[u8]) -> u32 {
    let mix = |k: u32| k.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
    let (blocks, tail) = bytes.as_chunks::<4>();
    let mut hash = 0u32;
    for block in blocks {
        hash = (hash ^ mix(u32::from_le_bytes(*block))).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    if !tail.is_empty() {
        let last = tail.iter().rev().fold(0u32, |k, byte| (k << 8) | u32::from(*byte));
        hash ^= mix(last);
    }
    hash ^= bytes.len() as u32;
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The verification values of the reference implementation (smhasher) and of scikit-learn's `murmurhash3_32`.
    #[test]
    fn the_hash_is_murmur3() {
        assert_eq!(murmur3(b""), 0);
        assert_eq!(murmur3(b"foo") as i32, -156_908_512);
        assert_eq!(murmur3(b"hello"), 0x248b_fa47);
        assert_eq!(murmur3(b"The quick brown fox jumps over the lazy dog"), 0x2e4f_f723);
    }
}
