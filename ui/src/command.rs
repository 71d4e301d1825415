//! The one registry of commands: menu, palette, shortcuts and help are made from [`COMMANDS`].

use egui::{Key, KeyboardShortcut, Modifiers};

use crate::widgets::glyph;

/// A command without arguments; panes and cells that need an argument take it from the selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the table below says what each does")]
pub enum Command {
    Palette,
    OpenByName,
    Help,
    ToggleSidePanel,
    ToggleInspector,
    ToggleJobs,
    NextRegion,
    PreviousRegion,
    ThemeLight,
    ThemeDark,
    ThemeSystem,
    ShowNotebook,
    ShowData,
    ShowRuns,
    ShowLineage,
    ShowSweeps,
    ShowModels,
    ShowReports,
    ShowKernels,
    ShowSettings,
    ShowWelcome,
    OpenProject,
    NewProject,
    CloseProject,
    AddData,
    NewNotebook,
    Commit,
    InitGit,
    RunCell,
    RunCellAndNext,
    RunAllStale,
    RunCellAgain,
    CancelJobs,
    Undo,
    Redo,
    ToggleAutoRun,
    AddWrangle,
    AddSplit,
    AddTrain,
    AddSweep,
    AddReport,
    AddNote,
    MoveUp,
    MoveDown,
    DeleteCell,
    Maximise,
    Find,
    FilterTable,
    DataQuality,
    CompareTables,
    RowsOfOneLine,
    RowsOfTwoLines,
    RowsOfFourLines,
    CloseTab,
    NextTab,
    PreviousTab,
    SplitRight,
    SplitDown,
}

/// Under which head a command stands in help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the titles say it")]
pub enum Section {
    General,
    GoTo,
    Project,
    Notebook,
    Tabs,
}

impl Section {
    /// All, in the order of help.
    pub const ALL: [Self; 5] = [Self::General, Self::Notebook, Self::GoTo, Self::Project, Self::Tabs];

    /// Title.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::General => "Window",
            Self::GoTo => "Go to",
            Self::Project => "Project",
            Self::Notebook => "Notebook",
            Self::Tabs => "Tabs",
        }
    }
}

/// A row of the registry.
#[derive(Debug, Clone, Copy)]
pub struct CommandInfo {
    /// The command.
    pub command: Command,
    /// What it does, a verb first.
    pub title: &'static str,
    /// Its glyph in the palette.
    pub glyph: &'static str,
    /// Its head in help.
    pub section: Section,
    /// Keys, the first one shown.
    pub keys: &'static [KeyboardShortcut],
    /// Whether the keys also work while text is edited.
    pub in_text: bool,
}

const fn key(modifiers: Modifiers, logical_key: Key) -> KeyboardShortcut {
    KeyboardShortcut { modifiers, logical_key }
}

const NONE: Modifiers = Modifiers::NONE;
const SHIFT: Modifiers = Modifiers::SHIFT;
const ALT: Modifiers = Modifiers::ALT;
const COMMAND: Modifiers = Modifiers::COMMAND;
const COMMAND_SHIFT: Modifiers = Modifiers { shift: true, ..Modifiers::COMMAND };

const fn row(
    command: Command,
    title: &'static str,
    glyph: &'static str,
    section: Section,
    keys: &'static [KeyboardShortcut],
    in_text: bool,
) -> CommandInfo {
    CommandInfo { command, title, glyph, section, keys, in_text }
}

