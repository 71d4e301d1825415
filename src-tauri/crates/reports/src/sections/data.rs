//! The tables as they came: how they were read, and every column in one line.

use cairn_protocol::{
    results::{ReportContent, ReportDataset},
    table::{ColumnProfile, ColumnType, ImportReport, Severity},
};

use super::{Section, folded, picture};
use crate::{
    ReportError,
    canvas::{self, ACCENT, GRID},
    text::{brief, bytes, count, esc, label, percent, plural, share},
};

/// Columns shown before the rest is folded.
const SHOWN: usize = 14;
/// Size of a distribution.
const SIZE: (f64, f64) = (100.0, 18.0);

pub fn draw(content: &ReportContent) -> Result<Option<Section>, ReportError> {
    let Some(first) = content.datasets.first() else { return Ok(None) };
    let mut body = String::new();
    for dataset in &content.datasets {
        if content.datasets.len() > 1 {
            body.push_str(&format!("<h3>{}</h3>", esc(&dataset.name)));
        }
        body.push_str(&import_line(&dataset.import));
        body.push_str(&table(dataset)?);
        body.push_str(&findings(dataset));
        body.push_str(&rejects(&dataset.import));
    }
    let note = if content.datasets.len() == 1 {
        let rows = if first.profile.columns.is_empty() { first.import.rows } else { first.profile.rows };
        format!("{} × {}", count(rows), plural(columns(first) as u64, "column", "columns"))
    } else {
        plural(content.datasets.len() as u64, "table", "tables")
    };
    Ok(Some(Section { id: "data", title: "Data", note, body }))
}

fn columns(dataset: &ReportDataset) -> usize {
    dataset.profile.columns.len().max(dataset.import.columns.len())
}

fn import_line(import: &ImportReport) -> String {
    let mut parts = Vec::new();
    if !import.file.is_empty() {
        parts.push(format!("<code>{}</code>", esc(&import.file)));
    }
    if import.size_bytes > 0 {
        parts.push(bytes(import.size_bytes));
    }
    if import.encoding.is_empty() {
        parts.push(esc(&import.format));
    } else {
        parts.push(esc(&import.encoding.to_uppercase()));
    }
    let delimiter = match import.delimiter.as_str() {
        "," => "comma".to_owned(),
        ";" => "semicolon".into(),
        "\t" => "tab".into(),
        "|" => "bar".into(),
        " " => "space".into(),
        other => esc(other),
    };
    parts.push(delimiter);
    if !import.encoding.is_empty() {
        parts.push(if import.header { "header" } else { "no header" }.into());
    }
    parts.push(format!("{} read", plural(import.records_counted.max(import.rows), "record", "records")));
    parts.push(format!("{} kept", count(import.rows)));
    let lost = import.rejects_total.max(import.rejects.len() as u64);
    parts.push(if lost > 0 { format!("<b class=\"warn\">{} rejected</b>", count(lost)) } else { "0 rejected".into() });
    parts.retain(|part| !part.is_empty());
    let notes: String = import.notes.iter().take(5).map(|note| format!("<p class=\"dim\">{}</p>", esc(note))).collect();
    format!("<p class=\"dim\">{}</p>{notes}", parts.join(" · "))
}

fn table(dataset: &ReportDataset) -> Result<String, ReportError> {
    let profile = &dataset.profile;
    if profile.columns.is_empty() {
        return Ok(String::new());
    }
    let mut ordered: Vec<&ColumnProfile> = profile.columns.iter().collect();
    ordered.sort_by_key(|column| dataset.target.is_empty() || column.name != dataset.target);
    let rows: Vec<String> = ordered
        .iter()
        .map(|column| row(column, profile.rows, column.name == dataset.target))
        .collect::<Result<_, _>>()?;
    let head = "<thead><tr><th scope=\"col\">Column</th><th scope=\"col\">Type</th><th scope=\"col\" class=\"n\">Empty</th>\
                <th scope=\"col\">Mean ± sd, range or top level</th><th scope=\"col\">Distribution</th></tr></thead>";
    let table = |rows: &[String]| format!("<table class=\"data\">{head}<tbody>{}</tbody></table>", rows.concat());
    // A table that is barely too long is shown whole.
    let cut = if rows.len() <= SHOWN + 3 { rows.len() } else { SHOWN };
    let mut out = table(&rows[..cut]);
    if cut < rows.len() {
        out.push_str(&folded(&plural((rows.len() - cut) as u64, "more column", "more columns"), &table(&rows[cut..])));
    }
    if profile.rows_profiled < profile.rows && profile.rows_profiled > 0 {
        out.push_str(&format!(
            "<p class=\"dim\">Figures rest on {} of {} rows.</p>",
            count(profile.rows_profiled),
            count(profile.rows)
        ));
    }
    Ok(out)
}

fn row(column: &ColumnProfile, rows: u64, is_target: bool) -> Result<String, ReportError> {
    let (class, kind) = if is_target { (" class=\"mark\"", "target".to_owned()) } else { ("", kind(column)) };
    let empty = if column.nulls == 0 {
        "<td class=\"n faint\">0</td>".to_owned()
    } else {
        format!("<td class=\"n\" title=\"{}\">{}</td>", percent(share(column.nulls, rows)), count(column.nulls))
    };
    Ok(format!(
        "<tr{class}><th scope=\"row\">{}</th><td class=\"dim\">{kind}</td>{empty}<td>{}</td><td class=\"pic\">{}</td></tr>",
        esc(&column.name),
        figures(column, rows),
        distribution(column, rows)?
    ))
}

/// Whether a column is better told by its levels than by its mean.
fn by_levels(column: &ColumnProfile) -> bool {
    !column.top.is_empty() && (!column.column_type.is_numeric() || column.distinct <= 2 || column.mean.is_none())
}

