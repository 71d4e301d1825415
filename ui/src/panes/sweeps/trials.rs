//! What the charts of a sweep are made of: axes, places of trials on them, brushes, and figures over them.

use std::collections::BTreeMap;

use cairn_protocol::{
    ParamValue,
    notebook::Goal,
    sweeps::{Domain, SweepState},
};

use crate::charts::Scale;

/// An axis of the parallel coordinates.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Name of the parameter, or of the objective.
    pub name: String,
    /// What stands on it.
    pub kind: AxisKind,
    /// Whether it is the objective.
    pub objective: bool,
}

/// What stands on an axis.
#[derive(Debug, Clone, PartialEq)]
pub enum AxisKind {
    /// Numbers.
    Numbers(Scale),
    /// Names, evenly spread.
    Names(Vec<String>),
}

impl Axis {
    /// Where a value stands, from 0 to 1.
    #[must_use]
    pub fn place(&self, value: &ParamValue) -> Option<f64> {
        match &self.kind {
            AxisKind::Numbers(scale) => value.as_f64().map(|number| scale.unit(number)).filter(|unit| unit.is_finite()),
            AxisKind::Names(names) => {
                let text = value.to_string();
                let at = names.iter().position(|name| *name == text)?;
                Some((at as f64 + 0.5) / names.len() as f64)
            }
        }
    }

    /// A place as text.
    #[must_use]
    pub fn text_at(&self, place: f64) -> String {
        match &self.kind {
            AxisKind::Numbers(scale) => crate::widgets::format::significant(scale.value(place), 3),
            AxisKind::Names(names) => {
                let at = ((place * names.len() as f64) as usize).min(names.len().saturating_sub(1));
                names.get(at).cloned().unwrap_or_default()
            }
        }
    }

    /// Whether equal ratios take equal room.
    #[must_use]
    pub fn is_log(&self) -> bool {
        matches!(&self.kind, AxisKind::Numbers(scale) if scale.log)
    }

    /// The range in words: «0.005 – 0.3».
    #[must_use]
    pub fn range_text(&self) -> String {
        match &self.kind {
            AxisKind::Numbers(scale) => {
                let figure = |value| crate::widgets::format::significant(value, 3);
                format!("{} – {}", figure(scale.low), figure(scale.high))
            }
            AxisKind::Names(names) => crate::widgets::format::plural(names.len() as u64, "value", "values"),
        }
    }
}

/// A sweep prepared for drawing.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Parameters in the order of the space, then the objective.
    pub axes: Vec<Axis>,
    /// For each trial its place on each axis.
    pub places: Vec<Vec<Option<f64>>>,
    /// For each trial its objective, where it has a finite one.
    pub values: Vec<Option<f64>>,
    /// For each trial how good it is, 0 to 1, for its colour.
    pub shades: Vec<f64>,
    /// Range of the objective in the charts.
    pub range: (f64, f64),
}

/// Ranges of places by axis name.
pub type Brushes = BTreeMap<String, (f64, f64)>;

impl Prepared {
    /// Prepares a sweep.
    #[must_use]
    pub fn new(sweep: &SweepState) -> Self {
        let values: Vec<Option<f64>> = sweep
            .trials
            .iter()
            .map(|trial| trial.value.map(|value| value.0).filter(|value| value.is_finite()))
            .collect();
        let (range, worst, best) = range_of(&values, sweep.objective.goal);
        let mut axes = param_axes(sweep);
        axes.push(Axis {
            name: sweep.objective.name.clone(),
            kind: AxisKind::Numbers(Scale::new(range.0, range.1, false)),
            objective: true,
        });
        let places = sweep
            .trials
            .iter()
            .zip(&values)
            .map(|(trial, value)| {
                axes.iter()
                    .map(|axis| {
                        if axis.objective {
                            return value.and_then(|value| axis.place(&ParamValue::Float(value)));
                        }
                        trial.params.get(&axis.name).and_then(|value| axis.place(value))
                    })
                    .collect()
            })
            .collect();
        let shades = values
            .iter()
            .map(|value| value.map_or(f64::NAN, |value| ((value - worst) / (best - worst)).clamp(0.0, 1.0)))
            .map(|shade| if shade.is_nan() { 0.0 } else { shade })
            .collect();
        Self { axes, places, values, shades, range }
    }

    /// Which trials all brushes let through.
    #[must_use]
    pub fn selected(&self, brushes: &Brushes) -> Vec<bool> {
        self.places
            .iter()
            .map(|places| {
                self.axes.iter().zip(places).all(|(axis, place)| match brushes.get(&axis.name) {
                    None => true,
                    Some((low, high)) => place.is_some_and(|place| place >= *low && place <= *high),
                })
            })
            .collect()
    }

    /// The axis of a name.
    #[must_use]
    pub fn axis(&self, name: &str) -> Option<(usize, &Axis)> {
        self.axes.iter().enumerate().find(|(_, axis)| axis.name == name)
    }
}

/// The range of the objective for axes, and what counts as worst and best for colours: the worst tenth is all worst,
/// so that one trial gone astray does not take all colours from the others.
fn range_of(values: &[Option<f64>], goal: Goal) -> ((f64, f64), f64, f64) {
    let mut known: Vec<f64> = values.iter().flatten().copied().collect();
    known.sort_by(f64::total_cmp);
    let (Some(low), Some(high)) = (known.first().copied(), known.last().copied()) else {
        return ((0.0, 1.0), 0.0, 1.0);
    };
    let scale = Scale::fit([low, high], false, 0.04);
    let tenth = known.len() / 10;
    let (worst, best) = match goal {
        Goal::Maximize => (known[tenth], high),
        Goal::Minimize => (known[known.len() - 1 - tenth], low),
    };
    let best = if worst == best { worst + if goal == Goal::Maximize { -1.0 } else { 1.0 } } else { best };
    ((scale.low, scale.high), worst, best)
}

