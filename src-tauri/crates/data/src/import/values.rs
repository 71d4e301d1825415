//! From the bytes of a field to a value: strict, so that what is read can be written back as it stood.
//!
//! A number with a leading zero (`02210`) or a plus sign is no number here; one with its thousands set apart, a currency
//! or a percent sign is one only where its whole column is written so ([`Form`]). Floats are correctly rounded: short ones exactly as m × 10^−k (Clinger 1990), the others by `fast-float2`.

use super::dates;
use super::kinds::{Affix, DateOrder, Form, Group, Words};
use crate::steps::date_format::half_day;

/// A whole number in 64 bits, without leading zeros.
#[inline(always)]
pub(crate) fn int(field: &[u8]) -> Option<i64> {
    let (negative, digits) = match field {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    match digits {
        [b'0'] if !negative => return Some(0),
        [b'1'..=b'9', ..] => {}
        _ => return None,
    }
    if digits.len() > 18 {
        return long_int(field);
    }
    let (mut value, mut rest) = (0u64, digits);
    while let Some((eight, tail)) = rest.split_first_chunk::<8>() {
        value = value.wrapping_mul(100_000_000).wrapping_add(eight_digits(u64::from_le_bytes(*eight))?);
        rest = tail;
    }
    for byte in rest {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    Some(if negative { -(value as i64) } else { value as i64 })
}

#[cold]
fn long_int(field: &[u8]) -> Option<i64> {
    atoi_simd::parse::<i64, false, false>(field).ok()
}

/// The number that eight digits in one register mean (Johnny Lee 2017).
#[inline(always)]
fn eight_digits(word: u64) -> Option<u64> {
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    let digits = word.wrapping_sub(ZEROS);
    if ((word.wrapping_add(0x4646_4646_4646_4646)) | digits) & 0x8080_8080_8080_8080 != 0 {
        return None;
    }
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let low = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
    let high = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
    Some(low.wrapping_add(high) >> 32)
}

/// A whole number of up to sixteen digits without a sign, read from the eight or sixteen bytes that end where the field
/// does, without a look at single digits. Nothing where the field is another, or lies within the first bytes of the text:
/// [`int`] looks closer.
#[inline(always)]
pub(crate) fn quick_int(text: &[u8], start: usize, end: usize) -> Option<i64> {
    let length = end.wrapping_sub(start);
    let value = if length.wrapping_sub(1) < 8 {
        eight_digits(padded_eight(text, length, end)?)?
    } else {
        sixteen_digits(padded_sixteen(text, length, end)?)?
    };
    if text[start] == b'0' && length > 1 { None } else { Some(value as i64) }
}

/// As [`quick_int`] for a number with a decimal point or without, of up to sixteen characters: see [`float`].
#[inline(always)]
pub(crate) fn quick_float(text: &[u8], start: usize, end: usize) -> Option<f64> {
    // The point is taken out of the word of characters: what stands before it moves one place to the right. The lowest
    // bit of the marks stands at the first point; what is above it may be a false mark, and a second point is no digit.
    macro_rules! without_point {
        ($word:ty, $padded:ident) => {{
            const ONES: $word = <$word>::from_ne_bytes([1; size_of::<$word>()]);
            let digits = $padded(text, end.wrapping_sub(start), end)?;
            let other = digits ^ (ONES * b'.' as $word);
            let points = other.wrapping_sub(ONES) & !other & (ONES * 0x80);
            if points == 0 {
                (digits, 0)
            } else {
                let place = points.trailing_zeros() & !7;
                let before = digits & !(<$word>::MAX << place);
                let behind = digits & (<$word>::MAX << place << 8);
                (behind | before << 8 | b'0' as $word, size_of::<$word>() - 1 - place as usize / 8)
            }
        }};
    }
    let length = end.wrapping_sub(start);
    let (mantissa, after) = if length.wrapping_sub(1) < 8 {
        let (digits, after) = without_point!(u64, padded_eight);
        (eight_digits(digits)?, after)
    } else {
        let (digits, after) = without_point!(u128, padded_sixteen);
        (sixteen_digits(digits)?, after)
    };
    let leading_zero = text[start] == b'0' && text.get(start + 1).is_some_and(u8::is_ascii_digit);
    if leading_zero || mantissa > 1 << 53 || (length == 1 && text[start] == b'.') {
        return None;
    }
    Some(mantissa as f64 / POWERS[after & 15])
}

/// The bytes that end with a field of one to eight bytes, its first character lowest, those before it made `0`.
#[inline(always)]
fn padded_eight(text: &[u8], length: usize, end: usize) -> Option<u64> {
    let bytes = text.get(end.wrapping_sub(8)..end)?.first_chunk::<8>()?;
    let own = u64::MAX << ((8 - length) * 8);
    Some(u64::from_le_bytes(*bytes) & own | u64::from_ne_bytes([b'0'; 8]) & !own)
}

/// As [`padded_eight`] for one to sixteen; nothing for other lengths.
#[inline(always)]
fn padded_sixteen(text: &[u8], length: usize, end: usize) -> Option<u128> {
    if length.wrapping_sub(1) > 15 {
        return None;
    }
    let bytes = text.get(end.wrapping_sub(16)..end)?.first_chunk::<16>()?;
    let own = u128::MAX << ((16 - length) * 8);
    Some(u128::from_le_bytes(*bytes) & own | u128::from_ne_bytes([b'0'; 16]) & !own)
}

#[inline(always)]
fn sixteen_digits(digits: u128) -> Option<u64> {
    Some(eight_digits(digits as u64)? * 100_000_000 + eight_digits((digits >> 64) as u64)?)
}

/// Whether the field is a whole number of any length, without leading zeros.
pub(crate) fn is_whole(field: &[u8]) -> bool {
    let digits = field.strip_prefix(b"-").unwrap_or(field);
    matches!(digits, [b'0'] | [b'1'..=b'9', ..]) && digits.iter().all(u8::is_ascii_digit) && field != b"-0"
}

const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// A number with or without a decimal point and exponent; no leading zeros, finite unless it says infinity.
#[inline(always)]
pub(crate) fn float(field: &[u8]) -> Option<f64> {
    float_with(field, b'.')
}

#[inline(always)]
fn float_with(field: &[u8], point: u8) -> Option<f64> {
    let (negative, number) = match field {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    if number.len() > 18 || matches!(number, [b'0', b'0'..=b'9', ..] | []) {
        return long_float(field, point);
    }
    let (mut mantissa, mut digits, mut after) = (0u64, 0usize, None);
    for (index, byte) in number.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
            digits = digits.wrapping_add(1);
        } else if *byte == point && after.is_none() {
            after = Some(number.len().wrapping_sub(index).wrapping_sub(1));
        } else {
            return long_float(field, point);
        }
    }
    if digits == 0 || mantissa > 1 << 53 {
        return long_float(field, point);
    }
    let value = mantissa as f64 / POWERS[after.unwrap_or(0).min(22)];
    Some(if negative { -value } else { value })
}

#[cold]
#[inline(never)]
fn long_float(field: &[u8], point: u8) -> Option<f64> {
    let number = field.strip_prefix(b"-").unwrap_or(field);
    match number {
        [b'0', b'0'..=b'9', ..] => return None,
        [b'0'..=b'9', ..] => {}
        [first, b'0'..=b'9', ..] if *first == point => {}
        _ => return infinity(field),
    }
    let value = if point == b'.' {
        fast_float2::parse::<f64, _>(field).ok()?
    } else {
        if field.contains(&b'.') {
            return None;
        }
        let dotted: Vec<u8> = field.iter().map(|byte| if *byte == point { b'.' } else { *byte }).collect();
        fast_float2::parse::<f64, _>(dotted).ok()?
    };
    value.is_finite().then_some(value)
}

/// A number with a decimal comma.
#[inline]
pub(crate) fn float_comma(field: &[u8]) -> Option<f64> {
    float_with(field, b',')
}

/// The longest number with marks that is read.
const LONGEST: usize = 48;

/// A number with a mark between its thousands, a currency sign or a percent sign, without them: as it is written
/// otherwise. Nothing where it is not of this form.
fn stripped<'a>(field: &[u8], form: Form, room: &'a mut [u8; LONGEST]) -> Option<&'a [u8]> {
    let (negative, number, affix) = without_affix(field);
    if affix != form.affix || number.len() + 1 > LONGEST {
        return None;
    }
    let point = if form.comma { b',' } else { b'.' };
    let mut length = 0;
    if negative {
        room[0] = b'-';
        length = 1;
    }
    let Some(group) = form.group else {
        room[length..length + number.len()].copy_from_slice(number);
        return Some(&room[..length + number.len()]);
    };
    // Digits since the last mark; the first group has one to three.
    let (mut rest, mut run, mut marks) = (number, 0usize, 0usize);
    while let Some((first, tail)) = rest.split_first() {
        if first.is_ascii_digit() {
            run += 1;
            room[length] = *first;
            length += 1;
            rest = tail;
        } else if let Some(mark) = group.length_at(rest) {
            if (marks == 0 && !(1..=3).contains(&run)) || (marks > 0 && run != 3) || number[0] == b'0' {
                return None;
            }
            marks += 1;
            run = 0;
            rest = &rest[mark..];
        } else if form.float && (*first == point || (matches!(first, b'e' | b'E') && marks == 0)) {
            if marks > 0 && run != 3 {
                return None;
            }
            room[length..length + rest.len()].copy_from_slice(rest);
            return Some(&room[..length + rest.len()]);
        } else {
            return None;
        }
    }
    (marks == 0 || run == 3).then_some(&room[..length])
}

