//! The door: one function for every request, one stream of events.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use cairn_protocol::{
    ErrorInfo, ErrorKind, Request, Response,
    door::{EventBody, MessageLevel, NotebookView, ProjectView, Welcome},
    notebook::{Cell, CellBody, DataCell, Edit, NOTEBOOK_SCHEMA, Notebook},
};
use crossbeam_channel::Receiver;

use crate::{
    events::Events,
    files::{self, io_error, safe_name},
    git,
    jobs::{Job, Jobs},
    kernels::Kernels,
    notebook::{document, graph, session::Session},
    project::{Access, Project, Recents, kind_of, locked},
    recipe,
    run::{self, Wanted},
    samples, tables,
    watch::Watch,
};

/// How an engine is made.
#[derive(Debug, Clone)]
pub struct Options {
    /// How projects are opened.
    pub access: Access,
    /// Whether the project folder and the kernel folders are watched.
    pub watch: bool,
    /// Folders with manifests of outside kernels, besides the person's own.
    pub kernel_folders: Vec<PathBuf>,
    /// The person's own folder: kernels, approvals, recent projects. None: where the system keeps such things, or
    /// `CAIRN_HOME`.
    pub home: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { access: Access::Exclusive, watch: true, kernel_folders: Vec::new(), home: None }
    }
}

/// What [`Engine::listen`] gives.
pub type EventReceiver = Receiver<cairn_protocol::Event>;

/// The engine; clones share it.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

/// What all parts of the engine share.
pub struct Inner {
    /// The stream of events.
    pub events: Arc<Events>,
    /// What goes on.
    pub jobs: Jobs,
    /// Kernels and their processes.
    pub kernels: Kernels,
    project: Mutex<Option<Arc<Project>>>,
    watch: Mutex<Option<Watch>>,
    recents: Recents,
    options: Options,
}

impl Engine {
    /// An engine without a project.
    pub fn new(options: Options) -> Self {
        let events = Arc::new(Events::default());
        let mut folders = options.kernel_folders.clone();
        let home = options.home.clone().or_else(own_folder);
        folders.extend(home.as_ref().map(|home| home.join("kernels")));
        let inner = Arc::new(Inner {
            jobs: Jobs::new(Arc::clone(&events)),
            kernels: Kernels::new(Arc::clone(&events), folders, home.as_deref()),
            recents: Recents::new(home.as_deref()),
            events,
            project: Mutex::default(),
            watch: Mutex::default(),
            options,
        });
        Self { inner }
    }

    /// Everything that happens from now on.
    pub fn listen(&self) -> Receiver<cairn_protocol::Event> {
        self.inner.events.listen()
    }

    /// The root of the open project.
    pub fn project_root(&self) -> Option<PathBuf> {
        locked(&self.inner.project).as_ref().map(|project| project.root.clone())
    }

    /// Answers a request. May take long; call it on a thread that may wait.
    ///
    /// # Errors
    /// What was wrong, where, and what to do next.
    pub fn call(&self, request: Request) -> Result<Response, ErrorInfo> {
        if changes(&request)
            && let Ok(project) = self.inner.project()
        {
            project.write_down(&request)?;
        }
        self.inner.answer(&self.inner, request)
    }

    /// Keeps the bytes of a dropped file until it becomes a data cell; gives its path.
    ///
    /// # Errors
    /// No project is open, or the disk is full.
    pub fn take_upload(&self, name: &str, bytes: &[u8]) -> Result<String, ErrorInfo> {
        let project = self.inner.project()?;
        let digest = blake3::hash(bytes).to_hex();
        let path = project.dot_cairn().join("cache").join("uploads").join(&digest[..16]).join(safe_name(name));
        files::write_whole(&path, bytes)?;
        Ok(path.display().to_string())
    }

    /// Shows an error in the window.
    pub fn tell(&self, error: ErrorInfo) {
        self.inner.events.message(MessageLevel::Error, error.message.clone(), Some(error));
    }

    /// Asks every job to stop; they end as they should.
    pub fn cancel_all(&self) {
        self.inner.jobs.cancel_all();
    }

