//! Rejected records written to a file, and cells changed by hand in the preview of a recipe.

use cairn_protocol::{
    ParamValue, Request,
    steps::{CellEdit, StepOp},
};
use egui::{Key, Modifiers, accesskit::Role};
use egui_kittest::{Harness, kittest::Queryable as _};

use super::{Window, drafted, edits, import_dialog, select, window, wrangle_pane};
use crate::command::Command;

fn exports(harness: &Harness<'_, Window>) -> Vec<(String, String, bool)> {
    let asked = harness.state().backend.asked.borrow();
    let export = |request: &Request| match request {
        Request::ExportRejects { path, out, guard_formulas, .. } => Some((path.clone(), out.clone(), *guard_formulas)),
        _ => None,
    };
    asked.iter().filter_map(export).collect()
}

#[test]
fn rejects_are_exported_from_the_card() {
    let mut harness = window(&["Patients"]);
    harness.get_by_role_and_label(Role::Button, "Export rejects…").click();
    harness.run_steps(4);
    harness.get_by_label_contains("3 records of data/patients.csv that could not be read");
    harness.get_by_role_and_label(Role::Button, "Export").click();
    harness.run_steps(4);
    assert_eq!(exports(&harness), [("data/patients.csv".to_owned(), "exports/patients-rejects.csv".to_owned(), true)]);
    assert!(harness.query_by_label("File to write").is_none(), "the dialog closes");
}

#[test]
fn rejects_are_exported_from_the_import_dialog() {
    let mut harness = import_dialog();
    harness.get_by_label("Rejected 3").click();
    harness.run_steps(3);
    harness.get_by_label("1 of 3 are listed");
    let dialog = harness.query_all_by_label("Export rejects…").last().unwrap();
    dialog.click();
    harness.run_steps(4);
    harness.get_by_label("Keep spreadsheets from running formulas").click();
    harness.run_steps(3);
    let export = harness.query_all_by_label("Export").last().unwrap();
    export.click();
    harness.run_steps(4);
    assert_eq!(exports(&harness), [("data/patients.csv".to_owned(), "exports/patients-rejects.csv".to_owned(), false)]);
    harness.get_by_label("Read like this");
}

/// Opens a cell of the grid that has the focus, types over it, and sets it.
fn set(harness: &mut Harness<'_, Window>, field: &str, text: &str) {
    harness.key_press(Key::F2);
    harness.run_steps(4);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.run_steps(1);
    harness.get_by_label(field).type_text(text);
    harness.run_steps(2);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    harness.run_steps(4);
}

#[test]
fn a_cell_of_the_preview_is_edited_as_a_step_and_taken_back() {
    let mut harness = wrangle_pane();
    harness.get_by_role(Role::Grid).click();
    harness.run_steps(3);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Home);
    harness.run_steps(3);
    // What the step took away can be read, not changed.
    harness.key_press(Key::F2);
    harness.run_steps(4);
    harness.get_by_label_contains("Row 1 · smoking");
    assert!(harness.query_by_label("Set").is_none());
    harness.key_press(Key::Escape);
    harness.run_steps(3);
    harness.key_press(Key::End);
    harness.run_steps(3);
    set(&mut harness, "Row 1, stroke", "5");
    let steps = drafted(&harness);
    assert_eq!((steps.len(), steps[6].op.name()), (7, "edit_cells"));
    let edit = |row, value| CellEdit { row, column: "stroke".into(), value: Some(ParamValue::Int(value)) };
    let StepOp::EditCells(first) = &steps[6].op else { panic!("{steps:?}") };
    assert_eq!(first.edits, [edit(0, 5)]);
    assert!(edits(&harness).is_empty(), "the recipe is a draft until it is applied");
    // A further cell goes into the same step.
    harness.run_steps(8);
    harness.key_press(Key::ArrowDown);
    harness.run_steps(3);
    set(&mut harness, "Row 2, stroke", "7");
    let StepOp::EditCells(both) = &drafted(&harness)[6].op else { panic!() };
    assert_eq!(both.edits, [edit(0, 5), edit(1, 7)]);
    let egui = harness.ctx.clone();
    let undo = |harness: &mut Harness<'_, Window>| {
        let store = &harness.state().store;
        assert!(crate::cells::takes_command(&egui, store, &select("Encode"), Command::Undo));
        harness.run_steps(3);
    };
    undo(&mut harness);
    let StepOp::EditCells(first) = &drafted(&harness)[6].op else { panic!() };
    assert_eq!(first.edits, [edit(0, 5)]);
    undo(&mut harness);
    assert_eq!(drafted(&harness).len(), 6);
}
