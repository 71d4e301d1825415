//! Running a recipe, and replaying it.

use cairn_protocol::{
    results::StepOutcome,
    steps::{FilterAction, FitScope, Impute, OneHot, Renaming, Scale, Step, StepOp},
};
use polars::prelude::*;

use super::{
    arrange, cast,
    fitted::{FittedRecipe, FittedStep, Learned, RECIPE_SCHEMA},
    flags, one_hot,
    operation::{Around, Change, CodesMemo, FitRows, Operation, Rows, Stage},
    predict,
    table::{Parts, Table},
};
use crate::{
    condition,
    error::DataError,
    progress::{NoProgress, Progress, Watch},
};

/// A recipe that ran.
#[derive(Debug, Clone)]
pub struct RecipeRun {
    /// The table after the last step.
    pub table: Table,
    /// What each step learned.
    pub fitted: FittedRecipe,
    /// What each step did, those switched off among them.
    pub outcomes: Vec<StepOutcome>,
    /// For each row of the table the row of the input that it comes from, `IdxSize::MAX` for one that a step made; none
    /// where the rows are those of the input.
    pub rows_from: Option<Vec<IdxSize>>,
}

/// A step that a recipe breaks at.
#[derive(Debug)]
pub struct Broken {
    /// Its number, from 1.
    pub number: usize,
    /// Why, with what to do next: where an earlier step took the column away, which.
    pub error: DataError,
}

/// A recipe as far as it ran.
#[derive(Debug)]
pub struct TolerantRun {
    /// The steps before the broken one; all where none broke.
    pub run: RecipeRun,
    /// The broken step.
    pub broken: Option<Broken>,
}

/// A recipe replayed on other rows.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The rows after the last step.
    pub frame: DataFrame,
    /// For each row its index in the frame given, [`NO_ROW`](super::NO_ROW) for one that a step made; none where the
    /// rows are those given.
    pub row_numbers: Option<std::sync::Arc<[u64]>>,
    /// Unseen levels, cells that became null, columns that were not there.
    pub warnings: Vec<String>,
}

/// Fits every step on the training rows (or all rows, where the step says so) and transforms all rows.
///
/// # Errors
/// What a step refuses, with its number and column; when it was cancelled.
pub fn run_recipe(
    input: &Table,
    steps: &[Step],
    around: &Around,
    progress: &dyn Progress,
) -> Result<RecipeRun, DataError> {
    let TolerantRun { run, broken } = run_recipe_tolerant(input, steps, around, progress)?;
    broken.map_or(Ok(run), |broken| Err(broken.error))
}

/// As [`run_recipe`], but a step that fails ends the run without undoing what came before: the table and the outcomes
/// up to it, and why it failed.
///
/// # Errors
/// Only that it was cancelled.
pub fn run_recipe_tolerant(
    input: &Table,
    steps: &[Step],
    around: &Around,
    progress: &dyn Progress,
) -> Result<TolerantRun, DataError> {
    let fitted = FittedRecipe { schema: RECIPE_SCHEMA, steps: Vec::with_capacity(steps.len()) };
    let outcomes = Vec::with_capacity(steps.len());
    let mut run = RecipeRun { table: input.clone(), fitted, outcomes, rows_from: None };
    for (at, step) in steps.iter().enumerate() {
        if progress.cancelled() {
            return Err(DataError::Cancelled);
        }
        let number = at + 1;
        if step.enabled {
            let share = |number: usize| number as f64 / steps.len() as f64;
            let watch = Watch::new(progress).part(share(at), share(number));
            match run_step(&run.table, number, step, around, watch) {
                Ok(Ran { table, fitted, outcome, from }) => {
                    run.table = table;
                    run.fitted.steps.push(fitted);
                    run.outcomes.push(outcome);
                    run.rows_from = followed(run.rows_from, from);
                }
                Err(DataError::Cancelled) => return Err(DataError::Cancelled),
                Err(error) => {
                    let error = taken_away(error, &steps[..at], &run.outcomes).in_step(number);
                    return Ok(TolerantRun { run, broken: Some(Broken { number, error }) });
                }
            }
        } else {
            let learned = Learned::Nothing;
            let step_off = FittedStep { number, step: step.clone(), fits_on_all: false, fit_rows: None, learned };
            run.fitted.steps.push(step_off);
            run.outcomes.push(StepOutcome { title: step.op.title().into(), skipped: true, ..StepOutcome::default() });
        }
        progress.set(number as f64 / steps.len() as f64);
    }
    Ok(TolerantRun { run, broken: None })
}