    /// Stops every job and ends every kernel process; waits shortly for it.
    pub fn shut_down(&self) {
        self.inner.jobs.cancel_all();
        for _ in 0..100 {
            if !self.inner.jobs.any_running() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        self.inner.kernels.rest();
        *locked(&self.inner.watch) = None;
    }
}

/// Whether a request changes the project: these are written down before they are carried out.
fn changes(request: &Request) -> bool {
    matches!(
        request,
        Request::AddData { .. }
            | Request::NewNotebook { .. }
            | Request::EditNotebook { .. }
            | Request::Undo { .. }
            | Request::Redo { .. }
            | Request::RunCells { .. }
            | Request::RunCellsAndWait { .. }
            | Request::SetAutoRun { .. }
            | Request::Train(_)
            | Request::TagRun { .. }
            | Request::Report { .. }
            | Request::ExportCode { out: Some(_), .. }
            | Request::Commit { .. }
            | Request::InitGit
    )
}

impl Inner {
    /// The open project.
    ///
    /// # Errors
    /// None is open.
    pub fn project(&self) -> Result<Arc<Project>, ErrorInfo> {
        locked(&self.project)
            .clone()
            .ok_or_else(|| ErrorInfo::usage("no project is open").hint("open one, or make one with cairn new"))
    }

