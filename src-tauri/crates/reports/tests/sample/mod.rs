//! A report as the engine fills it, made of formulas: 20,000 patients, three models, one sweep.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

use std::collections::BTreeMap;

use cairn_protocol::{
    FeatureImportance, ParamValue, Params, Real, Task,
    notebook::{Goal, Objective, ReportSection, SweepMethod},
    results::{
        CalibrationBin, Check, CheckOutcome, ClassCounts, Evaluation, MetricValue, PartEvaluation, ReportContent,
        ReportDataset, ReportRecipe, SplitResult, StepOutcome, TrainResult,
    },
    runs::{EdgeKind, LineageEdge, LineageGraph, LineageNode, MetricSeries, NodeKind, Run, RunStatus},
    sweeps::{BestTrial, SweepState, Trial, TrialState},
    table::{ColumnProfile, ColumnType, Finding, Histogram, ImportReport, Profile, Reject, Scalar, Severity, TopValue},
};

const DIGEST: &str = "51ce88d2a7c1f03b9e6d4415c2a08d77f0be31a94c5d6e7f8091a2b3c4d50b7e";

pub fn level(name: &str, levels: &[(&str, u64)], column_type: ColumnType) -> ColumnProfile {
    ColumnProfile {
        name: name.into(),
        column_type,
        nulls: 0,
        distinct: levels.len() as u64,
        min: None,
        max: None,
        mean: None,
        std: None,
        skew: None,
        kurtosis: None,
        quantiles: None,
        histogram: None,
        top: levels.iter().map(|(value, count)| TopValue { value: (*value).into(), count: *count }).collect(),
        text: None,
    }
}

pub fn number(name: &str, mean: f64, std: f64, range: (f64, f64), nulls: u64) -> ColumnProfile {
    let counts: Vec<u64> = (0..24)
        .map(|bin| {
            let at = range.0 + (range.1 - range.0) * (f64::from(bin) + 0.5) / 24.0;
            (3000.0 * (-((at - mean) / std).powi(2) / 2.0).exp()) as u64 + 20
        })
        .collect();
    let edges = (0..=24).map(|edge| Real(range.0 + (range.1 - range.0) * f64::from(edge) / 24.0)).collect();
    ColumnProfile {
        nulls,
        distinct: 900,
        min: Some(Scalar::Float(range.0)),
        max: Some(Scalar::Float(range.1)),
        mean: Some(Real(mean)),
        std: Some(Real(std)),
        histogram: Some(Histogram { edges, counts, ..Histogram::default() }),
        ..level(name, &[], ColumnType::Float)
    }
}

fn dataset() -> ReportDataset {
    let yes = |name, count| level(name, &[("0", 20_000 - count), ("1", count)], ColumnType::Int);
    let columns = vec![
        ColumnProfile { distinct: 20_000, ..level("patient_id", &[], ColumnType::Text) },
        level("gender", &[("Female", 11_720), ("Male", 8_270), ("Other", 10)], ColumnType::Category),
        number("age", 43.2, 22.6, (0.08, 82.0), 0),
        yes("hypertension", 1_940),
        yes("heart_disease", 1_080),
        level("ever_married", &[("Yes", 13_120), ("No", 6_880)], ColumnType::Category),
        level(
            "work_type",
            &[
                ("Private", 11_440),
                ("Self-employed", 3_200),
                ("children", 2_700),
                ("Govt_job", 2_570),
                ("Never_worked", 90),
            ],
            ColumnType::Category,
        ),
        level("residence_type", &[("Urban", 10_160), ("Rural", 9_840)], ColumnType::Category),
        number("avg_glucose_level", 106.1, 45.3, (55.12, 271.74), 0),
        number("bmi", 28.9, 7.9, (10.3, 97.6), 786),
        level(
            "smoking_status",
            &[("never smoked", 7_400), ("Unknown", 6_050), ("formerly smoked", 3_470), ("smokes", 3_080)],
            ColumnType::Category,
        ),
        level("stroke", &[("no", 19_020), ("yes", 980)], ColumnType::Category),
    ];
    ReportDataset {
        name: "patients".into(),
        target: "stroke".into(),
        import: ImportReport {
            file: "patients.csv".into(),
            format: "csv".into(),
            encoding: "utf-8".into(),
            delimiter: ",".into(),
            header: true,
            rows: 20_000,
            rejects: vec![Reject {
                line: 811,
                byte_offset: 55_120,
                reason: "14 fields, 12 expected".into(),
                text: "9046,Male,67,\"a <b>".into(),
            }],
            rejects_total: 3,
            records_counted: 20_003,
            size_bytes: 1_400_000,
            digest: DIGEST.into(),
            ..ImportReport::default()
        },
        profile: Profile {
            rows: 20_000,
            rows_profiled: 20_000,
            elapsed_secs: 0.1,
            columns,
            findings: vec![Finding {
                severity: Severity::Medium,
                column: "bmi".into(),
                kind: "missing".into(),
                message: "786 of 20,000 cells are empty (3.93 %)".into(),
                suggested_step: None,
                ..Finding::default()
            }],
        },
    }
}

