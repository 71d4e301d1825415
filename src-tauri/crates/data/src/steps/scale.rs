//! Bringing numbers to a common scale. Missing cells stay missing and are not learned from.
//!
//! Figures are those of scikit-learn 1.9: `StandardScaler`, `MinMaxScaler(feature_range=(low, high))`, `RobustScaler`,
//! `MaxAbsScaler`, `QuantileTransformer` (all fitted rows, at most 1,000 quantiles) and `PowerTransformer`
//! (standardised). A column without width becomes 0, as there. Every method has an inverse ([`unscaled`]).

use cairn_protocol::{
    Real,
    steps::{Scale, ScaleMethod},
};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::floats,
    fitted::{ColumnScale, Learned},
    names::figure,
    numeric::{cells, extremes, fitted_values, mean, quantile, row_number, variance},
    operation::{Around, Change, FitRows, Operation, Stage},
    power::{self, Family},
    ranks,
};
use crate::error::DataError;

impl Operation for Scale {
    fn fit(&self, frame: &DataFrame, rows: FitRows<'_>, _: &Around) -> Result<(Learned, Vec<String>), DataError> {
        if matches!(self.method, ScaleMethod::Log | ScaleMethod::Log1p) {
            return Ok((Learned::Nothing, Vec::new()));
        }
        if self.method == ScaleMethod::MinMax && self.low >= self.high {
            let what = format!("the interval from {} to {} is empty", figure(self.low), figure(self.high));
            return Err(DataError::refused(what, None, "Give a lower end below the upper one"));
        }
        let each = rows.watch.each(self.columns.len());
        let columns = self.columns.par_iter().map(|name| {
            each.next()?;
            learn(frame, name, self.method, rows)
        });
        Ok((Learned::Scales { columns: columns.collect::<Result<_, _>>()? }, Vec::new()))
    }

    fn transform(&self, frame: &DataFrame, learned: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        let each = stage.watch.each(self.columns.len());
        let one = |name: &String| -> Result<(Column, u64), DataError> {
            each.next()?;
            let mut cells = cells(frame, name, "scale")?;
            let before = cells.clone();
            scaled(self, name, scale_of(learned, name), &mut cells)?;
            let differs = |(old, new): (&f64, &f64)| !old.is_nan() && old != new;
            let changed = before.iter().zip(&cells).filter(|pair| differs(*pair)).count() as u64;
            Ok((floats(name, cells), changed))
        };
        let done: Vec<Result<(Column, u64), DataError>> = self.columns.par_iter().map(one).collect();
        let mut change = Change::default();
        for (name, done) in self.columns.iter().zip(done) {
            let (column, changed) = done?;
            change.changed_cells += changed;
            change.replaced.push((name.clone(), vec![column]));
        }
        Ok(change)
    }

    fn describe(&self, learned: &Learned) -> Vec<String> {
        let Learned::Scales { columns } = learned else { return Vec::new() };
        columns.iter().map(|scale| line(self.method, scale)).collect()
    }
}

/// What was learned of a column.
pub(super) fn scale_of<'a>(learned: &'a Learned, name: &str) -> Option<&'a ColumnScale> {
    let Learned::Scales { columns } = learned else { return None };
    columns.iter().find(|scale| scale.column == name)
}

