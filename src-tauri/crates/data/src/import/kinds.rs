//! What a column's fields have in common, and the type that follows.
//!
//! Each field falls into a kind; a column remembers the set of kinds it met, as bits. The type is a function of
//! that set and of the [`Hints`] ([`resolve`]), so it rests on all rows and not on their order, nor on how the file
//! was cut for the processors.

use super::dates;
use super::values;
use super::words::Tokens;

/// A set of kinds.
pub(crate) type Kinds = u64;

/// A whole number that fits 64 bits.
pub(crate) const INT: Kinds = 1;
/// A whole number that does not.
pub(crate) const BIG: Kinds = 1 << 1;
/// A number with a decimal point or an exponent.
pub(crate) const FLOAT: Kinds = 1 << 2;
/// … that cannot be a whole number with its thousands set apart by a dot.
pub(crate) const FLOAT_SURE: Kinds = 1 << 3;
/// A number with a decimal comma.
pub(crate) const COMMA: Kinds = 1 << 4;
/// … that cannot be a whole number with its thousands set apart by a comma.
pub(crate) const COMMA_SURE: Kinds = 1 << 5;
/// Thousands set apart, beyond doubt.
const GROUPED_COMMA: Kinds = 1 << 6;
const GROUPED_DOT: Kinds = 1 << 7;
const GROUPED_SPACE: Kinds = 1 << 8;
const GROUPED_APOSTROPHE: Kinds = 1 << 9;
/// Thousands set apart, with so many digits in front.
const LEAD_1: Kinds = 1 << 10;
const LEAD_2: Kinds = 1 << 11;
const LEAD_3: Kinds = 1 << 12;
/// A number without a sign of currency or percent.
const BARE: Kinds = 1 << 13;
const PERCENT: Kinds = 1 << 14;
const DOLLAR: Kinds = 1 << 15;
const EURO: Kinds = 1 << 16;
const POUND: Kinds = 1 << 17;
const YEN: Kinds = 1 << 18;
/// Words for true and false.
pub(crate) const BOOL: Kinds = 1 << 19;
const YES: Kinds = 1 << 20;
const NO: Kinds = 1 << 21;
const T: Kinds = 1 << 22;
const F: Kinds = 1 << 23;
const Y: Kinds = 1 << 24;
const N: Kinds = 1 << 25;
/// Year-month-day.
pub(crate) const DATE: Kinds = 1 << 26;
/// Day.month.year.
pub(crate) const DATE_DOT: Kinds = 1 << 27;
/// Day/month/year or month/day/year, whichever.
pub(crate) const DATE_EITHER: Kinds = 1 << 28;
/// Only possible as day/month/year.
pub(crate) const DATE_DMY: Kinds = 1 << 29;
/// Only possible as month/day/year.
pub(crate) const DATE_MDY: Kinds = 1 << 30;
/// A clock behind such a date.
pub(crate) const LOCAL: Kinds = 1 << 31;
/// Date and time.
pub(crate) const TIMED: Kinds = 1 << 32;
/// Date and time with an offset from UTC.
pub(crate) const TIMED_UTC: Kinds = 1 << 33;
/// … with more than six digits of a second.
pub(crate) const TIMED_NANO: Kinds = 1 << 34;
/// … outside what nanoseconds in 64 bits reach.
pub(crate) const TIMED_FAR: Kinds = 1 << 35;
/// A clock alone.
pub(crate) const TIME: Kinds = 1 << 36;
/// A word for a missing value, which is text where the column is text.
pub(crate) const WORD_FOR_MISSING: Kinds = 1 << 37;
/// Anything else.
pub(crate) const TEXT: Kinds = 1 << 38;
/// A clock of twelve hours alone.
pub(crate) const TIME_HALF: Kinds = 1 << 39;
/// A clock of twelve hours behind a date that is not year-month-day.
pub(crate) const LOCAL_HALF: Kinds = 1 << 40;
/// A date with the name of a month, in the first of the formats of [`dates`]; the others follow.
pub(crate) const NAMED_FIRST: Kinds = 1 << 41;
/// A date with a year of two digits, by what stands between its parts …
pub(crate) const SHORT_SLASH: Kinds = 1 << 53;
pub(crate) const SHORT_DASH: Kinds = 1 << 54;
pub(crate) const SHORT_DOT: Kinds = 1 << 55;
/// … with a part of one digit …
pub(crate) const SHORT_LOOSE: Kinds = 1 << 56;
/// … that cannot be meant in an order.
pub(crate) const NOT_DMY: Kinds = 1 << 57;
pub(crate) const NOT_MDY: Kinds = 1 << 58;
pub(crate) const NOT_YMD: Kinds = 1 << 59;

