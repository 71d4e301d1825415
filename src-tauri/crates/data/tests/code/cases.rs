//! Recipes of every operation, with the options that change what a script has to say.

use cairn_protocol::steps::Step;
use serde_json::json;

/// A case: its name and its steps.
pub fn cases() -> Vec<(String, Vec<Step>)> {
    let one = |name: &str, steps: serde_json::Value| {
        let steps = if steps.is_array() { steps } else { json!([steps]) };
        (name.to_owned(), serde_json::from_value(steps).unwrap_or_else(|error| panic!("{name}: {error}")))
    };
    let mut cases = vec![
        one("drop", json!({"op": "drop", "columns": ["doc", "age"]})),
        one("keep", json!({"op": "keep", "columns": ["name", "id", "bmi", "smoker", "day", "at"]})),
        one("rename", json!({"op": "rename", "names": [{"from": "id", "to": "a \"b\" 'c' \\d\n# e"}]})),
        one(
            "clean_names",
            json!([{"op": "rename", "names": [{"from": "id", "to": " Blood Pressure (mmHg)"}, {"from": "age", "to": "NAME"}]}, {"op": "clean_names"}]),
        ),
        one("move", json!({"op": "move", "columns": ["zip", "id"], "to": "after", "anchor": "age"})),
        one("duplicate", json!({"op": "duplicate", "column": "bmi"})),
        one("cast_text", json!({"op": "cast", "columns": ["age", "bmi", "smoker", "day", "at"], "to": "text"})),
        one(
            "cast_numbers",
            json!([{"op": "cast", "columns": ["zip"], "to": "int"}, {"op": "cast", "columns": ["age", "smoker"], "to": "float"}, {"op": "cast", "columns": ["name"], "to": "float", "unfit": "null"}]),
        ),
        one(
            "cast_dates",
            json!([{"op": "cast", "columns": ["day"], "to": "text"}, {"op": "cast", "columns": ["day"], "to": "date"}, {"op": "cast", "columns": ["at"], "to": "date"}]),
        ),
        one("cast_decimal", json!({"op": "cast", "columns": ["score"], "to": "decimal"})),
        one(
            "decimal_levels",
            json!([{"op": "cast", "columns": ["score"], "to": "decimal"}, {"op": "duplicate", "column": "score", "name": "rank"}, {"op": "ordinal", "columns": ["rank"], "unseen": "minus_one"}, {"op": "one_hot", "columns": ["score"], "max_categories": 4}]),
        ),
        one("sort", json!({"op": "sort", "by": [{"column": "city"}, {"column": "bmi", "descending": true}]})),
        one("sort_nulls", json!({"op": "sort", "by": [{"column": "age", "descending": true}], "nulls_first": true})),
        one("deduplicate_min", json!({"op": "deduplicate", "columns": ["city"], "keep": "min", "by": "bmi"})),
        one("drop_missing", json!({"op": "drop_missing", "columns": ["age", "bmi", "city"], "above_percent": 34.0})),
        one("drop_missing_columns", json!({"op": "drop_missing", "axis": "columns", "above_percent": 10.0})),
        one("impute_mean", json!({"op": "impute", "columns": ["age", "bmi"], "strategy": "mean", "indicator": true})),
        one("impute_median", json!({"op": "impute", "columns": ["bmi"], "strategy": "median", "by": ["city"]})),
        one("impute_mode", json!({"op": "impute", "columns": ["city", "smoker", "day", "age"], "strategy": "mode"})),
        one(
            "impute_constant",
            json!([{"op": "impute", "columns": ["city"], "strategy": "constant", "value": "no'where"}, {"op": "impute", "columns": ["age"], "strategy": "constant", "value": 5}]),
        ),
        one(
            "impute_forward",
            json!({"op": "impute", "columns": ["age", "city", "at"], "strategy": "forward", "by": ["smoker"], "order": "score"}),
        ),
        one("impute_backward", json!({"op": "impute", "columns": ["age", "bmi"], "strategy": "backward"})),
        one(
            "impute_linear",
            json!({"op": "impute", "columns": ["age", "day", "bmi"], "strategy": "linear", "order": "id"}),
        ),
        one(
            "impute_knn",
            json!({"op": "impute", "columns": ["age", "bmi", "city"], "strategy": "knn", "neighbours": 3}),
        ),
        one("scale_log1p", json!({"op": "scale", "columns": ["bmi"], "method": "log1p"})),
        one("scale_box_cox", json!({"op": "scale", "columns": ["bmi"], "method": "box_cox"})),
        one("scale_quantile", json!({"op": "scale", "columns": ["bmi", "score"], "method": "quantile"})),
        one(
            "scale_quantile_normal",
            json!({"op": "scale", "columns": ["bmi", "score"], "method": "quantile", "shape": "normal"}),
        ),
        one(
            "scale_range",
            json!({"op": "scale", "columns": ["bmi", "age"], "method": "min_max", "low": -1.0, "high": 3.0}),
        ),
        one("one_hot", json!({"op": "one_hot", "columns": ["city", "smoker", "age"]})),
        one(
            "one_hot_other",
            json!({"op": "one_hot", "columns": ["city"], "rare_below_count": 2, "unseen": "other", "drop": "first", "keep_source": true}),
        ),
        one("one_hot_null", json!({"op": "one_hot", "columns": ["city"], "nulls": "null"})),
        one("one_hot_pandas", json!({"op": "one_hot", "columns": ["city", "smoker"], "parity": "pandas"})),
        one("one_hot_scikit", json!({"op": "one_hot", "columns": ["city", "bmi"], "parity": "scikit_learn"})),
        one(
            "one_hot_inverse",
            json!([{"op": "one_hot", "columns": ["city"], "nulls": "all_zeros"}, {"op": "one_hot_inverse", "columns": ["city_Berlin", "city_Paris", "city_Rome"], "name": "town", "prefix": "city_", "when_none": "other"}]),
        ),
        one("split_flags", json!({"op": "split_flags", "column": "tags", "separator": ";"})),
        one(
            "ordinal",
            json!({"op": "ordinal", "columns": ["city", "smoker"], "order": ["Rome", "Berlin"], "unseen": "minus_one"}),
        ),
        one("target_encode", json!({"op": "target_encode", "columns": ["city", "age"], "target": "score"})),
        one(
            "frequency",
            json!([{"op": "frequency_encode", "columns": ["city"]}, {"op": "frequency_encode", "columns": ["age", "smoker"], "unit": "count"}]),
        ),
        one(
            "hash",
            json!([{"op": "hash_encode", "columns": ["city", "age"], "buckets": 3}, {"op": "hash_encode", "columns": ["name"], "buckets": 4, "signed": true}]),
        ),
        one("binary", json!({"op": "binary_encode", "columns": ["city", "age"]})),
        one("group_rare", json!({"op": "group_rare", "columns": ["city"], "below_percent": 20.0})),
        one("bin_width", json!({"op": "bin", "columns": ["bmi", "age"], "bins": 4, "keep_source": true})),
        one("bin_quantile", json!({"op": "bin", "columns": ["bmi"], "method": "quantile", "label": "number"})),
        one(
            "bin_edges",
            json!({"op": "bin", "columns": ["score"], "method": "edges", "edges": [-10.0, 0.0, 0.333333, 5.5], "label": "midpoint"}),
        ),
        one("outliers_clip", json!({"op": "outliers", "columns": ["score", "age"], "method": "iqr", "factor": 0.5})),
        one(
            "outliers_null",
            json!({"op": "outliers", "columns": ["score", "age"], "method": "std", "factor": 1.0, "action": "null"}),
        ),
        one(
            "outliers_flag",
            json!({"op": "outliers", "columns": ["score", "bmi"], "method": "bounds", "low": 0.0, "action": "flag"}),
        ),
        one("outliers_remove", json!({"op": "outliers", "columns": ["score"], "method": "iqr", "action": "remove"})),
        one(
            "pca",
            json!([{"op": "impute", "columns": ["age", "bmi"], "strategy": "mean"}, {"op": "pca", "columns": ["age", "bmi", "score"], "components": 2}]),
        ),
        one(
            "formula",
            json!([{"op": "formula", "name": "twice", "expression": "bmi * 2 + 1"}, {"op": "formula", "name": "age", "expression": "case when age > 30 then 'old' else 'young' end"}]),
        ),
        one(
            "formula_whole_and_text",
            json!([{"op": "formula", "name": "half", "expression": "age / 2"}, {"op": "formula", "name": "label", "expression": "upper(city) || '-' || zip"}, {"op": "formula", "name": "size", "expression": "length(name)"}, {"op": "formula", "name": "less", "expression": "least(age, bmi)"}, {"op": "formula", "name": "more", "expression": "greatest(score, 1)"}]),
        ),
        one(
            "formula_logic",
            json!([{"op": "formula", "name": "risk", "expression": "case when smoker and bmi > 25 then 'high' when not smoker then 'low' end"}, {"op": "formula", "name": "known", "expression": "city is not null and age in (34, 51)"}, {"op": "formula", "name": "filled", "expression": "coalesce(bmi, age, 0)"}, {"op": "formula", "name": "off", "expression": "not (bmi > 24) or age <= 30"}, {"op": "formula", "name": "in_town", "expression": "city in ('Berlin', 'Rome')"}, {"op": "formula", "name": "mixed", "expression": "case when age > 30 then bmi else 1 end"}]),
        ),
        one(
            "formula_figures",
            json!([{"op": "formula", "name": "root", "expression": "sqrt(abs(score))"}, {"op": "formula", "name": "log", "expression": "ln(bmi) - exp(0 - age / 100)"}, {"op": "formula", "name": "up", "expression": "ceil(bmi) * 100 + floor(score)"}, {"op": "formula", "name": "power", "expression": "power(bmi, 2) / nullif(age - 34, 0)"}]),
        ),
        one(
            "formula_of_polars",
            json!([{"op": "formula", "name": "year", "expression": "extract(year from day)"}, {"op": "formula", "name": "rest", "expression": "id % 3"}, {"op": "formula", "name": "rounded", "expression": "round(bmi, 1)"}, {"op": "formula", "name": "one", "expression": "1"}, {"op": "formula", "name": "begins", "expression": "name like 'A%'"}]),
        ),
        one(
            "sql_groups",
            json!({"op": "sql", "query": "select city, count(*) as n, avg(bmi) as bmi from input group by city"}),
        ),
        one(
            "sql_join",
            json!({"op": "sql", "query": "select i.id, i.day, i.smoker, t.land from input i join towns t on i.city = t.town", "tables": ["towns"]}),
        ),
        one("sql", json!({"op": "sql", "query": "select city, bmi from input where bmi > 23 order by bmi, city"})),
        one(
            "split_text",
            json!([{"op": "split_text", "column": "tags", "separator": ";"}, {"op": "split_text", "column": "words", "separator": "\\s+", "regex": true, "limit": 2, "names": ["first", "rest"]}]),
        ),
        one("extract_text", json!({"op": "extract_text", "column": "name", "pattern": "(?P<one>[A-Z])(\\w+)"})),
        one(
            "replace_text",
            json!([{"op": "replace_text", "columns": ["city"], "find": "r", "replace": "$"}, {"op": "replace_text", "columns": ["name"], "find": "(\\w)(\\w)", "replace": "$2${1}-$$", "regex": true}]),
        ),
        one(
            "replace_case",
            json!({"op": "replace_text", "columns": ["city"], "find": "BER", "replace": "x.", "ignore_case": true}),
        ),
        one(
            "replace_values",
            json!([{"op": "replace_values", "columns": ["city"], "pairs": [{"from": "Berlin", "to": "Paris"}, {"from": "Paris", "to": ""}]}, {"op": "replace_values", "columns": ["age"], "pairs": [{"from": "34", "to": "35"}]}, {"op": "replace_values", "columns": ["smoker"], "pairs": [{"from": "true", "to": "often"}]}]),
        ),
        one(
            "text_measures",
            json!({"op": "text_measures", "columns": ["name"], "measures": ["length", "words", "letters", "digits", "capitals", "spaces", "punctuation"]}),
        ),
        one("text_vectors", json!({"op": "text_vectors", "column": "words", "kind": "tfidf", "ngrams": 2})),
        one("text_counts", json!({"op": "text_vectors", "column": "words", "keep_source": true, "max_features": 5})),
        one(
            "parse_date",
            json!([{"op": "cast", "columns": ["day"], "to": "text"}, {"op": "parse_date", "columns": ["day"]}, {"op": "parse_date", "columns": ["name"], "format": "%d. %B %Y|%B %Y", "unfit": "null"}]),
        ),
        one(
            "date_parts",
            json!({"op": "date_parts", "columns": ["at"], "keep_source": true, "parts": ["year", "quarter", "month", "week", "day", "weekday", "day_of_year", "hour", "minute", "second", "weekend", "month_start", "month_end", "epoch"]}),
        ),
        one("date_parts_of_days", json!({"op": "date_parts", "columns": ["day"]})),
        one(
            "date_cyclic",
            json!({"op": "date_cyclic", "columns": ["at"], "parts": ["month", "weekday", "day_of_year", "day", "hour"]}),
        ),
        one(
            "difference_days",
            json!([{"op": "duplicate", "column": "day", "name": "then"}, {"op": "impute", "columns": ["then"], "strategy": "mode"}, {"op": "date_difference", "from": "day", "to": "then", "name": "far"}, {"op": "date_difference", "from": "day", "to": "at", "unit": "months", "name": "months"}, {"op": "date_difference", "from": "at", "until": "2024-03-30", "unit": "years", "name": "years"}, {"op": "date_difference", "from": "at", "until": "2024-03-30 12:00", "unit": "hours", "name": "hours"}]),
        ),
        one(
            "time_zone",
            json!({"op": "time_zone", "columns": ["at"], "from": "Europe/Berlin", "to": "America/New_York"}),
        ),
        one(
            "lag",
            json!([{"op": "lag", "columns": ["bmi", "city"], "offsets": [1, -2], "by": ["smoker"], "order": "at"}, {"op": "lag", "columns": ["age", "bmi"], "output": "difference"}, {"op": "lag", "columns": ["score"], "output": "change_percent"}]),
        ),
        one(
            "rolling_count",
            json!({"op": "rolling", "columns": ["bmi", "city"], "window": 3, "function": "count", "exclude_current": true}),
        ),
        one(
            "resample",
            json!({"op": "resample", "column": "at", "every": "1mo", "aggregations": [{"column": "bmi", "function": "mean"}, {"column": "age", "function": "sum"}, {"column": "city", "function": "mode"}, {"column": "id", "function": "first"}, {"function": "rows"}, {"column": "score", "function": "std"}]}),
        ),
        one(
            "resample_days",
            json!({"op": "resample", "column": "day", "every": "1w", "by": ["smoker"], "aggregations": [{"column": "bmi", "function": "median"}, {"column": "city", "function": "distinct"}]}),
        ),
        one(
            "join_right",
            json!({"op": "join", "with": "towns", "how": "right", "on": [{"left": "city", "right": "town"}]}),
        ),
        one("concat", json!({"op": "concat", "with": ["towns"], "source": "from"})),
        one(
            "concat_common",
            json!([{"op": "rename", "names": [{"from": "city", "to": "land"}]}, {"op": "concat", "with": ["towns"], "columns": "common"}]),
        ),
        one(
            "group_by",
            json!({"op": "group_by", "by": ["city"], "aggregations": [{"column": "bmi", "function": "mean"}, {"column": "age", "function": "sum"}, {"column": "age", "function": "median"}, {"column": "bmi", "function": "std"}, {"column": "name", "function": "max"}, {"column": "bmi", "function": "min"}, {"column": "age", "function": "first"}, {"column": "age", "function": "last"}, {"column": "zip", "function": "distinct"}, {"column": "bmi", "function": "count"}, {"function": "rows"}]}),
        ),
        one(
            "group_by_mode",
            json!({"op": "group_by", "by": ["smoker", "city"], "aggregations": [{"column": "zip", "function": "mode", "name": "m"}, {"column": "smoker", "function": "mean"}]}),
        ),
        one(
            "group_by_none",
            json!({"op": "group_by", "by": [], "aggregations": [{"column": "bmi", "function": "sum"}]}),
        ),
        one("pivot", json!({"op": "pivot", "index": ["smoker"], "on": "city", "values": "bmi", "function": "mean"})),
        one("pivot_first", json!({"op": "pivot", "index": ["city"], "on": "age", "values": "name"})),
        one("unpivot", json!({"op": "unpivot", "index": ["id"], "columns": ["age", "bmi"]})),
        one("unpivot_mixed", json!({"op": "unpivot", "index": ["id"], "columns": ["age", "city", "smoker"]})),
        one("transpose", json!([{"op": "keep", "columns": ["id", "bmi", "age"]}, {"op": "transpose", "header": "id"}])),
        one("explode", json!({"op": "explode", "column": "tags", "separator": ";"})),
        one(
            "explode_list",
            json!([{"op": "split_text", "column": "tags", "separator": ";", "into": "list"}, {"op": "explode", "column": "tags"}]),
        ),
        one("explode_json", json!({"op": "explode", "column": "doc"})),
        one("flatten_json", json!({"op": "flatten_json", "column": "doc", "depth": 2})),
        one(
            "anonymise",
            json!([{"op": "anonymise", "columns": ["name"], "method": "mask", "show": 2}, {"op": "anonymise", "columns": ["day"], "method": "year"}, {"op": "anonymise", "columns": ["bmi", "age"], "method": "range", "width": 7.5}, {"op": "anonymise", "columns": ["zip"], "method": "drop"}]),
        ),
        one(
            "not_replayed",
            json!([{"op": "shuffle", "seed": 1}, {"op": "sample", "method": "first", "rows": 3}, {"op": "drop", "columns": ["id"]}]),
        ),
        one(
            "chain",
            json!([
                {"op": "text", "columns": ["city"], "action": "title"},
                {"op": "impute", "columns": ["age", "bmi"], "strategy": "median"},
                {"op": "group_rare", "columns": ["city"], "below_count": 2},
                {"op": "one_hot", "columns": ["city", "smoker"]},
                {"op": "date_parts", "columns": ["day"]},
                {"op": "scale", "columns": ["age", "bmi", "score"]},
                {"op": "filter", "conditions": [{"column": "id", "test": "greater", "value": 2}]},
                {"op": "sort", "by": [{"column": "score", "descending": true}]},
                {"op": "drop", "columns": ["name", "at", "tags", "words", "doc", "zip"]}
            ]),
        ),
    ];
    for method in ["standard", "min_max", "robust", "max_abs", "yeo_johnson"] {
        let step = json!({"op": "scale", "columns": ["age", "bmi", "score"], "method": method});
        cases.push(one(&format!("scale_{method}"), step));
    }
    for keep in ["first", "last", "none"] {
        cases.push(one(
            &format!("deduplicate_{keep}"),
            json!({"op": "deduplicate", "columns": ["age", "city"], "keep": keep}),
        ));
    }
    let actions = [
        "trim",
        "collapse",
        "lower",
        "upper",
        "title",
        "sentence",
        "strip_accents",
        "normalise",
        "remove_punctuation",
        "remove_digits",
        "pad_start",
        "pad_end",
        "left",
        "right",
        "empty_to_null",
    ];
    for action in actions {
        cases.push(one(
            &format!("text_{action}"),
            json!({"op": "text", "columns": ["name"], "action": action, "width": 5, "fill": "*"}),
        ));
    }
    for function in ["mean", "sum", "min", "max", "std", "median"] {
        let step = json!({"op": "rolling", "columns": ["bmi"], "window": 3, "min_rows": 2, "function": function, "by": ["smoker"], "order": "score", "exclude_current": function == "sum"});
        cases.push(one(&format!("rolling_{function}"), step));
    }
    for fill in ["null", "forward", "linear", "zero"] {
        let step = json!([{"op": "deduplicate", "columns": ["day"]}, {"op": "keep", "columns": ["day", "bmi", "city", "smoker"]}, {"op": "fill_gaps", "column": "day", "every": "1mo", "fill": fill, "by": ["smoker"]}]);
        cases.push(one(&format!("fill_gaps_{fill}"), step));
    }
    for how in ["left", "inner", "full", "semi", "anti", "cross"] {
        cases.push(one(
            &format!("join_{how}"),
            json!({"op": "join", "with": "towns", "how": how, "on": [{"left": "city", "right": "town"}]}),
        ));
    }
    let tests = [
        ("age", "equal", json!(34)),
        ("age", "not_equal", json!(34)),
        ("bmi", "less", json!(24.0)),
        ("bmi", "greater_or_equal", json!("22.5")),
        ("city", "one_of", json!("Berlin | Rome")),
        ("age", "not_one_of", json!("34|51")),
        ("age", "between", json!("30 | 51")),
        ("name", "contains", json!("o'")),
        ("name", "not_contains", json!("a")),
        ("name", "starts_with", json!("A")),
        ("city", "ends_with", json!("s")),
        ("name", "matches", json!("^\\s*[A-Z]\\w+")),
        ("city", "is_null", json!(null)),
        ("bmi", "not_null", json!(null)),
        ("zip", "is_duplicate", json!(null)),
        ("smoker", "equal", json!(true)),
        ("day", "less_or_equal", json!("2024-01-31")),
        ("at", "greater", json!("2024-02-10T12:30:00")),
    ];
    for (column, test, value) in tests {
        let rule = if value.is_null() {
            json!({"column": column, "test": test})
        } else {
            json!({"column": column, "test": test, "value": value})
        };
        cases.push(one(&format!("filter_{column}_{test}"), json!({"op": "filter", "conditions": [rule]})));
    }
    cases.push(one("filter_group", json!({"op": "filter", "action": "delete", "combine": "any", "conditions": [{"column": "age", "test": "greater", "other": "bmi"}, {"negate": true, "combine": "any", "rules": [{"column": "city", "test": "equal", "value": "Paris"}, {"column": "smoker", "test": "is_null"}]}]})));
    cases
}
