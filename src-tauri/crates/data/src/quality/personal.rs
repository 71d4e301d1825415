//! Columns that most likely hold personal data: told from the cells (patterns with their check digits), else from the
//! name of the column. It errs on the side of asking: a person decides.

use std::sync::LazyLock;

use cairn_protocol::table::ColumnType;
use polars::prelude::Column;
use regex::Regex;

use super::view::evenly;
use crate::format::text_of;

/// Cells looked at in each column, evenly taken.
const CELLS: usize = 2_000;
/// Share of the cells that have to match.
const SHARE: f64 = 0.5;

/// What the finding means.
pub(super) const DEFINITION: &str = "At least half of up to 2,000 cells, evenly taken, look like e-mail addresses, telephone numbers, payment cards (with \
     Luhn's check digit), IBANs (ISO 13616, remainder 1 of 97), identity numbers or network addresses; or the column is \
     named like names of persons, birth dates, addresses or numbers of documents.";

/// What kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Personal {
    /// As a person reads it: «e-mail addresses».
    pub what: &'static str,
    /// Share of the looked-at cells that match; 0 where the name alone tells.
    pub share: f64,
    /// How it is best hidden.
    pub hide: Hide,
}

/// How personal data are best hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hide {
    /// Replace each value by its hash: rows of one person still belong together.
    Hash,
    /// Keep the year alone.
    Year,
    /// Remove the column.
    Drop,
}

struct Pattern {
    what: &'static str,
    regex: Regex,
    holds: fn(&str) -> bool,
    /// Share that has to match; higher for patterns that chance meets.
    share: f64,
}

static PATTERNS: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    let all: [(&str, &str, fn(&str) -> bool, f64); 6] = [
        ("e-mail addresses", r"(?i)^[a-z0-9._%+'-]+@[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}$", |_| true, SHARE),
        ("IBANs", r"(?i)^[a-z]{2}\d{2}( ?[a-z0-9]){11,30}$", is_iban, SHARE),
        ("payment cards", r"^\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{1,7}$|^3\d{3}[ -]?\d{6}[ -]?\d{5}$", is_luhn, 0.9),
        ("identity numbers", r"^\d{3}-\d{2}-\d{4}$|^(?i)[a-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[a-d]$", |_| true, SHARE),
        ("network addresses", r"^[0-9a-fA-F:.]{3,45}$", |text| text.parse::<std::net::IpAddr>().is_ok(), SHARE),
        (
            "telephone numbers",
            r"^(\+\d{1,3}[ .-]?)?(\(\d{1,5}\)[ .-]?)?\d{2,5}([ ./-]\d{2,8}){1,5}$|^\+\d{8,15}$|^0\d{8,11}$",
            is_telephone,
            0.8,
        ),
    ];
    all.into_iter()
        .filter_map(|(what, regex, holds, share)| Some(Pattern { what, regex: Regex::new(regex).ok()?, holds, share }))
        .collect()
});

/// Names of columns, split into lower-case words.
const NAMED: [(&str, &[&str], Hide); 6] = [
    (
        "names of persons",
        &[
            "firstname",
            "lastname",
            "surname",
            "forename",
            "givenname",
            "familyname",
            "fullname",
            "maidenname",
            "nickname",
            "username",
            "middlename",
            "patientname",
            "customername",
            "employeename",
            "personname",
            "contactname",
        ],
        Hide::Hash,
    ),
    ("birth dates", &["birthdate", "birthday", "dateofbirth", "dob", "birth", "geburtsdatum", "born"], Hide::Year),
    ("e-mail addresses", &["email", "mail", "emailaddress"], Hide::Hash),
    ("telephone numbers", &["phone", "telephone", "mobile", "phonenumber", "cellphone", "fax", "tel"], Hide::Hash),
    ("addresses", &["address", "street", "homeaddress", "streetaddress", "addressline1", "addressline2"], Hide::Drop),
    (
        "identity numbers",
        &[
            "ssn",
            "passport",
            "passportnumber",
            "nationalid",
            "socialsecuritynumber",
            "taxid",
            "nhsnumber",
            "iban",
            "driverslicense",
        ],
        Hide::Hash,
    ),
];

/// What personal data the column most likely holds.
pub(super) fn personal(column: &Column, kind: ColumnType) -> Option<Personal> {
    by_cells(column, kind).or_else(|| by_name(column, kind))
}

/// The texts of evenly taken cells that hold something.
fn looked_at(column: &Column) -> Vec<String> {
    evenly(column.len(), CELLS)
        .into_iter()
        .filter_map(|row| column.get(row as usize).ok().and_then(|value| text_of(&value)))
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
        .collect()
}

fn by_cells(column: &Column, kind: ColumnType) -> Option<Personal> {
    if !matches!(kind, ColumnType::Text | ColumnType::Category | ColumnType::Int) {
        return None;
    }
    let cells = looked_at(column);
    if cells.len() < 5 {
        return None;
    }
    PATTERNS.iter().filter(|pattern| kind != ColumnType::Int || pattern.what == "payment cards").find_map(|pattern| {
        let matching = cells.iter().filter(|text| pattern.regex.is_match(text) && (pattern.holds)(text)).count();
        let share = matching as f64 / cells.len() as f64;
        (share >= pattern.share).then_some(Personal { what: pattern.what, share, hide: Hide::Hash })
    })
}

/// Columns of these names hold persons' names where most cells are two to four capitalised words.
const PERSONS: [&str; 12] = [
    "name", "names", "patient", "customer", "client", "employee", "person", "contact", "owner", "doctor", "author",
    "player",
];

