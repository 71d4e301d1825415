//! Formats of dates and times, as `strftime` writes them, for the steps and for the importer.
//!
//! Two-digit years 00–68 are 2000–2068, 69–99 are 1969–1999 (POSIX). Names of months are those of seven languages, short
//! or long, in any case; where they share one, it is the same month. Names of days are English. A time with an offset
//! becomes the time in UTC.

use cairn_protocol::steps::DateKind;

use super::dates::{DAY, days_of, month_length};

/// Names of months in English, German, French, Spanish, Italian, Portuguese and Dutch, with their usual short forms.
#[rustfmt::skip]
const MONTHS: [&str; 12] = [
    "january jan januar jänner jän janvier janv enero ene gennaio gen janeiro januari",
    "february feb februar februari febr février févr fév fevrier febrero febbraio fevereiro fev",
    "march mar märz mär mrz maerz mars marzo março maart mrt",
    "april apr avril avr abril abr aprile",
    "may mai mayo maggio mag maio mei",
    "june jun juni juin junio giugno giu junho",
    "july jul juli juillet juil julio luglio lug julho",
    "august aug août aoû aout agosto ago augustus",
    "september sep sept septembre septiembre setiembre settembre set setembro",
    "october oct oktober okt octobre octubre ottobre ott outubro out",
    "november nov novembre noviembre novembro",
    "december dec dezember dez décembre déc decembre diciembre dic dicembre dezembro",
];
/// Bytes of the longest of them.
const LONGEST_MONTH: usize = 12;
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// A piece of a format.
#[derive(Debug, Clone, PartialEq)]
enum Item {
    Year,
    ShortYear,
    Month,
    MonthName,
    Day,
    DayName,
    DayOfYear,
    Hour,
    Hour12,
    Minute,
    Second,
    Half,
    /// Digits of a second; with the point before them, which may be absent together with them.
    Fraction(bool),
    Offset,
    Epoch,
    Space,
    Literal(char),
}

/// A format, taken apart once.
#[derive(Debug, Clone)]
pub(crate) struct Format(Vec<Item>);

impl Format {
    pub(crate) fn new(format: &str) -> Result<Self, String> {
        let mut items = Vec::new();
        let mut signs = format.chars().peekable();
        while let Some(one) = signs.next() {
            if one.is_whitespace() {
                if items.last() != Some(&Item::Space) {
                    items.push(Item::Space);
                }
                continue;
            }
            if one != '%' {
                items.push(Item::Literal(one));
                continue;
            }
            let mut letter = signs.next().ok_or("it ends with %")?;
            if matches!(letter, '-' | '_' | '0') {
                letter = signs.next().ok_or("it ends within a field")?;
            }
            match letter {
                'Y' => items.push(Item::Year),
                'y' => items.push(Item::ShortYear),
                'm' => items.push(Item::Month),
                'b' | 'B' | 'h' => items.push(Item::MonthName),
                'd' | 'e' => items.push(Item::Day),
                'a' | 'A' => items.push(Item::DayName),
                'j' => items.push(Item::DayOfYear),
                'H' | 'k' => items.push(Item::Hour),
                'I' | 'l' => items.push(Item::Hour12),
                'M' => items.push(Item::Minute),
                'S' => items.push(Item::Second),
                'p' | 'P' => items.push(Item::Half),
                'z' => items.push(Item::Offset),
                's' => items.push(Item::Epoch),
                'f' => items.push(Item::Fraction(false)),
                '.' => match (signs.next(), signs.peek()) {
                    (Some('f'), _) => items.push(Item::Fraction(true)),
                    (Some('3' | '6' | '9'), Some('f')) => {
                        signs.next();
                        items.push(Item::Fraction(true));
                    }
                    _ => return Err("after %. stands f".into()),
                },
                'F' => items.extend(Self::new("%Y-%m-%d")?.0),
                'T' => items.extend(Self::new("%H:%M:%S")?.0),
                'R' => items.extend(Self::new("%H:%M")?.0),
                'D' => items.extend(Self::new("%m/%d/%y")?.0),
                '%' => items.push(Item::Literal('%')),
                'n' | 't' => items.push(Item::Space),
                other => return Err(format!("%{other} is not known")),
            }
        }
        Ok(Self(items))
    }

    fn has(&self, items: &[Item]) -> bool {
        items.iter().any(|item| self.0.contains(item))
    }

