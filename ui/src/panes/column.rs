//! The inspector of a column: figures, values, their share of the target, what to look at.

use cairn_protocol::{
    Request, Response,
    door::ColumnDetail,
    notebook::CellBody,
    table::{Histogram, Severity, TableRef},
};
use egui::{Align2, CornerRadius, Frame, Margin, Rect, Sense, Stroke, Ui, pos2, vec2};

use crate::{
    ctx::Ctx,
    fonts,
    theme::text,
    widgets::{self, ChipTone, chip, format, frames, glyph, icon, inputs, labels, type_glyph},
};

/// Draws the inspector of a column.
pub fn inspector(ui: &mut Ui, ctx: &Ctx<'_>, table: &TableRef, column: &str) {
    let theme = ctx.theme;
    let target = target_of(ctx, table).filter(|target| target != column);
    let request = Request::Column { table: table.clone(), column: column.to_owned(), target };
    let fetched = ctx.read(&request);
    let block = |ui: &mut Ui, add: &mut dyn FnMut(&mut Ui)| {
        Frame::new().inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing = vec2(8.0, 4.0);
            add(ui);
        });
        widgets::hairline(ui, theme);
    };
    let Some(Response::Column(detail)) = fetched.value.as_deref() else {
        block(ui, &mut |ui| {
            labels::title(ui, theme, column);
            match &fetched.error {
                Some(error) => {
                    if widgets::error_card(ui, theme, error, true) {
                        ctx.store.retry(&request);
                    }
                }
                None => widgets::loading(ui, theme, "Reading the column…"),
            }
        });
        return;
    };
    ui.spacing_mut().item_spacing.y = 0.0;
    block(ui, &mut |ui| {
        frames::row_of_two(
            ui,
            20.0,
            |ui| {
                icon(ui, theme, type_glyph(detail.profile.column_type), theme.accent, 15.0);
                labels::title(ui, theme, column);
            },
            |ui| {
                chip(ui, theme, ChipTone::Neutral, None, detail.profile.column_type.as_str());
            },
        );
    });
    block(ui, &mut |ui| facts(ui, ctx, table, detail));
    let timed = |histogram: &Histogram| histogram.edges_text.len() == histogram.edges.len();
    if let Some(histogram) = detail
        .profile
        .histogram
        .as_ref()
        .filter(|histogram| detail.profile.column_type.is_numeric() || timed(histogram))
    {
        let edge = |last: bool| {
            let index = if last { histogram.edges.len().saturating_sub(1) } else { 0 };
            match histogram.edges_text.get(index) {
                Some(text) => text.clone(),
                None => histogram.edges.get(index).map_or_else(String::new, |edge| format::figure(edge.0)),
            }
        };
        block(ui, &mut |ui| {
            labels::small_strong(ui, theme, "Distribution");
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 64.0), Sense::hover());
            widgets::mini_histogram(ui.painter(), rect, histogram, theme.accent);
            frames::row_of_two(
                ui,
                14.0,
                |ui| {
                    labels::small(ui, theme, edge(false));
                },
                |ui| {
                    labels::small(ui, theme, edge(true));
                },
            );
        });
    } else if !detail.profile.top.is_empty() {
        block(ui, &mut |ui| values(ui, ctx, detail));
    }
    if !detail.by_target.is_empty() {
        block(ui, &mut |ui| by_target(ui, ctx, table, detail));
    }
    associations(ui, ctx, table, column, detail.rows);
    quality(ui, ctx, table, column);
}

/// Rows up to which power and associations are worked out for the inspector alone; larger tables show them once the
/// quality report has been opened.
const ROWS_UNASKED: u64 = 200_000;

/// How well the column predicts alone, and what it goes with most.
fn associations(ui: &mut Ui, ctx: &Ctx<'_>, table: &TableRef, column: &str, rows: u64) {
    let theme = ctx.theme;
    let Some(target) = target_of(ctx, table) else { return };
    let ask = |request: Request| {
        if rows <= ROWS_UNASKED { ctx.value(&request) } else { ctx.store.known(&request).value }
    };
    let report = ask(Request::Quality { table: table.clone(), target: Some(target.clone()) });
    let found = ask(Request::Associations { table: table.clone(), target: Some(target.clone()) });
    let power = match report.as_deref() {
        Some(Response::Quality(report)) => report.predictive_power.iter().find(|power| power.column == column),
        _ => None,
    };
    let mut partners: Vec<(&str, f64)> = match found.as_deref() {
        Some(Response::Associations(found)) => {
            let name = |index: usize| found.columns.get(index).map_or("", |column| column.name.as_str());
            let pairs = found.pairs.iter().filter_map(|pair| Some((name(pair.a), name(pair.b), pair.value?.0)));
            pairs
                .filter_map(|(a, b, value)| match column {
                    column if column == a => Some((b, value)),
                    column if column == b => Some((a, value)),
                    _ => None,
                })
                .collect()
        }
        _ => Vec::new(),
    };
    partners.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    if power.is_none() && partners.is_empty() {
        return;
    }
    Frame::new().inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing = vec2(8.0, 2.0);
        labels::small_strong(ui, theme, "Goes with");
        if let Some(power) = power {
            let words = format!("skill {}", format::significant(power.skill.0, 2));
            frames::row_of_two(
                ui,
                17.0,
                |ui| {
                    labels::dim(ui, theme, format!("Predicts {target} alone"))
                        .on_hover_text(super::quality::overview::power_words(power));
                },
                |ui| {
                    labels::text(ui, theme, words);
                },
            );
        }
        for (name, value) in partners.into_iter().take(3) {
            fact(ui, ctx, name, &format!("{value:.2}"));
        }
    });
    widgets::hairline(ui, theme);
}

