//! The graph on screen: moving, zooming, lighting a path, choosing a node, the map and the legend.

use std::collections::HashSet;

use cairn_protocol::runs::NodeKind;
use egui::{
    Align2, CornerRadius, EventFilter, Id, Key, Modifiers, Painter, Pos2, Rect, Role, Sense, Stroke, StrokeKind, Ui,
    Vec2, WidgetInfo, pos2, vec2,
};

use super::{
    draw::{self, Emphasis},
    is_found,
    layout::Layout,
    open_node,
    view::Shown,
};
use crate::{
    charts::ink,
    ctx::{Action, Ctx, Selection},
    theme::{size, text},
};

/// Height of the headings over the columns.
const HEADINGS: f32 = 44.0;
/// Room around the graph.
const MARGIN: f32 = 20.0;
/// Size of the map.
const MAP: Vec2 = vec2(176.0, 104.0);

/// Where the view is.
#[derive(Debug, Clone)]
pub struct Camera {
    /// Screen points for each point of the layout.
    zoom: f32,
    /// The place of the layout at the upper left of the view.
    origin: Vec2,
    /// Fit everything before the next frame.
    fit: bool,
    /// Centre this before the next frame.
    centre: Option<Rect>,
    /// Change the zoom by this factor, about the middle, before the next frame.
    factor: f32,
}

impl Default for Camera {
    fn default() -> Self {
        Self { zoom: 1.0, origin: Vec2::ZERO, fit: true, centre: None, factor: 1.0 }
    }
}

impl Camera {
    /// Screen points for each point of the layout.
    #[must_use]
    pub fn zoom(&self) -> f32 {
        self.zoom
    }

    /// Fits everything before the next frame.
    pub fn fit_next(&mut self) {
        self.fit = true;
    }

    /// Changes the zoom about the middle.
    pub fn zoom_by(&mut self, factor: f32) {
        self.factor *= factor;
    }

    /// Centres a box of the layout.
    pub fn centre_on(&mut self, rect: Rect) {
        self.centre = Some(rect);
    }

    fn settle(&mut self, view: Rect, layout: &Layout) {
        let room = view.size() - vec2(2.0 * MARGIN, 2.0 * MARGIN);
        if std::mem::take(&mut self.fit) && room.min_elem() > 20.0 {
            let fitting = (room.x / layout.size.x.max(1.0)).min(room.y / layout.size.y.max(1.0));
            self.zoom = fitting.clamp(0.1, 1.0);
            let left_over = room - layout.size * self.zoom;
            // Small graphs stand at the upper left, where reading begins, a little below the headings.
            self.origin = -vec2(MARGIN, MARGIN + (left_over.y * 0.25).clamp(0.0, 60.0)) / self.zoom;
        }
        if self.factor != 1.0 {
            let factor = std::mem::replace(&mut self.factor, 1.0);
            self.zoom_about(view, view.center(), factor);
        }
        if let Some(rect) = self.centre.take() {
            self.origin = rect.center().to_vec2() - view.size() / (2.0 * self.zoom);
        }
    }

    fn zoom_about(&mut self, view: Rect, at: Pos2, factor: f32) {
        let zoom = (self.zoom * factor).clamp(0.1, 2.5);
        // Steps of a fiftieth keep the number of sizes of type small.
        let zoom = if (zoom - 1.0).abs() < 0.02 { 1.0 } else { (zoom * 50.0).round() / 50.0 };
        let offset = at - view.min;
        self.origin += offset / self.zoom - offset / zoom;
        self.zoom = zoom;
    }

    fn to_screen(&self, view: Rect, rect: Rect) -> Rect {
        let min = view.min + (rect.min.to_vec2() - self.origin) * self.zoom;
        Rect::from_min_size(min, rect.size() * self.zoom)
    }
}

