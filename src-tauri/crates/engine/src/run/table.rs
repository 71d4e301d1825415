//! Data, wrangle and split cells: everything that makes a table, and its nodes of the lineage graph.

use std::sync::Arc;

use cairn_data::Table;
use cairn_protocol::{
    ErrorInfo,
    notebook::{Cell, DataCell, SplitCell, SplitMethod, WrangleCell},
    results::{CellResult, CellView, CheckOutcome, SplitResult, WrangleResult},
    runs::NodeKind,
    table::ColumnType,
};

use super::{Made, Run};
use crate::{
    files,
    jobs::Part,
    lineage::{self, Node},
};

/// Names and types of a table's columns.
pub fn schema(table: &Table) -> Vec<(String, ColumnType)> {
    cairn_data::schema(&table.frame)
}

fn table_view(table: &Table) -> CellView {
    CellView {
        rows: Some(table.frame.height() as u64),
        columns: Some(table.frame.width() as u64),
        schema: schema(table),
        summary: lineage::shape(table.frame.height(), table.frame.width()),
        ..CellView::default()
    }
}

/// Reads a file.
pub fn data(run: &Run<'_>, cell: &Cell, data: &DataCell) -> Result<Made, ErrorInfo> {
    let key = run.key(&cell.name)?;
    let path = files::inside(&run.project.root, &data.file)?;
    let shown = |error: cairn_data::DataError| {
        let mut error = ErrorInfo::from(error);
        error.place.file = Some(data.file.clone());
        error
    };
    let progress = Part::new(run.job, 0.0, 0.7, format!("reading {}", data.file));
    let imported = cairn_data::import(&path, &data.options, &progress).map_err(shown)?;
    run.job.progress(Some(0.7), "profiling all rows");
    let profile = cairn_data::profile(&imported.frame);
    run.job.check()?;
    run.job.progress(Some(0.9), "keeping the table");
    let table = Arc::new(Table::new(imported.frame));
    run.project.cache.put_table(&key.whole, Arc::clone(&table))?;
    let mut import = imported.report;
    import.file.clone_from(&data.file);
    let mut view = table_view(&table);
    if import.rejects_total > 0 {
        view.warnings.push(format!("{} rejected", lineage::count(import.rejects_total)));
    }
    let digest = run.project.digests.of(&path)?;
    let file = Node::new(NodeKind::File, &digest, &data.file).figure(lineage::bytes(import.size_bytes));
    let dataset = lineage::cell_node(NodeKind::Dataset, key, cell, &view)
        .detail("format", &import.format)
        .detail("rejected", &import.rejects_total.to_string());
    lineage::record(&run.project.tracker, &file, &[])?;
    lineage::record(&run.project.tracker, &dataset, &[(&file, cairn_protocol::runs::EdgeKind::DerivedFrom)])?;
    Ok(Made { result: CellResult::Data { import, profile }, view })
}

/// Runs a recipe.
pub fn wrangle(run: &Run<'_>, cell: &Cell, wrangle: &WrangleCell) -> Result<Made, ErrorInfo> {
    let key = run.key(&cell.name)?;
    let input = run.table(&wrangle.input)?;
    run.job.progress(Some(0.05), format!("{} steps", wrangle.steps.len()));
    let around = crate::recipe::around(run.project, &wrangle.steps, |name| run.table(name))
        .map_err(|error| error.in_cell(&cell.name))?;
    let recipe =
        cairn_data::run_recipe(&input, &wrangle.steps, &around, &Part::new(run.job, 0.05, 0.7, "running steps"))
            .map_err(|error| ErrorInfo::from(error).in_cell(&cell.name))?;
    run.job.check()?;
    run.job.progress(Some(0.7), "profiling all rows");
    let profile = cairn_data::profile(&recipe.table.frame);
    let table = Arc::new(recipe.table);
    run.project.cache.put_table(&key.whole, Arc::clone(&table))?;
    crate::cache::write_json(&run.project.cache.folder(&key.whole).join("fitted.json"), &recipe.fitted)?;
    let mut view = table_view(&table);
    let on_all = recipe.outcomes.iter().filter(|outcome| outcome.fits_on_all).count();
    if on_all > 0 {
        let verb = if on_all == 1 { "step fits" } else { "steps fit" };
        view.warnings.push(format!("{on_all} {verb} on all rows"));
    }
    let node = lineage::cell_node(NodeKind::Recipe, key, cell, &view);
    let node = recipe.outcomes.iter().zip(&wrangle.steps).enumerate().fold(node, |node, (at, (outcome, step))| {
        let scope = match (outcome.fit_rows, outcome.fits_on_all) {
            (Some(_), true) => " (fit: all)",
            (Some(_), false) => " (fit: train)",
            (None, _) => "",
        };
        node.detail(
            &format!("step {:02}", at + 1),
            &format!("{}: {}{scope}", outcome.title, step.op.columns().join(", ")),
        )
    });
    let mut inputs = Vec::new();
    for name in cell.body.inputs() {
        let input = lineage::of_cell(run, name)?;
        if !inputs.iter().any(|(known, _): &(Node, _)| known.id() == input.id()) {
            inputs.push((input, cairn_protocol::runs::EdgeKind::Used));
        }
    }
    let inputs: Vec<_> = inputs.iter().map(|(node, kind)| (node, *kind)).collect();
    lineage::record(&run.project.tracker, &node, &inputs)?;
    let train_rows = table.train_rows();
    Ok(Made { result: CellResult::Wrangle(WrangleResult { steps: recipe.outcomes, profile, train_rows }), view })
}

