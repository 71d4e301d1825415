//! Recipes that left as code are run and give what the engine gives, cell by cell. The Python is the one that
//! `CAIRN_PYTHON` names (polars, pandas, scikit-learn and duckdb are installed there); without it only the scripts' text
//! is looked at. SQL runs in DuckDB there, and in a PostgreSQL of its own where `initdb` is found.

#![allow(clippy::unwrap_used)]

mod cases;
mod postgres;

use std::path::{Path, PathBuf};
use std::process::Command;

use cairn_data::{
    Around, FittedRecipe, Imported, Language, NoProgress, Origin, Table, apply, code, run_recipe, schema,
};
use cairn_protocol::{
    notebook::ImportOptions,
    steps::{FitScope, Step},
    table::ColumnType,
};
use polars::prelude::DataFrame;
use serde_json::json;

use cases::cases;

const PEOPLE: &str = "\
id,age,bmi,score,name,city,smoker,day,at,tags,words,doc,zip
1,34,22.5,-1.5,  Ada Lovelace ,Berlin,true,2024-01-31,2024-01-31 08:15:00,red; blue,the quick brown fox,\"{\"\"a\"\":1,\"\"b\"\":{\"\"c\"\":\"\"x\"\"}}\",01234
2,,31.25,0.25,Grace  Hopper,Paris,false,2024-02-29,2024-02-29 23:59:59,blue,The lazy dog,\"{\"\"a\"\":2.5,\"\"d\"\":true}\",00001
3,51,,3,élise müller,berlin,,2023-12-01,2024-03-31 02:30:00,,quick quick fox,,99999
4,34,27.75,10.5,\"O'Neil \"\"Bob\"\"\",,true,,2024-10-27 02:30:00,red;green;red,dog and fox,\"{\"\"a\"\":null}\",01234
5,17,19,-7.125,DON'T panic,Paris,false,2022-07-15,2022-07-15 12:00:00,green,brown dog jumps,not json,
6,68,45.5,100.25,ümit,Rome,true,2024-01-31,,blue ;red,,\"{\"\"b\"\":{\"\"c\"\":\"\"y\"\"}}\",10115
7,51,22.5,0.25,\"x, y\",Paris,false,2024-02-01,2024-02-01 00:00:00,red,over the lazy dog,\"[1,2]\",10115
8,29,,2.5,Straße 5,Berlin,true,2024-02-03,2024-02-03 06:30:15,red;blue,fox,\"{\"\"a\"\":7}\",00002
9,,24,-3.5,Zoë.  and more! yes,Oslo,false,2024-02-29,2024-02-10 18:45:00,,fox fox the,,00003
10,34,22.5,0.25,ab,Berlin,true,2024-03-10,2024-03-10 09:00:00,green,the dog,\"{\"\"d\"\":false}\",01234
11,40,28.125,6,Ada Lovelace,Paris,true,2024-03-11,2024-03-11 10:10:10,blue,quick,\"{\"\"a\"\":3}\",20000
12,51,33.3333333333,0.1,N,Rome,false,2021-05-05,2021-05-05 05:05:05,red,brown,,20001
";
const OTHER: &str = "town,land,age\nBerlin,DE,1\nParis,FR,2\nParis,XX,3\nLima,PE,\n";

/// Runs scripts: a list of language, script, input, output, table and kinds of columns stands in the first argument.
const DRIVER: &str = r#"
import json, runpy, sys, traceback
for job in json.load(open(sys.argv[1])):
    try:
        if job["language"] == "sql":
            import duckdb
            db = duckdb.connect()
            for name, path, kinds in job["tables"]:
                db.execute(f"create table {name} as select * from read_csv('{path}', header=true, auto_detect=false, delim=',', quote='\"', escape='\"', columns={json.dumps(dict(kinds))})")
            db.execute(
                f"copy ({open(job['script']).read().strip().rstrip(';')}) to '{job['output']}' (header, delimiter ',')")
        else:
            space = runpy.run_path(job["script"])
            tables = {"towns": space["read"](job["other"], {})}
            space["write"](space["transform"](space["read"](job["input"]), tables), job["output"])
    except Exception:
        open(job["output"] + ".error", "w").write(traceback.format_exc())
"#;

fn import(path: &Path) -> Imported {
    cairn_data::import(path, &ImportOptions::default(), &NoProgress).unwrap()
}

/// A table's cells as texts.
fn texts(path: &Path) -> (Vec<String>, Vec<Vec<Option<String>>>) {
    let options = ImportOptions {
        text_only: true,
        header: Some(true),
        delimiter: Some(",".into()),
        quote: Some("\"".into()),
        null_tokens: Some(Vec::new()),
        skip_lines: Some(0),
        header_rows: Some(1),
        ..ImportOptions::default()
    };
    let frame = cairn_data::import(path, &options, &NoProgress).unwrap().frame;
    let names = frame.get_column_names().iter().map(ToString::to_string).collect();
    let columns = frame.columns().iter().map(|column| {
        let cells = column.as_materialized_series().cast(&polars::prelude::DataType::String).unwrap();
        let cells = cells.str().unwrap();
        cells.iter().map(|cell| cell.filter(|cell| !cell.is_empty() && *cell != "NaN").map(str::to_owned)).collect()
    });
    (names, columns.collect())
}

