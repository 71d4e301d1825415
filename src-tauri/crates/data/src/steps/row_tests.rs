//! Tests of the operations on columns, rows and tables: steps written as in a notebook, tables as text.

use cairn_protocol::{
    ErrorInfo,
    steps::{Step, StepOp},
    table::ColumnChange,
};
use polars::prelude::*;
use serde_json::json;

use super::*;
use crate::{error::DataError, progress::NoProgress};

pub(super) fn step(value: serde_json::Value) -> Step {
    serde_json::from_value(value).unwrap()
}

fn op(value: serde_json::Value) -> StepOp {
    step(value).op
}

/// A frame as text: names, then rows; `·` is missing.
pub(super) fn shown(frame: &DataFrame) -> String {
    let names: Vec<&str> = frame.get_column_names().into_iter().map(PlSmallStr::as_str).collect();
    let mut lines = vec![names.join(" ")];
    for row in 0..frame.height() {
        let cell = |column: &Column| crate::format::text_of(&column.get(row).unwrap()).unwrap_or("·".into());
        lines.push(frame.columns().iter().map(cell).collect::<Vec<_>>().join(" "));
    }
    lines.join("\n")
}

fn people() -> DataFrame {
    df!(
        "id" => [Some(1i64), Some(2), Some(3), None, Some(2)],
        "city" => [Some("Ulm"), None, Some("Bonn"), Some("Ulm"), Some("Bonn")],
        "age" => [Some(30.0), Some(f64::NAN), Some(20.0), Some(30.0), None],
    )
    .unwrap()
}

fn around() -> Around {
    let mut around = Around::default();
    let lookup = df!("id" => [2i64, 1, 1, 9], "score" => ["b", "a1", "a2", "z"], "age" => [1i64, 2, 3, 4]).unwrap();
    around.tables.insert("lookup".into(), lookup);
    let codes = df!("id" => ["01", "02"], "name" => ["x", "y"]).unwrap();
    around.tables.insert("codes".into(), codes);
    around.tables.insert("more".into(), df!("id" => [7.5], "town" => ["Kiel"]).unwrap());
    around
}

fn run_on(table: &Table, steps: &[serde_json::Value]) -> Result<RecipeRun, DataError> {
    let steps: Vec<Step> = steps.iter().cloned().map(step).collect();
    run_recipe(table, &steps, &around(), &NoProgress)
}

fn run(steps: &[serde_json::Value]) -> RecipeRun {
    run_on(&Table::new(people()), steps).unwrap()
}

fn check(steps: &[serde_json::Value], expected: &str) -> RecipeRun {
    let made = run(steps);
    assert_eq!(shown(&made.table.frame), expected, "{steps:?}");
    made
}

fn refused(steps: &[serde_json::Value]) -> (String, String) {
    let error = run_on(&Table::new(people()), steps).unwrap_err();
    (error.to_string(), error.hint())
}

#[test]
fn columns_are_kept_moved_copied_and_renamed() {
    check(&[json!({"op": "keep", "columns": ["age", "id"]})], "age id\n30 1\n· 2\n20 3\n30 ·\n· 2");
    let names = |steps: &[serde_json::Value]| run(steps).table.frame.get_column_names_owned();
    assert_eq!(names(&[json!({"op": "move", "columns": ["age"], "to": "first"})]), ["age", "id", "city"]);
    assert_eq!(
        names(&[json!({"op": "move", "columns": ["id"], "to": "after", "anchor": "city"})]),
        ["city", "id", "age"]
    );
    assert_eq!(names(&[json!({"op": "move", "columns": ["city", "id"], "to": "last"})]), ["age", "city", "id"]);
    assert_eq!(names(&[json!({"op": "duplicate", "column": "id"})]), ["id", "id_copy", "city", "age"]);
    let clean = json!({"op": "clean_names", "style": "upper"});
    assert_eq!(names(std::slice::from_ref(&clean)), ["ID", "CITY", "AGE"]);
    assert!(refused(&[json!({"op": "keep"})]).0.contains("no column"));
    assert_eq!(
        refused(&[json!({"op": "duplicate", "column": "id", "name": "age"})]).0,
        "the step makes a second column «age»"
    );
}

