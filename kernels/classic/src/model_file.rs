//! Model files: a line of JSON that says what it is, and behind it what the algorithm's library writes.
//!
//! `head -1 FILE` shows task, columns and, for linear models, every coefficient. Trees follow in hessboost's
//! own checksummed binary format, which is many times smaller and faster than JSON.

use std::io::Write;
use std::path::Path;

use cairn_kernel_sdk::KernelError;
use cairn_kernel_sdk::protocol::Task;
use serde::{Deserialize, Serialize};

use crate::additive::Shapes;
use crate::calibration::Calibration;
use crate::linear_model::Output;
use crate::naive_bayes::Fitted;
use crate::neighbours;

/// The version of this document.
const SCHEMA: u32 = 1;

/// A model as it is on disk.
#[derive(Debug)]
pub(crate) struct ModelFile {
    pub(crate) task: Task,
    pub(crate) features: Vec<String>,
    pub(crate) body: Body,
    pub(crate) payload: Vec<u8>,
}

/// What is particular to an algorithm.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Body {
    /// The trees are the payload; `offset` is added to what they predict.
    BoostedTrees { offset: f64 },
    /// As boosted trees; the shapes are read off the trees, for people and other programs.
    Additive { offset: f64, shapes: Shapes },
    /// The trees are the payload, see `forest::tree`.
    Forest { algorithm: String, trees: usize, outputs: usize },
    /// One output for a number or two classes, else one a class.
    Linear {
        algorithm: String,
        outputs: Vec<Output>,
        #[serde(default)]
        means: Vec<f64>,
    },
    /// The training rows are the payload, followed by their targets.
    Neighbours(neighbours::Shape),
    /// Means and variances of every class.
    NaiveBayes(Fitted),
    /// One output and one map to probabilities for two classes, else one of each a class.
    LinearSvm { outputs: Vec<Output>, calibrations: Vec<Calibration>, means: Vec<f64> },
    /// The number, or the probability of each class.
    Baseline { answer: Vec<f64> },
}

#[derive(Serialize, Deserialize)]
struct Head {
    schema: u32,
    kernel: String,
    task: Task,
    features: Vec<String>,
    model: Body,
}

impl ModelFile {
    pub(crate) fn write(self, path: &Path) -> Result<(), KernelError> {
        let Self { task, features, body, payload } = self;
        let head = Head { schema: SCHEMA, kernel: "classic".into(), task, features, model: body };
        let mut bytes = serde_json::to_vec(&head).map_err(|error| KernelError::broke(error.to_string()))?;
        bytes.push(b'\n');
        let failed = |source| KernelError::File { doing: "write", path: path.to_owned(), source };
        let mut file = std::fs::OpenOptions::new().write(true).open(path).map_err(failed)?;
        file.write_all(&bytes).and_then(|()| file.write_all(&payload)).map_err(failed)
    }

    pub(crate) fn read(path: &Path) -> Result<Self, KernelError> {
        let failed = |source| KernelError::File { doing: "read", path: path.to_owned(), source };
        let bytes = std::fs::read(path).map_err(failed)?;
        let malformed = |reason: String| KernelError::Malformed { path: path.to_owned(), reason };
        let end = bytes.iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len());
        let head: Head = serde_json::from_slice(&bytes[..end])
            .map_err(|error| malformed(format!("not a model of the classic kernel ({error})")))?;
        if head.schema != SCHEMA || head.kernel != "classic" {
            let found = format!("a model of kernel {}, version {} of its format", head.kernel, head.schema);
            return Err(malformed(format!("{found}; the classic kernel reads its own, version {SCHEMA}")));
        }
        let payload = bytes.get(end + 1..).unwrap_or_default().to_vec();
        Ok(Self { task: head.task, features: head.features, body: head.model, payload })
    }
}
