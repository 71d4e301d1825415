//! The palette: every command, notebook, cell, file and run by a few letters of its name.

use cairn_protocol::{Request, Response, door::EntryKind, runs::RunsQuery};
use egui::{
    Align2, Area, CornerRadius, Id, Key, Modifiers, Order, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2,
};
use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};

use super::{Shell, View};
use crate::{
    command::{self, COMMANDS, Command},
    ctx::{Action, Ctx, Selection, Tab},
    fonts,
    theme::text,
    widgets::{buttons::elided, glyph, labels, menus, text_field},
};

/// The state of an open palette.
#[derive(Debug, Default)]
pub struct Palette {
    words: String,
    chosen: usize,
    names_only: bool,
    opened: bool,
}

impl Palette {
    /// Over commands and names.
    #[must_use]
    pub fn everything() -> Self {
        Self::default()
    }

    /// Over names only.
    #[must_use]
    pub fn names() -> Self {
        Self { names_only: true, ..Self::default() }
    }
}

struct Item {
    title: String,
    about: String,
    glyph: &'static str,
    actions: Vec<Action>,
}

/// Rows shown.
const ROWS: usize = 12;

pub(super) fn draw(ui: &Ui, ctx: &Ctx<'_>, shell: &mut Shell, view: &View<'_>) {
    let Some(mut palette) = shell.palette.take() else { return };
    let theme = ctx.theme;
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let (up, down, enter, escape) =
        (pressed(Key::ArrowUp), pressed(Key::ArrowDown), pressed(Key::Enter), pressed(Key::Escape));
    let found = search(items(ui, ctx, view, palette.names_only), &palette.words);
    let count = found.len();
    if count > 0 {
        palette.chosen = palette.chosen.min(count - 1);
        if down {
            palette.chosen = (palette.chosen + 1) % count;
        }
        if up {
            palette.chosen = (palette.chosen + count - 1) % count;
        }
    }
    let width = (ui.ctx().content_rect().width() - 40.0).min(580.0);
    let mut done = escape;
    let mut run = enter.then_some(palette.chosen);
    let area = Area::new(Id::unique("palette"))
        .order(Order::Foreground)
        .anchor(Align2::CENTER_TOP, vec2(0.0, 44.0))
        .role(Role::Dialog)
        .show(ui.ctx(), |ui| {
            menus::floating_frame(theme).inner_margin(6).show(ui, |ui| {
                ui.set_width(width);
                ui.spacing_mut().item_spacing.y = 0.0;
                let hint = if palette.names_only { "Notebook, cell, file or run" } else { "Search or run a command" };
                let field = text_field(ui, theme, "Search", &mut palette.words, hint, width);
                if !palette.opened {
                    palette.opened = true;
                    field.request_focus();
                } else if field.changed() {
                    palette.chosen = 0;
                }
                ui.add_space(4.0);
                if found.is_empty() {
                    ui.add_space(8.0);
                    labels::dim(ui, theme, "  Nothing of that name");
                    ui.add_space(8.0);
                }
                ScrollArea::vertical().max_height(ROWS as f32 * 30.0).show(ui, |ui| {
                    for (index, item) in found.iter().enumerate() {
                        let response = row(ui, ctx, item, index == palette.chosen);
                        if index == palette.chosen && (up || down) {
                            response.scroll_to_me(None);
                        }
                        if response.clicked() {
                            run = Some(index);
                        }
                    }
                });
            });
        });
    let outside = ui.input(|input| {
        input.pointer.any_pressed() && input.pointer.interact_pos().is_some_and(|at| !area.response.rect.contains(at))
    });
    done |= outside;
    if let Some(item) = run.and_then(|index| found.into_iter().nth(index)) {
        item.actions.into_iter().for_each(|action| ctx.push(action));
        done = true;
    }
    if !done {
        shell.palette = Some(palette);
    }
}

