//! Columns as the quality report looks at them: numbers with NaN for missing, or codes into levels by frequency.

use cairn_protocol::table::ColumnType;
use polars::prelude::{Column, DataType, PlHashMap};

use crate::{format, frame_types::column_type};

/// The code of a missing cell.
pub(crate) const MISSING: u32 = u32::MAX;

/// A column as levels.
pub(crate) struct Levels {
    /// For each row the index of its level; [`MISSING`] where there is none.
    pub codes: Vec<u32>,
    /// The levels as text, most frequent first, of equals the smallest.
    pub names: Vec<String>,
    /// Rows of each level.
    pub counts: Vec<u64>,
}

impl Levels {
    /// The levels of any column.
    pub fn of(column: &Column) -> Self {
        if let Ok(texts) = column.str() {
            return Self::keyed(texts.iter(), |text| (*text).to_owned());
        }
        if let Ok(bools) = column.bool() {
            return Self::keyed(bools.iter(), ToString::to_string);
        }
        if column.dtype().is_integer()
            && !matches!(column.dtype(), DataType::UInt64 | DataType::Int128 | DataType::UInt128)
            && let Ok(wholes) = column.cast(&DataType::Int64)
            && let Ok(wholes) = wholes.i64()
        {
            return Self::keyed(wholes.iter(), ToString::to_string);
        }
        if !column.dtype().is_temporal()
            && let Some(floats) = numbers_of(column)
        {
            let bits = floats.iter().map(|value| (!value.is_nan()).then(|| (value + 0.0).to_bits()));
            return Self::keyed(bits, |bits| format::float(f64::from_bits(*bits)));
        }
        if matches!(column.dtype(), DataType::Categorical(..) | DataType::Enum(..))
            && let Ok(texts) = column.cast(&DataType::String)
            && let Ok(texts) = texts.str()
        {
            return Self::keyed(texts.iter(), |text| (*text).to_owned());
        }
        let texts = (0..column.len()).map(|row| column.get(row).ok().and_then(|value| format::text_of(&value)));
        Self::keyed(texts, Clone::clone)
    }

    fn keyed<K: std::hash::Hash + Eq>(cells: impl Iterator<Item = Option<K>>, name: impl Fn(&K) -> String) -> Self {
        let mut seen: PlHashMap<K, u32> = PlHashMap::default();
        let mut counts: Vec<u64> = Vec::new();
        let mut codes: Vec<u32> = Vec::new();
        for cell in cells {
            codes.push(match cell {
                None => MISSING,
                Some(key) => {
                    let code = *seen.entry(key).or_insert_with(|| {
                        counts.push(0);
                        (counts.len() - 1) as u32
                    });
                    counts[code as usize] += 1;
                    code
                }
            });
        }
        let mut order: Vec<(u64, String, u32)> =
            seen.iter().map(|(key, code)| (counts[*code as usize], name(key), *code)).collect();
        order.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let mut place = vec![0u32; order.len()];
        for (at, (_, _, code)) in order.iter().enumerate() {
            place[*code as usize] = at as u32;
        }
        codes.iter_mut().filter(|code| **code != MISSING).for_each(|code| *code = place[*code as usize]);
        let (names, counts) = order.into_iter().map(|(count, name, _)| (name, count)).unzip();
        Self { codes, names, counts }
    }

    /// At most `most` levels: the most frequent ones and one for all others.
    pub fn at_most(mut self, most: usize) -> Self {
        if self.names.len() > most {
            let last = (most - 1) as u32;
            self.codes.iter_mut().filter(|code| **code != MISSING).for_each(|code| *code = (*code).min(last));
            let others: u64 = self.counts[most - 1..].iter().sum();
            self.names.truncate(most - 1);
            self.counts.truncate(most - 1);
            self.names.push("other".into());
            self.counts.push(others);
        }
        self
    }
}

/// The finite numbers of a column (points in time by their ticks), NaN for all other cells; none for other columns.
pub(crate) fn numbers_of(column: &Column) -> Option<Vec<f64>> {
    let kind = column_type(column.dtype());
    let time = matches!(kind, ColumnType::Date | ColumnType::Datetime | ColumnType::Time | ColumnType::Duration);
    if !kind.is_numeric() && !time {
        return None;
    }
    let series = column.as_materialized_series();
    let physical = if time { series.to_physical_repr() } else { std::borrow::Cow::Borrowed(series) };
    let floats = physical.cast(&DataType::Float64).ok()?;
    let mut values = Vec::with_capacity(column.len());
    for chunk in floats.f64().ok()?.downcast_iter() {
        values.extend(chunk.iter().map(|cell| cell.copied().filter(|value| value.is_finite()).unwrap_or(f64::NAN)));
    }
    Some(values)
}

/// For each row whether its cell is missing: null, or NaN among floats.
pub(crate) fn missing_cells(column: &Column) -> Vec<bool> {
    let mut missing = Vec::with_capacity(column.len());
    if column.dtype().is_float()
        && let Ok(floats) = column.cast(&DataType::Float64)
        && let Ok(floats) = floats.f64()
    {
        for chunk in floats.downcast_iter() {
            missing.extend(chunk.iter().map(|cell| cell.is_none_or(|value| value.is_nan())));
        }
        return missing;
    }
    for chunk in column.as_materialized_series().chunks() {
        match chunk.validity() {
            Some(validity) => missing.extend(validity.iter().map(|there| !there)),
            None => missing.extend(std::iter::repeat_n(chunk.null_count() == chunk.len(), chunk.len())),
        }
    }
    missing
}

/// Rows below `rows`, so many at most, evenly taken.
pub(crate) fn evenly(rows: usize, most: usize) -> Vec<u32> {
    let step = rows.div_ceil(most.max(1)).max(1);
    (0..rows).step_by(step).map(|row| row as u32).collect()
}
