//! What a person says goes before what is detected; what is detected is said; no bytes do harm.

use std::time::{Duration, Instant};

use cairn_protocol::notebook::ImportOptions;
use cairn_protocol::table::ColumnType;
use proptest::prelude::*;

use super::tests::{check, header, read, read_with, rows};
use crate::DataError;

fn options(change: impl FnOnce(&mut ImportOptions)) -> ImportOptions {
    let mut options = ImportOptions::default();
    change(&mut options);
    options
}

/// Reads with options, and compares names with types, and rows.
#[track_caller]
fn given(text: &str, change: impl FnOnce(&mut ImportOptions), columns: &str, expected: &[&str]) -> Vec<String> {
    let imported = read_with(text.as_bytes(), &options(change)).unwrap();
    assert_eq!(header(&imported.report), columns, "{text}\n{:#?}", imported.report);
    assert_eq!(rows(&imported), expected, "{text}");
    assert_eq!(imported.report.records_counted, imported.report.rows + imported.report.rejects_total);
    imported.report.notes
}

#[test]
fn dialect_is_given() {
    given("a,b\n'x,y',1\n", |o| o.quote = Some(String::new()), "a:text b:text column_3:int", &["'x|y'|1"]);
    given("a,b\n\"x\",1\n", |o| o.quote = Some(String::new()), "a:text b:int", &["\"x\"|1"]);
    given("a,b\n|x,y|,1\n", |o| o.quote = Some("|".into()), "a:text b:int", &["x,y|1"]);
    given("a,b\n\"x\\\"y\",1\n", |o| o.escape = Some("\\".into()), "a:text b:int", &["x\"y|1"]);
    given("a,b\n\"x\"\"y\",1\n", |o| o.escape = Some(String::new()), "a:text b:int", &["x\"\"y|1"]);
    given("aXb\n1X2\n", |o| o.delimiter = Some("X".into()), "a:int b:int", &["1|2"]);
    given("axyb\n1xy2\n", |o| o.delimiter = Some("xy".into()), "a:int b:int", &["1|2"]);
    for (change, option) in [
        (Box::new(|o: &mut ImportOptions| o.quote = Some("ab".into())) as Box<dyn Fn(&mut ImportOptions)>, "quote"),
        (Box::new(|o| o.escape = Some("x".into())), "escape"),
        (Box::new(|o| o.decimal = Some("x".into())), "decimal"),
        (Box::new(|o| o.thousands = Some("x".into())), "thousands"),
        (Box::new(|o| o.table = Some("3".into())), "table"),
    ] {
        match read_with(b"a,b\n1,2\n", &options(change)).unwrap_err() {
            DataError::Option { option: found, .. } => assert_eq!(found, option),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn head_is_given() {
    let text = "x,y\n1,2\na,b\n3,4\n";
    given(text, |o| o.skip_lines = Some(2), "a:int b:int", &["3|4"]);
    let two = "top,top\na,b\n1,2\n3,4\n";
    given(two, |o| o.header_rows = Some(2), "top a:int top b:int", &["1|2", "3|4"]);
    given("a,b\n1,2\n", |o| o.header_rows = Some(0), "column_1:text column_2:text", &["a|b", "1|2"]);
    let report = check(
        "id,weight,height\n-,(kg),(m)\n1,50,1.5\n2,60,1.6\n",
        "id -:int weight (kg):int height (m):float",
        &["1|50|1.5", "2|60|1.6"],
    );
    assert_eq!((report.header, report.header_rows), (true, 2));
    let report = check(
        ",2019,,2020,\nland,min,max,min,max\nA,1,2,3,4\nB,2,3,4,5\n",
        "land:text 2019 min:int 2019 max:int 2020 min:int 2020 max:int",
        &["A|1|2|3|4", "B|2|3|4|5"],
    );
    assert_eq!(report.header_rows, 2);
    check("a,b\n----,----\n1,x\n2,y\n", "a:int b:text", &["1|x", "2|y"]);
}

#[test]
fn numbers_and_dates_are_given() {
    let text = "a;b\n1.500;1,500\n2.250;2,250\n";
    given(text, |o| o.decimal = Some(",".into()), "a:int b:float", &["1500|1.5", "2250|2.25"]);
    given(text, |o| o.decimal = Some(".".into()), "a:float b:int", &["1.5|1500", "2.25|2250"]);
    given(text, |o| o.thousands = Some(String::new()), "a:float b:float", &["1.5|1.5", "2.25|2.25"]);
    let dates = "d,x\n03/04/2024,1\n05/06/2024,2\n";
    given(dates, |o| o.day_first = Some(true), "d:date x:int", &["2024-04-03|1", "2024-06-05|2"]);
    given(dates, |o| o.day_first = Some(false), "d:date x:int", &["2024-03-04|1", "2024-05-06|2"]);
    // What one column shows counts for another.
    let report = check(
        "d,e\n03/04/2024,28/04/2024\n05/06/2024,01/06/2024\n",
        "d:date e:date",
        &["2024-04-03|2024-04-28", "2024-06-05|2024-06-01"],
    );
    assert_eq!(report.columns[0].read_as, "%d/%m/%Y");
    let report = check("a;b\n1,500;0,5\n2,250;0,25\n", "a:float b:float", &["1.5|0.5", "2.25|0.25"]);
    assert_eq!((report.decimal.as_str(), report.columns[1].read_as.as_str()), (",", "decimal comma"));
    let report = check("a,p\n\"1,234,567\",5%\n12,7.5%\n", "a:int p:float", &["1234567|5", "12|7.5"]);
    assert_eq!((report.thousands.as_str(), report.columns[1].read_as.as_str()), (",", "percent"));
    check("a\n1e5\n\"1,234,567\"\n", "a:float", &["100000", "1234567"]);
    check("name,value\nanna,tbd\nbert,5\ncarl,6\n", "name:text value:text", &["anna|tbd", "bert|5", "carl|6"]);
    check("id,x\n00,1\n-0,2\n", "id:text x:int", &["00|1", "-0|2"]);
}

#[test]
fn missing_words_are_given() {
    let text = "n,t\n1,NA\nx,x\n3,b\n";
    given(text, |o| o.null_tokens = Some(vec!["x".into()]), "n:int t:text", &["1|NA", "∅|∅", "3|b"]);
    given("n,t\n1,NA\nNA,b\n", |o| o.null_tokens = Some(Vec::new()), "n:text t:text", &["1|NA", "NA|b"]);
    let report = check("n,t\n1,NA\n-,b\nNA,c\n", "n:int t:text", &["1|NA", "∅|b", "∅|c"]);
    assert_eq!(report.null_tokens, ["NA", "-"]);
}

#[test]
fn types_are_given() {
    let wanted = |types: &[(&str, ColumnType)]| {
        let types = types.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
        move |o: &mut ImportOptions| o.types = types
    };
    let text = "a,b,c,d\n007,1.5,2024-01-02,yes\nx,2,NA,1\n12,y,03/04/2024,maybe\n";
    let types = [("a", ColumnType::Int), ("b", ColumnType::Float), ("c", ColumnType::Date), ("d", ColumnType::Bool)];
    let notes = given(
        text,
        wanted(&types),
        "a:int b:float c:date d:bool",
        &["7|1.5|2024-01-02|true", "∅|2|∅|true", "12|∅|2024-04-03|∅"],
    );
    assert!(notes.iter().any(|note| note.starts_with("«a»: 1 cell")), "{notes:?}");
    given(
        text,
        wanted(&[("b", ColumnType::Text), ("d", ColumnType::Category)]),
        "a:text b:text c:text d:category",
        &["007|1.5|2024-01-02|yes", "x|2|NA|1", "12|y|03/04/2024|maybe"],
    );
    let times = "t,u\n10:30,2024-01-02 10:30\nx,2024-01-03\n";
    given(
        times,
        wanted(&[("t", ColumnType::Time), ("u", ColumnType::Datetime)]),
        "t:time u:datetime",
        &["10:30:00|2024-01-02 10:30:00", "∅|2024-01-03 00:00:00"],
    );
    let refused = |types| read_with(text.as_bytes(), &options(wanted(types))).unwrap_err();
    assert!(matches!(refused(&[("z", ColumnType::Int)]), DataError::NoColumn { .. }));
    assert!(matches!(refused(&[("a", ColumnType::List)]), DataError::Option { option: "types", .. }));
}

#[test]
fn one_of_several_tables() {
    let text = "People\nid,name,age\n1,Ann,30\n2,Bob,40\n3,Cy,50\n\nPlaces\ntown,size\nX,10\nY,20\nZ,30\nW,40\n";
    let report = check(text, "id:int name:text age:int", &["1|Ann|30", "2|Bob|40", "3|Cy|50"]);
    assert_eq!(report.tables, ["1: People", "2: Places"]);
    assert_eq!((report.table.as_str(), report.records_counted, report.rejects_total), ("1: People", 9, 6));
    assert!(report.rejects.iter().all(|reject| reject.reason.contains("table 2") && reject.line >= 7));
    for name in ["2", "2: Places"] {
        let imported = read_with(text.as_bytes(), &options(|o| o.table = Some(name.into()))).unwrap();
        assert_eq!(header(&imported.report), "town:text size:int");
        assert_eq!(rows(&imported), ["X|10", "Y|20", "Z|30", "W|40"]);
        assert_eq!((imported.report.records_counted, imported.report.rejects_total), (9, 5));
        assert_eq!(imported.report.rejects[0].line, 1);
    }
}

#[test]
fn damage_in_the_middle_and_behind() {
    let report = check(
        "a,b,c\n1,2,x\n3,4,y\na,b,c\n5,6,z\n\nTotal,12,\nSource: somebody\n",
        "a:int b:int c:text",
        &["1|2|x", "3|4|y", "5|6|z"],
    );
    let reasons: Vec<(u64, bool)> = report.rejects.iter().map(|r| (r.line, r.reason.contains("once more"))).collect();
    assert_eq!(reasons, [(4, true), (7, false), (8, false)]);
    assert_eq!((report.footer_lines, report.records_counted), (2, 6));
    let report =
        check("a,b,c\n1,2,x\n3,4,y\n5;6;z\n7;8;w\n", "a:int b:int c:text", &["1|2|x", "3|4|y", "5|6|z", "7|8|w"]);
    assert!(
        report.notes.iter().any(|note| note.contains("«;» instead of «,» (the first in line 4)")),
        "{:?}",
        report.notes
    );
    let report = check("a,b\n1,x\n2,y\0\n3,z\n\0\0\0\0", "a:int b:text", &["1|x", "3|z"]);
    assert_eq!(report.rejects.iter().map(|r| (r.line, r.byte_offset)).collect::<Vec<_>>(), [(3, 8), (5, 17)]);
    // A quote too many far down takes nothing else, and stays where it is.
    let mut text = String::from("a,b\n");
    (0..9000).for_each(|row| text.push_str(&if row == 50 { "50,\"x\n".into() } else { format!("{row},\"y\"\n") }));
    let report = read(&text).report;
    assert_eq!((report.rows, report.rejects_total, report.records_counted), (9000, 0, 9000));
    assert!(report.notes.iter().any(|note| note.contains("1 records hold a quote")), "{:?}", report.notes);
}

#[test]
fn aligned_columns_and_odd_delimiters() {
    let text =
        "id   name          value\n 1   New York        2.5\n12   Los Angeles    13.5\n 7   Rome            1.0\n";
    let report = check(text, "id:int name:text value:float", &["1|New York|2.5", "12|Los Angeles|13.5", "7|Rome|1"]);
    assert!(report.notes.iter().any(|note| note.contains("aligned")));
    for delimiter in ["~|~", ";;", "\u{1}", "§", "<>", "_", "|~|"] {
        let text = "id,name,value\n1,anna,2.5\n2,bert,3.5\n3,carl,4.5\n".replace(',', delimiter);
        let report = check(&text, "id:int name:text value:float", &["1|anna|2.5", "2|bert|3.5", "3|carl|4.5"]);
        assert_eq!(report.delimiter, delimiter);
    }
    let report = check("a;b\n“x; y”;1\n“z”;2\n", "a:text b:int", &["x; y|1", "z|2"]);
    assert_eq!(report.quote, "“”");
}

/// Reads bytes within a time that grows with their number, and counts.
fn survive(bytes: &[u8], options: &ImportOptions) -> Result<(), TestCaseError> {
    let begin = Instant::now();
    if let Ok(imported) = read_with(bytes, options) {
        let report = imported.report;
        prop_assert_eq!(report.records_counted, report.rows + report.rejects_total, "{:?}", &report.notes);
        prop_assert_eq!(report.rows, imported.frame.height() as u64);
        let shown = report.rejects.len() as u64;
        prop_assert!(shown == report.rejects_total.min(1000));
        // Values are pieces of the file: a table is not larger than it by more than the sizes of numbers.
        let cells = imported.frame.height() * imported.frame.width();
        prop_assert!(imported.frame.estimated_size() <= 8 * bytes.len() + 64 * cells + 4096);
    }
    prop_assert!(begin.elapsed() < Duration::from_secs(5), "{:?} for {} bytes", begin.elapsed(), bytes.len());
    Ok(())
}

/// A file that is a table, to be mutated.
fn table() -> impl Strategy<Value = Vec<u8>> {
    let cell = prop::sample::select(vec![
        "1",
        "2.5",
        "abc",
        "\"x, y\"",
        "\"a\"\"b\"",
        "2024-01-02",
        "NA",
        "",
        "é",
        "\"two\nlines\"",
        "1,5",
        "10:30",
        "02210",
        "99999999999999999999",
        "5%",
        "$7",
        "yes",
        "28/02/2020",
    ]);
    let end = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    let delimiter = prop::sample::select(vec![",", ";", "\t", "|", "||", "  "]);
    (1usize..6, prop::collection::vec(cell, 0..120), delimiter, end).prop_map(|(width, cells, delimiter, end)| {
        let head = (0..width).map(|column| format!("name{column}")).collect::<Vec<_>>().join(delimiter);
        let rows = cells.chunks(width).map(|row| row.join(delimiter));
        std::iter::once(head).chain(rows).collect::<Vec<_>>().join(end).into_bytes()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// No bytes make the importer panic, hang or lose count.
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        survive(&bytes, &ImportOptions::default())?;
    }

    #[test]
    fn any_text_is_survived(bytes in prop::collection::vec(prop::sample::select(
        b"a1,;\"\"'\n\n\r\t |.-:\\\xff\xc3\xa9\0".to_vec()), 0..300))
    {
        survive(&bytes, &ImportOptions::default())?;
    }

    #[test]
    fn any_csv_alphabet_is_survived(text in "[\",;\n\r\t'\\\\ab01 é\0]{0,300}", skip in 0u64..4, header: Option<bool>) {
        survive(text.as_bytes(), &ImportOptions::default())?;
        survive(text.as_bytes(), &options(|o| {
            o.skip_lines = Some(skip);
            o.header = header;
        }))?;
    }

    #[test]
    fn mutated_tables_are_survived(
        bytes in table(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(b"\",;\n\r\t'\\0 \0\xff".to_vec()), 0u8..3), 0..6),
        quote in prop::sample::select(vec![None, Some(""), Some("'")]),
        escape in prop::sample::select(vec![None, Some(""), Some("\\")]),
    ) {
        let mut bytes = bytes;
        for (place, byte, how) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = place.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
        }
        survive(&bytes, &ImportOptions::default())?;
        survive(&bytes, &options(|o| {
            o.quote = quote.map(str::to_owned);
            o.escape = escape.map(str::to_owned);
        }))?;
    }
}

/// Text that once drove a reader of quoted fields back and forth: time must grow with size alone.
#[test]
fn nothing_hangs() {
    let size = 400_000;
    for text in [
        "\"",
        "\"\n",
        "\"a\"b",
        ",\"",
        "\"\"\"",
        "a\n\"",
        "\\\"",
        "'\n,",
        " ",
        "a  ",
        "\n",
        "\r",
        "\0\n",
        "“,”\n",
        ",\n\"x",
    ] {
        let bytes = text.repeat(size / text.len());
        let begin = Instant::now();
        if let Ok(imported) = read_with(bytes.as_bytes(), &ImportOptions::default()) {
            let report = imported.report;
            assert_eq!(report.records_counted, report.rows + report.rejects_total, "{text:?}");
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "{text:?} took {:?}", begin.elapsed());
    }
}
