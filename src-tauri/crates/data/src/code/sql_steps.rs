//! The steps of a recipe as expressions of SQL.

use cairn_protocol::{
    Real,
    steps::*,
    table::ColumnType::{self, Bool, Category, Date, Datetime, Float, Int, Text as Texts},
};

use super::{
    formula,
    sql::{Item, Query, ROW, Said, id, level, number, real, text, type_of},
    sql_tables,
};
use crate::steps::{FillValue, FittedStep, Learned};

/// Adds a step to a query.
pub(super) fn write(query: &mut Query<'_>, step: &FittedStep) -> Said<()> {
    let learned = &step.learned;
    match &step.step.op {
        StepOp::Drop { columns } => {
            let items = query.with(|name, _| Ok(columns.iter().any(|gone| gone == name).then(Vec::new)))?;
            query.select(items, "");
        }
        StepOp::Keep(step) => keep(query, &step.columns)?,
        StepOp::Rename { names } => {
            let items = query.with(|name, kind| {
                let pair = names.iter().find(|pair| pair.from == name);
                Ok(pair.map(|pair| vec![Item { name: pair.to.clone(), sql: id(name), kind }]))
            })?;
            query.select(items, "");
        }
        StepOp::Move(step) => moved(query, step)?,
        StepOp::Duplicate(step) => {
            let copy = if step.name.is_empty() { format!("{}_copy", step.column) } else { step.name.clone() };
            replace(query, std::slice::from_ref(&step.column), |name, kind| {
                let same = Item { name: name.to_owned(), sql: id(name), kind };
                Ok(vec![same, Item { name: copy.clone(), sql: id(name), kind }])
            })?;
        }
        StepOp::Cast { columns, to, unfit } => cast(query, columns, *to, *unfit)?,
        StepOp::Filter { conditions, combine, action } => {
            let met = rules(query, conditions, *combine)?;
            let items = query.items();
            query.select(items, &format!("where {}({met})", if *action == FilterAction::Delete { "not " } else { "" }));
        }
        StepOp::Sort(step) => {
            let keys: Vec<String> =
                step.by.iter().map(|key| order(&key.column, key.descending, step.nulls_first)).collect();
            let items = query.items();
            let from = format!("from {}", query.last);
            query.select_rows(&format!("row_number() over (order by {}, {ROW})", keys.join(", ")), items, &from);
        }
        StepOp::Deduplicate(step) => deduplicate(query, step)?,
        StepOp::DropMissing(step) => match learned {
            Learned::Columns { names } => {
                let items = query.with(|name, _| Ok(names.iter().any(|gone| gone == name).then(Vec::new)))?;
                query.select(items, "");
            }
            _ => {
                let all: Vec<String> = query.columns.iter().map(|(name, _)| name.clone()).collect();
                let names = if step.columns.is_empty() { &all } else { &step.columns };
                let missing: Vec<String> =
                    names.iter().map(|name| format!("case when {} is null then 1 else 0 end", id(name))).collect();
                let limit = number(step.above_percent * names.len() as f64);
                let items = query.items();
                query.select(items, &format!("where ({}) * 100.0 <= {limit}", missing.join(" + ")));
            }
        },
        StepOp::Impute(step) => impute(query, step, learned)?,
        StepOp::Scale(step) => scale(query, step, learned)?,
        StepOp::OneHot(step) => one_hot(query, step, learned)?,
        StepOp::SplitFlags { column, separator, keep_source, .. } => {
            split_flags(query, column, separator, *keep_source, learned)?;
        }
        StepOp::OneHotInverse(step) => one_hot_inverse(query, step)?,
        StepOp::Ordinal(step) => {
            let strict = step.unseen == UnseenCode::Error;
            codes(query, &step.columns, learned, Int, strict)?;
        }
        StepOp::TargetEncode(step) => codes(query, &step.columns, learned, Float, false)?,
        StepOp::FrequencyEncode(step) => {
            let kind = if step.unit == FrequencyUnit::Count { Int } else { Float };
            codes(query, &step.columns, learned, kind, false)?;
        }
        StepOp::GroupRare(step) => group_rare(query, step, learned)?,
        StepOp::Bin(step) => bin(query, step, learned)?,
        StepOp::Outliers(step) => outliers(query, step, learned)?,
        StepOp::Pca(step) => pca(query, step, learned)?,
        StepOp::Formula(step) => {
            let node = formula::parsed(&step.expression);
            let said = node.and_then(|node| node.sql(&|name| query.kind(name).ok()));
            let (sql, kind) = said.unwrap_or_else(|| {
                query.notes.push(format!(
                    "the formula of «{}» stands as it was written, for polars: DuckDB and PostgreSQL may read it differently",
                    step.name
                ));
                (format!("({})", step.expression), Float)
            });
            let item = || Item { name: step.name.clone(), sql: sql.clone(), kind };
            let known = query.kind(&step.name).is_ok();
            let mut items = query.with(|name, _| Ok((name == step.name).then(|| vec![item()])))?;
            if !known {
                items.push(item());
            }
            query.select(items, "");
        }
        StepOp::Text(step) => texts(query, step)?,
        StepOp::ReplaceText(step) if !step.regex && !step.ignore_case => {
            replace(query, &step.columns, |name, kind| {
                let sql = format!("replace({}, {}, {})", id(name), text(&step.find), text(&step.replace));
                Ok(vec![Item { name: name.to_owned(), sql, kind }])
            })?;
        }
        StepOp::ReplaceValues(step) => replace_values(query, step)?,
        StepOp::DateParts(step) => date_parts(query, step)?,
        StepOp::Anonymise(step) if step.method == AnonymiseMethod::Drop => {
            replace(query, &step.columns, |_, _| Ok(Vec::new()))?;
        }
        StepOp::Join(step) => sql_tables::join(query, step)?,
        StepOp::Concat(step) => sql_tables::concat(query, step)?,
        StepOp::GroupBy(step) => sql_tables::group_by(query, step)?,
        StepOp::Pivot(step) => sql_tables::pivot(query, step, learned)?,
        StepOp::Unpivot(step) => sql_tables::unpivot(query, step)?,
        other => return Err(format!("«{}» with these options has no form there", other.title())),
    }
    Ok(())
}

