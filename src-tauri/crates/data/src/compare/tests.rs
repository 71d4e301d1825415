use cairn_protocol::comparison::RowDifference;
use polars::prelude::*;

use super::*;
use crate::NoProgress;

fn keys(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn rows_by_key() {
    let a = df!(
        "id" => [1i64, 2, 3, 4, 5, 5, 7],
        "x" => [Some(1.0), Some(2.0), None, Some(4.0), Some(5.0), Some(5.0), Some(7.0)],
        "t" => ["a", "b", "c", "d", "e", "e", "g"],
        "old" => [1i64; 7],
    )
    .unwrap();
    // The same whole numbers as floats, the same texts as categories, in another order.
    let b = df!(
        "t" => ["g", "B", "c", "d", "e", "h"],
        "id" => [7.0, 2.0, 3.0, 4.0, 5.0, 8.0],
        "x" => [Some(7.0), Some(2.5), None, None, Some(5.0), Some(8.0)],
        "new" => [1i64; 6],
    )
    .unwrap();
    let found = compare(&a, &b, &keys(&["id"]), &NoProgress).unwrap();
    let rows = &found.rows;
    assert_eq!((rows.only_a, rows.only_b, rows.both, rows.changed), (1, 1, 4, 2));
    assert_eq!((rows.duplicate_keys_a, rows.duplicate_keys_b), (2, 1));
    let changed: Vec<(&str, u64)> = rows.changed_cells.iter().map(|one| (one.column.as_str(), one.cells)).collect();
    assert_eq!(changed, [("x", 2), ("t", 1)]);
    let first = &rows.examples[0];
    assert_eq!((first.kind, first.row_a, first.row_b), (RowDifference::Changed, Some(1), Some(1)));
    let cells: Vec<(&str, Option<&str>, Option<&str>)> =
        first.cells.iter().map(|cell| (cell.column.as_str(), cell.a.as_deref(), cell.b.as_deref())).collect();
    assert_eq!(cells, [("id", Some("2"), Some("2")), ("x", Some("2"), Some("2.5")), ("t", Some("b"), Some("B"))]);
    assert_eq!(rows.examples[1].cells[1].b, None, "x of row 4 is missing in the second");
    let kinds = |kind| rows.examples.iter().filter(|example| example.kind == kind).count();
    assert_eq!((kinds(RowDifference::OnlyA), kinds(RowDifference::OnlyB)), (1, 1));
    assert_eq!(kinds(RowDifference::DuplicateKey), 3);
    let schema = &found.schema;
    assert_eq!((schema.added[0].name.as_str(), schema.removed[0].name.as_str()), ("new", "old"));
    assert_eq!((schema.retyped[0].name.as_str(), schema.retyped.len(), schema.reordered), ("id", 1, true));
    assert!(found.findings.iter().any(|finding| finding.kind == "duplicate_keys"));
    assert!(compare(&a, &b, &keys(&["old"]), &NoProgress).is_err());
}

#[test]
fn whole_rows_count_as_often_as_they_occur() {
    let a = df!("x" => [1i64, 1, 1, 2, 3], "t" => [Some("a"), Some("a"), Some("a"), None, Some("c")]).unwrap();
    let b = df!("x" => [3i64, 1, 2, 4], "t" => [Some("c"), Some("a"), None, Some("d")]).unwrap();
    let rows = compare(&a, &b, &[], &NoProgress).unwrap().rows;
    assert_eq!((rows.only_a, rows.only_b, rows.both), (2, 1, 3));
    assert_eq!((rows.examples[0].row_a, rows.examples[1].row_a), (Some(1), Some(2)));
    assert_eq!(rows.examples[2].row_b, Some(3));
    let same = compare(&a, &a, &[], &NoProgress).unwrap();
    assert_eq!((same.rows.only_a, same.rows.both, same.findings.len()), (0, 5, 0));
}

/// A table with itself has no drift; a shifted one has, and chance alone does not.
#[test]
fn drift_is_seen_where_there_is_some() {
    let draw = |salt: u64| -> Vec<f64> {
        let cell = |row: u64| ((row * 2_654_435_761 + salt * 97) * (row + 13) % 1_000_003) as f64 / 1_000_003.0;
        (0..4000).map(cell).collect()
    };
    let level = |values: &[f64], cut: f64| -> Vec<&str> {
        values.iter().map(|value| if *value < cut { "low" } else { "high" }).collect()
    };
    let (x, y) = (draw(1), draw(2));
    let shifted: Vec<f64> = y.iter().map(|value| value + 0.4).collect();
    let gaps: Vec<Option<f64>> = y.iter().enumerate().map(|(row, value)| (row % 4 > 0).then_some(*value)).collect();
    let dates = |from: i32| {
        Series::new("".into(), (0..4000).map(|row| from + row / 10).collect::<Vec<i32>>())
            .cast(&DataType::Date)
            .unwrap()
    };
    let a = df!("same" => &x, "moved" => &x, "gaps" => &x, "level" => level(&x, 0.5), "steady" => level(&x, 0.3), "day" => dates(18_000)).unwrap();
    let b = df!("same" => &y, "moved" => shifted, "gaps" => gaps, "level" => level(&y, 0.8), "steady" => level(&y, 0.3), "day" => dates(18_300)).unwrap();
    let found = compare(&a, &b, &[], &NoProgress).unwrap();
    let levels: Vec<(&str, DriftLevel)> = found.drift.iter().map(|one| (one.column.as_str(), one.level)).collect();
    assert_eq!(
        levels,
        [
            ("same", DriftLevel::None),
            ("moved", DriftLevel::Large),
            ("gaps", DriftLevel::None),
            ("level", DriftLevel::Large),
            ("steady", DriftLevel::None),
            ("day", DriftLevel::Large),
        ]
    );
    let moved = &found.drift[1];
    assert!((moved.ks.unwrap().0 - 0.4).abs() < 0.03 && moved.ks_p.unwrap().0 < 1e-12, "{moved:?}");
    assert_eq!((found.drift[2].missing_a.0, found.drift[2].missing_b.0), (0.0, 0.25));
    assert_eq!(found.drift[1].bins.len(), 10);
    assert!(found.drift[5].bins[0].label.starts_with("below 2019-"), "{:?}", found.drift[5].bins[0]);
    let kinds: Vec<(&str, &str)> =
        found.findings.iter().map(|finding| (finding.kind.as_str(), finding.column.as_str())).collect();
    assert!(kinds.contains(&("drift", "moved")) && kinds.contains(&("missing_moved", "gaps")), "{kinds:?}");
    let same = compare(&a, &a, &[], &NoProgress).unwrap();
    assert!(same.findings.is_empty() && same.drift.iter().all(|one| one.psi == Some(Real(0.0))), "{:?}", same.drift);
}

#[test]
fn parts_of_a_split_are_compared_by_name() {
    let frame = df!("x" => (0..10i64).collect::<Vec<_>>()).unwrap();
    let parts = crate::Parts::new(vec![0, 0, 0, 0, 0, 0, 1, 1, 2, 2]).unwrap();
    let table = Table::with_parts(frame.clone(), Some(parts)).unwrap();
    assert_eq!(part_of(&table, "test").unwrap().column("x").unwrap().i64().unwrap().to_vec(), [Some(8), Some(9)]);
    assert_eq!(part_of(&table, "train").unwrap().height(), 6);
    assert!(part_of(&table, "other").is_err());
    assert!(part_of(&Table::new(frame), "train").is_err());
}

#[test]
fn cells_that_went_missing_are_told() {
    let a = df!("x" => [1i64, 2, 3, 4]).unwrap();
    let b = df!("x" => [Some(1i64), Some(2), Some(3), None]).unwrap();
    let told = |a: &DataFrame, b: &DataFrame| {
        let found = compare(a, b, &[], &NoProgress).unwrap().findings;
        found.into_iter().find(|finding| finding.kind == "missing_moved").unwrap().message
    };
    assert_eq!(told(&a, &b), "lacks none of the cells in the first table, 25 % in the second");
    assert_eq!(told(&b, &a), "lacks 25 % of the cells in the first table, none in the second");
}
