//! The `parameters` of a sweep file: which kind each one is, whether it is sound, and the domain it stands for.
//!
//! A kind is named by `distribution`; without it the keys decide, in this order: `value`, `values` with
//! `probabilities`, `values`, `min` and `max` (whole numbers: `int_uniform`; else `uniform`). `parameters` nests.

use std::collections::{BTreeMap, BTreeSet};

use cairn_protocol::{
    ParamValue, Params,
    sweeps::{Domain, SearchParam},
};
use serde_norway::{Mapping, Value};

use crate::{space::check_probabilities, sweep_file::Faults};

/// A kind of parameter: its name, the keys it takes, and those it needs.
struct Kind {
    name: &'static str,
    keys: &'static [&'static str],
    needed: &'static [&'static str],
}

const fn kind(name: &'static str, keys: &'static [&'static str], needed: &'static [&'static str]) -> Kind {
    Kind { name, keys, needed }
}

const MIN_MAX: &[&str] = &["min", "max"];

const KINDS: &[Kind] = &[
    kind("constant", &["value"], &["value"]),
    kind("categorical", &["values"], &["values"]),
    kind("categorical_w_probabilities", &["values", "probabilities"], &["values", "probabilities"]),
    kind("int_uniform", MIN_MAX, MIN_MAX),
    kind("uniform", MIN_MAX, MIN_MAX),
    kind("q_uniform", &["min", "max", "q"], MIN_MAX),
    kind("log_uniform_values", MIN_MAX, MIN_MAX),
    kind("inv_log_uniform_values", MIN_MAX, MIN_MAX),
    kind("q_log_uniform_values", &["min", "max", "q"], MIN_MAX),
    kind("normal", &["mu", "sigma"], &[]),
    kind("log_normal", &["mu", "sigma"], &[]),
    kind("q_normal", &["mu", "sigma", "q"], &[]),
    kind("q_log_normal", &["mu", "sigma", "q"], &[]),
    kind("beta", &["a", "b"], &[]),
    kind("q_beta", &["a", "b", "q"], &[]),
];

/// Bounds as exponents: they made people search from e^0.001 to e^0.1.
const DEPRECATED: &[&str] = &["log_uniform", "inv_log_uniform", "q_log_uniform"];

/// All keys of all kinds.
const KEYS: &[&str] =
    &["value", "values", "probabilities", "distribution", "min", "max", "q", "mu", "sigma", "a", "b", "parameters"];

/// What the parameters of a file come to.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    /// In the order of a grid: sorted by name on every level of nesting.
    pub(crate) space: Vec<SearchParam>,
    pub(crate) fixed: Params,
    /// What is in the space, with its kind and the path in the file.
    pub(crate) kinds: Vec<(String, &'static str, Vec<String>)>,
}

impl Parameters {
    /// Reads the mapping at a path; names get the prefix of the parameters around them.
    pub(crate) fn read(&mut self, value: &Value, path: &[String], prefix: &str, faults: &mut Faults) {
        let Value::Mapping(mapping) = value else {
            return faults.add(path, "a mapping from names to parameters is needed");
        };
        if mapping.is_empty() {
            faults.add(path, "at least one parameter is needed");
        }
        let mut named: BTreeMap<String, &Value> = BTreeMap::new();
        for (key, value) in mapping {
            named.insert(key_text(key), value);
        }
        for (name, value) in named {
            let path = child(path, &name);
            if !is_name(&name) {
                let message = "a parameter's name has letters, digits, _ . - and does not begin with a digit, . or -";
                faults.add(&path, message);
            }
            self.parameter(value, &path, &format!("{prefix}{name}"), faults);
        }
    }

    fn parameter(&mut self, value: &Value, path: &[String], name: &str, faults: &mut Faults) {
        let Value::Mapping(mapping) = value else {
            return faults.add(path, format!("a mapping is needed, such as {{value: {}}}", short(value)));
        };
        if let Some(inner) = mapping.get("parameters") {
            for key in mapping.keys().map(key_text).filter(|key| key != "parameters") {
                faults.add(&child(path, &key), format!("«{key}» cannot stand beside «parameters»"));
            }
            return self.read(inner, &child(path, "parameters"), &format!("{name}."), faults);
        }
        let Some(kind) = find_kind(mapping, path, faults) else { return };
        let before = faults.count();
        check_keys(mapping, kind, path, faults);
        let domain = domain(mapping, kind, path, faults);
        let taken = self.fixed.contains_key(name) || self.space.iter().any(|param| param.name == name);
        if taken {
            faults.add(path, format!("another parameter is called {name} too, once nested names are joined"));
        }
        match domain {
            Some(Read::Constant(value)) if faults.count() == before => {
                self.fixed.insert(name.to_owned(), value);
            }
            Some(Read::Domain(domain)) if faults.count() == before => {
                self.space.push(SearchParam { name: name.to_owned(), domain });
                self.kinds.push((name.to_owned(), kind.name, path.to_vec()));
            }
            _ => {}
        }
    }
}

enum Read {
    Constant(ParamValue),
    Domain(Domain),
}

fn find_kind(mapping: &Mapping, path: &[String], faults: &mut Faults) -> Option<&'static Kind> {
    let by_name = |name: &str| KINDS.iter().find(|kind| kind.name == name);
    if let Some(distribution) = mapping.get("distribution") {
        let path = child(path, "distribution");
        let names = KINDS.iter().map(|kind| kind.name);
        let Some(name) = distribution.as_str() else {
            faults
                .add(&path, format!("the name of a distribution is needed: {}", names.collect::<Vec<_>>().join(", ")));
            return None;
        };
        let found = by_name(name);
        if found.is_none() {
            let message = if DEPRECATED.contains(&name) {
                format!(
                    "{name} takes its bounds as exponents of e and is deprecated; use {name}_values with the bounds themselves"
                )
            } else {
                format!("unknown distribution «{name}»{}", suggest(name, names))
            };
            faults.add(&path, message);
        }
        return found;
    }
    let has = |key: &str| mapping.contains_key(key);
    let whole = |key: &str| mapping.get(key).is_some_and(|value| value.is_i64() || value.is_u64());
    if has("value") {
        by_name("constant")
    } else if has("values") {
        by_name(if has("probabilities") { "categorical_w_probabilities" } else { "categorical" })
    } else if has("min") || has("max") {
        by_name(if whole("min") && whole("max") { "int_uniform" } else { "uniform" })
    } else {
        let mut message = "value, values, min and max, a distribution or nested parameters are needed".to_owned();
        for key in mapping.keys().map(key_text) {
            if !KEYS.contains(&key.as_str()) {
                message = format!("{message}; unknown key «{key}»{}", suggest(&key, KEYS.iter().copied()));
            }
        }
        faults.add(path, message);
        None
    }
}

fn check_keys(mapping: &Mapping, kind: &Kind, path: &[String], faults: &mut Faults) {
    for key in mapping.keys().map(key_text) {
        if key == "distribution" || kind.keys.contains(&key.as_str()) {
            continue;
        }
        let message = if KEYS.contains(&key.as_str()) {
            let takes = kind.keys.join(", ");
            let quantised = if key == "q" {
                format!("; for q set distribution: q_{}", kind.name.trim_start_matches("int_"))
            } else {
                String::new()
            };
            format!("«{key}» does not go with {}, which takes {takes}{quantised}", kind.name)
        } else {
            format!("unknown key «{key}»{}", suggest(&key, kind.keys.iter().copied().chain(["distribution"])))
        };
        faults.add(&child(path, &key), message);
    }
    for key in kind.needed {
        if !mapping.contains_key(*key) {
            faults.add(path, format!("{} needs «{key}»", kind.name));
        }
    }
}

/// The domain of a parameter, faults of its values reported; none where it cannot be made.
fn domain(mapping: &Mapping, kind: &Kind, path: &[String], faults: &mut Faults) -> Option<Read> {
    match kind.name {
        "constant" => {
            let path = child(path, "value");
            Some(Read::Constant(param_value(mapping.get("value")?, &path, faults)))
        }
        "categorical" | "categorical_w_probabilities" => choice(mapping, path, faults).map(Read::Domain),
        "int_uniform" => {
            let mut bound = |key: &str| {
                let value = mapping.get(key)?;
                if value.as_i64().is_none() {
                    faults.add(&child(path, key), format!("a whole number is needed, not {}", short(value)));
                }
                value.as_i64()
            };
            let (low, high) = (bound("min"), bound("max"));
            let (low, high) = (low?, high?);
            check_order(low < high, &low, &high, path, faults);
            Some(Read::Domain(Domain::Int { low, high, log: false }))
        }
        name => {
            let args = numbers(mapping, kind, path, faults)?;
            if let (Some(low), Some(high)) = (args.get("min"), args.get("max")) {
                check_order(low < high, low, high, path, faults);
            }
            Some(Read::Domain(match name {
                "uniform" => Domain::Float { low: *args.get("min")?, high: *args.get("max")?, log: false, step: None },
                "log_uniform_values" => {
                    Domain::Float { low: *args.get("min")?, high: *args.get("max")?, log: true, step: None }
                }
                _ => Domain::Distribution { distribution: name.to_owned(), args },
            }))
        }
    }
}

fn check_order(
    sound: bool,
    low: &dyn std::fmt::Display,
    high: &dyn std::fmt::Display,
    path: &[String],
    faults: &mut Faults,
) {
    if !sound {
        faults.add(&child(path, "min"), format!("min {low} is not less than max {high}"));
    }
}

/// The arguments of a distribution, each within its bounds; none where one is no number.
fn numbers(mapping: &Mapping, kind: &Kind, path: &[String], faults: &mut Faults) -> Option<BTreeMap<String, f64>> {
    let mut args = BTreeMap::new();
    let mut sound = true;
    for key in kind.keys {
        let Some(value) = mapping.get(*key) else { continue };
        let path = child(path, key);
        let Some(number) = number(value) else {
            faults.add(&path, format!("a number is needed, not {}", short(value)));
            sound = false;
            continue;
        };
        let fault = match *key {
            _ if !number.is_finite() => Some("a finite number is needed"),
            "q" if number <= 0.0 => Some("q must be above 0"),
            "sigma" | "a" | "b" if number < 0.0 => Some("a number of 0 or above is needed"),
            "min" if kind.name.contains("log_uniform") && number <= 0.0 => Some("min must be above 0 for a logarithm"),
            _ => None,
        };
        if let Some(fault) = fault {
            faults.add(&path, format!("{fault}, it is {number}"));
        }
        args.insert((*key).to_owned(), number);
    }
    // What the file leaves out has W&B's value, written down so that nobody has to know it.
    for (key, default) in [("q", 1.0), ("mu", 0.0), ("sigma", 1.0), ("a", 1.0), ("b", 1.0)] {
        if kind.keys.contains(&key) {
            args.entry(key.to_owned()).or_insert(default);
        }
    }
    sound.then_some(args)
}

fn choice(mapping: &Mapping, path: &[String], faults: &mut Faults) -> Option<Domain> {
    let values_path = child(path, "values");
    let values = mapping.get("values")?;
    let Some(values) = values.as_sequence().filter(|values| !values.is_empty()) else {
        faults.add(&values_path, "a list of at least one value is needed");
        return None;
    };
    let read = |(index, value)| param_value(value, &child(&values_path, &usize::to_string(&index)), faults);
    let choices: Vec<ParamValue> = values.iter().enumerate().map(read).collect();
    let Some(probabilities) = mapping.get("probabilities") else {
        return Some(Domain::Choice { choices, probabilities: None });
    };
    let path = child(path, "probabilities");
    let list: Option<Vec<f64>> =
        probabilities.as_sequence().and_then(|list| list.iter().map(number).collect::<Option<_>>());
    let Some(list) = list else {
        faults.add(&path, "a list of numbers is needed, one for each value");
        return None;
    };
    if let Err(message) = check_probabilities(choices.len(), &list) {
        faults.add(&path, message);
    }
    Some(Domain::Choice { choices, probabilities: Some(list) })
}

/// A value as a trial gets it. What is no scalar travels as JSON text.
fn param_value(value: &Value, path: &[String], faults: &Faults) -> ParamValue {
    match value {
        Value::Bool(yes) => ParamValue::Bool(*yes),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => ParamValue::Int(whole),
            (None, real) => ParamValue::Float(real.unwrap_or(f64::NAN)),
        },
        // YAML 1.1, which W&B's files are written for, knows more words for yes and no.
        Value::String(text) if faults.places().plain(path) == Some(text) => match old_bool(text) {
            Some(yes) => ParamValue::Bool(yes),
            None => ParamValue::Text(text.clone()),
        },
        Value::String(text) => ParamValue::Text(text.clone()),
        other => ParamValue::Text(serde_json::to_string(other).unwrap_or_default()),
    }
}

