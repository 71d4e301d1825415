//! Numbers, times and sizes as people read them.

/// `20,000`.
#[must_use]
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Four significant digits: `0.8421`, `1,284`, `3.1e-5`. Whole numbers below ten million stay whole.
#[must_use]
pub fn figure(value: f64) -> String {
    significant(value, 4)
}

/// So many significant digits, trailing zeros kept off.
#[must_use]
pub fn significant(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞".into() } else { "−∞".into() };
    }
    if value == 0.0 {
        return "0".into();
    }
    let magnitude = value.abs();
    let text = if magnitude.fract() == 0.0 && magnitude < 1e7 {
        count(magnitude as u64)
    } else if !(1e-4..1e7).contains(&magnitude) {
        let text = format!("{magnitude:.*e}", digits.saturating_sub(1));
        match text.split_once('e') {
            Some((mantissa, exponent)) => format!("{}e{exponent}", trim_zeros(mantissa)),
            None => text,
        }
    } else {
        let before = magnitude.log10().floor() as i32 + 1;
        let decimals = (digits as i32 - before).clamp(0, 12) as usize;
        let text = format!("{magnitude:.decimals$}");
        match text.split_once('.') {
            Some((whole, _)) if whole.len() > 3 => {
                let fraction = &text[whole.len()..];
                trim_zeros(&format!("{}{fraction}", count(whole.parse().unwrap_or_default()))).to_owned()
            }
            None if text.len() > 3 => count(text.parse().unwrap_or_default()),
            _ => trim_zeros(&text).to_owned(),
        }
    };
    if value < 0.0 { format!("−{text}") } else { text }
}

fn trim_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// `14 ms`, `0.3 s`, `42 s`, `1:12`, `2:03:45`.
#[must_use]
pub fn secs(value: f64) -> String {
    if !value.is_finite() || value < 0.0 {
        return "–".into();
    }
    if value < 0.0995 {
        return format!("{:.0} ms", (value * 1000.0).max(if value > 0.0 { 1.0 } else { 0.0 }));
    }
    if value < 9.95 {
        return format!("{value:.1} s");
    }
    let whole = value.round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{}:{:02}", whole / 60, whole % 60),
        _ => format!("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60),
    }
}

/// `0:42`, `1:12`: a clock that runs.
#[must_use]
pub fn clock(value: f64) -> String {
    let whole = if value.is_finite() { value.max(0.0) as u64 } else { 0 };
    if whole >= 3600 {
        format!("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
    } else {
        format!("{}:{:02}", whole / 60, whole % 60)
    }
}

/// `312 B`, `14 KB`, `1.3 MB`, in powers of 1,000.
#[must_use]
pub fn bytes(value: u64) -> String {
    const UNITS: [&str; 5] = ["KB", "MB", "GB", "TB", "PB"];
    if value < 1000 {
        return format!("{value} B");
    }
    let mut amount = value as f64;
    let mut unit = 0;
    loop {
        amount /= 1000.0;
        if amount < 999.5 || unit + 1 == UNITS.len() {
            break;
        }
        unit += 1;
    }
    if amount < 9.95 { format!("{amount:.1} {}", UNITS[unit]) } else { format!("{amount:.0} {}", UNITS[unit]) }
}

/// `44.2 %`; the value is a share from 0 to 1.
#[must_use]
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return "–".into();
    }
    let value = share * 100.0;
    if value != 0.0 && value.abs() < 0.05 {
        return format!("{value:.2} %");
    }
    let text = format!("{value:.1}");
    format!("{} %", text.strip_suffix(".0").filter(|_| value.abs() >= 99.95 || value == 0.0).unwrap_or(&text))
}

/// `just now`, `12 s ago`, `10 min ago`, `2 h ago`, `yesterday`, `12 Nov`, `12 Nov 2025`. Times are RFC 3339 UTC.
#[must_use]
pub fn ago(rfc3339: &str, now_secs: f64) -> String {
    let Some(then) = unix_secs(rfc3339) else { return String::new() };
    let past = now_secs - then;
    match past {
        past if past < 5.0 => "just now".into(),
        past if past < 60.0 => format!("{past:.0} s ago"),
        past if past < 3600.0 => format!("{:.0} min ago", (past / 60.0).floor()),
        past if past < 86_400.0 => format!("{:.0} h ago", (past / 3600.0).floor()),
        past if past < 2.0 * 86_400.0 => "yesterday".into(),
        _ => {
            let (year, month, day) = civil(then);
            let (this_year, _, _) = civil(now_secs);
            let month = MONTHS[(month - 1) as usize];
            if year == this_year { format!("{day} {month}") } else { format!("{day} {month} {year}") }
        }
    }
}

