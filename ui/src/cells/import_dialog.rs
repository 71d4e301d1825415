//! «Change…» of a data cell: everything that was detected about the file, each point to be corrected, with the table
//! as it would come out beside it, what could not be read, and what a person should know. The cell changes on «Read
//! like this».
//!
//! The newest options win: a preview that is still being read for older ones is stopped, and the last one stays until
//! the new one is there.

use std::rc::Rc;

use cairn_protocol::{
    ErrorInfo, Request, Response,
    errors::ErrorKind,
    notebook::{CellBody, DataCell, ImportOptions},
    table::{ColumnType, ImportReport, PageColumn, TablePage},
};
use egui::{Align, Id, Layout, Margin, Modal, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};

use super::{card::Card, data, export_rejects::ExportRejects, import_fields, import_rejects};
use crate::{
    ctx::Ctx,
    widgets::{
        self, Button, ChipTone, format, glyph,
        grid::{GridColumn, GridSource, GridState, grid_ui, page_of},
    },
};

/// Rows of the preview.
const PREVIEW_ROWS: usize = 100;
/// Width of the fields.
const FIELDS: f32 = 312.0;

/// Types that fields of text can be read as.
const TYPES: [ColumnType; 9] = [
    ColumnType::Text,
    ColumnType::Int,
    ColumnType::Float,
    ColumnType::Bool,
    ColumnType::Date,
    ColumnType::Datetime,
    ColumnType::Time,
    ColumnType::Category,
    ColumnType::Decimal,
];

/// The dialog while it is open.
pub struct ImportDialog {
    options: ImportOptions,
    tab: usize,
    grid: GridState,
    shown: Option<Rc<Response>>,
    /// The rows of it, as the grid takes them.
    page: Option<Rc<Response>>,
    /// What reading without options found.
    detected: Option<Rc<Response>>,
    asked: Option<Request>,
    /// The column whose type is being chosen, and where its menu stands.
    typing: Option<(String, egui::Pos2)>,
    search: String,
    export: Option<ExportRejects>,
}

impl ImportDialog {
    /// Opens with the cell's options, at the preview or at the rejects.
    #[must_use]
    pub fn new(options: &ImportOptions, rejects: bool) -> Self {
        let mut grid = GridState::default();
        grid.takes_wheel = true;
        grid.without_footer = true;
        Self {
            options: options.clone(),
            tab: if rejects { 2 } else { 0 },
            grid,
            shown: None,
            page: None,
            detected: None,
            asked: None,
            typing: None,
            search: String::new(),
            export: None,
        }
    }

