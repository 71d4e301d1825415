//! What happens goes to the page: the engine's events as they are, and files that were dropped on the window.

use cairn_engine::Engine;
use tauri::{DragDropEvent, Emitter, WebviewWindow, WindowEvent};

/// Name of the engine's events on the page.
const EVENT: &str = "cairn-event";
/// Name of the event that carries dropped files' paths.
const FILES: &str = "cairn-files";

/// Forwards until the window is gone.
pub fn forward(window: &WebviewWindow, engine: &Engine) {
    let heard = engine.listen();
    let page = window.clone();
    let started = std::thread::Builder::new().name("events".into()).spawn(move || {
        while let Ok(event) = heard.recv() {
            let Ok(text) = serde_json::to_string(&event) else { continue };
            if page.emit_to("main", EVENT, text).is_err() {
                return;
            }
        }
    });
    if let Err(error) = started {
        eprintln!("cairn: the window hears no events: {error}");
    }
    let page = window.clone();
    window.on_window_event(move |event| {
        if let WindowEvent::DragDrop(DragDropEvent::Drop { paths, .. }) = event {
            let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
            // The window may be closing; the files stay where they are.
            page.emit_to("main", FILES, paths).unwrap_or_default();
        }
    });
}
