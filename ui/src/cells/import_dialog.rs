//! «Change…» of a data cell: how the file is read, with the table as it would come out beside it, and what could not
//! be read. The cell changes on «Read like this».

use std::rc::Rc;

use cairn_protocol::{
    Request, Response,
    notebook::{CellBody, DataCell, ImportOptions},
    table::{ImportReport, Reject, TablePage},
};
use egui::{Id, Layout, Margin, Modal, ScrollArea, Ui, vec2};

use super::{card::Card, data, field};
use crate::{
    fonts,
    theme::text,
    widgets::{
        self, Button, format, glyph,
        grid::{GridColumn, GridSource, GridState, grid_ui},
    },
};

/// Rows of the preview.
const PREVIEW_ROWS: usize = 100;
/// Room for preview or rejects.
const ROOM: f32 = 300.0;

/// The dialog while it is open.
pub struct ImportDialog {
    options: ImportOptions,
    tab: usize,
    grid: GridState,
    shown: Option<Rc<Response>>,
}

impl ImportDialog {
    /// Opens with the cell's options, at the preview or at the rejects.
    #[must_use]
    pub fn new(options: &ImportOptions, rejects: bool) -> Self {
        let mut grid = GridState::default();
        grid.takes_wheel = true;
        grid.without_footer = true;
        Self { options: options.clone(), tab: usize::from(rejects), grid, shown: None }
    }

    /// Draws the dialog; false when it closes.
    pub fn ui(&mut self, ui: &Ui, card: Card<'_>, data: &DataCell) -> bool {
        let theme = card.theme();
        let request = Request::Import {
            path: data.file.clone(),
            options: self.options.clone(),
            out: None,
            preview_rows: PREVIEW_ROWS,
        };
        let fetched = card.ctx.read(&request);
        if fetched.value.is_some() {
            self.shown.clone_from(&fetched.value);
        }
        let mut open = true;
        let width = (ui.ctx().content_rect().width() - 80.0).clamp(420.0, 860.0);
        let frame = widgets::menus::floating_frame(theme).inner_margin(Margin::same(16));
        let modal = Modal::new(Id::unique(("import", card.path(), card.name()))).frame(frame).show(ui.ctx(), |ui| {
            ui.set_width(width);
            ui.spacing_mut().item_spacing = vec2(10.0, 8.0);
            widgets::heading(ui, theme, format!("How {} is read", data.file));
            self.options_ui(ui, card);
            let shown = self.shown.clone();
            let (report, page) = match shown.as_deref() {
                Some(Response::Imported { report, preview, .. }) => (Some(report), preview.as_ref()),
                _ => (None, None),
            };
            let rejects = report.map_or(0, |report| report.rejects_total);
            let rejects_title = format!("Rejected {}", format::count(rejects));
            ui.horizontal(|ui| {
                widgets::segmented(ui, theme, "Shown", &mut self.tab, &["Preview", &rejects_title]);
                if let Some(report) = report {
                    widgets::dim(ui, theme, data::import_words(report).join(" · "));
                }
                if fetched.loading {
                    widgets::spinner(ui, theme, 14.0);
                }
            });
            ui.allocate_ui(vec2(width, ROOM), |ui| {
                ui.set_min_size(vec2(width, ROOM));
                if let Some(error) = &fetched.error {
                    widgets::error_card(ui, theme, error, false);
                } else if let Some(report) = report {
                    if self.tab == 1 {
                        rejects_ui(ui, card, report);
                    } else if let (Some(page), Some(answer)) = (page, &shown) {
                        let source = PreviewRows { report, page, answer: as_page(page, answer) };
                        grid_ui(ui, card.ctx, &mut self.grid, &source);
                    }
                } else {
                    widgets::loading(ui, theme, "Reading the file…");
                }
            });
            ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
                let changed = self.options != data.options;
                let apply = Button::primary("Read like this").enabled(changed && fetched.error.is_none());
                if widgets::button(ui, theme, apply).clicked() {
                    let body = CellBody::Data(DataCell { file: data.file.clone(), options: self.options.clone() });
                    card.commit(ui, body);
                    card.ctx.call(Request::RunCells {
                        path: card.path().to_owned(),
                        cells: vec![card.name().to_owned()],
                        force: false,
                    });
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
            });
        });
        open && !modal.should_close()
    }

    fn options_ui(&mut self, ui: &mut Ui, card: Card<'_>) {
        let theme = card.theme();
        let detected = match self.shown.as_deref() {
            Some(Response::Imported { report, .. }) => Some(report.clone()),
            _ => None,
        };
        let with = |word: Option<String>| word.map_or("Detect".to_owned(), |word| format!("Detect ({word})"));
        ui.horizontal(|ui| {
            let labelled = |ui: &mut Ui, title: &str, content: &mut dyn FnMut(&mut Ui)| {
                ui.vertical(|ui| {
                    ui.set_width(168.0);
                    ui.spacing_mut().item_spacing.y = 3.0;
                    widgets::field_label(ui, theme, title);
                    content(ui);
                });
            };
            let found = |pick: fn(&ImportReport) -> String, given: bool| {
                with(detected.as_ref().filter(|_| !given).map(pick).filter(|word| !word.is_empty()))
            };
            labelled(ui, "Delimiter", &mut |ui| {
                let auto = found(|report| data::delimiter_word(&report.delimiter), self.options.delimiter.is_some());
                let options = [
                    ("", auto.as_str()),
                    (",", "Comma"),
                    (";", "Semicolon"),
                    ("\\t", "Tab"),
                    ("|", "Bar"),
                    (" ", "Space"),
                    (":", "Colon"),
                ];
                let mut chosen = self.options.delimiter.clone().unwrap_or_default();
                if widgets::select(ui, theme, "Delimiter", &mut chosen, &options, 168.0) {
                    self.options.delimiter = Some(chosen).filter(|chosen| !chosen.is_empty());
                }
            });
            labelled(ui, "Encoding", &mut |ui| {
                let auto = found(|report| report.encoding.to_uppercase(), self.options.encoding.is_some());
                let options = [
                    ("", auto.as_str()),
                    ("utf-8", "UTF-8"),
                    ("windows-1252", "Windows-1252"),
                    ("iso-8859-2", "ISO-8859-2"),
                    ("windows-1250", "Windows-1250"),
                    ("windows-1251", "Windows-1251"),
                    ("utf-16le", "UTF-16 LE"),
                    ("utf-16be", "UTF-16 BE"),
                    ("shift_jis", "Shift JIS"),
                    ("gb18030", "GB 18030"),
                ];
                let mut chosen = self.options.encoding.clone().unwrap_or_default();
                if widgets::select(ui, theme, "Encoding", &mut chosen, &options, 168.0) {
                    self.options.encoding = Some(chosen).filter(|chosen| !chosen.is_empty());
                }
            });
            labelled(ui, "First record", &mut |ui| {
                let auto = found(
                    |report| if report.header { "names" } else { "values" }.to_owned(),
                    self.options.header.is_some(),
                );
                let options = [(None, auto.as_str()), (Some(true), "Holds the names"), (Some(false), "Holds values")];
                if let Some(header) = field::choice(ui, theme, "First record", self.options.header, &options, 168.0) {
                    self.options.header = header;
                }
            });
            ui.vertical(|ui| {
                widgets::field_label(ui, theme, "Types");
                widgets::checkbox(ui, theme, "Leave every field as text", &mut self.options.text_only);
            });
        });
    }
}

