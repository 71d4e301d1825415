//! The body of a split: the form, the parts as a proportional bar, the shares of each class, the certificate.

use cairn_protocol::{
    notebook::{CellBody, SplitCell, SplitMethod},
    results::{CellResult, Check, CheckOutcome, SplitResult},
};
use egui::{Align2, Color32, CornerRadius, Frame, Margin, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::{
    card::{Card, result_of},
    field, prefill,
};
use crate::{
    fonts,
    theme::{Theme, text},
    widgets::{self, format, glyph},
};

const PARTS: [&str; 3] = ["Train", "Validation", "Test"];

/// Colours of the three parts.
fn part_colors(theme: &Theme) -> [(Color32, Color32); 3] {
    let mix = |share: f32| theme.accent.lerp_to_gamma(theme.card, share);
    let ink = |fill: Color32| {
        let light = 0.3 * f32::from(fill.r()) + 0.59 * f32::from(fill.g()) + 0.11 * f32::from(fill.b());
        if light > 140.0 { Color32::from_rgb(0x1F, 0x1F, 0x1D) } else { Color32::WHITE }
    };
    [theme.accent, mix(0.45), mix(0.75)].map(|fill| (fill, ink(fill)))
}

/// Draws the body.
pub fn body_ui(ui: &mut Ui, card: Card<'_>, split: &SplitCell) {
    Frame::new().inner_margin(Margin::symmetric(12, 10)).show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(12.0, 8.0);
        form_ui(ui, card, split);
        let response = card.result();
        let result = match result_of(response.as_ref()) {
            Some(CellResult::Split(result)) => Some(result),
            _ => None,
        };
        bar_ui(ui, card.theme(), split, result);
        if let Some(result) = result {
            result_ui(ui, card.theme(), result);
        } else if let Some(error) = card.result_error() {
            if widgets::error_card(ui, card.theme(), &error, true) {
                card.ctx.store.retry(&card.result_request());
            }
        } else if card.state().ran_at.is_empty() {
            widgets::dim(ui, card.theme(), "Run the cell to draw the parts and check them");
        }
    });
}

fn form_ui(ui: &mut Ui, card: Card<'_>, split: &SplitCell) {
    let theme = card.theme();
    let schema = prefill::schema_of(card.view, &split.input);
    let mut changed = split.clone();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        widgets::field_label(ui, theme, "Rows are drawn");
        let methods = [(SplitMethod::Random, "All alike"), (SplitMethod::Stratified, "Class by class")];
        if let Some(method) = field::choice(ui, theme, "Method", split.method, &methods, 122.0) {
            changed.method = method;
            if method == SplitMethod::Stratified && changed.by.is_none() {
                changed.by = Some(prefill::guess_target(card.view, &schema)).filter(|by| !by.is_empty());
            }
        }
        ui.add_space(6.0);
        let label = if split.method == SplitMethod::Stratified { "of" } else { "Shares of" };
        widgets::field_label(ui, theme, label);
        if let Some(by) = by_field(ui, card, split, &schema) {
            changed.by = by;
        }
        ui.add_space(6.0);
        let parts = [split.train, split.valid, split.test];
        for (part, title) in PARTS.into_iter().enumerate() {
            widgets::field_label(ui, theme, title);
            let shown = percent_text(parts[part]);
            let name = format!("{title} share in percent");
            let given = field::checked(ui, theme, &name, &shown, 48.0, |text| percent(text, part));
            if let Some(share) = given {
                let linked = link_fractions(parts, part, share);
                [changed.train, changed.valid, changed.test] = linked;
            }
            widgets::field_label(ui, theme, "%");
        }
        ui.add_space(6.0);
        widgets::field_label(ui, theme, "Seed");
        if let Some(seed) = field::whole(ui, theme, "Seed", split.seed, 0..=u64::from(u32::MAX), 64.0) {
            changed.seed = seed;
        }
    });
    if changed != *split {
        card.commit(ui, CellBody::Split(changed));
    }
}

fn by_field(
    ui: &mut Ui,
    card: Card<'_>,
    split: &SplitCell,
    schema: &[(String, cairn_protocol::table::ColumnType)],
) -> Option<Option<String>> {
    const NONE: &str = "no column";
    let mut names: Vec<String> = schema.iter().map(|(name, _)| name.clone()).collect();
    if split.method == SplitMethod::Random {
        names.insert(0, NONE.into());
    }
    let current = split.by.as_deref().unwrap_or(if split.method == SplitMethod::Random { NONE } else { "" });
    let chosen = field::name_choice(ui, card.theme(), "Class column", current, &names, 122.0)?;
    Some(Some(chosen).filter(|name| name != NONE))
}

fn percent_text(share: f64) -> String {
    field::plain((share * 1e6).round() / 1e4)
}

