//! The author's summary: Markdown without raw HTML, pictures or links. What would lead elsewhere stands as text, so that
//! the file stays whole without a network and says nothing to anyone when it is opened.

use pulldown_cmark::{CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html};

use crate::text::harmless;

/// Markdown as HTML.
pub fn render(text: &str) -> String {
    // Control characters go first, line ends excepted: they say nothing in Markdown.
    let text: String = text
        .replace("\r\n", "\n")
        .chars()
        .map(|c| if matches!(c, '\n' | '\r' | '\t') { c } else { harmless(c) })
        .collect();
    let mut open_links: Vec<Option<String>> = Vec::new();
    let mut events = Vec::new();
    for event in Parser::new_ext(&text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Html(raw) | Event::InlineHtml(raw) => events.push(Event::Text(raw)),
            Event::Start(Tag::HtmlBlock) => events.push(Event::Start(Tag::Paragraph)),
            Event::End(TagEnd::HtmlBlock) => events.push(Event::End(TagEnd::Paragraph)),
            Event::Start(Tag::Link { link_type, dest_url, .. }) => {
                let bare = matches!(link_type, LinkType::Autolink | LinkType::Email);
                open_links.push((!bare).then(|| dest_url.into_string()));
            }
            Event::End(TagEnd::Link) => {
                if let Some(Some(url)) = open_links.pop() {
                    events.push(Event::Text(CowStr::from(format!(" ({url})"))));
                }
            }
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => {}
            Event::Start(Tag::Heading { level, .. }) => {
                let level = below(level);
                events.push(Event::Start(Tag::Heading { level, id: None, classes: Vec::new(), attrs: Vec::new() }));
            }
            Event::End(TagEnd::Heading(level)) => events.push(Event::End(TagEnd::Heading(below(level)))),
            other => events.push(other),
        }
    }
    let mut out = String::new();
    html::push_html(&mut out, events.into_iter());
    out
}

/// Headings of a summary stand below the title of the report.
fn below(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H2,
        HeadingLevel::H2 => HeadingLevel::H3,
        _ => HeadingLevel::H4,
    }
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn markup_is_kept_and_html_is_text() {
        let out = render(
            "# T\n\n**bold** <b onclick=x>hi</b>\n\n<script>alert(1)</script>\n\n![p](http://x/y.png) [z](javascript:1)",
        );
        assert!(out.contains("<h2>T</h2>") && out.contains("<strong>bold</strong>"), "{out}");
        assert!(
            !out.contains("<script") && !out.contains("<b ") && !out.contains("<img") && !out.contains("<a "),
            "{out}"
        );
        assert!(out.contains("&lt;script&gt;") && out.contains("z (javascript:1)"), "{out}");
    }
}
