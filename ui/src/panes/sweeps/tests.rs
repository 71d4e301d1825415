//! The pane as a person meets it.

use cairn_protocol::{ErrorInfo, Request, Response, sweeps::TrialState};
use egui_kittest::{Harness, kittest::Queryable as _};

use super::{SweepsPane, trials::tests::sweep};
use crate::{
    ctx::Selection,
    panes::scripted::{Stage, on_stage},
};

fn harness() -> Harness<'static, Stage<SweepsPane>> {
    let answer = |request: &Request| match request {
        Request::Sweep { .. } => {
            let mut state = sweep(40);
            state.trials[7].state = TrialState::Failed;
            state.trials[7].value = None;
            state.trials[8].value = Some(f64::NAN.into());
            Ok(Response::Sweep(state))
        }
        _ => Err(ErrorInfo::internal("not asked here")),
    };
    let mut harness = on_stage(SweepsPane::new(Some("S1".into())), answer, |pane, ui, ctx| pane.ui(ui, ctx));
    harness.run_steps(4);
    harness
}

#[test]
fn a_brush_narrows_the_count_and_a_press_clears_it() {
    let mut harness = harness();
    assert!(harness.query_by_label_contains("Parallel coordinates: 40 of 40 trials").is_some());
    let axis = harness.get_by_label("Brush rate").rect();
    let at = |share: f32| egui::pos2(axis.center().x, axis.bottom() - share * axis.height());
    harness.drag_at(at(0.25));
    harness.step();
    harness.hover_at(at(0.5));
    harness.step();
    harness.hover_at(at(0.75));
    harness.step();
    harness.drop_at(at(0.75));
    harness.run_steps(2);
    let pane = &harness.state().pane;
    let through = pane.kept.as_ref().unwrap().prepared.selected(&pane.brushes);
    let count = through.into_iter().filter(|yes| *yes).count();
    assert!((15..25).contains(&count), "{count} of 40 for {:?}", pane.brushes);
    assert!(harness.query_by_label_contains(&format!("Parallel coordinates: {count} of 40 trials")).is_some());
    assert!(harness.query_by_label_contains(&format!("{count} of 40 trials, mean valid.auc")).is_some());
    harness.get_by_label("Clear").click();
    harness.run_steps(2);
    assert!(harness.query_by_label_contains("Parallel coordinates: 40 of 40").is_some());
}

#[test]
fn the_keyboard_brushes_too_and_the_best_trial_is_selected() {
    let mut harness = harness();
    let Selection::Trial { number, .. } = harness.state().selection.clone() else { panic!("no trial is selected") };
    assert_eq!(number, super::insight::ranking(&sweep(40))[0]);
    harness.get_by_label("Brush rate").focus();
    harness.run_steps(2);
    for _ in 0..4 {
        harness.key_press(egui::Key::ArrowUp);
        harness.run_steps(2);
    }
    let (low, high) = harness.state().pane.brushes["rate"];
    assert!((low - 0.2).abs() < 1e-9 && high == 1.0);
    harness.key_press(egui::Key::Delete);
    harness.run_steps(2);
    assert!(harness.state().pane.brushes.is_empty());
}

#[test]
fn a_sweep_is_fetched_at_most_three_times_a_second() {
    let mut harness = harness();
    let before = harness.state().sent().len();
    harness.run_steps(30);
    assert_eq!(harness.state().sent().len(), before, "what did not change is not fetched again");
}
