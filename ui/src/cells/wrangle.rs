//! The body of a wrangle cell: steps, preview, form of the selected step. The parts are shared with the maximised
//! pane. Changes stay in the draft until they are applied, as one undo point.

use cairn_protocol::{
    door::StepPreview,
    notebook::{CellBody, WrangleCell},
    results::{CellResult, Prediction, StepOutcome, WrangleResult},
    steps::catalogue,
    table::{ColumnChange, ColumnType, TableRef},
};
use egui::{Align, CornerRadius, Frame, Key, Layout, Margin, Modifiers, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};

use super::{
    card::{Card, CardUi, result_of},
    draft::WrangleDraft,
    keys,
    new_step::Known,
    prefill,
    preview::{Preview, PreviewSource},
    step_forms::{self, FormContext, OtherTable},
    step_list::{self, Broken},
    suggestions,
};
use crate::{
    ctx::{Action, Selection},
    fonts,
    theme::{size, text},
    widgets::{
        self, Button, ChipTone, format, glyph,
        grid::{GridState, grid_ui},
    },
};

/// Width of the steps in the notebook.
const STEPS: f32 = 196.0;
/// Width of the form in the notebook.
const FORM: f32 = 256.0;
/// Height of the body in the notebook, without its footer.
const HEIGHT: f32 = 312.0;

/// Below this width the footer says the least.
const NARROW_FOOTER: f32 = 560.0;

/// From this size on a predicted table is marked.
const LARGE_BYTES: u64 = 1 << 29;

/// Draws the body in the notebook.
pub fn body_ui(ui: &mut Ui, card: Card<'_>, wrangle: &WrangleCell, memory: &mut CardUi) {
    let mut draft = WrangleDraft::load(ui.ctx(), card.path(), card.name(), &wrangle.steps);
    memory.preview.update(ui, card.ctx, card.path(), card.name(), &mut draft);
    let width = ui.available_width();
    let (rect, _) = ui.allocate_exact_size(vec2(width, HEIGHT), egui::Sense::hover());
    let form_width = if draft.steps.is_empty() { 0.0 } else { FORM.min(width * 0.4) };
    let steps_rect = Rect::from_min_size(rect.min, vec2(STEPS, HEIGHT));
    let form_rect = Rect::from_min_max(pos2(rect.right() - form_width, rect.top()), rect.max);
    let grid_rect = Rect::from_min_max(
        pos2(steps_rect.right() + 1.0, rect.top()),
        pos2(form_rect.left() - if form_width > 0.0 { 1.0 } else { 0.0 }, rect.bottom()),
    );
    let line = egui::Stroke::new(1.0, card.theme().border);
    ui.painter().vline(steps_rect.right() + 0.5, rect.y_range(), line);
    let mut steps = ui.new_child(UiBuilder::new().id_salt("steps").max_rect(steps_rect));
    ScrollArea::vertical().id_salt("steps").auto_shrink([false, false]).show(&mut steps, |ui| {
        steps_ui(ui, card, &mut draft, &memory.preview);
        suggestions::suggestions_ui(ui, card, &mut draft, 3);
    });
    let mut grid = ui.new_child(UiBuilder::new().id_salt("grid").max_rect(grid_rect));
    grid.shrink_clip_rect(grid_rect);
    memory.grid.without_footer = true;
    preview_ui(&mut grid, card, &mut draft, &memory.preview, &mut memory.grid, false);
    if form_width > 0.0 {
        ui.painter().vline(form_rect.left() - 0.5, rect.y_range(), line);
        let mut form = ui.new_child(UiBuilder::new().id_salt("form").max_rect(form_rect));
        form_panel_ui(&mut form, card, &mut draft, &memory.preview, false);
    }
    footer_ui(ui, card, &draft, &memory.preview);
    draft.save(ui.ctx(), card.path(), card.name());
}

/// The steps, and the row that adds one.
pub fn steps_ui(ui: &mut Ui, card: Card<'_>, draft: &mut WrangleDraft, preview: &Preview) {
    let response = card.result();
    let outcomes = outcomes(preview, result_of(response.as_ref()), draft);
    step_list::steps_ui(ui, card.theme(), draft, &outcomes, broken(card, preview, draft));
    let slash = keys::take_slash(ui.ctx(), card.path(), card.name());
    step_list::add_ui(ui, card.theme(), draft, slash, || known(card, preview));
}

