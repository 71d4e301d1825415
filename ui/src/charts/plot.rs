//! The frame of a chart: head, grid, axes with their units, and the read-out at the pointer.

use egui::{
    Align2, Color32, CornerRadius, Painter, Pos2, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};

use super::{ink, scale::Scale};
use crate::theme::{Theme, size, text};

/// Height of a chart's head.
pub const HEAD: f32 = 28.0;

/// What surrounds the area of the data.
#[derive(Debug, Clone, Default)]
pub struct Frame<'a> {
    /// Title at the upper left; empty: no head.
    pub title: &'a str,
    /// Dim text after the title.
    pub subtitle: &'a str,
    /// Dim text at the upper right.
    pub note: &'a str,
    /// Unit of the horizontal axis, at the lower right.
    pub unit_x: &'a str,
    /// Unit of the vertical axis, at the lower left with an arrow up.
    pub unit_y: &'a str,
    /// Room kept to the right of the data, for labels at the ends of curves.
    pub right: f32,
    /// Whether the horizontal axis has ticks.
    pub no_x_ticks: bool,
    /// Whether vertical grid lines are drawn as well.
    pub grid_x: bool,
    /// Names that take the place of ticks, each at the middle of its equal share of the axis.
    pub names_x: &'a [String],
}

/// A drawn frame; charts draw into it.
pub struct Plot {
    /// The area of the data.
    pub area: Rect,
    /// Everything, with head and axes.
    pub outer: Rect,
    /// Horizontal scale.
    pub x: Scale,
    /// Vertical scale.
    pub y: Scale,
    /// Clipped to everything.
    pub painter: Painter,
    /// Of the whole chart.
    pub response: Response,
}

