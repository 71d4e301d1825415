//! A tab's pane: one of all, behind one face.

use cairn_protocol::table::TableRef;

use super::{
    data::{DataPane, TableView},
    kernels,
    lineage::LineagePane,
    models::ModelsPane,
    notebook::NotebookPane,
    reports::ReportsPane,
    runs::RunsPane,
    settings,
    sweeps::SweepsPane,
    welcome,
    wrangle::WranglePane,
};
use crate::{
    app::ThemeChoice,
    ctx::{Ctx, Selection, Tab},
    shell::View,
};

/// The pane of a tab, with its state.
#[expect(missing_docs, reason = "named as the tabs are")]
pub enum Pane {
    Welcome,
    Notebook(Box<NotebookPane>),
    Wrangle(Box<WranglePane>),
    Data(Box<DataPane>),
    Runs(Box<RunsPane>),
    Lineage(Box<LineagePane>),
    Sweeps(Box<SweepsPane>),
    Models(Box<ModelsPane>),
    Reports(Box<ReportsPane>),
    Kernels,
    Settings,
}

impl Pane {
    /// The pane of a tab, as it opens.
    #[must_use]
    pub fn new(tab: &Tab) -> Self {
        match tab {
            Tab::Welcome => Self::Welcome,
            Tab::Notebook(path) => Self::Notebook(Box::new(NotebookPane::new(path.clone()))),
            Tab::Wrangle { notebook, cell } => {
                Self::Wrangle(Box::new(WranglePane::new(notebook.clone(), cell.clone())))
            }
            Tab::Data(path) => Self::Data(Box::new(DataPane::new(TableRef::File { path: path.clone() }))),
            Tab::Table { notebook, cell } => {
                let table = TableRef::Cell { notebook: notebook.clone(), cell: cell.clone() };
                Self::Data(Box::new(DataPane::new(table)))
            }
            Tab::Runs => Self::Runs(Box::default()),
            Tab::Lineage(focus) => Self::Lineage(Box::new(LineagePane::new(focus.clone()))),
            Tab::Sweep(id) => Self::Sweeps(Box::new(SweepsPane::new(id.clone()))),
            Tab::Models => Self::Models(Box::default()),
            Tab::Report(path) => Self::Reports(Box::new(ReportsPane::new(path.clone()))),
            Tab::Kernels => Self::Kernels,
            Tab::Settings => Self::Settings,
        }
    }

    /// Draws it.
    pub fn ui(&mut self, ui: &mut egui::Ui, ctx: &Ctx<'_>, view: &View<'_>, theme_choice: ThemeChoice) {
        match self {
            Self::Welcome => welcome::draw(ui, ctx, view),
            Self::Notebook(pane) => pane.ui(ui, ctx),
            Self::Wrangle(pane) => pane.ui(ui, ctx),
            Self::Data(pane) => pane.ui(ui, ctx),
            Self::Runs(pane) => pane.ui(ui, ctx),
            Self::Lineage(pane) => pane.ui(ui, ctx),
            Self::Sweeps(pane) => pane.ui(ui, ctx),
            Self::Models(pane) => pane.ui(ui, ctx),
            Self::Reports(pane) => pane.ui(ui, ctx),
            Self::Kernels => kernels::draw(ui, ctx),
            Self::Settings => settings::draw(ui, ctx, view, theme_choice),
        }
    }

    /// Scrolls to a cell.
    pub fn reveal(&mut self, cell: &str) {
        if let Self::Notebook(pane) = self {
            pane.reveal(cell);
        }
    }

    /// Shows another side of a table.
    pub fn show(&mut self, view: TableView) {
        if let Self::Data(pane) = self {
            pane.show(view);
        }
    }

    /// Puts the focus into the pane's search field; false where it has none.
    pub fn find(&mut self) -> bool {
        match self {
            Self::Runs(pane) => pane.find(),
            Self::Data(pane) => pane.find(),
            _ => return false,
        }
        true
    }
}

/// What is selected, in full.
pub fn inspector(ui: &mut egui::Ui, ctx: &Ctx<'_>) {
    if let Selection::Column { table, column } = ctx.selection {
        return super::column::inspector(ui, ctx, table, column);
    }
    egui::Frame::new().inner_margin(egui::Margin::symmetric(12, 10)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        match ctx.selection {
            Selection::Cell { notebook, cell } => crate::cells::inspector(ui, ctx, notebook, cell),
            Selection::Run(id) => super::runs::inspector(ui, ctx, id),
            Selection::Trial { sweep, number } => super::sweeps::inspector(ui, ctx, sweep, *number),
            Selection::Node(id) => super::lineage::inspector(ui, ctx, id),
            Selection::Nothing | Selection::Column { .. } => {}
        }
    });
}
