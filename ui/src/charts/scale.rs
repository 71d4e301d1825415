//! Numbers to places on an axis and back, and where its ticks stand.

/// The range of an axis. `low < high` always holds, both are finite, and positive on a logarithmic axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Lowest value shown.
    pub low: f64,
    /// Highest value shown.
    pub high: f64,
    /// Whether equal ratios take equal room.
    pub log: bool,
}

/// A tick: where it stands, and what is written there.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// The value.
    pub value: f64,
    /// Its text.
    pub label: String,
}

impl Scale {
    /// The range from `low` to `high`; widened where it is empty, made linear where a logarithm is impossible.
    #[must_use]
    pub fn new(low: f64, high: f64, log: bool) -> Self {
        let (mut low, mut high) = if low <= high { (low, high) } else { (high, low) };
        if !low.is_finite() || !high.is_finite() {
            (low, high) = (0.0, 1.0);
        }
        let log = log && low > 0.0;
        if high - low <= f64::EPSILON * high.abs().max(low.abs()) {
            if log {
                (low, high) = (low / 1.5, high * 1.5);
            } else {
                let room = if low == 0.0 { 1.0 } else { low.abs() * 0.05 };
                (low, high) = (low - room, high + room);
            }
        }
        Self { low, high, log }
    }

    /// The range of finite values (positive ones on a logarithmic axis), with a share of room at both ends.
    #[must_use]
    pub fn fit(values: impl IntoIterator<Item = f64>, log: bool, room: f64) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values {
            if value.is_finite() && (!log || value > 0.0) {
                low = low.min(value);
                high = high.max(value);
            }
        }
        if low > high {
            return if log { Self::new(0.1, 1.0, true) } else { Self::new(0.0, 1.0, false) };
        }
        let scale = Self::new(low, high, log);
        if room <= 0.0 { scale } else { scale.widened(room) }
    }

    /// The same range with a share of it added at both ends.
    #[must_use]
    pub fn widened(self, room: f64) -> Self {
        Self { low: self.value(-room), high: self.value(1.0 + room), log: self.log }
    }

    /// The range widened outward to the next ticks, so that the axis ends at round numbers.
    #[must_use]
    pub fn rounded(self, about: usize) -> Self {
        if self.log {
            return self;
        }
        let step = nice_step((self.high - self.low) / about.max(1) as f64);
        // A hair of tolerance keeps an end that is a tick already.
        let low = ((self.low / step) + 1e-9).floor() * step;
        let high = ((self.high / step) - 1e-9).ceil() * step;
        Self::new(low, high, false)
    }

    /// Where a value stands: 0 at the low end, 1 at the high end; outside for values beyond, NaN for none.
    #[must_use]
    pub fn unit(&self, value: f64) -> f64 {
        if self.log {
            if value <= 0.0 {
                return f64::NAN;
            }
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }

    /// The value at a place, the reverse of [`Scale::unit`].
    #[must_use]
    pub fn value(&self, unit: f64) -> f64 {
        if self.log { self.low * (self.high / self.low).powf(unit) } else { self.low + unit * (self.high - self.low) }
    }

    /// About so many ticks at round values within the range, lowest first.
    #[must_use]
    pub fn ticks(&self, about: usize) -> Vec<Tick> {
        let about = about.max(1);
        if self.log && self.high / self.low >= 4.0 { self.log_ticks(about) } else { self.linear_ticks(about) }
    }

    fn linear_ticks(&self, about: usize) -> Vec<Tick> {
        let step = nice_step((self.high - self.low) / about as f64);
        let first = (self.low / step - 1e-9).ceil();
        let last = (self.high / step + 1e-9).floor();
        if !(last - first).is_finite() || last - first > 200.0 {
            return Vec::new();
        }
        let decimals = decimals_of(step);
        let count = (last - first) as i64;
        (0..=count)
            .map(|i| {
                let value = (first + i as f64) * step;
                // A multiple of the step next to zero is zero.
                let value = if value.abs() < step * 1e-6 { 0.0 } else { value };
                Tick { value, label: fixed(value, decimals) }
            })
            .collect()
    }

    fn log_ticks(&self, about: usize) -> Vec<Tick> {
        let (first, last) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
        let decades = (self.high / self.low).log10();
        let mantissas: &[f64] = if decades * 3.0 <= about as f64 {
            &[1.0, 2.0, 5.0]
        } else if decades * 2.0 <= about as f64 + 1.0 {
            &[1.0, 3.0]
        } else {
            &[1.0]
        };
        let widest = ((decades / about as f64).ceil() as i32).max(1);
        // Every third decade may hit only one tick within the range: then every second, then each.
        for stride in (1..=widest).rev() {
            let shown = (first..=last).filter(|decade| mantissas.len() > 1 || decade.rem_euclid(stride) == 0);
            let ticks: Vec<Tick> = shown
                .flat_map(|decade| mantissas.iter().map(move |mantissa| mantissa * 10f64.powi(decade)))
                .filter(|value| *value >= self.low * (1.0 - 1e-9) && *value <= self.high * (1.0 + 1e-9))
                .map(|value| Tick { value, label: plain(value) })
                .collect();
            if ticks.len() >= 2 {
                return ticks;
            }
        }
        self.linear_ticks(about)
    }
}

