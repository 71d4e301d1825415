//! Work on files without a notebook: steps on a table (`cairn wrangle`) and the parts of one (`cairn split`). Nothing
//! here needs a project or changes one; what is asked for is written, whole or not at all.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Instant,
};

use cairn_data::{Around, ExportOptions, FittedRecipe, Parts, PreviewWindow, Table};
use cairn_protocol::{
    ErrorInfo,
    batch::{CERTIFICATE_SCHEMA, Certificate, SplitFile, SplitRequest, WrangleRequest, WrangledFile},
    notebook::SplitCell,
    results::StepOutcome,
    steps::{FitScope, Step},
    table::TablePage,
};
use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, Series};

use crate::{
    files,
    jobs::{Job, Part},
    project::Project,
    recipe,
};

mod stages;

use stages::Stage;

/// Stands in the name of a file to write for the name of each part.
const PART: &str = "{part}";

/// Where something is written: absolute, or relative to the project.
fn target(root: Option<&Path>, path: &str) -> PathBuf {
    root.map_or_else(|| PathBuf::from(path), |root| root.join(path))
}

/// Runs steps on a file.
///
/// # Errors
/// A file cannot be read or written, a step does not fit (with its number and column), or the job was cancelled.
pub fn wrangle(project: Option<&Project>, asked: &WrangleRequest, job: &Job) -> Result<WrangledFile, ErrorInfo> {
    let started = Instant::now();
    let root = project.map(|project| project.root.as_path());
    let mut around = project.map_or_else(|| Ok(Around::default()), Project::around_steps)?;
    let stages = stages::of(root, asked, &mut around)?;
    let split = stages.iter().any(|stage| matches!(stage, Stage::Split(_)));
    let out = asked.out.as_deref().map(|out| target(root, out));
    let by_part = out.as_deref().is_some_and(|out| name_of(out).contains(PART));
    if (by_part || asked.part_column.is_some()) && !split {
        return Err(ErrorInfo::usage("without a split there are no parts to write").hint("say how rows are split"));
    }
    out.as_deref().map_or(Ok(()), cairn_data::can_export)?;
    read_tables(root, asked, &stages, &mut around, job)?;
    let file = files::anywhere(root, &asked.path);
    let reading = Part::new(job, 0.0, 0.4, format!("reading {}", asked.path));
    let imported = cairn_data::import(&file, &asked.options, &reading)?;
    let input = Table::new(imported.frame);
    let columns = cairn_data::schema(&input.frame);
    let ran = run(&input, stages, &around, asked.preview_rows, job)?;
    let mut table = ran.table;
    if let Some(name) = &asked.part_column {
        table.frame = with_part(&table, name)?;
    }
    job.check()?;
    job.progress(Some(0.8), "writing");
    let options = ExportOptions { guard_formulas: asked.guard_formulas };
    let mut written = Vec::new();
    if let Some(out) = out {
        let tables = if by_part { tables_of_parts(&table, &out)? } else { vec![(out, table.frame.clone())] };
        written = write_all(tables, options, job)?;
    }
    let recipe = match &asked.save_recipe {
        Some(path) => {
            let path = target(root, path);
            let document = recipe::document(asked.path.clone(), columns.clone(), Vec::new(), ran.fitted, &around)?;
            files::write_whole(&path, document.as_bytes())?;
            Some(path.display().to_string())
        }
        None => None,
    };
    Ok(WrangledFile {
        out: written,
        recipe,
        rows: table.rows() as u64,
        columns: cairn_data::schema(&table.frame),
        rows_read: input.rows() as u64,
        columns_read: columns.len() as u64,
        rejects_total: imported.report.rejects_total,
        steps: ran.outcomes,
        split: ran.split,
        warnings: ran.warnings,
        preview: ran.preview,
        elapsed_secs: started.elapsed().as_secs_f64(),
    })
}

