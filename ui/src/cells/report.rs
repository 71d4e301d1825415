//! The body of a report cell: title, summary and sections at the left, what the page says at the right, and the
//! buttons that write and open it.

use cairn_protocol::{
    Request,
    notebook::{CellBody, ReportCell, ReportSection},
    results::{CellResult, ReportResult},
};
use egui::{Align, Frame, Layout, Margin, Ui, UiBuilder, vec2};

use super::{
    card::{Card, CardUi, result_of},
    field, train_result,
};
use crate::{
    ctx::{Action, Tab},
    theme::Theme,
    widgets::{self, Button, format, glyph},
};

/// Width of the list of sections.
const FORM: f32 = 264.0;

/// Name of a section for people.
#[must_use]
pub fn section_title(section: ReportSection) -> &'static str {
    match section {
        ReportSection::Data => "Data",
        ReportSection::Recipe => "Recipe",
        ReportSection::Split => "Split",
        ReportSection::Leaderboard => "Leaderboard",
        ReportSection::Curves => "Curves",
        ReportSection::Importance => "Importance",
        ReportSection::Sweep => "Sweep",
        ReportSection::Lineage => "Lineage",
        ReportSection::Repeat => "How to repeat it",
    }
}

/// The sections of a report in their order, and then those that are switched off.
#[must_use]
pub fn sections(report: &ReportCell) -> (Vec<ReportSection>, Vec<ReportSection>) {
    let on = if report.sections.is_empty() { ReportSection::ALL.to_vec() } else { report.sections.clone() };
    let off = ReportSection::ALL.into_iter().filter(|section| !on.contains(section)).collect();
    (on, off)
}

/// The list as a notebook holds it: nothing where it is the usual one.
fn kept(sections: Vec<ReportSection>) -> Vec<ReportSection> {
    if sections == ReportSection::ALL { Vec::new() } else { sections }
}

/// Draws the body.
pub fn body_ui(ui: &mut Ui, card: Card<'_>, report: &ReportCell, memory: &mut CardUi) {
    let theme = card.theme();
    let mut changed = report.clone();
    let width = ui.available_width();
    let top = ui.cursor().min;
    let column = |left: f32, width: f32| {
        let rect = egui::Rect::from_min_size(egui::pos2(left, top.y), vec2(width, 20_000.0));
        UiBuilder::new().max_rect(rect).layout(Layout::top_down(Align::Min))
    };
    let mut left = ui.new_child(column(top.x, FORM).id_salt("form"));
    Frame::new().inner_margin(Margin::symmetric(12, 10)).show(&mut left, |ui| {
        ui.set_width(FORM - 24.0);
        ui.spacing_mut().item_spacing.y = 4.0;
        form_ui(ui, card, report, &mut changed);
    });
    let mut right = ui.new_child(column(top.x + FORM + 1.0, width - FORM - 1.0).id_salt("page"));
    Frame::new().inner_margin(Margin::symmetric(16, 10)).show(&mut right, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 8.0;
        page_ui(ui, card, memory);
    });
    let bottom = left.min_rect().bottom().max(right.min_rect().bottom());
    ui.painter().vline(top.x + FORM, top.y..=bottom, egui::Stroke::new(1.0, theme.border));
    ui.advance_cursor_after_rect(egui::Rect::from_min_max(top, egui::pos2(top.x + width, bottom)));
    if changed != *report {
        card.commit(ui, CellBody::Report(changed));
    }
}

