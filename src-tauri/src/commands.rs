//! What the page may ask the shell: the door, dialogs, and to show a report outside.

#![expect(clippy::let_underscore_must_use, reason = "Tauri's command macro writes it")]

use std::{path::PathBuf, sync::Mutex};

use cairn_engine::Engine;
use cairn_protocol::{ErrorInfo, Request, Response};
use serde::Serialize;
use tauri::{AppHandle, State, ipc};
use tauri_plugin_dialog::DialogExt;

/// The engine behind the window.
pub struct Door {
    /// It.
    pub engine: Engine,
    /// Why the project of the command line did not open; told once.
    pub refused: Mutex<Option<ErrorInfo>>,
}

/// An answer of the door on the wire, as over HTTP.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Ok(Box<Response>),
    Err(ErrorInfo),
}

/// The door: JSON bytes of a request in, JSON bytes of the answer out. Raw bytes both ways, since Tauri would wrap them
/// in JSON once more otherwise.
#[tauri::command]
pub async fn call(request: ipc::Request<'_>, door: State<'_, Door>) -> Result<ipc::Response, String> {
    let ipc::InvokeBody::Raw(bytes) = request.body() else {
        return Err("the door takes raw bytes".into());
    };
    let answer = match serde_json::from_slice::<Request>(bytes) {
        Ok(request) => {
            let refused = matches!(request, Request::Welcome)
                .then(|| door.refused.lock().ok().and_then(|mut refused| refused.take()))
                .flatten();
            let engine = door.engine.clone();
            let work = move || {
                if let Some(error) = refused {
                    engine.tell(error);
                }
                engine.call(request)
            };
            match tauri::async_runtime::spawn_blocking(work).await {
                Ok(Ok(response)) => Answer::Ok(Box::new(response)),
                Ok(Err(error)) => Answer::Err(error),
                Err(error) => Answer::Err(ErrorInfo::internal(format!("a fault inside Cairn: {error}"))),
            }
        }
        Err(error) => Answer::Err(ErrorInfo::usage(format!("this is no request: {error}"))),
    };
    serde_json::to_vec(&answer).map(ipc::Response::new).map_err(|error| error.to_string())
}

/// Endings of files that hold tables, for the system's file dialog.
const TABLES: &[&str] = &[
    "csv", "tsv", "tab", "psv", "txt", "json", "ndjson", "jsonl", "parquet", "arrow", "arrows", "ipc", "feather",
    "xlsx", "xlsm", "xlsb", "xls", "ods", "sqlite", "sqlite3", "db", "gz", "zst", "zip",
];

/// Asks for a file (`data`) or a folder (`folder`); none where the person changed their mind.
#[tauri::command]
pub async fn choose(app: AppHandle, what: String) -> Result<Option<String>, String> {
    let (sender, chosen) = std::sync::mpsc::channel();
    let dialog = app.dialog().file();
    if what == "folder" {
        dialog.pick_folder(move |path| sender.send(path).unwrap_or_default());
    } else {
        dialog
            .add_filter("Tables", TABLES)
            .add_filter("All files", &["*"])
            .pick_file(move |path| sender.send(path).unwrap_or_default());
    }
    let path = tauri::async_runtime::spawn_blocking(move || chosen.recv().ok().flatten())
        .await
        .map_err(|error| error.to_string())?;
    Ok(path.and_then(|path| path.into_path().ok()).map(|path| path.display().to_string()))
}

/// Shows a report of the open project in the person's browser. Only reports: a page cannot make the shell open
/// anything else.
#[tauri::command]
pub async fn open_outside(path: String, door: State<'_, Door>) -> Result<(), String> {
    let root = door.engine.project_root().ok_or("no project is open")?;
    let within = PathBuf::from(&path);
    let plain = within.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    let file = root.join(&within);
    if !plain || within.extension().is_none_or(|extension| extension != "html") || !file.is_file() {
        return Err(format!("{path} is no report of this project"));
    }
    let program = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    };
    std::process::Command::new(program)
        .arg(&file)
        .spawn()
        .map(drop)
        .map_err(|error| format!("{} cannot be shown ({program}: {error}); open it in a browser", file.display()))
}
