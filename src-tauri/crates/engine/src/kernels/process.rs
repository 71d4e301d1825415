//! One kernel process: its pipes, its greeting, and what it says while it works. Whatever it does (garbage, silence,
//! a crash), the caller gets an error with the tail of its standard error.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use cairn_kernel_protocol::{Finished, FromKernel, Hello, KernelHello, PROTOCOL_VERSION, ToKernel};
use cairn_protocol::{ErrorInfo, ErrorKind};
use crossbeam_channel::{Receiver, RecvTimeoutError, unbounded};

/// Time a kernel has for its greeting.
const GREETING: Duration = Duration::from_secs(20);
/// Time a kernel has to answer a cancel before it is killed.
const CANCEL_GRACE: Duration = Duration::from_secs(3);
/// How often a waiting caller looks whether it was cancelled.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Lines of standard error kept.
const TAIL_LINES: usize = 40;
/// Longest line read from a kernel.
const MAX_LINE_BYTES: u64 = 16 * 1024 * 1024;

/// What came out of the pipe.
enum Heard {
    Message(Box<FromKernel>),
    Garbage(String),
    End,
}

/// How a request to a kernel ended.
#[derive(Debug)]
pub enum Answer {
    /// Well.
    Finished(Box<Finished>),
    /// It was cancelled, as wished; the process is warm still.
    Cancelled,
    /// Badly; the process is warm still.
    Failed(ErrorInfo),
}

/// A kernel process that has greeted.
pub struct KernelProcess {
    name: String,
    child: Child,
    stdin: ChildStdin,
    heard: Receiver<Heard>,
    tail: Arc<Mutex<VecDeque<String>>>,
    /// What it said of itself.
    pub hello: KernelHello,
}

