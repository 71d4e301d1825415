//! Formula columns and queries, in polars' SQL.
//!
//! Both see tables of this notebook and nothing else: functions that read files are refused, and so is any statement
//! but `SELECT` (perhaps after `WITH`). A formula is computed row by row: what looks at several rows (`sum`, `lag`,
//! `over`) is refused, since on a table with a split it would carry rows of one part into another, and could not be replayed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cairn_protocol::steps::{Formula, Sql};
use polars::prelude::*;
use polars::sql::{SQLContext, sql_expr};

use super::{
    cast::changed,
    fitted::Learned,
    groups::key,
    names::some,
    operation::{Change, Operation, Rows, Stage},
    rows::{needs_order, sorted_rows},
    sql_decimals,
};
use crate::error::DataError;

/// Words of functions that read files.
const FILE_WORDS: [&str; 10] = [
    "read_csv",
    "read_parquet",
    "read_ipc",
    "read_json",
    "read_ndjson",
    "scan_csv",
    "scan_parquet",
    "scan_ipc",
    "scan_json",
    "scan_ndjson",
];

/// A word of a query outside of strings and comments.
struct Word {
    /// In lower case; as it stands where it was quoted.
    text: String,
    quoted: bool,
    /// Parentheses around it.
    depth: u32,
    /// Whether an opening parenthesis follows.
    calls: bool,
}

/// The words of a query.
fn words(query: &str) -> Vec<Word> {
    let letters: Vec<char> = query.chars().collect();
    let mut found: Vec<Word> = Vec::new();
    let (mut at, mut depth) = (0, 0u32);
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    while let Some(letter) = letters.get(at).copied() {
        let next = letters.get(at + 1).copied();
        let end_of = |from: usize, end: char| {
            letters[from..].iter().position(|letter| *letter == end).map_or(letters.len(), |far| from + far)
        };
        match letter {
            '-' if next == Some('-') => at = end_of(at, '\n'),
            '/' if next == Some('*') => {
                let close = letters[at + 2..].windows(2).position(|pair| pair == ['*', '/']);
                at = close.map_or(letters.len(), |far| at + far + 4);
            }
            '\'' => at = end_of(at + 1, '\'') + 1,
            '"' | '`' => {
                let end = end_of(at + 1, letter);
                let text = letters[at + 1..end].iter().collect();
                found.push(Word { text, quoted: true, depth, calls: false });
                at = end + 1;
            }
            '(' => {
                if let Some(word) = found.last_mut().filter(|_| at > 0) {
                    let before = letters[..at].iter().rposition(|letter| !letter.is_whitespace());
                    word.calls |= before.is_some_and(|before| is_word(letters[before]) || letters[before] == '"');
                }
                depth += 1;
                at += 1;
            }
            ')' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            letter if is_word(letter) => {
                let end = letters[at..].iter().position(|letter| !is_word(*letter));
                let end = end.map_or(letters.len(), |far| at + far);
                let text = letters[at..end].iter().collect::<String>().to_lowercase();
                found.push(Word { text, quoted: false, depth, calls: false });
                at = end;
            }
            _ => at += 1,
        }
    }
    found
}

/// Refuses what reads files, wherever it stands.
fn refuse_files(query: &str) -> Result<(), DataError> {
    let lower = query.to_lowercase();
    match FILE_WORDS.iter().find(|word| lower.contains(*word)) {
        None => Ok(()),
        Some(word) => {
            let what = format!("{word} reads files, and a query sees tables of this notebook only");
            Err(DataError::refused(what, None, "Read the file in a data cell and name that cell"))
        }
    }
}

/// What is said of a fault of the library.
const BEYOND: &str = "is beyond what the query engine can do";

/// Runs what the library may not foresee: a fault in it becomes an error.
fn guarded<T>(doing: &str, run: impl FnOnce() -> PolarsResult<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(said(&error.to_string())),
        Err(_) => Err(format!("{doing} {BEYOND}")),
    }
}

/// What the library said, without its own kind of error and plans.
fn said(message: &str) -> String {
    let first = message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let plain = first.strip_prefix("sql parser error: ").unwrap_or(first);
    plain.trim_end_matches('.').to_owned()
}

