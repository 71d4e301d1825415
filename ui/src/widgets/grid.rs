//! The data grid. Rows are found by an integer anchor, so that ten million of them scroll as exactly as ten; cells
//! come in blocks of [`BLOCK_ROWS`] × [`BLOCK_COLUMNS`] from a [`GridSource`] and only for what can be seen.
//!
//! ```text
//! ┌ gutter ┬ header 64: name, a figure line, a small picture ┐
//! │ number │ rows of 22, from `anchor`, shifted by `offset`  │
//! └ footer 24: rows, conditions, selection, scope ───────────┘
//! ```
//!
//! The grid changes nothing but its own [`GridState`]; sorting and conditions live there as a [`TableQuery`] that the
//! owner hands to its source in the next frame.

mod arrange;
mod body;
mod cells;
mod edit;
mod find;
mod footer;
mod header;
mod keys;
mod lines;
mod menu;
mod scroll;
mod sort;
mod source;

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
    rc::Rc,
};

use cairn_protocol::{
    Response as Answer,
    steps::{CellEdit, Condition, SortKey, Step},
    table::{ColumnChange, ColumnProfile, ColumnType, TablePage, TableQuery, TableRef},
};
use egui::{Id, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::format;
use crate::{
    ctx::Ctx,
    theme::{Theme, size},
};
pub use find::open_in_focused_grid;
pub use lines::{LINES, lines, set_lines};
pub use sort::steps_of;
pub use source::TableSource;

/// Rows of a block that is asked for.
pub const BLOCK_ROWS: u64 = 128;
/// Columns of a block that is asked for.
pub const BLOCK_COLUMNS: usize = 64;

/// A column as the grid shows it.
#[derive(Debug, Clone)]
pub struct GridColumn<'a> {
    /// Name in the table.
    pub name: &'a str,
    /// What stands in the header; mostly the name, for a level of an encoding the level alone.
    pub label: &'a str,
    /// Type.
    pub column_type: ColumnType,
    /// Figures for the header.
    pub profile: Option<&'a ColumnProfile>,
    /// Rows the figures rest on.
    pub profile_rows: u64,
    /// How it relates to the table compared with.
    pub change: ColumnChange,
    /// Replaces the line of figures: «433 changed».
    pub note: Option<String>,
    /// Characters of its longest value, where that is known without figures; 0 otherwise.
    pub longest: usize,
}

impl<'a> GridColumn<'a> {
    /// A column without figures.
    #[must_use]
    pub fn new(name: &'a str, column_type: ColumnType) -> Self {
        Self {
            name,
            label: name,
            column_type,
            profile: None,
            profile_rows: 0,
            change: ColumnChange::Same,
            note: None,
            longest: 0,
        }
    }

    /// With figures over so many rows.
    #[must_use]
    pub fn profile(mut self, profile: Option<&'a ColumnProfile>, rows: u64) -> Self {
        self.profile = profile;
        self.profile_rows = rows;
        self
    }

    /// With its relation to the table compared with.
    #[must_use]
    pub fn change(mut self, change: ColumnChange) -> Self {
        self.change = change;
        self
    }
}

/// Where the grid gets its rows.
pub trait GridSource {
    /// All columns in their order; empty until they are known.
    fn columns(&self) -> Vec<GridColumn<'_>>;

    /// Rows that meet the query; none until that is known.
    fn rows_total(&self) -> Option<u64>;

    /// An answer that holds a window of the table ([`Answer::Page`] or [`Answer::Preview`]); none until it is there.
    /// `columns` counts within [`GridSource::columns`]; more may be given.
    fn page(&self, first_row: u64, rows: u64, columns: Range<usize>) -> Option<Rc<Answer>>;

    /// What stands at the right of the footer: «Profile: exact, all 20,000 rows, 11 ms».
    fn scope(&self) -> String {
        String::new()
    }

    /// Whether rows can be sorted and filtered.
    fn can_query(&self) -> bool {
        true
    }

