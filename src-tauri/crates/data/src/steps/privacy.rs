//! Personal data: finding it ([`personal_data`]), and making it anonymous ([`Anonymise`]).
//!
//! A hash is BLAKE3 with a key that is derived from the project's salt, cut to 16 hex digits (64 bits: among a million
//! values two meet with a chance of 3 in 100 million). Equal values have equal hashes in all tables of a project, so
//! joins keep working; without the salt nobody can try names until one fits. A number hashes as it is written.

use std::sync::LazyLock;

use cairn_protocol::{
    steps::{Anonymise, AnonymiseMethod},
    table::ColumnType,
};
use polars::prelude::*;
use rayon::prelude::*;
use regex::Regex;

use super::{
    columns::{column, numbers, texts},
    dates::{DAY, civil_of, moments},
    fitted::Learned,
    operation::{Change, Operation, Stage},
    text::each_column,
    text_cells::{Made, blocks, map_cells},
};
use crate::{error::DataError, frame_types::column_type, import::values};

/// What the key of hashes is derived for; changing it changes every hash.
const CONTEXT: &str = "Cairn 2026-11 anonymise values";

/// A new salt for a project: 32 bytes of the system's randomness, as hex digits.
#[must_use]
pub fn new_salt() -> String {
    blake3::Hash::from_bytes(rand::random()).to_hex().to_string()
}

impl Operation for Anonymise {
    /// Missing values stay missing. A mask shows how long a value is.
    fn transform(&self, frame: &DataFrame, _: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        let key = blake3::derive_key(CONTEXT, stage.around.salt.as_bytes());
        if self.method == AnonymiseMethod::Hash && stage.around.salt.is_empty() {
            let what = "values can only be hashed with a project's salt";
            return Err(DataError::refused(what, None, "Open a project, and run the step there"));
        }
        if self.method == AnonymiseMethod::Range && !(self.width.is_finite() && self.width > 0.0) {
            let what = format!("a range cannot be {} wide", self.width);
            return Err(DataError::refused(what, None, "Give a width above 0, such as 10"));
        }
        each_column(&self.columns, |name| {
            let series = column(frame, name)?;
            let there = (series.len() - series.null_count()) as u64;
            let plain = |made: Series| (vec![made.with_name(name.into()).into_column()], there, Vec::new());
            match self.method {
                AnonymiseMethod::Drop => Ok((Vec::new(), 0, Vec::new())),
                AnonymiseMethod::Hash => {
                    let (made, _) = map_cells(&texts(series)?, |text, out| {
                        out.push_str(&blake3::keyed_hash(&key, text.as_bytes()).to_hex()[..16]);
                        Made::Scratch
                    })?;
                    Ok(plain(made.into_series()))
                }
                AnonymiseMethod::Mask => {
                    let (made, _) = map_cells(&texts(series)?, |text, out| {
                        mask(text, self.show as usize, out);
                        Made::Scratch
                    })?;
                    Ok(plain(made.into_series()))
                }
                AnonymiseMethod::Year => {
                    let (times, kind) = moments(series, false)?;
                    if kind == ColumnType::Time {
                        let what = format!("{name} holds times of day, which have no year");
                        return Err(DataError::refused(what, Some(name), "Choose a column of dates"));
                    }
                    let years = times.into_iter().map(|time| time.map(|time| civil_of(time.div_euclid(DAY)).0 as i32));
                    Ok(plain(Int32Chunked::from_iter_options(name.into(), years).into_series()))
                }
                AnonymiseMethod::Range => {
                    if !column_type(series.dtype()).is_numeric() {
                        let kind = column_type(series.dtype());
                        let what = format!("{name} holds {}s, which lie in no range", kind.as_str());
                        return Err(DataError::refused(what, Some(name), "Choose a column of numbers"));
                    }
                    Ok(plain(ranges(&numbers(series)?, self.width)))
                }
            }
        })
    }
}

