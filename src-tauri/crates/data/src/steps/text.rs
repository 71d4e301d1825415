//! Changing the text of cells: spaces, case, accents, signs, width; replacing within text and whole values; figures
//! of text.

use std::collections::BTreeMap;

use cairn_protocol::{
    steps::{ReplaceText, ReplaceValues, Text, TextAction, TextMeasure, TextMeasures},
    table::ColumnType,
};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::{Codes, LevelValue, MISSING, canonical_time, codes, column, floats},
    dates::DAY,
    decimals,
    fitted::Learned,
    operation::{Change, Operation, Stage},
    text_cells::{
        Made, blocks, expression, is_digit, is_mark, is_punctuation, like, listed, map_cells, shown, text_cells,
    },
};
use crate::{
    error::DataError,
    frame_types::column_type,
    import::{kinds::DateOrder, values},
    progress::Watch,
};

/// Each column changed on its own, all at once; `make` gives the new column and how many cells changed.
pub(super) fn each_column<F>(names: &[String], make: F) -> Result<Change, DataError>
where
    F: Fn(&str) -> Result<(Vec<Column>, u64, Vec<String>), DataError> + Sync,
{
    let made: Vec<Result<_, DataError>> = names.par_iter().map(|name| make(name)).collect();
    let mut change = Change::default();
    for (name, made) in names.iter().zip(made) {
        let (columns, changed, warnings) = made?;
        change.replaced.push((name.clone(), columns));
        change.changed_cells += changed;
        change.warnings.extend(warnings);
    }
    Ok(change)
}

impl Operation for Text {
    fn transform(&self, frame: &DataFrame, _: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        let width = self.width as usize;
        let mut fill = self.fill.chars();
        let fill = match (self.action, fill.next(), fill.next()) {
            (TextAction::PadStart | TextAction::PadEnd, Some(one), None) => one,
            (TextAction::PadStart | TextAction::PadEnd, ..) => {
                let what = format!("«{}» is not one character to pad with", self.fill);
                return Err(DataError::refused(what, None, "Give one character, such as 0"));
            }
            _ => ' ',
        };
        each_column(&self.columns, |name| {
            let cells = text_cells(frame, name)?;
            let (made, changed) = match self.action {
                TextAction::Trim => map_cells(&cells, stage.watch, |text, _| Made::Text(text.trim())),
                TextAction::Collapse => map_cells(&cells, stage.watch, collapse),
                TextAction::Lower => map_cells(&cells, stage.watch, |text, out| cased(text, out, false)),
                TextAction::Upper => map_cells(&cells, stage.watch, |text, out| cased(text, out, true)),
                TextAction::Title => map_cells(&cells, stage.watch, title),
                TextAction::Sentence => map_cells(&cells, stage.watch, sentence),
                TextAction::StripAccents => normalised(&cells, true, stage.watch),
                TextAction::Normalise => normalised(&cells, false, stage.watch),
                TextAction::RemovePunctuation => {
                    map_cells(&cells, stage.watch, |text, out| without(text, out, is_punctuation))
                }
                TextAction::RemoveDigits => map_cells(&cells, stage.watch, |text, out| without(text, out, is_digit)),
                TextAction::PadStart => {
                    map_cells(&cells, stage.watch, |text, out| padded(text, out, width, fill, true))
                }
                TextAction::PadEnd => map_cells(&cells, stage.watch, |text, out| padded(text, out, width, fill, false)),
                TextAction::Left => map_cells(&cells, stage.watch, |text, _| match text.char_indices().nth(width) {
                    Some((end, _)) => Made::Text(&text[..end]),
                    None => Made::Same,
                }),
                TextAction::Right => map_cells(&cells, stage.watch, |text, _| match width.checked_sub(1) {
                    None => Made::Text(""),
                    Some(back) => match text.char_indices().nth_back(back) {
                        Some((start, _)) => Made::Text(&text[start..]),
                        None => Made::Same,
                    },
                }),
                TextAction::EmptyToNull => {
                    map_cells(
                        &cells,
                        stage.watch,
                        |text, _| if text.trim().is_empty() { Made::Null } else { Made::Same },
                    )
                }
            }?;
            Ok((vec![like(column(frame, name)?, made)?], changed, Vec::new()))
        })
    }
}