const SYMBOLS: Kinds = PERCENT | DOLLAR | EURO | POUND | YEN;
const GROUPED: Kinds = GROUPED_COMMA | GROUPED_DOT | GROUPED_SPACE | GROUPED_APOSTROPHE;
const LEADS: Kinds = LEAD_1 | LEAD_2 | LEAD_3;
/// Everything a number can be.
pub(crate) const NUMBERS: Kinds =
    INT | BIG | FLOAT | FLOAT_SURE | COMMA | COMMA_SURE | GROUPED | LEADS | BARE | SYMBOLS;
const CLOCKS: Kinds = LOCAL | LOCAL_HALF;
const SLASHED: Kinds = DATE_EITHER | DATE_DMY | DATE_MDY | CLOCKS;
const NAMED: Kinds = ((1 << dates::NAMED) - 1) * NAMED_FIRST;
/// Everything that a date with a two-digit year can be.
pub(crate) const SHORT: Kinds = SHORT_SLASH | SHORT_DASH | SHORT_DOT | SHORT_LOOSE | NOT_DMY | NOT_MDY | NOT_YMD;
const ISO: Kinds = DATE | TIMED | TIMED_NANO | TIMED_FAR;
const UTC: Kinds = TIMED_UTC | TIMED_NANO | TIMED_FAR;
/// Everything that is a date or a point in time.
pub(crate) const DATES: Kinds = SLASHED | DATE_DOT | ISO | UTC | NAMED | SHORT;
/// Everything that says true or false.
pub(crate) const BOOLS: Kinds = BOOL | YES | NO | T | F | Y | N;

/// The order of day and month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateOrder {
    YearMonthDay,
    DayMonthYear,
    MonthDayYear,
    /// In the formats of [`dates`] whose bits are set.
    Written(u32),
}

/// What stands between groups of three digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Comma,
    Dot,
    Space,
    Apostrophe,
}

impl Group {
    pub const ALL: [Self; 4] = [Self::Comma, Self::Dot, Self::Space, Self::Apostrophe];

    /// As the report says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Comma => ",",
            Self::Dot => ".",
            Self::Space => " ",
            Self::Apostrophe => "'",
        }
    }

    /// The bytes of such a mark at the beginning of a text.
    pub fn length_at(self, text: &[u8]) -> Option<usize> {
        match (self, text) {
            (Self::Comma, [b',', ..])
            | (Self::Dot, [b'.', ..])
            | (Self::Space, [b' ', ..])
            | (Self::Apostrophe, [b'\'', ..]) => Some(1),
            // No-break space; thin, narrow no-break space; typographic apostrophe.
            (Self::Space, [0xc2, 0xa0, ..]) => Some(2),
            (Self::Space, [0xe2, 0x80, 0x89 | 0xaf, ..]) | (Self::Apostrophe, [0xe2, 0x80, 0x99, ..]) => Some(3),
            _ => None,
        }
    }
}

/// A sign at a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Affix {
    Percent,
    Dollar,
    Euro,
    Pound,
    Yen,
}

impl Affix {
    pub const ALL: [Self; 5] = [Self::Percent, Self::Dollar, Self::Euro, Self::Pound, Self::Yen];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Percent => "%",
            Self::Dollar => "$",
            Self::Euro => "€",
            Self::Pound => "£",
            Self::Yen => "¥",
        }
    }

    fn kind(self) -> Kinds {
        match self {
            Self::Percent => PERCENT,
            Self::Dollar => DOLLAR,
            Self::Euro => EURO,
            Self::Pound => POUND,
            Self::Yen => YEN,
        }
    }
}

/// How the numbers of a column are written, where that is not the plain way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form {
    /// What sets thousands apart.
    pub group: Option<Group>,
    /// Whether the decimal mark is a comma.
    pub comma: bool,
    /// Whether fractions occur.
    pub float: bool,
    /// The sign at every number.
    pub affix: Option<Affix>,
}

