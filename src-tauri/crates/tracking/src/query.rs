//! Questions to the tracker: a filter becomes a condition in SQL. Nothing of the question's own text enters the SQL:
//! names and values travel as parameters, columns come from the table below.

use cairn_protocol::runs::{Run, RunsPage, RunsQuery};
use rusqlite::{params_from_iter, types::Value};

use crate::{
    Tracker, TrackingError,
    filter::{Constant, Expr, Field, FieldKind, Literal, Op, parse, parse_field},
    runs::read_run,
    time::parse_ms,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ColumnKind {
    Text,
    Time,
    Number,
    Bool,
}

/// Name, kind and SQL of every column; `r` is the run. No joins: SQLite makes a join of `EXISTS` too, and with several
/// tables to begin from it can choose an order that is a hundred times slower.
const COLUMNS: &[(&str, ColumnKind, &str)] = &[
    ("id", ColumnKind::Text, "r.id"),
    ("name", ColumnKind::Text, "r.name"),
    ("status", ColumnKind::Text, "r.status"),
    ("experiment", ColumnKind::Text, "(SELECT name FROM experiments WHERE no = r.experiment)"),
    ("cell", ColumnKind::Text, "r.cell"),
    ("sweep", ColumnKind::Text, "coalesce(r.sweep, '')"),
    ("algorithm", ColumnKind::Text, "r.algorithm"),
    ("kernel", ColumnKind::Text, "r.kernel"),
    ("dataset", ColumnKind::Text, "r.dataset"),
    ("split", ColumnKind::Text, "r.split"),
    ("model", ColumnKind::Text, "r.model"),
    ("reason", ColumnKind::Text, "r.reason"),
    ("commit", ColumnKind::Text, "(SELECT commit_id FROM code_states WHERE no = r.code)"),
    ("dirty", ColumnKind::Bool, "(SELECT dirty FROM code_states WHERE no = r.code)"),
    ("started_at", ColumnKind::Time, "coalesce(r.started_at, r.created_at)"),
    ("ended_at", ColumnKind::Time, "r.ended_at"),
    (
        "duration_secs",
        ColumnKind::Number,
        "CASE WHEN r.started_at IS NULL THEN 0.0 ELSE
             max(0, coalesce(r.ended_at, CAST(unixepoch('subsec') * 1000 AS INTEGER)) - r.started_at) / 1000.0 END",
    ),
];

/// Whether a column of runs has this name.
pub(crate) fn is_column(name: &str) -> bool {
    COLUMNS.iter().any(|column| column.0 == name)
}

/// The names of all columns, for messages.
pub(crate) fn column_names() -> String {
    COLUMNS.iter().map(|column| column.0).collect::<Vec<_>>().join(", ")
}

impl Tracker {
    /// Runs that a filter selects, sorted (by several keys with commas between), a page of them. Runs without the
    /// sort key come last; newest first where nothing else decides.
    ///
    /// # Errors
    /// The filter or the sort key cannot be understood, or the database failed.
    pub fn list(&self, query: &RunsQuery) -> Result<RunsPage, TrackingError> {
        let mut sql = Sql { text: &query.filter, values: Vec::new() };
        let condition = match parse(&query.filter)? {
            Some(expr) => sql.condition(&expr)?,
            None => "1".to_owned(),
        };
        let from = "FROM runs r";
        let count = format!("SELECT count(*) {from} WHERE {condition}");
        let counted = sql.values.len();
        let order = sql.order(&query.sort)?;
        let limit = if query.limit == 0 { -1 } else { i64::try_from(query.limit).unwrap_or(i64::MAX) };
        let limit = sql.bind(Value::Integer(limit));
        let offset = sql.bind(Value::Integer(i64::try_from(query.offset).unwrap_or(i64::MAX)));
        let page = format!("SELECT r.no {from} WHERE {condition} ORDER BY {order} LIMIT {limit} OFFSET {offset}");
        self.read(|db| {
            let total: i64 = db
                .prepare_cached(&count)?
                .query_row(params_from_iter(sql.values.iter().take(counted)), |row| row.get(0))?;
            let mut statement = db.prepare_cached(&page)?;
            let numbers = statement
                .query_map(params_from_iter(&sql.values), |row| row.get(0))?
                .collect::<Result<Vec<i64>, _>>()?;
            let runs = numbers.into_iter().map(|number| read_run(db, number)).collect::<Result<Vec<Run>, _>>()?;
            Ok(RunsPage { runs, total: u64::try_from(total).unwrap_or_default() })
        })
    }
}

/// SQL under construction; values are numbered parameters.
struct Sql<'text> {
    text: &'text str,
    values: Vec<Value>,
}

