//! Limited-memory BFGS for smooth convex functions (Nocedal and Wright, «Numerical Optimization», 2006,
//! algorithms 7.4 and 7.5), with a caller that sees every step and can end it.

use std::collections::VecDeque;
use std::ops::ControlFlow;

/// Pairs of steps and gradient changes that are remembered.
const MEMORY: usize = 10;
/// Share of the promised decrease that a step must bring (Armijo's condition).
pub(crate) const SUFFICIENT: f64 = 1e-4;
/// Shortenings of one step before the direction is given up.
pub(crate) const SHORTENINGS: usize = 40;

/// How a minimisation ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outcome {
    /// Steps taken.
    pub(crate) steps: usize,
    /// Largest component of the gradient at the end.
    pub(crate) gradient: f64,
    /// Whether that is within the tolerance.
    pub(crate) converged: bool,
}

/// A step that was taken and how the gradient changed along it.
pub(crate) struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    /// 1 / (step · change)
    curvature: f64,
}

/// Moves `point` to a minimum of `function`, which returns its value and writes its gradient.
///
/// `each_step` is called with the number of steps done, the point and the value there.
pub(crate) fn minimise(
    point: &mut Vec<f64>,
    tolerance: f64,
    max_steps: usize,
    mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
    mut each_step: impl FnMut(usize, &[f64], f64) -> ControlFlow<()>,
) -> Outcome {
    let mut gradient = vec![0.0; point.len()];
    let mut value = function(point, &mut gradient);
    let (mut next, mut next_gradient) = (point.clone(), gradient.clone());
    let mut memory: VecDeque<Pair> = VecDeque::with_capacity(MEMORY);
    let mut steps = 0;
    while largest(&gradient) > tolerance && steps < max_steps {
        let mut direction = descent(&gradient, &memory);
        let mut slope = dot(&direction, &gradient);
        if slope >= 0.0 || !slope.is_finite() {
            memory.clear();
            direction = descent(&gradient, &memory);
            slope = dot(&direction, &gradient);
        }
        let mut length = if memory.is_empty() { 1f64.min(1.0 / dot(&gradient, &gradient).sqrt()) } else { 1.0 };
        let mut found = None;
        for _ in 0..SHORTENINGS {
            for ((next, at), along) in next.iter_mut().zip(point.iter()).zip(&direction) {
                *next = at + length * along;
            }
            let reached = function(&next, &mut next_gradient);
            // Near the minimum the decrease drowns in rounding; there a smaller gradient counts as well.
            let flat = (reached - value).abs() <= 1e-14 * value.abs() && largest(&next_gradient) < largest(&gradient);
            if reached <= value + SUFFICIENT * length * slope || flat {
                found = Some(reached);
                break;
            }
            // The minimum of the parabola through value, slope and the value reached, kept within bounds.
            let parabola = -0.5 * slope * length * length / (reached - value - slope * length);
            length = if parabola.is_finite() { parabola.clamp(0.1 * length, 0.5 * length) } else { 0.1 * length };
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
        steps += 1;
        if each_step(steps, point, value).is_break() {
            break;
        }
    }
    let gradient = largest(&gradient);
    Outcome { steps, gradient, converged: gradient <= tolerance }
}

/// Keeps a step where its curvature is positive.
pub(crate) fn remember(
    memory: &mut VecDeque<Pair>,
    point: &[f64],
    next: &[f64],
    gradient: &[f64],
    next_gradient: &[f64],
) {
    let step: Vec<f64> = next.iter().zip(point).map(|(a, b)| a - b).collect();
    let change: Vec<f64> = next_gradient.iter().zip(gradient).map(|(a, b)| a - b).collect();
    let product = dot(&step, &change);
    if product > f64::EPSILON * dot(&change, &change) {
        if memory.len() == MEMORY {
            memory.pop_front();
        }
        memory.push_back(Pair { step, change, curvature: 1.0 / product });
    }
}

/// Minus the gradient times the remembered inverse curvature.
pub(crate) fn descent(gradient: &[f64], memory: &VecDeque<Pair>) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|value| -value).collect();
    let mut weights = Vec::with_capacity(memory.len());
    for pair in memory.iter().rev() {
        let weight = pair.curvature * dot(&pair.step, &direction);
        direction.iter_mut().zip(&pair.change).for_each(|(along, change)| *along -= weight * change);
        weights.push(weight);
    }
    if let Some(last) = memory.back() {
        let scale = 1.0 / (last.curvature * dot(&last.change, &last.change));
        direction.iter_mut().for_each(|along| *along *= scale);
    }
    for (pair, weight) in memory.iter().zip(weights.into_iter().rev()) {
        let back = weight - pair.curvature * dot(&pair.change, &direction);
        direction.iter_mut().zip(&pair.step).for_each(|(along, step)| *along += back * step);
    }
    direction
}

/// The largest absolute value.
pub(crate) fn largest(values: &[f64]) -> f64 {
    // A NaN is larger than any tolerance.
    values.iter().fold(0.0, |most: f64, value| if value.is_nan() { f64::INFINITY } else { most.max(value.abs()) })
}

/// The inner product, in four sums so that the processor can add them side by side.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (a4, a_rest) = a.as_chunks::<4>();
    let (b4, b_rest) = b.as_chunks::<4>();
    for (a, b) in a4.iter().zip(b4) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums[0] + sums[1] + (sums[2] + sums[3]) + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bowl whose axes differ ten-thousandfold, with its bottom at 1, 2, 3, … SciPy's L-BFGS-B (10 pairs)
    /// takes 755 steps in 23 dimensions.
    fn bowl(point: &[f64], gradient: &mut [f64]) -> f64 {
        let mut value = 0.0;
        for (index, at) in point.iter().enumerate() {
            let (steep, off) = (10f64.powi(index as i32 % 5), at - (index + 1) as f64);
            value += 0.5 * steep * off * off + off.powi(4);
            gradient[index] = steep * off + 4.0 * off.powi(3);
        }
        value
    }

    #[test]
    fn the_bottom_of_a_badly_scaled_bowl_is_found() {
        let mut point = vec![0.0; 23];
        let outcome = minimise(&mut point, 1e-8, 2000, bowl, |_, _, _| ControlFlow::Continue(()));
        assert!(outcome.converged && outcome.steps < 1000, "{outcome:?}");
        assert!(point.iter().enumerate().all(|(index, at)| (at - (index + 1) as f64).abs() < 1e-6), "{point:?}");
    }

    #[test]
    fn it_ends_when_told_and_says_that_it_has_not_converged() {
        let mut point = vec![0.0; 5];
        let stop = |steps, _: &[f64], _| if steps == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        let outcome = minimise(&mut point, 1e-12, 1000, bowl, stop);
        assert_eq!((outcome.steps, outcome.converged), (2, false));
        let nan = |_: &[f64], gradient: &mut [f64]| {
            gradient.fill(f64::NAN);
            f64::NAN
        };
        let outcome = minimise(&mut point, 1e-12, 1000, nan, |_, _, _| ControlFlow::Continue(()));
        assert!(!outcome.converged && outcome.steps == 0);
    }
}
