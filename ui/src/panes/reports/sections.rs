//! The sections of a report.

use cairn_protocol::{
    notebook::ReportSection,
    results::{CheckOutcome, ReportContent, ReportDataset, SplitResult},
    runs::NodeKind,
};
use egui::{Align2, CornerRadius, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::models;
use crate::{
    charts::ink,
    ctx::Ctx,
    fonts,
    panes::{lineage::draw, runs::columns::param_text},
    theme::{size, text},
    widgets::{self, format, glyph, mini_histogram, share_bar},
};

/// Draws a section, where the report has something for it.
pub fn section_ui(ui: &mut Ui, ctx: &Ctx<'_>, content: &ReportContent, section: ReportSection) {
    match section {
        ReportSection::Data => content.datasets.iter().for_each(|dataset| data_ui(ui, ctx, dataset)),
        ReportSection::Recipe => recipes_ui(ui, ctx, content),
        ReportSection::Split => content.splits.iter().for_each(|(name, split)| split_ui(ui, ctx, name, split)),
        ReportSection::Leaderboard => models::leaderboard_ui(ui, ctx, content),
        ReportSection::Curves => models::curves_ui(ui, ctx, content),
        ReportSection::Importance => models::importance_ui(ui, ctx, content),
        ReportSection::Sweep => sweeps_ui(ui, ctx, content),
        ReportSection::Lineage => lineage_ui(ui, ctx, content),
        ReportSection::Repeat => repeat_ui(ui, ctx, content),
    }
}

/// Title of a section with a rule below.
pub fn heading(ui: &mut Ui, ctx: &Ctx<'_>, title: &str, note: &str) {
    ui.add_space(14.0);
    ui.horizontal(|ui| {
        widgets::title(ui, ctx.theme, title);
        if !note.is_empty() {
            let room = ui.available_width();
            let galley = ink::elided(ui.painter(), note, ink::small(), ctx.theme.dim, room);
            let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, note));
            ui.painter().galley(rect.min, galley, ctx.theme.dim);
        }
    });
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter().rect_filled(rect, CornerRadius::ZERO, ctx.theme.text);
    ui.add_space(4.0);
}

/// A row of cells with their places in shares of the width: text, anchor, whether it leads.
pub fn row_ui(ui: &mut Ui, ctx: &Ctx<'_>, cells: &[(f32, f32, &str, bool, bool)]) -> Rect {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::GRID_ROW), Sense::hover());
    let words: Vec<&str> = cells.iter().map(|cell| cell.2).collect();
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, words.join(", ")));
    let painter = ui.painter();
    for (from, to, words, right, leads) in cells {
        let (left, end) = (rect.left() + from * rect.width(), rect.left() + to * rect.width());
        let font = if *leads { ink::strong(text::BODY) } else { ink::body() };
        let color = if *leads { ctx.theme.text } else { ctx.theme.dim };
        let (anchor, x) = if *right { (Align2::RIGHT_CENTER, end) } else { (Align2::LEFT_CENTER, left) };
        ink::write(painter, pos2(x, rect.center().y), anchor, words, font, color, end - left - 4.0);
    }
    painter.hline(rect.x_range(), painter.round_to_pixel_center(rect.bottom()), Stroke::new(1.0, ctx.theme.grid_line));
    rect
}

