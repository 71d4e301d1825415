//! Tables as panes look at them: windows, profiles, previews of steps. Nothing here changes the project.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use cairn_data::{NoProgress, Table};
use cairn_protocol::{
    ErrorInfo, Response,
    comparison::{CompareSide, Comparison},
    door::{ColumnDetail, StepPreview},
    notebook::{CellBody, ImportOptions},
    quality::{Associations, Examination, QualityReport},
    results::CellResult,
    steps::Step,
    table::{Needle, Profile, TablePage, TableQuery, TableRef},
};

use crate::{
    engine::Inner,
    files,
    jobs::{Job, Part},
    notebook::graph,
    project::{Project, locked},
    recipe,
};

/// Orders of views kept.
const MAX_ORDERS: usize = 8;

/// Rows up to which a view is ordered without showing a job.
const ROWS_AT_ONCE: usize = 200_000;

/// A window of a table.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// First row.
    pub first_row: u64,
    /// Rows.
    pub rows: u64,
    /// First column.
    pub first_column: u64,
    /// Columns.
    pub columns: u64,
}

/// What a preview of steps looks at.
pub struct Look<'a> {
    /// The steps as they are being edited.
    pub steps: &'a [Step],
    /// The step looked at, from 1; 0: the input.
    pub upto: usize,
    /// Whether to compare with the cell's input rather than the step before.
    pub against_input: bool,
    /// First row of the window.
    pub first_row: u64,
    /// Rows of the window.
    pub rows: u64,
}

/// Reads a file for `cairn import` and the import dialog; keeps nothing but what `out` names.
///
/// # Errors
/// The file cannot be used, or `out` cannot be written.
pub fn import(
    project: Option<&Project>,
    path: &str,
    options: &ImportOptions,
    out: Option<&str>,
    preview_rows: usize,
    job: &Job,
) -> Result<Response, ErrorInfo> {
    let root = project.map(|project| project.root.as_path());
    let file = files::anywhere(root, path);
    let target = out.map(|out| root.map_or_else(|| PathBuf::from(out), |root| root.join(out)));
    target.as_deref().map_or(Ok(()), cairn_data::can_export)?;
    let imported = cairn_data::import(&file, options, &Part::new(job, 0.0, 0.9, "reading"))?;
    let mut report = imported.report;
    path.clone_into(&mut report.file);
    let out = match target {
        Some(target) => {
            job.check()?;
            job.progress(Some(0.9), "writing");
            cairn_data::export(&imported.frame, &target)?;
            Some(target.display().to_string())
        }
        None => None,
    };
    let preview =
        (preview_rows > 0).then(|| cairn_data::page(&imported.frame, None, 0, preview_rows as u64, 0, u64::MAX));
    Ok(Response::Imported { report, preview, out })
}

/// Writes every record that reading a file rejects.
///
/// # Errors
/// The file cannot be used, `out` cannot be written, or the job was cancelled.
pub fn export_rejects(
    project: Option<&Project>,
    path: &str,
    options: &ImportOptions,
    out: &str,
    guard_formulas: bool,
    job: &Job,
) -> Result<Response, ErrorInfo> {
    let root = project.map(|project| project.root.as_path());
    let target = root.map_or_else(|| PathBuf::from(out), |root| root.join(out));
    make_folder(&target)?;
    let how = cairn_data::ExportOptions { guard_formulas };
    let part = Part::new(job, 0.0, 1.0, "writing rejected records");
    let rows = cairn_data::export_rejects(&files::anywhere(root, path), options, &target, how, &part)?;
    Ok(Response::Exported { out: out.to_owned(), rows })
}

/// Makes the folder that a file is to be written into.
fn make_folder(target: &Path) -> Result<(), ErrorInfo> {
    let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(|error| {
        ErrorInfo::usage(format!("{} cannot be made: {error}", folder.display())).hint("choose another place")
    })
}

/// Whether a file can be read at all, told from its beginning.
///
/// # Errors
/// It is empty, binary or gone.
pub fn peek(path: &Path) -> Result<(), ErrorInfo> {
    cairn_data::peek(path)?;
    Ok(())
}

/// Figures of every column of a file.
///
/// # Errors
/// The file cannot be used.
pub fn profile_file(
    project: Option<&Project>,
    path: &str,
    options: &ImportOptions,
    job: &Job,
) -> Result<Profile, ErrorInfo> {
    let file = files::anywhere(project.map(|project| project.root.as_path()), path);
    let imported = cairn_data::import(&file, options, &Part::new(job, 0.0, 0.7, "reading"))?;
    job.progress(Some(0.7), "profiling all rows");
    Ok(cairn_data::profile(&imported.frame))
}

