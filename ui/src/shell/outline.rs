//! The outline of a notebook: its cells, how they stand, and what they hold.

use cairn_protocol::{door::NotebookView, results::CellState};
use egui::{CornerRadius, CursorIcon, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::{
    cells::card::kind_glyph,
    ctx::{Action, Ctx, Selection},
    fonts,
    theme::{size, text},
    widgets::{self, buttons::elided, format, labels},
};

pub(super) fn draw(ui: &mut Ui, ctx: &Ctx<'_>, view: &NotebookView) {
    let theme = ctx.theme;
    ui.horizontal(|ui| {
        ui.set_height(size::TABS);
        ui.add_space(12.0);
        labels::title(ui, theme, "Outline");
    });
    ScrollArea::vertical().auto_shrink([false, false]).id_salt("outline").show(ui, |ui| {
        for (index, cell) in view.notebook.cells.iter().enumerate() {
            let state = view.cells.get(index).cloned().unwrap_or_default();
            let selected = *ctx.selection == (Selection::Cell { notebook: view.path.clone(), cell: cell.name.clone() });
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 27.0), Sense::click());
            response
                .widget_info(|| WidgetInfo::selected(Role::TreeItem, true, selected, format!("Cell {}", cell.name)));
            let painter = ui.painter();
            if selected {
                painter.rect_filled(rect, CornerRadius::ZERO, theme.selection);
            } else if response.hovered() {
                painter.rect_filled(rect, CornerRadius::ZERO, theme.hover);
            }
            let middle = rect.center().y;
            let dot = pos2(rect.left() + 18.0, middle);
            let last = index + 1 == view.notebook.cells.len();
            let line = Stroke::new(1.0, theme.border);
            painter.vline(dot.x, (if index == 0 { middle } else { rect.top() })..=middle, line);
            painter.vline(dot.x, middle..=(if last { middle } else { rect.bottom() }), line);
            let (color, full) = match state.state {
                CellState::UpToDate => (theme.good.mark, true),
                CellState::Running => (theme.accent, true),
                CellState::Failed => (theme.fault.mark, true),
                CellState::Stale => (theme.warning.mark, false),
                CellState::NeverRun | CellState::Queued => (theme.dim, false),
            };
            painter.circle(dot, 3.5, if full { color } else { theme.panel }, Stroke::new(1.5, color));
            let at = pos2(rect.left() + 40.0, middle);
            let mark_color = if selected { theme.accent } else { theme.dim };
            painter.text(at, egui::Align2::CENTER_CENTER, kind_glyph(cell.body.kind()), fonts::icons(14.0), mark_color);
            let words = match state.state {
                CellState::UpToDate => match (state.rows, state.columns) {
                    (Some(rows), Some(columns)) => format!("{} × {columns}", format::count(rows)),
                    _ => state.summary.clone(),
                },
                CellState::Running => "running".into(),
                CellState::Queued => "queued".into(),
                CellState::Stale => "stale".into(),
                CellState::Failed => "failed".into(),
                CellState::NeverRun => "never run".into(),
            };
            let after = elided(ui, &words, fonts::body(text::SMALL), 78.0);
            let right = rect.right() - 10.0 - after.size().x;
            painter.galley(pos2(right, middle - after.size().y / 2.0), after, theme.dim);
            let name = elided(ui, &cell.name, fonts::body(text::BODY), right - rect.left() - 62.0);
            painter.galley(pos2(rect.left() + 54.0, middle - name.size().y / 2.0), name, theme.text);
            widgets::focus_ring(ui, theme, &response, rect.shrink(2.0));
            if response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
                ctx.push(Action::Reveal { notebook: view.path.clone(), cell: cell.name.clone() });
            }
        }
    });
}