fn collapse<'a>(text: &'a str, out: &mut String) -> Made<'a> {
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    Made::Scratch
}

/// Lower or upper case by Unicode's full mapping (`ß` → `SS`, `Σ` at the end of a word → `ς`).
fn cased<'a>(text: &'a str, out: &mut String, upper: bool) -> Made<'a> {
    if !text.is_ascii() {
        out.push_str(&if upper { text.to_uppercase() } else { text.to_lowercase() });
        return Made::Scratch;
    }
    out.push_str(text);
    if upper {
        out.make_ascii_uppercase();
    } else {
        out.make_ascii_lowercase();
    }
    Made::Scratch
}

/// The first letter of each word capital, the rest small; an apostrophe does not end a word (`don't` → `Don't`).
fn title<'a>(text: &'a str, out: &mut String) -> Made<'a> {
    let mut inside = false;
    for one in text.chars() {
        let letter = one.is_alphanumeric() || (inside && (matches!(one, '\'' | '’') || is_mark(one)));
        if letter && inside {
            out.extend(one.to_lowercase());
        } else {
            out.extend(one.to_uppercase());
        }
        inside = letter;
    }
    Made::Scratch
}

/// The first letter of each sentence capital, the rest small; a sentence ends with `.`, `!` or `?` before a space.
fn sentence<'a>(text: &'a str, out: &mut String) -> Made<'a> {
    let (mut begins, mut ended) = (true, false);
    for one in text.chars() {
        if one.is_whitespace() {
            begins |= ended;
            out.push(one);
        } else if one.is_alphanumeric() && begins {
            out.extend(one.to_uppercase());
            begins = false;
        } else {
            out.extend(one.to_lowercase());
        }
        ended = matches!(one, '.' | '!' | '?') || (ended && matches!(one, '"' | '”' | '»' | ')'));
    }
    Made::Scratch
}

fn without<'a>(text: &'a str, out: &mut String, goes: impl Fn(char) -> bool) -> Made<'a> {
    if !text.chars().any(&goes) {
        return Made::Same;
    }
    out.extend(text.chars().filter(|one| !goes(*one)));
    Made::Scratch
}

fn padded<'a>(text: &'a str, out: &mut String, width: usize, fill: char, start: bool) -> Made<'a> {
    let has = text.chars().count();
    if has >= width {
        return Made::Same;
    }
    if !start {
        out.push_str(text);
    }
    out.extend(std::iter::repeat_n(fill, width - has));
    if start {
        out.push_str(text);
    }
    Made::Scratch
}

/// NFC; before it, where accents go, NFKD without marks (NFC brings syllables of Hangul together again). Letters that
/// Unicode does not take apart stay: `ø`, `ß`, `ł`.
fn normalised(cells: &StringChunked, strip: bool, watch: Watch<'_>) -> Result<(StringChunked, u64), DataError> {
    if cells.iter().flatten().all(str::is_ascii) {
        return Ok((cells.clone(), 0));
    }
    let each = watch.each(cells.len());
    let made: Vec<Result<(StringChunked, u64), DataError>> = blocks(cells.len())
        .into_par_iter()
        .map(|(start, length)| {
            each.more(length)?;
            let block = cells.slice(start as i64, length);
            let form = |cells: &StringChunked, form| cells.str_normalize(form);
            let made = if strip {
                let apart = form(&block, UnicodeForm::NFKD);
                let (bare, _) = map_cells(&apart, Watch::none(), |text, out| without(text, out, is_mark))?;
                form(&bare, UnicodeForm::NFC)
            } else {
                form(&block, UnicodeForm::NFC)
            };
            let changed = block.iter().zip(made.iter()).filter(|(before, after)| before != after).count() as u64;
            Ok((made, changed))
        })
        .collect();
    let made: Vec<(StringChunked, u64)> = made.into_iter().collect::<Result<_, _>>()?;
    let changed = made.iter().map(|(_, changed)| changed).sum();
    Ok((super::text_cells::joined(cells.name(), made.into_iter().map(|(block, _)| block))?, changed))
}

