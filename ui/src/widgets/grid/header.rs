//! The header: name, one line of figures, a small picture. A click selects, a double click or the arrow sorts, Shift and
//! a click sort by this column too, a click on the picture filters, a right click opens the menu.

use cairn_protocol::{
    ParamValue,
    steps::{Condition, Test},
    table::{ColumnChange, ColumnProfile, ColumnType, Histogram, Scalar},
};
use egui::{
    Align2, Color32, CornerRadius, CursorIcon, FontId, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2,
    text::{LayoutJob, TextFormat},
    vec2,
};

use super::{ColumnWidth, Frame, GridColumn, GridOutput, GridState, add_condition, menu, set_sort, shades, sort};
use crate::{
    ctx::Ctx,
    fonts,
    theme::{Theme, text},
    widgets::{columns::type_glyph, focus_ring, format, frames, glyph},
};

const PADDING: f32 = 8.0;

/// Width of a column: the person's, or what its header and common values need.
pub(super) fn width_of(ui: &Ui, state: &mut GridState, column: &GridColumn<'_>) -> f32 {
    let known = state.widths.get(column.name).copied();
    if let Some(known) = known.filter(|known| known.settled || column.profile.is_none()) {
        return known.width;
    }
    let width = natural_width(ui, column);
    state.widths.insert(column.name.to_owned(), ColumnWidth { width, settled: column.profile.is_some() });
    width
}

fn natural_width(ui: &Ui, column: &GridColumn<'_>) -> f32 {
    let painter = ui.painter();
    let width =
        |words: &str, font: FontId| painter.layout_no_wrap(words.to_owned(), font, Color32::PLACEHOLDER).size().x;
    let glyph_room = if column.change == ColumnChange::Added { 0.0 } else { 16.0 };
    let mut needed = width(column.label, fonts::strong(text::BODY)) + glyph_room + 2.0 * PADDING + 12.0;
    let Some(profile) = column.profile else {
        let usual = if column.column_type.is_numeric() { 84.0 } else { 120.0 };
        if let Some(note) = &column.note {
            needed = needed.max(width(note, fonts::body(text::SMALL)) + 2.0 * PADDING);
        }
        let values = column.longest as f32 * 7.2 + 2.0 * PADDING + 2.0;
        return needed.max(usual).max(values).min(260.0);
    };
    if let Some((words, _)) = figures(column).first() {
        needed = needed.max(width(words, fonts::body(text::SMALL)) + 2.0 * PADDING);
    }
    let longest = profile
        .top
        .iter()
        .map(|top| {
            let short = if column.column_type.is_numeric() { super::cells::rounded(&top.value) } else { None };
            short.as_deref().unwrap_or(&top.value).chars().count()
        })
        .chain([&profile.min, &profile.max].into_iter().flatten().map(scalar_length))
        .max()
        .unwrap_or_default();
    let level = column.change == ColumnChange::Added && indicator_share(column).is_some();
    let (least, most): (f32, f32) = if level { (52.0, 84.0) } else { (64.0, 240.0) };
    needed.max(longest as f32 * 7.2 + 2.0 * PADDING + 2.0).clamp(least, most.max(needed.min(200.0)))
}

fn scalar_length(value: &Scalar) -> usize {
    match value {
        Scalar::Float(real) => super::cells::rounded(&real.to_string()).map_or(9, |short| short.len()),
        other => other.to_string().chars().count(),
    }
}

/// The share of ones, for a column of zeros and ones.
fn indicator_share(column: &GridColumn<'_>) -> Option<f64> {
    let profile = column.profile?;
    let is = |value: &Option<Scalar>, wanted: f64| match value {
        Some(Scalar::Int(whole)) => *whole as f64 == wanted,
        Some(Scalar::Float(real)) => *real == wanted,
        Some(Scalar::Bool(yes)) => f64::from(u8::from(*yes)) == wanted,
        _ => false,
    };
    let bounded = (is(&profile.min, 0.0) || is(&profile.min, 1.0)) && (is(&profile.max, 0.0) || is(&profile.max, 1.0));
    (bounded && profile.distinct <= 2).then_some(profile.mean?.0)
}

/// The parts of the line of figures, most needed first, and whether each is a warning.
fn figures(column: &GridColumn<'_>) -> Vec<(String, bool)> {
    if let Some(note) = &column.note {
        return vec![(note.clone(), false)];
    }
    let Some(profile) = column.profile else { return Vec::new() };
    if column.change == ColumnChange::Added
        && let Some(share) = indicator_share(column)
    {
        return vec![(format::percent(share), false)];
    }
    let mut parts = Vec::new();
    if profile.nulls > 0 {
        parts.push((format!("{} null", format::count(profile.nulls)), true));
        parts.push((format!(" · {} dist.", format::count(profile.distinct)), false));
    } else {
        parts.push((format!("{} distinct", format::count(profile.distinct)), false));
    }
    parts
}

