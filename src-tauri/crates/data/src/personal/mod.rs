//! Personal data: which columns likely hold it, told from the values and the name of the column.
//!
//! Values that prove themselves (check digits of cards, accounts and identity numbers, the shape of e-mail and IP
//! addresses) need no heading; shapes that others share (telephone numbers, names, addresses, dates of birth) need one
//! that speaks of them, or a stricter shape. It errs on the side of asking, since a person decides; but order numbers,
//! prices, dates and coordinates are none of it.

mod checks;
mod headings;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use cairn_protocol::table::ColumnType;
use polars::prelude::*;
use rayon::prelude::*;
use regex::Regex;

use self::headings::{Says, says};
use crate::{error::DataError, frame_types::column_type, import::values, steps::columns::texts};

/// What a finding means.
pub(crate) const DEFINITION: &str = "Values with check digits or a shape of their own (payment cards by Luhn's check, IBANs by ISO 13616, identity numbers \
     of some seventeen countries, e-mail and IP addresses, telephone numbers), or values that look like names of persons, \
     birth dates or addresses in a column that is named so; a column may also be named so plainly that its name is \
     enough. The quality report looks at up to 2,000 cells of each column, evenly taken.";

/// A kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PersonalKind {
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A payment card (Luhn's check digit).
    Card,
    /// A bank account (IBAN, check digits modulo 97).
    Iban,
    /// A social security or identity number.
    Identity,
    /// An IP address.
    IpAddress,
    /// A person's name.
    Name,
    /// A date of birth.
    BirthDate,
    /// A postal address.
    Address,
}

impl PersonalKind {
    /// As a person reads it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Email => "e-mail addresses",
            Self::Phone => "telephone numbers",
            Self::Card => "payment cards",
            Self::Iban => "bank accounts (IBAN)",
            Self::Identity => "identity numbers",
            Self::IpAddress => "network addresses",
            Self::Name => "names of persons",
            Self::BirthDate => "dates of birth",
            Self::Address => "addresses",
        }
    }
}

/// A column that likely holds personal data.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonalData {
    /// Name.
    pub column: String,
    /// What it holds.
    pub kind: PersonalKind,
    /// Share of the values that are there and look like it, 0 to 1; 0 where the name of the column alone tells.
    pub share: f64,
    /// The first of them, masked but for the last two characters; empty where the name alone tells.
    pub example_masked: String,
}

/// Columns that likely hold personal data, in the table's order, each with the kind that fits most of its values. All
/// rows are looked at.
///
/// # Errors
/// A column that cannot be read as text.
pub fn personal_data(frame: &DataFrame) -> Result<Vec<PersonalData>, DataError> {
    let found: Vec<Result<Option<PersonalData>, DataError>> =
        frame.columns().par_iter().map(|column| of_column(column.as_materialized_series())).collect();
    let found: Vec<Option<PersonalData>> = found.into_iter().collect::<Result<_, _>>()?;
    Ok(found.into_iter().flatten().collect())
}

/// In the order in which equally frequent kinds are preferred.
const KINDS: [PersonalKind; 9] = [
    PersonalKind::Iban,
    PersonalKind::Card,
    PersonalKind::Email,
    PersonalKind::IpAddress,
    PersonalKind::Identity,
    PersonalKind::Phone,
    PersonalKind::BirthDate,
    PersonalKind::Address,
    PersonalKind::Name,
];
/// Rows of a block that one thread goes through.
const BLOCK: usize = 1 << 15;

