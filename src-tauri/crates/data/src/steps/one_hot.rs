//! One-hot encoding: one 0/1 column (`UInt8`) for each level.
//!
//! Levels stand in the order of their values, so that the same data gives the same columns. A missing value that
//! the fit did not meet, with a column of its own asked for, is treated as an unseen level.
//!
//! Parity with another tool overrides what becomes of missing and unseen levels, the order and the names:
//!
//! | | order | missing | unseen | place of the columns |
//! |---|---|---|---|---|
//! | scikit-learn `OneHotEncoder(handle_unknown="ignore")` | by value | `NAME_nan`, the last | zeros | the column's |
//! | pandas `get_dummies` | by value | zeros | zeros | at the right end |
//! | Spark `StringIndexer` + `OneHotEncoder` | by falling frequency, equal ones by value; the last has none | error | error | the column's |
//!
//! Names are `NAME_value`, values spelled as Python does: `True`, `2.5`, `3.0`. Spark makes a vector, whose slots carry
//! these values. Rare levels and the most levels are those of the step in every mode (scikit-learn's `min_frequency`;
//! its `max_categories` counts the folded level, this does not).

use cairn_protocol::steps::{DropLevel, NullLevel, OneHot, OneHotParity, UnseenLevel};
use polars::prelude::*;
use polars_arrow::bitmap::Bitmap;
use rayon::prelude::*;

use super::{
    columns::{Level, LevelValue, MISSING, column, flags},
    fitted::{ColumnLevels, FittedLevel, Learned},
    names::{Names, count, rows_hold, some},
    operation::{Around, Change, FitRows, Operation, Stage},
    rare,
};
use crate::{error::DataError, frame_types::column_type};

/// Columns that one step may make.
pub(super) const MOST_COLUMNS: usize = 10_000;
/// Bytes that one step may make: 4 GiB.
const MOST_BYTES: u64 = 4 << 30;

/// The choices of the step, or those of the tool whose encoding is repeated.
#[derive(Clone, Copy)]
struct Choices<'a> {
    parity: OneHotParity,
    drop: DropLevel,
    nulls: NullLevel,
    unseen: UnseenLevel,
    rare_below_percent: f64,
    rare_below_count: u64,
    max_categories: Option<usize>,
    name_pattern: &'a str,
    keep_source: bool,
}

impl<'a> From<&'a OneHot> for Choices<'a> {
    fn from(step: &'a OneHot) -> Self {
        let own = Self {
            parity: step.parity,
            drop: step.drop,
            nulls: step.nulls,
            unseen: step.unseen,
            rare_below_percent: step.rare_below_percent,
            rare_below_count: step.rare_below_count,
            max_categories: step.max_categories,
            name_pattern: &step.name_pattern,
            keep_source: step.keep_source,
        };
        let (drop, nulls, unseen) = match step.parity {
            OneHotParity::None => return own,
            OneHotParity::ScikitLearn => (DropLevel::None, NullLevel::OwnColumn, UnseenLevel::AllZeros),
            OneHotParity::Pandas => (DropLevel::None, NullLevel::AllZeros, UnseenLevel::AllZeros),
            OneHotParity::Spark => (DropLevel::Last, NullLevel::Error, UnseenLevel::Error),
        };
        Self { drop, nulls, unseen, name_pattern: "{column}_{value}", ..own }
    }
}

impl Operation for OneHot {
    fn fit(&self, frame: &DataFrame, rows: FitRows<'_>, _: &Around) -> Result<(Learned, Vec<String>), DataError> {
        fit(frame, &self.columns, &Choices::from(self), rows)
    }

    fn transform(&self, frame: &DataFrame, learned: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        let Learned::Levels { columns } = learned else {
            return Err(DataError::refused("the step did not learn its levels", None, "Run the cell again"));
        };
        let columns: Vec<&ColumnLevels> =
            columns.iter().filter(|levels| self.columns.contains(&levels.column)).collect();
        let mut change = transform(frame, &columns, &Choices::from(self), stage)?;
        if self.parity == OneHotParity::Pandas {
            for (_, made) in &mut change.replaced {
                let kept = usize::from(self.keep_source);
                change.added.extend(made.drain(kept..));
            }
        }
        Ok(change)
    }

    fn describe(&self, learned: &Learned) -> Vec<String> {
        if let Learned::Levels { columns } = learned { self::learned(columns) } else { Vec::new() }
    }
}