impl Operation for ReplaceText {
    fn transform(&self, frame: &DataFrame, _: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        if self.find.is_empty() {
            return Err(DataError::refused("there is no text to replace", None, "Say what is replaced"));
        }
        let pattern = if self.regex { self.find.clone() } else { regex::escape(&self.find) };
        let finder = expression(&pattern, self.ignore_case, self.columns.first().map_or("", String::as_str))?;
        let literal = !self.regex || !self.replace.contains('$');
        each_column(&self.columns, |name| {
            let cells = text_cells(frame, name)?;
            let (made, changed) = map_cells(&cells, stage.watch, |text, out| {
                let (mut from, mut any) = (0, false);
                if literal {
                    for found in finder.find_iter(text) {
                        any = true;
                        out.push_str(&text[from..found.start()]);
                        out.push_str(&self.replace);
                        from = found.end();
                    }
                } else {
                    for groups in finder.captures_iter(text) {
                        let Some(found) = groups.get(0) else { continue };
                        any = true;
                        out.push_str(&text[from..found.start()]);
                        groups.expand(&self.replace, out);
                        from = found.end();
                    }
                }
                if !any {
                    return Made::Same;
                }
                out.push_str(&text[from..]);
                Made::Scratch
            })?;
            Ok((vec![like(column(frame, name)?, made)?], changed, Vec::new()))
        })
    }
}

impl Operation for ReplaceValues {
    /// Pairs are applied all at once, so values can change places. A pair names a value as it is shown; numbers are
    /// compared as numbers. What the column becomes follows from its type and the pairs alone: it stays what it is
    /// where every new value fits (whole numbers may become numbers), otherwise it becomes text.
    fn transform(&self, frame: &DataFrame, _: &Learned, _: &Stage<'_>) -> Result<Change, DataError> {
        let mut pairs: BTreeMap<&str, &str> = BTreeMap::new();
        for pair in &self.pairs {
            if let Some(other) = pairs.insert(&pair.from, &pair.to)
                && other != pair.to
            {
                let what = format!("«{}» has two new values, «{other}» and «{}»", pair.from, pair.to);
                return Err(DataError::refused(what, None, "Name each old value once"));
            }
        }
        each_column(&self.columns, |name| replace_values(column(frame, name)?, &pairs))
    }
}

fn replace_values(series: &Series, pairs: &BTreeMap<&str, &str>) -> Result<(Vec<Column>, u64, Vec<String>), DataError> {
    let name = series.name().clone();
    let kind = column_type(series.dtype());
    let codes = codes(series)?;
    let mut used: BTreeMap<&str, bool> = pairs.keys().map(|from| (*from, false)).collect();
    // The new value of each level; none where it stays.
    let new: Vec<Option<&str>> = codes
        .levels
        .iter()
        .map(|level| {
            let number = |from: &str| match level.value {
                LevelValue::Whole(value) if kind == ColumnType::Int => {
                    from.trim().parse().is_ok_and(|x: i64| x == value)
                }
                LevelValue::Real(value) => from.trim().parse().is_ok_and(|x: f64| x == value),
                LevelValue::Text => decimals::same(from, &level.label),
                _ => false,
            };
            let (from, to) = match pairs.get_key_value(level.label.as_str()) {
                Some(pair) => pair,
                None if kind.is_numeric() => pairs.iter().find(|(from, _)| number(from))?,
                None => return None,
            };
            used.insert(from, true);
            Some(*to)
        })
        .collect();
    let mut warnings = Vec::new();
    let idle: Vec<&str> = used.iter().filter(|(_, used)| !**used).map(|(from, _)| *from).collect();
    if !idle.is_empty() {
        warnings.push(format!("{name} does not hold {}", listed(&idle)));
    }
    let differs: Vec<bool> =
        new.iter().zip(&codes.levels).map(|(new, level)| new.is_some_and(|new| new != level.label)).collect();
    let changed = codes.rows.iter().filter(|code| differs.get(**code as usize) == Some(&true)).count() as u64;
    let made = retyped(series, kind, &codes, &new, pairs, &mut warnings)?;
    Ok((vec![made], changed, warnings))
}

