//! A picture: plotters' SVG backend with coordinates in CSS pixels.
//!
//! The backend counts in whole units, which would put a curve onto whole pixels. So it draws on a sheet of [`UNIT`]
//! units a pixel and the view box brings it back. Texts are placed by anchors, never by estimated widths, and what is
//! not finite is not drawn.

use plotters::{
    coord::Shift,
    element::{Circle, Drawable, PathElement, PointCollection, Polygon, Rectangle, Text},
    prelude::{DrawingArea, IntoDrawingArea, SVGBackend},
    style::{
        Color, FontDesc, FontFamily, FontStyle, RGBAColor, RGBColor, ShapeStyle,
        text_anchor::{HPos, Pos, VPos},
    },
};

use crate::ReportError;

/// Units of the backend in a CSS pixel.
const UNIT: f64 = 8.0;

/// A colour with its opacity and, for lines, its width in pixels.
#[derive(Clone, Copy)]
pub struct Ink {
    rgb: RGBColor,
    alpha: f64,
    width: f64,
}

impl Ink {
    /// An opaque colour, lines one pixel wide.
    pub const fn new(rgb: u32) -> Self {
        let rgb = RGBColor((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8);
        Self { rgb, alpha: 1.0, width: 1.0 }
    }

    /// The same, seen through.
    pub const fn alpha(self, alpha: f64) -> Self {
        Self { alpha, ..self }
    }

    /// The same with another line width.
    pub const fn width(self, width: f64) -> Self {
        Self { width, ..self }
    }

    fn shape(self, filled: bool) -> ShapeStyle {
        ShapeStyle { color: self.color(), filled, stroke_width: whole(self.width * UNIT).unsigned_abs() }
    }

    fn color(self) -> RGBAColor {
        self.rgb.mix(self.alpha)
    }
}

/// Text.
pub const TEXT: Ink = Ink::new(0x1F_1F1D);
/// Text of the second rank.
pub const DIM: Ink = Ink::new(0x6B_6A66);
/// Grid lines.
pub const GRID: Ink = Ink::new(0xED_ECE9);
/// Borders and axes.
pub const BORDER: Ink = Ink::new(0xC9_C8C3);
/// The card below a picture.
pub const CARD: Ink = Ink::new(0xFF_FFFF);
/// The accent.
pub const ACCENT: Ink = Ink::new(0x0F_6E84);
/// What went wrong.
pub const FAULT: Ink = Ink::new(0xC2_413B);
/// What wants a look.
pub const WARNING: Ink = Ink::new(0xB7_791F);

/// Okabe and Ito's colours for series, in the shades of the light theme.
pub const SLOTS: [(Ink, &str); 6] = [
    (Ink::new(0x00_72B2), "#0072B2"),
    (Ink::new(0xB8_7A00), "#B87A00"),
    (Ink::new(0x00_9E73), "#009E73"),
    (Ink::new(0xCC_79A7), "#CC79A7"),
    (Ink::new(0xD5_5E00), "#D55E00"),
    (Ink::new(0x4D_4D4A), "#4D4D4A"),
];

/// The colour of the model at a place in the order.
pub fn slot(index: usize) -> Ink {
    SLOTS[index % SLOTS.len()].0
}

/// Where a text stands from its point.
#[derive(Clone, Copy)]
pub enum Anchor {
    /// It begins there.
    Start,
    /// It is centred there.
    Middle,
    /// It ends there.
    End,
}

/// How a text looks.
#[derive(Clone, Copy)]
pub struct Type {
    ink: Ink,
    size: f64,
    anchor: Anchor,
    strong: bool,
    mono: bool,
}

impl Type {
    /// A text of a size in pixels.
    pub const fn new(ink: Ink, size: f64, anchor: Anchor) -> Self {
        Self { ink, size, anchor, strong: false, mono: false }
    }

    /// The same, semibold.
    pub const fn strong(self) -> Self {
        Self { strong: true, ..self }
    }

    /// The same in the fixed-width face.
    pub const fn mono(self) -> Self {
        Self { mono: true, ..self }
    }
}

/// Where a picture is drawn.
pub struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
    fault: Option<String>,
}

