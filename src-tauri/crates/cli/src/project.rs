//! Which project a command is about, and opening it.

use std::path::{Path, PathBuf};

use cairn_engine::{Access, Engine, Options, Project};
use cairn_protocol::{ErrorInfo, Request};

/// An engine with the project of the command line opened.
///
/// # Errors
/// There is no project, or somebody else holds it.
pub fn open(given: Option<&Path>, near: Option<&Path>, access: Access) -> Result<Engine, ErrorInfo> {
    let root = find(given, near)?;
    let engine = Engine::new(Options { access, watch: false, ..Options::default() });
    engine.call(Request::OpenProject { path: root.display().to_string() })?;
    Ok(engine)
}

/// An engine without a project.
pub fn bare() -> Engine {
    Engine::new(Options { access: Access::Look, watch: false, ..Options::default() })
}

/// The project that was named, or the one around a file or this folder.
///
/// # Errors
/// There is none.
pub fn find(given: Option<&Path>, near: Option<&Path>) -> Result<PathBuf, ErrorInfo> {
    if let Some(given) = given {
        return if given.is_dir() {
            Ok(given.to_owned())
        } else {
            Err(ErrorInfo::usage(format!("{} is no folder", given.display())).hint("make a project with cairn new"))
        };
    }
    let here = std::env::current_dir().map_err(|error| ErrorInfo::internal(format!("no current folder: {error}")))?;
    if let Some(near) = near.and_then(|near| absolute(near).parent().map(Path::to_owned))
        && let Some(found) = Project::around(&near)
    {
        return Ok(found);
    }
    if let Some(found) = Project::around(&here) {
        return Ok(found);
    }
    // A notebook outside a project makes its folder one; anything else needs a project first.
    match near
        .map(absolute)
        .filter(|near| near.extension().is_some_and(|extension| extension == "cairn") && near.is_file())
    {
        Some(notebook) => Ok(notebook.parent().map_or(here, Path::to_owned)),
        None => Err(ErrorInfo::usage("this folder is in no project")
            .hint("make one with cairn new DIR, or name one with --project")),
    }
}

/// A path relative to this folder, made absolute.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A file of the command line as a request names it: absolute.
pub fn file(path: &Path) -> String {
    absolute(path).display().to_string()
}
