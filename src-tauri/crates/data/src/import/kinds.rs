//! What a column's fields have in common, and the type that follows.
//!
//! Each field falls into a kind; a column remembers the set of kinds it met, as bits. The type is a function of
//! that set ([`resolve`]), so it rests on all rows and not on their order, nor on how the file was cut for the
//! processors.

use super::values;

/// A set of kinds.
pub(crate) type Kinds = u32;

/// A whole number that fits 64 bits.
pub(crate) const INT: Kinds = 1;
/// A whole number that does not.
pub(crate) const BIG: Kinds = 1 << 1;
/// A number with a decimal point or an exponent.
pub(crate) const FLOAT: Kinds = 1 << 2;
/// A number with a decimal comma.
pub(crate) const COMMA: Kinds = 1 << 3;
/// … that cannot be a whole number with thousands set apart.
pub(crate) const COMMA_SURE: Kinds = 1 << 4;
/// `true` or `false`.
pub(crate) const BOOL: Kinds = 1 << 5;
/// Year-month-day.
pub(crate) const DATE: Kinds = 1 << 6;
/// Day.month.year.
pub(crate) const DATE_DOT: Kinds = 1 << 7;
/// Day/month/year or month/day/year, whichever.
pub(crate) const DATE_EITHER: Kinds = 1 << 8;
/// Only possible as day/month/year.
pub(crate) const DATE_DMY: Kinds = 1 << 9;
/// Only possible as month/day/year.
pub(crate) const DATE_MDY: Kinds = 1 << 10;
/// Date and time.
pub(crate) const TIMED: Kinds = 1 << 11;
/// Date and time with an offset from UTC.
pub(crate) const TIMED_UTC: Kinds = 1 << 12;
/// … with more than six digits of a second.
pub(crate) const TIMED_NANO: Kinds = 1 << 13;
/// … outside what nanoseconds in 64 bits reach.
pub(crate) const TIMED_FAR: Kinds = 1 << 14;
/// A word for a missing value, which is text where the column is text.
pub(crate) const WORD_FOR_MISSING: Kinds = 1 << 15;
/// Anything else.
pub(crate) const TEXT: Kinds = 1 << 16;

/// The order of day and month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateOrder {
    YearMonthDay,
    DayMonthYear,
    MonthDayYear,
}

/// The type of a column, with what is needed to read its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// No field with content yet.
    Nothing,
    Int,
    Float {
        comma: bool,
    },
    Bool,
    Date(DateOrder),
    Datetime {
        nanos: bool,
    },
    Text,
}

/// The narrowest type that holds every kind of a set.
pub(crate) fn resolve(kinds: Kinds) -> Target {
    let within = |allowed: Kinds| kinds & !(allowed | WORD_FOR_MISSING) == 0;
    let has = |wanted: Kinds| kinds & wanted != 0;
    if kinds == 0 {
        Target::Nothing
    } else if within(0) {
        Target::Text
    } else if within(INT) {
        Target::Int
    } else if within(INT | BIG | FLOAT) && has(FLOAT) {
        Target::Float { comma: false }
    } else if within(INT | BIG | COMMA | COMMA_SURE) && has(COMMA_SURE) {
        Target::Float { comma: true }
    } else if within(BOOL) {
        Target::Bool
    } else if within(DATE) {
        Target::Date(DateOrder::YearMonthDay)
    } else if within(DATE_DOT) || (within(DATE_DMY | DATE_EITHER) && has(DATE_DMY)) {
        Target::Date(DateOrder::DayMonthYear)
    } else if within(DATE_MDY | DATE_EITHER) && has(DATE_MDY) {
        Target::Date(DateOrder::MonthDayYear)
    } else if within(DATE | TIMED | TIMED_NANO | TIMED_FAR) || within(TIMED_UTC | TIMED_NANO | TIMED_FAR) {
        let nanos = has(TIMED_NANO);
        if nanos && has(TIMED_FAR | DATE) { Target::Text } else { Target::Datetime { nanos } }
    } else {
        Target::Text
    }
}

/// Whether the set can only ever become text, whatever else is met.
pub(crate) fn is_settled_text(kinds: Kinds) -> bool {
    const NUMBERS: Kinds = INT | BIG | FLOAT | COMMA | COMMA_SURE;
    const SLASHED: Kinds = DATE_EITHER | DATE_DMY | DATE_MDY;
    const ISO: Kinds = DATE | TIMED | TIMED_NANO | TIMED_FAR;
    const UTC: Kinds = TIMED_UTC | TIMED_NANO | TIMED_FAR;
    let kinds = kinds & !WORD_FOR_MISSING;
    let families = [NUMBERS, BOOL, DATE_DOT, SLASHED, ISO, UTC];
    kinds & TEXT != 0
        || !families.iter().any(|family| kinds & !family == 0)
        || (kinds & (FLOAT | COMMA)).count_ones() == 2
        || (kinds & (DATE_DMY | DATE_MDY)).count_ones() == 2
}

