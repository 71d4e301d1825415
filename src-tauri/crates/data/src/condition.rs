//! Conditions on rows, for filter steps and for the grid's own filter.
//!
//! A missing value (null, or NaN in numbers) meets no test but `IsNull` and `NotEqual`. Numbers compare as numbers,
//! texts and categories by code point, points in time with an ISO 8601 value, truth values with `true` and `false`.

use cairn_protocol::{
    steps::{Combine, Condition, Rule, Test},
    table::ColumnType,
};
use polars::prelude::*;

use crate::{
    error::DataError,
    frame_types::column_type,
    steps::{
        columns::{canonical_time, column, numbers, texts, wholes},
        groups::group_rows,
    },
};

/// For each row whether it meets the conditions; all rows do where there are none.
pub fn row_mask(frame: &DataFrame, conditions: &[Condition], combine: Combine) -> Result<Vec<bool>, DataError> {
    let mut all: Option<Vec<bool>> = None;
    for condition in conditions {
        let met = met(frame, condition)?;
        all = Some(match all {
            None => met,
            Some(mut before) => {
                for (before, now) in before.iter_mut().zip(met) {
                    *before = if combine == Combine::All { *before & now } else { *before | now };
                }
                before
            }
        });
    }
    Ok(all.unwrap_or_else(|| vec![true; frame.height()]))
}

/// For each row whether it meets rules, joined to any depth; all rows do where there are none.
///
/// # Errors
/// A column that is not there, or a condition that does not suit its column.
pub fn rules_mask(frame: &DataFrame, rules: &[Rule], combine: Combine) -> Result<Vec<bool>, DataError> {
    let one = |rule: &Rule| match rule {
        Rule::Test(condition) => met(frame, condition),
        Rule::Group(group) => {
            let mut met = rules_mask(frame, &group.rules, group.combine)?;
            if group.negate {
                met.iter_mut().for_each(|met| *met = !*met);
            }
            Ok(met)
        }
    };
    let mut all: Option<Vec<bool>> = None;
    for rule in rules {
        let met = one(rule)?;
        all = Some(match all {
            None => met,
            Some(before) if combine == Combine::All => before.iter().zip(&met).map(|(a, b)| *a && *b).collect(),
            Some(before) => before.iter().zip(&met).map(|(a, b)| *a || *b).collect(),
        });
    }
    Ok(all.unwrap_or_else(|| vec![true; frame.height()]))
}

