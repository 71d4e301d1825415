//! Steps on text, dates, series and personal data: tables of cases, parity, invariants.

use std::collections::BTreeMap;

use cairn_protocol::steps::{
    Aggregate, Aggregation, Anonymise, AnonymiseMethod, DateCyclic, DateDifference, DateKind, DatePart, DateParts,
    ExtractText, FillGaps, FitScope, GapFill, Lag, LagOutput, ParseDate, Renaming, ReplaceText, ReplaceValues,
    Resample, Rolling, SplitInto, SplitText, Step, StepOp, Text, TextAction, TextMeasure, TextMeasures, TextVectors,
    TimeUnit as Unit, TimeZone as ChangeZone, Unfit, VectorKind,
};
use polars::prelude::*;
use proptest::prelude::*;
use serde_json::Value;

use super::{columns::numbers, *};
use crate::{error::DataError, progress::NoProgress};

fn salted(salt: &str) -> Around {
    Around { salt: salt.into(), ..Around::default() }
}

fn run_on(frame: DataFrame, op: StepOp) -> Result<RecipeRun, DataError> {
    run_recipe(&Table::new(frame), &[Step { op, enabled: true }], &salted("salt"), &NoProgress)
}

/// The table after a step, which must replay to the same table.
fn made(frame: &DataFrame, op: StepOp) -> RecipeRun {
    let run = run_on(frame.clone(), op).unwrap();
    let text = serde_json::to_string(&run.fitted).unwrap();
    let fitted: FittedRecipe = serde_json::from_str(&text).unwrap();
    let replayed = apply(&fitted, frame, &[], &salted("salt")).unwrap().frame;
    assert!(replayed.equals_missing(&run.table.frame), "{replayed} {}", run.table.frame);
    assert_eq!(replayed.schema(), run.table.frame.schema());
    run
}

fn refused(frame: &DataFrame, op: StepOp) -> String {
    let error = run_on(frame.clone(), op).unwrap_err();
    assert!(!error.hint().is_empty(), "{error}");
    error.to_string()
}

fn names(columns: &[&str]) -> Vec<String> {
    columns.iter().map(|name| (*name).to_owned()).collect()
}

fn shown(frame: &DataFrame, name: &str) -> Vec<Option<String>> {
    let column = frame.column(name).unwrap().as_materialized_series();
    columns::texts(column).unwrap().iter().map(|text| text.map(str::to_owned)).collect()
}

fn columns_of(frame: &DataFrame) -> Vec<&str> {
    frame.get_column_names().into_iter().map(|name| name.as_str()).collect()
}

fn some(values: &[&str]) -> Vec<Option<String>> {
    values.iter().map(|value| (*value != "∅").then(|| (*value).to_owned())).collect()
}

fn texts(values: &[&str]) -> DataFrame {
    df!("t" => values.iter().map(|value| (*value != "∅").then_some(*value)).collect::<Vec<_>>()).unwrap()
}

fn days(name: &str, values: &[&str]) -> Column {
    let cells = Series::new(name.into(), values.iter().map(|text| (*text != "∅").then_some(*text)).collect::<Vec<_>>());
    cells.str().unwrap().as_date(Some("%Y-%m-%d"), true).unwrap().into_series().into_column()
}

fn moments_of(name: &str, micros: Vec<i64>) -> Column {
    let cells = Series::new(name.into(), micros);
    cells.cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap().into_column()
}

#[test]
fn text_actions() {
    let check = |action, before: &[&str], after: &[&str]| {
        let step = Text { columns: names(&["t"]), action, width: 4, fill: "·".into() };
        let run = made(&texts(before), StepOp::Text(step));
        assert_eq!(shown(&run.table.frame, "t"), some(after), "{action:?}");
        let differ = before.iter().zip(after).filter(|(a, b)| a != b).count() as u64;
        assert_eq!(run.outcomes[0].changed_cells, differ, "{action:?}");
    };
    check(TextAction::Trim, &[" a\u{a0}", "b", "∅", "\t"], &["a", "b", "∅", ""]);
    check(TextAction::Collapse, &["  a \n b ", "c"], &["a b", "c"]);
    check(TextAction::Lower, &["ÄB", "ΣΑΣ", "Ab"], &["äb", "σας", "ab"]);
    check(TextAction::Upper, &["straße", "x1"], &["STRASSE", "X1"]);
    check(TextAction::Title, &["don't PANIC, ok", "élan vital"], &["Don't Panic, Ok", "Élan Vital"]);
    check(TextAction::Sentence, &["hELLO there. «you»! v1.5 ok", "∅"], &["Hello there. «You»! V1.5 ok", "∅"]);
    check(TextAction::StripAccents, &["Éñ ﬁ Å", "東京 한국", "ø", "e\u{301}"], &["En fi A", "東京 한국", "ø", "e"]);
    check(TextAction::Normalise, &["e\u{301}", "é", "x"], &["é", "é", "x"]);
    check(TextAction::RemovePunctuation, &["a-b, «c»… $5", "x"], &["ab c 5", "x"]);
    check(TextAction::RemoveDigits, &["a1b٣²", "x"], &["ab²", "x"]);
    check(TextAction::PadStart, &["ab", "é", "abcde", "∅"], &["··ab", "···é", "abcde", "∅"]);
    check(TextAction::PadEnd, &["ab", "abcd"], &["ab··", "abcd"]);
    check(TextAction::Left, &["héllo", "ab"], &["héll", "ab"]);
    check(TextAction::Right, &["héllo", "ab"], &["éllo", "ab"]);
    check(TextAction::EmptyToNull, &["", " ", "a"], &["∅", "∅", "a"]);
    let zero = Text { columns: names(&["t"]), action: TextAction::Right, width: 0, fill: String::new() };
    assert_eq!(shown(&made(&texts(&["abc"]), StepOp::Text(zero)).table.frame, "t"), some(&[""]));
    let pad = Text { columns: names(&["t"]), action: TextAction::PadEnd, width: 3, fill: "ab".into() };
    assert!(refused(&texts(&["a"]), StepOp::Text(pad)).contains("not one character"));
    let category = texts(&["b ", "a"]).column("t").unwrap().cast(&DataType::from_categories(Categories::global()));
    let frame = DataFrame::new(2, vec![category.unwrap()]).unwrap();
    let run = made(&frame, StepOp::Text(Text { columns: names(&["t"]), ..Text::default() }));
    assert!(matches!(run.table.frame.column("t").unwrap().dtype(), DataType::Categorical(..)));
}

