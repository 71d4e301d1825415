//! What the quality report suggests for a recipe, below its steps: most severe first, each with «Apply».

use cairn_protocol::{
    results::CellResult,
    steps::{FitScope, OneHot, Step, StepOp},
    table::{Finding, Severity},
};
use egui::{Frame, Margin, Ui};

use super::{
    card::{Card, result_of},
    draft::WrangleDraft,
    prefill,
};
use crate::widgets::{self, Button, glyph};

/// A suggestion below the steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    /// How serious.
    pub severity: Severity,
    /// What is the matter.
    pub title: String,
    /// Where, with figures.
    pub detail: String,
    /// What would answer it.
    pub remedy: Remedy,
}

/// What «Apply» of a suggestion does.
#[derive(Debug, Clone, PartialEq)]
pub enum Remedy {
    /// Adds a step.
    Add(Step),
    /// Fits a step (index from 0) on the training part.
    FitOnTrain(usize),
}

/// Suggestions for a recipe, most severe first: steps that see too much, then the findings of the profile that no
/// step of the recipe answers.
#[must_use]
pub fn suggestions(steps: &[Step], has_split: bool, findings: &[Finding]) -> Vec<Suggestion> {
    let mut all = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        if step.enabled && has_split && step.op.fit() == Some(FitScope::All) {
            all.push(Suggestion {
                severity: Severity::High,
                title: format!("Step {} fits on all rows", index + 1),
                detail: "sees validation and test".into(),
                remedy: Remedy::FitOnTrain(index),
            });
        }
    }
    for finding in findings {
        let Some(step) = &finding.suggested_step else { continue };
        let answered = steps.iter().any(|of| of.enabled && answers(&of.op, &step.op));
        if !answered {
            all.push(Suggestion {
                severity: finding.severity,
                title: finding.message.clone(),
                detail: format!("{} · {}", step.op.title(), step.op.columns().join(", ")),
                remedy: Remedy::Add(step.clone()),
            });
        }
    }
    all.sort_by_key(|suggestion| suggestion.severity);
    all
}

/// Whether a step does to the wanted columns what another would, or takes them away.
pub(crate) fn answers(step: &StepOp, wanted: &StepOp) -> bool {
    let same_kind = std::mem::discriminant(step) == std::mem::discriminant(wanted);
    let gone = matches!(
        step,
        StepOp::Drop { .. }
            | StepOp::OneHot(OneHot { keep_source: false, .. })
            | StepOp::SplitFlags { keep_source: false, .. }
    );
    let columns = step.columns();
    (same_kind || gone) && wanted.columns().iter().all(|column| columns.contains(column))
}

/// Draws the suggestions for a recipe, at most so many.
pub fn suggestions_ui(ui: &mut Ui, card: Card<'_>, draft: &mut WrangleDraft, most: usize) {
    let theme = card.theme();
    let source = prefill::source_result(card.ctx.store, card.view, card.name());
    let findings = source.as_deref().and_then(prefill::profile_in).map_or(&[][..], |profile| &profile.findings);
    let response = card.result();
    let train_rows = match result_of(response.as_ref()) {
        Some(CellResult::Wrangle(result)) => result.train_rows,
        _ => None,
    };
    let all = suggestions(&draft.steps, train_rows.is_some(), findings);
    if all.is_empty() {
        return;
    }
    widgets::hairline(ui, theme);
    section_head(
        ui,
        card,
        &format!("Suggestions {}", all.len()),
        if ui.available_width() > 220.0 { "from the quality report" } else { "" },
    );
    for (index, suggestion) in all.into_iter().take(most).enumerate() {
        widgets::hairline(ui, theme);
        Frame::new().inner_margin(Margin::symmetric(12, 6)).show(ui, |ui| {
            ui.push_id(index, |ui| suggestion_ui(ui, card, draft, suggestion));
        });
    }
}

fn suggestion_ui(ui: &mut Ui, card: Card<'_>, draft: &mut WrangleDraft, suggestion: Suggestion) {
    let theme = card.theme();
    let (mark, color) = match suggestion.severity {
        Severity::High => (glyph::WARNING, theme.fault.mark),
        Severity::Medium => (glyph::WARNING, theme.warning.mark),
        Severity::Low => (glyph::INFO, theme.dim),
    };
    widgets::frames::row_of_two(
        ui,
        34.0,
        |ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            widgets::icon(ui, theme, mark, color, 15.0);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 1.0;
                widgets::text(ui, theme, suggestion.title.as_str()).on_hover_text(&suggestion.title);
                widgets::small(ui, theme, suggestion.detail.as_str()).on_hover_text(&suggestion.detail);
            });
        },
        |ui| {
            let name = format!("Apply: {}", suggestion.title);
            if widgets::button(ui, theme, Button::plain("Apply").name(name)).clicked() {
                match suggestion.remedy {
                    Remedy::Add(step) => {
                        draft.selected = draft.steps.len();
                        draft.add(step);
                    }
                    Remedy::FitOnTrain(at) => {
                        if let Some(step) = draft.steps.get_mut(at) {
                            step.op.set_fit(FitScope::Train);
                            draft.selected = at + 1;
                        }
                    }
                }
            }
        },
    );
}

/// The head of a part of the steps' column.
pub fn section_head(ui: &mut Ui, card: Card<'_>, title: &str, note: &str) {
    Frame::new().inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        widgets::frames::row_of_two(
            ui,
            32.0,
            |ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                widgets::strong(ui, card.theme(), title);
            },
            |ui| {
                widgets::small(ui, card.theme(), note);
            },
        );
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(text: &str) -> Step {
        serde_json::from_str(text).unwrap()
    }

    fn finding(severity: Severity, step: Step) -> Finding {
        let (column, kind, message) = (String::new(), "missing".into(), "bmi lacks 4 %".into());
        Finding { severity, column, kind, message, suggested_step: Some(step), ..Finding::default() }
    }

    #[test]
    fn what_a_step_answers_is_not_suggested_again() {
        let fill = step(r#"{"op":"impute","columns":["bmi"],"strategy":"median"}"#);
        let one_hot = step(r#"{"op":"one_hot","columns":["sex"]}"#);
        let findings = [finding(Severity::Low, one_hot.clone()), finding(Severity::Medium, fill.clone())];
        let all = suggestions(&[], true, &findings);
        assert_eq!(all.iter().map(|of| of.severity).collect::<Vec<_>>(), [Severity::Medium, Severity::Low]);
        assert_eq!(suggestions(&[fill], true, &findings).len(), 1);
        let dropped = step(r#"{"op":"drop","columns":["bmi","sex"]}"#);
        assert!(suggestions(&[dropped], true, &findings).is_empty());
    }

    #[test]
    fn a_step_that_sees_all_rows_comes_first_where_there_is_a_split() {
        let leaky = step(r#"{"op":"scale","columns":["age"],"method":"standard","fit":"all"}"#);
        let all = suggestions(std::slice::from_ref(&leaky), true, &[]);
        assert_eq!(all[0].remedy, Remedy::FitOnTrain(0));
        assert!(suggestions(&[leaky], false, &[]).is_empty());
    }
}