/// Reads the files of the other tables that the steps name.
fn read_tables(
    root: Option<&Path>,
    asked: &WrangleRequest,
    stages: &[Stage],
    around: &mut Around,
    job: &Job,
) -> Result<(), ErrorInfo> {
    for (name, path) in &asked.tables {
        job.progress(Some(0.0), format!("reading {path}"));
        let file = files::anywhere(root, path);
        let table =
            cairn_data::import(&file, &Default::default(), &Part::new(job, 0.0, 0.0, format!("reading {path}")))?;
        around.tables.insert(name.clone(), table.frame);
    }
    let steps = stages::steps(stages);
    for (number, step) in (1..).zip(steps).filter(|(_, step)| step.enabled) {
        if let Some(absent) = step.op.other_cells().into_iter().find(|name| !around.tables.contains_key(*name)) {
            return Err(ErrorInfo::usage(format!(
                "«{}» reads the table {absent:?}, which no file is given for",
                step.op.title()
            ))
            .at_step(number)
            .hint(format!("say which file it is: --with '{absent}=FILE'")));
        }
    }
    Ok(())
}

/// Stages that ran.
struct Ran {
    table: Table,
    fitted: FittedRecipe,
    outcomes: Vec<StepOutcome>,
    split: Option<cairn_protocol::results::SplitResult>,
    warnings: Vec<String>,
    preview: Option<TablePage>,
}

fn run(input: &Table, stages: Vec<Stage>, around: &Around, preview_rows: u64, job: &Job) -> Result<Ran, ErrorInfo> {
    let mut ran = Ran {
        table: input.clone(),
        fitted: FittedRecipe::chain([]),
        outcomes: Vec::new(),
        split: None,
        warnings: Vec::new(),
        preview: None,
    };
    let mut on_all = Vec::new();
    let last = stages.len().saturating_sub(1);
    for (at, stage) in stages.into_iter().enumerate() {
        job.check()?;
        match stage {
            Stage::Split(cell) => {
                job.progress(Some(0.4), "drawing rows and checking the parts");
                let (parts, result) = cairn_data::split(&ran.table, &cell)?;
                ran.table = Table::with_parts(ran.table.frame, Some(parts))?;
                ran.split = Some(result);
            }
            Stage::Steps(mut steps) => {
                let before = ran.outcomes.len();
                if ran.table.parts.is_none() {
                    on_all.extend(fit_on_all(&mut steps).into_iter().map(|number| before + number));
                }
                let rows = if at == last { preview_rows } else { 0 };
                let progress = Part::new(job, 0.4, 0.8, "running steps");
                let done = run_steps(&ran.table, &steps, around, rows, &progress).map_err(|error| {
                    let mut error = ErrorInfo::from(error);
                    error.place.step = error.place.step.map(|number| number + before);
                    error
                })?;
                ran.table = done.table;
                ran.preview = done.preview;
                ran.outcomes.extend(done.outcomes);
                let numbered = done.fitted.steps.into_iter().map(|mut step| {
                    step.number += before;
                    step
                });
                ran.fitted.steps.extend(numbered);
            }
        }
    }
    if !on_all.is_empty() {
        let verb = if on_all.len() == 1 { "step" } else { "steps" };
        let numbers: Vec<String> = on_all.iter().map(ToString::to_string).collect();
        ran.warnings.push(format!(
            "without a split, all rows are learned from ({verb} {}): what is judged on some of them later has been seen",
            numbers.join(", ")
        ));
    }
    Ok(ran)
}

/// Lets steps fit on all rows; numbers of those that would fit on a training part.
fn fit_on_all(steps: &mut [Step]) -> Vec<usize> {
    let mut changed = Vec::new();
    for (number, step) in (1..).zip(steps) {
        if step.enabled && step.op.fit() == Some(FitScope::Train) {
            step.op.set_fit(FitScope::All);
            changed.push(number);
        }
    }
    changed
}

/// Steps that ran, and what the last of them changed.
struct Done {
    table: Table,
    fitted: FittedRecipe,
    outcomes: Vec<StepOutcome>,
    preview: Option<TablePage>,
}