#[test]
fn rows_are_sorted_stably_with_missing_ones_at_one_end() {
    let sort = |by: serde_json::Value, nulls_first: bool| json!({"op": "sort", "by": by, "nulls_first": nulls_first});
    let order = |step| run(&[step]).rows_from.unwrap();
    assert_eq!(order(sort(json!([{"column": "age"}]), false)), [2, 0, 3, 1, 4]);
    assert_eq!(order(sort(json!([{"column": "age", "descending": true}]), false)), [0, 3, 2, 1, 4]);
    assert_eq!(order(sort(json!([{"column": "age"}]), true)), [1, 4, 2, 0, 3]);
    let two = json!([{"column": "city", "descending": true}, {"column": "id"}]);
    assert_eq!(order(sort(two, false)), [0, 3, 4, 2, 1]);
    assert!(refused(&[json!({"op": "sort"})]).0.contains("no column"));
    let decimal = json!({"op": "cast", "columns": ["age", "id"], "to": "decimal"});
    let by = json!([{"column": "age", "descending": true}, {"column": "id"}]);
    assert_eq!(run(&[decimal.clone(), sort(by, false)]).rows_from.unwrap(), [0, 3, 2, 1, 4]);
    let dedupe = json!({"op": "deduplicate", "columns": ["age"], "keep": "last"});
    assert_eq!(run(&[decimal, dedupe]).rows_from.unwrap(), [2, 3, 4]);
}

#[test]
fn duplicates_go_by_any_columns() {
    let rows = |step: serde_json::Value| run(&[step]).rows_from.unwrap();
    let by_city = |keep: &str| json!({"op": "deduplicate", "columns": ["city"], "keep": keep, "by": "age"});
    assert_eq!(rows(by_city("first")), [0, 1, 2]);
    assert_eq!(rows(by_city("last")), [1, 3, 4]);
    assert_eq!(rows(by_city("none")), [1]);
    assert_eq!(rows(by_city("min")), [0, 1, 2]);
    assert_eq!(rows(json!({"op": "deduplicate", "columns": ["age"]})), [0, 1, 2], "NaN and null are equal");
    let made = run(&[json!({"op": "deduplicate"})]);
    assert_eq!((made.table.rows(), made.rows_from), (5, None));
    let max = json!({"op": "deduplicate", "columns": ["city"], "keep": "max", "by": "id"});
    assert_eq!(rows(max), [0, 1, 2]);
    assert!(refused(&[json!({"op": "deduplicate", "columns": ["city"], "keep": "max"})]).1.contains("largest"));
}

#[test]
fn samples_are_of_the_size_asked_for() {
    let rows = |step: serde_json::Value| run(&[step]).rows_from;
    assert_eq!(rows(json!({"op": "sample", "method": "first", "rows": 2})).unwrap(), [0, 1]);
    assert_eq!(rows(json!({"op": "sample", "method": "last", "percent": 40.0})).unwrap(), [3, 4]);
    assert_eq!(rows(json!({"op": "sample", "method": "every_nth", "rows": 2})).unwrap(), [0, 2, 4]);
    let random = json!({"op": "sample", "method": "random", "rows": 3, "seed": 7});
    let drawn = rows(random.clone()).unwrap();
    assert!(drawn.len() == 3 && drawn.is_sorted() && rows(random).unwrap() == drawn);
    let strata = json!({"op": "sample", "method": "stratified", "rows": 2, "by": "city", "seed": 1});
    let drawn = rows(strata).unwrap();
    assert!(drawn.len() == 2 && !drawn.contains(&1), "two cities of two rows outweigh the missing one: {drawn:?}");
    let mut shuffled = rows(json!({"op": "shuffle", "seed": 3})).unwrap();
    shuffled.sort_unstable();
    assert_eq!(shuffled, [0, 1, 2, 3, 4]);
    let made = run(&[json!({"op": "sample", "method": "first", "rows": 9})]);
    assert_eq!(made.outcomes[0].warnings, ["The table has 5 rows, fewer than 9: all stay"]);
    assert!(refused(&[json!({"op": "sample", "method": "random", "percent": 101.0})]).1.contains("0 to 100"));
}

