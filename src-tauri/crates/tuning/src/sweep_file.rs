//! W&B's sweep files: read, checked in full, and planned. The rules are those of W&B's schema (`wandb/sweeps`, MIT):
//! what is not known there is a fault here too, so that a file that passes here passes there.

use cairn_protocol::{
    Params,
    notebook::{Goal, Objective, SweepMethod},
    sweeps::{SearchParam, SweepCheck, Violation},
};
use serde_norway::{Mapping, Value};

use crate::{
    GridSampler, RandomSampler, Sampler, TuningError,
    lines::Places,
    make_sampler,
    parameters::{Parameters, child, key_text, number, old_bool, short, suggest},
    trial_params,
};

/// How a sweep file wants its trials chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileMethod {
    /// Every combination.
    Grid,
    /// Independent draws.
    Random,
    /// A model of the objective; valid, but not run here.
    Bayes,
    /// Somebody's own; valid, but not run here.
    Custom,
}

impl FileMethod {
    const ALL: [(&'static str, Self); 4] =
        [("bayes", Self::Bayes), ("random", Self::Random), ("grid", Self::Grid), ("custom", Self::Custom)];

    /// Name in the file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, method)| *method == self).map_or("", |(name, _)| name)
    }
}

/// When hyperband stops a trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Hyperband {
    /// The first band, in reports of the metric; the next are `min_iter · eta^k`.
    pub min_iter: Option<u64>,
    /// The last band; the ones before are `max_iter / eta^k`, `s` of them.
    pub max_iter: Option<u64>,
    /// How many bands before `max_iter`.
    pub s: Option<f64>,
    /// One in so many goes on.
    pub eta: f64,
    /// Whether the value at the band counts, instead of the best so far.
    pub strict: bool,
}

/// A sound sweep file.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepFile {
    /// The whole document, for the record.
    pub spec: serde_json::Value,
    /// Name; empty where the file has none.
    pub name: String,
    /// How trials are chosen.
    pub method: FileMethod,
    /// What is optimised; none where the file names no metric.
    pub objective: Option<Objective>,
    /// The sweep ends when a trial is as good as this.
    pub target: Option<f64>,
    /// Trials at most.
    pub run_cap: Option<usize>,
    /// The search space, in the order of a grid; nested names joined by dots.
    pub space: Vec<SearchParam>,
    /// Parameters with one value.
    pub fixed: Params,
    /// When trials are stopped early.
    pub early_terminate: Option<Hyperband>,
    /// What a person should know although it runs.
    pub warnings: Vec<Violation>,
    /// Line of the method.
    method_line: u64,
}

/// Checks a sweep file.
#[must_use]
pub fn check(text: &str) -> SweepCheck {
    match SweepFile::parse(text) {
        Ok(file) => SweepCheck { valid: true, violations: Vec::new(), warnings: file.warnings },
        Err(TuningError::Invalid { violations }) => SweepCheck { valid: false, violations, warnings: Vec::new() },
        Err(other) => {
            let violation = Violation { path: String::new(), line: 0, message: other.to_string() };
            SweepCheck { valid: false, violations: vec![violation], warnings: Vec::new() }
        }
    }
}

/// Trials that `plan` shows of a random sweep when nobody says how many.
const PLANNED: usize = 10;
/// Grids are not listed beyond this without a count.
const LISTED: u128 = 1_000_000;

/// The trials of a sweep file, fixed parameters with them: all of a grid in order, or the first of a random sweep. At
/// most `count`, and at most the file's `run_cap`.
///
/// # Errors
/// The file has faults, its method cannot be run here, or the grid is too large to be listed.
pub fn plan(text: &str, count: Option<usize>, seed: u64) -> Result<Vec<Params>, TuningError> {
    let file = SweepFile::parse(text)?;
    let (mut sampler, most): (Box<dyn Sampler>, usize) = match file.runnable_method()? {
        SweepMethod::Grid => {
            let grid = GridSampler::new(&file.space)?;
            if count.or(file.run_cap).is_none() && grid.size() > LISTED {
                return Err(TuningError::GridTooLarge { points: grid.size() });
            }
            (Box::new(grid), count.unwrap_or(usize::MAX))
        }
        SweepMethod::Random => {
            (Box::new(RandomSampler::new(&file.space, seed)?), count.unwrap_or(file.run_cap.unwrap_or(PLANNED)))
        }
    };
    let most = most.min(file.run_cap.unwrap_or(usize::MAX));
    let trials = std::iter::from_fn(|| sampler.ask()).take(most);
    Ok(trials.map(|sampled| trial_params(&file.fixed, &sampled)).collect())
}

