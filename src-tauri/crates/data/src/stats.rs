//! Statistics of plain vectors, each with its source; what the quality report, the associations and the comparison of
//! tables share.
//!
//! Sums run in the order of the rows, so that the same input gives the same bits everywhere. Values are finite and
//! present: the caller leaves missing ones out. Held against NIST's certified values and against scipy.

use statrs::function::beta::beta_reg;

/// Arithmetic mean, and the standard deviation with n − 1 (NaN below two values). Two passes: the rounding of the first
/// sum is made good by the mean of what remains.
#[must_use]
pub fn mean_std(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let rough = values.iter().sum::<f64>() / n;
    let mean = rough + values.iter().map(|value| value - rough).sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (mean, if values.len() > 1 { (squares / (n - 1.0)).sqrt() } else { f64::NAN })
}

/// Autocorrelation at lag 1: Σ (xᵢ − x̄)(xᵢ₋₁ − x̄) / Σ (xᵢ − x̄)² (NIST StRD, univariate).
#[must_use]
pub fn autocorrelation(values: &[f64]) -> f64 {
    let (mean, _) = mean_std(values);
    let products: f64 = values.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    products / values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>()
}

/// A one-way analysis of variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Anova {
    /// Mean square between groups over mean square within.
    pub f: f64,
    /// Probability of an F as large under equal means.
    pub p: f64,
    /// Sum of squares between groups over the total: η², the squared correlation ratio (Pearson 1903).
    pub eta_squared: f64,
    /// Sum of squares between groups.
    pub between: f64,
    /// Sum of squares within groups.
    pub within: f64,
}

/// Analysis of variance of `values` by `groups` (indices below `levels`); none below two groups, or where nothing varies.
#[must_use]
pub fn anova(groups: &[u32], values: &[f64], levels: usize) -> Option<Anova> {
    let (mean, _) = mean_std(values);
    let (mut sums, mut counts) = (vec![0.0; levels], vec![0u64; levels]);
    for (group, value) in groups.iter().zip(values) {
        sums[*group as usize] += value - mean;
        counts[*group as usize] += 1;
    }
    let means: Vec<f64> = sums.iter().zip(&counts).map(|(sum, count)| sum / (*count).max(1) as f64).collect();
    // The mean of the deviations is not quite 0; a second pass takes the rounding out of the group means.
    let mut rest = vec![0.0; levels];
    for (group, value) in groups.iter().zip(values) {
        rest[*group as usize] += value - mean - means[*group as usize];
    }
    let means: Vec<f64> =
        means.iter().zip(rest).zip(&counts).map(|((mean, rest), count)| mean + rest / (*count).max(1) as f64).collect();
    let mut within = 0.0;
    for (group, value) in groups.iter().zip(values) {
        let far = value - mean - means[*group as usize];
        within += far * far;
    }
    // The mean is rounded to what a large constant leaves of it: what is left of it in the group means is taken out.
    let left = means.iter().zip(&counts).map(|(mean, count)| mean * *count as f64).sum::<f64>() / values.len() as f64;
    let between: f64 =
        means.iter().zip(&counts).map(|(mean, count)| (mean - left) * (mean - left) * *count as f64).sum();
    let used = counts.iter().filter(|count| **count > 0).count();
    let (df_between, df_within) = (used.checked_sub(1)? as f64, values.len().checked_sub(used)? as f64);
    if df_between == 0.0 || between + within <= 0.0 {
        return None;
    }
    let f = between / df_between / (within / df_within);
    let p = match within {
        0.0 => 0.0,
        _ if df_within == 0.0 => f64::NAN,
        _ => beta_reg(df_within / 2.0, df_between / 2.0, (df_within / (df_within + df_between * f)).clamp(0.0, 1.0)),
    };
    Some(Anova { f, p, eta_squared: between / (between + within), between, within })
}

