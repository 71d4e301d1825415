//! The metrics against those of scikit-learn 1.9.1 on the same numbers, made by a linear congruential generator that
//! both sides can write in three lines (`x ← 6364136223846793005 x + 1442695040888963407 mod 2⁶⁴`, from 42; the
//! number is the upper 31 bits over 2³¹).

#![allow(clippy::unwrap_used)]

use std::time::Instant;

use cairn_modelling::{evaluate, primary_metric};
use cairn_protocol::{Task, notebook::Goal, results::PartEvaluation};

const ROWS: usize = 500;

fn uniform(count: usize) -> Vec<f64> {
    let mut state = 42u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1u32 << 31)
    };
    (0..count).map(|_| next()).collect()
}

fn close(part: &PartEvaluation, name: &str, expected: f64) {
    let found = part.metrics.iter().find(|metric| metric.name == name).unwrap().value.0;
    assert!((found - expected).abs() < 1e-12 * expected.abs().max(1.0), "{name}: {found}, not {expected}");
}

fn classes(count: usize) -> Vec<String> {
    (0..count).map(|class| class.to_string()).collect()
}

/// Scores with many ties: multiples of 0.02.
fn two_classes() -> (Vec<f64>, Vec<Vec<f64>>) {
    let u = uniform(ROWS * 4);
    let targets: Vec<f64> = (0..ROWS).map(|row| f64::from(u8::from(u[row] < 0.3))).collect();
    let yes: Vec<f64> = (0..ROWS)
        .map(|row| (0.25 + 0.25 * targets[row] + 0.5 * (u[ROWS + row] - 0.5)).clamp(0.01, 0.99))
        .map(|p| (p * 50.0).round_ties_even() / 50.0)
        .collect();
    (targets, vec![yes.iter().map(|p| 1.0 - p).collect(), yes])
}

#[test]
fn two_classes_as_scikit_learn() {
    let (targets, predictions) = two_classes();
    let found = evaluate(Task::Binary, &classes(2), &targets, &predictions, &[0; ROWS], 1).unwrap();
    let part = &found.parts[0];
    close(part, "auc", 0.865_651_953_323_186_2);
    close(part, "average_precision", 0.759_413_237_356_223_5);
    close(part, "log_loss", 0.428_553_827_967_949_7);
    close(part, "brier", 0.136_595_2);
    // The best threshold of `precision_recall_curve` is the score 0.52; ours lies between it and the next lower one.
    close(part, "f1", 0.636_363_636_363_636_4);
    let threshold = part.threshold.unwrap().0;
    assert!(threshold > 0.5 && threshold <= 0.52, "{threshold}");
    let confusion: u64 = part.confusion.iter().flatten().sum();
    assert_eq!(confusion, ROWS as u64);
    assert_eq!(part.calibration.iter().map(|bin| bin.count).sum::<u64>(), ROWS as u64);
    assert_eq!(part.metrics[0].name, primary_metric(Task::Binary).0);
}

#[test]
fn the_threshold_of_the_validation_part_judges_the_test_part() {
    let (mut targets, mut predictions) = two_classes();
    // Validation: two rows that make 0.43 the best threshold. Test: the five hundred.
    targets.extend([0.0, 1.0]);
    predictions[1].extend([0.42, 0.44]);
    predictions[0].extend([0.58, 0.56]);
    let parts: Vec<u8> = (0..ROWS + 2).map(|row| if row < ROWS { 2 } else { 1 }).collect();
    let found = evaluate(Task::Binary, &classes(2), &targets, &predictions, &parts, 1).unwrap();
    let names: Vec<&str> = found.parts.iter().map(|part| part.part.as_str()).collect();
    assert_eq!(names, ["valid", "test"]);
    let test = &found.parts[1];
    close(test, "accuracy", 0.796);
    close(test, "f1", 0.627_737_226_277_372_3);
    close(test, "balanced_accuracy", 0.745_915_778_792_491_2);
    close(test, "precision", 0.618_705_035_971_223);
    close(test, "recall", 0.637_037_037_037_037_1);
    assert_eq!(test.confusion, [[312, 53], [49, 86]]);
    assert!(test.metrics.iter().all(|metric| metric.baseline.is_none()), "without training rows nothing is known");
}