fn same(a: &str, b: &str) -> bool {
    let number = |text: &str| match text {
        "true" | "True" => Some(1.0),
        "false" | "False" => Some(0.0),
        text => text.parse::<f64>().ok(),
    };
    let moment = |text: &str| {
        let text = text.replace('T', " ");
        let text = text.split_once('.').map_or(text.clone(), |(whole, part)| {
            if part.trim_end_matches('0').is_empty() { whole.to_owned() } else { text.clone() }
        });
        text.strip_suffix(" 00:00:00").unwrap_or(&text).to_owned()
    };
    a == b
        || matches!((number(a), number(b)), (Some(a), Some(b)) if (a - b).abs() <= 1e-9 * a.abs().max(b.abs()) + 1e-12)
        || moment(a) == moment(b)
}

fn difference(expected: &Path, found: &Path) -> Option<String> {
    let (names, columns) = texts(expected);
    let (others, cells) = texts(found);
    if names != others {
        return Some(format!("columns {others:?}, not {names:?}"));
    }
    for ((name, expected), found) in names.iter().zip(columns).zip(cells) {
        if expected.len() != found.len() {
            return Some(format!("{} rows, not {}", found.len(), expected.len()));
        }
        for (row, (a, b)) in expected.iter().zip(&found).enumerate() {
            let equal = match (a, b) {
                (Some(a), Some(b)) => same(a, b),
                (None, None) => true,
                _ => false,
            };
            if !equal {
                return Some(format!("{name}[{row}] is {b:?}, not {a:?}"));
            }
        }
    }
    None
}

/// Whether a query need not give what the engine gives, as its notes say: databases change the case of ß in their own way,
/// and a formula that has no plain form stands as it was written.
fn not_promised(name: &str, notes: &[String]) -> bool {
    name == "text_upper" || notes.iter().any(|note| note.contains("may read it differently"))
}

fn duck(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Bool => "BOOLEAN",
        ColumnType::Int => "BIGINT",
        ColumnType::Float => "DOUBLE",
        ColumnType::Date => "DATE",
        ColumnType::Datetime => "TIMESTAMP",
        _ => "VARCHAR",
    }
}

struct Case {
    name: String,
    fitted: FittedRecipe,
    expected: DataFrame,
}

fn run(folder: &Path, imported: &Imported, other: &DataFrame) -> Vec<Case> {
    let mut around = Around::default();
    around.tables.insert("towns".into(), other.clone());
    let table = Table::new(imported.frame.clone());
    let fit = |(name, mut steps): (String, Vec<Step>)| {
        steps.iter_mut().for_each(|step| step.op.set_fit(FitScope::All));
        let run = run_recipe(&table, &steps, &around, &NoProgress).unwrap_or_else(|error| panic!("{name}: {error}"));
        let applied =
            apply(&run.fitted, &imported.frame, &[], &around).unwrap_or_else(|error| panic!("{name}: {error}"));
        cairn_data::export(&applied.frame, &folder.join(format!("{name}.expected.csv"))).unwrap();
        Case { name, fitted: run.fitted, expected: applied.frame }
    };
    cases().into_iter().map(fit).collect()
}

