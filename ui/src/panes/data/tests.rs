//! The grid of a table over a tile, by role and name: what a person does to the view, and what is asked for because of it.

use cairn_protocol::{
    ErrorInfo, Request, Response,
    door::NotebookView,
    notebook::{Cell, CellBody, DataCell, Edit, Notebook},
    steps::{SortKey, StepOp},
    table::{ColumnChange, ColumnProfile, ColumnType, PageColumn, Profile, TablePage, TableQuery, TableRef},
};
use egui::{Modifiers, accesskit::Role};
use egui_kittest::{Harness, kittest::Queryable as _};

use super::DataPane;
use crate::{
    command::Command,
    ctx::Action,
    panes::scripted::{Stage, on_stage},
    widgets::grid,
};

const ROWS: u64 = 5000;
const COLUMNS: [(&str, ColumnType); 3] =
    [("age", ColumnType::Int), ("sex", ColumnType::Text), ("note", ColumnType::Text)];

fn view() -> NotebookView {
    let body = CellBody::Data(DataCell { file: "data/p.csv".into(), ..DataCell::default() });
    NotebookView {
        path: "a.cairn".into(),
        revision: 1,
        notebook: Notebook { schema: 1, title: String::new(), cells: vec![Cell { name: "Patients".into(), body }] },
        cells: Vec::new(),
        can_undo: false,
        can_redo: false,
        auto_run: false,
        saved_at: String::new(),
        stale_secs: None,
    }
}

fn answer(request: &Request) -> Result<Response, ErrorInfo> {
    Ok(match request {
        Request::TableProfile { .. } => {
            let column = |(name, column_type): &(&str, ColumnType)| ColumnProfile {
                name: (*name).into(),
                column_type: *column_type,
                distinct: 9,
                ..ColumnProfile::default()
            };
            let columns = COLUMNS.iter().map(column).collect();
            Response::Profiled(Profile { rows: ROWS, rows_profiled: ROWS, columns, ..Profile::default() })
        }
        Request::Page { first_row, rows, .. } => {
            let numbers: Vec<u64> = (*first_row..(first_row + rows).min(ROWS)).collect();
            let column = |(name, column_type): &(&str, ColumnType)| PageColumn {
                name: (*name).into(),
                column_type: *column_type,
                cells: numbers.iter().map(|row| Some(format!("{name} {row}"))).collect(),
                change: ColumnChange::Same,
                changed: Vec::new(),
            };
            Response::Page(TablePage {
                rows_total: ROWS,
                first_row: *first_row,
                columns: COLUMNS.iter().map(column).collect(),
                row_numbers: numbers,
                added_rows: Vec::new(),
            })
        }
        Request::OpenNotebook { .. } => Response::Notebook(view()),
        _ => return Err(ErrorInfo::usage("no such thing here")),
    })
}

fn pane() -> Harness<'static, Stage<DataPane>> {
    let table = TableRef::Cell { notebook: "a.cairn".into(), cell: "Patients".into() };
    let mut harness = on_stage(DataPane::new(table), answer, |pane, ui, ctx| pane.ui(ui, ctx));
    harness.run_steps(6);
    harness
}

/// The query of the last page that was asked for.
fn query(harness: &Harness<'_, Stage<DataPane>>) -> TableQuery {
    let sent = harness.state().sent().iter().rev();
    sent.filter_map(|request| match request {
        Request::Page { query, .. } => Some(query.clone()),
        _ => None,
    })
    .next()
    .unwrap_or_default()
}

fn keys(harness: &Harness<'_, Stage<DataPane>>) -> String {
    let one = |key: SortKey| format!("{}{}", if key.descending { "-" } else { "" }, key.column);
    query(harness).sort.into_iter().map(one).collect::<Vec<_>>().join(" ")
}

fn head<'h>(harness: &'h Harness<'_, Stage<DataPane>>, name: &'h str) -> egui_kittest::Node<'h> {
    harness.get_by_role_and_label(Role::ColumnHeader, name)
}

fn choose(harness: &mut Harness<'_, Stage<DataPane>>, column: &str, item: &str) {
    head(harness, column).click_secondary();
    harness.run_steps(3);
    harness.get_by_role_and_label(Role::MenuItem, item).click();
    harness.run_steps(4);
}