/// The levels of each column and the names of the columns made of them.
fn fit(
    frame: &DataFrame,
    names: &[String],
    choices: &Choices<'_>,
    rows: FitRows<'_>,
) -> Result<(Learned, Vec<String>), DataError> {
    if !choices.name_pattern.contains("{value}") {
        let what = format!("the name pattern «{}» gives every level the same name", choices.name_pattern);
        return Err(DataError::refused(what, None, "Put {value} into it, as in {column}_{value}"));
    }
    let levels: Vec<Result<ColumnLevels, DataError>> =
        names.par_iter().map(|name| levels(column(frame, name)?, choices, rows)).collect();
    let mut levels = levels.into_iter().collect::<Result<Vec<_>, _>>()?;
    let width = levels.iter().map(width).sum();
    check_width(width, frame.height(), &names.join(", "))?;
    let stays = |name: &&str| choices.keep_source || !names.iter().any(|source| source == name);
    let mut taken = Names::new(frame.get_column_names().into_iter().map(PlSmallStr::as_str).filter(stays));
    for column in &mut levels {
        let name_of = |value: &str| choices.name_pattern.replace("{column}", &column.column).replace("{value}", value);
        for level in &mut column.levels {
            if let Some(spelled) = &level.name {
                level.name = Some(taken.take(&name_of(spelled)));
            }
        }
        let null = if choices.parity == OneHotParity::ScikitLearn { "nan" } else { "null" };
        for (name, value) in [(&mut column.other, "other"), (&mut column.null, null)] {
            if name.is_some() {
                *name = Some(taken.take(&name_of(value)));
            }
        }
    }
    Ok((Learned::Levels { columns: levels }, taken.warnings))
}

fn width(levels: &ColumnLevels) -> usize {
    levels.levels.iter().filter(|level| level.name.is_some()).count()
        + usize::from(levels.other.is_some())
        + usize::from(levels.null.is_some())
}

/// Refuses what would be too wide or too large, before it is made.
pub(super) fn check_width(width: usize, rows: usize, of: &str) -> Result<(), DataError> {
    let hint = "Fold rare levels, set the most categories, or drop the column";
    if width > MOST_COLUMNS {
        let what =
            format!("{of} would become {} columns, more than {}", count(width as u64), count(MOST_COLUMNS as u64));
        return Err(DataError::refused(what, None, hint));
    }
    let bytes = width as u64 * rows as u64;
    if bytes > MOST_BYTES {
        let gigabytes = bytes as f64 / f64::from(1 << 30);
        let what = format!(
            "{of} would become {} columns of {} rows, {gigabytes:.1} GiB, more than 4 GiB",
            count(width as u64),
            count(rows as u64)
        );
        return Err(DataError::refused(what, None, hint));
    }
    Ok(())
}

fn levels(series: &Series, choices: &Choices<'_>, rows: FitRows<'_>) -> Result<ColumnLevels, DataError> {
    let name = series.name().as_str();
    let kind = column_type(series.dtype());
    let codes = rows.codes(series)?;
    let broken = |level: &Level| matches!(level.value, LevelValue::Real(value) if value.fract() != 0.0);
    if choices.parity == OneHotParity::None && codes.levels.iter().any(broken) {
        let what = format!("{name} holds floats with fractions, which have no levels");
        let hint = "Cut it into bins first, or keep it as a number";
        return Err(DataError::refused(what, Some(name), hint));
    }
    let (counts, null_count) = codes.counts(rows.parts());
    let fitted = counts.iter().sum::<u64>() + null_count;
    if choices.nulls == NullLevel::Error
        && let Some(row) = codes.rows.iter().position(|code| *code == MISSING)
    {
        return Err(missing_refused(name, row));
    }
    let mut seen: Vec<(usize, u64)> = counts.into_iter().enumerate().filter(|(_, count)| *count > 0).collect();
    if choices.parity == OneHotParity::Spark {
        seen.sort_by_key(|&(level, count)| (std::cmp::Reverse(count), level));
    }
    let rows_of: Vec<u64> = seen.iter().map(|(_, count)| *count).collect();
    let (percent, least) = (choices.rare_below_percent, choices.rare_below_count);
    let kept = rare::kept(&rows_of, fitted, percent, least, choices.max_categories);
    let folded = kept.iter().any(|kept| !kept);
    let null_column = choices.nulls == NullLevel::OwnColumn && null_count > 0;
    let columns = kept.iter().filter(|kept| **kept).count();
    let first = kept.iter().position(|kept| *kept);
    let dropped = match choices.drop {
        DropLevel::None => None,
        DropLevel::First => first,
        DropLevel::Last => kept.iter().rposition(|kept| *kept),
        DropLevel::IfTwo => first.filter(|_| columns + usize::from(folded) + usize::from(null_column) == 2),
        DropLevel::MostFrequent => {
            (0..seen.len()).filter(|&at| kept[at]).min_by_key(|&at| (std::cmp::Reverse(seen[at].1), at))
        }
    };
    let levels = seen
        .iter()
        .enumerate()
        .map(|(at, &(level, count))| FittedLevel {
            value: codes.levels[level].label.clone(),
            count,
            // The value as it is spelled; the name is made of it once the width is known.
            name: (kept[at] && dropped != Some(at)).then(|| spelled(&codes.levels[level], choices.parity)),
            folded: !kept[at],
        })
        .collect();
    Ok(ColumnLevels {
        column: name.to_owned(),
        levels,
        other: (folded || choices.unseen == UnseenLevel::Other).then(String::new),
        null: null_column.then(String::new),
        null_count,
        column_type: Some(kind),
    })
}