#[test]
fn splitting_learns_how_many_parts_there_are() {
    let frame = texts(&["a,b", "c", "∅", "d,e,f"]);
    let split = |change: fn(&mut SplitText)| {
        let mut step = SplitText { column: "t".into(), fit: FitScope::All, ..SplitText::default() };
        change(&mut step);
        StepOp::SplitText(step)
    };
    let run = made(&frame, split(|_| {}));
    assert_eq!(run.outcomes[0].added, ["t_1", "t_2", "t_3"]);
    assert_eq!(shown(&run.table.frame, "t_2"), some(&["b", "∅", "∅", "e"]));
    let later = apply(&run.fitted, &texts(&["1,2,3,4"]), &[], &Around::default()).unwrap();
    assert_eq!((later.frame.width(), later.warnings.len()), (3, 1));
    let run = made(&frame, split(|step| step.limit = Some(2)));
    assert_eq!(shown(&run.table.frame, "t_2"), some(&["b", "∅", "∅", "e,f"]));
    let run = made(
        &frame,
        split(|step| {
            step.names = vec!["x".into(), String::new()];
            step.keep_source = true;
        }),
    );
    assert_eq!(columns_of(&run.table.frame), ["t", "x", "t_2"]);
    let run =
        made(&frame, split(|step| (step.regex, step.separator, step.into) = (true, "[,b]".into(), SplitInto::List)));
    let list = run.table.frame.column("t").unwrap().list().unwrap().get_as_series(0).unwrap();
    assert_eq!(list.len(), 3);
    assert!(refused(&frame, split(|step| (step.regex, step.separator) = (true, "(".into()))).contains("no regular"));
    assert!(refused(&frame, split(|step| step.separator.clear())).contains("empty"));
}

#[test]
fn extracting_and_replacing() {
    let frame = texts(&["12 kg", "7.5 lb", "heavy", "∅"]);
    let extract = ExtractText {
        column: "t".into(),
        pattern: r"([\d.]+)\s*(?P<unit>\w+)(!)?".into(),
        names: vec!["amount".into()],
        ..ExtractText::default()
    };
    let run = made(&frame, StepOp::ExtractText(extract.clone()));
    assert_eq!(run.outcomes[0].added, ["amount", "unit", "t_3"]);
    assert_eq!(shown(&run.table.frame, "amount"), some(&["12", "7.5", "∅", "∅"]));
    assert_eq!(shown(&run.table.frame, "unit"), some(&["kg", "lb", "∅", "∅"]));
    assert_eq!(run.outcomes[0].warnings, ["t: 1 row holds nothing that matches"]);
    assert!(refused(&frame, StepOp::ExtractText(ExtractText { pattern: "a".into(), ..extract })).contains("no group"));

    let replace = |find: &str, replace: &str, regex, ignore_case, after: &[&str]| {
        let (find, replace) = (find.to_owned(), replace.to_owned());
        let step = ReplaceText { columns: names(&["t"]), find, replace, regex, ignore_case };
        assert_eq!(shown(&made(&frame, StepOp::ReplaceText(step)).table.frame, "t"), some(after));
    };
    replace(".", "$1", false, false, &["12 kg", "7$15 lb", "heavy", "∅"]);
    replace("KG", "g", false, true, &["12 g", "7.5 lb", "heavy", "∅"]);
    replace(r"(\d+) (?P<u>\w+)", "${u} $1", true, false, &["kg 12", "7.lb 5", "heavy", "∅"]);
    replace("^", ">", true, false, &[">12 kg", ">7.5 lb", ">heavy", "∅"]);
}

