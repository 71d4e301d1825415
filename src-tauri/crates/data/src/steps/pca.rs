//! Principal components, as scikit-learn's `PCA(svd_solver="full")`.
//!
//! Columns are centred on the means of the fitted rows (and divided by their deviations, n), and the covariance matrix
//! (n − 1) is taken apart into eigenvectors. A vector's sign is free: here, as in scikit-learn, the weight
//! of the largest absolute value is positive. Without a number of components as many are kept as it takes for more than the
//! share of variance asked for.

use cairn_protocol::{Real, steps::Pca};
use linfa_linalg::eigh::EighInto;
use ndarray::Array2;
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    columns::floats,
    fitted::{ColumnScale, Component, Learned},
    names::{Names, count, figure},
    numeric::{cells, mean, row_number},
    operation::{Around, Change, FitRows, Operation, Stage},
    scale::centre_and_deviation,
};
use crate::{error::DataError, progress::Watch};

/// Source columns; the work grows with their third power.
const MOST_COLUMNS: usize = 1000;
/// Rows whose products are summed on their own.
const BLOCK: usize = 4096;

impl Operation for Pca {
    fn fit(&self, frame: &DataFrame, rows: FitRows<'_>, _: &Around) -> Result<(Learned, Vec<String>), DataError> {
        check(self)?;
        let reading = rows.watch.part(0.0, 0.3).each(self.columns.len());
        let learn = |name: &String| -> Result<(ColumnScale, Vec<f64>), DataError> {
            reading.next()?;
            let mut values = rows.pick(&complete(frame, name)?);
            if values.len() < 2 {
                let what = format!("the {} has fewer than 2 rows", rows.name());
                return Err(DataError::refused(what, Some(name), "Look at the filters above"));
            }
            let (centre, width) = if self.standardise { centre_and_deviation(&values) } else { (mean(&values), 1.0) };
            let width = if width > 0.0 { width } else { 1.0 };
            values.iter_mut().for_each(|value| *value = (*value - centre) / width);
            // What rounding left of the mean.
            let rest = mean(&values);
            values.iter_mut().for_each(|value| *value -= rest);
            let column = name.clone();
            let scale =
                ColumnScale { column, centre: Real(centre), width: Real(width), power: None, quantiles: Vec::new() };
            Ok((scale, values))
        };
        let learned: Vec<(ColumnScale, Vec<f64>)> = self.columns.par_iter().map(learn).collect::<Result<_, _>>()?;
        let (columns, values): (Vec<ColumnScale>, Vec<Vec<f64>>) = learned.into_iter().unzip();
        let stays = |name: &&str| self.keep_source || !self.columns.iter().any(|source| source == name);
        let mut names = Names::new(frame.get_column_names().into_iter().map(PlSmallStr::as_str).filter(stays));
        let all = components(&covariance(&values, rows.watch.part(0.3, 0.8))?)?;
        let total: f64 = all.iter().map(|(variance, _)| variance).sum();
        let share = |variance: f64| if total > 0.0 { variance / total } else { 0.0 };
        let most = columns.len().min(values.first().map_or(0, Vec::len));
        let kept = match self.components {
            Some(count) => (count as usize).min(most),
            None => {
                let mut reached = 0.0;
                let short = all.iter().take_while(|(variance, _)| {
                    reached += share(*variance);
                    reached <= self.variance_percent / 100.0
                });
                (short.count() + 1).min(most)
            }
        };
        let components = all.into_iter().take(kept).enumerate().map(|(at, (variance, weights))| Component {
            name: names.take(&format!("pc{}", at + 1)),
            weights: weights.into_iter().map(Real).collect(),
            variance: Real(variance),
            share: Real(share(variance)),
        });
        Ok((Learned::Components { columns, components: components.collect() }, names.warnings))
    }

    fn transform(&self, frame: &DataFrame, learned: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        let Learned::Components { columns, components } = learned else {
            return Err(DataError::refused("the step did not learn its components", None, "Run the cell again"));
        };
        let scaled = |scale: &ColumnScale| -> Result<Vec<f64>, DataError> {
            let mut values = complete(frame, &scale.column)?;
            values.iter_mut().for_each(|value| *value = (*value - scale.centre.0) / scale.width.0);
            Ok(values)
        };
        let values: Vec<Vec<f64>> = columns.par_iter().map(scaled).collect::<Result<_, _>>()?;
        let each = stage.watch.part(0.2, 1.0).each(components.len() * columns.len());
        let project = |component: &Component| -> Result<Column, DataError> {
            let mut out = vec![0.0; frame.height()];
            for (values, weight) in values.iter().zip(&component.weights) {
                each.next()?;
                for (out, value) in out.iter_mut().zip(values) {
                    *out += value * weight.0;
                }
            }
            Ok(floats(&component.name, out))
        };
        let added = components.par_iter().map(project).collect::<Result<_, DataError>>()?;
        let gone = columns.iter().filter(|_| !self.keep_source);
        let replaced = gone.map(|scale| (scale.column.clone(), Vec::new())).collect();
        Ok(Change { replaced, added, ..Change::default() })
    }