    fn answer(&self, shared: &Arc<Self>, request: Request) -> Result<Response, ErrorInfo> {
        match request {
            Request::Welcome => Ok(Response::Welcome(self.welcome())),
            Request::OpenProject { path } => self.open(shared, Path::new(&path)).map(Response::Project),
            Request::NewProject { path, sample } => {
                let path = if path.is_empty() { fresh_folder(sample.as_deref())? } else { PathBuf::from(path) };
                Project::create(&path, sample.as_deref())?;
                self.open(shared, &path).map(Response::Project)
            }
            Request::CloseProject => {
                self.close();
                Ok(Response::Done)
            }
            Request::Project => Ok(Response::Project(self.project()?.view(&self.kernels))),

            Request::Import { path, options, out, preview_rows } => {
                let project = self.project().ok();
                self.in_job(format!("Read {path}"), |job| {
                    tables::import(project.as_deref(), &path, &options, out.as_deref(), preview_rows, job)
                })
            }
            Request::ExportRejects { path, options, out, guard_formulas } => {
                let project = self.project().ok();
                self.in_job(format!("Write {out}"), |job| {
                    tables::export_rejects(project.as_deref(), &path, &options, &out, guard_formulas, job)
                })
            }
            Request::Profile { path, options } => {
                let project = self.project().ok();
                self.in_job(format!("Profile {path}"), |job| {
                    tables::profile_file(project.as_deref(), &path, &options, job).map(Response::Profiled)
                })
            }
            Request::Examine { path, options, target } => {
                let project = self.project().ok();
                self.in_job(format!("Examine {path}"), |job| {
                    let found = tables::examine(project.as_deref(), &path, &options, target.as_deref(), job)?;
                    Ok(Response::Examined(Box::new(found)))
                })
            }
            Request::Compare { a, b, keys } => self.in_job("Compare tables".into(), |job| {
                tables::compare(self, &a, &b, &keys, job).map(|found| Response::Compared(Box::new(found)))
            }),
            Request::AddData { path, notebook } => self.add_data(shared, &path, notebook),

            Request::OpenNotebook { path } => {
                let project = self.project()?;
                let session = project.session(&path)?;
                let view = project.view_notebook(&locked(&session), &self.kernels);
                Ok(Response::Notebook(view))
            }
            Request::NewNotebook { path, title } => self.new_notebook(&path, &title).map(Response::Notebook),
            Request::EditNotebook { path, edits } => {
                self.change(shared, &path, "edited", |session| session.edit(&edits))
            }
            Request::Undo { path } => self.change(shared, &path, "undone", Session::undo),
            Request::Redo { path } => self.change(shared, &path, "done again", Session::redo),
            Request::SetAutoRun { path, on } => {
                self.change(shared, &path, "edited", |session| session.set_auto_run(on))
            }
            Request::RunCells { path, cells, force } => {
                let job = self.start_run(shared, &path, cells, force)?;
                Ok(Response::Started { job })
            }
            Request::RunCellsAndWait { path, cells, set } => self.run_and_wait(&path, &cells, &set),
            Request::CellResult { path, cell } => self.cell_result(&path, &cell),
            Request::PreviewSteps { path, cell, steps, upto, against_input, first_row, rows } => {
                let look = tables::Look { steps: &steps, upto, against_input, first_row, rows };
                tables::preview(self, &path, &cell, &look).map(Response::Preview)
            }

            Request::ApplyRecipe { recipe, cell, input, options, out, inverse } => {
                let asked = recipe::Replay {
                    recipe: &recipe,
                    cell: cell.as_deref(),
                    input: &input,
                    options: &options,
                    out: &out,
                    inverse,
                };
                self.apply_recipe(&asked)
            }

            Request::WrangleFile(request) => {
                let project = self.project().ok();
                self.in_job(format!("Wrangle {}", request.path), |job| {
                    crate::batch::wrangle(project.as_deref(), &request, job)
                        .map(|done| Response::Wrangled(Box::new(done)))
                })
            }
            Request::SplitFile(request) => {
                let project = self.project().ok();
                self.in_job(format!("Split {}", request.path), |job| {
                    crate::batch::split(project.as_deref(), &request, job)
                        .map(|done| Response::SplitFile(Box::new(done)))
                })
            }

            Request::Page { table, query, first_row, rows, first_column, columns } => {
                let window = tables::Window { first_row, rows, first_column, columns };
                tables::page(self, &table, &query, window).map(Response::Page)
            }
            Request::Find { table, query, needle, count } => self.in_job(format!("Find {}", needle.text), |job| {
                tables::find_text(self, &table, &query, &needle, count, job)
            }),
            Request::CopyCells { table, query, first_row, rows, columns, header } => {
                let window = first_row..first_row.saturating_add(rows);
                tables::copy(self, &table, &query, window, &columns, header).map(Response::Text)
            }
            Request::ExportTable { table, query, out, guard_formulas } => self.in_job(format!("Write {out}"), |job| {
                tables::export_table(self, &table, &query, &out, guard_formulas, job)
            }),
            Request::TableProfile { table } => tables::profile(self, &table).map(Response::Profiled),
            Request::Quality { table, target } => self.in_job("Look at the quality of the data".into(), |job| {
                let found = tables::quality(self, &table, target.as_deref(), job)?;
                Ok(Response::Quality(Box::new(found)))
            }),
            Request::Associations { table, target } => self.in_job("Compare columns".into(), |job| {
                let found = tables::associations(self, &table, target.as_deref(), job)?;
                Ok(Response::Associations(Box::new(found)))
            }),
            Request::Column { table, column, target } => {
                tables::column(self, &table, &column, target.as_deref()).map(Response::Column)
            }

            Request::Kernels => Ok(Response::Kernels(self.kernels.view())),
            Request::CheckKernel { path } => self.in_job(format!("Check {path}"), |job| {
                let root = self.project().ok().map(|project| project.root.clone());
                let checks = crate::kernels::check(&files::anywhere(root.as_deref(), &path), job)?;
                let sound = |check: &cairn_protocol::results::Check| {
                    check.outcome != cairn_protocol::results::CheckOutcome::Fault
                };
                Ok(Response::KernelChecked { valid: checks.iter().all(sound), checks })
            }),
            Request::ApproveKernel { name } => {
                self.kernels.approve(&name)?;
                Ok(Response::Kernels(self.kernels.view()))
            }
            Request::Train(request) => {
                let project = self.project()?;
                self.in_job(format!("Train on {}", request.path), |job| {
                    run::train_file(self, &project, &request, job).map(|result| Response::Trained(Box::new(result)))
                })
            }
            Request::SweepFile(request) => run::sweep_file(self, &request),

            Request::Runs(query) => Ok(Response::Runs(self.project()?.tracker.list(&query)?)),
            Request::Run { id } => Ok(Response::Trained(Box::new(run::result_of_run(&*self.project()?, &id)?))),
            Request::Metrics { runs, keys, max_points } => {
                Ok(Response::Series(self.project()?.tracker.series(&runs, &keys, max_points)?))
            }
            Request::DiffRuns { a, b } => Ok(Response::Diff(self.project()?.tracker.diff(&a, &b)?)),
            Request::TagRun { id, key, value } => {
                let project = self.project()?;
                project.tracker.set_tag(&id, &key, &value)?;
                let run = Box::new(project.tracker.run(&id)?);
                self.events.say(EventBody::Run { run });
                Ok(Response::Done)
            }
            Request::Lineage { id } => Ok(Response::Lineage(self.project()?.tracker.graph(id.as_deref())?)),
            Request::Sweeps => Ok(Response::Sweeps(self.project()?.tracker.sweeps()?)),
            Request::Sweep { id } => Ok(Response::Sweep(self.project()?.tracker.sweep(&id)?)),
            Request::Report { of, out } => self.report(&of, out.as_deref()),
            Request::ReadReport { path } => self.read_report(&path),
            Request::ExportCode { path, cell, to, out } => crate::code::export(self, &path, &cell, to, out.as_deref())
                .map(|(code, notes)| Response::Code { code, notes }),

            Request::Jobs => Ok(Response::Jobs(self.jobs.views())),
            Request::CancelJob { job } => self.jobs.cancel(job).map(|()| Response::Done),
            Request::Commit { message } => {
                let project = self.project()?;
                git::commit(&project.root, &message)?;
                Ok(Response::Project(project.view(&self.kernels)))
            }
            Request::InitGit => {
                let project = self.project()?;
                git::init(&project.root)?;
                Ok(Response::Project(project.view(&self.kernels)))
            }
        }
    }