fn recipe() -> ReportRecipe {
    let fit = |title: &str, learned: &[&str]| StepOutcome {
        title: title.into(),
        fit_rows: Some(14_000),
        learned: learned.iter().map(|line| (*line).to_owned()).collect(),
        ..StepOutcome::default()
    };
    let drop =
        StepOutcome { title: "Drop columns".into(), removed: vec!["patient_id".into()], ..StepOutcome::default() };
    let impute = StepOutcome { changed_cells: 786, ..fit("Fill empty cells", &["bmi ← median 28.1"]) };
    let hot = StepOutcome {
        added: (0..13).map(|at| format!("c{at}")).collect(),
        removed: vec!["gender".into(), "ever_married".into()],
        ..fit(
            "One-hot encode",
            &[
                "gender: 3 levels",
                "ever_married: 2 levels",
                "work_type: 5 levels",
                "residence_type: 2 levels",
                "smoking_status: 4 levels",
            ],
        )
    };
    let scale = StepOutcome {
        fits_on_all: true,
        changed_cells: 60_000,
        warnings: vec!["sees rows of the test part".into()],
        ..fit("Scale", &["age: mean 43.2, sd 22.6", "bmi: mean 28.8, sd 7.8"])
    };
    ReportRecipe {
        name: "recipe".into(),
        steps: vec![
            ("patient_id".into(), drop),
            ("bmi".into(), impute),
            ("gender, ever_married, work_type, residence_type, smoking_status".into(), hot),
            ("age, avg_glucose_level, bmi".into(), scale),
        ],
        shape: (20_000, 22),
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
        counts: vec![14_000, 3_000, 3_000],
        by: "stroke".into(),
        classes: vec![
            ClassCounts { class: "no".into(), counts: vec![13_314, 2_853, 2_853] },
            ClassCounts { class: "yes".into(), counts: vec![686, 147, 147] },
        ],
        checks: vec![
            check("No row in two parts", CheckOutcome::Pass, "0 shared"),
            check("No patient id in two parts", CheckOutcome::Pass, "0 of 20,000"),
            check("Class shares equal", CheckOutcome::Pass, "χ² p = 1.00"),
            check("Columns drawn alike, train and valid", CheckOutcome::Pass, "largest KS 0.021 (bmi)"),
            check("Every fitted step saw training rows only", CheckOutcome::Pass, "3 of 4"),
            check("Every level in every part", CheckOutcome::Pass, "19 of 19"),
            check("Near-duplicate rows across parts", CheckOutcome::Warning, "11 rows"),
        ],
        seed: 42,
        ..SplitResult::default()
    }
}

fn metric(name: &str, title: &str, value: f64, spread: f64, baseline: f64, goal: Goal) -> MetricValue {
    MetricValue {
        name: name.into(),
        title: title.into(),
        value: Real(value),
        std_error: Some(Real(spread / 2.0)),
        interval: Some((Real(value - spread), Real(value + spread * 0.95))),
        baseline: Some(Real(baseline)),
        goal,
    }
}

