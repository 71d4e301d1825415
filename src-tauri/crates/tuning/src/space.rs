//! The dimensions of a search space: whether they make sense, how many values they have, and the value at a quantile.
//!
//! Every draw is the inverse of the distribution function at a number between 0 and 1, as in W&B's sweeps; so a
//! sampler needs nothing but uniform numbers.

use std::collections::{BTreeMap, BTreeSet};

use cairn_protocol::{
    Hyperparameter, HyperparameterKind, ParamValue, Params,
    sweeps::{Domain, SearchParam},
};
use statrs::function::{beta::inv_beta_reg, erf::erfc_inv};

use crate::TuningError;

/// The parameters of a trial: what is fixed, and what was sampled, which wins.
#[must_use]
pub fn trial_params(fixed: &Params, sampled: &Params) -> Params {
    let mut params = fixed.clone();
    params.extend(sampled.iter().map(|(name, value)| (name.clone(), value.clone())));
    params
}

/// The search range that a hyperparameter proposes for itself.
#[must_use]
pub fn propose(hyperparameter: &Hyperparameter) -> SearchParam {
    let domain = match &hyperparameter.kind {
        HyperparameterKind::Float { low, high, log, search } => {
            let (low, high) = search.unwrap_or((*low, *high));
            // A logarithm needs a positive end: four decades are a wide search.
            let low = if *log && low <= 0.0 { high * 1e-4 } else { low };
            Domain::Float { low, high, log: *log, step: None }
        }
        HyperparameterKind::Int { low, high, log, search } => {
            let (low, high) = search.unwrap_or((*low, *high));
            Domain::Int { low: if *log { low.max(1) } else { low }, high, log: *log }
        }
        HyperparameterKind::Categorical { choices } => Domain::Choice {
            choices: choices.iter().map(|choice| ParamValue::Text(choice.clone())).collect(),
            probabilities: None,
        },
        HyperparameterKind::Bool => {
            Domain::Choice { choices: vec![ParamValue::Bool(false), ParamValue::Bool(true)], probabilities: None }
        }
    };
    SearchParam { name: hyperparameter.name.clone(), domain }
}

/// Checks that every dimension can be sampled and that no name appears twice.
///
/// # Errors
/// The first fault.
pub fn check_space(space: &[SearchParam]) -> Result<(), TuningError> {
    let mut names = BTreeSet::new();
    for param in space {
        if !names.insert(&param.name) {
            return Err(TuningError::Twice { name: param.name.clone() });
        }
        check_domain(&param.domain).map_err(|message| TuningError::Param { name: param.name.clone(), message })?;
    }
    Ok(())
}

fn check_domain(domain: &Domain) -> Result<(), String> {
    match domain {
        Domain::Float { low, high, log, step } => {
            if !low.is_finite() || !high.is_finite() || low > high {
                return Err(format!("from {low} to {high} is no range"));
            }
            if *log && *low <= 0.0 {
                return Err(format!("a logarithmic range begins above 0, not at {low}"));
            }
            if step.is_some_and(|step| !step.is_finite() || step <= 0.0) {
                return Err("the step must be above 0".into());
            }
        }
        Domain::Int { low, high, log } => {
            if low > high {
                return Err(format!("from {low} to {high} is no range"));
            }
            if *log && *low < 1 {
                return Err(format!("a logarithmic range of whole numbers begins at 1 or above, not at {low}"));
            }
        }
        Domain::Choice { choices, probabilities } => {
            if choices.is_empty() {
                return Err("there is no value to choose from".into());
            }
            if let Some(probabilities) = probabilities {
                check_probabilities(choices.len(), probabilities)?;
            }
        }
        Domain::Distribution { distribution, args } => return Quantile::of(distribution, args).map(|_| ()),
    }
    Ok(())
}

