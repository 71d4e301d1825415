//! What holds of the operations on rows and tables whatever the table.

use proptest::prelude::*;

use cairn_protocol::steps::Step;
use polars::prelude::*;
use serde_json::json;

use super::{row_tests::step, *};
use crate::progress::NoProgress;

fn any_table() -> impl Strategy<Value = Table> {
    let row = (
        prop::option::weighted(0.8, -5i64..5),
        prop::option::weighted(0.8, prop::sample::select(vec![-1.5, 0.0, -0.0, 2.5, 1e9, f64::NAN])),
        prop::option::weighted(0.8, prop::sample::select(vec!["a", "b", "é", "d e", "null", ""])),
        prop::option::weighted(0.8, prop::sample::select(vec!["x;y", "y", "z; x", "", "[1,2]", "{\"u\":1}", "[]"])),
        0u8..3,
    );
    prop::collection::vec(row, 0..40).prop_map(|rows| {
        let frame = df!(
            "n" => rows.iter().map(|row| row.0).collect::<Vec<_>>(),
            "r" => rows.iter().map(|row| row.1).collect::<Vec<_>>(),
            "c" => rows.iter().map(|row| row.2).collect::<Vec<_>>(),
            "m" => rows.iter().map(|row| row.3).collect::<Vec<_>>(),
            "row" => (0..rows.len() as i64).collect::<Vec<_>>(),
        )
        .unwrap();
        let parts = rows.iter().map(|row| row.4).collect();
        Table::with_parts(frame, Some(Parts::new(parts).unwrap())).unwrap()
    })
}

/// Every operation on columns, rows and tables, with its options varied.
fn every_operation() -> Vec<serde_json::Value> {
    let mut all = vec![
        json!({"op": "keep", "columns": ["m", "row", "n"]}),
        json!({"op": "move", "columns": ["r"], "to": "first"}),
        json!({"op": "duplicate", "column": "c", "name": "copy"}),
        json!({"op": "clean_names", "style": "upper"}),
        json!({"op": "cast", "columns": ["n", "r"], "to": "decimal"}),
        json!({"op": "filter", "conditions": [{"column": "c", "test": "is_duplicate"}]}),
        json!({"op": "filter", "conditions": [{"column": "n", "test": "less", "other": "r"}], "action": "delete"}),
        json!({"op": "filter", "conditions": [{"column": "c", "test": "matches", "value": "^[a-z]"}]}),
        json!({"op": "sort", "by": [{"column": "c", "descending": true}, {"column": "r"}]}),
        json!({"op": "sample", "method": "stratified", "percent": 50.0, "by": "c"}),
        json!({"op": "sample", "method": "random", "rows": 5}),
        json!({"op": "shuffle", "seed": 5}),
        json!({"op": "drop_missing", "columns": ["n", "r", "c"], "above_percent": 40.0}),
        json!({"op": "drop_missing", "axis": "columns", "above_percent": 10.0, "fit": "all"}),
        json!({"op": "edit_cells", "edits": [{"row": 2, "column": "n", "value": 4}, {"row": 0, "column": "c"}]}),
        json!({"op": "formula", "name": "f", "expression": "coalesce(n, 0) * 2 + r"}),
        json!({"op": "formula", "name": "n", "expression": "case when c = 'a' then 1 end"}),
        json!({"op": "sql", "query": "select c, count(n) as k from input group by c"}),
        json!({"op": "sql", "query": "select i.n, o.v from input i join other o on i.n = o.n", "tables": ["other"]}),
        json!({"op": "concat", "with": ["other"], "source": "from"}),
        json!({"op": "group_by", "by": ["c", "r"], "aggregations": [
            {"column": "n", "function": "sum"}, {"column": "n", "function": "mode"}, {"column": "r", "function": "std"},
            {"column": "c", "function": "distinct"}, {"column": "m", "function": "min"}, {"function": "rows"}]}),
        json!({"op": "pivot", "index": ["n"], "on": "c", "values": "r", "function": "sum"}),
        json!({"op": "unpivot", "index": ["row"], "columns": ["n", "r"]}),
        json!({"op": "unpivot", "index": ["c"]}),
        json!({"op": "transpose", "header": "row"}),
        json!({"op": "explode", "column": "m", "separator": ";"}),
        json!({"op": "explode", "column": "m"}),
        json!({"op": "flatten_json", "column": "m", "fit": "all"}),
    ];
    for keep in ["first", "last", "none", "min", "max"] {
        all.push(json!({"op": "deduplicate", "columns": ["c", "n"], "keep": keep, "by": "r"}));
    }
    for how in ["left", "inner", "right", "full", "semi", "anti", "cross"] {
        all.push(json!({"op": "join", "with": "other", "how": how, "on": [{"left": "n"}]}));
    }
    all
}