pub(super) fn draw(
    ui: &mut Ui,
    ctx: &Ctx<'_>,
    frame: &Frame<'_>,
    state: &mut GridState,
    can_query: bool,
    output: &mut GridOutput,
) {
    let theme = ctx.theme;
    ui.painter().rect_filled(frame.header, CornerRadius::ZERO, theme.panel);
    let clip = Rect::from_min_max(pos2(frame.header.left() + frame.gutter, frame.header.top()), frame.header.max);
    let outer = ui.clip_rect();
    for (index, left, width) in frame.seen(state.scroll_x) {
        ui.set_clip_rect(frame.clip_of(left, clip).intersect(outer));
        let column = &frame.columns[index];
        let x = frame.screen_x(left, state.scroll_x);
        let area = Rect::from_min_size(pos2(x, frame.header.top()), vec2(width, frame.header.height()));
        column_head(ui, ctx, frame, state, column, area, can_query, output);
    }
    ui.set_clip_rect(outer);
    drop_line(ui, theme, frame, state);
    if frame.frozen_width > 0.0 {
        let x = frame.header.left() + frame.gutter + frame.frozen_width - 0.5;
        ui.painter().vline(x, frame.header.y_range(), Stroke::new(2.0, theme.border));
    }
    let x = frame.header.left() + frame.gutter - 0.5;
    ui.painter().vline(x, frame.header.y_range(), Stroke::new(1.0, theme.border));
    ui.painter().hline(frame.header.x_range(), frame.header.bottom() - 0.5, Stroke::new(1.0, theme.border));
}

#[expect(clippy::too_many_arguments, reason = "one head, called from one place")]
fn column_head(
    ui: &mut Ui,
    ctx: &Ctx<'_>,
    frame: &Frame<'_>,
    state: &mut GridState,
    column: &GridColumn<'_>,
    area: Rect,
    can_query: bool,
    output: &mut GridOutput,
) {
    let theme = ctx.theme;
    let id = frame.id.with(("head", column.name));
    let response = ui.interact(area.intersect(ui.clip_rect()), id, Sense::click_and_drag());
    let rank = sort::rank(&state.query.sort, column.name);
    let keys = state.query.sort.len();
    response.widget_info(|| {
        let mut name = format!("{}, {}", column.name, column.column_type.as_str());
        if let Some((place, descending)) = rank {
            name.push_str(if descending { ", sorted descending" } else { ", sorted ascending" });
            if keys > 1 {
                name.push_str(&format!(", key {place} of {keys}"));
            }
        }
        WidgetInfo::labeled(Role::ColumnHeader, true, name)
    });
    let selected = state.column.as_deref() == Some(column.name);
    let added = column.change == ColumnChange::Added;
    let fill = match shades(theme, column.change) {
        Some((fill, _)) => fill,
        None if selected => theme.selection,
        None if response.hovered() => theme.hover,
        None => theme.panel,
    };
    let painter = ui.painter().with_clip_rect(area.intersect(ui.clip_rect()));
    painter.rect_filled(area, CornerRadius::ZERO, fill);
    painter.vline(area.right() - 0.5, area.y_range(), Stroke::new(1.0, theme.border.gamma_multiply(0.8)));

    let arrow_room = match rank {
        Some(_) if keys > 1 => 22.0,
        Some(_) => 14.0,
        None if response.hovered() && can_query => 14.0,
        None => 0.0,
    };
    draw_name(&painter, theme, column, area, arrow_room);
    draw_figures(&painter, theme, column, area);
    let picture = Rect::from_min_max(area.min + vec2(PADDING, 37.0), area.max - vec2(PADDING, 3.0));
    draw_picture(&painter, theme, column, picture, selected, added);
    focus_ring(ui, theme, &response, area.shrink(3.0));

    let pointer = response.interact_pointer_pos().or_else(|| response.hover_pos());
    let over_arrow = pointer.is_some_and(|at| at.x > area.right() - 20.0 && at.y < area.top() + 22.0);
    if arrow_room > 0.0 {
        let glyph = match rank {
            Some((_, true)) => glyph::ARROW_DOWN,
            Some((_, false)) => glyph::ARROW_UP,
            None => glyph::ARROWS_DOWN_UP,
        };
        let color = if rank.is_some() || over_arrow { theme.accent } else { theme.dim };
        let mut at = pos2(area.right() - 11.0, area.top() + 13.0);
        if let Some((place, _)) = rank.filter(|_| keys > 1) {
            let at = pos2(at.x + 5.0, at.y);
            painter.text(at, Align2::RIGHT_CENTER, place, fonts::strong(text::SMALL), color);
        }
        at.x -= arrow_room - 14.0;
        painter.text(at, Align2::CENTER_CENTER, glyph, fonts::icons(12.0), color);
    }
    if response.drag_started() {
        state.dragged = Some(column.name.to_owned());
    }
    let shift = ui.input(|input| input.modifiers.shift);
    if can_query && shift && response.clicked() {
        let keys = sort::also(&state.query.sort, column.name);
        set_sort(state, output, keys);
    } else if can_query && !shift && (response.double_clicked() || (response.clicked() && over_arrow)) {
        let keys = sort::alone(&state.query.sort, column.name);
        set_sort(state, output, keys);
    } else if response.clicked() {
        let bar = pointer.filter(|at| can_query && picture.contains(*at)).and_then(|at| bar_at(column, picture, at.x));
        if let Some(conditions) = bar {
            state.query.conditions.retain(|old| old.column != column.name);
            for condition in conditions {
                add_condition(state, output, condition);
            }
        }
        if !selected {
            state.column = Some(column.name.to_owned());
            output.clicked_column = Some(column.name.to_owned());
        }
    }
    let by_key = state.menu_for.take_if(|name| name == column.name).is_some()
        || (response.has_focus() && ui.input_mut(|input| input.consume_key(egui::Modifiers::SHIFT, egui::Key::F10)));
    menu::column_menu(ui, ctx, frame, state, column, &response, by_key, can_query, output);
    resize(ui, frame, state, column, area);
}

