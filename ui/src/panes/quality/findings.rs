//! The list of findings, most severe first: a glyph, a sentence, what it means on demand, and «Apply».

use std::collections::BTreeSet;

use cairn_protocol::table::{Finding, Severity};
use egui::{Align, Frame, Layout, Margin, ScrollArea, Ui};

use super::{Seen, apply};
use crate::{
    ctx::{Action, Selection},
    widgets::{self, Button, ChipTone, button, format, glyph},
};

/// Findings shown at first, and more at a time.
const AT_A_TIME: usize = 100;

pub(super) fn list_ui(ui: &mut Ui, seen: &Seen<'_>, open: &mut BTreeSet<usize>, shown: &mut usize) {
    let theme = seen.ctx.theme;
    let findings = &seen.report.findings;
    if findings.is_empty() {
        widgets::empty_state(ui, theme, glyph::CHECK_CIRCLE, "Nothing is odd about this table", None);
        return;
    }
    *shown = (*shown).max(AT_A_TIME);
    ScrollArea::vertical().id_salt("findings").auto_shrink([false, false]).show(ui, |ui| {
        let mut severity = None;
        for (index, finding) in findings.iter().take(*shown).enumerate() {
            if severity != Some(finding.severity) {
                severity = Some(finding.severity);
                let count = findings.iter().filter(|of| of.severity == finding.severity).count();
                Frame::new().fill(theme.panel).inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    let words = format!("{} {}", severity_word(finding.severity), format::count(count as u64));
                    widgets::small_strong(ui, theme, words);
                });
            }
            ui.push_id(index, |ui| finding_ui(ui, seen, index, finding, open));
            widgets::hairline(ui, theme);
        }
        if findings.len() > *shown {
            Frame::new().inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
                let words = format!("Show {} more", (findings.len() - *shown).min(AT_A_TIME));
                if button(ui, theme, Button::quiet(words)).clicked() {
                    *shown += AT_A_TIME;
                }
            });
        }
    });
}

/// How serious, in a word.
#[must_use]
pub fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "Serious",
        Severity::Medium => "Worth a look",
        Severity::Low => "Good to know",
    }
}

/// The glyph and colour of a severity.
#[must_use]
pub fn severity_mark(theme: &crate::theme::Theme, severity: Severity) -> (&'static str, egui::Color32) {
    match severity {
        Severity::High => (glyph::X_CIRCLE, theme.fault.mark),
        Severity::Medium => (glyph::WARNING, theme.warning.mark),
        Severity::Low => (glyph::INFO, theme.dim),
    }
}

fn finding_ui(ui: &mut Ui, seen: &Seen<'_>, index: usize, finding: &Finding, open: &mut BTreeSet<usize>) {
    let theme = seen.ctx.theme;
    let kind = finding.kind.replace('_', " ");
    Frame::new().inner_margin(Margin::symmetric(12, 6)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 3.0;
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            let (mark, color) = severity_mark(theme, finding.severity);
            ui.vertical(|ui| {
                ui.set_width(16.0);
                ui.add_space(3.0);
                widgets::icon(ui, theme, mark, color, 16.0);
            });
            let room = ui.available_width() - 92.0;
            ui.allocate_ui_with_layout(egui::vec2(room, 0.0), Layout::top_down(Align::Min), |ui| {
                ui.set_width(room);
                ui.spacing_mut().item_spacing.y = 3.0;
                head_ui(ui, seen, index, finding, &kind, open);
                let words = widgets::paragraph(ui, format::sentence(&finding.message), theme.text);
                if !finding.definition.is_empty() {
                    words.on_hover_text(&finding.definition);
                }
                if open.contains(&index) {
                    details_ui(ui, seen, finding);
                }
            });
            ui.with_layout(Layout::right_to_left(Align::Min), |ui| apply_ui(ui, seen, finding));
        });
    });
}

fn head_ui(ui: &mut Ui, seen: &Seen<'_>, index: usize, finding: &Finding, kind: &str, open: &mut BTreeSet<usize>) {
    let theme = seen.ctx.theme;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let is_open = open.contains(&index);
        let mark = if is_open { glyph::CARET_DOWN } else { glyph::CARET_RIGHT };
        let of = if finding.column.is_empty() { "the table" } else { finding.column.as_str() };
        let verb = if is_open { "Fold" } else { "Explain" };
        let name = format!("{verb}: {kind} of {of}");
        if button(ui, theme, Button::quiet(kind).glyph(mark).small().name(name)).clicked() && !open.remove(&index) {
            open.insert(index);
        }
        if !finding.column.is_empty() {
            let chip = widgets::chip_button(ui, theme, ChipTone::Neutral, None, &finding.column);
            if chip.on_hover_text("Show the column").clicked() {
                let column = finding.column.clone();
                seen.ctx.push(Action::Select(Selection::Column { table: seen.table.clone(), column }));
            }
        }
    });
}

fn details_ui(ui: &mut Ui, seen: &Seen<'_>, finding: &Finding) {
    let theme = seen.ctx.theme;
    if !finding.definition.is_empty() {
        widgets::paragraph(ui, finding.definition.as_str(), theme.dim);
    }
    if !finding.figures.is_empty() {
        let figure = |(name, value): (&String, &cairn_protocol::Real)| {
            format!("{} {}", name.replace('_', " "), format::figure(value.0))
        };
        let words: Vec<String> = finding.figures.iter().map(figure).collect();
        widgets::paragraph(ui, words.join(" · "), theme.dim);
    }
    if !finding.examples.is_empty() {
        let words: Vec<String> = finding.examples.iter().map(|example| format!("«{example}»")).collect();
        widgets::paragraph(ui, format!("Such as {}", words.join(", ")), theme.dim);
    }
    if let Some(step) = &finding.suggested_step {
        let columns = step.op.columns().join(", ");
        let words =
            if columns.is_empty() { step.op.title().to_owned() } else { format!("{}: {columns}", step.op.title()) };
        widgets::paragraph(ui, format!("«Apply» adds the step {words}"), theme.dim);
    }
}

fn apply_ui(ui: &mut Ui, seen: &Seen<'_>, finding: &Finding) {
    let theme = seen.ctx.theme;
    let Some(step) = &finding.suggested_step else { return };
    let (Some(view), Some(place)) = (seen.notebook, seen.place) else {
        let hint = "Add the table to a notebook to apply steps to it";
        button(ui, theme, Button::plain("Apply").enabled(false)).on_disabled_hover_text(hint);
        return;
    };
    if seen.places.iter().any(|place| apply::is_answered(view, place, step)) {
        widgets::chip(ui, theme, ChipTone::Good, Some(glyph::CHECK_CIRCLE), "Applied");
        return;
    }
    let name = format!("Apply: {}", finding.message);
    let hint = format!("Adds «{}» to {}", step.op.title(), place.title());
    if button(ui, theme, Button::plain("Apply").name(name)).on_hover_text(hint).clicked() {
        seen.ctx.edit(&view.path, apply::edits(view, place, step));
        let text = format!("{} · added to {}", step.op.title(), place.title());
        seen.ctx.push(Action::Toast { text, undo: Some(view.path.clone()) });
    }
}