/// A whole number of a form.
pub(crate) fn formed_int(field: &[u8], form: Form) -> Option<i64> {
    int(stripped(field, form, &mut [0; LONGEST])?)
}

/// A number of a form; percent and currency signs are left away, the number stays as written.
pub(crate) fn formed_float(field: &[u8], form: Form) -> Option<f64> {
    float_with(stripped(field, form, &mut [0; LONGEST])?, if form.comma { b',' } else { b'.' })
}

/// Sign, digits and sign of percent or currency of a number: `-$5`, `$-5`, `5 %`, `5€`.
pub(crate) fn without_affix(field: &[u8]) -> (bool, &[u8], Option<Affix>) {
    let (mut negative, mut rest, mut affix) = (false, field, None);
    if let Some(tail) = rest.strip_prefix(b"-") {
        (negative, rest) = (true, tail);
    }
    for sign in Affix::ALL {
        let text = sign.as_str().as_bytes();
        if sign != Affix::Percent
            && let Some(tail) = rest.strip_prefix(text)
        {
            rest = tail.strip_prefix(b" ").unwrap_or(tail);
            affix = Some(sign);
            break;
        }
        if let Some(head) = rest.strip_suffix(text) {
            rest = head.strip_suffix(b" ").or_else(|| head.strip_suffix("\u{a0}".as_bytes())).unwrap_or(head);
            affix = Some(sign);
            break;
        }
    }
    if affix.is_some()
        && !negative
        && let Some(tail) = rest.strip_prefix(b"-")
    {
        (negative, rest) = (true, tail);
    }
    (negative, rest, affix)
}