fn order(name: &str, descending: bool, nulls_first: bool) -> String {
    let direction = if descending { " desc" } else { "" };
    format!("{}{direction} nulls {}", id(name), if nulls_first { "first" } else { "last" })
}

/// The columns with some replaced.
fn replace(query: &mut Query<'_>, names: &[String], make: impl Fn(&str, ColumnType) -> Said<Vec<Item>>) -> Said<()> {
    for name in names {
        query.kind(name)?;
    }
    let items = query.with(
        |name, kind| {
            if names.iter().any(|one| one == name) { make(name, kind).map(Some) } else { Ok(None) }
        },
    )?;
    query.select(items, "");
    Ok(())
}

fn keep(query: &mut Query<'_>, names: &[String]) -> Said<()> {
    let item = |name: &String| Ok(Item { name: name.clone(), sql: id(name), kind: query.kind(name)? });
    let items = names.iter().map(item).collect::<Said<Vec<_>>>()?;
    query.select(items, "");
    Ok(())
}

fn moved(query: &mut Query<'_>, step: &Move) -> Said<()> {
    let all = query.columns.iter().map(|(name, _)| name.clone());
    let mut names: Vec<String> = all.filter(|name| !step.columns.contains(name)).collect();
    let anchor = || names.iter().position(|name| Some(name) == step.anchor.as_ref()).ok_or("its anchor is not known");
    let at = match step.to {
        MoveTo::First => 0,
        MoveTo::Last => names.len(),
        MoveTo::Before => anchor()?,
        MoveTo::After => anchor()? + 1,
    };
    names.splice(at..at, step.columns.iter().cloned());
    keep(query, &names)
}

