//! The built kernel as a process: handshake, runs, scoring, explaining, cancelling, and what goes wrong.
#![expect(clippy::unwrap_used, reason = "tests")]

mod host;

use std::time::{Duration, Instant};

use cairn_kernel_sdk::protocol::{
    Explain, FromKernel, Manifest, PROTOCOL_VERSION, Predict, Task, ToKernel, Train, TrainingTable,
};
use host::{Data, Kernel, counted, predictions};

#[test]
fn the_manifest_names_what_the_kernel_says_of_itself() {
    let manifest: Manifest = toml::from_str(include_str!("../kernel.toml")).unwrap();
    let (kernel, hello) = Kernel::greeted();
    assert_eq!((manifest.name, manifest.version, manifest.schema), (hello.name, hello.version, 1));
    assert_eq!(manifest.command, ["cairn-kernel-classic"]);
    assert_eq!(hello.devices[0].id, "cpu");
    let (status, text) = kernel.end();
    assert!(status.success() && text.is_empty(), "{text}");
}

#[test]
fn a_host_of_another_version_gets_ours_and_an_error_status() {
    let mut kernel = Kernel::start();
    assert_eq!(kernel.greet(PROTOCOL_VERSION + 1).protocol, PROTOCOL_VERSION);
    let (status, text) = kernel.end();
    assert!(!status.success() && text.contains("version 2"), "{status} {text}");
}

#[test]
fn every_algorithm_learns_every_task_it_declares_and_its_model_predicts_the_same_again() {
    let (mut kernel, hello) = Kernel::greeted();
    for algorithm in &hello.algorithms {
        for &task in &algorithm.tasks {
            let data = counted(task, algorithm.takes_missing);
            let run = format!("{}-{task:?}", algorithm.name);
            let heard = kernel.ask(ToKernel::Train(data.train(&run, &algorithm.name, task, &[])));
            // Knowing the shares of the classes alone gives 0.69 and 1.08, knowing the mean alone 7.
            let (watched, loss) = match (task, algorithm.name.as_str()) {
                // It knows no more than that; the penalties of the others are in units of the target.
                (Task::Binary, "baseline") => ("valid.log_loss", 0.7),
                (Task::Multiclass, "baseline") => ("valid.log_loss", 1.1),
                (Task::Regression, "baseline") => ("valid.rmse", 8.0),
                (Task::Regression, "lasso" | "elastic_net") => ("valid.rmse", 4.0),
                (Task::Regression, "nearest_neighbours" | "extra_trees" | "random_forest") => ("valid.rmse", 3.0),
                (Task::Binary, _) => ("valid.log_loss", 0.6),
                (Task::Multiclass, _) => ("valid.log_loss", 0.9),
                (Task::Regression, _) => ("valid.rmse", 1.5),
            };
            let least = heard.curve(watched).into_iter().fold(f64::INFINITY, f64::min);
            // Few neighbours and trees grown to the end are too sure for a loss of logarithms.
            let sure = task != Task::Regression && ["nearest_neighbours", "extra_trees"].contains(&&*algorithm.name);
            let most = heard.curve("valid.accuracy").into_iter().fold(0.0, f64::max);
            assert!(if sure { most > 0.6 } else { least < loss }, "{run}: {watched} {least}, accuracy {most}");
            assert!(heard.curve("train.log_loss").len() + heard.curve("train.rmse").len() > 0);
            assert_eq!(heard.curve("valid.auc").is_empty(), task != Task::Binary);
            let finished = heard.finished();
            assert!(finished.steps > 0 && finished.train_secs > 0.0);
            if algorithm.name == "baseline" {
                assert!(finished.importance.iter().all(|importance| importance.value == 0.0));
            } else {
                assert_eq!(finished.importance[0].feature, "x0", "{run}");
            }
            assert!(finished.importance.is_sorted_by(|a, b| a.value >= b.value));

            let trained = predictions(&data.path(&format!("{run}.arrow")));
            let names: Vec<&str> = trained.iter().map(|(name, _)| name.as_str()).collect();
            let wanted: &[&str] = match task {
                Task::Binary => &["p0", "p1"],
                Task::Multiclass => &["p0", "p1", "p2"],
                Task::Regression => &["prediction"],
            };
            assert_eq!(names, wanted);
            if task != Task::Regression {
                let sums = (0..600).map(|row| trained.iter().map(|(_, column)| column[row]).sum::<f64>());
                assert!(sums.into_iter().all(|sum| (sum - 1.0).abs() < 1e-6));
            }

            // The columns in another order, by a process that has only the file.
            let mut other = Kernel::greeted().0;
            let mut table = TrainingTable { target: None, part: None, ..data.table.clone() };
            table.features.reverse();
            let scored = data.path("again.arrow");
            let predict = Predict {
                run: "p".into(),
                model: data.path(&format!("{run}.model")).display().to_string(),
                table,
                predictions: scored.display().to_string(),
            };
            other.ask(ToKernel::Predict(predict)).finished();
            assert_eq!(predictions(&scored), trained, "{run}");
        }
    }
}

