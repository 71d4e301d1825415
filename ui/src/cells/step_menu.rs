//! The list of operations behind «Add step»: searched by title, other words and what they do, grouped as in the
//! catalogue, what fits the selected column first. `/` opens it; ↑ ↓ choose, Enter adds, Esc closes.

use cairn_protocol::{
    steps::{
        Step,
        catalogue::{self, StepSpec},
    },
    table::ColumnType,
};
use egui::{
    Align2, CornerRadius, Id, Key, Modifiers, Popup, PopupCloseBehavior, Response, Role, ScrollArea, Sense, Ui,
    WidgetInfo, pos2, vec2,
};
use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};

use super::new_step::{self, Around};
use crate::{
    fonts,
    theme::{Theme, text},
    widgets::{self, glyph},
};

const WIDTH: f32 = 560.0;
const ROW: f32 = 26.0;
/// Operations that are listed before the groups for a selected column.
const FIRST: usize = 6;

#[derive(Debug, Clone, Default)]
struct State {
    words: String,
    chosen: usize,
    open: bool,
}

/// A line of the list.
#[derive(Debug, Clone, PartialEq)]
enum Line {
    Heading(String),
    Spec(&'static StepSpec),
}

/// The glyph of a group.
#[must_use]
pub fn group_glyph(group: &str) -> &'static str {
    match group {
        "Columns" => glyph::COLUMNS,
        "Rows" => glyph::ROWS,
        "Missing values" => glyph::ERASER,
        "Encode" => glyph::TAG,
        "Numbers" => glyph::RULER,
        "Text" => glyph::TEXT_AA,
        "Dates" => glyph::CALENDAR,
        "Series" => glyph::TREND_UP,
        "Tables" => glyph::TABLE,
        "Sampling" => glyph::SCALES,
        "Privacy" => glyph::LOCK,
        _ => glyph::WRENCH,
    }
}

/// The list, hung below `opener`. Gives the step that was chosen, filled in.
pub fn menu_ui(theme: &Theme, opener: &Response, around: &Around<'_>) -> Option<Step> {
    let id = opener.id.with("operations");
    let is_open = Popup::is_id_open(&opener.ctx, Popup::default_response_id(opener)) || opener.clicked();
    if !is_open {
        opener.ctx.data_mut(|data| data.remove::<State>(id));
    }
    let mut chosen = None;
    Popup::menu(opener)
        .width(WIDTH)
        .gap(2.0)
        .frame(widgets::menus::floating_frame(theme))
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| {
            ui.set_width(WIDTH.min(ui.ctx().content_rect().width() - 40.0));
            ui.spacing_mut().item_spacing.y = 0.0;
            chosen = list_ui(ui, theme, id, around);
        });
    let spec = chosen?;
    Popup::close_id(&opener.ctx, Popup::default_response_id(opener));
    new_step::new_step(spec, around)
}

fn list_ui(ui: &mut Ui, theme: &Theme, id: Id, around: &Around<'_>) -> Option<&'static StepSpec> {
    let mut state: State = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let (up, down, enter) = (pressed(Key::ArrowUp), pressed(Key::ArrowDown), pressed(Key::Enter));
    let width = ui.available_width();
    let field = widgets::text_field(ui, theme, "Search operations", &mut state.words, "Search operations", width);
    if !state.open {
        state.open = true;
        field.request_focus();
    } else if field.changed() {
        state.chosen = 0;
    }
    ui.add_space(4.0);
    let lines = lines(&state.words, around.selected());
    let specs: Vec<&'static StepSpec> = lines
        .iter()
        .filter_map(|line| match line {
            Line::Spec(spec) => Some(*spec),
            Line::Heading(_) => None,
        })
        .collect();
    let count = specs.len();
    if count > 0 {
        state.chosen = state.chosen.min(count - 1);
        if down {
            state.chosen = (state.chosen + 1) % count;
        }
        if up {
            state.chosen = (state.chosen + count - 1) % count;
        }
    }
    let mut run = enter.then(|| specs.get(state.chosen).copied()).flatten();
    if count == 0 {
        widgets::small(ui, theme, "No operation is called so");
        ui.add_space(4.0);
    }
    ScrollArea::vertical().max_height(380.0).auto_shrink([false, true]).show(ui, |ui| {
        let mut index = 0;
        for line in &lines {
            match line {
                Line::Heading(words) => widgets::menu_heading(ui, theme, words),
                Line::Spec(spec) => {
                    let on = index == state.chosen;
                    let response = row_ui(ui, theme, spec, on);
                    if on && (up || down) {
                        response.scroll_to_me(None);
                    }
                    if response.clicked() {
                        run = Some(spec);
                    }
                    index += 1;
                }
            }
        }
    });
    ui.data_mut(|data| data.insert_temp(id, state));
    run
}

fn row_ui(ui: &mut Ui, theme: &Theme, spec: &StepSpec, on: bool) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let name = format!("{}: {}", spec.title, spec.about);
    response.widget_info(|| WidgetInfo::selected(Role::MenuItem, ui.is_enabled(), on, &name));
    if ui.is_rect_visible(rect) {
        let painter = ui.painter();
        if on {
            painter.rect_filled(rect, CornerRadius::same(4), theme.selection);
        } else if response.hovered() {
            painter.rect_filled(rect, CornerRadius::same(4), theme.hover);
        }
        let middle = rect.center().y;
        let color = if on { theme.accent } else { theme.dim };
        let at = pos2(rect.left() + 14.0, middle);
        painter.text(at, Align2::CENTER_CENTER, group_glyph(spec.group), fonts::icons(14.0), color);
        let title = widgets::buttons::elided(ui, spec.title, fonts::body(text::BODY), 156.0);
        painter.galley(pos2(rect.left() + 30.0, middle - title.size().y / 2.0), title, theme.text);
        let left = rect.left() + 192.0;
        let about = widgets::buttons::elided(ui, spec.about, fonts::body(text::SMALL), rect.right() - 8.0 - left);
        painter.galley(pos2(left, middle - about.size().y / 2.0), about, theme.dim);
        widgets::focus_ring(ui, theme, &response, rect.shrink(2.0));
    }
    response.on_hover_cursor(egui::CursorIcon::PointingHand)
}