/// A text of digits with marks between them: the mark between groups, whether groups are sure, and the decimal mark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// The mark between groups of three.
    pub group: Option<Group>,
    /// The mark before the fraction.
    pub point: Option<u8>,
    /// One mark that may be either: `1,234`.
    pub either: bool,
    /// Digits before the first mark.
    pub lead: usize,
    /// Digits in all.
    pub digits: usize,
}

/// Looks at the marks of a number without sign; nothing where it is none.
pub(crate) fn marks(number: &[u8]) -> Option<Marks> {
    let mut found = Marks::default();
    // The kinds of marks in their order: all but the last must be one kind, between groups of three.
    let (mut rest, mut run, mut count) = (number, 0usize, 0usize);
    let (mut group, mut last): (Option<Group>, Option<Group>) = (None, None);
    while let Some((first, tail)) = rest.split_first() {
        if first.is_ascii_digit() {
            run += 1;
            found.digits += 1;
            rest = tail;
            continue;
        }
        let mark = Group::ALL.into_iter().find_map(|group| group.length_at(rest).map(|length| (group, length)));
        let (kind, length) = mark?;
        if count == 0 {
            found.lead = run;
        } else if run != 3 || (count > 1 && group != last) {
            return None;
        }
        group = group.or(Some(kind));
        last = Some(kind);
        count += 1;
        run = 0;
        rest = &rest[length..];
    }
    if found.digits == 0 {
        return None;
    }
    let (Some(first), Some(last)) = (group, last) else {
        found.lead = run;
        return (number[0] != b'0' || found.digits == 1).then_some(found);
    };
    let groups = (1..=3).contains(&found.lead) && number[0] != b'0';
    let point = match last {
        Group::Comma => Some(b','),
        Group::Dot => Some(b'.'),
        _ => None,
    };
    if count == 1 {
        if groups && run == 3 {
            found.group = Some(first);
            found.either = point.is_some();
            found.point = point;
        } else {
            // A fraction: `0.5`, `12,25`, `.5`; no zero before other digits.
            found.point = Some(point?);
            if found.lead > 1 && number[0] == b'0' {
                return None;
            }
        }
    } else if first == last {
        if !groups || run != 3 {
            return None;
        }
        found.group = Some(first);
    } else {
        if !groups || run == 0 {
            return None;
        }
        found.group = Some(first);
        found.point = Some(point?);
    }
    Some(found)
}

