//! How to repeat it: the commands, and what must be the same for the same figures to come out.

use cairn_protocol::results::ReportContent;

use super::Section;
use crate::text::esc;

pub fn draw(content: &ReportContent) -> Option<Section> {
    if content.repeat.is_empty() && content.facts.is_empty() {
        return None;
    }
    let lines: String = content.repeat.iter().map(|line| format!("<li><code>{}</code></li>", esc(line))).collect();
    let commands = if lines.is_empty() { String::new() } else { format!("<ol class=\"commands\">{lines}</ol>") };
    let facts: String = content
        .facts
        .iter()
        .map(|(name, value)| {
            let long = value.starts_with("b3:")
                || (value.len() >= 32 && value.chars().take(32).all(|c| c.is_ascii_hexdigit()));
            let value = if long { format!("<code>{}</code>", esc(value)) } else { esc(value) };
            format!("<div><dt>{}</dt><dd>{value}</dd></div>", esc(name))
        })
        .collect();
    let facts = if facts.is_empty() { String::new() } else { format!("<dl class=\"facts\">{facts}</dl>") };
    let data = if content.datasets.iter().any(|dataset| !dataset.import.digest.is_empty()) {
        "<p class=\"dim\">The data is not in this file. It is the same data when its digest (BLAKE3) is.</p>"
    } else {
        ""
    };
    Some(Section {
        id: "repeat",
        title: "How to repeat this",
        note: String::new(),
        body: format!("<div class=\"repeat\">{commands}<div>{facts}{data}</div></div>"),
    })
}