fn cast(query: &mut Query<'_>, names: &[String], to: ColumnType, unfit: Unfit) -> Said<()> {
    let wanted = type_of(to)?;
    replace(query, names, |name, from| {
        let column = id(name);
        let is_text = matches!(from, Texts | Category);
        let trimmed = format!("nullif(trim({column}), '')");
        let sql = match (from, to) {
            (from, to) if from == to || is_text && matches!(to, Texts | Category) => column,
            (_, Int | Float) if is_text => {
                let figure = if to == Int {
                    r"^[+-]?[0-9]+$"
                } else {
                    r"^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?$"
                };
                let read = format!("cast({trimmed} as {wanted})");
                if unfit == Unfit::Null {
                    format!("case when trim({column}) ~ '{figure}' then {read} end")
                } else {
                    read
                }
            }
            (_, Bool) if is_text && unfit == Unfit::Null => format!(
                "case when lower(trim({column})) in ('true', 't', 'yes', 'y', '1') then true when lower(trim({column})) in ('false', 'f', 'no', 'n', '0') then false end"
            ),
            // PostgreSQL makes nothing but `integer` of a boolean.
            (Bool, Int | Float) => format!("cast(cast({column} as integer) as {wanted})"),
            (Int, Float | Texts | Category)
            | (Bool, Texts | Category)
            | (Datetime, Date)
            | (Date, Datetime | Texts | Category) => {
                format!("cast({column} as {wanted})")
            }
            _ => return Err(format!("{name} from {} to {}", from.as_str(), to.as_str())),
        };
        Ok(vec![Item { name: name.to_owned(), sql, kind: to }])
    })
}

/// Rules joined; a missing value meets `is_null` and `not_equal` alone.
fn rules(query: &Query<'_>, rules: &[Rule], combine: Combine) -> Said<String> {
    let one = |rule: &Rule| match rule {
        Rule::Test(condition) => condition_of(query, condition),
        Rule::Group(group) => {
            let met = self::rules(query, &group.rules, group.combine)?;
            Ok(if group.negate { format!("not ({met})") } else { format!("({met})") })
        }
    };
    let met = rules.iter().map(one).collect::<Said<Vec<String>>>()?;
    let joined = met.join(if combine == Combine::All { " and " } else { " or " });
    Ok(if joined.is_empty() { "true".into() } else { joined })
}

fn condition_of(query: &Query<'_>, condition: &Condition) -> Said<String> {
    let (column, kind) = (id(&condition.column), query.kind(&condition.column)?);
    let sign = |test: Test| match test {
        Test::Equal => Some("="),
        Test::NotEqual => Some("<>"),
        Test::Less => Some("<"),
        Test::LessOrEqual => Some("<="),
        Test::Greater => Some(">"),
        Test::GreaterOrEqual => Some(">="),
        _ => None,
    };
    match condition.test {
        Test::IsNull => return Ok(format!("{column} is null")),
        Test::NotNull => return Ok(format!("{column} is not null")),
        _ => {}
    }
    let missing = if condition.test == Test::NotEqual { "true" } else { "false" };
    if let Some(other) = condition.other.as_ref().filter(|other| !other.is_empty()) {
        let sign = sign(condition.test).ok_or("such a test between two columns")?;
        return Ok(format!("coalesce({column} {sign} {}, {missing})", id(other)));
    }
    let value = condition.value.as_ref().map(ToString::to_string).unwrap_or_default();
    let typed = |value: &str| match kind {
        Bool => Ok(matches!(value.trim().to_ascii_lowercase().as_str(), "true" | "1").to_string()),
        Int if value.trim().parse::<i64>().is_err() => level(value, Float),
        kind => level(value, kind),
    };
    let is_text = matches!(kind, Texts | Category);
    let shown = if is_text { column.clone() } else { format!("cast({column} as text)") };
    let count = value.chars().count();
    let met = match condition.test {
        Test::OneOf | Test::NotOneOf => {
            let values = value.split('|').map(|part| typed(part.trim())).collect::<Said<Vec<String>>>()?;
            let not = if condition.test == Test::NotOneOf { "not " } else { "" };
            format!("{column} {not}in ({})", values.join(", "))
        }
        Test::Between => {
            let (low, high) = value.split_once('|').ok_or("a range without an end")?;
            let end = |value: &str, sign: &str| -> Said<Option<String>> {
                if value.trim().is_empty() {
                    Ok(None)
                } else {
                    Ok(Some(format!("{column} {sign} {}", typed(value.trim())?)))
                }
            };
            let ends: Vec<String> = [end(low, ">=")?, end(high, "<=")?].into_iter().flatten().collect();
            if ends.is_empty() { format!("{column} is not null") } else { ends.join(" and ") }
        }
        Test::Contains | Test::NotContains | Test::StartsWith | Test::EndsWith
            if !is_text && !matches!(kind, Int | Bool | Date) =>
        {
            return Err(format!("text within {}s", kind.as_str()));
        }
        Test::Contains => format!("position({} in {shown}) > 0", text(&value)),
        Test::NotContains => format!("position({} in {shown}) = 0", text(&value)),
        Test::StartsWith => format!("left({shown}, {count}) = {}", text(&value)),
        Test::EndsWith => format!("right({shown}, {count}) = {}", text(&value)),
        test => format!("{column} {} {}", sign(test).ok_or("such a test")?, typed(&value)?),
    };
    Ok(format!("coalesce({met}, {missing})"))
}