#[test]
fn whole_values_change_places_and_keep_their_type() {
    let frame = df!(
        "t" => [Some("a"), Some("b"), None, Some("c")],
        "n" => [Some(1i64), Some(-999), None, Some(3)],
        "f" => [1.5, -999.0, f64::NAN, 2.0],
        "b" => [true, false, true, true],
    )
    .unwrap();
    let frame = frame.hstack(&[days("d", &["2024-01-01", "1900-01-01", "∅", "2024-01-03"])]).unwrap();
    let replaced = |column: &str, pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(from, to)| Renaming { from: (*from).into(), to: (*to).into() }).collect();
        let run = made(&frame, StepOp::ReplaceValues(ReplaceValues { columns: names(&[column]), pairs }));
        let dtype = run.table.frame.column(column).unwrap().dtype().clone();
        (shown(&run.table.frame, column), dtype, run.outcomes[0].warnings.len(), run.outcomes[0].changed_cells)
    };
    assert_eq!(replaced("t", &[("a", "b"), ("b", "a")]), (some(&["b", "a", "∅", "c"]), DataType::String, 0, 2));
    assert_eq!(replaced("n", &[("-999", "")]), (some(&["1", "∅", "∅", "3"]), DataType::Int64, 0, 1));
    assert_eq!(replaced("n", &[("1", "0.5")]), (some(&["0.5", "-999.0", "∅", "3.0"]), DataType::Float64, 1, 1));
    assert_eq!(replaced("n", &[("1", "one"), ("9", "x")]), (some(&["one", "-999", "∅", "3"]), DataType::String, 2, 1));
    assert_eq!(replaced("f", &[("-999", ""), ("2", "7")]), (some(&["1.5", "∅", "∅", "7.0"]), DataType::Float64, 0, 2));
    assert_eq!(replaced("b", &[("true", "false")]).1, DataType::Boolean);
    assert_eq!(replaced("b", &[("true", "yes")]).0, some(&["yes", "false", "yes", "yes"]));
    assert_eq!(
        replaced("d", &[("1900-01-01", "")]),
        (some(&["2024-01-01", "∅", "∅", "2024-01-03"]), DataType::Date, 0, 1)
    );
    assert_eq!(replaced("d", &[("1900-01-01", "2000-02-29")]).1, DataType::Date);
    assert_eq!(replaced("d", &[("1900-01-01", "unknown")]).1, DataType::String);
}

#[test]
fn text_is_measured() {
    let all = vec![
        TextMeasure::Length,
        TextMeasure::Words,
        TextMeasure::Letters,
        TextMeasure::Digits,
        TextMeasure::Capitals,
        TextMeasure::Spaces,
        TextMeasure::Punctuation,
    ];
    let run =
        made(&texts(&["Ab 1!", "", "∅"]), StepOp::TextMeasures(TextMeasures { columns: names(&["t"]), measures: all }));
    let frame = &run.table.frame;
    let row = |row: usize| -> Vec<Option<f64>> {
        frame.columns()[1..].iter().map(|one| one.cast(&DataType::Float64).unwrap().f64().unwrap().get(row)).collect()
    };
    assert_eq!(row(0), [5.0, 2.0, 0.4, 0.2, 0.2, 0.2, 0.2].map(Some));
    assert_eq!(row(1), [0.0; 7].map(Some));
    assert_eq!(row(2), [None; 7]);
}

#[test]
fn dates_are_recognised_over_all_rows() {
    let parse = |kind, format: &str, unfit| ParseDate { columns: names(&["t"]), kind, format: format.into(), unfit };
    let check = |kind, before: &[&str], formats: &str, after: &[&str]| {
        let run = made(&texts(before), StepOp::ParseDate(parse(kind, "", Unfit::Error)));
        assert_eq!(run.outcomes[0].learned, [format!("t ← read as {formats}")]);
        assert_eq!(shown(&run.table.frame, "t"), some(after));
        run.outcomes[0].warnings.len()
    };
    let date = DateKind::Date;
    assert_eq!(
        check(date, &["03/04/2024", "∅", " ", "25/12/2024"], "%d/%m/%Y", &["2024-04-03", "∅", "∅", "2024-12-25"]),
        0
    );
    assert_eq!(check(date, &["03/04/2024", "12/25/2024"], "%m/%d/%Y", &["2024-03-04", "2024-12-25"]), 0);
    assert_eq!(check(date, &["03/04/2024", "12/05/2024"], "%d/%m/%Y", &["2024-04-03", "2024-05-12"]), 1);
    // One order in the whole column, whatever stands between.
    assert_eq!(
        check(
            date,
            &["12/25/2024", "12/26/2024", "01-02-2024"],
            "%m/%d/%Y, then %m-%d-%Y",
            &["2024-12-25", "2024-12-26", "2024-01-02"]
        ),
        0
    );
    check(
        date,
        &["5 May 2024", "12. Sept 2023", "6 december 1999"],
        "%d %B %Y, then %d. %B %Y",
        &["2024-05-05", "2023-09-12", "1999-12-06"],
    );
    check(date, &["01.02.68", "01.02.69"], "%d.%m.%y", &["2068-02-01", "1969-02-01"]);
    check(date, &["20240229"], "%Y%m%d", &["2024-02-29"]);
    let moment = DateKind::Datetime;
    check(
        moment,
        &["2024-01-02 03:04", "2024-01-03"],
        "%Y-%m-%d %H:%M, then %Y-%m-%d",
        &["2024-01-02 03:04:00.000000", "2024-01-03 00:00:00.000000"],
    );
    check(
        moment,
        &["2024-01-02T03:04:05.25+02:00", "2024-01-02T03:04:05Z"],
        "%Y-%m-%dT%H:%M:%S%.f%z",
        &["2024-01-02 01:04:05.250000", "2024-01-02 03:04:05.000000"],
    );
    check(
        moment,
        &["1/13/2024 12:05 AM", "2/1/2024 12:05 pm"],
        "%m/%d/%Y %I:%M %p",
        &["2024-01-13 00:05:00.000000", "2024-02-01 12:05:00.000000"],
    );
    check(DateKind::Time, &["7:05", "23:59"], "%H:%M", &["07:05:00", "23:59:00"]);

    let bad = texts(&["2024-02-30", "x", "2024-01-01", "y"]);
    let what = refused(&bad, StepOp::ParseDate(parse(date, "", Unfit::Error)));
    assert_eq!(what, "3 cells of t cannot be read as a date: row 1 «2024-02-30», row 2 «x», row 4 «y»");
    let run = made(&bad, StepOp::ParseDate(parse(date, "%Y-%m-%d", Unfit::Null)));
    assert_eq!((run.table.frame.column("t").unwrap().null_count(), run.outcomes[0].warnings.len()), (3, 1));
    for format in ["%Q", "%", "%H:%M", "%d.%m"] {
        refused(&bad, StepOp::ParseDate(parse(date, format, Unfit::Null)));
    }
    let run =
        made(&texts(&["31.12.2024", "2024-06-01"]), StepOp::ParseDate(parse(date, "%d.%m.%Y|%Y-%m-%d", Unfit::Error)));
    assert_eq!(shown(&run.table.frame, "t"), some(&["2024-12-31", "2024-06-01"]));
}