fn learn(frame: &DataFrame, name: &str, method: ScaleMethod, rows: FitRows<'_>) -> Result<ColumnScale, DataError> {
    let mut there = fitted_values(frame, name, rows, "scale")?;
    let mut scale = ColumnScale {
        column: name.to_owned(),
        centre: Real(0.0),
        width: Real(1.0),
        power: None,
        quantiles: Vec::new(),
    };
    let family = match method {
        ScaleMethod::YeoJohnson => Some(Family::YeoJohnson),
        ScaleMethod::BoxCox => Some(Family::BoxCox),
        _ => None,
    };
    if let Some(family) = family {
        if family == Family::BoxCox
            && let Some(value) = there.iter().find(|value| **value <= 0.0)
        {
            let what = format!("{name} holds {}, and Box–Cox takes positive values only", figure(*value));
            return Err(DataError::refused(what, Some(name), "Choose Yeo–Johnson, which takes all numbers"));
        }
        let lambda = power::exponent(family, &there);
        there.iter_mut().for_each(|value| *value = power::forward(family, lambda, *value));
        scale.power = Some(Real(lambda));
    }
    let (centre, width) = match method {
        ScaleMethod::Standard | ScaleMethod::YeoJohnson | ScaleMethod::BoxCox => centre_and_deviation(&there),
        ScaleMethod::MinMax => {
            let (low, high) = extremes(&there);
            (low, high - low)
        }
        ScaleMethod::Robust => {
            let median = quantile(&mut there, 0.5);
            (median, quantile(&mut there, 0.75) - quantile(&mut there, 0.25))
        }
        ScaleMethod::MaxAbs => {
            let (low, high) = extremes(&there);
            (0.0, high.abs().max(low.abs()))
        }
        ScaleMethod::Quantile => {
            scale.quantiles = ranks::quantiles(there).into_iter().map(Real).collect();
            (0.0, 1.0)
        }
        ScaleMethod::Log | ScaleMethod::Log1p => (0.0, 1.0),
    };
    // A column without width becomes 0, as in scikit-learn.
    scale.centre = Real(centre);
    let least = match method {
        ScaleMethod::Standard | ScaleMethod::YeoJohnson | ScaleMethod::BoxCox => 0.0,
        _ => 10.0 * f64::EPSILON,
    };
    scale.width = Real(if width > least { width } else { 1.0 });
    Ok(scale)
}

/// Mean and standard deviation (n); the deviation is 0 where the variance cannot be told from rounding
/// (scikit-learn's `_is_constant_feature`).
pub(super) fn centre_and_deviation(values: &[f64]) -> (f64, f64) {
    let mean = mean(values);
    let variance = variance(values, mean);
    let n = values.len() as f64;
    let rounding = n * f64::EPSILON * variance + (n * mean * f64::EPSILON).powi(2);
    (mean, if variance <= rounding { 0.0 } else { variance.sqrt() })
}

/// Scales the cells of a column in place.
fn scaled(step: &Scale, name: &str, scale: Option<&ColumnScale>, cells: &mut [f64]) -> Result<(), DataError> {
    let refuse = |row: usize, value: f64, of: &str, hint: &str| {
        let what = format!("{}: {name} is {}, and {of}", row_number(row), figure(value));
        DataError::refused(what, Some(name), hint)
    };
    let least = |cells: &[f64], bound: f64| cells.iter().position(|cell| *cell <= bound);
    match step.method {
        ScaleMethod::Log => {
            if let Some(row) = least(cells, 0.0) {
                return Err(refuse(row, cells[row], "only positive numbers have a logarithm", "Choose ln(1 + x)"));
            }
            cells.iter_mut().for_each(|cell| *cell = cell.ln());
            return Ok(());
        }
        ScaleMethod::Log1p => {
            if let Some(row) = least(cells, -1.0) {
                let of = "ln(1 + x) takes numbers above −1";
                return Err(refuse(row, cells[row], of, "Choose Yeo–Johnson, which takes all numbers"));
            }
            cells.iter_mut().for_each(|cell| *cell = cell.ln_1p());
            return Ok(());
        }
        _ => {}
    }
    let scale = scale.ok_or_else(|| not_learned(name))?;
    let (centre, width) = (scale.centre.0, scale.width.0);
    match step.method {
        ScaleMethod::Quantile => {
            let quantiles: Vec<f64> = scale.quantiles.iter().map(|value| value.0).collect();
            cells.iter_mut().for_each(|cell| *cell = ranks::rank(&quantiles, step.shape, *cell));
        }
        ScaleMethod::YeoJohnson | ScaleMethod::BoxCox => {
            let family = family_of(step.method);
            if family == Family::BoxCox
                && let Some(row) = least(cells, 0.0)
            {
                let hint = "Choose Yeo–Johnson, which takes all numbers";
                return Err(refuse(row, cells[row], "Box–Cox takes positive values only", hint));
            }
            let lambda = scale.power.map_or(1.0, |power| power.0);
            cells.iter_mut().for_each(|cell| *cell = (power::forward(family, lambda, *cell) - centre) / width);
        }
        ScaleMethod::MinMax if (step.low, step.high) != (0.0, 1.0) => {
            let span = step.high - step.low;
            cells.iter_mut().for_each(|cell| *cell = (*cell - centre) / width * span + step.low);
        }
        _ => cells.iter_mut().for_each(|cell| *cell = (*cell - centre) / width),
    }
    Ok(())
}

