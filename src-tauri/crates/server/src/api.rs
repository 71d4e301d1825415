//! The door over HTTP.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{
        DefaultBodyLimit, Query, Request as HttpRequest, State as Shared,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::{StatusCode, Uri, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response as HttpResponse},
    routing::{get, post, put},
};
use cairn_engine::{Engine, EventReceiver};
use cairn_protocol::{ErrorInfo, Event, Request, Response};
use serde::{Deserialize, Serialize};

use crate::{files, guard};

/// Largest request but uploads.
const MAX_CALL_BYTES: usize = 16 << 20;
/// Largest file that a browser may send in one piece; larger ones are opened by their path.
const MAX_UPLOAD_BYTES: usize = 4 << 30;

/// What every handler sees.
pub struct State {
    /// The engine.
    pub engine: Engine,
    /// Who knows it may ask.
    pub token: String,
    /// Where this server listens.
    pub address: SocketAddr,
}

/// An answer of the door on the wire.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Ok(Box<Response>),
    Err(ErrorInfo),
}

/// All routes.
pub fn router(state: Arc<State>) -> Router {
    let api = Router::new()
        .route("/call", post(call).layer(DefaultBodyLimit::max(MAX_CALL_BYTES)))
        .route("/events", get(events))
        .route("/upload", put(upload).layer(DefaultBodyLimit::max(MAX_UPLOAD_BYTES)))
        .route("/report", get(report))
        .layer(from_fn_with_state(Arc::clone(&state), with_token));
    Router::new()
        .nest("/api", api)
        .fallback(|uri: Uri| async move { files::get(uri.path()) })
        .layer(from_fn_with_state(Arc::clone(&state), from_own_host))
        .with_state(state)
}

async fn with_token(Shared(state): Shared<Arc<State>>, request: HttpRequest, next: Next) -> HttpResponse {
    if guard::has_token(request.headers(), request.uri(), &state.token) {
        next.run(request).await
    } else {
        (StatusCode::UNAUTHORIZED, "open the address that cairn serve printed, with its token").into_response()
    }
}

async fn from_own_host(Shared(state): Shared<Arc<State>>, request: HttpRequest, next: Next) -> HttpResponse {
    if guard::is_own_host(request.headers(), state.address) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "this server answers only under its own address").into_response()
    }
}

fn json<T: Serialize>(value: &T) -> HttpResponse {
    match serde_json::to_vec(value) {
        Ok(bytes) => ([(header::CONTENT_TYPE, "application/json")], Body::from(bytes)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn call(Shared(state): Shared<Arc<State>>, body: Bytes) -> HttpResponse {
    let answer = match serde_json::from_slice::<Request>(&body) {
        Ok(request) => {
            let engine = state.engine.clone();
            match tokio::task::spawn_blocking(move || engine.call(request)).await {
                Ok(Ok(response)) => Answer::Ok(Box::new(response)),
                Ok(Err(error)) => Answer::Err(error),
                Err(error) => Answer::Err(ErrorInfo::internal(format!("a fault inside Cairn: {error}"))),
            }
        }
        Err(error) => Answer::Err(ErrorInfo::usage(format!("this is no request: {error}"))),
    };
    json(&answer)
}

async fn events(Shared(state): Shared<Arc<State>>, upgrade: WebSocketUpgrade) -> HttpResponse {
    let heard = state.engine.listen();
    upgrade.on_upgrade(move |socket| forward(socket, heard))
}

async fn forward(mut socket: WebSocket, heard: EventReceiver) {
    let (sender, mut events) = tokio::sync::mpsc::channel::<Event>(256);
    // The engine's channel blocks; a thread carries it over, and ends when either side is gone.
    let bridge = std::thread::Builder::new().name("events".into()).spawn(move || {
        while let Ok(event) = heard.recv() {
            if sender.blocking_send(event).is_err() {
                return;
            }
        }
    });
    if bridge.is_err() {
        return;
    }
    loop {
        tokio::select! {
            event = events.recv() => {
                let Some(event) = event else { return };
                let Ok(text) = serde_json::to_string(&event) else { continue };
                if socket.send(Message::Text(text.into())).await.is_err() {
                    return;
                }
            }
            message = socket.recv() => match message {
                Some(Ok(Message::Close(_))) | None | Some(Err(_)) => return,
                Some(Ok(_)) => {}
            }
        }
    }
}

#[derive(Deserialize)]
struct Upload {
    name: String,
}

#[derive(Serialize)]
struct Uploaded {
    path: String,
}

async fn upload(Shared(state): Shared<Arc<State>>, Query(query): Query<Upload>, body: Bytes) -> HttpResponse {
    let engine = state.engine.clone();
    let stored = tokio::task::spawn_blocking(move || engine.take_upload(&query.name, &body)).await;
    match stored {
        Ok(Ok(path)) => json(&Uploaded { path }),
        Ok(Err(error)) => (StatusCode::BAD_REQUEST, json(&Answer::Err(error))).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

#[derive(Deserialize)]
struct ReportPath {
    path: String,
}

async fn report(Shared(state): Shared<Arc<State>>, Query(query): Query<ReportPath>) -> HttpResponse {
    let engine = state.engine.clone();
    let read = tokio::task::spawn_blocking(move || engine.call(Request::ReadReport { path: query.path })).await;
    match read {
        Ok(Ok(Response::Text(html))) => files::report(html),
        Ok(Err(error)) => (StatusCode::NOT_FOUND, error.to_string()).into_response(),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "no report").into_response(),
    }
}