#[test]
fn differences_of_dates() {
    let frame = DataFrame::new(
        3,
        vec![days("a", &["2024-01-31", "2000-02-29", "∅"]), days("b", &["2024-02-29", "2024-02-28", "2024-01-01"])],
    );
    let frame = frame.unwrap().hstack(&[moments_of("m", vec![1_706_616_000_000_000, 0, 0])]).unwrap();
    let check = |to: Option<&str>, until: Option<&str>, unit, expected: [Option<f64>; 3]| {
        let (to, until) = (to.map(str::to_owned), until.map(str::to_owned));
        let step = DateDifference { from: "a".into(), to, until, unit, name: "x".into() };
        let run = made(&frame, StepOp::DateDifference(step));
        let found = run.table.frame.column("x").unwrap().cast(&DataType::Float64).unwrap();
        assert_eq!(found.f64().unwrap().iter().collect::<Vec<_>>(), expected, "{unit:?}");
    };
    check(Some("b"), None, Unit::Days, [Some(29.0), Some(8765.0), None]);
    check(Some("b"), None, Unit::Weeks, [Some(29.0 / 7.0), Some(8765.0 / 7.0), None]);
    check(Some("b"), None, Unit::Months, [Some(0.0), Some(287.0), None]);
    check(Some("b"), None, Unit::Years, [Some(0.0), Some(23.0), None]);
    check(None, Some("2024-02-01 12:00"), Unit::Hours, [Some(36.0), Some(209_724.0), None]);
    check(Some("m"), None, Unit::Minutes, [Some(-720.0), Some(-15_863_040.0), None]);
    let step = DateDifference { from: "a".into(), until: Some("soon".into()), ..DateDifference::default() };
    assert!(refused(&frame, StepOp::DateDifference(step)).contains("«soon» is no date"));
}

#[test]
fn cyclic_dates_go_round() {
    let frame = DataFrame::new(2, vec![days("d", &["2024-12-01", "2024-02-29"])]).unwrap();
    let parts = vec![DatePart::Month, DatePart::Day];
    let run = made(&frame, StepOp::DateCyclic(DateCyclic { columns: names(&["d"]), parts, keep_source: false }));
    assert_eq!(run.outcomes[0].added, ["d_month_sin", "d_month_cos", "d_day_sin", "d_day_cos"]);
    let at = |name: &str, row: usize| run.table.frame.column(name).unwrap().f64().unwrap().get(row).unwrap();
    assert!((at("d_month_cos", 0) - 1.0).abs() < 1e-12 && at("d_month_sin", 0).abs() < 1e-12);
    assert!((at("d_month_sin", 1) - (std::f64::consts::TAU / 6.0).sin()).abs() < 1e-12);
    assert!((at("d_day_cos", 1) - 1.0).abs() < 1e-12, "the last day of February closes its circle");
    let year = DateCyclic { columns: names(&["d"]), parts: vec![DatePart::Year], keep_source: false };
    assert!(refused(&frame, StepOp::DateCyclic(year)).contains("does not go round"));
    let hour = DateParts { columns: names(&["d"]), parts: vec![DatePart::Hour], keep_source: false };
    assert!(refused(&frame, StepOp::DateParts(hour)).contains("without a time"));
}

