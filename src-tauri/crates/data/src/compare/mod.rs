//! Two tables side by side: columns, rows (by key, or whole), and the distribution of each common column.
//!
//! Values are compared, not types: 1 equals 1.0, a category equals its text. A missing cell equals a missing cell. Rows
//! are matched by 64-bit hashes; among 3 million rows on each side the chance of one false match is below one in a million.

mod cells;
mod drift;
mod rows;

use std::time::Instant;

use cairn_protocol::{
    Real,
    comparison::{ColumnDrift, ComparedTable, Comparison, DriftLevel, Retyped, RowsDiff, SchemaDiff, TypedName},
    quality::Definition,
    table::{Finding, Severity},
};
use polars::prelude::{DataFrame, IdxCa, PlSmallStr};
use rayon::prelude::*;

use crate::{
    DataError, Progress, Table,
    frame_types::schema,
    profile::findings::percent,
    steps::{count, figure},
};

const ROWS_BY_KEY: &str = "A key that occurs once in each table pairs two rows; a pair is changed where a common column differs. Rows whose key \
     occurs more than once in either table are paired with nothing. A missing key equals a missing key.";
const ROWS_WHOLE: &str =
    "Rows are equal when all common columns are; a row that occurs three times here and once there leaves two over.";
/// Difference of the shares of missing cells that is worth a look.
const MISSING_MOVED: f64 = 0.05;
/// Distance of distributions, and its p-value, that are worth a look where the stability index sees nothing.
const FAR: (f64, f64) = (0.1, 0.001);

/// How table `b` differs from table `a`; `keys` are columns of both that name a row, none: whole rows are compared.
///
/// # Errors
/// A key is no column of both tables, or the work was cancelled.
pub fn compare(
    a: &DataFrame,
    b: &DataFrame,
    keys: &[String],
    progress: &dyn Progress,
) -> Result<Comparison, DataError> {
    let begin = Instant::now();
    for key in keys {
        for frame in [a, b] {
            frame.column(key).map_err(|_| DataError::no_column(frame, key))?;
        }
    }
    let schema = schema_diff(a, b);
    let common: Vec<String> = a
        .get_column_names()
        .into_iter()
        .filter(|name| b.get_column_index(name).is_some())
        .map(ToString::to_string)
        .collect();
    let rows = match keys {
        _ if common.is_empty() => {
            RowsDiff { only_a: a.height() as u64, only_b: b.height() as u64, ..RowsDiff::default() }
        }
        [] => rows::whole(a, b, &common)?,
        keys => rows::by_key(a, b, keys, &common, progress)?,
    };
    progress.set(0.6);
    if progress.cancelled() {
        return Err(DataError::Cancelled);
    }
    let drift: Vec<ColumnDrift> = common
        .par_iter()
        .filter(|name| !keys.contains(name))
        .filter_map(|name| Some(drift::drift(a.column(name).ok()?, b.column(name).ok()?)))
        .collect();
    progress.set(1.0);
    if progress.cancelled() {
        return Err(DataError::Cancelled);
    }
    let size = |frame: &DataFrame| ComparedTable {
        name: String::new(),
        rows: frame.height() as u64,
        columns: frame.width() as u64,
    };
    let definitions =
        [("rows", if keys.is_empty() { ROWS_WHOLE } else { ROWS_BY_KEY }), ("psi", drift::PSI), ("ks", drift::KS)];
    Ok(Comparison {
        a: size(a),
        b: size(b),
        elapsed_secs: begin.elapsed().as_secs_f64(),
        findings: findings(&schema, &rows, &drift),
        schema,
        rows,
        drift,
        definitions: definitions
            .map(|(name, text)| Definition { name: name.to_owned(), text: text.to_owned() })
            .to_vec(),
    })
}

/// The rows of one part of a split table, by its name.
///
/// # Errors
/// The table has no parts, or none of that name.
pub fn part_of(table: &Table, name: &str) -> Result<DataFrame, DataError> {
    let Some(parts) = &table.parts else {
        let what = format!("the table has no part «{name}»: no split stands above it");
        return Err(DataError::refused(what, None, "Choose a split cell, or compare all rows"));
    };
    let Some(wanted) = parts.of_name(name) else {
        let hint = format!("Choose one of {}", parts.names().join(", "));
        return Err(DataError::refused(format!("there is no part «{name}»"), None, hint));
    };
    let rows: Vec<u32> =
        (0u32..).zip(parts.as_slice()).filter(|(_, part)| **part == wanted).map(|(row, _)| row).collect();
    let rows = IdxCa::from_vec(PlSmallStr::EMPTY, rows);
    table.frame.take(&rows).map_err(DataError::table(format!("taking the part {name}")))
}

