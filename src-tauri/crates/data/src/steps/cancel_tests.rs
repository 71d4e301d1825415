//! Steps that take long ask within their work whether anybody still wants it, and say how far they are.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use cairn_protocol::steps::Step;
use polars::prelude::*;

use super::*;
use crate::{error::DataError, progress::Progress};

/// Cancels when it has been asked so many times, and keeps what it was told.
struct After {
    asked: AtomicUsize,
    most: usize,
    told: Mutex<Vec<f64>>,
}

impl After {
    fn new(most: usize) -> Self {
        Self { asked: AtomicUsize::new(0), most, told: Mutex::new(Vec::new()) }
    }
}

impl Progress for After {
    fn set(&self, done: f64) {
        self.told.lock().unwrap().push(done);
    }

    fn cancelled(&self) -> bool {
        self.asked.fetch_add(1, Relaxed) >= self.most
    }
}

fn table(rows: usize) -> Table {
    let number = |by: usize| (0..rows).map(|row| (row * by % 9973) as f64).collect::<Vec<_>>();
    let gaps: Vec<Option<f64>> =
        number(31).into_iter().map(|x| (!(x as usize).is_multiple_of(5)).then_some(x)).collect();
    let words = (0..rows).map(|row| format!("word{} of word{} in row{row}", row % 700, row % 90)).collect::<Vec<_>>();
    let class = (0..rows).map(|row| if row.is_multiple_of(5) { "rare" } else { "often" }).collect::<Vec<_>>();
    let frame = df!(
        "a" => number(7919), "b" => number(104_729), "c" => number(17), "gap" => gaps, "words" => words,
        "class" => class, "key" => (0..rows as i64).map(|row| row / 2).collect::<Vec<_>>(),
    );
    Table::new(frame.unwrap())
}

/// The step asks often, says how far it is in rising figures, and stops soon after it was cancelled in its midst.
#[track_caller]
fn stops(rows: usize, step: &str, least_asked: usize) {
    let table = table(rows);
    let around = Around { tables: [("Other".to_owned(), table.frame.clone())].into(), salt: "salt".into() };
    let steps: Vec<Step> = serde_json::from_str(&format!("[{step}]")).unwrap();
    let whole = After::new(usize::MAX);
    run_recipe(&table, &steps, &around, &whole).unwrap_or_else(|error| panic!("{step}: {error}"));
    let asked = whole.asked.load(Relaxed);
    assert!(asked >= least_asked, "{step} asks {asked} times only");
    let told = whole.told.into_inner().unwrap();
    assert!(told.iter().filter(|done| **done > 0.0 && **done < 1.0).count() >= 3, "{step} tells {told:?}");
    assert!(told.iter().all(|done| (0.0..=1.0).contains(done)) && told.last() == Some(&1.0), "{step} tells {told:?}");
    for most in [1, asked / 3, asked * 2 / 3] {
        let cancelled = After::new(most);
        let error = run_recipe(&table, &steps, &around, &cancelled).unwrap_err();
        assert!(matches!(error, DataError::Cancelled), "{step}: {error}");
        // Each thread may be within one piece of work.
        let more = cancelled.asked.load(Relaxed) - most;
        assert!(more <= 1 + 2 * rayon::current_num_threads(), "{step} asks {more} times after it was cancelled");
    }
}

#[test]
fn neighbours_are_looked_for_until_cancelled() {
    stops(2_000, r#"{"op":"impute","columns":["gap","a","b"],"strategy":"knn","fit":"all"}"#, 300);
}

#[test]
fn new_rows_are_made_until_cancelled() {
    let keep = r#"{"op":"keep","columns":["a","b","c","class"]}"#;
    stops(3_000, &format!(r#"{keep},{{"op":"balance","target":"class","method":"smote"}}"#), 500);
    stops(3_000, r#"{"op":"drop","columns":["gap"]},{"op":"balance","target":"class","method":"smote_nc"}"#, 500);
}

#[test]
fn components_are_computed_until_cancelled() {
    stops(20_000, r#"{"op":"pca","columns":["a","b","c"],"fit":"all"}"#, 10);
}

#[test]
fn words_are_counted_until_cancelled() {
    stops(200_000, r#"{"op":"text_vectors","column":"words","max_features":50,"fit":"all"}"#, 40);
}

#[test]
fn duplicates_and_joins_are_looked_for_until_cancelled() {
    stops(300_000, r#"{"op":"deduplicate","columns":["key"]}"#, 25);
    stops(300_000, r#"{"op":"join","with":"Other","how":"inner","on":[{"left":"key"}]}"#, 40);
    stops(300_000, r#"{"op":"group_by","by":["key"],"aggregations":[{"column":"a","function":"mean"}]}"#, 25);
}

#[test]
fn text_is_changed_until_cancelled() {
    stops(300_000, r#"{"op":"replace_text","columns":["words"],"find":"w(o)rd","replace":"$1","regex":true}"#, 8);
    stops(300_000, r#"{"op":"text","columns":["words"],"action":"title"}"#, 8);
    stops(300_000, r#"{"op":"anonymise","columns":["words"],"method":"hash"}"#, 8);
}

#[test]
fn a_replay_stops_too() {
    let table = table(2_000);
    let step = r#"[{"op":"impute","columns":["gap","a","b"],"strategy":"knn","fit":"all"}]"#;
    let steps: Vec<Step> = serde_json::from_str(step).unwrap();
    let fitted = run_recipe(&table, &steps, &Around::default(), &crate::NoProgress).unwrap().fitted;
    let error = apply_watched(&fitted, &table.frame, &[], &Around::default(), &After::new(50)).unwrap_err();
    assert!(matches!(error, DataError::Cancelled), "{error}");
}