/// Checks that there is a probability for each value and that they add to 1, within 1e-5 as numpy's `isclose` has it.
pub(crate) fn check_probabilities(values: usize, probabilities: &[f64]) -> Result<(), String> {
    if probabilities.len() != values {
        return Err(format!("{} probabilities for {values} values", probabilities.len()));
    }
    if let Some(bad) = probabilities.iter().find(|probability| **probability < 0.0 || probability.is_nan()) {
        return Err(format!("a probability cannot be {bad}"));
    }
    let sum: f64 = probabilities.iter().sum();
    if (sum - 1.0).abs() > 1.1e-5 {
        return Err(format!("the probabilities add to {sum}, not to 1"));
    }
    Ok(())
}

/// How many different points a space has; none where a dimension is continuous. Counts a grid's points.
#[must_use]
pub fn space_size(space: &[SearchParam]) -> Option<u128> {
    space.iter().try_fold(1_u128, |size, param| Some(size.saturating_mul(Axis::of(&param.domain).ok()?.len())))
}

/// The value of a dimension at a quantile strictly between 0 and 1; the dimension has passed [`check_space`].
#[must_use]
pub fn quantile(domain: &Domain, u: f64) -> ParamValue {
    match domain {
        Domain::Float { low, high, log, step } => {
            let value = if *log { log_between(*low, *high, u) } else { between(*low, *high, u) };
            ParamValue::Float(match step {
                Some(step) => tidy(low + ((value - low) / step).round() * step).clamp(*low, *high),
                None => value,
            })
        }
        Domain::Int { low, high, log: false } => {
            let count = (i128::from(*high) - i128::from(*low) + 1) as f64;
            let offset = (u * count).floor() as i128;
            ParamValue::Int(i64::try_from(i128::from(*low) + offset).unwrap_or(*high).clamp(*low, *high))
        }
        Domain::Int { low, high, log: true } => {
            // Each whole number has the weight of the interval around it.
            let value = log_between(*low as f64 - 0.5, *high as f64 + 0.5, u);
            ParamValue::Int((value.round() as i64).clamp(*low, *high))
        }
        Domain::Choice { choices, probabilities } => {
            let index = match probabilities {
                Some(probabilities) => {
                    let mut sum = 0.0;
                    let beyond = |probability: &f64| {
                        sum += probability;
                        u < sum
                    };
                    // Rounding may leave the sum just under 1: then the last possible value is meant.
                    let last = probabilities.iter().rposition(|probability| *probability > 0.0).unwrap_or(0);
                    probabilities.iter().position(beyond).unwrap_or(last)
                }
                None => (u * choices.len() as f64) as usize,
            };
            choices[index.min(choices.len() - 1)].clone()
        }
        Domain::Distribution { distribution, args } => {
            Quantile::of(distribution, args).map_or(ParamValue::Float(f64::NAN), |quantile| quantile.at(u))
        }
    }
}

fn between(low: f64, high: f64, u: f64) -> f64 {
    (low * (1.0 - u) + high * u).clamp(low, high)
}

fn log_between(low: f64, high: f64, u: f64) -> f64 {
    between(low.ln(), high.ln(), u).exp().clamp(low, high)
}

