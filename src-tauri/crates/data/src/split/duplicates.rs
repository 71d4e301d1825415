//! Rows of one part that stand in an earlier part too: as they are, nearly, or but for one column.
//!
//! **Exact**: equal in every column. **Near**: equal in every column but the target, when numbers with decimals are
//! rounded to three significant digits, whole numbers from 10,000 on too, and texts are compared without outer spaces and
//! in lower case. **But for one**: near, when any one column is left away; asked from four columns on, since rows of few
//! columns agree by chance. Identifiers (whole numbers or texts that are different in every row) never count.
//!
//! Every cell becomes a 64-bit hash and every row the sum of those of its cells, so that leaving a column away is one
//! subtraction. A bit field of the hashes of earlier parts sorts out rows that no other equals; what it lets pass is
//! looked up in a table. Time is linear in the cells; two rows in 2⁶⁴ are taken for equal by mistake.

use std::sync::LazyLock;

use cairn_protocol::table::ColumnType;
use polars::prelude::*;
use rayon::prelude::*;

use crate::{
    error::DataError,
    frame_types::column_type,
    steps::columns::{numbers, texts, wholes},
};

/// Cells beyond which rows are not compared but for one column.
const MOST_CELLS: usize = 500_000_000;
/// Columns from which rows are compared but for one.
const FEWEST_COLUMNS: usize = 4;

/// Rows of later parts that stand in an earlier one too.
pub(super) struct Shared {
    /// Columns compared.
    pub columns: usize,
    pub exact: u64,
    pub near: u64,
    /// Rows that are near but for one column, and the column that most of them differ in; none where it is not asked.
    pub but_one: Option<(u64, String)>,
}

/// Counts them.
pub(super) fn shared(frame: &DataFrame, target: Option<&str>, drawn: &[Vec<u32>]) -> Result<Shared, DataError> {
    let rows = frame.height();
    let columns: Vec<&Column> = frame.columns().iter().collect();
    let (mut exact, mut near) = (vec![0u64; rows], vec![0u64; rows]);
    let mut compared: Vec<(usize, &Column)> = Vec::new();
    let mut any = 0;
    // A few columns at a time, so that memory stays bounded however wide the table is.
    for chunk in columns.chunks(rayon::current_num_threads().max(1)) {
        let hashed: Vec<Result<Option<(Vec<u64>, Vec<u64>)>, DataError>> = chunk
            .par_iter()
            .map(|column| {
                let series = column.as_materialized_series();
                let Some(as_is) = hashes(series, false)? else { return Ok(None) };
                let rounded = hashes(series, true)?.unwrap_or_default();
                Ok(Some((as_is, rounded)))
            })
            .collect();
        for (column, hashed) in chunk.iter().zip(hashed) {
            let Some((as_is, rounded)) = hashed? else { continue };
            let salt = salt(any);
            add(&mut exact, &as_is, salt);
            if Some(column.name().as_str()) != target {
                add(&mut near, &rounded, salt);
                compared.push((any, column));
            }
            any += 1;
        }
    }
    if any == 0 {
        return Ok(Shared { columns: 0, exact: 0, near: 0, but_one: None });
    }
    let (exact_rows, near_rows) =
        rayon::join(|| again(drawn, rows, |row| exact[row]), || again(drawn, rows, |row| near[row]));
    drop(exact);
    let near_count = if compared.is_empty() { 0 } else { near_rows.len() as u64 };
    let but_one = (compared.len() >= FEWEST_COLUMNS && rows.saturating_mul(compared.len()) <= MOST_CELLS)
        .then(|| but_one(&near, &compared, drawn))
        .transpose()?;
    Ok(Shared { columns: any, exact: exact_rows.len() as u64, near: near_count, but_one })
}

fn but_one(near: &[u64], compared: &[(usize, &Column)], drawn: &[Vec<u32>]) -> Result<(u64, String), DataError> {
    let found: Vec<Result<Vec<u32>, DataError>> = compared
        .par_iter()
        .map(|(number, column)| {
            let hashes = hashes(column.as_materialized_series(), true)?.unwrap_or_default();
            let salt = salt(*number);
            Ok(again(drawn, near.len(), |row| near[row].wrapping_sub(mix(hashes[row] ^ salt))))
        })
        .collect();
    let mut hit = vec![false; near.len()];
    let (mut most, mut name) = (0, String::new());
    for ((_, column), found) in compared.iter().zip(found) {
        let found = found?;
        if found.len() > most {
            (most, name) = (found.len(), column.name().to_string());
        }
        for row in found {
            hit[row as usize] = true;
        }
    }
    Ok((hit.into_iter().filter(|hit| *hit).count() as u64, name))
}

