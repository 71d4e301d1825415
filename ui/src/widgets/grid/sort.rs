//! What a view is sorted by: a list of keys, the first decides first. A click on a head's arrow sorts by that column
//! alone, Shift adds it to those before; both go round ascending, descending, not at all.

use cairn_protocol::steps::{Rule, Sort, SortKey, Step, StepOp};

use super::TableQuery;

/// The keys after a click on a column's arrow: that column alone.
pub(super) fn alone(keys: &[SortKey], column: &str) -> Vec<SortKey> {
    match keys {
        [only] if only.column == column => also(keys, column),
        _ => vec![key(column, false)],
    }
}

/// The keys after a Shift+click on a column: it comes last, turns round where it stands, and goes.
pub(super) fn also(keys: &[SortKey], column: &str) -> Vec<SortKey> {
    let mut keys = keys.to_vec();
    match keys.iter().position(|known| known.column == column) {
        None => keys.push(key(column, false)),
        Some(at) if keys[at].descending => {
            keys.remove(at);
        }
        Some(at) => keys[at].descending = true,
    }
    keys
}

/// The keys with a column at the end, in a direction; where it stands among them already it stays there.
pub(super) fn then(keys: &[SortKey], column: &str, descending: bool) -> Vec<SortKey> {
    let mut keys = keys.to_vec();
    match keys.iter_mut().find(|known| known.column == column) {
        Some(known) => known.descending = descending,
        None => keys.push(key(column, descending)),
    }
    keys
}

/// The place of a column among the keys, from 1, and whether it descends.
pub(super) fn rank(keys: &[SortKey], column: &str) -> Option<(usize, bool)> {
    keys.iter().position(|known| known.column == column).map(|at| (at + 1, keys[at].descending))
}

/// «sex ↑, age ↓».
pub(super) fn words(keys: &[SortKey]) -> String {
    let one = |key: &SortKey| format!("{} {}", key.column, if key.descending { "↓" } else { "↑" });
    keys.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The steps that make a table of what a view shows: its conditions, then its order. The part of a split stays a view.
#[must_use]
pub fn steps_of(query: &TableQuery) -> Vec<Step> {
    let mut steps = Vec::new();
    if !query.conditions.is_empty() {
        let conditions = query.conditions.iter().cloned().map(Rule::from).collect();
        steps.push(StepOp::Filter { conditions, combine: Default::default(), action: Default::default() });
    }
    if !query.sort.is_empty() {
        steps.push(StepOp::Sort(Sort { by: query.sort.clone(), nulls_first: false }));
    }
    steps.into_iter().map(|op| Step { op, enabled: true }).collect()
}

fn key(column: &str, descending: bool) -> SortKey {
    SortKey { column: column.to_owned(), descending }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clicks_go_round_and_shift_adds() {
        let mut keys = Vec::new();
        let mut seen = Vec::new();
        for step in ["age", "+sex", "+sex", "+bmi", "+sex", "age", "age", "age"] {
            keys = match step.strip_prefix('+') {
                Some(column) => also(&keys, column),
                None => alone(&keys, step),
            };
            seen.push(words(&keys));
        }
        let wanted =
            ["age ↑", "age ↑, sex ↑", "age ↑, sex ↓", "age ↑, sex ↓, bmi ↑", "age ↑, bmi ↑", "age ↑", "age ↓", ""];
        assert_eq!(seen, wanted);
        assert_eq!(words(&then(&then(&[], "a", true), "b", false)), "a ↓, b ↑");
        assert_eq!(words(&then(&then(&[], "a", true), "a", false)), "a ↑");
    }
}
