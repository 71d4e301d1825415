//! Steps that make other rows, and those that read other tables, as SQL.

use cairn_protocol::{steps::*, table::ColumnType};

use super::sql::{Item, Query, ROW, Said, id, level, text, type_of};
use crate::steps::Learned;

fn schema<'a>(query: &Query<'a>, name: &str) -> Said<&'a [(String, ColumnType)]> {
    let found = query.origin.tables.iter().find(|(known, _)| known == name);
    found
        .map(|(_, columns)| columns.as_slice())
        .ok_or_else(|| format!("the table «{name}», whose columns are not known"))
}

/// Another table with numbered rows.
fn numbered(name: &str) -> String {
    format!("(select *, row_number() over () as {ROW} from {})", id(name))
}

fn free(wanted: String, taken: &mut Vec<String>) -> String {
    let mut name = wanted.clone();
    let mut count = 2;
    while taken.contains(&name) {
        name = format!("{wanted}_{count}");
        count += 1;
    }
    taken.push(name.clone());
    name
}

/// A join; other tables go by the names of their cells.
pub(super) fn join(query: &mut Query<'_>, step: &Join) -> Said<()> {
    if step.expect != JoinExpect::Any && step.how != JoinKind::Cross {
        return Err("a join that expects something of its keys".into());
    }
    let other = schema(query, &step.with)?;
    let right = |key: &JoinKey| if key.right.is_empty() { key.left.clone() } else { key.right.clone() };
    let on: Vec<String> = step.on.iter().map(|key| format!("l.{} = r.{}", id(&key.left), id(&right(key)))).collect();
    let on = on.join(" and ");
    if matches!(step.how, JoinKind::Semi | JoinKind::Anti) {
        let not = if step.how == JoinKind::Anti { "not " } else { "" };
        let from =
            format!("from {} as l where {not}exists (select 1 from {} as r where {on})", query.last, id(&step.with));
        let items = query.items();
        query.select_rows(ROW, items, &from);
        return Ok(());
    }
    let kind = match step.how {
        JoinKind::Inner => "join",
        JoinKind::Right => "right join",
        JoinKind::Full => "full join",
        JoinKind::Cross => "cross join",
        _ => "left join",
    };
    let keys: &[JoinKey] = if step.how == JoinKind::Cross { &[] } else { &step.on };
    let mut items: Vec<Item> = query.items();
    for item in &mut items {
        item.sql = match keys.iter().find(|key| key.left == item.name) {
            Some(key) if matches!(step.how, JoinKind::Right | JoinKind::Full) => {
                format!("coalesce(l.{}, r.{})", id(&key.left), id(&right(key)))
            }
            _ => format!("l.{}", id(&item.name)),
        };
    }
    let own: Vec<String> = query.columns.iter().map(|(name, _)| name.clone()).collect();
    let mut taken = own.clone();
    for (name, kind) in other.iter().filter(|(name, _)| !keys.iter().any(|key| right(key) == *name)) {
        let wanted = if own.contains(name) { format!("{name}{}", step.suffix) } else { name.clone() };
        items.push(Item { name: free(wanted, &mut taken), sql: format!("r.{}", id(name)), kind: *kind });
    }
    let (first, second) = if step.how == JoinKind::Right { ("r", "l") } else { ("l", "r") };
    let on = if step.how == JoinKind::Cross { String::new() } else { format!(" on {on}") };
    let from = format!("from {} as l {kind} {} as r{on}", query.last, numbered(&step.with));
    let row = format!("row_number() over (order by {first}.{ROW} nulls last, {second}.{ROW})");
    query.select_rows(&row, items, &from);
    Ok(())
}

/// The type that holds both; none where that is text made of other things.
fn wider(a: ColumnType, b: ColumnType) -> Said<ColumnType> {
    use ColumnType::{Category, Date, Datetime, Float, Int, Text};
    Ok(match (a, b) {
        (a, b) if a == b => a,
        (Int, Float) | (Float, Int) => Float,
        (Text, Category) | (Category, Text) => Text,
        (Date, Datetime) | (Datetime, Date) => Datetime,
        (a, b) => return Err(format!("{}s beside {}s", a.as_str(), b.as_str())),
    })
}

