//! Files as people and programs really make them: reports of offices, exports, logs, pasted text; and what is no file at
//! all. Each is looked at as a sceptical analyst would: are these the columns, the types, the values?

use std::time::{Duration, Instant};

use cairn_protocol::notebook::ImportOptions;

use super::tests::{check, read, read_with, rows};
use crate::DataError;

#[test]
fn tables_of_statistical_offices() {
    let text = "Table 3.1: Population by region;;;\n(thousands, end of year);;;\n\nRegion;Population;Area;Density\n;(1 000);\
                (km²);(per km²)\nNorth*;1\u{202f}234,5;12\u{202f}345;100,0\nSouth;2\u{2009}345,6;23\u{2009}456;100,1\n\
                East**;345,6;3\u{202f}456;99,9\n\n* provisional\n** estimated\nSource: Statistical Office\n";
    let report = check(
        text,
        "Region:text Population (1 000):float Area (km²):int Density (per km²):float",
        &["North*|1234.5|12345|100", "South|2345.6|23456|100.1", "East**|345.6|3456|99.9"],
    );
    assert_eq!((report.header_rows, report.rejects_total, report.decimal.as_str()), (2, 3, ","));
}

#[test]
fn exports_of_spreadsheets() {
    let report = check("sep=;\r\nid;x\r\n1;2,5\r\n2;3,5\r\n", "id:int x:float", &["1|2.5", "2|3.5"]);
    assert_eq!(report.preamble_lines, 1);
    check("code,n\n=\"001\",5\n=\"02, b\",6\n=\"003\",7\n", "code:text n:int", &["001|5", "02, b|6", "003|7"]);
    check("a,b,c\n1,2,3\n,,\n4,5,6\n,,\n", "a:int b:int c:int", &["1|2|3", "∅|∅|∅", "4|5|6", "∅|∅|∅"]);
    check("name,due\nx,12-Jan-24\ny,3-Feb-24\n", "name:text due:date", &["x|2024-01-12", "y|2024-02-03"]);
    check("n,t\n1,#DIV/0!\n2,5\n3,6\n", "n:int t:int", &["1|∅", "2|5", "3|6"]);
}

#[test]
fn logs() {
    let line = |at: u32, path: &str, size: u32| {
        format!("127.0.0.1 - - [10/Oct/2000:13:55:{at} -0700] \"GET {path} HTTP/1.0\" 200 {size}\n")
    };
    let text: String = (10..30).map(|at| line(at, &format!("/a{at}.html"), at * 7)).collect();
    let imported = read(&text);
    assert_eq!((imported.report.rows, imported.report.rejects_total, imported.frame.width()), (20, 0, 8));
    assert_eq!(rows(&imported)[0], "127.0.0.1|-|-|[10/Oct/2000:13:55:10|-0700]|GET /a10.html HTTP/1.0|200|70");
    let text = "2024-01-02 10:00:01\tINFO\tstarted \"main\"\n2024-01-02 10:00:02\tWARN\tdisk at 5\" slot\n\
                2024-01-02 10:00:03\tINFO\tsaid \"hi, there\"\n";
    check(
        text,
        "column_1:datetime column_2:text column_3:text",
        &[
            "2024-01-02 10:00:01|INFO|started \"main\"",
            "2024-01-02 10:00:02|WARN|disk at 5\" slot",
            "2024-01-02 10:00:03|INFO|said \"hi, there\"",
        ],
    );
}

#[test]
fn exports_of_databases() {
    let text = "id\tname\tnote\tx\n1\tanna\tone\\ttwo\\nthree\t1.5\n2\t\\N\tback\\\\slash\t\\N\n3\tcarl\t\\N\t2\n";
    let report = check(
        text,
        "id:int name:text note:text x:float",
        &["1|anna|one\ttwo\nthree|1.5", "2|∅|back\\slash|∅", "3|carl|∅|2"],
    );
    assert_eq!(report.null_tokens, ["\\N"]);
    let options = ImportOptions { text_only: true, ..ImportOptions::default() };
    let imported = read_with(text.as_bytes(), &options).unwrap();
    assert_eq!(rows(&imported)[1], "2|\\N|back\\\\slash|\\N");
    // Without a sign that a database wrote it, a backslash is one.
    check("path\tn\nC:\\temp\t1\nD:\\new\t2\n", "path:text n:int", &["C:\\temp|1", "D:\\new|2"]);
}

#[test]
fn printed_tables() {
    let ruled = "NAME          QTY    PRICE\n------------ ----  -------\nWidget         12     3.50\nGadget, big     7    12.25\n\
                 Thing         103     0.99\n";
    check(ruled, "NAME:text QTY:int PRICE:float", &["Widget|12|3.5", "Gadget, big|7|12.25", "Thing|103|0.99"]);
    let double = ruled.replace("------------ ----  -------", "===========================").replace(", big", "-big");
    check(double, "NAME:text QTY:int PRICE:float", &["Widget|12|3.5", "Gadget-big|7|12.25", "Thing|103|0.99"]);
}

#[test]
fn pasted_text() {
    let mail = "From: a@example.com\nTo: b@example.com\nSubject: the figures, as promised\nDate: Mon, 1 Jan 2024\n\n\
                id,name,x\n1,anna,2.5\n2,bert,3.5\n3,carl,4.5\n";
    let report = check(mail, "id:int name:text x:float", &["1|anna|2.5", "2|bert|3.5", "3|carl|4.5"]);
    assert_eq!(report.preamble_lines, 5);
}

/// A time within which each of these must be read, however slow the machine and unoptimised the build.
fn timed<T>(what: &str, read: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let read = read();
    assert!(begin.elapsed() < Duration::from_secs(30), "{what} took {:?}", begin.elapsed());
    read
}

#[test]
fn odd_shapes() {
    let long = format!("a,b\n{},1\n", "x".repeat(8 << 20));
    let imported = timed("a long line", || read(&long));
    assert_eq!((imported.report.rows, imported.frame.width()), (1, 2));
    let names: Vec<String> = (0..5000).map(|column| format!("c{column}")).collect();
    let cells: Vec<String> = (0..5000).map(|column| column.to_string()).collect();
    let wide = format!("{}\n{}\n{}\n", names.join(","), cells.join(","), cells.join(","));
    let imported = timed("a wide table", || read(&wide));
    assert_eq!((imported.report.rows, imported.frame.width(), imported.report.rejects_total), (2, 5000, 0));
    let tall = format!("n\n{}", (0..200_000).map(|row| format!("{row}\n")).collect::<String>());
    let imported = timed("a tall table", || read(&tall));
    assert_eq!((imported.report.rows, imported.frame.width()), (200_000, 1));
    for text in ["\"", "\"\"\"", ",,,,", ",\n,\n,\n", "\"\n\"\n\"", ";", "\t\t\n\t", "''", "\\", "=\"", "=\"\"\n=\"\n"]
    {
        for times in [1, 1000] {
            let text = text.repeat(times);
            if let Ok(imported) = timed(&text, || read_with(text.as_bytes(), &ImportOptions::default())) {
                let report = imported.report;
                assert_eq!(report.records_counted, report.rows + report.rejects_total, "{text:?}");
            }
        }
    }
    assert!(matches!(read_with(b"\x1f\x8b\x08", &ImportOptions::default()), Err(DataError::Format { .. })));
}
