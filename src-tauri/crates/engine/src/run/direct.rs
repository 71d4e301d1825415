//! `cairn train FILE`: import, split, train and record without a notebook.

use std::sync::Arc;

use cairn_data::Table;
use cairn_protocol::{
    ErrorInfo, Task,
    door::TrainRequest,
    notebook::{ImportOptions, SplitCell, SplitMethod},
    results::TrainResult,
    runs::{EdgeKind, NodeKind},
};

use super::{
    machine,
    train::{Lesson, Place, Prepared, Trainer, keep_code, prepare, train_and_record},
};
use crate::{
    engine::Inner,
    files,
    jobs::{Job, Part},
    lineage::{self, Node},
    project::Project,
};

/// A file with its split, ready to train on.
pub struct Ready {
    /// The table as kernels map it.
    pub prepared: Prepared,
    /// The node of the split.
    pub split: Node,
    /// The node of the dataset.
    pub dataset: Node,
}

/// Reads a file, draws a split of 70 / 15 / 15 (stratified where the target has classes), and prepares it.
///
/// # Errors
/// The file or the target cannot be used.
pub fn ready(
    project: &Project,
    path: &str,
    target: &str,
    task: Option<Task>,
    seed: u64,
    job: &Job,
) -> Result<Ready, ErrorInfo> {
    let file = files::anywhere(Some(&project.root), path);
    let progress = Part::new(job, 0.0, 0.1, format!("reading {path}"));
    let imported = cairn_data::import(&file, &ImportOptions::default(), &progress)?;
    let table = Table::new(imported.frame);
    let schema = cairn_data::schema(&table.frame);
    if !schema.iter().any(|(name, _)| name == target) {
        let names: Vec<&str> = schema.iter().map(|(name, _)| name.as_str()).take(30).collect();
        return Err(ErrorInfo::usage(format!("the table has no column {target:?}"))
            .in_file(path)
            .in_column(target)
            .hint(format!("columns are {}", names.join(", "))));
    }
    let classes = cairn_data::task_of(&table, target, task)? != Task::Regression;
    let split = SplitCell {
        method: if classes { SplitMethod::Stratified } else { SplitMethod::Random },
        by: classes.then(|| target.to_owned()),
        train: 0.7,
        valid: 0.15,
        test: 0.15,
        seed,
        ..SplitCell::default()
    };
    let (parts, certificate) = cairn_data::split(&table, &split)?;
    let table = Table::with_parts(table.frame, Some(parts))?;
    let digest = imported.report.digest.clone();
    let split_key = blake3::hash(format!("{digest}\0{split:?}").as_bytes()).to_hex().to_string();
    let prepared = prepare(
        project,
        &Lesson { table: &table, table_key: &split_key, target, ignore: &[], task, encode_text: true },
    )?;
    let name = file.file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned());
    let (rows, columns) = (table.frame.height(), table.frame.width());
    let file_node = Node::new(NodeKind::File, &digest, &name).figure(lineage::bytes(imported.report.size_bytes));
    let dataset = Node::new(NodeKind::Dataset, &digest, &name).figure(lineage::shape(rows, columns));
    let split_node = Node::new(NodeKind::Split, &split_key, "70 / 15 / 15").figure("70 / 15 / 15");
    let split_node = super::table::certified(split_node, &certificate);
    lineage::record(&project.tracker, &file_node, &[])?;
    lineage::record(&project.tracker, &dataset, &[(&file_node, EdgeKind::DerivedFrom)])?;
    lineage::record(&project.tracker, &split_node, &[(&dataset, EdgeKind::Used)])?;
    Ok(Ready { prepared, split: split_node, dataset })
}

/// Carries out `cairn train`.
///
/// # Errors
/// The file, the target or a parameter cannot be used, or the kernel failed.
pub fn train_file(
    engine: &Inner,
    project: &Arc<Project>,
    request: &TrainRequest,
    job: &Job,
) -> Result<TrainResult, ErrorInfo> {
    let ready = ready(project, &request.path, &request.target, request.task, request.seed, job)?;
    let kernel = request.kernel.clone().unwrap_or_else(|| "classic".into());
    let name = request.algorithm.clone().unwrap_or_else(|| "boosted_trees".into());
    let algorithm = engine.kernels.algorithm(&kernel, &name)?;
    let trainer = Trainer {
        engine,
        project,
        prepared: &ready.prepared,
        kernel: &kernel,
        algorithm: &algorithm,
        seed: request.seed,
        threads: machine::threads(),
    };
    let place = Place {
        name: algorithm.title.clone(),
        experiment: request.path.clone(),
        dataset: ready.dataset.id().to_owned(),
        split: ready.split.id().to_owned(),
        warnings: ready.prepared.warnings.clone(),
        ..Place::default()
    };
    let code = keep_code(project, &crate::git::code_state(&project.root))?;
    let mut result = train_and_record(&trainer, &place, &request.params, &code, &[&ready.split], job, None)?;
    if let Some(metric) = &request.metric {
        let mut known = false;
        for part in &mut result.evaluation.parts {
            if let Some(at) = part.metrics.iter().position(|found| found.name == *metric) {
                known = true;
                part.metrics[..=at].rotate_right(1);
            }
        }
        if !known {
            let names: Vec<&str> = result
                .evaluation
                .parts
                .iter()
                .take(1)
                .flat_map(|part| &part.metrics)
                .map(|m| m.name.as_str())
                .collect();
            return Err(ErrorInfo::usage(format!("there is no metric {metric:?} for this target")).hint(format!(
                "metrics are {}; the run is recorded as {}",
                names.join(", "),
                result.run.id
            )));
        }
    }
    Ok(result)
}
