//! Rows sorted, sampled, shuffled, freed of duplicates and of missing values, and cells changed by hand. Rows keep
//! their part of the split and their number throughout.

use cairn_protocol::{
    ParamValue,
    steps::{Deduplicate, DropAxis, DropMissing, EditCells, KeepRow, Sample, SampleMethod, Shuffle, Sort},
    table::ColumnType,
};
use polars::prelude::*;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use rayon::prelude::*;

use super::{
    aggregate::ranks,
    columns::{MISSING, column},
    fitted::Learned,
    groups::{Buckets, any_missing, group_rows_watched, key},
    names::{count, some},
    operation::{Change, FitRows, Operation, Rows, Stage},
};
use crate::{
    condition::{moment, number, truth},
    error::DataError,
    frame_types::column_type,
};

/// Refuses lists and structs, which have no order.
pub(crate) fn needs_order(series: &Series, doing: &str) -> Result<(), DataError> {
    let kind = column_type(series.dtype());
    if matches!(kind, ColumnType::List | ColumnType::Struct) {
        let what = format!("{} holds {}s, which cannot be {doing}", series.name(), kind.as_str());
        return Err(DataError::refused(what, Some(series.name()), "Choose another column, or open this one first"));
    }
    Ok(())
}

/// A column in the order of its values; decimals as their ranks, which the library can compare beside other columns.
fn sort_key(series: &Series) -> Result<Series, DataError> {
    if !series.dtype().is_decimal() {
        return key(series);
    }
    let ranks = ranks(series)?.into_iter().map(|rank| (rank != MISSING).then_some(rank));
    Ok(ranks.collect::<UInt32Chunked>().into_series())
}

/// The order of rows by columns: stable, missing cells (NaN too) at one end whatever the direction.
pub(crate) fn sorted_rows(
    columns: &[&Series],
    descending: &[bool],
    nulls_first: bool,
) -> Result<Vec<IdxSize>, DataError> {
    let keys = columns.iter().map(|series| sort_key(series)).collect::<Result<Vec<_>, _>>()?;
    let order = match keys.as_slice() {
        [] => return Ok(Vec::new()),
        [one] => one.arg_sort(
            SortOptions::default()
                .with_order_descending(descending[0])
                .with_nulls_last(!nulls_first)
                .with_maintain_order(true)
                .with_multithreaded(true),
        ),
        [first, rest @ ..] => {
            let rest: Vec<Column> = rest.iter().map(|series| series.clone().into_column()).collect();
            let options = SortMultipleOptions {
                descending: descending.to_vec(),
                nulls_last: vec![!nulls_first; keys.len()],
                multithreaded: true,
                maintain_order: true,
                limit: None,
            };
            first.arg_sort_multiple(&rest, &options).map_err(DataError::table("sorting rows"))?
        }
    };
    Ok(order.downcast_iter().flat_map(|chunk| chunk.values_iter().copied()).collect())
}

impl Operation for Sort {
    fn transform(&self, frame: &DataFrame, _learned: &Learned, _stage: &Stage<'_>) -> Result<Change, DataError> {
        if self.by.is_empty() {
            return Err(DataError::refused("no column is named to sort by", None, "Name a column"));
        }
        let columns = self.by.iter().map(|key| column(frame, &key.column)).collect::<Result<Vec<_>, _>>()?;
        for series in &columns {
            needs_order(series, "sorted")?;
        }
        let descending: Vec<bool> = self.by.iter().map(|key| key.descending).collect();
        let order = sorted_rows(&columns, &descending, self.nulls_first)?;
        Ok(Change { rows: Rows::Pick(order), ..Change::default() })
    }
}