#[test]
fn lags_stay_in_their_group_and_order() {
    let frame = df!(
        "g" => ["a", "b", "a", "b", "a"],
        "t" => [3i64, 1, 1, 2, 2],
        "x" => [Some(30i64), Some(5), Some(10), Some(0), None],
        "s" => ["p", "q", "r", "s", "t"],
    )
    .unwrap();
    let lag = |columns: &[&str], offsets: &[i64], output| Lag {
        columns: names(columns),
        offsets: offsets.to_vec(),
        output,
        order: Some("t".into()),
        by: names(&["g"]),
    };
    let run = made(&frame, StepOp::Lag(lag(&["x", "s"], &[1, -1], LagOutput::Value)));
    assert_eq!(run.outcomes[0].added, ["x_lag1", "x_lead1", "s_lag1", "s_lead1"]);
    assert_eq!(shown(&run.table.frame, "s_lag1"), some(&["t", "∅", "∅", "q", "r"]));
    assert_eq!(shown(&run.table.frame, "s_lead1"), some(&["∅", "s", "t", "∅", "p"]));
    assert_eq!(shown(&run.table.frame, "x_lag1"), some(&["∅", "∅", "∅", "5", "10"]));
    let run = made(&frame, StepOp::Lag(lag(&["x"], &[2], LagOutput::Difference)));
    assert_eq!(shown(&run.table.frame, "x_diff2"), some(&["20", "∅", "∅", "∅", "∅"]));
    let run = made(&frame, StepOp::Lag(lag(&["x"], &[1], LagOutput::ChangePercent)));
    assert_eq!(shown(&run.table.frame, "x_change1"), some(&["∅", "∅", "∅", "-100.0", "∅"]));
    assert!(refused(&frame, StepOp::Lag(lag(&["x"], &[0], LagOutput::Value))).contains("0 rows"));
    let far = made(&frame, StepOp::Lag(lag(&["x"], &[i64::MAX, i64::MIN], LagOutput::Value)));
    assert_eq!(far.table.frame.width(), 6);
    let parts = Table::with_parts(frame, Some(Parts::new(vec![0, 0, 1, 1, 1]).unwrap())).unwrap();
    let step = Step { op: StepOp::Lag(lag(&["x"], &[1], LagOutput::Value)), enabled: true };
    let run = run_recipe(&parts, &[step], &Around::default(), &NoProgress).unwrap();
    assert!(run.outcomes[0].warnings[0].contains("across the parts"));
}

#[test]
fn no_digits_cancel_in_windows() {
    let values: Vec<f64> = (0..4_000).map(|at| 1e9 + f64::from(at % 2) + if at < 100 { 1e15 } else { 0.0 }).collect();
    let step = Rolling { columns: names(&["x"]), window: 4, function: Aggregate::Std, ..Rolling::default() };
    let run = made(&df!("x" => values).unwrap(), StepOp::Rolling(step));
    let std = cells(&run.table.frame, "x_std4");
    assert!(std[200..].iter().all(|std| (std - (1f64 / 3.0).sqrt()).abs() < 1e-12), "{}", std[200]);
}

#[test]
fn gaps_in_time_are_filled() {
    let frame =
        DataFrame::new(5, vec![days("d", &["2024-01-31", "2024-03-31", "2024-01-01", "2024-01-03", "∅"])]).unwrap();
    let frame = frame
        .hstack(&[
            Column::new("g".into(), ["m", "m", "n", "n", "n"]),
            Column::new("x".into(), [Some(1i64), Some(5), None, Some(4), Some(9)]),
            Column::new("s".into(), ["a", "b", "c", "d", "e"]),
        ])
        .unwrap();
    let fill = |frame: &DataFrame, every: &str, fill| {
        let step = FillGaps { column: "d".into(), every: every.into(), fill, by: names(&["g"]) };
        made(frame, StepOp::FillGaps(step))
    };
    let months = fill(&frame.head(Some(2)), "1mo", GapFill::Linear);
    assert_eq!(shown(&months.table.frame, "d"), some(&["2024-01-31", "2024-02-29", "2024-03-31"]));
    assert_eq!(shown(&months.table.frame, "x"), some(&["1.0", "2.9333333333333336", "5.0"]));
    assert_eq!(shown(&months.table.frame, "s"), some(&["a", "∅", "b"]));
    assert_eq!((months.outcomes[0].rows_added, months.table.row_numbers.as_ref().unwrap()[2]), (1, 1));
    let forward = fill(&frame, "1d", GapFill::Forward);
    assert_eq!(forward.table.rows(), 61 + 4);
    assert_eq!(shown(&forward.table.frame, "d")[61..], some(&["2024-01-01", "2024-01-02", "2024-01-03", "∅"]));
    assert_eq!(shown(&forward.table.frame, "x")[60..], some(&["5", "∅", "∅", "4", "9"]), "never from another group");
    assert_eq!(shown(&forward.table.frame, "s")[61..], some(&["c", "c", "d", "e"]));
    assert_eq!(shown(&forward.table.frame, "g")[60..], some(&["m", "n", "n", "n", "n"]));
    let zero = fill(&frame, "1d", GapFill::Zero);
    assert_eq!(shown(&zero.table.frame, "x")[59..64], some(&["0", "5", "∅", "0", "4"]));
    assert_eq!(zero.table.frame.column("x").unwrap().dtype(), &DataType::Int64);
    let odd = FillGaps { column: "d".into(), every: "1h".into(), ..FillGaps::default() };
    assert!(refused(&frame, StepOp::FillGaps(odd.clone())).contains("without a time"));
    assert!(refused(&frame, StepOp::FillGaps(FillGaps { every: "soon".into(), ..odd })).contains("no length"));
}

