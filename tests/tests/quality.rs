//! Quality, associations and comparison of tables: through the door as the window asks, and from the command line.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use cairn_protocol::{
    ErrorKind, Request, Response, comparison::CompareSide, notebook::ImportOptions, runs::RunStatus, table::TableRef,
};
use cairn_tests::{ask, cairn, engine, sample};

const PATIENTS: &str = "data/patients.csv";

#[test]
fn the_stroke_sample_is_looked_at_through_the_door() {
    let temp = tempfile::tempdir().unwrap();
    let engine = sample(temp.path(), "stroke");
    let table = TableRef::File { path: PATIENTS.into() };
    let target = Some("stroke".to_owned());
    let Response::Quality(report) = ask(&engine, Request::Quality { table: table.clone(), target: target.clone() })
    else {
        panic!("a report")
    };
    assert_eq!((report.rows, report.predictive_power[0].column.as_str()), (20_000, "age"));
    assert!(report.predictive_power.iter().all(|power| !power.leaks), "{:?}", report.predictive_power);
    assert!(report.findings.iter().any(|finding| finding.kind == "target_imbalance"));
    assert!(report.findings.iter().all(|finding| !finding.definition.is_empty()), "{:?}", report.findings);
    let Response::Associations(found) = ask(&engine, Request::Associations { table: table.clone(), target }) else {
        panic!("associations")
    };
    assert_eq!(found.target.map(|at| found.columns[at].name.as_str()), Some("stroke"));
    assert_eq!(found.pairs.len(), found.columns.len() * (found.columns.len() - 1) / 2);

    // Each was a job, and is over.
    let Response::Jobs(jobs) = ask(&engine, Request::Jobs) else { panic!("jobs") };
    assert!(jobs.len() >= 2 && jobs.iter().all(|job| job.status == RunStatus::Finished), "{jobs:?}");

    let absent = engine.call(Request::Quality { table, target: Some("strok".into()) }).unwrap_err();
    assert_eq!((absent.kind, absent.place.column.as_deref()), (ErrorKind::BadInput, Some("strok")));
    assert!(absent.hint.contains("stroke"), "{absent:?}");
}

#[test]
fn parts_of_a_split_are_compared() {
    let temp = tempfile::tempdir().unwrap();
    let engine = sample(temp.path(), "stroke");
    let notebook = "stroke.cairn".to_owned();
    let Response::Notebook(view) = ask(&engine, Request::OpenNotebook { path: notebook.clone() }) else {
        panic!("a notebook")
    };
    let split =
        view.notebook.cells.iter().find(|cell| matches!(cell.body, cairn_protocol::notebook::CellBody::Split(_)));
    let split = split.unwrap().name.clone();
    ask(&engine, Request::RunCellsAndWait { path: notebook.clone(), cells: vec![split.clone()], set: Vec::new() });
    let side = |part: &str| CompareSide::Table {
        table: TableRef::Cell { notebook: notebook.clone(), cell: split.clone() },
        part: Some(part.to_owned()),
    };
    let request = Request::Compare { a: side("train"), b: side("test"), keys: Vec::new() };
    let Response::Compared(found) = ask(&engine, request) else { panic!("a comparison") };
    assert!(found.a.rows > found.b.rows && found.b.rows > 0, "{:?} {:?}", found.a, found.b);
    assert_eq!(found.rows.only_a + found.rows.both, found.a.rows);
    assert!(found.findings.iter().all(|finding| finding.kind != "drift"), "drawn alike: {:?}", found.findings);
    let none = engine.call(Request::Compare { a: side("train"), b: side("holdout"), keys: Vec::new() });
    assert!(none.unwrap_err().hint.contains("test"));
}

#[test]
fn files_are_compared_and_profiled_without_a_project() {
    let temp = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(temp.path().join(name), text).unwrap();
    write("a.csv", "id,x,town\n1,10,Bonn\n2,20,Ulm\n3,30,Kiel\n");
    write("b.csv", "id,x,town\n2,21,Ulm\n3,30,Kiel\n4,40,Jena\n");
    let ran = cairn(temp.path(), &["compare", "a.csv", "b.csv", "--key", "id", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let found = ran.json();
    let rows = &found["rows"];
    assert_eq!(
        [&rows["only_a"], &rows["only_b"], &rows["both"], &rows["changed"]].map(|count| count.as_u64().unwrap()),
        [1, 1, 2, 1]
    );
    assert_eq!(rows["examples"][0]["cells"][1]["b"], "21");
    let lines = cairn(temp.path(), &["compare", "a.csv", "b.csv"]);
    assert!(lines.out.contains("1 rows in both; 2 only in the first, 2 only in the second"), "{lines:?}");
    assert_eq!(cairn(temp.path(), &["compare", "a.csv", "b.csv", "--key", "nr", "--json"]).code, 3);

    let plain = cairn(temp.path(), &["profile", "a.csv", "--json"]).json();
    assert!(plain.get("quality").is_none() && plain["columns"].as_array().unwrap().len() == 3);
    let full = cairn(temp.path(), &["profile", "a.csv", "--target", "x", "--json"]).json();
    assert_eq!(full["columns"], plain["columns"], "fields are only added");
    assert_eq!((full["quality"]["target"].as_str(), full["associations"]["rows"].as_u64()), (Some("x"), Some(3)));
}

#[test]
fn the_answers_survive_the_wire() {
    let temp = tempfile::tempdir().unwrap();
    std::fs::write(temp.path().join("a.csv"), "x,y,t\n1,2.5,a\n2,inf,b\n3,,a\n").unwrap();
    let engine = engine(temp.path());
    let path = temp.path().join("a.csv").display().to_string();
    let side = CompareSide::Path { path: path.clone(), options: ImportOptions::default() };
    for request in [
        Request::Examine { path, options: ImportOptions::default(), target: Some("t".into()) },
        Request::Compare { a: side.clone(), b: side, keys: vec!["x".into()] },
    ] {
        let text = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<Request>(&text).unwrap(), request);
        let answer = ask(&engine, request);
        let text = serde_json::to_string(&answer).unwrap();
        // As text: a NaN equals no other.
        let back: Response = serde_json::from_str(&text).unwrap();
        assert_eq!(format!("{back:?}"), format!("{answer:?}"));
    }
}