    fn welcome(&self) -> Welcome {
        Welcome {
            version: env!("CARGO_PKG_VERSION").into(),
            project: self.project().ok().map(|project| project.view(&self.kernels)),
            samples: samples::list(),
            recent: self.recents.list(),
            memory_bytes: memory_bytes(),
        }
    }

    fn open(&self, shared: &Arc<Self>, path: &Path) -> Result<ProjectView, ErrorInfo> {
        // Taken before the old one is let go: where it fails, the old one stays open.
        if let Ok(open) = self.project()
            && path.canonicalize().is_ok_and(|path| path == open.root)
        {
            return Ok(open.view(&self.kernels));
        }
        let project = Arc::new(Project::open(path, self.options.access)?);
        self.close();
        if self.options.access == Access::Exclusive {
            self.recents.remember(&project);
        }
        *locked(&self.project) = Some(Arc::clone(&project));
        if self.options.watch {
            match Watch::start(shared, &project) {
                Ok(watch) => *locked(&self.watch) = Some(watch),
                Err(error) => self.events.message(
                    MessageLevel::Warning,
                    "changes on disk are not seen by themselves",
                    Some(ErrorInfo::failed(error.to_string())),
                ),
            }
        }
        Ok(project.view(&self.kernels))
    }

    fn close(&self) {
        self.jobs.cancel_all();
        *locked(&self.watch) = None;
        *locked(&self.project) = None;
    }

    /// Does something as a job and waits for it.
    fn in_job(
        &self,
        title: String,
        work: impl FnOnce(&Job) -> Result<Response, ErrorInfo>,
    ) -> Result<Response, ErrorInfo> {
        let job = self.jobs.begin(title, None);
        let result = work(&job);
        job.end(result.as_ref().map(|_| ()));
        result
    }

    fn change(
        &self,
        shared: &Arc<Self>,
        path: &str,
        why: &str,
        change: impl FnOnce(&mut Session) -> Result<(), ErrorInfo>,
    ) -> Result<Response, ErrorInfo> {
        let project = self.project()?;
        let session = project.session(path)?;
        let mut session = locked(&session);
        change(&mut session)?;
        let view = project.view_notebook(&session, &self.kernels);
        drop(session);
        self.say_notebook(&view, why);
        self.run_by_itself(shared, &view);
        Ok(Response::Notebook(view))
    }

    /// Says that a notebook changed.
    pub fn say_notebook(&self, view: &NotebookView, why: &str) {
        self.events.say(EventBody::Notebook { path: view.path.clone(), revision: view.revision, why: why.into() });
    }

