//! New column names that meet no other, and figures as a person reads them.

use std::collections::HashSet;

/// Hands out column names; a name that is taken gets `_2`, `_3`, … and is noted.
pub(super) struct Names {
    taken: HashSet<String>,
    /// Warnings about names that were changed.
    pub warnings: Vec<String>,
}

impl Names {
    /// With the names that stay in the table.
    pub fn new<'a>(taken: impl IntoIterator<Item = &'a str>) -> Self {
        Self { taken: taken.into_iter().map(str::to_owned).collect(), warnings: Vec::new() }
    }

    /// The wanted name, or the next free one like it.
    pub fn take(&mut self, wanted: &str) -> String {
        if self.taken.insert(wanted.to_owned()) {
            return wanted.to_owned();
        }
        let free = (2u64..)
            .map(|count| format!("{wanted}_{count}"))
            .find(|name| !self.taken.contains(name))
            .expect("whole numbers outnumber columns");
        self.taken.insert(free.clone());
        self.warnings.push(format!("«{wanted}» was taken, the new column is «{free}»"));
        free
    }
}

/// A number in four significant digits: `28.1`, `0.0312`, `13,500`.
pub(crate) fn figure(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    if value == 0.0 {
        return "0".into();
    }
    let magnitude = value.abs().log10().floor();
    if !(-5.0..15.0).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    let places = (3.0 - magnitude).max(0.0) as usize;
    let text = format!("{value:.places$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("−", digits));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let mut out = String::from(sign);
    out.push_str(&thousands_of(whole));
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A count with thousands separators.
pub(crate) fn count(value: u64) -> String {
    thousands_of(&value.to_string())
}

/// «1 row holds», «14 rows hold».
pub(super) fn rows_hold(rows: u64) -> String {
    if rows == 1 { "1 row holds".into() } else { format!("{} rows hold", count(rows)) }
}

fn thousands_of(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A few of many names, for a message.
pub(crate) fn some(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut names = names.into_iter();
    let mut shown: Vec<String> = names.by_ref().take(5).map(|name| name.as_ref().to_owned()).collect();
    if names.next().is_some() {
        shown.push("…".into());
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short_and_grouped() {
        let all = [28.1, 0.031_24, 13_500.4, -2.5, 0.0, 100.0, 1e20].map(figure);
        assert_eq!(all, ["28.1", "0.03124", "13,500", "−2.5", "0", "100", "1.000e20"]);
        assert_eq!(count(1_234_567), "1,234,567");
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        let mut names = Names::new(["a_x"]);
        assert_eq!(names.take("a_x"), "a_x_2");
        assert_eq!(names.take("a_x"), "a_x_3");
        assert_eq!(names.warnings.len(), 2);
    }
}