/// Nanoseconds since midnight of `9:30`, `09:30`, `09:30:15` or `09:30:15.25`.
pub(crate) fn time(field: &[u8]) -> Option<i64> {
    let colon = field.iter().take(3).position(|byte| *byte == b':')?;
    let hour = one_or_two(&field[..colon])?;
    let minute = two(field.get(colon + 1..colon + 3)?)?;
    if hour > 23 || minute > 59 {
        return None;
    }
    let (second, nanos, rest) = seconds(&field[colon + 3..])?;
    rest.is_empty().then(|| i64::from(hour * 3600 + minute * 60 + second) * 1_000_000_000 + i64::from(nanos))
}

/// The same, or one of twelve hours with `AM` or `PM` behind it.
pub(crate) fn any_time(field: &[u8]) -> Option<i64> {
    time(field).or_else(|| time_half(field))
}

/// Nanoseconds since midnight of `9:30 AM`, `09:30:15pm`.
pub(crate) fn time_half(field: &[u8]) -> Option<i64> {
    const HOUR: i64 = 3_600_000_000_000;
    // A point may stand behind the letters.
    let length = field.iter().rposition(u8::is_ascii_digit)? + 1;
    let (clock, half) = field.split_at(length);
    let mut half = half.trim_ascii_start();
    let afternoon = half_day(&mut half)?;
    let nanos = time(clock).filter(|nanos| half.is_empty() && (HOUR..13 * HOUR).contains(nanos))?;
    Some(nanos % (12 * HOUR) + if afternoon { 12 * HOUR } else { 0 })
}

/// A time of day behind a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clock {
    /// Nanoseconds since midnight.
    pub nanos: i64,
    /// Whether it is one of twelve hours.
    pub half: bool,
}