impl Plot {
    /// Takes the full width and a height, and draws head, grid and axes. `summary` becomes the accessible name.
    pub fn new(ui: &mut Ui, theme: &Theme, frame: &Frame<'_>, x: Scale, y: Scale, height: f32, summary: &str) -> Self {
        let width = ui.available_width().max(60.0);
        let (outer, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
        Self::within(ui, theme, frame, x, y, outer, response, summary)
    }

    /// The same in a given rectangle with a response of its own.
    #[expect(clippy::too_many_arguments, reason = "one more than `new`, which most charts use")]
    pub fn within(
        ui: &Ui,
        theme: &Theme,
        frame: &Frame<'_>,
        x: Scale,
        y: Scale,
        outer: Rect,
        response: Response,
        summary: &str,
    ) -> Self {
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, summary));
        let painter = ui.painter_at(outer.expand(1.0));
        let top = outer.top() + if frame.title.is_empty() { 8.0 } else { HEAD };
        let bottom = outer.bottom()
            - if frame.no_x_ticks {
                8.0
            } else if frame.unit_x.is_empty() {
                22.0
            } else {
                38.0
            };
        let rows = (((bottom - top) / 34.0) as usize).clamp(2, 8);
        let y_ticks = y.ticks(rows);
        let label_width =
            y_ticks.iter().map(|tick| ink::width_of(&painter, &tick.label, ink::small())).fold(0.0, f32::max);
        let left = outer.left() + (label_width + 10.0).max(32.0).min(outer.width() * 0.4);
        let right = (outer.right() - frame.right.max(12.0)).max(left + 10.0);
        let area = Rect::from_min_max(pos2(left, top), pos2(right, bottom.max(top + 10.0)));
        let plot = Self { area, outer, x, y, painter, response };
        plot.draw_head(theme, frame);
        plot.draw_axes(theme, frame, &y_ticks);
        plot
    }

    fn draw_head(&self, theme: &Theme, frame: &Frame<'_>) {
        if frame.title.is_empty() {
            return;
        }
        let (painter, y) = (&self.painter, self.outer.top() + HEAD / 2.0);
        let mut right = self.outer.right();
        if !frame.note.is_empty() {
            let room = self.outer.width() * 0.5;
            let note =
                ink::write(painter, pos2(right, y), Align2::RIGHT_CENTER, frame.note, ink::small(), theme.dim, room);
            right = note.left() - 12.0;
        }
        let left = self.outer.left();
        let title = ink::write(
            painter,
            pos2(left, y),
            Align2::LEFT_CENTER,
            frame.title,
            ink::strong(text::BODY),
            theme.text,
            right - left,
        );
        if !frame.subtitle.is_empty() && right - title.right() > 40.0 {
            let room = right - title.right() - 8.0;
            ink::write(
                painter,
                pos2(title.right() + 8.0, y),
                Align2::LEFT_CENTER,
                frame.subtitle,
                ink::small(),
                theme.dim,
                room,
            );
        }
    }

    fn draw_axes(&self, theme: &Theme, frame: &Frame<'_>, y_ticks: &[super::Tick]) {
        let (painter, area) = (&self.painter, self.area);
        for tick in y_ticks {
            let y = self.y_at(tick.value);
            painter.hline(area.x_range(), painter.round_to_pixel_center(y), Stroke::new(1.0, theme.grid_line));
            painter.text(pos2(area.left() - 6.0, y), Align2::RIGHT_CENTER, &tick.label, ink::small(), theme.dim);
        }
        if !frame.no_x_ticks {
            let mut about = ((area.width() / 70.0) as usize).clamp(3, 9);
            let named = frame.names_x.len();
            let mut ticks = if named == 0 { self.x.ticks(about) } else { self.named_ticks(frame.names_x) };
            // Long labels get fewer ticks rather than run into each other.
            while named == 0 && about > 1 && self.crowded(&ticks) {
                about -= 1;
                ticks = self.x.ticks(about);
            }
            let base = painter.round_to_pixel_center(area.bottom());
            painter.hline(area.x_range(), base, Stroke::new(1.0, theme.border));
            for tick in &ticks {
                let x = self.x_at(tick.value);
                let line = painter.round_to_pixel_center(x);
                if frame.grid_x {
                    painter.vline(line, area.y_range(), Stroke::new(1.0, theme.grid_line));
                }
                painter.vline(line, area.bottom()..=area.bottom() + 4.0, Stroke::new(1.0, theme.border));
                let half = ink::width_of(painter, &tick.label, ink::small()) / 2.0;
                if named > 0 {
                    let room = area.width() / named as f32 - 4.0;
                    ink::write(
                        painter,
                        pos2(x, area.bottom() + 6.0),
                        Align2::CENTER_TOP,
                        &tick.label,
                        ink::small(),
                        theme.dim,
                        room,
                    );
                    continue;
                }
                let centre =
                    x.clamp(self.outer.left() + half, (self.outer.right() - half).max(self.outer.left() + half));
                painter.text(
                    pos2(centre, area.bottom() + 6.0),
                    Align2::CENTER_TOP,
                    &tick.label,
                    ink::small(),
                    theme.dim,
                );
            }
        }
        let below = self.outer.bottom() - 2.0;
        let half = area.width() / 2.0;
        if !frame.unit_x.is_empty() {
            ink::write(
                painter,
                pos2(area.right(), below),
                Align2::RIGHT_BOTTOM,
                frame.unit_x,
                ink::small(),
                theme.dim,
                half.max(80.0),
            );
        }
        if !frame.unit_y.is_empty() {
            let unit = format!("↑ {}", frame.unit_y);
            ink::write(
                painter,
                pos2(self.outer.left(), below),
                Align2::LEFT_BOTTOM,
                &unit,
                ink::small(),
                theme.dim,
                half,
            );
        }
    }

    fn named_ticks(&self, names: &[String]) -> Vec<super::Tick> {
        let place = |i: usize| self.x.value((i as f64 + 0.5) / names.len() as f64);
        names.iter().enumerate().map(|(i, name)| super::Tick { value: place(i), label: name.clone() }).collect()
    }

    fn crowded(&self, ticks: &[super::Tick]) -> bool {
        let mut before = f32::NEG_INFINITY;
        ticks.iter().any(|tick| {
            let half = ink::width_of(&self.painter, &tick.label, ink::small()) / 2.0 + 4.0;
            let x = self.x_at(tick.value);
            let clash = x - half < before;
            before = x + half;
            clash
        })
    }

    /// Where a horizontal value stands on screen.
    #[must_use]
    pub fn x_at(&self, value: f64) -> f32 {
        self.area.left() + self.x.unit(value) as f32 * self.area.width()
    }

    /// Where a vertical value stands on screen.
    #[must_use]
    pub fn y_at(&self, value: f64) -> f32 {
        self.area.bottom() - self.y.unit(value) as f32 * self.area.height()
    }

    /// Where a point stands on screen; NaN for what has no place.
    #[must_use]
    pub fn at(&self, x: f64, y: f64) -> Pos2 {
        pos2(self.x_at(x), self.y_at(y))
    }

    /// A painter clipped to the data, with a little room for dots at the edge.
    #[must_use]
    pub fn inside(&self) -> Painter {
        self.painter.with_clip_rect(self.area.expand(5.0).intersect(self.painter.clip_rect()))
    }

    /// The pointer, where it is over the data.
    #[must_use]
    pub fn pointer(&self) -> Option<Pos2> {
        self.response.hover_pos().filter(|at| self.area.expand(4.0).contains(*at))
    }

    /// A dashed line at a horizontal value.
    pub fn dashed_at_x(&self, value: f64, color: Color32) {
        let x = self.painter.round_to_pixel_center(self.x_at(value));
        if self.area.x_range().contains(x) {
            let line = [pos2(x, self.area.top()), pos2(x, self.area.bottom())];
            self.painter.extend(Shape::dashed_line(&line, Stroke::new(1.0, color), 4.0, 3.0));
        }
    }

    /// A dashed line at a vertical value.
    pub fn dashed_at_y(&self, value: f64, color: Color32) {
        let y = self.painter.round_to_pixel_center(self.y_at(value));
        if self.area.y_range().contains(y) {
            let line = [pos2(self.area.left(), y), pos2(self.area.right(), y)];
            self.painter.extend(Shape::dashed_line(&line, Stroke::new(1.0, color), 4.0, 3.0));
        }
    }

    /// The read-out: a card of lines beside a place, kept within the chart.
    pub fn read_out(&self, theme: &Theme, beside: Pos2, lines: &[ReadOut]) {
        read_out(&self.painter, theme, self.outer, beside, lines);
    }
}