#[test]
fn resampling_by_groups_counts_empty_stretches() {
    let frame = DataFrame::new(4, vec![days("d", &["2024-03-05", "2024-01-31", "2024-01-01", "∅"])]).unwrap();
    let frame = frame
        .hstack(&[
            Column::new("g".into(), ["b", "a", "b", "a"]),
            Column::new("s".into(), [Some("z"), None, Some("y"), Some("x")]),
        ])
        .unwrap();
    let one = |column: &str, function| Aggregation { column: column.into(), function, name: String::new() };
    let aggregations = vec![
        one("", Aggregate::Rows),
        one("s", Aggregate::Count),
        one("s", Aggregate::Mode),
        one("s", Aggregate::Distinct),
    ];
    let step = Resample { column: "d".into(), every: "1mo".into(), aggregations, by: names(&["g"]) };
    let run = made(&frame, StepOp::Resample(step.clone()));
    let table = &run.table.frame;
    assert_eq!(columns_of(table), ["g", "d", "rows", "s_count", "s_mode", "s_distinct"]);
    assert_eq!(shown(table, "g"), some(&["b", "b", "b", "a"]));
    assert_eq!(shown(table, "d"), some(&["2024-01-01", "2024-02-01", "2024-03-01", "2024-01-01"]));
    assert_eq!(shown(table, "rows"), some(&["1", "0", "1", "1"]));
    assert_eq!(shown(table, "s_count"), some(&["1", "0", "1", "0"]));
    assert_eq!(shown(table, "s_mode"), some(&["y", "∅", "z", "∅"]));
    assert_eq!(run.outcomes[0].warnings, ["1 row holds no d, left out"]);
    let parted = Table::with_parts(frame.clone(), Some(Parts::new(vec![0, 0, 1, 1]).unwrap())).unwrap();
    let below = run_recipe(
        &parted,
        &[Step { op: StepOp::Resample(step.clone()), enabled: true }],
        &Around::default(),
        &NoProgress,
    );
    assert_eq!(below.unwrap_err().hint(), "Put the step above the split");
    assert!(
        refused(&frame, StepOp::Resample(Resample { aggregations: vec![one("s", Aggregate::Mean)], ..step }))
            .contains("no mean")
    );
}

#[test]
fn values_become_anonymous() {
    let frame = df!("t" => [Some("Ann"), Some("Bo"), None, Some("Ann")], "n" => [41.0, 40.0, f64::NAN, -0.5]).unwrap();
    let frame = frame.hstack(&[days("d", &["1980-05-17", "∅", "2024-01-01", "1969-12-31"])]).unwrap();
    let step = |column: &str, method| Anonymise { columns: names(&[column]), method, show: 1, width: 10.0 };
    let run = |column: &str, method| made(&frame, StepOp::Anonymise(step(column, method))).table.frame;
    let hashed = shown(&run("t", AnonymiseMethod::Hash), "t");
    assert!(hashed[0] == hashed[3] && hashed[0] != hashed[1] && hashed[2].is_none());
    assert!(
        hashed[0].as_ref().is_some_and(|hash| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
    );
    let hash = Step { op: StepOp::Anonymise(step("t", AnonymiseMethod::Hash)), enabled: true };
    let with =
        |salt: &str| run_recipe(&Table::new(frame.clone()), std::slice::from_ref(&hash), &salted(salt), &NoProgress);
    assert_ne!(shown(&with("other").unwrap().table.frame, "t"), hashed, "another project has other hashes");
    assert!(with("").unwrap_err().hint().contains("Open a project"));
    assert_eq!(shown(&run("t", AnonymiseMethod::Mask), "t"), some(&["••n", "•o", "∅", "••n"]));
    assert_eq!(shown(&run("d", AnonymiseMethod::Year), "d"), some(&["1980", "∅", "2024", "1969"]));
    assert_eq!(shown(&run("n", AnonymiseMethod::Range), "n"), some(&["40 to 50", "40 to 50", "∅", "-10 to 0"]));
    assert_eq!(columns_of(&run("t", AnonymiseMethod::Drop)), ["n", "d"]);
    refused(&frame, StepOp::Anonymise(step("t", AnonymiseMethod::Year)));
    refused(&frame, StepOp::Anonymise(Anonymise { width: 0.0, ..step("n", AnonymiseMethod::Range) }));
}

fn expected() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/parity/texts.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn reals(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|one| one.as_f64().unwrap_or(f64::NAN)).collect()
}

fn wholes_of(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|one| one.as_i64().unwrap()).collect()
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

