//! Findings that a column (or the rows) give without a target, beyond those of the profile.

use std::collections::BTreeSet;

use cairn_protocol::{
    Real,
    table::{ColumnType, Finding, Severity},
};
use polars::prelude::{Column, DataFrame, IdxCa, IdxSize, NewChunkedArray};

use super::{
    finding, mend, spelling,
    view::{Levels, evenly, missing_cells},
};
use crate::{
    personal,
    profile::{
        FAR, Figures,
        findings::{percent, thousands},
    },
    steps::figure,
};

pub(super) const NEAR_CONSTANT: &str =
    "One value has at least 99 % of the present cells of a column that is no target and has another value.";
pub(super) const SKEWED: &str =
    "|skewness| above 3 (Fisher–Pearson, as scipy.stats.skew) in a column of at least 10 different numbers.";
pub(super) const OUTLIERS: &str = "Values further than 5 robust standard deviations from the median; the robust standard deviation is 1.4826 × the median \
     absolute deviation from the median (Iglewicz and Hoaglin 1993). None are named where more than half of the values are \
     equal.";
pub(super) const HIGH_CARDINALITY: &str =
    "More than 50 levels, and more than one level per 20 rows, in a column of text that does not name rows.";

/// Levels up to which spellings are compared.
const SPELT: u64 = 100_000;
/// Spellings shown.
const SHOWN: usize = 12;

/// Findings of one column.
pub(super) fn findings(column: &Column, figures: &Figures, rows: u64) -> Vec<Finding> {
    let profile = &figures.profile;
    if profile.nulls == rows || profile.distinct < 2 {
        return Vec::new();
    }
    let mut found = Vec::new();
    found.extend(personal_data(column, figures));
    found.extend(near_constant(figures, rows));
    found.extend(skewed(figures));
    found.extend(outliers(figures));
    if matches!(profile.column_type, ColumnType::Text | ColumnType::Category) {
        found.extend(blank(column, figures));
        found.extend(padded(figures));
        found.extend(spellings(column, figures, rows));
        found.extend(high_cardinality(figures, rows));
    }
    found
}

fn with(mut finding: Finding, figures: &[(&str, f64)]) -> Finding {
    finding.figures = figures.iter().map(|(name, value)| ((*name).to_owned(), Real(*value))).collect();
    finding
}

/// Cells that personal data are looked for in, evenly taken.
const PERSONAL_CELLS: usize = 2_000;

fn personal_data(column: &Column, figures: &Figures) -> Option<Finding> {
    let profile = &figures.profile;
    let rows: Vec<IdxSize> = evenly(column.len(), PERSONAL_CELLS).into_iter().map(|row| row as IdxSize).collect();
    let cells = column.as_materialized_series().take(&IdxCa::from_slice("".into(), &rows)).ok()?;
    let found = personal::of_column(&cells).ok().flatten()?;
    let what = found.kind.title();
    let message = if found.share > 0.0 {
        format!("likely holds {what}: {} of the cells looked at are like one", percent(found.share))
    } else {
        format!("likely holds {what}, by its name")
    };
    let mut finding = finding(&profile.name, Severity::High, "personal", message);
    finding.suggested_step = mend::hide(&profile.name, profile.column_type, found.kind);
    Some(with(finding, &[("share", found.share)]))
}

fn near_constant(figures: &Figures, rows: u64) -> Option<Finding> {
    let profile = &figures.profile;
    let top = profile.top.first()?;
    let present = rows - profile.nulls;
    let share = top.count as f64 / present as f64;
    if share < 0.99 || present < 100 {
        return None;
    }
    let message = format!(
        "holds «{}» in {} of {} rows with a value ({})",
        top.value,
        thousands(top.count),
        thousands(present),
        percent(share)
    );
    let mut finding = finding(&profile.name, Severity::Medium, "near_constant", message);
    finding.suggested_step = mend::drop_column(&profile.name);
    Some(with(finding, &[("share", share), ("rows", top.count as f64)]))
}

fn skewed(figures: &Figures) -> Option<Finding> {
    let profile = &figures.profile;
    let skew = profile.skew?.0;
    if skew.abs() <= 3.0 || profile.distinct < 10 {
        return None;
    }
    let side = if skew > 0.0 { "right" } else { "left" };
    let message = format!(
        "is skewed to the {side} (skewness {}): the mean is {}, the median {}",
        figure(skew),
        figure(profile.mean?.0),
        figure(profile.quantiles.as_ref()?.get("0.5")?.0)
    );
    let severity = if skew.abs() > 10.0 { Severity::Medium } else { Severity::Low };
    let mut finding = finding(&profile.name, severity, "skewed", message);
    finding.suggested_step = mend::unskew(&profile.name);
    Some(with(finding, &[("skew", skew)]))
}

fn outliers(figures: &Figures) -> Option<Finding> {
    let profile = &figures.profile;
    let spread = figures.spread?;
    let far = spread.below + spread.above;
    if far == 0 || profile.distinct < 10 {
        return None;
    }
    let present: u64 = profile.histogram.as_ref().map_or(0, |histogram| histogram.counts.iter().sum());
    let share = far as f64 / present.max(1) as f64;
    let message = format!(
        "{} of {} values lie more than {FAR} robust standard deviations from the median {}: {} below {}, {} above {}",
        thousands(far),
        thousands(present),
        figure(spread.median),
        thousands(spread.below),
        figure(spread.low),
        thousands(spread.above),
        figure(spread.high)
    );
    let severity = if share < 0.001 { Severity::Low } else { Severity::Medium };
    let mut finding = finding(&profile.name, severity, "outliers", message);
    finding.suggested_step = mend::clip(&profile.name, FAR);
    let named = [
        ("median", spread.median),
        ("robust_std", spread.robust_std),
        ("low", spread.low),
        ("high", spread.high),
        ("below", spread.below as f64),
        ("above", spread.above as f64),
        ("share", share),
    ];
    Some(with(finding, &named))
}

