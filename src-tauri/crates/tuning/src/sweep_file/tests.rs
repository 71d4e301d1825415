use cairn_protocol::{ParamValue, sweeps::Domain};

use super::*;

const GRID: &str = "\
program: train.py
method: grid
metric:
  name: valid.auc
  goal: maximize
  target: 0.99
parameters:
  opt:
    parameters:
      name:
        values: [adam, sgd]
      beta: {value: 0.9}
  depth:
    min: 2
    max: 4
  opt-x:
    distribution: q_uniform
    min: 0
    max: 1
    q: 0.5
";

fn check_fault(text: &str, path: &str, line: u64, part: &str) {
    let check = check(text);
    let found = check
        .violations
        .iter()
        .any(|violation| violation.path == path && violation.line == line && violation.message.contains(part));
    assert!(!check.valid && found, "{path} line {line} {part}: {:#?}\n{text}", check.violations);
}

/// A file with one parameter `x`, whose keys begin on line 4.
fn with(method: &str, keys: &str) -> String {
    let keys: String = keys.lines().map(|line| format!("    {line}\n")).collect();
    format!("method: {method}\nparameters:\n  x:\n{keys}")
}

fn domain(keys: &str) -> Domain {
    let file = SweepFile::parse(&with("random", keys)).unwrap();
    file.space[0].domain.clone()
}

fn distribution(name: &str, args: &[(&str, f64)]) -> Domain {
    let args = args.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    Domain::Distribution { distribution: name.into(), args }
}

#[test]
fn a_grid_is_planned_in_the_order_of_sorted_names() {
    let file = SweepFile::parse(GRID).unwrap();
    assert_eq!(file.objective, Some(Objective { name: "valid.auc".into(), goal: Goal::Maximize }));
    assert_eq!((file.target, file.trial_count()), (Some(0.99), Some(12)));
    // Sorted on each level: opt (with all that is in it) comes before opt-x.
    let names: Vec<&str> = file.space.iter().map(|param| param.name.as_str()).collect();
    assert_eq!(names, ["depth", "opt.name", "opt-x"]);
    let trials = plan(GRID, None, 0).unwrap();
    let shown: Vec<String> = trials
        .iter()
        .map(|trial| format!("{} {} {} {}", trial["depth"], trial["opt.name"], trial["opt-x"], trial["opt.beta"]))
        .collect();
    assert_eq!(shown[..3], ["2 adam 0 0.9", "2 adam 0.5 0.9", "2 sgd 0 0.9"]);
    assert_eq!((shown.len(), shown[11].as_str()), (12, "4 sgd 0.5 0.9"));
    assert_eq!(plan(GRID, Some(2), 0).unwrap(), trials[..2]);
    assert_eq!(plan(&format!("run_cap: 5\n{GRID}"), None, 0).unwrap(), trials[..5]);
}

#[test]
fn equal_points_come_once_and_true_is_not_one() {
    let trials = plan(&with("grid", "values: [1, 1.0, true, '1', 1]"), None, 0).unwrap();
    let values: Vec<&ParamValue> = trials.iter().map(|trial| &trial["x"]).collect();
    assert_eq!(values, [&ParamValue::Int(1), &ParamValue::Bool(true), &ParamValue::Text("1".into())]);
}

#[test]
fn kinds_are_found_from_the_keys() {
    assert_eq!(domain("min: 1\nmax: 5"), Domain::Int { low: 1, high: 5, log: false });
    assert_eq!(domain("min: 1\nmax: 5.0"), Domain::Float { low: 1.0, high: 5.0, log: false, step: None });
    assert_eq!(
        domain("distribution: uniform\nmin: 1\nmax: 5"),
        Domain::Float { low: 1.0, high: 5.0, log: false, step: None }
    );
    assert_eq!(
        domain("distribution: log_uniform_values\nmin: 1.0e-4\nmax: 1"),
        Domain::Float { low: 1e-4, high: 1.0, log: true, step: None }
    );
    assert_eq!(domain("distribution: normal"), distribution("normal", &[("mu", 0.0), ("sigma", 1.0)]));
    assert_eq!(domain("distribution: q_beta\na: 2"), distribution("q_beta", &[("a", 2.0), ("b", 1.0), ("q", 1.0)]));
    assert_eq!(
        domain("values: [a, yes, 'no', null]\nprobabilities: [0.5, 0.25, 0.125, 0.125]"),
        Domain::Choice {
            choices: vec![
                ParamValue::Text("a".into()),
                ParamValue::Bool(true),
                ParamValue::Text("no".into()),
                ParamValue::Text("null".into())
            ],
            probabilities: Some(vec![0.5, 0.25, 0.125, 0.125])
        }
    );
}