fn generator(seed: u64) -> ChaCha8Rng {
    let mut key = [0u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// A number below `bound`, each equally likely (Lemire 2019).
fn below(rng: &mut ChaCha8Rng, bound: u64) -> u64 {
    loop {
        let product = u128::from(rng.next_u64()) * u128::from(bound);
        let low = product as u64;
        if low >= bound || low >= bound.wrapping_neg() % bound {
            return (product >> 64) as u64;
        }
    }
}

/// Fisher and Yates's shuffle, of the first `many` places.
fn shuffle(rows: &mut [IdxSize], many: usize, rng: &mut ChaCha8Rng) {
    let total = rows.len();
    for at in 0..many.min(total.saturating_sub(1)) {
        rows.swap(at, at + below(rng, (total - at) as u64) as usize);
    }
}

impl Operation for Shuffle {
    fn transform(&self, frame: &DataFrame, _learned: &Learned, _stage: &Stage<'_>) -> Result<Change, DataError> {
        let mut rows: Vec<IdxSize> = (0..frame.height() as IdxSize).collect();
        let all = rows.len();
        shuffle(&mut rows, all, &mut generator(self.seed));
        Ok(Change { rows: Rows::Pick(rows), ..Change::default() })
    }
}

impl Operation for Sample {
    fn transform(&self, frame: &DataFrame, _learned: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        let total = frame.height();
        let mut keep = vec![false; total];
        let mut change = Change::default();
        if self.method == SampleMethod::EveryNth {
            let step = usize::try_from(self.rows.unwrap_or(1)).unwrap_or(usize::MAX);
            if step == 0 {
                return Err(DataError::refused("every 0th row is none", None, "Say every how many rows, from 1"));
            }
            keep.iter_mut().step_by(step).for_each(|keep| *keep = true);
            return Ok(Change { rows: Rows::Keep(keep), ..change });
        }
        let wanted = wanted(self, total, &mut change.warnings)?;
        match self.method {
            SampleMethod::First | SampleMethod::EveryNth => keep[..wanted].fill(true),
            SampleMethod::Last => keep[total - wanted..].fill(true),
            SampleMethod::Random => {
                let mut rows: Vec<IdxSize> = (0..total as IdxSize).collect();
                shuffle(&mut rows, wanted, &mut generator(self.seed));
                rows[..wanted].iter().for_each(|row| keep[*row as usize] = true);
            }
            SampleMethod::Stratified => {
                let by = self.by.as_ref().filter(|by| !by.is_empty()).ok_or_else(|| {
                    DataError::refused("no column says the classes", None, "Name the column of «Within»")
                })?;
                let groups = group_rows_watched(&[column(frame, by)?], total, stage.watch)?;
                let sizes = groups.sizes();
                let shares = largest_remainder(&sizes, wanted);
                let buckets = Buckets::new(&groups.ids, groups.len());
                let mut rng = generator(self.seed);
                for (class, many) in shares.iter().enumerate() {
                    let mut rows = buckets.of(class).to_vec();
                    shuffle(&mut rows, *many, &mut rng);
                    rows[..*many].iter().for_each(|row| keep[*row as usize] = true);
                }
                let without = shares.iter().filter(|many| **many == 0).count();
                if without > 0 && wanted > 0 {
                    change.warnings.push(format!("{} of {by} have no row in the sample", classes(without)));
                }
            }
        }
        change.rows = Rows::Keep(keep);
        Ok(change)
    }
}

fn classes(many: usize) -> String {
    if many == 1 { "1 class".into() } else { format!("{} classes", count(many as u64)) }
}

/// Rows of a sample.
fn wanted(step: &Sample, total: usize, warnings: &mut Vec<String>) -> Result<usize, DataError> {
    let wanted = match (step.rows, step.percent) {
        (Some(rows), _) => usize::try_from(rows).unwrap_or(usize::MAX),
        (None, Some(percent)) if (0.0..=100.0).contains(&percent) => (total as f64 * percent / 100.0).round() as usize,
        (None, Some(percent)) => {
            let what = format!("{percent} % of the rows cannot be taken");
            return Err(DataError::refused(what, None, "Choose 0 to 100 percent"));
        }
        (None, None) => {
            return Err(DataError::refused("the sample has no size", None, "Say how many rows, or how many percent"));
        }
    };
    if wanted > total {
        let rows = count(total as u64);
        warnings.push(format!("The table has {rows} rows, fewer than {}: all stay", count(wanted as u64)));
    }
    Ok(wanted.min(total))
}

/// Shares of `wanted` in proportion to sizes, by largest remainder; of equal remainders the earlier first.
fn largest_remainder(sizes: &[u32], wanted: usize) -> Vec<usize> {
    let total: u128 = sizes.iter().map(|size| u128::from(*size)).sum();
    if total == 0 {
        return vec![0; sizes.len()];
    }
    let exact = |size: u32| u128::from(size) * wanted as u128;
    let mut shares: Vec<usize> = sizes.iter().map(|size| (exact(*size) / total) as usize).collect();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|at| (std::cmp::Reverse(exact(sizes[*at]) % total), *at));
    let rest = wanted - shares.iter().sum::<usize>();
    order.into_iter().take(rest).for_each(|at| shares[at] += 1);
    shares
}

impl Operation for Deduplicate {
    fn transform(&self, frame: &DataFrame, _learned: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        let columns = if self.columns.is_empty() {
            frame.columns().iter().map(Column::as_materialized_series).collect()
        } else {
            self.columns.iter().map(|name| column(frame, name)).collect::<Result<Vec<_>, _>>()?
        };
        let rows = frame.height();
        let groups = group_rows_watched(&columns, rows, stage.watch.part(0.0, 0.8))?;
        let mut change = Change::default();
        if groups.len() == rows {
            return Ok(change);
        }
        let mut keep = vec![false; rows];
        match self.keep {
            KeepRow::First => groups.first.iter().for_each(|row| keep[*row as usize] = true),
            KeepRow::Last => {
                let mut last = vec![0usize; groups.len()];
                for (row, id) in groups.ids.iter().enumerate() {
                    last[*id as usize] = row;
                }
                last.into_iter().for_each(|row| keep[row] = true);
            }
            KeepRow::None => {
                let sizes = groups.sizes();
                for (keep, id) in keep.iter_mut().zip(&groups.ids) {
                    *keep = sizes[*id as usize] == 1;
                }
            }
            KeepRow::Min | KeepRow::Max => {
                let by = self.by.as_ref().filter(|by| !by.is_empty()).ok_or_else(|| {
                    let hint = "Name the column whose smallest or largest value stays";
                    DataError::refused("no column says which row stays", None, hint)
                })?;
                let by = column(frame, by)?;
                needs_order(by, "compared")?;
                let order = sorted_rows(&[by], &[self.keep == KeepRow::Max], false)?;
                let mut done = vec![false; groups.len()];
                for row in order {
                    let id = groups.ids[row as usize] as usize;
                    if !std::mem::replace(&mut done[id], true) {
                        keep[row as usize] = true;
                    }
                }
            }
        }
        let twice = groups.sizes().iter().filter(|size| **size > 1).count();
        change.notes.push(format!(
            "{} of {} rows are distinct, {} more than once",
            count(groups.len() as u64),
            count(rows as u64),
            if twice == 1 { "1 of them stands".into() } else { format!("{} of them stand", count(twice as u64)) }
        ));
        change.rows = Rows::Keep(keep);
        Ok(change)
    }
}

/// Missing cells of a column in the rows that count.
fn missing_cells(series: &Series, rows: FitRows<'_>) -> Result<u64, DataError> {
    let missing = any_missing(&[series])?;
    Ok(missing.iter().enumerate().filter(|(row, missing)| **missing && rows.has(*row)).count() as u64)
}

/// The columns that are looked at.
fn looked_at<'a>(step: &DropMissing, frame: &'a DataFrame) -> Result<Vec<&'a Series>, DataError> {
    if step.columns.is_empty() {
        return Ok(frame.columns().iter().map(Column::as_materialized_series).collect());
    }
    step.columns.iter().map(|name| column(frame, name)).collect()
}