fn percent(text: &str, part: usize) -> Result<f64, String> {
    let range = if part == 0 { 1.0..=98.0 } else { 0.0..=98.0 };
    match text.trim_end_matches('%').trim().parse::<f64>() {
        Ok(value) if range.contains(&value) => Ok(value / 100.0),
        _ => Err(format!("A share from {} to {} % is needed", range.start(), range.end())),
    }
}

/// Sets one of three shares that add to 1; the training part gives or takes what the others change, and when it
/// is changed itself the other two keep their proportion.
#[must_use]
pub fn link_fractions(parts: [f64; 3], changed: usize, share: f64) -> [f64; 3] {
    let round = |value: f64| (value * 1e6).round() / 1e6;
    let share = share.clamp(0.0, 1.0);
    let mut linked = parts;
    linked[changed] = share;
    if changed == 0 {
        let others = parts[1] + parts[2];
        let ratio = if others > 0.0 { parts[1] / others } else { 0.5 };
        linked[1] = round((1.0 - share) * ratio);
        linked[2] = round(1.0 - share - linked[1]);
    } else {
        let other = 3 - changed;
        linked[other] = parts[other].min((1.0 - share - 0.01).max(0.0));
        linked[0] = round(1.0 - share - linked[other]);
    }
    linked
}

fn bar_ui(ui: &mut Ui, theme: &Theme, split: &SplitCell, result: Option<&SplitResult>) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    let planned = [split.train, split.valid, split.test];
    let counts = result.map(|result| result.counts);
    let total = counts.map_or(0, |counts| counts.iter().sum::<u64>());
    let shares = match counts {
        Some(counts) if total > 0 => counts.map(|count| count as f64 / total as f64),
        _ => planned,
    };
    let words = (0..3).map(|part| format!("{} {}", PARTS[part], format::percent(shares[part]))).collect::<Vec<_>>();
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Parts: {}", words.join(", "))));
    let mut left = rect.left();
    for (part, (fill, ink)) in part_colors(theme).into_iter().enumerate() {
        let right = if part == 2 { rect.right() } else { left + rect.width() * shares[part] as f32 };
        if right - left < 1.0 {
            continue;
        }
        let area =
            Rect::from_min_max(pos2(left, rect.top()), pos2(right - if part < 2 { 2.0 } else { 0.0 }, rect.bottom()));
        let round = |at: bool| if at { 4 } else { 0 };
        let corners =
            CornerRadius { nw: round(part == 0), sw: round(part == 0), ne: round(part == 2), se: round(part == 2) };
        let painter = ui.painter().with_clip_rect(area.intersect(ui.clip_rect()));
        painter.rect_filled(area, corners, fill);
        let middle = area.center().y;
        let share = format!("{:.0} %", shares[part] * 100.0);
        let mut room = area.width();
        if room > 40.0 {
            let at = painter.text(
                pos2(area.right() - 8.0, middle),
                Align2::RIGHT_CENTER,
                share,
                fonts::body(text::BODY),
                ink,
            );
            room -= at.width() + 16.0;
        }
        let title = painter.layout_no_wrap(PARTS[part].into(), fonts::strong(text::BODY), ink);
        if room > title.size().x + 12.0 {
            let width = title.size().x;
            painter.galley(pos2(area.left() + 8.0, middle - title.size().y / 2.0), title, ink);
            if let Some(counts) = counts
                && room > width + 64.0
            {
                let at = pos2(area.left() + 14.0 + width, middle);
                painter.text(at, Align2::LEFT_CENTER, format::count(counts[part]), fonts::body(text::BODY), ink);
            }
        }
        left = right;
    }
}

fn result_ui(ui: &mut Ui, theme: &Theme, result: &SplitResult) {
    let width = ui.available_width();
    let certificate = |ui: &mut Ui| certificate_ui(ui, theme, result);
    if result.classes.is_empty() || width < 720.0 {
        if !result.classes.is_empty() {
            classes_ui(ui, theme, result, width);
        }
        certificate(ui);
        return;
    }
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 24.0;
        let left = (width * 0.47).min(560.0);
        ui.allocate_ui(vec2(left, 10.0), |ui| {
            ui.set_width(left);
            classes_ui(ui, theme, result, left);
        });
        ui.vertical(certificate);
    });
}