/// Shows where a dragged column would go, and puts it there.
fn drop_line(ui: &Ui, theme: &Theme, frame: &Frame<'_>, state: &mut GridState) {
    let Some(name) = state.dragged.clone() else { return };
    let pointer = ui.input(|input| input.pointer.interact_pos());
    let target = pointer.filter(|at| frame.rect.contains(*at)).map(|at| {
        let place = frame.place_at(at.x, state.scroll_x);
        // Behind the middle of a head the column goes behind it.
        let behind = place.is_some_and(|place| {
            let (_, left, width) = frame.places[place];
            at.x > frame.screen_x(left, state.scroll_x) + width / 2.0
        });
        place.map_or(frame.places.len(), |place| place + usize::from(behind))
    });
    if ui.input(|input| input.pointer.any_released() || input.key_pressed(egui::Key::Escape)) {
        state.dragged = None;
        if let Some(target) = target.filter(|_| !ui.input(|input| input.key_pressed(egui::Key::Escape))) {
            let before = frame.places.get(target).map(|(index, ..)| frame.columns[*index].name.to_owned());
            super::arrange::move_before(state, &frame.columns, &name, before.as_deref());
        }
    } else if let Some(target) = target {
        let x = match frame.places.get(target) {
            Some((_, left, _)) => frame.screen_x(*left, state.scroll_x),
            None => frame.places.last().map_or(0.0, |(_, left, width)| frame.screen_x(*left, state.scroll_x) + width),
        };
        let line = egui::Rangef::new(frame.header.top(), frame.body.bottom());
        ui.painter().vline(x, line, Stroke::new(2.0, theme.accent));
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
    }
}

fn draw_name(painter: &egui::Painter, theme: &Theme, column: &GridColumn<'_>, area: Rect, arrow_room: f32) {
    let middle = area.top() + 13.0;
    let mut x = area.left() + PADDING;
    let removed = column.change == ColumnChange::Removed;
    let color = match column.change {
        ColumnChange::Added => theme.good.text,
        ColumnChange::Removed => theme.fault.text,
        _ => theme.text,
    };
    if column.change != ColumnChange::Added {
        let at = pos2(x + 6.0, middle);
        painter.text(at, Align2::CENTER_CENTER, type_glyph(column.column_type), fonts::icons(12.0), theme.dim);
        x += 16.0;
    }
    let format = TextFormat {
        font_id: fonts::strong(text::BODY),
        color,
        strikethrough: if removed { Stroke::new(1.0, color) } else { Stroke::NONE },
        ..TextFormat::default()
    };
    let mut job = LayoutJob::single_section(column.label.to_owned(), format);
    job.wrap = egui::text::TextWrapping::truncate_at_width((area.right() - x - 6.0 - arrow_room).max(10.0));
    let galley = painter.layout_job(job);
    painter.galley(pos2(x, middle - galley.size().y / 2.0), galley, color);
}

