//! Scripts of Python: a head, the functions that the steps need, the steps one after the other, and a command line.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use cairn_protocol::{
    steps::{AnonymiseMethod, StepOp},
    table::ImportReport,
};
use serde_json::{Map, Value, json};

use super::{
    Origin, Script,
    literal::{comment, python, text_literal},
};
use crate::{
    DataError,
    steps::{FittedRecipe, FittedStep, Learned},
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
}

/// Functions over lists of cells, for both.
const SHARED: &str = include_str!("shared.py");

/// On polars.
pub(super) const POLARS: Dialect = Dialect {
    library: include_str!("polars.py"),
    needs: "polars",
    table: "pl.DataFrame",
    begin: "    df = df.with_columns(pl.selectors.float().fill_nan(None))  # a missing number is null\n",
    main: include_str!("polars_main.py"),
};

/// On pandas and scikit-learn.
pub(super) const PANDAS: Dialect = Dialect {
    library: include_str!("pandas.py"),
    needs: "pandas scikit-learn",
    table: "pd.DataFrame",
    begin: "    df = df.reset_index(drop=True)\n",
    main: include_str!("pandas_main.py"),
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
            let functions = parts.filter_map(|part| part.split_once(" ----\n"));
            library.functions.extend(functions.map(|(name, body)| (name, body.trim_end())));
        }
        library
    }

    /// The functions that some texts need, in the order of the files.
    fn needed(&self, wanted: BTreeSet<&'static str>, main: &'static str) -> Vec<&'static str> {
        let called = |text: &str| {
            let names = self.functions.iter().map(|(name, _)| *name);
            names.filter(|name| calls(text, name)).collect::<Vec<_>>()
        };
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
    for (at, step) in recipe.steps.iter().enumerate().filter(|(_, step)| step.step.enabled) {
        let op = &step.step.op;
        let number = at + 1;
        let columns = op.columns().join(", ");
        let about = if columns.is_empty() { op.title().to_owned() } else { format!("{}: {columns}", op.title()) };
        let about = comment(&about);
        if op.only_here() {
            line(&mut steps, format_args!("    # {number} {about}: belongs to the fitted rows, not replayed"));
            notes.push(format!("step {number} («{}») belongs to the fitted rows and is not replayed", op.title()));
            continue;
        }
        line(&mut steps, format_args!("    # {number} {about}"));
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
        line(&mut steps, format_args!("    df = {name}(df{})", arguments(step)?));
    }
    let mut body = reading(origin.report);
    for function in library.needed(wanted, dialect.main) {
        line(&mut body, format_args!("\n\n{function}"));
    }
    let Dialect { table, begin, main, .. } = dialect;
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
        format!("What the steps learned from {rows} rows stands below as literals and is replayed unchanged.\n")
    });
    let head = format!(
        "\"\"\"{}: {count} steps, written by Cairn {}.\n\nUse: python recipe.py INPUT OUTPUT{}\nNeeds: pip install {}\n{learned}\"\"\"\n",
        comment(origin.title).replace('"', "'").replace('\\', "/"),
        env!("CARGO_PKG_VERSION"),
        tables
            .iter()
            .map(|name| format!(" '{}=FILE'", comment(name).replace(['"', '\\', '\''], "_")))
            .collect::<String>(),
        dialect.needs,
    );
    notes.push(format!("needs: pip install {}", dialect.needs));
    Ok(Script { code: format!("{head}{}\n\n{}\n\n{body}", own.join("\n"), others.join("\n")), notes })
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // A string takes what is written.
    let _written = writeln!(out, "{text}");
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

/// The arguments of a step's function: its options, what it learned, the tables of other cells.
fn arguments(step: &FittedStep) -> Result<String, DataError> {
    let internal =
        |error: serde_json::Error| DataError::Internal { what: format!("a step cannot be written: {error}") };
    let mut out = String::new();
    let options = serde_json::to_value(&step.step.op).map_err(internal)?;
    for (key, value) in options.as_object().into_iter().flatten() {
        match key.as_str() {
            "op" | "fit" | "seed" | "with" | "tables" => {}
            // A word of Python's.
            "from" => out.push_str(&format!(", from_={}", python(value))),
            key => out.push_str(&format!(", {key}={}", python(value))),
        }
    }
    match &step.step.op {
        StepOp::Join(join) => out.push_str(&format!(", other=tables[{}]", text_literal(&join.with))),
        StepOp::Concat(concat) => out.push_str(&format!(", others={}", others(&concat.with))),
        StepOp::Sql(sql) => out.push_str(&format!(", others={}", others(&sql.tables))),
        _ => {}
    }
    if step.learned != Learned::Nothing {
        let mut learned = serde_json::to_value(&step.learned).map_err(internal)?;
        if let Some(fields) = learned.as_object_mut() {
            fields.remove("kind");
        }
        out.push_str(&format!(", learned={}", python(&learned)));
    }
    Ok(out)
}

fn others(names: &[String]) -> String {
    let pairs: Vec<String> = names.iter().map(|name| format!("{0}: tables[{0}]", text_literal(name))).collect();
    format!("{{{}}}", pairs.join(", "))
}
