//! The steps of a recipe as rows of two lines: verb, then columns in mono, with tags, an eye to switch a step off,
//! and a grip to move it.

use cairn_protocol::{
    results::StepOutcome,
    steps::{FitScope, Step, StepOp},
    table::ColumnType,
};
use egui::{
    Align2, CornerRadius, CursorIcon, Key, Modifiers, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use super::{
    draft::WrangleDraft,
    keys::{self, FocusedStep},
};
use crate::{
    fonts,
    theme::{Theme, text},
    widgets::{self, glyph},
};

/// Height of a row.
pub const ROW: f32 = 36.0;

/// What stands in the second line of a step.
#[must_use]
pub fn subtitle(step: &Step) -> String {
    let columns = step.op.columns();
    if columns.is_empty() {
        return "choose columns".into();
    }
    let mut words = match &step.op {
        StepOp::Rename { names } => match names.as_slice() {
            [one] => format!("{} → {}", one.from, one.to),
            _ => columns.join(", "),
        },
        StepOp::Cast { columns, to, .. } => format!("{} → {}", columns.join(", "), to.as_str()),
        _ if columns.len() > 3 => format!("{} columns", columns.len()),
        _ => columns.join(", "),
    };
    if words.is_empty() {
        words = "choose columns".into();
    }
    if !step.enabled {
        words.push_str(" · off");
    }
    words
}

/// Every kind of step a person can add, with its words in the menu.
#[must_use]
pub fn templates() -> Vec<(&'static str, &'static str, StepOp)> {
    use cairn_protocol::steps::{Combine, DropLevel, ImputeStrategy, NullLevel, ScaleMethod, Unfit, UnseenLevel};
    let fit = FitScope::Train;
    vec![
        ("Drop columns", "take columns away", StepOp::Drop { columns: Vec::new() }),
        ("Rename columns", "other names", StepOp::Rename { names: Vec::new() }),
        (
            "Set type",
            "number, text, date…",
            StepOp::Cast { columns: Vec::new(), to: ColumnType::Category, unfit: Unfit::Error },
        ),
        (
            "Filter rows",
            "keep rows that meet conditions",
            StepOp::Filter { conditions: Vec::new(), combine: Combine::All },
        ),
        (
            "Fill missing values",
            "mean, median, most frequent",
            StepOp::Impute(cairn_protocol::steps::Impute {
                columns: Vec::new(),
                strategy: ImputeStrategy::Median,
                value: None,
                indicator: false,
                fit,
                ..Default::default()
            }),
        ),
        (
            "Scale",
            "standard, 0 to 1, robust",
            StepOp::Scale(cairn_protocol::steps::Scale {
                columns: Vec::new(),
                method: ScaleMethod::Standard,
                fit,
                ..Default::default()
            }),
        ),
        (
            "One-hot encode",
            "a 0/1 column for each level",
            StepOp::OneHot(cairn_protocol::steps::OneHot {
                columns: Vec::new(),
                drop: DropLevel::None,
                nulls: NullLevel::OwnColumn,
                unseen: UnseenLevel::AllZeros,
                rare_below_percent: 0.0,
                max_categories: None,
                name_pattern: "{column}_{value}".into(),
                keep_source: false,
                fit,
                ..Default::default()
            }),
        ),
        (
            "Split into flags",
            "several values in a cell",
            StepOp::SplitFlags {
                column: String::new(),
                separator: ";".into(),
                rare_below_percent: 0.0,
                keep_source: false,
                fit,
            },
        ),
    ]
}

/// Draws the rows and takes clicks, drags and keys.
pub fn steps_ui(ui: &mut Ui, theme: &Theme, draft: &mut WrangleDraft, outcomes: &[StepOutcome]) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let top = ui.cursor().top();
    let focus_selected = std::mem::take(&mut draft.focus_selected);
    let mut moved = None;
    let mut selected = None;
    let mut toggled = None;
    let mut removed = None;
    let dragging = egui::Id::unique("dragged step").with(ui.scope_id());
    for (index, step) in draft.steps.iter().enumerate() {
        let on = draft.selected == index + 1;
        let row = row_ui(ui, theme, index, step, outcomes.get(index), on);
        if row.whole.clicked() || row.whole.gained_focus() {
            selected = Some(index + 1);
        }
        if row.eye.clicked() {
            toggled = Some(index);
        }
        if on && focus_selected {
            row.whole.request_focus();
        }
        if row.whole.has_focus() {
            keys::note_focus(ui.ctx(), FocusedStep { widget: row.whole.id, index });
            if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Delete)) {
                removed = Some(index);
            }
        }
        if row.whole.dragged() {
            ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
            if let Some(at) = row.whole.interact_pointer_pos() {
                let slot = (((at.y - top) / ROW).round().max(0.0) as usize).min(draft.steps.len());
                let y = top + slot as f32 * ROW;
                ui.painter().hline(row.whole.rect.x_range(), y, Stroke::new(2.0, theme.accent));
                ui.data_mut(|data| data.insert_temp(dragging, slot));
            }
        }
        if row.whole.drag_stopped()
            && let Some(slot) = ui.data_mut(|data| data.remove_temp::<usize>(dragging))
        {
            let to = if slot > index { slot - 1 } else { slot };
            moved = Some((index, to.min(draft.steps.len() - 1)));
        }
        row.whole.context_menu(|ui| {
            let mut item = |mark: &str, words: &str, keys: &str, enabled: bool| {
                widgets::menu_item(ui, theme, Some(mark), words, keys, enabled).clicked()
            };
            if item(glyph::ARROW_UP, "Move up", "Alt+↑", index > 0) {
                moved = Some((index, index - 1));
            }
            if item(glyph::ARROW_DOWN, "Move down", "Alt+↓", index + 1 < draft.steps.len()) {
                moved = Some((index, index + 1));
            }
            if item(glyph::EYE, if step.enabled { "Switch off" } else { "Switch on" }, "", true) {
                toggled = Some(index);
            }
            if item(glyph::TRASH, "Remove", "Del", true) {
                removed = Some(index);
            }
        });
    }
    if let Some(selected) = selected {
        draft.selected = selected;
    }
    if let Some(index) = toggled {
        draft.steps[index].enabled = !draft.steps[index].enabled;
    }
    if let Some((from, to)) = moved {
        draft.shift(from, to);
    }
    if let Some(index) = removed {
        draft.remove(index);
    }
}

