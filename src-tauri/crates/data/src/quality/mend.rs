//! The steps that findings suggest, each with the options that suit its column. Steps that learn do so on the training
//! part only.

use cairn_protocol::{
    steps::{
        Anonymise, AnonymiseMethod, Balance, BalanceMethod, Condition, DropMissing, GroupRare, OutlierAction,
        OutlierMethod, Outliers, Renaming, ReplaceValues, Rule, Scale, ScaleMethod, Step, StepOp, Test, Text,
        TextAction,
    },
    table::ColumnType,
};

use super::spelling::Respelling;
use crate::personal::PersonalKind;

/// Spellings that one step replaces, at most: more make no form that a person reads.
const PAIRS: usize = 500;
/// Levels that are kept of a column with many.
const LEVELS: usize = 30;

#[expect(clippy::unnecessary_wraps, reason = "a finding's step is optional")]
fn step(op: StepOp) -> Option<Step> {
    Some(Step { op, enabled: true })
}

fn columns(column: &str) -> Vec<String> {
    vec![column.to_owned()]
}

/// Removes the column.
pub(super) fn drop_column(column: &str) -> Option<Step> {
    step(StepOp::Drop { columns: columns(column) })
}

/// Keeps the rows in which the column has a value.
pub(super) fn keep_rows_with(column: &str) -> Option<Step> {
    let condition = Condition { column: column.to_owned(), test: Test::NotNull, ..Condition::default() };
    step(StepOp::Filter {
        conditions: vec![Rule::Test(condition)],
        combine: Default::default(),
        action: Default::default(),
    })
}

/// Removes rows that lack more than half of their cells.
pub(super) fn drop_sparse_rows() -> Option<Step> {
    step(StepOp::DropMissing(DropMissing { above_percent: 50.0, ..DropMissing::default() }))
}

/// Makes the distribution as symmetric as a power makes it.
pub(super) fn unskew(column: &str) -> Option<Step> {
    step(StepOp::Scale(Scale { columns: columns(column), method: ScaleMethod::YeoJohnson, ..Scale::default() }))
}

/// Brings what lies further than `factor` robust standard deviations from the median to that bound.
pub(super) fn clip(column: &str, factor: f64) -> Option<Step> {
    step(StepOp::Outliers(Outliers {
        columns: columns(column),
        method: OutlierMethod::Robust,
        factor,
        action: OutlierAction::Clip,
        ..Outliers::default()
    }))
}

/// Removes white space around texts.
pub(super) fn trim(column: &str, kind: ColumnType) -> Option<Step> {
    let text = Text { columns: columns(column), action: TextAction::Trim, ..Text::default() };
    (kind == ColumnType::Text).then(|| step(StepOp::Text(text))).flatten()
}

/// Makes texts without content missing.
pub(super) fn blank_to_missing(column: &str, kind: ColumnType, blanks: Vec<String>) -> Option<Step> {
    let pairs = blanks.into_iter().take(PAIRS).map(|from| Renaming { from, to: String::new() }).collect();
    let replace = ReplaceValues { columns: columns(column), pairs };
    (kind == ColumnType::Text).then(|| step(StepOp::ReplaceValues(replace))).flatten()
}

/// Gives each level its frequent spelling.
pub(super) fn respell(column: &str, found: &[Respelling]) -> Option<Step> {
    let pairs = found.iter().take(PAIRS).map(|one| Renaming { from: one.from.clone(), to: one.to.clone() }).collect();
    step(StepOp::ReplaceValues(ReplaceValues { columns: columns(column), pairs }))
}

/// Keeps the most frequent levels and folds the others into one.
pub(super) fn fewer_levels(column: &str) -> Option<Step> {
    step(StepOp::GroupRare(GroupRare {
        columns: columns(column),
        below_percent: 0.0,
        max_categories: Some(LEVELS),
        ..GroupRare::default()
    }))
}

/// Folds classes with fewer than ten rows into one.
pub(super) fn group_rare(column: &str) -> Option<Step> {
    step(StepOp::GroupRare(GroupRare {
        columns: columns(column),
        below_percent: 0.0,
        below_count: 10,
        ..GroupRare::default()
    }))
}

/// Gives the rows of rare classes more weight.
pub(super) fn balance(target: &str) -> Option<Step> {
    step(StepOp::Balance(Balance { target: target.to_owned(), method: BalanceMethod::Weights, ..Balance::default() }))
}

/// Hides personal data: rows of one person still belong together by a hash; of a date the year stays.
pub(super) fn hide(column: &str, kind: ColumnType, what: PersonalKind) -> Option<Step> {
    let method = match what {
        PersonalKind::BirthDate if matches!(kind, ColumnType::Date | ColumnType::Datetime) => AnonymiseMethod::Year,
        PersonalKind::BirthDate | PersonalKind::Address => AnonymiseMethod::Drop,
        _ if matches!(kind, ColumnType::Text | ColumnType::Category | ColumnType::Int) => AnonymiseMethod::Hash,
        _ => AnonymiseMethod::Drop,
    };
    step(StepOp::Anonymise(Anonymise { columns: columns(column), method, ..Anonymise::default() }))
}
