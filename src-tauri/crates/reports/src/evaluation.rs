//! Looking things up in evaluations: the part a report speaks of, a metric, its interval.

use cairn_protocol::results::{MetricValue, PartEvaluation, ReportContent, TrainResult};

/// The part that counts: the test part, or the last there is.
pub fn shown(model: &TrainResult) -> Option<&PartEvaluation> {
    part(model, "test").or(model.evaluation.parts.last())
}

/// A part by its name.
pub fn part<'a>(model: &'a TrainResult, name: &str) -> Option<&'a PartEvaluation> {
    model.evaluation.parts.iter().find(|part| part.part == name)
}

/// A metric of a part.
pub fn metric<'a>(part: &'a PartEvaluation, name: &str) -> Option<&'a MetricValue> {
    part.metrics.iter().find(|metric| metric.name == name)
}

/// The metric that orders the models: the one named, or the first of the best model.
pub fn leading(content: &ReportContent) -> Option<String> {
    let first =
        || content.models.iter().find_map(|model| shown(model)?.metrics.first()).map(|metric| metric.name.clone());
    content.metric.as_ref().map(|(name, _)| name.clone()).or_else(first)
}

/// The 95 % interval of a metric: of the bootstrap, or the normal one of its standard error.
pub fn interval(metric: &MetricValue) -> Option<(f64, f64)> {
    let normal = || {
        let error = metric.std_error?.0;
        Some((metric.value.0 - 1.96 * error, metric.value.0 + 1.96 * error))
    };
    let given = metric.interval.map(|(low, high)| (low.0, high.0));
    given.or_else(normal).filter(|(low, high)| low.is_finite() && high.is_finite())
}

/// A part's name for people.
pub fn part_title(part: &str) -> &str {
    match part {
        "train" => "training",
        "valid" => "validation",
        other => other,
    }
}

/// The name of a model for people.
pub fn name(model: &TrainResult) -> &str {
    let run = &model.run;
    [run.name.as_str(), run.cell.as_str(), run.algorithm.as_str()]
        .into_iter()
        .find(|name| !name.is_empty())
        .unwrap_or("model")
}
