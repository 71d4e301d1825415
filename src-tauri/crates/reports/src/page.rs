//! The document: head, headline, tiles, and the sections placed on three columns (500, 372 and 440 of 1,376 pixels).
//!
//! Sections stand in the order given. One that does not fit beside the last may fill a gap in the row before it, and the
//! last of a row takes what is left of it; on a narrow window and on paper they stand below each other.

use cairn_protocol::{
    notebook::ReportSection,
    results::{CheckOutcome, MetricValue, PartEvaluation, ReportContent},
};

use crate::{
    ReportError, evaluation, markdown,
    sections::{self, Section},
    text::{brief, count, date, esc, figure, plural},
};

const STYLE: &str = include_str!("style.css");

/// A report as one HTML document that needs nothing else.
///
/// # Errors
/// The drawing library failed.
pub fn html(content: &ReportContent) -> Result<String, ReportError> {
    let mut drawn = Vec::new();
    let mut seen = Vec::new();
    for &section in &content.sections {
        if !seen.contains(&section)
            && let Some(body) = sections::draw(section, content)?
        {
            drawn.push((section, body));
        }
        seen.push(section);
    }
    let title = if content.title.trim().is_empty() { "Experiment report" } else { content.title.as_str() };
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"generator\" content=\"Cairn\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         {}{}{}<main>\n{}</main>\n</body>\n</html>\n",
        esc(title),
        head(content, title),
        warnings(content),
        tiles(content),
        placed(&drawn),
    ))
}

fn head(content: &ReportContent, title: &str) -> String {
    let line: Vec<String> = ["Experiment report", &content.project, &date(&content.made_at)]
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(esc)
        .collect();
    let headline = if content.headline.is_empty() {
        String::new()
    } else {
        format!("<p class=\"headline\">{}</p>", esc(&content.headline.join(" ")))
    };
    let summary = if content.summary.trim().is_empty() {
        String::new()
    } else {
        format!("<div class=\"summary\">{}</div>", markdown::render(&content.summary))
    };
    format!(
        "<header><div class=\"lead\"><p class=\"kicker\">{}</p><h1>{}</h1>{headline}{summary}</div>{}</header>\n",
        line.join(" · "),
        esc(title),
        badges(content)
    )
}

/// What a stranger asks first: whether the split was checked, and which code it was.
fn badges(content: &ReportContent) -> String {
    let mut out = String::new();
    let checks: Vec<CheckOutcome> =
        content.splits.iter().flat_map(|(_, split)| split.checks.iter().map(|check| check.outcome)).collect();
    let of = |outcome| checks.iter().filter(|found| **found == outcome).count() as u64;
    if !checks.is_empty() {
        let (faults, remarks) = (of(CheckOutcome::Fault), of(CheckOutcome::Warning));
        let mut counts = format!("{} passed", plural(of(CheckOutcome::Pass), "check", "checks"));
        if remarks > 0 {
            counts.push_str(&format!(", {}", plural(remarks, "remark", "remarks")));
        }
        if faults > 0 {
            counts.push_str(&format!(", {}", plural(faults, "fault", "faults")));
        }
        let (class, glyph, title) =
            if faults > 0 { ("fault", "✗", "Split at fault") } else { ("good", "✓", "Split certified") };
        out.push_str(&badge(class, glyph, title, &counts));
    }
    if let Some(run) = content.models.first().map(|model| &model.run).filter(|run| !run.commit.is_empty()) {
        let short: String = run.commit.chars().take(7).collect();
        let (class, below) = if run.dirty {
            ("warning", "uncommitted changes, kept with the run")
        } else {
            ("plain", "no uncommitted changes")
        };
        let glyph = if run.dirty { "!" } else { "⎇" };
        out.push_str(&badge(class, glyph, &format!("Commit {short}"), below));
    }
    if out.is_empty() { out } else { format!("<ul class=\"badges\">{out}</ul>") }
}

fn badge(class: &str, glyph: &str, title: &str, below: &str) -> String {
    format!(
        "<li><span class=\"glyph {class}\" aria-hidden=\"true\">{glyph}</span><span><b>{}</b><small>{}</small></span></li>",
        esc(title),
        esc(below)
    )
}

/// Warnings of the content and of every model, each once.
fn warnings(content: &ReportContent) -> String {
    let mut all: Vec<String> = content.warnings.clone();
    for model in &content.models {
        for warning in &model.run.warnings {
            if !all.iter().any(|known| known.contains(warning.as_str())) {
                all.push(format!("{}: {warning}", evaluation::name(model)));
            }
        }
    }
    if all.is_empty() {
        return String::new();
    }
    let items: String = all.iter().map(|warning| format!("<li>{}</li>", esc(warning))).collect();
    format!(
        "<aside class=\"warnings\" aria-label=\"Warnings\"><h2><span class=\"glyph warning\" aria-hidden=\"true\">!</span> \
         {} the figures carry</h2><ul>{items}</ul></aside>\n",
        plural(all.len() as u64, "warning", "warnings")
    )
}

