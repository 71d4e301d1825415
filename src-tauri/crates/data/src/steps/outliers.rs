//! Values that lie far from the others: clipped to the bound, made missing, marked, or their rows removed.
//!
//! Bounds are mean ± factor · deviation (n, as numpy), median ± factor · 1.4826… · median absolute deviation (scipy's
//! `median_abs_deviation(scale="normal")`), quartiles ± factor · interquartile range, quantiles (linear), or given. A
//! column whose spread is 0 has no bounds. Whole numbers stay whole: they are clipped to the last whole number within.
//!
//! Rows are removed from the training part only where a split stands above (validation and test keep theirs), and
//! never from new rows: a model must answer for every row it is given.

use cairn_protocol::{
    Real,
    steps::{OutlierAction, OutlierMethod, Outliers},
    table::ColumnType,
};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::{column, flags, floats, wholes},
    fitted::{ColumnBounds, Learned},
    impute::whole_series,
    names::{Names, count, figure},
    numeric::{cells, fitted_values, mean, quantile, variance},
    operation::{Around, Change, FitRows, Operation, Rows, Stage},
};
use crate::{error::DataError, frame_types::column_type};

/// 1 / Φ⁻¹(3/4): makes the median absolute deviation the standard deviation of a normal distribution.
const NORMAL: f64 = 1.482_602_218_505_602;

impl Operation for Outliers {
    fn fit(&self, frame: &DataFrame, rows: FitRows<'_>, _: &Around) -> Result<(Learned, Vec<String>), DataError> {
        check(self)?;
        let one = |name: &String| -> Result<(ColumnBounds, Option<String>), DataError> {
            let (low, high) = if self.method == OutlierMethod::Bounds {
                cells(frame, name, "bounds")?;
                (self.low, self.high)
            } else {
                bounds(self, fitted_values(frame, name, rows, "bounds")?)
            };
            let none = low.is_none() && high.is_none();
            let warning = none.then(|| format!("{name}: the spread is 0, so nothing counts as an outlier"));
            Ok((ColumnBounds { column: name.clone(), low: low.map(Real), high: high.map(Real) }, warning))
        };
        let learned: Vec<(ColumnBounds, Option<String>)> =
            self.columns.par_iter().map(one).collect::<Result<_, _>>()?;
        let (columns, warnings): (Vec<ColumnBounds>, Vec<Option<String>>) = learned.into_iter().unzip();
        Ok((Learned::Bounds { columns }, warnings.into_iter().flatten().collect()))
    }

    fn transform(&self, frame: &DataFrame, learned: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        let Learned::Bounds { columns } = learned else {
            return Err(DataError::refused("the step did not learn the bounds", None, "Run the cell again"));
        };
        if self.action == OutlierAction::Remove && stage.fit_rows.is_none() {
            let warnings = vec!["Rows with outliers are not removed from new rows".into()];
            return Ok(Change { warnings, ..Change::default() });
        }
        let find = |name: &String| {
            columns.iter().find(|bounds| bounds.column == *name).ok_or_else(|| {
                let what = format!("the step did not learn the bounds of {name}");
                DataError::refused(what, Some(name), "Run the cell again to fit the recipe anew")
            })
        };
        let marked = |name: &String| -> Result<Vec<bool>, DataError> {
            let (low, high) = ends(find(name)?);
            Ok(cells(frame, name, "bounds")?.into_iter().map(|cell| cell < low || cell > high).collect())
        };
        let marks: Vec<Vec<bool>> = self.columns.par_iter().map(marked).collect::<Result<_, _>>()?;
        if self.action == OutlierAction::Remove {
            return Ok(removed(frame.height(), &marks, stage.parts));
        }
        let mut names = Names::new(frame.get_column_names().into_iter().map(PlSmallStr::as_str));
        let mut change = Change::default();
        for (name, marks) in self.columns.iter().zip(marks) {
            let series = column(frame, name)?;
            let found = marks.iter().filter(|mark| **mark).count() as u64;
            if self.action == OutlierAction::Flag {
                let taken = names.take(&format!("{name}_outlier"));
                let marks = flags(&taken, marks.into_iter().map(u8::from).collect(), None);
                change.replaced.push((name.clone(), vec![series.clone().into_column(), marks]));
                continue;
            }
            if found > 0 {
                let made = bounded(series, find(name)?, &marks, self.action)?;
                change.replaced.push((name.clone(), vec![made]));
            }
            change.changed_cells += found;
        }
        change.warnings = names.warnings;
        Ok(change)
    }

    fn describe(&self, learned: &Learned) -> Vec<String> {
        let Learned::Bounds { columns } = learned else { return Vec::new() };
        let line = |bounds: &ColumnBounds| match (bounds.low, bounds.high) {
            (Some(low), Some(high)) => format!("{} ← {} to {}", bounds.column, figure(low.0), figure(high.0)),
            (Some(low), None) => format!("{} ← {} and above", bounds.column, figure(low.0)),
            (None, Some(high)) => format!("{} ← up to {}", bounds.column, figure(high.0)),
            (None, None) => format!("{} ← no bounds", bounds.column),
        };
        columns.iter().map(line).collect()
    }
}

