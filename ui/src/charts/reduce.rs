//! Many points to few: of a run of points that fall into one pixel column, the first, the lowest, the highest and
//! the last are kept. What is drawn looks the same, and a curve of 100,000 points costs as much as one of a thousand.

use egui::{Pos2, pos2};

/// The polylines of a curve on screen: `place` maps a point to the screen, NaN where it has no place. A point
/// without a place ends a polyline and the next begins another.
pub fn polylines(
    points: &[(f64, f64)],
    place: impl Fn((f64, f64)) -> (f32, f32),
    pixels_per_point: f32,
) -> Vec<Vec<Pos2>> {
    let mut lines = Vec::new();
    let mut line: Vec<Pos2> = Vec::new();
    let mut column: Option<Column> = None;
    for &point in points {
        let (x, y) = place(point);
        if !x.is_finite() || !y.is_finite() {
            if let Some(column) = column.take() {
                column.flush(&mut line);
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            continue;
        }
        let pixel = (x * pixels_per_point).floor() as i64;
        match &mut column {
            Some(open) if open.pixel == pixel => open.add(pos2(x, y)),
            _ => {
                if let Some(column) = column.take() {
                    column.flush(&mut line);
                }
                column = Some(Column::new(pixel, pos2(x, y)));
            }
        }
    }
    if let Some(column) = column {
        column.flush(&mut line);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

struct Column {
    pixel: i64,
    count: usize,
    first: Pos2,
    last: Pos2,
    /// Lowest on screen with its number in the column, so that the order of the curve is kept.
    top: (usize, Pos2),
    bottom: (usize, Pos2),
}

impl Column {
    fn new(pixel: i64, at: Pos2) -> Self {
        Self { pixel, count: 1, first: at, last: at, top: (0, at), bottom: (0, at) }
    }

    fn add(&mut self, at: Pos2) {
        if at.y < self.top.1.y {
            self.top = (self.count, at);
        }
        if at.y > self.bottom.1.y {
            self.bottom = (self.count, at);
        }
        self.last = at;
        self.count += 1;
    }

    fn flush(self, line: &mut Vec<Pos2>) {
        let mut kept = [(0, self.first), self.top, self.bottom, (self.count - 1, self.last)];
        kept.sort_by_key(|(number, _)| *number);
        let mut before = None;
        for (number, at) in kept {
            if before != Some(number) {
                line.push(at);
            }
            before = Some(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen(point: (f64, f64)) -> (f32, f32) {
        (point.0 as f32, point.1 as f32)
    }

    #[test]
    fn a_hundred_thousand_points_shrink_to_four_a_pixel_and_keep_their_extremes() {
        let points: Vec<(f64, f64)> =
            (0..100_000).map(|i| (f64::from(i) / 200.0, if i == 54_321 { 99.0 } else { f64::from(i % 7) })).collect();
        let lines = polylines(&points, screen, 1.0);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].len() <= 4 * 501, "{}", lines[0].len());
        assert!(lines[0].iter().any(|at| at.y == 99.0));
        assert_eq!(lines[0].first(), Some(&pos2(0.0, 0.0)));
        assert!(lines[0].windows(2).all(|pair| pair[0].x <= pair[1].x));
    }

    #[test]
    fn what_is_no_number_leaves_a_gap() {
        let points = [(0.0, 1.0), (1.0, f64::NAN), (2.0, 2.0), (3.0, 3.0), (4.0, f64::INFINITY)];
        let lines = polylines(&points, screen, 1.0);
        assert_eq!(lines, [vec![pos2(0.0, 1.0)], vec![pos2(2.0, 2.0), pos2(3.0, 3.0)]]);
        assert!(polylines(&[(f64::NAN, f64::NAN)], screen, 1.0).is_empty());
    }
}