/// The date before a clock, and the clock; nothing where a text does not end with one.
pub(crate) fn split_clock(field: &[u8]) -> Option<(&[u8], Clock)> {
    let colon = field.iter().position(|byte| *byte == b':')?;
    let gap = field[..colon].iter().rposition(|byte| *byte == b' ')?;
    let (day, clock) = (field[..gap].trim_ascii_end(), &field[gap + 1..]);
    let day = day.strip_suffix(b",").unwrap_or(day);
    let clock = match time(clock) {
        Some(nanos) => Clock { nanos, half: false },
        None => Clock { nanos: time_half(clock)?, half: true },
    };
    Some((day, clock))
}

/// `:SS` with an optional fraction at the beginning of a text: seconds, nanoseconds, and what follows.
fn seconds(rest: &[u8]) -> Option<(u32, u32, &[u8])> {
    let [b':', more @ ..] = rest else { return Some((0, 0, rest)) };
    let second = two(more.get(..2)?)?;
    if second > 59 {
        return None;
    }
    let rest = &more[2..];
    let [b'.' | b',', more @ ..] = rest else { return Some((second, 0, rest)) };
    let length = more.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 || length > 9 {
        return None;
    }
    let nanos =
        more[..length].iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')) * 10u32.pow(9 - length as u32);
    Some((second, nanos, &more[length..]))
}

/// A date with day and month in an order of their own and a clock behind: `28/01/2018 10:30`.
pub(crate) fn local_datetime(field: &[u8], order: DateOrder) -> Option<Moment> {
    let (day, Clock { nanos, .. }) = split_clock(field)?;
    let day = date(day, order)?;
    Some(Moment {
        seconds: i64::from(day) * 86_400 + nanos / 1_000_000_000,
        nanos: (nanos % 1_000_000_000) as u32,
        utc: false,
    })
}

/// `inf` and `Infinity`.
pub(crate) fn infinity(field: &[u8]) -> Option<f64> {
    let (sign, word) = match field {
        [b'-', rest @ ..] => (-1.0, rest),
        rest => (1.0, rest),
    };
    let known = word.eq_ignore_ascii_case(b"inf") || word.eq_ignore_ascii_case(b"infinity");
    known.then_some(sign * f64::INFINITY)
}

/// `true` or `false`, in small letters, capitals, or with one.
#[inline]
pub(crate) fn bool(field: &[u8]) -> Option<bool> {
    match field {
        b"true" | b"True" | b"TRUE" => Some(true),
        b"false" | b"False" | b"FALSE" => Some(false),
        _ => None,
    }
}

/// One of two words, in whatever capitals.
#[inline]
pub(crate) fn bool_word(field: &[u8], words: Words) -> Option<bool> {
    let (yes, no): (&[u8], &[u8]) = match words {
        Words::TrueFalse => return bool(field),
        Words::YesNo => (b"yes", b"no"),
        Words::Tf => (b"T", b"F"),
        Words::Yn => (b"Y", b"N"),
    };
    if field.eq_ignore_ascii_case(yes) {
        Some(true)
    } else if field.eq_ignore_ascii_case(no) {
        Some(false)
    } else {
        None
    }
}

fn two(bytes: &[u8]) -> Option<u32> {
    match bytes {
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some(u32::from(a - b'0') * 10 + u32::from(b - b'0')),
        _ => None,
    }
}

fn one_or_two(bytes: &[u8]) -> Option<u32> {
    match bytes {
        [a @ b'0'..=b'9'] => Some(u32::from(a - b'0')),
        _ => two(bytes),
    }
}

fn four(bytes: &[u8]) -> Option<i32> {
    let (century, years) = bytes.split_at_checked(2)?;
    Some((two(century)? * 100 + two(years)?) as i32)
}

