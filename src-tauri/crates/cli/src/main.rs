//! `cairn`: the engine from a terminal. It needs no display and no web view; every verb goes through the same door as
//! the window. The contract of output and exit codes is in `cairn help`.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod args;
mod drawing;
mod grammar;
mod output;
mod project;
mod serve;
mod verbs;

use std::process::ExitCode;

use clap::Parser;

use crate::{args::Args, output::Output};

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let usage = error.use_stderr();
            let json = std::env::args().any(|arg| arg == "--json");
            if usage && json {
                let text = error.to_string();
                let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
                let info = cairn_protocol::ErrorInfo::usage(message).hint("cairn help says what there is");
                return Output::new(true, true).error(&info);
            }
            // Printing fails only where the terminal is gone.
            error.print().unwrap_or_default();
            return ExitCode::from(if usage { 2 } else { 0 });
        }
    };
    let output = Output::new(args.json, args.quiet);
    match verbs::run(&args, &output) {
        Ok(code) => code,
        Err(error) => output.error(&error),
    }
}
