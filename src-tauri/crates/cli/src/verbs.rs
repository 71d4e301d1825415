//! One function a verb: a request through the door, then its answer as JSON or as lines.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use cairn_engine::{Access, Engine};
use cairn_protocol::{
    ErrorInfo, ErrorKind, ParamValue, Params, Request, Response,
    comparison::CompareSide,
    door::{SweepFileMode, SweepFileRequest, TrainRequest},
    notebook::ImportOptions,
    results::{CellOutcome, OutcomeStatus},
    runs::RunsQuery,
    table::ColumnType,
};
use serde::Serialize;

use crate::{
    args::{Args, How, KernelsVerb, LineageFormat, RunsVerb, Types, Verb, YesNo},
    output::Output,
    project::{self, file},
    serve,
};

mod manual;
mod print;
mod recipe;
mod steps;
mod tables;

/// Carries out the command line.
///
/// # Errors
/// What was wrong, where, and what to do next.
pub fn run(args: &Args, output: &Output) -> Result<ExitCode, ErrorInfo> {
    let output = *output;
    let given = args.project.as_deref();
    match &args.verb {
        Verb::New { dir, sample } => new(dir, sample.as_deref(), output),
        Verb::Import { file, how, out, rejects } => import(file, how, out.as_deref(), rejects.as_deref(), output),
        Verb::Profile { file: path, how, target, quality } if *quality || target.is_some() => {
            let request = Request::Examine { path: file(path), options: options(how)?, target: target.clone() };
            let Response::Examined(found) = ask(&project::bare(), request, output)? else { return Err(unexpected()) };
            Ok(output.result(&found, || print::examination(&found)))
        }
        Verb::Compare { a, b, keys, how } => {
            let options = options(how)?;
            let side = |path: &Path| CompareSide::Path { path: file(path), options: options.clone() };
            let request = Request::Compare { a: side(a), b: side(b), keys: keys.clone() };
            let Response::Compared(found) = ask(&project::bare(), request, output)? else { return Err(unexpected()) };
            Ok(output.result(&found, || print::comparison(&found)))
        }
        Verb::Profile { file: path, how, .. } => {
            let request = Request::Profile { path: file(path), options: options(how)? };
            let Response::Profiled(profile) = ask(&project::bare(), request, output)? else { return Err(unexpected()) };
            Ok(output.result(&profile, || print::profile(&profile)))
        }
        Verb::Apply { recipe, cell, input, out, inverse, how } => {
            let asked = recipe::Apply { recipe, cell: cell.as_deref(), input, out, inverse: *inverse, how };
            recipe::apply(given, &asked, output)
        }
        Verb::Code { notebook, cell, to, out } => {
            recipe::code(given, notebook, cell.as_deref(), *to, out.as_deref(), output)
        }
        Verb::Steps { op } => steps::steps(op.as_deref(), output),
        Verb::Wrangle(asked) => tables::wrangle(given, asked, output),
        Verb::Split(asked) => tables::split(given, asked, output),
        Verb::Completions { shell } => Ok(manual::completions(*shell, output)),
        Verb::Man { verb, out } => manual::man(verb.as_deref(), out.as_deref(), output),
        Verb::Run { notebook, cell, set } => run_notebook(given, notebook, cell, set, output),
        Verb::Train { file: path, target, kernel, algorithm, params, metric, seed } => {
            let engine = project::open(given, None, Access::Exclusive)?;
            let request = TrainRequest {
                path: file(path),
                target: target.clone(),
                kernel: kernel.clone(),
                algorithm: algorithm.clone(),
                params: params.iter().map(|pair| param(pair)).collect::<Result<Params, ErrorInfo>>()?,
                task: None,
                metric: metric.clone(),
                seed: *seed,
            };
            let Response::Trained(result) = ask(&engine, Request::Train(request), output)? else {
                return Err(unexpected());
            };
            Ok(output.result(&result.run, || print::trained(&result)))
        }
        Verb::Sweep { file: path, check, plan, data, target, jobs, count, seed, resume } => {
            let mode = match (check, plan) {
                (true, _) => SweepFileMode::Check,
                (_, true) => SweepFileMode::Plan,
                _ => SweepFileMode::Run,
            };
            let request = SweepFileRequest {
                path: file(path),
                mode,
                data: data.as_deref().map(file),
                target: target.clone(),
                jobs: *jobs,
                count: *count,
                seed: *seed,
                resume: resume.clone(),
            };
            sweep(given, request, output)
        }
        Verb::Runs { of, filter, sort } => runs(given, of.as_ref(), filter.as_deref(), sort.as_deref(), output),
        Verb::Lineage { id, format } => {
            let engine = project::open(given, None, Access::Look)?;
            let Response::Lineage(graph) = ask(&engine, Request::Lineage { id: id.clone() }, output)? else {
                return Err(unexpected());
            };
            match format {
                Some(LineageFormat::Dot) => Ok(output.text(&cairn_engine::lineage_dot(&graph))),
                Some(LineageFormat::Openlineage) => {
                    let Response::Runs(page) = ask(&engine, Request::Runs(RunsQuery::default()), output)? else {
                        return Err(unexpected());
                    };
                    let name = engine
                        .project_root()
                        .and_then(|root| root.file_name().map(|name| name.to_string_lossy().into_owned()));
                    Ok(output.text(&cairn_engine::lineage_openlineage(&graph, &page.runs, &name.unwrap_or_default())))
                }
                Some(LineageFormat::Json) => Ok(Output::new(true, true).result(&graph, String::new)),
                None => Ok(output.result(&graph, || print::lineage(&graph))),
            }
        }
        Verb::Report { of, out } => report(given, of, out, output),
        Verb::Kernels { of: Some(KernelsVerb::Check { manifest }) } => {
            let request = Request::CheckKernel { path: file(manifest) };
            let Response::KernelChecked { valid, checks } = ask(&project::bare(), request, output)? else {
                return Err(unexpected());
            };
            #[derive(Serialize)]
            struct Document<'a> {
                valid: bool,
                checks: &'a [cairn_protocol::results::Check],
            }
            output.result(&Document { valid, checks: &checks }, || print::kernel_check(&checks));
            Ok(ExitCode::from(u8::from(!valid)))
        }
        Verb::Kernels { of: None } => {
            let Response::Kernels(kernels) = ask(&project::bare(), Request::Kernels, output)? else {
                return Err(unexpected());
            };
            Ok(output.result(&kernels, || print::kernels(&kernels)))
        }
        Verb::Serve { listen } => serve::serve(given, listen, output),
    }
}