/// Days since 1970-01-01; nothing for a day that does not exist.
#[inline]
pub(crate) fn date(field: &[u8], order: DateOrder) -> Option<i32> {
    if let DateOrder::Written(formats) = order {
        return dates::day(field, formats);
    }
    if order == DateOrder::YearMonthDay {
        return match field {
            [_, _, _, _, b'-', _, _, b'-', _, _] | [_, _, _, _, b'/', _, _, b'/', _, _] => {
                days(four(&field[..4])?, two(&field[5..7])?, two(&field[8..])?)
            }
            _ => None,
        };
    }
    let mut parts = field.split(|byte| matches!(byte, b'/' | b'-' | b'.'));
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 || field[first.len()] != field[first.len() + 1 + second.len()] {
        return None;
    }
    let (first, second) = (one_or_two(first)?, one_or_two(second)?);
    match order {
        DateOrder::MonthDayYear => days(four(year)?, first, second),
        _ => days(four(year)?, second, first),
    }
}

/// Days from civil (Hinnant 2013), after checking that the day exists.
pub(crate) fn days(year: i32, month: u32, day: u32) -> Option<i32> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        1..=12 => 31,
        _ => return None,
    };
    if day == 0 || day > length {
        return None;
    }
    let (year, month, day) = (year - i32::from(month <= 2), month as i32, day as i32);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Seconds since 1970-01-01T00:00:00 (in UTC where an offset was given).
    pub seconds: i64,
    /// Nanoseconds of the second.
    pub nanos: u32,
    /// Whether an offset was given.
    pub utc: bool,
}

impl Moment {
    pub fn in_micros(self) -> i64 {
        self.seconds * 1_000_000 + i64::from(self.nanos / 1000)
    }

    pub fn in_nanos(self) -> Option<i64> {
        self.seconds.checked_mul(1_000_000_000)?.checked_add(i64::from(self.nanos))
    }
}

