//! Axes: a scale from values to pixels, round ticks, and the frame of a chart.

use crate::{
    canvas::{Anchor, BORDER, Canvas, DIM, GRID, Type},
    text,
};

/// From values to pixels.
#[derive(Clone, Copy)]
pub struct Scale {
    low: f64,
    high: f64,
    log: bool,
    from: f64,
    to: f64,
}

impl Scale {
    /// A linear scale.
    pub fn linear((low, high): (f64, f64), (from, to): (f64, f64)) -> Self {
        Self { low, high, log: false, from, to }
    }

    /// A logarithmic scale; both ends are positive.
    pub fn log((low, high): (f64, f64), (from, to): (f64, f64)) -> Self {
        Self { low, high, log: true, from, to }
    }

    /// Where a value lies; NaN where it has no place.
    pub fn at(&self, value: f64) -> f64 {
        let share = if self.log {
            (value.ln() - self.low.ln()) / (self.high.ln() - self.low.ln())
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.from + share * (self.to - self.from)
    }

    /// Where a value lies, brought back to the ends of the scale.
    pub fn within(&self, value: f64) -> f64 {
        self.at(if value.is_nan() { value } else { value.clamp(self.low, self.high) })
    }

    /// Round values with their labels, about `wanted` of them.
    pub fn ticks(&self, wanted: usize) -> Vec<(f64, String)> {
        if self.log { self.log_ticks() } else { self.linear_ticks(wanted) }
    }

    fn linear_ticks(&self, wanted: usize) -> Vec<(f64, String)> {
        let span = self.high - self.low;
        if !span.is_finite() || span <= 0.0 {
            return Vec::new();
        }
        let rough = span / wanted.max(1) as f64;
        let unit = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0]
            .map(|times| times * unit)
            .into_iter()
            .find(|step| *step >= rough * 0.999)
            .unwrap_or(10.0 * unit);
        let decimals = (0..12).find(|&decimals| {
            let scaled = step * 10f64.powi(decimals);
            (scaled - scaled.round()).abs() < 1e-6 * scaled
        });
        let decimals = usize::try_from(decimals.unwrap_or(12)).unwrap_or(12);
        let first = (self.low / step - 1e-9).ceil();
        (0..50)
            .map(|index| (first + f64::from(index)) * step)
            .take_while(|value| *value <= self.high + step * 1e-9)
            .map(|value| (value, tick_label(value, decimals)))
            .collect()
    }

    fn log_ticks(&self) -> Vec<(f64, String)> {
        if !(self.low > 0.0 && self.high.is_finite()) {
            return Vec::new();
        }
        let (first, last) = ((self.low.log10() - 1e-9).ceil() as i32, (self.high.log10() + 1e-9).floor() as i32);
        let every = ((last - first) / 6).max(0) + 1;
        let every = usize::try_from(every).unwrap_or(1);
        (first..=last)
            .step_by(every)
            .map(|power| 10f64.powi(power))
            .map(|value| (value, text::brief(value, 3)))
            .collect()
    }
}

fn tick_label(value: f64, decimals: usize) -> String {
    if value.abs() >= 1e5 && decimals == 0 {
        for (size, unit) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] {
            if value.abs() >= size {
                return format!("{}{unit}", text::brief(value / size, 4));
            }
        }
    }
    text::fixed(value, decimals)
}

/// Smallest and largest of the finite values, drawn apart where they are equal; none without any.
pub fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    let (low, high) = values
        .into_iter()
        .filter(|value| value.is_finite() && value.abs() < 1e300)
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return None;
    }
    if high - low <= high.abs().max(low.abs()) * 1e-9 {
        let away = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
        return Some((low - away, high + away));
    }
    Some((low, high))
}

/// A range with some air around it.
pub fn padded((low, high): (f64, f64), share: f64) -> (f64, f64) {
    let air = (high - low) * share;
    (low - air, high + air)
}

/// The frame of a chart.
pub struct Frame {
    /// Across.
    pub x: Scale,
    /// Up.
    pub y: Scale,
    size: (f64, f64),
}

/// Room for labels at the left.
const LEFT: f64 = 42.0;
/// Room at the right.
const RIGHT: f64 = 14.0;
/// Room above.
const TOP: f64 = 10.0;
/// Room for labels below.
const BOTTOM: f64 = 38.0;

impl Frame {
    /// A frame of a size with two linear ranges.
    pub fn new(size: (f64, f64), x: (f64, f64), y: (f64, f64)) -> Self {
        Self { x: Scale::linear(x, (LEFT, size.0 - RIGHT)), y: Scale::linear(y, (size.1 - BOTTOM, TOP)), size }
    }

    /// A point.
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x.at(x), self.y.at(y))
    }

    /// Grid, ticks, and what the axes show: `up` at the lower left, `across` at the lower right.
    pub fn draw(&self, canvas: &mut Canvas<'_>, across: &str, up: &str) {
        let (bottom, right) = (self.size.1 - BOTTOM, self.size.0 - RIGHT);
        let small = |anchor| Type::new(DIM, 11.0, anchor);
        for (value, label) in self.y.ticks(4) {
            let y = self.y.at(value).round() + 0.5;
            canvas.line([(LEFT, y), (right, y)], GRID);
            canvas.text(label, (LEFT - 6.0, y), small(Anchor::End));
        }
        canvas.line([(LEFT, bottom + 0.5), (right, bottom + 0.5)], BORDER);
        for (value, label) in self.x.ticks(4) {
            let x = self.x.at(value);
            canvas.line([(x, bottom), (x, bottom + 4.0)], BORDER);
            canvas.text(label, (x, bottom + 12.0), small(Anchor::Middle));
        }
        canvas.text(format!("↑ {up}"), (2.0, self.size.1 - 8.0), small(Anchor::Start));
        canvas.text(across, (right, self.size.1 - 8.0), small(Anchor::End));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let labels = |scale: Scale, wanted| scale.ticks(wanted).into_iter().map(|(_, label)| label).collect::<Vec<_>>();
        assert_eq!(labels(Scale::linear((0.0, 1.0), (0.0, 1.0)), 4), ["0.00", "0.25", "0.50", "0.75", "1.00"]);
        assert_eq!(labels(Scale::linear((-3.0, 21.0), (0.0, 1.0)), 4), ["0", "10", "20"]);
        assert_eq!(labels(Scale::log((0.002, 3.0), (0.0, 1.0)), 4), ["0.01", "0.1", "1"]);
        assert!(labels(Scale::linear((f64::NAN, 1.0), (0.0, 1.0)), 4).is_empty());
        assert_eq!(extent([f64::NAN, 2.0, 2.0]), Some((1.8, 2.2)));
        assert_eq!(extent([f64::NAN]), None);
    }
}
