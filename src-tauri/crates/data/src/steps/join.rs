//! Joins. Which rows match is counted before anything is made: the counts decide whether `expect` holds, what a
//! person is told, and whether the result is refused for its size.
//!
//! Keys of both tables are numbered together ([`group_rows_watched`]), so that the order of the result is that of the tables:
//! left rows in their order, each with its right rows in theirs (for a right join the other way round). Missing keys match
//! nothing.

use cairn_protocol::{
    results::Prediction,
    steps::{Join, JoinExpect, JoinKind},
};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::column,
    fitted::Learned,
    groups::{Buckets, NO_GROUP, any_missing, cast_to, group_rows_watched, sizes, wider},
    names::{Names, count},
    operation::{Around, Change, Operation, Rows, Stage},
    predict::guard,
    reshape::together,
};
use crate::{error::DataError, frame_types::column_type, progress::Watch};

/// The row of none.
const NONE: IdxSize = IdxSize::MAX;

/// The name of a key in the other table.
fn right_name(key: &cairn_protocol::steps::JoinKey) -> &str {
    if key.right.is_empty() { &key.left } else { &key.right }
}

/// Which rows have equal keys.
struct Matches {
    /// The group of each left row.
    left: Vec<u32>,
    /// The group of each right row.
    right: Vec<u32>,
    /// Left rows of each group.
    left_sizes: Vec<u32>,
    /// Right rows of each group.
    right_sizes: Vec<u32>,
    /// The keys of both tables, left above right, in the type that holds both.
    keys: Vec<Series>,
}

/// Figures of a join.
#[derive(Debug, Clone, Copy)]
struct Counts {
    left: u64,
    right: u64,
    left_matched: u64,
    right_matched: u64,
    /// Pairs of rows.
    pairs: u64,
    /// Right rows that one left row matches at most.
    most_right: u64,
    /// Left rows that one right row matches at most.
    most_left: u64,
}

impl Matches {
    fn find(frame: &DataFrame, other: &DataFrame, step: &Join, watch: Watch<'_>) -> Result<Self, DataError> {
        if step.on.is_empty() {
            let hint = "Name the columns that must be equal, or choose a cross join";
            return Err(DataError::refused("no key is named", None, hint));
        }
        let keys = step
            .on
            .iter()
            .map(|key| {
                let name = right_name(key);
                let right = column(other, name).map_err(|error| in_other(error, other, &step.with, name))?;
                common(column(frame, &key.left)?, right, &step.with)
            })
            .collect::<Result<Vec<Series>, DataError>>()?;
        let rows = frame.height() + other.height();
        let every: Vec<&Series> = keys.iter().collect();
        let groups = group_rows_watched(&every, rows, watch)?;
        let many = groups.len();
        let mut left = groups.ids;
        for (id, missing) in left.iter_mut().zip(any_missing(&every)?) {
            if missing {
                *id = NO_GROUP;
            }
        }
        let right = left.split_off(frame.height());
        Ok(Self { left_sizes: sizes(&left, many), right_sizes: sizes(&right, many), left, right, keys })
    }

    fn counts(&self) -> Counts {
        let both = || self.left_sizes.iter().zip(&self.right_sizes).filter(|(left, right)| **left > 0 && **right > 0);
        Counts {
            left: self.left.len() as u64,
            right: self.right.len() as u64,
            left_matched: both().map(|(left, _)| u64::from(*left)).sum(),
            right_matched: both().map(|(_, right)| u64::from(*right)).sum(),
            pairs: both().map(|(left, right)| u64::from(*left) * u64::from(*right)).fold(0, u64::saturating_add),
            most_right: both().map(|(_, right)| u64::from(*right)).max().unwrap_or(0),
            most_left: both().map(|(left, _)| u64::from(*left)).max().unwrap_or(0),
        }
    }
}

/// A column that the other table does not have.
fn in_other(error: DataError, other: &DataFrame, with: &str, name: &str) -> DataError {
    let hint = match error.hint() {
        hint if hint.is_empty() => {
            format!("It has {}", super::some(other.get_column_names().into_iter().map(PlSmallStr::as_str)))
        }
        hint => hint,
    };
    DataError::refused(format!("«{with}» has no column «{name}»"), Some(name), hint)
}