impl SweepFile {
    /// Reads a sweep file, YAML or JSON.
    ///
    /// # Errors
    /// [`TuningError::Invalid`] with every fault.
    pub fn parse(text: &str) -> Result<Self, TuningError> {
        let places = Places::of(text);
        let mut faults = Faults { places, found: Vec::new() };
        let file = read(text, &mut faults);
        let Faults { found: mut violations, .. } = faults;
        violations.sort_by_key(|violation| violation.line);
        match file {
            Some(file) if violations.is_empty() => Ok(file),
            _ => Err(TuningError::Invalid { violations }),
        }
    }

    /// The method, where Cairn can run it.
    ///
    /// # Errors
    /// `bayes` and `custom` cannot be run yet.
    pub fn runnable_method(&self) -> Result<SweepMethod, TuningError> {
        match self.method {
            FileMethod::Grid => Ok(SweepMethod::Grid),
            FileMethod::Random => Ok(SweepMethod::Random),
            FileMethod::Bayes | FileMethod::Custom => {
                Err(TuningError::Unsupported { method: self.method.as_str().to_owned(), line: self.method_line })
            }
        }
    }

    /// A sampler for the file, beginning with the trial of a number.
    ///
    /// # Errors
    /// The method cannot be run here.
    pub fn sampler(&self, seed: u64, first: usize) -> Result<Box<dyn Sampler>, TuningError> {
        make_sampler(self.runnable_method()?, &self.space, seed, first)
    }

    /// How many trials there will be; none: without end.
    #[must_use]
    pub fn trial_count(&self) -> Option<u128> {
        let grid = (self.method == FileMethod::Grid).then(|| crate::space_size(&self.space)).flatten();
        let cap = self.run_cap.map(|cap| cap as u128);
        match (grid, cap) {
            (Some(grid), Some(cap)) => Some(grid.min(cap)),
            (grid, cap) => grid.or(cap),
        }
    }
}

/// Faults as they are found, with the lines they are on.
#[derive(Debug)]
pub(crate) struct Faults {
    places: Places,
    found: Vec<Violation>,
}

impl Faults {
    pub(crate) fn add(&mut self, path: &[String], message: impl Into<String>) {
        let violation = self.at(path, message.into());
        self.found.push(violation);
    }

    pub(crate) fn count(&self) -> usize {
        self.found.len()
    }

    pub(crate) fn places(&self) -> &Places {
        &self.places
    }

    fn at(&self, path: &[String], message: String) -> Violation {
        Violation { path: path.join("."), line: self.places.line(path), message }
    }
}

const TOP: &[&str] = &[
    "apiVersion",
    "kind",
    "controller",
    "description",
    "program",
    "job",
    "image_uri",
    "entity",
    "project",
    "method",
    "command",
    "name",
    "run_cap",
    "metric",
    "metrics",
    "scheduler",
    "early_terminate",
    "parameters",
];
const METRIC: &[&str] = &["name", "goal", "target", "impute", "impute_while_running"];
const HYPERBAND: &[&str] = &["type", "max_iter", "min_iter", "s", "eta", "strict"];
const SCHEDULER: &[&str] = &["engine", "source", "optimizer", "search_space"];

