//! What the fitted steps promise beside parity: inverses, training rows only, nothing new on new rows, no panic.

use cairn_protocol::steps::{Step, StepOp};
use polars::prelude::*;
use proptest::prelude::*;

use super::*;
use crate::{error::DataError, progress::NoProgress};

fn steps(json: &str) -> Vec<Step> {
    serde_json::from_str(json).unwrap()
}

fn run_on(table: &Table, json: &str) -> Result<RecipeRun, DataError> {
    run_recipe(table, &steps(json), &Around::default(), &NoProgress)
}

fn cells(frame: &DataFrame, name: &str) -> Vec<f64> {
    columns::numbers(columns::column(frame, name).unwrap()).unwrap()
}

fn texts(frame: &DataFrame, name: &str) -> Vec<Option<String>> {
    let texts = columns::texts(columns::column(frame, name).unwrap()).unwrap();
    texts.iter().map(|text| text.map(str::to_owned)).collect()
}

fn close(found: &[f64], expected: &[f64], tolerance: f64) -> bool {
    let near = |a: f64, b: f64| (a - b).abs() <= tolerance * b.abs().max(1.0) || (a.is_nan() && b.is_nan());
    found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| near(*a, *b))
}

fn split_table(frame: DataFrame, parts: &[u8]) -> Table {
    Table::with_parts(frame, Some(Parts::new(parts.to_vec()).unwrap())).unwrap()
}