/// Both keys, left above right, in a type that holds both.
fn common(left: &Series, right: &Series, with: &str) -> Result<Series, DataError> {
    let (a, b) = (column_type(left.dtype()), column_type(right.dtype()));
    let comparable = left.dtype() == right.dtype()
        || left.dtype().is_null()
        || right.dtype().is_null()
        || (a.is_numeric() && b.is_numeric());
    let dtype = wider(left.dtype(), right.dtype());
    let is_text = |kind: &str| matches!(kind, "text" | "category");
    if !comparable && dtype == DataType::String && !(is_text(a.as_str()) && is_text(b.as_str())) {
        let example = |series: &Series| {
            let at = series.is_not_null().iter().position(|there| there == Some(true));
            let value = at.and_then(|at| series.get(at).ok()).and_then(|value| crate::format::text_of(&value));
            value.map_or_else(String::new, |value| format!(" such as «{value}»"))
        };
        let what = format!(
            "{} holds {}s{}, and {} of «{with}» holds {}s{}",
            left.name(),
            a.as_str(),
            example(left),
            right.name(),
            b.as_str(),
            example(right)
        );
        let hint = "Give both one type with «Set type» before; codes with leading zeros are best kept as text";
        return Err(DataError::refused(what, Some(left.name()), hint));
    }
    let dtype = if left.dtype().is_categorical() { DataType::String } else { dtype };
    let mut both = cast_to(left, &dtype)?;
    let right = cast_to(right, &dtype)?.with_name(left.name().clone());
    both.append(&right).map_err(DataError::table(format!("comparing {} of both tables", left.name())))?;
    Ok(both)
}

fn rows_of(kind: JoinKind, counts: &Counts) -> u64 {
    let (lonely_left, lonely_right) = (counts.left - counts.left_matched, counts.right - counts.right_matched);
    match kind {
        JoinKind::Inner => counts.pairs,
        JoinKind::Left => counts.pairs.saturating_add(lonely_left),
        JoinKind::Right => counts.pairs.saturating_add(lonely_right),
        JoinKind::Full => counts.pairs.saturating_add(lonely_left).saturating_add(lonely_right),
        JoinKind::Semi => counts.left_matched,
        JoinKind::Anti => lonely_left,
        JoinKind::Cross => counts.left.saturating_mul(counts.right),
    }
}

fn size(frame: &DataFrame, other: &DataFrame, step: &Join, counts: &Counts) -> Prediction {
    let rows = rows_of(step.how, counts);
    let row = |frame: &DataFrame| (frame.estimated_size() as u64).div_ceil(frame.height().max(1) as u64);
    let alone = matches!(step.how, JoinKind::Semi | JoinKind::Anti);
    let keys = if step.how == JoinKind::Cross { 0 } else { step.on.len() };
    let columns = frame.width() + if alone { 0 } else { other.width().saturating_sub(keys) };
    let bytes = rows.saturating_mul(row(frame) + if alone { 0 } else { row(other) });
    let largest = counts.left.max(counts.right);
    let mut prediction = Prediction { rows, columns: columns as u64, bytes, ..Prediction::default() };
    let many_to_many = step.how != JoinKind::Cross && counts.most_left > 1 && counts.most_right > 1;
    if rows > largest.saturating_mul(2) && (many_to_many || step.how == JoinKind::Cross) {
        let why = if many_to_many {
            format!(
                "keys stand in up to {} rows here and {} rows there",
                count(counts.most_left),
                count(counts.most_right)
            )
        } else {
            "every row meets every row".to_owned()
        };
        prediction.warning = format!(
            "The join makes {} rows, {:.1} times the larger table: {why}",
            count(rows),
            rows as f64 / largest.max(1) as f64
        );
        prediction.confirm = true;
    }
    prediction
}

fn counts_of_cross(frame: &DataFrame, other: &DataFrame) -> Counts {
    let (left, right) = (frame.height() as u64, other.height() as u64);
    Counts {
        left,
        right,
        left_matched: if right > 0 { left } else { 0 },
        right_matched: if left > 0 { right } else { 0 },
        pairs: left.saturating_mul(right),
        most_right: right,
        most_left: left,
    }
}

