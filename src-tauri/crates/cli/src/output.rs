//! Where words go: results to standard output, progress and messages to standard error; with `--json` one document on
//! standard output and nothing else there.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use cairn_engine::EventReceiver;
use cairn_protocol::{
    ErrorInfo,
    door::{EventBody, JobView},
    runs::RunStatus,
};
use serde::Serialize;

/// Plain lines of progress at most this often, where there is no terminal.
const PLAIN_EVERY: Duration = Duration::from_secs(2);
/// Cells of the bar.
const BAR: usize = 24;

/// How to print.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    json: bool,
    quiet: bool,
}

impl Output {
    /// As the flags say.
    pub fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet }
    }

    /// Whether results are JSON.
    pub fn is_json(self) -> bool {
        self.json
    }

    /// The one JSON document, or lines for people.
    pub fn result<T: Serialize>(self, document: &T, lines: impl FnOnce() -> String) -> ExitCode {
        if self.json {
            match serde_json::to_string(document) {
                Ok(text) => print(&mut io::stdout().lock(), &text),
                Err(error) => self.error(&ErrorInfo::internal(format!("the result cannot be printed: {error}"))),
            }
        } else {
            match lines() {
                text if text.is_empty() => ExitCode::SUCCESS,
                text => print(&mut io::stdout().lock(), text.trim_end()),
            }
        }
    }

    /// Text as it is, whatever the flags say.
    pub fn text(self, text: &str) -> ExitCode {
        print(&mut io::stdout().lock(), text.trim_end())
    }

    /// An error with its hint, and the exit code that goes with it.
    pub fn error(self, error: &ErrorInfo) -> ExitCode {
        #[derive(Serialize)]
        struct Document<'a> {
            error: &'a ErrorInfo,
        }
        if self.json {
            let text = serde_json::to_string(&Document { error }).unwrap_or_else(|_| "{\"error\":{}}".into());
            // The error has its exit code whether or not anybody reads it.
            print(&mut io::stdout().lock(), &text);
        } else {
            let (red, plain) = if self.colour() { ("\u{1b}[31m", "\u{1b}[0m") } else { ("", "") };
            eprintln!("{red}error:{plain} {}", visible(&error.to_string()));
            if !error.hint.is_empty() {
                eprintln!("hint: {}", visible(&error.hint));
            }
        }
        ExitCode::from(error.kind.exit_code())
    }

    /// A message for people.
    pub fn say(self, text: &str) {
        if !self.quiet {
            eprintln!("{text}");
        }
    }

    fn colour(self) -> bool {
        std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
    }

    /// Whether results may be coloured: a person reads them.
    pub fn colours_results(self) -> bool {
        !self.json && std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
    }

    /// Shows the progress of jobs until it is dropped.
    pub fn watch(self, heard: EventReceiver) -> Watching {
        let stop = Arc::new(AtomicBool::new(false));
        if self.quiet {
            return Watching { stop, thread: None };
        }
        let stopped = Arc::clone(&stop);
        let bar = std::io::stderr().is_terminal();
        let thread = std::thread::Builder::new().name("progress".into()).spawn(move || {
            let mut shown = Shown { bar, last: Instant::now() - PLAIN_EVERY, line: String::new() };
            while !stopped.load(Ordering::Relaxed) {
                if let Ok(event) = heard.recv_timeout(Duration::from_millis(50))
                    && let EventBody::Job { job } = event.body
                {
                    shown.show(&job);
                }
            }
            shown.clear();
        });
        Watching { stop, thread: thread.ok() }
    }
}

/// A text with a picture for each control character: names and cells come from files of strangers, and must not move
/// the cursor or change the terminal.
pub fn visible(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains(char::is_control) {
        return text.into();
    }
    let picture = |letter: char| match letter {
        '\u{7f}' => '\u{2421}',
        letter if letter < ' ' => char::from_u32(0x2400 + letter as u32).unwrap_or('\u{fffd}'),
        letter if letter.is_control() => '\u{fffd}',
        letter => letter,
    };
    text.chars().map(picture).collect::<String>().into()
}

/// Prints a text and a line end. A reader that has seen enough and left (`cairn profile x.csv | head`) is no failure;
/// a full disk is one.
fn print(out: &mut impl Write, text: &str) -> ExitCode {
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("error: the result could not be written to standard output: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Progress as it is shown.
pub struct Watching {
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap_or_default();
        }
    }
}

struct Shown {
    bar: bool,
    last: Instant,
    line: String,
}

impl Shown {
    fn show(&mut self, job: &JobView) {
        if job.status != RunStatus::Running {
            return;
        }
        let percent = job.progress.map(|done| format!(" {:3.0} %", done * 100.0)).unwrap_or_default();
        let detail = if job.detail.is_empty() { String::new() } else { format!(" · {}", job.detail) };
        if self.bar {
            let full = job.progress.map_or(0, |done| (done * BAR as f64) as usize).min(BAR);
            let bar = format!("{}{}", "█".repeat(full), "░".repeat(BAR - full));
            eprint!("\r\u{1b}[2K{bar}{percent} {}{detail}", job.title);
            std::io::stderr().flush().unwrap_or_default();
            self.line = bar;
        } else {
            let line = format!("{}{percent}{detail}", job.title);
            if line != self.line && self.last.elapsed() >= PLAIN_EVERY {
                eprintln!("{line}");
                self.line = line;
                self.last = Instant::now();
            }
        }
    }

    fn clear(&self) {
        if self.bar && !self.line.is_empty() {
            eprint!("\r\u{1b}[2K");
            std::io::stderr().flush().unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_files_cannot_steer_the_terminal() {
        assert_eq!(visible("a\u{1b}[2Jb\nc\u{85}d é"), "a␛[2Jb␊c\u{fffd}d é");
    }

    struct Fails(io::ErrorKind);

    impl Write for Fails {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_leaves_is_no_failure() {
        let mut written = Vec::new();
        assert_eq!(print(&mut written, "a"), ExitCode::SUCCESS);
        assert_eq!(written, b"a\n");
        assert_eq!(print(&mut Fails(io::ErrorKind::BrokenPipe), "a"), ExitCode::SUCCESS);
        assert_eq!(print(&mut Fails(io::ErrorKind::StorageFull), "a"), ExitCode::FAILURE);
    }
}