/// Steps that learn from rows, and change columns alone.
fn learning_operations() -> Vec<serde_json::Value> {
    let mut all = vec![
        json!({"op": "one_hot", "columns": ["c", "n"], "fit": "all"}),
        json!({"op": "one_hot", "columns": ["c"], "nulls": "null", "unseen": "other", "rare_below_count": 2, "fit": "all"}),
        json!({"op": "one_hot", "columns": ["n"], "drop": "if_two", "max_categories": 2, "keep_source": true, "fit": "all"}),
        json!({"op": "ordinal", "columns": ["c", "n"], "order": ["é", "-5"], "unseen": "minus_one", "fit": "all"}),
        json!({"op": "target_encode", "columns": ["c"], "target": "row", "folds": 2, "fit": "all"}),
        json!({"op": "frequency_encode", "columns": ["c", "n"], "unit": "share", "fit": "all"}),
        json!({"op": "hash_encode", "columns": ["c", "n"], "buckets": 3, "signed": true}),
        json!({"op": "binary_encode", "columns": ["c", "n"], "fit": "all"}),
        json!({"op": "split_flags", "column": "m", "separator": ";", "fit": "all"}),
        json!({"op": "group_rare", "columns": ["c"], "below_percent": 30.0, "fit": "all"}),
        json!({"op": "pca", "columns": ["row"], "fit": "all"}),
        json!({"op": "split_text", "column": "m", "separator": ";", "fit": "all"}),
        json!({"op": "text_vectors", "column": "m", "min_rows": 1, "kind": "tfidf", "fit": "all"}),
    ];
    for strategy in ["mean", "median", "mode", "forward", "backward", "linear", "knn"] {
        all.push(json!({"op": "impute", "columns": ["n", "r"], "strategy": strategy, "indicator": true, "fit": "all"}));
    }
    for method in ["standard", "min_max", "robust", "max_abs", "quantile", "yeo_johnson", "box_cox", "log", "log1p"] {
        all.push(json!({"op": "scale", "columns": ["n", "r"], "method": method, "fit": "all"}));
    }
    for method in ["width", "quantile", "supervised"] {
        all.push(
            json!({"op": "bin", "columns": ["r", "n"], "method": method, "bins": 3, "target": "row", "fit": "all"}),
        );
    }
    for method in ["std", "robust", "iqr", "quantile"] {
        all.push(json!({"op": "outliers", "columns": ["r"], "method": method, "low": 0.1, "high": 0.9, "fit": "all"}));
    }
    all
}

