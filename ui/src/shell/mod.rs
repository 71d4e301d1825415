//! The shell around the panes:
//!
//! ```text
//! ┌ title: project ▸ notebook        search            git ┐
//! │ rail │ side panel │ tiles                │ inspector   │
//! └ status: jobs · kernels · memory           saved · auto ┘
//! ```
//!
//! It keeps only what is open and folded; everything else it shows comes out of the store.

pub mod dialogs;
pub mod help;
pub mod jobs;
pub mod outline;
pub mod palette;
pub mod rail;
pub mod side;
pub mod status;
pub mod tiles;
pub mod title;
pub mod toasts;

use std::collections::{HashMap, HashSet};

use cairn_protocol::{
    door::{JobView, NotebookView, ProjectView, Welcome},
    runs::RunStatus,
};
use egui::{
    CentralPanel, CornerRadius, Frame, Id, Margin, Panel, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
};
use egui_tiles::Tree;

use crate::{
    app::ThemeChoice,
    ctx::{Ctx, Selection, Tab},
    panes::{self, Pane},
    theme::{Theme, size},
    widgets::{glyph, icon, icon_button, labels},
};
pub use dialogs::PathFor;
pub use toasts::{Toast, ToastAction, Toasts};

/// What of the engine the shell shows in a frame.
pub struct View<'a> {
    /// The open project.
    pub project: Option<&'a ProjectView>,
    /// The first answer, where it is there.
    pub welcome: Option<&'a Welcome>,
    /// The notebook that commands go to.
    pub notebook: Option<&'a NotebookView>,
    /// Whether it is known that there is a project, or none.
    pub settled: bool,
}

/// The place of the rail that is lit, and what the side panel lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Place {
    #[default]
    Notebook,
    Data,
    Runs,
    Lineage,
    Sweeps,
    Models,
    Reports,
    Kernels,
    Settings,
}

impl Place {
    /// The place after a tab came to the front.
    #[must_use]
    pub fn after(self, tab: &Tab) -> Self {
        match tab {
            Tab::Welcome => self,
            Tab::Notebook(_) | Tab::Wrangle { .. } | Tab::Table { .. } => Self::Notebook,
            Tab::Data(_) => Self::Data,
            Tab::Runs => Self::Runs,
            Tab::Lineage(_) => Self::Lineage,
            Tab::Sweep(_) => Self::Sweeps,
            Tab::Models => Self::Models,
            Tab::Report(_) => Self::Reports,
            Tab::Kernels => Self::Kernels,
            Tab::Settings => Self::Settings,
        }
    }
}

/// What the shell remembers.
#[derive(Debug)]
pub struct Shell {
    /// Whether the side panel is open.
    pub side_open: bool,
    /// Whether the inspector is open.
    pub inspector_open: bool,
    /// The place that is lit.
    pub place: Place,
    /// The palette, while it is open.
    pub palette: Option<palette::Palette>,
    /// Whether help is open.
    pub help_open: bool,
    /// Whether the list of jobs is open.
    pub jobs_open: bool,
    /// Lines at the lower right.
    pub toasts: Toasts,
    /// Whether files are held over the window.
    pub hovering: bool,
    /// The person's clock from UTC, in minutes.
    pub utc_offset_minutes: i32,
    /// Path of the notebook that commands go to.
    pub notebook: Option<String>,
    /// The tab that was used last.
    pub front: Option<Tab>,
    /// A question that is open.
    ask: Option<dialogs::Ask>,
    /// Folders of the tree that are folded.
    folded: HashSet<String>,
    /// Jobs whose log is shown.
    logs: HashSet<u64>,
    regions: Vec<Region>,
}

impl Default for Shell {
    fn default() -> Self {
        Self {
            side_open: true,
            inspector_open: true,
            place: Place::Notebook,
            palette: None,
            help_open: false,
            jobs_open: false,
            toasts: Toasts::default(),
            hovering: false,
            utc_offset_minutes: 0,
            notebook: None,
            front: None,
            ask: None,
            folded: HashSet::new(),
            logs: HashSet::new(),
            regions: Vec::new(),
        }
    }
}

/// A part of the window that F6 goes to.
#[derive(Debug, Clone, Copy)]
struct Region {
    id: Id,
    rect: Rect,
}

impl Shell {
    /// Forgets what belonged to the project.
    pub fn leave_project(&mut self) {
        self.place = Place::Notebook;
        self.front = None;
        self.ask = None;
        self.folded.clear();
    }

