//! Which columns the table of runs has, and what stands in them.

use std::collections::{BTreeMap, BTreeSet};

use cairn_protocol::runs::{Run, RunStatus};

use crate::widgets::format;

/// A column of the table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// Name with the run's coloured dot.
    Name,
    /// A metric: `valid.auc`.
    Metric(String),
    /// A hyperparameter.
    Param(String),
    /// Algorithm.
    Algorithm,
    /// Seconds.
    Duration,
    /// When it began.
    Started,
    /// Commit of the project.
    Commit,
    /// The person's marks.
    Tags,
}

/// A column as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Which.
    pub column: Column,
    /// Whether all runs have the same in it.
    pub same: bool,
    /// Width.
    pub width: f32,
}

impl Column {
    /// Heading.
    #[must_use]
    pub fn title(&self) -> &str {
        match self {
            Self::Name => "Name",
            Self::Metric(key) | Self::Param(key) => key,
            Self::Algorithm => "algorithm",
            Self::Duration => "duration",
            Self::Started => "started",
            Self::Commit => "commit",
            Self::Tags => "tags",
        }
    }

    /// The key to sort by, where there is one.
    #[must_use]
    pub fn sort_key(&self) -> Option<String> {
        Some(match self {
            Self::Name => "name".into(),
            Self::Metric(key) => format!("metrics.{}", name_in_filter(key)),
            Self::Param(key) => format!("params.{}", name_in_filter(key)),
            Self::Algorithm => "algorithm".into(),
            Self::Duration => "duration_secs".into(),
            Self::Started => "started_at".into(),
            Self::Commit => "commit".into(),
            Self::Tags => return None,
        })
    }

    /// Whether the first press on the heading sorts downwards: the best metrics, the newest, the longest first.
    #[must_use]
    pub fn descends_first(&self) -> bool {
        match self {
            Self::Metric(key) => larger_is_better(key),
            Self::Duration | Self::Started => true,
            _ => false,
        }
    }

    /// Whether what stands in it is a number.
    #[must_use]
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Metric(_) | Self::Param(_) | Self::Duration)
    }

    /// What a run has in it; «–» for nothing.
    #[must_use]
    pub fn text(&self, run: &Run, now_secs: f64) -> String {
        match self {
            Self::Name => run.name.clone(),
            Self::Metric(key) => run.metrics.get(key).map_or_else(|| "–".into(), |value| metric_text(value.0)),
            Self::Param(key) => run.params.get(key).map_or_else(|| "–".into(), param_text),
            Self::Algorithm => run.algorithm.replace('_', " "),
            Self::Duration if run.status == RunStatus::Queued => "–".into(),
            Self::Duration => {
                let begun = format::unix_secs(&run.started_at).unwrap_or(now_secs);
                let lasts = if run.status == RunStatus::Running { now_secs - begun } else { run.duration_secs };
                format::secs(lasts.max(0.0))
            }
            Self::Started => format::ago(&run.started_at, now_secs),
            Self::Commit => {
                let short: String = run.commit.chars().take(7).collect();
                if run.dirty { format!("{short}+") } else { short }
            }
            Self::Tags => run.tags.iter().map(|(key, value)| tag_text(key, value)).collect::<Vec<_>>().join("  "),
        }
    }
}

/// A hyperparameter as text; numbers as short as they can be said.
#[must_use]
pub fn param_text(value: &cairn_protocol::ParamValue) -> String {
    match value {
        cairn_protocol::ParamValue::Float(real) => format::figure(*real),
        cairn_protocol::ParamValue::Int(whole) if whole.unsigned_abs() < 10_000_000 => format::figure(*whole as f64),
        other => other.to_string(),
    }
}

/// A metric as text: four decimals where that is enough to tell models apart, so that columns line up.
#[must_use]
pub fn metric_text(value: f64) -> String {
    if (1e-3..10.0).contains(&value.abs()) {
        return format!("{value:.4}").replace('-', "−");
    }
    format::figure(value)
}