fn close(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (row, (a, b)) in found.iter().zip(expected).enumerate() {
        let same = (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-9 * b.abs().max(1.0);
        assert!(same, "{what}, row {row}: {a}, expected {b}");
    }
}

fn cells(frame: &DataFrame, name: &str) -> Vec<f64> {
    numbers(frame.column(name).unwrap().as_materialized_series()).unwrap()
}

#[test]
fn parity_with_scikit_learn_and_pandas() {
    let all = expected();
    let frame = df!("t" => strings(&all["vectors"]["texts"])).unwrap();
    for case in all["vectors"]["cases"].as_array().unwrap() {
        let step = TextVectors {
            column: "t".into(),
            kind: serde_json::from_value(case["kind"].clone()).unwrap(),
            max_features: case["max_features"].as_u64().unwrap() as u32,
            min_rows: case["min_rows"].as_u64().unwrap() as u32,
            ngrams: case["ngrams"].as_u64().unwrap() as u32,
            fit: FitScope::All,
            ..TextVectors::default()
        };
        let what = format!("{step:?}");
        let run = made(&frame, StepOp::TextVectors(step));
        let words: Vec<String> = strings(&case["words"]).iter().map(|word| format!("t_{word}")).collect();
        assert_eq!(run.outcomes[0].added, words, "{what}");
        let rows: Vec<Vec<f64>> = case["rows"].as_array().unwrap().iter().map(reals).collect();
        for (at, word) in words.iter().enumerate() {
            let column: Vec<f64> = rows.iter().map(|row| row[at]).collect();
            close(&cells(&run.table.frame, word), &column, &format!("{what} {word}"));
        }
    }

    let rolling = &all["rolling"];
    let frame =
        df!("x" => reals(&rolling["x"]), "g" => strings(&rolling["g"]), "t" => wholes_of(&rolling["t"])).unwrap();
    for case in rolling["cases"].as_array().unwrap() {
        let function = case["function"].as_str().unwrap();
        let step = Rolling {
            columns: names(&["x"]),
            window: case["window"].as_u64().unwrap() as u32,
            min_rows: case["min_rows"].as_u64().unwrap() as u32,
            function: serde_json::from_value(case["function"].clone()).unwrap(),
            exclude_current: case["exclude_current"].as_bool().unwrap(),
            order: Some("t".into()),
            by: if case["by"].as_bool().unwrap() { names(&["g"]) } else { Vec::new() },
        };
        let (what, column) = (format!("{step:?}"), format!("x_{function}{}", step.window));
        let run = made(&frame, StepOp::Rolling(step));
        close(&cells(&run.table.frame, &column), &reals(&case["expected"]), &what);
    }

    for case in all["resample"]["cases"].as_array().unwrap() {
        let columns =
            vec![moments_of("t", wholes_of(&case["times"])), Column::new("x".into(), reals(&all["resample"]["x"]))];
        let frame = DataFrame::new(columns[0].len(), columns).unwrap();
        // pandas counts NaN as missing; so do we, in figures as in `first`.
        let frame = frame.lazy().with_column(col("x").fill_nan(lit(NULL))).collect().unwrap();
        let figures: BTreeMap<&String, &Value> = case["figures"].as_object().unwrap().iter().collect();
        let aggregations = figures
            .keys()
            .map(|name| Aggregation {
                column: "x".into(),
                function: serde_json::from_value(Value::String((*name).clone())).unwrap(),
                name: String::new(),
            })
            .collect();
        let every = case["every"].as_str().unwrap();
        let step = Resample { column: "t".into(), every: every.into(), aggregations, by: Vec::new() };
        let run = made(&frame, StepOp::Resample(step));
        let begins = columns::wholes(run.table.frame.column("t").unwrap().as_materialized_series()).unwrap();
        assert_eq!(begins, wholes_of(&case["begins"]).into_iter().map(Some).collect::<Vec<_>>(), "{every}");
        for (name, figure) in figures {
            close(&cells(&run.table.frame, &format!("x_{name}")), &reals(figure), &format!("{name} {every}"));
        }
    }

    let dates = &all["dates"];
    let frame = DataFrame::new_infer_height(vec![moments_of("t", wholes_of(&dates["times"]))]).unwrap();
    let parts = dates["parts"].as_object().unwrap();
    let which = parts.keys().map(|name| serde_json::from_value(Value::String(name.clone())).unwrap()).collect();
    let run = made(&frame, StepOp::DateParts(DateParts { columns: names(&["t"]), parts: which, keep_source: true }));
    for (name, part) in parts {
        close(&cells(&run.table.frame, &format!("t_{name}")), &reals(part), name);
    }

    let zones = &all["zones"];
    let frame = DataFrame::new_infer_height(vec![moments_of("t", wholes_of(&zones["times"]))]).unwrap();
    for case in zones["cases"].as_array().unwrap() {
        let text = |key: &str| case[key].as_str().unwrap().to_owned();
        let step = ChangeZone { columns: names(&["t"]), from: text("from"), to: text("to") };
        let run = made(&frame, StepOp::TimeZone(step));
        let found = columns::wholes(run.table.frame.column("t").unwrap().as_materialized_series()).unwrap();
        assert_eq!(found, wholes_of(&case["expected"]).into_iter().map(Some).collect::<Vec<_>>(), "{case}");
        let gaps = case["gaps"].as_u64().unwrap();
        let said =
            run.outcomes[0].warnings.iter().any(|text| text.contains(&format!("{gaps} local times do not exist")));
        assert_eq!(said, gaps > 0, "{:?}", run.outcomes[0].warnings);
    }
    let nowhere = ChangeZone { columns: names(&["t"]), from: "UTC".into(), to: "Mars/Olympus".into() };
    assert!(refused(&frame, StepOp::TimeZone(nowhere)).contains("no time zone «Mars/Olympus»"));
}

fn any_function() -> impl Strategy<Value = Aggregate> {
    prop::sample::select(vec![
        Aggregate::Mean,
        Aggregate::Sum,
        Aggregate::Std,
        Aggregate::Min,
        Aggregate::Max,
        Aggregate::Median,
        Aggregate::Count,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Lags and windows of rows in any order are those of the rows in order, each at its own row.
    #[test]
    fn the_order_of_rows_does_not_matter(
        rows in prop::collection::vec((0u8..3, prop::option::weighted(0.8, -100f64..100.0)), 1..40),
        seed: u64, function in any_function(), window in 1u32..6, exclude_current: bool, offset in 1i64..4,
    ) {
        let n = rows.len();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by_key(|at| (*at as u64 + 1).wrapping_mul(seed | 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let table = |order: &[usize]| df!(
            "t" => order.iter().map(|at| *at as i64).collect::<Vec<_>>(),
            "g" => order.iter().map(|at| i64::from(rows[*at].0)).collect::<Vec<_>>(),
            "x" => order.iter().map(|at| rows[*at].1).collect::<Vec<_>>(),
        ).unwrap();
        let sorted: Vec<usize> = (0..n).collect();
        let rolling = Rolling {
            columns: names(&["x"]), window, min_rows: 1, function, exclude_current,
            order: Some("t".into()), by: names(&["g"]),
        };
        let lag = Lag { columns: names(&["x"]), offsets: vec![offset, -offset], order: Some("t".into()), by: names(&["g"]), ..Lag::default() };
        for op in [StepOp::Rolling(rolling), StepOp::Lag(lag)] {
            let straight = made(&table(&sorted), op.clone()).table.frame;
            let mixed = made(&table(&order), op).table.frame;
            for name in columns_of(&straight) {
                let (a, b) = (cells(&straight, name), cells(&mixed, name));
                for (row, at) in order.iter().enumerate() {
                    prop_assert!(a[*at].to_bits() == b[row].to_bits() || (a[*at].is_nan() && b[row].is_nan()));
                }
            }
        }
    }

    /// A window's figure is the one that its values have.
    #[test]
    fn windows_hold_what_they_say(
        values in prop::collection::vec(prop::option::weighted(0.8, -100f64..100.0), 1..60),
        window in 1u32..70, least in 1u32..4, exclude_current: bool,
    ) {
        let least = least.min(window);
        let frame = df!("x" => values.clone()).unwrap();
        for function in [Aggregate::Mean, Aggregate::Median, Aggregate::Max, Aggregate::Std] {
            let step = Rolling { columns: names(&["x"]), window, min_rows: least, function, exclude_current, ..Rolling::default() };
            let run = made(&frame, StepOp::Rolling(step));
            let found = numbers(run.table.frame.columns()[1].as_materialized_series()).unwrap();
            for (row, found) in found.iter().enumerate() {
                let end = if exclude_current { row } else { row + 1 };
                let held: Vec<f64> = values[end.saturating_sub(window as usize)..end].iter().flatten().copied().collect();
                let many = held.len() as f64;
                let mean = held.iter().sum::<f64>() / many;
                let mut sorted = held.clone();
                sorted.sort_by(f64::total_cmp);
                let expected = match function {
                    _ if held.len() < least as usize => f64::NAN,
                    Aggregate::Mean => mean,
                    Aggregate::Max => sorted[held.len() - 1],
                    Aggregate::Median => f64::midpoint(sorted[(held.len() - 1) / 2], sorted[held.len() / 2]),
                    _ => (held.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (many - 1.0)).sqrt(),
                };
                prop_assert!((found - expected).abs() < 1e-9 || (found.is_nan() && expected.is_nan()), "{function:?} {row} {found} {expected}");
            }
        }
    }

    /// Hashes are equal exactly where values are.
    #[test]
    fn hashes_are_equal_where_values_are(values in prop::collection::vec("[a-c]{0,3}", 1..40)) {
        let frame = df!("t" => values.clone()).unwrap();
        let step = Anonymise { columns: names(&["t"]), ..Anonymise::default() };
        let hashes = shown(&made(&frame, StepOp::Anonymise(step)).table.frame, "t");
        for (a, x) in values.iter().zip(&hashes) {
            for (b, y) in values.iter().zip(&hashes) {
                prop_assert_eq!(a == b, x == y);
            }
        }
    }

    /// Whatever the text is, nothing panics, and what was learned replays to the same table.
    #[test]
    fn any_text_goes_through_every_step(values in prop::collection::vec(prop::option::weighted(0.9, ".{0,12}"), 1..12), width in 0u32..6) {
        let frame = df!("t" => values).unwrap();
        use TextAction::{Collapse, Left, Normalise, PadEnd, RemovePunctuation, Right, Sentence, StripAccents, Title, Trim};
        for action in [Trim, Collapse, Title, Sentence, StripAccents, Normalise, RemovePunctuation, PadEnd, Left, Right] {
            made(&frame, StepOp::Text(Text { columns: names(&["t"]), action, width, fill: "x".into() }));
        }
        for kind in [DateKind::Date, DateKind::Datetime, DateKind::Time] {
            made(&frame, StepOp::ParseDate(ParseDate { columns: names(&["t"]), kind, format: String::new(), unfit: Unfit::Null }));
        }
        let vectors = TextVectors { column: "t".into(), kind: VectorKind::Tfidf, min_rows: 1, ngrams: 2, fit: FitScope::All, ..TextVectors::default() };
        if run_on(frame.clone(), StepOp::TextVectors(vectors.clone())).is_ok() {
            made(&frame, StepOp::TextVectors(vectors));
        }
        made(&frame, StepOp::SplitText(SplitText { column: "t".into(), separator: " ".into(), fit: FitScope::All, ..SplitText::default() }));
        crate::personal_data(&frame).unwrap();
    }
}