/// Draws a picture of a size in pixels and returns it as inline SVG, hidden from screen readers: the figure around it
/// carries the sentence.
///
/// # Errors
/// The drawing library failed.
pub fn svg(
    picture: &'static str,
    (width, height): (f64, f64),
    draw: impl FnOnce(&mut Canvas<'_>),
) -> Result<String, ReportError> {
    let (wide, high) = (whole(width * UNIT).unsigned_abs(), whole(height * UNIT).unsigned_abs());
    let mut drawn = String::new();
    let fault = {
        let mut canvas =
            Canvas { area: SVGBackend::with_string(&mut drawn, (wide, high)).into_drawing_area(), fault: None };
        draw(&mut canvas);
        let presented = canvas.area.present().err().map(|error| error.to_string());
        canvas.fault.or(presented)
    };
    if let Some(reason) = fault {
        return Err(ReportError::Picture { picture, reason });
    }
    // The backend's own opening tag has a size in units and a namespace that HTML does not need.
    let body = drawn.split_once('>').map_or("", |(_, body)| body).replace(" opacity=\"1\"", "").replace('\n', "");
    Ok(format!(
        "<svg viewBox=\"0 0 {wide} {high}\" width=\"{width}\" height=\"{height}\" aria-hidden=\"true\" focusable=\"false\">{body}"
    ))
}

impl Canvas<'_> {
    /// A line through points, interrupted where one is not finite.
    pub fn line(&mut self, points: impl IntoIterator<Item = (f64, f64)>, ink: Ink) {
        let mut run: Vec<(i32, i32)> = Vec::new();
        for (x, y) in points {
            if x.is_finite() && y.is_finite() {
                let point = units(x, y);
                if run.last() != Some(&point) {
                    run.push(point);
                }
            } else {
                self.stroke(std::mem::take(&mut run), ink);
            }
        }
        self.stroke(run, ink);
    }

    /// A dashed line between two points.
    pub fn dashed(&mut self, from: (f64, f64), to: (f64, f64), ink: Ink) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy);
        if !length.is_finite() || length == 0.0 {
            return;
        }
        let mut done = 0.0;
        while done < length {
            let (a, b) = (done / length, (done + 3.0).min(length) / length);
            self.line([(from.0 + dx * a, from.1 + dy * a), (from.0 + dx * b, from.1 + dy * b)], ink);
            done += 6.0;
        }
    }

    /// A filled rectangle from its corner with a width and a height.
    pub fn bar(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), ink: Ink) {
        if [x, y, width, height].iter().all(|value| value.is_finite()) && width > 0.0 && height > 0.0 {
            self.put(&Rectangle::new([units(x, y), units(x + width, y + height)], ink.shape(true)));
        }
    }

    /// A filled circle.
    pub fn dot(&mut self, (x, y): (f64, f64), radius: f64, ink: Ink) {
        if x.is_finite() && y.is_finite() {
            self.put(&Circle::new(units(x, y), whole(radius * UNIT), ink.shape(true)));
        }
    }

    /// A circle in the card's colour with a coloured edge.
    pub fn ring(&mut self, at: (f64, f64), radius: f64, ink: Ink) {
        self.dot(at, radius + ink.width / 2.0, ink);
        self.dot(at, radius - ink.width / 2.0, CARD);
    }

    /// A filled polygon.
    pub fn polygon(&mut self, points: &[(f64, f64)], ink: Ink) {
        if points.iter().all(|(x, y)| x.is_finite() && y.is_finite()) {
            let points: Vec<_> = points.iter().map(|&(x, y)| units(x, y)).collect();
            self.put(&Polygon::new(points, ink.shape(true)));
        }
    }

    /// A text, centred on the height of its point.
    pub fn text(&mut self, text: impl Into<String>, (x, y): (f64, f64), look: Type) {
        let family = if look.mono { FontFamily::Monospace } else { FontFamily::Name("inherit") };
        let style = if look.strong { FontStyle::Bold } else { FontStyle::Normal };
        // The backend divides the size by 1.24.
        let font = FontDesc::new(family, look.size * UNIT * 1.24, style);
        let across = match look.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let style = font.color(&look.ink.color()).pos(Pos::new(across, VPos::Center));
        if x.is_finite() && y.is_finite() {
            self.put(&Text::new(
                text.into().chars().map(crate::text::harmless).collect::<String>(),
                units(x, y),
                style,
            ));
        }
    }

    fn stroke(&mut self, points: Vec<(i32, i32)>, ink: Ink) {
        if points.len() > 1 {
            self.put(&PathElement::new(points, ink.shape(false)));
        }
    }

    /// Draws; the first failure is kept and ends the picture.
    fn put<E>(&mut self, element: &E)
    where
        for<'b> &'b E: PointCollection<'b, (i32, i32)>,
        E: for<'c> Drawable<SVGBackend<'c>>,
    {
        if self.fault.is_none()
            && let Err(error) = self.area.draw(element)
        {
            self.fault = Some(error.to_string());
        }
    }
}

fn units(x: f64, y: f64) -> (i32, i32) {
    (whole(x * UNIT), whole(y * UNIT))
}

/// Rounds; what lies far outside any sheet stays far outside.
fn whole(value: f64) -> i32 {
    value.round().clamp(-1e6, 1e6) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_inline_svg_without_a_namespace_and_skips_what_is_not_finite() {
        let drawn = svg("a test", (100.0, 50.0), |canvas| {
            canvas.line([(0.0, 0.0), (10.0, 10.0), (f64::NAN, 3.0), (20.0, 5.0), (30.25, 5.0)], TEXT.width(1.5));
            canvas.dot((f64::NAN, 1.0), 2.0, TEXT);
            canvas.text("<b>&", (1.0, 1.0), Type::new(TEXT, 11.0, Anchor::End).strong());
        })
        .unwrap();
        assert!(drawn.starts_with("<svg viewBox=\"0 0 800 400\" width=\"100\" height=\"50\""), "{drawn}");
        assert_eq!(drawn.matches("<polyline").count(), 2);
        assert!(drawn.contains("242,40") && drawn.contains("stroke-width=\"12\""), "{drawn}");
        assert!(!drawn.contains("circle") && !drawn.contains("http") && !drawn.contains("<b>"));
        assert!(drawn.contains("&lt;b&gt;&amp;") && drawn.ends_with("</svg>"));
    }
}