fn read(text: &str, faults: &mut Faults) -> Option<SweepFile> {
    let document = serde_norway::from_str::<Value>(text).and_then(|mut value| value.apply_merge().map(|()| value));
    let document = match document {
        Ok(Value::Mapping(mapping)) => mapping,
        Ok(_) => {
            faults.add(&[], "a mapping with at least «method» and «parameters» is needed");
            return None;
        }
        Err(error) => {
            let line = error.location().map_or(0, |location| location.line() as u64);
            let violation = match faults.places.twice() {
                // The parser names the line where the mapping begins.
                Some((path, line)) if error.to_string().contains("duplicate entry") => {
                    let message = "this key stands here a second time".to_owned();
                    Violation { path: path.join("."), line: *line, message }
                }
                _ => Violation { path: String::new(), line, message: format!("this is not YAML: {error}") },
            };
            faults.found.push(violation);
            return None;
        }
    };
    let mut top = Section { mapping: &document, path: Vec::new(), faults };
    top.known(TOP);
    for key in ["apiVersion", "description", "program", "job", "image_uri", "entity", "project"] {
        top.text(key);
    }
    let name = top.text("name").unwrap_or_default();
    top.one_of("kind", &["sweep"]);
    let method = match document.get("method") {
        None => {
            top.faults.add(&[], "«method» is needed: grid, random or bayes");
            None
        }
        Some(_) => {
            let names = FileMethod::ALL.map(|(name, _)| name);
            let chosen = top.one_of("method", &names);
            FileMethod::ALL.into_iter().find(|(name, _)| Some(*name) == chosen).map(|(_, method)| method)
        }
    };
    if let Some(command) = document.get("command").filter(|command| !command.is_sequence()) {
        top.faults.add(&["command".into()], format!("a list is needed, not {}", short(command)));
    }
    let run_cap = top.whole("run_cap", 1).map(|cap| usize::try_from(cap).unwrap_or(usize::MAX));
    let objective = document.get("metric").and_then(|value| metric(value, &["metric".into()], top.faults));
    let local_controller = controller(&document, top.faults);
    metrics(&document, method, top.faults);
    let has_space = scheduler(&document, method, local_controller, top.faults);
    let early_terminate = document.get("early_terminate").and_then(|value| early_terminate(value, top.faults));
    let mut parameters = Parameters::default();
    match document.get("parameters") {
        Some(value) => parameters.read(value, &["parameters".into()], "", faults),
        None if has_space => {}
        None => faults.add(&[], "«parameters» is needed"),
    }
    let method = method?;
    if method == FileMethod::Grid {
        check_grid(&parameters, faults);
    }
    let warnings = warnings(&document, faults);
    let (objective, target) = objective.map_or((None, None), |(objective, target)| (Some(objective), target));
    Some(SweepFile {
        spec: serde_json::to_value(&document).unwrap_or_default(),
        name,
        method,
        objective,
        target,
        run_cap,
        space: parameters.space,
        fixed: parameters.fixed,
        early_terminate,
        warnings,
        method_line: faults.places.line(&["method".into()]),
    })
}

/// A mapping of the document under examination.
struct Section<'a> {
    mapping: &'a Mapping,
    path: Vec<String>,
    faults: &'a mut Faults,
}

impl<'a> Section<'a> {
    fn of(value: &'a Value, path: &[String], faults: &'a mut Faults) -> Option<Self> {
        match value {
            Value::Mapping(mapping) => Some(Self { mapping, path: path.to_vec(), faults }),
            other => {
                faults.add(path, format!("a mapping is needed, not {}", short(other)));
                None
            }
        }
    }

    fn fault(&mut self, key: &str, message: impl Into<String>) {
        let path = child(&self.path, key);
        self.faults.add(&path, message);
    }

