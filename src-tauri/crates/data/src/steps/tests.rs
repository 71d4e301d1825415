use cairn_protocol::{
    ParamValue,
    steps::{
        Combine, Condition, DropLevel, FilterAction, FitScope, ImputeStrategy, NullLevel, Renaming, ScaleMethod, Step,
        StepOp, Test, Unfit, UnseenLevel,
    },
    table::{ColumnChange, ColumnType},
};
use polars::prelude::*;
use proptest::prelude::*;

use super::*;
use crate::{error::DataError, progress::NoProgress};

fn step(op: StepOp) -> Step {
    Step { op, enabled: true }
}

fn names(columns: &[&str]) -> Vec<String> {
    columns.iter().map(|name| (*name).to_owned()).collect()
}

fn impute(columns: &[&str], strategy: ImputeStrategy) -> StepOp {
    StepOp::Impute(cairn_protocol::steps::Impute {
        columns: names(columns),
        strategy,
        value: None,
        indicator: false,
        fit: FitScope::Train,
        ..Default::default()
    })
}

fn cast(columns: &[&str], to: ColumnType, unfit: Unfit) -> StepOp {
    StepOp::Cast { columns: names(columns), to, unfit }
}

fn scale(columns: &[&str], method: ScaleMethod) -> StepOp {
    StepOp::Scale(cairn_protocol::steps::Scale {
        columns: names(columns),
        method,
        fit: FitScope::Train,
        ..Default::default()
    })
}

fn one_hot(columns: &[&str]) -> StepOp {
    StepOp::OneHot(cairn_protocol::steps::OneHot {
        columns: names(columns),
        drop: DropLevel::None,
        nulls: NullLevel::OwnColumn,
        unseen: UnseenLevel::AllZeros,
        rare_below_percent: 0.0,
        max_categories: None,
        name_pattern: "{column}_{value}".into(),
        keep_source: false,
        fit: FitScope::Train,
        ..Default::default()
    })
}

fn split_flags(column: &str, separator: &str) -> StepOp {
    StepOp::SplitFlags {
        column: column.into(),
        separator: separator.into(),
        rare_below_percent: 0.0,
        keep_source: false,
        fit: FitScope::Train,
    }
}

fn filter(column: &str, test: Test, value: &str) -> StepOp {
    let value = (!value.is_empty()).then(|| ParamValue::Text(value.into()));
    let condition = Condition { column: column.into(), test, value, other: None };
    StepOp::Filter { conditions: vec![condition.into()], combine: Combine::All, action: FilterAction::Keep }
}

/// Six training rows, two of validation; the validation rows would move every figure if they were learned from.
fn table() -> Table {
    let frame = df!(
        "age" => [Some(20i64), Some(30), None, Some(50), Some(60), Some(40), Some(1000), None],
        "bmi" => [Some(20.5), None, Some(30.0), Some(25.0), Some(f64::NAN), Some(28.0), Some(900.0), None],
        "smoking" => [Some("never"), Some("former"), None, Some("never"), Some("never"), Some("current"), Some("pipe"), None],
        "conditions" => [Some("a; b"), Some("b"), None, Some(""), Some("a;a; c"), Some("b"), Some("z;a"), Some(" c ")],
        "text" => ["1", "2.5", " 3 ", "", "x", "6", "7", "8"],
    )
    .unwrap();
    Table::with_parts(frame, Some(Parts::new(vec![0, 0, 0, 0, 0, 0, 1, 1]).unwrap())).unwrap()
}

fn run(steps: &[StepOp]) -> Result<RecipeRun, DataError> {
    let steps: Vec<Step> = steps.iter().cloned().map(step).collect();
    run_recipe(&table(), &steps, &Around::default(), &NoProgress)
}

fn cells(frame: &DataFrame, name: &str) -> Vec<f64> {
    columns::numbers(columns::column(frame, name).unwrap()).unwrap()
}

fn refused(op: StepOp) -> (String, String) {
    let error = run(&[op]).unwrap_err();
    (error.to_string(), error.hint())
}

