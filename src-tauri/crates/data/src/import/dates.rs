//! Dates with the name of a month, or with a year of two digits.
//!
//! Their formats are those of `strftime` and read by the steps' reader, so that a step that is given the format of the
//! report reads the same. A column remembers as bits which formats its fields have; where the parts of a two-digit date
//! could be meant otherwise, it remembers which orders no field leaves possible, so that the order rests on all rows.

use std::sync::LazyLock;

use cairn_protocol::steps::DateKind;

use super::kinds::{self, DateOrder, Hints, Kinds};
use super::values;
use crate::steps::date_format::{Format, full_year};

/// The formats; the first [`NAMED`] have names of months.
#[rustfmt::skip]
const FORMATS: [&str; 19] = [
    "%d %B %Y", "%d-%B-%Y", "%d. %B %Y", "%B %d, %Y", "%B %d %Y", "%a, %d %B %Y", "%d-%B-%y", "%d %B %y", "%d/%B/%Y",
    "%d%B%Y", "%d de %B de %Y", "%Y-%B-%d",
    "%d/%m/%y", "%m/%d/%y", "%y/%m/%d", "%d.%m.%y", "%d-%m-%y", "%m-%d-%y", "%y-%m-%d",
];
/// How many of them have names of months.
pub(crate) const NAMED: u32 = 12;
const SLASH_DMY: u32 = 1 << 12;
const SLASH_MDY: u32 = 1 << 13;
const SLASH_YMD: u32 = 1 << 14;
const DOT_DMY: u32 = 1 << 15;
const DASH_DMY: u32 = 1 << 16;
const DASH_MDY: u32 = 1 << 17;
const DASH_YMD: u32 = 1 << 18;

static READERS: LazyLock<Vec<Option<Format>>> =
    LazyLock::new(|| FORMATS.iter().map(|format| Format::new(format).ok()).collect());

/// Days since 1970-01-01 of a date in one of the formats whose bits are set.
pub(crate) fn day(field: &[u8], formats: u32) -> Option<i32> {
    let text = std::str::from_utf8(field).ok()?;
    let set = (0..FORMATS.len()).filter(|place| formats >> place & 1 == 1);
    set.filter_map(|place| READERS[place].as_ref()).find_map(|format| {
        let micros = format.read(text, DateKind::Date)?;
        i32::try_from(micros.div_euclid(86_400_000_000)).ok()
    })
}

/// The formats whose bits are set, as the report says them.
pub(crate) fn shown(formats: u32) -> String {
    let set = (0..FORMATS.len()).filter(|place| formats >> place & 1 == 1);
    set.map(|place| FORMATS[place]).collect::<Vec<_>>().join(" or ")
}

/// The kinds of such a date, with or without a clock behind it; 0 where it is none.
pub(crate) fn kinds_of(field: &[u8]) -> Kinds {
    if !(6..=48).contains(&field.len()) || !field.iter().any(u8::is_ascii_digit) {
        return 0;
    }
    match values::split_clock(field) {
        Some((day, clock)) => match day_kinds(day) {
            0 => 0,
            _ if clock.nanos % 1000 != 0 => 0,
            kinds => kinds | if clock.half { kinds::LOCAL_HALF } else { kinds::LOCAL },
        },
        None => day_kinds(field),
    }
}

fn day_kinds(day: &[u8]) -> Kinds {
    let figures = short(day);
    if figures != 0 || !day.iter().any(u8::is_ascii_alphabetic) {
        return figures;
    }
    let format = (0..NAMED).find(|place| self::day(day, 1 << place).is_some());
    format.map_or(0, |place| kinds::NAMED_FIRST << place)
}