fn part(name: &str, rows: u64, auc: f64) -> PartEvaluation {
    // The binormal ROC curve of this AUC, with a little roughness.
    let bend = (1.0 - auc) / auc;
    let roc: Vec<(f64, f64)> = (0..=200)
        .map(|at| {
            let x = (f64::from(at) / 200.0).powi(2);
            (x, (x.powf(bend) + 0.012 * (f64::from(at) * 0.7).sin() * (1.0 - x) * x.sqrt()).clamp(0.0, 1.0))
        })
        .collect();
    let precision_recall = (1..=200)
        .map(|at| {
            let recall = f64::from(at) / 200.0;
            (
                Real(recall),
                Real(
                    0.049
                        + 0.5 * (1.0 - recall).powi(2) * (auc - 0.4)
                        + 0.02 * (f64::from(at) * 0.9).sin() * (1.0 - recall),
                ),
            )
        })
        .collect();
    let calibration = (1..=9)
        .map(|at| {
            let predicted = 0.26 * (f64::from(at) / 9.0).powi(2);
            let observed = predicted * (1.0 + 0.12 * (f64::from(at) * 1.7 * auc).sin());
            let reach = 0.006 + 0.08 * predicted / 0.26;
            CalibrationBin {
                predicted: Real(predicted),
                observed: Real(observed),
                count: 333,
                interval: (Real((observed - reach).max(0.0)), Real(observed + reach)),
            }
        })
        .collect();
    PartEvaluation {
        part: name.into(),
        rows,
        metrics: vec![
            metric("auc", "AUC", auc, 0.033, 0.5, Goal::Maximize),
            metric("average_precision", "PR-AUC", 0.295 - (0.842 - auc), 0.05, 0.049, Goal::Maximize),
            metric("log_loss", "Log loss", 0.1524 + (0.842 - auc) * 0.3, 0.011, 0.1956, Goal::Minimize),
            metric("brier", "Brier", 0.04, 0.003, 0.0466, Goal::Minimize),
            metric("accuracy", "Accuracy", 0.951, 0.004, 0.951, Goal::Maximize),
        ],
        confusion: vec![vec![2_477, 376], vec![52, 95]],
        threshold: Some(Real(0.08)),
        roc: roc.into_iter().map(|(x, y)| (Real(x), Real(y))).collect(),
        precision_recall,
        calibration,
        residuals: Vec::new(),
    }
}

fn model(index: usize, name: &str, algorithm: &str, kernel: &str, auc: f64, steps: u64) -> TrainResult {
    let key = |key: &str, floor: f64| MetricSeries {
        run_id: format!("run{index}"),
        key: key.into(),
        points: (1..=steps)
            .map(|step| {
                (
                    step,
                    Real(
                        floor
                            + 0.3 * (-(step as f64) / (steps as f64) * 6.0).exp()
                            + 0.012 * step as f64 / steps as f64,
                    ),
                )
            })
            .collect(),
    };
    let importance = [
        ("age", 0.1484, 0.009),
        ("avg_glucose_level", 0.0171, 0.004),
        ("bmi", 0.0093, 0.003),
        ("hypertension", 0.0068, 0.002),
        ("smoking_status", 0.0049, 0.002),
        ("heart_disease", 0.0041, 0.0016),
        ("work_type", 0.0027, 0.0017),
        ("ever_married", 0.0011, 0.0009),
        ("residence_type", 0.0003, 0.0005),
        ("gender", -0.0002, 0.0004),
    ];
    TrainResult {
        run: Run {
            id: format!("01KABC{index}9F3Q7ZP0"),
            name: name.into(),
            experiment: "stroke".into(),
            cell: name.into(),
            status: RunStatus::Finished,
            started_at: "2026-11-20T12:01:00Z".into(),
            duration_secs: 4.2,
            commit: "a41f9c2d77e01b5c9a2e".into(),
            kernel: kernel.into(),
            algorithm: algorithm.into(),
            warnings: if index == 1 { vec!["1 step fits on all rows".into()] } else { Vec::new() },
            ..Run::default()
        },
        evaluation: Evaluation {
            task: Some(Task::Binary),
            classes: vec!["no".into(), "yes".into()],
            parts: vec![part("train", 14_000, auc + 0.03), part("valid", 3_000, auc + 0.011), part("test", 3_000, auc)],
        },
        curves: vec![
            key("train.log_loss", 0.13 + 0.004 * index as f64),
            key("valid.log_loss", 0.15 + 0.004 * index as f64),
        ],
        importance: importance
            .iter()
            .map(|(feature, value, std_error)| FeatureImportance {
                feature: (*feature).into(),
                value: *value,
                std_error: *std_error,
            })
            .collect(),
        steps: (steps, Some(steps * 7 / 10)),
        cross_validation: None,
    }
}

