//! A notebook about patients, with results for every kind of cell: what a scripted engine answers.

use cairn_protocol::{
    Algorithm, Device, ErrorInfo, FeatureImportance, Hyperparameter, HyperparameterKind, ParamValue, Real, Request,
    Response, Task,
    door::{CodeTarget, KernelView, KernelsView, NotebookView, ProjectView, StepPreview},
    notebook::{Cell, CellBody, Goal, Notebook},
    results::{
        CellResult, CellState, CellView, Check, CheckOutcome, ClassCounts, Evaluation, MetricValue, PartEvaluation,
        Prediction, ReportResult, SplitResult, StepOutcome, TrainResult, WrangleResult,
    },
    runs::{MetricSeries, Run, RunStatus},
    steps::{Step, StepOp},
    sweeps::{BestTrial, SweepState, Trial, TrialState},
    table::{
        ColumnChange, ColumnProfile, ColumnType, Finding, Histogram, ImportReport, ImportedColumn, PageColumn, Profile,
        Reject, Severity, TablePage, TopValue,
    },
};

/// Path of the notebook.
pub const PATH: &str = "notebooks/stroke.cairn";

const COLUMNS: [(&str, ColumnType); 12] = [
    ("age", ColumnType::Int),
    ("sex", ColumnType::Text),
    ("smoking", ColumnType::Text),
    ("systolic_bp", ColumnType::Int),
    ("glucose", ColumnType::Float),
    ("bmi", ColumnType::Float),
    ("employment", ColumnType::Text),
    ("conditions", ColumnType::Text),
    ("income_band", ColumnType::Category),
    ("region", ColumnType::Text),
    ("visits", ColumnType::Int),
    ("stroke", ColumnType::Int),
];

fn cell(name: &str, body: serde_json::Value) -> Cell {
    Cell { name: name.into(), body: serde_json::from_value::<CellBody>(body).unwrap() }
}

/// The cells.
pub fn cells() -> Vec<Cell> {
    use serde_json::json;
    vec![
        cell("Patients", json!({"kind": "data", "file": "data/patients.csv"})),
        cell(
            "Split",
            json!({"kind": "split", "input": "Patients", "method": "stratified", "by": "stroke",
                   "train": 0.7, "valid": 0.15, "test": 0.15, "seed": 20}),
        ),
        cell(
            "Encode",
            json!({"kind": "wrangle", "input": "Split", "step": [
                {"op": "cast", "columns": ["age", "systolic_bp", "visits", "stroke"], "to": "int"},
                {"op": "impute", "columns": ["bmi", "systolic_bp"], "strategy": "median"},
                {"op": "impute", "columns": ["glucose"], "strategy": "median", "fit": "all"},
                {"op": "split_flags", "column": "conditions", "separator": ";"},
                {"op": "scale", "columns": ["age"], "method": "standard", "enabled": false},
                {"op": "one_hot", "columns": ["smoking"], "rare_below_percent": 1.0, "unseen": "other"},
            ]}),
        ),
        cell(
            "Boosted trees",
            json!({"kind": "train", "input": "Encode", "target": "stroke", "kernel": "classic",
                   "algorithm": "boosted_trees", "params": {"learning_rate": 0.03}}),
        ),
        cell(
            "Tune",
            json!({"kind": "sweep", "input": "Encode", "target": "stroke", "kernel": "classic",
                   "algorithm": "boosted_trees", "trials": 50, "parallel": 2,
                   "objective": {"name": "valid.auc", "goal": "maximize"},
                   "space": [
                     {"name": "learning_rate", "type": "float", "low": 0.005, "high": 0.2, "log": true},
                     {"name": "max_leaves", "type": "int", "low": 8, "high": 128, "log": true},
                     {"name": "growth", "type": "choice", "choices": ["depth", "leaf"]}]}),
        ),
        cell("Review", json!({"kind": "report", "inputs": ["Boosted trees", "Tune"], "title": "Stroke risk"})),
        cell("Why", json!({"kind": "note", "text": "## Why this\nThe clinic asks who should be **called** first."})),
    ]
}