fn form_ui(ui: &mut Ui, card: Card<'_>, report: &ReportCell, changed: &mut ReportCell) {
    let theme = card.theme();
    let width = ui.available_width();
    widgets::field_label(ui, theme, "Title");
    let title = report.title.as_deref().unwrap_or_default();
    if let Some(title) = field::text(ui, theme, "Title", title, &card.view.notebook.title, width) {
        changed.title = Some(title).filter(|title| !title.trim().is_empty());
    }
    widgets::field_label(ui, theme, "Summary");
    let id = ui.make_persistent_id("summary");
    let typed = field::typed(ui, id, &report.summary, |ui, text| {
        widgets::text_area(ui, theme, "Summary", text, "A paragraph in Markdown", 3)
    });
    if let Some(summary) = typed.committed {
        changed.summary = summary;
    }
    ui.add_space(4.0);
    widgets::small_strong(ui, theme, "Sections");
    let (on, off) = sections(report);
    let last = on.len().saturating_sub(1);
    for (index, section) in on.iter().enumerate() {
        section_row(ui, theme, *section, true, |ui| {
            let mut order = on.clone();
            let title = section_title(*section);
            if index < last
                && widgets::icon_button(ui, theme, glyph::ARROW_DOWN, &format!("Move {title} down")).clicked()
            {
                order.swap(index, index + 1);
                changed.sections = kept(order.clone());
            }
            if index > 0 && widgets::icon_button(ui, theme, glyph::ARROW_UP, &format!("Move {title} up")).clicked() {
                order.swap(index, index - 1);
                changed.sections = kept(order);
            }
        })
        .then(|| {
            if on.len() > 1 {
                changed.sections = on.iter().copied().filter(|other| other != section).collect();
            }
        });
    }
    for section in off {
        if section_row(ui, theme, section, false, |_| {}) {
            let mut order = on.clone();
            order.push(section);
            changed.sections = kept(order);
        }
    }
}

/// A section with its switch; true when it was switched.
fn section_row(ui: &mut Ui, theme: &Theme, section: ReportSection, on: bool, tools: impl FnOnce(&mut Ui)) -> bool {
    let mut state = on;
    widgets::frames::row_of_two(
        ui,
        24.0,
        |ui| {
            widgets::checkbox(ui, theme, section_title(section), &mut state);
        },
        |ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            tools(ui);
        },
    );
    state != on
}

fn page_ui(ui: &mut Ui, card: Card<'_>, memory: &mut CardUi) {
    let theme = card.theme();
    let response = card.result();
    let Some(CellResult::Report(report)) = result_of(response.as_ref()) else {
        if let Some(error) = card.result_error() {
            if widgets::error_card(ui, theme, &error, true) {
                card.ctx.store.retry(&card.result_request());
            }
        } else if card.is_busy() {
            widgets::loading(ui, theme, "Writing the report…");
        } else {
            ui.allocate_ui(vec2(ui.available_width(), 240.0), |ui| {
                let none = card.body.inputs().is_empty();
                let words = if none { "Add a model to report on with + in the header" } else { "Not written yet" };
                let action = (!none).then_some("Write report");
                if widgets::empty_state(ui, theme, glyph::FILE_TEXT, words, action) {
                    card.run();
                }
            });
        }
        return;
    };
    buttons_ui(ui, card, report);
    let content = &report.content;
    widgets::heading(ui, theme, content.title.as_str());
    if !content.summary.trim().is_empty() {
        egui_commonmark::CommonMarkViewer::new().show(ui, &mut memory.markdown, &content.summary);
    }
    for sentence in &content.headline {
        widgets::paragraph(ui, sentence.as_str(), theme.text);
    }
    if !content.models.is_empty() {
        widgets::hairline(ui, theme);
        leaderboard_ui(ui, theme, report);
    }
    let facts = [
        (content.datasets.len(), "dataset", "datasets"),
        (content.recipes.len(), "recipe", "recipes"),
        (content.splits.len(), "split", "splits"),
        (content.sweeps.len(), "sweep", "sweeps"),
        (content.lineage.nodes.len(), "node of lineage", "nodes of lineage"),
    ];
    let facts: Vec<String> = facts
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| format::plural(count as u64, one, many))
        .collect();
    widgets::small(ui, theme, facts.join(" · "));
    for warning in &content.warnings {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            widgets::icon(ui, theme, glyph::WARNING, theme.warning.mark, 14.0);
            widgets::paragraph(ui, warning.as_str(), theme.warning.text);
        });
    }
}

