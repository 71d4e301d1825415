//! L-BFGS for a smooth function plus a weighted sum of absolute values (Andrew and Gao, «Scalable Training of
//! L1-Regularized Log-Linear Models», ICML 2007): every step stays in the orthant that the slope chooses, so
//! that coefficients become exactly 0 and stay there.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use crate::lbfgs::{Outcome, Pair, SHORTENINGS, SUFFICIENT, descent, dot, largest, remember};

/// Moves `point` to a minimum of `function` + Σ `weights`·|point|.
///
/// `function` and `each_step` are those of [`crate::lbfgs::minimise`]; the value that `each_step` sees is of the
/// whole sum.
pub(crate) fn minimise(
    point: &mut Vec<f64>,
    weights: &[f64],
    tolerance: f64,
    max_steps: usize,
    mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
    mut each_step: impl FnMut(usize, &[f64], f64) -> ControlFlow<()>,
) -> Outcome {
    let penalty = |point: &[f64]| point.iter().zip(weights).map(|(at, weight)| weight * at.abs()).sum::<f64>();
    let mut gradient = vec![0.0; point.len()];
    let mut value = function(point, &mut gradient) + penalty(point);
    let (mut next, mut next_gradient) = (point.clone(), gradient.clone());
    let mut memory: VecDeque<Pair> = VecDeque::new();
    let mut steps = 0;
    let mut slopes = steepest(point, &gradient, weights);
    while largest(&slopes) > tolerance && steps < max_steps {
        let mut direction = descent(&slopes, &memory);
        // Against the slope nothing is gained, whatever the remembered curvature says.
        direction
            .iter_mut()
            .zip(&slopes)
            .filter(|(along, slope)| **along * **slope >= 0.0)
            .for_each(|(along, _)| *along = 0.0);
        if dot(&direction, &slopes) >= 0.0 {
            memory.clear();
            direction = slopes.iter().map(|slope| -slope).collect();
        }
        let mut length = if memory.is_empty() { 1f64.min(1.0 / dot(&slopes, &slopes).sqrt()) } else { 1.0 };
        let mut found = None;
        for _ in 0..SHORTENINGS {
            let mut promised = 0.0;
            for (index, next) in next.iter_mut().enumerate() {
                let at = point[index];
                let moved = at + length * direction[index];
                let side = if at == 0.0 { -slopes[index] } else { at };
                *next = if weights[index] > 0.0 && moved * side <= 0.0 { 0.0 } else { moved };
                promised += slopes[index] * (*next - at);
            }
            let reached = function(&next, &mut next_gradient) + penalty(&next);
            // Near the minimum the decrease drowns in rounding; there smaller slopes count as well.
            let flat = (reached - value).abs() <= 1e-14 * value.abs()
                && largest(&steepest(&next, &next_gradient, weights)) < largest(&slopes);
            if reached <= value + SUFFICIENT * promised || flat {
                found = Some(reached);
                break;
            }
            length *= 0.5;
        }
        let Some(reached) = found else {
            if memory.is_empty() {
                break;
            }
            memory.clear();
            continue;
        };
        remember(&mut memory, point, &next, &gradient, &next_gradient);
        std::mem::swap(point, &mut next);
        std::mem::swap(&mut gradient, &mut next_gradient);
        value = reached;
        slopes = steepest(point, &gradient, weights);
        steps += 1;
        if each_step(steps, point, value).is_break() {
            break;
        }
    }
    let gradient = largest(&slopes);
    Outcome { steps, gradient, converged: gradient <= tolerance }
}

/// The gradient of the whole sum; at 0, where it has two, the one that a step can follow, or 0.
fn steepest(point: &[f64], gradient: &[f64], weights: &[f64]) -> Vec<f64> {
    let of = |((&at, &slope), &weight): ((&f64, &f64), &f64)| {
        if at != 0.0 {
            slope + weight * at.signum()
        } else if slope + weight < 0.0 {
            slope + weight
        } else if slope - weight > 0.0 {
            slope - weight
        } else {
            // A NaN must not pass for a minimum.
            slope * 0.0
        }
    };
    point.iter().zip(gradient).zip(weights).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Σ ½·a·(x − c)², of which the penalised minimum is c drawn by weight/a towards 0.
    #[test]
    fn coefficients_are_drawn_to_zero_and_stop_there() {
        let (steep, centre) = ([1.0, 100.0, 5.0, 0.5, 3.0], [2.0, -0.001, -3.0, 0.7, 1.0]);
        let weights = [0.5, 0.5, 0.5, 0.5, 0.0];
        let function = |point: &[f64], gradient: &mut [f64]| {
            (0..5).for_each(|i| gradient[i] = steep[i] * (point[i] - centre[i]));
            (0..5).map(|i| 0.5 * steep[i] * (point[i] - centre[i]).powi(2)).sum()
        };
        let mut point = vec![-1.0; 5];
        let outcome = minimise(&mut point, &weights, 1e-10, 500, function, |_, _, _| ControlFlow::Continue(()));
        assert!(outcome.converged, "{outcome:?}");
        let wanted = [1.5, 0.0, -2.9, 0.0, 1.0];
        assert!(point.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-9), "{point:?}");
        assert_eq!([point[1], point[3]], [0.0, 0.0]);
    }

    #[test]
    fn a_function_that_is_no_number_is_not_converged() {
        let nan = |_: &[f64], gradient: &mut [f64]| {
            gradient.fill(f64::NAN);
            f64::NAN
        };
        let outcome = minimise(&mut vec![0.0; 2], &[1.0; 2], 1e-6, 10, nan, |_, _, _| ControlFlow::Continue(()));
        assert!(!outcome.converged);
    }
}
