//! `cairn sweep`: a W&B sweep file, checked, planned or run here without a notebook.

use cairn_protocol::{
    ErrorInfo, ParamValue, Params, Response,
    door::{SweepFileMode, SweepFileRequest},
    notebook::Objective,
};
use cairn_tuning::SweepFile;

use super::{
    direct::ready,
    machine,
    sweep::{Plan, run_sweep},
    train::{Place, keep_code},
};
use crate::{
    engine::Inner,
    files::{anywhere, io_error},
};

/// Names that a sweep file may use for what is no hyperparameter: which algorithm, and of which kernel.
const ALGORITHM: &str = "algorithm";
const KERNEL: &str = "kernel";

/// Carries out a request about a sweep file.
///
/// # Errors
/// The file has faults (with lines), the data cannot be used, or no trial ended well.
pub fn sweep_file(engine: &Inner, request: &SweepFileRequest) -> Result<Response, ErrorInfo> {
    let project = engine.project().ok();
    let path = anywhere(project.as_ref().map(|project| project.root.as_path()), &request.path);
    let text = std::fs::read_to_string(&path).map_err(|error| io_error("cannot read", &path, &error))?;
    let seed = request.seed.unwrap_or_default();
    let in_file = |error: cairn_tuning::TuningError| ErrorInfo::from(error).in_file(&request.path);
    match request.mode {
        SweepFileMode::Check => return Ok(Response::SweepCheck(cairn_tuning::check(&text))),
        SweepFileMode::Plan => {
            let trials = cairn_tuning::plan(&text, request.count, seed).map_err(in_file)?;
            return Ok(Response::SweepPlan { trials });
        }
        SweepFileMode::Run => {}
    }
    let file = SweepFile::parse(&text).map_err(in_file)?;
    let method = file.runnable_method().map_err(in_file)?;
    let (Some(data), Some(target)) = (&request.data, &request.target) else {
        return Err(ErrorInfo::usage("a sweep needs a table and a target").hint("give --data FILE and --target COLUMN"));
    };
    let project = engine.project()?;
    let job = engine.jobs.begin(format!("Sweep {}", request.path), None);
    let work = || {
        let ready = ready(&project, data, target, None, seed, &job)?;
        let mut fixed = file.fixed.clone();
        let text_of = |fixed: &mut Params, name: &str, default: &str| match fixed.remove(name) {
            Some(ParamValue::Text(text)) => text,
            _ => default.to_owned(),
        };
        let kernel = text_of(&mut fixed, KERNEL, "classic");
        let algorithm = engine.kernels.algorithm(&kernel, &text_of(&mut fixed, ALGORITHM, "boosted_trees"))?;
        let objective = file.objective.clone().unwrap_or_else(|| {
            let (name, goal) = cairn_modelling::primary_metric(ready.prepared.task);
            Objective { name: format!("valid.{name}"), goal }
        });
        let objective = Objective { name: metric_name(&objective.name), goal: objective.goal };
        let limit = [request.count, file.run_cap].into_iter().flatten().min();
        let resume = request.resume.as_ref().map(|id| project.tracker.sweep(id)).transpose()?;
        if let Some(earlier) = &resume
            && (earlier.method != method || earlier.space != file.space || earlier.objective != objective)
        {
            return Err(ErrorInfo::usage(format!(
                "sweep {} was of another search space, method or metric",
                earlier.id
            ))
            .in_file(&request.path)
            .hint("resume it with the file it began with, or run this file anew"));
        }
        let plan = Plan {
            name: if file.name.is_empty() { stem(&request.path) } else { file.name.clone() },
            method,
            trials: limit,
            parallel: request.jobs.unwrap_or_else(|| machine::threads().min(4)).max(1),
            objective,
            seed,
            fixed,
            space: file.space.clone(),
            kernel: &kernel,
            algorithm: &algorithm,
            cell: None,
            resume,
        };
        let place = Place {
            experiment: request.path.clone(),
            dataset: ready.dataset.id().to_owned(),
            split: ready.split.id().to_owned(),
            warnings: ready.prepared.warnings.clone(),
            ..Place::default()
        };
        let code = keep_code(&project, &crate::git::code_state(&project.root))?;
        run_sweep(engine, &project, &plan, &ready.prepared, &place, &code, &ready.split, &job)
    };
    let result = work();
    job.end(result.as_ref().map(|_| ()));
    result.map(Response::Sweep)
}

/// A metric as a sweep file may name it: `auc`, `valid.auc`, `val_auc`, `val/auc`.
fn metric_name(name: &str) -> String {
    for prefix in ["valid.", "train.", "test."] {
        if name.starts_with(prefix) {
            return name.to_owned();
        }
    }
    let bare = ["validation_", "valid_", "val_", "validation/", "valid/", "val/"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name);
    let bare = match bare {
        "loss" | "logloss" => "log_loss",
        "acc" => "accuracy",
        other => other,
    };
    format!("valid.{bare}")
}

fn stem(path: &str) -> String {
    let path = std::path::Path::new(path);
    path.file_stem().map_or_else(|| "sweep".into(), |stem| stem.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_go_by_their_usual_names() {
        for (given, ours) in [
            ("auc", "valid.auc"),
            ("val_loss", "valid.log_loss"),
            ("test.rmse", "test.rmse"),
            ("val/acc", "valid.accuracy"),
        ] {
            assert_eq!(metric_name(given), ours);
        }
    }
}