static FULL_NAME: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^\p{Lu}[\p{L}'’-]*\.?(,? \p{L}[\p{L}'’-]*\.?){1,3}$").ok());

fn by_name(column: &Column, kind: ColumnType) -> Option<Personal> {
    let name: String =
        column.name().chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if PERSONS.contains(&name.as_str()) && matches!(kind, ColumnType::Text | ColumnType::Category) {
        let cells = looked_at(column);
        let matching = cells.iter().filter(|text| FULL_NAME.as_ref().is_some_and(|regex| regex.is_match(text))).count();
        let share = matching as f64 / cells.len().max(1) as f64;
        return (cells.len() >= 5 && share >= 0.7).then_some(Personal {
            what: "names of persons",
            share,
            hide: Hide::Hash,
        });
    }
    let (what, _, hide) = NAMED.iter().find(|(_, names, _)| names.contains(&name.as_str()))?;
    let fits = match *what {
        "birth dates" => matches!(kind, ColumnType::Date | ColumnType::Datetime | ColumnType::Text),
        "telephone numbers" | "identity numbers" => matches!(kind, ColumnType::Text | ColumnType::Int),
        _ => matches!(kind, ColumnType::Text | ColumnType::Category),
    };
    fits.then_some(Personal { what, share: 0.0, hide: *hide })
}

fn digits(text: &str) -> Vec<u32> {
    text.chars().filter_map(|letter| letter.to_digit(10)).collect()
}

/// Luhn's check (ISO/IEC 7812-1), of 13 to 19 digits that are not all the same.
fn is_luhn(text: &str) -> bool {
    let digits = digits(text);
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 = digits.iter().rev().enumerate().map(|(at, d)| if at % 2 == 1 { doubled(*d) } else { *d }).sum();
    (13..=19).contains(&digits.len()) && sum.is_multiple_of(10) && digits.windows(2).any(|pair| pair[0] != pair[1])
}

/// ISO 13616: the first four characters moved to the end and letters read as 10 to 35, the number leaves 1 of 97.
fn is_iban(text: &str) -> bool {
    let plain: Vec<char> = text.chars().filter(|letter| *letter != ' ').collect();
    if !(15..=34).contains(&plain.len()) {
        return false;
    }
    let moved = plain[4..].iter().chain(&plain[..4]);
    let remainder = moved
        .filter_map(|letter| letter.to_digit(36))
        .fold(0u32, |rest, value| (rest * if value > 9 { 100 } else { 10 } + value) % 97);
    remainder == 1
}

/// 7 to 15 digits (ITU-T E.164) that are no date.
fn is_telephone(text: &str) -> bool {
    let count = digits(text).len();
    let date = text.len() == 10 && text.bytes().filter(|byte| matches!(byte, b'-' | b'.' | b'/')).count() == 2;
    (7..=15).contains(&count) && !date
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::*;

    #[test]
    fn cells_and_names_tell() {
        let cases: [(&str, &[&str], Option<&str>); 12] = [
            (
                "contact",
                &["a.b@example.org", "c+d@mail.example.co.uk", "e@f.de", "g@h.io", "none"],
                Some("e-mail addresses"),
            ),
            (
                "card",
                &["4111 1111 1111 1111", "5500005555555559", "340000000000009", "6011000990139424", "4012888888881881"],
                Some("payment cards"),
            ),
            (
                "account",
                &[
                    "GB82 WEST 1234 5698 7654 32",
                    "DE89370400440532013000",
                    "FR1420041010050500013M02606",
                    "NL91ABNA0417164300",
                    "x",
                ],
                Some("IBANs"),
            ),
            (
                "n",
                &["123-45-6789", "987-65-4321", "111-22-3333", "222-33-4444", "333-44-5555"],
                Some("identity numbers"),
            ),
            ("from", &["10.0.0.1", "192.168.1.20", "::1", "2001:db8::1", "8.8.8.8"], Some("network addresses")),
            (
                "call",
                &["+49 30 123456", "030 1234567", "(020) 7946 0958", "+14155552671", "555-123-4567"],
                Some("telephone numbers"),
            ),
            ("First Name", &["Ada", "Grace", "Alan", "Edsger", "Barbara"], Some("names of persons")),
            ("day", &["2021-03-04", "2021-03-05", "2020-01-01", "2019-12-31", "2018-06-07"], None),
            ("order", &["4111111111111112", "4111111111111113", "4111111111111114", "4111111111111115", "5"], None),
            (
                "Patient",
                &["Ada Lovelace", "Grace B. Hopper", "Edsger W. Dijkstra", "Lovelace, Ada", "Ludwig van Beethoven"],
                Some("names of persons"),
            ),
            ("name", &["bolt", "nut", "screw", "washer", "nail"], None),
            ("amount", &["10.50", "12.00", "3.20", "100.00", "7.75"], None),
        ];
        for (name, cells, expected) in cases {
            let column = Series::new(name.into(), cells).into_column();
            let found = personal(&column, ColumnType::Text).map(|found| found.what);
            assert_eq!(found, expected, "{name}");
        }
        let born = Series::new("birth_date".into(), [1i32, 2]).cast(&DataType::Date).unwrap().into_column();
        assert_eq!(personal(&born, ColumnType::Date).map(|found| found.hide), Some(Hide::Year));
        let number = Series::new("n".into(), [4_111_111_111_111_111i64; 6]).into_column();
        assert_eq!(personal(&number, ColumnType::Int).map(|found| found.what), Some("payment cards"));
    }
}
