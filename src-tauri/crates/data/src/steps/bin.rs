//! Cutting numbers into bins `[a, b)`, the last one `[a, b]`. What lies outside the edges falls into the first or last
//! bin; missing stays missing.
//!
//! Edges of one width are those of scikit-learn's `KBinsDiscretizer(strategy="uniform")` (and of `pandas.cut`, which
//! closes bins on the right and widens the first by 0.1 %). Edges of equally many rows are the linear quantiles of
//! `KBinsDiscretizer(strategy="quantile", quantile_method="linear")` and `pandas.qcut(duplicates="drop")`. Supervised edges are
//! in [`super::bin_tree`].

use cairn_protocol::{
    Real,
    steps::{Bin, BinLabel, BinMethod},
};
use polars::prelude::*;
use rayon::prelude::*;

use super::{
    bin_tree,
    columns::floats,
    fitted::{ColumnBins, Learned},
    names::{Names, figure},
    numeric::{cells, extremes, fitted_values, quantile_of_sorted},
    operation::{Around, Change, FitRows, Operation, Stage},
};
use crate::error::DataError;

impl Operation for Bin {
    fn fit(&self, frame: &DataFrame, rows: FitRows<'_>, _: &Around) -> Result<(Learned, Vec<String>), DataError> {
        if self.method != BinMethod::Edges && self.bins == 0 {
            return Err(DataError::refused("0 bins hold nothing", None, "Give 1 bin at least"));
        }
        let target = match (self.method, &self.target) {
            (BinMethod::Supervised, Some(target)) if !target.is_empty() => Some(bin_tree::Target::new(frame, target)?),
            (BinMethod::Supervised, _) => {
                return Err(DataError::refused("no target is chosen", None, "Choose the column to predict"));
            }
            _ => None,
        };
        let each = rows.watch.each(self.columns.len());
        let one = |name: &String| -> Result<(ColumnBins, Option<String>), DataError> {
            each.next()?;
            let edges = match (self.method, &target) {
                (BinMethod::Edges, _) => own_edges(frame, name, &self.edges)?,
                (_, Some(target)) => {
                    let values = cells(frame, name, "bins")?;
                    let (low, high) = extremes(&fitted_values(frame, name, rows, "bins")?);
                    let fitted: Vec<usize> = (0..values.len()).filter(|row| rows.has(*row)).collect();
                    let mut edges = vec![low];
                    edges.extend(bin_tree::thresholds(&values, target, &fitted, self.bins as usize));
                    edges.push(high);
                    edges
                }
                (BinMethod::Quantile, _) => {
                    let mut values = fitted_values(frame, name, rows, "bins")?;
                    values.sort_unstable_by(f64::total_cmp);
                    (0..=self.bins)
                        .map(|at| quantile_of_sorted(&values, f64::from(at) / f64::from(self.bins)))
                        .collect()
                }
                _ => {
                    let (low, high) = extremes(&fitted_values(frame, name, rows, "bins")?);
                    let step = (high - low) / f64::from(self.bins);
                    (0..=self.bins).map(|at| if at == self.bins { high } else { low + step * f64::from(at) }).collect()
                }
            };
            let edges = distinct(edges);
            let made = edges.len() - 1;
            let fewer = matches!(self.method, BinMethod::Width | BinMethod::Quantile) && made < self.bins as usize;
            let warning = fewer.then(|| {
                let found = if made == 1 { "1 bin".into() } else { format!("{made} bins") };
                format!("{name}: {found} instead of {}, since edges fall on the same value", self.bins)
            });
            Ok((ColumnBins { column: name.clone(), edges: edges.into_iter().map(Real).collect() }, warning))
        };
        let learned: Vec<(ColumnBins, Option<String>)> = self.columns.par_iter().map(one).collect::<Result<_, _>>()?;
        let (columns, warnings): (Vec<ColumnBins>, Vec<Option<String>>) = learned.into_iter().unzip();
        Ok((Learned::Bins { columns }, warnings.into_iter().flatten().collect()))
    }