/// Every command, in the order of help.
pub static COMMANDS: &[CommandInfo] = &[
    row(Command::Palette, "Search or run a command", glyph::SEARCH, Section::General, &[key(COMMAND, Key::K)], true),
    row(Command::OpenByName, "Open by name", glyph::SEARCH, Section::General, &[key(COMMAND, Key::P)], true),
    row(Command::Help, "Show keys and commands", glyph::KEYBOARD, Section::General, &[key(NONE, Key::F1)], true),
    row(
        Command::ToggleSidePanel,
        "Show or hide the side panel",
        glyph::SIDEBAR,
        Section::General,
        &[key(COMMAND, Key::B)],
        true,
    ),
    row(
        Command::ToggleInspector,
        "Show or hide the inspector",
        glyph::SIDEBAR,
        Section::General,
        &[key(COMMAND_SHIFT, Key::B)],
        true,
    ),
    row(Command::ToggleJobs, "Show jobs", glyph::LIST_CHECKS, Section::General, &[key(COMMAND, Key::J)], true),
    row(
        Command::NextRegion,
        "Go to the next part of the window",
        glyph::SQUARE_SPLIT,
        Section::General,
        &[key(NONE, Key::F6)],
        true,
    ),
    row(
        Command::PreviousRegion,
        "Go to the previous part of the window",
        glyph::SQUARE_SPLIT,
        Section::General,
        &[key(SHIFT, Key::F6)],
        true,
    ),
    row(Command::Find, "Find in what has the focus", glyph::SEARCH, Section::General, &[key(COMMAND, Key::F)], true),
    row(Command::ThemeLight, "Use the light theme", glyph::SUN, Section::General, &[], true),
    row(Command::ThemeDark, "Use the dark theme", glyph::MOON, Section::General, &[], true),
    row(Command::ThemeSystem, "Use the system's theme", glyph::MONITOR, Section::General, &[], true),
    row(Command::RunCell, "Run the cell", glyph::PLAY, Section::Notebook, &[key(COMMAND, Key::Enter)], true),
    row(
        Command::RunCellAndNext,
        "Run the cell and go on",
        glyph::PLAY,
        Section::Notebook,
        &[key(SHIFT, Key::Enter)],
        false,
    ),
    row(
        Command::RunAllStale,
        "Run all stale cells",
        glyph::LIGHTNING,
        Section::Notebook,
        &[key(COMMAND_SHIFT, Key::Enter)],
        true,
    ),
    row(
        Command::RunCellAgain,
        "Run the cell again even if it is up to date",
        glyph::ARROW_CLOCKWISE,
        Section::Notebook,
        &[],
        true,
    ),
    row(Command::CancelJobs, "Stop everything that runs", glyph::STOP, Section::Notebook, &[], true),
    row(Command::Undo, "Undo", glyph::UNDO, Section::Notebook, &[key(COMMAND, Key::Z)], false),
    row(
        Command::Redo,
        "Redo",
        glyph::REDO,
        Section::Notebook,
        &[key(COMMAND_SHIFT, Key::Z), key(COMMAND, Key::Y)],
        false,
    ),
    row(Command::ToggleAutoRun, "Switch automatic running on or off", glyph::LIGHTNING, Section::Notebook, &[], true),
    row(Command::MoveUp, "Move the cell up", glyph::ARROW_UP, Section::Notebook, &[key(ALT, Key::ArrowUp)], false),
    row(
        Command::MoveDown,
        "Move the cell down",
        glyph::ARROW_DOWN,
        Section::Notebook,
        &[key(ALT, Key::ArrowDown)],
        false,
    ),
    row(Command::DeleteCell, "Delete the cell", glyph::TRASH, Section::Notebook, &[], false),
    row(Command::Maximise, "Open the cell over the whole tile", glyph::EXPAND, Section::Notebook, &[], true),
    row(Command::FilterTable, "Filter the table", glyph::FUNNEL, Section::Notebook, &[key(NONE, Key::Slash)], false),
    row(Command::DataQuality, "Data quality", glyph::LIST_CHECKS, Section::Notebook, &[key(ALT, Key::Q)], false),
    row(Command::CompareTables, "Compare tables", glyph::GIT_DIFF, Section::Notebook, &[key(ALT, Key::C)], false),
    row(
        Command::RowsOfOneLine,
        "Show one line of text in the cells of tables",
        glyph::ROWS,
        Section::Notebook,
        &[],
        true,
    ),
    row(
        Command::RowsOfTwoLines,
        "Show two lines of text in the cells of tables",
        glyph::ROWS,
        Section::Notebook,
        &[],
        true,
    ),
    row(
        Command::RowsOfFourLines,
        "Show four lines of text in the cells of tables",
        glyph::ROWS,
        Section::Notebook,
        &[],
        true,
    ),
    row(Command::AddWrangle, "Add a wrangle cell", glyph::WRENCH, Section::Notebook, &[], true),
    row(Command::AddSplit, "Add a split cell", glyph::SPLIT, Section::Notebook, &[], true),
    row(Command::AddTrain, "Add a train cell", glyph::CHART_LINE, Section::Notebook, &[], true),
    row(Command::AddSweep, "Add a sweep cell", glyph::SLIDERS, Section::Notebook, &[], true),
    row(Command::AddReport, "Add a report cell", glyph::FILE_TEXT, Section::Notebook, &[], true),
    row(Command::AddNote, "Add a note", glyph::NOTE, Section::Notebook, &[], true),
    row(Command::ShowNotebook, "Go to the notebook", glyph::NOTEBOOK, Section::GoTo, &[key(ALT, Key::Num1)], true),
    row(Command::ShowData, "Go to the data", glyph::DATABASE, Section::GoTo, &[key(ALT, Key::Num2)], true),
    row(Command::ShowRuns, "Go to the runs", glyph::LIST, Section::GoTo, &[key(ALT, Key::Num3)], true),
    row(Command::ShowLineage, "Go to the lineage", glyph::SPLIT, Section::GoTo, &[key(ALT, Key::Num4)], true),
    row(Command::ShowSweeps, "Go to the sweeps", glyph::SLIDERS, Section::GoTo, &[key(ALT, Key::Num5)], true),
    row(Command::ShowModels, "Go to the models", glyph::CUBE, Section::GoTo, &[key(ALT, Key::Num6)], true),
    row(Command::ShowReports, "Go to the reports", glyph::FILE_TEXT, Section::GoTo, &[key(ALT, Key::Num7)], true),
    row(Command::ShowKernels, "Go to the kernels", glyph::CPU, Section::GoTo, &[key(ALT, Key::Num8)], true),
    row(Command::ShowSettings, "Go to the settings", glyph::GEAR, Section::GoTo, &[key(COMMAND, Key::Comma)], true),
    row(Command::ShowWelcome, "Go to the start page", glyph::HOUSE, Section::GoTo, &[], true),
    row(Command::OpenProject, "Open a project…", glyph::FOLDER_OPEN, Section::Project, &[key(COMMAND, Key::O)], true),
    row(Command::NewProject, "New project", glyph::PLUS, Section::Project, &[], true),
    row(Command::AddData, "Add a data file…", glyph::FILE_ARROW_DOWN, Section::Project, &[], true),
    row(Command::NewNotebook, "New notebook", glyph::NOTEBOOK, Section::Project, &[], true),
    row(Command::Commit, "Commit changes to git", glyph::GIT_COMMIT, Section::Project, &[key(COMMAND, Key::S)], true),
    row(Command::InitGit, "Make the project a git repository", glyph::GIT_BRANCH, Section::Project, &[], true),
    row(Command::CloseProject, "Close the project", glyph::X, Section::Project, &[], true),
    row(Command::CloseTab, "Close the tab", glyph::X, Section::Tabs, &[key(ALT, Key::W)], true),
    row(Command::NextTab, "Next tab", glyph::ARROW_RIGHT, Section::Tabs, &[key(COMMAND, Key::PageDown)], true),
    row(Command::PreviousTab, "Previous tab", glyph::ARROW_LEFT, Section::Tabs, &[key(COMMAND, Key::PageUp)], true),
    row(Command::SplitRight, "Move the tab to the right half", glyph::SQUARE_SPLIT, Section::Tabs, &[], true),
    row(Command::SplitDown, "Move the tab to the lower half", glyph::SQUARE_SPLIT_VERTICAL, Section::Tabs, &[], true),
];