fn as_type(sql: &str, kind: ColumnType) -> Said<String> {
    Ok(format!("cast({sql} as {})", type_of(kind)?))
}

/// Tables one below the other.
pub(super) fn concat(query: &mut Query<'_>, step: &Concat) -> Said<()> {
    let mut tables = vec![("input", query.last.clone(), query.columns.clone())];
    for name in &step.with {
        tables.push((name, numbered(name), schema(query, name)?.to_vec()));
    }
    let mut names: Vec<(String, ColumnType)> = Vec::new();
    for (name, kind) in tables.iter().flat_map(|(_, _, columns)| columns) {
        match names.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = wider(*known, *kind)?,
            None => names.push((name.clone(), *kind)),
        }
    }
    if step.columns != ConcatColumns::Union {
        names.retain(|(name, _)| tables.iter().all(|(_, _, columns)| columns.iter().any(|(known, _)| known == name)));
    }
    let mut parts = Vec::new();
    for (at, (label, from, columns)) in tables.iter().enumerate() {
        let mut cells = vec![format!("{at} as \"cairn part\""), ROW.to_owned()];
        for (name, kind) in &names {
            let there = columns.iter().any(|(known, _)| known == name);
            cells.push(format!("{} as {}", as_type(&if there { id(name) } else { "null".into() }, *kind)?, id(name)));
        }
        cells.extend(step.source.iter().map(|source| format!("{} as {}", text(label), id(source))));
        parts.push(format!("select {} from {from} as t", cells.join(", ")));
    }
    let mut items: Vec<Item> =
        names.iter().map(|(name, kind)| Item { name: name.clone(), sql: id(name), kind: *kind }).collect();
    let source = |name: &String| Item { name: name.clone(), sql: id(name), kind: ColumnType::Text };
    items.extend(step.source.iter().map(source));
    let from = format!("from ({}) as stacked", parts.join(" union all "));
    query.select_rows(&format!("row_number() over (order by \"cairn part\", {ROW})"), items, &from);
    Ok(())
}

/// An aggregate of a column, of the rows that meet something.
fn aggregate(column: &str, kind: ColumnType, function: Aggregate, met: Option<&str>) -> Said<(String, ColumnType)> {
    use ColumnType::{Float, Int};
    let filter = met.map_or(String::new(), |met| format!(" filter (where {met})"));
    let x = if kind == ColumnType::Bool { format!("cast({column} as bigint)") } else { column.to_owned() };
    let real = format!("cast({x} as double precision)");
    let end = |direction: &str| format!("(array_agg({column} order by {ROW}{direction}){filter})[1]");
    Ok(match function {
        Aggregate::Rows => (format!("count(*){filter}"), Int),
        Aggregate::Count => (format!("count({column}){filter}"), Int),
        Aggregate::Distinct => (format!("count(distinct {column}){filter}"), Int),
        Aggregate::Sum if kind == Float => (format!("sum({x}){filter}"), Float),
        Aggregate::Sum => (format!("cast(sum({x}){filter} as bigint)"), Int),
        Aggregate::Mean => (format!("avg({real}){filter}"), Float),
        Aggregate::Median => (format!("percentile_cont(0.5) within group (order by {real}){filter}"), Float),
        Aggregate::Std => (format!("stddev_samp({real}){filter}"), Float),
        Aggregate::Min => (format!("min({column}){filter}"), kind),
        Aggregate::Max => (format!("max({column}){filter}"), kind),
        Aggregate::First => (end(""), kind),
        Aggregate::Last => (end(" desc"), kind),
        Aggregate::Mode => return Err("the most frequent value, of equals the smallest".into()),
    })
}

fn word(function: Aggregate) -> &'static str {
    match function {
        Aggregate::Count => "count",
        Aggregate::Rows => "rows",
        Aggregate::Distinct => "distinct",
        Aggregate::Sum => "sum",
        Aggregate::Mean => "mean",
        Aggregate::Median => "median",
        Aggregate::Std => "std",
        Aggregate::Min => "min",
        Aggregate::Max => "max",
        Aggregate::First => "first",
        Aggregate::Last => "last",
        Aggregate::Mode => "mode",
    }
}