/// The rows that could not be read.
fn rejects_ui(ui: &mut Ui, card: Card<'_>, report: &ImportReport) {
    const ROW: f32 = 24.0;
    let theme = card.theme();
    if report.rejects.is_empty() {
        widgets::dim(ui, theme, "Every record could be read");
        return;
    }
    let widths = [72.0, 96.0, 240.0];
    let cells = |ui: &mut Ui, reject: Option<&Reject>| {
        ui.horizontal(|ui| {
            ui.set_min_height(ROW);
            ui.spacing_mut().item_spacing.x = 8.0;
            let words = match reject {
                Some(reject) => [
                    format::count(reject.line),
                    format::count(reject.byte_offset),
                    reject.reason.clone(),
                    reject.text.clone(),
                ],
                None => ["Line", "Byte", "Reason", "Record"].map(str::to_owned),
            };
            for (index, word) in words.into_iter().enumerate() {
                let width = widths.get(index).copied().unwrap_or_else(|| ui.available_width().max(80.0));
                let layout = Layout::left_to_right(egui::Align::Center);
                ui.allocate_ui_with_layout(vec2(width, ROW), layout, |ui| {
                    ui.set_min_width(width);
                    let font = match (reject.is_some(), index) {
                        (false, _) => fonts::body(text::SMALL),
                        (_, 2) => fonts::body(text::BODY),
                        _ => fonts::mono(text::MONO),
                    };
                    let color = match (reject.is_some(), index) {
                        (false, _) | (_, 3) => theme.dim,
                        _ => theme.text,
                    };
                    let rich = egui::RichText::new(word.as_str()).font(font).color(color);
                    ui.add(egui::Label::new(rich).truncate().selectable(false)).on_hover_text(word);
                });
            }
        });
    };
    cells(ui, None);
    widgets::hairline(ui, theme);
    ScrollArea::vertical().auto_shrink([false, false]).max_height(ROOM - 60.0).show_rows(
        ui,
        ROW,
        report.rejects.len(),
        |ui, rows| {
            for reject in &report.rejects[rows] {
                cells(ui, Some(reject));
            }
        },
    );
    let listed = report.rejects.len() as u64;
    if report.rejects_total > listed {
        widgets::small(
            ui,
            theme,
            format!("{} of {} are listed", format::count(listed), format::count(report.rejects_total)),
        );
    }
}

/// The preview's rows for the grid.
struct PreviewRows<'a> {
    report: &'a ImportReport,
    page: &'a TablePage,
    answer: Rc<Response>,
}

fn as_page(page: &TablePage, answer: &Rc<Response>) -> Rc<Response> {
    match answer.as_ref() {
        Response::Page(_) => Rc::clone(answer),
        _ => Rc::new(Response::Page(page.clone())),
    }
}

impl GridSource for PreviewRows<'_> {
    fn columns(&self) -> Vec<GridColumn<'_>> {
        let column = |column: &'_ cairn_protocol::table::PageColumn| -> Option<u64> {
            self.report.columns.iter().find(|of| of.name == column.name).map(|of| of.nulls)
        };
        self.page
            .columns
            .iter()
            .map(|of| {
                let mut shown = GridColumn::new(&of.name, of.column_type);
                shown.note = column(of).map(|nulls| match nulls {
                    0 => of.column_type.as_str().to_owned(),
                    nulls => format!("{} · {} null", of.column_type.as_str(), format::count(nulls)),
                });
                shown
            })
            .collect()
    }

    fn rows_total(&self) -> Option<u64> {
        self.page.columns.first().map(|column| column.cells.len() as u64)
    }

    fn page(&self, _first_row: u64, _rows: u64, _columns: std::ops::Range<usize>) -> Option<Rc<Response>> {
        Some(Rc::clone(&self.answer))
    }

    fn can_query(&self) -> bool {
        false
    }
}