impl Operation for DropMissing {
    fn fit(
        &self,
        frame: &DataFrame,
        rows: FitRows<'_>,
        _around: &super::operation::Around,
    ) -> Result<(Learned, Vec<String>), DataError> {
        if self.axis == DropAxis::Rows {
            return Ok((Learned::Nothing, Vec::new()));
        }
        let fitted = (0..frame.height()).filter(|row| rows.has(*row)).count() as f64;
        let counts: Vec<Result<(String, u64), DataError>> = looked_at(self, frame)?
            .into_par_iter()
            .map(|series| Ok((series.name().to_string(), missing_cells(series, rows)?)))
            .collect();
        let mut names = Vec::new();
        for one in counts {
            let (name, missing) = one?;
            if missing as f64 * 100.0 > self.above_percent * fitted {
                names.push(name);
            }
        }
        if names.len() == frame.width() && !names.is_empty() {
            let what = format!("every column has more than {} % missing", self.above_percent);
            return Err(DataError::refused(what, None, "Raise the share, or name the columns looked at"));
        }
        Ok((Learned::Columns { names }, Vec::new()))
    }

    fn transform(&self, frame: &DataFrame, learned: &Learned, _stage: &Stage<'_>) -> Result<Change, DataError> {
        if let Learned::Columns { names } = learned {
            let replaced = names.iter().map(|name| (name.clone(), Vec::new())).collect();
            return Ok(Change { replaced, ..Change::default() });
        }
        let columns = looked_at(self, frame)?;
        let each: Vec<Vec<bool>> =
            columns.par_iter().map(|series| any_missing(&[series])).collect::<Result<_, DataError>>()?;
        let mut missing = vec![0u32; frame.height()];
        for column in &each {
            missing.iter_mut().zip(column).for_each(|(count, missing)| *count += u32::from(*missing));
        }
        let limit = self.above_percent * columns.len() as f64;
        let keep = missing.into_iter().map(|count| f64::from(count) * 100.0 <= limit).collect();
        Ok(Change { rows: Rows::Keep(keep), ..Change::default() })
    }

