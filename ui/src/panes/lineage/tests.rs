//! The pane as a person meets it.

use cairn_protocol::{ErrorInfo, Request, Response};
use egui_kittest::{Harness, kittest::Queryable as _};

use super::{LineagePane, view::tests::with_sweep};
use crate::{
    ctx::{Action, Selection, Tab},
    panes::scripted::{Stage, on_stage},
};

fn harness() -> Harness<'static, Stage<LineagePane>> {
    let answer = |request: &Request| match request {
        Request::Lineage { .. } => Ok(Response::Lineage(with_sweep(37))),
        _ => Err(ErrorInfo::internal("not asked here")),
    };
    let mut harness = on_stage(LineagePane::new(None), answer, |pane, ui, ctx| pane.ui(ui, ctx));
    harness.run_steps(4);
    harness
}

#[test]
fn a_press_selects_a_node_and_arrows_go_along_the_edges() {
    let mut harness = harness();
    harness.get_by_label("Dataset a").click();
    harness.run_steps(2);
    assert_eq!(harness.state().selection, Selection::Node("dataset:a".into()));
    harness.get_by_label("Dataset a").focus();
    harness.run_steps(2);
    harness.key_press(egui::Key::ArrowRight);
    harness.run_steps(3);
    assert!(harness.get_by_label("Split a").is_focused());
    harness.key_press(egui::Key::ArrowRight);
    harness.run_steps(3);
    assert!(harness.get_by_label("Sweep s, 37 trials").is_focused());
    harness.key_press(egui::Key::ArrowLeft);
    harness.run_steps(3);
    assert!(harness.get_by_label("Split a").is_focused());
}

#[test]
fn unfolding_shows_the_trials_and_finding_selects_one() {
    let mut harness = harness();
    assert!(harness.query_by_label("Run 12").is_none());
    harness.get_by_label("Collapse sweeps").click();
    harness.run_steps(4);
    assert!(harness.query_by_label("Run 12").is_some());
    harness.get_by_label("Find a node").focus();
    harness.run_steps(2);
    harness.get_by_label("Find a node").type_text("12");
    harness.run_steps(2);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(3);
    let Selection::Node(id) = &harness.state().selection else { panic!("nothing is selected") };
    assert!(id.ends_with(":12"));
}

#[test]
fn a_double_click_opens_and_the_graph_can_be_copied() {
    let mut harness = harness();
    let at = harness.get_by_label("Sweep s, 37 trials");
    at.click();
    at.click();
    harness.run_steps(2);
    assert!(harness.state().actions.contains(&Action::Open(Tab::Sweep(Some("s".into())))));
    harness.get_by_label("Copy as DOT").click();
    harness.run_steps(2);
    assert!(
        harness.state().actions.iter().any(|action| matches!(action, Action::Copy(dot) if dot.starts_with("digraph")))
    );
}
