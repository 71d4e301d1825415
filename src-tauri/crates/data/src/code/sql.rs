//! A recipe as one query for DuckDB and PostgreSQL: a common table expression a step.
//!
//! Rows of SQL have no order, so a column [`ROW`] numbers them from the source on; it decides which of equal rows is the
//! first, and orders the result. What cannot be said ends the query with a line that no database accepts, which names the
//! step: the query fails there rather than giving another table.

use std::{collections::BTreeSet, fmt::Write as _};

use cairn_protocol::table::ColumnType::{self, Bool, Category, Date, Datetime, Float, Int, Text as Texts};

use super::{Origin, Script, literal::comment, sql_steps};
use crate::{
    DataError,
    steps::{FittedRecipe, FittedStep},
};

/// The column of row numbers.
pub(super) const ROW: &str = "\"cairn row\"";

/// Why a step cannot be said.
pub(super) type Said<T> = Result<T, String>;

/// A column of a step's table: name, expression, type.
pub(super) struct Item {
    pub name: String,
    pub sql: String,
    pub kind: ColumnType,
}

/// The query as far as it is written.
pub(super) struct Query<'a> {
    pub origin: &'a Origin<'a>,
    steps: Vec<String>,
    /// Columns of the last step.
    pub columns: Vec<(String, ColumnType)>,
    /// Name of the last step.
    pub last: String,
    title: String,
    /// Names that DuckDB takes for one.
    clash: Option<String>,
    pub notes: Vec<String>,
}

/// A name in double quotes.
pub(super) fn id(name: &str) -> String {
    format!("\"{}\"", name.replace('\0', "").replace('"', "\"\""))
}

/// A text in single quotes.
pub(super) fn text(value: &str) -> String {
    format!("'{}'", value.replace('\0', "").replace('\'', "''"))
}

/// A number; null for NaN.
pub(super) fn number(value: f64) -> String {
    if value.is_nan() {
        return "cast(null as double precision)".into();
    }
    if value.is_infinite() {
        return format!("cast('{}infinity' as double precision)", if value < 0.0 { "-" } else { "" });
    }
    format!("cast({value:?} as double precision)")
}

/// An expression as a number with fractions.
pub(super) fn real(sql: &str) -> String {
    format!("cast({sql} as double precision)")
}

/// The type of a column in SQL.
pub(super) fn type_of(kind: ColumnType) -> Said<&'static str> {
    Ok(match kind {
        Bool => "boolean",
        Int => "bigint",
        Float => "double precision",
        Date => "date",
        Datetime => "timestamp",
        ColumnType::Time => "time",
        Texts | Category => "text",
        other => return Err(format!("{}s", other.as_str())),
    })
}

/// A value that a level is spelled as, of a column's type.
pub(super) fn level(value: &str, kind: ColumnType) -> Said<String> {
    match kind {
        Bool if matches!(value, "true" | "false") => Ok(value.to_owned()),
        Bool => Err(format!("«{value}»")),
        Int => value.trim().parse::<i64>().map(|whole| whole.to_string()).map_err(|_| format!("«{value}»")),
        Float | ColumnType::Decimal => value.trim().parse().map(number).map_err(|_| format!("«{value}»")),
        Date => Ok(format!("date {}", text(value.trim()))),
        Datetime => Ok(format!("timestamp {}", text(value.trim()))),
        ColumnType::Time => Ok(format!("time {}", text(value.trim()))),
        Texts | Category => Ok(text(value)),
        other => Err(format!("levels of {}s", other.as_str())),
    }
}

impl<'a> Query<'a> {
    /// The type of a column.
    pub fn kind(&self, name: &str) -> Said<ColumnType> {
        let found = self.columns.iter().find(|(known, _)| known == name);
        found.map(|(_, kind)| *kind).ok_or_else(|| format!("the column «{name}», which is not known"))
    }

    /// The columns as they are.
    pub fn items(&self) -> Vec<Item> {
        let item = |(name, kind): &(String, ColumnType)| Item { name: name.clone(), sql: id(name), kind: *kind };
        self.columns.iter().map(item).collect()
    }

