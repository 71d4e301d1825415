//! First start: one place to drop a table, the samples, what was open before.

mod samples;

use cairn_protocol::{
    Request,
    door::{RecentProject, SampleInfo},
};
use egui::{
    Align, Align2, CornerRadius, CursorIcon, Layout, Rect, Role, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};

use crate::{
    charts,
    command::{self, Command},
    ctx::{Action, Ctx},
    fonts,
    shell::View,
    theme::{size, text},
    widgets::{self, Button, ChipTone, button, buttons::elided, chip, format, frames, glyph, labels},
};

/// Widest content.
const WIDTH: f32 = 904.0;
const GAP: f32 = 16.0;
const CARD: f32 = 254.0;

/// Draws the start page.
pub fn draw(ui: &mut Ui, ctx: &Ctx<'_>, view: &View<'_>) {
    let room = ui.available_size();
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        let width = (room.x - 48.0).clamp(300.0, WIDTH);
        let left = ((room.x - width) / 2.0).max(24.0);
        let top = ((room.y - 640.0) * 0.45).clamp(20.0, 110.0);
        ui.add_space(top);
        ui.horizontal_top(|ui| {
            ui.add_space(left);
            ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
                ui.set_width(width);
                ui.spacing_mut().item_spacing = vec2(8.0, 0.0);
                head(ui, ctx);
                ui.add_space(22.0);
                drop_zone(ui, ctx, width);
                ui.add_space(28.0);
                lower(ui, ctx, view, width);
                ui.add_space(28.0);
                keys(ui, ctx, width);
                ui.add_space(24.0);
            });
        });
    });
}

fn head(ui: &mut Ui, ctx: &Ctx<'_>) {
    let theme = ctx.theme;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 44.0), Sense::hover());
    frames::mark(ui.painter(), Rect::from_min_size(rect.min + vec2(0.0, 4.0), vec2(32.0, 33.0)), theme);
    let at = rect.min + vec2(50.0, 0.0);
    let painter = ui.painter();
    let title = painter.text(at, Align2::LEFT_TOP, "Start with a table", fonts::strong(text::LARGE), theme.text);
    let about = "Clean it, split it, train on it, and keep the whole way written down.";
    painter.text(at + vec2(0.0, 26.0), Align2::LEFT_TOP, about, fonts::body(text::TITLE), theme.dim);
    let response = ui.interact(title, ui.scope_id().with("title"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, "Start with a table"));
}

fn drop_zone(ui: &mut Ui, ctx: &Ctx<'_>, width: f32) {
    let theme = ctx.theme;
    let (rect, _) = ui.allocate_exact_size(vec2(width, 188.0), Sense::hover());
    let painter = ui.painter();
    painter.rect_filled(rect, CornerRadius::same(size::RADIUS), theme.card);
    let edge = rect.shrink(1.0);
    let corners = [edge.left_top(), edge.right_top(), edge.right_bottom(), edge.left_bottom(), edge.left_top()];
    painter.extend(Shape::dashed_line(&corners, Stroke::new(1.5, theme.accent.gamma_multiply(0.55)), 6.0, 4.0));
    let middle = rect.center().x;
    let glyph_at = pos2(middle, rect.top() + 48.0);
    painter.text(glyph_at, Align2::CENTER_CENTER, glyph::FILE_ARROW_DOWN, fonts::icons(38.0), theme.accent);
    let words = "Drop a CSV, Excel, JSON, SQLite or Parquet file or a folder here";
    painter.text(
        pos2(middle, rect.top() + 89.0),
        Align2::CENTER_CENTER,
        words,
        fonts::strong(text::HEADING),
        theme.text,
    );
    let about = "Types, encoding and broken lines are checked before anything is kept. Nothing leaves this machine.";
    let about = elided(ui, about, fonts::body(text::BODY), width - 32.0);
    let at = pos2(middle - about.size().x / 2.0, rect.top() + 105.0);
    ui.painter().galley(at, about, theme.dim);
    let row = Rect::from_center_size(pos2(middle, rect.top() + 150.0), vec2(262.0, 28.0));
    let mut child = ui.new_child(UiBuilder::new().max_rect(row).layout(Layout::left_to_right(Align::Center)));
    child.spacing_mut().item_spacing.x = 8.0;
    if button(&mut child, theme, Button::primary("Choose file…").width(122.0)).clicked() {
        ctx.push(Action::Run(Command::AddData));
    }
    if button(&mut child, theme, Button::plain("Open project…").glyph(glyph::FOLDER_OPEN).width(132.0)).clicked() {
        ctx.push(Action::Run(Command::OpenProject));
    }
}

