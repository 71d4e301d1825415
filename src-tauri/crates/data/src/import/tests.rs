//! A corpus of awkward files: `check(bytes, expected)`, where `expected` is what a person would make of them.

use cairn_protocol::notebook::ImportOptions;
use cairn_protocol::table::{ImportReport, TablePage};
use proptest::prelude::*;

use super::*;
use crate::{NoProgress, page};

pub(super) fn read_with(bytes: &[u8], options: &ImportOptions) -> Result<Imported, DataError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    std::fs::write(&path, bytes).unwrap();
    import(&path, options, &NoProgress)
}

pub(super) fn read(bytes: impl AsRef<[u8]>) -> Imported {
    read_with(bytes.as_ref(), &ImportOptions::default()).unwrap()
}

pub(super) fn rows(imported: &Imported) -> Vec<String> {
    let TablePage { columns, row_numbers, .. } = page(&imported.frame, None, 0, u64::MAX, 0, u64::MAX);
    let cell = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "∅".into());
    (0..row_numbers.len())
        .map(|row| columns.iter().map(|column| cell(&column.cells[row])).collect::<Vec<_>>().join("|"))
        .collect()
}

pub(super) fn header(report: &ImportReport) -> String {
    let columns = report.columns.iter().map(|column| format!("{}:{}", column.name, column.column_type.as_str()));
    columns.collect::<Vec<_>>().join(" ")
}

/// Reads and compares names with types, and rows.
#[track_caller]
pub(super) fn check(bytes: impl AsRef<[u8]>, columns: &str, expected: &[&str]) -> ImportReport {
    let imported = read(bytes.as_ref());
    let text = String::from_utf8_lossy(bytes.as_ref()).chars().take(300).collect::<String>();
    assert_eq!(header(&imported.report), columns, "{text}\n{:#?}", imported.report);
    assert_eq!(rows(&imported), expected, "{text}");
    imported.report
}

#[test]
fn plain() {
    let report = check("a,b,c\n1,2.5,x\n2,3,y\n", "a:int b:float c:text", &["1|2.5|x", "2|3|y"]);
    assert_eq!((report.delimiter.as_str(), report.line_end.as_str(), report.encoding.as_str()), (",", "\n", "utf-8"));
    assert_eq!((report.quote.as_str(), report.escape.as_str(), report.header), ("", "", true));
    assert_eq!((report.rows, report.records_counted, report.rejects_total, report.preamble_lines), (2, 2, 0, 0));
    assert_eq!(report.digest, blake3::hash(b"a,b,c\n1,2.5,x\n2,3,y\n").to_hex().to_string());
    check("a,b\n1,2", "a:int b:int", &["1|2"]);
    check("a,b\n1,2\n\n\n", "a:int b:int", &["1|2"]);
    check("a,b\n", "a:text b:text", &[]);
    check("a,b", "a:text b:text", &[]);
}

#[test]
fn delimiters() {
    for (delimiter, shown) in [
        (";", ";"),
        ("\t", "\t"),
        ("|", "|"),
        (":", ":"),
        (" ", " "),
        ("^", "^"),
        ("||", "||"),
        ("::", "::"),
        (", ", ", "),
    ] {
        let text = "id,name,value\n1,anna,2.5\n2,bert,3.5\n3,carl,4.5\n".replace(',', delimiter);
        let report = check(&text, "id:int name:text value:float", &["1|anna|2.5", "2|bert|3.5", "3|carl|4.5"]);
        assert_eq!(report.delimiter, shown);
    }
    check("name;x\na;1,5\nb;2,25\n", "name:text x:float", &["a|1.5", "b|2.25"]);
    check(
        "when\n2018-01-01 10:00:00\n2018-01-01 11:00:00\n",
        "when:datetime",
        &["2018-01-01 10:00:00", "2018-01-01 11:00:00"],
    );
    check("time\n10:00\n11:30\n", "time:time", &["10:00:00", "11:30:00"]);
    check("person\nJohn Smith\nJane Doe\n", "person:text", &["John Smith", "Jane Doe"]);
    let options = ImportOptions { delimiter: Some("\\t".into()), ..ImportOptions::default() };
    assert_eq!(rows(&read_with(b"a\tb,c\n1\tx,3\n", &options).unwrap()), ["1|x,3"]);
}