    /// The columns, some with others in their place.
    pub fn with(&self, make: impl Fn(&str, ColumnType) -> Said<Option<Vec<Item>>>) -> Said<Vec<Item>> {
        let mut out = Vec::new();
        for item in self.items() {
            match make(&item.name, item.kind)? {
                Some(made) => out.extend(made),
                None => out.push(item),
            }
        }
        Ok(out)
    }

    /// The next step: columns of the last one, and what follows `from`.
    pub fn select(&mut self, items: Vec<Item>, tail: &str) {
        self.select_rows(ROW, items, &format!("from {}{}{tail}", self.last, if tail.is_empty() { "" } else { " " }));
    }

    /// The next step with row numbers of its own.
    pub fn select_rows(&mut self, row: &str, items: Vec<Item>, from: &str) {
        let row = if row == ROW { ROW.to_owned() } else { format!("{row} as {ROW}") };
        let columns = items.iter().map(|item| {
            if item.sql == id(&item.name) { item.sql.clone() } else { format!("{} as {}", item.sql, id(&item.name)) }
        });
        let columns: Vec<String> = std::iter::once(row).chain(columns).collect();
        let name = format!("step_{}", self.steps.len());
        self.steps.push(format!("-- {}\n{name} as (\n  select {}\n  {from}\n)", self.title, columns.join(",\n    ")));
        self.last = name;
        let mut seen = BTreeSet::new();
        let twice = items.iter().find(|item| !seen.insert(item.name.to_lowercase()));
        self.clash = twice.map(|item| format!("two columns «{}» would differ in case alone, if at all", item.name));
        self.columns = items.into_iter().map(|item| (item.name, item.kind)).collect();
    }
}

/// The query of a recipe.
pub(super) fn script(recipe: &FittedRecipe, origin: &Origin<'_>) -> Result<Script, DataError> {
    let columns: Vec<(String, ColumnType)> =
        origin.report.columns.iter().map(|column| (column.name.clone(), column.column_type)).collect();
    let names: String = columns.iter().map(|(name, _)| format!(",\n    {}", id(name))).collect();
    let input = format!("input as (\n  select row_number() over () as {ROW}{names}\n  from source\n)");
    let mut query = Query {
        origin,
        steps: vec![input],
        columns,
        last: "input".into(),
        title: String::new(),
        clash: None,
        notes: Vec::new(),
    };
    let mut notes = Vec::new();
    let mut failed = None;
    for (at, step) in recipe.steps.iter().enumerate().filter(|(_, step)| step.step.enabled) {
        let number = at + 1;
        let title = step.step.op.title();
        if step.step.op.only_here() {
            notes.push(format!("step {number} («{title}») belongs to the fitted rows and is not replayed"));
            continue;
        }
        query.title = comment(&about(number, step));
        let written = sql_steps::write(&mut query, step).and_then(|()| query.clash.take().map_or(Ok(()), Err));
        if let Err(why) = written {
            let what = comment(&format!("step {number} («{title}») cannot be said in SQL: {why}"));
            failed = Some(format!("!! {}", what.replace(['\'', '"'], "`")));
            notes.push(what);
            let rest = recipe.steps.iter().skip(number).filter(|step| step.step.enabled).count();
            if rest > 0 {
                notes.push(format!("{rest} steps behind step {number} are not written"));
            }
            break;
        }
    }
    let mut code = format!(
        "-- {}, written by Cairn {}.\n-- For DuckDB and PostgreSQL; «source» is the table that the recipe starts from.\n",
        comment(origin.title),
        env!("CARGO_PKG_VERSION")
    );
    let names: Vec<String> = query.columns.iter().map(|(name, _)| id(name)).collect();
    let end = failed.unwrap_or_else(|| format!("select {}\nfrom {}\norder by {ROW};", names.join(", "), query.last));
    writeln!(code, "with {}\n{end}", query.steps.join(",\n"))
        .map_err(|_| DataError::Internal { what: "a query cannot be written".into() })?;
    notes.append(&mut query.notes);
    notes.push("the query reads a table named source".into());
    Ok(Script { code, notes })
}

fn about(number: usize, step: &FittedStep) -> String {
    let columns = step.step.op.columns().join(", ");
    format!("{number} {}{}{columns}", step.step.op.title(), if columns.is_empty() { "" } else { ": " })
}
