//! Scripts of Python: a head, the functions that the steps need, the steps one after the other, and a command line.

use std::collections::{BTreeMap, BTreeSet};

use cairn_protocol::steps::StepOp;
use serde_json::{Map, Value};

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
    main: &'static str,
}

/// On polars.
pub(super) const POLARS: Dialect = Dialect {
    library: include_str!("polars.py"),
    needs: "polars",
    table: "pl.DataFrame",
    main: include_str!("polars_main.py"),
};

/// On pandas and scikit-learn.
pub(super) const PANDAS: Dialect = Dialect {
    library: include_str!("pandas.py"),
    needs: "pandas scikit-learn",
    table: "pd.DataFrame",
    main: include_str!("pandas_main.py"),
};

/// A library: its imports, and its functions by name, in the order of the file.
struct Library {
    imports: Vec<String>,
    functions: Vec<(String, String)>,
}

impl Library {
    fn read(text: &str) -> Self {
        let mut parts = text.split("# ---- def ");
        let imports = parts.next().unwrap_or_default().lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
        let functions = parts
            .filter_map(|part| part.split_once(" ----\n"))
            .map(|(name, body)| (name.to_owned(), body.trim_end().to_owned()))
            .collect();
        Self { imports, functions }
    }

    fn has(&self, name: &str) -> bool {
        self.functions.iter().any(|(known, _)| known == name)
    }

    /// The functions that are needed for some, in the order of the file.
    fn needed(&self, wanted: &BTreeSet<String>) -> Vec<&str> {
        let bodies: BTreeMap<&str, &str> =
            self.functions.iter().map(|(name, body)| (name.as_str(), body.as_str())).collect();
        let mut open: Vec<&str> = wanted.iter().map(String::as_str).collect();
        let mut found: BTreeSet<&str> = BTreeSet::new();
        while let Some(name) = open.pop() {
            let Some(body) = bodies.get(name).filter(|_| found.insert(name)) else { continue };
            let calls = |other: &&str| body.contains(&format!("{other}("));
            open.extend(bodies.keys().copied().filter(|other| !found.contains(other)).filter(calls));
        }
        self.functions.iter().filter(|(name, _)| found.contains(name.as_str())).map(|(_, body)| body.as_str()).collect()
    }
}

/// The script of a recipe.
pub(super) fn script(
    dialect: &Dialect,
    recipe: &FittedRecipe,
    origin: &Origin<'_>,
) -> Result<Script, DataError> {
    let library = Library::read(dialect.library);
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
        if op.only_here() {
            steps.push_str(&format!("    # {number} {}: belongs to the fitted rows, not replayed\n", comment(&about)));
            continue;
        }
        steps.push_str(&format!("    # {number} {}\n", comment(&about)));
        if !library.has(op.name()) {
            let what = format!("step {number} («{}») cannot be said in {}", op.title(), dialect.needs);
            steps.push_str(&format!("    raise NotImplementedError({})\n", text_literal(&what)));
            notes.push(what);
            continue;
        }
        count += 1;
        fit_rows = fit_rows.max(step.fit_rows);
        wanted.insert(op.name().to_owned());
        tables.extend(op.other_cells().into_iter().map(str::to_owned));
        steps.push_str(&format!("    df = {}(df{})\n", op.name(), arguments(step)?));
    }
    let mut kinds = Map::new();
    for (name, kind) in origin.columns {
        kinds.insert(name.clone(), Value::from(kind.as_str()));
    }
    let formats: Map<String, Value> =
        origin.formats.iter().map(|(name, format)| (name.clone(), Value::from(format.as_str()))).collect();
    let head = format!(
        "\"\"\"{}: {count} steps, written by Cairn {}.\n\nUse: python {{this file}} INPUT OUTPUT{}\nNeeds: pip install {}\n{}\"\"\"\n",
        comment(origin.title).replace('"', "'").replace('\\', "/"),
        env!("CARGO_PKG_VERSION"),
        if tables.is_empty() { String::new() } else { " TABLE=FILE…".to_owned() },
        dialect.needs,
        fit_rows.map_or_else(String::new, |rows| {
            format!("What the steps learned from {rows} rows stands below as literals and is replayed unchanged.\n")
        }),
    );
    let mut code = format!("{head}{}\n", library.imports);
    let reader = format!(
        "\nREAD = {{\n    \"delimiter\": {}, \"encoding\": {}, \"null_tokens\": {}, \"decimal\": {},\n    \"columns\": {},\n    \"formats\": {},\n}}\n",
        text_literal(if origin.delimiter.is_empty() { "," } else { origin.delimiter }),
        text_literal(if origin.encoding.is_empty() { "utf-8" } else { origin.encoding }),
        python(&serde_json::json!(origin.options.null_tokens.clone().unwrap_or_default())),
        text_literal(origin.options.decimal.as_deref().unwrap_or(".")),
        python(&Value::Object(kinds)),
        python(&Value::Object(formats)),
    );
    code.push_str(&reader);
    for body in library.needed(&wanted) {
        code.push_str(&format!("\n\n{body}\n"));
    }
    code.push_str(&format!(
        "\n\ndef transform(df: {0}, tables: dict[str, {0}] = {{}}) -> {0}:\n    \"\"\"The table after the recipe's steps.\"\"\"\n{steps}    return df\n",
        dialect.table
    ));
    code.push_str(&format!("\n\n{}", dialect.main));
    notes.push(format!("Needs: pip install {}", dialect.needs));
    Ok(Script { code, notes })
}

/// The arguments of a step's function: its options, what it learned, the tables of other cells.
fn arguments(step: &FittedStep) -> Result<String, DataError> {
    let internal = |error: serde_json::Error| DataError::Internal { what: format!("a step cannot be written: {error}") };
    let mut out = String::new();
    let options = serde_json::to_value(&step.step.op).map_err(internal)?;
    for (key, value) in options.as_object().into_iter().flatten() {
        if !matches!(key.as_str(), "op" | "fit" | "seed" | "with" | "tables") {
            out.push_str(&format!(", {key}={}", python(value)));
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