/// Two words that say true and false.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Words {
    TrueFalse,
    YesNo,
    Tf,
    Yn,
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
    Number(Form),
    Bool(Words),
    Date(DateOrder),
    Datetime {
        nanos: bool,
        order: DateOrder,
    },
    Time,
    Text,
}

impl Target {
    /// Whether fractions are written with a comma; nothing where the type has none.
    pub fn decimal_comma(self) -> Option<bool> {
        match self {
            Self::Float { comma } | Self::Number(Form { comma, float: true, .. }) => Some(comma),
            _ => None,
        }
    }

    /// What sets thousands apart.
    pub fn group(self) -> Option<Group> {
        if let Self::Number(form) = self { form.group } else { None }
    }

    /// How fields of these kinds are read where that is not the plain way; empty elsewhere.
    pub fn read_as(self, kinds: Kinds) -> String {
        let order = |order| match order {
            DateOrder::YearMonthDay => String::new(),
            DateOrder::DayMonthYear => "%d/%m/%Y".into(),
            DateOrder::MonthDayYear => "%m/%d/%Y".into(),
            DateOrder::Written(formats) => dates::shown(formats),
        };
        let clock = if kinds & (LOCAL_HALF | TIME_HALF) == 0 { "%H:%M" } else { "%I:%M %p" };
        match self {
            Self::Float { comma: true } => "decimal comma".into(),
            Self::Number(form) => {
                let mut parts = Vec::new();
                match form.affix {
                    Some(Affix::Percent) => parts.push("percent".into()),
                    Some(sign) => parts.push(sign.as_str().into()),
                    None => {}
                }
                if form.comma && form.float {
                    parts.push("decimal comma".into());
                }
                if let Some(group) = form.group {
                    parts.push(format!("thousands «{}»", group.as_str()));
                }
                parts.join(", ")
            }
            Self::Bool(Words::YesNo) => "yes/no".into(),
            Self::Bool(Words::Tf) => "T/F".into(),
            Self::Bool(Words::Yn) => "Y/N".into(),
            Self::Date(day) => order(day),
            Self::Datetime { order: day, .. } if day != DateOrder::YearMonthDay => {
                order(day).split(" or ").map(|day| format!("{day} {clock}")).collect::<Vec<_>>().join(" or ")
            }
            Self::Time if kinds & TIME_HALF != 0 => clock.into(),
            _ => String::new(),
        }
    }
}

/// What is known beside a column's own fields: what the person said, and what other columns show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Hints {
    /// The decimal mark is a comma, as the person said.
    pub decimal_comma: Option<bool>,
    /// What sets thousands apart, as the person said; nothing in it: nothing does.
    pub thousands: Option<Option<Group>>,
    /// Day before month.
    pub day_first: Option<bool>,
    /// The decimal mark is a comma, as other columns show: it decides where a column alone does not.
    pub likely_comma: Option<bool>,
    /// Day before month, as other columns show.
    pub likely_day_first: Option<bool>,
    /// Fields are separated by commas: `1,234` in quotes is a thousand and more.
    pub comma_separates: bool,
}

impl Hints {
    /// With what the columns show that decide for themselves.
    pub fn with_evidence(self, columns: &[Kinds]) -> Self {
        let (mut commas, mut points, mut day, mut month) = (false, false, false, false);
        for kinds in columns {
            match resolve(*kinds, self).decimal_comma() {
                Some(true) => commas = true,
                Some(false) => points = true,
                None => {}
            }
            match resolve(*kinds, self) {
                Target::Date(order) | Target::Datetime { order, .. } if kinds & (DATE_DMY | DATE_MDY) != 0 => {
                    day |= order == DateOrder::DayMonthYear;
                    month |= order == DateOrder::MonthDayYear;
                }
                Target::Date(order) | Target::Datetime { order, .. } => {
                    let shown = dates::shows_day_first(order, *kinds);
                    day |= shown == Some(true);
                    month |= shown == Some(false);
                }
                _ => {}
            }
        }
        let one = |yes: bool, no: bool| (yes != no).then_some(yes);
        Self { likely_comma: one(commas, points), likely_day_first: one(day, month), ..self }
    }
}

