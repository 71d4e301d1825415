//! The theme as egui's own style, for what egui draws itself: editors, scroll bars, tooltips, menus.

use egui::{
    Color32, CornerRadius, Margin, Stroke, Style, TextStyle, Vec2, Visuals,
    style::{ScrollStyle, WidgetVisuals},
    vec2,
};

use crate::{
    fonts,
    theme::{Theme, size, text},
};

/// Makes egui draw in the theme.
pub fn apply(ctx: &egui::Context, theme: &Theme) {
    let which = if theme.dark { egui::Theme::Dark } else { egui::Theme::Light };
    ctx.set_theme(which);
    let style = style(theme);
    ctx.set_style_of(which, style);
}

/// egui's style of a theme.
#[must_use]
pub fn style(theme: &Theme) -> Style {
    let text_styles = [
        (TextStyle::Small, fonts::body(text::SMALL)),
        (TextStyle::Body, fonts::body(text::BODY)),
        (TextStyle::Button, fonts::body(text::BODY)),
        (TextStyle::Heading, fonts::strong(text::HEADING)),
        (TextStyle::Monospace, fonts::mono(text::MONO)),
    ];
    let mut style = Style { text_styles: text_styles.into(), ..Style::default() };
    style.animation_time = 0.08;
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.35;
    style.spacing.item_spacing = vec2(8.0, 4.0);
    style.spacing.button_padding = vec2(8.0, 4.0);
    style.spacing.interact_size = vec2(24.0, size::CONTROL);
    style.spacing.menu_margin = Margin::same(4);
    style.spacing.window_margin = Margin::same(12);
    style.spacing.tooltip_width = 320.0;
    style.spacing.scroll = ScrollStyle {
        bar_width: 8.0,
        floating_width: 4.0,
        dormant_handle_opacity: 0.35,
        dormant_background_opacity: 0.0,
        active_background_opacity: 0.0,
        interact_background_opacity: 0.3,
        ..ScrollStyle::floating()
    };
    style.visuals = visuals(theme);
    style
}

fn visuals(theme: &Theme) -> Visuals {
    let mut visuals = if theme.dark { Visuals::dark() } else { Visuals::light() };
    let radius = CornerRadius::same(size::RADIUS);
    let state = |fill: Color32, border: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, border),
        corner_radius: CornerRadius::same(size::CHIP_RADIUS),
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    visuals.widgets.noninteractive = state(theme.panel, theme.border, theme.text);
    visuals.widgets.inactive = state(theme.card, theme.border, theme.text);
    visuals.widgets.hovered = state(theme.hover, theme.border, theme.text);
    visuals.widgets.active = state(theme.selection, theme.accent, theme.text);
    visuals.widgets.open = state(theme.hover, theme.border, theme.text);
    // Scroll bars take `bg_fill`: it has to stand out from the card.
    visuals.widgets.inactive.bg_fill = theme.dim;
    visuals.widgets.hovered.bg_fill = theme.dim;
    visuals.widgets.active.bg_fill = theme.accent;
    visuals.selection.bg_fill =
        if theme.dark { theme.accent.gamma_multiply(0.35) } else { Color32::from_rgb(0xBF, 0xDF, 0xE7) };
    visuals.selection.stroke = Stroke::new(1.0, theme.text);
    visuals.hyperlink_color = theme.accent;
    visuals.faint_bg_color = theme.panel;
    visuals.extreme_bg_color = theme.card;
    visuals.code_bg_color = theme.panel;
    visuals.warn_fg_color = theme.warning.text;
    visuals.error_fg_color = theme.fault.text;
    visuals.window_fill = theme.card;
    visuals.panel_fill = theme.background;
    visuals.window_stroke = Stroke::new(1.0, theme.border);
    visuals.window_corner_radius = radius;
    visuals.menu_corner_radius = radius;
    let shadow = egui::Shadow {
        offset: [0, 4],
        blur: 16,
        spread: 0,
        color: Color32::from_black_alpha(if theme.dark { 110 } else { 34 }),
    };
    visuals.window_shadow = shadow;
    visuals.popup_shadow = shadow;
    visuals.weak_text_color = Some(theme.dim);
    visuals.text_cursor.stroke = Stroke::new(1.5, theme.text);
    visuals.text_cursor.blink = false;
    visuals.disabled_alpha = 0.45;
    visuals
}

/// No spacing between items, for rows that place their own gaps.
pub fn tight(ui: &mut egui::Ui) {
    ui.spacing_mut().item_spacing = Vec2::ZERO;
}