/// The round number (1, 2, 2.5 or 5 times a power of ten) at a raw step or above; up to a quarter below it as well,
/// since a tick more is better than half of them.
fn nice_step(raw: f64) -> f64 {
    if !raw.is_finite() || raw <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(raw.log10().floor());
    let fraction = raw / power;
    let nice = [1.0, 2.0, 2.5, 5.0].into_iter().find(|nice| fraction <= nice * 1.25).unwrap_or(10.0);
    nice * power
}

/// Decimals that multiples of a step need.
fn decimals_of(step: f64) -> usize {
    let mut decimals = 0;
    let mut scaled = step;
    while decimals < 12 && (scaled - scaled.round()).abs() > 1e-6 * scaled.max(1e-300) {
        scaled *= 10.0;
        decimals += 1;
    }
    decimals
}

/// A number with fixed decimals and thousands separators; very large ones as powers of ten.
#[must_use]
pub fn fixed(value: f64, decimals: usize) -> String {
    if value.abs() >= 1e9 || (value != 0.0 && value.abs() < 1e-7) {
        return format!("{value:.1e}").replace(".0e", "e");
    }
    let text = format!("{:.decimals$}", value.abs());
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), ""), |(whole, rest)| (whole, rest));
    let mut out = String::new();
    // The sign of a number that rounds to nothing is left out.
    if value < 0.0 && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) {
        out.push('\u{2212}');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if !rest.is_empty() {
        out.push('.');
        out.push_str(rest);
    }
    out
}

/// A number as short as it can be said with four significant digits.
#[must_use]
pub fn plain(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "–".into() } else { value.to_string() };
    }
    if value == 0.0 {
        return "0".into();
    }
    let magnitude = value.abs().log10().floor() as i32;
    let decimals = (3 - magnitude).clamp(0, 10) as usize;
    let text = fixed(value, decimals);
    if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale, about: usize) -> Vec<String> {
        scale.ticks(about).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_are_round_and_within() {
        let table: [(f64, f64, bool, usize, &[&str]); 10] = [
            (0.0008, 0.25, true, 2, &["0.001", "0.01", "0.1"]),
            (0.0, 1.0, false, 5, &["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
            (0.8, 0.86, false, 3, &["0.80", "0.82", "0.84", "0.86"]),
            (0.0, 300.0, false, 3, &["0", "100", "200", "300"]),
            (-1.0, 1.0, false, 4, &["\u{2212}1.0", "\u{2212}0.5", "0.0", "0.5", "1.0"]),
            (0.0, 20_000.0, false, 4, &["0", "5,000", "10,000", "15,000", "20,000"]),
            (0.005, 0.3, true, 5, &["0.01", "0.03", "0.1", "0.3"]),
            (0.001, 10.0, true, 4, &["0.001", "0.01", "0.1", "1", "10"]),
            (1e-8, 1e8, true, 4, &["1e-8", "0.0001", "1", "10,000", "100,000,000"]),
            (0.80, 0.86, true, 3, &["0.80", "0.82", "0.84", "0.86"]),
        ];
        for (low, high, log, about, wanted) in table {
            assert_eq!(labels(Scale::new(low, high, log), about), wanted, "{low}..{high} log {log}");
        }
    }

    #[test]
    fn places_and_values_are_each_others_reverse() {
        for scale in [Scale::new(-3.0, 7.0, false), Scale::new(0.005, 0.3, true)] {
            for unit in [0.0, 0.25, 0.5, 1.0] {
                assert!((scale.unit(scale.value(unit)) - unit).abs() < 1e-12);
            }
        }
        assert!(Scale::new(0.1, 1.0, true).unit(0.0).is_nan());
    }

    #[test]
    fn nothing_to_fit_and_one_value_still_give_a_range() {
        for values in [vec![], vec![f64::NAN, f64::INFINITY], vec![0.0], vec![5.0, 5.0], vec![-2.0]] {
            for log in [false, true] {
                let scale = Scale::fit(values.iter().copied(), log, 0.05);
                assert!(scale.low < scale.high && scale.low.is_finite() && scale.high.is_finite(), "{values:?}");
                assert!(!scale.ticks(4).is_empty(), "{values:?} log {log}");
            }
        }
    }

    #[test]
    fn rounding_ends_at_ticks() {
        let scale = Scale::new(0.8213, 0.8577, false).rounded(4);
        assert_eq!(labels(scale, 4), ["0.82", "0.83", "0.84", "0.85", "0.86"]);
        assert_eq!(Scale::new(0.0, 1.0, false).rounded(4), Scale::new(0.0, 1.0, false));
    }

    #[test]
    fn numbers_are_said_shortly() {
        for (value, wanted) in [
            (0.0418, "0.0418"),
            (300.0, "300"),
            (20_000.0, "20,000"),
            (-0.5, "\u{2212}0.5"),
            (0.853_14, "0.8531"),
            (f64::NAN, "–"),
            (1.25e12, "1.2e12"),
        ] {
            assert_eq!(plain(value), wanted);
        }
        assert_eq!(fixed(-0.000_1, 2), "0.00");
    }
}