fn retyped(
    series: &Series,
    kind: ColumnType,
    codes: &Codes,
    new: &[Option<&str>],
    pairs: &BTreeMap<&str, &str>,
    warnings: &mut Vec<String>,
) -> Result<Column, DataError> {
    let name = series.name().clone();
    let wanted = || pairs.values().map(|to| to.trim()).filter(|to| !to.is_empty());
    let by_level = |code: u32| code as usize;
    if kind == ColumnType::Int && wanted().all(|to| to.parse::<i64>().is_ok()) {
        let values: Vec<Option<i64>> = new
            .iter()
            .zip(&codes.levels)
            .map(|(new, level)| match (new, level.value) {
                (Some(new), _) => new.trim().parse().ok(),
                (None, LevelValue::Whole(value)) => Some(value),
                _ => None,
            })
            .collect();
        let cells: Int64Chunked =
            codes.rows.iter().map(|code| values.get(by_level(*code)).copied().flatten()).collect();
        let cells = cells.into_series().with_name(name.clone());
        // A narrower type is kept where the new values fit it.
        return Ok(cells.strict_cast(series.dtype()).unwrap_or(cells).into_column());
    }
    if matches!(kind, ColumnType::Date | ColumnType::Datetime | ColumnType::Time)
        && wanted().all(|to| point(to, kind).is_some())
    {
        let dtype = canonical_time(series)?.dtype().clone();
        let values: Vec<Option<i64>> = new
            .iter()
            .zip(&codes.levels)
            .map(|(new, level)| match (new, level.value) {
                (Some(new), _) => point(new.trim(), kind),
                (None, LevelValue::Whole(value)) => Some(value),
                _ => None,
            })
            .collect();
        let cells: Int64Chunked =
            codes.rows.iter().map(|code| values.get(by_level(*code)).copied().flatten()).collect();
        let physical = if kind == ColumnType::Date { DataType::Int32 } else { DataType::Int64 };
        let cells = cells.into_series().with_name(name).cast(&physical).and_then(|cells| cells.cast(&dtype));
        return Ok(cells.map_err(DataError::table("writing dates"))?.into_column());
    }
    if matches!(kind, ColumnType::Int | ColumnType::Float) && wanted().all(|to| to.parse::<f64>().is_ok()) {
        if kind == ColumnType::Int {
            warnings.push(format!("{name} became a column of floats"));
        }
        let values: Vec<f64> = new
            .iter()
            .zip(&codes.levels)
            .map(|(new, level)| match (new, level.value) {
                (Some(new), _) => new.trim().parse().unwrap_or(f64::NAN),
                (None, LevelValue::Whole(value)) => value as f64,
                (None, LevelValue::Real(value)) => value,
                _ => f64::NAN,
            })
            .collect();
        let cells = codes.rows.iter().map(|code| values.get(by_level(*code)).copied().unwrap_or(f64::NAN)).collect();
        return Ok(floats(&name, cells));
    }
    if kind == ColumnType::Decimal && wanted().all(|to| decimals::plain(to).is_some()) {
        let text = |code: u32| {
            let level = codes.levels.get(by_level(code))?;
            Some(new[by_level(code)].unwrap_or(&level.label)).filter(|text| !text.trim().is_empty())
        };
        let cells: StringChunked = codes.rows.iter().map(|code| text(*code)).collect();
        return Ok(decimals::of_texts(&cells, &name)?.into_column());
    }
    let mut builder = StringChunkedBuilder::new(name.clone(), codes.rows.len());
    for code in &codes.rows {
        let text = (*code != MISSING).then(|| new[by_level(*code)].unwrap_or(&codes.levels[by_level(*code)].label));
        builder.append_option(text.filter(|text| !text.is_empty() || new[by_level(*code)].is_none()));
    }
    let made = builder.finish();
    if matches!(kind, ColumnType::Text | ColumnType::Category) {
        return like(series, made);
    }
    let truths = kind == ColumnType::Bool && wanted().all(|to| matches!(to, "true" | "false"));
    if truths {
        let cells: BooleanChunked = made.iter().map(|text| text.map(|text| text == "true")).collect();
        return Ok(cells.into_series().with_name(name).into_column());
    }
    let odd = wanted().find(|to| to.parse::<f64>().is_err()).map(shown).unwrap_or_default();
    warnings.push(format!("{name} became text, for «{odd}» is none of {}s", kind.as_str()));
    Ok(made.into_series().into_column())
}