/// Rounds away what adding steps leaves behind: 0.30000000000000004 is 0.3.
fn tidy(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

/// A distribution of W&B's by its name, with its arguments.
struct Quantile {
    base: Base,
    /// Values are rounded to multiples of it.
    q: Option<f64>,
}

enum Base {
    Uniform { min: f64, max: f64 },
    LogUniform { min: f64, max: f64 },
    Normal { mu: f64, sigma: f64 },
    LogNormal { mu: f64, sigma: f64 },
    Beta { a: f64, b: f64 },
}

impl Quantile {
    fn of(distribution: &str, args: &BTreeMap<String, f64>) -> Result<Self, String> {
        let (quantised, name) = match distribution.strip_prefix("q_") {
            Some(name) => (true, name),
            None => (false, distribution),
        };
        let needed = |name: &str| args.get(name).copied().ok_or_else(|| format!("{distribution} needs {name}"));
        let or = |name: &str, default: f64| args.get(name).copied().unwrap_or(default);
        let base = match name {
            "uniform" => Base::Uniform { min: needed("min")?, max: needed("max")? },
            // The inverse of a value that is uniform in the logarithm is uniform in it too.
            "log_uniform_values" | "inv_log_uniform_values" => {
                Base::LogUniform { min: needed("min")?, max: needed("max")? }
            }
            "normal" => Base::Normal { mu: or("mu", 0.0), sigma: or("sigma", 1.0) },
            "log_normal" => Base::LogNormal { mu: or("mu", 0.0), sigma: or("sigma", 1.0) },
            "beta" => Base::Beta { a: or("a", 1.0), b: or("b", 1.0) },
            _ => return Err(format!("unknown distribution {distribution}")),
        };
        if let Some((name, value)) = args.iter().find(|(_, value)| !value.is_finite()) {
            return Err(format!("{name} cannot be {value}"));
        }
        match &base {
            Base::Uniform { min, max } | Base::LogUniform { min, max } if min >= max => {
                return Err(format!("min {min} is not less than max {max}"));
            }
            Base::LogUniform { min, .. } if *min <= 0.0 => return Err(format!("min must be above 0, it is {min}")),
            Base::Normal { sigma, .. } | Base::LogNormal { sigma, .. } if *sigma < 0.0 => {
                return Err(format!("sigma must be 0 or above, it is {sigma}"));
            }
            Base::Beta { a, b } if *a < 0.0 || *b < 0.0 => return Err("a and b must be 0 or above".into()),
            _ => {}
        }
        let q = quantised.then(|| or("q", 1.0));
        if q.is_some_and(|q| q <= 0.0) {
            return Err("q must be above 0".into());
        }
        Ok(Self { base, q })
    }

    fn at(&self, u: f64) -> ParamValue {
        let value = match &self.base {
            Base::Uniform { min, max } => between(*min, *max, u),
            Base::LogUniform { min, max } => log_between(*min, *max, u),
            Base::Normal { mu, sigma } => mu + sigma * normal(u),
            Base::LogNormal { mu, sigma } => (mu + sigma * normal(u)).exp(),
            Base::Beta { a, b } => beta(*a, *b, u),
        };
        match self.q {
            // As numpy rounds: ties go to the even number.
            Some(q) => number((value / q).round_ties_even() * q, q.fract() == 0.0),
            None => ParamValue::Float(value),
        }
    }
}

/// The quantile of the standard normal distribution.
fn normal(u: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * u)
}

/// The quantile of the beta distribution; with a or b of 0 all of it lies at an end.
fn beta(a: f64, b: f64, u: f64) -> f64 {
    match (a > 0.0, b > 0.0) {
        (true, true) => inv_beta_reg(a, b, u),
        (false, true) => 0.0,
        (true, false) => 1.0,
        (false, false) => f64::from(u8::from(u >= 0.5)),
    }
}

fn number(value: f64, whole: bool) -> ParamValue {
    if whole && value.abs() < 9e15 { ParamValue::Int(value as i64) } else { ParamValue::Float(value) }
}

/// The values of one dimension of a grid, in order; large ranges are counted, not held.
#[derive(Debug, Clone)]
pub(crate) enum Axis {
    Values(Vec<ParamValue>),
    Ints { low: i64, count: u128 },
    Steps { first: f64, delta: f64, count: u64, whole: bool, tidy: bool },
}