    fn transform(&self, frame: &DataFrame, learned: &Learned, _: &Stage<'_>) -> Result<Change, DataError> {
        let edges_of = |name: &String| match learned {
            Learned::Bins { columns } => columns.iter().find(|bins| bins.column == *name),
            _ => None,
        };
        let one = |name: &String| -> Result<Column, DataError> {
            let fitted = edges_of(name).ok_or_else(|| {
                let what = format!("the step did not learn the bins of {name}");
                DataError::refused(what, Some(name), "Run the cell again to fit the recipe anew")
            })?;
            let edges: Vec<f64> = fitted.edges.iter().map(|edge| edge.0).collect();
            let cells = cells(frame, name, "bins")?;
            let places = cells.iter().map(|cell| (!cell.is_nan()).then(|| place(&edges, *cell)));
            Ok(match self.label {
                BinLabel::Number => {
                    let numbers: Int64Chunked = places.map(|place| place.map(|place| place as i64)).collect();
                    numbers.with_name(name.as_str().into()).into_series().into_column()
                }
                BinLabel::Midpoint => {
                    let middle = |at: usize| f64::midpoint(edges[at], edges[at + 1]);
                    floats(name, places.map(|place| place.map_or(f64::NAN, middle)).collect())
                }
                BinLabel::Interval => {
                    let labels = labels(&edges);
                    let texts: StringChunked = places.map(|place| place.map(|place| labels[place].as_str())).collect();
                    texts.with_name(name.as_str().into()).into_series().into_column()
                }
            })
        };
        let made: Vec<Result<Column, DataError>> = self.columns.par_iter().map(one).collect();
        let mut names = Names::new(frame.get_column_names().into_iter().map(PlSmallStr::as_str));
        let mut change = Change::default();
        for (name, made) in self.columns.iter().zip(made) {
            let made = made?;
            if self.keep_source {
                let source = frame.column(name).map_err(|_| DataError::no_column(frame, name))?.clone();
                let taken = names.take(&format!("{name}_bin"));
                change.replaced.push((name.clone(), vec![source, made.with_name(taken.into())]));
            } else {
                change.changed_cells += (made.len() - made.null_count()) as u64;
                change.replaced.push((name.clone(), vec![made]));
            }
        }
        change.warnings = names.warnings;
        Ok(change)
    }

    fn describe(&self, learned: &Learned) -> Vec<String> {
        let Learned::Bins { columns } = learned else { return Vec::new() };
        let line = |bins: &ColumnBins| {
            let edges: Vec<f64> = bins.edges.iter().map(|edge| edge.0).collect();
            let labels = labels(&edges);
            let shown = if labels.len() > 8 {
                format!("{}, …, {}", labels[..7].join(", "), labels[labels.len() - 1])
            } else {
                labels.join(", ")
            };
            format!("{} → {} bins: {shown}", bins.column, labels.len())
        };
        columns.iter().map(line).collect()
    }
}

fn own_edges(frame: &DataFrame, name: &str, edges: &[f64]) -> Result<Vec<f64>, DataError> {
    cells(frame, name, "bins")?;
    if edges.len() < 2 {
        return Err(DataError::refused("a bin needs two edges", Some(name), "Give the inner and the outer edges"));
    }
    if let Some(pair) = edges.windows(2).find(|pair| pair[0] >= pair[1]) {
        let what = format!("the edge {} does not lie above {}", figure(pair[1]), figure(pair[0]));
        return Err(DataError::refused(what, Some(name), "Give each edge once, in ascending order"));
    }
    Ok(edges.to_vec())
}

/// Edges without repetitions; a column of one value has one bin.
fn distinct(mut edges: Vec<f64>) -> Vec<f64> {
    edges.dedup();
    if let [only] = edges.as_slice() {
        edges = vec![*only, *only];
    }
    edges
}

/// The bin of a value: as many as there are inner edges at or below it.
fn place(edges: &[f64], value: f64) -> usize {
    edges[1..edges.len() - 1].partition_point(|edge| *edge <= value)
}

/// `[18, 40)`, in as few digits as keep the edges apart; three at least where there are more.
pub(crate) fn labels(edges: &[f64]) -> Vec<String> {
    let spelled = (3..=17)
        .map(|digits| edges.iter().map(|edge| short(*edge, digits)).collect::<Vec<String>>())
        .find(|texts| texts.windows(2).all(|pair| pair[0] != pair[1]))
        .unwrap_or_else(|| edges.iter().map(ToString::to_string).collect());
    let last = spelled.len().saturating_sub(2);
    let label =
        |(at, pair): (usize, &[String])| format!("[{}, {}{}", pair[0], pair[1], if at == last { "]" } else { ")" });
    spelled.windows(2).enumerate().map(label).collect()
}

/// A number in so many significant digits, without trailing zeros; whole numbers in full where they are not too long.
fn short(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() || (value.fract() == 0.0 && value.abs() < 1e7) {
        return (value + 0.0).to_string();
    }
    let rounded: f64 = format!("{value:.*e}", digits - 1).parse().unwrap_or(value);
    if (1e-4..1e15).contains(&rounded.abs()) { rounded.to_string() } else { format!("{rounded:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_short_and_stay_apart() {
        let check = |edges: &[f64], expected: &[&str]| assert_eq!(labels(edges), expected);
        check(&[18.0, 40.0, 65.5], &["[18, 40)", "[40, 65.5]"]);
        check(&[0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0], &["[0, 0.333)", "[0.333, 0.667)", "[0.667, 1]"]);
        check(&[1.000_01, 1.000_02, 2.0], &["[1.00001, 1.00002)", "[1.00002, 2]"]);
        check(&[5.0, 5.0], &["[5, 5]"]);
        check(&[-1e-9, 1e20], &["[-1e-9, 1e20]"]);
    }

    #[test]
    fn outside_falls_into_the_outer_bins() {
        let edges = [0.0, 10.0, 20.0];
        let found: Vec<usize> = [-5.0, 0.0, 9.99, 10.0, 20.0, 99.0].iter().map(|x| place(&edges, *x)).collect();
        assert_eq!(found, [0, 0, 0, 1, 1, 1]);
    }
}