    fn describe(&self, learned: &Learned) -> Vec<String> {
        let Learned::Components { columns, components } = learned else { return Vec::new() };
        let line = |component: &Component| {
            let mut heavy: Vec<(&ColumnScale, f64)> =
                columns.iter().zip(component.weights.iter().map(|weight| weight.0)).collect();
            heavy.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
            let shown: Vec<String> =
                heavy.iter().take(3).map(|(scale, weight)| format!("{} {}", figure(*weight), scale.column)).collect();
            format!("{} ← {:.1} % of the variance: {}", component.name, component.share.0 * 100.0, shown.join(", "))
        };
        components.iter().map(line).collect()
    }
}

fn check(step: &Pca) -> Result<(), DataError> {
    if step.columns.is_empty() {
        return Err(DataError::refused("no column is named", None, "Name two columns of numbers at least"));
    }
    if step.columns.len() > MOST_COLUMNS {
        let what = format!("{} columns are more than {}", count(step.columns.len() as u64), count(MOST_COLUMNS as u64));
        return Err(DataError::refused(what, None, "Name fewer columns"));
    }
    if step.components == Some(0) {
        return Err(DataError::refused("0 components keep nothing", None, "Give 1 component at least"));
    }
    if step.components.is_none() && !(0.0..=100.0).contains(&step.variance_percent) {
        let what = format!("{} % is no share of the variance", step.variance_percent);
        return Err(DataError::refused(what, None, "Give a number from 0 to 100"));
    }
    Ok(())
}

/// The cells of a column of numbers without gaps.
fn complete(frame: &DataFrame, name: &str) -> Result<Vec<f64>, DataError> {
    let cells = cells(frame, name, "variance")?;
    if let Some(row) = cells.iter().position(|cell| !cell.is_finite()) {
        let what = if cells[row].is_nan() { "is missing".to_owned() } else { format!("is {}", cells[row]) };
        let what = format!("{}: {name} {what}, and components need every number", row_number(row));
        return Err(DataError::refused(what, Some(name), "Fill missing values in a step before"));
    }
    Ok(cells)
}

/// Covariances with n − 1 of centred columns.
fn covariance(values: &[Vec<f64>], watch: Watch<'_>) -> Result<Array2<f64>, DataError> {
    let columns = values.len();
    let rows = values.first().map_or(0, Vec::len);
    let product = |a: &[f64], b: &[f64]| {
        let blocks = a.chunks(BLOCK).zip(b.chunks(BLOCK));
        blocks.map(|(a, b)| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>()).sum::<f64>()
    };
    let each = watch.each(columns * (columns + 1) / 2);
    let one = |i: usize, j: usize| -> Result<f64, DataError> {
        each.next()?;
        Ok(product(&values[i], &values[j]) / (rows as f64 - 1.0))
    };
    let lower: Vec<Vec<f64>> =
        (0..columns).into_par_iter().map(|i| (0..=i).map(|j| one(i, j)).collect()).collect::<Result<_, DataError>>()?;
    Ok(Array2::from_shape_fn((columns, columns), |(i, j)| if j <= i { lower[i][j] } else { lower[j][i] }))
}

/// Eigenvalues and eigenvectors, the largest first.
fn components(covariance: &Array2<f64>) -> Result<Vec<(f64, Vec<f64>)>, DataError> {
    let failed = |error: linfa_linalg::LinalgError| {
        DataError::refused(format!("the covariances cannot be taken apart: {error}"), None, "Drop constant columns")
    };
    let (variances, vectors) = covariance.clone().eigh_into().map_err(failed)?;
    let mut order: Vec<usize> = (0..variances.len()).collect();
    order.sort_by(|a, b| variances[*b].total_cmp(&variances[*a]));
    let component = |at: usize| {
        let mut weights = vectors.column(at).to_vec();
        // Of weights equally large but for rounding the first decides.
        let most = weights.iter().fold(0.0f64, |most, weight| most.max(weight.abs()));
        let first = weights.iter().find(|weight| weight.abs() >= most * (1.0 - 1e-12));
        if first.is_some_and(|weight| *weight < 0.0) {
            weights.iter_mut().for_each(|weight| *weight = -*weight);
        }
        (variances[at].max(0.0), weights)
    };
    Ok(order.into_iter().map(component).collect())
}
