//! One output's plain hinge by dual coordinate descent, epoch by epoch.
//!
//! `min ½·α'Qα − Σα`, 0 ≤ α ≤ C, with Q = y·y'·x'x and w = Σ α·y·x kept beside α. Rows whose α has settled at an end
//! of its range are set aside until the others have converged, as liblinear does.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::Problem;
use crate::lbfgs::dot;

/// The state between two epochs.
pub(super) struct Dual {
    output: usize,
    /// w with the intercept last.
    point: Vec<f64>,
    alphas: Vec<f64>,
    /// x'x of every row, the 1 behind it included.
    squares: Vec<f64>,
    active: Vec<usize>,
    /// Slopes beyond these set a row aside.
    upper: f64,
    lower: f64,
    converged: bool,
    random: ChaCha8Rng,
}

impl Dual {
    pub(super) fn new(problem: &Problem<'_>, output: usize) -> Self {
        let count = problem.classes.len();
        let mut random = ChaCha8Rng::seed_from_u64(problem.seed);
        random.set_stream(1 + output as u64);
        Self {
            output,
            point: vec![0.0; problem.stride()],
            alphas: vec![0.0; count],
            squares: (0..count).map(|at| dot(problem.row(at), problem.row(at)) + 1.0).collect(),
            active: (0..count).collect(),
            upper: f64::INFINITY,
            lower: f64::NEG_INFINITY,
            converged: false,
            random,
        }
    }

    pub(super) fn point(&self) -> &[f64] {
        &self.point
    }

    pub(super) fn converged(&self) -> bool {
        self.converged
    }

    /// The dual problem's value; minus it is a lower bound of the primal's.
    pub(super) fn value(&self) -> f64 {
        0.5 * dot(&self.point, &self.point) - self.alphas.iter().sum::<f64>()
    }

    /// One pass over the active rows in a new order.
    pub(super) fn epoch(&mut self, problem: &Problem<'_>) {
        let width = problem.width;
        self.active.shuffle(&mut self.random);
        let (mut most, mut least) = (f64::NEG_INFINITY, f64::INFINITY);
        let mut place = 0;
        while place < self.active.len() {
            let at = self.active[place];
            let (row, sign) = (problem.row(at), problem.sign(at, self.output));
            let cost = problem.cost(at, self.output);
            let alpha = self.alphas[at];
            let slope = sign * (dot(row, &self.point[..width]) + self.point[width]) - 1.0;
            let at_end = (alpha == 0.0 && slope > self.upper) || (alpha >= cost && slope < self.lower);
            if at_end {
                self.active.swap_remove(place);
                continue;
            }
            place += 1;
            // The slope as far as it can be followed.
            let free = if alpha == 0.0 {
                slope.min(0.0)
            } else if alpha >= cost {
                slope.max(0.0)
            } else {
                slope
            };
            (most, least) = (most.max(free), least.min(free));
            if free.abs() > 1e-12 {
                let after = (alpha - slope / self.squares[at]).clamp(0.0, cost);
                self.alphas[at] = after;
                let step = (after - alpha) * sign;
                self.point[..width].iter_mut().zip(row).for_each(|(weight, value)| *weight += step * value);
                self.point[width] += step;
            }
        }
        let all = problem.classes.len();
        if most - least <= problem.tolerance || self.active.is_empty() {
            if self.active.len() == all {
                self.converged = true;
                return;
            }
            self.active = (0..all).collect();
            (self.upper, self.lower) = (f64::INFINITY, f64::NEG_INFINITY);
            return;
        }
        self.upper = if most > 0.0 { most } else { f64::INFINITY };
        self.lower = if least < 0.0 { least } else { f64::NEG_INFINITY };
    }
}