fn unexpected() -> ErrorInfo {
    ErrorInfo::internal("the engine answered something else than was asked")
}

/// Asks, with progress meanwhile; an interrupt cancels the jobs, and they end as they should.
fn ask(engine: &Engine, request: Request, output: Output) -> Result<Response, ErrorInfo> {
    let _progress = output.watch(engine.listen());
    let on_interrupt = engine.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|error| ErrorInfo::internal(format!("no runtime: {error}")))?;
    runtime.spawn(async move {
        interrupted().await;
        on_interrupt.cancel_all();
        // Whoever asks twice does not want to wait until a step looks up.
        interrupted().await;
        std::process::exit(i32::from(ErrorKind::Interrupted.exit_code()));
    });
    let answer = engine.call(request);
    runtime.shutdown_background();
    answer
}

/// Waits for Ctrl+C, or for the system's wish that the program ends.
async fn interrupted() {
    #[cfg(unix)]
    if let Ok(mut ends) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = ends.recv() => {}
        }
        return;
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Without signals nothing can be told.
        std::future::pending::<()>().await;
    }
}

fn new(dir: &Path, sample: Option<&str>, output: Output) -> Result<ExitCode, ErrorInfo> {
    #[derive(Serialize)]
    struct Made {
        project: String,
        sample: Option<String>,
        notebooks: Vec<String>,
    }
    let engine = Engine::new(cairn_engine::Options { watch: false, ..cairn_engine::Options::default() });
    let request = Request::NewProject { path: file(dir), sample: sample.map(str::to_owned) };
    let Response::Project(view) = engine.call(request)? else { return Err(unexpected()) };
    let notebooks: Vec<String> = view
        .entries
        .iter()
        .filter(|entry| entry.kind == cairn_protocol::door::EntryKind::Notebook)
        .map(|entry| entry.path.clone())
        .collect();
    let made = Made { project: view.path.clone(), sample: sample.map(str::to_owned), notebooks };
    Ok(output.result(&made, || {
        let next = match made.notebooks.first() {
            Some(notebook) => format!("cairn run {notebook}"),
            None => "cairn serve".into(),
        };
        format!("made {}\nnext: cd {} && {next}", view.path, dir.display())
    }))
}

