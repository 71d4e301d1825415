//! The parts: their sizes, the classes in each, and the certificate.

use cairn_protocol::results::{CheckOutcome, ReportContent, SplitResult};

use super::{Section, folded, picture};
use crate::{
    ReportError,
    canvas::{self, ACCENT, Anchor, CARD, TEXT, Type},
    text::{count, esc, percent, plural, share},
};

/// Classes shown before the rest is folded.
const SHOWN: usize = 6;

pub fn draw(content: &ReportContent) -> Result<Option<Section>, ReportError> {
    let Some((_, first)) = content.splits.first() else { return Ok(None) };
    let mut body = String::new();
    for (name, split) in &content.splits {
        if content.splits.len() > 1 {
            body.push_str(&format!("<h3>{}</h3>", esc(name)));
        }
        body.push_str(&bar(split)?);
        body.push_str(&shares(split));
        body.push_str(&folds(split));
        body.push_str(&checks(split));
    }
    let by = match (first.method.as_str(), first.by.as_str()) {
        ("", "") => String::new(),
        ("", by) => format!("shares of {by}, "),
        (method, _) => format!("{method}, "),
    };
    let note = if content.splits.len() == 1 {
        format!("{by}seed {}", first.seed)
    } else {
        plural(content.splits.len() as u64, "split", "splits")
    };
    Ok(Some(Section { id: "split", title: "Split certificate", note, body }))
}

fn bar(split: &SplitResult) -> Result<String, ReportError> {
    const SIZE: (f64, f64) = (400.0, 26.0);
    let total: u64 = split.counts.iter().sum();
    let svg = canvas::svg("the split", SIZE, |canvas| {
        let mut x = 0.0;
        for (part, &rows) in split.counts.iter().enumerate() {
            let width = share(rows, total).max(0.0) * SIZE.0;
            if rows == 0 {
                continue;
            }
            canvas.bar((x, 0.0), (width - 2.0, SIZE.1), ACCENT.alpha([1.0, 0.6, 0.35, 0.25, 0.15][part.min(4)]));
            let ink = if part == 0 { CARD } else { TEXT };
            let name = if width > 90.0 {
                format!("{} {}", title(split, part), percent(share(rows, total)))
            } else {
                title(split, part)
            };
            if width > 34.0 {
                canvas.text(name, (x + 8.0, SIZE.1 / 2.0), Type::new(ink, 12.0, Anchor::Start).strong());
            }
            x += width;
        }
    })?;
    let parts: Vec<String> = split
        .counts
        .iter()
        .enumerate()
        .map(|(part, rows)| format!("{} {}", title(split, part), plural(*rows, "row", "rows")))
        .collect();
    Ok(picture(&parts.join(", "), &svg))
}

fn shares(split: &SplitResult) -> String {
    let line = |name: &str, cells: Vec<String>| {
        let cells: String = cells.iter().map(|cell| format!("<td class=\"n\">{cell}</td>")).collect();
        format!("<tr><th scope=\"row\">{}</th>{cells}</tr>", esc(name))
    };
    let rows: Vec<String> = split
        .classes
        .iter()
        .map(|class| {
            let name =
                if split.by.is_empty() { class.class.clone() } else { format!("{} = {}", split.by, class.class) };
            let cell =
                |(rows, of): (&u64, &u64)| format!("{} <small>{}</small>", count(*rows), percent(share(*rows, *of)));
            line(&name, class.counts.iter().zip(&split.counts).map(cell).collect())
        })
        .collect();
    let head: String = (0..split.counts.len())
        .map(|part| format!("<th scope=\"col\" class=\"n\">{}</th>", esc(&title(split, part))))
        .collect();
    let head = format!("<thead><tr><th scope=\"col\"><span class=\"sr\">Class</span></th>{head}</tr></thead>");
    let cut = if rows.len() <= SHOWN + 4 { rows.len() } else { SHOWN };
    let mut out = format!(
        "<table>{head}<tbody>{}{}</tbody></table>",
        line("Rows", split.counts.iter().map(|rows| count(*rows)).collect()),
        rows[..cut].concat()
    );
    if cut < rows.len() {
        let rest = format!("<table>{head}<tbody>{}</tbody></table>", rows[cut..].concat());
        out.push_str(&folded(&plural((rows.len() - cut) as u64, "more class", "more classes"), &rest));
    }
    out
}

fn checks(split: &SplitResult) -> String {
    if split.checks.is_empty() {
        return String::new();
    }
    let items: String = split
        .checks
        .iter()
        .map(|check| {
            let (class, glyph, word) = match check.outcome {
                CheckOutcome::Pass => ("good", "✓", "passed"),
                CheckOutcome::Warning => ("warning", "!", "remark"),
                CheckOutcome::Fault => ("fault", "✗", "fault"),
            };
            let hint = if check.sentence.is_empty() { String::new() } else { format!(" title=\"{}\"", esc(&check.sentence)) };
            format!(
                "<li{hint}><span class=\"glyph {class}\" aria-hidden=\"true\">{glyph}</span><span class=\"sr\">{word}: </span>\
                 <span>{}</span><span class=\"figure\">{}</span></li>",
                esc(&check.name),
                esc(&check.figure)
            )
        })
        .collect();
    let hash = if split.digest.is_empty() {
        String::new()
    } else {
        format!("<p><small>Row ids, BLAKE3: <code>{}</code></small></p>", esc(&split.digest))
    };
    format!("<ul class=\"checks\">{items}</ul>{hash}")
}

/// «Train», «Valid», «Test», «Calibration».
fn title(split: &SplitResult, part: usize) -> String {
    let name = split.part_name(part);
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// All folds, folded away: their sizes, the worst of their checks and their hashes.
fn folds(split: &SplitResult) -> String {
    if split.folds.is_empty() {
        return String::new();
    }
    let lines: String = split
        .folds
        .iter()
        .map(|fold| {
            let rows: String =
                fold.counts.iter().map(|rows| format!("<td class=\"n\">{}</td>", count(*rows))).collect();
            let bad: Vec<&str> = fold
                .checks
                .iter()
                .filter(|check| check.outcome != CheckOutcome::Pass)
                .map(|check| check.name.as_str())
                .collect();
            let words = if bad.is_empty() { "passed".to_owned() } else { bad.join(", ") };
            let hash = fold.digest.get(..12).unwrap_or(&fold.digest);
            format!(
                "<tr><th scope=\"row\">{}</th>{rows}<td>{}</td><td><code>{}</code></td></tr>",
                esc(&fold.name),
                esc(&words),
                esc(hash)
            )
        })
        .collect();
    let head: String = (0..split.counts.len())
        .map(|part| format!("<th scope=\"col\" class=\"n\">{}</th>", esc(&title(split, part))))
        .collect();
    let table = format!(
        "<table><thead><tr><th scope=\"col\">Fold</th>{head}<th scope=\"col\">Checks</th><th scope=\"col\">Rows, \
         BLAKE3</th></tr></thead><tbody>{lines}</tbody></table>"
    );
    folded(&plural(split.folds.len() as u64, "fold", "folds"), &table)
}