impl Axis {
    /// The values of a domain; says why where there are endlessly many.
    pub(crate) fn of(domain: &Domain) -> Result<Self, String> {
        match domain {
            Domain::Float { low, high, step: None, .. } if low < high => {
                Err("it takes any real number in its range".into())
            }
            Domain::Float { low, high, step, .. } => {
                let delta = step.unwrap_or(1.0);
                // Half a millionth of a step forgives rounding: 0 to 0.3 by 0.1 has four values.
                let count = ((high - low) / delta + 5e-7).floor().max(0.0) as u64 + 1;
                Ok(Self::Steps { first: *low, delta, count, whole: false, tidy: true })
            }
            Domain::Int { low, high, .. } => {
                let count = u128::try_from(i128::from(*high) - i128::from(*low) + 1).unwrap_or(0);
                Ok(Self::Ints { low: *low, count })
            }
            Domain::Choice { probabilities: Some(_), .. } => Err("probabilities mean nothing in a grid".into()),
            Domain::Choice { choices, .. } => {
                let mut values: Vec<ParamValue> = Vec::with_capacity(choices.len());
                for choice in choices {
                    if !values.iter().any(|known| same(known, choice)) {
                        values.push(choice.clone());
                    }
                }
                Ok(Self::Values(values))
            }
            Domain::Distribution { distribution, args } if distribution == "q_uniform" => {
                let Quantile { base: Base::Uniform { min, max }, q: Some(q) } = Quantile::of(distribution, args)?
                else {
                    return Err("q_uniform needs min, max and q".into());
                };
                // As numpy's `arange(min, max, q)`: the end is excluded, and the distance of the first two is kept.
                let count = ((max - min) / q).ceil().max(0.0) as u64;
                let whole = min.fract() == 0.0 && q.fract() == 0.0;
                Ok(Self::Steps { first: min, delta: (min + q) - min, count, whole, tidy: false })
            }
            Domain::Distribution { distribution, .. } => Err(format!(
                "{distribution} takes endlessly many values; a grid takes value, values, int_uniform or q_uniform"
            )),
        }
    }

    pub(crate) fn len(&self) -> u128 {
        match self {
            Self::Values(values) => values.len() as u128,
            Self::Ints { count, .. } => *count,
            Self::Steps { count, .. } => u128::from(*count),
        }
    }

    pub(crate) fn value(&self, index: u128) -> ParamValue {
        match self {
            Self::Values(values) => values[index as usize].clone(),
            Self::Ints { low, .. } => ParamValue::Int((i128::from(*low) + index as i128) as i64),
            Self::Steps { first, delta, whole, tidy: clean, .. } => {
                let value = first + index as f64 * delta;
                number(if *clean { tidy(value) } else { value }, *whole)
            }
        }
    }
}