    /// The table of the door that it shows, for finding and copying over all of it; none for previews.
    fn table(&self) -> Option<TableRef> {
        None
    }

    /// Whether the view's order and conditions can become steps of a recipe.
    fn can_keep(&self) -> bool {
        false
    }

    /// Whether single cells can be changed.
    fn can_edit(&self) -> bool {
        false
    }
}

/// The window of a table in an answer.
#[must_use]
pub fn page_of(answer: &Answer) -> Option<&TablePage> {
    match answer {
        Answer::Page(page) => Some(page),
        Answer::Preview(preview) => Some(&preview.page),
        _ => None,
    }
}

/// What a grid remembers.
#[derive(Debug, Clone, Default)]
pub struct GridState {
    /// First row that can be seen.
    pub anchor: u64,
    /// Points of it that are scrolled out, less than a row.
    pub offset: f32,
    /// Points scrolled to the right.
    pub scroll_x: f32,
    /// Order and conditions.
    pub query: TableQuery,
    /// The selected column.
    pub column: Option<String>,
    /// The cell with the keyboard's focus: row and column.
    pub cursor: Option<(u64, String)>,
    /// Columns that are not shown.
    pub hidden: BTreeSet<String>,
    /// Whether the grid takes the wheel at once; otherwise (in a card of a page that scrolls) when it was clicked.
    pub takes_wheel: bool,
    /// Without a footer, where the owner draws its own.
    pub without_footer: bool,
    /// Names of the columns in the person's order; columns that are not named stand where the table has them.
    pub order: Vec<String>,
    /// Columns that stay at the left edge.
    pub frozen: BTreeSet<String>,
    /// Lines of text in a cell, as the person chose for all grids; 0 before the first frame.
    lines: u8,
    /// The other end of the selected rows.
    range_end: Option<u64>,
    /// The other end of the selected columns.
    range_column: Option<String>,
    find: find::FindBar,
    /// Cells that are on their way to the clipboard.
    copying: Option<cairn_protocol::Request>,
    edit: edit::Editor,
    /// The column whose head is dragged.
    dragged: Option<String>,
    widths: HashMap<String, ColumnWidth>,
    known_total: u64,
    filter_text: String,
    /// The column whose menu was asked for by a key.
    menu_for: Option<String>,
    picked_in_body: bool,
}

#[derive(Debug, Clone, Copy)]
struct ColumnWidth {
    width: f32,
    /// Set by the person, or fitted to figures: stays.
    settled: bool,
}

impl GridState {
    /// Of a grid that has a tile for itself and takes the wheel at once.
    #[must_use]
    pub fn over_a_tile() -> Self {
        Self { takes_wheel: true, ..Self::default() }
    }

    /// Scrolls so that a row can be seen, at the top.
    pub fn show_row(&mut self, row: u64) {
        self.anchor = row;
        self.offset = 0.0;
    }

    /// Height of a row in points; all rows have the same.
    fn row_height(&self) -> f32 {
        size::grid_row(self.lines)
    }

    /// Selected rows, both ends included.
    #[must_use]
    pub fn selected_rows(&self) -> Option<(u64, u64)> {
        let (row, _) = self.cursor.as_ref()?;
        let end = self.range_end.unwrap_or(*row);
        Some(((*row).min(end), (*row).max(end)))
    }

    /// Ends conditions and order, as after they became steps; the part of a split stays chosen.
    pub fn show_whole_table(&mut self) {
        self.query.sort.clear();
        self.query.conditions.clear();
        self.show_row(0);
    }

    /// Opens the line that finds text.
    pub fn open_find(&mut self) {
        self.find.open();
    }

    /// Where the cursor goes; a selection of several cells ends.
    fn put_cursor(&mut self, row: u64, column: &str) {
        self.cursor = Some((row, column.to_owned()));
        self.range_end = None;
        self.range_column = None;
    }
}

