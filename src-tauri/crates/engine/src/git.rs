//! The project's repository: what state the code is in, what changed, and commits on request. History is never rewritten.

use std::{collections::BTreeMap, path::Path};

use cairn_protocol::{ErrorInfo, door::GitView};
use git2::{DiffOptions, ErrorCode, IndexAddOption, Repository, Signature, Status, StatusOptions};

use crate::files::relative_to;

/// A diff larger than this is cut, and says so.
const MAX_DIFF_BYTES: usize = 4 * 1024 * 1024;

/// What a run records of the code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeState {
    /// Commit in hex; empty outside a repository or before the first commit.
    pub commit: String,
    /// Whether there were uncommitted changes.
    pub dirty: bool,
    /// The uncommitted changes as a patch, untracked files included.
    pub diff: String,
}

fn failed(what: &str, error: &git2::Error) -> ErrorInfo {
    ErrorInfo::failed(format!("git: {what}: {}", error.message())).hint("look at the repository with git status")
}

fn open(root: &Path) -> Option<Repository> {
    Repository::discover(root).ok()
}

fn status_options(root: &Path, repository: &Repository) -> StatusOptions {
    let mut options = StatusOptions::new();
    options.include_untracked(true).recurse_untracked_dirs(true).exclude_submodules(true);
    if let Some(workdir) = repository.workdir()
        && let Some(within) = relative_to(workdir, root)
        && !within.is_empty()
    {
        options.pathspec(within);
    }
    options
}

/// The repository as the title bar shows it, and git's letter for each changed path of the project.
pub fn view(root: &Path) -> Option<(GitView, BTreeMap<String, String>)> {
    let repository = open(root)?;
    let mut letters = BTreeMap::new();
    let statuses = repository.statuses(Some(&mut status_options(root, &repository))).ok()?;
    let workdir = repository.workdir()?.to_owned();
    for entry in statuses.iter() {
        let letter = letter(entry.status());
        let Ok(path) = entry.path() else { continue };
        if !letter.is_empty()
            && let Some(path) = relative_to(root, &workdir.join(path))
        {
            letters.insert(path, letter.to_owned());
        }
    }
    let head = repository.head().ok();
    let branch = match &head {
        Some(head) if head.is_branch() => head.shorthand().unwrap_or_default().to_owned(),
        Some(_) => String::new(),
        // Before the first commit HEAD names a branch that does not exist yet.
        None => repository
            .find_reference("HEAD")
            .ok()
            .and_then(|head| {
                head.symbolic_target().ok().flatten().map(|name| name.trim_start_matches("refs/heads/").to_owned())
            })
            .unwrap_or_default(),
    };
    let commit = head.and_then(|head| head.target()).map(|id| id.to_string()).unwrap_or_default();
    Some((GitView { branch, commit, changes: letters.len() }, letters))
}

fn letter(status: Status) -> &'static str {
    if status.intersects(Status::WT_DELETED | Status::INDEX_DELETED) {
        "D"
    } else if status.contains(Status::INDEX_NEW) {
        "A"
    } else if status.intersects(
        Status::WT_MODIFIED
            | Status::INDEX_MODIFIED
            | Status::WT_RENAMED
            | Status::INDEX_RENAMED
            | Status::WT_TYPECHANGE
            | Status::INDEX_TYPECHANGE,
    ) {
        "M"
    } else if status.contains(Status::WT_NEW) {
        "?"
    } else {
        ""
    }
}

/// Commit and uncommitted changes of the project.
pub fn code_state(root: &Path) -> CodeState {
    let Some(repository) = open(root) else { return CodeState::default() };
    let head = repository.head().ok().and_then(|head| head.peel_to_commit().ok());
    let commit = head.as_ref().map(|commit| commit.id().to_string()).unwrap_or_default();
    let tree = head.and_then(|commit| commit.tree().ok());
    let mut options = DiffOptions::new();
    options.include_untracked(true).recurse_untracked_dirs(true).show_untracked_content(true).max_size(1 << 20);
    if let Some(within) = repository.workdir().and_then(|workdir| relative_to(workdir, root))
        && !within.is_empty()
    {
        options.pathspec(within);
    }
    let mut patch = Vec::new();
    if let Ok(diff) = repository.diff_tree_to_workdir_with_index(tree.as_ref(), Some(&mut options)) {
        let mut cut = false;
        let printed = diff.print(git2::DiffFormat::Patch, |_, _, line| {
            if patch.len() > MAX_DIFF_BYTES {
                cut = true;
                return false;
            }
            if matches!(line.origin(), '+' | '-' | ' ') {
                patch.push(line.origin() as u8);
            }
            patch.extend_from_slice(line.content());
            true
        });
        if printed.is_err() && cut {
            patch.extend_from_slice(b"\n# cut at 4 MiB\n");
        }
    }
    CodeState { commit, dirty: !patch.is_empty(), diff: String::from_utf8_lossy(&patch).into_owned() }
}

