//! Samplers: where the parameters of the next trial come from.

use cairn_protocol::{Params, notebook::SweepMethod, sweeps::SearchParam};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;

use crate::{
    TuningError,
    space::{Axis, check_space, quantile},
};

/// Proposes parameters and hears what came of them. Trials are numbered from 0 in the order in which they are asked for.
pub trait Sampler: Send {
    /// The parameters of the next trial, those of the search space alone; none when there is nothing left to try.
    fn ask(&mut self) -> Option<Params>;

    /// The objective of the trial with this number; NaN where it failed.
    fn tell(&mut self, number: usize, value: f64);
}

/// The sampler of a method, beginning with the trial of a number (0, or where a sweep is resumed).
///
/// # Errors
/// The space cannot be sampled by this method.
pub fn make_sampler(
    method: SweepMethod,
    space: &[SearchParam],
    seed: u64,
    first: usize,
) -> Result<Box<dyn Sampler>, TuningError> {
    Ok(match method {
        SweepMethod::Grid => Box::new(GridSampler::new(space)?.starting_at(first)),
        SweepMethod::Random => Box::new(RandomSampler::new(space, seed)?.starting_at(first)),
    })
}

/// Every combination once, the last parameter fastest.
#[derive(Debug, Clone)]
pub struct GridSampler {
    axes: Vec<(String, Axis)>,
    size: u128,
    next: u128,
}

impl GridSampler {
    /// The grid of a space.
    ///
    /// # Errors
    /// The space makes no sense, or a dimension has endlessly many values.
    pub fn new(space: &[SearchParam]) -> Result<Self, TuningError> {
        check_space(space)?;
        let axis = |param: &SearchParam| {
            let not_discrete = |message| TuningError::NotDiscrete { name: param.name.clone(), message };
            Ok((param.name.clone(), Axis::of(&param.domain).map_err(not_discrete)?))
        };
        let axes = space.iter().map(axis).collect::<Result<Vec<_>, TuningError>>()?;
        let size = axes.iter().fold(1_u128, |size, (_, axis)| size.saturating_mul(axis.len()));
        Ok(Self { axes, size, next: 0 })
    }

    /// Goes on with the trial of a number.
    #[must_use]
    pub fn starting_at(mut self, number: usize) -> Self {
        self.next = number as u128;
        self
    }

    /// How many points it has, tried ones too.
    #[must_use]
    pub fn size(&self) -> u128 {
        self.size
    }
}

impl Sampler for GridSampler {
    fn ask(&mut self) -> Option<Params> {
        if self.next >= self.size {
            return None;
        }
        let mut rest = self.next;
        self.next += 1;
        let mut params = Params::new();
        for (name, axis) in self.axes.iter().rev() {
            params.insert(name.clone(), axis.value(rest % axis.len()));
            rest /= axis.len();
        }
        Some(params)
    }

    fn tell(&mut self, _number: usize, _value: f64) {}
}

/// Independent draws. The draw of a trial depends on the seed and the number of the trial alone, so that a resumed
/// sweep goes on with the very trials it would have had.
#[derive(Debug, Clone)]
pub struct RandomSampler {
    space: Vec<SearchParam>,
    seed: u64,
    next: usize,
}

impl RandomSampler {
    /// Draws from a space.
    ///
    /// # Errors
    /// The space makes no sense.
    pub fn new(space: &[SearchParam], seed: u64) -> Result<Self, TuningError> {
        check_space(space)?;
        Ok(Self { space: space.to_vec(), seed, next: 0 })
    }

    /// Goes on with the trial of a number.
    #[must_use]
    pub fn starting_at(mut self, number: usize) -> Self {
        self.next = number;
        self
    }
}

impl Sampler for RandomSampler {
    fn ask(&mut self) -> Option<Params> {
        let mut random = ChaCha12Rng::seed_from_u64(self.seed);
        random.set_stream(self.next as u64);
        self.next += 1;
        let draw = |param: &SearchParam| (param.name.clone(), quantile(&param.domain, open_unit(&mut random)));
        Some(self.space.iter().map(draw).collect())
    }

    fn tell(&mut self, _number: usize, _value: f64) {}
}