#[test]
fn shift_click_adds_turns_and_takes_a_key_away() {
    let mut harness = pane();
    choose(&mut harness, "age, int", "Sort descending");
    assert_eq!(keys(&harness), "-age");
    head(&harness, "sex, text").click_modifiers(Modifiers::SHIFT);
    harness.run_steps(4);
    assert_eq!(keys(&harness), "-age sex");
    head(&harness, "age, int, sorted descending, key 1 of 2");
    head(&harness, "sex, text, sorted ascending, key 2 of 2").click_modifiers(Modifiers::SHIFT);
    harness.run_steps(4);
    assert_eq!(keys(&harness), "-age -sex");
    // Once more and it goes; what is left is one key without a rank.
    head(&harness, "sex, text, sorted descending, key 2 of 2").click_modifiers(Modifiers::SHIFT);
    harness.run_steps(4);
    head(&harness, "age, int, sorted descending");
    assert_eq!(harness.state().pane.grid.query.sort.len(), 1);
}

#[test]
fn the_menu_sorts_by_a_further_column_and_the_chip_clears() {
    let mut harness = pane();
    assert!(harness.query_by_label_contains("own order").is_none());
    head(&harness, "sex, text").click_secondary();
    harness.run_steps(3);
    assert!(harness.query_by_label("Then sort by this, ascending").is_none(), "nothing to come after");
    harness.key_press(egui::Key::Escape);
    harness.run_steps(3);
    choose(&mut harness, "sex, text", "Sort ascending");
    choose(&mut harness, "age, int", "Then sort by this, descending");
    choose(&mut harness, "note, text", "Then sort by this, ascending");
    assert_eq!(keys(&harness), "sex -age note");
    choose(&mut harness, "age, int, sorted descending, key 2 of 3", "Do not sort by this");
    assert_eq!(keys(&harness), "sex note");
    harness.get_by_role_and_label(Role::Button, "sex ↑, note ↑  ×").click();
    harness.run_steps(4);
    assert!(harness.state().pane.grid.query.sort.is_empty());
    head(&harness, "sex, text");
}

#[test]
fn what_the_view_shows_becomes_steps_behind_the_cell() {
    let mut harness = pane();
    assert!(harness.query_by_label("Make this a step").is_none());
    choose(&mut harness, "age, int", "Without missing");
    choose(&mut harness, "sex, text", "Sort ascending");
    choose(&mut harness, "age, int", "Then sort by this, descending");
    harness.get_by_label("Make this a step").click();
    harness.run_steps(4);
    let sent = harness.state().sent();
    let edits = sent.iter().find_map(|request| match request {
        Request::EditNotebook { edits, .. } => Some(edits.clone()),
        _ => None,
    });
    let [Edit::AddCell { after, cell }] = edits.as_deref().unwrap() else { panic!("{edits:?}") };
    assert_eq!((after.as_deref(), cell.name.as_str()), (Some("Patients"), "Patients view"));
    let CellBody::Wrangle(wrangle) = &cell.body else { panic!("{cell:?}") };
    let [filter, sort] = wrangle.steps.as_slice() else { panic!("{wrangle:?}") };
    assert!(matches!(&filter.op, StepOp::Filter { conditions, .. } if conditions.len() == 1));
    assert!(matches!(&sort.op, StepOp::Sort(sort) if sort.by.len() == 2 && sort.by[1].descending));
    assert_eq!(harness.state().pane.grid.query, TableQuery::default(), "the steps have it now");
}

#[test]
fn cells_show_one_two_or_four_lines() {
    let rows = |harness: &Harness<'_, Stage<DataPane>>| {
        harness.query_all_by_role(Role::Row).filter(|row| row.rect().height() > 10.0).count()
    };
    let mut harness = pane();
    let one = rows(&harness);
    head(&harness, "note, text").click_secondary();
    harness.run_steps(3);
    harness.get_by_role_and_label(Role::RadioButton, "4").click();
    harness.run_steps(3);
    let asked = harness.state().actions.contains(&Action::Run(Command::RowsOfFourLines));
    assert!(asked, "{:?}", harness.state().actions);
    // What the app does with the command; the row in view stays in view.
    harness.state_mut().pane.grid.show_row(4000);
    grid::set_lines(&harness.ctx, 4);
    harness.run_steps(4);
    let four = rows(&harness);
    assert!(four * 3 < one && four > 4, "{one} rows of one line, {four} of four");
    harness.get_by_label_contains("Row 4,001: ");
    let heights: Vec<f32> =
        harness.query_all_by_role(Role::Row).map(|row| row.rect().height()).filter(|height| *height > 71.0).collect();
    assert!(heights.len() >= four - 1 && heights.iter().all(|height| (*height - 72.0).abs() < 0.01), "{heights:?}");
}
