//! Whole sessions at a terminal, word for word: what is printed, what goes to standard error, the exit code. Each file
//! of `fixtures/transcripts` is a session in a folder of its own with the same few tables; `CAIRN_WRITE_GOLDEN=1` writes
//! them anew.
//!
//! ```text
//! $ cairn steps nothing         a command; `$ cat FILE` and `$ ls DIR` look at what was written
//! …                             standard output
//! ! error: …                    standard error
//! ? 2                           the exit code, where it is not 0
//! ```

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::path::{Path, PathBuf};

use cairn_tests::cairn;

const PATIENTS: &str = "\
id,age,bmi,city,smoker,day,stroke
1,34,22.5,Berlin,true,2024-01-31,no
2,,31.25,Paris,false,2024-02-29,no
3,51,,Berlin,,2024-03-01,yes
4,34,27.75,,true,2024-03-02,no
5,17,19,Paris,false,2024-03-05,no
6,68,45.5,Rome,true,2024-03-09,yes
7,51,22.5,Paris,false,2024-03-11,no
8,29,,Berlin,true,2024-03-12,no
9,77,24,Oslo,false,2024-03-15,yes
10,34,22.5,Berlin,true,2024-03-20,no
";
const NEW: &str = "\
id,age,bmi,city,smoker,day,stroke
11,40,28,Lima,true,2024-04-01,no
12,,33.5,Rome,false,2024-04-02,yes
";
const TOWNS: &str = "town,land\nBerlin,DE\nParis,FR\nRome,IT\n";
const STEPS: &str = "\
[split]
method = \"ordered\"
train = 0.6
valid = 0.2
test = 0.2

[[step]]
op = \"impute\"
columns = [\"bmi\"]
strategy = \"median\"

[[step]]
op = \"one_hot\"
columns = [\"city\"]
";
const NOTEBOOK: &str = "\
schema = 1
title = \"Patients\"

[[cell]]
name = \"Patients\"
kind = \"data\"
file = \"patients.csv\"

[[cell]]
name = \"Clean\"
kind = \"wrangle\"
input = \"Patients\"

[[cell.step]]
op = \"filter\"
conditions = [{ column = \"age\", test = \"not_null\" }]

[[cell.step]]
op = \"drop\"
columns = [\"day\"]
";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/transcripts")
}

/// The words of a command, quotes as in a shell.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in line.chars() {
        match quote {
            Some(sign) if letter == sign => quote = None,
            Some(_) => word.get_or_insert_default().push(letter),
            None if letter == '\'' || letter == '"' => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            None if letter == ' ' => words.extend(word.take()),
            None => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// The text without what differs from run to run: the folder, seconds.
fn masked(text: &str, folder: &Path) -> String {
    let text = text.replace(&folder.display().to_string(), "DIR");
    let text = text.replace(&folder.canonicalize().unwrap().display().to_string(), "DIR");
    // In JSON the seconds stand behind their name.
    let mut parts = text.split("_secs\":");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str("_secs\":…");
        text.push_str(part.trim_start_matches(|letter: char| letter.is_ascii_digit() || "-+.e".contains(letter)));
    }
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let mut rest = line;
        while let Some(at) = rest.find(" s") {
            let digits = rest[..at]
                .rfind(|letter: char| !letter.is_ascii_digit() && letter != '.')
                .map_or(0, |at| at + rest[at..].chars().next().map_or(1, char::len_utf8));
            let figure = &rest[digits..at];
            let ends = !rest[at + 2..].starts_with(char::is_alphanumeric);
            if ends && figure.contains('.') && figure.parse::<f64>().is_ok() {
                out.push_str(&rest[..digits]);
                out.push('…');
            } else {
                out.push_str(&rest[..at]);
            }
            out.push_str(" s");
            rest = &rest[at + 2..];
        }
        out.push_str(rest);
    }
    out
}

/// The session anew.
fn played(script: &str) -> String {
    let temp = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(temp.path().join(name), text).unwrap();
    write("patients.csv", PATIENTS);
    write("new.csv", NEW);
    write("towns.csv", TOWNS);
    write("steps.toml", STEPS);
    write("clean.cairn", NOTEBOOK);
    let mut out = String::new();
    for line in script.lines() {
        let Some(command) = line.strip_prefix("$ ") else {
            if line.starts_with('#') || (line.is_empty() && out.ends_with("\n#\n")) {
                out.push_str(&format!("{line}\n"));
            }
            continue;
        };
        out.push_str(&format!("$ {command}\n"));
        let words = words(command);
        let given: Vec<&str> = words.iter().map(String::as_str).collect();
        match given.as_slice() {
            ["cat", file] => {
                out.push_str(&masked(&std::fs::read_to_string(temp.path().join(file)).unwrap(), temp.path()))
            }
            ["ls", file] => {
                let mut names: Vec<String> = std::fs::read_dir(temp.path().join(file))
                    .unwrap()
                    .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
                    .collect();
                names.sort();
                out.push_str(&format!("{}\n", names.join("\n")));
            }
            ["cairn", rest @ ..] => {
                // Whether a line of progress is printed is a matter of time.
                let ran = cairn(temp.path(), &[rest, &["--quiet"]].concat());
                out.push_str(&masked(&ran.out, temp.path()));
                for line in masked(&ran.err, temp.path()).lines() {
                    out.push_str(&format!("! {line}\n"));
                }
                if ran.code != 0 {
                    out.push_str(&format!("? {}\n", ran.code));
                }
            }
            other => panic!("no such command: {other:?}"),
        }
        out.push('\n');
    }
    out
}

#[test]
fn sessions_go_as_they_are_written() {
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert!(names.len() >= 10, "{names:?}");
    let mut wrong = Vec::new();
    for path in names {
        let known = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        let found = played(&known);
        if std::env::var_os("CAIRN_WRITE_GOLDEN").is_some() {
            std::fs::write(&path, &found).unwrap();
        } else if found != known {
            let at = known.lines().zip(found.lines()).position(|(a, b)| a != b);
            let line = |text: &str| at.and_then(|at| text.lines().nth(at)).unwrap_or("(the end)").to_owned();
            wrong.push(format!(
                "{} line {}:\n  known {}\n  found {}",
                path.file_name().unwrap().to_string_lossy(),
                at.map_or(0, |at| at + 1),
                line(&known),
                line(&found)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_verb_has_a_page_and_a_completion() {
    let temp = tempfile::tempdir().unwrap();
    let help = cairn(temp.path(), &["help"]);
    let verbs: Vec<&str> = help
        .out
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|verb| *verb != "help")
        .collect();
    assert!(verbs.contains(&"wrangle") && verbs.len() >= 18, "{verbs:?}");
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let ran = cairn(temp.path(), &["completions", shell]);
        assert_eq!(ran.code, 0, "{ran:?}");
        for verb in &verbs {
            assert!(ran.out.contains(verb), "{verb} is not completed in {shell}");
        }
        assert!(ran.out.contains("save-recipe") && ran.out.contains("guard-formulas"), "{shell}");
    }
    let written = cairn(temp.path(), &["man", "--out", "man1", "--json"]).json();
    assert_eq!(written["out"].as_array().unwrap().len(), verbs.len() + 1);
    for verb in verbs {
        let page = std::fs::read_to_string(temp.path().join(format!("man1/cairn-{verb}.1"))).unwrap();
        assert!(page.contains(".TH") && page.contains(".SH NAME"), "{verb}: {page}");
    }
    assert_eq!(cairn(temp.path(), &["completions", "tcsh"]).code, 2);
    assert_eq!(cairn(temp.path(), &["man", "nothing"]).code, 2);
}