fn param_axes(sweep: &SweepState) -> Vec<Axis> {
    let mut axes: Vec<Axis> = Vec::new();
    for param in &sweep.space {
        let drawn = || sweep.trials.iter().filter_map(|trial| trial.params.get(&param.name));
        let kind = match &param.domain {
            Domain::Float { low, high, log, .. } => AxisKind::Numbers(Scale::new(*low, *high, *log)),
            Domain::Int { low, high, log } => AxisKind::Numbers(Scale::new(*low as f64, *high as f64, *log)),
            Domain::Choice { choices, .. } => AxisKind::Names(choices.iter().map(ToString::to_string).collect()),
            Domain::Distribution { distribution, .. } => {
                let log = distribution.contains("log");
                AxisKind::Numbers(Scale::fit(drawn().filter_map(ParamValue::as_f64), log, 0.02))
            }
        };
        axes.push(Axis { name: param.name.clone(), kind, objective: false });
    }
    if axes.is_empty() {
        // A sweep without a known space: axes from what the trials have.
        let mut names: Vec<&String> = sweep.trials.iter().flat_map(|trial| trial.params.keys()).collect();
        names.sort();
        names.dedup();
        for name in names {
            let drawn: Vec<&ParamValue> = sweep.trials.iter().filter_map(|trial| trial.params.get(name)).collect();
            let numbers: Option<Vec<f64>> = drawn.iter().map(|value| value.as_f64()).collect();
            let kind = match numbers {
                Some(numbers) => AxisKind::Numbers(Scale::fit(numbers, false, 0.0)),
                None => {
                    let mut names: Vec<String> = drawn.iter().map(ToString::to_string).collect();
                    names.sort();
                    names.dedup();
                    AxisKind::Names(names)
                }
            };
            axes.push(Axis { name: name.clone(), kind, objective: false });
        }
    }
    axes
}

#[cfg(test)]
pub(crate) mod tests {
    use cairn_protocol::{
        Real,
        notebook::{Objective, SweepMethod},
        runs::RunStatus,
        sweeps::{BestTrial, SearchParam, Trial, TrialState},
    };

    use super::{super::insight::ranking, *};

    /// Trials on a grid of a learning rate that matters and a depth that hardly does.
    pub(crate) fn sweep(count: usize) -> SweepState {
        let trials: Vec<Trial> = (0..count)
            .map(|number| {
                let place = (number * 7 % count) as f64 / count as f64;
                let rate = 0.005 * 60f64.powf(place);
                let depth = 2 + (((number as u64 * 2_654_435_761) >> 9) % 9) as i64;
                let value = 0.85 - (place - 0.6).powi(2) * 0.1 + (number % 3) as f64 * 1e-4;
                Trial {
                    number,
                    run_id: format!("R{number}"),
                    state: TrialState::Complete,
                    value: Some(Real(value)),
                    params: [
                        ("depth".to_owned(), ParamValue::Int(depth)),
                        ("rate".to_owned(), ParamValue::Float(rate)),
                        ("loss".to_owned(), ParamValue::Text(["gini", "entropy"][number % 2].into())),
                    ]
                    .into(),
                    started_at: String::new(),
                    duration_secs: 2.0,
                    offset_secs: number as f64,
                    worker: number % 3,
                    reason: String::new(),
                }
            })
            .collect();
        let mut state = SweepState {
            id: "S1".into(),
            name: "gbt".into(),
            status: RunStatus::Finished,
            method: SweepMethod::Random,
            objective: Objective { name: "valid.auc".into(), goal: Goal::Maximize },
            planned: count,
            parallel: 3,
            space: vec![
                SearchParam {
                    name: "rate".into(),
                    domain: Domain::Float { low: 0.005, high: 0.3, log: true, step: None },
                },
                SearchParam { name: "depth".into(), domain: Domain::Int { low: 2, high: 10, log: false } },
                SearchParam {
                    name: "loss".into(),
                    domain: Domain::Choice {
                        choices: ["gini", "entropy"].map(|name| ParamValue::Text(name.into())).to_vec(),
                        probabilities: None,
                    },
                },
            ],
            best: None,
            trials,
            started_at: "2026-11-20T12:00:00Z".into(),
            duration_secs: 30.0,
        };
        if let Some(best) = ranking(&state).first() {
            let trial = &state.trials[*best];
            state.best = Some(BestTrial {
                number: trial.number,
                run_id: trial.run_id.clone(),
                value: trial.value.unwrap(),
                params: trial.params.clone(),
            });
        }
        state
    }

    #[test]
    fn brushes_let_through_what_is_within_all_of_them() {
        let prepared = Prepared::new(&sweep(40));
        let mut brushes = Brushes::new();
        let count = |brushes: &Brushes| prepared.selected(brushes).iter().filter(|yes| **yes).count();
        assert_eq!(count(&brushes), 40);
        brushes.insert("rate".into(), (0.0, 0.499));
        assert_eq!(count(&brushes), 20);
        brushes.insert("loss".into(), (0.0, 0.5));
        assert_eq!(count(&brushes), 10);
    }
}
