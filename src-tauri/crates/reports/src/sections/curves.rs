//! Curves of all models in their colours: learning, ROC, precision and recall, calibration; for numbers, predictions
//! against the truth. The best model stands out; a confusion matrix is its alone.

use cairn_protocol::results::{PartEvaluation, ReportContent, TrainResult};

use super::{Section, confusion, dot, picture};
use crate::{
    ReportError,
    canvas::{self, BORDER, Canvas, DIM, Ink, slot},
    chart::{Frame, extent, padded},
    evaluation,
    text::{brief, count, esc, figure},
};

/// Models overlaid: as many as there are colours.
const OVERLAID: usize = 6;
/// Size of a chart: five of them fill the page.
pub const SIZE: (f64, f64) = (256.0, 240.0);

/// A chart with its heading.
pub struct Chart {
    /// Heading.
    pub title: &'static str,
    /// A few words after it.
    pub note: String,
    /// The sentence that stands for the picture.
    pub summary: String,
    /// The picture.
    pub svg: String,
    /// Whether it needs the room of two.
    pub wide: bool,
}

pub fn draw(content: &ReportContent) -> Result<Option<Section>, ReportError> {
    let models = &content.models[..content.models.len().min(OVERLAID)];
    let Some(best) = models.first() else { return Ok(None) };
    let part = evaluation::shown(best);
    let mut charts: Vec<Chart> = Vec::new();
    charts.extend(learning(models, evaluation::leading(content).as_deref())?);
    charts.extend(roc(models)?);
    charts.extend(precision_recall(models)?);
    charts.extend(calibration(models)?);
    if let Some(part) = part {
        charts.extend(confusion::chart(part, &best.evaluation.classes)?);
        charts.extend(residuals(part)?);
    }
    let pairs = part.map(|part| confusion::pairs(part, &best.evaluation.classes)).unwrap_or_default();
    if charts.is_empty() && pairs.is_empty() {
        return Ok(None);
    }
    let drawn: String = charts
        .iter()
        .map(|chart| {
            format!(
                "<div class=\"chart{}\"><h3>{} <small>{}</small></h3>{}</div>",
                if chart.wide { " wide" } else { "" },
                chart.title,
                esc(&chart.note),
                picture(&chart.summary, &chart.svg)
            )
        })
        .collect();
    let legend: String = models
        .iter()
        .enumerate()
        .map(|(index, model)| format!("<li>{}{}</li>", dot(index), esc(evaluation::name(model))))
        .collect();
    let note = match (part, content.models.len() > OVERLAID) {
        (Some(part), false) => format!("{} part, {} rows", evaluation::part_title(&part.part), count(part.rows)),
        (Some(part), true) => {
            format!(
                "{} part, {} rows, the best {OVERLAID} models",
                evaluation::part_title(&part.part),
                count(part.rows)
            )
        }
        (None, _) => String::new(),
    };
    Ok(Some(Section {
        id: "curves",
        title: "Curves",
        note,
        body: format!("<ul class=\"legend\">{legend}</ul><div class=\"charts\">{drawn}{pairs}</div>"),
    }))
}

/// The best model last, so that it lies on top, with its place and its ink.
fn on_top(models: &[TrainResult]) -> impl Iterator<Item = (usize, &TrainResult, Ink)> {
    models.iter().enumerate().rev().map(|(index, model)| {
        let ink = if index == 0 { slot(0).width(2.0) } else { slot(index).width(1.25) };
        (index, model, ink)
    })
}

/// The name of the metric without its part, of `valid.auc`.
fn of_part<'a>(key: &'a str, part: &str) -> Option<&'a str> {
    key.strip_prefix(part)?.strip_prefix('.')
}

