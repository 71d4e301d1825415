//! Values as text: what the grid shows, what a profile names. Floats in the shortest way that reads back the same.

use polars::prelude::{AnyValue, TimeUnit};

/// A value as text; none for a missing one (null, or NaN).
pub(crate) fn text_of(value: &AnyValue<'_>) -> Option<String> {
    Some(match value {
        AnyValue::Null => return None,
        AnyValue::Boolean(yes) => yes.to_string(),
        AnyValue::String(text) => (*text).to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        AnyValue::Float64(number) if number.is_nan() => return None,
        AnyValue::Float32(number) if number.is_nan() => return None,
        AnyValue::Float64(number) => float(*number),
        AnyValue::Float32(number) => number.to_string(),
        AnyValue::Date(days) => date(i64::from(*days)),
        AnyValue::Datetime(ticks, unit, zone) => in_zone(*ticks, *unit, zone.is_some()),
        AnyValue::DatetimeOwned(ticks, unit, zone) => in_zone(*ticks, *unit, zone.is_some()),
        AnyValue::Time(nanos) => clock(*nanos),
        AnyValue::Categorical(..) | AnyValue::CategoricalOwned(..) | AnyValue::Enum(..) | AnyValue::EnumOwned(..) => {
            value.get_str().unwrap_or_default().to_owned()
        }
        AnyValue::List(_) | AnyValue::Array(..) | AnyValue::Struct(..) | AnyValue::StructOwned(_) => {
            let mut json = String::new();
            push_json(value, &mut json);
            json
        }
        other => other.to_string(),
    })
}

/// A point in time with a zone is shown in UTC, and says so.
fn in_zone(ticks: i64, unit: TimeUnit, zoned: bool) -> String {
    let mut text = datetime(ticks, unit);
    if zoned {
        text.push('Z');
    }
    text
}

/// Adds a value as JSON: lists as arrays, structs as objects, numbers as they are (NaN and infinities as null), all
/// else as text.
pub(crate) fn push_json(value: &AnyValue<'_>, out: &mut String) {
    match value {
        AnyValue::Null => out.push_str("null"),
        AnyValue::Boolean(yes) => out.push_str(if *yes { "true" } else { "false" }),
        AnyValue::Float64(number) if number.is_finite() => out.push_str(&float(*number)),
        AnyValue::Float32(number) if number.is_finite() => out.push_str(&number.to_string()),
        AnyValue::Float64(_) | AnyValue::Float32(_) => out.push_str("null"),
        AnyValue::List(items) | AnyValue::Array(items, _) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                push_json(&item, out);
            }
            out.push(']');
        }
        AnyValue::Struct(_, _, fields) => {
            push_object(fields.iter().map(|field| field.name().as_str()).zip(value._iter_struct_av()), out);
        }
        AnyValue::StructOwned(owned) => {
            push_object(owned.1.iter().map(|field| field.name().as_str()).zip(owned.0.iter().cloned()), out);
        }
        other if other.is_integer() => out.push_str(&other.to_string()),
        other => push_json_text(&text_of(other).unwrap_or_default(), out),
    }
}

fn push_object<'v>(fields: impl Iterator<Item = (&'v str, AnyValue<'v>)>, out: &mut String) {
    out.push('{');
    for (at, (name, value)) in fields.enumerate() {
        if at > 0 {
            out.push(',');
        }
        push_json_text(name, out);
        out.push(':');
        push_json(&value, out);
    }
    out.push('}');
}

/// Adds a text as a JSON string (RFC 8259).
pub(crate) fn push_json_text(text: &str, out: &mut String) {
    out.push('"');
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..=31 => "",
            _ => continue,
        };
        out.push_str(&text[from..at]);
        if escape.is_empty() {
            out.push_str(&format!("\\u{byte:04x}"));
        } else {
            out.push_str(escape);
        }
        from = at + 1;
    }
    out.push_str(&text[from..]);
    out.push('"');
}

/// The shortest text that reads back as the same number.
pub(crate) fn float(number: f64) -> String {
    let size = number.abs();
    if number != 0.0 && number.is_finite() && !(1e-5..1e16).contains(&size) {
        format!("{number:e}")
    } else {
        number.to_string()
    }
}

/// A day since 1970-01-01 in ISO 8601 (civil from days, Hinnant 2013).
pub(crate) fn date(days: i64) -> String {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// A point in time in ISO 8601 with a space.
pub(crate) fn datetime(ticks: i64, unit: TimeUnit) -> String {
    let per_second = match unit {
        TimeUnit::Milliseconds => 1_000,
        TimeUnit::Microseconds => 1_000_000,
        TimeUnit::Nanoseconds => 1_000_000_000,
    };
    let seconds = ticks.div_euclid(per_second);
    let nanos = ticks.rem_euclid(per_second) * (1_000_000_000 / per_second);
    let of_day = seconds.rem_euclid(86_400) * 1_000_000_000 + nanos;
    format!("{} {}", date(seconds.div_euclid(86_400)), clock(of_day))
}

pub(crate) fn clock(nanos: i64) -> String {
    let (seconds, nanos) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    let mut text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if nanos > 0 {
        let digits = format!("{nanos:09}");
        text.push('.');
        text.push_str(digits.trim_end_matches('0'));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_people_write_them() {
        assert_eq!(float(48.0), "48");
        assert_eq!(float(0.1 + 0.2), "0.30000000000000004");
        assert_eq!(float(1e300), "1e300");
        assert_eq!(float(-2.5e-9), "-2.5e-9");
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(11_016), "2000-02-29");
        assert_eq!(date(-1), "1969-12-31");
        assert_eq!(datetime(-1, TimeUnit::Milliseconds), "1969-12-31 23:59:59.999");
        assert_eq!(datetime(86_400_000_000, TimeUnit::Microseconds), "1970-01-02 00:00:00");
    }
}