/// Where rows come from through two runs, one after the other: [`RecipeRun::rows_from`] of both.
#[must_use]
pub fn followed(before: Option<Vec<IdxSize>>, step: Option<Vec<IdxSize>>) -> Option<Vec<IdxSize>> {
    match (before, step) {
        (before, None) => before,
        (None, step) => step,
        (Some(before), Some(step)) => {
            let origin = |row: IdxSize| before.get(row as usize).copied().unwrap_or(IdxSize::MAX);
            Some(step.into_iter().map(origin).collect())
        }
    }
}

/// The same error with the step that took the column away, where one did.
fn taken_away(error: DataError, steps: &[Step], outcomes: &[StepOutcome]) -> DataError {
    let DataError::NoColumn { column, .. } = &error else { return error };
    let last = outcomes.iter().zip(steps).enumerate().rev().find(|(_, (outcome, _))| outcome.removed.contains(column));
    let Some((at, (outcome, step))) = last else { return error };
    let number = at + 1;
    let new_name = match &step.op {
        StepOp::Rename { names } => names.iter().find(|pair| pair.from == *column).map(|pair| pair.to.clone()),
        StepOp::CleanNames(clean) => {
            Some(arrange::cleaned(column, clean.style)).filter(|new| outcome.added.contains(new))
        }
        _ => None,
    };
    let hint = match new_name {
        Some(new) => {
            format!("Step {number} («{}») renamed it: use «{new}» here, or move this step above", outcome.title)
        }
        None => format!("Step {number} («{}») removes it: move this step above, or change that one", outcome.title),
    };
    DataError::refused(error.to_string(), Some(column), hint)
}

/// What a step did.
struct Ran {
    table: Table,
    fitted: FittedStep,
    outcome: StepOutcome,
    from: Option<Vec<IdxSize>>,
}

fn run_step(table: &Table, number: usize, step: &Step, around: &Around, watch: Watch<'_>) -> Result<Ran, DataError> {
    let parts = table.parts.as_ref().map(Parts::as_slice);
    let learning = watch.part(0.0, 0.5);
    let (rows, fit_rows, fits_on_all) = match (step.op.fit(), parts) {
        (None, _) => (FitRows::of(None, learning), None, false),
        (Some(FitScope::All), _) => (FitRows::of(None, learning), Some(table.rows() as u64), true),
        (Some(FitScope::Train), Some(parts)) => (FitRows::of(Some(parts), learning), table.train_rows(), false),
        (Some(FitScope::Train), None) => {
            let what = format!("«{}» learns from training rows, and no split stands above it", step.op.title());
            let column = step.op.columns().first().map(|name| (*name).to_owned());
            let hint = "Add a split cell above, or set the step to fit on all rows";
            return Err(DataError::refused(what, column.as_deref(), hint));
        }
    };
    if fit_rows == Some(0) {
        let what = format!("«{}» has no row to learn from", step.op.title());
        return Err(DataError::refused(what, None, "Look at the filters above: they may remove every row"));
    }
    check_columns(&table.frame, &step.op)?;
    let memo = CodesMemo::default();
    let rows = rows.remembering(&memo);
    let (learned, mut warnings) = fit(&table.frame, &step.op, rows, around)?;
    let changing = if matches!(learned, Learned::Nothing) { watch } else { watch.part(0.5, 1.0) };
    changing.check()?;
    let mut prediction = predict::of_learned(&table.frame, &step.op, &learned);
    if let Some(prediction) = &mut prediction {
        predict::guard(prediction, &table.frame, step.op.title())?;
    }
    let row_numbers = table.row_numbers.as_deref();
    let stage = Stage { parts, fit_rows: Some(rows), row_numbers, around, watch: changing };
    let mut change = transform(&table.frame, &step.op, &learned, &stage)?;
    warnings.append(&mut change.warnings);
    if fits_on_all && parts.is_some() {
        warnings.push("Fits on all rows: validation and test leak into training".into());
    }
    let names = |frame: &DataFrame| frame.get_column_names_owned();
    let before = names(&table.frame);
    let changed_cells = change.changed_cells;
    let (notes, unfit) = (std::mem::take(&mut change.notes), std::mem::take(&mut change.unfit));
    let prediction = change.prediction.take().or(prediction);
    let (after, from) = commit(table, &step.op, change)?;
    let now = names(&after.frame);
    let (rows_removed, rows_added) = moved(table.rows(), from.as_deref());
    let outcome = StepOutcome {
        title: step.op.title().into(),
        added: now.iter().filter(|name| !before.contains(name)).map(ToString::to_string).collect(),
        removed: before.iter().filter(|name| !now.contains(name)).map(ToString::to_string).collect(),
        changed_cells,
        rows_removed,
        rows_added,
        fit_rows,
        fits_on_all,
        learned: describe(&step.op, &learned),
        warnings,
        notes,
        unfit,
        prediction,
        skipped: false,
    };
    let fitted = FittedStep { number, step: step.clone(), fits_on_all, fit_rows, learned };
    Ok(Ran { table: after, fitted, outcome, from })
}