fn buttons_ui(ui: &mut Ui, card: Card<'_>, report: &ReportResult) {
    let theme = card.theme();
    widgets::frames::row_of_two(
        ui,
        28.0,
        |ui| {
            let words = format!("{} · {}", report.path, format::bytes(report.size_bytes));
            widgets::small(ui, theme, words).on_hover_text(&report.digest);
        },
        |ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            let export = Button::plain("Export HTML…").glyph(glyph::EXPORT);
            if widgets::button(ui, theme, export).clicked() {
                let of = format!("{}#{}", card.path(), card.name());
                card.ctx.call(Request::Report { of, out: None });
            }
            let outside = Button::plain("Open in browser").glyph(glyph::ARROW_SQUARE_OUT);
            if widgets::button(ui, theme, outside).clicked() {
                card.ctx.push(Action::OpenOutside(report.path.clone()));
            }
            if widgets::button(ui, theme, Button::plain("Open").glyph(glyph::FILE_TEXT)).clicked() {
                card.ctx.push(Action::Open(Tab::Report(Some(report.path.clone()))));
            }
        },
    );
}

/// Models with their leading metric, best first.
fn leaderboard_ui(ui: &mut Ui, theme: &Theme, report: &ReportResult) {
    let metric = report.content.metric.as_ref().map(|(name, _)| name.as_str());
    let widths = [30.0, 220.0, 140.0, 140.0];
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        for (title, width) in ["", "Model", "Validation", "Test"].into_iter().zip(widths) {
            ui.allocate_ui_with_layout(vec2(width, 18.0), Layout::left_to_right(Align::Center), |ui| {
                ui.set_min_width(width);
                widgets::field_label(ui, theme, title);
            });
        }
    });
    for (place, model) in report.content.models.iter().take(8).enumerate() {
        ui.allocate_ui_with_layout(vec2(ui.available_width(), 22.0), Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_height(22.0);
            ui.spacing_mut().item_spacing.x = 0.0;
            let cell = |ui: &mut Ui, column: usize, content: &mut dyn FnMut(&mut Ui)| {
                ui.allocate_ui_with_layout(vec2(widths[column], 22.0), Layout::left_to_right(Align::Center), |ui| {
                    ui.set_min_width(widths[column]);
                    content(ui);
                });
            };
            cell(ui, 0, &mut |ui| {
                widgets::dim(ui, theme, format!("{}", place + 1));
            });
            let name = if model.run.name.is_empty() { &model.run.algorithm } else { &model.run.name };
            cell(ui, 1, &mut |ui| {
                widgets::strong(ui, theme, name.as_str());
            });
            for (column, part) in ["valid", "test"].into_iter().enumerate() {
                let found = model.evaluation.parts.iter().find(|of| of.part == part).and_then(|of| {
                    let named = metric.and_then(|name| of.metrics.iter().find(|metric| metric.name == name));
                    named.or_else(|| of.metrics.first())
                });
                let words = found.map_or("–".to_owned(), |metric| {
                    let spread = train_result::spread_text(metric);
                    let spread = if spread.starts_with('±') { format!(" {spread}") } else { String::new() };
                    format!("{} {}{spread}", metric.title, train_result::value_text(metric))
                });
                cell(ui, 2 + column, &mut |ui| {
                    widgets::text(ui, theme, words.as_str()).on_hover_text(if part == "valid" {
                        "validation"
                    } else {
                        part
                    });
                });
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_sections_are_not_written_down() {
        let report = ReportCell::default();
        let (on, off) = sections(&report);
        assert_eq!((on.len(), off.len()), (9, 0));
        assert!(kept(on.clone()).is_empty());
        let fewer = ReportCell { sections: vec![ReportSection::Split, ReportSection::Data], ..ReportCell::default() };
        let (on, off) = sections(&fewer);
        assert_eq!(on[0], ReportSection::Split);
        assert_eq!(off.len(), 7);
    }
}