    fn known(&mut self, keys: &[&'static str]) {
        for key in self.mapping.keys().map(key_text) {
            if !keys.contains(&key.as_str()) {
                let message = format!("unknown key «{key}»{}", suggest(&key, keys.iter().copied()));
                self.fault(&key, message);
            }
        }
    }

    fn needed(&mut self, key: &str) {
        if !self.mapping.contains_key(key) {
            let path = self.path.clone();
            self.faults.add(&path, format!("«{key}» is needed"));
        }
    }

    fn text(&mut self, key: &str) -> Option<String> {
        let value = self.mapping.get(key)?;
        if value.as_str().is_none() {
            self.fault(key, format!("text is needed, not {}; put it in quotes", short(value)));
        }
        value.as_str().map(str::to_owned)
    }

    fn one_of(&mut self, key: &str, allowed: &[&'static str]) -> Option<&'static str> {
        let value = self.mapping.get(key)?;
        let found = allowed.iter().find(|word| value.as_str() == Some(**word)).copied();
        if found.is_none() {
            self.fault(key, format!("one of {} is needed, not {}", allowed.join(", "), short(value)));
        }
        found
    }

    fn number(&mut self, key: &str) -> Option<f64> {
        let value = self.mapping.get(key)?;
        if number(value).is_none() {
            self.fault(key, format!("a number is needed, not {}", short(value)));
        }
        number(value)
    }

    /// A whole number (`10.0` is one) of at least `least`.
    fn whole(&mut self, key: &str, least: i64) -> Option<i64> {
        let value = self.mapping.get(key)?;
        let real = number(value).filter(|real| real.fract() == 0.0 && real.abs() < 9e15);
        let whole = value.as_i64().or_else(|| real.map(|real| real as i64)).filter(|whole| *whole >= least);
        if whole.is_none() {
            let bound = if least == i64::MIN { String::new() } else { format!(" of at least {least}") };
            self.fault(key, format!("a whole number{bound} is needed, not {}", short(value)));
        }
        whole
    }

    fn yes_or_no(&mut self, key: &str) -> Option<bool> {
        let value = self.mapping.get(key)?;
        let yes = value.as_bool().or_else(|| value.as_str().and_then(old_bool));
        if yes.is_none() {
            self.fault(key, format!("true or false is needed, not {}", short(value)));
        }
        yes
    }
}

fn metric(value: &Value, path: &[String], faults: &mut Faults) -> Option<(Objective, Option<f64>)> {
    let mut section = Section::of(value, path, faults)?;
    section.known(METRIC);
    section.needed("name");
    let goal = match section.one_of("goal", &["minimize", "maximize"]) {
        Some("maximize") => Goal::Maximize,
        _ => Goal::Minimize,
    };
    let target = section.number("target");
    section.one_of("impute", &["latest", "best", "worst"]);
    section.one_of("impute_while_running", &["latest", "best", "worst", "false"]);
    Some((Objective { name: section.text("name")?, goal }, target))
}

/// Whether the controller is `local`.
fn controller(document: &Mapping, faults: &mut Faults) -> bool {
    let Some(value) = document.get("controller") else { return false };
    let Some(mut section) = Section::of(value, &["controller".into()], faults) else { return false };
    section.needed("type");
    section.one_of("type", &["local", "cloud"]) == Some("local")
}

fn metrics(document: &Mapping, method: Option<FileMethod>, faults: &mut Faults) {
    let Some(value) = document.get("metrics") else { return };
    let path = ["metrics".to_owned()];
    match value.as_sequence().filter(|list| list.len() >= 2) {
        Some(list) => {
            for (index, value) in list.iter().enumerate() {
                metric(value, &child(&path, &index.to_string()), faults);
            }
        }
        None => faults.add(&path, "a list of at least two metrics is needed; a single one is «metric»"),
    }
    if document.contains_key("metric") {
        faults.add(&path, "«metric» and «metrics» cannot both be set");
    } else if method.is_some_and(|method| method != FileMethod::Custom) {
        faults.add(&path, "«metrics» needs method: custom");
    }
}

/// Whether the scheduler brings a search space of its own.
fn scheduler(document: &Mapping, method: Option<FileMethod>, local: bool, faults: &mut Faults) -> bool {
    let Some(value) = document.get("scheduler") else { return false };
    let path = ["scheduler".to_owned()];
    if local {
        faults.add(&path, "«scheduler» cannot be used with a local controller");
    }
    if document.contains_key("early_terminate") {
        faults.add(&["early_terminate".into()], "«early_terminate» cannot be used with «scheduler»");
    }
    let Some(mut section) = Section::of(value, &path, faults) else { return false };
    section.known(SCHEDULER);
    section.needed("engine");
    let engine = section.one_of("engine", &["optuna", "ax", "wandb"]);
    for key in ["source", "optimizer", "search_space"] {
        section.text(key);
    }
    for key in ["optimizer", "search_space"] {
        if section.mapping.contains_key(key) && !section.mapping.contains_key("source") {
            section.fault(key, format!("«{key}» needs «source»"));
        }
    }
    if let (Some(engine), Some(method)) = (engine, method)
        && (engine == "wandb") == (method == FileMethod::Custom)
    {
        section.fault("engine", format!("engine {engine} does not go with method {}", method.as_str()));
    }
    section.mapping.get("search_space").and_then(Value::as_str).is_some_and(|name| !name.is_empty())
}

fn early_terminate(value: &Value, faults: &mut Faults) -> Option<Hyperband> {
    let path = ["early_terminate".to_owned()];
    let mut section = Section::of(value, &path, faults)?;
    section.known(HYPERBAND);
    section.needed("type");
    section.one_of("type", &["hyperband"]);
    let positive = |whole: Option<i64>| whole.and_then(|whole| u64::try_from(whole).ok());
    let hyperband = Hyperband {
        min_iter: positive(section.whole("min_iter", 1)),
        max_iter: positive(section.whole("max_iter", i64::MIN)),
        s: section.number("s"),
        eta: section.number("eta").unwrap_or(3.0),
        strict: section.yes_or_no("strict").unwrap_or(true),
    };
    if hyperband.eta <= 1.0 {
        section.fault("eta", format!("eta must be above 1, it is {}", hyperband.eta));
    }
    let has = |key: &str| section.mapping.contains_key(key);
    if !(has("min_iter") || has("max_iter") && has("s")) {
        section.faults.add(&path, "«min_iter», or «max_iter» and «s», is needed");
    }
    Some(hyperband)
}

fn check_grid(parameters: &Parameters, faults: &mut Faults) {
    for (_, kind, path) in &parameters.kinds {
        if !matches!(*kind, "categorical" | "int_uniform" | "q_uniform") {
            let message = match *kind {
                "categorical_w_probabilities" => "probabilities cannot be used in a grid".to_owned(),
                kind => format!("{kind} cannot be used in a grid, only value, values, int_uniform and q_uniform can"),
            };
            faults.add(path, message);
        }
    }
}

fn warnings(document: &Mapping, faults: &Faults) -> Vec<Violation> {
    let mut warnings = Vec::new();
    for (path, place) in faults.places.plain_scalars() {
        let Some(text) = place.plain.as_deref().filter(|text| is_new_number(text)) else { continue };
        if matches!(path.first().map(String::as_str), Some("parameters" | "metric" | "early_terminate" | "run_cap")) {
            let message = format!("{text} is a number here, but W&B reads it as text: write {}", old_number(text));
            warnings.push(faults.at(path, message));
        }
    }
    if document.contains_key("early_terminate") {
        let message = "trials are not stopped early here yet: each one runs to its end";
        warnings.push(faults.at(&["early_terminate".into()], message.to_owned()));
    }
    warnings.sort_by(|a, b| (a.line, &a.path).cmp(&(b.line, &b.path)));
    warnings
}

/// Whether YAML 1.2 reads a number where YAML 1.1, as PyYAML has it, reads text: an exponent without a dot before it
/// or without a sign.
fn is_new_number(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return false };
    text.parse::<f64>().is_ok() && !(mantissa.contains('.') && exponent.starts_with(['+', '-']))
}

/// The same number as every YAML reads it.
fn old_number(text: &str) -> String {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let dot = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['+', '-']) { "" } else { "+" };
    format!("{mantissa}{dot}e{sign}{exponent}")
}

#[cfg(test)]
mod tests;