/// The row of a command.
#[must_use]
pub fn info(command: Command) -> &'static CommandInfo {
    COMMANDS.iter().find(|row| row.command == command).expect("every command has a row; a test holds it so")
}

/// The keys of a command as this system writes them; empty without keys.
#[must_use]
pub fn keys_text(ctx: &egui::Context, command: Command) -> String {
    info(command).keys.first().map(|shortcut| ctx.format_shortcut(shortcut)).unwrap_or_default()
}

/// Takes the commands whose keys were pressed out of the input, more specific keys first.
pub fn take_pressed(ctx: &egui::Context) -> Vec<Command> {
    let editing = ctx.text_edit_focused();
    let mut keys: Vec<(KeyboardShortcut, &CommandInfo)> =
        COMMANDS.iter().flat_map(|row| row.keys.iter().map(move |shortcut| (*shortcut, row))).collect();
    let weight = |modifiers: Modifiers| {
        u8::from(modifiers.shift) + u8::from(modifiers.alt) + u8::from(modifiers.command || modifiers.ctrl)
    };
    keys.sort_by_key(|(shortcut, _)| std::cmp::Reverse(weight(shortcut.modifiers)));
    ctx.input_mut(|input| {
        keys.into_iter()
            .filter(|(_, row)| row.in_text || !editing)
            .filter(|(shortcut, _)| {
                // egui lets extra Shift and Alt pass; here every key combination means one thing.
                input.modifiers.shift == shortcut.modifiers.shift
                    && input.modifiers.alt == shortcut.modifiers.alt
                    && input.consume_shortcut(shortcut)
            })
            .map(|(_, row)| row.command)
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_one_row_and_no_two_share_keys() {
        for (index, row) in COMMANDS.iter().enumerate() {
            assert!(std::ptr::eq(info(row.command), row), "{} has two rows", row.title);
            for other in &COMMANDS[index + 1..] {
                for shortcut in row.keys {
                    assert!(!other.keys.contains(shortcut), "{} and {} share keys", row.title, other.title);
                }
                assert_ne!(row.title, other.title);
            }
        }
        // The last of the enum: whoever adds a command adds a row.
        assert_eq!(COMMANDS.len(), Command::SplitDown as usize + 1);
    }
}