/// All but the last characters replaced.
fn mask(text: &str, show: usize, out: &mut String) {
    let hidden = text.chars().count().saturating_sub(show);
    out.extend(text.chars().enumerate().map(|(at, one)| if at < hidden { '•' } else { one }));
}

/// The range `[k · width, (k + 1) · width)` of each number, as text; infinite numbers are in none.
fn ranges(values: &[f64], width: f64) -> Series {
    use std::fmt::Write;
    // 0.1 · 3 is 0.30000000000000004; twelve digits are what a person means.
    let end = |at: f64| format!("{:.11e}", at * width).parse::<f64>().unwrap_or(at * width) + 0.0;
    let mut builder = StringChunkedBuilder::new("ranges".into(), values.len());
    let (mut at_last, mut label) = (f64::NAN, String::new());
    for value in values {
        let at = (value / width).floor();
        if !at.is_finite() {
            builder.append_null();
            continue;
        }
        if at != at_last {
            label.clear();
            at_last = at;
            if write!(label, "{} to {}", end(at), end(at + 1.0)).is_err() {
                label.clear();
            }
        }
        builder.append_value(&label);
    }
    builder.finish().into_series()
}

/// A kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PersonalKind {
    /// An e-mail address.
    Email,
    /// A phone number.
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
            Self::Phone => "phone numbers",
            Self::Card => "card numbers",
            Self::Iban => "bank accounts (IBAN)",
            Self::Identity => "identity numbers",
            Self::IpAddress => "IP addresses",
            Self::Name => "names of persons",
            Self::BirthDate => "dates of birth",
            Self::Address => "postal addresses",
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
    /// Share of the values that are there and look like it, 0 to 1.
    pub share: f64,
    /// The first of them, masked but for the last two characters.
    pub example_masked: String,
}

/// Columns that likely hold personal data, in the table's order; each with the kind that fits most of its values.
///
/// All rows are looked at. Figures that prove themselves (check digits of cards and accounts, the shape of e-mail and
/// IP addresses) count from 1 in 20 values; shapes that others share (phone and identity numbers, names, addresses)
/// need a heading that says so and half of the values, or, for phone numbers with `+` and addresses, half alone.
///
/// # Errors
/// A column that cannot be read as text.
pub fn personal_data(frame: &DataFrame) -> Result<Vec<PersonalData>, DataError> {
    let found: Vec<Result<Option<PersonalData>, DataError>> =
        frame.columns().par_iter().map(|column| look(column.as_materialized_series())).collect();
    let found: Vec<Option<PersonalData>> = found.into_iter().collect::<Result<_, _>>()?;
    Ok(found.into_iter().flatten().collect())
}

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

