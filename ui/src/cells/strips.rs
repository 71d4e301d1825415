//! The strip under a card's header that says why the figures below are not to be leaned on, and what to do: stale,
//! waiting, running, failed.

use cairn_protocol::{
    Request,
    notebook::CellKind,
    results::{CellResult, CellState},
};
use egui::{Align, Frame, Layout, Margin, Ui, vec2};

use super::card::{Card, result_of};
use crate::{
    theme::Tone,
    widgets::{self, Button, format, glyph},
};

/// Height of a strip of one line.
const HEIGHT: f32 = 32.0;

/// Draws the strip that a cell's state calls for; nothing where it is up to date.
pub fn strip_ui(ui: &mut Ui, card: Card<'_>) {
    let theme = card.theme();
    let state = card.state();
    match state.state {
        CellState::Stale if card.body.kind() != CellKind::Note => {
            let why = if state.why.is_empty() { "Something it reads changed" } else { &state.why };
            let below = match (card.body.kind(), state.ran_at.is_empty()) {
                (_, true) => String::new(),
                (CellKind::Train, _) => format!(". The figures below belong to {}", run_name(card)),
                _ => age(card).map_or_else(String::new, |age| format!(". What is shown below is {age} old")),
            };
            let again = match card.body.kind() {
                CellKind::Train => "Train again",
                CellKind::Sweep => "Sweep again",
                CellKind::Report => "Write again",
                _ => "Run again",
            };
            let words = if state.elapsed_secs >= 1.0 {
                format!("{again}, about {}", format::secs(state.elapsed_secs))
            } else {
                again.to_owned()
            };
            line(ui, card, theme.warning, glyph::WARNING, &format!("{}{below}", sentence(why)), |ui| {
                if widgets::button(ui, theme, Button::plain(words).glyph(glyph::PLAY)).clicked() {
                    card.run();
                }
            });
        }
        CellState::Queued => {
            let why = if state.why.is_empty() { "Waits for what it reads" } else { &state.why };
            let tone = Tone { mark: theme.dim, text: theme.dim, tint: theme.panel };
            line(ui, card, tone, glyph::CLOCK, &sentence(why), |_| {});
        }
        CellState::Running if !matches!(card.body.kind(), CellKind::Train | CellKind::Sweep) => {
            running(ui, card);
        }
        CellState::Failed => failed(ui, card),
        _ => {}
    }
}

/// The run that the figures belong to, as people call it.
fn run_name(card: Card<'_>) -> String {
    let response = card.result();
    match result_of(response.as_ref()) {
        Some(CellResult::Train(result)) if !result.run.name.is_empty() => result.run.name.clone(),
        _ => "the run before".to_owned(),
    }
}

/// How old the result is; none where it was just made.
fn age(card: Card<'_>) -> Option<String> {
    let since = format::unix_secs(&card.state().ran_at).map_or(0.0, |then| (card.ctx.now_secs - then).max(0.0));
    Some(match since {
        since if since < 60.0 => return None,
        since if since < 120.0 => format::plural(since as u64, "second", "seconds"),
        since if since < 5400.0 => format::plural((since / 60.0) as u64, "minute", "minutes"),
        since if since < 129_600.0 => format::plural((since / 3600.0).round() as u64, "hour", "hours"),
        since => format::plural((since / 86_400.0).round() as u64, "day", "days"),
    })
}

/// With a capital at the beginning.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    match letters.next() {
        Some(first) if !words.contains('.') || first.is_uppercase() => first.to_uppercase().chain(letters).collect(),
        _ => words.to_owned(),
    }
}

fn line(ui: &mut Ui, card: Card<'_>, tone: Tone, mark: &str, words: &str, action: impl FnOnce(&mut Ui)) {
    let theme = card.theme();
    Frame::new().fill(tone.tint).inner_margin(Margin::symmetric(10, 0)).show(ui, |ui| {
        ui.allocate_ui_with_layout(vec2(ui.available_width(), HEIGHT), Layout::right_to_left(Align::Center), |ui| {
            ui.set_min_height(HEIGHT);
            action(ui);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 10.0;
                widgets::icon(ui, theme, mark, tone.mark, 16.0);
                let text = egui::RichText::new(words).color(tone.text);
                ui.add(egui::Label::new(text).truncate().selectable(false)).on_hover_text(words);
            });
        });
    });
}

/// How far a job is, and the button that stops it.
pub fn running(ui: &mut Ui, card: Card<'_>) {
    let theme = card.theme();
    let job = card.job();
    Frame::new().inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        ui.allocate_ui_with_layout(vec2(ui.available_width(), 36.0), Layout::right_to_left(Align::Center), |ui| {
            ui.set_min_height(36.0);
            ui.spacing_mut().item_spacing.x = 10.0;
            let stop = Button::plain("Stop").glyph(glyph::STOP).name(format!("Stop {} now", card.name()));
            if widgets::button(ui, theme, stop.enabled(job.is_some())).clicked() {
                card.stop();
            }
            let progress = job.and_then(|job| job.progress);
            if let Some(left) = time_left(progress, card.running_secs()) {
                widgets::small(ui, theme, format!("about {} left", format::secs(left)));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 10.0;
                let detail = job.map_or("", |job| job.detail.as_str());
                let words = if detail.is_empty() { "Running".to_owned() } else { sentence(detail) };
                let galley = ui.painter().layout_no_wrap(
                    words.clone(),
                    crate::fonts::strong(crate::theme::text::BODY),
                    theme.text,
                );
                // The bar keeps its place while the words change.
                let room = galley.size().x.clamp(120.0, 320.0).min(ui.available_width() * 0.6);
                ui.allocate_ui_with_layout(vec2(room, 24.0), Layout::left_to_right(Align::Center), |ui| {
                    ui.set_min_width(room);
                    widgets::strong(ui, theme, words);
                });
                widgets::progress_bar(ui, theme, progress, (ui.available_width() - 8.0).clamp(40.0, 420.0));
            });
        });
    });
    ui.ctx().request_repaint_after_secs(0.5);
}

/// Seconds left, from what is done and the time it took; none before one can tell.
#[must_use]
pub fn time_left(progress: Option<f64>, elapsed_secs: f64) -> Option<f64> {
    let done = progress.filter(|done| (0.03..1.0).contains(done))?;
    (elapsed_secs > 2.0).then(|| elapsed_secs / done * (1.0 - done))
}

fn failed(ui: &mut Ui, card: Card<'_>) {
    let Some(error) = &card.state().error else { return };
    Frame::new().inner_margin(Margin::same(10)).show(ui, |ui| {
        let mut error = error.clone();
        if error.place.cell.as_deref() == Some(card.name()) {
            // The card itself says which cell.
            error.place.cell = None;
        }
        if widgets::error_card(ui, card.theme(), &error, true) {
            let cells = vec![card.name().to_owned()];
            card.ctx.call(Request::RunCells { path: card.path().to_owned(), cells, force: false });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_from_what_is_done() {
        assert_eq!(time_left(Some(0.25), 10.0), Some(30.0));
        assert_eq!(time_left(Some(0.01), 10.0), None, "too early to tell");
        assert_eq!(time_left(None, 10.0), None);
    }

    #[test]
    fn a_file_name_keeps_its_letters() {
        assert_eq!(sentence("patients.csv changed on disk"), "patients.csv changed on disk");
        assert_eq!(sentence("tree 212 of 300"), "Tree 212 of 300");
    }
}
