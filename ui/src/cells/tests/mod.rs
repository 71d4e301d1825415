//! The notebook pane against a scripted engine: what a person does, and what goes through the door because of it.

mod cells;
mod fixture;
mod forms;

use std::{cell::RefCell, rc::Rc};

use cairn_protocol::{
    ParamValue, Request, Response,
    door::NotebookView,
    notebook::{CellBody, Edit},
};
use egui_kittest::{Harness, kittest::Queryable as _};

use crate::{
    backend::{Arrival, Backend, CallId, Choose},
    ctx::{Action, Ctx, Selection},
    fonts,
    panes::{notebook::NotebookPane, wrangle::WranglePane},
    store::Store,
    theme::Theme,
    widgets::style,
};

/// An engine that answers from the fixture and remembers what it was asked.
#[derive(Clone)]
struct Scripted {
    asked: Rc<RefCell<Vec<Request>>>,
    view: Rc<RefCell<NotebookView>>,
    waiting: Rc<RefCell<Vec<Arrival>>>,
}

impl Backend for Scripted {
    fn send(&mut self, call: CallId, request: &Request) {
        self.asked.borrow_mut().push(request.clone());
        if let Request::EditNotebook { edits, .. } = request {
            let mut view = self.view.borrow_mut();
            for edit in edits {
                apply(&mut view, edit);
            }
            view.revision += 1;
        }
        let result = fixture::answer(request, &self.view.borrow()).map(Box::<Response>::new);
        self.waiting.borrow_mut().push(Arrival::Answer { call, result });
    }

    fn poll(&mut self) -> Vec<Arrival> {
        std::mem::take(&mut self.waiting.borrow_mut())
    }

    fn choose(&mut self, _what: Choose) -> bool {
        false
    }

    fn open_outside(&mut self, _path: &str) -> bool {
        false
    }
}

fn apply(view: &mut NotebookView, edit: &Edit) {
    match edit {
        Edit::SetBody { name, body } => {
            let cell = view.notebook.cells.iter_mut().find(|cell| cell.name == *name).unwrap();
            cell.body = body.clone();
        }
        Edit::RemoveCell { name } => {
            view.notebook.cells.retain(|cell| cell.name != *name);
            view.cells.retain(|cell| cell.name != *name);
        }
        _ => {}
    }
}

#[expect(clippy::large_enum_variant, reason = "one of them a test")]
enum Pane {
    Notebook(NotebookPane),
    Wrangle(WranglePane),
}

struct Window {
    store: Store,
    backend: Scripted,
    selection: Selection,
    pane: Pane,
    actions: Vec<Action>,
    frames: u32,
    now_secs: f64,
}

fn select(cell: &str) -> Selection {
    Selection::Cell { notebook: fixture::PATH.into(), cell: cell.into() }
}

impl Window {
    fn ui(&mut self, ui: &mut egui::Ui) {
        self.frames += 1;
        let theme = Theme::light();
        if self.frames == 1 {
            fonts::install(ui.ctx());
            style::apply(ui.ctx(), &theme);
            return;
        }
        self.now_secs += 0.05;
        self.store.exchange(&mut self.backend);
        let ctx = Ctx::new(&self.store, &theme, &self.selection, "stroke-risk", self.now_secs);
        match &mut self.pane {
            Pane::Notebook(pane) => pane.ui(ui, &ctx),
            Pane::Wrangle(pane) => pane.ui(ui, &ctx),
        }
        for action in ctx.take_actions() {
            match &action {
                Action::Call(request) => {
                    self.store.call(request.clone());
                }
                Action::Select(selection) => self.selection = selection.clone(),
                _ => {}
            }
            self.actions.push(action);
        }
        self.store.exchange(&mut self.backend);
    }
}

/// A window that shows some cells of the fixture, the first of them selected.
fn window(cells: &[&str]) -> Harness<'static, Window> {
    let mut view = fixture::view();
    view.notebook.cells.retain(|cell| cells.contains(&cell.name.as_str()));
    view.cells.retain(|cell| cells.contains(&cell.name.as_str()));
    open(view, Pane::Notebook(NotebookPane::new(fixture::PATH)), select(cells.first().unwrap_or(&"")))
}