proptest! {
    #[test]
    fn unscaling_gives_the_numbers_back(
        values in prop::collection::vec(prop::option::of(-50.0f64..50.0), 4..60),
        method in prop::sample::select(vec![
            "standard", "min_max", "robust", "max_abs", "quantile", "yeo_johnson", "box_cox", "log", "log1p",
        ]),
    ) {
        let positive = matches!(method, "box_cox" | "log" | "log1p");
        let values: Vec<Option<f64>> =
            values.into_iter().map(|value| value.map(|value| if positive { value.abs() + 0.5 } else { value })).collect();
        prop_assume!(values.iter().flatten().count() > 1);
        let mut values = values;
        if matches!(method, "box_cox" | "yeo_johnson") {
            // Of few numbers near each other the exponent is so large that 64 bits cannot hold what is left of them.
            values.extend((1..=25).map(|at| Some(f64::from(at * 2))));
        }
        let table = Table::new(df!("x" => &values).unwrap());
        let json = format!(
            r#"[{{"op":"scale","columns":["x"],"method":"{method}","low":-2,"high":5,"fit":"all"}},
                {{"op":"rename","names":[{{"from":"x","to":"y"}}]}}]"#
        );
        let made = run_on(&table, &json).unwrap();
        let back = invert(&made.fitted, &made.table.frame).unwrap();
        prop_assert_eq!(back.warnings, Vec::<String>::new());
        let expected = cells(&table.frame, "x");
        let spread = expected.iter().filter(|x| !x.is_nan()).fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(*x), b.max(*x)));
        if spread.1 > spread.0 {
            prop_assert!(close(&cells(&back.frame, "x"), &expected, 1e-9), "{method}");
        }
    }

    #[test]
    fn undoing_one_hot_and_ordinal_gives_the_levels_back(
        codes in prop::collection::vec(prop::option::of(0usize..5), 1..40),
        kind in 0usize..4,
        drop in prop::sample::select(vec!["none", "first", "last", "most_frequent", "if_two"]),
        parity in prop::sample::select(vec!["none", "scikit_learn"]),
    ) {
        let names = ["a", "b c", "other", "", "Zoë"];
        let series = match kind {
            0 => Series::new("x".into(), codes.iter().map(|code| code.map(|code| names[code])).collect::<Vec<_>>()),
            1 => Series::new("x".into(), codes.iter().map(|code| code.map(|code| code as i64 * 7 - 3)).collect::<Vec<_>>()),
            2 => Series::new("x".into(), codes.iter().map(|code| code.map(|code| code > 2)).collect::<Vec<_>>()),
            _ => Series::new("x".into(), codes.iter().map(|code| code.map(|code| code as i32 * 400)).collect::<Vec<_>>())
                .cast(&DataType::Date)
                .unwrap(),
        };
        let ordinal = series.clone().with_name("o".into());
        let frame = DataFrame::new(codes.len(), vec![series.into_column(), ordinal.into_column()]).unwrap();
        let json = format!(
            r#"[{{"op":"one_hot","columns":["x"],"drop":"{drop}","parity":"{parity}","fit":"all"}},
                {{"op":"ordinal","columns":["o"],"fit":"all"}}]"#
        );
        let made = run_on(&Table::new(frame.clone()), &json).unwrap();
        let back = invert(&made.fitted, &made.table.frame).unwrap();
        prop_assert!(back.frame.column("o").unwrap().equals_missing(frame.column("o").unwrap()));
        // A column of missing values and one level, which was dropped, leaves no column at all.
        if made.fitted.steps[0].learned != Learned::Nothing && back.frame.get_column_index("x").is_some() {
            prop_assert!(back.frame.column("x").unwrap().equals_missing(frame.column("x").unwrap()));
        }
    }

    #[test]
    fn nothing_of_other_parts_is_learned_and_replay_repeats(
        values in prop::collection::vec((prop::option::of(-9.0f64..9.0), prop::option::of(0usize..4), 0u8..3), 8..50),
        other in -1e6f64..1e6,
    ) {
        let names = ["p", "q", "r", "s"];
        let parts: Vec<u8> = values.iter().enumerate().map(|(at, value)| if at < 4 { 0 } else { value.2 }).collect();
        let build = |poison: bool| {
            let hit = |at: usize| poison && parts[at] > 0;
            let x: Vec<Option<f64>> = values.iter().enumerate()
                .map(|(at, value)| if at < 2 { Some(at as f64) } else if hit(at) { Some(other) } else { value.0 }).collect();
            let c: Vec<Option<&str>> = values.iter().enumerate()
                .map(|(at, value)| if hit(at) { Some("new") } else { value.1.map(|code| names[code]) }).collect();
            let y: Vec<f64> = values.iter().enumerate().map(|(at, _)| if hit(at) { other } else { (at % 3) as f64 }).collect();
            split_table(df!("x" => x.clone(), "z" => x, "c" => c, "y" => y).unwrap(), &parts)
        };
        let json = r#"[
            {"op":"impute","columns":["x"],"strategy":"median","by":["c"]},
            {"op":"impute","columns":["z","x"],"strategy":"knn","neighbours":2},
            {"op":"outliers","columns":["x"],"method":"iqr","factor":1.5,"action":"clip"},
            {"op":"bin","columns":["z"],"method":"quantile","bins":3,"keep_source":true},
            {"op":"frequency_encode","columns":["z_bin"]},
            {"op":"target_encode","columns":["c"],"target":"y"},
            {"op":"scale","columns":["x"],"method":"yeo_johnson"},
            {"op":"pca","columns":["x","z"],"components":1,"keep_source":true}
        ]"#;
        let clean = run_on(&build(false), json).unwrap();
        let poisoned = run_on(&build(true), json).unwrap();
        for (a, b) in clean.fitted.steps.iter().zip(&poisoned.fitted.steps) {
            prop_assert_eq!(&a.learned, &b.learned);
        }
        let replayed = apply(&clean.fitted, &build(false).frame, &[], &Around::default()).unwrap().frame;
        let width = replayed.width();
        prop_assert_eq!(width, clean.table.frame.width());
        // Rows of the fit are cross-fitted; all others are what a replay gives.
        for name in ["x", "z", "z_bin", "c", "pc1"] {
            let (here, there) = (cells(&clean.table.frame, name), cells(&replayed, name));
            for row in (0..parts.len()).filter(|row| name != "c" || parts[*row] > 0) {
                prop_assert!(here[row] == there[row] || here[row].is_nan() && there[row].is_nan(), "{name} {row}");
            }
        }
    }

    #[test]
    fn balancing_reaches_its_ratio_in_training_rows_only(
        classes in prop::collection::vec((0usize..3, 0u8..2), 12..60),
        method in prop::sample::select(vec!["over", "under", "smote", "smote_nc"]),
        ratio in 30u32..=100,
        seed in 0u64..9,
    ) {
        let names = ["no", "yes", "perhaps"];
        let mut classes = classes;
        classes.extend([(0, 0), (0, 0), (1, 0), (1, 0), (2, 0), (2, 0)]);
        let y: Vec<&str> = classes.iter().map(|(class, _)| names[*class]).collect();
        let x: Vec<f64> = (0..classes.len()).map(|at| (at * at % 17) as f64).collect();
        let n: Vec<i64> = (0..classes.len()).map(|at| (at * 5 % 11) as i64).collect();
        let mut frame = df!("x" => x, "n" => n, "y" => y).unwrap();
        if method != "smote" {
            let c: Vec<Option<&str>> = (0..classes.len()).map(|at| [Some("u"), Some("v"), None][at % 3]).collect();
            frame.with_column(Column::new("c".into(), c)).unwrap();
        }
        let parts: Vec<u8> = classes.iter().map(|(_, part)| *part).collect();
        let table = split_table(frame, &parts);
        let json = format!(
            r#"[{{"op":"balance","target":"y","method":"{method}","ratio_percent":{ratio},"seed":{seed}}}]"#
        );
        let made = run_on(&table, &json).unwrap();
        let now = made.table.parts.as_ref().unwrap().as_slice();
        let count = |frame: &DataFrame, parts: &[u8], part: u8, name: &str| {
            texts(frame, "y").iter().zip(parts).filter(|(y, own)| **own == part && y.as_deref() == Some(name)).count()
        };
        let before = names.map(|name| count(&table.frame, &parts, 0, name));
        let after = names.map(|name| count(&made.table.frame, now, 0, name));
        let (most, least) = (*before.iter().max().unwrap(), *before.iter().min().unwrap());
        let share = f64::from(ratio) / 100.0;
        for (before, after) in before.into_iter().zip(after) {
            let expected = match method {
                "under" => before.min((least as f64 / share) as usize),
                _ => before.max((most as f64 * share) as usize),
            };
            prop_assert_eq!(after, expected);
        }
        for name in names {
            prop_assert_eq!(count(&table.frame, &parts, 1, name), count(&made.table.frame, now, 1, name));
        }
        prop_assert_eq!(made.table.frame.dtypes(), table.frame.dtypes());
        // New rows lie within the rows they come from.
        let (low, high) = (0.0, 16.0);
        prop_assert!(cells(&made.table.frame, "x").iter().all(|x| (low..=high).contains(x)));
        let again = run_on(&table, &json).unwrap();
        prop_assert!(again.table.frame.equals_missing(&made.table.frame));
    }

    #[test]
    fn no_step_panics_on_any_column(
        values in prop::collection::vec(prop::option::of(prop::num::f64::ANY), 0..12),
        words in prop::collection::vec(prop::option::of("[a-c]{0,2}"), 12),
        op in 0usize..14,
        column in prop::sample::select(vec!["x", "c", "i"]),
    ) {
        let rows = values.len();
        let words: Vec<Option<String>> = words.into_iter().take(rows).collect();
        let whole: Vec<Option<i64>> = values.iter().map(|x| x.map(|x| x as i64)).collect();
        let frame = df!("x" => &values, "c" => words, "i" => whole).unwrap();
        let ops = [
            r#""op":"impute","strategy":"knn""#, r#""op":"impute","strategy":"linear""#,
            r#""op":"scale","method":"quantile","shape":"normal""#, r#""op":"scale","method":"yeo_johnson""#,
            r#""op":"scale","method":"box_cox""#, r#""op":"bin","method":"quantile""#,
            r#""op":"bin","method":"supervised","target":"c""#, r#""op":"outliers","method":"robust""#,
            r#""op":"outliers","method":"quantile","low":0.1,"high":0.9,"action":"null""#, r#""op":"pca""#,
            r#""op":"ordinal""#, r#""op":"target_encode","target":"i""#, r#""op":"binary_encode""#,
            r#""op":"one_hot","parity":"spark""#,
        ];
        let json = format!(r#"[{{{},"columns":["{column}"],"fit":"all"}}]"#, ops[op]);
        if let Ok(made) = run_on(&Table::new(frame.clone()), &json) {
            prop_assert_eq!(made.table.rows(), rows);
            prop_assert!(apply(&made.fitted, &frame, &[], &Around::default()).is_ok());
        }
    }
}