#[test]
fn scripts_give_what_the_engine_gives() {
    let folder = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("CAIRN_CODE_DIR").map(PathBuf::from);
    let folder = kept.as_deref().unwrap_or(folder.path());
    std::fs::create_dir_all(folder).unwrap();
    let (input, towns) = (folder.join("people.csv"), folder.join("towns.csv"));
    std::fs::write(&input, PEOPLE).unwrap();
    std::fs::write(&towns, OTHER).unwrap();
    let (imported, other) = (import(&input), import(&towns));
    let tables = [("towns".to_owned(), schema(&other.frame))];
    let origin = Origin { title: "people.cairn#Clean", report: &imported.report, tables: &tables };
    let kinds = |frame: &DataFrame| -> Vec<(String, &str)> {
        schema(frame).into_iter().map(|(name, kind)| (name, duck(kind))).collect()
    };
    let mut jobs = Vec::new();
    let mut unsaid = Vec::new();
    for case in run(folder, &imported, &other.frame) {
        assert!(case.expected.width() > 0);
        for (language, label, ending) in
            [(Language::Polars, "polars", "py"), (Language::Pandas, "pandas", "py"), (Language::Sql, "sql", "sql")]
        {
            let script = code(language, &case.fitted, &origin).unwrap();
            let path = folder.join(format!("{}.{label}.{ending}", case.name));
            std::fs::write(&path, &script.code).unwrap();
            if script.notes.iter().any(|note| note.contains("cannot be said")) {
                unsaid.push((label, case.name.clone()));
                continue;
            }
            if label == "sql" && not_promised(&case.name, &script.notes) {
                continue;
            }
            let output = folder.join(format!("{}.{label}.csv", case.name));
            jobs.push((
                label,
                case.name.clone(),
                json!({
                    "language": label, "script": path, "input": input, "other": towns, "output": output,
                    "tables": [["source", input, kinds(&imported.frame)], ["towns", towns, kinds(&other.frame)]],
                }),
            ));
        }
    }
    let in_python: Vec<_> = unsaid.iter().filter(|(label, _)| *label != "sql").collect();
    assert!(in_python.is_empty(), "{in_python:?}");
    assert!(jobs.iter().filter(|(label, ..)| *label == "sql").count() > 75, "{unsaid:?}");
    let Some(python) = std::env::var_os("CAIRN_PYTHON").filter(|python| !python.is_empty()) else {
        #[allow(clippy::print_stderr)]
        {
            eprintln!("CAIRN_PYTHON is not set: the scripts are written, and not run");
        }
        return;
    };
    std::fs::write(folder.join("driver.py"), DRIVER).unwrap();
    let mut wrong = Vec::new();
    for language in ["polars", "pandas", "sql"] {
        let of: Vec<_> = jobs.iter().filter(|(label, ..)| *label == language).collect();
        let list = folder.join(format!("{language}.json"));
        std::fs::write(&list, serde_json::to_string(&of.iter().map(|(_, _, job)| job).collect::<Vec<_>>()).unwrap())
            .unwrap();
        let status = Command::new(&python).arg(folder.join("driver.py")).arg(&list).status().unwrap();
        assert!(status.success(), "{language}: {status}");
        for (_, name, _) in of {
            let found = folder.join(format!("{name}.{language}.csv"));
            let error = folder.join(format!("{name}.{language}.csv.error"));
            let said = if error.is_file() {
                std::fs::read_to_string(error).unwrap().trim().lines().last().map(str::to_owned)
            } else {
                difference(&folder.join(format!("{name}.expected.csv")), &found)
            };
            wrong.extend(said.map(|said| format!("{language} {name}: {said}")));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), jobs.len(), wrong.join("\n"));
}

/// One script of each language as it is written, so that changes show; `CAIRN_WRITE_GOLDEN=1` writes them anew.
#[test]
fn scripts_are_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("people.csv");
    std::fs::write(&input, PEOPLE).unwrap();
    let imported = import(&input);
    let origin = Origin { title: "people.cairn#Clean", report: &imported.report, tables: &[] };
    let (_, mut steps) = cases().into_iter().find(|(name, _)| name == "chain").unwrap();
    // The text of a title has no form in SQL.
    steps.remove(0);
    steps.iter_mut().for_each(|step| step.op.set_fit(FitScope::All));
    let fitted = run_recipe(&Table::new(imported.frame), &steps, &Around::default(), &NoProgress).unwrap().fitted;
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/fixtures/code");
    let scripts = [(Language::Polars, "polars.py"), (Language::Pandas, "pandas.py"), (Language::Sql, "query.sql")];
    for (language, name) in scripts {
        let script = code(language, &fitted, &origin).unwrap().code.replace(env!("CARGO_PKG_VERSION"), "VERSION");
        let path = golden.join(name);
        if std::env::var_os("CAIRN_WRITE_GOLDEN").is_some() {
            std::fs::create_dir_all(&golden).unwrap();
            std::fs::write(&path, &script).unwrap();
        }
        let known = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        let at = known.lines().zip(script.lines()).position(|(a, b)| a != b);
        assert!(known == script, "{name} differs, first in line {:?}", at.map(|at| at + 1));
    }
}

/// Names and values of a table are never code.
#[test]
fn texts_of_data_stay_texts() {
    let evil = "x\"\"\"\n'); import os; os.abort() #";
    let steps: Vec<Step> =
        serde_json::from_value(json!([{"op": "rename", "names": [{"from": "id", "to": evil}]}])).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("people.csv");
    std::fs::write(&input, PEOPLE).unwrap();
    let imported = import(&input);
    let fitted = run_recipe(&Table::new(imported.frame), &steps, &Around::default(), &NoProgress).unwrap().fitted;
    let origin = Origin { title: evil, report: &imported.report, tables: &[] };
    for language in [Language::Polars, Language::Pandas] {
        let script = code(language, &fitted, &origin).unwrap().code;
        assert!(!script.lines().any(|line| line.trim_start().starts_with("')")), "{script}");
        assert!(!script.contains("x\"\"\""), "{script}");
    }
    let query = code(Language::Sql, &fitted, &origin).unwrap().code;
    assert!(query.contains("\"id\" as \"x\"\"\"\"\"\"\n'); import os; os.abort() #\""), "{query}");
}