fn open(view: NotebookView, pane: Pane, selection: Selection) -> Harness<'static, Window> {
    let backend = Scripted { asked: Rc::default(), view: Rc::new(RefCell::new(view)), waiting: Rc::default() };
    let store = Store::default();
    let window = Window { store, backend, selection, pane, actions: Vec::new(), frames: 0, now_secs: 1_763_640_000.0 };
    let mut harness = Harness::builder()
        .with_size(egui::vec2(1180.0, 1400.0))
        .build_ui_state(|ui, window: &mut Window| window.ui(ui), window);
    harness.run_steps(8);
    harness
}

fn edits(harness: &Harness<'_, Window>) -> Vec<Edit> {
    let asked = harness.state().backend.asked.borrow();
    let of = asked.iter().filter_map(|request| match request {
        Request::EditNotebook { edits, .. } => Some(edits.clone()),
        _ => None,
    });
    of.flatten().collect()
}

fn previews(harness: &Harness<'_, Window>) -> usize {
    let asked = harness.state().backend.asked.borrow();
    asked.iter().filter(|request| matches!(request, Request::PreviewSteps { first_row: 0, .. })).count()
}

const INPUT: egui::accesskit::Role = egui::accesskit::Role::TextInput;

fn type_over(harness: &mut Harness<'_, Window>, field: &str, text: &str) {
    harness.get_by_role_and_label(INPUT, field).focus();
    harness.run_steps(2);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.run_steps(1);
    harness.get_by_role_and_label(INPUT, field).type_text(text);
    harness.run_steps(2);
}

fn enter(harness: &mut Harness<'_, Window>) {
    harness.key_press(egui::Key::Enter);
    harness.run_steps(4);
}

#[test]
fn every_kind_of_cell_draws() {
    for cell in ["Patients", "Split", "Encode", "Boosted trees", "Tune", "Review", "Why"] {
        let harness = window(&[cell]);
        assert!(harness.query_by_label(&format!("Fold {cell}")).is_some(), "{cell} has a header");
    }
}

#[test]
fn adding_a_cell_sends_it_prefilled() {
    let mut harness = window(&["Patients", "Split", "Encode"]);
    harness.get_by_label("Add Train").click();
    harness.run_steps(4);
    let edits = edits(&harness);
    let [Edit::AddCell { after: Some(after), cell }] = edits.as_slice() else { panic!("{edits:?}") };
    assert_eq!((after.as_str(), cell.name.as_str()), ("Encode", "Boosted trees"));
    let CellBody::Train(train) = &cell.body else { panic!() };
    assert_eq!((train.input.as_str(), train.target.as_str()), ("Encode", "stroke"));
}

#[test]
fn the_list_between_two_cards_begins_with_what_fits() {
    let mut harness = window(&["Patients", "Split"]);
    harness.get_by_label("Add a cell after Patients").click();
    harness.run_steps(3);
    let top = |label: &str| harness.get_by_role_and_label(egui::accesskit::Role::MenuItem, label).rect().top();
    assert!(top("Split") < top("Wrangle") && top("Wrangle") < top("Train"));
}

#[test]
fn editing_a_hyperparameter_sends_just_that_one() {
    let mut harness = window(&["Boosted trees"]);
    type_over(&mut harness, "Trees", "500");
    assert!(edits(&harness).is_empty(), "nothing goes out while one types");
    enter(&mut harness);
    let edits = edits(&harness);
    let [Edit::SetBody { name, body: CellBody::Train(train) }] = edits.as_slice() else { panic!("{edits:?}") };
    assert_eq!(name, "Boosted trees");
    let expected = [("learning_rate".to_owned(), ParamValue::Float(0.03)), ("trees".to_owned(), ParamValue::Int(500))];
    assert_eq!(train.params, expected.into());
}

#[test]
fn a_default_typed_again_is_not_written_down() {
    let mut harness = window(&["Boosted trees"]);
    type_over(&mut harness, "Learning rate", "0.1");
    enter(&mut harness);
    let edits = edits(&harness);
    let [Edit::SetBody { body: CellBody::Train(train), .. }] = edits.as_slice() else { panic!("{edits:?}") };
    assert!(train.params.is_empty());
}