/// `yes`, `no`, `on`, `off` as YAML 1.1 reads them.
pub(crate) fn old_bool(text: &str) -> Option<bool> {
    match text {
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// A number, which in YAML true and text are not.
pub(crate) fn number(value: &Value) -> Option<f64> {
    value.as_f64().filter(|_| value.is_number())
}

/// The text of a key.
pub(crate) fn key_text(key: &Value) -> String {
    key.as_str().map_or_else(|| short(key), str::to_owned)
}

/// A value for a message.
pub(crate) fn short(value: &Value) -> String {
    let text = serde_json::to_string(value).unwrap_or_else(|_| "this".to_owned());
    if text.chars().count() > 40 { format!("{}…", text.chars().take(39).collect::<String>()) } else { text }
}

/// A path one key longer.
pub(crate) fn child(path: &[String], key: &str) -> Vec<String> {
    path.iter().cloned().chain([key.to_owned()]).collect()
}

fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || "_.-".contains(letter))
}

/// «; did you mean x?» for the nearest known word, or the list of all.
pub(crate) fn suggest(given: &str, known: impl IntoIterator<Item = &'static str>) -> String {
    let known: BTreeSet<&str> = known.into_iter().collect();
    let nearest = known.iter().map(|word| (edits(given, word), *word)).min();
    match nearest {
        Some((edits, word)) if edits <= 2 && edits < word.chars().count() => format!("; did you mean «{word}»?"),
        _ => format!("; allowed are {}", known.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

/// How many letters must be replaced, put in, left out or swapped with their neighbour (optimal string alignment).
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = match (i, j) {
                (0, many) | (many, 0) => many,
                _ => {
                    let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                    let nearest = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                    let swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                    if swapped { nearest.min(rows[i - 2][j - 2] + 1) } else { nearest }
                }
            };
        }
    }
    rows[a.len()][b.len()]
}