/// Profile, quality and associations of a file, read once.
///
/// # Errors
/// The file cannot be used, the target is no column of it, or the job was cancelled.
pub fn examine(
    project: Option<&Project>,
    path: &str,
    options: &ImportOptions,
    target: Option<&str>,
    job: &Job,
) -> Result<Examination, ErrorInfo> {
    let file = files::anywhere(project.map(|project| project.root.as_path()), path);
    let imported = cairn_data::import(&file, options, &Part::new(job, 0.0, 0.4, "reading"))?;
    job.progress(Some(0.4), "profiling all rows");
    let profile = cairn_data::profile(&imported.frame);
    let quality = cairn_data::quality(&imported.frame, target, &Part::new(job, 0.5, 0.8, "looking for faults"))?;
    let part = Part::new(job, 0.8, 1.0, "comparing columns");
    let associations = cairn_data::associations(&imported.frame, target, &part)?;
    Ok(Examination { profile, quality, associations })
}

/// The data-quality report of a table.
///
/// # Errors
/// The table or the target is not there, or the job was cancelled.
pub fn quality(engine: &Inner, table: &TableRef, target: Option<&str>, job: &Job) -> Result<QualityReport, ErrorInfo> {
    let found = find(engine, table)?;
    Ok(cairn_data::quality(&found.table.frame, target, &Part::new(job, 0.0, 1.0, "looking for faults"))?)
}

/// How the columns of a table hang together.
///
/// # Errors
/// The table or the target is not there, or the job was cancelled.
pub fn associations(
    engine: &Inner,
    table: &TableRef,
    target: Option<&str>,
    job: &Job,
) -> Result<Associations, ErrorInfo> {
    let found = find(engine, table)?;
    Ok(cairn_data::associations(&found.table.frame, target, &Part::new(job, 0.0, 1.0, "comparing columns"))?)
}

/// How two tables, two parts of a split or two files differ.
///
/// # Errors
/// A side is not there, a key is no column of both, or the job was cancelled.
pub fn compare(
    engine: &Inner,
    a: &CompareSide,
    b: &CompareSide,
    keys: &[String],
    job: &Job,
) -> Result<Comparison, ErrorInfo> {
    let (first, first_name) = side(engine, a, &Part::new(job, 0.0, 0.3, "reading the first table"))?;
    let (second, second_name) = side(engine, b, &Part::new(job, 0.3, 0.6, "reading the second table"))?;
    let mut comparison = cairn_data::compare(&first, &second, keys, &Part::new(job, 0.6, 1.0, "comparing"))?;
    comparison.a.name = first_name;
    comparison.b.name = second_name;
    Ok(comparison)
}

/// The rows of one side of a comparison, and what a person calls it.
fn side(
    engine: &Inner,
    side: &CompareSide,
    part: &Part<'_>,
) -> Result<(polars::prelude::DataFrame, String), ErrorInfo> {
    match side {
        CompareSide::Path { path, options } => {
            let project = engine.project().ok();
            let file = files::anywhere(project.as_ref().map(|project| project.root.as_path()), path);
            Ok((cairn_data::import(&file, options, part)?.frame, path.clone()))
        }
        CompareSide::Table { table, part } => {
            let found = find(engine, table)?;
            let name = match table {
                TableRef::Cell { cell, .. } => cell.clone(),
                TableRef::File { path } => path.clone(),
            };
            match part {
                None => Ok((found.table.frame.clone(), name)),
                Some(part) => Ok((cairn_data::part_of(&found.table, part)?, format!("{name}, {part}"))),
            }
        }
    }
}

/// A table, the key it is kept under, and the cell's result where it is a cell's.
struct Found {
    table: Arc<Table>,
    key: String,
    result: Option<Arc<CellResult>>,
}

fn find(engine: &Inner, table: &TableRef) -> Result<Found, ErrorInfo> {
    let project = engine.project()?;
    match table {
        TableRef::Cell { notebook, cell } => {
            let session = project.session(notebook)?;
            let session = locked(&session);
            graph::need(&session.notebook, cell)?;
            let keys = project.keys(&session.notebook, &engine.kernels);
            let now = keys.get(cell).and_then(|key| key.as_ref().ok()).map(|key| key.whole.clone());
            // A stale cell shows its last table until it runs again.
            let key = now
                .filter(|key| project.cache.view(key).is_some())
                .or_else(|| session.last_key(cell).map(str::to_owned));
            drop(session);
            let not_run =
                || ErrorInfo::usage(format!("{cell:?} has not run yet")).in_cell(cell).hint("run the cell first");
            let key = key.ok_or_else(not_run)?;
            let table = project.cache.table(&key).ok_or_else(not_run)?;
            Ok(Found { table, result: project.cache.result(&key), key })
        }
        TableRef::File { path } => {
            let file = files::inside(&project.root, path)?;
            let key = blake3::hash(format!("file\0{}", project.digests.of(&file)?).as_bytes()).to_hex().to_string();
            if let Some(table) = project.cache.table(&key) {
                return Ok(Found { table, result: project.cache.result(&key), key });
            }
            let imported = cairn_data::import(&file, &ImportOptions::default(), &NoProgress)?;
            let profile = cairn_data::profile(&imported.frame);
            let table = Arc::new(Table::new(imported.frame));
            project.cache.put_table(&key, Arc::clone(&table))?;
            let mut import = imported.report;
            import.file.clone_from(path);
            let result = CellResult::Data { import, profile };
            let result = project.cache.put(&key, result, cairn_protocol::results::CellView::default())?;
            Ok(Found { table, result: Some(result), key })
        }
    }
}

