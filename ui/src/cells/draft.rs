//! What a person is changing and the engine has not yet confirmed. A committed change is shown at once
//! ([`shown`]) until the answer is there; a wrangle cell keeps its recipe under way in a [`WrangleDraft`] until it
//! is applied or discarded. Both live in egui's memory, so that the card, the maximised pane and the inspector
//! of a cell see the same.

use std::sync::Arc;

use cairn_protocol::{
    Request,
    door::NotebookView,
    notebook::{CellBody, Edit},
    steps::{CellEdit, EditCells, Step, StepOp},
};
use egui::Id;

use super::behind;
use crate::ctx::Ctx;

#[derive(Debug, Clone)]
struct Pending {
    body: CellBody,
    pass: u64,
}

fn pending_id(notebook: &str, cell: &str) -> Id {
    Id::unique(("pending body", notebook, cell))
}

/// The content of a cell as the person left it: their last change while it is on its way, the notebook's otherwise.
#[must_use]
pub fn shown(egui: &egui::Context, ctx: &Ctx, view: &NotebookView, index: usize) -> CellBody {
    let cell = &view.notebook.cells[index];
    let id = pending_id(&view.path, &cell.name);
    let Some(pending) = egui.data(|data| data.get_temp::<Pending>(id)) else { return cell.body.clone() };
    let on_its_way =
        ctx.store.is_calling(|request| matches!(request, Request::EditNotebook { path, .. } if *path == view.path));
    if on_its_way || egui.cumulative_pass_nr() <= pending.pass + 2 {
        return pending.body;
    }
    egui.data_mut(|data| data.remove::<Pending>(id));
    cell.body.clone()
}

/// Sends a new content of a cell, as one undo point, and shows it from now on.
pub fn commit(egui: &egui::Context, ctx: &Ctx, notebook: &str, cell: &str, body: CellBody) {
    show(egui, notebook, cell, &body);
    ctx.edit(notebook, vec![Edit::SetBody { name: cell.to_owned(), body }]);
    egui.request_repaint();
}

/// Shows a content of a cell from now on, until the engine has answered to its change.
pub fn show(egui: &egui::Context, notebook: &str, cell: &str, body: &CellBody) {
    let pending = Pending { body: body.clone(), pass: egui.cumulative_pass_nr() };
    egui.data_mut(|data| data.insert_temp(pending_id(notebook, cell), pending));
}

/// A recipe under way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WrangleDraft {
    /// The steps as they are being edited.
    pub steps: Vec<Step>,
    /// The steps of the notebook when editing began.
    pub base: Vec<Step>,
    /// Number of the step looked at, from 1; 0: the input.
    pub selected: usize,
    /// What the preview is compared with.
    pub compare: Compare,
    /// The steps last sent for a preview, and those that wait until the person pauses.
    pub asked: Option<(Vec<Step>, usize)>,
    /// When the steps changed last, in seconds since the epoch.
    pub changed_at: f64,
    /// The steps at that time.
    pub waiting: Option<(Vec<Step>, usize)>,
    /// The row of the selected step takes the focus in the next frame.
    pub focus_selected: bool,
    /// Earlier states of the steps, oldest first.
    past: Vec<Snapshot>,
    /// States that were taken back, the newest last.
    future: Vec<Snapshot>,
    /// The steps as they were kept last, and when they changed last.
    kept: Option<(Snapshot, f64)>,
}

/// The steps at a time, and the one looked at.
type Snapshot = Arc<(Vec<Step>, usize)>;

/// States that can be taken back.
const MOST_PAST: usize = 100;
/// Changes of one step within so many seconds are taken back together.
const TOGETHER_SECS: f64 = 0.8;

/// What the preview of a step is compared with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compare {
    /// The table before the step.
    #[default]
    PreviousStep,
    /// The table that the cell reads.
    CardInput,
    /// Nothing: the table as it is.
    Off,
}

/// Seconds without a change before a preview is asked for.
pub const PREVIEW_PAUSE_SECS: f64 = 0.25;

