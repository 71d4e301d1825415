//! The tracker from outside: what is acknowledged stays, questions are answered, readers do not wait.

#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use cairn_protocol::{
    ErrorInfo, ErrorKind, ParamValue, Params, Real,
    notebook::{Goal, Objective, SweepMethod},
    runs::{EdgeKind, LineageNode, NodeKind, RunStatus, RunsQuery},
    sweeps::{Domain, SearchParam, Trial, TrialState},
};
use cairn_tracking::{
    CodeState, MetricPoint, NewRun, NewSweep, RunUpdate, Tracker, TrackingError, node_id, run_node_id,
};

fn open() -> (tempfile::TempDir, Tracker) {
    let dir = tempfile::tempdir().unwrap();
    let tracker = Tracker::open(&dir.path().join(".cairn")).unwrap();
    (dir, tracker)
}

fn new_run(name: &str, params: &[(&str, ParamValue)]) -> NewRun {
    let params: Params = params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    NewRun { name: name.into(), experiment: "stroke".into(), params, ..NewRun::default() }
}

fn metrics(values: &[(&str, f64)]) -> BTreeMap<String, f64> {
    values.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
}

fn query(filter: &str, sort: &str) -> RunsQuery {
    RunsQuery { filter: filter.into(), sort: sort.into(), ..RunsQuery::default() }
}

#[test]
fn a_run_comes_back_as_it_was_recorded() {
    let (_dir, tracker) = open();
    let params = [
        ("depth", ParamValue::Int(3)),
        ("rate", ParamValue::Float(3.0)),
        ("odd", ParamValue::Float(f64::INFINITY)),
        ("bagging", ParamValue::Bool(true)),
        ("target", ParamValue::Text("stroke".into())),
    ];
    let mut new = new_run("Trees/1", &params);
    new.tags.insert("team".into(), "alpha".into());
    new.code = CodeState { commit: "abc123".into(), dirty: true, diff: "d1".into() };
    new.warnings = vec!["«Scale» fits on all rows".into()];
    new.machine.insert("os".into(), "linux".into());
    let id = tracker.create_run(&new).unwrap();
    let queued = tracker.run(&id).unwrap();
    assert_eq!((queued.status, queued.duration_secs, queued.ended_at), (RunStatus::Queued, 0.0, None));
    tracker.start_run(&id).unwrap();
    tracker.log_metrics(&id, 1, &metrics(&[("valid.auc", 0.7), ("train.loss", f64::NAN)])).unwrap();
    tracker.log_metrics(&id, 2, &metrics(&[("valid.auc", 0.9)])).unwrap();
    tracker.log_metrics(&id, 1, &metrics(&[("valid.auc", 0.8)])).unwrap();
    let update = RunUpdate { model: Some("model:1".into()), ..RunUpdate::default() };
    tracker.update_run(&id, &update).unwrap();
    let running = tracker.run(&id).unwrap();
    assert_eq!(running.metrics["valid.auc"], Real(0.9));
    assert!(running.metrics["train.loss"].0.is_nan());
    tracker.set_final_metrics(&id, &metrics(&[("valid.auc", 0.85)])).unwrap();
    tracker.log_metrics(&id, 3, &metrics(&[("valid.auc", 0.1)])).unwrap();
    tracker.set_tag(&id, "team", "").unwrap();
    tracker.set_tag(&id, "stage", "done").unwrap();
    tracker.finish_run(&id).unwrap();

    let run = tracker.run(&id.to_lowercase()[..20]).unwrap();
    assert_eq!(run.params, new.params);
    assert_eq!(run.metrics["valid.auc"], Real(0.85));
    assert_eq!(run.tags, BTreeMap::from([("stage".to_owned(), "done".to_owned())]));
    assert_eq!((run.status, run.dirty, run.commit.as_str()), (RunStatus::Finished, true, "abc123"));
    assert_eq!((run.model.as_str(), run.warnings.len(), run.machine["os"].as_str()), ("model:1", 1, "linux"));
    assert!(run.ended_at.is_some_and(|ended| ended >= run.started_at && ended.ends_with('Z')));
    assert_eq!(tracker.code_state(&id).unwrap(), new.code);
    assert_eq!(tracker.run("Trees/1").unwrap().id, id);

    let again = tracker.finish_run(&id).unwrap_err();
    assert!(matches!(again, TrackingError::WrongStatus { status: RunStatus::Finished, .. }), "{again}");
    let unknown = ErrorInfo::from(tracker.run("nothing").unwrap_err());
    assert_eq!(unknown.kind, ErrorKind::Usage);
    tracker.create_run(&new_run("Trees/2", &[])).unwrap();
    assert!(
        matches!(tracker.run(&id[..2]).unwrap_err(), TrackingError::Ambiguous { candidates, .. } if candidates.len() == 2)
    );
}