fn deduplicate(query: &mut Query<'_>, step: &Deduplicate) -> Said<()> {
    let names: Vec<String> = if step.columns.is_empty() {
        query.columns.iter().map(|(name, _)| id(name)).collect()
    } else {
        step.columns.iter().map(|name| id(name)).collect()
    };
    let by = || step.by.as_deref().ok_or("it names no column");
    let (figure, wanted) = match step.keep {
        KeepRow::First => (format!("row_number() over (partition by {} order by {ROW})", names.join(", ")), "1"),
        KeepRow::Last => (format!("row_number() over (partition by {} order by {ROW} desc)", names.join(", ")), "1"),
        KeepRow::None => (format!("count(*) over (partition by {})", names.join(", ")), "1"),
        KeepRow::Min | KeepRow::Max => {
            let key = order(by()?, step.keep == KeepRow::Max, false);
            (format!("row_number() over (partition by {} order by {key}, {ROW})", names.join(", ")), "1")
        }
    };
    let items = query.items();
    let from = format!(
        "from (select *, {figure} as \"cairn place\" from {}) as numbered where \"cairn place\" = {wanted}",
        query.last
    );
    query.select_rows(ROW, items, &from);
    Ok(())
}

fn fill(value: &FillValue, kind: ColumnType) -> Said<String> {
    Ok(match (value, kind) {
        (FillValue::Bool(yes), _) => yes.to_string(),
        (FillValue::Int(days), Date) => format!("date '1970-01-01' + {days}"),
        (FillValue::Int(micros), Datetime) => format!("timestamp '1970-01-01' + interval '{micros} microseconds'"),
        (FillValue::Int(whole), Int | Float | ColumnType::Decimal) => whole.to_string(),
        (FillValue::Int(_), kind) => return Err(format!("a {} to fill with", kind.as_str())),
        (FillValue::Float(value), _) => number(value.0),
        (FillValue::Text(value), _) => text(value),
    })
}

fn impute(query: &mut Query<'_>, step: &Impute, learned: &Learned) -> Said<()> {
    let Learned::Fills { columns } = learned else { return Err("rows that look at other rows".into()) };
    let kinds: Vec<Option<ColumnType>> = step.by.iter().map(|name| query.kind(name).ok()).collect();
    replace(query, &step.columns, |name, kind| {
        let filled = columns.iter().find(|fill| fill.column == name).ok_or("it did not learn a value")?;
        let mut value = fill(&filled.value, filled.column_type)?;
        if !filled.groups.is_empty() {
            let mut cases = String::new();
            for group in &filled.groups {
                let mut same = Vec::new();
                for ((by, kind), key) in step.by.iter().zip(&kinds).zip(&group.group) {
                    let kind = kind.ok_or("a group that is not known")?;
                    same.push(match key {
                        Some(key) => format!("{} = {}", id(by), level(key, kind)?),
                        None => format!("{} is null", id(by)),
                    });
                }
                cases.push_str(&format!(
                    " when {} then {}",
                    same.join(" and "),
                    fill(&group.value, filled.column_type)?
                ));
            }
            value = format!("case{cases} else {value} end");
        }
        let (source, kind) = if filled.to_float { (real(&id(name)), Float) } else { (id(name), kind) };
        let mut made = vec![Item { name: name.to_owned(), sql: format!("coalesce({source}, {value})"), kind }];
        if step.indicator {
            let sql = format!("case when {} is null then 1 else 0 end", id(name));
            made.push(Item { name: format!("{name}_missing"), sql, kind: Int });
        }
        Ok(made)
    })
}