fn learning(models: &[TrainResult], leading: Option<&str>) -> Result<Option<Chart>, ReportError> {
    let series = |model: &'_ TrainResult, part: &str, metric: &str| -> Option<Vec<(f64, f64)>> {
        let series = model.curves.iter().find(|series| of_part(&series.key, part) == Some(metric))?;
        let points: Vec<(f64, f64)> = series.points.iter().map(|(step, value)| (*step as f64, value.0)).collect();
        (points.iter().filter(|(_, value)| value.is_finite()).count() > 1).then_some(points)
    };
    // The metric that most models have followed; on a tie the leading one, then the one named first.
    let mut keys: Vec<&str> = models
        .iter()
        .flat_map(|model| &model.curves)
        .filter_map(|series| of_part(&series.key, "valid").or(of_part(&series.key, "train")))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let followed = |metric: &str| {
        models
            .iter()
            .filter(|model| series(model, "valid", metric).or_else(|| series(model, "train", metric)).is_some())
            .count()
    };
    let Some(metric) = keys.into_iter().rev().max_by_key(|metric| (followed(metric), Some(*metric) == leading)) else {
        return Ok(None);
    };
    if followed(metric) == 0 {
        return Ok(None);
    }
    let all = || {
        models
            .iter()
            .flat_map(|model| ["train", "valid"].into_iter().filter_map(move |part| series(model, part, metric)))
            .flatten()
    };
    let (Some(x), Some(y)) = (extent(all().map(|(step, _)| step)), extent(all().map(|(_, value)| value))) else {
        return Ok(None);
    };
    let svg = canvas::svg("the learning curves", SIZE, |canvas| {
        let frame = Frame::new(SIZE, x, padded(y, 0.04));
        frame.draw(canvas, "step", &metric.replace('_', " "));
        for (_, model, ink) in on_top(models) {
            if let Some(points) = series(model, "train", metric) {
                canvas.line(points.iter().map(|&(step, value)| frame.at(step, value)), ink.width(1.0).alpha(0.4));
            }
            let Some(points) = series(model, "valid", metric) else { continue };
            canvas.line(points.iter().map(|&(step, value)| frame.at(step, value)), ink);
            let kept = model.steps.1.and_then(|kept| points.iter().find(|(step, _)| *step >= kept as f64));
            if let Some(&(step, value)) = kept {
                canvas.ring(frame.at(step, value), 3.5, ink.width(1.5));
            }
        }
    })?;
    Ok(Some(Chart {
        title: "Learning",
        note: "faint: training, ○ kept".into(),
        summary: format!("Learning curves of {} by step, {} to {}", metric.replace('_', " "), figure(y.0), figure(y.1)),
        svg,
        wide: false,
    }))
}

/// Two-class curves of the models' shown parts.
/// A model's place in the leaderboard, its ink, and its points.
type Line = (usize, Ink, Vec<(f64, f64)>);

fn curves<'a>(
    models: &'a [TrainResult],
    points: impl Fn(&'a PartEvaluation) -> &'a [(cairn_protocol::Real, cairn_protocol::Real)],
) -> Vec<Line> {
    on_top(models)
        .filter_map(|(index, model, ink)| {
            let points: Vec<(f64, f64)> = points(evaluation::shown(model)?).iter().map(|(x, y)| (x.0, y.0)).collect();
            (points.len() > 1).then_some((index, ink, points))
        })
        .collect()
}

/// The share found and the share of false alarms at the threshold of the best model.
fn at_threshold(part: &PartEvaluation) -> Option<(f64, f64, f64)> {
    let [first, second] = part.confusion.as_slice() else { return None };
    let (&[kept, alarms], &[missed, found]) = (first.as_slice(), second.as_slice()) else { return None };
    let precision = crate::text::share(found, found + alarms);
    Some((crate::text::share(alarms, kept + alarms), crate::text::share(found, found + missed), precision))
}

fn value_of(models: &[TrainResult], metric: &str) -> String {
    let value = || Some(evaluation::metric(evaluation::shown(models.first()?)?, metric)?.value.0);
    value().map_or(String::new(), |value| format!(", best model {}", figure(value)))
}

fn roc(models: &[TrainResult]) -> Result<Option<Chart>, ReportError> {
    let lines = curves(models, |part| &part.roc);
    if lines.is_empty() {
        return Ok(None);
    }
    let best = models.first().and_then(evaluation::shown);
    let svg = canvas::svg("the ROC curve", SIZE, |canvas| {
        let frame = Frame::new(SIZE, (0.0, 1.0), (0.0, 1.0));
        frame.draw(canvas, "false alarm rate", "share found");
        canvas.dashed(frame.at(0.0, 0.0), frame.at(1.0, 1.0), BORDER);
        overlay(canvas, &frame, &lines);
        if let Some((alarms, found, _)) = best.and_then(at_threshold) {
            canvas.ring(frame.at(alarms, found), 4.5, slot(0).width(1.5));
        }
    })?;
    let note =
        best.and_then(|best| best.threshold).map_or(String::new(), |at| format!("○ threshold {}", brief(at.0, 3)));
    let summary = format!("Share found against false alarm rate, AUC{}", value_of(models, "auc"));
    Ok(Some(Chart { title: "ROC", note, summary, svg, wide: false }))
}

fn precision_recall(models: &[TrainResult]) -> Result<Option<Chart>, ReportError> {
    let lines = curves(models, |part| &part.precision_recall);
    if lines.is_empty() {
        return Ok(None);
    }
    let best = models.first().and_then(evaluation::shown);
    let svg = canvas::svg("the precision-recall curve", SIZE, |canvas| {
        let frame = Frame::new(SIZE, (0.0, 1.0), (0.0, 1.0));
        frame.draw(canvas, "recall", "precision");
        overlay(canvas, &frame, &lines);
        if let Some((_, recall, precision)) = best.and_then(at_threshold) {
            canvas.ring(frame.at(recall, precision), 4.5, slot(0).width(1.5));
        }
    })?;
    let summary = format!("Precision against recall, average precision{}", value_of(models, "average_precision"));
    Ok(Some(Chart { title: "Precision and recall", note: String::new(), summary, svg, wide: false }))
}