/// A tag as text: its value where it is only a mark.
#[must_use]
pub fn tag_text(key: &str, value: &str) -> String {
    if value.is_empty() || value == "true" { key.to_owned() } else { format!("{key}: {value}") }
}

/// A name as the language of filters takes it: in backticks where it has other characters than names have.
#[must_use]
pub fn name_in_filter(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_.-/:@".contains(c);
    if !name.is_empty() && name.chars().all(plain) { name.to_owned() } else { format!("`{name}`") }
}

/// Whether larger values of a metric are better, told from its name.
#[must_use]
pub fn larger_is_better(metric: &str) -> bool {
    let name = metric.rsplit('.').next().unwrap_or(metric).to_lowercase();
    const LARGER: [&str; 15] = [
        "auc",
        "accuracy",
        "f1",
        "precision",
        "recall",
        "r2",
        "mcc",
        "kappa",
        "average_precision",
        "pr_auc",
        "ap",
        "balanced_accuracy",
        "specificity",
        "sensitivity",
        "score",
    ];
    LARGER
        .iter()
        .any(|word| name == *word || name.ends_with(&format!("_{word}")) || name.starts_with(&format!("{word}_")))
}

/// The metrics of runs, without standard errors: validation first, then test, then training, then others.
#[must_use]
pub fn metric_keys<'a>(runs: impl IntoIterator<Item = &'a Run>) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for run in runs {
        for key in run.metrics.keys().filter(|key| !key.ends_with(".std_error")) {
            *counts.entry(key).or_default() += 1;
        }
    }
    let rank = |key: &str| match key.split('.').next() {
        Some("valid") => 0,
        Some("test") => 1,
        Some("train") => 2,
        _ => 3,
    };
    // Within a part: what ranks models before what is only watched.
    let weight = |key: &str| match key.rsplit('.').next().unwrap_or(key) {
        "auc" | "r2" => 0,
        "accuracy" | "rmse" => 1,
        "log_loss" | "mae" => 2,
        "average_precision" | "pr_auc" => 3,
        _ => 4,
    };
    let mut keys: Vec<String> = counts.keys().map(|key| (*key).to_owned()).collect();
    keys.sort_by(|a, b| {
        (rank(a), weight(a), std::cmp::Reverse(counts[a.as_str()]), a).cmp(&(
            rank(b),
            weight(b),
            std::cmp::Reverse(counts[b.as_str()]),
            b,
        ))
    });
    keys
}

/// The hyperparameters of runs, those that differ first; true for those that do not among the runs that have them.
#[must_use]
pub fn param_keys<'a>(runs: impl IntoIterator<Item = &'a Run> + Clone) -> Vec<(String, bool)> {
    let mut keys: BTreeSet<&str> = BTreeSet::new();
    for run in runs.clone() {
        keys.extend(run.params.keys().map(String::as_str).filter(|key| !matches!(*key, "target" | "algorithm")));
    }
    let mut keys: Vec<(String, bool)> = keys
        .into_iter()
        .map(|key| {
            let mut values = runs.clone().into_iter().filter_map(|run| run.params.get(key));
            let first = values.next();
            (key.to_owned(), values.all(|value| Some(value) == first))
        })
        .collect();
    keys.sort_by_key(|(_, same)| *same);
    keys
}

/// Metrics shown unless asked otherwise.
const METRICS: usize = 4;

/// The columns for some runs. `toggled` holds those that are the other way round than usual, `hide_same` leaves out
/// parameters that do not differ.
#[must_use]
pub fn columns(runs: &[&Run], toggled: &BTreeSet<Column>, hide_same: bool) -> (Vec<Shown>, Vec<Column>) {
    let mut all: Vec<(Column, bool, bool)> = vec![(Column::Name, false, true)];
    let metrics = metric_keys(runs.iter().copied());
    let leading = metrics.first().map(|key| key.split('.').next().unwrap_or_default().to_owned());
    for (index, key) in metrics.into_iter().enumerate() {
        let usual = index < METRICS && key.split('.').next() == leading.as_deref();
        all.push((Column::Metric(key), false, usual));
    }
    for (key, same) in param_keys(runs.iter().copied()) {
        let same = same && runs.len() > 1;
        all.push((Column::Param(key), same, !(same && hide_same)));
    }
    all.push((Column::Algorithm, false, false));
    all.push((Column::Duration, false, true));
    all.push((Column::Started, false, true));
    all.push((Column::Commit, false, runs.iter().any(|run| !run.commit.is_empty())));
    all.push((Column::Tags, false, true));
    let shown = all
        .iter()
        .filter(|(column, _, usual)| *usual != toggled.contains(column))
        .map(|(column, same, _)| Shown { width: width_of(column, runs), column: column.clone(), same: *same })
        .collect();
    (shown, all.into_iter().map(|(column, _, _)| column).collect())
}