/// The kinds of one field with content, quotes taken away. `comma` says whether decimal commas are possible.
pub(crate) fn classify(field: &[u8], comma: bool) -> Kinds {
    let field = field.trim_ascii();
    match field {
        [] => 0,
        b"NA" | b"N/A" | b"NaN" | b"nan" | b"null" | b"NULL" | b"Null" | b"None" | b"-" => WORD_FOR_MISSING,
        [b'0'..=b'9' | b'-' | b'.', ..] => classify_number_or_date(field, comma),
        [b't' | b'f' | b'T' | b'F', ..] if values::bool(field).is_some() => BOOL,
        [b'i' | b'I', ..] if values::infinity(field).is_some() => FLOAT,
        _ => TEXT,
    }
}

fn classify_number_or_date(field: &[u8], comma: bool) -> Kinds {
    if values::int(field).is_some() {
        return INT;
    }
    if values::is_whole(field) {
        return BIG;
    }
    if values::float(field).is_some() {
        return FLOAT;
    }
    if comma && values::float_comma(field).is_some() {
        return if values::may_be_thousands(field) { COMMA } else { COMMA | COMMA_SURE };
    }
    if values::date(field, DateOrder::YearMonthDay).is_some() {
        return DATE;
    }
    let dmy = values::date(field, DateOrder::DayMonthYear).is_some();
    let mdy = values::date(field, DateOrder::MonthDayYear).is_some();
    match (dmy, mdy) {
        (true, _) if field.contains(&b'.') => return DATE_DOT,
        (false, true) if field.contains(&b'.') => return TEXT,
        (true, true) => return DATE_EITHER,
        (true, false) => return DATE_DMY,
        (false, true) => return DATE_MDY,
        (false, false) => {}
    }
    match values::datetime(field) {
        Some(found) => {
            (if found.utc { TIMED_UTC } else { TIMED })
                | (if found.nanos % 1000 != 0 { TIMED_NANO } else { 0 })
                | (if found.in_nanos().is_none() { TIMED_FAR } else { 0 })
        }
        None => TEXT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(fields: &[&str], expected: Target) {
        let kinds = fields.iter().fold(0, |kinds, field| kinds | classify(field.as_bytes(), true));
        assert_eq!(resolve(kinds), expected, "{fields:?} {kinds:b}");
        if expected != Target::Text {
            assert!(!is_settled_text(kinds), "{fields:?}");
        }
    }

    #[test]
    fn the_type_rests_on_all_fields() {
        let iso = Target::Date(DateOrder::YearMonthDay);
        check(&[], Target::Nothing);
        check(&["1", "-5", "", "NA", "0"], Target::Int);
        check(&["1", "2.5", "1e3", "NaN", "-"], Target::Float { comma: false });
        check(&["1", "99999999999999999999"], Target::Text);
        check(&["1.5", "99999999999999999999"], Target::Float { comma: false });
        check(&["02210", "12345"], Target::Text);
        check(&["+1"], Target::Text);
        check(&["1", "x"], Target::Text);
        check(&["1,5", "2"], Target::Float { comma: true });
        check(&["1,500", "2,250"], Target::Text);
        check(&["1,500", "2,25"], Target::Float { comma: true });
        check(&["1,5", "2.5"], Target::Text);
        check(&["true", "FALSE", "NA"], Target::Bool);
        check(&["yes", "no"], Target::Text);
        check(&["true", "1"], Target::Text);
        check(&["2018-01-28", "null"], iso);
        check(&["2018-02-30"], Target::Text);
        check(&["28/01/2018", "01/02/2018"], Target::Date(DateOrder::DayMonthYear));
        check(&["01/28/2018", "01/02/2018"], Target::Date(DateOrder::MonthDayYear));
        check(&["03/04/2018", "01/02/2018"], Target::Text);
        check(&["28/01/2018", "01/28/2018"], Target::Text);
        check(&["01.02.2018"], Target::Date(DateOrder::DayMonthYear));
        check(&["2018-01-28T10:30:00", "2018-01-28 10:30:00.5", "2018-01-29"], Target::Datetime { nanos: false });
        check(&["2018-01-28T10:30:00Z", "2018-01-28T10:30:00+02:00"], Target::Datetime { nanos: false });
        check(&["2018-01-28T10:30:00Z", "2018-01-28T10:30:00"], Target::Text);
        check(&["2018-01-28T10:30:00.123456789"], Target::Datetime { nanos: true });
        check(&["NA", ""], Target::Text);
        check(&["12:30", "10.1.2"], Target::Text);
    }
}
