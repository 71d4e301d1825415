//! The sections of a report, one file each; a section without content is none.

mod confusion;
mod curves;
mod data;
mod importance;
mod leaderboard;
mod lineage;
mod recipe;
mod repeat;
mod split;
mod sweep;

use cairn_protocol::{notebook::ReportSection, results::ReportContent};

use crate::{ReportError, text::esc};

/// A section drawn.
pub struct Section {
    /// Anchor in the document.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// A few words after the heading, as text.
    pub note: String,
    /// HTML.
    pub body: String,
}

/// Draws a section.
///
/// # Errors
/// The drawing library failed.
pub fn draw(section: ReportSection, content: &ReportContent) -> Result<Option<Section>, ReportError> {
    match section {
        ReportSection::Data => data::draw(content),
        ReportSection::Recipe => Ok(recipe::draw(content)),
        ReportSection::Split => split::draw(content),
        ReportSection::Leaderboard => leaderboard::draw(content),
        ReportSection::Curves => curves::draw(content),
        ReportSection::Importance => importance::draw(content),
        ReportSection::Sweep => sweep::draw(content),
        ReportSection::Lineage => lineage::draw(content),
        ReportSection::Repeat => Ok(repeat::draw(content)),
    }
}

/// A picture with the sentence that stands for it.
fn picture(summary: &str, svg: &str) -> String {
    format!("<figure role=\"img\" aria-label=\"{}\">{svg}</figure>", esc(summary))
}

/// What not everybody wants to read: folded, open on paper.
fn folded(title: &str, body: &str) -> String {
    format!("<details><summary>{}</summary>{body}</details>", esc(title))
}

/// A coloured dot beside a name.
fn dot(index: usize) -> String {
    let colour = crate::canvas::SLOTS[index % crate::canvas::SLOTS.len()].1;
    format!("<span class=\"dot\" style=\"background:{colour}\"></span>")
}
