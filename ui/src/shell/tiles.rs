//! Tabs and splits: the tree of tiles, and how its tabs look.

use std::collections::HashMap;

use cairn_protocol::results::CellState;
use egui::{
    Align, Align2, Color32, CornerRadius, CursorIcon, Id, Layout, Rect, Response, Role, Sense, Stroke, Ui, UiBuilder,
    Visuals, WidgetInfo, WidgetText, pos2, vec2,
};
use egui_tiles::{Behavior, Container, SimplificationOptions, TabState, Tabs, Tile, TileId, Tiles, Tree, UiResponse};

use super::{Shell, View};
use crate::{
    app::ThemeChoice,
    command::Command,
    ctx::{Action, Ctx, Tab},
    fonts,
    panes::Pane,
    theme::{Theme, size, text},
    widgets::{Button, button, focus_ring, format, glyph, icon, icon_button, labels},
};

/// A tree of one strip of tabs.
#[must_use]
pub fn new_tree(tabs: Vec<Tab>) -> Tree<Tab> {
    Tree::new_tabs(Id::unique("tiles"), tabs)
}

/// All open tabs, from left to right.
#[must_use]
pub fn tabs(tree: &Tree<Tab>) -> Vec<Tab> {
    fn walk(tree: &Tree<Tab>, id: TileId, out: &mut Vec<Tab>) {
        match tree.tiles.get(id) {
            Some(Tile::Pane(tab)) => out.push(tab.clone()),
            Some(Tile::Container(container)) => container.children().for_each(|child| walk(tree, *child, out)),
            None => {}
        }
    }
    let mut out = Vec::new();
    if let Some(root) = tree.root() {
        walk(tree, root, &mut out);
    }
    out
}

/// The tab that was used last, as long as it can be seen; else the first that can.
#[must_use]
pub fn front(tree: &Tree<Tab>, last: Option<&Tab>) -> Option<Tab> {
    let seen: Vec<&Tab> = tree
        .active_tiles()
        .into_iter()
        .filter_map(|id| match tree.tiles.get(id) {
            Some(Tile::Pane(tab)) => Some(tab),
            _ => None,
        })
        .collect();
    last.filter(|last| seen.contains(last)).or_else(|| seen.first().copied()).cloned()
}

/// Opens a tab beside the front one, or brings it to the front.
pub fn open(tree: &mut Tree<Tab>, tab: Tab, last: Option<&Tab>) {
    if tree.tiles.find_pane(&tab).is_some() {
        tree.make_active(|_, tile| matches!(tile, Tile::Pane(other) if *other == tab));
        return;
    }
    let home = front(tree, last)
        .and_then(|front| tree.tiles.find_pane(&front))
        .and_then(|id| tree.tiles.parent_of(id))
        .or(tree.root());
    let id = tree.tiles.insert_pane(tab.clone());
    match home.and_then(|home| tree.tiles.get_mut(home)) {
        Some(Tile::Container(Container::Tabs(tabs))) => {
            let at = tabs.active.and_then(|active| tabs.children.iter().position(|child| *child == active));
            tabs.children.insert(at.map_or(tabs.children.len(), |at| at + 1), id);
            tabs.set_active(id);
        }
        Some(Tile::Container(container)) => container.add_child(id),
        Some(Tile::Pane(_)) | None => *tree = new_tree(vec![tab]),
    }
}

/// Closes a tab; its neighbour comes to the front.
pub fn close(tree: &mut Tree<Tab>, tab: &Tab) {
    let Some(id) = tree.tiles.find_pane(tab) else { return };
    leave(tree, id);
    tree.tiles.remove(id);
}

/// Takes a tile out of its strip and gives its neighbour the front.
fn leave(tree: &mut Tree<Tab>, id: TileId) {
    let Some(parent) = tree.tiles.parent_of(id) else { return };
    if let Some(Tile::Container(container)) = tree.tiles.get_mut(parent) {
        let at = container.remove_child(id);
        if let (Container::Tabs(tabs), Some(at)) = (container, at)
            && tabs.active == Some(id)
        {
            tabs.active = tabs.children.get(at.saturating_sub(usize::from(at == tabs.children.len()))).copied();
        }
    }
}

/// Goes to the next or previous tab of the strip.
pub fn cycle(tree: &mut Tree<Tab>, last: Option<&Tab>, forward: bool) -> Option<Tab> {
    let id = tree.tiles.find_pane(&front(tree, last)?)?;
    let parent = tree.tiles.parent_of(id)?;
    let Some(Tile::Container(Container::Tabs(tabs))) = tree.tiles.get_mut(parent) else { return None };
    let at = tabs.children.iter().position(|child| *child == id)?;
    let count = tabs.children.len();
    let next = tabs.children[if forward { (at + 1) % count } else { (at + count - 1) % count }];
    tabs.set_active(next);
    tree.tiles.get_pane(&next).cloned()
}