impl KernelProcess {
    /// Starts a process and waits for its greeting.
    ///
    /// # Errors
    /// It cannot be started, exits, says garbage, speaks another protocol, or is silent for 20 s.
    pub fn start(name: &str, program: &PathBuf, arguments: &[String]) -> Result<Self, ErrorInfo> {
        let mut child = Command::new(program)
            .args(arguments)
            .env("OMP_WAIT_POLICY", "passive")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| {
                ErrorInfo::failed(format!("the kernel {name} cannot be started: {error}"))
                    .in_file(program.display().to_string())
                    .hint("check that the program can be run")
            })?;
        let stdin = child.stdin.take().expect("piped");
        let stdout = child.stdout.take().expect("piped");
        let stderr = child.stderr.take().expect("piped");
        let (sender, heard) = unbounded();
        spawn_thread("kernel-out", move || {
            let mut reader = BufReader::with_capacity(1 << 16, stdout);
            let mut line = Vec::new();
            loop {
                line.clear();
                match reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line) {
                    Ok(0) | Err(_) => break,
                    Ok(_) => {}
                }
                let said = match serde_json::from_slice::<FromKernel>(&line) {
                    Ok(message) => Heard::Message(Box::new(message)),
                    Err(_) => Heard::Garbage(String::from_utf8_lossy(&line).trim().chars().take(200).collect()),
                };
                if sender.send(said).is_err() {
                    return;
                }
            }
            // Nobody listens any more where this fails: the process was let go.
            sender.send(Heard::End).unwrap_or_default();
        });
        let tail = Arc::new(Mutex::new(VecDeque::new()));
        let kept = Arc::clone(&tail);
        spawn_thread("kernel-err", move || {
            let mut reader = BufReader::new(stderr);
            let mut line = Vec::new();
            while matches!(reader.by_ref().take(1 << 16).read_until(b'\n', &mut line), Ok(read) if read > 0) {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.push_back(String::from_utf8_lossy(&line).trim_end().to_owned());
                if kept.len() > TAIL_LINES {
                    kept.pop_front();
                }
                line.clear();
            }
        });
        let unknown = KernelHello {
            protocol: 0,
            name: name.to_owned(),
            version: String::new(),
            devices: Vec::new(),
            algorithms: Vec::new(),
        };
        let mut process = Self { name: name.to_owned(), child, stdin, heard, tail, hello: unknown };
        process.greet()?;
        Ok(process)
    }

    fn greet(&mut self) -> Result<(), ErrorInfo> {
        let host = format!("cairn {}", env!("CARGO_PKG_VERSION"));
        self.send(&ToKernel::Hello(Hello { protocol: PROTOCOL_VERSION, host }))?;
        match self.heard.recv_timeout(GREETING) {
            Ok(Heard::Message(message)) => match *message {
                FromKernel::Hello(hello) if hello.protocol == PROTOCOL_VERSION => {
                    self.hello = hello;
                    Ok(())
                }
                FromKernel::Hello(hello) => Err(ErrorInfo::failed(format!(
                    "the kernel {} speaks protocol {}, this Cairn {PROTOCOL_VERSION}",
                    self.name, hello.protocol
                ))
                .hint("install a version of the kernel that fits this Cairn")),
                _ => Err(self.broke("did not greet with hello")),
            },
            Ok(Heard::Garbage(text)) => Err(self.broke(&format!("said {text:?} instead of hello"))),
            Ok(Heard::End) | Err(RecvTimeoutError::Disconnected) => Err(self.broke("ended before its greeting")),
            Err(RecvTimeoutError::Timeout) => {
                Err(self.broke(&format!("did not greet within {} s", GREETING.as_secs())))
            }
        }
    }

    /// Sends a request and waits for its end. `on_message` sees everything else that the kernel says meanwhile.
    ///
    /// # Errors
    /// The process broke: it must not be used again.
    pub fn request(
        &mut self,
        run: &str,
        message: &ToKernel,
        cancelled: &dyn Fn() -> bool,
        on_message: &mut dyn FnMut(&FromKernel),
    ) -> Result<Answer, ErrorInfo> {
        self.send(message)?;
        let mut cancelled_at: Option<Instant> = None;
        loop {
            if cancelled_at.is_none() && cancelled() {
                self.send(&ToKernel::Cancel { run: run.to_owned() })?;
                cancelled_at = Some(Instant::now());
            }
            if cancelled_at.is_some_and(|at| at.elapsed() > CANCEL_GRACE) {
                return Err(ErrorInfo::new(
                    ErrorKind::Interrupted,
                    format!("cancelled; the kernel {} did not answer and was ended", self.name),
                ));
            }
            let message = match self.heard.recv_timeout(LOOK_EVERY) {
                Ok(Heard::Message(message)) => message,
                Ok(Heard::Garbage(text)) => {
                    return Err(self.broke(&format!("said something that is no message: {text:?}")));
                }
                Ok(Heard::End) | Err(RecvTimeoutError::Disconnected) => {
                    return Err(self.broke("ended in the middle of the run"));
                }
                Err(RecvTimeoutError::Timeout) => continue,
            };
            match *message {
                FromKernel::Finished(finished) if finished.run == run => {
                    return Ok(Answer::Finished(Box::new(finished)));
                }
                FromKernel::Cancelled { run: of } if of == run => return Ok(Answer::Cancelled),
                FromKernel::Failed { run: of, message, hint } if of == run => {
                    let mut error = ErrorInfo::failed(message);
                    error.hint = hint;
                    return Ok(Answer::Failed(error));
                }
                other => on_message(&other),
            }
        }
    }

    fn send(&mut self, message: &ToKernel) -> Result<(), ErrorInfo> {
        let mut line = serde_json::to_vec(message)
            .map_err(|error| ErrorInfo::internal(format!("a message to a kernel cannot be written: {error}")))?;
        line.push(b'\n');
        if self.stdin.write_all(&line).and_then(|()| self.stdin.flush()).is_err() {
            return Err(self.broke("does not read any more"));
        }
        Ok(())
    }

    /// Ends the process and makes the error that says how it went.
    fn broke(&mut self, what: &str) -> ErrorInfo {
        // A process that is about to exit gets a moment, so that its status and last words are known.
        let mut status = None;
        for _ in 0..25 {
            status = self.child.try_wait().ok().flatten();
            if status.is_some() {
                break;
            }
            std::thread::sleep(LOOK_EVERY);
        }
        let ended = match status {
            Some(status) => format!(" ({status})"),
            None => String::new(),
        };
        self.kill();
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let last: Vec<&str> = tail.iter().map(String::as_str).collect();
        let words = if last.is_empty() { String::new() } else { format!("; its last words:\n{}", last.join("\n")) };
        ErrorInfo::failed(format!("the kernel {} {what}{ended}{words}", self.name))
            .hint("nothing else was lost; run the cell again, and look at the kernel's own log when it happens again")
    }

    /// Whether the process is there still.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    fn kill(&mut self) {
        // Both fail only where the process has ended already.
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}

impl Drop for KernelProcess {
    fn drop(&mut self) {
        let polite = self.is_alive() && self.send(&ToKernel::Shutdown).is_ok();
        if polite {
            for _ in 0..10 {
                if !self.is_alive() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        self.kill();
    }
}

fn spawn_thread(name: &str, work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().name(name.into()).spawn(work).map(drop).expect("the system has threads left");
}