/// Rows of later parts whose hash an earlier part has.
fn again(drawn: &[Vec<u32>], rows: usize, hash: impl Fn(usize) -> u64) -> Vec<u32> {
    let mut seen = Bits::new(rows);
    let mut candidates = Vec::new();
    for (part, members) in drawn.iter().enumerate() {
        if part > 0 {
            candidates.extend(members.iter().map(|row| hash(*row as usize)).filter(|hash| seen.has(*hash)));
        }
        if part + 1 < drawn.len() {
            for &row in members {
                seen.put(hash(row as usize));
            }
        }
    }
    if candidates.is_empty() {
        return Vec::new();
    }
    seen.clear();
    for hash in candidates {
        seen.put(hash);
    }
    let mut first: PlHashMap<u64, usize> = PlHashMap::default();
    let mut found = Vec::new();
    for (part, members) in drawn.iter().enumerate() {
        for &row in members {
            let hash = hash(row as usize);
            if seen.has(hash) && *first.entry(hash).or_insert(part) < part {
                found.push(row);
            }
        }
    }
    found
}

fn salt(column: usize) -> u64 {
    mix(column as u64 + 1)
}

fn add(sums: &mut [u64], hashes: &[u64], salt: u64) {
    for (sum, hash) in sums.iter_mut().zip(hashes) {
        *sum = sum.wrapping_add(mix(hash ^ salt));
    }
}

/// A number for each cell that equal cells share; none for an identifier or a column of lists. With `near`, one that near
/// cells share, of any column that is neither.
fn hashes(series: &Series, near: bool) -> Result<Option<Vec<u64>>, DataError> {
    const MISSING: u64 = 0x6d69_7373;
    let hashes: Vec<u64> = match column_type(series.dtype()) {
        ColumnType::Float | ColumnType::Decimal => {
            let bits = |value: f64| if value.is_nan() { MISSING } else { mix((value + 0.0).to_bits()) };
            let of = |value: f64| if near && !value.is_nan() { mix(three_digits(value)) } else { bits(value) };
            return Ok(Some(numbers(series)?.into_iter().map(of).collect()));
        }
        ColumnType::Text | ColumnType::Category => {
            texts(series)?.iter().map(|text| text.map_or(MISSING, |text| text_hash(text, near))).collect()
        }
        ColumnType::List | ColumnType::Struct => return Ok(None),
        ColumnType::Bool => {
            let cells = series.bool().map_err(DataError::table("reading truth values"))?;
            return Ok(Some(cells.iter().map(|cell| mix(cell.map_or(2, u64::from))).collect()));
        }
        kind => {
            // Only equality counts here, which the bits keep.
            let cells = match series.u64() {
                Ok(wide) => wide.iter().map(|cell| cell.map(u64::cast_signed)).collect(),
                Err(_) => wholes(series)?,
            };
            let plain = |cell: Option<i64>| cell.map_or(MISSING, |cell| mix(cell as u64 ^ 0x5bd1_e995));
            let rounded = |cell: Option<i64>| match cell {
                Some(value) if value.unsigned_abs() >= 10_000 => mix(three_digits(value as f64)),
                other => plain(other),
            };
            if near && kind == ColumnType::Int {
                return Ok(Some(cells.into_iter().map(rounded).collect()));
            }
            cells.into_iter().map(plain).collect()
        }
    };
    Ok((near || !all_differ(&hashes)).then_some(hashes))
}

/// Whether more than twenty cells are all different. Few distinct values show early; of the rest a bit field sorts out
/// those that no other equals.
fn all_differ(hashes: &[u64]) -> bool {
    if hashes.len() <= 20 || !differ(hashes.iter().take(1_000)) {
        return false;
    }
    let mut seen = Bits::new(hashes.len());
    let twice: Vec<u64> = hashes.iter().copied().filter(|hash| seen.put(*hash)).collect();
    seen.clear();
    for hash in twice {
        seen.put(hash);
    }
    differ(hashes.iter().filter(|hash| seen.has(**hash)))
}

fn differ<'a>(mut hashes: impl Iterator<Item = &'a u64>) -> bool {
    let mut seen: PlHashSet<u64> = PlHashSet::default();
    hashes.all(|hash| seen.insert(*hash))
}

/// A bit for each of many ranges of hashes, sixteen a row.
struct Bits {
    words: Vec<u64>,
    shift: u32,
}