/// A width from the heading and the first runs, so that nothing jumps while scrolling.
fn width_of(column: &Column, runs: &[&Run]) -> f32 {
    let (least, most) = match column {
        Column::Name => (150.0, 260.0),
        Column::Tags => (90.0, 240.0),
        Column::Commit => (72.0, 90.0),
        Column::Started => (92.0, 110.0),
        _ => (64.0, 170.0),
    };
    let heading = column.title().chars().count() as f32 * 6.4 + 26.0;
    let content = runs.iter().take(60).map(|run| column.text(run, 0.0).chars().count()).max().unwrap_or(0);
    let lead = if *column == Column::Name { 30.0 } else { 18.0 };
    heading.max(content as f32 * 6.9 + lead).clamp(least, most)
}

#[cfg(test)]
pub(crate) mod tests {
    use cairn_protocol::{ParamValue, Real};

    use super::*;

    pub(crate) fn run(number: usize, auc: f64) -> Run {
        Run {
            id: format!("R{number:03}"),
            name: format!("trees/{number}"),
            status: RunStatus::Finished,
            started_at: "2026-11-20T12:00:00Z".into(),
            duration_secs: 1.5,
            params: [
                ("max_depth".to_owned(), ParamValue::Int(number as i64 % 5)),
                ("seed".to_owned(), ParamValue::Int(42)),
                ("target".to_owned(), ParamValue::Text("stroke".into())),
            ]
            .into(),
            metrics: [
                ("valid.auc".to_owned(), Real(auc)),
                ("valid.auc.std_error".to_owned(), Real(0.01)),
                ("valid.log_loss".to_owned(), Real(0.2)),
                ("train.auc".to_owned(), Real(0.9)),
            ]
            .into(),
            ..Run::default()
        }
    }

    #[test]
    fn columns_lead_with_what_differs_and_can_hide_the_rest() {
        let runs = [run(1, 0.8), run(2, 0.9)];
        let runs: Vec<&Run> = runs.iter().collect();
        let titles = |toggled: &BTreeSet<Column>, hide| {
            let (shown, _) = columns(&runs, toggled, hide);
            shown.iter().map(|shown| shown.column.title().to_owned()).collect::<Vec<_>>()
        };
        let usual = ["Name", "valid.auc", "valid.log_loss", "max_depth", "seed", "duration", "started", "tags"];
        assert_eq!(titles(&BTreeSet::new(), false), usual);
        assert!(!titles(&BTreeSet::new(), true).contains(&"seed".to_owned()));
        let toggled = BTreeSet::from([Column::Metric("train.auc".into()), Column::Tags]);
        let changed = titles(&toggled, false);
        assert!(changed.contains(&"train.auc".to_owned()) && !changed.contains(&"tags".to_owned()));
        let (shown, _) = columns(&runs, &BTreeSet::new(), false);
        assert!(shown.iter().any(|shown| shown.same && shown.column.title() == "seed"));
    }

    #[test]
    fn directions_are_told_from_names() {
        for (metric, larger) in [
            ("valid.auc", true),
            ("test.r2", true),
            ("valid.log_loss", false),
            ("rmse", false),
            ("valid.macro_f1", true),
        ] {
            assert_eq!(larger_is_better(metric), larger, "{metric}");
        }
        assert_eq!(Column::Metric("top 5".into()).sort_key().as_deref(), Some("metrics.`top 5`"));
    }
}