fn data_ui(ui: &mut Ui, ctx: &Ctx<'_>, dataset: &ReportDataset) {
    let import = &dataset.import;
    let note = format!(
        "{} rows, {} rejected, {} columns",
        format::count(import.rows),
        format::count(import.rejects_total),
        dataset.profile.columns.len()
    );
    heading(ui, ctx, &format!("Data: {}", dataset.name), &note);
    row_ui(
        ui,
        ctx,
        &[
            (0.0, 0.3, "Column", false, false),
            (0.3, 0.44, "Type", false, false),
            (0.44, 0.55, "Empty", true, false),
            (0.58, 0.8, "Mean, or top level", false, false),
        ],
    );
    for column in dataset.profile.columns.iter().take(40) {
        let about = match (column.mean, column.top.first()) {
            (Some(mean), _) => {
                let spread = column.std.map_or_else(String::new, |std| format!(" ± {}", format::significant(std.0, 3)));
                format!("{}{spread}", format::significant(mean.0, 3))
            }
            (None, Some(top)) => {
                format!("{} {}", top.value, format::percent(top.count as f64 / dataset.profile.rows.max(1) as f64))
            }
            (None, None) => String::new(),
        };
        let target = column.name == dataset.target;
        let kind = if target { "target" } else { column.column_type.as_str() };
        let nulls = format::count(column.nulls);
        let rect = row_ui(
            ui,
            ctx,
            &[
                (0.0, 0.3, &column.name, false, true),
                (0.3, 0.44, kind, false, false),
                (0.44, 0.55, &nulls, true, column.nulls > 0),
                (0.58, 0.8, &about, false, false),
            ],
        );
        let picture =
            Rect::from_min_max(pos2(rect.left() + 0.81 * rect.width(), rect.top() + 3.0), rect.max - vec2(0.0, 3.0));
        let color = ctx.theme.accent.gamma_multiply(0.7);
        match &column.histogram {
            Some(histogram) => mini_histogram(ui.painter(), picture, histogram, color),
            None => {
                let rows = dataset.profile.rows.max(1) as f64;
                let shares: Vec<f64> = column.top.iter().take(6).map(|top| top.count as f64 / rows).collect();
                let bar = Rect::from_center_size(picture.center(), vec2(picture.width(), 12.0));
                share_bar(ui.painter(), bar, ctx.theme, color, &shares);
            }
        }
    }
    let more = dataset.profile.columns.len().saturating_sub(40);
    if more > 0 {
        widgets::small(ui, ctx.theme, format!("and {more} more columns"));
    }
}

fn recipes_ui(ui: &mut Ui, ctx: &Ctx<'_>, content: &ReportContent) {
    for recipe in &content.recipes {
        let note = format!("{} × {} after it", format::count(recipe.shape.0), recipe.shape.1);
        heading(ui, ctx, &format!("Recipe: {}", recipe.name), &note);
        for (number, (columns, outcome)) in recipe.steps.iter().enumerate() {
            let fit = match (outcome.fits_on_all, outcome.fit_rows) {
                (true, _) => "fit: all",
                (false, Some(_)) => "fit: train",
                (false, None) => "",
            };
            let title = format!("{}. {}", number + 1, outcome.title);
            row_ui(
                ui,
                ctx,
                &[
                    (0.0, 0.34, &title, false, true),
                    (0.34, 0.82, columns, false, false),
                    (0.82, 1.0, fit, true, outcome.fits_on_all),
                ],
            );
        }
    }
}

fn split_ui(ui: &mut Ui, ctx: &Ctx<'_>, name: &str, split: &SplitResult) {
    let theme = ctx.theme;
    heading(ui, ctx, &format!("Split certificate: {name}"), &format!("seed {}", split.seed));
    let total: u64 = split.counts.iter().sum();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    let words: Vec<String> = (0..split.counts.len())
        .map(|part| {
            format!("{} {}", crate::cells::split::part_title(split.part_name(part)), format::count(split.counts[part]))
        })
        .collect();
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, words.join(", ")));
    let mut left = rect.left();
    for (index, words) in words.iter().enumerate() {
        let width = rect.width() * split.counts[index] as f32 / total.max(1) as f32;
        if width < 1.0 {
            continue;
        }
        let part = Rect::from_min_size(pos2(left, rect.top()), vec2(width - 1.0, rect.height()));
        let fill = crate::charts::ramp::blend(theme.accent, theme.panel, (index as f32 * 0.42).min(0.92));
        ui.painter().rect_filled(part, CornerRadius::same(3), fill);
        let color = crate::charts::ramp::text_on(fill);
        ink::write(
            ui.painter(),
            part.left_center() + vec2(8.0, 0.0),
            Align2::LEFT_CENTER,
            words,
            ink::strong(text::SMALL),
            color,
            width - 14.0,
        );
        left += width;
    }
    ui.add_space(4.0);
    for class in split.classes.iter().take(12) {
        let label = format!("{} = {}", split.by, class.class);
        let counts: Vec<String> = class.counts.iter().map(|count| format::count(*count)).collect();
        let each = 0.6 / counts.len().max(1) as f32;
        let mut row = vec![(0.0, 0.4, label.as_str(), false, true)];
        row.extend(counts.iter().enumerate().map(|(part, count)| {
            let from = 0.4 + each * part as f32;
            (from, from + each, count.as_str(), true, false)
        }));
        row_ui(ui, ctx, &row);
    }
    ui.add_space(4.0);
    for check in &split.checks {
        let (mark, color) = match check.outcome {
            CheckOutcome::Pass => (glyph::CHECK_CIRCLE, theme.good.text),
            CheckOutcome::Warning => (glyph::WARNING, theme.warning.text),
            CheckOutcome::Fault => (glyph::X_CIRCLE, theme.fault.text),
        };
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::GRID_ROW), Sense::hover());
        let words = format!("{}: {}", check.name, check.figure);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
        let (painter, y) = (ui.painter(), rect.center().y);
        painter.text(pos2(rect.left() + 7.0, y), Align2::CENTER_CENTER, mark, ink::icon(14.0), color);
        let room = rect.width() * 0.64;
        let name = ink::write(
            painter,
            pos2(rect.left() + 22.0, y),
            Align2::LEFT_CENTER,
            &check.name,
            ink::body(),
            theme.text,
            room,
        );
        let left = rect.right() - name.right() - 12.0;
        ink::write(painter, pos2(rect.right(), y), Align2::RIGHT_CENTER, &check.figure, ink::small(), theme.dim, left);
        response.on_hover_text(words);
    }
}