struct Row {
    whole: Response,
    eye: Response,
}

fn row_ui(ui: &mut Ui, theme: &Theme, index: usize, step: &Step, outcome: Option<&StepOutcome>, on: bool) -> Row {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let id = ui.scope_id().with(("step", index));
    let whole = ui.interact(rect, id, Sense::click_and_drag());
    let title = step.op.title();
    let name = format!("Step {}: {title}, {}", index + 1, subtitle(step));
    whole.widget_info(|| WidgetInfo::selected(Role::ListItem, ui.is_enabled(), on, &name));
    let painter = ui.painter();
    if on {
        painter.rect_filled(rect, CornerRadius::ZERO, theme.selection);
        painter.rect_filled(rect.with_max_x(rect.left() + 2.0), CornerRadius::ZERO, theme.accent);
    } else if whole.hovered() {
        painter.rect_filled(rect, CornerRadius::ZERO, theme.hover);
    }
    let quiet = !step.enabled;
    let ink = if quiet { theme.dim } else { theme.text };
    let number = pos2(rect.left() + 16.0, rect.top() + 11.0);
    painter.text(number, Align2::CENTER_CENTER, (index + 1).to_string(), fonts::body(text::SMALL), theme.dim);

    let eye_rect = Rect::from_center_size(pos2(rect.right() - 13.0, rect.center().y), vec2(18.0, 20.0));
    let eye = ui.interact(eye_rect, id.with("eye"), Sense::click());
    let verb = if step.enabled { "Switch off" } else { "Switch on" };
    let eye_name = format!("{verb} step {}", index + 1);
    eye.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &eye_name));
    let mut right = rect.right() - 6.0;
    let show_eye = quiet || rect.width() > 220.0 || whole.hovered() || eye.hovered() || eye.has_focus();
    if show_eye {
        let mark = if quiet { glyph::EYE_SLASH } else { glyph::EYE };
        let color = if eye.hovered() { theme.text } else { theme.dim };
        ui.painter().text(eye_rect.center(), Align2::CENTER_CENTER, mark, fonts::icons(14.0), color);
        right = eye_rect.left() - 2.0;
    }
    widgets::focus_ring(ui, theme, &eye, eye_rect);
    if let Some(fit) = step.op.fit().filter(|_| step.enabled) {
        right = fit_tag(ui, theme, rect, right, fit, outcome) - 4.0;
    } else if let Some(warning) = outcome.and_then(|outcome| outcome.warnings.first()).filter(|_| step.enabled) {
        let at = pos2(right - 8.0, rect.center().y);
        ui.painter().text(at, Align2::CENTER_CENTER, glyph::WARNING, fonts::icons(14.0), theme.warning.mark);
        whole.clone().on_hover_text(warning);
        right -= 20.0;
    }
    let left = rect.left() + 30.0;
    let font = if on { fonts::strong(text::BODY) } else { fonts::body(text::BODY) };
    let verb = widgets::buttons::elided(ui, title, font, right - left);
    ui.painter().galley(pos2(left, rect.top() + 3.0), verb, ink);
    let columns = widgets::buttons::elided(ui, &subtitle(step), fonts::mono(11.0), right - left);
    ui.painter().galley(pos2(left, rect.top() + 19.0), columns, theme.dim);
    widgets::focus_ring(ui, theme, &whole, rect.shrink(2.0));
    let whole = match outcome.filter(|outcome| !outcome.warnings.is_empty() || !outcome.learned.is_empty()) {
        Some(outcome) => whole.on_hover_ui(|ui| {
            ui.set_max_width(300.0);
            for line in outcome.learned.iter().take(6) {
                widgets::paragraph(ui, line.as_str(), theme.text);
            }
            for line in &outcome.warnings {
                widgets::paragraph(ui, line.as_str(), theme.warning.text);
            }
        }),
        None => whole,
    };
    Row { whole, eye }
}

