//! Parallel coordinates: a line for each trial over one axis for each parameter. Drag along an axis to brush, press to
//! clear, drag a name to move its axis.

use cairn_protocol::sweeps::{SweepState, TrialState};
use egui::{
    Align2, Color32, CornerRadius, CursorIcon, EventFilter, Key, Painter, Pos2, Rect, Role, Sense, Shape, Stroke,
    StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::trials::{Axis, AxisKind, Brushes, Prepared};
use crate::{
    charts::{ink, plot::ReadOut, plot::read_out, viridis},
    theme::{Theme, text},
};

/// Room for names and ranges over the axes.
const HEAD: f32 = 50.0;

/// What is needed to draw.
pub struct Parallel<'a> {
    /// The sweep.
    pub sweep: &'a SweepState,
    /// Prepared for drawing.
    pub prepared: &'a Prepared,
    /// Which trials the brushes let through.
    pub selected: &'a [bool],
    /// The best trial.
    pub best: Option<usize>,
    /// The trial that stands out.
    pub lit: Option<usize>,
}

/// Draws at full width and the given height; the trial under the pointer.
pub fn parallel_ui(
    ui: &mut Ui,
    theme: &Theme,
    chart: &Parallel<'_>,
    brushes: &mut Brushes,
    order: &mut Vec<String>,
    height: f32,
) -> Option<usize> {
    let axes = ordered(chart.prepared, order);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width().max(120.0), height), Sense::hover());
    let through = chart.selected.iter().filter(|yes| **yes).count();
    let summary =
        format!("Parallel coordinates: {through} of {} trials over {} axes", chart.selected.len(), axes.len());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &summary));
    let area = Rect::from_min_max(rect.min + vec2(44.0, HEAD), rect.max - vec2(52.0, 12.0));
    let step = area.width() / (axes.len().max(2) - 1) as f32;
    let x_of = |column: usize| area.left() + step * column as f32;
    let painter = ui.painter_at(rect);
    let lines = lines_of(chart, &axes, area, x_of);
    let hovered =
        ui.input(|input| input.pointer.hover_pos()).filter(|at| area.contains(*at) && ui.rect_contains_pointer(area));
    let under = hovered.and_then(|at| nearest(&lines, at));
    draw_lines(&painter, theme, chart, &lines, under.or(chart.lit), !brushes.is_empty());
    draw_ramp(&painter, theme, chart, pos2(x_of(axes.len().saturating_sub(1)) + 14.0, area.top()), area.height());
    for (column, at) in axes.iter().enumerate() {
        let axis = &chart.prepared.axes[*at];
        let x = x_of(column);
        draw_axis(&painter, theme, axis, x, area);
        let names = Rect::from_min_max(
            pos2(x - step.min(130.0) / 2.0, rect.top() + 4.0),
            pos2(x + step.min(130.0) / 2.0, rect.top() + HEAD - 8.0),
        );
        name_ui(ui, theme, &painter, axis, names.intersect(rect), rect, order, column, step);
        brush_ui(ui, theme, &painter, axis, x, area, brushes);
    }
    if let (Some(index), Some(at)) = (under, hovered) {
        let trial = &chart.sweep.trials[index];
        let mut lines = vec![
            ReadOut::new(format!("Trial {}", trial.number), "")
                .dot(viridis(theme, chart.prepared.shades[index]))
                .strong(),
        ];
        if let Some(value) = trial.value {
            lines.push(ReadOut::new(&chart.sweep.objective.name, crate::widgets::format::figure(value.0)));
        }
        lines.extend(
            trial
                .params
                .iter()
                .take(8)
                .map(|(name, value)| ReadOut::new(name, crate::panes::runs::columns::param_text(value))),
        );
        read_out(&painter, theme, rect, at, &lines);
    }
    under
}