#[test]
fn filling_learns_from_training_rows_only_and_counts_exactly() {
    let made = run(&[impute(&["bmi"], ImputeStrategy::Median), impute(&["age"], ImputeStrategy::Mean)]).unwrap();
    // The median of 20.5, 30, 25, 28: NaN is missing.
    assert_eq!(cells(&made.table.frame, "bmi"), [20.5, 26.5, 30.0, 25.0, 26.5, 28.0, 900.0, 26.5]);
    assert_eq!(made.outcomes[0].learned, ["bmi ← median 26.5"]);
    assert_eq!(made.outcomes[0].changed_cells, 3);
    assert_eq!(made.outcomes[0].fit_rows, Some(6));
    assert!(!made.outcomes[0].fits_on_all);
    assert_eq!(cells(&made.table.frame, "age")[2], 40.0);
    assert_eq!(made.table.frame.column("age").unwrap().dtype(), &DataType::Float64, "a mean of ints makes floats");
    let whole = run(&[impute(&["age"], ImputeStrategy::Median)]).unwrap();
    assert_eq!(whole.table.frame.column("age").unwrap().dtype(), &DataType::Int64, "a whole median keeps ints");
    let mode = run(&[impute(&["smoking", "conditions"], ImputeStrategy::Mode)]).unwrap();
    assert_eq!(mode.outcomes[0].learned, ["smoking ← most frequent «never»", "conditions ← most frequent «b»"]);
    assert_eq!(mode.table.frame.column("smoking").unwrap().str().unwrap().get(7), Some("never"));
}

#[test]
fn constants_indicators_and_what_cannot_be_filled() {
    let constant = |columns: &[&str], value: &str, indicator| {
        StepOp::Impute(cairn_protocol::steps::Impute {
            columns: names(columns),
            strategy: ImputeStrategy::Constant,
            value: Some(ParamValue::Text(value.into())),
            indicator,
            fit: FitScope::Train,
            ..Default::default()
        })
    };
    let made = run(&[constant(&["age"], "0", true)]).unwrap();
    let columns: Vec<&str> = made.table.frame.get_column_names().into_iter().map(|name| name.as_str()).collect();
    assert_eq!(columns[..3], ["age", "age_missing", "bmi"]);
    assert_eq!(cells(&made.table.frame, "age_missing"), [0., 0., 1., 0., 0., 0., 0., 1.]);
    assert_eq!((made.outcomes[0].fit_rows, made.outcomes[0].changed_cells), (None, 2));
    let (what, _) = refused(constant(&["age"], "old", false));
    assert_eq!(what, "age holds ints, «old» is none");
    let (what, hint) = refused(impute(&["smoking"], ImputeStrategy::Mean));
    assert_eq!(what, "smoking holds texts, which have no mean or median");
    assert!(hint.contains("most frequent"));
    let emptied = run(&[filter("bmi", Test::IsNull, ""), impute(&["bmi"], ImputeStrategy::Mean)]).unwrap_err();
    assert_eq!(emptied.to_string(), "bmi has no value in the training rows");
    let info = cairn_protocol::ErrorInfo::from(emptied);
    assert_eq!((info.place.step, info.place.column.as_deref()), (Some(2), Some("bmi")));
}

/// scikit-learn 1.9.1 on 20.5, 30, 25, 28 (`StandardScaler`, `MinMaxScaler`, `RobustScaler`), transforming 30.
#[test]
fn scales_are_those_of_scikit_learn() {
    let check = |method, expected: f64| {
        let made = run(&[scale(&["bmi"], method)]).unwrap();
        let scaled = cells(&made.table.frame, "bmi");
        assert!((scaled[2] - expected).abs() < 1e-12, "{method:?}: {}", scaled[2]);
        assert!(scaled[1].is_nan() && scaled[4].is_nan());
        assert_eq!(made.table.frame.column("bmi").unwrap().null_count(), 3);
    };
    check(ScaleMethod::Standard, 1.153_113_320_394_110_2);
    check(ScaleMethod::MinMax, 1.0);
    check(ScaleMethod::Robust, 0.756_756_756_756_756_8);
    let constant = run(&[filter("age", Test::Equal, "20"), scale(&["age"], ScaleMethod::Standard)]).unwrap();
    assert_eq!(cells(&constant.table.frame, "age"), [0.0], "a constant column becomes 0");
}