/// Makes the project a repository, with `.cairn/` ignored but for nothing.
///
/// # Errors
/// The folder cannot be written.
pub fn init(root: &Path) -> Result<(), ErrorInfo> {
    if Repository::open(root).is_err() {
        let mut options = git2::RepositoryInitOptions::new();
        options.initial_head("main");
        Repository::init_opts(root, &options).map_err(|error| failed("cannot make a repository", &error))?;
    }
    ensure_ignored(root)
}

/// Sees to it that `.cairn/` (database, artifacts, cache) never lands in a commit.
fn ensure_ignored(root: &Path) -> Result<(), ErrorInfo> {
    let path = root.join(".gitignore");
    let mut text = std::fs::read_to_string(&path).unwrap_or_default();
    if !text.lines().any(|line| matches!(line.trim(), ".cairn" | ".cairn/" | "/.cairn" | "/.cairn/")) {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str("/.cairn/\n");
        crate::files::write_whole(&path, text.as_bytes())?;
    }
    Ok(())
}

/// Commits everything in the project that changed.
///
/// # Errors
/// There is no repository, nothing changed, or git refuses.
pub fn commit(root: &Path, message: &str) -> Result<(), ErrorInfo> {
    let Some(repository) = open(root) else {
        return Err(ErrorInfo::usage("the project is in no git repository").hint("make one first"));
    };
    if message.trim().is_empty() {
        return Err(ErrorInfo::usage("a commit needs a message").hint("say in a line what changed"));
    }
    if repository.workdir().is_some_and(|workdir| workdir == root) {
        ensure_ignored(root)?;
    }
    let within = repository.workdir().and_then(|workdir| relative_to(workdir, root)).unwrap_or_default();
    let spec = if within.is_empty() { "*".to_owned() } else { format!("{within}/*") };
    let work = || -> Result<bool, git2::Error> {
        let mut index = repository.index()?;
        index.add_all([&spec], IndexAddOption::DEFAULT, None)?;
        index.update_all([&spec], None)?;
        index.write()?;
        let tree = repository.find_tree(index.write_tree()?)?;
        let parent = match repository.head() {
            Ok(head) => Some(head.peel_to_commit()?),
            Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => None,
            Err(error) => return Err(error),
        };
        if parent.as_ref().is_some_and(|parent| parent.tree_id() == tree.id()) {
            return Ok(false);
        }
        let author = repository.signature().or_else(|_| Signature::now("Cairn user", "user@localhost"))?;
        let parents: Vec<_> = parent.iter().collect();
        repository.commit(Some("HEAD"), &author, &author, message, &tree, &parents)?;
        Ok(true)
    };
    match work() {
        Ok(true) => Ok(()),
        Ok(false) => Err(ErrorInfo::usage("there is nothing to commit")),
        Err(error) => Err(failed("cannot commit", &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_can_say_which_code_it_came_from() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert_eq!(code_state(root), CodeState::default());
        init(root).unwrap();
        std::fs::write(root.join("a.cairn"), "schema = 1\n").unwrap();
        std::fs::create_dir(root.join(".cairn")).unwrap();
        std::fs::write(root.join(".cairn/tracking.db"), "x").unwrap();
        commit(root, "Begin").unwrap();
        let clean = code_state(root);
        assert!(!clean.dirty && clean.commit.len() == 40, "{clean:?}");
        std::fs::write(root.join("a.cairn"), "schema = 2\n").unwrap();
        let dirty = code_state(root);
        assert!(dirty.dirty && dirty.diff.contains("+schema = 2") && !dirty.diff.contains("tracking.db"));
        let (view, letters) = view(root).unwrap();
        assert_eq!((view.changes, letters["a.cairn"].as_str(), view.branch.as_str()), (1, "M", "main"));
        assert!(commit(root, "  ").is_err());
        commit(root, "Change").unwrap();
        assert_eq!(commit(root, "Again").unwrap_err().message, "there is nothing to commit");
    }
}