/// The step that the newest recipe fails at.
fn broken<'p>(card: Card<'_>, preview: &'p Preview, draft: &WrangleDraft) -> Option<Broken<'p>> {
    let error = preview.error.as_deref().filter(|_| !preview.loading)?;
    let here = error.place.cell.as_deref().is_none_or(|cell| cell == card.name());
    let index = error.place.step?.checked_sub(1)?;
    (here && index < draft.steps.len()).then_some(Broken { index, error })
}

/// Whether the cell, or a column of its table, is selected.
fn is_selected(card: Card<'_>) -> bool {
    card.is_selected()
        || matches!(card.ctx.selection, Selection::Column { table: TableRef::Cell { notebook, cell }, .. }
            if notebook == card.path() && cell == card.name())
}

/// Other cells above this one with tables.
fn tables_above(card: Card<'_>) -> Vec<OtherTable> {
    let above = card.view.notebook.cells[..card.index].iter();
    above
        .filter(|cell| prefill::is_table(cell.body.kind()))
        .map(|cell| OtherTable { name: cell.name.clone(), schema: prefill::schema_of(card.view, &cell.name) })
        .collect()
}

/// What a step added now can lean on.
fn known(card: Card<'_>, preview: &Preview) -> Known {
    let schema: Vec<(String, ColumnType)> = match preview.answer() {
        Some(answer) => {
            let there = answer.page.columns.iter().filter(|column| column.change != ColumnChange::Removed);
            there.map(|column| (column.name.clone(), column.column_type)).collect()
        }
        None => card.body.inputs().first().map(|input| prefill::schema_of(card.view, input)).unwrap_or_default(),
    };
    let column = match card.ctx.selection {
        Selection::Column { column, .. } => Some(column.clone()),
        _ => None,
    };
    let target = prefill::guess_target(card.view, &schema);
    Known { schema, column, target, tables: tables_above(card) }
}

/// What the steps did, as far as it is known: of the preview, else of the last run.
fn outcomes(preview: &Preview, result: Option<&CellResult>, draft: &WrangleDraft) -> Vec<StepOutcome> {
    let previewed = preview.answer().filter(|_| preview.recipe().is_some_and(|(steps, _)| steps == draft.steps));
    let mut known = match previewed {
        Some(answer) => answer.steps.clone(),
        None => Vec::new(),
    };
    if let Some(CellResult::Wrangle(WrangleResult { steps, .. })) = result
        && !draft.is_changed()
        && steps.len() > known.len()
    {
        known.extend_from_slice(&steps[known.len()..]);
    }
    known
}

/// The grid of the preview, or what stands in its place.
pub fn preview_ui(
    ui: &mut Ui,
    card: Card<'_>,
    draft: &mut WrangleDraft,
    preview: &Preview,
    grid: &mut GridState,
    changed_first: bool,
) {
    let theme = card.theme();
    if let Some(error) = &preview.error
        && !preview.loading
    {
        // That a table above has not run is no fault of anybody's: it is the next thing to do.
        let waits = error.kind == cairn_protocol::ErrorKind::Usage && error.message.ends_with("has not run yet");
        // A step that fails says so in the list too; the table as it was stays on screen below.
        let stays = preview.answer().is_some() && !waits;
        Frame::new().inner_margin(Margin::same(10)).show(ui, |ui| {
            if waits {
                let sentence = "The preview needs the table above, which has not run yet";
                if widgets::empty_state(ui, theme, glyph::TABLE, sentence, Some("Run up to here")) {
                    card.run();
                }
            } else {
                widgets::error_card(ui, theme, error, false);
            }
        });
        if !stays {
            return;
        }
    }
    if preview.answer().is_none() {
        Frame::new().inner_margin(Margin::same(12)).show(ui, |ui| {
            if preview.loading {
                widgets::loading(ui, theme, "Reading the table…");
            } else {
                widgets::dim(ui, theme, "Choose what this cell reads");
            }
        });
        return;
    }
    let source = PreviewSource::new(card.ctx, card.path(), card.name(), preview, changed_first);
    let output = grid_ui(ui, card.ctx, grid, &source);
    if let Some(column) = output.clicked_column {
        let table = TableRef::Cell { notebook: card.path().to_owned(), cell: card.name().to_owned() };
        card.ctx.push(Action::Select(Selection::Column { table, column }));
    }
    if let (Some(edit), Some((_, upto))) = (output.edited, preview.recipe()) {
        draft.selected = upto.min(draft.steps.len());
        draft.edit_cell(edit);
    }
}