    /// Where cells run by themselves: those that make tables, since they are quick; training waits for a person.
    pub fn run_by_itself(&self, shared: &Arc<Self>, view: &NotebookView) {
        use cairn_protocol::{notebook::CellKind, results::CellState};
        if !view.auto_run {
            return;
        }
        let stale: Vec<String> = view
            .notebook
            .cells
            .iter()
            .zip(&view.cells)
            .filter(|(cell, state)| {
                matches!(cell.body.kind(), CellKind::Data | CellKind::Wrangle | CellKind::Split)
                    && matches!(state.state, CellState::Stale | CellState::NeverRun)
            })
            .map(|(cell, _)| cell.name.clone())
            .collect();
        if !stale.is_empty()
            && let Err(error) = self.start_run(shared, &view.path, stale, false)
        {
            self.events.message(MessageLevel::Error, error.message.clone(), Some(error));
        }
    }

    fn start_run(&self, shared: &Arc<Self>, path: &str, cells: Vec<String>, force: bool) -> Result<u64, ErrorInfo> {
        let project = self.project()?;
        let session = project.session(path)?;
        let notebook = locked(&session).notebook.clone();
        for cell in &cells {
            graph::need(&notebook, cell)?;
        }
        let title = match cells.as_slice() {
            [] => "Run all stale".to_owned(),
            [cell] => format!("Run {cell}"),
            cells => format!("Run {} cells", cells.len()),
        };
        let cell = cells.first().map(|cell| (path.to_owned(), cell.clone()));
        let job = self.jobs.begin(title, cell);
        let id = job.id;
        let (engine, path) = (Arc::clone(shared), path.to_owned());
        std::thread::Builder::new()
            .name("run".into())
            .spawn(move || {
                let wanted = Wanted { cells: &cells, force };
                let result = run::run_cells(&engine, &project, &path, &notebook, Some(&session), &wanted, &job);
                let ended = result
                    .and_then(|outcomes| outcomes.into_iter().find_map(|outcome| outcome.error).map_or(Ok(()), Err));
                job.end(ended.as_ref().map(|&()| ()));
                let view = project.view_notebook(&locked(&session), &engine.kernels);
                engine.say_notebook(&view, "ran");
                engine.events.say(EventBody::Project { paths: Vec::new() });
            })
            .map_err(|error| ErrorInfo::internal(format!("no thread can be started: {error}")))?;
        Ok(id)
    }

    pub fn run_and_wait(&self, path: &str, cells: &[String], set: &[(String, String)]) -> Result<Response, ErrorInfo> {
        let project = self.project()?;
        let session = project.session(path)?;
        let notebook = locked(&session).notebook.clone();
        let changed = document::set_params(&notebook, set)?;
        // A run with other parameters must not stand as the last result of the cells in the file.
        let session = (changed == notebook).then_some(&session);
        let job = self.jobs.begin(format!("Run {path}"), None);
        let wanted = Wanted { cells, force: false };
        let result = run::run_cells(self, &project, path, &changed, session, &wanted, &job);
        let failed =
            result.as_ref().ok().and_then(|outcomes| outcomes.iter().find_map(|outcome| outcome.error.clone()));
        job.end(match (&result, &failed) {
            (Err(error), _) | (_, Some(error)) => Err(error),
            _ => Ok(()),
        });
        result.map(|cells| Response::Outcomes { notebook: path.to_owned(), cells })
    }

    fn apply_recipe(&self, asked: &recipe::Replay<'_>) -> Result<Response, ErrorInfo> {
        let project = self.project().ok();
        let mut asked = *asked;
        let name;
        if !recipe::is_file(asked.recipe) {
            // What the recipe learned must be that of the notebook as it stands.
            name = recipe::cell_of(&*self.project()?, asked.recipe, asked.cell)?;
            if let Response::Outcomes { cells, .. } =
                self.run_and_wait(asked.recipe, std::slice::from_ref(&name), &[])?
                && let Some(error) = cells.into_iter().find_map(|outcome| outcome.error)
            {
                return Err(error);
            }
            asked.cell = Some(&name);
        }
        let doing = if asked.inverse { "Undo" } else { "Apply" };
        self.in_job(format!("{doing} {} on {}", asked.recipe, asked.input), |job| {
            recipe::replay(self, project.as_deref(), &asked, job).map(Response::Applied)
        })
    }

