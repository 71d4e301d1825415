//! The body of a split: the form, the parts as a proportional bar, the shares of each class, the folds, the certificate.

mod form;

use cairn_protocol::{
    notebook::{CellBody, SplitCell},
    results::{CellResult, Check, CheckOutcome, SplitResult},
};
use egui::{Align2, Color32, CornerRadius, Frame, Margin, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::card::{Card, result_of};
use crate::{
    fonts,
    theme::{Theme, text},
    widgets::{self, format, glyph},
};

/// Rows of folds shown at once.
const FOLDS: f32 = 8.0;

/// The name of a part for people.
#[must_use]
pub fn part_title(name: &str) -> String {
    match name {
        "train" => "Train".into(),
        "valid" => "Validation".into(),
        "test" => "Test".into(),
        other => {
            let mut letters = other.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        }
    }
}

/// Fill and ink of a part.
fn part_color(theme: &Theme, part: usize) -> (Color32, Color32) {
    const SHARES: [f32; 5] = [0.0, 0.45, 0.75, 0.6, 0.88];
    let fill = match part {
        0 => theme.accent,
        part => theme.accent.lerp_to_gamma(theme.card, SHARES[(part - 1) % 4 + 1]),
    };
    let light = 0.3 * f32::from(fill.r()) + 0.59 * f32::from(fill.g()) + 0.11 * f32::from(fill.b());
    (fill, if light > 140.0 { Color32::from_rgb(0x1F, 0x1F, 0x1D) } else { Color32::WHITE })
}

/// Draws the body.
pub fn body_ui(ui: &mut Ui, card: Card<'_>, split: &SplitCell) {
    Frame::new().inner_margin(Margin::symmetric(12, 10)).show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(12.0, 8.0);
        form::form_ui(ui, card, split);
        let response = card.result();
        let result = match result_of(response.as_ref()) {
            Some(CellResult::Split(result)) => Some(result),
            _ => None,
        };
        bar_ui(ui, card.theme(), split, result);
        if let Some(result) = result {
            result_ui(ui, card, split, result);
        } else if let Some(error) = card.result_error() {
            if widgets::error_card(ui, card.theme(), &error, true) {
                card.ctx.store.retry(&card.result_request());
            }
        } else if card.state().ran_at.is_empty() {
            widgets::dim(ui, card.theme(), "Run the cell to draw the parts and check them");
        }
    });
}

/// What the bar shows of one part.
struct Piece {
    title: String,
    share: f64,
    rows: Option<u64>,
    colors: (Color32, Color32),
}

fn pieces(theme: &Theme, split: &SplitCell, result: Option<&SplitResult>) -> Vec<Piece> {
    let Some(result) = result.filter(|result| result.counts.iter().sum::<u64>() > 0) else {
        let piece = |(part, (name, share)): (usize, (String, f64))| Piece {
            title: part_title(&name),
            share,
            rows: None,
            colors: part_color(theme, part),
        };
        return split.shares().into_iter().enumerate().map(piece).collect();
    };
    let total = (result.counts.iter().sum::<u64>() + result.left_out) as f64;
    let mut pieces: Vec<Piece> = result
        .counts
        .iter()
        .enumerate()
        .map(|(part, rows)| Piece {
            title: part_title(result.part_name(part)),
            share: *rows as f64 / total,
            rows: Some(*rows),
            colors: part_color(theme, part),
        })
        .collect();
    if result.left_out > 0 {
        pieces.push(Piece {
            title: "In none".into(),
            share: result.left_out as f64 / total,
            rows: Some(result.left_out),
            colors: (theme.grid_line, theme.dim),
        });
    }
    pieces
}

fn bar_ui(ui: &mut Ui, theme: &Theme, split: &SplitCell, result: Option<&SplitResult>) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    let pieces = pieces(theme, split, result);
    let words: Vec<String> =
        pieces.iter().map(|piece| format!("{} {}", piece.title, format::percent(piece.share))).collect();
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Parts: {}", words.join(", "))));
    response.on_hover_text(words.join("\n"));
    let last = pieces.iter().rposition(|piece| piece.share > 0.0).unwrap_or(0);
    let mut left = rect.left();
    for (at, piece) in pieces.iter().enumerate() {
        let right = if at == last { rect.right() } else { left + rect.width() * piece.share as f32 };
        if right - left < 1.0 || piece.share <= 0.0 {
            continue;
        }
        let (fill, ink) = piece.colors;
        let gap = if at == last { 0.0 } else { 2.0 };
        let area = Rect::from_min_max(pos2(left, rect.top()), pos2(right - gap, rect.bottom()));
        let round = |at: bool| if at { 4 } else { 0 };
        let (first, ends) = (left <= rect.left(), at == last);
        let corners = CornerRadius { nw: round(first), sw: round(first), ne: round(ends), se: round(ends) };
        let painter = ui.painter().with_clip_rect(area.intersect(ui.clip_rect()));
        painter.rect_filled(area, corners, fill);
        let middle = area.center().y;
        let share = format!("{:.0} %", piece.share * 100.0);
        let mut room = area.width();
        if room > 40.0 {
            let at = painter.text(
                pos2(area.right() - 6.0, middle),
                Align2::RIGHT_CENTER,
                share,
                fonts::body(text::BODY),
                ink,
            );
            room -= at.width() + 12.0;
        }
        let title = painter.layout_no_wrap(piece.title.clone(), fonts::strong(text::BODY), ink);
        if room > title.size().x + 6.0 {
            let width = title.size().x;
            painter.galley(pos2(area.left() + 6.0, middle - title.size().y / 2.0), title, ink);
            if let Some(rows) = piece.rows
                && room > width + 64.0
            {
                let at = pos2(area.left() + 12.0 + width, middle);
                painter.text(at, Align2::LEFT_CENTER, format::count(rows), fonts::body(text::BODY), ink);
            }
        }
        left = right;
    }
}

