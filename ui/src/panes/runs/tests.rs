//! The pane as a person meets it.

use cairn_protocol::{
    ErrorInfo, Request, Response,
    runs::{MetricSeries, Run, RunStatus, RunsPage, RunsQuery},
};
use egui_kittest::{Harness, kittest::Queryable as _};

use super::{RunsPane, columns::tests::run};
use crate::{
    ctx::{Action, Selection},
    panes::scripted::{Stage, on_stage},
};

fn answer(count: usize) -> impl FnMut(&Request) -> Result<Response, ErrorInfo> {
    move |request| match request {
        Request::Runs(query) if query.filter.contains("nonsense") => {
            Err(ErrorInfo::usage("expected an operator, at character 9 of «nonsense»"))
        }
        Request::Runs(RunsQuery { limit, offset, .. }) => {
            let all = (*offset..count.min(offset + limit)).map(|number| {
                let mut run = run(number, if number == 3 { f64::NAN } else { 0.8 + number as f64 * 1e-4 });
                if number == 4 {
                    run.status = RunStatus::Failed;
                    run.metrics.clear();
                }
                run
            });
            Ok(Response::Runs(RunsPage { runs: all.collect::<Vec<Run>>(), total: count as u64 }))
        }
        Request::Metrics { runs, .. } => Ok(Response::Series(vec![MetricSeries {
            run_id: runs[0].clone(),
            key: "valid.log_loss".into(),
            points: vec![(0, 0.3.into()), (1, f64::NAN.into()), (2, 0.2.into()), (3, f64::INFINITY.into())],
        }])),
        _ => Err(ErrorInfo::internal("not asked here")),
    }
}

fn harness(count: usize) -> Harness<'static, Stage<RunsPane>> {
    let mut harness = on_stage(RunsPane::default(), answer(count), |pane, ui, ctx| pane.ui(ui, ctx));
    harness.run_steps(4);
    harness
}

fn last_query(harness: &Harness<'_, Stage<RunsPane>>) -> RunsQuery {
    let queries = harness.state().sent().iter().rev();
    queries
        .filter_map(|request| if let Request::Runs(query) = request { Some(query.clone()) } else { None })
        .next()
        .unwrap()
}

#[test]
fn a_press_on_a_heading_sorts_and_another_turns_it_round() {
    let mut harness = harness(40);
    harness.get_by_label("Sort by valid.auc").click();
    harness.run_steps(3);
    assert_eq!(last_query(&harness).sort, "-metrics.valid.auc");
    harness.get_by_label("valid.auc, sorted downwards").click();
    harness.run_steps(3);
    assert_eq!(last_query(&harness).sort, "metrics.valid.auc");
}

#[test]
fn the_filter_line_asks_shows_errors_and_completes_with_tab() {
    let mut harness = harness(40);
    harness.get_by_label("Filter runs").focus();
    harness.run_steps(2);
    harness.get_by_label("Filter runs").type_text("params.max_depth = 3");
    harness.run_steps(2);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(4);
    assert_eq!(last_query(&harness).filter, "params.max_depth = 3");
    harness.get_by_label("Clear the filter").click();
    harness.run_steps(3);
    assert_eq!(harness.state().pane.pages.filter, "");
    harness.get_by_label("Filter runs").focus();
    harness.run_steps(2);
    harness.get_by_label("Filter runs").type_text("max_de");
    harness.run_steps(2);
    harness.key_press(egui::Key::Tab);
    harness.run_steps(2);
    assert_eq!(harness.state().pane.filter.text, "params.max_depth ");
    harness.get_by_label("Filter runs").type_text("nonsense");
    harness.run_steps(2);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(4);
    assert!(harness.query_all_by_label_contains("expected an operator").next().is_some());
    assert!(harness.query_by_label_contains("Run trees/1,").is_some(), "the old rows stay");
}

#[test]
fn only_rows_in_view_are_drawn_and_a_press_selects() {
    let mut harness = harness(10_000);
    let drawn = harness.get_all_by_label_contains("Run trees/").count();
    assert!((5..60).contains(&drawn), "{drawn}");
    assert!(harness.state().sent().iter().filter(|request| matches!(request, Request::Runs(_))).count() <= 2);
    harness.get_by_label_contains("Run trees/2,").click();
    harness.run_steps(2);
    assert_eq!(harness.state().selection, Selection::Run("R002".into()));
    harness.key_press(egui::Key::ArrowDown);
    harness.run_steps(2);
    assert!(harness.state().actions.contains(&Action::Select(Selection::Run("R003".into()))));
}

#[test]
fn a_slash_goes_to_the_filter_and_is_not_typed() {
    let mut harness = harness(4);
    harness.event(egui::Event::Text("/".into()));
    harness.run_steps(3);
    assert!(harness.get_by_label("Filter runs").is_focused());
    assert_eq!(harness.state().pane.filter.text, "");
}

#[test]
fn eyes_choose_what_is_compared() {
    let mut harness = harness(12);
    assert!(harness.query_by_label("Compare 6").is_some());
    harness.get_by_label("Show trees/1 in the charts").click();
    harness.run_steps(2);
    assert!(harness.query_by_label("Compare 5").is_some());
    let slots: Vec<usize> = harness.state().pane.eyes.values().copied().collect();
    harness.get_by_label("Show trees/1 in the charts").click();
    harness.run_steps(2);
    assert_eq!(harness.state().pane.eyes.len(), slots.len() + 1);
    assert_eq!(harness.state().pane.eyes["R001"], harness.state().pane.slots["R001"]);
}
