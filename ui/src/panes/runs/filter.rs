//! The filter line: the language of the tracker, with words coloured and names completed.

use std::sync::Arc;

use cairn_protocol::{ErrorInfo, runs::Run};
use egui::{
    Align2, Color32, CornerRadius, EventFilter, Frame, Galley, Id, Key, Margin, Modifiers, Order, Rect, Role, Sense,
    Stroke, StrokeKind, TextBuffer, TextEdit, Ui, UiBuilder, WidgetInfo, pos2,
    text::{LayoutJob, TextFormat},
    vec2,
};

use super::completion::{Completion, completions, is_field, split};
use crate::{
    charts::ink,
    ctx::Ctx,
    fonts,
    theme::{Theme, size, text},
    widgets::{self, glyph},
};

/// The state of the line.
#[derive(Debug, Default)]
pub struct FilterLine {
    /// The text as it is typed.
    pub text: String,
    /// When it last changed, where it is not asked yet.
    changed_at: Option<f64>,
    chosen: usize,
    /// The list was closed with Esc, until the text changes.
    closed: bool,
    cursor_to_end: bool,
}

/// The id of the field, so that a key can give it the focus. There is one table of runs in the window.
#[must_use]
pub fn field_id() -> Id {
    Id::unique("filter of runs")
}

impl FilterLine {
    /// Sets the text, to be asked at once.
    pub fn set(&mut self, text: String) {
        self.text = text;
        self.changed_at = Some(f64::NEG_INFINITY);
        self.cursor_to_end = true;
    }

