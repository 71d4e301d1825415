//! Power transformations that make a column more like a normal one.
//!
//! Box and Cox 1964: (xᵏ − 1) / k, ln x for k = 0, for positive x. Yeo and Johnson 2000: the same of 1 + x for x ≥ 0 and
//! −((1 − x)²⁻ᵏ − 1) / (2 − k) below. The exponent maximises the likelihood under a normal distribution, found by
//! Brent's bounded search to 1.48e-8, as scipy does. The likelihood is flat at its top, so that
//! exponents found in other orders of summing agree to some 1e-8 and no further.

use rayon::prelude::*;

use super::numeric::extremes;

/// Which transformation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    YeoJohnson,
    BoxCox,
}

/// Values below this exponent (or this near 2) count as the limit.
const NEAR: f64 = f64::EPSILON;
/// Rows of a block of a sum.
const BLOCK: usize = 4096;
/// Tolerance of the search.
const TOLERANCE: f64 = 1.48e-8;

/// The transformed value; NaN stays NaN.
pub(super) fn forward(family: Family, lambda: f64, x: f64) -> f64 {
    match family {
        Family::BoxCox => raised(lambda, x.ln()),
        Family::YeoJohnson if x >= 0.0 => raised(lambda, x.ln_1p()),
        Family::YeoJohnson => -raised(2.0 - lambda, (-x).ln_1p()),
    }
}

/// (eᵏˡ − 1) / k.
fn raised(k: f64, l: f64) -> f64 {
    if k.abs() < NEAR { l } else { (k * l).exp_m1() / k }
}

/// The value that was transformed; NaN where none gives `y`.
pub(super) fn backward(family: Family, lambda: f64, y: f64) -> f64 {
    let lowered = |k: f64, y: f64| if k.abs() < NEAR { y } else { (k * y).ln_1p() / k };
    match family {
        Family::BoxCox => lowered(lambda, y).exp(),
        Family::YeoJohnson if y >= 0.0 => lowered(lambda, y).exp_m1(),
        Family::YeoJohnson => -lowered(2.0 - lambda, -y).exp_m1(),
    }
}

/// The exponent of largest likelihood; 1 for a column that is constant.
pub(super) fn exponent(family: Family, values: &[f64]) -> f64 {
    let (low, high) = extremes(values);
    if high - low <= f64::EPSILON * high.abs().max(low.abs()) {
        return 1.0;
    }
    // The logarithm of each value, with the sign of the value for Yeo–Johnson.
    let logs: Vec<f64> = values
        .par_iter()
        .map(|&x| match family {
            Family::BoxCox => x.ln(),
            Family::YeoJohnson => x.abs().ln_1p().copysign(x),
        })
        .collect();
    let log_sum = blocks(&logs, |l| l);
    let n = values.len() as f64;
    let shaped = |k: f64, l: f64| match family {
        Family::BoxCox => raised(k, l),
        Family::YeoJohnson if l >= 0.0 => raised(k, l),
        Family::YeoJohnson => -raised(2.0 - k, -l),
    };
    let loss = |k: f64| {
        let mean = blocks(&logs, |l| shaped(k, l)) / n;
        let variance = blocks(&logs, |l| (shaped(k, l) - mean).powi(2)) / n;
        let likelihood = -n / 2.0 * variance.ln() - (1.0 - k) * log_sum;
        if likelihood.is_finite() { -likelihood } else { f64::INFINITY }
    };
    let (lower, upper) = bounds(family, low, high);
    minimum(loss, lower, upper)
}

/// Exponents that neither overflow nor underflow (scipy 1.17, `yeojohnson_normmax`).
fn bounds(family: Family, low: f64, high: f64) -> (f64, f64) {
    let log_eps = f64::EPSILON.ln();
    let least = f64::midpoint(f64::MIN_POSITIVE.ln(), -log_eps);
    let most = f64::midpoint(f64::MAX.ln(), log_eps);
    match family {
        Family::BoxCox => {
            let widest = low.ln().abs().max(high.ln().abs()).max(1e-3);
            (least / widest, most / widest)
        }
        Family::YeoJohnson => {
            let widest = (20.0 * high.abs().max(low.abs())).ln_1p();
            let (lower, upper) = (least / widest, most / widest);
            if high < 0.0 {
                (2.0 - upper, 2.0 - lower)
            } else if low < 0.0 {
                (lower.max(2.0 - upper), upper.min(2.0 - lower))
            } else {
                (lower, upper)
            }
        }
    }
}

/// Sum of a figure of each value, in blocks that are summed in order.
fn blocks(values: &[f64], of: impl Fn(f64) -> f64 + Sync) -> f64 {
    let sums: Vec<f64> =
        values.par_chunks(BLOCK).map(|block| block.iter().map(|&value| of(value)).sum::<f64>()).collect();
    sums.iter().sum()
}

/// Where a function is smallest between two bounds: Brent 1973, chapter 5 (golden sections and parabolas), as
/// `scipy.optimize.fminbound`.
fn minimum(f: impl Fn(f64) -> f64, mut a: f64, mut b: f64) -> f64 {
    let golden = 0.5 * (3.0 - 5f64.sqrt());
    let root_eps = 2.2e-16f64.sqrt();
    let mut fulc = a + golden * (b - a);
    let (mut nfc, mut xf) = (fulc, fulc);
    let (mut rat, mut e) = (0.0f64, 0.0f64);
    let mut fx = f(xf);
    let (mut ffulc, mut fnfc) = (fx, fx);
    let mut middle = f64::midpoint(a, b);
    let mut tol1 = root_eps * xf.abs() + TOLERANCE / 3.0;
    let mut tol2 = 2.0 * tol1;
    for _ in 0..500 {
        if (xf - middle).abs() <= tol2 - 0.5 * (b - a) {
            break;
        }
        let mut by_gold = true;
        if e.abs() > tol1 {
            let mut r = (xf - nfc) * (fx - ffulc);
            let mut q = (xf - fulc) * (fx - fnfc);
            let mut p = (xf - fulc) * q - (xf - nfc) * r;
            q = 2.0 * (q - r);
            if q > 0.0 {
                p = -p;
            }
            q = q.abs();
            r = e;
            e = rat;
            if p.abs() < (0.5 * q * r).abs() && p > q * (a - xf) && p < q * (b - xf) {
                rat = p / q;
                let x = xf + rat;
                if x - a < tol2 || b - x < tol2 {
                    rat = tol1 * sign(middle - xf);
                }
                by_gold = false;
            }
        }
        if by_gold {
            e = if xf >= middle { a - xf } else { b - xf };
            rat = golden * e;
        }
        let x = xf + sign(rat) * rat.abs().max(tol1);
        let fu = f(x);
        if fu <= fx {
            if x >= xf {
                a = xf;
            } else {
                b = xf;
            }
            (fulc, ffulc) = (nfc, fnfc);
            (nfc, fnfc) = (xf, fx);
            (xf, fx) = (x, fu);
        } else {
            if x < xf {
                a = x;
            } else {
                b = x;
            }
            if fu <= fnfc || nfc == xf {
                (fulc, ffulc) = (nfc, fnfc);
                (nfc, fnfc) = (x, fu);
            } else if fu <= ffulc || fulc == xf || fulc == nfc {
                (fulc, ffulc) = (x, fu);
            }
        }
        middle = f64::midpoint(a, b);
        tol1 = root_eps * xf.abs() + TOLERANCE / 3.0;
        tol2 = 2.0 * tol1;
    }
    xf
}

/// 1 for 0, as scipy's search has it.
fn sign(value: f64) -> f64 {
    if value < 0.0 { -1.0 } else { 1.0 }
}