#[test]
fn filters_select_and_sorts_order() {
    let (_dir, tracker) = open();
    let run = |name: &str, params: &[(&str, ParamValue)], values: &[(&str, f64)], tag: &str| {
        let id = tracker.create_run(&new_run(name, params)).unwrap();
        tracker.set_final_metrics(&id, &metrics(values)).unwrap();
        tracker.set_tag(&id, "team", tag).unwrap();
        id
    };
    let text = |text: &str| ParamValue::Text(text.into());
    let a =
        run("a", &[("depth", ParamValue::Int(3)), ("kind", text("gini"))], &[("auc", 0.9), ("top 5", 1.0)], "alpha");
    run("b", &[("depth", ParamValue::Float(3.0)), ("kind", text("3"))], &[("auc", 0.7)], "beta");
    run("c", &[("depth", ParamValue::Int(10)), ("bag", ParamValue::Bool(true))], &[("auc", f64::NAN)], "Alpha");
    run("d", &[("depth", text("none"))], &[], "");
    tracker.start_run(&a).unwrap();
    tracker.finish_run(&a).unwrap();

    let names = |filter: &str, sort: &str| -> String {
        let page = tracker.list(&query(filter, sort)).unwrap_or_else(|error| panic!("{filter}: {error}"));
        assert_eq!(page.total, page.runs.len() as u64, "{filter}");
        page.runs.iter().map(|run| run.name.as_str()).collect()
    };
    for (filter, expected) in [
        ("", "abcd"),
        ("metrics.auc > 0.8", "a"),
        ("metrics.auc >= 0.7 and params.depth = 3", "ab"),
        ("not metrics.auc > 0.8", "bcd"),
        ("metrics.auc != 0.9", "bc"),
        ("metrics.auc is null", "d"),
        ("metrics.auc is not null", "abc"),
        ("metrics.`top 5` = 1", "a"),
        ("params.depth = 3", "ab"),
        ("params.depth = '3'", "ab"),
        ("params.depth > 3", "c"),
        ("params.depth != 3", "cd"),
        ("params.depth != 'none'", "abc"),
        ("params.kind = 3", ""),
        ("params.kind = '3'", "b"),
        ("params.kind in ('gini', 'x')", "a"),
        ("params.kind not in ('gini')", "bcd"),
        ("params.bag = true", "c"),
        ("params.bag = 'true'", "c"),
        ("params.kind like 'g%i'", "a"),
        ("tags.team like 'a%'", "a"),
        ("tags.team ilike 'a%'", "ac"),
        ("tags.team not like 'a%'", "bcd"),
        ("name like '_' and name like '[a-c]'", ""),
        ("status = 'finished'", "a"),
        ("attributes.status = 'FINISHED'", "a"),
        ("status = 'queued' and (name = 'b' or name = 'd')", "bd"),
        ("name = 'x'' or 1=1 --'", ""),
        ("experiment = 'stroke' and dirty = false", "abcd"),
        ("started_at > '2020-01-01' and ended_at is not null", "a"),
        ("started_at > '2999-01-01T00:00:00Z'", ""),
        ("duration_secs < 60 and sweep = ''", "abcd"),
    ] {
        assert_eq!(names(filter, "name"), expected, "{filter}");
    }
    for (sort, expected) in [
        ("", "dcba"),
        ("-metrics.auc", "abdc"),
        ("metrics.auc", "badc"),
        ("params.depth,-name", "bacd"),
        ("-tags.team", "bacd"),
    ] {
        assert_eq!(names("", sort), expected, "{sort}");
    }
    let page = tracker.list(&RunsQuery { limit: 2, offset: 1, ..query("", "name") }).unwrap();
    assert_eq!((page.total, page.runs[0].name.as_str(), page.runs.len()), (4, "b", 2));
    for (filter, sort, position) in
        [("metrics.auc > 'x'", "", 15), ("started_at > 5", "", 14), ("name = 5", "", 8), ("", "colour", 1)]
    {
        match tracker.list(&query(filter, sort)) {
            Err(TrackingError::Filter { position: found, .. }) => assert_eq!(found, position, "{filter}{sort}"),
            other => panic!("{filter}{sort}: {other:?}"),
        }
    }
}

