use cairn_protocol::{
    Real, Request, Response,
    door::{EntryKind, NotebookView, ProjectView, TreeEntry},
    notebook::{Cell, CellBody, DataCell, Edit, Notebook, WrangleCell},
    quality::{
        AssociatedColumn, AssociationPair, Associations, Definition, OddCell, OddRow, PredictivePower, QualityReport,
    },
    steps::{Step, StepOp},
    table::{ColumnProfile, ColumnType, Finding, PageColumn, Profile, Severity, TablePage, TableRef},
};
use egui::accesskit::Role;
use egui_kittest::{Harness, kittest::Queryable as _};

use crate::{
    ctx::{Action, Selection},
    panes::{
        data::{DataPane, TableView},
        scripted::{Stage, on_stage},
    },
    theme::Theme,
};

fn table() -> TableRef {
    TableRef::Cell { notebook: "a.cairn".into(), cell: "Patients".into() }
}

fn view() -> NotebookView {
    let cell = |name: &str, body| Cell { name: name.into(), body };
    NotebookView {
        path: "a.cairn".into(),
        revision: 1,
        notebook: Notebook {
            schema: 1,
            title: "Stroke".into(),
            cells: vec![
                cell("Patients", CellBody::Data(DataCell { file: "data/p.csv".into(), ..DataCell::default() })),
                cell("Encode", CellBody::Wrangle(WrangleCell { input: "Patients".into(), steps: Vec::new() })),
            ],
        },
        cells: Vec::new(),
        can_undo: false,
        can_redo: false,
        auto_run: false,
        saved_at: String::new(),
        stale_secs: None,
    }
}

fn drop_id() -> Step {
    Step { op: StepOp::Drop { columns: vec!["id".into()] }, enabled: true }
}

fn report() -> QualityReport {
    let finding = |severity, column: &str, kind: &str, message: &str, step| Finding {
        severity,
        column: column.into(),
        kind: kind.into(),
        message: message.into(),
        suggested_step: step,
        definition: "A column whose values are all different names rows".into(),
        ..Finding::default()
    };
    QualityReport {
        rows: 20_000,
        columns: 3,
        elapsed_secs: 0.4,
        findings: vec![
            finding(Severity::High, "id", "identifier", "20,000 values, all different", Some(drop_id())),
            finding(Severity::Low, "", "duplicates", "3 rows occur twice", None),
        ],
        predictive_power: vec![PredictivePower {
            column: "age".into(),
            skill: Real(0.62),
            metric: "auc".into(),
            value: Real(0.81),
            baseline: Real(0.5),
            rows: 20_000,
            leaks: false,
        }],
        odd_rows: vec![OddRow {
            row: 4_711,
            score: Real(0.71),
            because: vec![OddCell {
                column: "bmi".into(),
                value: Some("97.6".into()),
                usual: "median 28.1".into(),
                distance: Real(9.0),
            }],
        }],
        definitions: vec![Definition { name: "skill".into(), text: "How well".into() }],
        ..QualityReport::default()
    }
}

fn answer(request: &Request) -> Result<Response, cairn_protocol::ErrorInfo> {
    let column = |name: &str| ColumnProfile {
        name: name.into(),
        column_type: ColumnType::Float,
        distinct: 100,
        ..ColumnProfile::default()
    };
    Ok(match request {
        Request::OpenNotebook { .. } | Request::EditNotebook { .. } => Response::Notebook(view()),
        Request::Project => Response::Project(ProjectView {
            entries: vec![TreeEntry { path: "a.cairn".into(), kind: EntryKind::Notebook, ..TreeEntry::default() }],
            ..ProjectView::default()
        }),
        Request::TableProfile { .. } => Response::Profiled(Profile {
            rows: 20_000,
            rows_profiled: 20_000,
            columns: ["id", "age", "bmi"].map(column).to_vec(),
            ..Profile::default()
        }),
        Request::Page { first_row, rows, .. } => Response::Page(TablePage {
            rows_total: 20_000,
            first_row: *first_row,
            row_numbers: (*first_row..first_row + rows).collect(),
            columns: vec![PageColumn {
                name: "id".into(),
                column_type: ColumnType::Float,
                cells: (*first_row..first_row + rows).map(|row| Some(row.to_string())).collect(),
                change: Default::default(),
                changed: Vec::new(),
            }],
            ..TablePage::default()
        }),
        Request::Quality { .. } => Response::Quality(Box::new(report())),
        Request::Associations { .. } => Response::Associations(Box::new(Associations {
            rows: 20_000,
            rows_used: 20_000,
            columns: ["age", "bmi"]
                .map(|name| AssociatedColumn { name: name.into(), column_type: ColumnType::Float, numeric: true })
                .to_vec(),
            pairs: vec![AssociationPair {
                a: 0,
                b: 1,
                measure: "pearson".into(),
                value: Some(Real(-0.5)),
                spearman: Some(Real(-0.48)),
                rows: 19_000,
            }],
            ..Associations::default()
        })),
        _ => return Err(cairn_protocol::ErrorInfo::usage("no such thing here")),
    })
}