/// Whether two values are one in a grid: 1.0 is 1, true is not.
fn same(a: &ParamValue, b: &ParamValue) -> bool {
    match (a, b) {
        (ParamValue::Bool(a), ParamValue::Bool(b)) => a == b,
        (ParamValue::Bool(_), _) | (_, ParamValue::Bool(_)) => false,
        (ParamValue::Int(a), ParamValue::Int(b)) => a == b,
        _ => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => a == b,
            _ => a == b,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distribution(name: &str, args: &[(&str, f64)]) -> Domain {
        let args = args.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        Domain::Distribution { distribution: name.into(), args }
    }

    fn close(domain: &Domain, u: f64, expected: f64) {
        let value = quantile(domain, u).as_f64().unwrap();
        assert!(
            (value - expected).abs() <= 1e-9 * expected.abs().max(1.0),
            "{domain:?} at {u}: {value}, not {expected}"
        );
    }

    /// Expected values from the closed forms, and for normal and beta from the tables of scipy.stats.
    #[test]
    fn quantiles_are_those_of_the_distributions() {
        close(&distribution("normal", &[("mu", 1.0), ("sigma", 2.0)]), 0.975, 1.0 + 2.0 * 1.959_963_984_540_054);
        close(&distribution("normal", &[("sigma", 0.0), ("mu", 3.0)]), 0.3, 3.0);
        close(&distribution("log_normal", &[]), 0.5, 1.0);
        close(&distribution("log_normal", &[("mu", 1.0), ("sigma", 0.5)]), 0.841_344_746_068_542_9, 1.5_f64.exp());
        // Beta(2, 1) has the distribution function x², Beta(1, 3) has 1 − (1 − x)³.
        close(&distribution("beta", &[("a", 2.0)]), 0.25, 0.5);
        close(&distribution("beta", &[("b", 3.0)]), 0.875, 0.5);
        close(&distribution("log_uniform_values", &[("min", 1e-4), ("max", 1.0)]), 0.5, 1e-2);
        close(&distribution("inv_log_uniform_values", &[("min", 1e-4), ("max", 1.0)]), 0.75, 1e-1);
        close(&Domain::Float { low: 1e-3, high: 1e3, log: true, step: None }, 0.5, 1.0);
        close(&Domain::Float { low: 0.0, high: 1.0, log: false, step: Some(0.1) }, 0.32, 0.3);
    }

    #[test]
    fn quantised_values_round_half_to_even_and_are_whole_where_q_is() {
        let domain = distribution("q_uniform", &[("min", 0.0), ("max", 10.0), ("q", 1.0)]);
        assert_eq!(quantile(&domain, 0.25), ParamValue::Int(2));
        assert_eq!(quantile(&domain, 0.35), ParamValue::Int(4));
        let domain = distribution("q_log_uniform_values", &[("min", 1.0), ("max", 100.0), ("q", 0.5)]);
        assert_eq!(quantile(&domain, 0.5), ParamValue::Float(10.0));
    }

    #[test]
    fn probabilities_choose_and_zero_is_never_chosen() {
        let choices = ["a", "b", "c"].map(|text| ParamValue::Text(text.into())).to_vec();
        let domain = Domain::Choice { choices, probabilities: Some(vec![0.25, 0.75, 0.0]) };
        let text = |u: f64| quantile(&domain, u).to_string();
        assert_eq!([text(0.2), text(0.25), text(0.9), text(0.999_999_999_999)], ["a", "b", "b", "b"]);
    }

    #[test]
    fn sizes_count_points() {
        let size = |domain: Domain| space_size(&[SearchParam { name: "x".into(), domain }]);
        assert_eq!(size(Domain::Float { low: 0.0, high: 0.3, log: false, step: Some(0.1) }), Some(4));
        assert_eq!(size(Domain::Float { low: 0.0, high: 0.3, log: false, step: None }), None);
        assert_eq!(size(Domain::Int { low: i64::MIN, high: i64::MAX, log: false }), Some(1 << 64));
        assert_eq!(size(distribution("q_uniform", &[("min", 0.0), ("max", 1.0), ("q", 0.25)])), Some(4));
        let choices =
            vec![ParamValue::Int(1), ParamValue::Float(1.0), ParamValue::Bool(true), ParamValue::Text("1".into())];
        assert_eq!(size(Domain::Choice { choices, probabilities: None }), Some(3));
    }

    #[test]
    fn spaces_that_make_no_sense_are_refused() {
        for (domain, part) in [
            (Domain::Float { low: 1.0, high: 0.0, log: false, step: None }, "no range"),
            (Domain::Float { low: 0.0, high: 1.0, log: true, step: None }, "logarithmic"),
            (Domain::Float { low: 0.0, high: 1.0, log: false, step: Some(0.0) }, "step"),
            (Domain::Int { low: 0, high: 5, log: true }, "logarithmic"),
            (Domain::Choice { choices: vec![], probabilities: None }, "no value"),
            (Domain::Choice { choices: vec![ParamValue::Int(1)], probabilities: Some(vec![0.5]) }, "add to 0.5"),
            (distribution("poisson", &[]), "unknown"),
            (distribution("normal", &[("sigma", -1.0)]), "sigma"),
            (distribution("uniform", &[("min", 1.0)]), "needs max"),
        ] {
            let error = check_space(&[SearchParam { name: "x".into(), domain }]).unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
        }
        let twice = SearchParam { name: "x".into(), domain: Domain::Int { low: 0, high: 1, log: false } };
        assert!(matches!(check_space(&[twice.clone(), twice]), Err(TuningError::Twice { .. })));
    }

    #[test]
    fn proposals_use_the_search_range_and_stay_positive_in_logarithms() {
        let mut hyperparameter = Hyperparameter {
            name: "lr".into(),
            title: String::new(),
            kind: HyperparameterKind::Float { low: 0.0, high: 1.0, log: true, search: Some((0.01, 0.3)) },
            default: ParamValue::Float(0.1),
            help: String::new(),
            unit: String::new(),
        };
        assert_eq!(propose(&hyperparameter).domain, Domain::Float { low: 0.01, high: 0.3, log: true, step: None });
        hyperparameter.kind = HyperparameterKind::Float { low: 0.0, high: 1.0, log: true, search: None };
        let proposed = propose(&hyperparameter);
        assert!(check_space(&[proposed]).is_ok());
    }
}