#[test]
fn four_classes_as_scikit_learn() {
    let u = uniform(ROWS * 4);
    let targets: Vec<f64> = (0..ROWS).map(|row| (u[row] * 4.0).floor()).collect();
    let column = |class: usize, row: usize| match class {
        0..=2 => u[(class + 1) * ROWS + row],
        _ => u[2 * ROWS - 1 - row],
    };
    let mut predictions = vec![vec![0.0; ROWS]; 4];
    for row in 0..ROWS {
        let raw: Vec<f64> = (0..4)
            .map(|class| column(class, row) + 0.05 + if targets[row] as usize == class { 0.4 } else { 0.0 })
            .collect();
        for class in 0..4 {
            predictions[class][row] = raw[class] / raw.iter().sum::<f64>();
        }
    }
    let found = evaluate(Task::Multiclass, &classes(4), &targets, &predictions, &[0; ROWS], 1).unwrap();
    let part = &found.parts[0];
    close(part, "accuracy", 0.662);
    close(part, "macro_f1", 0.662_313_943_943_315_4);
    close(part, "log_loss", 1.007_345_254_589_099_7);
    close(part, "balanced_accuracy", 0.663_068_790_090_688);
    close(part, "auc", 0.877_213_604_330_890_7);
}

#[test]
fn numbers_as_scikit_learn() {
    let u = uniform(ROWS * 4);
    let targets: Vec<f64> = (0..ROWS).map(|row| u[row] * 10.0).collect();
    let predictions = vec![(0..ROWS).map(|row| targets[row] + 3.0 * (u[ROWS + row] - 0.4)).collect()];
    let found = evaluate(Task::Regression, &[], &targets, &predictions, &[0; ROWS], 1).unwrap();
    let part = &found.parts[0];
    close(part, "rmse", 0.924_325_694_117_588_7);
    close(part, "mae", 0.784_522_499_933_839);
    close(part, "r2", 0.899_559_022_381_776_5);
    close(part, "median_absolute_error", 0.782_817_279_221_489_6);
    assert_eq!(part.residuals.len(), ROWS);
    let r2 = part.metrics.iter().find(|metric| metric.name == "r2").unwrap();
    assert!(r2.baseline.unwrap().0.abs() < 1e-12, "the mean of its own rows explains nothing");
}

#[test]
fn spread_baselines_and_edges() {
    let (targets, predictions) = two_classes();
    let parts: Vec<u8> = (0..ROWS).map(|row| (row % 3) as u8).collect();
    let judge = |seed| evaluate(Task::Binary, &classes(2), &targets, &predictions, &parts, seed).unwrap();
    let first = judge(5);
    assert_eq!(first, judge(5), "same seed, same figures");
    for part in &first.parts {
        for metric in &part.metrics {
            let (low, high) = metric.interval.unwrap();
            let slack = 3.0 * metric.std_error.unwrap().0;
            assert!(low.0 < high.0, "{}", metric.name);
            assert!(metric.value.0 > low.0 - slack && metric.value.0 < high.0 + slack, "{}", metric.name);
            let baseline = metric.baseline.unwrap().0;
            if matches!(metric.name.as_str(), "auc" | "average_precision" | "log_loss" | "brier") {
                let better =
                    if metric.goal == Goal::Maximize { metric.value.0 > baseline } else { metric.value.0 < baseline };
                assert!(better, "{} {} {baseline}", metric.name, metric.value);
            }
        }
        // Hanley and McNeil 1982 for an area of 0.87 with 50 and 115 rows: a standard error of about 0.03.
        let auc = part.metrics[0].std_error.unwrap().0;
        assert!((0.02..0.05).contains(&auc), "{auc}");
    }
    let one_class = evaluate(Task::Binary, &classes(2), &[1.0; 4], &[vec![0.4; 4], vec![0.6; 4]], &[0; 4], 1).unwrap();
    assert!(one_class.parts[0].metrics[0].value.0.is_nan());
    let nan = evaluate(Task::Regression, &[], &[1.0, 2.0], &[vec![1.0, f64::NAN]], &[0; 2], 1).unwrap_err();
    assert_eq!(nan.to_string(), "row 2: the prediction is NaN");
    assert!(evaluate(Task::Binary, &classes(2), &[2.0], &[vec![0.5], vec![0.5]], &[0], 1).is_err());
    assert!(evaluate(Task::Binary, &classes(2), &[1.0], &[vec![0.5]], &[0], 1).is_err());
    assert!(evaluate(Task::Binary, &classes(2), &[], &[vec![], vec![]], &[], 1).is_err());
}

/// A generous bound that still fails when the bootstrap sorts in every draw.
#[test]
fn three_thousand_rows_take_no_time() {
    let u = uniform(6_000);
    let targets: Vec<f64> = (0..3_000).map(|row| f64::from(u8::from(u[row] < 0.3))).collect();
    let yes: Vec<f64> = (0..3_000).map(|row| 0.5 * targets[row] + 0.5 * u[3_000 + row]).collect();
    let predictions = vec![yes.iter().map(|p| 1.0 - p).collect(), yes];
    let start = Instant::now();
    evaluate(Task::Binary, &classes(2), &targets, &predictions, &[0; 3_000], 1).unwrap();
    let elapsed = start.elapsed();
    assert!(elapsed.as_millis() < 500, "{elapsed:?}");
}
