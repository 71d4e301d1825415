//! Chips: a state or a name in a small box.

use cairn_protocol::results::CellState;
use egui::{
    Align2, Color32, CornerRadius, CursorIcon, Key, Modifiers, Response, Role, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, vec2,
};

use super::{buttons, format, glyph};
use crate::{
    fonts,
    theme::{Theme, size, text},
};

/// Which colours a chip has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChipTone {
    /// A name.
    Neutral,
    /// Good.
    Good,
    /// A warning.
    Warning,
    /// A fault.
    Fault,
    /// What goes on just now.
    Accent,
}

const PADDING: f32 = 6.0;
const GLYPH: f32 = 13.0;

/// How wide a chip would be.
#[must_use]
pub fn chip_width(ui: &Ui, glyph: Option<&str>, words: &str) -> f32 {
    let galley = ui.painter().layout_no_wrap(words.to_owned(), fonts::body(text::SMALL), Color32::PLACEHOLDER);
    galley.size().x + 2.0 * PADDING + if glyph.is_some() { GLYPH + 4.0 } else { 0.0 }
}

/// A chip that only shows something.
pub fn chip(ui: &mut Ui, theme: &Theme, tone: ChipTone, glyph: Option<&str>, words: impl AsRef<str>) -> Response {
    draw(ui, theme, tone, glyph, words.as_ref(), Sense::hover())
}

/// A chip that can be pressed.
pub fn chip_button(
    ui: &mut Ui,
    theme: &Theme,
    tone: ChipTone,
    glyph: Option<&str>,
    words: impl AsRef<str>,
) -> Response {
    draw(ui, theme, tone, glyph, words.as_ref(), Sense::click()).on_hover_cursor(CursorIcon::PointingHand)
}

/// A chip that can be pressed and dragged to another place among its like; see [`reordered`].
pub fn chip_handle(
    ui: &mut Ui,
    theme: &Theme,
    tone: ChipTone,
    glyph: Option<&str>,
    words: impl AsRef<str>,
) -> Response {
    draw(ui, theme, tone, glyph, words.as_ref(), Sense::click_and_drag()).on_hover_cursor(CursorIcon::PointingHand)
}

/// Which of some chips was moved, and to which index: by drag, or by Alt with an arrow.
pub fn reordered(ui: &Ui, theme: &Theme, chips: &[Response]) -> Option<(usize, usize)> {
    let nearest = |at: egui::Pos2| {
        let distance = |chip: &Response| chip.rect.distance_sq_to_pos(at);
        (0..chips.len()).min_by(|a, b| distance(&chips[*a]).total_cmp(&distance(&chips[*b])))
    };
    for (index, chip) in chips.iter().enumerate() {
        if chip.has_focus() {
            let alt = |key| ui.input_mut(|input| input.consume_key(Modifiers::ALT, key));
            let back = alt(Key::ArrowLeft) && index > 0;
            let on = alt(Key::ArrowRight) && index + 1 < chips.len();
            if back || on {
                let to = if back { index - 1 } else { index + 1 };
                chips[to].request_focus();
                return Some((index, to));
            }
        }
        let to = chip.interact_pointer_pos().and_then(nearest).filter(|to| *to != index);
        if chip.dragged()
            && let Some(to) = to
        {
            ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
            let place = chips[to].rect;
            let x = if to > index { place.right() + 2.0 } else { place.left() - 2.0 };
            ui.painter().vline(x, place.y_range(), Stroke::new(2.0, theme.accent));
        }
        if chip.drag_stopped() && to.is_some() {
            return to.map(|to| (index, to));
        }
    }
    None
}

fn draw(ui: &mut Ui, theme: &Theme, tone: ChipTone, glyph: Option<&str>, words: &str, sense: Sense) -> Response {
    let lead = if glyph.is_some() { GLYPH + 4.0 } else { 0.0 };
    let room = ui.available_width().max(28.0) - 2.0 * PADDING - lead;
    let galley = buttons::elided(ui, words, fonts::body(text::SMALL), room);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 2.0 * PADDING + lead, size::CHIP), sense);
    let role = if sense.senses_click() { Role::Button } else { Role::Label };
    response.widget_info(|| WidgetInfo::labeled(role, ui.is_enabled(), words));
    if ui.is_rect_visible(rect) {
        let (fill, stroke, color) = match tone {
            ChipTone::Neutral => (theme.card, Stroke::new(1.0, theme.border), theme.dim),
            ChipTone::Good => (theme.good.tint, Stroke::NONE, theme.good.text),
            ChipTone::Warning => (theme.warning.tint, Stroke::NONE, theme.warning.text),
            ChipTone::Fault => (theme.fault.tint, Stroke::NONE, theme.fault.text),
            ChipTone::Accent => (theme.selection, Stroke::NONE, theme.accent),
        };
        let hovered = sense.senses_click() && response.hovered();
        let fill = if hovered && tone == ChipTone::Neutral { theme.hover } else { fill };
        let painter = ui.painter();
        painter.rect(rect, CornerRadius::same(size::CHIP_RADIUS), fill, stroke, StrokeKind::Inside);
        let mut x = rect.left() + PADDING;
        if let Some(glyph) = glyph {
            let at = egui::pos2(x + GLYPH / 2.0, rect.center().y);
            painter.text(at, Align2::CENTER_CENTER, glyph, fonts::icons(GLYPH), color);
            x += GLYPH + 4.0;
        }
        painter.galley(egui::pos2(x, rect.center().y - galley.size().y / 2.0), galley, color);
        if sense.senses_click() {
            buttons::focus_ring(ui, theme, &response, rect);
        }
    }
    response
}

/// How a cell stands, with its time while it runs; `why` shows on hover.
pub fn state_chip(ui: &mut Ui, theme: &Theme, state: CellState, elapsed_secs: f64, why: &str) -> Response {
    let (tone, glyph, words) = match state {
        CellState::NeverRun => (ChipTone::Neutral, glyph::CIRCLE_DASHED, "never run".to_owned()),
        CellState::UpToDate => (ChipTone::Good, glyph::CHECK_CIRCLE, "up to date".to_owned()),
        CellState::Stale => (ChipTone::Warning, glyph::CLOCK_BACK, "stale".to_owned()),
        CellState::Queued => (ChipTone::Neutral, glyph::CLOCK, "queued".to_owned()),
        CellState::Running => (ChipTone::Accent, glyph::SPINNER, format!("running {}", format::clock(elapsed_secs))),
        CellState::Failed => (ChipTone::Fault, glyph::X_CIRCLE, "failed".to_owned()),
    };
    let response = chip(ui, theme, tone, Some(glyph), words);
    if why.is_empty() { response } else { response.on_hover_text(why) }
}
