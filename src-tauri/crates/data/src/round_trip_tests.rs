//! What is exported and imported again is the same table, whatever the table.

use cairn_protocol::{notebook::ImportOptions, table::ColumnType};
use polars::prelude::*;
use proptest::prelude::*;

use crate::{NoProgress, export, import, schema};

/// Tables of every plain type. In CSV an empty text and a missing one are the same, so that no text is empty.
fn any_frame() -> impl Strategy<Value = DataFrame> {
    let row = (
        prop::option::weighted(0.8, any::<i64>()),
        prop::option::weighted(
            0.8,
            prop_oneof![any::<f64>().prop_filter("finite", |x| x.is_finite()), Just(0.1), Just(-0.0)],
        ),
        prop::option::weighted(0.8, "[b-m]([b-mÄß東,;\t\"'\n|-]{0,6}[b-m])?"),
        prop::option::weighted(0.8, any::<bool>()),
        prop::option::weighted(0.8, -20_000i32..40_000),
        prop::option::weighted(0.8, -2_000_000_000_000_000i64..4_000_000_000_000_000),
    );
    prop::collection::vec(row, 1..30).prop_map(|rows| {
        let frame = df!(
            "whole" => rows.iter().map(|row| row.0).collect::<Vec<_>>(),
            "real, or not" => rows.iter().map(|row| row.1).collect::<Vec<_>>(),
            "te\"xt" => rows.iter().map(|row| row.2.clone()).collect::<Vec<_>>(),
            "ja/nein é" => rows.iter().map(|row| row.3).collect::<Vec<_>>(),
        )
        .unwrap();
        let days = Series::new("day".into(), rows.iter().map(|row| row.4).collect::<Vec<_>>());
        let days = days.cast(&DataType::Date).unwrap().into_column();
        let moments = Series::new("moment".into(), rows.iter().map(|row| row.5).collect::<Vec<_>>());
        let moments = moments.cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap().into_column();
        frame.hstack(&[days, moments]).unwrap()
    })
}

/// The cells as the grid shows them, with the types.
fn shown(frame: &DataFrame) -> Vec<(String, ColumnType, Vec<Option<String>>)> {
    let page = crate::page(frame, None, 0, frame.height() as u64, 0, frame.width() as u64);
    page.columns.into_iter().map(|column| (column.name, column.column_type, column.cells)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_table_survives_export_and_import(frame in any_frame()) {
        let folder = tempfile::tempdir().unwrap();
        for name in ["t.parquet", "t.arrow"] {
            let path = folder.path().join(name);
            export(&frame, &path).unwrap();
            let read = import(&path, &ImportOptions::default(), &NoProgress).unwrap();
            prop_assert!(read.frame.equals_missing(&frame), "{}", name);
            prop_assert_eq!(read.frame.schema(), frame.schema(), "{}", name);
        }
        // Text has no types of its own: they are told, as a recipe tells those that it was fitted on. What separates fields
        // is told too, since a few short rows of separators are no evidence.
        for (name, delimiter) in [("t.csv", ","), ("t.tsv", "\t"), ("t.csv.gz", ","), ("t.csv.zst", ",")] {
            let options = ImportOptions {
                types: schema(&frame).into_iter().collect(),
                delimiter: Some(delimiter.to_owned()),
                quote: Some("\"".to_owned()),
                skip_lines: Some(0),
                header_rows: Some(1),
                ..ImportOptions::default()
            };
            let path = folder.path().join(name);
            export(&frame, &path).unwrap();
            let read = import(&path, &options, &NoProgress).unwrap();
            prop_assert_eq!(read.report.rejects_total, 0, "{}", name);
            prop_assert_eq!(shown(&read.frame), shown(&frame), "{}", name);
        }
    }
}