#[test]
fn missing_rows_and_columns_are_dropped_over_a_share() {
    let rows = |step: serde_json::Value| run(&[step]).rows_from.unwrap();
    assert_eq!(rows(json!({"op": "drop_missing"})), [0, 2]);
    assert_eq!(rows(json!({"op": "drop_missing", "above_percent": 40.0})), [0, 2, 3, 4]);
    assert_eq!(rows(json!({"op": "drop_missing", "columns": ["id"]})), [0, 1, 2, 4]);
    let columns = json!({"op": "drop_missing", "axis": "columns", "above_percent": 30.0, "fit": "all"});
    let made = run(&[columns]);
    assert_eq!(
        (made.outcomes[0].removed.as_slice(), made.outcomes[0].learned.as_slice()),
        (&["age".to_owned()][..], &["age goes".to_owned()][..])
    );
    let whole = df!("id" => [1i64], "city" => ["Ulm"], "age" => [1.0]).unwrap();
    let applied = apply(&made.fitted, &whole, &[], &Around::default()).unwrap();
    assert_eq!(applied.frame.width(), 2, "what was learned decides, not the new rows");
}

#[test]
fn cells_are_edited_by_the_numbers_of_the_input() {
    let edits = json!([
        {"row": 3, "column": "city", "value": "Köln"},
        {"row": 0, "column": "age", "value": 31},
        {"row": 2, "column": "id"},
        {"row": 1, "column": "id", "value": 5},
    ]);
    let steps = [json!({"op": "drop_missing", "columns": ["city"]}), json!({"op": "edit_cells", "edits": edits})];
    let made = check(&steps, "id city age\n1 Ulm 31\n· Bonn 20\n· Köln 30\n2 Bonn ·");
    assert_eq!(made.outcomes[1].warnings, ["Row 2 no longer there: not edited"]);
    assert_eq!(made.outcomes[1].changed_cells, 3);
    let wrong = json!({"op": "edit_cells", "edits": [{"row": 0, "column": "id", "value": "old"}]});
    assert_eq!(refused(&[wrong]).0, "id holds ints, «old» is none");
    let applied = apply(&made.fitted, &people(), &[], &around()).unwrap();
    assert!(applied.warnings.iter().any(|warning| warning.contains("not replayed")));
}

#[test]
fn formulas_are_sql_row_by_row() {
    let formula = |name: &str, expression: &str| json!({"op": "formula", "name": name, "expression": expression});
    let values = |expression: &str| {
        let made = run(&[formula("new", expression), json!({"op": "keep", "columns": ["new"]})]);
        shown(&made.table.frame).replace('\n', " ")
    };
    assert_eq!(values("id / 2"), "new 0.5 1 1.5 · 1");
    assert_eq!(values("id // 2"), "new 0 1 1 · 1");
    assert_eq!(values("case when age > 25 then 'old' else 'young' end").split(' ').nth(1), Some("old"));
    assert_eq!(values("coalesce(city, 'none')"), "new Ulm none Bonn Ulm Bonn");
    assert_eq!(values("1"), "new 1 1 1 1 1");
    assert_eq!(values("upper(city)"), "new ULM · BONN ULM BONN");
    let made = run(&[formula("id", "id * 10")]);
    assert_eq!((made.outcomes[0].changed_cells, made.outcomes[0].added.len()), (4, 0));
    let says = |expression: &str, what: &str, hint: &str| {
        let (said, next) = refused(&[formula("new", expression)]);
        assert!(said.contains(what), "{expression}: {said}");
        assert!(next.contains(hint), "{expression}: {next}");
    };
    says("agee * 2", "there is no column «agee» at character 1", "Did you mean «age»?");
    says("agee * 2", "", "id, city, age");
    says("foo(age)", "foo", "id, city, age");
    says("age +", "not understood", "id, city, age");
    says("age * * 2", "at character 7", "");
    says("sum(age)", "sum at character 1 looks at several rows", "Group and aggregate");
    says("age - avg(age)", "avg", "row by row");
    says("(select max(a) from read_csv('/etc/passwd'))", "reads files", "data cell");
    says("", "empty", "");
    says("select 1", "", "");
}

