//! The window's files: in a release build they are inside the program, in a development build they are read from
//! `ui/dist`, so that a change of the window needs no new server.

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};
use rust_embed::RustEmbed;

/// What `cargo xtask ui` made.
#[derive(RustEmbed)]
#[folder = "../../../ui/dist"]
#[allow_missing = true]
struct Files;

/// No script, style or picture from elsewhere; WebAssembly may be compiled, nothing else may be made of text.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; font-src 'self'; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// A report may carry its own styles and pictures, and no script at all.
const REPORT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const NOT_BUILT: &str = "<!doctype html><meta charset=utf-8><title>Cairn</title><p>The window is not built yet. \
    Run <code>cargo xtask ui</code> and load this page again.";

/// A file of the window.
pub fn get(path: &str) -> Response<Body> {
    let path = path.trim_start_matches('/');
    let name = if path.is_empty() { "index.html" } else { path };
    match Files::get(name) {
        Some(file) => answer(StatusCode::OK, kind_of(name), file.data.into_owned(), POLICY),
        None if name == "index.html" => answer(StatusCode::OK, kind_of(name), NOT_BUILT.into(), POLICY),
        None => answer(StatusCode::NOT_FOUND, "text/plain", b"not found".to_vec(), POLICY),
    }
}

/// A report.
pub fn report(html: String) -> Response<Body> {
    answer(StatusCode::OK, "text/html; charset=utf-8", html.into_bytes(), REPORT_POLICY)
}

fn answer(status: StatusCode, kind: &'static str, bytes: Vec<u8>, policy: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn kind_of(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        _ => "application/octet-stream",
    }
}