/// A uniform number strictly between 0 and 1, where every quantile is finite.
fn open_unit(random: &mut impl Rng) -> f64 {
    const CELLS: f64 = (1_u64 << 52) as f64;
    ((random.next_u64() >> 12) as f64 + 0.5) / CELLS
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cairn_protocol::{ParamValue, sweeps::Domain};
    use proptest::prelude::*;

    use super::*;

    fn domain() -> impl Strategy<Value = Domain> {
        let span = (-1e6..1e6_f64, 0.0..1e6_f64);
        prop_oneof![
            (span, prop::option::of(0.01..10.0_f64)).prop_map(|((low, width), step)| Domain::Float {
                low,
                high: low + width,
                log: false,
                step
            }),
            (1e-9..1e3_f64, 1.0..1e6_f64).prop_map(|(low, ratio)| Domain::Float {
                low,
                high: low * ratio,
                log: true,
                step: None
            }),
            (any::<i64>(), any::<i64>()).prop_map(|(a, b)| Domain::Int { low: a.min(b), high: a.max(b), log: false }),
            (1..1000_i64, 0..100_000_i64).prop_map(|(low, width)| Domain::Int { low, high: low + width, log: true }),
            prop::collection::vec(-3..3_i64, 1..6).prop_map(|choices| Domain::Choice {
                choices: choices.into_iter().map(ParamValue::Int).collect(),
                probabilities: None
            }),
        ]
    }

    fn contains(domain: &Domain, value: &ParamValue) -> bool {
        match (domain, value) {
            (Domain::Float { low, high, .. }, ParamValue::Float(value)) => (low..=high).contains(&value),
            (Domain::Int { low, high, .. }, ParamValue::Int(value)) => (low..=high).contains(&value),
            (Domain::Choice { choices, .. }, value) => choices.contains(value),
            _ => false,
        }
    }

    fn named(domains: Vec<Domain>) -> Vec<SearchParam> {
        let name = |(index, domain)| SearchParam { name: format!("p{index}"), domain };
        domains.into_iter().enumerate().map(name).collect()
    }

    proptest! {
        #[test]
        fn draws_lie_in_their_domains_and_depend_on_the_number_alone(
            domains in prop::collection::vec(domain(), 1..6), seed: u64,
        ) {
            let space = named(domains);
            let mut sampler = RandomSampler::new(&space, seed).unwrap();
            let trials: Vec<Params> = (0..20).map(|_| sampler.ask().unwrap()).collect();
            for trial in &trials {
                prop_assert_eq!(trial.len(), space.len());
                for param in &space {
                    prop_assert!(contains(&param.domain, &trial[&param.name]), "{:?} of {:?}", trial, param);
                }
            }
            let mut resumed = RandomSampler::new(&space, seed).unwrap().starting_at(13);
            prop_assert_eq!(resumed.ask().unwrap(), trials[13].clone());
        }

        #[test]
        fn a_grid_is_complete_without_repeats_and_in_order(
            lists in prop::collection::vec(prop::collection::vec(0..5_i64, 1..6), 1..4),
        ) {
            let space = named(lists.iter().map(|list| Domain::Choice {
                choices: list.iter().map(|value| ParamValue::Int(*value)).collect(), probabilities: None,
            }).collect());
            let mut sampler = GridSampler::new(&space).unwrap();
            let points: Vec<Params> = std::iter::from_fn(|| sampler.ask()).collect();
            let distinct: BTreeSet<String> = points.iter().map(|point| format!("{point:?}")).collect();
            let expected: usize = lists.iter().map(|list| list.iter().collect::<BTreeSet<_>>().len()).product();
            prop_assert_eq!((points.len(), distinct.len(), sampler.size()), (expected, expected, expected as u128));
            // In order: the position of each value in its list, read as a number, rises.
            let rank = |point: &Params| -> Vec<usize> {
                let position = |(index, list): (usize, &Vec<i64>)| {
                    list.iter().position(|value| point[&format!("p{index}")] == ParamValue::Int(*value)).unwrap()
                };
                lists.iter().enumerate().map(position).collect()
            };
            prop_assert!(points.windows(2).all(|pair| rank(&pair[0]) < rank(&pair[1])));
        }
    }

    #[test]
    fn draws_follow_the_distribution() {
        let space = named(vec![Domain::Float { low: 1e-4, high: 1.0, log: true, step: None }]);
        let mut sampler = RandomSampler::new(&space, 7).unwrap();
        let below = (0..4000).filter(|_| sampler.ask().unwrap()["p0"].as_f64().unwrap() < 1e-2).count();
        // Half of them, within five standard deviations.
        assert!((1842..=2158).contains(&below), "{below}");
    }

    #[test]
    fn a_huge_grid_costs_nothing_and_can_be_entered_anywhere() {
        let space = named(vec![Domain::Int { low: 0, high: i64::MAX - 1, log: false }; 2]);
        let mut sampler = GridSampler::new(&space).unwrap().starting_at(5_000_000_000);
        assert_eq!(sampler.ask().unwrap()["p1"], ParamValue::Int(5_000_000_000));
        let continuous = named(vec![Domain::Float { low: 0.0, high: 1.0, log: false, step: None }]);
        assert!(matches!(GridSampler::new(&continuous), Err(TuningError::NotDiscrete { .. })));
    }
}