/// The lines for what is typed and the column that is selected.
fn lines(words: &str, selected: Option<(&str, ColumnType)>) -> Vec<Line> {
    if !words.trim().is_empty() {
        return search(words).into_iter().map(Line::Spec).collect();
    }
    let mut lines = Vec::new();
    if let Some((name, kind)) = selected {
        lines.push(Line::Heading(format!("For {name}, {}", kind.as_str())));
        let first = new_step::offers(kind).iter().take(FIRST).filter_map(|op| catalogue::spec_of(op));
        lines.extend(first.map(Line::Spec));
    }
    for group in catalogue::GROUPS {
        lines.push(Line::Heading(group.to_owned()));
        lines.extend(catalogue::STEPS.iter().filter(|spec| spec.group == group).map(Line::Spec));
    }
    lines
}

/// Operations that match, best first: by title, then by other words, then by what they do.
fn search(words: &str) -> Vec<&'static StepSpec> {
    let pattern = Pattern::parse(words.trim(), CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut score = |text: &str| {
        let mut buffer = Vec::new();
        pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher)
    };
    let mut found: Vec<(u32, &'static StepSpec)> = Vec::new();
    for spec in catalogue::STEPS {
        // A title outweighs every match in the words, and those every match in the sentence.
        let title = score(spec.title).map(|score| score + 2000);
        let other = || score(spec.words).map(|score| score + 1000);
        // A sentence matches by whole words only: letters strewn over it mean nothing.
        let lower = words.trim().to_lowercase();
        let about = || spec.about.to_lowercase().contains(&lower).then_some(500);
        let whole = |text: &str| text.split(' ').any(|word| word == lower);
        if let Some(score) = title.or_else(other).or_else(about) {
            found.push((score + if whole(spec.words) { 1500 } else { 0 }, spec));
        }
    }
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().map(|(_, spec)| spec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_found_by_title_by_word_and_by_what_they_do() {
        for (words, wanted) in [
            ("one-hot", "one_hot"),
            ("dummies", "one_hot"),
            ("vlookup", "join"),
            ("median", "impute"),
            ("smote", "balance"),
            ("melt", "unpivot"),
            ("gdpr", "anonymise"),
            ("roll win", "rolling"),
            ("cross-fitted", "target_encode"),
        ] {
            let found = search(words);
            assert_eq!(found.first().map(|spec| spec.op), Some(wanted), "{words}");
        }
        assert!(search("qqqq").is_empty());
    }

    #[test]
    fn what_fits_the_selected_column_comes_first_and_every_operation_is_listed() {
        let all = lines("", Some(("name", ColumnType::Text)));
        assert_eq!(all[0], Line::Heading("For name, text".into()));
        assert!(matches!(all[1], Line::Spec(spec) if spec.group == "Text"));
        let plain = lines(" ", None);
        let count = plain.iter().filter(|line| matches!(line, Line::Spec(_))).count();
        assert_eq!(count, catalogue::STEPS.len());
        assert_eq!(plain[0], Line::Heading("Columns".into()));
    }
}