/// A row for each part: rows, rows of each class, share of the last class and where it lies against all rows.
fn classes_ui(ui: &mut Ui, theme: &Theme, result: &SplitResult, width: f32) {
    const ROW: f32 = 22.0;
    // With many classes each is a row; with two, each is a column beside the share of the second.
    let many = result.classes.len() > 3;
    let rows = if many { result.classes.len().min(12) } else { 4 };
    let (rect, response) = ui.allocate_exact_size(vec2(width, ROW * (rows as f32 + 1.0)), Sense::hover());
    let classes = &result.classes;
    response.widget_info(|| {
        let count = format::plural(classes.len() as u64, "class", "classes");
        WidgetInfo::labeled(Role::Image, true, format!("Shares of {count} of {} in each part", result.by))
    });
    let painter = ui.painter();
    let cell = |row: usize, x: f32, align: Align2, words: String, strong: bool, color: Color32| {
        let font = if strong { fonts::strong(text::BODY) } else { fonts::body(text::BODY) };
        let font = if row == 0 { fonts::body(text::SMALL) } else { font };
        painter.text(pos2(x, rect.top() + ROW * (row as f32 + 0.5)), align, words, font, color);
    };
    for row in 1..=rows {
        let y = rect.top() + ROW * row as f32;
        painter.hline(rect.x_range(), y, Stroke::new(1.0, theme.grid_line));
    }
    if many {
        cell(0, rect.left(), Align2::LEFT_CENTER, result.by.clone(), false, theme.dim);
        for (part, title) in PARTS.iter().enumerate() {
            let x = rect.left() + width * (0.55 + 0.15 * part as f32);
            cell(0, x, Align2::RIGHT_CENTER, (*title).into(), false, theme.dim);
        }
        for (row, class) in classes.iter().take(rows).enumerate() {
            cell(row + 1, rect.left(), Align2::LEFT_CENTER, shorten(&class.class), false, theme.text);
            for part in 0..3 {
                let total = result.counts[part].max(1);
                let x = rect.left() + width * (0.55 + 0.15 * part as f32);
                let share = format::percent(class.counts[part] as f64 / total as f64);
                cell(row + 1, x, Align2::RIGHT_CENTER, share, false, theme.text);
            }
        }
        return;
    }
    let last = classes.len() - 1;
    let columns = classes.len() as f32;
    let class_x = |index: usize| rect.left() + width * (0.35 + 0.25 * (index as f32 + 1.0) / columns);
    cell(0, rect.left(), Align2::LEFT_CENTER, "Part".into(), false, theme.dim);
    cell(0, rect.left() + width * 0.33, Align2::RIGHT_CENTER, "Rows".into(), false, theme.dim);
    for (index, class) in classes.iter().enumerate() {
        let wide = width * 0.25 / columns > 62.0;
        let by = if wide { shorten(&result.by) } else { String::new() };
        let head = format!("{by} = {}", shorten(&class.class));
        cell(0, class_x(index), Align2::RIGHT_CENTER, head, false, theme.dim);
    }
    cell(0, rect.left() + width * 0.775, Align2::RIGHT_CENTER, "Share".into(), false, theme.dim);
    cell(
        0,
        rect.left() + width * 0.8,
        Align2::LEFT_CENTER,
        if width > 420.0 { "against all rows".into() } else { "against all".into() },
        false,
        theme.dim,
    );
    let all: u64 = result.counts.iter().sum();
    let all_share = classes[last].counts.iter().sum::<u64>() as f64 / all.max(1) as f64;
    let colors = part_colors(theme);
    for row in 0..4 {
        let of_all = row == 3;
        let total = if of_all { all } else { result.counts[row] };
        let count = |class: usize| -> u64 {
            if of_all { classes[class].counts.iter().sum() } else { classes[class].counts[row] }
        };
        let y = rect.top() + ROW * (row as f32 + 1.5);
        if !of_all {
            let mark = Rect::from_center_size(pos2(rect.left() + 4.0, y), vec2(8.0, 8.0));
            painter.rect_filled(mark, CornerRadius::same(2), colors[row].0);
        }
        let title = if of_all { "All" } else { PARTS[row] };
        cell(row + 1, rect.left() + 14.0, Align2::LEFT_CENTER, title.into(), of_all, theme.text);
        cell(row + 1, rect.left() + width * 0.33, Align2::RIGHT_CENTER, format::count(total), of_all, theme.text);
        for class in 0..classes.len() {
            cell(row + 1, class_x(class), Align2::RIGHT_CENTER, format::count(count(class)), of_all, theme.text);
        }
        let share = count(last) as f64 / total.max(1) as f64;
        cell(row + 1, rect.left() + width * 0.775, Align2::RIGHT_CENTER, share_text(share), of_all, theme.text);
        let bar = Rect::from_min_max(pos2(rect.left() + width * 0.8, y - 3.0), pos2(rect.right(), y + 3.0));
        painter.rect_filled(bar, CornerRadius::same(3), theme.border);
        let end = (share / (all_share * 2.0).max(1e-12)).clamp(0.0, 1.0) as f32;
        painter.rect_filled(bar.with_max_x(bar.left() + bar.width() * end), CornerRadius::same(3), theme.accent);
        painter.vline(bar.center().x, bar.y_range().expand(3.0), Stroke::new(1.5, theme.text));
    }
}

