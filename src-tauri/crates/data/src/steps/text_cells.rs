//! Going through the cells of a text column: in blocks on all processors, without a `String` for each cell; and the
//! classes of characters that steps on text speak of.
//!
//! A character is a Unicode scalar value, not what a reader sees as one: `é` may be one character or two
//! (normalise first where that matters), a flag is two.

use std::{ops::RangeInclusive, sync::LazyLock};

use cairn_protocol::table::ColumnType;
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::{column, texts},
    names::{count, some},
};
use crate::{error::DataError, frame_types::column_type, progress::Watch};

/// Rows of a block. Fixed, so that a result does not depend on the number of processors.
pub(super) const BLOCK: usize = 1 << 15;

/// What becomes of the text of a cell.
pub(super) enum Made<'a> {
    /// It stays.
    Same,
    /// A part of it, or another text that lives elsewhere.
    Text(&'a str),
    /// What was written into the scratch space.
    Scratch,
    /// It becomes missing.
    Null,
}

/// A text or category column, as text.
pub(super) fn text_cells(frame: &DataFrame, name: &str) -> Result<StringChunked, DataError> {
    let series = column(frame, name)?;
    match column_type(series.dtype()) {
        ColumnType::Text | ColumnType::Category => texts(series),
        other => {
            let what = format!("{name} holds {}s, not text", other.as_str());
            Err(DataError::refused(what, Some(name), "Set it to text first, or choose a text column"))
        }
    }
}

/// Texts in place of those of a column: a category stays one.
pub(super) fn like(series: &Series, cells: StringChunked) -> Result<Column, DataError> {
    let made = cells.into_series().with_name(series.name().clone());
    if column_type(series.dtype()) != ColumnType::Category {
        return Ok(made.into_column());
    }
    let categories = DataType::from_categories(Categories::global());
    let made = made.cast(&categories).map_err(DataError::table(format!("making {} a category", series.name())))?;
    Ok(made.into_column())
}

/// The starts and lengths of the blocks of so many rows.
pub(super) fn blocks(rows: usize) -> Vec<(usize, usize)> {
    (0..rows).step_by(BLOCK).map(|start| (start, BLOCK.min(rows - start))).collect()
}

/// Every cell that holds a text changed by `make`, and how many cells differ from before.
pub(super) fn map_cells<F>(cells: &StringChunked, watch: Watch<'_>, make: F) -> Result<(StringChunked, u64), DataError>
where
    F: for<'a> Fn(&'a str, &mut String) -> Made<'a> + Sync,
{
    let each = watch.each(cells.len());
    let made: Vec<(StringChunked, u64)> = blocks(cells.len())
        .into_par_iter()
        .map(|(start, length)| {
            each.more(length)?;
            let block = cells.slice(start as i64, length);
            let mut builder = StringChunkedBuilder::new(cells.name().clone(), length);
            let (mut scratch, mut changed) = (String::new(), 0);
            for text in block.iter() {
                let Some(text) = text else {
                    builder.append_null();
                    continue;
                };
                scratch.clear();
                match make(text, &mut scratch) {
                    Made::Same => builder.append_value(text),
                    Made::Text(other) => {
                        changed += u64::from(other != text);
                        builder.append_value(other);
                    }
                    Made::Scratch => {
                        changed += u64::from(scratch != text);
                        builder.append_value(&scratch);
                    }
                    Made::Null => {
                        changed += 1;
                        builder.append_null();
                    }
                }
            }
            Ok((builder.finish(), changed))
        })
        .collect::<Result<_, DataError>>()?;
    let changed = made.iter().map(|(_, changed)| changed).sum();
    Ok((joined(cells.name(), made.into_iter().map(|(block, _)| block))?, changed))
}

/// Blocks of a column put together.
pub(super) fn joined(
    name: &PlSmallStr,
    blocks: impl IntoIterator<Item = StringChunked>,
) -> Result<StringChunked, DataError> {
    let mut whole = StringChunked::full_null(name.clone(), 0);
    for block in blocks {
        whole.append_owned(block).map_err(DataError::table(format!("putting {name} together")))?;
    }
    Ok(whole.rechunk().into_owned())
}

/// Characters of a general category of Unicode beyond ASCII, as ranges in order.
struct Class(Vec<RangeInclusive<char>>);

impl Class {
    /// The class of an expression such as `\p{P}`.
    fn of(expression: &str) -> Self {
        // Every assigned character lies in these planes; the last range holds variation selectors.
        let all: String = ('\u{80}'..='\u{3FFFF}').chain('\u{E0000}'..='\u{E0FFF}').collect();
        let class = regex::Regex::new(&format!("{expression}+")).expect("a class of the regex syntax");
        let runs = class.find_iter(&all).filter_map(|run| {
            let run = run.as_str();
            Some(run.chars().next()?..=run.chars().next_back()?)
        });
        Self(runs.collect())
    }

    fn has(&self, one: char) -> bool {
        let at = self.0.partition_point(|range| *range.end() < one);
        self.0.get(at).is_some_and(|range| range.contains(&one))
    }
}

static PUNCTUATION: LazyLock<Class> = LazyLock::new(|| Class::of(r"\p{P}"));
static MARKS: LazyLock<Class> = LazyLock::new(|| Class::of(r"\p{M}"));
static DIGITS: LazyLock<Class> = LazyLock::new(|| Class::of(r"\p{Nd}"));
static WORD: LazyLock<Class> = LazyLock::new(|| Class::of(r"[\p{L}\p{N}]"));

/// Punctuation: the ASCII signs (`$`, `+`, `<`, `^` and the like among them, as Python's `string.punctuation`) and
/// what Unicode calls punctuation.
pub(super) fn is_punctuation(one: char) -> bool {
    if one.is_ascii() { one.is_ascii_punctuation() } else { PUNCTUATION.has(one) }
}

/// A mark that joins the character before it (an accent).
pub(super) fn is_mark(one: char) -> bool {
    !one.is_ascii() && MARKS.has(one)
}

/// A decimal digit of any script.
pub(super) fn is_digit(one: char) -> bool {
    if one.is_ascii() { one.is_ascii_digit() } else { DIGITS.has(one) }
}

/// A letter, a number, or `_`: `\w` of Python's `re`.
pub(super) fn is_word(one: char) -> bool {
    if one.is_ascii() { one.is_ascii_alphanumeric() || one == '_' } else { WORD.has(one) }
}

/// A regular expression of a person's.
pub(super) fn expression(pattern: &str, ignore_case: bool, column: &str) -> Result<regex::Regex, DataError> {
    regex::RegexBuilder::new(pattern).case_insensitive(ignore_case).build().map_err(|error| {
        let said = error.to_string();
        let last = said.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned();
        let what = format!("«{pattern}» is no regular expression: {last}");
        DataError::refused(what, Some(column), "Write \\ before a sign that stands for itself, such as \\. or \\(")
    })
}

/// The text cut to a length that fits a message.
pub(super) fn shown(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_owned() } else { text.chars().take(59).chain(['…']).collect() }
}

/// «1 cell», «1,204 cells».
pub(super) fn cells_of(many: u64) -> String {
    if many == 1 { "1 cell".into() } else { format!("{} cells", count(many)) }
}

/// A note on values that were not met: «x, y, … (7 values)».
pub(super) fn listed(values: &[&str]) -> String {
    let shown = some(values.iter().map(|value| format!("«{value}»")));
    if values.len() > 5 { format!("{shown} ({} values)", count(values.len() as u64)) } else { shown }
}
