//! The parts: their sizes, the classes in each, and the certificate.

use cairn_protocol::results::{CheckOutcome, ReportContent, SplitResult};

use super::{Section, folded, picture};
use crate::{
    ReportError,
    canvas::{self, ACCENT, Anchor, CARD, TEXT, Type},
    text::{count, esc, percent, plural, share},
};

const PARTS: [&str; 3] = ["Train", "Valid", "Test"];
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
        body.push_str(&checks(split));
    }
    let by = if first.by.is_empty() { String::new() } else { format!("shares of {}, ", first.by) };
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
            canvas.bar((x, 0.0), (width - 2.0, SIZE.1), ACCENT.alpha([1.0, 0.6, 0.35][part]));
            let ink = if part == 0 { CARD } else { TEXT };
            let name = if width > 90.0 {
                format!("{} {}", PARTS[part], percent(share(rows, total)))
            } else {
                PARTS[part].into()
            };
            if width > 34.0 {
                canvas.text(name, (x + 8.0, SIZE.1 / 2.0), Type::new(ink, 12.0, Anchor::Start).strong());
            }
            x += width;
        }
    })?;
    let parts: Vec<String> =
        PARTS.iter().zip(split.counts).map(|(name, rows)| format!("{name} {}", plural(rows, "row", "rows"))).collect();
    Ok(picture(&parts.join(", "), &svg))
}

fn shares(split: &SplitResult) -> String {
    let line = |name: &str, cells: [String; 3]| {
        let cells: String = cells.iter().map(|cell| format!("<td class=\"n\">{cell}</td>")).collect();
        format!("<tr><th scope=\"row\">{}</th>{cells}</tr>", esc(name))
    };
    let rows: Vec<String> = split
        .classes
        .iter()
        .map(|class| {
            let name =
                if split.by.is_empty() { class.class.clone() } else { format!("{} = {}", split.by, class.class) };
            let cell = |part: usize| {
                let rows = class.counts[part];
                format!("{} <small>{}</small>", count(rows), percent(share(rows, split.counts[part])))
            };
            line(&name, [cell(0), cell(1), cell(2)])
        })
        .collect();
    let head: String = PARTS.iter().map(|part| format!("<th scope=\"col\" class=\"n\">{part}</th>")).collect();
    let head = format!("<thead><tr><th scope=\"col\"><span class=\"sr\">Class</span></th>{head}</tr></thead>");
    let cut = if rows.len() <= SHOWN + 4 { rows.len() } else { SHOWN };
    let mut out = format!(
        "<table>{head}<tbody>{}{}</tbody></table>",
        line("Rows", split.counts.map(count)),
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
            format!(
                "<li><span class=\"glyph {class}\" aria-hidden=\"true\">{glyph}</span><span class=\"sr\">{word}: </span>\
                 <span>{}</span><span class=\"figure\">{}</span></li>",
                esc(&check.name),
                esc(&check.figure)
            )
        })
        .collect();
    format!("<ul class=\"checks\">{items}</ul>")
}