impl WrangleDraft {
    fn id(notebook: &str, cell: &str) -> Id {
        Id::unique(("wrangle draft", notebook, cell))
    }

    /// The draft of a cell whose recipe in the notebook is `steps`.
    #[must_use]
    pub fn load(egui: &egui::Context, notebook: &str, cell: &str, steps: &[Step]) -> Self {
        let known = egui.data(|data| data.get_temp::<Self>(Self::id(notebook, cell)));
        let mut draft = known.unwrap_or_else(|| Self { selected: steps.len(), ..Self::default() });
        if !draft.is_changed() && draft.base != steps {
            draft.steps = steps.to_vec();
            draft.base = steps.to_vec();
            (draft.past, draft.future, draft.kept) = (Vec::new(), Vec::new(), None);
        }
        if draft.steps == steps {
            // Applied here or elsewhere: nothing is under way any more.
            draft.base = steps.to_vec();
        }
        draft.selected = draft.selected.min(draft.steps.len());
        draft
    }

    /// Keeps the draft for the next frame; what changed since can be taken back.
    pub fn save(mut self, egui: &egui::Context, notebook: &str, cell: &str) {
        self.remember(egui.input(|input| input.time));
        egui.data_mut(|data| data.insert_temp(Self::id(notebook, cell), self));
    }

    /// Whether a cell's recipe is being edited.
    #[must_use]
    pub fn is_editing(egui: &egui::Context, notebook: &str, cell: &str) -> bool {
        egui.data(|data| data.get_temp::<Self>(Self::id(notebook, cell))).is_some_and(|draft| draft.is_changed())
    }

