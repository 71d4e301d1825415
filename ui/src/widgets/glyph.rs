//! Glyphs of the icon font (Phosphor, regular weight) by name; each is one private-use character of the
//! family [`crate::fonts::ICONS`].

/// `play`.
pub const PLAY: &str = "\u{e3d0}";
/// `stop`.
pub const STOP: &str = "\u{e46c}";
/// `pause`.
pub const PAUSE: &str = "\u{e39e}";
/// `plus`.
pub const PLUS: &str = "\u{e3d4}";
/// `minus`.
pub const MINUS: &str = "\u{e32a}";
/// `dots-three`.
pub const DOTS: &str = "\u{e1fe}";
/// `caret-right`.
pub const CARET_RIGHT: &str = "\u{e13a}";
/// `caret-down`.
pub const CARET_DOWN: &str = "\u{e136}";
/// `caret-left`.
pub const CARET_LEFT: &str = "\u{e138}";
/// `caret-up`.
pub const CARET_UP: &str = "\u{e13c}";
/// `check`.
pub const CHECK: &str = "\u{e182}";
/// `check-circle`.
pub const CHECK_CIRCLE: &str = "\u{e184}";
/// `warning`.
pub const WARNING: &str = "\u{e4e0}";
/// `x-circle`.
pub const X_CIRCLE: &str = "\u{e4f8}";
/// `x`.
pub const X: &str = "\u{e4f6}";
/// `info`.
pub const INFO: &str = "\u{e2ce}";
/// `question`.
pub const QUESTION: &str = "\u{e3e8}";
/// `circle`.
pub const CIRCLE: &str = "\u{e18a}";
/// `circle-dashed`.
pub const CIRCLE_DASHED: &str = "\u{e602}";
/// `table`.
pub const TABLE: &str = "\u{e476}";
/// `database`.
pub const DATABASE: &str = "\u{e1de}";
/// `wrench`.
pub const WRENCH: &str = "\u{e5d4}";
/// `tree-structure`.
pub const SPLIT: &str = "\u{e67c}";
/// `chart-line-up`.
pub const CHART_LINE: &str = "\u{e156}";
/// `chart-bar`.
pub const CHART_BAR: &str = "\u{e150}";
/// `chart-scatter`.
pub const CHART_SCATTER: &str = "\u{eaac}";
/// `sliders-horizontal`.
pub const SLIDERS: &str = "\u{e434}";
/// `file-text`.
pub const FILE_TEXT: &str = "\u{e23a}";
/// `file`.
pub const FILE: &str = "\u{e230}";
/// `file-arrow-down`.
pub const FILE_ARROW_DOWN: &str = "\u{e232}";
/// `note`.
pub const NOTE: &str = "\u{e348}";
/// `funnel`.
pub const FUNNEL: &str = "\u{e266}";
/// `magnifying-glass`.
pub const SEARCH: &str = "\u{e30c}";
/// `gear-six`.
pub const GEAR: &str = "\u{e272}";
/// `cpu`.
pub const CPU: &str = "\u{e610}";
/// `graphics-card`.
pub const GPU: &str = "\u{e612}";
/// `git-branch`.
pub const GIT_BRANCH: &str = "\u{e278}";
/// `git-commit`.
pub const GIT_COMMIT: &str = "\u{e27a}";
/// `git-diff`.
pub const GIT_DIFF: &str = "\u{e27c}";
/// `eye`.
pub const EYE: &str = "\u{e220}";
/// `eye-slash`.
pub const EYE_SLASH: &str = "\u{e224}";
/// `trophy`.
pub const TROPHY: &str = "\u{e67e}";
/// `cube`.
pub const CUBE: &str = "\u{e1da}";
/// `clock`.
pub const CLOCK: &str = "\u{e19a}";
/// `clock-counter-clockwise`.
pub const CLOCK_BACK: &str = "\u{e1a0}";
/// `arrow-left`.
pub const ARROW_LEFT: &str = "\u{e058}";
/// `arrow-right`.
pub const ARROW_RIGHT: &str = "\u{e06c}";
/// `arrow-up`.
pub const ARROW_UP: &str = "\u{e08e}";
/// `arrow-down`.
pub const ARROW_DOWN: &str = "\u{e03e}";
/// `arrow-clockwise`.
pub const ARROW_CLOCKWISE: &str = "\u{e036}";
/// `arrows-down-up`.
pub const ARROWS_DOWN_UP: &str = "\u{e098}";
/// `download-simple`.
pub const DOWNLOAD: &str = "\u{e20c}";
/// `upload-simple`.
pub const UPLOAD: &str = "\u{e4c0}";
/// `export`.
pub const EXPORT: &str = "\u{eaf0}";
/// `copy`.
pub const COPY: &str = "\u{e1ca}";
/// `clipboard-text`.
pub const CLIPBOARD: &str = "\u{e198}";
/// `trash`.
pub const TRASH: &str = "\u{e4a6}";
/// `pencil-simple`.
pub const PENCIL: &str = "\u{e3b4}";
/// `arrow-u-up-left`.
pub const UNDO: &str = "\u{e08a}";
/// `arrow-u-up-right`.
pub const REDO: &str = "\u{e08c}";
/// `arrows-out`.
pub const EXPAND: &str = "\u{e0a2}";
/// `arrows-in`.
pub const COMPRESS: &str = "\u{e09a}";
/// `list-bullets`.
pub const LIST: &str = "\u{e2f2}";
/// `graph`.
pub const GRAPH: &str = "\u{eb58}";
/// `flow-arrow`.
pub const FLOW: &str = "\u{e6ec}";
/// `target`.
pub const TARGET: &str = "\u{e47c}";
/// `code`.
pub const CODE: &str = "\u{e1bc}";
/// `link`.
pub const LINK: &str = "\u{e2e2}";
/// `arrows-down-up`.
pub const SORT: &str = "\u{e098}";
/// `sort-ascending`.
pub const SORT_ASCENDING: &str = "\u{e444}";
/// `sort-descending`.
pub const SORT_DESCENDING: &str = "\u{e446}";
/// `hash`.
pub const HASH: &str = "\u{e2a2}";
/// `text-aa`.
pub const TEXT_AA: &str = "\u{e6ee}";
/// `calendar-blank`.
pub const CALENDAR: &str = "\u{e10a}";
/// `timer`.
pub const TIMER: &str = "\u{e492}";
/// `toggle-left`.
pub const TOGGLE: &str = "\u{e674}";
/// `columns`.
pub const COLUMNS: &str = "\u{e546}";
/// `rows`.
pub const ROWS: &str = "\u{e5a2}";
/// `folder`.
pub const FOLDER: &str = "\u{e24a}";
/// `folder-open`.
pub const FOLDER_OPEN: &str = "\u{e256}";
/// `notebook`.
pub const NOTEBOOK: &str = "\u{e34e}";
/// `file-csv`.
pub const FILE_CSV: &str = "\u{eb1c}";
/// `scissors`.
pub const SCISSORS: &str = "\u{eae0}";
/// `circle-notch`.
pub const SPINNER: &str = "\u{eb44}";
/// `command`.
pub const COMMAND: &str = "\u{e1c4}";
/// `keyboard`.
pub const KEYBOARD: &str = "\u{e2d8}";
/// `sidebar-simple`.
pub const SIDEBAR: &str = "\u{ec24}";
/// `square-split-horizontal`.
pub const SQUARE_SPLIT: &str = "\u{e870}";
/// `square-split-vertical`.
pub const SQUARE_SPLIT_VERTICAL: &str = "\u{e874}";
/// `sun`.
pub const SUN: &str = "\u{e472}";
/// `moon`.
pub const MOON: &str = "\u{e330}";
/// `monitor`.
pub const MONITOR: &str = "\u{e32e}";
/// `plugs`.
pub const PLUGS: &str = "\u{eb56}";
/// `plugs-connected`.
pub const PLUGS_CONNECTED: &str = "\u{eb5a}";
/// `push-pin`.
pub const PUSH_PIN: &str = "\u{e3e2}";
/// `star`.
pub const STAR: &str = "\u{e46a}";
/// `tag`.
pub const TAG: &str = "\u{e478}";
/// `lightning`.
pub const LIGHTNING: &str = "\u{e2de}";
/// `sparkle`.
pub const SPARKLE: &str = "\u{e6a2}";
/// `scales`.
pub const SCALES: &str = "\u{e750}";
/// `ruler`.
pub const RULER: &str = "\u{e6b8}";
/// `function`.
pub const FUNCTION: &str = "\u{ebe4}";
/// `equals`.
pub const EQUALS: &str = "\u{e21c}";
/// `trend-up`.
pub const TREND_UP: &str = "\u{e4ae}";
/// `trend-down`.
pub const TREND_DOWN: &str = "\u{e4ac}";
/// `flag`.
pub const FLAG: &str = "\u{e244}";
/// `flag-checkered`.
pub const FLAG_CHECKERED: &str = "\u{ea38}";
/// `crosshair`.
pub const CROSSHAIR: &str = "\u{e1d6}";
/// `broom`.
pub const BROOM: &str = "\u{ec54}";
/// `brackets-curly`.
pub const BRACKETS_CURLY: &str = "\u{e860}";
/// `list-numbers`.
pub const LIST_NUMBERS: &str = "\u{e2f6}";
/// `list-checks`.
pub const LIST_CHECKS: &str = "\u{eadc}";
/// `dots-six-vertical`.
pub const DOTS_SIX: &str = "\u{eae2}";
/// `check-square`.
pub const CHECK_SQUARE: &str = "\u{e186}";
/// `square`.
pub const SQUARE: &str = "\u{e45e}";
/// `arrow-square-out`.
pub const ARROW_SQUARE_OUT: &str = "\u{e5de}";
/// `globe`.
pub const GLOBE: &str = "\u{e288}";
/// `tree`.
pub const TREE: &str = "\u{e6da}";
/// `stack`.
pub const STACK: &str = "\u{e466}";
/// `compass`.
pub const COMPASS: &str = "\u{e1c8}";
/// `house`.
pub const HOUSE: &str = "\u{e2c2}";
/// `book-open`.
pub const BOOK_OPEN: &str = "\u{e0e6}";
/// `columns-plus-right`.
pub const COLUMNS_PLUS: &str = "\u{e542}";
/// `text-t`.
pub const TEXT_T: &str = "\u{e48a}";
/// `text-columns`.
pub const TEXT_COLUMNS: &str = "\u{ec96}";
/// `markdown-logo`.
pub const MARKDOWN: &str = "\u{e508}";
/// `lock-simple`.
pub const LOCK: &str = "\u{e308}";
/// `hand`.
pub const HAND: &str = "\u{e298}";
/// `bug`.
pub const BUG: &str = "\u{e5f4}";
/// `bell`.
pub const BELL: &str = "\u{e0ce}";
/// `shuffle`.
pub const SHUFFLE: &str = "\u{e422}";
/// `recycle`.
pub const RECYCLE: &str = "\u{e75a}";
/// `eraser`.
pub const ERASER: &str = "\u{e21e}";
/// `magic-wand`.
pub const MAGIC_WAND: &str = "\u{e6b6}";
/// `binoculars`.
pub const BINOCULARS: &str = "\u{ea64}";
/// `path`.
pub const PATH: &str = "\u{e39c}";
/// `map-trifold`.
pub const MAP: &str = "\u{e31a}";

#[cfg(test)]
mod tests {
    #[test]
    fn a_glyph_is_one_private_character() {
        for glyph in [super::PLAY, super::SPLIT, super::DOTS, super::SPINNER] {
            let mut characters = glyph.chars();
            assert!(characters.next().is_some_and(|c| ('\u{e000}'..='\u{f8ff}').contains(&c)));
            assert_eq!(characters.next(), None);
        }
    }
}