/// The column that a cell below predicts, where the table belongs to a notebook.
#[must_use]
pub fn target_of(ctx: &Ctx<'_>, table: &TableRef) -> Option<String> {
    let TableRef::Cell { notebook, .. } = table else { return None };
    let view = ctx.store.notebook(notebook)?;
    view.notebook.cells.iter().find_map(|cell| match &cell.body {
        CellBody::Train(train) if !train.target.is_empty() => Some(train.target.clone()),
        CellBody::Sweep(sweep) if !sweep.target.is_empty() => Some(sweep.target.clone()),
        CellBody::Split(split) => split.by.clone(),
        _ => None,
    })
}

fn fact(ui: &mut Ui, ctx: &Ctx<'_>, name: &str, value: &str) {
    frames::row_of_two(
        ui,
        17.0,
        |ui| {
            labels::dim(ui, ctx.theme, name);
        },
        |ui| {
            labels::text(ui, ctx.theme, value);
        },
    );
}

fn facts(ui: &mut Ui, ctx: &Ctx<'_>, table: &TableRef, detail: &ColumnDetail) {
    let profile = &detail.profile;
    ui.spacing_mut().item_spacing.y = 2.0;
    fact(ui, ctx, "Values", &format::count(detail.rows.saturating_sub(profile.nulls)));
    let share = profile.nulls as f64 / detail.rows.max(1) as f64;
    let nulls = match profile.nulls {
        0 => "0".to_owned(),
        some => format!("{} · {}", format::count(some), format::percent(share)),
    };
    fact(ui, ctx, "Null", &nulls);
    fact(ui, ctx, "Distinct", &format::count(profile.distinct));
    let bound = |value: &Option<cairn_protocol::table::Scalar>| {
        let words = value.as_ref().map(ToString::to_string)?;
        Some(inputs::parse_number(&words).map_or(words, format::figure))
    };
    for (name, value) in [("Smallest", bound(&profile.min)), ("Largest", bound(&profile.max))] {
        if let Some(value) = value {
            fact(ui, ctx, name, &value);
        }
    }
    for (name, value) in [("Mean", profile.mean), ("Standard deviation", profile.std), ("Skewness", profile.skew)] {
        if let Some(value) = value {
            fact(ui, ctx, name, &format::figure(value.0));
        }
    }
    if let Some(quantiles) = &profile.quantiles {
        for (key, name) in [("0.25", "25 %"), ("0.5", "Median"), ("0.75", "75 %")] {
            if let Some(value) = quantiles.get(key) {
                fact(ui, ctx, name, &format::figure(value.0));
            }
        }
    }
    let from = match table {
        TableRef::Cell { cell, .. } => cell.clone(),
        TableRef::File { path } => path.rsplit('/').next().unwrap_or(path).to_owned(),
    };
    fact(ui, ctx, "Comes from", &from);
}

fn values(ui: &mut Ui, ctx: &Ctx<'_>, detail: &ColumnDetail) {
    let theme = ctx.theme;
    frames::row_of_two(
        ui,
        16.0,
        |ui| {
            labels::small_strong(ui, theme, "Values");
        },
        |ui| {
            labels::small(ui, theme, format!("of {}", format::count(detail.rows)));
        },
    );
    ui.spacing_mut().item_spacing.y = 1.0;
    let most = detail.profile.top.first().map_or(1, |top| top.count).max(1) as f32;
    let nulls = detail.profile.nulls;
    let top = detail.profile.top.iter().take(12).map(|top| (top.value.as_str(), top.count, false));
    for (value, count, null) in top.chain((nulls > 0).then_some(("null", nulls, true))) {
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
        let middle = rect.center().y;
        let name = widgets::buttons::elided(ui, value, fonts::body(text::BODY), rect.width() * 0.36);
        let painter = ui.painter();
        let color = if null { theme.dim } else { theme.text };
        painter.galley(pos2(rect.left(), middle - name.size().y / 2.0), name, color);
        let share = format::percent(count as f64 / detail.rows.max(1) as f64);
        painter.text(pos2(rect.right(), middle), Align2::RIGHT_CENTER, share, fonts::body(text::SMALL), theme.dim);
        let counted = format::count(count);
        let at = pos2(rect.right() - 46.0, middle);
        painter.text(at, Align2::RIGHT_CENTER, counted, fonts::body(text::BODY), theme.text);
        let from = rect.left() + rect.width() * 0.39;
        let room = (rect.right() - 96.0 - from).max(8.0);
        let bar =
            Rect::from_min_size(pos2(from, middle - 2.5), vec2((room * (count as f32 / most).min(1.0)).max(1.5), 5.0));
        painter.rect_filled(
            bar,
            CornerRadius::same(2),
            if null { theme.dim.gamma_multiply(0.6) } else { theme.accent },
        );
    }
}