/// Draws the parts.
pub fn split(run: &Run<'_>, cell: &Cell, split: &SplitCell) -> Result<Made, ErrorInfo> {
    let key = run.key(&cell.name)?;
    let input = run.table(&split.input)?;
    run.job.progress(Some(0.1), "drawing rows and checking the parts");
    let (parts, result) =
        cairn_data::split(&input, split).map_err(|error| ErrorInfo::from(error).in_cell(&cell.name))?;
    run.job.check()?;
    let table = Arc::new(Table::with_parts(input.frame.clone(), Some(parts))?);
    run.project.cache.put_table(&key.whole, Arc::clone(&table))?;
    let mut view = table_view(&table);
    let percent = |share: f64| format!("{}", (share * 1000.0).round() / 10.0);
    let total = result.counts.iter().sum::<u64>().max(1) as f64;
    // What was asked for; what came of it where a column, cuts or folds decide.
    let asked = split.shares();
    let decided = split.method == SplitMethod::Column || !split.cuts.is_empty() || split.fold_count() > 0;
    let shares: Vec<String> = if decided {
        result.counts.iter().map(|count| percent(*count as f64 / total)).collect()
    } else {
        asked.iter().map(|(_, share)| percent(*share)).collect()
    };
    let shares = shares.join(" / ");
    let (mut passed, mut warned, mut faults) = (0, 0, 0);
    for check in result.checks.iter().chain(result.folds.iter().flat_map(|fold| &fold.checks)) {
        match check.outcome {
            CheckOutcome::Pass => passed += 1,
            CheckOutcome::Warning => warned += 1,
            CheckOutcome::Fault => faults += 1,
        }
    }
    view.summary = format!("{shares}, {} · {passed} checks passed", result.method);
    if warned > 0 {
        view.summary.push_str(&format!(", {warned} warning{}", if warned == 1 { "" } else { "s" }));
    }
    if faults > 0 {
        view.warnings.push(format!("{faults} check{} failed", if faults == 1 { "" } else { "s" }));
    }
    let node = certified(lineage::cell_node(NodeKind::Split, key, cell, &view).figure(shares), &result);
    let input_node = lineage::of_cell(run, &split.input)?;
    lineage::record(&run.project.tracker, &node, &[(&input_node, cairn_protocol::runs::EdgeKind::Used)])?;
    Ok(Made { result: CellResult::Split(result), view })
}

/// A node of a split with what its certificate says, so that every run that used it can name it.
pub fn certified(node: Node, result: &SplitResult) -> Node {
    let rows: Vec<String> = result.counts.iter().map(|rows| lineage::count(*rows)).collect();
    let node = node
        .detail("seed", &result.seed.to_string())
        .detail("rows", &rows.join(" / "))
        .detail("parts", &result.parts.join(" / "))
        .detail("method", &result.method)
        .detail("hash", &result.digest);
    let Some(worst) = result.worst() else { return node };
    match worst.outcome {
        CheckOutcome::Pass => node.detail("certificate", &format!("{} checks passed", result.checks.len())),
        CheckOutcome::Warning => node.detail("certificate", &format!("warning: {}, {}", worst.name, worst.figure)),
        CheckOutcome::Fault => node.detail("certificate", &format!("fault: {}, {}", worst.name, worst.figure)),
    }
}
