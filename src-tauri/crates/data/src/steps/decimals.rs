//! Text and numbers as decimals: exact, 38 digits, with as many places as the rows of the fit have.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::{
    columns::{column, texts},
    fitted::Learned,
};
use crate::error::DataError;

/// Digits of a decimal.
const DIGITS: usize = 38;
/// Places at most; further digits make a value unfit.
const MOST_PLACES: usize = 18;

/// «2 places», as the fit keeps it.
fn places(scale: usize) -> String {
    format!("{scale} places")
}

/// The places of [`places`].
pub(super) fn scale_of(format: &str) -> Option<usize> {
    format.strip_suffix(" places")?.parse().ok().filter(|scale| *scale <= MOST_PLACES)
}

/// How many places the values of each column have at most.
pub(super) fn fit(frame: &DataFrame, names: &[String]) -> Result<Learned, DataError> {
    let mut formats = BTreeMap::new();
    for name in names {
        let cells = texts(column(frame, name)?)?;
        let most = cells.iter().flatten().filter_map(|text| parts(text.trim())).map(|(_, places)| places).max();
        formats.insert(name.clone(), places(most.unwrap_or(0).clamp(0, MOST_PLACES as i32) as usize));
    }
    Ok(Learned::Formats { formats })
}

/// The digits of a number as a whole number, and how many of them are places; zeros at the end do not count. Reads
/// `12.50`, `-3`, `1e-3`.
fn parts(text: &str) -> Option<(i128, i32)> {
    let (plain, exponent) = match text.split_once(['e', 'E']) {
        Some((plain, exponent)) => (plain, exponent.parse::<i32>().ok().filter(|exponent| exponent.abs() < 100)?),
        None => (text, 0),
    };
    let (sign, digits) = match plain.as_bytes().first()? {
        b'-' => (-1, &plain[1..]),
        b'+' => (1, &plain[1..]),
        _ => (1, plain),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    if (whole.is_empty() && !digits.contains('.'))
        || digits == "."
        || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let mut value: i128 = 0;
    for byte in whole.bytes().chain(fraction.bytes()) {
        value = value.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
    }
    let mut places = fraction.len() as i32 - exponent;
    while places > 0 && value % 10 == 0 && value != 0 {
        value /= 10;
        places -= 1;
    }
    if value == 0 {
        places = 0;
    }
    Some((sign * value, places))
}

/// The number with so many places; none where it has more, or more digits than there is room for.
fn scaled(text: &str, scale: usize) -> Option<i128> {
    let (value, places) = parts(text)?;
    let more = scale as i32 - places;
    let value = value.checked_mul(10i128.checked_pow(u32::try_from(more).ok()?)?)?;
    (value.unsigned_abs() < 10u128.pow(DIGITS as u32)).then_some(value)
}

/// Whether two spellings are of one number.
pub(super) fn same(a: &str, b: &str) -> bool {
    parts(a.trim()).is_some_and(|one| parts(b.trim()) == Some(one))
}

/// Texts as decimals; null where they are none.
pub(super) fn read(cells: &StringChunked, scale: usize, name: &str) -> Result<Series, DataError> {
    let values: Int128Chunked = cells.iter().map(|text| text.and_then(|text| scaled(text, scale))).collect();
    let made = values.into_decimal(DIGITS, scale).map_err(DataError::table(format!("reading {name} as decimals")))?;
    Ok(made.into_series().with_name(name.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        let check = |text: &str, scale, expected: Option<i128>| assert_eq!(scaled(text, scale), expected, "{text}");
        check("12.50", 2, Some(1250));
        check("-0.1", 2, Some(-10));
        check("1e-2", 2, Some(1));
        check("1.5e3", 0, Some(1500));
        check("0.001", 2, None);
        check("99999999999999999999.99", 2, Some(9_999_999_999_999_999_999_999));
        check(".5", 1, Some(5));
        check("5.", 1, Some(50));
        for bad in ["", "-", ".", "1,5", "abc", "1e999", "NaN", "--1", &"9".repeat(60)] {
            check(bad, 2, None);
        }
        assert!(same("12.5", "12.50") && !same("12.5", "12.51"));
    }
}
