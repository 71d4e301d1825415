use cairn_protocol::{
    ErrorInfo, Real, Request, Response,
    comparison::{
        CellPair, ChangedColumn, ColumnDrift, CompareSide, ComparedTable, Comparison, DriftBin, DriftLevel,
        RowDifference, RowExample, RowsDiff,
    },
    door::{EntryKind, ProjectView, TreeEntry},
    table::{ColumnProfile, ColumnType, Profile, TableRef},
};
use egui_kittest::{Harness, kittest::Queryable as _};

use super::ComparePane;
use crate::panes::scripted::{Stage, on_stage};

fn file(path: &str) -> TableRef {
    TableRef::File { path: path.into() }
}

fn comparison() -> Comparison {
    let table = |name: &str, rows| ComparedTable { name: name.into(), rows, columns: 2 };
    Comparison {
        a: table("old.csv", 100),
        b: table("new.csv", 103),
        elapsed_secs: 0.2,
        rows: RowsDiff {
            keys: vec!["id".into()],
            only_a: 4,
            only_b: 7,
            both: 96,
            changed: 5,
            changed_cells: vec![ChangedColumn { column: "age".into(), cells: 5 }],
            examples: vec![RowExample {
                kind: RowDifference::Changed,
                row_a: Some(2),
                row_b: Some(3),
                cells: vec![
                    CellPair { column: "id".into(), a: Some("17".into()), b: Some("17".into()) },
                    CellPair { column: "age".into(), a: Some("40".into()), b: None },
                ],
            }],
            ..RowsDiff::default()
        },
        drift: vec![ColumnDrift {
            column: "age".into(),
            column_type: ColumnType::Int,
            level: DriftLevel::Large,
            psi: Some(Real(0.31)),
            ks: Some(Real(0.2)),
            ks_p: Some(Real(1e-9)),
            missing_a: Real(0.0),
            missing_b: Real(0.05),
            mean_a: Some(Real(40.0)),
            mean_b: Some(Real(47.0)),
            new_levels: 0,
            lost_levels: 0,
            bins: vec![
                DriftBin { label: "0 – 40".into(), a: Real(0.6), b: Real(0.3) },
                DriftBin { label: "40 – 90".into(), a: Real(0.4), b: Real(0.7) },
            ],
        }],
        ..Comparison::default()
    }
}

fn answer(request: &Request) -> Result<Response, ErrorInfo> {
    Ok(match request {
        Request::Project => Response::Project(ProjectView {
            entries: ["old.csv", "new.csv"]
                .map(|path| TreeEntry { path: path.into(), kind: EntryKind::Data, ..TreeEntry::default() })
                .to_vec(),
            ..ProjectView::default()
        }),
        Request::TableProfile { .. } => Response::Profiled(Profile {
            rows: 100,
            columns: ["id", "age"]
                .map(|name| ColumnProfile {
                    name: name.into(),
                    column_type: ColumnType::Int,
                    ..ColumnProfile::default()
                })
                .to_vec(),
            ..Profile::default()
        }),
        Request::Compare { .. } => Response::Compared(Box::new(comparison())),
        _ => return Err(ErrorInfo::usage("no such thing here")),
    })
}

fn compared() -> Harness<'static, Stage<ComparePane>> {
    let mut harness = on_stage(ComparePane::default(), answer, |pane, ui, ctx| pane.ui(ui, ctx, &file("old.csv")));
    harness.run_steps(6);
    harness.get_by_label("Choose a second table, and key columns where rows have them");
    harness.get_by_label("Second table").click();
    harness.run_steps(3);
    harness.get_by_role_and_label(egui::accesskit::Role::MenuItem, "new.csv").click();
    harness.run_steps(3);
    harness.get_by_label("Compare").click();
    harness.run_steps(4);
    harness
}

#[test]
fn two_tables_are_compared_when_asked() {
    let mut harness = compared();
    let side = |path: &str| CompareSide::Table { table: file(path), part: None };
    let wanted = Request::Compare { a: side("old.csv"), b: side("new.csv"), keys: Vec::new() };
    assert!(harness.state().sent().contains(&wanted));
    for tile in ["Only in old.csv: 4 rows", "Only in new.csv: 7 rows", "In both: 96 rows", "Of these changed: 5 rows"] {
        harness.get_by_label(tile);
    }
    harness.get_by_label("Rows 16").click();
    harness.run_steps(3);
    harness.get_by_label("age 40 → null");
}

#[test]
fn a_column_that_moved_says_so_in_words_and_opens_large() {
    let mut harness = compared();
    harness.get_by_label_contains("age: large drift, PSI 0.310, KS 0.2 · p < 0.0001").click();
    harness.run_steps(3);
    harness.get_by_label_contains("most apart at 0 – 40");
}
