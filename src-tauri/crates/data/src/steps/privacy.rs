//! Personal data made anonymous ([`Anonymise`]); [`crate::personal`] finds it.
//!
//! A hash is BLAKE3 with a key that is derived from the project's salt, cut to 16 hex digits (64 bits: among a million
//! values two meet with a chance of 3 in 100 million). Equal values have equal hashes in all tables of a project, so
//! joins keep working; without the salt nobody can try names until one fits. A number hashes as it is written.

use cairn_protocol::{
    steps::{Anonymise, AnonymiseMethod},
    table::ColumnType,
};
use polars::prelude::*;

use super::{
    columns::{column, numbers, texts},
    dates::{DAY, civil_of, moments},
    fitted::Learned,
    operation::{Change, Operation, Stage},
    text::each_column,
    text_cells::{Made, map_cells},
};
use crate::{error::DataError, frame_types::column_type, personal::mask};

/// What the key of hashes is derived for; changing it changes every hash.
const CONTEXT: &str = "Cairn 2026-11 anonymise values";

/// A new salt for a project: 32 bytes of the system's randomness, as hex digits.
#[must_use]
pub fn new_salt() -> String {
    blake3::Hash::from_bytes(rand::random()).to_hex().to_string()
}

impl Operation for Anonymise {
    /// Missing values stay missing. A mask shows how long a value is.
    fn transform(&self, frame: &DataFrame, _: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        let key = blake3::derive_key(CONTEXT, stage.around.salt.as_bytes());
        if self.method == AnonymiseMethod::Hash && stage.around.salt.is_empty() {
            let what = "values can only be hashed with a project's salt";
            return Err(DataError::refused(what, None, "Open a project, and run the step there"));
        }
        if self.method == AnonymiseMethod::Range && !(self.width.is_finite() && self.width > 0.0) {
            let what = format!("a range cannot be {} wide", self.width);
            return Err(DataError::refused(what, None, "Give a width above 0, such as 10"));
        }
        each_column(&self.columns, |name| {
            let series = column(frame, name)?;
            let there = (series.len() - series.null_count()) as u64;
            let plain = |made: Series| (vec![made.with_name(name.into()).into_column()], there, Vec::new());
            match self.method {
                AnonymiseMethod::Drop => Ok((Vec::new(), 0, Vec::new())),
                AnonymiseMethod::Hash => {
                    let (made, _) = map_cells(&texts(series)?, stage.watch, |text, out| {
                        out.push_str(&blake3::keyed_hash(&key, text.as_bytes()).to_hex()[..16]);
                        Made::Scratch
                    })?;
                    Ok(plain(made.into_series()))
                }
                AnonymiseMethod::Mask => {
                    let (made, _) = map_cells(&texts(series)?, stage.watch, |text, out| {
                        mask(text, self.show as usize, out);
                        Made::Scratch
                    })?;
                    Ok(plain(made.into_series()))
                }
                AnonymiseMethod::Year => {
                    let (times, kind) = moments(series, false)?;
                    if kind == ColumnType::Time {
                        let what = format!("{name} holds times of day, which have no year");
                        return Err(DataError::refused(what, Some(name), "Choose a column of dates"));
                    }
                    let years = times.into_iter().map(|time| time.map(|time| civil_of(time.div_euclid(DAY)).0 as i32));
                    Ok(plain(Int32Chunked::from_iter_options(name.into(), years).into_series()))
                }
                AnonymiseMethod::Range => {
                    if !column_type(series.dtype()).is_numeric() {
                        let kind = column_type(series.dtype());
                        let what = format!("{name} holds {}s, which lie in no range", kind.as_str());
                        return Err(DataError::refused(what, Some(name), "Choose a column of numbers"));
                    }
                    Ok(plain(ranges(&numbers(series)?, self.width)))
                }
            }
        })
    }
}

/// The range `[k · width, (k + 1) · width)` of each number, as text; infinite numbers are in none.
fn ranges(values: &[f64], width: f64) -> Series {
    use std::fmt::Write;
    // 0.1 · 3 is 0.30000000000000004; twelve digits are what a person means.
    let end = |at: f64| format!("{:.11e}", at * width).parse::<f64>().unwrap_or(at * width) + 0.0;
    let mut builder = StringChunkedBuilder::new("ranges".into(), values.len());
    let (mut at_last, mut label) = (f64::NAN, String::new());
    for value in values {
        let at = (value / width).floor();
        if !at.is_finite() {
            builder.append_null();
            continue;
        }
        if at != at_last {
            label.clear();
            at_last = at;
            if write!(label, "{} to {}", end(at), end(at + 1.0)).is_err() {
                label.clear();
            }
        }
        builder.append_value(&label);
    }
    builder.finish().into_series()
}
