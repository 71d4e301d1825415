//! What the trials say together: their order, how much single parameters explain, where to look next.

use cairn_protocol::{
    notebook::Goal,
    sweeps::{SweepState, Trial, TrialState},
};

use super::trials::{AxisKind, Prepared};

/// Trials by state: done, pruned, failed, running.
#[must_use]
pub fn counts(trials: &[Trial]) -> [usize; 4] {
    let of = |state: TrialState| trials.iter().filter(|trial| trial.state == state).count();
    [of(TrialState::Complete), of(TrialState::Pruned), of(TrialState::Failed), of(TrialState::Running)]
}

/// Indices of complete trials, best first.
#[must_use]
pub fn ranking(sweep: &SweepState) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sweep.trials.len())
        .filter(|i| sweep.trials[*i].state == TrialState::Complete)
        .filter(|i| sweep.trials[*i].value.is_some_and(|value| value.0.is_finite()))
        .collect();
    let value = |i: &usize| sweep.trials[*i].value.map_or(f64::NAN, |value| value.0);
    match sweep.objective.goal {
        Goal::Maximize => order.sort_by(|a, b| value(b).total_cmp(&value(a))),
        Goal::Minimize => order.sort_by(|a, b| value(a).total_cmp(&value(b))),
    }
    order
}

/// Shares of variance of the objective that single parameters explain.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Importance {
    /// Parameter and share, largest first.
    pub shares: Vec<(String, f64)>,
    /// Trials it is computed from.
    pub trials: usize,
}

/// A one-way analysis of variance for each parameter: trials are put into up to five bins of equal size by its value,
/// and the share is ε² = (SS_between − (k − 1)·MS_within) / SS_total (Kelley 1935), which unlike η² does not grow with
/// the number of bins; below zero it counts as zero. Interactions of parameters are not seen.
#[must_use]
pub fn importance(prepared: &Prepared) -> Importance {
    let mut out = Importance::default();
    for (at, axis) in prepared.axes.iter().enumerate().filter(|(_, axis)| !axis.objective) {
        let mut points: Vec<(f64, f64)> = prepared
            .places
            .iter()
            .zip(&prepared.values)
            .filter_map(|(places, value)| Some((places[at]?, (*value)?)))
            .collect();
        out.trials = out.trials.max(points.len());
        if points.len() < 6 {
            continue;
        }
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let bins = match &axis.kind {
            AxisKind::Names(_) => equal_values(&points),
            AxisKind::Numbers(_) => equal_sizes(&points, (points.len() / 3).clamp(2, 5)),
        };
        out.shares.push((axis.name.clone(), epsilon_squared(&bins)));
    }
    out.shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    out
}

/// Values of the objective in bins of equal places.
fn equal_values(points: &[(f64, f64)]) -> Vec<Vec<f64>> {
    let same = points.chunk_by(|a, b| a.0 == b.0);
    same.map(|bin| bin.iter().map(|(_, value)| *value).collect()).collect()
}

/// Values of the objective in bins of about equal size; equal places stay together.
fn equal_sizes(points: &[(f64, f64)], count: usize) -> Vec<Vec<f64>> {
    let mut bins: Vec<Vec<f64>> = Vec::new();
    let mut taken = 0;
    for group in points.chunk_by(|a, b| a.0 == b.0) {
        let target = (taken * count / points.len()).min(count - 1);
        if bins.len() <= target {
            bins.push(Vec::new());
        }
        if let Some(bin) = bins.last_mut() {
            bin.extend(group.iter().map(|(_, value)| *value));
        }
        taken += group.len();
    }
    bins
}

fn epsilon_squared(bins: &[Vec<f64>]) -> f64 {
    let count: usize = bins.iter().map(Vec::len).sum();
    if bins.len() < 2 || count <= bins.len() {
        return 0.0;
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let all = bins.iter().flatten().sum::<f64>() / count as f64;
    let total: f64 = bins.iter().flatten().map(|value| (value - all).powi(2)).sum();
    if total <= 0.0 {
        return 0.0;
    }
    let within: f64 = bins
        .iter()
        .map(|bin| {
            let middle = mean(bin);
            bin.iter().map(|value| (value - middle).powi(2)).sum::<f64>()
        })
        .sum();
    let between = total - within;
    let spread = within / (count - bins.len()) as f64;
    ((between - (bins.len() - 1) as f64 * spread) / total).clamp(0.0, 1.0)
}

/// A smooth curve through points: at each of so many places the mean, weighted by a bell of a sixth of the range.
#[must_use]
pub fn trend(points: &[(f64, f64)], at: usize) -> Vec<(f64, f64)> {
    if points.len() < 6 {
        return Vec::new();
    }
    let (low, high) =
        points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (x, _)| (low.min(*x), high.max(*x)));
    if high - low < 1e-9 {
        return Vec::new();
    }
    let width = 0.16 * (high - low).max(0.2);
    (0..=at)
        .map(|i| {
            let x = low + (high - low) * i as f64 / at as f64;
            let (mut sum, mut weight) = (0.0, 0.0);
            for (px, py) in points {
                let w = (-((px - x) / width).powi(2) / 2.0).exp();
                sum += w * py;
                weight += w;
            }
            (x, sum / weight)
        })
        .collect()
}

