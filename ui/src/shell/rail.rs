//! The rail of places.

use egui::{Align2, CornerRadius, CursorIcon, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{Place, Shell, View};
use crate::{
    command::{self, Command},
    ctx::{Action, Ctx},
    fonts,
    theme::size,
    widgets::{self, glyph},
};

const PLACES: [(Place, Command, &str, &str); 7] = [
    (Place::Notebook, Command::ShowNotebook, glyph::NOTEBOOK, "Notebook"),
    (Place::Data, Command::ShowData, glyph::DATABASE, "Data"),
    (Place::Runs, Command::ShowRuns, glyph::LIST, "Runs"),
    (Place::Lineage, Command::ShowLineage, glyph::SPLIT, "Lineage"),
    (Place::Sweeps, Command::ShowSweeps, glyph::SLIDERS, "Sweeps"),
    (Place::Models, Command::ShowModels, glyph::CUBE, "Models"),
    (Place::Reports, Command::ShowReports, glyph::FILE_TEXT, "Reports"),
];

const FOOT: [(Place, Command, &str, &str); 2] = [
    (Place::Kernels, Command::ShowKernels, glyph::CPU, "Kernels"),
    (Place::Settings, Command::ShowSettings, glyph::GEAR, "Settings"),
];

pub(super) fn draw(ui: &mut Ui, ctx: &Ctx<'_>, shell: &mut Shell, view: &View<'_>) {
    let rail = ui.max_rect();
    let mut y = rail.top() + 6.0;
    for place in PLACES {
        entry(ui, ctx, shell, pos2(rail.left(), y), place, view.project.is_some());
        y += 36.0;
    }
    let mut y = rail.bottom() - 6.0 - 36.0 * FOOT.len() as f32;
    for place in FOOT {
        entry(ui, ctx, shell, pos2(rail.left(), y), place, true);
        y += 36.0;
    }
}

fn entry(
    ui: &Ui,
    ctx: &Ctx<'_>,
    shell: &mut Shell,
    at: egui::Pos2,
    (place, command, mark, name): (Place, Command, &str, &str),
    enabled: bool,
) {
    let theme = ctx.theme;
    let rect = Rect::from_min_size(
        at + vec2((size::RAIL - size::RAIL_BUTTON) / 2.0, 0.0),
        vec2(size::RAIL_BUTTON, size::RAIL_BUTTON),
    );
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let response = ui.interact(rect, ui.scope_id().with(name), sense);
    let on =
        shell.place == place && enabled && (view_is_project(ctx) || matches!(place, Place::Kernels | Place::Settings));
    response.widget_info(|| WidgetInfo::selected(Role::Button, enabled, on, name));
    let painter = ui.painter();
    let radius = CornerRadius::same(size::RADIUS);
    if on {
        painter.rect_filled(rect, radius, theme.selection);
        let bar = Rect::from_min_size(pos2(at.x, rect.top() + 6.0), vec2(2.0, rect.height() - 12.0));
        painter.rect_filled(bar, CornerRadius::ZERO, theme.accent);
    } else if response.hovered() && enabled {
        painter.rect_filled(rect, radius, theme.hover);
    }
    let color = if on {
        theme.accent
    } else if enabled {
        theme.dim.lerp_to_gamma(theme.text, 0.35)
    } else {
        theme.dim.gamma_multiply(0.5)
    };
    painter.text(rect.center(), Align2::CENTER_CENTER, mark, fonts::icons(20.0), color);
    widgets::focus_ring(ui, theme, &response, rect);
    let keys = command::keys_text(ui.ctx(), command);
    let response = response.on_hover_cursor(if enabled { CursorIcon::PointingHand } else { CursorIcon::Default });
    if response.on_hover_text(format!("{name}  {keys}")).clicked() {
        // A second click on the lit place folds the side panel.
        if on && !matches!(place, Place::Kernels | Place::Settings) && shell.place == place {
            shell.side_open = !shell.side_open;
        } else {
            shell.place = place;
        }
        ctx.push(Action::Run(command));
    }
}

fn view_is_project(ctx: &Ctx<'_>) -> bool {
    !ctx.project.is_empty()
}
