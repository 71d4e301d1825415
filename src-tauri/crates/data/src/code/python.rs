//! Scripts of Python: a head, the functions that the steps need, the steps one after the other, and a command line.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use cairn_protocol::{
    steps::{AnonymiseMethod, StepOp},
    table::ImportReport,
};
use serde_json::{Map, Value, json};

use super::{
    Origin, Script, formula,
    literal::{comment, python, text_literal},
    plain::Plain,
};
use crate::{
    DataError,
    steps::{FittedRecipe, FittedStep, Learned, order_is_open},
};

/// A library of functions and what a script around them looks like.
pub(super) struct Dialect {
    library: &'static str,
    /// What is installed, for the head.
    needs: &'static str,
    /// The type of the tables.
    table: &'static str,
    /// The table with null for NaN, where the two differ.
    begin: &'static str,
    main: &'static str,
    /// Whether formulas and queries are those of the engine, or have to be said otherwise.
    speaks_sql: bool,
}

/// Characters of a line of code, where it can be broken.
const LINE: usize = 100;

/// Functions over lists of cells, for both.
const SHARED: &str = include_str!("shared.py");

/// On polars.
pub(super) const POLARS: Dialect = Dialect {
    library: include_str!("polars.py"),
    needs: "polars",
    table: "pl.DataFrame",
    begin: "    df = df.with_columns(pl.selectors.float().fill_nan(None))  # a missing number is null\n",
    main: include_str!("polars_main.py"),
    speaks_sql: true,
};

/// On pandas and scikit-learn.
pub(super) const PANDAS: Dialect = Dialect {
    library: include_str!("pandas.py"),
    needs: "pandas scikit-learn",
    table: "pd.DataFrame",
    begin: "    df = df.reset_index(drop=True)\n",
    main: include_str!("pandas_main.py"),
    speaks_sql: false,
};

/// Libraries: their imports, and their functions by name, in the order of the files.
struct Library {
    imports: Vec<&'static str>,
    functions: Vec<(&'static str, &'static str)>,
}

impl Library {
    fn read(texts: [&'static str; 2]) -> Self {
        let mut library = Self { imports: Vec::new(), functions: Vec::new() };
        for text in texts {
            let mut parts = text.split("# ---- def ");
            library.imports.extend(parts.next().unwrap_or_default().lines().filter(|line| !line.is_empty()));
            let functions: Vec<_> = parts.filter_map(|part| part.split_once(" ----\n")).collect();
            for (name, body) in functions {
                // What a library does in its own way goes before what is written for all.
                if !library.functions.iter().any(|(known, _)| *known == name) {
                    library.functions.push((name, body.trim_end()));
                }
            }
        }
        library
    }

    /// The functions that some texts need, in the order of the files.
    fn needed(&self, wanted: BTreeSet<&'static str>, main: &'static str) -> Vec<&'static str> {
        let called = |text: &str| self.called(text);
        let mut open: Vec<&str> = wanted.into_iter().chain(called(main)).collect();
        let mut found: BTreeSet<&str> = BTreeSet::new();
        while let Some(name) = open.pop() {
            if found.insert(name) {
                let bodies = self.functions.iter().filter(|(known, _)| *known == name);
                open.extend(bodies.flat_map(|(_, body)| called(body)));
            }
        }
        self.functions.iter().filter(|(name, _)| found.contains(name)).map(|(_, body)| *body).collect()
    }
}

impl Library {
    /// The functions that a text calls.
    fn called(&self, text: &str) -> Vec<&'static str> {
        let names = self.functions.iter().map(|(name, _)| *name);
        names.filter(|name| calls(text, name)).collect()
    }
}

/// Whether a text names a function of the library: the whole word, behind no point.
fn calls(text: &str, name: &str) -> bool {
    let is_word = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.');
    // Helpers are also handed over by name; operations are only called.
    text.match_indices(name).any(|(at, _)| {
        let after = &text[at + name.len()..];
        let ends = if name.starts_with('_') { !after.starts_with(is_word) } else { after.starts_with('(') };
        ends && !text[..at].ends_with(is_word) && !text[..at].ends_with("def ")
    })
}