/// A window of a table.
///
/// # Errors
/// The table is not there, or a condition does not fit it.
pub fn page(engine: &Inner, table: &TableRef, query: &TableQuery, window: Window) -> Result<TablePage, ErrorInfo> {
    let found = find(engine, table)?;
    let Window { first_row, rows, first_column, columns } = window;
    let order = order_of(engine, &found, query)?;
    let order = order.as_ref().map(|order| order.as_slice());
    Ok(cairn_data::page(&found.table.frame, order, first_row, rows, first_column, columns))
}

/// Writes a table, or what a query sees of it, to a file.
///
/// # Errors
/// The table is not there, a condition does not fit it, or `out` cannot be written.
pub fn export_table(
    engine: &Inner,
    table: &TableRef,
    query: &TableQuery,
    out: &str,
    guard_formulas: bool,
    job: &Job,
) -> Result<Response, ErrorInfo> {
    let project = engine.project()?;
    let found = find(engine, table)?;
    let order = order_of(engine, &found, query)?;
    let target = project.root.join(out);
    make_folder(&target)?;
    let chosen;
    let frame = match order.as_deref() {
        Some(order) => {
            job.progress(Some(0.1), "taking the rows shown");
            chosen = cairn_data::take_rows(&found.table.frame, order)?;
            &chosen
        }
        None => &found.table.frame,
    };
    job.progress(Some(0.4), "writing");
    cairn_data::export_with(frame, &target, cairn_data::ExportOptions { guard_formulas })?;
    Ok(Response::Exported { out: out.to_owned(), rows: frame.height() as u64 })
}

/// The rows that a query sees: in its order, those of the part it asks for.
fn ordered(table: &Table, query: &TableQuery) -> Result<Vec<u32>, ErrorInfo> {
    let mut order = cairn_data::order(&table.frame, query)?;
    if let Some(name) = &query.part {
        let parts = table.parts.as_ref();
        let number = parts.and_then(|parts| parts.of_name(name)).zip(parts);
        let (number, parts) = number.ok_or_else(|| {
            ErrorInfo::usage(format!("the table has no part {name:?}")).hint("parts are drawn by a split above")
        })?;
        order.retain(|row| parts.as_slice()[*row as usize] == number);
    }
    Ok(order)
}

/// The rows of a view in its order; none where it is the table's own. The orders used last are kept.
fn order_of(engine: &Inner, found: &Found, query: &TableQuery) -> Result<Option<Arc<Vec<u32>>>, ErrorInfo> {
    if *query == TableQuery::default() {
        return Ok(None);
    }
    let project = engine.project()?;
    let name = format!("{}{}", found.key, serde_json::to_string(query).unwrap_or_default());
    let known = locked(&project.orders).iter().find(|(known, _)| *known == name).map(|(_, order)| Arc::clone(order));
    if let Some(order) = known {
        return Ok(Some(order));
    }
    let make = || ordered(&found.table, query).map(Arc::new);
    let order = if found.table.rows() > ROWS_AT_ONCE {
        let keys: Vec<&str> = query.sort.iter().map(|key| key.column.as_str()).collect();
        let what = if keys.is_empty() { "Filter rows".to_owned() } else { format!("Sort by {}", keys.join(", ")) };
        let job = engine.jobs.begin(what, None);
        let order = make();
        job.end(order.as_ref().map(|_| ()));
        order?
    } else {
        make()?
    };
    let mut orders = locked(&project.orders);
    orders.insert(0, (name, Arc::clone(&order)));
    orders.truncate(MAX_ORDERS);
    Ok(Some(order))
}

/// The next cell that holds a text.
///
/// # Errors
/// The table or a column is not there, the expression is broken, or the search was cancelled.
pub fn find_text(
    engine: &Inner,
    table: &TableRef,
    query: &TableQuery,
    needle: &Needle,
    count: bool,
    job: &Job,
) -> Result<Response, ErrorInfo> {
    let found = find(engine, table)?;
    let order = order_of(engine, &found, query)?;
    let order = order.as_ref().map(|order| order.as_slice());
    let frame = &found.table.frame;
    let cell = cairn_data::find(frame, order, needle, &Part::new(job, 0.0, 0.5, "searching"))?;
    let progress = Part::new(job, 0.5, 0.5, "counting");
    let count = count.then(|| cairn_data::count_found(frame, order, needle, &progress)).transpose()?;
    Ok(Response::Found { cell, count })
}

