//! The side panel: the project's tree, or what the chosen place has, and the outline of the notebook.

use std::collections::HashSet;

use cairn_protocol::door::{EntryKind, TreeEntry};
use egui::{
    Align2, CornerRadius, CursorIcon, Popup, PopupCloseBehavior, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2,
};

use super::{Place, Shell, View, outline, tiles};
use crate::{
    command::Command,
    ctx::{Action, Ctx, Tab},
    fonts,
    theme::{Theme, size, text},
    widgets::{self, buttons::elided, format, glyph, icon_button, labels, menu_item, menus},
};

/// A row of a tree.
pub(super) struct Row<'a> {
    pub name: &'a str,
    pub glyph: &'a str,
    pub depth: usize,
    /// Open or folded; none for a leaf.
    pub open: Option<bool>,
    pub selected: bool,
    pub strong: bool,
    pub after: &'a str,
    pub after_color: egui::Color32,
    pub dot: Option<egui::Color32>,
}

pub(super) fn draw(ui: &mut Ui, ctx: &Ctx<'_>, shell: &mut Shell, view: &View<'_>) {
    let theme = ctx.theme;
    ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
    let Some(project) = view.project else { return };
    let notebook_tab = shell.place == Place::Notebook;
    let title = if shell.place == Place::Data { "Data" } else { "Project" };
    head(ui, ctx, title);
    let room = ui.available_height();
    let cells = view.notebook.filter(|_| notebook_tab).map_or(0, |view| view.notebook.cells.len());
    let outline_height = if cells > 0 { (44.0 + cells as f32 * 27.0).min(room * 0.5) } else { 0.0 };
    ui.allocate_ui(vec2(ui.available_width(), room - outline_height), |ui| {
        ScrollArea::vertical().auto_shrink([false, false]).id_salt("tree").show(ui, |ui| {
            if project.entries.is_empty() {
                ui.add_space(8.0);
                widgets::empty_state(ui, theme, glyph::FILE_ARROW_DOWN, "Drop a file here", None);
            }
            let only_data = shell.place == Place::Data;
            let root = Row {
                name: &project.name,
                glyph: glyph::FOLDER_OPEN,
                depth: 0,
                open: Some(true),
                selected: false,
                strong: true,
                after: "",
                after_color: theme.dim,
                dot: None,
            };
            if !only_data {
                row(ui, theme, &root);
            }
            for entry in &project.entries {
                if only_data && entry.kind != EntryKind::Data {
                    continue;
                }
                if !only_data && is_folded(&shell.folded, &entry.path) {
                    continue;
                }
                entry_row(ui, ctx, shell, entry, only_data);
            }
        });
    });
    if let Some(view) = view.notebook.filter(|_| outline_height > 0.0) {
        widgets::hairline(ui, theme);
        outline::draw(ui, ctx, view);
    }
}

fn head(ui: &mut Ui, ctx: &Ctx<'_>, title: &str) {
    let theme = ctx.theme;
    ui.horizontal(|ui| {
        ui.set_height(size::TABS);
        ui.add_space(12.0);
        labels::title(ui, theme, title);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.add_space(4.0);
            let add = icon_button(ui, theme, glyph::PLUS, "Add to the project");
            Popup::menu(&add)
                .frame(menus::floating_frame(theme))
                .close_behavior(PopupCloseBehavior::CloseOnClick)
                .show(|ui| {
                    ui.set_width(180.0);
                    ui.spacing_mut().item_spacing.y = 0.0;
                    for (mark, words, command) in [
                        (glyph::FILE_ARROW_DOWN, "Data file…", Command::AddData),
                        (glyph::NOTEBOOK, "Notebook", Command::NewNotebook),
                    ] {
                        if menu_item(ui, theme, Some(mark), words, "", true).clicked() {
                            ctx.push(Action::Run(command));
                        }
                    }
                });
        });
    });
}

fn is_folded(folded: &HashSet<String>, path: &str) -> bool {
    path.match_indices('/').any(|(at, _)| folded.contains(&path[..at]))
}

