//! The data-quality report: what is odd about a table, how serious it is, and the step that answers it.
//!
//! It begins with the figures and findings of the profile (see [`crate::profile`]) and adds what takes longer: outliers,
//! spellings, personal data, odd rows; and against a target its balance, the predictive power of each column and leakage.
//! Everything rests on all rows unless `notes` says otherwise, and is the same on any machine.
//!
//! ```text
//! frame ─▶ figures of every column ─▶ findings ──────────────┐
//!      ├─▶ levels of text ─▶ spellings, personal data ───────┤
//!      ├─▶ isolation forest ─▶ odd rows ─────────────────────┼─▶ QualityReport
//!      └─▶ target ─▶ predictive power, leakage, imbalance ───┘
//! ```

mod associations;
pub(crate) mod definitions;
mod forest;
mod mend;
mod odd;
mod of_columns;
mod of_target;
mod power;
mod spelling;
pub(crate) mod view;

use std::time::Instant;

use cairn_protocol::{
    quality::{Definition, QualityReport},
    table::{Finding, Severity},
};
use polars::prelude::{Column, DataFrame};
use rayon::prelude::*;

use crate::{DataError, Progress, profile::Figures};

pub use associations::associations;

/// The data-quality report of a table; with a target also its balance, what predicts it, and what gives it away.
///
/// # Errors
/// The target is no column of the table, or the work was cancelled.
pub fn quality(frame: &DataFrame, target: Option<&str>, progress: &dyn Progress) -> Result<QualityReport, DataError> {
    let begin = Instant::now();
    let to_predict = match target {
        Some(target) => Some(frame.column(target).map_err(|_| DataError::no_column(frame, target))?),
        None => None,
    };
    let check = |done: f64| {
        progress.set(done);
        if progress.cancelled() { Err(DataError::Cancelled) } else { Ok(()) }
    };
    let mut notes = Vec::new();
    let figures: Vec<Figures> = frame.columns().par_iter().map(Figures::of).collect();
    check(0.3)?;
    let mut findings = crate::profile::findings::findings(frame, &figures);
    let rows = frame.height() as u64;
    if rows > 0 {
        let pairs: Vec<(&Column, &Figures)> = frame.columns().iter().zip(&figures).collect();
        let more: Vec<Vec<Finding>> =
            pairs.par_iter().map(|(column, figures)| of_columns::findings(column, figures, rows)).collect();
        findings.extend(more.into_iter().flatten());
        findings.extend(of_columns::rows_with_many_missing(frame, &figures));
        // An extreme tail says more than a long one; personal data more than an identifier.
        of_columns::keep_the_telling(&mut findings);
    }
    check(0.5)?;
    let (odd_rows, finding, note) = odd::odd_rows(frame, &figures, target, progress);
    findings.extend(finding);
    notes.extend(note);
    check(0.75)?;
    let mut predictive_power = Vec::new();
    if let Some(column) = to_predict {
        let found = of_target::against(frame, &figures, column, &mut notes);
        predictive_power = found.power;
        // What is said of the target need not be said of the column.
        let of_classes = found.findings.iter().any(|finding| finding.kind == "target_imbalance");
        findings.retain(|finding| {
            let own = finding.column == column.name().as_str();
            !(own && (finding.kind == "missing" || (finding.kind == "imbalance" && of_classes)))
        });
        // A target is neither dropped nor scaled; how its texts are written may well be mended.
        let of_texts = ["spelling", "unknown", "blank_text", "padded_text"];
        let own = findings.iter_mut().filter(|finding| finding.column == column.name().as_str());
        own.filter(|finding| !of_texts.contains(&finding.kind.as_str()))
            .for_each(|finding| finding.suggested_step = None);
        findings.extend(found.findings);
    }
    check(1.0)?;
    for finding in &mut findings {
        if finding.definition.is_empty() {
            finding.definition = definitions::of(&finding.kind).to_owned();
        }
    }
    findings.sort_by_key(|finding| finding.severity);
    let defined = [
        ("skill", power::SKILL, !predictive_power.is_empty()),
        ("leakage", power::LEAKAGE, !predictive_power.is_empty()),
        ("odd rows", odd::DEFINITION, !odd_rows.is_empty()),
    ];
    Ok(QualityReport {
        rows,
        columns: frame.width() as u64,
        target: target.map(str::to_owned),
        elapsed_secs: begin.elapsed().as_secs_f64(),
        findings,
        predictive_power,
        odd_rows,
        definitions: defined
            .into_iter()
            .filter(|(_, _, used)| *used)
            .map(|(name, text, _)| Definition { name: name.to_owned(), text: text.to_owned() })
            .collect(),
        notes,
    })
}

/// A finding about a column (or, without one, about the table).
fn finding(column: &str, severity: Severity, kind: &str, message: String) -> Finding {
    Finding { severity, column: column.to_owned(), kind: kind.to_owned(), message, ..Finding::default() }
}

#[cfg(test)]
mod tests;