/// Whether the code uses what an import line brings.
fn uses(code: &str, import: &str) -> bool {
    let name = import.rsplit([' ']).next().unwrap_or_default();
    let mark = if import.starts_with("from ") { name.to_owned() } else { format!("{name}.") };
    code.match_indices(&mark)
        .any(|(at, _)| !code[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_'))
}

/// The script of a recipe.
pub(super) fn script(dialect: &Dialect, recipe: &FittedRecipe, origin: &Origin<'_>) -> Result<Script, DataError> {
    let library = Library::read([dialect.library, SHARED]);
    let mut wanted = BTreeSet::new();
    let mut notes = Vec::new();
    let mut steps = String::new();
    let mut tables = BTreeSet::new();
    let (mut count, mut fit_rows) = (0, None);
    let mut plain = Plain::of(origin.report);
    let mut needs = dialect.needs.to_owned();
    let mut constants = String::new();
    for (at, step) in recipe.steps.iter().enumerate().filter(|(_, step)| step.step.enabled) {
        let op = &step.step.op;
        let number = at + 1;
        let columns = op.columns().join(", ");
        let about = if columns.is_empty() { op.title().to_owned() } else { format!("{}: {columns}", op.title()) };
        let about = match op {
            StepOp::Formula(step) => format!("{}: {} = {}", op.title(), step.name, step.expression),
            _ => about,
        };
        let about = comment(&about);
        if op.only_here() {
            line(&mut steps, format_args!("    # {number} {about}: belongs to the fitted rows, not replayed"));
            notes.push(format!("step {number} («{}») belongs to the fitted rows and is not replayed", op.title()));
            continue;
        }
        let native = if dialect.speaks_sql { None } else { in_pandas(op, &plain) };
        plain.follow(op);
        let by_polars = !dialect.speaks_sql && native.is_none() && matches!(op, StepOp::Formula(_) | StepOp::Sql(_));
        line(&mut steps, format_args!("    # {number} {about}"));
        if by_polars {
            let what = if matches!(op, StepOp::Sql(_)) { "query" } else { "formula" };
            line(&mut steps, format_args!("    # pandas has no SQL: polars runs the {what}, in its own dialect"));
            notes.push(format!(
                "step {number} («{}») is run by polars within the script: the {what} is in polars' dialect of SQL",
                op.title()
            ));
            if !needs.contains("polars") {
                needs.push_str(" polars");
            }
        }
        if let (Some(native), StepOp::Formula(step)) = (native, op) {
            plain.computed(&step.name);
            wanted.extend(library.called(&native));
            count += 1;
            line(&mut steps, format_args!("    df = {native}"));
            continue;
        }
        let Some((name, _)) = library.functions.iter().find(|(name, _)| *name == op.name()) else {
            let what = format!("step {number} («{}») cannot be said in {}", op.title(), dialect.needs);
            line(&mut steps, format_args!("    raise NotImplementedError({})", text_literal(&what)));
            notes.push(what);
            continue;
        };
        notes.extend(note(op, number));
        count += 1;
        fit_rows = fit_rows.max(step.fit_rows);
        wanted.insert(*name);
        tables.extend(op.other_cells());
        let (given, learned) = arguments(step)?;
        let constant = learned.map(|(kind, value)| {
            let constant = format!("{}_{number}", kind.to_uppercase());
            line(
                &mut constants,
                format_args!("\n# What step {number} learned: {about}\n{constant} = {}", laid_out(&value)),
            );
            format!("learned={constant}")
        });
        let given: Vec<String> = given.into_iter().chain(constant).collect();
        line(&mut steps, format_args!("    df = {name}{}", in_parentheses("df", &given)));
    }
    let mut body = reading(origin.report);
    for function in library.needed(wanted, dialect.main) {
        line(&mut body, format_args!("\n\n{function}"));
    }
    let Dialect { table, begin, main, .. } = *dialect;
    body.push_str(&constants);
    line(
        &mut body,
        format_args!(
            "\n\ndef transform(df: {table}, tables: dict[str, {table}] = {{}}) -> {table}:\n    \"\"\"The table after the recipe's steps.\"\"\"\n{begin}{steps}    return df\n\n\n{}",
            main.trim_end()
        ),
    );
    let imports: Vec<&str> = library.imports.iter().copied().filter(|import| uses(&body, import)).collect();
    let (own, others): (Vec<&str>, Vec<&str>) = imports.into_iter().partition(|import| SHARED.contains(import));
    let learned = fit_rows.map_or_else(String::new, |rows| {
        format!("What the steps learned from {rows} rows stands below as named constants and is replayed unchanged.\n")
    });
    let head = format!(
        "\"\"\"{}: {count} steps, written by Cairn {}.\n\nUse: python recipe.py INPUT OUTPUT{}\nNeeds: pip install {}\n{learned}\"\"\"\n",
        comment(origin.title).replace('"', "'").replace('\\', "/"),
        env!("CARGO_PKG_VERSION"),
        tables
            .iter()
            .map(|name| format!(" '{}=FILE'", comment(name).replace(['"', '\\', '\''], "_")))
            .collect::<String>(),
        needs,
    );
    notes.push(format!("needs: pip install {needs}"));
    Ok(Script { code: format!("{head}{}\n\n{}\n\n{body}", own.join("\n"), others.join("\n")), notes })
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // A string takes what is written.
    let _written = writeln!(out, "{text}");
}

/// A formula in pandas' own words, where it has them: over columns that hold numbers, truth values or text for certain.
fn in_pandas(op: &StepOp, plain: &Plain) -> Option<String> {
    let StepOp::Formula(step) = op else { return None };
    let node = formula::parsed(&step.expression)?;
    let said = (node.fits_pandas() && plain.all(&node.columns())).then(|| node.pandas()).flatten()?;
    Some(format!("_computed(df, {}, {said})", text_literal(&step.name)))
}

/// What a person should know of a step that can be said.
fn note(op: &StepOp, number: usize) -> Option<String> {
    match op {
        StepOp::Anonymise(step) if step.method == AnonymiseMethod::Hash => Some(format!(
            "step {number} («{}») needs pip install blake3 and the project's salt in the environment variable CAIRN_SALT",
            op.title()
        )),
        _ => None,
    }
}

/// How the file is read.
fn reading(report: &ImportReport) -> String {
    let each = |value: &dyn Fn(&cairn_protocol::table::ImportedColumn) -> Option<String>| -> Value {
        let pairs = report.columns.iter().filter_map(|column| Some((column.name.clone(), Value::from(value(column)?))));
        Value::Object(pairs.collect::<Map<_, _>>())
    };
    let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
    let head = if report.header { report.header_rows.max(1) } else { 0 };
    let parts = [
        ("delimiter", json!(or(&report.delimiter, ","))),
        ("encoding", json!(or(&report.encoding, "utf-8").replace("utf-8", "utf-8-sig"))),
        ("quote", json!(or(&report.quote, "\""))),
        ("skip_lines", json!(report.preamble_lines)),
        ("header_rows", json!(head)),
        ("null_tokens", json!(report.null_tokens)),
        ("decimal", json!(or(&report.decimal, "."))),
        ("thousands", json!(report.thousands)),
        ("columns", each(&|column| Some(column.column_type.as_str().to_owned()))),
        ("read_as", each(&|column| Some(column.read_as.clone()).filter(|text| !text.is_empty()))),
    ];
    let lines: String = parts.iter().map(|(key, value)| format!("    \"{key}\": {},\n", python(value))).collect();
    format!("READ = {{\n{lines}}}\n")
}

/// The arguments of a step's function (its options, the tables of other cells), and what it learned by its kind.
fn arguments(step: &FittedStep) -> Result<(Vec<String>, Option<(String, Value)>), DataError> {
    let internal =
        |error: serde_json::Error| DataError::Internal { what: format!("a step cannot be written: {error}") };
    let mut out = Vec::new();
    let options = serde_json::to_value(&step.step.op).map_err(internal)?;
    for (key, value) in options.as_object().into_iter().flatten() {
        match key.as_str() {
            "op" | "fit" | "seed" | "with" | "tables" => {}
            // A word of Python's.
            "from" => out.push(format!("from_={}", python(value))),
            key => out.push(format!("{key}={}", python(value))),
        }
    }
    match &step.step.op {
        StepOp::Join(join) => out.push(format!("other=tables[{}]", text_literal(&join.with))),
        StepOp::Concat(concat) => out.push(format!("others={}", others(&concat.with))),
        StepOp::Sql(sql) => {
            out.push(format!("others={}", others(&sql.tables)));
            if order_is_open(&sql.query) {
                // The engine then puts the rows in the order of their values.
                out.push("by_values=True".into());
            }
        }
        _ => {}
    }
    if step.learned == Learned::Nothing {
        return Ok((out, None));
    }
    let mut learned = serde_json::to_value(&step.learned).map_err(internal)?;
    let kind = learned.as_object_mut().and_then(|fields| fields.remove("kind"));
    let kind = kind.as_ref().and_then(Value::as_str).unwrap_or("learned").to_owned();
    Ok((out, Some((kind, learned))))
}

/// Arguments in parentheses: in one line where they fit, otherwise one a line.
fn in_parentheses(first: &str, rest: &[String]) -> String {
    let all: Vec<&str> = std::iter::once(first).chain(rest.iter().map(String::as_str)).collect();
    let flat = format!("({})", all.join(", "));
    if flat.chars().count() <= LINE {
        return flat;
    }
    let lines: String = all.iter().map(|one| format!("        {one},\n")).collect();
    format!("(\n{lines}    )")
}

/// A constant: what is long stands over several lines, as deep as it has to.
fn laid_out(value: &Value) -> String {
    fn write(out: &mut String, value: &Value, depth: usize) {
        let flat = python(value);
        if flat.chars().count() + 4 * depth <= LINE {
            out.push_str(&flat);
            return;
        }
        let inside = "    ".repeat(depth + 1);
        match value {
            Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
                out.push_str("[\n");
                for item in items {
                    out.push_str(&inside);
                    write(out, item, depth + 1);
                    out.push_str(",\n");
                }
                out.push_str(&"    ".repeat(depth));
                out.push(']');
            }
            Value::Object(fields) => {
                out.push_str("{\n");
                for (key, item) in fields {
                    out.push_str(&format!("{inside}{}: ", text_literal(key)));
                    write(out, item, depth + 1);
                    out.push_str(",\n");
                }
                out.push_str(&"    ".repeat(depth));
                out.push('}');
            }
            _ => out.push_str(&flat),
        }
    }
    let mut out = String::new();
    write(&mut out, value, 0);
    out
}

fn others(names: &[String]) -> String {
    let pairs: Vec<String> = names.iter().map(|name| format!("{0}: tables[{0}]", text_literal(name))).collect();
    format!("{{{}}}", pairs.join(", "))
}
