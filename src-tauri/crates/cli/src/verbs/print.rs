//! Answers as lines for people.

use cairn_protocol::{
    Params, Real,
    comparison::Comparison,
    door::KernelsView,
    quality::Examination,
    results::{CellOutcome, OutcomeStatus, TrainResult},
    runs::{LineageGraph, RunsDiff, RunsPage},
    sweeps::{SweepCheck, SweepState, TrialState},
    table::{Finding, ImportReport, Profile},
};

mod tables;

pub use tables::{split, wrangled};

/// A table with columns as wide as they need.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(|name| (*name).to_owned()).collect();
    let all: Vec<Vec<String>> = std::iter::once(head).chain(rows.iter().cloned()).collect();
    self::rows(&all)
}

/// Lines of cells, in columns as wide as they need.
pub fn rows(rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| plain(cell)).collect()).collect();
    let mut widths = vec![0; rows.iter().map(Vec::len).max().unwrap_or(0)];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &Vec<String>| {
        let padded: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// A text without what moves the cursor or changes the terminal: names and cells come from files of strangers.
pub fn plain(text: &str) -> String {
    crate::output::visible(text).into_owned()
}

fn figure(value: f64) -> String {
    if value == 0.0 || (value.abs() >= 0.001 && value.abs() < 1e6) {
        let text = format!("{value:.4}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        format!("{value:.3e}")
    }
}

fn opt(value: Option<Real>) -> String {
    value.map_or_else(String::new, |Real(value)| figure(value))
}

/// What an import found.
pub fn import(report: &ImportReport, out: Option<&str>, rejects_out: Option<&str>) -> String {
    let shown = |text: &str| match text {
        "\n" => "LF".to_owned(),
        "\r\n" => "CRLF".to_owned(),
        "\r" => "CR".to_owned(),
        "\t" => "tab".to_owned(),
        "," => "comma".to_owned(),
        ";" => "semicolon".to_owned(),
        other => other.to_owned(),
    };
    let mut parts = vec![match report.container.as_str() {
        "" => report.format.clone(),
        container => format!("{} in {container}", report.format),
    }];
    if !report.table.is_empty() {
        parts.push(format!("table «{}»", report.table));
    }
    if !report.files.is_empty() {
        parts.push(format!("{} files", report.files.len()));
    }
    if report.format == "csv" {
        parts.extend([report.encoding.clone(), shown(&report.delimiter), shown(&report.line_end)]);
    }
    if matches!(report.format.as_str(), "csv" | "excel") {
        parts.push(if report.header { "header".into() } else { "no header".into() });
        if report.preamble_lines > 0 {
            parts.push(format!("{} lines before the table", report.preamble_lines));
        }
    }
    parts.push(format!("{} rows", report.rows));
    parts.push(format!("{} columns", report.columns.len()));
    parts.push(format!("{} rejected", report.rejects_total));
    let parts = plain(&parts.join(" · "));
    let mut text = format!("{}: {parts} ({:.2} s)\n", plain(&report.file), report.elapsed_secs);
    let rows: Vec<Vec<String>> = report
        .columns
        .iter()
        .map(|column| vec![column.name.clone(), column.column_type.as_str().into(), column.nulls.to_string()])
        .collect();
    text.push_str(&table(&["column", "type", "empty"], &rows));
    if !report.tables.is_empty() {
        text.push_str(&format!("tables (--table NAME): {}\n", plain(&report.tables.join(" · "))));
    }
    for note in &report.notes {
        text.push_str(&format!("note: {}\n", plain(note)));
    }
    for reject in report.rejects.iter().take(20) {
        text.push_str(&format!(
            "rejected: line {} (byte {}): {}: {}\n",
            reject.line,
            reject.byte_offset,
            plain(&reject.reason),
            plain(&reject.text)
        ));
    }
    if report.rejects_total > 20 {
        text.push_str(&format!("… and {} more; --rejects FILE.csv writes them all\n", report.rejects_total - 20));
    }
    if let Some(out) = out {
        text.push_str(&format!("wrote {out}\n"));
    }
    if let Some(out) = rejects_out {
        text.push_str(&format!("wrote {} rejected records to {out}\n", report.rejects_total));
    }
    text
}

/// Figures of a table's columns.
pub fn profile(profile: &Profile) -> String {
    let scope = if profile.rows_profiled == profile.rows { "exact, all rows" } else { "on a sample" };
    let mut text = format!("{} rows, {scope} ({:.2} s)\n", profile.rows, profile.elapsed_secs);
    let rows: Vec<Vec<String>> = profile
        .columns
        .iter()
        .map(|column| {
            let top = column.top.first().map(|top| format!("{} ({})", top.value, top.count)).unwrap_or_default();
            let scalar = |value: &Option<cairn_protocol::table::Scalar>| {
                value.as_ref().map(|value| value.to_string().chars().take(20).collect::<String>()).unwrap_or_default()
            };
            vec![
                column.name.clone(),
                column.column_type.as_str().into(),
                column.nulls.to_string(),
                column.distinct.to_string(),
                scalar(&column.min),
                scalar(&column.max),
                opt(column.mean),
                opt(column.std),
                top.chars().take(28).collect(),
            ]
        })
        .collect();
    text.push_str(&table(&["column", "type", "empty", "distinct", "min", "max", "mean", "std", "top"], &rows));
    for finding in &profile.findings {
        let severity = format!("{:?}", finding.severity).to_lowercase();
        let column = if finding.column.is_empty() { String::new() } else { format!("{} ", finding.column) };
        text.push_str(&format!("{severity}: {}\n", plain(&format!("{column}{}", finding.message))));
    }
    text
}

/// A profile with its quality and associations.
pub fn examination(found: &Examination) -> String {
    let mut figures = found.profile.clone();
    figures.findings.clear();
    let mut text = profile(&figures);
    text.push_str(&findings(&found.quality.findings));
    if let Some(target) = &found.quality.target {
        let rows: Vec<Vec<String>> = found
            .quality
            .predictive_power
            .iter()
            .map(|power| {
                let value = format!("{} {}", power.metric, figure(power.value.0));
                let leaks = if power.leaks { "leaks" } else { "" };
                vec![power.column.clone(), figure(power.skill.0), value, leaks.into()]
            })
            .collect();
        text.push_str(&format!("\nalone predicts {target}, out of fold\n"));
        text.push_str(&table(&["column", "skill", "metric", ""], &rows));
    }
    let associations = &found.associations;
    let mut strongest: Vec<(f64, Vec<String>)> = associations
        .pairs
        .iter()
        .filter_map(|pair| {
            let value = pair.value?.0;
            let name = |at: usize| associations.columns.get(at).map(|column| column.name.clone()).unwrap_or_default();
            let row =
                vec![name(pair.a), name(pair.b), pair.measure.replace('_', " "), figure(value), opt(pair.spearman)];
            Some((value.abs(), row))
        })
        .collect();
    strongest.sort_by(|a, b| b.0.total_cmp(&a.0));
    let rows: Vec<Vec<String>> = strongest.into_iter().take(10).map(|(_, row)| row).collect();
    if !rows.is_empty() {
        text.push_str("\nstrongest associations\n");
        text.push_str(&table(&["column", "with", "measure", "value", "spearman"], &rows));
    }
    for note in found.quality.notes.iter().chain(&associations.notes) {
        text.push_str(&format!("note: {}\n", plain(note)));
    }
    text
}

fn findings(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let severity = format!("{:?}", finding.severity).to_lowercase();
        let column = if finding.column.is_empty() { String::new() } else { format!("{} ", finding.column) };
        let step = finding.suggested_step.as_ref().map(|step| format!(" → {}", step.op.title())).unwrap_or_default();
        format!("{severity}: {}{step}\n", plain(&format!("{column}{}", finding.message)))
    };
    findings.iter().map(line).collect()
}

/// How two tables differ.
pub fn comparison(found: &Comparison) -> String {
    let mut text = format!(
        "{} rows × {} columns, then {} rows × {} columns ({:.2} s)\n",
        found.a.rows, found.a.columns, found.b.rows, found.b.columns, found.elapsed_secs
    );
    let rows = &found.rows;
    let both = if rows.keys.is_empty() {
        format!("{} rows in both", rows.both)
    } else {
        format!("{} rows in both, {} of them changed", rows.both, rows.changed)
    };
    text.push_str(&format!("{both}; {} only in the first, {} only in the second\n", rows.only_a, rows.only_b));
    for changed in &rows.changed_cells {
        text.push_str(&format!("changed: {} in {} rows\n", plain(&changed.column), changed.cells));
    }
    text.push_str(&findings(&found.findings));
    let lines: Vec<Vec<String>> = found
        .drift
        .iter()
        .map(|drift| {
            vec![
                drift.column.clone(),
                drift.column_type.as_str().into(),
                format!("{:?}", drift.level).to_lowercase(),
                opt(drift.psi),
                opt(drift.ks),
                opt(drift.ks_p),
                opt(drift.mean_a),
                opt(drift.mean_b),
            ]
        })
        .collect();
    text.push_str(&table(&["column", "type", "drift", "psi", "ks", "p", "mean, first", "mean, second"], &lines));
    text
}

/// What happened to the cells of a notebook.
pub fn outcomes(cells: &[CellOutcome]) -> String {
    let rows: Vec<Vec<String>> = cells
        .iter()
        .map(|cell| {
            let status = match cell.status {
                OutcomeStatus::Done => "done",
                OutcomeStatus::Cached => "cached",
                OutcomeStatus::Failed => "failed",
                OutcomeStatus::Skipped => "skipped",
            };
            let message = cell.message.lines().next().unwrap_or_default().to_owned();
            vec![
                cell.name.clone(),
                cell.kind.as_str().into(),
                status.into(),
                format!("{:.2} s", cell.elapsed_secs),
                message,
            ]
        })
        .collect();
    table(&["cell", "kind", "status", "time", "result"], &rows)
}

/// A run with its evaluation.
pub fn trained(result: &TrainResult) -> String {
    let run = &result.run;
    let mut text = format!("run {} · {} · {} · {:.2} s\n", run.id, run.name, run.status.as_str(), run.duration_secs);
    if !run.reason.is_empty() {
        text.push_str(&format!("{}\n", run.reason));
    }
    let mut rows = Vec::new();
    for part in &result.evaluation.parts {
        for metric in &part.metrics {
            let interval = metric
                .interval
                .map(|(low, high)| format!("{} to {}", figure(low.0), figure(high.0)))
                .unwrap_or_default();
            rows.push(vec![
                part.part.clone(),
                metric.title.clone(),
                figure(metric.value.0),
                interval,
                opt(metric.baseline),
            ]);
        }
    }
    if !rows.is_empty() {
        text.push_str(&table(&["part", "metric", "value", "95 % interval", "without a model"], &rows));
    }
    let params: Vec<String> = run.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
    text.push_str(&format!("params: {}\n", params.join(" ")));
    for warning in &run.warnings {
        text.push_str(&format!("warning: {warning}\n"));
    }
    text
}

/// Runs, a line each.
pub fn runs(page: &RunsPage) -> String {
    let leading = ["valid.auc", "valid.accuracy", "valid.rmse", "valid.r2", "valid.log_loss"];
    let shown: Vec<&str> =
        leading.into_iter().filter(|name| page.runs.iter().any(|run| run.metrics.contains_key(*name))).collect();
    let mut head = vec!["id", "name", "status", "started", "time"];
    head.extend(&shown);
    let rows: Vec<Vec<String>> = page
        .runs
        .iter()
        .map(|run| {
            let mut row = vec![
                run.id.clone(),
                run.name.clone(),
                run.status.as_str().into(),
                run.started_at.chars().take(19).collect(),
                format!("{:.2} s", run.duration_secs),
            ];
            row.extend(shown.iter().map(|name| opt(run.metrics.get(*name).copied())));
            row
        })
        .collect();
    format!("{}{} of {} runs\n", table(&head, &rows), page.runs.len(), page.total)
}

/// How two runs differ.
pub fn diff(diff: &RunsDiff) -> String {
    if diff.entries.is_empty() {
        return "no difference".into();
    }
    let absent = || "–".to_owned();
    let rows: Vec<Vec<String>> = diff
        .entries
        .iter()
        .map(|entry| {
            let cut = |text: &Option<String>| {
                text.as_ref()
                    .map_or_else(absent, |text| text.lines().next().unwrap_or_default().chars().take(60).collect())
            };
            vec![entry.group.clone(), entry.name.clone(), cut(&entry.a), cut(&entry.b)]
        })
        .collect();
    table(&["group", "name", &diff.a, &diff.b], &rows)
}

/// Nodes, then what each comes from.
pub fn lineage(graph: &LineageGraph) -> String {
    let mut text = String::new();
    for node in &graph.nodes {
        let stale = if node.stale { " (stale)" } else { "" };
        text.push_str(&format!("{} · {} v{} · {}{stale}\n", node.id, node.name, node.version, node.figure));
        for edge in graph.edges.iter().filter(|edge| edge.to == node.id) {
            text.push_str(&format!("    ← {}\n", edge.from));
        }
    }
    text
}

/// Kernels and what they train.
pub fn kernels(view: &KernelsView) -> String {
    let mut text = String::new();
    for kernel in &view.kernels {
        text.push_str(&format!("{} {} · {} · {}\n", kernel.name, kernel.version, kernel.status, kernel.path));
        for device in &kernel.devices {
            text.push_str(&format!("  device {}: {}\n", device.id, device.name));
        }
        for algorithm in &kernel.algorithms {
            text.push_str(&format!("  {}: {}\n", algorithm.name, algorithm.help));
            for param in &algorithm.params {
                text.push_str(&format!("    {} = {}  {}\n", param.name, param.default, param.help));
            }
        }
    }
    if text.is_empty() { "no kernel was found".into() } else { text }
}

/// What a kernel keeps of the protocol.
pub fn kernel_check(checks: &[cairn_protocol::results::Check]) -> String {
    let rows: Vec<Vec<String>> = checks
        .iter()
        .map(|check| {
            let outcome = match check.outcome {
                cairn_protocol::results::CheckOutcome::Pass => "passed",
                cairn_protocol::results::CheckOutcome::Warning => "warning",
                cairn_protocol::results::CheckOutcome::Fault => "FAULT",
            };
            vec![outcome.to_owned(), check.name.clone(), check.figure.lines().next().unwrap_or_default().to_owned()]
        })
        .collect();
    table(&["", "check", "figure"], &rows)
}

/// Faults of a sweep file.
pub fn check(check: &SweepCheck) -> String {
    if check.valid {
        return "valid".into();
    }
    check.violations.iter().map(|fault| format!("line {}: {}: {}\n", fault.line, fault.path, fault.message)).collect()
}

/// The trials of a sweep file.
pub fn plan(trials: &[Params]) -> String {
    let Some(first) = trials.first() else { return "no trials".into() };
    let head: Vec<&str> = first.keys().map(String::as_str).collect();
    let rows: Vec<Vec<String>> =
        trials.iter().map(|trial| trial.values().map(std::string::ToString::to_string).collect()).collect();
    table(&head, &rows)
}

/// A sweep that ended.
pub fn sweep(state: &SweepState) -> String {
    let mut trials: Vec<_> = state.trials.iter().filter(|trial| trial.state == TrialState::Complete).collect();
    trials.sort_by(|a, b| {
        let key = |value: Option<Real>| value.map_or(f64::NAN, |Real(value)| value);
        if state.objective.goal.better(key(a.value), key(b.value)) {
            std::cmp::Ordering::Less
        } else {
            std::cmp::Ordering::Greater
        }
    });
    let rows: Vec<Vec<String>> = trials
        .iter()
        .take(10)
        .map(|trial| {
            let params: Vec<String> = trial.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
            vec![trial.number.to_string(), opt(trial.value), format!("{:.2} s", trial.duration_secs), params.join(" ")]
        })
        .collect();
    let failed = state.trials.iter().filter(|trial| trial.state == TrialState::Failed).count();
    format!(
        "sweep {} · {} · {} trials, {failed} failed · {:.1} s\n{}",
        state.id,
        state.status.as_str(),
        state.trials.len(),
        state.duration_secs,
        table(&["trial", &state.objective.name, "time", "parameters"], &rows)
    )
}