#[test]
fn what_is_out_of_range_is_said_and_not_sent() {
    let mut harness = window(&["Boosted trees"]);
    type_over(&mut harness, "Learning rate", "7");
    assert!(harness.query_by_label_contains("Learning rate needs a number from 0.001 to 1").is_some());
    enter(&mut harness);
    assert!(edits(&harness).is_empty());
}

#[test]
fn a_field_that_is_edited_is_left_alone_when_the_notebook_changes() {
    let mut harness = window(&["Boosted trees"]);
    type_over(&mut harness, "Trees", "50");
    {
        let window = harness.state_mut();
        let mut view = window.backend.view.borrow_mut();
        view.revision += 1;
        let CellBody::Train(train) = &mut view.notebook.cells[0].body else { panic!() };
        train.params.insert("trees".into(), ParamValue::Int(999));
        let event =
            cairn_protocol::door::EventBody::Notebook { path: fixture::PATH.into(), revision: 8, why: String::new() };
        let event = cairn_protocol::Event { seq: 1, body: event };
        window.backend.waiting.borrow_mut().push(Arrival::Event(Box::new(event)));
    }
    harness.run_steps(5);
    assert_eq!(harness.get_by_role_and_label(INPUT, "Trees").value().as_deref(), Some("50"));
}

#[test]
fn a_preview_is_asked_for_once_when_the_person_pauses() {
    let mut harness = window(&["Encode"]);
    let before = previews(&harness);
    assert!(before >= 1);
    type_over(&mut harness, "Rare below, %", "2");
    enter(&mut harness);
    assert!(edits(&harness).is_empty(), "a draft is not sent before it is applied");
    assert_eq!(previews(&harness), before, "within the pause nothing is asked");
    harness.run_steps(8);
    assert_eq!(previews(&harness), before + 1);
    harness.get_by_label("Apply").click();
    harness.run_steps(4);
    let edits = edits(&harness);
    let [Edit::SetBody { body: CellBody::Wrangle(wrangle), .. }] = edits.as_slice() else { panic!("{edits:?}") };
    assert_eq!(wrangle.steps.len(), 6);
}

#[test]
fn discarding_a_recipe_sends_nothing() {
    let mut harness = window(&["Encode"]);
    harness.get_by_label("Switch off step 6").click();
    harness.run_steps(2);
    assert!(harness.query_by_label("editing").is_some());
    harness.get_by_label("Discard").click();
    harness.run_steps(2);
    assert!(harness.query_by_label("editing").is_none());
    assert!(edits(&harness).is_empty());
}

#[test]
fn stale_and_failed_cells_say_why_and_what_to_do() {
    let mut harness = window(&["Boosted trees", "Review"]);
    assert!(harness.query_by_label_contains("Step 6 of Encode changed").is_some());
    assert!(harness.query_by_label_contains("The cell Tune is stale").is_some());
    assert!(harness.query_by_label_contains("Run Tune, then this cell again").is_some());
    harness.get_by_label_contains("Train again").click();
    harness.run_steps(3);
    let asked = harness.state().backend.asked.borrow();
    assert!(asked.iter().any(
        |request| matches!(request, Request::RunCells { cells, force: false, .. } if cells == &["Boosted trees"])
    ));
}

#[test]
fn deleting_by_the_menu_removes_the_cell() {
    let mut harness = window(&["Split", "Encode"]);
    harness.get_by_label("More for Split").click();
    harness.run_steps(3);
    harness.get_by_label("Delete").click();
    harness.run_steps(4);
    assert_eq!(edits(&harness), [Edit::RemoveCell { name: "Split".into() }]);
    assert!(harness.query_by_label("Fold Split").is_none());
}