#[test]
fn histories_are_read_whole_and_reduced() {
    let (_dir, tracker) = open();
    let id = tracker.create_run(&new_run("long", &[])).unwrap();
    let mut points = Vec::new();
    for step in 0..50_000_u64 {
        let value = if step == 33_333 { -7.0 } else { (step as f64 / 100.0).sin() };
        points.push(MetricPoint { key: "loss".into(), step, value });
        points.push(MetricPoint { key: "auc".into(), step, value: step as f64 });
    }
    let start = Instant::now();
    tracker.log_points(&id, &points).unwrap();
    let rate = points.len() as f64 / start.elapsed().as_secs_f64();
    assert!(rate > 50_000.0, "{rate:.0} points a second");
    let all = tracker.series(std::slice::from_ref(&id), &[], 0).unwrap();
    assert_eq!(
        all.iter().map(|series| (series.key.as_str(), series.points.len())).collect::<Vec<_>>(),
        [("auc", 50_000), ("loss", 50_000)]
    );
    let reduced = tracker.series(&["long".into()], &["loss".into()], 400).unwrap();
    assert_eq!((reduced.len(), reduced[0].run_id.as_str()), (1, id.as_str()));
    assert!(reduced[0].points.len() <= 400 && reduced[0].points.contains(&(33_333, Real(-7.0))));

    let mut log = tracker.metric_log(&id);
    let mut written = 0;
    for step in 0..10_000 {
        written += usize::from(log.push(step, &metrics(&[("streamed", step as f64)])).unwrap());
    }
    log.flush().unwrap();
    assert!(written >= 2, "nothing was written before the end");
    let streamed = tracker.series(&[id], &["streamed".into()], 0).unwrap();
    assert_eq!(streamed[0].points.len(), 10_000);
}

