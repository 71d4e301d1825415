//! The title bar: where one is, search, git.

use egui::{Align2, CornerRadius, CursorIcon, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use egui_tiles::Tree;

use super::{Shell, View, tiles};
use crate::{
    command::{self, Command},
    ctx::{Action, Ctx, Selection, Tab},
    fonts,
    theme::{Theme, size, text},
    widgets::{self, Button, button, glyph, icon, labels, toggle_icon_button},
};

pub(super) fn draw(ui: &mut Ui, ctx: &Ctx<'_>, shell: &mut Shell, view: &View<'_>, tree: &Tree<Tab>) {
    let theme = ctx.theme;
    let bar = ui.max_rect();
    let stone = Rect::from_center_size(pos2(bar.left() + size::RAIL / 2.0, bar.center().y), vec2(16.0, 16.5));
    widgets::mark(ui.painter(), stone, theme);
    let search_width = (bar.width() * 0.28).clamp(180.0, 400.0);
    let search = Rect::from_center_size(bar.center(), vec2(search_width, size::CONTROL));
    let left =
        Rect::from_min_max(pos2(bar.left() + size::RAIL + 12.0, bar.top()), pos2(search.left() - 12.0, bar.bottom()));
    let mut row = tiles::row(ui, left, false);
    crumbs(&mut row, ctx, shell, view, tree);
    search_box(ui, ctx, search);
    let right = Rect::from_min_max(pos2(search.right() + 12.0, bar.top()), pos2(bar.right() - 8.0, bar.bottom()));
    let mut row = tiles::row(ui, right, true);
    right_side(&mut row, ctx, shell, view);
}

fn crumbs(ui: &mut Ui, ctx: &Ctx<'_>, shell: &Shell, view: &View<'_>, tree: &Tree<Tab>) {
    let theme = ctx.theme;
    ui.spacing_mut().item_spacing.x = 6.0;
    let Some(project) = view.project else {
        labels::strong(ui, theme, "Cairn");
        return;
    };
    let mut parts = Vec::new();
    match tiles::front(tree, shell.front.as_ref()) {
        Some(Tab::Wrangle { notebook, cell } | Tab::Table { notebook, cell }) => {
            parts.push((tiles::notebook_title(ctx, &notebook), Some(Action::Open(Tab::Notebook(notebook)))));
            parts.push((cell, None));
        }
        Some(Tab::Welcome) | None => {}
        Some(tab) => {
            parts.push((tiles::tab_title(ctx, &tab).1, None));
        }
    }
    let notebook = Action::Run(Command::ShowNotebook);
    parts.insert(0, (project.name.clone(), Some(notebook)));
    let last = parts.len() - 1;
    for (index, (words, action)) in parts.into_iter().enumerate() {
        if index > 0 {
            icon(ui, theme, glyph::CARET_RIGHT, theme.dim, 11.0);
        }
        if index == last {
            labels::strong(ui, theme, words);
        } else {
            let response = labels::dim(ui, theme, words.as_str()).interact(Sense::click());
            response.widget_info(|| WidgetInfo::labeled(Role::Link, true, &words));
            widgets::focus_ring(ui, theme, &response, response.rect);
            if response.on_hover_cursor(CursorIcon::PointingHand).clicked()
                && let Some(action) = action
            {
                ctx.push(action);
            }
        }
    }
}

fn search_box(ui: &Ui, ctx: &Ctx<'_>, rect: Rect) {
    let theme = ctx.theme;
    let title = command::info(Command::Palette).title;
    let response = ui.interact(rect, ui.scope_id().with("search"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, title));
    let painter = ui.painter();
    let fill = if response.hovered() { theme.hover } else { theme.card };
    painter.rect(rect, CornerRadius::same(size::RADIUS - 1), fill, Stroke::new(1.0, theme.border), StrokeKind::Inside);
    let middle = rect.center().y;
    painter.text(pos2(rect.left() + 16.0, middle), Align2::CENTER_CENTER, glyph::SEARCH, fonts::icons(14.0), theme.dim);
    painter.text(pos2(rect.left() + 30.0, middle), Align2::LEFT_CENTER, title, fonts::body(text::BODY), theme.dim);
    let keys = command::keys_text(ui.ctx(), Command::Palette);
    key_cap(ui, theme, rect, &keys);
    widgets::focus_ring(ui, theme, &response, rect);
    if response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
        ctx.push(Action::Run(Command::Palette));
    }
}

fn key_cap(ui: &Ui, theme: &Theme, field: Rect, keys: &str) {
    let painter = ui.painter();
    let galley = painter.layout_no_wrap(keys.to_owned(), fonts::body(text::SMALL), theme.dim);
    let cap = Rect::from_min_max(
        pos2(field.right() - galley.size().x - 14.0, field.top() + 3.5),
        pos2(field.right() - 4.0, field.bottom() - 3.5),
    );
    painter.rect(
        cap,
        CornerRadius::same(size::CHIP_RADIUS),
        theme.panel,
        Stroke::new(1.0, theme.border),
        StrokeKind::Inside,
    );
    painter.galley(cap.center() - galley.size() / 2.0, galley, theme.dim);
}

fn right_side(ui: &mut Ui, ctx: &Ctx<'_>, shell: &mut Shell, view: &View<'_>) {
    let theme = ctx.theme;
    ui.spacing_mut().item_spacing.x = 6.0;
    let Some(project) = view.project else {
        if let Some(welcome) = view.welcome {
            labels::small(ui, theme, format!("Version {}", welcome.version));
        }
        return;
    };
    let name = "Show or hide the inspector";
    if toggle_icon_button(ui, theme, glyph::SIDEBAR, name, shell.inspector_open).clicked() {
        shell.inspector_open = !shell.inspector_open;
        if shell.inspector_open && *ctx.selection == Selection::Nothing {
            ctx.push(Action::Select(Selection::Nothing));
        }
    }
    ui.add_space(6.0);
    match &project.git {
        Some(git) => {
            if git.changes > 0 {
                let words = widgets::format::plural(git.changes as u64, "change", "changes");
                let button_name = format!("{words}: commit");
                let open = button(ui, theme, Button::quiet(words).name(button_name).small());
                if open.on_hover_text("Commit changes to git").clicked() {
                    ctx.push(Action::Run(Command::Commit));
                }
                let (dot, _) = ui.allocate_exact_size(vec2(6.0, 6.0), Sense::hover());
                ui.painter().circle_filled(dot.center(), 3.0, theme.warning.mark);
                ui.add_space(4.0);
            }
            labels::text(ui, theme, if git.branch.is_empty() { "detached" } else { git.branch.as_str() });
            icon(ui, theme, glyph::GIT_BRANCH, theme.dim, 14.0);
        }
        None => {
            if button(ui, theme, Button::quiet("No git").small().glyph(glyph::GIT_BRANCH))
                .on_hover_text("Make the project a git repository")
                .clicked()
            {
                ctx.push(Action::Run(Command::InitGit));
            }
        }
    }
}
