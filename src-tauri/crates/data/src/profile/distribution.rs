//! How often each value of a column occurs, and the figures that follow.

use std::borrow::Cow;
use std::collections::BTreeMap;

use cairn_protocol::Real;
use cairn_protocol::table::{Histogram, Scalar};
use polars::prelude::{ChunkedArray, Column, DataType, Float64Type, Int64Type, PlHashMap};

use crate::format;

/// Bins of a histogram.
const BINS: usize = 50;
/// Ranges of whole numbers up to this are counted in a table instead of sorted.
const TABLE: i64 = 1 << 17;

/// Numbers by value: floats as integers of the same order.
pub(crate) struct Numbers {
    /// Values and how often they occur, ascending.
    pub runs: Vec<(i64, u64)>,
    floats: bool,
}

/// Mean, deviation and the higher moments.
pub(crate) struct Shape {
    pub mean: f64,
    pub std: Option<f64>,
    pub skew: Option<f64>,
    pub kurtosis: Option<f64>,
}

/// A float as an integer of the same order (IEEE 754 total order); −0 as 0.
fn to_key(value: f64) -> i64 {
    let bits = (value + 0.0).to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

fn from_key(key: i64) -> f64 {
    f64::from_bits((key ^ (((key >> 63) as u64) >> 1) as i64) as u64)
}

impl Numbers {
    /// A column of floats, or of numbers beyond 64 bits; NaN counts as missing.
    pub fn of_floats(column: &Column) -> Self {
        let mut keys = Vec::with_capacity(column.len());
        if let Ok(floats) = column.cast(&DataType::Float64)
            && let Ok(floats) = floats.f64()
        {
            let floats: &ChunkedArray<Float64Type> = floats;
            for chunk in floats.downcast_iter() {
                if chunk.validity().is_none() {
                    keys.extend(chunk.values().iter().filter(|value| !value.is_nan()).map(|value| to_key(*value)));
                } else {
                    keys.extend(chunk.iter().flatten().filter(|value| !value.is_nan()).map(|value| to_key(*value)));
                }
            }
        }
        keys.sort_unstable();
        Self { runs: runs(&keys), floats: true }
    }

    /// A column of whole numbers, or of points in time by their ticks.
    pub fn of_wholes(column: &Column) -> Self {
        let mut keys = Vec::with_capacity(column.len());
        let physical = column.to_physical_repr();
        if let Ok(wholes) = physical.cast(&DataType::Int64)
            && let Ok(wholes) = wholes.i64()
        {
            let wholes: &ChunkedArray<Int64Type> = wholes;
            for chunk in wholes.downcast_iter() {
                if chunk.validity().is_none() {
                    keys.extend_from_slice(chunk.values());
                } else {
                    keys.extend(chunk.iter().flatten().copied());
                }
            }
        }
        let (least, most) = keys.iter().fold((i64::MAX, i64::MIN), |(a, b), key| (a.min(*key), b.max(*key)));
        let runs = match most.checked_sub(least) {
            Some(range) if range < TABLE => {
                let mut table = vec![0u64; range as usize + 1];
                for key in &keys {
                    table[(key - least) as usize] += 1;
                }
                table.iter().enumerate().filter(|(_, n)| **n > 0).map(|(at, n)| (least + at as i64, *n)).collect()
            }
            _ => {
                keys.sort_unstable();
                runs(&keys)
            }
        };
        Self { runs, floats: false }
    }

    /// Values that are there.
    pub fn count(&self) -> u64 {
        self.runs.iter().map(|(_, count)| count).sum()
    }

    pub fn value(&self, key: i64) -> f64 {
        if self.floats { from_key(key) } else { key as f64 }
    }

    pub fn text(&self, key: i64) -> String {
        if self.floats { format::float(from_key(key)) } else { key.to_string() }
    }

    pub fn scalar(&self, key: i64) -> Scalar {
        match self.floats {
            false => Scalar::Int(key),
            true if from_key(key).is_finite() => Scalar::Float(from_key(key)),
            true if key > 0 => Scalar::Text("Infinity".into()),
            true => Scalar::Text("-Infinity".into()),
        }
    }

    /// Two passes: the mean, then powers of the distances from it.
    pub fn shape(&self) -> Shape {
        let count = self.count() as f64;
        let total = |f: &dyn Fn(f64) -> f64| self.runs.iter().map(|(k, n)| f(self.value(*k)) * *n as f64).sum::<f64>();
        let rough = total(&|value| value) / count;
        // The rounding of the first sum is made good by the mean of what remains.
        let mean = if rough.is_finite() { rough + total(&|value| value - rough) / count } else { rough };
        let (mut second, mut third, mut fourth) = (0.0, 0.0, 0.0);
        for (key, times) in &self.runs {
            let far = self.value(*key) - mean;
            let (square, times) = (far * far, *times as f64);
            second += square * times;
            third += square * far * times;
            fourth += square * square * times;
        }
        let variance = second / count;
        let usable = variance > 0.0 && variance.is_finite();
        Shape {
            mean,
            std: (count > 1.0).then(|| (second / (count - 1.0)).sqrt()),
            skew: usable.then(|| third / count / variance.powf(1.5)),
            kurtosis: usable.then(|| fourth / count / (variance * variance) - 3.0),
        }
    }

    /// The values of ranks from 0, counting every occurrence.
    fn ranked(&self, ranks: &[u64]) -> BTreeMap<u64, f64> {
        let mut values: BTreeMap<u64, f64> = ranks.iter().map(|rank| (*rank, f64::NAN)).collect();
        let (mut below, mut run) = (0, 0);
        for (rank, value) in &mut values {
            while run + 1 < self.runs.len() && below + self.runs[run].1 <= *rank {
                below += self.runs[run].1;
                run += 1;
            }
            *value = self.value(self.runs[run].0);
        }
        values
    }

    /// Quantiles with linear interpolation (type 7 of Hyndman and Fan 1996, as numpy's default).
    pub fn quantile(&self, probabilities: &[f64]) -> Vec<f64> {
        let last = self.count().saturating_sub(1);
        let places: Vec<f64> = probabilities.iter().map(|p| p * last as f64).collect();
        let ranks: Vec<u64> = places.iter().flat_map(|at| [at.floor() as u64, at.ceil() as u64]).collect();
        let values = self.ranked(&ranks);
        let between = |at: &f64| {
            let (low, high) = (values[&(at.floor() as u64)], values[&(at.ceil() as u64)]);
            let weight = at - at.floor();
            if weight == 0.0 { low } else { low + (high - low) * weight }
        };
        places.iter().map(between).collect()
    }

    pub fn quantiles(&self) -> BTreeMap<String, Real> {
        const SHOWN: [(&str, f64); 5] = [("0.05", 0.05), ("0.25", 0.25), ("0.5", 0.5), ("0.75", 0.75), ("0.95", 0.95)];
        let values = self.quantile(&SHOWN.map(|(_, probability)| probability));
        SHOWN.iter().zip(values).map(|((name, _), value)| ((*name).to_owned(), Real(value))).collect()
    }

    /// Bins of equal width over the finite values; for a short range of whole numbers one bin each.
    pub fn histogram(&self) -> Option<Histogram> {
        let finite = |(key, _): &&(i64, u64)| self.value(*key).is_finite();
        let least = self.value(self.runs.iter().find(finite)?.0);
        let most = self.value(self.runs.iter().rev().find(finite)?.0);
        let range = most - least;
        let whole = !self.floats;
        let (bins, step) = if whole && range < BINS as f64 {
            (range as usize + 1, 1.0)
        } else if range == 0.0 || !range.is_finite() {
            (1, range)
        } else {
            (BINS, range / BINS as f64)
        };
        let mut edges: Vec<f64> = (0..=bins).map(|edge| least + step * edge as f64).collect();
        if !(whole && range < BINS as f64) {
            edges[bins] = most;
        }
        let mut counts = vec![0; bins];
        for (key, count) in &self.runs {
            let value = self.value(*key);
            if value.is_finite() {
                let mut bin = if bins == 1 { 0 } else { (((value - least) / step) as usize).min(bins - 1) };
                // Rounding may put a value one bin off its edges.
                while bin > 0 && value < edges[bin] {
                    bin -= 1;
                }
                while bin + 1 < bins && value >= edges[bin + 1] {
                    bin += 1;
                }
                counts[bin] += count;
            }
        }
        Some(Histogram { edges: edges.into_iter().map(Real).collect(), counts })
    }
}

fn runs(sorted: &[i64]) -> Vec<(i64, u64)> {
    sorted.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u64)).collect()
}