/// The size of a join, from counts.
pub(super) fn predict(frame: &DataFrame, step: &Join, around: &Around) -> Result<Prediction, DataError> {
    let other = around.table(&step.with)?;
    let counts = match step.how {
        JoinKind::Cross => counts_of_cross(frame, other),
        _ => Matches::find(frame, other, step, Watch::none())?.counts(),
    };
    Ok(size(frame, other, step, &counts))
}

/// Fails where the keys are not what the step expects.
fn check_expected(step: &Join, counts: &Counts) -> Result<(), DataError> {
    let one = |most: u64| most <= 1;
    let holds = match step.expect {
        JoinExpect::Any => true,
        JoinExpect::ManyToOne => one(counts.most_right),
        JoinExpect::OneToMany => one(counts.most_left),
        JoinExpect::OneToOne => one(counts.most_left) && one(counts.most_right),
    };
    if holds {
        return Ok(());
    }
    let mut found = Vec::new();
    if !one(counts.most_right) {
        found.push(format!("a row matches up to {} rows of «{}»", count(counts.most_right), step.with));
    }
    if !one(counts.most_left) {
        found.push(format!("a row of «{}» matches up to {} rows", step.with, count(counts.most_left)));
    }
    let expected = match step.expect {
        JoinExpect::Any => "anything",
        JoinExpect::ManyToOne => "many to one",
        JoinExpect::OneToMany => "one to many",
        JoinExpect::OneToOne => "one to one",
    };
    let what = format!("the join is not {expected}: {}", found.join(", and "));
    let hint = "Remove duplicates of the keys before, name more keys, or expect anything";
    Err(DataError::refused(what, step.on.first().map(|key| key.left.as_str()), hint))
}

fn notes(step: &Join, counts: &Counts) -> Vec<String> {
    let share = |matched: u64, all: u64| {
        format!("{} of {} rows match, {} do not", count(matched), count(all), count(all - matched))
    };
    let mut notes = vec![
        share(counts.left_matched, counts.left),
        format!("«{}»: {}", step.with, share(counts.right_matched, counts.right)),
    ];
    if counts.most_right > 1 {
        notes.push(format!("A row matches up to {} rows of «{}»", count(counts.most_right), step.with));
    }
    if counts.most_left > 1 {
        notes.push(format!("A row of «{}» matches up to {} rows", step.with, count(counts.most_left)));
    }
    notes
}

/// Pairs of rows of the result, [`NONE`] where a side has none.
fn pairs(matches: &Matches, kind: JoinKind, rows: usize) -> (Vec<IdxSize>, Vec<IdxSize>) {
    let mut left = Vec::with_capacity(rows);
    let mut right = Vec::with_capacity(rows);
    let groups = matches.left_sizes.len();
    if kind == JoinKind::Right {
        let buckets = Buckets::new(&matches.left, groups);
        for (row, id) in (0..).zip(&matches.right) {
            let found = buckets.of(*id as usize);
            left.extend_from_slice(if found.is_empty() { &[NONE] } else { found });
            right.extend(std::iter::repeat_n(row, found.len().max(1)));
        }
        return (left, right);
    }
    let buckets = Buckets::new(&matches.right, groups);
    let lonely: &[IdxSize] = if kind == JoinKind::Inner { &[] } else { &[NONE] };
    for (row, id) in (0..).zip(&matches.left) {
        let found = buckets.of(*id as usize);
        let found = if found.is_empty() { lonely } else { found };
        right.extend_from_slice(found);
        left.extend(std::iter::repeat_n(row, found.len()));
    }
    if kind == JoinKind::Full {
        for (row, id) in (0..).zip(&matches.right) {
            if matches.left_sizes.get(*id as usize).is_none_or(|size| *size == 0) {
                left.push(NONE);
                right.push(row);
            }
        }
    }
    (left, right)
}

fn taken(series: &Series, rows: &IdxCa) -> Result<Series, DataError> {
    series.take(rows).map_err(DataError::table(format!("joining {}", series.name())))
}

fn index(rows: &[IdxSize]) -> IdxCa {
    if rows.contains(&NONE) {
        rows.iter().map(|row| (*row != NONE).then_some(*row)).collect()
    } else {
        IdxCa::from_slice("".into(), rows)
    }
}

