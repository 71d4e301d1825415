//! Running a recipe, and replaying it.

use cairn_protocol::{
    results::StepOutcome,
    steps::{FilterAction, FitScope, Impute, OneHot, Renaming, Scale, Step, StepOp},
};
use polars::prelude::*;

use super::{
    cast,
    fitted::{FittedRecipe, FittedStep, Learned, RECIPE_SCHEMA},
    flags, impute, one_hot,
    operation::{Around, Change, FitRows, Operation, Rows, Stage},
    scale,
    table::{Parts, Table},
};
use crate::{condition, error::DataError, progress::Progress};

/// A recipe that ran.
#[derive(Debug, Clone)]
pub struct RecipeRun {
    /// The table after the last step.
    pub table: Table,
    /// What each step learned.
    pub fitted: FittedRecipe,
    /// What each step did, those switched off among them.
    pub outcomes: Vec<StepOutcome>,
}

/// A recipe replayed on other rows.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The rows after the last step.
    pub frame: DataFrame,
    /// For each row its index in the frame given; none where no row was removed.
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
    let mut table = input.clone();
    let mut fitted = FittedRecipe { schema: RECIPE_SCHEMA, steps: Vec::with_capacity(steps.len()) };
    let mut outcomes = Vec::with_capacity(steps.len());
    for (at, step) in steps.iter().enumerate() {
        if progress.cancelled() {
            return Err(DataError::Cancelled);
        }
        let number = at + 1;
        if step.enabled {
            let (after, fit, outcome) =
                run_step(&table, number, step, around).map_err(|error| error.in_step(number))?;
            table = after;
            fitted.steps.push(fit);
            outcomes.push(outcome);
        } else {
            let learned = Learned::Nothing;
            fitted.steps.push(FittedStep { number, step: step.clone(), fits_on_all: false, fit_rows: None, learned });
            outcomes.push(StepOutcome { title: step.op.title().into(), skipped: true, ..StepOutcome::default() });
        }
        progress.set(number as f64 / steps.len() as f64);
    }
    Ok(RecipeRun { table, fitted, outcomes })
}