/// The best model on the part that counts: four metrics, what its threshold finds, how many rows it rests on.
fn tiles(content: &ReportContent) -> String {
    let Some(best) = content.models.first() else { return String::new() };
    let Some(part) = evaluation::shown(best) else { return String::new() };
    let leading = evaluation::leading(content);
    let mut metrics: Vec<&MetricValue> = part.metrics.iter().collect();
    metrics.sort_by_key(|metric| Some(&metric.name) != leading.as_ref());
    let found = found_tile(part);
    let room = if found.is_some() { 4 } else { 5 };
    let mut out: String = metrics
        .iter()
        .take(room)
        .enumerate()
        .map(|(index, metric)| {
            let title = if index == 0 { format!("{} {}", capital(part), metric.title) } else { metric.title.clone() };
            let mut below = Vec::new();
            if let Some((low, high)) = evaluation::interval(metric) {
                below.push(format!("95 % interval {} – {}", figure(low), figure(high)));
            }
            if let Some(baseline) = metric.baseline {
                below.push(format!("{} without knowledge", brief(baseline.0, 4)));
            }
            tile(&title, &figure(metric.value.0), "", &below)
        })
        .collect();
    out.push_str(&found.unwrap_or_default());
    let rows = format!("{} rows", if part.part == "test" { "Held-out test" } else { capital(part) });
    out.push_str(&tile(
        &rows,
        &count(part.rows),
        "",
        &[format!("best of {}", plural(content.models.len() as u64, "model", "models"))],
    ));
    format!("<section class=\"tiles\" aria-label=\"Best model: {}\">{out}</section>\n", esc(evaluation::name(best)))
}

fn found_tile(part: &PartEvaluation) -> Option<String> {
    let [[kept, alarms], [missed, found]] = part
        .confusion
        .as_slice()
        .iter()
        .map(|row| <[u64; 2]>::try_from(row.as_slice()).ok())
        .collect::<Option<Vec<_>>>()?
        .try_into()
        .ok()?;
    let threshold = part.threshold?.0;
    Some(tile(
        &format!("At threshold {}", brief(threshold, 3)),
        &count(found),
        &format!("of {} found", count(found + missed)),
        &[format!("{} in {}", plural(alarms, "false alarm", "false alarms"), count(kept + alarms))],
    ))
}

fn tile(title: &str, value: &str, unit: &str, below: &[String]) -> String {
    let unit = if unit.is_empty() { String::new() } else { format!(" <i>{}</i>", esc(unit)) };
    let below: String = below.iter().map(|line| format!("<small>{}</small>", esc(line))).collect();
    format!("<div><span>{}</span><b>{}{unit}</b>{below}</div>", esc(title), esc(value))
}

fn capital(part: &PartEvaluation) -> &'static str {
    match part.part.as_str() {
        "train" => "Training",
        "valid" => "Validation",
        _ => "Test",
    }
}

/// Columns a section likes to take.
fn span(section: ReportSection) -> usize {
    match section {
        ReportSection::Leaderboard | ReportSection::Sweep => 2,
        ReportSection::Curves | ReportSection::Lineage => 3,
        _ => 1,
    }
}

/// Row, first column and number of columns of each section, all from 1.
fn grid(sections: &[ReportSection]) -> Vec<(usize, usize, usize)> {
    let mut rows: Vec<[Option<usize>; 3]> = Vec::new();
    for (index, &section) in sections.iter().enumerate() {
        let span = span(section);
        let free = |row: &[Option<usize>; 3]| (0..=3 - span).find(|&at| row[at..at + span].iter().all(Option::is_none));
        let first = rows.len().saturating_sub(2);
        let place = (first..rows.len()).find_map(|row| free(&rows[row]).map(|column| (row, column)));
        let (row, column) = place.unwrap_or_else(|| {
            rows.push([None; 3]);
            (rows.len() - 1, 0)
        });
        rows[row][column..column + span].fill(Some(index));
    }
    // What is left of a row goes to the section before it.
    for row in &mut rows {
        for column in 1..3 {
            row[column] = row[column].or(row[column - 1]);
        }
    }
    (0..sections.len())
        .map(|index| {
            let at = |(row, slots): (usize, &[Option<usize>; 3])| {
                let first = slots.iter().position(|slot| *slot == Some(index))?;
                Some((row + 1, first + 1, slots.iter().filter(|slot| **slot == Some(index)).count()))
            };
            rows.iter().enumerate().find_map(at).unwrap_or((rows.len() + 1, 1, 3))
        })
        .collect()
}

fn placed(drawn: &[(ReportSection, Section)]) -> String {
    let kinds: Vec<ReportSection> = drawn.iter().map(|(kind, _)| *kind).collect();
    drawn
        .iter()
        .zip(grid(&kinds))
        .map(|((_, section), (row, column, span))| {
            let note = if section.note.is_empty() { String::new() } else { format!(" <small>{}</small>", esc(&section.note)) };
            format!(
                "<section id=\"{0}\" aria-labelledby=\"{0}-title\" style=\"grid-row:{row};grid-column:{column}/span {span}\">\n\
                 <h2 id=\"{0}-title\">{1}{note}</h2>\n{2}\n</section>\n",
                section.id, section.title, section.body
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_fill_their_rows_in_order() {
        let all = grid(&ReportSection::ALL);
        assert_eq!(
            all,
            [
                (1, 1, 1),
                (1, 2, 1),
                (1, 3, 1), // data, recipe, split
                (2, 1, 2),
                (3, 1, 3),
                (2, 3, 1), // leaderboard, curves, importance beside the leaderboard
                (4, 1, 2),
                (5, 1, 3),
                (4, 3, 1), // sweep, lineage, repeat beside the sweep
            ]
        );
        assert_eq!(grid(&[ReportSection::Repeat]), [(1, 1, 3)]);
        assert_eq!(grid(&[ReportSection::Data, ReportSection::Leaderboard]), [(1, 1, 1), (1, 2, 2)]);
    }
}