fn schema() -> Vec<(String, ColumnType)> {
    COLUMNS.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect()
}

/// The notebook as it stands after everything ran once and a step of Encode changed.
pub fn view() -> NotebookView {
    let state = |name: &str, state: CellState, summary: &str, elapsed_secs: f64| CellView {
        name: name.into(),
        state,
        summary: summary.into(),
        elapsed_secs,
        ran_at: "2025-11-20T10:00:00Z".into(),
        ..CellView::default()
    };
    let mut states = vec![
        CellView {
            schema: schema(),
            rows: Some(20_000),
            columns: Some(12),
            ..state("Patients", CellState::UpToDate, "20,000 × 12", 0.3)
        },
        CellView { schema: schema(), ..state("Split", CellState::UpToDate, "70 / 15 / 15, stratified by stroke", 0.1) },
        CellView {
            schema: schema(),
            warnings: vec!["1 step fits on all rows".into()],
            ..state("Encode", CellState::UpToDate, "20,000 × 21", 2.1)
        },
        CellView {
            why: "step 6 of Encode changed".into(),
            run_id: Some("run41".into()),
            warnings: vec!["figures lean on Encode step 3".into()],
            ..state("Boosted trees", CellState::Stale, "AUC 0.861 ±0.013", 46.0)
        },
        CellView { why: "step 6 of Encode changed".into(), ..state("Tune", CellState::Stale, "best AUC 0.872", 300.0) },
        CellView { ran_at: String::new(), state: CellState::Failed, ..state("Review", CellState::Failed, "", 0.0) },
        state("Why", CellState::UpToDate, "", 0.0),
    ];
    let error = ErrorInfo::failed("The cell Tune is stale").in_cell("Review").hint("Run Tune, then this cell again");
    states[5].error = Some(error);
    NotebookView {
        path: PATH.into(),
        revision: 7,
        notebook: Notebook { schema: 1, title: "Stroke risk".into(), cells: cells() },
        cells: states,
        can_undo: true,
        can_redo: false,
        auto_run: false,
        saved_at: "2026-11-20T12:03:07Z".into(),
        stale_secs: Some(55.0),
    }
}

fn value_of(column: &str, row: u64) -> Option<String> {
    let pick = |all: &[&str]| Some(all[((row * 7 + row / 3) % all.len() as u64) as usize].to_owned());
    match column {
        "age" => Some((30 + row * 13 % 55).to_string()),
        "sex" => pick(&["M", "F", "F"]),
        "smoking" if row % 5 == 3 => None,
        "smoking" => pick(&["never", "never", "former", "current", "unknown"]),
        "systolic_bp" => Some((95 + row * 17 % 60).to_string()),
        "glucose" => Some(format!("{:.1}", 70.0 + (row * 31 % 900) as f64 / 10.0)),
        "bmi" if row % 11 == 2 => None,
        "bmi" => Some(format!("{:.1}", 19.0 + (row * 29 % 190) as f64 / 10.0)),
        "employment" => pick(&["public", "private", "self-employed"]),
        "conditions" if !row.is_multiple_of(3) => None,
        "conditions" => pick(&["hypertension", "diabetes;afib"]),
        "income_band" => pick(&["upper-mid", "low", "high", "lower-mid"]),
        "region" => pick(&["Central", "West", "South", "North", "East"]),
        "visits" => Some((row % 9).to_string()),
        "stroke" => Some(u64::from(row.is_multiple_of(16)).to_string()),
        added => Some(u64::from(added.ends_with(if row.is_multiple_of(2) { "never" } else { "former" })).to_string()),
    }
}

fn page_column(name: &str, kind: ColumnType, first: u64, rows: u64, change: ColumnChange) -> PageColumn {
    PageColumn {
        name: name.into(),
        column_type: kind,
        cells: (first..first + rows).map(|row| value_of(name, row)).collect(),
        change,
        changed: Vec::new(),
    }
}

