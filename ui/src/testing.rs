//! The whole window in a test: an engine that answers from a closure, and finding controls as a person does, by role
//! and name.

use std::{cell::RefCell, rc::Rc};

use cairn_protocol::{
    ErrorInfo, Event, Request, Response,
    door::{EntryKind, EventBody, JobView, ProjectView, SampleInfo, TreeEntry, Welcome},
    runs::RunStatus,
    table::{ColumnChange, ColumnType, PageColumn, TablePage},
};
use egui_kittest::{Harness, kittest::Queryable as _};

use crate::{
    app::App,
    backend::{Arrival, Backend, CallId, Choose},
    ctx::Tab,
};

type Answering = Box<dyn FnMut(&Request) -> Result<Response, ErrorInfo>>;

/// What the engine was asked, and what it says by itself.
#[derive(Default)]
struct Wire {
    sent: Vec<Request>,
    arrivals: Vec<Arrival>,
}

struct Scripted {
    answer: Answering,
    wire: Rc<RefCell<Wire>>,
}

impl Backend for Scripted {
    fn send(&mut self, call: CallId, request: &Request) {
        let result = (self.answer)(request).map(Box::new);
        let mut wire = self.wire.borrow_mut();
        wire.sent.push(request.clone());
        wire.arrivals.push(Arrival::Answer { call, result });
    }

    fn poll(&mut self) -> Vec<Arrival> {
        std::mem::take(&mut self.wire.borrow_mut().arrivals)
    }

    fn choose(&mut self, _: Choose) -> bool {
        false
    }

    fn open_outside(&mut self, _: &str) -> bool {
        false
    }
}

fn window(
    answer: impl FnMut(&Request) -> Result<Response, ErrorInfo> + 'static,
) -> (Harness<'static, App>, Rc<RefCell<Wire>>) {
    let wire = Rc::new(RefCell::new(Wire::default()));
    let app = App::new(Box::new(Scripted { answer: Box::new(answer), wire: Rc::clone(&wire) }));
    let mut harness = Harness::builder().with_size(egui::vec2(1280.0, 800.0)).build_ui_state(
        |ui, app: &mut App| {
            app.logic(ui.ctx());
            app.ui(ui);
        },
        app,
    );
    harness.run_steps(8);
    (harness, wire)
}

fn sample(name: &str, title: &str) -> SampleInfo {
    SampleInfo {
        name: name.into(),
        title: title.into(),
        shape: "20,000 patients × 12 columns".into(),
        task: "two classes".into(),
        about: "6 cells".into(),
    }
}

fn project() -> ProjectView {
    let data = TreeEntry { path: "data/long.csv".into(), kind: EntryKind::Data, ..TreeEntry::default() };
    ProjectView { name: "long".into(), path: "/p/long".into(), entries: vec![data], git: None }
}

const LONG: u64 = 10_000_000;

/// An engine with two samples, and a project with one long table once it is open.
fn engine(open: bool) -> impl FnMut(&Request) -> Result<Response, ErrorInfo> + 'static {
    move |request| {
        Ok(match request {
            Request::Welcome => Response::Welcome(Welcome {
                version: "0.1.0".into(),
                project: open.then(project),
                samples: vec![sample("stroke", "Stroke risk"), sample("digits", "Digits")],
                ..Welcome::default()
            }),
            Request::Project => Response::Project(project()),
            Request::Page { first_row, rows, .. } => {
                let numbers: Vec<u64> = (*first_row..(first_row + rows).min(LONG)).collect();
                let cells = numbers.iter().map(|row| Some(row.to_string())).collect();
                let change = ColumnChange::Same;
                let column_type = ColumnType::Int;
                let column = PageColumn { name: "id".into(), column_type, cells, change, changed: Vec::new() };
                Response::Page(TablePage {
                    rows_total: LONG,
                    first_row: *first_row,
                    row_numbers: numbers,
                    added_rows: Vec::new(),
                    columns: vec![column],
                })
            }
            _ => return Err(ErrorInfo::usage("no such thing here").hint("Ask for something else")),
        })
    }
}

#[test]
fn first_start_shows_both_samples_and_opens_one() {
    let (mut harness, wire) = window(engine(false));
    harness.get_by_label("Start with a table");
    harness.get_by_label("Open sample Digits");
    harness.get_by_label("Open sample Stroke risk").click();
    harness.run_steps(4);
    let wanted = Request::NewProject { path: String::new(), sample: Some("stroke".into()) };
    assert!(wire.borrow().sent.contains(&wanted));
    // The engine refused: the toast says why and what to do next.
    assert!(harness.query_all_by_label("no such thing here").count() > 0);
    harness.get_by_label("Ask for something else");
}