/// A level as it stands in the name of its column.
fn spelled(level: &Level, parity: OneHotParity) -> String {
    match level.value {
        _ if parity == OneHotParity::None => level.label.clone(),
        LevelValue::Bool(yes) if parity == OneHotParity::Spark => yes.to_string(),
        LevelValue::Bool(yes) => if yes { "True" } else { "False" }.into(),
        LevelValue::Real(value) => format!("{value:?}"),
        _ => level.label.clone(),
    }
}

fn missing_refused(name: &str, row: usize) -> DataError {
    let what = format!("row {}: {name} is missing", count(row as u64 + 1));
    DataError::refused(what, Some(name), "Fill missing values before, or give them a column of their own")
}

/// Encodes the columns with the levels that were learned.
fn transform(
    frame: &DataFrame,
    columns: &[&ColumnLevels],
    choices: &Choices<'_>,
    stage: &Stage<'_>,
) -> Result<Change, DataError> {
    let width = columns.iter().map(|levels| width(levels)).sum();
    check_width(
        width,
        frame.height(),
        &columns.iter().map(|levels| levels.column.as_str()).collect::<Vec<_>>().join(", "),
    )?;
    let encoded: Vec<Result<Encoded, DataError>> =
        columns.par_iter().map(|levels| encode(column(frame, &levels.column)?, levels, choices, stage)).collect();
    let mut change = Change::default();
    for (levels, encoded) in columns.iter().zip(encoded) {
        let Encoded { columns: mut made, warnings } = encoded?;
        if choices.keep_source {
            made.insert(0, column(frame, &levels.column)?.clone().into_column());
        }
        change.warnings.extend(warnings);
        change.replaced.push((levels.column.clone(), made));
    }
    Ok(change)
}

/// The columns made of one, and what a person should know of them.
struct Encoded {
    columns: Vec<Column>,
    warnings: Vec<String>,
}

/// A row that is 0 in every column.
const NOWHERE: u32 = u32::MAX;

