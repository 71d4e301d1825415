//! What a kernel declares of itself: its manifest on disk, its algorithms and their hyperparameters.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The file `kernel.toml` that makes a kernel known, like a Jupyter kernelspec.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of this document; 1.
    pub schema: u32,
    /// What the kernel is called in notebooks and runs, e.g. `classic`.
    pub name: String,
    /// The kernel's own version.
    pub version: String,
    /// Program and arguments. A program without a path separator is looked for beside the manifest,
    /// then beside Cairn's own executable, then on `PATH`.
    pub command: Vec<String>,
    /// One sentence for the list of kernels.
    #[serde(default)]
    pub description: String,
}

/// A device that a kernel can train on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// What a training message calls it: `cpu`, `cuda:0`, `metal`.
    pub id: String,
    /// What a person reads: «CPU, 8 threads».
    pub name: String,
    /// Bytes of memory, where the device has its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
}

/// What a model predicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One of two classes.
    Binary,
    /// One of three or more classes.
    Multiclass,
    /// A number.
    Regression,
}

/// An algorithm and the hyperparameters it takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Algorithm {
    /// Name in notebooks and runs: `boosted_trees`.
    pub name: String,
    /// Name for people: «Boosted trees».
    pub title: String,
    /// One sentence.
    #[serde(default)]
    pub help: String,
    /// Which tasks it can be trained for.
    pub tasks: Vec<Task>,
    /// Whether a missing value (NaN) in a feature is understood; otherwise such a table is refused.
    #[serde(default)]
    pub takes_missing: bool,
    /// Its hyperparameters, in the order of the form.
    pub params: Vec<Hyperparameter>,
}

/// One hyperparameter: enough to draw its field, check a value and propose a search range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hyperparameter {
    /// Name in notebooks, runs and search spaces: `learning_rate`.
    pub name: String,
    /// Name for people: «Learning rate».
    pub title: String,
    /// Kind and range.
    #[serde(flatten)]
    pub kind: HyperparameterKind,
    /// The value used when none is given.
    pub default: ParamValue,
    /// One sentence on what it does.
    #[serde(default)]
    pub help: String,
    /// Unit after the value («trees»), empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
}

/// Kind and range of a hyperparameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum HyperparameterKind {
    /// A real number in `low..=high`.
    Float {
        /// Lowest value allowed.
        low: f64,
        /// Highest value allowed.
        high: f64,
        /// Whether a search should be uniform in its logarithm.
        #[serde(default)]
        log: bool,
        /// The range a search starts with, within `low..=high`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        search: Option<(f64, f64)>,
    },
    /// A whole number in `low..=high`.
    Int {
        /// Lowest value allowed.
        low: i64,
        /// Highest value allowed.
        high: i64,
        /// Whether a search should be uniform in its logarithm.
        #[serde(default)]
        log: bool,
        /// The range a search starts with, within `low..=high`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        search: Option<(i64, i64)>,
    },
    /// One of a few names.
    Categorical {
        /// The names.
        choices: Vec<String>,
    },
    /// Yes or no.
    Bool,
}

/// The value of a hyperparameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ParamValue {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A real number.
    Float(f64),
    /// A name.
    Text(String),
}

/// Values by name, in the order of their names.
pub type Params = BTreeMap<String, ParamValue>;

impl ParamValue {
    /// The value as a number, where it is one (true is 1).
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Bool(yes) => Some(f64::from(u8::from(*yes))),
            #[expect(clippy::cast_precision_loss, reason = "hyperparameters stay far below 2^53")]
            Self::Int(whole) => Some(*whole as f64),
            Self::Float(real) => Some(*real),
            Self::Text(_) => None,
        }
    }

    /// The value as a whole number, where it is one (`3.0` is).
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(whole) => Some(*whole),
            #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and within range")]
            Self::Float(real) if real.fract() == 0.0 && real.abs() < 9e15 => Some(*real as i64),
            _ => None,
        }
    }

    /// The value as text, where it is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

impl std::fmt::Display for ParamValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(yes) => write!(f, "{yes}"),
            Self::Int(whole) => write!(f, "{whole}"),
            Self::Float(real) => write!(f, "{real}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl Hyperparameter {
    /// Checks a value against kind and range.
    ///
    /// # Errors
    /// A sentence that names the parameter, the value and what is allowed.
    pub fn check(&self, value: &ParamValue) -> Result<(), String> {
        let name = &self.name;
        match &self.kind {
            HyperparameterKind::Float { low, high, .. } => match value.as_f64() {
                Some(real) if (*low..=*high).contains(&real) => Ok(()),
                _ => Err(format!("{name} = {value}: a number from {low} to {high} is needed")),
            },
            HyperparameterKind::Int { low, high, .. } => match value.as_i64() {
                Some(whole) if (*low..=*high).contains(&whole) => Ok(()),
                _ => Err(format!("{name} = {value}: a whole number from {low} to {high} is needed")),
            },
            HyperparameterKind::Categorical { choices } => match value.as_str() {
                Some(text) if choices.iter().any(|choice| choice == text) => Ok(()),
                _ => Err(format!("{name} = {value}: one of {} is needed", choices.join(", "))),
            },
            HyperparameterKind::Bool => match value {
                ParamValue::Bool(_) => Ok(()),
                _ => Err(format!("{name} = {value}: true or false is needed")),
            },
        }
    }
}

impl Algorithm {
    /// Every hyperparameter with its value: the given one, checked, or the default.
    ///
    /// # Errors
    /// A sentence for an unknown name or a value out of range.
    pub fn resolve(&self, given: &Params) -> Result<Params, String> {
        if let Some(unknown) = given.keys().find(|name| self.params.iter().all(|param| &param.name != *name)) {
            let known: Vec<&str> = self.params.iter().map(|param| param.name.as_str()).collect();
            return Err(format!("{} has no hyperparameter {unknown}; it has {}", self.name, known.join(", ")));
        }
        let mut resolved = Params::new();
        for param in &self.params {
            let value = given.get(&param.name).unwrap_or(&param.default);
            param.check(value)?;
            resolved.insert(param.name.clone(), value.clone());
        }
        Ok(resolved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate() -> Hyperparameter {
        Hyperparameter {
            name: "learning_rate".into(),
            title: "Learning rate".into(),
            kind: HyperparameterKind::Float { low: 0.001, high: 1.0, log: true, search: None },
            default: ParamValue::Float(0.1),
            help: String::new(),
            unit: String::new(),
        }
    }

    #[test]
    fn a_value_out_of_range_is_named() {
        let error = rate().check(&ParamValue::Float(2.0)).unwrap_err();
        assert_eq!(error, "learning_rate = 2: a number from 0.001 to 1 is needed");
        assert!(rate().check(&ParamValue::Float(f64::NAN)).is_err());
        assert!(rate().check(&ParamValue::Int(1)).is_ok());
    }

    #[test]
    fn resolving_fills_in_defaults_and_refuses_unknown_names() {
        let algorithm = Algorithm {
            name: "boosted_trees".into(),
            title: "Boosted trees".into(),
            help: String::new(),
            tasks: vec![Task::Binary],
            takes_missing: true,
            params: vec![rate()],
        };
        assert_eq!(algorithm.resolve(&Params::new()).unwrap()["learning_rate"], ParamValue::Float(0.1));
        let unknown = Params::from([("depth".to_owned(), ParamValue::Int(3))]);
        assert!(algorithm.resolve(&unknown).unwrap_err().contains("no hyperparameter depth"));
    }
}
