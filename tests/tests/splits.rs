//! A split with folds, through the door: what a training makes of it, and what is known of it afterwards.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::time::{Duration, Instant};

use cairn_engine::Engine;
use cairn_protocol::{
    Request, Response,
    door::{EventBody, NotebookView},
    notebook::{CellBody, Edit, SplitCell},
    results::CellResult,
    runs::RunStatus,
    table::{TableQuery, TableRef},
};
use cairn_tests::{ask, sample};

fn notebook(response: Response) -> NotebookView {
    match response {
        Response::Notebook(view) => view,
        other => panic!("a notebook, not {other:?}"),
    }
}

fn wait_for(heard: &cairn_engine::EventReceiver, what: &str, mut seen: impl FnMut(&EventBody) -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let event = heard.recv_timeout(left).unwrap_or_else(|_| panic!("{what} did not happen"));
        if seen(&event.body) {
            return;
        }
    }
}

#[test]
fn a_training_goes_over_the_folds_of_its_split_with_the_recipe_fitted_anew() {
    let temp = tempfile::tempdir().unwrap();
    let engine = sample(temp.path(), "stroke");
    let path = "stroke.cairn".to_owned();
    let body = |engine: &Engine, name: &str| {
        let view = notebook(ask(engine, Request::OpenNotebook { path: path.clone() }));
        view.notebook.cells.iter().find(|cell| cell.name == name).unwrap().body.clone()
    };
    let CellBody::Split(split) = body(&engine, "Split") else { panic!("the split") };
    let more = vec![cairn_protocol::notebook::NamedPart { name: "holdout".into(), share: 0.1 }];
    let split = SplitCell { folds: 3, fold: 2, train: split.train - 0.1, more, ..split };
    let CellBody::Train(mut train) = body(&engine, "Boosted trees") else { panic!("the training") };
    train.params.insert("trees".into(), cairn_protocol::ParamValue::Int(20));
    let edits = vec![
        Edit::SetBody { name: "Split".into(), body: CellBody::Split(split) },
        Edit::SetBody { name: "Boosted trees".into(), body: CellBody::Train(train) },
    ];
    ask(&engine, Request::EditNotebook { path: path.clone(), edits });
    let saved = std::fs::read_to_string(temp.path().join("stroke.cairn"));
    let saved = saved.or_else(|_| std::fs::read_to_string(temp.path().join("stroke/stroke.cairn"))).unwrap();
    assert!(saved.contains("[[cell.part]]") && saved.contains("folds = 3"), "{saved}");
    let heard = engine.listen();
    let cells = vec!["Boosted trees".to_owned()];
    let Response::Started { job } = ask(&engine, Request::RunCells { path: path.clone(), cells, force: false }) else {
        panic!("started")
    };
    wait_for(&heard, "the end of the job", |event| match event {
        EventBody::Job { job: seen } if seen.id == job && seen.status != RunStatus::Running => {
            assert_eq!(seen.status, RunStatus::Finished, "{seen:?}");
            true
        }
        _ => false,
    });
    let result = |cell: &str| match ask(&engine, Request::CellResult { path: path.clone(), cell: cell.into() }) {
        Response::CellResult(result) => *result,
        other => panic!("a result, not {other:?}"),
    };
    let CellResult::Split(split) = result("Split") else { panic!("a split") };
    assert_eq!((split.folds.len(), split.fold), (3, 2));
    assert_eq!(split.digest, split.folds[1].digest);
    let CellResult::Train(train) = result("Boosted trees") else { panic!("a training") };
    let parts: Vec<&str> = train.evaluation.parts.iter().map(|part| part.part.as_str()).collect();
    assert_eq!(parts, ["train", "valid", "test", "holdout"]);
    let over_folds = train.cross_validation.unwrap();
    let auc = over_folds.metrics.iter().find(|metric| metric.name == "valid.auc").unwrap();
    assert_eq!((over_folds.folds.len(), auc.values.len()), (3, 3));
    assert!(auc.mean.0 > 0.75 && auc.sd.0 > 0.0 && auc.sd.0 < 0.1, "{auc:?}");
    assert_eq!(train.run.metrics["cv.valid.auc"], auc.mean);
    // The chosen fold is trained twice, alike, which says that a fold's table is the same as the notebook's.
    assert_eq!(train.run.metrics["valid.auc"], auc.values[1]);
    let points = train.curves.iter().find(|series| series.key == "cv.valid.auc").unwrap();
    assert_eq!(points.points.len(), 3);
    // The run's split says how it was drawn and what its certificate found.
    let Response::Lineage(graph) = ask(&engine, Request::Lineage { id: Some(train.run.id.clone()) }) else { panic!() };
    let node = graph.nodes.iter().find(|node| node.id == train.run.split).unwrap();
    assert_eq!(node.details["hash"], split.digest);
    assert_eq!(node.details["method"], "stratified by stroke, 3 folds");
    assert!(node.details.contains_key("certificate"));
    let table = TableRef::Cell { notebook: path.clone(), cell: "Split".into() };
    let rows = |part: Option<&str>| {
        let query = TableQuery { part: part.map(str::to_owned), ..TableQuery::default() };
        let window = Request::Page { table: table.clone(), query, first_row: 0, rows: 5, first_column: 0, columns: 1 };
        match ask(&engine, window) {
            Response::Page(page) => page.rows_total,
            other => panic!("a page, not {other:?}"),
        }
    };
    assert_eq!(rows(Some("holdout")), split.counts[3]);
    assert_eq!(rows(None), split.counts.iter().sum::<u64>());
}