    /// Whether there is something to apply.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.steps != self.base
    }

    /// Goes back to the recipe of the notebook.
    pub fn discard(&mut self) {
        self.steps.clone_from(&self.base);
        self.selected = self.selected.min(self.steps.len());
    }

    fn remember(&mut self, now_secs: f64) {
        let same = self.kept.as_ref().is_some_and(|(kept, _)| kept.0 == self.steps);
        if same {
            return;
        }
        let now: Snapshot = Arc::new((self.steps.clone(), self.selected));
        if let Some((kept, changed_at)) = self.kept.take() {
            let typing = now_secs - changed_at < TOGETHER_SECS && kept.0.len() == self.steps.len();
            if !typing {
                self.past.push(kept);
                if self.past.len() > MOST_PAST {
                    self.past.remove(0);
                }
            }
            self.future.clear();
            self.kept = Some((now, now_secs));
        } else {
            self.kept = Some((now, f64::NEG_INFINITY));
        }
    }

    /// Whether a change of the recipe under way can be taken back.
    #[must_use]
    pub fn can_undo(&self) -> bool {
        self.is_changed() && !self.past.is_empty()
    }

    /// Whether a change that was taken back can be made again.
    #[must_use]
    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }

    /// Takes the last change back. False where there is none.
    pub fn undo(&mut self) -> bool {
        let Some(before) = self.past.pop() else { return false };
        self.future.push(Arc::new((self.steps.clone(), self.selected)));
        self.go_to(before);
        true
    }

    /// Makes the change again that was taken back last. False where there is none.
    pub fn redo(&mut self) -> bool {
        let Some(after) = self.future.pop() else { return false };
        self.past.push(Arc::new((self.steps.clone(), self.selected)));
        self.go_to(after);
        true
    }

    fn go_to(&mut self, snapshot: Snapshot) {
        self.steps.clone_from(&snapshot.0);
        self.selected = snapshot.1.min(self.steps.len());
        self.kept = Some((snapshot, f64::NEG_INFINITY));
    }

    /// Adds a copy of a step (index from 0) behind it and selects the copy.
    pub fn duplicate(&mut self, index: usize) {
        if let Some(step) = self.steps.get(index).cloned() {
            self.steps.insert(index + 1, step);
            self.selected = index + 2;
            self.focus_selected = true;
        }
    }

    /// Gives a cell of the table behind the selected step another value: in that step where it edits cells, else in the
    /// step behind it where that one does, else in a new one between them.
    pub fn edit_cell(&mut self, edit: CellEdit) {
        let at = self.selected.min(self.steps.len());
        let edits = |step: &Step| step.enabled && matches!(step.op, StepOp::EditCells(_));
        let known = at.checked_sub(1).filter(|index| edits(&self.steps[*index]));
        let known = known.or_else(|| Some(at).filter(|index| self.steps.get(*index).is_some_and(edits)));
        match known {
            Some(index) => {
                if let StepOp::EditCells(edits) = &mut self.steps[index].op {
                    behind::extend(edits, edit);
                }
                self.selected = index + 1;
            }
            None => self.add(Step { op: StepOp::EditCells(EditCells { edits: vec![edit] }), enabled: true }),
        }
    }

    /// Adds a step after the selected one and selects it.
    pub fn add(&mut self, step: Step) {
        let at = self.selected.min(self.steps.len());
        self.steps.insert(at, step);
        self.selected = at + 1;
    }

    /// Removes a step (index from 0).
    pub fn remove(&mut self, index: usize) {
        if index < self.steps.len() {
            self.steps.remove(index);
            if self.selected > index && self.selected > 1 || self.selected > self.steps.len() {
                self.selected -= 1;
            }
        }
    }

    /// Moves a step to another index (both from 0); the selection goes with it.
    pub fn shift(&mut self, from: usize, to: usize) {
        if from < self.steps.len() && to < self.steps.len() && from != to {
            let step = self.steps.remove(from);
            self.steps.insert(to, step);
            self.selected = to + 1;
        }
    }

    /// Which steps the preview shows now: the newest that rested for [`PREVIEW_PAUSE_SECS`]. Gives the seconds
    /// until the next change is due, where one waits.
    pub fn settle(&mut self, now_secs: f64) -> Option<f64> {
        let wanted = (self.steps.clone(), self.selected);
        if self.asked.as_ref() == Some(&wanted) {
            self.waiting = None;
            return None;
        }
        // Looking at another step of the same recipe waits for nothing.
        let same_recipe = self.asked.as_ref().is_none_or(|(steps, _)| *steps == wanted.0);
        if same_recipe {
            self.asked = Some(wanted);
            self.waiting = None;
            return None;
        }
        if self.waiting.as_ref() != Some(&wanted) {
            self.waiting = Some(wanted);
            self.changed_at = now_secs;
            return Some(PREVIEW_PAUSE_SECS);
        }
        let left = self.changed_at + PREVIEW_PAUSE_SECS - now_secs;
        if left > 0.0 {
            return Some(left);
        }
        self.asked = self.waiting.take();
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(column: &str) -> Step {
        Step { op: StepOp::Drop { columns: vec![column.into()] }, enabled: true }
    }

    fn draft(columns: &[&str]) -> WrangleDraft {
        let steps: Vec<_> = columns.iter().map(|column| step(column)).collect();
        WrangleDraft { base: steps.clone(), selected: steps.len(), steps, ..WrangleDraft::default() }
    }

    #[test]
    fn a_preview_waits_until_the_person_pauses() {
        let mut draft = draft(&["a"]);
        assert_eq!(draft.settle(10.0), None);
        let first = draft.asked.clone();
        draft.add(step("b"));
        assert!(draft.settle(11.0).is_some());
        draft.steps[1] = step("c");
        assert!(draft.settle(11.2).is_some(), "a change starts the pause again");
        assert!(draft.settle(11.4).is_some());
        assert_eq!(draft.asked, first);
        assert_eq!(draft.settle(11.5), None);
        assert_eq!(draft.asked.as_ref().unwrap().0[1], step("c"));
    }

    #[test]
    fn looking_at_another_step_waits_for_nothing() {
        let mut draft = draft(&["a", "b"]);
        draft.settle(10.0);
        draft.selected = 1;
        assert_eq!(draft.settle(10.0), None);
        assert_eq!(draft.asked.as_ref().unwrap().1, 1);
    }

    #[test]
    fn steps_move_with_their_selection() {
        let mut draft = draft(&["a", "b", "c"]);
        draft.shift(2, 0);
        assert_eq!((draft.steps[0].clone(), draft.selected), (step("c"), 1));
        draft.remove(0);
        assert_eq!((draft.steps.len(), draft.selected), (2, 1));
        draft.discard();
        assert_eq!(draft.steps[2], step("c"));
        assert!(!draft.is_changed());
    }

    #[test]
    fn an_edited_cell_becomes_a_step_where_one_looks() {
        let mut draft = draft(&["a", "b"]);
        let edit =
            |row, value| CellEdit { row, column: "x".into(), value: Some(cairn_protocol::ParamValue::Int(value)) };
        let edits = |draft: &WrangleDraft, index: usize| match &draft.steps[index].op {
            StepOp::EditCells(edits) => edits.edits.clone(),
            other => panic!("{other:?}"),
        };
        draft.selected = 1;
        draft.edit_cell(edit(4, 1));
        assert_eq!((draft.steps.len(), draft.selected, edits(&draft, 1)), (3, 2, vec![edit(4, 1)]));
        assert_eq!(draft.steps[2], step("b"));
        // The same step goes on, and the later value of a cell counts.
        draft.edit_cell(edit(9, 2));
        draft.edit_cell(edit(4, 3));
        assert_eq!((draft.steps.len(), edits(&draft, 1)), (3, vec![edit(9, 2), edit(4, 3)]));
        // Seen from the step before, the edit goes into the step that follows.
        draft.selected = 1;
        draft.edit_cell(edit(5, 0));
        assert_eq!((draft.steps.len(), draft.selected, edits(&draft, 1).len()), (3, 2, 3));
        // A step that is switched off does nothing, so it takes no edits.
        draft.steps[1].enabled = false;
        draft.edit_cell(edit(6, 0));
        assert_eq!((draft.steps.len(), edits(&draft, 2)), (4, vec![edit(6, 0)]));
        // The input itself is edited by a first step.
        draft.selected = 0;
        draft.edit_cell(edit(0, 7));
        assert_eq!((draft.selected, edits(&draft, 0)), (1, vec![edit(0, 7)]));
    }

    #[test]
    fn changes_are_taken_back_and_made_again() {
        let mut draft = draft(&["a", "b"]);
        draft.remember(0.0);
        draft.remove(0);
        draft.remember(10.0);
        draft.duplicate(0);
        draft.remember(20.0);
        assert_eq!(draft.steps, [step("b"), step("b")]);
        // What one types in one go is one change.
        draft.steps[1] = step("c");
        draft.remember(30.0);
        draft.steps[1] = step("cd");
        draft.remember(30.3);
        assert!(draft.undo());
        draft.remember(40.0);
        assert_eq!(draft.steps, [step("b"), step("b")]);
        assert!(draft.undo() && draft.undo() && !draft.undo());
        assert_eq!(draft.steps, [step("a"), step("b")]);
        assert!(draft.redo() && draft.redo() && draft.redo() && !draft.redo());
        assert_eq!(draft.steps, [step("b"), step("cd")]);
    }

    #[test]
    fn a_recipe_changed_elsewhere_shows_unless_one_is_under_way() {
        let egui = egui::Context::default();
        WrangleDraft::load(&egui, "n", "c", &[step("a")]).save(&egui, "n", "c");
        let mut changed = WrangleDraft::load(&egui, "n", "c", &[step("b")]);
        assert_eq!(changed.steps, [step("b")]);
        changed.add(step("d"));
        changed.save(&egui, "n", "c");
        assert!(WrangleDraft::is_editing(&egui, "n", "c"));
        assert_eq!(WrangleDraft::load(&egui, "n", "c", &[step("e")]).steps.len(), 2);
    }
}