fn profile() -> Profile {
    let column = |(name, kind): &(&str, ColumnType)| {
        let numeric = kind.is_numeric();
        let distinct = match *name {
            "stroke" => 2,
            "age" => 77,
            _ if numeric => 240,
            _ => 5,
        };
        ColumnProfile {
            name: (*name).into(),
            column_type: *kind,
            nulls: match *name {
                "smoking" => 713,
                "bmi" => 792,
                "conditions" => 13_298,
                _ => 0,
            },
            distinct,
            min: None,
            max: None,
            mean: numeric.then_some(Real(50.0)),
            std: numeric.then_some(Real(9.0)),
            skew: None,
            kurtosis: None,
            quantiles: None,
            histogram: numeric.then(|| Histogram {
                edges: (0..=20).map(|edge| Real(f64::from(edge))).collect(),
                counts: (0..20_i64).map(|bin| (400 - (bin - 8).pow(2) * 4).max(5).unsigned_abs()).collect(),
                ..Histogram::default()
            }),
            top: if numeric {
                Vec::new()
            } else {
                ["never", "former", "current"]
                    .iter()
                    .zip([8843, 5149, 3184])
                    .map(|(value, count)| TopValue { value: (*value).into(), count })
                    .collect()
            },
            text: None,
        }
    };
    let step = serde_json::from_value(serde_json::json!({"op": "impute", "columns": ["visits"], "strategy": "mode"}));
    Profile {
        rows: 20_000,
        rows_profiled: 20_000,
        elapsed_secs: 0.011,
        columns: COLUMNS.iter().map(column).collect(),
        findings: vec![Finding {
            severity: Severity::Medium,
            column: "visits".into(),
            kind: "missing".into(),
            message: "visits lacks 2 % of its values".into(),
            suggested_step: Some(step.unwrap()),
            ..Finding::default()
        }],
    }
}

fn import() -> ImportReport {
    ImportReport {
        file: "data/patients.csv".into(),
        format: "csv".into(),
        encoding: "utf-8".into(),
        delimiter: ",".into(),
        header: true,
        rows: 20_000,
        columns: COLUMNS
            .iter()
            .map(|(name, kind)| ImportedColumn {
                name: (*name).into(),
                column_type: *kind,
                nulls: 3,
                read_as: String::new(),
            })
            .collect(),
        rejects: vec![Reject {
            line: 1204,
            byte_offset: 91_220,
            reason: "11 fields where 12 are needed".into(),
            text: "52,M,never,106".into(),
        }],
        rejects_total: 3,
        size_bytes: 1_310_000,
        elapsed_secs: 0.3,
        ..ImportReport::default()
    }
}

fn outcomes(steps: &[Step]) -> Vec<StepOutcome> {
    steps
        .iter()
        .map(|step| {
            let one_hot = matches!(step.op, StepOp::OneHot(_));
            let levels = ["never", "former", "current", "unknown", "occasional", "other", "null"];
            StepOutcome {
                title: step.op.title().into(),
                added: if one_hot {
                    levels.iter().map(|level| format!("smoking_{level}")).collect()
                } else {
                    Vec::new()
                },
                removed: if one_hot { vec!["smoking".into()] } else { Vec::new() },
                fit_rows: step.op.fit().map(|_| 14_000),
                fits_on_all: step.op.fit() == Some(cairn_protocol::steps::FitScope::All),
                learned: if one_hot { Vec::new() } else { vec!["bmi ← median 28.1".into()] },
                skipped: !step.enabled,
                prediction: one_hot.then_some(Prediction {
                    rows: 20_000,
                    columns: 152,
                    bytes: 784_000_000,
                    ..Prediction::default()
                }),
                ..StepOutcome::default()
            }
        })
        .collect()
}

