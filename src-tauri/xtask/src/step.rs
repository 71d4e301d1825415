//! Steps: run a command, say which, keep the time.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// What a step costs, for people who wait: `cold` the first time, `warm` when little changed.
pub fn announce(what: &str, estimate: &str) {
    eprintln!("\n▸ {what}{}", if estimate.is_empty() { String::new() } else { format!(" — {estimate}") });
}

/// Runs a command to its end with its output on the terminal; anything but success is an error that names it.
pub fn run(command: &mut Command) -> Result<()> {
    eprintln!("  $ {}", shown(command));
    let status = command.status().with_context(|| format!("could not start `{}`", program(command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", shown(command));
    }
    Ok(())
}

/// Runs a command and returns what it wrote to stdout, or nothing when it failed or is not there.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn program(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

/// The command as one would type it: the program's name without its folder, then the arguments.
fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program()).to_string_lossy();
    command.get_args().fold(name.into_owned(), |line, argument| {
        let argument = argument.to_string_lossy();
        if argument.contains(' ') { format!("{line} '{argument}'") } else { format!("{line} {argument}") }
    })
}

/// How a step of a longer course ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It did what it had to.
    Passed,
    /// It did not, and nothing after it was tried.
    Failed,
    /// It was not wanted, or could not be done here; the reason was printed.
    Skipped,
}

/// The steps of one call with their times, printed as a table at the end whatever happened.
#[derive(Debug, Default)]
pub struct Course {
    steps: Vec<(String, Duration, Ending)>,
    failed: bool,
}

impl Course {
    /// Runs a step and notes its time; after a failure the remaining ones are only noted.
    pub fn step(&mut self, name: &str, work: impl FnOnce() -> Result<Ending>) {
        if self.failed {
            self.steps.push((name.to_owned(), Duration::ZERO, Ending::Skipped));
            return;
        }
        let start = Instant::now();
        let ending = work().unwrap_or_else(|error| {
            eprintln!("\nerror: {error:#}");
            Ending::Failed
        });
        self.failed = ending == Ending::Failed;
        self.steps.push((name.to_owned(), start.elapsed(), ending));
    }

    /// Prints the table; an error when a step failed.
    pub fn finish(self) -> Result<()> {
        let total: Duration = self.steps.iter().map(|step| step.1).sum();
        eprintln!("\n  step     seconds  result");
        for (name, elapsed, ending) in &self.steps {
            let word = match ending {
                Ending::Passed => "passed",
                Ending::Failed => "FAILED",
                Ending::Skipped => "not run",
            };
            eprintln!("  {name:<8} {:>7.1}  {word}", elapsed.as_secs_f64());
        }
        eprintln!("  {:<8} {:>7.1}", "all", total.as_secs_f64());
        match self.steps.iter().find(|step| step.2 == Ending::Failed) {
            Some((name, ..)) => bail!("step `{name}` failed\nhint: cargo xtask test --only {name}"),
            None => Ok(()),
        }
    }
}
