//! What the tests that cross crates share: the built programs, fresh projects, and the door.

#![allow(clippy::unwrap_used, reason = "this crate is tests")]

pub mod dirt;

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use cairn_engine::{Access, Engine, Options};
use cairn_protocol::{ErrorInfo, Request, Response};

/// A program of the workspace, built beside this one.
///
/// # Panics
/// It was not built: `cargo build --workspace` first.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let me = std::env::current_exe().expect("a test has an executable");
    let folder = me.ancestors().find(|folder| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)).is_file());
    let folder = folder.unwrap_or_else(|| panic!("{name} is not built beside {}", me.display()));
    folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// What a run of `cairn` left.
#[derive(Debug)]
pub struct Ran {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    /// The one JSON document on standard output.
    ///
    /// # Panics
    /// There is something else.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

/// Runs `cairn` in a folder, away from the person's own settings.
///
/// # Panics
/// It cannot be started.
#[must_use]
pub fn cairn(folder: &Path, args: &[&str]) -> Ran {
    let output: Output = command(folder, args).output().expect("cairn starts");
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The command, for tests that talk to the process while it runs.
#[must_use]
pub fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(program("cairn"));
    command.args(args).current_dir(folder).env("CAIRN_HOME", folder.join(".home"));
    command
}

/// An engine with a fresh copy of a sample.
///
/// # Panics
/// The sample cannot be made.
#[must_use]
pub fn sample(folder: &Path, name: &str) -> Engine {
    let engine = engine(folder);
    let path = folder.join(name).display().to_string();
    engine.call(Request::NewProject { path, sample: Some(name.into()) }).expect("a fresh sample");
    engine
}

/// An engine that does not watch and keeps its hands off the person's own folder.
#[must_use]
pub fn engine(folder: &Path) -> Engine {
    Engine::new(Options { watch: false, ..options(folder) })
}

/// Options of an engine whose own folder lies in a test's.
#[must_use]
pub fn options(folder: &Path) -> Options {
    Options { access: Access::Exclusive, watch: true, kernel_folders: Vec::new(), home: Some(folder.join(".home")) }
}

/// Asks, and panics with the error where there is one.
///
/// # Panics
/// The engine refused.
pub fn ask(engine: &Engine, request: Request) -> Response {
    engine.call(request).unwrap_or_else(|error: ErrorInfo| panic!("{error} {error:?}"))
}