/// A date of three groups of one or two digits.
fn short(day: &[u8]) -> Kinds {
    let Some(mark) = day.iter().take(3).copied().find(|byte| b"/-.".contains(byte)) else { return 0 };
    let mut parts = day.split(|byte| *byte == mark);
    let (Some(a), Some(b), Some(c), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else { return 0 };
    let number = |part: &[u8]| match part {
        [one] if one.is_ascii_digit() => Some(u32::from(one - b'0')),
        [one, two] if one.is_ascii_digit() && two.is_ascii_digit() => {
            Some(u32::from(one - b'0') * 10 + u32::from(two - b'0'))
        }
        _ => None,
    };
    let (Some(first), Some(second), Some(third)) = (number(a), number(b), number(c)) else { return 0 };
    let exists =
        |year: u32, month: u32, day: u32| values::days(full_year(i64::from(year)) as i32, month, day).is_some();
    let day_first = c.len() == 2 && exists(third, second, first);
    let month_first = c.len() == 2 && exists(third, first, second);
    let year_first = a.len() == 2 && b.len() == 2 && c.len() == 2 && exists(first, second, third);
    if !(day_first || month_first || year_first) {
        return 0;
    }
    let unless = |possible: bool, kind: Kinds| if possible { 0 } else { kind };
    let mark = match mark {
        b'/' => kinds::SHORT_SLASH,
        b'-' => kinds::SHORT_DASH,
        _ => kinds::SHORT_DOT,
    };
    mark | unless(a.len() + b.len() + c.len() == 6, kinds::SHORT_LOOSE)
        | unless(day_first, kinds::NOT_DMY)
        | unless(month_first, kinds::NOT_MDY)
        | unless(year_first, kinds::NOT_YMD)
}

/// The order of dates with two-digit years, where all rows, the person, or the other columns show one.
///
/// With points it is day, month, year, unless a one-digit part makes it look like the number of a version and no day
/// beyond the twelfth is among them. With slashes a year comes first only where nothing else is possible. With dashes
/// every order is as likely, so only one may be left.
pub(crate) fn short_order(met: Kinds, hints: Hints) -> Option<DateOrder> {
    let has = |wanted: Kinds| met & wanted != 0;
    let (day, month, year) = (!has(kinds::NOT_DMY), !has(kinds::NOT_MDY), !has(kinds::NOT_YMD));
    let preferred = || hints.day_first.or(hints.likely_day_first);
    let either = |day_first: u32, month_first: u32| preferred().map(|day| if day { day_first } else { month_first });
    let formats = match met & (kinds::SHORT_SLASH | kinds::SHORT_DASH | kinds::SHORT_DOT) {
        kinds::SHORT_DOT if day && (!has(kinds::SHORT_LOOSE) || !month) => DOT_DMY,
        kinds::SHORT_SLASH => match (day, month) {
            (true, false) => SLASH_DMY,
            (false, true) => SLASH_MDY,
            (true, true) => either(SLASH_DMY, SLASH_MDY)?,
            (false, false) if year => SLASH_YMD,
            (false, false) => return None,
        },
        kinds::SHORT_DASH => match (day, month, year) {
            (true, false, false) => DASH_DMY,
            (false, true, false) => DASH_MDY,
            (false, false, true) => DASH_YMD,
            (true, true, false) => either(DASH_DMY, DASH_MDY)?,
            (true, _, true) if hints.day_first == Some(true) => DASH_DMY,
            (_, true, true) if hints.day_first == Some(false) => DASH_MDY,
            _ => return None,
        },
        _ => return None,
    };
    Some(DateOrder::Written(formats))
}

/// Whether an order, found over kinds that leave no other, has the day first; nothing where it is no evidence.
pub(crate) fn shows_day_first(order: DateOrder, met: Kinds) -> Option<bool> {
    match order {
        DateOrder::Written(SLASH_DMY | DASH_DMY) if met & kinds::NOT_MDY != 0 => Some(true),
        DateOrder::Written(SLASH_MDY | DASH_MDY) if met & kinds::NOT_DMY != 0 => Some(false),
        _ => None,
    }
}

/// Any such date, two-digit ones by the order of day and month: for a column that is to hold dates.
pub(crate) fn any_day(field: &[u8], day_first: bool) -> Option<i32> {
    let short = if day_first { SLASH_DMY | DOT_DMY | DASH_DMY } else { SLASH_MDY | DOT_DMY | DASH_MDY };
    day(field, ((1 << NAMED) - 1) | short | SLASH_YMD | DASH_YMD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::kinds::{Target, resolve};

    #[track_caller]
    fn check(fields: &[&str], expected: &str) {
        let met = fields.iter().fold(0, |met, field| met | kinds::classify(field.as_bytes()));
        let target = resolve(met, Hints::default());
        let found = if target == Target::Text { "text".into() } else { target.read_as(met) };
        assert_eq!(found, expected, "{fields:?}");
        let order = match target {
            Target::Date(order) | Target::Datetime { order, .. } => order,
            _ => return,
        };
        for field in fields {
            let read = values::date(field.as_bytes(), order).is_some()
                || values::local_datetime(field.as_bytes(), order).is_some();
            assert!(read, "{field}");
        }
    }

    #[test]
    fn formats_are_all_known() {
        assert!(READERS.iter().all(Option::is_some));
        assert_eq!(FORMATS.iter().filter(|format| format.contains("%B")).count(), NAMED as usize);
        assert!(FORMATS[..NAMED as usize].iter().all(|format| format.contains("%B")));
        let short = [SLASH_DMY, SLASH_MDY, SLASH_YMD, DOT_DMY, DASH_DMY, DASH_MDY, DASH_YMD].map(shown);
        assert_eq!(short, ["%d/%m/%y", "%m/%d/%y", "%y/%m/%d", "%d.%m.%y", "%d-%m-%y", "%m-%d-%y", "%y-%m-%d"]);
    }

    #[test]
    fn names_of_months() {
        check(&["12-Jan-2024", "3-FEB-2024"], "%d-%B-%Y");
        check(&["January 3, 2024", "Sept. 12, 2024"], "%B %d, %Y");
        check(&["3. März 2024", "12. Dez. 2023"], "%d. %B %Y");
        check(&["3 mars 2024", "12 août 2023", "1 FÉVR. 2023"], "%d %B %Y");
        check(&["3 de marzo de 2024"], "%d de %B de %Y");
        check(&["12JAN2024"], "%d%B%Y");
        check(&["12-Jan-24", "31-Dec-69"], "%d-%B-%y");
        check(&["3 March 2024", "12-Jan-2024"], "%d %B %Y or %d-%B-%Y");
        check(&["12-Jan-2024 10:30", "12-Jan-2024"], "%d-%B-%Y %H:%M");
        check(&["Jan 3, 2024, 9:05:30 PM", "Jan 4, 2024 10:00 a.m."], "%B %d, %Y %I:%M %p");
        check(&["31-Feb-2024"], "text");
        check(&["12-Jan-2024", "10 rooms"], "text");
        check(&["January", "March"], "text");
        check(&["2024-W05", "2024-Q1", "2024-03", "Mar 2024"], "text");
    }

    #[test]
    fn years_of_two_digits() {
        check(&["25/03/19", "01/02/20"], "%d/%m/%y");
        check(&["03/25/19", "01/02/20"], "%m/%d/%y");
        check(&["03/04/19", "01/02/20"], "text");
        check(&["99/12/31", "01/02/20"], "%y/%m/%d");
        check(&["25/03/19", "03/25/19"], "text");
        check(&["03.04.19", "1.2.20", "13.2.20"], "%d.%m.%y");
        check(&["03.04.19", "01.02.20"], "%d.%m.%y");
        check(&["1.2.10", "3.10.24"], "text");
        check(&["25-03-19"], "text");
        check(&["25-03-45"], "%d-%m-%y");
        check(&["03-25-45", "1-2-20"], "%m-%d-%y");
        check(&["98-03-25"], "%y-%m-%d");
        check(&["25/03/19 8:15 AM"], "%d/%m/%y %I:%M %p");
        check(&["12-34-56"], "text");
        let year = |text: &str| day(text.as_bytes(), SLASH_DMY).unwrap().div_euclid(365) + 1970;
        assert_eq!((year("01/07/68"), year("01/07/69"), year("01/07/00")), (2068, 1969, 2000));
    }

    #[test]
    fn clocks_of_twelve_hours() {
        check(&["11:21:04 AM", "1:05 pm", "12:00 a.m."], "%I:%M %p");
        check(&["11:21 AM", "13:05"], "text");
        check(&["13:05 PM"], "text");
        check(&["8/25/2018 11:21:04 AM", "8/2/2018 1:00 PM"], "%m/%d/%Y %I:%M %p");
        check(&["8/25/2018 11:21 AM", "8/2/2018 13:00"], "text");
        assert_eq!(values::any_time(b"12:00 AM"), Some(0));
        assert_eq!(values::any_time(b"12:30:15 PM"), Some(45_015_000_000_000));
    }
}