/// An ISO 8601 date and time: `T` or a space between, seconds, fraction and offset optional.
pub(crate) fn datetime(field: &[u8]) -> Option<Moment> {
    let (day, rest) = field.split_at_checked(10)?;
    let day = date(day, DateOrder::YearMonthDay)?;
    let (b'T' | b' ' | b't', rest) = rest.split_first().map(|(first, rest)| (*first, rest))? else { return None };
    let hour = two(rest.get(..2)?)?;
    let minute = two(rest.get(3..5)?)?;
    if rest[2] != b':' || hour > 23 || minute > 59 {
        return None;
    }
    let (second, nanos, rest) = seconds(&rest[5..])?;
    let (utc, offset) = match rest {
        [] => (false, 0),
        b"Z" | b"z" => (true, 0),
        [sign @ (b'+' | b'-'), clock @ ..] => {
            let (hours, minutes) = match clock {
                [_, _] => (two(clock)?, 0),
                [_, _, b':', _, _] => (two(&clock[..2])?, two(&clock[3..])?),
                [_, _, _, _] => (two(&clock[..2])?, two(&clock[2..])?),
                _ => return None,
            };
            let offset = i64::from(hours * 3600 + minutes * 60);
            (true, if *sign == b'-' { -offset } else { offset })
        }
        _ => return None,
    };
    let seconds = i64::from(day) * 86_400 + i64::from(hour * 3600 + minute * 60 + second) - offset;
    Some(Moment { seconds, nanos, utc })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whole_numbers_round_trip(value: i64) {
            prop_assert_eq!(int(value.to_string().as_bytes()), Some(value));
        }

        #[test]
        fn floats_are_correctly_rounded(value: f64, digits in 0usize..9) {
            let short = format!("{:.digits$}", value % 1e9);
            for text in [format!("{value:?}"), format!("{value:e}"), short] {
                let expected = text.parse::<f64>().ok().filter(|v| v.is_finite());
                prop_assert_eq!(float(text.as_bytes()).map(f64::to_bits), expected.map(f64::to_bits), "{}", text);
            }
        }

        /// What stands before a field must not matter, and where the quick way answers, the slow one says the same.
        #[test]
        fn the_quick_way_agrees(before in "[0-9.,x-]{0,20}", field in "(0|[1-9][0-9]{0,9})?[.]?[0-9]{0,9}|[0-9.x-]{0,17}") {
            let text = format!("{before}{field}");
            let (start, end) = (before.len(), text.len());
            if let Some(value) = quick_int(text.as_bytes(), start, end) {
                prop_assert_eq!(int(field.as_bytes()), Some(value));
            }
            if let Some(value) = quick_float(text.as_bytes(), start, end) {
                prop_assert_eq!(float(field.as_bytes()).map(f64::to_bits), Some(value.to_bits()));
            }
            // It must answer where it can: another change would only be slow, and nobody would know.
            let plain = end >= 16 && (1..=15).contains(&field.len());
            if plain && int(field.as_bytes()).is_some_and(|value| value >= 0) {
                prop_assert!(quick_int(text.as_bytes(), start, end).is_some());
                prop_assert!(quick_float(text.as_bytes(), start, end).is_some());
            }
            if plain && !field.starts_with('-') && float(field.as_bytes()).is_some() {
                prop_assert!(quick_float(text.as_bytes(), start, end).is_some());
            }
        }

        #[test]
        fn whatever_comes_nothing_panics(bytes: Vec<u8>) {
            std::hint::black_box((int(&bytes), float(&bytes), float_comma(&bytes), datetime(&bytes), is_whole(&bytes)));
            std::hint::black_box([DateOrder::YearMonthDay, DateOrder::DayMonthYear].map(|order| date(&bytes, order)));
        }
    }

    #[test]
    fn numbers_that_are_none() {
        for text in ["02210", "+1", "1_000", "1,000", "-", "", "0x1f", "--1", "1-", "-0", "00", "12345678a", "/2345678"]
        {
            assert_eq!(int(text.as_bytes()), None, "{text}");
        }
        for text in ["02210", "1,000", "1.5x", "00.5", "1.2.3", ".", "1e5"] {
            let padded = format!("{:>20}", text);
            let end = padded.len();
            let start = end - text.len();
            assert_eq!(quick_int(padded.as_bytes(), start, end), None, "{text}");
            assert_eq!(quick_float(padded.as_bytes(), start, end), None, "{text}");
        }
        for text in ["00.5", "+1.5", "1.2.3", ".", "1e999", "nan", "e5", "-.", "1,5", "1.5x"] {
            assert_eq!(float(text.as_bytes()), None, "{text}");
        }
        assert_eq!(float(b".5"), Some(0.5));
        assert_eq!(float(b"5."), Some(5.0));
        assert_eq!(float(b"-inf"), Some(f64::NEG_INFINITY));
        assert_eq!(float_comma(b"-1,25"), Some(-1.25));
        assert_eq!(int(b"9223372036854775807"), Some(i64::MAX));
        assert_eq!(int(b"9223372036854775808"), None);
    }

    #[test]
    fn days_and_moments() {
        let day = |text: &str| date(text.as_bytes(), DateOrder::YearMonthDay);
        assert_eq!(day("1970-01-01"), Some(0));
        assert_eq!(day("2000-02-29"), Some(11016));
        assert_eq!(day("1900-02-29"), None);
        assert_eq!(day("1969-12-31"), Some(-1));
        assert_eq!(date(b"28/1/2018", DateOrder::DayMonthYear), day("2018-01-28"));
        assert_eq!(date(b"1-28-2018", DateOrder::MonthDayYear), day("2018-01-28"));
        assert_eq!(date(b"1/28-2018", DateOrder::MonthDayYear), None);
        let moment = datetime(b"1970-01-02T01:00:00.5+01:00").unwrap();
        assert_eq!((moment.in_micros(), moment.utc), (86_400_500_000, true));
        assert_eq!(datetime(b"1970-01-01 00:01").unwrap().seconds, 60);
        assert_eq!(datetime(b"1970-01-01 24:01"), None);
    }
}
