//! Buttons and links.

use std::borrow::Cow;

use egui::{
    Align2, Color32, CornerRadius, CursorIcon, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2,
};

use crate::{
    fonts,
    theme::{Theme, size, text},
};

/// How a button looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ButtonKind {
    /// The one thing to do here.
    Primary,
    /// Something else to do.
    Plain,
    /// Without a border until the pointer is over it.
    Quiet,
    /// Takes something away.
    Danger,
}

/// What [`button`] draws.
#[derive(Debug, Clone)]
#[must_use = "draw it with `button`"]
pub struct Button<'a> {
    text: Cow<'a, str>,
    kind: ButtonKind,
    glyph: Option<&'a str>,
    glyph_after: Option<&'a str>,
    name: Option<Cow<'a, str>>,
    enabled: bool,
    small: bool,
    selected: bool,
    width: Option<f32>,
}

impl<'a> Button<'a> {
    fn new(text: impl Into<Cow<'a, str>>, kind: ButtonKind) -> Self {
        Self {
            text: text.into(),
            kind,
            glyph: None,
            glyph_after: None,
            name: None,
            enabled: true,
            small: false,
            selected: false,
            width: None,
        }
    }

    /// The one thing to do here.
    pub fn primary(text: impl Into<Cow<'a, str>>) -> Self {
        Self::new(text, ButtonKind::Primary)
    }

    /// Something else to do.
    pub fn plain(text: impl Into<Cow<'a, str>>) -> Self {
        Self::new(text, ButtonKind::Plain)
    }

    /// Without a border until the pointer is over it.
    pub fn quiet(text: impl Into<Cow<'a, str>>) -> Self {
        Self::new(text, ButtonKind::Quiet)
    }

    /// Takes something away.
    pub fn danger(text: impl Into<Cow<'a, str>>) -> Self {
        Self::new(text, ButtonKind::Danger)
    }

    /// A glyph before the text.
    pub fn glyph(mut self, glyph: &'a str) -> Self {
        self.glyph = Some(glyph);
        self
    }

    /// A glyph after the text, e.g. a caret.
    pub fn glyph_after(mut self, glyph: &'a str) -> Self {
        self.glyph_after = Some(glyph);
        self
    }

    /// Whether it can be pressed.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// 20 rather than 24 high.
    pub fn small(mut self) -> Self {
        self.small = true;
        self
    }

    /// Tinted, as of something that is on or open.
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = selected;
        self
    }

    /// A fixed width; the text is centred.
    pub fn width(mut self, width: f32) -> Self {
        self.width = Some(width);
        self
    }

    /// The accessible name, where the text alone does not say enough.
    pub fn name(mut self, name: impl Into<Cow<'a, str>>) -> Self {
        self.name = Some(name.into());
        self
    }
}

/// Draws a button.
pub fn button(ui: &mut Ui, theme: &Theme, button: Button<'_>) -> Response {
    if button.enabled {
        draw(ui, theme, &button)
    } else {
        ui.add_enabled_ui(false, |ui| draw(ui, theme, &button)).inner
    }
}

fn draw(ui: &mut Ui, theme: &Theme, button: &Button<'_>) -> Response {
    let font = if button.kind == ButtonKind::Primary { fonts::strong(text::BODY) } else { fonts::body(text::BODY) };
    let height = if button.small { size::CHIP } else { size::CONTROL };
    let padding = match (button.kind, button.small) {
        (ButtonKind::Quiet, _) | (_, true) => 7.0,
        (ButtonKind::Primary, false) => 12.0,
        _ => 10.0,
    };
    let glyph_size = if button.small { 13.0 } else { 14.0 };
    let room = ui.available_width().max(24.0);
    let galley = ui.painter().layout_no_wrap(button.text.to_string(), font.clone(), Color32::PLACEHOLDER);
    let extra = |glyph: Option<&str>| if glyph.is_some() { glyph_size + 5.0 } else { 0.0 };
    let extras = extra(button.glyph) + extra(button.glyph_after) + 2.0 * padding;
    let galley = if galley.size().x + extras > room && button.width.is_none() {
        elided(ui, &button.text, font, room - extras)
    } else if let Some(width) = button.width.filter(|width| galley.size().x + extras > *width) {
        elided(ui, &button.text, font, width - extras)
    } else {
        galley
    };
    let width = button.width.unwrap_or(galley.size().x + extras);
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
    let name = button.name.as_ref().unwrap_or(&button.text);
    response.widget_info(|| {
        if button.selected {
            WidgetInfo::selected(Role::Button, ui.is_enabled(), true, name)
        } else {
            WidgetInfo::labeled(Role::Button, ui.is_enabled(), name)
        }
    });
    if ui.is_rect_visible(rect) {
        let (fill, stroke, color) = colors(theme, button, &response);
        let painter = ui.painter();
        painter.rect(rect, CornerRadius::same(size::RADIUS - 1), fill, stroke, StrokeKind::Inside);
        let content = galley.size().x + extra(button.glyph) + extra(button.glyph_after);
        let mut x = rect.center().x - content / 2.0;
        let middle = rect.center().y;
        if let Some(glyph) = button.glyph {
            let at = egui::pos2(x + glyph_size / 2.0, middle);
            painter.text(at, Align2::CENTER_CENTER, glyph, fonts::icons(glyph_size), color);
            x += glyph_size + 5.0;
        }
        let text_width = galley.size().x;
        painter.galley(egui::pos2(x, middle - galley.size().y / 2.0), galley, color);
        if let Some(glyph) = button.glyph_after {
            let at = egui::pos2(x + text_width + 5.0 + glyph_size / 2.0, middle);
            painter.text(at, Align2::CENTER_CENTER, glyph, fonts::icons(glyph_size - 2.0), color);
        }
        focus_ring(ui, theme, &response, rect);
    }
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// A galley of one line, cut with an ellipsis to `width`.
pub(crate) fn elided(ui: &Ui, text: &str, font: egui::FontId, width: f32) -> std::sync::Arc<egui::Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, Color32::PLACEHOLDER);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(8.0));
    ui.painter().layout_job(job)
}