fn run_steps(
    table: &Table,
    steps: &[Step],
    around: &Around,
    preview_rows: u64,
    progress: &Part<'_>,
) -> Result<Done, cairn_data::DataError> {
    let whole = || cairn_data::run_recipe(table, steps, around, progress);
    let looked_at = if preview_rows > 0 { steps.iter().rposition(|step| step.enabled) } else { None };
    let Some(at) = looked_at else {
        let run = whole()?;
        return Ok(Done { table: run.table, fitted: run.fitted, outcomes: run.outcomes, preview: None });
    };
    let earlier = cairn_data::run_recipe(table, &steps[..at], around, progress)?;
    let Ok(run) = cairn_data::run_recipe(&earlier.table, &steps[at..], around, progress) else {
        // The whole recipe knows which step above took a column away.
        let run = whole()?;
        return Ok(Done { table: run.table, fitted: run.fitted, outcomes: run.outcomes, preview: None });
    };
    let window = PreviewWindow {
        first_row: 0,
        rows: usize::try_from(preview_rows).unwrap_or(usize::MAX),
        first_column: 0,
        columns: usize::MAX,
        changed_first: true,
    };
    let page = cairn_data::preview_of(&earlier.table, &run.table, run.rows_from.as_deref(), window)?;
    let later = run.fitted.steps.into_iter().map(|mut step| {
        step.number += at;
        step
    });
    let mut fitted = earlier.fitted;
    fitted.steps.extend(later);
    let mut outcomes = earlier.outcomes;
    outcomes.extend(run.outcomes);
    Ok(Done { table: run.table, fitted, outcomes, preview: Some(page) })
}

/// The table with a column that names the part of each row.
fn with_part(table: &Table, name: &str) -> Result<DataFrame, ErrorInfo> {
    let parts = table.parts.as_ref();
    let parts = parts.ok_or_else(|| ErrorInfo::internal("a split left no parts"))?;
    let of_row = parts.as_slice().iter().map(|part| parts.names().get(usize::from(*part)).map(String::as_str));
    let values: Vec<Option<&str>> = of_row.collect();
    added(&table.frame, vec![Series::new(name.into(), values).into_column()])
}