/// The column in the first line that a parser names, from 1.
fn column_in(message: &str) -> Option<(usize, usize)> {
    let at = message.find("Column: ")?;
    let digits: String = message[at + 8..].chars().take_while(char::is_ascii_digit).collect();
    Some((at, digits.parse().ok()?))
}

/// Where a name stands in a text, for a message: « at character 9».
fn place(text: &str, name: &str) -> String {
    text.find(name).map_or_else(String::new, |at| format!(" at character {}", text[..at].chars().count() + 1))
}

fn columns_hint(frame: &DataFrame) -> String {
    let names: Vec<&str> = frame.get_column_names().into_iter().map(PlSmallStr::as_str).collect();
    let shown = names.iter().take(30).copied().collect::<Vec<_>>().join(", ");
    let more = if names.len() > 30 { ", …" } else { "" };
    format!("Columns are {shown}{more}; quote names with spaces or capitals: \"Blood pressure\"")
}

fn unknown_column(frame: &DataFrame, name: &str, text: &str) -> DataError {
    let near = DataError::no_column(frame, name).hint();
    let hint = [near, columns_hint(frame)].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    DataError::refused(format!("there is no column «{name}»{}", place(text, name)), Some(name), hint)
}

/// Functions that look at several rows.
const MANY_ROWS: [&str; 31] = [
    "sum",
    "avg",
    "mean",
    "count",
    "median",
    "std",
    "stddev",
    "stddev_samp",
    "stdev",
    "var",
    "variance",
    "var_samp",
    "first",
    "last",
    "first_value",
    "last_value",
    "lag",
    "lead",
    "rank",
    "dense_rank",
    "row_number",
    "quantile_cont",
    "quantile_disc",
    "array_agg",
    "string_agg",
    "corr",
    "covar",
    "covar_samp",
    "over",
    "min",
    "max",
];

fn parsed(expression: &str, frame: &DataFrame) -> Result<Expr, DataError> {
    if expression.trim().is_empty() {
        return Err(DataError::refused("the formula is empty", None, columns_hint(frame)));
    }
    refuse_files(expression)?;
    let words = words(expression);
    let calls = |word: &&Word| !word.quoted && word.calls && MANY_ROWS.contains(&word.text.as_str());
    if let Some(word) = words.iter().find(calls) {
        return Err(many_rows(&word.text, &place(&expression.to_lowercase(), &word.text)));
    }
    if words.iter().any(|word| !word.quoted && word.text == "select") {
        let what = "a formula cannot hold a query";
        return Err(DataError::refused(what, None, "Use the step «SQL query»"));
    }
    let expr = match guarded("the formula", || sql_expr(expression)) {
        Ok(expr) => expr,
        Err(message) => return Err(not_understood(expression, &message, frame)),
    };
    for part in &expr {
        match part {
            Expr::Column(name) if frame.get_column_index(name).is_none() => {
                return Err(unknown_column(frame, name, expression));
            }
            // The list of `x in (1, 2)`.
            Expr::Agg(AggExpr::Implode { input, .. }) if matches!(**input, Expr::Literal(_)) => {}
            Expr::Agg(_) | Expr::Over { .. } | Expr::Len | Expr::Sort { .. } | Expr::SortBy { .. } => {
                return Err(many_rows("the formula", ""));
            }
            Expr::SubPlan(..) => {
                let what = "a formula cannot hold a query";
                return Err(DataError::refused(what, None, "Use the step «SQL query»"));
            }
            _ => {}
        }
    }
    Ok(expr)
}

fn many_rows(what: &str, at: &str) -> DataError {
    let hint = "A formula is computed row by row: use «Group and aggregate», «Rolling window» or «SQL query»; for the \
                smaller or larger of two values least(a, b) and greatest(a, b)";
    DataError::refused(format!("{what}{at} looks at several rows"), None, hint)
}