    fn describe(&self, learned: &Learned) -> Vec<String> {
        match learned {
            Learned::Columns { names } if names.is_empty() => vec!["no column has that much missing".into()],
            Learned::Columns { names } => names.iter().map(|name| format!("{name} goes")).collect(),
            _ => Vec::new(),
        }
    }
}

impl Operation for EditCells {
    fn transform(&self, frame: &DataFrame, _learned: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        let mut change = Change::default();
        // Rows are named by their number in the table that the cell reads.
        let places: Option<PlHashMap<u64, usize>> = stage.row_numbers.map(|numbers| {
            let mut places = PlHashMap::with_capacity(numbers.len());
            for (place, number) in numbers.iter().enumerate() {
                places.entry(*number).or_insert(place);
            }
            places
        });
        let place = |row: u64| match &places {
            Some(places) => places.get(&row).copied(),
            None => usize::try_from(row).ok().filter(|row| *row < frame.height()),
        };
        let mut order: Vec<&str> = Vec::new();
        for edit in &self.edits {
            if !order.contains(&edit.column.as_str()) {
                order.push(&edit.column);
            }
        }
        let mut gone = Vec::new();
        for name in order {
            let series = column(frame, name)?;
            let mut cells: Vec<(usize, Option<&ParamValue>)> = Vec::new();
            for edit in self.edits.iter().filter(|edit| edit.column == name) {
                match place(edit.row) {
                    Some(row) => {
                        cells.retain(|(earlier, _)| *earlier != row);
                        cells.push((row, edit.value.as_ref()));
                    }
                    None => gone.push(count(edit.row + 1)),
                }
            }
            if cells.is_empty() {
                continue;
            }
            let (after, changed) = edited(series, &cells)?;
            change.changed_cells += changed;
            change.replaced.push((name.to_owned(), vec![after.into_column()]));
        }
        if !gone.is_empty() {
            let rows = if gone.len() == 1 { "Row" } else { "Rows" };
            change.warnings.push(format!("{rows} {} no longer there: not edited", some(gone)));
        }
        Ok(change)
    }
}

