//! What lasts between sittings: theme, folds, and the layout of the last project. One small JSON text that a host
//! keeps where it can; what cannot be read is left out.

use egui_tiles::Tree;
use serde::{Deserialize, Serialize};

use super::App;
use crate::{ctx::Tab, widgets::grid::LINES};

/// Which theme the person chose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ThemeChoice {
    Light,
    Dark,
    #[default]
    System,
}

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    #[serde(default)]
    theme: ThemeChoice,
    #[serde(default = "yes")]
    side_open: bool,
    #[serde(default = "yes")]
    inspector_open: bool,
    #[serde(default = "one")]
    grid_lines: u8,
    #[serde(default)]
    project: String,
    #[serde(default)]
    layout: Option<serde_json::Value>,
}

fn yes() -> bool {
    true
}

fn one() -> u8 {
    1
}

impl App {
    /// What lasts, as JSON.
    #[must_use]
    pub fn persist(&self) -> String {
        let kept = Kept {
            theme: self.theme_choice,
            side_open: self.shell.side_open,
            inspector_open: self.shell.inspector_open,
            grid_lines: self.grid_lines,
            project: self.project.as_ref().map(|project| project.path.clone()).unwrap_or_default(),
            layout: self.project.as_ref().and_then(|_| serde_json::to_value(&self.tree).ok()),
        };
        serde_json::to_string(&kept).unwrap_or_default()
    }

    /// Takes back what lasted. The layout waits until its project is open.
    pub fn restore(&mut self, json: &str) {
        let Ok(kept) = serde_json::from_str::<Kept>(json) else { return };
        self.theme_choice = kept.theme;
        self.shell.side_open = kept.side_open;
        self.shell.inspector_open = kept.inspector_open;
        self.grid_lines = if LINES.contains(&kept.grid_lines) { kept.grid_lines } else { 1 };
        let layout = kept.layout.and_then(|layout| serde_json::from_value::<Tree<Tab>>(layout).ok());
        self.kept_layout = layout.filter(|_| !kept.project.is_empty()).map(|layout| (kept.project, layout));
    }
}
