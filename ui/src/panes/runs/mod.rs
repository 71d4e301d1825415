//! The runs pane: the tracker's table, charts of the runs whose eye is on, and their comparison.
//!
//! [`pages`] fetches runs as they are scrolled to, [`columns`] says what the table shows, [`filter`] is the line over
//! it, [`table`] and [`curves`] draw, [`compare`] sets runs beside each other, [`inspector`] tells all about one.

pub mod columns;
pub mod compare;
pub mod completion;
pub mod curves;
pub mod filter;
pub mod inspector;
pub mod pages;
pub mod table;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use cairn_protocol::{
    Response,
    runs::{Run, RunStatus},
};
use egui::{CursorIcon, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};
pub use inspector::inspector;

use self::{
    columns::{Column, Shown},
    curves::Charts,
    filter::FilterLine,
    pages::{Pages, runs_in},
    table::{Table, TableOutput},
};
use crate::{
    ctx::{Action, Ctx, Selection},
    theme::size,
    widgets::{self, Button, button, format, glyph, menus},
};

/// Eyes that are on from the start.
const EYES: usize = 6;

/// The pane's state.
#[derive(Default)]
pub struct RunsPane {
    pages: Pages,
    filter: FilterLine,
    toggled: BTreeSet<Column>,
    hide_same: bool,
    /// Slots of runs whose eye is on.
    eyes: BTreeMap<String, usize>,
    /// Slots that runs had; they get them again.
    slots: BTreeMap<String, usize>,
    /// Whether the person has chosen eyes; until then the first runs are shown.
    eyes_chosen: bool,
    charts: Charts,
    charts_height: Option<f32>,
    /// The run under the pointer, in the table or a chart, in the last frame.
    lit: Option<String>,
    comparing: bool,
    focus_filter: bool,
    columns: Option<KeptColumns>,
}

/// Columns with what they were made of: they are made again only when that changed.
struct KeptColumns {
    answer: Rc<Response>,
    toggled: BTreeSet<Column>,
    hide_same: bool,
    shown: Rc<Vec<Shown>>,
    all: Rc<Vec<Column>>,
}

impl RunsPane {
    /// Puts the focus into the filter line before the next frame (`/`, Ctrl+F).
    pub fn find(&mut self) {
        self.focus_filter = true;
    }

    /// Sets the runs whose eye is on beside each other.
    pub fn compare(&mut self) {
        self.comparing = true;
    }