/// A hash of the names, types and cells of a table.
fn digest(frame: &DataFrame) -> String {
    let mut hasher = blake3::Hasher::new();
    for column in frame.columns() {
        hasher.update(format!("{} {}", column.name(), column.dtype()).as_bytes());
        for row in 0..column.len() {
            hasher.update(format!("{:?}", crate::format::text_of(&column.get(row).unwrap())).as_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}

fn around() -> Around {
    let mut around = Around::default();
    let other = df!(
        "n" => [Some(1i64), Some(2), Some(2), None, Some(77)],
        "v" => ["one", "two", "zwei", "none", "many"],
        "c" => [1.5, 2.0, f64::NAN, 3.0, 4.0],
    );
    around.tables.insert("other".into(), other.unwrap());
    around
}

fn run(table: &Table, steps: &[Step]) -> Result<RecipeRun, crate::DataError> {
    run_recipe(table, steps, &around(), &NoProgress)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// On any table every operation either does its work or refuses with a reason; its replay, read back from its file,
    /// gives the same values; the outcome counts the rows that went and came; predictions hold.
    #[test]
    fn every_operation_replays_equally(table in any_table()) {
        let whole = Table::new(table.frame.clone());
        for value in every_operation() {
            let steps = [step(value.clone())];
            let made = match run(&whole, &steps) {
                Ok(made) => made,
                Err(error) => {
                    prop_assert!(!matches!(error, crate::DataError::Internal { .. }), "{value}: {error}");
                    prop_assert!(!error.to_string().is_empty());
                    continue;
                }
            };
            let outcome = &made.outcomes[0];
            let rows = (whole.rows() as u64 + outcome.rows_added).checked_sub(outcome.rows_removed);
            prop_assert_eq!(rows, Some(made.table.rows() as u64), "{}", value);
            let predicted = predict(&whole, &steps[0].op, &around()).unwrap();
            if outcome.prediction.is_some() {
                let found = (made.table.rows() as u64, made.table.frame.width() as u64);
                prop_assert_eq!((predicted.rows, predicted.columns), found, "{}", value);
            }
            if steps[0].op.only_here() {
                continue;
            }
            let text = serde_json::to_string(&made.fitted).unwrap();
            let fitted: FittedRecipe = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&fitted, &made.fitted);
            let applied = apply(&fitted, &whole.frame, &[], &around()).unwrap();
            prop_assert!(applied.frame.equals_missing(&made.table.frame), "{}: {} {}", value, applied.frame, made.table.frame);
            prop_assert_eq!(applied.frame.schema(), made.table.frame.schema());
        }
    }

    /// A row keeps its part and its number through whatever keeps rows, and the run knows where it came from.
    #[test]
    fn parts_and_numbers_follow_their_rows(table in any_table(), picks in prop::collection::vec(any::<prop::sample::Index>(), 1..5)) {
        let operations = every_operation();
        let steps: Vec<Step> = picks.iter().map(|pick| step(pick.get(&operations).clone())).collect();
        let TolerantRun { run: made, .. } = run_recipe_tolerant(&table, &steps, &around(), &NoProgress).unwrap();
        let (parts, before) = (made.table.parts.as_ref().unwrap().as_slice(), table.parts.as_ref().unwrap().as_slice());
        prop_assert_eq!(parts.len(), made.table.rows());
        let numbers = made.table.row_numbers.clone().unwrap_or_else(|| (0..table.rows() as u64).collect());
        for row in 0..made.table.rows() {
            let from = made.rows_from.as_ref().map_or(row as u32, |from| from[row]);
            if from == IdxSize::MAX {
                prop_assert_eq!(numbers[row], NO_ROW);
            } else {
                prop_assert_eq!((numbers[row], parts[row]), (u64::from(from), before[from as usize]));
            }
        }
        if let Ok(column) = made.table.frame.column("row") && let Ok(ids) = column.i64()
            && !steps.iter().any(|step| matches!(step.op.name(), "group_by" | "pivot" | "sql" | "concat"))
        {
            for (id, number) in ids.iter().zip(numbers.iter()) {
                prop_assert!(id.is_none_or(|id| id as u64 == *number), "a row came apart from its number");
            }
        }
        let window = Preview { first_row: 0, rows: 50, first_column: 0, columns: 50, changed_first: true };
        prop_assert!(preview_of(&table, &made.table, made.rows_from.as_deref(), window).is_ok());
        prop_assert!(preview(&table, &made.table, window).is_ok());
    }

    /// A step that is switched off is not there; switched on again, in the notebook's file, it does what it did.
    #[test]
    fn switching_a_step_off_and_on_changes_nothing(table in any_table(), pick in any::<prop::sample::Index>()) {
        let operations: Vec<serde_json::Value> = every_operation().into_iter().chain(learning_operations()).collect();
        let it = step(pick.get(&operations).clone());
        let sort = step(json!({"op": "sort", "by": [{"column": "r"}]}));
        let mut off = it.clone();
        off.enabled = false;
        let with = run(&table, &[sort.clone(), off.clone()]).unwrap();
        let without = run(&table, std::slice::from_ref(&sort)).unwrap();
        prop_assert!(with.table.frame.equals_missing(&without.table.frame));
        prop_assert_eq!(&with.rows_from, &without.rows_from);
        prop_assert!(with.outcomes[1].skipped);
        let applied = apply(&with.fitted, &table.frame, &[], &around()).unwrap();
        prop_assert!(applied.frame.equals_missing(&with.table.frame));
        let mut on: Step = serde_json::from_str(&serde_json::to_string(&off).unwrap()).unwrap();
        on.enabled = true;
        prop_assert_eq!(&on, &it);
        match (run(&table, &[sort.clone(), it]), run(&table, &[sort, on])) {
            (Ok(before), Ok(after)) => {
                prop_assert_eq!(digest(&before.table.frame), digest(&after.table.frame));
                prop_assert_eq!(before.fitted, after.fitted);
                prop_assert_eq!(before.rows_from, after.rows_from);
            }
            (Err(before), Err(after)) => prop_assert_eq!(before.to_string(), after.to_string()),
            (before, after) => prop_assert!(false, "{:?} and {:?}", before.is_ok(), after.is_ok()),
        }
    }

    /// What learns from rows does its work or refuses with a reason, on any table, in one row, in none; replayed from its
    /// file it gives a table of the same hash, and rows with levels that it never saw go through it.
    #[test]
    fn every_step_that_learns_replays_with_equal_hashes(table in any_table(), rows in 0usize..3) {
        let whole = Table::new(table.frame.clone());
        let few = Table::new(table.frame.head(Some(rows)));
        let new = df!(
            "n" => [None, Some(99i64)], "r" => [f64::NAN, -77.5], "c" => [Some("unseen 東"), None],
            "m" => [Some("x;new"), None], "row" => [-1i64, -2],
        )
        .unwrap();
        for value in learning_operations() {
            let steps = [step(value.clone())];
            for table in [&whole, &few] {
                let made = match run(table, &steps) {
                    Ok(made) => made,
                    Err(error) => {
                        prop_assert!(!matches!(error, crate::DataError::Internal { .. }), "{value}: {error}");
                        prop_assert!(!error.to_string().is_empty());
                        continue;
                    }
                };
                prop_assert_eq!(made.table.rows(), table.rows(), "{}", value);
                let fitted: FittedRecipe = serde_json::from_str(&serde_json::to_string(&made.fitted).unwrap()).unwrap();
                prop_assert_eq!(&fitted, &made.fitted);
                // Training rows of a cross-fitted encoding differ from new ones by design.
                if value["op"] != "target_encode" {
                    let applied = apply(&fitted, &table.frame, &[], &around()).unwrap();
                    prop_assert_eq!(digest(&applied.frame), digest(&made.table.frame), "{}", value);
                }
                match apply(&fitted, &new, &[], &around()) {
                    Ok(applied) => prop_assert_eq!(applied.frame.height(), 2, "{}", value),
                    Err(error) => prop_assert!(!matches!(error, crate::DataError::Internal { .. }), "{value}: {error}"),
                }
            }
        }
    }

    /// Sorting is stable, by one column and by two, and loses no row.
    #[test]
    fn sorting_is_stable(table in any_table(), descending in any::<bool>(), two in any::<bool>()) {
        let mut by = vec![json!({"column": "c", "descending": descending})];
        if two {
            by.push(json!({"column": "r"}));
        }
        let made = run(&table, &[step(json!({"op": "sort", "by": by}))]).unwrap();
        let from = made.rows_from.unwrap();
        let mut all = from.clone();
        all.sort_unstable();
        prop_assert!(all.iter().copied().eq(0..table.rows() as u32));
        let c = table.frame.column("c").unwrap().str().unwrap().clone();
        let r = columns::numbers(columns::column(&table.frame, "r").unwrap()).unwrap();
        let key = |row: u32| {
            let text = c.get(row as usize);
            (text.is_none(), text, r[row as usize])
        };
        for pair in from.windows(2) {
            let (a, b) = (key(pair[0]), key(pair[1]));
            let mut order = a.0.cmp(&b.0).then(if descending { b.1.cmp(&a.1) } else { a.1.cmp(&b.1) });
            if two {
                let rank = |x: f64| if x.is_nan() { f64::INFINITY } else { x + 0.0 };
                order = order.then(rank(a.2).total_cmp(&rank(b.2)));
            }
            prop_assert!(order.then(pair[0].cmp(&pair[1])).is_lt());
        }
    }

    /// Of equal rows exactly one stays, whichever; «none» leaves only rows that stand once.
    #[test]
    fn one_of_equal_rows_stays(table in any_table()) {
        let key = |row: usize| {
            let cell = |name: &str| crate::format::text_of(&table.frame.column(name).unwrap().get(row).unwrap());
            (cell("c"), cell("r").map(|text| if text == "-0" { "0".into() } else { text }))
        };
        let mut counts = std::collections::BTreeMap::new();
        for row in 0..table.rows() {
            *counts.entry(key(row)).or_insert(0) += 1;
        }
        for keep in ["first", "last", "none", "min", "max"] {
            let dedupe = json!({"op": "deduplicate", "columns": ["c", "r"], "keep": keep, "by": "n"});
            let made = run(&table, &[step(dedupe)]).unwrap();
            let rows = made.rows_from.unwrap_or_else(|| (0..table.rows() as u32).collect());
            let stay: Vec<_> = rows.iter().map(|row| key(*row as usize)).collect();
            let distinct: std::collections::BTreeSet<_> = stay.iter().cloned().collect();
            prop_assert_eq!(distinct.len(), stay.len());
            let expected = counts.values().filter(|count| keep != "none" || **count == 1).count();
            prop_assert_eq!(stay.len(), expected);
        }
    }

    /// Unpivoting a pivot gives its cells back, where each stands once.
    #[test]
    fn a_pivot_can_be_undone(cells in prop::collection::btree_map((0i64..6, 0i64..4), -9i64..9, 1..20)) {
        let frame = df!(
            "k" => cells.keys().map(|key| key.0).collect::<Vec<_>>(),
            "on" => cells.keys().map(|key| format!("c{}", key.1)).collect::<Vec<_>>(),
            "v" => cells.values().copied().collect::<Vec<_>>(),
        ).unwrap();
        let steps = [
            step(json!({"op": "pivot", "index": ["k"], "on": "on", "values": "v"})),
            step(json!({"op": "unpivot", "index": ["k"], "variable_name": "on", "value_name": "v"})),
            step(json!({"op": "drop_missing", "columns": ["v"]})),
            step(json!({"op": "sort", "by": [{"column": "k"}, {"column": "on"}]})),
        ];
        let made = run(&Table::new(frame.clone()), &steps).unwrap();
        prop_assert!(made.table.frame.equals_missing(&frame), "{} {}", made.table.frame, frame);
    }

    /// The inverse of a one-hot encoding gives the column back.
    #[test]
    fn one_hot_has_an_inverse(table in any_table()) {
        let hot = step(json!({"op": "one_hot", "columns": ["c"], "nulls": "all_zeros", "fit": "all"}));
        let Ok(made) = run(&table, std::slice::from_ref(&hot)) else { return Ok(()) };
        let flags = made.outcomes[0].added.clone();
        prop_assume!(!flags.is_empty());
        let back = step(json!({"op": "one_hot_inverse", "columns": flags, "name": "c", "prefix": "c_"}));
        let made = run(&table, &[hot, back]).unwrap();
        prop_assert!(made.table.frame.equals_missing(&table.frame));
    }

    /// What was written reads back the same.
    #[test]
    fn exported_tables_import_again(table in any_table(), ending in prop::sample::select(vec!["parquet", "arrow"])) {
        prop_assume!(table.rows() > 0);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("t.{ending}"));
        crate::export(&table.frame, &path).unwrap();
        let options = cairn_protocol::notebook::ImportOptions::default();
        let read = crate::import(&path, &options, &NoProgress).unwrap();
        prop_assert!(read.frame.equals_missing(&table.frame));
        prop_assert_eq!(read.frame.schema(), table.frame.schema());
    }
}