#[test]
fn quotes() {
    let report = check(
        "a,b\n\"x, y\",\"say \"\"hi\"\"\"\n\"two\nlines\",\"\"\n,z\n",
        "a:text b:text",
        &["x, y|say \"hi\"", "two\nlines|", "∅|z"],
    );
    assert_eq!((report.quote.as_str(), report.escape.as_str()), ("\"", "\""));
    let report = check("a,b\n'x, y',1\n'it''s',2\n", "a:text b:int", &["x, y|1", "it's|2"]);
    assert_eq!(report.quote, "'");
    let report = check("a,b\n\"x \\\"y\\\", z\",1\n\"w\",2\n", "a:text b:int", &["x \"y\", z|1", "w|2"]);
    assert_eq!(report.escape, "\\");
    check("a,b\n5\" pipe,1\n6\" pipe,2\n", "a:text b:int", &["5\" pipe|1", "6\" pipe|2"]);
    check("a,b\n\"1\",\"2.5\"\n\"\",\"3\"\n", "a:int b:float", &["1|2.5", "∅|3"]);
    check("a,b,c\n1,\"Round 48\"\",x\n2,\"y\",z\n", "a:int b:text c:text", &["1|Round 48\"|x", "2|y|z"]);
    // Words in quotes of another kind, here and there, are words; fields that are all in them are quoted.
    for word in ["“b: c”", "'b: c'"] {
        check(format!("a,n\n{word},1\nd,2\ne,3\n"), "a:text n:int", &[&format!("{word}|1"), "d|2", "e|3"]);
    }
    check("a,n\n“b”,1\n“d, e”,2\n", "a:text n:int", &["b|1", "d, e|2"]);
    // A quote astray in the header costs nothing but itself.
    check("a,\"b,c\n1,2,3\n4,5,6\n", "a:int \"b:int c:int", &["1|2|3", "4|5|6"]);
}

#[test]
fn long_fields_stay_whole() {
    // Records of several lines, one of them across the end of what is looked at beforehand.
    let log: Vec<String> = (0..500).map(|line| format!("line {line}, with \"\" quote")).collect();
    let mut text = String::from("id,log\n");
    (0..40).for_each(|row| text.push_str(&format!("{row},\"{}\"\n", log.join("\n"))));
    let imported = read(&text);
    let report = &imported.report;
    assert_eq!((header(report).as_str(), report.rows, report.records_counted), ("id:int log:text", 40, 40));
    let cell = |imported: &Imported, name: &str, row: usize| {
        imported.frame.column(name).unwrap().str().unwrap().get(row).unwrap_or_default().to_owned()
    };
    assert!(cell(&imported, "log", 39) == log.join("\n").replace("\"\"", "\""));
    let lines = "y,\n".repeat(2 << 20);
    let imported = read(format!("a,b\n1,\"{lines}\"\n2,z\n"));
    assert_eq!((imported.report.rows, imported.report.rejects_total, imported.report.records_counted), (2, 0, 2));
    assert!(cell(&imported, "b", 0) == lines);
}

#[test]
fn a_quote_too_many_costs_nothing_else() {
    let text = "id,name,x\n1,\"anna,2\n2,bert,3\n3,\"carl\",4\n4,dora,5\n";
    let report = check(text, "id:int name:text x:int", &["1|\"anna|2", "2|bert|3", "3|carl|4", "4|dora|5"]);
    assert!(report.notes.iter().any(|note| note.contains("1 records hold a quote")), "{:?}", report.notes);
    // Where it would cost a column its type, the record is rejected, and its text is all there.
    let text = "id,name,x\n1,anna,2\n2,bert,\"3\n3,\"carl\",4\n4,dora,5\n";
    let report = check(text, "id:int name:text x:int", &["1|anna|2", "3|carl|4", "4|dora|5"]);
    assert_eq!((report.records_counted, report.rejects_total), (4, 1));
    let reject = &report.rejects[0];
    assert_eq!((reject.line, reject.byte_offset, reject.text.as_str()), (3, 19, "2,bert,\"3"));
    assert!(reject.reason.contains("quote"), "{}", reject.reason);
    let mut long = String::from("id,name\n");
    for row in 0..5000 {
        long.push_str(&if row == 2500 { format!("{row},\"open\n") } else { format!("{row},name {row}\n") });
    }
    let imported = read(&long);
    assert_eq!((imported.report.rows, imported.report.rejects_total), (5000, 0));
    assert_eq!(rows(&imported)[2500], "2500|\"open");
}

