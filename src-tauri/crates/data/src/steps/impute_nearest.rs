//! Filling from the nearest rows of the fit, as scikit-learn's `KNNImputer` (`nan_euclidean`, uniform weights).
//!
//! Distances run over the numbers among the columns of the step. A number becomes the mean of its neighbours, anything
//! else their most frequent value (of equals the smallest). A row that shares no number with a donor gets the mean (or
//! most frequent value) of the whole column. Whole numbers become floats, since a mean seldom is whole. Cells of
//! single rows are compared with all fitted rows; what would take too long is refused before it is begun.

use cairn_protocol::{Real, steps::Impute, table::ColumnType};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::{codes, column, floats, numbers, texts},
    fitted::{ColumnDonors, FillValue, Learned},
    impute::{Filled, level_value, whole_series},
    impute_along::missing,
    names::count,
    neighbours::{Field, check_cost, nearest},
    numeric::mean,
    operation::FitRows,
};
use crate::{error::DataError, frame_types::column_type, progress::Watch};

/// Cells that a recipe keeps of the rows of the fit.
const MOST_CELLS: usize = 5_000_000;

/// The rows of the fit.
pub(super) fn fit(step: &Impute, frame: &DataFrame, rows: FitRows<'_>) -> Result<Learned, DataError> {
    let kept = (0..frame.height()).filter(|row| rows.has(*row)).count();
    if kept.saturating_mul(step.columns.len()) > MOST_CELLS {
        let what = format!(
            "the recipe would keep {} rows of {} columns to look for neighbours in, more than {} cells",
            count(kept as u64),
            step.columns.len(),
            count(MOST_CELLS as u64)
        );
        return Err(DataError::refused(what, None, "Take a sample before, or fill with the median by group"));
    }
    if step.neighbours == 0 {
        return Err(DataError::refused("0 neighbours fill nothing", None, "Give at least 1 neighbour"));
    }
    let columns: Vec<ColumnDonors> =
        step.columns.par_iter().map(|name| donors(column(frame, name)?, rows)).collect::<Result<_, _>>()?;
    if !columns.iter().any(|donors| donors.column_type.is_numeric()) {
        let what = "none of the columns holds numbers, so no row is nearer than another";
        return Err(DataError::refused(what, None, "Add columns of numbers, or fill with the most frequent value"));
    }
    Ok(Learned::Donors { columns })
}

fn donors(series: &Series, rows: FitRows<'_>) -> Result<ColumnDonors, DataError> {
    let name = series.name().as_str();
    let kind = column_type(series.dtype());
    let (cells, levels): (Vec<Option<Real>>, Vec<FillValue>) = if kind.is_numeric() {
        let values = rows.pick(&numbers(series)?);
        if let Some(value) = values.iter().find(|value| value.is_infinite()) {
            let what = format!("{name} holds {value}, from which every row is equally far");
            return Err(DataError::refused(what, Some(name), "Filter those rows out before"));
        }
        (values.into_iter().map(|value| (!value.is_nan()).then_some(Real(value))).collect(), Vec::new())
    } else {
        let codes = codes(series)?;
        let (counts, _) = codes.counts(rows.parts());
        // Levels that the rows of the fit do not hold are none of its business.
        let mut place = vec![None; counts.len()];
        let mut levels = Vec::new();
        for (code, level) in codes.levels.iter().enumerate().filter(|(code, _)| counts[*code] > 0) {
            if let Some(value) = level_value(level, kind) {
                place[code] = Some(Real(levels.len() as f64));
                levels.push(value);
            }
        }
        let fitted = codes.rows.iter().enumerate().filter(|(row, _)| rows.has(*row));
        (fitted.map(|(_, code)| place.get(*code as usize).copied().flatten()).collect(), levels)
    };
    if cells.iter().all(Option::is_none) {
        let what = format!("{name} has no value in the {}", rows.name());
        return Err(DataError::refused(what, Some(name), "Fill it with a value of your own, or drop the column"));
    }
    Ok(ColumnDonors { column: name.to_owned(), column_type: kind, cells, levels })
}

