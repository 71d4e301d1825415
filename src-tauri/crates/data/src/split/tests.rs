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

/// Digests of parts as they were when a table had three parts and two methods: notebooks of that time draw them still.
#[test]
fn parts_of_earlier_notebooks_stay_as_they_were() {
    let table = patients();
    let digest = |table: &Table, method, by, shares, seed| {
        let (parts, _) = split(table, &cell(method, by, shares, seed)).unwrap();
        blake3::hash(parts.as_slice()).to_hex().to_string()
    };
    for (method, by, shares, seed, wanted) in [
        (
            SplitMethod::Random,
            None,
            [0.7, 0.15, 0.15],
            20,
            "738bbe31b653d2087145cac27589c96bba189b1f0cf6e8eb3581b78ef029b021",
        ),
        (
            SplitMethod::Stratified,
            Some("stroke"),
            [0.7, 0.15, 0.15],
            20,
            "ab7458c0263958195fdf9f176502dd3b7831a9c56ded2a8588d9eeb9ae6a331b",
        ),
        (
            SplitMethod::Stratified,
            Some("smoking"),
            [0.61, 0.2, 0.19],
            7,
            "dad29bd7d4bf23cb5cf75b6d7af8241629171f338e74b250ba660f993c6cb0fd",
        ),
        (
            SplitMethod::Stratified,
            Some("glucose"),
            [0.5, 0.251, 0.249],
            3,
            "d8ec71734fc117497fa9a95fac35d8725e218f16b021d0b3c87d9663208552ef",
        ),
        (
            SplitMethod::Stratified,
            Some("id"),
            [0.533, 0.31, 0.157],
            11,
            "eb426d2179c45300ca1faefabae128e88e749ff82544495fbf6189c19db7e46d",
        ),
    ] {
        assert_eq!(digest(&table, method, by, shares, seed), wanted, "{by:?}");
    }
    // Many small classes, whose remainders are passed on between the parts.
    let class: Vec<i64> = (0..1_000i64).map(|row| (row * row) % 37).collect();
    let table = Table::new(df!("class" => class).unwrap());
    for (seed, wanted) in [
        (0, "ed47924a9e5d46fce8a7e39435c52f26425d40484b6c3daef341bf95c76ff47b"),
        (1, "6e11b348fe26711ec0e0b262d6ed770bfc9132d9a22a7e9290f7474411df7d9e"),
        (2, "a2eb06a293fd71ce5eecf12c17877f85993a70523185a9329bb6119b7b2167b6"),
        (3, "039dba9f1d9ef965b480bc28b7622fe6aaf159b2964666ef680b38a3585f2192"),
    ] {
        assert_eq!(digest(&table, SplitMethod::Stratified, Some("class"), [0.57, 0.24, 0.19], seed), wanted);
    }
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

/// 600 rows of 90 patients on 200 days, in no order.
fn visits() -> Table {
    let rows = 600i64;
    let patient: Vec<i64> = (0..rows).map(|row| (row * row) % 8_101 % 90).collect();
    let day: Vec<i32> = (0..rows).map(|row| ((row * 7_919) % 200) as i32).collect();
    let ill: Vec<i64> = (0..rows).map(|row| i64::from((row * row) % 8_101 % 90 % 4 == 0)).collect();
    let part: Vec<&str> = (0..rows).map(|row| ["Training", "dev", "hold", "?"][(row % 4) as usize]).collect();
    let mut frame = df!("patient" => patient, "day" => day, "ill" => ill, "part" => part).unwrap();
    frame.try_apply("day", |day| day.cast(&DataType::Date)).unwrap();
    Table::new(frame)
}

fn named(name: &str, share: f64) -> NamedPart {
    NamedPart { name: name.into(), share }
}

#[test]
fn groups_stay_whole_and_further_parts_have_names() {
    let by_group = SplitCell {
        group: Some("patient".into()),
        by: Some("ill".into()),
        more: vec![named("calibration", 0.1), named("holdout", 0.1)],
        ..cell(SplitMethod::Group, None, [0.5, 0.15, 0.15], 5)
    };
    for method in [SplitMethod::Group, SplitMethod::StratifiedGroup] {
        let (parts, result) = split(&visits(), &SplitCell { method, ..by_group.clone() }).unwrap();
        assert_eq!(parts.names(), ["train", "valid", "test", "calibration", "holdout"]);
        assert_eq!(parts.of_name("holdout"), Some(4));
        assert_eq!(outcome(&result, "Groups stay whole").1, "0 of 90 torn");
        assert_eq!(outcome(&result, "Sizes as asked").0, CheckOutcome::Pass, "{result:?}");
        assert_eq!(result.counts.iter().sum::<u64>(), 600);
        if method == SplitMethod::StratifiedGroup {
            let all = result.classes[1].counts.iter().sum::<u64>() as f64 / 600.0;
            for (ill, rows) in result.classes[1].counts.iter().zip(&result.counts) {
                assert!((*ill as f64 / *rows as f64 - all).abs() < 0.06, "{result:?}");
            }
        }
        let (other, _) = split(&visits(), &SplitCell { method, seed: 6, ..by_group.clone() }).unwrap();
        assert_ne!(parts, other, "another seed, other groups");
    }
    // A random split of the same table tears patients, and says so.
    let (_, result) = split(&visits(), &cell(SplitMethod::Random, None, [0.7, 0.15, 0.15], 5)).unwrap();
    let (state, words) = outcome(&result, "No identifier in two parts");
    assert!(state == CheckOutcome::Warning && words.ends_with("of patient"), "{words}");
}

#[test]
fn time_is_cut_between_moments_with_a_gap() {
    let chronological = SplitCell {
        time: Some("day".into()),
        gap: Some("7d".into()),
        ..cell(SplitMethod::Chronological, None, [0.7, 0.15, 0.15], 0)
    };
    let (parts, result) = split(&visits(), &chronological).unwrap();
    let days = visits().frame.column("day").unwrap().cast(&DataType::Int32).unwrap();
    let span = |part: u8| {
        let of = days.i32().unwrap().iter().zip(parts.as_slice()).filter(|(_, of)| **of == part);
        let days: Vec<i32> = of.filter_map(|(day, _)| day).collect();
        (*days.iter().min().unwrap(), *days.iter().max().unwrap())
    };
    assert!(span(1).0 - span(0).1 >= 7 && span(2).0 - span(1).1 >= 7);
    assert_eq!(span(2).1, 199);
    assert_eq!(parts.left_out(), result.left_out);
    assert_eq!(result.left_out, 2 * 6 * 3, "six days of three rows before each of two parts");
    assert_eq!(outcome(&result, "Parts follow each other in time"), (CheckOutcome::Pass, "in order".into()));
    assert_eq!(outcome(&result, "No row in two parts"), (CheckOutcome::Pass, "0 shared, 36 in none".into()));
    let cuts = SplitCell { gap: None, cuts: vec!["1970-04-11".into(), "1970-06-01".into()], ..chronological.clone() };
    let (_, result) = split(&visits(), &cuts).unwrap();
    assert_eq!(result.counts, [300, 153, 147]);
    let one = SplitCell { cuts: vec!["1970-04-11".into()], ..cuts };
    assert!(split(&visits(), &one).unwrap_err().hint().contains("one cut less"));
    let (_, result) = split(&visits(), &SplitCell { gap: None, ..chronological.clone() }).unwrap();
    assert_eq!(result.counts, [420, 90, 90]);
    let wide = SplitCell { gap: Some("60d".into()), ..chronological };
    assert_eq!(outcome(&split(&visits(), &wide).unwrap().1, "Sizes as asked").0, CheckOutcome::Fault);
}

#[test]
fn a_column_says_the_parts() {
    let by_column = SplitCell {
        column: Some("part".into()),
        values: [("hold".to_owned(), "holdout".to_owned())].into(),
        ..SplitCell { method: SplitMethod::Column, ..SplitCell::default() }
    };
    let (parts, result) = split(&visits(), &by_column).unwrap();
    assert_eq!(parts.names(), ["train", "valid", "test", "holdout"]);
    assert_eq!(parts.all_counts(), [150, 150, 0, 150]);
    assert_eq!(result.left_out, 150);
    let check = &result.checks[0];
    assert_eq!((check.outcome, check.figure.as_str()), (CheckOutcome::Warning, "0 shared, 150 in none"));
    assert!(check.sentence.contains("150 rows name no part in part (?)"), "{}", check.sentence);
    let error = split(&visits(), &SplitCell { column: Some("ill".into()), ..by_column }).unwrap_err();
    assert_eq!(error.to_string(), "no value of ill stands for the training part; it holds 0, 1");
}

#[test]
fn what_cannot_be_split_is_refused() {
    let refused = |cell: SplitCell| split(&visits(), &cell).unwrap_err().to_string();
    let base = SplitCell::default;
    assert!(refused(SplitCell { method: SplitMethod::Group, ..base() }).contains("needs a column"));
    assert!(refused(SplitCell { method: SplitMethod::Chronological, ..base() }).contains("needs a column"));
    let text = SplitCell { method: SplitMethod::Chronological, time: Some("part".into()), ..base() };
    assert!(refused(text).contains("no order in time"));
    assert!(refused(SplitCell { folds: 1, ..base() }).contains("one fold"));
    assert!(refused(SplitCell { folds: 5, fold: 6, ..base() }).contains("no fold 6"));
    assert!(refused(SplitCell { folds: 511, ..base() }).contains("too few"));
    assert!(refused(SplitCell { inner: 2, ..base() }).contains("outer"));
    assert!(refused(SplitCell { folds: 2, repeats: 2, shuffle: false, ..base() }).contains("the same each time"));
    assert!(
        refused(SplitCell { train: 0.6, more: vec![named("test", 0.1)], ..base() })
            .contains("two parts are called test")
    );
    assert!(refused(SplitCell { train: 0.6, more: vec![named("a.b", 0.1)], ..base() }).contains("no name of a part"));
    let many = SplitCell {
        method: SplitMethod::Group,
        group: Some("patient".into()),
        folds: 91,
        test: 0.0,
        valid: 0.3,
        ..base()
    };
    assert!(refused(many).contains("90 groups of patient are too few"));
}

#[test]
fn nested_and_repeated_folds_have_their_parts() {
    let nested = SplitCell {
        folds: 3,
        inner: 2,
        repeats: 2,
        by: Some("ill".into()),
        ..cell(SplitMethod::Stratified, None, [0.7, 0.15, 0.15], 9)
    };
    let (_, result) = split(&visits(), &SplitCell { by: Some("ill".into()), ..nested.clone() }).unwrap();
    assert_eq!((result.folds.len(), result.fold), (12, 1));
    assert_eq!(result.folds[0].name, "repeat 1, outer 1 of 3, inner 1 of 2");
    assert_eq!(result.folds[11].name, "repeat 2, outer 3 of 3, inner 2 of 2");
    assert!(result.folds.iter().all(|fold| fold.counts == [200, 200, 200]), "{:?}", result.folds);
    let mut digests: Vec<&str> = result.folds.iter().map(|fold| fold.digest.as_str()).collect();
    assert_eq!(result.digest, digests[0]);
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), 12, "all folds differ");
    for fold in 1..=12 {
        let chosen = split(&visits(), &SplitCell { fold, ..nested.clone() }).unwrap();
        assert_eq!(chosen.1.digest, result.folds[fold as usize - 1].digest);
        assert_eq!(chosen.0, split_fold(&visits(), &nested, fold).unwrap());
    }
}