/// Indices of the axes in the person's order, the objective last.
fn ordered(prepared: &Prepared, order: &mut Vec<String>) -> Vec<usize> {
    order.retain(|name| prepared.axis(name).is_some_and(|(_, axis)| !axis.objective));
    for axis in prepared.axes.iter().filter(|axis| !axis.objective) {
        if !order.contains(&axis.name) {
            order.push(axis.name.clone());
        }
    }
    let mut indices: Vec<usize> = order.iter().filter_map(|name| prepared.axis(name).map(|(at, _)| at)).collect();
    indices.extend(prepared.axes.iter().position(|axis| axis.objective));
    indices
}

/// The line of each trial; gaps where a trial has no value on an axis are bridged, and a line of one point is none.
fn lines_of(chart: &Parallel<'_>, axes: &[usize], area: Rect, x_of: impl Fn(usize) -> f32) -> Vec<Vec<Pos2>> {
    let line = |places: &Vec<Option<f64>>| -> Vec<Pos2> {
        let on = axes.iter().enumerate().filter_map(|(column, at)| Some((column, places[*at]?)));
        on.map(|(column, place)| pos2(x_of(column), area.bottom() - place.clamp(-0.02, 1.02) as f32 * area.height()))
            .collect()
    };
    chart.prepared.places.iter().map(line).collect()
}

fn nearest(lines: &[Vec<Pos2>], at: Pos2) -> Option<usize> {
    let distance = |line: &Vec<Pos2>| {
        line.windows(2)
            .filter(|pair| pair[0].x <= at.x && at.x <= pair[1].x && pair[1].x > pair[0].x)
            .map(|pair| {
                let share = (at.x - pair[0].x) / (pair[1].x - pair[0].x);
                (pair[0].y + (pair[1].y - pair[0].y) * share - at.y).abs()
            })
            .fold(f32::INFINITY, f32::min)
    };
    let found = lines.iter().map(distance).enumerate().min_by(|a, b| a.1.total_cmp(&b.1))?;
    (found.1 < 6.0).then_some(found.0)
}