#[test]
fn a_range_in_the_form_of_a_model_becomes_a_sweep() {
    let mut harness = window(&["Boosted trees"]);
    harness.get_by_label("Search over Learning rate").click();
    harness.run_steps(3);
    harness.get_by_label_contains("Sweep, 50 trials").click();
    harness.run_steps(3);
    let edits = edits(&harness);
    let [Edit::AddCell { cell, .. }] = edits.as_slice() else { panic!("{edits:?}") };
    let CellBody::Sweep(sweep) = &cell.body else { panic!() };
    assert_eq!(sweep.space.len(), 1);
    assert_eq!(sweep.space[0].name, "learning_rate");
    assert!(sweep.params.is_empty(), "what is searched is not held");
}

#[test]
fn a_split_gets_folds_and_further_parts() {
    let changed = |act: &dyn Fn(&mut Harness<'static, Window>)| {
        let mut harness = window(&["Split"]);
        act(&mut harness);
        let edits = edits(&harness);
        let [Edit::SetBody { body: CellBody::Split(split), .. }] = edits.as_slice() else { panic!("{edits:?}") };
        split.clone()
    };
    let folded = changed(&|harness| {
        type_over(harness, "Folds", "5");
        enter(harness);
    });
    assert_eq!((folded.folds, folded.fold_count(), folded.fold), (5, 5, 0));
    let grown = changed(&|harness| {
        harness.get_by_label("Add a part").click();
        harness.run_steps(4);
    });
    assert_eq!(grown.shares().last(), Some(&("calibration".to_owned(), 0.1)));
    assert_eq!((grown.train, grown.valid, grown.test), (0.6, 0.15, 0.15));
}

#[test]
fn the_parts_of_a_split_stay_a_whole() {
    let mut harness = window(&["Split"]);
    type_over(&mut harness, "Test share in percent", "20");
    enter(&mut harness);
    let edits = edits(&harness);
    let [Edit::SetBody { body: CellBody::Split(split), .. }] = edits.as_slice() else { panic!("{edits:?}") };
    assert_eq!((split.train, split.valid, split.test), (0.65, 0.15, 0.2));
}

#[test]
fn an_input_is_changed_by_its_menu() {
    let mut harness = window(&["Encode", "Patients", "Split"]);
    harness.get_by_label("Change input Split of Encode").click();
    harness.run_steps(3);
    harness.get_by_role_and_label(egui::accesskit::Role::MenuItem, "Patients").click();
    harness.run_steps(3);
    let edits = edits(&harness);
    let [Edit::SetBody { body, .. }] = edits.as_slice() else { panic!("{edits:?}") };
    assert_eq!(body.inputs(), ["Patients"]);
}

#[test]
fn a_cell_out_of_sight_asks_for_nothing() {
    let mut view = fixture::view();
    let note = view.notebook.cells.remove(6);
    let state = view.cells.remove(6);
    for number in 0..60 {
        view.notebook
            .cells
            .insert(0, cairn_protocol::notebook::Cell { name: format!("Note {number}"), body: note.body.clone() });
        view.cells.insert(0, cairn_protocol::results::CellView { name: format!("Note {number}"), ..state.clone() });
    }
    let harness = open(view, Pane::Notebook(NotebookPane::new(fixture::PATH)), Selection::Nothing);
    let asked = harness.state().backend.asked.borrow();
    assert!(!asked.iter().any(|request| matches!(request, Request::CellResult { .. } | Request::Page { .. })));
    drop(asked);
    assert!(harness.query_by_label("Fold Tune").is_some(), "its header can still be found");
}

#[test]
fn a_suggestion_adds_its_step() {
    let pane = Pane::Wrangle(WranglePane::new(fixture::PATH, "Encode"));
    let mut harness = open(fixture::view(), pane, select("Encode"));
    harness.get_by_label("Apply: visits lacks 2 % of its values").click();
    harness.run_steps(3);
    harness.get_by_label("Apply").click();
    harness.run_steps(3);
    let edits = edits(&harness);
    let [Edit::SetBody { body: CellBody::Wrangle(wrangle), .. }] = edits.as_slice() else { panic!("{edits:?}") };
    assert_eq!(wrangle.steps.len(), 7);
    assert_eq!(wrangle.steps[6].op.columns(), ["visits"]);
}