/// Moves the front tab into a half of its own, at the right or below.
pub fn split(tree: &mut Tree<Tab>, last: Option<&Tab>, right: bool) {
    let Some(id) = front(tree, last).and_then(|tab| tree.tiles.find_pane(&tab)) else { return };
    let Some(strip) = tree.tiles.parent_of(id) else { return };
    let alone = matches!(tree.tiles.get(strip), Some(Tile::Container(of)) if of.num_children() < 2);
    if alone {
        return;
    }
    leave(tree, id);
    let above = tree.tiles.parent_of(strip);
    let half = tree.tiles.insert_tab_tile(vec![id]);
    let both = if right {
        tree.tiles.insert_horizontal_tile(vec![strip, half])
    } else {
        tree.tiles.insert_vertical_tile(vec![strip, half])
    };
    match above.and_then(|above| tree.tiles.get_mut(above)) {
        Some(Tile::Container(container)) => {
            let at = container.replace_child(strip, both);
            debug_assert!(at.is_some(), "a parent holds its child");
        }
        _ => tree.root = Some(both),
    }
}

/// How tabs look, and what stands in them.
pub struct TabsBehavior<'a, 'c> {
    /// What panes get to see.
    pub ctx: &'a Ctx<'c>,
    /// The shell.
    pub shell: &'a mut Shell,
    /// What the shell shows.
    pub view: &'a View<'a>,
    /// The panes of the tabs.
    pub panes: &'a mut HashMap<Tab, Pane>,
    /// The chosen theme, for the settings.
    pub theme_choice: ThemeChoice,
}

impl TabsBehavior<'_, '_> {
    fn theme(&self) -> &Theme {
        self.ctx.theme
    }
}

/// Glyph and title of a tab.
#[must_use]
pub fn tab_title(ctx: &Ctx<'_>, tab: &Tab) -> (&'static str, String) {
    let file = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    match tab {
        Tab::Welcome => (glyph::HOUSE, "Start".into()),
        Tab::Notebook(path) => (glyph::NOTEBOOK, notebook_title(ctx, path)),
        Tab::Wrangle { cell, .. } => (glyph::WRENCH, cell.clone()),
        Tab::Data(path) => (glyph::TABLE, file(path)),
        Tab::Table { cell, .. } => (glyph::TABLE, cell.clone()),
        Tab::Runs => (glyph::LIST, "Runs".into()),
        Tab::Lineage(_) => (glyph::SPLIT, "Lineage".into()),
        Tab::Sweep(None) => (glyph::SLIDERS, "Sweeps".into()),
        Tab::Sweep(Some(id)) => {
            let known = ctx.value(&cairn_protocol::Request::Sweep { id: id.clone() });
            let name = match known.as_deref() {
                Some(cairn_protocol::Response::Sweep(sweep)) if !sweep.name.is_empty() => sweep.name.clone(),
                _ => "Sweep".into(),
            };
            (glyph::SLIDERS, name)
        }
        Tab::Models => (glyph::CUBE, "Models".into()),
        Tab::Report(None) => (glyph::FILE_TEXT, "Reports".into()),
        Tab::Report(Some(path)) => (glyph::FILE_TEXT, file(path).trim_end_matches(".html").to_owned()),
        Tab::Kernels => (glyph::CPU, "Kernels".into()),
        Tab::Settings => (glyph::GEAR, "Settings".into()),
    }
}

/// Title of a notebook, or its file's name until it is known.
#[must_use]
pub fn notebook_title(ctx: &Ctx<'_>, path: &str) -> String {
    let title = ctx.store.notebook(path).map(|view| view.notebook.title).filter(|title| !title.is_empty());
    title.unwrap_or_else(|| {
        let name = path.rsplit('/').next().unwrap_or(path);
        name.strip_suffix(".cairn").unwrap_or(name).to_owned()
    })
}