fn draw_lines(
    painter: &Painter,
    theme: &Theme,
    chart: &Parallel<'_>,
    lines: &[Vec<Pos2>],
    lit: Option<usize>,
    brushed: bool,
) {
    let mut order: Vec<usize> = (0..lines.len()).collect();
    // What the brushes let through lies over the rest, the better over the worse.
    order.sort_by(|a, b| {
        (chart.selected[*a], chart.prepared.shades[*a])
            .partial_cmp(&(chart.selected[*b], chart.prepared.shades[*b]))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    for index in order {
        let line = &lines[index];
        if line.len() < 2 {
            continue;
        }
        let state = chart.sweep.trials[index].state;
        let color =
            if state == TrialState::Failed { theme.fault.mark } else { viridis(theme, chart.prepared.shades[index]) };
        let unfinished = state != TrialState::Complete;
        let (width, strength) = match (chart.selected[index], brushed) {
            (false, _) => (0.8, 0.16),
            (true, true) => (1.6, 1.0),
            (true, false) => (1.2, 0.75),
        };
        let strength = if unfinished { strength * 0.6 } else { strength };
        let stroke = Stroke::new(width, color.gamma_multiply(strength));
        if unfinished {
            painter.extend(Shape::dashed_line(line, stroke, 5.0, 4.0));
        } else {
            painter.line(line.clone(), stroke);
        }
    }
    for (index, width) in [(lit, 2.2), (chart.best, 3.0)] {
        let Some(line) = index.and_then(|index| lines.get(index)).filter(|line| line.len() > 1) else { continue };
        let color = index.map_or(theme.accent, |index| viridis(theme, chart.prepared.shades[index]));
        painter.line(line.clone(), Stroke::new(width + 2.5, theme.card));
        painter.line(line.clone(), Stroke::new(width, color));
        for at in line {
            painter.circle_filled(*at, width, color);
        }
    }
}

fn draw_axis(painter: &Painter, theme: &Theme, axis: &Axis, x: f32, area: Rect) {
    let x = painter.round_to_pixel_center(x);
    painter.vline(x, area.y_range(), Stroke::new(1.0, theme.dim));
    let label = |y: f32, words: &str| {
        let right = x - 6.0;
        let galley = ink::elided(painter, words, ink::small(), theme.dim, 64.0);
        let place = Align2::RIGHT_CENTER.anchor_size(pos2(right, y), galley.size());
        // Lines pass behind: the label keeps a ground of its own.
        painter.rect_filled(place.expand2(vec2(2.0, 0.0)), CornerRadius::same(2), theme.card.gamma_multiply(0.8));
        painter.galley(place.min, galley, theme.dim);
        painter.hline(x - 4.0..=x, painter.round_to_pixel_center(y), Stroke::new(1.0, theme.dim));
    };
    match &axis.kind {
        AxisKind::Numbers(scale) => {
            for tick in scale.ticks(((area.height() / 40.0) as usize).clamp(2, 6)) {
                label(area.bottom() - scale.unit(tick.value) as f32 * area.height(), &tick.label);
            }
        }
        AxisKind::Names(names) => {
            for (i, name) in names.iter().enumerate().take(24) {
                label(area.bottom() - (i as f32 + 0.5) / names.len() as f32 * area.height(), name);
            }
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "the head of one axis with everything around it")]
fn name_ui(
    ui: &Ui,
    theme: &Theme,
    painter: &Painter,
    axis: &Axis,
    rect: Rect,
    all: Rect,
    order: &mut Vec<String>,
    column: usize,
    step: f32,
) {
    let centre = rect.center().x.clamp(all.left() + 20.0, all.right() - 20.0);
    let name = if axis.is_log() { format!("{} log", axis.name) } else { axis.name.clone() };
    ink::write(
        painter,
        pos2(centre, rect.top()),
        Align2::CENTER_TOP,
        &name,
        ink::strong(text::SMALL),
        theme.text,
        rect.width(),
    );
    let below = if axis.objective { "objective".to_owned() } else { axis.range_text() };
    ink::write(
        painter,
        pos2(centre, rect.top() + 15.0),
        Align2::CENTER_TOP,
        &below,
        ink::small(),
        theme.dim,
        rect.width(),
    );
    if axis.objective {
        return;
    }
    let response = ui.interact(rect, ui.scope_id().with(("axis name", &axis.name)), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Move the axis {}", axis.name)));
    let mut to = None;
    if response.has_focus() {
        let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let (left, right) = ui.input_mut(|input| {
            let mut taken = |key| input.consume_key(egui::Modifiers::NONE, key);
            (taken(Key::ArrowLeft), taken(Key::ArrowRight))
        });
        to = if left {
            column.checked_sub(1)
        } else if right {
            Some(column + 1)
        } else {
            None
        };
        painter.rect_stroke(rect, CornerRadius::same(3), Stroke::new(1.5, theme.accent), StrokeKind::Inside);
    }
    if response.dragged() {
        let offset = response.total_drag_delta().map_or(0.0, |delta| delta.x);
        painter.rect_stroke(
            rect.translate(vec2(offset, 0.0)),
            CornerRadius::same(3),
            Stroke::new(1.0, theme.accent),
            StrokeKind::Inside,
        );
    }
    if response.drag_stopped() {
        let offset = response.interact_pointer_pos().map_or(0.0, |at| at.x - rect.center().x);
        to = Some((column as f32 + (offset / step).round()).max(0.0) as usize);
    }
    if let Some(to) = to.map(|to| to.min(order.len().saturating_sub(1))).filter(|to| *to != column)
        && column < order.len()
    {
        let name = order.remove(column);
        order.insert(to, name);
        ui.request_repaint();
    }
    response.on_hover_and_drag_cursor(CursorIcon::Grab);
}

fn brush_ui(ui: &Ui, theme: &Theme, painter: &Painter, axis: &Axis, x: f32, area: Rect, brushes: &mut Brushes) {
    let strip = Rect::from_min_max(pos2(x - 12.0, area.top() - 4.0), pos2(x + 12.0, area.bottom() + 4.0));
    let response = ui.interact(strip, ui.scope_id().with(("brush", &axis.name)), Sense::click_and_drag());
    let brush = brushes.get(&axis.name).copied();
    let words = brush.map_or_else(String::new, |(low, high)| format!("{} – {}", axis.text_at(low), axis.text_at(high)));
    response.widget_info(|| WidgetInfo {
        current_text_value: Some(words.clone()),
        ..WidgetInfo::labeled(Role::Slider, true, format!("Brush {}", axis.name))
    });
    let place = |at: Pos2| f64::from((area.bottom() - at.y) / area.height()).clamp(0.0, 1.0);
    if response.dragged()
        && let Some(at) = response.interact_pointer_pos()
    {
        let from = response.total_drag_delta().map_or(at, |delta| at - delta);
        let (a, b) = (place(from), place(at));
        if (a - b).abs() > 0.005 {
            brushes.insert(axis.name.clone(), (a.min(b), a.max(b)));
        }
    } else if response.clicked() {
        brushes.remove(&axis.name);
    }
    if response.has_focus() {
        brush_keys(ui, &response, axis, brushes);
        painter.rect_stroke(strip, CornerRadius::same(3), Stroke::new(1.5, theme.accent), StrokeKind::Inside);
    }
    if let Some((low, high)) = brushes.get(&axis.name).copied() {
        let y = |place: f64| area.bottom() - place as f32 * area.height();
        let rect = Rect::from_min_max(pos2(x - 5.0, y(high)), pos2(x + 5.0, y(low)));
        painter.rect(
            rect,
            CornerRadius::same(2),
            theme.accent.gamma_multiply(0.25),
            Stroke::new(1.25, theme.accent),
            StrokeKind::Inside,
        );
        for place in [low, high] {
            let galley = painter.layout_no_wrap(axis.text_at(place), ink::strong(text::SMALL), theme.on_accent);
            let chip = Rect::from_min_size(pos2(x + 9.0, y(place) - 8.0), galley.size() + vec2(8.0, 3.0));
            let chip = if axis.objective || chip.right() > painter.clip_rect().right() {
                chip.translate(vec2(-chip.width() - 18.0, 0.0))
            } else {
                chip
            };
            painter.rect_filled(chip, CornerRadius::same(3), theme.accent);
            painter.galley(chip.min + vec2(4.0, 1.5), galley, theme.on_accent);
        }
    }
    response.on_hover_and_drag_cursor(CursorIcon::Crosshair);
}

/// Up and down move the lower end, with shift the upper; Delete and Backspace clear.
fn brush_keys(ui: &Ui, response: &egui::Response, axis: &Axis, brushes: &mut Brushes) {
    let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    let (up, down, shift, clear) = ui.input(|input| {
        let clear = input.key_pressed(Key::Delete) || input.key_pressed(Key::Backspace);
        (input.key_pressed(Key::ArrowUp), input.key_pressed(Key::ArrowDown), input.modifiers.shift, clear)
    });
    if clear {
        brushes.remove(&axis.name);
    }
    if up || down {
        let (mut low, mut high) = brushes.get(&axis.name).copied().unwrap_or((0.0, 1.0));
        let step = if up { 0.05 } else { -0.05 };
        if shift {
            high = (high + step).clamp(low + 0.05, 1.0);
        } else {
            low = (low + step).clamp(0.0, high - 0.05);
        }
        if low <= 0.0 && high >= 1.0 {
            brushes.remove(&axis.name)
        } else {
            brushes.insert(axis.name.clone(), (low, high))
        };
    }
}

fn draw_ramp(painter: &Painter, theme: &Theme, chart: &Parallel<'_>, at: Pos2, height: f32) {
    let steps = 48;
    let larger = chart.sweep.objective.goal == cairn_protocol::notebook::Goal::Maximize;
    for i in 0..steps {
        let share = i as f64 / f64::from(steps - 1);
        let shade = if larger { 1.0 - share } else { share };
        let top = at.y + height * i as f32 / steps as f32;
        let color: Color32 = viridis(theme, shade);
        painter.rect_filled(
            Rect::from_min_size(pos2(at.x, top), vec2(5.0, height / steps as f32 + 0.5)),
            CornerRadius::ZERO,
            color,
        );
    }
}