/// The narrowest type that holds every kind of a set.
pub(crate) fn resolve(kinds: Kinds, hints: Hints) -> Target {
    let met = kinds & !WORD_FOR_MISSING;
    let within = |allowed: Kinds| met & !allowed == 0;
    let has = |wanted: Kinds| met & wanted != 0;
    if kinds == 0 {
        Target::Nothing
    } else if met == 0 || has(TEXT) {
        Target::Text
    } else if within(NUMBERS) {
        number(met, hints).unwrap_or(Target::Text)
    } else if within(BOOL) {
        Target::Bool(Words::TrueFalse)
    } else if met == YES | NO {
        Target::Bool(Words::YesNo)
    } else if met == T | F {
        Target::Bool(Words::Tf)
    } else if met == Y | N {
        Target::Bool(Words::Yn)
    } else if within(DATE) {
        Target::Date(DateOrder::YearMonthDay)
    } else if within(TIME) || within(TIME_HALF) {
        Target::Time
    } else if has(LOCAL) && has(LOCAL_HALF) {
        // Nobody knows which half of the day a clock without its letters means here.
        Target::Text
    } else if within(NAMED | CLOCKS) || within(SHORT | CLOCKS) {
        let named = DateOrder::Written((met & NAMED).wrapping_div(NAMED_FIRST) as u32);
        let Some(order) = (if has(NAMED) { Some(named) } else { dates::short_order(met, hints) }) else {
            return Target::Text;
        };
        if has(CLOCKS) { Target::Datetime { nanos: false, order } } else { Target::Date(order) }
    } else if within(DATE_DOT | CLOCKS) || within(SLASHED) {
        let order = match (has(DATE_DMY), has(DATE_MDY)) {
            (true, true) => return Target::Text,
            (true, false) => DateOrder::DayMonthYear,
            (false, true) => DateOrder::MonthDayYear,
            (false, false) if has(DATE_DOT) => DateOrder::DayMonthYear,
            (false, false) => match hints.day_first.or(hints.likely_day_first) {
                Some(true) => DateOrder::DayMonthYear,
                Some(false) => DateOrder::MonthDayYear,
                None => return Target::Text,
            },
        };
        if has(CLOCKS) { Target::Datetime { nanos: false, order } } else { Target::Date(order) }
    } else if within(ISO) || within(UTC) {
        let nanos = has(TIMED_NANO);
        if nanos && has(TIMED_FAR | DATE) {
            Target::Text
        } else {
            Target::Datetime { nanos, order: DateOrder::YearMonthDay }
        }
    } else {
        Target::Text
    }
}

/// The type of a column of numbers; nothing where their marks contradict each other.
fn number(kinds: Kinds, hints: Hints) -> Option<Target> {
    let has = |wanted: Kinds| kinds & wanted != 0;
    let symbols = kinds & SYMBOLS;
    if symbols.count_ones() > 1 || (symbols != 0 && has(BARE)) || (kinds & GROUPED).count_ones() > 1 {
        return None;
    }
    let affix = Affix::ALL.into_iter().find(|affix| has(affix.kind()));
    // Groups of equal length are rather telephone numbers than numbers.
    let varied = (kinds & LEADS).count_ones() > 1 || has(INT | FLOAT | COMMA) || affix.is_some();
    let (group, mut comma) = match kinds & GROUPED {
        GROUPED_COMMA if !has(COMMA_SURE) => (Some(Group::Comma), false),
        GROUPED_DOT if !has(FLOAT_SURE) && varied => (Some(Group::Dot), true),
        GROUPED_SPACE if varied => (Some(Group::Space), has(COMMA)),
        GROUPED_APOSTROPHE => (Some(Group::Apostrophe), has(COMMA)),
        0 => match (has(FLOAT), has(COMMA)) {
            (true, true) if !has(COMMA_SURE) => (Some(Group::Comma), false),
            (true, true) if !has(FLOAT_SURE) => (Some(Group::Dot), true),
            (true, true) => return None,
            (true, false)
                if !has(FLOAT_SURE)
                    && (hints.decimal_comma == Some(true) || hints.thousands == Some(Some(Group::Dot))) =>
            {
                (Some(Group::Dot), true)
            }
            (true | false, false) => (None, false),
            (false, true) if has(COMMA_SURE) => (None, true),
            (false, true) if has(DOLLAR | POUND | YEN) && hints.decimal_comma != Some(true) => {
                (Some(Group::Comma), false)
            }
            (false, true) if either(hints)? => (None, true),
            (false, true) => (Some(Group::Comma), false),
        },
        _ => return None,
    };
    let marked = matches!(group, Some(Group::Space | Group::Apostrophe));
    if marked && has(FLOAT) && has(COMMA) {
        return None;
    }
    let float = match group {
        Some(Group::Comma) => has(FLOAT),
        Some(Group::Dot) => has(COMMA),
        _ => has(FLOAT | COMMA),
    };
    if has(BIG) || hints.thousands.is_some_and(|wanted| group.is_some() && wanted != group) {
        return None;
    }
    if float && hints.decimal_comma.is_some_and(|wanted| wanted != comma) {
        return None;
    }
    if !float && affix.is_none() {
        if group.is_none() {
            return Some(Target::Int);
        }
        comma = false;
    }
    if group.is_none() && affix.is_none() {
        return Some(Target::Float { comma });
    }
    Some(Target::Number(Form { group, comma, float: float || affix.is_some(), affix }))
}

