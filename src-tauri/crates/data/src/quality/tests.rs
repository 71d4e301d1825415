use cairn_protocol::{
    quality::{AssociationPair, QualityReport},
    table::{Finding, Severity},
};
use polars::prelude::*;

use super::{associations, quality};
use crate::{Around, NoProgress, Parts, Progress, Table, run_recipe};

/// Repeatable numbers from 0 to 1.
fn noise(row: usize, salt: u64) -> f64 {
    let mixed = (row as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ (salt << 17));
    let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((mixed ^ (mixed >> 29)) >> 11) as f64 / (1u64 << 53) as f64
}

const ROWS: usize = 2000;

/// A table with one thing of each kind wrong.
fn dirty() -> DataFrame {
    let each = |cell: &dyn Fn(usize) -> f64| (0..ROWS).map(cell).collect::<Vec<f64>>();
    let text = |cell: &dyn Fn(usize) -> &'static str| (0..ROWS).map(cell).collect::<Vec<_>>();
    let sick = |row: usize| noise(row, 9) < 0.06 + 0.1 * f64::from(noise(row, 1) > 0.5);
    df!(
        "signal" => each(&|row| noise(row, 1)),
        "noise" => each(&|row| noise(row, 2)),
        "outlying" => each(&|row| if row % 500 == 7 { 80.0 } else { noise(row, 3) }),
        "skewed" => each(&|row| (1.0 / (noise(row, 4) + 1e-3)).powi(2)),
        "sparse" => (0..ROWS).map(|row| (row % 2 == 0).then(|| noise(row, 5))).collect::<Vec<_>>(),
        "nearly" => text(&|row| if row % 400 == 3 { "other" } else { "same" }),
        "state" => text(&|row| match row % 100 {
            0 => "Calfornia",
            1 => "california ",
            n if n < 60 => "California",
            _ => "Texas",
        }),
        "contact" => (0..ROWS).map(|row| format!("person{row}@example.org")).collect::<Vec<_>>(),
        "gap" => text(&|row| if row % 10 == 0 { "" } else if row % 3 == 0 { "u" } else { "v" }),
        "town" => (0..ROWS).map(|row| format!("town {}", (noise(row, 6) * 150.0) as u32)).collect::<Vec<_>>(),
        "code" => (0..ROWS).map(|row| if sick(row) { "B" } else { "A" }).collect::<Vec<_>>(),
        "near_copy" => each(&|row| noise(row, 8) + 50.0 * f64::from(u8::from(sick(row)))),
        "sick" => (0..ROWS).map(|row| i64::from(sick(row))).collect::<Vec<_>>(),
    )
    .unwrap()
}

fn find<'a>(report: &'a QualityReport, kind: &str, column: &str) -> &'a Finding {
    let found = report.findings.iter().find(|finding| finding.kind == kind && finding.column == column);
    found.unwrap_or_else(|| panic!("{kind} of {column} is missing among {:#?}", report.findings))
}

#[test]
fn each_fault_is_found_defined_and_mended() {
    let frame = dirty();
    let report = quality(&frame, Some("sick"), &NoProgress).unwrap();
    for (kind, column, severity) in [
        ("outliers", "outlying", Severity::Medium),
        ("skewed", "skewed", Severity::Low),
        ("missing", "sparse", Severity::High),
        ("near_constant", "nearly", Severity::Medium),
        ("spelling", "state", Severity::High),
        ("personal", "contact", Severity::High),
        ("blank_text", "gap", Severity::Medium),
        ("high_cardinality", "town", Severity::Medium),
        ("leakage", "code", Severity::High),
        ("leakage", "near_copy", Severity::High),
    ] {
        let finding = find(&report, kind, column);
        assert!(finding.severity <= severity, "{finding:?}");
        assert!(finding.suggested_step.is_some(), "{finding:?}");
    }
    let defined = |finding: &Finding| !finding.definition.is_empty() && !finding.message.is_empty();
    assert!(report.findings.iter().all(defined), "{:#?}", report.findings);
    assert!(report.findings.is_sorted_by_key(|finding| finding.severity));
    let respelt = find(&report, "spelling", "state");
    assert_eq!(respelt.examples.len(), 2, "{respelt:?}");
    assert_eq!(find(&report, "outliers", "outlying").figures["above"].0, 4.0);
    for column in ["noise", "signal"] {
        let clean = |finding: &&Finding| finding.column == column;
        assert_eq!(report.findings.iter().find(clean), None);
    }
    assert!(report.notes.is_empty(), "{:?}", report.notes);
    assert_eq!(quality(&frame, Some("sick"), &NoProgress).unwrap().findings, report.findings);
}

