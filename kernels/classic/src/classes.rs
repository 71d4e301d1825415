//! Classes of the training rows and how much a row of each counts.

use cairn_kernel_sdk::Table;

/// How much a training row counts, by its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClassWeight {
    /// Every row alike.
    None,
    /// Every class alike: the rows of a class share its weight (King and Zeng 2001; scikit-learn's «balanced»).
    Balanced,
}

impl ClassWeight {
    /// From the hyperparameter's choice.
    pub(crate) fn parse(choice: &str) -> Self {
        if choice == "balanced" { Self::Balanced } else { Self::None }
    }

    /// The weight of a row of each class. Balanced weights sum to the number of rows; a class without rows has 1.
    pub(crate) fn factors(self, counts: &[f64]) -> Vec<f64> {
        let present = counts.iter().filter(|&&count| count > 0.0).count() as f64;
        let rows: f64 = counts.iter().sum();
        let of_class = |&count: &f64| match self {
            Self::Balanced if count > 0.0 => rows / (present * count),
            Self::Balanced | Self::None => 1.0,
        };
        counts.iter().map(of_class).collect()
    }
}

/// The class of each of these rows.
pub(crate) fn class_indices(table: &Table, rows: &[usize]) -> Vec<u32> {
    rows.iter().map(|&row| table.target()[row] as u32).collect()
}

/// Rows of each class.
pub(crate) fn class_counts(indices: &[u32], classes: usize) -> Vec<f64> {
    let mut counts = vec![0.0; classes];
    indices.iter().for_each(|&class| counts[class as usize] += 1.0);
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balanced_classes_weigh_the_same_and_all_rows_what_they_did() {
        let counts = class_counts(&[0, 0, 0, 2, 0, 2, 0, 0], 3);
        assert_eq!(counts, [6.0, 0.0, 2.0]);
        let factors = ClassWeight::Balanced.factors(&counts);
        assert_eq!(factors, [8.0 / 12.0, 1.0, 2.0]);
        assert_eq!(ClassWeight::None.factors(&counts), [1.0; 3]);
    }
}
