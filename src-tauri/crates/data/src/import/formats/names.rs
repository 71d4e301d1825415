//! Names of columns and of tables: made unique, told from values, chosen by the person.

use std::collections::HashSet;

use crate::DataError;

/// Columns named in a sentence at most.
const LISTED: usize = 10;

/// The name of a column, or one after its number (from 1) where it has none.
pub(crate) fn named(name: Option<&str>, column: usize) -> String {
    match name.map(str::trim) {
        None | Some("") => format!("column_{}", column + 1),
        Some(name) => name.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// The same names, later ones of a kind with a number behind them.
pub(crate) fn unique(names: &[String], notes: &mut Vec<String>) -> Vec<String> {
    let wanted: HashSet<&str> = names.iter().map(String::as_str).collect();
    let mut taken: HashSet<String> = HashSet::new();
    let mut renamed = Vec::new();
    let unique = names
        .iter()
        .enumerate()
        .map(|(column, base)| {
            let base = if base.is_empty() { format!("column_{}", column + 1) } else { base.clone() };
            let mut name = base.clone();
            let mut number = 2;
            while taken.contains(&name) || (name != base && wanted.contains(name.as_str())) {
                name = format!("{base}_{number}");
                number += 1;
            }
            if name != base {
                renamed.push(format!("«{base}» → «{name}»"));
            }
            taken.insert(name.clone());
            name
        })
        .collect();
    if !renamed.is_empty() {
        renamed.truncate(LISTED);
        notes.push(format!("columns of the same name were renamed: {}", renamed.join(", ")));
    }
    unique
}

/// Whether a first row holds names: texts, all different, none of which comes again below it; or texts over columns
/// that hold something else. Cells that are no text are nothing here.
pub(crate) fn looks_like_names(first: &[Option<String>], next: &[Vec<Option<String>>]) -> bool {
    let texts: Vec<&str> = first.iter().flatten().map(String::as_str).filter(|text| !text.trim().is_empty()).collect();
    let different = texts.iter().collect::<HashSet<_>>().len() == texts.len();
    if texts.is_empty() || texts.len() < first.len() || !different {
        return false;
    }
    let mut over_values = false;
    let mut repeated = false;
    for (column, name) in first.iter().enumerate() {
        let below = next.iter().filter_map(|row| row.get(column));
        for cell in below {
            over_values |= cell.is_none();
            repeated |= cell == name;
        }
    }
    over_values || !repeated
}

/// Names in «», a few of them.
pub(crate) fn listed(names: &[String]) -> String {
    let mut text: Vec<String> = names.iter().take(LISTED).map(|name| format!("«{name}»")).collect();
    if names.len() > LISTED {
        text.push(format!("and {} more", names.len() - LISTED));
    }
    text.join(", ")
}

/// The number of the table that was asked for: by name, else by its number from 1.
pub(crate) fn choose(tables: &[String], wanted: &str) -> Result<usize, DataError> {
    let exact = tables.iter().position(|name| name == wanted);
    let alike = || tables.iter().position(|name| name.to_lowercase() == wanted.to_lowercase());
    let number =
        || wanted.parse::<usize>().ok().and_then(|number| number.checked_sub(1)).filter(|at| *at < tables.len());
    exact.or_else(alike).or_else(number).ok_or_else(|| DataError::Option {
        option: "table",
        value: wanted.to_owned(),
        why: if tables.is_empty() {
            "the file holds one table".into()
        } else {
            format!("the file holds {}", listed(tables))
        },
    })
}

/// Says which columns have words that count as missing.
pub(crate) fn words_note(words: &[(String, u64)]) -> Vec<String> {
    if words.is_empty() {
        return Vec::new();
    }
    let columns: Vec<String> = words.iter().take(LISTED).map(|(name, many)| format!("«{name}» ({many})")).collect();
    vec![format!("words like «NA» among values of another type count as missing: {}", columns.join(", "))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_values() {
        let row = |cells: &str| -> Vec<Option<String>> {
            cells.split(',').map(|cell| (cell != "∅").then(|| cell.to_owned())).collect()
        };
        assert!(looks_like_names(&row("id,name"), &[row("∅,anna")]));
        assert!(looks_like_names(&row("city,name"), &[row("Bonn,anna")]));
        assert!(!looks_like_names(&row("Bonn,anna"), &[row("Bonn,bert")]));
        assert!(!looks_like_names(&row("id,∅"), &[row("∅,∅")]));
        assert!(!looks_like_names(&row("a,a"), &[row("∅,∅")]));
        assert!(looks_like_names(&row("a,b"), &[]));
    }

    #[test]
    fn a_table_is_chosen_by_name_or_number() {
        let tables = ["Sheet1", "2", "Data"].map(str::to_owned);
        for (wanted, at) in [("Sheet1", 0), ("data", 2), ("2", 1), ("3", 2)] {
            assert_eq!(choose(&tables, wanted).unwrap(), at, "{wanted}");
        }
        let error = choose(&tables, "9").unwrap_err().to_string();
        assert!(error.contains("«Sheet1», «2», «Data»"), "{error}");
    }
}
