//! The kernel itself: which algorithm a job goes to, on which threads.

use std::path::Path;
use std::sync::Arc;

use cairn_kernel_sdk::protocol::{Device, KernelHello, PROTOCOL_VERSION, Task};
use cairn_kernel_sdk::{Kernel, KernelError, Model, Reporter, TrainJob, Trained};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::baseline::{self, Baseline};
use crate::boosted_trees::{self, BoostedTrees};
use crate::calibration::Calibration;
use crate::forest::{self, Forest};
use crate::linear_model::LinearModel;
use crate::linear_svm::{self, LinearSvm};
use crate::model_file::{Body, ModelFile};
use crate::naive_bayes::{self, NaiveBayes};
use crate::neighbours::{self, Neighbours};
use crate::{declared, elastic_net, linear_regression, logistic_regression};

/// The classic kernel, with the threads of the last job kept for the next.
#[derive(Default)]
pub struct Classic {
    threads: Option<Arc<ThreadPool>>,
}

impl Classic {
    fn pool(&mut self, threads: usize) -> Result<Arc<ThreadPool>, KernelError> {
        if let Some(pool) = &self.threads
            && pool.current_num_threads() == threads
        {
            return Ok(Arc::clone(pool));
        }
        let named = ThreadPoolBuilder::new().num_threads(threads).thread_name(|index| format!("classic-{index}"));
        let pool = Arc::new(named.build().map_err(|error| KernelError::broke(error.to_string()))?);
        self.threads = Some(Arc::clone(&pool));
        Ok(pool)
    }
}

impl Kernel for Classic {
    fn hello(&self) -> KernelHello {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let name = if threads == 1 { "CPU, 1 thread".to_owned() } else { format!("CPU, {threads} threads") };
        KernelHello {
            protocol: PROTOCOL_VERSION,
            name: "classic".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            devices: vec![Device { id: "cpu".into(), name, memory_bytes: None }],
            algorithms: declared::algorithms(),
        }
    }

    fn train(&mut self, job: &TrainJob<'_>, reporter: &mut Reporter) -> Result<Trained, KernelError> {
        self.pool(job.threads)?.install(|| match job.algorithm {
            declared::BOOSTED_TREES | declared::ADDITIVE_MODEL => boosted_trees::train(job, reporter),
            declared::RANDOM_FOREST => forest::train(job, false, reporter),
            declared::EXTRA_TREES => forest::train(job, true, reporter),
            declared::LOGISTIC_REGRESSION => logistic_regression::train(job, reporter),
            declared::LASSO | declared::ELASTIC_NET => elastic_net::train(job, reporter),
            declared::NEIGHBOURS => neighbours::train(job, reporter),
            declared::NAIVE_BAYES => naive_bayes::train(job, reporter),
            declared::LINEAR_SVM => linear_svm::train(job, reporter),
            declared::BASELINE => baseline::train(job, reporter),
            declared::LINEAR_REGRESSION => linear_regression::train(job, reporter),
            other => Err(KernelError::broke(format!("{other} is declared but not there"))),
        })
    }

    fn load(&self, path: &Path) -> Result<Box<dyn Model>, KernelError> {
        let malformed = |reason: &str| KernelError::Malformed { path: path.to_owned(), reason: reason.to_owned() };
        let ModelFile { task, features, body, payload } = ModelFile::read(path)?;
        Ok(match body {
            Body::BoostedTrees { offset } | Body::Additive { offset, .. } => {
                Box::new(BoostedTrees::decode(path, task, features, offset, &payload)?)
            }
            Body::Forest { algorithm, trees, outputs } => {
                Box::new(Forest::decode(path, (task, features), (algorithm, trees, outputs), &payload)?)
            }
            Body::Linear { algorithm, outputs, means } => {
                let whole = outputs.iter().all(|output| output.weights.len() == features.len());
                if !whole || outputs.len() != outputs_of(task, outputs.len()) {
                    return Err(malformed("its coefficients are not those of its columns"));
                }
                Box::new(LinearModel { algorithm, task, features, outputs, means })
            }
            Body::Neighbours(shape) => Box::new(Neighbours::decode(path, task, features, shape, &payload)?),
            Body::NaiveBayes(fitted) => {
                if task == Task::Regression || !fitted.fits(features.len()) {
                    return Err(malformed("its means and variances are not those of its columns"));
                }
                Box::new(NaiveBayes { task, features, fitted })
            }
            Body::LinearSvm { outputs, calibrations, means } => {
                let whole = outputs.iter().all(|output| output.weights.len() == features.len())
                    && calibrations.len() == outputs.len()
                    && calibrations.iter().all(Calibration::fits);
                if !whole || task == Task::Regression || outputs.len() != outputs_of(task, outputs.len()) {
                    return Err(malformed("its coefficients are not those of its columns"));
                }
                Box::new(LinearSvm { task, features, outputs, calibrations, means })
            }
            Body::Baseline { answer } => {
                let classes = if task == Task::Binary { 2 } else { outputs_of(task, answer.len()) };
                if answer.len() != classes {
                    return Err(malformed("its answer does not fit its task"));
                }
                Box::new(Baseline { task, features, answer })
            }
        })
    }
}

/// Outputs of a model of this task that has `found`: one for a number or two classes, else any number above two.
fn outputs_of(task: Task, found: usize) -> usize {
    if task == Task::Multiclass { found.max(3) } else { 1 }
}