#[test]
fn suggested_steps_run_on_the_table_they_were_made_for() {
    let frame = dirty();
    let report = quality(&frame, Some("sick"), &NoProgress).unwrap();
    let around = Around { salt: "a project's salt".into(), ..Around::default() };
    let (mut refused, mut ran) = (Vec::new(), 0);
    for finding in &report.findings {
        let Some(step) = finding.suggested_step.clone() else { continue };
        // As a person applies it: below a split.
        let parts = Parts::new((0..ROWS).map(|row| u8::from(row % 4 == 0)).collect()).unwrap();
        let table = Table::with_parts(frame.clone(), Some(parts)).unwrap();
        match run_recipe(&table, &[step], &around, &NoProgress).map_err(|error| error.to_string()) {
            Ok(_) => ran += 1,
            // What recipes say of an operation that the protocol lists and they do not carry out.
            Err(error) if error.contains("is not what it learns") || error.contains("cannot be fitted") => {}
            Err(error) => refused.push(format!("{} of {}: {error}", finding.kind, finding.column)),
        }
    }
    assert!(refused.is_empty() && ran > 5, "{ran} ran, {refused:#?}");
}

#[test]
fn power_ranks_columns_by_what_they_tell() {
    let report = quality(&dirty(), Some("sick"), &NoProgress).unwrap();
    let power = |name: &str| report.predictive_power.iter().find(|power| power.column == name).unwrap();
    assert!(power("code").leaks && power("near_copy").leaks && !power("signal").leaks);
    assert!(power("code").skill.0 > 0.95 && power("code").value.0 > 0.999, "{:?}", power("code"));
    assert!(power("signal").skill.0 > power("noise").skill.0);
    assert!(power("noise").skill.0 < 0.005 && power("noise").value.0 < 0.58, "{:?}", power("noise"));
    assert!(power("town").skill.0 < 0.01, "levels that chance tells apart: {:?}", power("town"));
    assert_eq!(report.predictive_power[0].metric, "auc");

    let rows: Vec<usize> = (0..1000).collect();
    let x: Vec<f64> = rows.iter().map(|row| noise(*row, 11) * 20.0 - 10.0).collect();
    let y: Vec<f64> = x.iter().zip(&rows).map(|(x, row)| x * x + noise(*row, 12) * 10.0).collect();
    let frame = df!("x" => &x, "copy" => y.iter().map(|y| 3.0 * y - 1e6).collect::<Vec<_>>(),
        "none" => rows.iter().map(|row| noise(*row, 13)).collect::<Vec<_>>(), "y" => &y)
    .unwrap();
    let report = quality(&frame, Some("y"), &NoProgress).unwrap();
    let skills: Vec<(&str, f64, bool)> =
        report.predictive_power.iter().map(|p| (p.column.as_str(), p.skill.0, p.leaks)).collect();
    assert_eq!(skills.iter().map(|skill| skill.0).collect::<Vec<_>>(), ["copy", "x", "none"], "{skills:?}");
    assert!(skills[0].2 && skills[0].1 > 0.999_999 && !skills[1].2 && skills[2].1 < 0.05, "{skills:?}");
    // The variance of the noise is 100/12, that of x² 8,889/10: the best that can be known is R² ≈ 0.99.
    assert!(skills[1].1 > 0.97, "{skills:?}");

    let classes = df!("c" => (0..900).map(|row| ["a", "b", "c"][row % 3]).collect::<Vec<_>>(),
        "k" => (0..900).map(|row| (row % 3) as i64 * 7).collect::<Vec<_>>(),
        "z" => (0..900).map(|row| noise(row, 21)).collect::<Vec<_>>())
    .unwrap();
    let report = quality(&classes, Some("c"), &NoProgress).unwrap();
    assert_eq!((report.predictive_power[0].column.as_str(), report.predictive_power[0].leaks), ("k", true));
    assert_eq!(report.predictive_power[0].metric, "accuracy");
    assert!(find(&report, "leakage", "k").message.contains("under other names"));
}

#[test]
fn the_odd_row_is_named_with_its_cells() {
    let mut x: Vec<f64> = (0..1000).map(|row| noise(row, 31)).collect();
    let mut y: Vec<f64> = (0..1000).map(|row| noise(row, 32) * 5.0).collect();
    let mut level = vec!["usual"; 1000];
    (x[321], y[321], level[321]) = (30.0, -90.0, "strange");
    let frame = df!("x" => x, "y" => y, "level" => level).unwrap();
    let report = quality(&frame, None, &NoProgress).unwrap();
    let odd = &report.odd_rows[0];
    assert_eq!(odd.row, 321);
    let because: Vec<&str> = odd.because.iter().map(|cell| cell.column.as_str()).collect();
    assert_eq!(because.len(), 3, "{odd:?}");
    assert!(because[..2].contains(&"x") && because[..2].contains(&"y"), "{odd:?}");
    assert!(find(&report, "odd_rows", "").message.contains("row 322"));
}