fn draw_figures(painter: &egui::Painter, theme: &Theme, column: &GridColumn<'_>, area: Rect) {
    let mut x = area.left() + PADDING;
    let right = area.right() - 4.0;
    let font = fonts::body(text::SMALL);
    for (index, (words, warning)) in figures(column).into_iter().enumerate() {
        let color = match column.change {
            ColumnChange::Added => theme.good.text,
            ColumnChange::Changed if column.note.is_some() => theme.changed.text,
            _ if warning => theme.warning.text,
            _ => theme.dim,
        };
        let mut galley = painter.layout_no_wrap(words.clone(), font.clone(), color);
        if x + galley.size().x > right && words.ends_with(" distinct") {
            galley = painter.layout_no_wrap(words.replace(" distinct", " dist."), font.clone(), color);
        }
        // A figure is never cut: what has no room is left out.
        if x + galley.size().x > right && index > 0 {
            break;
        }
        let width = galley.size().x;
        painter.galley(pos2(x, area.top() + 28.0 - galley.size().y / 2.0), galley, color);
        x += width;
    }
}

fn draw_picture(
    painter: &egui::Painter,
    theme: &Theme,
    column: &GridColumn<'_>,
    picture: Rect,
    selected: bool,
    added: bool,
) {
    let Some(profile) = column.profile else { return };
    let quiet = if theme.dark { Color32::from_rgb(0x5F, 0x74, 0x7C) } else { Color32::from_rgb(0xA9, 0xBC, 0xC2) };
    let color = if added {
        theme.good.mark
    } else if selected {
        theme.accent
    } else {
        quiet
    };
    if added && let Some(share) = indicator_share(column) {
        let bar = Rect::from_min_size(picture.min + vec2(0.0, 1.0), vec2(picture.width(), 7.0));
        painter.rect_filled(bar, CornerRadius::ZERO, theme.good.mark.gamma_multiply(0.2));
        painter.rect_filled(bar.with_max_x(bar.left() + bar.width() * share as f32), CornerRadius::ZERO, color);
        return;
    }
    if let Some(histogram) = binned(column) {
        frames::mini_histogram(painter, picture, histogram, color);
        return;
    }
    let Some(first) = profile.top.first() else { return };
    let shares = top_shares(profile, column.profile_rows);
    let bar = Rect::from_min_size(picture.min + vec2(0.0, 1.0), vec2(picture.width(), 7.0));
    frames::share_bar(painter, bar, theme, color, &shares);
    let words = format!("{} {:.0} %", first.value, shares.first().copied().unwrap_or_default() * 100.0);
    let galley = painter.layout_no_wrap(words, fonts::body(text::SMALL), theme.dim);
    if galley.size().x <= picture.width() + 4.0 {
        painter.galley(pos2(picture.left(), picture.top() + 9.0), galley, theme.dim);
    }
}

/// Shares of the most frequent values among those present.
fn top_shares(profile: &ColumnProfile, rows: u64) -> Vec<f64> {
    let present = rows.saturating_sub(profile.nulls).max(1) as f64;
    profile.top.iter().take(6).map(|top| top.count as f64 / present).collect()
}

/// The histogram that the picture shows: of numbers, and of points in time whose edges can be written as a filter.
fn binned<'a>(column: &GridColumn<'a>) -> Option<&'a Histogram> {
    let histogram = column.profile?.histogram.as_ref().filter(|histogram| !histogram.counts.is_empty())?;
    let edges = histogram.counts.len() + 1;
    let whole = histogram.edges.len() == edges;
    (whole && (column.column_type.is_numeric() || histogram.edges_text.len() == edges)).then_some(histogram)
}

/// First and last bin of the bar at that share of the picture: bins are taken together until a bar can be hit.
fn bins_at(bins: usize, width: f32, at: f64) -> Option<(usize, usize)> {
    const LEAST_WIDTH: f32 = 8.0;
    let bars = ((width / LEAST_WIDTH) as usize).clamp(1, bins.max(1));
    let bar = ((at * bars as f64) as usize).min(bars - 1);
    let first = (bar * bins).div_ceil(bars);
    let last = ((bar + 1) * bins).div_ceil(bars).checked_sub(1)?;
    Some((first, last.max(first)))
}