/// The error of a formula that cannot be parsed, with the place where the parser stopped.
fn not_understood(expression: &str, message: &str, frame: &DataFrame) -> DataError {
    const BEFORE: &str = "SELECT ";
    // The parser of expressions does not say where it stopped; that of queries does.
    let query = format!("{BEFORE}{expression}");
    let more = guarded("the formula", || SQLContext::new().execute(&query).map(|_| ())).err().unwrap_or_default();
    let what = match column_in(&more) {
        Some((at, column)) if column > BEFORE.len() => {
            let text = more[..at].trim_end().trim_end_matches("Line: 1,").trim_end().trim_end_matches("at").trim_end();
            format!("the formula is not understood at character {}: {text}", column - BEFORE.len())
        }
        _ if message.contains("unable to parse") && !more.is_empty() => {
            format!("the formula is not understood: {more}")
        }
        _ => format!("the formula is not understood: {message}"),
    };
    DataError::refused(what, None, columns_hint(frame))
}

/// The table in which what is missing is null: the engine takes NaN for the largest number.
fn without_nan(frame: &DataFrame) -> Result<DataFrame, DataError> {
    let columns = frame.columns().iter().map(|column| {
        let series = column.as_materialized_series();
        let has_nan = series.is_nan().is_ok_and(|nan| nan.any());
        Ok(if series.dtype().is_float() && has_nan { key(series)?.into_column() } else { column.clone() })
    });
    let columns = columns.collect::<Result<Vec<Column>, DataError>>()?;
    DataFrame::new(frame.height(), columns).map_err(DataError::table("reading the table"))
}

impl Operation for Formula {
    fn transform(&self, frame: &DataFrame, _learned: &Learned, _stage: &Stage<'_>) -> Result<Change, DataError> {
        if self.name.is_empty() {
            return Err(DataError::refused("the new column has no name", None, "Give it a name"));
        }
        let expr = parsed(&self.expression, frame)?;
        let mut read: Vec<&str> = (&expr)
            .into_iter()
            .filter_map(|part| if let Expr::Column(name) = part { Some(name.as_str()) } else { None })
            .collect();
        read.sort_unstable();
        read.dedup();
        let input = match read.as_slice() {
            [] => frame.clone(),
            read => {
                let some = frame.select(read.iter().copied()).map_err(DataError::table("reading the table"))?;
                without_nan(&some)?
            }
        };
        let computed =
            guarded("the formula", || input.lazy().select([expr.clone().alias(self.name.as_str())]).collect());
        let made = computed.map_err(|message| {
            let what = format!("the formula cannot be computed: {message}");
            DataError::refused(what, Some(&self.name), columns_hint(frame))
        })?;
        let rows = frame.height();
        let made = made.columns().first().cloned().unwrap_or_default();
        let made = if made.len() == rows {
            made
        } else if made.len() == 1 && read.is_empty() {
            made.new_from_index(0, rows)
        } else {
            return Err(many_rows("the formula", ""));
        };
        let Ok(before) = frame.column(&self.name) else {
            return Ok(Change { added: vec![made], ..Change::default() });
        };
        let changed_cells = changed(before.as_materialized_series(), made.as_materialized_series()).unwrap_or(0);
        Ok(Change { replaced: vec![(self.name.clone(), vec![made])], changed_cells, ..Change::default() })
    }
}

/// Words of a query that leave the order of the result open.
const REORDERING: [&str; 7] = ["group", "distinct", "join", "union", "except", "intersect", "over"];

/// Whether a query leaves the order of its rows open; they are then put in the order of their values.
pub(crate) fn order_is_open(query: &str) -> bool {
    let words = words(query);
    let ordered = words.windows(2).any(|pair| {
        pair.iter().all(|word| !word.quoted && word.depth == 0) && pair[0].text == "order" && pair[1].text == "by"
    });
    !ordered && words.iter().any(|word| !word.quoted && REORDERING.contains(&word.text.as_str()))
}