    /// Asks a filter.
    pub fn set_filter(&mut self, filter: &str) {
        self.filter.set(filter.to_owned());
    }

    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>) {
        let first = self.pages.fetch(ctx, 0);
        if !self.pages.is_known() {
            ui.add_space(12.0);
            match &first.error {
                Some(error) => {
                    if widgets::error_card(ui, ctx.theme, error, true) {
                        ctx.store.retry(&self.pages.request(0));
                    }
                }
                None => widgets::loading(ui, ctx.theme, "Reading runs"),
            }
            return;
        }
        if self.pages.total() == 0 && self.pages.filter.is_empty() && self.filter.text.is_empty() {
            let words = "No run yet: train a model in a notebook, or with «cairn train», and it appears here";
            widgets::empty_state(ui, ctx.theme, glyph::CHART_LINE, words, None);
            return;
        }
        self.keep_eyes();
        if self.comparing {
            let runs: Vec<&Run> = self.pages.known().filter(|run| self.eyes.contains_key(&run.id)).collect();
            if compare::compare_ui(ui, ctx, &runs, &self.eyes) || ui.input(|input| input.key_pressed(egui::Key::Escape))
            {
                self.comparing = false;
            }
            return;
        }
        self.bar_ui(ui, ctx, &first);
        self.body_ui(ui, ctx);
    }

    /// Switches on the first eyes, and forgets those of runs that are gone.
    fn keep_eyes(&mut self) {
        if self.eyes_chosen {
            return;
        }
        let wanted: Vec<String> = self
            .pages
            .first()
            .iter()
            .filter(|run| matches!(run.status, RunStatus::Finished | RunStatus::Running))
            .take(EYES)
            .map(|run| run.id.clone())
            .collect();
        self.eyes.retain(|id, _| wanted.contains(id));
        for id in wanted {
            self.open_eye(&id);
        }
    }

    fn open_eye(&mut self, id: &str) {
        if self.eyes.contains_key(id) {
            return;
        }
        let in_use = |slot: usize| self.eyes.values().filter(|used| **used == slot).count();
        let slot =
            self.slots.get(id).copied().unwrap_or_else(|| (0..EYES).min_by_key(|slot| in_use(*slot)).unwrap_or(0));
        self.slots.insert(id.to_owned(), slot);
        self.eyes.insert(id.to_owned(), slot);
    }

    /// The columns shown, and all there are.
    fn columns(&mut self) -> (Rc<Vec<Shown>>, Rc<Vec<Column>>) {
        let Some(answer) = self.pages.first_answer() else { return Default::default() };
        let fits = |kept: &&KeptColumns| {
            Rc::ptr_eq(&kept.answer, &answer) && kept.toggled == self.toggled && kept.hide_same == self.hide_same
        };
        if let Some(kept) = self.columns.as_ref().filter(fits) {
            return (Rc::clone(&kept.shown), Rc::clone(&kept.all));
        }
        let (shown, all) = columns::columns(&runs_in(Some(&answer)), &self.toggled, self.hide_same);
        let (shown, all) = (Rc::new(shown), Rc::new(all));
        self.columns = Some(KeptColumns {
            answer,
            toggled: self.toggled.clone(),
            hide_same: self.hide_same,
            shown: Rc::clone(&shown),
            all: Rc::clone(&all),
        });
        (shown, all)
    }

    fn bar_ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>, first: &crate::store::Fetched) {
        let theme = ctx.theme;
        if std::mem::take(&mut self.focus_filter) || slash_pressed(ui) {
            ui.memory_mut(|memory| memory.request_focus(filter::field_id()));
        }
        let answer = self.pages.first_answer();
        let refs = runs_in(answer.as_deref());
        let (shown, all) = self.columns();
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            ui.add_space(8.0);
            self.views_ui(ui, ctx, &refs);
            self.columns_ui(ui, ctx, &shown, &all);
            widgets::checkbox(ui, theme, "Only parameters that differ", &mut self.hide_same);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.add_space(8.0);
                let label = format!("Compare {}", self.eyes.len());
                let compare = Button::plain(label).glyph(glyph::SCALES).enabled(self.eyes.len() >= 2).small();
                if button(ui, theme, compare).on_hover_text("Sets the runs whose eye is on beside each other").clicked()
                {
                    self.comparing = true;
                }
                if first.loading {
                    widgets::spinner(ui, theme, 14.0);
                }
            });
        });
        ui.add_space(6.0);
        let asked = ui.horizontal(|ui| {
            ui.add_space(8.0);
            ui.vertical(|ui| {
                ui.set_width(ui.available_width() - 8.0);
                let total = self.pages.total();
                let counts = format::plural(total, "run", "runs");
                let error = first.error.as_deref().filter(|_| !self.pages.filter.is_empty());
                self.filter.ui(ui, ctx, &refs, &counts, error)
            })
            .inner
        });
        if let Some(filter) = asked.inner {
            self.pages.filter = filter;
        }
        ui.add_space(6.0);
        widgets::hairline(ui, theme);
    }

    /// The ready-made views: by state, by cell, by tag.
    fn views_ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>, runs: &[&Run]) {
        let theme = ctx.theme;
        let opener =
            button(ui, theme, Button::plain("Views").glyph(glyph::LIST).glyph_after(glyph::CARET_DOWN).small());
        menus::menu_popup(theme, &opener, 220.0, |ui| {
            let counts = completion::views(runs);
            egui::ScrollArea::vertical().max_height(420.0).show(ui, |ui| {
                if menus::menu_item(ui, theme, Some(glyph::LIST), "All runs", "", true).clicked() {
                    self.filter.set(String::new());
                }
                let mut before = None;
                for ((group, title, filter), count) in &counts {
                    if before != Some(*group) {
                        menus::menu_heading(ui, theme, ["By state", "By cell", "By tag"][usize::from(*group).min(2)]);
                        before = Some(*group);
                    }
                    if menus::menu_item(ui, theme, None, title, &count.to_string(), true).clicked() {
                        self.filter.set(filter.clone());
                    }
                }
            });
        });
    }

    fn columns_ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>, shown: &[Shown], all: &[Column]) {
        let theme = ctx.theme;
        let label = format!("{} of {} columns", shown.len(), all.len());
        let opener =
            button(ui, theme, Button::plain(label).glyph(glyph::COLUMNS).glyph_after(glyph::CARET_DOWN).small());
        egui::Popup::menu(&opener)
            .width(240.0)
            .frame(menus::floating_frame(theme))
            .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside)
            .show(|ui| {
                ui.set_min_width(240.0);
                egui::ScrollArea::vertical().max_height(420.0).show(ui, |ui| {
                    for column in all.iter().filter(|column| **column != Column::Name) {
                        let mut on = shown.iter().any(|shown| shown.column == *column);
                        if widgets::checkbox(ui, theme, column.title(), &mut on).changed()
                            && !self.toggled.remove(column)
                        {
                            self.toggled.insert(column.clone());
                        }
                    }
                });
            });
    }

    fn body_ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>) {
        let room = ui.available_rect_before_wrap();
        let (shown, _) = self.columns();
        let footer = 24.0;
        let with_charts = room.height() > 300.0 && room.width() > 380.0;
        let height = if with_charts {
            let usual = (room.height() * 0.42).clamp(180.0, 300.0);
            self.charts_height.unwrap_or(usual).clamp(140.0, (room.height() - 160.0).max(140.0))
        } else {
            0.0
        };
        let split = room.bottom() - height;
        let table_rect = Rect::from_min_max(room.min, pos2(room.right(), split - footer));
        let table = Table { pages: &self.pages, columns: &shown, eyes: &self.eyes, lit: self.lit.as_deref() };
        let out = table::table_ui(ui, ctx, &table, table_rect);
        self.footer_ui(ui, ctx, Rect::from_min_max(pos2(room.left(), split - footer), pos2(room.right(), split)), &out);
        let mut lit = out.hovered.clone();
        if with_charts {
            self.splitter_ui(ui, ctx, room, split);
            let rect = Rect::from_min_max(pos2(room.left() + 8.0, split + 6.0), room.max - vec2(8.0, 8.0));
            // The first page, and from the others what is to be seen: with all of 10,000 runs a frame would take long.
            let further = self.pages.known().skip(pages::PAGE).filter(|run| self.eyes.contains_key(&run.id));
            let drawn: Vec<&Run> = self.pages.first().iter().chain(further).collect();
            let hovered = curves::charts_ui(ui, ctx, &mut self.charts, &drawn, &self.eyes, self.lit.as_deref(), rect);
            lit = lit.or(hovered);
        }
        ui.allocate_rect(room, Sense::hover());
        if lit != self.lit {
            self.lit = lit;
            ui.request_repaint();
        }
        self.act(ctx, out);
    }

    fn act(&mut self, ctx: &Ctx<'_>, out: TableOutput) {
        for page in &out.pages {
            self.pages.fetch(ctx, *page);
        }
        if let Some(sort) = out.sort {
            self.pages.sort = sort;
        }
        if let Some(id) = out.eye {
            self.eyes_chosen = true;
            if self.eyes.remove(&id).is_none() {
                self.open_eye(&id);
            }
        }
        if let Some(id) = out.chosen.or(out.opened) {
            ctx.push(Action::Select(Selection::Run(id)));
        }
    }

    fn footer_ui(&self, ui: &Ui, ctx: &Ctx<'_>, rect: Rect, out: &TableOutput) {
        use crate::charts::ink;
        let theme = ctx.theme;
        let painter = ui.painter_at(rect);
        painter.rect_filled(rect, 0.0, theme.background);
        painter.hline(rect.x_range(), painter.round_to_pixel_center(rect.top()), egui::Stroke::new(1.0, theme.border));
        let total = self.pages.total();
        let words = if total == 0 {
            "No run fits the filter".to_owned()
        } else {
            format!("{}–{} of {}", out.in_view.0, out.in_view.1, format::count(total))
        };
        painter.text(
            pos2(rect.left() + 12.0, rect.center().y),
            egui::Align2::LEFT_CENTER,
            words,
            ink::small(),
            theme.dim,
        );
        let metric = &self.charts.metric;
        if total > self.pages.first().len() as u64 {
            return;
        }
        let values: Vec<f64> = self
            .pages
            .first()
            .iter()
            .filter_map(|run| run.metrics.get(metric))
            .map(|value| value.0)
            .filter(|value| value.is_finite())
            .collect();
        if !values.is_empty() {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let larger = columns::larger_is_better(metric);
            let best = values
                .iter()
                .copied()
                .fold(f64::NAN, |best, value| if larger { best.max(value) } else { best.min(value) });
            let words = format!("{metric} mean {} · best {}", format::figure(mean), format::figure(best));
            painter.text(
                pos2(rect.right() - 12.0, rect.center().y),
                egui::Align2::RIGHT_CENTER,
                words,
                ink::small(),
                theme.dim,
            );
        }
    }

    fn splitter_ui(&mut self, ui: &Ui, ctx: &Ctx<'_>, room: Rect, split: f32) {
        let bar = Rect::from_min_max(pos2(room.left(), split - 2.0), pos2(room.right(), split + 4.0));
        let response = ui.interact(bar, ui.scope_id().with("splitter"), Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::labeled(Role::Splitter, true, "Height of the charts"));
        let color = if response.hovered() || response.dragged() { ctx.theme.accent } else { ctx.theme.border };
        ui.painter().hline(room.x_range(), ui.painter().round_to_pixel_center(split), egui::Stroke::new(1.0, color));
        let grip = Rect::from_center_size(pos2(room.center().x, split), vec2(32.0, 3.0));
        ui.painter().rect_filled(grip, size::CHIP_RADIUS, ctx.theme.dim.gamma_multiply(0.6));
        if response.dragged() {
            self.charts_height = Some(room.bottom() - split - response.drag_delta().y);
        }
        if response.double_clicked() {
            self.charts_height = None;
        }
        response.on_hover_and_drag_cursor(CursorIcon::ResizeVertical);
    }
}

/// Whether `/` was pressed while nothing takes text.
fn slash_pressed(ui: &Ui) -> bool {
    if ui.ctx().text_edit_focused() {
        return false;
    }
    ui.input_mut(|input| {
        let pressed = input.events.iter().any(|event| matches!(event, egui::Event::Text(text) if text == "/"));
        if pressed {
            input.events.retain(|event| !matches!(event, egui::Event::Text(text) if text == "/"));
        }
        pressed
    })
}
