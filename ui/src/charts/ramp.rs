//! Colours for quantities: viridis, and the ramp for shares of a confusion matrix.

use egui::{Color32, Rgba};

use crate::theme::Theme;

/// Control points of viridis (Smith and van der Walt 2015, CC0), every eighth of the way.
const VIRIDIS: [(u8, u8, u8); 9] = [
    (0x44, 0x01, 0x54),
    (0x47, 0x2D, 0x7B),
    (0x3B, 0x52, 0x8B),
    (0x2C, 0x72, 0x8E),
    (0x21, 0x91, 0x8C),
    (0x28, 0xAE, 0x80),
    (0x5E, 0xC9, 0x62),
    (0xAD, 0xDC, 0x30),
    (0xFD, 0xE7, 0x25),
];

/// The colour of a share from 0 (worst) to 1 (best). On dark the lower 28 % are left out, which would be lost there;
/// on light the upper tenth. What is no number is the theme's dim.
#[must_use]
pub fn viridis(theme: &Theme, share: f64) -> Color32 {
    if !share.is_finite() {
        return theme.dim;
    }
    let share = share.clamp(0.0, 1.0);
    let place = if theme.dark { 0.28 + 0.72 * share } else { 0.9 * share };
    let place = place * (VIRIDIS.len() - 1) as f64;
    let from = (place.floor() as usize).min(VIRIDIS.len() - 2);
    let rest = place - from as f64;
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * rest).round() as u8;
    let (a, b) = (VIRIDIS[from], VIRIDIS[from + 1]);
    Color32::from_rgb(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

/// A colour between two, in light rather than in code values.
#[must_use]
pub fn blend(from: Color32, to: Color32, share: f32) -> Color32 {
    let share = share.clamp(0.0, 1.0);
    let (from, to) = (Rgba::from(from), Rgba::from(to));
    Color32::from(from * (1.0 - share) + to * share)
}

/// Black or white text, whichever can be read better on a colour.
#[must_use]
pub fn text_on(color: Color32) -> Color32 {
    let luminance = |color: Color32| {
        let light = Rgba::from(color);
        0.2126 * light.r() + 0.7152 * light.g() + 0.0722 * light.b()
    };
    // Contrast of WCAG 2: (lighter + 0.05) / (darker + 0.05); equal at a luminance of about 0.18.
    if luminance(color) > 0.18 { Color32::from_rgb(0x12, 0x16, 0x18) } else { Color32::WHITE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viridis_rises_in_light_and_takes_anything() {
        for theme in [Theme::light(), Theme::dark()] {
            let light: Vec<f32> = (0..=20)
                .map(|i| Rgba::from(viridis(&theme, f64::from(i) / 20.0)))
                .map(|color| 0.2126 * color.r() + 0.7152 * color.g() + 0.0722 * color.b())
                .collect();
            assert!(light.windows(2).all(|pair| pair[0] < pair[1]));
            assert_eq!(viridis(&theme, f64::NAN), theme.dim);
            assert_eq!(viridis(&theme, 7.0), viridis(&theme, 1.0));
        }
        assert_eq!(viridis(&Theme::dark(), 1.0), Color32::from_rgb(0xFD, 0xE7, 0x25));
    }
}