fn met(frame: &DataFrame, condition: &Condition) -> Result<Vec<bool>, DataError> {
    let series = column(frame, &condition.column)?;
    let kind = column_type(series.dtype());
    match condition.test {
        Test::IsNull => return missing(series, kind),
        Test::NotNull => return Ok(missing(series, kind)?.into_iter().map(|missing| !missing).collect()),
        Test::IsDuplicate => {
            let groups = group_rows(&[series], series.len())?;
            let sizes = groups.sizes();
            let missing = missing(series, kind)?;
            return Ok(groups.ids.iter().zip(missing).map(|(id, gone)| !gone && sizes[*id as usize] > 1).collect());
        }
        _ => {}
    }
    if let Some(other) = condition.other.as_ref().filter(|other| !other.is_empty()) {
        return met_by_column(series, column(frame, other)?, condition.test);
    }
    let Some(value) = &condition.value else {
        let what = format!("the condition on {} has nothing to compare with", condition.column);
        return Err(DataError::refused(what, Some(&condition.column), "Give it a value"));
    };
    let test = condition.test;
    if is_of_text(test) {
        let part = value.to_string();
        let cells = texts(series)?;
        if test == Test::Matches {
            let pattern = regex::Regex::new(&part).map_err(|error| {
                let said = error.to_string();
                let why = said.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                let what = format!("«{part}» is no regular expression: {why}");
                DataError::refused(
                    what,
                    Some(&condition.column),
                    r"Put \ before signs that stand for themselves: \. \( \+",
                )
            })?;
            return Ok(cells.iter().map(|text| text.is_some_and(|text| pattern.is_match(text))).collect());
        }
        return Ok(cells.iter().map(|text| text.is_some_and(|text| text_meets(text, test, &part))).collect());
    }
    if test == Test::Between {
        let whole = value.to_string();
        let Some((low, high)) = whole.split_once('|') else {
            let what = format!("«{whole}» is no range");
            return Err(DataError::refused(what, Some(&condition.column), "Write both ends with | between: 10 | 20"));
        };
        let mut met = vec![true; series.len()];
        for (end, test) in [(low, Test::GreaterOrEqual), (high, Test::LessOrEqual)] {
            if end.trim().is_empty() {
                continue;
            }
            let value = Some(cairn_protocol::ParamValue::Text(end.trim().to_owned()));
            let bound = Condition { column: condition.column.clone(), test, value, other: None };
            met.iter_mut().zip(self::met(frame, &bound)?).for_each(|(met, bound)| *met &= bound);
        }
        let missing = missing(series, kind)?;
        met.iter_mut().zip(missing).for_each(|(met, missing)| *met &= !missing);
        return Ok(met);
    }
    let values: Vec<String> = if matches!(test, Test::OneOf | Test::NotOneOf) {
        value.to_string().split('|').map(|text| text.trim().to_owned()).collect()
    } else {
        vec![value.to_string()]
    };
    let unfit = |text: &str, wanted: &str| {
        let what = format!("{} holds {}s, «{text}» is none", condition.column, kind.as_str());
        DataError::refused(what, Some(&condition.column), format!("Compare with {wanted}"))
    };
    match kind {
        ColumnType::Int if values.iter().all(|text| text.trim().parse::<i64>().is_ok()) => {
            let wanted: Vec<i64> = values.iter().filter_map(|text| text.trim().parse().ok()).collect();
            Ok(compare(wholes(series)?.into_iter(), test, &wanted))
        }
        ColumnType::Int | ColumnType::Float | ColumnType::Decimal => {
            if series.dtype() == &DataType::UInt64 {
                // Floats cannot tell numbers of that size apart.
                wholes(series)?;
            }
            let wanted = values
                .iter()
                .map(|text| number(text).ok_or_else(|| unfit(text, "a number")))
                .collect::<Result<Vec<f64>, _>>()?;
            Ok(compare(numbers(series)?.into_iter().map(|x| (!x.is_nan()).then_some(x)), test, &wanted))
        }
        ColumnType::Bool => {
            let wanted = values
                .iter()
                .map(|text| truth(text).ok_or_else(|| unfit(text, "true or false")))
                .collect::<Result<Vec<bool>, _>>()?;
            let cells = series.bool().map_err(DataError::table("reading truth values"))?;
            Ok(compare(cells.iter(), test, &wanted))
        }
        ColumnType::Date | ColumnType::Datetime | ColumnType::Time | ColumnType::Duration => {
            let canonical = canonical_time(series)?;
            let wanted = values
                .iter()
                .map(|text| moment(text, canonical.dtype()).ok_or_else(|| unfit(text, "a value such as 2026-11-20")))
                .collect::<Result<Vec<i64>, _>>()?;
            Ok(compare(wholes(&canonical)?.into_iter(), test, &wanted))
        }
        ColumnType::Text | ColumnType::Category => {
            let cells = texts(series)?;
            let mut wanted: Vec<&str> = values.iter().map(String::as_str).collect();
            let whole = value.to_string();
            if matches!(test, Test::OneOf | Test::NotOneOf) {
                // Values with spaces at their ends can be named exactly, too.
                wanted.extend(whole.split('|'));
            }
            Ok(compare(cells.iter(), test, &wanted))
        }
        ColumnType::List | ColumnType::Struct => {
            let what = format!("{} holds {}s, which cannot be compared", condition.column, kind.as_str());
            Err(DataError::refused(what, Some(&condition.column), "Only «is null» and «not null» apply"))
        }
    }
}