    /// Whether it says enough for a kind.
    pub(crate) fn is_for(&self, kind: DateKind) -> bool {
        let year = self.has(&[Item::Year, Item::ShortYear]);
        let day = year && (self.has(&[Item::DayOfYear]) || self.has(&[Item::Month, Item::MonthName]));
        match kind {
            DateKind::Time => self.has(&[Item::Hour, Item::Hour12]),
            DateKind::Date | DateKind::Datetime => day || self.has(&[Item::Epoch]),
        }
    }

    /// The point in time that a text spells, in microseconds (of the day, for times); none where it does not fit.
    pub(crate) fn read(&self, text: &str, kind: DateKind) -> Option<i64> {
        self.follow(text, kind, true)
    }

    /// Whether texts of this shape (digits in the same places) may fit, whatever the digits are.
    pub(crate) fn may_read(&self, text: &str, kind: DateKind) -> bool {
        self.follow(text, kind, false).is_some()
    }

    fn follow(&self, text: &str, kind: DateKind, strict: bool) -> Option<i64> {
        let mut rest = text.as_bytes();
        let (mut year, mut month, mut day, mut of_year) = (1970, 1, 1, None);
        let (mut hour, mut minute, mut second, mut micros) = (0, 0, 0, 0);
        let (mut twelve, mut afternoon, mut offset, mut epoch) = (false, None, 0, None);
        for item in &self.0 {
            match item {
                Item::Year => {
                    let (sign, digits) = match rest {
                        [b'-', digits @ ..] => (-1, digits),
                        digits => (1, digits),
                    };
                    rest = digits;
                    year = sign * number(&mut rest, 4, 4)?;
                }
                Item::ShortYear => {
                    year = full_year(number(&mut rest, 2, 2)?);
                }
                Item::Month => month = number(&mut rest, 1, 2)?,
                Item::MonthName => month = month_name(&mut rest)?,
                Item::Day => day = number(&mut rest, 1, 2)?,
                Item::DayName => {
                    day_name(&mut rest)?;
                }
                Item::DayOfYear => of_year = Some(number(&mut rest, 1, 3)?),
                Item::Hour => hour = number(&mut rest, 1, 2)?,
                Item::Hour12 => {
                    (hour, twelve) = (number(&mut rest, 1, 2)?, true);
                    if strict && !(1..=12).contains(&hour) {
                        return None;
                    }
                }
                Item::Minute => minute = number(&mut rest, 2, 2)?,
                Item::Second => second = number(&mut rest, 2, 2)?,
                Item::Half => {
                    afternoon = Some(half_day(&mut rest)?);
                }
                Item::Fraction(pointed) => {
                    if *pointed {
                        let [b'.' | b',', after @ ..] = rest else { continue };
                        rest = after;
                    }
                    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count().min(9);
                    if digits == 0 {
                        return None;
                    }
                    let nanos = rest[..digits].iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
                    micros = nanos * 10i64.pow(9 - digits as u32) / 1_000;
                    rest = &rest[digits..];
                }
                Item::Offset => offset = zone(&mut rest, strict)?,
                Item::Epoch => {
                    let negative = rest.first() == Some(&b'-');
                    rest = rest.strip_prefix(b"-").unwrap_or(rest);
                    let seconds = number(&mut rest, 1, 12)?;
                    epoch = Some(if negative { -seconds } else { seconds });
                }
                Item::Space => {
                    let spaces = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
                    if spaces == 0 {
                        return None;
                    }
                    rest = &rest[spaces..];
                }
                Item::Literal(one) => {
                    let mut buffer = [0; 4];
                    rest = rest.strip_prefix(one.encode_utf8(&mut buffer).as_bytes())?;
                }
            }
        }
        if !rest.is_empty() {
            return None;
        }
        if !strict {
            return Some(0);
        }
        if let Some(seconds) = epoch {
            return Some(whole_days(seconds * 1_000_000, kind));
        }
        if twelve {
            hour = hour % 12 + if afternoon == Some(true) { 12 } else { 0 };
        }
        if hour > 23 || minute > 59 || second > 59 || !(1..=12).contains(&month) {
            return None;
        }
        let clock = (hour * 3_600 + minute * 60 + second) * 1_000_000 + micros;
        if kind == DateKind::Time {
            return Some((clock - offset * 1_000_000).rem_euclid(DAY));
        }
        let days = match of_year {
            Some(at) if (1..=days_of(year + 1, 1, 1) - days_of(year, 1, 1)).contains(&at) => {
                days_of(year, 1, 1) + at - 1
            }
            None if (1..=month_length(year, month)).contains(&day) => days_of(year, month, day),
            _ => return None,
        };
        Some(whole_days(days * DAY + clock - if kind == DateKind::Date { 0 } else { offset * 1_000_000 }, kind))
    }

