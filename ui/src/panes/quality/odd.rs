//! The rows most unlike the others, each with the cells that make it so; a click shows the row in the grid.

use egui::{Align2, CursorIcon, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::Seen;
use crate::{
    fonts,
    theme::text,
    widgets::{self, buttons, format, glyph},
};

const ROW: f32 = 40.0;

/// Draws the list; gives the row that was clicked.
pub(super) fn rows_ui(ui: &mut Ui, seen: &Seen<'_>) -> Option<u64> {
    let theme = seen.ctx.theme;
    let rows = &seen.report.odd_rows;
    if rows.is_empty() {
        widgets::empty_state(ui, theme, glyph::ROWS, "No row stands out from the others", None);
        return None;
    }
    let mut chosen = None;
    ScrollArea::vertical().id_salt("odd").auto_shrink([false, false]).show_rows(ui, ROW, rows.len(), |ui, range| {
        for row in &rows[range] {
            let because: Vec<String> = row
                .because
                .iter()
                .map(|cell| {
                    let value = cell.value.as_deref().unwrap_or("missing");
                    format!("{} {value} ({})", cell.column, cell.usual)
                })
                .collect();
            let because = because.join(" · ");
            let number = format::count(row.row + 1);
            let score = format!("{:.3}", row.score.0);
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
            let name = format!("Show row {number}, score {score}: {because}");
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
            if response.hovered() {
                ui.painter().rect_filled(rect, 0.0, theme.hover);
            }
            let left = rect.left() + 12.0;
            let title = format!("Row {number}");
            ui.painter().text(
                pos2(left, rect.top() + 12.0),
                Align2::LEFT_CENTER,
                title,
                fonts::strong(text::BODY),
                theme.text,
            );
            let words = format!("score {score}");
            let at = pos2(rect.right() - 12.0, rect.top() + 12.0);
            ui.painter().text(at, Align2::RIGHT_CENTER, words, fonts::body(text::SMALL), theme.dim);
            let galley = buttons::elided(ui, &because, fonts::body(text::BODY), rect.width() - 24.0);
            ui.painter().galley(pos2(left, rect.top() + 28.0 - galley.size().y / 2.0), galley, theme.dim);
            ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, egui::Stroke::new(1.0, theme.grid_line));
            widgets::focus_ring(ui, theme, &response, rect.shrink(2.0));
            if response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(because).clicked() {
                chosen = Some(row.row);
            }
        }
    });
    chosen
}