#[test]
fn ragged_records() {
    let report = check(
        "a,b,c\n1,2,3\n4,5,6,7\n8,9\n10,11,12,,\nx,y\n13\n14,15,16\n",
        "a:int b:int c:int",
        &["1|2|3", "8|9|∅", "10|11|12", "14|15|16"],
    );
    let rejects: Vec<(u64, &str)> = report.rejects.iter().map(|r| (r.line, r.reason.as_str())).collect();
    assert_eq!(rejects, [(3, "4 fields instead of 3"), (6, "2 fields instead of 3"), (7, "1 field instead of 3")]);
    assert!(report.notes.iter().any(|note| note.contains("short") && note.contains("line 4")), "{:?}", report.notes);
    check("a,b,c,\n1,2,3,\n4,5,6,\n", "a:int b:int c:int column_4:text", &["1|2|3|∅", "4|5|6|∅"]);
    check("a,b,c\n1,2,3,\n4,5,6,\n", "a:int b:int c:int", &["1|2|3", "4|5|6"]);
    check("a,,b,c\n1,x,3\n4,y,6\n", "a:int b:text c:int", &["1|x|3", "4|y|6"]);
    check("a;b;c\n1,x,3\n4,y,6\n", "a:int b:text c:int", &["1|x|3", "4|y|6"]);
    check("n,m\n1,a,5.5\n2,b,6.5\n", "column_1:int n:text m:float", &["1|a|5.5", "2|b|6.5"]);
}

#[test]
fn line_ends_and_blank_lines() {
    for (end, shown) in [("\r\n", "\r\n"), ("\r", "\r"), ("\n", "\n")] {
        let text = "a,b\n1,x\n2,y\n".replace('\n', end);
        assert_eq!(check(&text, "a:int b:text", &["1|x", "2|y"]).line_end, shown);
    }
    assert_eq!(check("a,b\r\n1,x\n2,y\r\n", "a:int b:text", &["1|x", "2|y"]).line_end, "mixed");
    assert_eq!(check("a,b\r\n1,x\n2,y\r3,z\n", "a:int b:text", &["1|x", "2|y", "3|z"]).line_end, "mixed");
    let report = check("a,b\n\n1,x\n\n2,y\n", "a:int b:text", &["1|x", "2|y"]);
    assert_eq!(report.records_counted, 2);
}

#[test]
fn where_the_table_begins() {
    let report = check(
        "Sales of the year\nmade by hand\n\nid;name;x\n1;a;2\n2;b;3\n",
        "id:int name:text x:int",
        &["1|a|2", "2|b|3"],
    );
    assert_eq!(report.preamble_lines, 3);
    let report = check("# made by x, y\n# again\nid,name\n1,a\n2,b\n", "id:int name:text", &["1|a", "2|b"]);
    assert_eq!(report.preamble_lines, 2);
    let report = check(
        "28/01/2018,a,1\n29/01/2018,b,2\n",
        "column_1:date column_2:text column_3:int",
        &["2018-01-28|a|1", "2018-01-29|b|2"],
    );
    assert!(!report.header);
    let options = ImportOptions { header: Some(false), ..ImportOptions::default() };
    assert_eq!(rows(&read_with(b"a,b\nc,d\n", &options).unwrap()), ["a|b", "c|d"]);
    check("land,1990,1991\nA,1.5,2\nB,2,3\n", "land:text 1990:float 1991:int", &["A|1.5|2", "B|2|3"]);
    for (first, delimiter) in [("sep=;", ';'), ("\"sep=\t\"", '\t'), ("SEP=|", '|')] {
        let text = format!("{first}\r\nid;x\r\n1;2,5\r\n2;3,5\r\n").replace(';', &delimiter.to_string());
        let report = check(text, "id:int x:float", &["1|2.5", "2|3.5"]);
        assert_eq!((report.preamble_lines, report.delimiter), (1, delimiter.to_string()));
    }
    check("sep=,x\n1,2\n3,4\n", "sep=:int x:int", &["1|2", "3|4"]);
    let report = check("a,a,,b\n1,2,3,4\n", "a:int a_2:int column_3:int b:int", &["1|2|3|4"]);
    assert!(report.notes.iter().any(|note| note.contains("a_2")));
}

