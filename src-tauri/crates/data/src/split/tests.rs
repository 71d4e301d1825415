use cairn_protocol::{
    notebook::{NamedPart, SplitMethod},
    results::CheckOutcome,
};
use polars::prelude::*;
use proptest::prelude::*;

use super::*;

fn cell(method: SplitMethod, by: Option<&str>, shares: [f64; 3], seed: u64) -> SplitCell {
    let [train, valid, test] = shares;
    SplitCell { method, by: by.map(str::to_owned), train, valid, test, seed, ..SplitCell::default() }
}

/// 20,000 rows with 1,225 cases, a text of 4 levels and an identifier.
fn patients() -> Table {
    let rows = 20_000i64;
    let id: Vec<i64> = (0..rows).collect();
    let stroke: Vec<i64> = (0..rows).map(|row| i64::from((row * 7919) % 20_000 < 1_225)).collect();
    let glucose: Vec<f64> = (0..rows).map(|row| ((row * 104_729) % 19_997) as f64 / 10.0).collect();
    let smoking: Vec<&str> =
        (0..rows).map(|row| ["never", "former", "current", "unknown"][(row % 4) as usize]).collect();
    Table::new(df!("id" => id, "stroke" => stroke, "glucose" => glucose, "smoking" => smoking).unwrap())
}

fn outcome(result: &SplitResult, name: &str) -> (CheckOutcome, String) {
    let check = result.checks.iter().find(|check| check.name.starts_with(name)).unwrap();
    (check.outcome, check.figure.clone())
}

#[test]
fn a_stratified_split_and_its_certificate() {
    let (parts, result) =
        split(&patients(), &cell(SplitMethod::Stratified, Some("stroke"), [0.7, 0.15, 0.15], 20)).unwrap();
    assert_eq!(result.counts, [14_000, 3_000, 3_000]);
    assert_eq!(parts.all_counts(), result.counts);
    assert_eq!(result.classes[1].class, "1");
    assert_eq!(result.classes[1].counts.iter().sum::<u64>(), 1_225);
    for (count, share) in result.classes[1].counts.iter().zip([0.7, 0.15, 0.15]) {
        assert!((*count as f64 - share * 1_225.0).abs() < 1.0);
    }
    assert_eq!(outcome(&result, "No row in two parts"), (CheckOutcome::Pass, "0 shared".into()));
    assert_eq!(outcome(&result, "Class shares agree"), (CheckOutcome::Pass, "χ² p = 1.00".into()));
    assert_eq!(outcome(&result, "Every level"), (CheckOutcome::Pass, "4 of 4".into()));
    assert_eq!(outcome(&result, "Same seed"), (CheckOutcome::Pass, "seed 20".into()));
    assert_eq!(outcome(&result, "Enough cases").0, CheckOutcome::Pass);
    assert_eq!(outcome(&result, "Order of rows").0, CheckOutcome::Pass);
    assert_eq!(outcome(&result, "Columns drawn alike").0, CheckOutcome::Pass);
}

#[test]
fn what_is_wrong_with_parts_is_found() {
    // The class follows the order of rows; every row stands twice; one class has a single row.
    let rows = 400i64;
    let class: Vec<&str> = (0..rows)
        .map(|row| {
            if row == 0 {
                "c"
            } else if row < 200 {
                "a"
            } else {
                "b"
            }
        })
        .collect();
    let x: Vec<f64> = (0..rows).map(|row| (row % 200) as f64 + 0.5).collect();
    let table = Table::new(df!("class" => class, "x" => x).unwrap());
    let (_, result) = split(&table, &cell(SplitMethod::Random, Some("class"), [0.6, 0.2, 0.2], 1)).unwrap();
    assert_eq!(outcome(&result, "Order of rows"), (CheckOutcome::Warning, "p < 0.001".into()));
    assert_eq!(outcome(&result, "Near-duplicate").0, CheckOutcome::Warning);
    assert_eq!(outcome(&result, "Classes with fewer rows than parts"), (CheckOutcome::Warning, "1 of 3 (c)".into()));
    assert_eq!(outcome(&result, "Enough cases"), (CheckOutcome::Warning, "0 < 100".into()));
    assert_eq!(outcome(&result, "Every level").0, CheckOutcome::Warning);
}

/// Written down once: whoever changes the drawing changes everybody's parts.
#[test]
fn the_same_seed_draws_the_same_rows_for_ever() {
    let table = Table::new(df!("x" => (0..12i64).collect::<Vec<_>>()).unwrap());
    let (parts, _) = split(&table, &cell(SplitMethod::Random, None, [0.5, 0.25, 0.25], 42)).unwrap();
    let (other, _) = split(&table, &cell(SplitMethod::Random, None, [0.5, 0.25, 0.25], 43)).unwrap();
    assert_ne!(parts, other);
    assert_eq!(parts.as_slice(), PINNED);
}

/// Made by another implementation of ChaCha8 and of the shuffle, in Python.
const PINNED: [u8; 12] = [1, 0, 0, 2, 2, 0, 1, 0, 0, 0, 1, 2];

#[test]
fn shares_are_checked() {
    let refused = |shares| split(&patients(), &cell(SplitMethod::Random, None, shares, 0)).unwrap_err().to_string();
    assert!(refused([0.7, 0.2, 0.2]).contains("add up to 1.1"));
    assert!(refused([0.0, 0.5, 0.5]).contains("no share"));
    assert!(refused([1.2, -0.2, 0.0]).contains("valid is -0.2"));
    assert!(refused([f64::NAN, 0.5, 0.5]).contains("NaN"));
    let by = split(&patients(), &cell(SplitMethod::Stratified, None, [0.7, 0.2, 0.1], 0)).unwrap_err();
    assert!(by.hint().contains("Choose the column"));
}

#[test]
fn a_number_is_stratified_by_its_tenths() {
    let (_, result) =
        split(&patients(), &cell(SplitMethod::Stratified, Some("glucose"), [0.7, 0.15, 0.15], 3)).unwrap();
    assert_eq!(result.classes.len(), 10);
    assert_eq!(result.counts, [14_000, 3_000, 3_000]);
    assert!(result.classes[0].class.starts_with("0 to "), "{}", result.classes[0].class);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_row_has_one_part_and_counts_are_exact(
        values in prop::collection::vec(prop::option::weighted(0.9, 0i64..6), 3..120),
        seed in any::<u64>(),
        stratified in any::<bool>(),
    ) {
        let rows = values.len();
        let table = Table::new(df!("k" => values).unwrap());
        let method = if stratified { SplitMethod::Stratified } else { SplitMethod::Random };
        let (parts, result) = split(&table, &cell(method, Some("k"), [0.6, 0.25, 0.15], seed)).unwrap();
        let counted: Vec<usize> = result.counts.iter().map(|count| *count as usize).collect();
        prop_assert_eq!(counted, counts::totals(rows, &[0.6, 0.25, 0.15]));
        prop_assert_eq!(parts.as_slice().len(), rows);
        for class in &result.classes {
            let total: u64 = class.counts.iter().sum();
            for (count, share) in class.counts.iter().zip([0.6, 0.25, 0.15]) {
                prop_assert!(!stratified || (*count as f64 - share * total as f64).abs() < 1.0 + 1e-6);
            }
        }
    }
}
