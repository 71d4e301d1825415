//! The kernel itself: which algorithm a job goes to, on which threads.

use std::path::Path;
use std::sync::Arc;

use cairn_kernel_sdk::protocol::{Device, KernelHello, PROTOCOL_VERSION};
use cairn_kernel_sdk::{Kernel, KernelError, Model, Reporter, TrainJob, Trained};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::boosted_trees::{self, BoostedTrees};
use crate::linear_model::LinearModel;
use crate::model_file::{Body, ModelFile};
use crate::{declared, linear_regression, logistic_regression};

/// The classic kernel, with the threads of the last job kept for the next.
#[derive(Default)]
pub(crate) struct Classic {
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
            declared::BOOSTED_TREES => boosted_trees::train(job, reporter),
            declared::LOGISTIC_REGRESSION => logistic_regression::train(job, reporter),
            declared::LINEAR_REGRESSION => linear_regression::train(job, reporter),
            other => Err(KernelError::broke(format!("{other} is declared but not there"))),
        })
    }

    fn load(&self, path: &Path) -> Result<Box<dyn Model>, KernelError> {
        let ModelFile { task, features, body, payload } = ModelFile::read(path)?;
        Ok(match body {
            Body::BoostedTrees { offset } => Box::new(BoostedTrees::decode(path, task, features, offset, &payload)?),
            Body::Linear { algorithm, outputs } => Box::new(LinearModel { algorithm, task, features, outputs }),
        })
    }
}