#[test]
fn differences_name_what_differs() {
    let (_dir, tracker) = open();
    let recipe = |digest: &str, steps: &str| LineageNode {
        details: BTreeMap::from([("steps".to_owned(), steps.to_owned())]),
        ..node(NodeKind::Recipe, digest, "Clean")
    };
    let make = |depth: i64, auc: f64, commit: &str, recipe: &LineageNode| {
        let mut new = new_run("r", &[("depth", ParamValue::Int(depth)), ("seed", ParamValue::Int(0))]);
        new.code.commit = commit.into();
        let id = tracker.create_run(&new).unwrap();
        tracker.set_final_metrics(&id, &metrics(&[("auc", auc)])).unwrap();
        let recipe = tracker.put_node(recipe).unwrap();
        let run = tracker.put_node(&node(NodeKind::Run, &id, "r")).unwrap();
        tracker.put_edge(&recipe.id, &run.id, EdgeKind::Used).unwrap();
        id
    };
    let a = make(3, 0.8, "c1", &recipe("r1", "drop id"));
    let b = make(4, 0.8, "c2", &recipe("r2", "drop id, fill age"));
    let diff = tracker.diff(&a, &b).unwrap();
    let shown: Vec<String> = diff
        .entries
        .iter()
        .map(|entry| format!("{} {} {:?} {:?}", entry.group, entry.name, entry.a, entry.b))
        .collect();
    assert_eq!(
        shown,
        [
            r#"param depth Some("3") Some("4")"#,
            r#"code commit Some("c1") Some("c2")"#,
            r#"recipe Clean Some("v1 (r1)") Some("v2 (r2)")"#,
            r#"recipe Clean: steps Some("drop id") Some("drop id, fill age")"#,
        ]
    );
    assert_eq!(tracker.diff(&a, &a).unwrap().entries, []);
}

fn node(kind: NodeKind, digest: &str, name: &str) -> LineageNode {
    LineageNode {
        id: String::new(),
        kind,
        name: name.into(),
        version: 0,
        digest: digest.into(),
        stale: false,
        missing: false,
        figure: String::new(),
        created_at: String::new(),
        details: BTreeMap::new(),
    }
}

#[test]
fn lineage_counts_versions_by_content_and_is_walked_both_ways() {
    let (_dir, tracker) = open();
    let digest = |letter: &str| letter.repeat(64);
    let put = |kind, digest: &str, name: &str| tracker.put_node(&node(kind, digest, name)).unwrap();
    let first = put(NodeKind::Dataset, &digest("a"), "stroke");
    assert_eq!((first.id.as_str(), first.version), ("dataset:aaaaaaaaaaaaaaaa", 1));
    assert_eq!(put(NodeKind::Dataset, &digest("b"), "stroke").version, 2);
    assert_eq!(put(NodeKind::Dataset, &digest("a"), "stroke"), first);
    assert_eq!(put(NodeKind::Recipe, &digest("a"), "stroke").version, 1);

    let file = put(NodeKind::File, &digest("f"), "stroke.csv");
    let split = put(NodeKind::Split, &digest("5"), "Split");
    let run = put(NodeKind::Run, "01RUN", "Trees/1");
    let model = put(NodeKind::Model, &digest("c"), "Trees");
    let other = put(NodeKind::Run, "01OTHER", "Trees/2");
    for (from, to, kind) in [
        (&file, &first, EdgeKind::DerivedFrom),
        (&first, &split, EdgeKind::DerivedFrom),
        (&split, &run, EdgeKind::Used),
        (&split, &other, EdgeKind::Used),
        (&run, &model, EdgeKind::Produced),
    ] {
        tracker.put_edge(&from.id, &to.id, kind).unwrap();
        tracker.put_edge(&from.id, &to.id, kind).unwrap();
    }
    assert_eq!(run.id, run_node_id("01RUN"));
    assert_eq!(node_id(NodeKind::Model, &digest("c")), model.id);
    for given in ["01RUN", "run:01RUN", "Trees/1", "run:01r"] {
        let graph = tracker.graph(Some(given)).unwrap();
        let mut ids: Vec<&str> = graph.nodes.iter().map(|node| node.id.as_str()).collect();
        ids.sort_unstable();
        assert_eq!(ids, [&first.id, &file.id, &model.id, &run.id, &split.id], "{given}");
        assert_eq!(graph.edges.len(), 4, "{given}");
    }
    let whole = tracker.graph(None).unwrap();
    assert_eq!((whole.nodes.len(), whole.edges.len()), (8, 5));
    assert!(matches!(tracker.graph(Some("01")).unwrap_err(), TrackingError::Ambiguous { .. }));
    assert!(tracker.put_edge(&first.id, "model:gone", EdgeKind::Used).is_err());

    let mut stale = tracker.set_descendants_stale(&first.id).unwrap();
    stale.sort_unstable();
    assert_eq!(stale, [model.id.clone(), other.id.clone(), run.id.clone(), split.id.clone()]);
    assert!(tracker.set_descendants_stale(&first.id).unwrap().is_empty());
    tracker.set_stale(std::slice::from_ref(&run.id), false).unwrap();
    assert!(!tracker.node(&run.id).unwrap().unwrap().stale && tracker.node(&model.id).unwrap().unwrap().stale);
    // A cycle is walked once.
    tracker.put_edge(&model.id, &file.id, EdgeKind::DerivedFrom).unwrap();
    assert_eq!(tracker.graph(Some("01RUN")).unwrap().nodes.len(), 6);
}