    /// Draws the dialog; false when it closes.
    pub fn ui(&mut self, ui: &Ui, card: Card<'_>, data: &DataCell) -> bool {
        let theme = card.theme();
        let (loading, error) = self.fetch(card.ctx, &data.file);
        let mut open = true;
        let room = ui.ctx().content_rect().size();
        let size = vec2((room.x - 64.0).clamp(520.0, 1120.0), (room.y - 96.0).clamp(360.0, 640.0));
        let frame = widgets::menus::floating_frame(theme).inner_margin(Margin::same(16));
        let modal = Modal::new(Id::unique(("import", card.path(), card.name()))).frame(frame).show(ui.ctx(), |ui| {
            let (area, _) = ui.allocate_exact_size(size, egui::Sense::hover());
            let head = Rect::from_min_size(area.min, vec2(size.x, 24.0));
            let foot = Rect::from_min_max(pos2(area.left(), area.bottom() - 24.0), area.max);
            let middle =
                Rect::from_min_max(pos2(area.left(), head.bottom() + 12.0), pos2(area.right(), foot.top() - 12.0));
            let fields = middle.with_max_x(middle.left() + FIELDS);
            let right = middle.with_min_x(fields.right() + 16.0);
            part(ui, "head", head, Layout::left_to_right(Align::Center), |ui| {
                widgets::heading(ui, theme, format!("How {} is read", data.file));
            });
            let shown = self.shown.clone();
            let report = shown.as_deref().and_then(report_of);
            let detected = self.detected.clone();
            let detected = detected.as_deref().and_then(report_of);
            part(ui, "fields", fields, Layout::top_down(Align::Min), |ui| {
                ScrollArea::vertical().id_salt("fields").auto_shrink([false, false]).show(ui, |ui| {
                    ui.set_width(FIELDS - 12.0);
                    let seen = import_fields::Seen { theme, report, detected, saved: &data.options };
                    import_fields::fields_ui(ui, &seen, &mut self.options);
                });
            });
            part(ui, "shown", right, Layout::top_down(Align::Min), |ui| {
                self.shown_ui(ui, card, &data.file, shown.as_ref(), loading, error.as_deref());
            });
            part(ui, "foot", foot, Layout::right_to_left(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 8.0;
                let changed = self.options != data.options;
                let apply = Button::primary("Read like this").enabled(changed && error.is_none());
                if widgets::button(ui, theme, apply).clicked() {
                    let body = CellBody::Data(DataCell { file: data.file.clone(), options: self.options.clone() });
                    card.commit(ui, body);
                    let (path, cells) = (card.path().to_owned(), vec![card.name().to_owned()]);
                    card.ctx.call(Request::RunCells { path, cells, force: false });
                    open = false;
                }
                if widgets::button(ui, theme, Button::plain("Cancel")).clicked() {
                    open = false;
                }
                if self.options != ImportOptions::default()
                    && widgets::button(ui, theme, Button::quiet("Detect everything").glyph(glyph::MAGIC_WAND)).clicked()
                {
                    self.options = ImportOptions::default();
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let count = import_fields::changes(&self.options, &data.options);
                    if count > 0 {
                        let words = format!("{} not applied yet", format::plural(count as u64, "change", "changes"));
                        widgets::chip(ui, theme, ChipTone::Accent, Some(glyph::PENCIL), words);
                    }
                });
            });
        });
        // The one above closes first.
        if let Some(export) = &mut self.export {
            if !export.ui(ui, card.ctx) {
                self.export = None;
            }
            return open;
        }
        open && !modal.should_close()
    }

    /// Asks for what the options give, and for what is detected without any. Gives whether the newest is on its way,
    /// and why there is none.
    fn fetch(&mut self, ctx: &Ctx<'_>, file: &str) -> (bool, Option<Rc<ErrorInfo>>) {
        let request = |options: &ImportOptions| Request::Import {
            path: file.to_owned(),
            options: options.clone(),
            out: None,
            preview_rows: PREVIEW_ROWS,
        };
        let newest = request(&self.options);
        if self.asked.as_ref() != Some(&newest) {
            // What is still being read for older options is of no use any more.
            let late = self.asked.take().is_some_and(|old| ctx.store.known(&old).loading);
            let title = format!("Read {file}");
            if late {
                for job in ctx.store.jobs.values().filter(|job| job.title == title && crate::shell::is_running(job)) {
                    ctx.call(Request::CancelJob { job: job.id });
                }
            }
            self.asked = Some(newest.clone());
        }
        let fetched = ctx.read(&newest);
        if fetched.error.as_ref().is_some_and(|error| error.kind == ErrorKind::Interrupted) && !fetched.loading {
            ctx.store.retry(&newest);
            return (true, None);
        }
        let same = match (&fetched.value, &self.shown) {
            (Some(new), Some(old)) => Rc::ptr_eq(new, old),
            (new, _) => new.is_none(),
        };
        if !same && fetched.error.is_none() {
            self.shown.clone_from(&fetched.value);
            self.page = match fetched.value.as_deref() {
                Some(Response::Imported { preview: Some(page), .. }) => Some(Rc::new(Response::Page(page.clone()))),
                _ => None,
            };
        }
        if self.detected.is_none() {
            if self.options == ImportOptions::default() {
                self.detected.clone_from(&fetched.value);
            } else if !fetched.loading {
                self.detected = ctx.value(&request(&ImportOptions::default()));
            }
        }
        (fetched.loading, fetched.error)
    }

    fn shown_ui(
        &mut self,
        ui: &mut Ui,
        card: Card<'_>,
        file: &str,
        shown: Option<&Rc<Response>>,
        loading: bool,
        error: Option<&ErrorInfo>,
    ) {
        let theme = card.theme();
        ui.spacing_mut().item_spacing.y = 8.0;
        let report = shown.and_then(|answer| report_of(answer));
        let count = |title: &str, count: u64| match count {
            0 => title.to_owned(),
            count => format!("{title} {}", format::count(count)),
        };
        let rejects = count("Rejected", report.map_or(0, |report| report.rejects_total));
        let notes = count("Notes", report.map_or(0, |report| report.notes.len() as u64));
        ui.allocate_ui_with_layout(vec2(ui.available_width(), 24.0), Layout::left_to_right(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            widgets::segmented(ui, theme, "Shown", &mut self.tab, &["Preview", "Types", &rejects, &notes]);
            if loading {
                widgets::spinner(ui, theme, 14.0);
            }
            if let Some(report) = report {
                let words = data::import_words(report).join(" · ");
                widgets::dim(ui, theme, words.as_str()).on_hover_text(words);
            }
        });
        if let Some(error) = error {
            widgets::error_card(ui, theme, error, false);
            return;
        }
        let Some(report) = report else {
            widgets::loading(ui, theme, "Reading the file…");
            return;
        };
        match self.tab {
            0 => {
                if let Some(page) = self.page.clone() {
                    self.preview_ui(ui, card, report, &page);
                }
            }
            1 => self.types_ui(ui, card, report),
            2 => {
                if import_rejects::rejects_ui(ui, card, report) {
                    self.export = Some(ExportRejects::new(file, &self.options, report.rejects_total));
                }
            }
            _ => import_rejects::notes_ui(ui, card, report),
        }
    }

    /// The first rows; a click on a head chooses the column's type.
    fn preview_ui(&mut self, ui: &mut Ui, card: Card<'_>, report: &ImportReport, answer: &Rc<Response>) {
        let theme = card.theme();
        let Some(page) = page_of(answer) else { return };
        let source = PreviewRows { report, page, answer, options: &self.options };
        let output = grid_ui(ui, card.ctx, &mut self.grid, &source);
        if let Some(column) = output.clicked_column {
            let at = ui.input(|input| input.pointer.interact_pos()).unwrap_or(ui.max_rect().min);
            self.typing = Some((column, at));
        } else if self.typing.is_some()
            && ui.input(|input| input.key_pressed(egui::Key::Escape) || input.pointer.any_pressed())
            && !ui.ctx().any_popup_open()
        {
            self.typing = None;
        }
        let Some((column, at)) = self.typing.clone() else { return };
        self.grid.column = None;
        let mut close = false;
        egui::Area::new(Id::unique("type of a column"))
            .order(egui::Order::Foreground)
            .fixed_pos(at + vec2(-20.0, 12.0))
            .show(ui.ctx(), |ui| {
                widgets::menus::floating_frame(theme).show(ui, |ui| {
                    ui.set_width(180.0);
                    ui.spacing_mut().item_spacing.y = 0.0;
                    widgets::menu_heading(ui, theme, &format!("Read {column} as"));
                    let chosen = self.options.types.get(&column).copied();
                    let mut item = |ui: &mut Ui, words: &str, on: bool, to: Option<ColumnType>| {
                        let mark = if on { glyph::CHECK } else { " " };
                        if widgets::menu_item(ui, theme, Some(mark), words, "", true).clicked() {
                            set_type(&mut self.options, &column, to);
                            close = true;
                        }
                    };
                    item(ui, "Detect", chosen.is_none(), None);
                    for of in TYPES.into_iter().filter(|of| of.can_be_read()) {
                        item(ui, of.as_str(), chosen == Some(of), Some(of));
                    }
                });
            });
        if close {
            self.typing = None;
        }
    }

    /// A line for each column with its type to choose.
    fn types_ui(&mut self, ui: &mut Ui, card: Card<'_>, report: &ImportReport) {
        const ROW: f32 = 30.0;
        let theme = card.theme();
        if report.columns.len() > 12 {
            let width = ui.available_width().min(260.0);
            widgets::text_field(ui, theme, "Find a column", &mut self.search, "Find a column", width);
        }
        let wanted = self.search.to_lowercase();
        let columns: Vec<_> = report.columns.iter().filter(|of| of.name.to_lowercase().contains(&wanted)).collect();
        let detected = self.detected.clone();
        let detected = detected.as_deref().and_then(report_of);
        ScrollArea::vertical().id_salt("types").auto_shrink([false, false]).show_rows(
            ui,
            ROW - 8.0,
            columns.len(),
            |ui, rows| {
                for column in &columns[rows] {
                    let found = detected.and_then(|report| report.columns.iter().find(|of| of.name == column.name));
                    ui.horizontal(|ui| {
                        ui.spacing_mut().item_spacing.x = 8.0;
                        let mut chosen = self.options.types.get(&column.name).map_or("", |of| of.as_str()).to_owned();
                        let auto = found
                            .map_or_else(|| "Detect".to_owned(), |of| format!("Detect ({})", of.column_type.as_str()));
                        let mut options = vec![("", auto.as_str())];
                        let types = TYPES.into_iter().filter(|of| of.can_be_read());
                        options.extend(types.map(|of| (of.as_str(), of.as_str())));
                        let name = format!("Type of {}", column.name);
                        if widgets::select(ui, theme, &name, &mut chosen, &options, 150.0) {
                            let to = TYPES.into_iter().find(|of| of.as_str() == chosen);
                            set_type(&mut self.options, &column.name, to);
                        }
                        widgets::icon(ui, theme, widgets::type_glyph(column.column_type), theme.dim, 13.0);
                        widgets::text(ui, theme, column.name.as_str());
                        let mut facts = Vec::new();
                        if column.nulls > 0 {
                            facts.push(format!("{} null", format::count(column.nulls)));
                        }
                        if !column.read_as.is_empty() {
                            facts.push(column.read_as.clone());
                        }
                        widgets::dim(ui, theme, facts.join(" · "));
                    });
                }
            },
        );
    }
}