/// One column of every type, with missing cells.
fn every_type() -> DataFrame {
    let n = |row: i64| (row % 7 != 0).then_some(row % 11);
    let whole: Vec<Option<i64>> = (0..100).map(n).collect();
    let base = Series::new("whole".into(), whole);
    let mut columns = vec![base.clone().into_column()];
    let mut add = |name: &str, dtype: DataType| {
        columns.push(base.cast(&dtype).unwrap_or_else(|e| panic!("{name}: {e}")).with_name(name.into()).into_column());
    };
    for (name, dtype) in [
        ("i8", DataType::Int8),
        ("i16", DataType::Int16),
        ("u8", DataType::UInt8),
        ("u16", DataType::UInt16),
        ("u32", DataType::UInt32),
        ("u64", DataType::UInt64),
        ("i128", DataType::Int128),
        ("f32", DataType::Float32),
        ("bool", DataType::Boolean),
        ("text", DataType::String),
        ("decimal", DataType::Decimal(20, 2)),
        ("date", DataType::Date),
        ("milli", DataType::Datetime(TimeUnit::Milliseconds, None)),
        ("zone", DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))),
        ("time", DataType::Time),
        ("duration", DataType::Duration(TimeUnit::Milliseconds)),
    ] {
        add(name, dtype);
    }
    let text = base.cast(&DataType::String).unwrap();
    columns.push(
        text.cast(&DataType::from_categories(Categories::global())).unwrap().with_name("category".into()).into_column(),
    );
    let list: ListChunked =
        (0..100).map(|row| (row % 5 != 0).then(|| Series::new("".into(), [row, row + 1]))).collect();
    columns.push(list.with_name("list".into()).into_series().into_column());
    let fields = [base.clone().with_name("a".into()), text.with_name("b".into())];
    let nested = StructChunked::from_series("struct".into(), 100, fields.iter()).unwrap();
    columns.push(nested.into_series().into_column());
    columns.push(Series::new_null("null".into(), 100).into_column());
    DataFrame::new(100, columns).unwrap()
}

#[test]
fn every_type_of_column_is_looked_at_without_a_panic() {
    let frame = every_type();
    let profile = crate::profile(&frame);
    for column in &profile.columns {
        let plain = column.name != "null" && column.name != "list" && column.name != "struct";
        assert!(!plain || (column.distinct <= 11 && column.distinct > 1), "{column:?}");
        assert!(!plain || (column.nulls > 0 && column.nulls < 100), "{column:?}");
        let counted: u64 = column.histogram.iter().flat_map(|histogram| &histogram.counts).sum();
        assert!(column.histogram.is_none() || counted == 100 - column.nulls, "{column:?}");
    }
    for target in profile.columns.iter().map(|column| column.name.as_str()) {
        quality(&frame, Some(target), &NoProgress).unwrap();
        associations(&frame, Some(target), &NoProgress).unwrap();
    }
    for empty in [frame.clear(), DataFrame::empty(), frame.head(Some(1))] {
        assert_eq!(crate::profile(&empty).rows, empty.height() as u64);
        quality(&empty, None, &NoProgress).unwrap();
        associations(&empty, None, &NoProgress).unwrap();
    }
    assert!(quality(&frame, Some("absent"), &NoProgress).is_err());
    assert!(associations(&frame, Some("absent"), &NoProgress).is_err());
}

#[test]
fn associations_measure_each_kind_of_pair() {
    let frame = df!(
        "n" => (0..600).map(f64::from).collect::<Vec<_>>(),
        "cube" => (0..600).map(|n| (f64::from(n) / 100.0).powi(5)).collect::<Vec<_>>(),
        "half" => (0..600).map(|n| if n < 300 { "low" } else { "high" }).collect::<Vec<_>>(),
        "third" => (0..600).map(|n| ["a", "b", "c"][n as usize % 3]).collect::<Vec<_>>(),
        "same" => vec![1i64; 600],
        "id" => (0..600).map(|n| format!("id {n}")).collect::<Vec<_>>(),
    )
    .unwrap();
    let found = associations(&frame, Some("half"), &NoProgress).unwrap();
    let at = |name: &str| found.columns.iter().position(|column| column.name == name).unwrap();
    let pair = |a: &str, b: &str| -> &AssociationPair {
        found.pairs.iter().find(|pair| (pair.a, pair.b) == (at(a), at(b))).unwrap()
    };
    assert_eq!(found.target, Some(2));
    assert_eq!(found.left_out[0].column, "id");
    assert_eq!(found.pairs.len(), 10);
    assert_eq!((pair("n", "cube").measure.as_str(), pair("n", "cube").spearman.unwrap().0), ("pearson", 1.0));
    assert!(pair("n", "cube").value.unwrap().0 < 0.9);
    // η² of a uniform ramp cut in the middle is 3/4 · n²/(n² − 1).
    let ratio = pair("n", "half").value.unwrap().0;
    assert!((ratio * ratio - 0.75 * 360_000.0 / 359_999.0).abs() < 1e-12, "{ratio}");
    assert_eq!((pair("half", "third").measure.as_str(), pair("half", "third").value.unwrap().0), ("cramers_v", 0.0));
    assert_eq!(pair("n", "same").value, None);
}

#[test]
fn cancelling_ends_the_work() {
    struct Stop;
    impl Progress for Stop {
        fn set(&self, _done: f64) {}
        fn cancelled(&self) -> bool {
            true
        }
    }
    assert!(matches!(quality(&dirty(), None, &Stop), Err(crate::DataError::Cancelled)));
    assert!(matches!(associations(&dirty(), None, &Stop), Err(crate::DataError::Cancelled)));
}