    fn cell_result(&self, path: &str, cell: &str) -> Result<Response, ErrorInfo> {
        let project = self.project()?;
        let session = project.session(path)?;
        let session = locked(&session);
        graph::need(&session.notebook, cell)?;
        let keys = project.keys(&session.notebook, &self.kernels);
        let now = keys.get(cell).and_then(|key| key.as_ref().ok()).map(|key| key.whole.as_str());
        let key = now.filter(|key| project.cache.view(key).is_some()).or_else(|| session.last_key(cell));
        key.and_then(|key| project.cache.result(key))
            .map(|result| Response::CellResult(Box::new((*result).clone())))
            .ok_or_else(|| {
                ErrorInfo::usage(format!("{cell:?} has not run yet")).in_cell(cell).hint("run the cell first")
            })
    }

    fn new_notebook(&self, path: &str, title: &str) -> Result<NotebookView, ErrorInfo> {
        let project = self.project()?;
        let path = if path.ends_with(".cairn") { path.to_owned() } else { format!("{path}.cairn") };
        let file = files::inside(&project.root, &path)?;
        if file.exists() {
            return Err(ErrorInfo::usage(format!("{path} exists already")).in_file(&path).hint("choose another name"));
        }
        let title = if title.trim().is_empty() { "Untitled" } else { title.trim() };
        document::save(&file, &Notebook { schema: NOTEBOOK_SCHEMA, title: title.to_owned(), cells: Vec::new() })?;
        let session = project.session(&path)?;
        let view = project.view_notebook(&locked(&session), &self.kernels);
        self.events.say(EventBody::Project { paths: vec![path] });
        Ok(view)
    }

    fn add_data(&self, shared: &Arc<Self>, path: &str, notebook: Option<String>) -> Result<Response, ErrorInfo> {
        let project = self.project()?;
        let source = files::anywhere(Some(&project.root), path);
        let source = source.canonicalize().map_err(|error| io_error("cannot read", &source, &error))?;
        let relative = match files::relative_to(&project.root, &source).filter(|inside| !inside.starts_with(".cairn/"))
        {
            Some(inside) if !inside.is_empty() => inside,
            Some(_) => {
                return Err(ErrorInfo::bad_input("the project folder itself is no table")
                    .hint("name a folder in it that holds tables with the same columns"));
            }
            None if source.is_dir() => copy_folder_in(&project.root, &source)?,
            None => copy_in(&project.root, &source)?,
        };
        // What cannot be read is refused before a cell is made of it; the file itself stays where it was.
        let check = self.jobs.begin(format!("Look at {relative}"), None);
        let readable = tables::peek(&project.root.join(&relative));
        check.end(readable.as_ref().map(|&()| ()));
        readable.map_err(|mut error| {
            error.place.file = Some(relative.clone());
            error
        })?;
        let notebook = match notebook.or_else(|| project.notebooks().into_iter().next()) {
            Some(notebook) => notebook,
            None => self.new_notebook("notebook.cairn", &project.name())?.path,
        };
        let stem = match relative.rsplit('/').next() {
            Some(name) if !name.is_empty() => stem_and_endings(name).0.to_owned(),
            _ => "Data".into(),
        };
        let mut letters = stem.chars();
        let name: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
        let session = project.session(&notebook)?;
        let after = locked(&session)
            .notebook
            .cells
            .iter()
            .rfind(|cell| matches!(cell.body, CellBody::Data(_) | CellBody::Note(_)))
            .map(|cell| cell.name.clone());
        let cell = Cell { name, body: CellBody::Data(DataCell { file: relative, ..DataCell::default() }) };
        let answer =
            self.change(shared, &notebook, "edited", |session| session.edit(&[Edit::AddCell { after, cell }]))?;
        if let Response::Notebook(view) = &answer
            && let Some(added) = view.notebook.cells.iter().zip(&view.cells).find(|(cell, state)| {
                matches!(cell.body, CellBody::Data(_)) && state.state == cairn_protocol::results::CellState::NeverRun
            })
        {
            // A dropped table is read at once: that is what the drop was for.
            self.start_run(shared, &notebook, vec![added.0.name.clone()], false)?;
        }
        Ok(answer)
    }