/// Rows that are gone, and rows that are new or stand once more.
fn moved(before: usize, from: Option<&[IdxSize]>) -> (u64, u64) {
    let Some(from) = from else { return (0, 0) };
    let mut stays = vec![false; before];
    let mut added = 0;
    for row in from {
        match stays.get_mut(*row as usize) {
            Some(stays) if !*stays => *stays = true,
            _ => added += 1,
        }
    }
    (stays.into_iter().filter(|stays| !stays).count() as u64, added)
}

/// Replays a fitted recipe on new rows, unchanged.
///
/// `optional` names columns that need not be there (the target, when rows are only scored): what a step does to
/// them is then left out. A column that a step would only drop need never be there.
///
/// Steps that belong to the rows of the fit alone ([`StepOp::only_here`]: samples, shuffles, balancing, edits of
/// single cells) are left out, and said.
///
/// # Errors
/// What a step refuses, with its number and column.
pub fn apply(
    fitted: &FittedRecipe,
    frame: &DataFrame,
    optional: &[String],
    around: &Around,
) -> Result<Applied, DataError> {
    apply_watched(fitted, frame, optional, around, &NoProgress)
}

/// As [`apply`], told how far it is and when to stop.
///
/// # Errors
/// As [`apply`], and that it was cancelled.
pub fn apply_watched(
    fitted: &FittedRecipe,
    frame: &DataFrame,
    optional: &[String],
    around: &Around,
    progress: &dyn Progress,
) -> Result<Applied, DataError> {
    let mut table = Table::new(frame.clone());
    let mut optional: Vec<String> = optional.to_vec();
    let mut warnings = Vec::new();
    let share = |at: usize| at as f64 / fitted.steps.len() as f64;
    for (at, step) in fitted.steps.iter().enumerate().filter(|(_, step)| step.step.enabled) {
        let number = step.number;
        let watch = Watch::new(progress).part(share(at), share(at + 1));
        watch.set(0.0)?;
        if step.step.op.only_here() {
            warnings.push(format!("Step {number}: «{}» is not replayed on new rows", step.step.op.title()));
            continue;
        }
        let (op, learned) = without_absent(&table.frame, &step.step.op, &step.learned, &mut optional, &mut warnings);
        let replay = || -> Result<(Table, Vec<String>), DataError> {
            check_columns(&table.frame, &op)?;
            let row_numbers = table.row_numbers.as_deref();
            let stage = Stage { parts: None, fit_rows: None, row_numbers, around, watch };
            let change = transform(&table.frame, &op, &learned, &stage)?;
            let said = change.warnings.clone();
            Ok((commit(&table, &op, change)?.0, said))
        };
        let (after, said) = replay().map_err(|error| error.in_step(number))?;
        warnings.extend(said.into_iter().map(|text| format!("Step {number}: {text}")));
        table = after;
    }
    Ok(Applied { frame: table.frame, row_numbers: table.row_numbers, warnings })
}

