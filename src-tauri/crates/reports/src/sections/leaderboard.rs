//! The models, best first, with the interval of the metric that orders them drawn on one scale.

use cairn_protocol::results::{MetricValue, ReportContent, TrainResult};

use super::{Section, dot, picture};
use crate::{
    ReportError,
    canvas::{self, Anchor, BORDER, DIM, Type},
    chart::{Scale, extent, padded},
    evaluation,
    text::{esc, figure, label, plural},
};

const WIDTH: f64 = 240.0;
const HEIGHT: f64 = 24.0;

pub fn draw(content: &ReportContent) -> Result<Option<Section>, ReportError> {
    let (Some(best), Some(leading)) = (content.models.first(), evaluation::leading(content)) else { return Ok(None) };
    let shown: Vec<Option<&MetricValue>> =
        content.models.iter().map(|model| evaluation::metric(evaluation::shown(model)?, &leading)).collect();
    let title = shown.iter().flatten().next().map_or(leading.clone(), |metric| metric.title.clone());
    let parts: Vec<&str> = ["train", "valid", "test"]
        .into_iter()
        .filter(|part| content.models.iter().any(|model| evaluation::part(model, part).is_some()))
        .collect();
    let parts = if parts.len() == 3 { &parts[1..] } else { &parts[..] };
    let counts = evaluation::shown(best).map_or("test", |part| part.part.as_str());
    let second = evaluation::shown(best).and_then(|part| part.metrics.iter().find(|metric| metric.name != leading));
    let scale = scale(&shown);

    let mut head: String = parts.iter().map(|part| column(&format!("{} {title}", capital(part)), true)).collect();
    head.push_str(&column(&format!("95 % interval, {}", evaluation::part_title(counts)), false));
    if let Some(second) = second {
        head.push_str(&column(&second.title, true));
    }
    head.push_str(&column("Kernel", false));
    head.push_str(&column("Run", false));

    let mut rows = String::new();
    for (index, model) in content.models.iter().enumerate() {
        let mut cells = String::new();
        for part in parts {
            let value = evaluation::part(model, part)
                .and_then(|part| evaluation::metric(part, &leading))
                .map(|metric| metric.value.0);
            let strong = if *part == counts { " strong" } else { "" };
            cells.push_str(&format!("<td class=\"n{strong}\">{}</td>", value.map_or("–".into(), figure)));
        }
        cells.push_str(&format!("<td class=\"pic\">{}</td>", forest(index, shown[index], shown[0], scale.as_ref())?));
        if let Some(second) = second {
            let value = evaluation::shown(model).and_then(|part| evaluation::metric(part, &second.name));
            cells.push_str(&format!(
                "<td class=\"n\">{}</td>",
                value.map_or("–".into(), |metric| figure(metric.value.0))
            ));
        }
        cells.push_str(&format!(
            "<td class=\"dim\">{}</td><td><code>{}</code></td>",
            esc(&model.run.kernel),
            esc(&label(&model.run.id, 26))
        ));
        rows.push_str(&format!(
            "<tr{}><td class=\"n dim\">{}</td>{}{cells}</tr>",
            if index == 0 { " class=\"mark\"" } else { "" },
            index + 1,
            name(index, model)
        ));
    }
    let axis = axis(scale.as_ref(), parts.len(), usize::from(second.is_some()))?;
    let all = metrics(best);
    let body = format!(
        "<table class=\"leaderboard\"><thead><tr><th scope=\"col\" class=\"n\"><span class=\"sr\">Rank</span></th>\
         <th scope=\"col\">Model</th>{head}</tr></thead><tbody>{rows}</tbody>{axis}</table>{all}"
    );
    let order = if parts.contains(&"valid") { "validation" } else { evaluation::part_title(counts) };
    let note = format!("{}, ordered by {order} {title}", plural(content.models.len() as u64, "model", "models"));
    Ok(Some(Section { id: "leaderboard", title: "Leaderboard", note, body }))
}