/// `12:03:07` of an RFC 3339 time, shifted by the person's offset from UTC in minutes.
#[must_use]
pub fn time_of_day(rfc3339: &str, offset_minutes: i32) -> String {
    let Some(then) = unix_secs(rfc3339) else { return String::new() };
    let second = (then + f64::from(offset_minutes) * 60.0).rem_euclid(86_400.0) as u64;
    format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Seconds since the Unix epoch of an RFC 3339 time.
#[must_use]
pub fn unix_secs(rfc3339: &str) -> Option<f64> {
    let number = |range: std::ops::Range<usize>| rfc3339.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute) = (number(11..13)?, number(14..16)?);
    let rest = rfc3339.get(17..)?;
    let end = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let second: f64 = rest.get(..end)?.parse().ok()?;
    let offset = match rest.get(end..) {
        Some(zone) if zone.len() == 6 => {
            let minutes = zone.get(1..3)?.parse::<i64>().ok()? * 60 + zone.get(4..6)?.parse::<i64>().ok()?;
            if zone.starts_with('-') { -minutes } else { minutes }
        }
        _ => 0,
    };
    Some((days(year, month, day) * 86_400 + hour * 3600 + minute * 60 - offset * 60) as f64 + second)
}

/// Days since 1970-01-01 (H. Hinnant, "chrono-compatible low-level date algorithms").
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a Unix time.
fn civil(unix: f64) -> (i64, i64, i64) {
    let shifted = (unix / 86_400.0).floor() as i64 + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted - era * 146_097;
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// `1 cell`, `3 cells`.
#[must_use]
pub fn plural(amount: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(amount), if amount == 1 { one } else { many })
}

/// A text that begins with a capital letter, as sentences of the window do.
#[must_use]
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        for (value, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (10_000_000, "10,000,000")] {
            assert_eq!(count(value), text);
        }
        for (value, text) in [
            (0.842_13, "0.8421"),
            (0.1, "0.1"),
            (1_284.3, "1,284"),
            (106.44, "106.4"),
            (-0.5, "−0.5"),
            (20_000.0, "20,000"),
            (0.000_031_25, "3.125e-5"),
            (123_456_789.5, "1.235e8"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(figure(value), text, "{value}");
        }
    }

    #[test]
    fn shares_sizes_and_durations_read_well() {
        for (share, text) in [(0.442, "44.2 %"), (1.0, "100 %"), (0.0, "0 %"), (0.0004, "0.04 %"), (0.05, "5.0 %")] {
            assert_eq!(percent(share), text);
        }
        for (size, text) in [(312, "312 B"), (14_000, "14 KB"), (1_310_000, "1.3 MB"), (999_999, "1.0 MB")] {
            assert_eq!(bytes(size), text);
        }
        for (time, text) in [(0.014, "14 ms"), (0.3, "0.3 s"), (42.2, "42 s"), (72.0, "1:12"), (7425.0, "2:03:45")] {
            assert_eq!(secs(time), text);
        }
    }

    #[test]
    fn sentences_begin_with_a_capital() {
        assert_eq!(["has a long tail", "«a» in 3 rows", ""].map(sentence), ["Has a long tail", "«a» in 3 rows", ""]);
    }

    #[test]
    fn times_are_told_from_now() {
        let now = unix_secs("2026-11-20T12:00:00Z").unwrap();
        assert_eq!(unix_secs("1970-01-02T00:00:00.5Z"), Some(86_400.5));
        assert_eq!(unix_secs("2026-11-20T14:00:00+02:00"), Some(now));
        for (time, text) in [
            ("2026-11-20T11:59:58Z", "just now"),
            ("2026-11-20T11:50:00Z", "10 min ago"),
            ("2026-11-20T10:00:00Z", "2 h ago"),
            ("2026-11-19T10:00:00Z", "yesterday"),
            ("2026-11-12T10:00:00Z", "12 Nov"),
            ("2025-02-28T10:00:00Z", "28 Feb 2025"),
            ("no time", ""),
        ] {
            assert_eq!(ago(time, now), text);
        }
        assert_eq!(time_of_day("2026-11-20T23:30:07.123Z", 60), "00:30:07");
    }
}
