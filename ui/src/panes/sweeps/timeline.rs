//! Which worker ran which trial when.

use cairn_protocol::sweeps::{SweepState, TrialState};
use egui::{Align2, CornerRadius, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::trials::Prepared;
use crate::{
    charts::{Scale, ink, plot::ReadOut, plot::read_out, ramp::text_on, viridis},
    theme::{Theme, text},
    widgets::format,
};

/// Draws the workers at full width; the trial under the pointer.
pub fn timeline_ui(
    ui: &mut Ui,
    theme: &Theme,
    sweep: &SweepState,
    prepared: &Prepared,
    selected: &[bool],
    lit: Option<usize>,
    height: f32,
) -> Option<usize> {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width().max(80.0), height), Sense::hover());
    let workers = sweep.trials.iter().map(|trial| trial.worker + 1).max().unwrap_or(1);
    let end =
        sweep.trials.iter().map(|trial| trial.offset_secs + trial.duration_secs).fold(sweep.duration_secs, f64::max);
    let busy: f64 = sweep.trials.iter().map(|trial| trial.duration_secs).sum();
    let share = if end > 0.0 { (busy / (end * workers as f64)).min(1.0) } else { 0.0 };
    let summary = format!("{}, {} busy", format::plural(workers as u64, "worker", "workers"), format::percent(share));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Workers over time: {summary}")));
    let painter = ui.painter_at(rect);
    let head = ink::write(
        &painter,
        pos2(rect.left(), rect.top() + 12.0),
        Align2::LEFT_CENTER,
        "Workers",
        ink::strong(text::BODY),
        theme.text,
        120.0,
    );
    let room = rect.right() - head.right() - 8.0;
    ink::write(
        &painter,
        pos2(head.right() + 8.0, rect.top() + 12.0),
        Align2::LEFT_CENTER,
        &summary,
        ink::small(),
        theme.dim,
        room,
    );
    let area = Rect::from_min_max(rect.min + vec2(22.0, 30.0), rect.max - vec2(6.0, 38.0));
    let scale = Scale::new(0.0, end.max(0.1), false);
    let x_of = |secs: f64| area.left() + scale.unit(secs) as f32 * area.width();
    let mut before = f32::NEG_INFINITY;
    for tick in scale.ticks(((area.width() / 60.0) as usize).clamp(2, 8)) {
        let x = painter.round_to_pixel_center(x_of(tick.value));
        painter.vline(x, area.y_range(), Stroke::new(1.0, theme.grid_line));
        let label = if end >= 60.0 { format::clock(tick.value) } else { tick.label };
        let half = ink::width_of(&painter, &label, ink::small()) / 2.0;
        if x - half > before + 6.0 {
            painter.text(pos2(x, area.bottom() + 5.0), Align2::CENTER_TOP, label, ink::small(), theme.dim);
            before = x + half;
        }
    }
    let unit = if end >= 60.0 { "time since start, min:s" } else { "time since start, s" };
    painter.text(rect.right_bottom() - vec2(6.0, 2.0), Align2::RIGHT_BOTTOM, unit, ink::small(), theme.dim);
    let row = (area.height() / workers as f32).min(34.0);
    let thick = (row - 4.0).max(2.0);
    let mut under = None;
    for worker in 0..workers {
        let y = area.top() + (worker as f32 + 0.5) * row;
        if row >= 12.0 {
            painter.text(pos2(area.left() - 6.0, y), Align2::RIGHT_CENTER, worker + 1, ink::small(), theme.dim);
        }
    }
    for (index, trial) in sweep.trials.iter().enumerate() {
        let y = area.top() + (trial.worker as f32 + 0.5) * row;
        let ends = [
            trial.offset_secs,
            trial.offset_secs
                + trial.duration_secs.max(if trial.state == TrialState::Running {
                    end - trial.offset_secs
                } else {
                    0.0
                }),
        ];
        let bar = Rect::from_min_max(
            pos2(x_of(ends[0]) + 0.5, y - thick / 2.0),
            pos2((x_of(ends[1]) - 0.5).max(x_of(ends[0]) + 1.5), y + thick / 2.0),
        );
        let color = match trial.state {
            TrialState::Complete => viridis(theme, prepared.shades[index]),
            TrialState::Pruned => theme.border,
            TrialState::Failed => theme.fault.mark,
            TrialState::Running => theme.selection,
        };
        let through = selected.get(index).copied().unwrap_or(true);
        let color = if through { color } else { color.gamma_multiply(0.3) };
        painter.rect_filled(bar, CornerRadius::same(2), color);
        if trial.state == TrialState::Running {
            painter.rect_stroke(bar, CornerRadius::same(2), Stroke::new(1.0, theme.accent), StrokeKind::Inside);
        }
        if bar.width() > 18.0 && thick >= 12.0 {
            let ink_color = if trial.state == TrialState::Running || !through { theme.text } else { text_on(color) };
            painter.text(bar.center(), Align2::CENTER_CENTER, trial.number, ink::small(), ink_color);
        }
        if response.hover_pos().is_some_and(|at| bar.contains(at)) {
            under = Some(index);
        }
        if lit == Some(index) || under == Some(index) {
            painter.rect_stroke(
                bar.expand(1.0),
                CornerRadius::same(2),
                Stroke::new(1.5, theme.text),
                StrokeKind::Outside,
            );
        }
    }
    if let (Some(index), Some(at)) = (under, response.hover_pos()) {
        let trial = &sweep.trials[index];
        let value = trial.value.map_or_else(|| "–".into(), |value| format::figure(value.0));
        let lines = [
            ReadOut::new(format!("Trial {}", trial.number), "").strong(),
            ReadOut::new(&sweep.objective.name, value),
            ReadOut::new("took", format::secs(trial.duration_secs)),
        ];
        read_out(&painter, theme, rect, at, &lines);
    }
    under
}