#[test]
fn the_same_wish_gives_the_same_bytes_whatever_the_threads_and_what_ran_before() {
    let (mut first, hello) = Kernel::greeted();
    let (mut second, _) = Kernel::greeted();
    for algorithm in hello.algorithms {
        let name = algorithm.name.as_str();
        let task = algorithm.tasks[0];
        let data = counted(task, algorithm.takes_missing);
        let params = match name {
            "boosted_trees" => &[("trees", 40.0), ("subsample", 0.6), ("colsample", 0.5)][..],
            "additive_model" => &[("rounds", 40.0), ("subsample", 0.6)][..],
            "random_forest" | "extra_trees" => &[("trees", 23.0)][..],
            _ => &[],
        };
        let wish = |run: &str, threads: usize, seed: u64| {
            ToKernel::Train(Train { threads, seed, ..data.train(run, name, task, params) })
        };
        first.ask(wish("a", 2, 7)).finished();
        first.ask(wish("other", 2, 8)).finished();
        first.ask(wish("b", 1, 7)).finished();
        second.ask(wish("c", 3, 7)).finished();
        let bytes = |name: &str| std::fs::read(data.path(name)).unwrap();
        for end in ["arrow", "model"] {
            assert_eq!(bytes(&format!("a.{end}")), bytes(&format!("b.{end}")), "{name}");
            assert_eq!(bytes(&format!("a.{end}")), bytes(&format!("c.{end}")), "{name}");
            if !params.is_empty() {
                assert_ne!(bytes(&format!("a.{end}")), bytes(&format!("other.{end}")), "{name}");
            }
        }
    }
}

#[test]
fn early_stopping_keeps_the_best_round() {
    let data = counted(Task::Binary, false);
    let (mut kernel, _) = Kernel::greeted();
    let params = [("trees", 2000.0), ("learning_rate", 0.5), ("early_stopping", 10.0)];
    let heard = kernel.ask(ToKernel::Train(data.train("stop", "boosted_trees", Task::Binary, &params)));
    let finished = heard.finished();
    let best = finished.best_step.unwrap();
    assert_eq!(finished.steps, best + 10);
    let params = [("trees", best as f64), ("learning_rate", 0.5), ("early_stopping", 0.0)];
    let heard = kernel.ask(ToKernel::Train(data.train("short", "boosted_trees", Task::Binary, &params)));
    assert_eq!(heard.curve("valid.log_loss").len(), best as usize);
    assert_eq!(heard.finished().best_step, None);
    assert_eq!(predictions(&data.path("stop.arrow")), predictions(&data.path("short.arrow")));
}

#[test]
fn explaining_finds_what_the_target_is_made_of() {
    let data = counted(Task::Regression, false);
    let (mut kernel, _) = Kernel::greeted();
    for algorithm in ["boosted_trees", "linear_regression"] {
        kernel.ask(ToKernel::Train(data.train(algorithm, algorithm, Task::Regression, &[]))).finished();
        let explain = Explain {
            run: "e".into(),
            model: data.path(&format!("{algorithm}.model")).display().to_string(),
            table: data.table.clone(),
            part: 1,
            repeats: 4,
            seed: 1,
        };
        let importance = kernel.ask(ToKernel::Explain(explain.clone())).finished().importance;
        assert_eq!(importance.len(), 6);
        assert_eq!((importance[0].feature.as_str(), importance[1].feature.as_str()), ("x0", "x1"));
        assert!(importance[0].value > 10.0 * importance[0].std_error && importance[0].std_error > 0.0);
        assert_eq!(kernel.ask(ToKernel::Explain(explain)).finished().importance, importance, "same seed");
    }
}

