//! The lineage pane: what was made from what, from left to right.
//!
//! [`view`] chooses the part of the graph, [`layout`] places it, [`canvas`] draws it and lets it be moved, this file
//! keeps the state and draws the bar over it, [`inspector`] tells all about one node.

pub mod canvas;
pub mod draw;
pub mod inspector;
pub mod layout;
pub mod view;

#[cfg(test)]
mod tests;

use std::{cell::RefCell, rc::Rc};

use cairn_protocol::{
    Request, Response,
    runs::{LineageGraph, LineageNode, NodeKind},
};
use egui::Ui;
pub use inspector::inspector;

use self::{
    canvas::Camera,
    layout::{Item, Layout},
    view::{Choice, Direction, KINDS, Shown},
};
use crate::{
    ctx::{Action, Ctx, Selection, Tab},
    widgets::{self, Button, button, glyph},
};

/// The pane's state.
#[derive(Default)]
pub struct LineagePane {
    choice: Choice,
    find: String,
    camera: Camera,
    laid: Option<Laid>,
}

/// A layout with what it was made of.
struct Laid {
    answer: Rc<Response>,
    choice: Choice,
    shown: Rc<Shown>,
    layout: Rc<Layout>,
}

impl LineagePane {
    /// A pane around a node, or of everything.
    #[must_use]
    pub fn new(focus: Option<String>) -> Self {
        Self { choice: Choice { focus, ..Choice::default() }, ..Self::default() }
    }

    /// Changes the zoom about the middle.
    pub fn zoom_by(&mut self, factor: f32) {
        self.camera.zoom_by(factor);
    }

    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>) {
        let request = Request::Lineage { id: self.choice.focus.clone() };
        let fetched = ctx.read(&request);
        let Some(answer) = fetched.value else {
            if let Some(error) = fetched.error {
                ui.add_space(12.0);
                if widgets::error_card(ui, ctx.theme, &error, true) {
                    ctx.store.retry(&request);
                }
            } else {
                ui.add_space(12.0);
                widgets::loading(ui, ctx.theme, "Reading the lineage");
            }
            return;
        };
        let Response::Lineage(graph) = answer.as_ref() else { return };
        if graph.nodes.is_empty() {
            let words = "Nothing has been made yet: run a cell, and its data, steps and models appear here";
            widgets::empty_state(ui, ctx.theme, glyph::SPLIT, words, None);
            return;
        }
        let (shown, layout) = self.laid(graph, &answer);
        self.bar_ui(ui, ctx, graph, &shown, &layout);
        widgets::hairline(ui, ctx.theme);
        if shown.nodes.is_empty() {
            let words = "No node is left: show more kinds or more steps";
            if widgets::empty_state(ui, ctx.theme, glyph::FUNNEL, words, Some("Show all")) {
                self.choice = Choice { focus: self.choice.focus.clone(), ..Choice::default() };
            }
            return;
        }
        canvas::canvas_ui(ui, ctx, &mut self.camera, &shown, &layout, &self.find);
    }

    /// The layout of what is chosen; made again only when graph or choice changed.
    fn laid(&mut self, graph: &LineageGraph, answer: &Rc<Response>) -> (Rc<Shown>, Rc<Layout>) {
        let fits =
            self.laid.as_ref().is_some_and(|laid| Rc::ptr_eq(&laid.answer, answer) && laid.choice == self.choice);
        if !fits {
            let shown = view::shown(graph, &self.choice);
            let items: Vec<Item> =
                shown.nodes.iter().map(|node| Item { width: draw::node_width(node), kind: node.kind }).collect();
            // Something new in the graph must not move the view; another choice may.
            if self.laid.as_ref().is_some_and(|laid| laid.choice != self.choice) {
                self.camera.fit_next();
            }
            let layout = Rc::new(layout::layout(&items, &shown.edges));
            self.laid =
                Some(Laid { answer: Rc::clone(answer), choice: self.choice.clone(), shown: Rc::new(shown), layout });
        }
        let laid = self.laid.as_ref().expect("it was just made");
        (Rc::clone(&laid.shown), Rc::clone(&laid.layout))
    }

    fn bar_ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>, graph: &LineageGraph, shown: &Shown, layout: &Layout) {
        let theme = ctx.theme;
        ui.add_space(6.0);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = egui::vec2(8.0, 6.0);
            ui.add_space(4.0);
            if let Some(focus) = self.choice.focus.clone() {
                let mut which = self.choice.direction as usize;
                if widgets::segmented(ui, theme, "Direction", &mut which, &["Upstream", "Downstream", "Both"]) {
                    self.choice.direction = [Direction::Upstream, Direction::Downstream, Direction::Both][which.min(2)];
                }
                let mut depth = self.choice.depth.to_string();
                let options =
                    [("0", "Depth all"), ("1", "Depth 1"), ("2", "Depth 2"), ("3", "Depth 3"), ("5", "Depth 5")];
                if widgets::select(ui, theme, "Depth", &mut depth, &options, 96.0) {
                    self.choice.depth = depth.parse().unwrap_or(0);
                }
                let whole = button(ui, theme, Button::quiet("Show everything").small());
                if whole.on_hover_text(format!("Now only around {focus}")).clicked() {
                    ctx.push(Action::Open(Tab::Lineage(None)));
                }
            }
            self.kinds_ui(ui, ctx, graph);
            widgets::checkbox(ui, theme, "Collapse sweeps", &mut self.choice.collapse);
            widgets::checkbox(ui, theme, "Stale", &mut self.choice.stale);
            let find = widgets::text_field(ui, theme, "Find a node", &mut self.find, "Find a node", 140.0);
            if find.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter)) {
                self.go_to_found(ctx, shown, layout);
            }
            if widgets::icon_button(ui, theme, glyph::MINUS, "Zoom out").clicked() {
                self.camera.zoom_by(1.0 / 1.25);
            }
            let percent = format!("{:.0} %", self.camera.zoom() * 100.0);
            let whole = Button::quiet(percent).name("Zoom to 100 %").small();
            if button(ui, theme, whole).clicked() {
                self.camera.zoom_by(1.0 / self.camera.zoom());
            }
            if widgets::icon_button(ui, theme, glyph::PLUS, "Zoom in").clicked() {
                self.camera.zoom_by(1.25);
            }
            if button(ui, theme, Button::plain("Fit").glyph(glyph::COMPRESS).small()).clicked() {
                self.camera.fit_next();
            }
            if button(ui, theme, Button::plain("Copy as DOT").glyph(glyph::COPY).small()).clicked() {
                ctx.push(Action::Copy(view::to_dot(shown)));
                ctx.push(Action::Toast { text: "Copied the graph as a DOT document".into(), undo: None });
            }
        });
        ui.add_space(6.0);
    }

    fn kinds_ui(&mut self, ui: &mut Ui, ctx: &Ctx<'_>, graph: &LineageGraph) {
        let there: Vec<NodeKind> =
            KINDS.into_iter().filter(|kind| graph.nodes.iter().any(|node| node.kind == *kind)).collect();
        let on = there.iter().filter(|kind| !self.choice.hidden.contains(kind)).count();
        let label = format!("Kinds {on} of {}", there.len());
        let opener = button(ui, ctx.theme, Button::plain(label).glyph_after(glyph::CARET_DOWN).small());
        let hidden = RefCell::new(&mut self.choice.hidden);
        egui::Popup::menu(&opener)
            .width(160.0)
            .frame(widgets::menus::floating_frame(ctx.theme))
            .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside)
            .show(|ui| {
                ui.set_min_width(160.0);
                for kind in there {
                    let mut hidden = hidden.borrow_mut();
                    let mut shown = !hidden.contains(&kind);
                    if widgets::checkbox(ui, ctx.theme, draw::kind_title(kind), &mut shown).changed() {
                        if shown {
                            hidden.remove(&kind);
                        } else {
                            hidden.insert(kind);
                        }
                    }
                }
            });
    }

    fn go_to_found(&mut self, ctx: &Ctx<'_>, shown: &Shown, layout: &Layout) {
        let Some(found) = shown.nodes.iter().position(|node| is_found(node, &self.find)) else {
            ctx.push(Action::Toast { text: format!("No node is called «{}»", self.find), undo: None });
            return;
        };
        self.camera.centre_on(layout.boxes[found]);
        ctx.push(Action::Select(Selection::Node(shown.nodes[found].id.clone())));
    }
}