#[test]
fn queries_see_named_tables_and_no_file() {
    let sql = |query: &str| json!({"op": "sql", "query": query, "tables": ["lookup"]});
    check(&[sql("SELECT id, age FROM input WHERE age > 25 ORDER BY id NULLS LAST;")], "id age\n1 30\n· 30");
    let made = check(
        &[sql("select city, count(*) as n from input where city is not null group by city")],
        "city n\nBonn 2\nUlm 2",
    );
    assert!(made.outcomes[0].notes[0].contains("ORDER BY"));
    check(
        &[sql(
            "with x as (select id from input where id is not null) select x.id, score from x join lookup l on x.id = l.id order by score",
        )],
        "id score\n1 a1\n1 a2\n2 b\n2 b",
    );
    let says = |query: &str, what: &str| {
        let said = refused(&[sql(query)]).0;
        assert!(said.contains(what), "{query}: {said}");
    };
    says("select * from READ_CSV('x.csv')", "reads files");
    says("drop table input", "only SELECT");
    says("select * from codes", "codes");
    says("select nothing from input", "nothing");
    says("select * from input; drop table input", "one");
    says("", "empty");
    let parts = Parts::new(vec![0, 1, 2, 0, 0]).unwrap();
    let split = Table::with_parts(people(), Some(parts)).unwrap();
    let error = run_on(&split, &[sql("select id from input")]).unwrap_err();
    assert_eq!(error.hint(), "Put the step above the split");
}

#[test]
fn joins_of_every_kind() {
    let join = |how: &str| json!({"op": "join", "with": "lookup", "how": how, "on": [{"left": "id"}]});
    let keep = json!({"op": "keep", "columns": ["id", "city", "score"]});
    check(&[join("left"), keep.clone()], "id city score\n1 Ulm a1\n1 Ulm a2\n2 · b\n3 Bonn ·\n· Ulm ·\n2 Bonn b");
    check(&[join("inner"), keep.clone()], "id city score\n1 Ulm a1\n1 Ulm a2\n2 · b\n2 Bonn b");
    check(&[join("right"), keep.clone()], "id city score\n2 · b\n2 Bonn b\n1 Ulm a1\n1 Ulm a2\n9 · z");
    check(&[join("full"), keep], "id city score\n1 Ulm a1\n1 Ulm a2\n2 · b\n3 Bonn ·\n· Ulm ·\n2 Bonn b\n9 · z");
    check(&[join("semi"), json!({"op": "keep", "columns": ["id"]})], "id\n1\n2\n2");
    check(&[join("anti"), json!({"op": "keep", "columns": ["id", "city"]})], "id city\n3 Bonn\n· Ulm");
    let made = run(&[join("left")]);
    assert_eq!(made.table.frame.get_column_names_owned(), ["id", "city", "age", "score", "age_right"]);
    assert_eq!(
        made.outcomes[0].notes,
        [
            "3 of 5 rows match, 2 do not",
            "«lookup»: 3 of 4 rows match, 1 do not",
            "A row matches up to 2 rows of «lookup»",
            "A row of «lookup» matches up to 2 rows",
        ]
    );
    assert_eq!((made.outcomes[0].rows_removed, made.outcomes[0].rows_added), (0, 1));
    let cross = run(&[json!({"op": "join", "with": "lookup", "how": "cross"})]);
    assert_eq!((cross.table.rows(), cross.table.frame.width()), (20, 6));
    assert!(cross.outcomes[0].warnings[0].contains("4.0 times"), "{:?}", cross.outcomes[0].warnings);
    let mut one = join("left");
    one["expect"] = json!("many_to_one");
    assert_eq!(
        refused(&[one]).0,
        "the join is not many to one: a row matches up to 2 rows of «lookup», and a row of «lookup» matches up to 2 rows"
    );
    let (what, hint) = refused(&[json!({"op": "join", "with": "codes", "on": [{"left": "id"}]})]);
    assert_eq!(what, "id holds ints such as «1», and id of «codes» holds texts such as «01»");
    assert!(hint.contains("leading zeros"));
    assert!(refused(&[json!({"op": "join", "with": "nowhere", "on": [{"left": "id"}]})]).1.contains("lookup"));
    assert!(
        refused(&[json!({"op": "join", "with": "lookup", "on": [{"left": "id", "right": "key"}]})]).0.contains("«key»")
    );
}

#[test]
fn several_keys_and_wider_types_match() {
    let mut around = Around::default();
    let other = df!("k" => [1.0, 2.0], "c" => ["Ulm", "Bonn"], "v" => [10i64, 20]).unwrap();
    around.tables.insert("other".into(), other);
    let on = json!([{"left": "id", "right": "k"}, {"left": "city", "right": "c"}]);
    let steps = [step(json!({"op": "join", "with": "other", "how": "full", "on": on}))];
    let made = run_recipe(&Table::new(people()), &steps, &around, &NoProgress).unwrap();
    let expected = "id city age v\n1 Ulm 30 10\n2 · · ·\n3 Bonn 20 ·\n· Ulm 30 ·\n2 Bonn · 20";
    assert_eq!(shown(&made.table.frame), expected);
}