#[test]
fn the_palette_opens_finds_and_runs_a_command() {
    let (mut harness, _) = window(engine(false));
    let light = harness.state().persist();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
    harness.run_steps(3);
    harness.get_by_label("Search").type_text("dark");
    harness.run_steps(3);
    harness.get_by_label("Use the dark theme");
    harness.key_press(egui::Key::Enter);
    harness.run_steps(3);
    assert!(harness.query_by_label("Use the dark theme").is_none(), "the palette closes");
    assert!(harness.state().persist().contains("\"dark\""));
    assert_ne!(harness.state().persist(), light);
}

#[test]
fn tabs_open_and_close_and_the_layout_lasts() {
    let (mut harness, _) = window(engine(true));
    assert_eq!(harness.state().tabs(), [Tab::Data("data/long.csv".into())]);
    harness.get_by_label("Kernels").click();
    harness.run_steps(4);
    assert_eq!(harness.state().tabs(), [Tab::Data("data/long.csv".into()), Tab::Kernels]);
    let kept = harness.state().persist();
    harness.get_by_label("Close Kernels").click();
    harness.run_steps(4);
    assert_eq!(harness.state().tabs(), [Tab::Data("data/long.csv".into())]);
    let mut next = App::new(Box::new(Scripted { answer: Box::new(engine(true)), wire: Rc::default() }));
    next.restore(&kept);
    let egui = egui::Context::default();
    for _ in 0..6 {
        let mut output = egui.run_ui(egui::RawInput::default(), |ui| {
            next.logic(ui.ctx());
            next.ui(ui);
        });
        output.textures_delta.clear();
    }
    assert_eq!(next.tabs(), [Tab::Data("data/long.csv".into()), Tab::Kernels]);
}

#[test]
fn an_error_stands_in_the_pane_with_what_to_do_next() {
    let (mut harness, _) = window(engine(false));
    harness.get_by_label("Kernels").click();
    harness.run_steps(4);
    harness.get_by_label("Ask for something else");
    harness.get_by_label("Try again");
}

#[test]
fn a_running_job_is_cancelled_from_the_status_bar() {
    let (mut harness, wire) = window(engine(true));
    let job = JobView { id: 7, title: "Train Boosted trees".into(), status: RunStatus::Running, ..JobView::default() };
    let event = Event { seq: 1, body: EventBody::Job { job } };
    wire.borrow_mut().arrivals.push(Arrival::Event(Box::new(event)));
    harness.run_steps(4);
    harness.get_by_label("Jobs: Train Boosted trees").click();
    harness.run_steps(4);
    harness.get_by_label("Cancel Train Boosted trees").click();
    harness.run_steps(4);
    assert!(wire.borrow().sent.contains(&Request::CancelJob { job: 7 }));
}

#[test]
fn the_last_of_ten_million_rows_is_reached_and_read() {
    let (mut harness, wire) = window(engine(true));
    harness.run_steps(4);
    harness.get_by_label("Row 1: 0");
    let grid = harness.get_by_role(egui::accesskit::Role::Grid);
    grid.click();
    harness.run_steps(3);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::End);
    harness.run_steps(6);
    harness.get_by_label("Row 9,999,990: 9999989");
    harness.get_by_label("Row 10,000,000: 9999999");
    let pages = wire.borrow().sent.iter().filter(|request| matches!(request, Request::Page { .. })).count();
    assert!(pages <= 4, "only what can be seen is asked for, not {pages} pages");
    for _ in 0..2 {
        harness.key_press(egui::Key::PageUp);
        harness.run_steps(4);
    }
    assert!(harness.query_by_label("Row 10,000,000: 9999999").is_none());
}

#[test]
fn the_height_of_rows_is_a_command_and_lasts() {
    let (mut harness, _) = window(engine(true));
    harness.run_steps(4);
    let rows = |harness: &Harness<'static, App>| harness.query_all_by_role(egui::accesskit::Role::Row).count();
    let before = rows(&harness);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
    harness.run_steps(3);
    harness.get_by_label("Search").type_text("two lines");
    harness.run_steps(3);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(4);
    assert!(rows(&harness) < before * 2 / 3, "{before} rows, then {}", rows(&harness));
    let kept = harness.state().persist();
    assert!(kept.contains("\"grid_lines\":2"), "{kept}");
    let mut next = App::new(Box::new(Scripted { answer: Box::new(engine(true)), wire: Rc::default() }));
    next.restore(&kept);
    assert!(next.persist().contains("\"grid_lines\":2"));
    next.restore("{\"grid_lines\": 77}");
    assert!(next.persist().contains("\"grid_lines\":1"), "what is no choice is left out");
}