fn sweep() -> SweepState {
    let params = |at: usize| {
        let rate = 0.01 * 1.07f64.powi(at as i32);
        Params::from([
            ("learning_rate".to_owned(), ParamValue::Float(rate)),
            ("max_depth".to_owned(), ParamValue::Int(2 + (at as i64 * 7) % 6)),
            ("subsample".to_owned(), ParamValue::Float(0.5 + ((at * 13) % 50) as f64 / 100.0)),
        ])
    };
    let value = |at: usize| 0.853 - 0.0009 * ((at as f64 * 17.0) % 37.0 - 5.0).abs();
    let trials: Vec<Trial> = (0..37)
        .map(|at| Trial {
            number: at,
            run_id: format!("t{at}"),
            state: if at % 9 == 4 { TrialState::Pruned } else { TrialState::Complete },
            value: Some(Real(value(at))),
            params: params(at),
            started_at: String::new(),
            duration_secs: 3.1,
            offset_secs: 0.0,
            worker: 0,
            reason: String::new(),
        })
        .collect();
    let best = trials
        .iter()
        .filter(|trial| trial.state == TrialState::Complete)
        .max_by(|a, b| a.value.partial_cmp(&b.value).unwrap())
        .unwrap();
    SweepState {
        id: "sweep".into(),
        name: "gbt-sweep".into(),
        status: RunStatus::Finished,
        method: SweepMethod::Random,
        objective: Objective { name: "valid.auc".into(), goal: Goal::Maximize },
        planned: 37,
        parallel: 2,
        space: Vec::new(),
        best: Some(BestTrial {
            number: best.number,
            run_id: best.run_id.clone(),
            value: best.value.unwrap(),
            params: best.params.clone(),
        }),
        trials,
        started_at: String::new(),
        duration_secs: 71.0,
    }
}

fn lineage() -> LineageGraph {
    let node = |id: &str, kind, name: &str, figure: &str| LineageNode {
        id: id.into(),
        kind,
        name: name.into(),
        version: 1,
        digest: DIGEST.chars().rev().collect::<String>().replace('0', id.get(..1).unwrap()),
        stale: false,
        missing: false,
        figure: figure.into(),
        created_at: String::new(),
        details: BTreeMap::new(),
    };
    let edge = |from: &str, to: &str, kind| LineageEdge { from: from.into(), to: to.into(), kind };
    LineageGraph {
        nodes: vec![
            node("file", NodeKind::File, "patients.csv", "1.4 MB"),
            node("dataset", NodeKind::Dataset, "patients", "20,000 × 12"),
            node("split", NodeKind::Split, "split", "70 / 15 / 15, seed 42"),
            node("recipe", NodeKind::Recipe, "recipe", "4 steps, 22 columns"),
            node("sweep", NodeKind::Sweep, "gbt-sweep", "37 trials"),
            node("run0", NodeKind::Run, "Boosted trees/31", "AUC 0.853"),
            node("run1", NodeKind::Run, "Neural network/2", "AUC 0.850"),
            node("run2", NodeKind::Run, "Logistic regression/1", "AUC 0.839"),
            node("model0", NodeKind::Model, "stroke", "boosted trees"),
        ],
        edges: vec![
            edge("file", "dataset", EdgeKind::DerivedFrom),
            edge("dataset", "split", EdgeKind::Used),
            edge("split", "recipe", EdgeKind::Used),
            edge("recipe", "sweep", EdgeKind::Used),
            edge("sweep", "run0", EdgeKind::Produced),
            edge("recipe", "run1", EdgeKind::Used),
            edge("recipe", "run2", EdgeKind::Used),
            edge("run0", "model0", EdgeKind::Produced),
        ],
    }
}

