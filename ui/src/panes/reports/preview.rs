//! A report's content as the page shows it: head, figures of the best model, then its sections in columns.

use cairn_protocol::{
    notebook::ReportSection,
    results::{PartEvaluation, ReportContent, TrainResult},
};
use egui::{Color32, Label, RichText, Ui, UiBuilder, vec2};

use super::sections;
use crate::{
    charts::{MetricTile, metric_tile, scale::plain},
    ctx::Ctx,
    fonts,
    panes::runs::inspector::part_title,
    theme::text,
    widgets::{self, ChipTone, format, glyph},
};

/// Room between columns.
const GUTTER: f32 = 32.0;

/// The part that a report judges by: the test part, where there is one.
#[must_use]
pub fn judged(model: &TrainResult) -> Option<&PartEvaluation> {
    ["test", "valid", "train"].iter().find_map(|part| model.evaluation.parts.iter().find(|known| known.part == *part))
}

/// Draws a report at full width.
pub fn preview_ui(ui: &mut Ui, ctx: &Ctx<'_>, content: &ReportContent) {
    let width = ui.available_width();
    ui.add_space(16.0);
    ui.horizontal_top(|ui| {
        ui.add_space(24.0);
        ui.vertical(|ui| {
            ui.set_width((width - 48.0).clamp(200.0, 1376.0));
            ui.spacing_mut().item_spacing.y = 6.0;
            head_ui(ui, ctx, content);
            if let Some(best) = content.models.first() {
                tiles_ui(ui, ctx, best);
            }
            ui.add_space(12.0);
            columns_ui(ui, ctx, content);
            ui.add_space(24.0);
        });
    });
}

fn head_ui(ui: &mut Ui, ctx: &Ctx<'_>, content: &ReportContent) {
    let theme = ctx.theme;
    let made = format!("Experiment report · {} · {}", content.project, format::ago(&content.made_at, ctx.now_secs));
    widgets::small(ui, theme, made).on_hover_text(&content.made_at);
    let title = RichText::new(&content.title).font(fonts::strong(text::LARGE + 4.0)).color(theme.text);
    ui.add(Label::new(title).wrap().selectable(false));
    ui.scope(|ui| {
        ui.set_max_width(820.0);
        for sentence in &content.headline {
            body(ui, sentence, theme.text);
        }
        if !content.summary.is_empty() {
            body(ui, &content.summary, theme.text);
        }
    });
    ui.horizontal_wrapped(|ui| {
        for (_, split) in &content.splits {
            let worst = split
                .checks
                .iter()
                .filter(|check| check.outcome != cairn_protocol::results::CheckOutcome::Pass)
                .count();
            let passed = split.checks.len() - worst;
            let (tone, mark) =
                if worst == 0 { (ChipTone::Good, glyph::CHECK_CIRCLE) } else { (ChipTone::Warning, glyph::WARNING) };
            widgets::chip(
                ui,
                theme,
                tone,
                Some(mark),
                format!("Split certificate: {passed} of {} checks passed", split.checks.len()),
            );
        }
        let is_hex = |text: &&String| !text.is_empty() && text.chars().all(|c| c.is_ascii_hexdigit());
        if let Some(commit) = content.facts.get("commit").filter(is_hex) {
            let short: String = commit.chars().take(10).collect();
            widgets::chip(ui, theme, ChipTone::Neutral, Some(glyph::GIT_COMMIT), short);
        }
        for warning in &content.warnings {
            widgets::chip(ui, theme, ChipTone::Warning, Some(glyph::WARNING), warning);
        }
    });
}

fn body(ui: &mut Ui, words: &str, color: Color32) {
    ui.add(Label::new(RichText::new(words).font(fonts::body(text::TITLE)).color(color)).wrap().selectable(true));
}

fn tiles_ui(ui: &mut Ui, ctx: &Ctx<'_>, best: &TrainResult) {
    let theme = ctx.theme;
    let Some(part) = judged(best) else { return };
    ui.add_space(8.0);
    let count = ((ui.available_width() / 190.0) as usize).clamp(1, 6).min(part.metrics.len().max(1));
    let width = (ui.available_width() - 8.0 * (count as f32 - 1.0)) / count as f32;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        for metric in part.metrics.iter().take(count) {
            let title = format!("{} {}", part_title(&part.part), metric.title);
            let spread = match (metric.interval, metric.baseline) {
                (Some((low, high)), _) => {
                    format!("{} – {}", format::significant(low.0, 3), format::significant(high.0, 3))
                }
                (None, Some(base)) => format!("{} by chance", plain(base.0)),
                (None, None) => String::new(),
            };
            let warning = best.run.warnings.first().map(String::as_str);
            let value = format::significant(metric.value.0, 3);
            metric_tile(ui, theme, MetricTile { title: &title, value, spread, warning, width, change: None });
        }
    });
    let line = format!(
        "Best model: {}, {} {} rows; intervals are 95 %",
        best.run.name,
        format::count(part.rows),
        part_title(&part.part).to_lowercase()
    );
    widgets::small(ui, theme, line);
}

/// The sections in as many columns as there is room for, each to the column that is shortest so far.
fn columns_ui(ui: &mut Ui, ctx: &Ctx<'_>, content: &ReportContent) {
    let width = ui.available_width();
    let count = if width >= 1150.0 {
        3
    } else if width >= 760.0 {
        2
    } else {
        1
    };
    let shares: &[f32] = match count {
        3 => &[0.38, 0.28, 0.34],
        2 => &[0.5, 0.5],
        _ => &[1.0],
    };
    let room = width - GUTTER * (count as f32 - 1.0);
    let origin = ui.cursor().min;
    let mut left = origin.x;
    let mut columns: Vec<Ui> = shares
        .iter()
        .enumerate()
        .map(|(index, share)| {
            let place = egui::Rect::from_min_size(egui::pos2(left, origin.y), vec2(room * share, f32::INFINITY));
            left += room * share + GUTTER;
            let mut column = ui.new_child(UiBuilder::new().max_rect(place).id_salt(("report column", index)));
            column.set_width(room * share);
            column
        })
        .collect();
    let all = ReportSection::ALL;
    let order: &[ReportSection] = if content.sections.is_empty() { &all } else { &content.sections };
    for section in order {
        let shortest = (0..columns.len())
            .min_by(|a, b| columns[*a].min_rect().bottom().total_cmp(&columns[*b].min_rect().bottom()).then(a.cmp(b)))
            .unwrap_or(0);
        let column = &mut columns[shortest];
        sections::section_ui(column, ctx, content, *section);
    }
    let bottom = columns.iter().map(|column| column.min_rect().bottom()).fold(origin.y, f32::max);
    drop(columns);
    ui.allocate_space(vec2(width, bottom - origin.y));
}