/// The form of the selected step, with «Discard» and «Apply».
pub fn form_panel_ui(ui: &mut Ui, card: Card<'_>, draft: &mut WrangleDraft, preview: &Preview, wide: bool) {
    let theme = card.theme();
    let rect = ui.max_rect();
    let count = draft.steps.len();
    let selected = draft.selected;
    let head = Rect::from_min_size(rect.min, vec2(rect.width(), 28.0));
    let foot = Rect::from_min_max(pos2(rect.left(), rect.bottom() - 40.0), rect.max);
    let mut head_ui = ui.new_child(UiBuilder::new().id_salt("head").max_rect(head.shrink2(vec2(10.0, 0.0))));
    let title =
        selected.checked_sub(1).and_then(|index| draft.steps.get(index)).map_or("Input", |step| step.op.title());
    widgets::frames::row_of_two(
        &mut head_ui,
        28.0,
        |ui| {
            widgets::strong(ui, theme, title);
        },
        |ui| {
            let words = if selected == 0 { String::new() } else { format!("step {selected} of {count}") };
            widgets::small(ui, theme, words);
        },
    );
    let line = egui::Stroke::new(1.0, theme.border);
    ui.painter().hline(rect.x_range(), head.bottom(), line);
    ui.painter().hline(rect.x_range(), foot.top(), line);
    let middle =
        Rect::from_min_max(pos2(rect.left() + 10.0, head.bottom() + 1.0), pos2(rect.right() - 2.0, foot.top()));
    let mut body = ui.new_child(UiBuilder::new().id_salt("body").max_rect(middle));
    ScrollArea::vertical().id_salt("form").auto_shrink([false, false]).show(&mut body, |ui| {
        ui.set_width(rect.width() - 20.0);
        ui.add_space(6.0);
        if let Some(step) = selected.checked_sub(1).and_then(|index| draft.steps.get_mut(index)) {
            let answer = preview.answer();
            // Until there is an answer, what the cell reads is the best guess of what the step reads.
            let input = card.body.inputs().first().map(|input| prefill::schema_of(card.view, input));
            let input = input.filter(|_| answer.is_none()).unwrap_or_default();
            let form = FormContext {
                theme,
                schema: answer.map_or(&input, |answer| &answer.schema),
                profile: answer.map_or(&[], |answer| &answer.profile.columns),
                train_rows: answer.and_then(|answer| answer.train_rows),
                tables: &tables_above(card),
                wide,
            };
            if wide && let Some(spec) = catalogue::spec_of(step.op.name()) {
                let about = egui::RichText::new(spec.about).font(fonts::body(text::SMALL)).color(theme.dim);
                ui.add(egui::Label::new(about).wrap().selectable(false));
                ui.add_space(6.0);
            }
            ui.push_id((selected, step.op.name()), |ui| step_forms::form_ui(ui, &form, step));
            if let Some(answer) = answer {
                ui.add_space(4.0);
                outcome_ui(ui, card, answer, wide);
            }
        }
        ui.add_space(8.0);
    });
    apply_ui(ui, card, draft, preview, foot);
}

/// What the step learned, and how wide an encoding becomes.
fn outcome_ui(ui: &mut Ui, card: Card<'_>, answer: &StepPreview, wide: bool) {
    let theme = card.theme();
    let outcome = &answer.outcome;
    for (index, warning) in outcome.warnings.iter().enumerate() {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            widgets::icon(ui, theme, glyph::WARNING, theme.warning.mark, 14.0);
            ui.vertical(|ui| warning_ui(ui, card, index, warning));
        });
    }
    if !outcome.learned.is_empty() {
        ui.add_space(2.0);
        widgets::hairline(ui, theme);
        ui.add_space(2.0);
        widgets::small_strong(ui, theme, "Learned");
        for line in outcome.learned.iter().take(if wide { 40 } else { 8 }) {
            widgets::small(ui, theme, line.as_str()).on_hover_text(line);
        }
    }
    if wide && outcome.added.len() > 1 {
        widgets::hairline(ui, theme);
        widgets::frames::row_of_two(
            ui,
            22.0,
            |ui| {
                widgets::small_strong(ui, theme, "Predicted width");
            },
            |ui| {
                widgets::small(ui, theme, width_words(answer));
            },
        );
        for name in outcome.added.iter().take(60) {
            let profile = answer.profile.columns.iter().find(|column| column.name == *name);
            let share = profile.and_then(|column| column.mean).map(|mean| mean.0);
            added_row(ui, card, name, share);
        }
    }
}

/// Characters of a warning that are shown before it is unfolded.
const SHORT: usize = 140;

