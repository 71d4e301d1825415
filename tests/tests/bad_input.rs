//! What goes wrong gets a clear message, an exit code of the contract, and costs nothing that was saved.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::path::Path;

use cairn_tests::{Ran, cairn};

fn project(folder: &Path) -> std::path::PathBuf {
    let made = cairn(folder, &["new", "p", "--json"]);
    assert_eq!(made.code, 0, "{made:?}");
    folder.join("p")
}

#[track_caller]
fn refused(ran: &Ran, code: i32, words: &[&str]) {
    assert_eq!(ran.code, code, "{ran:?}");
    for word in words {
        assert!(ran.out.contains(word) || ran.err.contains(word), "{word:?} is missing in {ran:?}");
    }
}

#[test]
fn files_that_are_no_tables() {
    let temp = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        std::fs::write(temp.path().join(name), bytes).unwrap();
        cairn(temp.path(), &["import", name, "--json"])
    };
    refused(&file("empty.csv", b""), 3, &["empty"]);
    refused(&file("binary.csv", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0"), 3, &["binary"]);
    refused(&cairn(temp.path(), &["import", "gone.csv", "--json"]), 3, &["gone.csv"]);
    std::fs::create_dir(temp.path().join("none")).unwrap();
    refused(&cairn(temp.path(), &["import", "none", "--json"]), 3, &["no data file"]);
    let document: serde_json::Value = file("empty.csv", b"").json();
    assert!(document["error"]["kind"] == "bad_input" && document["error"]["hint"].is_string(), "{document}");
}

#[test]
fn rejected_records_are_listed_and_counted() {
    let temp = tempfile::tempdir().unwrap();
    std::fs::write(temp.path().join("d.csv"), "a,b\n1,2\n3,4,5\n6,7\n").unwrap();
    let found = cairn(temp.path(), &["import", "d.csv", "--json"]).json();
    assert_eq!(found["records_counted"], 3);
    assert_eq!(found["rows"].as_u64().unwrap() + found["rejects"].as_array().unwrap().len() as u64, 3);
    assert_eq!((found["rejects"][0]["line"].as_u64(), found["rejects"][0]["byte_offset"].as_u64()), (Some(3), Some(8)));
}

#[test]
fn notebooks_that_cannot_be_read_are_not_touched() {
    let temp = tempfile::tempdir().unwrap();
    let root = project(temp.path());
    let check = |text: &str, words: &[&str]| {
        std::fs::write(root.join("n.cairn"), text).unwrap();
        refused(&cairn(&root, &["run", "n.cairn", "--json"]), 3, words);
        assert_eq!(std::fs::read_to_string(root.join("n.cairn")).unwrap(), text);
    };
    check(
        "schema = 1\ntitle = \"x\"\n[[cell]]\nname = \"A\"\nkind = \"magic\"\n",
        &["magic", "\"line\":5", "\"cell\":\"A\""],
    );
    check(
        "schema = 1\ntitle = \"x\"\n[[cell]]\nname = \"A\"\nkind = \"wrangle\"\ninput = \"B\"\n[[cell]]\nname = \"B\"\nkind = \"wrangle\"\ninput = \"A\"\n",
        &["circle"],
    );
    check("this is no notebook", &["not a notebook", "\"line\":1"]);
    refused(&cairn(&root, &["run", "none.cairn", "--json"]), 3, &["none.cairn"]);
}

#[test]
fn a_target_with_one_class_is_named() {
    let temp = tempfile::tempdir().unwrap();
    let root = project(temp.path());
    let rows: String = (0..60).map(|row| format!("{row},same\n")).collect();
    std::fs::write(root.join("one.csv"), format!("x,y\n{rows}")).unwrap();
    refused(&cairn(&root, &["train", "one.csv", "--target", "y", "--json"]), 3, &["y", "one"]);
    refused(&cairn(&root, &["train", "one.csv", "--target", "z", "--json"]), 2, &["no column", "z"]);
    let runs = cairn(&root, &["runs", "--json"]).json();
    assert_eq!(runs["total"], 0, "nothing is recorded of a run that never began");
}

#[test]
fn a_vanished_file_names_the_cell() {
    let temp = tempfile::tempdir().unwrap();
    let root = project(temp.path());
    std::fs::write(
        root.join("n.cairn"),
        "schema = 1\ntitle = \"x\"\n[[cell]]\nname = \"A\"\nkind = \"data\"\nfile = \"data/gone.csv\"\n",
    )
    .unwrap();
    refused(&cairn(&root, &["run", "n.cairn", "--json"]), 3, &["gone.csv", "\"A\""]);
}

#[test]
fn a_second_holder_is_refused_and_may_still_look() {
    let temp = tempfile::tempdir().unwrap();
    let root = project(temp.path());
    std::fs::write(root.join("n.cairn"), "schema = 1\ntitle = \"x\"\n").unwrap();
    let engine = cairn_tests::engine(temp.path());
    cairn_tests::ask(&engine, cairn_protocol::Request::OpenProject { path: root.display().to_string() });
    refused(&cairn(&root, &["run", "n.cairn", "--json"]), 4, &["holds this project"]);
    assert_eq!(cairn(&root, &["runs", "--json"]).code, 0);
    drop(engine);
    assert_eq!(cairn(&root, &["run", "n.cairn", "--json"]).code, 0);
}

#[test]
fn usage_is_told_in_json_too() {
    let temp = tempfile::tempdir().unwrap();
    let ran = cairn(temp.path(), &["import", "--json"]);
    refused(&ran, 2, &["error"]);
    assert_eq!(ran.json()["error"]["kind"], "usage");
    refused(&cairn(temp.path(), &["runs", "--json"]), 2, &["project"]);
    refused(&cairn(temp.path(), &["new", "x", "--sample", "nothing", "--json"]), 2, &["stroke"]);
    assert!(!temp.path().join("x").exists());
}

#[test]
fn a_broken_sweep_file_is_told_by_line() {
    let temp = tempfile::tempdir().unwrap();
    std::fs::write(temp.path().join("s.yaml"), "method: random\nparameters:\n  lr:\n    min: 1\n    max: 0\n").unwrap();
    let ran = cairn(temp.path(), &["sweep", "--check", "s.yaml", "--json"]);
    let check = ran.json();
    assert_eq!((ran.code, check["valid"].as_bool()), (3, Some(false)), "{check}");
    assert!(check["violations"][0]["line"].as_u64().unwrap() >= 3, "{check}");
    std::fs::write(
        temp.path().join("g.yaml"),
        "method: grid\nparameters:\n  b:\n    values: [1, 2]\n  a:\n    values: [x, y]\n",
    )
    .unwrap();
    let plan = cairn(temp.path(), &["sweep", "--plan", "g.yaml", "--json"]).json();
    assert_eq!(plan["trials"].to_string(), r#"[{"a":"x","b":1},{"a":"x","b":2},{"a":"y","b":1},{"a":"y","b":2}]"#);
}
