//! The small parts everything is drawn with. Each takes the theme, has an accessible name and role, and is reached
//! by Tab where it can be used.

pub mod buttons;
pub mod chips;
pub mod columns;
pub mod format;
pub mod frames;
pub mod glyph;
pub mod grid;
pub mod inputs;
pub mod labels;
pub mod menus;
pub mod style;

pub use buttons::{Button, ButtonKind, button, focus_ring, icon_button, link, toggle_icon_button};
pub use chips::{ChipTone, chip, chip_button, chip_width, state_chip};
pub use columns::{columns_picker, type_glyph};
pub use frames::{
    card, empty_state, error_card, hairline, loading, mark, mini_histogram, progress_bar, share_bar, spinner,
    vertical_hairline,
};
pub use inputs::{
    checkbox, figure_field, mono_field, number_field, segmented, segmented_wide, select, switch, text_area, text_field,
};
pub use labels::{dim, field_label, heading, icon, mono, paragraph, small, small_strong, strong, text, title};
pub use menus::{menu_heading, menu_item, menu_popup, menu_separator};