/// The step without the columns that are absent and may be.
fn without_absent(
    frame: &DataFrame,
    op: &StepOp,
    learned: &Learned,
    optional: &mut Vec<String>,
    warnings: &mut Vec<String>,
) -> (StepOp, Learned) {
    let absent = |name: &str| frame.get_column_index(name).is_none();
    let mut op = op.clone();
    let mut learned = learned.clone();
    let may_go = |name: &String| !(absent(name) && optional.contains(name));
    match &mut op {
        StepOp::Drop { columns } => {
            let gone: Vec<String> = columns.iter().filter(|name| absent(name)).cloned().collect();
            for name in gone.iter().filter(|name| !optional.contains(name)) {
                warnings.push(format!("{name} was not there to drop"));
            }
            columns.retain(|name| !gone.contains(name));
        }
        StepOp::Rename { names } => {
            let mut renamed = Vec::new();
            names.retain(|pair| {
                let stays = may_go(&pair.from);
                if !stays {
                    renamed.push(pair.to.clone());
                }
                stays
            });
            optional.extend(renamed);
        }
        StepOp::CleanNames(step) => {
            let cleaned = optional.iter().map(|name| arrange::cleaned(name, step.style)).collect::<Vec<_>>();
            optional.extend(cleaned);
        }
        StepOp::Cast { columns, .. } => columns.retain(may_go),
        StepOp::Impute(Impute { columns, .. })
        | StepOp::Scale(Scale { columns, .. })
        | StepOp::OneHot(OneHot { columns, .. }) => {
            columns.retain(may_go);
            let columns = columns.clone();
            match &mut learned {
                Learned::Fills { columns: fills } => fills.retain(|fill| columns.contains(&fill.column)),
                Learned::Scales { columns: scales } => scales.retain(|scale| columns.contains(&scale.column)),
                Learned::Donors { columns: donors } => donors.retain(|donors| columns.contains(&donors.column)),
                Learned::Levels { columns: levels } => levels.retain(|level| columns.contains(&level.column)),
                _ => {}
            }
        }
        StepOp::Filter { conditions, .. } => conditions.retain(|rule| {
            let gone = rule.columns().into_iter().find(|name| !may_go(&(*name).to_owned()));
            if let Some(name) = gone {
                warnings.push(format!("{name} is not there, its condition was left out"));
            }
            gone.is_none()
        }),
        other => {
            let gone: Vec<String> =
                other.columns().into_iter().map(str::to_owned).filter(|name| !may_go(name)).collect();
            if !gone.is_empty() && !other.leave_out(&gone) {
                warnings.push(format!("«{}» was left out: {} is not there", other.title(), gone.join(", ")));
                op = StepOp::Drop { columns: Vec::new() };
                learned = Learned::Nothing;
            }
        }
    }
    (op, learned)
}

fn check_columns(frame: &DataFrame, op: &StepOp) -> Result<(), DataError> {
    let names: Vec<&str> = op.columns().into_iter().filter(|name| !name.is_empty()).collect();
    for (at, name) in names.iter().enumerate() {
        if frame.get_column_index(name).is_none() {
            return Err(DataError::no_column(frame, name));
        }
        if names[..at].contains(name) && !op.may_repeat_columns() {
            let what = format!("{name} is named twice");
            return Err(DataError::refused(what, Some(name), "Name each column once"));
        }
    }
    Ok(())
}

fn flag_choices(op: &StepOp) -> Option<flags::Choices<'_>> {
    let StepOp::SplitFlags { column, separator, rare_below_percent, keep_source, .. } = op else { return None };
    Some(flags::Choices { column, separator, rare_below_percent: *rare_below_percent, keep_source: *keep_source })
}