/// A line of a read-out.
#[derive(Debug, Clone)]
pub struct ReadOut {
    /// Dot before the text.
    pub dot: Option<Color32>,
    /// Text at the left.
    pub text: String,
    /// Text at the right.
    pub value: String,
    /// Whether the line leads.
    pub strong: bool,
}

impl ReadOut {
    /// A plain line.
    pub fn new(text: impl Into<String>, value: impl Into<String>) -> Self {
        Self { dot: None, text: text.into(), value: value.into(), strong: false }
    }

    /// With a dot.
    #[must_use]
    pub fn dot(mut self, color: Color32) -> Self {
        self.dot = Some(color);
        self
    }

    /// The leading line.
    #[must_use]
    pub fn strong(mut self) -> Self {
        self.strong = true;
        self
    }
}

/// Draws a read-out beside a place, within a rectangle.
pub fn read_out(painter: &Painter, theme: &Theme, within: Rect, beside: Pos2, lines: &[ReadOut]) {
    const ROW: f32 = 16.0;
    let laid: Vec<_> = lines
        .iter()
        .map(|line| {
            let font = if line.strong { ink::strong(text::SMALL) } else { ink::small() };
            let color = if line.strong { theme.text } else { theme.dim };
            let name = ink::elided(painter, &line.text, font, color, 180.0);
            let value = painter.layout_no_wrap(line.value.clone(), ink::strong(text::SMALL), theme.text);
            (line, name, value)
        })
        .collect();
    let width = laid
        .iter()
        .map(|(line, name, value)| {
            let dot = if line.dot.is_some() { 12.0 } else { 0.0 };
            let gap = if value.is_empty() { 0.0 } else { 12.0 };
            dot + name.size().x + gap + value.size().x
        })
        .fold(0.0, f32::max);
    let size = vec2(width + 16.0, laid.len() as f32 * ROW + 10.0);
    let mut min = beside + vec2(12.0, -size.y - 8.0);
    if min.x + size.x > within.right() {
        min.x = beside.x - 12.0 - size.x;
    }
    min.x = min.x.max(within.left());
    min.y = min.y.clamp(within.top(), (within.bottom() - size.y).max(within.top()));
    let card = Rect::from_min_size(min, size);
    painter.rect(
        card,
        CornerRadius::same(size::CHIP_RADIUS),
        theme.card,
        Stroke::new(1.0, theme.border),
        StrokeKind::Inside,
    );
    for (row, (line, name, value)) in laid.into_iter().enumerate() {
        let y = card.top() + 5.0 + (row as f32 + 0.5) * ROW;
        let mut x = card.left() + 8.0;
        if let Some(color) = line.dot {
            painter.circle_filled(pos2(x + 3.0, y), 3.0, color);
            x += 12.0;
        }
        painter.galley(pos2(x, y - name.size().y / 2.0), name, theme.text);
        painter.galley(pos2(card.right() - 8.0 - value.size().x, y - value.size().y / 2.0), value, theme.text);
    }
}
