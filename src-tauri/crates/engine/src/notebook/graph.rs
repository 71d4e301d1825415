//! The graph of cells follows from the names they read.

use std::collections::{BTreeMap, BTreeSet};

use cairn_protocol::{
    ErrorInfo,
    notebook::{Cell, Notebook},
};

/// Indices of the cells, each after what it reads, otherwise in the order of the page.
///
/// # Errors
/// Cells that read each other in a circle.
pub fn order(notebook: &Notebook) -> Result<Vec<usize>, ErrorInfo> {
    let index: BTreeMap<&str, usize> =
        notebook.cells.iter().enumerate().map(|(at, cell)| (cell.name.as_str(), at)).collect();
    let mut order = Vec::with_capacity(notebook.cells.len());
    let mut placed = vec![false; notebook.cells.len()];
    while order.len() < notebook.cells.len() {
        let next = (0..notebook.cells.len()).find(|&at| {
            !placed[at]
                && notebook.cells[at]
                    .body
                    .inputs()
                    .iter()
                    .all(|input| index.get(input).is_none_or(|&from| placed[from]))
        });
        let Some(next) = next else {
            let circle: Vec<&str> = notebook
                .cells
                .iter()
                .zip(&placed)
                .filter(|(_, placed)| !**placed)
                .map(|(cell, _)| cell.name.as_str())
                .collect();
            return Err(ErrorInfo::bad_input(format!("cells read each other in a circle: {}", circle.join(" → ")))
                .in_cell(circle[0])
                .hint("let one of them read something else"));
        };
        placed[next] = true;
        order.push(next);
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
    let mut found = BTreeSet::new();
    let mut open: Vec<String> = names.to_vec();
    while let Some(name) = open.pop() {
        if let Some(cell) = find(notebook, &name)
            && found.insert(name)
        {
            open.extend(cell.body.inputs().into_iter().map(str::to_owned));
        }
    }
    found
}

/// What a cell comes from, nearest first; without itself.
pub fn ancestors<'a>(notebook: &'a Notebook, name: &str) -> Vec<&'a Cell> {
    let mut found: Vec<&Cell> = Vec::new();
    let mut open: Vec<&str> = find(notebook, name).map(|cell| cell.body.inputs()).unwrap_or_default();
    while !open.is_empty() {
        let mut next = Vec::new();
        for input in open {
            if let Some(cell) = find(notebook, input)
                && !found.iter().any(|known| known.name == cell.name)
            {
                found.push(cell);
                next.extend(cell.body.inputs());
            }
        }
        open = next;
    }
    found
}
