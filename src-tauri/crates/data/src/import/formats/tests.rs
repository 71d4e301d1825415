//! Files of every format: `check(imported, columns with types, rows)`, as in the tests of delimited text.

use std::io::Write;
use std::path::{Path, PathBuf};

use cairn_protocol::table::ColumnType;
use polars::prelude::*;
use proptest::prelude::*;

use super::*;
use crate::{NoProgress, export, import, page, peek, profile};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/fixtures/formats").join(name)
}

fn read_as(name: &str, bytes: &[u8], options: &ImportOptions) -> Result<Imported, DataError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let read = import(&path, options, &NoProgress);
    // A damaged one may be read in part and still look odd at first sight.
    let whole = read.as_ref().is_ok_and(|read| !read.report.notes.iter().any(|note| note.contains("not complete")));
    assert!(!whole || peek(&path).is_ok(), "what can be read passes a peek");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is written beside a file");
    read
}

fn read(name: &str, bytes: impl AsRef<[u8]>) -> Imported {
    read_as(name, bytes.as_ref(), &ImportOptions::default()).unwrap()
}

fn of_table(table: &str) -> ImportOptions {
    ImportOptions { table: Some(table.into()), ..ImportOptions::default() }
}

fn rows(imported: &Imported) -> Vec<String> {
    let page = page(&imported.frame, None, 0, u64::MAX, 0, u64::MAX);
    let cell = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "∅".into());
    (0..page.row_numbers.len())
        .map(|row| page.columns.iter().map(|column| cell(&column.cells[row])).collect::<Vec<_>>().join("|"))
        .collect()
}

/// Compares names with types, and rows; a profile and every export must work, too.
#[track_caller]
fn check(imported: &Imported, columns: &str, expected: &[&str]) {
    let found: Vec<String> =
        imported.report.columns.iter().map(|c| format!("{}:{}", c.name, c.column_type.as_str())).collect();
    assert_eq!(found.join(" "), columns, "{:#?}", imported.report);
    assert_eq!(rows(imported), expected);
    assert_eq!(imported.report.records_counted, imported.report.rows + imported.report.rejects_total);
    assert_eq!(profile(&imported.frame).columns.len(), imported.frame.width());
    let folder = tempfile::tempdir().unwrap();
    for name in ["t.csv", "t.ndjson", "t.parquet", "t.arrow"] {
        export(&imported.frame, &folder.path().join(name)).unwrap();
    }
}

#[track_caller]
fn noted(imported: &Imported, words: &str) {
    assert!(imported.report.notes.iter().any(|note| note.contains(words)), "{words}: {:?}", imported.report.notes);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        out.start_file(*name, ::zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(bytes).unwrap();
    }
    out.finish().unwrap().into_inner()
}

const CSV: &[u8] = b"id,name\n1,anna\n2,bert\n";