/// The inverse of the step on the cells of a column.
pub(super) fn unscaled(step: &Scale, name: &str, learned: &Learned, cells: &mut [f64]) -> Result<(), DataError> {
    match step.method {
        ScaleMethod::Log => cells.iter_mut().for_each(|cell| *cell = cell.exp()),
        ScaleMethod::Log1p => cells.iter_mut().for_each(|cell| *cell = cell.exp_m1()),
        method => {
            let scale = scale_of(learned, name).ok_or_else(|| not_learned(name))?;
            let (centre, width) = (scale.centre.0, scale.width.0);
            match method {
                ScaleMethod::Quantile => {
                    let quantiles: Vec<f64> = scale.quantiles.iter().map(|value| value.0).collect();
                    cells.iter_mut().for_each(|cell| *cell = ranks::value(&quantiles, step.shape, *cell));
                }
                ScaleMethod::YeoJohnson | ScaleMethod::BoxCox => {
                    let (family, lambda) = (family_of(method), scale.power.map_or(1.0, |power| power.0));
                    cells.iter_mut().for_each(|cell| *cell = power::backward(family, lambda, *cell * width + centre));
                }
                ScaleMethod::MinMax => {
                    let span = step.high - step.low;
                    cells.iter_mut().for_each(|cell| *cell = (*cell - step.low) / span * width + centre);
                }
                _ => cells.iter_mut().for_each(|cell| *cell = *cell * width + centre),
            }
        }
    }
    Ok(())
}

fn family_of(method: ScaleMethod) -> Family {
    if method == ScaleMethod::BoxCox { Family::BoxCox } else { Family::YeoJohnson }
}

fn not_learned(name: &str) -> DataError {
    let what = format!("the step did not learn the scale of {name}");
    DataError::refused(what, Some(name), "Run the cell again to fit the recipe anew")
}

/// «age ← mean 43.2, deviation 22.6».
fn line(method: ScaleMethod, scale: &ColumnScale) -> String {
    let (column, centre, width) = (&scale.column, figure(scale.centre.0), figure(scale.width.0));
    let power = scale.power.map_or(String::new(), |power| format!("λ {}, then ", figure(power.0)));
    match method {
        ScaleMethod::Standard | ScaleMethod::YeoJohnson | ScaleMethod::BoxCox => {
            format!("{column} ← {power}mean {centre}, deviation {width}")
        }
        ScaleMethod::MinMax => format!("{column} ← lowest {centre}, range {width}"),
        ScaleMethod::Robust => format!("{column} ← median {centre}, middle half {width}"),
        ScaleMethod::MaxAbs => format!("{column} ← largest |x| {width}"),
        _ => {
            let at = |at: usize| scale.quantiles.get(at).map_or(String::new(), |value| figure(value.0));
            let count = scale.quantiles.len();
            format!("{column} ← {count} quantiles from {} to {}", at(0), at(count.saturating_sub(1)))
        }
    }
}