/// Draws the graph in the room that is left.
pub fn canvas_ui(ui: &mut Ui, ctx: &Ctx<'_>, camera: &mut Camera, shown: &Shown, layout: &Layout, find: &str) {
    let theme = ctx.theme;
    let outer = ui.available_rect_before_wrap();
    let background = ui.allocate_rect(outer, Sense::click_and_drag());
    let summary = summary_of(shown);
    background.widget_info(|| WidgetInfo::labeled(Role::GraphicsDocument, true, &summary));
    let view = Rect::from_min_max(outer.min + vec2(0.0, HEADINGS), outer.max - vec2(0.0, 28.0));
    camera.settle(view, layout);
    move_camera(ui, camera, view, &background);
    let painter = ui.painter_at(view);
    let boxes: Vec<Rect> = layout.boxes.iter().map(|rect| camera.to_screen(view, *rect)).collect();
    let hovered =
        ui.input(|input| input.pointer.hover_pos()).filter(|at| view.contains(*at) && ui.rect_contains_pointer(view));
    let under = hovered.and_then(|at| boxes.iter().position(|rect| rect.contains(at)));
    let selected = match ctx.selection {
        Selection::Node(id) => shown.index_of(id),
        Selection::Run(id) => shown.nodes.iter().position(|node| node.kind == NodeKind::Run && node.digest == *id),
        _ => None,
    };
    let lit = under.or(selected).map(|at| shown.path_through(at));
    draw_edges(&painter, ctx, camera, shown, &boxes, lit.as_ref());
    let searching = shown.nodes.iter().any(|node| is_found(node, find));
    for (index, node) in shown.nodes.iter().enumerate() {
        let rect = boxes[index];
        let id = ui.scope_id().with(("node", &node.id));
        if !rect.intersects(view) && !ui.memory(|memory| memory.has_focus(id)) {
            continue;
        }
        let on_path = lit.as_ref().is_some_and(|lit| lit.contains(&index));
        let emphasis = Emphasis {
            selected: selected == Some(index),
            lit: on_path,
            found: is_found(node, find),
            faded: (under.is_some() && !on_path) || (searching && !is_found(node, find)),
        };
        draw::draw_node(&painter, theme, node, shown.trials[index], rect, camera.zoom, emphasis);
        node_ui(ui, ctx, camera, shown, layout, index, rect.intersect(view), id);
    }
    draw_headings(ui, ctx, camera, outer, view, layout);
    draw_legend(ui, ctx, outer, shown);
    map_ui(ui, ctx, camera, view, shown, layout, lit.as_ref());
}

fn summary_of(shown: &Shown) -> String {
    let stale = shown.nodes.iter().filter(|node| node.stale).count();
    let missing = shown.nodes.iter().filter(|node| node.missing).count();
    format!("Lineage: {} nodes, {} edges, {stale} stale, {missing} missing", shown.nodes.len(), shown.edges.len())
}

fn move_camera(ui: &Ui, camera: &mut Camera, view: Rect, background: &egui::Response) {
    if background.dragged() {
        camera.origin -= background.drag_delta() / camera.zoom;
    }
    if background.double_clicked() {
        camera.fit_next();
        ui.request_repaint();
    }
    let Some(pointer) = ui.input(|input| input.pointer.hover_pos()).filter(|at| view.contains(*at)) else { return };
    // Nodes lie over the background; the wheel moves the view there as well.
    if !ui.rect_contains_pointer(view) {
        return;
    }
    let (zoom, scroll) = ui.input(|input| (input.zoom_delta(), input.smooth_scroll_delta()));
    if zoom != 1.0 {
        camera.zoom_about(view, pointer, zoom);
    } else if scroll != Vec2::ZERO {
        camera.origin -= scroll / camera.zoom;
    }
}