fn result_ui(ui: &mut Ui, card: Card<'_>, split: &SplitCell, result: &SplitResult) {
    let theme = card.theme();
    let width = ui.available_width();
    if result.classes.is_empty() || width < 720.0 {
        if !result.classes.is_empty() {
            classes_ui(ui, theme, result, width);
        }
        certificate_ui(ui, theme, result);
        folds_ui(ui, card, split, result);
        return;
    }
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 24.0;
        let left = (width * 0.47).min(560.0);
        ui.allocate_ui(vec2(left, 10.0), |ui| {
            ui.set_width(left);
            classes_ui(ui, theme, result, left);
        });
        ui.vertical(|ui| certificate_ui(ui, theme, result));
    });
    folds_ui(ui, card, split, result);
}

/// A row for each fold with its sizes and the worst of its checks; a click makes it the validation part.
fn folds_ui(ui: &mut Ui, card: Card<'_>, split: &SplitCell, result: &SplitResult) {
    const ROW: f32 = 22.0;
    if result.folds.is_empty() {
        return;
    }
    let theme = card.theme();
    let mut chosen = None;
    ui.spacing_mut().item_spacing.y = 0.0;
    widgets::field_label(ui, theme, "Folds: a click chooses the one that is validated on");
    egui::ScrollArea::vertical().max_height(ROW * FOLDS).auto_shrink([false, true]).show_rows(
        ui,
        ROW,
        result.folds.len(),
        |ui, range| {
            for at in range {
                let fold = &result.folds[at];
                let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
                let is_chosen = at + 1 == result.fold as usize;
                let name = format!("Fold {}", fold.name);
                response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_chosen, &name));
                let painter = ui.painter();
                if is_chosen {
                    painter.rect_filled(rect, CornerRadius::same(4), theme.selection);
                } else if response.hovered() {
                    painter.rect_filled(rect, CornerRadius::same(4), theme.hover);
                }
                let worst = fold.checks.iter().max_by_key(|check| severity(check.outcome));
                let outcome = worst.map_or(CheckOutcome::Pass, |check| check.outcome);
                let (mark, color) = check_mark(theme, outcome);
                let y = rect.center().y;
                painter.text(pos2(rect.left() + 12.0, y), Align2::CENTER_CENTER, mark, fonts::icons(15.0), color);
                let font = fonts::body(text::BODY);
                painter.text(pos2(rect.left() + 26.0, y), Align2::LEFT_CENTER, &fold.name, font.clone(), theme.text);
                let sizes: Vec<String> = fold
                    .counts
                    .iter()
                    .enumerate()
                    .filter(|(_, rows)| **rows > 0)
                    .map(|(part, rows)| format!("{} {}", part_title(result.part_name(part)), format::count(*rows)))
                    .chain((fold.left_out > 0).then(|| format!("in none {}", format::count(fold.left_out))))
                    .collect();
                painter.text(pos2(rect.right() - 8.0, y), Align2::RIGHT_CENTER, sizes.join(" · "), font, theme.dim);
                let words: Vec<String> =
                    fold.checks.iter().map(|check| format!("{}: {}", check.name, check.figure)).collect();
                if response.on_hover_text(words.join("\n")).clicked() && !is_chosen {
                    chosen = u32::try_from(at + 1).ok();
                }
            }
        },
    );
    if let Some(fold) = chosen {
        card.commit(ui, CellBody::Split(SplitCell { fold, ..split.clone() }));
    }
}