fn overlay(canvas: &mut Canvas<'_>, frame: &Frame, lines: &[Line]) {
    for (_, ink, points) in lines {
        canvas.line(points.iter().map(|&(x, y)| frame.at(x, y)), *ink);
    }
}

fn calibration(models: &[TrainResult]) -> Result<Option<Chart>, ReportError> {
    let groups: Vec<_> = on_top(models)
        .filter_map(|(index, model, ink)| Some((index, ink, &evaluation::shown(model)?.calibration)))
        .filter(|(_, _, bins)| !bins.is_empty())
        .collect();
    let reach = groups
        .iter()
        .flat_map(|(index, _, bins)| {
            bins.iter().flat_map(move |bin| {
                [bin.predicted.0, bin.observed.0, if *index == 0 { bin.interval.1.0 } else { 0.0 }]
            })
        })
        .filter(|value| value.is_finite())
        .fold(0.0, f64::max);
    if groups.is_empty() || reach <= 0.0 {
        return Ok(None);
    }
    let reach = (reach * 104.0).min(100.0);
    let svg = canvas::svg("the calibration", SIZE, |canvas| {
        let frame = Frame::new(SIZE, (0.0, reach), (0.0, reach));
        frame.draw(canvas, "predicted, %", "observed, %");
        canvas.dashed(frame.at(0.0, 0.0), frame.at(reach, reach), BORDER);
        for (index, ink, bins) in &groups {
            let at = |predicted: f64, observed: f64| frame.at(predicted * 100.0, observed * 100.0);
            if *index == 0 {
                for bin in *bins {
                    let ends = [bin.interval.0, bin.interval.1].map(|end| at(bin.predicted.0, end.0));
                    canvas.line(ends, ink.width(2.0).alpha(0.4));
                }
            }
            canvas.line(
                bins.iter().map(|bin| at(bin.predicted.0, bin.observed.0)),
                ink.width(if *index == 0 { 1.5 } else { 1.0 }),
            );
            for bin in *bins {
                canvas.dot(at(bin.predicted.0, bin.observed.0), if *index == 0 { 3.0 } else { 1.75 }, *ink);
            }
        }
    })?;
    let bins = groups.last().map_or(0, |(_, _, bins)| bins.len());
    Ok(Some(Chart {
        title: "Calibration",
        note: format!("{bins} groups, 95 % Wilson"),
        summary: format!("Observed share against predicted probability in {bins} groups, up to {} %", figure(reach)),
        svg,
        wide: false,
    }))
}

fn residuals(part: &PartEvaluation) -> Result<Vec<Chart>, ReportError> {
    let points: Vec<(f64, f64)> = part
        .residuals
        .iter()
        .map(|(truth, predicted)| (truth.0, predicted.0))
        .filter(|(a, b)| a.is_finite() && b.is_finite())
        .collect();
    let (Some(both), Some(predicted), Some(missed)) = (
        extent(points.iter().flat_map(|(truth, predicted)| [*truth, *predicted])),
        extent(points.iter().map(|(_, predicted)| *predicted)),
        extent(points.iter().map(|(truth, predicted)| predicted - truth).chain([0.0])),
    ) else {
        return Ok(Vec::new());
    };
    let ink = slot(0).alpha(if points.len() > 500 { 0.25 } else { 0.45 });
    let against = canvas::svg("predictions against the truth", SIZE, |canvas| {
        let range = padded(both, 0.03);
        let frame = Frame::new(SIZE, range, range);
        frame.draw(canvas, "true", "predicted");
        points.iter().for_each(|&(truth, predicted)| canvas.dot(frame.at(truth, predicted), 2.0, ink));
        canvas.dashed(frame.at(both.0, both.0), frame.at(both.1, both.1), DIM);
    })?;
    let residual = canvas::svg("residuals", SIZE, |canvas| {
        let frame = Frame::new(SIZE, padded(predicted, 0.03), padded(missed, 0.04));
        frame.draw(canvas, "predicted", "predicted − true");
        points.iter().for_each(|&(truth, predicted)| canvas.dot(frame.at(predicted, predicted - truth), 2.0, ink));
        canvas.dashed(frame.at(predicted.0, 0.0), frame.at(predicted.1, 0.0), DIM);
    })?;
    let drawn = format!("best model, {} points", count(points.len() as u64));
    Ok(vec![
        Chart {
            title: "Predicted and true",
            note: drawn.clone(),
            summary: format!("Predicted against true values from {} to {}", figure(both.0), figure(both.1)),
            svg: against,
            wide: false,
        },
        Chart {
            title: "Residuals",
            note: drawn,
            summary: format!("Residuals against predictions, from {} to {}", figure(missed.0), figure(missed.1)),
            svg: residual,
            wide: false,
        },
    ])
}