/// Texts (and truth values, and what else is shown as text) by value.
pub(crate) struct Words<'a> {
    /// Texts and how often they occur, in no order.
    pub counts: Vec<(Cow<'a, str>, u64)>,
    /// Values that are there.
    pub present: u64,
}

impl<'a> Words<'a> {
    pub fn of(column: &'a Column) -> Self {
        let counts: Vec<(Cow<'a, str>, u64)> = if let Ok(texts) = column.str() {
            let mut counts: PlHashMap<&'a str, u64> = PlHashMap::default();
            for chunk in texts.downcast_iter() {
                for text in chunk.iter().flatten() {
                    *counts.entry(text).or_default() += 1;
                }
            }
            counts.into_iter().map(|(text, count)| (Cow::Borrowed(text), count)).collect()
        } else if let Ok(bools) = column.bool() {
            let yes = u64::from(bools.sum().unwrap_or(0));
            let no = (column.len() - column.null_count()) as u64 - yes;
            [("false", no), ("true", yes)].into_iter().filter(|(_, n)| *n > 0).map(|(t, n)| (t.into(), n)).collect()
        } else {
            let mut counts: PlHashMap<String, u64> = PlHashMap::default();
            for row in 0..column.len() {
                if let Some(text) = column.get(row).ok().and_then(|value| format::text_of(&value)) {
                    *counts.entry(text).or_default() += 1;
                }
            }
            counts.into_iter().map(|(text, count)| (Cow::Owned(text), count)).collect()
        };
        let present = counts.iter().map(|(_, count)| count).sum();
        Self { counts, present }
    }
}