fn options(how: &How) -> Result<ImportOptions, ErrorInfo> {
    let yes = |answer: YesNo| answer == YesNo::Yes;
    let tokens = || how.null_tokens.iter().filter(|token| !token.is_empty()).cloned().collect();
    Ok(ImportOptions {
        delimiter: how.delimiter.clone(),
        encoding: how.encoding.clone(),
        header: how.header.map(yes),
        text_only: how.types == Types::Text,
        quote: how.quote.clone(),
        escape: how.escape.clone(),
        skip_lines: how.skip_lines,
        header_rows: how.header_rows,
        null_tokens: (!how.null_tokens.is_empty()).then(tokens),
        decimal: how.decimal.clone(),
        thousands: how.thousands.clone(),
        day_first: how.day_first.map(yes),
        table: how.table.clone(),
        types: how.column_types.iter().map(|pair| column_type(pair)).collect::<Result<_, _>>()?,
    })
}

/// `COLUMN=TYPE`; a column's name may hold a `=` itself.
fn column_type(pair: &str) -> Result<(String, ColumnType), ErrorInfo> {
    let refused = || {
        ErrorInfo::usage(format!("{pair:?} is no COLUMN=TYPE"))
            .hint("types are bool, int, float, decimal, date, datetime, time, duration, category, text")
    };
    let (column, name) = pair.rsplit_once('=').ok_or_else(refused)?;
    let wanted = serde_json::from_value(serde_json::Value::from(name)).map_err(|_| refused())?;
    Ok((column.to_owned(), wanted))
}

fn import(
    path: &Path,
    how: &How,
    out: Option<&Path>,
    rejects: Option<&Path>,
    output: Output,
) -> Result<ExitCode, ErrorInfo> {
    let request = Request::Import { path: file(path), options: options(how)?, out: out.map(file), preview_rows: 0 };
    let Response::Imported { mut report, out, .. } = ask(&project::bare(), request, output)? else {
        return Err(unexpected());
    };
    report.file = path.display().to_string();
    let rejects_out = match rejects {
        Some(rejects) => {
            let options = options(how)?;
            let request =
                Request::ExportRejects { path: file(path), options, out: file(rejects), guard_formulas: true };
            let Response::Exported { out, .. } = ask(&project::bare(), request, output)? else {
                return Err(unexpected());
            };
            Some(out)
        }
        None => None,
    };
    #[derive(Serialize)]
    struct Document<'a> {
        #[serde(flatten)]
        report: &'a cairn_protocol::table::ImportReport,
        #[serde(skip_serializing_if = "Option::is_none")]
        out: Option<&'a String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        rejects_out: Option<&'a String>,
    }
    let document = Document { report: &report, out: out.as_ref(), rejects_out: rejects_out.as_ref() };
    Ok(output.result(&document, || print::import(&report, out.as_deref(), rejects_out.as_deref())))
}