/// Refuses options that make no bounds.
fn check(step: &Outliers) -> Result<(), DataError> {
    let refuse = |what: String, hint: &str| Err(DataError::refused(what, None, hint));
    match step.method {
        OutlierMethod::Std | OutlierMethod::Robust | OutlierMethod::Iqr => {
            if !(step.factor >= 0.0 && step.factor.is_finite()) {
                return refuse(format!("the factor is {}", step.factor), "Give a number from 0 upwards, usually 3");
            }
        }
        OutlierMethod::Quantile | OutlierMethod::Bounds => {
            if step.low.is_none() && step.high.is_none() {
                return refuse("neither a lower nor an upper end is given".into(), "Give one of them at least");
            }
            if let (Some(low), Some(high)) = (step.low, step.high)
                && low > high
            {
                return refuse(format!("the lower end {low} lies above the upper end {high}"), "Swap the two");
            }
            let ends = step.low.iter().chain(&step.high);
            if step.method == OutlierMethod::Quantile
                && let Some(end) = ends.into_iter().find(|end| !(0.0..=1.0).contains(*end))
            {
                return refuse(format!("{end} is no quantile"), "Give numbers from 0 to 1, e.g. 0.01 and 0.99");
            }
        }
    }
    Ok(())
}

fn bounds(step: &Outliers, mut values: Vec<f64>) -> (Option<f64>, Option<f64>) {
    let around = |low: f64, high: f64, spread: f64| {
        if spread > 0.0 { (Some(low - step.factor * spread), Some(high + step.factor * spread)) } else { (None, None) }
    };
    match step.method {
        OutlierMethod::Std => {
            let mean = mean(&values);
            around(mean, mean, variance(&values, mean).sqrt())
        }
        OutlierMethod::Robust => {
            let median = quantile(&mut values, 0.5);
            values.iter_mut().for_each(|value| *value = (*value - median).abs());
            around(median, median, NORMAL * quantile(&mut values, 0.5))
        }
        OutlierMethod::Iqr => {
            let (low, high) = (quantile(&mut values, 0.25), quantile(&mut values, 0.75));
            around(low, high, high - low)
        }
        OutlierMethod::Quantile => {
            (step.low.map(|low| quantile(&mut values, low)), step.high.map(|high| quantile(&mut values, high)))
        }
        OutlierMethod::Bounds => (step.low, step.high),
    }
}

fn ends(bounds: &ColumnBounds) -> (f64, f64) {
    (bounds.low.map_or(f64::NEG_INFINITY, |low| low.0), bounds.high.map_or(f64::INFINITY, |high| high.0))
}

/// Removes rows with a mark, of the training part only where there are parts.
fn removed(rows: usize, marks: &[Vec<bool>], parts: Option<&[u8]>) -> Change {
    let is_marked = |row: usize| marks.iter().any(|marks| marks[row]);
    let in_training = |row: usize| parts.is_none_or(|parts| parts[row] == 0);
    let keep: Vec<bool> = (0..rows).map(|row| !(in_training(row) && is_marked(row))).collect();
    let spared = (0..rows).filter(|row| !in_training(*row) && is_marked(*row)).count() as u64;
    let mut warnings = Vec::new();
    if parts.is_some() {
        let spared = if spared == 1 { "1 row there has".into() } else { format!("{} rows there have", count(spared)) };
        warnings.push(format!("Rows of validation and test stay ({spared} outliers), and so do new rows"));
    }
    Change { rows: Rows::Keep(keep), warnings, ..Change::default() }
}

/// The column with the marked cells clipped or missing.
fn bounded(series: &Series, bounds: &ColumnBounds, marks: &[bool], action: OutlierAction) -> Result<Column, DataError> {
    let name = series.name().as_str();
    let (low, high) = ends(bounds);
    let clip = action == OutlierAction::Clip;
    let whole_end = |end: f64| (-9.2e18..=9.2e18).contains(&end);
    if column_type(series.dtype()) == ColumnType::Int {
        let (least, most) = (low.ceil(), high.floor());
        let one = |(cell, mark): (Option<i64>, &bool)| match cell {
            Some(_) if *mark && !clip => None,
            Some(cell) if *mark && (cell as f64) < low && whole_end(least) => Some(least as i64),
            Some(cell) if *mark && (cell as f64) > high && whole_end(most) => Some(most as i64),
            cell => cell,
        };
        let cells: Int64Chunked = wholes(series)?.into_iter().zip(marks).map(one).collect();
        let whole = whole_series(&cells.into_series(), series.dtype()).map_err(DataError::table("clipping"))?;
        return Ok(whole.with_name(name.into()).into_column());
    }
    let mut values = super::columns::numbers(series)?;
    for (value, _) in values.iter_mut().zip(marks).filter(|(_, mark)| **mark) {
        *value = if clip { value.max(low).min(high) } else { f64::NAN };
    }
    Ok(floats(name, values))
}
