//! Lines at the lower right: what was done, with an action to take it back or to see it; errors with what to do next.

use std::collections::VecDeque;

use cairn_protocol::{ErrorInfo, Request};
use egui::{Align2, Area, Id, Order, Role, Ui, WidgetInfo, vec2};

use crate::{
    ctx::{Action, Ctx},
    theme::size,
    widgets::{Button, button, glyph, icon, icon_button, labels, menus},
};

/// What the button of a toast does.
#[derive(Debug, Clone, PartialEq)]
pub enum ToastAction {
    /// Sends a request.
    Call(Request),
    /// Does something in the window.
    Act(Action),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Info,
    Warning,
    Error,
}

/// One line.
#[derive(Debug, Clone)]
pub struct Toast {
    text: String,
    hint: String,
    level: Level,
    action: Option<(String, ToastAction)>,
}

impl Toast {
    /// Something done.
    pub fn info(text: impl Into<String>) -> Self {
        Self { text: text.into(), hint: String::new(), level: Level::Info, action: None }
    }

    /// Something to know.
    pub fn warning(text: impl Into<String>) -> Self {
        Self { level: Level::Warning, ..Self::info(text) }
    }

    /// Something that failed.
    #[must_use]
    pub fn error(error: &ErrorInfo) -> Self {
        Self { level: Level::Error, hint: error.hint.clone(), ..Self::info(error.to_string()) }
    }

    /// With a button.
    #[must_use]
    pub fn action(mut self, words: &str, action: ToastAction) -> Self {
        self.action = Some((words.to_owned(), action));
        self
    }

    fn lives_secs(&self) -> f64 {
        match self.level {
            Level::Error => 14.0,
            Level::Warning => 10.0,
            Level::Info if self.action.is_some() => 8.0,
            Level::Info => 4.0,
        }
    }
}

/// The lines that are shown, oldest first.
#[derive(Debug, Default)]
pub struct Toasts {
    shown: VecDeque<(Toast, f64)>,
}

/// Lines at once.
const MOST: usize = 4;

impl Toasts {
    /// Shows a line; the same words are not shown twice.
    pub fn push(&mut self, toast: Toast, now_secs: f64) {
        self.shown.retain(|(old, _)| old.text != toast.text);
        self.shown.push_back((toast, now_secs));
        while self.shown.len() > MOST {
            self.shown.pop_front();
        }
    }
}

pub(super) fn draw(ui: &Ui, ctx: &Ctx<'_>, toasts: &mut Toasts) {
    let theme = ctx.theme;
    let now = ctx.now_secs;
    toasts.shown.retain(|(toast, born)| now - born < toast.lives_secs());
    let Some(next) = toasts.shown.iter().map(|(toast, born)| born + toast.lives_secs() - now).reduce(f64::min) else {
        return;
    };
    ui.ctx().request_repaint_after_secs(next.max(0.05) as f32);
    let mut gone = None;
    Area::new(Id::unique("toasts"))
        .order(Order::Foreground)
        .anchor(Align2::RIGHT_BOTTOM, vec2(-12.0, -size::STATUS_BAR - 12.0))
        .show(ui.ctx(), |ui| {
            ui.spacing_mut().item_spacing.y = 8.0;
            for (index, (toast, _)) in toasts.shown.iter().enumerate() {
                let (mark, color) = match toast.level {
                    Level::Info => (glyph::CHECK_CIRCLE, theme.good.mark),
                    Level::Warning => (glyph::WARNING, theme.warning.text),
                    Level::Error => (glyph::X_CIRCLE, theme.fault.text),
                };
                let frame = menus::floating_frame(theme).inner_margin(egui::Margin::symmetric(10, 6));
                let response = frame.show(ui, |ui| {
                    ui.set_max_width(460.0);
                    ui.horizontal(|ui| {
                        ui.spacing_mut().item_spacing.x = 8.0;
                        icon(ui, theme, mark, color, 15.0);
                        ui.vertical(|ui| {
                            ui.set_max_width(300.0);
                            ui.spacing_mut().item_spacing.y = 2.0;
                            labels::paragraph(ui, toast.text.as_str(), theme.text);
                            if !toast.hint.is_empty() {
                                labels::paragraph(ui, toast.hint.as_str(), theme.dim);
                            }
                        });
                        if let Some((words, action)) = &toast.action
                            && button(ui, theme, Button::plain(words.as_str()).small()).clicked()
                        {
                            ctx.push(match action {
                                ToastAction::Call(request) => Action::Call(request.clone()),
                                ToastAction::Act(action) => action.clone(),
                            });
                            gone = Some(index);
                        }
                        if icon_button(ui, theme, glyph::X, "Dismiss").clicked() {
                            gone = Some(index);
                        }
                    });
                });
                let role = if toast.level == Level::Error { Role::Alert } else { Role::Status };
                response.response.widget_info(|| WidgetInfo::labeled(role, true, &toast.text));
            }
        });
    if let Some(index) = gone {
        toasts.shown.remove(index);
    }
}
