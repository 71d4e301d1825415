//! Reports: everything a page shows is gathered here as data; the reports crate only draws it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use cairn_protocol::{
    ErrorInfo, Real,
    notebook::{Cell, CellBody, Goal, Notebook, ReportCell, ReportSection},
    results::{CellResult, CellView, ReportContent, ReportDataset, ReportRecipe, ReportResult, TrainResult},
    runs::{EdgeKind, LineageGraph, NodeKind},
};

use super::{Made, Run};
use crate::{
    files::{self, safe_name, write_whole},
    lineage::{self, Node},
    notebook::graph,
    project::Project,
};

/// Runs a report cell.
pub fn report(run: &Run<'_>, cell: &Cell, report: &ReportCell) -> Result<Made, ErrorInfo> {
    if report.inputs.is_empty() {
        return Err(ErrorInfo::usage("the report reads no cell yet").hint("choose train or sweep cells for it"));
    }
    run.job.progress(Some(0.2), "gathering");
    let content = content_of_cell(run, cell, report)?;
    run.job.progress(Some(0.6), "drawing");
    let notebook_name = Path::new(run.path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = format!("{} – {}", notebook_name.unwrap_or_default(), cell.name);
    let path = run.project.root.join("reports").join(format!("{}.html", safe_name(&name)));
    let key = run.key(&cell.name)?;
    let inputs =
        content.models.iter().map(|model| Node::new(NodeKind::Run, &model.run.id, &model.run.name)).collect::<Vec<_>>();
    let result = write_report(run.project, content, &path, &key.whole, &inputs)?;
    let view = CellView {
        summary: format!("{} · {}", result.path, lineage::bytes(result.size_bytes)),
        ..CellView::default()
    };
    Ok(Made { result: CellResult::Report(result), view })
}

/// Draws a report, writes it whole, and records it.
///
/// # Errors
/// The file cannot be written.
pub fn write_report(
    project: &Project,
    content: ReportContent,
    path: &Path,
    key: &str,
    inputs: &[Node],
) -> Result<ReportResult, ErrorInfo> {
    let html = cairn_reports::html(&content)?;
    write_whole(path, html.as_bytes())?;
    let digest = blake3::hash(html.as_bytes()).to_hex().to_string();
    let node = Node::new(NodeKind::Report, key, &content.title).figure(lineage::bytes(html.len() as u64));
    let edges: Vec<(&Node, EdgeKind)> = inputs.iter().map(|node| (node, EdgeKind::Used)).collect();
    lineage::record(&project.tracker, &node, &edges)?;
    Ok(ReportResult {
        id: node.id().to_owned(),
        path: files::relative_to(&project.root, path).unwrap_or_else(|| path.display().to_string()),
        title: content.title.clone(),
        size_bytes: html.len() as u64,
        digest,
        content,
    })
}

fn content_of_cell(run: &Run<'_>, cell: &Cell, report: &ReportCell) -> Result<ReportContent, ErrorInfo> {
    let mut content = ReportContent {
        title: report.title.clone().unwrap_or_else(|| run.notebook.title.clone()),
        summary: report.summary.clone(),
        project: run.project.name(),
        made_at: crate::now(),
        sections: if report.sections.is_empty() { ReportSection::ALL.to_vec() } else { report.sections.clone() },
        ..ReportContent::default()
    };
    let target = target_of(run.notebook, report);
    let mut sources = graph::ancestors(run.notebook, &cell.name);
    sources.sort_by_key(|source| run.notebook.cells.iter().position(|cell| cell.name == source.name));
    let mut warnings = BTreeSet::new();
    for source in sources {
        let key = run.key(&source.name)?;
        let Some(result) = run.project.cache.result(&key.whole) else { continue };
        if let Some(view) = run.project.cache.view(&key.whole) {
            warnings.extend(view.warnings.iter().map(|warning| format!("{}: {warning}", source.name)));
        }
        gather(run, source, &result, &target, &mut content)?;
    }
    content.warnings = warnings.into_iter().collect();
    finish(run.project, &mut content);
    content.repeat = repeat(run, cell);
    content.facts.insert(
        "notebook".into(),
        format!("b3:{}", blake3::hash(crate::notebook::document::print(run.notebook)?.as_bytes(),).to_hex()),
    );
    Ok(content)
}

fn target_of(notebook: &Notebook, report: &ReportCell) -> String {
    report
        .inputs
        .iter()
        .filter_map(|input| match &graph::find(notebook, input)?.body {
            CellBody::Train(train) => Some(train.target.clone()),
            CellBody::Sweep(sweep) => Some(sweep.target.clone()),
            _ => None,
        })
        .next()
        .unwrap_or_default()
}

fn gather(
    run: &Run<'_>,
    source: &Cell,
    result: &CellResult,
    target: &str,
    content: &mut ReportContent,
) -> Result<(), ErrorInfo> {
    match result {
        CellResult::Data { import, profile } => content.datasets.push(ReportDataset {
            name: source.name.clone(),
            import: import.clone(),
            profile: profile.clone(),
            target: target.to_owned(),
        }),
        CellResult::Wrangle(wrangle) => {
            let CellBody::Wrangle(body) = &source.body else { return Ok(()) };
            let view = run.project.cache.view(&run.key(&source.name)?.whole);
            let shape = view.and_then(|view| view.rows.zip(view.columns)).unwrap_or_default();
            let steps = body.steps.iter().zip(&wrangle.steps);
            let steps = steps.map(|(step, outcome)| (step.op.columns().join(", "), outcome.clone())).collect();
            content.recipes.push(ReportRecipe { name: source.name.clone(), steps, shape });
        }
        CellResult::Split(split) => content.splits.push((source.name.clone(), split.clone())),
        CellResult::Train(train) => content.models.push(train.clone()),
        CellResult::Sweep(sweep) => {
            if let Some(best) = &sweep.best
                && let Ok(result) = result_of_run(run.project, &best.run_id)
            {
                content.models.push(result);
            }
            content.sweeps.push(sweep.clone());
        }
        CellResult::Report(_) => {}
    }
    Ok(())
}

/// Everything known of a run that ended well.
///
/// # Errors
/// There is no such run, or it left no result.
pub fn result_of_run(project: &Project, id: &str) -> Result<TrainResult, ErrorInfo> {
    let run = project.tracker.run(id)?;
    let artifact = project.tracker.artifacts_of(&run.id)?.into_iter().find(|artifact| artifact.name == "result.json");
    let curves = || project.tracker.series(std::slice::from_ref(&run.id), &[], 400);
    let Some(artifact) = artifact else {
        return Ok(TrainResult { curves: curves()?, run, ..TrainResult::default() });
    };
    let path = project.tracker.artifacts().path(&artifact.digest)?;
    let mut result: TrainResult = crate::cache::read_json(&path).ok_or_else(|| {
        ErrorInfo::bad_input("the stored result of the run cannot be read").hint("cairn verify says what is damaged")
    })?;
    result.run = run;
    Ok(result)
}

/// Orders the models, writes the headline, cuts the lineage to what the report shows.
fn finish(project: &Project, content: &mut ReportContent) {
    let first = content.models.iter().find_map(|model| {
        model
            .evaluation
            .parts
            .first()
            .and_then(|part| part.metrics.first())
            .map(|metric| (metric.name.clone(), metric.goal))
    });
    content.metric.clone_from(&first);
    if let Some((metric, goal)) = &first {
        content.models.sort_by(|a, b| {
            let (a, b) = (value(a, "valid", metric), value(b, "valid", metric));
            match goal {
                Goal::Maximize => b.total_cmp(&a),
                Goal::Minimize => a.total_cmp(&b),
            }
        });
        content.headline = headline(content, metric);
    }
    let ids: Vec<String> = content.models.iter().map(|model| cairn_tracking::run_node_id(&model.run.id)).collect();
    content.lineage = ancestry(project, &ids);
    let facts = &mut content.facts;
    if let Some(model) = content.models.first() {
        let run = &model.run;
        facts.insert(
            "commit".into(),
            if run.commit.is_empty() {
                "not in a git repository".into()
            } else {
                format!(
                    "{}{}",
                    run.commit,
                    if run.dirty { ", with uncommitted changes (kept with the run)" } else { ", clean" }
                )
            },
        );
        facts.insert("kernel".into(), run.kernel.clone());
        for (name, value) in &run.machine {
            if matches!(name.as_str(), "os" | "cpu" | "threads") {
                facts.insert(format!("machine {name}"), value.clone());
            }
        }
    }
    facts.insert("cairn".into(), env!("CARGO_PKG_VERSION").into());
    for dataset in &content.datasets {
        facts.insert(format!("data {}", dataset.import.file), format!("b3:{}", dataset.import.digest));
    }
}

fn value(model: &TrainResult, part: &str, metric: &str) -> f64 {
    let parts = &model.evaluation.parts;
    let part = parts.iter().find(|found| found.part == part).or(parts.last());
    part.and_then(|part| part.metrics.iter().find(|found| found.name == metric))
        .map_or(f64::NAN, |metric| metric.value.0)
}

fn headline(content: &ReportContent, metric: &str) -> Vec<String> {
    let Some(best) = content.models.first() else { return Vec::new() };
    let Some(part) = best.evaluation.parts.iter().find(|part| part.part == "test").or(best.evaluation.parts.last())
    else {
        return Vec::new();
    };
    let Some(found) = part.metrics.iter().find(|found| found.name == metric) else { return Vec::new() };
    let figure = |Real(value): Real| lineage::figure(value);
    let interval = found
        .interval
        .map(|(low, high)| format!(", 95 % interval {} to {}", figure(low), figure(high)))
        .unwrap_or_default();
    let against =
        found.baseline.map(|base| format!(" A guess without looking reaches {}.", figure(base))).unwrap_or_default();
    let unseen = if part.part == "test" { " that no model was fitted or chosen on" } else { "" };
    let mut sentences = vec![format!(
        "{} reaches {} {}{interval} on {} {} rows{unseen}.{against}",
        best.run.name,
        found.title,
        figure(found.value),
        lineage::count(part.rows),
        part.part,
    )];
    if let Some(second) = content.models.get(1)
        && let Some(other) = second
            .evaluation
            .parts
            .iter()
            .find(|found| found.part == part.part)
            .and_then(|part| part.metrics.iter().find(|found| found.name == metric))
        && let (Some((low, high)), Real(value)) = (found.interval, other.value)
    {
        sentences.push(if (low.0..=high.0).contains(&value) {
            format!("{} reaches {}, which lies within that interval.", second.run.name, figure(other.value))
        } else {
            format!("{} reaches {}.", second.run.name, figure(other.value))
        });
    }
    sentences
}

/// The nodes that lead to some nodes, the nodes themselves and their models.
fn ancestry(project: &Project, ids: &[String]) -> LineageGraph {
    let mut all = LineageGraph::default();
    for id in ids {
        let Ok(graph) = project.tracker.graph(Some(id)) else { continue };
        let mut keep: BTreeSet<String> = BTreeSet::from([id.clone()]);
        loop {
            let before = keep.len();
            for edge in &graph.edges {
                let to_model = edge.from == *id && edge.kind == EdgeKind::Produced;
                if keep.contains(&edge.to) && edge.to.split(':').next() != Some("model") {
                    keep.insert(edge.from.clone());
                }
                if to_model {
                    keep.insert(edge.to.clone());
                }
            }
            if keep.len() == before {
                break;
            }
        }
        for node in graph.nodes.into_iter().filter(|node| keep.contains(&node.id)) {
            if !all.nodes.iter().any(|known| known.id == node.id) {
                all.nodes.push(node);
            }
        }
        for edge in graph.edges.into_iter().filter(|edge| keep.contains(&edge.from) && keep.contains(&edge.to)) {
            if !all.edges.contains(&edge) {
                all.edges.push(edge);
            }
        }
    }
    all
}

fn repeat(run: &Run<'_>, cell: &Cell) -> Vec<String> {
    let quoted = |text: &str| {
        let plain = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'));
        if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
    };
    let mut lines = Vec::new();
    if !run.code.commit.is_empty() {
        lines.push(format!("git checkout {}", &run.code.commit[..run.code.commit.len().min(12)]));
    }
    lines.push(format!("cairn run {} --cell {}", quoted(run.path), quoted(&cell.name)));
    lines
}

/// A report on one run.
///
/// # Errors
/// There is no such run.
pub fn content_of_run(project: &Project, id: &str) -> Result<ReportContent, ErrorInfo> {
    let model = result_of_run(project, id)?;
    let mut content = ReportContent {
        title: model.run.name.clone(),
        project: project.name(),
        made_at: crate::now(),
        sections: vec![
            ReportSection::Leaderboard,
            ReportSection::Curves,
            ReportSection::Importance,
            ReportSection::Lineage,
            ReportSection::Repeat,
        ],
        warnings: model.run.warnings.clone(),
        facts: BTreeMap::new(),
        models: vec![model],
        ..ReportContent::default()
    };
    finish(project, &mut content);
    let run = &content.models[0].run;
    if !run.cell.is_empty() {
        content.repeat = vec![format!("cairn run '{}' --cell '{}'", run.experiment, run.cell)];
    }
    Ok(content)
}