#[test]
fn one_hot_knows_the_levels_of_the_training_rows() {
    let made = run(&[one_hot(&["smoking"])]).unwrap();
    assert_eq!(made.outcomes[0].added, ["smoking_current", "smoking_former", "smoking_never", "smoking_null"]);
    assert_eq!(made.outcomes[0].removed, ["smoking"]);
    assert_eq!(cells(&made.table.frame, "smoking_never"), [1., 0., 0., 1., 1., 0., 0., 0.]);
    assert_eq!(cells(&made.table.frame, "smoking_null"), [0., 0., 1., 0., 0., 0., 0., 1.]);
    assert_eq!(made.table.frame.column("smoking_null").unwrap().dtype(), &DataType::UInt8);
    assert_eq!(
        made.outcomes[0].warnings,
        ["smoking: 1 row holds values the fit did not see (pipe), zero in every column"]
    );
    assert_eq!(made.outcomes[0].learned, ["smoking → 4 columns: never 50.0 %, current 16.7 %, former 16.7 %"]);
    // The columns stand where the source stood.
    assert_eq!(made.table.frame.get_column_index("smoking_current"), Some(2));
}

#[test]
fn every_choice_of_one_hot_does_what_it_says() {
    let check = |change: &dyn Fn(&mut StepOp), added: &[&str]| -> DataFrame {
        let mut op = one_hot(&["smoking"]);
        change(&mut op);
        let made = run(&[op]).unwrap();
        assert_eq!(made.outcomes[0].added, added);
        made.table.frame
    };
    fn set(op: &mut StepOp, drop_: DropLevel, nulls_: NullLevel, unseen_: UnseenLevel) {
        if let StepOp::OneHot(cairn_protocol::steps::OneHot { drop, nulls, unseen, .. }) = op {
            (*drop, *nulls, *unseen) = (drop_, nulls_, unseen_);
        }
    }
    use UnseenLevel::{AllZeros, Other};
    let all = ["smoking_current", "smoking_former", "smoking_never"];
    let frame = check(&|op| set(op, DropLevel::None, NullLevel::AllZeros, AllZeros), &all);
    assert_eq!(cells(&frame, "smoking_never")[2], 0.0);
    let frame = check(&|op| set(op, DropLevel::None, NullLevel::Null, AllZeros), &all);
    assert!(cells(&frame, "smoking_never")[2].is_nan() && cells(&frame, "smoking_current")[7].is_nan());
    check(&|op| set(op, DropLevel::First, NullLevel::AllZeros, AllZeros), &all[1..]);
    check(&|op| set(op, DropLevel::MostFrequent, NullLevel::AllZeros, AllZeros), &all[..2]);
    check(&|op| set(op, DropLevel::IfTwo, NullLevel::AllZeros, AllZeros), &all);
    let frame = check(
        &|op| set(op, DropLevel::None, NullLevel::AllZeros, Other),
        &["smoking_current", "smoking_former", "smoking_never", "smoking_other"],
    );
    assert_eq!(cells(&frame, "smoking_other"), [0., 0., 0., 0., 0., 0., 1., 0.]);
    let frame = check(
        &|op| {
            if let StepOp::OneHot(cairn_protocol::steps::OneHot { rare_below_percent, .. }) = op {
                *rare_below_percent = 20.0;
            }
        },
        &["smoking_never", "smoking_other", "smoking_null"],
    );
    assert_eq!(cells(&frame, "smoking_other"), [0., 1., 0., 0., 0., 1., 0., 0.]);
    check(
        &|op| {
            if let StepOp::OneHot(cairn_protocol::steps::OneHot { max_categories, .. }) = op {
                *max_categories = Some(2);
            }
        },
        &["smoking_current", "smoking_never", "smoking_other", "smoking_null"],
    );
    let fails = |drop, nulls, unseen| {
        let mut op = one_hot(&["smoking"]);
        set(&mut op, drop, nulls, unseen);
        refused(op).0
    };
    assert_eq!(fails(DropLevel::None, NullLevel::Error, AllZeros), "row 3: smoking is missing");
    let what = fails(DropLevel::None, NullLevel::AllZeros, UnseenLevel::Error);
    assert_eq!(what, "row 7: the fit did not see «pipe» of smoking");
}