fn lower(ui: &mut Ui, ctx: &Ctx<'_>, view: &View<'_>, width: f32) {
    let theme = ctx.theme;
    let Some(welcome) = view.welcome else {
        widgets::loading(ui, theme, "Starting the engine…");
        return;
    };
    let wide = width > 640.0;
    let recent_width = if wide { (width * 0.335).floor() } else { width };
    let samples_width = if wide { width - recent_width - 24.0 } else { width };
    let samples = |ui: &mut Ui| {
        widgets::frames::row_of_two(
            ui,
            24.0,
            |ui| {
                labels::title(ui, theme, "Samples");
            },
            |ui| {
                labels::dim(ui, theme, "real projects, ready to run");
            },
        );
        ui.add_space(6.0);
        let count = welcome.samples.len().max(1) as f32;
        let each = ((samples_width - GAP * (count - 1.0)) / count).floor();
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = GAP;
            for sample in &welcome.samples {
                sample_card(ui, ctx, sample, each);
            }
        });
    };
    let recent = |ui: &mut Ui| {
        ui.allocate_ui_with_layout(vec2(recent_width, 24.0), Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_height(24.0);
            labels::title(ui, theme, "Recent");
        });
        ui.add_space(6.0);
        recent_list(ui, ctx, &welcome.recent, recent_width);
    };
    if wide {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 24.0;
            ui.allocate_ui_with_layout(vec2(samples_width, 0.0), Layout::top_down(Align::Min), |ui| {
                ui.spacing_mut().item_spacing = vec2(8.0, 0.0);
                samples(ui);
            });
            ui.allocate_ui_with_layout(vec2(recent_width, 0.0), Layout::top_down(Align::Min), |ui| {
                ui.spacing_mut().item_spacing = vec2(8.0, 0.0);
                recent(ui);
            });
        });
    } else {
        samples(ui);
        ui.add_space(20.0);
        recent(ui);
    }
}

fn sample_card(ui: &mut Ui, ctx: &Ctx<'_>, sample: &SampleInfo, width: f32) {
    let theme = ctx.theme;
    let (rect, _) = ui.allocate_exact_size(vec2(width, CARD), Sense::hover());
    let radius = CornerRadius::same(size::RADIUS);
    ui.painter().rect(rect, radius, theme.card, Stroke::new(1.0, theme.border), StrokeKind::Inside);
    let picture = Rect::from_min_size(rect.min, vec2(width, 136.0));
    draw_picture(ui, ctx, &sample.name, picture.shrink(12.0));
    ui.painter().hline(rect.shrink(1.0).x_range(), picture.bottom(), Stroke::new(1.0, theme.border));
    let inner = Rect::from_min_max(picture.left_bottom() + vec2(12.0, 9.0), rect.max - vec2(12.0, 10.0));
    let mut child = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::top_down(Align::Min)));
    let ui = &mut child;
    ui.spacing_mut().item_spacing = vec2(8.0, 0.0);
    frames::row_of_two(
        ui,
        22.0,
        |ui| {
            labels::title(ui, theme, sample.title.as_str());
        },
        |ui| {
            chip(ui, theme, ChipTone::Neutral, None, &sample.task);
        },
    );
    ui.add_space(2.0);
    labels::text(ui, theme, sample.shape.as_str());
    ui.add_space(2.0);
    labels::dim(ui, theme, sample.about.as_str());
    ui.add_space(9.0);
    ui.horizontal(|ui| {
        let opening = ctx.store.is_calling(|request| matches!(request, Request::NewProject { .. }));
        let open = Button::plain("Open sample").name(format!("Open sample {}", sample.title)).enabled(!opening);
        if button(ui, theme, open).clicked() {
            ctx.call(Request::NewProject { path: String::new(), sample: Some(sample.name.clone()) });
        }
        labels::small(ui, theme, "copied into a folder of yours");
    });
}