fn run_notebook(
    given: Option<&Path>,
    notebook: &Path,
    cells: &[String],
    set: &[String],
    output: Output,
) -> Result<ExitCode, ErrorInfo> {
    if !notebook.is_file() && given.is_none() {
        return Err(ErrorInfo::bad_input(format!("there is no notebook {}", notebook.display()))
            .in_file(notebook.display().to_string())
            .hint("check the path"));
    }
    let engine = project::open(given, Some(notebook), Access::Exclusive)?;
    let path = in_project(&engine, notebook)?;
    let set = set
        .iter()
        .map(|pair| {
            pair.split_once('=')
                .map(|(path, value)| (path.to_owned(), value.to_owned()))
                .ok_or_else(|| ErrorInfo::usage(format!("--set {pair:?} has no =")).hint("--set CELL.PARAM=VALUE"))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let request = Request::RunCellsAndWait { path, cells: cells.to_vec(), set };
    let Response::Outcomes { notebook, cells } = ask(&engine, request, output)? else { return Err(unexpected()) };
    #[derive(Serialize)]
    struct Document<'a> {
        notebook: &'a str,
        cells: &'a [CellOutcome],
    }
    let failed = cells.iter().find_map(|cell| cell.error.clone());
    output.result(&Document { notebook: &notebook, cells: &cells }, || print::outcomes(&cells));
    let code = match failed {
        Some(error) => {
            if !output.is_json() {
                output.error(&error);
            }
            ExitCode::from(error.kind.exit_code())
        }
        None if cells.iter().any(|cell| cell.status == OutcomeStatus::Failed) => ExitCode::from(1),
        None => ExitCode::SUCCESS,
    };
    Ok(code)
}

/// A notebook of the command line, relative to the project.
fn in_project(engine: &Engine, notebook: &Path) -> Result<String, ErrorInfo> {
    let root = engine.project_root().ok_or_else(unexpected)?;
    let here = project::absolute(notebook);
    let here = here.canonicalize().unwrap_or(here);
    match here.strip_prefix(&root) {
        Ok(inside) => Ok(inside.to_string_lossy().replace('\\', "/")),
        Err(_) if notebook.is_relative() && root.join(notebook).is_file() => {
            Ok(notebook.to_string_lossy().into_owned())
        }
        Err(_) => Err(ErrorInfo::bad_input(format!("{} is not in the project {}", notebook.display(), root.display()))
            .in_file(notebook.display().to_string())
            .hint("name the project it belongs to with --project")),
    }
}

/// A hyperparameter as it stands on the command line.
fn param(pair: &str) -> Result<(String, ParamValue), ErrorInfo> {
    let (name, text) = pair
        .split_once('=')
        .ok_or_else(|| ErrorInfo::usage(format!("--param {pair:?} has no =")).hint("--param NAME=VALUE"))?;
    let value = if let Ok(whole) = text.parse::<i64>() {
        ParamValue::Int(whole)
    } else if let Ok(real) = text.parse::<f64>() {
        ParamValue::Float(real)
    } else {
        match text {
            "true" => ParamValue::Bool(true),
            "false" => ParamValue::Bool(false),
            text => ParamValue::Text(text.to_owned()),
        }
    };
    Ok((name.to_owned(), value))
}

fn sweep(given: Option<&Path>, request: SweepFileRequest, output: Output) -> Result<ExitCode, ErrorInfo> {
    let engine = match request.mode {
        SweepFileMode::Run => project::open(given, None, Access::Exclusive)?,
        _ => project::bare(),
    };
    match ask(&engine, Request::SweepFile(request), output)? {
        Response::SweepCheck(check) => {
            output.result(&check, || print::check(&check));
            Ok(ExitCode::from(if check.valid { 0 } else { ErrorKind::BadInput.exit_code() }))
        }
        Response::SweepPlan { trials } => {
            #[derive(Serialize)]
            struct Document<'a> {
                trials: &'a [Params],
            }
            Ok(output.result(&Document { trials: &trials }, || print::plan(&trials)))
        }
        Response::Sweep(state) => Ok(output.result(&state, || print::sweep(&state))),
        _ => Err(unexpected()),
    }
}

fn runs(
    given: Option<&Path>,
    of: Option<&RunsVerb>,
    filter: Option<&str>,
    sort: Option<&str>,
    output: Output,
) -> Result<ExitCode, ErrorInfo> {
    let engine = project::open(given, None, Access::Look)?;
    match of {
        None => {
            let query = RunsQuery {
                filter: filter.unwrap_or_default().to_owned(),
                sort: sort.unwrap_or_default().to_owned(),
                ..RunsQuery::default()
            };
            let Response::Runs(page) = ask(&engine, Request::Runs(query), output)? else { return Err(unexpected()) };
            Ok(output.result(&page, || print::runs(&page)))
        }
        Some(RunsVerb::Show { id }) => {
            let Response::Trained(result) = ask(&engine, Request::Run { id: id.clone() }, output)? else {
                return Err(unexpected());
            };
            Ok(output.result(&result.run, || print::trained(&result)))
        }
        Some(RunsVerb::Diff { a, b }) => {
            let request = Request::DiffRuns { a: a.clone(), b: b.clone() };
            let Response::Diff(diff) = ask(&engine, request, output)? else { return Err(unexpected()) };
            Ok(output.result(&diff, || print::diff(&diff)))
        }
    }
}

fn report(given: Option<&Path>, of: &str, out: &Path, output: Output) -> Result<ExitCode, ErrorInfo> {
    let (path, cell) = of.split_once('#').map_or((of, None), |(path, cell)| (path, Some(cell)));
    let near = PathBuf::from(path);
    let is_notebook = near.extension().is_some_and(|extension| extension == "cairn");
    let engine = project::open(given, is_notebook.then_some(near.as_path()), Access::Exclusive)?;
    let of = if is_notebook {
        let path = in_project(&engine, &near)?;
        cell.map_or_else(|| path.clone(), |cell| format!("{path}#{cell}"))
    } else {
        of.to_owned()
    };
    let request = Request::Report { of, out: Some(file(out)) };
    let Response::Report(result) = ask(&engine, request, output)? else { return Err(unexpected()) };
    #[derive(Serialize)]
    struct Document {
        out: Vec<String>,
        id: String,
        digest: String,
        size_bytes: u64,
    }
    let document = Document {
        out: vec![out.display().to_string()],
        id: result.id.clone(),
        digest: result.digest.clone(),
        size_bytes: result.size_bytes,
    };
    Ok(output.result(&document, || format!("wrote {} ({} bytes)", out.display(), result.size_bytes)))
}
