//! `build`, `run`, `serve` and `bench`: from a clean checkout to a window, or to figures.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::place::{Places, user_data};
use crate::setup::{Need, setup};
use crate::step::{announce, run as execute};
use crate::ui;

/// What `run` and `serve` were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Serve to a browser, though there may be a display.
    pub serve: bool,
    /// The project to open; without one, the sample.
    pub project: Option<PathBuf>,
    /// The sample project that is opened, and made first when it is not there.
    pub sample: String,
    /// Handed to `cairn serve`.
    pub listen: Option<String>,
}

impl Options {
    /// Reads the command line after the verb.
    pub fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self { serve: false, project: None, sample: "stroke".into(), listen: None };
        let mut rest = arguments.iter();
        while let Some(flag) = rest.next() {
            let mut value = || rest.next().cloned().with_context(|| format!("{flag} needs a value"));
            match flag.as_str() {
                "--serve" => options.serve = true,
                "--project" => options.project = Some(env::current_dir()?.join(value()?)),
                "--sample" => options.sample = value()?,
                "--listen" => options.listen = Some(value()?),
                other => bail!("`{other}` is not an option here\nhint: cargo xtask help"),
            }
        }
        Ok(options)
    }
}

/// Builds everything and opens the window, or serves it where there is no display.
pub fn run(places: &Places, options: &Options) -> Result<()> {
    build(places, &[])?;
    let project = match &options.project {
        Some(dir) => dir.clone(),
        None => sample_project(places, &options.sample)?,
    };
    if options.serve || !has_display() {
        announce("Serving the window to a browser; the address with its token follows", "Ctrl+C ends it");
        let mut serve = Command::new(places.program("cairn"));
        serve.arg("serve").arg("--project").arg(&project);
        if let Some(listen) = &options.listen {
            serve.arg("--listen").arg(listen);
        }
        return execute(&mut serve);
    }
    announce("Opening the window", "");
    execute(Command::new(places.program("cairn-desktop")).arg(&project))
}

/// Builds the user interface and every program. All programs of the workspace at once, so that cargo chooses the same
/// features of every dependency each time.
pub fn build(places: &Places, arguments: &[String]) -> Result<()> {
    let release = match arguments {
        [] => false,
        [flag] if flag == "--release" => true,
        _ => bail!("build takes --release or nothing\nhint: cargo xtask help"),
    };
    setup(places, Need::Build)?;
    ui::build(places)?;
    announce("Building every program", "half an hour on a bare machine with two cores, then seconds");
    let mut cargo = places.cargo();
    cargo.args(["build", "--workspace", "--bins"]);
    execute(if release { cargo.arg("--release") } else { &mut cargo })
}

/// The benchmarks: programs of `cairn-tests`, run as they are built with everything else.
pub fn bench(places: &Places, arguments: &[String]) -> Result<()> {
    build(places, &[])?;
    announce("Running the benchmarks", "some minutes; a quiet machine gives better figures");
    let mut command = Command::new(places.program("bench"));
    command.current_dir(&places.root).args(arguments);
    match peers(places) {
        Ok(python) => {
            command.env("CAIRN_PYTHON", python);
        }
        Err(error) => announce(&format!("Without the peers of Python: {error:#}"), ""),
    }
    execute(&mut command)
}

/// Peers of Python's that the benchmarks are measured against, and that the code of recipes runs on in the tests.
const PEERS: [&str; 4] = ["pandas==3.1.1", "scikit-learn==1.9.1", "polars==2.1.0", "duckdb==2.0.0"];

/// A Python with the peers, in a virtual environment of its own.
pub fn peers(places: &Places) -> Result<PathBuf> {
    let folder = places.cache.join("python");
    let python = if cfg!(windows) { folder.join("Scripts/python.exe") } else { folder.join("bin/python") };
    let mark = folder.join("peers");
    if std::fs::read_to_string(&mark).is_ok_and(|made| made == PEERS.join(" ")) {
        return Ok(python);
    }
    announce("Installing the peers of Python", &PEERS.join(", "));
    let base = if cfg!(windows) { "python" } else { "python3" };
    execute(Command::new(base).args(["-m", "venv"]).arg(&folder))
        .context("Python has no module venv (on Debian: apt install python3-venv)")?;
    execute(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PEERS))
        .context("pip cannot install the peers; it needs pip and the network once")?;
    std::fs::write(&mark, PEERS.join(" ")).context("cannot write beside the peers")?;
    Ok(python)
}

/// A sample project in the user's data folder, made on the first call and the user's from then on.
fn sample_project(places: &Places, sample: &str) -> Result<PathBuf> {
    let data = user_data().context("there is no home folder\nhint: name a project with --project DIR")?;
    let dir = data.join("samples").join(sample);
    if !is_project(&dir) {
        announce(&format!("Making the sample project {}", dir.display()), "");
        execute(Command::new(places.program("cairn")).arg("new").arg(&dir).args(["--sample", sample]))?;
    }
    Ok(dir)
}

/// A folder with something in it: `cairn new` would refuse it, and it is not ours to clear.
fn is_project(dir: &Path) -> bool {
    dir.read_dir().is_ok_and(|mut entries| entries.next().is_some())
}

/// Whether a window can be opened here. Only X11 and Wayland say so in the environment.
fn has_display() -> bool {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        let parse = |words: &str| Options::parse(&words.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        let all = parse("--serve --sample digits --listen 0.0.0.0:8080").expect("valid");
        assert!(
            all.serve
                && all.sample == "digits"
                && all.listen.as_deref() == Some("0.0.0.0:8080")
                && all.project.is_none()
        );
        assert!(parse("--project here").expect("valid").project.is_some_and(|dir| dir.is_absolute()));
        assert!(parse("--project").is_err());
        assert!(parse("--fast").is_err());
    }
}
