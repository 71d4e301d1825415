//! What a target adds: its balance, the predictive power of each column, and columns that hold the answer.

use cairn_protocol::{
    Real,
    quality::PredictivePower,
    table::{ColumnType, Finding, Severity},
};
use polars::prelude::{Column, DataFrame};
use rayon::prelude::*;

use super::{
    finding, mend,
    power::{self, CLASSES, Target},
};
use crate::{
    frame_types::column_type,
    profile::{
        Figures,
        findings::{percent, thousands},
    },
    steps::figure,
};

/// What was found against a target.
pub(super) struct Against {
    pub power: Vec<PredictivePower>,
    pub findings: Vec<Finding>,
}

/// Balance of the target, and each other column against it.
pub(super) fn against(frame: &DataFrame, figures: &[Figures], column: &Column, notes: &mut Vec<String>) -> Against {
    let name = column.name().as_str();
    let mut found = Against { power: Vec::new(), findings: Vec::new() };
    let Some(own) = figures.iter().find(|figures| figures.profile.name == name) else { return found };
    let rows = frame.height() as u64;
    if own.profile.nulls > 0 && own.profile.nulls < rows {
        let share = own.profile.nulls as f64 / rows as f64;
        let message = format!(
            "the target is missing in {} of {} rows ({})",
            thousands(own.profile.nulls),
            thousands(rows),
            percent(share)
        );
        let mut finding = finding(name, Severity::High, "target_missing", message);
        finding.suggested_step = mend::keep_rows_with(name);
        finding.figures.insert("share".into(), Real(share));
        found.findings.push(finding);
    }
    let Some(target) = Target::of(column, &own.profile) else {
        notes.push(format!(
            "«{name}» ({}, {} different values) cannot be predicted: a target has two values or more, and at most {CLASSES} classes",
            column_type(column.dtype()).as_str(),
            thousands(own.profile.distinct)
        ));
        return found;
    };
    if let Target::Classes(classes) = &target {
        found.findings.extend(balance(name, &classes.names, &classes.counts));
    }
    // Texts that name rows tell nothing of others: no level of theirs is seen twice.
    let names_rows = |figures: &Figures| {
        let profile = &figures.profile;
        matches!(profile.column_type, ColumnType::Text | ColumnType::Category)
            && profile.distinct * 2 > (rows - profile.nulls).max(20)
    };
    let others: Vec<&Column> = frame
        .columns()
        .iter()
        .zip(figures)
        .filter(|(other, figures)| other.name() != name && !names_rows(figures))
        .map(|(other, _)| other)
        .collect();
    let all: Vec<Option<power::Power>> = others.par_iter().map(|other| power::power(other, &target)).collect();
    for one in all.into_iter().flatten() {
        if one.power.leaks {
            found.findings.push(leakage(name, &one));
        }
        found.power.push(one.power);
    }
    found.power.sort_by(|a, b| b.skill.0.total_cmp(&a.skill.0).then(b.value.0.total_cmp(&a.value.0)));
    let best = found.power.first().map_or(0.0, |first| first.skill.0);
    if !found.power.is_empty() && best < 0.01 && rows >= 200 {
        let message = format!("no column alone tells anything of the target (largest skill {})", figure(best));
        found.findings.push(finding(name, Severity::Low, "no_signal", message));
    }
    found
}

fn leakage(target: &str, found: &power::Power) -> Finding {
    let power = &found.power;
    let message = if found.relabels {
        format!("is «{target}» under other names: each value stands for one of the target's")
    } else {
        let metric = match power.metric.as_str() {
            "auc" => "AUC",
            "r2" => "R²",
            _ => "accuracy",
        };
        format!("alone predicts «{target}» almost perfectly ({metric} {} out of fold)", figure(power.value.0))
    };
    let mut finding = finding(&power.column, Severity::High, "leakage", message);
    finding.suggested_step = mend::drop_column(&power.column);
    finding.figures.insert(power.metric.clone(), power.value);
    finding.figures.insert("skill".into(), power.skill);
    finding
}

/// Findings about shares of classes, given most frequent first.
fn balance(name: &str, classes: &[String], counts: &[u64]) -> Vec<Finding> {
    let all: u64 = counts.iter().sum();
    let Some((few, rarest)) = counts.last().zip(classes.last()) else { return Vec::new() };
    let share = *few as f64 / all as f64;
    let mut found = Vec::new();
    let bound = if classes.len() == 2 { 0.1 } else { 0.1 / classes.len() as f64 };
    if share < bound {
        let message = format!(
            "class «{rarest}» has {} of {} rows ({}), class «{}» {}: accuracy would say little",
            thousands(*few),
            thousands(all),
            percent(share),
            classes[0],
            percent(counts[0] as f64 / all as f64)
        );
        let severity = if share < bound / 5.0 { Severity::High } else { Severity::Medium };
        let mut finding = finding(name, severity, "target_imbalance", message);
        finding.suggested_step = mend::balance(name);
        finding.figures.insert("share".into(), Real(share));
        found.push(finding);
    }
    let tiny = counts.iter().filter(|count| **count < 10).count();
    if tiny > 0 {
        let message =
            format!("{} of {} classes have fewer than 10 rows", thousands(tiny as u64), thousands(counts.len() as u64));
        let mut finding = finding(name, Severity::Medium, "target_rare_class", message);
        finding.examples =
            classes.iter().zip(counts).rev().take(5).map(|(class, n)| format!("«{class}» ({n} rows)")).collect();
        finding.suggested_step = (classes.len() > 2).then(|| mend::group_rare(name)).flatten();
        found.push(finding);
    }
    found
}