/// A row for each part: rows, rows of each class, share of the last class and where it lies against all rows.
fn classes_ui(ui: &mut Ui, theme: &Theme, result: &SplitResult, width: f32) {
    const ROW: f32 = 22.0;
    // With many classes each is a row; with two, each is a column beside the share of the second.
    let many = result.classes.len() > 3;
    let parts = result.counts.len();
    let rows = if many { result.classes.len().min(12) } else { parts + 1 };
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
        // Three parts leave room at the right, more take it.
        let each = 0.6 / (parts.max(4) as f32);
        let part_x = |part: usize| rect.left() + width * (0.4 + each * (part as f32 + 1.0));
        for part in 0..parts {
            let title = shorten(&part_title(result.part_name(part)));
            cell(0, part_x(part), Align2::RIGHT_CENTER, title, false, theme.dim);
        }
        for (row, class) in classes.iter().take(rows).enumerate() {
            cell(row + 1, rect.left(), Align2::LEFT_CENTER, shorten(&class.class), false, theme.text);
            for (part, (rows, total)) in class.counts.iter().zip(&result.counts).enumerate() {
                let share = format::percent(*rows as f64 / (*total).max(1) as f64);
                cell(row + 1, part_x(part), Align2::RIGHT_CENTER, share, false, theme.text);
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
    for row in 0..=parts {
        let of_all = row == parts;
        let total = if of_all { all } else { result.counts[row] };
        let count = |class: usize| -> u64 {
            if of_all { classes[class].counts.iter().sum() } else { classes[class].counts[row] }
        };
        let y = rect.top() + ROW * (row as f32 + 1.5);
        if !of_all {
            let mark = Rect::from_center_size(pos2(rect.left() + 4.0, y), vec2(8.0, 8.0));
            painter.rect_filled(mark, CornerRadius::same(2), part_color(theme, row).0);
        }
        let title = if of_all { "All".to_owned() } else { shorten(&part_title(result.part_name(row))) };
        cell(row + 1, rect.left() + 14.0, Align2::LEFT_CENTER, title, of_all, theme.text);
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
        if let Some(hash) = result.digest.get(..8) {
            words.push(hash.to_owned());
        }
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
                    check_ui(ui, theme, check, result);
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

fn check_mark(theme: &Theme, outcome: CheckOutcome) -> (&'static str, Color32) {
    match outcome {
        CheckOutcome::Pass => (glyph::CHECK_CIRCLE, theme.good.mark),
        CheckOutcome::Warning => (glyph::WARNING, theme.warning.mark),
        CheckOutcome::Fault => (glyph::X_CIRCLE, theme.fault.mark),
    }
}

fn check_icon(ui: &mut Ui, theme: &Theme, outcome: CheckOutcome) {
    let (mark, color) = check_mark(theme, outcome);
    widgets::icon(ui, theme, mark, color, 15.0);
}

/// Name, figure and sentence of a check; of the stability of columns also those that differ most.
fn check_words(check: &Check, result: &SplitResult) -> String {
    let mut words = format!("{}: {}", check.name, check.figure);
    if !check.sentence.is_empty() {
        words.push_str(&format!("\n{}", check.sentence));
    }
    if check.figure.contains("PSI") {
        for drift in result.drift.iter().take(5) {
            words.push_str(&format!("\n{} in {}: PSI {:.3}", drift.column, drift.part, drift.psi.0));
            if let (Some(ks), Some(p)) = (drift.ks, drift.p) {
                words.push_str(&format!(", KS {:.3}, p = {:.3}", ks.0, p.0));
            }
        }
    }
    words
}

fn check_ui(ui: &mut Ui, theme: &Theme, check: &Check, result: &SplitResult) {
    let color = match check.outcome {
        CheckOutcome::Pass => theme.dim,
        CheckOutcome::Warning => theme.warning.text,
        CheckOutcome::Fault => theme.fault.text,
    };
    let font = fonts::body(text::BODY);
    let wide = |ui: &Ui, words: &str| ui.painter().layout_no_wrap(words.to_owned(), font.clone(), color).size().x;
    let name_width = wide(ui, &check.name).min(ui.available_width() * 0.6) + 36.0;
    let figure_width = wide(ui, &check.figure).min(ui.available_width() - name_width) + 1.0;
    widgets::frames::row_of_two(
        ui,
        22.0,
        |ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            check_icon(ui, theme, check.outcome);
            widgets::text(ui, theme, check.name.as_str()).on_hover_text(check_words(check, result));
        },
        |ui| {
            let figure = widgets::buttons::elided(ui, &check.figure, font.clone(), figure_width);
            let (rect, response) = ui.allocate_exact_size(vec2(figure.size().x, 22.0), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &check.figure));
            ui.painter().galley(pos2(rect.left(), rect.center().y - figure.size().y / 2.0), figure, color);
            response.on_hover_text(check_words(check, result));
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_called_by_their_names() {
        assert_eq!(["train", "valid", "calibration", ""].map(part_title), ["Train", "Validation", "Calibration", ""]);
    }

    #[test]
    fn the_bar_shows_what_is_in_no_part() {
        let result = SplitResult { counts: vec![60, 20, 10], left_out: 10, ..SplitResult::default() };
        let theme = Theme::light();
        let shown = pieces(&theme, &SplitCell::default(), Some(&result));
        assert_eq!(shown.len(), 4);
        assert!((shown[0].share - 0.6).abs() < 1e-12 && (shown[3].share - 0.1).abs() < 1e-12);
        assert_eq!(pieces(&theme, &SplitCell::default(), None).len(), 3);
    }
}
