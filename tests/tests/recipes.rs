//! Recipes outside the run that fitted them, from the command line: replayed, undone, and refused where a word in them
//! is not known.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::path::{Path, PathBuf};

use cairn_tests::cairn;
use serde_json::Value;

const NOTEBOOK: &str = r#"schema = 1
title = "Recipes"

[[cell]]
name = "Data"
kind = "data"
file = "data.csv"

[[cell]]
name = "Encode"
kind = "wrangle"
input = "Data"

[[cell.step]]
op = "one_hot"
columns = ["colour"]
fit = "all"

[[cell.step]]
op = "scale"
columns = ["size"]
method = "yeo_johnson"
fit = "all"

[[cell.step]]
op = "pca"
columns = ["a", "b"]
components = 2
fit = "all"
"#;
const DATA: &str = "colour,size,a,b\nred,1.5,1,2\nblue,20.25,3,1\n,3.125,-2,5\nred,7.5,4,4\n";

fn project(folder: &Path, notebook: &str) -> PathBuf {
    let made = cairn(folder, &["new", "p", "--json"]);
    assert_eq!(made.code, 0, "{made:?}");
    let root = folder.join("p");
    std::fs::write(root.join("data.csv"), DATA).unwrap();
    std::fs::write(root.join("n.cairn"), notebook).unwrap();
    root
}

/// The cells of a file of numbers and texts, numbers rounded to ten digits.
fn cells(path: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let cell = |text: &str| match text.parse::<f64>() {
        Ok(number) => format!("{}", (number * 1e10).round() / 1e10 + 0.0),
        Err(_) => text.to_owned(),
    };
    text.lines().map(|line| line.split(',').map(cell).collect()).collect()
}

#[test]
fn what_a_recipe_made_is_undone() {
    let temp = tempfile::tempdir().unwrap();
    let root = project(temp.path(), NOTEBOOK);
    let apply = |more: &[&str]| {
        let ran = cairn(&root, &[&["apply", "n.cairn", "--cell", "Encode", "--json"], more].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.json()
    };
    let made = apply(&["--in", "data.csv", "--out", "made.csv"]);
    let names: Vec<&str> = made["columns"].as_array().unwrap().iter().map(|one| one[0].as_str().unwrap()).collect();
    assert_eq!(names, ["colour_blue", "colour_red", "colour_null", "size", "pc1", "pc2"]);
    let back = apply(&["--in", "made.csv", "--out", "back.csv", "--inverse"]);
    assert_eq!(back["warnings"], serde_json::json!([]));
    assert_eq!(cells(&root.join("back.csv")), cells(&root.join("data.csv")));
    // One column of what it made is enough.
    let scaled: String = cells(&root.join("made.csv")).iter().map(|row| format!("{}\n", row[3])).collect();
    std::fs::write(root.join("size.csv"), scaled).unwrap();
    apply(&["--in", "size.csv", "--out", "sizes.csv", "--inverse"]);
    let sizes: Vec<f64> = cells(&root.join("sizes.csv"))[1..].iter().map(|row| row[0].parse().unwrap()).collect();
    assert!(sizes.iter().zip([1.5, 20.25, 3.125, 7.5]).all(|(found, size)| (found - size).abs() < 1e-6), "{sizes:?}");
}

#[test]
fn a_step_without_an_inverse_is_named() {
    let temp = tempfile::tempdir().unwrap();
    let bin = "\n[[cell.step]]\nop = \"bin\"\ncolumns = [\"size\"]\nfit = \"all\"\n";
    let root = project(temp.path(), &format!("{NOTEBOOK}{bin}"));
    let apply = |more: &[&str]| cairn(&root, &[&["apply", "n.cairn", "--json"], more].concat());
    assert_eq!(apply(&["--in", "data.csv", "--out", "made.csv"]).code, 0);
    let ran = apply(&["--in", "made.csv", "--out", "back.csv", "--inverse"]);
    let error = &ran.json()["error"];
    assert_eq!((ran.code, error["where"]["step"].as_u64()), (3, Some(4)), "{ran:?}");
    assert_eq!(error["message"], "«Bin» (bin), which made size, has no inverse");
    assert!(error["hint"].as_str().unwrap().starts_with("Leave the column out"), "{error}");
    assert!(!root.join("back.csv").exists());
}

#[test]
fn a_word_that_is_not_known_is_refused_with_its_place() {
    let temp = tempfile::tempdir().unwrap();
    let misspelt = NOTEBOOK.replace("components = 2", "componets = 2");
    let root = project(temp.path(), &misspelt);
    let ran = cairn(&root, &["run", "n.cairn", "--json"]);
    let error = &ran.json()["error"];
    assert_eq!(ran.code, 3, "{ran:?}");
    assert_eq!(error["message"], "«Principal components» (pca) has no option «componets»");
    assert_eq!(error["where"], serde_json::json!({"file": "n.cairn", "line": 28, "cell": "Encode", "step": 3}));
    assert_eq!(
        error["hint"],
        "did you mean «components»? known keys are columns, components, variance_percent, standardise, keep_source, fit"
    );
    assert_eq!(std::fs::read_to_string(root.join("n.cairn")).unwrap(), misspelt, "the file is left as it is");

    // The same in a recipe file, and in what a step learned.
    std::fs::write(root.join("n.cairn"), NOTEBOOK).unwrap();
    let ran = cairn(&root, &["code", "n.cairn", "--cell", "Encode", "--to", "recipe", "-o", "r.json", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let recipe: Value = serde_json::from_str(&std::fs::read_to_string(root.join("r.json")).unwrap()).unwrap();
    let apply = |change: &dyn Fn(&mut Value)| {
        let mut recipe = recipe.clone();
        change(&mut recipe);
        std::fs::write(root.join("r.json"), recipe.to_string()).unwrap();
        cairn(&root, &["apply", "r.json", "--in", "data.csv", "--out", "out.csv", "--json"])
    };
    assert_eq!(apply(&|_| {}).code, 0);
    let refused = |change: &dyn Fn(&mut Value), message: &str, step: Option<u64>| {
        let ran = apply(change);
        let error = &ran.json()["error"];
        assert_eq!((ran.code, error["where"]["step"].as_u64()), (3, step), "{ran:?}");
        assert!(error["message"].as_str().unwrap().contains(message), "{error}");
        assert!(error["where"]["file"].as_str().unwrap().ends_with("r.json"), "{error}");
    };
    let step = |recipe: &mut Value, key: &str| recipe["recipe"]["steps"][1]["step"][key] = 1.into();
    refused(&|recipe| step(recipe, "methd"), "«Scale» (scale) has no option «methd»", Some(2));
    refused(
        &|recipe| recipe["recipe"]["steps"][1]["learned"]["columns"][0]["wdith"] = 1.into(),
        "what the step learned cannot be read: there is no key «wdith»",
        Some(2),
    );
    refused(&|recipe| recipe["futrue"] = 1.into(), "there is no key «futrue»", None);
    refused(&|recipe| recipe["schema"] = 2.into(), "was written by a newer Cairn", None);
}