fn pane(view: TableView) -> Harness<'static, Stage<DataPane>> {
    let mut pane = DataPane::new(table());
    pane.show(view);
    let mut harness = on_stage(pane, answer, |pane, ui, ctx| pane.ui(ui, ctx));
    harness.run_steps(6);
    harness
}

#[test]
fn a_suggested_step_is_added_to_the_recipe_that_reads_the_table() {
    let mut harness = pane(TableView::Quality);
    harness.get_by_label("exact, all 20,000 rows, 0.4 s");
    harness.get_by_label("Apply: 20,000 values, all different").click();
    harness.run_steps(3);
    let wanted = CellBody::Wrangle(WrangleCell { input: "Patients".into(), steps: vec![drop_id()] });
    let edits = vec![Edit::SetBody { name: "Encode".into(), body: wanted }];
    let wanted = Request::EditNotebook { path: "a.cairn".into(), edits };
    assert!(harness.state().sent().contains(&wanted));
    let undone = |action: &Action| matches!(action, Action::Toast { undo: Some(path), .. } if path == "a.cairn");
    assert!(harness.state().actions.iter().any(undone), "it can be taken back");
}

#[test]
fn a_finding_says_what_it_means() {
    let mut harness = pane(TableView::Quality);
    assert!(harness.query_by_label("A column whose values are all different names rows").is_none());
    harness.get_by_label("Explain: identifier of id").click();
    harness.run_steps(3);
    harness.get_by_label("A column whose values are all different names rows");
    harness.get_by_label("Fold: identifier of id");
}

#[test]
fn choosing_a_column_to_predict_asks_again() {
    let mut harness = pane(TableView::Quality);
    harness.get_by_role_and_label(Role::ComboBox, "Column to predict").click();
    harness.run_steps(3);
    harness.get_by_role_and_label(Role::MenuItem, "age").click();
    harness.run_steps(4);
    let wanted = Request::Quality { table: table(), target: Some("age".into()) };
    assert!(harness.state().sent().contains(&wanted));
}

#[test]
fn an_odd_row_is_shown_in_the_grid() {
    let mut harness = pane(TableView::Quality);
    harness.get_by_label("Odd rows").click();
    harness.run_steps(3);
    harness.get_by_label("Show row 4,712, score 0.710: bmi 97.6 (median 28.1)").click();
    harness.run_steps(6);
    harness.get_by_label_contains("Row 4,712");
}

#[test]
fn the_associations_have_a_summary_and_are_walked_with_the_arrows() {
    let mut harness = pane(TableView::Quality);
    harness.get_by_label("Associations").click();
    harness.run_steps(4);
    let summary = "Associations of 2 columns; strongest age × bmi: Pearson −0.5, Spearman −0.48, on 19,000 rows";
    harness.get_by_label(summary).focus();
    harness.run_steps(2);
    harness.key_press(egui::Key::ArrowRight);
    harness.run_steps(2);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(3);
    let chosen = Selection::Column { table: table(), column: "bmi".into() };
    assert_eq!(harness.state().selection, chosen);
}

#[test]
fn a_table_is_exported_as_it_is_shown() {
    let mut harness = pane(TableView::Grid);
    harness.get_by_label("Export…").click();
    harness.run_steps(3);
    harness.get_by_role_and_label(Role::ComboBox, "Format").click();
    harness.run_steps(3);
    harness.get_by_label("Parquet").click();
    harness.run_steps(3);
    harness.get_by_label("Export").click();
    harness.run_steps(3);
    let wanted = |request: &Request| matches!(request, Request::ExportTable { out, guard_formulas: false, .. } if out == "exports/Patients.parquet");
    assert!(harness.state().sent().iter().any(wanted));
}

#[test]
fn both_themes_draw_every_side() {
    for theme in [Theme::light(), Theme::dark()] {
        for view in [TableView::Grid, TableView::Quality, TableView::Compare] {
            let mut harness = pane(view);
            harness.state_mut().theme = theme.clone();
            harness.run_steps(3);
            harness.get_by_label("Quality");
        }
    }
}