#[test]
fn encodings() {
    let text = "name,größe\nJürgen,5\nZoë,6\n";
    let expected = ["Jürgen|5", "Zoë|6"];
    let with_mark = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    assert_eq!(check(&with_mark, "name:text größe:int", &expected).encoding, "utf-8");
    let latin: Vec<u8> = text.chars().map(|character| character as u8).collect();
    assert_eq!(check(&latin, "name:text größe:int", &expected).encoding, "windows-1252");
    for (mark, big) in [(true, false), (true, true), (false, false)] {
        let units = text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
        let start: &[u8] = match (mark, big) {
            (true, true) => b"\xfe\xff",
            (true, false) => b"\xff\xfe",
            _ => b"",
        };
        let bytes: Vec<u8> = start.iter().copied().chain(units).collect();
        let report = check(&bytes, "name:text größe:int", &expected);
        assert_eq!(report.encoding, if big { "utf-16be" } else { "utf-16le" });
    }
    // A byte that is no UTF-8 far behind the sample.
    let mut late = b"id,name\n".to_vec();
    (0..40_000).for_each(|row| late.extend(format!("{row},plain name\n").bytes()));
    late.extend(b"40000,M\xfcller\n");
    let imported = read(&late);
    assert_eq!((imported.report.encoding.as_str(), imported.report.rows), ("windows-1252", 40_001));
    assert_eq!(rows(&imported).last().unwrap(), "40000|Müller");
    let options = ImportOptions { encoding: Some("shift_jis".into()), ..ImportOptions::default() };
    assert_eq!(rows(&read_with(b"a,b\n\x93\xfa,1\n", &options).unwrap()), ["日|1"]);
}

#[test]
fn types_rest_on_all_rows() {
    let mut text = String::from("zip,n,x,d,flag,all_missing\n");
    for row in 0..30_000 {
        text.push_str(&format!("{},{row},{row},01/02/2020,true,\n", 10_000 + row));
    }
    let odd = text.clone() + "02210,99999999999999999999,0.5,28/02/2020,NA,\n";
    let report = read(&odd).report;
    assert_eq!(header(&report), "zip:text n:text x:float d:date flag:bool all_missing:text");
    assert_eq!(report.columns.iter().map(|column| column.nulls).collect::<Vec<_>>(), [0, 0, 0, 0, 1, 30_001]);
    let imported = read(&odd);
    assert_eq!(rows(&imported)[30_000], "02210|99999999999999999999|0.5|2020-02-28|∅|∅");
    assert_eq!(rows(&imported)[0], "10000|0|0|2020-02-01|true|∅");
    let report = read(&text).report;
    assert_eq!(header(&report), "zip:int n:int x:int d:text flag:bool all_missing:text");
    assert!(report.notes.iter().any(|note| note.contains("«d»")), "{:?}", report.notes);
    let report = read("x,y\n9007199254740993,1.5\n0.5,2\n").report;
    assert!(report.notes[0].starts_with("«x» holds whole numbers of more than 53 bits"), "{:?}", report.notes);
    assert_eq!(read("x\n9007199254740991\n0.5\n").report.notes, [""; 0]);
    check("a,b\n1,NA\nNA,x\n-,\n", "a:int b:text", &["1|NA", "∅|x", "∅|∅"]);
    check(
        "t\n2020-01-01T10:00:00Z\n2020-01-01T12:00:00+02:00\n",
        "t:datetime",
        &["2020-01-01 10:00:00", "2020-01-01 10:00:00"],
    );
    check("a,b\n 1 ,x\n2, y\n", "a:int b:text", &["1|x", "2| y"]);
    let options = ImportOptions { text_only: true, ..ImportOptions::default() };
    let imported = read_with(b"a,b,c\n007, 1 ,\"\"\nNA,1e5,\n", &options).unwrap();
    assert_eq!(rows(&imported), ["007| 1 |", "NA|1e5|∅"]);
}

