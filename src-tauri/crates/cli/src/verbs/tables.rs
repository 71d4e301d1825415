//! Tables without a notebook: `cairn wrangle` and `cairn split`.

use std::{collections::BTreeMap, path::Path, process::ExitCode};

use cairn_engine::{Access, Engine};
use cairn_protocol::{
    ErrorInfo, Request, Response,
    batch::{SplitRequest, WrangleRequest},
};

use super::{ask, options, print, unexpected};
use crate::{
    args::{Split, Wrangle},
    drawing::Drawing,
    grammar,
    output::Output,
    project::{self, file},
};

/// The project around this folder, for its salt, or none; it is only looked at.
fn engine(given: Option<&Path>) -> Result<Engine, ErrorInfo> {
    match project::open(given, None, Access::Look) {
        Err(error) if given.is_some() => Err(error),
        Err(_) => Ok(project::bare()),
        found => found,
    }
}

/// `NAME=VALUE` pairs of a flag.
fn pairs(flag: &str, form: &str, given: &[String]) -> Result<BTreeMap<String, String>, ErrorInfo> {
    let mut found = BTreeMap::new();
    for pair in given {
        let (name, value) = pair
            .split_once('=')
            .filter(|(name, value)| !name.is_empty() && !value.is_empty())
            .ok_or_else(|| ErrorInfo::usage(format!("{flag} {pair:?} is no {form}")).hint(format!("{flag} {form}")))?;
        if found.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(ErrorInfo::usage(format!("{flag} names {name:?} twice")).hint("name it once"));
        }
    }
    Ok(found)
}

/// Runs steps on a file.
///
/// # Errors
/// What was wrong, where, and what to do next.
pub fn wrangle(given: Option<&Path>, asked: &Wrangle, output: Output) -> Result<ExitCode, ErrorInfo> {
    let steps = asked.steps.iter().enumerate().map(|(at, text)| {
        grammar::step(text).map_err(|error| if asked.recipe.is_some() { error } else { error.at_step(at + 1) })
    });
    let tables = pairs("--with", "NAME=FILE", &asked.with)?;
    let request = WrangleRequest {
        path: file(&asked.file),
        options: options(&asked.how)?,
        recipe: asked.recipe.as_deref().map(file),
        cell: asked.cell.clone(),
        steps: steps.collect::<Result<_, _>>()?,
        split: asked.split.as_deref().map(Drawing::parse).transpose()?,
        tables: tables.into_iter().map(|(name, path)| (name, file(Path::new(&path)))).collect(),
        out: asked.out.as_deref().map(file),
        part_column: asked.part_column.clone(),
        guard_formulas: asked.guard_formulas,
        save_recipe: asked.save_recipe.as_deref().map(file),
        preview_rows: asked.preview.unwrap_or(0),
    };
    let request = Request::WrangleFile(Box::new(request));
    let Response::Wrangled(done) = ask(&engine(given)?, request, output)? else { return Err(unexpected()) };
    Ok(output.result(&done, || print::wrangled(&asked.file.display().to_string(), &done, output.colours_results())))
}

/// Splits a file; exit code 1 where the certificate has a fault.
///
/// # Errors
/// What was wrong, where, and what to do next.
pub fn split(given: Option<&Path>, asked: &Split, output: Output) -> Result<ExitCode, ErrorInfo> {
    let mut parts = BTreeMap::new();
    for (name, share) in pairs("--part", "NAME=SHARE", &asked.parts)? {
        let share = share.parse().map_err(|_| {
            ErrorInfo::usage(format!("--part {name}={share}: the share is no number")).hint("--part NAME=SHARE")
        })?;
        parts.insert(name, share);
    }
    let drawing = Drawing {
        method: asked.method.clone(),
        by: asked.by.clone(),
        group: asked.group.clone(),
        time: asked.time.clone(),
        column: None,
        train: asked.train,
        valid: asked.valid,
        test: asked.test,
        parts,
        seed: asked.seed,
        bins: asked.bins,
        cuts: asked.cuts.clone(),
        gap: asked.gap.clone().map(Into::into),
        shuffle: Some(!asked.no_shuffle),
        values: pairs("--value", "VALUE=PART", &asked.values)?,
        folds: asked.folds,
        repeats: asked.repeats,
        inner: asked.inner,
        fold: None,
        window: asked.window,
    };
    let request = SplitRequest {
        path: file(&asked.file),
        options: options(&asked.how)?,
        split: drawing.cell()?,
        out: asked.out.as_deref().map(file),
        format: asked.format.as_ref().map(|format| format.trim_start_matches('.').to_owned()),
        column: asked.column.clone(),
        certificate: asked.certificate.as_deref().map(file),
        guard_formulas: asked.guard_formulas,
    };
    let request = Request::SplitFile(Box::new(request));
    let Response::SplitFile(done) = ask(&engine(given)?, request, output)? else { return Err(unexpected()) };
    let code = output.result(&done, || print::split(&asked.file.display().to_string(), &done));
    Ok(if done.faults().next().is_some() { ExitCode::FAILURE } else { code })
}
