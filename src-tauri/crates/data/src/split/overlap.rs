//! Values that should stand in one part alone: the groups of a split by group, and what looks like an identifier.

use cairn_protocol::table::ColumnType;
use polars::prelude::*;
use rayon::prelude::*;

use super::classes::plain_codes;
use crate::{
    error::DataError,
    frame_types::column_type,
    steps::columns::{MISSING, codes, texts},
};

/// Distinct values from which a column may hold identifiers.
const FEWEST_VALUES: usize = 20;
/// Words of a name that say so.
const WORDS: [&str; 26] = [
    "id",
    "ids",
    "uid",
    "uuid",
    "guid",
    "key",
    "code",
    "no",
    "nr",
    "number",
    "patient",
    "person",
    "subject",
    "customer",
    "client",
    "user",
    "member",
    "account",
    "session",
    "device",
    "student",
    "employee",
    "household",
    "family",
    "group",
    "vin",
];

/// Groups that stand in more than one part; rows in no part do not count.
pub(super) fn torn(of_row: &[u32], groups: usize, drawn: &[Vec<u32>]) -> u64 {
    let mut part_of = vec![u8::MAX; groups];
    let mut is_torn = vec![false; groups];
    for (part, rows) in drawn.iter().enumerate() {
        for row in rows {
            let group = of_row[*row as usize] as usize;
            if part_of[group] == u8::MAX {
                part_of[group] = part as u8;
            } else if part_of[group] != part as u8 {
                is_torn[group] = true;
            }
        }
    }
    is_torn.into_iter().filter(|torn| *torn).count() as u64
}

/// Columns that look like identifiers and repeat, with the values that stand in several parts, and all their values.
///
/// A column looks like one when it holds whole numbers or texts, some value occurs twice, there are at least 20 values
/// and at most half as many as rows, and a word of its name says so (`patient_id`) or, of a text, every value has a digit and
/// no space.
pub(super) fn shared_identifiers(
    frame: &DataFrame,
    drawn: &[Vec<u32>],
    skip: &[&str],
) -> Result<Vec<(String, u64, u64)>, DataError> {
    let found: Vec<Result<Option<(String, u64, u64)>, DataError>> = frame
        .columns()
        .par_iter()
        .filter(|column| !skip.contains(&column.name().as_str()))
        .map(|column| {
            let kind = column_type(column.dtype());
            let is_text = matches!(kind, ColumnType::Text | ColumnType::Category);
            let named = is_named_so(column.name());
            if !(is_text || kind == ColumnType::Int && named) {
                return Ok(None);
            }
            let series = column.as_materialized_series();
            let (mut rows, values) = if named {
                plain_codes(series)?
            } else {
                // Free text shows early that it is none, before all of it is gone through.
                let coded = |label: &str| label.bytes().any(|byte| byte.is_ascii_digit()) && !label.contains(' ');
                if !texts(&series.head(Some(1_000)))?.iter().flatten().all(coded) {
                    return Ok(None);
                }
                let codes = codes(series)?;
                if !codes.levels.iter().all(|level| coded(&level.label)) {
                    return Ok(None);
                }
                (codes.rows, codes.levels.len())
            };
            if values < FEWEST_VALUES || values > frame.height() / 2 {
                return Ok(None);
            }
            // Missing cells are no identifier: each stands for itself.
            let mut next = values as u32;
            for code in rows.iter_mut().filter(|code| **code == MISSING) {
                *code = next;
                next += 1;
            }
            let torn = torn(&rows, next as usize, drawn);
            Ok((torn > 0).then(|| (column.name().to_string(), torn, values as u64)))
        })
        .collect();
    found.into_iter().filter_map(Result::transpose).collect()
}

/// Whether a word of a column's name stands for an identifier: `patient_id`, `customerId`, `Account No`.
fn is_named_so(name: &str) -> bool {
    let mut words = vec![String::new()];
    let mut before_is_lower = false;
    for letter in name.chars() {
        let starts = letter.is_uppercase() && before_is_lower;
        if !letter.is_alphanumeric() || starts {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        before_is_lower = letter.is_lowercase();
    }
    words.iter().any(|word| WORDS.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_told_by_their_names_or_their_look() {
        for name in ["patient_id", "customerId", "Account No", "ID", "user"] {
            assert!(is_named_so(name), "{name}");
        }
        for name in ["avoid", "glucose", "noise", "identity_like", "age"] {
            assert!(!is_named_so(name), "{name}");
        }
        let rows = 120i64;
        let frame = df!(
            "patient_id" => (0..rows).map(|row| row / 3).collect::<Vec<_>>(),
            "ward" => (0..rows).map(|row| format!("W{}", row / 4)).collect::<Vec<_>>(),
            "age" => (0..rows).map(|row| row / 3).collect::<Vec<_>>(),
            "remark" => (0..rows).map(|row| format!("word {}", row / 3)).collect::<Vec<_>>(),
        )
        .unwrap();
        // Every second row: patients of three rows and wards of four are torn.
        let drawn = [(0..120).step_by(2).collect(), (1..120).step_by(2).collect::<Vec<u32>>()];
        let found = shared_identifiers(&frame, &drawn, &[]).unwrap();
        assert_eq!(found, [("patient_id".to_owned(), 40, 40), ("ward".to_owned(), 30, 30)]);
        let drawn = [(0..60).collect(), (60..120).collect::<Vec<u32>>()];
        assert!(shared_identifiers(&frame, &drawn, &["ward"]).unwrap().is_empty());
    }
}
