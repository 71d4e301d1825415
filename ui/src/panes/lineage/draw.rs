//! How nodes and edges look.

use cairn_protocol::runs::{LineageNode, NodeKind};
use egui::{
    Align2, Color32, CornerRadius, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, epaint::CubicBezierShape, pos2, vec2,
};

use crate::{
    charts::ink,
    theme::{Theme, size, text},
    widgets::glyph,
};

/// Name of a kind for people.
#[must_use]
pub fn kind_title(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::File => "File",
        NodeKind::Dataset => "Dataset",
        NodeKind::Recipe => "Recipe",
        NodeKind::Split => "Split",
        NodeKind::Run => "Run",
        NodeKind::Sweep => "Sweep",
        NodeKind::Model => "Model",
        NodeKind::Report => "Report",
    }
}

/// Heading of a column with nodes of a kind.
#[must_use]
pub fn column_title(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::File => "Source",
        NodeKind::Run | NodeKind::Sweep => "Training",
        NodeKind::Report => "Used in",
        other => kind_title(other),
    }
}

/// Glyph of a kind.
#[must_use]
pub fn kind_glyph(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::File => glyph::FILE_CSV,
        NodeKind::Dataset => glyph::DATABASE,
        NodeKind::Recipe => glyph::WRENCH,
        NodeKind::Split => glyph::SPLIT,
        NodeKind::Run => glyph::CHART_LINE,
        NodeKind::Sweep => glyph::TARGET,
        NodeKind::Model => glyph::CUBE,
        NodeKind::Report => glyph::FILE_TEXT,
    }
}

/// Colour of a kind.
#[must_use]
pub fn kind_color(theme: &Theme, kind: NodeKind) -> Color32 {
    match kind {
        NodeKind::File => theme.dim,
        NodeKind::Dataset => theme.series[0],
        NodeKind::Recipe | NodeKind::Split => theme.series[2],
        NodeKind::Run | NodeKind::Sweep => theme.series[1],
        NodeKind::Model => theme.series[4],
        NodeKind::Report => theme.series[3],
    }
}

/// Width of a node, 104 to 146: about what its name takes.
#[must_use]
pub fn node_width(node: &LineageNode) -> f32 {
    let name = short_name(node).chars().count() as f32 * 6.8 + 40.0;
    let below = (node.figure.chars().count() as f32 + 4.0) * 6.2 + 20.0;
    name.max(below).clamp(104.0, 146.0)
}

/// The name without the folders of a file.
#[must_use]
pub fn short_name(node: &LineageNode) -> &str {
    if node.kind == NodeKind::File { node.name.rsplit('/').next().unwrap_or(&node.name) } else { &node.name }
}

/// The figure of a node: of a folded sweep how many trials it holds.
#[must_use]
pub fn figure(node: &LineageNode, trials: usize) -> String {
    if trials > 1 || (trials == 1 && node.figure.is_empty()) {
        return crate::widgets::format::plural(trials as u64, "trial", "trials");
    }
    node.figure.clone()
}

/// The accessible name of a node.
#[must_use]
pub fn node_label(node: &LineageNode, trials: usize) -> String {
    let mut label = format!("{} {}", kind_title(node.kind), node.name);
    if node.version > 1 {
        label.push_str(&format!(" v{}", node.version));
    }
    let figure = figure(node, trials);
    if !figure.is_empty() {
        label.push_str(&format!(", {figure}"));
    }
    for (is, word) in [(node.stale, "stale"), (node.missing, "missing")] {
        if is {
            label.push_str(&format!(", {word}"));
        }
    }
    label
}

/// How a node stands out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Emphasis {
    /// It is selected.
    pub selected: bool,
    /// It lies on the lit path.
    pub lit: bool,
    /// The search found it.
    pub found: bool,
    /// Something else is lit or found.
    pub faded: bool,
}