/// The conditions that a click on the picture means: the value or the bin under the pointer.
fn bar_at(column: &GridColumn<'_>, picture: Rect, x: f32) -> Option<Vec<Condition>> {
    let profile = column.profile?;
    let at = f64::from(((x - picture.left()) / picture.width()).clamp(0.0, 0.999_9));
    let condition = |test, value| Condition { column: column.name.to_owned(), test, value: Some(value), other: None };
    if let Some(histogram) = binned(column) {
        let (first, last) = bins_at(histogram.counts.len(), picture.width(), at)?;
        let edge = |index: usize| -> Option<ParamValue> {
            if histogram.edges_text.is_empty() {
                Some(ParamValue::Float(histogram.edges.get(index)?.0))
            } else {
                Some(ParamValue::Text(histogram.edges_text.get(index)?.clone()))
            }
        };
        // A bin holds its lower edge; the last one also its upper.
        let upper = if last + 1 == histogram.counts.len() { Test::LessOrEqual } else { Test::Less };
        return Some(vec![condition(Test::GreaterOrEqual, edge(first)?), condition(upper, edge(last + 1)?)]);
    }
    let mut sum = 0.0;
    for (top, share) in profile.top.iter().zip(top_shares(profile, column.profile_rows)) {
        sum += share;
        if at < sum {
            let value = match column.column_type {
                ColumnType::Bool => ParamValue::Bool(top.value == "true"),
                _ => ParamValue::Text(top.value.clone()),
            };
            return Some(vec![condition(Test::Equal, value)]);
        }
    }
    None
}

/// The grip at the right edge.
fn resize(ui: &Ui, frame: &Frame<'_>, state: &mut GridState, column: &GridColumn<'_>, area: Rect) {
    let grip = Rect::from_min_max(pos2(area.right() - 4.0, area.top()), pos2(area.right() + 2.0, area.bottom()));
    let response = ui.interact(grip, frame.id.with(("grip", column.name)), Sense::drag());
    if response.dragged()
        && let Some(pointer) = response.interact_pointer_pos()
    {
        let width = (pointer.x - area.left()).clamp(36.0, 900.0);
        state.widths.insert(column.name.to_owned(), ColumnWidth { width, settled: true });
    }
    response.on_hover_and_drag_cursor(CursorIcon::ResizeColumn);
}

/// Takes back the person's width.
pub(super) fn fit(state: &mut GridState, column: &str) {
    state.widths.remove(column);
}

#[cfg(test)]
mod tests {
    use cairn_protocol::Real;

    use super::*;

    fn clicked(column_type: ColumnType, text: bool, share: f32) -> Vec<(Test, ParamValue)> {
        let edges: Vec<Real> = [0.0, 10.0, 20.0, 30.0, 40.0].map(Real).to_vec();
        let days = ["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01", "2024-05-01"];
        let edges_text = if text { days.map(str::to_owned).to_vec() } else { Vec::new() };
        let histogram = Histogram { edges, counts: vec![1, 2, 3, 4], edges_text };
        let profile = ColumnProfile { histogram: Some(histogram), column_type, ..ColumnProfile::default() };
        let column = GridColumn::new("a", column_type).profile(Some(&profile), 10);
        let picture = Rect::from_min_size(pos2(100.0, 0.0), vec2(80.0, 24.0));
        let conditions = bar_at(&column, picture, 100.0 + 80.0 * share).unwrap();
        conditions.into_iter().map(|of| (of.test, of.value.unwrap())).collect()
    }

    #[test]
    fn a_click_on_a_bar_filters_its_bin() {
        use Test::{GreaterOrEqual, Less, LessOrEqual};
        let float = ParamValue::Float;
        let int = ColumnType::Int;
        assert_eq!(clicked(int, false, 0.3), [(GreaterOrEqual, float(10.0)), (Less, float(20.0))]);
        // The last bin holds its upper edge.
        assert_eq!(clicked(int, false, 0.99), [(GreaterOrEqual, float(30.0)), (LessOrEqual, float(40.0))]);
        let day = |text: &str| ParamValue::Text(text.into());
        let found = clicked(ColumnType::Date, true, 0.6);
        assert_eq!(found, [(GreaterOrEqual, day("2024-03-01")), (Less, day("2024-04-01"))]);
    }

    #[test]
    fn every_bin_belongs_to_one_bar() {
        for (bins, width) in [(20, 80.0), (20, 150.0), (7, 20.0), (1, 4.0), (64, 300.0)] {
            let mut next = 0;
            let bars = ((width / 8.0) as usize).clamp(1, bins);
            for bar in 0..bars {
                let (first, last) = bins_at(bins, width, (bar as f64 + 0.5) / bars as f64).unwrap();
                assert_eq!(first, next, "{bins} bins over {width}");
                next = last + 1;
            }
            assert_eq!(next, bins);
        }
    }
}