#[test]
fn faults_of_parameters_say_where() {
    let random = |keys: &str, path: &str, line: u64, part: &str| check_fault(&with("random", keys), path, line, part);
    random("min: 5\nmax: 5", "parameters.x.min", 4, "not less than max 5");
    random("min: 1.5\nmax: 1", "parameters.x.min", 4, "not less");
    random("min: 1", "parameters.x", 3, "needs «max»");
    random("min: 1\nmax: text", "parameters.x.max", 5, "a number is needed");
    random("min: 1\nmax: true", "parameters.x.max", 5, "a number is needed");
    random("min: 0\nmax: 1\nq: 0.1", "parameters.x.q", 6, "q_uniform");
    random("value: 1\nvaleus: [1]", "parameters.x.valeus", 5, "unknown key");
    random("values: [1, 2]\ndistribution: uniform", "parameters.x.values", 4, "does not go with uniform");
    random("valeus: [1]", "parameters.x", 3, "did you mean «values»");
    random("values: []", "parameters.x.values", 4, "at least one");
    random("values: [1, 2]\nprobabilities: [0.5]", "parameters.x.probabilities", 5, "1 probabilities for 2 values");
    random("values: [1, 2]\nprobabilities: [0.5, 0.6]", "parameters.x.probabilities", 5, "add to 1.1");
    random("values: [1, 2]\nprobabilities: [1.5, -0.5]", "parameters.x.probabilities", 5, "cannot be -0.5");
    random("distribution: log_uniform\nmin: -5\nmax: 1", "parameters.x.distribution", 4, "log_uniform_values");
    random("distribution: log_uniform_values\nmin: 0\nmax: 1", "parameters.x.min", 5, "above 0");
    random("distribution: gauss", "parameters.x.distribution", 4, "unknown distribution «gauss»");
    random("distribution: normal\nsigma: -1", "parameters.x.sigma", 5, "0 or above");
    random("distribution: q_normal\nq: 0", "parameters.x.q", 5, "above 0");
    random("distribution: int_uniform\nmin: 1\nmax: 2.5", "parameters.x.max", 6, "whole number");
    random(
        "distribution: categorical\nvalues: [1]\nprobabilities: [1]",
        "parameters.x.probabilities",
        6,
        "does not go",
    );
    random("parameters: {y: {value: 1}}\nvalue: 2", "parameters.x.value", 5, "beside");
    random("parameters:\n  y:\n    min: 2\n    max: 1", "parameters.x.parameters.y.min", 6, "not less");
    random("parameters: {}", "parameters.x.parameters", 4, "at least one");
    check_fault(&with("grid", "min: 0.0\nmax: 1.0"), "parameters.x", 3, "cannot be used in a grid");
    check_fault(&with("grid", "values: [1]\nprobabilities: [1]"), "parameters.x", 3, "in a grid");
    check_fault("method: random\nparameters:\n  1x: {value: 1}\n", "parameters.1x", 3, "name");
    check_fault("method: random\nparameters:\n  lr: 0.1\n", "parameters.lr", 3, "{value: 0.1}");
    let twice = "method: random\nparameters:\n  a.b: {value: 1}\n  a: {parameters: {b: {value: 2}}}\n";
    check_fault(twice, "parameters.a.b", 3, "called a.b too");
}