#[test]
fn sweeps_keep_their_trials_and_know_the_best() {
    let (_dir, tracker) = open();
    let id = tracker
        .create_sweep(&NewSweep {
            name: "Tune".into(),
            method: SweepMethod::Random,
            objective: Objective { name: "auc".into(), goal: Goal::Maximize },
            planned: 10,
            parallel: 2,
            space: vec![SearchParam { name: "x".into(), domain: Domain::Int { low: 0, high: 9, log: false } }],
        })
        .unwrap();
    let trial = |number, state, value: Option<f64>| Trial {
        number,
        run_id: String::new(),
        state,
        value: value.map(Real),
        params: Params::from([("x".to_owned(), ParamValue::Int(number as i64))]),
        started_at: "2026-11-20T10:00:00Z".into(),
        duration_secs: 1.5,
        offset_secs: 0.5,
        worker: 1,
        reason: String::new(),
    };
    tracker.put_trial(&id, &trial(0, TrialState::Running, None)).unwrap();
    let run = tracker.create_run(&NewRun { sweep: id.clone(), ..new_run("Tune/0", &[]) }).unwrap();
    let done = Trial { run_id: run.clone(), ..trial(0, TrialState::Complete, Some(0.8)) };
    tracker.put_trial(&id, &done).unwrap();
    tracker.put_trial(&id, &trial(1, TrialState::Complete, Some(f64::NAN))).unwrap();
    tracker.put_trial(&id, &trial(2, TrialState::Failed, None)).unwrap();
    tracker.put_trial(&id, &trial(3, TrialState::Running, None)).unwrap();
    tracker.update_sweep(&id, RunStatus::Finished).unwrap();
    let state = tracker.sweep("Tune").unwrap();
    assert_eq!((state.trials.len(), &state.trials[0]), (4, &done));
    assert!(state.trials[1].value.is_some_and(|value| value.0.is_nan()));
    let best = state.best.clone().unwrap();
    assert_eq!((best.number, best.run_id.as_str(), best.value), (0, run.as_str(), Real(0.8)));
    let listed = tracker.sweeps().unwrap();
    assert_eq!((listed.len(), listed[0].trials.len(), &listed[0].best), (1, 0, &state.best));
    assert_eq!(tracker.list(&query(&format!("sweep = '{id}'"), "")).unwrap().total, 1);
    assert!(tracker.create_run(&NewRun { sweep: "none".into(), ..NewRun::default() }).is_err());
}

#[test]
fn what_a_dead_process_left_running_is_interrupted() {
    let (dir, tracker) = open();
    let queued = tracker.create_run(&new_run("queued", &[])).unwrap();
    let running = tracker.create_run(&new_run("running", &[])).unwrap();
    let done = tracker.create_run(&new_run("done", &[])).unwrap();
    tracker.start_run(&running).unwrap();
    tracker.fail_run(&done, "its own reason").unwrap();
    drop(tracker);
    let tracker = Tracker::open(&dir.path().join(".cairn")).unwrap();
    assert_eq!(tracker.run(&running).unwrap().status, RunStatus::Running);
    assert_eq!(tracker.mark_interrupted().unwrap(), 2);
    for id in [&queued, &running] {
        let run = tracker.run(id).unwrap();
        assert_eq!(run.status, RunStatus::Interrupted);
        assert!(run.ended_at.is_some() && !run.reason.is_empty());
    }
    assert_eq!(tracker.run(&done).unwrap().reason, "its own reason");
    assert_eq!(tracker.mark_interrupted().unwrap(), 0);
}