/// Whether the comma of `1,234` is a decimal mark; nothing where nobody knows.
fn either(hints: Hints) -> Option<bool> {
    if let Some(comma) = hints.decimal_comma {
        return Some(comma);
    }
    match hints.thousands {
        Some(Some(Group::Comma)) => return Some(false),
        Some(_) => return Some(true),
        None => {}
    }
    if hints.comma_separates { Some(false) } else { hints.likely_comma }
}

/// Whether the set can only ever become text, whatever else is met.
pub(crate) fn is_settled_text(kinds: Kinds) -> bool {
    let kinds = kinds & !WORD_FOR_MISSING;
    let has = |wanted: Kinds| kinds & wanted != 0;
    let dotted = DATE_DOT | CLOCKS;
    let (named, short) = (NAMED | CLOCKS, SHORT | CLOCKS);
    let families = [NUMBERS, BOOL, YES | NO, T | F, Y | N, dotted, SLASHED, ISO, UTC, TIME, TIME_HALF, named, short];
    has(TEXT)
        || !families.iter().any(|family| kinds & !family == 0)
        || (has(FLOAT_SURE) && has(COMMA_SURE))
        || has(BIG)
        || (has(SYMBOLS) && has(BARE))
        || (kinds & GROUPED).count_ones() > 1
        || (has(DATE_DMY) && has(DATE_MDY))
        || (has(LOCAL) && has(LOCAL_HALF))
        || (has(NOT_DMY) && (has(SHORT_DOT) || (has(NOT_MDY) && has(NOT_YMD))))
        || (kinds & (SHORT_SLASH | SHORT_DASH | SHORT_DOT)).count_ones() > 1
}

/// The kinds of one field with content, quotes taken away.
pub(crate) fn classify(field: &[u8]) -> Kinds {
    classify_with(field, &Tokens::Usual)
}

/// The same where the words for missing values are given.
pub(crate) fn classify_with(field: &[u8], tokens: &Tokens) -> Kinds {
    let field = field.trim_ascii();
    let [first, ..] = field else { return 0 };
    if tokens.find(field).is_some() {
        return WORD_FOR_MISSING;
    }
    match first {
        b'0'..=b'9' | b'-' | b'.' | b'$' | 0xc2 | 0xe2 => classify_number_or_date(field),
        b',' => number_kinds(field).unwrap_or(TEXT),
        b'i' | b'I' if values::infinity(field).is_some() => FLOAT | FLOAT_SURE | BARE,
        _ => match field {
            [b't' | b'T'] => T,
            [b'f' | b'F'] => F,
            [b'y' | b'Y'] => Y,
            [b'n' | b'N'] => N,
            _ if field.len() > 5 => match dates::kinds_of(field) {
                0 => TEXT,
                kinds => kinds,
            },
            _ if field.eq_ignore_ascii_case(b"yes") => YES,
            _ if field.eq_ignore_ascii_case(b"no") => NO,
            _ if values::bool(field).is_some() => BOOL,
            _ => TEXT,
        },
    }
}