fn blank(column: &Column, figures: &Figures) -> Option<Finding> {
    let text = figures.profile.text?;
    let (empty, blank) = (text.empty, text.blank);
    if empty + blank == 0 {
        return None;
    }
    let message = format!("{} cells are empty texts and {} hold only white space", thousands(empty), thousands(blank));
    let mut finding = finding(&figures.profile.name, Severity::Medium, "blank_text", message);
    let mut blanks: Vec<String> = Levels::of(column).names;
    blanks.retain(|name| name.trim().is_empty());
    finding.suggested_step = mend::blank_to_missing(&figures.profile.name, figures.profile.column_type, blanks);
    Some(with(finding, &[("empty", empty as f64), ("blank", blank as f64)]))
}

fn padded(figures: &Figures) -> Option<Finding> {
    let text = figures.profile.text?;
    if text.padded == 0 {
        return None;
    }
    let message = format!("{} cells have white space before or after the text", thousands(text.padded));
    let mut finding = finding(&figures.profile.name, Severity::Low, "padded_text", message);
    finding.suggested_step = mend::trim(&figures.profile.name, figures.profile.column_type);
    Some(with(finding, &[("rows", text.padded as f64)]))
}

fn spellings(column: &Column, figures: &Figures, rows: u64) -> Option<Finding> {
    let profile = &figures.profile;
    // Names of rows are all different, and may well be alike.
    if profile.distinct > SPELT || profile.distinct * 2 > rows - profile.nulls {
        return None;
    }
    let levels = Levels::of(column);
    let found = spelling::respellings(&levels.names, &levels.counts);
    if found.is_empty() {
        return None;
    }
    let cells: u64 = found.iter().map(|one| one.rows).sum();
    let first = &found[0];
    let message = format!(
        "{} of {} levels are other spellings of one ({} rows), such as «{}» of «{}»",
        thousands(found.len() as u64),
        thousands(profile.distinct),
        thousands(cells),
        first.from,
        first.to
    );
    let severity = if cells * 100 >= rows { Severity::High } else { Severity::Medium };
    let mut finding = finding(&profile.name, severity, "spelling", message);
    finding.examples =
        found.iter().take(SHOWN).map(|one| format!("«{}» → «{}» ({} rows)", one.from, one.to, one.rows)).collect();
    finding.suggested_step = mend::respell(&profile.name, &found);
    Some(with(finding, &[("levels", found.len() as f64), ("rows", cells as f64)]))
}

fn high_cardinality(figures: &Figures, rows: u64) -> Option<Finding> {
    let profile = &figures.profile;
    let present = rows - profile.nulls;
    if profile.distinct <= 50 || profile.distinct * 20 < present || profile.distinct == present {
        return None;
    }
    let message = format!(
        "has {} levels in {} rows: one-hot encoding would make as many columns, most of them nearly empty",
        thousands(profile.distinct),
        thousands(present)
    );
    let mut finding = finding(&profile.name, Severity::Medium, "high_cardinality", message);
    finding.suggested_step = mend::fewer_levels(&profile.name);
    Some(with(finding, &[("levels", profile.distinct as f64)]))
}

/// Rows in which more than half of the cells are missing.
pub(super) fn rows_with_many_missing(frame: &DataFrame, figures: &[Figures]) -> Option<Finding> {
    let (rows, columns) = (frame.height(), frame.width());
    if columns < 3 || figures.iter().all(|figures| figures.profile.nulls == 0) {
        return None;
    }
    let mut missing = vec![0u32; rows];
    for (column, _) in frame.columns().iter().zip(figures).filter(|(_, figures)| figures.profile.nulls > 0) {
        missing_cells(column).into_iter().zip(&mut missing).for_each(|(absent, cells)| *cells += u32::from(absent));
    }
    let many = missing.iter().filter(|missing| **missing as usize * 2 > columns).count() as u64;
    if many == 0 {
        return None;
    }
    let share = many as f64 / rows as f64;
    let message = format!("{} rows lack more than half of their {columns} cells ({})", thousands(many), percent(share));
    let severity = if share >= 0.05 { Severity::Medium } else { Severity::Low };
    let mut finding = finding("", severity, "rows_missing", message);
    finding.suggested_step = mend::drop_sparse_rows();
    Some(with(finding, &[("rows", many as f64), ("share", share)]))
}

/// Of two findings that say the same of a column, the one that says more.
pub(super) fn keep_the_telling(findings: &mut Vec<Finding>) {
    let of = |kind: &str| -> BTreeSet<String> {
        findings.iter().filter(|finding| finding.kind == kind).map(|finding| finding.column.clone()).collect()
    };
    let (skewed, personal, near) = (of("skewed"), of("personal"), of("near_constant"));
    findings.retain(|finding| match finding.kind.as_str() {
        "long_tail" => !skewed.contains(&finding.column),
        "identifier" | "high_cardinality" => !personal.contains(&finding.column),
        "rare_level" | "imbalance" => !near.contains(&finding.column),
        _ => true,
    });
}