impl Sql<'_> {
    fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("?{}", self.values.len())
    }

    fn error<T>(&self, position: usize, message: impl Into<String>) -> Result<T, TrackingError> {
        Err(TrackingError::Filter { text: self.text.to_owned(), position, message: message.into() })
    }

    fn condition(&mut self, expr: &Expr) -> Result<String, TrackingError> {
        match expr {
            Expr::All(parts) => self.joined(parts, " AND "),
            Expr::Any(parts) => self.joined(parts, " OR "),
            // A run without the value fails the comparison, and so passes its negation: coalesce makes it two-valued.
            Expr::Not(inner) => Ok(format!("NOT coalesce({}, 0)", self.condition(inner)?)),
            Expr::Compare(field, Op::NotEqual, literal) => {
                let (absent, equal) = (self.absent(field), self.compare(field, Op::Equal, literal)?);
                Ok(format!("(NOT {absent} AND NOT coalesce({equal}, 0))"))
            }
            Expr::Compare(field, op, literal) => self.compare(field, *op, literal),
            Expr::Like { field, pattern, any_case } => self.like(field, pattern, *any_case),
            Expr::Absent(field) => Ok(self.absent(field)),
        }
    }

    fn joined(&mut self, parts: &[Expr], word: &str) -> Result<String, TrackingError> {
        let parts = parts.iter().map(|part| self.condition(part)).collect::<Result<Vec<_>, _>>()?;
        Ok(format!("({})", parts.join(word)))
    }

    /// `EXISTS` over the rows of a metric, parameter or tag for which `test` holds.
    fn exists(&mut self, kind: &FieldKind, test: &str) -> String {
        match kind {
            FieldKind::Metric(name) => {
                let name = self.bind(Value::Text(name.clone()));
                format!(
                    "EXISTS (SELECT 1 FROM latest v WHERE v.run = r.no AND
                             v.key = (SELECT no FROM metric_keys WHERE name = {name}) AND {test})"
                )
            }
            FieldKind::Param(name) => {
                let name = self.bind(Value::Text(name.clone()));
                format!("EXISTS (SELECT 1 FROM params v WHERE v.run = r.no AND v.key = {name} AND {test})")
            }
            FieldKind::Tag(name) => {
                let name = self.bind(Value::Text(name.clone()));
                format!("EXISTS (SELECT 1 FROM tags v WHERE v.run = r.no AND v.key = {name} AND {test})")
            }
            FieldKind::Column(_) => test.to_owned(),
        }
    }

    fn absent(&mut self, field: &Field) -> String {
        match &field.kind {
            // An empty text is a value of a column: `sweep != ''`.
            FieldKind::Column(name) => match column(name) {
                (ColumnKind::Text, _) => "0".to_owned(),
                (_, sql) => format!("({sql} IS NULL)"),
            },
            kind => format!("(NOT {})", self.exists(kind, "1")),
        }
    }

    fn compare(&mut self, field: &Field, op: Op, literal: &Literal) -> Result<String, TrackingError> {
        let sign = sign(op);
        let test = match &field.kind {
            FieldKind::Metric(_) => {
                let Some(number) = number(&literal.value) else {
                    return self.error(literal.position, "a metric is compared with a number");
                };
                format!("v.value {sign} {}", self.bind(number))
            }
            FieldKind::Param(_) => self.compare_param(sign, op, &literal.value),
            FieldKind::Tag(_) => match &literal.value {
                Constant::Text(text) => format!("v.value {sign} {}", self.bind(Value::Text(text.clone()))),
                Constant::Bool(yes) => format!("v.value {sign} {}", self.bind(Value::Text(yes.to_string()))),
                // A tag is text; compared with a number it is read as one, where it begins like one.
                other => {
                    let number = number(other).unwrap_or(Value::Null);
                    format!("(v.value GLOB '[-+.0-9]*' AND CAST(v.value AS REAL) {sign} {})", self.bind(number))
                }
            },
            FieldKind::Column(name) => {
                let (kind, sql) = column(name);
                let value = self.column_value(kind, name, literal)?;
                format!("({sql} {sign} {})", self.bind(value))
            }
        };
        Ok(self.exists(&field.kind, &test))
    }

    fn compare_param(&mut self, sign: &str, op: Op, value: &Constant) -> String {
        match value {
            Constant::Text(text) => {
                let mut tests =
                    vec![format!("v.kind = 'text' AND v.value {sign} {}", self.bind(Value::Text(text.clone())))];
                // As MLflow has it, where every parameter is text.
                if op == Op::Equal
                    && let Some(number) = number(value)
                {
                    tests.push(format!("v.kind IN ('int', 'float') AND v.value = {}", self.bind(number)));
                }
                if op == Op::Equal
                    && let Ok(yes) = text.to_ascii_lowercase().parse::<bool>()
                {
                    tests.push(format!("v.kind = 'bool' AND v.value = {}", self.bind(Value::Integer(yes.into()))));
                }
                format!("({})", tests.join(" OR "))
            }
            Constant::Bool(yes) => {
                format!("v.kind = 'bool' AND v.value {sign} {}", self.bind(Value::Integer((*yes).into())))
            }
            other => {
                let number = number(other).unwrap_or(Value::Null);
                format!("v.kind <> 'text' AND v.value {sign} {}", self.bind(number))
            }
        }
    }

    fn column_value(&self, kind: ColumnKind, name: &str, literal: &Literal) -> Result<Value, TrackingError> {
        let position = literal.position;
        match (kind, &literal.value) {
            (ColumnKind::Text, Constant::Text(text)) if name == "status" => Ok(Value::Text(text.to_ascii_lowercase())),
            (ColumnKind::Text, Constant::Text(text)) => Ok(Value::Text(text.clone())),
            (ColumnKind::Text, _) => self.error(position, format!("{name} is compared with text in quotes")),
            (ColumnKind::Time, Constant::Text(text)) => match parse_ms(text) {
                Some(ms) => Ok(Value::Integer(ms)),
                None => self.error(position, format!("{name} is compared with a time: '2026-11-20T10:00:00Z'")),
            },
            (ColumnKind::Time, _) => self.error(position, format!("{name} is compared with a time: '2026-11-20'")),
            (ColumnKind::Bool, Constant::Bool(yes)) => Ok(Value::Integer((*yes).into())),
            (ColumnKind::Bool, _) => self.error(position, format!("{name} is compared with true or false")),
            (ColumnKind::Number, value) => match number(value) {
                Some(number) => Ok(number),
                None => self.error(position, format!("{name} is compared with a number")),
            },
        }
    }

    fn like(&mut self, field: &Field, pattern: &str, any_case: bool) -> Result<String, TrackingError> {
        let value = match &field.kind {
            FieldKind::Column(name) => match column(name) {
                (ColumnKind::Text, sql) => sql,
                _ => return self.error(field.position, format!("{name} is no text; compare it with <, =, >")),
            },
            FieldKind::Param(_) => "CASE v.kind WHEN 'text' THEN v.value END",
            _ => "v.value",
        };
        // SQLite's LIKE has no case; its GLOB has.
        let test = if any_case {
            format!("{value} LIKE {}", self.bind(Value::Text(pattern.to_owned())))
        } else {
            format!("{value} GLOB {}", self.bind(Value::Text(glob(pattern))))
        };
        Ok(self.exists(&field.kind, &test))
    }

    fn order(&mut self, sort: &str) -> Result<String, TrackingError> {
        let mut keys = Vec::new();
        let mut offset = 0;
        for part in sort.split(',').filter(|_| !sort.trim().is_empty()) {
            let name = part.trim();
            let (name, direction) = name.strip_prefix('-').map_or((name, "ASC"), |name| (name, "DESC"));
            let kind = parse_field(name, sort, offset)?.kind;
            offset += part.chars().count() + 1;
            let value = match &kind {
                FieldKind::Column(name) => column(name).1.to_owned(),
                FieldKind::Metric(name) => {
                    let name = self.bind(Value::Text(name.clone()));
                    format!(
                        "(SELECT v.value FROM latest v WHERE v.run = r.no AND
                                 v.key = (SELECT no FROM metric_keys WHERE name = {name}))"
                    )
                }
                FieldKind::Param(name) => {
                    let name = self.bind(Value::Text(name.clone()));
                    format!("(SELECT v.value FROM params v WHERE v.run = r.no AND v.key = {name})")
                }
                FieldKind::Tag(name) => {
                    let name = self.bind(Value::Text(name.clone()));
                    format!("(SELECT v.value FROM tags v WHERE v.run = r.no AND v.key = {name})")
                }
            };
            keys.push(format!("{value} {direction} NULLS LAST"));
        }
        keys.push("r.id DESC".to_owned());
        Ok(keys.join(", "))
    }
}

