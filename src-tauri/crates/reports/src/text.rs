//! Text of a report: what data may contain made harmless, and numbers as people write them
//! (thousands separators, four significant digits, a true minus sign).

/// Escapes for element content and quoted attributes. Control characters and the marks that reverse the direction of
/// text, which could make a name look like something else, become U+FFFD.
pub fn esc(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(harmless(c)),
        }
    }
    out
}

/// Text for a picture: plotters escapes markup itself, so only control characters are replaced; cut to `most` characters.
pub fn label(text: &str, most: usize) -> String {
    let mut out: String = text.chars().take(most).map(harmless).collect();
    if text.chars().count() > most {
        out.pop();
        out.push('…');
    }
    out
}

/// A character that does not control anything.
pub fn harmless(c: char) -> char {
    match c {
        '\n' | '\t' => ' ',
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => '\u{FFFD}',
        c if c.is_control() => '\u{FFFD}',
        c => c,
    }
}

/// A count: `20,000`.
pub fn count(value: u64) -> String {
    group(&value.to_string())
}

/// «1 row», «2 rows».
pub fn plural(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(value), if value == 1 { one } else { many })
}

/// Inserts thousands separators into a run of digits.
fn group(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number with fixed decimals.
pub fn fixed(value: f64, decimals: usize) -> String {
    if value.is_nan() {
        return "–".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "−∞" }.into();
    }
    let text = format!("{:.decimals$}", value.abs());
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let sign = if value < 0.0 && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) { "−" } else { "" };
    let dot = if part.is_empty() { "" } else { "." };
    format!("{sign}{}{dot}{part}", group(whole))
}

/// Decimals that show `digits` significant digits of a value.
pub fn decimals(value: f64, digits: i32) -> usize {
    if value == 0.0 || !value.is_finite() {
        return 0;
    }
    let exponent = value.abs().log10().floor() as i32;
    usize::try_from((digits - 1 - exponent).max(0)).unwrap_or(0)
}

/// A metric: four decimals below one, four significant digits above and for what is small, trailing zeros kept, so that columns align (`0.8420`).
pub fn figure(value: f64) -> String {
    if value.is_finite() && value != 0.0 && (value.abs() < 1e-4 || value.abs() >= 1e12) {
        return scientific(value);
    }
    let decimals = if value.abs() < 1.0 && value.abs() >= 0.01 { 4 } else { decimals(value, 4) };
    fixed(value, decimals.min(6))
}

/// A statistic: at most `digits` significant digits, without trailing zeros (`43.2`, `1,234`).
pub fn brief(value: f64, digits: i32) -> String {
    if value.is_finite() && value != 0.0 && (value.abs() < 1e-4 || value.abs() >= 1e12) {
        return scientific(value);
    }
    let text = fixed(value, decimals(value, digits));
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn scientific(value: f64) -> String {
    let text = format!("{value:.2e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let raised: String = exponent
        .chars()
        .map(|c| match c {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            '4' => '⁴',
            '5' => '⁵',
            '6' => '⁶',
            '7' => '⁷',
            '8' => '⁸',
            '9' => '⁹',
            _ => '⁰',
        })
        .collect();
    format!("{} × 10{raised}", mantissa.replace('-', "−"))
}

/// A share of 1: `4.90 %`.
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return "–".into();
    }
    let value = share * 100.0;
    format!("{} %", fixed(value, if value.abs() < 9.95 { 2 } else { 1 }))
}

/// Part of a whole as a share; NaN of nothing.
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { f64::NAN } else { part as f64 / whole as f64 }
}

/// A size: `1.4 MB`.
pub fn bytes(size: u64) -> String {
    let mut value = size as f64;
    for unit in ["bytes", "kB", "MB", "GB"] {
        if value < 1000.0 {
            return format!("{} {unit}", brief(value, 3));
        }
        value /= 1000.0;
    }
    format!("{} TB", brief(value, 4))
}

/// A duration: `0.4 s`, `3 min 20 s`, `2 h 5 min`.
pub fn duration(secs: f64) -> String {
    if !secs.is_finite() || secs < 0.0 {
        return "–".into();
    }
    if secs < 60.0 {
        return format!("{} s", brief(secs, 2));
    }
    let whole = secs.round() as u64;
    if whole < 3600 {
        format!("{} min {} s", whole / 60, whole % 60)
    } else {
        format!("{} h {} min", count(whole / 3600), whole % 3600 / 60)
    }
}

/// `2026-11-20T12:06:31Z` as `20 November 2026, 12:06 UTC`; anything else as it stands.
pub fn date(rfc3339: &str) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let read = || {
        let year: u32 = rfc3339.get(0..4)?.parse().ok()?;
        let month: usize = rfc3339.get(5..7)?.parse().ok()?;
        let day: u32 = rfc3339.get(8..10)?.parse().ok()?;
        let clock = rfc3339.get(11..16)?;
        let zone = if rfc3339.ends_with('Z') || rfc3339.ends_with("+00:00") { " UTC" } else { "" };
        Some(format!("{day} {} {year}, {clock}{zone}", MONTHS.get(month.checked_sub(1)?)?))
    };
    read().unwrap_or_else(|| rfc3339.to_owned())
}

/// The first and last hex digits of a digest: `51ce88d2…0b7e`; short texts as they stand.
pub fn short_digest(digest: &str) -> String {
    let all: Vec<char> = digest.chars().collect();
    if all.len() <= 14 {
        return digest.to_owned();
    }
    let (first, last): (String, String) = (all[..8].iter().collect(), all[all.len() - 4..].iter().collect());
    format!("{first}…{last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        for (got, wanted) in [
            (figure(0.842), "0.8420"),
            (figure(-0.00123), "−0.001230"),
            (figure(12.3456), "12.35"),
            (figure(0.04), "0.0400"),
            (figure(123_456.7), "123,457"),
            (figure(f64::NAN), "–"),
            (figure(f64::NEG_INFINITY), "−∞"),
            (figure(0.000_012_3), "1.23 × 10⁻⁵"),
            (figure(0.0), "0"),
            (brief(43.20, 3), "43.2"),
            (brief(100.0, 3), "100"),
            (fixed(-0.0001, 2), "0.00"),
            (percent(0.049), "4.90 %"),
            (count(1_234_567), "1,234,567"),
            (bytes(1_400_000), "1.4 MB"),
            (duration(200.0), "3 min 20 s"),
            (date("2026-11-20T12:06:31Z"), "20 November 2026, 12:06 UTC"),
            (date("2026-13-20T12:06:31Z"), "2026-13-20T12:06:31Z"),
            (date("é"), "é"),
        ] {
            assert_eq!(got, wanted);
        }
    }

    #[test]
    fn data_cannot_leave_its_place() {
        assert_eq!(esc("<a href=\"x\" o='y'>&"), "&lt;a href=&quot;x&quot; o=&#39;y&#39;&gt;&amp;");
        assert_eq!(esc("a\u{202E}b\0"), "a\u{FFFD}b\u{FFFD}");
        assert_eq!(label("abcdef", 4), "abc…");
    }
}