/// What happened in a grid.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GridOutput {
    /// A column was selected.
    pub clicked_column: Option<String>,
    /// The order was changed; [`GridState::query`] has it already.
    pub sort: Option<Vec<SortKey>>,
    /// A condition was added; [`GridState::query`] has it already.
    pub filter: Option<Condition>,
    /// What the view shows is to be made by steps of a recipe.
    pub steps: Option<Vec<Step>>,
    /// A cell was clicked: row and column.
    pub clicked_cell: Option<(u64, String)>,
    /// A cell was given another value.
    pub edited: Option<CellEdit>,
    /// Rows that can be seen, and all: for a footer of the owner's.
    pub visible_rows: (u64, u64, u64),
}

/// Where the parts of a grid lie in this frame.
struct Frame<'a> {
    columns: Vec<GridColumn<'a>>,
    /// Index in `columns`, left edge in the content, width, of every shown column; the frozen ones first.
    places: Vec<(usize, f32, f32)>,
    /// Width of the frozen columns.
    frozen_width: f32,
    content_width: f32,
    total: u64,
    rect: Rect,
    header: Rect,
    body: Rect,
    gutter: f32,
    row_height: f32,
    id: Id,
    focused: bool,
}

impl Frame<'_> {
    /// The part of `places` that can be seen: the frozen ones, then those of the others that are scrolled into view.
    fn seen(&self, scroll_x: f32) -> Vec<(usize, f32, f32)> {
        let room = self.body.width() - self.gutter;
        let frozen = self.places.partition_point(|(_, left, _)| *left < self.frozen_width);
        let (still, moving) = self.places.split_at(frozen);
        let first = moving.partition_point(|(_, left, width)| left + width <= scroll_x + self.frozen_width);
        let last = moving.partition_point(|(_, left, _)| *left < scroll_x + room);
        still.iter().chain(&moving[first..last.max(first)]).copied().collect()
    }

    fn rows_in_view(&self) -> f64 {
        f64::from(self.body.height() / self.row_height)
    }

    /// Left edge on the screen of a place in the content.
    fn screen_x(&self, left: f32, scroll_x: f32) -> f32 {
        let scrolled = if left < self.frozen_width { 0.0 } else { scroll_x };
        self.body.left() + self.gutter + left - scrolled
    }

    /// Where a column at that place in the content may be drawn: what is scrolled goes under what is frozen.
    fn clip_of(&self, left: f32, area: Rect) -> Rect {
        let from = if left < self.frozen_width { 0.0 } else { self.frozen_width };
        area.with_min_x(self.body.left() + self.gutter + from)
    }

    /// The place under a point of the screen.
    fn place_at(&self, x: f32, scroll_x: f32) -> Option<usize> {
        let x = x - self.body.left() - self.gutter;
        let x = if x < self.frozen_width { x } else { x + scroll_x };
        let place = self.places.partition_point(|(_, left, width)| left + width <= x);
        (place < self.places.len()).then_some(place)
    }
}

/// Draws a grid over the room that is left.
pub fn grid_ui(ui: &mut Ui, ctx: &Ctx<'_>, state: &mut GridState, source: &dyn GridSource) -> GridOutput {
    let theme = ctx.theme;
    let room = ui.available_size_before_wrap();
    let height = if room.y.is_finite() { room.y.max(120.0) } else { 320.0 };
    let (rect, _) = ui.allocate_exact_size(vec2(room.x.max(80.0), height), Sense::hover());
    let id = ui.scope_id().with("grid");
    if let Some(total) = source.rows_total() {
        state.known_total = total;
    }
    lines::follow(ui, state);
    let frame = place(ui, state, source.columns(), rect, id);
    let mut output = GridOutput::default();
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(id));
    child.shrink_clip_rect(rect);
    let ui = &mut child;
    ui.painter().rect_filled(rect, 0.0, theme.card);

    let response = ui.interact(frame.body, id, Sense::click_and_drag());
    let frame = Frame { focused: response.has_focus(), ..frame };
    find::note_focus(ui, &frame, source);
    keys::handle(ui, ctx, &frame, state, source, &mut output);
    find::update(ui, ctx, &frame, state, source);
    scroll::wheel(ui, &frame, state);
    scroll::clamp(&frame, state);
    let blocks = cells::Blocks::read(&frame, state, source);
    body::draw(ui, theme, &frame, state, &blocks, &response, &mut output);
    header::draw(ui, ctx, &frame, state, source.can_query(), &mut output);
    scroll::bars(ui, theme, &frame, state);
    edit::draw(ui, ctx, &frame, state, &blocks, source, &mut output);
    find::draw(ui, theme, &frame, state);
    if !state.without_footer {
        footer::draw(ui, theme, &frame, state, &blocks, source, &mut output);
    }
    let (first, last) = body::visible_rows(&frame, state);
    output.visible_rows = (first, last, frame.total);
    response.widget_info(|| WidgetInfo::labeled(Role::Grid, true, name_of(&frame, state, first, last)));
    output
}