fn scale(query: &mut Query<'_>, step: &Scale, learned: &Learned) -> Said<()> {
    replace(query, &step.columns, |name, _| {
        let x = real(&id(name));
        let learned = || match learned {
            Learned::Scales { columns } => {
                columns.iter().find(|scale| scale.column == name).ok_or("it learned nothing")
            }
            _ => Err("it learned nothing"),
        };
        let power = |log: String, k: f64| {
            if k.abs() < f64::EPSILON { log } else { format!("((exp({} * {log}) - 1) / {})", number(k), number(k)) }
        };
        let centred = |x: String| -> Said<String> {
            let scale = learned()?;
            Ok(format!("({x} - {}) / {}", number(scale.centre.0), number(scale.width.0)))
        };
        let lambda = || -> Said<f64> { Ok(learned()?.power.map_or(1.0, |power| power.0)) };
        let sql = match step.method {
            ScaleMethod::Log => format!("ln({x})"),
            ScaleMethod::Log1p => format!("ln(1 + {x})"),
            ScaleMethod::BoxCox => centred(power(format!("ln({x})"), lambda()?))?,
            ScaleMethod::YeoJohnson => {
                // The branch that does not apply must not be computed: a logarithm of nothing fails.
                let up = power(format!("ln(1 + greatest({x}, 0))"), lambda()?);
                let down = power(format!("ln(1 - least({x}, 0))"), 2.0 - lambda()?);
                centred(format!("case when {x} is null then null when {x} >= 0 then {up} else -{down} end"))?
                    .replacen("(case", "((case", 1)
                    .replacen(" end -", " end) -", 1)
            }
            ScaleMethod::MinMax if (step.low, step.high) != (0.0, 1.0) => {
                format!("{} * {} + {}", centred(x)?, number(step.high - step.low), number(step.low))
            }
            ScaleMethod::Quantile => return Err("quantiles, which are interpolated".into()),
            _ => centred(x)?,
        };
        Ok(vec![Item { name: name.to_owned(), sql, kind: Float }])
    })
}

/// `case when … then 1 else 0 end`.
fn flag(met: &str) -> String {
    format!("case when {met} then 1 else 0 end")
}

fn one_hot(query: &mut Query<'_>, step: &OneHot, learned: &Learned) -> Said<()> {
    let Learned::Levels { columns } = learned else { return Err("it learned nothing".into()) };
    let (nulls, unseen) = match step.parity {
        OneHotParity::None => (step.nulls, step.unseen),
        OneHotParity::ScikitLearn => (NullLevel::OwnColumn, UnseenLevel::AllZeros),
        OneHotParity::Pandas => (NullLevel::AllZeros, UnseenLevel::AllZeros),
        OneHotParity::Spark => (NullLevel::Error, UnseenLevel::Error),
    };
    if nulls == NullLevel::Error || unseen == UnseenLevel::Error {
        return Err("a failure at levels that the fit did not see".into());
    }
    let mut behind = Vec::new();
    let mut out = Vec::new();
    for item in query.items() {
        let Some(fitted) = columns.iter().find(|levels| levels.column == item.name) else {
            out.push(item);
            continue;
        };
        let (column, kind) = (id(&item.name), item.kind);
        let one = |name: &String, met: String| {
            let sql = match nulls {
                NullLevel::Null => format!("case when {column} is null then null when {met} then 1 else 0 end"),
                _ => flag(&met),
            };
            Item { name: name.clone(), sql, kind: Int }
        };
        let mut made = Vec::new();
        for fit in &fitted.levels {
            if let Some(name) = &fit.name {
                made.push(one(name, format!("{column} = {}", level(&fit.value, kind)?)));
            }
        }
        if let Some(name) = &fitted.other {
            let some = |folded: bool| {
                let levels = fitted.levels.iter().filter(|fit| fit.folded == folded);
                levels.map(|fit| level(&fit.value, kind)).collect::<Said<Vec<String>>>()
            };
            let (folded, kept) = (some(true)?, some(false)?);
            let met = match unseen {
                UnseenLevel::Other if kept.is_empty() => format!("{column} is not null"),
                UnseenLevel::Other => format!("{column} not in ({})", kept.join(", ")),
                _ if folded.is_empty() => "false".into(),
                _ => format!("{column} in ({})", folded.join(", ")),
            };
            let null_too = unseen == UnseenLevel::Other && nulls == NullLevel::OwnColumn && fitted.null.is_none();
            made.push(one(name, if null_too { format!("{met} or {column} is null") } else { met }));
        }
        if let Some(name) = &fitted.null {
            made.push(one(name, format!("{column} is null")));
        }
        if step.keep_source {
            out.push(item);
        }
        if step.parity == OneHotParity::Pandas { behind.extend(made) } else { out.extend(made) }
    }
    out.extend(behind);
    query.select(out, "");
    Ok(())
}