#[test]
fn what_is_no_table_says_so() {
    let fail = |bytes: &[u8]| read_with(bytes, &ImportOptions::default()).unwrap_err();
    assert!(matches!(fail(b""), DataError::Empty { .. }));
    assert!(matches!(fail(b"\n\n"), DataError::Empty { .. }));
    assert!(matches!(fail(b"PK\x03\x04\x14\0\x06\0"), DataError::Format { format: "zip", .. }));
    assert!(matches!(fail(b"\x89PNG\r\n\x1a\n\0"), DataError::NotATable { byte_offset: 0, .. }));
    for page in ["\n<!DOCTYPE html>\n<p>Log in, please</p>\n", "<html><body>\n", "<?xml version=\"1.0\"?>\n<a/>\n"] {
        assert!(matches!(fail(page.as_bytes()), DataError::NotATable { .. }), "{page}");
    }
    let binary: Vec<u8> = (0..2000u32).map(|i| (i * i % 251) as u8).collect();
    assert!(matches!(fail(&binary), DataError::NotATable { .. }));
    assert!(matches!(fail(b"PAR1 and nothing more"), DataError::Format { format: "parquet", .. }));
    assert!(matches!(fail(b"ARROW1\0\0 and nothing more"), DataError::Format { format: "arrow", .. }));
    let folder = tempfile::tempdir().unwrap();
    let none = import(folder.path(), &ImportOptions::default(), &NoProgress).unwrap_err();
    assert!(none.to_string().contains("no data file") && !none.hint().is_empty(), "{none}");
    let gone = import(&folder.path().join("gone.csv"), &ImportOptions::default(), &NoProgress).unwrap_err();
    assert!(matches!(gone, DataError::Missing { .. }) && !gone.hint().is_empty());
    let options = ImportOptions { encoding: Some("klingon".into()), ..ImportOptions::default() };
    assert!(matches!(read_with(b"a,b\n", &options).unwrap_err(), DataError::Option { option: "encoding", .. }));
}

#[test]
fn a_person_can_cancel() {
    struct Cancelled;
    impl Progress for Cancelled {
        fn set(&self, _done: f64) {}
        fn cancelled(&self) -> bool {
            true
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, "a,b\n1,2\n").unwrap();
    let error = import(&path, &ImportOptions::default(), &Cancelled).unwrap_err();
    assert!(matches!(error, DataError::Cancelled));
}

/// Large enough for many stretches, with lines inside quotes where they are cut.
#[test]
fn the_cuts_do_not_show() {
    let mut text = String::from("id,note,x\n");
    let mut expected = Vec::new();
    for row in 0..60_000u64 {
        let note = match row % 5 {
            0 => format!("line, one\nline \"\"two\"\", {row}\n\n{row},x,7\n"),
            1 => String::new(),
            _ => "a rather longer text, with commas, in the middle of everything".into(),
        };
        let shown = if note.is_empty() { "" } else { &note.replace("\"\"", "\"") };
        expected.push(format!("{row}|{shown}|{}", row as f64 / 8.0));
        text.push_str(&format!("{row},\"{note}\",{}\n", row as f64 / 8.0));
    }
    let imported = read(&text);
    assert_eq!(header(&imported.report), "id:int note:text x:float");
    assert_eq!(imported.report.rejects_total, 0);
    let found = rows(&imported);
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
}

proptest! {
    /// Whatever is written by RFC 4180 is read back as it stood.
    #[test]
    fn rfc_4180_round_trips(
        width in 1usize..6,
        cells in prop::collection::vec("[a-zé0-9 ,\"\n\r;'\\\\]{0,12}", 6..80),
        crlf: bool,
    ) {
        let mut writer = csv::WriterBuilder::new()
            .terminator(if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') })
            .quote_style(csv::QuoteStyle::Always)
            .from_writer(Vec::new());
        writer.write_record((0..width).map(|column| format!("name{column}"))).unwrap();
        let records: Vec<&[String]> = cells.chunks_exact(width).collect();
        records.iter().for_each(|record| writer.write_record(*record).unwrap());
        let bytes = writer.into_inner().unwrap();
        let options = ImportOptions {
            text_only: true,
            header: Some(true),
            delimiter: Some(",".into()),
            ..ImportOptions::default()
        };
        let imported = read_with(&bytes, &options).unwrap();
        prop_assert_eq!(imported.report.rejects_total, 0, "{:?}", imported.report.rejects);
        prop_assert_eq!(imported.frame.height(), records.len());
        for (column, series) in imported.frame.columns().iter().enumerate() {
            for (row, record) in records.iter().enumerate() {
                let found = series.str().unwrap().get(row).unwrap_or_default();
                prop_assert_eq!(found, &record[column], "{}", String::from_utf8_lossy(&bytes));
            }
        }
    }
}