#[test]
fn spark_orders_by_frequency_drops_the_last_and_refuses_missing_and_unseen() {
    let frame = df!("c" => ["b", "a", "c", "b", "a", "b"], "b" => [true, false, true, true, true, false]).unwrap();
    let json = r#"[{"op":"one_hot","columns":["c","b"],"parity":"spark","fit":"all"}]"#;
    let made = run_on(&Table::new(frame), json).unwrap();
    let names: Vec<&str> = made.table.frame.get_column_names().into_iter().map(PlSmallStr::as_str).collect();
    assert_eq!(names, ["c_b", "c_a", "b_true"]);
    let unseen = df!("c" => ["z"], "b" => [true]).unwrap();
    let error = apply(&made.fitted, &unseen, &[], &Around::default()).unwrap_err();
    assert_eq!(error.to_string(), "row 1: the fit did not see «z» of c");
    let gap = df!("c" => [None, Some("a")], "b" => [true, true]).unwrap();
    assert_eq!(run_on(&Table::new(gap), json).unwrap_err().to_string(), "row 1: c is missing");
}

#[test]
fn rare_levels_fold_by_count_and_by_share_and_unseen_ones_with_them() {
    let frame = df!("c" => ["a", "a", "a", "b", "b", "c"]).unwrap();
    let json = r#"[{"op":"group_rare","columns":["c"],"below_percent":0,"below_count":2,"fit":"all"}]"#;
    let made = run_on(&Table::new(frame.clone()), json).unwrap();
    assert_eq!(texts(&made.table.frame, "c")[5].as_deref(), Some("other"));
    assert_eq!(made.outcomes[0].changed_cells, 1);
    assert_eq!(made.outcomes[0].learned, ["c ← 2 levels stay, 1 level (1 rows) become «other»"]);
    let new = apply(&made.fitted, &df!("c" => [Some("z"), None, Some("b")]).unwrap(), &[], &Around::default()).unwrap();
    assert_eq!(texts(&new.frame, "c"), [Some("other".into()), None, Some("b".into())]);
    assert_eq!(new.warnings.len(), 1);
    let json = r#"[{"op":"one_hot","columns":["c"],"rare_below_count":2,"drop":"last","fit":"all"}]"#;
    let made = run_on(&Table::new(frame), json).unwrap();
    let names: Vec<&str> = made.table.frame.get_column_names().into_iter().map(PlSmallStr::as_str).collect();
    assert_eq!(names, ["c_a", "c_other"]);
}