/// Fills the columns of the step.
pub(super) fn fill(
    step: &Impute,
    frame: &DataFrame,
    learned: &Learned,
    watch: Watch<'_>,
) -> Result<Vec<Filled>, DataError> {
    let Learned::Donors { columns } = learned else {
        return Err(DataError::refused("the step did not learn the rows to fill from", None, "Run the cell again"));
    };
    let find = |name: &String| {
        columns.iter().find(|donors| donors.column == *name).ok_or_else(|| {
            let what = format!("the step did not learn what to fill {name} from");
            DataError::refused(what, Some(name), "Run the cell again to fit the recipe anew")
        })
    };
    let donors: Vec<&ColumnDonors> = step.columns.iter().map(find).collect::<Result<_, _>>()?;
    let plain: Vec<Vec<f64>> = donors
        .iter()
        .map(|donors| donors.cells.iter().map(|cell| cell.map_or(f64::NAN, |value| value.0)).collect())
        .collect();
    let rows = donors.first().map_or(0, |donors| donors.cells.len());
    let is_number: Vec<bool> = donors.iter().map(|donors| donors.column_type.is_numeric()).collect();
    let near = |at: &usize| is_number[*at];
    let field = Field::new(rows, (0..plain.len()).filter(near).map(|at| plain[at].clone()));
    let mut gaps: Vec<Vec<bool>> = Vec::with_capacity(donors.len());
    let mut points: Vec<Vec<f64>> = Vec::new();
    for (name, &is_number) in step.columns.iter().zip(&is_number) {
        let series = column(frame, name)?;
        gaps.push(missing(series)?);
        if is_number {
            points.push(super::numeric::cells(frame, name, "distance")?);
        }
    }
    let seekers: Vec<usize> = (0..frame.height()).filter(|row| gaps.iter().any(|gaps| gaps[*row])).collect();
    check_cost(seekers.len(), rows, points.len())?;
    let whole: Vec<f64> = plain.iter().zip(&is_number).map(|(cells, is_number)| typical(cells, *is_number)).collect();
    let each = watch.each(seekers.len());
    let found: Vec<Vec<f64>> = seekers
        .par_iter()
        .map_init(
            || (Vec::new(), Vec::new(), Vec::new()),
            |(point, distances, chosen), &row| {
                each.next()?;
                point.clear();
                point.extend(points.iter().map(|cells| cells[row]));
                field.distances(point, distances);
                let value = |at: usize| {
                    let cells = &plain[at];
                    nearest(distances, step.neighbours as usize, |row| !cells[row].is_nan(), chosen);
                    let values: Vec<f64> = chosen.iter().map(|(_, row)| cells[*row as usize]).collect();
                    if values.is_empty() { whole[at] } else { typical(&values, is_number[at]) }
                };
                Ok((0..plain.len()).filter(|at| gaps[*at][row]).map(value).collect())
            },
        )
        .collect::<Result<_, DataError>>()?;
    let mut fills: Vec<Vec<(usize, f64)>> = vec![Vec::new(); donors.len()];
    for (&row, found) in seekers.iter().zip(found) {
        for (at, value) in (0..donors.len()).filter(|at| gaps[*at][row]).zip(found) {
            fills[at].push((row, value));
        }
    }
    let filled = donors.iter().zip(gaps).zip(fills);
    filled.map(|((donors, gaps), fills)| filled_column(column(frame, &donors.column)?, donors, gaps, &fills)).collect()
}

/// Mean of numbers, most frequent code of anything else; NaN is left out.
fn typical(cells: &[f64], is_number: bool) -> f64 {
    let mut there: Vec<f64> = cells.iter().copied().filter(|cell| !cell.is_nan()).collect();
    if is_number {
        return mean(&there);
    }
    there.sort_unstable_by(f64::total_cmp);
    let mut best = (0, f64::NAN);
    for run in there.chunk_by(|a, b| a == b) {
        if run.len() > best.0 {
            best = (run.len(), run[0]);
        }
    }
    best.1
}

fn filled_column(
    series: &Series,
    donors: &ColumnDonors,
    gaps: Vec<bool>,
    fills: &[(usize, f64)],
) -> Result<Filled, DataError> {
    let name = donors.column.as_str();
    let doing = || DataError::table(format!("filling {name}"));
    if donors.column_type.is_numeric() {
        let mut cells = numbers(series)?;
        for &(row, value) in fills {
            cells[row] = value;
        }
        return Ok(Filled { column: floats(name, cells), missing: gaps });
    }
    let level = |value: f64| donors.levels.get(value as usize);
    let kind = column_type(series.dtype());
    let filled = match donors.column_type {
        ColumnType::Bool => {
            let mut cells: Vec<Option<bool>> = series.bool().map_err(doing())?.iter().collect();
            for &(row, value) in fills {
                if let Some(FillValue::Bool(value)) = level(value) {
                    cells[row] = Some(*value);
                }
            }
            cells.into_iter().collect::<BooleanChunked>().into_series()
        }
        ColumnType::Text | ColumnType::Category => {
            let texts = texts(series)?;
            let mut cells: Vec<Option<&str>> = texts.iter().collect();
            for &(row, value) in fills {
                if let Some(FillValue::Text(value)) = level(value) {
                    cells[row] = Some(value);
                }
            }
            let filled = cells.into_iter().collect::<StringChunked>().into_series();
            match kind {
                ColumnType::Category => {
                    filled.cast(&DataType::from_categories(Categories::global())).map_err(doing())?
                }
                _ => filled,
            }
        }
        _ => {
            let canonical = super::columns::canonical_time(series)?;
            let mut cells = super::columns::wholes(&canonical)?;
            for &(row, value) in fills {
                if let Some(FillValue::Int(value)) = level(value) {
                    cells[row] = Some(*value);
                }
            }
            let whole = cells.into_iter().collect::<Int64Chunked>().into_series();
            whole_series(&whole, canonical.dtype()).map_err(doing())?
        }
    };
    Ok(Filled { column: filled.with_name(name.into()).into_column(), missing: gaps })
}

/// «bmi ← 5 nearest of 1,200 rows with a value».
pub(super) fn lines(step: &Impute, columns: &[ColumnDonors]) -> Vec<String> {
    let line = |donors: &ColumnDonors| {
        let there = donors.cells.iter().flatten().count() as u64;
        format!("{} ← {} nearest of {} rows with a value", donors.column, step.neighbours, count(there))
    };
    columns.iter().map(line).collect()
}
