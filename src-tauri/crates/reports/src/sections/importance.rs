//! What the best model leans on: a dot and its standard error for each feature, on a logarithmic axis when the values
//! span orders of magnitude.

use cairn_protocol::{FeatureImportance, results::ReportContent};

use super::{Section, folded, picture};
use crate::{
    ReportError,
    canvas::{self, Anchor, BORDER, DIM, GRID, TEXT, Type},
    chart::{Scale, extent},
    evaluation,
    text::{brief, esc, label, plural},
};

/// Features drawn; the table holds all.
const SHOWN: usize = 15;
const ROW: f64 = 20.0;
const WIDTH: f64 = 440.0;
const LEFT: f64 = 138.0;
const RIGHT: f64 = 58.0;

pub fn draw(content: &ReportContent) -> Result<Option<Section>, ReportError> {
    let Some((index, model)) = content.models.iter().enumerate().find(|(_, model)| !model.importance.is_empty()) else {
        return Ok(None);
    };
    let mut all: Vec<&FeatureImportance> = model.importance.iter().collect();
    all.sort_by(|a, b| b.value.total_cmp(&a.value).then_with(|| a.feature.cmp(&b.feature)));
    // NaN sorts first in descending total order; what is unknown goes last.
    all.sort_by_key(|feature| feature.value.is_nan());
    let shown = &all[..all.len().min(SHOWN)];
    let first = shown[0];
    let summary = format!(
        "{} matters most, {}, of {}",
        first.feature,
        brief(first.value, 3),
        plural(all.len() as u64, "feature", "features")
    );
    let mut body = picture(&summary, &chart(index, shown)?);
    if all.len() > shown.len() {
        let rows: String = all
            .iter()
            .map(|feature| {
                format!(
                    "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n dim\">{}</td></tr>",
                    esc(&feature.feature),
                    brief(feature.value, 3),
                    error(feature).map_or(String::new(), |error| format!("± {}", brief(error, 2)))
                )
            })
            .collect();
        let head = "<thead><tr><th scope=\"col\">Feature</th><th scope=\"col\" class=\"n\">Importance</th>\
                    <th scope=\"col\" class=\"n\">Standard error</th></tr></thead>";
        body.push_str(&folded(
            &format!("All {}", plural(all.len() as u64, "feature", "features")),
            &format!("<table>{head}<tbody>{rows}</tbody></table>"),
        ));
    }
    let note = format!("of {}, when a column is shuffled", evaluation::name(model));
    Ok(Some(Section { id: "importance", title: "Importance", note, body }))
}

fn error(feature: &FeatureImportance) -> Option<f64> {
    Some(feature.std_error).filter(|error| error.is_finite() && *error > 0.0)
}

fn axis(shown: &[&FeatureImportance]) -> (Scale, bool) {
    let pixels = (LEFT + 8.0, WIDTH - RIGHT - 8.0);
    let positive = extent(shown.iter().map(|feature| feature.value).filter(|value| *value > 0.0));
    if let Some((low, high)) = positive
        && low > 0.0
        && high / low >= 100.0
        // One value close to zero among others must not stretch the axis over many decades.
        && shown.iter().filter(|feature| feature.value > high / 1e4).count() >= 3
    {
        let top = shown.iter().map(|feature| feature.value + error(feature).unwrap_or(0.0)).fold(high, f64::max);
        return (Scale::log((low.max(high / 1e4) / 1.3, top * 1.15), pixels), true);
    }
    let ends = shown.iter().flat_map(|feature| {
        let error = error(feature).unwrap_or(0.0);
        [feature.value - error, feature.value + error]
    });
    (Scale::linear(extent(ends.chain([0.0])).unwrap_or((0.0, 1.0)), pixels), false)
}

fn chart(index: usize, shown: &[&FeatureImportance]) -> Result<String, ReportError> {
    let height = shown.len() as f64 * ROW + 40.0;
    let bottom = shown.len() as f64 * ROW + 4.0;
    let (scale, log) = axis(shown);
    let left = LEFT + 8.0;
    canvas::svg("the importances", (WIDTH, height), |canvas| {
        for (value, label) in scale.ticks(4) {
            let x = scale.at(value);
            canvas.line([(x, 2.0), (x, bottom)], GRID);
            canvas.text(label, (x, bottom + 10.0), Type::new(DIM, 11.0, Anchor::Middle));
        }
        if !log {
            let zero = scale.at(0.0);
            canvas.line([(zero, 2.0), (zero, bottom)], BORDER);
        }
        for (row, feature) in shown.iter().enumerate() {
            let y = row as f64 * ROW + ROW / 2.0 + 2.0;
            let ink = canvas::slot(index);
            let placed = !log || feature.value > 0.0;
            canvas.text(label(&feature.feature, 21), (LEFT, y), Type::new(TEXT, 12.0, Anchor::End));
            let number = if placed { TEXT } else { DIM };
            canvas.text(brief(feature.value, 3), (WIDTH, y), Type::new(number, 12.0, Anchor::End));
            if placed {
                canvas.line(
                    [(if log { left } else { scale.at(0.0) }, y), (scale.within(feature.value), y)],
                    ink.alpha(0.25),
                );
                if let Some(error) = error(feature) {
                    let low = if log && feature.value <= error { left } else { scale.within(feature.value - error) };
                    canvas.line([(low, y), (scale.within(feature.value + error), y)], ink.width(1.5));
                }
                canvas.dot((scale.within(feature.value), y), 4.0, ink);
            } else {
                // A logarithm has no place for it: an empty ring at the edge.
                canvas.ring((left, y), 3.0, DIM);
            }
        }
        let unit = if log {
            "rise of the log loss (or squared error) when shuffled, ± standard error, log scale"
        } else {
            "rise of the log loss (or squared error) when shuffled, ± standard error"
        };
        canvas.text(unit, (WIDTH, height - 7.0), Type::new(DIM, 11.0, Anchor::End));
    })
}
