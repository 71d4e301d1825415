//! `cairn import` of every kind of file: what is told, what is chosen, what is written.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::path::{Path, PathBuf};

use cairn_tests::cairn;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats").join(name)
}

#[test]
fn a_sheet_is_chosen_and_listed() {
    let temp = tempfile::tempdir().unwrap();
    std::fs::copy(fixture("book.xlsx"), temp.path().join("book.xlsx")).unwrap();
    let found = cairn(temp.path(), &["import", "book.xlsx", "--table", "Costs", "--json"]).json();
    assert_eq!((found["format"].as_str(), found["table"].as_str()), (Some("excel"), Some("Costs")));
    assert_eq!(found["tables"], serde_json::json!(["Cover", "People", "Costs", "Secret"]));
    assert_eq!(found["columns"][1]["name"], "sales q1");
    let said = cairn(temp.path(), &["import", "book.xlsx"]);
    assert!(said.out.contains("table «People»") && said.out.contains("tables (--table NAME): Cover"), "{said:?}");
    let none = cairn(temp.path(), &["import", "book.xlsx", "--table", "Gone", "--json"]);
    assert_eq!((none.code, none.json()["error"]["kind"].as_str()), (2, Some("usage")), "{none:?}");
    assert!(none.out.contains("«Costs»"), "{none:?}");
}

#[test]
fn a_table_goes_through_every_format_and_back() {
    let temp = tempfile::tempdir().unwrap();
    std::fs::write(temp.path().join("a.csv"), "id,zip,x,born\n1,02210,0.5,2024-02-29\n2,10115,,\n").unwrap();
    let chain = ["a.csv", "b.csv.gz", "c.ndjson", "d.jsonl.zst", "e.parquet", "f.arrow", "g.tsv.zst", "h.csv"];
    for pair in chain.windows(2) {
        let ran = cairn(temp.path(), &["import", pair[0], "--out", pair[1], "--json"]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let read = |name: &str| std::fs::read_to_string(temp.path().join(name)).unwrap();
    assert_eq!(read("h.csv"), read("a.csv"));
    assert_eq!(read("c.ndjson").lines().next(), Some(r#"{"id":1,"zip":"02210","x":0.5,"born":"2024-02-29"}"#));
    let gzip = cairn(temp.path(), &["import", "b.csv.gz", "--json"]).json();
    assert_eq!((gzip["container"].as_str(), gzip["rows"].as_u64()), (Some("gzip"), Some(2)));
    // The same ending twice over is a folder of one schema.
    std::fs::create_dir(temp.path().join("parts")).unwrap();
    for name in ["a.csv", "b.csv.gz", "c.ndjson"] {
        std::fs::copy(temp.path().join(name), temp.path().join("parts").join(name)).unwrap();
    }
    let folder = cairn(temp.path(), &["import", "parts", "--json"]).json();
    assert_eq!(folder["files"], serde_json::json!(["a.csv", "b.csv.gz", "c.ndjson"]));
    assert_eq!((folder["format"].as_str(), folder["rows"].as_u64()), (Some("folder"), Some(6)));
    assert_eq!(folder["columns"][0]["name"], "source_file");
}

#[test]
fn options_are_flags() {
    let temp = tempfile::tempdir().unwrap();
    std::fs::write(temp.path().join("a.json"), r#"[{"zip":"02210","x":"gone"},{"zip":"7","x":"-9"}]"#).unwrap();
    let args = ["import", "a.json", "--null", "gone", "--null", "-9", "--type", "zip=int", "--json"];
    let found = cairn(temp.path(), &args).json();
    assert_eq!((found["columns"][0]["type"].as_str(), found["columns"][1]["nulls"].as_u64()), (Some("int"), Some(2)));
    let wrong = cairn(temp.path(), &["import", "a.json", "--type", "zip=number", "--json"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(wrong.out.contains("category"), "{wrong:?}");
    let help = cairn(temp.path(), &["help", "import"]);
    for flag in
        ["--table", "--quote", "--escape", "--skip-lines", "--header-rows", "--null", "--decimal", "--thousands"]
    {
        assert!(help.out.contains(flag), "{flag} is missing in {}", help.out);
    }
}

#[test]
fn all_rejects_are_written_to_a_file() {
    let temp = tempfile::tempdir().unwrap();
    let mut text = String::from("a,b\n");
    for row in 0..6000 {
        text.push_str(&if row % 3 != 1 { format!("{row},x\n") } else { format!("=A{row},x,y\n") });
    }
    std::fs::write(temp.path().join("dirty.csv"), text).unwrap();
    let found = cairn(temp.path(), &["import", "dirty.csv", "--rejects", "out/rejects.csv", "--json"]);
    assert_eq!(found.code, 0, "{found:?}");
    let found = found.json();
    assert_eq!((found["rejects_total"].as_u64(), found["rejects"].as_array().map(Vec::len)), (Some(2000), Some(1000)));
    assert!(found["rejects_out"].as_str().unwrap().ends_with("rejects.csv"));
    let written = std::fs::read_to_string(temp.path().join("out/rejects.csv")).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!((lines.len(), lines[0]), (2001, "line,byte_offset,reason,text"));
    assert_eq!(lines[2000], "6000,48876,3 fields instead of 2,\"'=A5998,x,y\"");
    let said = cairn(temp.path(), &["import", "dirty.csv", "--rejects", "rejects.tsv"]);
    assert!(said.out.contains("wrote 2000 rejected records"), "{said:?}");
    let wrong = cairn(temp.path(), &["import", "dirty.csv", "--rejects", "rejects.parquet", "--json"]);
    assert_eq!((wrong.code, wrong.json()["error"]["kind"].as_str()), (2, Some("usage")), "{wrong:?}");
}