/// A window of a table as text for the clipboard.
///
/// # Errors
/// The table or a column is not there, or the window is too large.
pub fn copy(
    engine: &Inner,
    table: &TableRef,
    query: &TableQuery,
    rows: std::ops::Range<u64>,
    columns: &[String],
    header: bool,
) -> Result<String, ErrorInfo> {
    let found = find(engine, table)?;
    let order = order_of(engine, &found, query)?;
    let order = order.as_ref().map(|order| order.as_slice());
    Ok(cairn_data::copy_cells(&found.table.frame, order, rows, columns, header)?)
}

/// Figures of every column of a table.
///
/// # Errors
/// The table is not there.
pub fn profile(engine: &Inner, table: &TableRef) -> Result<Profile, ErrorInfo> {
    let found = find(engine, table)?;
    Ok(match found.result.as_deref() {
        Some(CellResult::Data { profile, .. }) => profile.clone(),
        Some(CellResult::Wrangle(wrangle)) => wrangle.profile.clone(),
        _ => cairn_data::profile(&found.table.frame),
    })
}

/// Figures of one column.
///
/// # Errors
/// The table or the column is not there.
pub fn column(engine: &Inner, table: &TableRef, column: &str, target: Option<&str>) -> Result<ColumnDetail, ErrorInfo> {
    let found = find(engine, table)?;
    Ok(cairn_data::column_detail(&found.table.frame, column, target)?)
}

/// What a wrangle cell would hold with the steps as they are being edited.
///
/// # Errors
/// The cell's input has not run, or a step does not fit: with its number.
pub fn preview(engine: &Inner, path: &str, name: &str, look: &Look<'_>) -> Result<StepPreview, ErrorInfo> {
    let started = Instant::now();
    let project = engine.project()?;
    let session = project.session(path)?;
    let notebook = locked(&session).notebook.clone();
    let CellBody::Wrangle(wrangle) = &graph::need(&notebook, name)?.body else {
        return Err(ErrorInfo::usage(format!("{name:?} is no wrangle cell")).in_cell(name));
    };
    let input = find(engine, &TableRef::Cell { notebook: path.to_owned(), cell: wrangle.input.clone() })
        .map_err(|error| error.hint(format!("run {:?} first", wrangle.input)))?
        .table;
    let upto = look.upto.min(look.steps.len());
    let around = recipe::around(&project, &look.steps[..upto], |name| {
        find(engine, &TableRef::Cell { notebook: path.to_owned(), cell: name.to_owned() }).map(|found| found.table)
    })?;
    let in_cell = |error: cairn_data::DataError| ErrorInfo::from(error).in_cell(name);
    let steps_before = &look.steps[..upto.saturating_sub(1)];
    let earlier = cairn_data::run_recipe(&input, steps_before, &around, &NoProgress).map_err(in_cell)?;
    let before = earlier.table;
    let (after, outcome, from) = if upto == 0 {
        (before.clone(), Default::default(), None)
    } else {
        let run =
            cairn_data::run_recipe(&before, &look.steps[upto - 1..upto], &around, &NoProgress).map_err(|error| {
                let mut info = in_cell(error);
                info.place.step = Some(upto);
                info
            })?;
        (run.table, run.outcomes.into_iter().next().unwrap_or_default(), run.rows_from)
    };
    // Row numbers are those of the cell's input; the run knows which row of the step before is which.
    let from = if look.against_input { cairn_data::followed(earlier.rows_from, from) } else { from };
    let against = if look.against_input { &*input } else { &before };
    let page = cairn_data::preview_of(
        against,
        &after,
        from.as_deref(),
        cairn_data::PreviewWindow {
            first_row: usize::try_from(look.first_row).unwrap_or(usize::MAX),
            rows: usize::try_from(look.rows).unwrap_or(usize::MAX),
            first_column: 0,
            columns: usize::MAX,
            changed_first: true,
        },
    )?;
    let mut steps = earlier.outcomes;
    if upto > 0 {
        steps.push(outcome.clone());
    }
    Ok(StepPreview {
        page,
        outcome,
        steps,
        columns: (before.frame.width() as u64, after.frame.width() as u64),
        profile: cairn_data::profile(&after.frame),
        schema: cairn_data::schema(&before.frame),
        train_rows: input.train_rows(),
        elapsed_secs: started.elapsed().as_secs_f64(),
    })
}