fn draw_picture(ui: &Ui, ctx: &Ctx<'_>, name: &str, rect: Rect) {
    let theme = ctx.theme;
    let painter = ui.painter();
    let caption = |words: &str| {
        painter.text(rect.left_top(), Align2::LEFT_TOP, words, fonts::body(text::SMALL), theme.dim);
    };
    let area = rect.with_min_y(rect.top() + 18.0);
    match name {
        "stroke" => {
            caption("systolic_bp by age");
            let place = |(age, pressure): (u8, u8)| {
                let x = (f32::from(age) - 15.0) / 85.0;
                let y = (f32::from(pressure) - 80.0) / 115.0;
                pos2(area.left() + area.width() * x.clamp(0.0, 1.0), area.bottom() - area.height() * y.clamp(0.0, 1.0))
            };
            for point in samples::WITHOUT_STROKE {
                painter.circle_filled(place(point), 1.6, theme.series[0].gamma_multiply(0.45));
            }
            for point in samples::WITH_STROKE {
                painter.circle_filled(place(point), 2.6, theme.series[4]);
            }
            let legend =
                painter.text(rect.right_top(), Align2::RIGHT_TOP, "stroke", fonts::body(text::SMALL), theme.dim);
            painter.circle_filled(pos2(legend.left() - 7.0, legend.center().y), 2.6, theme.series[4]);
        }
        "digits" => {
            caption("one scan of each digit");
            let cell = ((area.width() - 4.0 * 8.0) / 5.0).min((area.height() - 6.0) / 2.0);
            let gap = (area.width() - 5.0 * cell) / 4.0;
            for (index, image) in samples::DIGITS.iter().enumerate() {
                let at = area.min
                    + vec2(
                        (index % 5) as f32 * (cell + gap),
                        (index / 5) as f32 * (cell + (area.height() - 2.0 * cell)),
                    );
                for (pixel, shade) in image.iter().enumerate() {
                    let step = cell / 8.0;
                    let from = at + vec2((pixel % 8) as f32, (pixel / 8) as f32) * step;
                    let color = charts::viridis(theme, f64::from(*shade) / 16.0);
                    painter.rect_filled(Rect::from_min_size(from, vec2(step, step)), CornerRadius::ZERO, color);
                }
            }
        }
        _ => {
            painter.text(rect.center(), Align2::CENTER_CENTER, glyph::TABLE, fonts::icons(36.0), theme.dim);
        }
    }
}

fn recent_list(ui: &mut Ui, ctx: &Ctx<'_>, recent: &[RecentProject], width: f32) {
    let theme = ctx.theme;
    let rows = recent.len().min(5);
    let height = if rows == 0 { 96.0 } else { 52.0 * rows as f32 };
    let (rect, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    let radius = CornerRadius::same(size::RADIUS);
    ui.painter().rect(rect, radius, theme.card, Stroke::new(1.0, theme.border), StrokeKind::Inside);
    if rows == 0 {
        let words = "Projects you open appear here";
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, words, fonts::body(text::BODY), theme.dim);
        return;
    }
    for (index, project) in recent.iter().take(rows).enumerate() {
        let row = Rect::from_min_size(rect.min + vec2(0.0, 52.0 * index as f32), vec2(width, 52.0));
        let response = ui.interact(row, ui.scope_id().with(("recent", index)), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Open {}", project.name)));
        let painter = ui.painter();
        if response.hovered() {
            painter.rect_filled(row.shrink(1.0), CornerRadius::same(size::RADIUS - 1), theme.hover);
        }
        if index > 0 {
            painter.hline(row.x_range(), row.top(), Stroke::new(1.0, theme.border));
        }
        let at = pos2(row.left() + 22.0, row.center().y);
        painter.text(at, Align2::CENTER_CENTER, glyph::FOLDER, fonts::icons(18.0), theme.dim);
        let when = format::ago(&project.opened_at, ctx.now_secs);
        let when = painter.layout_no_wrap(when, fonts::body(text::SMALL), theme.dim);
        let right = row.right() - 12.0 - when.size().x;
        painter.galley(pos2(right, row.top() + 10.0), when, theme.dim);
        let name = elided(ui, &project.name, fonts::strong(text::BODY), right - row.left() - 50.0);
        ui.painter().galley(pos2(row.left() + 42.0, row.top() + 9.0), name, theme.text);
        let path =
            elided(ui, &short_path(&project.path, row.width() - 60.0), fonts::mono(text::SMALL), row.width() - 54.0);
        ui.painter().galley(pos2(row.left() + 42.0, row.top() + 28.0), path, theme.dim);
        widgets::focus_ring(ui, theme, &response, row.shrink(2.0));
        if response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(&project.path).clicked() {
            ctx.call(Request::OpenProject { path: project.path.clone() });
        }
    }
}

/// The end of a path, which says more than its beginning.
fn short_path(path: &str, width: f32) -> String {
    let room = (width / 6.7) as usize;
    let count = path.chars().count();
    if count <= room {
        return path.to_owned();
    }
    let tail: String = path.chars().skip(count - room.saturating_sub(1)).collect();
    format!("…{tail}")
}

fn keys(ui: &mut Ui, ctx: &Ctx<'_>, width: f32) {
    let theme = ctx.theme;
    let row = ui.available_rect_before_wrap();
    let shown =
        [(Command::OpenProject, "Open a project"), (Command::Palette, "Any command"), (Command::Help, "Keys and help")];
    let each = 150.0;
    let total = each * shown.len() as f32;
    let rect = Rect::from_min_size(pos2(row.left() + (width - total).max(0.0) / 2.0, row.top()), vec2(total, 22.0));
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center)));
    for (command, words) in shown {
        frames::key_cap(&mut child, theme, &command::keys_text(ui.ctx(), command));
        labels::dim(&mut child, theme, words);
        child.add_space(12.0);
    }
    ui.add_space(22.0);
}