/// What a point in time is made of: days, microseconds, or nanoseconds of the day.
fn point(text: &str, kind: ColumnType) -> Option<i64> {
    let day = || values::date(text.as_bytes(), DateOrder::YearMonthDay).map(i64::from);
    match kind {
        ColumnType::Date => day(),
        ColumnType::Datetime => {
            let moment = values::datetime(text.as_bytes()).map(values::Moment::in_micros);
            moment.or_else(|| day().map(|days| days * DAY))
        }
        _ => {
            let moment = values::datetime(format!("1970-01-01 {text}").as_bytes())?;
            moment.in_nanos().filter(|_| !moment.utc)
        }
    }
}

impl Operation for TextMeasures {
    /// Words are runs without spaces. Shares are of the characters, from 0 to 1, and 0 for empty text.
    fn transform(&self, frame: &DataFrame, _: &Learned, _: &Stage<'_>) -> Result<Change, DataError> {
        let mut measures = self.measures.clone();
        measures.dedup();
        each_column(&self.columns, |name| {
            let cells = text_cells(frame, name)?;
            let blocks: Vec<Vec<Vec<f64>>> = blocks(cells.len())
                .into_par_iter()
                .map(|(start, length)| {
                    let block = cells.slice(start as i64, length);
                    let mut out: Vec<Vec<f64>> = vec![Vec::with_capacity(length); measures.len()];
                    for text in block.iter() {
                        for (measure, out) in measures.iter().zip(&mut out) {
                            out.push(text.map_or(f64::NAN, |text| figure_of(text, *measure)));
                        }
                    }
                    out
                })
                .collect();
            let mut columns = vec![column(frame, name)?.clone().into_column()];
            for (at, measure) in measures.iter().enumerate() {
                let values: Vec<f64> = blocks.iter().flat_map(|block| block[at].iter().copied()).collect();
                let made = floats(&format!("{name}_{}", measure_name(*measure)), values);
                let whole = matches!(measure, TextMeasure::Length | TextMeasure::Words);
                let kind = if whole { DataType::Int64 } else { DataType::Float64 };
                columns.push(made.cast(&kind).map_err(DataError::table("measuring text"))?);
            }
            Ok((columns, 0, Vec::new()))
        })
    }
}

fn measure_name(measure: TextMeasure) -> &'static str {
    match measure {
        TextMeasure::Length => "length",
        TextMeasure::Words => "words",
        TextMeasure::Letters => "letters",
        TextMeasure::Digits => "digits",
        TextMeasure::Capitals => "capitals",
        TextMeasure::Spaces => "spaces",
        TextMeasure::Punctuation => "punctuation",
    }
}

fn figure_of(text: &str, measure: TextMeasure) -> f64 {
    let share = |is: fn(char) -> bool| {
        let (mut all, mut found) = (0u64, 0u64);
        for one in text.chars() {
            all += 1;
            found += u64::from(is(one));
        }
        if all == 0 { 0.0 } else { found as f64 / all as f64 }
    };
    match measure {
        TextMeasure::Length => text.chars().count() as f64,
        TextMeasure::Words => text.split_whitespace().count() as f64,
        TextMeasure::Letters => share(char::is_alphabetic),
        TextMeasure::Digits => share(is_digit),
        TextMeasure::Capitals => share(char::is_uppercase),
        TextMeasure::Spaces => share(char::is_whitespace),
        TextMeasure::Punctuation => share(is_punctuation),
    }
}