impl Bits {
    fn new(rows: usize) -> Self {
        let bits = rows.saturating_mul(16).next_power_of_two().clamp(1 << 12, 1 << 28);
        Self { words: vec![0; bits / 64], shift: 64 - bits.trailing_zeros() }
    }

    fn place(&self, hash: u64) -> (usize, u64) {
        ((hash >> self.shift) as usize / 64, 1 << ((hash >> self.shift) % 64))
    }

    fn has(&self, hash: u64) -> bool {
        let (word, bit) = self.place(hash);
        self.words[word] & bit != 0
    }

    /// Sets the bit and says whether it was set.
    fn put(&mut self, hash: u64) -> bool {
        let (word, bit) = self.place(hash);
        let before = self.words[word] & bit != 0;
        self.words[word] |= bit;
        before
    }

    fn clear(&mut self) {
        self.words.fill(0);
    }
}

fn text_hash(text: &str, near: bool) -> u64 {
    if !near {
        return bytes_hash(text.as_bytes(), false);
    }
    let text = text.trim();
    if text.is_ascii() { bytes_hash(text.as_bytes(), true) } else { bytes_hash(text.to_lowercase().as_bytes(), true) }
}

fn bytes_hash(bytes: &[u8], lower: bool) -> u64 {
    let mut state = bytes.len() as u64 ^ 0x9e37_79b9_7f4a_7c15;
    for chunk in bytes.chunks(8) {
        let mut word = [0u8; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        if lower {
            word = word.map(|byte| byte.to_ascii_lowercase());
        }
        state = mix(state ^ u64::from_le_bytes(word));
    }
    state
}

/// Powers of ten from 10⁻³²³, each the nearest number to it.
static POWERS: LazyLock<Vec<f64>> =
    LazyLock::new(|| (-323..=308).map(|power| format!("1e{power}").parse().unwrap_or(0.0)).collect());

/// The number rounded to three significant digits, as bits.
fn three_digits(value: f64) -> u64 {
    if value == 0.0 || value.is_infinite() {
        return (value + 0.0).to_bits();
    }
    let size = value.abs();
    let two = ((size.to_bits() >> 52) as i32 - 1023).max(-1074);
    // The power of ten below, or one less; the table decides.
    let mut ten = (f64::from(two) * std::f64::consts::LOG10_2).floor() as i32;
    while ten < 308 && POWERS[(ten + 1 + 323).max(0) as usize] <= size {
        ten += 1;
    }
    let digits = if (-300..=300).contains(&ten) {
        (size / POWERS[(ten + 323) as usize] * 100.0).round()
    } else {
        // At the ends of the range: exact comparison will do.
        return value.to_bits();
    };
    let (digits, ten) = if digits >= 1000.0 { (100, ten + 1) } else { (digits as u64, ten) };
    (digits | (((ten + 400) as u64) << 16) | (u64::from(value < 0.0) << 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The finaliser of SplitMix64.
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_near_when_three_digits_agree() {
        let near = |a: f64, b: f64| three_digits(a) == three_digits(b);
        assert!(near(28.101, 28.1) && near(-0.001_234_1, -0.001_23) && near(0.0, -0.0) && near(9.996, 10.0));
        assert!(near(0.1 + 0.2, 0.3) && near(1e-200, 1.001e-200) && near(123_456.0, 123_001.0));
        assert!(!near(28.16, 28.1) && !near(1.0, 10.0) && !near(-2.0, 2.0) && !near(9.99, 9.98));
    }

    #[test]
    fn each_kind_of_likeness_is_counted() {
        // Rows 0–3 train, 4–7 valid: 4 equals 0, 5 nearly equals 1, 6 is 2 but for one column, 7 is new.
        let frame = df!(
            "a" => ["x", "y", "z", "w", "x", " Y", "z", "q"],
            "b" => [1.0, 2.001, 3.0, 4.0, 1.0, 2.002, 3.0, 9.0],
            "c" => [1i64, 2, 3, 4, 1, 2, 3, 9],
            "d" => [true, true, false, false, true, true, true, true],
        )
        .unwrap();
        let found = shared(&frame, None, &[vec![0, 1, 2, 3], vec![4, 5, 6, 7]]).unwrap();
        assert_eq!((found.exact, found.near, found.columns), (1, 2, 4));
        assert_eq!(found.but_one, Some((3, "d".into())));
        let found = shared(&frame, Some("d"), &[vec![0, 1, 2, 3], vec![4, 5, 6, 7]]).unwrap();
        assert_eq!((found.exact, found.near), (1, 3), "a target that differs does not hide a twin");
    }
}
