//! The steps of a recipe as rows of two lines: verb, then columns in mono, with tags, an eye to switch a step off,
//! and a grip to move it.

use cairn_protocol::{
    ErrorInfo,
    results::StepOutcome,
    steps::{FitScope, Step, StepOp, catalogue},
};
use egui::{
    Align2, CornerRadius, CursorIcon, Key, Modifiers, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use super::{
    draft::WrangleDraft,
    keys::{self, FocusedStep},
    new_step::Known,
    step_menu,
};
use crate::{
    fonts,
    theme::{Theme, text},
    widgets::{self, glyph},
};

/// Height of a row.
pub const ROW: f32 = 36.0;

/// Why a recipe fails, and at which step (from 0).
#[derive(Debug, Clone, Copy)]
pub struct Broken<'a> {
    /// Index of the step.
    pub index: usize,
    /// What is wrong, and what to do.
    pub error: &'a ErrorInfo,
}

/// What stands in the second line of a step.
#[must_use]
pub fn subtitle(step: &Step) -> String {
    let list = |names: &[&str]| if names.len() > 3 { format!("{} columns", names.len()) } else { names.join(", ") };
    let listed = |names: &[String]| list(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let or = |words: String, empty: &str| if words.is_empty() { empty.to_owned() } else { words };
    let named = |value: serde_json::Result<serde_json::Value>| {
        value.ok().and_then(|value| value.as_str().map(|text| text.replace('_', " "))).unwrap_or_default()
    };
    let words = match &step.op {
        StepOp::Rename { names } => match names.as_slice() {
            [one] => format!("{} → {}", one.from, one.to),
            _ => list(&step.op.columns()),
        },
        StepOp::Cast { columns, to, .. } if !columns.is_empty() => format!("{} → {}", listed(columns), to.as_str()),
        StepOp::CleanNames(of) => named(serde_json::to_value(of.style)),
        StepOp::Shuffle(of) => format!("seed {}", of.seed),
        StepOp::Sample(of) => {
            let how = named(serde_json::to_value(of.method));
            match (of.rows, of.percent) {
                (Some(rows), _) => format!("{how}, {} rows", widgets::format::count(rows)),
                (None, Some(percent)) => format!("{how}, {percent} %"),
                (None, None) => how,
            }
        }
        StepOp::Deduplicate(of) => or(listed(&of.columns), "all columns"),
        StepOp::DropMissing(of) => or(listed(&of.columns), "all columns"),
        StepOp::EditCells(of) => widgets::format::plural(of.edits.len() as u64, "cell", "cells"),
        StepOp::Formula(of) => format!("{} = {}", of.name, of.expression.replace('\n', " ")),
        StepOp::Sql(of) => or(of.query.split_whitespace().collect::<Vec<_>>().join(" "), "write a query"),
        StepOp::Join(of) if of.with.is_empty() => "choose a table".into(),
        StepOp::Join(of) => {
            let keys: Vec<&str> = of.on.iter().map(|key| key.left.as_str()).collect();
            if keys.is_empty() {
                format!("{}, choose keys", of.with)
            } else {
                format!("{} on {}", of.with, list(&keys))
            }
        }
        StepOp::Concat(of) => or(of.with.join(", "), "choose tables"),
        StepOp::Unpivot(of) => or(listed(&of.columns), "all columns"),
        StepOp::Transpose(of) => of.header.clone().unwrap_or_else(|| "all rows".into()),
        StepOp::Filter { conditions, .. } if conditions.is_empty() => "add a condition".into(),
        StepOp::GroupBy(of) if of.by.is_empty() => "choose columns".into(),
        StepOp::GroupBy(of) => listed(&of.by),
        StepOp::Resample(of) if !of.column.is_empty() => format!("{}, every {}", of.column, of.every),
        StepOp::FillGaps(of) if !of.column.is_empty() => format!("{}, every {}", of.column, of.every),
        _ => {
            let mut columns = step.op.columns();
            columns.retain(|name| !name.is_empty());
            let mut seen = std::collections::BTreeSet::new();
            columns.retain(|name| seen.insert(*name));
            list(&columns)
        }
    };
    let mut words = or(words, "choose columns");
    if !step.enabled {
        words.push_str(" · off");
    }
    words
}

/// Draws the rows and takes clicks, drags and keys.
pub fn steps_ui(
    ui: &mut Ui,
    theme: &Theme,
    draft: &mut WrangleDraft,
    outcomes: &[StepOutcome],
    broken: Option<Broken<'_>>,
) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let focus_selected = std::mem::take(&mut draft.focus_selected);
    let mut moved = None;
    let mut selected = None;
    let mut toggled = None;
    let mut removed = None;
    let mut doubled = None;
    let mut dragged = None;
    let mut places: Vec<Rect> = Vec::with_capacity(draft.steps.len());
    for (index, step) in draft.steps.iter().enumerate() {
        let on = draft.selected == index + 1;
        let fault = broken.filter(|broken| broken.index == index).map(|broken| broken.error);
        let row = row_ui(ui, theme, index, step, outcomes.get(index), fault, on);
        places.push(row.whole.rect);
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
            let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
            if pressed(Modifiers::NONE, Key::Delete) {
                removed = Some(index);
            }
            if pressed(Modifiers::COMMAND, Key::D) {
                doubled = Some(index);
            }
        }
        if row.whole.dragged() || row.whole.drag_stopped() {
            dragged = row.whole.interact_pointer_pos().map(|at| (index, at.y, row.whole.drag_stopped()));
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
            if item(glyph::COPY, "Duplicate", "Ctrl+D", true) {
                doubled = Some(index);
            }
            if item(glyph::EYE, if step.enabled { "Switch off" } else { "Switch on" }, "", true) {
                toggled = Some(index);
            }
            if item(glyph::TRASH, "Remove", "Del", true) {
                removed = Some(index);
            }
        });
    }
    if let Some((index, y, dropped)) = dragged {
        let slot = places.iter().filter(|place| place.center().y < y).count();
        if dropped {
            let to = if slot > index { slot - 1 } else { slot };
            moved = Some((index, to.min(draft.steps.len() - 1)));
        } else {
            ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
            let line = places.get(slot).map(Rect::top).or_else(|| places.last().map(Rect::bottom));
            if let Some(line) = line {
                ui.painter().hline(places[index].x_range(), line, Stroke::new(2.0, theme.accent));
            }
        }
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
    if let Some(index) = doubled {
        draft.duplicate(index);
    }
    if let Some(index) = removed {
        draft.remove(index);
    }
}