fn preview(steps: &[Step], upto: usize, first_row: u64, rows: u64) -> StepPreview {
    let all = outcomes(steps);
    let outcome = upto.checked_sub(1).and_then(|at| all.get(at)).cloned().unwrap_or_default();
    let mut columns: Vec<PageColumn> = Vec::new();
    for removed in &outcome.removed {
        columns.push(page_column(removed, ColumnType::Text, first_row, rows, ColumnChange::Removed));
    }
    for added in &outcome.added {
        columns.push(page_column(added, ColumnType::Int, first_row, rows, ColumnChange::Added));
    }
    for (name, kind) in COLUMNS.iter().filter(|(name, _)| !outcome.removed.iter().any(|gone| gone == name)) {
        columns.push(page_column(name, *kind, first_row, rows, ColumnChange::Same));
    }
    let mut profile = profile();
    for (index, name) in outcome.added.iter().enumerate() {
        profile.columns.push(ColumnProfile {
            name: name.clone(),
            mean: Some(Real([0.445, 0.254, 0.158, 0.071, 0.028, 0.008, 0.035][index % 7])),
            histogram: None,
            ..profile.columns[0].clone()
        });
    }
    StepPreview {
        page: TablePage {
            rows_total: 20_000,
            first_row,
            row_numbers: (first_row..first_row + rows).collect(),
            added_rows: Vec::new(),
            columns,
        },
        columns: (12, 12 + outcome.added.len() as u64 - outcome.removed.len() as u64),
        steps: all[..upto.min(all.len())].to_vec(),
        outcome,
        profile,
        schema: schema(),
        train_rows: Some(14_000),
        elapsed_secs: 0.006,
    }
}

/// The boosted trees of a kernel.
pub fn algorithm() -> Algorithm {
    let param = |name: &str, title: &str, kind: HyperparameterKind, default: ParamValue, unit: &str| Hyperparameter {
        name: name.into(),
        title: title.into(),
        kind,
        default,
        help: format!("What {} does", title.to_lowercase()),
        unit: unit.into(),
    };
    let float = |low, high, log, search| HyperparameterKind::Float { low, high, log, search };
    let int = |low, high, log| HyperparameterKind::Int { low, high, log, search: None };
    Algorithm {
        name: "boosted_trees".into(),
        title: "Boosted trees".into(),
        help: String::new(),
        tasks: vec![Task::Binary, Task::Multiclass, Task::Regression],
        takes_missing: true,
        params: vec![
            param("trees", "Trees", int(1, 10_000, false), ParamValue::Int(300), ""),
            param(
                "learning_rate",
                "Learning rate",
                float(0.001, 1.0, true, Some((0.005, 0.2))),
                ParamValue::Float(0.1),
                "",
            ),
            param("max_leaves", "Leaves per tree", int(2, 1024, true), ParamValue::Int(31), ""),
            param("l2", "L2 penalty", float(0.0, 1000.0, true, Some((0.1, 30.0))), ParamValue::Float(1.0), ""),
            param("row_sample", "Row sample", float(0.1, 1.0, false, None), ParamValue::Float(1.0), ""),
            param(
                "growth",
                "Growth",
                HyperparameterKind::Categorical { choices: vec!["depth".into(), "leaf".into()] },
                ParamValue::Text("leaf".into()),
                "",
            ),
            param("monotone", "Monotone", HyperparameterKind::Bool, ParamValue::Bool(false), ""),
            param("stop_after", "Stop early after", int(0, 1000, false), ParamValue::Int(40), "trees"),
        ],
    }
}