fn methods() -> impl Strategy<Value = SplitMethod> {
    prop::sample::select(vec![
        SplitMethod::Random,
        SplitMethod::Stratified,
        SplitMethod::Group,
        SplitMethod::StratifiedGroup,
        SplitMethod::Chronological,
        SplitMethod::Ordered,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn parts_are_disjoint_complete_and_whole(
        cells in prop::collection::vec((prop::option::weighted(0.9, 0i64..4), prop::option::weighted(0.95, 0i64..25), 0i64..40), 40..160),
        method in methods(),
        seed in any::<u64>(),
        folds in prop::sample::select(vec![0u32, 0, 2, 3]),
        repeats in 0u32..3,
        gap in prop::option::of(0u64..3),
        shuffle in any::<bool>(),
    ) {
        let rows = cells.len();
        let column = |of: fn(&(Option<i64>, Option<i64>, i64)) -> Option<i64>| cells.iter().map(of).collect::<Vec<_>>();
        let table = Table::new(df!("k" => column(|c| c.0), "g" => column(|c| c.1), "t" => column(|c| Some(c.2))).unwrap());
        let drawn = shuffle && !matches!(method, SplitMethod::Chronological | SplitMethod::Ordered);
        let split_cell = SplitCell {
            by: Some("k".into()),
            group: Some("g".into()),
            time: Some("t".into()),
            gap: gap.map(|gap| gap.to_string()),
            folds,
            repeats: if drawn && folds > 0 { repeats } else { 0 },
            shuffle,
            more: vec![named("late", 0.15)],
            ..cell(method, None, [0.5, 0.15, 0.2], seed)
        };
        let (parts, result) = match split(&table, &split_cell) {
            Ok(made) => made,
            // Few moments or groups may leave a part empty, which is refused by name.
            Err(error) => {
                prop_assert!(error.to_string().contains("empty"), "{}", error);
                return Ok(());
            }
        };
        prop_assert_eq!(parts.as_slice().len(), rows);
        prop_assert_eq!(result.counts.iter().sum::<u64>() + result.left_out, rows as u64);
        prop_assert_eq!(parts.all_counts(), result.counts.clone());
        let faults: Vec<&str> = result.checks.iter().filter(|check| check.outcome == CheckOutcome::Fault)
            .map(|check| check.name.as_str()).filter(|name| !["Sizes as asked", "Columns are stable"].contains(name)).collect();
        prop_assert!(faults.is_empty(), "{:?}", faults);
        let in_order = matches!(method, SplitMethod::Chronological | SplitMethod::Ordered);
        if !in_order {
            prop_assert_eq!(result.left_out, 0);
        }
        if folds == 0 && !in_order && !matches!(method, SplitMethod::Group | SplitMethod::StratifiedGroup) {
            let counted: Vec<usize> = result.counts.iter().map(|count| *count as usize).collect();
            prop_assert_eq!(counted, counts::totals(rows, &[0.5, 0.15, 0.2, 0.15]));
        }
        if folds > 0 && !in_order {
            // Over one repetition every row of the pool is validated on once.
            let mut times = vec![0; rows];
            for fold in 1..=folds {
                for (row, part) in split_fold(&table, &split_cell, fold).unwrap().as_slice().iter().enumerate() {
                    times[row] += i32::from(*part == 1);
                }
            }
            for (row, part) in parts.as_slice().iter().enumerate() {
                prop_assert_eq!(times[row], i32::from(*part < 2));
            }
            if method == SplitMethod::Stratified {
                for class in 0..result.classes.len() {
                    let of: Vec<u64> = result.folds[..folds as usize].iter().map(|fold| fold.classes[class].counts[1]).collect();
                    prop_assert!(of.iter().max().unwrap() - of.iter().min().unwrap() <= 1, "{:?}", of);
                }
            }
        }
        let (again, twin) = split(&table, &split_cell).unwrap();
        prop_assert_eq!(&again, &parts);
        prop_assert_eq!(twin, result);
        if drawn && matches!(method, SplitMethod::Random | SplitMethod::Stratified) && rows >= 60 {
            let (other, _) = split(&table, &SplitCell { seed: seed ^ 1, ..split_cell }).unwrap();
            prop_assert_ne!(other, parts);
        }
    }
}