#[test]
fn names_never_meet_and_width_is_predicted() {
    let frame = df!("c" => ["other", "x", "y", "x"], "c_x" => [1i64, 2, 3, 4]).unwrap();
    let parts = Some(Parts::new(vec![0; 4]).unwrap());
    let mut op = one_hot(&["c"]);
    if let StepOp::OneHot(cairn_protocol::steps::OneHot { unseen, .. }) = &mut op {
        *unseen = UnseenLevel::Other;
    }
    let made =
        run_recipe(&Table::with_parts(frame, parts).unwrap(), &[step(op)], &Around::default(), &NoProgress).unwrap();
    assert_eq!(made.outcomes[0].added, ["c_other", "c_x_2", "c_y", "c_other_2"]);
    assert_eq!(made.outcomes[0].warnings.len(), 2);

    let wide = df!("id" => (0..10_001i64).collect::<Vec<_>>()).unwrap();
    let table = Table::with_parts(wide, Some(Parts::new(vec![0; 10_001]).unwrap())).unwrap();
    let error = run_recipe(&table, &[step(one_hot(&["id"]))], &Around::default(), &NoProgress).unwrap_err();
    assert_eq!(error.to_string(), "id would become 10,001 columns, more than 10,000");
    assert!(refused(one_hot(&["bmi"])).0.contains("floats"));
}

#[test]
fn flags_are_trimmed_and_counted_once() {
    let made = run(&[split_flags("conditions", ";")]).unwrap();
    assert_eq!(made.outcomes[0].added, ["conditions_a", "conditions_b", "conditions_c"]);
    assert_eq!(cells(&made.table.frame, "conditions_a"), [1., 0., 0., 0., 1., 0., 1., 0.]);
    assert_eq!(cells(&made.table.frame, "conditions_c"), [0., 0., 0., 0., 1., 0., 0., 1.]);
    assert!(made.outcomes[0].warnings[0].contains("(z), left out"), "{:?}", made.outcomes[0].warnings);
}

#[test]
fn casts_name_the_first_value_that_does_not_fit() {
    let (what, hint) = refused(cast(&["text"], ColumnType::Int, Unfit::Error));
    assert_eq!(what, "row 2: «2.5» of text cannot become a whole number, nor can 1 other cells");
    assert!(hint.contains("null"));
    let made = run(&[cast(&["text"], ColumnType::Int, Unfit::Null)]).unwrap();
    let text = cells(&made.table.frame, "text");
    assert!(text[0] == 1.0 && text[1].is_nan() && text[2] == 3.0 && text[3].is_nan() && text[4].is_nan());
    assert_eq!(made.outcomes[0].warnings, ["text: 2 cells became null, the first «2.5»"]);
    let float =
        run(&[cast(&["text"], ColumnType::Float, Unfit::Null), cast(&["age"], ColumnType::Float, Unfit::Error)]);
    let float = float.unwrap();
    assert_eq!(float.outcomes[1].changed_cells, 0, "whole numbers keep their value as floats");
    let category = run(&[cast(&["smoking"], ColumnType::Category, Unfit::Error), one_hot(&["smoking"])]).unwrap();
    assert_eq!(category.outcomes[1].added.len(), 4);
}