/// Draws a node in a box that is already scaled by `zoom`.
pub fn draw_node(
    painter: &Painter,
    theme: &Theme,
    node: &LineageNode,
    trials: usize,
    rect: Rect,
    zoom: f32,
    emphasis: Emphasis,
) {
    let faded = node.stale || emphasis.faded;
    let radius = CornerRadius::same((f32::from(size::RADIUS) * zoom).round() as u8);
    let stroke = if emphasis.selected {
        Stroke::new(2.0, theme.accent)
    } else if emphasis.found {
        Stroke::new(2.0, theme.warning.mark)
    } else if emphasis.lit {
        Stroke::new(1.25, theme.accent)
    } else {
        Stroke::new(1.0, if theme.dark { theme.border } else { theme.border.gamma_multiply(1.0) })
    };
    if trials > 1 {
        // A pile, for what stands for many.
        for i in [2.0, 1.0] {
            let behind = rect.translate(vec2(3.0 * i * zoom, -3.0 * i * zoom));
            painter.rect(behind, radius, theme.card, Stroke::new(1.0, theme.border), StrokeKind::Inside);
        }
    }
    painter.rect_filled(rect, radius, if node.stale { theme.panel } else { theme.card });
    if node.stale {
        hatch(painter, rect.shrink(1.0), theme.border);
    }
    if node.missing {
        let corners = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
        painter.extend(Shape::dashed_line(&corners, Stroke::new(1.5, theme.fault.mark), 4.0, 3.0));
    } else {
        painter.rect_stroke(rect, radius, stroke, StrokeKind::Inside);
    }
    if zoom < 0.45 {
        let color = kind_color(theme, node.kind);
        let color = if faded { color.gamma_multiply(0.4) } else { color };
        painter.rect_filled(rect.shrink(rect.height() * 0.25), CornerRadius::same(1), color);
        return;
    }
    let strength = if faded { 0.55 } else { 1.0 };
    let color = if node.missing { theme.fault.mark } else { kind_color(theme, node.kind) }.gamma_multiply(strength);
    let ink_color = if node.missing {
        theme.fault.text
    } else if faded {
        theme.dim
    } else {
        theme.text
    };
    let tile = Rect::from_min_size(rect.min + vec2(7.0, 7.0) * zoom, vec2(18.0, 18.0) * zoom);
    painter.rect_filled(tile, CornerRadius::same(3), color.gamma_multiply(0.16));
    painter.text(tile.center(), Align2::CENTER_CENTER, kind_glyph(node.kind), ink::icon(13.0 * zoom), color);
    let name_at = pos2(tile.right() + 7.0 * zoom, tile.center().y);
    let room = rect.right() - name_at.x - 7.0 * zoom;
    ink::write(
        painter,
        name_at,
        Align2::LEFT_CENTER,
        short_name(node),
        ink::strong(text::BODY * zoom),
        ink_color,
        room,
    );
    let line = painter.round_to_pixel_center(rect.top() + 32.0 * zoom);
    painter.hline(rect.left() + 1.0..=rect.right() - 1.0, line, Stroke::new(1.0, theme.grid_line));
    let y = rect.top() + 46.0 * zoom;
    let mut right = rect.right() - 9.0 * zoom;
    let small = egui::FontId::proportional(text::SMALL * zoom);
    if node.version > 0 && matches!(node.kind, NodeKind::Dataset | NodeKind::Model | NodeKind::Recipe | NodeKind::File)
    {
        let version = format!("v{}", node.version);
        right = painter.text(pos2(right, y), Align2::RIGHT_CENTER, version, small.clone(), theme.dim).left() - 4.0;
    }
    let figure = if node.missing { "missing".to_owned() } else { figure(node, trials) };
    let left = rect.left() + 9.0 * zoom;
    let body = egui::FontId::proportional(text::BODY * zoom);
    ink::write(
        painter,
        pos2(left, y),
        Align2::LEFT_CENTER,
        &figure,
        body,
        if faded { theme.dim } else { theme.text },
        right - left,
    );
}

/// Lines at 45°, 6 apart, as far as a box goes.
pub fn hatch(painter: &Painter, rect: Rect, color: Color32) {
    let painter = painter.with_clip_rect(rect.intersect(painter.clip_rect()));
    let stroke = Stroke::new(1.0, color);
    // The lines are laid to a raster of the screen, so that neighbours' lines meet.
    let from = ((rect.left() - rect.height()) / 6.0).floor() as i64;
    let until = (rect.right() / 6.0).ceil() as i64;
    for i in from..=until {
        let x = i as f32 * 6.0;
        painter.line_segment([pos2(x, rect.bottom()), pos2(x + rect.height(), rect.top())], stroke);
    }
}

/// Draws an edge from the right of one box to the left of another, with an arrow head.
pub fn draw_edge(painter: &Painter, from: Rect, to: Rect, color: Color32, width: f32, dashed: bool, zoom: f32) {
    let start = from.right_center();
    let end = to.left_center() - vec2(5.0 * zoom, 0.0);
    let bend = ((end.x - start.x) * 0.5).max(18.0 * zoom);
    let points = [start, start + vec2(bend, 0.0), end - vec2(bend, 0.0), end];
    let curve = CubicBezierShape::from_points_stroke(points, false, Color32::TRANSPARENT, Stroke::new(width, color));
    if dashed {
        let line = curve.flatten(Some(0.3));
        painter.extend(Shape::dashed_line(&line, Stroke::new(width, color), 4.0, 3.0));
    } else {
        painter.add(curve);
    }
    let tip = to.left_center();
    let (long, half) = (6.0 * zoom.max(0.6), 3.5 * zoom.max(0.6));
    let corners: Vec<Pos2> = vec![tip, tip + vec2(-long, -half), tip + vec2(-long, half)];
    painter.add(Shape::convex_polygon(corners, color, Stroke::NONE));
}