/// A value is in a cell where it stands between two separators, once the spaces around separators are gone.
fn split_flags(query: &mut Query<'_>, column: &str, separator: &str, keep: bool, learned: &Learned) -> Said<()> {
    let Learned::Levels { columns } = learned else { return Err("it learned nothing".into()) };
    let fitted = columns.first().ok_or("it learned nothing")?;
    let escaped: String = separator
        .chars()
        .flat_map(|letter| letter.is_ascii_punctuation().then_some('\\').into_iter().chain([letter]))
        .collect();
    replace(query, &[column.to_owned()], |name, kind| {
        if !matches!(kind, Texts | Category) {
            return Err(format!("parts of {}s", kind.as_str()));
        }
        let parts = format!(
            "{0} || regexp_replace(trim({1}), {2}, {0}, 'g') || {0}",
            text(separator),
            id(name),
            text(&format!("\\s*{escaped}\\s*"))
        );
        let mut made = Vec::new();
        if keep {
            made.push(Item { name: name.to_owned(), sql: id(name), kind });
        }
        for level in &fitted.levels {
            if let Some(column) = &level.name {
                let value = text(&format!("{separator}{}{separator}", level.value));
                let sql = flag(&format!("position({value} in {parts}) > 0"));
                made.push(Item { name: column.clone(), sql, kind: Int });
            }
        }
        Ok(made)
    })
}

fn one_hot_inverse(query: &mut Query<'_>, step: &OneHotInverse) -> Said<()> {
    let first = step.columns.first().ok_or("it names no column")?.clone();
    let cases: String = step
        .columns
        .iter()
        .map(|name| {
            let value = name.strip_prefix(&step.prefix).unwrap_or(name);
            format!(" when {} = 1 then {}", id(name), text(value))
        })
        .collect();
    let all: Vec<String> = step.columns.iter().map(|name| format!("{} is null", id(name))).collect();
    let none = step.when_none.as_deref().map_or("null".into(), text);
    let sql = format!("case{cases} when {} then null else {none} end", all.join(" and "));
    let item = || Item { name: step.name.clone(), sql: sql.clone(), kind: Texts };
    let mut items = query.with(|name, _| {
        Ok(match (step.keep_source, name == first) {
            (true, _) => None,
            (false, true) => Some(vec![item()]),
            (false, false) => step.columns.iter().any(|gone| gone == name).then(Vec::new),
        })
    })?;
    if step.keep_source {
        items.push(item());
    }
    query.select(items, "");
    Ok(())
}

fn codes(query: &mut Query<'_>, names: &[String], learned: &Learned, to: ColumnType, strict: bool) -> Said<()> {
    let Learned::Codes { columns } = learned else { return Err("it learned nothing".into()) };
    if strict {
        return Err("a failure at levels that the fit did not see".into());
    }
    let code = |value: Option<Real>| match (value, to) {
        (None, _) => "null".to_owned(),
        (Some(value), Int) => (value.0 as i64).to_string(),
        (Some(value), _) => number(value.0),
    };
    replace(query, names, |name, kind| {
        let fitted = columns.iter().find(|codes| codes.column == name).ok_or("it learned nothing")?;
        let mut cases = format!(" when {} is null then {}", id(name), code(fitted.null));
        // A level that is no value of the column's type is in no cell.
        let levels = fitted.levels.iter().filter_map(|one| Some((level(&one.value, kind).ok()?, one.code)));
        for (value, number) in levels {
            cases.push_str(&format!(" when {} = {value} then {}", id(name), code(Some(number))));
        }
        Ok(vec![Item { name: name.to_owned(), sql: format!("case{cases} else {} end", code(fitted.unseen)), kind: to }])
    })
}

fn group_rare(query: &mut Query<'_>, step: &GroupRare, learned: &Learned) -> Said<()> {
    let Learned::Levels { columns } = learned else { return Err("it learned nothing".into()) };
    replace(query, &step.columns, |name, kind| {
        let fitted = columns.iter().find(|levels| levels.column == name).ok_or("it learned nothing")?;
        let kept = fitted.levels.iter().filter(|one| !one.folded).map(|one| level(&one.value, kind));
        let kept = kept.collect::<Said<Vec<String>>>()?;
        let shown = match kind {
            Texts | Category => id(name),
            Int | Bool | Date => format!("cast({} as text)", id(name)),
            other => return Err(format!("levels of {}s as text", other.as_str())),
        };
        let stay = if kept.is_empty() {
            String::new()
        } else {
            format!(" when {} in ({}) then {shown}", id(name), kept.join(", "))
        };
        let sql = format!("case when {} is null then null{stay} else {} end", id(name), text(&step.label));
        Ok(vec![Item { name: name.to_owned(), sql, kind: Texts }])
    })
}