    /// Draws the line. Answers with the filter to ask when the person paused, or pressed Enter.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        ctx: &Ctx<'_>,
        runs: &[&Run],
        counts: &str,
        error: Option<&ErrorInfo>,
    ) -> Option<String> {
        let theme = ctx.theme;
        let id = field_id();
        let focused = ui.memory(|memory| memory.has_focus(id));
        let (start, proposals) = if focused && !self.closed { completions(&self.text, runs) } else { (0, Vec::new()) };
        self.chosen = self.chosen.min(proposals.len().saturating_sub(1));
        let mut enter = false;
        if focused {
            enter = self.keys(ui, start, &proposals);
        }
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::CONTROL), Sense::hover());
        let faulty = error.is_some();
        let edge = if faulty {
            theme.fault.mark
        } else if focused {
            theme.accent
        } else {
            theme.border
        };
        let painter = ui.painter();
        painter.rect(rect, CornerRadius::same(size::RADIUS), theme.card, Stroke::new(1.0, edge), StrokeKind::Inside);
        painter.text(
            pos2(rect.left() + 15.0, rect.center().y),
            Align2::CENTER_CENTER,
            glyph::FUNNEL,
            ink::icon(14.0),
            if focused { theme.accent } else { theme.dim },
        );
        let clear = !self.text.is_empty();
        let right = rect.right() - if clear { 28.0 } else { 10.0 };
        let shown = painter.text(pos2(right, rect.center().y), Align2::RIGHT_CENTER, counts, ink::small(), theme.dim);
        let inner = Rect::from_min_max(rect.min + vec2(30.0, 0.0), pos2(shown.left() - 10.0, rect.bottom()));
        let changed = self.edit_ui(ui, theme, id, inner, &proposals);
        if clear {
            let mut child = ui.new_child(
                UiBuilder::new().max_rect(Rect::from_min_max(pos2(rect.right() - 26.0, rect.top()), rect.max)),
            );
            if widgets::icon_button(&mut child, theme, glyph::X, "Clear the filter").clicked() {
                self.set(String::new());
            }
        }
        if changed {
            self.closed = false;
            self.chosen = 0;
            self.changed_at = Some(ui.input(|input| input.time));
        }
        if focused && !proposals.is_empty() {
            self.list_ui(ui, theme, rect, start, &proposals);
        }
        if let Some(error) = error.filter(|_| !focused || proposals.is_empty()) {
            error_ui(ui, theme, rect, error);
        }
        self.due(ui, enter)
    }

    /// The filter, when it is time to ask it.
    fn due(&mut self, ui: &Ui, enter: bool) -> Option<String> {
        let changed_at = self.changed_at?;
        let waited = ui.input(|input| input.time) - changed_at;
        if enter || waited >= 0.35 {
            self.changed_at = None;
            return Some(self.text.trim().to_owned());
        }
        ui.request_repaint_after_secs((0.36 - waited) as f32);
        None
    }

    /// Keys for the list of proposals; true when Enter asks the filter.
    fn keys(&mut self, ui: &Ui, start: usize, proposals: &[Completion]) -> bool {
        let press = |key: Key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        if !proposals.is_empty() {
            if press(Key::ArrowDown) {
                self.chosen = (self.chosen + 1) % proposals.len();
            }
            if press(Key::ArrowUp) {
                self.chosen = (self.chosen + proposals.len() - 1) % proposals.len();
            }
            if press(Key::Tab) {
                let chosen = proposals[self.chosen].insert.clone();
                self.accept(ui, start, &chosen);
            }
            if press(Key::Escape) {
                self.closed = true;
            }
        }
        ui.input(|input| input.key_pressed(Key::Enter))
    }

    fn accept(&mut self, ui: &Ui, start: usize, insert: &str) {
        self.text.truncate(start);
        if self.text.chars().next_back().is_some_and(|c| !c.is_whitespace() && c != '(') {
            self.text.push(' ');
        }
        self.text.push_str(insert);
        self.text.push(' ');
        self.chosen = 0;
        self.cursor_to_end = true;
        self.changed_at = Some(ui.input(|input| input.time));
    }

    fn edit_ui(&mut self, ui: &mut Ui, theme: &Theme, id: Id, inner: Rect, proposals: &[Completion]) -> bool {
        let mut child =
            ui.new_child(UiBuilder::new().max_rect(inner).layout(egui::Layout::left_to_right(egui::Align::Center)));
        child.shrink_clip_rect(inner);
        let mut layouter = |ui: &Ui, text: &dyn TextBuffer, _: f32| coloured(ui, theme, text.as_str());
        let hint = egui::RichText::new("Filter: metrics.valid.auc > 0.8 and params.max_depth = 3")
            .color(theme.dim)
            .font(fonts::body(text::BODY));
        let output = TextEdit::singleline(&mut self.text)
            .id(id)
            .font(fonts::mono(text::MONO))
            .frame(Frame::NONE)
            .margin(Margin::ZERO)
            .desired_width(inner.width())
            .min_size(inner.size())
            .align(Align2::LEFT_CENTER)
            .hint_text(hint)
            .event_filter(EventFilter {
                horizontal_arrows: true,
                vertical_arrows: true,
                tab: !proposals.is_empty(),
                ..EventFilter::default()
            })
            .layouter(&mut layouter)
            .show(&mut child);
        if std::mem::take(&mut self.cursor_to_end) {
            let mut state = output.state.clone();
            let end = egui::text::CCursor::new(self.text.chars().count());
            state.cursor.set_char_range(Some(egui::text::CCursorRange::one(end)));
            state.store(ui.ctx(), id);
        }
        output.response.response.accessible_name("Filter runs").changed()
    }

    fn list_ui(&mut self, ui: &Ui, theme: &Theme, rect: Rect, start: usize, proposals: &[Completion]) {
        const ROWS: usize = 9;
        let first = self.chosen.saturating_sub(ROWS - 1);
        // Below the last word; the mono face is 7.2 wide.
        let x = rect.left() + 30.0 + self.text[..start.min(self.text.len())].chars().count() as f32 * 7.2;
        let at = pos2(x.min(rect.right() - 240.0).max(rect.left()), rect.bottom() + 4.0);
        let mut accepted = None;
        egui::Area::new(Id::unique("proposals of the filter of runs")).order(Order::Foreground).fixed_pos(at).show(
            ui.ctx(),
            |ui| {
                widgets::menus::floating_frame(theme).show(ui, |ui| {
                    ui.set_width(228.0);
                    ui.spacing_mut().item_spacing.y = 0.0;
                    for (index, proposal) in proposals.iter().enumerate().skip(first).take(ROWS) {
                        let (row, response) = ui.allocate_exact_size(vec2(228.0, size::GRID_ROW), Sense::click());
                        response.widget_info(|| {
                            WidgetInfo::selected(Role::ListBoxOption, true, index == self.chosen, &proposal.insert)
                        });
                        if index == self.chosen || response.hovered() {
                            let fill = if index == self.chosen { theme.selection } else { theme.hover };
                            ui.painter().rect_filled(row, CornerRadius::same(size::CHIP_RADIUS), fill);
                        }
                        let note = ui.painter().text(
                            pos2(row.right() - 8.0, row.center().y),
                            Align2::RIGHT_CENTER,
                            &proposal.note,
                            ink::small(),
                            theme.dim,
                        );
                        let room = note.left() - row.left() - 16.0;
                        ink::write(
                            ui.painter(),
                            pos2(row.left() + 8.0, row.center().y),
                            Align2::LEFT_CENTER,
                            &proposal.insert,
                            fonts::mono(text::MONO),
                            theme.text,
                            room,
                        );
                        // The press counts: at the release the field has lost the focus, and the list is gone.
                        if response.clicked() || response.is_pointer_button_down_on() {
                            accepted = Some(proposal.insert.clone());
                        }
                    }
                    ui.add_space(3.0);
                    widgets::small(ui, theme, "Tab completes · Esc closes");
                });
            },
        );
        if let Some(insert) = accepted {
            self.accept(ui, start, &insert);
            ui.memory_mut(|memory| memory.request_focus(field_id()));
        }
    }
}