#[test]
fn a_long_run_is_cancelled_within_a_second() {
    let rows = 40_000usize;
    let value = |i: usize, j: usize| ((i * 7919 + j * 104_729 + i * j * 31) % 10_007) as f64;
    let features = (0..20).map(|j| (format!("x{j}"), (0..rows).map(|i| value(i, j)).collect())).collect();
    // A plane parts the classes: without a penalty the coefficients grow for ever.
    let target = (0..rows).map(|i| f64::from(value(i, 0) + value(i, 1) > 10_000.0)).collect();
    let data = Data::new(features, target, (0..rows).map(|i| u8::from(i % 5 == 0)).collect());
    let (mut kernel, _) = Kernel::greeted();
    let runs = [
        ("boosted_trees", &[("trees", 100_000.0), ("early_stopping", 0.0)][..]),
        ("logistic_regression", &[("max_iterations", 100_000.0), ("tolerance", 1e-12), ("l2", 0.0)][..]),
        ("random_forest", &[("trees", 100_000.0)][..]),
        ("extra_trees", &[("trees", 100_000.0)][..]),
        ("additive_model", &[("rounds", 100_000.0), ("early_stopping", 0.0)][..]),
        ("linear_svm", &[("max_iterations", 1_000_000.0), ("tolerance", 1e-12), ("cost", 1e9)][..]),
        ("nearest_neighbours", &[("neighbours", 1000.0)][..]),
    ];
    for (algorithm, params) in runs {
        kernel.say(&ToKernel::Train(data.train(algorithm, algorithm, Task::Binary, params)));
        while !matches!(kernel.hear(), FromKernel::Started { .. }) {}
        std::thread::sleep(Duration::from_millis(30));
        let asked = Instant::now();
        kernel.say(&ToKernel::Cancel { run: algorithm.into() });
        let end = kernel.hear_all().end;
        assert!(matches!(end, FromKernel::Cancelled { .. }), "{algorithm}: {end:?}");
        assert!(asked.elapsed() < Duration::from_secs(1), "{algorithm} took {:?}", asked.elapsed());
        assert!(!data.path(&format!("{algorithm}.model")).exists());
    }
    let finished = kernel.ask(ToKernel::Train(data.train("next", "boosted_trees", Task::Binary, &[("trees", 3.0)])));
    assert_eq!(finished.finished().steps, 3);
}

#[test]
fn what_cannot_be_trained_is_said_with_a_way_out_and_the_kernel_lives() {
    let (mut kernel, _) = Kernel::greeted();
    let gaps = counted(Task::Binary, true);
    let mut refused = |train: Train, wanted: &str| {
        let (message, hint) = kernel.ask(ToKernel::Train(train)).failed();
        assert!(message.contains(wanted), "«{message}» and not «{wanted}»");
        hint
    };
    let hint = refused(
        gaps.train("r", "logistic_regression", Task::Binary, &[]),
        "logistic_regression needs complete columns: x2 has 55 missing or infinite values in 600 rows",
    );
    assert!(hint.contains("impute"));
    refused(gaps.train("r", "forest", Task::Binary, &[]), "has no algorithm forest");
    for algorithm in ["nearest_neighbours", "linear_svm"] {
        let wanted = format!("{algorithm} needs complete columns: x2 has 55 missing");
        refused(gaps.train("r", algorithm, Task::Binary, &[]), &wanted);
    }
    refused(gaps.train("r", "linear_regression", Task::Binary, &[]), "cannot be trained for Binary");
    refused(gaps.train("r", "boosted_trees", Task::Binary, &[("max_depth", 0.0)]), "max_depth = 0");
    refused(gaps.train("r", "boosted_trees", Task::Binary, &[("depth", 3.0)]), "no hyperparameter depth");
    let on_gpu = Train { device: "cuda:0".into(), ..gaps.train("r", "boosted_trees", Task::Binary, &[]) };
    refused(on_gpu, "has no device cuda:0");
    let mut nowhere = gaps.train("r", "boosted_trees", Task::Binary, &[]);
    nowhere.predictions = gaps.path("gone/p.arrow").display().to_string();
    refused(nowhere, "cannot write");
    let one = Data::new(vec![("a".into(), vec![1.0, 2.0, 3.0])], vec![1.0, 1.0, 0.0], vec![0, 0, 1]);
    refused(one.train("r", "boosted_trees", Task::Binary, &[]), "All 2 training rows have the same class 1 of y");
    let held = Data::new(vec![("a".into(), vec![1.0, 2.0])], vec![1.0, 0.0], vec![1, 2]);
    refused(held.train("r", "boosted_trees", Task::Regression, &[]), "no training row");
    let hole = Data::new(vec![("a".into(), vec![1.0, 2.0])], vec![1.0, f64::NAN], vec![0, 0]);
    refused(hole.train("r", "boosted_trees", Task::Regression, &[]), "y has 1 missing or infinite values");
    std::fs::write(gaps.path("bad.model"), "PK\u{3}\u{4}\n").unwrap();
    let predict = Predict {
        run: "p".into(),
        model: gaps.path("bad.model").display().to_string(),
        table: gaps.table.clone(),
        predictions: gaps.path("p.arrow").display().to_string(),
    };
    let (message, _) = kernel.ask(ToKernel::Predict(predict)).failed();
    assert!(message.contains("not a model of the classic kernel"), "{message}");
    kernel.ask(ToKernel::Train(gaps.train("r", "boosted_trees", Task::Binary, &[("trees", 2.0)]))).finished();
}