fn column(name: &str) -> (ColumnKind, &'static str) {
    let found = COLUMNS.iter().find(|column| column.0 == name);
    found.map(|(_, kind, sql)| (*kind, *sql)).expect("the parser lets only known columns pass")
}

fn sign(op: Op) -> &'static str {
    match op {
        Op::Equal => "=",
        Op::NotEqual => "<>",
        Op::Less => "<",
        Op::LessEqual => "<=",
        Op::Greater => ">",
        Op::GreaterEqual => ">=",
    }
}

fn number(value: &Constant) -> Option<Value> {
    match value {
        Constant::Int(whole) => Some(Value::Integer(*whole)),
        Constant::Real(real) => Some(Value::Real(*real)),
        Constant::Text(text) => {
            let whole = text.trim().parse().ok().map(Value::Integer);
            whole.or_else(|| text.trim().parse().ok().filter(|real: &f64| !real.is_nan()).map(Value::Real))
        }
        Constant::Bool(_) => None,
    }
}

/// The pattern of LIKE as one of GLOB.
fn glob(pattern: &str) -> String {
    let mut glob = String::with_capacity(pattern.len());
    for letter in pattern.chars() {
        match letter {
            '%' => glob.push('*'),
            '_' => glob.push('?'),
            '*' | '?' | '[' => glob.extend(['[', letter, ']']),
            other => glob.push(other),
        }
    }
    glob
}