impl Behavior<Tab> for TabsBehavior<'_, '_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile_id: TileId, tab: &mut Tab) -> UiResponse {
        let rect = ui.max_rect();
        ui.painter().rect_filled(rect, CornerRadius::ZERO, self.theme().background);
        let pressed = ui.input(|input| input.pointer.any_pressed()) && ui.rect_contains_pointer(rect);
        if pressed || self.shell.front.is_none() {
            self.shell.front = Some(tab.clone());
            if let Tab::Notebook(path) | Tab::Wrangle { notebook: path, .. } | Tab::Table { notebook: path, .. } = tab {
                self.shell.notebook = Some(path.clone());
            }
        }
        let pane = self.panes.entry(tab.clone()).or_insert_with(|| Pane::new(tab));
        pane.ui(ui, self.ctx, self.view, self.theme_choice);
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, tab: &Tab) -> WidgetText {
        tab_title(self.ctx, tab).1.into()
    }

    fn tab_ui(&mut self, tiles: &mut Tiles<Tab>, ui: &mut Ui, id: Id, tile_id: TileId, state: &TabState) -> Response {
        let theme = self.ctx.theme;
        let tab = match tiles.get(tile_id) {
            Some(Tile::Pane(tab)) => Some(tab.clone()),
            _ => None,
        };
        let (mark, title) = tab.as_ref().map_or((glyph::COLUMNS, "Group".to_owned()), |tab| tab_title(self.ctx, tab));
        let color = if state.active { theme.text } else { theme.dim };
        let galley = crate::widgets::buttons::elided(ui, &title, fonts::body(text::BODY), 180.0);
        let width = 10.0 + 20.0 + galley.size().x + 26.0;
        let (_, rect) = ui.allocate_space(vec2(width, size::TABS));
        let response = ui.interact(rect, id, Sense::click_and_drag()).on_hover_cursor(CursorIcon::Default);
        response.widget_info(|| WidgetInfo::selected(Role::Tab, true, state.active, &title));
        let close = Rect::from_center_size(pos2(rect.right() - 15.0, rect.center().y), vec2(18.0, 18.0));
        let closing = ui.interact(close, id.with("close"), Sense::click());
        closing.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Close {title}")));
        if ui.is_rect_visible(rect) && !state.is_being_dragged {
            let painter = ui.painter();
            if state.active {
                painter.rect_filled(rect, CornerRadius::ZERO, theme.background);
                let line = Rect::from_min_max(rect.min, pos2(rect.right() - 1.0, rect.top() + 2.0));
                painter.rect_filled(line, CornerRadius::ZERO, theme.accent);
            } else if response.hovered() {
                painter.rect_filled(rect, CornerRadius::ZERO, theme.hover);
            }
            painter.vline(rect.right() - 0.5, rect.y_range(), Stroke::new(1.0, theme.border));
            let at = pos2(rect.left() + 18.0, rect.center().y);
            painter.text(at, Align2::CENTER_CENTER, mark, fonts::icons(14.0), color);
            painter.galley(pos2(rect.left() + 30.0, rect.center().y - galley.size().y / 2.0), galley, color);
            if state.active || response.hovered() || closing.hovered() || closing.has_focus() {
                if closing.hovered() {
                    painter.rect_filled(close, CornerRadius::same(size::CHIP_RADIUS), theme.hover);
                }
                painter.text(close.center(), Align2::CENTER_CENTER, glyph::X, fonts::icons(11.0), theme.dim);
            }
            focus_ring(ui, theme, &response, rect.shrink(3.0));
            focus_ring(ui, theme, &closing, close);
        }
        if let Some(tab) = tab {
            if closing.clicked() || response.middle_clicked() {
                self.ctx.push(Action::Close(tab));
            } else if response.clicked() {
                // Through the app, so that place and notebook follow.
                self.ctx.push(Action::Open(tab));
            }
        }
        response
    }

    fn top_bar_right_ui(&mut self, tiles: &Tiles<Tab>, ui: &mut Ui, _id: TileId, tabs: &Tabs, _scroll: &mut f32) {
        let theme = self.ctx.theme;
        ui.spacing_mut().item_spacing.x = 8.0;
        ui.add_space(4.0);
        if tabs.children.len() > 1
            && icon_button(ui, theme, glyph::SQUARE_SPLIT, "Move the tab to the right half").clicked()
        {
            self.ctx.push(Action::Run(Command::SplitRight));
        }
        let active = tabs.active.and_then(|active| tiles.get_pane(&active));
        let Some(Tab::Notebook(path) | Tab::Wrangle { notebook: path, .. }) = active else { return };
        let Some(view) = self.ctx.store.notebook(path) else { return };
        let stale = view.cells.iter().filter(|cell| cell.state == CellState::Stale).count();
        let waiting = view
            .cells
            .iter()
            .filter(|cell| matches!(cell.state, CellState::Stale | CellState::NeverRun | CellState::Failed))
            .count();
        let running = view.cells.iter().any(|cell| matches!(cell.state, CellState::Running | CellState::Queued));
        if running {
            if button(ui, theme, Button::plain("Stop").glyph(glyph::STOP)).clicked() {
                self.ctx.push(Action::Run(Command::CancelJobs));
            }
        } else if waiting > 0 {
            let verb = if stale > 0 { "Run all stale" } else { "Run all" };
            let words = match view.stale_secs {
                Some(secs) if secs >= 1.0 => format!("{verb}, about {}", format::secs(secs)),
                _ => verb.to_owned(),
            };
            if button(ui, theme, Button::plain(words).glyph(glyph::PLAY).name(verb)).clicked() {
                let path = path.clone();
                self.ctx.call(cairn_protocol::Request::RunCells { path, cells: Vec::new(), force: false });
            }
        }
        if stale > 0 {
            labels::text(ui, theme, format!("{stale} stale"));
            icon(ui, theme, glyph::CLOCK_BACK, theme.warning.text, 14.0);
        }
        crate::panes::notebook::history_ui(ui, self.ctx, &view);
    }

    fn drag_ui(&mut self, tiles: &Tiles<Tab>, ui: &mut Ui, tile_id: TileId) {
        let title = tiles.get_pane(&tile_id).map_or_else(String::new, |tab| tab_title(self.ctx, tab).1);
        crate::widgets::menus::floating_frame(self.theme()).show(ui, |ui| labels::text(ui, self.ctx.theme, title));
    }

    fn tab_bar_height(&self, _style: &egui::Style) -> f32 {
        size::TABS
    }

    fn tab_bar_color(&self, _visuals: &Visuals) -> Color32 {
        self.theme().panel
    }

    fn tab_bar_hline_stroke(&self, _visuals: &Visuals) -> Stroke {
        Stroke::new(1.0, self.theme().border)
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        1.0
    }

    fn min_size(&self) -> f32 {
        160.0
    }

    fn resize_stroke(&self, _style: &egui::Style, state: egui_tiles::ResizeState) -> Stroke {
        match state {
            egui_tiles::ResizeState::Idle => Stroke::new(1.0, self.theme().border),
            _ => Stroke::new(2.0, self.theme().accent),
        }
    }

    fn is_tab_bar_visible(&self, _id: TileId, tabs: &Tabs) -> bool {
        // The start page alone needs no strip.
        !(self.view.project.is_none() && tabs.children.len() < 2)
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions {
            prune_empty_tabs: true,
            prune_empty_containers: true,
            prune_single_child_tabs: false,
            prune_single_child_containers: true,
            all_panes_must_have_tabs: true,
            join_nested_linear_containers: true,
            flatten_tabs_in_tabs: true,
        }
    }

    fn drag_preview_stroke(&self, _visuals: &Visuals) -> Stroke {
        Stroke::new(1.5, self.theme().accent)
    }

    fn drag_preview_color(&self, _visuals: &Visuals) -> Color32 {
        self.theme().accent.gamma_multiply(0.15)
    }

    fn cycle_tabs_with_keyboard(&self) -> bool {
        true
    }
}

