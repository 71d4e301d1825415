//! Text on a painter: sizes of the theme, elided to the room there is.

use std::sync::Arc;

use egui::{
    Align2, Color32, FontFamily, FontId, Galley, Painter, Pos2, Rect,
    text::{LayoutJob, TextFormat, TextWrapping},
};

use crate::theme::text;

/// The small size: axis labels, captions.
#[must_use]
pub fn small() -> FontId {
    FontId::proportional(text::SMALL)
}

/// The size of lists and controls.
#[must_use]
pub fn body() -> FontId {
    FontId::proportional(text::BODY)
}

/// Inter 600 at a size.
#[must_use]
pub fn strong(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name("strong".into()))
}

/// A glyph of the icon font at a size.
#[must_use]
pub fn icon(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name("icons".into()))
}

/// The text in one line of at most `width`, with «…» where it is longer.
#[must_use]
pub fn elided(painter: &Painter, text: &str, font: FontId, color: Color32, width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_format(text.to_owned(), TextFormat::simple(font, color));
    job.break_on_newline = false;
    job.wrap = TextWrapping::truncate_at_width(width.max(0.0));
    painter.layout_job(job)
}

/// Writes text at a place, elided to `width`; where it ended up.
pub fn write(
    painter: &Painter,
    at: Pos2,
    anchor: Align2,
    text: &str,
    font: FontId,
    color: Color32,
    width: f32,
) -> Rect {
    let galley = elided(painter, text, font, color, width);
    let rect = anchor.anchor_size(at, galley.size());
    painter.galley(rect.min, galley, color);
    rect
}

/// How wide a text is.
#[must_use]
pub fn width_of(painter: &Painter, text: &str, font: FontId) -> f32 {
    painter.layout_no_wrap(text.to_owned(), font, Color32::WHITE).size().x
}