fn draw_edges(
    painter: &Painter,
    ctx: &Ctx<'_>,
    camera: &Camera,
    shown: &Shown,
    boxes: &[Rect],
    lit: Option<&HashSet<usize>>,
) {
    let theme = ctx.theme;
    let is_lit = |(from, to): &(usize, usize)| lit.is_some_and(|lit| lit.contains(from) && lit.contains(to));
    // Lit edges are drawn over the others.
    for pass in [false, true] {
        for edge in shown.edges.iter().filter(|edge| is_lit(edge) == pass) {
            let (from, to) = (boxes[edge.0], boxes[edge.1]);
            if !from.union(to).intersects(painter.clip_rect()) {
                continue;
            }
            let stale = shown.nodes[edge.1].stale || shown.nodes[edge.0].missing;
            let color = if pass { theme.accent } else { crate::charts::ramp::blend(theme.border, theme.dim, 0.35) };
            let width = if pass { 2.0 } else { 1.25 };
            draw::draw_edge(painter, from, to, color, width, stale, camera.zoom);
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "one node with everything around it")]
fn node_ui(
    ui: &Ui,
    ctx: &Ctx<'_>,
    camera: &mut Camera,
    shown: &Shown,
    layout: &Layout,
    index: usize,
    rect: Rect,
    id: Id,
) {
    let node = &shown.nodes[index];
    let response = ui.interact(rect, id, Sense::click());
    let label = draw::node_label(node, shown.trials[index]);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    if response.double_clicked() {
        open_node(ctx, node);
    } else if response.clicked() {
        response.request_focus();
        ctx.push(Action::Select(Selection::Node(node.id.clone())));
    }
    if response.has_focus() {
        ui.painter().rect_stroke(
            rect.expand(2.0),
            CornerRadius::same(size::RADIUS),
            Stroke::new(2.0, ctx.theme.accent),
            StrokeKind::Outside,
        );
        let filter = EventFilter { vertical_arrows: true, horizontal_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        if let Some(to) = ui.input_mut(|input| step(shown, layout, index, input)) {
            let target = ui.scope_id().with(("node", &shown.nodes[to].id));
            ui.memory_mut(|memory| memory.request_focus(target));
            camera.centre_on(layout.boxes[to]);
            ui.request_repaint();
        }
    }
    let id_tail: String = node.digest.chars().take(12).collect();
    response.on_hover_text_at_pointer(format!("{label}\n{id_tail}"));
}

/// The node that an arrow key leads to: along an edge to the sides, within the column up and down. The key is taken,
/// for the node that gets the focus may be drawn later in the same frame.
fn step(shown: &Shown, layout: &Layout, from: usize, input: &mut egui::InputState) -> Option<usize> {
    let at = layout.boxes[from].center();
    let nearest = |nodes: &mut dyn Iterator<Item = usize>| {
        nodes.min_by(|a, b| {
            (layout.boxes[*a].center().y - at.y).abs().total_cmp(&(layout.boxes[*b].center().y - at.y).abs())
        })
    };
    if input.consume_key(Modifiers::NONE, Key::ArrowRight) {
        return nearest(&mut shown.children(from));
    }
    if input.consume_key(Modifiers::NONE, Key::ArrowLeft) {
        return nearest(&mut shown.parents(from));
    }
    let column = layout.column_of[from];
    let in_column = (0..shown.nodes.len()).filter(|i| layout.column_of[*i] == column);
    if input.consume_key(Modifiers::NONE, Key::ArrowDown) {
        return nearest(&mut in_column.filter(|i| layout.boxes[*i].center().y > at.y));
    }
    if input.consume_key(Modifiers::NONE, Key::ArrowUp) {
        return nearest(&mut in_column.filter(|i| layout.boxes[*i].center().y < at.y));
    }
    None
}

fn draw_headings(ui: &Ui, ctx: &Ctx<'_>, camera: &Camera, outer: Rect, view: Rect, layout: &Layout) {
    let theme = ctx.theme;
    let strip = Rect::from_min_max(outer.min, pos2(outer.right(), view.top()));
    let painter = ui.painter_at(strip);
    painter.rect_filled(strip, CornerRadius::ZERO, theme.background);
    for (left, right, kinds) in &layout.columns {
        let column = camera.to_screen(view, Rect::from_min_max(pos2(*left, 0.0), pos2(*right, 1.0)));
        if column.right() < strip.left() || column.left() > strip.right() || column.width() < 24.0 {
            continue;
        }
        let mut titles: Vec<&str> = kinds.iter().map(|kind| draw::column_title(*kind)).collect();
        titles.dedup();
        let room = column.width() + 20.0 * camera.zoom;
        let at = pos2(column.left(), strip.bottom() - 14.0);
        ink::write(&painter, at, Align2::LEFT_BOTTOM, &titles.join(", "), ink::strong(text::SMALL), theme.dim, room);
        painter.hline(
            column.x_range(),
            painter.round_to_pixel_center(strip.bottom() - 8.0),
            Stroke::new(1.0, theme.border),
        );
    }
}

fn draw_legend(ui: &Ui, ctx: &Ctx<'_>, outer: Rect, shown: &Shown) {
    let theme = ctx.theme;
    let painter = ui.painter_at(outer);
    let y = outer.bottom() - 14.0;
    let strip = Rect::from_min_max(pos2(outer.left(), outer.bottom() - 28.0), outer.max);
    painter.rect_filled(strip, CornerRadius::ZERO, theme.background);
    let mut x = outer.left() + 14.0;
    let entries = [
        (NodeKind::File, "file"),
        (NodeKind::Dataset, "dataset"),
        (NodeKind::Recipe, "step, split"),
        (NodeKind::Run, "run, sweep"),
        (NodeKind::Model, "model"),
        (NodeKind::Report, "output"),
    ];
    for (kind, title) in entries {
        let tile = Rect::from_min_size(pos2(x, y - 5.0), vec2(10.0, 10.0));
        painter.rect_filled(tile, CornerRadius::same(2), draw::kind_color(theme, kind));
        x = painter.text(pos2(x + 16.0, y), Align2::LEFT_CENTER, title, ink::small(), theme.dim).right() + 18.0;
    }
    let tile = Rect::from_min_size(pos2(x, y - 5.0), vec2(14.0, 10.0));
    draw::hatch(&painter, tile, theme.dim);
    painter.rect_stroke(tile, CornerRadius::same(2), Stroke::new(1.0, theme.dim), StrokeKind::Inside);
    x = painter.text(pos2(x + 20.0, y), Align2::LEFT_CENTER, "stale", ink::small(), theme.dim).right() + 18.0;
    let tile = Rect::from_min_size(pos2(x, y - 5.0), vec2(14.0, 10.0));
    painter.rect_stroke(tile, CornerRadius::same(2), Stroke::new(1.0, theme.fault.mark), StrokeKind::Inside);
    x = painter.text(pos2(x + 20.0, y), Align2::LEFT_CENTER, "missing", ink::small(), theme.dim).right() + 18.0;
    let room = outer.right() - x - 12.0;
    let words = summary_of(shown);
    let words = words.strip_prefix("Lineage: ").unwrap_or(&words);
    if room > 80.0 {
        ink::write(&painter, pos2(outer.right() - 12.0, y), Align2::RIGHT_CENTER, words, ink::small(), theme.dim, room);
    }
}

/// The map at the lower right, when not everything is in view; pressing it moves the view there.
fn map_ui(
    ui: &Ui,
    ctx: &Ctx<'_>,
    camera: &mut Camera,
    view: Rect,
    shown: &Shown,
    layout: &Layout,
    lit: Option<&HashSet<usize>>,
) {
    let theme = ctx.theme;
    let seen = Rect::from_min_size(camera.origin.to_pos2(), view.size() / camera.zoom);
    let all = Rect::from_min_size(Pos2::ZERO, layout.size);
    if seen.contains_rect(all) || view.width() < 2.0 * MAP.x || view.height() < 2.0 * MAP.y {
        return;
    }
    let rect = Rect::from_min_size(view.max - MAP - vec2(12.0, 12.0), MAP);
    let response = ui.interact(rect, ui.scope_id().with("map"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Map of the graph: press to move the view"));
    let painter = ui.painter_at(rect);
    painter.rect(
        rect,
        CornerRadius::same(size::RADIUS),
        theme.card,
        Stroke::new(1.0, theme.border),
        StrokeKind::Inside,
    );
    let inner = rect.shrink(8.0);
    let scale = (inner.width() / layout.size.x.max(1.0)).min(inner.height() / layout.size.y.max(1.0));
    let place = |at: Rect| Rect::from_min_size(inner.min + at.min.to_vec2() * scale, at.size() * scale);
    for (index, node) in shown.nodes.iter().enumerate() {
        let color = if node.missing {
            theme.fault.mark
        } else if lit.is_some_and(|lit| lit.contains(&index)) {
            theme.accent
        } else if node.stale {
            theme.border
        } else {
            theme.dim.gamma_multiply(0.6)
        };
        painter.rect_filled(place(layout.boxes[index]), CornerRadius::same(1), color);
    }
    let window = place(seen).intersect(rect.shrink(2.0));
    painter.rect(
        window,
        CornerRadius::same(2),
        theme.accent.gamma_multiply(0.08),
        Stroke::new(1.25, theme.accent),
        StrokeKind::Inside,
    );
    if (response.clicked() || response.dragged())
        && let Some(at) = response.interact_pointer_pos()
    {
        let centre = (at - inner.min) / scale;
        camera.origin = centre - view.size() / (2.0 * camera.zoom);
        ui.request_repaint();
    }
}