#[test]
fn an_empty_notebook_says_what_to_do() {
    let harness = window(&[]);
    assert!(harness.query_by_label_contains("Drop a CSV").is_some());
    assert!(harness.query_by_label("Add data…").is_some());
}

#[test]
fn a_cell_is_renamed_by_key_and_escape_takes_that_back() {
    let mut harness = window(&["Split", "Encode"]);
    harness.key_press(egui::Key::F2);
    harness.run_steps(4);
    harness.get_by_label("Name of the cell").type_text(" two");
    harness.run_steps(2);
    harness.key_press(egui::Key::Escape);
    harness.run_steps(3);
    assert!(edits(&harness).is_empty());
    harness.key_press(egui::Key::F2);
    harness.run_steps(4);
    harness.get_by_label("Name of the cell").type_text(" two");
    enter(&mut harness);
    let edits = edits(&harness);
    let [Edit::RenameCell { name, to }] = edits.as_slice() else { panic!("{edits:?}") };
    assert_eq!(name, "Split");
    assert!(to.contains("two"));
}

#[test]
fn a_note_is_edited_where_it_is_read() {
    let mut harness = window(&["Why"]);
    harness.get_by_label("Edit the text of Why").click();
    harness.run_steps(4);
    harness.get_by_label("Text of Why").type_text("More. ");
    harness.run_steps(2);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Enter);
    harness.run_steps(4);
    let edits = edits(&harness);
    let [Edit::SetBody { body: CellBody::Note(note), .. }] = edits.as_slice() else { panic!("{edits:?}") };
    assert!(note.text.contains("More. ") && note.text.contains("called"));
}

#[test]
fn a_card_is_dragged_by_its_header() {
    let mut harness = window(&["Split", "Review", "Why"]);
    let place = |harness: &Harness<'_, Window>, cell: &str| {
        harness.get_by_role_and_label(egui::accesskit::Role::ListItem, cell).rect()
    };
    let from = place(&harness, "Split");
    let to = place(&harness, "Why");
    harness.drag_at(egui::pos2(from.center().x, from.center().y));
    harness.run_steps(2);
    for step in 1..=6 {
        let y = from.center().y + (to.top() - from.center().y) * step as f32 / 6.0;
        harness.hover_at(egui::pos2(from.center().x, y));
        harness.run_steps(1);
    }
    harness.drop_at(egui::pos2(from.center().x, to.top()));
    harness.run_steps(4);
    assert_eq!(edits(&harness), [Edit::MoveCell { name: "Split".into(), to: 1 }]);
}

#[test]
fn a_step_moves_by_key_where_it_has_the_focus() {
    use crate::command::Command;
    let mut harness = window(&["Encode"]);
    harness.get_by_label_contains("Step 2: Fill with median").focus();
    harness.run_steps(3);
    let egui = harness.ctx.clone();
    let window = harness.state_mut();
    let selection = window.selection.clone();
    assert!(crate::cells::takes_command(&egui, &window.store, &selection, Command::MoveUp));
    assert!(!crate::cells::takes_command(&egui, &window.store, &Selection::Nothing, Command::MoveUp));
    harness.run_steps(3);
    assert!(harness.query_by_label_contains("Step 1: Fill with median").is_some());
    let window = harness.state_mut();
    assert!(
        crate::cells::takes_command(&egui, &window.store, &selection, Command::RunCell),
        "a draft is applied first"
    );
    harness.run_steps(3);
    let edits = edits(&harness);
    let [Edit::SetBody { body: CellBody::Wrangle(wrangle), .. }] = edits.as_slice() else { panic!("{edits:?}") };
    assert_eq!(wrangle.steps[0].op.title(), "Fill with median");
}

fn drafted(harness: &Harness<'_, Window>) -> Vec<cairn_protocol::steps::Step> {
    let view = harness.state().backend.view.borrow();
    let cell = view.notebook.cells.iter().find(|cell| cell.name == "Encode").unwrap();
    let CellBody::Wrangle(wrangle) = &cell.body else { panic!() };
    crate::cells::draft::WrangleDraft::load(&harness.ctx, fixture::PATH, "Encode", &wrangle.steps).steps
}