/// «fit: train», or «fit: all» in the warning shade; gives its left edge.
fn fit_tag(ui: &Ui, theme: &Theme, row: Rect, right: f32, fit: FitScope, outcome: Option<&StepOutcome>) -> f32 {
    let all = fit == FitScope::All || outcome.is_some_and(|outcome| outcome.fits_on_all);
    let words = if all { "fit: all" } else { "fit: train" };
    let color = if all { theme.warning.text } else { theme.dim };
    let galley = ui.painter().layout_no_wrap(words.into(), fonts::body(text::SMALL), color);
    let lead = if all { 15.0 } else { 0.0 };
    let width = galley.size().x + 8.0 + lead;
    let tag = Rect::from_center_size(pos2(right - width / 2.0, row.center().y), vec2(width, 17.0));
    let painter = ui.painter();
    if all {
        painter.rect_filled(tag, CornerRadius::same(3), theme.warning.tint);
        let at = pos2(tag.left() + 10.0, tag.center().y);
        painter.text(at, Align2::CENTER_CENTER, glyph::WARNING, fonts::icons(12.0), theme.warning.mark);
    } else {
        painter.rect(tag, CornerRadius::same(3), theme.card, Stroke::new(1.0, theme.border), egui::StrokeKind::Inside);
    }
    painter.galley(pos2(tag.left() + 4.0 + lead, tag.center().y - galley.size().y / 2.0), galley, color);
    tag.left()
}

/// The row that opens the list of steps to add; `/` opens it too.
pub fn add_ui(ui: &mut Ui, theme: &Theme, draft: &mut WrangleDraft, slash: bool) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 30.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), "Add step"));
    if response.hovered() {
        ui.painter().rect_filled(rect, CornerRadius::ZERO, theme.hover);
    }
    let painter = ui.painter();
    painter.text(
        pos2(rect.left() + 16.0, rect.center().y),
        Align2::CENTER_CENTER,
        glyph::PLUS,
        fonts::icons(14.0),
        theme.accent,
    );
    painter.text(
        pos2(rect.left() + 30.0, rect.center().y),
        Align2::LEFT_CENTER,
        "Add step",
        fonts::body(text::BODY),
        theme.accent,
    );
    let cap = Rect::from_center_size(pos2(rect.right() - 16.0, rect.center().y), vec2(18.0, 18.0));
    painter.rect(cap, CornerRadius::same(4), theme.panel, Stroke::new(1.0, theme.border), egui::StrokeKind::Inside);
    painter.text(cap.center(), Align2::CENTER_CENTER, "/", fonts::body(text::SMALL), theme.dim);
    widgets::focus_ring(ui, theme, &response, rect.shrink(2.0));
    if slash {
        egui::Popup::open_id(ui.ctx(), egui::Popup::default_response_id(&response));
    }
    let mut chosen = None;
    widgets::menu_popup(theme, &response, 320.0, |ui| {
        for (title, about, op) in templates() {
            if widgets::menu_item(ui, theme, Some(step_glyph(&op)), title, about, true).clicked() {
                chosen = Some(op);
            }
        }
    });
    if let Some(op) = chosen {
        draft.add(Step { op, enabled: true });
    }
}

/// The glyph of a step.
#[must_use]
pub fn step_glyph(op: &StepOp) -> &'static str {
    match op {
        StepOp::Drop { .. } => glyph::TRASH,
        StepOp::Rename { .. } => glyph::PENCIL,
        StepOp::Cast { .. } => glyph::HASH,
        StepOp::Filter { .. } => glyph::FUNNEL,
        StepOp::Impute(cairn_protocol::steps::Impute { .. }) => glyph::ERASER,
        StepOp::Scale(cairn_protocol::steps::Scale { .. }) => glyph::RULER,
        StepOp::OneHot(cairn_protocol::steps::OneHot { .. }) => glyph::COLUMNS,
        StepOp::SplitFlags { .. } => glyph::SCISSORS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_says_what_it_reads() {
        let step = |text: &str| serde_json::from_str::<Step>(text).unwrap();
        assert_eq!(subtitle(&step(r#"{"op":"drop","columns":["a","b"]}"#)), "a, b");
        assert_eq!(subtitle(&step(r#"{"op":"drop","columns":["a","b","c","d"],"enabled":false}"#)), "4 columns · off");
        assert_eq!(subtitle(&step(r#"{"op":"rename","names":[{"from":"a","to":"z"}]}"#)), "a → z");
        assert_eq!(subtitle(&step(r#"{"op":"cast","columns":["a"],"to":"int"}"#)), "a → int");
    }

    #[test]
    fn every_kind_of_step_can_be_added() {
        let titles: std::collections::BTreeSet<_> =
            templates().iter().map(|(_, _, op)| std::mem::discriminant(op)).map(|of| format!("{of:?}")).collect();
        assert_eq!(titles.len(), 8);
    }
}