/// The operation, where it is one of its own kind.
fn operation(op: &StepOp) -> Option<&dyn Operation> {
    match op {
        // Rows and tables.
        StepOp::Keep(step) => Some(step),
        StepOp::Move(step) => Some(step),
        StepOp::Duplicate(step) => Some(step),
        StepOp::CleanNames(step) => Some(step),
        StepOp::Sort(step) => Some(step),
        StepOp::Sample(step) => Some(step),
        StepOp::Shuffle(step) => Some(step),
        StepOp::Deduplicate(step) => Some(step),
        StepOp::DropMissing(step) => Some(step),
        StepOp::EditCells(step) => Some(step),
        StepOp::Formula(step) => Some(step),
        StepOp::Sql(step) => Some(step),
        StepOp::Join(step) => Some(step),
        StepOp::Concat(step) => Some(step),
        StepOp::GroupBy(step) => Some(step),
        StepOp::Pivot(step) => Some(step),
        StepOp::Unpivot(step) => Some(step),
        StepOp::Transpose(step) => Some(step),
        StepOp::Explode(step) => Some(step),
        StepOp::FlattenJson(step) => Some(step),
        StepOp::OneHotInverse(step) => Some(step),

        // Encoders and numbers.
        StepOp::Impute(step) => Some(step),
        StepOp::OneHot(step) => Some(step),
        StepOp::Ordinal(step) => Some(step),
        StepOp::TargetEncode(step) => Some(step),
        StepOp::FrequencyEncode(step) => Some(step),
        StepOp::HashEncode(step) => Some(step),
        StepOp::BinaryEncode(step) => Some(step),
        StepOp::GroupRare(step) => Some(step),
        StepOp::Scale(step) => Some(step),
        StepOp::Bin(step) => Some(step),
        StepOp::Outliers(step) => Some(step),
        StepOp::Pca(step) => Some(step),
        StepOp::Balance(step) => Some(step),

        // Text, dates, series, privacy.
        StepOp::Text(step) => Some(step),
        StepOp::SplitText(step) => Some(step),
        StepOp::ExtractText(step) => Some(step),
        StepOp::ReplaceText(step) => Some(step),
        StepOp::ReplaceValues(step) => Some(step),
        StepOp::TextMeasures(step) => Some(step),
        StepOp::TextVectors(step) => Some(step),
        StepOp::ParseDate(step) => Some(step),
        StepOp::DateParts(step) => Some(step),
        StepOp::DateCyclic(step) => Some(step),
        StepOp::DateDifference(step) => Some(step),
        StepOp::TimeZone(step) => Some(step),
        StepOp::Lag(step) => Some(step),
        StepOp::Rolling(step) => Some(step),
        StepOp::Resample(step) => Some(step),
        StepOp::FillGaps(step) => Some(step),
        StepOp::Anonymise(step) => Some(step),
        StepOp::Drop { .. }
        | StepOp::Rename { .. }
        | StepOp::Cast { .. }
        | StepOp::Filter { .. }
        | StepOp::SplitFlags { .. } => None,
    }
}

/// What the step learns from the rows, and what a person should know of it.
pub(super) fn fit(
    frame: &DataFrame,
    op: &StepOp,
    rows: FitRows<'_>,
    around: &Around,
) -> Result<(Learned, Vec<String>), DataError> {
    let plain = |learned| (learned, Vec::new());
    if let Some(operation) = operation(op) {
        return operation.fit(frame, rows, around);
    }
    match op {
        StepOp::Cast { columns, to, .. } => cast::fit(frame, columns, *to).map(plain),
        StepOp::SplitFlags { .. } => match flag_choices(op) {
            Some(choices) => flags::fit(frame, &choices, rows),
            None => Ok(plain(Learned::Nothing)),
        },
        _ => Ok(plain(Learned::Nothing)),
    }
}

/// What the step does to the rows with what it learned: the same for the rows of the fit and for new ones.
fn transform(frame: &DataFrame, op: &StepOp, learned: &Learned, stage: &Stage<'_>) -> Result<Change, DataError> {
    if let Some(operation) = operation(op) {
        return operation.transform(frame, learned, stage);
    }
    match (op, learned) {
        (StepOp::Drop { columns }, _) => {
            let replaced = columns.iter().map(|name| (name.clone(), Vec::new())).collect();
            Ok(Change { replaced, ..Change::default() })
        }
        (StepOp::Rename { names }, _) => rename(frame, names),
        (StepOp::Cast { columns, to, unfit, .. }, learned) => cast::transform(frame, columns, *to, *unfit, learned),
        (StepOp::Filter { conditions, combine, action }, _) => {
            let mut keep = condition::rules_mask(frame, conditions, *combine)?;
            if *action == FilterAction::Delete {
                keep.iter_mut().for_each(|keep| *keep = !*keep);
            }
            Ok(Change { rows: Rows::Keep(keep), ..Change::default() })
        }
        (StepOp::SplitFlags { .. }, Learned::Levels { columns }) => match (flag_choices(op), columns.first()) {
            (Some(choices), Some(levels)) => flags::transform(frame, levels, &choices, stage),
            _ => Ok(Change::default()),
        },
        (op, _) => Err(not_what_it_learns(op)),
    }
}