fn grouped(query: &mut Query<'_>, by: &[String], figures: Vec<Item>) -> Said<()> {
    let mut items = Vec::new();
    for name in by {
        items.push(Item { name: name.clone(), sql: id(name), kind: query.kind(name)? });
    }
    let keys: Vec<String> = by.iter().map(|name| id(name)).collect();
    items.extend(figures);
    let tail = if keys.is_empty() { String::new() } else { format!(" group by {}", keys.join(", ")) };
    let from = format!("from {}{tail}", query.last);
    query.select_rows(&format!("min({ROW})"), items, &from);
    Ok(())
}

/// One row a group.
pub(super) fn group_by(query: &mut Query<'_>, step: &GroupBy) -> Said<()> {
    let mut taken = step.by.clone();
    let mut figures = Vec::new();
    for one in &step.aggregations {
        let kind = if one.column.is_empty() { ColumnType::Int } else { query.kind(&one.column)? };
        let (sql, kind) = aggregate(&id(&one.column), kind, one.function, None)?;
        let wanted = match (one.name.as_str(), one.column.as_str()) {
            ("", "") => word(one.function).to_owned(),
            ("", column) => format!("{column}_{}", word(one.function)),
            (name, _) => name.to_owned(),
        };
        figures.push(Item { name: free(wanted, &mut taken), sql, kind });
    }
    grouped(query, &step.by, figures)
}

/// Values become columns, those that the fit saw.
pub(super) fn pivot(query: &mut Query<'_>, step: &Pivot, learned: &Learned) -> Said<()> {
    let Learned::Columns { names: labels } = learned else { return Err("it learned nothing".into()) };
    let (on, kind, values) = (id(&step.on), query.kind(&step.on)?, query.kind(&step.values)?);
    let mut taken = step.index.clone();
    let mut figures = Vec::new();
    for (at, label) in labels.iter().enumerate() {
        let null = label == "null" && !labels[at + 1..].contains(label);
        let met = if null { format!("{on} is null") } else { format!("{on} = {}", level(label, kind)?) };
        let (sql, kind) = aggregate(&id(&step.values), values, step.function, Some(&met))?;
        let wanted = if label.is_empty() { "empty".to_owned() } else { label.clone() };
        figures.push(Item { name: free(wanted, &mut taken), sql, kind });
    }
    grouped(query, &step.index, figures)
}

/// Columns become rows.
pub(super) fn unpivot(query: &mut Query<'_>, step: &Unpivot) -> Said<()> {
    let all = query.columns.iter().map(|(name, _)| name.clone());
    let names: Vec<String> = if step.columns.is_empty() {
        all.filter(|name| !step.index.contains(name)).collect()
    } else {
        step.columns.clone()
    };
    let mut kind = query.kind(names.first().ok_or("no column is left")?)?;
    for name in &names {
        kind = wider(kind, query.kind(name)?)?;
    }
    let index: String = step.index.iter().map(|name| format!(", {}", id(name))).collect();
    let parts = names.iter().enumerate().map(|(at, name)| {
        let value = as_type(&id(name), kind)?;
        Ok(format!(
            "select {at} as \"cairn part\", {ROW}{index}, {} as {}, {value} as {} from {}",
            text(name),
            id(&step.variable_name),
            id(&step.value_name),
            query.last
        ))
    });
    let parts = parts.collect::<Said<Vec<String>>>()?;
    let mut items = Vec::new();
    for name in &step.index {
        items.push(Item { name: name.clone(), sql: id(name), kind: query.kind(name)? });
    }
    items.push(Item { name: step.variable_name.clone(), sql: id(&step.variable_name), kind: ColumnType::Text });
    items.push(Item { name: step.value_name.clone(), sql: id(&step.value_name), kind });
    let from = format!("from ({}) as stacked", parts.join(" union all "));
    query.select_rows(&format!("row_number() over (order by \"cairn part\", {ROW})"), items, &from);
    Ok(())
}