fn row(ui: &mut Ui, ctx: &Ctx<'_>, item: &Item, chosen: bool) -> egui::Response {
    let theme = ctx.theme;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 30.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, chosen, &item.title));
    if ui.is_rect_visible(rect) {
        let painter = ui.painter();
        if chosen {
            painter.rect_filled(rect, CornerRadius::same(4), theme.selection);
        } else if response.hovered() {
            painter.rect_filled(rect, CornerRadius::same(4), theme.hover);
        }
        let middle = rect.center().y;
        let color = if chosen { theme.accent } else { theme.dim };
        painter.text(pos2(rect.left() + 18.0, middle), Align2::CENTER_CENTER, item.glyph, fonts::icons(15.0), color);
        let about = elided(ui, &item.about, fonts::body(text::SMALL), rect.width() * 0.45);
        let right = rect.right() - 10.0 - about.size().x;
        painter.galley(pos2(right, middle - about.size().y / 2.0), about, theme.dim);
        let title = elided(ui, &item.title, fonts::body(text::BODY), right - rect.left() - 46.0);
        painter.galley(pos2(rect.left() + 36.0, middle - title.size().y / 2.0), title, theme.text);
    }
    response
}

fn items(ui: &Ui, ctx: &Ctx<'_>, view: &View<'_>, names_only: bool) -> Vec<Item> {
    let mut items = Vec::new();
    if let Some(project) = view.project {
        for entry in &project.entries {
            let name = entry.path.rsplit('/').next().unwrap_or(&entry.path).to_owned();
            let (glyph, tab) = match entry.kind {
                EntryKind::Notebook => (glyph::NOTEBOOK, Tab::Notebook(entry.path.clone())),
                EntryKind::Data => (glyph::TABLE, Tab::Data(entry.path.clone())),
                EntryKind::Report => (glyph::FILE_TEXT, Tab::Report(Some(entry.path.clone()))),
                EntryKind::File | EntryKind::Folder => continue,
            };
            items.push(Item { title: name, about: entry.path.clone(), glyph, actions: vec![Action::Open(tab)] });
        }
        if let Some(notebook) = view.notebook {
            for cell in &notebook.notebook.cells {
                let reveal = Action::Reveal { notebook: notebook.path.clone(), cell: cell.name.clone() };
                items.push(Item {
                    title: cell.name.clone(),
                    about: format!("{} cell of {}", cell.body.kind().as_str(), notebook.notebook.title),
                    glyph: crate::cells::card::kind_glyph(cell.body.kind()),
                    actions: vec![reveal],
                });
            }
        }
        let runs = ctx.value(&Request::Runs(RunsQuery { limit: 200, ..RunsQuery::default() }));
        if let Some(Response::Runs(page)) = runs.as_deref() {
            for run in &page.runs {
                items.push(Item {
                    title: run.name.clone(),
                    about: format!("run, {}", run.status.as_str()),
                    glyph: glyph::CHART_LINE,
                    actions: vec![Action::Open(Tab::Runs), Action::Select(Selection::Run(run.id.clone()))],
                });
            }
        }
    }
    if !names_only {
        let commands = COMMANDS.iter().filter(|row| !matches!(row.command, Command::Palette));
        let mut rows: Vec<Item> = commands
            .map(|row| Item {
                title: row.title.to_owned(),
                about: command::keys_text(ui.ctx(), row.command),
                glyph: row.glyph,
                actions: vec![Action::Run(row.command)],
            })
            .collect();
        rows.extend(items);
        return rows;
    }
    items
}

/// The items that match, best first.
fn search(items: Vec<Item>, words: &str) -> Vec<Item> {
    if words.trim().is_empty() {
        return items.into_iter().take(60).collect();
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(words, CaseMatching::Ignore, Normalization::Smart);
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, Item)> = items
        .into_iter()
        .filter_map(|item| {
            let score = pattern.score(Utf32Str::new(&item.title, &mut buffer), &mut matcher)?;
            Some((score, item))
        })
        .collect();
    scored.sort_by_key(|(score, item)| (std::cmp::Reverse(*score), item.title.len()));
    scored.into_iter().map(|(_, item)| item).take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_letters_find_the_command() {
        let all = || {
            let rows = COMMANDS.iter();
            rows.map(|row| Item {
                title: row.title.into(),
                about: String::new(),
                glyph: row.glyph,
                actions: vec![Action::Run(row.command)],
            })
            .collect()
        };
        let first = |words: &str| search(all(), words).into_iter().next().map(|item| item.actions);
        assert_eq!(first("dark"), Some(vec![Action::Run(Command::ThemeDark)]));
        assert_eq!(first("stale"), Some(vec![Action::Run(Command::RunAllStale)]));
        assert_eq!(first("add tr cell"), Some(vec![Action::Run(Command::AddTrain)]));
        assert_eq!(first("qqqq"), None);
    }
}