/// A stored recipe whose step and what it learned do not belong together.
pub(super) fn not_what_it_learns(op: &StepOp) -> DataError {
    let what = format!("what was stored of «{}» is not what it learns", op.title());
    DataError::refused(what, None, "Run the cell again to fit the recipe anew")
}

fn rename(frame: &DataFrame, names: &[Renaming]) -> Result<Change, DataError> {
    let mut change = Change::default();
    for pair in names {
        if pair.to.is_empty() {
            let what = format!("the new name of {} is empty", pair.from);
            return Err(DataError::refused(what, Some(&pair.from), "Give it a name"));
        }
        let column = frame.column(&pair.from).map_err(|_| DataError::no_column(frame, &pair.from))?;
        change.replaced.push((pair.from.clone(), vec![column.clone().with_name(pair.to.as_str().into())]));
    }
    Ok(change)
}

/// The table with the change made, and for each of its rows the row it comes from; none where they are the same.
fn commit(table: &Table, op: &StepOp, change: Change) -> Result<(Table, Option<Vec<IdxSize>>), DataError> {
    if let Rows::New { frame, from, part } = change.rows {
        let made = table.remade(frame, from.as_deref(), part, op.title())?;
        let rows = made.rows();
        return Ok((made, Some(from.unwrap_or_else(|| vec![IdxSize::MAX; rows]))));
    }
    let mut replaced: std::collections::HashMap<String, Vec<Column>> = change.replaced.into_iter().collect();
    let mut columns = Vec::with_capacity(table.frame.width() + change.added.len());
    for column in table.frame.columns() {
        match replaced.remove(column.name().as_str()) {
            Some(new) => columns.extend(new),
            None => columns.push(column.clone()),
        }
    }
    columns.extend(change.added);
    let mut seen = std::collections::HashSet::with_capacity(columns.len());
    if let Some(twice) = columns.iter().find(|column| !seen.insert(column.name().clone())) {
        let what = format!("the step makes a second column «{}»", twice.name());
        let hint = match op {
            StepOp::Rename { .. } => "Choose a name that no other column has",
            _ => "Rename or drop the column that has the name now",
        };
        return Err(DataError::refused(what, Some(twice.name()), hint));
    }
    let mut frame = DataFrame::new(table.rows(), columns).map_err(DataError::table("putting the columns together"))?;
    if let Some(order) = &change.order {
        frame = frame.select(order.iter().map(String::as_str)).map_err(DataError::table("ordering the columns"))?;
    }
    let table = Table { frame, parts: table.parts.clone(), row_numbers: table.row_numbers.clone() };
    match change.rows {
        Rows::Keep(keep) if !keep.iter().all(|keep| *keep) => {
            let kept = (0..).zip(&keep).filter(|(_, keep)| **keep).map(|(row, _)| row).collect();
            Ok((table.filter(&keep)?, Some(kept)))
        }
        Rows::Pick(rows) => Ok((table.picked(&rows)?, Some(rows))),
        _ => Ok((table, None)),
    }
}

fn describe(op: &StepOp, learned: &Learned) -> Vec<String> {
    if let Some(operation) = operation(op) {
        return operation.describe(learned);
    }
    match (op, learned) {
        (_, Learned::Levels { columns }) => one_hot::learned(columns),
        (_, Learned::Formats { formats }) => {
            formats.iter().map(|(column, format)| format!("{column} ← read as {format}")).collect()
        }
        _ => Vec::new(),
    }
}