fn encode(
    series: &Series,
    fitted: &ColumnLevels,
    choices: &Choices<'_>,
    stage: &Stage<'_>,
) -> Result<Encoded, DataError> {
    let name = fitted.column.as_str();
    let codes = stage.codes(series)?;
    // Columns stand in the order: levels, other, null.
    let mut next = 0u32;
    let mut place = |name: &Option<String>| -> Option<u32> {
        name.as_ref()?;
        next += 1;
        Some(next - 1)
    };
    let level_places: Vec<Option<u32>> = fitted.levels.iter().map(|level| place(&level.name)).collect();
    let (other, null) = (place(&fitted.other), place(&fitted.null));
    let names: Vec<&String> =
        fitted.levels.iter().filter_map(|level| level.name.as_ref()).chain(&fitted.other).chain(&fitted.null).collect();
    let known: PlHashMap<&str, u32> = fitted
        .levels
        .iter()
        .zip(&level_places)
        .map(|(level, place)| {
            (level.value.as_str(), if level.folded { other.unwrap_or(NOWHERE) } else { place.unwrap_or(NOWHERE) })
        })
        .collect();
    let unseen_place = if choices.unseen == UnseenLevel::Other { other.unwrap_or(NOWHERE) } else { NOWHERE };
    let mut unseen: Vec<(usize, &str)> = Vec::new();
    let places: Vec<u32> = codes
        .levels
        .iter()
        .enumerate()
        .map(|(code, level)| {
            known.get(level.label.as_str()).copied().unwrap_or_else(|| {
                unseen.push((code, &level.label));
                unseen_place
            })
        })
        .collect();
    let mut warnings = Vec::new();
    if !unseen.is_empty() {
        let (counts, _) = codes.counts(None);
        let rows: u64 = unseen.iter().map(|(code, _)| counts[*code]).sum();
        let values = some(unseen.iter().map(|(_, label)| *label));
        if choices.unseen == UnseenLevel::Error {
            let row = codes.rows.iter().position(|code| unseen.iter().any(|(level, _)| *level == *code as usize));
            let what = format!(
                "row {}: the fit did not see «{}» of {name}{}",
                count(row.unwrap_or(0) as u64 + 1),
                row.map_or("", |row| codes.levels[codes.rows[row] as usize].label.as_str()),
                if rows > 1 { format!(", nor the values of {} other rows", count(rows - 1)) } else { String::new() }
            );
            return Err(DataError::refused(what, Some(name), "Let unseen levels become zeros, or fall into other"));
        }
        let where_to = if unseen_place == NOWHERE { "zero in every column" } else { "counted as other" };
        warnings.push(format!("{name}: {} values the fit did not see ({values}), {where_to}", rows_hold(rows)));
    }
    let missing_place = match choices.nulls {
        NullLevel::OwnColumn => {
            let missing = codes.rows.iter().filter(|code| **code == MISSING).count();
            if null.is_none() && missing > 0 {
                if choices.unseen == UnseenLevel::Error {
                    let row = codes.rows.iter().position(|code| *code == MISSING).unwrap_or(0);
                    return Err(missing_refused(name, row));
                }
                warnings.push(format!(
                    "{name}: {} missing where the fit saw none",
                    if missing == 1 { "1 row is".into() } else { format!("{} rows are", count(missing as u64)) }
                ));
            }
            null.unwrap_or(unseen_place)
        }
        NullLevel::AllZeros | NullLevel::Null => NOWHERE,
        NullLevel::Error => match codes.rows.iter().position(|code| *code == MISSING) {
            Some(row) => return Err(missing_refused(name, row)),
            None => NOWHERE,
        },
    };
    let validity: Option<Bitmap> = (choices.nulls == NullLevel::Null && codes.rows.contains(&MISSING))
        .then(|| codes.rows.iter().map(|code| *code != MISSING).collect());
    let place_of = |code: &u32| places.get(*code as usize).copied().unwrap_or(missing_place);
    // Bytes where they are enough: a quarter of what every column's pass reads.
    let columns = if names.len() < usize::from(u8::MAX) {
        let rows: Vec<u8> =
            codes.rows.par_iter().with_min_len(1 << 15).map(|code| place_of(code).min(255) as u8).collect();
        columns_of(&names, &rows, validity.as_ref())
    } else {
        let rows: Vec<u32> = codes.rows.par_iter().with_min_len(1 << 15).map(place_of).collect();
        columns_of(&names, &rows, validity.as_ref())
    };
    Ok(Encoded { columns, warnings })
}

/// The columns of 0 and 1: the n-th has 1 where a row's place is n.
fn columns_of<P>(names: &[&String], rows: &[P], validity: Option<&Bitmap>) -> Vec<Column>
where
    P: Copy + PartialEq + Sync + TryFrom<usize>,
{
    let one = |(at, name): (usize, &&String)| {
        let values = match P::try_from(at) {
            Ok(at) => rows.iter().map(|place| u8::from(*place == at)).collect(),
            Err(_) => vec![0; rows.len()],
        };
        flags(name, values, validity.cloned())
    };
    names.par_iter().enumerate().map(one).collect()
}

/// «smoking → never 44.5 %, former 25.4 %, current 15.8 %; 1 folded».
pub(super) fn learned(columns: &[ColumnLevels]) -> Vec<String> {
    let line = |column: &ColumnLevels| {
        let total = column.levels.iter().map(|level| level.count).sum::<u64>() + column.null_count;
        let share = |count: u64| 100.0 * count as f64 / total.max(1) as f64;
        let mut frequent: Vec<&FittedLevel> = column.levels.iter().collect();
        frequent.sort_by_key(|level| std::cmp::Reverse(level.count));
        let shown: Vec<String> =
            frequent.iter().take(3).map(|level| format!("{} {:.1} %", level.value, share(level.count))).collect();
        let folded = column.levels.iter().filter(|level| level.folded).count();
        let mut line = format!("{} → {} columns", column.column, count(width(column) as u64));
        if !shown.is_empty() {
            line.push_str(&format!(": {}", shown.join(", ")));
        }
        if column.levels.len() > 3 {
            line.push_str(", …");
        }
        if folded > 0 {
            line.push_str(&format!("; {} folded into other", count(folded as u64)));
        }
        line
    };
    columns.iter().map(line).collect()
}