/// What a column likely holds.
///
/// # Errors
/// It cannot be read as text.
pub(crate) fn of_column(series: &Series) -> Result<Option<PersonalData>, DataError> {
    let column = column_type(series.dtype());
    let is_date = matches!(column, ColumnType::Date | ColumnType::Datetime);
    if !matches!(column, ColumnType::Text | ColumnType::Category | ColumnType::Int) && !is_date {
        return Ok(None);
    }
    let words = headings::words(series.name());
    let said = KINDS.map(|kind| says(&words, kind));
    if is_date && said[6] == Says::Nothing {
        return Ok(None);
    }
    let versions = words.iter().any(|word| matches!(word.as_str(), "version" | "release" | "oid" | "build"));
    let cells = texts(series)?;
    type Tally = ([u64; KINDS.len()], [Option<usize>; KINDS.len()], u64);
    let starts: Vec<usize> = (0..cells.len()).step_by(BLOCK).collect();
    let tallies: Vec<Tally> = starts
        .into_par_iter()
        .map(|start| {
            let (mut counts, mut firsts, mut there) = ([0; KINDS.len()], [None; KINDS.len()], 0);
            for (row, text) in cells.slice(start as i64, BLOCK).iter().enumerate() {
                let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { continue };
                there += 1;
                for (at, one) in KINDS.iter().enumerate() {
                    if is_like(text, *one, said[at], column) {
                        counts[at] += 1;
                        firsts[at].get_or_insert(start + row);
                    }
                }
            }
            (counts, firsts, there)
        })
        .collect();
    let there: u64 = tallies.iter().map(|tally| tally.2).sum();
    let found = (0..KINDS.len())
        .map(|at| (tallies.iter().map(|tally| tally.0[at]).sum::<u64>(), at))
        .filter(|(many, at)| {
            *many > 0
                && *many as f64 >= least(KINDS[*at], said[*at], column) * there as f64
                && !(versions && KINDS[*at] == PersonalKind::IpAddress)
        })
        .max_by_key(|(many, at)| (*many, std::cmp::Reverse(*at)));
    let named = |at: usize, share: f64, example_masked: String| PersonalData {
        column: series.name().to_string(),
        kind: KINDS[at],
        share,
        example_masked,
    };
    if let Some((many, at)) = found {
        let first = tallies.iter().find_map(|tally| tally.1[at]).and_then(|row| cells.get(row)).unwrap_or_default();
        let mut example = String::new();
        mask(first.trim(), 2.min(first.trim().chars().count() / 2), &mut example);
        return Ok(Some(named(at, many as f64 / there as f64, example)));
    }
    // Numbers are no names, mail or street; a column of phone or identity numbers may be one of numbers.
    let may = |at: &usize| match KINDS[*at] {
        PersonalKind::Phone | PersonalKind::Identity => true,
        _ => column != ColumnType::Int,
    };
    let by_name = (0..KINDS.len()).filter(may).find(|at| said[*at] == Says::Plainly && there > 0);
    Ok(by_name.map(|at| named(at, 0.0, String::new())))
}

/// The share of the values that have to look like a kind.
fn least(kind: PersonalKind, said: Says, column: ColumnType) -> f64 {
    match kind {
        PersonalKind::Email | PersonalKind::Iban => 0.05,
        PersonalKind::IpAddress if column != ColumnType::Int => 0.05,
        // One number in ten passes Luhn's check by chance.
        PersonalKind::Card if column != ColumnType::Int => 0.3,
        PersonalKind::Phone if said < Says::Likely => 0.7,
        PersonalKind::Name if said < Says::Likely => 0.7,
        _ => 0.5,
    }
}

/// All but the last characters replaced.
pub(crate) fn mask(text: &str, show: usize, out: &mut String) {
    let hidden = text.chars().count().saturating_sub(show);
    out.extend(text.chars().enumerate().map(|(at, one)| if at < hidden { '•' } else { one }));
}

/// Whether a text looks like a kind.
fn is_like(text: &str, kind: PersonalKind, said: Says, column: ColumnType) -> bool {
    let bytes = text.as_bytes();
    let said_so = said >= Says::Likely;
    match kind {
        PersonalKind::Email => column != ColumnType::Int && is_email(text),
        PersonalKind::Card => checks::is_card(text),
        PersonalKind::Iban => checks::is_iban(text),
        PersonalKind::IpAddress => {
            (bytes.iter().filter(|byte| **byte == b'.').count() == 3
                || bytes.iter().filter(|byte| **byte == b':').count() > 1)
                && text.parse::<std::net::IpAddr>().is_ok()
        }
        PersonalKind::Phone => {
            // A number of an order is filled with zeros, too, but in one piece.
            let abroad = bytes.starts_with(b"+")
                || (bytes.starts_with(b"00") && bytes.len() > 9 && !bytes.iter().all(u8::is_ascii_digit));
            if said_so || abroad {
                is_phone(bytes) && (said_so || column != ColumnType::Int)
            } else {
                column != ColumnType::Int && bytes.len() <= 25 && NATIONAL.is_match(text) && is_phone(bytes)
            }
        }
        PersonalKind::Identity if said_so => {
            let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
            (6..=18).contains(&digits) && bytes.len() < 22
        }
        PersonalKind::Identity => checks::is_identity(text),
        PersonalKind::BirthDate => {
            let is_text = matches!(column, ColumnType::Text | ColumnType::Category | ColumnType::Int);
            said_so && (!is_text || looks_dated(bytes))
        }
        PersonalKind::Address => {
            let has_digit = bytes.iter().any(u8::is_ascii_digit);
            has_digit
                && (said_so && bytes.len() > 3
                    || (bytes.len() < 200 && column != ColumnType::Int && STREET.is_match(text)))
        }
        PersonalKind::Name => {
            column != ColumnType::Int && (said_so && is_name(text) || said == Says::Perhaps && FULL_NAME.is_match(text))
        }
    }
}

