//! Times: milliseconds since 1970 in the database, RFC 3339 UTC outside.

use jiff::{Timestamp, civil, tz::TimeZone};

/// Now, in milliseconds.
pub(crate) fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// RFC 3339 UTC; empty for a time that no calendar knows.
pub(crate) fn rfc3339(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map(|time| time.to_string()).unwrap_or_default()
}

/// Milliseconds of an RFC 3339 time, or of a date or a time without zone, taken as UTC.
pub(crate) fn parse_ms(text: &str) -> Option<i64> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_millisecond());
    }
    let local = text.parse::<civil::DateTime>().ok().or_else(|| Some(text.parse::<civil::Date>().ok()?.at(0, 0, 0, 0)));
    Some(local?.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

/// Seconds between two times; now where the end is open.
#[expect(clippy::cast_precision_loss, reason = "durations stay far below 2^53 milliseconds")]
pub(crate) fn seconds(start: i64, end: Option<i64>) -> f64 {
    (end.unwrap_or_else(now_ms) - start).max(0) as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_round_trip_and_dates_are_midnight() {
        let ms = parse_ms("2026-11-20T10:00:00.125Z").unwrap();
        assert_eq!(rfc3339(ms), "2026-11-20T10:00:00.125Z");
        assert_eq!(parse_ms("2026-11-20"), parse_ms("2026-11-20T00:00:00Z"));
        assert_eq!(parse_ms("2026-11-20T01:00:00+01:00"), parse_ms("2026-11-20"));
        assert_eq!(parse_ms("yesterday"), None);
    }
}
