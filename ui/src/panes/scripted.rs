//! A pane on a stage: requests are answered by a closure, what the pane asks for is written down.

use cairn_protocol::{ErrorInfo, Request, Response};
use egui::Ui;
use egui_kittest::Harness;

use crate::{
    backend::{Arrival, Backend, CallId, Choose},
    ctx::{Action, Ctx, Selection},
    fonts,
    store::Store,
    theme::Theme,
    widgets::style,
};

type Answering = Box<dyn FnMut(&Request) -> Result<Response, ErrorInfo>>;

struct Script {
    answer: Answering,
    arrivals: Vec<Arrival>,
    sent: Vec<Request>,
}

impl Backend for Script {
    fn send(&mut self, call: CallId, request: &Request) {
        self.sent.push(request.clone());
        let result = (self.answer)(request).map(Box::new);
        self.arrivals.push(Arrival::Answer { call, result });
    }

    fn poll(&mut self) -> Vec<Arrival> {
        std::mem::take(&mut self.arrivals)
    }

    fn choose(&mut self, _: Choose) -> bool {
        false
    }

    fn open_outside(&mut self, _: &str) -> bool {
        false
    }
}

/// A pane with everything around it.
pub(crate) struct Stage<P> {
    pub(crate) pane: P,
    pub(crate) selection: Selection,
    pub(crate) actions: Vec<Action>,
    pub(crate) theme: Theme,
    store: Store,
    script: Script,
}

impl<P> Stage<P> {
    /// A pane whose requests are answered by a closure.
    pub(crate) fn new(pane: P, answer: impl FnMut(&Request) -> Result<Response, ErrorInfo> + 'static) -> Self {
        Self {
            pane,
            selection: Selection::Nothing,
            actions: Vec::new(),
            theme: Theme::dark(),
            store: Store::default(),
            script: Script { answer: Box::new(answer), arrivals: Vec::new(), sent: Vec::new() },
        }
    }

    /// All requests so far.
    pub(crate) fn sent(&self) -> &[Request] {
        &self.script.sent
    }

    /// One frame, as the app does it.
    pub(crate) fn frame(&mut self, ui: &mut Ui, draw: &mut dyn FnMut(&mut P, &mut Ui, &Ctx<'_>)) {
        self.store.exchange(&mut self.script);
        let ctx = Ctx::new(&self.store, &self.theme, &self.selection, "stroke", 1_795_176_000.0);
        draw(&mut self.pane, ui, &ctx);
        for action in ctx.take_actions() {
            if let Action::Call(request) = &action {
                self.store.call(request.clone());
            }
            if let Action::Select(selection) = &action {
                self.selection = selection.clone();
            }
            self.actions.push(action);
        }
        // Sends what the frame asked for; the answer is there in the next.
        self.store.exchange(&mut self.script);
        if !self.script.arrivals.is_empty() {
            ui.request_repaint();
        }
    }
}

/// A harness with a pane drawn by `draw`.
pub(crate) fn on_stage<P: 'static>(
    pane: P,
    answer: impl FnMut(&Request) -> Result<Response, ErrorInfo> + 'static,
    mut draw: impl FnMut(&mut P, &mut Ui, &Ctx<'_>) + 'static,
) -> Harness<'static, Stage<P>> {
    Harness::builder()
        .with_size(egui::vec2(1180.0, 820.0))
        .with_step_dt(1.0 / 60.0)
        .with_context_setup(|ctx| {
            fonts::install(ctx);
            style::apply(ctx, &Theme::dark());
        })
        .build_ui_state(move |ui, stage: &mut Stage<P>| stage.frame(ui, &mut draw), Stage::new(pane, answer))
}