fn train() -> TrainResult {
    let metric = |name: &str, title: &str, value, error, goal| MetricValue {
        name: name.into(),
        title: title.into(),
        value: Real(value),
        std_error: Some(Real(error)),
        interval: Some((Real(value - 2.0 * error), Real(value + 2.0 * error))),
        baseline: Some(Real(0.5)),
        goal,
    };
    let part = |part: &str, rows| PartEvaluation {
        part: part.into(),
        rows,
        metrics: vec![
            metric("auc", "AUC", 0.8613, 0.013, Goal::Maximize),
            metric("pr_auc", "PR-AUC", 0.348, 0.035, Goal::Maximize),
            metric("log_loss", "Log loss", 0.1724, 0.01, Goal::Minimize),
            metric("brier", "Brier", 0.0475, 0.0026, Goal::Minimize),
            metric("ece", "Calibration", 0.0069, 0.0024, Goal::Minimize),
        ],
        confusion: vec![vec![2635, 181], vec![83, 101]],
        threshold: Some(Real(0.19)),
        ..PartEvaluation::default()
    };
    let curve = |key: &str, from: f64, to: f64| MetricSeries {
        run_id: "run41".into(),
        key: key.into(),
        points: (0..212).map(|step| (step, Real(to + (from - to) * (-(step as f64) / 40.0).exp()))).collect(),
    };
    TrainResult {
        run: Run {
            id: "run41".into(),
            name: "Boosted trees/41".into(),
            kernel: "classic 0.1.0".into(),
            warnings: vec!["Figures lean on Encode step 3, which fits on all rows".into()],
            ..Run::default()
        },
        evaluation: Evaluation {
            task: Some(Task::Binary),
            classes: vec!["0".into(), "1".into()],
            parts: vec![part("train", 14_000), part("valid", 3000), part("test", 3000)],
        },
        curves: vec![
            curve("train.log_loss", 0.23, 0.139),
            curve("valid.log_loss", 0.23, 0.170),
            curve("train.auc", 0.8, 0.919),
            curve("valid.auc", 0.8, 0.866),
        ],
        importance: [
            "age",
            "heart_disease",
            "bmi",
            "glucose",
            "systolic_bp",
            "smoking_current",
            "afib",
            "visits",
            "sex",
        ]
        .iter()
        .zip([0.1471, 0.0157, 0.0153, 0.0142, 0.0139, 0.0085, 0.0043, 0.0012, 0.0001])
        .map(|(name, value)| FeatureImportance { feature: (*name).into(), value, std_error: value / 8.0 })
        .collect(),
        steps: (212, Some(174)),
        cross_validation: None,
    }
}

fn sweep() -> SweepState {
    let CellBody::Sweep(cell) = cells().swap_remove(4).body else { unreachable!() };
    let trials: Vec<Trial> = (0..37)
        .map(|number| Trial {
            number,
            run_id: format!("trial{number}"),
            state: if number % 7 == 4 { TrialState::Pruned } else { TrialState::Complete },
            value: Some(Real(0.83 + 0.04 * ((number * 37 % 41) as f64 / 41.0))),
            params: Default::default(),
            started_at: String::new(),
            duration_secs: 3.0,
            offset_secs: 0.0,
            worker: 0,
            reason: String::new(),
        })
        .collect();
    SweepState {
        id: "sweep1".into(),
        name: "Tune".into(),
        status: RunStatus::Finished,
        method: cell.method,
        objective: cell.objective,
        planned: 50,
        parallel: 2,
        space: cell.space,
        best: Some(BestTrial {
            number: 21,
            run_id: "trial21".into(),
            value: Real(0.872),
            params: [
                ("learning_rate".to_owned(), ParamValue::Float(0.0312)),
                ("max_leaves".into(), ParamValue::Int(24)),
            ]
            .into(),
        }),
        trials,
        started_at: String::new(),
        duration_secs: 131.0,
    }
}

fn split() -> SplitResult {
    let check = |name: &str, outcome, figure: &str| Check {
        name: name.into(),
        outcome,
        figure: figure.into(),
        ..Check::default()
    };
    SplitResult {
        counts: vec![14_000, 3000, 3000],
        by: "stroke".into(),
        classes: vec![
            ClassCounts { class: "0".into(), counts: vec![13_143, 2816, 2816] },
            ClassCounts { class: "1".into(), counts: vec![857, 184, 184] },
        ],
        checks: vec![
            check("No row in two parts", CheckOutcome::Pass, "0 shared"),
            check("Every level in every part", CheckOutcome::Pass, "27 of 27"),
            check("Class shares agree", CheckOutcome::Pass, "χ² p = 1.00"),
            check("Near-duplicate rows across parts", CheckOutcome::Warning, "4 pairs"),
        ],
        seed: 20,
        ..SplitResult::default()
    }
}

