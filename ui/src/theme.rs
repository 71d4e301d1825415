//! Colours, sizes and type. One spacing grid of 4, one type scale, one accent colour, series after Okabe and Ito.

use egui::Color32;

/// Sizes in points.
pub mod size {
    /// Title bar.
    pub const TITLE_BAR: f32 = 36.0;
    /// Rail at the left edge.
    pub const RAIL: f32 = 44.0;
    /// Button in the rail.
    pub const RAIL_BUTTON: f32 = 32.0;
    /// Side panel.
    pub const SIDE_PANEL: f32 = 208.0;
    /// Strip of tabs.
    pub const TABS: f32 = 32.0;
    /// Inspector.
    pub const INSPECTOR: f32 = 252.0;
    /// Status bar.
    pub const STATUS_BAR: f32 = 24.0;
    /// Padding of the notebook.
    pub const NOTEBOOK_PADDING: f32 = 12.0;
    /// Header of a card.
    pub const CARD_HEADER: f32 = 32.0;
    /// Footer of a card.
    pub const CARD_FOOTER: f32 = 24.0;
    /// Inputs and buttons.
    pub const CONTROL: f32 = 24.0;
    /// Chips.
    pub const CHIP: f32 = 20.0;
    /// Row of the grid.
    pub const GRID_ROW: f32 = 22.0;
    /// Row of a grid whose cells show so many lines of text: one, two or four.
    #[must_use]
    pub const fn grid_row(lines: u8) -> f32 {
        match lines {
            0 | 1 => GRID_ROW,
            2 => 40.0,
            _ => 72.0,
        }
    }
    /// Header of the grid.
    pub const GRID_HEADER: f32 = 64.0;
    /// Corner radius of cards and inputs.
    pub const RADIUS: u8 = 6;
    /// Corner radius of chips.
    pub const CHIP_RADIUS: u8 = 4;
}

/// Sizes of type in points.
pub mod text {
    /// Grid header figures, axis labels, chips, status bar, field labels.
    pub const SMALL: f32 = 11.0;
    /// Code and grid cells.
    pub const MONO: f32 = 12.0;
    /// Controls and lists.
    pub const BODY: f32 = 12.0;
    /// Names of cards, panel titles.
    pub const TITLE: f32 = 13.0;
    /// Headings.
    pub const HEADING: f32 = 15.0;
    /// Metric tiles, first start.
    pub const LARGE: f32 = 20.0;
}

/// Everything that has a colour.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Whether this is the dark theme.
    pub dark: bool,
    /// Behind everything.
    pub background: Color32,
    /// Rail, side panel, bars.
    pub panel: Color32,
    /// Cards and inputs.
    pub card: Color32,
    /// Hairlines.
    pub border: Color32,
    /// Text.
    pub text: Color32,
    /// Less important text; still at least 4.5 against the card.
    pub dim: Color32,
    /// The one accent.
    pub accent: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// Selected rows and columns.
    pub selection: Color32,
    /// Under the pointer.
    pub hover: Color32,
    /// Grid lines of charts and tables.
    pub grid_line: Color32,
    /// Good.
    pub good: Tone,
    /// Warning.
    pub warning: Tone,
    /// Fault.
    pub fault: Tone,
    /// Changed cells.
    pub changed: Tone,
    /// Header of an added column.
    pub added_header: Color32,
    /// Slots of series; a run keeps its slot.
    pub series: [Color32; 6],
}

/// A state's colour for glyphs and bars, for text, and for the tint behind text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tone {
    /// Glyphs and bars.
    pub mark: Color32,
    /// Text.
    pub text: Color32,
    /// Behind text.
    pub tint: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

const fn tone(mark: u32, text: u32, tint: u32) -> Tone {
    Tone { mark: rgb(mark), text: rgb(text), tint: rgb(tint) }
}

impl Theme {
    /// The light theme.
    #[must_use]
    pub const fn light() -> Self {
        Self {
            dark: false,
            background: rgb(0xFB_FB_FA),
            panel: rgb(0xF4_F4_F2),
            card: rgb(0xFF_FF_FF),
            border: rgb(0xE3_E2_DE),
            text: rgb(0x1F_1F_1D),
            dim: rgb(0x6B_6A_66),
            accent: rgb(0x0F_6E_84),
            on_accent: rgb(0xFF_FF_FF),
            selection: rgb(0xE1_EF_F2),
            hover: rgb(0xEF_EF_EC),
            grid_line: rgb(0xED_EC_E9),
            good: tone(0x2E_8B_57, 0x1E_73_45, 0xE6_F3_EB),
            warning: tone(0xB7_79_1F, 0x8A_5A_0F, 0xFB_F1_DF),
            fault: tone(0xC2_41_3B, 0xB2_36_30, 0xFB_EA_E8),
            changed: tone(0x1F_5C_99, 0x1F_5C_99, 0xE4_EE_F9),
            added_header: rgb(0xD3_EA_DC),
            series: [
                rgb(0x00_72_B2),
                rgb(0xB8_7A_00),
                rgb(0x00_9E_73),
                rgb(0xCC_79_A7),
                rgb(0xD5_5E_00),
                rgb(0x4D_4D_4A),
            ],
        }
    }

    /// The dark theme.
    #[must_use]
    pub const fn dark() -> Self {
        Self {
            dark: true,
            background: rgb(0x17_18_1A),
            panel: rgb(0x1D_1F_22),
            card: rgb(0x22_25_29),
            border: rgb(0x33_36_3B),
            text: rgb(0xE6_E6_E3),
            dim: rgb(0x9A_9B_97),
            accent: rgb(0x4C_B8_CF),
            on_accent: rgb(0x10_24_29),
            selection: rgb(0x1C_34_3B),
            hover: rgb(0x2A_2E_33),
            grid_line: rgb(0x2C_2F_34),
            good: tone(0x2E_8B_57, 0x5F_C3_8D, 0x1E_33_28),
            warning: tone(0xB7_79_1F, 0xE2_AC_55, 0x3A_2E_1A),
            fault: tone(0xC2_41_3B, 0xF0_8A_82, 0x3B_24_22),
            changed: tone(0x8F_BD_F0, 0x8F_BD_F0, 0x1F_2F_44),
            added_header: rgb(0x24_43_2F),
            series: [
                rgb(0x56_B4_E9),
                rgb(0xE6_9F_00),
                rgb(0x00_9E_73),
                rgb(0xCC_79_A7),
                rgb(0xD5_5E_00),
                rgb(0xF0_E4_42),
            ],
        }
    }
}