fn kind(column: &ColumnProfile) -> String {
    match column.column_type {
        ColumnType::Bool => "yes / no".into(),
        ColumnType::Int | ColumnType::Float | ColumnType::Decimal if column.distinct == 2 && !column.top.is_empty() => {
            "2 levels".into()
        }
        ColumnType::Int | ColumnType::Float | ColumnType::Decimal => "number".into(),
        ColumnType::Text | ColumnType::Category if column.distinct <= 1000 => {
            plural(column.distinct, "level", "levels")
        }
        other => other.as_str().into(),
    }
}

fn figures(column: &ColumnProfile, rows: u64) -> String {
    if by_levels(column) {
        let Some(top) = column.top.first() else { return String::new() };
        let filled = rows.saturating_sub(column.nulls);
        return format!("{} {}", esc(&label(&top.value, 24)), percent(share(top.count, filled)));
    }
    let range = column.min.as_ref().zip(column.max.as_ref()).map(|(low, high)| {
        let short = |value: &cairn_protocol::table::Scalar| match value {
            cairn_protocol::table::Scalar::Int(whole) => {
                format!("{}{}", if *whole < 0 { "−" } else { "" }, count(whole.unsigned_abs()))
            }
            cairn_protocol::table::Scalar::Float(real) => brief(*real, 4),
            other => esc(&label(&other.to_string(), 16)),
        };
        format!("{} – {}", short(low), short(high))
    });
    let mean = column.mean.map(|mean| {
        let spread = column.std.map(|std| format!(" ± {}", brief(std.0, 3))).unwrap_or_default();
        format!("{}{spread}", brief(mean.0, 3))
    });
    mean.into_iter().chain(range).collect::<Vec<_>>().join(", ")
}

fn distribution(column: &ColumnProfile, rows: u64) -> Result<String, ReportError> {
    if by_levels(column) {
        return levels(column, rows);
    }
    let Some(histogram) = column.histogram.as_ref().filter(|histogram| histogram.counts.iter().any(|count| *count > 0))
    else {
        return Ok(String::new());
    };
    let counts = merged(&histogram.counts, 24);
    let most = counts.iter().copied().max().unwrap_or(1);
    let svg = canvas::svg("a distribution", SIZE, |canvas| {
        let width = SIZE.0 / counts.len() as f64;
        for (index, &count) in counts.iter().enumerate() {
            // A bin with a single row stays visible.
            let height = if count == 0 { 0.0 } else { (share(count, most) * SIZE.1).max(0.75) };
            let gap = if width > 3.0 { 0.75 } else { 0.0 };
            canvas.bar((index as f64 * width, SIZE.1 - height), (width - gap, height), ACCENT.alpha(0.6));
        }
    })?;
    Ok(picture(&format!("distribution of {}", column.name), &svg))
}

/// Neighbouring bins added up, so that at most `most` remain.
fn merged(counts: &[u64], most: usize) -> Vec<u64> {
    counts.chunks(counts.len().div_ceil(most).max(1)).map(|bins| bins.iter().sum()).collect()
}

fn levels(column: &ColumnProfile, rows: u64) -> Result<String, ReportError> {
    let filled = rows.saturating_sub(column.nulls);
    let svg = canvas::svg("a distribution", SIZE, |canvas| {
        canvas.bar((0.0, 4.0), (SIZE.0, 10.0), GRID);
        let mut x = 0.0;
        for (index, top) in column.top.iter().take(8).enumerate() {
            let width = share(top.count, filled).clamp(0.0, 1.0) * SIZE.0;
            let shade = [0.7, 0.5, 0.36, 0.27, 0.22, 0.18, 0.15, 0.13][index];
            canvas.bar((x, 4.0), ((width - 0.75).max(0.4), 10.0), ACCENT.alpha(shade));
            x += width;
        }
    })?;
    let first =
        column.top.first().map(|top| format!(", {} {}", label(&top.value, 40), percent(share(top.count, filled))));
    Ok(picture(&format!("shares of {}{}", column.name, first.unwrap_or_default()), &svg))
}

fn findings(dataset: &ReportDataset) -> String {
    let findings: Vec<_> =
        dataset.profile.findings.iter().filter(|finding| finding.severity != Severity::Low).collect();
    if findings.is_empty() {
        return String::new();
    }
    let items: String = findings
        .iter()
        .take(100)
        .map(|finding| {
            let column = if finding.column.is_empty() {
                String::new()
            } else {
                format!("<code>{}</code> ", esc(&finding.column))
            };
            format!("<li>{column}{}</li>", esc(&finding.message))
        })
        .collect();
    folded(
        &format!("{} of quality", plural(findings.len() as u64, "finding", "findings")),
        &format!("<ul>{items}</ul>"),
    )
}

fn rejects(import: &ImportReport) -> String {
    if import.rejects.is_empty() {
        return String::new();
    }
    let rows: String = import
        .rejects
        .iter()
        .take(20)
        .map(|reject| {
            format!(
                "<tr><th scope=\"row\" class=\"n\">{}</th><td>{}</td><td><code>{}</code></td></tr>",
                count(reject.line),
                esc(&reject.reason),
                esc(&label(&reject.text, 120))
            )
        })
        .collect();
    let total = import.rejects_total.max(import.rejects.len() as u64);
    let title = if total > 20 {
        format!("First 20 of {} rejected records", count(total))
    } else {
        plural(total, "rejected record", "rejected records")
    };
    let head = "<thead><tr><th scope=\"col\" class=\"n\">Line</th><th scope=\"col\">Reason</th><th scope=\"col\">Record</th></tr></thead>";
    folded(&title, &format!("<table>{head}<tbody>{rows}</tbody></table>"))
}