fn name_of(frame: &Frame<'_>, state: &GridState, first: u64, last: u64) -> String {
    let columns = format::plural(frame.columns.len() as u64, "column", "columns");
    let mut name = format!(
        "Table: rows {}–{} of {}, {columns}",
        format::count(first),
        format::count(last),
        format::count(frame.total)
    );
    if let Some((row, column)) = &state.cursor {
        name.push_str(&format!("; at row {}, {column}", format::count(row + 1)));
    }
    name
}

fn place<'a>(ui: &Ui, state: &mut GridState, columns: Vec<GridColumn<'a>>, rect: Rect, id: Id) -> Frame<'a> {
    let footer = if state.without_footer { 0.0 } else { size::CARD_FOOTER };
    let header = Rect::from_min_size(rect.min, vec2(rect.width(), size::GRID_HEADER));
    let body = Rect::from_min_max(
        pos2(rect.left(), header.bottom()),
        pos2(rect.right(), (rect.bottom() - footer).max(header.bottom() + state.row_height())),
    );
    let digits = state.known_total.max(1).ilog10() as f32 + 1.0;
    let gutter = (digits * 7.3 + 16.0).max(38.0);
    let mut places = Vec::with_capacity(columns.len());
    let mut left = 0.0;
    let (shown, still) = arrange::arranged(state, &columns);
    let mut frozen_width = 0.0;
    for (at, index) in shown.into_iter().enumerate() {
        let width = header::width_of(ui, state, &columns[index]);
        places.push((index, left, width));
        left += width;
        if at < still {
            frozen_width = left;
        }
    }
    // Frozen columns never take more than the room there is: the rest could not be reached.
    if frozen_width > (rect.width() - gutter) * 0.7 {
        frozen_width = 0.0;
    }
    Frame {
        columns,
        places,
        content_width: left,
        frozen_width,
        total: state.known_total,
        rect,
        header,
        body,
        gutter,
        row_height: state.row_height(),
        id,
        focused: false,
    }
}

/// Changes the order and says so.
fn set_sort(state: &mut GridState, output: &mut GridOutput, sort: Vec<SortKey>) {
    state.query.sort.clone_from(&sort);
    state.show_row(0);
    output.sort = Some(sort);
}

/// Adds a condition, in place of an equal one, and says so.
fn add_condition(state: &mut GridState, output: &mut GridOutput, condition: Condition) {
    state.query.conditions.retain(|old| old.column != condition.column || old.test != condition.test);
    state.query.conditions.push(condition.clone());
    state.show_row(0);
    output.filter = Some(condition);
}

/// The shade behind a column's cells and header.
fn shades(theme: &Theme, change: ColumnChange) -> Option<(egui::Color32, egui::Color32)> {
    match change {
        ColumnChange::Same | ColumnChange::Changed => None,
        ColumnChange::Added => Some((theme.added_header, theme.good.tint)),
        ColumnChange::Removed => Some((theme.fault.tint, theme.card)),
    }
}
