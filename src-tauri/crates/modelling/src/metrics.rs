//! The metrics of each task: names in runs, names for people, and which way is better.

use cairn_protocol::{Task, notebook::Goal};

/// A metric of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Metric {
    /// Name in runs, without its part.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Which way is better.
    pub goal: Goal,
}

const fn up(name: &'static str, title: &'static str) -> Metric {
    Metric { name, title, goal: Goal::Maximize }
}

const fn down(name: &'static str, title: &'static str) -> Metric {
    Metric { name, title, goal: Goal::Minimize }
}

/// In the order in which [`crate::binary::Binary`] computes them; the leading one first.
const BINARY: [Metric; 10] = [
    up("auc", "AUC"),
    up("average_precision", "PR-AUC"),
    down("log_loss", "Log loss"),
    down("brier", "Brier"),
    up("accuracy", "Accuracy"),
    up("f1", "F1"),
    up("balanced_accuracy", "Balanced accuracy"),
    down("calibration_error", "Calibration"),
    up("precision", "Precision"),
    up("recall", "Recall"),
];

/// In the order in which [`crate::multiclass::Multiclass`] computes them.
const MULTICLASS: [Metric; 5] = [
    up("accuracy", "Accuracy"),
    up("macro_f1", "Macro F1"),
    down("log_loss", "Log loss"),
    up("balanced_accuracy", "Balanced accuracy"),
    up("auc", "AUC, one against rest"),
];

/// In the order in which [`crate::regression::Regression`] computes them.
const REGRESSION: [Metric; 4] =
    [down("rmse", "RMSE"), down("mae", "MAE"), up("r2", "R²"), down("median_absolute_error", "Median absolute error")];

pub(crate) fn of_task(task: Task) -> &'static [Metric] {
    match task {
        Task::Binary => &BINARY,
        Task::Multiclass => &MULTICLASS,
        Task::Regression => &REGRESSION,
    }
}

/// The metric that orders models when nobody chose one, and which way is better: AUC for two classes, accuracy
/// for more, RMSE for numbers.
#[must_use]
pub fn primary_metric(task: Task) -> (&'static str, Goal) {
    let first = of_task(task)[0];
    (first.name, first.goal)
}

/// The names of the metrics of a task, the leading one first.
#[must_use]
pub fn metric_names(task: Task) -> Vec<&'static str> {
    of_task(task).iter().map(|metric| metric.name).collect()
}

fn known(name: &str) -> Option<&'static Metric> {
    let name = name.rsplit_once('.').map_or(name, |(_, last)| last);
    [&BINARY[..], &MULTICLASS, &REGRESSION].into_iter().flatten().find(|metric| metric.name == name)
}

/// The name for people of a metric, with or without a part before it (`valid.auc`); none for a name that is not
/// ours.
#[must_use]
pub fn metric_title(name: &str) -> Option<&'static str> {
    known(name).map(|metric| metric.title)
}

/// Which way a metric is better, with or without a part before its name; none for a name that is not ours.
#[must_use]
pub fn metric_goal(name: &str) -> Option<Goal> {
    known(name).map(|metric| metric.goal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_the_same_in_every_task() {
        for task in [Task::Binary, Task::Multiclass, Task::Regression] {
            for metric in of_task(task) {
                assert_eq!(metric_goal(metric.name), Some(metric.goal), "{}", metric.name);
            }
        }
        assert_eq!(metric_goal("valid.log_loss"), Some(Goal::Minimize));
        assert_eq!(metric_title("test.auc"), Some("AUC"));
        assert_eq!(metric_goal("tea"), None);
    }
}