fn colors(theme: &Theme, button: &Button<'_>, response: &Response) -> (Color32, Stroke, Color32) {
    let border = Stroke::new(1.0, theme.border);
    let hovered = response.hovered() && response.enabled();
    let pressed = response.is_pointer_button_down_on();
    match button.kind {
        ButtonKind::Primary => {
            let fill = if pressed {
                theme.accent.lerp_to_gamma(theme.text, 0.22)
            } else if hovered {
                theme.accent.lerp_to_gamma(theme.text, 0.12)
            } else {
                theme.accent
            };
            (fill, Stroke::NONE, theme.on_accent)
        }
        _ if button.selected => (theme.selection, Stroke::new(1.0, theme.accent.gamma_multiply(0.45)), theme.accent),
        ButtonKind::Plain => (if hovered { theme.hover } else { theme.card }, border, theme.text),
        ButtonKind::Quiet => (if hovered { theme.hover } else { Color32::TRANSPARENT }, Stroke::NONE, theme.text),
        ButtonKind::Danger => (if hovered { theme.fault.tint } else { theme.card }, border, theme.fault.text),
    }
}

/// The ring around what has the keyboard's focus.
pub fn focus_ring(ui: &Ui, theme: &Theme, response: &Response, rect: Rect) {
    if response.has_focus() {
        let painter = ui.painter();
        painter.rect_stroke(
            rect.expand(1.5),
            CornerRadius::same(size::RADIUS),
            Stroke::new(1.5, theme.accent),
            StrokeKind::Outside,
        );
    }
}

/// A square button with a glyph; its name shows on hover.
pub fn icon_button(ui: &mut Ui, theme: &Theme, glyph: &str, name: &str) -> Response {
    glyph_button(ui, theme, glyph, name, None, theme.dim)
}

/// The same for something that is on or off.
pub fn toggle_icon_button(ui: &mut Ui, theme: &Theme, glyph: &str, name: &str, on: bool) -> Response {
    glyph_button(ui, theme, glyph, name, Some(on), if on { theme.accent } else { theme.dim })
}

fn glyph_button(ui: &mut Ui, theme: &Theme, glyph: &str, name: &str, on: Option<bool>, color: Color32) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(size::CONTROL, size::CONTROL), Sense::click());
    response.widget_info(|| match on {
        Some(on) => WidgetInfo::selected(Role::Button, ui.is_enabled(), on, name),
        None => WidgetInfo::labeled(Role::Button, ui.is_enabled(), name),
    });
    if ui.is_rect_visible(rect) {
        if response.hovered() {
            ui.painter().rect_filled(rect, CornerRadius::same(size::CHIP_RADIUS), theme.hover);
        }
        let color = if response.hovered() && on != Some(true) { theme.text } else { color };
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, glyph, fonts::icons(16.0), color);
        focus_ring(ui, theme, &response, rect);
    }
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(name)
}

/// Text in the accent colour that leads somewhere.
pub fn link(ui: &mut Ui, theme: &Theme, text: impl Into<String>) -> Response {
    let words = text.into();
    let galley = elided(ui, &words, fonts::body(text::BODY), ui.available_width());
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Link, ui.is_enabled(), &words));
    if ui.is_rect_visible(rect) {
        ui.painter().galley(rect.min, galley, theme.accent);
        if response.hovered() {
            ui.painter().hline(rect.x_range(), rect.bottom() - 1.0, Stroke::new(1.0, theme.accent));
        }
        focus_ring(ui, theme, &response, rect);
    }
    response.on_hover_cursor(CursorIcon::PointingHand)
}