#[test]
fn packed_files_are_told_by_content() {
    for (name, bytes, container) in [
        ("a.csv", gzip(CSV), "gzip"),
        ("a.bin", zstd::encode_all(CSV, 3).unwrap(), "zstd"),
        ("a.csv", zip(&[("inner.csv", CSV)]), "zip"),
        ("a.gz", [gzip(b"id,name\n1,anna\n"), gzip(b"2,bert\n")].concat(), "gzip"),
        ("a.gz", [gzip(CSV), vec![0; 100]].concat(), "gzip"),
        ("a.gz", gzip(&zip(&[("inner.csv", CSV)])), "gzip"),
    ] {
        let imported = read(name, &bytes);
        check(&imported, "id:int name:text", &["1|anna", "2|bert"]);
        assert_eq!((imported.report.container.as_str(), imported.report.format.as_str()), (container, "csv"));
        assert_eq!(imported.report.digest, blake3::hash(&bytes).to_hex().to_string());
        assert_eq!(imported.report.size_bytes, bytes.len() as u64);
        assert_eq!(imported.report.notes, Vec::<String>::new());
    }
    noted(&read("a.gz", [gzip(CSV), b"garbage".to_vec()].concat()), "7 bytes after the gzip data");
    let json = read("a.gz", gzip(br#"[{"a":1}]"#));
    assert_eq!((json.report.format.as_str(), json.report.container.as_str()), ("json", "gzip"));
    assert!(read_as("e.gz", &gzip(b""), &ImportOptions::default()).is_err());
}

#[test]
fn of_a_truncated_stream_what_is_whole_is_read_and_said() {
    let text: String = (0..200_000).map(|row| format!("{row},{}\n", row * 7919 % 10_007)).collect();
    let text = format!("n,x\n{text}");
    for bytes in [gzip(text.as_bytes()), zstd::encode_all(text.as_bytes(), 3).unwrap()] {
        let imported = read("cut", &bytes[..bytes.len() / 2]);
        assert!((1000..200_000).contains(&imported.report.rows), "{}", imported.report.rows);
        noted(&imported, "the file is not complete");
        let x = imported.frame.column("x").unwrap().i64().unwrap().clone();
        assert!(x.iter().enumerate().all(|(row, x)| x == Some(row as i64 * 7919 % 10_007)), "no value is cut");
        assert!(imported.report.rejects_total <= 1);
        assert_eq!(imported.report.records_counted, imported.report.rows + imported.report.rejects_total);
    }
    let mut damaged = gzip(text.as_bytes());
    let middle = damaged.len() / 2;
    damaged[middle..middle + 50].fill(0xff);
    match read_as("d.gz", &damaged, &ImportOptions::default()) {
        Ok(imported) => noted(&imported, "the file is not complete"),
        Err(error) => assert!(matches!(error, DataError::Format { .. }), "{error}"),
    }
    let short = gzip(CSV);
    assert!(read_as("s.gz", &short[..10], &ImportOptions::default()).is_err());
}

#[test]
fn archives_list_their_files_and_let_one_be_chosen() {
    let book = std::fs::read(fixture("book.xlsx")).unwrap();
    let bytes = zip(&[
        ("README.txt", b"read me"),
        (".hidden.csv", b"x\n1\n"),
        ("__MACOSX/a.csv", b"x\n1\n"),
        ("data/a.csv", CSV),
        ("b.json", br#"[{"k":5}]"#),
        ("book.xlsx", &book),
    ]);
    let first = read("a.zip", &bytes);
    check(&first, "id:int name:text", &["1|anna", "2|bert"]);
    assert_eq!(first.report.tables, ["README.txt", "data/a.csv", "b.json", "book.xlsx"]);
    assert_eq!(first.report.table, "data/a.csv");
    noted(&first, "the archive holds 4 files");
    let second = read_as("a.zip", &bytes, &of_table("b.json")).unwrap();
    check(&second, "k:int", &["5"]);
    let sheet = read_as("a.zip", &bytes, &of_table("book.xlsx/Costs")).unwrap();
    assert_eq!((sheet.report.table.as_str(), sheet.report.rows), ("book.xlsx/Costs", 2));
    assert!(sheet.report.tables.contains(&"book.xlsx/Secret".to_owned()));
    let none = read_as("a.zip", &bytes, &of_table("c.csv")).unwrap_err().to_string();
    assert!(none.contains("«data/a.csv»"), "{none}");
    // One file in it: the choice is one inside that.
    let one = zip(&[("book.xlsx", &book)]);
    assert_eq!(read_as("one.zip", &one, &of_table("Costs")).unwrap().report.table, "Costs");
}

#[test]
fn archives_that_cannot_be_read_say_why() {
    let good = zip(&[("a.csv", &CSV.repeat(50))]);
    let mut locked = good.clone();
    locked[6] |= 1;
    let central = memchr::memmem::find(&locked, b"PK\x01\x02").unwrap();
    locked[central + 8] |= 1;
    let error = read_as("l.zip", &locked, &ImportOptions::default()).unwrap_err();
    assert!(error.to_string().contains("password") && !error.hint().is_empty(), "{error}");
    let cut = read_as("c.zip", &good[..good.len() - 30], &ImportOptions::default()).unwrap_err();
    assert!(matches!(cut, DataError::Format { format: "zip", .. }), "{cut}");
    let mut damaged = good;
    damaged[45] ^= 0xff;
    damaged[46] ^= 0xff;
    assert!(read_as("d.zip", &damaged, &ImportOptions::default()).is_err());
    assert!(read_as("e.zip", &zip(&[]), &ImportOptions::default()).is_err());
    let mut tar = vec![b'a'; 600];
    tar[257..262].copy_from_slice(b"ustar");
    assert!(matches!(read_as("t.tgz", &gzip(&tar), &ImportOptions::default()), Err(DataError::NotATable { .. })));
}

#[test]
fn a_bomb_is_not_unpacked() {
    // A gibibyte and more of zeros in a few kilobytes.
    let piece = zstd::encode_all(&vec![b'0'; 1 << 28][..], 3).unwrap();
    let bomb = piece.repeat(6);
    let error = read_as("bomb.zst", &bomb, &ImportOptions::default()).unwrap_err();
    assert!(error.to_string().contains("unpacks to more than 1 GiB"), "{error}");
}

#[test]
fn json_in_all_its_shapes() {
    let abc = "a:int b:text";
    let two = ["1|x", "2|y"];
    for (name, text) in [
        ("r.json", r#"[{"a":1,"b":"x"},{"a":2,"b":"y"}]"#),
        ("r.txt", "\n [ {\"a\": 1,\n \"b\": \"x\"},\n {\"b\": \"y\", \"a\": 2} ]\n"),
        ("w.json", r#"{"count":2,"data":[{"a":1,"b":"x"},{"a":2,"b":"y"}],"next":null}"#),
        ("c.json", r#"{"a":[1,2],"b":["x","y"]}"#),
        ("v.json", r#"[["a","b"],[1,"x"],[2,"y"]]"#),
        ("s.json", r#"{"columns":["a","b"],"index":[0,1],"data":[[1,"x"],[2,"y"]]}"#),
        ("p.json", r#"{"a":{"0":1,"1":2},"b":{"0":"x","1":"y"}}"#),
        ("i.json", r#"{"0":{"a":1,"b":"x"},"1":{"a":2,"b":"y"}}"#),
        ("l.ndjson", "{\"a\":1,\"b\":\"x\"}\n\n{\"a\":2,\"b\":\"y\"}"),
        ("l.csv", "{\"a\":1,\"b\":\"x\"}\r\n{\"a\":2,\"b\":\"y\"}\r\n"),
        ("j.json", "{\n\"a\":1,\n\"b\":\"x\"}\n{\n\"a\":2,\"b\":\"y\"}"),
        ("t.json", r#"{"schema":{"fields":[{"name":"a"}]},"data":[{"a":1,"b":"x"},{"a":2,"b":"y"}]}"#),
    ] {
        let options = if name == "t.json" { of_table("data") } else { ImportOptions::default() };
        let imported = read_as(name, text.as_bytes(), &options).unwrap();
        check(&imported, abc, &two);
        let format = if name.starts_with(['l', 'j']) { "ndjson" } else { "json" };
        assert_eq!((imported.report.format.as_str(), imported.report.encoding.as_str()), (format, "utf-8"), "{name}");
    }
    noted(&read("w.json", r#"{"count":2,"data":[{"a":1}],"next":null}"#), "beside them: count = 2, next = null");
    check(&read("o.json", r#"{"a":1,"b":"x"}"#), abc, &["1|x"]);
    check(&read("n.json", "[1,2,null]"), "value:int", &["1", "2", "∅"]);
    check(&read("v.json", "[[1,2],[3]]"), "column_1:int column_2:int", &["1|2", "3|∅"]);
    check(
        &read("i.json", r#"{"anna":{"age":30,"city":"Bonn"},"bert":{"age":41,"city":"Köln"}}"#),
        "index:text age:int city:text",
        &["anna|30|Bonn", "bert|41|Köln"],
    );
    check(&read("p.json", r#"{"a":{"x":1,"y":2},"b":{"y":"q"}}"#), "index:text a:int b:text", &["x|1|∅", "y|2|q"]);
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(r#"[{"ä":1}]"#.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    check(&read("u.json", utf16), "ä:int", &["1"]);
    let tables = r#"{"users":[{"a":1}],"orders":[{"b":2},{"b":3}]}"#;
    let orders = read_as("t.json", tables.as_bytes(), &of_table("orders")).unwrap();
    check(&orders, "b:int", &["2", "3"]);
    assert_eq!(orders.report.tables, ["users", "orders"]);
    for text in ["[]", "{}", "[[]]"] {
        assert!(read_as("e.json", text.as_bytes(), &ImportOptions::default()).is_err(), "{text}");
    }
}

#[test]
fn json_values_keep_what_they_are() {
    let text = r#"{"id":1,"zip":"02210","big":99999999999999999999,"x":1,"when":"2024-02-29","deep":{"k":[1, 2]},"t":true}
{"id":2,"zip":"10115","big":1,"x":2.5,"when":"2024-03-01","deep":null,"t":null,"late":"a\n\u00e9"}
{"id":3,"zip":"1","big":2,"x":null,"when":null,"deep":[{"z":"}"}],"t":false,"late":"NA"}
"#;
    let imported = read("v.ndjson", text);
    check(
        &imported,
        "id:int zip:text big:text x:float when:date deep:text t:bool late:text",
        &[
            r#"1|02210|99999999999999999999|1|2024-02-29|{"k":[1, 2]}|true|∅"#,
            "2|10115|1|2.5|2024-03-01|∅|∅|a\né",
            r#"3|1|2|∅|∅|[{"z":"}"}]|false|NA"#,
        ],
    );
    noted(&imported, "JSON text in «deep»");
    let mixed = read("m.ndjson", "{\"a\":1.50}\n{\"a\":\"x\"}\n{\"a\":true}\n{\"a\":null}\n{\"a\":NaN}\n");
    check(&mixed, "a:text", &["1.50", "x", "true", "∅", "∅"]);
    let missing = read("n.json", r#"[{"a":1},{"a":"NA"},{"a":3}]"#);
    check(&missing, "a:int", &["1", "∅", "3"]);
    noted(&missing, "«a» (1)");
    let options = ImportOptions { text_only: true, ..ImportOptions::default() };
    let texts = read_as("t.json", br#"[{"a":1.50,"d":"2024-01-01"},{"a":true}]"#, &options).unwrap();
    check(&texts, "a:text d:text", &["1.50|2024-01-01", "true|∅"]);
    let options = ImportOptions { null_tokens: Some(vec!["-1".into(), "gone".into()]), ..ImportOptions::default() };
    let nulls = read_as("t.json", br#"[{"a":"gone"},{"a":"NA"}]"#, &options).unwrap();
    check(&nulls, "a:text", &["∅", "NA"]);
}

#[test]
fn json_lines_that_are_none_are_rejected_with_their_place() {
    let text = "{\"a\":1}\n{\"a\":2,\n[1,2]\n\n{\"a\":3,\"new\":}\n{\"a\":4,\"b\":1}\n{\"a\":5";
    let imported = read("d.ndjson", text);
    check(&imported, "a:int b:int", &["1|∅", "4|1"]);
    let found: Vec<(u64, u64, &str)> =
        imported.report.rejects.iter().map(|r| (r.line, r.byte_offset, r.text.as_str())).collect();
    assert_eq!(found, [(2, 8, "{\"a\":2,"), (3, 16, "[1,2]"), (5, 23, "{\"a\":3,\"new\":}"), (7, 52, "{\"a\":5")]);
    assert_eq!(imported.report.rejects[1].reason, "no JSON object");
    let cut = read("c.json", "[{\"a\":1},\n{\"a\":2},\n{\"a\":");
    check(&cut, "a:int", &["1", "2"]);
    noted(&cut, "the table is not complete");
    assert_eq!((cut.report.rejects[0].line, cut.report.rejects[0].byte_offset), (3, 19));
    let after = read("a.json", "[{\"a\":1}]\n]\n");
    assert_eq!((after.report.rows, after.report.rejects_total, after.report.rejects[0].line), (1, 1, 2));
    let twice = read("t.json", r#"[{"a":1,"a":2}]"#);
    check(&twice, "a:int", &["2"]);
    noted(&twice, "name a key twice");
}

#[test]
fn json_does_not_depend_on_how_it_is_cut() {
    // More than a stretch, with another type and a new key at the very end.
    let mut text = String::new();
    for row in 0..400_000 {
        text.push_str(&format!("{{\"row\":{row},\"text\":\"value {row}\"}}\n"));
    }
    let before = read("l.ndjson", &text);
    assert_eq!(before.report.columns[0].column_type, ColumnType::Int);
    text.push_str("{\"text\":5,\"row\":\"x\",\"new\":[]}\n");
    let imported = read("l.ndjson", &text);
    let array = format!("[{}]", text.trim_end().replace('\n', ","));
    let same = read("l.json", &array);
    for imported in [&imported, &same] {
        assert_eq!(imported.report.rows, 400_001);
        let types: Vec<ColumnType> = imported.report.columns.iter().map(|column| column.column_type).collect();
        assert_eq!(types, [ColumnType::Text; 3]);
        let row = imported.frame.column("row").unwrap().str().unwrap().clone();
        assert_eq!((row.get(0), row.get(399_999), row.get(400_000)), (Some("0"), Some("399999"), Some("x")));
    }
    assert!(imported.frame.equals_missing(&same.frame));
}

#[test]
fn chosen_types_are_taken_and_what_does_not_fit_is_told() {
    let types = [("zip".to_owned(), ColumnType::Int), ("n".to_owned(), ColumnType::Text)].into_iter().collect();
    let options = ImportOptions { types, ..ImportOptions::default() };
    let imported = read_as("t.json", br#"[{"zip":"02210","n":5},{"zip":"x","n":6}]"#, &options).unwrap();
    check(&imported, "zip:int n:text", &["2210|5", "∅|6"]);
    noted(&imported, "became null");
    let none = read_as("t.json", br#"[{"a":1}]"#, &options).unwrap_err();
    assert!(matches!(none, DataError::NoColumn { .. }), "{none}");
}

#[test]
fn text_that_only_looks_like_json_stays_delimited() {
    for text in ["[id],[name]\n1,a\n2,b\n", "{id},{name}\n1,a\n2,b\n", "[1],[2]\n[3],[4]\n"] {
        assert_eq!(read("a.csv", text).report.format, "csv", "{text}");
    }
}

#[test]
fn workbooks() {
    let book = import(&fixture("book.xlsx"), &ImportOptions::default(), &NoProgress).unwrap();
    check(
        &book,
        "id:int code:text share:float ok:bool born:date seen:datetime at:time sum:int bad:int note:text",
        &[
            "1|02210|0.5|true|2024-02-29|2024-02-29 13:45:30|07:30:00|2|1|a",
            "2|00001|2|false|1900-03-01|2024-01-01 00:00:00|18:05:09|4|∅|∅",
            "3|12345|∅|∅|∅|∅|∅|∅|3|NA",
        ],
    );
    let report = &book.report;
    assert_eq!((report.format.as_str(), report.preamble_lines, report.header_rows), ("excel", 2, 1));
    assert_eq!(report.tables, ["Cover", "People", "Costs", "Secret"]);
    assert_eq!(report.table, "People");
    for words in ["Staff of 2024", "«bad» (1)", "1 empty rows", "hidden sheets: «Secret»", "before «People»"] {
        noted(&book, words);
    }
    let costs = import(&fixture("book.xlsx"), &of_table("Costs"), &NoProgress).unwrap();
    check(&costs, "region:text sales q1:int sales q2:float costs q1:int", &["north|1|2.5|3", "south|4|5|6"]);
    assert_eq!(costs.report.header_rows, 2);
    check(&import(&fixture("book.xlsx"), &of_table("secret"), &NoProgress).unwrap(), "k:int", &["1"]);
    let options = ImportOptions { header: Some(false), skip_lines: Some(3), ..of_table("People") };
    let bare = import(&fixture("book.xlsx"), &options, &NoProgress).unwrap();
    assert_eq!((bare.report.rows, bare.report.columns[0].name.as_str(), bare.report.header), (3, "column_1", false));
    assert!(import(&fixture("book.xlsx"), &of_table("Cover"), &NoProgress).unwrap_err().to_string().contains("Cover"));
    assert!(import(&fixture("book.xlsx"), &of_table("None"), &NoProgress).unwrap_err().to_string().contains("«Costs»"));
    let mac = import(&fixture("mac.xlsx"), &ImportOptions::default(), &NoProgress).unwrap();
    check(&mac, "day:date", &["2024-02-29", "1904-01-02"]);
    let old = import(&fixture("old.xls"), &ImportOptions::default(), &NoProgress).unwrap();
    check(&old, "n:int x:float t:text d:date ok:bool", &["1|0.25|02210|2024-02-29|true", "-7|3|größe|∅|false"]);
    assert_eq!(old.report.tables, ["Old", "Other"]);
    let ods = import(&fixture("calc.ods"), &ImportOptions::default(), &NoProgress).unwrap();
    check(
        &ods,
        "n:float code:text d:date when:datetime at:time ok:bool",
        &[
            "1|007|2024-02-29|2024-02-29 13:45:30|07:30:00|true",
            "2.5|x|2024-03-01|2024-03-01 00:00:00|18:05:09|false",
            "3|y|∅|∅|∅|∅",
        ],
    );
    let options = ImportOptions { text_only: true, ..ImportOptions::default() };
    let texts = import(&fixture("calc.ods"), &options, &NoProgress).unwrap();
    assert_eq!(rows(&texts)[0], "1|007|2024-02-29|2024-02-29 13:45:30|07:30:00|true");
    // A password wraps the whole book.
    let mut locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    locked.resize(4096, 0);
    locked.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    let error = read_as("l.xlsx", &locked, &ImportOptions::default()).unwrap_err();
    assert!(error.to_string().contains("password"), "{error}");
}

fn database(path: &Path) {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE people (id INTEGER PRIMARY KEY, zip TEXT, x REAL, ok BOOLEAN, born DATE, any, n INT, pic BLOB);
             INSERT INTO people VALUES (1, '02210', 1, 1, '2024-02-29', 5, 1, x'00ff'), (2, 'a', 2.5, 0, NULL, 'x', 'y', NULL);
             CREATE TABLE \"odd \"\"na;me\"\" --\" (k TEXT PRIMARY KEY, v INT) WITHOUT ROWID;
             INSERT INTO \"odd \"\"na;me\"\" --\" VALUES ('b', 2), ('a', 1);
             CREATE VIEW grown AS SELECT id, x * 2 AS double FROM people;
             CREATE TABLE none (a INT, b TEXT);
             CREATE TABLE times (at TIMESTAMP, iso DATETIME); INSERT INTO times VALUES (1700000000, '2024-01-01 10:00:00');",
        )
        .unwrap();
}

#[test]
fn databases() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b#?%41.db");
    database(&path);
    let read = |table: &str| import(&path, &of_table(table), &NoProgress).unwrap();
    let first = import(&path, &ImportOptions::default(), &NoProgress).unwrap();
    check(
        &first,
        "id:int zip:text x:float ok:bool born:date any:text n:text pic:text",
        &["1|02210|1|true|2024-02-29|5|1|00ff", "2|a|2.5|false|∅|x|y|∅"],
    );
    let odd = "odd \"na;me\" --";
    assert_eq!(first.report.tables, ["people", odd, "none", "times", "grown"]);
    assert_eq!((first.report.format.as_str(), first.report.table.as_str()), ("sqlite", "people"));
    for words in ["hexadecimal digits: «pic»", "holds 5 tables", "text among numbers: «n»"] {
        noted(&first, words);
    }
    check(&read(odd), "k:text v:int", &["a|1", "b|2"]);
    check(&read("grown"), "id:int double:float", &["1|2", "2|5"]);
    check(&read("none"), "a:text b:text", &[]);
    let times = read("times");
    check(&times, "at:int iso:datetime", &["1700000000|2024-01-01 10:00:00"]);
    noted(&times, "«at»: declared as dates");
    assert!(import(&path, &of_table("gone"), &NoProgress).unwrap_err().to_string().contains("«people»"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing stays beside it");
    let packed = super::tests::read("p.db.gz", gzip(&std::fs::read(&path).unwrap()));
    assert_eq!((packed.report.rows, packed.report.container.as_str()), (2, "gzip"));
}

#[test]
fn changes_that_wait_in_a_log_are_read_and_nothing_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (a INT);
             INSERT INTO t VALUES (1); INSERT INTO t VALUES (2);",
        )
        .unwrap();
    let state = || {
        let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| !entry.file_name().to_string_lossy().ends_with("-shm"))
            .map(|entry| (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).unwrap()))
            .collect();
        files.sort();
        files
    };
    let before = state();
    let imported = import(&path, &ImportOptions::default(), &NoProgress).unwrap();
    check(&imported, "a:int", &["1", "2"]);
    noted(&imported, "write-ahead log");
    assert!(before == state());
}

#[test]
fn parquet_and_arrow_of_all_types() {
    let mut frame = df!(
        "i16" => [Some(-3i16), None],
        "u16" => [7u16, 65_535],
        "u8" => [1u8, 255],
        "f32" => [Some(0.5f32), None],
        "s" => [Some("a"), None],
        "n" => [1i64, 2],
    )
    .unwrap();
    let list = Series::new("list".into(), [Series::new("".into(), [1i64, 2]), Series::new("".into(), [3i64])]);
    let inner = df!("x" => [Some(1i64), None], "y" => ["a\"b", "c"]).unwrap().into_struct("struct".into());
    frame.with_column(list.into_column()).unwrap();
    frame.with_column(inner.into_series().into_column()).unwrap();
    let n = frame.column("n").unwrap().clone();
    for (name, dtype) in [
        ("dec", DataType::Decimal(12, 2)),
        ("day", DataType::Date),
        ("cat", DataType::from_categories(Categories::global())),
        ("dur", DataType::Duration(TimeUnit::Milliseconds)),
        ("time", DataType::Time),
        ("zoned", DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))),
    ] {
        let base = if name == "cat" { frame.column("s").unwrap().clone() } else { n.clone() };
        frame.with_column(base.cast(&dtype).unwrap().with_name(name.into())).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let columns = "i16:int u16:int u8:int f32:float s:text n:int list:list struct:struct dec:decimal day:date \
                   cat:category dur:duration time:time zoned:datetime";
    let expected = [
        r#"-3|7|1|0.5|a|1|[1,2]|{"x":1,"y":"a\"b"}|1.00|1970-01-02|a|1ms|00:00:00.000000001|1970-01-01 00:00:00.000001Z"#,
        r#"∅|65535|255|∅|∅|2|[3]|{"x":null,"y":"c"}|2.00|1970-01-03|∅|2ms|00:00:00.000000002|1970-01-01 00:00:00.000002Z"#,
    ];
    for name in ["t.parquet", "t.arrow"] {
        let path = folder.path().join(name);
        export(&frame, &path).unwrap();
        check(&import(&path, &ImportOptions::default(), &NoProgress).unwrap(), columns, &expected);
        for column in frame.get_column_names() {
            crate::column_detail(&frame, column, None).unwrap();
        }
    }
    let path = folder.path().join("t.csv");
    export(&frame, &path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(r#""{""x"":1,""y"":""a\""b""}""#) && text.contains("\"[1,2]\""), "{text}");
}

/// A stream as its writer makes it: the messages of a file without what stands around them.
fn stream_of(frame: &DataFrame) -> Vec<u8> {
    use polars_arrow::io::ipc::write::{StreamWriter, WriteOptions};
    let mut bytes = Vec::new();
    let mut writer = StreamWriter::new(&mut bytes, WriteOptions { compression: None });
    let schema = frame.schema().to_arrow(CompatLevel::newest());
    writer.start(&schema, None).unwrap();
    for chunk in frame.iter_chunks(CompatLevel::newest(), false) {
        writer.write(&chunk, None).unwrap();
    }
    writer.finish().unwrap();
    bytes
}

#[test]
fn arrow_streams() {
    let frame = df!("a" => [1i64, 2], "b" => [Some("x"), None]).unwrap();
    let bytes = stream_of(&frame);
    check(&read("s.arrows", &bytes), "a:int b:text", &["1|x", "2|∅"]);
    // Without the mark of the end.
    check(&read("s.arrows", &bytes[..bytes.len() - 8]), "a:int b:text", &["1|x", "2|∅"]);
    check(&read("e.arrows", stream_of(&frame.clear())), "a:int b:text", &[]);
    assert!(read_as("c.arrows", &bytes[..40], &ImportOptions::default()).is_err());
}

#[test]
fn folders() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &[u8]| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    put("b.csv", b"id,name,x\n1,anna,1\n2,bert,2,3\n");
    put("a.csv.gz", &gzip(b"name,x,id\ncarl,2.5,3\n"));
    put("sub/c.ndjson", b"{\"id\":4,\"name\":null,\"x\":null}\n{\n");
    put("README.md", b"# about");
    put("notes.txt", b"nothing");
    put(".hidden.csv", b"z\n1\n");
    let imported = import(folder.path(), &ImportOptions::default(), &NoProgress).unwrap();
    check(
        &imported,
        "source_file:text name:text x:float id:int",
        &["a.csv.gz|carl|2.5|3", "b.csv|anna|1|1", "sub/c.ndjson|∅|∅|4"],
    );
    let report = &imported.report;
    assert_eq!((report.format.as_str(), report.records_counted, report.rejects_total), ("folder", 5, 2));
    assert_eq!(report.files, ["a.csv.gz", "b.csv", "sub/c.ndjson"]);
    assert!(report.rejects[1].reason.starts_with("sub/c.ndjson: "), "{:?}", report.rejects);
    let of = |path: &Path| Ok::<_, DataError>(blake3::hash(&std::fs::read(path).unwrap()).to_hex().to_string());
    assert_eq!(report.digest, folder::folder_digest(folder.path(), of).unwrap());
    noted(&imported, "«x» is int in some files and read as float in all");
    assert!(peek(folder.path()).is_ok());
    // Text in one file: the others are read as they are spelled.
    put("d.csv", b"id,name,x\n5,dora,1.50x\n");
    put("e.csv", b"id,name,x\n6,emil,1.50\n");
    let mixed = import(folder.path(), &ImportOptions::default(), &NoProgress).unwrap();
    assert_eq!(rows(&mixed).last().unwrap(), "sub/c.ndjson|∅|∅|4");
    assert_eq!(rows(&mixed)[3], "e.csv|emil|1.50|6");
    put("f.csv", b"id,other,x\n1,2,3\n");
    let error = import(folder.path(), &ImportOptions::default(), &NoProgress).unwrap_err().to_string();
    for word in ["a.csv.gz", "f.csv", "«name»", "«other»"] {
        assert!(error.contains(word), "{error}");
    }
    let empty = tempfile::tempdir().unwrap();
    assert!(import(empty.path(), &ImportOptions::default(), &NoProgress).is_err() && peek(empty.path()).is_err());
}

#[test]
fn partitioned_folders() {
    let folder = tempfile::tempdir().unwrap();
    for (year, month, rows) in [("2023", "01", "a\n1\n"), ("2024", "12", "a\n2\n3\n")] {
        let inner = folder.path().join(format!("year={year}/month={month}"));
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::write(inner.join("part.csv"), rows).unwrap();
    }
    let imported = import(folder.path(), &ImportOptions::default(), &NoProgress).unwrap();
    check(
        &imported,
        "source_file:text a:int year:int month:text",
        &[
            "year=2023/month=01/part.csv|1|2023|01",
            "year=2024/month=12/part.csv|2|2024|12",
            "year=2024/month=12/part.csv|3|2024|12",
        ],
    );
}

#[test]
fn every_format_can_be_cancelled() {
    struct Cancelled;
    impl Progress for Cancelled {
        fn set(&self, _done: f64) {}
        fn cancelled(&self) -> bool {
            true
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let database_path = folder.path().join("d.db");
    database(&database_path);
    for path in [
        put("a.csv.gz", &gzip(CSV)),
        put("a.zip", &zip(&[("a.csv", CSV)])),
        put("a.zst", &zstd::encode_all(CSV, 3).unwrap()),
        put("a.json", br#"[{"a":1}]"#),
        put("a.ndjson", b"{\"a\":1}\n{\"a\":2}\n"),
        fixture("book.xlsx"),
        fixture("calc.ods"),
        database_path,
    ] {
        let error = import(&path, &ImportOptions::default(), &Cancelled).unwrap_err();
        assert!(matches!(error, DataError::Cancelled), "{}: {error}", path.display());
    }
}

/// Small valid files of every format.
fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    let database_path = folder.path().join("d.db");
    database(&database_path);
    let frame = df!("a" => [1i64, 2, 3], "b" => ["x", "y", "z"], "c" => [0.5, 1.0, 2.0]).unwrap();
    let binary = |name: &str| {
        let path = folder.path().join(name);
        export(&frame, &path).unwrap();
        std::fs::read(path).unwrap()
    };
    let file = |name: &str| std::fs::read(fixture(name)).unwrap();
    vec![
        ("a.csv.gz", gzip(CSV)),
        ("a.csv.zst", zstd::encode_all(CSV, 3).unwrap()),
        ("a.zip", zip(&[("a.csv", CSV), ("b.json", b"[1]")])),
        ("a.json", br#"{"n":1,"data":[{"a":1,"b":"x"},{"a":2.5,"b":null}]}"#.to_vec()),
        ("s.json", br#"{"columns":["a","b"],"index":[5,6],"data":[[1,"x"],[2,"y"]]}"#.to_vec()),
        ("p.json", br#"{"a":{"x":1,"y":2},"b":{"x":"p","y":"q"}}"#.to_vec()),
        ("a.ndjson", b"{\"a\":1,\"b\":{\"c\":[1]}}\n{\"a\":\"x\"}\n{\"b\":2}\n".to_vec()),
        ("book.xlsx", file("book.xlsx")),
        ("old.xls", file("old.xls")),
        ("calc.ods", file("calc.ods")),
        ("d.db", std::fs::read(&database_path).unwrap()),
        ("a.parquet", binary("a.parquet")),
        ("a.arrow", binary("a.arrow")),
        ("a.arrows", stream_of(&frame)),
    ]
}

#[test]
fn whatever_happens_to_a_file_nothing_panics() {
    // What a reader of others panics on is caught and told; the message of the panic is not wanted here.
    std::panic::set_hook(Box::new(|panic| {
        if panic.location().is_some_and(|place| place.file().contains("cairn") || place.file().starts_with("src")) {
            eprintln!("{panic}");
        }
    }));
    let samples = samples();
    for (name, bytes) in &samples {
        assert!(read_as(name, bytes, &ImportOptions::default()).is_ok(), "{name}");
        for cut in [1, 8, bytes.len() / 3, bytes.len() / 2, bytes.len() - 1] {
            drop(read_as(name, &bytes[..cut], &ImportOptions::default()));
        }
    }
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig { cases: 400, ..ProptestConfig::default() });
    let change = (0..samples.len(), any::<prop::sample::Index>(), any::<u8>(), any::<bool>(), 1..6usize);
    runner
        .run(&change, |(which, at, value, cut, times)| {
            let (name, bytes) = &samples[which];
            let mut bytes = bytes.clone();
            let mut at = at.index(bytes.len());
            for _ in 0..times {
                bytes[at] = bytes[at].wrapping_add(value | 1);
                at = (at * 31 + usize::from(value) + 7) % bytes.len();
            }
            if cut {
                bytes.truncate(at.max(1));
            }
            if let Err(error) = read_as(name, &bytes, &ImportOptions::default()) {
                prop_assert!(!error.to_string().is_empty() && !matches!(error, DataError::Internal { .. }), "{error}");
            }
            Ok(())
        })
        .unwrap();
    drop(std::panic::take_hook());
}
