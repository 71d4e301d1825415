//! Folds against those of scikit-learn, row by row, where they hang on no generator. `tests/parity/splits.py` wrote
//! the file, which names the versions.

use polars::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    rows: usize,
    y: Option<Vec<i64>>,
    groups: Option<Vec<i64>>,
    cell: serde_json::Map<String, serde_json::Value>,
    folds: Vec<Fold>,
}

#[derive(Deserialize)]
struct Fold {
    train: Vec<usize>,
    valid: Vec<usize>,
}

#[test]
fn folds_are_those_of_scikit_learn() {
    let file: File = serde_json::from_str(include_str!("parity.json")).unwrap();
    assert!(file.cases.len() >= 20);
    for case in file.cases {
        let mut columns = vec![Series::new("t".into(), (0..case.rows as i64).collect::<Vec<_>>()).into_column()];
        for (name, values) in [("y", case.y), ("g", case.groups)] {
            columns.extend(values.map(|values| Series::new(name.into(), values).into_column()));
        }
        let table = Table::new(DataFrame::new(case.rows, columns).unwrap());
        let mut cell = case.cell;
        cell.insert("input".into(), "t".into());
        cell.extend([("train", 0.5), ("valid", 0.5), ("test", 0.0)].map(|(name, share)| (name.into(), share.into())));
        let mut cell: SplitCell = serde_json::from_value(cell.into()).unwrap();
        for (at, wanted) in (1u32..).zip(&case.folds) {
            cell.fold = at;
            let parts = split_fold(&table, &cell, at).unwrap();
            let rows = |part: u8| (0..case.rows).filter(|row| parts.as_slice()[*row] == part).collect::<Vec<_>>();
            assert_eq!(rows(1), wanted.valid, "{}, fold {at}", case.name);
            assert_eq!(rows(0), wanted.train, "{}, fold {at}", case.name);
        }
        cell.fold = 1;
        let (_, result) = split(&table, &cell).unwrap();
        assert_eq!(result.folds.len(), case.folds.len());
        assert!(split_fold(&table, &cell, case.folds.len() as u32 + 1).is_err());
    }
}