    /// Moves the focus to the next or previous part of the window.
    pub fn next_region(&mut self, egui: &egui::Context, forward: bool) {
        let count = self.regions.len();
        if count == 0 {
            return;
        }
        let focused = egui.memory(|memory| memory.focused());
        let rect = focused.and_then(|id| egui.read_response(id)).map(|response| response.rect);
        let now =
            self.regions.iter().position(|region| Some(region.id) == focused).or_else(|| {
                rect.and_then(|rect| self.regions.iter().position(|region| region.rect.contains_rect(rect)))
            });
        let next = match now {
            Some(now) if forward => (now + 1) % count,
            Some(now) => (now + count - 1) % count,
            None if forward => 0,
            None => count - 1,
        };
        egui.memory_mut(|memory| memory.request_focus(self.regions[next].id));
    }

    fn region(&mut self, ui: &Ui, theme: &Theme, name: &str, rect: Rect) {
        let id = Id::unique(("region", name));
        let response = ui.interact(rect, id, Sense::focusable_noninteractive());
        response.widget_info(|| WidgetInfo::labeled(Role::Region, true, name));
        if response.has_focus() {
            let painter = ui.ctx().layer_painter(egui::LayerId::new(egui::Order::Foreground, id));
            let stroke = Stroke::new(2.0, theme.accent);
            painter.rect_stroke(rect.shrink(1.0), CornerRadius::same(2), stroke, StrokeKind::Inside);
        }
        self.regions.push(Region { id, rect });
    }
}

/// Whether a job goes on.
#[must_use]
pub fn is_running(job: &JobView) -> bool {
    matches!(job.status, RunStatus::Running | RunStatus::Queued)
}

fn bar(fill: egui::Color32) -> Frame {
    Frame::new().fill(fill).inner_margin(Margin::ZERO)
}

/// Draws the window.
pub fn draw(
    ui: &mut Ui,
    ctx: &Ctx<'_>,
    shell: &mut Shell,
    view: &View<'_>,
    tree: &mut Tree<Tab>,
    panes: &mut HashMap<Tab, Pane>,
    theme_choice: ThemeChoice,
) {
    let theme = ctx.theme;
    shell.regions.clear();
    ui.painter().rect_filled(ui.max_rect(), CornerRadius::ZERO, theme.background);
    Panel::top("title").exact_size(size::TITLE_BAR).frame(bar(theme.panel)).resizable(false).show(ui, |ui| {
        shell.region(ui, theme, "Title bar", ui.max_rect());
        title::draw(ui, ctx, shell, view, tree);
    });
    if let Some(why) = &ctx.store.lost {
        lost_banner(ui, theme, why);
    }
    Panel::bottom("status").exact_size(size::STATUS_BAR).frame(bar(theme.panel)).resizable(false).show(ui, |ui| {
        status::draw(ui, ctx, shell, view);
        shell.region(ui, theme, "Status bar", ui.max_rect());
    });
    Panel::left("rail").exact_size(size::RAIL).frame(bar(theme.panel)).resizable(false).show(ui, |ui| {
        shell.region(ui, theme, "Places", ui.max_rect());
        rail::draw(ui, ctx, shell, view);
    });
    if view.project.is_some() && shell.side_open {
        Panel::left("side").default_size(size::SIDE_PANEL).size_range(150.0..=420.0).frame(bar(theme.panel)).show(
            ui,
            |ui| {
                shell.region(ui, theme, "Side panel", ui.max_rect());
                side::draw(ui, ctx, shell, view);
            },
        );
    }
    if view.project.is_some() && shell.inspector_open && wants_inspector(shell, tree) {
        Panel::right("inspector").default_size(size::INSPECTOR).size_range(200.0..=480.0).frame(bar(theme.panel)).show(
            ui,
            |ui| {
                shell.region(ui, theme, "Inspector", ui.max_rect());
                inspector(ui, ctx, shell, tree);
            },
        );
    }
    CentralPanel::no_frame().show(ui, |ui| {
        shell.region(ui, theme, "Content", ui.max_rect());
        let mut behavior = tiles::TabsBehavior { ctx, shell, view, panes, theme_choice };
        tree.ui(&mut behavior, ui);
    });
    // Reading order of the window, whatever order the panels are laid out in.
    shell.regions.sort_by(|a, b| {
        let key = |region: &Region| (region.rect.top() > 200.0, region.rect.top() > 20.0, region.rect.left());
        key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal)
    });
    jobs::draw(ui, ctx, shell);
    palette::draw(ui, ctx, shell, view);
    help::draw(ui, ctx, shell);
    dialogs::draw(ui, ctx, shell, view);
    toasts::draw(ui, ctx, &mut shell.toasts);
    if shell.hovering {
        drop_overlay(ui, theme, view);
    }
}

