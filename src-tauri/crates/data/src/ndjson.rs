//! Tables as JSON lines: an object a row, keys in the order of the columns, missing values as null.

use std::io::Write;
use std::ops::Range;

use polars::prelude::{Column, DataFrame, DataType, PolarsResult};
use rayon::prelude::*;

use crate::format::{float, push_json, push_json_text};

/// Rows written at a time by one processor.
const ROWS: usize = 16 << 10;

/// Writes all rows.
pub(crate) fn write(frame: &DataFrame, out: &mut dyn Write) -> PolarsResult<()> {
    let keys: Vec<String> = frame
        .columns()
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let mut key = String::from(if at == 0 { "{" } else { "," });
            push_json_text(column.name(), &mut key);
            key.push(':');
            key
        })
        .collect();
    let starts: Vec<usize> = (0..frame.height()).step_by(ROWS).collect();
    // A few blocks at a time, so that memory stays bounded.
    for group in starts.chunks(rayon::current_num_threads() * 2) {
        let texts: Vec<String> =
            group.par_iter().map(|from| block(frame, &keys, *from..(from + ROWS).min(frame.height()))).collect();
        for text in texts {
            out.write_all(text.as_bytes())?;
        }
    }
    Ok(())
}

fn block(frame: &DataFrame, keys: &[String], rows: Range<usize>) -> String {
    let columns: Vec<(String, Vec<usize>)> =
        frame.columns().iter().map(|column| rendered(&column.slice(rows.start as i64, rows.len()))).collect();
    let size: usize = columns.iter().map(|(text, _)| text.len()).sum();
    let mut out = String::with_capacity(size + rows.len() * (keys.iter().map(String::len).sum::<usize>() + 2));
    for row in 0..rows.len() {
        for (key, (text, ends)) in keys.iter().zip(&columns) {
            out.push_str(key);
            out.push_str(&text[row.checked_sub(1).map_or(0, |before| ends[before])..ends[row]]);
        }
        out.push_str(if keys.is_empty() { "{}\n" } else { "}\n" });
    }
    out
}

/// The values of a column as JSON, one after the other, and where each ends.
fn rendered(column: &Column) -> (String, Vec<usize>) {
    let mut text = String::with_capacity(column.len() * 8);
    let mut ends = Vec::with_capacity(column.len());
    macro_rules! each {
        ($values:expr, |$value:ident| $push:expr) => {
            for $value in $values.iter() {
                match $value {
                    Some($value) => $push,
                    None => text.push_str("null"),
                }
                ends.push(text.len());
            }
        };
    }
    match column.dtype() {
        DataType::Int64 => {
            if let Ok(values) = column.i64() {
                each!(values, |value| text.push_str(&value.to_string()));
            }
        }
        DataType::Float64 => {
            if let Ok(values) = column.f64() {
                each!(values, |value| text.push_str(&if value.is_finite() { float(value) } else { "null".into() }));
            }
        }
        DataType::String => {
            if let Ok(values) = column.str() {
                each!(values, |value| push_json_text(value, &mut text));
            }
        }
        DataType::Boolean => {
            if let Ok(values) = column.bool() {
                each!(values, |value| text.push_str(if value { "true" } else { "false" }));
            }
        }
        _ => {
            for row in 0..column.len() {
                match column.get(row) {
                    Ok(value) => push_json(&value, &mut text),
                    Err(_) => text.push_str("null"),
                }
                ends.push(text.len());
            }
        }
    }
    (text, ends)
}