struct Row {
    whole: Response,
    eye: Response,
}

fn row_ui(
    ui: &mut Ui,
    theme: &Theme,
    index: usize,
    step: &Step,
    outcome: Option<&StepOutcome>,
    fault: Option<&ErrorInfo>,
    on: bool,
) -> Row {
    let width = ui.available_width();
    let reason = fault.map(|error| reason(ui, theme, error, width - 40.0));
    let more = reason.as_ref().map_or(0.0, |galley| galley.size().y + 6.0);
    let (full, _) = ui.allocate_exact_size(vec2(width, ROW + more), Sense::hover());
    let id = ui.scope_id().with(("step", index));
    let whole = ui.interact(full, id, Sense::click_and_drag());
    let rect = full.with_max_y(full.top() + ROW);
    let title = step.op.title();
    let mut name = format!("Step {}: {title}, {}", index + 1, subtitle(step));
    if let Some(error) = fault {
        name = format!("{name}, fails: {}", error.message);
    }
    whole.widget_info(|| WidgetInfo::selected(Role::ListItem, ui.is_enabled(), on, &name));
    let painter = ui.painter();
    if on {
        painter.rect_filled(full, CornerRadius::ZERO, theme.selection);
        let bar = if fault.is_some() { theme.fault.mark } else { theme.accent };
        painter.rect_filled(full.with_max_x(rect.left() + 2.0), CornerRadius::ZERO, bar);
    } else if whole.hovered() {
        painter.rect_filled(full, CornerRadius::ZERO, theme.hover);
    }
    let quiet = !step.enabled;
    let ink = match fault {
        Some(_) => theme.fault.text,
        None if quiet => theme.dim,
        None => theme.text,
    };
    let number = pos2(rect.left() + 16.0, rect.top() + 11.0);
    painter.text(number, Align2::CENTER_CENTER, (index + 1).to_string(), fonts::body(text::SMALL), theme.dim);
    let (mark, color) =
        if fault.is_some() { (glyph::X_CIRCLE, theme.fault.mark) } else { (step_glyph(&step.op), theme.dim) };
    let at = pos2(rect.left() + 16.0, rect.top() + 26.0);
    painter.text(at, Align2::CENTER_CENTER, mark, fonts::icons(12.0), color);
    if let Some(galley) = reason {
        painter.galley(pos2(rect.left() + 30.0, rect.bottom()), galley, theme.fault.text);
    }

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
        let all = fit == FitScope::All || outcome.is_some_and(|outcome| outcome.fits_on_all);
        right = tag(ui, theme, rect, right, if all { "fit: all" } else { "fit: train" }, all) - 4.0;
    } else if step.op.only_here() && step.enabled {
        right = tag(ui, theme, rect, right, "only here", false) - 4.0;
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

/// Why a step fails and what to do, on lines of their own.
fn reason(ui: &Ui, theme: &Theme, error: &ErrorInfo, width: f32) -> std::sync::Arc<egui::Galley> {
    let font = fonts::body(text::SMALL);
    let mut job = egui::text::LayoutJob::default();
    job.wrap.max_width = width;
    job.append(&error.message, 0.0, egui::TextFormat::simple(font.clone(), theme.fault.text));
    if !error.hint.is_empty() {
        job.append(&format!("\n{}", error.hint), 0.0, egui::TextFormat::simple(font, theme.dim));
    }
    ui.painter().layout_job(job)
}

/// A small tag at the right of a row, in the warning shade where it warns; gives its left edge.
fn tag(ui: &Ui, theme: &Theme, row: Rect, right: f32, words: &str, warns: bool) -> f32 {
    let color = if warns { theme.warning.text } else { theme.dim };
    let galley = ui.painter().layout_no_wrap(words.into(), fonts::body(text::SMALL), color);
    let lead = if warns { 15.0 } else { 0.0 };
    let width = galley.size().x + 8.0 + lead;
    let tag = Rect::from_center_size(pos2(right - width / 2.0, row.center().y), vec2(width, 17.0));
    let painter = ui.painter();
    if warns {
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
pub fn add_ui(ui: &mut Ui, theme: &Theme, draft: &mut WrangleDraft, slash: bool, known: impl FnOnce() -> Known) {
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
    let open =
        slash || response.clicked() || egui::Popup::is_id_open(ui.ctx(), egui::Popup::default_response_id(&response));
    if open && let Some(step) = step_menu::menu_ui(theme, &response, &known().around()) {
        draft.add(step);
        draft.focus_selected = true;
    }
}

/// The glyph of a step: that of its group.
#[must_use]
pub fn step_glyph(op: &StepOp) -> &'static str {
    step_menu::group_glyph(catalogue::spec_of(op.name()).map_or("", |spec| spec.group))
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
    fn every_operation_has_a_second_line_and_a_glyph() {
        for spec in catalogue::STEPS {
            let step = Step { op: catalogue::default_of(spec.op).unwrap(), enabled: true };
            assert!(!subtitle(&step).is_empty(), "{}", spec.op);
            assert_ne!(step_glyph(&step.op), glyph::WRENCH, "{}", spec.op);
        }
    }
}