fn schema_diff(a: &DataFrame, b: &DataFrame) -> SchemaDiff {
    let (of_a, of_b) = (schema(a), schema(b));
    let absent = |here: &DataFrame, there: &[(String, cairn_protocol::table::ColumnType)]| -> Vec<TypedName> {
        let gone = there.iter().filter(|(name, _)| here.get_column_index(name).is_none());
        gone.map(|(name, kind)| TypedName { name: name.clone(), column_type: *kind }).collect()
    };
    let retyped = of_a.iter().filter_map(|(name, kind)| {
        let other = of_b.get(b.get_column_index(name)?)?.1;
        (other != *kind).then(|| Retyped { name: name.clone(), a: *kind, b: other })
    });
    let places: Vec<usize> = of_a.iter().filter_map(|(name, _)| b.get_column_index(name)).collect();
    SchemaDiff {
        added: absent(a, &of_b),
        removed: absent(b, &of_a),
        retyped: retyped.collect(),
        reordered: !places.is_sorted(),
    }
}

fn finding(column: &str, severity: Severity, kind: &str, message: String, definition: &str) -> Finding {
    Finding {
        severity,
        column: column.to_owned(),
        kind: kind.to_owned(),
        message,
        definition: definition.to_owned(),
        ..Finding::default()
    }
}

fn findings(schema: &SchemaDiff, rows: &RowsDiff, drift: &[ColumnDrift]) -> Vec<Finding> {
    let mut found = Vec::new();
    for gone in &schema.removed {
        let message = "is not in the second table".to_owned();
        found.push(finding(
            &gone.name,
            Severity::High,
            "column_removed",
            message,
            "A column only the first table has.",
        ));
    }
    for new in &schema.added {
        let message = "is only in the second table".to_owned();
        found.push(finding(&new.name, Severity::Low, "column_added", message, "A column only the second table has."));
    }
    for other in &schema.retyped {
        let message = format!("is {} in the first table and {} in the second", other.a.as_str(), other.b.as_str());
        found.push(finding(&other.name, Severity::Medium, "type_changed", message, "The types of the column differ."));
    }
    let twice = rows.duplicate_keys_a + rows.duplicate_keys_b;
    if twice > 0 {
        let message = format!("{} rows have a key that is not theirs alone and were paired with nothing", count(twice));
        found.push(finding("", Severity::High, "duplicate_keys", message, ROWS_BY_KEY));
    }
    for drift in drift {
        found.extend(moved(drift));
    }
    found.sort_by_key(|finding| finding.severity);
    found
}

fn moved(drift: &ColumnDrift) -> Vec<Finding> {
    let mut found = Vec::new();
    let psi = drift.psi.map_or(f64::NAN, |psi| psi.0);
    let (ks, p) = (drift.ks.map_or(0.0, |ks| ks.0), drift.ks_p.map_or(1.0, |p| p.0));
    let far = ks >= FAR.0 && p < FAR.1;
    if drift.level > DriftLevel::None || far {
        let severity = match drift.level {
            DriftLevel::Large => Severity::High,
            DriftLevel::Moderate => Severity::Medium,
            DriftLevel::None => Severity::Low,
        };
        let means = drift.mean_a.zip(drift.mean_b);
        let means = means.map(|(a, b)| format!(", mean {} → {}", figure(a.0), figure(b.0))).unwrap_or_default();
        let distance = if drift.ks.is_some() { format!(", KS {}", figure(ks)) } else { String::new() };
        let message = format!("is distributed otherwise (PSI {}{distance}{means})", figure(psi));
        let mut finding = finding(&drift.column, severity, "drift", message, drift::PSI);
        finding.figures.insert("psi".into(), Real(psi));
        if drift.ks.is_some() {
            finding.figures.insert("ks".into(), Real(ks));
            finding.figures.insert("ks_p".into(), Real(p));
        }
        found.push(finding);
    }
    let (a, b) = (drift.missing_a.0, drift.missing_b.0);
    if (a - b).abs() >= MISSING_MOVED {
        let share = |share: f64| if share > 0.0 { percent(share) } else { "none".into() };
        let message = format!("lacks {} of the cells in the first table, {} in the second", share(a), share(b));
        let definition = "The shares of missing cells differ by at least 5 percentage points.";
        found.push(finding(&drift.column, Severity::Medium, "missing_moved", message, definition));
    }
    if drift.new_levels > 0 && drift.psi.is_some() {
        let message = format!("{} levels are new in the second table", count(drift.new_levels));
        let definition = "Levels that a model trained on the first table has not seen.";
        found.push(finding(&drift.column, Severity::Low, "new_levels", message, definition));
    }
    found
}

#[cfg(test)]
mod tests;