#[test]
fn tables_are_put_below_each_other() {
    let concat = |columns: &str| json!({"op": "concat", "with": ["more"], "columns": columns, "source": "from"});
    let made = check(
        &[concat("union")],
        "id city age town from\n1 Ulm 30 · input\n2 · · · input\n3 Bonn 20 · input\n· Ulm 30 · input\n2 Bonn · · input\n7.5 · · Kiel more",
    );
    assert_eq!(made.table.row_numbers.as_deref(), Some(&[0, 1, 2, 3, 4, NO_ROW][..]));
    check(&[concat("common")], "id from\n1 input\n2 input\n3 input\n· input\n2 input\n7.5 more");
    assert!(refused(&[concat("same")]).0.contains("city is not in «more»"));
}

#[test]
fn groups_stand_in_the_order_of_their_first_row() {
    let group = json!({"op": "group_by", "by": ["city"], "aggregations": [
        {"function": "rows"},
        {"column": "age", "function": "mean"},
        {"column": "id", "function": "sum", "name": "total"},
    ]});
    let made = check(std::slice::from_ref(&group), "city rows age_mean total\nUlm 2 30 1\n· 1 · 2\nBonn 2 20 5");
    assert_eq!((made.outcomes[0].rows_removed, made.outcomes[0].rows_added), (5, 3));
    let within = Table::with_parts(people(), Some(Parts::new(vec![0, 1, 2, 0, 2]).unwrap())).unwrap();
    let made = run_on(&within, std::slice::from_ref(&group)).unwrap();
    assert_eq!(made.table.parts.unwrap().as_slice(), [0, 1, 2], "groups within a part keep it");
    let across = Table::with_parts(people(), Some(Parts::new(vec![0, 1, 2, 1, 2]).unwrap())).unwrap();
    assert_eq!(run_on(&across, &[group]).unwrap_err().hint(), "Put the step above the split");
    let all = json!({"op": "group_by", "aggregations": [{"column": "age", "function": "max"}]});
    check(&[all], "age_max\n30");
}

#[test]
fn pivots_and_their_way_back() {
    let pivot = json!({"op": "pivot", "index": ["id"], "on": "city", "values": "age", "function": "max"});
    let made = check(&[pivot], "id Bonn Ulm null\n1 · 30 ·\n2 · · ·\n3 20 · ·\n· · 30 ·");
    let new = df!("id" => [1i64, 1], "city" => ["Kiel", "Ulm"], "age" => [1.0, 2.0]).unwrap();
    let applied = apply(&made.fitted, &new, &[], &Around::default()).unwrap();
    assert_eq!(shown(&applied.frame), "id Bonn Ulm null\n1 · 2 ·");
    assert!(applied.warnings[0].contains("(Kiel), left out"), "{:?}", applied.warnings);
    let wide = df!("k" => ["a", "b"], "x" => [1i64, 2], "y" => [3.5, 4.0]).unwrap();
    let unpivot = json!({"op": "unpivot", "index": ["k"]});
    let long = run_on(&Table::new(wide.clone()), std::slice::from_ref(&unpivot)).unwrap();
    assert_eq!(shown(&long.table.frame), "k variable value\na x 1\nb x 2\na y 3.5\nb y 4");
    assert_eq!(long.rows_from.as_deref(), Some(&[0, 1, 0, 1][..]));
    let back = json!({"op": "pivot", "index": ["k"], "on": "variable", "values": "value"});
    let back = run_on(&Table::new(wide), &[unpivot, back]).unwrap();
    assert_eq!(shown(&back.table.frame), "k x y\na 1 3.5\nb 2 4");
    let turned = json!({"op": "transpose", "header": "city"});
    let made = check(&[turned], "column Ulm null Bonn Ulm_2 Bonn_2\nid 1 2 3 · 2\nage 30 · 20 30 ·");
    assert_eq!(made.outcomes[0].warnings.len(), 2);
}