/// Panes that hold their own details need no inspector.
fn wants_inspector(shell: &Shell, tree: &Tree<Tab>) -> bool {
    !matches!(
        tiles::front(tree, shell.front.as_ref()),
        Some(Tab::Welcome | Tab::Settings | Tab::Kernels | Tab::Wrangle { .. } | Tab::Report(_) | Tab::Models)
    )
}

fn lost_banner(ui: &mut Ui, theme: &Theme, why: &str) {
    Panel::top("lost").exact_size(28.0).frame(bar(theme.warning.tint)).resizable(false).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            ui.add_space(12.0);
            icon(ui, theme, glyph::PLUGS, theme.warning.text, 16.0);
            let words = format!("The engine cannot be reached: {why}. Trying again; what you see may be out of date");
            labels::text(ui, theme, words);
        });
    });
}

/// Whether a selection belongs to what is in front: a column says nothing about runs.
fn fits(selection: &Selection, front: Option<&Tab>) -> bool {
    match (selection, front) {
        (Selection::Nothing, _) => false,
        (Selection::Cell { .. } | Selection::Column { .. }, Some(Tab::Runs | Tab::Sweep(_) | Tab::Lineage(_))) => false,
        (Selection::Node(_), front) => matches!(front, Some(Tab::Lineage(_))),
        (Selection::Trial { .. }, front) => matches!(front, Some(Tab::Sweep(_) | Tab::Notebook(_))),
        _ => true,
    }
}

fn inspector(ui: &mut Ui, ctx: &Ctx<'_>, shell: &mut Shell, tree: &Tree<Tab>) {
    let theme = ctx.theme;
    let front = tiles::front(tree, shell.front.as_ref());
    if !fits(ctx.selection, front.as_ref()) {
        ui.horizontal(|ui| {
            ui.set_height(size::TABS);
            ui.add_space(12.0);
            labels::title(ui, theme, "Inspector");
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.add_space(6.0);
                if icon_button(ui, theme, glyph::X, "Hide the inspector").clicked() {
                    shell.inspector_open = false;
                }
            });
        });
        crate::widgets::hairline(ui, theme);
        let words = match front {
            Some(Tab::Runs) => "Select a run to see it here",
            Some(Tab::Sweep(_)) => "Select a trial to see it here",
            Some(Tab::Lineage(_)) => "Select a node to see it here",
            _ => "Select a cell or a column to see it here",
        };
        Frame::new().inner_margin(Margin::symmetric(16, 0)).show(ui, |ui| {
            crate::widgets::empty_state(ui, theme, glyph::CROSSHAIR, words, None);
        });
        return;
    }
    egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing = egui::vec2(8.0, 4.0);
        panes::inspector(ui, ctx);
    });
}

fn drop_overlay(ui: &Ui, theme: &Theme, view: &View<'_>) {
    let rect = ui.ctx().content_rect();
    let layer = egui::LayerId::new(egui::Order::Tooltip, Id::unique("drop overlay"));
    let painter = ui.ctx().layer_painter(layer);
    painter.rect_filled(rect, CornerRadius::ZERO, theme.background.gamma_multiply(0.86));
    let inner = rect.shrink(16.0);
    let corners = [inner.left_top(), inner.right_top(), inner.right_bottom(), inner.left_bottom(), inner.left_top()];
    painter.extend(egui::Shape::dashed_line(&corners, Stroke::new(2.0, theme.accent), 8.0, 6.0));
    let at = rect.center();
    let glyph_font = crate::fonts::icons(44.0);
    painter.text(
        at - egui::vec2(0.0, 34.0),
        egui::Align2::CENTER_CENTER,
        glyph::FILE_ARROW_DOWN,
        glyph_font,
        theme.accent,
    );
    let words = match view.project {
        Some(project) => format!("Drop to add to {}", project.name),
        None => "Drop to start a project with it".to_owned(),
    };
    painter.text(
        at + egui::vec2(0.0, 16.0),
        egui::Align2::CENTER_CENTER,
        words,
        crate::fonts::strong(crate::theme::text::HEADING),
        theme.text,
    );
}