fn share_text(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn shorten(words: &str) -> String {
    if words.chars().count() > 16 { words.chars().take(15).chain(['…']).collect() } else { words.to_owned() }
}

fn certificate_ui(ui: &mut Ui, theme: &Theme, result: &SplitResult) {
    let count = |of: CheckOutcome| result.checks.iter().filter(|check| check.outcome == of).count() as u64;
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.horizontal(|ui| {
        ui.set_height(22.0);
        ui.spacing_mut().item_spacing.x = 6.0;
        let worst = result.checks.iter().map(|check| check.outcome).max_by_key(|of| severity(*of));
        check_icon(ui, theme, worst.unwrap_or(CheckOutcome::Pass));
        widgets::strong(ui, theme, "Certificate");
        let mut words = vec![format!("{} passed", count(CheckOutcome::Pass))];
        if count(CheckOutcome::Warning) > 0 {
            words.push(format::plural(count(CheckOutcome::Warning), "warning", "warnings"));
        }
        if count(CheckOutcome::Fault) > 0 {
            words.push(format::plural(count(CheckOutcome::Fault), "fault", "faults"));
        }
        words.push(format!("seed {}", result.seed));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            widgets::small(ui, theme, words.join(" · "));
        });
    });
    widgets::hairline(ui, theme);
    ui.add_space(4.0);
    let width = ui.available_width();
    let columns = if width > 520.0 { 2 } else { 1 };
    let gap = 20.0;
    let each = (width - gap * (columns as f32 - 1.0)) / columns as f32;
    for row in result.checks.chunks(columns) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            for check in row {
                ui.allocate_ui(vec2(each, 22.0), |ui| {
                    ui.set_width(each);
                    check_ui(ui, theme, check);
                });
            }
        });
    }
}

fn severity(outcome: CheckOutcome) -> u8 {
    match outcome {
        CheckOutcome::Pass => 0,
        CheckOutcome::Warning => 1,
        CheckOutcome::Fault => 2,
    }
}

fn check_icon(ui: &mut Ui, theme: &Theme, outcome: CheckOutcome) {
    let (mark, color) = match outcome {
        CheckOutcome::Pass => (glyph::CHECK_CIRCLE, theme.good.mark),
        CheckOutcome::Warning => (glyph::WARNING, theme.warning.mark),
        CheckOutcome::Fault => (glyph::X_CIRCLE, theme.fault.mark),
    };
    widgets::icon(ui, theme, mark, color, 15.0);
}

fn check_ui(ui: &mut Ui, theme: &Theme, check: &Check) {
    let color = match check.outcome {
        CheckOutcome::Pass => theme.dim,
        CheckOutcome::Warning => theme.warning.text,
        CheckOutcome::Fault => theme.fault.text,
    };
    let font = fonts::body(text::BODY);
    let wide = |ui: &Ui, words: &str| ui.painter().layout_no_wrap(words.to_owned(), font.clone(), color).size().x;
    let name_width = wide(ui, &check.name).min(ui.available_width() * 0.55) + 30.0;
    let figure_width = wide(ui, &check.figure).min(ui.available_width() - name_width) + 1.0;
    widgets::frames::row_of_two(
        ui,
        22.0,
        |ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            check_icon(ui, theme, check.outcome);
            widgets::text(ui, theme, check.name.as_str()).on_hover_text(&check.name);
        },
        |ui| {
            let figure = widgets::buttons::elided(ui, &check.figure, font.clone(), figure_width);
            let (rect, response) = ui.allocate_exact_size(vec2(figure.size().x, 22.0), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &check.figure));
            ui.painter().galley(pos2(rect.left(), rect.center().y - figure.size().y / 2.0), figure, color);
            response.on_hover_text(&check.figure);
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_shares_always_add_to_one() {
        for (changed, share) in [(0, 0.8), (0, 0.5), (1, 0.2), (2, 0.3), (1, 0.97), (0, 0.98)] {
            let linked = link_fractions([0.7, 0.15, 0.15], changed, share);
            assert!((linked.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{changed} {share}: {linked:?}");
            assert!(linked.iter().all(|part| *part >= -1e-9), "{linked:?}");
            assert!((linked[changed] - share).abs() < 1e-9);
        }
        assert_eq!(link_fractions([0.7, 0.15, 0.15], 0, 0.8), [0.8, 0.1, 0.1]);
        assert_eq!(link_fractions([0.7, 0.15, 0.15], 2, 0.2), [0.65, 0.15, 0.2]);
        assert!(percent("0", 0).is_err(), "a training part is needed");
    }
}