fn sweeps_ui(ui: &mut Ui, ctx: &Ctx<'_>, content: &ReportContent) {
    for sweep in &content.sweeps {
        heading(
            ui,
            ctx,
            &format!("Sweep: {}", sweep.name),
            &format!("{} trials, {}", sweep.trials.len(), sweep.objective.name),
        );
        let Some(best) = &sweep.best else { continue };
        let line = format!("Best {} at trial {} of {}", format::figure(best.value.0), best.number, sweep.trials.len());
        widgets::text(ui, ctx.theme, line);
        for (name, value) in &best.params {
            let value = param_text(value);
            row_ui(ui, ctx, &[(0.0, 0.6, name, false, false), (0.6, 1.0, &value, true, true)]);
        }
    }
}

fn lineage_ui(ui: &mut Ui, ctx: &Ctx<'_>, content: &ReportContent) {
    if content.lineage.nodes.is_empty() {
        return;
    }
    heading(ui, ctx, "Lineage", "");
    let choice = crate::panes::lineage::view::Choice::default();
    let shown = crate::panes::lineage::view::shown(&content.lineage, &choice);
    for kind in crate::panes::lineage::view::KINDS {
        for (node, trials) in shown.nodes.iter().zip(&shown.trials).filter(|(node, _)| node.kind == kind) {
            ui.horizontal(|ui| {
                widgets::icon(ui, ctx.theme, draw::kind_glyph(kind), draw::kind_color(ctx.theme, kind), 14.0);
                widgets::text(ui, ctx.theme, &node.name);
                if node.version > 1 && kind != NodeKind::Run {
                    widgets::small(ui, ctx.theme, format!("v{}", node.version));
                }
                widgets::small(ui, ctx.theme, draw::figure(node, *trials));
                let digest: String = node.digest.chars().take(10).collect();
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    let words = egui::RichText::new(digest).font(fonts::mono(text::SMALL)).color(ctx.theme.dim);
                    ui.add(egui::Label::new(words).selectable(true));
                });
            });
        }
    }
}

fn repeat_ui(ui: &mut Ui, ctx: &Ctx<'_>, content: &ReportContent) {
    if content.repeat.is_empty() && content.facts.is_empty() {
        return;
    }
    heading(ui, ctx, "How to repeat this", "");
    if !content.repeat.is_empty() {
        let code = content.repeat.join("\n");
        egui::Frame::new()
            .fill(ctx.theme.panel)
            .stroke(Stroke::new(1.0, ctx.theme.border))
            .corner_radius(size::RADIUS)
            .inner_margin(egui::Margin::same(10))
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                let words = egui::RichText::new(&code).font(fonts::mono(text::MONO)).color(ctx.theme.text);
                ui.add(egui::Label::new(words).wrap().selectable(true));
            });
        if widgets::link(ui, ctx.theme, "Copy the commands").clicked() {
            ctx.push(crate::ctx::Action::Copy(code));
        }
    }
    for (name, value) in &content.facts {
        row_ui(ui, ctx, &[(0.0, 0.3, name, false, false), (0.3, 1.0, value, false, true)]);
    }
}
