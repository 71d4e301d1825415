//! A confusion matrix: true classes down, predicted classes across, shaded by the share of the true class.

use egui::{Align2, CornerRadius, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{
    ink,
    plot::{ReadOut, read_out},
    ramp::{blend, text_on},
    scale::fixed,
};
use crate::theme::{Theme, size, text};

/// Draws a confusion matrix. `counts` holds a row for each true class. Right ones take the accent, wrong ones the
/// warning colour, each by its share of the row.
pub fn confusion(ui: &mut Ui, theme: &Theme, classes: &[String], counts: &[Vec<u64>], width: f32) -> Response {
    let n = counts.len().max(1);
    let label = widest_label(ui, classes).min(width * 0.3);
    let cell_width = ((width - label - 8.0) / n as f32).clamp(8.0, 120.0);
    let cell_height = if n <= 4 { 50.0 } else { cell_width.clamp(10.0, 28.0) };
    let total = vec2(label + 8.0 + cell_width * n as f32, 20.0 + cell_height * n as f32);
    let (rect, response) = ui.allocate_exact_size(total, Sense::hover());
    let all: u64 = counts.iter().flatten().sum();
    let right: u64 = counts.iter().enumerate().filter_map(|(i, row)| row.get(i)).sum();
    let summary = format!("Confusion matrix of {n} classes: {right} of {all} rows predicted right");
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &summary));
    let painter = ui.painter_at(rect);
    let origin = pos2(rect.left() + label + 8.0, rect.top() + 20.0);
    let name = |index: usize| classes.get(index).map_or_else(|| index.to_string(), Clone::clone);
    let wordy = cell_width > 76.0;
    let mut under_pointer = None;
    for (row, of_row) in counts.iter().enumerate() {
        let y = origin.y + row as f32 * cell_height;
        let sum: u64 = of_row.iter().sum();
        if n <= 20 {
            let at = pos2(origin.x - 8.0, y + cell_height / 2.0);
            ink::write(&painter, at, Align2::RIGHT_CENTER, &name(row), ink::small(), theme.dim, label);
        }
        for (column, &count) in of_row.iter().enumerate() {
            let cell =
                Rect::from_min_size(pos2(origin.x + column as f32 * cell_width, y), vec2(cell_width, cell_height));
            let gap = if n <= 10 { 1.5 } else { 0.5 };
            let share = if sum == 0 { 0.0 } else { count as f64 / sum as f64 };
            let full = if row == column { theme.accent } else { theme.warning.mark };
            let fill = blend(theme.panel, full, 0.08 + 0.92 * share.sqrt() as f32);
            let fill = if count == 0 { theme.panel } else { fill };
            painter.rect_filled(cell.shrink(gap), CornerRadius::same(size::CHIP_RADIUS), fill);
            if cell_width >= 40.0 && cell_height >= 26.0 {
                let ink_color = text_on(fill);
                let centre = cell.center();
                let with_share = cell_height >= 40.0;
                let up = if with_share { 7.0 } else { 0.0 };
                painter.text(
                    centre - vec2(0.0, up),
                    Align2::CENTER_CENTER,
                    fixed(count as f64, 0),
                    ink::strong(text::TITLE),
                    ink_color,
                );
                if with_share {
                    let share = format!("{} %", fixed(share * 100.0, 1));
                    painter.text(centre + vec2(0.0, 10.0), Align2::CENTER_CENTER, share, ink::small(), ink_color);
                }
            }
            if response.hover_pos().is_some_and(|at| cell.contains(at)) {
                under_pointer = Some((row, column, count, share));
            }
        }
    }
    if n <= 20 {
        for column in 0..n {
            let at = pos2(origin.x + (column as f32 + 0.5) * cell_width, origin.y - 4.0);
            let head = if wordy { format!("predicted {}", name(column)) } else { name(column) };
            ink::write(&painter, at, Align2::CENTER_BOTTOM, &head, ink::small(), theme.dim, cell_width - 4.0);
        }
    }
    if let Some((row, column, count, share)) = under_pointer
        && let Some(pointer) = response.hover_pos()
    {
        let lines = [
            ReadOut::new(format!("is {}, predicted {}", name(row), name(column)), ""),
            ReadOut::new("rows", fixed(count as f64, 0)),
            ReadOut::new(format!("of all {}", name(row)), format!("{} %", fixed(share * 100.0, 1))),
        ];
        let screen = ui.clip_rect();
        read_out(&ui.painter_at(screen), theme, screen, pointer, &lines);
    }
    response
}

fn widest_label(ui: &Ui, classes: &[String]) -> f32 {
    let painter = ui.painter();
    classes.iter().take(20).map(|class| ink::width_of(painter, class, ink::small())).fold(24.0, f32::max)
}