#[test]
fn filling_along_rows_stays_within_groups_and_parts() {
    let frame = df!(
        "x" => [Some(1.0), None, None, Some(4.0), None, Some(8.0)],
        "d" => [Some(0i32), None, Some(10), None, None, Some(40)],
        "g" => ["a", "a", "b", "a", "b", "b"],
    )
    .unwrap();
    let frame = frame.lazy().with_column(col("d").cast(DataType::Date)).collect().unwrap();
    let json = r#"[{"op":"impute","columns":["x","d"],"strategy":"linear","by":["g"]}]"#;
    let made = run_on(&Table::new(frame.clone()), json).unwrap();
    assert!(close(&cells(&made.table.frame, "x"), &[1.0, 2.5, f64::NAN, 4.0, f64::NAN, 8.0], 0.0));
    assert!(close(&cells(&made.table.frame, "d"), &[0.0, f64::NAN, 10.0, f64::NAN, 25.0, 40.0], 0.0));
    assert_eq!(made.table.frame.column("d").unwrap().dtype(), &DataType::Date);
    let json = r#"[{"op":"impute","columns":["x","g"],"strategy":"forward","indicator":true}]"#;
    let made = run_on(&split_table(frame, &[0, 1, 0, 1, 1, 0]), json).unwrap();
    assert!(close(&cells(&made.table.frame, "x"), &[1.0, f64::NAN, 1.0, 4.0, 4.0, 8.0], 0.0));
    assert_eq!(made.outcomes[0].changed_cells, 2);
    assert!(made.outcomes[0].warnings[0].contains("own part"), "{:?}", made.outcomes[0].warnings);
}