/// A column with some cells changed, and how many of them differ from before.
fn edited(series: &Series, cells: &[(usize, Option<&ParamValue>)]) -> Result<(Series, u64), DataError> {
    let values: Vec<Option<String>> =
        cells.iter().map(|(_, value)| value.map(ToString::to_string).filter(|text| !text.is_empty())).collect();
    let new = typed(series, &values)?;
    let mut both = series.clone();
    both.append(&new).map_err(DataError::table(format!("changing cells of {}", series.name())))?;
    let mut index: Vec<IdxSize> = (0..series.len() as IdxSize).collect();
    for (at, (row, _)) in cells.iter().enumerate() {
        index[*row] = (series.len() + at) as IdxSize;
    }
    let index = IdxCa::from_vec("".into(), index);
    let after = both.take(&index).map_err(DataError::table(format!("changing cells of {}", series.name())))?;
    let changed = cells.iter().filter(|(row, _)| {
        let text = |series: &Series| series.get(*row).ok().and_then(|value| crate::format::text_of(&value));
        text(series) != text(&after)
    });
    let changed = changed.count() as u64;
    Ok((after, changed))
}

/// Values a person wrote as cells of a column's type.
fn typed(series: &Series, values: &[Option<String>]) -> Result<Series, DataError> {
    let (name, kind) = (series.name().clone(), column_type(series.dtype()));
    let refuse = |text: &str| {
        let what = format!("{name} holds {}s, «{text}» is none", kind.as_str());
        DataError::refused(what, Some(&name), "Write a value of that type, or set the column to text before")
    };
    let each = |read: &dyn Fn(&str) -> bool| values.iter().flatten().find(|text| !read(text.as_str()));
    let unfit = match kind {
        ColumnType::Bool => each(&|text| truth(text).is_some()),
        ColumnType::Int => each(&|text| text.trim().parse::<i64>().is_ok()),
        ColumnType::Float => each(&|text| number(text).is_some()),
        ColumnType::Date | ColumnType::Datetime | ColumnType::Time => {
            each(&|text| moment(text, series.dtype()).is_some())
        }
        _ => None,
    };
    if let Some(text) = unfit {
        return Err(refuse(text));
    }
    let made = match kind {
        ColumnType::Bool => {
            values.iter().map(|text| text.as_deref().and_then(truth)).collect::<BooleanChunked>().into_series()
        }
        ColumnType::Int => values
            .iter()
            .map(|text| text.as_deref().and_then(|text| text.trim().parse::<i64>().ok()))
            .collect::<Int64Chunked>()
            .into_series(),
        ColumnType::Float => {
            values.iter().map(|text| text.as_deref().and_then(number)).collect::<Float64Chunked>().into_series()
        }
        ColumnType::Date | ColumnType::Datetime | ColumnType::Time => {
            let keys: Int64Chunked =
                values.iter().map(|text| text.as_deref().and_then(|text| moment(text, series.dtype()))).collect();
            let physical = keys.into_series().cast(&series.dtype().to_physical());
            physical.map_err(DataError::table(format!("reading values of {name}")))?
        }
        _ => values.iter().map(Option::as_deref).collect::<StringChunked>().into_series(),
    };
    let cast = made.strict_cast(series.dtype()).map_err(|_| refuse(&some(values.iter().flatten())))?;
    Ok(cast.with_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_by_largest_remainder() {
        assert_eq!(largest_remainder(&[50, 30, 20], 7), [4, 2, 1]);
        assert_eq!(largest_remainder(&[1, 1, 1], 2), [1, 1, 0]);
        assert_eq!(largest_remainder(&[], 0), Vec::<usize>::new());
    }
}