/// Words of a heading.
fn heading(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for one in name.chars() {
        let breaks = !one.is_alphanumeric() || (one.is_uppercase() && before.is_lowercase());
        if breaks && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (one.is_alphanumeric(), words.last_mut()) {
            word.extend(one.to_lowercase());
        }
        before = one;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a heading speaks of a kind.
fn says(words: &[String], kind: PersonalKind) -> bool {
    let any = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    let together = words.concat();
    match kind {
        PersonalKind::Phone => any(&["phone", "tel", "telephone", "telefon", "mobile", "cell", "fax", "handy"]),
        PersonalKind::Identity => {
            any(&["ssn", "passport", "nin", "nhs", "sin", "cpf", "dni", "nie", "aadhaar", "pesel", "svnr", "nino"])
                || ["socialsecurity", "nationalid", "identitynumber", "personalid", "taxid", "insurancenumber"]
                    .iter()
                    .any(|known| together.contains(known))
        }
        PersonalKind::Name => {
            any(&["firstname", "lastname", "surname", "forename", "fullname", "vorname", "nachname", "familyname"])
                || ["firstname", "lastname", "fullname", "givenname", "familyname", "middlename", "maidenname"]
                    .iter()
                    .any(|known| together.contains(known))
                || (any(&["name", "names"])
                    && (words.len() == 1
                        || any(&[
                            "patient", "customer", "client", "employee", "person", "user", "contact", "student",
                            "author",
                        ])))
        }
        PersonalKind::BirthDate => {
            any(&["dob", "birth", "birthday", "birthdate", "born", "geburtsdatum"]) || together.contains("dateofbirth")
        }
        PersonalKind::Address => {
            any(&["address", "street", "addr", "adresse", "strasse", "postcode", "zip", "zipcode", "plz", "postal"])
                && !any(&["ip", "mac", "email", "mail", "web", "url"])
        }
        PersonalKind::Email | PersonalKind::Card | PersonalKind::Iban | PersonalKind::IpAddress => false,
    }
}

fn look(series: &Series) -> Result<Option<PersonalData>, DataError> {
    let kind = column_type(series.dtype());
    let words = heading(series.name());
    let is_date = matches!(kind, ColumnType::Date | ColumnType::Datetime);
    if !matches!(kind, ColumnType::Text | ColumnType::Category | ColumnType::Int) && !is_date {
        return Ok(None);
    }
    if is_date && !says(&words, PersonalKind::BirthDate) {
        return Ok(None);
    }
    let cells = texts(series)?;
    let said: Vec<bool> = KINDS.iter().map(|kind| says(&words, *kind)).collect();
    type Tally = ([u64; KINDS.len()], [Option<usize>; KINDS.len()], u64);
    let tallies: Vec<Tally> = blocks(cells.len())
        .into_par_iter()
        .map(|(start, length)| {
            let (mut counts, mut firsts, mut there) = ([0; KINDS.len()], [None; KINDS.len()], 0);
            for (row, text) in cells.slice(start as i64, length).iter().enumerate() {
                let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { continue };
                there += 1;
                for (at, one) in KINDS.iter().enumerate() {
                    if is_like(text, *one, said[at], kind) {
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
            let least = match KINDS[*at] {
                PersonalKind::Email | PersonalKind::Iban | PersonalKind::IpAddress => 0.05,
                // One number in ten passes Luhn's check by chance.
                PersonalKind::Card if kind != ColumnType::Int => 0.2,
                _ => 0.5,
            };
            *many > 0 && *many as f64 >= least * there as f64
        })
        .max_by_key(|(many, at)| (*many, std::cmp::Reverse(*at)));
    let Some((many, at)) = found else { return Ok(None) };
    let first = tallies.iter().find_map(|tally| tally.1[at]).and_then(|row| cells.get(row)).unwrap_or_default();
    let mut example_masked = String::new();
    mask(first.trim(), 2.min(first.trim().chars().count() / 2), &mut example_masked);
    let column = series.name().to_string();
    Ok(Some(PersonalData { column, kind: KINDS[at], share: many as f64 / there as f64, example_masked }))
}

static STREET: LazyLock<Regex> = LazyLock::new(|| {
    let words =
        "street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|ct|way|square|place|terrace|highway";
    let pattern = format!(
        r"(?i)^\d+[a-z]?,?\s+(?:[\p{{L}}.'’-]+\s+){{0,4}}(?:{words})\b\.?|^[\p{{L}}.'’ -]*(?:stra(?:ß|ss)e|str\.|gasse|allee|platz|weg)\s*\d+|^(?:rue|avenue|via|calle|plaza|piazza)\s.*\d"
    );
    Regex::new(&pattern).expect("an expression of ours")
});

static IDENTITY: LazyLock<Regex> = LazyLock::new(|| {
    // US SSN (with the areas that are never given left out), UK NINO, Spanish DNI and NIE, Brazilian CPF.
    let us = r"(?:00[1-9]|0[1-9]\d|[1-578]\d\d|6[0-57-9]\d|66[0-57-9])-(?:0[1-9]|[1-9]\d)-(?:\d{3}[1-9]|\d{2}[1-9]\d|\d[1-9]\d{2}|[1-9]\d{3})";
    let uk = r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D]";
    Regex::new(&format!(r"^(?:{us}|{uk}|\d{{3}}\.\d{{3}}\.\d{{3}}-\d{{2}})$")).expect("an expression of ours")
});

/// Whether a text looks like a kind; `said` is whether the heading speaks of it.
fn is_like(text: &str, kind: PersonalKind, said: bool, column: ColumnType) -> bool {
    let bytes = text.as_bytes();
    match kind {
        PersonalKind::Email => is_email(text),
        PersonalKind::Card => is_card(bytes),
        PersonalKind::Iban => is_iban(bytes),
        PersonalKind::IpAddress => {
            (bytes.iter().filter(|byte| **byte == b'.').count() == 3
                || bytes.iter().filter(|byte| **byte == b':').count() > 1)
                && text.parse::<std::net::IpAddr>().is_ok()
        }
        PersonalKind::Phone => {
            (said || bytes.starts_with(b"+") || bytes.starts_with(b"00"))
                && column != ColumnType::Int
                && is_phone(bytes)
                || said && is_phone(bytes)
        }
        PersonalKind::Identity => {
            let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
            if said {
                (6..=15).contains(&digits) && bytes.len() < 20
            } else {
                digits >= 6 && bytes.len() < 15 && IDENTITY.is_match(text)
            }
        }
        PersonalKind::BirthDate => {
            said && (column != ColumnType::Text && column != ColumnType::Category && column != ColumnType::Int
                || looks_dated(bytes))
        }
        PersonalKind::Address => {
            let has_digit = bytes.iter().any(u8::is_ascii_digit);
            has_digit
                && (said && bytes.len() > 3
                    || (bytes.len() < 200 && column != ColumnType::Int && STREET.is_match(text)))
        }
        PersonalKind::Name => said && column != ColumnType::Int && is_name(text),
    }
}

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

/// 13 to 19 digits, spaces or hyphens between groups, Luhn's check digit, and the first digit of a scheme.
fn is_card(bytes: &[u8]) -> bool {
    if !matches!(bytes.first(), Some(b'2'..=b'6')) || !(13..=23).contains(&bytes.len()) {
        return false;
    }
    let (mut digits, mut sum) = (0, 0u32);
    for byte in bytes.iter().rev() {
        match byte {
            b'0'..=b'9' => {
                let digit = u32::from(byte - b'0');
                sum += if digits % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 };
                digits += 1;
            }
            b' ' | b'-' => {}
            _ => return false,
        }
    }
    (13..=19).contains(&digits) && sum % 10 == 0
}

/// ISO 13616: two letters, two check digits, up to 30 letters or digits; the whole is 1 modulo 97.
fn is_iban(bytes: &[u8]) -> bool {
    let [a, b, c, d, ..] = bytes else { return false };
    if !(a.is_ascii_uppercase() && b.is_ascii_uppercase() && c.is_ascii_digit() && d.is_ascii_digit())
        || bytes.len() > 42
    {
        return false;
    }
    let (mut rest, mut length) = (0u32, 0);
    for byte in bytes[4..].iter().chain(&bytes[..4]) {
        rest = match byte {
            b'0'..=b'9' => rest * 10 + u32::from(byte - b'0'),
            b'A'..=b'Z' => rest * 100 + u32::from(byte - b'A') + 10,
            b' ' => continue,
            _ => return false,
        } % 97;
        length += 1;
    }
    (15..=34).contains(&length) && rest == 1
}

/// 7 to 15 digits (E.164) with the signs that stand between them.
fn is_phone(bytes: &[u8]) -> bool {
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    (7..=15).contains(&digits)
        && bytes.len() <= 25
        && bytes.iter().enumerate().all(|(at, byte)| match byte {
            b'+' => at == 0 || (at == 1 && bytes[0] == b'('),
            byte => byte.is_ascii_digit() || matches!(byte, b' ' | b'-' | b'.' | b'(' | b')' | b'/'),
        })
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