/// Pearson's correlation of two equally long vectors; none where one does not vary.
#[must_use]
pub fn pearson(a: &[f64], b: &[f64]) -> Option<f64> {
    let ((mean_a, _), (mean_b, _)) = (mean_std(a), mean_std(b));
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (x - mean_a, y - mean_b);
        aa += x * x;
        bb += y * y;
        ab += x * y;
    }
    let scale = aa.sqrt() * bb.sqrt();
    (scale > 0.0 && scale.is_finite()).then(|| (ab / scale).clamp(-1.0, 1.0))
}

/// Ranks from 1; equal values share the mean of their ranks.
#[must_use]
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<(f64, u32)> = (0u32..).zip(values).map(|(row, value)| (*value + 0.0, row)).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for tied in order.chunk_by(|a, b| a.0 == b.0) {
        let rank = before as f64 + (tied.len() as f64 + 1.0) / 2.0;
        tied.iter().for_each(|(_, row)| ranks[*row as usize] = rank);
        before += tied.len();
    }
    ranks
}

/// Spearman's rank correlation: Pearson's of the ranks, so that ties are accounted for.
#[must_use]
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    pearson(&ranks(a), &ranks(b))
}

/// A table of counts: one row a level of the first, one column a level of the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contingency {
    /// Counts, row by row.
    pub counts: Vec<u64>,
    /// Number of columns.
    pub columns: usize,
}

impl Contingency {
    /// Counts pairs of codes below `rows` and `columns`.
    #[must_use]
    pub fn of(pairs: impl Iterator<Item = (u32, u32)>, rows: usize, columns: usize) -> Self {
        let mut counts = vec![0; rows * columns];
        for (a, b) in pairs {
            counts[a as usize * columns + b as usize] += 1;
        }
        Self { counts, columns }
    }

    /// Sums of rows and of columns, and of all.
    fn margins(&self) -> (Vec<u64>, Vec<u64>, u64) {
        let rows: Vec<u64> = self.counts.chunks(self.columns.max(1)).map(|row| row.iter().sum()).collect();
        let mut columns = vec![0; self.columns];
        for row in self.counts.chunks(self.columns.max(1)) {
            columns.iter_mut().zip(row).for_each(|(sum, count)| *sum += count);
        }
        let all = rows.iter().sum();
        (rows, columns, all)
    }

    /// Cramér's V with the correction of its bias (Bergsma 2013): with φ² = χ²/n, r and k the levels that occur,
    /// φ̃² = max(0, φ² − (r−1)(k−1)/(n−1)), r̃ = r − (r−1)²/(n−1), k̃ likewise: V = √(φ̃² / min(r̃−1, k̃−1)).
    /// None where a side has fewer than two levels.
    #[must_use]
    pub fn cramers_v(&self) -> Option<f64> {
        let (rows, columns, all) = self.margins();
        let used = |sums: &[u64]| sums.iter().filter(|sum| **sum > 0).count() as f64;
        let (r, k, n) = (used(&rows), used(&columns), all as f64);
        if r < 2.0 || k < 2.0 || n < 2.0 {
            return None;
        }
        let phi_squared = self.cells(&rows, &columns).map(|(count, row, column)| count * count / row / column);
        let phi_squared = phi_squared.sum::<f64>() - 1.0;
        let corrected = (phi_squared - (r - 1.0) * (k - 1.0) / (n - 1.0)).max(0.0);
        let shrunk = |levels: f64| levels - (levels - 1.0).powi(2) / (n - 1.0);
        let least = shrunk(r).min(shrunk(k)) - 1.0;
        (least > 0.0).then(|| (corrected / least).sqrt().min(1.0))
    }

    /// Mutual information in nats: Σ p(a,b) ln(p(a,b) / p(a) p(b)) (Shannon 1948).
    #[must_use]
    pub fn mutual_information(&self) -> f64 {
        let (rows, columns, all) = self.margins();
        let n = all as f64;
        let term = |(count, row, column): (f64, f64, f64)| count / n * (count * n / row / column).ln();
        self.cells(&rows, &columns).map(term).sum::<f64>().max(0.0)
    }