static STREET: LazyLock<Regex> = LazyLock::new(|| {
    let words =
        "street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|ct|way|square|place|terrace|highway";
    let pattern = format!(
        r"(?i)^\d+[a-z]?,?\s+(?:[\p{{L}}.'’-]+\s+){{0,4}}(?:{words})\b\.?|^[\p{{L}}.'’ -]*(?:stra(?:ß|ss)e|str\.|gasse|allee|platz|weg)\s*\d+|^(?:rue|avenue|via|calle|plaza|piazza)\s.*\d"
    );
    Regex::new(&pattern).expect("an expression of ours")
});

/// Two to four capitalised words, with `, ` after the family name perhaps.
static FULL_NAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\p{Lu}[\p{L}'’-]*\.?(,? \p{L}[\p{L}'’-]*\.?){1,3}$").expect("an expression of ours")
});

/// Telephone numbers as they are written within a country: with the area in parentheses, with a leading 0 that two
/// groups follow at least, or in the three groups of North America. Numbers of an order, a price, a date or a place
/// are not so written.
static NATIONAL: LazyLock<Regex> = LazyLock::new(|| {
    let area = r"\(0?\d{1,5}\) ?\d{2,8}(?:[ ./-]?\d{2,8}){0,4}";
    let trunk = r"0[1-9]\d{0,4}(?:[ /-]\d{3,8}|(?:[ ./-]\d{2,4}){2,5})";
    let america = r"(?:1[ .-])?[2-9]\d{2}[ .-]\d{3}[ .-]\d{4}";
    Regex::new(&format!(r"^(?:{area}|{trunk}|{america})$")).expect("an expression of ours")
});

fn is_email(text: &str) -> bool {
    let Some((user, host)) = text.split_once('@') else { return false };
    let labels = host.split('.').count();
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|one| one.is_alphanumeric() || one == '-')
    };
    (1..=64).contains(&user.len())
        && !user.starts_with('.')
        && !user.ends_with('.')
        && user.chars().all(|one| one.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(one))
        && labels > 1
        && host.split('.').all(label)
        && host.rsplit('.').next().is_some_and(|last| last.len() > 1 && last.chars().all(char::is_alphabetic))
}

/// 7 to 15 digits (E.164) with the signs that stand between them, and no date.
fn is_phone(bytes: &[u8]) -> bool {
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let written = (7..=15).contains(&digits)
        && bytes.len() <= 25
        && bytes.iter().enumerate().all(|(at, byte)| match byte {
            b'+' => at == 0 || (at == 1 && bytes[0] == b'('),
            byte => byte.is_ascii_digit() || matches!(byte, b' ' | b'-' | b'.' | b'(' | b')' | b'/'),
        });
    written && !(bytes.len() == 10 && digits == 8 && looks_dated(bytes))
}

fn looks_dated(bytes: &[u8]) -> bool {
    use crate::import::kinds::DateOrder::{DayMonthYear, MonthDayYear, YearMonthDay};
    let head = bytes.get(..10).filter(|_| bytes.len() > 10).unwrap_or(bytes);
    [YearMonthDay, DayMonthYear, MonthDayYear].into_iter().any(|order| values::date(head, order).is_some())
        || (bytes.len() == 8 && bytes.iter().all(u8::is_ascii_digit))
}

/// One to five capitalised words without digits.
fn is_name(text: &str) -> bool {
    let mut words = 0;
    for word in text.split_whitespace() {
        words += 1;
        let particle =
            matches!(word, "de" | "van" | "von" | "der" | "den" | "la" | "le" | "da" | "di" | "bin" | "al" | "y");
        let capital =
            word.chars().next().is_some_and(|one| one.is_uppercase() || !one.is_lowercase() && one.is_alphabetic());
        let letters = word.chars().all(|one| one.is_alphabetic() || matches!(one, '\'' | '’' | '-' | '.' | ','));
        if words > 5 || !letters || !(capital || particle) {
            return false;
        }
    }
    words > 0
}