/// The whole report.
pub fn content() -> ReportContent {
    ReportContent {
        title: "Stroke risk from ten routine patient facts".into(),
        summary: "Age carries **most of the signal**. See `stroke.cairn` for the steps; what follows is *held-out* data.".into(),
        headline: vec![
            "Boosted trees/31 reaches AUC 0.842, 95 % interval 0.809 to 0.873 on 3,000 test rows that no model was fitted or chosen on.".into(),
            "A guess without looking reaches 0.5.".into(),
            "Neural network/2 reaches 0.839, which lies within that interval.".into(),
        ],
        project: "stroke-risk".into(),
        made_at: "2026-11-20T12:06:31Z".into(),
        sections: ReportSection::ALL.to_vec(),
        datasets: vec![dataset()],
        recipes: vec![recipe()],
        splits: vec![("split".into(), split())],
        models: vec![
            model(0, "Boosted trees/31", "boosted_trees", "classic 0.1.0", 0.842, 200),
            model(1, "Neural network/2", "mlp", "torch 0.1.0", 0.839, 60),
            model(2, "Logistic regression/1", "logistic_regression", "classic 0.1.0", 0.828, 20),
        ],
        metric: Some(("auc".into(), Goal::Maximize)),
        sweeps: vec![sweep()],
        lineage: lineage(),
        repeat: vec!["git checkout a41f9c2d77e0".into(), "cairn run stroke.cairn --cell report".into(), "cairn verify".into()],
        facts: BTreeMap::from([
            ("cairn".to_owned(), "0.1.0".to_owned()),
            ("commit".to_owned(), "a41f9c2d77e01b5c9a2e, clean".to_owned()),
            ("data patients.csv".to_owned(), format!("b3:{DIGEST}")),
            ("kernel".to_owned(), "classic 0.1.0".to_owned()),
            ("machine cpu".to_owned(), "x86-64, 8 threads".to_owned()),
            ("notebook".to_owned(), format!("b3:{}", DIGEST.chars().rev().collect::<String>())),
        ]),
        warnings: vec!["recipe: 1 step fits on all rows".into()],
    }
}

/// A table of 64 pixels and ten digits, one model.
#[allow(dead_code)]
pub fn digits() -> ReportContent {
    let mut all = content();
    all.title = "Handwritten digits".into();
    all.warnings.clear();
    all.models.truncate(1);
    all.sweeps.clear();
    all.headline.clear();
    let data = &mut all.datasets[0];
    data.target = "digit".into();
    data.profile.columns = (0..64).map(|at| number(&format!("pixel_{at}"), 8.0, 4.0, (0.0, 16.0), 0)).collect();
    let names: Vec<String> = (0..10).map(|digit| digit.to_string()).collect();
    let shares: Vec<(&str, u64)> = names.iter().map(|name| (name.as_str(), 180)).collect();
    data.profile.columns.push(level("digit", &shares, ColumnType::Category));
    let split = &mut all.splits[0].1;
    split.by = "digit".into();
    split.classes = names.iter().map(|class| ClassCounts { class: class.clone(), counts: vec![126, 27, 27] }).collect();
    let model = &mut all.models[0];
    model.run.warnings.clear();
    model.evaluation.task = Some(Task::Multiclass);
    model.evaluation.classes = names;
    for part in &mut model.evaluation.parts {
        part.roc.clear();
        part.precision_recall.clear();
        part.calibration.clear();
        part.threshold = None;
        part.confusion =
            (0..10).map(|a| (0..10u64).map(|b| if a == b { 25 } else { (a * 7 + b * 3) % 11 / 9 }).collect()).collect();
    }
    model.importance = (0..64)
        .map(|at| FeatureImportance {
            feature: format!("pixel_{at}"),
            value: 0.2 / f64::from(at + 1).powi(2),
            std_error: 0.0005,
        })
        .collect();
    all
}