    /// The cells that hold something, with the sums of their row and column.
    fn cells<'a>(&'a self, rows: &'a [u64], columns: &'a [u64]) -> impl Iterator<Item = (f64, f64, f64)> + 'a {
        self.counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .map(|(at, count)| (*count as f64, rows[at / self.columns] as f64, columns[at % self.columns] as f64))
    }
}

/// Share that an empty bin counts as in [`psi`].
pub const PSI_FLOOR: f64 = 1e-4;

/// Population stability index: Σ (b − a) ln(b / a) over the shares of bins, an empty bin counting as [`PSI_FLOOR`]
/// (Siddiqi 2006; the symmetrised divergence of Kullback and Leibler 1951). None where a side is empty.
#[must_use]
pub fn psi(a: &[u64], b: &[u64]) -> Option<f64> {
    let share = |counts: &[u64]| -> Option<Vec<f64>> {
        let all: u64 = counts.iter().sum();
        (all > 0).then(|| counts.iter().map(|count| (*count as f64 / all as f64).max(PSI_FLOOR)).collect())
    };
    let (a, b) = (share(a)?, share(b)?);
    Some(a.iter().zip(&b).map(|(a, b)| (b - a) * (b / a).ln()).sum())
}

/// The largest distance between the empirical distributions of two ascending vectors, with its asymptotic two-sided
/// p-value (Kolmogorov 1933, Smirnov 1948; `scipy.special.kolmogorov` of √(nm/(n+m)) times the distance).
#[must_use]
pub fn kolmogorov_smirnov(a: &[f64], b: &[f64]) -> Option<(f64, f64)> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let (n, m) = (a.len() as f64, b.len() as f64);
    let (mut i, mut j, mut largest) = (0, 0, 0.0f64);
    while i < a.len() && j < b.len() {
        let value = a[i].min(b[j]);
        while i < a.len() && a[i] <= value {
            i += 1;
        }
        while j < b.len() && b[j] <= value {
            j += 1;
        }
        largest = largest.max((i as f64 / n - j as f64 / m).abs());
    }
    Some((largest, kolmogorov_tail((n * m / (n + m)).sqrt() * largest)))
}

/// P(K > x) of Kolmogorov's distribution, by whichever of its two series converges at once.
fn kolmogorov_tail(x: f64) -> f64 {
    use std::f64::consts::PI;
    if x <= 0.0 {
        return 1.0;
    }
    if x < 1.0 {
        let term = |k: f64| (-((2.0 * k - 1.0) * PI).powi(2) / (8.0 * x * x)).exp();
        return (1.0 - (2.0 * PI).sqrt() / x * (1..=6).map(|k| term(f64::from(k))).sum::<f64>()).clamp(0.0, 1.0);
    }
    let term = |k: f64| (-2.0 * k * k * x * x).exp();
    let sum: f64 = (1..=12).map(|k| if k % 2 == 1 { term(f64::from(k)) } else { -term(f64::from(k)) }).sum();
    (2.0 * sum).clamp(0.0, 1.0)
}

/// Area under the ROC curve: the chance that a positive's score exceeds a negative's, ties counting half (Mann and
/// Whitney 1947). None where one class is absent.
#[must_use]
pub fn auc(scores: &[f64], positive: &[bool]) -> Option<f64> {
    let ranks = ranks(scores);
    let yes = positive.iter().filter(|yes| **yes).count() as f64;
    let no = positive.len() as f64 - yes;
    let sum: f64 = ranks.iter().zip(positive).filter(|(_, yes)| **yes).map(|(rank, _)| rank).sum();
    (yes > 0.0 && no > 0.0).then(|| (sum - yes * (yes + 1.0) / 2.0) / yes / no)
}

#[cfg(test)]
mod tests;
