//! Both samples from the command line, as README says: made, run to a report, asked about afterwards.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use cairn_tests::cairn;
use serde_json::Value;

fn names(cells: &Value, status: &str) -> Vec<String> {
    let cells = cells["cells"].as_array().unwrap();
    cells.iter().filter(|cell| cell["status"] == status).map(|cell| cell["name"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn runs_to_a_report(sample: &str, notebook: &str, best: &str, at_least: f64) {
    let temp = tempfile::tempdir().unwrap();
    let made = cairn(temp.path(), &["new", sample, "--sample", sample, "--json"]);
    assert_eq!(made.code, 0, "{made:?}");
    let root = temp.path().join(sample);

    let ran = cairn(&root, &["run", notebook, "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let cells = ran.json();
    assert_eq!(names(&cells, "done").len(), cells["cells"].as_array().unwrap().len(), "{cells}");

    let again = cairn(&root, &["run", notebook, "--json", "--quiet"]);
    assert_eq!(names(&again.json(), "cached").len(), cells["cells"].as_array().unwrap().len(), "nothing runs twice");
    assert_eq!(again.err, "");

    let report = std::fs::read_dir(root.join("reports")).unwrap().next().unwrap().unwrap().path();
    let html = std::fs::read_to_string(report).unwrap();
    assert!(html.contains("<svg") && !html.contains("<script"), "a report draws and runs nothing");

    let runs = cairn(&root, &["runs", "--json", "--sort", &format!("-metrics.{best}")]).json();
    let first = &runs["runs"][0];
    let value = first["metrics"][best].as_f64().unwrap();
    assert!(value >= at_least, "{best} = {value}");
    assert_eq!(first["status"], "finished");

    let id = first["id"].as_str().unwrap();
    let lineage = cairn(&root, &["lineage", id, "--json"]).json();
    let kinds: Vec<&str> =
        lineage["nodes"].as_array().unwrap().iter().map(|node| node["kind"].as_str().unwrap()).collect();
    for kind in ["file", "dataset", "split", "recipe", "run", "model", "report"] {
        assert!(kinds.contains(&kind), "{kind} is missing among {kinds:?}");
    }
    let dot = cairn(&root, &["lineage", id, "--format", "dot"]);
    assert!(dot.out.starts_with("digraph"), "{}", dot.out);

    let shown = cairn(&root, &["runs", "show", id, "--json"]).json();
    assert_eq!(shown["id"], id);
    let out = root.join("copy.html");
    let written = cairn(&root, &["report", notebook, "-o", out.to_str().unwrap(), "--json"]);
    assert_eq!(written.code, 0, "{written:?}");
    assert!(out.is_file());
}

#[test]
fn the_stroke_sample_runs_to_a_report() {
    runs_to_a_report("stroke", "stroke.cairn", "valid.auc", 0.82);
}

#[test]
fn the_digits_sample_runs_to_a_report() {
    runs_to_a_report("digits", "digits.cairn", "valid.accuracy", 0.93);
}

#[test]
fn a_set_parameter_counts_for_one_run_only() {
    let temp = tempfile::tempdir().unwrap();
    assert_eq!(cairn(temp.path(), &["new", "p", "--sample", "digits", "--json"]).code, 0);
    let root = temp.path().join("p");
    let before = std::fs::read(root.join("digits.cairn")).unwrap();
    let run = |set: &[&str]| {
        let mut args = vec!["run", "digits.cairn", "--cell", "Logistic", "--json", "--quiet"];
        args.extend(set);
        let ran = cairn(&root, &args);
        assert_eq!(ran.code, 0, "{ran:?}");
        let cells = ran.json();
        cells["cells"].as_array().unwrap().iter().find(|cell| cell["name"] == "Logistic").unwrap().clone()
    };
    let plain = run(&[]);
    let set = run(&["--set", "Logistic.l2=10"]);
    assert_eq!((plain["status"].as_str(), set["status"].as_str()), (Some("done"), Some("done")));
    let (a, b) = (plain["run_id"].as_str().unwrap(), set["run_id"].as_str().unwrap());
    let diff = cairn(&root, &["runs", "diff", a, b, "--json"]).json();
    assert!(diff["entries"].as_array().unwrap().iter().any(|entry| entry["name"] == "l2"), "{diff}");
    assert_eq!(std::fs::read(root.join("digits.cairn")).unwrap(), before);
    assert_eq!(run(&[])["status"], "cached");
}

#[test]
fn the_same_file_gives_the_same_model_elsewhere() {
    let metrics = || {
        let temp = tempfile::tempdir().unwrap();
        assert_eq!(cairn(temp.path(), &["new", "p", "--sample", "digits", "--json"]).code, 0);
        let root = temp.path().join("p");
        let ran = cairn(&root, &["run", "digits.cairn", "--cell", "Boosted trees", "--json", "--quiet"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let runs = cairn(&root, &["runs", "--json"]).json();
        let mut metrics = runs["runs"][0]["metrics"].clone();
        // How long it took is the one figure that may differ.
        metrics.as_object_mut().unwrap().remove("kernel.train_secs").unwrap();
        (metrics, runs["runs"][0]["model"].clone())
    };
    assert_eq!(metrics(), metrics());
}

#[test]
fn a_sweep_file_runs_here_and_can_be_resumed() {
    let temp = tempfile::tempdir().unwrap();
    assert_eq!(cairn(temp.path(), &["new", "p", "--sample", "digits", "--json"]).code, 0);
    let root = temp.path().join("p");
    let file = "method: random\nname: depth\nmetric: {name: valid.accuracy, goal: maximize}\nparameters:\n  \
        algorithm: {value: boosted_trees}\n  trees: {value: 10}\n  max_depth: {min: 1, max: 4}\n  \
        learning_rate: {min: 0.05, max: 0.5}\n";
    std::fs::write(root.join("s.yaml"), file).unwrap();
    let sweep = |more: &[&str]| {
        let mut args = vec!["sweep", "s.yaml", "--data", "data/digits.csv", "--target", "digit"];
        args.extend(["--seed", "3", "--json", "--quiet"]);
        args.extend(more);
        cairn(&root, &args)
    };
    let first = sweep(&["--count", "3", "--jobs", "2"]);
    assert_eq!(first.code, 0, "{first:?}");
    let first = first.json();
    assert_eq!((first["status"].as_str(), first["trials"].as_array().unwrap().len()), (Some("finished"), 3));
    let id = first["id"].as_str().unwrap();
    let more = sweep(&["--count", "5", "--resume", id]);
    assert_eq!(more.code, 0, "{more:?}");
    let more = more.json();
    assert_eq!((more["id"].as_str(), more["trials"].as_array().unwrap().len()), (Some(id), 5));
    for number in 0..3 {
        assert_eq!(more["trials"][number], first["trials"][number], "finished trials stay as they were");
    }
    let whole = sweep(&["--count", "5"]).json();
    for number in 0..5 {
        assert_eq!(more["trials"][number]["params"], whole["trials"][number]["params"], "the same draws as in one go");
        assert_eq!(more["trials"][number]["value"], whole["trials"][number]["value"]);
    }
}

#[test]
fn a_kernel_is_checked_against_the_protocol() {
    let temp = tempfile::tempdir().unwrap();
    let check = |name: &str, argument: &str| {
        let path = temp.path().join(format!("{name}.toml"));
        let program = cairn_tests::program(&format!("cairn-kernel-{name}")).display().to_string();
        let command = format!("[{program:?}{argument}]");
        std::fs::write(&path, format!("schema = 1\nname = {name:?}\nversion = \"1\"\ncommand = {command}\n")).unwrap();
        cairn(temp.path(), &["kernels", "check", path.to_str().unwrap(), "--json"])
    };
    let sound = check("classic", "");
    assert_eq!((sound.code, sound.json()["valid"].as_bool()), (0, Some(true)), "{sound:?}");
    let broken = check("faulty", ", \"crash\"");
    assert_eq!((broken.code, broken.json()["valid"].as_bool()), (1, Some(false)), "{broken:?}");
}