/// A one-hot encoding of three names, all columns kept, a constant, and a column of infinities.
#[test]
fn dependent_constant_and_infinite_columns_do_no_harm() {
    let rows = 300usize;
    let hot = |name: usize| (0..rows).map(|i| f64::from(u8::from(i % 3 == name))).collect::<Vec<f64>>();
    let x: Vec<f64> = (0..rows).map(|i| (i * 37 % 101) as f64).collect();
    let target: Vec<f64> = (0..rows).map(|i| 100.0 * (i % 3) as f64 + 2.0 * x[i] + 5.0).collect();
    let mut features: Vec<(String, Vec<f64>)> = (0..3).map(|name| (format!("hot{name}"), hot(name))).collect();
    features.push(("x".into(), x));
    features.push(("same".into(), vec![0.1; rows]));
    let parts: Vec<u8> = (0..rows).map(|i| u8::from(i % 7 == 0)).collect();
    let data = Data::new(features.clone(), target.clone(), parts.clone());
    let (mut kernel, _) = Kernel::greeted();
    let heard = kernel.ask(ToKernel::Train(data.train("r", "linear_regression", Task::Regression, &[])));
    assert!(heard.log[0].contains("hot2 is a weighted sum of other columns"), "{:?}", heard.log);
    let importance = heard.finished().importance;
    assert_eq!((importance.last().unwrap().feature.as_str(), importance.last().unwrap().value), ("same", 0.0));
    let found = &predictions(&data.path("r.arrow"))[0].1;
    assert!(found.iter().zip(&target).all(|(found, wanted)| (found - wanted).abs() < 1e-4));

    let infinite = |i: usize| if i.is_multiple_of(3) { f64::NEG_INFINITY } else { f64::INFINITY };
    features[0].1 = (0..rows).map(infinite).collect();
    let data = Data::new(features, target, parts);
    let heard = kernel.ask(ToKernel::Train(data.train("trees", "boosted_trees", Task::Regression, &[])));
    assert!(*heard.curve("valid.rmse").last().unwrap() < 15.0);
    let finished = heard.finished();
    assert!(finished.importance.iter().all(|importance| importance.value.is_finite()));
}

/// What a warm process adds to the algorithm's own time on 20,000 rows of 40 columns.
#[test]
fn a_warm_trial_adds_well_under_twenty_milliseconds() {
    let rows = 20_000usize;
    let value = |i: usize, j: usize| ((i * 7919 + j * 104_729 + i * j * 31) % 10_007) as f64;
    let features = (0..40).map(|j| (format!("x{j}"), (0..rows).map(|i| value(i, j)).collect())).collect();
    let target = (0..rows).map(|i| f64::from(value(i, 0) + value(i, 1) > 10_000.0)).collect();
    let data = Data::new(features, target, (0..rows).map(|i| (i % 10 / 8) as u8).collect());
    let (mut kernel, _) = Kernel::greeted();
    let runs = [("boosted_trees", "trees", 50.0), ("logistic_regression", "l2", 1.0), ("random_forest", "trees", 5.0)];
    for (algorithm, param, value) in runs {
        let mut shown = vec![];
        for trial in 0..6 {
            let wish = data.train(&trial.to_string(), algorithm, Task::Binary, &[(param, value + f64::from(trial))]);
            let asked = Instant::now();
            let finished = kernel.ask(ToKernel::Train(wish)).finished();
            let all = asked.elapsed().as_secs_f64();
            shown.push((1e3 * (all - finished.train_secs), 1e3 * finished.train_secs));
        }
        let least = shown[1..].iter().map(|(more, _)| *more).fold(f64::INFINITY, f64::min);
        eprintln!("{algorithm}: overhead and training in ms, first trial cold: {shown:.1?}");
        assert!(least < 20.0, "{algorithm}: {shown:?}");
    }
}
