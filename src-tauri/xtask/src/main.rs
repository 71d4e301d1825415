//! `cargo xtask …`: everything a clean checkout needs, in plain Rust. `cargo xtask help` lists the verbs.
//!
//! Each verb first does what it stands on (`run` sets up and builds, `test` does what the continuous integration does), says
//! what it is about to do and how long that may take, and does nothing a second time when nothing changed.

mod arrows;
mod check;
mod place;
mod run;
mod setup;
mod step;
mod test;
mod ui;

use std::process::ExitCode;

use anyhow::{Result, bail};

use place::Places;
use setup::Need;

/// The verbs: name, arguments, what it does. Help is printed from this table.
const VERBS: &[(&str, &str, &str)] = &[
    (
        "setup",
        "",
        "installs what is missing to build, run and test: system packages, the WebAssembly target, wasm-bindgen",
    ),
    (
        "run",
        "[--serve] [--project DIR] [--sample NAME]",
        "builds everything and opens the window; without a display, or with --serve, serves it to a browser",
    ),
    ("build", "[--release]", "builds the user interface and every program"),
    ("serve", "[--project DIR] [--sample NAME]", "the same as run --serve"),
    ("ui", "", "builds the user interface to WebAssembly, into ui/dist"),
    (
        "test",
        "[--only STEP]… [--skip STEP]…",
        "everything the continuous integration runs; steps: fmt check ui lint test e2e",
    ),
    ("check", "", "the rules of the house: which crate may know which, no stray paths, no large files"),
    ("bench", "[ARGUMENTS…]", "the benchmarks beside their peers"),
    ("help", "", "this page"),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<()> {
    let places = Places::find()?;
    let (verb, rest) = arguments.split_first().map_or(("help", &[][..]), |(verb, rest)| (verb.as_str(), rest));
    match verb {
        "setup" => setup::setup(&places, Need::Test),
        "run" => run::run(&places, &run::Options::parse(rest)?),
        "serve" => run::run(&places, &run::Options { serve: true, ..run::Options::parse(rest)? }),
        "build" => run::build(&places, rest),
        "ui" => setup::setup(&places, Need::Web).and_then(|()| ui::build(&places)),
        "test" => test::test(&places, rest),
        "check" => check::check(&places),
        "bench" => run::bench(&places, rest),
        "help" | "--help" | "-h" => {
            help();
            Ok(())
        }
        other => bail!("there is no verb `{other}`\nhint: cargo xtask help"),
    }
}

fn help() {
    eprintln!("cargo xtask VERB\n");
    for (verb, arguments, what) in VERBS {
        eprintln!("  {verb} {arguments}\n      {what}");
    }
    eprintln!("\nCARGO_TARGET_DIR is honoured; CAIRN_CACHE names the folder for tools and the WebAssembly build");
    eprintln!("(by default cairn-build in the user's cache folder).");
}