fn number_kinds(field: &[u8]) -> Option<Kinds> {
    let (_, number, affix) = values::without_affix(field);
    let sign = affix.map_or(BARE, Affix::kind);
    let marks = values::marks(number)?;
    let lead = match marks.lead {
        1 => LEAD_1,
        2 => LEAD_2,
        _ => LEAD_3,
    };
    let group = match marks.group {
        None => 0,
        Some(_) if marks.either => 0,
        Some(Group::Comma) => GROUPED_COMMA | lead,
        Some(Group::Dot) => GROUPED_DOT | lead,
        Some(Group::Space) => GROUPED_SPACE | lead,
        Some(Group::Apostrophe) => GROUPED_APOSTROPHE | lead,
    };
    let point = match (marks.point, marks.either) {
        (Some(b'.'), false) => FLOAT | FLOAT_SURE,
        (Some(b'.'), true) => FLOAT,
        (Some(_), false) => COMMA | COMMA_SURE,
        (Some(_), true) => COMMA,
        (None, _) if marks.digits > 18 && (group != 0 || values::int(field).is_none()) => BIG,
        (None, _) if group != 0 => 0,
        (None, _) if affix.is_some() => INT,
        // Bare whole numbers are known already; `-0` is none, since it would be written back without its sign.
        (None, _) => FLOAT | FLOAT_SURE,
    };
    Some(sign | group | point)
}

fn classify_number_or_date(field: &[u8]) -> Kinds {
    if values::int(field).is_some() {
        return INT | BARE;
    }
    if values::is_whole(field) {
        return BIG | BARE;
    }
    if let Some(kinds) = number_kinds(field) {
        // What is no number to the strict eye (`-0`, `00.5`) is text.
        let plain = kinds & (GROUPED | SYMBOLS) == 0;
        let read = values::float(field).is_some() || values::float_comma(field).is_some();
        return if plain && !read { TEXT } else { kinds };
    }
    if values::float(field).is_some() {
        return FLOAT | FLOAT_SURE | BARE;
    }
    if values::float_comma(field).is_some() {
        return COMMA | COMMA_SURE | BARE;
    }
    if values::date(field, DateOrder::YearMonthDay).is_some() {
        return DATE;
    }
    let kinds = slashed(field, |field, order| values::date(field, order).is_some());
    if kinds != 0 {
        return kinds;
    }
    if values::time(field).is_some() {
        return TIME;
    }
    if values::time_half(field).is_some() {
        return TIME_HALF;
    }
    if let Some(found) = values::datetime(field) {
        return (if found.utc { TIMED_UTC } else { TIMED })
            | (if found.nanos % 1000 != 0 { TIMED_NANO } else { 0 })
            | (if found.in_nanos().is_none() { TIMED_FAR } else { 0 });
    }
    match slashed(field, |field, order| values::local_datetime(field, order).is_some_and(|m| m.nanos % 1000 == 0)) {
        0 => match dates::kinds_of(field) {
            0 => TEXT,
            kinds => kinds,
        },
        TEXT => TEXT,
        kinds if field.ends_with(b"m") || field.ends_with(b"M") || field.ends_with(b".") => kinds | LOCAL_HALF,
        kinds => kinds | LOCAL,
    }
}