/// A warning; a long one (a list of values that did not fit) unfolds.
fn warning_ui(ui: &mut Ui, card: Card<'_>, index: usize, warning: &str) {
    let theme = card.theme();
    let first = warning.lines().next().unwrap_or_default();
    let end = first.char_indices().nth(SHORT).map_or(first.len(), |(at, _)| at);
    let is_short = end == warning.trim_end().len();
    let id = ui.make_persistent_id(("whole warning", index));
    let mut whole = ui.data(|data| data.get_temp::<bool>(id)).unwrap_or_default();
    let shown = if whole || is_short { warning.to_owned() } else { format!("{}…", &first[..end]) };
    widgets::paragraph(ui, shown, theme.warning.text);
    if !is_short && widgets::link(ui, theme, if whole { "Show less" } else { "Show all" }).clicked() {
        whole = !whole;
        ui.data_mut(|data| data.insert_temp(id, whole));
    }
}

/// «One-hot encode: 4 → 152 columns, 784 MB»: what the step makes of the table.
fn prediction_words(answer: &StepPreview, prediction: &Prediction) -> String {
    let rows = answer.page.rows_total;
    let mut words = format!(
        "{}: {} → {} columns",
        answer.outcome.title,
        format::count(answer.columns.0),
        format::count(prediction.columns)
    );
    let before = (rows + answer.outcome.rows_removed).saturating_sub(answer.outcome.rows_added);
    if prediction.rows != before {
        words.push_str(&format!(", {} → {} rows", format::count(before), format::count(prediction.rows)));
    }
    words.push_str(&format!(", {}", format::bytes(prediction.bytes)));
    words
}

fn width_words(answer: &StepPreview) -> String {
    let added = answer.outcome.added.len() as u64;
    let size = format::bytes(added * answer.page.rows_total);
    format!("{}, {size} as u8", format::plural(added, "column", "columns"))
}

fn added_row(ui: &mut Ui, card: Card<'_>, name: &str, share: Option<f64>) {
    let theme = card.theme();
    ui.allocate_ui_with_layout(vec2(ui.available_width(), 20.0), Layout::right_to_left(Align::Center), |ui| {
        ui.set_min_height(20.0);
        ui.spacing_mut().item_spacing.x = 8.0;
        if let Some(share) = share {
            ui.allocate_ui_with_layout(vec2(48.0, 20.0), Layout::right_to_left(Align::Center), |ui| {
                ui.set_min_width(48.0);
                widgets::text(ui, theme, format::percent(share));
            });
            let (bar, _) = ui.allocate_exact_size(vec2(64.0, 6.0), egui::Sense::hover());
            let filled = bar.with_max_x(bar.left() + bar.width() * share.clamp(0.0, 1.0) as f32);
            ui.painter().rect_filled(filled, CornerRadius::same(3), theme.good.mark);
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| widgets::mono(ui, theme, name));
    });
}

fn apply_ui(ui: &mut Ui, card: Card<'_>, draft: &mut WrangleDraft, preview: &Preview, rect: Rect) {
    let theme = card.theme();
    let changed = draft.is_changed();
    let mut foot = ui.new_child(UiBuilder::new().id_salt("foot").max_rect(rect.shrink2(vec2(10.0, 0.0))));
    let summary = preview.answer().filter(|_| changed).map(|answer| {
        let added = answer.outcome.added.len() as u64;
        if let Some(prediction) = &answer.outcome.prediction {
            let columns = format::plural(prediction.columns, "column", "columns");
            format!("{columns} · {}", format::bytes(prediction.bytes))
        } else if added == 0 {
            String::new()
        } else {
            format!("{added} new · {}", format::bytes(added * answer.page.rows_total))
        }
    });
    widgets::frames::row_of_two(
        &mut foot,
        rect.height(),
        |ui| {
            widgets::small(ui, theme, summary.unwrap_or_default());
        },
        |ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            let broken = preview.error.is_some() && !preview.loading;
            let apply = widgets::button(ui, theme, Button::primary("Apply").enabled(changed));
            let apply = if broken { apply.on_hover_text("The recipe fails as it is") } else { apply };
            let discard = widgets::button(ui, theme, Button::plain("Discard").enabled(changed));
            if apply.on_hover_text("Ctrl+Enter").clicked() {
                apply_draft(ui, card, draft);
            }
            if discard.on_hover_text("Esc").clicked() {
                draft.discard();
            }
        },
    );
    if changed && is_selected(card) {
        let popup = egui::Popup::is_any_open(ui.ctx());
        let typing = ui.ctx().text_edit_focused();
        // Ctrl+Enter is a command: see `keys::takes_command`.
        if !popup && !typing && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            draft.discard();
        }
    }
}