    /// -1 where the month stands before the day in figures, 1 where it stands behind, 0 otherwise.
    pub(crate) fn day_order(&self) -> i8 {
        let at = |item: &Item| self.0.iter().position(|one| one == item);
        match (at(&Item::Day), at(&Item::Month), at(&Item::Year).or_else(|| at(&Item::ShortYear))) {
            (Some(day), Some(month), Some(year)) if year > day.min(month) => {
                if month < day {
                    -1
                } else {
                    1
                }
            }
            _ => 0,
        }
    }
}

/// The year that two digits mean (POSIX): 69 to 99 are 1969 to 1999, the others 2000 to 2068.
pub(crate) fn full_year(two: i64) -> i64 {
    if two <= 68 { 2000 + two } else { 1900 + two }
}

fn whole_days(micros: i64, kind: DateKind) -> i64 {
    if kind == DateKind::Date { micros.div_euclid(DAY) * DAY } else { micros }
}

/// A number of at least and at most so many digits.
fn number(rest: &mut &[u8], least: usize, most: usize) -> Option<i64> {
    let digits = rest.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    if digits < least {
        return None;
    }
    let value = rest[..digits].iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    *rest = &rest[digits..];
    Some(value)
}

/// The number, from 1, of a day's name or its first three letters (with a point behind them, perhaps).
fn day_name(rest: &mut &[u8]) -> Option<i64> {
    let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let word = rest.get(..letters).filter(|word| word.len() >= 3)?;
    let short = |name: &str| letters == 3 || (letters == 4 && (name.starts_with("tues") || name.starts_with("thur")));
    let fits = |name: &&str| {
        name.len() >= letters
            && (letters == name.len() || short(name))
            && name.as_bytes()[..letters].eq_ignore_ascii_case(word)
    };
    let at = DAYS.iter().position(fits)?;
    *rest = &rest[letters..];
    if letters < 5 {
        *rest = rest.strip_prefix(b".").unwrap_or(rest);
    }
    Some(at as i64 + 1)
}

/// The number, from 1, of a month's name, or a short form of it, at the beginning of a text; a point behind a short form
/// belongs to it.
pub(crate) fn month_name(rest: &mut &[u8]) -> Option<i64> {
    // Letters, of which the accented ones of these languages have two bytes that begin with 0xc3.
    let mut length = 0;
    let mut word = [0u8; LONGEST_MONTH];
    while let Some(byte) = rest.get(length).filter(|byte| byte.is_ascii_alphabetic() || **byte >= 0x80) {
        // The second byte of a capital letter is 0x20 below that of its small one.
        let capital = length > 0 && word[length - 1] == 0xc3 && (0x80..0x9f).contains(byte);
        *word.get_mut(length)? = if capital { byte + 0x20 } else { byte.to_ascii_lowercase() };
        length += 1;
    }
    let word = word.get(..length).filter(|word| word.len() >= 3)?;
    let month = MONTHS.iter().position(|names| names.split(' ').any(|name| name.as_bytes() == word))?;
    *rest = &rest[length..];
    if length < 6 {
        *rest = rest.strip_prefix(b".").unwrap_or(rest);
    }
    Some(month as i64 + 1)
}

/// Whether `AM` or `PM` (in any case, with points perhaps) stands at the beginning of a text.
pub(crate) fn half_day(rest: &mut &[u8]) -> Option<bool> {
    let (half, after) = match rest {
        [half, b'.', b'm' | b'M', b'.', after @ ..] | [half, b'm' | b'M', after @ ..] => (half, after),
        _ => return None,
    };
    let afternoon = match half {
        b'a' | b'A' => false,
        b'p' | b'P' => true,
        _ => return None,
    };
    *rest = after;
    Some(afternoon)
}

/// Seconds east of UTC: `Z`, `+02`, `+0200`, `+02:00`.
fn zone(rest: &mut &[u8], strict: bool) -> Option<i64> {
    if let [b'Z' | b'z', after @ ..] = rest {
        *rest = after;
        return Some(0);
    }
    let (sign, after) = rest.split_first()?;
    let sign = match sign {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    *rest = after;
    let hours = number(rest, 2, 2)?;
    *rest = rest.strip_prefix(b":").unwrap_or(rest);
    let minutes = if rest.first().is_some_and(u8::is_ascii_digit) { number(rest, 2, 2)? } else { 0 };
    (!strict || (hours < 24 && minutes < 60)).then_some(sign * (hours * 3_600 + minutes * 60))
}