fn set_type(options: &mut ImportOptions, column: &str, to: Option<ColumnType>) {
    match to {
        Some(to) => {
            options.types.insert(column.to_owned(), to);
        }
        None => {
            options.types.remove(column);
        }
    }
}

fn part<R>(ui: &mut Ui, name: &str, area: Rect, layout: Layout, content: impl FnOnce(&mut Ui) -> R) -> R {
    let mut child = ui.new_child(UiBuilder::new().id_salt(name).max_rect(area).layout(layout));
    child.shrink_clip_rect(area.expand(2.0));
    content(&mut child)
}

fn report_of(answer: &Response) -> Option<&ImportReport> {
    match answer {
        Response::Imported { report, .. } => Some(report),
        _ => None,
    }
}

/// Whether a person should look at how a file was read before going on.
#[must_use]
pub fn is_doubtful(report: &ImportReport) -> bool {
    report.rejects_total > 0 || !report.notes.is_empty() || report.tables.len() > 1
}

/// The preview's rows for the grid.
struct PreviewRows<'a> {
    report: &'a ImportReport,
    page: &'a TablePage,
    answer: &'a Rc<Response>,
    options: &'a ImportOptions,
}

impl GridSource for PreviewRows<'_> {
    fn columns(&self) -> Vec<GridColumn<'_>> {
        let imported = |column: &PageColumn| self.report.columns.iter().find(|of| of.name == column.name);
        self.page
            .columns
            .iter()
            .map(|of| {
                let mut shown = GridColumn::new(&of.name, of.column_type);
                shown.note = imported(of).map(|column| {
                    let chosen = if self.options.types.contains_key(&of.name) { " (chosen)" } else { "" };
                    let mut note = format!("{}{chosen}", of.column_type.as_str());
                    if column.nulls > 0 {
                        note.push_str(&format!(" · {} null", format::count(column.nulls)));
                    }
                    note
                });
                let characters = |cell: &Option<String>| cell.as_ref().map_or(4, |cell| cell.chars().count());
                shown.longest = of.cells.iter().map(characters).max().unwrap_or_default();
                shown
            })
            .collect()
    }

    fn rows_total(&self) -> Option<u64> {
        self.page.columns.first().map(|column| column.cells.len() as u64)
    }

    fn page(&self, _first_row: u64, _rows: u64, _columns: std::ops::Range<usize>) -> Option<Rc<Response>> {
        Some(Rc::clone(self.answer))
    }

    fn can_query(&self) -> bool {
        false
    }
}