/// Sends the recipe, as one undo point.
pub fn apply_draft(ui: &Ui, card: Card<'_>, draft: &mut WrangleDraft) {
    if let CellBody::Wrangle(wrangle) = card.body
        && draft.is_changed()
    {
        let body = CellBody::Wrangle(WrangleCell { input: wrangle.input.clone(), steps: draft.steps.clone() });
        card.commit(ui, body);
        draft.base.clone_from(&draft.steps);
    }
}

/// Counts of what the step looked at does.
pub fn footer_ui(ui: &mut Ui, card: Card<'_>, draft: &WrangleDraft, preview: &Preview) {
    let theme = card.theme();
    widgets::hairline(ui, theme);
    let round = CornerRadius { sw: size::RADIUS, se: size::RADIUS, ..CornerRadius::ZERO };
    Frame::new().fill(theme.panel).corner_radius(round).inner_margin(Margin::symmetric(10, 0)).show(ui, |ui| {
        let answer = preview.answer();
        let narrow = ui.available_width() < NARROW_FOOTER;
        widgets::frames::row_of_two(
            ui,
            size::CARD_FOOTER,
            |ui| {
                ui.spacing_mut().item_spacing.x = 8.0;
                let Some(answer) = answer else { return };
                if draft.selected == 0 {
                    widgets::small(ui, theme, "The table that the cell reads");
                    return;
                }
                counts_ui(ui, card, answer, narrow);
            },
            |ui| {
                ui.spacing_mut().item_spacing.x = 8.0;
                let Some(answer) = answer else { return };
                let rows = format::count(answer.page.rows_total);
                let time = format::secs(answer.elapsed_secs);
                let shape = format!("{rows} × {}", answer.columns.1);
                let words = format!("Preview of {shape}, {time}");
                let short = ui.available_width() < NARROW_FOOTER;
                widgets::small(ui, theme, if short { shape } else { words.clone() }).on_hover_text(words);
                if preview.loading || draft.waiting.is_some() {
                    widgets::spinner(ui, theme, 12.0);
                }
            },
        );
    });
}

fn counts_ui(ui: &mut Ui, card: Card<'_>, answer: &StepPreview, narrow: bool) {
    let theme = card.theme();
    let outcome = &answer.outcome;
    let columns = |count: usize| format::plural(count as u64, "column", "columns");
    if !outcome.added.is_empty() {
        widgets::chip(ui, theme, ChipTone::Good, Some(glyph::PLUS), columns(outcome.added.len()))
            .on_hover_text(listing(&outcome.added));
    }
    if !outcome.removed.is_empty() {
        widgets::chip(ui, theme, ChipTone::Fault, Some(glyph::MINUS), columns(outcome.removed.len()))
            .on_hover_text(listing(&outcome.removed));
    }
    if outcome.changed_cells > 0 {
        let words = format::plural(outcome.changed_cells, "cell", "cells");
        widgets::chip(ui, theme, ChipTone::Accent, Some(glyph::PENCIL), words);
    }
    if let Some(prediction) = &outcome.prediction {
        let words = prediction_words(answer, prediction);
        let tone = if prediction.bytes >= LARGE_BYTES { ChipTone::Warning } else { ChipTone::Neutral };
        widgets::chip(ui, theme, tone, None, &words).on_hover_text(&words);
    }
    let mut words = vec![format!("{} rows removed", format::count(outcome.rows_removed))];
    // What says nothing gives way to what would be cut.
    if narrow && outcome.rows_removed == 0 && (outcome.fit_rows.is_some() || outcome.rows_added > 0) {
        words.clear();
    }
    if outcome.rows_added > 0 {
        let added = format!("{} added", format::plural(outcome.rows_added, "row", "rows"));
        if outcome.rows_removed == 0 { words = vec![added] } else { words.push(added) }
    }
    if outcome.skipped {
        words = vec!["switched off".to_owned()];
    } else if let Some(rows) = outcome.fit_rows {
        let which = if outcome.fits_on_all { "rows, validation and test among them" } else { "training rows" };
        words.push(format!("fits on {} {which}", format::count(rows)));
    }
    widgets::small(ui, theme, words.join(" · "));
}

fn listing(names: &[String]) -> String {
    let mut text = names.iter().take(12).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > 12 {
        text.push_str(&format!(" and {} more", names.len() - 12));
    }
    text
}