fn bin(query: &mut Query<'_>, step: &Bin, learned: &Learned) -> Said<()> {
    let Learned::Bins { columns } = learned else { return Err("it learned nothing".into()) };
    replace(query, &step.columns, |name, kind| {
        let fitted = columns.iter().find(|bins| bins.column == name).ok_or("it learned nothing")?;
        let edges: Vec<f64> = fitted.edges.iter().map(|edge| edge.0).collect();
        let labels = crate::steps::bin_labels(&edges);
        let shown = |at: usize| match step.label {
            BinLabel::Interval => text(&labels[at]),
            BinLabel::Number => at.to_string(),
            BinLabel::Midpoint => number(f64::midpoint(edges[at], edges[at + 1])),
        };
        let last = edges.len() - 2;
        let cases: String =
            (0..last).map(|at| format!(" when {} < {} then {}", id(name), number(edges[at + 1]), shown(at))).collect();
        let sql = format!("case when {} is null then null{cases} else {} end", id(name), shown(last));
        let to = match step.label {
            BinLabel::Interval => Texts,
            BinLabel::Number => Int,
            BinLabel::Midpoint => Float,
        };
        if step.keep_source {
            let source = Item { name: name.to_owned(), sql: id(name), kind };
            return Ok(vec![source, Item { name: format!("{name}_bin"), sql, kind: to }]);
        }
        Ok(vec![Item { name: name.to_owned(), sql, kind: to }])
    })
}

fn outliers(query: &mut Query<'_>, step: &Outliers, learned: &Learned) -> Said<()> {
    let Learned::Bounds { columns } = learned else { return Err("it learned nothing".into()) };
    if step.action == OutlierAction::Remove {
        // New rows stay, outliers or not.
        let items = query.items();
        query.select(items, "");
        return Ok(());
    }
    replace(query, &step.columns, |name, kind| {
        let fitted = columns.iter().find(|bounds| bounds.column == name).ok_or("it learned nothing")?;
        let column = id(name);
        let below = fitted.low.map(|low| (format!("{column} < {}", number(low.0)), low.0));
        let above = fitted.high.map(|high| (format!("{column} > {}", number(high.0)), high.0));
        let either: Vec<&str> = below.iter().chain(&above).map(|(met, _)| met.as_str()).collect();
        let either = if either.is_empty() { "false".to_owned() } else { either.join(" or ") };
        let same = Item { name: name.to_owned(), sql: column.clone(), kind };
        let end = |value: f64| if kind == Int { format!("{value:.0}") } else { number(value) };
        let sql = match step.action {
            OutlierAction::Flag => {
                return Ok(vec![same, Item { name: format!("{name}_outlier"), sql: flag(&either), kind: Int }]);
            }
            OutlierAction::Null => format!("case when {either} then null else {column} end"),
            _ => {
                let low = below
                    .map(|(met, low)| format!(" when {met} then {}", end(if kind == Int { low.ceil() } else { low })));
                let high = above.map(|(met, high)| {
                    format!(" when {met} then {}", end(if kind == Int { high.floor() } else { high }))
                });
                let cases: String = low.into_iter().chain(high).collect();
                if cases.is_empty() { column } else { format!("case{cases} else {column} end") }
            }
        };
        Ok(vec![Item { sql, ..same }])
    })
}

fn pca(query: &mut Query<'_>, step: &Pca, learned: &Learned) -> Said<()> {
    let Learned::Components { columns, components } = learned else { return Err("it learned nothing".into()) };
    let mut items =
        query.with(|name, _| Ok((!step.keep_source && step.columns.iter().any(|one| one == name)).then(Vec::new)))?;
    for component in components {
        let parts: Vec<String> = columns
            .iter()
            .zip(&component.weights)
            .map(|(scale, weight)| {
                let x = real(&id(&scale.column));
                format!("({x} - {}) / {} * {}", number(scale.centre.0), number(scale.width.0), number(weight.0))
            })
            .collect();
        items.push(Item { name: component.name.clone(), sql: parts.join(" + "), kind: Float });
    }
    query.select(items, "");
    Ok(())
}

