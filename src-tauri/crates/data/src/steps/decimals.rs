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

/// A decimal as text without zeros at the end.
pub(super) fn shown(units: i128, scale: usize) -> String {
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let fraction = fraction.trim_end_matches('0');
    let sign = if units < 0 { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// A number as [`shown`] writes it; none where the text is no number with so few digits.
pub(super) fn plain(text: &str) -> Option<String> {
    let (value, places) = parts(text.trim())?;
    match usize::try_from(places) {
        Ok(places) => Some(shown(value, places)),
        Err(_) => Some(shown(value.checked_mul(10i128.checked_pow(places.unsigned_abs())?)?, 0)),
    }
}

/// Texts as decimals with as many places as the text with the most has; null where they are none.
pub(super) fn of_texts(texts: &StringChunked, name: &str) -> Result<Series, DataError> {
    let most = texts.iter().flatten().filter_map(|text| parts(text.trim())).map(|(_, places)| places).max();
    read(texts, most.unwrap_or(0).clamp(0, MOST_PLACES as i32) as usize, name)
}

/// A column of decimals whose missing cells hold what `fill` gives for them, with as many places as both need; none
/// where a value is no number or has no room.
pub(super) fn filled<'a>(series: &Series, fill: impl Fn(usize) -> Option<&'a str>) -> Option<Series> {
    let decimals = series.decimal().ok()?;
    let units: Vec<Option<i128>> = decimals.physical().iter().collect();
    let mut scale = decimals.scale();
    for (row, _) in units.iter().enumerate().filter(|(_, units)| units.is_none()) {
        if let Some(text) = fill(row) {
            scale = scale.max(usize::try_from(parts(text.trim())?.1).unwrap_or(0));
        }
    }
    let more = 10i128.checked_pow(u32::try_from(scale - decimals.scale()).ok()?)?;
    let mut cells = Vec::with_capacity(units.len());
    for (row, units) in units.into_iter().enumerate() {
        cells.push(match units {
            Some(units) => Some(units.checked_mul(more)?),
            None => match fill(row) {
                Some(text) => Some(scaled(text.trim(), scale)?),
                None => None,
            },
        });
    }
    let made: Int128Chunked = cells.into_iter().collect();
    Some(made.into_decimal(DIGITS, scale).ok()?.into_series().with_name(series.name().clone()))
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
        for (units, scale, text) in [(1250, 2, "12.5"), (-5, 3, "-0.005"), (0, 2, "0"), (700, 2, "7"), (12, 0, "12")] {
            assert_eq!(shown(units, scale), text);
            assert_eq!(plain(text).as_deref(), Some(text));
        }
        assert_eq!(plain("1.5e3").as_deref(), Some("1500"));
        assert_eq!(plain("02.50").as_deref(), Some("2.5"));
        assert_eq!(plain("abc"), None);
    }

    #[test]
    fn gaps_are_filled_exactly() {
        let units = Int128Chunked::new("d".into(), [Some(10i128.pow(36)), None, None]);
        let decimals = units.into_decimal(38, 1).unwrap().into_series();
        let made = filled(&decimals, |row| (row == 1).then_some("2.25")).unwrap();
        assert_eq!(made.decimal().unwrap().scale(), 2);
        assert_eq!(
            made.decimal().unwrap().physical().iter().collect::<Vec<_>>(),
            [Some(10i128.pow(37)), Some(225), None]
        );
        assert!(filled(&decimals, |_| Some("x")).is_none());
    }
}