fn run_step(
    table: &Table,
    number: usize,
    step: &Step,
    around: &Around,
) -> Result<(Table, FittedStep, StepOutcome), DataError> {
    let parts = table.parts.as_ref().map(Parts::as_slice);
    let (rows, fit_rows, fits_on_all) = match (step.op.fit(), parts) {
        (None, _) => (FitRows::of(None), None, false),
        (Some(FitScope::All), _) => (FitRows::of(None), Some(table.rows() as u64), true),
        (Some(FitScope::Train), Some(parts)) => (FitRows::of(Some(parts)), table.train_rows(), false),
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
    let (learned, mut warnings) = fit(&table.frame, &step.op, rows, around)?;
    let stage = Stage { parts, fit_rows: Some(rows), around };
    let change = transform(&table.frame, &step.op, &learned, &stage)?;
    warnings.extend(change.warnings.iter().cloned());
    if fits_on_all && parts.is_some() {
        warnings.push("Fits on all rows: validation and test leak into training".into());
    }
    let names = |frame: &DataFrame| frame.get_column_names_owned();
    let before = names(&table.frame);
    let changed_cells = change.changed_cells;
    let after = commit(table, &step.op, change)?;
    let now = names(&after.frame);
    let outcome = StepOutcome {
        title: step.op.title().into(),
        added: now.iter().filter(|name| !before.contains(name)).map(ToString::to_string).collect(),
        removed: before.iter().filter(|name| !now.contains(name)).map(ToString::to_string).collect(),
        changed_cells,
        rows_removed: (table.rows().saturating_sub(after.rows())) as u64,
        rows_added: (after.rows().saturating_sub(table.rows())) as u64,
        fit_rows,
        fits_on_all,
        learned: describe(&step.op, &learned),
        warnings,
        skipped: false,
    };
    Ok((after, FittedStep { number, step: step.clone(), fits_on_all, fit_rows, learned }, outcome))
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
    let mut table = Table::new(frame.clone());
    let mut optional: Vec<String> = optional.to_vec();
    let mut warnings = Vec::new();
    for step in fitted.steps.iter().filter(|step| step.step.enabled) {
        let number = step.number;
        if step.step.op.only_here() {
            warnings.push(format!("Step {number}: «{}» is not replayed on new rows", step.step.op.title()));
            continue;
        }
        let (op, learned) = without_absent(&table.frame, &step.step.op, &step.learned, &mut optional, &mut warnings);
        let replay = || -> Result<(Table, Vec<String>), DataError> {
            check_columns(&table.frame, &op)?;
            let change = transform(&table.frame, &op, &learned, &Stage { parts: None, fit_rows: None, around })?;
            let said = change.warnings.clone();
            Ok((commit(&table, &op, change)?, said))
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
        StepOp::Cast { columns, .. } => columns.retain(may_go),
        StepOp::Impute(Impute { columns, .. })
        | StepOp::Scale(Scale { columns, .. })
        | StepOp::OneHot(OneHot { columns, .. }) => {
            columns.retain(may_go);
            let columns = columns.clone();
            match &mut learned {
                Learned::Fills { columns: fills } => fills.retain(|fill| columns.contains(&fill.column)),
                Learned::Scales { columns: scales } => scales.retain(|scale| columns.contains(&scale.column)),
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

fn one_hot_choices(op: &StepOp) -> Option<one_hot::Choices<'_>> {
    let StepOp::OneHot(OneHot {
        drop,
        nulls,
        unseen,
        rare_below_percent,
        max_categories,
        name_pattern,
        keep_source,
        ..
    }) = op
    else {
        return None;
    };
    Some(one_hot::Choices {
        drop: *drop,
        nulls: *nulls,
        unseen: *unseen,
        rare_below_percent: *rare_below_percent,
        max_categories: *max_categories,
        name_pattern,
        keep_source: *keep_source,
    })
}

fn flag_choices(op: &StepOp) -> Option<flags::Choices<'_>> {
    let StepOp::SplitFlags { column, separator, rare_below_percent, keep_source, .. } = op else { return None };
    Some(flags::Choices { column, separator, rare_below_percent: *rare_below_percent, keep_source: *keep_source })
}

/// The operation, where it is one of its own kind.
fn operation(op: &StepOp) -> Option<&dyn Operation> {
    match op {
        // Rows and tables.

        // Encoders and numbers.

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
        _ => None,
    }
}

/// What the step learns from the rows, and what a person should know of it.
fn fit(
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
        StepOp::Impute(Impute { columns, strategy, value, .. }) => {
            impute::fit(frame, columns, *strategy, value.as_ref(), rows).map(plain)
        }
        StepOp::Scale(Scale { columns, method, .. }) => scale::fit(frame, columns, *method, rows).map(plain),
        StepOp::OneHot(OneHot { columns, .. }) => match one_hot_choices(op) {
            Some(choices) => one_hot::fit(frame, columns, &choices, rows),
            None => Ok(plain(Learned::Nothing)),
        },
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
        (StepOp::Impute(Impute { indicator, .. }), Learned::Fills { columns }) => {
            impute::transform(frame, columns, *indicator)
        }
        (StepOp::Scale(_), Learned::Scales { columns }) => scale::transform(frame, columns),
        (StepOp::OneHot(_), Learned::Levels { columns }) => match one_hot_choices(op) {
            Some(choices) => one_hot::transform(frame, columns, &choices),
            None => Ok(Change::default()),
        },
        (StepOp::SplitFlags { .. }, Learned::Levels { columns }) => match (flag_choices(op), columns.first()) {
            (Some(choices), Some(levels)) => flags::transform(frame, levels, &choices),
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

/// The table with the change made: rows first, then columns.
fn commit(table: &Table, op: &StepOp, change: Change) -> Result<Table, DataError> {
    if let Rows::New { frame, from, part } = change.rows {
        return table.remade(frame, from.as_deref(), part, op.title());
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
        Rows::Keep(keep) if !keep.iter().all(|keep| *keep) => table.filter(&keep),
        Rows::Pick(rows) => table.picked(&rows),
        _ => Ok(table),
    }
}

fn describe(op: &StepOp, learned: &Learned) -> Vec<String> {
    if let Some(operation) = operation(op) {
        return operation.describe(learned);
    }
    match (op, learned) {
        (StepOp::Impute(step), Learned::Fills { columns }) => impute::learned(columns, step.strategy),
        (StepOp::Scale(step), Learned::Scales { columns }) => scale::learned(columns, step.method),
        (_, Learned::Levels { columns }) => one_hot::learned(columns),
        (_, Learned::Formats { formats }) => {
            formats.iter().map(|(column, format)| format!("{column} ← read as {format}")).collect()
        }
        _ => Vec::new(),
    }
}