#[test]
fn casts_between_every_reasonable_pair() {
    let check = |values: Series, to, expected: Series| {
        let name = values.name().to_string();
        let frame = values.into_frame();
        let made =
            run_recipe(&Table::new(frame), &[step(cast(&[&name], to, Unfit::Error))], &Around::default(), &NoProgress)
                .unwrap();
        let found = made.table.frame.column(&name).unwrap().as_materialized_series();
        assert!(found.equals_missing(&expected), "{found} {expected}");
        assert_eq!(found.dtype(), expected.dtype());
    };
    let s = |values: &[&str]| Series::new("x".into(), values);
    let days = |values: &[i32]| Series::new("x".into(), values).cast(&DataType::Date).unwrap();
    check(s(&["yes", "No", "1", "f"]), ColumnType::Bool, Series::new("x".into(), [true, false, true, false]));
    check(Series::new("x".into(), [1.0, 0.0]), ColumnType::Bool, Series::new("x".into(), [true, false]));
    check(Series::new("x".into(), [2.0, -7.0]), ColumnType::Int, Series::new("x".into(), [2i64, -7]));
    check(Series::new("x".into(), [true, false]), ColumnType::Int, Series::new("x".into(), [1i64, 0]));
    check(Series::new("x".into(), [1i64, 20]), ColumnType::Text, s(&["1", "20"]));
    check(s(&["2026-11-20", "1970-01-02"]), ColumnType::Date, days(&[20_777, 1]));
    check(s(&["20.11.2026", "02.01.1970"]), ColumnType::Date, days(&[20_777, 1]));
    check(s(&["11/20/2026", "01/02/1970"]), ColumnType::Date, days(&[20_777, 1]));
    check(s(&["20/11/2026", "02/01/1970"]), ColumnType::Date, days(&[20_777, 1]));
    let moments = Series::new("x".into(), [86_400_000_000i64, 90_061_500_000])
        .cast(&DataType::Datetime(TimeUnit::Microseconds, None))
        .unwrap();
    check(s(&["1970-01-02T00:00:00", "1970-01-02T01:01:01.5"]), ColumnType::Datetime, moments.clone());
    check(s(&["1970-01-02 00:00:00", "1970-01-02 01:01:01.5"]), ColumnType::Datetime, moments.clone());
    check(moments.clone(), ColumnType::Date, days(&[1, 1]));
    check(days(&[1, 1]), ColumnType::Datetime, {
        Series::new("x".into(), [86_400_000_000i64; 2]).cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap()
    });
    let times = Series::new("x".into(), [0i64, 3_661_500_000_000]).cast(&DataType::Time).unwrap();
    check(s(&["00:00:00", "01:01:01.5"]), ColumnType::Time, times.clone());
    check(moments, ColumnType::Time, times);
    let (what, hint) = refused(cast(&["age"], ColumnType::Date, Unfit::Error));
    assert_eq!((what.as_str(), hint.as_str()), ("age holds ints, which cannot become dates", "Set it to text first"));
}

