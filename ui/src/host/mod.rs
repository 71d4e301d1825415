//! The thin host in a web view or a browser: eframe on WebGL, and a bridge in JavaScript that knows how to reach the
//! engine (Tauri's `invoke`, or HTTP). Nothing of the window's own lives here.

mod backend;
mod elements;

use std::cell::RefCell;

use wasm_bindgen::prelude::*;

use crate::{app::App, aria};
use backend::{Bridge, WebBackend};

/// Where what lasts is kept.
const STORAGE: &str = "cairn.window";
/// How often it is looked at, in seconds.
const KEEP_EVERY: f64 = 1.0;

thread_local! {
    static EGUI: RefCell<Option<egui::Context>> = const { RefCell::new(None) };
}

/// Asks for a frame.
fn repaint() {
    EGUI.with_borrow(|egui| {
        if let Some(egui) = egui {
            egui.request_repaint();
        }
    });
}

/// Starts the window on a canvas. The promise ends when the first frame is due.
///
/// # Errors
/// The browser has no WebGL 2.
#[wasm_bindgen]
pub async fn start(canvas: web_sys::HtmlCanvasElement, bridge: Bridge) -> Result<(), JsValue> {
    let options = eframe::WebOptions { dithering: false, ..Default::default() };
    let runner = eframe::WebRunner::new();
    let create: eframe::AppCreator<'static> = Box::new(move |creation| {
        let ctx = &creation.egui_ctx;
        EGUI.with_borrow_mut(|egui| *egui = Some(ctx.clone()));
        let deeds = aria::Deeds::default();
        elements::listen(&deeds);
        ctx.add_plugin(aria::Mirror::new(deeds, elements::show));
        let mut app = App::new(Box::new(WebBackend::start(bridge)));
        let offset = js_sys::Date::new_0().get_timezone_offset();
        let now = js_sys::Date::now() / 1000.0 - ctx.input(|input| input.time);
        app.set_clock(now, -(offset as i32));
        let kept = storage().and_then(|storage| storage.get_item(STORAGE).ok().flatten());
        if let Some(kept) = &kept {
            app.restore(kept);
        }
        Ok(Box::new(Window { app, kept: kept.unwrap_or_default(), looked: 0.0 }))
    });
    runner.start(canvas, options, create).await?;
    // The runner owns the animation frames; it lives as long as the page.
    std::mem::forget(runner);
    Ok(())
}

struct Window {
    app: App,
    kept: String,
    looked: f64,
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.app.logic(ctx);
        let now = ctx.input(|input| input.time);
        if now - self.looked > KEEP_EVERY {
            self.looked = now;
            let keep = self.app.persist();
            if keep != self.kept
                && let Some(storage) = storage()
                && storage.set_item(STORAGE, &keep).is_ok()
            {
                self.kept = keep;
            }
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.app.ui(ui);
    }
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}
