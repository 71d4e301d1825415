//! What is made from the table of arguments: completions of shells and pages of the manual.

use std::{path::Path, process::ExitCode};

use cairn_protocol::{ErrorInfo, ErrorKind};
use clap::CommandFactory;
use serde::Serialize;

use crate::{args::Args, output::Output};

/// The completions of a shell.
pub fn completions(shell: clap_complete::Shell, output: Output) -> ExitCode {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "cairn", &mut text);
    output.text(&String::from_utf8_lossy(&text))
}

/// Prints a page of the manual, or writes all of them.
///
/// # Errors
/// There is no such verb, or the folder cannot be written.
pub fn man(verb: Option<&str>, out: Option<&Path>, output: Output) -> Result<ExitCode, ErrorInfo> {
    let mut command = Args::command().disable_help_subcommand(true);
    command.build();
    let Some(folder) = out else {
        let page = match verb {
            None => page(&command),
            Some(verb) => {
                let found = command.get_subcommands().find(|one| one.get_name() == verb);
                let found = found.ok_or_else(|| {
                    ErrorInfo::usage(format!("there is no verb {verb:?}")).hint("cairn help lists them")
                })?;
                page(found)
            }
        };
        return Ok(output.text(&String::from_utf8_lossy(&page?)));
    };
    #[derive(Serialize)]
    struct Written {
        out: Vec<String>,
    }
    let failed = |path: &Path, error: &std::io::Error| {
        ErrorInfo::new(ErrorKind::Failed, format!("cannot write {}: {error}", path.display()))
            .in_file(path.display().to_string())
            .hint("choose a folder that can be written to")
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let mut written = Written { out: Vec::new() };
    for one in std::iter::once(&command).chain(command.get_subcommands()) {
        let name = if one.get_name() == "cairn" { "cairn.1".to_owned() } else { format!("cairn-{}.1", one.get_name()) };
        let path = folder.join(name);
        std::fs::write(&path, page(one)?).map_err(|error| failed(&path, &error))?;
        written.out.push(path.display().to_string());
    }
    Ok(output.result(&written, || written.out.iter().map(|path| format!("wrote {path}\n")).collect()))
}

fn page(command: &clap::Command) -> Result<Vec<u8>, ErrorInfo> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .render(&mut page)
        .map_err(|error| ErrorInfo::internal(format!("a page of the manual cannot be made: {error}")))?;
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_arguments_holds_together() {
        Args::command().debug_assert();
    }
}