fn wrangle_pane() -> Harness<'static, Window> {
    open(fixture::view(), Pane::Wrangle(WranglePane::new(fixture::PATH, "Encode")), select("Encode"))
}

#[test]
fn a_step_is_found_and_added_by_keyboard() {
    use crate::command::Command;
    let mut harness = wrangle_pane();
    let egui = harness.ctx.clone();
    let window = harness.state_mut();
    // A column selected in the preview speaks for its cell.
    let table = cairn_protocol::table::TableRef::Cell { notebook: fixture::PATH.into(), cell: "Encode".into() };
    window.selection = Selection::Column { table, column: "region".into() };
    let selection = window.selection.clone();
    assert!(crate::cells::takes_command(&egui, &window.store, &selection, Command::FilterTable));
    harness.run_steps(4);
    assert!(harness.query_by_label("For region, text").is_some());
    harness.get_by_label("Search operations").type_text("gdpr");
    harness.run_steps(3);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(4);
    assert!(harness.query_by_label("Search operations").is_none(), "the list closes");
    let steps = drafted(&harness);
    assert_eq!((steps.len(), steps[6].op.name()), (7, "anonymise"));
    assert_eq!(steps[6].op.columns(), ["region"]);
    // The recipe under way is taken back step by step before the notebook is.
    let window = harness.state_mut();
    assert!(crate::cells::takes_command(&egui, &window.store, &selection, Command::Undo));
    harness.run_steps(3);
    assert_eq!(drafted(&harness).len(), 6);
    assert!(edits(&harness).is_empty());
}

#[test]
fn the_list_of_operations_is_walked_with_the_arrows() {
    let mut harness = window(&["Encode"]);
    harness.get_by_label("Add step").click();
    harness.run_steps(4);
    harness.key_press(egui::Key::ArrowDown);
    harness.run_steps(2);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(4);
    assert_eq!(drafted(&harness)[6].op.name(), "keep");
}

#[test]
fn a_step_is_duplicated_and_removed_by_key() {
    let mut harness = window(&["Encode"]);
    harness.get_by_label_contains("Step 5: Scale").focus();
    harness.run_steps(3);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::D);
    harness.run_steps(4);
    assert_eq!(drafted(&harness).len(), 7);
    assert!(harness.query_by_label_contains("Step 6: Scale").is_some());
    harness.key_press(egui::Key::Delete);
    harness.run_steps(4);
    assert_eq!(drafted(&harness).len(), 6);
}

#[test]
fn a_step_is_dragged_to_another_place() {
    let mut harness = window(&["Encode"]);
    let place = |harness: &Harness<'_, Window>, label: &str| harness.get_by_label_contains(label).rect();
    let from = place(&harness, "Step 1: Set type");
    let to = place(&harness, "Step 4: Split into flags");
    harness.drag_at(from.center());
    harness.run_steps(2);
    for step in 1..=5 {
        let y = from.center().y + (to.bottom() - from.center().y) * step as f32 / 5.0;
        harness.hover_at(egui::pos2(from.center().x, y));
        harness.run_steps(1);
    }
    harness.drop_at(egui::pos2(from.center().x, to.bottom() - 2.0));
    harness.run_steps(4);
    let names: Vec<_> = drafted(&harness).iter().map(|step| step.op.name()).collect();
    assert_eq!(names, ["impute", "impute", "split_flags", "cast", "scale", "one_hot"]);
}