#[test]
fn outliers_are_removed_from_training_only_and_never_from_new_rows() {
    let x = [1.0, 2.0, 3.0, 2.0, 100.0, 1.0, 200.0];
    let table = split_table(df!("x" => x, "i" => [1i64, 2, 3, 2, 100, 1, 200]).unwrap(), &[0, 0, 0, 0, 0, 1, 2]);
    let json = r#"[{"op":"outliers","columns":["x"],"method":"robust","factor":3,"action":"remove"}]"#;
    let made = run_on(&table, json).unwrap();
    assert_eq!(cells(&made.table.frame, "x"), [1.0, 2.0, 3.0, 2.0, 1.0, 200.0]);
    assert!(made.outcomes[0].warnings[0].contains("1 row there"), "{:?}", made.outcomes[0].warnings);
    let new = apply(&made.fitted, &table.frame, &[], &Around::default()).unwrap();
    assert_eq!((new.frame.height(), new.warnings.len()), (7, 1));
    let json = r#"[{"op":"outliers","columns":["i"],"method":"bounds","low":1.5,"high":50.5,"action":"clip"},
                   {"op":"outliers","columns":["x"],"method":"bounds","high":50,"action":"flag"},
                   {"op":"outliers","columns":["x"],"method":"bounds","high":50,"action":"null"}]"#;
    let made = run_on(&table, json).unwrap();
    assert_eq!(cells(&made.table.frame, "i"), [2.0, 2.0, 3.0, 2.0, 50.0, 2.0, 50.0]);
    assert_eq!(cells(&made.table.frame, "x_outlier"), [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0]);
    assert_eq!(made.table.frame.column("x").unwrap().null_count(), 2);
}

#[test]
fn a_row_of_the_fit_never_sees_its_own_target() {
    let c: Vec<String> = (0..40).map(|at| format!("only {at}")).collect();
    let y: Vec<f64> = (0..40).map(|at| if at % 2 == 0 { 0.0 } else { 1000.0 }).collect();
    let table = Table::new(df!("c" => c, "y" => &y).unwrap());
    let json = r#"[{"op":"target_encode","columns":["c"],"target":"y","smoothing":0,"folds":5,"fit":"all"}]"#;
    let made = run_on(&table, json).unwrap();
    // Each level stands in one row, so that the other folds know nothing of it but their mean.
    assert!(cells(&made.table.frame, "c").iter().all(|cell| (200.0..800.0).contains(cell)));
    let replayed = apply(&made.fitted, &table.frame, &[], &Around::default()).unwrap();
    assert_eq!(cells(&replayed.frame, "c"), y);
    let two = table.frame.lazy().with_column(col("y").gt(lit(5)).alias("y")).collect().unwrap();
    let made = run_on(&Table::new(two), json).unwrap();
    assert_eq!(made.outcomes[0].warnings, ["y: «true» counts as 1, «false» as 0"]);
}