/// What is wrong with the filter, floating below it: the table stays where it is.
fn error_ui(ui: &Ui, theme: &Theme, line: Rect, error: &ErrorInfo) {
    let words =
        if error.hint.is_empty() { error.message.clone() } else { format!("{} ({})", error.message, error.hint) };
    let at = line.left_bottom() + vec2(0.0, 3.0);
    let area = egui::Area::new(Id::unique("fault in the filter of runs")).order(Order::Middle).fixed_pos(at);
    area.show(ui.ctx(), |ui| {
        widgets::menus::floating_frame(theme).fill(theme.fault.tint).inner_margin(Margin::symmetric(10, 6)).show(
            ui,
            |ui| {
                ui.set_max_width((line.width() - 20.0).min(640.0));
                ui.horizontal_top(|ui| {
                    widgets::icon(ui, theme, glyph::X_CIRCLE, theme.fault.text, 14.0);
                    let text = egui::RichText::new(&words).font(fonts::body(text::BODY)).color(theme.fault.text);
                    ui.add(egui::Label::new(text).wrap());
                });
            },
        );
    });
}

fn coloured(ui: &Ui, theme: &Theme, text: &str) -> Arc<Galley> {
    let mut job = LayoutJob { break_on_newline: false, ..LayoutJob::default() };
    let mut from = 0;
    let format = |color: Color32| TextFormat::simple(fonts::mono(crate::theme::text::MONO), color);
    for (start, word) in split(text) {
        let color = if is_field(&word) {
            theme.accent
        } else if ["and", "or", "not", "in", "like", "ilike", "is", "null"].contains(&word.to_lowercase().as_str())
            || word.chars().all(|c| "=!<>(),".contains(c))
        {
            theme.dim
        } else {
            theme.text
        };
        job.append(&text[from..start], 0.0, format(theme.text));
        job.append(&word, 0.0, format(color));
        from = start + word.len();
    }
    job.append(&text[from..], 0.0, format(theme.text));
    ui.painter().layout_job(job)
}