fn result(cell: &str) -> Result<CellResult, ErrorInfo> {
    Ok(match cell {
        "Patients" => CellResult::Data { import: import(), profile: profile() },
        "Split" => CellResult::Split(split()),
        "Encode" => CellResult::Wrangle(WrangleResult {
            steps: outcomes(&match cells().swap_remove(2).body {
                CellBody::Wrangle(wrangle) => wrangle.steps,
                _ => unreachable!(),
            }),
            profile: profile(),
            train_rows: Some(14_000),
        }),
        "Boosted trees" => CellResult::Train(train()),
        "Tune" => CellResult::Sweep(sweep()),
        "Review" => {
            let mut report =
                ReportResult { path: "reports/review.html".into(), size_bytes: 412_000, ..Default::default() };
            report.content.title = "Stroke risk".into();
            report.content.headline = vec!["Boosted trees reach AUC 0.861 on validation, against 0.5".into()];
            report.content.models = vec![train()];
            CellResult::Report(report)
        }
        other => return Err(ErrorInfo::usage(format!("{other} holds nothing"))),
    })
}

/// What the scripted engine answers.
pub fn answer(request: &Request, view: &NotebookView) -> Result<Response, ErrorInfo> {
    Ok(match request {
        Request::OpenNotebook { .. } | Request::EditNotebook { .. } | Request::Undo { .. } | Request::Redo { .. } => {
            Response::Notebook(view.clone())
        }
        Request::CellResult { cell, .. } => Response::CellResult(Box::new(result(cell)?)),
        Request::Kernels => Response::Kernels(KernelsView {
            kernels: vec![KernelView {
                name: "classic".into(),
                version: "0.1.0".into(),
                status: "ready".into(),
                devices: vec![Device { id: "cpu".into(), name: "CPU, 8 threads".into(), memory_bytes: None }],
                algorithms: vec![algorithm()],
                ..KernelView::default()
            }],
        }),
        Request::TableProfile { .. } => Response::Profiled(profile()),
        Request::Page { first_row, rows, .. } => Response::Page(TablePage {
            rows_total: 20_000,
            first_row: *first_row,
            row_numbers: (*first_row..first_row + rows).collect(),
            added_rows: Vec::new(),
            columns: COLUMNS
                .iter()
                .map(|(name, kind)| page_column(name, *kind, *first_row, *rows, ColumnChange::Same))
                .collect(),
        }),
        Request::PreviewSteps { steps, .. } if steps.iter().any(|step| matches!(&step.op, StepOp::Formula(_))) => {
            let at = steps.iter().position(|step| matches!(&step.op, StepOp::Formula(_))).unwrap_or_default();
            let error = ErrorInfo::bad_input("There is no column nonsense").in_cell("Encode").at_step(at + 1);
            return Err(error.hint("Name a column of the table"));
        }
        Request::ExportCode { to, .. } => {
            let notes = if *to == CodeTarget::Sql { vec!["A median has no SQL of its own".into()] } else { Vec::new() };
            Response::Code { code: "import polars as pl\n".into(), notes }
        }
        Request::PreviewSteps { steps, upto, first_row, rows, .. } => {
            Response::Preview(preview(steps, *upto, *first_row, *rows))
        }
        Request::Import { .. } => Response::Imported {
            report: import(),
            preview: Some(TablePage {
                rows_total: 100,
                first_row: 0,
                row_numbers: (0..100).collect(),
                added_rows: Vec::new(),
                columns: COLUMNS
                    .iter()
                    .map(|(name, kind)| page_column(name, *kind, 0, 100, ColumnChange::Same))
                    .collect(),
            }),
            out: None,
        },
        Request::Project => Response::Project(ProjectView::default()),
        Request::RunCells { .. } => Response::Started { job: 1 },
        Request::Sweeps => Response::Sweeps(vec![sweep()]),
        Request::Sweep { .. } => Response::Sweep(sweep()),
        _ => Response::Done,
    })
}