impl Operation for Join {
    fn transform(&self, frame: &DataFrame, _learned: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        let other = stage.around.table(&self.with)?;
        let matches = match self.how {
            JoinKind::Cross => None,
            _ => Some(Matches::find(frame, other, self, stage.watch.part(0.0, 0.5))?),
        };
        let counts = matches.as_ref().map_or_else(|| counts_of_cross(frame, other), Matches::counts);
        if matches.is_some() {
            check_expected(self, &counts)?;
        }
        let mut prediction = size(frame, other, self, &counts);
        guard(&mut prediction, frame, "Join")?;
        if prediction.rows >= u64::from(IdxSize::MAX) {
            let what = format!("the join would make {} rows", count(prediction.rows));
            return Err(DataError::refused(what, None, "Name more keys, or filter rows before"));
        }
        let mut change = Change { warnings: Vec::new(), ..Change::default() };
        if let Some(matches) = &matches {
            change.notes = notes(self, &counts);
            if counts.left_matched == 0 && counts.left > 0 && counts.right > 0 {
                change.warnings.push("No row matches: look at how the keys are spelt".into());
            }
            if matches!(self.how, JoinKind::Semi | JoinKind::Anti) {
                let has = |id: &u32| matches.right_sizes.get(*id as usize).is_some_and(|size| *size > 0);
                let keep = matches.left.iter().map(|id| has(id) == (self.how == JoinKind::Semi)).collect();
                return Ok(Change { rows: Rows::Keep(keep), ..change });
            }
        }
        if prediction.confirm {
            change.warnings.push(prediction.warning.clone());
        }
        let rows = prediction.rows as usize;
        let (left, right) = match &matches {
            Some(matches) => pairs(matches, self.how, rows),
            None => {
                let (tall, wide) = (frame.height() as IdxSize, other.height() as IdxSize);
                let left = (0..tall).flat_map(|row| std::iter::repeat_n(row, wide as usize)).collect();
                (left, (0..tall).flat_map(|_| 0..wide).collect())
            }
        };
        stage.watch.set(0.6)?;
        let (left_index, right_index) = (index(&left), index(&right));
        let taking = stage.watch.part(0.6, 1.0).each(frame.width() + other.width());
        let no_keys = Vec::new();
        let on = if matches.is_some() { &self.on } else { &no_keys };
        // Rows of the right table alone show their keys in the columns of the left one.
        let fills_keys = matches!(self.how, JoinKind::Right | JoinKind::Full) && left.contains(&NONE);
        let key_index: Option<IdxCa> = fills_keys.then(|| {
            let offset = frame.height() as IdxSize;
            let both = left.iter().zip(&right).map(|(left, right)| if *left == NONE { offset + right } else { *left });
            IdxCa::from_vec("".into(), both.collect())
        });
        let mut columns: Vec<Column> = frame
            .columns()
            .par_iter()
            .map(|column| {
                taking.next()?;
                let key = on.iter().position(|key| key.left == column.name().as_str());
                let series = match (key, &key_index, &matches) {
                    (Some(key), Some(index), Some(matches)) => taken(&matches.keys[key], index)?,
                    _ => taken(column.as_materialized_series(), &left_index)?,
                };
                Ok(series.with_name(column.name().clone()).into_column())
            })
            .collect::<Result<_, DataError>>()?;
        let mut names = Names::new(frame.get_column_names().into_iter().map(PlSmallStr::as_str));
        let added: Vec<(&Series, String)> = other
            .columns()
            .iter()
            .map(Column::as_materialized_series)
            .filter(|series| !on.iter().any(|key| right_name(key) == series.name().as_str()))
            .map(|series| {
                let taken = frame.get_column_index(series.name()).is_some();
                let wanted =
                    if taken { format!("{}{}", series.name(), self.suffix) } else { series.name().to_string() };
                (series, names.take(&wanted))
            })
            .collect();
        let made: Vec<Result<Series, DataError>> = added
            .par_iter()
            .map(|(series, _)| {
                taking.next()?;
                taken(series, &right_index)
            })
            .collect();
        for (made, (_, name)) in made.into_iter().zip(&added) {
            columns.push(made?.with_name(name.as_str().into()).into_column());
        }
        change.warnings.extend(names.warnings);
        let frame = together(rows, columns)?;
        change.rows = Rows::New { frame, from: Some(left), part: None };
        change.prediction = Some(prediction);
        Ok(change)
    }
}
