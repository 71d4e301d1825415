//! How trials of each state are marked.

use cairn_protocol::sweeps::TrialState;
use egui::{Align2, Color32, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::{
    charts::{Mark, ink, scatter::draw_mark},
    theme::Theme,
};

/// The mark of a trial in scatter charts.
#[must_use]
pub fn mark_of(state: TrialState, best: bool) -> Mark {
    match state {
        _ if best => Mark::Best,
        TrialState::Complete => Mark::Dot,
        TrialState::Pruned => Mark::Cross,
        TrialState::Failed => Mark::Triangle,
        TrialState::Running => Mark::Ring,
    }
}

/// The marks of the states that occur, with their counts: done, pruned, failed, running.
pub fn legend_ui(ui: &mut Ui, theme: &Theme, counts: [usize; 4]) {
    let marks = [
        (TrialState::Complete, theme.good.mark, "done"),
        (TrialState::Pruned, theme.dim, "pruned"),
        (TrialState::Failed, theme.fault.mark, "failed"),
        (TrialState::Running, theme.accent, "running"),
    ];
    let entries: Vec<(TrialState, Color32, String)> = marks
        .into_iter()
        .zip(counts)
        .filter(|(_, count)| *count > 0)
        .map(|((state, color, word), count)| (state, color, format!("{word} {count}")))
        .collect();
    let widths: Vec<f32> =
        entries.iter().map(|(_, _, words)| ink::width_of(ui.painter(), words, ink::small()) + 26.0).collect();
    let (rect, response) = ui.allocate_exact_size(vec2(widths.iter().sum(), 16.0), Sense::hover());
    let all: Vec<&str> = entries.iter().map(|(_, _, words)| words.as_str()).collect();
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Trials: {}", all.join(", "))));
    let mut x = rect.left();
    for ((state, color, words), width) in entries.iter().zip(widths) {
        draw_mark(ui.painter(), pos2(x + 5.0, rect.center().y), mark_of(*state, false), *color, theme);
        ui.painter().text(pos2(x + 13.0, rect.center().y), Align2::LEFT_CENTER, words, ink::small(), theme.dim);
        x += width;
    }
}
