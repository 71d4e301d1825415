//! The order of the columns: the table's own, changed by the person; frozen columns first.

use super::{GridColumn, GridState};

/// Indices of the shown columns in their order, and how many of them are frozen.
pub(super) fn arranged(state: &GridState, columns: &[GridColumn<'_>]) -> (Vec<usize>, usize) {
    let order = order_of(state, columns);
    let shown = |index: &usize| !state.hidden.contains(columns[*index].name);
    let is_frozen = |index: &usize| state.frozen.contains(columns[*index].name);
    let mut out: Vec<usize> = order.iter().copied().filter(shown).filter(is_frozen).collect();
    let still = out.len();
    out.extend(order.iter().copied().filter(shown).filter(|index| !is_frozen(index)));
    (out, still)
}

/// Indices of all columns in the person's order.
fn order_of(state: &GridState, columns: &[GridColumn<'_>]) -> Vec<usize> {
    if state.order.is_empty() {
        return (0..columns.len()).collect();
    }
    let mut out: Vec<usize> =
        state.order.iter().filter_map(|name| columns.iter().position(|column| column.name == name)).collect();
    // A column that came since stands behind its left neighbour in the table.
    for index in 0..columns.len() {
        if !out.contains(&index) {
            let at = index.checked_sub(1).and_then(|left| out.iter().position(|known| *known == left));
            out.insert(at.map_or(0, |at| at + 1), index);
        }
    }
    out
}

/// Moves a column before another, or to the right end.
pub(super) fn move_before(state: &mut GridState, columns: &[GridColumn<'_>], name: &str, before: Option<&str>) {
    if before == Some(name) {
        return;
    }
    let mut names: Vec<String> =
        order_of(state, columns).into_iter().map(|index| columns[index].name.to_owned()).collect();
    names.retain(|known| known != name);
    let at = before.and_then(|before| names.iter().position(|known| known == before)).unwrap_or(names.len());
    names.insert(at, name.to_owned());
    state.order = names;
    // A frozen neighbour freezes, a free one frees: the column stays where it was dropped.
    let frozen_after = before.is_some_and(|before| state.frozen.contains(before));
    if frozen_after {
        state.frozen.insert(name.to_owned());
    } else {
        // At the right end there is nothing frozen beside it on the screen, whatever the order says.
        let behind_frozen = before.is_some() && at > 0 && state.frozen.contains(&state.order[at - 1]);
        if !behind_frozen {
            state.frozen.remove(name);
        }
    }
}

/// Moves a column by one place among those that are shown.
pub(super) fn shift(state: &mut GridState, columns: &[GridColumn<'_>], name: &str, right: bool) {
    let (shown, _) = arranged(state, columns);
    let Some(at) = shown.iter().position(|index| columns[*index].name == name) else { return };
    let target = if right { at + 2 } else { at.wrapping_sub(1) };
    if !right && at == 0 {
        return;
    }
    let before = shown.get(target).map(|index| columns[*index].name.to_owned());
    move_before(state, columns, name, before.as_deref());
}

#[cfg(test)]
mod tests {
    use cairn_protocol::table::ColumnType;

    use super::*;

    fn names(state: &GridState, columns: &[GridColumn<'_>]) -> String {
        let (shown, still) = arranged(state, columns);
        let all: Vec<&str> = shown.iter().map(|index| columns[*index].name).collect();
        format!("{}|{}", all[..still].join(""), all[still..].join(""))
    }

    #[test]
    fn columns_move_hide_and_freeze() {
        let columns: Vec<GridColumn<'_>> =
            ["a", "b", "c", "d"].iter().map(|name| GridColumn::new(name, ColumnType::Int)).collect();
        let mut state = GridState::default();
        move_before(&mut state, &columns, "d", Some("b"));
        assert_eq!(names(&state, &columns), "|adbc");
        shift(&mut state, &columns, "a", true);
        assert_eq!(names(&state, &columns), "|dabc");
        shift(&mut state, &columns, "d", false);
        assert_eq!(names(&state, &columns), "|dabc");
        state.frozen.insert("c".into());
        state.hidden.insert("a".into());
        assert_eq!(names(&state, &columns), "c|db");
        move_before(&mut state, &columns, "b", Some("c"));
        assert_eq!(names(&state, &columns), "bc|d");
        move_before(&mut state, &columns, "b", None);
        assert_eq!(names(&state, &columns), "c|db");
        // A column that the table gained stands behind its neighbour.
        let more: Vec<GridColumn<'_>> =
            ["a", "b", "x", "c", "d"].iter().map(|name| GridColumn::new(name, ColumnType::Int)).collect();
        assert_eq!(names(&state, &more), "c|dbx");
    }
}