/// Whether a test looks at text, whatever the type.
fn is_of_text(test: Test) -> bool {
    matches!(test, Test::Contains | Test::NotContains | Test::StartsWith | Test::EndsWith | Test::Matches)
}

fn text_meets(text: &str, test: Test, part: &str) -> bool {
    match test {
        Test::Contains => text.contains(part),
        Test::NotContains => !text.contains(part),
        Test::StartsWith => text.starts_with(part),
        _ => text.ends_with(part),
    }
}

/// For each row how its cell compares with that of another column.
fn met_by_column(series: &Series, other: &Series, test: Test) -> Result<Vec<bool>, DataError> {
    let (one, two) = (column_type(series.dtype()), column_type(other.dtype()));
    let refused = |what: String, hint: &str| Err(DataError::refused(what, Some(series.name()), hint));
    if is_of_text(test) && test != Test::Matches {
        let (a, b) = (texts(series)?, texts(other)?);
        let meets = |pair: (Option<&str>, Option<&str>)| match pair {
            (Some(a), Some(b)) => text_meets(a, test, b),
            _ => false,
        };
        return Ok(a.iter().zip(b.iter()).map(meets).collect());
    }
    if !matches!(
        test,
        Test::Equal | Test::NotEqual | Test::Less | Test::LessOrEqual | Test::Greater | Test::GreaterOrEqual
    ) {
        let what = format!("{} is compared with a column in a way that needs a value", series.name());
        return refused(what, "Give the condition a value instead of a column");
    }
    let is_text = |kind| matches!(kind, ColumnType::Text | ColumnType::Category);
    let is_time = |kind| matches!(kind, ColumnType::Date | ColumnType::Datetime);
    if matches!((one, two), (ColumnType::Int, ColumnType::Int) | (ColumnType::Bool, ColumnType::Bool)) {
        return Ok(compare_pairs(wholes(series)?.into_iter(), wholes(other)?.into_iter(), test));
    }
    if one.is_numeric() && two.is_numeric() {
        let read = |series| Ok(numbers(series)?.into_iter().map(|x| (!x.is_nan()).then_some(x)));
        return Ok(compare_pairs(read(series)?, read(other)?, test));
    }
    if is_text(one) && is_text(two) {
        let (a, b) = (texts(series)?, texts(other)?);
        return Ok(compare_pairs(a.iter(), b.iter(), test));
    }
    if (is_time(one) && is_time(two)) || (one == two && matches!(one, ColumnType::Time | ColumnType::Duration)) {
        let read = |series: &Series| {
            if one == two && one != ColumnType::Datetime {
                return wholes(&canonical_time(series)?);
            }
            let moments = series
                .cast(&DataType::Datetime(TimeUnit::Microseconds, None))
                .map_err(DataError::table(format!("reading {} as a point in time", series.name())))?;
            wholes(&moments)
        };
        return Ok(compare_pairs(read(series)?.into_iter(), read(other)?.into_iter(), test));
    }
    let what = format!(
        "{} holds {}s and {} holds {}s, which cannot be compared",
        series.name(),
        one.as_str(),
        other.name(),
        two.as_str()
    );
    refused(what, "Give both one type with «Set type» before")
}

/// A pair with a missing cell meets `NotEqual` alone.
fn compare_pairs<T: PartialOrd>(
    a: impl Iterator<Item = Option<T>>,
    b: impl Iterator<Item = Option<T>>,
    test: Test,
) -> Vec<bool> {
    let meets = |(a, b): (Option<T>, Option<T>)| {
        let (Some(a), Some(b)) = (a, b) else { return test == Test::NotEqual };
        match test {
            Test::Equal => a == b,
            Test::NotEqual => a != b,
            Test::Less => a < b,
            Test::LessOrEqual => a <= b,
            Test::Greater => a > b,
            _ => a >= b,
        }
    };
    a.zip(b).map(meets).collect()
}