#[test]
fn a_step_that_fails_says_why_and_what_to_do() {
    let mut harness = wrangle_pane();
    let mut draft = crate::cells::draft::WrangleDraft::load(&harness.ctx, fixture::PATH, "Encode", &drafted(&harness));
    draft.add(serde_json::from_str(r#"{"op":"formula","name":"x","expression":"nonsense * 2"}"#).unwrap());
    draft.save(&harness.ctx, fixture::PATH, "Encode");
    harness.run_steps(12);
    let row = "Step 7: Formula column, x = nonsense * 2, fails: There is no column nonsense";
    assert!(harness.query_by_label(row).is_some());
    assert!(harness.query_by_label("Name a column of the table").is_some());
    assert!(harness.query_by_label_contains("Row 1:").is_some(), "the table as it was stays on screen");
}

#[test]
fn a_recipe_is_exported_copied_and_saved() {
    use cairn_protocol::door::CodeTarget;
    let mut harness = wrangle_pane();
    harness.get_by_label("Export Encode").click();
    harness.run_steps(5);
    assert!(harness.get_by_label("Code").value().is_some_and(|code| code.contains("import polars")));
    harness.get_by_label("Copy").click();
    harness.run_steps(3);
    assert!(
        harness.state().actions.iter().any(|action| matches!(action, Action::Copy(code) if code.contains("polars")))
    );
    harness.get_by_label("SQL").click();
    harness.run_steps(5);
    harness.get_by_label("A median has no SQL of its own");
    harness.get_by_label("Save as…").click();
    harness.run_steps(4);
    harness.get_by_label("Save").click();
    harness.run_steps(4);
    let asked = harness.state().backend.asked.borrow();
    assert!(
        asked.iter().any(|request| matches!(request, Request::ExportCode { to: CodeTarget::Sql, out: Some(out), .. }
        if out == "exports/encode.sql"))
    );
}

#[test]
fn what_a_step_makes_of_the_table_stands_in_the_footer() {
    let harness = wrangle_pane();
    assert!(harness.query_by_label("One-hot encode: 12 → 152 columns, 784 MB").is_some());
}

/// The dialog of the data cell, open.
fn import_dialog() -> Harness<'static, Window> {
    let mut harness = window(&["Patients"]);
    harness.get_by_label("Change…").click();
    harness.run_steps(4);
    harness
}

fn imports(harness: &Harness<'_, Window>) -> Vec<cairn_protocol::notebook::ImportOptions> {
    let asked = harness.state().backend.asked.borrow();
    let options = |request: &Request| match request {
        Request::Import { options, .. } => Some(options.clone()),
        _ => None,
    };
    asked.iter().filter_map(options).collect()
}

#[test]
fn an_option_of_the_import_is_previewed_applied_and_reset() {
    let mut harness = import_dialog();
    harness.get_by_label("detected: comma");
    assert!(harness.query_by_label("Delimiter: reset to detected").is_none());
    harness.get_by_role_and_label(egui::accesskit::Role::ComboBox, "Delimiter").click();
    harness.run_steps(3);
    harness.get_by_label("Semicolon").click();
    harness.run_steps(4);
    let last = imports(&harness).pop().unwrap();
    assert_eq!(last.delimiter.as_deref(), Some(";"));
    harness.get_by_label("1 change not applied yet");
    assert!(edits(&harness).is_empty(), "only the preview follows until it is applied");
    harness.get_by_label("Read like this").click();
    harness.run_steps(4);
    let found = edits(&harness);
    let [Edit::SetBody { body: CellBody::Data(data), .. }] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(data.options.delimiter.as_deref(), Some(";"));
}

#[test]
fn a_field_goes_back_to_what_was_detected() {
    let mut harness = import_dialog();
    harness.get_by_role_and_label(egui::accesskit::Role::ComboBox, "Rows that hold the names").click();
    harness.run_steps(3);
    harness.get_by_label("2: joined").click();
    harness.run_steps(4);
    assert_eq!(imports(&harness).pop().unwrap().header_rows, Some(2));
    harness.get_by_label("Rows that hold the names: reset to detected").click();
    harness.run_steps(4);
    assert!(harness.query_by_label("1 change not applied yet").is_none());
}

#[test]
fn a_type_is_chosen_for_a_column() {
    let mut harness = import_dialog();
    harness.get_by_label("Types").click();
    harness.run_steps(3);
    harness.get_by_label("Type of age").click();
    harness.run_steps(3);
    harness.get_by_role_and_label(egui::accesskit::Role::MenuItem, "text").click();
    harness.run_steps(4);
    let types = imports(&harness).pop().unwrap().types;
    assert_eq!(types.get("age"), Some(&cairn_protocol::table::ColumnType::Text));
}