fn texts(query: &mut Query<'_>, step: &Text) -> Said<()> {
    if matches!(step.action, TextAction::Upper | TextAction::Lower) {
        query.notes.push("letters beyond ASCII change case as the database does it (ß)".into());
    }
    replace(query, &step.columns, |name, kind| {
        if !matches!(kind, Texts | Category) {
            return Err(format!("text of {}s", kind.as_str()));
        }
        let (column, width) = (id(name), step.width);
        let pad = |function: &str| {
            format!(
                "case when length({column}) >= {width} then {column} else {function}({column}, {width}, {}) end",
                text(&step.fill)
            )
        };
        let sql = match step.action {
            TextAction::Trim => format!("trim({column}, E' \\t\\n\\r')"),
            TextAction::Lower => format!("lower({column})"),
            TextAction::Upper => format!("upper({column})"),
            TextAction::PadStart => pad("lpad"),
            TextAction::PadEnd => pad("rpad"),
            TextAction::Left => format!("left({column}, {width})"),
            TextAction::Right => format!("right({column}, {width})"),
            TextAction::EmptyToNull => format!("case when trim({column}) = '' then null else {column} end"),
            _ => return Err("such a change of text".into()),
        };
        Ok(vec![Item { name: name.to_owned(), sql, kind }])
    })
}

fn replace_values(query: &mut Query<'_>, step: &ReplaceValues) -> Said<()> {
    replace(query, &step.columns, |name, kind| {
        let fits = |to: &str| match kind {
            Texts | Category => true,
            Int => to.trim().parse::<i64>().is_ok(),
            Float => to.trim().parse::<f64>().is_ok(),
            Bool => matches!(to, "true" | "false"),
            _ => false,
        };
        if step.pairs.iter().any(|pair| !pair.to.trim().is_empty() && !fits(&pair.to)) {
            return Err(format!("a value of {name} that changes its type"));
        }
        let mut cases = String::new();
        for pair in &step.pairs {
            let Ok(from) = level(&pair.from, kind) else { continue };
            let to = if pair.to.trim().is_empty() { "null".into() } else { level(&pair.to, kind)? };
            cases.push_str(&format!(" when {} = {from} then {to}", id(name)));
        }
        let sql = if cases.is_empty() { id(name) } else { format!("case{cases} else {} end", id(name)) };
        Ok(vec![Item { name: name.to_owned(), sql, kind }])
    })
}

fn date_parts(query: &mut Query<'_>, step: &DateParts) -> Said<()> {
    replace(query, &step.columns, |name, kind| {
        let column = id(name);
        let mut made = Vec::new();
        if step.keep_source {
            made.push(Item { name: name.to_owned(), sql: column.clone(), kind });
        }
        for part in &step.parts {
            let of = |field: &str| format!("cast(extract({field} from {column}) as bigint)");
            let met = |met: String| format!("case when {column} is null then null when {met} then 1 else 0 end");
            let (word, sql) = match part {
                DatePart::Year => ("year", of("year")),
                DatePart::Quarter => ("quarter", of("quarter")),
                DatePart::Month => ("month", of("month")),
                DatePart::Week => ("week", of("week")),
                DatePart::Day => ("day", of("day")),
                DatePart::Weekday => ("weekday", of("isodow")),
                DatePart::DayOfYear => ("day_of_year", of("doy")),
                DatePart::Hour => ("hour", of("hour")),
                DatePart::Minute => ("minute", of("minute")),
                DatePart::Second => ("second", format!("cast(floor(extract(second from {column})) as bigint)")),
                DatePart::Weekend => ("weekend", met(format!("extract(isodow from {column}) > 5"))),
                DatePart::MonthStart => ("month_start", met(format!("extract(day from {column}) = 1"))),
                DatePart::MonthEnd => {
                    ("month_end", met(format!("extract(day from ({column} + interval '1 day')) = 1")))
                }
                DatePart::Epoch => ("epoch", format!("cast(floor(extract(epoch from {column})) as bigint)")),
            };
            made.push(Item { name: format!("{name}_{word}"), sql, kind: Int });
        }
        Ok(made)
    })
}