fn missing(series: &Series, kind: ColumnType) -> Result<Vec<bool>, DataError> {
    if kind == ColumnType::Float {
        return Ok(numbers(series)?.into_iter().map(f64::is_nan).collect());
    }
    Ok(series.is_null().iter().map(|null| null == Some(true)).collect())
}

fn compare<T: PartialOrd>(cells: impl Iterator<Item = Option<T>>, test: Test, wanted: &[T]) -> Vec<bool> {
    let Some(value) = wanted.first() else { return cells.map(|_| false).collect() };
    match test {
        Test::Equal => cells.map(|cell| cell.is_some_and(|cell| cell == *value)).collect(),
        Test::NotEqual => cells.map(|cell| cell.is_none_or(|cell| cell != *value)).collect(),
        Test::Less => cells.map(|cell| cell.is_some_and(|cell| cell < *value)).collect(),
        Test::LessOrEqual => cells.map(|cell| cell.is_some_and(|cell| cell <= *value)).collect(),
        Test::Greater => cells.map(|cell| cell.is_some_and(|cell| cell > *value)).collect(),
        Test::GreaterOrEqual => cells.map(|cell| cell.is_some_and(|cell| cell >= *value)).collect(),
        Test::NotOneOf => cells.map(|cell| cell.is_some_and(|cell| !wanted.contains(&cell))).collect(),
        _ => cells.map(|cell| cell.is_some_and(|cell| wanted.contains(&cell))).collect(),
    }
}

/// A finite number or infinity; `true` and `false` count as 1 and 0.
pub(crate) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    match truth(text) {
        Some(yes) if !text.chars().any(|digit| digit.is_ascii_digit()) => Some(f64::from(u8::from(yes))),
        _ => text.parse().ok().filter(|value: &f64| !value.is_nan()),
    }
}