#[test]
fn readers_see_whole_transactions_while_a_writer_writes() {
    let (_dir, tracker) = open();
    let id = tracker.create_run(&new_run("busy", &[])).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut reads = 0;
                    let mut longest = 0;
                    while !done.load(Ordering::Relaxed) || reads < 3 {
                        let series = tracker.series(std::slice::from_ref(&id), &[], 0).unwrap();
                        let lengths: Vec<usize> = series.iter().map(|series| series.points.len()).collect();
                        assert!(lengths.is_empty() || lengths.len() == 2 && lengths[0] == lengths[1], "{lengths:?}");
                        assert!(lengths.first().copied().unwrap_or(0) >= longest, "went back");
                        longest = lengths.first().copied().unwrap_or(0);
                        reads += 1;
                    }
                })
            })
            .collect();
        for batch in 0..100_u64 {
            let both = |step| ["a", "b"].map(|key| MetricPoint { key: key.into(), step, value: 1.0 });
            let points: Vec<MetricPoint> = (batch * 20..batch * 20 + 20).flat_map(both).collect();
            tracker.log_points(&id, &points).unwrap();
        }
        done.store(true, Ordering::Relaxed);
        for reader in readers {
            reader.join().unwrap();
        }
    });
    assert_eq!(tracker.series(&[id], &["a".into()], 0).unwrap()[0].points.len(), 2000);
}

const CHILD_DIR: &str = "CAIRN_TRACKING_TEST_CHILD";

/// Not a test by itself: the process that [`acknowledged_writes_survive_a_kill`] kills.
#[test]
fn writes_until_it_is_killed() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else { return };
    let tracker = Tracker::open(dir.as_ref()).unwrap();
    let id = tracker.create_run(&new_run("victim", &[])).unwrap();
    tracker.start_run(&id).unwrap();
    let mut out = std::io::stdout();
    for step in 0.. {
        tracker.log_metrics(&id, step, &metrics(&[("loss", step as f64), ("auc", 0.5)])).unwrap();
        let stored = tracker.artifacts().put_bytes(format!("checkpoint {step}").as_bytes()).unwrap();
        tracker.add_artifact(&id, &format!("checkpoint {step}"), "model", &stored).unwrap();
        writeln!(out, "ACK {step}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn acknowledged_writes_survive_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "writes_until_it_is_killed", "--nocapture"])
        .env(CHILD_DIR, dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some(step) = line.split("ACK ").nth(1) {
            acknowledged = step.parse::<u64>().unwrap();
        }
        if acknowledged == 25 {
            // SIGKILL, in the middle of whatever it writes now.
            child.kill().unwrap();
            break;
        }
    }
    child.wait().unwrap();
    let tracker = Tracker::open(dir.path()).unwrap();
    assert!(acknowledged == 25);
    let series = tracker.series(&["victim".into()], &["loss".into()], 0).unwrap();
    for step in 0..=acknowledged {
        assert_eq!(series[0].points[step as usize], (step, Real(step as f64)));
    }
    let run = tracker.run("victim").unwrap();
    let artifacts = tracker.artifacts_of(&run.id).unwrap();
    assert!(artifacts.len() as u64 > acknowledged);
    for artifact in artifacts {
        assert!(tracker.artifacts().read(&artifact.digest).unwrap().starts_with(b"checkpoint"));
    }
    let report = tracker.verify().unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!((run.status, tracker.mark_interrupted().unwrap()), (RunStatus::Running, 1));
}