    fn report(&self, of: &str, out: Option<&str>) -> Result<Response, ErrorInfo> {
        let project = self.project()?;
        if let Some(out) = out
            && !out.to_ascii_lowercase().ends_with(".html")
        {
            return Err(ErrorInfo::usage(format!("a report cannot be written as {out:?} yet"))
                .hint("name a file that ends in .html"));
        }
        let (path, cell) = of.split_once('#').map_or((of, None), |(path, cell)| (path, Some(cell)));
        let result = if kind_of(path) == cairn_protocol::door::EntryKind::Notebook {
            let session = project.session(path)?;
            let notebook = locked(&session).notebook.clone();
            let cell = match cell {
                Some(cell) => graph::need(&notebook, cell)?.name.clone(),
                None => notebook
                    .cells
                    .iter()
                    .find(|cell| matches!(cell.body, CellBody::Report(_)))
                    .map(|cell| cell.name.clone())
                    .ok_or_else(|| {
                        ErrorInfo::usage("the notebook has no report cell").in_file(path).hint("add one, or name a run")
                    })?,
            };
            let job = self.jobs.begin(format!("Report {cell}"), Some((path.to_owned(), cell.clone())));
            let names = [cell.clone()];
            let wanted = Wanted { cells: &names, force: false };
            let ran = run::run_cells(self, &project, path, &notebook, Some(&session), &wanted, &job);
            let failed = ran.and_then(|outcomes| outcomes.into_iter().find_map(|one| one.error).map_or(Ok(()), Err));
            job.end(failed.as_ref().map(|&()| ()));
            failed?;
            match self.cell_result(path, &cell)? {
                Response::CellResult(result) => match *result {
                    cairn_protocol::results::CellResult::Report(report) => report,
                    _ => return Err(ErrorInfo::usage(format!("{cell:?} is no report cell")).in_cell(cell)),
                },
                _ => return Err(ErrorInfo::internal("a cell without a result")),
            }
        } else {
            let content = run::content_of_run(&project, of)?;
            let id = content.models[0].run.id.clone();
            let file = project.root.join("reports").join(format!("{}.html", safe_name(&content.title)));
            let node = crate::lineage::Node::new(cairn_protocol::runs::NodeKind::Run, &id, &content.title);
            let key = blake3::hash(format!("report\0{id}").as_bytes()).to_hex().to_string();
            run::write_report(&project, content, &file, &key, &[node])?
        };
        let mut result = result;
        if let Some(out) = out {
            let target = if Path::new(out).is_absolute() { PathBuf::from(out) } else { project.root.join(out) };
            let bytes = std::fs::read(project.root.join(&result.path))
                .map_err(|error| io_error("cannot read", Path::new(&result.path), &error))?;
            files::write_whole(&target, &bytes)?;
            result.path = files::relative_to(&project.root, &target).unwrap_or_else(|| target.display().to_string());
        }
        self.events.say(EventBody::Project { paths: vec![result.path.clone()] });
        Ok(Response::Report(result))
    }