impl Operation for Sql {
    fn transform(&self, frame: &DataFrame, _learned: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
        let query = self.query.trim().trim_end_matches(';').trim_end();
        if query.is_empty() {
            return Err(DataError::refused("the query is empty", None, "Begin with SELECT * FROM input"));
        }
        refuse_files(query)?;
        let words = words(query);
        if !words.first().is_some_and(|word| !word.quoted && matches!(word.text.as_str(), "select" | "with")) {
            let what = "only SELECT is possible in a query, perhaps after WITH";
            return Err(DataError::refused(what, None, "Begin with SELECT * FROM input"));
        }
        let mut tables = vec![("input".to_owned(), without_nan(frame)?)];
        for name in &self.tables {
            tables.push((name.clone(), without_nan(stage.around.table(name)?)?));
        }
        let mut made = match answered(&tables, query) {
            Ok(made) => made,
            Err(message) if message.ends_with(BEYOND) => {
                with_decimals(&tables, query, &words).ok_or_else(|| refused(self, &message, frame))?
            }
            Err(message) => return Err(refused(self, &message, frame)),
        };
        let mut change = Change::default();
        let plain = |word: &&Word| !word.quoted;
        if order_is_open(query) {
            // The engine leaves the order to its threads; ours is that of the values.
            made = by_values(made)?;
            change.notes.push("The query has no ORDER BY: rows stand in the order of their values".into());
            if words.iter().filter(plain).any(|word| word.depth == 0 && word.text == "limit") {
                let warning = "The query has LIMIT without ORDER BY: which rows it keeps is not determined";
                change.warnings.push(warning.into());
            }
        }
        change.rows = Rows::New { frame: made, from: None, part: None };
        Ok(change)
    }
}

/// The answer of the engine to a query.
fn answered(tables: &[(String, DataFrame)], query: &str) -> Result<DataFrame, String> {
    let mut context = SQLContext::new();
    for (name, frame) in tables {
        context.register(name, frame.clone().lazy());
    }
    guarded("the query", || context.execute(query)?.collect())
}

/// The answer to a query that the engine gave up, where decimals as keys were why.
fn with_decimals(tables: &[(String, DataFrame)], query: &str, words: &[Word]) -> Option<DataFrame> {
    if words.iter().any(|word| !word.quoted && sql_decimals::is_of_text(&word.text, word.calls)) {
        return None;
    }
    sql_decimals::attempts(tables).iter().find_map(|names| {
        let made = answered(&sql_decimals::written(tables, names)?, query).ok()?;
        sql_decimals::read(&made)
    })
}

/// Rows in the order of their values, the first column first.
fn by_values(frame: DataFrame) -> Result<DataFrame, DataError> {
    let columns: Vec<&Series> = frame
        .columns()
        .iter()
        .map(Column::as_materialized_series)
        .filter(|series| needs_order(series, "sorted").is_ok())
        .collect();
    if columns.is_empty() {
        return Ok(frame);
    }
    let order = sorted_rows(&columns, &vec![false; columns.len()], false)?;
    frame.take(&IdxCa::from_vec("".into(), order)).map_err(DataError::table("ordering the rows of a query"))
}

fn refused(step: &Sql, message: &str, frame: &DataFrame) -> DataError {
    let tables: Vec<&str> = std::iter::once("input").chain(step.tables.iter().map(String::as_str)).collect();
    let decimals: Vec<&str> =
        frame.columns().iter().filter(|one| one.dtype().is_decimal()).map(|one| one.name().as_str()).collect();
    let hint = if let (true, [first, ..]) = (message.ends_with(BEYOND), decimals.as_slice()) {
        format!(
            "Decimals ({}) cannot be keys of a query that computes with them or reads them as text: write CAST(\"{first}\" AS VARCHAR), or use \
             «Group and aggregate», «Remove duplicates» or «Join», which take them as they are",
            some(decimals.iter().copied())
        )
    } else if message.contains("relation") || message.contains("table") {
        format!("Tables are {}; other cells are named in the step first", some(tables))
    } else {
        columns_hint(frame)
    };
    DataError::refused(format!("the query cannot be run: {message}"), None, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_outside_of_strings_and_comments() {
        let found = words("SELECT a, 'from b', \"Order x\" -- group\n /* join */ FROM (SELECT sum (c)) ORDER by d");
        let texts: Vec<(&str, u32, bool)> =
            found.iter().map(|word| (word.text.as_str(), word.depth, word.calls)).collect();
        let plain = |text, depth| (text, depth, false);
        assert_eq!(
            texts,
            [
                plain("select", 0),
                plain("a", 0),
                plain("Order x", 0),
                ("from", 0, true),
                plain("select", 1),
                ("sum", 1, true),
                plain("c", 2),
                plain("order", 0),
                plain("by", 0),
                plain("d", 0),
            ]
        );
        assert!(refuse_files("select * from READ_CSV('/etc/passwd')").is_err());
    }
}
