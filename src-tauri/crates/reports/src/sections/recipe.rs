//! The steps: on which columns, on which rows each learned, what it learned, and what it did to the table.

use cairn_protocol::results::{ReportContent, ReportRecipe, StepOutcome};

use super::{Section, folded};
use crate::text::{count, esc, plural};

/// Lines of what a step learned that stand open.
const SHOWN: usize = 3;

pub fn draw(content: &ReportContent) -> Option<Section> {
    let recipes: Vec<&ReportRecipe> = content.recipes.iter().filter(|recipe| !recipe.steps.is_empty()).collect();
    let first = *recipes.first()?;
    let mut body = String::new();
    for recipe in &recipes {
        if recipes.len() > 1 {
            body.push_str(&format!("<h3>{} <small>{}</small></h3>", esc(&recipe.name), shape(recipe)));
        }
        let steps: Vec<String> = recipe.steps.iter().map(|(columns, outcome)| step(columns, outcome)).collect();
        body.push_str(&format!("<ol class=\"steps\">{}</ol>", steps.concat()));
    }
    let steps: usize = recipes.iter().map(|recipe| recipe.steps.len()).sum();
    let mut note = plural(steps as u64, "step", "steps");
    if recipes.len() == 1 && first.shape != (0, 0) {
        note.push_str(&format!(", {} after them", shape(first)));
    }
    Some(Section { id: "recipe", title: "Recipe", note, body })
}

fn shape(recipe: &ReportRecipe) -> String {
    format!("{} × {}", count(recipe.shape.0), plural(recipe.shape.1, "column", "columns"))
}

fn step(columns: &str, outcome: &StepOutcome) -> String {
    let tag = if outcome.skipped {
        "<span class=\"tag\">off</span>".to_owned()
    } else if outcome.fits_on_all {
        "<span class=\"tag warning\">! fits on all rows</span>".to_owned()
    } else if let Some(rows) = outcome.fit_rows {
        format!("<span class=\"tag good\">fit: train, {}</span>", plural(rows, "row", "rows"))
    } else {
        String::new()
    };
    let columns =
        if columns.is_empty() { String::new() } else { format!("<code class=\"columns\">{}</code>", esc(columns)) };
    let mut did = Vec::new();
    if !outcome.added.is_empty() {
        did.push(format!("adds {}", plural(outcome.added.len() as u64, "column", "columns")));
    }
    if !outcome.removed.is_empty() {
        did.push(format!("removes {}", plural(outcome.removed.len() as u64, "column", "columns")));
    }
    if outcome.changed_cells > 0 {
        did.push(format!("changes {}", plural(outcome.changed_cells, "cell", "cells")));
    }
    if outcome.rows_removed > 0 {
        did.push(format!("removes {}", plural(outcome.rows_removed, "row", "rows")));
    }
    let did = if did.is_empty() { String::new() } else { format!("<span class=\"dim\">{}</span>", did.join(", ")) };
    let lines: Vec<String> = outcome.learned.iter().map(|line| format!("<li>{}</li>", esc(line))).collect();
    let learned = if lines.is_empty() {
        String::new()
    } else if lines.len() <= SHOWN + 1 {
        format!("<ul class=\"learned\">{}</ul>", lines.concat())
    } else {
        let (open, rest) = lines.split_at(SHOWN);
        let rest = folded(
            &format!("{} more learned", count(rest.len() as u64)),
            &format!("<ul class=\"learned\">{}</ul>", rest.concat()),
        );
        format!("<ul class=\"learned\">{}</ul>{rest}", open.concat())
    };
    let warnings: String =
        outcome.warnings.iter().map(|warning| format!("<p class=\"warn\">! {}</p>", esc(warning))).collect();
    let class = if outcome.skipped { " class=\"off\"" } else { "" };
    format!("<li{class}><div><b>{}</b>{tag}</div>{columns}{did}{learned}{warnings}</li>", esc(&outcome.title))
}