    fn read_report(&self, path: &str) -> Result<Response, ErrorInfo> {
        let project = self.project()?;
        let file = files::inside(&project.root, path)?;
        if !path.to_ascii_lowercase().ends_with(".html") {
            return Err(ErrorInfo::usage(format!("{path} is no report")).in_file(path));
        }
        std::fs::read_to_string(&file).map(Response::Text).map_err(|error| io_error("cannot read", &file, &error))
    }
}

/// A name and its ending, with the one before where it only says how the file is packed (`.csv.gz`).
fn stem_and_endings(name: &str) -> (&str, &str) {
    let Some((stem, ending)) = name.rsplit_once('.') else { return (name, "") };
    let packed = ["gz", "zst", "zip"].iter().any(|packing| ending.eq_ignore_ascii_case(packing));
    let stem = if packed { stem.rsplit_once('.').map_or(stem, |(stem, _)| stem) } else { stem };
    (stem, &name[stem.len()..])
}

/// Copies a file into `data/` under a free name.
fn copy_in(root: &Path, source: &Path) -> Result<String, ErrorInfo> {
    let folder = root.join("data");
    std::fs::create_dir_all(&folder).map_err(|error| io_error("cannot make", &folder, &error))?;
    let name = source.file_name().map_or_else(|| "table.csv".into(), |name| safe_name(&name.to_string_lossy()));
    let (stem, extension) = stem_and_endings(&name);
    let same = |path: &Path| -> bool {
        let hash = |path: &Path| {
            std::fs::File::open(path).ok().and_then(|file| {
                let mut hasher = blake3::Hasher::new();
                hasher.update_reader(file).ok()?;
                Some(hasher.finalize())
            })
        };
        hash(path).is_some_and(|known| hash(source) == Some(known))
    };
    for number in 1.. {
        let name = if number == 1 { name.clone() } else { format!("{stem} {number}{extension}") };
        let target = folder.join(&name);
        if target.exists() {
            if same(&target) {
                return Ok(format!("data/{name}"));
            }
            continue;
        }
        let mut temp =
            tempfile::NamedTempFile::new_in(&folder).map_err(|error| io_error("cannot write in", &folder, &error))?;
        let mut from = std::fs::File::open(source).map_err(|error| io_error("cannot read", source, &error))?;
        std::io::copy(&mut from, &mut temp)
            .and_then(|_| temp.as_file().sync_all())
            .map_err(|error| io_error("cannot copy", source, &error))?;
        temp.persist(&target).map_err(|error| io_error("cannot write", &target, &error.error))?;
        return Ok(format!("data/{name}"));
    }
    Err(ErrorInfo::internal("no free file name"))
}

/// Copies the data files of a folder into a folder of `data/` under a free name.
fn copy_folder_in(root: &Path, source: &Path) -> Result<String, ErrorInfo> {
    let name = source.file_name().map_or_else(|| "tables".into(), |name| safe_name(&name.to_string_lossy()));
    let files = cairn_data::folder_files(source)?;
    let same = |target: &Path| -> bool {
        let digests = crate::keys::Digests::default();
        digests.of(target).is_ok_and(|known| digests.of(source).is_ok_and(|new| new == known))
    };
    for number in 1.. {
        let name = if number == 1 { name.clone() } else { format!("{name} {number}") };
        let target = root.join("data").join(&name);
        if target.exists() {
            if target.is_dir() && same(&target) {
                return Ok(format!("data/{name}"));
            }
            continue;
        }
        for (file, path) in &files {
            let to = target.join(file);
            let folder = to.parent().unwrap_or(&target);
            std::fs::create_dir_all(folder).map_err(|error| io_error("cannot make", folder, &error))?;
            std::fs::copy(path, &to).map_err(|error| io_error("cannot copy", path, &error))?;
        }
        return Ok(format!("data/{name}"));
    }
    Err(ErrorInfo::internal("no free folder name"))
}

/// A folder of the person's for a new project.
fn fresh_folder(sample: Option<&str>) -> Result<PathBuf, ErrorInfo> {
    let base = directories::UserDirs::new()
        .and_then(|dirs| dirs.document_dir().map(Path::to_owned).or_else(|| Some(dirs.home_dir().to_owned())))
        .ok_or_else(|| ErrorInfo::new(ErrorKind::Usage, "there is no home folder").hint("name a folder"))?
        .join("Cairn");
    let name = sample.unwrap_or("project");
    (1..)
        .map(|number| if number == 1 { base.join(name) } else { base.join(format!("{name}-{number}")) })
        .find(|path| !path.exists())
        .ok_or_else(|| ErrorInfo::internal("no free folder name"))
}

/// Where the system keeps what belongs to a person and no project.
fn own_folder() -> Option<PathBuf> {
    match std::env::var_os("CAIRN_HOME") {
        Some(folder) => Some(PathBuf::from(folder)),
        None => directories::ProjectDirs::from("", "", "cairn").map(|dirs| dirs.data_dir().to_owned()),
    }
}

/// Bytes this process holds in memory.
fn memory_bytes() -> u64 {
    let Ok(pid) = sysinfo::get_current_pid() else { return 0 };
    let Ok(mut system) = sysinfo::System::new() else { return 0 };
    system.refresh_processes(sysinfo::ProcessesToUpdate::Some(&[pid]), false);
    system.process(pid).map_or(0, sysinfo::Process::memory)
}
