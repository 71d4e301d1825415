//! Cells of two columns as hashes that agree where the values do, whatever the types: 1 and 1.0 are one value, a category
//! and its text are one.

use std::borrow::Cow;

use cairn_protocol::table::ColumnType;
use polars::prelude::{Column, DataType, TimeUnit};

use crate::{format::text_of, frame_types::column_type, profile::findings::mix};

/// The hash of a missing cell.
pub(super) const MISSING: u64 = 0x5bd1_e995_9d1d_8e3d;
const SALT: u64 = 0x2545_f491_4f6c_dd1d;

/// What two columns have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Common {
    /// Numbers.
    Number,
    /// Points in time, or spans of it, in the same unit.
    Time,
    /// Texts, categories, truth values.
    Level,
    /// Nothing but what their cells look like.
    Look,
}

/// Two columns brought to what they have in common.
pub(super) fn align<'a>(a: &'a Column, b: &'a Column) -> (Cow<'a, Column>, Cow<'a, Column>, Common) {
    let (kind_a, kind_b) = (column_type(a.dtype()), column_type(b.dtype()));
    let plain = |common| (Cow::Borrowed(a), Cow::Borrowed(b), common);
    let text = |kind| matches!(kind, ColumnType::Text | ColumnType::Category);
    if kind_a.is_numeric() && kind_b.is_numeric() {
        return plain(Common::Number);
    }
    if (text(kind_a) && text(kind_b)) || (kind_a == ColumnType::Bool && kind_b == ColumnType::Bool) {
        return plain(Common::Level);
    }
    if kind_a != kind_b {
        return plain(Common::Look);
    }
    match kind_a {
        ColumnType::Date | ColumnType::Time => plain(Common::Time),
        ColumnType::Datetime | ColumnType::Duration => {
            let micros = |column: &Column| match column.dtype() {
                DataType::Datetime(_, zone) => {
                    column.cast(&DataType::Datetime(TimeUnit::Microseconds, zone.clone())).ok()
                }
                _ => column.cast(&DataType::Duration(TimeUnit::Microseconds)).ok(),
            };
            let unit = |column: &Column| match column.dtype() {
                DataType::Datetime(unit, _) | DataType::Duration(unit) => Some(*unit),
                _ => None,
            };
            if unit(a) == unit(b) {
                return plain(Common::Time);
            }
            match (micros(a), micros(b)) {
                (Some(a), Some(b)) => (Cow::Owned(a), Cow::Owned(b), Common::Time),
                _ => plain(Common::Look),
            }
        }
        _ => plain(Common::Look),
    }
}

fn whole(value: i64) -> u64 {
    mix(value as u64, SALT)
}

fn real(value: f64) -> u64 {
    if value.is_nan() {
        MISSING
    } else if value.fract() == 0.0 && value.abs() < 9e15 {
        whole(value as i64)
    } else {
        mix(value.to_bits(), SALT.rotate_left(21))
    }
}

fn text(text: &str) -> u64 {
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let hash = words.iter().fold(mix(text.len() as u64, SALT), |hash, word| mix(hash, u64::from_le_bytes(*word)));
    mix(hash, rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)))
}

/// A 64-bit hash of each cell of an aligned column.
pub(super) fn hashes(column: &Column, common: Common) -> Vec<u64> {
    let mut out = Vec::with_capacity(column.len());
    match common {
        Common::Number if fits_64_bits(column.dtype()) => {
            if let Ok(wholes) = column.cast(&DataType::Int64)
                && let Ok(wholes) = wholes.i64()
            {
                for chunk in wholes.downcast_iter() {
                    // Beyond 2⁵³ whole numbers and floats are told apart.
                    out.extend(chunk.iter().map(|cell| cell.map_or(MISSING, |value| whole(*value))));
                }
            }
        }
        Common::Number => {
            if let Ok(floats) = column.cast(&DataType::Float64)
                && let Ok(floats) = floats.f64()
            {
                for chunk in floats.downcast_iter() {
                    out.extend(chunk.iter().map(|cell| cell.map_or(MISSING, |value| real(*value))));
                }
            }
        }
        Common::Time => {
            if let Ok(ticks) = column.to_physical_repr().cast(&DataType::Int64)
                && let Ok(ticks) = ticks.i64()
            {
                for chunk in ticks.downcast_iter() {
                    out.extend(chunk.iter().map(|cell| cell.map_or(MISSING, |value| whole(*value))));
                }
            }
        }
        Common::Level => {
            if let Ok(texts) = column.cast(&DataType::String)
                && let Ok(texts) = texts.str()
            {
                for chunk in texts.downcast_iter() {
                    out.extend(chunk.iter().map(|cell| cell.map_or(MISSING, text)));
                }
            }
        }
        Common::Look => {}
    }
    if out.len() != column.len() {
        out.clear();
        let look = |row: usize| column.get(row).ok().and_then(|value| text_of(&value));
        out.extend((0..column.len()).map(|row| look(row).map_or(MISSING, |look| text(&look))));
    }
    out
}

fn fits_64_bits(dtype: &DataType) -> bool {
    dtype.is_integer() && !matches!(dtype, DataType::UInt64 | DataType::Int128 | DataType::UInt128)
}