/// Every metric of the best model on every part, with the interval on the one that counts.
fn metrics(best: &TrainResult) -> String {
    let Some(counts) = evaluation::shown(best).filter(|part| part.metrics.len() > 1) else { return String::new() };
    let parts = &best.evaluation.parts;
    let mut head: String = column("Metric", false);
    head.extend(parts.iter().map(|part| column(capital(&part.part), true)));
    head.push_str(&column(&format!("95 % interval, {}", evaluation::part_title(&counts.part)), true));
    head.push_str(&column("Without knowledge", true));
    let rows: String = counts
        .metrics
        .iter()
        .map(|metric| {
            let cells: String = parts
                .iter()
                .map(|part| {
                    let strong = if part.part == counts.part { " strong" } else { "" };
                    let value = evaluation::metric(part, &metric.name).map_or("–".into(), |metric| figure(metric.value.0));
                    format!("<td class=\"n{strong}\">{value}</td>")
                })
                .collect();
            let interval = evaluation::interval(metric)
                .map_or("–".into(), |(low, high)| format!("{} – {}", figure(low), figure(high)));
            let baseline = metric.baseline.map_or("–".into(), |baseline| figure(baseline.0));
            format!(
                "<tr><th scope=\"row\">{}</th>{cells}<td class=\"n\">{interval}</td><td class=\"n dim\">{baseline}</td></tr>",
                esc(&metric.title)
            )
        })
        .collect();
    format!(
        "<h3>Best model <small>every metric</small></h3><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )
}

fn column(title: &str, number: bool) -> String {
    format!("<th scope=\"col\"{}>{}</th>", if number { " class=\"n\"" } else { "" }, esc(title))
}

fn capital(part: &str) -> &'static str {
    match part {
        "train" => "Train",
        "valid" => "Valid",
        _ => "Test",
    }
}

fn name(index: usize, model: &TrainResult) -> String {
    let warnings: String =
        model.run.warnings.iter().map(|warning| format!("<small class=\"warn\">! {}</small>", esc(warning))).collect();
    let algorithm = model.run.algorithm.replace('_', " ");
    format!(
        "<th scope=\"row\">{}{}<small>{}</small>{warnings}</th>",
        dot(index),
        esc(evaluation::name(model)),
        esc(&algorithm)
    )
}

fn scale(shown: &[Option<&MetricValue>]) -> Option<Scale> {
    let ends = shown.iter().flatten().flat_map(|metric| {
        let (low, high) = evaluation::interval(metric).unwrap_or((metric.value.0, metric.value.0));
        [low, high, metric.value.0]
    });
    Some(Scale::linear(padded(extent(ends)?, 0.06), (6.0, WIDTH - 6.0)))
}

fn forest(
    index: usize,
    metric: Option<&MetricValue>,
    best: Option<&MetricValue>,
    scale: Option<&Scale>,
) -> Result<String, ReportError> {
    let (Some(metric), Some(scale)) = (metric, scale) else { return Ok(String::new()) };
    let interval = evaluation::interval(metric);
    let middle = HEIGHT / 2.0;
    let svg = canvas::svg("an interval", (WIDTH, HEIGHT), |canvas| {
        if let Some(best) = best {
            let x = scale.at(best.value.0);
            canvas.dashed((x, 0.0), (x, HEIGHT), BORDER);
        }
        let ink = canvas::slot(index).width(1.5);
        if let Some((low, high)) = interval {
            let (low, high) = (scale.at(low), scale.at(high));
            canvas.line([(low, middle), (high, middle)], ink);
            for end in [low, high] {
                canvas.line([(end, middle - 4.0), (end, middle + 4.0)], ink);
            }
        }
        canvas.dot((scale.at(metric.value.0), middle), 4.0, ink);
    })?;
    let summary = match interval {
        Some((low, high)) => format!("{}, 95 % interval {} to {}", figure(metric.value.0), figure(low), figure(high)),
        None => format!("{}, no interval", figure(metric.value.0)),
    };
    Ok(picture(&summary, &svg))
}

/// The scale below the intervals.
fn axis(scale: Option<&Scale>, before: usize, after: usize) -> Result<String, ReportError> {
    let Some(scale) = scale else { return Ok(String::new()) };
    let svg = canvas::svg("a scale", (WIDTH, 16.0), |canvas| {
        for (value, label) in scale.ticks(4) {
            let x = scale.at(value);
            canvas.line([(x, 0.0), (x, 3.0)], BORDER);
            canvas.text(label, (x, 10.0), Type::new(DIM, 11.0, Anchor::Middle));
        }
    })?;
    Ok(format!(
        "<tfoot aria-hidden=\"true\"><tr><td colspan=\"{}\"></td><td class=\"pic\">{svg}</td><td colspan=\"{}\"></td></tr></tfoot>",
        before + 2,
        after + 2
    ))
}