/// The frame with columns behind all others.
fn added(frame: &DataFrame, columns: Vec<Column>) -> Result<DataFrame, ErrorInfo> {
    let mut frame = frame.clone();
    for column in columns {
        let name = column.name().to_string();
        if frame.get_column_index(&name).is_some() {
            return Err(ErrorInfo::usage(format!("the table has a column «{name}» already"))
                .in_column(name)
                .hint("choose another name for the column of parts"));
        }
        frame.with_column(column).map_err(|error| ErrorInfo::internal(format!("adding the column {name}: {error}")))?;
    }
    Ok(frame)
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The rows of each part that has any, with the file that they go to.
fn tables_of_parts(table: &Table, pattern: &Path) -> Result<Vec<(PathBuf, DataFrame)>, ErrorInfo> {
    let parts = table.parts.as_ref().ok_or_else(|| ErrorInfo::internal("a split left no parts"))?;
    let mut tables = Vec::new();
    for (name, rows) in parts.names().iter().zip(parts.all_counts()) {
        if rows > 0 {
            let file = pattern.with_file_name(name_of(pattern).replace(PART, name));
            tables.push((file, cairn_data::part_of(table, name)?));
        }
    }
    Ok(tables)
}

/// Writes tables: all of them under temporary names first, so that none is in place where one cannot be written.
fn write_all(tables: Vec<(PathBuf, DataFrame)>, options: ExportOptions, job: &Job) -> Result<Vec<String>, ErrorInfo> {
    if let [(path, frame)] = tables.as_slice() {
        cairn_data::export_with(frame, path, options)?;
        return Ok(vec![path.display().to_string()]);
    }
    let made = |path: &Path, error: &std::io::Error| files::io_error("cannot write", path, error);
    let mut staged: Vec<(tempfile::TempDir, PathBuf, PathBuf)> = Vec::new();
    for (path, frame) in &tables {
        job.check()?;
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(|error| made(folder, &error))?;
        let holder = tempfile::Builder::new().prefix(".cairn-").tempdir_in(folder);
        let holder = holder.map_err(|error| made(folder, &error))?;
        let temporary = holder.path().join(name_of(path));
        cairn_data::export_with(frame, &temporary, options).map_err(|error| {
            // A person knows the file by the name that it was to have.
            let (from, to) = (temporary.display().to_string(), path.display().to_string());
            let mut error = ErrorInfo::from(error);
            error.message = error.message.replace(&from, &to);
            error.place.file = error.place.file.map(|file| file.replace(&from, &to));
            error
        })?;
        staged.push((holder, temporary, path.clone()));
    }
    for (_, temporary, path) in &staged {
        std::fs::rename(temporary, path).map_err(|error| made(path, &error))?;
    }
    Ok(tables.iter().map(|(path, _)| path.display().to_string()).collect())
}

/// Splits a file.
///
/// # Errors
/// The file cannot be read, the split cannot be drawn from it, or something cannot be written.
pub fn split(project: Option<&Project>, asked: &SplitRequest, job: &Job) -> Result<SplitFile, ErrorInfo> {
    let started = Instant::now();
    let root = project.map(|project| project.root.as_path());
    let out = asked.out.as_deref().map(|out| target(root, out));
    let ending = asked.format.clone().unwrap_or_else(|| "csv".into());
    match (&out, &asked.column) {
        (Some(file), Some(_)) => cairn_data::can_export(file)?,
        (Some(folder), None) => {
            if folder.is_file() {
                let shown = folder.display().to_string();
                return Err(ErrorInfo::usage(format!("{shown} is a file, and the parts go into a folder"))
                    .in_file(shown)
                    .hint("name a folder, or a column with --column to write one file"));
            }
            // Told before the work, wherever the folder lies.
            if cairn_data::can_export(&std::env::temp_dir().join(format!("part.{ending}"))).is_err() {
                return Err(ErrorInfo::usage(format!("{ending:?} is no format that tables are written in"))
                    .hint("formats are csv, tsv, ndjson (each also with .gz or .zst), parquet, arrow"));
            }
        }
        (None, Some(_)) => {
            return Err(ErrorInfo::usage("a column of parts needs a file to go into").hint("name it with --out FILE"));
        }
        (None, None) => {}
    }
    let file = files::anywhere(root, &asked.path);
    let reading = Part::new(job, 0.0, 0.5, format!("reading {}", asked.path));
    let imported = cairn_data::import(&file, &asked.options, &reading)?;
    let table = Table::new(imported.frame);
    job.progress(Some(0.5), "drawing rows and checking the parts");
    let (parts, result) = cairn_data::split(&table, &asked.split)?;
    job.check()?;
    job.progress(Some(0.8), "writing");
    let table = Table::with_parts(table.frame, Some(parts))?;
    let options = ExportOptions { guard_formulas: asked.guard_formulas };
    let tables = match (&out, &asked.column) {
        (Some(file), Some(name)) => {
            vec![(file.clone(), added(&table.frame, part_columns(&table, &asked.split, name)?)?)]
        }
        (Some(folder), None) => {
            std::fs::create_dir_all(folder).map_err(|error| files::io_error("cannot make", folder, &error))?;
            tables_of_split(&table, &asked.split, folder, &ending)?
        }
        (None, _) => Vec::new(),
    };
    let written = write_all(tables, options, job)?;
    let certificate = Certificate {
        schema: CERTIFICATE_SCHEMA,
        cairn: env!("CARGO_PKG_VERSION").into(),
        file: name_of(&file),
        file_digest: imported.report.digest,
        split: asked.split.clone(),
        result,
    };
    let certificate_file = match (&asked.certificate, &out, &asked.column) {
        (Some(path), ..) => Some(target(root, path)),
        (None, Some(folder), None) => Some(folder.join("certificate.json")),
        (None, Some(file), Some(_)) => Some(file.with_file_name(format!("{}.certificate.json", name_of(file)))),
        (None, None, _) => None,
    };
    if let Some(path) = &certificate_file {
        let text = serde_json::to_string_pretty(&certificate)
            .map_err(|error| ErrorInfo::internal(format!("a certificate cannot be written: {error}")))?;
        files::write_whole(path, text.as_bytes())?;
    }
    Ok(SplitFile {
        out: written,
        certificate_file: certificate_file.map(|path| path.display().to_string()),
        rows: table.rows() as u64,
        rejects_total: imported.report.rejects_total,
        certificate,
        elapsed_secs: started.elapsed().as_secs_f64(),
    })
}

/// The files of a folder: one a part; with folds a folder a fold, and beside them the parts that all folds share.
fn tables_of_split(
    table: &Table,
    cell: &SplitCell,
    folder: &Path,
    ending: &str,
) -> Result<Vec<(PathBuf, DataFrame)>, ErrorInfo> {
    let pattern = format!("{PART}.{ending}");
    let folds = cell.fold_count();
    if folds == 0 {
        return tables_of_parts(table, &folder.join(&pattern));
    }
    let own = if cell.inner > 0 { 3 } else { 2 };
    let digits = folds.to_string().len();
    let mut tables: BTreeMap<PathBuf, DataFrame> = BTreeMap::new();
    for fold in 1..=folds {
        let parts = cairn_data::split_fold(table, cell, fold)?;
        let names = parts.names().to_vec();
        let split = Table::with_parts(table.frame.clone(), Some(parts))?;
        let inside = folder.join(format!("fold-{fold:0digits$}"));
        for (path, frame) in tables_of_parts(&split, Path::new(&pattern))? {
            let shared = names.iter().skip(own).any(|name| name_of(&path) == pattern.replace(PART, name));
            let place = if shared { folder.join(&path) } else { inside.join(&path) };
            tables.entry(place).or_insert(frame);
        }
    }
    Ok(tables.into_iter().collect())
}

/// Columns that say the part of each row: its name; with folds, the number of the fold that validates on it, one column
/// a repetition.
fn part_columns(table: &Table, cell: &SplitCell, name: &str) -> Result<Vec<Column>, ErrorInfo> {
    if cell.fold_count() == 0 {
        return Ok(with_part(table, name)?.columns().last().cloned().into_iter().collect());
    }
    if cell.inner > 0 {
        return Err(
            ErrorInfo::usage("nested folds have no single column").hint("name a folder with --out, without --column")
        );
    }
    let mut columns = Vec::new();
    for repeat in 0..cell.repeats.max(1) {
        let mut of_row: Vec<Option<String>> = vec![None; table.rows()];
        for fold in 0..cell.folds {
            let parts = cairn_data::split_fold(table, cell, repeat * cell.folds + fold + 1)?;
            for (cell, part) in of_row.iter_mut().zip(parts.as_slice()) {
                match *part {
                    1 => *cell = Some((fold + 1).to_string()),
                    part if part >= 2 && part != Parts::LEFT_OUT => {
                        *cell = parts.names().get(usize::from(part)).cloned()
                    }
                    _ => {}
                }
            }
        }
        let name = if cell.repeats > 1 { format!("{name}_{}", repeat + 1) } else { name.to_owned() };
        let whole: Option<Vec<Option<i64>>> = of_row
            .iter()
            .map(|cell| cell.as_ref().map(|text| text.parse().ok()).map_or(Some(None), |n| n.map(Some)))
            .collect();
        columns.push(match whole {
            Some(numbers) => Series::new(name.into(), numbers).into_column(),
            None => Series::new(name.into(), of_row).into_column(),
        });
    }
    Ok(columns)
}