#[test]
fn weights_and_what_balance_refuses() {
    let frame = df!("y" => ["a", "a", "a", "b", "b"], "x" => [1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
    let table = split_table(frame, &[0, 0, 0, 0, 1]);
    let made = run_on(&table, r#"[{"op":"balance","target":"y"}]"#).unwrap();
    assert!(close(&cells(&made.table.frame, "weight"), &[2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0, 2.0, 1.0], 1e-15));
    let error = run_on(&table, r#"[{"op":"balance","target":"y","method":"smote"}]"#).unwrap_err();
    assert_eq!(error.to_string(), "«b» has one training row, and a new row lies between two");
    let error = run_on(&table, r#"[{"op":"balance","target":"y","method":"over","ratio_percent":0}]"#).unwrap_err();
    assert!(error.to_string().contains("0 %"));
}

#[test]
fn components_refuse_gaps_and_say_the_row() {
    let frame = df!("a" => [Some(1.0), None, Some(3.0)], "b" => [1.0, 2.0, 4.0]).unwrap();
    let error = run_on(&Table::new(frame), r#"[{"op":"pca","columns":["b","a"],"fit":"all"}]"#).unwrap_err();
    assert_eq!(error.to_string(), "row 2: a is missing, and components need every number");
    assert!(error.hint().contains("Fill missing values"));
}

#[test]
fn components_of_constant_and_of_equal_columns_are_finite() {
    let frame = df!("a" => [1.0, 1.0, 1.0], "b" => [1.0, 2.0, 4.0], "c" => [1.0, 2.0, 4.0]).unwrap();
    for columns in [r#"["a"]"#, r#"["b","c"]"#, r#"["a","b","c"]"#] {
        let json = format!(r#"[{{"op":"pca","columns":{columns},"components":3,"fit":"all"}}]"#);
        let made = run_on(&Table::new(frame.clone()), &json).unwrap().table.frame;
        assert!(cells(&made, "pc1").iter().all(|value| value.is_finite()), "{columns}");
    }
}

#[test]
fn what_cannot_be_undone_is_named() {
    let frame = df!("a" => [1.0, 2.0, 3.0], "c" => ["u", "v", "w"]).unwrap();
    let json = r#"[{"op":"drop","columns":["c"]},{"op":"scale","columns":["a"],"fit":"all"}]"#;
    let made = run_on(&Table::new(frame), json).unwrap();
    let back = invert(&made.fitted, &made.table.frame).unwrap();
    assert_eq!(cells(&back.frame, "a"), [1.0, 2.0, 3.0]);
    assert_eq!(back.warnings, ["Step 1: «Drop columns»: columns that it removed cannot be had again"]);
}

#[test]
fn every_encoding_that_has_an_inverse_is_undone() {
    let frame = df!(
        "b" => [Some("x"), Some("y"), None, Some("x"), Some("z")],
        "f" => [Some("x"), Some("y"), Some("y"), None, None],
        "p" => [1.0, 2.0, 4.0, 7.0, -3.0],
        "q" => [0.5, 0.25, 9.0, -1.0, 2.0],
        "i" => [Some(1.5), None, Some(2.5), None, Some(-1.0)],
    )
    .unwrap();
    let json = r#"[{"op":"binary_encode","columns":["b"],"fit":"all"},
        {"op":"frequency_encode","columns":["f"],"unit":"count","fit":"all"},
        {"op":"duplicate","column":"p","name":"copy"},
        {"op":"pca","columns":["p","q"],"components":2,"fit":"all"},
        {"op":"impute","columns":["i"],"strategy":"median","indicator":true,"fit":"all"}]"#;
    let error = invert(&run_on(&Table::new(frame.clone()), json).unwrap().fitted, &frame).unwrap_err();
    assert!(error.to_string().contains("has no inverse for f: several levels have the number 2"), "{error}");
    let mut frame = frame;
    frame
        .with_column(Series::new("f".into(), [Some("x"), Some("y"), Some("y"), Some("y"), None]).into_column())
        .unwrap();
    let made = run_on(&Table::new(frame.clone()), json).unwrap();
    let error = invert(&made.fitted, &made.table.frame);
    // One row holds x, one is missing.
    assert!(error.unwrap_err().to_string().contains("several levels have the number 1"));
    frame
        .with_column(Series::new("f".into(), [Some("x"), Some("y"), Some("y"), None, Some("y")]).into_column())
        .unwrap();
    let json =
        json.replace("\"frequency_encode\",\"columns\":[\"f\"],\"unit\":\"count\"", "\"ordinal\",\"columns\":[\"f\"]");
    let made = run_on(&Table::new(frame.clone()), &json).unwrap();
    let back = invert(&made.fitted, &made.table.frame).unwrap();
    assert_eq!(back.warnings, Vec::<String>::new());
    assert_eq!(back.frame.width(), frame.width(), "{:?}", back.frame.get_column_names());
    for name in ["b", "f"] {
        assert_eq!(texts(&back.frame, name), texts(&frame, name), "{name}");
    }
    for name in ["p", "q", "i"] {
        assert!(close(&cells(&back.frame, name), &cells(&frame, name), 1e-12), "{name}");
    }
    // Fewer components give numbers that are near, and say so.
    let json = r#"[{"op":"pca","columns":["p","q"],"components":1,"fit":"all"}]"#;
    let made = run_on(&Table::new(frame.clone()), json).unwrap();
    let back = invert(&made.fitted, &made.table.frame).unwrap();
    assert!(back.warnings[0].contains("1 of 2 components hold "), "{:?}", back.warnings);
    assert_eq!(back.frame.get_column_names(), ["b", "f", "i", "p", "q"]);
}

#[test]
fn a_step_without_an_inverse_is_named() {
    let frame = df!("a" => [1.0, 2.0, 30.0], "c" => ["u", "v", "w"]).unwrap();
    let made = run_on(
        &Table::new(frame.clone()),
        r#"[{"op":"sort","by":[{"column":"a"}]},{"op":"bin","columns":["a"],"fit":"all"}]"#,
    )
    .unwrap();
    let error = invert(&made.fitted, &made.table.frame).unwrap_err();
    assert_eq!(error.to_string(), "«Bin» (bin), which made a, has no inverse");
    assert!(matches!(error, DataError::InStep { step: 2, .. }));
    // On the columns that it did not make nothing is in the way.
    let back = invert(&made.fitted, &frame.select(["c"]).unwrap()).unwrap();
    assert_eq!(back.warnings, ["Step 1: «Sort rows»: rows that it took away, added or moved stay as they are"]);
    let made = run_on(&Table::new(frame), r#"[{"op":"group_by","by":["c"],"aggregations":[]}]"#).unwrap();
    let error = invert(&made.fitted, &made.table.frame).unwrap_err();
    assert!(
        error.to_string().ends_with("has no inverse: it makes another table")
            || error.to_string().contains("which made c"),
        "{error}"
    );
}

#[test]
fn decimals_have_levels_in_every_step_that_takes_levels() {
    let decimals = |units: &[Option<i128>], scale| {
        let cells: Int128Chunked = units.iter().copied().collect();
        cells.into_decimal(38, scale).unwrap().into_series()
    };
    let units = [Some(250), Some(1000), None, Some(250), Some(-5), Some(250)];
    let frame = |name: &str, units: &[Option<i128>], scale| {
        let y: Vec<f64> = (0..units.len()).map(|at| (at % 2) as f64).collect();
        DataFrame::new(
            units.len(),
            vec![decimals(units, scale).with_name(name.into()).into_column(), Series::new("y".into(), y).into_column()],
        )
        .unwrap()
    };
    let table = Table::new(frame("d", &units, 2));
    // The same values in another file, with more places, and one that the fit did not see.
    let new = frame("d", &[Some(25_000), Some(-500), None, Some(77_000)], 4);
    let check = |json: &str, name: &str, fitted: &[Option<&str>], replayed: &[Option<&str>]| {
        let made = run_on(&table, json).unwrap_or_else(|error| panic!("{json}: {error}"));
        let found = texts(&made.table.frame, name);
        assert_eq!(found.iter().map(Option::as_deref).collect::<Vec<_>>(), fitted, "{json}");
        let applied = apply(&made.fitted, &new, &[], &Around::default()).unwrap();
        let found = texts(&applied.frame, name);
        assert_eq!(found.iter().map(Option::as_deref).collect::<Vec<_>>(), replayed, "{json}, replayed");
        made
    };
    let one = |text| Some(text);
    let made = check(
        r#"[{"op":"one_hot","columns":["d"],"fit":"all"}]"#,
        "d_2.5",
        &[one("1"), one("0"), one("0"), one("1"), one("0"), one("1")],
        &[one("1"), one("0"), one("0"), one("0")],
    );
    assert_eq!(made.table.frame.get_column_names(), ["d_-0.05", "d_2.5", "d_10", "d_null", "y"]);
    let back = invert(&made.fitted, &made.table.frame).unwrap().frame;
    assert_eq!(back.column("d").unwrap().dtype(), &DataType::Decimal(38, 2));
    assert!(back.column("d").unwrap().equals_missing(table.frame.column("d").unwrap()));
    let made = check(
        r#"[{"op":"ordinal","columns":["d"],"order":["10.00","2.50"],"fit":"all"}]"#,
        "d",
        &[one("1"), one("0"), None, one("1"), one("2"), one("1")],
        &[one("1"), one("2"), None, None],
    );
    let back = invert(&made.fitted, &made.table.frame).unwrap().frame;
    assert!(back.column("d").unwrap().equals_missing(table.frame.column("d").unwrap()));
    check(
        r#"[{"op":"frequency_encode","columns":["d"],"unit":"count","fit":"all"}]"#,
        "d",
        &[one("3"), one("1"), one("1"), one("3"), one("1"), one("3")],
        &[one("3"), one("1"), one("1"), one("0")],
    );
    check(
        r#"[{"op":"binary_encode","columns":["d"],"fit":"all"}]"#,
        "d_2",
        &[one("1"), one("0"), one("0"), one("1"), one("1"), one("1")],
        &[one("1"), one("1"), one("0"), one("0")],
    );
    check(
        r#"[{"op":"group_rare","columns":["d"],"below_count":2,"fit":"all"}]"#,
        "d",
        &[one("2.5"), one("other"), None, one("2.5"), one("other"), one("2.5")],
        &[one("2.5"), one("other"), None, one("other")],
    );
    check(
        r#"[{"op":"impute","columns":["d"],"strategy":"mode","fit":"all"}]"#,
        "d",
        &[one("2.50"), one("10.00"), one("2.50"), one("2.50"), one("-0.05"), one("2.50")],
        &[one("2.5000"), one("-0.0500"), one("2.5000"), one("7.7000")],
    );
    check(
        r#"[{"op":"replace_values","columns":["d"],"pairs":[{"from":"2.500","to":"3.125"}]}]"#,
        "d",
        &[one("3.125"), one("10.000"), None, one("3.125"), one("-0.050"), one("3.125")],
        &[one("3.125"), one("-0.050"), None, one("7.700")],
    );
    // The same buckets as the text of the level, and the same means as a column of floats.
    let other = |kind: &str, op: &str, column: &str| {
        let json = format!(r#"[{{"op":"cast","columns":["d"],"to":"{kind}"}},{op}]"#);
        texts(&run_on(&table, &json).unwrap().table.frame, column)
    };
    let hashed = r#"{"op":"hash_encode","columns":["d"],"buckets":3}"#;
    let encoded = r#"{"op":"target_encode","columns":["d"],"target":"y","folds":2,"fit":"all"}"#;
    for (op, column) in [(hashed, "d_hash_0"), (hashed, "d_hash_1"), (hashed, "d_hash_2"), (encoded, "d")] {
        assert_eq!(other("decimal", op, column), other("float", op, column), "{op}");
    }
    let pivot = r#"[{"op":"duplicate","column":"y","name":"z"},
        {"op":"pivot","index":["y"],"on":"d","values":"z","function":"rows"}]"#;
    let made = run_on(&table, pivot).unwrap().table.frame;
    assert_eq!(made.get_column_names(), ["y", "-0.05", "2.5", "10", "null"]);
    assert_eq!(cells(&made, "2.5"), [1.0, 2.0]);
}

#[test]
fn recipes_stored_before_load_and_replay() {
    let stored = r#"{"schema":1,"steps":[
        {"number":1,"step":{"op":"scale","columns":["x"],"method":"standard"},"fits_on_all":false,"fit_rows":3,
         "learned":{"kind":"scales","columns":[{"column":"x","centre":2.0,"width":2.0}]}},
        {"number":2,"step":{"op":"impute","columns":["y"],"strategy":"mean"},"fit_rows":3,
         "learned":{"kind":"fills","columns":[{"column":"y","type":"float","value":{"float":7.0}}]}},
        {"number":3,"step":{"op":"one_hot","columns":["c"]},"fit_rows":3,
         "learned":{"kind":"levels","columns":[{"column":"c","levels":[{"value":"a","count":3,"name":"c_a"}]}]}}]}"#;
    let fitted: FittedRecipe = serde_json::from_str(stored).unwrap();
    let frame = df!("x" => [4.0], "y" => [None::<f64>], "c" => ["a"]).unwrap();
    let made = apply(&fitted, &frame, &[], &Around::default()).unwrap().frame;
    assert_eq!((cells(&made, "x"), cells(&made, "y"), cells(&made, "c_a")), (vec![1.0], vec![7.0], vec![1.0]));
    assert!(matches!(fitted.steps[2].step.op, StepOp::OneHot(_)));
}