/// `true` or `false`, `1` or `0`, in any case.
pub(crate) fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// What a point in time of that type is made of.
pub(crate) fn moment(text: &str, dtype: &DataType) -> Option<i64> {
    let text = text.trim();
    let parse = |text: &str| {
        let one = Series::new("value".into(), [text]);
        let parsed = one.strict_cast(dtype).ok()?;
        parsed.to_physical_repr().cast(&DataType::Int64).ok()?.i64().ok()?.get(0)
    };
    if matches!(dtype, DataType::Duration(_)) {
        return text.parse().ok();
    }
    parse(text).or_else(|| match dtype {
        // A day alone is its midnight; a time without seconds has none.
        DataType::Datetime(..) => parse(&format!("{text} 00:00:00")).or_else(|| parse(&format!("{text}:00"))),
        DataType::Time => parse(&format!("{text}:00")),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use cairn_protocol::ParamValue;

    use super::*;

    fn frame() -> DataFrame {
        let day = Series::new("day".into(), [Some(0i32), Some(1), None]).cast(&DataType::Date).unwrap();
        df!(
            "n" => [Some(1i64), None, Some(9_007_199_254_740_993)],
            "x" => [1.5, f64::NAN, 2.5],
            "t" => [Some("ab"), None, Some("b")],
            "b" => [Some(true), Some(false), None],
        )
        .unwrap()
        .hstack(&[day.into_column()])
        .unwrap()
    }

    fn check(column: &str, test: Test, value: &str, expected: [bool; 3]) {
        let value = if value.is_empty() { None } else { Some(ParamValue::Text(value.into())) };
        let condition = Condition { column: column.into(), test, value, other: None };
        let found = row_mask(&frame(), &[condition], Combine::All).unwrap();
        assert_eq!(found, expected, "{column} {test:?}");
    }

    #[test]
    fn missing_values_meet_null_and_not_equal_alone() {
        check("n", Test::IsNull, "", [false, true, false]);
        check("x", Test::IsNull, "", [false, true, false]);
        check("x", Test::NotNull, "", [true, false, true]);
        check("x", Test::NotEqual, "1.5", [false, true, true]);
        check("t", Test::NotEqual, "b", [true, true, false]);
        check("x", Test::Less, "9", [true, false, true]);
    }

    #[test]
    fn every_type_compares_as_what_it_is() {
        check("n", Test::Equal, "9007199254740992", [false, false, false]);
        check("n", Test::Equal, "9007199254740993", [false, false, true]);
        check("n", Test::OneOf, "1 | 2", [true, false, false]);
        check("n", Test::Greater, "0.5", [true, false, true]);
        check("t", Test::Contains, "a", [true, false, false]);
        check("t", Test::GreaterOrEqual, "b", [false, false, true]);
        check("t", Test::OneOf, "b|c", [false, false, true]);
        check("b", Test::Equal, "TRUE", [true, false, false]);
        check("day", Test::Greater, "1970-01-01", [false, true, false]);
        check("day", Test::Equal, "1970-01-01", [true, false, false]);
    }

    #[test]
    fn text_ranges_lists_duplicates_and_other_columns() {
        check("t", Test::NotContains, "a", [false, false, true]);
        check("t", Test::StartsWith, "a", [true, false, false]);
        check("t", Test::EndsWith, "b", [true, false, true]);
        check("t", Test::Matches, "^[ab]$", [false, false, true]);
        check("t", Test::NotOneOf, "b|c", [true, false, false]);
        check("n", Test::NotOneOf, "2|3", [true, false, true]);
        check("n", Test::Between, "1 | 5", [true, false, false]);
        check("x", Test::Between, "2|", [false, false, true]);
        check("day", Test::Between, "1970-01-01|1970-01-01", [true, false, false]);
        check("x", Test::IsDuplicate, "", [false, false, false]);
        let pairs = df!("a" => [Some(1i64), Some(2), None, Some(1)], "b" => [1.0, 1.5, 2.0, f64::NAN]).unwrap();
        let on = |column: &str, test, other: Option<&str>| {
            let condition = Condition { column: column.into(), test, value: None, other: other.map(str::to_owned) };
            row_mask(&pairs, &[condition], Combine::All).unwrap()
        };
        assert_eq!(on("a", Test::IsDuplicate, None), [true, false, false, true]);
        assert_eq!(on("a", Test::Greater, Some("b")), [false, true, false, false]);
        assert_eq!(on("a", Test::Equal, Some("b")), [true, false, false, false]);
        assert_eq!(on("a", Test::NotEqual, Some("b")), [false, true, true, true]);
        let wrong = Condition {
            column: "t".into(),
            test: Test::Matches,
            value: Some(ParamValue::Text("(".into())),
            other: None,
        };
        let error = row_mask(&frame(), &[wrong], Combine::All).unwrap_err();
        assert!(error.to_string().contains("no regular expression"), "{error}");
    }

    #[test]
    fn any_and_all_and_what_cannot_be_compared() {
        let on = |column: &str, test, value: &str| Condition {
            column: column.into(),
            test,
            value: Some(ParamValue::Text(value.into())),
            other: None,
        };
        let two = [on("n", Test::Equal, "1"), on("t", Test::Equal, "b")];
        assert_eq!(row_mask(&frame(), &two, Combine::Any).unwrap(), [true, false, true]);
        assert_eq!(row_mask(&frame(), &two, Combine::All).unwrap(), [false, false, false]);
        let error = row_mask(&frame(), &[on("n", Test::Less, "many")], Combine::All).unwrap_err();
        assert_eq!(error.to_string(), "n holds ints, «many» is none");
        assert!(row_mask(&frame(), &[on("m", Test::Less, "1")], Combine::All).is_err());
    }
}