/// Where to look next, in sentences, each computed from the trials.
#[must_use]
pub fn advice(sweep: &SweepState, prepared: &Prepared, importance: &Importance) -> Vec<String> {
    let order = ranking(sweep);
    let mut out = Vec::new();
    if order.len() < 5 {
        return vec![format!("{} of 5 trials done that this needs", order.len())];
    }
    let top: Vec<usize> = order.iter().copied().take((order.len() / 4).clamp(3, 10)).collect();
    for (name, share) in importance.shares.iter().take(3) {
        let Some((at, axis)) = prepared.axis(name) else { continue };
        if !matches!(axis.kind, AxisKind::Numbers(_)) || *share < 0.05 {
            continue;
        }
        let places: Vec<f64> = top.iter().filter_map(|i| prepared.places[*i][at]).collect();
        let (low, high) =
            places.iter().fold((1.0_f64, 0.0_f64), |(low, high), place| (low.min(*place), high.max(*place)));
        if high - low < 0.6 {
            let best = top.len();
            out.push(format!(
                "The {best} best trials have {name} between {} and {}",
                axis.text_at(low),
                axis.text_at(high)
            ));
        }
        let best = prepared.places[order[0]][at].unwrap_or(0.5);
        let inside = sweep.space.iter().any(|param| param.name == *name);
        if inside && !(0.06..=0.94).contains(&best) {
            let end = if best < 0.5 { "lower" } else { "upper" };
            out.push(format!("The best trial is at the {end} end of {name}: the range may go further"));
        }
    }
    if let Some((name, share)) = importance.shares.last()
        && *share < 0.02
        && importance.shares.len() > 2
    {
        let best =
            sweep.trials[order[0]].params.get(name).map(crate::panes::runs::columns::param_text).unwrap_or_default();
        out.push(format!(
            "{name} alone explains {:.0} % of the variance: fix it at {best} and spend its trials elsewhere",
            share * 100.0
        ));
    }
    let last_gain = best_so_far(sweep).last().copied().unwrap_or(0);
    let since =
        sweep.trials.iter().filter(|trial| trial.number > last_gain && trial.state == TrialState::Complete).count();
    if since >= 5 {
        let (first, fifth) = (prepared.values[order[0]], prepared.values[order[4]]);
        let gap = first.zip(fifth).map_or(0.0, |(a, b)| (a - b).abs());
        let figure = crate::widgets::format::significant(gap, 2);
        out.push(format!("No gain in the last {since} trials, and the best five differ by {figure}"));
    }
    for trial in sweep.trials.iter().filter(|trial| trial.state == TrialState::Failed).take(2) {
        let reason = trial.reason.lines().next().unwrap_or("without a reason").trim();
        out.push(format!("Trial {} failed: {reason}", trial.number));
    }
    if out.is_empty() {
        out.push("Good and bad trials are spread over all ranges: more trials are needed to tell".into());
    }
    out
}

/// Numbers of the trials that were the best so far.
fn best_so_far(sweep: &SweepState) -> Vec<usize> {
    let mut best = f64::NAN;
    let mut numbers = Vec::new();
    for trial in sweep.trials.iter().filter(|trial| trial.state == TrialState::Complete) {
        let Some(value) = trial.value.map(|value| value.0).filter(|value| value.is_finite()) else { continue };
        if best.is_nan() || sweep.objective.goal.better(value, best) {
            best = value;
            numbers.push(trial.number);
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use cairn_protocol::Real;

    use super::{super::trials::tests::sweep, *};

    #[test]
    fn the_parameter_that_matters_leads_and_noise_explains_nothing() {
        let importance = importance(&Prepared::new(&sweep(60)));
        assert_eq!(importance.shares[0].0, "rate");
        assert!(importance.shares[0].1 > 0.7, "{importance:?}");
        assert!(importance.shares[1].1 < 0.15 && importance.shares[2].1 < 0.15, "{importance:?}");
        assert_eq!(importance.trials, 60);
    }

    #[test]
    fn unfinished_failed_and_not_a_number_do_no_harm() {
        let mut state = sweep(12);
        state.trials[0].value = Some(Real(f64::NAN));
        state.trials[1].value = None;
        state.trials[1].state = TrialState::Running;
        state.trials[2].state = TrialState::Failed;
        state.trials[2].value = None;
        state.trials[2].reason = "out of memory".into();
        let prepared = Prepared::new(&state);
        assert!(prepared.range.0.is_finite() && prepared.range.1.is_finite());
        assert!(prepared.shades.iter().all(|shade| (0.0..=1.0).contains(shade)));
        assert_eq!(ranking(&state).len(), 9);
        assert!(advice(&state, &prepared, &importance(&prepared)).iter().any(|line| line.contains("out of memory")));
        state.trials.clear();
        let empty = Prepared::new(&state);
        assert!(importance(&empty).shares.is_empty());
        assert_eq!(advice(&state, &empty, &importance(&empty)), ["0 of 5 trials done that this needs"]);
    }

    #[test]
    fn advice_names_the_range_of_the_best() {
        let state = sweep(60);
        let prepared = Prepared::new(&state);
        let lines = advice(&state, &prepared, &importance(&prepared));
        assert!(lines.iter().any(|line| line.contains("best trials have rate between")), "{lines:?}");
    }
}
