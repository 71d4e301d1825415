//! The desktop window: a thin shell around the engine. It owns the window, dialogs and dropped files; everything else
//! goes through the door.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod commands;
mod events;

use std::path::PathBuf;

use anyhow::Context;
use cairn_engine::{Engine, Options};
use cairn_protocol::Request;
use tauri::{Manager, RunEvent, WebviewUrl, WebviewWindowBuilder};

/// Size of a window that was never opened before, in points.
const SIZE: (f64, f64) = (1440.0, 900.0);
/// Below this the panes have no room.
const MIN_SIZE: (f64, f64) = (960.0, 600.0);

fn main() -> anyhow::Result<()> {
    let engine = Engine::new(Options::default());
    let mut refused = None;
    if let Some(project) = std::env::args_os().nth(1).map(PathBuf::from) {
        // Without a project the window opens on its first page, and says there why.
        let request = Request::OpenProject { path: project.display().to_string() };
        refused = engine.call(request).err();
    }
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .manage(commands::Door { engine: engine.clone(), refused: std::sync::Mutex::new(refused) })
        .invoke_handler(tauri::generate_handler![commands::call, commands::choose, commands::open_outside])
        .setup(|app| {
            let window = WebviewWindowBuilder::new(app, "main", WebviewUrl::default())
                .title("Cairn")
                .inner_size(SIZE.0, SIZE.1)
                .min_inner_size(MIN_SIZE.0, MIN_SIZE.1)
                .build()?;
            events::forward(&window, &app.state::<commands::Door>().engine);
            Ok(())
        })
        .build(tauri::generate_context!())
        .context("the window cannot be opened; on Linux: is there a display?")?;
    app.run(move |_, event| {
        if let RunEvent::Exit = event {
            engine.shut_down();
        }
    });
    Ok(())
}