#[test]
fn faults_of_the_rest_say_where() {
    let parameters = "parameters: {x: {value: 1}}\n";
    let file =
        |rest: &str, path: &str, line: u64, part: &str| check_fault(&format!("{parameters}{rest}"), path, line, part);
    file("method: gird\n", "method", 2, "one of bayes, random, grid, custom");
    file("name: x\n", "", 0, "«method» is needed");
    file("method: grid\nmetod: grid\n", "metod", 3, "did you mean «method»");
    file("method: grid\nrun_cap: 0\n", "run_cap", 3, "at least 1");
    file("method: grid\nname: 5\n", "name", 3, "text is needed");
    file("method: grid\ncommand: python\n", "command", 3, "a list");
    file("method: grid\nkind: job\n", "kind", 3, "sweep");
    file("method: grid\nmetric: {goal: minimize}\n", "metric", 3, "«name» is needed");
    file("method: grid\nmetric:\n  name: a\n  goal: max\n", "metric.goal", 5, "minimize, maximize");
    file("method: grid\nmetric:\n  name: a\n  gaol: maximize\n", "metric.gaol", 5, "did you mean «goal»");
    file("method: grid\nearly_terminate: {type: hyperband, max_iter: 27}\n", "early_terminate", 3, "«min_iter»");
    file("method: grid\nearly_terminate:\n  type: median\n  min_iter: 3\n", "early_terminate.type", 4, "hyperband");
    file(
        "method: grid\nearly_terminate:\n  type: hyperband\n  min_iter: 3\n  eta: 1\n",
        "early_terminate.eta",
        6,
        "above 1",
    );
    file("method: grid\nmetrics: [{name: a}, {name: b}]\n", "metrics", 3, "method: custom");
    file("method: bayes\nscheduler: {engine: optuna}\n", "scheduler.engine", 3, "does not go with method bayes");
    check_fault("method: grid\n", "", 0, "«parameters» is needed");
    check_fault("- a\n", "", 0, "a mapping");
    check_fault("method: grid\nparameters: [\n", "", 3, "not YAML");
    check_fault("method: grid\nmethod: random\n", "method", 2, "second time");
}

#[test]
fn what_is_valid_there_is_valid_here() {
    for rest in [
        "method: bayes\nmetric: {name: loss, target: 0.1, impute: best, impute_while_running: 'false'}\n",
        "method: random\nearly_terminate: {type: hyperband, s: 2, eta: 3, max_iter: 27, strict: true}\n",
        "method: custom\nmetrics: [{name: a}, {name: b, goal: maximize}]\nscheduler: {engine: ax}\n",
        "method: random\nkind: sweep\napiVersion: v1\ncontroller: {type: local}\ncommand: ['${env}', '${program}']\n",
        "method: grid\nrun_cap: 10.0\nproject: p\nentity: e\ndescription: d\njob: j\nimage_uri: i\n",
    ] {
        let text = format!("parameters: {{x: {{value: 1}}}}\n{rest}");
        let check = check(&text);
        assert!(check.valid, "{:#?}\n{text}", check.violations);
    }
}

#[test]
fn a_method_that_cannot_run_is_refused_with_its_line() {
    let text = "name: b\nmethod: bayes\nmetric: {name: loss}\nparameters: {x: {min: 0.0, max: 1.0}}\n";
    let error = plan(text, None, 0).unwrap_err();
    assert_eq!(error, TuningError::Unsupported { method: "bayes".into(), line: 2 });
    assert!(error.hint().contains("random"));
}

#[test]
fn numbers_that_pyyaml_reads_as_text_are_taken_with_a_warning() {
    let text = with("random", "min: 1e-3\nmax: 1.0e+2");
    let file = SweepFile::parse(&text).unwrap();
    assert_eq!(file.space[0].domain, Domain::Float { low: 1e-3, high: 100.0, log: false, step: None });
    let checked = check(&text);
    assert!(checked.valid);
    let warning = &checked.warnings[0];
    assert_eq!((warning.path.as_str(), warning.line, checked.warnings.len()), ("parameters.x.min", 4, 1));
    assert!(warning.message.contains("1.0e-3"), "{}", warning.message);
    let flow = check("method: grid\nparameters: {x: {values: [1e3, 2.5]}}\n");
    assert_eq!((flow.warnings[0].path.as_str(), flow.warnings.len()), ("parameters.x.values.0", 1));
}

#[test]
fn json_is_a_sweep_file_too() {
    let text = "{\n  \"method\": \"grid\",\n  \"parameters\": {\n    \"x\": {\"values\": [1, 2],\n      \"vlaues\": 3}\n  }\n}\n";
    check_fault(text, "parameters.x.vlaues", 5, "unknown key");
}

#[test]
fn random_plans_are_those_of_their_seed() {
    let text = with("random", "distribution: normal");
    let plan = |count, seed| super::plan(&text, count, seed).unwrap();
    assert_eq!(plan(None, 1).len(), 10);
    assert_eq!(plan(Some(3), 1), plan(None, 1)[..3]);
    assert_ne!(plan(Some(3), 1), plan(Some(3), 2));
}
