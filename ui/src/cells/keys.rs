//! Commands of the registry that a part of a cell takes before its notebook does: a step with the focus moves rather
//! than the cell, a recipe under way is applied rather than run, `/` adds a step.

use cairn_protocol::{
    Request, Response,
    door::NotebookView,
    notebook::{CellBody, Edit, WrangleCell},
    table::TableRef,
};
use egui::{Context, Id};

use super::draft::WrangleDraft;
use crate::{command::Command, ctx::Selection, store::Store};

/// The step that has the keyboard's focus.
#[derive(Debug, Clone)]
pub(super) struct FocusedStep {
    pub widget: Id,
    pub index: usize,
}

fn step_id() -> Id {
    Id::unique("step with the focus")
}

fn slash_id(notebook: &str, cell: &str) -> Id {
    Id::unique(("open the list of steps", notebook, cell))
}

/// Remembers which step has the focus.
pub(super) fn note_focus(egui: &Context, step: FocusedStep) {
    egui.data_mut(|data| data.insert_temp(step_id(), step));
}

/// Whether `/` was pressed for this cell since the last time this was asked.
pub(super) fn take_slash(egui: &Context, notebook: &str, cell: &str) -> bool {
    egui.data_mut(|data| data.remove_temp::<bool>(slash_id(notebook, cell))).unwrap_or_default()
}

/// Gives a command to the part of the selected cell that it is meant for. False where the notebook is meant.
pub fn takes_command(egui: &Context, store: &Store, selection: &Selection, command: Command) -> bool {
    // A column selected in the preview of a cell speaks for the cell.
    let (notebook, cell) = match selection {
        Selection::Cell { notebook, cell } | Selection::Column { table: TableRef::Cell { notebook, cell }, .. } => {
            (notebook, cell)
        }
        _ => return false,
    };
    let answer = store.read(&Request::OpenNotebook { path: notebook.clone() }).value;
    let Some(Response::Notebook(view)) = answer.as_deref() else { return false };
    let Some(CellBody::Wrangle(wrangle)) = body_of(view, cell) else { return false };
    match command {
        Command::MoveUp | Command::MoveDown => {
            let focused = egui.data(|data| data.get_temp::<FocusedStep>(step_id()));
            let Some(step) = focused.filter(|step| egui.memory(|memory| memory.focused()) == Some(step.widget)) else {
                return false;
            };
            let mut draft = WrangleDraft::load(egui, notebook, cell, &wrangle.steps);
            let to = if command == Command::MoveUp { step.index.checked_sub(1) } else { Some(step.index + 1) };
            if let Some(to) = to.filter(|to| *to < draft.steps.len()) {
                draft.shift(step.index, to);
                draft.focus_selected = true;
            }
            draft.save(egui, notebook, cell);
            true
        }
        Command::RunCell if WrangleDraft::is_editing(egui, notebook, cell) => {
            let mut draft = WrangleDraft::load(egui, notebook, cell, &wrangle.steps);
            let body = CellBody::Wrangle(WrangleCell { input: wrangle.input.clone(), steps: draft.steps.clone() });
            draft.base.clone_from(&draft.steps);
            draft.save(egui, notebook, cell);
            super::draft::show(egui, notebook, cell, &body);
            let edits = vec![Edit::SetBody { name: cell.clone(), body }];
            store.call(Request::EditNotebook { path: notebook.clone(), edits });
            true
        }
        Command::Undo | Command::Redo if WrangleDraft::is_editing(egui, notebook, cell) => {
            let mut draft = WrangleDraft::load(egui, notebook, cell, &wrangle.steps);
            let done = if command == Command::Undo { draft.undo() } else { draft.redo() };
            draft.save(egui, notebook, cell);
            done
        }
        Command::FilterTable => {
            egui.data_mut(|data| data.insert_temp(slash_id(notebook, cell), true));
            true
        }
        _ => false,
    }
}

fn body_of<'v>(view: &'v NotebookView, cell: &str) -> Option<&'v CellBody> {
    view.notebook.cells.iter().find(|of| of.name == cell).map(|of| &of.body)
}