/// Whether a node's name or kind holds a text; nothing is found by no text.
#[must_use]
pub fn is_found(node: &LineageNode, text: &str) -> bool {
    let text = text.trim().to_lowercase();
    !text.is_empty() && (node.name.to_lowercase().contains(&text) || node.digest.starts_with(&text))
}

/// Opens what a node stands for.
pub fn open_node(ctx: &Ctx<'_>, node: &LineageNode) {
    ctx.push(Action::Select(Selection::Node(node.id.clone())));
    match node.kind {
        NodeKind::File if !node.missing => ctx.push(Action::Open(Tab::Data(node.name.clone()))),
        NodeKind::File => {
            ctx.push(Action::Toast { text: format!("{} is gone", node.name), undo: None });
        }
        NodeKind::Run => {
            ctx.push(Action::Select(Selection::Run(node.digest.clone())));
            ctx.push(Action::Open(Tab::Runs));
        }
        NodeKind::Sweep => ctx.push(Action::Open(Tab::Sweep(Some(node.digest.clone())))),
        NodeKind::Model => ctx.push(Action::Open(Tab::Models)),
        NodeKind::Report => {
            let path = node.details.get("path").unwrap_or(&node.name);
            ctx.push(Action::Open(Tab::Report(Some(path.clone()))));
        }
        NodeKind::Dataset | NodeKind::Recipe | NodeKind::Split => match cell_of(ctx, node) {
            Some((notebook, cell)) => ctx.push(Action::Reveal { notebook, cell }),
            None => {
                let text = format!("No notebook has a cell «{}» any more", node.name);
                ctx.push(Action::Toast { text, undo: None });
            }
        },
    }
}

/// The notebook and cell that a node came of: those it names, else the first notebook with a cell of its name.
fn cell_of(ctx: &Ctx<'_>, node: &LineageNode) -> Option<(String, String)> {
    let cell = node.details.get("cell").unwrap_or(&node.name).clone();
    if let Some(notebook) = node.details.get("notebook") {
        return Some((notebook.clone(), cell));
    }
    let answer = ctx.value(&Request::Project)?;
    let Response::Project(project) = answer.as_ref() else { return None };
    project
        .entries
        .iter()
        .filter(|entry| entry.kind == cairn_protocol::door::EntryKind::Notebook)
        .find(|entry| {
            let known = ctx.store.notebook(&entry.path);
            known.is_some_and(|view| view.notebook.cells.iter().any(|known| known.name == cell))
        })
        .map(|entry| (entry.path.clone(), cell))
}
