//! The graph of cells follows from the names they read.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet};

use cairn_protocol::{
    ErrorInfo,
    notebook::{Cell, Notebook},
};

/// Indices of the cells, each after what it reads, otherwise in the order of the page (Kahn 1962, the first free cell of
/// the page next).
///
/// # Errors
/// Cells that read each other in a circle.
pub fn order(notebook: &Notebook) -> Result<Vec<usize>, ErrorInfo> {
    let cells = &notebook.cells;
    let index: HashMap<&str, usize> = cells.iter().enumerate().map(|(at, cell)| (cell.name.as_str(), at)).collect();
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); cells.len()];
    let mut waits_for = vec![0usize; cells.len()];
    for (at, cell) in cells.iter().enumerate() {
        for from in cell.body.inputs().into_iter().filter_map(|input| index.get(input)) {
            readers[*from].push(at);
            waits_for[at] += 1;
        }
    }
    let mut free: BinaryHeap<Reverse<usize>> = (0..cells.len()).filter(|at| waits_for[*at] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(cells.len());
    while let Some(Reverse(next)) = free.pop() {
        order.push(next);
        for reader in &readers[next] {
            waits_for[*reader] -= 1;
            if waits_for[*reader] == 0 {
                free.push(Reverse(*reader));
            }
        }
    }
    if order.len() < cells.len() {
        let waiting = cells.iter().zip(&waits_for).filter(|(_, waits)| **waits > 0);
        let circle: Vec<&str> = waiting.map(|(cell, _)| cell.name.as_str()).collect();
        return Err(ErrorInfo::bad_input(format!("cells read each other in a circle: {}", circle.join(" → ")))
            .in_cell(circle[0])
            .hint("let one of them read something else"));
    }
    Ok(order)
}

/// A cell by name.
pub fn find<'a>(notebook: &'a Notebook, name: &str) -> Option<&'a Cell> {
    notebook.cells.iter().find(|cell| cell.name == name)
}

/// A cell by name, or an error that lists the names there are.
///
/// # Errors
/// There is no such cell.
pub fn need<'a>(notebook: &'a Notebook, name: &str) -> Result<&'a Cell, ErrorInfo> {
    find(notebook, name).ok_or_else(|| {
        let names: Vec<&str> = notebook.cells.iter().map(|cell| cell.name.as_str()).collect();
        ErrorInfo::usage(format!("there is no cell {name:?}")).in_cell(name).hint(if names.is_empty() {
            "the notebook is empty".into()
        } else {
            format!("cells are {}", names.join(", "))
        })
    })
}

/// The named cells and everything they come from.
pub fn with_ancestors(notebook: &Notebook, names: &[String]) -> BTreeSet<String> {
    let index: HashMap<&str, &Cell> = notebook.cells.iter().map(|cell| (cell.name.as_str(), cell)).collect();
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = names.iter().map(String::as_str).collect();
    while let Some(name) = open.pop() {
        if let Some(cell) = index.get(name)
            && found.insert(name.to_owned())
        {
            open.extend(cell.body.inputs());
        }
    }
    found
}

/// What a cell comes from, nearest first; without itself.
pub fn ancestors<'a>(notebook: &'a Notebook, name: &str) -> Vec<&'a Cell> {
    let index: HashMap<&str, &Cell> = notebook.cells.iter().map(|cell| (cell.name.as_str(), cell)).collect();
    let mut found: Vec<&Cell> = Vec::new();
    let mut known: HashSet<&str> = HashSet::new();
    let mut open: Vec<&str> = index.get(name).map(|cell| cell.body.inputs()).unwrap_or_default();
    while !open.is_empty() {
        let mut next = Vec::new();
        for input in open {
            if let Some(cell) = index.get(input)
                && known.insert(input)
            {
                found.push(cell);
                next.extend(cell.body.inputs());
            }
        }
        open = next;
    }
    found
}

#[cfg(test)]
mod tests {
    use cairn_protocol::notebook::{CellBody, DataCell, NOTEBOOK_SCHEMA, WrangleCell};

    use super::*;

    fn notebook(cells: &[(&str, &str)]) -> Notebook {
        let cell = |(name, input): &(&str, &str)| Cell {
            name: (*name).into(),
            body: match *input {
                "" => CellBody::Data(DataCell { file: "a.csv".into(), ..DataCell::default() }),
                input => CellBody::Wrangle(WrangleCell { input: input.into(), ..WrangleCell::default() }),
            },
        };
        Notebook { schema: NOTEBOOK_SCHEMA, title: String::new(), cells: cells.iter().map(cell).collect() }
    }

    #[test]
    fn a_cell_stands_behind_what_it_reads_and_otherwise_as_on_the_page() {
        let check = |cells: &[(&str, &str)], expected: &[usize]| {
            assert_eq!(order(&notebook(cells)).expect("no circle"), expected);
        };
        check(&[("a", ""), ("b", "a"), ("c", "")], &[0, 1, 2]);
        check(&[("c", "b"), ("b", "a"), ("x", ""), ("a", "")], &[2, 3, 1, 0]);
        check(&[("b", "gone"), ("a", "")], &[0, 1]);
        let circle = order(&notebook(&[("a", ""), ("b", "c"), ("c", "b")])).expect_err("a circle");
        assert!(circle.message.ends_with("b → c"), "{circle}");
    }

    #[test]
    fn ancestors_are_nearest_first_and_once() {
        let notebook = notebook(&[("a", ""), ("b", "a"), ("c", "b"), ("other", "")]);
        let names: Vec<&str> = ancestors(&notebook, "c").iter().map(|cell| cell.name.as_str()).collect();
        assert_eq!(names, ["b", "a"]);
        let all: Vec<String> = with_ancestors(&notebook, &["c".into(), "nowhere".into()]).into_iter().collect();
        assert_eq!(all, ["a", "b", "c"]);
    }
}
