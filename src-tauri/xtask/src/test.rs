//! `cargo xtask test`: what the continuous integration runs, in the order in which it fails soonest.
//!
//! One compilation serves lints, tests and the end-to-end runs: the workspace's own crates are built by clippy-driver, the
//! compiler with clippy's lints inside, through RUSTC_WORKSPACE_WRAPPER. `cargo clippy` itself would check all
//! dependencies a second time. Third-party crates are built by the plain compiler and shared with `cargo xtask run`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::place::{Places, files_below, on_path};
use crate::setup::{Need, setup};
use crate::step::{Course, Ending, announce, output, run};
use crate::{check, ui};

const STEPS: &[&str] = &["fmt", "check", "ui", "lint", "test", "e2e"];

/// How cargo-clippy parts the arguments it hands to clippy-driver.
const CLIPPY_SEPARATOR: &str = "__CLIPPY_HACKERY__";

/// Runs the wanted steps until one fails, then prints where the time went.
pub fn test(places: &Places, arguments: &[String]) -> Result<()> {
    let wanted = wanted(arguments)?;
    let driver = clippy_driver(places);
    let mut course = Course::default();
    if wanted.iter().any(|step| matches!(*step, "ui" | "lint" | "test" | "e2e")) {
        course.step("setup", || setup(places, Need::Test).map(|()| Ending::Passed));
    }
    for step in wanted {
        course.step(step, || match step {
            "fmt" => format(places),
            "check" => {
                announce("Checking the rules of the house", "a second");
                check::check(places).map(|()| Ending::Passed)
            }
            "ui" => {
                announce("The user interface", "nothing when unchanged");
                ui::build(places).map(|()| Ending::Passed)
            }
            "lint" => lint(places, driver.as_deref()),
            "test" => unit_tests(places, driver.as_deref()),
            _ => end_to_end(places),
        });
    }
    course.finish()
}

fn wanted(arguments: &[String]) -> Result<Vec<&'static str>> {
    let (mut only, mut skip) = (Vec::new(), Vec::new());
    let mut rest = arguments.iter();
    while let Some(flag) = rest.next() {
        let list = match flag.as_str() {
            "--only" => &mut only,
            "--skip" => &mut skip,
            other => bail!("`{other}` is not an option of test\nhint: cargo xtask test [--only STEP]… [--skip STEP]…"),
        };
        let name = rest.next().with_context(|| format!("{flag} needs a step: {}", STEPS.join(" ")))?;
        let step = STEPS.iter().find(|step| *step == name);
        list.push(*step.with_context(|| format!("there is no step `{name}`\nhint: {}", STEPS.join(" ")))?);
    }
    Ok(STEPS.iter().copied().filter(|s| (only.is_empty() || only.contains(s)) && !skip.contains(s)).collect())
}

fn format(places: &Places) -> Result<Ending> {
    announce("Checking the format", "a second");
    let mut cargo = places.cargo();
    if output(places.cargo().args(["fmt", "--version"])).is_none() {
        eprintln!("  rustfmt is not installed\n  hint: rustup component add rustfmt");
        return Ok(Ending::Skipped);
    }
    run(cargo.args(["fmt", "--all", "--check"])).context("not formatted\nhint: cargo fmt --all")?;
    Ok(Ending::Passed)
}

/// The driver beside the compiler that cargo uses here; rustup's own proxy would not know where to find its library.
fn clippy_driver(places: &Places) -> Option<PathBuf> {
    let sysroot = output(Command::new("rustc").current_dir(&places.root).args(["--print", "sysroot"]))?;
    let driver = Path::new(sysroot.trim()).join("bin").join(format!("clippy-driver{}", env::consts::EXE_SUFFIX));
    driver.is_file().then_some(driver)
}

/// Cargo for the one build that lints, tests and end-to-end runs share: any difference here would compile all of ours twice.
fn linting_cargo(places: &Places, driver: Option<&Path>) -> Command {
    let mut cargo = places.cargo();
    if let Some(driver) = driver {
        cargo.env("RUSTC_WORKSPACE_WRAPPER", driver);
        cargo.env("CLIPPY_ARGS", ["-D", "warnings", ""].join(CLIPPY_SEPARATOR));
    }
    cargo
}

fn lint(places: &Places, driver: Option<&Path>) -> Result<Ending> {
    announce("Building and linting everything", "half an hour on a bare machine with two cores, then a few minutes");
    if driver.is_none() {
        eprintln!("  clippy is not installed, so this only builds\n  hint: rustup component add clippy");
    }
    // The profile of `cargo test`: with another one all of ours would be compiled again for the tests.
    run(linting_cargo(places, driver).args(["build", "--workspace", "--all-targets", "--profile", "test"]))?;
    Ok(if driver.is_some() { Ending::Passed } else { Ending::Skipped })
}

fn unit_tests(places: &Places, driver: Option<&Path>) -> Result<Ending> {
    announce("Running the tests", "a few minutes");
    // All targets as in `lint`, so that cargo chooses the same features; snapshots are compared, never written.
    let mut tests = linting_cargo(places, driver);
    tests.args(["test", "--workspace", "--all-targets", "--no-fail-fast"]).env("INSTA_UPDATE", "no");
    match crate::run::peers(places) {
        Ok(python) => {
            tests.env("CAIRN_PYTHON", python);
        }
        Err(error) => announce(&format!("The code of recipes is written and not run: {error:#}"), ""),
    }
    run(&mut tests)?;
    run(linting_cargo(places, driver).args(["test", "--workspace", "--doc"]))?;
    Ok(Ending::Passed)
}

fn end_to_end(places: &Places) -> Result<Ending> {
    announce("Running the window in a browser and on a virtual display", "a minute or two");
    let Some(node) = on_path("node") else {
        eprintln!("  Node is not installed: https://nodejs.org");
        return Ok(Ending::Skipped);
    };
    let folder = places.root.join("tests/e2e");
    if !folder.join("node_modules/playwright-core/package.json").is_file() {
        let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
        run(Command::new(npm).current_dir(&folder).args(["ci", "--no-audit", "--no-fund"]))?;
    }
    let scenarios = files_below(&folder.join("scenarios"))?;
    let mut command = Command::new(node);
    // One after another: they share the processor with a browser that draws in software.
    command.current_dir(&folder).args(["--test", "--test-concurrency=1", "--test-reporter=spec"]);
    command.args(scenarios.iter().filter(|file| file.to_string_lossy().ends_with(".test.mjs")));
    command.env("CAIRN", places.program("cairn")).env("CAIRN_DESKTOP", places.program("cairn-desktop"));
    run(&mut command)?;
    Ok(Ending::Passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_chosen_in_order() {
        let choose = |words: &str| wanted(&words.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(choose("").ok().as_deref(), Some(STEPS));
        assert_eq!(choose("--only test --only fmt").ok(), Some(vec!["fmt", "test"]));
        assert_eq!(choose("--skip e2e --skip ui").ok(), Some(vec!["fmt", "check", "lint", "test"]));
        assert!(choose("--only nothing").is_err());
        assert!(choose("--only").is_err());
        assert!(choose("fmt").is_err());
    }
}