#[test]
fn lists_and_json_are_opened() {
    let frame = df!(
        "k" => [1i64, 2, 3, 4],
        "tags" => [Some("a; b;"), None, Some(""), Some("c")],
        "items" => [Some("[1, 2.5]"), Some("[]"), None, Some("[3]")],
        "doc" => [
            Some(r#"{"a": 1, "b": {"c": "x", "d": true}}"#),
            Some(r#"{"a": 2.5, "e": [1]}"#),
            None,
            Some("broken"),
        ],
    )
    .unwrap();
    let table = Table::new(frame.clone());
    let check = |step: serde_json::Value, keep: &[&str], expected: &str| {
        let made = run_on(&table, &[step, json!({"op": "keep", "columns": keep})]).unwrap();
        assert_eq!(shown(&made.table.frame), expected);
        made
    };
    check(
        json!({"op": "explode", "column": "tags", "separator": ";"}),
        &["k", "tags"],
        "k tags\n1 a\n1 b\n2 ·\n3 ·\n4 c",
    );
    let made =
        check(json!({"op": "explode", "column": "items"}), &["k", "items"], "k items\n1 1\n1 2.5\n2 ·\n3 ·\n4 3");
    assert_eq!((made.outcomes[0].rows_added, made.outcomes[0].prediction.as_ref().unwrap().rows), (1, 5));
    let flat = |depth: u32| json!({"op": "flatten_json", "column": "doc", "depth": depth, "fit": "all"});
    let made = check(
        flat(1),
        &["doc_a", "doc_b", "doc_e"],
        "doc_a doc_b doc_e\n1 {\"c\":\"x\",\"d\":true} ·\n2.5 · [1]\n· · ·\n· · ·",
    );
    assert!(made.outcomes[0].warnings[0].contains("no JSON object"));
    let deep =
        check(flat(2), &["doc_a", "doc_b_c", "doc_b_d"], "doc_a doc_b_c doc_b_d\n1 x true\n2.5 · ·\n· · ·\n· · ·");
    let new = frame.head(Some(1)).with_column(Column::new("doc".into(), [r#"{"a": "no", "z": 1}"#])).unwrap().clone();
    let applied = apply(&deep.fitted, &new, &[], &Around::default()).unwrap();
    assert_eq!(shown(&applied.frame), "doc_a doc_b_c doc_b_d\n· · ·");
    assert!(applied.warnings.iter().any(|text| text.contains("left out: z")), "{:?}", applied.warnings);
    let lists = df!("k" => [1i64, 2, 3], "s" => ["1", "2", "3"])
        .unwrap()
        .lazy()
        .group_by_stable([col("k").eq(lit(3i64)).alias("g")])
        .agg([col("s")])
        .collect()
        .unwrap();
    let made = run_on(&Table::new(lists), &[json!({"op": "explode", "column": "s"})]).unwrap();
    assert_eq!(shown(&made.table.frame), "g s\nfalse 1\nfalse 2\ntrue 3");
    let error = run_on(&table, &[json!({"op": "explode", "column": "k"})]).unwrap_err();
    assert!(error.to_string().contains("one value a cell"));
}

#[test]
fn one_hot_is_undone() {
    let hot = json!({"op": "one_hot", "columns": ["city"], "nulls": "all_zeros", "fit": "all"});
    let back =
        json!({"op": "one_hot_inverse", "columns": ["city_Bonn", "city_Ulm"], "name": "city", "prefix": "city_"});
    let made = run(&[hot, back]);
    assert_eq!(shown(&made.table.frame), shown(&people()));
    let error = refused(&[json!({"op": "one_hot_inverse", "columns": ["id"], "name": "x"})]).0;
    assert_eq!(error, "row 2: id is 2, neither 0 nor 1");
}

#[test]
fn unfit_cells_are_listed_and_decimals_are_exact() {
    let frame = df!("t" => (0..30).map(|at| if at % 2 == 0 { format!("{at}.50") } else { format!("x{at}") }).collect::<Vec<_>>()).unwrap();
    let cast = |to: &str, unfit: &str| json!({"op": "cast", "columns": ["t"], "to": to, "unfit": unfit});
    let table = Table::new(frame);
    let info = ErrorInfo::from(run_on(&table, &[cast("decimal", "error")]).unwrap_err());
    assert_eq!((info.cells.len(), info.cells[0].row, info.cells[0].value.as_str()), (15, 1, "x1"));
    let made = run_on(&table, &[cast("decimal", "null")]).unwrap();
    assert_eq!(made.outcomes[0].unfit.len(), 15);
    assert_eq!(made.outcomes[0].learned, ["t ← read as 1 places"]);
    assert_eq!(made.table.frame.column("t").unwrap().dtype(), &DataType::Decimal(38, 1));
    assert_eq!(made.outcomes[0].changed_cells, 15, "12.50 that became 12.5 is the same number");
}

#[test]
fn decimals_are_keys_of_queries() {
    let units: Int128Chunked = [Some(250i128), Some(1000), None, Some(250), Some(-5), Some(1000)].into_iter().collect();
    let price = units.into_decimal(38, 2).unwrap().into_series().with_name("price".into()).into_column();
    let paid: Int128Chunked = (1..=6).map(|at| Some(at * 101i128)).collect();
    let paid = paid.into_decimal(38, 1).unwrap().into_series().with_name("paid".into()).into_column();
    let id = Series::new("id".into(), [1i64, 2, 3, 4, 5, 6]).into_column();
    let table = Table::new(DataFrame::new(6, vec![id, price, paid]).unwrap());
    let check = |query: &str, expected: &[&str]| {
        let made = run_on(&table, &[json!({"op": "sql", "query": query})]);
        let frame = made.unwrap_or_else(|error| panic!("{query}: {error}")).table.frame;
        let line = |row: usize| {
            let cell = |column: &Column| crate::format::text_of(&column.get(row).unwrap()).unwrap_or("-".into());
            frame.columns().iter().map(cell).collect::<Vec<_>>().join(" ")
        };
        assert_eq!((0..frame.height()).map(line).collect::<Vec<_>>(), expected, "{query}");
        frame
    };
    let made = check(
        "select price, count(id) as n, sum(paid) as paid from input group by price order by price nulls last",
        &["-0.05 1 50.5", "2.50 2 50.5", "10.00 2 80.8", "- 1 30.3"],
    );
    assert_eq!(made.column("price").unwrap().dtype(), &DataType::Decimal(38, 2));
    check("select distinct price from input where price is not null", &["-0.05", "2.50", "10.00"]);
    check("select count(distinct price) as n, min(price) as low, max(price) as high from input", &["3 -0.05 10.00"]);
    check(
        "select a.id, b.id as other from input a join input b on a.price = b.price where a.id < b.id",
        &["1 4", "2 6"],
    );
    check(
        "select id, count(id) over (partition by price) as n from input where price is not null order by id",
        &["1 2", "2 2", "4 2", "5 1", "6 2"],
    );
    // What does not need a key is computed as ever.
    check("select id from input where price > 5 order by id", &["2", "6"]);
}

#[test]
fn a_broken_step_says_which_step_took_its_column() {
    let steps: Vec<Step> = [
        json!({"op": "rename", "names": [{"from": "age", "to": "years"}]}),
        json!({"op": "drop", "columns": ["city"]}),
        json!({"op": "sort", "by": [{"column": "age"}]}),
        json!({"op": "shuffle"}),
    ]
    .into_iter()
    .map(step)
    .collect();
    let run = |steps: &[Step]| run_recipe_tolerant(&Table::new(people()), steps, &around(), &NoProgress).unwrap();
    let TolerantRun { run: done, broken } = run(&steps);
    let broken = broken.unwrap();
    assert_eq!((done.outcomes.len(), done.table.frame.width(), broken.number), (2, 2, 3));
    assert_eq!(broken.error.hint(), "Step 1 («Rename columns») renamed it: use «years» here, or move this step above");
    let steps = [steps[1].clone(), step(json!({"op": "duplicate", "column": "city"}))];
    let error = ErrorInfo::from(run(&steps).broken.unwrap().error);
    assert_eq!(error.hint, "Step 1 («Drop columns») removes it: move this step above, or change that one");
    assert_eq!((error.place.step, error.place.column.as_deref()), (Some(2), Some("city")));
    assert!(run(&steps[..1]).broken.is_none());
}

#[test]
fn sizes_are_predicted_without_making_the_table() {
    let many = df!("k" => vec![1i64; 60_000], "v" => (0..60_000i64).collect::<Vec<_>>()).unwrap();
    let table = Table::new(many.clone());
    let mut around = Around::default();
    around.tables.insert("same".into(), many);
    let join = json!({"op": "join", "with": "same", "on": [{"left": "k"}]});
    let predicted = predict(&table, &op(join.clone()), &around).unwrap();
    assert_eq!((predicted.rows, predicted.columns, predicted.confirm), (3_600_000_000, 3, true));
    assert!(predicted.warning.contains("3,600,000,000"), "{}", predicted.warning);
    let error = run_recipe(&table, &[step(join)], &around, &NoProgress).unwrap_err();
    assert!(error.to_string().starts_with("«Join» would make 3,600,000,000 rows × 3 columns"), "{error}");
    assert!(!error.hint().is_empty());
    let cross = json!({"op": "join", "with": "same", "how": "cross"});
    assert!(run_recipe(&table, &[step(cross)], &around, &NoProgress).is_err());
    let people = Table::new(people());
    let check = |value: serde_json::Value, rows, columns| {
        let predicted = predict(&people, &op(value.clone()), &super::row_tests::around()).unwrap();
        let made = run_on(&people, &[value]).unwrap();
        assert_eq!((predicted.rows, predicted.columns), (rows, columns));
        assert_eq!((made.table.rows() as u64, made.table.frame.width() as u64), (rows, columns));
    };
    check(json!({"op": "one_hot", "columns": ["city"], "fit": "all"}), 5, 5);
    check(json!({"op": "join", "with": "lookup", "on": [{"left": "id"}]}), 6, 5);
    check(json!({"op": "join", "with": "lookup", "how": "full", "on": [{"left": "id"}]}), 7, 5);
    check(json!({"op": "join", "with": "lookup", "how": "anti", "on": [{"left": "id"}]}), 2, 3);
    check(json!({"op": "pivot", "index": ["id"], "on": "city", "values": "age"}), 4, 4);
    check(json!({"op": "explode", "column": "city", "separator": "n"}), 5, 3);
    check(json!({"op": "shuffle"}), 5, 3);
}

#[test]
fn previews_follow_rows_that_moved_doubled_or_are_new() {
    let window = Preview { first_row: 0, rows: 10, first_column: 0, columns: 10, changed_first: false };
    let before = Table::new(people());
    let look = |steps: &[serde_json::Value]| {
        let made = run_on(&before, steps).unwrap();
        let page = preview_of(&before, &made.table, made.rows_from.as_deref(), window).unwrap();
        assert_eq!(page, preview(&before, &made.table, window).unwrap(), "the numbers say the same");
        page
    };
    let changes = |page: &cairn_protocol::table::TablePage| {
        page.columns.iter().map(|column| (column.name.clone(), column.change)).collect::<Vec<_>>()
    };
    use ColumnChange::{Added, Changed, Removed, Same};
    let page = look(&[json!({"op": "sort", "by": [{"column": "id"}]})]);
    assert_eq!(page.row_numbers, [0, 1, 4, 2, 3]);
    assert!(changes(&page).iter().all(|(_, change)| *change == Same) && page.added_rows.is_empty());
    let page = look(&[json!({"op": "explode", "column": "city", "separator": "l"})]);
    assert_eq!(page.row_numbers, [0, 0, 1, 2, 3, 3, 4]);
    assert_eq!(changes(&page)[1], ("city".into(), Changed));
    assert_eq!(page.columns[1].changed, [true, true, false, false, true, true, false]);
    let page = look(&[json!({"op": "concat", "with": ["more"], "columns": "common"})]);
    assert_eq!(
        (page.row_numbers[5], page.added_rows.as_slice()),
        (NO_ROW, &[false, false, false, false, false, true][..])
    );
    let group = json!({"op": "group_by", "by": ["city"], "aggregations": [{"function": "rows"}]});
    let page = look(std::slice::from_ref(&group));
    assert_eq!(
        changes(&page),
        [("id".into(), Removed), ("city".into(), Same), ("age".into(), Removed), ("rows".into(), Added)]
    );
    assert_eq!(page.added_rows, [true; 3]);
    assert_eq!(page.columns[0].cells, [None, None, None]);
    // A step after rows were made anew: the run knows which row is which.
    let groups = run_on(&before, &[group]).unwrap().table;
    let after = run_on(&groups, &[json!({"op": "sort", "by": [{"column": "city"}]})]).unwrap();
    let page = preview_of(&groups, &after.table, after.rows_from.as_deref(), window).unwrap();
    assert!(page.added_rows.is_empty() && changes(&page).iter().all(|(_, change)| *change == Same));
    assert!(preview_of(&before, &groups, None, window).is_err());
}