/// The kinds of a date whose order is open.
fn slashed(field: &[u8], reads: impl Fn(&[u8], DateOrder) -> bool) -> Kinds {
    let dotted = field.iter().take(3).any(|byte| *byte == b'.');
    match (reads(field, DateOrder::DayMonthYear), reads(field, DateOrder::MonthDayYear)) {
        (true, _) if dotted => DATE_DOT,
        (false, true) if dotted => TEXT,
        (true, true) => DATE_EITHER,
        (true, false) => DATE_DMY,
        (false, true) => DATE_MDY,
        (false, false) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_with(hints: Hints, fields: &[&str], expected: Target) {
        let kinds = fields.iter().fold(0, |kinds, field| kinds | classify(field.as_bytes()));
        assert_eq!(resolve(kinds, hints), expected, "{fields:?} {kinds:b}");
        if expected != Target::Text {
            assert!(!is_settled_text(kinds), "{fields:?}");
        }
    }

    fn check(fields: &[&str], expected: Target) {
        check_with(Hints::default(), fields, expected);
    }

    #[test]
    fn the_type_rests_on_all_fields() {
        let iso = Target::Date(DateOrder::YearMonthDay);
        let moment = |nanos| Target::Datetime { nanos, order: DateOrder::YearMonthDay };
        check(&[], Target::Nothing);
        check(&["1", "-5", "", "NA", "0"], Target::Int);
        check(&["1", "2.5", "1e3", "NaN", "-"], Target::Float { comma: false });
        check(&["1", "99999999999999999999"], Target::Text);
        check(&["1.5", "99999999999999999999"], Target::Text);
        check(&["02210", "12345"], Target::Text);
        check(&["+1"], Target::Text);
        check(&["1", "x"], Target::Text);
        check(&["1,5", "2"], Target::Float { comma: true });
        check(&["1,500", "2,250"], Target::Text);
        check(&["1,500", "2,25"], Target::Float { comma: true });
        check(&["1,5", "2.5"], Target::Text);
        check(&["true", "FALSE", "NA"], Target::Bool(Words::TrueFalse));
        check(&["yes", "No"], Target::Bool(Words::YesNo));
        check(&["Y", "N", ""], Target::Bool(Words::Yn));
        check(&["T", "F"], Target::Bool(Words::Tf));
        check(&["no", "no"], Target::Text);
        check(&["Y", "N", "U"], Target::Text);
        check(&["true", "1"], Target::Text);
        check(&["2018-01-28", "null"], iso);
        check(&["2018-02-30"], Target::Text);
        check(&["28/01/2018", "01/02/2018"], Target::Date(DateOrder::DayMonthYear));
        check(&["01/28/2018", "01/02/2018"], Target::Date(DateOrder::MonthDayYear));
        check(&["03/04/2018", "01/02/2018"], Target::Text);
        check(&["28/01/2018", "01/28/2018"], Target::Text);
        check(&["01.02.2018"], Target::Date(DateOrder::DayMonthYear));
        check(&["28/01/2018 10:30"], Target::Datetime { nanos: false, order: DateOrder::DayMonthYear });
        check(&["2018-01-28T10:30:00", "2018-01-28 10:30:00.5", "2018-01-29"], moment(false));
        check(&["2018-01-28T10:30:00Z", "2018-01-28T10:30:00+02:00"], moment(false));
        check(&["2018-01-28T10:30:00Z", "2018-01-28T10:30:00"], Target::Text);
        check(&["2018-01-28T10:30:00.123456789"], moment(true));
        check(&["NA", ""], Target::Text);
        check(&["12:30", "9:05", "23:59:59"], Target::Time);
        check(&["12:30", "25:30"], Target::Text);
        check(&["12:30", "10.1.2"], Target::Text);
    }

    #[test]
    fn numbers_with_marks() {
        let form = |group, comma, float, affix| Target::Number(Form { group, comma, float, affix });
        let comma = Some(Group::Comma);
        check(&["1,234,567", "12", "1,234"], form(comma, false, false, None));
        check(&["1,234.5", "1,234", "7"], form(comma, false, true, None));
        check(&["1,234", "7.25"], form(comma, false, true, None));
        check(&["1.234,5", "1.234", "7"], form(Some(Group::Dot), true, true, None));
        check(&["1.234.567", "7"], form(Some(Group::Dot), false, false, None));
        check(&["1 234", "12"], form(Some(Group::Space), false, false, None));
        check(&["1\u{202f}234,5", "12"], form(Some(Group::Space), true, true, None));
        check(&["1'234.5"], form(Some(Group::Apostrophe), false, true, None));
        check(&["555 123 456", "212 555 100"], Target::Text);
        check(&["192.168.1.1"], Target::Text);
        check(&["1,23,4"], Target::Text);
        check(&["1.234,5", "1.5"], Target::Text);
        check(&["5%", "12.5 %"], form(None, false, true, Some(Affix::Percent)));
        check(&["5%", "12.5"], Target::Text);
        check(&["$1,234.50", "-$5"], form(comma, false, true, Some(Affix::Dollar)));
        check(&["5,50 €", "1.200,00 €"], form(Some(Group::Dot), true, true, Some(Affix::Euro)));
        check(&["$5", "€5"], Target::Text);
        check(&["0,5", "0,25"], Target::Float { comma: true });
        let hints = Hints { decimal_comma: Some(true), ..Hints::default() };
        check_with(hints, &["1,500", "2,250"], Target::Float { comma: true });
        check_with(hints, &["1.500", "2.250"], form(Some(Group::Dot), false, false, None));
        check_with(hints, &["1.5"], Target::Text);
        let hints = Hints { comma_separates: true, ..Hints::default() };
        check_with(hints, &["1,500", "2,250"], form(comma, false, false, None));
        let hints = Hints { day_first: Some(false), ..Hints::default() };
        check_with(hints, &["03/04/2018"], Target::Date(DateOrder::MonthDayYear));
        check_with(hints, &["28/04/2018"], Target::Date(DateOrder::DayMonthYear));
    }
}