#[test]
fn rows_keep_part_and_number_through_filters() {
    let made = run(&[filter("age", Test::NotNull, ""), filter("age", Test::Greater, "35")]).unwrap();
    assert_eq!(made.table.parts.as_ref().unwrap().as_slice(), [0, 0, 0, 1]);
    assert_eq!(made.table.row_numbers.as_deref(), Some(&[3u64, 4, 5, 6][..]));
    assert_eq!(made.outcomes.iter().map(|outcome| outcome.rows_removed).collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn dropping_and_renaming() {
    let rename = |pairs: &[(&str, &str)]| StepOp::Rename {
        names: pairs.iter().map(|(from, to)| Renaming { from: (*from).into(), to: (*to).into() }).collect(),
    };
    let made = run(&[rename(&[("age", "bmi"), ("bmi", "age")]), StepOp::Drop { columns: names(&["text"]) }]).unwrap();
    assert_eq!(cells(&made.table.frame, "bmi")[0], 20.0, "names can change places");
    assert_eq!(made.outcomes[1].removed, ["text"]);
    assert_eq!(refused(rename(&[("age", "bmi")])).0, "the step makes a second column «bmi»");
    assert_eq!(refused(StepOp::Drop { columns: names(&["agee"]) }).1, "Did you mean «age»?");
}

#[test]
fn a_step_that_learns_needs_training_rows_or_says_so() {
    let plain = Table::new(table().frame);
    let error = run_recipe(&plain, &[step(scale(&["age"], ScaleMethod::Standard))], &Around::default(), &NoProgress)
        .unwrap_err();
    assert_eq!(error.hint(), "Add a split cell above, or set the step to fit on all rows");
    let all = StepOp::Scale(cairn_protocol::steps::Scale {
        columns: names(&["age"]),
        method: ScaleMethod::MinMax,
        fit: FitScope::All,
        ..Default::default()
    });
    let made = run_recipe(&table(), &[step(all.clone())], &Around::default(), &NoProgress).unwrap();
    assert!(made.outcomes[0].fits_on_all && !made.outcomes[0].warnings.is_empty());
    assert_eq!((made.outcomes[0].fit_rows, made.fitted.steps_fit_on_all()), (Some(8), vec![1]));
    assert!(run_recipe(&plain, &[step(all)], &Around::default(), &NoProgress).unwrap().outcomes[0].fits_on_all);
    let off = Step { op: scale(&["nothing"], ScaleMethod::MinMax), enabled: false };
    let made = run_recipe(&table(), &[off], &Around::default(), &NoProgress).unwrap();
    assert!(made.outcomes[0].skipped && made.table.frame.equals_missing(&table().frame));
}

#[test]
fn replay_tolerates_only_what_may_be_absent() {
    let steps = [
        impute(&["bmi", "age"], ImputeStrategy::Median),
        filter("smoking", Test::NotNull, ""),
        StepOp::Drop { columns: names(&["text"]) },
        one_hot(&["smoking"]),
    ];
    let made = run(&steps).unwrap();
    let text = serde_json::to_string(&made.fitted).unwrap();
    let fitted: FittedRecipe = serde_json::from_str(&text).unwrap();
    assert_eq!(fitted, made.fitted);
    let bare = table().frame.drop("age").unwrap().drop("text").unwrap();
    let error = apply(&fitted, &bare, &[], &Around::default()).unwrap_err();
    assert!(error.to_string().contains("age"), "{error}");
    let applied = apply(&fitted, &bare, &names(&["age"]), &Around::default()).unwrap();
    assert_eq!(applied.row_numbers.as_deref(), Some(&[0u64, 1, 3, 4, 5, 6][..]));
    assert!(applied.warnings.iter().any(|text| text == "text was not there to drop"));
    assert!(applied.frame.column("smoking_former").is_ok());
}

#[test]
fn a_preview_shows_what_changes() {
    let before = table();
    let steps = [filter("age", Test::NotNull, ""), impute(&["bmi"], ImputeStrategy::Median), one_hot(&["smoking"])];
    let after = run(&steps).unwrap().table;
    let window = Preview { first_row: 1, rows: 2, first_column: 0, columns: 100, changed_first: true };
    let page = preview(&before, &after, window).unwrap();
    assert_eq!((page.rows_total, page.first_row, page.row_numbers.as_slice()), (6, 1, &[1u64, 3][..]));
    let shown: Vec<(&str, ColumnChange)> =
        page.columns.iter().map(|column| (column.name.as_str(), column.change)).collect();
    use ColumnChange::{Added, Changed, Removed, Same};
    assert_eq!(
        shown,
        [
            ("bmi", Changed),
            ("smoking", Removed),
            ("smoking_current", Added),
            ("smoking_former", Added),
            ("smoking_never", Added),
            ("age", Same),
            ("conditions", Same),
            ("text", Same),
        ]
    );
    assert_eq!(page.columns[0].changed, [true, false]);
    assert_eq!(page.columns[0].cells[0].as_deref(), Some("25"));
    assert_eq!(page.columns[1].cells, [Some("former".to_owned()), Some("never".to_owned())]);
}

fn any_table() -> impl Strategy<Value = Table> {
    let row = (
        prop::option::weighted(0.8, -50i64..50),
        prop::option::weighted(0.8, -1e3..1e3),
        prop::option::weighted(0.8, prop::sample::select(vec!["a", "b", "c", "d e", "null", "other"])),
        prop::option::weighted(0.8, prop::sample::select(vec!["x;y", "y", "z; x", "", "w"])),
        0u8..3,
    );
    prop::collection::vec(row, 8..40).prop_map(|rows| {
        let frame = df!(
            "n" => rows.iter().map(|row| row.0).collect::<Vec<_>>(),
            "r" => rows.iter().map(|row| row.1).collect::<Vec<_>>(),
            "c" => rows.iter().map(|row| row.2).collect::<Vec<_>>(),
            "m" => rows.iter().map(|row| row.3).collect::<Vec<_>>(),
        )
        .unwrap();
        let parts = rows.iter().map(|row| row.4).collect();
        Table::with_parts(frame, Some(Parts::new(parts).unwrap())).unwrap()
    })
}

fn any_step() -> impl Strategy<Value = StepOp> {
    prop_oneof![
        Just(impute(&["n", "r"], ImputeStrategy::Median)),
        Just(impute(&["n", "r"], ImputeStrategy::Mean)),
        Just(impute(&["n", "c", "m"], ImputeStrategy::Mode)),
        Just(scale(&["n", "r"], ScaleMethod::Standard)),
        Just(scale(&["r"], ScaleMethod::Robust)),
        Just(scale(&["n"], ScaleMethod::MinMax)),
        Just(one_hot(&["c"])),
        Just(split_flags("m", ";")),
        Just(filter("n", Test::NotNull, "")),
        Just(filter("r", Test::Less, "500")),
        Just(cast(&["n"], ColumnType::Float, Unfit::Error)),
        Just(cast(&["c"], ColumnType::Category, Unfit::Error)),
        Just(cast(&["c"], ColumnType::Int, Unfit::Null)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// What a recipe makes of the rows it ran on, its replay makes of them too: of all rows at once, and of the rows
    /// that were not learned from alone. A recipe that cannot run fails without panic.
    #[test]
    fn replay_equals_the_run(table in any_table(), ops in prop::collection::vec(any_step(), 1..6)) {
        let steps: Vec<Step> = ops.into_iter().map(step).collect();
        let Ok(made) = run_recipe(&table, &steps, &Around::default(), &NoProgress) else { return Ok(()) };
        let text = serde_json::to_string(&made.fitted).unwrap();
        let fitted: FittedRecipe = serde_json::from_str(&text).unwrap();
        let applied = apply(&fitted, &table.frame, &[], &Around::default()).unwrap();
        prop_assert!(applied.frame.equals_missing(&made.table.frame));
        prop_assert_eq!(applied.frame.schema(), made.table.frame.schema());
        prop_assert_eq!(&applied.row_numbers, &made.table.row_numbers);

        let others: Vec<bool> = table.parts.as_ref().unwrap().as_slice().iter().map(|part| *part != 0).collect();
        let alone = apply(&fitted, &table.filter(&others).unwrap().frame, &[], &Around::default()).unwrap();
        let after = made.table.parts.as_ref().unwrap().as_slice().iter().map(|part| *part != 0).collect::<Vec<_>>();
        let expected = made.table.filter(&after).unwrap().frame;
        prop_assert!(alone.frame.equals_missing(&expected), "{} {}", alone.frame, expected);
    }

    /// The count of changed cells is what a comparison of the tables finds.
    #[test]
    fn changed_cells_are_counted_exactly(table in any_table(), op in any_step()) {
        let Ok(made) = run_recipe(&table, &[step(op)], &Around::default(), &NoProgress) else { return Ok(()) };
        if made.table.rows() != table.rows() {
            return Ok(());
        }
        let mut changed = 0;
        for column in table.frame.columns() {
            let Ok(after) = made.table.frame.column(column.name()) else { continue };
            for row in 0..table.rows() {
                let number = |column: &Column| match column.get(row).unwrap() {
                    AnyValue::Null => "\0".to_owned(),
                    value => value.extract::<f64>().map_or_else(|| value.str_value().into_owned(), |x| x.to_string()),
                };
                changed += u64::from(number(column) != number(after));
            }
        }
        prop_assert_eq!(made.outcomes[0].changed_cells, changed);
    }
}
