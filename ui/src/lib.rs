//! The window, in pure egui. It knows no file, no table library and no Tauri: it speaks to a [`backend::Backend`],
//! which a thin host implements over Tauri's `invoke`, over HTTP, or in a test.
//!
//! One owner, [`app::App`], lends panes a read-only [`ctx::Ctx`]. Panes change nothing: they push
//! [`ctx::Action`]s, which the app carries out before the next frame. What is shown comes out of the
//! [`store::Store`], which fetches through the door what a pane asks to see and keeps the old value on screen
//! until the new one is there.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod app;
pub mod aria;
pub mod backend;
pub mod cells;
pub mod charts;
pub mod command;
pub mod ctx;
pub mod fonts;
#[cfg(target_arch = "wasm32")]
pub mod host;
pub mod panes;
pub mod shell;
pub mod store;
#[cfg(test)]
mod testing;
pub mod theme;
pub mod widgets;
