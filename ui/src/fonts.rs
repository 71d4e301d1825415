//! Type: Inter with tabular figures, JetBrains Mono without ligatures, Phosphor for glyphs. All ship in `assets/fonts`.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily, FontId};

/// Family of glyphs.
pub const ICONS: &str = "icons";
/// Family of filled glyphs.
pub const ICONS_FILL: &str = "icons-fill";
/// Inter at weight 600.
pub const STRONG: &str = "strong";
/// JetBrains Mono at weight 600.
pub const MONO_STRONG: &str = "mono-strong";

/// Text at weight 400.
#[must_use]
pub fn body(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// Text at weight 600.
#[must_use]
pub fn strong(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(STRONG.into()))
}

/// Code and cells.
#[must_use]
pub fn mono(size: f32) -> FontId {
    FontId::new(size, FontFamily::Monospace)
}

/// Code and cells at weight 600.
#[must_use]
pub fn mono_strong(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(MONO_STRONG.into()))
}

/// Glyphs.
#[must_use]
pub fn icons(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(ICONS.into()))
}

/// Filled glyphs.
#[must_use]
pub fn icons_fill(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(ICONS_FILL.into()))
}

/// The definitions of all families.
#[must_use]
pub fn definitions() -> FontDefinitions {
    let files: [(&str, &'static [u8]); 6] = [
        ("Inter", include_bytes!("../../assets/fonts/InterTabular-Regular.ttf")),
        ("Inter 600", include_bytes!("../../assets/fonts/InterTabular-SemiBold.ttf")),
        ("Mono", include_bytes!("../../assets/fonts/JetBrainsMonoNL-Regular.ttf")),
        ("Mono 600", include_bytes!("../../assets/fonts/JetBrainsMonoNL-SemiBold.ttf")),
        ("Phosphor", include_bytes!("../../assets/fonts/Phosphor.ttf")),
        ("Phosphor fill", include_bytes!("../../assets/fonts/Phosphor-Fill.ttf")),
    ];
    let mut fonts = FontDefinitions::empty();
    for (name, bytes) in files {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let families: [(FontFamily, &[&str]); 6] = [
        (FontFamily::Proportional, &["Inter", "Mono", "Phosphor"]),
        (FontFamily::Monospace, &["Mono", "Inter", "Phosphor"]),
        (FontFamily::Name(STRONG.into()), &["Inter 600", "Inter", "Mono", "Phosphor"]),
        (FontFamily::Name(MONO_STRONG.into()), &["Mono 600", "Mono", "Inter", "Phosphor"]),
        (FontFamily::Name(ICONS.into()), &["Phosphor", "Inter"]),
        (FontFamily::Name(ICONS_FILL.into()), &["Phosphor fill", "Inter"]),
    ];
    for (family, names) in families {
        fonts.families.insert(family, names.iter().map(|name| (*name).to_owned()).collect());
    }
    fonts
}

/// Installs the families; they are there from the next frame on.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(definitions());
}