fn entry_row(ui: &mut Ui, ctx: &Ctx<'_>, shell: &mut Shell, entry: &TreeEntry, flat: bool) {
    let theme = ctx.theme;
    let file = entry.path.rsplit('/').next().unwrap_or(&entry.path);
    let title;
    let name = match entry.kind {
        EntryKind::Notebook => {
            title = tiles::notebook_title(ctx, &entry.path);
            title.as_str()
        }
        _ => file,
    };
    let open = !shell.folded.contains(&entry.path);
    let mark = match entry.kind {
        EntryKind::Folder if open => glyph::FOLDER_OPEN,
        EntryKind::Folder => glyph::FOLDER,
        EntryKind::Data => glyph::TABLE,
        EntryKind::Notebook => glyph::NOTEBOOK,
        EntryKind::Report => glyph::FILE_TEXT,
        EntryKind::File => glyph::FILE,
    };
    let tab = match entry.kind {
        EntryKind::Data => Some(Tab::Data(entry.path.clone())),
        EntryKind::Notebook => Some(Tab::Notebook(entry.path.clone())),
        EntryKind::Report => Some(Tab::Report(Some(entry.path.clone()))),
        EntryKind::File | EntryKind::Folder => None,
    };
    let bytes = if entry.kind == EntryKind::Data { format::bytes(entry.size_bytes) } else { String::new() };
    let (after, color) = match entry.git.as_str() {
        "" => (bytes.as_str(), theme.dim),
        "M" => ("M", theme.warning.text),
        "D" => ("D", theme.fault.text),
        "?" if !bytes.is_empty() => (bytes.as_str(), theme.dim),
        "?" => ("", theme.dim),
        other => (other, theme.good.text),
    };
    let response = row(
        ui,
        theme,
        &Row {
            name,
            glyph: mark,
            depth: if flat { 0 } else { 1 + entry.path.matches('/').count() },
            open: (entry.kind == EntryKind::Folder).then_some(open),
            selected: tab.is_some() && tab == shell.front,
            strong: false,
            after,
            after_color: color,
            dot: entry.stale.then_some(theme.warning.mark),
        },
    );
    if response.on_hover_text(&entry.path).clicked() {
        match tab {
            Some(tab) => ctx.push(Action::Open(tab)),
            None if entry.kind == EntryKind::Folder => {
                if open {
                    shell.folded.insert(entry.path.clone());
                } else {
                    shell.folded.remove(&entry.path);
                }
            }
            None => {}
        }
    }
}

/// Draws a row of 24.
pub(super) fn row(ui: &mut Ui, theme: &Theme, row: &Row<'_>) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::TreeItem, true, row.selected, row.name));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let painter = ui.painter();
    if row.selected {
        painter.rect_filled(rect, CornerRadius::ZERO, theme.selection);
    } else if response.hovered() {
        painter.rect_filled(rect, CornerRadius::ZERO, theme.hover);
    }
    let middle = rect.center().y;
    let mut x = rect.left() + 8.0 + row.depth as f32 * 14.0;
    if let Some(open) = row.open {
        let caret = if open { glyph::CARET_DOWN } else { glyph::CARET_RIGHT };
        painter.text(pos2(x + 6.0, middle), Align2::CENTER_CENTER, caret, fonts::icons(10.0), theme.dim);
    }
    x += 16.0;
    let color = if row.selected { theme.accent } else { theme.dim };
    painter.text(pos2(x + 8.0, middle), Align2::CENTER_CENTER, row.glyph, fonts::icons(14.0), color);
    x += 21.0;
    let mut right = rect.right() - 10.0;
    if !row.after.is_empty() {
        let galley = painter.layout_no_wrap(row.after.to_owned(), fonts::body(text::SMALL), row.after_color);
        right -= galley.size().x;
        painter.galley(pos2(right, middle - galley.size().y / 2.0), galley, row.after_color);
        right -= 6.0;
    }
    if let Some(color) = row.dot {
        painter.circle_filled(pos2(right - 3.0, middle), 3.0, color);
        right -= 10.0;
    }
    let font = if row.strong { fonts::strong(text::BODY) } else { fonts::body(text::BODY) };
    let galley = elided(ui, row.name, font, right - x);
    painter.galley(pos2(x, middle - galley.size().y / 2.0), galley, theme.text);
    widgets::focus_ring(ui, theme, &response, rect.shrink(2.0));
    response.on_hover_cursor(CursorIcon::PointingHand)
}