/// A child over `rect` with a layout from left to right on the middle line.
pub fn row(ui: &mut Ui, rect: Rect, right_to_left: bool) -> Ui {
    let layout =
        if right_to_left { Layout::right_to_left(Align::Center) } else { Layout::left_to_right(Align::Center) };
    ui.new_child(UiBuilder::new().max_rect(rect).layout(layout).id_salt(right_to_left))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(name: &str) -> Tab {
        Tab::Data(name.into())
    }

    #[test]
    fn tabs_open_beside_the_front_and_close_to_their_neighbour() {
        let mut tree = new_tree(vec![data("a")]);
        open(&mut tree, data("b"), None);
        open(&mut tree, data("c"), Some(&data("b")));
        assert_eq!(tabs(&tree), [data("a"), data("b"), data("c")]);
        open(&mut tree, data("a"), None);
        assert_eq!(tabs(&tree).len(), 3);
        assert_eq!(front(&tree, None), Some(data("a")));
        close(&mut tree, &data("a"));
        assert_eq!(front(&tree, None), Some(data("b")));
        assert_eq!(cycle(&mut tree, None, true), Some(data("c")));
        close(&mut tree, &data("c"));
        assert_eq!(front(&tree, None), Some(data("b")));
    }

    #[test]
    fn a_split_gives_the_tab_a_half_and_the_layout_survives_json() {
        let mut tree = new_tree(vec![data("a"), data("b")]);
        open(&mut tree, data("b"), None);
        split(&mut tree, Some(&data("b")), true);
        let json = serde_json::to_value(&tree).unwrap();
        let tree: Tree<Tab> = serde_json::from_value(json).unwrap();
        assert_eq!(tabs(&tree), [data("a"), data("b")]);
        assert_eq!(tree.active_tiles().iter().filter(|id| tree.tiles.get_pane(id).is_some()).count(), 2);
    }
}