/// «Share with stroke = 1»: the class whose share is shown, where it can be told.
fn class_of(ctx: &Ctx<'_>, table: &TableRef, target: &str) -> String {
    let answer = ctx.value(&Request::TableProfile { table: table.clone() });
    let class = match answer.as_deref() {
        Some(Response::Profiled(profile)) => profile
            .columns
            .iter()
            .find(|column| column.name == target && column.column_type.is_numeric())
            .and_then(|column| column.max.as_ref().map(ToString::to_string)),
        _ => None,
    };
    class.map_or_else(|| format!("Share of {target}"), |class| format!("Share with {target} = {class}"))
}

/// «118 – 125.4» for «118 – 125.39999999999999».
fn rounded_ends(range: &str) -> String {
    let end = |text: &str| inputs::parse_number(text).map_or_else(|| text.to_owned(), format::figure);
    range.split(" – ").map(end).collect::<Vec<_>>().join(" – ")
}

/// The target's share within each value, with its 95 % interval.
fn by_target(ui: &mut Ui, ctx: &Ctx<'_>, table: &TableRef, detail: &ColumnDetail) {
    let theme = ctx.theme;
    let title = target_of(ctx, table).map_or_else(|| "Share of the target".to_owned(), |of| class_of(ctx, table, &of));
    frames::row_of_two(
        ui,
        16.0,
        |ui| {
            labels::small_strong(ui, theme, title);
        },
        |ui| {
            labels::small(ui, theme, "95 % interval");
        },
    );
    let mut shares: Vec<_> = detail.by_target.iter().take(12).collect();
    shares.sort_by(|a, b| b.share.0.total_cmp(&a.share.0));
    let highest = shares.iter().map(|share| share.interval.1.0).fold(0.01_f64, f64::max);
    ui.spacing_mut().item_spacing.y = 0.0;
    let overall = detail.overall.map(|overall| overall.0);
    let top = ui.cursor().top();
    let mut plot = Rect::NOTHING;
    for share in &shares {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
        let value = share.value.as_deref().unwrap_or("null");
        let rounded = detail.profile.column_type.is_numeric().then(|| rounded_ends(value));
        let value = rounded.as_deref().unwrap_or(value);
        let name = widgets::buttons::elided(ui, value, fonts::body(text::SMALL), rect.width() * 0.36);
        let painter = ui.painter();
        let color = if share.value.is_none() { theme.dim } else { theme.text };
        painter.galley(pos2(rect.left(), rect.center().y - name.size().y / 2.0), name, color);
        plot = Rect::from_min_max(
            pos2(rect.left() + rect.width() * 0.4, rect.top()),
            pos2(rect.right() - 4.0, rect.bottom()),
        );
        let x = |value: f64| plot.left() + plot.width() * (value / highest).clamp(0.0, 1.0) as f32;
        let line = Stroke::new(1.5, theme.accent.gamma_multiply(0.6));
        painter.hline(x(share.interval.0.0)..=x(share.interval.1.0), rect.center().y, line);
        painter.circle_filled(pos2(x(share.share.0), rect.center().y), 3.5, theme.accent);
        response.on_hover_text(format!(
            "{value}: {} ({} to {}) of {} rows",
            format::percent(share.share.0),
            format::percent(share.interval.0.0),
            format::percent(share.interval.1.0),
            format::count(share.count)
        ));
    }
    if let Some(overall) = overall {
        let x = plot.left() + plot.width() * (overall / highest).clamp(0.0, 1.0) as f32;
        let ends = [pos2(x, top), pos2(x, plot.bottom())];
        ui.painter().extend(egui::Shape::dashed_line(&ends, Stroke::new(1.0, theme.dim), 3.0, 3.0));
        ui.add_space(2.0);
        labels::small(ui, theme, format!("Dashed: {} over all rows", format::percent(overall)));
    }
}

fn quality(ui: &mut Ui, ctx: &Ctx<'_>, table: &TableRef, column: &str) {
    let theme = ctx.theme;
    let Some(answer) = ctx.value(&Request::TableProfile { table: table.clone() }) else { return };
    let Response::Profiled(profile) = answer.as_ref() else { return };
    let found: Vec<_> = profile.findings.iter().filter(|finding| finding.column == column).collect();
    if found.is_empty() {
        return;
    }
    Frame::new().inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
        labels::small_strong(ui, theme, "Quality");
        for finding in found {
            ui.horizontal_top(|ui| {
                let (mark, color) = match finding.severity {
                    Severity::High => (glyph::WARNING, theme.fault.text),
                    Severity::Medium => (glyph::WARNING, theme.warning.text),
                    Severity::Low => (glyph::INFO, theme.dim),
                };
                icon(ui, theme, mark, color, 15.0);
                labels::paragraph(ui, format::sentence(&finding.message), theme.text);
            });
        }
    });
}
